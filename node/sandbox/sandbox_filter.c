/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls of each role: an allow-list by libseccomp, on every thread. The only file that
 * includes seccomp.h.
 *
 * Calls that look at an argument: memory never becomes executable, clone makes threads only, files
 * open read-only where a role does not write, sockets have the families of the role.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "node/sandbox/internal.h"

#define D    (1u << SANDBOX_POLYCLAVED)
#define V    (1u << SANDBOX_VAULT)
#define P    (1u << SANDBOX_PEER)
#define A    (1u << SANDBOX_ATTEST)
#define R    (1u << SANDBOX_RPC)
#define C    (1u << SANDBOX_CHAIN)
#define Q    (1u << SANDBOX_QUOTE)
#define ALL  (D | V | P | A | R | C | Q)
#define NET  (P | R)         /* internet sockets */
#define THR  (P | R)         /* threads */
#define OPEN (D | P | R | Q) /* opens files; D and Q write them */

/* of /dev/nsm: _IOWR(0x0a, 0, struct of 32 bytes); older headers lack linux/nsm.h */
#define NSM_IOCTL_RAW 0xc0200a00

static const struct call {
    int nr;
    unsigned roles;
} calls[] = {
    /* messages over descriptors that are open */
    {SCMP_SYS(read), ALL},
    {SCMP_SYS(readv), ALL},
    {SCMP_SYS(write), ALL},
    {SCMP_SYS(writev), ALL},
    {SCMP_SYS(recvfrom), ALL},
    {SCMP_SYS(recvmsg), ALL},
    {SCMP_SYS(sendto), ALL},
    {SCMP_SYS(sendmsg), ALL},
    {SCMP_SYS(shutdown), ALL},
    {SCMP_SYS(close), ALL},
    {SCMP_SYS(lseek), ALL},
    /* waiting */
    {SCMP_SYS(poll), ALL},
    {SCMP_SYS(ppoll), ALL},
    {SCMP_SYS(epoll_create1), ALL},
    {SCMP_SYS(epoll_ctl), ALL},
    {SCMP_SYS(epoll_wait), ALL},
    {SCMP_SYS(epoll_pwait), ALL},
    {SCMP_SYS(select), NET},
    {SCMP_SYS(pselect6), NET},
    {SCMP_SYS(eventfd2), D | NET},
    {SCMP_SYS(pipe2), NET},
    {SCMP_SYS(timerfd_create), ALL},
    {SCMP_SYS(timerfd_settime), ALL},
    {SCMP_SYS(clock_gettime), ALL},
    {SCMP_SYS(clock_getres), ALL},
    {SCMP_SYS(clock_nanosleep), ALL},
    {SCMP_SYS(nanosleep), ALL},
    {SCMP_SYS(gettimeofday), ALL},
    {SCMP_SYS(futex), ALL},
    {SCMP_SYS(sched_yield), ALL},
    {SCMP_SYS(restart_syscall), ALL},
    /* memory (mmap and mprotect: below) */
    {SCMP_SYS(brk), ALL},
    {SCMP_SYS(munmap), ALL},
    {SCMP_SYS(mremap), ALL},
    {SCMP_SYS(madvise), ALL},
    {SCMP_SYS(mlock), V},
    {SCMP_SYS(munlock), ALL},
    {SCMP_SYS(getrandom), ALL},
    /* itself */
    {SCMP_SYS(getpid), ALL},
    {SCMP_SYS(gettid), ALL},
    {SCMP_SYS(getppid), ALL},
    {SCMP_SYS(getuid), ALL},
    {SCMP_SYS(geteuid), ALL},
    {SCMP_SYS(getgid), ALL},
    {SCMP_SYS(getegid), ALL},
    {SCMP_SYS(tgkill), ALL},
    {SCMP_SYS(rt_sigaction), ALL},
    {SCMP_SYS(rt_sigprocmask), ALL},
    {SCMP_SYS(rt_sigreturn), ALL},
    {SCMP_SYS(sigaltstack), ALL},
    {SCMP_SYS(getrusage), ALL},
    {SCMP_SYS(exit), ALL},
    {SCMP_SYS(exit_group), ALL},
    /* threads (clone: below) */
    {SCMP_SYS(set_robust_list), THR},
    {SCMP_SYS(rseq), THR},
    {SCMP_SYS(sched_getaffinity), THR},
    {SCMP_SYS(membarrier), THR},
    /* sockets (socket: below) */
    {SCMP_SYS(bind), NET | D},
    {SCMP_SYS(connect), NET | D},
    {SCMP_SYS(listen), P | D},
    {SCMP_SYS(accept), P | D},
    {SCMP_SYS(accept4), P | D},
    {SCMP_SYS(getsockname), NET | D},
    {SCMP_SYS(getpeername), NET | D},
    {SCMP_SYS(getsockopt), NET | D},
    {SCMP_SYS(setsockopt), NET | D},
    {SCMP_SYS(sendmmsg), NET},
    {SCMP_SYS(recvmmsg), NET},
    {SCMP_SYS(sendfile), P}, /* the HTTP library tries it; descriptors are our own */
    {SCMP_SYS(uname), NET},
    /* files (open: below) */
    {SCMP_SYS(stat), OPEN},
    {SCMP_SYS(lstat), OPEN},
    {SCMP_SYS(newfstatat), OPEN},
    {SCMP_SYS(statx), OPEN},
    {SCMP_SYS(access), OPEN},
    {SCMP_SYS(faccessat2), OPEN},
    {SCMP_SYS(getdents64), OPEN},
    {SCMP_SYS(readlink), OPEN},
    {SCMP_SYS(pread64), OPEN},
    {SCMP_SYS(pwrite64), D | Q},
    {SCMP_SYS(fsync), D | Q},
    {SCMP_SYS(fdatasync), D | Q},
    {SCMP_SYS(ftruncate), D | Q},
    {SCMP_SYS(fstatfs), D},
    {SCMP_SYS(statfs), D | Q},
    {SCMP_SYS(msync), D},
    {SCMP_SYS(rename), D | Q},
    {SCMP_SYS(renameat), D},
    {SCMP_SYS(unlink), D | Q},
    {SCMP_SYS(unlinkat), D | Q},
    {SCMP_SYS(mkdir), D | Q},
    {SCMP_SYS(mkdirat), D | Q},
    {SCMP_SYS(rmdir), Q},
    {SCMP_SYS(chmod), D},
    {SCMP_SYS(fchmod), D},
#ifdef PC_SANITIZED
    {SCMP_SYS(sched_getaffinity), ALL},
    {SCMP_SYS(readlinkat), ALL},
    {SCMP_SYS(mlock), ALL},
    {SCMP_SYS(set_robust_list), ALL},
    {SCMP_SYS(rseq), ALL},
    {SCMP_SYS(prctl), ALL},
#endif
};

