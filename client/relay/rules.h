/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - what the paying account may be asked to call (SPEC 14). Pure.
 *
 * A call is (to, data), value always 0. It is allowed if (to, selector) stands in the table of
 * rules.c and its first arguments are those of this relay's node (or app); everything else is
 * refused. The kind says whose gas budget pays.
 */
#ifndef PC_CLIENT_RELAY_RULES_H
#define PC_CLIENT_RELAY_RULES_H

#include "chain/evm.h"

/* Verifier contracts, by vendor (crypto/ids.h) - 1. */
#define PC_RELAY_VERIFIERS 3

/* Budgets, the first two reserved before the others. */
enum relay_kind { PC_RELAY_PHASE, PC_RELAY_RENEWAL, PC_RELAY_COLLATERAL, PC_RELAY_OTHER };
#define PC_RELAY_KINDS 4
const char *relay_kind_name(enum relay_kind k);

struct relay_rules {
    struct evm_address epochs, node_registry, attestations;
    struct evm_address verifier[PC_RELAY_VERIFIERS]; /* zero: none */
    bool app_mode; /* attest and certificates for app_id, nothing else */
    struct evm_word app_id;
    uint32_t node_id;         /* 0: not configured; then no reattest, and N calls of any node */
    struct evm_address owner; /* zero: not configured; else the context of attest */
};

/* PC_OK and the kind. PC_E_REFUSED: not on the list; *why then names what is wrong, a stable code:
 * "to_not_allowed", "selector_not_allowed", "short_call", "not_our_node", "not_our_app",
 * "not_a_node_record", "not_our_context". */
PC_MUST_USE enum err_code relay_rules_judge(enum relay_kind *kind, const char **why,
                                            const struct relay_rules *r,
                                            const struct evm_address *to, struct bytes data);

/* For tests: line i of the list; false behind its end. */
bool relay_rules_line(size_t i, const char **contract, const char **signature);

#endif
