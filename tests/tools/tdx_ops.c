/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/tdx_ops.h"

#include <stdio.h>

#include "tests/tools/der_edit.h"

static uint64_t below(struct rng_seeded *r, uint64_t n)
{
    return mutate_below(r, n);
}

static void flip(struct rng_seeded *r, uint8_t *p, size_t n)
{
    mutate_flip(r, p, n);
}

static void fill(struct rng_seeded *r, uint8_t *p, size_t n)
{
    mutate_fill(r, p, n);
}

void ops_make_v5(struct forge *f, struct rng_seeded *rng)
{
    struct sim_quote v4 = f->quote;
    sim_quote_default(&f->quote, 5, &f->qe, &f->pck_key, "", 0, v4.body + PC_TD_MRTD,
                      v4.body + PC_TD_MRCONFIGID, v4.body + PC_TD_REPORTDATA, &rng->rng);
}

/* --- the quote --- */

static void quote_version(struct forge *f, struct rng_seeded *r)
{
    /* The layout stays that of the true version: only the number lies, where it can. */
    if (f->quote.version == 4)
        f->quote.version = (uint16_t)(below(r, 2) == 0 ? 3 : 6);
    else
        f->quote.body_type = (uint16_t)below(r, 6);
}
static void quote_key_type(struct forge *f, struct rng_seeded *r)
{
    f->quote.key_type = (uint16_t)below(r, 5);
}
static void quote_tee(struct forge *f, struct rng_seeded *r)
{
    f->quote.tee_type = below(r, 2) == 0 ? 0 : UINT32_C(1) << below(r, 32);
}
static void quote_qe_vendor(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->quote.qe_vendor, 16);
}
static void body_plain_10(struct forge *f, struct rng_seeded *r)
{
    (void)r;
    if (f->quote.version == 5) { /* a v5 quote with a TD report 1.0 */
        f->quote.body_type = 2;
        f->quote.body_n = PC_TDX_BODY_10;
    }
}
static void body_ex(struct forge *f, struct rng_seeded *r)
{
    if (f->quote.version == 5) {
        f->quote.body_type = 4;
        f->quote.body_n = PC_TDX_BODY_15_EX;
        fill(r, f->quote.body + PC_TDX_BODY_15, PC_TDX_BODY_15_EX - PC_TDX_BODY_15);
    }
}
static void body_size_lies(struct forge *f, struct rng_seeded *r)
{
    if (f->quote.version == 5) {
        f->quote.body_type = (uint16_t)(1 + below(r, 9));
        f->quote.body_n = below(r, 2) == 0 ? PC_TDX_BODY_10 : PC_TDX_BODY_15;
    }
}
static void td_attributes(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->quote.body + PC_TD_ATTRIBUTES, 8);
}
/* Bits that a rule names. */
static void td_attributes_rule(struct forge *f, struct rng_seeded *r)
{
    static const uint8_t bits[] = {0, 7, 27, 28, 28, 29, 29, 30, 31, 63};
    uint8_t bit = bits[below(r, sizeof(bits))];
    f->quote.body[PC_TD_ATTRIBUTES + bit / 8] ^= (uint8_t)(1U << bit % 8);
}
static void td_xfam(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->quote.body + PC_TD_XFAM, 8);
}
static void td_svn(struct forge *f, struct rng_seeded *r)
{
    f->quote.body[PC_TD_TCB_SVN + below(r, 3)] = (uint8_t)below(r, 10);
}
static void td_svn_any(struct forge *f, struct rng_seeded *r)
{
    f->quote.body[PC_TD_TCB_SVN + below(r, 16)] = (uint8_t)below(r, 256);
}
static void td_svn2(struct forge *f, struct rng_seeded *r)
{
    f->quote.body[PC_TD_TCB_SVN2 + below(r, 3)] = (uint8_t)below(r, 10);
}
static void td_module_10(struct forge *f, struct rng_seeded *r)
{
    (void)r;
    f->quote.body[PC_TD_TCB_SVN + 1] = 0; /* module 1.0: tdxModule, all components compared */
}
static void td_mrseam(struct forge *f, struct rng_seeded *r)
{
    fill(r, f->quote.body + PC_TD_MRSEAM, 48);
}
static void td_mrsignerseam(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->quote.body + PC_TD_MRSIGNERSEAM, 48);
}
static void td_seamattributes(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->quote.body + PC_TD_SEAMATTRIBUTES, 8);
}
static void td_registers(struct forge *f, struct rng_seeded *r)
{
    fill(r, f->quote.body + PC_TD_MRTD, 8 * 48);
}
static void td_report_data(struct forge *f, struct rng_seeded *r)
{
    fill(r, f->quote.body + PC_TD_REPORTDATA, 64);
}
static void td_service(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->quote.body + PC_TD_MRSERVICETD, 48);
}
static void qe_isvsvn(struct forge *f, struct rng_seeded *r)
{
    store_le16(f->quote.qe_report + PC_QE_ISVSVN,
               (uint16_t)(below(r, 2) == 0 ? below(r, 8) : below(r, 65536)));
}
static void qe_prodid(struct forge *f, struct rng_seeded *r)
{
    store_le16(f->quote.qe_report + PC_QE_ISVPRODID, (uint16_t)below(r, 4));
}
static void qe_attributes(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->quote.qe_report + PC_QE_ATTRIBUTES, 16);
}
static void qe_miscselect(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->quote.qe_report + PC_QE_MISCSELECT, 4);
}
static void qe_mrsigner(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->quote.qe_report + PC_QE_MRSIGNER, 32);
}
static void qe_free_bytes(struct forge *f, struct rng_seeded *r)
{
    fill(r, f->quote.qe_report + PC_QE_CPUSVN, 16); /* CPUSVN and MRENCLAVE are not judged */
    fill(r, f->quote.qe_report + PC_QE_MRENCLAVE, 32);
}
static void qe_binding(struct forge *f, struct rng_seeded *r)
{
    f->quote.keep_qe_reportdata = true;
    fill(r, f->quote.qe_report + PC_QE_REPORTDATA, 64);
}
static void auth_data(struct forge *f, struct rng_seeded *r)
{
    fill(r, f->quote.auth, sizeof(f->quote.auth)); /* bound again: fine */
}
static void qe_wrong_key(struct forge *f, struct rng_seeded *r)
{
    (void)r;
    f->quote.pck_key = &f->stranger;
}

