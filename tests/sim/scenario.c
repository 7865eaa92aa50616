/* SPDX-License-Identifier: Apache-2.0 */
/* What a seed means. */
#include "tests/sim/degraded.h"
#include "tests/sim/sim.h"

#define DEGRADED_EVERY 8
#define OLD_N          24 /* seats of a committee that shrinks, at most */

const char *scenario_name(enum scenario_class c)
{
    static const char *const names[CLASSES] = {"calm", "slack", "vendor", "harsh", "storm"};

    return names[c];
}

static unsigned pick(struct rng_seeded *r, unsigned n)
{
    return (unsigned)rng_seeded_below(r, n);
}

/* k different members of 0..n-1, none of `not`. */
static uint32_t pick_nodes(struct rng_seeded *r, unsigned n, unsigned k, uint32_t not )
{
    uint32_t m = 0;

    while (k > 0) {
        unsigned i = pick(r, n);
        if (((m | not ) & bit(i)) != 0)
            continue;
        m |= bit(i);
        k--;
    }
    return m;
}

static void sizes(struct scenario *s, struct rng_seeded *r)
{
    /* Real group operations grow with n^3: mostly small committees there. */
    if (s->real)
        s->n = pick(r, 25) == 0 ? 3 + pick(r, 14) : 3 + pick(r, 5);
    else
        s->n = 3 + pick(r, 14);
    s->t = s->n / 2 + 1;
    if (pick(r, 5) == 0)
        s->t += pick(r, s->n - s->t + 1);
}

/* A committee inside the quota of SPEC 6, and one vendor of it lost or absent; gives the slack of
 * its chain. */
static unsigned shrinking(struct degraded_committee *c, struct rng_seeded *r)
{
    unsigned margin = pick(r, 2), vendors = 3 + (pick(r, 4) == 0 ? pick(r, 3) : 0), cap, gone;

    *c = (struct degraded_committee){.n = margin == 0 ? 3 + pick(r, OLD_N - 2)
                                                      : 9 + pick(r, OLD_N - 8)};
    c->t = c->n / 2 + 1;
    cap = (c->n - c->t < c->t - 1 ? c->n - c->t : c->t - 1) - margin;
    for (unsigned left = vendors * cap >= c->n ? c->n : 0; left > 0;) {
        struct degraded_vendor *v = &c->vendor[1 + pick(r, vendors)];
        if (v->seats == cap)
            continue;
        v->here = ++v->seats;
        left--;
    }
    gone = 1 + pick(r, vendors);
    if (pick(r, 2) == 0) {
        c->vendor[gone].lost = true;
        c->vendor[gone].here = 0;
    } else if (c->vendor[gone].seats > 0) {
        c->vendor[gone].absent = true;
        c->vendor[gone].here = pick(r, (c->vendor[gone].seats + 1) / 2);
    }
    return margin == 0 ? DEGRADED_SLACK_DEV : DEGRADED_SLACK;
}

/* Sizes and vendors of what such a committee shrinks to. A reshare would keep the key; this runs
 * the key generation, whose phases, quorums and blame are the same, with n', T', b' and a'. */
static void degraded_sizes(struct scenario *s, struct rng_seeded *r)
{
    unsigned most = !s->real ? SIM_N : pick(r, 12) == 0 ? 12 : 7;

    for (unsigned tries = 0; s->old_n == 0; tries++) {
        struct degraded_committee c;
        struct degraded_size size;
        unsigned filled = 0, seat = 0, slack = shrinking(&c, r);
        PC_ASSERT(tries < 10000); /* else the predicate refuses whatever it is asked */
        for (unsigned v = 1; v < DEGRADED_VENDORS; v++)
            filled += degraded_left(&c.vendor[v]);
        if (degraded_of(&size, &c, 0, filled, slack) != DEGRADED_YES || filled != size.n ||
            size.n < 3 || size.n > most || size.n == c.n)
            continue;
        s->old_n = c.n;
        s->old_t = c.t;
        s->slack = slack;
        s->n = size.n;
        s->t = size.t;
        for (unsigned v = 1; v < DEGRADED_VENDORS; v++)
            for (unsigned k = 0; k < degraded_left(&c.vendor[v]); k++)
                s->vendor[++seat] = (uint8_t)v;
    }
}

/* All members of one vendor that is left. */
static uint32_t whole_vendor(const struct scenario *s, struct rng_seeded *r)
{
    uint8_t vendor = s->vendor[1 + pick(r, s->n)]; /* larger ones more often */
    uint32_t nodes = 0;

    for (unsigned i = 1; i <= s->n; i++)
        if (s->vendor[i] == vendor)
            nodes |= bit(i - 1);
    return nodes;
}

