/* SPDX-License-Identifier: Apache-2.0 */
/* Collateral of the simulated vendor: JSON in Intel's shape, CRLs, chains. */
#include <stdio.h>

#include "attest/sim/vendor.h"
#include "base/hex.h"
#include "base/json.h"

#define DAY UINT64_C(86400)

/* Intel writes hexadecimal in capitals, without prefix. */
static void out_hex(struct json_out *o, const char *key, const uint8_t *p, size_t n)
{
    char text[129];
    hex_encode(text, bytes_of(p, n));
    for (char *c = text; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'f')
            *c = (char)(*c - 'a' + 'A');
    json_out_str(o, key, text);
}

static void out_time(struct json_out *o, const char *key, uint64_t t)
{
    char text[21];
    sim_time_text(text, t);
    json_out_str(o, key, text);
}

static void out_result(struct json_out *o, const struct tdx_level_result *r)
{
    out_time(o, "tcbDate", r->date);
    json_out_str(o, "tcbStatus", verdict_status_name(r->status));
    if (r->advisory_count == 0)
        return;
    json_out_array(o, "advisoryIDs");
    for (size_t i = 0; i < r->advisory_count; i++)
        json_out_str(o, NULL, r->advisories[i]);
    json_out_end(o);
}

static void out_svn_levels(struct json_out *o, const struct tdx_svn_level *l, size_t n)
{
    json_out_array(o, "tcbLevels");
    for (size_t i = 0; i < n; i++) {
        json_out_object(o, NULL);
        json_out_object(o, "tcb");
        json_out_u64(o, "isvsvn", l[i].isvsvn);
        json_out_end(o);
        out_result(o, &l[i].result);
        json_out_end(o);
    }
    json_out_end(o);
}

static void out_module(struct json_out *o, const struct tdx_module *m)
{
    out_hex(o, "mrsigner", m->mrsigner, 48);
    out_hex(o, "attributes", m->attributes, 8);
    out_hex(o, "attributesMask", m->attributes_mask, 8);
}

static void out_components(struct json_out *o, const char *key, const uint8_t svn[static 16])
{
    json_out_array(o, key);
    for (size_t i = 0; i < 16; i++) {
        json_out_object(o, NULL);
        json_out_u64(o, "svn", svn[i]);
        json_out_end(o);
    }
    json_out_end(o);
}

static void finish(struct json_out *o, size_t *n)
{
    json_out_end(o);
    if (json_out_finish(o, n) != PC_OK)
        pc_bug("simulated collateral does not fit");
}

void sim_tcb_info_json(char *out, size_t *n, const struct tdx_tcb_info *t)
{
    struct json_out o;
    json_out_init(&o, out, PC_SIM_JSON_CAP);
    json_out_object(&o, NULL);
    json_out_str(&o, "id", t->id_ok ? "TDX" : "SGX");
    json_out_u64(&o, "version", t->version_ok ? 3 : 2);
    out_time(&o, "issueDate", t->issue_date);
    out_time(&o, "nextUpdate", t->next_update);
    out_hex(&o, "fmspc", t->fmspc, 6);
    out_hex(&o, "pceId", t->pceid, 2);
    json_out_u64(&o, "tcbType", 0);
    json_out_u64(&o, "tcbEvaluationDataNumber", t->number);
    json_out_object(&o, "tdxModule");
    out_module(&o, &t->module);
    json_out_end(&o);
    if (t->identity_count > 0)
        json_out_array(&o, "tdxModuleIdentities");
    for (size_t i = 0; i < t->identity_count; i++) {
        char id[7];
        (void)snprintf(id, sizeof(id), "TDX_%02X", t->identities[i].major);
        json_out_object(&o, NULL);
        json_out_str(&o, "id", id);
        out_module(&o, &t->identities[i]);
        out_svn_levels(&o, t->identities[i].levels, t->identities[i].level_count);
        json_out_end(&o);
    }
    if (t->identity_count > 0)
        json_out_end(&o);
    json_out_array(&o, "tcbLevels");
    for (size_t i = 0; i < t->level_count; i++) {
        json_out_object(&o, NULL);
        json_out_object(&o, "tcb");
        out_components(&o, "sgxtcbcomponents", t->levels[i].sgx);
        json_out_u64(&o, "pcesvn", t->levels[i].pcesvn);
        out_components(&o, "tdxtcbcomponents", t->levels[i].tdx);
        json_out_end(&o);
        out_result(&o, &t->levels[i].result);
        json_out_end(&o);
    }
    json_out_end(&o);
    finish(&o, n);
}

