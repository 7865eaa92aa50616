/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/group_tiny.h"

/* A point is its logarithm, with this in the last byte; the identity is all zeros as everywhere. */
#define POINT_MARK 0x54

static uint64_t load(const uint8_t b[static 32])
{
    return load_le64(b);
}

static void store_scalar(struct scalar *out, uint64_t v)
{
    memset(out->b, 0, sizeof out->b);
    store_le64(out->b, v);
}

static void store_point(struct point *out, uint64_t v)
{
    memset(out->b, 0, sizeof out->b);
    store_le64(out->b, v);
    out->b[31] = v == 0 ? 0 : POINT_MARK;
}

uint64_t group_tiny_log(const struct point *p)
{
    return load(p->b);
}

static uint64_t mul_mod(uint64_t a, uint64_t b, uint64_t q)
{
    return (uint64_t)((unsigned __int128)a * b % q);
}

static uint64_t invert_mod(uint64_t a, uint64_t q)
{
    PC_ASSERT(a != 0);
    uint64_t r = 1;
    for (uint64_t e = q - 2; e != 0; e >>= 1) {
        if ((e & 1) != 0)
            r = mul_mod(r, a, q);
        a = mul_mod(a, a, q);
    }
    return r;
}

static bool scalar_ok(const struct scalar *s, uint64_t q)
{
    return load(s->b) < q && bytes_all_zero_var(bytes_of(s->b + 8, 24));
}

static bool point_ok(const struct point *p, uint64_t q)
{
    if (bytes_all_zero_var(bytes_of(p->b, 32)))
        return true;
    return load(p->b) != 0 && load(p->b) < q && p->b[31] == POINT_MARK &&
           bytes_all_zero_var(bytes_of(p->b + 8, 23));
}

static uint64_t reduce_mod(const uint8_t wide[static 64], uint64_t q)
{
    uint64_t r = 0;
    for (size_t i = 64; i-- > 0;)
        r = (uint64_t)((((unsigned __int128)r << 8) | wide[i]) % q);
    return r;
}

static uint64_t log_of(const struct point *p, uint64_t q)
{
    PC_ASSERT(point_ok(p, q));
    return load(p->b);
}