/* --- certificates --- */

static struct sim_cert *some_cert(struct forge *f, struct rng_seeded *r)
{
    struct sim_cert *const all[] = {&f->certs.ca, &f->certs.signer, &f->leaf, &f->leaf};
    return all[below(r, 4)];
}
static void cert_dates(struct forge *f, struct rng_seeded *r)
{
    struct sim_cert *c = some_cert(f, r);
    mutate_dates(&c->not_before, &c->not_after, f->now, r);
}
static void cert_name(struct forge *f, struct rng_seeded *r)
{
    static const char *const names[] = {
        PC_SIM_CN_ROOT,   PC_SIM_CN_PLATFORM, PC_SIM_CN_PROCESSOR,         PC_SIM_CN_PCK,
        PC_SIM_CN_SIGNER, "Intel SGX PCK",    "Intel SGX PCK Certificate "};
    some_cert(f, r)->subject_cn = names[below(r, PC_ARRAY_LEN(names))];
}
static void cert_issuer(struct forge *f, struct rng_seeded *r)
{
    some_cert(f, r)->issuer_cn = below(r, 2) == 0 ? PC_SIM_CN_PROCESSOR : "Intel SGX Root";
}
static void cert_usage(struct forge *f, struct rng_seeded *r)
{
    some_cert(f, r)->usage = (uint8_t)(1U << below(r, 8));
}
static void cert_ca_flag(struct forge *f, struct rng_seeded *r)
{
    struct sim_cert *c = some_cert(f, r);
    c->is_ca = !c->is_ca;
}
static void cert_path_len(struct forge *f, struct rng_seeded *r)
{
    f->certs.ca.path_len = (int)below(r, 300) - 1;
}
static void cert_wrong_signer(struct forge *f, struct rng_seeded *r)
{
    some_cert(f, r)->signer = below(r, 2) == 0 ? &f->stranger : &f->vendor.signer.key;
}
static void cert_serial(struct forge *f, struct rng_seeded *r)
{
    struct sim_cert *c = some_cert(f, r);
    memset(c->serial, 0, below(r, 20)); /* shorter serials, one of them zero-led */
}
static void foreign_root(struct forge *f, struct rng_seeded *r)
{
    sim_key_new(&f->vendor.root.key, &r->rng); /* everything below is signed again with it */
}
static void processor_ca(struct forge *f, struct rng_seeded *r)
{
    (void)r;
    f->certs.ca.subject_cn = f->leaf.issuer_cn = f->pck_crl.issuer_cn = PC_SIM_CN_PROCESSOR;
}
static void pck_svn(struct forge *f, struct rng_seeded *r)
{
    f->pck.comps[below(r, 9)] = (uint8_t)below(r, 8);
}
static void pck_svn_high(struct forge *f, struct rng_seeded *r)
{
    f->pck.comps[below(r, 16)] = (uint8_t)(128 + below(r, 128));
}
static void pck_pcesvn(struct forge *f, struct rng_seeded *r)
{
    f->pck.pcesvn = (uint16_t)(below(r, 2) == 0 ? below(r, 20) : below(r, 65536));
}
static void pck_fmspc(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->pck.fmspc, 6);
}
static void pck_pceid(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->pck.pceid, 2);
}
static void pck_no_ppid(struct forge *f, struct rng_seeded *r)
{
    (void)r;
    memset(f->pck.ppid, 0, 16);
}
static void pck_cpusvn(struct forge *f, struct rng_seeded *r)
{
    fill(r, f->pck.cpusvn, 16); /* not what is judged */
}

