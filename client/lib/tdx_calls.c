/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/tdx_calls.h"

#include <stdlib.h>

#include "attest/cert.h"
#include "attest/tdx_collateral.h"
#include "chain/view.h"
#include "client/lib/logs.h"
#include "client/lib/vendor_row.h"
#include "crypto/raw_tcb.h"

/* Roles of the contract's authorities. */
enum { ROLE_ROOT = 0, ROLE_PLATFORM_CA = 1, ROLE_PROCESSOR_CA = 2, ROLE_TCB_SIGNER = 3 };

/* Entries that one call records: a block has gas for them. The same call again goes on. */
#define CRL_STEP 400u

#define CALL_SIG      "addCollateral(uint8,bytes,uint256,uint256,bytes32)"
#define AUTHORITY_SIG "AuthorityPosted(bytes32,uint8,uint256,uint256)"

/* ---- tables of what is in force */

struct table_search {
    struct vendor_calls *t;
    struct evm_word topics[2]; /* CollateralInForce, CollateralPending */
    struct evm_word object;
    uint8_t tag[20];
    uint8_t *out;
    size_t n; /* found when not 0 */
};

/* Does this calldata post an object whose table has the tag? Then the table is in s->out. */
static void try_calldata(struct table_search *s, struct bytes call)
{
    struct abi_selector sel = abi_selector(CALL_SIG);
    struct evm_word h;
    size_t n = 0;
    if (call.n < 4 || memcmp(call.p, sel.b, 4) != 0)
        return;
    struct abi_in r = abi_in_of(bytes_of(call.p + 4, call.n - 4), 5);
    uint64_t kind = abi_in_u64(&r, 8);
    struct bytes object = abi_in_bytes(&r, PC_TDX_JSON_MAX);
    (void)abi_in_word(&r);
    (void)abi_in_word(&r);
    (void)abi_in_word(&r);
    if (abi_in_end(&r) != PC_OK)
        return;
    enum err_code e =
        kind == 1 ? tdx_tcb_table(s->out, &n, object) : tdx_qe_table(s->out, &n, object);
    if (e != PC_OK)
        return;
    evm_keccak(&h, bytes_of(s->out, n));
    if (memcmp(h.b, s->tag, 20) == 0)
        s->n = n;
}

static enum err_code take_post(void *ctx, const struct log_record *l, bool *enough)
{
    struct table_search *s = ctx;
    unsigned who;
    if (l->n_topics != 3 || !evm_word_equal(&l->topics[1], &s->object) ||
        (!evm_word_equal(&l->topics[0], &s->topics[0]) &&
         !evm_word_equal(&l->topics[0], &s->topics[1])))
        return PC_OK;
    uint8_t *call = malloc(PC_CALLDATA_MAX);
    if (call == NULL)
        return PC_E_MEMORY;
    struct writer w = writer_of(call, PC_CALLDATA_MAX);
    enum err_code e =
        endpoints_calldata(s->t->chain->endpoints, s->t->chain->now_ms, 0, &l->tx_hash, &w, &who);
    if (e == PC_OK)
        try_calldata(s, bytes_of(call, w.n));
    free(call);
    *enough = s->n != 0;
    return e;
}

/* The table of the object in force, as the hints carry it. */
static enum err_code find_table(struct vendor_calls *t, uint8_t out[static PC_TDX_TABLE_MAX],
                                size_t *n, const struct evm_word *object)
{
    struct evm_word active[5];
    struct table_search s = {.t = t, .object = *object, .out = out};
    *n = 0;
    s.topics[0] = abi_topic("CollateralInForce(bytes32,uint256,bytes32,bytes32,uint256)");
    s.topics[1] = abi_topic("CollateralPending(bytes32,uint256,bytes32,uint256,uint256)");
    PC_TRY(vendor_view(t, &t->verifier, active, 5, "active(bytes32)", object));
    memcpy(s.tag, active[1].b, 20); /* bytes20: left-aligned */
    if (bytes_all_zero_var(PC_BYTES(s.tag)))
        return PC_E_NOT_FOUND;
    PC_TRY(logs_back(t->chain, &t->verifier, t->from_block, take_post, &s));
    *n = s.n;
    return s.n != 0 ? PC_OK : PC_E_NOT_FOUND;
}

