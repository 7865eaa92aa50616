/* SPDX-License-Identifier: Apache-2.0 */
/* Members that cheat. They run the same machine to know what is going on, and replace what it does
 * by their plan. All of them know each other's secrets (struct world's shared values). */
#include "crypto/shamir.h"
#include "dkg/dkg_complain.h"
#include "tests/sim/sim.h"

#define ACT_EVERY 4

/* --- dealing --- */

struct forge {
    struct scalar coeffs[SIM_N + 2];
    size_t count;
    struct scalar e;
    struct point e_pub;
};

static void forge_polynomial(struct world *w, struct member *m, struct forge *f,
                             struct truth *truth)
{
    const struct dkg_session *s = &m->attempt->s;

    f->count = s->p.t;
    shamir_poly_random(w->g, f->coeffs, f->count, &m->rng.rng);
    if (m->byz.deal == DEAL_HIGH) {
        f->count = s->p.t + 1u + roll(w, s->p.n - s->p.t + 1u);
        for (size_t k = s->p.t; k < f->count; k++)
            group_scalar_random(w->g, &f->coeffs[k], &m->rng.rng);
        truth->high = true;
    } else if (m->byz.deal == DEAL_CANCEL) {
        f->coeffs[f->count] = w->shared_excess;
        if (m->id > m->byz.partner)
            group_scalar_neg(w->g, &f->coeffs[f->count], &f->coeffs[f->count]);
        f->count++;
        truth->high = truth->cancels = true;
    }
    if (m->byz.deal == DEAL_SHARED_E)
        f->e = w->shared_e;
    else
        group_scalar_random(w->g, &f->e, &m->rng.rng);
    group_base_mult(w->g, &f->e_pub, &f->e);
}

static void forge_values(struct world *w, struct member *m, const struct forge *f,
                         struct dkg_blob *b, struct truth *truth)
{
    const struct dkg_session *s = &m->attempt->s;
    struct scalar share;
    struct point a, k;

    for (unsigned j = 0; j <= s->p.n; j++) {
        PC_ASSERT(shamir_eval(w->g, &share, f->coeffs, f->count, j) == PC_OK);
        group_base_mult(w->g, &a, &share);
        memcpy(b->a[j], a.b, 32);
        if (j == 0 || !s->receiver[j].ek_valid)
            continue;
        if ((m->byz.deal == DEAL_WRONG_SHARES || m->byz.cheats_too) &&
            (m->byz.victims & bit(j)) != 0) {
            truth->victims |= bit(j);
            if (chance(w, 50))
                rng_fill(&m->rng.rng, share.b, 32); /* mostly no scalar at all */
            else
                group_scalar_random(w->g, &share, &m->rng.rng);
        }
        group_mult(w->g, &k, &f->e, &s->receiver[j].ek);
        dkg_share_crypt(b->ct[j - 1], share.b, s, (party_index)m->seat, (party_index)j, &k,
                        &f->e_pub);
    }
    memcpy(b->e, f->e_pub.b, 32);
}

/* One public defect that anybody sees; those before the proofs are proved over. */
static void forge_defect(struct world *w, struct member *m, struct dkg_blob *b, unsigned defect)
{
    const struct dkg_session *s = &m->attempt->s;
    unsigned j = 1 + roll(w, s->p.n);

    switch (defect) {
    case 0:
        memset(b->a[j], 0, 32);
        break;
    case 1:
        memset(b->a[j], 0xff, 32);
        break;
    case 2:
        memset(b->e, 0, 32);
        break;
    case 3:
        memset(b->ct[m->seat - 1], 0, 32);
        break;
    case 4:
        while (s->receiver[j].ek_valid && j < s->p.n)
            j++;
        if (s->receiver[j].ek_valid)
            memset(b->ct[j - 1], 0, 32);
        else
            b->ct[j - 1][0] = 1;
        break;
    case 5:
        memset(b->a[0], 0, 32);
        break;
    }
}
#define DEFECTS_BEFORE_PROOFS 6

static void forge_proofs(struct world *w, struct member *m, const struct forge *f,
                         struct dkg_blob *b, unsigned defect)
{
    const struct dkg_session *s = &m->attempt->s;
    struct pok_a_context ctx_a = {.dealer = (uint16_t)m->seat};
    struct pok_e_context ctx_e = {.dealer = (uint16_t)m->seat};
    struct point a0;
    uint8_t whole[32];

