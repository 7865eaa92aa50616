/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench.h - measuring beside a floor.
 *
 * A figure in microseconds says little: it depends on the machine and on who else uses it. So each
 * measurement is made in rounds, and every round also runs the operations that the floor is made
 * of. The ratio of a round is measured / floor of that same round; the result is the median of
 * these, which hardly changes with the machine or its load. Times are CPU time of the thread unless
 * a program says otherwise. What is printed in microseconds is the lowest seen.
 */
#ifndef PC_BENCH_H
#define PC_BENCH_H

#include <stddef.h>

#include "base/rng.h"

double bench_cpu_us(void);  /* of this thread */
double bench_wall_us(void); /* monotonic */

/* One thing to time. */
struct bench_op {
    void (*run)(void);
    unsigned runs; /* per round */
    double us;     /* average of the last round */
    double best;   /* lowest average of any round; 0: none yet */
};

/* One round of each of n operations. */
void bench_round(struct bench_op *op, size_t n);

double bench_median(double *values, size_t n); /* sorts them */
double bench_lowest(const double *values, size_t n);

/* The operations that floors are made of, over ristretto255. */
enum bench_unit {
    BENCH_VAR,  /* s*P */
    BENCH_BASE, /* s*G */
    BENCH_ADD,
    BENCH_H2G,
    BENCH_SEAL, /* HPKE, of a partial */
    BENCH_VERIFY,
    BENCH_SIGN,
    BENCH_UNITS
};
extern struct bench_op bench_units[BENCH_UNITS];
void bench_units_init(struct rng *r);

/* A node's evaluation with its proof, and with what else a request costs at least, from the last
 * round of bench_units. */
double bench_floor_step(void);
double bench_floor_request(double step);

/* {"a":1.00,...}: values of a flat object, one after the other. */
void bench_print(const char *name, double value);
void bench_print_end(void);

#endif
