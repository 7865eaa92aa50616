/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An attempt at an epoch's key: enrolment, what open() froze, who may be dealt to, and what is
 * signed. The rules of the key generation itself are dkg/'s; here they meet the node's keys and the
 * join of SPEC 2.
 */
#include "crypto/ids.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"
#include "node/vault/vault_join.h"

struct vault_key *vault_key_of(struct vault *v, uint64_t epoch)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(v->key); i++)
        if (epoch != 0 && v->key[i].key != NULL && v->key[i].epoch == epoch)
            return &v->key[i];
    return NULL;
}

bool vault_attempt_is(const struct vault *v, uint64_t epoch, uint32_t attempt)
{
    return v->attempt.open.n != 0 && v->attempt.open.epoch == epoch &&
           v->attempt.open.attempt == attempt;
}

void vault_attempt_close(struct vault *v)
{
    dkg_attempt_close(&v->attempt.dkg);
    v->attempt.feeding = 0;
    pc_wipe(v->attempt.record, sizeof v->attempt.record);
}

/* -1, 0, 1: (e1, a1) against (e2, a2) */
static int compare_attempts(uint64_t e1, uint32_t a1, uint64_t e2, uint32_t a2)
{
    if (e1 != e2)
        return e1 < e2 ? -1 : 1;
    return a1 < a2 ? -1 : a1 > a2;
}

/* ---- enrolment ---- */

VAULT_HANDLER(vc_announced)
{
    struct vault *v = ctx;
    if (v->announced &&
        compare_attempts(m->epoch, m->attempt, v->announced_epoch, v->announced_attempt) < 0)
        return PC_OK;
    v->announced = true;
    v->announced_epoch = m->epoch;
    v->announced_attempt = m->attempt;
    return PC_OK;
}

VAULT_HANDLER(vd_enrol)
{
    struct vault *v = ctx;
    struct ipc_vd_ncall call = {.kind = IPC_NCALL_KIND_ENROL,
                                .node_id = m->node_id,
                                .epoch = m->epoch,
                                .attempt = m->attempt,
                                .seq = m->seq,
                                .body_n = 32 + sizeof(struct pok)};
    struct dkg_enrol enrol;
    enum err_code e = PC_OK;
    if (!v->announced || m->epoch != v->announced_epoch || m->attempt != v->announced_attempt)
        e = PC_E_SEQUENCE;
    else if (!v->have_head || m->node_id == 0 || m->node_id != v->head.node_id)
        e = PC_E_REFUSED;
    else
        e = dkg_ek_enrol(&enrol, &v->ek, v->env.group, v->env.rng, v->env.policy.network_id,
                         m->epoch, m->attempt, m->node_id);
    if (e != PC_OK) {
        vault_result(v, IPC_MSG_VD_ENROL, m->epoch, m->attempt, 0, e);
        return PC_OK;
    }
    memcpy(call.body, enrol.ek, sizeof enrol.ek);
    memcpy(call.body + sizeof enrol.ek, enrol.pop.b, sizeof enrol.pop.b);
    vault_ncall(v, &call);
    return PC_OK;
}

/* ---- open() and its members ---- */

static void member_digest(uint8_t out[static 32], const struct vault *v,
                          const struct ipc_vc_open *o, uint16_t index)
{
    struct transcript t;
    transcript_init256(&t, PC_LABEL_NODE_JOIN);
    transcript_fixed(&t, v->env.policy.network_id, 32);
    transcript_u64(&t, o->epoch);
    transcript_u32(&t, o->attempt);
    transcript_u16(&t, index);
    transcript_final256(&t, out);
}

static bool same_open(const struct ipc_vc_open *a, const struct ipc_vc_open *b)
{
    uint8_t x[IPC_VC_OPEN_BYTES], y[IPC_VC_OPEN_BYTES];
    struct bytes xs, ys;
    return ipc_encode_vc_open(&xs, x, sizeof x, a) == PC_OK &&
           ipc_encode_vc_open(&ys, y, sizeof y, b) == PC_OK && bytes_equal_var(xs, ys);
}

static void begin_loading(struct vault *v, const struct ipc_vc_open *m)
{
    struct vault_attempt *at = &v->attempt;
    struct dkg_open *o;
    vault_attempt_close(v);
    memset(at, 0, sizeof *at);
    at->open = *m;
    at->loading = true;
    at->next_index = 1;
    o = &at->dkg_open;
    memcpy(o->network_id, m->network_id, sizeof o->network_id);
    memcpy(o->open_hash, m->opened.hash, sizeof o->open_hash);
    memcpy(o->root, m->root, sizeof o->root);
    o->epoch = m->epoch;
    o->attempt = m->attempt;
    o->n = m->n;
    o->t = m->t;
    o->protocol = m->protocol;
    o->keys = m->keys_n;
    for (uint16_t i = 0; i < m->keys_n; i++) {
        o->key[i] = (struct dkg_key_name){.index = m->keys[i].index,
                                          .key_class = (uint8_t)m->keys[i].class};
        memcpy(o->key[i].of, m->keys[i].of, sizeof o->key[i].of);
    }
    for (uint16_t i = 1; i <= m->n; i++)
        member_digest(at->member[i].digest, v, m, i);
}

