/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/transport.h"

#include "base/mem.h"
#include "protocol/channel.h"
#include "protocol/endpoint.h"
#include "protocol/stream.h"

#include <stdlib.h>

enum phase { DIALLING, HANDSHAKE, IS_OPEN };

/* A frame that waits to be sent: length and ciphertext, ready to go. */
struct parcel {
    struct parcel *next;
    size_t n;
    uint8_t bytes[];
};

struct conn {
    struct transport *t;
    struct conn *prev, *next; /* by age, oldest first */
    transport_conn id;
    enum phase phase;
    bool dialled;
    bool dh_asked;
    bool confirmed; /* dialled: the confirmation is on its way */
    struct sockaddr_storage from;
    struct stream *stream;
    struct channel channel;

    struct loop_timer in_timer;  /* the step that is under way, else idle */
    struct loop_timer out_timer; /* the parcel that is under way */

    uint8_t length[4];
    bool in_body;
    uint8_t *in; /* hs, or the buffer of an open connection */
    size_t in_n;
    uint8_t hs[CHANNEL_HS1_BYTES];
    uint8_t *big; /* frame_max + tag, from `open` on */

    struct parcel *first, *last;
    size_t queued;
};

/* How often a place has asked for a static DH lately. Places that fall on one slot share it; which
 * do is drawn at the start, so nobody can choose his neighbours. */
#define PLACES       256
#define PLACE_WINDOW 10000 /* ms */

struct place {
    uint64_t window;
    unsigned asked;
};

struct transport {
    struct place places[PLACES];
    uint64_t place_key;
    struct loop *loop;
    struct transport_config config;
    struct transport_events events;
    void *ctx;
    struct stream_net *net;
    struct conn *oldest, *newest;
    transport_conn last_id;
    struct transport_counts counts;
};

static void drop(struct conn *c, enum err_code why);
static void advance(struct conn *c);

/* --- records --------------------------------------------------------------------------------- */

static struct conn *find(const struct transport *t, transport_conn id)
{
    for (struct conn *c = t->oldest; c != NULL; c = c->next)
        if (c->id == id)
            return c;
    return NULL;
}

static unsigned *counter_of(struct conn *c)
{
    struct transport_counts *n = &c->t->counts;
    return c->phase == IS_OPEN ? &n->open : c->dialled ? &n->dialling : &n->waiting;
}

static void on_in_timer(void *ctx);
static void on_out_timer(void *ctx);

static struct conn *conn_new(struct transport *t, bool dialled)
{
    struct conn *c = calloc(1, sizeof *c);
    if (c == NULL)
        return NULL;
    c->t = t;
    c->id = ++t->last_id;
    c->dialled = dialled;
    c->phase = dialled ? DIALLING : HANDSHAKE;
    loop_timer_init(&c->in_timer, on_in_timer, c);
    loop_timer_init(&c->out_timer, on_out_timer, c);
    c->prev = t->newest;
    if (t->newest != NULL)
        t->newest->next = c;
    else
        t->oldest = c;
    t->newest = c;
    ++*counter_of(c);
    return c;
}

static void conn_free(struct conn *c)
{
    struct transport *t = c->t;
    --*counter_of(c);
    loop_timer_stop(t->loop, &c->in_timer);
    loop_timer_stop(t->loop, &c->out_timer);
    stream_close(c->stream);
    while (c->first != NULL) {
        struct parcel *p = c->first;
        c->first = p->next;
        free(p);
    }
    t->counts.queued -= c->queued;
    if (c->prev != NULL)
        c->prev->next = c->next;
    else
        t->oldest = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    else
        t->newest = c->prev;
    channel_wipe(&c->channel);
    if (c->big != NULL)
        pc_wipe(c->big, t->config.frame_max + CHANNEL_TAG_BYTES);
    free(c->big);
    free(c);
}

/* A failure, and whoever has heard of the connection hears that. */
static void drop(struct conn *c, enum err_code why)
{
    struct transport *t = c->t;
    transport_conn id = c->id;
    bool known = c->dialled || c->phase == IS_OPEN;
    if (c->phase != IS_OPEN)
        t->counts.failed++;
    conn_free(c);
    if (known)
        t->events.closed(t->ctx, id, why);
}

static void on_in_timer(void *ctx)
{
    struct conn *c = ctx;
    c->t->counts.timed_out++;
    drop(c, PC_E_TIMEOUT);
}

static void on_out_timer(void *ctx)
{
    on_in_timer(ctx);
}

/* --- out ------------------------------------------------------------------------------------- */