/* --- lists --- */

static void revoke_leaf(struct forge *f, struct rng_seeded *r)
{
    f->pck_revoked[0] = forge_serial(f->leaf.serial);
    if (below(r, 2) == 0) /* somebody else's instead */
        flip(r, f->pck_revoked[0].v + 1, 19);
    f->pck_crl.revoked_count = 1;
}
static void revoke_authority(struct forge *f, struct rng_seeded *r)
{
    f->root_revoked[0] =
        forge_serial(below(r, 2) == 0 ? f->certs.ca.serial : f->certs.signer.serial);
    f->root_crl.revoked_count = 1;
}
static void crl_dates(struct forge *f, struct rng_seeded *r)
{
    struct sim_crl *c = below(r, 2) == 0 ? &f->root_crl : &f->pck_crl;
    mutate_dates(&c->this_update, &c->next_update, f->now, r);
}
static void crl_issuer(struct forge *f, struct rng_seeded *r)
{
    struct sim_crl *c = below(r, 2) == 0 ? &f->root_crl : &f->pck_crl;
    c->issuer_cn = PC_SIM_CN_PROCESSOR;
}
static void crl_wrong_signer(struct forge *f, struct rng_seeded *r)
{
    struct sim_crl *c = below(r, 2) == 0 ? &f->root_crl : &f->pck_crl;
    c->signer = &f->stranger;
}

/* --- collateral --- */

