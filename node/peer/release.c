/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release.c - one key request, from the body to the sealed answer (SPEC 8, docs/INTERNALS.md 5).
 *
 * Order: size (http), token buckets, own standing, head window, form; then the vault, which says
 * what its join still lacks; chain states record and policy, attest the verdict, and the vault is
 * asked again. Everything that costs the others something comes after what is cheap here.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"
#include "node/peer/peer.h"

#define HEAD_WINDOW    64
#define ROUNDS_MAX     4
#define DEADLINE_MS    15000u
#define BUCKET_RATE    20u /* requests per second and address ... */
#define BUCKET_BURST   60u
#define TOTAL_RATE     400u /* ... and of everybody */
#define TOTAL_BURST    800u
#define RETRY_SHORT    1
#define RETRY_STANDING 5

static const struct {
    enum wire_release_code code;
    unsigned status;
    const char *message;
} statuses[] = {
    {WIRE_RELEASE_CODE_MALFORMED, 400, "the body is not a release request"},
    {WIRE_RELEASE_CODE_SIGNATURE, 401, "the request is not signed by its boot-sign key"},
    {WIRE_RELEASE_CODE_MEASUREMENT_NOT_ACTIVE, 403,
     "the app has not approved this measurement, not "
     "yet, or no longer"},
    {WIRE_RELEASE_CODE_PLATFORM_REVOKED, 403,
     "the platform or its certificate is revoked or frozen"},
    {WIRE_RELEASE_CODE_VENDOR_NOT_ACCEPTED, 403,
     "the vendor is not accepted for this app and scope"},
    {WIRE_RELEASE_CODE_PLATFORM_NOT_ACCEPTED, 403, "the platform is not on the app's list"},
    {WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED, 403, "the security version is below the app's minimum"},
    {WIRE_RELEASE_CODE_ATTESTATION_EXPIRED, 403,
     "the attestation is older than allowed; attest again"},
    {WIRE_RELEASE_CODE_APP_FROZEN, 403, "the app is frozen by its owner"},
    {WIRE_RELEASE_CODE_UNKNOWN_APP, 404, "there is no such app"},
    {WIRE_RELEASE_CODE_UNKNOWN_RECORD, 404, "no attestation of these keys is final yet"},
    {WIRE_RELEASE_CODE_STALE_REQUEST, 409, "the request names a head that is too old; ask anew"},
    {WIRE_RELEASE_CODE_APP_GONE, 410, "the app has ended"},
    {WIRE_RELEASE_CODE_TOO_LARGE, 413, "the body is too large"},
    {WIRE_RELEASE_CODE_EVIDENCE_NEEDED, 428,
     "this node has not verified the evidence: send it along"},
    {WIRE_RELEASE_CODE_QUOTA, 429, "a quota is used up"},
    {WIRE_RELEASE_CODE_RETRY, 503, "not known now; try again"},
    {WIRE_RELEASE_CODE_CHAIN_BEHIND, 503, "this node's view of the chain is too old"},
    {WIRE_RELEASE_CODE_CHAIN_DISAGREEMENT, 503, "members disagree about the chain"},
    {WIRE_RELEASE_CODE_RECOVERING, 503, "this node has no share in this epoch"},
    {WIRE_RELEASE_CODE_NODE_FROZEN, 503, "this node is frozen by the guardian council"},
    {WIRE_RELEASE_CODE_NODE_EXPIRED, 503, "this node's own attestation is not live"},
    {WIRE_RELEASE_CODE_EVIDENCE_REJECTED, 403, "this node's own verification refuses the evidence"},
    {WIRE_RELEASE_CODE_VERSION_NOT_ACCEPTED, 403, "the key version is outside the app's window"},
};

void release_error(struct peer *p, http_id id, enum wire_release_code code, uint32_t retry_after,
                   uint64_t epoch)
{
    char message[160];
    for (size_t i = 0; i < PC_ARRAY_LEN(statuses); i++) {
        if (statuses[i].code != code)
            continue;
        if (statuses[i].status == 503 && retry_after == 0)
            retry_after = RETRY_SHORT;
        if (code == WIRE_RELEASE_CODE_RETRY && epoch != 0)
            snprintf(message, sizeof message, "%s; the epoch is %llu", statuses[i].message,
                     (unsigned long long)epoch);
        else
            snprintf(message, sizeof message, "%s", statuses[i].message);
        p->http_refused++;
        enum err_code e = http_error(p->http, id, statuses[i].status, wire_release_code_name(code),
                                     message, retry_after);
        if (e != PC_OK && e != PC_E_NOT_FOUND)
            log_warn("answer_failed", LOG_STR("error", pc_err_name(e)));
        return;
    }
    if (http_error(p->http, id, 500, "internal", "the node gave a code that it does not know", 0) !=
        PC_OK)
        log_warn("answer_failed", LOG_STR("code", wire_release_code_name(code)));
}

