/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rlp.h - Ethereum's recursive length prefix, read strictly and written into bounded memory.
 *
 * The reader takes the one canonical encoding only: shortest length form, no single byte below 0x80
 * behind a prefix, integers without leading zeros. It does not allocate; items are views of the
 * input. Nothing recurses: a caller walks into a list by reading its payload.
 * Source: Ethereum yellow paper, appendix B.
 */
#ifndef PC_CHAIN_RLP_H
#define PC_CHAIN_RLP_H

#include "chain/evm.h"

struct rlp_item {
    bool is_list;
    struct bytes payload; /* the string's bytes, or the encodings of the list's items */
    struct bytes raw;     /* prefix and payload */
};

/* A cursor over consecutive items; sticky like struct reader. */
struct rlp_reader {
    struct bytes rest;
    enum err_code err;
};

struct rlp_reader rlp_reader_of(struct bytes b);
/* Next item of any kind; a zero item after a failure. */
struct rlp_item rlp_next(struct rlp_reader *r);
/* Next item must be a list: a reader of its items (which carries a failure on). */
struct rlp_reader rlp_next_list(struct rlp_reader *r);
/* Next item must be a string: its bytes, of at most max. */
struct bytes rlp_next_string(struct rlp_reader *r, size_t max);
/* Next item must be a string of exactly n bytes; out is zeroed on failure. */
void rlp_next_fixed(struct rlp_reader *r, void *out, size_t n);
/* Next item must be an integer below 2^64, or 2^256. */
uint64_t rlp_next_u64(struct rlp_reader *r);
void rlp_next_uint256(struct rlp_reader *r, struct evm_word *out);
bool rlp_more(const struct rlp_reader *r);
void rlp_fail(struct rlp_reader *r, enum err_code e);
/* PC_OK if nothing failed and nothing is left; PC_E_TRAILING if items are left. */
PC_MUST_USE enum err_code rlp_end(const struct rlp_reader *r);

/* The whole input is one list: a reader of its items. */
struct rlp_reader rlp_list_of(struct bytes b);

/* Writer: items one after another; a list is what was written between begin and end. */
struct rlp_writer {
    uint8_t *p;
    size_t cap;
    size_t n;
    enum err_code err;
};

struct rlp_writer rlp_writer_of(void *p, size_t cap);
void rlp_put_string(struct rlp_writer *w, struct bytes s);
void rlp_put_u64(struct rlp_writer *w, uint64_t v);
void rlp_put_uint256(struct rlp_writer *w, const struct evm_word *v);
/* Bytes that are an encoding already. */
void rlp_put_raw(struct rlp_writer *w, struct bytes s);
/* Where a list begins; give it to rlp_list_end when its items are written. */
size_t rlp_list_begin(const struct rlp_writer *w);
void rlp_list_end(struct rlp_writer *w, size_t begin);
/* PC_OK and the bytes, or the first failure (PC_E_TOO_LARGE) and nothing. */
PC_MUST_USE enum err_code rlp_writer_end(const struct rlp_writer *w, struct bytes *out);

#endif
