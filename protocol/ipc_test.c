/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ipc.h"

#include "base/rng_seeded.h"
#include "protocol/ipc_wire.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct side {
    struct ipc_end *end;
    unsigned frames;
    unsigned gone;
    enum err_code why;
    size_t last_n;
    uint8_t first_byte;
    uint64_t sum; /* over all bytes of all frames */
    int fd;
    enum err_code answer; /* what `frame` returns */
    bool free_on_frame, free_on_gone;
};

static struct loop loop;

static enum err_code on_frame(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    struct side *s = ctx;
    s->frames++;
    s->last_n = frame.n;
    s->first_byte = frame.p[0];
    for (size_t i = 0; i < frame.n; i++)
        s->sum += frame.p[i];
    if (fd >= 0)
        s->fd = fd;
    if (s->free_on_frame) {
        ipc_end_free(end);
        s->end = NULL;
        s->sum += frame.p[frame.n - 1]; /* still there during the call */
    }
    return s->answer;
}

static void on_gone(void *ctx, struct ipc_end *end, enum err_code why)
{
    struct side *s = ctx;
    s->gone++;
    s->why = why;
    if (s->free_on_gone) {
        ipc_end_free(end);
        s->end = NULL;
    }
}

static const struct ipc_events events = {on_frame, on_gone};

static void side_open(struct side *s, int fd, struct ipc_limits limits)
{
    *s = (struct side){.fd = -1};
    assert_int_equal(ipc_end_new(&s->end, &loop, fd, &limits, &events, s), PC_OK);
}

static void pair_open(struct side *a, struct side *b, struct ipc_limits limits)
{
    int fds[2];
    loop_init(&loop);
    assert_int_equal(ipc_pair(fds), PC_OK);
    side_open(a, fds[0], limits);
    side_open(b, fds[1], limits);
}

/* One real end, and a raw socket in the hands of a liar. */
static int raw_open(struct side *a, struct ipc_limits limits)
{
    int fds[2];
    loop_init(&loop);
    assert_int_equal(ipc_pair(fds), PC_OK);
    side_open(a, fds[0], limits);
    return fds[1];
}

static void turns_until(const unsigned *counter, unsigned want)
{
    for (int i = 0; *counter < want; i++) {
        assert_true(i < 100000);
        assert_int_equal(loop_turn(&loop, 1000), PC_OK);
    }
}

static void test_frames_of_all_sizes(void **state)
{
    (void)state;
    struct side a, b;
    pair_open(&a, &b, IPC_LIMITS_FRAMES);
    static uint8_t big[WIRE_FRAME_MAX + 1];
    struct rng_seeded rng;
    rng_seeded_init(&rng, 1);
    rng_fill(&rng.rng, big, sizeof big);
    static const size_t sizes[] = {
        2,      3,      IPC_PACKET_MAX - 1, IPC_PACKET_MAX, 32769, 65535, 65536, 65537,
        300000, 999999, WIRE_FRAME_MAX};
    uint64_t sum = 0;
    for (unsigned i = 0; i < PC_ARRAY_LEN(sizes); i++) {
        assert_int_equal(ipc_end_send(a.end, bytes_of(big, sizes[i])), PC_OK);
        for (size_t k = 0; k < sizes[i]; k++)
            sum += big[k];
    }
    assert_true(ipc_end_queued(a.end) > 0); /* more than any socket takes */
    turns_until(&b.frames, PC_ARRAY_LEN(sizes));
    assert_int_equal(b.sum, sum);
    assert_int_equal(b.last_n, WIRE_FRAME_MAX);
    assert_int_equal(ipc_end_queued(a.end), 0);
    assert_int_equal(ipc_end_send(a.end, bytes_of(big, sizeof big)), PC_E_TOO_LARGE);
    assert_int_equal(ipc_end_send(a.end, bytes_of(big, 1)), PC_E_USAGE);
    ipc_end_free(a.end);
    turns_until(&b.gone, 1);
    assert_int_equal(b.why, PC_E_CLOSED);
    assert_int_equal(ipc_end_send(b.end, bytes_of(big, 8)), PC_E_CLOSED);
    ipc_end_free(b.end);
    ipc_end_free(NULL);
}

