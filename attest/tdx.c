/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TDX verifier, in the order of attestation.md 1.4. Parse and chain failures end it; behind
 * them every step adds what it finds and the next one runs all the same.
 */
#include "attest/tdx.h"

#include "attest/pem.h"
#include "attest/tdx_policy.h"
#include "attest/tdx_set.h"
#include "attest/tdx_tcb.h"
#include "crypto/raw_tcb.h"

/* Everything that one verification looks at. */
struct tdx_job {
    const struct evidence_input *in;
    struct verdict *v;
    struct tdx_quote quote;
    struct pem_chain pem;
    struct cert leaf;
    struct tdx_pck pck;
    struct tdx_set *set;
};

/* Reasons for a time outside [from, to]; the upper end only where the caller wants it. */
static void check_dates(struct verdict *v, uint64_t now, uint64_t from, uint64_t to, bool upper,
                        enum verdict_reason expired, enum verdict_reason early)
{
    if (now < from)
        verdict_add(v, early);
    if (upper && now > to)
        verdict_add(v, expired);
}

/* Steps 1 and 2: the bytes, and who vouches for them. False: nothing in it is authentic. */
static bool open_chain(struct tdx_job *j, struct evidence_kept *kept)
{
    struct verdict *v = j->v;
    const uint8_t *pin = j->in->policy->root_sha256[PC_VENDOR_TDX];
    uint8_t root[32];
    if (pem_decode(&j->pem, j->quote.pem) != PC_OK) {
        verdict_add(v, PC_R_CERT_DATA_PEM);
        return false;
    }
    if (j->pem.count != 3) {
        verdict_add(v, PC_R_CHAIN_LENGTH);
        return false;
    }
    if (cert_parse(&j->leaf, j->pem.cert[0]) != PC_OK) {
        verdict_add(v, PC_R_CERT_MALFORMED);
        return false;
    }
    /* Before anything is computed under it or kept: a stranger's root costs one hash. */
    ec_sha256(root, j->pem.cert[2]);
    if (memcmp(root, pin, 32) != 0) {
        verdict_add(v, PC_R_UNTRUSTED_ROOT);
        return false;
    }
    j->set = tdx_set_get(kept, j->pem.cert[2], j->pem.cert[1], &j->in->collateral);
    if (j->set == NULL) {
        verdict_add(v, PC_R_RESOURCES);
        return false;
    }
    v->reasons[0] |= j->set->chain_reasons[0];
    v->reasons[1] |= j->set->chain_reasons[1];
    if ((j->set->chain_reasons[0] | j->set->chain_reasons[1]) != 0)
        return false;
    if (j->leaf.is_ca || (j->leaf.usage & PC_USAGE_DIGITAL_SIGNATURE) == 0 ||
        !bytes_equal_var(j->leaf.issuer, j->set->ca.subject) ||
        !cert_common_name_is(j->leaf.subject, "Intel SGX PCK Certificate") ||
        cert_verify(&j->leaf, j->set->ca_key) != PC_OK) {
        verdict_add(v, PC_R_CHAIN_INVALID);
        return false;
    }
    if (tdx_pck_parse(&j->pck, j->leaf.sgx) != PC_OK) {
        verdict_add(v, PC_R_PCK_EXTENSION);
        return false;
    }
    return true;
}

static const uint8_t *field(const struct tdx_job *j, enum tdx_body at)
{
    return j->quote.body.p + at;
}

static bool has_svn2(const struct tdx_job *j)
{
    return j->quote.body.n >= PC_TDX_BODY_15;
}

