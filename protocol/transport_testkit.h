/* SPDX-License-Identifier: Apache-2.0 */
/* transport_testkit.h - nodes in one loop, for the two tests of transport.h; each includes it once.
 */
#ifndef PC_PROTOCOL_TRANSPORT_TESTKIT_H
#define PC_PROTOCOL_TRANSPORT_TESTKIT_H

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

#endif