static void network(struct scenario *s, struct rng_seeded *r)
{
    bool harsh = s->class == CLASS_HARSH;

    s->lag = 1 + pick(r, 3);
    s->delay = 1 + pick(r, harsh ? 8 : 2);
    s->loss = harsh ? 10 + pick(r, 40) : pick(r, 25);
    s->in_a_row = harsh ? 200 : 1;
    s->phase = 2 * s->lag + (harsh ? 14 : 24);
    s->ready_phase = 3 * s->lag + (harsh ? 20 : 40);
    s->reorgs = pick(r, 4);
}

static void harsh_faults(struct scenario *s, struct rng_seeded *r)
{
    uint32_t span = 6 * s->phase;

    for (unsigned i = 0; i < SIM_NODES; i++) {
        if (pick(r, 4) == 0) {
            s->cut_from[i] = 1 + pick(r, span);
            s->cut_to[i] = s->cut_from[i] + 1 + pick(r, 2 * s->phase);
        }
        if (pick(r, 8) == 0) {
            s->crash_at[i] = 1 + pick(r, span);
            s->revive_at[i] = s->crash_at[i] + 1 + pick(r, s->phase);
        }
    }
    if (pick(r, 3) == 0) {
        s->split = (uint32_t)rng_seeded_below(r, UINT32_MAX);
        s->split_from = 1 + pick(r, span);
        s->split_to = s->split_from + 1 + pick(r, 3 * s->phase);
    }
    if (pick(r, 3) == 0) {
        s->stall_from = 1 + pick(r, span);
        s->stall_to = s->stall_from + 1 + pick(r, 2 * s->phase);
    }
}

/* More members than n-a go away during the first attempt: some lose their state, some come back. */
static void storm_faults(struct scenario *s, struct rng_seeded *r)
{
    unsigned a = s->t + (s->n - s->t) / 2;
    uint32_t gone = pick_nodes(r, s->n, s->n - a + 1, 0);
    uint32_t until = 4 * s->phase + s->ready_phase / 2;

    for (unsigned i = 0; i < s->n; i++) {
        if ((gone & bit(i)) == 0)
            continue;
        /* After its enrolment is final: the attempt opens with them. */
        s->cut_from[i] = s->phase + s->lag + 1 + pick(r, 3);
        s->cut_to[i] = until;
        if (pick(r, 2) == 0) {
            s->cut_from[i] = 0;
            s->crash_at[i] = s->phase + s->lag + 1 + pick(r, 3);
            s->revive_at[i] = s->crash_at[i] + s->phase / 2;
        }
    }
}

void scenario_of(struct scenario *s, uint64_t seed, bool real)
{
    static const enum scenario_class mix[] = {CLASS_CALM,  CLASS_SLACK,  CLASS_SLACK,
                                              CLASS_SLACK, CLASS_VENDOR, CLASS_VENDOR,
                                              CLASS_HARSH, CLASS_HARSH,  CLASS_STORM};
    struct rng_seeded r, d; /* DEGRADED draws from a stream of its own */
    unsigned b, a, byzantine = 0;

    memset(s, 0, sizeof *s);
    rng_seeded_init(&r, seed ^ UINT64_C(0x5ce4a210));
    rng_seeded_init(&d, seed ^ UINT64_C(0xde62aded));
    s->seed = seed;
    s->real = real;
    s->class = mix[pick(&r, PC_ARRAY_LEN(mix))];
    sizes(s, &r);
    if (pick(&d, DEGRADED_EVERY) == 0)
        degraded_sizes(s, &d);
    network(s, &r);
    b = (s->n - s->t) / 2;
    a = s->t + b;
    switch (s->class) {
    case CLASS_CALM:
    case CLASS_STORM:
        break;
    case CLASS_SLACK:
    case CLASS_HARSH:
        byzantine = b == 0 ? 0 : 1 + pick(&r, b);
        break;
    case CLASS_VENDOR:
        byzantine = s->n == s->t ? 0 : 1 + pick(&r, s->n - s->t);
        break;
    case CLASSES:
        break;
    }
    s->byzantine = pick_nodes(&r, s->n, byzantine, 0);
    if (s->old_n != 0 && s->class == CLASS_VENDOR && pick(&d, 3) != 0) {
        s->vendor_cheats = true;
        s->byzantine = whole_vendor(s, &d);
    }
    if (s->class == CLASS_SLACK && s->n - a - b > 0)
        s->absent = pick_nodes(&r, s->n, pick(&r, s->n - a - b + 1), s->byzantine);
    if (s->class == CLASS_HARSH)
        harsh_faults(s, &r);
    if (s->class == CLASS_STORM)
        storm_faults(s, &r);
}

