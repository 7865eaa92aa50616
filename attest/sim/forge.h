/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/forge.h - for tests only: one piece of simulated evidence with all its collateral, as a plan
 * that a test may falsify anywhere before it is built and signed again, and as bytes that it may
 * change afterwards. Library pc_attest_forge; no program of a network links it.
 */
#ifndef PC_ATTEST_SIM_FORGE_H
#define PC_ATTEST_SIM_FORGE_H

#include "attest/sim/quote.h"
#include "attest/sim/vendor.h"
#include "attest/tdx_chain.h"

#define PC_FORGE_NOW UINT64_C(1800000000) /* 2027-01-15: when the evidence is judged */

/* How the text of a JSON object differs from the usual, before it is signed. */
enum forge_text {
    PC_TEXT_PLAIN,
    PC_TEXT_SPACES,      /* white space between tokens */
    PC_TEXT_REORDERED,   /* first member last */
    PC_TEXT_UNKNOWN,     /* an unknown member, nested */
    PC_TEXT_DUPLICATE,   /* first member twice */
    PC_TEXT_TWICE_INNER, /* "tcbDate" twice in the first level */
    PC_TEXT_REAL,        /* version as 3.0 or 2.0 */
    PC_TEXT_COUNT
};

struct forge {
    struct sim_vendor vendor;
    struct sim_vendor_params certs; /* root, CA, signer */
    struct tdx_pck pck;
    struct sim_key pck_key;
    struct sim_cert leaf;
    struct sim_crl root_crl, pck_crl;
    struct cert_serial root_revoked[2], pck_revoked[2];
    struct tdx_tcb_info tcb;
    enum forge_text tcb_text;
    const struct sim_key *tcb_signer;
    struct tdx_qe_identity qe;
    enum forge_text qe_text;
    const struct sim_key *qe_signer;
    struct sim_quote quote; /* pem is not used: certificates come from the parts */
    struct sim_key stranger;
    uint64_t now; /* when it is judged */
};

/* Genuine evidence, version 4 or 5, judged at PC_FORGE_NOW. The struct must not be moved: it points
 * into itself (forge_copy). */
void forge_init(struct forge *f, struct rng *rng, uint16_t version);
void forge_copy(struct forge *out, const struct forge *f);
struct cert_serial forge_serial(const uint8_t serial[static 20]);

enum forge_part {
    PC_FORGED_ROOT,
    PC_FORGED_CA,
    PC_FORGED_LEAF,
    PC_FORGED_SIGNER,
    PC_FORGED_ROOT_CRL,
    PC_FORGED_PCK_CRL,
    PC_FORGED_TCB, /* inner object */
    PC_FORGED_TCB_SIG,
    PC_FORGED_QE,
    PC_FORGED_QE_SIG,
    PC_FORGED_EVIDENCE, /* stripped */
    PC_FORGED_COUNT
};

#define PC_FORGED_CAP (PC_SIM_JSON_CAP + 1024)
struct forged {
    uint64_t now;
    size_t n[PC_FORGED_COUNT];
    uint8_t p[PC_FORGED_COUNT][PC_FORGED_CAP];
};

void forge_build(struct forged *out, const struct forge *f);
struct bytes forged_part(const struct forged *p, enum forge_part which);

/* The verifier's inputs, assembled from parts; views into itself. */
struct forge_input {
    struct evidence_input in;
    uint8_t quote[PC_EVIDENCE_MAX];
    char tcb[PC_FORGED_CAP + 512];
    char qe[PC_FORGED_CAP + 512];
};
/* in.policy stays the caller's to set; both times are p->now, full dates. */
void forge_assemble(struct forge_input *out, const struct forged *p);

/* All of it: network policy with the root of `pin`, full dates. */
void forge_verify(struct verdict *v, const struct forged *p, const uint8_t pin[static 32]);
void forge_pin(uint8_t pin[static 32], const struct forged *p);

#endif
