/* SPDX-License-Identifier: Apache-2.0 */
/* What an adversary says: true things of others, changed, under other names, or no messages. */
#include "crypto/keccak.h"
#include "tests/takeover/takeover.h"

#define KEPT 64u

/* The latest frames that were sent to the vault, by whomever. */
static struct {
    size_t n;
    uint8_t bytes[WIRE_RECORD_MAX];
} kept[KEPT];
static size_t n_kept;

void bend_note(struct bytes frame)
{
    if (frame.n < 2 || frame.n > WIRE_RECORD_MAX)
        return;
    size_t i = n_kept++ % KEPT;
    kept[i].n = frame.n;
    memcpy(kept[i].bytes, frame.p, frame.n);
}

/* ---- requests ---- */

static void bend_field(struct enclave *e)
{
    struct ipc_release_fields *r = &e->request.request;
    const struct enclave *other = &people[below(WHO_COUNT)];
    const struct ipc_release_fields *o = &other->request.request;
    switch (below(17)) {
    case 16:
        memcpy(r->scope, "lock", 4);
        break;
    case 15: /* a second evidence of its own, which no record is of */
        r->evidence_hash[0] ^= 0xff;
        break;
    case 0:
        memcpy(r->app_id, o->app_id, 32);
        break;
    case 1:
        memcpy(r->measurement, o->measurement, 32);
        break;
    case 2:
        memcpy(r->evidence_hash, o->evidence_hash, 32);
        break;
    case 3:
        r->boot = people[FORGER].request.request.boot;
        e->sign_sk = people[FORGER].sign_sk;
        break;
    case 4:
        memcpy(r->boot.hpke, o->boot.hpke, 32);
        break;
    case 5:
        memcpy(r->platform, o->platform, 32);
        break;
    case 6:
        noise(r->scope, r->scope_n);
        break;
    case 7:
        r->key_version = (uint32_t)below(4);
        break;
    case 8:
        r->epoch = below(3);
        break;
    case 9:
        r->node_index = (uint16_t)(1 + below(4));
        break;
    case 10:
        r->bound.number += below(2);
        break;
    case 11:
        r->head.number -= below(100);
        break;
    case 12:
        r->head.number += below(3);
        break;
    case 13:
        memset(r->platform, 0, 32);
        break;
    default:
        noise(&((uint8_t *)r->key_id)[below(32)], 1);
        break;
    }
}

void bend_plain(struct enclave *e, enum who who)
{
    *e = people[who];
    struct ipc_release_fields *r = &e->request.request;
    noise(r->nonce, 16);
    r->head.number = stage.w->head.number;
    memcpy(r->head.hash, stage.w->head.hash, 32);
    enclave_sign(e);
}

void bend_request(struct enclave *e, bool by_peer)
{
    bend_plain(e, (enum who)below(WHO_COUNT));
    struct ipc_release_fields *r = &e->request.request;
    for (uint64_t k = one_in(2) ? 0 : 1 + below(3); k > 0; k--)
        bend_field(e);
    if (by_peer) { /* it signs with what it has; for another's keys that signature is wrong */
        if (one_in(2))
            r->boot = people[FORGER].request.request.boot;
        e->sign_sk = people[FORGER].sign_sk;
    }
    enclave_sign(e);
}

/* ---- statements ---- */

void bend_verdict(struct ipc_va_verdict *v, const uint8_t digest[static 32])
{
    const struct ipc_release_fields *r = oracle_request(digest);
    *v = people[below(WHO_COUNT)].verdict;
    v->collateral_epoch = 5 + below(3);
    if (r != NULL && !one_in(3)) /* about that request's evidence, whatever it is */
        memcpy(v->evidence_hash, r->evidence_hash, 32);
    for (uint64_t k = below(4); k > 0; k--) {
        const struct enclave *o = &people[below(WHO_COUNT)];
        switch (below(9)) {
        case 0:
            memcpy(v->report_data, o->verdict.report_data, 64);
            break;
        case 1:
            memcpy(v->measurement, o->verdict.measurement, 32);
            break;
        case 2:
            v->reasons[below(2)] = below(2);
            break;
        case 3:
            memcpy(v->evidence_hash, o->request.request.evidence_hash, 32);
            break;
        case 4:
            memcpy(v->claims, o->verdict.claims, 32);
            break;
        case 5:
            memcpy(v->platform, o->verdict.platform, 32);
            break;
        case 6: /* the report data that this request would need */
            if (r != NULL) {
                struct enclave made = {.request.request = *r, .verdict = *v};
                enclave_attest(&made, stage.c);
                memcpy(v->report_data, made.verdict.report_data, 64);
            }
            break;
        case 7:
            v->has_claims = one_in(2);
            break;
        default:
            v->reasons[0] = v->reasons[1] = 0;
            v->crl_checked = true;
            break;
        }
    }
    if (!one_in(3))
        verdict_claims(v);
    memcpy(v->digest, digest, 32);
}

