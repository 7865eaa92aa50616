/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_dkg - what a member does to receive everybody's dealing, from the end of the commit phase
 * to its vote, for six sizes of committee.
 *
 *   dkg_receive_N   measured / (receive formula of the design x what was measured against the
 *                   formula when it was written), with unit costs of this run
 *
 * Formula, for n dealers: n(v+b) + 2n(b+v+a) + (n^2-1)a + (n+1)(v+a), with v a variable-base
 * multiplication, b a base one, a an addition. Units are sampled between one dealer and the next,
 * so that they see the same machine.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "dkg/testkit.h"

#define ROUNDS_MAX 41

static const struct {
    uint16_t n;
    double model_ms, measured_ms; /* of the design: only their ratio counts */
    size_t rounds;
} sizes[] = {
    {4, 1.4, 1.6, 41}, {10, 4.2, 4.1, 21}, {32, 22, 22, 9},
    {64, 71, 72, 5},   {128, 249, 257, 3}, {256, 925, 1007, 3},
};

static struct kit kit;

/* What one round takes, and what its units cost on average. */
struct round {
    double us;
    double unit[3]; /* by enum bench_unit: var, base, add */
    size_t samples;
};

static void sample(struct round *r)
{
    bench_round(bench_units, 3);
    for (size_t i = 0; i < 3; i++)
        r->unit[i] += bench_units[i].us;
    r->samples++;
}

/* Blobs of dealers 2..n, as they would come from the network. Member 1's is made by its attempt. */
static struct dkg_blob *record(uint16_t n)
{
    struct kit_forge honest = {0};
    struct dkg_blob *blobs = calloc(n + 1u, sizeof *blobs);
    if (blobs == NULL)
        pc_bug("no memory");
    for (uint16_t d = 2; d <= n; d++)
        kit_forge(&kit, &blobs[d], d, &honest);
    return blobs;
}

static void commit_all(const struct dkg_blob *blobs)
{
    kit_deal(&kit, 1);
    for (uint16_t d = 2; d <= kit.n; d++)
        kit_commit(&kit, d, &blobs[d]);
}

static void receive(struct round *r)
{
    struct dkg_attempt *a = kit.attempt[1];
    struct dkg_action act;
    enum dkg_blob_state state;
    double start = bench_cpu_us();
    kit_phase_end(&kit, DKG_PHASE_COMMIT);
    for (;;) {
        if (!dkg_attempt_next(a, &act))
            pc_bug("the attempt wants nothing, and has not voted");
        if (act.kind == DKG_ACT_VOTE)
            break;
        if (act.kind != DKG_ACT_FETCH)
            continue;
        if (kit_feed(&kit, 1, act.u.fetch.dealer, kit.blob[act.u.fetch.dealer], &state) != PC_OK)
            pc_bug("an honest dealing was refused");
        r->us += bench_cpu_us() - start;
        sample(r);
        start = bench_cpu_us();
    }
    r->us += bench_cpu_us() - start;
    if (dkg_bitmap_count(&act.u.vote.good) != kit.n)
        pc_bug("the vote lacks a dealer");
    for (size_t i = 0; i < 3; i++)
        r->unit[i] /= (double)r->samples;
}

/* A member's attempt at its beginning, once more. */
static void begin_again(void)
{
    if (kit.attempt[1] != NULL) {
        dkg_attempt_close(&kit.attempt[1]);
        free(kit.room[1]);
    }
    for (uint16_t d = 1; d <= kit.n; d++) {
        free(kit.blob[d]);
        kit.blob[d] = NULL;
    }
    kit.block = 0;
    kit_join(&kit, 1);
}

static double formula(double n, const double unit[static 3])
{
    double v = unit[BENCH_VAR], b = unit[BENCH_BASE], a = unit[BENCH_ADD];
    return n * (v + b) + 2 * n * (b + v + a) + (n * n - 1) * a + (n + 1) * (v + a);
}

static void measure(size_t which)
{
    uint16_t n = sizes[which].n;
    double ratio[ROUNDS_MAX], us[ROUNDS_MAX];
    char name[40];
    kit_open(&kit, &group_ristretto255, n, 0, n);
    begin_again();
    struct dkg_blob *blobs = record(n);
    for (size_t i = 0; i < sizes[which].rounds; i++) {
        struct round r = {0};
        begin_again();
        commit_all(blobs);
        receive(&r);
        us[i] = r.us;
        ratio[i] = r.us / (formula(n, r.unit) * sizes[which].measured_ms / sizes[which].model_ms);
    }
    (void)snprintf(name, sizeof name, "dkg_receive_%u", n);
    bench_print(name, bench_median(ratio, sizes[which].rounds));
    (void)snprintf(name, sizeof name, "dkg_receive_%u_us", n);
    bench_print(name, bench_lowest(us, sizes[which].rounds));
    free(blobs);
    kit_close(&kit);
}

int main(void)
{
    struct rng_seeded rng;
    rng_seeded_init(&rng, 2);
    bench_units_init(&rng.rng);
    for (size_t i = 0; i < PC_ARRAY_LEN(sizes); i++)
        measure(i);
    bench_print_end();
    return 0;
}
