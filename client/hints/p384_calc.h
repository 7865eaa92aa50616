/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p384_calc.h - OpenSSL's numbers with one flag instead of a check per call: after a failure
 * (memory; no inverse) results mean nothing and ok is false. Private to client/hints.
 */
#ifndef PC_CLIENT_HINTS_P384_CALC_H
#define PC_CLIENT_HINTS_P384_CALC_H

#include <stdbool.h>

#include <openssl/bn.h>

struct calc {
    BN_CTX *ctx;
    BIGNUM *p, *n; /* of the field, of the group */
    bool ok;
};

static inline void calc_is(struct calc *c, bool ok)
{
    c->ok = c->ok && ok;
}

static inline void calc_add(struct calc *c, BIGNUM *r, const BIGNUM *a, const BIGNUM *b)
{
    calc_is(c, c->ok && BN_add(r, a, b) == 1);
}

static inline void calc_sub(struct calc *c, BIGNUM *r, const BIGNUM *a, const BIGNUM *b)
{
    calc_is(c, c->ok && BN_sub(r, a, b) == 1);
}

static inline void calc_mul(struct calc *c, BIGNUM *r, const BIGNUM *a, const BIGNUM *b)
{
    calc_is(c, c->ok && BN_mul(r, a, b, c->ctx) == 1);
}

/* Remainder in [0, m). */
static inline void calc_mod(struct calc *c, BIGNUM *r, const BIGNUM *a, const BIGNUM *m)
{
    calc_is(c, c->ok && BN_nnmod(r, a, m, c->ctx) == 1);
}

static inline void calc_mul_mod(struct calc *c, BIGNUM *r, const BIGNUM *a, const BIGNUM *b,
                                const BIGNUM *m)
{
    calc_is(c, c->ok && BN_mod_mul(r, a, b, m, c->ctx) == 1);
}

static inline void calc_inverse(struct calc *c, BIGNUM *r, const BIGNUM *a, const BIGNUM *m)
{
    calc_is(c, c->ok && BN_mod_inverse(r, a, m, c->ctx) != NULL);
}

static inline void calc_copy(struct calc *c, BIGNUM *r, const BIGNUM *a)
{
    calc_is(c, c->ok && BN_copy(r, a) != NULL);
}

/* 2^power */
static inline void calc_power(struct calc *c, BIGNUM *r, int power)
{
    BN_zero(r);
    calc_is(c, c->ok && BN_set_bit(r, power) == 1);
}

/* A number that lives until BN_CTX_end; after a failure some number that is never used. */
static inline BIGNUM *calc_get(struct calc *c)
{
    BIGNUM *b = BN_CTX_get(c->ctx);
    calc_is(c, b != NULL);
    return b;
}

#endif
