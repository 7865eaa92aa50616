/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/nitro.h - a simulated Nitro host: AWS's five levels of certificates and the documents of an
 * enclave that runs there, in genuine format under a throw-away root.
 *
 * Lifetimes are AWS's: root 30 years, regional 20 days, zonal 5.7 days, instance 1 day, leaf 3
 * hours from 3 seconds before the document. What stands between root and leaf is renewed at half
 * its life, at fixed points of time: hosts of one vendor have the same regional and zonal
 * certificate to the byte, and a host issues the same instance certificate however often it is
 * started. Everything follows from keys and time; randomness is the caller's.
 */
#ifndef PC_ATTEST_SIM_NITRO_H
#define PC_ATTEST_SIM_NITRO_H

#include "attest/nitro_doc.h"
#include "attest/sim/cborw.h"
#include "attest/sim/nitro_pki.h"

enum sim_nitro_level {
    PC_SIM_ROOT,
    PC_SIM_REGIONAL,
    PC_SIM_ZONAL,
    PC_SIM_INSTANCE,
    PC_SIM_LEAF,
    PC_SIM_LEVELS
};

struct sim_nitro {
    struct sim_key384 key[PC_SIM_LEVELS];
    uint64_t root_from;
    uint64_t leaf_from;  /* 0: 3 seconds before each document */
    uint8_t instance[8]; /* host: "i-0" and these in hexadecimal */
    uint8_t enclave[8];  /* of this start: module_id is host, "-enc", and these in hexadecimal */
    uint8_t program[48]; /* PCR 0 and 2 (SPEC 4) */
    uint8_t policy[48];  /* PCR 1 */
};

/* Root, regional and zonal key of a vendor; its root begins at `from`. */
void sim_nitro_vendor_new(struct sim_nitro *out, struct rng *rng, uint64_t from);
/* A host under the vendor in *m: instance key and id. */
void sim_nitro_host_new(struct sim_nitro *m, struct rng *rng);
/* A start of an enclave on that host: its key and id. */
void sim_nitro_start(struct sim_nitro *m, struct rng *rng);

/* What the certificates say at `now`, leaf issued then. They point into *m. */
void sim_nitro_certs(struct sim_nitro_cert out[static PC_SIM_LEVELS], const struct sim_nitro *m,
                     uint64_t now);
void sim_nitro_module_id(char out[static 64], const struct sim_nitro *m);
/* SHA-256 of the root certificate, and the certificate. */
void sim_nitro_root(uint8_t der[static PC_NITRO_CERT_MAX], size_t *n, const struct sim_nitro *m);

/* Everything that a document says. Views are the caller's. */
struct sim_nitro_doc {
    bool tagged;
    bool definite; /* else the payload's map has an indefinite length, as since 2025 */
    char module_id[64];
    const char *digest;
    uint64_t timestamp_ms;
    uint32_t pcr_set; /* bit i: PCR i is there */
    uint8_t pcr[PC_NITRO_PCRS][PC_NITRO_PCR_LEN];
    struct bytes certificate;
    size_t ca_count;
    struct bytes ca[PC_NITRO_CHAIN_MAX + 1];
    struct nitro_optional public_key, user_data, nonce;
    const struct sim_key384 *signer;
};

/* A production document of *m over user_data, stamped ms; certificates stay the caller's. */
void sim_nitro_doc_default(struct sim_nitro_doc *out, const struct sim_nitro *m, uint64_t ms,
                           struct bytes user_data);
/* The payload's map alone, and any payload in a signed COSE_Sign1. */
void sim_nitro_payload(struct cborw *w, const struct sim_nitro_doc *d);
void sim_nitro_seal(struct cborw *w, struct bytes payload, const struct sim_key384 *signer,
                    bool tagged);

#define PC_SIM_NITRO_CAP PC_CBORW_CAP
/* A whole genuine document at ms (milliseconds since 1970), *n bytes into out. */
void sim_nitro_document(uint8_t out[static PC_SIM_NITRO_CAP], size_t *n, const struct sim_nitro *m,
                        uint64_t ms, const uint8_t report_data[static 64]);

/* The measurement (SPEC 4) of an enclave with these. */
void sim_nitro_measurement(uint8_t out[static 32], const uint8_t program[static 48],
                           const uint8_t policy[static 48]);

#endif
