/* SPDX-License-Identifier: Apache-2.0 */
/*
 * word.h - fields of a packed storage word, from the low end up (internal to chain/).
 *
 * A contract's documentation draws its words low bit first; a reader here follows the drawing line
 * by line. Bits that the drawing leaves free must be zero: a word of another layout is refused.
 */
#ifndef PC_CHAIN_WORD_H
#define PC_CHAIN_WORD_H

#include "chain/slot.h"

struct word_in {
    const struct evm_word *w;
    unsigned at; /* bytes consumed from the low end */
    bool bad;
};

static inline struct word_in word_in_of(const struct evm_word *w)
{
    return (struct word_in){w, 0, false};
}

static inline uint64_t word_in_u64(struct word_in *r, unsigned bits)
{
    uint64_t v = slot_field_u64(r->w, r->at, bits / 8);
    r->at += bits / 8;
    return v;
}

static inline struct evm_address word_in_addr(struct word_in *r)
{
    struct evm_address a = slot_field_addr(r->w, r->at);
    r->at += 20;
    return a;
}

/* A flag byte: 0 or 1. */
static inline bool word_in_bool(struct word_in *r)
{
    uint64_t v = word_in_u64(r, 8);
    r->bad |= v > 1;
    return v == 1;
}

PC_MUST_USE static inline enum err_code word_in_end(const struct word_in *r)
{
    if (r->bad || !bytes_all_zero_var((struct bytes){r->w->b, 32 - r->at}))
        return PC_E_MALFORMED;
    return PC_OK;
}

#endif
