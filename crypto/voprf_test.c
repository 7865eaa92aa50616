/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "crypto/group_tiny.h"
#include "crypto/labels.h"
#include "crypto/shamir.h"
#include "crypto/vectors_test.h"
#include "crypto/voprf.h"
#include "crypto/voprf_internal.h"

static const struct group *const R = &group_ristretto255;

#define MAX_BATCH 4

/* One vector of the RFC: inputs, blinds and what came out; lists are comma-separated in the file.
 */
struct rfc_case {
    size_t m;
    struct vector_bytes input[MAX_BATCH];
    struct scalar blind[MAX_BATCH];
    struct point blinded[MAX_BATCH];
    struct point evaluated[MAX_BATCH];
    uint8_t output[MAX_BATCH][64];
};

static size_t hex_list(const struct json_value *v, const char *key, size_t i, uint8_t *out,
                       size_t cap)
{
    struct bytes text = vec_str(v, key);
    size_t start = 0;
    for (size_t at = 0; at <= text.n; at++) {
        if (at != text.n && text.p[at] != ',')
            continue;
        if (i-- == 0) {
            char item[2 * VECTOR_MAX + 1];
            size_t len = at - start;
            assert_true(len % 2 == 0 && len / 2 <= cap);
            memcpy(item, text.p + start, len);
            item[len] = '\0';
            for (size_t b = 0; b < len / 2; b++) {
                unsigned byte;
                assert_int_equal(sscanf(item + 2 * b, "%2x", &byte), 1);
                out[b] = (uint8_t)byte;
            }
            return len / 2;
        }
        start = at + 1;
    }
    fail_msg("%s has no item %zu", key, i);
    return 0;
}

static void read_case(struct rfc_case *c, const struct json_value *v)
{
    uint8_t raw[32];
    c->m = vec_u64(v, "Batch");
    assert_in_range(c->m, 1, MAX_BATCH);
    for (size_t i = 0; i < c->m; i++) {
        c->input[i].n = hex_list(v, "Input", i, c->input[i].p, VECTOR_MAX);
        assert_int_equal(hex_list(v, "Blind", i, raw, 32), 32);
        assert_int_equal(group_scalar_decode_nonzero(R, &c->blind[i], raw), PC_OK);
        assert_int_equal(hex_list(v, "BlindedElement", i, raw, 32), 32);
        assert_int_equal(group_point_decode(R, &c->blinded[i], raw), PC_OK);
        assert_int_equal(hex_list(v, "EvaluationElement", i, raw, 32), 32);
        assert_int_equal(group_point_decode(R, &c->evaluated[i], raw), PC_OK);
        assert_int_equal(hex_list(v, "Output", i, c->output[i], 64), 64);
    }
}

/* The suite and mode of these tests in the RFC's file. */
static bool find_suite(const struct json_value *root, uint64_t mode, struct json_value *out)
{
    size_t n;
    struct json_value list = vec_array(root, NULL, &n);
    for (size_t i = 0; i < n; i++) {
        *out = json_at(&list, i);
        if (vec_str_is(out, "identifier", "ristretto255-SHA512") && vec_u64(out, "mode") == mode)
            return true;
    }
    return false;
}