/* The fields of claims (attestation.md C7). */
static void set_claims(struct tdx_job *j)
{
    struct verdict *v = j->v;
    uint8_t fields[400], *w = fields;
    memcpy(w, field(j, PC_TD_MRTD), 48);
    memcpy(w + 48, field(j, PC_TD_RTMR0), 4 * 48);
    memcpy(w + 240, field(j, PC_TD_MRCONFIGID), 3 * 48);
    memcpy(w + 384, field(j, PC_TD_ATTRIBUTES), 16);
    id_measurement(v->measurement, PC_VENDOR_TDX, PC_BYTES(fields));

    memcpy(v->product, j->pck.fmspc, 6);
    memcpy(v->product + 6, j->pck.pceid, 2);
    memcpy(v->report_data, field(j, PC_TD_REPORTDATA), 64);
    v->report_data_len = 64;
    if (!bytes_all_zero_var(PC_BYTES(j->pck.ppid)))
        id_platform(v->platform, PC_VENDOR_TDX, PC_BYTES(j->pck.ppid));

    w = v->raw_tcb;
    memcpy(w, field(j, PC_TD_TCB_SVN), 16);
    if (has_svn2(j))
        memcpy(w + 16, field(j, PC_TD_TCB_SVN2), 16);
    memcpy(w + 32, j->pck.comps, 16);
    store_be16(w + 48, j->pck.pcesvn);
    store_be16(w + 50, load_le16(j->quote.qe_report.p + PC_QE_ISVSVN));
    v->raw_tcb_len = PC_RAW_TCB_TDX;

    v->leaf_len = j->leaf.serial.n;
    memcpy(v->leaf_serial, j->leaf.serial.v, PC_SERIAL_MAX);
    v->leaf_issuer = j->set->ca_issuer;
    v->has_claims = 1;
    verdict_set_claims(v);
}

static void check_chain_dates(struct tdx_job *j)
{
    const struct cert *chain[] = {&j->leaf, &j->set->ca, &j->set->root};
    for (size_t i = 0; i < PC_ARRAY_LEN(chain); i++)
        check_dates(j->v, j->in->evidence_time, chain[i]->not_before, chain[i]->not_after, true,
                    PC_R_CHAIN_EXPIRED, PC_R_CHAIN_EARLY);
}

/* Step 3, and the objects' own faults. */
static void check_revocation(struct tdx_job *j)
{
    const struct tdx_set *s = j->set;
    struct verdict *v = j->v;
    bool required = j->in->policy->crl_required, upper = j->in->dates == PC_DATES_FULL;
    uint64_t now = j->in->collateral_time;
    if (required && s->part[PC_PART_ROOT_CRL].n == 0)
        verdict_add(v, PC_R_ROOT_CRL_MISSING);
    if (required && s->part[PC_PART_PCK_CRL].n == 0)
        verdict_add(v, PC_R_PCK_CRL_MISSING);
    if (s->root_crl_read)
        check_dates(v, now, s->root_crl.this_update, s->root_crl.next_update, upper,
                    PC_R_ROOT_CRL_EXPIRED, PC_R_ROOT_CRL_EARLY);
    if (s->pck_crl_read)
        check_dates(v, now, s->pck_crl.this_update, s->pck_crl.next_update, upper,
                    PC_R_PCK_CRL_EXPIRED, PC_R_PCK_CRL_EARLY);
    if (s->root_crl_ok) {
        if (crl_has(&s->root_crl, &s->ca.serial))
            verdict_add(v, PC_R_PCK_CA_REVOKED);
        if ((s->tcb_signer.ok && crl_has(&s->root_crl, &s->tcb_signer.cert.serial)) ||
            (s->qe_signer.ok && crl_has(&s->root_crl, &s->qe_signer.cert.serial)))
            verdict_add(v, PC_R_SIGNER_REVOKED);
    }
    if (s->pck_crl_ok && crl_has(&s->pck_crl, &j->leaf.serial))
        verdict_add(v, PC_R_PCK_REVOKED);
    v->crl_checked = s->root_crl_ok && s->pck_crl_ok;
}

