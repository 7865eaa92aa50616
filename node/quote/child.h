/* SPDX-License-Identifier: Apache-2.0 */
/*
 * child.h - a quote helper as a child of polyclave-init: its one link ends in the vault, which
 * alone decides what is quoted (SPEC 3).
 */
#ifndef PC_NODE_QUOTE_CHILD_H
#define PC_NODE_QUOTE_CHILD_H

#include "attest/quote_helper.h"
#include "node/sandbox/sandbox.h"

struct quote_child_options {
    const char *policy, *uid, *bin, *platform; /* NULL: not given */
};

/* Options in pairs, as init gives them. False: this was not started by init (no --uid), or with
 * something else among them. */
bool quote_child_options(struct quote_child_options *o, int argc, char **argv);

/* Serve until the links end; the exit code. path: what stays reachable, NULL for nothing. */
int quote_child_run(const struct quote_child_options *o, quote_maker *make, const char *path);

#endif
