/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "chain/view.h"
#include "client/lib/logs.h"
#include "client/lib/vendor_row.h"
#include "crypto/hash.h"

static const struct vendor_row *const rows[] = {&tdx_row, &snp_row, &nitro_row};

static const struct vendor_row *row_of(enum vendor vendor)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(rows); i++)
        if (rows[i]->vendor == vendor)
            return rows[i];
    return NULL;
}

/* NULL also when the network has no such verifier. */
static const struct vendor_row *row_for(const struct vendor_calls *t)
{
    return bytes_all_zero_var(PC_BYTES(t->verifier.b)) ? NULL : row_of(t->vendor);
}

/* ---- claims */

static enum err_code claims_done(struct evidence_claims *out, enum err_code e)
{
    if (e != PC_OK)
        memset(out, 0, sizeof *out);
    return e;
}

enum err_code vendor_claims(struct evidence_claims *out, enum vendor vendor, struct bytes evidence)
{
    const struct vendor_row *row = row_of(vendor);
    memset(out, 0, sizeof *out);
    return row == NULL ? PC_E_UNSUPPORTED : claims_done(out, row->claims(out, evidence));
}

enum vendor vendor_of_evidence(struct bytes evidence)
{
    struct evidence_claims ignored;
    for (size_t i = 0; i < PC_ARRAY_LEN(rows); i++)
        if (vendor_claims(&ignored, rows[i]->vendor, evidence) == PC_OK)
            return rows[i]->vendor;
    return (enum vendor)0;
}

enum err_code vendor_claims_of_call(struct evidence_claims *out, enum vendor vendor,
                                    struct bytes evidence, struct bytes hints)
{
    const struct vendor_row *row = row_of(vendor);
    memset(out, 0, sizeof *out);
    return row == NULL ? PC_E_UNSUPPORTED
                       : claims_done(out, row->claims_of_call(out, evidence, hints));
}

enum err_code vendor_claims_of(struct evidence_claims *out, const struct verdict *v)
{
    if (v->report_data_len != 64)
        return PC_E_MALFORMED;
    out->vendor = (enum vendor)v->vendor;
    out->product = evm_word_of(v->product);
    out->measurement = evm_word_of(v->measurement);
    out->platform = evm_word_of(v->platform);
    out->claims = evm_word_of(v->claims);
    memcpy(out->report_data, v->report_data, 64);
    PC_ASSERT(v->raw_tcb_len <= sizeof out->raw_tcb);
    memcpy(out->raw_tcb, v->raw_tcb, v->raw_tcb_len);
    out->raw_tcb_n = v->raw_tcb_len;
    out->leaf_issuer = v->leaf_issuer;
    memcpy(out->leaf_serial.b + 32 - v->leaf_len, v->leaf_serial, v->leaf_len);
    return PC_OK;
}

void vendor_claims_write(struct abi_out *w, const struct evidence_claims *c)
{
    struct abi_out in = abi_out_tuple(w, 6);
    abi_out_u64(&in, c->vendor);
    abi_out_word(&in, &c->product);
    abi_out_word(&in, &c->measurement);
    abi_out_bytes(&in, PC_BYTES(c->report_data));
    abi_out_word(&in, &c->platform);
    abi_out_bytes(&in, bytes_of(c->raw_tcb, c->raw_tcb_n));
    abi_out_join(w, &in);
}

/* ---- calldata and views */

struct abi_out vendor_call_begin(void *buf, size_t cap, const char *sig, size_t words)
{
    PC_ASSERT(cap > 4);
    struct abi_selector s = abi_selector(sig);
    memcpy(buf, s.b, 4);
    return abi_out_of((uint8_t *)buf + 4, cap - 4, words);
}

enum err_code vendor_call_end(struct bytes *out, void *buf, const struct abi_out *w)
{
    struct bytes args;
    *out = bytes_of(NULL, 0);
    PC_TRY(abi_out_end(w, &args));
    *out = bytes_of(buf, 4 + args.n);
    return PC_OK;
}

enum err_code vendor_view(struct vendor_calls *t, const struct evm_address *at,
                          struct evm_word *out, size_t words, const char *sig,
                          const struct evm_word *arg)
{
    uint8_t call[36], answer[32 * 5];
    struct abi_selector s = abi_selector(sig);
    size_t n;
    PC_ASSERT(words <= 5);
    memcpy(call, s.b, 4);
    memcpy(call + 4, arg->b, 32);
    PC_TRY(relay_chain_call(t->chain, answer, sizeof answer, &n, at, PC_BYTES(call)));
    if (n != 32 * words)
        return PC_E_MALFORMED;
    for (size_t i = 0; i < words; i++)
        out[i] = evm_word_of(answer + 32 * i);
    return PC_OK;
}

