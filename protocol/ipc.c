/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ipc.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PACKET_FIRST = 1, PACKET_LAST = 2 };

#define FDS_SEEN_MAX 4 /* descriptors that one packet can bring before the kernel cuts */
#define PACKETS_A_TURN                                                                             \
    32 /* unless told otherwise, so that one busy link does not starve the others */

/* In the queue each frame stands behind one of these. */
struct entry {
    uint32_t n;
    int fd; /* -1: none */
};

struct ipc_end {
    struct loop *loop;
    int fd; /* -1: over */
    struct ipc_limits limits;
    unsigned packets; /* read in one turn at most */
    struct ipc_events events;
    void *ctx;

    uint8_t *in; /* frame_max bytes */
    size_t in_n;
    bool in_frame; /* the first packet was seen, the last was not */
    int in_fd;

    uint8_t *out; /* queue: [head, tail) is in use */
    size_t out_cap;
    size_t head, tail;
    size_t sent; /* bytes of the frame at head that left already */

    unsigned busy; /* calls on the stack: freeing waits for them */
    bool free_me;
};

enum err_code ipc_pair(int fds[2])
{
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        fds[0] = fds[1] = -1;
        return PC_E_IO;
    }
    return PC_OK;
}

static void on_fd(void *ctx, int fd, unsigned events);

enum err_code ipc_end_new(struct ipc_end **out, struct loop *loop, int fd,
                          const struct ipc_limits *limits, const struct ipc_events *events,
                          void *ctx)
{
    *out = NULL;
    struct ipc_end *e = NULL;
    enum err_code r = PC_E_USAGE;
    if (fd < 0 || limits->frame_max < 2 || limits->frame_max > WIRE_FRAME_MAX)
        goto fail;
    r = PC_E_MEMORY;
    e = calloc(1, sizeof *e);
    if (e == NULL)
        goto fail;
    *e = (struct ipc_end){.loop = loop,
                          .fd = fd,
                          .limits = *limits,
                          .packets = PACKETS_A_TURN,
                          .events = *events,
                          .ctx = ctx,
                          .in_fd = -1};
    /* Room for one frame beyond the bound, so that encoding never meets a wall inside it. */
    e->out_cap = limits->queue_max + 2 * sizeof(struct entry) + limits->frame_max;
    e->in = malloc(limits->frame_max);
    e->out = malloc(e->out_cap);
    if (e->in == NULL || e->out == NULL)
        goto fail;
    r = loop_fd_add(loop, fd, LOOP_READ, on_fd, e);
    if (r != PC_OK)
        goto fail;
    *out = e;
    return PC_OK;
fail:
    if (fd >= 0)
        (void)close(fd);
    if (e != NULL) {
        free(e->in);
        free(e->out);
        free(e);
    }
    return r;
}

static struct entry entry_at(const struct ipc_end *e, size_t at)
{
    struct entry x;
    memcpy(&x, e->out + at, sizeof x);
    return x;
}

static void drop_queue(struct ipc_end *e)
{
    while (e->head < e->tail) {
        struct entry x = entry_at(e, e->head);
        if (x.fd >= 0)
            (void)close(x.fd);
        e->head += sizeof x + x.n;
    }
    pc_wipe(e->out, e->tail);
    e->head = e->tail = e->sent = 0;
}

static void hang_up(struct ipc_end *e)
{
    if (e->fd < 0)
        return;
    loop_fd_remove(e->loop, e->fd);
    (void)close(e->fd);
    e->fd = -1;
    if (e->in_fd >= 0)
        (void)close(e->in_fd);
    e->in_fd = -1;
    drop_queue(e);
    pc_wipe(e->in, e->in_n);
    e->in_n = 0;
}

void ipc_end_free(struct ipc_end *e)
{
    if (e == NULL)
        return;
    hang_up(e);
    if (e->busy > 0) {
        e->free_me = true;
        return;
    }
    free(e->in);
    free(e->out);
    free(e);
}

/* The other end, the kernel or a rule ended it: tell the owner, once. */
static void lose(struct ipc_end *e, enum err_code why)
{
    if (e->fd < 0)
        return;
    hang_up(e);
    e->events.gone(e->ctx, e, why);
}

