/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "crypto/group_tiny.h"
#include "crypto/labels.h"
#include "crypto/shamir.h"

static const struct group *const R = &group_ristretto255;

static struct scalar number(const struct group *g, uint64_t v)
{
    struct scalar s;
    group_scalar_from_u64(g, &s, v);
    return s;
}

/* Order 13, every polynomial of T <= 3, every subset of 4 holders of size T: value at 0, at a
 * foreign index and at a member, in the field and in the exponent. */
static void exhaustive_interpolation(void **state)
{
    (void)state;
    const struct group *g = &group_tiny13;
    for (size_t t = 1; t <= 3; t++) {
        size_t total = t == 1 ? 13 : t == 2 ? 169 : 2197;
        for (size_t poly = 0; poly < total; poly++) {
            struct scalar coeffs[3], f[13];
            coeffs[0] = number(g, poly % 13);
            coeffs[1] = number(g, poly / 13 % 13);
            coeffs[2] = number(g, poly / 169);
            for (uint32_t x = 0; x < 13; x++) {
                assert_int_equal(shamir_eval(g, &f[x], coeffs, t, x), PC_OK);
                uint64_t want = (poly % 13) + (t > 1 ? poly / 13 % 13 * x : 0) +
                                (t > 2 ? poly / 169 * x * x : 0);
                struct scalar w = number(g, want);
                assert_true(scalar_equal(&f[x], &w));
            }
            for (unsigned set = 0; set < 16; set++) {
                uint16_t index[4];
                struct scalar share[4], got;
                struct point p[4], q;
                size_t k = 0;
                for (uint16_t i = 0; i < 4; i++)
                    if ((set >> i & 1) != 0) {
                        index[k] = (uint16_t)(3 * i + 1);
                        share[k] = f[3 * i + 1];
                        group_base_mult(g, &p[k], &share[k]);
                        k++;
                    }
                if (k != t)
                    continue;
                for (uint16_t at = 0; at < 13; at++) {
                    assert_int_equal(shamir_combine(g, &got, index, share, k, at), PC_OK);
                    assert_true(scalar_equal(&got, &f[at]));
                    assert_int_equal(shamir_combine_points_var(g, &q, index, p, k, at), PC_OK);
                    assert_int_equal(group_tiny_log(&q), load_le64(f[at].b));
                }
            }
        }
    }
}

/* T-1 shares say nothing: for each secret, the value at an index takes every value equally often.
 */
static void fewer_shares_are_uniform(void **state)
{
    (void)state;
    const struct group *g = &group_tiny13;
    for (uint64_t secret = 0; secret < 13; secret++)
        for (uint32_t x = 1; x < 13; x++) {
            unsigned seen = 0;
            for (uint64_t a = 0; a < 13; a++) {
                struct scalar coeffs[2] = {number(g, secret), number(g, a)}, share;
                assert_int_equal(shamir_eval(g, &share, coeffs, 2, x), PC_OK);
                seen |= 1u << load_le64(share.b);
            }
            assert_int_equal(seen, 0x1fff);
        }
}

/* A14: 0, duplicates, indices beyond the order (equal to another modulo it), empty and oversized
 * sets. */
static void a14_index_misuse(void **state)
{
    (void)state;
    struct scalar lambda[PC_SHAMIR_MAX + 1], out, share[3] = {{{1}}, {{2}}, {{3}}};
    struct point p;
    static uint16_t many[PC_SHAMIR_MAX + 1];
    const uint16_t zero[] = {1, 0, 2}, twice[] = {4, 9, 4}, beyond[] = {1, 13}, wraps[] = {1, 14},
                   fine[] = {12, 1, 7};
    const struct group *g = &group_tiny13;
    for (size_t i = 0; i <= PC_SHAMIR_MAX; i++)
        many[i] = (uint16_t)(i + 1);
    assert_int_equal(shamir_lagrange(g, lambda, zero, 3, 0), PC_E_USAGE);
    assert_int_equal(shamir_lagrange(R, lambda, zero, 3, 0), PC_E_USAGE);
    assert_int_equal(shamir_lagrange(R, lambda, twice, 3, 0), PC_E_USAGE);
    assert_int_equal(shamir_lagrange(R, lambda, twice, 3, 4), PC_E_USAGE);
    assert_int_equal(shamir_lagrange(g, lambda, beyond, 2, 0), PC_E_USAGE);
    assert_int_equal(shamir_lagrange(g, lambda, wraps, 2, 0), PC_E_USAGE);
    assert_int_equal(shamir_lagrange(g, lambda, fine, 3, 13), PC_E_USAGE);
    assert_int_equal(shamir_lagrange(g, lambda, fine, 0, 0), PC_E_USAGE);
    assert_int_equal(shamir_lagrange(R, lambda, many, PC_SHAMIR_MAX + 1, 0), PC_E_USAGE);
    assert_int_equal(shamir_lagrange(R, lambda, many, PC_SHAMIR_MAX, 0), PC_OK);
    assert_int_equal(shamir_lagrange(g, lambda, fine, 3, 0), PC_OK);
    out = share[0];
    assert_int_equal(shamir_combine(g, &out, zero, share, 3, 0), PC_E_USAGE);
    assert_true(scalar_is_zero(&out));
    p = R->generator;
    assert_int_equal(shamir_combine_points_var(R, &p, twice, &p, 3, 0), PC_E_USAGE);
    assert_true(group_is_identity(&p));
    assert_int_equal(shamir_eval(g, &out, share, 0, 1), PC_E_USAGE);
    assert_int_equal(shamir_eval(g, &out, share, 3, 13), PC_E_USAGE);
    assert_int_equal(shamir_eval(R, &out, share, PC_SHAMIR_MAX + 1, 1), PC_E_USAGE);
}

