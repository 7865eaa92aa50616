/* SPDX-License-Identifier: Apache-2.0 */
/* What is changed before anything is built and signed. */
#include "tests/tools/snp_plan.h"

static uint64_t below(struct rng_seeded *r, uint64_t n)
{
    return mutate_below(r, n);
}

static bool half(struct rng_seeded *r)
{
    return below(r, 2) == 0;
}

/* --- the report --- */

static void rep_version(struct snp_forge *f, struct rng_seeded *r)
{
    store_le32(f->report + PC_SR_VERSION, (uint32_t)below(r, 8));
}
static void rep_guest_svn(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_fill(r, f->report + PC_SR_GUEST_SVN, 4);
}
static void rep_policy_bit(struct snp_forge *f, struct rng_seeded *r)
{
    size_t bit = half(r) ? 16 + below(r, 10) : below(r, 64);
    f->report[PC_SR_POLICY + bit / 8] ^= (uint8_t)(1U << bit % 8);
}
/* The bit that is always set, MIGRATE_MA or DEBUG. */
static void rep_policy_rule(struct snp_forge *f, struct rng_seeded *r)
{
    size_t bit = 17 + below(r, 3);
    f->report[PC_SR_POLICY + bit / 8] ^= (uint8_t)(1U << bit % 8);
}
static void rep_ids(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_fill(r, f->report + PC_SR_FAMILY_ID, 32);
}
static void rep_vmpl(struct snp_forge *f, struct rng_seeded *r)
{
    store_le32(f->report + PC_SR_VMPL,
               half(r) ? (uint32_t)below(r, 5) : UINT32_C(1) << below(r, 32));
}
static void rep_algorithm(struct snp_forge *f, struct rng_seeded *r)
{
    store_le32(f->report + PC_SR_SIGNATURE_ALGO, (uint32_t)below(r, 4));
}
static const uint16_t tcb_at[] = {PC_SR_CURRENT_TCB, PC_SR_COMMITTED_TCB, PC_SR_REPORTED_TCB,
                                  PC_SR_LAUNCH_TCB};
static void rep_tcb(struct snp_forge *f, struct rng_seeded *r)
{
    uint8_t *b = f->report + tcb_at[below(r, PC_ARRAY_LEN(tcb_at))] + below(r, 8);
    *b = (uint8_t)(half(r) ? *b + below(r, 3) - 1U : below(r, 256));
}
static void rep_current_newer(struct snp_forge *f, struct rng_seeded *r)
{
    static const uint8_t first[] = {0, 1, 6, 7}, fifth[] = {0, 1, 2, 3, 7};
    size_t at = f->chip.product == PC_SNP_TURIN ? fifth[below(r, sizeof(fifth))]
                                                : first[below(r, sizeof(first))];
    f->report[PC_SR_CURRENT_TCB + at] += (uint8_t)below(r, 30);
    f->report[PC_SR_LAUNCH_TCB + at] = (uint8_t)below(r, 256);
}
static void rep_platform_info(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_flip(r, f->report + PC_SR_PLATFORM_INFO, 8);
}
static void rep_key_info(struct snp_forge *f, struct rng_seeded *r)
{
    if (half(r))
        f->report[PC_SR_KEY_INFO] ^= (uint8_t)(1U << below(r, 5));
    else
        mutate_flip(r, f->report + PC_SR_KEY_INFO, 4);
}
static void rep_author_key(struct snp_forge *f, struct rng_seeded *r)
{
    f->report[PC_SR_KEY_INFO] |= 1;
    mutate_fill(r, f->report + PC_SR_ID_KEY_DIGEST, 96);
}
static void rep_report_data(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_fill(r, f->report + PC_SR_REPORT_DATA, 64);
}
static void rep_measured(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_fill(r, f->report + PC_SR_MEASUREMENT, 48 + 32);
}
static void rep_report_id(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_fill(r, f->report + PC_SR_REPORT_ID, 64);
}
static void rep_cpuid(struct snp_forge *f, struct rng_seeded *r)
{
    static const uint8_t known[][2] = {{0x19, 0x00}, {0x19, 0x0f}, {0x19, 0x10}, {0x19, 0x1f},
                                       {0x19, 0x20}, {0x19, 0x9f}, {0x19, 0xa0}, {0x19, 0xaf},
                                       {0x19, 0xb0}, {0x1a, 0x00}, {0x1a, 0x11}, {0x1a, 0x12}};
    uint8_t *b = f->report + PC_SR_CPUID;
    if (half(r))
        memcpy(b, known[below(r, PC_ARRAY_LEN(known))], 2);
    else
        b[below(r, 3)] = (uint8_t)below(r, 256);
}
static void rep_reserved(struct snp_forge *f, struct rng_seeded *r)
{
    static const struct {
        uint16_t at, n;
    } gaps[] = {{0x04c, 4}, {0x18b, 21}, {0x1eb, 1}, {0x1ef, 1}, {0x208, 152}, {0x038, 8}};
    size_t i = below(r, PC_ARRAY_LEN(gaps));
    mutate_flip(r, f->report + gaps[i].at, gaps[i].n);
}
static void rep_chip_id(struct snp_forge *f, struct rng_seeded *r)
{
    uint8_t *id = f->report + PC_SR_CHIP_ID;
    if (half(r))
        memset(id, 0, 64);
    else
        mutate_flip(r, id, 64);
}
static void rep_firmware(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_fill(r, f->report + PC_SR_CURRENT_VERSION, 3);
    mutate_fill(r, f->report + PC_SR_COMMITTED_VERSION, 3);
}
static void rep_mitigations(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_fill(r, f->report + PC_SR_LAUNCH_MIT, 16); /* reserved before version 5 */
}
static void rep_any_byte(struct snp_forge *f, struct rng_seeded *r)
{
    f->report[below(r, PC_SNP_SIGNED_LEN)] = (uint8_t)below(r, 256);
}
static void rep_wrong_key(struct snp_forge *f, struct rng_seeded *r)
{
    (void)r;
    f->report_key = &f->stranger_ec;
}

