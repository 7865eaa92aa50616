/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rng.h - where randomness comes from.
 *
 * Code that needs randomness takes a struct rng, so that tests can replay a schedule and fail the
 * n-th call. Programs pass rng_system(): the kernel's generator. If it fails the process aborts;
 * there is no fallback (crypto.md A53).
 */
#ifndef PC_BASE_RNG_H
#define PC_BASE_RNG_H

#include "base/bytes.h"

struct rng {
    void (*fill)(struct rng *self, void *out, size_t n);
};

/* getrandom(2), blocking until seeded; aborts on any failure. */
struct rng *rng_system(void);

static inline void rng_fill(struct rng *r, void *out, size_t n)
{
    r->fill(r, out, n);
}

#endif
