/* SPDX-License-Identifier: Apache-2.0 */
/* take.h - one finalized log after the other into index, board and attempts. */
#ifndef PC_NODE_CHAIN_TAKE_H
#define PC_NODE_CHAIN_TAKE_H

#include "node/chain/chain.h"

/* Packed logs of one answer, in order, of blocks from..to; *count is how many there are. A class
 * PEER error: they are not what was asked for or what the contracts emit, and nothing more of them
 * is taken. */
PC_MUST_USE enum err_code take_logs(struct chain *c, struct bytes packed, uint64_t from,
                                    uint64_t to, uint64_t *count);

#endif
