/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/testkit.h"

#include <stdlib.h>

#include "crypto/shamir.h"
#include "dkg/dkg_sid.h"

#define KIT_ARENA (7u * 1024 * 1024)

void kit_open(struct kit *k, const struct group *g, uint16_t n, uint16_t t, uint64_t seed)
{
    struct pop_context ctx = {.epoch = 1, .attempt = 1};

    memset(k, 0, sizeof *k);
    k->g = g;
    k->n = n;
    k->t = t == 0 ? (uint16_t)(n / 2 + 1) : t;
    rng_seeded_init(&k->rng, seed);
    PC_ASSERT(arena_open(&k->arena, KIT_ARENA) == PC_OK);
    memset(k->open.network_id, 0x11, 32);
    memset(k->open.open_hash, 0x22, 32);
    memcpy(ctx.network_id, k->open.network_id, 32);
    k->open.epoch = 1;
    k->open.attempt = 1;
    k->open.n = n;
    k->open.t = k->t;
    k->open.keys = 1;
    k->open.protocol = DKG_PROTOCOL;
    for (uint32_t i = 1; i <= n; i++) {
        struct dkg_ek *ek = &k->ek[i];
        struct dkg_member *m = &k->member[i - 1];
        ctx.node_id = ek->node_id = m->node_id = 1000 + i;
        ek->epoch = ek->attempt = 1;
        group_scalar_random(g, &ek->secret, &k->rng.rng);
        group_base_mult(g, &ek->pub, &ek->secret);
        pop_prove(&ek->pop, g, &ctx, &ek->secret, &ek->pub, &k->rng.rng);
        memcpy(m->ek, ek->pub.b, 32);
        m->pop = ek->pop;
        memset(m->keys_hash, (int)i, 32);
        m->domains = 1;
        m->domain[0][31] = (uint8_t)(1 + i % 3);
    }
    kit_seal(k);
}

void kit_seal(struct kit *k)
{
    PC_ASSERT(dkg_member_root(k->open.root, k->member, k->n) == PC_OK);
}

void kit_join(struct kit *k, party_index i)
{
    struct dkg_ek *ek = arena_alloc(k->arena, sizeof *ek);

    PC_ASSERT(ek != NULL);
    *ek = k->ek[i];
    k->room[i] = calloc((size_t)k->n * k->n, sizeof *k->room[i]);
    struct dkg_env env = {.g = k->g,
                          .arena = k->arena,
                          .rng = &k->rng.rng,
                          .room = k->room[i],
                          .room_count = (size_t)k->n * k->n};
    PC_ASSERT(dkg_attempt_open(&k->attempt[i], &env, &k->open, k->member, i, &ek) == PC_OK);
    for (uint32_t j = 1; j <= k->n; j++)
        if (k->member[j - 1].node_id != 0)
            PC_ASSERT(dkg_attempt_admit(k->attempt[i], (party_index)j) == PC_OK);
}

void kit_join_all(struct kit *k)
{
    for (uint32_t i = 1; i <= k->n; i++)
        if (k->member[i - 1].node_id != 0)
            kit_join(k, (party_index)i);
}

void kit_close(struct kit *k)
{
    for (uint32_t i = 1; i <= k->n; i++) {
        dkg_attempt_close(&k->attempt[i]);
        free(k->room[i]);
        free(k->blob[i]);
    }
    PC_ASSERT(arena_used(k->arena) == 0);
    arena_close(k->arena);
    memset(k, 0, sizeof *k);
}

void kit_session(struct kit *k, struct dkg_session *s)
{
    for (uint32_t i = 1; i <= k->n; i++)
        if (k->attempt[i] != NULL) {
            *s = k->attempt[i]->s;
            return;
        }
    pc_bug("kit_session: nobody has joined");
}

void kit_prove(struct kit *k, struct dkg_blob *b, party_index dealer, const struct scalar *a0,
               const struct scalar *e)
{
    struct pok_a_context ctx_a = {.dealer = dealer};
    struct pok_e_context ctx_e = {.dealer = dealer};
    struct dkg_session s;
    struct point pa, pe;
    uint8_t whole[32];

    kit_session(k, &s);
    dkg_blob_hash(whole, ctx_a.blob_hash, b, s.sid, dealer, k->n);
    memcpy(ctx_e.blob_hash, ctx_a.blob_hash, 32);
    memcpy(ctx_a.sid, s.sid, 32);
    memcpy(ctx_e.sid, s.sid, 32);
    group_base_mult(k->g, &pa, a0);
    group_base_mult(k->g, &pe, e);
    pok_a_prove(&b->pok_a, k->g, &ctx_a, a0, &pa, &k->rng.rng);
    pok_e_prove(&b->pok_e, k->g, &ctx_e, e, &pe, &k->rng.rng);
}

void kit_forge(struct kit *k, struct dkg_blob *b, party_index dealer, const struct kit_forge *spec)
{
    struct scalar own[DKG_MAX_N], e_own, share, one;
    const struct scalar *coeffs = spec->coeffs, *e = spec->e;
    size_t count = spec->count;
    struct dkg_session s;
    struct point a, kj, e_pub;

    kit_session(k, &s);
    memset(b, 0, sizeof *b);
    if (coeffs == NULL) {
        shamir_poly_random(k->g, own, k->t, &k->rng.rng);
        coeffs = own;
        count = k->t;
    }
    if (e == NULL) {
        group_scalar_random(k->g, &e_own, &k->rng.rng);
        e = &e_own;
    }
    group_base_mult(k->g, &e_pub, e);
    group_scalar_from_u64(k->g, &one, 1);
    for (uint32_t j = 0; j <= k->n; j++) {
        PC_ASSERT(shamir_eval(k->g, &share, coeffs, count, j) == PC_OK);
        group_base_mult(k->g, &a, &share);
        memcpy(b->a[j], a.b, 32);
        if (j == 0 || !s.receiver[j].ek_valid)
            continue;
        if (dkg_bitmap_test(&spec->garbage, (party_index)j))
            rng_fill(&k->rng.rng, share.b, 32);
        if (dkg_bitmap_test(&spec->off_by_one, (party_index)j))
            group_scalar_add(k->g, &share, &share, &one);
        group_mult(k->g, &kj, e, &s.receiver[j].ek);
        dkg_share_crypt(b->ct[j - 1], share.b, &s, dealer, (party_index)j, &kj, &e_pub);
    }
    memcpy(b->e, e_pub.b, 32);
    kit_prove(k, b, dealer, &coeffs[0], e);
}

