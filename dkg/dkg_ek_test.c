/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unit_test.h"
#include "dkg/testkit.h"

static const struct group *const G = &group_ristretto255;
static struct rng_seeded rng;
static struct arena *arena;
static const uint8_t network_id[32] = {9};

static int setup(void **state)
{
    (void)state;
    rng_seeded_init(&rng, 1);
    return arena_open(&arena, 64 * 1024) == PC_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    assert_int_equal(arena_used(arena), 0);
    arena_close(arena);
    return 0;
}

static enum err_code enrol(struct dkg_enrol *e, struct dkg_ek_slot *s, uint64_t epoch,
                           uint32_t attempt)
{
    return dkg_ek_enrol(e, s, G, &rng.rng, network_id, epoch, attempt, 77);
}

static void enrolment_has_a_valid_pop(void **state)
{
    (void)state;
    struct pop_context ctx = {.epoch = 3, .attempt = 2, .node_id = 77};
    struct dkg_ek_slot s;
    struct dkg_enrol e;
    struct point ek;

    memcpy(ctx.network_id, network_id, 32);
    dkg_ek_slot_init(&s, arena);
    assert_int_equal(enrol(&e, &s, 3, 2), PC_OK);
    assert_int_equal(group_point_decode(G, &ek, e.ek), PC_OK);
    assert_int_equal(pop_verify_var(G, &ctx, &ek, &e.pop), PC_OK);
    /* and for nothing else */
    ctx.attempt = 3;
    assert_int_equal(pop_verify_var(G, &ctx, &ek, &e.pop), PC_E_PROOF);
    ctx.attempt = 2;
    ctx.node_id = 78;
    assert_int_equal(pop_verify_var(G, &ctx, &ek, &e.pop), PC_E_PROOF);
    dkg_ek_slot_wipe(&s);
}

static void test_A71_one_key_per_attempt(void **state)
{
    (void)state;
    struct dkg_ek_slot s;
    struct dkg_enrol a, b, c;
    struct dkg_ek *ek;

    dkg_ek_slot_init(&s, arena);
    assert_int_equal(enrol(&a, &s, 1, 1), PC_OK);
    assert_int_equal(enrol(&b, &s, 1, 1), PC_OK); /* a window that lapsed and came again */
    assert_memory_equal(a.ek, b.ek, 32);
    assert_int_equal(dkg_ek_take(&ek, &s, 1, 1, a.ek), PC_OK);
    /* Opened: the same attempt gets no key again, not the old one and not a new one. */
    assert_int_equal(enrol(&b, &s, 1, 1), PC_E_STALE);
    assert_true(bytes_all_zero_var(bytes_of(&b, sizeof b)));
    assert_int_equal(enrol(&b, &s, 0, 9), PC_E_STALE);
    assert_int_equal(enrol(&b, &s, 1, 2), PC_OK);
    assert_memory_not_equal(a.ek, b.ek, 32);
    /* The second attempt's open froze the first attempt's key: nobody holds it any more. */
    struct dkg_ek *none;
    assert_int_equal(dkg_ek_take(&none, &s, 1, 2, a.ek), PC_E_NOT_FOUND);
    assert_null(none);
    assert_null(s.pending);
    assert_int_equal(enrol(&c, &s, 1, 3), PC_OK);
    assert_memory_not_equal(b.ek, c.ek, 32);
    arena_free(arena, ek);
    dkg_ek_slot_wipe(&s);
}

static void test_A71_kept_until_its_own_open(void **state)
{
    (void)state;
    struct dkg_ek_slot s;
    struct dkg_enrol a;
    struct dkg_ek *ek;

    dkg_ek_slot_init(&s, arena);
    assert_int_equal(enrol(&a, &s, 1, 2), PC_OK);
    /* An older attempt's open() is read late: the key of the newer one stays. */
    assert_int_equal(dkg_ek_take(&ek, &s, 1, 1, a.ek), PC_E_NOT_FOUND);
    assert_non_null(s.pending);
    assert_int_equal(dkg_ek_take(&ek, &s, 1, 2, a.ek), PC_OK);
    arena_free(arena, ek);
    assert_int_equal(dkg_ek_take(&ek, &s, 1, 2, a.ek), PC_E_STALE);
    dkg_ek_slot_wipe(&s);
}

static void superseded_keys_are_erased(void **state)
{
    (void)state;
    struct dkg_ek_slot s;
    struct dkg_enrol a, b;
    struct dkg_ek *ek;
    const uint8_t none[32] = {0};

    dkg_ek_slot_init(&s, arena);
    assert_int_equal(enrol(&a, &s, 1, 1), PC_OK);
    size_t one = arena_used(arena);
    assert_int_equal(enrol(&b, &s, 2, 1), PC_OK);
    assert_int_equal(arena_used(arena), one);
    assert_int_equal(enrol(&a, &s, 1, 5), PC_E_STALE);
    assert_int_equal(dkg_ek_enrol(&a, &s, G, &rng.rng, network_id, 2, 1, 78), PC_E_MISMATCH);
    /* Not seated in the attempt that it enrolled for. */
    assert_int_equal(dkg_ek_take(&ek, &s, 2, 1, none), PC_E_NOT_FOUND);
    assert_int_equal(arena_used(arena), 0);
    dkg_ek_slot_wipe(&s);
}

static void a_full_arena_is_an_error(void **state)
{
    (void)state;
    struct dkg_ek_slot s;
    struct dkg_enrol a;
    struct arena *small;

    assert_int_equal(arena_open(&small, 4096), PC_OK);
    void *all = arena_alloc(small, 4096 - 64);
    assert_non_null(all);
    dkg_ek_slot_init(&s, small);
    assert_int_equal(enrol(&a, &s, 1, 1), PC_E_MEMORY);
    assert_true(bytes_all_zero_var(bytes_of(&a, sizeof a)));
    arena_free(small, all);
    assert_int_equal(enrol(&a, &s, 1, 1), PC_OK);
    dkg_ek_slot_wipe(&s);
    arena_close(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enrolment_has_a_valid_pop),
        cmocka_unit_test(test_A71_one_key_per_attempt),
        cmocka_unit_test(test_A71_kept_until_its_own_open),
        cmocka_unit_test(superseded_keys_are_erased),
        cmocka_unit_test(a_full_arena_is_an_error),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
