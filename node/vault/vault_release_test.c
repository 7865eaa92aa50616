/* SPDX-License-Identifier: Apache-2.0 */
/* The vault: genesis among four, answers that combine, and each thing that must be refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/ids.h"
#include "crypto/keccak.h"
#include "crypto/labels.h"
#include "dkg/threshold.h"
#include "node/vault/vault_testkit.h"
#include "protocol/client_wire.h"

static struct world *w;

static int setup(void **state)
{
    (void)state;
    w = world_new(4, &group_ristretto255, 1);
    world_genesis(w);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_free(w);
    return 0;
}

/* ---- answers ---- */

static void open_answer(struct enclave *e, const struct cell *c, const struct ipc_vp_answer *a,
                        struct threshold_partial *out)
{
    uint8_t info[128], plain[CLIENT_PARTIAL_BYTES];
    struct writer wr = writer_of(info, sizeof info);
    struct client_partial p;
    struct bytes b;
    write_bytes32(&wr, PC_BYTES_STR(PC_LABEL_RESP_SEAL));
    write_bytes(&wr, c->w->policy.network_id, 32);
    write_u64(&wr, 1);
    write_bytes(&wr, e->digest, 32);
    write_u16(&wr, c->index);
    assert_int_equal(writer_end(&wr, &b), PC_OK);
    assert_int_equal(a->sealed_n, sizeof plain + PC_HPKE_OVERHEAD);
    assert_int_equal(
        hpke_open(plain, &e->hpke_sk, b, bytes_of(NULL, 0), bytes_of(a->sealed, a->sealed_n)),
        PC_OK);
    assert_int_equal(client_decode_partial(&p, PC_BYTES(plain)), PC_OK);
    assert_int_equal(p.epoch, 1);
    memcpy(out->d, p.element, 32);
    memcpy(out->proof.b, p.proof, 64);
}

static void derive(uint8_t y[static 64], const uint16_t *who, size_t k, uint8_t app,
                   const char *scope)
{
    struct threshold_combiner comb;
    uint8_t input_buf[PC_VOPRF_INPUT_MAX];
    struct bytes input;
    for (size_t i = 0; i < k; i++) {
        struct cell *c = w->cell[who[i]];
        struct enclave e;
        struct ipc_vp_answer a;
        struct threshold_partial partial;
        enclave_new(&e, c, 10 + who[i] + app);
        struct ipc_release_fields *r = &e.request.request;
        memset(r->app_id, app, 32);
        memcpy(e.record.app_id, r->app_id, 32);
        r->scope_n = (uint16_t)strlen(scope);
        memset(r->scope, 0, sizeof r->scope);
        memcpy(r->scope, scope, strlen(scope));
        keccak256(e.record.scope_hash, bytes_of(r->scope, r->scope_n));
        enclave_attest(&e, c);
        enclave_sign(&e);
        if (i == 0) {
            struct voprf_subject s = {.key_class = PC_CLASS_APPLICATION,
                                      .version = 1,
                                      .scope = bytes_of(scope, strlen(scope))};
            memcpy(s.network_id, r->network_id, 32);
            memcpy(s.key_id, r->key_id, 32);
            memcpy(s.app_id, r->app_id, 32);
            assert_int_equal(voprf_input(&input, input_buf, &s), PC_OK);
            assert_int_equal(threshold_combine_init(&comb, w->g, &w->pub, input), PC_OK);
        }
        assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
        open_answer(&e, c, &a, &partial);
        assert_int_equal(threshold_combine_add(&comb, c->index, &partial), PC_OK);
    }
    assert_int_equal(threshold_combine_finish(y, &comb), PC_OK);
}

static void test_any_t_give_the_same_key(void **state)
{
    (void)state;
    static const uint16_t sets[][3] = {{1, 2, 3}, {2, 3, 4}, {4, 1, 2}};
    uint8_t y[64], first[64], other[64];
    for (size_t i = 0; i < PC_ARRAY_LEN(sets); i++) {
        derive(y, sets[i], 3, 0xa0, "mail");
        if (i == 0)
            memcpy(first, y, 64);
        assert_memory_equal(y, first, 64);
    }
    derive(other, sets[0], 3, 0xa1, "mail");
    assert_memory_not_equal(other, first, 64);
    derive(other, sets[0], 3, 0xa0, "disk");
    assert_memory_not_equal(other, first, 64);
}

