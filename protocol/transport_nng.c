/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/stream.h"

#include "protocol/endpoint.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <nng/nng.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* One asynchronous operation. nng's thread touches `done_next` and `done`, under the lock. */
struct op {
    struct stream_net *net;
    nng_aio *aio;
    void (*finish)(struct op *op); /* in the loop's thread */
    struct stream *stream;         /* NULL: the listener's */
    bool busy;                     /* started, not finished */
    bool done;                     /* on the list */
    struct op *done_next;
    uint8_t *p; /* rest of the bytes */
    size_t n;
};

struct stream_net {
    struct loop *loop;
    int wake; /* eventfd */
    pthread_mutex_t lock;
    struct op *done_first, *done_last;

    nng_stream_listener *listener;
    struct op accept;
    stream_accepted_fn accepted;
    void *accepted_ctx;
    struct loop_timer accept_again;
};

struct stream {
    struct stream_net *net;
    nng_stream *s;
    nng_stream_dialer *dialer;
    struct op dial, recv, send;
    struct stream_events events;
    void *ctx;
    unsigned calls; /* callbacks on the stack: freeing waits for them */
    bool closed;
};

/* --- between nng's threads and the loop ------------------------------------------------------ */

static void on_aio(void *arg)
{
    struct op *op = arg;
    struct stream_net *net = op->net;
    uint64_t one = 1;
    (void)pthread_mutex_lock(&net->lock);
    op->done = true;
    op->done_next = NULL;
    if (net->done_last != NULL)
        net->done_last->done_next = op;
    else
        net->done_first = op;
    net->done_last = op;
    (void)pthread_mutex_unlock(&net->lock);
    /* Fails only when the counter is full, and then the loop is awake anyway. */
    (void)!write(net->wake, &one, sizeof one);
}

static struct op *take_done(struct stream_net *net)
{
    (void)pthread_mutex_lock(&net->lock);
    struct op *op = net->done_first;
    if (op != NULL) {
        net->done_first = op->done_next;
        if (net->done_first == NULL)
            net->done_last = NULL;
        op->done = false;
        op->done_next = NULL;
    }
    (void)pthread_mutex_unlock(&net->lock);
    return op;
}

static void forget_done(struct op *op)
{
    struct stream_net *net = op->net;
    (void)pthread_mutex_lock(&net->lock);
    if (op->done) {
        struct op *before = NULL;
        for (struct op *o = net->done_first; o != op; o = o->done_next)
            before = o;
        if (before != NULL)
            before->done_next = op->done_next;
        else
            net->done_first = op->done_next;
        if (net->done_last == op)
            net->done_last = before;
        op->done = false;
    }
    (void)pthread_mutex_unlock(&net->lock);
}

static void on_wake(void *ctx, int fd, unsigned events)
{
    (void)events;
    struct stream_net *net = ctx;
    uint64_t count;
    (void)!read(fd, &count, sizeof count);
    for (struct op *op = take_done(net); op != NULL; op = take_done(net)) {
        op->busy = false;
        op->finish(op);
    }
}

static enum err_code op_init(struct op *op, struct stream_net *net, struct stream *stream,
                             void (*finish)(struct op *))
{
    *op = (struct op){.net = net, .stream = stream, .finish = finish};
    return nng_aio_alloc(&op->aio, on_aio, op) == 0 ? PC_OK : PC_E_MEMORY;
}

/* Waits until nng's thread is out of on_aio; it takes the lock only for a moment. */
static void op_end(struct op *op)
{
    if (op->aio == NULL)
        return;
    nng_aio_stop(op->aio);
    forget_done(op);
    nng_aio_free(op->aio);
    op->aio = NULL;
}

static enum err_code error_of(int nng_error)
{
    switch (nng_error) {
    case 0:
        return PC_OK;
    case NNG_ETIMEDOUT:
        return PC_E_TIMEOUT;
    case NNG_ECLOSED:
    case NNG_ECONNSHUT:
    case NNG_ECONNRESET:
    case NNG_ECANCELED:
        return PC_E_CLOSED;
    case NNG_ENOMEM:
    case NNG_ENOFILES:
        return PC_E_MEMORY;
    default:
        return PC_E_IO;
    }
}

/* --- streams --------------------------------------------------------------------------------- */

static void stream_release(struct stream *s)
{
    if (s->closed && s->calls == 0)
        free(s);
}