/* --- certificates --- */

static struct sim_amd_cert *issuer(struct snp_forge *f)
{
    return f->chip.vlek ? &f->certs.asvk : &f->certs.ask;
}
static struct sim_amd_cert *some_cert(struct snp_forge *f, struct rng_seeded *r)
{
    return below(r, 3) == 0 ? issuer(f) : &f->leaf;
}
static void cert_dates(struct snp_forge *f, struct rng_seeded *r)
{
    struct sim_amd_cert *c = some_cert(f, r);
    mutate_dates(&c->not_before, &c->not_after, f->now, r);
}
static const char *some_name(struct rng_seeded *r)
{
    static const char *const names[] = {
        "ARK-Milan",      "ARK-Genoa",      "SEV-Milan",      "SEV-Genoa", "SEV-Turin",
        "SEV-VLEK-Milan", "SEV-VLEK-Genoa", "SEV-VLEK-Turin", "SEV-VCEK",  "SEV-VLEK",
        "SEV-VCEK ",      "sev-vcek",       "SEV-Rome",       ""};
    return names[below(r, PC_ARRAY_LEN(names))];
}
static void cert_subject(struct snp_forge *f, struct rng_seeded *r)
{
    some_cert(f, r)->subject_cn = some_name(r);
}
static void cert_issuer_name(struct snp_forge *f, struct rng_seeded *r)
{
    some_cert(f, r)->issuer_cn = some_name(r);
}
static void cert_both_names(struct snp_forge *f, struct rng_seeded *r)
{
    issuer(f)->subject_cn = f->leaf.issuer_cn = some_name(r);
}
static void cert_serial(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_fill(r, some_cert(f, r)->serial, below(r, 5));
}
static void cert_signer(struct snp_forge *f, struct rng_seeded *r)
{
    const struct sim_rsa *keys[] = {&f->stranger, &f->amd.ark.key, &f->amd.ask.key,
                                    &f->amd.asvk.key};
    some_cert(f, r)->signer = keys[below(r, PC_ARRAY_LEN(keys))];
}
static void cert_pss(struct snp_forge *f, struct rng_seeded *r)
{
    struct sim_amd_cert *c = some_cert(f, r);
    c->pss = (enum sim_pss)below(r, 4);
    c->outer_pss = half(r) ? c->pss : (enum sim_pss)below(r, 4);
}
static void cert_pss_other_form(struct snp_forge *f, struct rng_seeded *r)
{
    struct sim_amd_cert *c = some_cert(f, r);
    c->pss = c->outer_pss = c->pss == PC_SIM_PSS_PLAIN ? PC_SIM_PSS_TRAILER : PC_SIM_PSS_PLAIN;
}
static void cert_ca_flag(struct snp_forge *f, struct rng_seeded *r)
{
    struct sim_amd_cert *c = some_cert(f, r);
    c->is_ca = !c->is_ca;
}
static void cert_usage(struct snp_forge *f, struct rng_seeded *r)
{
    issuer(f)->usage = (uint8_t)(half(r) ? 1U << below(r, 8) : below(r, 256));
}
static void cert_path_len(struct snp_forge *f, struct rng_seeded *r)
{
    issuer(f)->path_len = (int)below(r, 4) - 1;
}
static void cert_exponent(struct snp_forge *f, struct rng_seeded *r)
{
    static const uint32_t e[] = {3, 17, 65537, 65539};
    issuer(f)->exponent = e[below(r, PC_ARRAY_LEN(e))];
}
static void cert_key_kind(struct snp_forge *f, struct rng_seeded *r)
{
    struct sim_amd_cert *c = some_cert(f, r);
    if (c->rsa == NULL)
        c->rsa = f->amd.ask.key.n;
    else {
        c->rsa = NULL;
        c->ec = f->chip.key.xy;
    }
}
static void other_product(struct snp_forge *f, struct rng_seeded *r)
{
    /* The authority's name is the other product's, everything else stays. */
    enum snp_product p = (enum snp_product)below(r, PC_SNP_PRODUCTS);
    issuer(f)->subject_cn = f->leaf.issuer_cn = sim_amd_issuer_cn(p, f->chip.vlek);
}
static void other_kind(struct snp_forge *f, struct rng_seeded *r)
{
    (void)r; /* a VCEK below the ASVK, or the reverse, with the names that belong there */
    f->chip.vlek = !f->chip.vlek;
    f->leaf.issuer_cn = sim_amd_issuer_cn(f->amd.product, f->chip.vlek);
    f->leaf.signer = f->chip.vlek ? &f->amd.asvk.key : &f->amd.ask.key;
    if (half(r))
        f->leaf.subject_cn = f->chip.vlek ? "SEV-VLEK" : "SEV-VCEK";
    if (half(r))
        store_le32(f->report + PC_SR_KEY_INFO, f->chip.vlek ? PC_SNP_SIGNED_VLEK << 2 : 0);
}
static void foreign_root(struct snp_forge *f, struct rng_seeded *r)
{
    (void)r; /* everything below is signed again with it */
    f->amd.ark.key = f->stranger;
}