/* Steps 4 and 5. */
static void check_collateral(struct tdx_job *j)
{
    const struct tdx_set *s = j->set;
    const struct evidence_policy *p = j->in->policy;
    struct verdict *v = j->v;
    bool upper = j->in->dates == PC_DATES_FULL;
    uint64_t now = j->in->collateral_time;
    const struct tdx_signer *signers[] = {&s->tcb_signer, &s->qe_signer};
    for (size_t i = 0; i < PC_ARRAY_LEN(signers); i++)
        if (signers[i]->ok)
            check_dates(v, now, signers[i]->cert.not_before, signers[i]->cert.not_after, upper,
                        PC_R_SIGNER_EXPIRED, PC_R_SIGNER_EARLY);
    if (s->tcb_read) {
        check_dates(v, now, s->tcb.issue_date, s->tcb.next_update, upper, PC_R_TCB_EXPIRED,
                    PC_R_TCB_EARLY);
        v->tcb_number = s->tcb.number;
        if (s->tcb.number == 0 || s->tcb.number < p->min_tcb_number)
            verdict_add(v, PC_R_TCB_NUMBER);
        if (memcmp(s->tcb.fmspc, j->pck.fmspc, 6) != 0)
            verdict_add(v, PC_R_FMSPC);
        if (memcmp(s->tcb.pceid, j->pck.pceid, 2) != 0)
            verdict_add(v, PC_R_PCEID);
    }
    if (s->qe_read) {
        check_dates(v, now, s->qe.issue_date, s->qe.next_update, upper, PC_R_QEID_EXPIRED,
                    PC_R_QEID_EARLY);
        v->qe_number = s->qe.number;
        if (s->qe.number == 0 || s->qe.number < p->min_qe_number)
            verdict_add(v, PC_R_QEID_NUMBER);
    }
    memcpy(v->objects, s->objects, sizeof(v->objects));
    for (size_t i = 0; j->in->in_force != NULL && i < PC_OBJ_COUNT; i++)
        if (memcmp(s->objects[i], j->in->in_force[i], 32) != 0 ||
            bytes_all_zero_var(bytes_of(j->in->in_force[i], 32)))
            verdict_add(v, PC_R_NOT_IN_FORCE);
}

static bool masked_equal(const uint8_t *have, const uint8_t *mask, const uint8_t *want, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((have[i] & mask[i]) != want[i])
            return false;
    return true;
}

/* Step 6. False: no module to judge. */
static bool check_module(struct tdx_job *j)
{
    const struct tdx_module *m = tdx_module_of(&j->set->tcb, field(j, PC_TD_TCB_SVN));
    const uint8_t *attributes = field(j, PC_TD_SEAMATTRIBUTES);
    if (m == NULL) {
        verdict_add(j->v, PC_R_MODULE_UNKNOWN);
        return false;
    }
    if (memcmp(field(j, PC_TD_MRSIGNERSEAM), m->mrsigner, 48) != 0)
        verdict_add(j->v, PC_R_MODULE_SIGNER);
    if (!bytes_all_zero_var(bytes_of(attributes, 8)) ||
        !masked_equal(attributes, m->attributes_mask, m->attributes, 8))
        verdict_add(j->v, PC_R_MODULE_ATTRIBUTES);
    return true;
}

/* Steps 7 and 8. */
static void check_qe(struct tdx_job *j)
{
    const uint8_t *qe = j->quote.qe_report.p;
    struct verdict *v = j->v;
    uint8_t digest[32];
    ec_sha256(digest, j->quote.qe_report);
    if (ec_verify_raw(j->leaf.key, digest, j->quote.qe_signature) != PC_OK)
        verdict_add(v, PC_R_QE_SIGNATURE);
    ec_sha256_2(digest, bytes_of(j->quote.key, 64), j->quote.auth);
    if (memcmp(qe + PC_QE_REPORTDATA, digest, 32) != 0 ||
        !bytes_all_zero_var(bytes_of(qe + PC_QE_REPORTDATA + 32, 32)))
        verdict_add(v, PC_R_QE_BINDING);
    if ((qe[PC_QE_ATTRIBUTES] & 0x02) != 0)
        verdict_add(v, PC_R_QE_DEBUG);
    if (!j->set->qe_read || !j->set->qe.version_ok)
        return;
    const struct tdx_qe_identity *id = &j->set->qe;
    if (!masked_equal(qe + PC_QE_MISCSELECT, id->miscselect_mask, id->miscselect, 4))
        verdict_add(v, PC_R_QE_MISCSELECT);
    if (!masked_equal(qe + PC_QE_ATTRIBUTES, id->attributes_mask, id->attributes, 16))
        verdict_add(v, PC_R_QE_ATTRIBUTES);
    if (memcmp(qe + PC_QE_MRSIGNER, id->mrsigner, 32) != 0)
        verdict_add(v, PC_R_QE_MRSIGNER);
    if (load_le16(qe + PC_QE_ISVPRODID) != id->isvprodid)
        verdict_add(v, PC_R_QE_PRODID);
}

