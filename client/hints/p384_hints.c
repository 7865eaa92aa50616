/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hints/p384_hints.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "client/hints/p384_plan.h"

#define MULTIPLES     8 /* odd multiples of Q and of R */
#define MAX_DOUBLINGS 31
#define K1_OFFSET     220
#define K1_LEN        32
#define K2_OFFSET     400
#define K2_LEN        64

/* Operations, as P384 reads them. */
#define OP_MINUS      0x8000u
#define OP_DOUBLE_ADD 0x4000u
#define OP_TABLE      0x2000u

struct point {
    BIGNUM *x, *y;
};

struct p384_maker {
    struct calc c;
    BIGNUM *montgomery; /* (2^256 - 1)(2^255 - 1) mod p: slopes are given times this */
    EC_GROUP *group;
    struct point source[PC_PLAN_SCALARS][PC_PLAN_TABLE_G]; /* odd multiples of Q, R, G, 2^192 G */
    struct point sum, term, r;
    BIGNUM *slope, *first, *t[4];
    uint8_t *slopes; /* where the next one goes, and the end of its place */
    const uint8_t *slopes_end;
};

static const int source_size[PC_PLAN_SCALARS] = {MULTIPLES, MULTIPLES, PC_PLAN_TABLE_G,
                                                 PC_PLAN_TABLE_H};

/* ---- points */

static void copy_point(struct calc *c, struct point *to, const struct point *from)
{
    calc_copy(c, to->x, from->x);
    calc_copy(c, to->y, from->y);
}

/* m->slope := slope of the tangent at a. */
static void tangent(struct p384_maker *m, const struct point *a)
{
    struct calc *c = &m->c;
    calc_mul_mod(c, m->t[0], a->x, a->x, c->p);
    calc_is(c, BN_mul_word(m->t[0], 3) == 1 && BN_sub_word(m->t[0], 3) == 1);
    calc_add(c, m->t[1], a->y, a->y);
    calc_inverse(c, m->t[1], m->t[1], c->p);
    calc_mod(c, m->t[0], m->t[0], c->p);
    calc_mul_mod(c, m->slope, m->t[0], m->t[1], c->p);
}

/* m->slope := slope of the line through a and b. False: they have one x. */
static bool secant(struct p384_maker *m, const struct point *a, const struct point *b)
{
    struct calc *c = &m->c;
    calc_sub(c, m->t[1], b->x, a->x);
    calc_mod(c, m->t[1], m->t[1], c->p);
    if (!c->ok || BN_is_zero(m->t[1]))
        return false;
    calc_sub(c, m->t[0], b->y, a->y);
    calc_mod(c, m->t[0], m->t[0], c->p);
    calc_inverse(c, m->t[1], m->t[1], c->p);
    calc_mul_mod(c, m->slope, m->t[0], m->t[1], c->p);
    return c->ok;
}

/* out := a + b by the line of m->slope, which goes through both; out may be a. */
static void chord(struct p384_maker *m, struct point *out, const struct point *a,
                  const struct point *b)
{
    struct calc *c = &m->c;
    calc_mul_mod(c, m->t[0], m->slope, m->slope, c->p);
    calc_sub(c, m->t[0], m->t[0], a->x);
    calc_sub(c, m->t[0], m->t[0], b->x);
    calc_mod(c, m->t[0], m->t[0], c->p);
    calc_sub(c, m->t[1], a->x, m->t[0]);
    calc_mod(c, m->t[1], m->t[1], c->p);
    calc_mul_mod(c, m->t[1], m->slope, m->t[1], c->p);
    calc_sub(c, m->t[1], m->t[1], a->y);
    calc_mod(c, out->y, m->t[1], c->p);
    calc_copy(c, out->x, m->t[0]);
}

/* The slope becomes the next hint. */
static void emit(struct p384_maker *m, const BIGNUM *slope)
{
    calc_is(&m->c, m->slopes_end - m->slopes >= PC_P384_LEN);
    calc_mul_mod(&m->c, m->t[2], slope, m->montgomery, m->c.p);
    if (m->c.ok) {
        calc_is(&m->c, BN_bn2binpad(m->t[2], m->slopes, PC_P384_LEN) == PC_P384_LEN);
        m->slopes += PC_P384_LEN;
    }
}

