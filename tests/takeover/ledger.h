/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger.h - a chain for endpoints to lie about: blocks whose hashes hold, words whose proofs hold,
 * logs and calldata; and a fork of it on which other things are true. For the role rpc.
 *
 * True is: one epoch, this node in it and live; the given records; app A and B approve their
 * measurements, with least security versions for product P1 that BELOW has not, and none to speak
 * of for product P2; the scope "lock" approves nobody. On the fork app A approves whatever asks,
 * with any security version, and FORGER has a record with GENUINE's claims.
 */
#ifndef PC_TAKEOVER_LEDGER_H
#define PC_TAKEOVER_LEDGER_H

#include "base/buf.h"
#include "protocol/ipc_wire.h"
#include "protocol/policy_wire.h"

#define LEDGER_MEMBERS     4u
#define LEDGER_PEOPLE      5u
#define LEDGER_MAX_AGE     100000u
#define LEDGER_SINCE       1700001000u /* time of its first block */
#define LEDGER_ATTESTED_AT 1700001100u
#define LEDGER_VALID_UNTIL 1800000000u
#define LEDGER_ACTIVE_FROM 50u
#define LEDGER_VERIFIER_AT 77u
#define LEDGER_NOTICE      555u
#define LEDGER_QUOTA       1000000u
#define LEDGER_FREEZE      1900000000u /* until */

struct ledger_start {
    struct policy_policy policy;
    struct wire_node_keys member[LEDGER_MEMBERS]; /* [0] is this node, id 101 */
    /* In the order of enum who; the last is FORGER, recorded on the fork alone. */
    struct ipc_release_fields request[LEDGER_PEOPLE];
    uint8_t claims[LEDGER_PEOPLE][32];
};

/* What an endpoint speaks of. */
enum ledger_view {
    LEDGER_TRUE,
    LEDGER_OLD,  /* the true state before the latest block */
    LEDGER_FORK, /* calldata: with product P2 */
};

void ledger_begin(const struct ledger_start *s);
/* One more block on each; app A is frozen from it on, or not. */
void ledger_mine(bool frozen);
uint64_t ledger_number(void);
void ledger_head(struct wire_head *out, uint64_t number, enum ledger_view view);
bool ledger_frozen(uint64_t number);
enum err_code ledger_answer(const struct ipc_cr_ask *m, enum ledger_view view, struct writer *o);

#endif
