/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/vendor.h - a simulated Intel: root, PCK Platform CA, TCB signer, and the collateral they
 * sign.
 *
 * Everything is a plain value that tests may change before they build. Times are given; randomness
 * comes from the caller's rng.
 */
#ifndef PC_ATTEST_SIM_VENDOR_H
#define PC_ATTEST_SIM_VENDOR_H

#include "attest/evidence.h"
#include "attest/sim/pki.h"
#include "attest/tdx_collateral.h"

#define PC_SIM_REVOKED_MAX 64

/* An authority: key, certificate, serial. */
struct sim_ca {
    struct sim_key key;
    uint8_t serial[20];
    size_t der_n;
    uint8_t der[1024];
};

struct sim_vendor {
    struct sim_ca root;
    struct sim_ca ca; /* PCK Platform CA */
    struct sim_ca signer;
    uint8_t fmspc[6];
    uint8_t pceid[2];
};

/* Three certificates valid from `now` on (root and CA 30 years, signer 7). */
void sim_vendor_new(struct sim_vendor *out, struct rng *rng, const uint8_t fmspc[static 6],
                    uint64_t now);
/* What the three certificates say; a signer's is the TCB signer's. */
struct sim_vendor_params {
    struct sim_cert root, ca, signer;
};
void sim_vendor_params(struct sim_vendor_params *out, const struct sim_vendor *v, uint64_t now);
/* Certificates again from keys, serials and names: used after a change of one of them. */
void sim_vendor_certify(struct sim_vendor *v, uint64_t now);

/* A PCK certificate. */
struct sim_platform_cert {
    struct sim_key key;
    struct tdx_pck pck;
    uint8_t serial[20];
    size_t der_n;
    uint8_t der[2048];
};
/* What a PCK certificate says; pck stays the caller's. */
void sim_leaf_params(struct sim_cert *out, const struct sim_vendor *v, const struct sim_key *key,
                     const uint8_t serial[static 20], const struct tdx_pck *pck, uint64_t now);
/* pck is given; key, serial and certificate are made. */
void sim_platform_new(struct sim_platform_cert *out, const struct sim_vendor *v, struct rng *rng,
                      const struct tdx_pck *pck, uint64_t now);
/* The platform that stands on the highest level of sim_levels, with a random PPID. */
void sim_pck_default(struct tdx_pck *out, const struct sim_vendor *v, struct rng *rng);
/* Leaf, CA and root as one PEM text. */
void sim_platform_pem(char *out, size_t cap, size_t *n, const struct sim_vendor *v,
                      const struct sim_platform_cert *p);

/* The levels of a simulated vendor: UpToDate, OutOfDate, Revoked; modules 1.0, 1 and 3. */
void sim_levels(struct tdx_tcb_info *out, const struct sim_vendor *v, uint32_t number,
                uint64_t now);
/* A TCB recovery: the highest level becomes OutOfDate, a higher one that no machine stands on is
 * UpToDate. */
void sim_recovery(struct tdx_tcb_info *t);
void sim_identity(struct tdx_qe_identity *out, uint32_t number, uint64_t now);

/* JSON of the inner object, and the body around it with its signature. */
#define PC_SIM_JSON_CAP ((size_t)32 * 1024)
void sim_tcb_info_json(char *out, size_t *n, const struct tdx_tcb_info *t);
void sim_qe_identity_json(char *out, size_t *n, const struct tdx_qe_identity *q);
void sim_body(char *out, size_t *n, const char *key, struct bytes span, const struct sim_key *k);

/* A whole set, with its bytes. */
struct sim_collateral {
    char tcb_info[PC_SIM_JSON_CAP + 256];
    char qe_identity[PC_SIM_JSON_CAP + 256];
    char chain[4096]; /* signer and root */
    char ca_chain[4096];
    struct derw root_crl;
    struct derw pck_crl;
    size_t tcb_info_n, qe_identity_n, chain_n, ca_chain_n;
    size_t revoked_count; /* leaf serials in the PCK CRL; set before sim_collateral_build */
    struct cert_serial revoked[PC_SIM_REVOKED_MAX];
    size_t root_revoked_count; /* serials in the root CRL */
    struct cert_serial root_revoked[PC_SIM_REVOKED_MAX];
};
/* From levels and identity; CRLs of `now` and 30 days (root: a year). */
void sim_collateral_build(struct sim_collateral *out, const struct sim_vendor *v,
                          const struct tdx_tcb_info *t, const struct tdx_qe_identity *q,
                          uint64_t now);
/* Views as the verifier takes them. */
struct collateral sim_collateral_view(const struct sim_collateral *c);

/* SHA-256 of the root certificate: the pin. */
void sim_root_pin(uint8_t out[static 32], const struct sim_vendor *v);

#endif
