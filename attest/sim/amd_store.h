/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/amd_store.h - folders of a simulated AMD and its machines.
 *
 * A vendor folder holds snp_vendor.conf, {ark,ask,asvk}.key (the primes, hex, mode 0600), the same
 * names with .der, and collateral/ with ark.der, ask.der, asvk.der and crl.der. A platform folder
 * holds snp_platform.conf, vek.key, vek.der, issuer.der and ark.der. All of it is throw-away.
 *
 * Every function prints what failed, on which file, to stderr, and returns false.
 */
#ifndef PC_ATTEST_SIM_AMD_STORE_H
#define PC_ATTEST_SIM_AMD_STORE_H

#include "attest/sim/amd.h"

#define PC_SIM_AMD_VENDOR_CONF   "snp_vendor.conf"
#define PC_SIM_AMD_PLATFORM_CONF "snp_platform.conf"

struct sim_amd_der {
    size_t n;
    uint8_t p[PC_SIM_AMD_DER_MAX];
};

/* A machine: everything that its evidence needs. */
struct sim_snp_machine {
    uint32_t version; /* of its reports */
    uint8_t measurement[48];
    uint8_t host_data[32];
    struct sim_chip chip;
    struct sim_amd_der vek, issuer, ark;
};

PC_MUST_USE bool sim_amd_save(const char *dir, const struct sim_amd *v);
PC_MUST_USE bool sim_amd_load(struct sim_amd *out, const char *dir);
PC_MUST_USE bool sim_amd_collateral_save(const char *dir, const struct sim_amd *v,
                                         struct bytes crl);
/* Chip, key and certificate under the vendor. */
void sim_snp_machine_new(struct sim_snp_machine *out, const struct sim_amd *v, struct rng *rng,
                         bool vlek, uint64_t now);
PC_MUST_USE bool sim_snp_machine_save(const char *dir, const struct sim_snp_machine *m);
PC_MUST_USE bool sim_snp_machine_load(struct sim_snp_machine *out, const char *dir);

/* Evidence of the machine: a report and a table with its certificates. *n bytes into out, at most
 * PC_EVIDENCE_MAX. */
void sim_snp_evidence(uint8_t out[static PC_EVIDENCE_MAX], size_t *n,
                      const struct sim_snp_machine *m, const uint8_t report_data[static 64],
                      struct rng *rng);

#endif