/* (args[arg] & mask) == value allows the call. */
static const struct call_if {
    int nr;
    unsigned roles;
    unsigned arg;
    scmp_datum_t mask;
    scmp_datum_t value;
} calls_if[] = {
    {SCMP_SYS(mmap), ALL, 2, PROT_EXEC, 0},
    {SCMP_SYS(mprotect), ALL, 2, PROT_EXEC, 0},
    {SCMP_SYS(clone), THR, 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM},
    {SCMP_SYS(openat), P | R, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
    {SCMP_SYS(open), P | R, 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY},
    {SCMP_SYS(openat), D | Q, 0, 0, 0},
    {SCMP_SYS(open), D | Q, 0, 0, 0},
    /* fstat(fd) of this C library; with a path it would be a stat */
    {SCMP_SYS(newfstatat), ALL & ~OPEN, 3, AT_EMPTY_PATH, AT_EMPTY_PATH},
    {SCMP_SYS(fstat), ALL, 0, 0, 0},
    {SCMP_SYS(socket), NET, 0, ~(scmp_datum_t)0, AF_INET},
    {SCMP_SYS(socket), NET, 0, ~(scmp_datum_t)0, AF_INET6},
    {SCMP_SYS(socket), D, 0, ~(scmp_datum_t)0, AF_UNIX},
    {SCMP_SYS(socketpair), P | R, 0, ~(scmp_datum_t)0, AF_UNIX},
    {SCMP_SYS(fcntl), ALL, 1, ~(scmp_datum_t)0, F_GETFL},
    {SCMP_SYS(fcntl), ALL, 1, ~(scmp_datum_t)0, F_SETFL},
    {SCMP_SYS(fcntl), ALL, 1, ~(scmp_datum_t)0, F_GETFD},
    {SCMP_SYS(fcntl), ALL, 1, ~(scmp_datum_t)0, F_SETFD},
    {SCMP_SYS(fcntl), D, 1, ~(scmp_datum_t)0, F_SETLK},
    {SCMP_SYS(ioctl), ALL, 1, ~(scmp_datum_t)0, FIONREAD},
    {SCMP_SYS(ioctl), NET, 1, ~(scmp_datum_t)0, FIONBIO},
    {SCMP_SYS(ioctl), Q, 1, ~(scmp_datum_t)0, NSM_IOCTL_RAW},
    /* reading limits, not setting them */
    {SCMP_SYS(prlimit64), ALL, 2, ~(scmp_datum_t)0, 0},
};

/* What libraries try and can do without: an error instead of death, for the roles that lack it. */
static const struct denied {
    int nr;
    unsigned roles;
    int error;
} denied[] = {
    {SCMP_SYS(clone3), ALL, ENOSYS}, /* its flags cannot be looked at; clone is the fallback */
    {SCMP_SYS(open), ALL & ~OPEN, EACCES},
    {SCMP_SYS(openat), ALL & ~OPEN, EACCES},
    {SCMP_SYS(stat), ALL & ~OPEN, EACCES},
    {SCMP_SYS(access), ALL & ~OPEN, EACCES},
    {SCMP_SYS(readlink), ALL & ~OPEN, EACCES},
    {SCMP_SYS(sysinfo), ALL, ENOSYS},
    {SCMP_SYS(prctl), ALL, EINVAL},
};

static int add(scmp_filter_ctx ctx, uint32_t action, int nr)
{
    int rc = seccomp_rule_add_exact(ctx, action, nr, 0);
    return rc == -EEXIST ? 0 : rc;
}

static int add_if(scmp_filter_ctx ctx, const struct call_if *c)
{
    if (c->mask == 0)
        return add(ctx, SCMP_ACT_ALLOW, c->nr);
    return seccomp_rule_add_exact(ctx, SCMP_ACT_ALLOW, c->nr, 1,
                                  SCMP_CMP(c->arg, SCMP_CMP_MASKED_EQ, c->mask, c->value));
}

/* openat, socket, fcntl and ioctl are partly allowed in some roles; what their rules leave over is
 * an error there too, by the complement of what was allowed. */
static int add_rest(scmp_filter_ctx ctx, unsigned role)
{
    int rc = 0;
    if ((role & (P | R)) != 0) {
        static const scmp_datum_t writes[] = {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC};
        for (size_t i = 0; i < PC_ARRAY_LEN(writes) && rc == 0; i++)
            rc = seccomp_rule_add_exact(ctx, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(openat), 1,
                                        SCMP_CMP(2, SCMP_CMP_MASKED_EQ, writes[i], writes[i]));
    }
    /* name resolution looks for interfaces by netlink and does without */
    if (rc == 0 && (role & NET) != 0)
        rc = seccomp_rule_add_exact(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                    SCMP_CMP(0, SCMP_CMP_EQ, AF_NETLINK, 0));
    if (rc == 0 && (role & NET) != 0)
        rc = seccomp_rule_add_exact(ctx, SCMP_ACT_ERRNO(EAFNOSUPPORT), SCMP_SYS(socket), 1,
                                    SCMP_CMP(0, SCMP_CMP_EQ, AF_UNIX, 0));
    /* "is this a terminal?", asked by stdio */
    if (rc == 0)
        rc = seccomp_rule_add_exact(ctx, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
                                    SCMP_CMP(1, SCMP_CMP_EQ, TCGETS, 0));
    return rc;
}

static int add_all(scmp_filter_ctx ctx, unsigned role)
{
    int rc = 0;
    for (size_t i = 0; i < PC_ARRAY_LEN(calls) && rc == 0; i++)
        if ((calls[i].roles & role) != 0)
            rc = add(ctx, SCMP_ACT_ALLOW, calls[i].nr);
    for (size_t i = 0; i < PC_ARRAY_LEN(calls_if) && rc == 0; i++)
        if ((calls_if[i].roles & role) != 0)
            rc = add_if(ctx, &calls_if[i]);
    for (size_t i = 0; i < PC_ARRAY_LEN(denied) && rc == 0; i++)
        if ((denied[i].roles & role) != 0)
            rc = add(ctx, SCMP_ACT_ERRNO((uint32_t)denied[i].error), denied[i].nr);
    return rc == 0 ? add_rest(ctx, role) : rc;
}

enum err_code sandbox_filter(enum sandbox_role role)
{
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (ctx == NULL)
        return sandbox_refused("seccomp_init", ENOMEM);
    int rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (rc == 0)
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0)
        rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (rc == 0)
        rc = add_all(ctx, 1u << role);
    if (rc == 0)
        rc = seccomp_load(ctx);
    seccomp_release(ctx);
    return rc == 0 ? PC_OK : sandbox_refused("seccomp", -rc);
}

#ifdef PC_SANITIZED
/* The leak checker would trace this process from outside, which the sandbox forbids. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}
#endif