enum err_code vendor_in_force(struct vendor_calls *t, bool *yes, const struct evm_word *object,
                              struct bytes signed_bytes)
{
    struct evm_word digest;
    uint8_t h[32];
    PC_TRY(vendor_view(t, &t->verifier, &digest, 1, "inForce(bytes32)", object));
    sha256(h, signed_bytes);
    *yes = memcmp(h, digest.b, 32) == 0;
    return PC_OK;
}

enum err_code vendor_p384_hints(uint8_t out[static PC_P384_HINTS_MAX], size_t *n,
                                const uint8_t key[static 96], const uint8_t digest[static 48],
                                const uint8_t sig[static 96])
{
    struct p384_statement s;
    struct p384_maker *maker;
    *n = 0;
    memcpy(s.hash, digest, 48);
    memcpy(s.r, sig, 48);
    memcpy(s.s, sig + 48, 48);
    memcpy(s.x, key, 48);
    memcpy(s.y, key + 48, 48);
    PC_TRY(p384_maker_new(&maker));
    enum err_code e = p384_hints_make(maker, out, n, &s);
    p384_maker_free(maker);
    return e;
}

/* ---- events */

struct event_search {
    struct evm_word topic, id;
    size_t at;
    uint64_t block;
    bool found;
};

static enum err_code take_event(void *ctx, const struct log_record *l, bool *enough)
{
    struct event_search *s = ctx;
    if (l->n_topics > s->at && evm_word_equal(&l->topics[0], &s->topic) &&
        evm_word_equal(&l->topics[s->at], &s->id)) {
        s->block = l->block;
        s->found = *enough = true;
    }
    return PC_OK;
}

/* When an authority is revoked, what was posted before must be posted again: the block of the last
 * such time, 0 if there was none. */
static enum err_code last_advance(struct vendor_calls *t, uint64_t *block)
{
    struct evm_word none = {{0}}, word, vendor = evm_word_u64(t->vendor);
    struct event_search s = {.id = vendor, .at = 1};
    struct evm_address policy;
    *block = 0;
    PC_TRY(vendor_view(t, &t->verifier, &word, 1, "policy()", &none));
    PC_TRY(evm_word_to_addr(&policy, &word));
    PC_TRY(vendor_view(t, &policy, &word, 1, "authorityEpoch(uint8)", &vendor));
    if (evm_word_is_zero(&word))
        return PC_OK;
    s.topic = abi_topic("AuthorityEpochAdvanced(uint8,uint32)");
    PC_TRY(logs_back(t->chain, &policy, t->from_block, take_event, &s));
    *block = s.found ? s.block : UINT64_MAX;
    return PC_OK;
}

enum err_code vendor_posted(struct vendor_calls *t, bool *yes, const char *event, size_t at,
                            const struct evm_word *id)
{
    struct event_search s = {.topic = abi_topic(event), .id = *id, .at = at};
    uint64_t advance;
    *yes = false;
    PC_TRY(logs_back(t->chain, &t->verifier, t->from_block, take_event, &s));
    if (!s.found)
        return PC_OK;
    PC_TRY(last_advance(t, &advance));
    *yes = s.block > advance;
    return PC_OK;
}

enum err_code vendor_known(struct vendor_calls *t, bool *yes, const char *view, const char *event,
                           size_t at, const struct evm_word *id)
{
    struct evm_word word;
    uint64_t advance;
    *yes = false;
    PC_TRY(vendor_view(t, &t->verifier, &word, 1, view, id));
    if (evm_word_is_zero(&word))
        return PC_OK;
    PC_TRY(last_advance(t, &advance));
    *yes = advance == 0;
    return *yes ? PC_OK : vendor_posted(t, yes, event, at, id);
}

/* ---- calls of Attestations */

