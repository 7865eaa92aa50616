/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/amd.h"

#include "crypto/ids.h"

#define DAY  UINT64_C(86400)
#define YEAR (365 * DAY)

/* A guest's POLICY: SMT allowed, and the bit that is always set (docs/decisions/0121). */
#define SIM_POLICY (PC_SNP_POLICY_SMT | PC_SNP_POLICY_ONE)

const char *sim_amd_ark_cn(enum snp_product p)
{
    static const char *const names[] = {"ARK-Milan", "ARK-Genoa", "ARK-Turin"};
    return names[p];
}

const char *sim_amd_issuer_cn(enum snp_product p, bool vlek)
{
    static const char *const ask[] = {"SEV-Milan", "SEV-Genoa", "SEV-Turin"};
    static const char *const asvk[] = {"SEV-VLEK-Milan", "SEV-VLEK-Genoa", "SEV-VLEK-Turin"};
    return vlek ? asvk[p] : ask[p];
}

void sim_amd_params(struct sim_amd_params *out, const struct sim_amd *v, uint64_t now)
{
    out->ark = (struct sim_amd_cert){
        .issuer_cn = sim_amd_ark_cn(v->product),
        .subject_cn = sim_amd_ark_cn(v->product),
        .not_before = now,
        .not_after = now + 25 * YEAR,
        .rsa = v->ark.key.n,
        .signer = &v->ark.key,
        .is_ca = true,
        .path_len = -1,
        .usage = PC_USAGE_CERT_SIGN | PC_USAGE_CRL_SIGN,
    };
    out->ask = out->ark;
    out->ask.subject_cn = sim_amd_issuer_cn(v->product, false);
    out->ask.rsa = v->ask.key.n;
    out->ask.path_len = 0;
    out->ask.usage = PC_USAGE_CERT_SIGN;
    out->asvk = out->ask;
    out->asvk.subject_cn = sim_amd_issuer_cn(v->product, true);
    out->asvk.rsa = v->asvk.key.n;
    memcpy(out->ark.serial, v->ark.serial, 4);
    memcpy(out->ask.serial, v->ask.serial, 4);
    memcpy(out->asvk.serial, v->asvk.serial, 4);
}

static void certify(struct sim_amd_ca *out, const struct sim_amd_cert *c)
{
    static struct derw w;
    w.n = 0;
    struct bytes der = sim_amd_cert_build(&w, c);
    if (der.n > sizeof(out->der))
        pc_bug("a simulated certificate is too large");
    memcpy(out->der, der.p, der.n);
    out->der_n = der.n;
}

void sim_amd_certify(struct sim_amd *v, enum snp_product product, uint64_t now)
{
    struct sim_amd_params p;
    const uint32_t base = 0x10000 * ((uint32_t)product + 1);
    v->product = product;
    store_be32(v->ark.serial, base);
    store_be32(v->ask.serial, base + 1);
    store_be32(v->asvk.serial, base + 0x101);
    sim_amd_params(&p, v, now);
    certify(&v->ark, &p.ark);
    certify(&v->ask, &p.ask);
    certify(&v->asvk, &p.asvk);
}

void sim_amd_new(struct sim_amd *out, struct rng *rng, enum snp_product product, uint64_t now)
{
    memset(out, 0, sizeof(*out));
    sim_rsa_new(&out->ark.key, rng);
    sim_rsa_new(&out->ask.key, rng);
    sim_rsa_new(&out->asvk.key, rng);
    sim_amd_certify(out, product, now);
}

void sim_amd_crl_params(struct sim_amd_crl *out, const struct sim_amd *v, uint64_t now)
{
    *out = (struct sim_amd_crl){
        .issuer_cn = sim_amd_ark_cn(v->product),
        .this_update = now,
        .next_update = now + 60 * DAY,
        .number = 1,
        .signer = &v->ark.key,
        .pss = PC_SIM_PSS_PLAIN,
    };
}

void sim_chip_new(struct sim_chip *out, struct rng *rng, enum snp_product product, bool vlek)
{
    static const uint8_t tcbs[PC_SNP_PRODUCTS][8] = {
        [PC_SNP_MILAN] = {4, 0, 0, 0, 0, 0, 24, 219},
        [PC_SNP_GENOA] = {10, 0, 0, 0, 0, 0, 23, 84},
        [PC_SNP_TURIN] = {1, 1, 1, 4, 0, 0, 0, 81},
    };
    memset(out, 0, sizeof(*out));
    out->product = product;
    out->vlek = vlek;
    memcpy(out->tcb, tcbs[product], 8);
    if (!vlek) {
        rng_fill(rng, out->chip_id, product == PC_SNP_TURIN ? 8 : 64);
        out->chip_id[0] |= 1; /* never the zero that means "none" */
    }
    sim_key384_new(&out->key, rng);
}

static void patch_levels(struct snp_vek *v, const struct sim_chip *chip)
{
    static const uint8_t first[8] = {PC_SPL_BL, PC_SPL_TEE, PC_SPL_4,   PC_SPL_5,
                                     PC_SPL_6,  PC_SPL_7,   PC_SPL_SNP, PC_SPL_UCODE};
    static const uint8_t turin[8] = {PC_SPL_FMC, PC_SPL_BL, PC_SPL_TEE, PC_SPL_SNP,
                                     PC_SPL_5,   PC_SPL_6,  PC_SPL_7,   PC_SPL_UCODE};
    const uint8_t *order = chip->product == PC_SNP_TURIN ? turin : first;
    for (size_t i = 0; i < 8; i++) {
        v->spl[order[i]] = chip->tcb[i];
        v->spl_present |= (uint16_t)(1U << order[i]);
    }
}

