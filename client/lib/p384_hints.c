/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The order of everything is that of contracts/test/reference/p384_hints.py: the same bytes come
 * out. Why the hints say what they say stands in contracts/src/evidence/P384.sol.
 *
 * A BIGNUM operation fails for want of memory alone; `failed` remembers it, and it is looked at
 * where something is decided and at the end.
 */
#include "client/lib/p384_hints.h"

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "base/buf.h"

#define WIDTH_POINT 5 /* non-adjacent forms: of u and w, and of a and b */
#define WIDTH_TABLE 9
#define SPAN        4 /* lattice vectors tried: i v1 + j v2, i in 0..SPAN, j in -SPAN..SPAN */
#define PLANS       ((SPAN + 1) * (2 * SPAN + 1))
#define SCALAR_BITS 200 /* most of u and w; of a and b 193 */
#define POWERS      (SCALAR_BITS + 1)
#define ITEMS_MAX   255
#define HEAD_LEN    147
#define MULTIPLES   8   /* P, 3P .. 15P */
#define TABLE_H     127 /* odd multiples of 2^192 G that the contract's table has */

/* Gas; of a double-add what it costs beside its doubling. */
#define GAS_DOUBLE     2050
#define GAS_DOUBLE_ADD 1750
#define GAS_ADD        2050

enum { Q, R, G, H, POINTS }; /* H: 2^192 G. Scalars u, w, a, b in this order */

struct point {
    BIGNUM *x, *y;
};

struct plan {
    long cost;
    size_t count, max;
    BIGNUM *scalar[POINTS];
    int16_t digit[POWERS][POINTS]; /* 0: none */
};

struct work {
    bool failed;
    BN_CTX *bn;
    EC_GROUP *curve;
    const BIGNUM *p, *n;
    BIGNUM *mont, *h, *r, *s, *t[8];
    BIGNUM *v[2][2]; /* two short vectors (u, w) */
    EC_POINT *base[POINTS];
    struct point of[2][MULTIPLES]; /* of Q and R */
    struct point sum, term, next;
    struct writer out;
};

static BIGNUM *fresh(struct work *f)
{
    BIGNUM *b = BN_CTX_get(f->bn);
    f->failed |= b == NULL;
    return b;
}

static void did(struct work *f, int ok)
{
    f->failed |= ok != 1;
}

/* ---- modulo p */

static void mul(struct work *f, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
    did(f, BN_mod_mul(out, a, b, f->p, f->bn));
}

static void sub(struct work *f, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
    did(f, BN_mod_sub(out, a, b, f->p, f->bn));
}

/* a / b; false: b is zero. */
static bool divide(struct work *f, BIGNUM *out, const BIGNUM *a, const BIGNUM *b)
{
    if (BN_is_zero(b))
        return false;
    did(f, BN_mod_inverse(f->t[7], b, f->p, f->bn) != NULL);
    mul(f, out, a, f->t[7]);
    return true;
}

static void set(struct work *f, struct point *to, const struct point *from)
{
    did(f, BN_copy(to->x, from->x) != NULL && BN_copy(to->y, from->y) != NULL);
}

/* Third point on the line through a and b, mirrored. `to` may be one of them. */
static void chord(struct work *f, struct point *to, const struct point *a, const struct point *b,
                  const BIGNUM *slope)
{
    BIGNUM *x = f->t[5], *y = f->t[6];
    mul(f, x, slope, slope);
    sub(f, x, x, a->x);
    sub(f, x, x, b->x);
    sub(f, y, a->x, x);
    mul(f, y, slope, y);
    sub(f, y, y, a->y);
    did(f, BN_copy(to->x, x) != NULL && BN_copy(to->y, y) != NULL);
}

/* (3 x^2 - 3) / 2 y; no point of the curve has y = 0. */
static void tangent(struct work *f, BIGNUM *out, const struct point *a)
{
    BIGNUM *num = f->t[5], *den = f->t[6];
    mul(f, num, a->x, a->x);
    did(f, BN_sub_word(num, 1) == 1 && BN_mul_word(num, 3) == 1);
    did(f, BN_mod_lshift1(den, a->y, f->p, f->bn));
    did(f, BN_nnmod(num, num, f->p, f->bn));
    f->failed |= !divide(f, out, num, den);
}

