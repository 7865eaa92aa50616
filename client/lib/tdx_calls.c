/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/tdx_calls.h"

#include <stdlib.h>

#include "attest/cert.h"
#include "attest/tdx_collateral.h"
#include "chain/view.h"
#include "client/lib/logs.h"
#include "crypto/hash.h"
#include "crypto/labels.h"

/* Roles of the contract's authorities. */
enum { ROLE_ROOT = 0, ROLE_PLATFORM_CA = 1, ROLE_PROCESSOR_CA = 2, ROLE_TCB_SIGNER = 3 };

/* Entries that one call records: a block has gas for them. The same call again goes on. */
#define CRL_STEP 400u

#define CALL_SIG "addCollateral(uint8,bytes,uint256,uint256,bytes32)"

/* ---- views */

static enum err_code view_at(struct tdx_calls *t, const struct evm_address *at,
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

static enum err_code view(struct tdx_calls *t, struct evm_word *out, size_t words, const char *sig,
                          const struct evm_word *arg)
{
    return view_at(t, &t->verifier, out, words, sig, arg);
}

/* ---- tables of what is in force */

struct table_search {
    struct tdx_calls *t;
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
static enum err_code find_table(struct tdx_calls *t, uint8_t out[static PC_TDX_TABLE_MAX],
                                size_t *n, const struct evm_word *object)
{
    struct evm_word active[5];
    struct table_search s = {.t = t, .object = *object, .out = out};
    *n = 0;
    s.topics[0] = abi_topic("CollateralInForce(bytes32,uint256,bytes32,bytes32,uint256)");
    s.topics[1] = abi_topic("CollateralPending(bytes32,uint256,bytes32,uint256,uint256)");
    PC_TRY(view(t, active, 5, "active(bytes32)", object));
    memcpy(s.tag, active[1].b, 20); /* bytes20: left-aligned */
    if (bytes_all_zero_var(PC_BYTES(s.tag)))
        return PC_E_NOT_FOUND;
    PC_TRY(logs_back(t->chain, &t->verifier, t->from_block, take_post, &s));
    *n = s.n;
    return s.n != 0 ? PC_OK : PC_E_NOT_FOUND;
}

/* u16 length | TCB table | QE table: what stands behind the leaf record. */
static enum err_code tables(struct tdx_calls *t, uint8_t *out, size_t *n,
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

enum err_code tdx_calls_hints(struct tdx_calls *t, uint8_t out[static PC_TDX_HINTS_MAX], size_t *n,
                              struct bytes quote)
{
    size_t rest;
    *n = 0;
    PC_TRY(leaf_of(out, quote));
    struct evm_word product = product_of(out);
    PC_TRY(tables(t, out + PC_TDX_LEAF_RECORD, &rest, &product));
    *n = PC_TDX_LEAF_RECORD + rest;
    return PC_OK;
}

/* ---- calls of Attestations */

/* Where the arguments of a call go: behind its selector. */
static struct abi_out begin(void *buf, size_t cap, const char *sig, size_t words)
{
    PC_ASSERT(cap > 4);
    struct abi_selector s = abi_selector(sig);
    memcpy(buf, s.b, 4);
    return abi_out_of((uint8_t *)buf + 4, cap - 4, words);
}

static enum err_code end(struct bytes *out, void *buf, const struct abi_out *w)
{
    struct bytes args;
    *out = bytes_of(NULL, 0);
    PC_TRY(abi_out_end(w, &args));
    *out = bytes_of(buf, 4 + args.n);
    return PC_OK;
}

struct attest_room {
    uint8_t hints[PC_TDX_HINTS_MAX];
    uint8_t stripped[PC_TDX_STRIPPED_MAX];
};

static enum err_code build_attest(struct tdx_calls *t, struct bytes *out, void *buf, size_t cap,
                                  const struct tdx_attest *a, struct attest_room *room)
{
    size_t hints, stripped;
    PC_TRY(tdx_strip(room->stripped, &stripped, a->quote));
    PC_TRY(tdx_calls_hints(t, room->hints, &hints, a->quote));
    struct abi_out w =
        begin(buf, cap, "attest(uint8,bytes32,bytes32,address,uint64,bytes,bytes)", 7);
    abi_out_u64(&w, a->kind);
    abi_out_word(&w, &a->subject);
    abi_out_word(&w, &a->context);
    abi_out_addr(&w, &t->verifier);
    abi_out_u64(&w, a->bound_block);
    abi_out_bytes(&w, bytes_of(room->stripped, stripped));
    abi_out_bytes(&w, bytes_of(room->hints, hints));
    return end(out, buf, &w);
}

enum err_code tdx_calls_attest(struct tdx_calls *t, struct bytes *out, void *buf, size_t cap,
                               const struct tdx_attest *a)
{
    struct attest_room *room = malloc(sizeof *room);
    *out = bytes_of(NULL, 0);
    if (room == NULL)
        return PC_E_MEMORY;
    enum err_code e = build_attest(t, out, buf, cap, a, room);
    free(room);
    return e;
}

enum err_code tdx_calls_recheck(struct tdx_calls *t, struct bytes *out, void *buf, size_t cap,
                                const struct evm_word *record, const struct tdx_claims *c)
{
    size_t n = 0;
    uint8_t *hints = malloc(2 + 2 * PC_TDX_TABLE_MAX);
    *out = bytes_of(NULL, 0);
    if (hints == NULL)
        return PC_E_MEMORY;
    enum err_code e = tables(t, hints, &n, &c->product);
    if (e == PC_OK) {
        struct abi_out w =
            begin(buf, cap,
                  "recheck(bytes32,(uint8,bytes32,bytes32,bytes,bytes32,bytes),bytes32,bytes)", 4);
        abi_out_word(&w, record);
        tdx_claims_write(&w, c);
        abi_out_word(&w, &c->leaf);
        abi_out_bytes(&w, bytes_of(hints, n));
        e = end(out, buf, &w);
    }
    free(hints);
    return e;
}

/* ---- claims */

enum err_code tdx_claims_of_parts(struct tdx_claims *out, struct bytes stripped,
                                  const uint8_t leaf[static PC_TDX_LEAF_RECORD])
{
    uint8_t fields[400];
    bool v5 = stripped.n >= 2 && load_le16(stripped.p) == 5;
    size_t at = PC_TDX_HEADER_LEN + (v5 ? 6 : 0), len = PC_TDX_BODY_10;
    memset(out, 0, sizeof *out);
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
    out->product = product_of(leaf);
    memcpy(out->report_data, body + PC_TD_REPORTDATA, 64);
    memcpy(out->raw_tcb, body + PC_TD_TCB_SVN, 16);
    if (len != PC_TDX_BODY_10)
        memcpy(out->raw_tcb + 16, body + PC_TD_TCB_SVN2, 16);
    memcpy(out->raw_tcb + 32, leaf + 88, 18); /* component SVNs, PCESVN */
    store_be16(out->raw_tcb + 50, load_le16(qe + PC_QE_ISVSVN));
    struct claims_fields c = {.vendor = PC_VENDOR_TDX,
                              .report_data = PC_BYTES(out->report_data),
                              .raw_tcb = PC_BYTES(out->raw_tcb)};
    memcpy(c.product, out->product.b, 32);
    memcpy(c.measurement, out->measurement.b, 32);
    memcpy(c.platform, out->platform.b, 32);
    id_claims(out->claims.b, &c);
    struct evm_word serial = {{0}};
    memcpy(serial.b + 12, leaf + 107, 20);
    out->leaf = object_serial_id(PC_VENDOR_TDX, leaf[106], &serial);
    return PC_OK;
}

enum err_code tdx_claims_of_quote(struct tdx_claims *out, struct bytes quote)
{
    uint8_t stripped[PC_TDX_STRIPPED_MAX], leaf[PC_TDX_LEAF_RECORD];
    size_t n;
    memset(out, 0, sizeof *out);
    PC_TRY(tdx_strip(stripped, &n, quote));
    PC_TRY(leaf_of(leaf, quote));
    return tdx_claims_of_parts(out, bytes_of(stripped, n), leaf);
}

void tdx_claims_write(struct abi_out *w, const struct tdx_claims *c)
{
    struct abi_out in = abi_out_tuple(w, 6);
    abi_out_u64(&in, PC_VENDOR_TDX);
    abi_out_word(&in, &c->product);
    abi_out_word(&in, &c->measurement);
    abi_out_bytes(&in, PC_BYTES(c->report_data));
    abi_out_word(&in, &c->platform);
    abi_out_bytes(&in, PC_BYTES(c->raw_tcb));
    abi_out_join(w, &in);
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
static enum err_code authority(struct tdx_calls *t, struct evm_word *out, unsigned role)
{
    struct authority_search s = {.role = evm_word_u64(role)};
    memset(out, 0, sizeof *out);
    if (role == ROLE_ROOT)
        return PC_OK;
    s.topic = abi_topic("AuthorityPosted(bytes32,uint8,uint256,uint256)");
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

static enum err_code in_force_is(struct tdx_calls *t, bool *known, const struct evm_word *object,
                                 struct bytes signed_bytes)
{
    struct evm_word digest;
    uint8_t h[32];
    PC_TRY(view(t, &digest, 1, "inForce(bytes32)", object));
    sha256(h, signed_bytes);
    *known = memcmp(h, digest.b, 32) == 0;
    return PC_OK;
}

struct known_search {
    struct evm_word topic, serial_id;
    uint64_t block;
    bool found;
};

static enum err_code take_leaf(void *ctx, const struct log_record *l, bool *enough)
{
    struct known_search *s = ctx;
    if (l->n_topics == 4 && evm_word_equal(&l->topics[0], &s->topic) &&
        evm_word_equal(&l->topics[2], &s->serial_id)) {
        s->block = l->block;
        s->found = *enough = true;
    }
    return PC_OK;
}

static enum err_code take_advance(void *ctx, const struct log_record *l, bool *enough)
{
    struct known_search *s = ctx;
    if (l->n_topics == 2 && evm_word_equal(&l->topics[0], &s->topic) &&
        evm_word_equal(&l->topics[1], &s->serial_id)) {
        s->block = l->block;
        s->found = *enough = true;
    }
    return PC_OK;
}

/* When an authority is revoked, what was posted before must be posted again: the block of the last
 * such time, 0 if there was none. */
static enum err_code last_advance(struct tdx_calls *t, uint64_t *block)
{
    struct evm_word none = {{0}}, word, vendor = evm_word_u64(PC_VENDOR_TDX);
    struct known_search s = {.serial_id = vendor};
    struct evm_address policy;
    *block = 0;
    PC_TRY(view(t, &word, 1, "policy()", &none));
    PC_TRY(evm_word_to_addr(&policy, &word));
    PC_TRY(view_at(t, &policy, &word, 1, "authorityEpoch(uint8)", &vendor));
    if (evm_word_is_zero(&word))
        return PC_OK;
    s.topic = abi_topic("AuthorityEpochAdvanced(uint8,uint32)");
    PC_TRY(logs_back(t->chain, &policy, t->from_block, take_advance, &s));
    *block = s.found ? s.block : UINT64_MAX;
    return PC_OK;
}

static enum err_code certificate_known(struct tdx_calls *t, bool *known, const struct cert *c,
                                       unsigned role)
{
    struct known_search s = {.found = false};
    struct evm_word serial = {{0}};
    uint64_t advance;
    memcpy(serial.b + 32 - c->serial.n, c->serial.v, c->serial.n);
    if (role == ROLE_ROOT) { /* an authority: known by event, judged stale or not by the caller */
        *known = false;
        return PC_OK;
    }
    s.topic = abi_topic("LeafPosted(bytes32,bytes32,bytes32,bytes)");
    s.serial_id = object_serial_id(PC_VENDOR_TDX, (uint8_t)role, &serial);
    PC_TRY(logs_back(t->chain, &t->verifier, t->from_block, take_leaf, &s));
    PC_TRY(last_advance(t, &advance));
    *known = s.found && s.block > advance;
    return PC_OK;
}

static enum err_code post_certificate(struct tdx_calls *t, struct bytes *out, bool *known,
                                      void *buf, size_t cap, struct bytes der)
{
    struct cert c;
    struct evm_word issuer;
    unsigned role;
    PC_TRY(cert_parse(&c, der));
    PC_TRY(issuer_role(&role, c.issuer));
    PC_TRY(authority(t, &issuer, role));
    PC_TRY(certificate_known(t, known, &c, role));
    struct abi_out w = begin(buf, cap, "addCert(bytes,bytes32)", 2);
    abi_out_bytes(&w, der);
    abi_out_word(&w, &issuer);
    return end(out, buf, &w);
}

static enum err_code post_crl(struct tdx_calls *t, struct bytes *out, bool *known, void *buf,
                              size_t cap, struct bytes der)
{
    struct crl c;
    struct evm_word issuer, object;
    unsigned role;
    PC_TRY(crl_parse(&c, der));
    PC_TRY(issuer_role(&role, c.issuer));
    PC_TRY(authority(t, &issuer, role));
    object = evm_word_u64(PC_TDX_OBJECT_ROOT_CRL + role);
    PC_TRY(in_force_is(t, known, &object, c.tbs));
    struct abi_out w = begin(buf, cap, "addCrl(bytes,bytes32,uint256)", 3);
    abi_out_bytes(&w, der);
    abi_out_word(&w, &issuer);
    abi_out_u64(&w, c.count < CRL_STEP ? c.count : CRL_STEP);
    return end(out, buf, &w);
}

static enum err_code object_id(struct evm_word *id, enum tdx_post_kind kind, struct bytes span)
{
    if (kind == PC_TDX_POST_QE_IDENTITY) {
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

static enum err_code post_object(struct tdx_calls *t, struct bytes *out, bool *known, void *buf,
                                 size_t cap, enum tdx_post_kind kind, struct bytes body)
{
    struct bytes span;
    struct evm_word signer, object, r, s;
    uint8_t rs[64];
    bool tcb = kind == PC_TDX_POST_TCB_INFO;
    PC_TRY(tdx_object_open(&span, rs, body, tcb ? "tcbInfo" : "enclaveIdentity"));
    PC_TRY(object_id(&object, kind, span));
    PC_TRY(authority(t, &signer, ROLE_TCB_SIGNER));
    PC_TRY(in_force_is(t, known, &object, span));
    r = evm_word_of(rs);
    s = evm_word_of(rs + 32);
    struct abi_out w = begin(buf, cap, CALL_SIG, 5);
    abi_out_u64(&w, tcb ? 1 : 2);
    abi_out_bytes(&w, span);
    abi_out_word(&w, &r);
    abi_out_word(&w, &s);
    abi_out_word(&w, &signer);
    return end(out, buf, &w);
}

enum err_code tdx_calls_post(struct tdx_calls *t, struct bytes *out, bool *known, void *buf,
                             size_t cap, enum tdx_post_kind kind, struct bytes data)
{
    *out = bytes_of(NULL, 0);
    *known = false;
    switch (kind) {
    case PC_TDX_POST_CERTIFICATE:
        return post_certificate(t, out, known, buf, cap, data);
    case PC_TDX_POST_CRL:
        return post_crl(t, out, known, buf, cap, data);
    case PC_TDX_POST_TCB_INFO:
    case PC_TDX_POST_QE_IDENTITY:
        return post_object(t, out, known, buf, cap, kind, data);
    default:
        return PC_E_MALFORMED;
    }
}
