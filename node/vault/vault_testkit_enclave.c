/* SPDX-License-Identifier: Apache-2.0 */
/* A genuine enclave, with what attest and chain say about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/vault/vault_testkit.h"

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "crypto/keccak.h"
#include "crypto/labels.h"
#include "protocol/client_wire.h"

void request_digest(uint8_t out[static 32], const struct ipc_release_fields *r)
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
    uint8_t buf[CLIENT_RELEASE_REQUEST_BYTES + 64];
    struct writer w = writer_of(buf, sizeof buf);
    struct bytes b;
    memcpy(q.network_id, r->network_id, 32);
    memcpy(q.key_id, r->key_id, 32);
    memcpy(q.app_id, r->app_id, 32);
    memcpy(q.measurement, r->measurement, 32);
    memcpy(q.platform, r->platform, 32);
    memcpy(q.verifier, r->verifier, 20);
    memcpy(q.platform_proof, r->platform_proof, sizeof q.platform_proof);
    memcpy(q.nonce, r->nonce, 16);
    memcpy(q.evidence_hash, r->evidence_hash, 32);
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_REQUEST));
    client_write_release_request(&w, &q);
    assert_int_equal(writer_end(&w, &b), PC_OK);
    sha256(out, b);
}

void enclave_sign(struct enclave *e)
{
    struct ed25519_sig sig;
    request_digest(e->digest, &e->request.request);
    ed25519_sign(&sig, &e->sign_sk, PC_BYTES(e->digest));
    memcpy(e->request.signature, sig.b, 64);
    memcpy(e->verdict.digest, e->digest, 32);
    memcpy(e->record.digest, e->digest, 32);
}

void enclave_attest(struct enclave *e, struct cell *c)
{
    const struct ipc_release_fields *r = &e->request.request;
    struct report_binding b = {
        .kind = PC_SUBJECT_APP, .chain_id = c->w->policy.chain_id, .bound_block = r->bound.number};
    memcpy(b.attestations, c->w->policy.attestations, 20);
    id_keys_app(b.keys_hash, r->boot.sign, r->boot.hpke);
    memcpy(b.context, r->app_id, 32);
    memcpy(b.bound_hash, r->bound.hash, 32);
    id_report_data(e->verdict.report_data, &b);
    verdict_claims(&e->verdict);
    memcpy(e->record.claims, e->verdict.claims, 32);
    memcpy(e->verdict.evidence_hash, r->evidence_hash, 32);
}

void enclave_new(struct enclave *e, struct cell *c, uint64_t seed)
{
    struct rng_seeded rng;
    struct ed25519_pk pk;
    struct x25519_pk hk;
    struct ipc_release_fields *r = &e->request.request;
    struct ipc_vc_record *rec = &e->record;
    memset(e, 0, sizeof *e);
    rng_seeded_init(&rng, seed);
    ed25519_generate(&e->sign_sk, &pk, &rng.rng);
    x25519_generate(&e->hpke_sk, &hk, &rng.rng);
    *r = (struct ipc_release_fields){.version = 1,
                                     .class = WIRE_KEY_CLASS_APPLICATION,
                                     .key_version = 1,
                                     .scope_n = 4,
                                     .scope = "mail",
                                     .epoch = 1,
                                     .node_index = c->index,
                                     .vendor = WIRE_VENDOR_TDX,
                                     .bound = {.number = 95}};
    memcpy(r->boot.sign, pk.b, 32);
    memcpy(r->boot.hpke, hk.b, 32);
    memcpy(r->network_id, c->w->policy.network_id, 32);
    static const uint8_t of[32];
    id_key(r->key_id, r->network_id, 0, PC_CLASS_APPLICATION, of);
    memset(r->app_id, 0xa0, 32);
    memset(r->bound.hash, 0x95, 32);
    memset(r->verifier, 0xe5, 20);
    rng_fill(&rng.rng, r->nonce, 16);
    rng_fill(&rng.rng, r->evidence_hash, 32);
    r->head.number = c->w->head.number;
    memcpy(r->head.hash, c->w->head.hash, 32);
    e->verdict = verdict_good(0x91);
    memcpy(r->measurement, e->verdict.measurement, 32);
    memcpy(r->platform, e->verdict.platform, 32);
    *rec = (struct ipc_vc_record){.head = c->w->head,
                                  .epoch = 1,
                                  .vendor = WIRE_VENDOR_TDX,
                                  .tcb_status = 1,
                                  .collateral_epoch = 5,
                                  .verifier_active_from = 1600000000,
                                  .attested_at = c->w->head.time - 50,
                                  .valid_until = c->w->head.time + 5000,
                                  .vendor_ok = true,
                                  .product_ok = true,
                                  .platform_ok = true,
                                  .serial_ok = true,
                                  .measurement_active_from = 1650000000,
                                  .vendor_mask = 1u << WIRE_VENDOR_TDX,
                                  .max_age = 3600,
                                  .notice = 100,
                                  .version_lo = 1,
                                  .version_hi = 2,
                                  .subject_quota = 10,
                                  .app_quota = 100,
                                  .min_tcb_set = true,
                                  .min_tcb_n = 52,
                                  .own_state = IPC_NODE_STATE_LIVE};
    memcpy(rec->key_id, r->key_id, 32);
    memcpy(rec->app_id, r->app_id, 32);
    keccak256(rec->scope_hash, bytes_of(r->scope, r->scope_n));
    memcpy(rec->measurement, r->measurement, 32);
    memcpy(rec->product, e->verdict.product, 32);
    memcpy(rec->verifier, r->verifier, 20);
    memset(rec->min_tcb, 0x03, 52);
    enclave_attest(e, c);
    enclave_sign(e);
}

/* OK with an answer, NEED as EVIDENCE_NEEDED, or the refusal. */
static enum wire_release_code outcome(struct cell *c, struct ipc_vp_answer *answer,
                                      struct ipc_vp_need *need)
{
    struct ipc_vp_refuse refuse;
    if (HEARD(c, IPC_MSG_VP_ANSWER, vp_answer, answer))
        return WIRE_RELEASE_CODE_OK;
    if (HEARD(c, IPC_MSG_VP_NEED, vp_need, need))
        return WIRE_RELEASE_CODE_EVIDENCE_NEEDED;
    MUST_HEAR(c, IPC_MSG_VP_REFUSE, vp_refuse, &refuse);
    return refuse.code;
}

enum wire_release_code enclave_ask(struct enclave *e, struct cell *c, struct ipc_vp_answer *answer)
{
    struct ipc_vp_need need = {0};
    cell_forget(c);
    MUST_TELL(c, IPC_PROC_PEER, vp_request, &e->request);
    enum wire_release_code code = outcome(c, answer, &need);
    if (code != WIRE_RELEASE_CODE_EVIDENCE_NEEDED)
        return code;
    if (need.record)
        MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &e->record);
    if (need.verdict)
        MUST_TELL(c, IPC_PROC_ATTEST, va_verdict, &e->verdict);
    cell_forget(c);
    MUST_TELL(c, IPC_PROC_PEER, vp_request, &e->request);
    return outcome(c, answer, &need);
}