/* ---- token buckets ---- */

static bool take_token(struct bucket *b, uint64_t now, uint64_t rate, uint64_t burst)
{
    uint64_t full = burst * 1000, filled = b->tokens_milli + (now - b->at) * rate;
    b->tokens_milli = filled < full ? filled : full;
    b->at = now;
    if (b->tokens_milli < 1000)
        return false;
    b->tokens_milli -= 1000;
    return true;
}

/* IPv4 addresses (as IPv6 ones too, on a socket for both) and IPv6 /64s are one place each; never
 * 0. */
static uint64_t place_of(const struct sockaddr_storage *from)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const uint64_t v4 = UINT64_C(1) << 40;
    uint64_t key = 1;
    if (from->ss_family == AF_INET)
        return v4 | ntohl(((const struct sockaddr_in *)from)->sin_addr.s_addr);
    if (from->ss_family == AF_INET6) {
        const uint8_t *a = ((const struct sockaddr_in6 *)from)->sin6_addr.s6_addr;
        key = memcmp(a, mapped, sizeof mapped) == 0 ? v4 | load_be32(a + 12) : load_be64(a) | 1;
    }
    return key;
}

bool release_admit(struct peer *p, const struct sockaddr_storage *from)
{
    uint64_t now = loop_now(&p->d.loop), key = place_of(from);
    struct bucket *b = NULL, *oldest = &p->buckets[0];
    for (size_t i = 0; i < BUCKETS; i++) {
        if (p->buckets[i].key == key)
            b = &p->buckets[i];
        if (p->buckets[i].at < oldest->at || p->buckets[i].key == 0)
            oldest = &p->buckets[i];
    }
    if (b == NULL) {
        b = oldest;
        *b = (struct bucket){key, BUCKET_BURST * 1000, now};
    }
    return take_token(b, now, BUCKET_RATE, BUCKET_BURST) &&
           take_token(&p->total, now, TOTAL_RATE, TOTAL_BURST);
}

/* ---- requests ---- */

static void end(struct release *r)
{
    free(r->evidence);
    memset(r, 0, sizeof *r);
}

static void refuse(struct peer *p, struct release *r, enum wire_release_code code,
                   uint32_t retry_after, uint64_t epoch)
{
    release_error(p, r->id, code, retry_after, epoch);
    end(r);
}

static enum wire_release_code own_standing(const struct peer *p)
{
    if (!p->have_head || p->health == IPC_HEALTH_BEHIND)
        return WIRE_RELEASE_CODE_CHAIN_BEHIND;
    if (p->health == IPC_HEALTH_DISAGREEMENT)
        return WIRE_RELEASE_CODE_CHAIN_DISAGREEMENT;
    switch (p->state) {
    case IPC_NODE_STATE_LIVE:
        return WIRE_RELEASE_CODE_OK;
    case IPC_NODE_STATE_FROZEN:
        return WIRE_RELEASE_CODE_NODE_FROZEN;
    case IPC_NODE_STATE_NONE:
        return p->recovering ? WIRE_RELEASE_CODE_RECOVERING : WIRE_RELEASE_CODE_NODE_EXPIRED;
    case IPC_NODE_STATE_EXPIRED:
    case IPC_NODE_STATE_REVOKED:
        break;
    }
    return WIRE_RELEASE_CODE_NODE_EXPIRED;
}

static enum wire_release_code head_window(const struct peer *p, uint64_t client)
{
    if (client > p->head.number)
        return WIRE_RELEASE_CODE_CHAIN_BEHIND;
    return p->head.number - client > HEAD_WINDOW ? WIRE_RELEASE_CODE_STALE_REQUEST
                                                 : WIRE_RELEASE_CODE_OK;
}

