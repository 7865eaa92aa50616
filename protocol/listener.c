/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/listener.h"

#include "protocol/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void watch(struct listener *l, unsigned want)
{
    for (unsigned i = 0; i < l->n; i++)
        loop_fd_want(l->loop, l->fds[i], want);
}

static void on_again(void *ctx)
{
    watch(ctx, LOOP_READ);
}

static void on_listener(void *ctx, int fd, unsigned events)
{
    struct listener *l = ctx;
    (void)events;
    for (int i = 0; i < LISTENER_BATCH; i++) {
        struct sockaddr_storage from = {0};
        socklen_t len = sizeof from;
        int got = accept4(fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (got >= 0) {
            address_unmap(&from);
            l->accepted(l->ctx, got, &from);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            /* The socket stays readable: watching it would make the loop spin. */
            watch(l, 0);
            loop_timer_set(l->loop, &l->again, 100);
        }
        break;
    }
    l->batch(l->ctx);
}

void listener_init(struct listener *l, struct loop *loop,
                   void (*accepted)(void *ctx, int fd, struct sockaddr_storage *from),
                   void (*batch)(void *ctx), void *ctx)
{
    *l = (struct listener){.loop = loop, .accepted = accepted, .batch = batch, .ctx = ctx};
    loop_timer_init(&l->again, on_again, l);
}

enum err_code listener_adopt(struct listener *l, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    enum err_code e = PC_E_IO;
    if (l->n == LISTENER_SOCKETS_MAX)
        e = PC_E_FULL;
    else if (flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0)
        e = loop_fd_add(l->loop, fd, LOOP_READ, on_listener, l);
    if (e == PC_OK)
        l->fds[l->n++] = fd;
    else
        (void)close(fd);
    return e;
}

enum err_code listener_open(struct listener *l, const struct sockaddr_storage *at, uint16_t *port)
{
    int one = 1;
    bool v6 = at->ss_family == AF_INET6;
    if (!v6 && at->ss_family != AF_INET)
        return PC_E_USAGE;
    int fd = socket(at->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return PC_E_IO;
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
        bind(fd, (const struct sockaddr *)at,
             v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)) != 0 ||
        listen(fd, 128) != 0 || getsockname(fd, (struct sockaddr *)&bound, &len) != 0) {
        (void)close(fd);
        return PC_E_IO;
    }
    *port = ntohs(v6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                     : ((struct sockaddr_in *)&bound)->sin_port);
    return listener_adopt(l, fd);
}

void listener_close(struct listener *l)
{
    for (unsigned i = 0; i < l->n; i++) {
        loop_fd_remove(l->loop, l->fds[i]);
        (void)close(l->fds[i]);
    }
    l->n = 0;
    loop_timer_stop(l->loop, &l->again);
}
