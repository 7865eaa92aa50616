/* SPDX-License-Identifier: Apache-2.0 */
#include "node/sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "node/sandbox/internal.h"

#define MIB      (UINT64_C(1) << 20)
#define KEEP_MAX 32u

/* files: open descriptors; space: address space; tasks: threads and processes of a user of its own
 * (polyclaved starts the one that checks its store; clone is forbidden once it is sealed). Peer's
 * descriptors are what its own caps on connections add up to. RLIMIT_FSIZE stays as it is: a log
 * that goes to a file would count. */
static const struct limits {
    rlim_t files;
    rlim_t space;
    rlim_t tasks;
} limits[SANDBOX_ROLE_COUNT] = {
    [SANDBOX_POLYCLAVED] = {256, 2048 * MIB, 2}, [SANDBOX_VAULT] = {64, 512 * MIB, 0},
    [SANDBOX_PEER] = {4096, 2048 * MIB, 1024},   [SANDBOX_ATTEST] = {64, 512 * MIB, 0},
    [SANDBOX_RPC] = {512, 2048 * MIB, 1024},     [SANDBOX_CHAIN] = {64, 512 * MIB, 0},
    [SANDBOX_QUOTE] = {64, 512 * MIB, 0},
};

const char *sandbox_role_name(enum sandbox_role role)
{
    switch (role) {
#define SANDBOX_NAME(id, name)                                                                     \
    case id:                                                                                       \
        return name;
        SANDBOX_ROLES(SANDBOX_NAME)
#undef SANDBOX_NAME
    case SANDBOX_ROLE_COUNT:
        break;
    }
    pc_bug("no such role");
}

enum err_code sandbox_refused(const char *step, int error)
{
    log_error("sandbox_refused", LOG_STR("step", step), LOG_STR("error", strerror(error)));
    return PC_E_IO;
}

static bool kept(int fd, const int *keep, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (keep[i] == fd)
            return true;
    return false;
}

/* Close from `from` on, going round the kept ones. */
static int close_others(const int *keep, size_t n)
{
    int from = STDERR_FILENO + 1;
    for (;;) {
        int next = -1;
        while (kept(from, keep, n))
            from++;
        for (size_t i = 0; i < n; i++)
            if (keep[i] > from && (next < 0 || keep[i] < next))
                next = keep[i];
        unsigned last = next < 0 ? UINT_MAX : (unsigned)next - 1;
        if (close_range((unsigned)from, last, 0) != 0)
            return -1;
        if (next < 0)
            return 0;
        from = next;
    }
}

static int open_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            return -1;
    return 0;
}

static int limit(int what, rlim_t most)
{
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)what, &now) != 0)
        return -1;
    if (now.rlim_max != RLIM_INFINITY && (most == RLIM_INFINITY || most > now.rlim_max))
        most = now.rlim_max;
    now = (struct rlimit){most, most};
    return setrlimit((__rlimit_resource_t)what, &now);
}

/* RLIMIT_NPROC counts what a whole user runs. With a user of its own (and only then, as root is
 * exempt) a process without threads needs none; elsewhere the list of system calls forbids clone.
 */
static int apply_limits(const struct limits *l, bool own_user)
{
    if (limit(RLIMIT_CORE, 0) != 0 || limit(RLIMIT_NOFILE, l->files) != 0)
        return -1;
    if (own_user && limit(RLIMIT_NPROC, l->tasks) != 0)
        return -1;
#ifndef PC_SANITIZED /* sanitizers map terabytes of shadow */
    if (limit(RLIMIT_AS, l->space) != 0)
        return -1;
#endif
    return 0;
}

static enum err_code become(uid_t uid)
{
    if (geteuid() != 0 && getuid() != 0) {
        if (uid == 0 || uid == getuid())
            return PC_OK;
        log_error("uid_not_changed", LOG_U64("uid", uid), LOG_U64("is", getuid()),
                  LOG_STR("reason", "only root can start processes as other users"));
        return PC_E_REFUSED;
    }
    if (uid == 0) {
        log_warn("uid_not_dropped",
                 LOG_STR("reason", "started as root without a user of its own (--uid-base)"));
        return PC_OK;
    }
    gid_t gid = (gid_t)uid;
    if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        return sandbox_refused("setresuid", errno);
    if (setuid(0) == 0 || setgid(0) == 0 || getuid() != uid || geteuid() != uid)
        return sandbox_refused("setresuid", EPERM);
    return PC_OK;
}

enum err_code sandbox_begin(enum sandbox_role role, const int *keep, size_t n, uid_t uid)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    pid_t parent = getppid();
    PC_ASSERT((unsigned)role < SANDBOX_ROLE_COUNT && n <= KEEP_MAX);
    umask(077);
    if (close_others(keep, n) != 0)
        return sandbox_refused("close_range", errno);
    if (open_standard() != 0)
        return sandbox_refused("open /dev/null", errno);
    if (sigaction(SIGPIPE, &ignore, NULL) != 0)
        return sandbox_refused("sigaction", errno);
    PC_TRY(become(uid));
    if (apply_limits(&limits[role], uid != 0) != 0)
        return sandbox_refused("setrlimit", errno);
    /* After the change of user, which resets both. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return sandbox_refused("PR_SET_DUMPABLE", errno);
    int last_word = role == SANDBOX_VAULT ? SIGTERM : SIGKILL; /* the vault wipes first */
    if (prctl(PR_SET_PDEATHSIG, last_word, 0, 0, 0) != 0)
        return sandbox_refused("PR_SET_PDEATHSIG", errno);
    if (getppid() != parent)
        return PC_E_CLOSED; /* the parent died in between: the signal will not come */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return sandbox_refused("PR_SET_NO_NEW_PRIVS", errno);
    return PC_OK;
}

enum err_code sandbox_seal(enum sandbox_role role, const struct sandbox_path *paths, size_t n)
{
    PC_ASSERT((unsigned)role < SANDBOX_ROLE_COUNT);
    PC_TRY(sandbox_limit_paths(paths, n));
    return sandbox_filter(role);
}