/* out[i] := (2i + 1) out[0]; the slopes on the way are hints. */
static void odd_multiples(struct p384_maker *m, struct point *out, int n, bool hints)
{
    tangent(m, &out[0]);
    if (hints)
        emit(m, m->slope);
    chord(m, &m->term, &out[0], &out[0]);
    for (int i = 1; i < n; i++) {
        calc_is(&m->c, secant(m, &out[i - 1], &m->term));
        if (hints)
            emit(m, m->slope);
        chord(m, &out[i], &out[i - 1], &m->term);
    }
}

/* ---- ladder */

static void double_sum(struct p384_maker *m)
{
    tangent(m, &m->sum);
    emit(m, m->slope);
    chord(m, &m->sum, &m->sum, &m->sum);
}

static bool add_term(struct p384_maker *m)
{
    if (!secant(m, &m->sum, &m->term))
        return false;
    emit(m, m->slope);
    chord(m, &m->sum, &m->sum, &m->term);
    return true;
}

/* sum := 2 sum + term: the line of the second slope goes through sum and sum + term. */
static bool double_add_term(struct p384_maker *m)
{
    struct calc *c = &m->c;
    BIGNUM *between = m->t[3];
    if (!secant(m, &m->sum, &m->term))
        return false;
    emit(m, m->slope);
    calc_copy(c, m->first, m->slope);
    calc_mul_mod(c, between, m->slope, m->slope, c->p);
    calc_sub(c, between, between, m->sum.x);
    calc_sub(c, between, between, m->term.x);
    calc_mod(c, between, between, c->p);
    calc_sub(c, m->t[1], m->sum.x, between);
    calc_mod(c, m->t[1], m->t[1], c->p);
    if (!c->ok || BN_is_zero(m->t[1]))
        return false;
    /* 2y / (x - x") - first */
    calc_inverse(c, m->t[1], m->t[1], c->p);
    calc_add(c, m->t[0], m->sum.y, m->sum.y);
    calc_mul_mod(c, m->slope, m->t[0], m->t[1], c->p);
    calc_sub(c, m->slope, m->slope, m->first);
    calc_mod(c, m->slope, m->slope, c->p);
    emit(m, m->slope);
    calc_copy(c, m->term.x, between);
    chord(m, &m->sum, &m->sum, &m->term);
    return c->ok;
}

/* m->term := the point of a digit; its code in an operation. */
static unsigned load_term(struct p384_maker *m, int k, int digit)
{
    int entry = abs(digit) / 2;
    copy_point(&m->c, &m->term, &m->source[k][entry]);
    if (digit < 0)
        calc_sub(&m->c, m->term.y, m->c.p, m->term.y);
    unsigned code = k < PC_PLAN_A ? (unsigned)k << 3 : OP_TABLE | (unsigned)(k - PC_PLAN_A) << 7;
    return code | (unsigned)entry | (digit < 0 ? OP_MINUS : 0);
}

/* The operations of a plan, from the highest power down, and their slopes. False: an exceptional
 * addition or too many doublings in a row; another plan may do. */
static bool climb(struct p384_maker *m, uint8_t *op, const struct plan *p)
{
    int current = p->top, done = 0;
    for (int power = p->top; power >= 0; power--) {
        for (int k = 0; k < PC_PLAN_SCALARS; k++) {
            int digit = p->digit[k][power];
            if (digit == 0)
                continue;
            unsigned code = load_term(m, k, digit);
            bool last = ++done == p->count;
            int doublings = current - power;
            bool joined = !last && doublings > 0;
            current = power;
            doublings -= joined;
            if (doublings > MAX_DOUBLINGS)
                return false;
            if (done == 1)
                copy_point(&m->c, &m->sum, &m->term);
            for (int i = 0; i < doublings; i++)
                double_sum(m);
            if (done > 1 && !last && !(joined ? double_add_term(m) : add_term(m)))
                return false;
            code |= joined ? OP_DOUBLE_ADD : 0;
            *op++ = (uint8_t)doublings;
            *op++ = (uint8_t)(code >> 8);
            *op++ = (uint8_t)code;
        }
    }
    return m->c.ok;
}

/* (a x + b y) / n plus 2^offset. */
static void quotient(struct calc *c, uint8_t *out, int len, int offset, const BIGNUM *a,
                     const BIGNUM *x, const BIGNUM *b, const BIGNUM *y)
{
    BN_CTX_start(c->ctx);
    BIGNUM *t = calc_get(c), *v = calc_get(c);
    if (c->ok) {
        calc_mul(c, t, a, x);
        calc_mul(c, v, b, y);
        calc_add(c, t, t, v);
        calc_is(c, BN_div(t, v, t, c->n, c->ctx) == 1 && BN_is_zero(v));
        calc_power(c, v, offset);
        calc_add(c, t, t, v);
        calc_is(c, !BN_is_negative(t) && BN_bn2binpad(t, out, len) == len);
    }
    BN_CTX_end(c->ctx);
}

