/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for a partial, in the order of SPEC 8. What peer checked before (size, buckets, its own
 * view of the head) is not relied on.
 */
#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/ids.h"
#include "crypto/labels.h"
#include "dkg/threshold.h"
#include "node/vault/vault_join.h"
#include "protocol/client_wire.h"

#define RETRY_SOON_S 2u
#define HOUR_S       3600u

/* A request on its way through the checks. */
struct asking {
    const struct ipc_vp_request *m;
    uint8_t digest[32];
    uint8_t subject[32];
    const struct vault_key *key;
};

/* An error: no client can have sent this (another version, say), so peer made it up. */
static enum err_code request_digest(uint8_t out[static 32], const struct ipc_release_fields *r)
{
    struct client_release_request q = {.version = r->version,
                                       .class = r->class,
                                       .key_version = r->key_version,
                                       .scope = bytes_of(r->scope, r->scope_n),
                                       .epoch = r->epoch,
                                       .node_index = r->node_index,
                                       .boot = r->boot,
                                       .bound = r->bound,
                                       .vendor = r->vendor,
                                       .platform_proof_n = r->platform_proof_n,
                                       .head = r->head};
    uint8_t buf[4 + sizeof PC_LABEL_REQUEST + CLIENT_RELEASE_REQUEST_BYTES];
    struct writer w = writer_of(buf, sizeof buf);
    struct bytes all;
    memcpy(q.network_id, r->network_id, sizeof q.network_id);
    memcpy(q.key_id, r->key_id, sizeof q.key_id);
    memcpy(q.app_id, r->app_id, sizeof q.app_id);
    memcpy(q.measurement, r->measurement, sizeof q.measurement);
    memcpy(q.platform, r->platform, sizeof q.platform);
    memcpy(q.verifier, r->verifier, sizeof q.verifier);
    memcpy(q.platform_proof, r->platform_proof, sizeof q.platform_proof);
    memcpy(q.nonce, r->nonce, sizeof q.nonce);
    memcpy(q.evidence_hash, r->evidence_hash, sizeof q.evidence_hash);
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_REQUEST));
    client_write_release_request(&w, &q);
    PC_TRY(writer_end(&w, &all));
    sha256(out, all);
    return PC_OK;
}

/* ---- answers ---- */

static void decided(struct vault *v, const struct asking *a, enum wire_release_code code,
                    bool replayed)
{
    struct ipc_vd_decision d = {.seq = ++v->decisions, .code = code, .replayed = replayed};
    memcpy(d.digest, a->digest, sizeof d.digest);
    memcpy(d.subject, a->subject, sizeof d.subject);
    memcpy(d.app_id, a->m->request.app_id, sizeof d.app_id);
    d.head.number = v->head.head.number;
    memcpy(d.head.hash, v->head.head.hash, sizeof d.head.hash);
    VAULT_SEND(v, IPC_PROC_POLYCLAVED, vd_decision, &d);
}

static void refuse(struct vault *v, const struct asking *a, enum wire_release_code code)
{
    struct ipc_vp_refuse m = {.code = code, .epoch = v->head.epoch};
    memcpy(m.digest, a->digest, sizeof m.digest);
    if (code == WIRE_RELEASE_CODE_QUOTA)
        m.retry_after = (uint32_t)(HOUR_S - v->head.head.time % HOUR_S);
    else if (code >= WIRE_RELEASE_CODE_RETRY && code <= WIRE_RELEASE_CODE_NODE_EXPIRED)
        m.retry_after = RETRY_SOON_S;
    VAULT_SEND(v, IPC_PROC_PEER, vp_refuse, &m);
}

static void need(struct vault *v, const struct asking *a, bool record, bool verdict)
{
    struct ipc_vp_need m = {.record = record, .verdict = verdict};
    memcpy(m.digest, a->digest, sizeof m.digest);
    VAULT_SEND(v, IPC_PROC_PEER, vp_need, &m);
}

/* ---- quotas, per hour of chain time ---- */

static uint32_t quota_used(struct vault *v, struct vault_table *t, const uint8_t key[static 32])
{
    const struct vault_quota *q = vault_table_find(t, key);
    return q != NULL && q->hour == v->head.head.time / HOUR_S ? q->used : 0;
}

static void quota_charge(struct vault *v, struct vault_table *t, const uint8_t key[static 32])
{
    struct vault_quota *q = vault_table_put(t, key);
    uint64_t hour = v->head.head.time / HOUR_S;
    if (q->hour != hour)
        q->used = 0;
    q->hour = hour;
    q->used++;
}

/* ---- what the vault knows by itself ---- */

