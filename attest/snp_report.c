/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/snp_report.h"

#include "attest/evidence.h"
#include "crypto/raw_tcb.h"

const struct snp_field snp_byte_fields[PC_SNP_FIELDS] = {
    {"family_id", PC_SR_FAMILY_ID, 16},
    {"image_id", PC_SR_IMAGE_ID, 16},
    {"report_data", PC_SR_REPORT_DATA, 64},
    {"measurement", PC_SR_MEASUREMENT, 48},
    {"host_data", PC_SR_HOST_DATA, 32},
    {"id_key_digest", PC_SR_ID_KEY_DIGEST, 48},
    {"author_key_digest", PC_SR_AUTHOR_KEY_DIGEST, 48},
    {"report_id", PC_SR_REPORT_ID, 32},
    {"report_id_ma", PC_SR_REPORT_ID_MA, 32},
    {"chip_id", PC_SR_CHIP_ID, 64},
};

int snp_tcb_at(enum snp_product product, enum snp_tcb_part part)
{
    static const int8_t first[PC_TCB_PARTS] = {-1, 0, 1, 6, 7}; /* Milan, Genoa */
    static const int8_t turin[PC_TCB_PARTS] = {0, 1, 2, 3, 7};
    return product == PC_SNP_TURIN ? turin[part] : first[part];
}

/* Family and model as in the report: base and extended parts already added. */
static enum snp_product product_of(const uint8_t *cpuid)
{
    uint8_t family = cpuid[0], model = cpuid[1];
    if (family == 0x19 && model <= 0x0f)
        return PC_SNP_MILAN;
    if (family == 0x19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf)))
        return PC_SNP_GENOA;
    if (family == 0x1a && model <= 0x11)
        return PC_SNP_TURIN;
    return PC_SNP_PRODUCTS;
}

/* Reserved by the layout of the version. */
static bool reserved_zero(const struct snp_report *r)
{
    static const struct {
        uint16_t at, n;
        uint8_t from, to; /* versions */
    } gaps[] = {
        {0x04c, 4, 2, 5},
        {0x188, 3, 2, 2},
        {0x18b, 21, 2, 5},
        {0x1eb, 1, 2, 5},
        {0x1ef, 1, 2, 5},
        {0x1f8, 16, 2, 4},
        {0x208, 152, 2, 5},
        {PC_SR_SIGNATURE + 48, 24, 2, 5},
        {PC_SR_SIGNATURE + 72 + 48, 24, 2, 5},
        {PC_SR_SIGNATURE + 144, 368, 2, 5},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(gaps); i++)
        if (r->version >= gaps[i].from && r->version <= gaps[i].to &&
            !bytes_all_zero_var(bytes_of(r->p + gaps[i].at, gaps[i].n)))
            return false;
    return (load_le32(r->p + PC_SR_KEY_INFO) & ~PC_SNP_KEY_INFO_KNOWN) == 0 &&
           (load_le64(r->p + PC_SR_POLICY) & ~PC_SNP_POLICY_KNOWN) == 0;
}

bool snp_tcb_clean(const struct snp_report *r, enum snp_product product)
{
    static const uint16_t at[] = {PC_SR_CURRENT_TCB, PC_SR_REPORTED_TCB, PC_SR_COMMITTED_TCB,
                                  PC_SR_LAUNCH_TCB};
    unsigned known = 0;
    for (unsigned part = 0; part < PC_TCB_PARTS; part++) {
        int byte = snp_tcb_at(product, (enum snp_tcb_part)part);
        known |= byte < 0 ? 0 : 1U << byte;
    }
    for (size_t i = 0; i < PC_ARRAY_LEN(at); i++)
        for (unsigned b = 0; b < 8; b++)
            if ((known >> b & 1) == 0 && r->p[at[i] + b] != 0)
                return false;
    return true;
}

