/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay.h - the paying account at work: judge, simulate, sign, send, watch, replace (SPEC 14).
 *
 * A call goes through, in this order: the list (rules.h) · the same call already under way: joined
 * · the account's state and fees · simulation: what would revert is not sent · gas budget and
 * reserve (budget.h) · signed and written down (queue.h) · sent. Then it is watched: a receipt ends
 * it; one that is not mined for `stuck_s` is sent again with a higher fee, up to `fee_cap`.
 *
 * One thread; asking the endpoints blocks. Time is the caller's.
 */
#ifndef PC_CLIENT_RELAY_RELAY_H
#define PC_CLIENT_RELAY_RELAY_H

#include "client/relay/chain_ops.h"
#include "client/relay/queue.h"

#define PC_RELAY_WAITERS 64
#define PC_RELAY_TEXT    200

/* The values of `outcome` in protocol/schema/relay.wire. */
enum relay_result_kind {
    PC_RELAY_MINED = 1,
    PC_RELAY_KNOWN = 2,
    PC_RELAY_REVERTS = 3,
    PC_RELAY_REFUSED = 4,
    PC_RELAY_BUDGET = 5,
    PC_RELAY_RETRY = 6,
};

struct relay_result {
    enum relay_result_kind kind;
    struct evm_word tx_hash;
    uint64_t block, gas_used;
    char text[PC_RELAY_TEXT]; /* stable code first, then perhaps a blank and more */
};

/* One answer per request. */
typedef void (*relay_answer)(void *ctx, const void *who, uint64_t id, const struct relay_result *r);

struct relay_clock {
    uint64_t unix_s;       /* wall clock, for budgets */
    uint64_t monotonic_ms; /* for endpoints and stuck transactions */
};

struct relay_waiter {
    const void *who; /* NULL: free */
    uint64_t id;
    uint64_t nonce;
};

struct relay {
    struct relay_rules rules;
    struct relay_chain chain;
    uint64_t from_block; /* where the contracts' events begin */
    struct relay_queue queue;
    struct evm_sk sk; /* the caller wipes it */
    struct rng *rng;
    uint64_t chain_id;
    uint64_t fee_cap; /* wei per gas, never paid more */
    uint64_t stuck_s;
    relay_answer answer;
    void *answer_ctx;
    struct relay_waiter waiter[PC_RELAY_WAITERS];
};

/* Ask for a call. `who` (not NULL) and `id` come back with the answer, which may be given before
 * this returns. */
void relay_submit(struct relay *r, const struct relay_clock *now, const void *who, uint64_t id,
                  const struct evm_address *to, struct bytes data);

/* Look after what is under way; a second or so between calls. */
void relay_tick(struct relay *r, const struct relay_clock *now);

/* `who` is gone: it gets no more answers. What is under way goes on. */
void relay_forget(struct relay *r, const void *who);

/* After a start: send again what the file remembers. */
void relay_resume(struct relay *r, const struct relay_clock *now);

struct relay_result relay_result_of(enum relay_result_kind kind, const char *code,
                                    const char *more);

#endif
