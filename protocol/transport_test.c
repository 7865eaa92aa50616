/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/transport.h"

#include "base/rng_seeded.h"
#include "protocol/channel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop loop;
static struct rng_seeded rng;

/* A node: a transport, its static key, and what happened to it. */
struct node {
    struct transport *t;
    struct x25519_sk sk;
    struct x25519_pk pk;
    struct sockaddr_storage at;
    unsigned dhs, opens, frames, closes, asked;
    transport_conn opened[32]; /* numbers, in the order of `open` */
    transport_conn late_dh;    /* not answered: hold_dh */
    struct x25519_pk late_point;
    uint64_t sum;
    size_t last_n;
    enum err_code why;
    bool deny, hold_dh, echo, close_in_frame;
    enum err_code answer;
};

static void give_dh(struct node *n, transport_conn c, const struct x25519_pk *point)
{
    uint8_t shared[32];
    if (x25519_dh(shared, &n->sk, point) != PC_OK)
        transport_dh_fail(n->t, c);
    else
        assert_int_equal(transport_dh_result(n->t, c, shared), PC_OK);
}

static void need_dh(void *ctx, transport_conn c, const struct x25519_pk *point)
{
    struct node *n = ctx;
    n->dhs++;
    if (n->hold_dh) {
        n->late_dh = c;
        n->late_point = *point;
    } else {
        give_dh(n, c, point);
    }
}

static bool allow(void *ctx, transport_conn c, const struct x25519_pk *remote)
{
    struct node *n = ctx;
    (void)c;
    (void)remote;
    n->asked++;
    return !n->deny;
}

static void on_open(void *ctx, transport_conn c, const struct x25519_pk *remote, bool dialled)
{
    struct node *n = ctx;
    (void)remote;
    (void)dialled;
    n->opened[n->opens++ % PC_ARRAY_LEN(n->opened)] = c;
}

static enum err_code on_frame(void *ctx, transport_conn c, struct bytes frame)
{
    struct node *n = ctx;
    n->frames++;
    n->last_n = frame.n;
    for (size_t i = 0; i < frame.n; i++)
        n->sum += frame.p[i];
    if (n->echo)
        assert_int_equal(transport_send(n->t, c, frame), PC_OK);
    if (n->close_in_frame)
        transport_close(n->t, c);
    return n->answer;
}

static void on_closed(void *ctx, transport_conn c, enum err_code why)
{
    struct node *n = ctx;
    (void)c;
    n->closes++;
    n->why = why;
}

static const struct transport_events events = {need_dh, allow, on_open, on_frame, on_closed};

static struct transport_config config_of(const struct node *n)
{
    struct transport_config c = {TRANSPORT_DEFAULTS};
    c.own = n->pk;
    c.rng = &rng.rng;
    c.network_id[0] = 7;
    return c;
}

static void node_start(struct node *n, const struct transport_config *config)
{
    memset(n, 0, sizeof *n);
    x25519_generate(&n->sk, &n->pk, &rng.rng);
    struct transport_config c = config != NULL ? *config : config_of(n);
    c.own = n->pk;
    struct sockaddr_in in = {.sin_family = AF_INET};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memcpy(&n->at, &in, sizeof in);
    uint16_t port;
    assert_int_equal(transport_new(&n->t, &loop, &c, &events, n), PC_OK);
    assert_int_equal(transport_listen(n->t, &n->at, &port), PC_OK);
    in.sin_port = htons(port);
    memcpy(&n->at, &in, sizeof in);
}

static void turns_until(const unsigned *counter, unsigned want)
{
    for (int i = 0; *counter < want; i++) {
        assert_true(i < 200000);
        assert_int_equal(loop_turn(&loop, 5000), PC_OK);
    }
}

static struct transport_counts counts(const struct node *n)
{
    struct transport_counts c;
    transport_count(n->t, &c);
    return c;
}

static int setup(void **state)
{
    (void)state;
    loop_init(&loop);
    rng_seeded_init(&rng, 42);
    return 0;
}

static transport_conn dial(struct node *from, const struct node *to)
{
    transport_conn c;
    assert_int_equal(transport_dial(&c, from->t, &to->at, &to->pk), PC_OK);
    assert_true(c != 0);
    return c;
}

