/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/unit_test.h"
#include "crypto/group_tiny.h"
#include "crypto/shamir.h"
#include "dkg/testkit.h"
#include "dkg/threshold.h"

#define N 5
#define T 3 /* b = 1, a = 4, q = 3 */

static const struct group *const G = &group_ristretto255;
static struct kit kit;

static int setup(void **state)
{
    (void)state;
    kit_open(&kit, G, N, T, 3);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kit_close(&kit);
    return 0;
}

static void deal_all(void)
{
    kit_join_all(&kit);
    for (party_index d = 1; d <= N; d++)
        kit_deal(&kit, d);
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
}

static void check_key(const struct dkg_key *key)
{
    assert_int_equal(threshold_key_check(G, key), PC_OK);
}

static void combine_keys(struct dkg_key *const *key, const party_index *which)
{
    uint16_t index[T];
    struct scalar share[T], secret;
    struct point pk;

    for (size_t k = 0; k < T; k++) {
        index[k] = which[k];
        share[k] = key[which[k]]->share;
    }
    assert_int_equal(shamir_combine(G, &secret, index, share, T, 0), PC_OK);
    group_base_mult(G, &pk, &secret);
    assert_true(group_point_equal(&pk, &key[which[0]]->pub.y[0]));
}

static void a_key_in_two_chain_phases(void **state)
{
    (void)state;
    static const party_index low[] = {1, 2, 3}, high[] = {5, 3, 4};
    struct dkg_key *key[N + 1];
    struct dkg_action act;

    deal_all();
    kit_run(&kit, NULL);
    const struct dkg_board *b = dkg_attempt_board(kit.attempt[1]);
    for (party_index i = 1; i <= N; i++) {
        assert_int_equal(dkg_bitmap_count(&b->vote[i].good), N);
        assert_memory_equal(b->vote[i].transcript, b->vote[1].transcript, 32);
    }
    uint8_t transcript[32];
    memcpy(transcript, b->vote[1].transcript, 32);
    kit_active(&kit, transcript);
    for (party_index i = 1; i <= N; i++) {
        const struct dkg_secrets *secrets = kit.attempt[i]->secrets;
        assert_true(dkg_attempt_has_secrets(kit.attempt[i]));
        assert_true(kit_next_of(&kit, i, DKG_ACT_INSTALL, &act));
        assert_int_equal(dkg_attempt_take_key(kit.attempt[i], &key[i]), PC_OK);
        check_key(key[i]);
        assert_memory_equal(&key[i]->pub, &key[1]->pub, sizeof key[i]->pub);
        /* EK and sub-shares are gone, to the last byte, and nothing comes twice. */
        assert_false(dkg_attempt_has_secrets(kit.attempt[i]));
        assert_true(bytes_all_zero_var(bytes_of(secrets, sizeof *secrets)));
        struct dkg_key *again;
        assert_int_equal(dkg_attempt_take_key(kit.attempt[i], &again), PC_E_SEQUENCE);
        assert_false(dkg_attempt_next(kit.attempt[i], &act));
    }
    combine_keys(key, low);
    combine_keys(key, high);
    for (party_index i = 1; i <= N; i++)
        arena_free(kit.arena, key[i]);
}

static void ready_path_and_late_ready(void **state)
{
    (void)state;
    struct dkg_bitmap hidden = {{0}};
    struct dkg_action act;
    struct dkg_key *key;
    uint8_t transcript[32];

    deal_all();
    dkg_bitmap_set(&hidden, 2);
    kit_run(&kit, &hidden);
    for (party_index i = 1; i <= N; i++)
        dkg_attempt_vote_now(kit.attempt[i]);
    kit_run(&kit, &hidden);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    for (party_index i = 1; i <= 4; i++) {
        dkg_attempt_rearm(kit.attempt[i]);
        /* Member 2 has its own blob in the sum, and takes it out by itself. */
        assert_true(kit_next_of(&kit, i, DKG_ACT_READY, &act));
        memcpy(transcript, act.u.ready.transcript, 32);
        kit_ready(&kit, i, transcript);
    }
    assert_false(dkg_bitmap_test(&dkg_attempt_result(kit.attempt[1])->qual.qual, 2));
    kit_active(&kit, transcript);
    /* A67: member 5 sends its READY after ACTIVE, and installs. */
    assert_true(kit_next_of(&kit, 5, DKG_ACT_READY, &act));
    kit_ready(&kit, 5, act.u.ready.transcript);
    assert_true(kit_next_of(&kit, 5, DKG_ACT_INSTALL, &act));
    assert_int_equal(dkg_attempt_take_key(kit.attempt[5], &key), PC_OK);
    check_key(key);
    arena_free(kit.arena, key);
}

