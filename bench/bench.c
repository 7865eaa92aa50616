/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "crypto/ed25519.h"
#include "crypto/hpke.h"
#include "crypto/voprf.h"

static double read_us(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) != 0)
        pc_bug("no clock");
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double bench_cpu_us(void)
{
    return read_us(CLOCK_THREAD_CPUTIME_ID);
}

double bench_wall_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

void bench_round(struct bench_op *op, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double start = bench_cpu_us();
        for (unsigned r = 0; r < op[i].runs; r++)
            op[i].run();
        op[i].us = (bench_cpu_us() - start) / op[i].runs;
        if (op[i].best == 0 || op[i].us < op[i].best)
            op[i].best = op[i].us;
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, by_value);
    return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double bench_lowest(const double *values, size_t n)
{
    double low = values[0];
    for (size_t i = 1; i < n; i++)
        low = values[i] < low ? values[i] : low;
    return low;
}

/* ---- unit costs ---- */

#define INPUT_BYTES   140u /* an input with a scope of a few bytes */
#define PARTIAL_BYTES 104u /* epoch, element and proof */
#define MESSAGE_BYTES 160u

static struct {
    struct scalar s;
    struct point p, q, out;
    uint8_t input[INPUT_BYTES], partial[PARTIAL_BYTES];
    uint8_t sealed[PARTIAL_BYTES + PC_HPKE_OVERHEAD], message[MESSAGE_BYTES];
    struct x25519_sk hpke_sk;
    struct x25519_pk hpke_pk;
    struct ed25519_sk sk;
    struct ed25519_pk pk;
    struct ed25519_sig sig;
    struct rng *rng;
} of;

static void run_var(void)
{
    group_mult(&group_ristretto255, &of.out, &of.s, &of.p);
}

static void run_base(void)
{
    group_base_mult(&group_ristretto255, &of.out, &of.s);
}

static void run_add(void)
{
    group_add(&group_ristretto255, &of.out, &of.p, &of.q);
}

static void run_h2g(void)
{
    if (voprf_hash_to_group(&group_ristretto255, &of.out, PC_BYTES(of.input)) != PC_OK)
        pc_bug("an input was refused");
}

static void run_seal(void)
{
    if (hpke_seal(of.sealed, &of.hpke_pk, PC_BYTES(of.message), bytes_of(NULL, 0),
                  PC_BYTES(of.partial), of.rng) != PC_OK)
        pc_bug("a genuine key was refused");
}

static void run_verify(void)
{
    if (ed25519_verify_var(&of.pk, PC_BYTES(of.message), &of.sig) != PC_OK)
        pc_bug("a genuine signature was refused");
}

static void run_sign(void)
{
    ed25519_sign(&of.sig, &of.sk, PC_BYTES(of.message));
}

struct bench_op bench_units[BENCH_UNITS] = {
    [BENCH_VAR] = {.run = run_var, .runs = 8},   [BENCH_BASE] = {.run = run_base, .runs = 16},
    [BENCH_ADD] = {.run = run_add, .runs = 16},  [BENCH_H2G] = {.run = run_h2g, .runs = 16},
    [BENCH_SEAL] = {.run = run_seal, .runs = 4}, [BENCH_VERIFY] = {.run = run_verify, .runs = 4},
    [BENCH_SIGN] = {.run = run_sign, .runs = 8},
};

void bench_units_init(struct rng *r)
{
    const struct group *g = &group_ristretto255;
    of.rng = r;
    group_scalar_random(g, &of.s, r);
    group_base_mult(g, &of.p, &of.s);
    group_scalar_random(g, &of.s, r);
    group_mult(g, &of.q, &of.s, &of.p);
    rng_fill(r, of.input, sizeof of.input);
    rng_fill(r, of.message, sizeof of.message);
    rng_fill(r, of.partial, sizeof of.partial);
    x25519_generate(&of.hpke_sk, &of.hpke_pk, r);
    ed25519_generate(&of.sk, &of.pk, r);
    run_sign();
    bench_round(bench_units, BENCH_UNITS); /* warm */
}

double bench_floor_step(void)
{
    const struct bench_op *u = bench_units;
    return u[BENCH_H2G].us + 4 * u[BENCH_VAR].us + u[BENCH_BASE].us;
}

double bench_floor_request(double step)
{
    const struct bench_op *u = bench_units;
    return step + u[BENCH_SEAL].us + u[BENCH_VERIFY].us + u[BENCH_SIGN].us;
}

/* ---- output ---- */

static bool printed;

void bench_print(const char *name, double value)
{
    (void)printf("%s\"%s\":%.3f", printed ? "," : "{", name, value);
    printed = true;
}

void bench_print_end(void)
{
    (void)printf("}\n");
}