/* u16 length | TCB table | QE table: what stands behind the leaf record. */
static enum err_code tables(struct vendor_calls *t, uint8_t *out, size_t *n,
                            const struct evm_word *product)
{
    struct evm_word qe = evm_word_u64(PC_TDX_OBJECT_QE);
    size_t first, second;
    PC_TRY(find_table(t, out + 2, &first, product));
    store_be16(out, (uint16_t)first);
    PC_TRY(find_table(t, out + 2 + first, &second, &qe));
    *n = 2 + first + second;
    return PC_OK;
}

static enum err_code leaf_of(uint8_t out[static PC_TDX_LEAF_RECORD], struct bytes quote)
{
    struct bytes certs[3];
    uint8_t *der = malloc(PC_EVIDENCE_MAX);
    if (der == NULL)
        return PC_E_MEMORY;
    enum err_code e = tdx_certs(certs, der, quote);
    if (e == PC_OK)
        e = tdx_leaf_record(out, certs);
    free(der);
    return e;
}

/* FMSPC and PCEID stand side by side in the leaf record. */
static struct evm_word product_of(const uint8_t leaf[static PC_TDX_LEAF_RECORD])
{
    struct evm_word w = {{0}};
    memcpy(w.b, leaf + 80, 8);
    return w;
}

static enum err_code tdx_parts(struct vendor_calls *t, struct vendor_parts *out, struct bytes quote)
{
    size_t rest;
    PC_TRY(tdx_strip(out->evidence, &out->evidence_n, quote));
    PC_TRY(leaf_of(out->hints, quote));
    struct evm_word product = product_of(out->hints);
    PC_TRY(tables(t, out->hints + PC_TDX_LEAF_RECORD, &rest, &product));
    out->hints_n = PC_TDX_LEAF_RECORD + rest;
    return PC_OK;
}

static enum err_code tdx_appraise(struct vendor_calls *t, uint8_t *out, size_t *n,
                                  const struct evidence_claims *c)
{
    return tables(t, out, n, &c->product);
}

/* ---- claims */

static enum err_code claims_of_parts(struct evidence_claims *out, struct bytes stripped,
                                     const uint8_t leaf[static PC_TDX_LEAF_RECORD])
{
    uint8_t fields[400];
    bool v5 = stripped.n >= 2 && load_le16(stripped.p) == 5;
    size_t at = PC_TDX_HEADER_LEN + (v5 ? 6 : 0), len = PC_TDX_BODY_10;
    if (v5 && stripped.n >= at)
        len = load_le32(stripped.p + PC_TDX_HEADER_LEN + 2);
    if (len != PC_TDX_BODY_10 && len != PC_TDX_BODY_15 && len != PC_TDX_BODY_15_EX)
        return PC_E_MALFORMED;
    if (stripped.n < at + len + 128 + PC_TDX_QE_REPORT_LEN)
        return PC_E_MALFORMED;
    const uint8_t *body = stripped.p + at, *qe = body + len + 128;
    memcpy(fields, body + PC_TD_MRTD, 48);
    memcpy(fields + 48, body + PC_TD_RTMR0, 4 * 48);
    memcpy(fields + 240, body + PC_TD_MRCONFIGID, 3 * 48);
    memcpy(fields + 384, body + PC_TD_ATTRIBUTES, 16);
    id_measurement(out->measurement.b, PC_VENDOR_TDX, PC_BYTES(fields));
    if (!bytes_all_zero_var(bytes_of(leaf + 64, 16)))
        id_platform(out->platform.b, PC_VENDOR_TDX, bytes_of(leaf + 64, 16));
    out->vendor = PC_VENDOR_TDX;
    out->raw_tcb_n = PC_RAW_TCB_TDX;
    out->product = product_of(leaf);
    memcpy(out->report_data, body + PC_TD_REPORTDATA, 64);
    memcpy(out->raw_tcb, body + PC_TD_TCB_SVN, 16);
    if (len != PC_TDX_BODY_10)
        memcpy(out->raw_tcb + 16, body + PC_TD_TCB_SVN2, 16);
    memcpy(out->raw_tcb + 32, leaf + 88, 18); /* component SVNs, PCESVN */
    store_be16(out->raw_tcb + 50, load_le16(qe + PC_QE_ISVSVN));
    struct claims_fields c = {.vendor = PC_VENDOR_TDX,
                              .report_data = PC_BYTES(out->report_data),
                              .raw_tcb = bytes_of(out->raw_tcb, out->raw_tcb_n)};
    memcpy(c.product, out->product.b, 32);
    memcpy(c.measurement, out->measurement.b, 32);
    memcpy(c.platform, out->platform.b, 32);
    id_claims(out->claims.b, &c);
    out->leaf_issuer = leaf[106];
    memcpy(out->leaf_serial.b + 12, leaf + 107, 20);
    return PC_OK;
}