static void test_A17_fabricated_transcript(void **state)
{
    (void)state;
    uint8_t fabricated[32];
    struct dkg_action act;
    struct dkg_key *key;

    memset(fabricated, 0xfa, 32);
    deal_all();
    kit_run(&kit, NULL);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    kit_ready(&kit, 4, fabricated);
    kit_ready(&kit, 5, fabricated);
    for (party_index i = 1; i <= 3; i++)
        assert_memory_not_equal(dkg_attempt_result(kit.attempt[i])->transcript, fabricated, 32);
    /* Even if a chain said ACTIVE: no honest member installs what it did not compute. */
    kit_active(&kit, fabricated);
    for (party_index i = 1; i <= 3; i++) {
        assert_false(kit_next_of(&kit, i, DKG_ACT_INSTALL, &act));
        assert_int_equal(dkg_attempt_take_key(kit.attempt[i], &key), PC_E_MISMATCH);
        assert_null(key);
    }
}

static void test_A18_release_after_B1_is_final(void **state)
{
    (void)state;
    struct kit_forge spec = {0};
    struct dkg_action act;
    struct dkg_blob other;

    kit_join_all(&kit);
    assert_int_equal(dkg_attempt_deal(kit.attempt[1]), PC_OK);
    assert_true(kit_next_of(&kit, 1, DKG_ACT_COMMIT, &act));
    assert_null(dkg_attempt_blob(kit.attempt[1]));
    kit_commit(&kit, 1, &kit.attempt[1]->own);
    for (party_index d = 2; d <= N; d++) {
        assert_false(kit_next_of(&kit, 1, DKG_ACT_RELEASE, &act));
        assert_null(dkg_attempt_blob(kit.attempt[1]));
        if (d != 3)
            kit_deal(&kit, d);
    }
    /* Dealer 3's account put another hash on the chain than its vault made: that blob stays inside.
     */
    assert_int_equal(dkg_attempt_deal(kit.attempt[3]), PC_OK);
    kit_forge(&kit, &other, 3, &spec);
    kit_commit(&kit, 3, &other);
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    assert_true(kit_next_of(&kit, 1, DKG_ACT_RELEASE, &act));
    assert_non_null(dkg_attempt_blob(kit.attempt[1]));
    assert_false(kit_next_of(&kit, 3, DKG_ACT_RELEASE, &act));
    assert_null(dkg_attempt_blob(kit.attempt[3]));
    dkg_attempt_rearm(kit.attempt[3]);
    assert_true(kit_next_of(&kit, 3, DKG_ACT_FETCH, &act));
    kit_run(&kit, NULL);
    assert_int_equal(dkg_attempt_blob_state(kit.attempt[3], 3), DKG_BLOB_GOOD);
}

static void test_A19_nothing_is_dealt_twice(void **state)
{
    (void)state;
    struct dkg_ek_slot slot;
    struct dkg_enrol enrol;
    struct dkg_ek *ek;
    struct dkg_blob first;

    kit_join_all(&kit);
    assert_int_equal(dkg_attempt_deal(kit.attempt[1]), PC_OK);
    assert_int_equal(dkg_attempt_deal(kit.attempt[1]), PC_E_SEQUENCE);
    first = kit.attempt[1]->own;
    /* A vault that was started again has no key of the attempt, and cannot get one. */
    dkg_ek_slot_init(&slot, kit.arena);
    assert_int_equal(dkg_ek_enrol(&enrol, &slot, G, &kit.rng.rng, kit.open.network_id, 1, 1, 1001),
                     PC_OK);
    assert_int_equal(dkg_ek_take(&ek, &slot, 1, 1, kit.member[0].ek), PC_E_NOT_FOUND);
    assert_null(ek);
    dkg_ek_slot_wipe(&slot);
    /* And were its memory a copy: the same state deals other values, none is derived. */
    dkg_attempt_close(&kit.attempt[1]);
    free(kit.room[1]);
    kit_join(&kit, 1);
    assert_int_equal(dkg_attempt_deal(kit.attempt[1]), PC_OK);
    for (size_t k = 0; k < DKG_BLOB_RECORDS(N); k++)
        assert_memory_not_equal(dkg_blob_record(&first, N, k),
                                dkg_blob_record(&kit.attempt[1]->own, N, k), 32);
}

