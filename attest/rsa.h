/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rsa.h - RSASSA-PSS as AMD uses it: 4096 bits, exponent 65537, SHA-384, MGF1-SHA-384, a salt of 48
 * bytes. Moduli and signatures are 512 big-endian bytes. Public data; the arithmetic is OpenSSL's.
 */
#ifndef PC_ATTEST_RSA_H
#define PC_ATTEST_RSA_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_RSA_LEN ((size_t)512)

struct rsa_key; /* a public key, ready to verify */

/* PC_E_MALFORMED for a modulus that is even or not of 4096 bits, PC_E_MEMORY; *out is then NULL. */
PC_MUST_USE enum err_code rsa_key_new(struct rsa_key **out,
                                      const uint8_t modulus[static PC_RSA_LEN]);
void rsa_key_free(struct rsa_key *k); /* NULL is fine */

/* PC_OK, or PC_E_SIGNATURE. */
PC_MUST_USE enum err_code rsa_verify(const struct rsa_key *k, const uint8_t digest[static 48],
                                     const uint8_t sig[static PC_RSA_LEN]);

/* Load what verifying takes: no file is opened afterwards (ec_warm_up). */
void rsa_warm_up(void);

#endif
