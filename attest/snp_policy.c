/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/snp_policy.h"

#include "attest/policy.h"
#include "attest/snp_set.h"

const uint8_t snp_amd_roots[PC_SNP_PRODUCTS][32] = {
    [PC_SNP_MILAN] = {0x69, 0xd0, 0x63, 0xb4, 0x53, 0x44, 0xd2, 0x6a, 0x2e, 0x94, 0xe1,
                      0xf4, 0x21, 0x0d, 0xe4, 0x9e, 0xf5, 0x55, 0x30, 0x82, 0x87, 0xd4,
                      0xc1, 0x74, 0x44, 0x5c, 0x95, 0x63, 0x9a, 0x54, 0x0b, 0xcd},
    [PC_SNP_GENOA] = {0x4c, 0x65, 0x98, 0xd1, 0x9c, 0x18, 0x71, 0x9c, 0x5d, 0xfd, 0x4a,
                      0x7d, 0x33, 0x5f, 0x67, 0x4e, 0x5b, 0xfe, 0x1d, 0x8f, 0x80, 0x0c,
                      0xea, 0x2c, 0xf2, 0x70, 0xc1, 0x0d, 0x10, 0x3d, 0xb2, 0xf1},
    [PC_SNP_TURIN] = {0x1f, 0x08, 0x41, 0x61, 0xa4, 0x4b, 0xb6, 0xd9, 0x37, 0x78, 0xa9,
                      0x04, 0x87, 0x7d, 0x48, 0x19, 0xca, 0xfa, 0x5d, 0x05, 0xef, 0x41,
                      0x93, 0xb2, 0xde, 0xd9, 0xdd, 0x9c, 0x73, 0xdd, 0x3f, 0x6a},
};

const struct snp_field snp_fixed_fields[PC_SNP_FIX_COUNT] = {
    [PC_SNP_FIX_MEASUREMENT] = {"measurement", PC_SR_MEASUREMENT, 48},
    [PC_SNP_FIX_HOST_DATA] = {"host_data", PC_SR_HOST_DATA, 32},
    [PC_SNP_FIX_ID_KEY] = {"id_key_digest", PC_SR_ID_KEY_DIGEST, 48},
    [PC_SNP_FIX_AUTHOR_KEY] = {"author_key_digest", PC_SR_AUTHOR_KEY_DIGEST, 48},
    [PC_SNP_FIX_FAMILY] = {"family_id", PC_SR_FAMILY_ID, 16},
    [PC_SNP_FIX_IMAGE] = {"image_id", PC_SR_IMAGE_ID, 16},
};

void snp_policy_default(struct snp_policy *out, bool crl_required)
{
    memset(out, 0, sizeof(*out));
    memcpy(out->root_sha256, snp_amd_roots, sizeof(out->root_sha256));
    out->products = (1U << PC_SNP_PRODUCTS) - 1;
    out->crl_required = crl_required;
    out->vlek_allowed = true;
}

/* Component by component (attestation.md 2.2). */
static bool tcb_at_least(const uint8_t *have, const uint8_t min[PC_TCB_PARTS], enum snp_product p)
{
    for (unsigned part = 0; part < PC_TCB_PARTS; part++) {
        int at = snp_tcb_at(p, (enum snp_tcb_part)part);
        if (at >= 0 ? have[at] < min[part] : min[part] > 0)
            return false;
    }
    return true;
}

static bool tcb_not_above(const uint8_t *low, const uint8_t *high)
{
    for (size_t i = 0; i < 8; i++)
        if (low[i] > high[i])
            return false;
    return true;
}

static void check_tcb(struct verdict *v, const struct snp_policy *p, const struct snp_report *r,
                      enum snp_product product)
{
    const uint8_t *current = r->p + PC_SR_CURRENT_TCB, *reported = r->p + PC_SR_REPORTED_TCB;
    const uint8_t *committed = r->p + PC_SR_COMMITTED_TCB, *launch = r->p + PC_SR_LAUNCH_TCB;
    if (!tcb_not_above(committed, current) || !tcb_not_above(reported, committed))
        verdict_add(v, PC_R_SNP_TCB_ORDER);
    if (!tcb_at_least(reported, p->min_tcb[product], product) ||
        !tcb_at_least(committed, p->min_tcb[product], product) ||
        !tcb_at_least(launch, p->min_tcb[product], product))
        verdict_add(v, PC_R_MIN_TCB);
}

static bool version_at_least(const uint8_t *build_minor_major, const uint8_t min[static 3])
{
    const uint8_t *b = build_minor_major;
    return load_be32((const uint8_t[]){0, b[2], b[1], b[0]}) >=
           load_be32((const uint8_t[]){0, min[0], min[1], min[2]});
}

