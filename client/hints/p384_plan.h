/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p384_plan.h - which integers u, w, a, b of the relation to use, and their signed digits.
 * Private to client/hints.
 */
#ifndef PC_CLIENT_HINTS_P384_PLAN_H
#define PC_CLIENT_HINTS_P384_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "client/hints/p384_calc.h"

#define PC_PLAN_POWERS  201 /* P384 takes powers of two up to 2^200 */
#define PC_PLAN_TABLE_G 128
#define PC_PLAN_TABLE_H 127 /* of 2^192 G: the code of one contract has no room for the last */

enum plan_scalar { PC_PLAN_U, PC_PLAN_W, PC_PLAN_A, PC_PLAN_B, PC_PLAN_SCALARS };

/* A candidate; cost is gas, roughly. */
struct plan {
    int cost;
    int top;   /* highest power with a digit */
    int count; /* digits in all */
    int16_t digit[PC_PLAN_SCALARS][PC_PLAN_POWERS];
    BIGNUM *scalar[PC_PLAN_SCALARS];
};

#define PC_PLANS_MAX 64
struct plans {
    struct plan *plan[PC_PLANS_MAX]; /* cheapest first */
    int n;
};

/* All candidates for u s + w r = 0 and (a + 2^192 b) s + w h = 0 modulo n; r, s in [1, n). After a
 * failure c->ok is false. */
void plans_make(struct plans *out, struct calc *c, const BIGNUM *h, const BIGNUM *r,
                const BIGNUM *s);
void plans_free(struct plans *p);

#endif
