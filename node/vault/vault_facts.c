/* SPDX-License-Identifier: Apache-2.0 */
/* What chain says about the open attempt, and what the attempt wants done because of it. */
#include "crypto/ids.h"
#include "node/vault/vault_state.h"

/* ---- facts in ---- */

/* Facts of another attempt, or from before this vault's latest one, are of the past: chain says
 * them again after its restart. */
static enum err_code fact(struct vault *v, enum ipc_type type, uint64_t epoch, uint32_t attempt,
                          const struct dkg_fact *f)
{
    if (!vault_attempt_is(v, epoch, attempt) || v->attempt.dkg == NULL)
        return PC_OK;
    uint64_t latest = dkg_attempt_board(v->attempt.dkg)->block;
    enum err_code e = dkg_attempt_fact(v->attempt.dkg, f);
    if (e == PC_OK)
        vault_attempt_pump(v);
    else if (f->block > latest || e != PC_E_SEQUENCE)
        vault_result(v, type, epoch, attempt, f->from, e);
    return PC_OK;
}

VAULT_HANDLER(vc_commit)
{
    struct dkg_fact f = {.kind = DKG_FACT_COMMIT, .block = m->at, .from = m->index};
    memcpy(f.u.commit.hash, m->hash, sizeof f.u.commit.hash);
    f.u.commit.length = m->length;
    return fact(ctx, IPC_MSG_VC_COMMIT, m->epoch, m->attempt, &f);
}

VAULT_HANDLER(vc_vote)
{
    struct dkg_fact f = {.kind = DKG_FACT_VOTE, .block = m->at, .from = m->index};
    memcpy(f.u.vote.good.b, m->bitmap, sizeof f.u.vote.good.b);
    memcpy(f.u.vote.transcript, m->transcript, sizeof f.u.vote.transcript);
    return fact(ctx, IPC_MSG_VC_VOTE, m->epoch, m->attempt, &f);
}

VAULT_HANDLER(vc_complaint)
{
    struct dkg_fact f = {.kind = DKG_FACT_COMPLAINT, .block = m->at, .from = m->index};
    f.u.complaint.dealer = m->dealer;
    memcpy(f.u.complaint.k, m->k, sizeof f.u.complaint.k);
    memcpy(f.u.complaint.proof.b, m->proof, sizeof f.u.complaint.proof.b);
    return fact(ctx, IPC_MSG_VC_COMPLAINT, m->epoch, m->attempt, &f);
}

VAULT_HANDLER(vc_ready)
{
    struct dkg_fact f = {.kind = DKG_FACT_READY, .block = m->at, .from = m->index};
    memcpy(f.u.ready.transcript, m->transcript, sizeof f.u.ready.transcript);
    return fact(ctx, IPC_MSG_VC_READY, m->epoch, m->attempt, &f);
}

VAULT_HANDLER(vc_phase)
{
    struct dkg_fact f = {.kind = DKG_FACT_PHASE_END, .block = m->at};
    switch (m->what) {
    case IPC_PHASE_END_B1:
        f.u.ended = DKG_PHASE_COMMIT;
        break;
    case IPC_PHASE_END_B2:
        f.u.ended = DKG_PHASE_VOTE;
        break;
    case IPC_PHASE_END_B2C:
        f.u.ended = DKG_PHASE_COMPLAIN;
        break;
    case IPC_PHASE_END_B3:
        return PC_OK; /* READY stays open; ACTIVE or FAILED ends the attempt */
    case IPC_PHASE_END_ACTIVE:
        f.kind = DKG_FACT_ACTIVE;
        memcpy(f.u.transcript, m->transcript, sizeof f.u.transcript);
        break;
    case IPC_PHASE_END_FAILED:
        f.kind = DKG_FACT_FAILED;
        break;
    }
    return fact(ctx, IPC_MSG_VC_PHASE, m->epoch, m->attempt, &f);
}

/* ---- actions out ---- */

static void tell(struct vault *v, enum ipc_action_kind kind, const struct dkg_action *a)
{
    struct ipc_vd_action m = {
        .epoch = v->attempt.open.epoch, .attempt = v->attempt.open.attempt, .kind = kind};
    if (a->kind == DKG_ACT_FETCH) {
        m.dealer = a->u.fetch.dealer;
        m.length = a->u.fetch.length;
        memcpy(m.hash, a->u.fetch.hash, sizeof m.hash);
    } else if (a->kind == DKG_ACT_COMPLAIN) {
        m.dealer = a->u.complaint.dealer;
    }
    VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_action, &m);
}

/* The own blob: public from B1 on. */
static void release_blob(struct vault *v)
{
    const struct vault_attempt *at = &v->attempt;
    const struct dkg_blob *blob = dkg_attempt_blob(at->dkg);
    uint16_t n = at->open.n;
    uint8_t bytes[DKG_BLOB_MAX];
    struct ipc_vd_blob_head head = {.epoch = at->open.epoch,
                                    .attempt = at->open.attempt,
                                    .dealer = at->open.own_index,
                                    .length = DKG_BLOB_BYTES(n)};
    if (blob == NULL)
        return;
    memcpy(head.hash, at->commit.hash, sizeof head.hash);
    dkg_blob_encode(bytes, blob, dkg_attempt_sid(at->dkg), at->open.own_index, n);
    VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_blob_head, &head);
    for (uint32_t offset = 0; offset < head.length;) {
        struct ipc_vd_blob_rec rec = {.dealer = head.dealer, .offset = offset};
        uint32_t left = head.length - offset;
        rec.data_n = (uint16_t)(left < sizeof rec.data ? left : sizeof rec.data);
        memcpy(rec.data, bytes + offset, rec.data_n);
        VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_blob_rec, &rec);
        offset += rec.data_n;
    }
}

