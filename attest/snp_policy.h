/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snp_policy.h - which authentic SEV-SNP evidence is accepted: the part of struct evidence_policy
 * that is AMD's own (attestation.md 2.4), and the last step of its verifier.
 */
#ifndef PC_ATTEST_SNP_POLICY_H
#define PC_ATTEST_SNP_POLICY_H

#include "attest/snp_report.h"

#define PC_SNP_LIST_MAX   16
#define PC_SNP_CSP_ID_LEN 64 /* text, zero-padded: "CN=cc-us-east-2.amazonaws.com" */

/* Fields that a policy may fix one by one. */
enum snp_fixed {
    PC_SNP_FIX_MEASUREMENT,
    PC_SNP_FIX_HOST_DATA,
    PC_SNP_FIX_ID_KEY,
    PC_SNP_FIX_AUTHOR_KEY,
    PC_SNP_FIX_FAMILY,
    PC_SNP_FIX_IMAGE,
    PC_SNP_FIX_COUNT
};
/* Place and length in the report. */
extern const struct snp_field snp_fixed_fields[PC_SNP_FIX_COUNT];

struct snp_policy {
    /* SHA-256 of each product's ARK (whole DER); zero: that product is not accepted. */
    uint8_t root_sha256[PC_SNP_PRODUCTS][32];
    uint32_t products; /* bits (1 << enum snp_product) that are accepted */
    bool crl_required; /* the ARK's */

    uint32_t max_vmpl;
    bool vlek_allowed;
    size_t csp_count; /* CSP ids of a VLEK; 0: any; else one of */
    char csp_ids[PC_SNP_LIST_MAX][PC_SNP_CSP_ID_LEN];

    /* Each component of REPORTED, COMMITTED and LAUNCH_TCB is at least this. */
    uint8_t min_tcb[PC_SNP_PRODUCTS][PC_TCB_PARTS];
    uint8_t min_firmware[3]; /* major, minor, build of the current and the committed firmware */
    uint8_t min_abi[2];      /* major, minor that the guest's POLICY demands */
    uint32_t min_guest_svn;

    uint64_t policy_required;   /* POLICY bits that must be set, */
    uint64_t policy_forbidden;  /* that must not. DEBUG and MIGRATE_MA never may, bit 17 must */
    uint64_t platform_required; /* PLATFORM_INFO bits that must be set */
    uint64_t mit_required;      /* mitigation vector bits, at launch and now; version 5 has them */

    bool fixed_set[PC_SNP_FIX_COUNT];
    uint8_t fixed[PC_SNP_FIX_COUNT][48];
    size_t platform_count; /* platform ids (verdict.platform); 0: any; else one of */
    uint8_t platforms[PC_SNP_LIST_MAX][32];
};

/* AMD's three roots, all products, VMPL 0, VLEK accepted (its platform is 0), CRL as told. */
void snp_policy_default(struct snp_policy *out, bool crl_required);

/* SHA-256 of AMD's root certificates. */
extern const uint8_t snp_amd_roots[PC_SNP_PRODUCTS][32];

struct snp_set;
struct evidence_policy;
/* Adds a reason for each rule that refuses. Claims of *v are set before. */
void snp_policy_check(struct verdict *v, const struct evidence_policy *p,
                      const struct snp_report *r, const struct snp_set *s);

#endif