/* Mode 1: hash to group, blinded evaluation, proof bit for bit, verification, output. */
static void rfc9497_mode1(void **state)
{
    (void)state;
    struct json_value root = vectors_open("rfc9497-voprf/allVectors.json"), suite;
    uint8_t raw[64];
    struct scalar sk;
    struct point pk, expected;
    static struct rfc_case c;
    size_t n;
    assert_true(find_suite(&root, 1, &suite));
    vec_hex_exact(&suite, "skSm", raw, 32);
    assert_int_equal(group_scalar_decode_nonzero(R, &sk, raw), PC_OK);
    vec_hex_exact(&suite, "pkSm", raw, 32);
    assert_int_equal(group_point_decode(R, &expected, raw), PC_OK);
    group_base_mult(R, &pk, &sk);
    assert_true(group_point_equal(&pk, &expected));
    struct json_value vectors = vec_array(&suite, "vectors", &n);
    assert_true(n >= 3);
    for (size_t v = 0; v < n; v++) {
        struct json_value item = json_at(&vectors, v);
        read_case(&c, &item);
        struct point z[MAX_BATCH];
        for (size_t i = 0; i < c.m; i++) {
            struct point p, blinded, direct;
            struct scalar inverse;
            uint8_t y[64];
            assert_int_equal(voprf_hash_to_group(R, &p, vec_view(&c.input[i])), PC_OK);
            group_mult(R, &blinded, &c.blind[i], &p);
            assert_true(group_point_equal(&blinded, &c.blinded[i]));
            assert_int_equal(voprf_evaluate(R, &z[i], &sk, &blinded), PC_OK);
            assert_true(group_point_equal(&z[i], &c.evaluated[i]));
            /* unblinded by hand, and evaluated unblinded: both give the RFC's output */
            group_scalar_invert(R, &inverse, &c.blind[i]);
            group_mult(R, &direct, &inverse, &z[i]);
            assert_int_equal(voprf_finalize(y, vec_view(&c.input[i]), &direct), PC_OK);
            assert_memory_equal(y, c.output[i], 64);
            assert_int_equal(voprf_evaluate(R, &direct, &sk, &p), PC_OK);
            assert_int_equal(voprf_finalize(y, vec_view(&c.input[i]), &direct), PC_OK);
            assert_memory_equal(y, c.output[i], 64);
        }
        struct json_value proof = vec_object(&item, "Proof");
        struct scalar r;
        struct voprf_proof made, want;
        vec_hex_exact(&proof, "r", raw, 32);
        assert_int_equal(group_scalar_decode_nonzero(R, &r, raw), PC_OK);
        vec_hex_exact(&proof, "proof", want.b, 64);
        assert_int_equal(voprf_prove_with_nonce(R, &made, &sk, &pk, c.blinded, z, c.m, &r), PC_OK);
        assert_memory_equal(made.b, want.b, 64);
        assert_int_equal(voprf_verify_var(R, &pk, c.blinded, z, c.m, &want), PC_OK);
        want.b[40] ^= 1;
        assert_int_equal(voprf_verify_var(R, &pk, c.blinded, z, c.m, &want), PC_E_PROOF);
    }
    vectors_close(&root);
}

/* Every (n, T) up to 7, every subset of T holders: the threshold output is the RFC's single-key
 * one. */
static void threshold_is_the_rfc_vector(void **state)
{
    (void)state;
    struct json_value root = vectors_open("rfc9497-voprf/allVectors.json"), suite;
    struct rng_seeded rng;
    static struct rfc_case c;
    struct scalar sk;
    struct point p;
    uint8_t raw[32];
    size_t count;
    assert_true(find_suite(&root, 1, &suite));
    vec_hex_exact(&suite, "skSm", raw, 32);
    assert_int_equal(group_scalar_decode_nonzero(R, &sk, raw), PC_OK);
    struct json_value vectors = vec_array(&suite, "vectors", &count);
    struct json_value item = json_at(&vectors, 0);
    read_case(&c, &item);
    vectors_close(&root);
    rng_seeded_init(&rng, 9497);
    assert_int_equal(voprf_hash_to_group(R, &p, vec_view(&c.input[0])), PC_OK);
    for (size_t n = 1; n <= 7; n++)
        for (size_t t = 1; t <= n; t++) {
            struct scalar coeffs[7], share[7];
            struct point d[7];
            shamir_poly_random(R, coeffs, t, &rng.rng);
            coeffs[0] = sk;
            for (size_t i = 0; i < n; i++) {
                struct point y;
                struct voprf_proof proof;
                assert_int_equal(shamir_eval(R, &share[i], coeffs, t, (uint32_t)i + 1), PC_OK);
                assert_int_equal(voprf_evaluate(R, &d[i], &share[i], &p), PC_OK);
                group_base_mult(R, &y, &share[i]);
                assert_int_equal(voprf_prove(R, &proof, &share[i], &y, &p, &d[i], 1, &rng.rng),
                                 PC_OK);
                assert_int_equal(voprf_verify_var(R, &y, &p, &d[i], 1, &proof), PC_OK);
            }
            for (unsigned set = 0; set < 1u << n; set++) {
                uint16_t index[7];
                struct point chosen[7], sum;
                size_t k = 0;
                uint8_t out[64];
                for (uint16_t i = 0; i < n; i++)
                    if ((set >> i & 1) != 0) {
                        index[k] = (uint16_t)(i + 1);
                        chosen[k++] = d[i];
                    }
                if (k != t)
                    continue;
                assert_int_equal(voprf_combine(R, &sum, index, chosen, k), PC_OK);
                assert_int_equal(voprf_finalize(out, vec_view(&c.input[0]), &sum), PC_OK);
                assert_memory_equal(out, c.output[0], 64);
            }
        }
}