static bool slope_of(struct work *f, BIGNUM *out, const struct point *a, const struct point *b)
{
    sub(f, f->t[5], b->y, a->y);
    sub(f, f->t[6], b->x, a->x);
    return divide(f, out, f->t[5], f->t[6]);
}

static void put_number(struct work *f, const BIGNUM *v, int len)
{
    uint8_t b[64];
    if (f->failed)
        return;
    did(f, BN_bn2binpad(v, b, len) == len);
    write_bytes(&f->out, b, (size_t)len);
}

static void put_slope(struct work *f, const BIGNUM *slope)
{
    mul(f, f->t[5], slope, f->mont);
    put_number(f, f->t[5], 48);
}

/* ---- the signature */

static void coordinates(struct work *f, struct point *out, const EC_POINT *p)
{
    did(f, EC_POINT_get_affine_coordinates(f->curve, p, out->x, out->y, f->bn));
}

static bool in_range(const struct work *f, const BIGNUM *v)
{
    return !BN_is_zero(v) && BN_cmp(v, f->n) < 0;
}

/* Is it one? Then base[] and of[][0] are set. */
static bool verified(struct work *f, const uint8_t key[static 96])
{
    BIGNUM *u = f->t[0], *v = f->t[1], *i = f->t[2];
    struct point *q = &f->of[Q][0], *r = &f->of[R][0];
    did(f, BN_bin2bn(key, 48, q->x) != NULL && BN_bin2bn(key + 48, 48, q->y) != NULL);
    if (f->failed || !in_range(f, f->r) || !in_range(f, f->s) || BN_cmp(q->x, f->p) >= 0 ||
        BN_cmp(q->y, f->p) >= 0 ||
        EC_POINT_set_affine_coordinates(f->curve, f->base[Q], q->x, q->y, f->bn) != 1)
        return false;
    did(f, BN_mod_inverse(i, f->s, f->n, f->bn) != NULL);
    did(f, BN_mod_mul(u, f->h, i, f->n, f->bn));
    did(f, BN_mod_mul(v, f->r, i, f->n, f->bn));
    did(f, EC_POINT_mul(f->curve, f->base[R], u, f->base[Q], v, f->bn));
    did(f, EC_POINT_copy(f->base[G], EC_GROUP_get0_generator(f->curve)));
    did(f, BN_set_word(u, 0) == 1 && BN_set_bit(u, 192) == 1);
    did(f, EC_POINT_mul(f->curve, f->base[H], u, NULL, NULL, f->bn));
    if (f->failed || EC_POINT_is_at_infinity(f->curve, f->base[R]))
        return false;
    coordinates(f, r, f->base[R]);
    did(f, BN_nnmod(u, r->x, f->n, f->bn));
    return !f->failed && BN_cmp(u, f->r) == 0;
}

/* ---- plans: integers with u s + w r = 0 and (a + 2^192 b) s + w h = 0 modulo n */

/* Half of Euclid's algorithm on (n, -r/s). */
static void short_vectors(struct work *f)
{
    BIGNUM *a = fresh(f), *b = fresh(f), *ta = fresh(f), *tb = fresh(f), *q = fresh(f),
           *rest = fresh(f), *t = fresh(f);
    if (f->failed)
        return;
    did(f, BN_mod_inverse(t, f->s, f->n, f->bn) != NULL);
    did(f, BN_mod_mul(b, t, f->r, f->n, f->bn));
    did(f, BN_sub(b, f->n, b));
    did(f, BN_copy(a, f->n) != NULL);
    did(f, BN_set_word(ta, 0) == 1 && BN_set_word(tb, 1) == 1);
    for (bool last = false; !f->failed && !last;) {
        did(f, BN_sqr(t, b, f->bn));
        last = BN_cmp(t, f->n) <= 0;
        if (last) {
            did(f, BN_copy(f->v[0][0], b) != NULL && BN_copy(f->v[0][1], tb) != NULL);
            if (BN_is_zero(b)) {
                did(f, BN_copy(f->v[1][0], a) != NULL && BN_copy(f->v[1][1], ta) != NULL);
                return;
            }
        }
        did(f, BN_div(q, rest, a, b, f->bn));
        did(f, BN_mul(t, q, tb, f->bn) == 1 && BN_sub(t, ta, t) == 1);
        did(f, BN_copy(a, b) != NULL && BN_copy(b, rest) != NULL);
        did(f, BN_copy(ta, tb) != NULL && BN_copy(tb, t) != NULL);
    }
    did(f, BN_copy(f->v[1][0], b) != NULL && BN_copy(f->v[1][1], tb) != NULL);
}

