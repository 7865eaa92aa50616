/* SPDX-License-Identifier: Apache-2.0 */
/* QUAL, over the tiny group and through whole attempts: the order of SPEC 7 and who is blamed. */
#include "base/unit_test.h"
#include "crypto/group_tiny.h"
#include "crypto/hash.h"
#include "crypto/shamir.h"
#include "dkg/dkg_complain.h"
#include "dkg/testkit.h"

#define N 6
#define T 4 /* b = 1, a = 5, q = 4 */

static struct kit kit;

static int setup(void **state)
{
    (void)state;
    kit_open(&kit, &group_tiny61, N, T, 11);
    kit_join_all(&kit);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kit_close(&kit);
    return 0;
}

/* Dealers `honest` deal; then commits are closed. */
static void deal_honest(unsigned mask)
{
    for (party_index d = 1; d <= N; d++)
        if ((mask & 1u << d) != 0)
            kit_deal(&kit, d);
}

static unsigned mask_of(const struct dkg_bitmap *m)
{
    return (unsigned)m->b[31] << 1;
}

/* Votes are closed by what everybody saw; then complaints, then READY. */
static void to_ready(const struct dkg_bitmap *hidden)
{
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    kit_run(&kit, hidden);
    for (party_index i = 1; i <= N; i++)
        if (kit.attempt[i] != NULL)
            dkg_attempt_vote_now(kit.attempt[i]);
    kit_run(&kit, hidden);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_run(&kit, NULL);
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    for (party_index i = 1; i <= N; i++)
        dkg_attempt_rearm(kit.attempt[i]);
    kit_run(&kit, NULL);
}

/* All attempts have the same result; these are its sets. */
static void expect(unsigned qual, unsigned dealers, unsigned receivers)
{
    const struct dkg_result *first = dkg_attempt_result(kit.attempt[1]);

    for (party_index i = 1; i <= N; i++) {
        const struct dkg_result *r = dkg_attempt_result(kit.attempt[i]);
        assert_non_null(r);
        assert_memory_equal(first->transcript, r->transcript, 32);
        assert_int_equal(mask_of(&r->qual.qual), qual);
        assert_int_equal(mask_of(&r->qual.blame_dealers), dealers);
        assert_int_equal(mask_of(&r->qual.blame_receivers), receivers);
    }
    /* abi.encode(sid, qual, blameDealers, blameReceivers, pk[], yHash[], T), and its hash. */
    static const uint8_t words[] = {0, 224};
    const uint8_t *p = first->preimage;
    uint8_t hash[32];
    sha256(hash, PC_BYTES(first->preimage));
    assert_memory_equal(hash, first->transcript, 32);
    assert_memory_equal(p, dkg_attempt_sid(kit.attempt[1]), 32);
    assert_int_equal((unsigned)p[63] << 1, qual);
    assert_int_equal((unsigned)p[95] << 1, dealers);
    assert_int_equal((unsigned)p[127] << 1, receivers);
    assert_memory_equal(p + 158, words, 2);
    assert_int_equal(load_be16(p + 190), 288);
    assert_int_equal(load_be16(p + 222), T);
    assert_int_equal(p[255], 1);
    assert_memory_equal(p + 256, first->pub.y[0].b, 32);
    assert_int_equal(p[319], 1);
    assert_memory_equal(p + 320, first->pub.y_hash, 32);
}

static void test_A02_high_degree_is_out_and_blamed(void **state)
{
    (void)state;
    struct scalar coeffs[T + 1], e;
    struct kit_forge spec = {.coeffs = coeffs, .count = T + 1, .e = &e};
    struct dkg_blob b;

    shamir_poly_random(kit.g, coeffs, T + 1, &kit.rng.rng);
    group_scalar_random(kit.g, &e, &kit.rng.rng);
    deal_honest(0x7c); /* 2..6 */
    kit_forge(&kit, &b, 1, &spec);
    kit_commit(&kit, 1, &b);
    to_ready(NULL);
    expect(0x7c, 0x02, 0);
}

/* Two dealers whose excess cancels; one of them goes out by a complaint, and then the other's
 * shows. */