/* What waits at another end is handled between one frame and the next. */
static void test_one_packet_a_turn(void **state)
{
    (void)state;
    struct side a, b;
    static const uint8_t frame[8] = {1};
    pair_open(&a, &b, IPC_LIMITS_RECORDS);
    ipc_end_packets(b.end, 1);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(ipc_end_send(a.end, PC_BYTES(frame)), PC_OK);
    for (unsigned i = 1; i <= 3; i++) {
        assert_int_equal(loop_turn(&loop, 1000), PC_OK);
        assert_int_equal(b.frames, i);
    }
    ipc_end_free(a.end);
    ipc_end_free(b.end);
}

static void test_queue_is_bounded(void **state)
{
    (void)state;
    struct side a, b;
    pair_open(&a, &b, (struct ipc_limits){4096, 64 * 1024, false});
    uint8_t frame[4096];
    memset(frame, 7, sizeof frame);
    unsigned sent = 0;
    enum err_code e;
    while ((e = ipc_end_send(a.end, PC_BYTES(frame))) == PC_OK) {
        assert_in_range(ipc_end_queued(a.end), 0, 64 * 1024);
        assert_true(++sent < 10000);
    }
    assert_int_equal(e, PC_E_FULL);
    turns_until(&b.frames, sent); /* none of the accepted ones is lost */
    assert_int_equal(b.sum, (uint64_t)sent * 7 * sizeof frame);
    assert_int_equal(ipc_end_send(a.end, PC_BYTES(frame)), PC_OK);
    turns_until(&b.frames, sent + 1);
    ipc_end_free(a.end);
    ipc_end_free(b.end);
}

/* A process that dies right after it spoke is still heard. */
static void test_last_words(void **state)
{
    (void)state;
    struct side a, b;
    pair_open(&a, &b, IPC_LIMITS_RECORDS);
    b.free_on_gone = true;
    for (int i = 0; i < 5; i++)
        assert_int_equal(ipc_end_send(a.end, PC_BYTES_STR("last words")), PC_OK);
    ipc_end_free(a.end);
    turns_until(&b.gone, 1);
    assert_int_equal(b.frames, 5);
    assert_int_equal(b.why, PC_E_CLOSED);
    assert_null(b.end);
}

/* Sending to a dead end fails, and `gone` comes from the loop, once. */
static void test_send_to_the_dead(void **state)
{
    (void)state;
    struct side a;
    int raw = raw_open(&a, IPC_LIMITS_RECORDS);
    (void)close(raw);
    assert_int_equal(ipc_end_send(a.end, PC_BYTES_STR("hello")), PC_E_CLOSED);
    assert_int_equal(a.gone, 0);
    turns_until(&a.gone, 1);
    assert_int_equal(loop_turn(&loop, 0), PC_OK);
    assert_int_equal(a.gone, 1);
    ipc_end_free(a.end);
}

