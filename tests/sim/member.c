/* SPDX-License-Identifier: Apache-2.0 */
/* A member: its vault (the real dkg/ code) and the little around it that a node does with actions.
 */
#include "tests/sim/sim.h"

#define REARM_EVERY 4

static void forget_blobs(struct member *m)
{
    for (unsigned d = 0; d <= SIM_N; d++)
        for (unsigned k = 0; k < 4; k++)
            m->store[d][k] = -1;
    m->wanted = 0;
}

/* A boot: nothing is remembered but the sequence number, which is on the chain. The chain is read
 * from the last announcement on. */
void member_start(struct world *w, struct member *m)
{
    const struct contract *c = chain_final(w);

    m->up = true;
    m->incarnation++;
    rng_seeded_init(&m->rng, w->s.seed * 1000003u + m->id * 101u + m->incarnation * 31u);
    dkg_ek_slot_init(&m->slot, m->arena);
    m->cursor = c->announced == 0 ? UINT32_MAX : c->announced - 1;
    m->attempt_no = 0;
    forget_blobs(m);
}

void member_stop(struct member *m)
{
    dkg_attempt_close(&m->attempt);
    dkg_ek_slot_wipe(&m->slot);
    arena_free(m->arena, m->key);
    m->key = NULL;
    m->up = false;
}

static void enrol(struct world *w, struct member *m, uint32_t attempt)
{
    struct tx t = {.kind = TX_ENROL};
    uint8_t network_id[32] = {0};

    store_be64(network_id, w->s.seed);
    m->attempt_no = attempt;
    if ((w->s.absent & bit(m->id)) != 0 && attempt == 1)
        return;
    if (dkg_ek_enrol(&t.u.enrol, &m->slot, w->g, &m->rng.rng, network_id, 1, attempt, m->id + 1) !=
        PC_OK)
        return;
    if (m->byz.on && m->byz.bad_pop)
        t.u.enrol.pop.b[40] ^= 1;
    chain_send(w, m, &t);
}

static void open_attempt(struct world *w, struct member *m, uint32_t block)
{
    const struct contract *c = &w->block[block].c;
    struct dkg_member members[SIM_N];
    struct dkg_env env = {.g = w->g,
                          .arena = m->arena,
                          .rng = &m->rng.rng,
                          .room = m->room,
                          .room_count = PC_ARRAY_LEN(m->room)};
    struct dkg_open open;
    struct dkg_ek *ek;
    const uint8_t none[32] = {0}, *frozen = none;

    dkg_attempt_close(&m->attempt);
    forget_blobs(m);
    m->attempt_no = c->attempt;
    m->seat = 0;
    chain_open_of(w, block, &open, members);
    for (unsigned i = 1; i <= w->s.n; i++)
        if (members[i - 1].node_id == m->id + 1) {
            m->seat = i;
            frozen = members[i - 1].ek;
        }
    if (dkg_ek_take(&ek, &m->slot, 1, c->attempt, frozen) != PC_OK)
        return; /* not seated, or restarted since: this attempt goes on without it */
    if (!m->byz.on)
        oracle_unique(w, ek->pub.b, "an encryption key in two attempts");
    enum err_code e =
        dkg_attempt_open(&m->attempt, &env, &open, members, (party_index)m->seat, &ek);
    if (e != PC_OK) {
        if (!m->byz.on)
            broken(w, "node %u: open refused: %s", m->id, pc_err_name(e));
        return;
    }
    for (unsigned i = 1; i <= w->s.n; i++)
        if (members[i - 1].node_id != 0)
            PC_ASSERT(dkg_attempt_admit(m->attempt, (party_index)i) == PC_OK);
    if (byz_takes_over(m, DKG_ACT_COMMIT))
        return;
    if (dkg_attempt_deal(m->attempt) != PC_OK)
        broken(w, "node %u: could not deal", m->id);
}

static void fact(struct world *w, struct member *m, const struct dkg_fact *f)
{
    if (m->attempt == NULL)
        return;
    enum err_code e = dkg_attempt_fact(m->attempt, f);
    if (e != PC_OK)
        broken(w, "node %u: the board refused fact %d of block %u: %s", m->id, (int)f->kind,
               (unsigned)f->block, pc_err_name(e));
    if (f->kind == DKG_FACT_FAILED && dkg_attempt_has_secrets(m->attempt))
        broken(w, "node %u keeps the secrets of a failed attempt", m->id);
}

static unsigned seat_of_node(const struct world *w, const struct contract *c, unsigned node)
{
    for (unsigned i = 1; i <= w->s.n; i++)
        if ((c->seats & bit(i)) != 0 && c->seat_node[i] == node)
            return i;
    return 0;
}

