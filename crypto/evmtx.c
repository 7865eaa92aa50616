/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/evmtx.h"

#include "crypto/evmkey_int.h"
#include "crypto/keccak.h"

enum err_code evm_sign_transaction(struct evm_sig *sig, const struct evm_sk *sk,
                                   struct bytes unsigned_tx, struct rng *r)
{
    uint8_t digest[32];
    memset(sig, 0, sizeof *sig);
    if (unsigned_tx.n == 0 || unsigned_tx.p[0] != 0x02)
        return PC_E_USAGE;
    keccak256(digest, unsigned_tx);
    return evm_sign_digest(sig, sk, digest, r);
}
