/* SPDX-License-Identifier: Apache-2.0 */
/* The chain: blocks with finality and reorgs, a mempool, and the rules of Epochs (SPEC 6-7),
 * written apart from dkg/dkg_board.c so that each can catch the other. */
#include "crypto/hash.h"
#include "dkg/dkg_sid.h"
#include "tests/sim/sim.h"

static unsigned quorum_a(const struct world *w)
{
    return w->s.t + (w->s.n - w->s.t) / 2;
}

static unsigned seat_of(const struct contract *c, unsigned n, unsigned node)
{
    for (unsigned i = 1; i <= n; i++)
        if ((c->seats & bit(i)) != 0 && c->seat_node[i] == node)
            return i;
    return 0;
}

static bool zero32(const uint8_t *p)
{
    return bytes_all_zero_var(bytes_of(p, 32));
}

/* What counts for a member: its READY, else its vote's hash while no complaint is recorded. */
static const uint8_t *counted(const struct contract *c, unsigned seat)
{
    if ((c->readied & bit(seat)) != 0)
        return c->ready[seat];
    if (c->complaints == 0 && (c->voted & bit(seat)) != 0 && !zero32(c->vote[seat].transcript))
        return c->vote[seat].transcript;
    return NULL;
}

/* The most frequent counted hash; *only_votes if no READY is among it. */
static unsigned best_hash(const struct contract *c, unsigned n, const uint8_t **hash,
                          bool *only_votes)
{
    unsigned best = 0;

    *hash = NULL;
    *only_votes = true;
    for (unsigned i = 1; i <= n; i++) {
        const uint8_t *h = counted(c, i);
        unsigned same = 0;
        bool votes = true;
        if (h == NULL)
            continue;
        for (unsigned k = 1; k <= n; k++) {
            const uint8_t *o = counted(c, k);
            if (o == NULL || memcmp(o, h, 32) != 0)
                continue;
            same++;
            votes = votes && (c->readied & bit(k)) == 0;
        }
        if (same > best) {
            best = same;
            *hash = h;
            *only_votes = votes;
        }
    }
    return best;
}

/* Dealers that at least q votes vouch for; a vote with a transcript has every commit. */
static uint32_t heard(const struct contract *c, unsigned n)
{
    uint32_t out = 0;
    for (unsigned d = 1; d <= n; d++) {
        unsigned votes = 0;
        for (unsigned i = 1; i <= n; i++)
            votes +=
                (c->voted & bit(i)) != 0 && (!zero32(c->vote[i].transcript) ||
                                             dkg_bitmap_test(&c->vote[i].good, (party_index)d));
        if (votes >= n / 2 + 1)
            out |= bit(d);
    }
    return out & c->committed;
}

/* activate() takes a hash with its preimage, whose QUAL must be of dealers that were heard: stale
 * votes and a byzantine READY cannot bring in a dealer whom honest members left out. */
static bool can_activate(const struct world *w, const struct contract *c, const uint8_t *hash)
{
    const struct attempt_record *rec = &w->record[c->attempt];
    if (rec->have_qual && memcmp(hash, rec->qual, 32) == 0)
        return true;
    return rec->have_all && memcmp(hash, rec->all, 32) == 0 && heard(c, w->s.n) == c->committed;
}

static void announce(struct world *w, struct contract *c, uint32_t k)
{
    c->stage = STAGE_WINDOW;
    c->announced = k;
    c->window_end = k + w->s.phase;
    c->enrolled = 0;
    c->seats = 0;
}

static void try_open(struct world *w, struct contract *c, uint32_t k)
{
    uint32_t seats = 0;

    for (unsigned i = 1; i <= w->s.n; i++)
        if ((c->enrolled & bit(c->seat_node[i])) != 0)
            seats |= bit(i);
    if (popcount(seats) < quorum_a(w)) {
        announce(w, c, k);
        return;
    }
    c->stage = STAGE_OPEN;
    c->seats = seats;
    c->opened = k;
    c->b1 = c->b2 = c->b2c = c->b3 = 0;
    c->committed = c->voted = c->readied = c->complaints = 0;
    memset(c->complained, 0, sizeof c->complained);
}

static void fail(struct world *w, struct contract *c, uint32_t k)
{
    const uint8_t *hash;
    bool only_votes;
    unsigned best = best_hash(c, w->s.n, &hash, &only_votes);

    for (unsigned i = 1; best >= w->s.t && i <= w->s.n; i++) {
        const uint8_t *h = counted(c, i);
        if ((h != NULL && memcmp(h, hash, 32) == 0) || c->spare >= w->nodes)
            continue;
        c->struck |= bit(c->seat_node[i]);
        c->seat_node[i] = (uint8_t)c->spare++;
    }
    c->failed = k;
    c->attempt++;
    announce(w, c, k);
}