static enum wire_release_code own_standing(struct vault *v)
{
    if (!v->have_head)
        return WIRE_RELEASE_CODE_CHAIN_BEHIND;
    switch (v->head.state) {
    case IPC_NODE_STATE_FROZEN:
    case IPC_NODE_STATE_REVOKED:
        return WIRE_RELEASE_CODE_NODE_FROZEN;
    case IPC_NODE_STATE_NONE:
    case IPC_NODE_STATE_EXPIRED:
        return WIRE_RELEASE_CODE_NODE_EXPIRED;
    case IPC_NODE_STATE_LIVE:
        break;
    }
    if (v->head.valid_until <= v->head.head.time)
        return WIRE_RELEASE_CODE_NODE_EXPIRED;
    if (vault_key_of(v, v->head.epoch) == NULL && vault_key_of(v, v->head.epoch_grace) == NULL)
        return WIRE_RELEASE_CODE_RECOVERING;
    return vault_lease_held(v) ? WIRE_RELEASE_CODE_OK : WIRE_RELEASE_CODE_CHAIN_BEHIND;
}

static enum wire_release_code head_window(const struct vault *v, const struct ipc_release_fields *r)
{
    const struct vault_head *known = vault_head_find(v, r->head.number);
    if (r->head.number > v->head.head.number)
        return WIRE_RELEASE_CODE_CHAIN_BEHIND;
    if (v->head.head.number - r->head.number > VAULT_WINDOW)
        return WIRE_RELEASE_CODE_STALE_REQUEST;
    if (known != NULL && !vault_same32(known->hash, r->head.hash))
        return WIRE_RELEASE_CODE_STALE_REQUEST; /* of a chain that is not this one */
    return WIRE_RELEASE_CODE_OK;
}

/* Asked again, the same request with the same signature needs no second verification. */
static bool signed_by_boot_key(struct vault *v, const struct asking *a)
{
    const struct vault_pending *p = vault_table_find(&v->pending, a->digest);
    struct ed25519_pk pk;
    struct ed25519_sig sig;
    if (p != NULL && bytes_equal_var(PC_BYTES(p->signature), PC_BYTES(a->m->signature)))
        return true;
    memcpy(pk.b, a->m->request.boot.sign, sizeof pk.b);
    memcpy(sig.b, a->m->signature, sizeof sig.b);
    return ed25519_verify_var(&pk, PC_BYTES(a->digest), &sig) == PC_OK;
}

/* The key that this request is for, with this node's share of it. */
static enum wire_release_code choose_key(struct vault *v, struct asking *a)
{
    const struct ipc_release_fields *r = &a->m->request;
    if (r->epoch == 0 || (r->epoch != v->head.epoch && r->epoch != v->head.epoch_grace))
        return WIRE_RELEASE_CODE_RETRY;
    a->key = vault_key_of(v, r->epoch);
    if (a->key == NULL)
        return WIRE_RELEASE_CODE_RECOVERING;
    if (r->node_index != a->key->key->index || !vault_same32(r->key_id, a->key->key_id) ||
        (uint8_t)r->class != a->key->name.key_class)
        return WIRE_RELEASE_CODE_MALFORMED;
    return WIRE_RELEASE_CODE_OK;
}

/* ---- the answer itself ---- */

static struct bytes response_info(uint8_t *buf, size_t cap, const struct vault *v,
                                  const struct asking *a)
{
    struct writer w = writer_of(buf, cap);
    struct bytes out;
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_RESP_SEAL));
    write_bytes(&w, v->env.policy.network_id, 32);
    write_u64(&w, a->key->epoch);
    write_bytes(&w, a->digest, 32);
    write_u16(&w, a->key->key->index);
    if (writer_end(&w, &out) != PC_OK)
        pc_bug("an info does not fit");
    return out;
}

static void sign_response(struct vault *v, const struct asking *a, struct ipc_vp_answer *answer)
{
    uint8_t buf[256], hash[32];
    struct writer w = writer_of(buf, sizeof buf);
    struct ed25519_sig sig;
    struct bytes msg;
    sha256(hash, bytes_of(answer->sealed, answer->sealed_n));
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_RESP_SIG));
    write_bytes(&w, v->env.policy.network_id, 32);
    write_u64(&w, a->key->epoch);
    write_u16(&w, a->key->key->index);
    write_bytes(&w, a->digest, 32);
    write_bytes(&w, hash, sizeof hash);
    if (writer_end(&w, &msg) != PC_OK)
        pc_bug("a signed message does not fit");
    ed25519_sign(&sig, &v->secrets->identity, msg);
    memcpy(answer->signature, sig.b, sizeof answer->signature);
}