static enum err_code tdx_claims(struct evidence_claims *out, struct bytes quote)
{
    uint8_t stripped[PC_TDX_STRIPPED_MAX], leaf[PC_TDX_LEAF_RECORD];
    size_t n;
    PC_TRY(tdx_strip(stripped, &n, quote));
    PC_TRY(leaf_of(leaf, quote));
    return claims_of_parts(out, bytes_of(stripped, n), leaf);
}

static enum err_code tdx_claims_of_call(struct evidence_claims *out, struct bytes evidence,
                                        struct bytes hints)
{
    if (hints.n < PC_TDX_LEAF_RECORD)
        return PC_E_MALFORMED;
    return claims_of_parts(out, evidence, hints.p);
}

/* ---- posts */

struct authority_search {
    struct evm_word topic, role, id;
    bool found;
};

static enum err_code take_authority(void *ctx, const struct log_record *l, bool *enough)
{
    struct authority_search *s = ctx;
    if (l->n_topics == 3 && evm_word_equal(&l->topics[0], &s->topic) &&
        evm_word_equal(&l->topics[2], &s->role)) {
        s->id = l->topics[1];
        s->found = *enough = true;
    }
    return PC_OK;
}

/* The authority of that role that was posted last; zero for the root. */
static enum err_code authority(struct vendor_calls *t, struct evm_word *out, unsigned role)
{
    struct authority_search s = {.role = evm_word_u64(role)};
    memset(out, 0, sizeof *out);
    if (role == ROLE_ROOT)
        return PC_OK;
    s.topic = abi_topic(AUTHORITY_SIG);
    PC_TRY(logs_back(t->chain, &t->verifier, t->from_block, take_authority, &s));
    *out = s.id;
    return s.found ? PC_OK : PC_E_NOT_FOUND;
}

static enum err_code issuer_role(unsigned *role, struct bytes issuer)
{
    if (cert_common_name_is(issuer, "Intel SGX Root CA"))
        *role = ROLE_ROOT;
    else if (cert_common_name_is(issuer, "Intel SGX PCK Platform CA"))
        *role = ROLE_PLATFORM_CA;
    else if (cert_common_name_is(issuer, "Intel SGX PCK Processor CA"))
        *role = ROLE_PROCESSOR_CA;
    else
        return PC_E_MALFORMED;
    return PC_OK;
}

static enum err_code certificate_known(struct vendor_calls *t, bool *known, const struct cert *c,
                                       unsigned role)
{
    struct evm_word serial = {{0}}, id;
    memcpy(serial.b + 32 - c->serial.n, c->serial.v, c->serial.n);
    if (role == ROLE_ROOT) { /* an authority: known by event, judged stale or not by the caller */
        *known = false;
        return PC_OK;
    }
    id = object_serial_id(PC_VENDOR_TDX, (uint8_t)role, &serial);
    return vendor_posted(t, known, "LeafPosted(bytes32,bytes32,bytes32,bytes)", 2, &id);
}

static enum err_code post_certificate(struct vendor_calls *t, struct bytes *out, bool *known,
                                      void *buf, size_t cap, struct bytes der)
{
    struct cert c;
    struct evm_word issuer;
    unsigned role;
    PC_TRY(cert_parse(&c, der));
    PC_TRY(issuer_role(&role, c.issuer));
    PC_TRY(authority(t, &issuer, role));
    PC_TRY(certificate_known(t, known, &c, role));
    struct abi_out w = vendor_call_begin(buf, cap, "addCert(bytes,bytes32)", 2);
    abi_out_bytes(&w, der);
    abi_out_word(&w, &issuer);
    return vendor_call_end(out, buf, &w);
}

