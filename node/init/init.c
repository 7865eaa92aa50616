/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polyclave-init - the parent of a node's processes.
 *
 * It starts each child with its links on fixed descriptors (links.h) and waits for signals. A child
 * that dies is started again after a back-off, with fresh pairs for its links; the other ends go to
 * the living by SCM_RIGHTS. When the vault dies its keys are gone: every child is ended and the
 * node starts anew. It reads its command line and nothing else, and holds no secret. Next:
 * vault/main.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "node/init/links.h"
#include "node/sandbox/sandbox.h"

#define BACKOFF_FIRST_MS 100u
#define BACKOFF_MAX_MS   10000u
#define STEADY_MS        30000u /* a child that ran this long starts its back-off anew */
#define GRACE_MS         5000u  /* from end of file on the control link to SIGKILL */
#define SEND_TIMEOUT_S   10     /* a child that does not take a new end for so long is stuck */
#define HIGH_FD          64     /* init's own descriptors lie above those that children get */

#define ROLE_NAME(id, name) name,
static const char *const role_names[] = {SANDBOX_ROLES(ROLE_NAME)};

static struct child {
    pid_t pid; /* 0: not running */
    int ctl;
    uint64_t started;
    uint64_t start_at;
    uint32_t backoff;
} children[SANDBOX_ROLE_COUNT];

/* Ends made for a process that is not running: pending[l][side] goes to role_at(l, side). */
static int pending[LINK_COUNT][2];

static const char *opt_policy, *opt_config, *opt_helper, *opt_platform;
static const char *opt_bin = "/usr/libexec/polyclave";
static unsigned long opt_uid_base;
static sigset_t awaited;
static bool stopping;

static enum sandbox_role role_at(size_t l, int side)
{
    return (enum sandbox_role)((side == 0 ? link_table[l].a : link_table[l].b) - 1);
}

static int side_of(size_t l, enum sandbox_role role)
{
    return role_at(l, 0) == role ? 0 : role_at(l, 1) == role ? 1 : -1;
}

static uint64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static _Noreturn void die(const char *what)
{
    log_error("init_failed", LOG_STR("step", what), LOG_STR("error", strerror(errno)));
    exit(1); /* the children die with their parent; the vault wipes */
}

static void drop(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A passing shortage of descriptors must not cost the share: the caller tries again later. */
static bool pair(int out[static 2])
{
    int low[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, low) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        out[i] = fcntl(low[i], F_DUPFD_CLOEXEC, HIGH_FD);
        close(low[i]);
    }
    return out[0] >= 0 && out[1] >= 0;
}

/* ctl_link of protocol/schema/ipc.wire in one packet of ipc.h (first and last), with the end. */
static void pass_end(enum sandbox_role to, enum ipc_link link, int fd)
{
    uint8_t packet[] = {3, 0x01, 0x01, (uint8_t)link};
    struct iovec iov = {packet, sizeof packet};
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr m = {NULL, 0, &iov, 1, control.space, sizeof control.space, 0};
    control.head = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    /* Dead already, or stuck: either way SIGCHLD brings the next step. */
    if (sendmsg(children[to].ctl, &m, MSG_NOSIGNAL) != (ssize_t)sizeof packet)
        kill(children[to].pid, SIGKILL);
}

static _Noreturn void child_exec(enum sandbox_role role, int ctl, const int *ends)
{
    static char *const environment[] = {(char *)(uintptr_t) "LC_ALL=C", NULL};
    char program[4096], uid[24];
    sigset_t none;
    sigemptyset(&none);
    bool ok = sigprocmask(SIG_SETMASK, &none, NULL) == 0 &&
              prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) == 0 && dup2(ctl, LINK_FD_CTL) >= 0;
    for (size_t l = 0; l < LINK_COUNT; l++)
        ok = ok && (ends[l] < 0 || dup2(ends[l], link_fd(link_table[l].link)) >= 0);
    bool helper = role == SANDBOX_QUOTE;
    snprintf(program, sizeof program, "%s%s%s", helper ? "" : opt_bin, helper ? "" : "/",
             helper ? opt_helper : role_names[role]);
    snprintf(uid, sizeof uid, "%lu", opt_uid_base == 0 ? 0 : opt_uid_base + (unsigned long)role);
    const char *argv[] = {program, "--policy", opt_policy, "--uid", uid,
                          NULL,    NULL,       NULL,       NULL,    NULL};
    if (role == SANDBOX_POLYCLAVED)
        argv[5] = "--config", argv[6] = opt_config;
    if (helper)
        argv[5] = "--bin", argv[6] = opt_bin;
    if (helper && opt_platform != NULL)
        argv[7] = "--platform", argv[8] = opt_platform;
    if (ok)
        execve(program, (char **)(uintptr_t)argv, environment);
    log_error("exec_failed", LOG_STR("program", program), LOG_STR("error", strerror(errno)));
    _exit(127);
}

static void ended(enum sandbox_role role, int status)
{
    struct child *c = &children[role];
    uint64_t ran = now_ms() - c->started, wait = 0;
    bool used_up = role == SANDBOX_ATTEST && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!used_up || ran < BACKOFF_FIRST_MS)
        wait = c->backoff == 0 || ran >= STEADY_MS ? BACKOFF_FIRST_MS : c->backoff * 2;
    c->backoff = (uint32_t)(wait = wait > BACKOFF_MAX_MS ? BACKOFF_MAX_MS : wait);
    int code =
        WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); /* as shells do */
    log_warn("child_ended", LOG_STR("child", role_names[role]), LOG_U64("pid", (uint64_t)c->pid),
             LOG_U64("code", (uint64_t)code), LOG_U64("restart_ms", wait));
    drop(&c->ctl);
    *c = (struct child){0, -1, 0, now_ms() + wait, c->backoff};
    /* Ends that were made for this child, or by it for others, lead nowhere now. */
    for (size_t l = 0; l < LINK_COUNT; l++)
        if (side_of(l, role) >= 0)
            drop(&pending[l][0]), drop(&pending[l][1]);
}

