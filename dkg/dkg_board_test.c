/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unit_test.h"
#include "dkg/dkg_board.h"

#define N 6

static struct dkg_board b;
static struct dkg_complaint_rec room[N * N];

/* Seat 6 is empty. */
static int setup(void **state)
{
    struct dkg_params p;
    struct dkg_bitmap seats = {{0}};

    (void)state;
    for (party_index i = 1; i < N; i++)
        dkg_bitmap_set(&seats, i);
    if (dkg_params_of(&p, N, 4) != PC_OK)
        return -1;
    return dkg_board_init(&b, &p, N, &seats, &seats, room, N * N) == PC_OK ? 0 : -1;
}

static enum err_code say(enum dkg_fact_kind kind, party_index from)
{
    struct dkg_fact f = {.kind = kind, .block = b.block + 1, .from = from};

    if (kind == DKG_FACT_READY || kind == DKG_FACT_ACTIVE)
        memset(f.u.transcript, 7, 32);
    return dkg_board_apply(&b, &f);
}

static enum err_code end(enum dkg_phase p)
{
    struct dkg_fact f = {.kind = DKG_FACT_PHASE_END, .block = b.block + 1, .u.ended = p};

    return dkg_board_apply(&b, &f);
}

static enum err_code vote(party_index from, const party_index *good, size_t n, bool transcript)
{
    struct dkg_fact f = {.kind = DKG_FACT_VOTE, .block = b.block + 1, .from = from};

    for (size_t i = 0; i < n; i++)
        dkg_bitmap_set(&f.u.vote.good, good[i]);
    f.u.vote.transcript[0] = transcript;
    return dkg_board_apply(&b, &f);
}

static enum err_code complain(party_index from, party_index dealer)
{
    struct dkg_fact f = {.kind = DKG_FACT_COMPLAINT, .block = b.block + 1, .from = from};

    f.u.complaint.dealer = dealer;
    return dkg_board_apply(&b, &f);
}

/* Which facts a phase takes; everything else is refused and changes nothing. */
static void each_phase_takes_its_own_facts(void **state)
{
    (void)state;
    static const bool takes[DKG_PHASES][DKG_FACT_KINDS] = {
        [DKG_PHASE_COMMIT] = {[DKG_FACT_COMMIT] = true, [DKG_FACT_PHASE_END] = true},
        [DKG_PHASE_VOTE] = {[DKG_FACT_VOTE] = true,
                            [DKG_FACT_COMPLAINT] = true,
                            [DKG_FACT_PHASE_END] = true,
                            [DKG_FACT_ACTIVE] = true},
        [DKG_PHASE_COMPLAIN] =
            {[DKG_FACT_COMPLAINT] = true, [DKG_FACT_PHASE_END] = true, [DKG_FACT_ACTIVE] = true},
        [DKG_PHASE_READY] =
            {[DKG_FACT_READY] = true, [DKG_FACT_ACTIVE] = true, [DKG_FACT_FAILED] = true},
        [DKG_PHASE_ACTIVE] = {[DKG_FACT_READY] = true},
    };

    for (unsigned phase = 0; phase < DKG_PHASES; phase++)
        for (unsigned kind = 0; kind < DKG_FACT_KINDS; kind++) {
            struct dkg_fact f = {.kind = (enum dkg_fact_kind)kind, .block = 5, .from = 1};
            setup(NULL);
            b.phase = (enum dkg_phase)phase;
            memset(b.active, 7, 32);
            if (kind == DKG_FACT_COMPLAINT)
                f.u.complaint.dealer = 1;
            else if (kind == DKG_FACT_PHASE_END)
                f.u.ended = (enum dkg_phase)phase;
            else if (kind == DKG_FACT_READY || kind == DKG_FACT_ACTIVE)
                memset(f.u.transcript, 7, 32);
            struct dkg_board before = b;
            enum err_code e = dkg_board_apply(&b, &f);
            assert_int_equal(e, takes[phase][kind] ? PC_OK : PC_E_SEQUENCE);
            if (e != PC_OK)
                assert_memory_equal(&before, &b, sizeof b);
        }
    struct dkg_fact odd = {.kind = (enum dkg_fact_kind)DKG_FACT_KINDS, .block = 5};
    assert_int_equal(dkg_board_apply(&b, &odd), PC_E_SEQUENCE);
}

static void phases_end_in_order_and_blocks_do_not_go_back(void **state)
{
    (void)state;
    assert_int_equal(end(DKG_PHASE_VOTE), PC_E_SEQUENCE);
    assert_int_equal(end(DKG_PHASE_COMMIT), PC_OK);
    assert_int_equal(end(DKG_PHASE_COMMIT), PC_E_SEQUENCE);
    struct dkg_fact late = {.kind = DKG_FACT_VOTE, .block = b.block - 1, .from = 1};
    assert_int_equal(dkg_board_apply(&b, &late), PC_E_SEQUENCE);
    assert_int_equal(end(DKG_PHASE_VOTE), PC_OK);
    assert_int_equal(end(DKG_PHASE_COMPLAIN), PC_OK);
    assert_int_equal(end(DKG_PHASE_READY), PC_E_SEQUENCE);
}

static void test_A10_two_commits(void **state)
{
    (void)state;
    struct dkg_fact f = {.kind = DKG_FACT_COMMIT, .block = 1, .from = 2};

    f.u.commit.hash[0] = 1;
    assert_int_equal(dkg_board_apply(&b, &f), PC_OK);
    f.u.commit.hash[0] = 2;
    assert_int_equal(dkg_board_apply(&b, &f), PC_E_SEQUENCE);
    assert_int_equal(b.commit[2].hash[0], 1);
}

