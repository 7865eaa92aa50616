/* SPDX-License-Identifier: Apache-2.0 */
/*
 * takeover - a genuine vault among a node's processes, one of which is the adversary's.
 *
 *   takeover --role peer|attest|chain|rpc [--deal] [--sequences N] [--seed S] [--first K]
 *            [--bin DIR] [--rare-is-fine]
 *
 * --deal: attempts at an epoch instead of requests (attest, chain).
 *
 * Fails when the vault gives a partial or a sub-share that the genuine processes do not bear out,
 * when it ends by itself, and (without --rare-is-fine) when something that must be tried never
 * happened. What it prints then replays.
 */
#include "tests/takeover/takeover.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static size_t sequences = 2000, first;
static bool deal;
static const char *const names[ROLE_COUNT] = {"peer", "attest", "chain", "rpc"};

_Noreturn void broken(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fprintf(stderr, "FAILED %s, seed %llu, sequence %llu, step %llu: ", names[stage.role],
                  (unsigned long long)stage.seed, (unsigned long long)stage.sequence,
                  (unsigned long long)stage.step);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    uint64_t from = stage.sequence - stage.sequence % LIFE;
    (void)fprintf(stderr,
                  "\n  again: takeover --role %s%s --seed %llu --first %llu --sequences %llu\n",
                  names[stage.role], deal ? " --deal" : "", (unsigned long long)stage.seed,
                  (unsigned long long)from, (unsigned long long)(stage.sequence - from + 1));
    exit(1);
}

/* ---- figures ---- */

static bool rare;

static void must(bool happened, const char *what)
{
    if (happened)
        return;
    printf("  never happened: %s\n", what);
    rare = true;
}

/* Refusals that a vault can give to a request, and for which roles. */
static bool can_refuse(enum wire_release_code code)
{
    switch (code) {
    case WIRE_RELEASE_CODE_OK:
    case WIRE_RELEASE_CODE_UNKNOWN_APP: /* these are said by others */
    case WIRE_RELEASE_CODE_UNKNOWN_RECORD:
    case WIRE_RELEASE_CODE_LENGTH_REQUIRED:
    case WIRE_RELEASE_CODE_TOO_LARGE:
    case WIRE_RELEASE_CODE_EVIDENCE_NEEDED:
    case WIRE_RELEASE_CODE_CHAIN_DISAGREEMENT:
        return false;
    default:
        return true;
    }
}

static void print_release(const struct figures *f)
{
    printf("  %zu answers, %zu replays of one, %zu times something was lacking, %zu links ended\n",
           f->answers, f->replays, f->needs, f->dropped);
    must(f->answers > f->sequences / 100, "answers to whom they belong, one in a hundred");
    must(f->replays > 0, "a replay");
    must(f->dropped > 0, "a link ended by the vault");
    printf("  refusals:");
    for (size_t i = 0; i < PC_ARRAY_LEN(f->refused); i++)
        if (f->refused[i] != 0)
            printf(" %s %zu", wire_release_code_name((enum wire_release_code)i), f->refused[i]);
    printf("\n");
    for (size_t i = 0; i < PC_ARRAY_LEN(f->refused); i++)
        if (can_refuse((enum wire_release_code)i))
            must(f->refused[i] > 0, wire_release_code_name((enum wire_release_code)i));
}

static void print_deal(const struct figures *f)
{
    static const char *const why[] = {"opening",   "not live",   "mismatch", "stale",
                                      "signature", "not judged", "vendors",  "other"};
    printf("  %zu dealt, %zu blobs judged, %zu links ended\n  not dealt:", f->dealt, f->blobs,
           f->dropped);
    for (size_t i = 0; i < PC_ARRAY_LEN(why); i++)
        printf(" %s %zu", why[i], f->not_dealt[i]);
    printf("\n");
    must(f->dealt > 0 && f->blobs == f->dealt, "a dealing, and its blob");
    for (size_t i = 0; i < DEAL_OTHER; i++)
        if (stage.role == ROLE_CHAIN || (i >= DEAL_NOT_LIVE && i <= DEAL_STALE) ||
            i == DEAL_WAITING)
            must(f->not_dealt[i] > 0, why[i]);
}

