/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/stage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "protocol/ipc.h"

#define HIGH_FD 64 /* own descriptors lie above those that programs get */
#define WAIT_MS 60000

uint8_t stage_buf[STAGE_FRAME_MAX];

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    (void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

void stage_begin(struct stage *s)
{
    uint8_t buf[POLICY_POLICY_BYTES];
    struct bytes b;
    s->policy = (struct policy_policy){.version = 1,
                                       .chain_id = 31337,
                                       .kind = POLICY_CHAIN_KIND_DEV,
                                       .head_age = 3600,
                                       .smallest_n = 3,
                                       .max_bound_age = 300,
                                       .phase_blocks = 10,
                                       .first_block = 1};
    memset(s->policy.network_id, 0x11, 32);
    memset(s->policy.epochs, 0xe1, 20);
    memset(s->policy.node_registry, 0xe2, 20);
    memset(s->policy.attestations, 0xe3, 20);
    memset(s->policy.apps, 0xe4, 20);
    memset(s->policy.tdx.verifier, 0xe5, 20);
    memset(s->policy.tdx.root, 0xe6, 32);
    (void)snprintf(s->folder, sizeof s->folder, "/tmp/polyclave-bench-XXXXXX");
    must(mkdtemp(s->folder) != NULL, "mkdtemp");
    (void)snprintf(s->policy_path, sizeof s->policy_path, "%s/policy.bin", s->folder);
    int fd = open(s->policy_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    must(fd >= 0, "policy.bin");
    if (policy_encode_policy(&b, buf, sizeof buf, &s->policy) != PC_OK)
        pc_bug("the policy does not encode");
    must(write(fd, b.p, b.n) == (ssize_t)b.n, "policy.bin");
    close(fd);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

void stage_end(struct stage *s)
{
    must(nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, s->folder);
}

void stage_tool(const char *const argv[])
{
    int status;
    pid_t pid = fork();
    must(pid >= 0, "fork");
    if (pid == 0) {
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(99);
    }
    must(waitpid(pid, &status, 0) == pid, "waitpid");
    if (status != 0)
        pc_bug("a tool failed");
}

void stage_pair(int fds[static 2])
{
    int low[2];
    must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, low) == 0, "socketpair");
    for (int i = 0; i < 2; i++) {
        fds[i] = fcntl(low[i], F_DUPFD_CLOEXEC, HIGH_FD);
        must(fds[i] >= 0, "fcntl");
        close(low[i]);
    }
}

void proc_start(struct stage *s, struct proc *p, enum ipc_process self, const char *program,
                const char *config)
{
    int near[LINK_COUNT + 1], pair[2];
    char path[4096];
    enum ipc_process other;
    (void)snprintf(path, sizeof path, PC_BIN_DIR "/%s", program);
    for (int l = 0; l <= LINK_COUNT; l++) {
        near[l] = -1;
        p->end[l] = -1;
        if (l != 0 && !link_peer((enum ipc_link)l, self, &other))
            continue;
        stage_pair(pair);
        near[l] = pair[0];
        *(l == 0 ? &p->ctl : &p->end[l]) = pair[1];
    }
    p->pid = fork();
    must(p->pid >= 0, "fork");
    if (p->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int l = 0; l <= LINK_COUNT; l++)
            if (near[l] >= 0)
                (void)dup2(near[l], l == 0 ? LINK_FD_CTL : link_fd((enum ipc_link)l));
        int quiet = open("/dev/null", O_WRONLY);
        (void)dup2(quiet, 2); /* its log */
        execl(path, program, "--policy", s->policy_path, "--uid", "0",
              config == NULL ? (char *)NULL : "--config", config, (char *)NULL);
        _exit(99);
    }
    for (int l = 0; l <= LINK_COUNT; l++)
        if (near[l] >= 0)
            close(near[l]);
}

void proc_pass(struct proc *p, enum ipc_link link, int fd)
{
    uint8_t packet[] = {3, IPC_MSG_CTL_LINK >> 8, IPC_MSG_CTL_LINK & 0xff, (uint8_t)link};
    struct iovec iov = {packet, sizeof packet};
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr m = {NULL, 0, &iov, 1, control.space, sizeof control.space, 0};
    control.head = (struct cmsghdr){CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    must(sendmsg(p->ctl, &m, MSG_NOSIGNAL) == (ssize_t)sizeof packet, "sendmsg");
    close(fd);
}

void proc_end(struct proc *p, int code)
{
    int status;
    close(p->ctl);
    for (int l = 1; l <= LINK_COUNT; l++)
        if (p->end[l] >= 0)
            close(p->end[l]);
    must(waitpid(p->pid, &status, 0) == p->pid, "waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
        pc_bug("a program of the node did not end as it should");
}

double proc_cpu_us(pid_t pid)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        pc_bug("no CPU clock of a child");
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The number after `name` in a file of /proc; negative if it cannot be read there. */
static double proc_number(pid_t pid, const char *file, const char *name)
{
    char path[64], line[256];
    double value = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            value = strtod(line + strlen(name), NULL);
    if (f != NULL)
        (void)fclose(f);
    return value;
}

double proc_memory_kib(pid_t pid)
{
    double kib = proc_number(pid, "smaps_rollup", "Pss:");
    if (kib < 0)
        kib = proc_number(pid, "status", "VmRSS:");
    if (kib < 0)
        pc_bug("no memory figure of a child");
    return kib;
}

size_t proc_children(pid_t parent, pid_t *out, size_t cap)
{
    size_t n = 0;
    DIR *d = opendir("/proc");
    must(d != NULL, "/proc");
    for (struct dirent *e; (e = readdir(d)) != NULL && n < cap;) {
        char *end;
        long pid = strtol(e->d_name, &end, 10);
        if (pid > 0 && *end == '\0' && proc_number((pid_t)pid, "status", "PPid:") == (double)parent)
            out[n++] = (pid_t)pid;
    }
    (void)closedir(d);
    return n;
}

/* ---- messages ---- */

void stage_send(int fd, struct bytes frame)
{
    uint8_t packet[1 + IPC_PACKET_MAX];
    for (size_t at = 0; at < frame.n;) {
        size_t piece = frame.n - at < IPC_PACKET_MAX ? frame.n - at : IPC_PACKET_MAX;
        packet[0] = (uint8_t)((at == 0 ? 1 : 0) | (at + piece == frame.n ? 2 : 0));
        memcpy(packet + 1, frame.p + at, piece);
        must(send(fd, packet, piece + 1, MSG_NOSIGNAL) == (ssize_t)piece + 1, "send");
        at += piece;
    }
}

struct bytes stage_receive(int fd, uint8_t *buf, size_t cap)
{
    struct pollfd p = {fd, POLLIN, 0};
    if (poll(&p, 1, WAIT_MS) != 1)
        pc_bug("a program of the node does not answer");
    ssize_t n = recv(fd, buf, cap, 0);
    if (n < 3 || buf[0] != 3)
        pc_bug("a program of the node ended its link");
    return bytes_of(buf + 1, (size_t)n - 1);
}

void stage_drain(int fd)
{
    while (recv(fd, stage_buf, sizeof stage_buf, MSG_DONTWAIT) > 0)
        ;
}

void stage_settle(int fd)
{
    int left = 1;
    for (int i = 0; left != 0; i++) {
        must(i < WAIT_MS && ioctl(fd, SIOCOUTQ, &left) == 0, "a program does not read");
        if (left != 0)
            (void)poll(NULL, 0, 1);
    }
}
