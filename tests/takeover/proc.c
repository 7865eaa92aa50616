/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/takeover/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "protocol/ipc.h"

char proc_log[64] = "takeover";

enum { FIRST = 1, LAST = 2 }; /* flags of a packet (protocol/ipc.h) */

const char *proc_bin = PC_BIN_DIR;

static const char *program(enum ipc_process self)
{
    static char path[400];
    (void)snprintf(path, sizeof path, "%s/polyclave-%s", proc_bin, ipc_process_name(self));
    return path;
}

static void pair(int fds[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        broken("socketpair: %s", strerror(errno));
}

static _Noreturn void child(const struct proc *p, const char *policy, const int *far)
{
    char name[100];
    (void)snprintf(name, sizeof name, "%s-%s.log", proc_log, ipc_process_name(p->self));
    int log = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (log >= 0) {
        dup2(log, 1);
        dup2(log, 2);
    }
    dup2(far[0], LINK_FD_CTL);
    for (int l = 1; l <= LINK_COUNT; l++)
        if (far[l] >= 0)
            dup2(far[l], link_fd((enum ipc_link)l));
    execl(program(p->self), program(p->self), "--policy", policy, "--uid", "0", (char *)NULL);
    _exit(99);
}

void proc_start(struct proc *p, enum ipc_process self, const char *policy)
{
    int far[LINK_COUNT + 1], fds[2];
    enum ipc_process other;
    p->self = self;
    for (int l = 0; l <= LINK_COUNT; l++) {
        bool mine = l == 0 || link_peer((enum ipc_link)l, self, &other);
        int *near = l == 0 ? &p->ctl : &p->fd[l];
        far[l] = *near = -1;
        p->part_n[l] = 0;
        if (!mine)
            continue;
        pair(fds);
        far[l] = fcntl(fds[0], F_DUPFD_CLOEXEC, 64); /* out of the way of the child's numbers */
        *near = fcntl(fds[1], F_DUPFD_CLOEXEC, 64);
        close(fds[0]);
        close(fds[1]);
        if (p->part[l] == NULL && l != 0)
            p->part[l] = malloc(WIRE_FRAME_MAX);
        if (far[l] < 0 || *near < 0 || (l != 0 && p->part[l] == NULL))
            broken("no descriptors");
    }
    p->pid = fork();
    if (p->pid < 0)
        broken("fork: %s", strerror(errno));
    if (p->pid == 0)
        child(p, policy, far);
    for (int l = 0; l <= LINK_COUNT; l++)
        if (far[l] >= 0)
            close(far[l]);
}

static void down(struct proc *p, enum ipc_link link)
{
    if (p->fd[link] >= 0)
        close(p->fd[link]);
    p->fd[link] = -1;
    p->part_n[link] = 0;
}

static int reap(struct proc *p)
{
    int status = 0;
    while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
        ;
    p->pid = 0;
    for (int l = 1; l <= LINK_COUNT; l++)
        down(p, (enum ipc_link)l);
    if (p->ctl >= 0)
        close(p->ctl);
    p->ctl = -1;
    return status;
}

static void died(struct proc *p)
{
    int status = reap(p);
    broken("%s ended by itself: %s %d; see %s-*.log", program(p->self),
           WIFSIGNALED(status) ? "signal" : "exit code",
           WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), proc_log);
}

void proc_stop(struct proc *p)
{
    if (p->pid == 0)
        return;
    close(p->ctl);
    p->ctl = -1;
    int status = reap(p);
    /* Daemons other than the vault call the end of ctl a fault. */
    int fine = p->self == IPC_PROC_VAULT ? 0 : 3;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != fine)
        broken("%s did not end well: status %x; see %s-*.log", program(p->self), (unsigned)status,
               proc_log);
    for (int l = 1; l <= LINK_COUNT; l++) {
        free(p->part[l]);
        p->part[l] = NULL;
    }
}