/* Calls of anybody: open, activate, fail. Somebody makes each within a few blocks. */
static void calls_of_anybody(struct world *w, struct contract *c, uint32_t k)
{
    const uint8_t *hash;
    bool only_votes;
    unsigned best;

    if (c->stage == STAGE_WINDOW && k > c->window_end)
        try_open(w, c, k);
    if (c->stage != STAGE_OPEN || c->b1 == 0 || k <= c->b1 || !chance(w, 60))
        return;
    best = best_hash(c, w->s.n, &hash, &only_votes);
    bool enough = best >= w->s.n || (k > c->b2c && best >= quorum_a(w));
    if (enough && can_activate(w, c, hash)) {
        memcpy(c->active, hash, 32);
        c->stage = STAGE_ACTIVE;
        c->activated = k;
        c->by_votes = only_votes;
    } else if (k > c->b3 && !enough) {
        fail(w, c, k);
    }
}

static void end_of_block(struct world *w, struct contract *c, uint32_t k)
{
    if (c->stage != STAGE_OPEN || c->b1 != 0 ||
        (c->committed != c->seats && k < c->opened + w->s.phase))
        return;
    c->b1 = k;
    c->b2 = c->b1 + w->s.phase;
    c->b2c = c->b2 + w->s.phase;
    c->b3 = c->b2c + w->s.ready_phase;
}

static bool vote_allowed(const struct world *w, const struct contract *c, const struct dkg_vote *v)
{
    if (!dkg_bitmap_fits(&v->good, (uint16_t)w->s.n))
        return false;
    for (unsigned i = 1; !zero32(v->transcript) && i <= w->s.n; i++)
        if ((c->committed & bit(i)) != 0 && !dkg_bitmap_test(&v->good, (party_index)i))
            return false;
    return true;
}

static bool apply_open_tx(struct world *w, struct contract *c, const struct tx *t, uint32_t k,
                          unsigned seat)
{
    switch (t->kind) {
    case TX_COMMIT:
        if (c->b1 != 0 || (c->committed & bit(seat)) != 0)
            return false;
        c->committed |= bit(seat);
        c->commit[seat] = t->u.commit;
        return true;
    case TX_VOTE:
        if (c->b1 == 0 || k <= c->b1 || k > c->b2 || !vote_allowed(w, c, &t->u.vote))
            return false;
        c->voted |= bit(seat);
        c->vote[seat] = t->u.vote;
        return true;
    case TX_COMPLAINT:
        if (c->b1 == 0 || k <= c->b1 || k > c->b2c || t->u.complaint.dealer == 0 ||
            t->u.complaint.dealer > w->s.n ||
            (c->complained[seat] & bit(t->u.complaint.dealer)) != 0)
            return false;
        c->complained[seat] |= bit(t->u.complaint.dealer);
        c->complaints++;
        return true;
    case TX_READY:
        if (c->b1 == 0 || k <= c->b2c || k > c->b3)
            return false;
        c->readied |= bit(seat);
        memcpy(c->ready[seat], t->u.ready.transcript, 32);
        return true;
    case TX_ENROL:
        break;
    }
    return false;
}

static bool apply_tx(struct world *w, struct contract *c, const struct tx *t, uint32_t k)
{
    bool ok = false;

    if (t->attempt != c->attempt || t->seq <= c->seq[t->node])
        return false;
    if (t->kind == TX_ENROL) {
        ok = c->stage == STAGE_WINDOW && k <= c->window_end && k > c->announced;
        if (ok) {
            c->enrolled |= bit(t->node);
            c->enrol[t->node] = t->u.enrol;
        }
    } else {
        unsigned seat = seat_of(c, w->s.n, t->node);
        if (seat == 0)
            return false;
        if (c->stage == STAGE_OPEN && k > c->opened)
            ok = apply_open_tx(w, c, t, k, seat);
        else if (c->stage == STAGE_ACTIVE && t->kind == TX_READY &&
                 memcmp(t->u.ready.transcript, c->active, 32) == 0) {
            c->readied |= bit(seat);
            memcpy(c->ready[seat], c->active, 32);
            ok = true;
        }
    }
    if (ok)
        c->seq[t->node] = t->seq;
    return ok;
}