/* A15: bounds of n and t in the degree test. */
static void a15_degree_bounds(void **state)
{
    (void)state;
    static struct scalar w[PC_SHAMIR_MAX + 2];
    struct rng_seeded rng;
    struct xof x;
    rng_seeded_init(&rng, 15);
    shamir_degree_xof_local(&x, &rng.rng);
    assert_int_equal(shamir_degree_weights(R, w, 4, 0, &x), PC_E_USAGE);
    assert_int_equal(shamir_degree_weights(R, w, 4, 5, &x), PC_E_USAGE);
    assert_int_equal(shamir_degree_weights(R, w, 0, 0, &x), PC_E_USAGE);
    assert_int_equal(shamir_degree_weights(R, w, 257, 129, &x), PC_E_USAGE);
    assert_int_equal(shamir_degree_weights(&group_tiny13, w, 13, 5, &x), PC_E_USAGE);
    assert_int_equal(shamir_degree_weights(&group_tiny13, w, 12, 5, &x), PC_OK);
    assert_int_equal(shamir_degree_weights(R, w, 1, 1, &x), PC_OK);
    assert_int_equal(shamir_degree_weights(R, w, 256, 256, &x), PC_OK);
}

static void commit(const struct group *g, struct point *a, const struct scalar *coeffs, size_t t,
                   size_t n)
{
    for (size_t j = 0; j <= n; j++) {
        struct scalar v;
        assert_int_equal(shamir_eval(g, &v, coeffs, t, (uint32_t)j), PC_OK);
        group_base_mult(g, &a[j], &v);
    }
}

/* A2, A3: right degrees pass; degree T and n, one changed point, and a swap do not, alone or in a
 * sum; excess that cancels passes in the sum and fails alone. n = T included. */
static void a2_a3_degree(void **state)
{
    (void)state;
    static const struct {
        size_t n, t;
    } shape[] = {{1, 1}, {2, 1}, {3, 2}, {4, 4}, {6, 4}, {9, 5}, {24, 13}};
    const struct group *groups[] = {R, &group_tiny61};
    for (size_t gi = 0; gi < 2; gi++)
        for (size_t i = 0; i < PC_ARRAY_LEN(shape); i++) {
            const struct group *g = groups[gi];
            size_t n = shape[i].n, t = shape[i].t;
            struct scalar f[26], h[26], w[26];
            struct point a[26], b[26], sum[26];
            struct rng_seeded rng;
            struct xof x;
            rng_seeded_init(&rng, i);
            shamir_degree_xof_local(&x, &rng.rng);
            assert_int_equal(shamir_degree_weights(g, w, n, t, &x), PC_OK);
            shamir_poly_random(g, f, t, &rng.rng);
            commit(g, a, f, t, n);
            assert_int_equal(shamir_degree_check_var(g, w, a, n), PC_OK);
            /* degree t exactly: the threshold-raising dealer */
            shamir_poly_random(g, h, t + 1, &rng.rng);
            commit(g, b, h, t + 1, n);
            assert_int_equal(shamir_degree_check_var(g, w, b, n), PC_E_DEGREE);
            for (size_t j = 0; j <= n; j++)
                group_add(g, &sum[j], &a[j], &b[j]);
            assert_int_equal(shamir_degree_check_var(g, w, sum, n), PC_E_DEGREE);
            /* a second dealer cancels the excess: each fails alone, the sum passes */
            struct scalar k[26];
            shamir_poly_random(g, k, t + 1, &rng.rng);
            group_scalar_neg(g, &k[t], &h[t]);
            commit(g, sum, k, t + 1, n);
            assert_int_equal(shamir_degree_check_var(g, w, sum, n), PC_E_DEGREE);
            for (size_t j = 0; j <= n; j++)
                group_add(g, &sum[j], &sum[j], &b[j]);
            assert_int_equal(shamir_degree_check_var(g, w, sum, n), PC_OK);
            /* degree n */
            shamir_poly_random(g, h, n + 1, &rng.rng);
            if (n + 1 > t) {
                commit(g, b, h, n + 1, n);
                assert_int_equal(shamir_degree_check_var(g, w, b, n), PC_E_DEGREE);
            }
            for (size_t j = 0; j <= n; j++) {
                struct point keep = a[j];
                group_add(g, &a[j], &a[j], &g->generator);
                assert_int_equal(shamir_degree_check_var(g, w, a, n), PC_E_DEGREE);
                a[j] = keep;
            }
        }
}

