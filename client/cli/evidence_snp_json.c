/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "client/cli/evidence_out.h"
#include "client/cli/evidence_snp.h"

/* "0x1": a bit field, as the vectors write it; digits: at least so many. */
static void out_bits(struct json_out *o, const char *key, uint64_t v, int digits)
{
    char text[32];
    (void)snprintf(text, sizeof(text), "0x%0*llx", digits, (unsigned long long)v);
    json_out_str(o, key, text);
}

static void out_tcb(struct json_out *o, const char *key, const uint8_t *tcb, enum snp_product p)
{
    static const char *const names[PC_TCB_PARTS] = {"fmc", "bl", "tee", "snp", "ucode"};
    json_out_object(o, key);
    out_bits(o, "raw", load_le64(tcb), 16);
    for (unsigned part = 0; part < PC_TCB_PARTS && p != PC_SNP_PRODUCTS; part++) {
        int at = snp_tcb_at(p, (enum snp_tcb_part)part);
        if (at >= 0)
            json_out_u64(o, names[part], tcb[at]);
    }
    json_out_end(o);
}

static void out_version(struct json_out *o, const char *key, const uint8_t *at)
{
    char text[48];
    (void)snprintf(text, sizeof(text), "%u.%u build %u", at[2], at[1], at[0]);
    json_out_str(o, key, text);
}

static void out_policy_flags(struct json_out *o, uint64_t policy)
{
    static const char *const names[] = {"SMT",
                                        "reserved1",
                                        "MIGRATE_MA",
                                        "DEBUG",
                                        "SINGLE_SOCKET",
                                        "CXL_ALLOW",
                                        "MEM_AES_256_XTS",
                                        "RAPL_DIS",
                                        "CIPHERTEXT_HIDING_DRAM",
                                        "PAGE_SWAP_DISABLE"};
    json_out_object(o, "policy_flags");
    json_out_u64(o, "abi_minor", policy & 0xff);
    json_out_u64(o, "abi_major", policy >> 8 & 0xff);
    for (size_t i = 0; i < PC_ARRAY_LEN(names); i++)
        json_out_bool(o, names[i], (policy >> (16 + i) & 1) != 0);
    json_out_end(o);
}

static void out_key_info(struct json_out *o, uint32_t key_info)
{
    uint32_t signer = PC_SNP_KEY_SIGNER(key_info);
    out_bits(o, "key_info", key_info, 1);
    json_out_str(o, "signing_key",
                 signer == PC_SNP_SIGNED_VCEK   ? "VCEK"
                 : signer == PC_SNP_SIGNED_VLEK ? "VLEK"
                 : signer == PC_SNP_SIGNED_NONE ? "none"
                                                : "unknown");
    json_out_bool(o, "mask_chip_key", (key_info & PC_SNP_KEY_MASKED) != 0);
    json_out_bool(o, "author_key_en", (key_info & PC_SNP_KEY_AUTHOR) != 0);
}

static void out_vek(struct json_out *o, const struct snp_cert *c)
{
    static const char *const names[PC_SPL_COUNT] = {NULL,   "bl",   "tee",  "snp",   "spl4",
                                                    "spl5", "spl6", "spl7", "ucode", "fmc"};
    json_out_object(o, "vek");
    evidence_out_text(o, "product_name", c->vek.product);
    json_out_u64(o, "struct_version", c->vek.struct_version);
    if (c->vek.hwid.n > 0)
        evidence_out_hex(o, "hwid", bytes_of(c->vek.hwid.p, c->vek.hwid.n));
    else
        json_out_null(o, "hwid");
    if (c->vek.csp_id.n > 0)
        evidence_out_text(o, "csp_id", c->vek.csp_id);
    else
        json_out_null(o, "csp_id");
    json_out_object(o, "spl");
    for (unsigned i = 1; i < PC_SPL_COUNT; i++)
        if ((c->vek.spl_present >> i & 1) != 0)
            json_out_u64(o, names[i], c->vek.spl[i]);
    json_out_end(o);
    evidence_out_date(o, "not_before", c->not_before);
    evidence_out_date(o, "not_after", c->not_after);
    json_out_end(o);
}

void snp_claims_json(struct json_out *o, const struct snp_view *view)
{
    const uint8_t *r = view->report.p;
    json_out_object(o, "claims");
    json_out_u64(o, "version", view->report.version);
    json_out_u64(o, "guest_svn", load_le32(r + PC_SR_GUEST_SVN));
    out_bits(o, "policy", load_le64(r + PC_SR_POLICY), 16);
    out_policy_flags(o, load_le64(r + PC_SR_POLICY));
    json_out_u64(o, "vmpl", load_le32(r + PC_SR_VMPL));
    json_out_u64(o, "signature_algo", load_le32(r + PC_SR_SIGNATURE_ALGO));
    out_tcb(o, "current_tcb", r + PC_SR_CURRENT_TCB, view->product);
    out_bits(o, "platform_info", load_le64(r + PC_SR_PLATFORM_INFO), 1);
    out_key_info(o, load_le32(r + PC_SR_KEY_INFO));
    for (size_t i = 0; i < PC_SNP_FIELDS; i++)
        evidence_out_hex(o, snp_byte_fields[i].name,
                         bytes_of(r + snp_byte_fields[i].at, snp_byte_fields[i].n));
    out_tcb(o, "reported_tcb", r + PC_SR_REPORTED_TCB, view->product);
    evidence_out_hex(o, "cpuid_fms", bytes_of(r + PC_SR_CPUID, 3));
    out_tcb(o, "committed_tcb", r + PC_SR_COMMITTED_TCB, view->product);
    out_version(o, "current_version", r + PC_SR_CURRENT_VERSION);
    out_version(o, "committed_version", r + PC_SR_COMMITTED_VERSION);
    out_tcb(o, "launch_tcb", r + PC_SR_LAUNCH_TCB, view->product);
    out_bits(o, "launch_mit_vector", load_le64(r + PC_SR_LAUNCH_MIT), 1);
    out_bits(o, "current_mit_vector", load_le64(r + PC_SR_CURRENT_MIT), 1);
    if (view->has_vek)
        out_vek(o, &view->vek);
    json_out_end(o);
}