/* --- sending -------------------------------------------------------------------------------- */

static ssize_t send_packet(int fd, uint8_t flags, const uint8_t *p, size_t n, int pass)
{
    struct iovec iov[2] = {{&flags, 1}, {(void *)(uintptr_t)p, n}};
    struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    if (pass >= 0) {
        memset(&control, 0, sizeof control);
        m.msg_control = control.room;
        m.msg_controllen = sizeof control.room;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &pass, sizeof pass);
    }
    ssize_t r;
    do
        r = sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    while (r < 0 && errno == EINTR);
    return r;
}

/* As much as the socket takes. On an error the link is over, which the loop will see too. */
static enum err_code flush(struct ipc_end *e)
{
    while (e->head < e->tail) {
        struct entry x = entry_at(e, e->head);
        const uint8_t *frame = e->out + e->head + sizeof x;
        size_t n = x.n - e->sent;
        uint8_t flags = e->sent == 0 ? PACKET_FIRST : 0;
        if (n <= IPC_PACKET_MAX)
            flags |= PACKET_LAST;
        else
            n = IPC_PACKET_MAX;
        if (send_packet(e->fd, flags, frame + e->sent, n, e->sent == 0 ? x.fd : -1) < 0) {
            if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM) {
                loop_fd_want(e->loop, e->fd, LOOP_READ | LOOP_WRITE);
                return PC_OK;
            }
            enum err_code why = errno == EPIPE || errno == ECONNRESET ? PC_E_CLOSED : PC_E_IO;
            /* Half a frame may be out: nothing can follow it. What the other end sent before is
             * still read, then the loop sees the end of the stream and tells the owner. */
            (void)shutdown(e->fd, SHUT_RDWR);
            drop_queue(e);
            loop_fd_want(e->loop, e->fd, LOOP_READ);
            return why;
        }
        e->sent += n;
        if (e->sent == x.n) {
            if (x.fd >= 0)
                (void)close(x.fd);
            pc_wipe(e->out + e->head, sizeof x + x.n);
            e->head += sizeof x + x.n;
            e->sent = 0;
        }
    }
    e->head = e->tail = 0;
    loop_fd_want(e->loop, e->fd, LOOP_READ);
    return PC_OK;
}

void *ipc_end_reserve(struct ipc_end *e)
{
    if (e->out_cap - e->tail < sizeof(struct entry) + e->limits.frame_max) {
        memmove(e->out, e->out + e->head, e->tail - e->head);
        pc_wipe(e->out + e->tail - e->head, e->head);
        e->tail -= e->head;
        e->head = 0;
    }
    return e->out + e->tail + sizeof(struct entry);
}

size_t ipc_end_room(const struct ipc_end *e)
{
    return e->limits.frame_max;
}

static enum err_code commit(struct ipc_end *e, size_t n, int fd)
{
    uint8_t *at = e->out + e->tail;
    enum err_code r = PC_OK;
    if (e->fd < 0)
        r = PC_E_CLOSED;
    else if (n < 2 || n > e->limits.frame_max)
        r = n < 2 ? PC_E_USAGE : PC_E_TOO_LARGE;
    else if (e->tail - e->head + sizeof(struct entry) + n > e->limits.queue_max)
        r = PC_E_FULL;
    int copy = -1;
    if (r == PC_OK && fd >= 0) {
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        if (copy < 0)
            r = PC_E_IO;
    }
    if (r != PC_OK) {
        pc_wipe(at + sizeof(struct entry), n <= e->limits.frame_max ? n : 0);
        return r;
    }
    bool idle = e->head == e->tail;
    memcpy(at, &(struct entry){(uint32_t)n, copy}, sizeof(struct entry));
    e->tail += sizeof(struct entry) + n;
    return idle ? flush(e) : PC_OK;
}

enum err_code ipc_end_commit(struct ipc_end *e, size_t n)
{
    return commit(e, n, -1);
}

enum err_code ipc_end_send_fd(struct ipc_end *e, struct bytes frame, int fd)
{
    if (frame.n > e->limits.frame_max)
        return PC_E_TOO_LARGE;
    memcpy(ipc_end_reserve(e), frame.p, frame.n);
    return commit(e, frame.n, fd);
}