    dkg_blob_hash(whole, ctx_a.blob_hash, b, s->sid, (party_index)m->seat, s->p.n);
    memcpy(ctx_e.blob_hash, ctx_a.blob_hash, 32);
    memcpy(ctx_a.sid, s->sid, 32);
    memcpy(ctx_e.sid, s->sid, 32);
    if (defect == DEFECTS_BEFORE_PROOFS)
        ctx_a.sid[0] ^= 1; /* a proof of another session */
    if (defect == DEFECTS_BEFORE_PROOFS + 1)
        ctx_e.dealer ^= 1; /* a proof of another dealer */
    group_base_mult(w->g, &a0, &f->coeffs[0]);
    pok_a_prove(&b->pok_a, w->g, &ctx_a, &f->coeffs[0], &a0, &m->rng.rng);
    pok_e_prove(&b->pok_e, w->g, &ctx_e, &f->e, &f->e_pub, &m->rng.rng);
    if (defect == DEFECTS_BEFORE_PROOFS + 2)
        b->pok_a.b[40] ^= 1;
    if (defect == DEFECTS_BEFORE_PROOFS + 3)
        b->pok_e.b[40] ^= 1;
}
#define DEFECTS (DEFECTS_BEFORE_PROOFS + 4)

static int forge_blob(struct world *w, struct member *m)
{
    struct forge f;
    struct dkg_blob b;
    struct truth truth = {0};
    unsigned defect = DEFECTS;
    uint8_t hash[32];

    memset(&b, 0, sizeof b);
    forge_polynomial(w, m, &f, &truth);
    forge_values(w, m, &f, &b, &truth);
    if (m->byz.deal == DEAL_INVALID) {
        defect = roll(w, DEFECTS);
        truth.invalid = true;
        forge_defect(w, m, &b, defect);
    }
    forge_proofs(w, m, &f, &b, defect);
    dkg_blob_hash(hash, NULL, &b, dkg_attempt_sid(m->attempt), (party_index)m->seat,
                  (uint16_t)w->s.n);
    int i = blob_add(w, &b, hash, m->seat, &truth);
    m->store[m->seat][0] = i;
    return i;
}

static void commit(struct world *w, struct member *m)
{
    struct tx t = {.kind = TX_COMMIT};

    if (m->byz.deal == DEAL_NONE)
        return;
    t.u.commit.length = DKG_BLOB_BYTES(w->s.n);
    if (m->byz.deal == DEAL_LENGTH)
        t.u.commit.length += 32;
    if (m->byz.deal == DEAL_BOGUS_HASH) {
        memset(t.u.commit.hash, 0xb0, 32);
    } else {
        if (m->byz.blob < 0) {
            m->byz.blob = forge_blob(w, m);
            m->byz.blob_other = forge_blob(w, m);
        }
        memcpy(t.u.commit.hash, w->blob[m->byz.blob].hash, 32);
    }
    chain_send(w, m, &t);
}

void byz_reorged_commit(struct world *w, struct tx *tx)
{
    struct member *m = &w->member[tx->node];

    if (!m->byz.on || m->byz.blob < 0 || m->byz.attempt != tx->attempt || !chance(w, 50) ||
        memcmp(tx->u.commit.hash, w->blob[m->byz.blob].hash, 32) != 0)
        return;
    memcpy(tx->u.commit.hash, w->blob[m->byz.blob_other].hash, 32);
}

/* --- release --- */

static void release(struct world *w, struct member *m, const struct contract *c)
{
    int i = (c->committed & bit(m->seat)) != 0 ? blob_find(w, c->commit[m->seat].hash) : -1;

    if (i < 0 || c->b1 == 0 || m->byz.release == RELEASE_NONE)
        return;
    if (m->byz.release == RELEASE_LAST_BLOCK && w->head + m->byz.late < c->b2)
        return;
    m->byz.released = true;
    for (unsigned seat = 1; seat <= w->s.n; seat++) {
        struct packet p = {.kind = PACKET_BLOB,
                           .from = m->id,
                           .to = c->seat_node[seat],
                           .attempt = m->attempt_no,
                           .dealer = m->seat,
                           .blob = i};
        if (m->byz.release == RELEASE_ALL || (m->byz.shown & bit(seat)) != 0 ||
            w->member[c->seat_node[seat]].byz.on)
            net_send(w, &p);
    }
}