/* In the group of order 13 a false vector passes about once in 13 draws, a true one always. */
static void degree_soundness(void **state)
{
    (void)state;
    const struct group *g = &group_tiny13;
    const size_t n = 4, t = 2, draws = 5200;
    struct rng_seeded rng;
    struct scalar good[2] = {number(g, 3), number(g, 8)},
                  bad[3] = {number(g, 3), number(g, 8), number(g, 1)};
    struct point a[5], b[5];
    size_t passed = 0;
    commit(g, a, good, t, n);
    commit(g, b, bad, 3, n);
    rng_seeded_init(&rng, 13);
    for (size_t i = 0; i < draws; i++) {
        struct scalar w[5];
        struct xof x;
        shamir_degree_xof_local(&x, &rng.rng);
        assert_int_equal(shamir_degree_weights(g, w, n, t, &x), PC_OK);
        assert_int_equal(shamir_degree_check_var(g, w, a, n), PC_OK);
        passed += shamir_degree_check_var(g, w, b, n) == PC_OK;
    }
    assert_in_range(passed, draws / 13 - 80, draws / 13 + 80);
}

/* The draw is a function of the transcript: two verifiers agree, another set gives other weights.
 */
static void degree_weights_are_agreed(void **state)
{
    (void)state;
    struct scalar w[2][10], other[10];
    for (size_t i = 0; i < 3; i++) {
        struct transcript t;
        struct xof x;
        transcript_init512(&t, PC_LABEL_LOWDEG);
        transcript_u16(&t, (uint16_t)(i == 2 ? 7 : 6));
        xof_init(&x, &t);
        assert_int_equal(shamir_degree_weights(R, i == 2 ? other : w[i], 9, 5, &x), PC_OK);
    }
    assert_memory_equal(w[0], w[1], sizeof w[0]);
    assert_memory_not_equal(w[0], other, sizeof other);
}

/* Random polynomials: a nonzero secret, reproducible, different each time; T = 256 works. */
static void random_polynomials(void **state)
{
    (void)state;
    static struct scalar a[PC_SHAMIR_MAX], b[PC_SHAMIR_MAX];
    struct rng_seeded rng;
    struct scalar v;
    rng_seeded_init(&rng, 7);
    shamir_poly_random(R, a, PC_SHAMIR_MAX, &rng.rng);
    shamir_poly_random(R, b, PC_SHAMIR_MAX, &rng.rng);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(shamir_eval(R, &v, a, PC_SHAMIR_MAX, 0), PC_OK);
    assert_true(scalar_equal(&v, &a[0]));
    unsigned zeros = 0;
    for (int i = 0; i < 500; i++) {
        struct scalar c[2];
        shamir_poly_random(&group_tiny5, c, 2, &rng.rng);
        assert_false(scalar_is_zero(&c[0]));
        zeros += scalar_is_zero(&c[1]);
    }
    assert_in_range(zeros, 50, 150); /* other coefficients are uniform, zero included */
}

/* A26: shares of two sharings of one secret do not mix. */
static void a26_sharings_do_not_mix(void **state)
{
    (void)state;
    struct rng_seeded rng;
    struct scalar f[4], h[4], share[4], got;
    const uint16_t index[4] = {1, 2, 3, 4};
    rng_seeded_init(&rng, 26);
    shamir_poly_random(R, f, 4, &rng.rng);
    shamir_poly_random(R, h, 4, &rng.rng);
    h[0] = f[0];
    for (size_t split = 0; split <= 4; split++) {
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(shamir_eval(R, &share[i], i < split ? f : h, 4, index[i]), PC_OK);
        assert_int_equal(shamir_combine(R, &got, index, share, 4, 0), PC_OK);
        assert_int_equal(scalar_equal(&got, &f[0]), split == 0 || split == 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exhaustive_interpolation),
        cmocka_unit_test(fewer_shares_are_uniform),
        cmocka_unit_test(a14_index_misuse),
        cmocka_unit_test(a15_degree_bounds),
        cmocka_unit_test(a2_a3_degree),
        cmocka_unit_test(degree_soundness),
        cmocka_unit_test(degree_weights_are_agreed),
        cmocka_unit_test(random_polynomials),
        cmocka_unit_test(a26_sharings_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
