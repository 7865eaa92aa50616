/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "crypto/group_tiny.h"
#include "crypto/kdf.h"
#include "crypto/shamir.h"
#include "dkg/threshold.h"

static const struct group *const G = &group_ristretto255;
static struct rng_seeded rng;
static struct dkg_key key[DKG_MAX_N + 1]; /* by index */
static struct dkg_public pub;
static struct threshold_combiner comb;

/* A dealer that everybody trusts, for tests: shares of a secret among n with threshold t. */
static void share_out(const struct group *g, uint16_t n, uint16_t t, const struct scalar *secret)
{
    struct scalar coeffs[DKG_MAX_N];

    shamir_poly_random(g, coeffs, t, &rng.rng);
    if (secret != NULL)
        coeffs[0] = *secret;
    memset(&pub, 0, sizeof pub);
    pub.epoch = 1;
    pub.n = n;
    pub.t = t;
    for (uint32_t j = 0; j <= n; j++) {
        assert_int_equal(shamir_eval(g, &key[j].share, coeffs, t, j), PC_OK);
        key[j].index = (party_index)j;
        group_base_mult(g, &pub.y[j], &key[j].share);
    }
    for (uint32_t j = 1; j <= n; j++)
        key[j].pub = pub;
}

static void single(const struct group *g, uint8_t y[static 64], struct bytes input)
{
    struct point p, d;

    assert_int_equal(voprf_hash_to_group(g, &p, input), PC_OK);
    group_mult(g, &d, &key[0].share, &p);
    assert_int_equal(voprf_finalize(y, input, &d), PC_OK);
}

static enum err_code add(party_index i, struct bytes input)
{
    struct threshold_partial part;

    assert_int_equal(threshold_evaluate(&part, G, &key[i], input, &rng.rng), PC_OK);
    return threshold_combine_add(&comb, i, &part);
}

static const struct bytes input = {(const uint8_t *)"some input", 10};

static int setup(void **state)
{
    (void)state;
    rng_seeded_init(&rng, 8);
    share_out(G, 7, 4, NULL);
    return 0;
}

static void check_equal_to_single(uint16_t n, uint16_t t, uint16_t first)
{
    uint8_t got[64], want[64];

    single(G, want, input);
    assert_int_equal(threshold_combine_init(&comb, G, &key[1].pub, input), PC_OK);
    for (uint16_t k = 0; k < t; k++) {
        assert_false(threshold_combine_ready(&comb));
        assert_int_equal(threshold_combine_finish(got, &comb), PC_E_RETRY);
        assert_true(bytes_all_zero_var(PC_BYTES(got)));
        assert_int_equal(add((party_index)((first + k) % n + 1), input), PC_OK);
    }
    assert_true(threshold_combine_ready(&comb));
    assert_int_equal(threshold_combine_finish(got, &comb), PC_OK);
    assert_memory_equal(got, want, 64);
}

static void test_A36_threshold_equals_single_key(void **state)
{
    (void)state;
    for (uint16_t n = 1; n <= 7; n++)
        for (uint16_t t = 1; t <= n; t++) {
            share_out(G, n, t, NULL);
            check_equal_to_single(n, t, 0);
            check_equal_to_single(n, t, (uint16_t)(n - 1));
        }
    for (unsigned k = 0; k < 4; k++) {
        uint16_t n = (uint16_t)(8 + rng_seeded_below(&rng, 40));
        uint16_t t = (uint16_t)(1 + rng_seeded_below(&rng, n));
        share_out(G, n, t, NULL);
        check_equal_to_single(n, t, (uint16_t)rng_seeded_below(&rng, n));
    }
}

/* The key, input and output of RFC 9497's first VOPRF vector of ristretto255-SHA512, shared 4 of 7.
 */
