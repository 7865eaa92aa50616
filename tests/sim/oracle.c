/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must be true (SPEC 7), from the truth about every blob and the chain, apart from dkg/:
 * honest members never disagree; QUAL and blame are the ones that follow from the truth; an honest
 * member is never blamed; an activated transcript is an honest one, and t honest members hold
 * shares that reconstruct its key, and one fewer do not; fewer than t that cheat neither make a key
 * alone nor activate one of their own; nothing secret outlives its erase point; nothing random
 * comes twice.
 */
#include "crypto/hash.h"
#include "crypto/shamir.h"
#include "tests/sim/sim.h"

void oracle_sizes(struct world *w)
{
    const struct scenario *s = &w->s;
    unsigned seats[UINT8_MAX + 1] = {0};

    if (s->old_n == 0)
        return;
    if (s->n >= s->old_n || s->t > s->old_t || 2 * s->t <= s->n || s->t + s->slack > s->n)
        broken(w, "DEGRADED: n %u t %u became n %u t %u", s->old_n, s->old_t, s->n, s->t);
    if (s->n >= s->old_t + 2 && s->t != s->old_t)
        broken(w, "DEGRADED: t %u was not kept with n %u", s->old_t, s->n);
    for (unsigned i = 1; i <= s->n; i++)
        if (s->vendor[i] == 0 || ++seats[s->vendor[i]] >= s->t)
            broken(w, "DEGRADED: vendor %u has t %u seats", s->vendor[i], s->t);
    if (popcount(s->byzantine) >= s->t)
        broken(w, "a schedule beyond what is promised: t members cheat");
}

void oracle_unique(struct world *w, const uint8_t value[static 32], const char *what)
{
    for (unsigned i = 0; i < w->seen_n; i++)
        if (memcmp(w->seen[i], value, 32) == 0)
            broken(w, "%s came twice", what);
    PC_ASSERT(w->seen_n < SIM_NODES * 4 * (SIM_ATTEMPTS + 2));
    memcpy(w->seen[w->seen_n++], value, 32);
}

static bool honest_node(const struct world *w, unsigned node)
{
    return (w->s.byzantine & bit(node)) == 0;
}

void oracle_complaint(struct world *w, const struct member *m, unsigned dealer)
{
    const struct contract *c = chain_final(w);

    if (!m->byz.on && honest_node(w, c->seat_node[dealer]))
        broken(w, "seat %u complained about the honest dealer %u", m->seat, dealer);
}

/* A blob may leave only when no commit can change any more. */
void oracle_release(struct world *w, const struct member *m)
{
    const struct contract *c = chain_final(w);

    if (c->attempt == m->attempt_no && c->stage == STAGE_OPEN && (c->b1 == 0 || c->b1 > w->final))
        broken(w, "seat %u released before B1 was final", m->seat);
}

/* --- QUAL from the truth --- */

struct expected {
    uint32_t qual, blame_dealers, blame_receivers;
    bool computable;
    bool upheld, false_complaint, c5, c6;
};

static uint32_t mask_of(const struct dkg_bitmap *b)
{
    return ((uint32_t)b->b[31] | (uint32_t)b->b[30] << 8 | (uint32_t)b->b[29] << 16) << 1;
}

static const struct truth *truth_of(const struct world *w, const struct contract *c, unsigned d)
{
    int i = blob_find(w, c->commit[d].hash);

    return i < 0 ? NULL : &w->blob[i].truth;
}

static uint32_t available(const struct world *w, const struct contract *c)
{
    uint32_t set = 0;

    for (unsigned d = 1; d <= w->s.n; d++) {
        unsigned votes = 0;
        for (unsigned i = 1; i <= w->s.n; i++)
            if ((c->voted & bit(i)) != 0 && dkg_bitmap_test(&c->vote[i].good, (party_index)d))
                votes++;
        if ((c->committed & bit(d)) != 0 && votes >= w->s.n / 2 + 1)
            set |= bit(d);
    }
    return set;
}