static void test_answer_is_signed(void **state)
{
    (void)state;
    struct cell *c = w->cell[2];
    struct enclave e;
    struct ipc_vp_answer a;
    uint8_t buf[256], hash[32];
    struct ed25519_pk pk;
    struct ed25519_sig sig;
    struct bytes msg;
    enclave_new(&e, c, 3);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
    sha256(hash, bytes_of(a.sealed, a.sealed_n));
    struct writer wr = writer_of(buf, sizeof buf);
    write_bytes32(&wr, PC_BYTES_STR("polyclave/resp-sig/v1"));
    write_bytes(&wr, w->policy.network_id, 32);
    write_u64(&wr, 1);
    write_u16(&wr, 2);
    write_bytes(&wr, e.digest, 32);
    write_bytes(&wr, hash, 32);
    assert_int_equal(writer_end(&wr, &msg), PC_OK);
    memcpy(pk.b, vault_public_keys(c->v)->ed25519, 32);
    memcpy(sig.b, a.signature, 64);
    assert_int_equal(ed25519_verify_var(&pk, msg, &sig), PC_OK);
}

static uint32_t quota_of(struct vault *v, struct vault_table *t, const uint8_t *key)
{
    (void)v;
    const struct vault_quota *q = vault_table_find(t, key);
    return q == NULL ? 0 : q->used;
}

/* A54: the same bytes, no charge; after the window stale; to another node refused. */
static void test_replay(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e;
    struct ipc_vp_answer a, b;
    struct ipc_vd_decision d;
    enclave_new(&e, c, 4);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
    MUST_HEAR(c, IPC_MSG_VD_DECISION, vd_decision, &d);
    assert_false(d.replayed);
    assert_int_equal(quota_of(c->v, &c->v->apps, e.request.request.app_id), 1);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(enclave_ask(&e, c, &b), WIRE_RELEASE_CODE_OK);
        assert_memory_equal(&a, &b, sizeof a);
        MUST_HEAR(c, IPC_MSG_VD_DECISION, vd_decision, &d);
        assert_true(d.replayed);
    }
    assert_int_equal(quota_of(c->v, &c->v->apps, e.request.request.app_id), 1);
    assert_int_equal(enclave_ask(&e, w->cell[2], &b), WIRE_RELEASE_CODE_MALFORMED);
    world_head(w, 64);
    assert_int_equal(enclave_ask(&e, c, &b), WIRE_RELEASE_CODE_OK);
    world_head(w, 1);
    assert_int_equal(enclave_ask(&e, c, &b), WIRE_RELEASE_CODE_STALE_REQUEST);
}

/* A verdict is kept: the second request of an enclave needs a record alone; another collateral
 * epoch needs both. */
static void test_verdict_is_kept(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e;
    struct ipc_vp_answer a;
    struct ipc_vp_need need;
    enclave_new(&e, c, 5);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
    e.request.request.nonce[0] ^= 1;
    enclave_sign(&e);
    cell_forget(c);
    MUST_TELL(c, IPC_PROC_PEER, vp_request, &e.request);
    MUST_HEAR(c, IPC_MSG_VP_NEED, vp_need, &need);
    assert_true(need.record);
    assert_false(need.verdict);
    e.record.collateral_epoch = 6;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &e.record);
    MUST_TELL(c, IPC_PROC_PEER, vp_request, &e.request);
    MUST_HEAR(c, IPC_MSG_VP_NEED, vp_need, &need);
    assert_false(need.record);
    assert_true(need.verdict);
    e.verdict.collateral_epoch = 6;
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
}

/* ---- what the request alone decides ---- */

static void test_signature(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e;
    struct ipc_vp_answer a;
    enclave_new(&e, c, 6);
    e.request.signature[5] ^= 1;
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_SIGNATURE);
    enclave_sign(&e);
    e.request.request.key_version = 2; /* signed was 1 */
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_SIGNATURE);
    assert_null(cell_find(c, IPC_MSG_VD_DECISION)); /* strangers fill no log */
    /* a request that waits lets no other signature pass */
    enclave_new(&e, c, 6);
    MUST_TELL(c, IPC_PROC_PEER, vp_request, &e.request);
    e.request.signature[63] ^= 1;
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_SIGNATURE);
}

