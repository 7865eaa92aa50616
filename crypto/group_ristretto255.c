/* SPDX-License-Identifier: Apache-2.0 */
/* libsodium does the arithmetic; what it accepts too much of (s + order, the identity as an operand
 * of unknown origin) is refused here and in group.c. It returns -1 for an invalid operand and for a
 * result that is the identity: the two are told apart. */
#include <sodium.h>

#include "base/ct.h"
#include "crypto/group.h"

_Static_assert(crypto_core_ristretto255_BYTES == sizeof(struct point), "point size");
_Static_assert(crypto_core_ristretto255_SCALARBYTES == sizeof(struct scalar), "scalar size");

/* 2^252 + 27742317777372353535851937790883648493, little-endian. */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* Subtract the order and look at the borrow: one pass, whatever the bytes are. */
static bool scalar_is_canonical(const struct scalar *s)
{
    uint32_t borrow = 0;
    for (size_t i = 0; i < 32; i++)
        borrow = ((uint32_t)s->b[i] - order[i] - borrow) >> 31;
    return borrow == 1;
}

static void scalar_add(struct scalar *out, const struct scalar *a, const struct scalar *b)
{
    crypto_core_ristretto255_scalar_add(out->b, a->b, b->b);
}

static void scalar_sub(struct scalar *out, const struct scalar *a, const struct scalar *b)
{
    crypto_core_ristretto255_scalar_sub(out->b, a->b, b->b);
}

static void scalar_mul(struct scalar *out, const struct scalar *a, const struct scalar *b)
{
    crypto_core_ristretto255_scalar_mul(out->b, a->b, b->b);
}

static void scalar_invert(struct scalar *out, const struct scalar *a)
{
    struct scalar in = *a;
    int rc = crypto_core_ristretto255_scalar_invert(out->b, in.b);
    scalar_wipe(&in);
    ct_public(&rc, sizeof rc); /* whether it was zero, which is a bug */
    PC_ASSERT(rc == 0);
}

static void scalar_reduce(struct scalar *out, const uint8_t wide[static 64])
{
    crypto_core_ristretto255_scalar_reduce(out->b, wide);
}

/* libsodium 1.0.18 looks at 255 bits: with the top bit set, the same element would have a second
 * encoding, so two blobs or proofs that differ in bytes would mean the same. */
static bool point_is_valid(const struct point *p)
{
    return p->b[31] >> 7 == 0 && crypto_core_ristretto255_is_valid_point(p->b) == 1;
}

static void base_mult(struct point *out, const struct scalar *s)
{
    struct point q = {{0}};
    int rc = crypto_scalarmult_ristretto255_base(q.b, s->b);
    ct_public(&rc, sizeof rc); /* whether the scalar was zero: one value in 2^252 */
    if (rc != 0)
        pc_wipe(&q, sizeof q);
    *out = q;
    pc_wipe(&q, sizeof q);
}

static void mult(struct point *out, const struct scalar *s, const struct point *p)
{
    struct point q = {{0}};
    int rc = crypto_scalarmult_ristretto255(q.b, s->b, p->b);
    ct_public(&rc, sizeof rc); /* whether the result is the identity, or p was invalid */
    if (rc != 0) {
        PC_ASSERT(point_is_valid(p));
        pc_wipe(&q, sizeof q);
    }
    *out = q;
    pc_wipe(&q, sizeof q);
}

static void add(struct point *out, const struct point *a, const struct point *b)
{
    PC_ASSERT(crypto_core_ristretto255_add(out->b, a->b, b->b) == 0);
}

static void sub(struct point *out, const struct point *a, const struct point *b)
{
    PC_ASSERT(crypto_core_ristretto255_sub(out->b, a->b, b->b) == 0);
}

static void sum_var(struct point *out, const struct point *p, size_t stride, size_t n)
{
    struct point acc = {{0}};
    for (size_t i = 0; i < n; i++)
        add(&acc, &acc, &p[i * stride]);
    *out = acc;
}

static void lincomb_var(struct point *out, const struct scalar *s, const struct point *p, size_t n)
{
    struct point acc = {{0}}, term;
    for (size_t i = 0; i < n; i++) {
        mult(&term, &s[i], &p[i]);
        add(&acc, &acc, &term);
    }
    *out = acc;
    pc_wipe(&term, sizeof term);
    pc_wipe(&acc, sizeof acc);
}

/* libsodium's addition refuses operands that are not canonical encodings. */
static bool accumulate(struct point *acc, const uint8_t in[static 32])
{
    struct point sum;
    if (in[31] >> 7 != 0 || crypto_core_ristretto255_add(sum.b, acc->b, in) != 0)
        return false; /* the top bit: see point_is_valid */
    *acc = sum;
    return true;
}

static void from_uniform(struct point *out, const uint8_t wide[static 64])
{
    PC_ASSERT(crypto_core_ristretto255_from_hash(out->b, wide) == 0);
}

const struct group group_ristretto255 = {
    .name = "ristretto255",
    .suite = "ristretto255-SHA512",
    .max_index = 65535,
    .generator = {{0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9,
                   0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82,
                   0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76}},
    .scalar_is_canonical = scalar_is_canonical,
    .scalar_add = scalar_add,
    .scalar_sub = scalar_sub,
    .scalar_mul = scalar_mul,
    .scalar_invert = scalar_invert,
    .scalar_reduce = scalar_reduce,
    .point_is_valid = point_is_valid,
    .base_mult = base_mult,
    .mult = mult,
    .add = add,
    .sub = sub,
    .sum_var = sum_var,
    .lincomb_var = lincomb_var,
    .from_uniform = from_uniform,
    .accumulate = accumulate,
};