static void print_rpc(const struct figures *f)
{
    printf("  chain told the vault %zu heads, %zu records and %zu times that there is none; it "
           "refuted %zu answers,\n  ended %zu links, and took a head of the fork %zu times, a "
           "false product %zu times\n",
           f->heads, f->records, f->no_records, f->blamed, f->dropped, f->false_heads, f->misled);
    printf("  %zu answers of the vault, %zu replays\n  refusals:", f->answers, f->replays);
    for (size_t i = 0; i < PC_ARRAY_LEN(f->refused); i++)
        if (f->refused[i] != 0)
            printf(" %s %zu", wire_release_code_name((enum wire_release_code)i), f->refused[i]);
    printf("\n");
    must(f->answers > f->sequences / 100, "answers to whom they belong, one in a hundred");
    must(f->heads > 0 && f->records > 0 && f->no_records > 0, "a head, a record, no record");
    must(f->blamed > 0 && f->dropped > 0, "an answer refuted, a link ended");
    must(f->false_heads > 0, "a head of the fork");
    must(f->misled > 0, "a record of another product");
    must(f->refused[WIRE_RELEASE_CODE_APP_FROZEN] > 0, "app_frozen");
    must(f->refused[WIRE_RELEASE_CODE_TCB_NOT_ACCEPTED] > 0, "tcb_not_accepted");
    must(f->refused[WIRE_RELEASE_CODE_MEASUREMENT_NOT_ACTIVE] > 0, "measurement_not_active");
}

static void print_all(double seconds)
{
    const struct figures *f = &stage.f;
    printf("%s: %zu sequences in %.1f s (%.0f/s), %zu steps, %zu frames, vault started %zu times\n",
           names[stage.role], f->sequences, seconds, (double)f->sequences / seconds, f->steps,
           f->frames, f->starts);
    if (stage.role == ROLE_RPC)
        print_rpc(f);
    else if (deal)
        print_deal(f);
    else
        print_release(f);
}

static void run(void **state)
{
    struct timespec a, b;
    (void)state;
    (void)clock_gettime(CLOCK_MONOTONIC, &a);
    if (stage.role == ROLE_RPC)
        rpc_run(sequences, first);
    else if (deal)
        deal_run(sequences, first);
    else
        release_run(sequences, first);
    (void)clock_gettime(CLOCK_MONOTONIC, &b);
    print_all((double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec));
}

/* ---- arguments ---- */

static _Noreturn void usage(void)
{
    (void)fprintf(
        stderr, "usage: takeover --role peer|attest|chain|rpc [--deal] [--sequences N] [--seed S] "
                "[--first K] [--bin DIR] [--rare-is-fine]\n");
    exit(2);
}

static uint64_t number(const char *text)
{
    char *rest;
    uint64_t n = strtoull(text, &rest, 10);
    if (*text == '\0' || *rest != '\0')
        usage();
    return n;
}

int main(int argc, char **argv)
{
    bool rare_is_fine = false;
    stage.role = ROLE_COUNT;
    stage.seed = 1;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rare-is-fine") == 0) {
            rare_is_fine = true;
            continue;
        }
        if (strcmp(argv[i], "--deal") == 0) {
            deal = true;
            continue;
        }
        if (i + 1 == argc)
            usage();
        const char *v = argv[i + 1];
        if (strcmp(argv[i], "--sequences") == 0)
            sequences = number(v);
        else if (strcmp(argv[i], "--seed") == 0)
            stage.seed = number(v);
        else if (strcmp(argv[i], "--first") == 0)
            first = number(v) / LIFE * LIFE;
        else if (strcmp(argv[i], "--bin") == 0)
            proc_bin = v;
        else if (strcmp(argv[i], "--role") == 0)
            for (int r = 0; r < ROLE_COUNT; r++)
                stage.role = strcmp(v, names[r]) == 0 ? (enum role)r : stage.role;
        else
            usage();
        i++;
    }
    if (stage.role == ROLE_COUNT || (deal && stage.role != ROLE_ATTEST && stage.role != ROLE_CHAIN))
        usage();
    (void)snprintf(proc_log, sizeof proc_log, "takeover-%s", names[stage.role]);
    const struct CMUnitTest tests[] = {cmocka_unit_test(run)};
    int failed = cmocka_run_group_tests_name(names[stage.role], tests, NULL, NULL);
    if (failed != 0) /* an assertion of the vault's testkit: nothing is known of the rest */
        broken("the driver could not go on");
    return rare && !rare_is_fine ? 1 : 0;
}