static uint32_t without_equal_e(const struct world *w, const struct contract *c, uint32_t set)
{
    uint32_t out = set;

    for (unsigned d = 1; d <= w->s.n; d++)
        for (unsigned o = 1; o <= w->s.n; o++)
            if (o != d && (set & bit(d)) != 0 && (set & bit(o)) != 0 &&
                memcmp(w->blob[blob_find(w, c->commit[d].hash)].b.e,
                       w->blob[blob_find(w, c->commit[o].hash)].b.e, 32) == 0)
                out &= ~bit(d);
    return out;
}

/* Complaints of the attempt, in blocks up to B2c. */
static void judge(const struct world *w, const struct contract *c, struct expected *x)
{
    uint32_t set = x->qual;

    for (uint32_t k = c->opened; k <= c->b2c; k++)
        for (unsigned i = 0; i < w->block[k].txs; i++) {
            const struct tx *t = &w->block[k].tx[i];
            unsigned d, r = 0;
            if (t->kind != TX_COMPLAINT || (set & bit(t->u.complaint.dealer)) == 0)
                continue;
            d = t->u.complaint.dealer;
            for (unsigned s = 1; s <= w->s.n; s++)
                if (c->seat_node[s] == t->node)
                    r = s;
            if (t->proof_ok && (truth_of(w, c, d)->victims & bit(r)) != 0) {
                x->upheld = true;
                x->blame_dealers |= bit(d);
                x->qual &= ~bit(d);
            } else {
                x->false_complaint = true;
                x->blame_receivers |= bit(r);
            }
        }
}

static void drop_high(const struct world *w, const struct contract *c, struct expected *x)
{
    uint32_t high = 0, cancel = 0;

    for (unsigned d = 1; d <= w->s.n; d++)
        if ((x->qual & bit(d)) != 0 && truth_of(w, c, d)->high) {
            high |= bit(d);
            cancel |= truth_of(w, c, d)->cancels ? bit(d) : 0;
        }
    if (high == 0 || (high == cancel && popcount(high) == 2))
        return;
    x->c6 = true;
    x->blame_dealers |= high;
    x->qual &= ~high;
}

static struct expected expect(const struct world *w, const struct contract *c)
{
    struct expected x = {.computable = true};
    uint32_t set = available(w, c);

    for (unsigned d = 1; d <= w->s.n; d++) {
        if ((set & bit(d)) == 0)
            continue;
        if (c->commit[d].length != DKG_BLOB_BYTES(w->s.n)) {
            set &= ~bit(d);
            continue;
        }
        const struct truth *t = truth_of(w, c, d);
        if (t == NULL)
            x.computable = false;
        else if (t->invalid)
            set &= ~bit(d);
    }
    if (!x.computable)
        return x;
    x.qual = without_equal_e(w, c, set);
    x.c5 = x.qual != set;
    judge(w, c, &x);
    drop_high(w, c, &x);
    return x;
}

/* --- members --- */

static void check_qual(struct world *w, const struct member *m, const struct dkg_result *r)
{
    const struct contract *c = chain_final(w);
    struct expected x = expect(w, c);

    if (!x.computable || mask_of(&r->qual.qual) != x.qual ||
        mask_of(&r->qual.blame_dealers) != x.blame_dealers ||
        mask_of(&r->qual.blame_receivers) != x.blame_receivers) {
        broken(w, "seat %u: QUAL %x blame %x %x, the truth is %x %x %x%s", m->seat,
               mask_of(&r->qual.qual), mask_of(&r->qual.blame_dealers),
               mask_of(&r->qual.blame_receivers), x.qual, x.blame_dealers, x.blame_receivers,
               x.computable ? "" : " (not computable)");
        return;
    }
    w->event[EVENT_UPHELD] += x.upheld;
    w->event[EVENT_FALSE] += x.false_complaint;
    w->event[EVENT_C5] += x.c5;
    w->event[EVENT_C6] += x.c6;
}