static void test_frames(void **state)
{
    (void)state;
    struct node a, b;
    node_start(&a, NULL);
    node_start(&b, NULL);
    b.echo = true;
    transport_conn c = dial(&a, &b);
    assert_int_equal(transport_send(a.t, c, PC_BYTES_STR("early")), PC_E_SEQUENCE);
    turns_until(&a.opens, 1);
    turns_until(&b.opens, 1);
    assert_int_equal(a.dhs, 2);
    assert_int_equal(b.dhs, 2);
    assert_int_equal(b.asked, 1);
    static uint8_t frame[33025];
    rng_fill(&rng.rng, frame, sizeof frame);
    static const size_t sizes[] = {1, 2, 1000, 33023, 33024};
    uint64_t sum = 0;
    for (size_t i = 0; i < PC_ARRAY_LEN(sizes); i++) {
        assert_int_equal(transport_send(a.t, c, bytes_of(frame, sizes[i])), PC_OK);
        for (size_t k = 0; k < sizes[i]; k++)
            sum += frame[k];
    }
    assert_int_equal(transport_send(a.t, c, PC_BYTES(frame)), PC_E_TOO_LARGE);
    assert_int_equal(transport_send(a.t, c, bytes_of(frame, 0)), PC_E_USAGE);
    assert_int_equal(transport_send(a.t, c + 100, bytes_of(frame, 1)), PC_E_NOT_FOUND);
    turns_until(&a.frames, PC_ARRAY_LEN(sizes));
    assert_int_equal(b.sum, sum);
    assert_int_equal(a.sum, sum);
    assert_int_equal(counts(&a).open, 1);
    transport_close(a.t, c);
    assert_int_equal(counts(&a).open, 0);
    assert_int_equal(counts(&a).queued, 0);
    turns_until(&b.closes, 1);
    assert_int_equal(b.why, PC_E_CLOSED);
    assert_int_equal(a.closes, 0);
    transport_free(a.t);
    transport_free(b.t);
    transport_free(NULL);
}

static void test_wrong_key_and_nobody_there(void **state)
{
    (void)state;
    struct node a, b;
    transport_conn c;
    node_start(&a, NULL);
    node_start(&b, NULL);
    assert_int_equal(transport_dial(&c, a.t, &b.at, &a.pk), PC_OK); /* b is not a */
    turns_until(&a.closes, 1);
    assert_int_equal(b.opens + a.opens, 0);
    assert_int_equal(counts(&b).failed, 1);
    struct sockaddr_storage gone = b.at;
    struct x25519_pk pk = b.pk;
    transport_free(b.t);
    assert_int_equal(transport_dial(&c, a.t, &gone, &pk), PC_OK);
    turns_until(&a.closes, 2);
    struct sockaddr_storage odd = {.ss_family = AF_UNIX};
    assert_int_equal(transport_dial(&c, a.t, &odd, &pk), PC_E_USAGE);
    assert_int_equal(counts(&a).dialling, 0);
    transport_free(a.t);
}

/* Another network, or someone who is not a member. */
static void test_refused(void **state)
{
    (void)state;
    struct node a, b;
    node_start(&b, NULL);
    struct transport_config other = config_of(&b);
    other.network_id[31] = 1;
    node_start(&a, &other);
    (void)dial(&a, &b);
    turns_until(&a.closes, 1);
    assert_int_equal(b.asked, 0); /* not even a name came out of message 1 */
    transport_free(a.t);
    node_start(&a, NULL);
    b.deny = true;
    (void)dial(&a, &b);
    turns_until(&a.closes, 1);
    assert_int_equal(b.asked, 1);
    assert_int_equal(b.opens, 0);
    assert_int_equal(b.closes, 0); /* it was never open */
    assert_int_equal(b.dhs, 2);    /* one for each caller: the stranger got no second */
    transport_free(a.t);
    transport_free(b.t);
}

