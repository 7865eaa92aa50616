/* SPDX-License-Identifier: Apache-2.0 */
/*
 * logs.h - a contract's logs, newest first, as endpoints tell them: hints, never proofs.
 *
 * What is found here is checked against something else (a hash on chain, a simulation) or shown to
 * a person. Windows of blocks are halved when an endpoint finds them too large.
 */
#ifndef PC_CLIENT_LIB_LOGS_H
#define PC_CLIENT_LIB_LOGS_H

#include "chain/records.h"
#include "client/relay/chain_ops.h"

/* Called for each log; set *enough to end the walk. An error ends it too. */
typedef enum err_code (*logs_take)(void *ctx, const struct log_record *l, bool *enough);

/* From the latest block down to `from`. PC_OK when `take` had enough or all was seen; PC_E_RETRY
 * when no endpoint can answer; PC_E_MEMORY. Views are valid during the call. */
PC_MUST_USE enum err_code logs_back(struct relay_chain *c, const struct evm_address *contract,
                                    uint64_t from, logs_take take, void *ctx);

/* Number of the latest block, of whichever endpoint answers first. */
PC_MUST_USE enum err_code logs_latest(struct relay_chain *c, uint64_t *number);

#endif
