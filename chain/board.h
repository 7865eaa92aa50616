/* SPDX-License-Identifier: Apache-2.0 */
/*
 * board.h - running hashes over Epochs' events, recomputed and held against proved slots.
 *
 * _accs[phase] of the contract is keccak256(acc, struct hash) over all calls of a phase. A node
 * computes it from the events that it was given; only when its value equals the proved word are
 * these events, all of them, in this order, what happened (SPEC 11).
 */
#ifndef PC_CHAIN_BOARD_H
#define PC_CHAIN_BOARD_H

#include "chain/events.h"

/* Index into _accs. */
enum board_phase {
    PC_ACC_ENROL = 0,
    PC_ACC_COMMIT = 1,
    PC_ACC_VOTE = 2,
    PC_ACC_COMPLAIN = 3,
    PC_ACC_READY_EVEN = 4,
    PC_ACC_READY_ODD = 5,
    PC_ACC_COUNT = 6,
};

struct board {
    struct evm_word acc[PC_ACC_COUNT];
    bool known[PC_ACC_COUNT]; /* the start was seen */
};

/* Nothing known. */
void board_init(struct board *b);

/* Fold one event in; events that enter no running hash change nothing. Give them in the order of
 * the chain. PC_E_SEQUENCE: a call of a phase whose start was not seen. */
PC_MUST_USE enum err_code board_event(struct board *b, const struct event *e);

/* PC_OK: the proved word is ours, the events of that phase are complete. PC_E_MISMATCH: they are
 * not (fetch them again, elsewhere). PC_E_SEQUENCE: its start was not seen. */
PC_MUST_USE enum err_code board_check(const struct board *b, enum board_phase p,
                                      const struct evm_word *proved);

#endif
