/* SPDX-License-Identifier: Apache-2.0 */
/* build_evidence.c - calls about evidence and collateral; client/lib/tdx_calls.h knows their form.
 */
#include "chain/abi.h"
#include "client/lib/tdx_calls.h"
#include "client/relay/build.h"

static struct tdx_calls tdx_of(struct relay *r)
{
    return (struct tdx_calls){.chain = &r->chain,
                              .verifier = r->rules.verifier[PC_VENDOR_TDX - 1],
                              .from_block = r->from_block};
}

enum err_code relay_build_attest(struct relay_built *out, void *buf, size_t cap, struct relay *r,
                                 const struct relay_relay_attest *m)
{
    struct tdx_calls t = tdx_of(r);
    struct tdx_attest a = {.kind = r->rules.app_mode ? PC_SUBJECT_APP : PC_SUBJECT_NODE,
                           .subject = evm_word_of(m->subject),
                           .context = evm_word_of(m->context),
                           .bound_block = m->bound.number,
                           .quote = m->evidence};
    memset(out, 0, sizeof *out);
    if (m->vendor != WIRE_VENDOR_TDX)
        return PC_E_UNSUPPORTED;
    out->to = r->rules.attestations;
    return tdx_calls_attest(&t, &out->data, buf, cap, &a);
}

enum err_code relay_build_reattest(struct relay_built *out, void *buf, size_t cap, struct relay *r,
                                   const struct relay_relay_reattest *m)
{
    static const char sig[] = "reattest(uint32,(bytes32,bytes32,address),address,"
                              "(uint8,bytes32,bytes32,bytes,bytes32,bytes))";
    struct abi_selector s = abi_selector(sig);
    struct evm_address account;
    struct tdx_claims claims;
    struct bytes args;
    memset(out, 0, sizeof *out);
    if (m->vendor != WIRE_VENDOR_TDX)
        return PC_E_UNSUPPORTED;
    if (cap < sizeof s.b)
        return PC_E_TOO_LARGE;
    PC_TRY(tdx_claims_of_quote(&claims, m->evidence));
    memcpy(buf, s.b, sizeof s.b);
    memcpy(account.b, m->keys.account, sizeof account.b);
    struct abi_out w = abi_out_of((uint8_t *)buf + 4, cap - 4, 6);
    abi_out_u64(&w, m->node_id);
    abi_out_fixed(&w, m->keys.ed25519, 32);
    abi_out_fixed(&w, m->keys.x25519, 32);
    abi_out_addr(&w, &account);
    abi_out_addr(&w, &r->rules.verifier[PC_VENDOR_TDX - 1]);
    tdx_claims_write(&w, &claims);
    PC_TRY(abi_out_end(&w, &args));
    out->to = r->rules.node_registry;
    out->data = bytes_of(buf, args.n + 4);
    return PC_OK;
}

enum err_code relay_build_post(struct relay_built *out, void *buf, size_t cap, struct relay *r,
                               const struct relay_relay_post *m)
{
    struct tdx_calls t = tdx_of(r);
    bool known;
    memset(out, 0, sizeof *out);
    if (m->vendor != WIRE_VENDOR_TDX)
        return PC_E_UNSUPPORTED;
    out->to = t.verifier;
    PC_TRY(tdx_calls_post(&t, &out->data, &known, buf, cap, (enum tdx_post_kind)m->kind, m->data));
    return known ? PC_E_EXISTS : PC_OK;
}
