/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/ed25519.h"

#include <sodium.h>

#include "base/mem.h"

void ed25519_generate(struct ed25519_sk *sk, struct ed25519_pk *pk, struct rng *r)
{
    uint8_t seed[32];
    rng_fill(r, seed, sizeof seed);
    ed25519_from_seed(sk, pk, seed);
    pc_wipe(seed, sizeof seed);
}

void ed25519_from_seed(struct ed25519_sk *sk, struct ed25519_pk *pk, const uint8_t seed[static 32])
{
    PC_ASSERT(crypto_sign_seed_keypair(pk->b, sk->b, seed) == 0);
}

void ed25519_sign(struct ed25519_sig *sig, const struct ed25519_sk *sk, struct bytes msg)
{
    PC_ASSERT(crypto_sign_detached(sig->b, NULL, msg.p, msg.n, sk->b) == 0);
}

enum err_code ed25519_verify_var(const struct ed25519_pk *pk, struct bytes msg,
                                 const struct ed25519_sig *sig)
{
    /* libsodium refuses s >= order, keys and R of small order, and keys that are not canonical */
    return crypto_sign_verify_detached(sig->b, msg.p, msg.n, pk->b) == 0 ? PC_OK : PC_E_SIGNATURE;
}