static void check_firmware(struct verdict *v, const struct snp_policy *p,
                           const struct snp_report *r)
{
    const uint8_t *policy = r->p + PC_SR_POLICY; /* ABI minor, major */
    if (!version_at_least(r->p + PC_SR_CURRENT_VERSION, p->min_firmware) ||
        !version_at_least(r->p + PC_SR_COMMITTED_VERSION, p->min_firmware) ||
        load_le16(policy) < load_be16(p->min_abi))
        verdict_add(v, PC_R_SNP_FIRMWARE);
}

static void check_guest(struct verdict *v, const struct snp_policy *p, const struct snp_report *r)
{
    uint64_t policy = load_le64(r->p + PC_SR_POLICY);
    uint64_t platform = load_le64(r->p + PC_SR_PLATFORM_INFO);
    uint64_t mit = r->version >= 5
                       ? load_le64(r->p + PC_SR_LAUNCH_MIT) & load_le64(r->p + PC_SR_CURRENT_MIT)
                       : 0;
    if ((policy & PC_SNP_POLICY_DEBUG) != 0)
        verdict_add(v, PC_R_SNP_DEBUG);
    if ((policy & PC_SNP_POLICY_MIGRATE_MA) != 0)
        verdict_add(v, PC_R_SNP_MIGRATE);
    if ((policy & PC_SNP_POLICY_ONE) == 0 || (policy & p->policy_required) != p->policy_required ||
        (policy & p->policy_forbidden) != 0)
        verdict_add(v, PC_R_SNP_POLICY);
    v->vmpl = load_le32(r->p + PC_SR_VMPL);
    if (v->vmpl > p->max_vmpl)
        verdict_add(v, PC_R_SNP_VMPL);
    if ((platform & p->platform_required) != p->platform_required)
        verdict_add(v, PC_R_SNP_PLATFORM_INFO);
    if ((mit & p->mit_required) != p->mit_required)
        verdict_add(v, PC_R_SNP_MITIGATIONS);
    if (load_le32(r->p + PC_SR_GUEST_SVN) < p->min_guest_svn)
        verdict_add(v, PC_R_SNP_GUEST);
}

static bool csp_listed(const struct snp_policy *p, struct bytes id)
{
    for (size_t i = 0; i < p->csp_count; i++)
        if (bytes_equal_var(id,
                            bytes_of(p->csp_ids[i], strnlen(p->csp_ids[i], sizeof(p->csp_ids[i])))))
            return true;
    return p->csp_count == 0;
}

static bool one_of(const uint8_t *value, const uint8_t (*list)[32], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(value, list[i], 32) == 0)
            return true;
    return count == 0;
}

static void check_fixed(struct verdict *v, const struct snp_policy *p, const struct snp_report *r)
{
    for (size_t i = 0; i < PC_SNP_FIX_COUNT; i++) {
        const struct snp_field *f = &snp_fixed_fields[i];
        bool id = i == PC_SNP_FIX_FAMILY || i == PC_SNP_FIX_IMAGE;
        if (p->fixed_set[i] && memcmp(r->p + f->at, p->fixed[i], f->n) != 0)
            verdict_add(v, id ? PC_R_SNP_GUEST : PC_R_MEASUREMENT);
    }
}

void snp_policy_check(struct verdict *v, const struct evidence_policy *p,
                      const struct snp_report *r, const struct snp_set *s)
{
    const struct snp_policy *snp = &p->snp;
    if ((snp->products >> s->product & 1) == 0)
        verdict_add(v, PC_R_SNP_PRODUCT_DENIED);
    if (s->vlek && !snp->vlek_allowed)
        verdict_add(v, PC_R_SNP_VLEK);
    if (s->vlek && !csp_listed(snp, s->leaf.vek.csp_id))
        verdict_add(v, PC_R_SNP_CSP);
    check_tcb(v, snp, r, s->product);
    check_firmware(v, snp, r);
    check_guest(v, snp, r);
    check_fixed(v, snp, r);
    if (!one_of(v->measurement, (const uint8_t(*)[32])p->measurements, p->measurement_count))
        verdict_add(v, PC_R_MEASUREMENT);
    if ((p->platform_required && bytes_all_zero_var(PC_BYTES(v->platform))) ||
        !one_of(v->platform, (const uint8_t(*)[32])snp->platforms, snp->platform_count))
        verdict_add(v, PC_R_PLATFORM);
    if (p->report_data_set && memcmp(v->report_data, p->report_data, PC_REPORT_DATA_LEN) != 0)
        verdict_add(v, PC_R_REPORT_DATA);
}
