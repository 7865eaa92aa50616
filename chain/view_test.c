/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/view.h"
#include "chain/view_slot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Put a number where layout.h says. */
static void put(struct evm_word *w, uint64_t v, unsigned slot, unsigned offset, unsigned size)
{
    for (unsigned i = 0; i < size && i < 8; i++)
        w[slot].b[31 - offset - i] = (uint8_t)(v >> (8 * i));
}

/* Every byte that no member occupies makes the word unreadable. */
#define STRAY(name, type, words, used, base)                                                       \
    do {                                                                                           \
        static const type stray_zero;                                                              \
        type stray_out;                                                                            \
        struct evm_word stray_w[words];                                                            \
        for (unsigned stray_i = 0; stray_i < 32 * (words); stray_i++) {                            \
            memcpy(stray_w, (base), sizeof stray_w);                                               \
            assert_int_equal(name(&stray_out, stray_w), PC_OK);                                    \
            if ((used)[stray_i / 32] >> (stray_i % 32) & 1)                                        \
                continue;                                                                          \
            stray_w[stray_i / 32].b[31 - stray_i % 32] = 1;                                        \
            assert_int_equal(name(&stray_out, stray_w), PC_E_MALFORMED);                           \
            assert_memory_equal(&stray_out, &stray_zero, sizeof stray_out);                        \
        }                                                                                          \
    } while (0)

static void an_epoch_and_an_attempt(void **state)
{
    (void)state;
    struct evm_word w[PC_WORDS_EPOCH] = {0};
    struct view_now now;
    put(w, 3, PC_AT_NOW_EPOCH);
    put(w, 2, PC_AT_NOW_ATTEMPT);
    put(w, 9, PC_AT_NOW_N);
    put(w, 5, PC_AT_NOW_T);
    put(w, 1, PC_AT_NOW_DEGRADED);
    put(w, 1700000000, PC_AT_NOW_ACTIVATED_AT);
    put(w, 9, PC_AT_NOW_FULL_N);
    assert_int_equal(view_now(&now, w), PC_OK);
    assert_true(now.epoch == 3 && now.attempt == 2 && now.n == 9 && now.t == 5 && now.degraded);
    assert_true(now.activated_at == 1700000000 && now.full_n == 9 && !now.demanded);
    STRAY(view_now, struct view_now, PC_WORDS_NOW, used_now, w);
    put(w, 2, PC_AT_NOW_DEGRADED);
    assert_int_equal(view_now(&now, w), PC_E_MALFORMED);

    memset(w, 0, sizeof w);
    struct view_attempt a;
    put(w, 4, PC_AT_ATTEMPT_EPOCH);
    put(w, 2, PC_AT_ATTEMPT_STATE);
    put(w, 3, PC_AT_ATTEMPT_FLAGS);
    put(w, 1000, PC_AT_ATTEMPT_START);
    put(w, 1010, PC_AT_ATTEMPT_B1);
    assert_int_equal(view_attempt(&a, w), PC_OK);
    assert_true(a.epoch == 4 && a.state == PC_ATTEMPT_OPEN && a.complaint && a.degraded);
    assert_true(a.start == 1000 && a.b1 == 1010);
    put(w, 3, PC_AT_ATTEMPT_STATE);
    assert_int_equal(view_attempt(&a, w), PC_E_MALFORMED);
    put(w, 1, PC_AT_ATTEMPT_STATE);
    put(w, 4, PC_AT_ATTEMPT_FLAGS);
    assert_int_equal(view_attempt(&a, w), PC_E_MALFORMED);

    memset(w, 0, sizeof w);
    struct view_epoch e;
    memset(w[1].b, 7, 32);
    put(w, 6, PC_AT_EPOCH_N);
    put(w, 4, PC_AT_EPOCH_T);
    assert_int_equal(view_epoch(&e, w), PC_OK);
    assert_true(e.n == 6 && e.t == 4 && e.transcript.b[0] == 7);
    STRAY(view_epoch, struct view_epoch, PC_WORDS_EPOCH, used_epoch, w);
    struct evm_word o[PC_WORDS_OPENING] = {0};
    put(o, 1, PC_AT_OPENING_PROTOCOL);
    struct view_opening op;
    assert_int_equal(view_opening(&op, o), PC_OK);
    STRAY(view_opening, struct view_opening, PC_WORDS_OPENING, used_opening, o);
}

