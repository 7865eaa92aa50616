/* SPDX-License-Identifier: Apache-2.0 */
/*
 * budget.h - how much gas each kind of call may cost in a day. Pure.
 *
 * Twenty-four buckets of an hour per kind. Gas is charged when a transaction is signed, at its gas
 * limit, and what it did not use is given back when it is mined: so a burst of requests cannot
 * outrun its receipts. Besides, a call that is neither of a phase nor a renewal is sent only while
 * the account could still pay `reserve_gas` at the present price afterwards: attacks on the
 * collateral budget never cost the node its epoch or its record.
 */
#ifndef PC_CLIENT_RELAY_BUDGET_H
#define PC_CLIENT_RELAY_BUDGET_H

#include "client/relay/rules.h"

#define PC_BUDGET_HOURS 24

struct relay_budget {
    uint64_t limit[PC_RELAY_KINDS]; /* gas in 24 hours */
    uint64_t reserve_gas;
    uint64_t hour;                                  /* of the newest bucket: Unix time / 3600 */
    uint64_t used[PC_RELAY_KINDS][PC_BUDGET_HOURS]; /* bucket hour % 24 */
};

/* The defaults: a busy day of a node in a committee of 256 with some air. */
void relay_budget_init(struct relay_budget *b);

/* Gas still free for a kind. `now`: Unix seconds; a clock that goes back opens nothing. */
uint64_t relay_budget_left(struct relay_budget *b, enum relay_kind k, uint64_t now);

/* Take gas from the kind's budget: PC_E_FULL, and nothing taken, if it does not suffice. */
PC_MUST_USE enum err_code relay_budget_take(struct relay_budget *b, enum relay_kind k, uint64_t gas,
                                            uint64_t now);
/* Give back what a mined transaction left over. */
void relay_budget_return(struct relay_budget *b, enum relay_kind k, uint64_t gas, uint64_t now);

/* May the account with `balance` wei (uint256) spend gas at `price` wei on a call of this kind? */
PC_MUST_USE bool relay_budget_affords(const struct relay_budget *b, enum relay_kind k,
                                      const struct evm_word *balance, uint64_t gas, uint64_t price);

#endif
