/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roots.c - the vendors' root certificates, with which posted evidence is put together again.
 *
 * Their files are the operator's, hence hostile: a certificate is taken for what its SHA-256 in
 * policy.bin says, whatever file it stands in, and serves nothing else. What lacks is said at the
 * start; then the evidence of that vendor's members cannot be judged, and they get no share from
 * this node.
 */
#include "base/log.h"
#include "crypto/hash.h"
#include "node/polyclaved/polyclaved.h"

#define SNP_ISSUER 16u /* number of a product's ARK, as the leaf's issuer: 16 + product */

/* NULL: policy.bin pins none for that. */
static const uint8_t *pinned(const struct policy_policy *policy, enum wire_vendor vendor,
                             uint8_t issuer)
{
    const uint8_t *hash = NULL;
    if (vendor == WIRE_VENDOR_TDX)
        hash = policy->tdx.root;
    else if (vendor == WIRE_VENDOR_SNP && issuer >= SNP_ISSUER &&
             issuer - SNP_ISSUER < PC_ARRAY_LEN(policy->snp.root))
        hash = policy->snp.root[issuer - SNP_ISSUER];
    return hash != NULL && !bytes_all_zero_var(bytes_of(hash, 32)) ? hash : NULL;
}

void roots_add(struct polyclaved *p, struct bytes der)
{
    PC_ASSERT(p->n_roots < CONFIG_MAX_ROOTS && der.n <= CONFIG_MAX_ROOT);
    struct vendor_root *r = &p->roots[p->n_roots++];
    sha256(r->hash, der);
    r->n = der.n;
    if (der.n != 0)
        memcpy(r->der, der.p, der.n);
}

struct bytes roots_find(const struct polyclaved *p, enum wire_vendor vendor, uint8_t issuer)
{
    const uint8_t *hash = pinned(&p->d.policy, vendor, issuer);
    for (size_t i = 0; hash != NULL && i < p->n_roots; i++)
        if (memcmp(p->roots[i].hash, hash, 32) == 0)
            return bytes_of(p->roots[i].der, p->roots[i].n);
    return bytes_of(NULL, 0);
}

static bool serves(const struct polyclaved *p, const struct vendor_root *r)
{
    const struct policy_policy *policy = &p->d.policy;
    bool any = memcmp(r->hash, policy->tdx.root, 32) == 0 ||
               memcmp(r->hash, policy->nitro.root, 32) == 0; /* of no use, and no mistake */
    for (size_t i = 0; i < PC_ARRAY_LEN(policy->snp.root); i++)
        any = any || memcmp(r->hash, policy->snp.root[i], 32) == 0;
    return any;
}

static void need(const struct polyclaved *p, enum wire_vendor vendor, uint8_t issuer)
{
    const uint8_t *hash = pinned(&p->d.policy, vendor, issuer);
    if (hash != NULL && roots_find(p, vendor, issuer).n == 0)
        log_warn("vendor_root_missing", LOG_STR("vendor", wire_vendor_name(vendor)),
                 LOG_HEX("sha256", bytes_of(hash, 32)),
                 LOG_STR("hint", "policy.bin pins it: give its file with vendor_root"));
}

enum err_code roots_read(struct polyclaved *p, struct config_problem *why)
{
    static uint8_t der[CONFIG_MAX_ROOT];
    p->n_roots = 0;
    for (size_t i = 0; i < p->config.n_vendor_roots; i++) {
        size_t n;
        PC_TRY(config_read_root(der, &n, why, p->config.vendor_root[i]));
        roots_add(p, bytes_of(der, n));
        if (!serves(p, &p->roots[i]))
            log_warn("vendor_root_not_pinned", LOG_STR("file", p->config.vendor_root[i]),
                     LOG_HEX("sha256", PC_BYTES(p->roots[i].hash)));
    }
    need(p, WIRE_VENDOR_TDX, 0);
    for (uint8_t i = 0; i < PC_ARRAY_LEN(p->d.policy.snp.root); i++)
        need(p, WIRE_VENDOR_SNP, (uint8_t)(SNP_ISSUER + i));
    return PC_OK;
}