struct wrong {
    const char *what;
    size_t at; /* in ipc_release_fields */
    enum wire_release_code code;
};

static void test_request_fields(void **state)
{
    (void)state;
#define FIELD(f) #f, offsetof(struct ipc_release_fields, f)
    static const struct wrong wrongs[] = {
        {FIELD(network_id), WIRE_RELEASE_CODE_MALFORMED},
        {FIELD(key_id), WIRE_RELEASE_CODE_MALFORMED},
        {FIELD(node_index), WIRE_RELEASE_CODE_MALFORMED},
        {FIELD(epoch), WIRE_RELEASE_CODE_RETRY},
        {FIELD(app_id), WIRE_RELEASE_CODE_RETRY}, /* the record is another one's */
        {FIELD(scope), WIRE_RELEASE_CODE_RETRY},
        {FIELD(measurement), WIRE_RELEASE_CODE_RETRY},
        {FIELD(verifier), WIRE_RELEASE_CODE_RETRY},
        {FIELD(boot.sign), WIRE_RELEASE_CODE_SIGNATURE},
        {FIELD(boot.hpke), WIRE_RELEASE_CODE_EVIDENCE_REJECTED},
        {FIELD(bound.number), WIRE_RELEASE_CODE_EVIDENCE_REJECTED},
        {FIELD(bound.hash), WIRE_RELEASE_CODE_EVIDENCE_REJECTED},
        {FIELD(platform), WIRE_RELEASE_CODE_EVIDENCE_REJECTED},
        {FIELD(evidence_hash), WIRE_RELEASE_CODE_EVIDENCE_REJECTED},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(wrongs); i++) {
        struct cell *c = w->cell[1];
        struct enclave e;
        struct ipc_vp_answer a;
        enclave_new(&e, c, 100 + i);
        ((uint8_t *)&e.request.request)[wrongs[i].at] ^= 2;
        enclave_sign(&e);
        enum wire_release_code got = enclave_ask(&e, c, &a);
        if (got != wrongs[i].code)
            fail_msg("%s: got %s", wrongs[i].what, wire_release_code_name(got));
    }
}

static void test_head_of_the_request(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e;
    struct ipc_vp_answer a;
    enclave_new(&e, c, 7);
    e.request.request.head.number = w->head.number + 1;
    enclave_sign(&e);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_CHAIN_BEHIND);
    e.request.request.head.number = w->head.number - 65;
    enclave_sign(&e);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_STALE_REQUEST);
    e.request.request.head.number = w->head.number;
    e.request.request.head.hash[3] ^= 1;
    enclave_sign(&e);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_STALE_REQUEST);
}

/* ---- the record ---- */

typedef void (*change_fn)(struct ipc_vc_record *r, uint64_t now);
#define CHANGE(name, body)                                                                         \
    static void name(struct ipc_vc_record *r, uint64_t now)                                        \
    {                                                                                              \
        (void)now;                                                                                 \
        body;                                                                                      \
    }
CHANGE(c_tombstone, r->tombstone = true)
CHANGE(c_frozen, r->frozen_until = now + 1)
CHANGE(c_unfrozen, r->frozen_until = now)
CHANGE(c_revoked, r->revoked = true)
CHANGE(c_unknown, r->measurement_active_from = 0)
CHANGE(c_early, r->measurement_active_from = now + 1)
CHANGE(c_first, r->measurement_active_from = now)
CHANGE(c_sunset, r->measurement_sunset = now)
CHANGE(c_sets, r->measurement_sunset = now + 1)
CHANGE(c_mask, r->vendor_mask = 1u << WIRE_VENDOR_SNP)
CHANGE(c_mask0, r->vendor_mask = 0)
CHANGE(c_vendor, r->vendor_ok = false)
CHANGE(c_product, r->product_ok = false)
CHANGE(c_platform, r->platform_ok = false)
CHANGE(c_serial, r->serial_ok = false)
CHANGE(c_young, r->verifier_active_from = now - r->notice + 1)
CHANGE(c_old, r->verifier_active_from = now - r->notice)
CHANGE(c_noverifier, r->verifier_active_from = 0)
CHANGE(c_expired, r->valid_until = now)
CHANGE(c_future, r->attested_at = now + 1)
CHANGE(c_aged, r->max_age = 49)
CHANGE(c_age, r->max_age = 50)
CHANGE(c_noage, r->max_age = 0)
CHANGE(c_version, r->version_lo = 2)
CHANGE(c_version2, r->version_hi = 0)
CHANGE(c_notcb, r->min_tcb_set = false)
CHANGE(c_emptytcb, r->min_tcb_n = 0; memset(r->min_tcb, 0, 64))
CHANGE(c_shorttcb, r->min_tcb_n = 51; r->min_tcb[51] = 0)
CHANGE(c_tcb, r->min_tcb[17] = 10)
CHANGE(c_tcbequal, r->min_tcb[17] = 9)
CHANGE(c_pcesvn, r->min_tcb[48] = 9; r->min_tcb[49] = 10)
CHANGE(c_list, memset(r->platform_root, 7, 32))
CHANGE(c_claims, r->claims[0] ^= 1)
CHANGE(c_other_product, r->product[7] ^= 1)
CHANGE(c_state, r->own_state = IPC_NODE_STATE_FROZEN)
CHANGE(c_quota, r->subject_quota = 0)
CHANGE(c_appquota, r->app_quota = 0)
CHANGE(c_epoch, r->epoch = 2)
CHANGE(c_keyid, r->key_id[0] ^= 1)
CHANGE(c_nothing, r->tcb_status = 1)

