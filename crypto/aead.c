/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <sodium.h>

#include "base/ct.h"
#include "base/mem.h"

_Static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == PC_AEAD_TAG_BYTES, "tag size");

void aead_seal(uint8_t *ct, const uint8_t key[static 32], const uint8_t nonce[static 12],
               struct bytes aad, struct bytes pt)
{
    PC_ASSERT(crypto_aead_chacha20poly1305_ietf_encrypt(ct, NULL, pt.p, pt.n, aad.p, aad.n, NULL,
                                                        nonce, key) == 0);
}

enum err_code aead_open(uint8_t *pt, const uint8_t key[static 32], const uint8_t nonce[static 12],
                        struct bytes aad, struct bytes ct)
{
    if (ct.n < PC_AEAD_TAG_BYTES)
        return PC_E_TRUNCATED;
    int rc = crypto_aead_chacha20poly1305_ietf_decrypt(pt, NULL, NULL, ct.p, ct.n, aad.p, aad.n,
                                                       nonce, key);
    ct_public(&rc, sizeof rc); /* whether the tag was right */
    if (rc == 0)
        return PC_OK;
    pc_wipe(pt, ct.n - PC_AEAD_TAG_BYTES);
    return PC_E_AUTH;
}
