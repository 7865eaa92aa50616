/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evmtx.h - an EVM account signs transactions. For accounts that pay (the relay's, the command
 * line's), which live outside the vault: the vault does not link this file.
 */
#ifndef PC_CRYPTO_EVMTX_H
#define PC_CRYPTO_EVMTX_H

#include "crypto/evmkey.h"

/* Signs keccak256(unsigned_tx). unsigned_tx is the serialized transaction without signature; it
 * must begin with 0x02 (EIP-1559), so it is never an EIP-712 message, which begins with 0x19:
 * PC_E_USAGE otherwise. Signature as evm_sign_typed gives it; v - 27 is the y parity.
 * PC_E_NOT_CANONICAL for a key out of range. Constant time in the key. */
PC_MUST_USE enum err_code evm_sign_transaction(struct evm_sig *sig, const struct evm_sk *sk,
                                               struct bytes unsigned_tx, struct rng *r);

#endif
