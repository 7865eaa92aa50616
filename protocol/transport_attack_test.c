/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/flood_testkit.h"
#include "protocol/transport_testkit.h"

/* What strangers, and men in the middle, may do to a transport. */

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

/* 1,000 half-open connections under the numbers of a node: bounded, and 50 of 50 members come
 * through. */
static void test_flood_with_defaults(void **state)
{
    (void)state;
    enum { HALF_OPEN = 1000, HONEST = 50 };
    static int fds[HALF_OPEN];
    if (!descriptors(1500)) {
        print_message("SKIP: no 1500 descriptors for the flood\n");
        skip();
    }
    struct node a, b;
    node_start(&a, NULL);
    node_start(&b, NULL);
    /* silent sockets ask for no DH, so the budget of the one address here is the members' */
    size_t before = resident(), most = 0;
    unsigned honest = 0;
    for (int i = 0; i < HALF_OPEN; i++) {
        fds[i] = raw_connect(&b);
        assert_int_equal(loop_turn(&loop, 0), PC_OK);
        assert_in_range(counts(&b).waiting, 0, 16);
        if (i % 20 == 19) {
            transport_conn c = dial(&a, &b);
            turns_until(&b.opens, ++honest);
            turns_until(&a.opens, honest);
            transport_close(a.t, c);
        }
        size_t now = resident();
        most = now > most ? now : most;
    }
    assert_int_equal(b.opens, HONEST);
    print_message("flood: resident +%zu KiB at most\n", (most - before) / 1024);
#if !defined(PC_SANITIZED)
    assert_in_range(most - before, 0, 8u << 20);
#endif
    for (int i = 0; i < HALF_OPEN; i++)
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

/* Valid first messages are cheap to make: an address has a budget of DHs, and no more reach the
 * vault. */
static void test_dh_budget(void **state)
{
    (void)state;
    struct node b;
    node_start(&b, NULL);
    struct transport_config config = config_of(&b);
    transport_free(b.t);
    config.dh_per_place = 5;
    node_start(&b, &config);
    b.hold_dh = true;                  /* a vault that is busy */
    static const uint8_t m1[96] = {9}; /* a base point: only the DH can tell that it is nothing */
    int fds[12];
    for (int i = 0; i < 12; i++) {
        fds[i] = raw_connect(&b);
        raw_unit(fds[i], m1, 96, 96);
    }
    for (int i = 0; i < 100000 && b.dhs + counts(&b).refused < 12; i++)
        assert_int_equal(loop_turn(&loop, 10), PC_OK);
    assert_in_range(b.dhs, 5, 10); /* the turn of a window may fall in between */
    assert_in_range(counts(&b).refused, 2, 7);
    for (int i = 0; i < 12; i++)
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
    config.frame_ms = 700;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_flood_with_defaults,
                               setup), /* first: it measures a young heap */
        cmocka_unit_test_setup(test_bad_lengths, setup),
        cmocka_unit_test_setup(test_slow_handshake, setup),
        cmocka_unit_test_setup(test_half_open_flood, setup),
        cmocka_unit_test_setup(test_total_cap, setup),
        cmocka_unit_test_setup(test_dh_budget, setup),
        cmocka_unit_test_setup(test_replayed_message_1, setup),
        cmocka_unit_test_setup(test_tampering_relay, setup),
        cmocka_unit_test_setup(test_stalls, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