/* Larger committees at random; one share too few gives something else. */
static void threshold_random_larger(void **state)
{
    (void)state;
    struct rng_seeded rng;
    rng_seeded_init(&rng, 256);
    for (int round = 0; round < 6; round++) {
        size_t n = 8 + rng_seeded_below(&rng, round == 0 ? 249 : 57);
        size_t t = 1 + rng_seeded_below(&rng, n);
        static struct scalar coeffs[256];
        static struct point d[256];
        static uint16_t index[256];
        struct point p, whole, sum;
        assert_int_equal(voprf_hash_to_group(R, &p, PC_BYTES_STR("larger")), PC_OK);
        shamir_poly_random(R, coeffs, t, &rng.rng);
        group_mult(R, &whole, &coeffs[0], &p);
        /* a random subset, in random order */
        uint16_t all[256];
        for (size_t i = 0; i < n; i++)
            all[i] = (uint16_t)(i + 1);
        for (size_t i = 0; i < t; i++) {
            size_t j = i + rng_seeded_below(&rng, n - i);
            uint16_t swap = all[i];
            struct scalar share;
            all[i] = all[j];
            all[j] = swap;
            index[i] = all[i];
            assert_int_equal(shamir_eval(R, &share, coeffs, t, index[i]), PC_OK);
            assert_int_equal(voprf_evaluate(R, &d[i], &share, &p), PC_OK);
        }
        assert_int_equal(voprf_combine(R, &sum, index, d, t), PC_OK);
        assert_true(group_point_equal(&sum, &whole));
        if (t > 1) {
            assert_int_equal(voprf_combine(R, &sum, index, d, t - 1), PC_OK);
            assert_false(group_point_equal(&sum, &whole));
        }
    }
}

/* A29, A30: a proof for another share, input, key or with swapped bases does not verify. */
static void a29_a30_wrong_statements(void **state)
{
    (void)state;
    const struct group *groups[] = {R, &group_tiny61};
    for (size_t i = 0; i < PC_ARRAY_LEN(groups); i++) {
        const struct group *g = groups[i];
        struct rng_seeded rng;
        struct scalar s, other;
        struct point y, y2, p, p2, d, d2, zero = {{0}};
        struct voprf_proof proof, bad;
        rng_seeded_init(&rng, 29);
        group_scalar_random(g, &s, &rng.rng);
        group_scalar_random(g, &other, &rng.rng);
        group_base_mult(g, &y, &s);
        group_base_mult(g, &y2, &other);
        assert_int_equal(voprf_hash_to_group(g, &p, PC_BYTES_STR("one")), PC_OK);
        assert_int_equal(voprf_hash_to_group(g, &p2, PC_BYTES_STR("two")), PC_OK);
        assert_int_equal(voprf_evaluate(g, &d, &s, &p), PC_OK);
        assert_int_equal(voprf_evaluate(g, &d2, &other, &p), PC_OK);
        assert_int_equal(voprf_prove(g, &proof, &s, &y, &p, &d, 1, &rng.rng), PC_OK);
        assert_int_equal(voprf_verify_var(g, &y, &p, &d, 1, &proof), PC_OK);
        assert_int_equal(voprf_verify_var(g, &y2, &p, &d, 1, &proof), PC_E_PROOF);
        assert_int_equal(voprf_verify_var(g, &y, &p2, &d, 1, &proof), PC_E_PROOF);
        assert_int_equal(voprf_verify_var(g, &y, &p, &d2, 1, &proof), PC_E_PROOF);
        assert_int_equal(voprf_verify_var(g, &y, &d, &p, 1, &proof), PC_E_PROOF);
        assert_int_equal(voprf_verify_var(g, &zero, &p, &d, 1, &proof), PC_E_PROOF);
        assert_int_equal(voprf_verify_var(g, &y, &zero, &d, 1, &proof), PC_E_PROOF);
        assert_int_equal(voprf_verify_var(g, &y, &p, &zero, 1, &proof), PC_E_PROOF);
        assert_int_equal(voprf_verify_var(g, &y, &p, &d, 0, &proof), PC_E_USAGE);
        /* a D that never was a point is refused, it does not abort */
        d2 = d;
        d2.b[31] ^= 0x80;
        assert_int_equal(voprf_verify_var(g, &y, &p, &d2, 1, &proof), PC_E_PROOF);
        memset(d2.b, 0xff, sizeof d2.b);
        assert_int_equal(voprf_verify_var(g, &y, &p, &d2, 1, &proof), PC_E_PROOF);
        /* every bit of the proof counts */
        for (size_t bit = 0; bit < 512; bit++) {
            bad = proof;
            bad.b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            assert_int_equal(voprf_verify_var(g, &y, &p, &d, 1, &bad), PC_E_PROOF);
        }
        /* a wrong partial with a proof by the same wrong share */
        assert_int_equal(voprf_prove(g, &bad, &other, &y, &p, &d2, 1, &rng.rng), PC_OK);
        assert_int_equal(voprf_verify_var(g, &y, &p, &d2, 1, &bad), PC_E_PROOF);
    }
}