static void a_node_and_its_seat(void **state)
{
    (void)state;
    struct evm_word w[PC_WORDS_NODE] = {0};
    struct view_node n;
    put(w, 0xa1, PC_AT_NODE_OWNER);
    put(w, 1, PC_AT_NODE_STATE);
    put(w, 1, PC_AT_NODE_VENDOR);
    put(w, 17, PC_AT_NODE_DOMAIN1);
    put(w, 1000000, PC_AT_NODE_BOND);
    memset(w[3].b, 3, 32);
    assert_int_equal(view_node(&n, w), PC_OK);
    assert_true(n.owner.b[19] == 0xa1 && n.state == PC_NODE_IN && n.vendor == 1);
    assert_true(n.domain[1] == 17 && n.keys_hash.b[31] == 3);
    struct evm_word bond = evm_word_u64(1000000);
    assert_true(evm_word_equal(&n.bond, &bond));
    STRAY(view_node, struct view_node, PC_WORDS_NODE, used_node, w);
    put(w, 4, PC_AT_NODE_STATE);
    assert_int_equal(view_node(&n, w), PC_E_MALFORMED);

    struct evm_word s[PC_WORDS_SEAT] = {0};
    struct view_seat seat;
    put(s, 99, PC_AT_SEAT_SEQ);
    put(s, 4, PC_AT_SEAT_INDEX_ODD);
    assert_int_equal(view_seat(&seat, s), PC_OK);
    assert_true(seat.seq == 99 && seat.index_odd == 4 && seat.index_even == 0);
    STRAY(view_seat, struct view_seat, PC_WORDS_SEAT, used_seat, s);
    struct evm_word ids = {{0}};
    uint32_t eight[8];
    ids.b[31] = 1, ids.b[27] = 2, ids.b[3] = 8;
    view_ids(eight, &ids);
    assert_true(eight[0] == 1 && eight[1] == 2 && eight[7] == 8 && eight[2] == 0);
}

static void records_and_policies(void **state)
{
    (void)state;
    struct evm_word w[PC_WORDS_RECORD] = {0};
    struct view_record r;
    assert_int_equal(view_record(&r, w), PC_E_NOT_FOUND);
    put(w, 1, PC_AT_RECORD_VENDOR);
    assert_int_equal(view_record(&r, w), PC_E_MALFORMED); /* standing 0 is none */
    put(w, 1, PC_AT_RECORD_STANDING);
    put(w, 0x11223344556677, PC_AT_RECORD_LEAF_TAG);
    put(w, 1700000000, PC_AT_RECORD_VALID_UNTIL);
    assert_int_equal(view_record(&r, w), PC_OK);
    assert_true(r.leaf_tag == 0x11223344556677 && r.valid_until == 1700000000 && r.vendor == 1);
    put(w, 4, PC_AT_RECORD_STANDING);
    assert_int_equal(view_record(&r, w), PC_E_MALFORMED);

    struct evm_word m = {{0}};
    struct view_measurement me;
    put(&m, 1, PC_AT_MEASUREMENT_INDEX);
    assert_int_equal(view_measurement(&me, &m), PC_OK);
    STRAY(view_measurement, struct view_measurement, PC_WORDS_MEASUREMENT, used_measurement, &m);
    struct view_vendor v;
    struct evm_word vw = {{0}};
    put(&vw, 2, PC_AT_VENDOR_STANDING);
    assert_int_equal(view_vendor(&v, &vw), PC_OK);
    assert_int_equal(v.standing, PC_VENDOR_REVOKED);
    STRAY(view_vendor, struct view_vendor, PC_WORDS_VENDOR, used_vendor, &vw);
    put(&vw, 3, PC_AT_VENDOR_STANDING);
    assert_int_equal(view_vendor(&v, &vw), PC_E_MALFORMED);
    struct evm_word p = {{0}};
    STRAY(view_product, struct view_product, PC_WORDS_PRODUCT, used_product, &p);
    STRAY(view_verifier, struct view_verifier, PC_WORDS_VERIFIER, used_verifier, &p);
    STRAY(view_freeze, struct view_freeze, PC_WORDS_FREEZE, used_freeze, &p);

    /* what nobody understands is revoked */
    bool revoked;
    struct evm_word mark = {{0}};
    assert_int_equal(view_revoked(&revoked, &mark), PC_OK);
    assert_false(revoked);
    put(&mark, 2, PC_AT_MARK_STATE);
    assert_int_equal(view_revoked(&revoked, &mark), PC_OK);
    assert_false(revoked);
    put(&mark, 1, PC_AT_MARK_STATE);
    assert_int_equal(view_revoked(&revoked, &mark), PC_OK);
    assert_true(revoked);
    put(&mark, 3, PC_AT_MARK_STATE);
    assert_int_equal(view_revoked(&revoked, &mark), PC_E_MALFORMED);
    assert_true(revoked);
}

