/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/gossip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "crypto/ed25519.h"
#include "crypto/labels.h"

static struct gossip g;
static struct head_ring ring;

static struct signed_head say(uint16_t index, uint64_t number, uint8_t fork)
{
    struct signed_head s = {.index = index, .number = number};
    s.hash = evm_word_u64(number);
    s.state_root = evm_word_u64(number + 1000000);
    s.hash.b[0] = fork;
    return s;
}

static void accept(uint64_t number)
{
    struct head h = {.number = number};
    h.hash = evm_word_u64(number);
    h.state_root = evm_word_u64(number + 1000000);
    ring.at[number % PC_HEAD_RING] = h;
    ring.used[number % PC_HEAD_RING] = true;
    gossip_judge(&g, &ring);
}

static enum err_code add(uint16_t index, uint64_t number, uint8_t fork)
{
    struct signed_head s = say(index, number, fork);
    return gossip_add(&g, &s, &ring);
}

static int fresh(void **state)
{
    (void)state;
    memset(&g, 0, sizeof g);
    memset(&ring, 0, sizeof ring);
    gossip_committee(&g, 6, 1); /* q = 4 */
    return 0;
}

static void q_members_stop_the_node(void **state)
{
    (void)state;
    accept(10);
    assert_int_equal(add(2, 10, 0), PC_OK);
    assert_int_equal(gossip_count(&g.alarm), 0);
    for (uint16_t i = 2; i <= 4; i++) {
        assert_int_equal(add(i, 10, 9), PC_OK);
        assert_int_equal(add(i, 10, 9), PC_OK); /* said twice counts once */
    }
    assert_int_equal(gossip_count(&g.alarm), 3);
    assert_true(gossip_bit(&g.alarm, 3));
    assert_false(g.disagreement);
    assert_int_equal(add(6, 10, 8), PC_OK); /* a third root: still another than ours */
    assert_true(g.disagreement);
    assert_int_equal(g.disagreement_number, 10);
    assert_true(gossip_bit(&g.disagreement_members, 6));
    gossip_committee(&g, 9, 2); /* it stays over a change of committee */
    assert_true(g.disagreement);
    assert_int_equal(g.disagreement_number, 10);
}

static void conflicts_at_different_numbers_do_not_add_up(void **state)
{
    (void)state;
    for (uint64_t n = 10; n < 16; n++)
        accept(n);
    for (uint16_t i = 2; i <= 6; i++)
        assert_int_equal(add(i, 8 + i, 9), PC_OK);
    assert_false(g.disagreement);
    assert_int_equal(gossip_count(&g.alarm), 5);
}

static void another_state_root_is_a_conflict(void **state)
{
    (void)state;
    accept(10);
    struct signed_head s = say(2, 10, 0);
    s.state_root.b[5] ^= 1;
    assert_int_equal(gossip_add(&g, &s, &ring), PC_OK);
    assert_int_equal(gossip_count(&g.alarm), 1);
}

static void statements_wait_for_our_head(void **state)
{
    (void)state;
    accept(10);
    for (uint16_t i = 2; i <= 5; i++)
        assert_int_equal(add(i, 12, 7), PC_OK);
    assert_int_equal(gossip_count(&g.alarm), 0);
    accept(11);
    assert_false(g.disagreement);
    accept(12);
    assert_true(g.disagreement);
}

static void a_first_statement_is_not_taken_back(void **state)
{
    (void)state;
    accept(10);
    assert_int_equal(add(2, 12, 7), PC_OK);
    assert_int_equal(add(2, 12, 0), PC_OK);
    accept(12);
    assert_true(gossip_bit(&g.alarm, 2));
}

static void bounded_and_total(void **state)
{
    (void)state;
    accept(1000);
    assert_int_equal(add(0, 1000, 0), PC_E_MALFORMED);
    assert_int_equal(add(1, 1000, 0), PC_E_MALFORMED); /* ourselves */
    assert_int_equal(add(7, 1000, 0), PC_E_MALFORMED);
    assert_int_equal(add(2, 999, 0), PC_E_STALE);
    for (uint64_t n = 1001; n < 1100; n++) /* one member's flood moves only its own queue */
        assert_int_equal(add(2, n, 7), PC_OK);
    assert_int_equal(add(3, 1001, 7), PC_OK);
    accept(1001);
    assert_true(gossip_bit(&g.alarm, 3));
    assert_false(gossip_bit(&g.alarm, 2));
    assert_int_equal(add(2, UINT64_MAX, 7), PC_OK);
}

static void signatures(void **state)
{
    (void)state;
    struct ed25519_sk sk;
    struct ed25519_pk pk;
    struct ed25519_sig sig;
    uint8_t seed[32] = {4}, id[32] = {5}, msg[256];
    ed25519_from_seed(&sk, &pk, seed);
    struct signed_head s = say(2, 77, 0);
    struct writer w = writer_of(msg, sizeof msg);
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_HEAD));
    write_bytes(&w, id, 32);
    write_u64(&w, 77);
    write_bytes(&w, s.hash.b, 32);
    write_bytes(&w, s.state_root.b, 32);
    struct bytes m;
    assert_int_equal(writer_end(&w, &m), PC_OK);
    ed25519_sign(&sig, &sk, m);
    memcpy(s.signature, sig.b, 64);
    assert_int_equal(gossip_verify(&s, id, pk.b), PC_OK);
    s.number++;
    assert_int_equal(gossip_verify(&s, id, pk.b), PC_E_SIGNATURE);
    s.number--;
    id[0] ^= 1;
    assert_int_equal(gossip_verify(&s, id, pk.b), PC_E_SIGNATURE);
    id[0] ^= 1;
    s.state_root.b[31] ^= 1;
    assert_int_equal(gossip_verify(&s, id, pk.b), PC_E_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(q_members_stop_the_node, fresh),
        cmocka_unit_test_setup(conflicts_at_different_numbers_do_not_add_up, fresh),
        cmocka_unit_test_setup(another_state_root_is_a_conflict, fresh),
        cmocka_unit_test_setup(statements_wait_for_our_head, fresh),
        cmocka_unit_test_setup(a_first_statement_is_not_taken_back, fresh),
        cmocka_unit_test_setup(bounded_and_total, fresh),
        cmocka_unit_test(signatures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
