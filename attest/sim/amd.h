/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/amd.h - a simulated AMD: ARK, ASK and ASVK of one product, chips with their VCEK or VLEK, and
 * the reports they sign, all in AMD's formats.
 *
 * Everything is a plain value that tests may change before they build. Times are given; randomness
 * comes from the caller's rng.
 */
#ifndef PC_ATTEST_SIM_AMD_H
#define PC_ATTEST_SIM_AMD_H

#include "attest/evidence.h"
#include "attest/sim/amd_pki.h"
#include "attest/snp_report.h"

#define PC_SIM_AMD_DER_MAX 2048

/* An authority: key, certificate. */
struct sim_amd_ca {
    struct sim_rsa key;
    uint8_t serial[4];
    size_t der_n;
    uint8_t der[PC_SIM_AMD_DER_MAX];
};

struct sim_amd {
    enum snp_product product;
    struct sim_amd_ca ark, ask, asvk;
};

/* New keys (some seconds), certificates valid from `now` on for 25 years. */
void sim_amd_new(struct sim_amd *out, struct rng *rng, enum snp_product product, uint64_t now);
/* The same with keys that are in *out already. */
void sim_amd_certify(struct sim_amd *v, enum snp_product product, uint64_t now);
/* What the certificates say. */
struct sim_amd_params {
    struct sim_amd_cert ark, ask, asvk;
};
void sim_amd_params(struct sim_amd_params *out, const struct sim_amd *v, uint64_t now);
/* "ARK-Genoa", "SEV-Genoa", "SEV-VLEK-Genoa"; static. */
const char *sim_amd_ark_cn(enum snp_product p);
const char *sim_amd_issuer_cn(enum snp_product p, bool vlek);

/* A list of the ARK: `now` and 60 days. */
void sim_amd_crl_params(struct sim_amd_crl *out, const struct sim_amd *v, uint64_t now);

/* A chip with the key that signs its reports. */
struct sim_chip {
    enum snp_product product;
    bool vlek;
    uint8_t chip_id[64];
    uint8_t tcb[8];
    struct sim_key384 key;
};
/* A random chip on current firmware. */
void sim_chip_new(struct sim_chip *out, struct rng *rng, enum snp_product product, bool vlek);
/* What its VCEK or VLEK says: from `now` on, 7 years or 1. Borrows the chip. */
void sim_chip_cert(struct sim_amd_cert *out, const struct sim_amd *v, const struct sim_chip *chip,
                   uint64_t now);

/* A report of version 2, 3 or 5 of a guest on this chip: VMPL 0, POLICY 0x30000, all TCBs the
 * chip's; measurement 48 and host_data 32 (NULL: zero); other fields zero. Not signed yet. */
void sim_report_default(uint8_t out[static PC_SNP_REPORT_LEN], uint32_t version,
                        const struct sim_chip *chip, const uint8_t *measurement,
                        const uint8_t *host_data, const uint8_t report_data[static 64],
                        struct rng *rng);
void sim_report_sign(uint8_t report[static PC_SNP_REPORT_LEN], const struct sim_key384 *key);

/* The measurement (SPEC 4) of a simulated guest with these. */
void sim_snp_measurement(uint8_t out[static 32], const uint8_t measurement[static 48],
                         const uint8_t host_data[static 32]);

#endif