static void cancelling_pair(bool cheat)
{
    struct scalar c1[T + 1], c2[T + 1], e1, e2;
    struct kit_forge s1 = {.coeffs = c1, .count = T + 1, .e = &e1};
    struct kit_forge s2 = {.coeffs = c2, .count = T + 1, .e = &e2};
    struct dkg_blob b;

    shamir_poly_random(kit.g, c1, T + 1, &kit.rng.rng);
    shamir_poly_random(kit.g, c2, T + 1, &kit.rng.rng);
    group_scalar_neg(kit.g, &c2[T], &c1[T]);
    group_scalar_random(kit.g, &e1, &kit.rng.rng);
    group_scalar_random(kit.g, &e2, &kit.rng.rng);
    deal_honest(0x78); /* 3..6 */
    if (cheat)
        dkg_bitmap_set(&s1.garbage, 5);
    kit_forge(&kit, &b, 1, &s1);
    kit_commit(&kit, 1, &b);
    kit_forge(&kit, &b, 2, &s2);
    kit_commit(&kit, 2, &b);
    to_ready(NULL);
}

static void test_A03_cancelling_excess(void **state)
{
    (void)state;
    cancelling_pair(false);
    expect(0x7e, 0, 0); /* harmless while both are in */
}

static void test_A03_cancelling_excess_then_one_dropped(void **state)
{
    (void)state;
    cancelling_pair(true);
    expect(0x78, 0x06, 0);
}

static void test_A06_equal_E_both_out_unblamed(void **state)
{
    (void)state;
    struct scalar e;
    struct kit_forge spec = {.e = &e};
    struct dkg_vote all = {{{0}}, {0}};
    struct dkg_blob b;

    group_scalar_random(kit.g, &e, &kit.rng.rng);
    deal_honest(0x78);
    for (party_index d = 1; d <= 2; d++) {
        kit_forge(&kit, &b, d, &spec);
        kit_commit(&kit, d, &b);
    }
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    kit_run(&kit, NULL);
    /* Nobody honest votes for either, so let q members vote for both. */
    assert_false(dkg_bitmap_test(&dkg_attempt_board(kit.attempt[1])->vote[3].good, 1));
    for (party_index d = 1; d <= N; d++)
        dkg_bitmap_set(&all.good, d);
    for (party_index i = 1; i <= 4; i++)
        kit_vote(&kit, i, &all);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    kit_run(&kit, NULL);
    expect(0x78, 0, 0);
}

/* A complaint about a dealer that C5 puts out opens a ciphertext of its twin: it is void. */
static void complaint_about_an_equal_E_is_void(void **state)
{
    (void)state;
    struct scalar e;
    struct kit_forge spec = {.e = &e};
    struct dkg_complaint c = {.dealer = 1};
    struct dkg_vote all = {{{0}}, {0}};
    struct dkg_blob b;

    group_scalar_random(kit.g, &e, &kit.rng.rng);
    deal_honest(0x78);
    for (party_index d = 1; d <= 2; d++) {
        if (d == 1)
            dkg_bitmap_set(&spec.garbage, 4);
        kit_forge(&kit, &b, d, &spec);
        kit_commit(&kit, d, &b);
    }
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    for (party_index d = 1; d <= N; d++)
        dkg_bitmap_set(&all.good, d);
    for (party_index i = 1; i <= N; i++)
        kit_vote(&kit, i, &all);
    kit_complain(&kit, 6, &c);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_run(&kit, NULL);
    /* Seat 4 has a wrong share of dealer 1 and says nothing. */
    assert_false(dkg_bitmap_test(&dkg_attempt_board(kit.attempt[4])->complained[4], 1));
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    kit_run(&kit, NULL);
    expect(0x78, 0, 0);
}

static void test_A07_garbage_to_one_victim(void **state)
{
    (void)state;
    struct kit_forge spec = {0};
    struct dkg_blob b;

    dkg_bitmap_set(&spec.garbage, 4);
    deal_honest(0x7c);
    kit_forge(&kit, &b, 1, &spec);
    kit_commit(&kit, 1, &b);
    to_ready(NULL);
    assert_true(dkg_bitmap_test(&dkg_attempt_board(kit.attempt[2])->complained[4], 1));
    expect(0x7c, 0x02, 0);
}

static void test_A07_a_canonical_wrong_share(void **state)
{
    (void)state;
    struct kit_forge spec = {0};
    struct dkg_blob b;

    dkg_bitmap_set(&spec.off_by_one, 6);
    deal_honest(0x7c);
    kit_forge(&kit, &b, 1, &spec);
    kit_commit(&kit, 1, &b);
    to_ready(NULL);
    expect(0x7c, 0x02, 0);
}

static void test_A08_a_false_complaint_blames_its_author(void **state)
{
    (void)state;
    struct dkg_complaint bad = {.dealer = 2}, good;
    struct dkg_session s;
    struct point e;

    deal_honest(0x7e);
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    kit_run(&kit, NULL);
    kit_session(&kit, &s);
    kit_complain(&kit, 5, &bad); /* no proof */
    e = kit.attempt[6]->dealer[3].e;
    dkg_complaint_make(&good, &s, 3, 6, kit.commit[3].hash, &kit.ek[6].secret, &e, &kit.rng.rng);
    kit_complain(&kit, 6, &good); /* a proof, and the share is right */
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    kit_run(&kit, NULL);
    expect(0x7e, 0, 0x60);
}