/* Evaluate and seal. Everything on the way to the sealed bytes is wiped here. */
static enum err_code make_answer(struct vault *v, const struct asking *a,
                                 struct ipc_vp_answer *answer)
{
    const struct ipc_release_fields *r = &a->m->request;
    struct voprf_subject subject = {.key_class = (enum key_class)r->class,
                                    .version = r->key_version,
                                    .scope = bytes_of(r->scope, r->scope_n)};
    uint8_t input_buf[PC_VOPRF_INPUT_MAX], info_buf[128], plain_buf[CLIENT_PARTIAL_BYTES];
    struct threshold_partial partial = {0};
    struct client_partial plain = {.epoch = a->key->epoch};
    struct x25519_pk to;
    struct bytes input, plain_bytes;
    memcpy(subject.network_id, v->env.policy.network_id, sizeof subject.network_id);
    memcpy(subject.key_id, a->key->key_id, sizeof subject.key_id);
    memcpy(subject.app_id, r->app_id, sizeof subject.app_id);
    memcpy(to.b, r->boot.hpke, sizeof to.b);
    memcpy(answer->digest, a->digest, sizeof answer->digest);
    enum err_code e = voprf_input(&input, input_buf, &subject);
    if (e == PC_OK)
        e = threshold_evaluate(&partial, v->env.group, a->key->key, input, v->env.rng);
    if (e != PC_OK)
        goto out;
    memcpy(plain.element, partial.d, sizeof plain.element);
    memcpy(plain.proof, partial.proof.b, sizeof plain.proof);
    e = client_encode_partial(&plain_bytes, plain_buf, sizeof plain_buf, &plain);
    if (e != PC_OK)
        goto out;
    answer->sealed_n = (uint16_t)(plain_bytes.n + PC_HPKE_OVERHEAD);
    e = hpke_seal(answer->sealed, &to, response_info(info_buf, sizeof info_buf, v, a),
                  bytes_of(NULL, 0), plain_bytes, v->env.rng);
    if (e == PC_OK)
        sign_response(v, a, answer);
out:
    pc_wipe(&partial, sizeof partial);
    pc_wipe(&plain, sizeof plain);
    pc_wipe(plain_buf, sizeof plain_buf);
    return e;
}

static void answer_request(struct vault *v, const struct asking *a)
{
    struct ipc_vp_answer answer = {0};
    if (make_answer(v, a, &answer) != PC_OK) {
        /* The boot key is of small order, or the input hashes to the identity. */
        refuse(v, a, WIRE_RELEASE_CODE_MALFORMED);
        decided(v, a, WIRE_RELEASE_CODE_MALFORMED, false);
        return;
    }
    struct vault_answer *kept = vault_table_put(&v->answers, a->digest);
    kept->answer = answer;
    quota_charge(v, &v->subjects, a->subject);
    quota_charge(v, &v->apps, a->m->request.app_id);
    v->lease.answers_left--;
    vault_table_remove(&v->pending, a->digest);
    VAULT_SEND(v, IPC_PROC_PEER, vp_answer, &answer);
    decided(v, a, WIRE_RELEASE_CODE_OK, false);
}

/* ---- the join ---- */

/* Verdicts are kept per evidence and subject: nobody but the holder of the boot key can have a
 * subject's verdict looked at, replaced or dropped. */
static void verdict_key(uint8_t out[static 32], const struct asking *a)
{
    struct sha256 h;
    sha256_init(&h);
    sha256_update(&h, a->m->request.evidence_hash, 32);
    sha256_update(&h, a->subject, 32);
    sha256_final(&h, out);
}

/* With a record: does the policy accept, is there a verdict, do they agree? NEED is sent and OK not
 * returned while something is missing. */
enum joined { JOINED, WAITING, REFUSED };

static enum joined join(struct vault *v, const struct asking *a, struct vault_pending *p,
                        enum wire_release_code *code)
{
    const struct ipc_release_fields *r = &a->m->request;
    const struct vault_verdict *w = vault_table_find(&v->verdicts, p->verdict_key);
    bool usable =
        w != NULL && (!p->have_record || w->verdict.collateral_epoch == p->record.collateral_epoch);
    if (p->have_refusal) {
        p->have_refusal = false;
        *code = WIRE_RELEASE_CODE_EVIDENCE_REJECTED;
        return REFUSED;
    }
    if (p->have_record && (p->record.head.number < v->record_head ||
                           p->record.head.number + VAULT_RECORD_BLOCKS < v->head.head.number))
        p->have_record = false;
    if (p->have_record) {
        if (quota_used(v, &v->subjects, a->subject) >= p->record.subject_quota) {
            *code = WIRE_RELEASE_CODE_QUOTA;
            return REFUSED;
        }
        *code = join_record(v, r, &p->record);
        if (*code != WIRE_RELEASE_CODE_OK)
            return REFUSED;
    }
    if (!p->have_record || !usable) {
        p->want_verdict = !usable;
        need(v, a, !p->have_record, !usable);
        return WAITING;
    }
    *code = join_verdict(v, r, &p->record, &w->verdict);
    /* It may be the verdict that is wrong: have it judged again before it refuses a second time. */
    if (*code == WIRE_RELEASE_CODE_EVIDENCE_REJECTED)
        vault_table_remove(&v->verdicts, p->verdict_key);
    if (*code != WIRE_RELEASE_CODE_OK)
        return REFUSED;
    if (quota_used(v, &v->apps, r->app_id) >= p->record.app_quota) {
        *code = WIRE_RELEASE_CODE_QUOTA;
        return REFUSED;
    }
    return JOINED;
}