static void test_A36_rfc_9497_vector(void **state)
{
    (void)state;
    static const char sk_hex[] = "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909";
    static const char pk_hex[] = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e";
    static const char out_hex[] =
        "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60"
        "356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6";
    uint8_t in[17], out[64], want[64], pk[32];
    struct scalar sk;

    memset(in, 0x5a, sizeof in);
    assert_int_equal(hex_decode(sk.b, 32, sk_hex, sizeof sk_hex - 1), PC_OK);
    assert_int_equal(hex_decode(pk, 32, pk_hex, sizeof pk_hex - 1), PC_OK);
    assert_int_equal(hex_decode(want, 64, out_hex, sizeof out_hex - 1), PC_OK);
    share_out(G, 7, 4, &sk);
    assert_memory_equal(pub.y[0].b, pk, 32);
    assert_int_equal(threshold_combine_init(&comb, G, &pub, PC_BYTES(in)), PC_OK);
    for (party_index i = 7; i > 3; i--)
        assert_int_equal(add(i, PC_BYTES(in)), PC_OK);
    assert_int_equal(threshold_combine_finish(out, &comb), PC_OK);
    assert_memory_equal(out, want, 64);
}

static void expect_liar(party_index i, const struct threshold_partial *p)
{
    assert_int_not_equal(threshold_combine_add(&comb, i, p), PC_OK);
    assert_true(dkg_bitmap_test(&comb.liars, i));
    assert_false(dkg_bitmap_test(&comb.seen, i));
    dkg_bitmap_clear(&comb.liars, i);
}

static void test_A29_wrong_partials(void **state)
{
    (void)state;
    struct dkg_key other = key[2];
    struct threshold_partial p, q;
    struct scalar one;

    assert_int_equal(threshold_combine_init(&comb, G, &pub, input), PC_OK);
    /* Another member's share; a share of another epoch; one of nobody's. */
    other.share = key[3].share;
    assert_int_equal(threshold_evaluate(&p, G, &other, input, &rng.rng), PC_OK);
    expect_liar(2, &p);
    assert_int_equal(threshold_evaluate(&p, G, &key[3], input, &rng.rng), PC_OK);
    expect_liar(2, &p); /* valid, for another Y */
    struct dkg_public saved = pub;
    share_out(G, 7, 4, NULL);
    struct dkg_key old = key[2];
    pub = saved;
    assert_int_equal(threshold_evaluate(&p, G, &old, input, &rng.rng), PC_OK);
    expect_liar(2, &p);
    group_scalar_from_u64(G, &one, 1);
    group_scalar_add(G, &other.share, &key[2].share, &one);
    assert_int_equal(threshold_evaluate(&p, G, &other, input, &rng.rng), PC_OK);
    expect_liar(2, &p);
    setup(NULL);
    /* Another input. */
    assert_int_equal(threshold_combine_init(&comb, G, &pub, input), PC_OK);
    assert_int_equal(threshold_evaluate(&p, G, &key[2], bytes_of("other", 5), &rng.rng), PC_OK);
    expect_liar(2, &p);
    /* Every bit of a right one; identity; no point. */
    assert_int_equal(threshold_evaluate(&p, G, &key[2], input, &rng.rng), PC_OK);
    for (size_t i = 0; i < 32; i++) {
        q = p;
        q.d[i] ^= 1;
        expect_liar(2, &q);
    }
    for (size_t i = 0; i < sizeof p.proof.b; i++) {
        q = p;
        q.proof.b[i] ^= 1;
        expect_liar(2, &q);
    }
    q = p;
    memset(q.d, 0, 32);
    assert_int_equal(threshold_combine_add(&comb, 2, &q), PC_E_IDENTITY);
    memset(q.d, 0xff, 32);
    assert_int_equal(threshold_combine_add(&comb, 2, &q), PC_E_NOT_CANONICAL);
    assert_int_equal(threshold_combine_add(&comb, 0, &p), PC_E_USAGE);
    assert_int_equal(threshold_combine_add(&comb, 8, &p), PC_E_USAGE);
    /* The lie does not stop the member's right answer, which counts once. */
    assert_int_equal(threshold_combine_add(&comb, 2, &p), PC_OK);
    assert_int_equal(threshold_combine_add(&comb, 2, &p), PC_E_EXISTS);
    assert_int_equal(comb.have, 1);
}