/* out = i x + j y */
static void combine(struct work *f, BIGNUM *out, int i, const BIGNUM *x, int j, const BIGNUM *y)
{
    BIGNUM *t = f->t[7];
    did(f, BN_copy(out, x) != NULL && BN_mul_word(out, (BN_ULONG)i) == 1);
    did(f, BN_copy(t, y) != NULL && BN_mul_word(t, (BN_ULONG)(j < 0 ? -j : j)) == 1);
    did(f, j < 0 ? BN_sub(out, out, t) : BN_add(out, out, t));
}

/* g in (-n/2, n/2] as low + 2^192 high with low in [-2^191, 2^191). */
static void split(struct work *f, BIGNUM *low, BIGNUM *high, BIGNUM *g)
{
    BIGNUM *half = f->t[6];
    did(f, BN_rshift1(half, f->n));
    if (BN_cmp(g, half) > 0)
        did(f, BN_sub(g, g, f->n));
    did(f, BN_set_word(half, 0) == 1 && BN_set_bit(half, 191) == 1);
    did(f, BN_set_word(high, 0) == 1 && BN_set_bit(high, 192) == 1);
    did(f, BN_add(low, g, half) == 1 && BN_nnmod(low, low, high, f->bn) == 1);
    did(f, BN_sub(low, low, half));
    did(f, BN_sub(high, g, low) == 1 && BN_rshift(high, high, 192) == 1);
}

/* Non-adjacent form into column k of the plan. */
static void digits(struct work *f, struct plan *p, unsigned k, unsigned width)
{
    BIGNUM *v = f->t[7];
    int sign = BN_is_negative(p->scalar[k]) ? -1 : 1;
    did(f, BN_copy(v, p->scalar[k]) != NULL);
    BN_set_negative(v, 0);
    for (size_t power = 0; !f->failed && !BN_is_zero(v); power++) {
        if (BN_is_odd(v)) {
            int d = (int)BN_mod_word(v, (BN_ULONG)1 << width);
            if (d >> (width - 1) != 0)
                d -= 1 << width;
            PC_ASSERT(power < POWERS);
            p->digit[power][k] = (int16_t)(sign * d);
            did(f, d < 0 ? BN_add_word(v, (BN_ULONG)-d) : BN_sub_word(v, (BN_ULONG)d));
        }
        did(f, BN_rshift1(v, v));
    }
}

static void price(struct plan *p)
{
    size_t powers = 0;
    p->count = p->max = 0;
    for (size_t i = 0; i < POWERS; i++) {
        size_t here = 0;
        for (unsigned k = 0; k < POINTS; k++)
            here += p->digit[i][k] != 0;
        p->count += here;
        powers += here != 0;
        if (here != 0)
            p->max = i;
    }
    p->cost = (long)(GAS_DOUBLE * p->max + GAS_DOUBLE_ADD * powers + GAS_ADD * (p->count - powers));
}

/* Can the contract walk it? The first operation starts the sum, the last one has no doubling in
 * it; its table of 2^192 G lacks the last entry. */
static bool walkable(const struct plan *p)
{
    bool lowest = false;
    for (unsigned k = 0; k < POINTS; k++)
        lowest |= p->digit[0][k] != 0;
    for (size_t i = 0; i < POWERS; i++)
        if (abs(p->digit[i][H]) >= 2 * TABLE_H)
            return false;
    return lowest && p->count <= ITEMS_MAX;
}