enum err_code ipc_end_send(struct ipc_end *e, struct bytes frame)
{
    return ipc_end_send_fd(e, frame, -1);
}

size_t ipc_end_queued(const struct ipc_end *e)
{
    return e->tail - e->head;
}

/* --- receiving ------------------------------------------------------------------------------ */

/* The one descriptor of a packet into *fd; every other one is closed. */
static enum err_code take_fds(struct msghdr *m, int *fd)
{
    size_t seen = 0;
    *fd = -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int one;
            memcpy(&one, CMSG_DATA(c) + i * sizeof one, sizeof one);
            if (seen++ == 0)
                *fd = one;
            else
                (void)close(one);
        }
    }
    if (seen > 1 || (m->msg_flags & MSG_CTRUNC)) {
        if (*fd >= 0)
            (void)close(*fd);
        *fd = -1;
        return PC_E_REFUSED;
    }
    return PC_OK;
}

/* One packet, appended to the frame. PC_E_RETRY: none there. */
static enum err_code take_packet(struct ipc_end *e, uint8_t *flags)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(FDS_SEEN_MAX * sizeof(int))];
    } control;
    size_t room = e->limits.frame_max - e->in_n;
    uint8_t over; /* a byte here means that the frame is over its maximum */
    struct iovec iov[3] = {{flags, 1}, {e->in + e->in_n, room}, {&over, 1}};
    struct msghdr m = {.msg_iov = iov,
                       .msg_iovlen = 3,
                       .msg_control = control.room,
                       .msg_controllen = sizeof control.room};
    ssize_t r;
    do
        r = recvmsg(e->fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (r < 0 && errno == EINTR);
    if (r < 0)
        return errno == EAGAIN ? PC_E_RETRY : errno == ECONNRESET ? PC_E_CLOSED : PC_E_IO;
    int fd;
    enum err_code bad = take_fds(&m, &fd);
    if (r == 0 && bad == PC_OK)
        bad = PC_E_CLOSED;
    size_t n = r > 0 ? (size_t)r - 1 : 0;
    if (bad == PC_OK && (n > room || (m.msg_flags & MSG_TRUNC)))
        bad = PC_E_TOO_LARGE;
    if (bad == PC_OK && (((*flags & PACKET_FIRST) != 0) == e->in_frame ||
                         (*flags & ~(PACKET_FIRST | PACKET_LAST)) != 0 || n == 0))
        bad = PC_E_SEQUENCE;
    if (bad == PC_OK && fd >= 0 && (!e->limits.take_fds || !(*flags & PACKET_FIRST)))
        bad = PC_E_REFUSED;
    if (bad != PC_OK) {
        if (fd >= 0)
            (void)close(fd);
        return bad;
    }
    e->in_n += n;
    e->in_frame = true;
    if (*flags & PACKET_FIRST)
        e->in_fd = fd;
    return PC_OK;
}

void ipc_end_packets(struct ipc_end *end, unsigned most)
{
    PC_ASSERT(most != 0);
    end->packets = most;
}

static void receive(struct ipc_end *e)
{
    for (unsigned i = 0; i < e->packets && e->fd >= 0; i++) {
        uint8_t flags = 0;
        enum err_code r = take_packet(e, &flags);
        if (r == PC_E_RETRY)
            return;
        if (r == PC_OK && (flags & PACKET_LAST)) {
            int fd = e->in_fd;
            size_t n = e->in_n;
            e->in_fd = -1;
            e->in_n = 0;
            e->in_frame = false;
            r = e->events.frame(e->ctx, e, bytes_of(e->in, n), fd);
            pc_wipe(e->in, n); /* the memory is there until busy is over */
        }
        if (r != PC_OK)
            lose(e, r);
    }
}

static void on_fd(void *ctx, int fd, unsigned events)
{
    (void)fd;
    struct ipc_end *e = ctx;
    e->busy++;
    if (events & LOOP_WRITE)
        (void)flush(e); /* a failure shows again as the end of the stream, and is told from there */
    /* HUP alone: frames that were sent before the other end died are still read, then EOF. */
    if (events & (LOOP_READ | LOOP_HUP))
        receive(e);
    e->busy--;
    if (e->busy == 0 && e->free_me)
        ipc_end_free(e);
}