VAULT_HANDLER(vc_open)
{
    struct vault *v = ctx;
    const struct ipc_vc_open *now = &v->attempt.open;
    int order = now->n == 0 ? 1 : compare_attempts(m->epoch, m->attempt, now->epoch, now->attempt);
    if (!vault_same32(m->network_id, v->env.policy.network_id))
        return PC_E_REFUSED;
    if (order < 0 || vault_key_of(v, m->epoch) != NULL) {
        v->attempt.loading = false; /* what follows is about the past */
        return PC_OK;
    }
    if (order == 0 && !same_open(m, now))
        return PC_E_REFUSED; /* a final open() does not change */
    if (order == 0 && now->n != 0 && !v->attempt.loading && v->attempt.next_index > now->n)
        return PC_OK; /* chain has started anew and says again what is known */
    if (m->old_n != 0 || m->old_t != 0 || m->old_epoch != 0 || m->old_y_hash_n != 0 ||
        !vault_zero32(m->old_root) || m->keys_n > DKG_KEYS || m->epoch == 0) {
        v->attempt.loading = false;
        vault_result(v, IPC_MSG_VC_OPEN, m->epoch, m->attempt, 0, PC_E_UNSUPPORTED);
        return PC_OK;
    }
    begin_loading(v, m);
    return PC_OK;
}

/* Everything that open() froze is here: is it something to take part in? */
static enum err_code open_attempt(struct vault *v)
{
    struct vault_attempt *at = &v->attempt;
    uint16_t own = at->open.own_index;
    struct dkg_env env = {v->env.group, v->env.arena, v->env.rng, v->env.room, v->env.room_count};
    static const uint8_t nothing[32];
    const uint8_t *frozen = own == 0 ? nothing : at->seat[own - 1].ek;
    struct dkg_ek *ek = NULL;
    if (own > at->open.n)
        return PC_E_MALFORMED;
    if (own != 0 && !vault_same32(at->seat[own - 1].keys_hash, v->keys_hash))
        return PC_E_MISMATCH; /* the seat of this node with the keys that it had before */
    enum err_code e = dkg_ek_take(&ek, &v->ek, at->open.epoch, at->open.attempt, frozen);
    if (own == 0)
        return PC_OK;
    if (e == PC_OK)
        e = join_committee(v, at);
    if (e != PC_OK) {
        arena_free(v->env.arena, ek);
        return e;
    }
    return dkg_attempt_open(&at->dkg, &env, &at->dkg_open, at->seat, own, &ek);
}

void vault_members_join(struct vault *v, uint16_t index)
{
    struct vault_attempt *at = &v->attempt;
    struct vault_member *mi = &at->member[index];
    if (at->dkg == NULL || mi->admitted || !mi->stated || !mi->judged || mi->m.node_id == 0)
        return;
    enum err_code e = join_member(v, mi, at->open.epoch, at->open.attempt);
    if (e == PC_OK)
        e = dkg_attempt_admit(at->dkg, index);
    mi->admitted = e == PC_OK;
    mi->judged = mi->admitted; /* a refused one may be judged again, on newer collateral */
    vault_result(v, IPC_MSG_VA_VERDICT, at->open.epoch, at->open.attempt, index, e);
}

VAULT_HANDLER(vc_member)
{
    struct vault *v = ctx;
    struct vault_attempt *at = &v->attempt;
    if (!at->loading || !vault_attempt_is(v, m->epoch, m->attempt))
        return PC_OK;
    if (m->index != at->next_index)
        return PC_E_SEQUENCE;
    struct dkg_member *seat = &at->seat[m->index - 1];
    seat->node_id = m->node_id;
    if (m->node_id != 0)
        id_keys_node(seat->keys_hash, m->keys.ed25519, m->keys.x25519, m->keys.account);
    memcpy(seat->ek, m->ek, sizeof seat->ek);
    memcpy(seat->pop.b, m->pop, sizeof seat->pop.b);
    seat->domains = m->domains_n;
    memcpy(seat->domain, m->domains, sizeof seat->domain);
    at->member[m->index].m = *m;
    at->member[m->index].stated = true;
    at->next_index++;
    if (m->index < at->open.n)
        return PC_OK;
    at->loading = false;
    enum err_code e = open_attempt(v);
    vault_result(v, IPC_MSG_VC_OPEN, m->epoch, m->attempt, at->open.own_index, e);
    if (e != PC_OK || at->dkg == NULL)
        return PC_OK;
    for (uint16_t i = 1; i <= at->open.n; i++)
        vault_members_join(v, i);
    vault_attempt_pump(v);
    return PC_OK;
}

/* ---- what is signed, when polyclaved says so ---- */

