/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deployment.h - deployment.json, as contracts/deploy writes it after reading everything back.
 */
#ifndef PC_CLI_DEPLOYMENT_H
#define PC_CLI_DEPLOYMENT_H

#include "client/cli/opts.h"
#include "client/lib/network.h"

/* What policy.bin needs beside the addresses; older files lack it. */
struct deployment_policy {
    uint64_t
        first_block; /* in which the first contract was made whose logs nodes read; 0: absent */
    bool there;      /* the fields below */
    uint8_t block_hash[32]; /* of from_block */
    uint8_t tdx_root[32];
    uint8_t snp_root[3][32]; /* Milan, Genoa, Turin; zero: none */
    uint8_t nitro_root[32];
    uint16_t margin;
    uint32_t max_bound_age, phase_blocks;
    bool vendor_quota; /* vendors are among the domain kinds */
};

/* chain_id, contract[], ids and from_block (the block of the read-back; contracts are older) of
 * *out; the rest is zero. An exit code; messages are given here. */
int deployment_read(struct network *out, struct deployment_policy *policy, const char *path);

/* --deployment and the --rpc options as a network without nodes. policy may be NULL. */
int deployment_network(struct network *out, struct deployment_policy *policy,
                       const struct cli_args *a);

/* Write text to a new file aside and rename it over path. */
int file_replace(const char *path, struct bytes text, unsigned mode);

#endif
