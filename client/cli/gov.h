/* SPDX-License-Identifier: Apache-2.0 */
/* gov.h - parts of `polyclave gov`. */
#ifndef PC_CLI_GOV_H
#define PC_CLI_GOV_H

#include "client/cli/net.h"

#define PC_GOV_ACTIONS 16
#define PC_GOV_TEXT    4096

/* What a proposal would do. */
struct gov_actions {
    size_t n;
    struct evm_address to[PC_GOV_ACTIONS];
    struct evm_word value[PC_GOV_ACTIONS];
    struct bytes data[PC_GOV_ACTIONS]; /* in room */
    uint8_t room[65536];
    size_t used;
    size_t text_n;
    char text[PC_GOV_TEXT + 1]; /* description; a NUL inside is possible in others' proposals */
};

/* (targets, values, calldatas), the next three values of w. */
void gov_actions_write(struct abi_out *w, const struct gov_actions *a);
struct evm_word gov_description_hash(const struct gov_actions *a);
/* One action more. False: no room. */
bool gov_actions_add(struct gov_actions *a, const struct evm_address *to,
                     const struct evm_word *value, struct bytes data);

/* --action or --to and --data as one action; --description. An exit code. */
int gov_actions_from_options(struct gov_actions *a, struct cli_net *n);

int gov_propose(const struct cli_args *a);
int gov_freeze(const struct cli_args *a);
int gov_ratify(const struct cli_args *a);
int gov_seal(const struct cli_args *a);

/* --source and --build of a measurement. On a development chain, where nothing is released, both
 * may be left out and are the measurement itself. False after a message. */
bool gov_digests(struct cli_net *n, const uint8_t measurement[static 32], uint8_t source[static 32],
                 uint8_t build[static 32]);

/* --kind and --id as (kind, id) of contracts/src/base/Objects.sol. False after a message. */
bool gov_object(const struct cli_args *a, uint8_t *kind, struct evm_word *id);

extern const struct cli_option gov_propose_options[];
extern const size_t gov_propose_options_n;

#endif
