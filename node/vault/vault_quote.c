/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Own evidence (SPEC 3). D is built here, of own keys: whoever asks chooses the owner and the block
 * and nothing else, so no other process can have anything quoted.
 */
#include "crypto/ids.h"
#include "node/vault/vault_state.h"

static void answer_error(struct vault *v, enum err_code e)
{
    struct ipc_vd_quote_chunk m = {.chunk = {.last = true, .error = (uint16_t)e}};
    VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_quote_chunk, &m);
}

VAULT_HANDLER(vd_quote_get)
{
    struct vault *v = ctx;
    struct ipc_vq_quote ask;
    struct report_binding b = {.kind = PC_SUBJECT_NODE,
                               .chain_id = v->env.policy.chain_id,
                               .bound_block = m->bound.number};
    /* A helper that is asked a second time would answer twice, and the pieces would mix. One that
     * is late past the limit loses its link: it ends and is started anew. */
    if (v->quote.pending) {
        bool late = v->now_ms - v->quote.since_ms >= VAULT_QUOTE_MS;
        answer_error(v, late ? PC_E_TIMEOUT : PC_E_EXISTS);
        if (late) {
            v->quote = (struct vault_quote){0};
            v->env.drop(v->env.ctx, IPC_PROC_QUOTE);
        }
        return PC_OK;
    }
    memcpy(b.attestations, v->env.policy.attestations, sizeof b.attestations);
    memcpy(b.keys_hash, v->keys_hash, sizeof b.keys_hash);
    memcpy(b.bound_hash, m->bound.hash, sizeof b.bound_hash);
    context_of_owner(b.context, m->owner);
    id_report_data(ask.report_data, &b);
    v->quote = (struct vault_quote){.pending = true, .since_ms = v->now_ms};
    VAULT_SEND(v, IPC_PROC_QUOTE, vq_quote, &ask);
    return PC_OK;
}

VAULT_HANDLER(vq_chunk)
{
    struct vault *v = ctx;
    struct vault_quote *q = &v->quote;
    struct ipc_vd_quote_chunk out = {.chunk = m->chunk};
    q->total += m->chunk.data_n;
    bool ends = m->chunk.last || m->chunk.error != PC_OK;
    if (m->chunk.seq != q->next_seq || q->total > WIRE_EVIDENCE_MAX)
        return PC_E_SEQUENCE; /* the link ends; vault_link_new tells polyclaved */
    q->next_seq++;
    if (!q->orphan)
        VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_quote_chunk, &out);
    if (ends)
        *q = (struct vault_quote){0};
    return PC_OK;
}
