/* SPDX-License-Identifier: Apache-2.0 */
/* options.h - the command line of polyclave-relay. */
#ifndef PC_CLIENT_RELAY_OPTIONS_H
#define PC_CLIENT_RELAY_OPTIONS_H

#include <stdio.h>

#include "base/log.h"
#include "chain/records.h"
#include "client/relay/rules.h"

struct relay_options {
    bool keygen, address;
    const char *keystore, *password_file, *policy, *socket, *state;
    const char *rpc[PC_ENDPOINTS_MAX];
    unsigned n_rpc;
    bool app_mode;
    struct evm_word app_id;
    uint32_t node_id;
    struct evm_address owner;
    uint64_t fee_cap; /* wei per gas */
    uint64_t stuck_s;
    uint64_t from_block;
    uint64_t budget[PC_RELAY_KINDS]; /* 0: the default */
    uint64_t reserve_gas;            /* UINT64_MAX: the default */
    enum log_level level;
    bool help;
};

/* PC_E_USAGE: `problem` (160 bytes) says what is wrong with which argument. */
PC_MUST_USE enum err_code relay_options_parse(struct relay_options *o, char problem[static 160],
                                              int argc, char **argv);
void relay_options_help(FILE *out);

#endif