static void fact_of_tx(struct world *w, struct member *m, const struct tx *t,
                       const struct contract *c, uint32_t block)
{
    struct dkg_fact f = {.block = block, .from = (party_index)seat_of_node(w, c, t->node)};

    switch (t->kind) {
    case TX_ENROL:
        return;
    case TX_COMMIT:
        f.kind = DKG_FACT_COMMIT;
        f.u.commit = t->u.commit;
        break;
    case TX_VOTE:
        f.kind = DKG_FACT_VOTE;
        f.u.vote = t->u.vote;
        break;
    case TX_COMPLAINT:
        f.kind = DKG_FACT_COMPLAINT;
        f.u.complaint = t->u.complaint;
        break;
    case TX_READY:
        f.kind = DKG_FACT_READY;
        f.u.ready = t->u.ready;
        break;
    }
    fact(w, m, &f);
}

static void phase_end(struct world *w, struct member *m, uint32_t block, enum dkg_phase ended)
{
    struct dkg_fact f = {.kind = DKG_FACT_PHASE_END, .block = block, .u.ended = ended};

    fact(w, m, &f);
}

/* One finalized block, in the order that the chain gives it. An attempt that was ACTIVE or FAILED
 * before takes no phase ends any more. */
static void read_block(struct world *w, struct member *m, uint32_t k)
{
    const struct block *b = &w->block[k];
    const struct contract *c = &b->c;
    struct dkg_fact f = {.block = k};

    if (c->failed == k && k != 0) {
        f.kind = DKG_FACT_FAILED;
        fact(w, m, &f);
    }
    if (c->announced == k && c->stage == STAGE_WINDOW)
        enrol(w, m, c->attempt);
    if (c->opened == k && k != 0)
        open_attempt(w, m, k);
    if (c->stage == STAGE_ACTIVE && c->activated == k) {
        f.kind = DKG_FACT_ACTIVE;
        memcpy(f.u.transcript, c->active, 32);
        fact(w, m, &f);
    }
    for (unsigned i = 0; i < b->txs; i++)
        fact_of_tx(w, m, &b->tx[i], c, k);
    if (c->stage != STAGE_OPEN)
        return;
    if (c->b1 == k)
        phase_end(w, m, k, DKG_PHASE_COMMIT);
    if (c->b2 == k)
        phase_end(w, m, k, DKG_PHASE_VOTE);
    if (c->b2c == k)
        phase_end(w, m, k, DKG_PHASE_COMPLAIN);
}

/* --- blobs --- */

/* Feed what is stored for a dealer; bytes that are not the committed ones are thrown away. */
static void feed(struct world *w, struct member *m, unsigned dealer)
{
    enum dkg_blob_state state;

    for (unsigned k = 0; k < 4 && m->attempt != NULL; k++) {
        int i = m->store[dealer][k];
        if (i < 0 || dkg_attempt_blob_begin(m->attempt, (party_index)dealer) != PC_OK)
            continue;
        struct dkg_blob *b = &w->blob[i].b;
        for (size_t r = 0; r < DKG_BLOB_RECORDS(w->s.n); r++)
            PC_ASSERT(dkg_attempt_blob_record(m->attempt,
                                              dkg_blob_record(b, (uint16_t)w->s.n, r)) == PC_OK);
        if (dkg_attempt_blob_end(m->attempt, &state) != PC_OK)
            m->store[dealer][k] = -1;
        else
            m->wanted &= ~bit(dealer);
    }
}

static void keep_blob(struct world *w, struct member *m, unsigned dealer, int blob)
{
    for (unsigned k = 0; k < 4; k++)
        if (m->store[dealer][k] == blob)
            return;
    for (unsigned k = 0; k < 4; k++)
        if (m->store[dealer][k] < 0) {
            m->store[dealer][k] = blob;
            break;
        }
    if ((m->wanted & bit(dealer)) != 0)
        feed(w, m, dealer);
}

static void answer_pull(struct world *w, struct member *m, const struct packet *p)
{
    for (unsigned k = 0; k < 4; k++) {
        int i = m->store[p->dealer][k];
        if (i < 0 || memcmp(w->blob[i].hash, p->hash, 32) != 0)
            continue;
        struct packet out = {.kind = PACKET_BLOB,
                             .from = m->id,
                             .to = p->from,
                             .attempt = p->attempt,
                             .dealer = p->dealer,
                             .blob = byz_answer(w, m, i)};
        if (out.blob >= 0)
            net_send(w, &out);
        return;
    }
}