static void test_A14_indices_that_nobody_has(void **state)
{
    (void)state;
    static const party_index nobody[] = {0, N, N + 1, 256, 257, 65535};

    for (size_t i = 0; i < PC_ARRAY_LEN(nobody); i++)
        assert_int_equal(say(DKG_FACT_COMMIT, nobody[i]), PC_E_MALFORMED);
    assert_int_equal(end(DKG_PHASE_COMMIT), PC_OK);
    for (size_t i = 0; i < PC_ARRAY_LEN(nobody); i++) {
        assert_int_equal(vote(nobody[i], NULL, 0, false), PC_E_MALFORMED);
        assert_int_equal(complain(nobody[i], 1), PC_E_MALFORMED);
        if (nobody[i] != N)
            assert_int_equal(complain(1, nobody[i]), PC_E_MALFORMED);
    }
}

static void test_A16_votes(void **state)
{
    (void)state;
    static const party_index one[] = {1}, more[] = {1, 2, 3}, wide[] = {1, 7};
    struct dkg_bitmap available;

    assert_int_equal(say(DKG_FACT_COMMIT, 1), PC_OK);
    assert_int_equal(say(DKG_FACT_COMMIT, 2), PC_OK);
    assert_int_equal(end(DKG_PHASE_COMMIT), PC_OK);
    assert_int_equal(vote(1, wide, 2, false), PC_E_MALFORMED); /* bitmap longer than n */
    assert_int_equal(vote(6, one, 1, false), PC_E_MALFORMED);  /* no such voter */
    /* A dealer without a commit counts for nothing, however many vote for it. */
    for (party_index i = 1; i <= 4; i++)
        assert_int_equal(vote(i, more, 3, false), PC_OK);
    dkg_board_available(&available, &b);
    assert_int_equal(dkg_bitmap_count(&available), 2);
    assert_false(dkg_bitmap_test(&available, 3));
    /* A second vote of the same member replaces the first, and does not add to it. */
    assert_int_equal(dkg_board_votes(&b, 2), 4);
    assert_int_equal(vote(4, one, 1, false), PC_OK);
    assert_int_equal(dkg_board_votes(&b, 2), 3);
    assert_int_equal(dkg_board_votes(&b, 1), 4);
    dkg_board_available(&available, &b);
    assert_int_equal(dkg_bitmap_count(&available), 1);
}

static void test_A69_a_transcript_needs_every_commit(void **state)
{
    (void)state;
    static const party_index one[] = {1}, both[] = {1, 2};

    assert_int_equal(say(DKG_FACT_COMMIT, 1), PC_OK);
    assert_int_equal(say(DKG_FACT_COMMIT, 2), PC_OK);
    assert_int_equal(end(DKG_PHASE_COMMIT), PC_OK);
    assert_int_equal(vote(1, one, 1, true), PC_E_SEQUENCE);
    assert_int_equal(vote(1, both, 2, true), PC_OK);
}

static void test_A49_complaints_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(end(DKG_PHASE_COMMIT), PC_OK);
    for (party_index i = 1; i < N; i++)
        for (party_index d = 1; d <= N; d++) {
            assert_int_equal(complain(i, d), PC_OK);
            assert_int_equal(complain(i, d), PC_E_SEQUENCE); /* second for a pair */
        }
    assert_int_equal(b.complaints, (N - 1) * N);
    assert_int_equal(complain(N, 1), PC_E_MALFORMED); /* no member */
    assert_int_equal(end(DKG_PHASE_VOTE), PC_OK);
    assert_int_equal(end(DKG_PHASE_COMPLAIN), PC_OK);
    assert_int_equal(complain(1, 1), PC_E_SEQUENCE); /* after B2c */
    /* Room for less than one per pair is refused beforehand. */
    struct dkg_params p;
    struct dkg_bitmap seats = {{0}};
    assert_int_equal(dkg_params_of(&p, N, 4), PC_OK);
    assert_int_equal(dkg_board_init(&b, &p, N, &seats, &seats, room, N * N - 1), PC_E_USAGE);
}

static void ready_after_active_is_for_the_active_transcript(void **state)
{
    (void)state;
    struct dkg_fact other = {.kind = DKG_FACT_READY, .block = 100, .from = 2};

    assert_int_equal(end(DKG_PHASE_COMMIT), PC_OK);
    assert_int_equal(end(DKG_PHASE_VOTE), PC_OK);
    assert_int_equal(end(DKG_PHASE_COMPLAIN), PC_OK);
    assert_int_equal(say(DKG_FACT_ACTIVE, 0), PC_OK);
    assert_int_equal(say(DKG_FACT_READY, 1), PC_OK);
    assert_int_equal(dkg_board_apply(&b, &other), PC_E_MALFORMED); /* no transcript */
    other.u.ready.transcript[0] = 8;
    assert_int_equal(dkg_board_apply(&b, &other), PC_E_SEQUENCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_phase_takes_its_own_facts, setup),
        cmocka_unit_test_setup(phases_end_in_order_and_blocks_do_not_go_back, setup),
        cmocka_unit_test_setup(test_A10_two_commits, setup),
        cmocka_unit_test_setup(test_A14_indices_that_nobody_has, setup),
        cmocka_unit_test_setup(test_A16_votes, setup),
        cmocka_unit_test_setup(test_A69_a_transcript_needs_every_commit, setup),
        cmocka_unit_test_setup(test_A49_complaints_are_bounded, setup),
        cmocka_unit_test_setup(ready_after_active_is_for_the_active_transcript, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
