/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deployment.h - deployment.json, as contracts/deploy writes it after reading everything back.
 */
#ifndef PC_CLI_DEPLOYMENT_H
#define PC_CLI_DEPLOYMENT_H

#include "client/cli/opts.h"
#include "client/lib/network.h"

/* chain_id, contract[], ids and from_block (the block of the read-back; contracts are older) of
 * *out; the rest is zero. An exit code; messages are given here. */
int deployment_read(struct network *out, const char *path);

/* --deployment and the --rpc options as a network without nodes. */
int deployment_network(struct network *out, const struct cli_args *a);

/* Write text to a new file aside and rename it over path. */
int file_replace(const char *path, struct bytes text, unsigned mode);

#endif
