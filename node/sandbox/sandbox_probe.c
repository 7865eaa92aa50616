/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox_probe ROLE UID ATTEMPT [PATH] - enter a role's sandbox, then try one thing. For the test.
 *
 * A second thread runs from before the sandbox closes. Prints "ready" once sealed; then does the
 * attempt: exit 0 it worked, exit 100 + errno it failed; being killed is what a filter does.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/log.h"
#include "node/sandbox/sandbox.h"

static const char *path = "/nonexistent";

static int try_wait(void)
{
    while (poll(NULL, 0, -1) == 0 || errno == EINTR)
        ;
    return -1;
}

static int try_nothing(void)
{
    return 0;
}

static int try_exec(void)
{
    char *argv[] = {(char *)(uintptr_t) "/bin/true", NULL};
    return execv(argv[0], argv);
}

static int try_fork(void)
{
    return (int)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void *nothing(void *arg)
{
    return arg;
}

static int try_thread(void)
{
    pthread_t t;
    errno = pthread_create(&t, NULL, nothing, NULL);
    return errno == 0 ? pthread_join(t, NULL) : -1;
}

static int try_inet(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}

static int try_unix(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}

static int try_netlink(void)
{
    return socket(AF_NETLINK, SOCK_RAW, 0);
}

static int try_packet(void)
{
    return socket(AF_PACKET, SOCK_RAW, 0);
}

static int try_read_file(void)
{
    return open(path, O_RDONLY);
}

static int try_write_file(void)
{
    return open(path, O_WRONLY | O_CREAT, 0600);
}

static int try_map_exec(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? -1 : 0;
}

static int try_protect_exec(void)
{
    void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? -1 : mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int try_ptrace(void)
{
    return (int)ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static int try_peek(void)
{
    return (int)syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0);
}

static int try_kill(void)
{
    return kill(getppid(), 0);
}

static int try_setuid(void)
{
    return (int)syscall(SYS_setuid, 0);
}

static int try_dumpable(void)
{
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int try_raise_limit(void)
{
    struct rlimit r = {10, 10};
    return setrlimit(RLIMIT_CORE, &r);
}

static int try_memfd(void)
{
    return (int)syscall(SYS_memfd_create, "x", 0);
}

static int try_uring(void)
{
    return (int)syscall(SYS_io_uring_setup, 1, NULL);
}

static int try_namespace(void)
{
    return (int)syscall(SYS_unshare, 0);
}

static int try_mount(void)
{
    return (int)syscall(SYS_mount, "none", "/", "none", 0, NULL);
}

static int try_keyring(void)
{
    return (int)syscall(SYS_add_key, "user", "x", "y", 1, 0);
}

static int try_x32(void)
{
    return (int)syscall(0x40000000 | SYS_getpid);
}

static int try_print(void)
{
    log_info("probe", LOG_U64("n", 1));
    return printf("%s\n", "text") > 0 && fflush(stdout) == 0 ? 0 : -1;
}

static int try_allocate(void)
{
    for (size_t n = 1; n < 8u << 20; n *= 3) {
        void *p = calloc(1, n);
        if (p == NULL)
            return -1;
        free(p);
    }
    return 0;
}

static int try_nsm(void)
{
    return ioctl(-1, 0xc0200a00UL, NULL);
}

static int try_abort(void)
{
    abort();
}

static const struct attempt {
    const char *name;
    int (*run)(void);
} attempts[] = {
    {"wait", try_wait},           {"nothing", try_nothing},
    {"fork-early", try_nothing},  {"exec", try_exec},
    {"fork", try_fork},           {"thread", try_thread},
    {"inet", try_inet},           {"unix", try_unix},
    {"netlink", try_netlink},     {"packet", try_packet},
    {"read-file", try_read_file}, {"write-file", try_write_file},
    {"map-exec", try_map_exec},   {"protect-exec", try_protect_exec},
    {"ptrace", try_ptrace},       {"peek", try_peek},
    {"kill", try_kill},           {"setuid", try_setuid},
    {"dumpable", try_dumpable},   {"raise-limit", try_raise_limit},
    {"memfd", try_memfd},         {"uring", try_uring},
    {"namespace", try_namespace}, {"mount", try_mount},
    {"keyring", try_keyring},     {"x32", try_x32},
    {"print", try_print},         {"allocate", try_allocate},
    {"abort", try_abort},         {"nsm", try_nsm},
};

static void *idle(void *arg)
{
    pthread_barrier_wait(arg); /* a thread's own first calls are over */
    (void)try_wait();
    return arg;
}

int main(int argc, char **argv)
{
    static const int keep[] = {7, 5};
    struct sandbox_path allowed = {.writable = true};
    pthread_t thread;
    if (argc < 4 || argc > 5)
        return 99;
    enum sandbox_role role = (enum sandbox_role)strtoul(argv[1], NULL, 10);
    log_init("sandbox_probe", PC_LOG_INFO);
    for (int fd = 3; fd < 40; fd++)
        if (dup2(STDERR_FILENO, fd) != fd)
            return 98;
    if (sandbox_begin(role, keep, PC_ARRAY_LEN(keep), (uid_t)strtoul(argv[2], NULL, 10)) != PC_OK)
        return 97;
    bool with_path = argc == 5;
    if (with_path)
        allowed.path = path = argv[4];
    bool outside = with_path && argv[4][0] == '-'; /* "-/x": try /x without being allowed it */
    if (outside)
        path++;
    /* The limit on processes of its own user holds here already: such a role has one thread. */
    if (argv[2][0] == '0') {
        static pthread_barrier_t started;
        if (pthread_barrier_init(&started, NULL, 2) != 0 ||
            pthread_create(&thread, NULL, idle, &started) != 0)
            return 96;
        pthread_barrier_wait(&started);
    }
    if (strcmp(argv[3], "fork-early") == 0) { /* not after the sandbox is closed: before */
        pid_t pid = fork();
        if (pid == 0)
            _exit(0);
        if (pid < 0)
            return 100 + errno;
    }
    if (sandbox_seal(role, &allowed, with_path && !outside ? 1 : 0) != PC_OK)
        return 95;
    if (write(STDOUT_FILENO, "ready\n", 6) != 6)
        return 94;
    for (size_t i = 0; i < PC_ARRAY_LEN(attempts); i++)
        if (strcmp(argv[3], attempts[i].name) == 0)
            _exit(attempts[i].run() >= 0 ? 0 : 100 + errno);
    return 93;
}