static void test_late_dh(void **state)
{
    (void)state;
    struct node a, b;
    node_start(&a, NULL);
    node_start(&b, NULL);
    uint8_t shared[32] = {1};
    b.hold_dh = true;
    transport_conn c = dial(&a, &b);
    turns_until(&b.dhs, 1);
    assert_int_equal(transport_dh_result(a.t, c, shared), PC_E_SEQUENCE); /* nobody asked a */
    b.hold_dh = false;
    give_dh(&b, b.late_dh, &b.late_point);
    turns_until(&b.opens, 1);
    /* The vault is gone; then the connection is. */
    b.hold_dh = true;
    c = dial(&a, &b);
    turns_until(&b.dhs, 3);
    transport_dh_fail(b.t, b.late_dh);
    turns_until(&a.closes, 1);
    assert_int_equal(transport_dh_result(b.t, b.late_dh, shared), PC_E_NOT_FOUND);
    transport_dh_fail(b.t, b.late_dh);
    /* A vault that answers nonsense. */
    c = dial(&a, &b);
    turns_until(&b.dhs, 4);
    memset(shared, 0, sizeof shared);
    assert_int_equal(transport_dh_result(b.t, b.late_dh, shared), PC_OK);
    turns_until(&a.closes, 2);
    (void)c;
    transport_free(a.t);
    transport_free(b.t);
}

/* --- a socket in the hands of an attacker ---------------------------------------------------- */

/* The loop must turn meanwhile: a full backlog would block us, and nobody else empties it. */
static int raw_connect(const struct node *n)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    struct pollfd p = {fd, POLLOUT, 0};
    if (connect(fd, (const struct sockaddr *)&n->at, sizeof(struct sockaddr_in)) != 0) {
        assert_int_equal(errno, EINPROGRESS);
        while (poll(&p, 1, 0) == 0)
            assert_int_equal(loop_turn(&loop, 1), PC_OK);
    }
    assert_int_equal(fcntl(fd, F_SETFL, 0), 0);
    return fd;
}

static void raw_unit(int fd, const void *p, uint32_t claimed, size_t n)
{
    uint8_t head[4];
    store_be32(head, claimed);
    assert_int_equal(send(fd, head, 4, MSG_NOSIGNAL), 4);
    if (n > 0)
        assert_int_equal(send(fd, p, n, MSG_NOSIGNAL), (ssize_t)n);
}

/* Turns until the far end has closed this socket. */
static void turns_until_closed(int fd)
{
    uint8_t sink[256];
    for (int i = 0; i < 200000; i++) {
        ssize_t n = recv(fd, sink, sizeof sink, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN)) {
            (void)close(fd);
            return;
        }
        assert_int_equal(loop_turn(&loop, 10), PC_OK);
    }
    fail_msg("still open");
}

static void test_bad_lengths(void **state)
{
    (void)state;
    struct node b;
    node_start(&b, NULL);
    static const uint32_t lengths[] = {0, 1, 95, 97, 48, 65535, 0x7fffffff, 0x80000000, 0xffffffff};
    static const uint8_t zeros[96];
    for (size_t i = 0; i < PC_ARRAY_LEN(lengths); i++) {
        int fd = raw_connect(&b);
        raw_unit(fd, zeros, lengths[i], 8);
        turns_until_closed(fd);
    }
    int fd = raw_connect(&b);
    raw_unit(fd, zeros, 96, 96); /* a zero point */
    turns_until_closed(fd);
    assert_int_equal(b.asked, 0);
    assert_int_equal(counts(&b).failed, PC_ARRAY_LEN(lengths) + 1);
    assert_int_equal(counts(&b).waiting, 0);
    transport_free(b.t);
}

