/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ed25519.h - RFC 8032 signatures. Signing is constant time in the key; verification is strict (s
 * below the order, canonical R and key, no small order) and handles public data.
 *
 * What is signed is always an encoding with a label of its own (SPEC 1): callers build it with
 * base/buf.h and crypto/labels.h.
 */
#ifndef PC_CRYPTO_ED25519_H
#define PC_CRYPTO_ED25519_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"

struct ed25519_pk {
    uint8_t b[32];
};
/* seed ‖ public key */
struct ed25519_sk {
    uint8_t b[64];
};
struct ed25519_sig {
    uint8_t b[64];
};

void ed25519_generate(struct ed25519_sk *sk, struct ed25519_pk *pk, struct rng *r);
void ed25519_from_seed(struct ed25519_sk *sk, struct ed25519_pk *pk, const uint8_t seed[static 32]);
void ed25519_sign(struct ed25519_sig *sig, const struct ed25519_sk *sk, struct bytes msg);
/* PC_E_SIGNATURE unless valid. */
PC_MUST_USE enum err_code ed25519_verify_var(const struct ed25519_pk *pk, struct bytes msg,
                                             const struct ed25519_sig *sig);

#endif
