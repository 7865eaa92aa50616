/* SPDX-License-Identifier: Apache-2.0 */
/*
 * assemble.c - evidence in its vendor's format from the parts in which it was posted on chain.
 *
 * TDX: the chain has the quote without certificates (signed bytes, signature 64, attestation key
 * 64, QE report 384, its signature 64, authentication data) and each certificate once. Layout:
 * attestation.md 1.1. Certification data are PEM: leaf, CA, root.
 *
 * SNP: the report, 1,184 bytes, and each certificate once; behind the report comes the table in
 * which a host hands certificates out (attest/snp_table.h). Nitro: the document, as it is.
 */
#include "attest/snp_report.h"
#include "attest/snp_table.h"
#include "node/polyclaved/polyclaved.h"

#define FIXED_SIGNATURE                                                                            \
    (64 + 64 + 384 + 64) /* behind the signed bytes, before authentication data */
#define TYPE_QE_REPORT 6
#define TYPE_PEM       5
#define PEM_LINE       64

static void write_u16_le(struct writer *w, uint16_t v)
{
    uint8_t b[2];
    store_le16(b, v);
    write_bytes(w, b, sizeof b);
}

static void write_u32_le(struct writer *w, uint32_t v)
{
    uint8_t b[4];
    store_le32(b, v);
    write_bytes(w, b, sizeof b);
}

static void write_text(struct writer *w, const char *s)
{
    write_bytes(w, s, strlen(s));
}

static void write_base64(struct writer *w, struct bytes in)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t column = 0;
    for (size_t i = 0; i < in.n; i += 3) {
        size_t left = in.n - i;
        uint32_t v = (uint32_t)in.p[i] << 16;
        v |= left > 1 ? (uint32_t)in.p[i + 1] << 8 : 0;
        v |= left > 2 ? in.p[i + 2] : 0;
        char group[4] = {digits[v >> 18], digits[v >> 12 & 63],
                         left > 1 ? digits[v >> 6 & 63] : '=', left > 2 ? digits[v & 63] : '='};
        write_bytes(w, group, sizeof group);
        column += sizeof group;
        if (column == PEM_LINE || left <= 3) {
            write_text(w, "\n");
            column = 0;
        }
    }
}

static void write_pem(struct writer *w, struct bytes der)
{
    write_text(w, "-----BEGIN CERTIFICATE-----\n");
    write_base64(w, der);
    write_text(w, "-----END CERTIFICATE-----\n");
}

/* Length of the signed bytes, from version and body type; 0 for what is not a TDX quote. */
static size_t signed_length(struct bytes posted)
{
    if (posted.n < 54)
        return 0;
    uint16_t version = load_le16(posted.p), type = load_le16(posted.p + 48);
    if (version == 4)
        return 632;
    if (version != 5)
        return 0;
    return type == 2 ? 638 : type == 3 ? 702 : type == 4 ? 939 : 0;
}

enum err_code assemble_tdx(uint8_t *out, size_t cap, size_t *n, const struct posted_parts *in,
                           struct bytes root)
{
    const struct bytes posted = in->posted, leaf = in->leaf, ca = in->ca;
    static uint8_t pem[3 * EVIDENCE_MAX];
    struct writer w = writer_of(out, cap), chain = writer_of(pem, sizeof pem);
    struct bytes certificates, whole;
    size_t signed_n = signed_length(posted);
    *n = 0;
    if (signed_n == 0 || posted.n < signed_n + FIXED_SIGNATURE || leaf.n == 0 || ca.n == 0)
        return PC_E_MALFORMED;
    struct bytes fixed = bytes_of(posted.p + signed_n, FIXED_SIGNATURE);
    struct bytes auth = bytes_of(fixed.p + fixed.n, posted.n - signed_n - fixed.n);
    if (auth.n > UINT16_MAX)
        return PC_E_TOO_LARGE;
    write_pem(&chain, leaf);
    write_pem(&chain, ca);
    write_pem(&chain, root);
    PC_TRY(writer_end(&chain, &certificates));

    size_t qe_n = 384 + 64 + 2 + auth.n + 2 + 4 + certificates.n;
    write_bytes(&w, posted.p, signed_n);
    write_u32_le(&w, (uint32_t)(64 + 64 + 2 + 4 + qe_n));
    write_bytes(&w, fixed.p, 128);
    write_u16_le(&w, TYPE_QE_REPORT);
    write_u32_le(&w, (uint32_t)qe_n);
    write_bytes(&w, fixed.p + 128, 448);
    write_u16_le(&w, (uint16_t)auth.n);
    write_bytes(&w, auth.p, auth.n);
    write_u16_le(&w, TYPE_PEM);
    write_u32_le(&w, (uint32_t)certificates.n);
    write_bytes(&w, certificates.p, certificates.n);
    PC_TRY(writer_end(&w, &whole));
    *n = whole.n;
    return PC_OK;
}

enum err_code assemble_snp(uint8_t *out, size_t cap, size_t *n, const struct posted_parts *in,
                           struct bytes root)
{
    struct snp_table table = {.entry = {[PC_SNP_ENTRY_ASK] = in->ca, [PC_SNP_ENTRY_ARK] = root}};
    *n = 0;
    if (in->posted.n != PC_SNP_REPORT_LEN || in->leaf.n == 0 || in->ca.n == 0 || root.n == 0)
        return PC_E_MALFORMED;
    if (cap < in->posted.n)
        return PC_E_TOO_LARGE;
    /* The report says itself which kind of key has signed it. */
    bool vlek = PC_SNP_KEY_SIGNER(load_le32(in->posted.p + PC_SR_KEY_INFO)) == PC_SNP_SIGNED_VLEK;
    table.entry[vlek ? PC_SNP_ENTRY_VLEK : PC_SNP_ENTRY_VCEK] = in->leaf;
    size_t table_n;
    memcpy(out, in->posted.p, in->posted.n);
    PC_TRY(snp_table_build(out + in->posted.n, cap - in->posted.n, &table_n, &table));
    *n = in->posted.n + table_n;
    return PC_OK;
}

enum err_code assemble_nitro(uint8_t *out, size_t cap, size_t *n, const struct posted_parts *in)
{
    *n = 0;
    if (in->posted.n == 0 || in->leaf.n != 0 || in->ca.n != 0)
        return PC_E_MALFORMED;
    if (in->posted.n > cap)
        return PC_E_TOO_LARGE;
    memcpy(out, in->posted.p, in->posted.n);
    *n = in->posted.n;
    return PC_OK;
}

enum err_code assemble(struct polyclaved *p, uint8_t *out, size_t cap, size_t *n,
                       enum wire_vendor vendor, uint8_t issuer, const struct posted_parts *in)
{
    *n = 0;
    if (vendor == WIRE_VENDOR_NITRO)
        return assemble_nitro(out, cap, n, in);
    struct bytes root = roots_find(p, vendor, issuer);
    if (root.n == 0)
        return PC_E_NOT_FOUND;
    return vendor == WIRE_VENDOR_SNP ? assemble_snp(out, cap, n, in, root)
                                     : assemble_tdx(out, cap, n, in, root);
}
