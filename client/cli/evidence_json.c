/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/evidence_json.h"

#include <stdio.h>

#include "base/hex.h"
#include "base/json.h"
#include "client/cli/cli.h"
#include "client/cli/evidence_nitro.h"
#include "client/cli/evidence_out.h"
#include "client/cli/evidence_snp.h"

const char *evidence_reason_text(char out[static 96], const struct verdict *v, unsigned reason)
{
    if (reason == PC_R_TCB_STATUS)
        (void)snprintf(out, 96, "%s:%s", verdict_reason_name(reason),
                       verdict_status_name(v->tcb_status));
    else if (reason == PC_R_SNP_VMPL)
        (void)snprintf(out, 96, "%s:%u", verdict_reason_name(reason), v->vmpl);
    else
        (void)snprintf(out, 96, "%s", verdict_reason_name(reason));
    return out;
}

static void out_flags(struct json_out *o, uint64_t attributes)
{
    json_out_object(o, "td_attributes_flags");
    json_out_bool(o, "DEBUG", (attributes & 1) != 0);
    json_out_bool(o, "SEPT_VE_DISABLE", (attributes & PC_TD_SEPT_VE_DISABLE) != 0);
    json_out_bool(o, "MIGRATABLE", (attributes & PC_TD_MIGRATABLE) != 0);
    json_out_bool(o, "PKS", (attributes & PC_TD_PKS) != 0);
    json_out_bool(o, "KL", (attributes & PC_TD_KL) != 0);
    json_out_bool(o, "PERFMON", (attributes & PC_TD_PERFMON) != 0);
    json_out_end(o);
}

static void out_pck(struct json_out *o, const struct tdx_view *view)
{
    char hex[2 * PC_SERIAL_MAX + 1], serial[2 * PC_SERIAL_MAX + 3];
    json_out_object(o, "pck");
    evidence_out_hex(o, "fmspc", bytes_of(view->pck.fmspc, 6));
    evidence_out_hex(o, "pceid", bytes_of(view->pck.pceid, 2));
    evidence_out_hex(o, "ppid", bytes_of(view->pck.ppid, 16));
    json_out_u64(o, "pcesvn", view->pck.pcesvn);
    evidence_out_hex(o, "cpusvn", bytes_of(view->pck.cpusvn, 16));
    json_out_array(o, "comps");
    for (size_t i = 0; i < 16; i++)
        json_out_u64(o, NULL, view->pck.comps[i]);
    json_out_end(o);
    hex_encode(hex, bytes_of(view->serial.v, view->serial.n));
    (void)snprintf(serial, sizeof(serial), "0x%s", hex[0] == '0' && hex[1] != '\0' ? hex + 1 : hex);
    json_out_str(o, "serial", serial);
    evidence_out_date(o, "not_before", view->not_before);
    evidence_out_date(o, "not_after", view->not_after);
    json_out_u64(o, "sgx_type", view->pck.sgx_type);
    json_out_end(o);
}

static void out_qe_report(struct json_out *o, const uint8_t *r)
{
    json_out_object(o, "qe_report");
    evidence_out_hex(o, "cpusvn", bytes_of(r + PC_QE_CPUSVN, 16));
    json_out_u64(o, "miscselect", load_le32(r + PC_QE_MISCSELECT));
    evidence_out_hex(o, "attributes", bytes_of(r + PC_QE_ATTRIBUTES, 16));
    evidence_out_hex(o, "mrenclave", bytes_of(r + PC_QE_MRENCLAVE, 32));
    evidence_out_hex(o, "mrsigner", bytes_of(r + PC_QE_MRSIGNER, 32));
    json_out_u64(o, "prodid", load_le16(r + PC_QE_ISVPRODID));
    json_out_u64(o, "isvsvn", load_le16(r + PC_QE_ISVSVN));
    json_out_end(o);
}

static void out_claims(struct json_out *o, const struct tdx_view *view)
{
    const struct bytes body = view->quote.body;
    json_out_object(o, "claims");
    for (size_t i = 0; i < PC_ARRAY_LEN(tdx_body_fields); i++) {
        const struct tdx_field *f = &tdx_body_fields[i];
        if ((size_t)f->at + f->n <= body.n)
            evidence_out_hex(o, f->name, bytes_of(body.p + f->at, f->n));
    }
    out_flags(o, load_le64(body.p + PC_TD_ATTRIBUTES));
    if (view->has_pck)
        out_pck(o, view);
    out_qe_report(o, view->quote.qe_report.p);
    evidence_out_hex(o, "header_user_data", bytes_of(view->quote.header.p + PC_QH_USER_DATA, 20));
    evidence_out_hex(o, "header_qe_vendor_id",
                     bytes_of(view->quote.header.p + PC_QH_QE_VENDOR, 16));
    json_out_end(o);
}

static void out_verdict(struct json_out *o, const struct verdict *v)
{
    char text[96];
    json_out_str(o, "verdict", verdict_accepts(v) ? "ACCEPT" : "REJECT");
    json_out_array(o, "reasons");
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (verdict_has(v, (enum verdict_reason)r))
            json_out_str(o, NULL, evidence_reason_text(text, v, r));
    json_out_end(o);
    if (v->tcb_status == PC_TCB_NONE)
        json_out_null(o, "tcb_status");
    else
        json_out_str(o, "tcb_status", verdict_status_name(v->tcb_status));
    if (v->tcb_date == 0)
        json_out_null(o, "tcb_date");
    else {
        cli_time_text(text, v->tcb_date);
        json_out_str(o, "tcb_date", text);
    }
    json_out_array(o, "advisories");
    for (size_t i = 0; i < v->advisory_count && i < PC_ADVISORIES_MAX; i++)
        json_out_str(o, NULL, v->advisories[i]);
    json_out_end(o);
    json_out_bool(o, "crl_checked", v->crl_checked == 1);
    json_out_u64(o, "tcb_evaluation_number", v->tcb_number);
    json_out_u64(o, "qe_evaluation_number", v->qe_number);
}

void evidence_json(char out[static PC_EVIDENCE_JSON_CAP], const struct verdict *v,
                   const struct evidence_view *view)
{
    struct json_out o;
    size_t n;
    json_out_init(&o, out, PC_EVIDENCE_JSON_CAP);
    json_out_object(&o, NULL);
    out_verdict(&o, v);
    if (view->tdx != NULL)
        out_claims(&o, view->tdx);
    else if (view->snp != NULL)
        snp_claims_json(&o, view->snp);
    else if (view->nitro != NULL)
        nitro_claims_json(&o, view->nitro);
    else
        json_out_null(&o, "claims");
    if (v->has_claims == 1) {
        evidence_out_hex(&o, "claims_digest", bytes_of(v->claims, 32));
        evidence_out_hex(&o, "product", bytes_of(v->product, 32));
        evidence_out_hex(&o, "measurement", bytes_of(v->measurement, 32));
        evidence_out_hex(&o, "platform", bytes_of(v->platform, 32));
        evidence_out_hex(&o, "raw_tcb", bytes_of(v->raw_tcb, v->raw_tcb_len));
    } else
        json_out_null(&o, "claims_digest");
    json_out_end(&o);
    if (json_out_finish(&o, &n) != PC_OK)
        pc_bug("a verdict does not fit its buffer");
}