/* A step's deadline is for the step: a byte now and then does not move it. */
static void test_slow_handshake(void **state)
{
    (void)state;
    struct node b;
    node_start(&b, NULL);
    struct transport_config c = config_of(&b);
    transport_free(b.t);
    c.handshake_ms = 60;
    node_start(&b, &c);
    int silent = raw_connect(&b), drip = raw_connect(&b);
    uint8_t head[4] = {0, 0, 0, 96};
    assert_int_equal(send(drip, head, 4, MSG_NOSIGNAL), 4);
    bool over = false;
    for (int i = 0; i < 20000 && !over; i++) {
        if (i < 90) /* short of a whole message */
            (void)!send(drip, head, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
        assert_int_equal(loop_turn(&loop, 5), PC_OK);
        over = counts(&b).timed_out == 2;
    }
    assert_true(over);
    turns_until_closed(silent);
    turns_until_closed(drip);
    transport_free(b.t);
}

static void test_half_open_flood(void **state)
{
    (void)state;
    struct node a, b;
    node_start(&b, NULL);
    struct transport_config c = config_of(&b);
    transport_free(b.t);
    c.waiting_max = 8;
    c.waiting_per_address = 5; /* all come from one address here */
    node_start(&b, &c);
    enum { FLOOD = 300 };
    static int fds[FLOOD];
    for (int i = 0; i < FLOOD; i++) {
        fds[i] = raw_connect(&b);
        assert_int_equal(loop_turn(&loop, 0), PC_OK);
        assert_in_range(counts(&b).waiting, 0, 5);
    }
    while (counts(&b).refused < FLOOD - 5)
        assert_int_equal(loop_turn(&loop, 1000), PC_OK);
    assert_int_equal(counts(&b).waiting, 5);
    /* An honest caller still gets through: the oldest of the flood makes room. */
    node_start(&a, NULL);
    (void)dial(&a, &b);
    turns_until(&b.opens, 1);
    assert_int_equal(counts(&b).waiting, 4);
    for (int i = 0; i < FLOOD; i++)
        (void)close(fds[i]);
    transport_free(a.t);
    transport_free(b.t);
}

static void test_total_cap(void **state)
{
    (void)state;
    struct node b;
    node_start(&b, NULL);
    struct transport_config c = config_of(&b);
    transport_free(b.t);
    c.waiting_max = 3;
    node_start(&b, &c);
    int fds[6];
    for (int i = 0; i < 6; i++)
        fds[i] = raw_connect(&b);
    while (counts(&b).refused < 3)
        assert_int_equal(loop_turn(&loop, 1000), PC_OK);
    assert_int_equal(counts(&b).waiting, 3);
    for (int i = 0; i < 6; i++)
        (void)close(fds[i]);
    transport_free(b.t);
}

/* The attacker plays back a member's message 1. */
static void test_replayed_message_1(void **state)
{
    (void)state;
    struct node a, b;
    node_start(&a, NULL);
    node_start(&b, NULL);
    struct transport_config c = config_of(&b);
    struct channel call;
    uint8_t m1[96], shared[32];
    size_t n;
    channel_call(&call, PC_BYTES(c.network_id), &a.pk, &b.pk, &rng.rng);
    assert_int_equal(x25519_dh(shared, &a.sk, channel_dh_point(&call)), PC_OK);
    assert_int_equal(channel_dh_give(&call, shared), PC_OK);
    assert_int_equal(channel_hs_write(&call, m1, &n), PC_OK);
    int fd = raw_connect(&b);
    raw_unit(fd, m1, 96, 96);
    turns_until(&b.dhs, 2);
    assert_int_equal(b.asked, 1);
    assert_int_equal(b.opens, 0); /* genuine as it is, it proves nothing yet */
    static const uint8_t guess[16];
    raw_unit(fd, guess, 16, 16);
    turns_until_closed(fd);
    assert_int_equal(b.opens, 0);
    transport_free(a.t);
    transport_free(b.t);
}

/* --- a relay in the middle ------------------------------------------------------------------- */

struct middle {
    int front, caller, called;
    size_t up, down; /* bytes passed so far */
};

static void middle_start(struct middle *m, struct node *a, const struct node *b, transport_conn *c)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    socklen_t len = sizeof in;
    struct sockaddr_storage at = {0};
    *m = (struct middle){.front = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(m->front, (struct sockaddr *)&in, len), 0);
    assert_int_equal(listen(m->front, 1), 0);
    assert_int_equal(getsockname(m->front, (struct sockaddr *)&in, &len), 0);
    memcpy(&at, &in, sizeof in);
    assert_int_equal(transport_dial(c, a->t, &at, &b->pk), PC_OK);
    m->caller = accept(m->front, NULL, NULL);
    m->called = raw_connect(b);
}

static void middle_stop(struct middle *m)
{
    (void)(close(m->caller) | close(m->called) | close(m->front));
}

/* Pass on what is there, at most up to `limit` in all, one bit changed at flip_at. */
static void pass(int from, int to, size_t *passed, size_t limit, size_t flip_at)
{
    uint8_t buf[4096];
    size_t most = limit - *passed < sizeof buf ? limit - *passed : sizeof buf;
    ssize_t n = most == 0 ? 0 : recv(from, buf, most, MSG_DONTWAIT);
    if (n <= 0)
        return;
    if (flip_at >= *passed && flip_at < *passed + (size_t)n)
        buf[flip_at - *passed] ^= 0x40;
    *passed += (size_t)n;
    assert_int_equal(send(to, buf, (size_t)n, MSG_NOSIGNAL), n);
}