static void send_next(struct conn *c)
{
    if (c->first == NULL) {
        loop_timer_stop(c->t->loop, &c->out_timer);
        return;
    }
    loop_timer_set(c->t->loop, &c->out_timer, c->t->config.frame_ms);
    stream_send(c->stream, c->first->bytes, c->first->n);
}

static void on_sent(void *ctx, enum err_code e)
{
    struct conn *c = ctx;
    if (e != PC_OK) {
        drop(c, e);
        return;
    }
    struct parcel *p = c->first;
    c->first = p->next;
    if (c->first == NULL)
        c->last = NULL;
    c->queued -= p->n;
    c->t->counts.queued -= p->n;
    free(p);
    send_next(c);
}

/* An empty parcel for n bytes behind the length. */
static struct parcel *parcel_new(size_t n)
{
    struct parcel *p = malloc(sizeof *p + 4 + n);
    if (p == NULL)
        return NULL;
    p->next = NULL;
    p->n = 4 + n;
    store_be32(p->bytes, (uint32_t)n);
    return p;
}

static void post(struct conn *c, struct parcel *p)
{
    bool idle = c->first == NULL;
    if (idle)
        c->first = p;
    else
        c->last->next = p;
    c->last = p;
    c->queued += p->n;
    c->t->counts.queued += p->n;
    if (idle)
        send_next(c);
}

enum err_code transport_send(struct transport *t, transport_conn id, struct bytes frame)
{
    struct conn *c = find(t, id);
    if (c == NULL)
        return PC_E_NOT_FOUND;
    if (c->phase != IS_OPEN)
        return PC_E_SEQUENCE;
    if (frame.n == 0 || frame.n > t->config.frame_max)
        return frame.n == 0 ? PC_E_USAGE : PC_E_TOO_LARGE;
    size_t n = frame.n + CHANNEL_TAG_BYTES;
    if (c->queued + n + 4 > t->config.queue_max || t->counts.queued + n + 4 > t->config.queue_total)
        return PC_E_FULL;
    struct parcel *p = parcel_new(n);
    if (p == NULL)
        return PC_E_MEMORY;
    enum err_code e = channel_seal(&c->channel, p->bytes + 4, frame);
    if (e != PC_OK) {
        free(p);
        return e;
    }
    post(c, p);
    return PC_OK;
}

/* --- in -------------------------------------------------------------------------------------- */

static void want_length(struct conn *c)
{
    c->in_body = false;
    stream_recv(c->stream, c->length, sizeof c->length);
}

/* The handshake is over and confirmed. */
static void become_open(struct conn *c)
{
    struct transport *t = c->t;
    if (t->counts.open >= t->config.open_max) {
        t->counts.refused++;
        drop(c, PC_E_FULL);
        return;
    }
    c->big = malloc(t->config.frame_max + CHANNEL_TAG_BYTES);
    if (c->big == NULL) {
        drop(c, PC_E_MEMORY);
        return;
    }
    --*counter_of(c);
    c->phase = IS_OPEN;
    ++*counter_of(c);
    loop_timer_set(t->loop, &c->in_timer, t->config.idle_ms);
    want_length(c);
    struct x25519_pk remote = *channel_remote(&c->channel);
    t->events.open(t->ctx, c->id, &remote, c->dialled);
}

static void post_or_drop(struct conn *c, enum err_code e, struct bytes unit)
{
    struct parcel *p = e == PC_OK ? parcel_new(unit.n) : NULL;
    if (p == NULL) {
        drop(c, e == PC_OK ? PC_E_MEMORY : e);
        return;
    }
    memcpy(p->bytes + 4, unit.p, unit.n);
    post(c, p);
    advance(c);
}

