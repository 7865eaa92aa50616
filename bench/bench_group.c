/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_group - unit costs, a node's step, and the client's work, against their floors.
 *
 *   node_step       threshold_evaluate / (H2G + 4 var + 1 base)
 *   client_combine  T verifications and the combination / T (6 var + 1 base + 3 add), the highest
 *                   of four sizes of committee
 */
#include <stdio.h>

#include "base/rng_seeded.h"
#include "bench/bench.h"
#include "crypto/shamir.h"
#include "dkg/threshold.h"

#define ROUNDS      61
#define SLOW_ROUNDS 15
#define SIZES       4

static const uint16_t sizes[SIZES] = {4, 10, 64, 256};
static const uint8_t input[140] = {1, 2, 3};

static struct rng_seeded rng;
static struct dkg_key key;
static struct scalar share[DKG_MAX_N + 1];
static struct threshold_partial partial[DKG_MAX_N + 1];
static struct threshold_combiner combiner;

static void committee(uint16_t n)
{
    const struct group *g = &group_ristretto255;
    static struct scalar poly[DKG_MAX_N];
    key.pub = (struct dkg_public){.epoch = 1, .n = n, .t = (uint16_t)(n / 2 + 1)};
    shamir_poly_random(g, poly, key.pub.t, &rng.rng);
    for (uint32_t j = 0; j <= n; j++) {
        if (shamir_eval(g, &share[j], poly, key.pub.t, j) != PC_OK)
            pc_bug("no share");
        group_base_mult(g, &key.pub.y[j], &share[j]);
    }
}

static void step_of(uint16_t index)
{
    key.index = index;
    key.share = share[index];
    if (threshold_evaluate(&partial[index], &group_ristretto255, &key, PC_BYTES(input), &rng.rng) !=
        PC_OK)
        pc_bug("no partial");
}

static void run_step(void)
{
    step_of(1);
}

static void run_combine(void)
{
    uint8_t y[PC_VOPRF_OUTPUT_BYTES];
    if (threshold_combine_init(&combiner, &group_ristretto255, &key.pub, PC_BYTES(input)) != PC_OK)
        pc_bug("no combiner");
    for (uint16_t i = 1; i <= key.pub.t; i++)
        if (threshold_combine_add(&combiner, i, &partial[i]) != PC_OK)
            pc_bug("a genuine partial was refused");
    if (threshold_combine_finish(y, &combiner) != PC_OK)
        pc_bug("no output");
}

static void measure_step(void)
{
    struct bench_op step = {.run = run_step, .runs = 4};
    double ratio[ROUNDS];
    committee(10);
    run_step();
    for (size_t r = 0; r < ROUNDS; r++) {
        bench_round(bench_units, BENCH_UNITS);
        bench_round(&step, 1);
        ratio[r] = step.us / bench_floor_step();
    }
    bench_print("node_step", bench_median(ratio, ROUNDS));
    bench_print("node_step_us", step.best);
}

static double measure_combine(uint16_t n)
{
    struct bench_op combine = {.run = run_combine, .runs = 1};
    const struct bench_op *u = bench_units;
    size_t rounds = n <= 10 ? ROUNDS : SLOW_ROUNDS;
    double ratio[ROUNDS];
    char name[40];
    committee(n);
    for (uint16_t i = 1; i <= key.pub.t; i++)
        step_of(i);
    for (size_t r = 0; r < rounds; r++) {
        bench_round(bench_units, BENCH_UNITS);
        bench_round(&combine, 1);
        ratio[r] = combine.us /
                   (key.pub.t * (6 * u[BENCH_VAR].us + u[BENCH_BASE].us + 3 * u[BENCH_ADD].us));
    }
    double median = bench_median(ratio, rounds);
    (void)snprintf(name, sizeof name, "client_combine_%u", n);
    bench_print(name, median);
    (void)snprintf(name, sizeof name, "client_combine_%u_us", n);
    bench_print(name, combine.best);
    return median;
}

int main(void)
{
    static const char *const names[BENCH_UNITS] = {
        [BENCH_VAR] = "unit_var_us",   [BENCH_BASE] = "unit_base_us",
        [BENCH_ADD] = "unit_add_us",   [BENCH_H2G] = "unit_h2g_us",
        [BENCH_SEAL] = "unit_seal_us", [BENCH_VERIFY] = "unit_verify_us",
        [BENCH_SIGN] = "unit_sign_us",
    };
    double worst = 0;
    rng_seeded_init(&rng, 1);
    bench_units_init(&rng.rng);
    measure_step();
    for (size_t i = 0; i < SIZES; i++) {
        double ratio = measure_combine(sizes[i]);
        worst = ratio > worst ? ratio : worst;
    }
    bench_print("client_combine", worst);
    for (size_t i = 0; i < BENCH_UNITS; i++)
        bench_print(names[i], bench_units[i].best);
    bench_print_end();
    return 0;
}
