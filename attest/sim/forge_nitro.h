/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/forge_nitro.h - for tests only: one simulated Nitro document as a plan that a test may
 * falsify anywhere before it is built and signed again. Library pc_attest_forge.
 */
#ifndef PC_ATTEST_SIM_FORGE_NITRO_H
#define PC_ATTEST_SIM_FORGE_NITRO_H

#include "attest/evidence.h"
#include "attest/sim/nitro.h"

#define PC_FORGE_NITRO_NOW UINT64_C(1800000000) /* 2027-01-15: when the document is judged */
#define PC_FORGE_EXTRA     PC_SIM_LEVELS /* a sixth certificate, a second leaf unless changed */

struct forge_nitro {
    struct sim_nitro machine;
    struct sim_key384 stranger;
    struct sim_nitro_cert cert[PC_SIM_LEVELS + 1];
    size_t bundle_n;
    unsigned bundle[PC_NITRO_CHAIN_MAX + 1]; /* indices of cert, in the order of cabundle */
    unsigned target;                         /* and of the certificate */
    uint8_t user_data[64];
    struct sim_nitro_doc doc; /* certificates are set by forge_nitro_build */
};

/* A genuine document, stamped half a minute before PC_FORGE_NITRO_NOW. */
void forge_nitro_init(struct forge_nitro *f, struct rng *rng, bool definite);
/* The struct points into itself. */
void forge_nitro_copy(struct forge_nitro *out, const struct forge_nitro *f);

struct forged_nitro {
    size_t n;
    uint8_t p[PC_SIM_NITRO_CAP];
};
/* The certificates of the plan, built; views into memory of this module until the next call. */
void forge_nitro_chain(struct sim_nitro_doc *d, const struct forge_nitro *f);
void forge_nitro_build(struct forged_nitro *out, const struct forge_nitro *f);
/* Any payload, signed by the plan's signer. */
void forge_nitro_seal(struct forged_nitro *out, const struct forge_nitro *f, struct bytes payload);
void forge_nitro_pin(uint8_t pin[static 32], const struct forge_nitro *f);

/* The network's policy with that root, at PC_FORGE_NITRO_NOW. */
void forge_nitro_verify(struct verdict *v, struct bytes document, const uint8_t pin[static 32]);

#endif