static enum err_code try_open(struct kit *k, party_index self)
{
    struct dkg_ek *ek = arena_alloc(k->arena, sizeof *ek);
    struct dkg_complaint_rec *room = calloc(N * N, sizeof *room);
    struct dkg_env env = {
        .g = G, .arena = k->arena, .rng = &k->rng.rng, .room = room, .room_count = N * N};
    struct dkg_attempt *a;

    *ek = k->ek[self <= N && self > 0 ? self : 1];
    enum err_code e = dkg_attempt_open(&a, &env, &k->open, k->member, self, &ek);
    assert_null(ek);
    assert_true((e == PC_OK) == (a != NULL));
    dkg_attempt_close(&a);
    assert_int_equal(arena_used(k->arena), 0);
    free(room);
    return e;
}

static void test_A14_A15_open_refuses(void **state)
{
    (void)state;
    struct kit saved = kit;
    static const uint16_t bad[][2] = {{N, 0}, {N, 1},     {N, 2}, {N, N + 1},
                                      {2, 2}, {257, 129}, {0, 0}};

    struct dkg_env env = {.g = G, .arena = kit.arena, .rng = &kit.rng.rng};
    struct dkg_attempt *a;
    struct dkg_ek *none = NULL, *ek;

    assert_int_equal(dkg_attempt_open(&a, &env, &kit.open, kit.member, 1, &none), PC_E_USAGE);
    assert_null(a);
    ek = arena_alloc(kit.arena, sizeof *ek); /* no room for complaints */
    *ek = kit.ek[1];
    assert_int_equal(dkg_attempt_open(&a, &env, &kit.open, kit.member, 1, &ek), PC_E_USAGE);
    assert_null(a);
    assert_int_equal(arena_used(kit.arena), 0);
    assert_int_equal(try_open(&kit, 1), PC_OK);
    assert_int_equal(try_open(&kit, 0), PC_E_MISMATCH);
    assert_int_equal(try_open(&kit, N + 1), PC_E_MISMATCH);
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        kit.open.n = bad[i][0];
        kit.open.t = bad[i][1];
        assert_int_equal(try_open(&kit, 1), PC_E_USAGE);
    }
    kit.open = saved.open;
    kit.member[4].node_id = kit.member[0].node_id; /* one node, two seats */
    kit_seal(&kit);
    assert_int_equal(try_open(&kit, 1), PC_E_MALFORMED);
    kit = saved;
    kit.open.root[0] ^= 1;
    assert_int_equal(try_open(&kit, 1), PC_E_MISMATCH);
    kit = saved;
    kit.open.protocol = 2;
    assert_int_equal(try_open(&kit, 1), PC_E_UNSUPPORTED);
    kit = saved;
    kit.open.key[0].key_class = PC_CLASS_EPOCH;
    assert_int_equal(try_open(&kit, 1), PC_E_UNSUPPORTED);
    kit = saved;
    kit.open.old_epoch = 1;
    assert_int_equal(try_open(&kit, 1), PC_E_UNSUPPORTED);
    kit = saved;
}

