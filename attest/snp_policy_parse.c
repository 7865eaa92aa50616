/* SPDX-License-Identifier: Apache-2.0 */
/* The keys "snp.*" of a policy file; docs/EVIDENCE.md has the table. */
#include <stdio.h>

#include "attest/policy_read.h"

const char *const snp_policy_keys[PC_SNP_POLICY_KEYS] = {
    "snp.milan_root_sha256",
    "snp.genoa_root_sha256",
    "snp.turin_root_sha256",
    "snp.products",
    "snp.crl_required",
    "snp.max_vmpl",
    "snp.allow_vlek",
    "snp.csp_ids",
    "snp.min_tcb_milan",
    "snp.min_tcb_genoa",
    "snp.min_tcb_turin",
    "snp.min_firmware",
    "snp.min_abi",
    "snp.min_guest_svn",
    "snp.policy_required",
    "snp.policy_forbidden",
    "snp.platform_info_required",
    "snp.mit_vector_required",
    "snp.measurement",
    "snp.host_data",
    "snp.id_key_digest",
    "snp.author_key_digest",
    "snp.family_id",
    "snp.image_id",
    "snp.platforms",
};

/* Bit fields are JSON integers: POLICY and PLATFORM_INFO have no bit that these cannot hold. */
#define BITS_MAX UINT32_MAX

_Static_assert(PC_SNP_LIST_MAX == PC_POLICY_LIST_MAX, "policy_list bounds both");

static enum err_code opt_bits(const struct policy_reading *r, const char *key, uint64_t *out)
{
    return json_has(r->root, key) ? json_get_u64(r->root, key, BITS_MAX, out) : PC_OK;
}

static enum err_code get_roots(const struct policy_reading *r, struct snp_policy *out)
{
    for (size_t i = 0; i < PC_SNP_PRODUCTS; i++)
        PC_TRY(policy_hex(r, snp_policy_keys[i], NULL, out->root_sha256[i], 32));
    return PC_OK;
}

static enum err_code get_products(const struct policy_reading *r, struct snp_policy *out)
{
    struct json_value list;
    struct bytes s;
    size_t n;
    PC_TRY(policy_list(r, "snp.products", &list, &n));
    if (n > 0)
        out->products = 0;
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        unsigned p = 0;
        PC_TRY(json_get_str(&v, NULL, &s));
        while (p < PC_SNP_PRODUCTS &&
               strcmp((const char *)s.p, snp_product_name((enum snp_product)p)) != 0)
            p++;
        if (p == PC_SNP_PRODUCTS)
            return policy_fault(r, "snp.products", "want Milan, Genoa or Turin");
        out->products |= 1U << p;
    }
    return PC_OK;
}

static enum err_code get_csp_ids(const struct policy_reading *r, struct snp_policy *out)
{
    struct json_value list;
    struct bytes s;
    size_t n;
    PC_TRY(policy_list(r, "snp.csp_ids", &list, &n));
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        PC_TRY(json_get_str(&v, NULL, &s));
        if (s.n == 0 || s.n >= PC_SNP_CSP_ID_LEN)
            return policy_fault(r, "snp.csp_ids", "want ids like CN=cc-us-east-2.amazonaws.com");
        memcpy(out->csp_ids[i], s.p, s.n);
    }
    out->csp_count = n;
    return PC_OK;
}

/* {"bl":3,"snp":8,"ucode":115}: components that are absent are not compared. */
static enum err_code get_min_tcb(const struct policy_reading *r, const char *key,
                                 enum snp_product product, uint8_t out[PC_TCB_PARTS])
{
    static const char *const names[PC_TCB_PARTS] = {"fmc", "bl", "tee", "snp", "ucode"};
    struct json_value tcb;
    unsigned found = 0;
    if (!json_has(r->root, key))
        return PC_OK;
    PC_TRY(json_get_object(r->root, key, &tcb));
    PC_TRY(json_only(&tcb, names, PC_TCB_PARTS));
    for (unsigned p = 0; p < PC_TCB_PARTS; p++) {
        uint64_t v;
        if (!json_has(&tcb, names[p]))
            continue;
        if (snp_tcb_at(product, (enum snp_tcb_part)p) < 0)
            return policy_fault(r, key, "this product has no fmc");
        PC_TRY(json_get_u64(&tcb, names[p], 0xff, &v));
        out[p] = (uint8_t)v;
        found++;
    }
    return found > 0 ? PC_OK : policy_fault(r, key, "want at least one component");
}