/* A vote's transcript: all commits, every one right for everybody, or for the voter. */
static void check_all(struct world *w, const struct member *m, const struct dkg_result *r)
{
    const struct contract *c = chain_final(w);
    struct expected x = {.qual = c->committed};

    for (unsigned d = 1; d <= w->s.n; d++) {
        if ((c->committed & bit(d)) == 0)
            continue;
        const struct truth *t = truth_of(w, c, d);
        if (t == NULL || t->invalid || (t->victims & bit(m->seat)) != 0 ||
            c->commit[d].length != DKG_BLOB_BYTES(w->s.n)) {
            broken(w, "seat %u voted a transcript over the bad dealer %u", m->seat, d);
            return;
        }
    }
    if (without_equal_e(w, c, x.qual) != x.qual)
        broken(w, "seat %u voted a transcript over equal E's", m->seat);
    drop_high(w, c, &x);
    if (x.c6)
        broken(w, "seat %u voted a transcript over a high degree", m->seat);
    if (mask_of(&r->qual.qual) != c->committed)
        broken(w, "seat %u voted a transcript over some commits only", m->seat);
}

/* The preimage says what was computed, and the transcript is its hash. */
static void check_preimage(struct world *w, const struct member *m, const struct dkg_result *r)
{
    const uint8_t *p = r->preimage;
    uint8_t hash[32];

    sha256(hash, PC_BYTES(r->preimage));
    if (memcmp(hash, r->transcript, 32) != 0 || memcmp(p, m->attempt->s.sid, 32) != 0 ||
        memcmp(p + 32, r->qual.qual.b, 32) != 0 ||
        memcmp(p + 64, r->qual.blame_dealers.b, 32) != 0 ||
        memcmp(p + 96, r->qual.blame_receivers.b, 32) != 0 || load_be16(p + 222) != w->s.t ||
        memcmp(p + 256, r->pub.y[0].b, 32) != 0 || memcmp(p + 320, r->pub.y_hash, 32) != 0)
        broken(w, "seat %u: the transcript says something else than the result", m->seat);
}

/* An honest READY vouches for a share: no dealer in it cheated this member. */
void oracle_ready(struct world *w, const struct member *m)
{
    const struct contract *c = chain_final(w);
    const struct dkg_result *r = dkg_attempt_result(m->attempt);

    for (unsigned d = 1; !m->byz.on && d <= w->s.n; d++) {
        if (!dkg_bitmap_test(&r->qual.qual, (party_index)d))
            continue;
        const struct truth *t = truth_of(w, c, d);
        if (t != NULL && (t->victims & bit(m->seat)) != 0)
            broken(w, "seat %u is READY, and dealer %u gave it a wrong share", m->seat, d);
    }
}

static void check_blame(struct world *w, const struct member *m, const struct dkg_result *r)
{
    uint32_t blamed = mask_of(&r->qual.blame_dealers) | mask_of(&r->qual.blame_receivers);
    const struct contract *c = chain_final(w);

    if (popcount(w->s.byzantine) >= w->s.t)
        return;
    for (unsigned i = 1; i <= w->s.n; i++)
        if ((blamed & bit(i)) != 0 && honest_node(w, c->seat_node[i]))
            broken(w, "seat %u blames the honest seat %u", m->seat, i);
}

/* The key is secret while one dealer in it is honest and fewer than t members cheat. */
static void check_secret(struct world *w, const struct member *m, const struct dkg_result *r)
{
    const struct contract *c = chain_final(w);
    bool honest = popcount(w->s.byzantine) >= w->s.t;

    for (unsigned d = 1; d <= w->s.n; d++)
        honest = honest || (dkg_bitmap_test(&r->qual.qual, (party_index)d) &&
                            honest_node(w, c->seat_node[d]));
    if (!honest)
        broken(w, "seat %u has a key that cheating dealers made alone", m->seat);
}

