/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hints/p384_plan.h"

#include <stdlib.h>
#include <string.h>

#define SPAN        4 /* lattice vectors tried: i v1 + j v2, i to SPAN, |j| to SPAN */
#define WIDTH_POINT 5
#define WIDTH_TABLE 9
/* gas; a double-add is what it costs beside the doubling in it */
#define COST_DOUBLE     2050
#define COST_DOUBLE_ADD 1750
#define COST_ADD        2050

/* Signed digits of a number, each odd and below 2^(width-1): at most one in `width` neighbours. */
static bool recode(int16_t digit[static PC_PLAN_POWERS], const BIGNUM *number, int width)
{
    bool ok = true;
    BIGNUM *k = BN_dup(number);
    int sign = BN_is_negative(number) ? -1 : 1;
    memset(digit, 0, PC_PLAN_POWERS * sizeof(*digit));
    if (k == NULL)
        return false;
    BN_set_negative(k, 0);
    for (int power = 0; ok && !BN_is_zero(k) && power < PC_PLAN_POWERS; power++) {
        if (BN_is_odd(k)) {
            int d = 0;
            for (int i = 0; i < width; i++)
                d |= BN_is_bit_set(k, i) << i;
            if (d >> (width - 1))
                d -= 1 << width;
            digit[power] = (int16_t)(sign * d);
            ok = d > 0 ? BN_sub_word(k, (BN_ULONG)d) == 1 : BN_add_word(k, (BN_ULONG)-d) == 1;
        }
        ok = ok && BN_rshift1(k, k) == 1;
    }
    ok = ok && BN_is_zero(k);
    BN_free(k);
    return ok;
}

/* Digits of all four and what they cost. False: memory. *fits: P384 can take them. */
static bool measure(struct plan *p, bool *fits)
{
    int powers = 0;
    *fits = false;
    p->top = -1;
    p->count = 0;
    for (int k = 0; k < PC_PLAN_SCALARS; k++) {
        if (BN_num_bits(p->scalar[k]) > PC_PLAN_POWERS - 1)
            return true;
        if (!recode(p->digit[k], p->scalar[k], k < PC_PLAN_A ? WIDTH_POINT : WIDTH_TABLE))
            return false;
    }
    for (int power = 0; power < PC_PLAN_POWERS; power++) {
        bool any = false;
        for (int k = 0; k < PC_PLAN_SCALARS; k++) {
            int d = p->digit[k][power];
            if (k == PC_PLAN_B && abs(d) >= 2 * PC_PLAN_TABLE_H)
                return true;
            p->count += d != 0;
            any = any || d != 0;
        }
        powers += any;
        if (any)
            p->top = power;
        else if (power == 0)
            return true; /* the last operation has power 0 */
    }
    p->cost = COST_DOUBLE * p->top + COST_DOUBLE_ADD * powers + COST_ADD * (p->count - powers);
    *fits = p->count >= 2 && p->count <= 255;
    return true;
}

static void plan_free(struct plan *p)
{
    if (p == NULL)
        return;
    for (int k = 0; k < PC_PLAN_SCALARS; k++)
        BN_free(p->scalar[k]);
    free(p);
}

static struct plan *plan_new(void)
{
    struct plan *p = calloc(1, sizeof(*p));
    for (int k = 0; p != NULL && k < PC_PLAN_SCALARS; k++)
        if ((p->scalar[k] = BN_new()) == NULL) {
            plan_free(p);
            return NULL;
        }
    return p;
}

/* Keeps the order of equal costs. */
static void insert(struct plans *out, struct plan *p)
{
    int at = out->n++;
    for (; at > 0 && out->plan[at - 1]->cost > p->cost; at--)
        out->plan[at] = out->plan[at - 1];
    out->plan[at] = p;
}

/* g split as a + 2^192 b, a the remainder nearest to zero. */
static void split(struct calc *c, BIGNUM *a, BIGNUM *b, BIGNUM *g)
{
    BN_CTX_start(c->ctx);
    BIGNUM *t = calc_get(c), *half = calc_get(c), *whole = calc_get(c);
    if (c->ok) {
        calc_power(c, half, 191);
        calc_power(c, whole, 192);
        /* a = ((g + 2^191) mod 2^192) - 2^191 */
        calc_add(c, t, g, half);
        calc_mod(c, t, t, whole);
        calc_sub(c, a, t, half);
        calc_sub(c, t, g, a);
        calc_is(c, BN_rshift(b, t, 192) == 1);
    }
    BN_CTX_end(c->ctx);
}