/* A12: s + order in a proof is the same residue and must still be refused. */
static void a12_proof_scalar_plus_order(void **state)
{
    (void)state;
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    struct rng_seeded rng;
    struct scalar s;
    struct point y, p, d;
    struct voprf_proof proof;
    rng_seeded_init(&rng, 12);
    group_scalar_random(R, &s, &rng.rng);
    group_base_mult(R, &y, &s);
    assert_int_equal(voprf_hash_to_group(R, &p, PC_BYTES_STR("x")), PC_OK);
    assert_int_equal(voprf_evaluate(R, &d, &s, &p), PC_OK);
    assert_int_equal(voprf_prove(R, &proof, &s, &y, &p, &d, 1, &rng.rng), PC_OK);
    for (size_t half = 0; half < 2; half++) {
        struct voprf_proof bad = proof;
        unsigned carry = 0;
        for (size_t i = 0; i < 32; i++) {
            carry += (unsigned)bad.b[32 * half + i] + order[i];
            bad.b[32 * half + i] = (uint8_t)carry;
            carry >>= 8;
        }
        assert_int_equal(voprf_verify_var(R, &y, &p, &d, 1, &bad), PC_E_PROOF);
    }
}

/* A19: with a random source that repeats itself the nonce still differs between statements. */
static void stuck_rng(struct rng *self, void *out, size_t n)
{
    (void)self;
    memset(out, 0x5a, n);
}

static void nonce_is_hedged(void **state)
{
    (void)state;
    struct rng stuck = {stuck_rng};
    struct rng_seeded rng;
    struct scalar s, c1, c2, s1, s2, dc, ds, leaked;
    struct point y, p[2], d[2];
    struct voprf_proof proof[2];
    rng_seeded_init(&rng, 19);
    group_scalar_random(R, &s, &rng.rng);
    group_base_mult(R, &y, &s);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(voprf_hash_to_group(R, &p[i], bytes_of(&i, sizeof i)), PC_OK);
        assert_int_equal(voprf_evaluate(R, &d[i], &s, &p[i]), PC_OK);
        assert_int_equal(voprf_prove(R, &proof[i], &s, &y, &p[i], &d[i], 1, &stuck), PC_OK);
    }
    /* were the nonces equal, (s1 - s2) / (c2 - c1) would be the share */
    memcpy(c1.b, proof[0].b, 32);
    memcpy(c2.b, proof[1].b, 32);
    memcpy(s1.b, proof[0].b + 32, 32);
    memcpy(s2.b, proof[1].b + 32, 32);
    group_scalar_sub(R, &dc, &c2, &c1);
    group_scalar_sub(R, &ds, &s1, &s2);
    group_scalar_invert(R, &dc, &dc);
    group_scalar_mul(R, &leaked, &ds, &dc);
    assert_false(scalar_equal(&leaked, &s));
}

