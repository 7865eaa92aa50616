/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote_run.h - a quote helper as a child process: report data in, quote out
 * (polyclave-quote-tsm, polyclave-quote-sim).
 */
#ifndef PC_CLI_QUOTE_RUN_H
#define PC_CLI_QUOTE_RUN_H

#include "client/cli/cli.h"

struct quote_helper {
    const char *program;
    const char *const *args; /* behind the program's name, NULL-terminated */
    unsigned timeout_ms;
};

/* At most cap bytes. False after a message on stderr: it cannot be run, ended with an error, said
 * too much or took too long (it is then killed). */
bool quote_run(const struct quote_helper *h, const uint8_t report_data[static 64], uint8_t *out,
               size_t cap, size_t *len);

#endif
