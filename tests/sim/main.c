/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim - run seeded schedules of key generation and check what must hold after every step.
 *
 * Schedule i of a run has seed first+i; every fifth runs over ristretto255, the others over a tiny
 * group (a seed on its own is replayed over the same). A failing seed is printed with the line that
 * replays it.
 */
#include "tests/sim/sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define REAL_EVERY 5
#define MIN_EVENTS 50
#define MAX_JOBS   64
#define MAX_SHOWN  5

static const char *const event_names[EVENTS] = {
    "fast_active",     "slow_active",     "failed_then_ok",   "upheld_complaint",
    "false_complaint", "c5_equal_e",      "c6_degree",        "commit_reorg",
    "degraded_sizes",  "degraded_high_t", "vendor_above_n_t", "no_key_allowed",
};

struct options {
    uint64_t first;
    uint64_t schedules;
    unsigned jobs;
    bool verbose;
    bool seed_only;
    bool rare_is_fine;
    bool stop;
};

struct tally {
    uint64_t schedules, real, failures;
    uint64_t event[EVENTS];
};

static bool is_real(uint64_t seed)
{
    return seed % REAL_EVERY == 0;
}

/* Schedules first+offset, first+offset+stride, ... */
static bool run_part(struct tally *t, const struct options *o, unsigned offset)
{
    static struct world w;

    memset(t, 0, sizeof *t);
    if (!world_new(&w)) {
        fprintf(stderr, "sim: no memory that can be locked (ulimit -l)\n");
        return false;
    }
    for (uint64_t i = offset; i < o->schedules; i += o->jobs) {
        uint64_t seed = o->first + i;
        t->schedules++;
        t->real += is_real(seed);
        if (world_run(&w, seed, is_real(seed), o->verbose))
            continue;
        t->failures++;
        if (t->failures <= MAX_SHOWN)
            printf("FAILED seed %llu (%s): %s\n  replay: sim --seed %llu --verbose\n",
                   (unsigned long long)seed, scenario_name(w.s.class), w.failure,
                   (unsigned long long)seed);
        fflush(stdout);
        if (o->stop)
            break;
    }
    memcpy(t->event, w.event, sizeof t->event);
    world_free(&w);
    return true;
}

static void add(struct tally *sum, const struct tally *t)
{
    sum->schedules += t->schedules;
    sum->real += t->real;
    sum->failures += t->failures;
    for (unsigned e = 0; e < EVENTS; e++)
        sum->event[e] += t->event[e];
}

/* One process per part; each sends its tally through its pipe. */
static bool run_jobs(struct tally *sum, const struct options *o)
{
    int ends[MAX_JOBS];
    bool ok = true;

    for (unsigned j = 0; j < o->jobs; j++) {
        int p[2];
        if (pipe(p) != 0)
            return false;
        pid_t pid = fork();
        if (pid < 0)
            return false;
        if (pid == 0) {
            struct tally t;
            bool done = run_part(&t, o, j) && write(p[1], &t, sizeof t) == (ssize_t)sizeof t;
            _exit(done ? 0 : 1);
        }
        close(p[1]);
        ends[j] = p[0];
    }
    for (unsigned j = 0; j < o->jobs; j++) {
        struct tally t;
        if (read(ends[j], &t, sizeof t) == (ssize_t)sizeof t)
            add(sum, &t);
        else
            ok = false;
        close(ends[j]);
    }
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    return ok;
}

static int report(const struct tally *t, const struct options *o)
{
    bool rare = false;

    printf("schedules %llu (%llu over ristretto255), failed %llu\n",
           (unsigned long long)t->schedules, (unsigned long long)t->real,
           (unsigned long long)t->failures);
    for (unsigned e = 0; e < EVENTS; e++) {
        bool few =
            e != EVENT_NEVER && t->event[e] < MIN_EVENTS && !o->seed_only && !o->rare_is_fine;
        printf("  %-18s %llu%s\n", event_names[e], (unsigned long long)t->event[e],
               few ? "  <- fewer than 50" : "");
        rare = rare || few;
    }
    return t->failures == 0 && !rare ? 0 : 1;
}

static void usage(FILE *out)
{
    fprintf(out, "usage: sim [--schedules N] [--first SEED] [--jobs N]   run N schedules (10000)\n"
                 "           [--rare-is-fine]  do not ask for 50 of each event\n"
                 "           [--stop]          end each job at its first failure\n"
                 "       sim --seed N [--verbose]                       replay one\n");
}

static bool number(uint64_t *out, const char *text)
{
    char *end;

    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == 0;
}

int main(int argc, char **argv)
{
    struct options o = {.first = 1, .schedules = 10000, .jobs = 1};
    struct tally sum = {0};
    uint64_t v = 0;

    for (int i = 1; i < argc; i++) {
        bool value = i + 1 < argc && number(&v, argv[i + 1]);
        if (strcmp(argv[i], "--verbose") == 0) {
            o.verbose = true;
        } else if (strcmp(argv[i], "--rare-is-fine") == 0) {
            o.rare_is_fine = true;
        } else if (strcmp(argv[i], "--stop") == 0) {
            o.stop = true;
        } else if (strcmp(argv[i], "--seed") == 0 && value) {
            o.first = v;
            o.schedules = 1;
            o.seed_only = true;
            i++;
        } else if (strcmp(argv[i], "--schedules") == 0 && value && v > 0) {
            o.schedules = v;
            i++;
        } else if (strcmp(argv[i], "--first") == 0 && value) {
            o.first = v;
            i++;
        } else if (strcmp(argv[i], "--jobs") == 0 && value && v > 0 && v <= MAX_JOBS) {
            o.jobs = (unsigned)v;
            i++;
        } else {
            bool help = strcmp(argv[i], "--help") == 0;
            usage(help ? stdout : stderr);
            return help ? 0 : 2;
        }
    }
    if (o.jobs == 1 ? !run_part(&sum, &o, 0) : !run_jobs(&sum, &o)) {
        fprintf(stderr, "sim: a part did not come to its end\n");
        return 1;
    }
    return report(&sum, &o);
}