VAULT_HANDLER(vp_request)
{
    struct vault *v = ctx;
    struct asking a = {.m = m};
    enum wire_release_code code;
    PC_TRY(request_digest(a.digest, &m->request));
    id_keys_app(a.subject, m->request.boot.sign, m->request.boot.hpke);
    if (!vault_same32(m->request.network_id, v->env.policy.network_id)) {
        refuse(v, &a, WIRE_RELEASE_CODE_MALFORMED);
        return PC_OK;
    }
    if ((code = own_standing(v)) != WIRE_RELEASE_CODE_OK ||
        (code = head_window(v, &m->request)) != WIRE_RELEASE_CODE_OK) {
        refuse(v, &a, code);
        return PC_OK;
    }
    const struct vault_answer *kept = vault_table_find(&v->answers, a.digest);
    if (kept != NULL) {
        VAULT_SEND(v, IPC_PROC_PEER, vp_answer, &kept->answer);
        decided(v, &a, WIRE_RELEASE_CODE_OK, true);
        return PC_OK;
    }
    if (!signed_by_boot_key(v, &a)) {
        refuse(v, &a, WIRE_RELEASE_CODE_SIGNATURE);
        return PC_OK;
    }
    if ((code = choose_key(v, &a)) == WIRE_RELEASE_CODE_OK) {
        struct vault_pending *p = vault_table_put(&v->pending, a.digest);
        memcpy(p->evidence_hash, m->request.evidence_hash, sizeof p->evidence_hash);
        memcpy(p->signature, m->signature, sizeof p->signature);
        verdict_key(p->verdict_key, &a);
        switch (join(v, &a, p, &code)) {
        case JOINED:
            v->record_head = p->record.head.number;
            answer_request(v, &a);
            return PC_OK;
        case WAITING:
            return PC_OK;
        case REFUSED:
            vault_table_remove(&v->pending, a.digest);
            break;
        }
    }
    refuse(v, &a, code);
    decided(v, &a, code, false);
    return PC_OK;
}

/* ---- statements ---- */

VAULT_HANDLER(vc_record)
{
    struct vault *v = ctx;
    struct vault_pending *p = vault_table_find(&v->pending, m->digest);
    const struct vault_head *head = vault_head_find(v, m->head.number);
    /* Only of a head that chain had stated before, and only for a request that is waiting. */
    if (p == NULL || head == NULL || !vault_same32(m->head.hash, head->hash) ||
        m->head.time != head->time)
        return PC_OK;
    p->record = *m;
    p->have_record = true;
    return PC_OK;
}

VAULT_HANDLER(vc_no_record)
{
    struct vault *v = ctx;
    struct vault_pending *p = vault_table_find(&v->pending, m->digest);
    if (p != NULL)
        p->have_record = false;
    return PC_OK;
}

VAULT_HANDLER(va_verdict)
{
    struct vault *v = ctx;
    struct vault_attempt *at = &v->attempt;
    for (uint16_t i = 1; i <= at->open.n; i++) {
        if (!vault_same32(at->member[i].digest, m->digest))
            continue;
        if (!at->member[i].admitted) { /* what admitted it stays what the caps are counted from */
            at->member[i].verdict = *m;
            at->member[i].judged = true;
            vault_members_join(v, i);
        }
        return PC_OK;
    }
    struct vault_pending *p = vault_table_find(&v->pending, m->digest);
    if (p == NULL || !p->want_verdict)
        return PC_OK; /* nobody asked, or nobody asks any more */
    bool accepts = m->has_claims && m->reasons[0] == 0 && m->reasons[1] == 0;
    if (!accepts || !vault_same32(m->evidence_hash, p->evidence_hash)) {
        p->have_refusal = true;
        return PC_OK;
    }
    struct vault_verdict *kept = vault_table_put(&v->verdicts, p->verdict_key);
    kept->verdict = *m;
    p->want_verdict = false;
    return PC_OK;
}
