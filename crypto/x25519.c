/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/x25519.h"

#include <sodium.h>

#include "base/ct.h"
#include "base/mem.h"

void x25519_generate(struct x25519_sk *sk, struct x25519_pk *pk, struct rng *r)
{
    rng_fill(r, sk->b, sizeof sk->b);
    x25519_public(pk, sk);
}

void x25519_public(struct x25519_pk *pk, const struct x25519_sk *sk)
{
    PC_ASSERT(crypto_scalarmult_curve25519_base(pk->b, sk->b) == 0);
}

enum err_code x25519_dh(uint8_t out[static 32], const struct x25519_sk *sk,
                        const struct x25519_pk *pk)
{
    int rc = crypto_scalarmult_curve25519(out, sk->b, pk->b);
    ct_public(&rc, sizeof rc); /* whether the other's point had small order, which it knows */
    if (rc == 0)
        return PC_OK;
    pc_wipe(out, 32);
    return PC_E_IDENTITY;
}
