/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/shamir.h"

#include "crypto/labels.h"

void shamir_poly_random(const struct group *g, struct scalar *coeffs, size_t t, struct rng *r)
{
    PC_ASSERT(t >= 1 && t <= PC_SHAMIR_MAX);
    group_scalar_random(g, &coeffs[0], r);
    for (size_t k = 1; k < t; k++) {
        uint8_t wide[64];
        rng_fill(r, wide, sizeof wide);
        group_scalar_reduce(g, &coeffs[k], wide);
        pc_wipe(wide, sizeof wide);
    }
}

static void horner(const struct group *g, struct scalar *out, const struct scalar *coeffs, size_t t,
                   uint32_t index)
{
    struct scalar x, acc = coeffs[t - 1];
    group_scalar_from_u64(g, &x, index);
    for (size_t k = t - 1; k-- > 0;) {
        group_scalar_mul(g, &acc, &acc, &x);
        group_scalar_add(g, &acc, &acc, &coeffs[k]);
    }
    *out = acc;
    scalar_wipe(&acc);
}

enum err_code shamir_eval(const struct group *g, struct scalar *out, const struct scalar *coeffs,
                          size_t t, uint32_t index)
{
    if (t < 1 || t > PC_SHAMIR_MAX || index > g->max_index) {
        scalar_wipe(out);
        return PC_E_USAGE;
    }
    horner(g, out, coeffs, t, index);
    return PC_OK;
}

static enum err_code check_set(const struct group *g, const uint16_t *index, size_t k, uint32_t at)
{
    if (k < 1 || k > PC_SHAMIR_MAX || at > g->max_index)
        return PC_E_USAGE;
    for (size_t i = 0; i < k; i++) {
        if (index[i] == 0 || index[i] > g->max_index)
            return PC_E_USAGE;
        for (size_t j = 0; j < i; j++)
            if (index[j] == index[i])
                return PC_E_USAGE;
    }
    return PC_OK;
}

/* A product of small public integers: most factors are multiplied as integers, so that only every
 * fourth or so costs a multiplication of scalars. */
struct product {
    const struct group *g;
    struct scalar done;
    uint64_t pending;
    bool negative;
};

static struct product product_one(const struct group *g)
{
    struct product p = {.g = g, .pending = 1};
    group_scalar_from_u64(g, &p.done, 1);
    return p;
}

static void product_flush(struct product *p)
{
    struct scalar s;
    group_scalar_from_u64(p->g, &s, p->pending);
    group_scalar_mul(p->g, &p->done, &p->done, &s);
    p->pending = 1;
}

static void product_times(struct product *p, int32_t factor)
{
    uint64_t size = (uint64_t)(factor < 0 ? -(int64_t)factor : factor);
    if (p->pending > UINT64_MAX / size)
        product_flush(p);
    p->pending *= size;
    p->negative ^= factor < 0;
}

static void product_end(struct product *p, struct scalar *out)
{
    product_flush(p);
    *out = p->done;
    if (p->negative)
        group_scalar_neg(p->g, out, out);
}

/* v[i] := v[i]^-1 with one inversion; none is zero, n <= PC_SHAMIR_MAX + 1. Public values. */
static void batch_invert(const struct group *g, struct scalar *v, size_t n)
{
    struct scalar prefix[PC_SHAMIR_MAX + 1], acc;
    group_scalar_from_u64(g, &acc, 1);
    for (size_t i = 0; i < n; i++) {
        prefix[i] = acc;
        group_scalar_mul(g, &acc, &acc, &v[i]);
    }
    group_scalar_invert(g, &acc, &acc);
    for (size_t i = n; i-- > 0;) {
        struct scalar inverse;
        group_scalar_mul(g, &inverse, &acc, &prefix[i]);
        group_scalar_mul(g, &acc, &acc, &v[i]);
        v[i] = inverse;
    }
}