static void bend_policy(struct ipc_vc_record *rec)
{
    uint64_t now = rec->head.time;
    switch (below(12)) {
    case 0:
        rec->frozen_until = now + below(2) * 10;
        break;
    case 1:
        rec->tombstone = one_in(2);
        break;
    case 2:
        rec->revoked = one_in(2);
        break;
    case 3:
        rec->vendor_mask = (uint32_t)below(4);
        break;
    case 4:
        rec->verifier_active_from = now - below(200);
        break;
    case 5:
        rec->attested_at = now - below(8000);
        break;
    case 6:
        rec->min_tcb[below(52)] = (uint8_t)below(20);
        break;
    case 7:
        rec->min_tcb_n = (uint16_t)(one_in(2) ? 52 : below(60));
        rec->min_tcb_set = !one_in(4);
        break;
    case 8:
        rec->subject_quota = (uint32_t)below(2);
        break;
    case 9:
        rec->own_state = one_in(2) ? IPC_NODE_STATE_LIVE : IPC_NODE_STATE_FROZEN;
        break;
    case 10:
        noise(rec->platform_root, one_in(2) ? 32 : 0);
        break;
    default:
        rec->vendor_ok = one_in(2);
        break;
    }
}

void bend_record(struct ipc_vc_record *rec, const uint8_t digest[static 32])
{
    const struct ipc_release_fields *r = oracle_request(digest);
    *rec = people[below(WHO_COUNT)].record;
    rec->head = stage.w->head;
    rec->attested_at = rec->head.time - 50;
    rec->valid_until = rec->head.time + 5000;
    rec->measurement_active_from = 1; /* whatever the policy says */
    if (one_in(8))
        rec->head.number += below(5) - 2;
    if (r != NULL && !one_in(4)) { /* what that request needs, whoever made it */
        memcpy(rec->app_id, r->app_id, 32);
        memcpy(rec->measurement, r->measurement, 32);
        memcpy(rec->key_id, r->key_id, 32);
        keccak256(rec->scope_hash, bytes_of(r->scope, r->scope_n));
        rec->epoch = r->epoch;
    }
    if (!one_in(3)) {
        enum who who = r == NULL ? FORGER : truth_holder(&r->boot);
        memcpy(rec->claims, people[who].verdict.claims, 32);
    } else {
        memcpy(rec->claims, people[below(WHO_COUNT)].verdict.claims, 32);
    }
    if (one_in(4))
        rec->collateral_epoch = 4 + below(4);
    if (one_in(2))
        bend_policy(rec);
    memcpy(rec->digest, digest, 32);
}

/* ---- attempts, by chain ---- */

