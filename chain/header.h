/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header.h - a block header from its RLP. The hash is keccak256 of the same bytes, so a header that
 * somebody hands over is true exactly if its hash is one that is already believed.
 * Source: yellow paper 4.3, EIP-1559, 4895, 4844, 4788, 7685. Later forks append fields; what
 * comes after the fields known here is checked for form only.
 */
#ifndef PC_CHAIN_HEADER_H
#define PC_CHAIN_HEADER_H

#include "chain/records.h"

struct block_header {
    struct evm_word hash;
    struct evm_word parent;
    struct evm_word state_root;
    struct evm_word receipts_root;
    uint64_t number;
    uint64_t time;
    uint64_t gas_limit;
    uint64_t base_fee; /* 0 before London */
};

#define PC_HEADER_FIELDS_MIN 15
#define PC_HEADER_FIELDS_MAX 32

/* At most PC_HEADER_MAX bytes. On error *out is zero. */
PC_MUST_USE enum err_code header_decode(struct block_header *out, struct bytes rlp);

#endif
