/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/slot.h"

struct evm_word slot_mapping(const struct evm_word *slot, const struct evm_word *key)
{
    struct evm_word out;
    evm_keccak_pair(&out, key, slot);
    return out;
}

struct evm_word slot_mapping_u64(const struct evm_word *slot, uint64_t key)
{
    struct evm_word k = evm_word_u64(key);
    return slot_mapping(slot, &k);
}

struct evm_word slot_mapping_addr(const struct evm_word *slot, const struct evm_address *key)
{
    struct evm_word k = evm_word_addr(key);
    return slot_mapping(slot, &k);
}

struct evm_word slot_array(const struct evm_word *slot, uint64_t index, unsigned words)
{
    PC_ASSERT(words != 0 && index <= UINT64_MAX / words);
    struct evm_word out;
    evm_keccak(&out, (struct bytes){slot->b, sizeof slot->b});
    evm_word_add(&out, index * words);
    return out;
}

struct evm_word slot_plus(const struct evm_word *slot, uint64_t n)
{
    struct evm_word out = *slot;
    evm_word_add(&out, n);
    return out;
}

void slot_field_copy(void *out, const struct evm_word *w, unsigned offset, unsigned size)
{
    PC_ASSERT(offset <= 32 && size <= 32 - offset);
    memcpy(out, w->b + 32 - offset - size, size);
}

uint64_t slot_field_u64(const struct evm_word *w, unsigned offset, unsigned size)
{
    uint8_t b[8] = {0};
    PC_ASSERT(size <= 8);
    slot_field_copy(b + 8 - size, w, offset, size);
    return load_be64(b);
}

struct evm_address slot_field_addr(const struct evm_word *w, unsigned offset)
{
    struct evm_address a;
    slot_field_copy(a.b, w, offset, sizeof a.b);
    return a;
}