static void random_plan(struct world *w, struct member *m)
{
    struct byz *z = &m->byz;

    z->deal = (enum deal_plan)roll(w, DEAL_CANCEL);
    if (chance(w, 25))
        z->deal = chance(w, 50) ? DEAL_INVALID : DEAL_LENGTH;
    z->release = (enum release_plan)(chance(w, 50) ? 0 : roll(w, RELEASE_PLANS));
    z->vote = (enum vote_plan)roll(w, VOTE_PLANS);
    z->complain = (enum complain_plan)(chance(w, 40) ? 1 + roll(w, COMPLAIN_PLANS - 1) : 0);
    z->ready = (enum ready_plan)roll(w, READY_PLANS);
    z->victims = chance(w, 50) ? bit(1 + roll(w, w->s.n)) : 2 * (1 + roll(w, bit(w->s.n) - 1));
    z->shown = 2 * roll(w, bit(w->s.n));
    z->garbage = chance(w, 30);
    z->late = 3 + roll(w, 4);
    z->bad_pop = chance(w, 5);
}

/* One dealer convinces just enough members in the last blocks of the votes; the rest get garbage.
 */
static void plan_last_moment(struct world *w, struct member *m)
{
    uint32_t all = (bit(w->s.n) - 1) << 1;

    m->byz.deal = DEAL_WRONG_SHARES;
    m->byz.release = RELEASE_LAST_BLOCK;
    m->byz.shown = 0;
    while (popcount(m->byz.shown) < w->s.n / 2 + 1)
        m->byz.shown |= bit(1 + roll(w, w->s.n));
    m->byz.victims = all & ~m->byz.shown;
    m->byz.bad_pop = false;
}

/* Two dealers with one E, each shown to another half in the last blocks of the votes: every member
 * sees one of them and votes for it, and meets the other one afterwards. */
static void plan_split_e(struct world *w, struct member *first, struct member *second)
{
    bool side = chance(w, 50);

    first->byz.release = second->byz.release = RELEASE_LAST_BLOCK;
    first->byz.late = second->byz.late = 4;
    first->byz.shown = second->byz.shown = 0;
    for (unsigned seat = 1; seat <= w->s.n; seat++) {
        if (w->member[seat - 1].byz.on)
            continue;
        *(side ? &first->byz.shown : &second->byz.shown) |= bit(seat);
        side = !side;
    }
}

/* A vendor with q seats can keep every honest dealer below q votes: then there is no key, or it
 * would be the vendor's alone. */
static void plan_shut_out(struct world *w)
{
    for (unsigned i = 0; i < w->s.n; i++) {
        struct byz *z = &w->member[i].byz;
        if (!z->on)
            continue;
        z->deal = DEAL_HONEST;
        z->release = RELEASE_ALL;
        z->vote = VOTE_OURS;
        z->complain = COMPLAIN_NONE;
        z->ready = READY_BLIND;
        z->bad_pop = z->garbage = false;
    }
}

void scenario_coalition(struct world *w)
{
    struct member *first = NULL, *second = NULL;

    for (unsigned i = 0; i < w->s.n; i++) {
        struct member *m = &w->member[i];
        if ((w->s.byzantine & bit(i)) == 0)
            continue;
        m->byz.on = true;
        m->byz.blob = m->byz.blob_other = -1;
        random_plan(w, m);
        if (first == NULL)
            first = m;
        else if (second == NULL)
            second = m;
    }
    if (first == NULL)
        return;
    enum {
        LAST_MOMENT,
        CANCEL,
        CANCEL_AND_CHEAT,
        SHARED_E,
        SPLIT_E,
        EACH_ALONE
    } play = (unsigned[]){LAST_MOMENT, CANCEL,  CANCEL_AND_CHEAT, SHARED_E,
                          SPLIT_E,     SPLIT_E, EACH_ALONE}[roll(w, 7)];
    if (w->s.vendor_cheats && chance(w, 40)) {
        plan_shut_out(w);
    } else if (play == LAST_MOMENT) {
        plan_last_moment(w, first);
        for (unsigned i = 0; i < w->s.n; i++)
            if (w->member[i].byz.on)
                w->member[i].byz.vote = VOTE_ALL;
    } else if (play != EACH_ALONE && second != NULL) {
        bool one_e = play == SHARED_E || play == SPLIT_E;
        first->byz.deal = second->byz.deal = one_e ? DEAL_SHARED_E : DEAL_CANCEL;
        first->byz.release = second->byz.release = RELEASE_ALL;
        first->byz.bad_pop = second->byz.bad_pop = false;
        first->byz.partner = second->id;
        second->byz.partner = first->id;
        first->byz.vote = second->byz.vote = VOTE_ALL;
        if (play == SPLIT_E)
            plan_split_e(w, first, second);
        if (play == CANCEL_AND_CHEAT) /* one of the cancelling pair goes out by complaint */
            first->byz.cheats_too = true;
    }
    for (unsigned i = 0; i < w->s.n; i++)
        if (w->member[i].byz.on) {
            const struct byz *z = &w->member[i].byz;
            say(w, "node %u: deal %d release %d shown %x victims %x vote %d complain %d ready %d",
                i, (int)z->deal, (int)z->release, z->shown, z->victims, (int)z->vote,
                (int)z->complain, (int)z->ready);
        }
}