static void test_tampering_relay(void **state)
{
    (void)state;
    /* Offsets in the caller's stream: message 1 is 100 bytes, the confirmation 20, then frames. */
    static const size_t flips[] = {5, 40, 90, 105, 121, 130, SIZE_MAX};
    for (size_t k = 0; k < PC_ARRAY_LEN(flips); k++) {
        struct node a, b;
        struct middle m;
        transport_conn c;
        node_start(&a, NULL);
        node_start(&b, NULL);
        middle_start(&m, &a, &b, &c);
        bool said = false;
        for (int i = 0; i < 100000 && b.frames + b.closes + counts(&b).failed == 0; i++) {
            pass(m.caller, m.called, &m.up, SIZE_MAX, flips[k]);
            pass(m.called, m.caller, &m.down, SIZE_MAX, SIZE_MAX);
            if (a.opens == 1 && !said)
                said = transport_send(a.t, c, PC_BYTES_STR("hello, hello")) == PC_OK;
            assert_int_equal(loop_turn(&loop, 1), PC_OK);
        }
        assert_int_equal(b.frames, flips[k] == SIZE_MAX);
        assert_int_equal(b.opens, flips[k] >= 120);
        assert_int_equal(counts(&b).failed, flips[k] < 120);
        middle_stop(&m);
        transport_free(a.t);
        transport_free(b.t);
    }
}

/* A frame that stops in the middle, and a reader that stops: both end by the deadline of the step,
 * long before the idle one. */
static void test_stalls(void **state)
{
    (void)state;
    struct node a, b;
    struct middle m;
    transport_conn c;
    node_start(&a, NULL);
    struct transport_config config = config_of(&a);
    transport_free(a.t);
    config.frame_ms = 80;
    config.queue_max = config.queue_total = 32u << 20; /* more than TCP takes */
    static uint8_t frame[33000];
    for (int way = 0; way < 2; way++) {
        node_start(&a, &config);
        node_start(&b, &config);
        middle_start(&m, &a, &b, &c);
        unsigned sent = 0;
        while (a.closes + b.closes == 0) {
            /* 120 bytes of handshake, one frame, and half of the next one */
            pass(m.caller, m.called, &m.up, way == 0 ? 120 + 33020 + 9000 : 120, SIZE_MAX);
            pass(m.called, m.caller, &m.down, SIZE_MAX, SIZE_MAX);
            for (; a.opens == 1 && b.opens == 1 && sent < (way == 0 ? 2 : 900); sent++)
                assert_int_equal(transport_send(a.t, c, PC_BYTES(frame)), PC_OK);
            assert_int_equal(loop_turn(&loop, 1), PC_OK);
        }
        assert_int_equal(b.frames, way == 0);
        assert_int_equal(way == 0 ? b.why : a.why, PC_E_TIMEOUT);
        assert_int_equal(counts(way == 0 ? &b : &a).timed_out, 1);
        middle_stop(&m);
        transport_free(a.t);
        transport_free(b.t);
    }
}

static void test_slow_reader_and_queue(void **state)
{
    (void)state;
    struct node a, b;
    node_start(&a, NULL);
    struct transport_config c = config_of(&a);
    transport_free(a.t);
    c.queue_max = 200000;
    c.queue_total = 200000;
    node_start(&a, &c);
    node_start(&b, NULL);
    transport_conn id = dial(&a, &b);
    turns_until(&b.opens, 1);
    turns_until(&a.opens, 1);
    static uint8_t frame[33000];
    enum err_code e;
    unsigned sent = 0;
    while ((e = transport_send(a.t, id, PC_BYTES(frame))) == PC_OK)
        assert_true(++sent < 100);
    assert_int_equal(e, PC_E_FULL);
    assert_in_range(counts(&a).queued, 100000, 200000);
    turns_until(&b.frames, sent);
    assert_int_equal(counts(&a).queued, 0);
    transport_free(b.t);
    turns_until(&a.closes, 1);
    transport_free(a.t);
}