void stream_close(struct stream *s)
{
    if (s == NULL || s->closed)
        return;
    s->closed = true;
    if (s->s != NULL)
        nng_stream_close(s->s);
    if (s->dialer != NULL)
        nng_stream_dialer_close(s->dialer);
    /* A dial may have succeeded meanwhile: its stream is ours to free. */
    if (s->dial.aio != NULL) {
        nng_aio_stop(s->dial.aio);
        if (s->s == NULL && s->dial.busy && nng_aio_result(s->dial.aio) == 0)
            s->s = nng_aio_get_output(s->dial.aio, 0);
    }
    op_end(&s->dial);
    op_end(&s->recv);
    op_end(&s->send);
    if (s->s != NULL)
        nng_stream_free(s->s);
    if (s->dialer != NULL)
        nng_stream_dialer_free(s->dialer);
    stream_release(s);
}

static void finish_dial(struct op *op)
{
    struct stream *s = op->stream;
    enum err_code e = error_of(nng_aio_result(op->aio));
    if (e == PC_OK)
        s->s = nng_aio_get_output(op->aio, 0);
    s->calls++;
    s->events.connected(s->ctx, e);
    s->calls--;
    stream_release(s);
}

static void submit(struct op *op, void (*start)(nng_stream *, nng_aio *))
{
    nng_iov iov = {op->p, op->n};
    if (nng_aio_set_iov(op->aio, 1, &iov) != 0)
        pc_bug("one buffer is too many for nng");
    op->busy = true;
    start(op->stream->s, op->aio);
}

static void finish_bytes(struct op *op, void (*start)(nng_stream *, nng_aio *),
                         void (*tell)(void *, enum err_code))
{
    struct stream *s = op->stream;
    enum err_code e = error_of(nng_aio_result(op->aio));
    size_t n = nng_aio_count(op->aio);
    if (e == PC_OK && (n == 0 || n > op->n))
        e = PC_E_IO;
    if (e == PC_OK && n < op->n) {
        op->p += n;
        op->n -= n;
        submit(op, start);
        return;
    }
    s->calls++;
    tell(s->ctx, e);
    s->calls--;
    stream_release(s);
}

static void finish_recv(struct op *op)
{
    finish_bytes(op, nng_stream_recv, op->stream->events.received);
}

static void finish_send(struct op *op)
{
    finish_bytes(op, nng_stream_send, op->stream->events.sent);
}

void stream_recv(struct stream *s, uint8_t *out, size_t n)
{
    PC_ASSERT(!s->closed && s->s != NULL && !s->recv.busy && n > 0);
    s->recv.p = out;
    s->recv.n = n;
    submit(&s->recv, nng_stream_recv);
}

void stream_send(struct stream *s, const uint8_t *p, size_t n)
{
    PC_ASSERT(!s->closed && s->s != NULL && !s->send.busy && n > 0);
    s->send.p = (uint8_t *)(uintptr_t)p; /* nng_iov knows no const; it only reads */
    s->send.n = n;
    submit(&s->send, nng_stream_send);
}

static struct stream *stream_new(struct stream_net *net)
{
    struct stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return NULL;
    s->net = net;
    if (op_init(&s->recv, net, s, finish_recv) != PC_OK ||
        op_init(&s->send, net, s, finish_send) != PC_OK) {
        stream_close(s);
        return NULL;
    }
    return s;
}

void stream_attach(struct stream *s, const struct stream_events *events, void *ctx)
{
    s->events = *events;
    s->ctx = ctx;
}

/* tcp://host:port of a numeric address. */
static bool url_of(char out[static 80], const struct sockaddr_storage *a)
{
    char host[INET6_ADDRSTRLEN];
    if (a->ss_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, a, sizeof in);
        if (inet_ntop(AF_INET, &in.sin_addr, host, sizeof host) == NULL)
            return false;
        (void)snprintf(out, 80, "tcp://%s:%u", host, ntohs(in.sin_port));
        return true;
    }
    if (a->ss_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, a, sizeof in6);
        if (inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host) == NULL)
            return false;
        (void)snprintf(out, 80, "tcp://[%s]:%u", host, ntohs(in6.sin6_port));
        return true;
    }
    return false;
}

enum err_code stream_dial(struct stream **out, struct stream_net *net,
                          const struct sockaddr_storage *to, unsigned timeout_ms,
                          const struct stream_events *events, void *ctx)
{
    char url[80];
    *out = NULL;
    if (!url_of(url, to))
        return PC_E_USAGE;
    struct stream *s = stream_new(net);
    if (s == NULL)
        return PC_E_MEMORY;
    stream_attach(s, events, ctx);
    enum err_code e = op_init(&s->dial, net, s, finish_dial);
    if (e == PC_OK)
        e = error_of(nng_stream_dialer_alloc(&s->dialer, url));
    if (e != PC_OK) {
        stream_close(s);
        return e;
    }
    nng_aio_set_timeout(s->dial.aio, (nng_duration)timeout_ms);
    s->dial.busy = true;
    nng_stream_dialer_dial(s->dialer, s->dial.aio);
    *out = s;
    return PC_OK;
}

