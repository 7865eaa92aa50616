/* SPDX-License-Identifier: Apache-2.0 */
/* release_probe.c - release-probe: the command line. probe.h says what it is for. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "tests/tools/probe.h"

static const char help[] =
    "release-probe speaks to a test network as clients that cheat do. For tests only.\n"
    "\n"
    "  release-probe attest CLIENT --relay SOCKET --platform DIR [--forge KIND]\n"
    "  release-probe ask CLIENT [--node INDEX] [--repeat N [--fresh]]\n"
    "                    [--head NUMBER:HASH] [--scope S]\n"
    "  release-probe measure --platform DIR [--forge KIND]\n"
    "CLIENT: --state F --network F --pin F\n"
    "\n"
    "attest makes evidence over the boot keys of the state file (new ones if it is\n"
    "not there) and posts it. KIND: none, other-root, flipped-bit, debug,\n"
    "other-subject, no-reserved.\n"
    "ask posts a request to that member or to all: N times the same, or with a fresh\n"
    "nonce each; at the agreed head or the named one.\n"
    "measure prints the measurement of such a quote. The others print JSON. Exit 2:\n"
    "wrong usage; 3: no answer could be had.\n";

static bool number(uint64_t *out, const char *text, char end, uint64_t least, uint64_t most)
{
    char *stop;
    errno = 0;
    unsigned long long v = strtoull(text, &stop, 10);
    *out = v;
    return errno == 0 && *text >= '0' && *text <= '9' && *stop == end && v >= least && v <= most;
}

static bool head(struct probe_options *o, const char *text)
{
    const char *hash = strchr(text, ':');
    o->has_head = true;
    if (hash == NULL || !number(&o->head.number, text, ':', 0, UINT64_MAX))
        return false;
    hash += strncmp(hash + 1, "0x", 2) == 0 ? 3 : 1;
    return hex_decode(o->head.hash, 32, hash, strlen(hash)) == PC_OK;
}

static bool take(struct probe_options *o, int c, const char *arg)
{
    const char **text[] = {['n'] = &o->network, ['p'] = &o->pin,      ['s'] = &o->state,
                           ['r'] = &o->relay,   ['m'] = &o->platform, ['S'] = &o->scope};
    uint64_t v = 0;
    bool ok = true;
    switch (c) {
    case 'f':
        return forgery_of(&o->forge, arg);
    case 'i':
        ok = number(&v, arg, '\0', 1, DKG_MAX_N);
        o->node = (uint16_t)v;
        return ok;
    case 'R':
        ok = number(&v, arg, '\0', 1, 16);
        o->repeat = (unsigned)v;
        return ok;
    case 'F':
        o->fresh = true;
        return true;
    case 'h':
        return head(o, arg);
    default:
        *text[c] = arg;
        return strlen(arg) <= POLYCLAVE_MAX_SCOPE;
    }
}

static bool parse(struct probe_options *o, int argc, char **argv)
{
    static const struct option longs[] = {
        {"network", required_argument, NULL, 'n'},  {"pin", required_argument, NULL, 'p'},
        {"state", required_argument, NULL, 's'},    {"relay", required_argument, NULL, 'r'},
        {"platform", required_argument, NULL, 'm'}, {"scope", required_argument, NULL, 'S'},
        {"forge", required_argument, NULL, 'f'},    {"node", required_argument, NULL, 'i'},
        {"repeat", required_argument, NULL, 'R'},   {"fresh", no_argument, NULL, 'F'},
        {"head", required_argument, NULL, 'h'},     {NULL, 0, NULL, 0}};
    int c;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
        if (c == '?' || !take(o, c, optarg))
            return false;
    return optind == argc;
}

enum command { ATTEST, ASK, MEASURE, NOTHING };

static bool complete(enum command what, const struct probe_options *o)
{
    bool named = o->network != NULL && o->pin != NULL && o->state != NULL;
    switch (what) {
    case ATTEST:
        return named && o->relay != NULL && o->platform != NULL;
    case ASK:
        return named;
    case MEASURE:
        return o->platform != NULL;
    case NOTHING:
        break;
    }
    return false;
}

static int speak(enum command what, const struct probe_options *o)
{
    struct polyclave *pc = probe_open(o);
    int rc = PROBE_EXIT_FAULT;
    if (pc != NULL)
        rc = what == ATTEST ? probe_attest(pc, o) : probe_ask(pc, o);
    polyclave_close(pc);
    return rc;
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"attest", "ask", "measure"};
    struct probe_options o = {.scope = "", .repeat = 1};
    enum command what = ATTEST;
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return fputs(help, stdout) >= 0 ? EXIT_SUCCESS : PROBE_EXIT_USAGE;
    while (what != NOTHING && (argc < 2 || strcmp(argv[1], names[what]) != 0))
        what++;
    if (what == NOTHING || !parse(&o, argc - 1, argv + 1) || !complete(what, &o)) {
        (void)fputs(help, stderr);
        return PROBE_EXIT_USAGE;
    }
    return what == MEASURE ? probe_measure(&o) : speak(what, &o);
}