static void test_A57_foreign_or_wrong_ek(void **state)
{
    (void)state;
    struct kit saved = kit;

    /* The own seat has somebody else's key, or this key was made for another attempt. */
    memcpy(kit.member[0].ek, kit.member[1].ek, 32);
    kit_seal(&kit);
    assert_int_equal(try_open(&kit, 1), PC_E_MISMATCH);
    kit = saved;
    kit.ek[1].attempt = 2;
    assert_int_equal(try_open(&kit, 1), PC_E_MISMATCH);
    kit = saved;
    kit.ek[1].node_id = 5;
    assert_int_equal(try_open(&kit, 1), PC_E_MISMATCH);
    kit = saved;

    /* Others: copied with its PoP, identity, no point, bad PoP. Each gets no ciphertext. */
    memcpy(kit.member[1].ek, kit.member[0].ek, 32);
    kit.member[1].pop = kit.member[0].pop;
    memset(kit.member[2].ek, 0, 32);
    memset(kit.member[3].ek, 0xff, 32);
    kit.member[4].pop.b[40] ^= 1;
    kit_seal(&kit);
    kit_join(&kit, 1);
    for (party_index j = 2; j <= N; j++)
        assert_false(kit.attempt[1]->s.receiver[j].ek_valid);
    kit_deal(&kit, 1);
    for (party_index j = 1; j <= N; j++)
        assert_true(bytes_all_zero_var(PC_BYTES(kit.attempt[1]->own.ct[j - 1])) == (j != 1));
}

static void test_A68_empty_seats(void **state)
{
    (void)state;
    memset(&kit.member[4], 0, sizeof kit.member[4]); /* n - a = 1 may be empty */
    kit_seal(&kit);
    kit_join_all(&kit);
    for (party_index d = 1; d < N; d++)
        kit_deal(&kit, d);
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    kit_run(&kit, NULL);
    const struct dkg_board *b = dkg_attempt_board(kit.attempt[1]);
    assert_int_equal(dkg_bitmap_count(&b->voted), N - 1);
    assert_false(bytes_all_zero_var(PC_BYTES(b->vote[2].transcript)));
    assert_true(bytes_all_zero_var(PC_BYTES(kit.blob[1]->ct[4])));
    for (party_index i = 1; i < N; i++) {
        dkg_attempt_close(&kit.attempt[i]);
        free(kit.room[i]);
        kit.room[i] = NULL;
    }
    memset(&kit.member[3], 0, sizeof kit.member[3]); /* one too many */
    kit_seal(&kit);
    assert_int_equal(try_open(&kit, 1), PC_E_USAGE);
}

/* The chain may name receivers; who was not admitted by the vault's own join gets nothing dealt. */
static void test_A73_dealing_needs_every_admission(void **state)
{
    (void)state;
    struct dkg_action act;

    kit_join(&kit, 1);
    dkg_bitmap_clear(&kit.attempt[1]->admitted, 4);
    assert_int_equal(dkg_attempt_not_admitted(kit.attempt[1]), 4);
    assert_int_equal(dkg_attempt_deal(kit.attempt[1]), PC_E_REFUSED);
    assert_false(kit_next_of(&kit, 1, DKG_ACT_COMMIT, &act));
    assert_true(bytes_all_zero_var(bytes_of(&kit.attempt[1]->own, sizeof(struct dkg_blob))));
    assert_int_equal(dkg_attempt_admit(kit.attempt[1], 0), PC_E_USAGE);
    assert_int_equal(dkg_attempt_admit(kit.attempt[1], N + 1), PC_E_USAGE);
    assert_int_equal(dkg_attempt_admit(kit.attempt[1], 4), PC_OK);
    assert_int_equal(dkg_attempt_deal(kit.attempt[1]), PC_OK);
    assert_true(kit_next_of(&kit, 1, DKG_ACT_COMMIT, &act));
}

static void test_A52_a_silent_chain_moves_nothing(void **state)
{
    (void)state;
    struct dkg_action act;

    deal_all();
    kit_run(&kit, NULL);
    for (party_index i = 1; i <= N; i++) {
        for (unsigned again = 0; again < 3; again++) {
            dkg_attempt_rearm(kit.attempt[i]);
            dkg_attempt_vote_now(kit.attempt[i]);
            while (dkg_attempt_next(kit.attempt[i], &act))
                assert_int_equal(act.kind, DKG_ACT_RELEASE);
        }
        assert_int_equal(dkg_attempt_phase(kit.attempt[i]), DKG_PHASE_VOTE);
    }
}