bool proc_up(const struct proc *p, enum ipc_link link)
{
    return p->fd[link] >= 0;
}

/* It may have closed the link before it read what is sent now: that shows when it is read. */
bool proc_packet(struct proc *p, enum ipc_link link, struct bytes packet)
{
    if (p->fd[link] < 0)
        return false;
    p->frames++;
    while (send(p->fd[link], packet.p, packet.n, MSG_NOSIGNAL) < 0) {
        if (errno == EINTR)
            continue;
        if (errno == EPIPE || errno == ECONNRESET)
            return false;
        broken("send: %s", strerror(errno));
    }
    return true;
}

bool proc_frame(struct proc *p, enum ipc_link link, struct bytes frame)
{
    static uint8_t packet[1 + IPC_PACKET_MAX];
    size_t at = 0;
    do {
        size_t n = frame.n - at < IPC_PACKET_MAX ? frame.n - at : IPC_PACKET_MAX;
        packet[0] = (uint8_t)((at == 0 ? FIRST : 0) | (at + n == frame.n ? LAST : 0));
        if (n != 0)
            memcpy(packet + 1, frame.p + at, n);
        at += n;
        if (!proc_packet(p, link, bytes_of(packet, n + 1)))
            return false;
    } while (at < frame.n);
    return true;
}

static void take_packet(struct proc *p, enum ipc_link link, const uint8_t *packet, size_t n)
{
    if (n < 1 || ((packet[0] & FIRST) != 0) != (p->part_n[link] == 0) ||
        p->part_n[link] + n - 1 > WIRE_FRAME_MAX)
        broken("%s sent a bad packet on %s", program(p->self), ipc_link_name(link));
    memcpy(p->part[link] + p->part_n[link], packet + 1, n - 1);
    p->part_n[link] += n - 1;
    if ((packet[0] & LAST) == 0)
        return;
    size_t whole = p->part_n[link];
    p->part_n[link] = 0;
    p->heard(p->ctx, link, bytes_of(p->part[link], whole));
}

static void drain(struct proc *p, enum ipc_link link)
{
    static uint8_t packet[1 + IPC_PACKET_MAX];
    while (p->fd[link] >= 0) {
        ssize_t n = recv(p->fd[link], packet, sizeof packet, MSG_DONTWAIT);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (n <= 0) {
            p->dropped[link]++;
            down(p, link);
            return;
        }
        take_packet(p, link, packet, (size_t)n);
    }
}

void proc_pump(struct proc *p, int ms)
{
    struct pollfd polled[LINK_COUNT + 1] = {{p->ctl, POLLIN, 0}};
    nfds_t n = 1;
    for (int l = 1; l <= LINK_COUNT; l++)
        if (p->fd[l] >= 0)
            polled[n++] = (struct pollfd){p->fd[l], POLLIN, 0};
    if (poll(polled, n, ms) < 0 && errno != EINTR)
        broken("poll: %s", strerror(errno));
    for (int l = 1; l <= LINK_COUNT; l++)
        drain(p, (enum ipc_link)l);
    if ((polled[0].revents & (POLLHUP | POLLERR)) != 0)
        died(p);
}

void proc_renew(struct proc *p, enum ipc_link link)
{
    struct ipc_ctl_link m = {link};
    uint8_t packet[64] = {FIRST | LAST};
    struct bytes frame;
    int fds[2];
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    drain(p, link);
    down(p, link);
    pair(fds);
    if (ipc_encode_ctl_link(&frame, packet + 1, sizeof packet - 1, &m) != PC_OK)
        broken("a ctl_link does not encode");
    struct iovec iov = {packet, frame.n + 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.space,
                         .msg_controllen = sizeof control.space};
    control.head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), &fds[0], sizeof(int));
    if (sendmsg(p->ctl, &msg, MSG_NOSIGNAL) < 0)
        died(p);
    close(fds[0]);
    p->fd[link] = fds[1];
}