/* Two short (u, w) with u s + w r = 0 modulo n: half of Euclid's algorithm on (n, ratio). */
static void short_vectors(struct calc *c, BIGNUM *u[2], BIGNUM *w[2], const BIGNUM *ratio)
{
    BN_CTX_start(c->ctx);
    BIGNUM *a = calc_get(c), *b = calc_get(c), *ta = calc_get(c), *tb = calc_get(c);
    BIGNUM *q = calc_get(c), *rest = calc_get(c), *t = calc_get(c);
    if (c->ok) {
        calc_copy(c, a, c->n);
        calc_copy(c, b, ratio);
        BN_zero(ta);
        calc_is(c, BN_one(tb) == 1);
    }
    while (c->ok) {
        calc_mul(c, t, b, b);
        bool small = c->ok && BN_cmp(t, c->n) <= 0;
        calc_is(c, BN_div(q, rest, a, b, c->ctx) == 1); /* b is not 0: gcd(n, ratio) is 1 */
        calc_mul(c, t, q, tb);
        calc_sub(c, t, ta, t);
        if (small)
            break;
        calc_copy(c, a, b);
        calc_copy(c, b, rest);
        calc_copy(c, ta, tb);
        calc_copy(c, tb, t);
    }
    if (c->ok) {
        calc_copy(c, u[0], b);
        calc_copy(c, w[0], tb);
        calc_copy(c, u[1], rest);
        calc_copy(c, w[1], t);
    }
    BN_CTX_end(c->ctx);
}

/* r := i a + j b */
static void combine(struct calc *c, BIGNUM *r, int i, const BIGNUM *a, int j, const BIGNUM *b)
{
    BN_CTX_start(c->ctx);
    BIGNUM *x = calc_get(c), *y = calc_get(c);
    if (c->ok) {
        calc_copy(c, x, a);
        calc_copy(c, y, b);
        calc_is(c, BN_mul_word(x, (BN_ULONG)i) == 1 && BN_mul_word(y, (BN_ULONG)abs(j)) == 1);
        if (j < 0)
            BN_set_negative(y, !BN_is_negative(y));
        calc_add(c, r, x, y);
    }
    BN_CTX_end(c->ctx);
}

/* a and b of a plan whose u and w are set; h_by_s = h / s modulo n. */
static void set_multiples_of_g(struct calc *c, struct plan *p, const BIGNUM *h_by_s)
{
    BN_CTX_start(c->ctx);
    BIGNUM *g = calc_get(c), *half = calc_get(c);
    if (c->ok) {
        calc_mul(c, g, p->scalar[PC_PLAN_W], h_by_s);
        BN_set_negative(g, !BN_is_negative(g));
        calc_mod(c, g, g, c->n);
        calc_is(c, BN_rshift1(half, c->n) == 1);
        if (c->ok && BN_cmp(g, half) > 0)
            calc_sub(c, g, g, c->n);
        split(c, p->scalar[PC_PLAN_A], p->scalar[PC_PLAN_B], g);
    }
    BN_CTX_end(c->ctx);
}

static void try_vector(struct plans *out, struct calc *c, int i, int j, BIGNUM *u[2], BIGNUM *w[2],
                       const BIGNUM *h_by_s)
{
    bool fits = false;
    struct plan *p = plan_new();
    calc_is(c, p != NULL);
    if (c->ok) {
        combine(c, p->scalar[PC_PLAN_U], i, u[0], j, u[1]);
        combine(c, p->scalar[PC_PLAN_W], i, w[0], j, w[1]);
        set_multiples_of_g(c, p, h_by_s);
        /* |w| < n by its length, so only 0 is 0 modulo n */
        if (c->ok && !BN_is_zero(p->scalar[PC_PLAN_W]))
            calc_is(c, measure(p, &fits));
    }
    if (c->ok && fits && out->n < PC_PLANS_MAX)
        insert(out, p);
    else
        plan_free(p);
}

void plans_make(struct plans *out, struct calc *c, const BIGNUM *h, const BIGNUM *r,
                const BIGNUM *s)
{
    out->n = 0;
    BN_CTX_start(c->ctx);
    BIGNUM *u[2] = {calc_get(c), calc_get(c)}, *w[2] = {calc_get(c), calc_get(c)};
    BIGNUM *inverse = calc_get(c), *ratio = calc_get(c);
    if (c->ok) {
        calc_inverse(c, inverse, s, c->n);
        calc_mul_mod(c, ratio, r, inverse, c->n);
        calc_sub(c, ratio, c->n, ratio); /* u = ratio w; r is not 0 modulo n */
        short_vectors(c, u, w, ratio);
        calc_mul_mod(c, inverse, h, inverse, c->n);
    }
    for (int i = 0; c->ok && i <= SPAN; i++)
        for (int j = -SPAN; c->ok && j <= SPAN; j++)
            if (i > 0 || j > 0)
                try_vector(out, c, i, j, u, w, inverse);
    BN_CTX_end(c->ctx);
}

void plans_free(struct plans *p)
{
    for (int i = 0; i < p->n; i++)
        plan_free(p->plan[i]);
    p->n = 0;
}