/* Step 9. */
static void check_signature(struct tdx_job *j)
{
    uint8_t digest[32];
    ec_sha256(digest, j->quote.signed_part);
    enum err_code e = ec_verify_raw(j->quote.key, digest, j->quote.signature);
    if (e == PC_E_MALFORMED)
        verdict_add(j->v, PC_R_ATTEST_KEY);
    else if (e != PC_OK)
        verdict_add(j->v, PC_R_QUOTE_SIGNATURE);
}

/* Step 10: only by objects that are authentic and meant for this platform. */
static void judge_tcb(struct tdx_job *j)
{
    const struct tdx_set *s = j->set;
    struct tdx_tcb_result r;
    if (!s->tcb_ok || verdict_has(j->v, PC_R_FMSPC) || verdict_has(j->v, PC_R_PCEID))
        return;
    if (!check_module(j) || !s->qe_ok)
        return;
    struct tdx_tcb_input in = {
        .info = &s->tcb,
        .qe = &s->qe,
        .comps = j->pck.comps,
        .pcesvn = j->pck.pcesvn,
        .qe_isvsvn = load_le16(j->quote.qe_report.p + PC_QE_ISVSVN),
        .tee_tcb_svn = field(j, PC_TD_TCB_SVN),
        .tee_tcb_svn2 = has_svn2(j) ? field(j, PC_TD_TCB_SVN2) : NULL,
    };
    tdx_tcb_status(&r, &in);
    j->v->tcb_status = (uint8_t)r.status;
    j->v->tcb_date = r.date;
    j->v->advisory_count = r.advisory_count;
    memcpy(j->v->advisories, r.advisories, sizeof(r.advisories));
}

void tdx_verify(struct verdict *out, struct evidence_kept *kept, const struct evidence_input *in)
{
    struct tdx_job j = {.in = in, .v = out};
    if (!tdx_quote_parse(&j.quote, out, in->evidence))
        return;
    if (open_chain(&j, kept)) {
        out->reasons[0] |= j.set->reasons[0];
        out->reasons[1] |= j.set->reasons[1];
        set_claims(&j);
        check_chain_dates(&j);
        check_revocation(&j);
        check_collateral(&j);
        check_qe(&j);
        check_signature(&j);
        judge_tcb(&j);
        tdx_policy_check(out, in, &j.quote);
    }
    if (j.set != NULL)
        tdx_set_done(kept, j.set);
}

bool tdx_view_of(struct tdx_view *out, struct bytes quote)
{
    struct verdict ignored = {0};
    struct pem_chain pem;
    struct cert leaf;
    memset(out, 0, sizeof(*out));
    if (!tdx_quote_parse(&out->quote, &ignored, quote))
        return false;
    if (pem_decode(&pem, out->quote.pem) != PC_OK || cert_parse(&leaf, pem.cert[0]) != PC_OK ||
        tdx_pck_parse(&out->pck, leaf.sgx) != PC_OK)
        return true;
    out->has_pck = true;
    out->serial = leaf.serial;
    out->not_before = leaf.not_before;
    out->not_after = leaf.not_after;
    return true;
}