static void check_result(struct world *w, const struct member *m)
{
    const struct dkg_attempt *a = m->attempt;
    const struct dkg_result *r = &a->result;
    struct attempt_record *rec = &w->record[m->attempt_no];
    bool early = a->board.phase < DKG_PHASE_READY ||
                 (a->board.phase == DKG_PHASE_ACTIVE && a->board.active_early);
    bool *have = early ? &rec->have_all : &rec->have_qual;
    uint8_t *transcript = early ? rec->all : rec->qual;

    if (early)
        check_all(w, m, r);
    if (!*have) {
        *have = true;
        memcpy(transcript, r->transcript, 32);
        *(early ? &rec->pub_all : &rec->pub_qual) = r->pub;
        if (!early)
            check_qual(w, m, r);
        check_blame(w, m, r);
        check_secret(w, m, r);
        check_preimage(w, m, r);
        say(w, "attempt %u: transcript %02x%02x over %x", m->attempt_no, r->transcript[0],
            r->transcript[1], mask_of(&r->qual.qual));
    }
    if (memcmp(transcript, r->transcript, 32) != 0)
        broken(w, "seat %u disagrees on the %s transcript", m->seat, early ? "votes'" : "QUAL");
    if (!a->share_ok || a->secrets == NULL)
        return;
    *(early ? &rec->held_all : &rec->held_qual) |= bit(m->seat);
    (early ? rec->share_all : rec->share_qual)[m->seat] = a->secrets->sum;
}

static void check_secrets(struct world *w, const struct member *m)
{
    size_t known = 256; /* headers and rounding */

    if (m->attempt != NULL && dkg_attempt_has_secrets(m->attempt)) {
        if (m->key != NULL || m->attempt->board.phase == DKG_PHASE_FAILED)
            broken(w, "node %u still has secrets of a finished attempt", m->id);
        return;
    }
    if (m->attempt != NULL)
        known += sizeof(struct dkg_attempt);
    if (m->key != NULL)
        known += sizeof(struct dkg_key);
    if (m->slot.pending != NULL)
        known += sizeof(struct dkg_ek);
    if (arena_used(m->arena) > known)
        broken(w, "node %u has %zu bytes of the arena, at most %zu are known", m->id,
               arena_used(m->arena), known);
}

void oracle_member(struct world *w, const struct member *m)
{
    if (m->byz.on)
        return;
    /* Judged against the finalized chain, so only when the member has read it to its end: one that
     * is cut off stands in the past. */
    if (m->attempt != NULL && m->attempt->have_result && m->cursor == w->final)
        check_result(w, m);
    check_secrets(w, m);
}

/* --- the attempt --- */

static uint32_t held_of(const struct attempt_record *rec)
{
    uint32_t held = 0;

    if (rec->have_all && memcmp(rec->all, rec->active, 32) == 0)
        held |= rec->held_all;
    if (rec->have_qual && memcmp(rec->qual, rec->active, 32) == 0)
        held |= rec->held_qual;
    return held;
}

void oracle_activated(struct world *w)
{
    const struct contract *c = chain_head(w);
    struct attempt_record *rec = &w->record[c->attempt];

    if (rec->activated && memcmp(rec->active, c->active, 32) != 0)
        broken(w, "attempt %u activated two transcripts", c->attempt);
    rec->activated = true;
    memcpy(rec->active, c->active, 32);
    if ((!rec->have_all || memcmp(rec->all, c->active, 32) != 0) &&
        (!rec->have_qual || memcmp(rec->qual, c->active, 32) != 0)) {
        broken(w, "attempt %u activated a transcript of no honest member", c->attempt);
        return;
    }
    unsigned b = (w->s.n - w->s.t) / 2;
    if (popcount(w->s.byzantine) <= b && popcount(held_of(rec)) < w->s.t)
        broken(w, "attempt %u ACTIVE with %u honest holders", c->attempt, popcount(held_of(rec)));
}

