/* SPDX-License-Identifier: Apache-2.0 */
/*
 * out.h - a result: the same fields as lines for people or as one JSON object (--json).
 */
#ifndef PC_CLI_OUT_H
#define PC_CLI_OUT_H

#include "base/json.h"
#include "chain/evm.h"
#include "client/cli/opts.h"

struct cli_out {
    bool json;
    char *buf;
    struct json_out j;
    unsigned depth; /* inside lists and rows, only JSON is written */
};

#define PC_CLI_OUT_CAP ((size_t)1 << 20)

void out_begin(struct cli_out *o, const struct cli_args *a);
void out_str(struct cli_out *o, const char *key, const char *v);
void out_u64(struct cli_out *o, const char *key, uint64_t v);
void out_bool(struct cli_out *o, const char *key, bool v);
void out_hex(struct cli_out *o, const char *key, struct bytes b);
/* A time: Unix seconds in JSON, absolute and relative for people; 0 is "never". */
void out_time(struct cli_out *o, const char *key, uint64_t t);
/* Wei: a decimal string in JSON, ETH for people. */
void out_wei(struct cli_out *o, const char *key, const struct evm_word *w);
/* Lists of rows (JSON only; print a table yourself with out_line). */
void out_list(struct cli_out *o, const char *key);
void out_row(struct cli_out *o);
void out_row_named(struct cli_out *o, const char *key);
void out_up(struct cli_out *o); /* ends the row or list */
/* A line for people only. */
void out_line(struct cli_out *o, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Ends the object; `code` comes back, or USAGE if stdout cannot be written. */
int out_end(struct cli_out *o, int code);

/* "2026-12-01 09:00 UTC, in 6 d 3 h" */
void time_text(char out[static 64], uint64_t t, uint64_t now);
/* "1.25" of a word of wei, at most 6 decimals, or all of them. */
void wei_text(char out[static 96], const struct evm_word *w, bool all);
/* Decimal digits of a word. */
void word_decimal(char out[static 80], const struct evm_word *w);
/* Checksum form of an address (EIP-55). */
void address_text(char out[static 43], const struct evm_address *a);

#endif