static void test_A30_the_proof_is_for_one_statement(void **state)
{
    (void)state;
    struct threshold_partial a, b, swapped;
    const uint8_t *ac = a.proof.b, *bs = b.proof.b + 32;

    assert_int_equal(threshold_combine_init(&comb, G, &pub, input), PC_OK);
    assert_int_equal(threshold_evaluate(&a, G, &key[2], input, &rng.rng), PC_OK);
    assert_int_equal(threshold_evaluate(&b, G, &key[2], input, &rng.rng), PC_OK);
    assert_memory_equal(a.d, b.d, 32);
    /* Fresh nonces: no half of a proof comes twice. */
    assert_memory_not_equal(a.proof.b, b.proof.b, 32);
    assert_memory_not_equal(a.proof.b + 32, bs, 32);
    swapped = a;
    memcpy(swapped.proof.b + 32, bs, 32);
    expect_liar(2, &swapped);
    memcpy(swapped.proof.b, a.proof.b + 32, 32);
    memcpy(swapped.proof.b + 32, ac, 32);
    expect_liar(2, &swapped);
    /* Swapped bases: D where Y belongs. */
    struct threshold_partial y = a;
    memcpy(y.d, pub.y[2].b, 32);
    expect_liar(2, &y);
}

static void test_A31_liars_are_named_and_the_output_is_right(void **state)
{
    (void)state;
    uint8_t got[64], want[64];
    struct threshold_partial p;

    single(G, want, input);
    assert_int_equal(threshold_combine_init(&comb, G, &pub, input), PC_OK);
    for (party_index i = 1; i <= 7; i++) {
        assert_int_equal(threshold_evaluate(&p, G, &key[i], input, &rng.rng), PC_OK);
        if (i <= 3) /* n - t of them */
            memcpy(p.d, pub.y[i].b, 32);
        assert_int_equal(threshold_combine_add(&comb, i, &p), i <= 3 ? PC_E_PROOF : PC_OK);
    }
    assert_int_equal(threshold_combine_finish(got, &comb), PC_OK);
    assert_memory_equal(got, want, 64);
    assert_int_equal(comb.liars.b[31], 0x07);
    threshold_combine_wipe(&comb);
    assert_true(bytes_all_zero_var(bytes_of(&comb, sizeof comb)));
}

static void test_A32_inputs_are_unambiguous(void **state)
{
    (void)state;
    uint8_t one[PC_VOPRF_INPUT_MAX], two[PC_VOPRF_INPUT_MAX], scope[256] = {'a', 'b', 'c'};
    struct voprf_subject s = {.scope = bytes_of(scope, 2)}, o;
    struct bytes a, b;

    memset(s.app_id, 1, 32);
    assert_int_equal(voprf_input(&a, one, &s), PC_OK);
#define DIFFERS(change)                                                                            \
    do {                                                                                           \
        o = s;                                                                                     \
        o.change;                                                                                  \
        assert_int_equal(voprf_input(&b, two, &o), PC_OK);                                         \
        assert_false(bytes_equal_var(a, b));                                                       \
    } while (0)
    DIFFERS(app_id[31] = 2);
    DIFFERS(version = 1);
    DIFFERS(key_class = PC_CLASS_EPOCH);
    DIFFERS(network_id[0] = 1);
    DIFFERS(key_id[0] = 1);
    DIFFERS(scope = bytes_of(scope, 3));
    DIFFERS(scope = bytes_of(scope, 1));
    DIFFERS(scope = bytes_of(scope, 255));
#undef DIFFERS
    s.scope = bytes_of(scope, 256);
    assert_int_equal(voprf_input(&a, one, &s), PC_E_TOO_LARGE);
}

static void test_A33_only_bytes_are_evaluated(void **state)
{
    (void)state;
    struct threshold_partial p;
    struct point wanted, d;

    /* Whoever sends a group element as input gets the function at the hash of its bytes. */
    assert_int_equal(voprf_hash_to_group(G, &wanted, input), PC_OK);
    group_mult(G, &d, &key[2].share, &wanted);
    assert_int_equal(threshold_evaluate(&p, G, &key[2], PC_BYTES(wanted.b), &rng.rng), PC_OK);
    assert_memory_not_equal(p.d, d.b, 32);
}

static void test_A37_types_separate_keys(void **state)
{
    (void)state;
    uint8_t y[64] = {1}, a[32], b[32];
    struct kdf_prk prk;

    kdf_extract(&prk, y);
    assert_int_equal(kdf_expand(a, 32, &prk, PC_KDF_SYMMETRIC, bytes_of("p", 1), 0), PC_OK);
    assert_int_equal(kdf_expand(b, 32, &prk, PC_KDF_ED25519, bytes_of("p", 1), 0), PC_OK);
    assert_memory_not_equal(a, b, 32);
    kdf_wipe(&prk);
}