static enum err_code post_crl(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                              size_t cap, struct bytes der)
{
    struct crl c;
    struct evm_word issuer, object;
    unsigned role;
    PC_TRY(crl_parse(&c, der));
    PC_TRY(issuer_role(&role, c.issuer));
    PC_TRY(authority(t, &issuer, role));
    object = evm_word_u64(PC_TDX_OBJECT_ROOT_CRL + role);
    PC_TRY(vendor_in_force(t, known, &object, c.tbs));
    struct abi_out w = vendor_call_begin(buf, cap, "addCrl(bytes,bytes32,uint256)", 3);
    abi_out_bytes(&w, der);
    abi_out_word(&w, &issuer);
    abi_out_u64(&w, c.count < CRL_STEP ? c.count : CRL_STEP);
    return vendor_call_end(out, buf, &w);
}

static enum err_code object_id(struct evm_word *id, enum vendor_post_kind kind, struct bytes span)
{
    if (kind == PC_POST_QE_IDENTITY) {
        *id = evm_word_u64(PC_TDX_OBJECT_QE);
        return PC_OK;
    }
    struct tdx_tcb_info *info = malloc(sizeof *info);
    if (info == NULL)
        return PC_E_MEMORY;
    enum err_code e = tdx_tcb_info_parse(info, span);
    memset(id, 0, sizeof *id);
    if (e == PC_OK) {
        memcpy(id->b, info->fmspc, 6);
        memcpy(id->b + 6, info->pceid, 2);
    }
    free(info);
    return e;
}

static enum err_code post_object(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                                 size_t cap, enum vendor_post_kind kind, struct bytes body)
{
    struct bytes span;
    struct evm_word signer, object, r, s;
    uint8_t rs[64];
    bool tcb = kind == PC_POST_TCB_INFO;
    PC_TRY(tdx_object_open(&span, rs, body, tcb ? "tcbInfo" : "enclaveIdentity"));
    PC_TRY(object_id(&object, kind, span));
    PC_TRY(authority(t, &signer, ROLE_TCB_SIGNER));
    PC_TRY(vendor_in_force(t, known, &object, span));
    r = evm_word_of(rs);
    s = evm_word_of(rs + 32);
    struct abi_out w = vendor_call_begin(buf, cap, CALL_SIG, 5);
    abi_out_u64(&w, tcb ? 1 : 2);
    abi_out_bytes(&w, span);
    abi_out_word(&w, &r);
    abi_out_word(&w, &s);
    abi_out_word(&w, &signer);
    return vendor_call_end(out, buf, &w);
}

static enum err_code tdx_post(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                              size_t cap, enum vendor_post_kind kind, struct bytes data)
{
    switch (kind) {
    case PC_POST_CERTIFICATE:
        return post_certificate(t, out, known, buf, cap, data);
    case PC_POST_CRL:
        return post_crl(t, out, known, buf, cap, data);
    case PC_POST_TCB_INFO:
    case PC_POST_QE_IDENTITY:
        return post_object(t, out, known, buf, cap, kind, data);
    }
    return PC_E_MALFORMED;
}

/* ---- the certificates of a machine: its own, and the CA that issued it */

static size_t tdx_levels(struct bytes quote)
{
    uint8_t leaf[PC_TDX_LEAF_RECORD];
    return leaf_of(leaf, quote) == PC_OK ? 2 : 0;
}

static enum err_code post_level(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                                size_t cap, const struct bytes certs[static 3], size_t level)
{
    struct evm_word role;
    struct cert c;
    unsigned n;
    PC_TRY(post_certificate(t, out, known, buf, cap, certs[level]));
    if (level == 0)
        return PC_OK;
    PC_TRY(cert_parse(&c, certs[0]));
    PC_TRY(issuer_role(&n, c.issuer));
    role = evm_word_u64(n);
    return vendor_posted(t, known, AUTHORITY_SIG, 2, &role);
}

static enum err_code tdx_level(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                               size_t cap, struct bytes quote, size_t level)
{
    struct bytes certs[3];
    uint8_t *der = malloc(PC_EVIDENCE_MAX);
    if (der == NULL)
        return PC_E_MEMORY;
    enum err_code e = tdx_certs(certs, der, quote);
    if (e == PC_OK)
        e = post_level(t, out, known, buf, cap, certs, level);
    free(der);
    return e;
}

const struct vendor_row tdx_row = {.vendor = PC_VENDOR_TDX,
                                   .claims = tdx_claims,
                                   .claims_of_call = tdx_claims_of_call,
                                   .parts = tdx_parts,
                                   .appraise = tdx_appraise,
                                   .levels = tdx_levels,
                                   .level = tdx_level,
                                   .post = tdx_post};
