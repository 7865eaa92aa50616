/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tx.h - EIP-1559 transactions without access list: what is signed and what is sent.
 *
 * Signing is crypto/evmtx; this file makes the bytes. A sender is recovered by the chain
 * from the signature, so nothing here names it.
 */
#ifndef PC_CHAIN_TX_H
#define PC_CHAIN_TX_H

#include "chain/evm.h"

/* EIP-7825: no transaction may ask for more. */
#define PC_TX_GAS_MAX 16777216u
/* Room that the fields beside the data need. */
#define PC_TX_OVERHEAD 256

struct tx1559 {
    uint64_t chain_id;
    uint64_t nonce;
    uint64_t max_priority_fee; /* wei per gas */
    uint64_t max_fee;
    uint64_t gas;
    bool create; /* no recipient: data is init code; `to` is ignored */
    struct evm_address to;
    struct evm_word value;
    struct bytes data;
};

struct tx_signature {
    struct evm_word r, s;
    uint8_t y_parity; /* 0 or 1 */
};

/* What the sender signs, 0x02 || rlp([fields]): keccak256 of it is the digest. buf has
 * data.n + PC_TX_OVERHEAD bytes or more; *out is a view of it. */
PC_MUST_USE enum err_code tx_unsigned(struct bytes *out, void *buf, size_t cap,
                                      const struct tx1559 *t);

/* The raw transaction into buf, *out a view of it, and its hash. PC_E_NOT_CANONICAL for y_parity >
 * 1 or a zero r or s. */
PC_MUST_USE enum err_code tx_encode(struct bytes *out, struct evm_word *hash, void *buf, size_t cap,
                                    const struct tx1559 *t, const struct tx_signature *sig);

#endif