void sim_chip_cert(struct sim_amd_cert *out, const struct sim_amd *v, const struct sim_chip *chip,
                   uint64_t now)
{
    static const struct bytes names[PC_SNP_PRODUCTS] = {{(const uint8_t *)"Milan-B0", 8},
                                                        {(const uint8_t *)"Genoa", 5},
                                                        {(const uint8_t *)"Turin", 5}};
    const bool turin = chip->product == PC_SNP_TURIN;
    *out = (struct sim_amd_cert){
        .issuer_cn = sim_amd_issuer_cn(v->product, chip->vlek),
        .subject_cn = chip->vlek ? "SEV-VLEK" : "SEV-VCEK",
        .not_before = now,
        .not_after = now + (chip->vlek ? 1 : 7) * YEAR,
        .ec = chip->key.xy,
        .signer = chip->vlek ? &v->asvk.key : &v->ask.key,
        .pss = PC_SIM_PSS_PLAIN,
        .outer_pss = PC_SIM_PSS_PLAIN,
        .path_len = -1,
        .is_leaf = true,
    };
    out->vek.struct_version = turin;
    out->vek.product = names[chip->product];
    if (chip->vlek) {
        out->vek.product.n = 5; /* without the stepping */
        out->vek.csp_id = PC_BYTES_STR("CN=cc-sim-1.example");
    } else
        out->vek.hwid = bytes_of(chip->chip_id, turin ? 8 : 64);
    patch_levels(&out->vek, chip);
}

void sim_report_default(uint8_t out[static PC_SNP_REPORT_LEN], uint32_t version,
                        const struct sim_chip *chip, const uint8_t *measurement,
                        const uint8_t *host_data, const uint8_t report_data[static 64],
                        struct rng *rng)
{
    static const uint16_t tcbs[] = {PC_SR_CURRENT_TCB, PC_SR_REPORTED_TCB, PC_SR_COMMITTED_TCB,
                                    PC_SR_LAUNCH_TCB};
    static const uint8_t cpuid[PC_SNP_PRODUCTS][3] = {
        {0x19, 0x01, 0x01}, {0x19, 0x11, 0x01}, {0x1a, 0x02, 0x01}};
    static const uint8_t firmware[3] = {40, 55, 1}; /* 1.55 build 40 */
    memset(out, 0, PC_SNP_REPORT_LEN);
    store_le32(out + PC_SR_VERSION, version);
    store_le64(out + PC_SR_POLICY, SIM_POLICY);
    store_le32(out + PC_SR_SIGNATURE_ALGO, 1);
    store_le64(out + PC_SR_PLATFORM_INFO, 0x25); /* SMT, ECC, alias check complete */
    store_le32(out + PC_SR_KEY_INFO, chip->vlek ? PC_SNP_SIGNED_VLEK << 2 : 0);
    memcpy(out + PC_SR_REPORT_DATA, report_data, 64);
    if (measurement != NULL)
        memcpy(out + PC_SR_MEASUREMENT, measurement, 48);
    if (host_data != NULL)
        memcpy(out + PC_SR_HOST_DATA, host_data, 32);
    rng_fill(rng, out + PC_SR_REPORT_ID, 32);
    memset(out + PC_SR_REPORT_ID_MA, 0xff, 32); /* no migration agent */
    for (size_t i = 0; i < PC_ARRAY_LEN(tcbs); i++)
        memcpy(out + tcbs[i], chip->tcb, 8);
    if (version >= 3)
        memcpy(out + PC_SR_CPUID, cpuid[chip->product], 3);
    memcpy(out + PC_SR_CHIP_ID, chip->chip_id, 64);
    memcpy(out + PC_SR_CURRENT_VERSION, firmware, 3);
    memcpy(out + PC_SR_COMMITTED_VERSION, firmware, 3);
    if (version >= 5) {
        store_le64(out + PC_SR_LAUNCH_MIT, 0x0b);
        store_le64(out + PC_SR_CURRENT_MIT, 0x0b);
    }
}

void sim_report_sign(uint8_t report[static PC_SNP_REPORT_LEN], const struct sim_key384 *key)
{
    uint8_t rs[96], *sig = report + PC_SR_SIGNATURE;
    sim_sign384(rs, key, bytes_of(report, PC_SNP_SIGNED_LEN));
    memset(sig, 0, PC_SNP_REPORT_LEN - PC_SNP_SIGNED_LEN);
    for (size_t i = 0; i < 48; i++) {
        sig[i] = rs[47 - i];
        sig[72 + i] = rs[95 - i];
    }
}

void sim_snp_measurement(uint8_t out[static 32], const uint8_t measurement[static 48],
                         const uint8_t host_data[static 32])
{
    uint8_t fields[188] = {0};
    memcpy(fields, measurement, 48);
    memcpy(fields + 48, host_data, 32);
    store_le64(fields + 80, SIM_POLICY);
    id_measurement(out, PC_VENDOR_SNP, PC_BYTES(fields));
}