static void test_A62_shown_to_q_members_in_the_last_block(void **state)
{
    (void)state;
    struct kit_forge spec = {0};
    struct dkg_bitmap late = {{0}};
    enum dkg_blob_state st;
    struct dkg_blob b;

    /* Garbage for 5 and 6; 1 (the dealer), 2, 3, 4 vote for it, the others have never seen it. */
    dkg_bitmap_set(&spec.garbage, 5);
    dkg_bitmap_set(&spec.garbage, 6);
    deal_honest(0x7c);
    kit_forge(&kit, &b, 1, &spec);
    kit_commit(&kit, 1, &b);
    dkg_bitmap_set(&late, 1);
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    kit_run(&kit, &late);
    for (party_index i = 1; i <= N; i++)
        dkg_attempt_vote_now(kit.attempt[i]);
    kit_run(&kit, &late);
    for (party_index i = 1; i <= 4; i++)
        assert_int_equal(kit_feed(&kit, i, 1, kit.blob[1], &st), PC_OK);
    kit_run(&kit, &late);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    for (party_index i = 1; i <= N; i++)
        dkg_attempt_rearm(kit.attempt[i]);
    kit_run(&kit, NULL); /* now all fetch it, from any holder */
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    kit_run(&kit, NULL);
    expect(0x7c, 0x02, 0);
}

static void test_A70_below_q_blames_nobody(void **state)
{
    (void)state;
    struct kit_forge spec = {0};
    struct dkg_bitmap hidden = {{0}};
    struct dkg_complaint c = {.dealer = 1}, none = {.dealer = 2};
    enum dkg_blob_state st;
    struct dkg_blob b;

    dkg_bitmap_set(&spec.garbage, 6);
    dkg_bitmap_set(&hidden, 1);
    deal_honest(0x78);
    kit_forge(&kit, &b, 1, &spec);
    kit_commit(&kit, 1, &b); /* 2 commits nothing */
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    assert_int_equal(kit_feed(&kit, 3, 1, kit.blob[1], &st), PC_OK);
    assert_int_equal(kit_feed(&kit, 4, 1, kit.blob[1], &st), PC_OK);
    kit_run(&kit, &hidden);
    for (party_index i = 1; i <= N; i++)
        dkg_attempt_vote_now(kit.attempt[i]);
    kit_run(&kit, &hidden);
    kit_complain(&kit, 5, &c);
    kit_complain(&kit, 5, &none);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_run(&kit, &hidden);
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    kit_run(&kit, &hidden); /* 3 and 4 have to take dealer 1 out of their sums */
    dkg_attempt_rearm(kit.attempt[3]);
    dkg_attempt_rearm(kit.attempt[4]);
    kit_run(&kit, NULL);
    expect(0x78, 0, 0);
}

static void test_A09_withheld_from_all(void **state)
{
    (void)state;
    struct dkg_bitmap hidden = {{0}};
    struct kit_forge spec = {0};
    struct dkg_blob b;

    deal_honest(0x7c);
    kit_forge(&kit, &b, 1, &spec);
    kit_commit(&kit, 1, &b);
    dkg_bitmap_set(&hidden, 1);
    to_ready(&hidden);
    expect(0x7c, 0, 0);
}

/* q votes for a blob that cannot be had: no READY from those who lack it. */
static void test_A09_withheld_from_all_but_q(void **state)
{
    (void)state;
    struct dkg_bitmap hidden = {{0}};
    struct kit_forge spec = {0};
    struct dkg_action act;
    enum dkg_blob_state st;
    struct dkg_blob b;

    deal_honest(0x7c);
    kit_forge(&kit, &b, 1, &spec);
    kit_commit(&kit, 1, &b);
    dkg_bitmap_set(&hidden, 1);
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    for (party_index i = 1; i <= 4; i++)
        assert_int_equal(kit_feed(&kit, i, 1, kit.blob[1], &st), PC_OK);
    kit_run(&kit, &hidden);
    for (party_index i = 1; i <= N; i++)
        dkg_attempt_vote_now(kit.attempt[i]);
    kit_run(&kit, &hidden);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_run(&kit, &hidden);
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    kit_run(&kit, &hidden);
    assert_non_null(dkg_attempt_result(kit.attempt[2]));
    assert_null(dkg_attempt_result(kit.attempt[6]));
    dkg_attempt_rearm(kit.attempt[6]);
    assert_true(kit_next_of(&kit, 6, DKG_ACT_FETCH, &act));
    assert_int_equal(act.u.fetch.dealer, 1);
    assert_false(kit_next_of(&kit, 6, DKG_ACT_READY, &act));
}

