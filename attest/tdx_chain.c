/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tdx_chain.h"

#include <stdlib.h>

#include "attest/cert.h"
#include "attest/pem.h"
#include "attest/tdx_collateral.h"
#include "attest/tdx_pck.h"
#include "base/buf.h"

/* Behind the signed part: signature, key, QE report and its signature. */
#define BEHIND_SIGNED (64 + 64 + PC_TDX_QE_REPORT_LEN + 64)

enum err_code tdx_strip(uint8_t out[static PC_TDX_STRIPPED_MAX], size_t *n, struct bytes quote)
{
    struct tdx_quote q;
    struct verdict ignored = {0};
    struct bytes done;
    *n = 0;
    if (!tdx_quote_parse(&q, &ignored, quote))
        return PC_E_MALFORMED;
    struct writer w = writer_of(out, PC_TDX_STRIPPED_MAX);
    write_bytes(&w, q.signed_part.p, q.signed_part.n);
    write_bytes(&w, q.signature, 64);
    write_bytes(&w, q.key, 64);
    write_bytes(&w, q.qe_report.p, q.qe_report.n);
    write_bytes(&w, q.qe_signature, 64);
    write_bytes(&w, q.auth.p, q.auth.n);
    PC_TRY(writer_end(&w, &done));
    *n = done.n;
    return PC_OK;
}

static void put16(struct writer *w, size_t v)
{
    uint8_t b[2];
    store_le16(b, (uint16_t)v);
    write_bytes(w, b, 2);
}

static void put32(struct writer *w, size_t v)
{
    uint8_t b[4];
    store_le32(b, (uint32_t)v);
    write_bytes(w, b, 4);
}

static void put_base64(struct writer *w, struct bytes b)
{
    static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < b.n; i += 3) {
        size_t have = b.n - i < 3 ? b.n - i : 3;
        uint32_t v = (uint32_t)b.p[i] << 16 | (have > 1 ? (uint32_t)b.p[i + 1] << 8 : 0) |
                     (have > 2 ? (uint32_t)b.p[i + 2] : 0);
        const char four[4] = {set[v >> 18], set[v >> 12 & 63], have > 1 ? set[v >> 6 & 63] : '=',
                              have > 2 ? set[v & 63] : '='};
        write_bytes(w, four, 4);
    }
}

/* The signed part's length by header and descriptor; 0 for what no quote begins with. */
static size_t signed_length(struct bytes b)
{
    if (b.n < PC_TDX_HEADER_LEN + 6)
        return 0;
    if (load_le16(b.p) == 4)
        return PC_TDX_HEADER_LEN + PC_TDX_BODY_10;
    size_t size = load_le32(b.p + PC_TDX_HEADER_LEN + 2);
    return size <= PC_TDX_BODY_15_EX ? PC_TDX_HEADER_LEN + 6 + size : 0;
}

enum err_code tdx_join(uint8_t out[static PC_EVIDENCE_MAX], size_t *n, struct bytes stripped,
                       const struct bytes certs[static 3])
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
    static const char end[] = "\n-----END CERTIFICATE-----\n";
    struct bytes done;
    size_t head = signed_length(stripped), pem = 0;
    *n = 0;
    if (head == 0 || stripped.n < head + BEHIND_SIGNED)
        return PC_E_MALFORMED;
    for (size_t i = 0; i < 3; i++)
        pem += sizeof(begin) - 1 + (certs[i].n + 2) / 3 * 4 + sizeof(end) - 1;
    struct bytes auth =
        bytes_of(stripped.p + head + BEHIND_SIGNED, stripped.n - head - BEHIND_SIGNED);
    if (auth.n > UINT16_MAX || pem > PC_EVIDENCE_MAX)
        return PC_E_TOO_LARGE;
    size_t inner = PC_TDX_QE_REPORT_LEN + 64 + 2 + auth.n + 2 + 4 + pem;
    struct writer w = writer_of(out, PC_EVIDENCE_MAX);
    write_bytes(&w, stripped.p, head);
    put32(&w, 64 + 64 + 2 + 4 + inner);
    write_bytes(&w, stripped.p + head, 128);
    put16(&w, 6);
    put32(&w, inner);
    write_bytes(&w, stripped.p + head + 128, PC_TDX_QE_REPORT_LEN + 64);
    put16(&w, auth.n);
    write_bytes(&w, auth.p, auth.n);
    put16(&w, 5);
    put32(&w, pem);
    for (size_t i = 0; i < 3; i++) {
        write_bytes(&w, begin, sizeof(begin) - 1);
        put_base64(&w, certs[i]);
        write_bytes(&w, end, sizeof(end) - 1);
    }
    PC_TRY(writer_end(&w, &done));
    *n = done.n;
    return PC_OK;
}

