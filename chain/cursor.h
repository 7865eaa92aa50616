/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h - how far the finalized logs have been read, and what to read next.
 *
 * Only blocks at or below the accepted head are read, so no log that was taken ever has to be given
 * back. After a restart a stored cursor counts only if the block it names still has the hash it
 * names on the accepted chain; otherwise (another chain, a damaged store) reading starts over at
 * the contracts' first block. The saved form is 58 bytes: version u8, start u64, next u64, last
 * hash 32, span u32, and 5 zero bytes.
 */
#ifndef PC_CHAIN_CURSOR_H
#define PC_CHAIN_CURSOR_H

#include "chain/evm.h"

#define PC_CURSOR_SPAN_MAX 1024
#define PC_CURSOR_BYTES    58

struct log_cursor {
    uint64_t start;            /* first block that can hold a log of ours */
    uint64_t next;             /* first block not yet read */
    struct evm_word last_hash; /* of block next - 1; zero when next == start */
    uint32_t span; /* blocks per fetch; halves when an endpoint says "too many", doubles back */
};

void cursor_init(struct log_cursor *c, uint64_t start);

/* The next range to read with `head` accepted; false when all is read. *to is inclusive. */
PC_MUST_USE bool cursor_range(const struct log_cursor *c, uint64_t head, uint64_t *from,
                              uint64_t *to);

/* Logs up to and including `to` are taken; `hash` is that block's on the accepted chain.
 * PC_E_SEQUENCE if `to` is not in the range that was asked for. */
PC_MUST_USE enum err_code cursor_advance(struct log_cursor *c, uint64_t to,
                                         const struct evm_word *hash);

/* The range was too large for the endpoints: ask for half. False if one block is too large already.
 */
PC_MUST_USE bool cursor_narrow(struct log_cursor *c);

void cursor_save(uint8_t out[static PC_CURSOR_BYTES], const struct log_cursor *c);

/* From its saved form, for contracts whose first block is `start`: PC_E_CORRUPT for any other form
 * or start (the cursor is then as new). Confirm it before use. */
PC_MUST_USE enum err_code cursor_load(struct log_cursor *c, struct bytes saved, uint64_t start);

/* Which block must be looked up to trust a loaded cursor; false: none, it is as new. */
PC_MUST_USE bool cursor_unconfirmed(const struct log_cursor *c, uint64_t *number);
/* Its hash on the accepted chain. PC_OK: confirmed. PC_E_CORRUPT: other chain, reset to the start.
 */
PC_MUST_USE enum err_code cursor_confirm(struct log_cursor *c, uint64_t head,
                                         const struct evm_word *hash);

#endif