static void test_record_fields(void **state)
{
    (void)state;
    static const struct {
        change_fn change;
        enum wire_release_code code;
    } cases[] = {
        {c_nothing, WIRE_RELEASE_CODE_OK},
        {c_tombstone, WIRE_RELEASE_CODE_APP_GONE},
        {c_frozen, WIRE_RELEASE_CODE_APP_FROZEN},
        {c_unfrozen, WIRE_RELEASE_CODE_OK},
        {c_revoked, WIRE_RELEASE_CODE_MEASUREMENT_NOT_ACTIVE},
        {c_unknown, WIRE_RELEASE_CODE_MEASUREMENT_NOT_ACTIVE},
        {c_early, WIRE_RELEASE_CODE_MEASUREMENT_NOT_ACTIVE},
        {c_first, WIRE_RELEASE_CODE_OK},
        {c_sunset, WIRE_RELEASE_CODE_MEASUREMENT_NOT_ACTIVE},
        {c_sets, WIRE_RELEASE_CODE_OK},
        {c_mask, WIRE_RELEASE_CODE_VENDOR_NOT_ACCEPTED},
        {c_mask0, WIRE_RELEASE_CODE_VENDOR_NOT_ACCEPTED},
        {c_vendor, WIRE_RELEASE_CODE_PLATFORM_REVOKED},
        {c_product, WIRE_RELEASE_CODE_PLATFORM_REVOKED},
        {c_platform, WIRE_RELEASE_CODE_PLATFORM_REVOKED},
        {c_serial, WIRE_RELEASE_CODE_PLATFORM_REVOKED},
        {c_young, WIRE_RELEASE_CODE_VENDOR_NOT_ACCEPTED},
        {c_old, WIRE_RELEASE_CODE_OK},
        {c_noverifier, WIRE_RELEASE_CODE_VENDOR_NOT_ACCEPTED},
        {c_expired, WIRE_RELEASE_CODE_ATTESTATION_EXPIRED},
        {c_future, WIRE_RELEASE_CODE_ATTESTATION_EXPIRED},
        {c_aged, WIRE_RELEASE_CODE_ATTESTATION_EXPIRED},
        {c_age, WIRE_RELEASE_CODE_OK},
        {c_noage, WIRE_RELEASE_CODE_OK},
        {c_version, WIRE_RELEASE_CODE_VERSION_NOT_ACCEPTED},
        {c_version2, WIRE_RELEASE_CODE_VERSION_NOT_ACCEPTED},
        {c_notcb, WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED},
        {c_emptytcb, WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED},
        {c_shorttcb, WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED},
        {c_tcb, WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED},
        {c_tcbequal, WIRE_RELEASE_CODE_OK},
        {c_pcesvn, WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED},
        {c_list, WIRE_RELEASE_CODE_PLATFORM_NOT_ACCEPTED},
        {c_claims, WIRE_RELEASE_CODE_EVIDENCE_REJECTED},
        {c_other_product, WIRE_RELEASE_CODE_RETRY},
        {c_state, WIRE_RELEASE_CODE_RETRY},
        {c_quota, WIRE_RELEASE_CODE_QUOTA},
        {c_appquota, WIRE_RELEASE_CODE_QUOTA},
        {c_epoch, WIRE_RELEASE_CODE_RETRY},
        {c_keyid, WIRE_RELEASE_CODE_RETRY},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        struct cell *c = w->cell[1];
        struct enclave e;
        struct ipc_vp_answer a;
        enclave_new(&e, c, 200 + i);
        cases[i].change(&e.record, e.record.head.time);
        enum wire_release_code got = enclave_ask(&e, c, &a);
        if (got != cases[i].code)
            fail_msg("case %zu: got %s", i, wire_release_code_name(got));
    }
}

