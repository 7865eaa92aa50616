/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/pki.h - certificates and CRLs in the shape of Intel's PKI, signed by throw-away keys.
 *
 * The structs say everything that a certificate or list says, so tests forge by filling them
 * wrongly; the programs only fill them rightly.
 */
#ifndef PC_ATTEST_SIM_PKI_H
#define PC_ATTEST_SIM_PKI_H

#include "attest/cert.h"
#include "attest/sim/derw.h"
#include "attest/sim/key.h"
#include "attest/tdx_pck.h"

#define PC_SIM_CN_ROOT      "Intel SGX Root CA"
#define PC_SIM_CN_PLATFORM  "Intel SGX PCK Platform CA"
#define PC_SIM_CN_PROCESSOR "Intel SGX PCK Processor CA"
#define PC_SIM_CN_PCK       "Intel SGX PCK Certificate"
#define PC_SIM_CN_SIGNER    "Intel SGX TCB Signing"

struct sim_cert {
    const char *issuer_cn;
    const char *subject_cn;
    uint8_t serial[20];
    uint64_t not_before;
    uint64_t not_after;
    const uint8_t *key;           /* subject's, 64 */
    const struct sim_key *signer; /* issuer's */
    bool is_ca;
    int path_len; /* < 0: none */
    uint8_t usage;
    const struct tdx_pck *pck;         /* not NULL: with the SGX extension */
    const struct bytes *sgx_extension; /* not NULL: this as the extension's value instead */
};

/* DER of the certificate, appended to w; a view of it. */
struct bytes sim_cert_build(struct derw *w, const struct sim_cert *c);

/* Value of the SGX extension. */
struct bytes sim_pck_extension(struct derw *w, const struct tdx_pck *p);

struct sim_crl {
    const char *issuer_cn;
    uint64_t this_update;
    uint64_t next_update;
    const struct cert_serial *revoked;
    size_t revoked_count;
    const struct sim_key *signer;
};

struct bytes sim_crl_build(struct derw *w, const struct sim_crl *c);

/* PEM of certificates, one after the other; *n characters and a NUL into out, cap at least
 * 80 + 2 * der.n for each (running over is a bug). */
void sim_pem(char *out, size_t cap, size_t *n, const struct bytes *certs, size_t count);

#endif