/* ---- one signature */

/* Numbers of a statement. */
struct numbers {
    BIGNUM *h, *r, *s, *x, *y;
};

/* m->r := the point of a good signature. False if it is bad. */
static bool verified(struct p384_maker *m, const struct numbers *v)
{
    struct calc *c = &m->c;
    bool good = false;
    if (BN_is_zero(v->r) || BN_is_zero(v->s) || BN_cmp(v->r, c->n) >= 0 ||
        BN_cmp(v->s, c->n) >= 0 || BN_cmp(v->x, c->p) >= 0 || BN_cmp(v->y, c->p) >= 0)
        return false;
    EC_POINT *q = EC_POINT_new(m->group), *sum = EC_POINT_new(m->group);
    calc_is(c, q != NULL && sum != NULL);
    /* refuses a point that is not on the curve */
    if (c->ok && EC_POINT_set_affine_coordinates(m->group, q, v->x, v->y, c->ctx) == 1) {
        calc_inverse(c, m->t[0], v->s, c->n);
        calc_mul_mod(c, m->t[1], v->h, m->t[0], c->n);
        calc_mul_mod(c, m->t[2], v->r, m->t[0], c->n);
        calc_is(c, EC_POINT_mul(m->group, sum, m->t[1], q, m->t[2], c->ctx) == 1);
        if (c->ok && !EC_POINT_is_at_infinity(m->group, sum)) {
            calc_is(c, EC_POINT_get_affine_coordinates(m->group, sum, m->r.x, m->r.y, c->ctx) == 1);
            calc_mod(c, m->t[0], m->r.x, c->n);
            good = c->ok && BN_cmp(m->t[0], v->r) == 0;
        }
    }
    EC_POINT_free(q);
    EC_POINT_free(sum);
    return good;
}

/* Hints by one plan. False: not by this one. */
static bool write_plan(struct p384_maker *m, uint8_t *out, size_t *n, const struct plan *p,
                       const struct numbers *v)
{
    struct calc *c = &m->c;
    uint8_t *w = out;
    BN_CTX_start(c->ctx);
    BIGNUM *g = calc_get(c);
    if (c->ok) {
        *w++ = BN_cmp(m->r.x, c->n) >= 0;
        *w++ = (uint8_t)p->top;
        *w++ = (uint8_t)p->count;
        calc_is(c, BN_bn2binpad(m->r.y, w, PC_P384_LEN) == PC_P384_LEN);
        w += PC_P384_LEN;
        quotient(c, w, K1_LEN, K1_OFFSET, p->scalar[PC_PLAN_U], v->s, p->scalar[PC_PLAN_W], v->r);
        w += K1_LEN;
        calc_is(c, BN_lshift(g, p->scalar[PC_PLAN_B], 192) == 1);
        calc_add(c, g, g, p->scalar[PC_PLAN_A]);
        quotient(c, w, K2_LEN, K2_OFFSET, g, v->s, p->scalar[PC_PLAN_W], v->h);
        w += K2_LEN;
    }
    BN_CTX_end(c->ctx);
    m->slopes = w + 3 * (size_t)p->count;
    m->slopes_end = out + PC_P384_HINTS_MAX;
    copy_point(c, &m->source[PC_PLAN_W][0], &m->r);
    odd_multiples(m, m->source[PC_PLAN_W], MULTIPLES, true);
    calc_copy(c, m->source[PC_PLAN_U][0].x, v->x);
    calc_copy(c, m->source[PC_PLAN_U][0].y, v->y);
    odd_multiples(m, m->source[PC_PLAN_U], MULTIPLES, true);
    bool done = climb(m, w, p);
    *n = (size_t)(m->slopes - out);
    return done;
}

