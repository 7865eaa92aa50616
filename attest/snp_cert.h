/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snp_cert.h - certificates and CRLs of AMD's PKI (attestation.md 2.3): a strict profile, as
 * cert.h is Intel's.
 *
 * v3, RSASSA-PSS 4096 with SHA-384, MGF1-SHA-384, salt 48, in both encodings of the same parameters
 * that AMD uses (with and without the default trailerField); the two AlgorithmIdentifiers of an
 * object are equal. Keys: rsaEncryption of 4096 bits with exponent 65537, or P-384. Names are
 * compared as bytes; unknown extensions are skipped unless critical. Structs borrow the DER.
 */
#ifndef PC_ATTEST_SNP_CERT_H
#define PC_ATTEST_SNP_CERT_H

#include "attest/cert.h"
#include "attest/rsa.h"

#define PC_SNP_POINT_LEN 96

enum snp_product { PC_SNP_MILAN, PC_SNP_GENOA, PC_SNP_TURIN, PC_SNP_PRODUCTS };

/* "Milan" "Genoa" "Turin"; PC_SNP_PRODUCTS: "unknown". */
const char *snp_product_name(enum snp_product p);

/* AMD's extensions under 1.3.6.1.4.1.3704.1 (56860, 57230): which ones are there, and what they
 * say. Security patch levels are by the number of their extension (.3.N), 1..9. */
enum snp_spl {
    PC_SPL_BL = 1,
    PC_SPL_TEE = 2,
    PC_SPL_SNP = 3,
    PC_SPL_4 = 4,
    PC_SPL_5 = 5,
    PC_SPL_6 = 6,
    PC_SPL_7 = 7,
    PC_SPL_UCODE = 8,
    PC_SPL_FMC = 9,
    PC_SPL_COUNT = 10
};

#define PC_SNP_PRODUCT_NAME_MAX 32

struct snp_vek {
    uint32_t struct_version; /* 0 or 1 */
    struct bytes product;    /* text: "Milan-B0", "Genoa" */
    uint16_t spl_present;    /* bit N: extension .3.N */
    uint8_t spl[PC_SPL_COUNT];
    struct bytes hwid;   /* 64 or 8 bytes; empty: none */
    struct bytes csp_id; /* text; empty: none */
};

/* Its patch levels as REPORTED_TCB has them (attestation.md 2.2). */
void snp_vek_tcb(uint8_t out[static 8], enum snp_product product, const struct snp_vek *vek);

struct snp_cert {
    struct bytes der;
    struct bytes tbs;
    struct bytes issuer; /* Name with its header */
    struct bytes subject;
    struct cert_serial serial;
    uint64_t not_before; /* Unix seconds */
    uint64_t not_after;
    bool is_rsa;
    uint8_t key[PC_RSA_LEN]; /* modulus, or x||y in the first 96 */
    uint8_t sig[PC_RSA_LEN];
    bool is_ca;
    bool has_path_len;
    uint32_t path_len;
    uint8_t usage;
    bool vek_ok; /* AMD's extensions are there and well-formed; else vek is zeroed */
    struct snp_vek vek;
};

/* PC_E_MALFORMED, or PC_E_TOO_LARGE over PC_CERT_DER_MAX; *out is then zeroed. */
PC_MUST_USE enum err_code snp_cert_parse(struct snp_cert *out, struct bytes der);
/* PC_E_SIGNATURE unless signed by this RSA key. */
PC_MUST_USE enum err_code snp_cert_verify(const struct snp_cert *c, const struct rsa_key *issuer);

/* "SEV-<P>" (ASK) or "SEV-VLEK-<P>" (ASVK); PC_SNP_PRODUCTS if the name is neither. */
enum snp_product snp_issuer_product(struct bytes name, bool *vlek);
/* "ARK-<P>". */
enum snp_product snp_root_product(struct bytes name);

struct snp_crl {
    struct bytes tbs;
    struct bytes issuer;
    uint64_t this_update;
    uint64_t next_update;
    uint8_t sig[PC_RSA_LEN];
    struct bytes entries;
    size_t count;
};

/* A v2 CRL with nextUpdate. PC_E_MALFORMED, PC_E_TOO_LARGE; *out is then zeroed. */
PC_MUST_USE enum err_code snp_crl_parse(struct snp_crl *out, struct bytes der);
PC_MUST_USE enum err_code snp_crl_verify(const struct snp_crl *c, const struct rsa_key *issuer);
bool snp_crl_has(const struct snp_crl *c, const struct cert_serial *serial);

#endif