/* False: no such plan. */
static bool make_plan(struct work *f, struct plan *p, int i, int j)
{
    BIGNUM *g = f->t[0];
    memset(p->digit, 0, sizeof p->digit);
    for (unsigned k = 0; k < POINTS; k++)
        p->scalar[k] = fresh(f);
    if (f->failed)
        return false;
    combine(f, p->scalar[Q], i, f->v[0][0], j, f->v[1][0]);
    combine(f, p->scalar[R], i, f->v[0][1], j, f->v[1][1]);
    did(f, BN_nnmod(g, p->scalar[R], f->n, f->bn));
    if (f->failed || BN_is_zero(g) || BN_num_bits(p->scalar[Q]) > SCALAR_BITS ||
        BN_num_bits(p->scalar[R]) > SCALAR_BITS)
        return false;
    did(f, BN_mod_inverse(f->t[1], f->s, f->n, f->bn) != NULL);
    did(f, BN_mod_mul(f->t[1], f->t[1], f->h, f->n, f->bn));
    did(f, BN_mod_mul(g, g, f->t[1], f->n, f->bn));
    if (!BN_is_zero(g))
        did(f, BN_sub(g, f->n, g));
    split(f, p->scalar[G], p->scalar[H], g);
    for (unsigned k = 0; k < POINTS; k++)
        digits(f, p, k, k < G ? WIDTH_POINT : WIDTH_TABLE);
    price(p);
    return walkable(p);
}

static size_t make_plans(struct work *f, struct plan plan[static PLANS])
{
    size_t n = 0;
    short_vectors(f);
    for (int i = 0; i <= SPAN; i++)
        for (int j = -SPAN; j <= SPAN && !f->failed; j++)
            if (!(i == 0 && j <= 0) && make_plan(f, &plan[n], i, j))
                n++;
    return n;
}

/* The cheapest that is not used yet; of two the first. */
static struct plan *next_plan(struct plan *plan, size_t n)
{
    struct plan *best = NULL;
    for (size_t i = 0; i < n; i++)
        if (plan[i].cost != 0 && (best == NULL || plan[i].cost < best->cost))
            best = &plan[i];
    return best;
}

/* ---- the ladder */

/* P, 3P .. 15P of Q or R, and the slopes that lead there. */
static bool multiples(struct work *f, struct point p[static MULTIPLES])
{
    BIGNUM *slope = f->t[0];
    tangent(f, slope, &p[0]);
    put_slope(f, slope);
    chord(f, &f->next, &p[0], &p[0], slope);
    for (size_t i = 1; i < MULTIPLES; i++) {
        if (!slope_of(f, slope, &p[i - 1], &f->next))
            return false;
        put_slope(f, slope);
        chord(f, &p[i], &p[i - 1], &f->next, slope);
    }
    return true;
}

/* The point of an item: |digit| times the base, mirrored for a negative one. */
static void take_term(struct work *f, unsigned k, int digit, EC_POINT *room)
{
    unsigned d = (unsigned)abs(digit);
    if (k < G)
        set(f, &f->term, &f->of[k][d / 2]);
    else {
        did(f, BN_set_word(f->t[0], d));
        did(f, EC_POINT_mul(f->curve, room, NULL, f->base[k], f->t[0], f->bn));
        coordinates(f, &f->term, room);
    }
    if (digit < 0)
        did(f, BN_sub(f->term.y, f->p, f->term.y));
}

static void double_sum(struct work *f)
{
    tangent(f, f->t[0], &f->sum);
    put_slope(f, f->t[0]);
    chord(f, &f->sum, &f->sum, &f->sum, f->t[0]);
}

/* sum + term */
static bool add_term(struct work *f)
{
    if (!slope_of(f, f->t[0], &f->sum, &f->term))
        return false;
    put_slope(f, f->t[0]);
    chord(f, &f->sum, &f->sum, &f->term, f->t[0]);
    return true;
}

/* 2 sum + term, without the y of sum + term. */
static bool double_add(struct work *f)
{
    BIGNUM *first = f->t[0], *second = f->t[1], *num = f->t[2], *den = f->t[3];
    if (!slope_of(f, first, &f->sum, &f->term))
        return false;
    chord(f, &f->next, &f->sum, &f->term, first);
    sub(f, den, f->next.x, f->sum.x);
    did(f, BN_mod_lshift1(num, f->sum.y, f->p, f->bn));
    if (!divide(f, second, num, den))
        return false;
    did(f, BN_mod_add(second, second, first, f->p, f->bn));
    if (!BN_is_zero(second))
        did(f, BN_sub(second, f->p, second));
    put_slope(f, first);
    put_slope(f, second);
    chord(f, &f->sum, &f->sum, &f->next, second);
    return true;
}

