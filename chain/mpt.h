/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mpt.h - Merkle-Patricia proofs: is this value, or nothing, at this key under this root?
 *
 * A proof is a packed node list of records.h, from the root down. Every node must be the one that
 * its parent names (by hash, or embedded when its encoding is shorter than 32 bytes), the last one
 * must end the path, and none may be left over: one key has one accepted proof. Absence is proved
 * by a path that ends early, and by the empty root with an empty list.
 * Depth is bounded by the key, 64 nibbles; nothing recurses or allocates.
 * Source: Ethereum yellow paper, appendix D; EIP-1186.
 */
#ifndef PC_CHAIN_MPT_H
#define PC_CHAIN_MPT_H

#include "chain/evm.h"

/* keccak256(0x80): the root of a trie without entries. */
#define PC_MPT_EMPTY_ROOT                                                                          \
    ((struct evm_word){{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45,          \
                        0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c,          \
                        0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}})

/* mpt_get - the value at `key` (already hashed) under `root`.
 * PC_OK with *present and a view into `proof`, or PC_OK with *present false: absence is proved.
 * PC_E_PROOF: the nodes do not lead from the root; other codes of class PEER: a node or the list is
 * malformed. On error *present is false and *value empty. */
PC_MUST_USE enum err_code mpt_get(struct bytes *value, bool *present, const struct evm_word *root,
                                  const struct evm_word *key, struct bytes proof);

struct evm_account {
    bool exists;
    uint64_t nonce;
    struct evm_word balance;
    struct evm_word storage_root; /* PC_MPT_EMPTY_ROOT when the account does not exist */
    struct evm_word code_hash;
};

/* The account of `address` under a block's state root. On error *out is zero. */
PC_MUST_USE enum err_code mpt_account(struct evm_account *out, const struct evm_word *state_root,
                                      const struct evm_address *address, struct bytes proof);

/* The storage word at `slot` under an account's storage root; an absent slot is zero, as in the
 * EVM. (Anvil keeps a cleared slot as a zero in the trie, which no other client does; it reads as
 * what it is.) On error *out is zero. */
PC_MUST_USE enum err_code mpt_storage(struct evm_word *out, const struct evm_word *storage_root,
                                      const struct evm_word *slot, struct bytes proof);

#endif
