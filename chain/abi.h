/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi.h - Solidity's ABI, read strictly and written into bounded memory.
 *
 * The reader accepts the encoding that the compiler makes and no other: the first dynamic value's
 * tail begins where the head ends, each further one where the last tail ended, padding is zero,
 * numbers fit their type, nothing is left over. So an encoding and its values are one to one, and a
 * running hash over values is as good as one over bytes. Neither side allocates or recurses; a
 * dynamic tuple is read or written by a cursor of its own, opened from and joined to its parent.
 * Source: Solidity documentation, "Contract ABI Specification".
 */
#ifndef PC_CHAIN_ABI_H
#define PC_CHAIN_ABI_H

#include "chain/evm.h"

/* keccak256 of "name(type,type)"; its first four bytes are the selector of a function. */
struct evm_word abi_topic(const char *signature);
struct abi_selector {
    uint8_t b[4];
};
struct abi_selector abi_selector(const char *signature);

struct abi_in {
    struct bytes all; /* from the base of this tuple to the end of the input */
    size_t head_at, head_end, tail_at;
    enum err_code err;
};

/* A tuple whose head has `head_words` words (a static array counts with all its words). */
struct abi_in abi_in_of(struct bytes all, size_t head_words);
struct evm_word abi_in_word(struct abi_in *r);
/* uintN of at most 64 bits. */
uint64_t abi_in_u64(struct abi_in *r, unsigned bits);
struct evm_address abi_in_addr(struct abi_in *r);
bool abi_in_bool(struct abi_in *r);
/* bytesN: the n first bytes of a word, the others zero. */
void abi_in_fixed(struct abi_in *r, void *out, unsigned n);
/* bytes or string of at most max bytes: a view. */
struct bytes abi_in_bytes(struct abi_in *r, size_t max);
/* T[] of at most max items, each `words` static words: a view of count * words * 32 bytes. */
struct bytes abi_in_array(struct abi_in *r, unsigned words, size_t max, size_t *count);
/* A dynamic tuple; or T[] with dynamic T (at most max items, each then a dynamic value of the
 * returned cursor). Read the cursor to its end, then join it. */
struct abi_in abi_in_tuple(struct abi_in *r, size_t head_words);
struct abi_in abi_in_tuples(struct abi_in *r, size_t max, size_t *count);
void abi_in_join(struct abi_in *r, const struct abi_in *inner);
void abi_in_fail(struct abi_in *r, enum err_code e);
/* PC_OK if everything was read and nothing is left. */
PC_MUST_USE enum err_code abi_in_end(const struct abi_in *r);

struct abi_out {
    uint8_t *p;
    size_t cap, head_at, head_end, n;
    enum err_code err;
};

struct abi_out abi_out_of(void *p, size_t cap, size_t head_words);
void abi_out_word(struct abi_out *w, const struct evm_word *v);
void abi_out_u64(struct abi_out *w, uint64_t v);
void abi_out_addr(struct abi_out *w, const struct evm_address *a);
void abi_out_bool(struct abi_out *w, bool v);
void abi_out_fixed(struct abi_out *w, const void *v, unsigned n);
void abi_out_bytes(struct abi_out *w, struct bytes v);
/* T[] of `count` items; items.n must be count * words * 32. */
void abi_out_array(struct abi_out *w, struct bytes items, size_t count);
struct abi_out abi_out_tuple(struct abi_out *w, size_t head_words);
struct abi_out abi_out_tuples(struct abi_out *w, size_t count);
void abi_out_join(struct abi_out *w, const struct abi_out *inner);
/* PC_OK and the bytes; PC_E_TOO_LARGE if they did not fit, PC_E_MALFORMED if the head was not
 * filled. */
PC_MUST_USE enum err_code abi_out_end(const struct abi_out *w, struct bytes *out);

#endif
