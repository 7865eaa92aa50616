/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/forge_snp.h - for tests only: one piece of simulated SEV-SNP evidence with its chain and
 * list, as a plan that a test may falsify anywhere before it is built and signed again, and as
 * bytes that it may change afterwards. As forge.h is for TDX.
 */
#ifndef PC_ATTEST_SIM_FORGE_SNP_H
#define PC_ATTEST_SIM_FORGE_SNP_H

#include "attest/sim/amd.h"

#define PC_FORGE_SNP_NOW UINT64_C(1800000000) /* 2027-01-15: when the evidence is judged */

struct snp_forge {
    struct sim_amd amd;
    struct sim_amd_params certs;
    struct sim_chip chip;
    struct sim_amd_cert leaf;
    struct sim_amd_crl crl;
    uint8_t revoked[2][4];
    uint8_t report[PC_SNP_REPORT_LEN];
    const struct sim_key384 *report_key;
    struct sim_rsa stranger;
    struct sim_key384 stranger_ec;
    uint64_t now; /* when it is judged */
};

/* Genuine evidence, judged at PC_FORGE_SNP_NOW; some seconds of work. The struct must not be moved:
 * it points into itself (snp_forge_copy). */
void snp_forge_init(struct snp_forge *f, struct rng *rng, enum snp_product product, bool vlek,
                    uint32_t version);
/* The same with the authorities' keys of another plan, at once. */
void snp_forge_like(struct snp_forge *f, const struct snp_forge *keys, struct rng *rng,
                    enum snp_product product, bool vlek, uint32_t version);
void snp_forge_copy(struct snp_forge *out, const struct snp_forge *f);

enum snp_forge_part {
    PC_FORGED_SNP_REPORT,
    PC_FORGED_SNP_VEK,
    PC_FORGED_SNP_ISSUER,
    PC_FORGED_SNP_ROOT,
    PC_FORGED_SNP_CRL,
    PC_FORGED_SNP_COUNT
};

struct snp_forged {
    uint64_t now;
    size_t n[PC_FORGED_SNP_COUNT];
    uint8_t p[PC_FORGED_SNP_COUNT][4096];
};

void snp_forge_build(struct snp_forged *out, const struct snp_forge *f);
struct bytes snp_forged_part(const struct snp_forged *p, enum snp_forge_part which);

/* Views of the parts; both times are p->now, full dates. in.policy stays the caller's to set. */
struct evidence_input snp_forge_input(const struct snp_forged *p);
/* The network's policy with the ARK of these bytes pinned for every product. */
void snp_forge_policy(struct evidence_policy *out, const struct snp_forged *p);

#endif
