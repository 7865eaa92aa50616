/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/transport_testkit.h"

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
        cmocka_unit_test_setup(test_slow_reader_and_queue, setup),
        cmocka_unit_test_setup(test_idle_and_slow_frame, setup),
        cmocka_unit_test_setup(test_open_cap_and_close_in_callback, setup),
        cmocka_unit_test_setup(test_configuration, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
