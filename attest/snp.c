/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SEV-SNP verifier, in the order of attestation.md 2.4. Where nothing more is authentic it
 * ends; else every step adds what it finds and the next one runs all the same.
 */
#include "attest/snp.h"

#include "attest/der.h"
#include "attest/pem.h"
#include "attest/snp_set.h"
#include "attest/snp_table.h"

/* Everything that one verification looks at. */
struct snp_job {
    const struct evidence_input *in;
    struct verdict *v;
    struct snp_report report;
    struct snp_table table;
    struct bytes part[PC_SNP_PART_COUNT];
    struct pem_chain *pem; /* three, for what is PEM */
    struct snp_set *set;
};

static struct bytes first_of(struct bytes a, struct bytes b)
{
    return a.n > 0 ? a : b;
}

/* The certificates, from the caller or else from the host's table. */
static bool gather(struct snp_job *j)
{
    const struct collateral *c = &j->in->collateral;
    const struct snp_table *t = &j->table;
    struct verdict *v = j->v;
    if (snp_table_parse(&j->table, j->report.table) != PC_OK) {
        verdict_add(v, PC_R_SNP_TABLE);
        return false;
    }
    const struct bytes either[3] = {first_of(c->snp_vek, snp_table_vek(&j->report, t)),
                                    first_of(c->snp_issuer, t->entry[PC_SNP_ENTRY_ASK]),
                                    first_of(c->snp_root, t->entry[PC_SNP_ENTRY_ARK])};
    _Static_assert(PC_SNP_PART_LEAF == 0 && PC_SNP_PART_ISSUER == 1 && PC_SNP_PART_ROOT == 2,
                   "either[] is in the order of the parts");
    if (either[PC_SNP_PART_LEAF].n == 0)
        verdict_add(v, PC_R_SNP_VEK_MISSING);
    if (either[PC_SNP_PART_ISSUER].n == 0 || either[PC_SNP_PART_ROOT].n == 0)
        verdict_add(v, PC_R_CHAIN_LENGTH);
    for (size_t i = 0; i < 3; i++)
        if (!pem_or_der(&j->part[i], &j->pem[i], either[i]))
            verdict_add(v, PC_R_CERT_DATA_PEM);
    /* Never the table's list: a host would choose one from before its revocation. */
    j->part[PC_SNP_PART_CRL] = c->root_crl;
    return !verdict_has(v, PC_R_SNP_VEK_MISSING) && !verdict_has(v, PC_R_CHAIN_LENGTH) &&
           !verdict_has(v, PC_R_CERT_DATA_PEM);
}

static bool any_pin(const struct snp_policy *p, const uint8_t root[static 32])
{
    for (size_t i = 0; i < PC_SNP_PRODUCTS; i++)
        if (memcmp(p->root_sha256[i], root, 32) == 0)
            return true;
    return false;
}

/* Who vouches for the bytes. False: nothing in them is authentic. */
static bool open_chain(struct snp_job *j, struct evidence_kept *kept)
{
    const struct snp_policy *p = &j->in->policy->snp;
    struct verdict *v = j->v;
    uint8_t root[32];
    if (!gather(j))
        return false;
    /* Before anything is computed under it or kept: a stranger's root costs one hash. */
    ec_sha256(root, j->part[PC_SNP_PART_ROOT]);
    if (!any_pin(p, root)) {
        verdict_add(v, PC_R_UNTRUSTED_ROOT);
        return false;
    }
    j->set = snp_set_get(kept, j->part);
    if (j->set == NULL) {
        verdict_add(v, PC_R_RESOURCES);
        return false;
    }
    v->reasons[0] |= j->set->reasons[0];
    v->reasons[1] |= j->set->reasons[1];
    if (!j->set->usable)
        return false;
    if (memcmp(p->root_sha256[j->set->product], root, 32) != 0) {
        verdict_add(v, PC_R_UNTRUSTED_ROOT); /* pinned for another product */
        return false;
    }
    return true;
}

static bool masked(const struct snp_report *r)
{
    return (load_le32(r->p + PC_SR_KEY_INFO) & PC_SNP_KEY_MASKED) != 0;
}

static void set_claims(struct snp_job *j)
{
    const struct snp_set *s = j->set;
    struct verdict *v = j->v;
    snp_report_claims(v, j->report.p, s->product, s->vlek);
    v->leaf_len = s->issuer.serial.n;
    memcpy(v->leaf_serial, s->issuer.serial.v, PC_SERIAL_MAX);
    v->leaf_issuer = (uint8_t)(16 + s->product);
    v->has_claims = 1;
}

static void check_dates(struct snp_job *j)
{
    const struct snp_cert *chain[] = {&j->set->leaf, &j->set->issuer, &j->set->root};
    for (size_t i = 0; i < PC_ARRAY_LEN(chain); i++) {
        if (j->in->evidence_time < chain[i]->not_before)
            verdict_add(j->v, PC_R_CHAIN_EARLY);
        if (j->in->evidence_time > chain[i]->not_after)
            verdict_add(j->v, PC_R_CHAIN_EXPIRED);
    }
}