static void test_descriptors(void **state)
{
    (void)state;
    struct side a, b;
    struct ipc_limits limits = IPC_LIMITS_FRAMES;
    limits.take_fds = true;
    pair_open(&a, &b, limits);
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    static uint8_t big[100000]; /* the descriptor comes with the first of several packets */
    assert_int_equal(ipc_end_send_fd(a.end, PC_BYTES(big), fds[1]), PC_OK);
    (void)close(fds[1]); /* a duplicate travels */
    turns_until(&b.frames, 1);
    assert_true(b.fd >= 0);
    assert_true(fcntl(b.fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(write(b.fd, "y", 1), 1);
    char c = 0;
    assert_int_equal(read(fds[0], &c, 1), 1);
    assert_int_equal(c, 'y');
    (void)(close(b.fd) | close(fds[0]));
    assert_int_equal(ipc_end_send_fd(a.end, PC_BYTES_STR("no"), 9999), PC_E_IO);
    ipc_end_free(a.end);
    ipc_end_free(b.end);
}

static unsigned open_fds(void)
{
    unsigned n = 0;
    for (int fd = 0; fd < 256; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void raw_send(int raw, const void *p, size_t n, unsigned n_fds)
{
    struct iovec iov = {(void *)(uintptr_t)p, n};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(16 * sizeof(int))];
    } control;
    memset(&control, 0, sizeof control);
    if (n_fds > 0) {
        m.msg_control = control.room;
        m.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        for (unsigned i = 0; i < n_fds; i++)
            memcpy(CMSG_DATA(c) + i * sizeof(int), &raw, sizeof raw);
    }
    assert_int_equal(sendmsg(raw, &m, MSG_NOSIGNAL), (ssize_t)n);
}

struct lie {
    const char *packets[3];
    size_t n[3];
    unsigned fds;
    bool take_fds;
    enum err_code why;
};

static void test_liars(void **state)
{
    (void)state;
    static char big[4098];
    memset(big, 1, sizeof big);
    big[0] = 3;
    static const struct lie lies[] = {
        {{"\2abc"}, {4}, 0, false, PC_E_SEQUENCE},             /* last without a first */
        {{"\0abc"}, {4}, 0, false, PC_E_SEQUENCE},             /* middle without a first */
        {{"\1abc", "\3abc"}, {4, 4}, 0, false, PC_E_SEQUENCE}, /* a second first */
        {{"\7abc"}, {4}, 0, false, PC_E_SEQUENCE},             /* unknown flag */
        {{"\3"}, {1}, 0, false, PC_E_SEQUENCE},                /* nothing in it */
        {{""}, {0}, 0, false, PC_E_CLOSED},                    /* empty packet */
        {{big}, {4098}, 0, false, PC_E_TOO_LARGE},             /* one byte over frame_max */
        {{"\1abc", "\0abc", "\2abc"}, {4, 4, 4}, 0, false, PC_OK},
        {{"\3abc"}, {4}, 1, false, PC_E_REFUSED}, /* a descriptor nobody asked for */
        {{"\3abc"}, {4}, 2, true, PC_E_REFUSED},  /* two */
        {{"\3abc"}, {4}, 16, true, PC_E_REFUSED}, /* more than there is room for */
        {{"\3abc"}, {4}, 1, true, PC_OK},
    };
    unsigned before = open_fds();
    for (size_t i = 0; i < PC_ARRAY_LEN(lies); i++) {
        struct side a;
        int raw = raw_open(&a, (struct ipc_limits){4096, 4096, lies[i].take_fds});
        for (size_t k = 0; k < 3 && lies[i].packets[k] != NULL; k++)
            raw_send(raw, lies[i].packets[k], lies[i].n[k], lies[i].fds);
        if (lies[i].why == PC_OK) {
            turns_until(&a.frames, 1);
            assert_int_equal(a.gone, 0);
            if (lies[i].fds > 0)
                (void)close(a.fd);
        } else {
            turns_until(&a.gone, 1);
            assert_int_equal(a.why, lies[i].why);
            assert_int_equal(a.frames, 0);
        }
        ipc_end_free(a.end);
        (void)close(raw);
    }
    assert_int_equal(open_fds(), before); /* no descriptor leaks, whatever the liar passed */
}

/* A frame in pieces that adds up to more than frame_max. */
static void test_pieces_over_maximum(void **state)
{
    (void)state;
    struct side a;
    int raw = raw_open(&a, (struct ipc_limits){4096, 4096, false});
    static char piece[2000];
    piece[0] = 1;
    raw_send(raw, piece, sizeof piece, 0);
    piece[0] = 0;
    raw_send(raw, piece, sizeof piece, 0);
    assert_int_equal(loop_turn(&loop, 0), PC_OK);
    assert_int_equal(a.gone, 0);
    raw_send(raw, piece, sizeof piece, 0);
    turns_until(&a.gone, 1);
    assert_int_equal(a.why, PC_E_TOO_LARGE);
    ipc_end_free(a.end);
    (void)close(raw);
}

static void test_random_packets(void **state)
{
    (void)state;
    struct rng_seeded rng;
    rng_seeded_init(&rng, 5);
    unsigned before = open_fds();
    for (int round = 0; round < 300; round++) {
        struct side a;
        int raw = raw_open(&a, (struct ipc_limits){600, 4096, round % 2 == 0});
        a.free_on_gone = true;
        for (int i = 0; i < 20; i++) {
            uint8_t p[256];
            rng_fill(&rng.rng, p, sizeof p);
            p[0] &= 3;
            size_t n = 1 + rng_seeded_below(&rng, sizeof p);
            raw_send(raw, p, n, rng_seeded_below(&rng, 8) == 0);
            assert_int_equal(loop_turn(&loop, 0), PC_OK);
            if (a.gone > 0)
                break;
            if (a.fd >= 0)
                (void)close(a.fd);
            a.fd = -1;
        }
        if (a.gone == 0)
            ipc_end_free(a.end);
        (void)close(raw);
    }
    assert_int_equal(open_fds(), before);
}

static void test_refusal_ends_the_link(void **state)
{
    (void)state;
    struct side a, b;
    pair_open(&a, &b, IPC_LIMITS_RECORDS);
    b.answer = PC_E_MALFORMED;
    assert_int_equal(ipc_end_send(a.end, PC_BYTES_STR("one")), PC_OK);
    assert_int_equal(ipc_end_send(a.end, PC_BYTES_STR("two")), PC_OK);
    turns_until(&b.gone, 1);
    assert_int_equal(b.frames, 1);
    assert_int_equal(b.why, PC_E_MALFORMED);
    turns_until(&a.gone, 1);
    ipc_end_free(a.end);
    ipc_end_free(b.end);
}

static void test_freed_in_its_own_callback(void **state)
{
    (void)state;
    struct side a, b;
    pair_open(&a, &b, IPC_LIMITS_RECORDS);
    b.free_on_frame = true;
    assert_int_equal(ipc_end_send(a.end, PC_BYTES_STR("one")), PC_OK);
    assert_int_equal(ipc_end_send(a.end, PC_BYTES_STR("two")), PC_OK);
    turns_until(&b.frames, 1);
    turns_until(&a.gone, 1);
    assert_int_equal(b.frames, 1);
    assert_int_equal(b.gone, 0);
    ipc_end_free(a.end);
}

/* A message of the schema from one dispatcher to the other. */
static unsigned dhs;

static enum err_code on_dh(void *ctx, const struct ipc_vp_dh *m)
{
    (void)ctx;
    dhs++;
    return m->id == 7 && m->remote[31] == 9 ? PC_OK : PC_E_MISMATCH;
}

static enum err_code dispatch(void *ctx, struct ipc_end *end, struct bytes frame, int fd)
{
    (void)end;
    assert_int_equal(fd, -1);
    static const struct ipc_handlers handlers = {.vp_dh = on_dh};
    enum ipc_process *from = ctx;
    return ipc_dispatch(&handlers, NULL, *from, IPC_PROC_VAULT, frame);
}

static unsigned lost;
static enum err_code lost_why;

static void on_lost(void *ctx, struct ipc_end *end, enum err_code why)
{
    (void)ctx;
    (void)end;
    lost++;
    lost_why = why;
}

static void test_message_and_route(void **state)
{
    (void)state;
    static const enum ipc_process senders[] = {IPC_PROC_PEER, IPC_PROC_CHAIN};
    for (size_t i = 0; i < 2; i++) {
        enum ipc_process from = senders[i];
        int fds[2];
        loop_init(&loop);
        assert_int_equal(ipc_pair(fds), PC_OK);
        struct side a;
        side_open(&a, fds[0], IPC_LIMITS_RECORDS);
        struct ipc_end *vault;
        const struct ipc_events to_vault = {dispatch, on_lost};
        assert_int_equal(ipc_end_new(&vault, &loop, fds[1], &IPC_LIMITS_RECORDS, &to_vault, &from),
                         PC_OK);
        dhs = lost = 0;
        struct ipc_vp_dh m = {.id = 7};
        m.remote[31] = 9;
        assert_int_equal(IPC_SEND(a.end, vp_dh, &m), PC_OK);
        if (from == IPC_PROC_PEER)
            turns_until(&dhs, 1);
        else
            turns_until(&lost, 1); /* chain may not ask for a DH */
        assert_int_equal(dhs, from == IPC_PROC_PEER);
        assert_int_equal(lost_why, from == IPC_PROC_PEER ? PC_OK : PC_E_REFUSED);
        ipc_end_free(a.end);
        ipc_end_free(vault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_of_all_sizes),
        cmocka_unit_test(test_one_packet_a_turn),
        cmocka_unit_test(test_queue_is_bounded),
        cmocka_unit_test(test_last_words),
        cmocka_unit_test(test_send_to_the_dead),
        cmocka_unit_test(test_descriptors),
        cmocka_unit_test(test_liars),
        cmocka_unit_test(test_pieces_over_maximum),
        cmocka_unit_test(test_random_packets),
        cmocka_unit_test(test_refusal_ends_the_link),
        cmocka_unit_test(test_freed_in_its_own_callback),
        cmocka_unit_test(test_message_and_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
