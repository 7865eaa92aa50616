/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/evm.h"

#include "crypto/keccak.h"

void evm_keccak(struct evm_word *out, struct bytes in)
{
    keccak256(out->b, in);
}

void evm_keccak_pair(struct evm_word *out, const struct evm_word *a, const struct evm_word *b)
{
    uint8_t both[64];
    memcpy(both, a->b, 32);
    memcpy(both + 32, b->b, 32);
    evm_keccak(out, PC_BYTES(both));
}

struct evm_word evm_word_u64(uint64_t v)
{
    struct evm_word w = {{0}};
    store_be64(w.b + 24, v);
    return w;
}

struct evm_word evm_word_addr(const struct evm_address *a)
{
    struct evm_word w = {{0}};
    memcpy(w.b + 12, a->b, sizeof a->b);
    return w;
}

struct evm_word evm_word_of(const uint8_t p[static 32])
{
    struct evm_word w;
    memcpy(w.b, p, sizeof w.b);
    return w;
}

enum err_code evm_word_to_u64(uint64_t *out, const struct evm_word *w, unsigned bits)
{
    *out = 0;
    if (!bytes_all_zero_var((struct bytes){w->b, 24}))
        return PC_E_TOO_LARGE;
    uint64_t v = load_be64(w->b + 24);
    if (bits < 64 && v >> bits != 0)
        return PC_E_TOO_LARGE;
    *out = v;
    return PC_OK;
}

enum err_code evm_word_to_addr(struct evm_address *out, const struct evm_word *w)
{
    if (!bytes_all_zero_var((struct bytes){w->b, 12})) {
        memset(out, 0, sizeof *out);
        return PC_E_NOT_CANONICAL;
    }
    memcpy(out->b, w->b + 12, sizeof out->b);
    return PC_OK;
}

void evm_word_add(struct evm_word *w, uint64_t v)
{
    unsigned carry = 0;
    for (int i = 31; i >= 0; i--) {
        unsigned low = i >= 24 ? (unsigned)(v >> (8 * (31 - i))) & 0xff : 0;
        unsigned sum = w->b[i] + low + carry;
        w->b[i] = (uint8_t)sum;
        carry = sum >> 8;
    }
}
