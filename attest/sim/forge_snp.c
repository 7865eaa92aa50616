/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/forge_snp.h"

#define DAY UINT64_C(86400)

/* Pointers of a plan that lead into the plan. */
static void tie(struct snp_forge *f)
{
    f->certs.ark.rsa = f->amd.ark.key.n;
    f->certs.ask.rsa = f->amd.ask.key.n;
    f->certs.asvk.rsa = f->amd.asvk.key.n;
    f->certs.ark.signer = f->certs.ask.signer = f->certs.asvk.signer = &f->amd.ark.key;
    f->leaf.ec = f->chip.key.xy;
    f->leaf.signer = f->chip.vlek ? &f->amd.asvk.key : &f->amd.ask.key;
    if (f->leaf.vek.hwid.n > 0)
        f->leaf.vek.hwid.p = f->chip.chip_id;
    f->crl.signer = &f->amd.ark.key;
    f->crl.revoked = (const uint8_t(*)[4])f->revoked;
    f->report_key = &f->chip.key;
}

static void fill(struct snp_forge *f, struct rng *rng, bool vlek, uint32_t version)
{
    const uint64_t made = PC_FORGE_SNP_NOW - 5 * DAY;
    uint8_t measured[48], host_data[32], report_data[64];
    f->now = PC_FORGE_SNP_NOW;
    sim_amd_params(&f->certs, &f->amd, made);
    sim_amd_crl_params(&f->crl, &f->amd, made);
    sim_chip_new(&f->chip, rng, f->amd.product, vlek);
    sim_chip_cert(&f->leaf, &f->amd, &f->chip, made);
    sim_key384_new(&f->stranger_ec, rng);
    rng_fill(rng, measured, sizeof(measured));
    rng_fill(rng, host_data, sizeof(host_data));
    rng_fill(rng, report_data, sizeof(report_data));
    sim_report_default(f->report, version, &f->chip, measured, host_data, report_data, rng);
    tie(f);
}

void snp_forge_init(struct snp_forge *f, struct rng *rng, enum snp_product product, bool vlek,
                    uint32_t version)
{
    memset(f, 0, sizeof(*f));
    sim_amd_new(&f->amd, rng, product, PC_FORGE_SNP_NOW - 5 * DAY);
    sim_rsa_new(&f->stranger, rng);
    fill(f, rng, vlek, version);
}

void snp_forge_like(struct snp_forge *f, const struct snp_forge *keys, struct rng *rng,
                    enum snp_product product, bool vlek, uint32_t version)
{
    *f = *keys;
    sim_amd_certify(&f->amd, product, PC_FORGE_SNP_NOW - 5 * DAY);
    fill(f, rng, vlek, version);
}

void snp_forge_copy(struct snp_forge *out, const struct snp_forge *f)
{
    *out = *f;
    tie(out);
}

static void put(struct snp_forged *out, enum snp_forge_part which, struct bytes b)
{
    if (b.n > sizeof(out->p[which]))
        pc_bug("a forged part is too large");
    memcpy(out->p[which], b.p, b.n);
    out->n[which] = b.n;
}

void snp_forge_build(struct snp_forged *out, const struct snp_forge *f)
{
    static struct derw w;
    uint8_t report[PC_SNP_REPORT_LEN];
    out->now = f->now;
    w.n = 0;
    put(out, PC_FORGED_SNP_ROOT, sim_amd_cert_build(&w, &f->certs.ark));
    put(out, PC_FORGED_SNP_ISSUER,
        sim_amd_cert_build(&w, f->chip.vlek ? &f->certs.asvk : &f->certs.ask));
    put(out, PC_FORGED_SNP_VEK, sim_amd_cert_build(&w, &f->leaf));
    put(out, PC_FORGED_SNP_CRL, sim_amd_crl_build(&w, &f->crl));
    memcpy(report, f->report, sizeof(report));
    sim_report_sign(report, f->report_key);
    put(out, PC_FORGED_SNP_REPORT, PC_BYTES(report));
}

struct bytes snp_forged_part(const struct snp_forged *p, enum snp_forge_part which)
{
    return bytes_of(p->p[which], p->n[which]);
}

struct evidence_input snp_forge_input(const struct snp_forged *p)
{
    return (struct evidence_input){
        .evidence = snp_forged_part(p, PC_FORGED_SNP_REPORT),
        .collateral = {.snp_vek = snp_forged_part(p, PC_FORGED_SNP_VEK),
                       .snp_issuer = snp_forged_part(p, PC_FORGED_SNP_ISSUER),
                       .snp_root = snp_forged_part(p, PC_FORGED_SNP_ROOT),
                       .root_crl = snp_forged_part(p, PC_FORGED_SNP_CRL)},
        .evidence_time = p->now,
        .collateral_time = p->now,
        .dates = PC_DATES_FULL,
    };
}

void snp_forge_policy(struct evidence_policy *out, const struct snp_forged *p)
{
    uint8_t roots[4][32] = {{0}};
    ec_sha256(roots[PC_VENDOR_SNP], snp_forged_part(p, PC_FORGED_SNP_ROOT));
    policy_network(out, (const uint8_t(*)[32])roots);
}