void sim_qe_identity_json(char *out, size_t *n, const struct tdx_qe_identity *q)
{
    struct json_out o;
    json_out_init(&o, out, PC_SIM_JSON_CAP);
    json_out_object(&o, NULL);
    json_out_str(&o, "id", q->id_ok ? "TD_QE" : "QE");
    json_out_u64(&o, "version", q->version_ok ? 2 : 1);
    out_time(&o, "issueDate", q->issue_date);
    out_time(&o, "nextUpdate", q->next_update);
    json_out_u64(&o, "tcbEvaluationDataNumber", q->number);
    out_hex(&o, "miscselect", q->miscselect, 4);
    out_hex(&o, "miscselectMask", q->miscselect_mask, 4);
    out_hex(&o, "attributes", q->attributes, 16);
    out_hex(&o, "attributesMask", q->attributes_mask, 16);
    out_hex(&o, "mrsigner", q->mrsigner, 32);
    json_out_u64(&o, "isvprodid", q->isvprodid);
    out_svn_levels(&o, q->levels, q->level_count);
    finish(&o, n);
}

void sim_body(char *out, size_t *n, const char *key, struct bytes span, const struct sim_key *k)
{
    uint8_t rs[64];
    char hex[129];
    sim_sign(rs, k, span);
    hex_encode(hex, PC_BYTES(rs));
    int len = snprintf(out, PC_SIM_JSON_CAP + 256, "{\"%s\":%.*s,\"signature\":\"%s\"}", key,
                       (int)span.n, (const char *)span.p, hex);
    if (len < 0 || (size_t)len >= PC_SIM_JSON_CAP + 256)
        pc_bug("simulated collateral does not fit");
    *n = (size_t)len;
}

void sim_collateral_build(struct sim_collateral *out, const struct sim_vendor *v,
                          const struct tdx_tcb_info *t, const struct tdx_qe_identity *q,
                          uint64_t now)
{
    char json[PC_SIM_JSON_CAP];
    size_t n;
    const struct bytes root = bytes_of(v->root.der, v->root.der_n);
    const struct bytes signer[] = {bytes_of(v->signer.der, v->signer.der_n), root};
    const struct bytes ca[] = {bytes_of(v->ca.der, v->ca.der_n), root};
    sim_tcb_info_json(json, &n, t);
    sim_body(out->tcb_info, &out->tcb_info_n, "tcbInfo", bytes_of(json, n), &v->signer.key);
    sim_qe_identity_json(json, &n, q);
    sim_body(out->qe_identity, &out->qe_identity_n, "enclaveIdentity", bytes_of(json, n),
             &v->signer.key);
    sim_pem(out->chain, sizeof(out->chain), &out->chain_n, signer, 2);
    sim_pem(out->ca_chain, sizeof(out->ca_chain), &out->ca_chain_n, ca, 2);
    struct sim_crl root_crl = {
        .issuer_cn = PC_SIM_CN_ROOT,
        .this_update = now,
        .next_update = now + 365 * DAY,
        .revoked = out->root_revoked,
        .revoked_count = out->root_revoked_count,
        .signer = &v->root.key,
    };
    struct sim_crl pck_crl = {
        .issuer_cn = PC_SIM_CN_PLATFORM,
        .this_update = now,
        .next_update = now + 30 * DAY,
        .revoked = out->revoked,
        .revoked_count = out->revoked_count,
        .signer = &v->ca.key,
    };
    out->root_crl.n = out->pck_crl.n = 0;
    (void)sim_crl_build(&out->root_crl, &root_crl);
    (void)sim_crl_build(&out->pck_crl, &pck_crl);
}

struct collateral sim_collateral_view(const struct sim_collateral *c)
{
    return (struct collateral){
        .tcb_info = bytes_of(c->tcb_info, c->tcb_info_n),
        .tcb_chain = bytes_of(c->chain, c->chain_n),
        .qe_identity = bytes_of(c->qe_identity, c->qe_identity_n),
        .qe_chain = bytes_of(c->chain, c->chain_n),
        .root_crl = bytes_of(c->root_crl.p, c->root_crl.n),
        .pck_crl = bytes_of(c->pck_crl.p, c->pck_crl.n),
    };
}