void member_receive(struct world *w, struct member *m, const struct packet *p)
{
    if (!m->up || m->cut || p->attempt != m->attempt_no)
        return;
    switch (p->kind) {
    case PACKET_BLOB:
        keep_blob(w, m, p->dealer, p->blob);
        break;
    case PACKET_PULL:
        answer_pull(w, m, p);
        break;
    }
}

static void fetch(struct world *w, struct member *m, unsigned dealer, const uint8_t hash[static 32])
{
    m->wanted |= bit(dealer);
    feed(w, m, dealer);
    if ((m->wanted & bit(dealer)) == 0)
        return;
    for (unsigned i = 0; i < w->nodes; i++) {
        struct packet p = {.kind = PACKET_PULL,
                           .from = m->id,
                           .to = i,
                           .attempt = m->attempt_no,
                           .dealer = dealer};
        memcpy(p.hash, hash, 32);
        if (i != m->id)
            net_send(w, &p);
    }
}

static void release(struct world *w, struct member *m)
{
    const struct dkg_blob *b = dkg_attempt_blob(m->attempt);
    const struct truth right = {0};
    uint8_t hash[32];

    oracle_release(w, m);
    dkg_blob_hash(hash, NULL, b, dkg_attempt_sid(m->attempt), (party_index)m->seat,
                  (uint16_t)w->s.n);
    oracle_unique(w, b->e, "an ephemeral key");
    oracle_unique(w, b->a[0], "a polynomial");
    int i = blob_add(w, b, hash, m->seat, &right);
    keep_blob(w, m, m->seat, i);
    for (unsigned to = 0; to < w->nodes; to++) {
        struct packet p = {.kind = PACKET_BLOB,
                           .from = m->id,
                           .to = to,
                           .attempt = m->attempt_no,
                           .dealer = m->seat,
                           .blob = i};
        if (to != m->id)
            net_send(w, &p);
    }
}

void member_do(struct world *w, struct member *m, const struct dkg_action *act)
{
    struct tx t = {.kind = TX_COMMIT};

    switch (act->kind) {
    case DKG_ACT_COMMIT:
        t.u.commit = act->u.commit;
        chain_send(w, m, &t);
        break;
    case DKG_ACT_RELEASE:
        if (blob_find(w, dkg_attempt_board(m->attempt)->commit[m->seat].hash) < 0)
            release(w, m);
        break;
    case DKG_ACT_FETCH:
        fetch(w, m, act->u.fetch.dealer, act->u.fetch.hash);
        break;
    case DKG_ACT_VOTE:
        t.kind = TX_VOTE;
        t.u.vote = act->u.vote;
        chain_send(w, m, &t);
        break;
    case DKG_ACT_COMPLAIN:
        t.kind = TX_COMPLAINT;
        t.u.complaint = act->u.complaint;
        t.proof_ok = true;
        oracle_complaint(w, m, act->u.complaint.dealer);
        chain_send(w, m, &t);
        break;
    case DKG_ACT_READY:
        t.kind = TX_READY;
        t.u.ready = act->u.ready;
        oracle_ready(w, m);
        chain_send(w, m, &t);
        break;
    case DKG_ACT_INSTALL:
        if (dkg_attempt_take_key(m->attempt, &m->key) != PC_OK)
            broken(w, "node %u: INSTALL, and no key", m->id);
        break;
    case DKG_ACT_CLOSE:
        dkg_attempt_close(&m->attempt);
        break;
    }
}

void member_step(struct world *w, struct member *m)
{
    struct dkg_action act;

    if (!m->up || m->cut)
        return;
    while (m->cursor != w->final)
        read_block(w, m, ++m->cursor);
    if (m->attempt == NULL) {
        if (w->tick - m->rearmed >= REARM_EVERY && chain_final(w)->stage == STAGE_WINDOW) {
            m->rearmed = w->tick;
            enrol(w, m, chain_final(w)->attempt);
        }
        return;
    }
    if (w->tick - m->rearmed >= REARM_EVERY) {
        m->rearmed = w->tick;
        dkg_attempt_rearm(m->attempt);
    }
    const struct contract *c = chain_final(w);
    if (c->b1 != 0 && c->stage == STAGE_OPEN && w->head + w->s.phase / 3 >= c->b2)
        dkg_attempt_vote_now(m->attempt);
    if (m->byz.on)
        byz_step(w, m);
    while (m->attempt != NULL && dkg_attempt_next(m->attempt, &act))
        if (!byz_takes_over(m, act.kind))
            member_do(w, m, &act);
}
