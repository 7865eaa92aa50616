/* SPDX-License-Identifier: Apache-2.0 */
/*
 * records.h - what polyclave-rpc hands to polyclave-chain: bounded binary, big-endian.
 *
 * Nothing in these records is true because rpc says so. A header is known by its hash, a proof by a
 * state root, calldata by a hash that the chain stores, a log by the running hash of its object
 * (SPEC 11). An `endpoint` beside a record names who gave it, so that a lie can be charged.
 *
 * A node list: count u8, then for each node: length u16, bytes. A log: block u64, index u32, block
 * hash 32, transaction hash 32, address 20, number of topics u8, topics 32 each, length of the data
 * u16, data. Bounds are the constants below.
 */
#ifndef PC_CHAIN_RECORDS_H
#define PC_CHAIN_RECORDS_H

#include "base/buf.h"
#include "chain/evm.h"

#define PC_ENDPOINTS_MAX     8
#define PC_HEADER_MAX        4096 /* RLP of one block header */
#define PC_HEADERS_PER_FETCH 32
#define PC_PROOF_NODE_MAX                                                                          \
    1024 /* a full branch is 532 bytes; a leaf carries at most a word or an account */
#define PC_PROOF_NODES_MAX 65    /* 64 nibbles and the leaf */
#define PC_PROOF_LIST_MAX  16384 /* one packed node list; live chains need about 5 KB */
#define PC_PROOF_SLOTS_MAX 32    /* storage slots per fetch */
#define PC_LOG_DATA_MAX    32768
#define PC_LOG_PACKED_MAX  (8 + 4 + 32 + 32 + 20 + 1 + 4 * 32 + 2 + PC_LOG_DATA_MAX)
#define PC_LOGS_MAX        4096   /* logs per fetch */
#define PC_CALLDATA_MAX    262144 /* input of one transaction */

/* The agreed finalized head (number and hash) and who took part. */
struct head_claim {
    uint64_t number;
    struct evm_word hash;
    uint8_t agreed; /* bit i: endpoint i showed this hash */
};

struct log_record {
    uint64_t block;
    uint32_t index; /* within the block */
    struct evm_word block_hash;
    struct evm_word tx_hash;
    struct evm_address address;
    uint8_t n_topics;
    struct evm_word topics[4];
    struct bytes data; /* borrowed */
};

/* One packed log; on a bound that is exceeded the cursor fails (PC_E_TOO_LARGE, PC_E_MALFORMED). */
void log_record_write(struct writer *w, const struct log_record *l);
void log_record_read(struct reader *r, struct log_record *l);

/* Append one node to a packed list under construction; node_list_begin first, node_list_end last.
 */
struct node_list_writer {
    struct writer w;
    unsigned count;
};
struct node_list_writer node_list_begin(void *p, size_t cap);
void node_list_add(struct node_list_writer *l, struct bytes node);
PC_MUST_USE enum err_code node_list_end(struct node_list_writer *l, struct bytes *out);

#endif