/* Any t of the shares that honest members held give the key, and t-1 of them another one. */
static void check_reconstruct(struct world *w, const struct attempt_record *rec)
{
    bool all = rec->have_all && memcmp(rec->all, rec->active, 32) == 0;
    const struct dkg_public *pub = all ? &rec->pub_all : &rec->pub_qual;
    uint32_t held = held_of(rec);
    uint16_t index[SIM_N];
    struct scalar share[SIM_N], secret;
    struct point pk;
    unsigned k = 0;

    if (popcount(held) < w->s.t)
        return;
    while (k < w->s.t) {
        unsigned i = 1 + roll(w, w->s.n);
        if ((held & bit(i)) == 0)
            continue;
        held &= ~bit(i);
        share[k] = all && (rec->held_all & bit(i)) != 0 ? rec->share_all[i] : rec->share_qual[i];
        index[k++] = (uint16_t)i;
    }
    if (shamir_combine(w->g, &secret, index, share, k, 0) != PC_OK)
        broken(w, "shares do not combine");
    group_base_mult(w->g, &pk, &secret);
    if (!group_point_equal(&pk, &pub->y[0]))
        broken(w, "%u honest shares give another key", k);
    if (shamir_combine(w->g, &secret, index, share, k - 1, 0) != PC_OK)
        broken(w, "shares do not combine");
    group_base_mult(w->g, &pk, &secret);
    if (group_point_equal(&pk, &pub->y[0]))
        broken(w, "%u shares are enough for the key", k - 1);
}

static bool was_disturbed(const struct world *w, unsigned node)
{
    return w->s.crash_at[node] != 0 || w->s.cut_from[node] != 0;
}

/* Everybody who was there all the time has the key; nobody has another one. */
static void check_keys(struct world *w, const struct contract *c)
{
    const struct attempt_record *rec = &w->record[c->attempt];
    const struct dkg_public *pub = NULL;
    /* of a vendor above n-t only safety is promised */
    bool delivery = w->s.class != CLASS_HARSH && popcount(w->s.byzantine) <= w->s.n - w->s.t;

    for (unsigned seat = 1; seat <= w->s.n; seat++) {
        const struct member *m = &w->member[c->seat_node[seat]];
        if (m->byz.on || (c->seats & bit(seat)) == 0)
            continue;
        if (m->key == NULL) {
            if (delivery && m->up && !was_disturbed(w, m->id))
                broken(w, "honest seat %u has no key", seat);
            continue;
        }
        if (pub != NULL && memcmp(pub, &m->key->pub, sizeof *pub) != 0)
            broken(w, "seat %u has another key", seat);
        pub = &m->key->pub;
    }
    unsigned b = (w->s.n - w->s.t) / 2;
    if ((delivery || popcount(w->s.byzantine) <= b) && popcount(held_of(rec)) < w->s.t)
        broken(w, "%u honest holders at the end", popcount(held_of(rec)));
    check_reconstruct(w, rec);
}

void oracle_end(struct world *w)
{
    const struct contract *c = chain_final(w);
    bool must = w->s.class == CLASS_CALM || w->s.class == CLASS_SLACK || w->s.class == CLASS_STORM;

    if (c->stage == STAGE_ACTIVE) {
        w->event[c->by_votes ? EVENT_FAST : EVENT_SLOW]++;
        w->event[EVENT_FAILED_THEN_OK] += c->attempt > 1;
        w->event[EVENT_DEGRADED] += w->s.old_n != 0;
        w->event[EVENT_DEGRADED_HIGH] += w->s.old_n != 0 && w->s.t > w->s.n / 2 + 1;
        check_keys(w, c);
    } else {
        w->event[EVENT_NEVER]++;
        if (must)
            broken(w, "no key in a schedule that must have one");
    }
    if ((w->s.class == CLASS_CALM || w->s.class == CLASS_SLACK) && c->attempt != 1)
        broken(w, "the first attempt of a schedule within the slack failed");
    if (w->s.class == CLASS_CALM && !c->by_votes)
        broken(w, "nobody cheated, and READYs were needed");
    w->event[EVENT_COMMIT_REORG] += w->commit_reorged;
    w->event[EVENT_VENDOR] += w->s.vendor_cheats && popcount(w->s.byzantine) > w->s.n - w->s.t;
}