void bend_other_fact(void)
{
    uint64_t epoch = 1 + below(2);
    uint32_t attempt = (uint32_t)(1 + below(2));
    uint16_t index = (uint16_t)(1 + below(4));
    uint64_t at = 200 + below(60);
    struct ipc_vc_announced an = {epoch, attempt, at};
    struct ipc_vc_open o = stage.w->open;
    struct ipc_vc_member m = stage.w->cell[index]->member;
    struct ipc_vc_commit c = {.epoch = epoch, .attempt = attempt, .index = index, .at = at};
    struct ipc_vc_vote v = {.epoch = epoch, .attempt = attempt, .index = index, .at = at};
    struct ipc_vc_phase p = {.epoch = epoch, .attempt = attempt, .at = at};
    switch (below(6)) {
    case 0:
        STAGE_TELL(IPC_PROC_CHAIN, vc_announced, &an);
        break;
    case 1:
        o.epoch = epoch;
        o.attempt = attempt;
        o.own_index = (uint16_t)below(3);
        if (o.n != 0)
            STAGE_TELL(IPC_PROC_CHAIN, vc_open, &o);
        break;
    case 2:
        m.epoch = epoch;
        m.attempt = attempt;
        STAGE_TELL(IPC_PROC_CHAIN, vc_member, &m);
        break;
    case 3:
        noise(c.hash, 32);
        STAGE_TELL(IPC_PROC_CHAIN, vc_commit, &c);
        break;
    case 4:
        noise(v.bitmap, 32);
        STAGE_TELL(IPC_PROC_CHAIN, vc_vote, &v);
        break;
    default:
        p.what = (enum ipc_phase_end)(1 + below(6));
        STAGE_TELL(IPC_PROC_CHAIN, vc_phase, &p);
        break;
    }
}

/* ---- answers of endpoints ---- */

void bend_answer(struct ipc_cr_answer *a, uint8_t *data, size_t *n)
{
    switch (below(9)) {
    case 0:
        a->error = (uint16_t)(one_in(2) ? PC_E_RETRY : below(0x800));
        *n = one_in(2) ? 0 : *n;
        break;
    case 1:
        if (*n != 0)
            data[below(*n)] ^= (uint8_t)(1u << below(8));
        break;
    case 2:
        *n = *n == 0 ? 0 : below(*n);
        break;
    case 3:
        noise(data + *n, 40);
        *n += 1 + below(40);
        break;
    case 4:
        *n = below(3000);
        noise(data, *n);
        break;
    case 5:
        a->id += below(3) - 1;
        break;
    case 6:
        a->what = (enum ipc_rpc_what)(1 + below(6));
        break;
    case 7:
        a->endpoint = (uint8_t)below(256);
        break;
    default:
        if (*n >= 64) { /* parts of it in other places */
            size_t k = below(*n / 2);
            memmove(data + k, data + *n / 2, *n / 4);
        }
        break;
    }
}

/* ---- bytes ---- */

static void damaged(enum ipc_process from)
{
    static uint8_t buf[WIRE_RECORD_MAX];
    size_t i = below(n_kept < KEPT ? n_kept : KEPT), n = kept[i].n;
    memcpy(buf, kept[i].bytes, n);
    switch (below(4)) {
    case 0: /* as it was; perhaps another process's */
        break;
    case 1:
        buf[below(n)] ^= (uint8_t)(1u << below(8));
        break;
    case 2:
        n = below(n);
        break;
    default:
        noise(buf + 2, n > 2 ? below(n - 2) : 0);
        break;
    }
    stage_push(from, bytes_of(buf, n));
}

static void packets(enum ipc_process from)
{
    uint8_t packet[200] = {(uint8_t)below(5)}; /* first, last, both, neither, unknown flag */
    size_t n = 1 + below(sizeof packet - 1);
    noise(packet + 1, n - 1);
    for (uint64_t k = 1 + below(3); k > 0; k--)
        stage_packet(from, bytes_of(packet, one_in(4) ? 1 : n));
}

void bend_bytes(enum ipc_process from)
{
    static uint8_t buf[3 * WIRE_RECORD_MAX];
    size_t n;
    if (n_kept == 0)
        return;
    switch (below(6)) {
    case 0:
        n = below(80);
        noise(buf, n);
        stage_push(from, bytes_of(buf, n));
        break;
    case 1: /* more than a record holds */
        n = WIRE_RECORD_MAX + 1 + below(2 * WIRE_RECORD_MAX);
        noise(buf, n);
        memcpy(buf, kept[0].bytes, 2);
        stage_push(from, bytes_of(buf, n));
        break;
    case 2:
        packets(from);
        break;
    case 3:
        if (one_in(20)) /* a flood: nobody waits for an answer */
            for (uint64_t k = 64 + below(200); k > 0; k--) {
                size_t i = below(n_kept < KEPT ? n_kept : KEPT);
                stage_push(from, bytes_of(kept[i].bytes, kept[i].n));
            }
        break;
    default:
        damaged(from);
        break;
    }
    stage_settle();
}