static void object_dates(struct forge *f, struct rng_seeded *r)
{
    if (below(r, 2) == 0)
        mutate_dates(&f->tcb.issue_date, &f->tcb.next_update, f->now, r);
    else
        mutate_dates(&f->qe.issue_date, &f->qe.next_update, f->now, r);
}
static void object_id(struct forge *f, struct rng_seeded *r)
{
    switch (below(r, 4)) {
    case 0:
        f->tcb.id_ok = false;
        return;
    case 1:
        f->tcb.version_ok = false;
        return;
    case 2:
        f->qe.id_ok = false;
        return;
    default:
        f->qe.version_ok = false;
        return;
    }
}
static void object_number(struct forge *f, struct rng_seeded *r)
{
    f->tcb.number = (uint32_t)below(r, 30);
    f->qe.number = (uint32_t)below(r, 70000);
}
static void object_text(struct forge *f, struct rng_seeded *r)
{
    if (below(r, 2) == 0)
        f->tcb_text = (enum forge_text)below(r, PC_TEXT_COUNT);
    else
        f->qe_text = (enum forge_text)below(r, PC_TEXT_COUNT);
}
static void object_wrong_signer(struct forge *f, struct rng_seeded *r)
{
    const struct sim_key *k = below(r, 2) == 0 ? &f->stranger : &f->pck_key;
    if (below(r, 2) == 0)
        f->tcb_signer = k;
    else
        f->qe_signer = k;
}
static void tcb_fmspc(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->tcb.fmspc, 6);
}
static enum tcb_status some_status(struct rng_seeded *r)
{
    return (enum tcb_status)(PC_TCB_UP_TO_DATE + below(r, 7));
}
static void tcb_level_status(struct forge *f, struct rng_seeded *r)
{
    f->tcb.levels[below(r, f->tcb.level_count)].result.status = some_status(r);
}
static void tcb_level_svn(struct forge *f, struct rng_seeded *r)
{
    struct tdx_level *l = &f->tcb.levels[below(r, f->tcb.level_count)];
    switch (below(r, 3)) {
    case 0:
        l->sgx[below(r, 16)] = (uint8_t)below(r, 8);
        return;
    case 1:
        l->tdx[below(r, 16)] = (uint8_t)below(r, 8);
        return;
    default:
        l->pcesvn = (uint16_t)below(r, 20);
        return;
    }
}
static void tcb_level_count(struct forge *f, struct rng_seeded *r)
{
    f->tcb.level_count = below(r, 4);
}
static void module_status(struct forge *f, struct rng_seeded *r)
{
    struct tdx_module *m = &f->tcb.identities[below(r, f->tcb.identity_count)];
    m->levels[below(r, 2)].result.status = some_status(r);
}
static void module_svn(struct forge *f, struct rng_seeded *r)
{
    struct tdx_module *m = &f->tcb.identities[below(r, f->tcb.identity_count)];
    m->levels[below(r, 2)].isvsvn = (uint16_t)below(r, 12);
}
static void module_major(struct forge *f, struct rng_seeded *r)
{
    f->tcb.identities[below(r, f->tcb.identity_count)].major = (uint8_t)below(r, 5);
}
static void module_count(struct forge *f, struct rng_seeded *r)
{
    f->tcb.identity_count = below(r, 3);
}
static void module_signer(struct forge *f, struct rng_seeded *r)
{
    flip(r, f->tcb.identities[below(r, 2)].mrsigner, 48);
}
static void module_attributes(struct forge *f, struct rng_seeded *r)
{
    struct tdx_module *m = &f->tcb.identities[below(r, 2)];
    flip(r, below(r, 2) == 0 ? m->attributes : m->attributes_mask, 8);
}
static void identity_status(struct forge *f, struct rng_seeded *r)
{
    f->qe.levels[below(r, 2)].result.status = some_status(r);
}
static void identity_svn(struct forge *f, struct rng_seeded *r)
{
    f->qe.levels[below(r, 2)].isvsvn = (uint16_t)below(r, 12);
}
static void identity_field(struct forge *f, struct rng_seeded *r)
{
    switch (below(r, 6)) {
    case 0:
        flip(r, f->qe.miscselect, 4);
        return;
    case 1:
        flip(r, f->qe.miscselect_mask, 4);
        return;
    case 2:
        flip(r, f->qe.attributes, 16);
        return;
    case 3:
        flip(r, f->qe.attributes_mask, 16);
        return;
    case 4:
        flip(r, f->qe.mrsigner, 32);
        return;
    default:
        f->qe.isvprodid = (uint16_t)below(r, 4);
        return;
    }
}

