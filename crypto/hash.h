/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hash.h - SHA-256, SHA-512, HMAC and HKDF (RFC 6234, RFC 2104, RFC 5869).
 *
 * States are plain values: copying one forks the computation. A state that has absorbed a secret is
 * wiped by its _final; one that is given up before needs pc_wipe. Time depends on lengths alone.
 */
#ifndef PC_CRYPTO_HASH_H
#define PC_CRYPTO_HASH_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_SHA256_BYTES 32
#define PC_SHA512_BYTES 64

struct sha256 {
    _Alignas(16) uint8_t opaque[112];
};
struct sha512 {
    _Alignas(16) uint8_t opaque[208];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *p, size_t n);
void sha256_final(struct sha256 *s, uint8_t out[static 32]); /* wipes *s */
void sha256(uint8_t out[static 32], struct bytes in);

void sha512_init(struct sha512 *s);
void sha512_update(struct sha512 *s, const void *p, size_t n);
void sha512_final(struct sha512 *s, uint8_t out[static 64]); /* wipes *s */
void sha512(uint8_t out[static 64], struct bytes in);

/* HMAC; a key of any length. */
void hmac_sha256(uint8_t out[static 32], struct bytes key, struct bytes in);
void hmac_sha512(uint8_t out[static 64], struct bytes key, struct bytes in);

/* HKDF-Extract and -Expand. out may be at most 255 hash lengths (8160 or 16320 bytes); more is
 * PC_E_TOO_LARGE and out is untouched. out overlaps nothing. */
void hkdf_sha256_extract(uint8_t prk[static 32], struct bytes salt, struct bytes ikm);
PC_MUST_USE enum err_code hkdf_sha256_expand(uint8_t *out, size_t n, const uint8_t prk[static 32],
                                             struct bytes info);
void hkdf_sha512_extract(uint8_t prk[static 64], struct bytes salt, struct bytes ikm);
PC_MUST_USE enum err_code hkdf_sha512_expand(uint8_t *out, size_t n, const uint8_t prk[static 64],
                                             struct bytes info);

/* expand_message_xmd with SHA-512 (RFC 9380 5.3.1). n at most 16320, dst at most 255 bytes: else
 * PC_E_TOO_LARGE; an empty dst is PC_E_USAGE. The message is two parts, hashed one after the other
 * (pass an empty second part for one). */
PC_MUST_USE enum err_code expand_xmd_sha512(uint8_t *out, size_t n, struct bytes msg,
                                            struct bytes msg2, struct bytes dst);

#endif