enum err_code p384_hints_make(struct p384_maker *m, uint8_t out[static PC_P384_HINTS_MAX],
                              size_t *n, const struct p384_statement *st)
{
    struct calc *c = &m->c;
    struct plans plans = {.n = 0};
    enum err_code e = PC_E_NOT_FOUND;
    *n = 0;
    c->ok = true;
    BN_CTX_start(c->ctx);
    struct numbers v = {calc_get(c), calc_get(c), calc_get(c), calc_get(c), calc_get(c)};
    if (c->ok)
        calc_is(c, BN_bin2bn(st->hash, PC_P384_LEN, v.h) != NULL &&
                       BN_bin2bn(st->r, PC_P384_LEN, v.r) != NULL &&
                       BN_bin2bn(st->s, PC_P384_LEN, v.s) != NULL &&
                       BN_bin2bn(st->x, PC_P384_LEN, v.x) != NULL &&
                       BN_bin2bn(st->y, PC_P384_LEN, v.y) != NULL);
    if (c->ok && !verified(m, &v) && c->ok)
        e = PC_E_SIGNATURE;
    else if (c->ok)
        plans_make(&plans, c, v.h, v.r, v.s);
    for (int i = 0; c->ok && i < plans.n && e == PC_E_NOT_FOUND; i++)
        if (write_plan(m, out, n, plans.plan[i], &v))
            e = PC_OK;
    if (!c->ok)
        e = PC_E_MEMORY;
    if (e != PC_OK)
        *n = 0;
    plans_free(&plans);
    BN_CTX_end(c->ctx);
    return e;
}

/* ---- maker */

static void new_number(struct calc *c, BIGNUM **b)
{
    *b = BN_new();
    calc_is(c, *b != NULL);
}

static void new_point(struct calc *c, struct point *p)
{
    new_number(c, &p->x);
    new_number(c, &p->y);
}

static void set_constants(struct p384_maker *m)
{
    struct calc *c = &m->c;
    const EC_POINT *g = EC_GROUP_get0_generator(m->group);
    struct point *low = &m->source[PC_PLAN_A][0], *high = &m->source[PC_PLAN_B][0];
    calc_is(c, EC_GROUP_get_curve(m->group, c->p, NULL, NULL, c->ctx) == 1 &&
                   EC_GROUP_get_order(m->group, c->n, c->ctx) == 1 &&
                   EC_POINT_get_affine_coordinates(m->group, g, low->x, low->y, c->ctx) == 1);
    calc_power(c, m->t[0], 256);
    calc_power(c, m->t[1], 255);
    calc_is(c, BN_sub_word(m->t[0], 1) == 1 && BN_sub_word(m->t[1], 1) == 1);
    calc_mul_mod(c, m->montgomery, m->t[0], m->t[1], c->p);
    copy_point(c, high, low);
    for (int i = 0; c->ok && i < 192; i++) {
        tangent(m, high);
        chord(m, high, high, high);
    }
    odd_multiples(m, m->source[PC_PLAN_A], source_size[PC_PLAN_A], false);
    odd_multiples(m, m->source[PC_PLAN_B], source_size[PC_PLAN_B], false);
}

enum err_code p384_maker_new(struct p384_maker **out)
{
    struct p384_maker *m = calloc(1, sizeof(*m));
    *out = NULL;
    if (m == NULL)
        return PC_E_MEMORY;
    struct calc *c = &m->c;
    c->ok = true;
    c->ctx = BN_CTX_new();
    m->group = EC_GROUP_new_by_curve_name(NID_secp384r1);
    calc_is(c, c->ctx != NULL && m->group != NULL);
    BIGNUM **numbers[] = {&c->p,    &c->n,    &m->montgomery, &m->slope, &m->first,
                          &m->t[0], &m->t[1], &m->t[2],       &m->t[3]};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        new_number(c, numbers[i]);
    new_point(c, &m->sum);
    new_point(c, &m->term);
    new_point(c, &m->r);
    for (int k = 0; k < PC_PLAN_SCALARS; k++)
        for (int i = 0; i < source_size[k]; i++)
            new_point(c, &m->source[k][i]);
    if (c->ok)
        set_constants(m);
    if (!c->ok) {
        p384_maker_free(m);
        return PC_E_MEMORY;
    }
    *out = m;
    return PC_OK;
}

static void free_point(struct point *p)
{
    BN_free(p->x);
    BN_free(p->y);
}

void p384_maker_free(struct p384_maker *m)
{
    if (m == NULL)
        return;
    BN_free(m->c.p);
    BN_free(m->c.n);
    BN_free(m->montgomery);
    BN_free(m->slope);
    BN_free(m->first);
    for (size_t i = 0; i < sizeof(m->t) / sizeof(*m->t); i++)
        BN_free(m->t[i]);
    free_point(&m->sum);
    free_point(&m->term);
    free_point(&m->r);
    for (int k = 0; k < PC_PLAN_SCALARS; k++)
        for (int i = 0; i < source_size[k]; i++)
            free_point(&m->source[k][i]);
    EC_GROUP_free(m->group);
    BN_CTX_free(m->c.ctx);
    free(m);
}