/* --- what is built, signed again --- */

static const struct sim_key *signer_of(const struct forge *f, enum forge_part which)
{
    return which == PC_FORGED_CA         ? f->certs.ca.signer
           : which == PC_FORGED_LEAF     ? f->leaf.signer
           : which == PC_FORGED_SIGNER   ? f->certs.signer.signer
           : which == PC_FORGED_ROOT_CRL ? f->root_crl.signer
                                         : f->pck_crl.signer;
}
static void seal(struct forged *p, const struct forge *f, enum forge_part which, struct bytes tbs)
{
    static struct derw sig;
    uint8_t rs[64], out[PC_DER_EDIT_MAX];
    size_t n;
    sim_sign(rs, signer_of(f, which), tbs);
    sig.n = 0;
    derw_ecdsa_sig(&sig, rs);
    der_seal(out, &n, tbs, forged_part(p, which), bytes_of(sig.p, sig.n));
    memcpy(p->p[which], out, n);
    p->n[which] = n;
}
static void der(struct forged *p, const struct forge *f, struct rng_seeded *r)
{
    static const enum forge_part parts[] = {PC_FORGED_LEAF,   PC_FORGED_LEAF,   PC_FORGED_LEAF,
                                            PC_FORGED_CA,     PC_FORGED_SIGNER, PC_FORGED_ROOT_CRL,
                                            PC_FORGED_PCK_CRL};
    enum forge_part which = parts[below(r, PC_ARRAY_LEN(parts))];
    uint8_t tbs[PC_DER_EDIT_MAX];
    size_t n;
    (void)der_edit(tbs, &n, der_tbs(forged_part(p, which)), r);
    seal(p, f, which, bytes_of(tbs, n));
}
/* A name that goes on behind a NUL, in every certificate and list that has it. */
static void name_with_nul(struct forged *p, const struct forge *f, struct rng_seeded *r)
{
    static const enum forge_part parts[] = {PC_FORGED_LEAF, PC_FORGED_CA, PC_FORGED_SIGNER,
                                            PC_FORGED_PCK_CRL};
    const char *names[] = {f->leaf.subject_cn, f->leaf.issuer_cn, f->certs.signer.subject_cn};
    const char *name = names[below(r, PC_ARRAY_LEN(names))];
    uint8_t with[64] = {0}, tbs[PC_DER_EDIT_MAX];
    size_t n = strlen(name), len;
    memcpy(with, name, n);
    for (size_t i = 0; i < PC_ARRAY_LEN(parts); i++) {
        der_replace(tbs, &len, der_tbs(forged_part(p, parts[i])), bytes_of(name, n),
                    bytes_of(with, n + 1));
        seal(p, f, parts[i], bytes_of(tbs, len));
    }
}

struct op {
    const char *name;
    void (*plan)(struct forge *, struct rng_seeded *);
    void (*built)(struct forged *, const struct forge *, struct rng_seeded *);
};
#define OP(name)                                                                                   \
    {                                                                                              \
#name, name, NULL                                                                          \
    }
#define BUILT(name)                                                                                \
    {                                                                                              \
#name, NULL, name                                                                          \
    }
