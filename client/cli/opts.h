/* SPDX-License-Identifier: Apache-2.0 */
/*
 * opts.h - a verb as data: its options, its help and its man page come from one table.
 *
 *     static const struct cli_option options[] = {
 *         {"id", "N", "number of the node", true, 1},
 *     };
 *     static const struct cli_verb verbs[] = {
 *         {"node", "leave", "ends a node; its bond stays locked for a while",
 *          {"polyclave node leave --id 7 --key owner.json --pass-file owner.pass", "..."},
 *          options, PC_ARRAY_LEN(options), PC_CLI_NETWORK | PC_CLI_SIGNER, leave},
 *     };
 *
 * Options are --name VALUE or --name=VALUE; nothing stands alone. --json and --help are everywhere.
 */
#ifndef PC_CLI_OPTS_H
#define PC_CLI_OPTS_H

#include "client/cli/cli.h"

#define PC_CLI_OPTIONS_MAX 32
#define PC_CLI_VALUES_MAX  512 /* of all options of a command */

struct cli_option {
    const char *name; /* without -- */
    const char *arg;  /* what stands behind it in help; NULL: a flag */
    const char *help;
    bool required;
    unsigned most; /* how often it may be given; 0: any number */
};

/* Common options that a verb takes. */
enum {
    PC_CLI_NETWORK = 1, /* --network */
    PC_CLI_SIGNER = 2,  /* --key, --pass-file, --relay, --wait */
};

struct cli_args;

struct cli_verb {
    const char *group, *name;
    const char *sentence;
    const char *example[2];
    const struct cli_option *options;
    size_t n_options;
    unsigned common;
    int (*run)(const struct cli_args *a);
};

struct cli_args {
    const struct cli_verb *verb;
    size_t n;
    const struct cli_option *option[PC_CLI_VALUES_MAX];
    const char *value[PC_CLI_VALUES_MAX];
    bool json;
};

/* The i-th value of an option (flags: ""), NULL if it was not given so often. */
const char *cli_arg_at(const struct cli_args *a, const char *name, size_t i);
const char *cli_arg(const struct cli_args *a, const char *name);
bool cli_has(const struct cli_args *a, const char *name);
size_t cli_count(const struct cli_args *a, const char *name);

/* Typed values. On a value that is none: a message that names the option, and false. An option that
 * was not given leaves *out as it is and is fine. */
bool cli_arg_u64(const struct cli_args *a, const char *name, uint64_t max, uint64_t *out);
bool cli_arg_hex(const struct cli_args *a, const char *name, uint8_t *out, size_t n);
bool cli_hex_at(const struct cli_args *a, const char *name, size_t i, uint8_t *out, size_t n);
/* "1.5" with 18 decimals as a big-endian word of wei. */
bool cli_arg_ether(const struct cli_args *a, const char *name, uint8_t out[static 32]);

/* Run the verb that argv[1] names. */
int cli_group(const char *group, const char *sentence, const struct cli_verb *verbs, size_t n,
              int argc, char **argv);

/* A verb's page in troff, on stdout. */
int cli_man(const struct cli_verb *v);

#endif