static void test_A22_a_failed_attempt_leaves_no_secret(void **state)
{
    (void)state;
    struct dkg_action act;
    struct dkg_key *key;

    deal_all();
    kit_run(&kit, NULL);
    kit_phase_end(&kit, DKG_PHASE_VOTE);
    kit_phase_end(&kit, DKG_PHASE_COMPLAIN);
    const struct dkg_secrets *secrets = kit.attempt[2]->secrets;
    assert_false(bytes_all_zero_var(bytes_of(secrets, sizeof *secrets)));
    kit_failed(&kit);
    assert_false(dkg_attempt_has_secrets(kit.attempt[2]));
    assert_true(bytes_all_zero_var(bytes_of(secrets, sizeof *secrets)));
    assert_int_equal(dkg_attempt_take_key(kit.attempt[2], &key), PC_E_SEQUENCE);
    assert_null(dkg_attempt_blob(kit.attempt[2]));
    assert_true(kit_next_of(&kit, 2, DKG_ACT_CLOSE, &act));
    assert_false(dkg_attempt_next(kit.attempt[2], &act));
}

static void feeding_is_strict(void **state)
{
    (void)state;
    enum dkg_blob_state st;
    uint8_t record[32] = {0};
    struct dkg_attempt *a;
    struct dkg_blob wrong;

    deal_all();
    a = kit.attempt[1];
    assert_int_equal(dkg_attempt_blob_record(a, record), PC_E_SEQUENCE);
    assert_int_equal(dkg_attempt_blob_end(a, &st), PC_E_SEQUENCE);
    assert_int_equal(dkg_attempt_blob_begin(a, 0), PC_E_REFUSED);
    assert_int_equal(dkg_attempt_blob_begin(a, N + 1), PC_E_REFUSED);
    assert_int_equal(dkg_attempt_blob_begin(a, 1), PC_E_REFUSED); /* its own: not needed */
    /* Too few, too many. */
    assert_int_equal(dkg_attempt_blob_begin(a, 2), PC_OK);
    assert_int_equal(dkg_attempt_blob_record(a, record), PC_OK);
    assert_int_equal(dkg_attempt_blob_end(a, &st), PC_E_SEQUENCE);
    assert_int_equal(dkg_attempt_blob_begin(a, 2), PC_OK);
    for (size_t k = 0; k < DKG_BLOB_RECORDS(N); k++)
        assert_int_equal(dkg_attempt_blob_record(a, record), PC_OK);
    assert_int_equal(dkg_attempt_blob_record(a, record), PC_E_SEQUENCE);
    /* Other bytes than the committed ones: nothing changes, and the right ones are taken after. */
    for (size_t k = 0; k < DKG_BLOB_RECORDS(N); k++) {
        wrong = *kit.blob[2];
        dkg_blob_record(&wrong, N, k)[7] ^= 1;
        assert_int_equal(kit_feed(&kit, 1, 2, &wrong, &st), PC_E_MISMATCH);
        assert_int_equal(dkg_attempt_blob_state(a, 2), DKG_BLOB_UNKNOWN);
    }
    assert_int_equal(kit_feed(&kit, 1, 2, kit.blob[2], &st), PC_OK);
    assert_int_equal(st, DKG_BLOB_GOOD);
    assert_int_equal(kit_feed(&kit, 1, 2, kit.blob[2], &st), PC_E_REFUSED);
}

static void actions_come_once_and_again_after_rearm(void **state)
{
    (void)state;
    struct dkg_action act;
    unsigned fetches = 0;

    deal_all();
    while (dkg_attempt_next(kit.attempt[1], &act))
        fetches += act.kind == DKG_ACT_FETCH;
    assert_int_equal(fetches, N - 1);
    assert_false(dkg_attempt_next(kit.attempt[1], &act));
    dkg_attempt_rearm(kit.attempt[1]);
    assert_true(kit_next_of(&kit, 1, DKG_ACT_FETCH, &act));
    assert_int_equal(act.u.fetch.length, DKG_BLOB_BYTES(N));
    assert_memory_equal(act.u.fetch.hash, kit.commit[act.u.fetch.dealer].hash, 32);
    /* Nothing to vote on yet; when the phase ends it votes what it has: itself. */
    assert_false(kit_next_of(&kit, 1, DKG_ACT_VOTE, &act));
    dkg_attempt_vote_now(kit.attempt[1]);
    assert_true(kit_next_of(&kit, 1, DKG_ACT_VOTE, &act));
    assert_int_equal(dkg_bitmap_count(&act.u.vote.good), 1);
    assert_true(bytes_all_zero_var(PC_BYTES(act.u.vote.transcript)));
    assert_false(kit_next_of(&kit, 1, DKG_ACT_VOTE, &act));
    kit_vote(&kit, 1, &act.u.vote);
}