static void new_block(struct world *w)
{
    uint32_t k = w->head + 1;
    struct block *b = &w->block[k];
    unsigned left = 0;

    PC_ASSERT(k < SIM_BLOCKS);
    b->c = w->block[k - 1].c;
    b->txs = 0;
    rng_fill(&w->rng.rng, b->hash, 32);
    calls_of_anybody(w, &b->c, k);
    for (unsigned i = 0; i < w->mempool_n; i++) {
        struct tx *t = &w->mempool[i];
        if (t->due > k || b->txs == SIM_TXS)
            w->mempool[left++] = *t;
        else if (apply_tx(w, &b->c, t, k))
            b->tx[b->txs++] = *t;
    }
    w->mempool_n = left;
    end_of_block(w, &b->c, k);
    w->head = k;
    if (b->c.activated == k) {
        say(w, "block %u: attempt %u ACTIVE by %s", k, b->c.attempt,
            b->c.by_votes ? "votes" : "READYs");
        oracle_activated(w);
    }
}

/* Drop up to `lag` blocks that are not final; their transactions come back, some of them only when
 * their senders repeat them. */
static void reorg(struct world *w)
{
    unsigned depth = 1 + roll(w, w->head - w->final);

    say(w, "reorg of %u blocks below %u", depth, w->head + 1);
    for (; depth > 0; depth--, w->head--) {
        struct block *b = &w->block[w->head];
        for (unsigned i = 0; i < b->txs; i++) {
            struct tx t = b->tx[i];
            if (t.kind == TX_COMMIT) {
                w->commit_reorged = true;
                byz_reorged_commit(w, &t);
            }
            if (w->mempool_n == SIM_MEMPOOL || chance(w, 20))
                continue;
            t.due = w->head + roll(w, 2);
            w->mempool[w->mempool_n++] = t;
        }
    }
}

void chain_step(struct world *w)
{
    bool stalled = w->tick >= w->s.stall_from && w->tick < w->s.stall_to;

    if (w->s.reorgs > 0 && w->head > w->final && chance(w, 4)) {
        w->s.reorgs--;
        reorg(w);
    }
    new_block(w);
    if (!stalled && w->head > w->s.lag && w->head - w->s.lag > w->final)
        w->final = w->head - w->s.lag;
}

void chain_init(struct world *w)
{
    struct contract *c = &w->block[0].c;

    memset(c, 0, sizeof *c);
    w->block[0].txs = 0;
    w->head = w->final = 0;
    w->mempool_n = 0;
    c->attempt = 1;
    for (unsigned i = 1; i <= w->s.n; i++)
        c->seat_node[i] = (uint8_t)(i - 1);
    c->spare = w->s.n;
    announce(w, c, 0);
}

void chain_send(struct world *w, struct member *m, const struct tx *tx)
{
    struct tx t = *tx;

    t.node = m->id;
    t.attempt = m->attempt_no;
    t.seq = ++m->seq;
    if (m->cut || w->mempool_n + 2 > SIM_MEMPOOL)
        return;
    if (w->lost_tx[m->id] < w->s.in_a_row && chance(w, w->s.loss)) {
        w->lost_tx[m->id]++;
        return;
    }
    w->lost_tx[m->id] = 0;
    t.due = w->head + 1 + roll(w, w->s.delay);
    w->mempool[w->mempool_n++] = t;
    if (chance(w, 10)) { /* somebody relays it once more */
        t.due += roll(w, 8);
        w->mempool[w->mempool_n++] = t;
    }
}

void chain_open_of(const struct world *w, uint32_t block, struct dkg_open *open,
                   struct dkg_member members[static SIM_N])
{
    const struct contract *c = &w->block[block].c;

    memset(open, 0, sizeof *open);
    memset(members, 0, SIM_N * sizeof *members);
    store_be64(open->network_id, w->s.seed);
    open->epoch = 1;
    open->attempt = c->attempt;
    memcpy(open->open_hash, w->block[block].hash, 32);
    open->n = (uint16_t)w->s.n;
    open->t = (uint16_t)w->s.t;
    open->keys = 1;
    open->protocol = DKG_PROTOCOL;
    for (unsigned i = 1; i <= w->s.n; i++) {
        struct dkg_member *m = &members[i - 1];
        if ((c->seats & bit(i)) == 0)
            continue;
        m->node_id = c->seat_node[i] + 1u;
        m->keys_hash[0] = c->seat_node[i];
        memcpy(m->ek, c->enrol[c->seat_node[i]].ek, 32);
        m->pop = c->enrol[c->seat_node[i]].pop;
        m->domains = 2;
        m->domain[0][31] = w->s.old_n != 0 ? w->s.vendor[i] : (uint8_t)(1 + i % 3);
        m->domain[1][31] = (uint8_t)i;
    }
    PC_ASSERT(dkg_member_root(open->root, members, open->n) == PC_OK);
}