/* ACTIVE is final: from here on this share serves. */
static void install(struct vault *v)
{
    struct vault_attempt *at = &v->attempt;
    struct dkg_key *key = NULL;
    enum err_code e = dkg_attempt_take_key(at->dkg, &key);
    if (e != PC_OK) {
        vault_result(v, IPC_MSG_VC_PHASE, at->open.epoch, at->open.attempt, 0, e);
        return;
    }
    arena_free(v->env.arena, v->key[1].key);
    v->key[1] = v->key[0];
    struct vault_key *k = &v->key[0];
    *k = (struct vault_key){.key = key, .epoch = at->open.epoch, .name = at->dkg_open.key[0]};
    id_key(k->key_id, v->env.policy.network_id, k->name.index, (enum key_class)k->name.key_class,
           k->name.of);
    for (uint16_t i = 1; i <= at->open.n; i++)
        memcpy(k->identity[i], at->member[i].m.keys.ed25519, sizeof k->identity[i]);
    vault_lease_reset(v);
}

static void carry_out(struct vault *v, const struct dkg_action *a)
{
    struct vault_attempt *at = &v->attempt;
    switch (a->kind) {
    case DKG_ACT_COMMIT:
        at->commit = a->u.commit;
        at->have_commit = true;
        tell(v, IPC_ACTION_KIND_COMMIT, a);
        break;
    case DKG_ACT_RELEASE:
        tell(v, IPC_ACTION_KIND_RELEASE, a);
        release_blob(v);
        break;
    case DKG_ACT_FETCH:
        tell(v, IPC_ACTION_KIND_FETCH, a);
        break;
    case DKG_ACT_VOTE:
        at->vote = a->u.vote;
        at->have_vote = true;
        if (!at->answering_vote)
            tell(v, IPC_ACTION_KIND_VOTE, a);
        break;
    case DKG_ACT_COMPLAIN:
        at->complaint[a->u.complaint.dealer] = a->u.complaint;
        dkg_bitmap_set(&at->have_complaint, a->u.complaint.dealer);
        tell(v, IPC_ACTION_KIND_COMPLAIN, a);
        break;
    case DKG_ACT_READY:
        at->ready = a->u.ready;
        at->have_ready = true;
        tell(v, IPC_ACTION_KIND_READY, a);
        break;
    case DKG_ACT_INSTALL:
        install(v);
        tell(v, IPC_ACTION_KIND_INSTALL, a);
        break;
    case DKG_ACT_CLOSE:
        tell(v, IPC_ACTION_KIND_CLOSE, a);
        vault_attempt_close(v);
        break;
    }
}

/* The preimage's fields and Y_1..Y_n, whenever this member stands for another transcript. */
static void tell_transcript(struct vault *v)
{
    struct vault_attempt *at = &v->attempt;
    const struct dkg_result *r = at->dkg == NULL ? NULL : dkg_attempt_result(at->dkg);
    if (r == NULL || vault_same32(r->transcript, at->told_transcript))
        return;
    memcpy(at->told_transcript, r->transcript, sizeof at->told_transcript);
    struct ipc_vd_transcript m = {.epoch = at->open.epoch,
                                  .attempt = at->open.attempt,
                                  .n = r->pub.n,
                                  .t = r->pub.t,
                                  .pk_n = 1,
                                  .y_hash_n = 1};
    memcpy(m.sid, dkg_attempt_sid(at->dkg), sizeof m.sid);
    memcpy(m.hash, r->transcript, sizeof m.hash);
    memcpy(m.qual, r->qual.qual.b, sizeof m.qual);
    memcpy(m.blame_dealers, r->qual.blame_dealers.b, sizeof m.blame_dealers);
    memcpy(m.blame_receivers, r->qual.blame_receivers.b, sizeof m.blame_receivers);
    memcpy(m.pk[0], r->pub.y[0].b, sizeof m.pk[0]);
    memcpy(m.y_hash[0], r->pub.y_hash, sizeof m.y_hash[0]);
    VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_transcript, &m);
    for (uint16_t first = 1; first <= r->pub.n;) {
        struct ipc_vd_transcript_y y = {
            .epoch = m.epoch, .attempt = m.attempt, .key = 0, .first = first};
        uint16_t left = (uint16_t)(r->pub.n - first + 1);
        y.y_n = left < PC_ARRAY_LEN(y.y) ? left : (uint16_t)PC_ARRAY_LEN(y.y);
        for (uint16_t i = 0; i < y.y_n; i++)
            memcpy(y.y[i], r->pub.y[first + i].b, sizeof y.y[i]);
        VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_transcript_y, &y);
        first = (uint16_t)(first + y.y_n);
    }
}

void vault_attempt_pump(struct vault *v)
{
    struct dkg_action a;
    while (v->attempt.dkg != NULL && dkg_attempt_next(v->attempt.dkg, &a))
        carry_out(v, &a);
    tell_transcript(v);
}
