/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slot.h - where Solidity keeps things: storage keys of mappings and arrays, fields of packed
 * words.
 *
 * The base slots and field offsets come from the compiler's storage layout, exported into
 * chain/layout.h; here is only the arithmetic. Source: Solidity documentation, "Layout of State
 * Variables in Storage".
 */
#ifndef PC_CHAIN_SLOT_H
#define PC_CHAIN_SLOT_H

#include "chain/evm.h"

/* mapping(K => V) at `slot`, K a value type: keccak256(key, slot). */
struct evm_word slot_mapping(const struct evm_word *slot, const struct evm_word *key);
struct evm_word slot_mapping_u64(const struct evm_word *slot, uint64_t key);
struct evm_word slot_mapping_addr(const struct evm_word *slot, const struct evm_address *key);

/* Item `index` of a dynamic array at `slot`, `words` slots per item: keccak256(slot) + index *
 * words. The array's length is the word at `slot` itself. index * words must be below 2^64. */
struct evm_word slot_array(const struct evm_word *slot, uint64_t index, unsigned words);

/* The n-th slot of a struct or fixed array that begins at `slot`. */
struct evm_word slot_plus(const struct evm_word *slot, uint64_t n);

/* A field of a packed word: `size` bytes whose least significant byte lies `offset` bytes above the
 * word's low end, as the layout says. slot_field_u64 takes sizes of up to 8. offset + size <= 32.
 */
uint64_t slot_field_u64(const struct evm_word *w, unsigned offset, unsigned size);
struct evm_address slot_field_addr(const struct evm_word *w, unsigned offset);
/* `size` bytes in big-endian order, for bytesN (same position as uintN of that size). */
void slot_field_copy(void *out, const struct evm_word *w, unsigned offset, unsigned size);

#endif