/* --- what a VCEK or VLEK says --- */

static void vek_struct_version(struct snp_forge *f, struct rng_seeded *r)
{
    f->leaf.vek.struct_version = (uint32_t)below(r, 4);
}
static void vek_product(struct snp_forge *f, struct rng_seeded *r)
{
#define TEXT(s)                                                                                    \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }
    static const struct bytes names[] = {
        TEXT("Milan"),
        TEXT("Genoa"),
        TEXT("Turin"),
        TEXT("Milan-B1"),
        TEXT("Genoa-B2"),
        TEXT("Turin-"),
        TEXT("MilanX"),
        TEXT("milan"),
        TEXT("Mila"),
        TEXT("Milan\0"),
        TEXT("Genoa\0"),
        TEXT("Turin\0\0"),
        TEXT("Milan-0123456789012345678901234567890123456789"),
        TEXT("Genoa-01234567890123456789012345"),
        TEXT("Turin-012345678901234567890123456"),
    };
    f->leaf.vek.product = names[below(r, PC_ARRAY_LEN(names))];
}
static void vek_level(struct snp_forge *f, struct rng_seeded *r)
{
    uint8_t *b = &f->leaf.vek.spl[1 + below(r, PC_SPL_COUNT - 1)];
    *b = half(r) ? (uint8_t)(*b + 1) : (uint8_t)below(r, 256);
}
static void vek_level_and_report(struct snp_forge *f, struct rng_seeded *r)
{
    static const uint8_t part[] = {PC_SPL_BL, PC_SPL_TEE, PC_SPL_SNP, PC_SPL_UCODE};
    f->leaf.vek.spl[part[below(r, sizeof(part))]] = (uint8_t)below(r, 256);
    snp_vek_tcb(f->report + PC_SR_REPORTED_TCB, f->chip.product, &f->leaf.vek);
    memset(f->report + PC_SR_COMMITTED_TCB, 0, 8);
    for (size_t i = 0; i < 8; i++) {
        uint8_t reported = f->report[PC_SR_REPORTED_TCB + i], *c = f->report + PC_SR_COMMITTED_TCB;
        c[i] = reported;
        if (f->report[PC_SR_CURRENT_TCB + i] < reported)
            f->report[PC_SR_CURRENT_TCB + i] = reported;
    }
}
static void vek_level_presence(struct snp_forge *f, struct rng_seeded *r)
{
    f->leaf.vek.spl_present ^= (uint16_t)(1U << (1 + below(r, PC_SPL_COUNT - 1)));
}
static void vek_ucode(struct snp_forge *f, struct rng_seeded *r)
{
    static const struct bytes values[] = {
        TEXT("\x02\x02\x00\xdb"), TEXT("\x02\x02\x01\xdb"),
        TEXT("\x02\x01\xdb"),     TEXT("\x02\x02\x00\x54"),
        TEXT("\x02\x01\x54"),     TEXT("\x02\x00"),
        TEXT("\x0a\x01\x54"),     TEXT("\x02\x01\x54\x00"),
        TEXT("\x02\x01\x51"),     TEXT("\x54"),
    };
    f->leaf.ucode = values[below(r, PC_ARRAY_LEN(values))];
}
static void vek_hwid_wrapped(struct snp_forge *f, struct rng_seeded *r)
{
    (void)r;
    f->leaf.hwid_wrapped = true;
}
static void vek_hwid_raw(struct snp_forge *f, struct rng_seeded *r)
{
    static uint8_t value[66];
    static const size_t sizes[] = {8, 10, 16, 32, 63, 64, 65, 66};
    static const uint8_t heads[][2] = {{0x04, 0x40}, {0x04, 0x08}, {0x02, 0x40}, {0x02, 0x08}};
    size_t n = sizes[below(r, PC_ARRAY_LEN(sizes))];
    mutate_fill(r, value, sizeof(value));
    if (half(r))
        memcpy(value, heads[below(r, PC_ARRAY_LEN(heads))], 2);
    f->leaf.hwid = bytes_of(value, n);
    if (half(r)) { /* and the report is of that chip */
        size_t skip = n == 66 || n == 10 ? 2 : 0, id = n - skip;
        memset(f->report + PC_SR_CHIP_ID, 0, 64);
        memcpy(f->report + PC_SR_CHIP_ID, value + skip, id < 64 ? id : 64);
    }
}
static void vek_hwid_presence(struct snp_forge *f, struct rng_seeded *r)
{
    (void)r;
    f->leaf.vek.hwid = f->leaf.vek.hwid.n > 0 ? bytes_of(NULL, 0)
                                              : bytes_of(f->chip.chip_id, sizeof(f->chip.chip_id));
}
static void vek_csp(struct snp_forge *f, struct rng_seeded *r)
{
    static const struct bytes ids[] = {
        TEXT(""), TEXT("CN=cc-other-2.example"),
        TEXT("0123456789012345678901234567890123456789012345678901")};
    f->leaf.vek.csp_id = ids[below(r, PC_ARRAY_LEN(ids))];
}
static void vek_duplicate(struct snp_forge *f, struct rng_seeded *r)
{
    (void)r;
    f->leaf.duplicate_ucode = true;
}
static void vek_strange(struct snp_forge *f, struct rng_seeded *r)
{
    f->leaf.strange = true;
    f->leaf.critical = half(r);
}
static void vek_critical(struct snp_forge *f, struct rng_seeded *r)
{
    (void)r;
    f->leaf.amd_critical = true;
}
static void vek_key(struct snp_forge *f, struct rng_seeded *r)
{
    static uint8_t point[96];
    memcpy(point, f->chip.key.xy, 96);
    if (half(r))
        mutate_flip(r, point, 96); /* off the curve */
    else
        memcpy(point, f->stranger_ec.xy, 96);
    f->leaf.ec = point;
}

