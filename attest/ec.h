/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ec.h - P-256 with SHA-256 and P-384 with SHA-384, as the vendors use them, over raw big-endian
 * bytes.
 *
 * Keys are x||y, signatures r||s, 64 bytes each (96 on P-384). Low-S is not demanded: about half of
 * genuine signatures are high (attestation.md C3); r or s of 0 or >= n is refused. Public data
 * only.
 */
#ifndef PC_ATTEST_EC_H
#define PC_ATTEST_EC_H

#include "base/bytes.h"
#include "base/err.h"

/* OpenSSL without its configuration file, which could load foreign code. Cheap when done before. */
void ec_prepare(void);
/* The same, and everything loaded that verifying takes: no file is opened afterwards. For processes
 * that close a sandbox. */
void ec_warm_up(void);

struct ec_key; /* a public key, checked to be on the curve */

/* PC_E_MALFORMED if the point is not on the curve, PC_E_MEMORY; *out is then NULL. */
PC_MUST_USE enum err_code ec_key_new(struct ec_key **out, const uint8_t xy[static 64]);
void ec_key_free(struct ec_key *k); /* NULL is fine */

/* PC_OK, or PC_E_SIGNATURE. */
PC_MUST_USE enum err_code ec_verify(const struct ec_key *k, const uint8_t digest[static 32],
                                    const uint8_t rs[static 64]);

/* Key made, used once and freed; also PC_E_MALFORMED for the key. */
PC_MUST_USE enum err_code ec_verify_raw(const uint8_t xy[static 64],
                                        const uint8_t digest[static 32],
                                        const uint8_t rs[static 64]);

/* The same over P-384; a key of one curve cannot be taken for one of the other. */
struct ec384_key;
PC_MUST_USE enum err_code ec384_key_new(struct ec384_key **out, const uint8_t xy[static 96]);
void ec384_key_free(struct ec384_key *k);
PC_MUST_USE enum err_code ec384_verify(const struct ec384_key *k, const uint8_t digest[static 48],
                                       const uint8_t rs[static 96]);

void ec_sha256(uint8_t out[static 32], struct bytes in);
void ec_sha256_2(uint8_t out[static 32], struct bytes a, struct bytes b); /* over a||b */
void ec_sha384(uint8_t out[static 48], struct bytes in);
void ec_sha384_2(uint8_t out[static 48], struct bytes a, struct bytes b); /* over a||b */

#endif
