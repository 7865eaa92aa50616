/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/amd_pki.h - certificates and lists in the shape of AMD's PKI, signed by throw-away keys.
 *
 * The structs say everything that a certificate or list says, so tests forge by filling them
 * wrongly; the programs only fill them rightly.
 */
#ifndef PC_ATTEST_SIM_AMD_PKI_H
#define PC_ATTEST_SIM_AMD_PKI_H

#include "attest/sim/derw.h"
#include "attest/sim/key.h"
#include "attest/sim/rsa.h"
#include "attest/snp_cert.h"

/* Hashes and trailerField of the signature's parameters: the two encodings in use, and others. */
enum sim_pss {
    PC_SIM_PSS_TRAILER, /* as AMD's authorities and older leaves */
    PC_SIM_PSS_PLAIN,   /* as newer leaves and lists */
    PC_SIM_PSS_SHA256,  /* wrong hash */
    PC_SIM_PSS_SALT_32, /* wrong salt length, in the parameters and in the signature */
};

struct sim_amd_cert {
    const char *issuer_cn;
    const char *subject_cn;
    uint8_t serial[4];
    uint64_t not_before;
    uint64_t not_after;
    const uint8_t *rsa;           /* subject's modulus, or */
    const uint8_t *ec;            /* subject's point, 96 */
    uint32_t exponent;            /* of rsa; 0: 65537 */
    const struct sim_rsa *signer; /* issuer's */
    enum sim_pss pss;             /* in the tbs; */
    enum sim_pss outer_pss;       /* and outside */
    bool is_ca;
    int path_len; /* < 0: none */
    uint8_t usage;
    bool is_leaf;         /* with AMD's extensions and no others */
    struct snp_vek vek;   /* of a leaf */
    bool hwid_wrapped;    /* in an OCTET STRING */
    struct bytes ucode;   /* not empty: this as the value of .3.8 */
    struct bytes hwid;    /* not empty: this as the value of .4, as it is */
    bool duplicate_ucode; /* .3.8 twice */
    bool amd_critical;    /* AMD's extensions are marked critical, which none is */
    bool strange;         /* with an extension under AMD's arc that nobody knows, */
    bool critical;        /* which is critical */
};

/* DER of the certificate, appended to w; a view of it. */
struct bytes sim_amd_cert_build(struct derw *w, const struct sim_amd_cert *c);

struct sim_amd_crl {
    const char *issuer_cn;
    uint64_t this_update;
    uint64_t next_update;
    const uint8_t (*revoked)[4]; /* serials */
    size_t revoked_count;
    uint32_t number;
    const struct sim_rsa *signer;
    enum sim_pss pss;
};

struct bytes sim_amd_crl_build(struct derw *w, const struct sim_amd_crl *c);

#endif