/* --- the list --- */

static void crl_dates(struct snp_forge *f, struct rng_seeded *r)
{
    mutate_dates(&f->crl.this_update, &f->crl.next_update, f->now, r);
}
static void crl_issuer(struct snp_forge *f, struct rng_seeded *r)
{
    f->crl.issuer_cn = some_name(r);
}
static void crl_signer(struct snp_forge *f, struct rng_seeded *r)
{
    f->crl.signer = half(r) ? &f->stranger : &f->amd.ask.key;
}
static void crl_pss(struct snp_forge *f, struct rng_seeded *r)
{
    f->crl.pss = (enum sim_pss)below(r, 4);
}
static void crl_revokes(struct snp_forge *f, struct rng_seeded *r)
{
    const uint8_t *serials[] = {issuer(f)->serial, f->certs.ark.serial, f->certs.ask.serial,
                                f->certs.asvk.serial};
    f->crl.revoked_count = 1 + below(r, 2);
    for (size_t i = 0; i < f->crl.revoked_count; i++) {
        memcpy(f->revoked[i], serials[below(r, PC_ARRAY_LEN(serials))], 4);
        if (half(r)) /* somebody else's instead */
            mutate_flip(r, f->revoked[i], 4);
    }
}
static void crl_number(struct snp_forge *f, struct rng_seeded *r)
{
    f->crl.number = (uint32_t)below(r, UINT32_MAX);
}

