/* SPDX-License-Identifier: Apache-2.0 */
/*
 * aead.h - ChaCha20-Poly1305 (RFC 8439). Constant time.
 */
#ifndef PC_CRYPTO_AEAD_H
#define PC_CRYPTO_AEAD_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_AEAD_KEY_BYTES   32
#define PC_AEAD_NONCE_BYTES 12
#define PC_AEAD_TAG_BYTES   16

/* pt.n + 16 bytes into ct: ciphertext, then tag. ct may be pt's memory. One nonce, one message. */
void aead_seal(uint8_t *ct, const uint8_t key[static 32], const uint8_t nonce[static 12],
               struct bytes aad, struct bytes pt);
/* ct.n - 16 bytes into pt, which may be ct's memory. PC_E_TRUNCATED below 16 bytes, PC_E_AUTH if
 * the tag is wrong; pt is then zeroed (ct.n - 16 bytes). */
PC_MUST_USE enum err_code aead_open(uint8_t *pt, const uint8_t key[static 32],
                                    const uint8_t nonce[static 12], struct bytes aad,
                                    struct bytes ct);

#endif
