/* SPDX-License-Identifier: Apache-2.0 */
/* evmkey_int.h - shared by evmkey.c and evmtx.c alone: nobody else signs a digest (SPEC 2). */
#ifndef PC_CRYPTO_EVMKEY_INT_H
#define PC_CRYPTO_EVMKEY_INT_H

#include "crypto/evmkey.h"

PC_MUST_USE enum err_code evm_sign_digest(struct evm_sig *sig, const struct evm_sk *sk,
                                          const uint8_t digest[static 32], struct rng *r);

#endif
