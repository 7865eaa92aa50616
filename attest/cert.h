/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert.h - X.509 certificates and CRLs of the vendors' PKIs: a strict profile, not X.509 at large.
 *
 * v3, DER, one curve with its hash for all keys and signatures: P-256 with SHA-256 (Intel) or P-384
 * with SHA-384 (AWS, certificates only); issuer and subject compared as bytes. Unknown extensions
 * are skipped, unless critical: then refused. Dates are read, never compared here (the caller has
 * the time). The same grammar stands in contracts/src/evidence; tests compare with OpenSSL's
 * verifier (docs/decisions/0040). Structs borrow the DER. Public data.
 */
#ifndef PC_ATTEST_CERT_H
#define PC_ATTEST_CERT_H

#include "attest/ec.h"
#include "base/bytes.h"
#include "base/err.h"

#define PC_SERIAL_MAX   20
#define PC_CERT_DER_MAX ((size_t)4096)
#define PC_CRL_DER_MAX  ((size_t)64 * 1024)
#define PC_CERT_EXT_MAX 16 /* extensions of one certificate */

/* keyUsage bits as in RFC 5280, bit 0 the highest of the first octet. */
enum cert_usage {
    PC_USAGE_DIGITAL_SIGNATURE = 0x80,
    PC_USAGE_CERT_SIGN = 0x04,
    PC_USAGE_CRL_SIGN = 0x02,
};

struct cert_serial {
    uint8_t n;
    uint8_t v[PC_SERIAL_MAX]; /* big-endian, no sign octet; zero behind n */
};

/* The curve of a PKI: of subject's key and issuer's signature alike. */
enum cert_curve { PC_CERT_P256, PC_CERT_P384 };

struct cert {
    enum cert_curve curve;
    struct bytes der;
    struct bytes tbs;
    struct bytes issuer; /* Name with its header */
    struct bytes subject;
    struct cert_serial serial;
    uint64_t not_before; /* Unix seconds */
    uint64_t not_after;
    uint8_t key[96]; /* x||y: 64 bytes on P-256, 96 on P-384; zero behind */
    uint8_t sig[96]; /* r||s, likewise */
    bool is_ca;
    bool has_path_len;
    uint32_t path_len;
    uint8_t usage;    /* first octet of keyUsage; 0 if absent */
    struct bytes sgx; /* value of extension 1.2.840.113741.1.13.1; empty if absent */
};

/* PC_E_MALFORMED, or PC_E_TOO_LARGE over PC_CERT_DER_MAX; *out is then zeroed. */
PC_MUST_USE enum err_code cert_parse(struct cert *out, struct bytes der); /* P-256 */
PC_MUST_USE enum err_code cert_parse_p384(struct cert *out, struct bytes der);
/* PC_E_SIGNATURE unless signed by the key, over the certificate's curve. */
PC_MUST_USE enum err_code cert_verify(const struct cert *c, const struct ec_key *issuer);
PC_MUST_USE enum err_code cert_verify_p384(const struct cert *c, const struct ec384_key *issuer);
/* The name's one commonName is exactly this. */
bool cert_common_name_is(struct bytes name, const char *cn);

/* The name as text for people, last attribute first: "CN=..,OU=AWS,C=US"; attributes that are not
 * CN, C, L, ST, O or OU as their OID in hexadecimal, characters that are not printable ASCII as
 * '?'. Cut at cap, NUL-terminated. */
void cert_name_text(char *out, size_t cap, struct bytes name);

struct crl {
    struct bytes der;
    struct bytes tbs;
    struct bytes issuer;
    uint64_t this_update;
    uint64_t next_update;
    uint8_t sig[64];
    struct bytes entries; /* contents of revokedCertificates; checked, maybe empty */
    size_t count;
};

/* A v2 CRL with nextUpdate. PC_E_MALFORMED, PC_E_TOO_LARGE; *out is then zeroed. */
PC_MUST_USE enum err_code crl_parse(struct crl *out, struct bytes der);
PC_MUST_USE enum err_code crl_verify(const struct crl *c, const struct ec_key *issuer);
bool crl_has(const struct crl *c, const struct cert_serial *serial);

#endif