/* --- listener -------------------------------------------------------------------------------- */

static void accept_next(void *ctx)
{
    struct stream_net *net = ctx;
    net->accept.busy = true;
    nng_stream_listener_accept(net->listener, net->accept.aio);
}

static void address_of(struct sockaddr_storage *out, const nng_sockaddr *a)
{
    memset(out, 0, sizeof *out);
    if (a->s_family == NNG_AF_INET) {
        struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = a->s_in.sa_port};
        in.sin_addr.s_addr = a->s_in.sa_addr;
        memcpy(out, &in, sizeof in);
    } else if (a->s_family == NNG_AF_INET6) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = a->s_in6.sa_port};
        memcpy(&in6.sin6_addr, a->s_in6.sa_addr, 16);
        memcpy(out, &in6, sizeof in6);
        address_unmap(out);
    }
}

static void finish_accept(struct op *op)
{
    struct stream_net *net = op->net;
    int r = nng_aio_result(op->aio);
    if (r != 0) {
        /* Out of descriptors or memory, or a caller that hung up: not at once again, lest it spins.
         */
        if (r != NNG_ECLOSED)
            loop_timer_set(net->loop, &net->accept_again, 100);
        return;
    }
    nng_stream *got = nng_aio_get_output(op->aio, 0);
    nng_sockaddr from;
    struct sockaddr_storage address;
    struct stream *s = stream_new(net);
    if (s == NULL || nng_stream_get_addr(got, NNG_OPT_REMADDR, &from) != 0) {
        nng_stream_free(got);
        stream_close(s);
    } else {
        s->s = got;
        address_of(&address, &from);
        net->accepted(net->accepted_ctx, s, &address);
    }
    accept_next(net);
}

enum err_code stream_listen(struct stream_net *net, const struct sockaddr_storage *at,
                            stream_accepted_fn fn, void *ctx, uint16_t *port)
{
    char url[80];
    int bound = 0;
    if (net->listener != NULL)
        return PC_E_EXISTS;
    if (!url_of(url, at))
        return PC_E_USAGE;
    PC_TRY(op_init(&net->accept, net, NULL, finish_accept));
    int r = nng_stream_listener_alloc(&net->listener, url);
    if (r == 0)
        r = nng_stream_listener_listen(net->listener);
    if (r == 0)
        r = nng_stream_listener_get_int(net->listener, NNG_OPT_TCP_BOUND_PORT, &bound);
    if (r != 0) {
        if (net->listener != NULL)
            nng_stream_listener_free(net->listener);
        net->listener = NULL;
        op_end(&net->accept);
        return error_of(r);
    }
    net->accepted = fn;
    net->accepted_ctx = ctx;
    *port = (uint16_t)bound;
    accept_next(net);
    return PC_OK;
}

/* --- the whole ------------------------------------------------------------------------------- */

enum err_code stream_net_new(struct stream_net **out, struct loop *loop)
{
    *out = NULL;
    struct stream_net *net = calloc(1, sizeof *net);
    if (net == NULL)
        return PC_E_MEMORY;
    net->loop = loop;
    loop_timer_init(&net->accept_again, accept_next, net);
    net->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum err_code e = net->wake < 0 ? PC_E_IO : PC_OK;
    if (e == PC_OK)
        e = loop_fd_add(loop, net->wake, LOOP_READ, on_wake, net);
    if (e == PC_OK && pthread_mutex_init(&net->lock, NULL) != 0) {
        loop_fd_remove(loop, net->wake);
        e = PC_E_MEMORY;
    }
    if (e != PC_OK) {
        if (net->wake >= 0)
            (void)close(net->wake);
        free(net);
        return e;
    }
    *out = net;
    return PC_OK;
}

void stream_net_free(struct stream_net *net)
{
    if (net == NULL)
        return;
    loop_timer_stop(net->loop, &net->accept_again);
    if (net->listener != NULL) {
        nng_stream_listener_close(net->listener);
        nng_aio_stop(net->accept.aio);
        /* Accepted, but not yet told: nobody else will free it. */
        if (net->accept.busy && nng_aio_result(net->accept.aio) == 0)
            nng_stream_free(nng_aio_get_output(net->accept.aio, 0));
        op_end(&net->accept);
        nng_stream_listener_free(net->listener);
    }
    loop_fd_remove(net->loop, net->wake);
    (void)close(net->wake);
    (void)pthread_mutex_destroy(&net->lock);
    free(net);
}