static const struct op ops[] = {
    OP(quote_version),
    OP(quote_key_type),
    OP(quote_tee),
    OP(quote_qe_vendor),
    OP(body_plain_10),
    OP(body_ex),
    OP(body_size_lies),
    OP(td_attributes),
    OP(td_attributes_rule),
    OP(td_xfam),
    OP(td_svn),
    OP(td_svn_any),
    OP(td_svn2),
    OP(td_module_10),
    OP(td_mrseam),
    OP(td_mrsignerseam),
    OP(td_seamattributes),
    OP(td_registers),
    OP(td_report_data),
    OP(td_service),
    OP(qe_isvsvn),
    OP(qe_prodid),
    OP(qe_attributes),
    OP(qe_miscselect),
    OP(qe_mrsigner),
    OP(qe_free_bytes),
    OP(qe_binding),
    OP(auth_data),
    OP(qe_wrong_key),
    OP(cert_dates),
    OP(cert_name),
    OP(cert_issuer),
    OP(cert_usage),
    OP(cert_ca_flag),
    OP(cert_path_len),
    OP(cert_wrong_signer),
    OP(cert_serial),
    OP(foreign_root),
    OP(processor_ca),
    OP(pck_svn),
    OP(pck_svn_high),
    OP(pck_pcesvn),
    OP(pck_fmspc),
    OP(pck_pceid),
    OP(pck_no_ppid),
    OP(pck_cpusvn),
    OP(revoke_leaf),
    OP(revoke_authority),
    OP(crl_dates),
    OP(crl_issuer),
    OP(crl_wrong_signer),
    OP(object_dates),
    OP(object_id),
    OP(object_number),
    OP(object_text),
    OP(object_wrong_signer),
    OP(tcb_fmspc),
    OP(tcb_level_status),
    OP(tcb_level_svn),
    OP(tcb_level_count),
    OP(module_status),
    OP(module_svn),
    OP(module_major),
    OP(module_count),
    OP(module_signer),
    OP(module_attributes),
    OP(identity_status),
    OP(identity_svn),
    OP(identity_field),
    BUILT(der),
    BUILT(der),
    BUILT(der),
    BUILT(der),
    BUILT(der),
    BUILT(der),
    BUILT(der),
    BUILT(der),
    BUILT(name_with_nul),
};

void ops_structured(char label[static PC_MUTATE_LABEL], struct forged *p, struct forge *f,
                    struct rng_seeded *rng)
{
    const struct op *first = &ops[below(rng, PC_ARRAY_LEN(ops))], *second = NULL;
    if (first->plan != NULL)
        first->plan(f, rng);
    /* Lists may have become empty, which a second change would index. */
    if (below(rng, 4) == 0 && f->tcb.level_count > 0 && f->tcb.identity_count > 0)
        second = &ops[below(rng, PC_ARRAY_LEN(ops))];
    if (second != NULL && second->plan != NULL)
        second->plan(f, rng);
    forge_build(p, f);
    if (first->built != NULL)
        first->built(p, f, rng);
    if (second != NULL && second->built != NULL)
        second->built(p, f, rng);
    (void)snprintf(label, PC_MUTATE_LABEL, "%s%s%s", first->name, second != NULL ? "+" : "",
                   second != NULL ? second->name : "");
}

void ops_raw(char label[static PC_MUTATE_LABEL], struct forged *p, struct rng_seeded *rng)
{
    static const char *const parts[PC_FORGED_COUNT] = {"root",     "ca",      "leaf",    "signer",
                                                       "root_crl", "pck_crl", "tcb",     "tcb_sig",
                                                       "qe",       "qe_sig",  "evidence"};
    size_t which = below(rng, 2) == 0 ? PC_FORGED_EVIDENCE : 1 + below(rng, PC_FORGED_COUNT - 1);
    bool fixed = which == PC_FORGED_TCB_SIG || which == PC_FORGED_QE_SIG;
    const char *what = mutate_raw(p->p[which], &p->n[which], fixed, rng);
    (void)snprintf(label, PC_MUTATE_LABEL, "raw:%s:%s", parts[which], what);
}