static void a_small_arena_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    struct arena *full = kit.arena, *small;

    for (size_t size = 4096; size < DKG_ATTEMPT_ARENA; size += 24 * 1024) {
        struct dkg_complaint_rec room[N * N];
        struct dkg_attempt *a;
        struct dkg_ek *ek;
        assert_int_equal(arena_open(&small, size), PC_OK);
        struct dkg_env env = {
            .g = G, .arena = small, .rng = &kit.rng.rng, .room = room, .room_count = N * N};
        ek = arena_alloc(small, sizeof *ek);
        *ek = kit.ek[1];
        enum err_code e = dkg_attempt_open(&a, &env, &kit.open, kit.member, 1, &ek);
        assert_true(e == PC_OK || e == PC_E_MEMORY);
        if (e == PC_OK) {
            for (party_index j = 1; j <= N; j++)
                assert_int_equal(dkg_attempt_admit(a, j), PC_OK);
            e = dkg_attempt_deal(a);
            assert_true(e == PC_OK || e == PC_E_MEMORY);
        }
        dkg_attempt_close(&a);
        assert_int_equal(arena_used(small), 0);
        arena_close(small);
    }
    kit.arena = full;
}

/* 255 dealers of others, fed to one member: it fits, and comes to a key. */
static void the_largest_committee_fits(void **state)
{
    (void)state;
    static struct kit big;
    struct kit_forge spec = {0};
    struct dkg_action act;
    struct dkg_key *key;
    struct dkg_blob b;

    kit_open(&big, &group_tiny61, 256, 0, 5);
    kit_join(&big, 200);
    kit_deal(&big, 200);
    for (uint32_t d = 1; d <= 256; d++) {
        if (d == 200)
            continue;
        kit_forge(&big, &b, (party_index)d, &spec);
        kit_commit(&big, (party_index)d, &b);
    }
    kit_phase_end(&big, DKG_PHASE_COMMIT);
    kit_run(&big, NULL);
    const struct dkg_result *r = dkg_attempt_result(big.attempt[200]);
    assert_non_null(r);
    assert_int_equal(dkg_bitmap_count(&r->qual.qual), 256);
    kit_active(&big, r->transcript);
    assert_true(kit_next_of(&big, 200, DKG_ACT_INSTALL, &act));
    assert_int_equal(dkg_attempt_take_key(big.attempt[200], &key), PC_OK);
    assert_true(arena_used(big.arena) < DKG_ATTEMPT_ARENA);
    assert_int_equal(threshold_key_check(big.g, key), PC_OK);
    arena_free(big.arena, key);
    kit_close(&big);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_key_in_two_chain_phases, setup, teardown),
        cmocka_unit_test_setup_teardown(ready_path_and_late_ready, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A14_A15_open_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A17_fabricated_transcript, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A18_release_after_B1_is_final, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A19_nothing_is_dealt_twice, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A22_a_failed_attempt_leaves_no_secret, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_A52_a_silent_chain_moves_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A57_foreign_or_wrong_ek, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A68_empty_seats, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A73_dealing_needs_every_admission, setup, teardown),
        cmocka_unit_test_setup_teardown(feeding_is_strict, setup, teardown),
        cmocka_unit_test_setup_teardown(actions_come_once_and_again_after_rearm, setup, teardown),
        cmocka_unit_test_setup_teardown(a_small_arena_is_an_error_and_leaks_nothing, setup,
                                        teardown),
        cmocka_unit_test(the_largest_committee_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
