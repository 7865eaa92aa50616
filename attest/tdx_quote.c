/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tdx_quote.h"

#include "attest/evidence.h"
#include "base/buf.h"

const uint8_t tdx_intel_qe_vendor[16] = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                         0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

const struct tdx_field tdx_body_fields[PC_TDX_BODY_FIELDS] = {
    {"tee_tcb_svn", PC_TD_TCB_SVN, 16},
    {"mrseam", PC_TD_MRSEAM, 48},
    {"mrsignerseam", PC_TD_MRSIGNERSEAM, 48},
    {"seam_attributes", PC_TD_SEAMATTRIBUTES, 8},
    {"td_attributes", PC_TD_ATTRIBUTES, 8},
    {"xfam", PC_TD_XFAM, 8},
    {"mrtd", PC_TD_MRTD, 48},
    {"mrconfigid", PC_TD_MRCONFIGID, 48},
    {"mrowner", PC_TD_MROWNER, 48},
    {"mrownerconfig", PC_TD_MROWNERCONFIG, 48},
    {"rtmr0", PC_TD_RTMR0, 48},
    {"rtmr1", PC_TD_RTMR1, 48},
    {"rtmr2", PC_TD_RTMR2, 48},
    {"rtmr3", PC_TD_RTMR3, 48},
    {"report_data", PC_TD_REPORTDATA, 64},
    {"tee_tcb_svn2", PC_TD_TCB_SVN2, 16},
    {"mrservicetd", PC_TD_MRSERVICETD, 48},
};

enum { KEY_ECDSA_P256 = 2, TEE_TDX = 0x81, CERT_QE_REPORT = 6, CERT_PEM_CHAIN = 5 };

/* All faults of the header are named; false if the rest cannot be read under it. */
static bool header(struct tdx_quote *out, struct verdict *v, struct reader *r)
{
    out->header = bytes_of(r->p, PC_TDX_HEADER_LEN);
    out->version = read_u16_le(r);
    uint16_t key_type = read_u16_le(r);
    uint32_t tee_type = read_u32_le(r);
    (void)read_u32_le(r); /* reserved: signed, and of no meaning in these versions */
    struct bytes qe_vendor = read_bytes(r, 16);
    (void)read_bytes(r, 20); /* user data: the QE's id */
    if (r->err != PC_OK) {
        verdict_add(v, PC_R_QUOTE_TRUNCATED);
        return false;
    }
    bool ok = true;
    if (out->version != 4 && out->version != 5) {
        verdict_add(v, PC_R_VERSION);
        ok = false;
    }
    if (key_type != KEY_ECDSA_P256) {
        verdict_add(v, PC_R_KEY_TYPE);
        ok = false;
    }
    if (tee_type != TEE_TDX) {
        verdict_add(v, PC_R_TEE_TYPE);
        ok = false;
    }
    if (!bytes_equal_var(qe_vendor, PC_BYTES(tdx_intel_qe_vendor)))
        verdict_add(v, PC_R_QE_VENDOR);
    return ok;
}

/* Size of the body by version and descriptor; 0 for a type that is not a TD report's. */
static size_t body_size(const struct tdx_quote *q, struct reader *r)
{
    if (q->version == 4)
        return PC_TDX_BODY_10;
    uint16_t type = read_u16_le(r);
    uint32_t size = read_u32_le(r);
    size_t want = type == 2   ? PC_TDX_BODY_10
                  : type == 3 ? PC_TDX_BODY_15
                  : type == 4 ? PC_TDX_BODY_15_EX
                              : 0;
    return size == want ? want : 0;
}

/* The signature data, whose declared end is the end of r. */
static bool signature_data(struct tdx_quote *out, struct verdict *v, struct reader *r)
{
    out->signature = read_bytes(r, 64).p;
    out->key = read_bytes(r, 64).p;
    uint16_t outer_type = read_u16_le(r);
    uint32_t outer_size = read_u32_le(r);
    if (r->err != PC_OK || outer_size != r->left) {
        verdict_add(v, PC_R_QUOTE_LENGTH);
        return false;
    }
    if (outer_type != CERT_QE_REPORT) {
        verdict_add(v, PC_R_CERT_DATA_TYPE);
        return false;
    }
    out->qe_report = read_bytes(r, PC_TDX_QE_REPORT_LEN);
    out->qe_signature = read_bytes(r, 64).p;
    uint16_t auth_size = read_u16_le(r);
    /* What the contract takes in all; genuine data is 32 bytes. */
    if (out->signed_part.n + 64 + 64 + PC_TDX_QE_REPORT_LEN + 64 + auth_size > PC_TDX_STRIPPED_MAX)
        reader_fail(r, PC_E_TOO_LARGE);
    out->auth = read_bytes(r, auth_size);
    uint16_t inner_type = read_u16_le(r);
    uint32_t inner_size = read_u32_le(r);
    if (r->err != PC_OK || inner_size != r->left) {
        verdict_add(v, PC_R_QUOTE_LENGTH);
        return false;
    }
    if (inner_type != CERT_PEM_CHAIN) {
        verdict_add(v, PC_R_CERT_DATA_TYPE);
        return false;
    }
    out->pem = read_bytes(r, inner_size);
    return true;
}

bool tdx_quote_parse(struct tdx_quote *out, struct verdict *v, struct bytes quote)
{
    memset(out, 0, sizeof(*out));
    if (quote.n > PC_EVIDENCE_MAX) {
        verdict_add(v, PC_R_QUOTE_TOO_LARGE);
        return false;
    }
    struct reader r = reader_of(quote);
    if (!header(out, v, &r))
        return false;
    size_t body = body_size(out, &r);
    if (r.err == PC_OK && body == 0) {
        verdict_add(v, PC_R_BODY_TYPE);
        return false;
    }
    out->body = read_bytes(&r, body);
    out->signed_part = bytes_of(quote.p, quote.n - r.left);
    uint32_t size = read_u32_le(&r);
    struct bytes sig = read_bytes(&r, size);
    if (r.err != PC_OK) {
        verdict_add(v, PC_R_QUOTE_TRUNCATED);
        return false;
    }
    out->rest = bytes_of(r.p, r.left);
    if (!bytes_all_zero_var(out->rest))
        verdict_add(v, PC_R_TRAILING);
    struct reader s = reader_of(sig);
    return signature_data(out, v, &s);
}
