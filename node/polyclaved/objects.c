/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects.c - what the store keeps for others: evidence and collateral by hash, chain's cursor, the
 * release log. All of it public; whoever gets it checks it.
 */
#include "base/log.h"
#include "crypto/hash.h"
#include "node/polyclaved/polyclaved.h"

static uint8_t object[IPC_OBJECT_MAX];

static const char cursor_key[] = "chain-cursor";

static enum err_code accept_any(void *ctx, struct bytes key, struct bytes value)
{
    (void)ctx;
    (void)key;
    (void)value;
    return PC_OK;
}

static void put(struct polyclaved *p, enum store_kind kind, struct bytes data, bool *kept)
{
    uint8_t hash[32];
    enum err_code e = store_put_content(p->store, kind, data, hash);
    *kept = e == PC_OK;
    if (e != PC_OK)
        log_error("store_failed", LOG_STR("what", "object"), LOG_STR("error", pc_err_name(e)));
}

void objects_on_bytes(struct polyclaved *p, const struct ipc_dc_bytes *m)
{
    bool kept;
    put(p, m->evidence ? STORE_EVIDENCE : STORE_COLLATERAL, m->data, &kept);
}

void objects_on_get(struct polyclaved *p, const struct ipc_da_get *m)
{
    static const enum store_kind kinds[] = {STORE_COLLATERAL, STORE_EVIDENCE};
    struct ipc_da_data answer = {.has_data = false};
    memcpy(answer.hash, m->hash, sizeof answer.hash);
    for (size_t i = 0; i < PC_ARRAY_LEN(kinds) && !answer.has_data; i++) {
        size_t n;
        enum err_code e = store_get(p->store, kinds[i], PC_BYTES(m->hash), object, sizeof object,
                                    &n, accept_any, NULL);
        if (e == PC_E_CORRUPT && store_erase(p->store, kinds[i], PC_BYTES(m->hash)) != PC_OK)
            log_error("store_failed", LOG_STR("what", "a damaged object stays"));
        answer.has_data = e == PC_OK;
        answer.data = bytes_of(object, n);
    }
    if (!answer.has_data)
        log_warn("object_missing", LOG_HEX("sha256", PC_BYTES(m->hash)),
                 LOG_STR("hint", "PUT /v1/collateral brings it from anybody"));
    (void)DAEMON_SEND(&p->d, IPC_LINK_DA, da_data, &answer);
}

void objects_on_put(struct polyclaved *p, const struct ipc_dp_put *m)
{
    struct ipc_dp_put_r answer = {.id = m->id};
    put(p, STORE_COLLATERAL, m->data, &answer.kept);
    (void)DAEMON_SEND(&p->d, IPC_LINK_DP, dp_put_r, &answer);
}

void objects_on_cursor(struct polyclaved *p, struct bytes cursor)
{
    enum err_code e =
        store_put(p->store, STORE_CURSOR, bytes_of(cursor_key, sizeof cursor_key - 1), cursor);
    if (e != PC_OK)
        log_error("store_failed", LOG_STR("what", "cursor"), LOG_STR("error", pc_err_name(e)));
}

void objects_send_cursor(struct polyclaved *p)
{
    size_t n = 0;
    struct ipc_dc_cursor m;
    enum err_code e = store_get(p->store, STORE_CURSOR, bytes_of(cursor_key, sizeof cursor_key - 1),
                                object, IPC_EVENT_MAX, &n, accept_any, NULL);
    m.data = bytes_of(object, e == PC_OK ? n : 0);
    (void)DAEMON_SEND(&p->d, IPC_LINK_DC, dc_cursor, &m);
}

void objects_log_decision(struct polyclaved *p, const struct ipc_vd_decision *m)
{
    uint8_t line[IPC_VD_DECISION_BYTES];
    struct bytes encoded;
    if (p->last_decision != 0 && m->seq != p->last_decision + 1)
        log_warn("decisions_lost", LOG_U64("from", p->last_decision), LOG_U64("to", m->seq));
    p->last_decision = m->seq;
    bool ok = m->code == WIRE_RELEASE_CODE_OK;
    p->released += ok && !m->replayed;
    p->replayed += ok && m->replayed;
    p->refused += !ok;
    log_info(ok ? "released" : "release_refused", LOG_STR("code", wire_release_code_name(m->code)),
             LOG_HEX("request", PC_BYTES(m->digest)), LOG_HEX("app", PC_BYTES(m->app_id)),
             LOG_HEX("subject", PC_BYTES(m->subject)), LOG_U64("replayed", m->replayed),
             LOG_U64("head", m->head.number));
    if (ipc_encode_vd_decision(&encoded, line, sizeof line, m) == PC_OK &&
        store_append(p->store, encoded, NULL) != PC_OK)
        log_error("store_failed", LOG_STR("what", "release log"));
}

void objects_keep_epoch(struct polyclaved *p, const struct ipc_vd_transcript *t)
{
    uint8_t value[IPC_VD_TRANSCRIPT_BYTES], key[16];
    struct bytes encoded;
    memcpy(key, "epoch/", 6);
    store_be64(key + 6, t->epoch);
    if (ipc_encode_vd_transcript(&encoded, value, sizeof value, t) != PC_OK ||
        store_put(p->store, STORE_TRANSCRIPT, bytes_of(key, 14), encoded) != PC_OK)
        log_error("store_failed", LOG_STR("what", "transcript"));
}