static enum err_code fill(struct release *r, const struct client_release_body *b)
{
    const struct client_release_request *q = &b->request;
    struct ipc_release_fields *f = &r->fields;
    uint8_t encoded[CLIENT_RELEASE_REQUEST_BYTES];
    struct bytes bytes;
    struct transcript t;
    *f = (struct ipc_release_fields){.version = q->version,
                                     .class = q->class,
                                     .key_version = q->key_version,
                                     .scope_n = (uint16_t)q->scope.n,
                                     .epoch = q->epoch,
                                     .node_index = q->node_index,
                                     .boot = q->boot,
                                     .bound = q->bound,
                                     .vendor = q->vendor,
                                     .platform_proof_n = q->platform_proof_n,
                                     .head = q->head};
    memcpy(f->network_id, q->network_id, sizeof f->network_id);
    memcpy(f->key_id, q->key_id, sizeof f->key_id);
    memcpy(f->app_id, q->app_id, sizeof f->app_id);
    if (q->scope.n != 0)
        memcpy(f->scope, q->scope.p, q->scope.n);
    memcpy(f->measurement, q->measurement, sizeof f->measurement);
    memcpy(f->platform, q->platform, sizeof f->platform);
    memcpy(f->verifier, q->verifier, sizeof f->verifier);
    memcpy(f->platform_proof, q->platform_proof, sizeof f->platform_proof);
    memcpy(f->nonce, q->nonce, sizeof f->nonce);
    memcpy(f->evidence_hash, q->evidence_hash, sizeof f->evidence_hash);
    memcpy(r->signature, b->signature, sizeof r->signature);
    PC_TRY(client_encode_release_request(&bytes, encoded, sizeof encoded, q));
    transcript_init256(&t, PC_LABEL_REQUEST);
    transcript_fixed(&t, bytes.p, bytes.n);
    transcript_final256(&t, r->digest);
    return PC_OK;
}

static void ask_vault(struct peer *p, struct release *r)
{
    struct ipc_vp_request m = {.request = r->fields};
    memcpy(m.signature, r->signature, sizeof m.signature);
    r->stage = RELEASE_VAULT;
    if (r->rounds++ >= ROUNDS_MAX || DAEMON_SEND(&p->d, IPC_LINK_VP, vp_request, &m) != PC_OK)
        refuse(p, r, WIRE_RELEASE_CODE_RETRY, RETRY_SHORT, 0);
}

static struct release *take_slot(struct peer *p)
{
    for (size_t i = 0; i < RELEASES_MAX; i++)
        if (!p->releases[i].used)
            return &p->releases[i];
    return NULL;
}

void release_begin(struct peer *p, const struct http_request *h)
{
    struct client_release_body body;
    enum wire_release_code code = WIRE_RELEASE_CODE_OK;
    if (!release_admit(p, h->from))
        code = WIRE_RELEASE_CODE_QUOTA;
    if (code == WIRE_RELEASE_CODE_OK)
        code = own_standing(p);
    if (code != WIRE_RELEASE_CODE_OK) {
        release_error(p, h->id, code, code == WIRE_RELEASE_CODE_QUOTA ? 1 : RETRY_STANDING, 0);
        return;
    }
    if (client_decode_release_body(&body, h->body) != PC_OK) {
        release_error(p, h->id, WIRE_RELEASE_CODE_MALFORMED, 0, 0);
        return;
    }
    code = head_window(p, body.request.head.number);
    struct release *r = take_slot(p);
    if (code == WIRE_RELEASE_CODE_OK && r == NULL)
        code = WIRE_RELEASE_CODE_QUOTA;
    if (code != WIRE_RELEASE_CODE_OK) {
        release_error(p, h->id, code, RETRY_SHORT, 0);
        return;
    }
    memset(r, 0, sizeof *r);
    r->used = true;
    r->id = h->id;
    r->since = loop_now(&p->d.loop);
    bool kept = true;
    if (body.has_evidence && body.evidence.n != 0) {
        uint8_t hash[32];
        sha256(hash, body.evidence);
        if (memcmp(hash, body.request.evidence_hash, sizeof hash) != 0) {
            refuse(p, r, WIRE_RELEASE_CODE_MALFORMED, 0, 0);
            return;
        }
        r->evidence = malloc(body.evidence.n);
        kept = r->evidence != NULL;
        if (kept) {
            r->evidence_n = body.evidence.n;
            memcpy(r->evidence, body.evidence.p, body.evidence.n);
        }
    }
    if (!kept)
        refuse(p, r, WIRE_RELEASE_CODE_RETRY, RETRY_SHORT, 0);
    else if (fill(r, &body) != PC_OK)
        refuse(p, r, WIRE_RELEASE_CODE_MALFORMED, 0, 0);
    else
        ask_vault(p, r);
}