/* A32: fields cannot slide into each other, and the bounds hold. */
static void a32_input_encoding(void **state)
{
    (void)state;
    uint8_t buf1[PC_VOPRF_INPUT_MAX], buf2[PC_VOPRF_INPUT_MAX], scope[256] = {0};
    struct bytes a, b;
    struct voprf_subject s = {.key_class = PC_CLASS_APPLICATION, .version = 7};
    s.scope = PC_BYTES_STR("ab");
    assert_int_equal(voprf_input(&a, buf1, &s), PC_OK);
    static const char label[] = "polyclave/in/v1";
    assert_int_equal(a.n, 4 + 15 + 32 + 32 + 1 + 32 + 4 + 4 + 2);
    assert_int_equal(load_be32(a.p), 15);
    assert_memory_equal(a.p + 4, label, 15);
    assert_int_equal(load_be32(a.p + 19 + 97), 7);
    assert_int_equal(load_be32(a.p + 19 + 101), 2);
    assert_memory_equal(a.p + 19 + 105, "ab", 2);
    /* class, version, scope each change it */
    struct voprf_subject t = s;
    t.key_class = PC_CLASS_EPOCH;
    assert_int_equal(voprf_input(&b, buf2, &t), PC_OK);
    assert_false(bytes_equal_var(a, b));
    t = s;
    t.scope = PC_BYTES_STR("a");
    assert_int_equal(voprf_input(&b, buf2, &t), PC_OK);
    assert_false(bytes_equal_var(a, b));
    t.scope = bytes_of(scope, 255);
    assert_int_equal(voprf_input(&b, buf2, &t), PC_OK);
    assert_int_equal(b.n, PC_VOPRF_INPUT_MAX);
    t.scope = bytes_of(scope, 256);
    assert_int_equal(voprf_input(&b, buf2, &t), PC_E_TOO_LARGE);
    assert_int_equal(b.n, 0);
    t = s;
    t.key_class = (enum key_class)3;
    assert_int_equal(voprf_input(&b, buf2, &t), PC_E_UNSUPPORTED);
}

static void misuse_is_refused(void **state)
{
    (void)state;
    static uint8_t big[65536];
    struct rng_seeded rng;
    struct scalar zero = {{0}}, s;
    struct point p, d, identity = {{0}};
    struct voprf_proof proof;
    uint8_t y[64];
    uint16_t twice[2] = {3, 3};
    struct point two[2];
    rng_seeded_init(&rng, 1);
    group_scalar_random(R, &s, &rng.rng);
    assert_int_equal(voprf_hash_to_group(R, &p, bytes_of(big, 65535)), PC_OK);
    two[0] = two[1] = p;
    assert_int_equal(voprf_hash_to_group(R, &d, bytes_of(big, 65536)), PC_E_TOO_LARGE);
    assert_int_equal(voprf_evaluate(R, &d, &zero, &p), PC_E_USAGE);
    assert_int_equal(voprf_evaluate(R, &d, &s, &identity), PC_E_USAGE);
    assert_int_equal(voprf_prove(R, &proof, &zero, &p, &p, &p, 1, &rng.rng), PC_E_USAGE);
    assert_int_equal(voprf_prove(R, &proof, &s, &p, &p, &p, 0, &rng.rng), PC_E_USAGE);
    assert_int_equal(voprf_combine(R, &d, twice, two, 2), PC_E_USAGE);
    assert_true(group_is_identity(&d));
    assert_int_equal(voprf_finalize(y, PC_BYTES_STR(""), &identity), PC_E_IDENTITY);
    assert_int_equal(voprf_finalize(y, bytes_of(big, 65536), &p), PC_E_TOO_LARGE);
}

/* A37: many inputs, none the identity, all different. */
static void a37_hash_to_group_spreads(void **state)
{
    (void)state;
    struct point previous = {{0}};
    for (uint32_t i = 0; i < 2000; i++) {
        uint8_t in[4];
        struct point p;
        store_be32(in, i);
        assert_int_equal(voprf_hash_to_group(R, &p, PC_BYTES(in)), PC_OK);
        assert_false(group_point_equal(&p, &previous));
        previous = p;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rfc9497_mode1),
        cmocka_unit_test(threshold_is_the_rfc_vector),
        cmocka_unit_test(threshold_random_larger),
        cmocka_unit_test(a29_a30_wrong_statements),
        cmocka_unit_test(a12_proof_scalar_plus_order),
        cmocka_unit_test(nonce_is_hedged),
        cmocka_unit_test(a32_input_encoding),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(a37_hash_to_group_spreads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
