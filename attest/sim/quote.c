/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/quote.h"

#include "base/buf.h"

/* Simulated machines run TDX module 1.5 (major 1, SVN 7) on microcode 4. */
static const uint8_t tee_tcb_svn[16] = {7, 1, 4};

static void fill_body(struct sim_quote *q, const uint8_t *mrtd, const uint8_t *mrconfigid,
                      const uint8_t report_data[static 64])
{
    uint8_t *b = q->body;
    memcpy(b + PC_TD_TCB_SVN, tee_tcb_svn, 16);
    memset(b + PC_TD_MRSEAM, 0x5e, 48);
    store_le64(b + PC_TD_ATTRIBUTES, PC_TD_SEPT_VE_DISABLE);
    store_le64(b + PC_TD_XFAM, 0xe7);
    if (mrtd != NULL)
        memcpy(b + PC_TD_MRTD, mrtd, 48);
    if (mrconfigid != NULL)
        memcpy(b + PC_TD_MRCONFIGID, mrconfigid, 48);
    memcpy(b + PC_TD_REPORTDATA, report_data, 64);
    if (q->body_n >= PC_TDX_BODY_15)
        memcpy(b + PC_TD_TCB_SVN2, tee_tcb_svn, 16);
}

void sim_quote_default(struct sim_quote *out, uint16_t version, const struct tdx_qe_identity *qe,
                       const struct sim_key *pck_key, const char *pem, size_t pem_n,
                       const uint8_t *mrtd, const uint8_t *mrconfigid,
                       const uint8_t report_data[static 64], struct rng *rng)
{
    memset(out, 0, sizeof(*out));
    out->version = version;
    out->key_type = 2;
    out->tee_type = 0x81;
    memcpy(out->qe_vendor, tdx_intel_qe_vendor, 16);
    out->body_type = 3;
    out->body_n = version == 4 ? PC_TDX_BODY_10 : PC_TDX_BODY_15;
    fill_body(out, mrtd, mrconfigid, report_data);

    uint8_t *r = out->qe_report;
    r[PC_QE_ATTRIBUTES] = 0x15;
    r[PC_QE_ATTRIBUTES + 8] = 0xe7;
    memset(r + PC_QE_MRENCLAVE, 0xe5, 32);
    memcpy(r + PC_QE_MRSIGNER, qe->mrsigner, 32);
    store_le16(r + PC_QE_ISVPRODID, qe->isvprodid);
    store_le16(r + PC_QE_ISVSVN, 6);
    for (uint8_t i = 0; i < sizeof(out->auth); i++)
        out->auth[i] = i;
    sim_key_new(&out->attest_key, rng);
    out->pck_key = pck_key;
    out->pem = pem;
    out->pem_n = pem_n;
}

/* Little-endian appends; the writer of base is big-endian. */
static void put16(struct writer *w, uint16_t v)
{
    uint8_t b[2];
    store_le16(b, v);
    write_bytes(w, b, 2);
}

static void put32(struct writer *w, uint32_t v)
{
    uint8_t b[4];
    store_le32(b, v);
    write_bytes(w, b, 4);
}

void sim_quote_build(uint8_t *out, size_t *n, const struct sim_quote *q)
{
    static const uint8_t user_data[20] = {0x51, 0x4d};
    struct writer w = writer_of(out, PC_SIM_QUOTE_CAP);
    struct bytes done;
    uint8_t report[PC_TDX_QE_REPORT_LEN], rs[64];
    put16(&w, q->version);
    put16(&w, q->key_type);
    put32(&w, q->tee_type);
    put32(&w, 0);
    write_bytes(&w, q->qe_vendor, 16);
    write_bytes(&w, user_data, 20);
    if (q->version == 5) {
        put16(&w, q->body_type);
        put32(&w, (uint32_t)q->body_n);
    }
    write_bytes(&w, q->body, q->body_n);
    sim_sign(rs, &q->attest_key, bytes_of(out, w.n));

    memcpy(report, q->qe_report, sizeof(report));
    if (!q->keep_qe_reportdata) {
        ec_sha256_2(report + PC_QE_REPORTDATA, PC_BYTES(q->attest_key.xy), PC_BYTES(q->auth));
        memset(report + PC_QE_REPORTDATA + 32, 0, 32);
    }
    size_t inner = 2 + 4 + q->pem_n;
    size_t outer = sizeof(report) + 64 + 2 + sizeof(q->auth) + inner;
    put32(&w, (uint32_t)(64 + 64 + 2 + 4 + outer));
    write_bytes(&w, rs, 64);
    write_bytes(&w, q->attest_key.xy, 64);
    put16(&w, 6);
    put32(&w, (uint32_t)outer);
    write_bytes(&w, report, sizeof(report));
    sim_sign(rs, q->pck_key, PC_BYTES(report));
    write_bytes(&w, rs, 64);
    put16(&w, sizeof(q->auth));
    write_bytes(&w, q->auth, sizeof(q->auth));
    put16(&w, 5);
    put32(&w, (uint32_t)q->pem_n);
    write_bytes(&w, q->pem, q->pem_n);
    if (writer_end(&w, &done) != PC_OK)
        pc_bug("a simulated quote does not fit");
    *n = done.n;
}