static void which_policy_is_in_force(void **state)
{
    (void)state;
    struct evm_word w[PC_WORDS_POLICY] = {0}, out;
    struct view_policy p;
    assert_int_equal(view_policy(&p, w), PC_OK);
    assert_int_equal(view_policy_in_force(&out, &p, 100), PC_E_NOT_FOUND);
    memset(w[0].b, 1, 32);
    memset(w[1].b, 2, 32);
    put(w, 1, PC_AT_POLICY_KIND);
    assert_int_equal(view_policy(&p, w), PC_E_MALFORMED); /* pending, but no time */
    put(w, 1000, PC_AT_POLICY_AT);
    assert_int_equal(view_policy(&p, w), PC_OK);
    assert_int_equal(view_policy_in_force(&out, &p, 999), PC_OK);
    assert_int_equal(out.b[0], 1);
    assert_int_equal(view_policy_in_force(&out, &p, 1000), PC_OK);
    assert_int_equal(out.b[0], 2);
    for (unsigned kind = 2; kind <= 3; kind++) {
        put(w, kind, PC_AT_POLICY_KIND);
        assert_int_equal(view_policy(&p, w), PC_OK);
        assert_int_equal(view_policy_in_force(&out, &p, 999), PC_OK);
        assert_int_equal(view_policy_in_force(&out, &p, 1000), PC_E_REFUSED);
        assert_true(evm_word_is_zero(&out));
    }
    put(w, 4, PC_AT_POLICY_KIND);
    assert_int_equal(view_policy(&p, w), PC_E_MALFORMED);
    struct evm_word a[PC_WORDS_APP] = {0};
    STRAY(view_app, struct view_app, PC_WORDS_APP, used_app, a);
}

static void committees_share_no_slot(void **state)
{
    (void)state;
    struct evm_word slots[128];
    size_t n = 0;
    for (uint64_t epoch = 0; epoch < 2; epoch++)
        for (unsigned i = 0; i < 32; i++) {
            slots[n++] = slot_ids(epoch, i, false);
            slots[n++] = slot_ids(epoch, i, true);
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            assert_false(evm_word_equal(&slots[i], &slots[j]));
    struct evm_word a = slot_ids(7, 3, true), b = slot_ids(1, 3, true);
    assert_true(evm_word_equal(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_and_an_attempt),  cmocka_unit_test(a_node_and_its_seat),
        cmocka_unit_test(records_and_policies),     cmocka_unit_test(which_policy_is_in_force),
        cmocka_unit_test(committees_share_no_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
