/* SPDX-License-Identifier: Apache-2.0 */
/* What is true: enclaves with their evidence, the chain's state at its latest heads. The genuine
 * chain and attest, where they are not the adversary's, speak from here; the oracle judges by it.
 */
#include "crypto/ids.h"
#include "crypto/keccak.h"
#include "tests/takeover/takeover.h"

#define HEADS 8u

struct enclave people[WHO_COUNT];

/* The latest heads, by number % HEADS in the order in which they came. */
static struct {
    struct wire_head head;
    enum mood mood;
} heads[HEADS];
static size_t n_heads;
static uint64_t collateral_epoch;

static size_t latest(void)
{
    return (n_heads - 1) % HEADS;
}

static bool same_keys(const struct wire_boot_keys *a, const struct wire_boot_keys *b)
{
    return vault_same32(a->sign, b->sign) && vault_same32(a->hpke, b->hpke);
}

enum who truth_holder(const struct wire_boot_keys *k)
{
    for (int i = 0; i < FORGER; i++)
        if (same_keys(k, &people[i].request.request.boot))
            return (enum who)i;
    return FORGER;
}

static void make(enum who who, uint8_t app, uint8_t measurement)
{
    struct enclave *e = &people[who];
    struct ipc_release_fields *r = &e->request.request;
    enclave_new(e, stage.c, 7000 + (uint64_t)who);
    memset(r->app_id, app, 32);
    memset(r->measurement, measurement, 32);
    memset(e->verdict.measurement, measurement, 32);
    memset(r->platform, 0x90 + (int)who, 32);
    memset(e->verdict.platform, 0x90 + (int)who, 32);
    if (who == BELOW)
        memset(e->verdict.raw_tcb, 0x01, 52);
    enclave_attest(e, stage.c);
    e->record.subject_quota = e->record.app_quota = UINT32_MAX;
    e->record.collateral_epoch = collateral_epoch;
    if (who == UNAPPROVED) /* as chain states a measurement that the policy does not list */
        e->record.measurement_active_from = UINT64_MAX;
    if (who == FORGER) /* its quote is somebody's, its signature nobody's */
        e->verdict.reasons[0] = 1u << 13;
    enclave_sign(e);
}

void truth_begin(void)
{
    n_heads = 0;
    collateral_epoch = 5;
    make(GENUINE, 0xa0, 0x22);
    make(STRANGER, 0xb0, 0xb1);
    make(UNAPPROVED, 0xa0, 0xb2);
    make(BELOW, 0xa0, 0x22);
    make(FORGER, 0xa0, 0x22);
    heads[0].head = stage.w->head;
    heads[0].mood = MOOD_CALM;
    n_heads = 1;
}

/* ---- the chain ---- */

static void tell_head(void)
{
    enum mood mood = heads[latest()].mood;
    struct ipc_vc_head m = {.head = stage.w->head,
                            .node_id = 101,
                            .state = IPC_NODE_STATE_LIVE,
                            .valid_until = stage.w->head.time + 100000,
                            .epoch = stage.c->serves ? 1 : 0};
    if (mood == MOOD_NODE_FROZEN)
        m.state = one_in(2) ? IPC_NODE_STATE_FROZEN : IPC_NODE_STATE_REVOKED;
    if (mood == MOOD_NODE_EXPIRED && one_in(2))
        m.state = IPC_NODE_STATE_EXPIRED;
    else if (mood == MOOD_NODE_EXPIRED)
        m.valid_until = m.head.time;
    STAGE_TELL(IPC_PROC_CHAIN, vc_head, &m);
}

void truth_head(uint64_t blocks, enum mood mood)
{
    bool mute = stage.mute_chain;
    stage.mute_chain = true;
    world_head(stage.w, blocks);
    stage.mute_chain = mute;
    heads[n_heads++ % HEADS] = (__typeof__(heads[0])){stage.w->head, mood};
    if (mood == MOOD_COLLATERAL)
        collateral_epoch++;
    if (!mute)
        tell_head();
}

bool truth_node_live(void)
{
    enum mood mood = heads[latest()].mood;
    return mood != MOOD_NODE_FROZEN && mood != MOOD_NODE_EXPIRED;
}

/* The record's fields as they stand under a mood. */
static void apply(struct ipc_vc_record *r, enum mood mood)
{
    uint64_t now = r->head.time;
    switch (mood) {
    case MOOD_APP_FROZEN:
        r->frozen_until = now + 1000;
        break;
    case MOOD_APP_GONE:
        r->tombstone = true;
        break;
    case MOOD_REVOKED:
        r->revoked = true;
        break;
    case MOOD_SUNSET:
        r->measurement_sunset = now;
        break;
    case MOOD_VENDOR_MASK:
        r->vendor_mask = 0xfffffffdu;
        break;
    case MOOD_VERIFIER_YOUNG:
        r->verifier_active_from = now - r->notice + 1;
        break;
    case MOOD_PRODUCT:
        r->product_ok = false;
        break;
    case MOOD_PLATFORM:
        r->platform_ok = false;
        break;
    case MOOD_LIST:
        memset(r->platform_root, 0x77, 32);
        break;
    case MOOD_TCB:
        r->min_tcb[0] = 0xff;
        break;
    case MOOD_OLD_RECORD:
        r->attested_at = now - r->max_age - 1;
        break;
    case MOOD_QUOTA:
        r->subject_quota = 0;
        break;
    case MOOD_NODE_FROZEN:
        r->own_state = IPC_NODE_STATE_FROZEN;
        break;
    case MOOD_NODE_EXPIRED:
        r->own_state = IPC_NODE_STATE_EXPIRED;
        break;
    case MOOD_CALM:
    case MOOD_COLLATERAL:
    case MOOD_COUNT:
        break;
    }
}