/* A79: platform 0 needs accept_unplaced, with and without a list; a listed platform passes. */
static void test_platform_list(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e;
    struct ipc_vp_answer a;
    uint8_t leaf[32], sibling[32];
    enclave_new(&e, c, 300);
    struct ipc_release_fields *r = &e.request.request;
    id_platform_leaf(leaf, r->platform);
    memset(sibling, 0x55, 32);
    id_platform_node(e.record.platform_root, leaf, sibling);
    memcpy(r->platform_proof[0], sibling, 32);
    r->platform_proof_n = 1;
    enclave_sign(&e);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
    for (int with_list = 0; with_list < 2; with_list++)
        for (int unplaced = 0; unplaced < 2; unplaced++) {
            enclave_new(&e, c, 310 + (uint64_t)(2 * with_list + unplaced));
            r = &e.request.request;
            memset(r->platform, 0, 32);
            memset(e.verdict.platform, 0, 32);
            memset(e.record.platform_root, with_list ? 7 : 0, 32);
            e.record.accept_unplaced = unplaced;
            enclave_attest(&e, c);
            enclave_sign(&e);
            assert_int_equal(enclave_ask(&e, c, &a), unplaced
                                                         ? WIRE_RELEASE_CODE_OK
                                                         : WIRE_RELEASE_CODE_PLATFORM_NOT_ACCEPTED);
        }
}

/* ---- the verdict ---- */

/* Spoil one thing of the verdict; `again`: let claims follow, in the record too, as a lying attest
 * and a lying chain together would. */
static void spoil_verdict(struct enclave *e, int i, bool *again)
{
    struct ipc_va_verdict *v = &e->verdict;
    uint8_t *const bytes[] = {&v->claims[31],      &v->product[0],     &v->evidence_hash[0],
                              &v->report_data[63], &v->report_data[0], &v->measurement[0]};
    if (i == 0)
        v->reasons[0] = 1;
    else if (i == 1)
        v->reasons[1] = 1u << 19;
    else if (i == 2)
        v->has_claims = false;
    else if (i == 3)
        v->crl_checked = false;
    else if (i == 4) /* the reserved half is missing */
        memset(v->report_data + 32, 0, 32);
    else
        *bytes[i - 5] ^= 1;
    *again = i == 4 || i >= 8;
}

static void test_verdict_fields(void **state)
{
    (void)state;
    for (int i = 0; i < 11; i++) {
        struct cell *c = w->cell[1];
        struct enclave e;
        struct ipc_vp_answer a;
        bool again;
        enclave_new(&e, c, 400 + (uint64_t)i);
        spoil_verdict(&e, i, &again);
        if (again) {
            verdict_claims(&e.verdict);
            memcpy(e.record.claims, e.verdict.claims, 32);
        }
        enum wire_release_code got = enclave_ask(&e, c, &a);
        if (got != WIRE_RELEASE_CODE_EVIDENCE_REJECTED)
            fail_msg("case %d: got %s", i, wire_release_code_name(got));
    }
}

static enum wire_release_code ask_as(struct cell *c, uint64_t seed, enum wire_vendor vendor,
                                     size_t tcb_n, bool crl_checked)
{
    struct enclave e;
    struct ipc_vp_answer a;
    enclave_new(&e, c, seed);
    e.request.request.vendor = e.record.vendor = e.verdict.vendor = vendor;
    e.record.vendor_mask = 1u << vendor;
    e.verdict.crl_checked = crl_checked;
    e.verdict.raw_tcb_n = e.record.min_tcb_n = (uint16_t)tcb_n;
    memset(e.verdict.raw_tcb + tcb_n, 0, sizeof e.verdict.raw_tcb - tcb_n);
    memset(e.record.min_tcb, 0, sizeof e.record.min_tcb);
    enclave_attest(&e, c);
    enclave_sign(&e);
    return enclave_ask(&e, c, &a);
}