static void test_A59_forged_epochs(void **state)
{
    (void)state;
    struct dkg_public forged;
    struct point pk = pub.y[0], any;
    struct scalar r;

    group_scalar_random(G, &r, &rng.rng);
    group_base_mult(G, &any, &r);
    assert_int_equal(threshold_epoch_check_var(G, &pub, &pk, &rng.rng), PC_OK);
    forged = pub; /* another PK, with everything that belongs to it */
    share_out(G, 7, 4, NULL);
    assert_int_equal(threshold_epoch_check_var(G, &pub, &pk, &rng.rng), PC_E_MISMATCH);
    pub = forged;
    for (unsigned j = 1; j <= 7; j++) { /* one Y, or all of them, of the forger's */
        forged.y[j] = any;
        assert_int_equal(threshold_epoch_check_var(G, &forged, &pk, &rng.rng), PC_E_DEGREE);
    }
    forged = pub;
    forged.y[3] = pub.y[4];
    forged.y[4] = pub.y[3];
    assert_int_equal(threshold_epoch_check_var(G, &forged, &pk, &rng.rng), PC_E_DEGREE);
    static const uint16_t bad[][2] = {{7, 0}, {7, 8}, {0, 0}, {0, 1}, {257, 4}, {65535, 65535}};
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        forged = pub;
        forged.n = bad[i][0];
        forged.t = bad[i][1];
        assert_int_equal(threshold_epoch_check_var(G, &forged, &pk, &rng.rng), PC_E_USAGE);
        assert_int_equal(threshold_combine_init(&comb, G, &forged, input), PC_E_USAGE);
    }
    forged = pub;
    forged.t = 1; /* a smaller threshold than the truth */
    assert_int_equal(threshold_epoch_check_var(G, &forged, &pk, &rng.rng), PC_E_DEGREE);
    forged.t = 3;
    assert_int_equal(threshold_epoch_check_var(G, &forged, &pk, &rng.rng), PC_E_DEGREE);
    /* A larger one is no lie that helps: t right partials still interpolate to PK's key. */
    forged.t = 5;
    assert_int_equal(threshold_epoch_check_var(G, &forged, &pk, &rng.rng), PC_OK);
    forged = pub;
    memset(&forged.y[5], 0, 32);
    assert_int_equal(threshold_epoch_check_var(G, &forged, &pk, &rng.rng), PC_E_IDENTITY);
}

static void a_key_is_checked_before_it_is_used(void **state)
{
    (void)state;
    struct dkg_key k = key[2];

    assert_int_equal(threshold_key_check(G, &k), PC_OK);
    k.index = 3;
    assert_int_equal(threshold_key_check(G, &k), PC_E_SHARE);
    k.index = 0;
    assert_int_equal(threshold_key_check(G, &k), PC_E_SHARE);
    k.index = 8;
    assert_int_equal(threshold_key_check(G, &k), PC_E_SHARE);
    k = key[2];
    memset(&k.share, 0, sizeof k.share);
    assert_int_equal(threshold_key_check(G, &k), PC_E_SHARE);
    memset(&k.share, 0xff, sizeof k.share);
    assert_int_equal(threshold_key_check(G, &k), PC_E_SHARE);
    k = key[2];
    k.share.b[0] ^= 1;
    assert_int_equal(threshold_key_check(G, &k), PC_E_SHARE);
    k = key[2];
    k.pub.t = 0;
    assert_int_equal(threshold_key_check(G, &k), PC_E_SHARE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_A29_wrong_partials, setup),
        cmocka_unit_test_setup(test_A30_the_proof_is_for_one_statement, setup),
        cmocka_unit_test_setup(test_A31_liars_are_named_and_the_output_is_right, setup),
        cmocka_unit_test_setup(test_A32_inputs_are_unambiguous, setup),
        cmocka_unit_test_setup(test_A33_only_bytes_are_evaluated, setup),
        cmocka_unit_test_setup(test_A36_threshold_equals_single_key, setup),
        cmocka_unit_test_setup(test_A36_rfc_9497_vector, setup),
        cmocka_unit_test_setup(test_A37_types_separate_keys, setup),
        cmocka_unit_test_setup(test_A59_forged_epochs, setup),
        cmocka_unit_test_setup(a_key_is_checked_before_it_is_used, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