/* A wrong share that its victim saw too late to complain: the dealer stays, the victim has no share
 * and says no READY, for the sum it has is nobody's. */
static void a_victim_that_came_too_late_is_not_ready(void **state)
{
    (void)state;
    struct dkg_bitmap hidden = {{0}};
    struct kit_forge spec = {0};
    struct dkg_action act;
    struct dkg_key *key;
    enum dkg_blob_state st;
    struct dkg_blob b;

    deal_honest(0x7c);
    dkg_bitmap_set(&spec.off_by_one, 6);
    kit_forge(&kit, &b, 1, &spec);
    kit_commit(&kit, 1, &b);
    dkg_bitmap_set(&hidden, 1);
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    for (party_index i = 1; i < N; i++)
        assert_int_equal(kit_feed(&kit, i, 1, kit.blob[1], &st), PC_OK);
    kit_run(&kit, &hidden);
    dkg_attempt_vote_now(kit.attempt[6]);
    kit_run(&kit, &hidden);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_run(&kit, &hidden);
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    dkg_attempt_rearm(kit.attempt[6]);
    kit_run(&kit, NULL);
    expect(0x7e, 0, 0);
    const struct dkg_board *board = dkg_attempt_board(kit.attempt[1]);
    assert_true(dkg_bitmap_equal(&board->voted, &board->seats));
    assert_false(dkg_bitmap_test(&board->readied, 6));
    dkg_attempt_rearm(kit.attempt[6]);
    assert_false(kit_next_of(&kit, 6, DKG_ACT_READY, &act));
    kit_active(&kit, dkg_attempt_result(kit.attempt[1])->transcript);
    assert_false(kit_next_of(&kit, 6, DKG_ACT_INSTALL, &act));
    assert_int_equal(dkg_attempt_take_key(kit.attempt[6], &key), PC_E_SHARE);
    assert_int_equal(dkg_attempt_take_key(kit.attempt[5], &key), PC_OK);
    arena_free(kit.arena, key);
}

static void fewer_than_t_dealers_are_no_key(void **state)
{
    (void)state;
    struct dkg_action act;

    deal_honest(0x0e); /* 3 of 4 */
    to_ready(NULL);
    for (party_index i = 1; i <= N; i++) {
        assert_null(dkg_attempt_result(kit.attempt[i]));
        dkg_attempt_rearm(kit.attempt[i]);
        assert_false(kit_next_of(&kit, i, DKG_ACT_READY, &act));
    }
}

/* The order in which blobs come, and how often, changes nothing. */
static void the_result_does_not_depend_on_the_order(void **state)
{
    (void)state;
    uint8_t first[32];

    for (unsigned round = 0; round < 2; round++) {
        enum dkg_blob_state st;
        if (round == 1) {
            kit_close(&kit);
            setup(NULL);
        }
        deal_honest(0x7e);
        kit_phase_end(&kit, DKG_PHASE_COMMIT);
        for (party_index d = 1; d <= N; d++) {
            party_index which = round == 0 ? d : (party_index)(N + 1 - d);
            if (which == 3)
                continue; /* its own */
            assert_int_equal(kit_feed(&kit, 3, which, kit.blob[which], &st), PC_OK);
            assert_int_equal(kit_feed(&kit, 3, which, kit.blob[which], &st), PC_E_REFUSED);
        }
        assert_non_null(dkg_attempt_result(kit.attempt[3]));
        if (round == 0)
            memcpy(first, dkg_attempt_result(kit.attempt[3])->transcript, 32);
    }
    assert_memory_equal(first, dkg_attempt_result(kit.attempt[3])->transcript, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_A02_high_degree_is_out_and_blamed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A03_cancelling_excess, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A03_cancelling_excess_then_one_dropped, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_A06_equal_E_both_out_unblamed, setup, teardown),
        cmocka_unit_test_setup_teardown(complaint_about_an_equal_E_is_void, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A07_garbage_to_one_victim, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A07_a_canonical_wrong_share, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A08_a_false_complaint_blames_its_author, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_A09_withheld_from_all, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A09_withheld_from_all_but_q, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A62_shown_to_q_members_in_the_last_block, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_A70_below_q_blames_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(a_victim_that_came_too_late_is_not_ready, setup, teardown),
        cmocka_unit_test_setup_teardown(fewer_than_t_dealers_are_no_key, setup, teardown),
        cmocka_unit_test_setup_teardown(the_result_does_not_depend_on_the_order, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
