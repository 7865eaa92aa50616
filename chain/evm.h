/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evm.h - the two units of an EVM chain, an address and a 32-byte word, and their keccak256.
 *
 * A word is big-endian, as the chain has it: word.b[31] is the least significant byte. Everything
 * here is public data and takes variable time.
 */
#ifndef PC_CHAIN_EVM_H
#define PC_CHAIN_EVM_H

#include "base/bytes.h"
#include "base/err.h"
#include "crypto/evmkey.h" /* struct evm_address */

struct evm_word {
    uint8_t b[32];
};

#define PC_EVM_EMPTY_CODE                                                                          \
    ((struct evm_word){{0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d,          \
                        0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca, 0x82,          \
                        0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70}})

/* keccak256 of the bytes; of the concatenation of two words (abi.encode(a, b)). */
void evm_keccak(struct evm_word *out, struct bytes in);
void evm_keccak_pair(struct evm_word *out, const struct evm_word *a, const struct evm_word *b);

/* v as uint256; the address left-padded to a word. */
struct evm_word evm_word_u64(uint64_t v);
struct evm_word evm_word_addr(const struct evm_address *a);
/* Exactly 32 bytes. */
struct evm_word evm_word_of(const uint8_t p[static 32]);

/* The word as a number below 2^bits (bits 1..64): PC_E_TOO_LARGE, and *out 0, if it is not. */
PC_MUST_USE enum err_code evm_word_to_u64(uint64_t *out, const struct evm_word *w, unsigned bits);
/* The word as an address: PC_E_NOT_CANONICAL, and *out zero, if one of the upper 12 bytes is set.
 */
PC_MUST_USE enum err_code evm_word_to_addr(struct evm_address *out, const struct evm_word *w);

/* *w += v modulo 2^256. */
void evm_word_add(struct evm_word *w, uint64_t v);

static inline bool evm_word_equal(const struct evm_word *a, const struct evm_word *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}
static inline bool evm_addr_equal(const struct evm_address *a, const struct evm_address *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}
static inline bool evm_word_is_zero(const struct evm_word *a)
{
    return bytes_all_zero_var((struct bytes){a->b, sizeof a->b});
}

#endif