static void start(enum sandbox_role role)
{
    struct child *c = &children[role];
    struct timeval patience = {.tv_sec = SEND_TIMEOUT_S};
    int ctl[2] = {-1, -1}, mine[LINK_COUNT];
    bool ok =
        pair(ctl) && setsockopt(ctl[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0;
    for (size_t l = 0; l < LINK_COUNT; l++) {
        int side = side_of(l, role), other = 1 - side;
        mine[l] = -1;
        if (side < 0)
            continue;
        if (pending[l][side] < 0) {
            ok = ok && pair(pending[l]);
            if (ok && children[role_at(l, other)].pid != 0) {
                pass_end(role_at(l, other), link_table[l].link, pending[l][other]);
                drop(&pending[l][other]);
            }
        }
        mine[l] = pending[l][side];
        pending[l][side] = -1;
    }
    pid_t pid = ok ? fork() : -1;
    if (pid == 0)
        child_exec(role, ctl[1], mine);
    drop(&ctl[1]);
    for (size_t l = 0; l < LINK_COUNT; l++)
        drop(&mine[l]);
    *c = (struct child){pid < 0 ? 0 : pid, ctl[0], now_ms(), 0, c->backoff};
    log_info("child_started", LOG_STR("child", role_names[role]), LOG_U64("pid", (uint64_t)c->pid));
    if (pid < 0)
        ended(role, 126 << 8); /* looks like a child that left with 126 */
}

/* Collect the dead. True if the vault is among them. */
static bool reap(void)
{
    bool vault = false;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        for (int r = 0; r < SANDBOX_ROLE_COUNT; r++)
            if (children[r].pid == pid) {
                ended((enum sandbox_role)r, status);
                vault |= r == SANDBOX_VAULT;
            }
    return vault;
}

static void wait_signal(uint64_t until)
{
    uint64_t now = now_ms(), ms = until > now ? until - now : 0;
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    int got = sigtimedwait(&awaited, NULL, &t);
    if (got < 0 && errno != EAGAIN && errno != EINTR)
        die("sigtimedwait");
    stopping |= got == SIGTERM || got == SIGINT;
}

/* End every child: end of file on its control link, and SIGKILL for whoever stays. */
static void end_all(void)
{
    uint64_t until = now_ms() + GRACE_MS;
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++)
        drop(&children[r].ctl);
    for (int r = 0; r < SANDBOX_ROLE_COUNT; reap()) {
        if (children[r].pid == 0)
            r++;
        else if (now_ms() < until)
            wait_signal(until);
        else if (kill(children[r].pid, SIGKILL) == 0)
            wait_signal(now_ms() + GRACE_MS);
    }
}

/* Start whoever is due; when to look again. */
static uint64_t start_due(void)
{
    uint64_t next = now_ms() + 60000;
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++) {
        if (children[r].pid == 0 && children[r].start_at <= now_ms())
            start((enum sandbox_role)r);
        if (children[r].pid == 0 && children[r].start_at < next)
            next = children[r].start_at;
    }
    return next;
}

/* Options in pairs; nothing else is taken. */
static bool options_read(int argc, char **argv)
{
    const char *uid_base = NULL;
    char *end = NULL;
    const struct {
        const char *name, **value;
    } options[] = {{"--policy", &opt_policy},     {"--config", &opt_config},
                   {"--bin", &opt_bin},           {"--quote-helper", &opt_helper},
                   {"--platform", &opt_platform}, {"--uid-base", &uid_base}};
    for (int i = 1; i < argc; i += 2) {
        size_t o = 0;
        while (o < PC_ARRAY_LEN(options) && strcmp(argv[i], options[o].name) != 0)
            o++;
        if (o == PC_ARRAY_LEN(options) || argv[i + 1] == NULL)
            return false;
        *options[o].value = argv[i + 1];
    }
    opt_uid_base = uid_base == NULL ? 0 : strtoul(uid_base, &end, 10);
    return opt_policy != NULL && opt_config != NULL && opt_helper != NULL &&
           (uid_base == NULL ||
            (*uid_base >= '1' && *uid_base <= '9' && *end == '\0' && opt_uid_base <= 0x7fff0000));
}

int main(int argc, char **argv)
{
    if (!options_read(argc, argv)) {
        fputs("usage: polyclave-init --policy FILE --config FILE --quote-helper PROGRAM "
              "[--bin DIR] [--platform DIR] [--uid-base N]\n",
              stderr);
        return 2;
    }
    log_init("polyclave-init", PC_LOG_INFO);
    closefrom(STDERR_FILENO + 1);
    memset(pending, 0xff, sizeof pending); /* -1 */
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++)
        children[r].ctl = -1;
    sigemptyset(&awaited);
    sigaddset(&awaited, SIGCHLD), sigaddset(&awaited, SIGTERM), sigaddset(&awaited, SIGINT);
    if (sigprocmask(SIG_BLOCK, &awaited, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        die("prctl");
    while (!stopping) {
        wait_signal(start_due());
        if (reap()) {
            log_error("vault_lost", LOG_STR("next", "new keys; the node is recovering"));
            end_all();
        }
    }
    end_all();
    return 0;
}
