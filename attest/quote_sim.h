/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote_sim.h - the simulator's command line, shared by its vendors: quote_sim.c reads it and has
 * TDX, quote_sim_snp.c SEV-SNP, quote_sim_nitro.c Nitro. Each function says on stderr what is
 * wrong.
 */
#ifndef PC_ATTEST_QUOTE_SIM_H
#define PC_ATTEST_QUOTE_SIM_H

#include "attest/quote_helper.h"
#include "attest/sim/measure.h"
#include "attest/sim/vendor.h"

struct sim_options {
    const char *vendor, *platform, *out, *bin, *policy;
    const char *mrtd, *mrconfigid;       /* TDX */
    const char *measurement, *host_data; /* SNP */
    const char *pcr0, *pcr1;             /* Nitro */
    const char *tee, *product;
    bool vlek;
    bool recovery;
    uint8_t fmspc[6];
    uint32_t number;
    uint64_t now;
    bool now_given;
    uint16_t quote_version; /* 0: the vendor's default */
    struct sim_file files[PC_SIM_FILES_MAX];
    size_t file_count;
    const char *revoke[PC_SIM_REVOKED_MAX];
    size_t revoke_count;
};

/* "polyclave-quote-sim: WHAT WHICH; ..." on stderr; the exit code of wrong usage. */
int sim_usage(const char *what, const char *which);

/* The commands for Nitro; exit codes. */
int quote_nitro_init_vendor(const struct sim_options *o, const char *dir);
int quote_nitro_init_platform(const struct sim_options *o, const char *dir);
/* The machine that quotes, with what the options measure; then its documents. */
PC_MUST_USE bool quote_nitro_open(const struct sim_options *o, const char *dir);
void quote_nitro_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                      const uint8_t report_data[static 64]);
/* Is that folder a simulated AMD, or one of its machines? */
bool quote_snp_is_vendor(const char *dir);
bool quote_snp_is_platform(const char *dir);
/* The commands; exit codes. */
int quote_snp_init_vendor(const struct sim_options *o, const char *dir);
int quote_snp_init_platform(const struct sim_options *o, const char *dir);
int quote_snp_collateral(const struct sim_options *o, const char *dir);
/* The machine that quotes, with what the options measure; then quotes. */
PC_MUST_USE bool quote_snp_open(const struct sim_options *o, const char *dir);
void quote_snp_make(uint8_t out[static PC_QUOTE_MAX], size_t *n,
                    const uint8_t report_data[static 64]);

#endif
