/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rng_seeded.h - a deterministic struct rng for tests and simulators only.
 *
 * It lives in the test library (pc_testkit); no program links it.
 */
#ifndef PC_BASE_RNG_SEEDED_H
#define PC_BASE_RNG_SEEDED_H

#include "base/rng.h"

struct rng_seeded {
    struct rng rng; /* first member: pass &x.rng */
    uint8_t key[32];
    uint64_t block;
};

void rng_seeded_init(struct rng_seeded *r, uint64_t seed);

/* Uniform below n (n > 0), for schedules. */
uint64_t rng_seeded_below(struct rng_seeded *r, uint64_t n);

#endif
