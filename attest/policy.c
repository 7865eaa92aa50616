/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy.h"

const uint8_t policy_intel_root_sha256[32] = {
    0x44, 0xa0, 0x19, 0x6b, 0x2b, 0x99, 0xf8, 0x89, 0xb8, 0xe1, 0x49, 0xe9, 0x5b, 0x80, 0x7a, 0x35,
    0x0e, 0x74, 0x24, 0x96, 0x43, 0x99, 0xe8, 0x85, 0xa7, 0xcb, 0xb8, 0xcc, 0xfa, 0xb6, 0x74, 0xd3};

/* XFAM: x87 and SSE always on; the features that a TD may have (attestation.md 1.1). */
#define XFAM_REQUIRED UINT64_C(0x3)
#define XFAM_ALLOWED  UINT64_C(0x6dbe7)

void policy_manifest(struct evidence_policy *out)
{
    memset(out, 0, sizeof(*out));
    memcpy(out->root_sha256[PC_VENDOR_TDX], policy_intel_root_sha256, 32);
    out->statuses = 1U << PC_TCB_UP_TO_DATE;
    out->td_allowed = PC_TD_SEPT_VE_DISABLE | PC_TD_PKS | PC_TD_KL | PC_TD_PERFMON;
    out->service_td_allowed = true;
    out->xfam_required = XFAM_REQUIRED;
    out->xfam_allowed = XFAM_ALLOWED;
    snp_policy_default(&out->snp, false);
    memcpy(out->root_sha256[PC_VENDOR_NITRO], nitro_aws_root_sha256, 32);
    nitro_rules_manifest(&out->nitro);
}

void policy_snp_roots(struct evidence_policy *p, const uint8_t roots[PC_SNP_PRODUCTS][32])
{
    memcpy(p->snp.root_sha256, roots, sizeof(p->snp.root_sha256));
}

void policy_network(struct evidence_policy *out, const uint8_t roots[4][32])
{
    policy_manifest(out);
    if (roots != NULL) {
        memcpy(out->root_sha256, roots, sizeof(out->root_sha256));
        for (size_t i = 0; i < PC_SNP_PRODUCTS; i++)
            memcpy(out->snp.root_sha256[i], roots[PC_VENDOR_SNP], 32);
    }
    out->crl_required = out->snp.crl_required = true;
    out->service_td_allowed = false;
    /* Without SEPT_VE_DISABLE the host can interrupt a TD at a page of its choice; PERFMON shares
     * counters of the core with the TD, which no node needs. */
    out->td_required = PC_TD_SEPT_VE_DISABLE;
    out->td_allowed = PC_TD_SEPT_VE_DISABLE | PC_TD_PKS | PC_TD_KL;
    nitro_rules_network(&out->nitro);
}