/* Message 1 is cheap to make and costs the called one a DH: a budget per place. */
static bool may_ask_dh(struct transport *t, const struct sockaddr_storage *from)
{
    uint8_t text[8] = {0};
    uint64_t h = t->place_key;
    address_place(text, from);
    for (size_t i = 0; i < sizeof text; i++) {
        h = (h ^ text[i]) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    struct place *p = &t->places[h % PLACES];
    uint64_t window = loop_now(t->loop) / PLACE_WINDOW;
    if (p->window != window)
        *p = (struct place){.window = window};
    return p->asked < t->config.dh_per_place && ++p->asked > 0;
}

/* Ask the channel what it wants until it has to wait for somebody. */
static void advance(struct conn *c)
{
    struct transport *t = c->t;
    transport_conn id = c->id;
    uint8_t out[CHANNEL_HS1_BYTES];
    size_t n;
    enum err_code e;
    switch (channel_next(&c->channel)) {
    case CHANNEL_WANTS_DH: {
        /* The second DH of one who was called: only for those who may call. */
        struct x25519_pk point = *channel_dh_point(&c->channel);
        if (!c->dialled && channel_remote(&c->channel) != NULL) {
            bool may = t->events.allow(t->ctx, id, &point);
            c = find(t, id);
            if (c == NULL)
                return;
            if (!may) {
                drop(c, PC_E_REFUSED);
                return;
            }
        }
        if (!c->dialled && channel_remote(&c->channel) == NULL && !may_ask_dh(t, &c->from)) {
            t->counts.refused++;
            drop(c, PC_E_FULL);
            return;
        }
        c->dh_asked = true;
        t->events.need_dh(t->ctx, id, &point); /* may answer, or close, at once */
        return;
    }
    case CHANNEL_WANTS_SEND:
        e = channel_hs_write(&c->channel, out, &n);
        post_or_drop(c, e, bytes_of(out, n));
        return;
    case CHANNEL_WANTS_RECV:
        want_length(c);
        return;
    case CHANNEL_IS_OPEN:
        if (!c->dialled) {
            want_length(c); /* of the confirmation */
        } else if (!c->confirmed) {
            c->confirmed = true;
            e = channel_seal(&c->channel, out, (struct bytes){NULL, 0});
            post_or_drop(c, e, bytes_of(out, CHANNEL_TAG_BYTES));
        } else {
            become_open(c);
        }
        return;
    case CHANNEL_IS_DEAD:
        pc_bug("a dead channel was kept");
    }
}

/* The length is in: is it one that may be? */
static void on_length(struct conn *c)
{
    size_t n = load_be32(c->length);
    if (c->phase == IS_OPEN) {
        if (n <= CHANNEL_TAG_BYTES || n > c->t->config.frame_max + CHANNEL_TAG_BYTES) {
            drop(c, PC_E_TOO_LARGE);
            return;
        }
        loop_timer_set(c->t->loop, &c->in_timer, c->t->config.frame_ms);
        c->in = c->big;
    } else {
        size_t want = channel_hs_expects(&c->channel);
        if (n != (want != 0 ? want : CHANNEL_TAG_BYTES)) {
            drop(c, PC_E_MALFORMED);
            return;
        }
        c->in = c->hs;
    }
    c->in_n = n;
    c->in_body = true;
    stream_recv(c->stream, c->in, n);
}

static void on_frame(struct conn *c)
{
    struct transport *t = c->t;
    transport_conn id = c->id;
    enum err_code e = channel_open(&c->channel, c->big, bytes_of(c->big, c->in_n));
    if (e == PC_OK) {
        loop_timer_set(t->loop, &c->in_timer, t->config.idle_ms);
        e = t->events.frame(t->ctx, id, bytes_of(c->big, c->in_n - CHANNEL_TAG_BYTES));
        c = find(t, id); /* the callee may have closed it */
        if (c == NULL)
            return;
    }
    if (e != PC_OK)
        drop(c, e);
    else
        want_length(c);
}

static void on_handshake(struct conn *c)
{
    struct bytes in = bytes_of(c->hs, c->in_n);
    bool confirming = channel_next(&c->channel) == CHANNEL_IS_OPEN;
    enum err_code e =
        confirming ? channel_open(&c->channel, c->hs, in) : channel_hs_read(&c->channel, in);
    if (e != PC_OK)
        drop(c, e);
    else if (confirming)
        become_open(c);
    else
        advance(c);
}

static void on_received(void *ctx, enum err_code e)
{
    struct conn *c = ctx;
    if (e != PC_OK)
        drop(c, e);
    else if (!c->in_body)
        on_length(c);
    else if (c->phase == IS_OPEN)
        on_frame(c);
    else
        on_handshake(c);
}

static void on_connected(void *ctx, enum err_code e)
{
    struct conn *c = ctx;
    if (e != PC_OK) {
        drop(c, e);
        return;
    }
    c->phase = HANDSHAKE;
    loop_timer_set(c->t->loop, &c->in_timer, c->t->config.handshake_ms);
    advance(c);
}

static const struct stream_events stream_events = {on_connected, on_received, on_sent};

/* --- strangers ------------------------------------------------------------------------------- */

static struct conn *oldest_waiting(const struct transport *t, const struct sockaddr_storage *at,
                                   unsigned *count)
{
    struct conn *oldest = NULL;
    *count = 0;
    for (struct conn *c = t->oldest; c != NULL; c = c->next) {
        if (c->dialled || c->phase != HANDSHAKE ||
            (at != NULL && !address_same_place(&c->from, at)))
            continue;
        if (oldest == NULL)
            oldest = c;
        ++*count;
    }
    return oldest;
}

static void on_accepted(void *ctx, struct stream *s, const struct sockaddr_storage *from)
{
    struct transport *t = ctx;
    unsigned count;
    struct conn *oldest = oldest_waiting(t, from, &count);
    if (count < t->config.waiting_per_address)
        oldest = t->counts.waiting < t->config.waiting_max ? NULL : oldest_waiting(t, NULL, &count);
    if (oldest != NULL) {
        t->counts.refused++;
        conn_free(oldest);
    }
    struct conn *c = conn_new(t, false);
    if (c == NULL) {
        stream_close(s);
        return;
    }
    c->stream = s;
    c->from = *from;
    stream_attach(s, &stream_events, c);
    channel_answer(&c->channel, PC_BYTES(t->config.network_id), &t->config.own, t->config.rng);
    loop_timer_set(t->loop, &c->in_timer, t->config.handshake_ms);
    advance(c);
}

/* --- interface ------------------------------------------------------------------------------- */

enum err_code transport_new(struct transport **out, struct loop *loop,
                            const struct transport_config *config,
                            const struct transport_events *events, void *ctx)
{
    *out = NULL;
    if (config->rng == NULL || config->frame_max == 0 || config->frame_max > CHANNEL_PLAIN_MAX ||
        config->queue_max < config->frame_max + CHANNEL_TAG_BYTES + 4 ||
        config->queue_total < config->queue_max || config->waiting_max == 0 ||
        config->waiting_per_address == 0 || config->open_max == 0 || config->dh_per_place == 0 ||
        config->connect_ms == 0 || config->handshake_ms == 0 || config->frame_ms == 0 ||
        config->idle_ms == 0)
        return PC_E_USAGE;
    struct transport *t = calloc(1, sizeof *t);
    if (t == NULL)
        return PC_E_MEMORY;
    t->loop = loop;
    t->config = *config;
    t->events = *events;
    t->ctx = ctx;
    rng_fill(config->rng, &t->place_key, sizeof t->place_key);
    enum err_code e = stream_net_new(&t->net, loop);
    if (e != PC_OK) {
        free(t);
        return e;
    }
    *out = t;
    return PC_OK;
}

void transport_free(struct transport *t)
{
    if (t == NULL)
        return;
    while (t->oldest != NULL)
        conn_free(t->oldest);
    stream_net_free(t->net);
    free(t);
}

enum err_code transport_listen(struct transport *t, const struct sockaddr_storage *at,
                               uint16_t *port)
{
    return stream_listen(t->net, at, on_accepted, t, port);
}

enum err_code transport_dial(transport_conn *out, struct transport *t,
                             const struct sockaddr_storage *to, const struct x25519_pk *remote)
{
    *out = 0;
    if (t->counts.open + t->counts.dialling >= t->config.open_max)
        return PC_E_FULL;
    struct conn *c = conn_new(t, true);
    if (c == NULL)
        return PC_E_MEMORY;
    c->from = *to;
    channel_call(&c->channel, PC_BYTES(t->config.network_id), &t->config.own, remote,
                 t->config.rng);
    enum err_code e = stream_dial(&c->stream, t->net, to, t->config.connect_ms, &stream_events, c);
    if (e != PC_OK) {
        conn_free(c);
        return e;
    }
    *out = c->id;
    return PC_OK;
}

enum err_code transport_dh_result(struct transport *t, transport_conn id,
                                  const uint8_t shared[static 32])
{
    struct conn *c = find(t, id);
    if (c == NULL)
        return PC_E_NOT_FOUND;
    if (!c->dh_asked)
        return PC_E_SEQUENCE;
    c->dh_asked = false;
    enum err_code e = channel_dh_give(&c->channel, shared);
    if (e != PC_OK)
        drop(c, e);
    else
        advance(c);
    return PC_OK;
}

void transport_dh_fail(struct transport *t, transport_conn id)
{
    struct conn *c = find(t, id);
    if (c != NULL && c->dh_asked)
        drop(c, PC_E_RETRY);
}

void transport_close(struct transport *t, transport_conn id)
{
    struct conn *c = find(t, id);
    if (c != NULL)
        conn_free(c);
}

void transport_count(const struct transport *t, struct transport_counts *out)
{
    *out = t->counts;
}
