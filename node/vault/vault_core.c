/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask the vault what, and when: one table, no default. Everything else of the core is the
 * handlers behind it.
 */
#include "base/mem.h"
#include "node/vault/vault_state.h"

/* What must be so for a message to make sense. Where a message can come early or late by nature
 * (two links are not ordered against each other) its handler answers or drops it instead. */
enum need {
    ANY_TIME,
    QUOTE_PENDING, /* only the answer to a question */
};

static const struct rule {
    enum ipc_type type;
    enum ipc_process from;
    enum need need;
} rules[] = {
    /* polyclaved drives the phases: it says when, the vault decides what */
    {IPC_MSG_VD_KEYS_GET, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_QUOTE_GET, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_SIGN_ENDPOINT, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_ENROL, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_DEAL, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_VOTE, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_COMPLAIN, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_READY, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_REARM, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_BLOB_HEAD, IPC_PROC_POLYCLAVED, ANY_TIME},
    {IPC_MSG_VD_BLOB_REC, IPC_PROC_POLYCLAVED, ANY_TIME},
    /* the quote helper answers and never asks */
    {IPC_MSG_VQ_CHUNK, IPC_PROC_QUOTE, QUOTE_PENDING},
    /* peer asks */
    {IPC_MSG_VP_REQUEST, IPC_PROC_PEER, ANY_TIME},
    {IPC_MSG_VP_DH, IPC_PROC_PEER, ANY_TIME},
    {IPC_MSG_VP_HEAD_SIGN, IPC_PROC_PEER, ANY_TIME},
    {IPC_MSG_VP_LEASE_GET, IPC_PROC_PEER, ANY_TIME},
    {IPC_MSG_VP_LEASE_SIG, IPC_PROC_PEER, ANY_TIME},
    /* attest states */
    {IPC_MSG_VA_VERDICT, IPC_PROC_ATTEST, ANY_TIME},
    /* chain states */
    {IPC_MSG_VC_HEAD, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_RECORD, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_NO_RECORD, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_ANNOUNCED, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_OPEN, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_MEMBER, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_COMMIT, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_VOTE, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_COMPLAINT, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_READY, IPC_PROC_CHAIN, ANY_TIME},
    {IPC_MSG_VC_PHASE, IPC_PROC_CHAIN, ANY_TIME},
};

static const struct ipc_handlers handlers = {
    .vd_keys_get = vault_on_vd_keys_get,
    .vd_quote_get = vault_on_vd_quote_get,
    .vd_sign_endpoint = vault_on_vd_sign_endpoint,
    .vd_enrol = vault_on_vd_enrol,
    .vd_deal = vault_on_vd_deal,
    .vd_vote = vault_on_vd_vote,
    .vd_complain = vault_on_vd_complain,
    .vd_ready = vault_on_vd_ready,
    .vd_rearm = vault_on_vd_rearm,
    .vd_blob_head = vault_on_vd_blob_head,
    .vd_blob_rec = vault_on_vd_blob_rec,
    .vq_chunk = vault_on_vq_chunk,
    .vp_request = vault_on_vp_request,
    .vp_dh = vault_on_vp_dh,
    .vp_head_sign = vault_on_vp_head_sign,
    .vp_lease_get = vault_on_vp_lease_get,
    .vp_lease_sig = vault_on_vp_lease_sig,
    .va_verdict = vault_on_va_verdict,
    .vc_head = vault_on_vc_head,
    .vc_record = vault_on_vc_record,
    .vc_no_record = vault_on_vc_no_record,
    .vc_announced = vault_on_vc_announced,
    .vc_open = vault_on_vc_open,
    .vc_member = vault_on_vc_member,
    .vc_commit = vault_on_vc_commit,
    .vc_vote = vault_on_vc_vote,
    .vc_complaint = vault_on_vc_complaint,
    .vc_ready = vault_on_vc_ready,
    .vc_phase = vault_on_vc_phase,
};

static const struct rule *rule_of(uint16_t type, enum ipc_process from)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(rules); i++)
        if ((uint16_t)rules[i].type == type && rules[i].from == from)
            return &rules[i];
    return NULL;
}

