/* SPDX-License-Identifier: Apache-2.0 */
/* build_evidence.c - calls about evidence and collateral; client/lib/vendor_calls.h knows their
 * form.
 */
#include "chain/abi.h"
#include "client/lib/vendor_calls.h"
#include "client/relay/build.h"

static struct vendor_calls calls_of(struct relay *r, enum wire_vendor vendor)
{
    struct vendor_calls t = {
        .vendor = (enum vendor)vendor, .chain = &r->chain, .from_block = r->from_block};
    if (vendor >= 1 && vendor <= PC_RELAY_VERIFIERS)
        t.verifier = r->rules.verifier[vendor - 1];
    return t;
}

enum err_code relay_build_attest(struct relay_built *out, void *buf, size_t cap, struct relay *r,
                                 const struct relay_relay_attest *m)
{
    struct vendor_calls t = calls_of(r, m->vendor);
    struct vendor_attest a = {.kind = r->rules.app_mode ? PC_SUBJECT_APP : PC_SUBJECT_NODE,
                              .subject = evm_word_of(m->subject),
                              .context = evm_word_of(m->context),
                              .bound_block = m->bound.number,
                              .evidence = m->evidence};
    memset(out, 0, sizeof *out);
    out->to = r->rules.attestations;
    return vendor_calls_attest(&t, &out->data, buf, cap, &a);
}

enum err_code relay_build_certificate(struct relay_built *out, void *buf, size_t cap,
                                      struct relay *r, const struct relay_relay_attest *m)
{
    struct vendor_calls t = calls_of(r, m->vendor);
    memset(out, 0, sizeof *out);
    out->to = t.verifier;
    PC_TRY(vendor_calls_missing(&t, &out->data, buf, cap, m->evidence));
    return out->data.n == 0 ? PC_E_EXISTS : PC_OK;
}

enum err_code relay_build_reattest(struct relay_built *out, void *buf, size_t cap, struct relay *r,
                                   const struct relay_relay_reattest *m)
{
    static const char sig[] = "reattest(uint32,(bytes32,bytes32,address),address,"
                              "(uint8,bytes32,bytes32,bytes,bytes32,bytes))";
    struct abi_selector s = abi_selector(sig);
    struct evm_address account;
    struct vendor_calls t = calls_of(r, m->vendor);
    struct evidence_claims claims;
    struct bytes args;
    memset(out, 0, sizeof *out);
    if (bytes_all_zero_var(PC_BYTES(t.verifier.b)))
        return PC_E_UNSUPPORTED;
    if (cap < sizeof s.b)
        return PC_E_TOO_LARGE;
    PC_TRY(vendor_claims(&claims, t.vendor, m->evidence));
    memcpy(buf, s.b, sizeof s.b);
    memcpy(account.b, m->keys.account, sizeof account.b);
    struct abi_out w = abi_out_of((uint8_t *)buf + 4, cap - 4, 6);
    abi_out_u64(&w, m->node_id);
    abi_out_fixed(&w, m->keys.ed25519, 32);
    abi_out_fixed(&w, m->keys.x25519, 32);
    abi_out_addr(&w, &account);
    abi_out_addr(&w, &t.verifier);
    vendor_claims_write(&w, &claims);
    PC_TRY(abi_out_end(&w, &args));
    out->to = r->rules.node_registry;
    out->data = bytes_of(buf, args.n + 4);
    return PC_OK;
}

enum err_code relay_build_post(struct relay_built *out, void *buf, size_t cap, struct relay *r,
                               const struct relay_relay_post *m)
{
    struct vendor_calls t = calls_of(r, m->vendor);
    bool known;
    memset(out, 0, sizeof *out);
    out->to = t.verifier;
    PC_TRY(vendor_calls_post(&t, &out->data, &known, buf, cap, (enum vendor_post_kind)m->kind,
                             m->data));
    return known ? PC_E_EXISTS : PC_OK;
}
