/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cursor.h - how far the finalized logs have been read, and what to read next.
 *
 * Only blocks at or below the accepted head are read, so no log that was taken ever has to be given
 * back.
 */
#ifndef PC_CHAIN_CURSOR_H
#define PC_CHAIN_CURSOR_H

#include "chain/evm.h"

#define PC_CURSOR_SPAN_MAX 1024

struct log_cursor {
    uint64_t next; /* first block not yet read */
    uint32_t span; /* blocks per fetch; halves when an endpoint says "too many", doubles back */
};

/* Nothing is read; `start` is the first block that can hold a log of ours. To go on after a restart
 * it is the block behind the last one that was read. */
void cursor_init(struct log_cursor *c, uint64_t start);

/* The next range to read with `head` accepted; false when all is read. *to is inclusive. */
PC_MUST_USE bool cursor_range(const struct log_cursor *c, uint64_t head, uint64_t *from,
                              uint64_t *to);

/* Logs up to and including `to` are taken. PC_E_SEQUENCE if `to` is not in the range that was asked
 * for. */
PC_MUST_USE enum err_code cursor_advance(struct log_cursor *c, uint64_t to);

/* The range was too large for the endpoints: ask for half. False if one block is too large already.
 */
PC_MUST_USE bool cursor_narrow(struct log_cursor *c);

#endif
