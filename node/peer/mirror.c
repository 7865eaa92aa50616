/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirror.c - what the node's mirror gives to anybody.
 *
 *   GET /v1/evidence/HASH          the evidence: its SHA-256 is HASH
 *   GET /v1/evidence/HASH?record   what was accepted with it: struct attested of common.wire
 *   GET /v1/evidence?record=KEY    32 bytes: hash of the newest evidence of a record of
 * Attestations GET /v1/evidence[?after=HASH]  evidence_list of client.wire GET /v1/collateral/HASH
 * an object, by the SHA-256 of it or of what the vendor signed in it
 *
 * Public data, and no more to be believed than if a stranger had it: who asked checks hash and
 * signatures. One token of the address's bucket each; a few at a time wait for polyclaved.
 */
#include "base/hex.h"
#include "base/log.h"
#include "node/peer/peer.h"

#define WAIT_MS     5000u
#define EVIDENCE    "/v1/evidence"
#define COLLATERAL  "/v1/collateral/"
#define HASH_DIGITS 64

static bool read_hash(uint8_t out[static 32], const char *text)
{
    return strlen(text) == HASH_DIGITS && hex_decode(out, 32, text, HASH_DIGITS) == PC_OK;
}

/* What the path and query ask for; false: nothing that there is. */
static bool read_path(struct ipc_dp_mirror_get *m, const struct http_request *r)
{
    const char *value;
    if (strncmp(r->path, COLLATERAL, sizeof COLLATERAL - 1) == 0) {
        m->what = IPC_MIRROR_WHAT_COLLATERAL;
        return read_hash(m->hash, r->path + sizeof COLLATERAL - 1);
    }
    const char *rest = r->path + sizeof EVIDENCE - 1;
    if (*rest == '/') {
        m->what = http_query(r, "record", NULL) ? IPC_MIRROR_WHAT_RECORD : IPC_MIRROR_WHAT_EVIDENCE;
        return read_hash(m->hash, rest + 1);
    }
    if (http_query(r, "record", &value)) {
        m->what = IPC_MIRROR_WHAT_OF_RECORD;
        return read_hash(m->hash, value);
    }
    m->what = IPC_MIRROR_WHAT_LIST;
    return !http_query(r, "after", &value) || read_hash(m->hash, value);
}

static void refuse(struct peer *p, http_id id, enum wire_release_code code)
{
    release_error(p, id, code, code == WIRE_RELEASE_CODE_MALFORMED ? 0 : 1, 0);
}

void mirror_request(struct peer *p, const struct http_request *r)
{
    struct ipc_dp_mirror_get m = {.id = r->id};
    struct mirror_ask *to = NULL;
    if (!release_admit(p, r->from)) {
        refuse(p, r->id, WIRE_RELEASE_CODE_QUOTA);
        return;
    }
    if (!read_path(&m, r)) {
        if (http_error(p->http, r->id, 400, "malformed", "a hash is 64 hexadecimal digits", 0) !=
            PC_OK)
            log_warn("answer_failed", LOG_STR("route", "mirror"));
        return;
    }
    for (size_t i = 0; i < MIRROR_ASKS_MAX && to == NULL; i++)
        if (p->mirror_asks[i].id == 0)
            to = &p->mirror_asks[i];
    if (to == NULL || DAEMON_SEND(&p->d, IPC_LINK_DP, dp_mirror_get, &m) != PC_OK) {
        refuse(p, r->id, WIRE_RELEASE_CODE_RETRY);
        return;
    }
    *to = (struct mirror_ask){.id = r->id, .what = m.what, .since = loop_now(&p->d.loop)};
}

void mirror_answer(struct peer *p, const struct ipc_dp_mirror *m)
{
    for (size_t i = 0; i < MIRROR_ASKS_MAX; i++) {
        if (m->id == 0 || p->mirror_asks[i].id != m->id)
            continue;
        p->mirror_asks[i].id = 0;
        enum err_code e =
            m->has_data ? http_answer(p->http, m->id, 200, "application/octet-stream", m->data)
                        : http_error(p->http, m->id, 404, "not_held",
                                     "this node's mirror does not hold it", 0);
        if (e != PC_OK && e != PC_E_NOT_FOUND)
            log_warn("answer_failed", LOG_STR("error", pc_err_name(e)));
        return;
    }
}

void mirror_drop(struct peer *p)
{
    for (size_t i = 0; i < MIRROR_ASKS_MAX; i++) {
        if (p->mirror_asks[i].id == 0)
            continue;
        refuse(p, p->mirror_asks[i].id, WIRE_RELEASE_CODE_RETRY);
        p->mirror_asks[i].id = 0;
    }
}

void mirror_tick(struct peer *p)
{
    uint64_t now = loop_now(&p->d.loop);
    for (size_t i = 0; i < MIRROR_ASKS_MAX; i++) {
        if (p->mirror_asks[i].id == 0 || now - p->mirror_asks[i].since <= WAIT_MS)
            continue;
        refuse(p, p->mirror_asks[i].id, WIRE_RELEASE_CODE_RETRY);
        p->mirror_asks[i].id = 0;
    }
}