/* ---- what the others say: every waiting request with that digest ---- */

#define EACH_WAITING(p, r, what, m)                                                                \
    for (struct release *r = (p)->releases; r < (p)->releases + RELEASES_MAX; r++)                 \
        if (r->used && r->stage == (what) && memcmp(r->digest, (m)->digest, 32) == 0)

void release_need(struct peer *p, const struct ipc_vp_need *m)
{
    EACH_WAITING(p, r, RELEASE_VAULT, m)
    {
        struct ipc_pc_lookup ask = {.request = r->fields};
        memcpy(ask.digest, r->digest, sizeof ask.digest);
        r->want_verdict = m->verdict;
        if (m->verdict && r->evidence == NULL) {
            refuse(p, r, WIRE_RELEASE_CODE_EVIDENCE_NEEDED, 0, 0);
            continue;
        }
        /* Also when only the verdict lacks: attest needs chain's word for it. */
        r->stage = RELEASE_LOOKUP;
        if (DAEMON_SEND(&p->d, IPC_LINK_PC, pc_lookup, &ask) != PC_OK)
            refuse(p, r, WIRE_RELEASE_CODE_RETRY, RETRY_SHORT, 0);
    }
}

void release_looked_up(struct peer *p, const struct ipc_pc_lookup_r *m)
{
    EACH_WAITING(p, r, RELEASE_LOOKUP, m)
    {
        struct ipc_pa_job job = {.vendor = r->fields.vendor,
                                 .evidence = bytes_of(r->evidence, r->evidence_n)};
        memcpy(job.digest, r->digest, sizeof job.digest);
        if (m->code != WIRE_RELEASE_CODE_OK) {
            refuse(p, r, m->code, 0, m->epoch);
        } else if (!r->want_verdict) {
            ask_vault(p, r);
        } else {
            r->stage = RELEASE_VERDICT;
            if (DAEMON_SEND(&p->d, IPC_LINK_PA, pa_job, &job) != PC_OK)
                refuse(p, r, WIRE_RELEASE_CODE_RETRY, RETRY_SHORT, 0);
        }
    }
}

void release_judged(struct peer *p, const struct ipc_pa_done *m)
{
    EACH_WAITING(p, r, RELEASE_VERDICT, m)
    {
        if (m->code == WIRE_RELEASE_CODE_OK)
            ask_vault(p, r);
        else
            refuse(p, r, m->code, 0, 0);
    }
}

void release_answer(struct peer *p, const struct ipc_vp_answer *m)
{
    uint8_t body[CLIENT_RELEASE_ANSWER_BYTES];
    struct client_release_answer a = {.sealed = bytes_of(m->sealed, m->sealed_n)};
    struct bytes bytes;
    memcpy(a.signature, m->signature, sizeof a.signature);
    if (client_encode_release_answer(&bytes, body, sizeof body, &a) != PC_OK)
        return;
    EACH_WAITING(p, r, RELEASE_VAULT, m)
    {
        enum err_code e = http_answer(p->http, r->id, 200, "application/octet-stream", bytes);
        if (e == PC_OK)
            p->http_ok++;
        end(r);
    }
}

void release_refuse(struct peer *p, const struct ipc_vp_refuse *m)
{
    EACH_WAITING(p, r, RELEASE_VAULT, m)
    refuse(p, r, m->code, m->retry_after, m->epoch);
}

void release_drop(struct peer *p)
{
    for (size_t i = 0; i < RELEASES_MAX; i++)
        if (p->releases[i].used)
            refuse(p, &p->releases[i], WIRE_RELEASE_CODE_RETRY, RETRY_SHORT, 0);
}

void release_tick(struct peer *p)
{
    uint64_t now = loop_now(&p->d.loop);
    for (size_t i = 0; i < RELEASES_MAX; i++)
        if (p->releases[i].used && now - p->releases[i].since > DEADLINE_MS)
            refuse(p, &p->releases[i], WIRE_RELEASE_CODE_RETRY, RETRY_SHORT, 0);
}
