/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/budget.h"

void relay_budget_init(struct relay_budget *b)
{
    memset(b, 0, sizeof *b);
    b->limit[PC_RELAY_PHASE] = 60000000;
    b->limit[PC_RELAY_RENEWAL] = 20000000;
    b->limit[PC_RELAY_COLLATERAL] = 30000000;
    b->limit[PC_RELAY_OTHER] = 3000000;
    b->reserve_gas = 8000000;
}

/* Move on to the hour of `now`, emptying the buckets between. */
static void roll(struct relay_budget *b, uint64_t now)
{
    uint64_t hour = now / 3600;
    if (hour <= b->hour)
        return;
    uint64_t steps = hour - b->hour < PC_BUDGET_HOURS ? hour - b->hour : PC_BUDGET_HOURS;
    for (uint64_t i = 0; i < steps; i++)
        for (unsigned k = 0; k < PC_RELAY_KINDS; k++)
            b->used[k][(hour - i) % PC_BUDGET_HOURS] = 0;
    b->hour = hour;
}

uint64_t relay_budget_left(struct relay_budget *b, enum relay_kind k, uint64_t now)
{
    uint64_t sum = 0;
    roll(b, now);
    for (unsigned i = 0; i < PC_BUDGET_HOURS; i++) {
        if (b->used[k][i] > b->limit[k] - sum)
            return 0;
        sum += b->used[k][i];
    }
    return b->limit[k] - sum;
}

enum err_code relay_budget_take(struct relay_budget *b, enum relay_kind k, uint64_t gas,
                                uint64_t now)
{
    if (gas > relay_budget_left(b, k, now))
        return PC_E_FULL;
    b->used[k][b->hour % PC_BUDGET_HOURS] += gas;
    return PC_OK;
}

void relay_budget_return(struct relay_budget *b, enum relay_kind k, uint64_t gas, uint64_t now)
{
    roll(b, now);
    uint64_t *used = &b->used[k][b->hour % PC_BUDGET_HOURS];
    *used -= gas < *used ? gas : *used;
}

bool relay_budget_affords(const struct relay_budget *b, enum relay_kind k,
                          const struct evm_word *balance, uint64_t gas, uint64_t price)
{
    bool reserved = k == PC_RELAY_PHASE || k == PC_RELAY_RENEWAL;
    uint64_t need_gas = gas + (reserved ? 0 : b->reserve_gas);
    if (need_gas < gas)
        return false;
    unsigned __int128 need = (unsigned __int128)need_gas * price;
    if (!bytes_all_zero_var(bytes_of(balance->b, 16)))
        return true; /* 2^128 wei and more */
    unsigned __int128 have =
        (unsigned __int128)load_be64(balance->b + 16) << 64 | load_be64(balance->b + 24);
    return have >= need;
}