/* One set of operations per order. */
#define TINY_GROUP(SUFFIX, ORDER, MAX_INDEX)                                                       \
    static bool canonical_##SUFFIX(const struct scalar *s)                                         \
    {                                                                                              \
        return scalar_ok(s, ORDER);                                                                \
    }                                                                                              \
    static void sadd_##SUFFIX(struct scalar *o, const struct scalar *a, const struct scalar *b)    \
    {                                                                                              \
        store_scalar(o, (load(a->b) + load(b->b)) % (ORDER));                                      \
    }                                                                                              \
    static void ssub_##SUFFIX(struct scalar *o, const struct scalar *a, const struct scalar *b)    \
    {                                                                                              \
        store_scalar(o, (load(a->b) + (ORDER)-load(b->b)) % (ORDER));                              \
    }                                                                                              \
    static void smul_##SUFFIX(struct scalar *o, const struct scalar *a, const struct scalar *b)    \
    {                                                                                              \
        store_scalar(o, mul_mod(load(a->b), load(b->b), ORDER));                                   \
    }                                                                                              \
    static void sinv_##SUFFIX(struct scalar *o, const struct scalar *a)                            \
    {                                                                                              \
        store_scalar(o, invert_mod(load(a->b), ORDER));                                            \
    }                                                                                              \
    static void sred_##SUFFIX(struct scalar *o, const uint8_t wide[static 64])                     \
    {                                                                                              \
        store_scalar(o, reduce_mod(wide, ORDER));                                                  \
    }                                                                                              \
    static bool valid_##SUFFIX(const struct point *p)                                              \
    {                                                                                              \
        return point_ok(p, ORDER);                                                                 \
    }                                                                                              \
    static void base_##SUFFIX(struct point *o, const struct scalar *s)                             \
    {                                                                                              \
        store_point(o, load(s->b));                                                                \
    }                                                                                              \
    static void mult_##SUFFIX(struct point *o, const struct scalar *s, const struct point *p)      \
    {                                                                                              \
        store_point(o, mul_mod(load(s->b), log_of(p, ORDER), ORDER));                              \
    }                                                                                              \
    static void add_##SUFFIX(struct point *o, const struct point *a, const struct point *b)        \
    {                                                                                              \
        store_point(o, (log_of(a, ORDER) + log_of(b, ORDER)) % (ORDER));                           \
    }                                                                                              \
    static void sub_##SUFFIX(struct point *o, const struct point *a, const struct point *b)        \
    {                                                                                              \
        store_point(o, (log_of(a, ORDER) + (ORDER)-log_of(b, ORDER)) % (ORDER));                   \
    }                                                                                              \
    static void sum_##SUFFIX(struct point *o, const struct point *p, size_t stride, size_t n)      \
    {                                                                                              \
        uint64_t acc = 0;                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            acc = (acc + log_of(&p[i * stride], ORDER)) % (ORDER);                                 \
        store_point(o, acc);                                                                       \
    }                                                                                              \
    static void lincomb_##SUFFIX(struct point *o, const struct scalar *s, const struct point *p,   \
                                 size_t n)                                                         \
    {                                                                                              \
        uint64_t acc = 0;                                                                          \
        for (size_t i = 0; i < n; i++)                                                             \
            acc = (acc + mul_mod(load(s[i].b), log_of(&p[i], ORDER), ORDER)) % (ORDER);            \
        store_point(o, acc);                                                                       \
    }                                                                                              \
    static void uniform_##SUFFIX(struct point *o, const uint8_t wide[static 64])                   \
    {                                                                                              \
        store_point(o, reduce_mod(wide, ORDER));                                                   \
    }                                                                                              \
    static bool acc_##SUFFIX(struct point *acc, const uint8_t in[static 32])                       \
    {                                                                                              \
        struct point p;                                                                            \
        memcpy(p.b, in, sizeof p.b);                                                               \
        if (!point_ok(&p, ORDER))                                                                  \
            return false;                                                                          \
        add_##SUFFIX(acc, acc, &p);                                                                \
        return true;                                                                               \
    }                                                                                              \
    const struct group group_tiny##SUFFIX = {                                                      \
        .name = "tiny" #SUFFIX,                                                                    \
        .suite = "tiny" #SUFFIX "-SHA512",                                                         \
        .max_index = (MAX_INDEX),                                                                  \
        .generator = {{[0] = 1, [31] = POINT_MARK}},                                               \
        .scalar_is_canonical = canonical_##SUFFIX,                                                 \
        .scalar_add = sadd_##SUFFIX,                                                               \
        .scalar_sub = ssub_##SUFFIX,                                                               \
        .scalar_mul = smul_##SUFFIX,                                                               \
        .scalar_invert = sinv_##SUFFIX,                                                            \
        .scalar_reduce = sred_##SUFFIX,                                                            \
        .point_is_valid = valid_##SUFFIX,                                                          \
        .base_mult = base_##SUFFIX,                                                                \
        .mult = mult_##SUFFIX,                                                                     \
        .add = add_##SUFFIX,                                                                       \
        .sub = sub_##SUFFIX,                                                                       \
        .sum_var = sum_##SUFFIX,                                                                   \
        .lincomb_var = lincomb_##SUFFIX,                                                           \
        .from_uniform = uniform_##SUFFIX,                                                          \
        .accumulate = acc_##SUFFIX,                                                                \
    };

TINY_GROUP(61, UINT64_C(0x1fffffffffffffff), 65535)
TINY_GROUP(13, UINT64_C(13), 12)
TINY_GROUP(5, UINT64_C(5), 4)