void kit_fact(struct kit *k, const struct dkg_fact *f)
{
    struct dkg_fact at = *f;

    at.block = ++k->block;
    for (uint32_t i = 1; i <= k->n; i++)
        if (k->attempt[i] != NULL)
            PC_ASSERT(dkg_attempt_fact(k->attempt[i], &at) == PC_OK);
}

void kit_commit(struct kit *k, party_index dealer, const struct dkg_blob *b)
{
    struct dkg_fact f = {.kind = DKG_FACT_COMMIT, .from = dealer};
    struct dkg_session s;

    kit_session(k, &s);
    dkg_blob_hash(f.u.commit.hash, NULL, b, s.sid, dealer, k->n);
    f.u.commit.length = DKG_BLOB_BYTES(k->n);
    k->commit[dealer] = f.u.commit;
    k->blob[dealer] = malloc(sizeof *b);
    PC_ASSERT(k->blob[dealer] != NULL);
    *k->blob[dealer] = *b;
    kit_fact(k, &f);
}

void kit_deal(struct kit *k, party_index dealer)
{
    PC_ASSERT(dkg_attempt_deal(k->attempt[dealer]) == PC_OK);
    kit_commit(k, dealer, &k->attempt[dealer]->own);
}

void kit_phase_end(struct kit *k, enum dkg_phase ended)
{
    struct dkg_fact f = {.kind = DKG_FACT_PHASE_END, .u.ended = ended};

    kit_fact(k, &f);
}

void kit_vote(struct kit *k, party_index from, const struct dkg_vote *v)
{
    struct dkg_fact f = {.kind = DKG_FACT_VOTE, .from = from, .u.vote = *v};

    kit_fact(k, &f);
}

void kit_complain(struct kit *k, party_index from, const struct dkg_complaint *c)
{
    struct dkg_fact f = {.kind = DKG_FACT_COMPLAINT, .from = from, .u.complaint = *c};

    kit_fact(k, &f);
}

void kit_ready(struct kit *k, party_index from, const uint8_t transcript[static 32])
{
    struct dkg_fact f = {.kind = DKG_FACT_READY, .from = from};

    memcpy(f.u.ready.transcript, transcript, 32);
    kit_fact(k, &f);
}

void kit_active(struct kit *k, const uint8_t transcript[static 32])
{
    struct dkg_fact f = {.kind = DKG_FACT_ACTIVE};

    memcpy(f.u.transcript, transcript, 32);
    kit_fact(k, &f);
}

void kit_failed(struct kit *k)
{
    struct dkg_fact f = {.kind = DKG_FACT_FAILED};

    kit_fact(k, &f);
}

enum err_code kit_feed(struct kit *k, party_index to, party_index dealer, struct dkg_blob *b,
                       enum dkg_blob_state *state)
{
    struct dkg_attempt *a = k->attempt[to];

    PC_TRY(dkg_attempt_blob_begin(a, dealer));
    for (size_t r = 0; r < DKG_BLOB_RECORDS(k->n); r++)
        PC_TRY(dkg_attempt_blob_record(a, dkg_blob_record(b, k->n, r)));
    return dkg_attempt_blob_end(a, state);
}

static bool run_action(struct kit *k, party_index i, const struct dkg_action *act,
                       const struct dkg_bitmap *hidden)
{
    enum dkg_blob_state state;
    party_index d;

    switch (act->kind) {
    case DKG_ACT_FETCH:
        d = act->u.fetch.dealer;
        if (k->blob[d] != NULL && (hidden == NULL || !dkg_bitmap_test(hidden, d)))
            PC_ASSERT(kit_feed(k, i, d, k->blob[d], &state) == PC_OK);
        return true;
    case DKG_ACT_VOTE:
        kit_vote(k, i, &act->u.vote);
        return true;
    case DKG_ACT_COMPLAIN:
        kit_complain(k, i, &act->u.complaint);
        return true;
    case DKG_ACT_READY:
        kit_ready(k, i, act->u.ready.transcript);
        return true;
    case DKG_ACT_COMMIT:
    case DKG_ACT_RELEASE:
    case DKG_ACT_INSTALL:
    case DKG_ACT_CLOSE:
        return false;
    }
    return false;
}

void kit_run(struct kit *k, const struct dkg_bitmap *hidden)
{
    struct dkg_action act;
    bool again = true;

    while (again) {
        again = false;
        for (uint32_t i = 1; i <= k->n; i++)
            while (k->attempt[i] != NULL && dkg_attempt_next(k->attempt[i], &act))
                again = run_action(k, (party_index)i, &act, hidden) || again;
    }
}

bool kit_next_of(struct kit *k, party_index i, enum dkg_action_kind kind, struct dkg_action *out)
{
    while (dkg_attempt_next(k->attempt[i], out))
        if (out->kind == kind)
            return true;
    return false;
}