enum err_code tdx_certs(struct bytes certs[static 3], uint8_t out[static PC_EVIDENCE_MAX],
                        struct bytes quote)
{
    struct tdx_quote q;
    struct verdict ignored = {0};
    struct pem_chain pem;
    if (!tdx_quote_parse(&q, &ignored, quote) || pem_decode(&pem, q.pem) != PC_OK || pem.count != 3)
        return PC_E_MALFORMED;
    memcpy(out, pem.der, sizeof(pem.der));
    for (size_t i = 0; i < 3; i++)
        certs[i] = bytes_of(out + (pem.cert[i].p - pem.der), pem.cert[i].n);
    return PC_OK;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum err_code tdx_leaf_record(uint8_t out[static PC_TDX_LEAF_RECORD],
                              const struct bytes certs[static 3])
{
    struct cert c[3];
    struct tdx_pck pck;
    struct bytes done;
    memset(out, 0, PC_TDX_LEAF_RECORD);
    for (size_t i = 0; i < 3; i++)
        PC_TRY(cert_parse(&c[i], certs[i]));
    PC_TRY(tdx_pck_parse(&pck, c[0].sgx));
    bool platform = cert_common_name_is(c[1].subject, "Intel SGX PCK Platform CA");
    uint64_t until =
        least(least(c[0].not_after, c[1].not_after), least(c[2].not_after, UINT32_MAX));
    uint8_t serial[PC_SERIAL_MAX] = {0};
    memcpy(serial + PC_SERIAL_MAX - c[0].serial.n, c[0].serial.v, c[0].serial.n);
    struct writer w = writer_of(out, PC_TDX_LEAF_RECORD);
    write_bytes(&w, c[0].key, 64);
    write_bytes(&w, pck.ppid, 16);
    write_bytes(&w, pck.fmspc, 6);
    write_bytes(&w, pck.pceid, 2);
    write_bytes(&w, pck.comps, 16);
    write_u16(&w, pck.pcesvn);
    write_u8(&w, platform ? 1 : 2);
    write_bytes(&w, serial, sizeof(serial));
    write_u32(&w, (uint32_t)until);
    return writer_end(&w, &done);
}

static void put_svn_levels(struct writer *w, const struct tdx_svn_level *l, size_t n)
{
    write_u8(w, (uint8_t)n);
    for (size_t i = 0; i < n; i++) {
        write_u16(w, l[i].isvsvn);
        write_u8(w, (uint8_t)l[i].result.status);
    }
}

static void put_module(struct writer *w, const struct tdx_module *m)
{
    write_u8(w, m->major);
    write_bytes(w, m->mrsigner, 48);
    write_bytes(w, m->attributes, 8);
    write_bytes(w, m->attributes_mask, 8);
    put_svn_levels(w, m->levels, m->level_count);
}

static enum err_code finish(struct writer *w, size_t *n)
{
    struct bytes done;
    PC_TRY(writer_end(w, &done));
    *n = done.n;
    return PC_OK;
}

static enum err_code put_tcb(uint8_t *out, size_t *n, const struct tdx_tcb_info *t)
{
    struct writer w = writer_of(out, PC_TDX_TABLE_MAX);
    if (!t->id_ok || !t->version_ok)
        return PC_E_MALFORMED;
    write_u8(&w, (uint8_t)(1 + t->identity_count));
    put_module(&w, &t->module);
    for (size_t i = 0; i < t->identity_count; i++)
        put_module(&w, &t->identities[i]);
    write_u8(&w, (uint8_t)t->level_count);
    for (size_t i = 0; i < t->level_count; i++) {
        write_bytes(&w, t->levels[i].sgx, 16);
        write_bytes(&w, t->levels[i].tdx, 16);
        write_u16(&w, t->levels[i].pcesvn);
        write_u8(&w, (uint8_t)t->levels[i].result.status);
    }
    return finish(&w, n);
}

enum err_code tdx_tcb_table(uint8_t out[static PC_TDX_TABLE_MAX], size_t *n, struct bytes tcb_info)
{
    struct tdx_tcb_info *t = malloc(sizeof(*t));
    *n = 0;
    if (t == NULL)
        return PC_E_MEMORY;
    enum err_code e = tdx_tcb_info_parse(t, tcb_info);
    if (e == PC_OK)
        e = put_tcb(out, n, t);
    free(t);
    return e;
}

enum err_code tdx_qe_table(uint8_t out[static PC_TDX_TABLE_MAX], size_t *n,
                           struct bytes qe_identity)
{
    struct tdx_qe_identity q;
    struct writer w = writer_of(out, PC_TDX_TABLE_MAX);
    *n = 0;
    PC_TRY(tdx_qe_identity_parse(&q, qe_identity));
    if (!q.id_ok || !q.version_ok)
        return PC_E_MALFORMED;
    write_bytes(&w, q.miscselect, 4);
    write_bytes(&w, q.miscselect_mask, 4);
    write_bytes(&w, q.attributes, 16);
    write_bytes(&w, q.attributes_mask, 16);
    write_bytes(&w, q.mrsigner, 32);
    write_u16(&w, q.isvprodid);
    put_svn_levels(&w, q.levels, q.level_count);
    return finish(&w, n);
}

enum err_code tdx_hints(uint8_t out[static PC_TDX_HINTS_MAX], size_t *n, struct bytes quote,
                        const struct collateral *c)
{
    uint8_t der[PC_EVIDENCE_MAX], rs[64], *w = out + PC_TDX_LEAF_RECORD;
    struct bytes certs[3], object;
    size_t len;
    *n = 0;
    PC_TRY(tdx_certs(certs, der, quote));
    PC_TRY(tdx_leaf_record(out, certs));
    PC_TRY(tdx_object_open(&object, rs, c->tcb_info, "tcbInfo"));
    PC_TRY(tdx_tcb_table(w + 2, &len, object));
    store_be16(w, (uint16_t)len);
    w += 2 + len;
    PC_TRY(tdx_object_open(&object, rs, c->qe_identity, "enclaveIdentity"));
    PC_TRY(tdx_qe_table(w, &len, object));
    *n = (size_t)(w - out) + len;
    return PC_OK;
}