/* The sum is the mirror image of the last term. */
static bool sums_to_nothing(struct work *f)
{
    did(f, BN_mod_add(f->t[0], f->sum.y, f->term.y, f->p, f->bn));
    return BN_cmp(f->sum.x, f->term.x) == 0 && BN_is_zero(f->t[0]);
}

struct walk {
    size_t done, power; /* items so far, power of the one before */
    uint8_t ops[3 * ITEMS_MAX];
    EC_POINT *room;
};

/* One item. False: an addition of two points with one x, or too many doublings. */
static bool step(struct work *f, struct walk *w, const struct plan *p, size_t power, unsigned k)
{
    int digit = p->digit[power][k];
    unsigned code = (digit < 0 ? 0x8000u : 0u) | (k < G ? k << 3 : 0x2000u | (k - G) << 7) |
                    (unsigned)abs(digit) / 2;
    size_t doublings = w->power - power;
    bool last = w->done + 1 == p->count, good = true;
    take_term(f, k, digit, w->room);
    if (w->done == 0)
        set(f, &f->sum, &f->term);
    else {
        bool joined = !last && doublings > 0;
        doublings -= joined;
        for (size_t i = 0; i < doublings; i++)
            double_sum(f);
        good = last ? sums_to_nothing(f) : joined ? double_add(f) : add_term(f);
        code |= joined ? 0x4000u : 0;
    }
    if (doublings > 31)
        return false;
    w->ops[3 * w->done] = (uint8_t)doublings;
    store_be16(w->ops + 3 * w->done + 1, (uint16_t)code);
    w->power = power;
    w->done++;
    return good;
}

static bool ladder(struct work *f, struct walk *w, const struct plan *p)
{
    *w = (struct walk){.power = p->max, .room = w->room};
    if (!multiples(f, f->of[R]) || !multiples(f, f->of[Q]))
        return false;
    for (size_t i = p->max + 1; i-- > 0;)
        for (unsigned k = 0; k < POINTS; k++)
            if (p->digit[i][k] != 0 && (f->failed || !step(f, w, p, i, k)))
                return false;
    return !f->failed;
}

/* ---- the bytes */

/* (x s + w y) / n, exact, plus 2^offset. */
static void put_quotient(struct work *f, const BIGNUM *x, const BIGNUM *w, const BIGNUM *y,
                         int offset, int len)
{
    BIGNUM *v = f->t[0], *t = f->t[1];
    did(f, BN_mul(v, x, f->s, f->bn) == 1 && BN_mul(t, w, y, f->bn) == 1);
    did(f, BN_add(v, v, t) == 1 && BN_div(v, t, v, f->n, f->bn) == 1);
    f->failed |= !BN_is_zero(t);
    did(f, BN_set_word(t, 0) == 1 && BN_set_bit(t, offset) == 1 && BN_add(v, v, t) == 1);
    put_number(f, v, len);
}

static void put_head(struct work *f, const struct plan *p)
{
    const struct point *r = &f->of[R][0];
    BIGNUM *ab = f->t[2];
    const uint8_t head[3] = {BN_cmp(r->x, f->n) >= 0, (uint8_t)p->max, (uint8_t)p->count};
    write_bytes(&f->out, head, sizeof head);
    put_number(f, r->y, 48);
    put_quotient(f, p->scalar[Q], p->scalar[R], f->r, 220, 32);
    did(f, BN_lshift(ab, p->scalar[H], 192) == 1 && BN_add(ab, ab, p->scalar[G]) == 1);
    put_quotient(f, ab, p->scalar[R], f->h, 400, 64);
}

/* Slopes are written behind the place of the operations, which are known afterwards. */
static bool write_hints(struct work *f, struct walk *w, const struct plan *p,
                        uint8_t out[static PC_P384_HINTS_MAX])
{
    static const uint8_t none[3 * ITEMS_MAX];
    f->out = writer_of(out, PC_P384_HINTS_MAX);
    put_head(f, p);
    write_bytes(&f->out, none, 3 * p->count);
    if (!ladder(f, w, p))
        return false;
    memcpy(out + HEAD_LEN, w->ops, 3 * p->count);
    return true;
}

