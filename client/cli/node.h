/* SPDX-License-Identifier: Apache-2.0 */
/* node.h - parts of `polyclave node`. */
#ifndef PC_CLI_NODE_H
#define PC_CLI_NODE_H

#include "client/cli/net.h"

int node_join(const struct cli_args *a);
int node_reattest(const struct cli_args *a);
int node_status(const struct cli_args *a);
int node_recheck(const struct cli_args *a);

/* Value of a declared domain: --cloud, --operator, or --domain KIND=VALUE; NULL if not given. */
const char *node_domain(const struct cli_args *a, const char *kind);

/* Words of INodeRegistry.Node as nodeOf returns them. */
enum node_word {
    NODE_OWNER = 0,
    NODE_LEFT_AT = 1,
    NODE_STRIKES = 2,
    NODE_MATURED = 3,
    NODE_BOND = 4,
    NODE_JOINED_AT = 5,
    NODE_ELIGIBLE_AT = 6,
    NODE_VENDOR = 7,
    NODE_STATE = 8,
    NODE_REVOKED = 9,
    NODE_PAYER = 12,
    NODE_KEYS_HASH = 14,
    NODE_MEASUREMENT = 15,
    NODE_PLATFORM = 16,
    NODE_UNLOCK_AT = 18,
    NODE_RECORD = 21,
    NODE_WORDS = 22
};

/* Everything about a node that `status` and the table of an epoch show. */
struct node_facts {
    struct evm_word node[NODE_WORDS];
    uint64_t valid_until;
    bool live, frozen, left, gone, probation, seated, recovering;
    uint16_t index; /* in the active epoch; 0: no seat */
};
PC_MUST_USE enum err_code node_facts_get(struct cli_net *n, struct node_facts *out, uint32_t id,
                                         uint64_t now);
/* "live", "probation", "recovering", "frozen", "expired", "left", "withdrawn", "revoked" */
const char *node_state_text(const struct node_facts *f, uint64_t now);

#endif