int byz_answer(struct world *w, struct member *m, int blob)
{
    if (!m->byz.on)
        return blob;
    if (w->blob[blob].dealer == m->seat && m->byz.release != RELEASE_ALL)
        return -1;
    return m->byz.garbage ? (int)roll(w, (unsigned)w->blobs) : blob;
}

/* --- votes, complaints, READY --- */

static void vote(struct world *w, struct member *m, const struct contract *c)
{
    struct tx t = {.kind = TX_VOTE};

    for (unsigned d = 1; d <= w->s.n; d++)
        if ((c->committed & bit(d)) != 0 &&
            (m->byz.vote != VOTE_OURS || w->member[c->seat_node[d]].byz.on))
            dkg_bitmap_set(&t.u.vote.good, (party_index)d);
    if (m->byz.vote == VOTE_BOGUS)
        memcpy(t.u.vote.transcript, w->bogus, 32);
    chain_send(w, m, &t);
}

static void complain(struct world *w, struct member *m, const struct contract *c)
{
    struct tx t = {.kind = TX_COMPLAINT};
    unsigned d = 1 + roll(w, w->s.n);
    const struct dkg_attempt *a = m->attempt;
    struct point k;
    struct scalar s;

    if (m->byz.complaints >= 1 + roll(w, 4))
        return;
    m->byz.complaints++;
    if (m->byz.complain == COMPLAIN_GOOD_PROOF && a->secrets != NULL &&
        (a->dealer[d].state == DKG_BLOB_GOOD || a->dealer[d].state == DKG_BLOB_BAD_SHARE)) {
        dkg_complaint_make(&t.u.complaint, &a->s, (party_index)d, (party_index)m->seat,
                           c->commit[d].hash, &a->secrets->ek, &a->dealer[d].e, &m->rng.rng);
        t.proof_ok = true;
    } else {
        group_scalar_random(w->g, &s, &m->rng.rng);
        group_base_mult(w->g, &k, &s);
        t.u.complaint.dealer = (party_index)d;
        memcpy(t.u.complaint.k, k.b, 32);
        rng_fill(&m->rng.rng, t.u.complaint.proof.b, sizeof t.u.complaint.proof.b);
    }
    chain_send(w, m, &t);
}

static void ready(struct world *w, struct member *m)
{
    struct tx t = {.kind = TX_READY};
    const struct dkg_result *r = dkg_attempt_result(m->attempt);

    if (m->byz.ready == READY_BOGUS)
        memcpy(t.u.ready.transcript, w->bogus, 32);
    else if (r != NULL)
        memcpy(t.u.ready.transcript, r->transcript, 32);
    else
        return;
    chain_send(w, m, &t);
}

bool byz_takes_over(const struct member *m, enum dkg_action_kind kind)
{
    if (!m->byz.on)
        return false;
    switch (kind) {
    case DKG_ACT_COMMIT:
    case DKG_ACT_RELEASE:
        return m->byz.deal != DEAL_HONEST;
    case DKG_ACT_VOTE:
        return m->byz.vote != VOTE_HONEST;
    case DKG_ACT_COMPLAIN:
        return m->byz.complain != COMPLAIN_NONE;
    case DKG_ACT_READY:
        return m->byz.ready != READY_HONEST;
    case DKG_ACT_FETCH:
    case DKG_ACT_INSTALL:
    case DKG_ACT_CLOSE:
        return false;
    }
    return false;
}

void byz_step(struct world *w, struct member *m)
{
    const struct contract *c = chain_head(w);
    bool open = c->stage == STAGE_OPEN && c->attempt == m->attempt_no;

    if (m->byz.attempt != m->attempt_no) {
        m->byz.attempt = m->attempt_no;
        m->byz.blob = m->byz.blob_other = -1;
        m->byz.released = false;
        m->byz.complaints = 0;
    }
    if (open && m->byz.deal != DEAL_HONEST && !m->byz.released)
        release(w, m, c);
    if (!open || w->tick - m->byz.acted < ACT_EVERY)
        return;
    m->byz.acted = w->tick;
    if (c->b1 == 0 && m->byz.deal != DEAL_HONEST && (c->committed & bit(m->seat)) == 0)
        commit(w, m);
    if (c->b1 == 0)
        return;
    if (m->byz.vote > VOTE_NONE && w->head < c->b2)
        vote(w, m, c);
    if (m->byz.complain != COMPLAIN_NONE && w->head < c->b2c)
        complain(w, m, c);
    if (m->byz.ready > READY_NONE && w->head >= c->b2c)
        ready(w, m);
}