/* ---- */

static void point_new(struct work *f, struct point *p)
{
    p->x = fresh(f);
    p->y = fresh(f);
}

static void work_open(struct work *f)
{
    memset(f, 0, sizeof *f);
    f->bn = BN_CTX_new();
    f->curve = EC_GROUP_new_by_curve_name(NID_secp384r1);
    f->failed = f->bn == NULL || f->curve == NULL;
    if (f->failed)
        return;
    BN_CTX_start(f->bn);
    f->p = EC_GROUP_get0_field(f->curve);
    f->n = EC_GROUP_get0_order(f->curve);
    BIGNUM **const one[] = {&f->mont,    &f->h,       &f->r,       &f->s,
                            &f->v[0][0], &f->v[0][1], &f->v[1][0], &f->v[1][1]};
    for (size_t i = 0; i < PC_ARRAY_LEN(one); i++)
        *one[i] = fresh(f);
    for (size_t i = 0; i < PC_ARRAY_LEN(f->t); i++)
        f->t[i] = fresh(f);
    for (size_t i = 0; i < MULTIPLES; i++) {
        point_new(f, &f->of[Q][i]);
        point_new(f, &f->of[R][i]);
    }
    point_new(f, &f->sum);
    point_new(f, &f->term);
    point_new(f, &f->next);
    for (size_t i = 0; i < POINTS; i++) {
        f->base[i] = EC_POINT_new(f->curve);
        f->failed |= f->base[i] == NULL;
    }
}

static void work_close(struct work *f)
{
    for (size_t i = 0; i < POINTS; i++)
        EC_POINT_free(f->base[i]);
    EC_GROUP_free(f->curve);
    if (f->bn != NULL)
        BN_CTX_end(f->bn);
    BN_CTX_free(f->bn);
}

/* The factor of the contract's field: (2^256 - 1)(2^255 - 1). */
static void set_factor(struct work *f)
{
    BIGNUM *m2 = f->t[0];
    did(f, BN_set_word(f->mont, 0) == 1 && BN_set_bit(f->mont, 256) == 1);
    did(f, BN_set_word(m2, 0) == 1 && BN_set_bit(m2, 255) == 1);
    did(f, BN_sub_word(f->mont, 1) == 1 && BN_sub_word(m2, 1) == 1);
    mul(f, f->mont, f->mont, m2);
}

static enum err_code find_hints(struct work *f, struct plan plan[static PLANS],
                                uint8_t out[static PC_P384_HINTS_MAX], size_t *n,
                                const uint8_t key[static 96])
{
    struct walk w = {.room = NULL};
    struct plan *p;
    bool found = false;
    set_factor(f);
    if (!verified(f, key))
        return f->failed ? PC_E_MEMORY : PC_E_SIGNATURE;
    size_t plans = make_plans(f, plan);
    w.room = EC_POINT_new(f->curve);
    f->failed |= w.room == NULL;
    while (!f->failed && !found && (p = next_plan(plan, plans)) != NULL) {
        found = write_hints(f, &w, p, out);
        p->cost = 0;
    }
    EC_POINT_free(w.room);
    if (f->failed)
        return PC_E_MEMORY;
    if (found)
        *n = f->out.n;
    return found && f->out.err == PC_OK ? PC_OK : PC_E_NOT_FOUND;
}

enum err_code p384_hints(uint8_t out[static PC_P384_HINTS_MAX], size_t *n,
                         const uint8_t key[static 96], const uint8_t digest[static 48],
                         const uint8_t sig[static 96])
{
    struct plan *plan = calloc(PLANS, sizeof *plan);
    struct work f;
    enum err_code e = PC_E_MEMORY;
    *n = 0;
    work_open(&f);
    if (plan != NULL && !f.failed) {
        did(&f, BN_bin2bn(digest, 48, f.h) != NULL);
        did(&f, BN_bin2bn(sig, 48, f.r) != NULL && BN_bin2bn(sig + 48, 48, f.s) != NULL);
        e = f.failed ? PC_E_MEMORY : find_hints(&f, plan, out, n, key);
    }
    work_close(&f);
    ERR_clear_error(); /* of a key that is no point */
    free(plan);
    return e;
}