static void test_idle_and_slow_frame(void **state)
{
    (void)state;
    struct node a, b;
    node_start(&b, NULL);
    struct transport_config c = config_of(&b);
    transport_free(b.t);
    c.idle_ms = 50;
    node_start(&b, &c);
    node_start(&a, NULL);
    (void)dial(&a, &b);
    turns_until(&b.closes, 1);
    assert_int_equal(b.why, PC_E_TIMEOUT);
    turns_until(&a.closes, 1);
    assert_int_equal(a.why, PC_E_CLOSED);
    transport_free(a.t);
    transport_free(b.t);
}

static void test_open_cap_and_close_in_callback(void **state)
{
    (void)state;
    struct node a, b;
    node_start(&b, NULL);
    struct transport_config c = config_of(&b);
    transport_free(b.t);
    c.open_max = 2;
    node_start(&b, &c);
    node_start(&a, NULL);
    for (int i = 0; i < 3; i++)
        (void)dial(&a, &b);
    turns_until(&a.closes, 1);
    turns_until(&b.opens, 2);
    assert_int_equal(counts(&b).open, 2);
    assert_int_equal(counts(&b).refused, 1);
    transport_conn out;
    assert_int_equal(transport_dial(&out, b.t, &a.at, &a.pk), PC_E_FULL);
    /* Whoever refuses a frame loses the connection, whoever closes in the callback too. */
    turns_until(&a.opens, 2);
    unsigned before = a.closes;
    b.close_in_frame = true;
    for (unsigned i = 0; i < a.opens; i++)
        (void)!transport_send(a.t, a.opened[i], PC_BYTES_STR("x"));
    turns_until(&a.closes, before + 2);
    assert_int_equal(b.closes, 0);
    assert_int_equal(counts(&b).open, 0);
    b.close_in_frame = false;
    b.answer = PC_E_MALFORMED;
    unsigned opens = a.opens;
    transport_conn id = dial(&a, &b);
    turns_until(&a.opens, opens + 1);
    assert_int_equal(transport_send(a.t, id, PC_BYTES_STR("x")), PC_OK);
    turns_until(&b.closes, 1);
    assert_int_equal(b.why, PC_E_MALFORMED);
    transport_free(a.t);
    transport_free(b.t);
}

static void test_configuration(void **state)
{
    (void)state;
    struct node n;
    node_start(&n, NULL);
    struct transport *t;
    struct transport_config c = config_of(&n);
    c.frame_max = CHANNEL_PLAIN_MAX + 1;
    assert_int_equal(transport_new(&t, &loop, &c, &events, &n), PC_E_USAGE);
    c = config_of(&n);
    c.handshake_ms = 0;
    assert_int_equal(transport_new(&t, &loop, &c, &events, &n), PC_E_USAGE);
    c = config_of(&n);
    c.queue_max = 100;
    assert_int_equal(transport_new(&t, &loop, &c, &events, &n), PC_E_USAGE);
    uint16_t port;
    assert_int_equal(transport_listen(n.t, &n.at, &port), PC_E_EXISTS);
    c = config_of(&n);
    assert_int_equal(transport_new(&t, &loop, &c, &events, &n), PC_OK);
    assert_int_equal(transport_listen(t, &n.at, &port), PC_E_IO); /* taken */
    transport_free(t);
    transport_free(n.t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_frames, setup),
        cmocka_unit_test_setup(test_wrong_key_and_nobody_there, setup),
        cmocka_unit_test_setup(test_refused, setup),
        cmocka_unit_test_setup(test_late_dh, setup),
        cmocka_unit_test_setup(test_bad_lengths, setup),
        cmocka_unit_test_setup(test_slow_handshake, setup),
        cmocka_unit_test_setup(test_half_open_flood, setup),
        cmocka_unit_test_setup(test_total_cap, setup),
        cmocka_unit_test_setup(test_replayed_message_1, setup),
        cmocka_unit_test_setup(test_tampering_relay, setup),
        cmocka_unit_test_setup(test_stalls, setup),
        cmocka_unit_test_setup(test_slow_reader_and_queue, setup),
        cmocka_unit_test_setup(test_idle_and_slow_frame, setup),
        cmocka_unit_test_setup(test_open_cap_and_close_in_callback, setup),
        cmocka_unit_test_setup(test_configuration, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