enum err_code vault_frame(struct vault *v, enum ipc_process from, struct bytes frame,
                          uint64_t now_ms)
{
    const struct rule *rule = rule_of(ipc_type_of(frame), from);
    if (rule == NULL || frame.n > WIRE_RECORD_MAX)
        return PC_E_REFUSED;
    if (rule->need == QUOTE_PENDING && !v->quote.pending)
        return PC_E_SEQUENCE;
    /* A clock that went backwards must not stretch a lease or refill a rate. */
    if (now_ms > v->now_ms)
        v->now_ms = now_ms;
    return ipc_dispatch(&handlers, v, from, IPC_PROC_VAULT, frame);
}

void vault_result(struct vault *v, enum ipc_type request, uint64_t epoch, uint32_t attempt,
                  uint16_t index, enum err_code e)
{
    struct ipc_vd_result m = {(uint16_t)request, epoch, attempt, index, (uint16_t)e};
    VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_result, &m);
}

bool vault_rate_take(struct vault_rate *r, uint64_t now_ms, uint32_t burst, uint32_t per_second)
{
    uint64_t fresh = (now_ms - r->at_ms) * per_second / 1000;
    if (fresh > 0) {
        r->left = fresh > burst - r->left ? burst : r->left + (uint32_t)fresh;
        r->at_ms = now_ms;
    }
    if (r->left == 0)
        return false;
    r->left--;
    return true;
}

size_t vault_bytes(void)
{
    return sizeof(struct vault);
}

static void tables_init(struct vault *v)
{
    uint8_t secret[32];
    rng_fill(v->env.rng, secret, sizeof secret);
    vault_table_init(&v->pending, v->pending_room, sizeof v->pending_room[0], VAULT_PENDING_SETS,
                     secret);
    vault_table_init(&v->verdicts, v->verdict_room, sizeof v->verdict_room[0], VAULT_VERDICT_SETS,
                     secret);
    vault_table_init(&v->answers, v->answer_room, sizeof v->answer_room[0], VAULT_ANSWER_SETS,
                     secret);
    vault_table_init(&v->subjects, v->subject_room, sizeof v->subject_room[0], VAULT_SUBJECT_SETS,
                     secret);
    vault_table_init(&v->apps, v->app_room, sizeof v->app_room[0], VAULT_APP_SETS, secret);
}

enum err_code vault_init(struct vault **out, void *memory, const struct vault_env *env)
{
    struct vault *v = memory;
    *out = NULL;
    /* The chain process verifies heads; a policy that names a verifier which is not built must not
     * get as far as holding a share. */
    if (env->policy.kind != POLICY_CHAIN_KIND_DEV || env->policy.chain_id != 31337)
        return PC_E_UNSUPPORTED;
    v->env = *env;
    dkg_ek_slot_init(&v->ek, env->arena);
    tables_init(v);
    v->dh.left = VAULT_DH_BURST;
    v->head_signs.left = VAULT_SIGN_HEAD_RATE;
    PC_TRY(vault_keys_make(v));
    *out = v;
    return PC_OK;
}

void vault_wipe(struct vault *v)
{
    if (v == NULL)
        return;
    vault_attempt_close(v);
    dkg_ek_slot_wipe(&v->ek);
    for (size_t i = 0; i < PC_ARRAY_LEN(v->key); i++) {
        arena_free(v->env.arena, v->key[i].key);
        v->key[i].key = NULL;
    }
    arena_free(v->env.arena, v->secrets);
    v->secrets = NULL;
}

void vault_link_new(struct vault *v, enum ipc_process other)
{
    switch (other) {
    case IPC_PROC_POLYCLAVED:
        v->quote.orphan = true;
        v->attempt.feeding = 0;
        break;
    case IPC_PROC_QUOTE:
        if (v->quote.pending && !v->quote.orphan) {
            struct ipc_vd_quote_chunk m = {
                .chunk = {.seq = v->quote.next_seq, .last = true, .error = PC_E_CLOSED}};
            VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_quote_chunk, &m);
        }
        v->quote = (struct vault_quote){0};
        break;
    case IPC_PROC_CHAIN:
        /* It tells everything again from its own verified state. */
        v->attempt.loading = false;
        break;
    case IPC_PROC_PEER:
    case IPC_PROC_ATTEST:
    case IPC_PROC_INIT:
    case IPC_PROC_VAULT:
    case IPC_PROC_RPC:
        break;
    }
}

const struct wire_node_keys *vault_public_keys(const struct vault *v)
{
    return &v->keys;
}

bool vault_serves(const struct vault *v, uint64_t epoch)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(v->key); i++)
        if (v->key[i].key != NULL && v->key[i].epoch == epoch)
            return true;
    return false;
}