enum err_code shamir_lagrange(const struct group *g, struct scalar *lambda, const uint16_t *index,
                              size_t k, uint16_t at)
{
    PC_TRY(check_set(g, index, k, at));
    for (size_t i = 0; i < k; i++) {
        if (index[i] != at)
            continue;
        memset(lambda, 0, k * sizeof *lambda);
        group_scalar_from_u64(g, &lambda[i], 1);
        return PC_OK;
    }
    /* lambda_i = prod_k (at - x_k) / ((at - x_i) * prod_{k != i} (x_i - x_k)) */
    struct scalar numerator;
    struct product all = product_one(g);
    for (size_t i = 0; i < k; i++)
        product_times(&all, (int32_t)at - index[i]);
    product_end(&all, &numerator);
    for (size_t i = 0; i < k; i++) {
        struct product p = product_one(g);
        product_times(&p, (int32_t)at - index[i]);
        for (size_t j = 0; j < k; j++)
            if (j != i)
                product_times(&p, (int32_t)index[i] - index[j]);
        product_end(&p, &lambda[i]);
    }
    batch_invert(g, lambda, k);
    for (size_t i = 0; i < k; i++)
        group_scalar_mul(g, &lambda[i], &lambda[i], &numerator);
    return PC_OK;
}

enum err_code shamir_combine(const struct group *g, struct scalar *out, const uint16_t *index,
                             const struct scalar *share, size_t k, uint16_t at)
{
    struct scalar lambda[PC_SHAMIR_MAX], acc = {{0}}, term = {{0}};
    enum err_code e = shamir_lagrange(g, lambda, index, k, at);
    for (size_t i = 0; e == PC_OK && i < k; i++) {
        group_scalar_mul(g, &term, &lambda[i], &share[i]);
        group_scalar_add(g, &acc, &acc, &term);
    }
    *out = acc;
    scalar_wipe(&acc);
    scalar_wipe(&term);
    return e;
}

enum err_code shamir_combine_points_var(const struct group *g, struct point *out,
                                        const uint16_t *index, const struct point *p, size_t k,
                                        uint16_t at)
{
    struct scalar lambda[PC_SHAMIR_MAX];
    memset(out, 0, sizeof *out);
    PC_TRY(shamir_lagrange(g, lambda, index, k, at));
    group_lincomb_var(g, out, lambda, p, k);
    return PC_OK;
}

enum err_code shamir_degree_weights(const struct group *g, struct scalar *w, size_t n, size_t t,
                                    struct xof *x)
{
    if (t < 1 || t > n || n > PC_SHAMIR_MAX || n > g->max_index)
        return PC_E_USAGE;
    /* prod_{k != j, 0 <= k <= n} (j - k) = j! * (n-j)! * (-1)^(n-j) */
    struct scalar factorial[PC_SHAMIR_MAX + 1], m[PC_SHAMIR_MAX + 1];
    group_scalar_from_u64(g, &factorial[0], 1);
    for (size_t j = 1; j <= n; j++) {
        group_scalar_from_u64(g, &factorial[j], j);
        group_scalar_mul(g, &factorial[j], &factorial[j], &factorial[j - 1]);
    }
    for (size_t j = 0; j <= n; j++) {
        group_scalar_mul(g, &w[j], &factorial[j], &factorial[n - j]);
        if ((n - j) % 2 != 0)
            group_scalar_neg(g, &w[j], &w[j]);
    }
    batch_invert(g, w, n + 1);
    for (size_t k = 0; k <= n - t; k++)
        xof_scalar(x, g, &m[k]);
    for (size_t j = 0; j <= n; j++) {
        struct scalar value;
        horner(g, &value, m, n - t + 1, (uint32_t)j);
        group_scalar_mul(g, &w[j], &w[j], &value);
    }
    return PC_OK;
}

enum err_code shamir_degree_check_var(const struct group *g, const struct scalar *w,
                                      const struct point *a, size_t n)
{
    struct point sum;
    group_lincomb_var(g, &sum, w, a, n + 1);
    return group_is_identity(&sum) ? PC_OK : PC_E_DEGREE;
}

void shamir_degree_xof_local(struct xof *x, struct rng *r)
{
    struct transcript t;
    uint8_t seed[64];
    rng_fill(r, seed, sizeof seed);
    transcript_init512(&t, PC_LABEL_LOWDEG_LOCAL);
    transcript_fixed(&t, seed, sizeof seed);
    xof_init(x, &t);
}
