/* SPDX-License-Identifier: Apache-2.0 */
/* trie_testkit.h - Merkle-Patricia tries whose proofs hold, from a list of items. For tests only.
 */
#ifndef PC_CHAIN_TRIE_TESTKIT_H
#define PC_CHAIN_TRIE_TESTKIT_H

#include "chain/evm.h"

/* A key (hashed, as nibbles) and its encoded value. */
struct trie_item {
    uint8_t key[64]; /* nibbles */
    size_t n;
    uint8_t value[128];
};

/* The nodes from the root down to `target`. */
struct trie_proof {
    const uint8_t *target; /* nibbles; NULL: only the root is wanted */
    unsigned n;
    size_t len[65];
    uint8_t node[65][640];
};

/* keccak256 of the preimage, as a key. */
void trie_nibbles(uint8_t out[static 64], struct bytes preimage);

/* Root of n items, which it sorts; *p is filled for p->target (NULL: the root alone). */
void trie_build(struct evm_word *root, struct trie_item *v, size_t n, struct trie_proof *p);

#endif
