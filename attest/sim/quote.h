/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/quote.h - TDX quotes of the simulated vendor, in Intel's format.
 */
#ifndef PC_ATTEST_SIM_QUOTE_H
#define PC_ATTEST_SIM_QUOTE_H

#include "attest/sim/vendor.h"
#include "attest/tdx_quote.h"

/* Everything that a quote says. sim_quote_default fills it rightly; tests change it. */
struct sim_quote {
    uint16_t version; /* 4 or 5 */
    uint16_t key_type;
    uint32_t tee_type;
    uint8_t qe_vendor[16];
    uint16_t body_type; /* v5: 2, 3 or 4 */
    size_t body_n;
    uint8_t body[PC_TDX_BODY_15_EX];
    uint8_t qe_report[PC_TDX_QE_REPORT_LEN]; /* REPORTDATA is set by sim_quote_build */
    bool keep_qe_reportdata;                 /* unless this is set */
    uint8_t auth[32];
    struct sim_key attest_key;
    const struct sim_key *pck_key; /* signs the QE report */
    const char *pem;
    size_t pem_n;
};

/* Version 4, or version 5 with a TD report 1.5; a TD that is up to date, production, with #VE
 * disabled, registers zero but for mrtd and mrconfigid (48 each, NULL: zero). The attestation key
 * comes from rng. pem stays the caller's. */
void sim_quote_default(struct sim_quote *out, uint16_t version, const struct tdx_qe_identity *qe,
                       const struct sim_key *pck_key, const char *pem, size_t pem_n,
                       const uint8_t *mrtd, const uint8_t *mrconfigid,
                       const uint8_t report_data[static 64], struct rng *rng);

#define PC_SIM_QUOTE_CAP ((size_t)16 * 1024)
/* Build and sign; *n bytes into out (PC_SIM_QUOTE_CAP). */
void sim_quote_build(uint8_t *out, size_t *n, const struct sim_quote *q);

#endif