/* A vendor counts when policy.bin pins a root of it; AMD has three. Only Nitro does without CRLs.
 */
static void test_vendors(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct policy_policy *p = &c->v->env.policy;
    assert_int_equal(ask_as(c, 500, WIRE_VENDOR_SNP, 56, true),
                     WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
    assert_int_equal(ask_as(c, 501, WIRE_VENDOR_NITRO, 0, false),
                     WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
    p->snp.root[2][31] = 1;
    p->nitro.root[0] = 1;
    assert_int_equal(ask_as(c, 502, WIRE_VENDOR_SNP, 56, true), WIRE_RELEASE_CODE_OK);
    assert_int_equal(ask_as(c, 503, WIRE_VENDOR_SNP, 56, false),
                     WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
    assert_int_equal(ask_as(c, 504, WIRE_VENDOR_SNP, 52, true), WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED);
    assert_int_equal(ask_as(c, 505, WIRE_VENDOR_NITRO, 0, false), WIRE_RELEASE_CODE_OK);
    assert_int_equal(ask_as(c, 506, WIRE_VENDOR_TDX, 52, false),
                     WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
}

/* A verdict nobody asked for is not kept; one that lies about other evidence spoils nothing. */
static void test_unasked_statements(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e, other;
    struct ipc_vp_answer a;
    struct ipc_vp_need need;
    enclave_new(&e, c, 500);
    enclave_new(&other, c, 501);
    MUST_TELL(c, IPC_PROC_ATTEST, va_verdict, &e.verdict);
    MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &e.record);
    cell_forget(c);
    MUST_TELL(c, IPC_PROC_PEER, vp_request, &e.request);
    MUST_HEAR(c, IPC_MSG_VP_NEED, vp_need, &need);
    assert_true(need.record && need.verdict);
    /* a verdict under e's digest that passes for e's evidence, with another enclave's fields */
    struct ipc_va_verdict lie = other.verdict;
    memcpy(lie.digest, e.digest, 32);
    memcpy(lie.evidence_hash, e.request.request.evidence_hash, 32);
    MUST_TELL(c, IPC_PROC_ATTEST, va_verdict, &lie);
    MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &e.record);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK); /* judged again, truly */
}

static bool needs_record(struct cell *c, struct enclave *e)
{
    struct ipc_vp_need need;
    cell_forget(c);
    MUST_TELL(c, IPC_PROC_PEER, vp_request, &e->request);
    return HEARD(c, IPC_MSG_VP_NEED, vp_need, &need) && need.record;
}

/* A75: a record counts for a few heads, of a head that chain stated, and never for one before
 * the head of a record that was used. */
static void test_record_of_an_old_head(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e, later;
    struct ipc_vp_answer a;
    enclave_new(&e, c, 510);
    assert_true(needs_record(c, &e));
    struct ipc_vc_record false_hash = e.record, false_time = e.record, unknown = e.record;
    false_hash.head.hash[1] ^= 1;
    false_time.head.time += 1000;
    unknown.head.number++;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &false_hash);
    assert_true(needs_record(c, &e));
    MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &false_time);
    assert_true(needs_record(c, &e));
    MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &unknown);
    assert_true(needs_record(c, &e));
    MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &e.record);
    world_head(w, VAULT_RECORD_BLOCKS);
    assert_false(needs_record(c, &e));
    world_head(w, 1);
    assert_true(needs_record(c, &e));
    /* of two requests the younger record is used first */
    e.record.head = w->head;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &e.record);
    world_head(w, 1);
    enclave_new(&later, c, 511);
    assert_int_equal(enclave_ask(&later, c, &a), WIRE_RELEASE_CODE_OK);
    assert_true(needs_record(c, &e));
    e.record.head = w->head;
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_any_t_give_the_same_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_answer_is_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replay, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verdict_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signature, setup, teardown),
        cmocka_unit_test_setup_teardown(test_request_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_head_of_the_request, setup, teardown),
        cmocka_unit_test_setup_teardown(test_record_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_platform_list, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verdict_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vendors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unasked_statements, setup, teardown),
        cmocka_unit_test_setup_teardown(test_record_of_an_old_head, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