bool snp_report_parse(struct snp_report *out, struct verdict *v, struct bytes evidence)
{
    memset(out, 0, sizeof(*out));
    if (evidence.n < PC_SNP_REPORT_LEN) {
        verdict_add(v, PC_R_SNP_LENGTH);
        return false;
    }
    if (evidence.n > PC_EVIDENCE_MAX) {
        verdict_add(v, PC_R_QUOTE_TOO_LARGE);
        return false;
    }
    out->p = evidence.p;
    out->table = bytes_of(evidence.p + PC_SNP_REPORT_LEN, evidence.n - PC_SNP_REPORT_LEN);
    out->version = load_le32(out->p + PC_SR_VERSION);
    if (out->version < PC_SNP_VERSION_MIN || out->version > PC_SNP_VERSION_MAX)
        verdict_add(v, PC_R_VERSION);
    if (load_le32(out->p + PC_SR_SIGNATURE_ALGO) != 1) /* ECDSA P-384 with SHA-384 */
        verdict_add(v, PC_R_SNP_ALGORITHM);
    if (v->reasons[0] != 0 || v->reasons[1] != 0)
        return false;
    out->has_cpuid = out->version >= 3;
    out->cpu = out->has_cpuid ? product_of(out->p + PC_SR_CPUID) : PC_SNP_PRODUCTS;
    if (!reserved_zero(out))
        verdict_add(v, PC_R_SNP_RESERVED);
    for (size_t i = 0; i < 48; i++) {
        out->rs[i] = out->p[PC_SR_SIGNATURE + 47 - i];
        out->rs[48 + i] = out->p[PC_SR_SIGNATURE + 72 + 47 - i];
    }
    return true;
}

struct bytes snp_table_vek(const struct snp_report *r, const struct snp_table *t)
{
    bool vlek = PC_SNP_KEY_SIGNER(load_le32(r->p + PC_SR_KEY_INFO)) == PC_SNP_SIGNED_VLEK;
    return t->entry[vlek ? PC_SNP_ENTRY_VLEK : PC_SNP_ENTRY_VCEK];
}

void snp_report_claims(struct verdict *v, const uint8_t *report, enum snp_product product,
                       bool vlek)
{
    static const struct {
        uint16_t at, n;
    } measured[] = {{PC_SR_MEASUREMENT, 48},   {PC_SR_HOST_DATA, 32},         {PC_SR_POLICY, 8},
                    {PC_SR_ID_KEY_DIGEST, 48}, {PC_SR_AUTHOR_KEY_DIGEST, 48}, {PC_SR_VMPL, 4}},
      tcb[] = {{PC_SR_CURRENT_TCB, 8}, {PC_SR_REPORTED_TCB, 8},  {PC_SR_COMMITTED_TCB, 8},
               {PC_SR_LAUNCH_TCB, 8},  {PC_SR_PLATFORM_INFO, 8}, {PC_SR_LAUNCH_MIT, 8},
               {PC_SR_CURRENT_MIT, 8}};
    const uint8_t *chip = report + PC_SR_CHIP_ID;
    bool masked = (load_le32(report + PC_SR_KEY_INFO) & PC_SNP_KEY_MASKED) != 0;
    uint8_t fields[188], *w = fields;
    for (size_t i = 0; i < PC_ARRAY_LEN(measured); w += measured[i++].n)
        memcpy(w, report + measured[i].at, measured[i].n);
    id_measurement(v->measurement, PC_VENDOR_SNP, PC_BYTES(fields));

    const char *name = snp_product_name(product);
    memcpy(v->product, name, strlen(name));
    memcpy(v->report_data, report + PC_SR_REPORT_DATA, 64);
    v->report_data_len = 64;
    if (!vlek && !masked && !bytes_all_zero_var(bytes_of(chip, 64)))
        id_platform(v->platform, PC_VENDOR_SNP, bytes_of(chip, 64));

    w = v->raw_tcb;
    for (size_t i = 0; i < PC_ARRAY_LEN(tcb); i++, w += 8)
        if (load_le32(report + PC_SR_VERSION) >= 5 || tcb[i].at < PC_SR_LAUNCH_MIT)
            memcpy(w, report + tcb[i].at, 8);
    v->raw_tcb_len = PC_RAW_TCB_SNP;
    verdict_set_claims(v);
}
