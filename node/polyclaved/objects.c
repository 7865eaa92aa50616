/* SPDX-License-Identifier: Apache-2.0 */
/*
 * objects.c - what the store keeps for others: evidence and collateral by hash, the
 * release log. All of it public; whoever gets it checks it.
 */
#include "base/log.h"
#include "crypto/hash.h"
#include "node/polyclaved/polyclaved.h"

static uint8_t object[IPC_OBJECT_MAX];

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

/* attest asks for an object by the hash of what the vendor signed in it; the store keeps whole
 * objects by their own hash. Between the two stands a record "object/" name -> hash. */
static struct bytes name_key(uint8_t out[static 40], const uint8_t name[static 32])
{
    memcpy(out, "object/", 7);
    memcpy(out + 7, name, 32);
    return bytes_of(out, 39);
}

static void put_named(struct polyclaved *p, const uint8_t name[static 32], struct bytes data,
                      bool *kept)
{
    uint8_t key[40], hash[32];
    put(p, STORE_COLLATERAL, data, kept);
    mirror_object(p, data);
    sha256(hash, data);
    if (*kept &&
        store_put(p->store, STORE_TRANSCRIPT, name_key(key, name), PC_BYTES(hash)) != PC_OK)
        *kept = false;
}

void objects_on_bytes(struct polyclaved *p, const struct ipc_dc_bytes *m)
{
    bool kept;
    put_named(p, m->hash, m->data, &kept);
}

/* Names that attest asked for in vain. Strangers can bring these, and nothing else: the oldest
 * object goes when the store is full, and what is in force must not go for what nobody needs. */
static size_t missing_find(const struct polyclaved *p, const uint8_t name[static 32])
{
    size_t i = 0;
    while (i < MISSING_MAX && memcmp(p->missing[i], name, 32) != 0)
        i++;
    return i;
}

static void missing_add(struct polyclaved *p, const uint8_t name[static 32])
{
    if (missing_find(p, name) == MISSING_MAX)
        memcpy(p->missing[p->next_missing++ % MISSING_MAX], name, 32);
}

/* The object of that name into `object`; *n 0 if it is not held. */
static void get_named(struct polyclaved *p, const uint8_t name[static 32], size_t *n)
{
    uint8_t key[40], hash[32];
    size_t hash_n;
    *n = 0;
    if (store_get(p->store, STORE_TRANSCRIPT, name_key(key, name), hash, sizeof hash, &hash_n,
                  accept_any, NULL) != PC_OK ||
        hash_n != sizeof hash)
        return;
    enum err_code e = store_get(p->store, STORE_COLLATERAL, PC_BYTES(hash), object, sizeof object,
                                n, accept_any, NULL);
    if (e == PC_E_CORRUPT && store_erase(p->store, STORE_COLLATERAL, PC_BYTES(hash)) != PC_OK)
        log_error("store_failed", LOG_STR("what", "a damaged object stays"));
    if (e != PC_OK)
        *n = 0;
}

struct bytes objects_named(struct polyclaved *p, const uint8_t name[static 32])
{
    size_t n;
    get_named(p, name, &n);
    return bytes_of(object, n);
}

void objects_on_get(struct polyclaved *p, const struct ipc_da_get *m)
{
    struct ipc_da_data answer = {.has_data = false};
    size_t n;
    memcpy(answer.hash, m->hash, sizeof answer.hash);
    get_named(p, m->hash, &n);
    answer.has_data = n != 0;
    answer.data = bytes_of(object, n);
    if (!answer.has_data) {
        missing_add(p, m->hash);
        log_warn("object_missing", LOG_HEX("name", PC_BYTES(m->hash)),
                 LOG_STR("hint", "PUT /v1/collateral brings it from anybody"));
    }
    (void)DAEMON_SEND(&p->d, IPC_LINK_DA, da_data, &answer);
}

void objects_on_put(struct polyclaved *p, const struct ipc_dp_put *m)
{
    struct ipc_dp_put_r answer = {.id = m->id, .kept = false};
    uint8_t name[32];
    size_t at = object_name(name, m->data) == PC_OK ? missing_find(p, name) : MISSING_MAX;
    if (at < MISSING_MAX && !bytes_all_zero_var(PC_BYTES(name))) {
        put_named(p, name, m->data, &answer.kept);
        if (answer.kept)
            memset(p->missing[at], 0, sizeof p->missing[at]);
    }
    (void)DAEMON_SEND(&p->d, IPC_LINK_DP, dp_put_r, &answer);
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
