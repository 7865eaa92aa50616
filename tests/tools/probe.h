/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe.h - release-probe, a client of the testnet's story that says what an honest one never
 * would.
 *
 * It keeps its boot keys and its evidence in a file between calls, so that a script decides what is
 * sent when. For tests only: keys in a file are what the product never has.
 */
#ifndef PC_TESTS_TOOLS_PROBE_H
#define PC_TESTS_TOOLS_PROBE_H

#include "client/lib/client.h"
#include "tests/tools/forge_quote.h"

enum { PROBE_EXIT_USAGE = 2, PROBE_EXIT_FAULT = 3 };

struct probe_options {
    const char *network, *pin, *state, *relay, *platform, *scope;
    enum forgery forge;
    uint16_t node;   /* index of the one to ask; 0: all */
    unsigned repeat; /* how often the same body is posted, 1 to 16 */
    bool fresh;      /* ... each with a nonce of its own instead */
    bool has_head;   /* name this head instead of the agreed one */
    struct client_block head;
};

/* A handle with the keys and evidence of the state file, or with new ones if it is not there.
 * NULL: said on stderr. */
struct polyclave *probe_open(const struct probe_options *o);
/* Keys and evidence into the state file, mode 0600. False: said on stderr. */
PC_MUST_USE bool probe_save(const struct polyclave *pc, const char *path);
bool probe_fail(const char *what, const char *why);

/* The commands; exit codes. Results are one JSON object on stdout. */
int probe_attest(struct polyclave *pc, const struct probe_options *o);
int probe_measure(const struct probe_options *o);
int probe_ask(struct polyclave *pc, const struct probe_options *o);

#endif