/* "1.55.40": n numbers below 256. */
static enum err_code get_version(const struct policy_reading *r, const char *key, uint8_t *out,
                                 size_t n)
{
    struct bytes s;
    size_t at = 0;
    if (!json_has(r->root, key))
        return PC_OK;
    PC_TRY(json_get_str(r->root, key, &s));
    for (size_t i = 0; i < n; i++) {
        unsigned v = 0;
        size_t digits = 0;
        if (i > 0 && (at == s.n || s.p[at++] != '.'))
            return policy_fault(r, key,
                                n == 3 ? "want a version like 1.55.40" : "want one like 1.55");
        while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9' && digits++ < 3)
            v = v * 10 + (unsigned)(s.p[at++] - '0');
        if (digits == 0 || v > 0xff)
            return policy_fault(r, key,
                                n == 3 ? "want a version like 1.55.40" : "want one like 1.55");
        out[i] = (uint8_t)v;
    }
    return at == s.n ? PC_OK : policy_fault(r, key, "the version goes on after its end");
}

static enum err_code get_fixed(const struct policy_reading *r, struct snp_policy *out)
{
    char key[40];
    for (size_t i = 0; i < PC_SNP_FIX_COUNT; i++) {
        const struct snp_field *f = &snp_fixed_fields[i];
        (void)snprintf(key, sizeof(key), "snp.%s", f->name);
        PC_TRY(policy_hex(r, key, &out->fixed_set[i], out->fixed[i], f->n));
    }
    return PC_OK;
}

enum err_code snp_policy_parse(struct snp_policy *out, const struct policy_reading *r)
{
    PC_TRY(get_roots(r, out));
    PC_TRY(get_products(r, out));
    PC_TRY(policy_bool(r, "snp.crl_required", &out->crl_required));
    PC_TRY(policy_u32(r, "snp.max_vmpl", 3, &out->max_vmpl));
    PC_TRY(policy_bool(r, "snp.allow_vlek", &out->vlek_allowed));
    PC_TRY(get_csp_ids(r, out));
    PC_TRY(get_min_tcb(r, "snp.min_tcb_milan", PC_SNP_MILAN, out->min_tcb[PC_SNP_MILAN]));
    PC_TRY(get_min_tcb(r, "snp.min_tcb_genoa", PC_SNP_GENOA, out->min_tcb[PC_SNP_GENOA]));
    PC_TRY(get_min_tcb(r, "snp.min_tcb_turin", PC_SNP_TURIN, out->min_tcb[PC_SNP_TURIN]));
    PC_TRY(get_version(r, "snp.min_firmware", out->min_firmware, 3));
    PC_TRY(get_version(r, "snp.min_abi", out->min_abi, 2));
    PC_TRY(policy_u32(r, "snp.min_guest_svn", UINT32_MAX, &out->min_guest_svn));
    PC_TRY(opt_bits(r, "snp.policy_required", &out->policy_required));
    PC_TRY(opt_bits(r, "snp.policy_forbidden", &out->policy_forbidden));
    PC_TRY(opt_bits(r, "snp.platform_info_required", &out->platform_required));
    PC_TRY(opt_bits(r, "snp.mit_vector_required", &out->mit_required));
    PC_TRY(get_fixed(r, out));
    return policy_hex_list(r, "snp.platforms", &out->platform_count, out->platforms[0], 32);
}
