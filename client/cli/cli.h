/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli.h - what every command of `polyclave` shares: exit codes, errors in three parts, files,
 * times.
 *
 * stdout is the result, stderr the talk. A command is a function in its own file and a line in the
 * table of main.c; it gets argv from its group on (argv[0] = "evidence").
 */
#ifndef PC_CLI_CLI_H
#define PC_CLI_CLI_H

#include "base/bytes.h"
#include "base/err.h"

enum cli_exit {
    PC_CLI_YES = 0,
    PC_CLI_NO = 1,    /* a clean no: refused, not found, not valid */
    PC_CLI_USAGE = 2, /* usage, or unreadable input */
    PC_CLI_RETRY = 3, /* unreachable, behind, between epochs */
    PC_CLI_BUG = 70,
};

struct cli_command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* one line */
};

/* Text for a terminal: whatever could steer one (control characters, also those of Latin-1 in
 * UTF-8) becomes '?'. Cut to cap, always NUL-terminated. Commands show what strangers wrote. */
void cli_printable(char *out, size_t cap, const char *text);

/* In place: bytes that are no UTF-8 (RFC 3629) become '?', for JSON. */
void cli_utf8(char *text);

/* "polyclave: WHAT: WHICH: NEXT" on stderr: what happened, to which thing, what to do next. Gives
 * the exit code back. */
int cli_fail(enum cli_exit code, const char *what, const char *which, const char *next);

/* A command group's verbs: runs argv[1] of the table, prints `help` for --help (exit 0), and names
 * the verbs when there is none or an unknown one (exit 2). */
int cli_dispatch(const struct cli_command *table, size_t n, const char *help, int argc,
                 char **argv);

/* At most cap bytes of a file into memory of its own; longer files are cut at cap. PC_E_NOT_FOUND,
 * PC_E_IO, PC_E_MEMORY; *out is then empty. Free it with cli_free. */
PC_MUST_USE enum err_code cli_read_file(struct bytes *out, const char *path, size_t cap);
void cli_free(struct bytes *b);

/* Unix seconds of "2026-08-13T10:45:38Z" or of decimal seconds. */
PC_MUST_USE bool cli_time(uint64_t *out, const char *text);
/* "2026-08-13T10:45:38Z" */
void cli_time_text(char out[static 21], uint64_t t);

#endif