static enum err_code build_attest(struct vendor_calls *t, const struct vendor_row *row,
                                  struct bytes *out, void *buf, size_t cap,
                                  const struct vendor_attest *a, struct vendor_parts *parts)
{
    PC_TRY(row->parts(t, parts, a->evidence));
    struct abi_out w =
        vendor_call_begin(buf, cap, "attest(uint8,bytes32,bytes32,address,uint64,bytes,bytes)", 7);
    abi_out_u64(&w, a->kind);
    abi_out_word(&w, &a->subject);
    abi_out_word(&w, &a->context);
    abi_out_addr(&w, &t->verifier);
    abi_out_u64(&w, a->bound_block);
    abi_out_bytes(&w, bytes_of(parts->evidence, parts->evidence_n));
    abi_out_bytes(&w, bytes_of(parts->hints, parts->hints_n));
    return vendor_call_end(out, buf, &w);
}

enum err_code vendor_calls_attest(struct vendor_calls *t, struct bytes *out, void *buf, size_t cap,
                                  const struct vendor_attest *a)
{
    const struct vendor_row *row = row_for(t);
    *out = bytes_of(NULL, 0);
    if (row == NULL)
        return PC_E_UNSUPPORTED;
    struct vendor_parts *parts = calloc(1, sizeof *parts);
    if (parts == NULL)
        return PC_E_MEMORY;
    enum err_code e = build_attest(t, row, out, buf, cap, a, parts);
    free(parts);
    return e;
}

static enum err_code build_recheck(struct vendor_calls *t, const struct vendor_row *row,
                                   struct bytes *out, void *buf, size_t cap,
                                   const struct evm_word *record, const struct evidence_claims *c,
                                   uint8_t *hints)
{
    size_t n = 0;
    if (row->appraise != NULL)
        PC_TRY(row->appraise(t, hints, &n, c));
    struct abi_out w = vendor_call_begin(
        buf, cap, "recheck(bytes32,(bytes32,bytes32,bytes32,bytes32,uint8,uint256),bytes,bytes)",
        9);
    abi_out_word(&w, record);
    /* Preimage: no dynamic member, so its words stand in line */
    abi_out_word(&w, &c->product);
    abi_out_word(&w, &c->measurement);
    abi_out_fixed(&w, c->report_data, 32);
    abi_out_word(&w, &c->platform);
    abi_out_u64(&w, c->leaf_issuer);
    abi_out_word(&w, &c->leaf_serial);
    abi_out_bytes(&w, bytes_of(c->raw_tcb, c->raw_tcb_n));
    abi_out_bytes(&w, bytes_of(hints, n));
    return vendor_call_end(out, buf, &w);
}

enum err_code vendor_calls_recheck(struct vendor_calls *t, struct bytes *out, void *buf, size_t cap,
                                   const struct evm_word *record, const struct evidence_claims *c)
{
    const struct vendor_row *row = row_for(t);
    *out = bytes_of(NULL, 0);
    if (row == NULL || c->vendor != t->vendor)
        return PC_E_UNSUPPORTED;
    uint8_t *hints = malloc(PC_VENDOR_HINTS_MAX);
    if (hints == NULL)
        return PC_E_MEMORY;
    enum err_code e = build_recheck(t, row, out, buf, cap, record, c, hints);
    free(hints);
    return e;
}

/* ---- posts */

enum err_code vendor_calls_missing(struct vendor_calls *t, struct bytes *out, void *buf, size_t cap,
                                   struct bytes evidence)
{
    const struct vendor_row *row = row_for(t);
    bool known = false;
    *out = bytes_of(NULL, 0);
    if (row == NULL)
        return PC_E_UNSUPPORTED;
    size_t levels = row->levels(evidence);
    if (levels == 0)
        return PC_E_MALFORMED;
    /* Whose certificate counts, all above it do. Else what is known ends where the missing begins:
     * one below the lowest that is known, or the topmost. */
    for (size_t i = 0; i < levels; i++) {
        struct bytes call;
        enum err_code e = row->level(t, &call, &known, buf, cap, evidence, i);
        if (e != PC_OK && e != PC_E_NOT_FOUND)
            return e;
        if (e == PC_OK && known)
            return i == 0 ? PC_OK : row->level(t, out, &known, buf, cap, evidence, i - 1);
    }
    return row->level(t, out, &known, buf, cap, evidence, levels - 1);
}

enum err_code vendor_calls_post(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                                size_t cap, enum vendor_post_kind kind, struct bytes data)
{
    const struct vendor_row *row = row_for(t);
    *out = bytes_of(NULL, 0);
    *known = false;
    if (row == NULL)
        return PC_E_UNSUPPORTED;
    return row->post(t, out, known, buf, cap, kind, data);
}