/* Is there an Attestations record of exactly that? */
static bool recorded(const struct ipc_release_fields *r, enum who *who)
{
    *who = truth_holder(&r->boot);
    const struct ipc_release_fields *own = &people[*who].request.request;
    return *who != FORGER && vault_same32(r->app_id, own->app_id) &&
           vault_same32(r->measurement, own->measurement) &&
           vault_same32(r->platform, own->platform) && memcmp(r->verifier, own->verifier, 20) == 0;
}

/* The one scope that has a policy of its own, in every app: it approves nobody. */
bool truth_closed_scope(const struct ipc_release_fields *r)
{
    return r->scope_n == 4 && memcmp(r->scope, "lock", 4) == 0;
}

void truth_lookup(const uint8_t digest[static 32], const struct ipc_release_fields *r)
{
    struct ipc_vc_no_record no = {.code = WIRE_RELEASE_CODE_UNKNOWN_RECORD};
    struct ipc_vc_record rec;
    enum who who;
    if (!recorded(r, &who)) {
        memcpy(no.digest, digest, 32);
        STAGE_TELL(IPC_PROC_CHAIN, vc_no_record, &no);
        return;
    }
    rec = people[who].record;
    memcpy(rec.digest, digest, 32);
    rec.head = heads[latest()].head;
    rec.collateral_epoch = collateral_epoch;
    memcpy(rec.key_id, r->key_id, 32); /* node/chain/lookup.c: as it was asked */
    keccak256(rec.scope_hash, bytes_of(r->scope, r->scope_n));
    rec.attested_at = rec.head.time - 50;
    rec.valid_until = rec.head.time + 5000;
    if (truth_closed_scope(r))
        rec.measurement_active_from = UINT64_MAX;
    apply(&rec, heads[latest()].mood);
    STAGE_TELL(IPC_PROC_CHAIN, vc_record, &rec);
}

bool truth_chain_accepts(const struct ipc_release_fields *r)
{
    enum who who;
    if (!recorded(r, &who) || who == UNAPPROVED || who == BELOW || truth_closed_scope(r) ||
        r->key_version < 1 || r->key_version > 2)
        return false;
    if (stage.role == ROLE_RPC)
        return rpc_accepts(r);
    uint64_t now = heads[latest()].head.number;
    for (size_t back = 0; back < HEADS && back < n_heads; back++) {
        size_t i = (n_heads - 1 - back) % HEADS;
        if (heads[i].head.number + VAULT_RECORD_BLOCKS >= now &&
            (heads[i].mood == MOOD_CALM || heads[i].mood == MOOD_COLLATERAL))
            return true;
    }
    return false;
}

/* ---- attest ---- */

/* Each has an evidence that verifies and that no record on chain is of, named so. */
static bool second_evidence(const uint8_t hash[static 32], const struct ipc_release_fields *own)
{
    uint8_t other[32];
    memcpy(other, own->evidence_hash, 32);
    other[0] ^= 0xff;
    return vault_same32(hash, other);
}

struct ipc_va_verdict truth_verdict(const uint8_t digest[static 32],
                                    const uint8_t evidence_hash[static 32])
{
    struct ipc_va_verdict v = people[FORGER].verdict;
    for (int i = 0; i < FORGER; i++) {
        if (vault_same32(evidence_hash, people[i].request.request.evidence_hash))
            v = people[i].verdict;
        if (second_evidence(evidence_hash, &people[i].request.request)) {
            v = people[i].verdict; /* of the same enclave, of another day */
            v.raw_tcb[0]++;
            verdict_claims(&v);
        }
    }
    memcpy(v.evidence_hash, evidence_hash, 32);
    memcpy(v.digest, digest, 32);
    v.collateral_epoch = collateral_epoch;
    return v;
}

bool truth_attest_accepts(const struct ipc_release_fields *r, enum evidence which)
{
    enum who who = truth_holder(&r->boot);
    const struct ipc_release_fields *own = &people[who].request.request;
    return who != FORGER && vault_same32(r->app_id, own->app_id) &&
           vault_same32(r->measurement, own->measurement) &&
           vault_same32(r->platform, own->platform) && r->bound.number == own->bound.number &&
           vault_same32(r->bound.hash, own->bound.hash) &&
           (which == EVIDENCE_ANY || vault_same32(r->evidence_hash, own->evidence_hash) ||
            (which == EVIDENCE_GENUINE && second_evidence(r->evidence_hash, own)));
}

/* ---- members ---- */

struct ipc_vp_lease_sig truth_lease_sig(uint16_t member, const uint8_t nonce[static 32])
{
    struct cell *c = stage.w->cell[member];
    struct ipc_vp_head_sign ask = {.id = member, .has_nonce = true};
    struct ipc_vp_head_signed s;
    struct ipc_vp_lease_sig sig = {.index = member};
    stage.w->now_ms += 1000; /* its own rate is not what is tried here */
    cell_forget(c);
    memcpy(ask.nonce, nonce, 32);
    MUST_TELL(c, IPC_PROC_PEER, vp_head_sign, &ask);
    MUST_HEAR(c, IPC_MSG_VP_HEAD_SIGNED, vp_head_signed, &s);
    assert_int_equal(s.error, PC_OK);
    sig.head.number = s.head.number;
    memcpy(sig.head.hash, s.head.hash, 32);
    memcpy(sig.signature, s.signature, 64);
    return sig;
}
