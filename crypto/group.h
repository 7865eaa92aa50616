/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group.h - one interface to a group of prime order, so that dkg/ runs over ristretto255 in
 * programs and over a tiny group in exhaustive tests and simulators.
 *
 * Scalars are 32 bytes little-endian, points 32 bytes in the group's own encoding (ristretto255:
 * RFC 9496, as RFC 9497 serialises both). Bytes from outside become a struct scalar or struct point
 * through group_scalar_decode, group_point_decode alone; these refuse whatever is not canonical,
 * and the identity. Inside, arithmetic is total: results may be the identity (32 zero bytes) or
 * zero, and the caller asks group_is_identity where that matters.
 *
 * Every operation on an operand that is not a valid encoding aborts: that value never came through
 * decode, so the program is wrong.
 *
 * Time: constant in scalars and points, except functions named _var, for public data only.
 * An out may be the same object as an operand.
 */
#ifndef PC_CRYPTO_GROUP_H
#define PC_CRYPTO_GROUP_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"

struct scalar {
    uint8_t b[32];
};
struct point {
    uint8_t b[32];
};

/* The table of operations. Call them through the inline functions below. */
struct group {
    const char *name;   /* "ristretto255" */
    const char *suite;  /* identifier in RFC 9497's context string: "ristretto255-SHA512" */
    uint32_t max_index; /* evaluation indices go up to this: min(order - 1, 65535) */
    struct point generator;

    bool (*scalar_is_canonical)(const struct scalar *s);
    void (*scalar_add)(struct scalar *out, const struct scalar *a, const struct scalar *b);
    void (*scalar_sub)(struct scalar *out, const struct scalar *a, const struct scalar *b);
    void (*scalar_mul)(struct scalar *out, const struct scalar *a, const struct scalar *b);
    void (*scalar_invert)(struct scalar *out, const struct scalar *a);
    void (*scalar_reduce)(struct scalar *out, const uint8_t wide[static 64]);

    bool (*point_is_valid)(const struct point *p);
    void (*base_mult)(struct point *out, const struct scalar *s);
    void (*mult)(struct point *out, const struct scalar *s, const struct point *p);
    void (*add)(struct point *out, const struct point *a, const struct point *b);
    void (*sub)(struct point *out, const struct point *a, const struct point *b);
    void (*sum_var)(struct point *out, const struct point *p, size_t stride, size_t n);
    void (*lincomb_var)(struct point *out, const struct scalar *s, const struct point *p, size_t n);
    void (*from_uniform)(struct point *out, const uint8_t wide[static 64]);
    /* Decode and add in one step; false, *acc untouched, for bytes that are no valid encoding. */
    bool (*accumulate)(struct point *acc, const uint8_t in[static 32]);
};

/* ristretto255, over libsodium. The only group that programs use. */
extern const struct group group_ristretto255;

/* --- scalars --- */

/* Strict: PC_E_NOT_CANONICAL unless below the order; *out is then zero. Zero passes: ask
 * scalar_is_zero where it must not be (group_scalar_decode_nonzero does). Constant time but for the
 * verdict. */
PC_MUST_USE enum err_code group_scalar_decode(const struct group *g, struct scalar *out,
                                              const uint8_t in[static 32]);
/* The same, and zero is PC_E_NOT_CANONICAL too: for secrets and shares of secrets. */
PC_MUST_USE enum err_code group_scalar_decode_nonzero(const struct group *g, struct scalar *out,
                                                      const uint8_t in[static 32]);
bool scalar_is_zero(const struct scalar *s);
bool scalar_equal(const struct scalar *a, const struct scalar *b);
static inline void scalar_wipe(struct scalar *s)
{
    pc_wipe(s, sizeof *s);
}
static inline void group_scalar_add(const struct group *g, struct scalar *out,
                                    const struct scalar *a, const struct scalar *b)
{
    g->scalar_add(out, a, b);
}
static inline void group_scalar_sub(const struct group *g, struct scalar *out,
                                    const struct scalar *a, const struct scalar *b)
{
    g->scalar_sub(out, a, b);
}
static inline void group_scalar_mul(const struct group *g, struct scalar *out,
                                    const struct scalar *a, const struct scalar *b)
{
    g->scalar_mul(out, a, b);
}
/* a^-1; of zero a bug (aborts): whoever inverts has excluded it. */
static inline void group_scalar_invert(const struct group *g, struct scalar *out,
                                       const struct scalar *a)
{
    g->scalar_invert(out, a);
}
void group_scalar_neg(const struct group *g, struct scalar *out, const struct scalar *a);
/* v mod order. */
void group_scalar_from_u64(const struct group *g, struct scalar *out, uint64_t v);
/* 64 bytes little-endian mod order: uniform if they are. */
static inline void group_scalar_reduce(const struct group *g, struct scalar *out,
                                       const uint8_t wide[static 64])
{
    g->scalar_reduce(out, wide);
}
/* Uniform and never zero (64 bytes of r, reduced; again if zero). Aborts when r gives zero a
 * hundred times: then it is no randomness. */
void group_scalar_random(const struct group *g, struct scalar *out, struct rng *r);

/* --- points --- */

/* Strict: PC_E_NOT_CANONICAL unless the canonical encoding of an element; PC_E_IDENTITY for the
 * identity. *out is zeroed on error. */
PC_MUST_USE enum err_code group_point_decode(const struct group *g, struct point *out,
                                             const uint8_t in[static 32]);
/* As group_point_decode, and the point is added to *acc (untouched on error): an addition decodes
 * its operands anyway, so summing n points from outside costs n decodings less. Public data. */
PC_MUST_USE enum err_code group_accumulate_var(const struct group *g, struct point *acc,
                                               const uint8_t in[static 32]);
bool group_is_identity(const struct point *p);
bool group_point_equal(const struct point *a, const struct point *b);
/* s*G. */
static inline void group_base_mult(const struct group *g, struct point *out, const struct scalar *s)
{
    g->base_mult(out, s);
}
/* s*P. */
static inline void group_mult(const struct group *g, struct point *out, const struct scalar *s,
                              const struct point *p)
{
    g->mult(out, s, p);
}
static inline void group_add(const struct group *g, struct point *out, const struct point *a,
                             const struct point *b)
{
    g->add(out, a, b);
}
static inline void group_sub(const struct group *g, struct point *out, const struct point *a,
                             const struct point *b)
{
    g->sub(out, a, b);
}
/* Sum of p[0], p[stride], ... p[(n-1)*stride]; of none: the identity. */
static inline void group_sum_var(const struct group *g, struct point *out, const struct point *p,
                                 size_t stride, size_t n)
{
    g->sum_var(out, p, stride, n);
}
/* Sum of s[i]*p[i]; of none: the identity. Public scalars and points. */
static inline void group_lincomb_var(const struct group *g, struct point *out,
                                     const struct scalar *s, const struct point *p, size_t n)
{
    g->lincomb_var(out, s, p, n);
}
/* The group's map from 64 uniform bytes (RFC 9496 4.3.4). May give the identity (probability
 * 2^-250 in ristretto255): callers check. */
static inline void group_from_uniform(const struct group *g, struct point *out,
                                      const uint8_t wide[static 64])
{
    g->from_uniform(out, wide);
}

#endif
