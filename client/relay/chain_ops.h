/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain_ops.h - what the relay asks of its endpoints. Nothing is proved here: a lie costs the payer
 * gas at most, within its budgets.
 *
 * All functions give PC_E_RETRY when no endpoint can answer now.
 */
#ifndef PC_CLIENT_RELAY_CHAIN_OPS_H
#define PC_CLIENT_RELAY_CHAIN_OPS_H

#include "chain/endpoints.h"

struct relay_chain {
    struct endpoints *endpoints;
    uint64_t now_ms; /* monotonic; the caller sets it before each use */
    struct evm_address payer;
};

/* PC_E_MISMATCH: an endpoint serves another chain than `chain_id`. */
PC_MUST_USE enum err_code relay_chain_check_id(struct relay_chain *c, uint64_t chain_id);

struct relay_account {
    uint64_t nonce; /* of the latest block */
    struct evm_word balance;
    uint64_t base_fee;
    uint64_t tip; /* what the endpoint suggests, wei per gas */
};
PC_MUST_USE enum err_code relay_chain_account(struct relay_chain *c, struct relay_account *out);

struct relay_simulation {
    bool reverts;
    uint8_t revert[PC_JSONRPC_REVERT];
    size_t revert_len;
    char text[PC_JSONRPC_TEXT];
    uint64_t gas;      /* estimate, if it does not revert */
    unsigned endpoint; /* who said so */
};
/* eth_call and eth_estimateGas at the latest block, from the payer, value 0. */
PC_MUST_USE enum err_code relay_chain_simulate(struct relay_chain *c, struct relay_simulation *out,
                                               const struct evm_address *to, struct bytes data);

/* A view at the latest block. PC_E_REFUSED: it reverts. PC_E_TOO_LARGE: more than cap bytes. */
PC_MUST_USE enum err_code relay_chain_call(struct relay_chain *c, uint8_t *out, size_t cap,
                                           size_t *n, const struct evm_address *to,
                                           struct bytes data);

/* PC_OK: an endpoint took it. PC_E_EXISTS: it has it, or the nonce is used. PC_E_REFUSED: it will
 * not take it (funds, price); `text` (PC_JSONRPC_TEXT) says why. */
PC_MUST_USE enum err_code relay_chain_send(struct relay_chain *c, struct bytes raw, char *text);

struct relay_receipt {
    bool mined;
    bool success;
    uint64_t block;
    uint64_t gas_used;
};
/* Of one of n (1..8) transactions of the same nonce; *which tells which one was mined. */
PC_MUST_USE enum err_code relay_chain_receipt(struct relay_chain *c, struct relay_receipt *out,
                                              size_t *which, const struct evm_word *hashes,
                                              size_t n);

#endif