/* By the list in force. Lists name ASKs and ASVKs: of a VCEK the ARK knows nothing. */
static void check_revocation(struct snp_job *j)
{
    const struct snp_set *s = j->set;
    struct verdict *v = j->v;
    uint64_t now = j->in->collateral_time;
    if (j->in->policy->snp.crl_required && s->part[PC_SNP_PART_CRL].n == 0)
        verdict_add(v, PC_R_ROOT_CRL_MISSING);
    if (s->crl_read && now < s->crl.this_update)
        verdict_add(v, PC_R_ROOT_CRL_EARLY);
    if (s->crl_read && j->in->dates == PC_DATES_FULL && now > s->crl.next_update)
        verdict_add(v, PC_R_ROOT_CRL_EXPIRED);
    if (s->crl_ok &&
        (snp_crl_has(&s->crl, &s->issuer.serial) || snp_crl_has(&s->crl, &s->root.serial)))
        verdict_add(v, PC_R_SNP_ASK_REVOKED);
    v->crl_checked = s->crl_ok;
    memcpy(v->objects[PC_OBJ_ROOT_CRL], s->crl_object, 32);
    if (j->in->in_force != NULL &&
        (memcmp(s->crl_object, j->in->in_force[PC_OBJ_ROOT_CRL], 32) != 0 ||
         bytes_all_zero_var(PC_BYTES(s->crl_object))))
        verdict_add(v, PC_R_NOT_IN_FORCE);
}

/* Every patch level of the certificate is that byte of REPORTED_TCB. */
static bool reported_tcb_fits(const struct snp_job *j)
{
    uint8_t tcb[8];
    snp_vek_tcb(tcb, j->set->product, &j->set->leaf.vek);
    return memcmp(j->report.p + PC_SR_REPORTED_TCB, tcb, sizeof(tcb)) == 0;
}

/* HWID is CHIP_ID; Turin's 8 bytes are its beginning, zeros behind. */
static bool chip_id_fits(const struct snp_job *j)
{
    const uint8_t *chip = j->report.p + PC_SR_CHIP_ID;
    struct bytes hwid = j->set->leaf.vek.hwid;
    return !bytes_all_zero_var(hwid) && memcmp(chip, hwid.p, hwid.n) == 0 &&
           bytes_all_zero_var(bytes_of(chip + hwid.n, 64 - hwid.n));
}

/* Does the report belong to this key, and the key to this report? */
static void check_binding(struct snp_job *j)
{
    const struct snp_report *r = &j->report;
    const struct snp_set *s = j->set;
    struct verdict *v = j->v;
    uint32_t signer = PC_SNP_KEY_SIGNER(load_le32(r->p + PC_SR_KEY_INFO));
    if (signer != (s->vlek ? PC_SNP_SIGNED_VLEK : PC_SNP_SIGNED_VCEK))
        verdict_add(v, PC_R_SNP_SIGNING_KEY);
    if (!s->vlek && masked(r))
        verdict_add(v, PC_R_SNP_MASKED);
    if (r->has_cpuid && r->cpu != s->product)
        verdict_add(v, PC_R_SNP_PRODUCT);
    if (!snp_tcb_clean(r, s->product))
        verdict_add(v, PC_R_SNP_RESERVED);
    if (!reported_tcb_fits(j))
        verdict_add(v, PC_R_SNP_REPORTED_TCB);
    if (!s->vlek && !chip_id_fits(j))
        verdict_add(v, PC_R_SNP_CHIP_ID);
}

static void check_signature(struct snp_job *j)
{
    uint8_t digest[48];
    ec_sha384(digest, bytes_of(j->report.p, PC_SNP_SIGNED_LEN));
    if (ec384_verify(j->set->leaf_key, digest, j->report.rs) != PC_OK)
        verdict_add(j->v, PC_R_SNP_SIGNATURE);
}

void snp_verify(struct verdict *out, struct evidence_kept *kept, const struct evidence_input *in)
{
    struct pem_chain pem[3]; /* large: apart, so that it is not zeroed */
    struct snp_job j = {.in = in, .v = out, .pem = pem};
    if (!snp_report_parse(&j.report, out, in->evidence))
        return;
    if (open_chain(&j, kept)) {
        set_claims(&j);
        check_dates(&j);
        check_revocation(&j);
        check_binding(&j);
        check_signature(&j);
        snp_policy_check(out, in->policy, &j.report, j.set);
    }
    snp_set_done(j.set);
}

bool snp_view_of(struct snp_view *out, const struct evidence_input *in)
{
    struct verdict ignored = {0};
    struct snp_table table;
    struct pem_chain pem;
    struct bytes der;
    bool vlek;
    memset(out, 0, sizeof(*out));
    if (!snp_report_parse(&out->report, &ignored, in->evidence))
        return false;
    out->product = out->report.cpu;
    if (snp_table_parse(&table, out->report.table) != PC_OK ||
        !pem_or_der(&der, &pem,
                    first_of(in->collateral.snp_vek, snp_table_vek(&out->report, &table))) ||
        der.n == 0 || der.n > sizeof(out->der))
        return true;
    memcpy(out->der, der.p, der.n);
    if (snp_cert_parse(&out->vek, bytes_of(out->der, der.n)) != PC_OK)
        return true;
    out->has_vek = out->vek.vek_ok;
    enum snp_product issuer = snp_issuer_product(out->vek.issuer, &vlek);
    if (issuer != PC_SNP_PRODUCTS)
        out->product = issuer;
    return true;
}
