/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/lease.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint8_t nonce[32] = {1}, second[32] = {2};
static struct lease l;

static int fresh(void **state)
{
    (void)state;
    lease_init(&l, 3600);
    lease_committee(&l, 6, 2); /* q = 4: ourselves and three */
    return 0;
}

/* A round at `now` signed by three members. */
static void renew(uint64_t now, uint64_t head)
{
    lease_begin(&l, nonce, now);
    for (uint16_t i = 3; i <= 5; i++)
        assert_int_equal(lease_signature(&l, i, head, head, now), PC_OK);
}

static void q_members_make_a_lease(void **state)
{
    (void)state;
    assert_int_equal(lease_answer(&l, 10), PC_E_BEHIND);
    assert_null(lease_nonce(&l));
    assert_int_equal(lease_signature(&l, 3, 100, 100, 10), PC_E_SEQUENCE);
    lease_begin(&l, nonce, 10);
    assert_memory_equal(lease_nonce(&l), nonce, 32);
    assert_int_equal(lease_signature(&l, 3, 100, 100, 11), PC_OK);
    assert_int_equal(lease_signature(&l, 3, 100, 100, 11), PC_OK); /* twice is once */
    assert_int_equal(lease_signature(&l, 4, 90, 100, 11), PC_OK);  /* behind us: fine */
    assert_int_equal(lease_answer(&l, 12), PC_E_BEHIND);
    assert_int_equal(lease_signature(&l, 5, 164, 100, 12), PC_OK); /* 64 above: fine */
    assert_int_equal(lease_answer(&l, 12), PC_OK);
    assert_null(lease_nonce(&l)); /* the round has ended */
    assert_int_equal(lease_signature(&l, 6, 100, 100, 13), PC_E_SEQUENCE);
}

static void members_far_ahead_do_not_count(void **state)
{
    (void)state;
    lease_begin(&l, nonce, 10);
    for (uint16_t i = 3; i <= 6; i++)
        assert_int_equal(lease_signature(&l, i, 165, 100, 11), PC_E_BEHIND);
    assert_int_equal(lease_answer(&l, 11), PC_E_BEHIND);
    /* having caught up, they do */
    for (uint16_t i = 3; i <= 5; i++)
        assert_int_equal(lease_signature(&l, i, 165, 101, 12), PC_OK);
    assert_int_equal(lease_answer(&l, 12), PC_OK);
}

static void it_ends_with_time_from_the_nonce(void **state)
{
    (void)state;
    lease_begin(&l, nonce, 1000);
    for (uint16_t i = 3; i <= 5; i++)
        assert_int_equal(lease_signature(&l, i, 100, 100, 1000 + 3000000), PC_OK);
    assert_int_equal(lease_left(&l, 1000 + 3000000), 600);
    assert_int_equal(lease_answer(&l, 1000 + 3600000), PC_OK);
    assert_int_equal(lease_answer(&l, 1001 + 3600000), PC_E_BEHIND);
    assert_int_equal(lease_left(&l, 1001 + 3600000), 0);
    assert_int_equal(lease_answer(&l, 999), PC_E_BEHIND); /* a clock that goes back gives nothing */
    /* a nonce as old as a lease signs nothing */
    lease_begin(&l, second, 5000000);
    assert_int_equal(lease_signature(&l, 3, 200, 200, 5000001 + 3600000), PC_E_SEQUENCE);
    assert_int_equal(lease_signature(&l, 3, 200, 200, 4999999), PC_E_SEQUENCE);
}

static void it_ends_with_answers(void **state)
{
    (void)state;
    renew(10, 100);
    for (unsigned i = 0; i < PC_LEASE_ANSWERS; i++)
        assert_int_equal(lease_answer(&l, 11), PC_OK);
    assert_int_equal(lease_answer(&l, 11), PC_E_BEHIND);
    renew(20, 101);
    assert_int_equal(lease_answer(&l, 21), PC_OK);
}

/* Time held still: the same head cannot renew, however many sign. */
static void an_old_head_does_not_renew(void **state)
{
    (void)state;
    renew(10, 100);
    uint64_t later = 10 + 3600000;
    lease_begin(&l, second, later);
    for (uint16_t i = 3; i <= 6; i++)
        assert_int_equal(lease_signature(&l, i, 100, 100, later), PC_OK);
    assert_int_equal(lease_answer(&l, later + 1), PC_E_BEHIND);
    assert_non_null(lease_nonce(&l)); /* the round waits for our head to move */
    assert_int_equal(lease_signature(&l, 6, 101, 101, later + 2), PC_OK);
    assert_int_equal(lease_answer(&l, later + 3), PC_OK);
}

static void ourselves_and_strangers_do_not_sign(void **state)
{
    (void)state;
    lease_begin(&l, nonce, 10);
    assert_int_equal(lease_signature(&l, 2, 100, 100, 11), PC_E_MALFORMED);
    assert_int_equal(lease_signature(&l, 0, 100, 100, 11), PC_E_MALFORMED);
    assert_int_equal(lease_signature(&l, 7, 100, 100, 11), PC_E_MALFORMED);
    /* a new nonce begins at one */
    assert_int_equal(lease_signature(&l, 3, 100, 100, 11), PC_OK);
    assert_int_equal(lease_signature(&l, 4, 100, 100, 11), PC_OK);
    lease_begin(&l, second, 12);
    assert_int_equal(lease_signature(&l, 5, 100, 100, 13), PC_OK);
    assert_int_equal(lease_answer(&l, 13), PC_E_BEHIND);
}

static void another_committee(void **state)
{
    (void)state;
    renew(10, 100);
    lease_begin(&l, second, 20);
    lease_committee(&l, 9, 9); /* q = 5 */
    assert_null(lease_nonce(&l));
    assert_int_equal(lease_answer(&l, 21), PC_OK); /* the lease goes on to its end */
    lease_begin(&l, second, 22);
    for (uint16_t i = 1; i <= 3; i++)
        assert_int_equal(lease_signature(&l, i, 101, 101, 23), PC_OK);
    assert_int_equal(l.renewed_head, 100);
    assert_int_equal(lease_signature(&l, 4, 101, 101, 23), PC_OK);
    assert_int_equal(l.renewed_head, 101);
    lease_init(&l, UINT64_MAX);
    lease_begin(&l, nonce, 1); /* no committee: no round */
    assert_null(lease_nonce(&l));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(q_members_make_a_lease, fresh),
        cmocka_unit_test_setup(members_far_ahead_do_not_count, fresh),
        cmocka_unit_test_setup(it_ends_with_time_from_the_nonce, fresh),
        cmocka_unit_test_setup(it_ends_with_answers, fresh),
        cmocka_unit_test_setup(an_old_head_does_not_renew, fresh),
        cmocka_unit_test_setup(ourselves_and_strangers_do_not_sign, fresh),
        cmocka_unit_test_setup(another_committee, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