static struct ipc_vd_ncall own_call(const struct vault *v, enum ipc_ncall_kind kind, uint64_t seq)
{
    const struct vault_attempt *at = &v->attempt;
    return (struct ipc_vd_ncall){.kind = kind,
                                 .node_id = at->seat[at->open.own_index - 1].node_id,
                                 .epoch = at->open.epoch,
                                 .attempt = at->open.attempt,
                                 .seq = seq};
}

/* Is that attempt open here? If not polyclaved hears why. */
static bool attempt_ready(struct vault *v, enum ipc_type request, uint64_t epoch, uint32_t attempt)
{
    if (vault_attempt_is(v, epoch, attempt) && v->attempt.dkg != NULL)
        return true;
    vault_result(v, request, epoch, attempt, 0, PC_E_SEQUENCE);
    return false;
}

VAULT_HANDLER(vd_deal)
{
    struct vault *v = ctx;
    struct vault_attempt *at = &v->attempt;
    if (!attempt_ready(v, IPC_MSG_VD_DEAL, m->epoch, m->attempt))
        return PC_OK;
    if (!at->have_commit) {
        party_index waiting = dkg_attempt_not_admitted(at->dkg);
        enum err_code e = waiting != 0 ? PC_E_RETRY : join_vendors(v, at);
        if (e == PC_OK)
            e = dkg_attempt_deal(at->dkg);
        if (e != PC_OK) {
            vault_result(v, IPC_MSG_VD_DEAL, m->epoch, m->attempt, waiting, e);
            return PC_OK;
        }
        vault_attempt_pump(v);
    }
    if (!at->have_commit) {
        vault_result(v, IPC_MSG_VD_DEAL, m->epoch, m->attempt, 0, PC_E_RETRY);
        return PC_OK;
    }
    struct ipc_vd_ncall call = own_call(v, IPC_NCALL_KIND_COMMIT, m->seq);
    memcpy(call.body, at->commit.hash, 32);
    store_be32(call.body + 60, at->commit.length);
    call.body_n = 64;
    vault_ncall(v, &call);
    return PC_OK;
}

VAULT_HANDLER(vd_vote)
{
    struct vault *v = ctx;
    struct vault_attempt *at = &v->attempt;
    if (!attempt_ready(v, IPC_MSG_VD_VOTE, m->epoch, m->attempt))
        return PC_OK;
    if (!at->have_vote) {
        at->answering_vote = true;
        dkg_attempt_vote_now(at->dkg);
        vault_attempt_pump(v);
        at->answering_vote = false;
    }
    if (!at->have_vote) {
        vault_result(v, IPC_MSG_VD_VOTE, m->epoch, m->attempt, 0, PC_E_RETRY);
        return PC_OK;
    }
    struct ipc_vd_ncall call = own_call(v, IPC_NCALL_KIND_VOTE, m->seq);
    memcpy(call.body, at->vote.good.b, 32);
    memcpy(call.body + 32, at->vote.transcript, 32);
    call.body_n = 64;
    vault_ncall(v, &call);
    return PC_OK;
}

VAULT_HANDLER(vd_complain)
{
    struct vault *v = ctx;
    struct vault_attempt *at = &v->attempt;
    if (!attempt_ready(v, IPC_MSG_VD_COMPLAIN, m->epoch, m->attempt))
        return PC_OK;
    if (!dkg_bitmap_test(&at->have_complaint, m->dealer)) {
        vault_result(v, IPC_MSG_VD_COMPLAIN, m->epoch, m->attempt, m->dealer, PC_E_RETRY);
        return PC_OK;
    }
    const struct dkg_complaint *c = &at->complaint[m->dealer];
    struct ipc_vd_ncall call = own_call(v, IPC_NCALL_KIND_COMPLAIN, m->seq);
    store_be16(call.body + 30, c->dealer);
    memcpy(call.body + 32, c->k, 32);
    memcpy(call.body + 64, c->proof.b, sizeof c->proof.b);
    call.body_n = 64 + sizeof c->proof.b;
    vault_ncall(v, &call);
    return PC_OK;
}

VAULT_HANDLER(vd_ready)
{
    struct vault *v = ctx;
    struct vault_attempt *at = &v->attempt;
    if (!attempt_ready(v, IPC_MSG_VD_READY, m->epoch, m->attempt))
        return PC_OK;
    if (!at->have_ready) {
        vault_result(v, IPC_MSG_VD_READY, m->epoch, m->attempt, 0, PC_E_RETRY);
        return PC_OK;
    }
    struct ipc_vd_ncall call = own_call(v, IPC_NCALL_KIND_READY, m->seq);
    memcpy(call.body, at->ready.transcript, 32);
    call.body_n = 32;
    vault_ncall(v, &call);
    return PC_OK;
}

VAULT_HANDLER(vd_rearm)
{
    struct vault *v = ctx;
    if (!attempt_ready(v, IPC_MSG_VD_REARM, m->epoch, m->attempt))
        return PC_OK;
    dkg_attempt_rearm(v->attempt.dkg);
    memset(v->attempt.told_transcript, 0, sizeof v->attempt.told_transcript);
    vault_attempt_pump(v);
    return PC_OK;
}