/* --- time --- */

static void other_time(struct snp_forge *f, struct rng_seeded *r)
{
    const uint64_t day = 86400;
    f->now = f->now - 6 * day + below(r, 400 * day);
}

/* --- all of them --- */

#define OP(name, weight)                                                                           \
    {                                                                                              \
#name, weight, name                                                                        \
    }
const struct snp_plan_op snp_plan_ops[] = {
    OP(rep_version, 3),
    OP(rep_guest_svn, 3),
    OP(rep_policy_bit, 4),
    OP(rep_policy_rule, 2),
    OP(rep_ids, 3),
    OP(rep_vmpl, 2),
    OP(rep_algorithm, 1),
    OP(rep_tcb, 4),
    OP(rep_current_newer, 4),
    OP(rep_platform_info, 4),
    OP(rep_key_info, 3),
    OP(rep_author_key, 3),
    OP(rep_report_data, 3),
    OP(rep_measured, 3),
    OP(rep_report_id, 3),
    OP(rep_cpuid, 3),
    OP(rep_reserved, 3),
    OP(rep_chip_id, 2),
    OP(rep_firmware, 3),
    OP(rep_mitigations, 3),
    OP(rep_any_byte, 3),
    OP(rep_wrong_key, 1),
    OP(cert_dates, 3),
    OP(cert_subject, 1),
    OP(cert_issuer_name, 1),
    OP(cert_both_names, 1),
    OP(cert_serial, 3),
    OP(cert_signer, 1),
    OP(cert_pss, 1),
    OP(cert_pss_other_form, 3),
    OP(cert_ca_flag, 1),
    OP(cert_usage, 1),
    OP(cert_path_len, 2),
    OP(cert_exponent, 1),
    OP(cert_key_kind, 1),
    OP(other_product, 1),
    OP(other_kind, 1),
    OP(foreign_root, 1),
    OP(vek_struct_version, 2),
    OP(vek_product, 3),
    OP(vek_level, 1),
    OP(vek_level_and_report, 3),
    OP(vek_level_presence, 1),
    OP(vek_ucode, 1),
    OP(vek_hwid_wrapped, 3),
    OP(vek_hwid_raw, 2),
    OP(vek_hwid_presence, 1),
    OP(vek_csp, 1),
    OP(vek_duplicate, 1),
    OP(vek_strange, 2),
    OP(vek_critical, 1),
    OP(vek_key, 1),
    OP(crl_dates, 3),
    OP(crl_issuer, 1),
    OP(crl_signer, 1),
    OP(crl_pss, 2),
    OP(crl_revokes, 3),
    OP(crl_number, 3),
    OP(other_time, 3),
};
const size_t snp_plan_ops_n = PC_ARRAY_LEN(snp_plan_ops);
