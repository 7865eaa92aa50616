/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x25519.h - RFC 7748 Diffie-Hellman with the contributory check. Constant time.
 */
#ifndef PC_CRYPTO_X25519_H
#define PC_CRYPTO_X25519_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"

struct x25519_sk {
    uint8_t b[32];
};
struct x25519_pk {
    uint8_t b[32];
};

void x25519_generate(struct x25519_sk *sk, struct x25519_pk *pk, struct rng *r);
void x25519_public(struct x25519_pk *pk, const struct x25519_sk *sk);
/* PC_E_IDENTITY, and out zeroed, when the result is zero (a point of small order). */
PC_MUST_USE enum err_code x25519_dh(uint8_t out[static 32], const struct x25519_sk *sk,
                                    const struct x25519_pk *pk);

#endif
