/* SPDX-License-Identifier: Apache-2.0 */
/* nitro_bugs_test.h - shared by nitro_bugs_*_test.c: genuine forged documents, one of each form,
 * and one-line expectations. */
#ifndef PC_ATTEST_NITRO_BUGS_TEST_H
#define PC_ATTEST_NITRO_BUGS_TEST_H

#include <stdlib.h>

#include "attest/bugs_testkit.h"
#include "attest/sim/forge_nitro.h"
#include "base/rng_seeded.h"

/* A document with a map of indefinite and of definite length, and the pins of their roots. */
static struct forge_nitro genuine[2];
static struct forge_nitro f; /* the one under change */
static struct forged_nitro built;
static uint8_t pins[2][32];

static inline int bugs_setup(void **state)
{
    struct rng_seeded rng;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        rng_seeded_init(&rng, 200 + i);
        forge_nitro_init(&genuine[i], &rng.rng, i == 1);
        forge_nitro_pin(pins[i], &genuine[i]);
    }
    return 0;
}

static inline void start(size_t i)
{
    forge_nitro_copy(&f, &genuine[i]);
}

static inline void judge_built(size_t i)
{
    forge_nitro_verify(&v, bytes_of(built.p, built.n), pins[i]);
}

static inline void judge(size_t i)
{
    forge_nitro_build(&built, &f);
    judge_built(i);
}

/* A change of the plan, built and judged: that reason and no other, in both forms. */
#define ONLY(change, reason)                                                                       \
    do {                                                                                           \
        for (size_t form_ = 0; form_ < 2; form_++) {                                               \
            start(form_);                                                                          \
            change;                                                                                \
            judge(form_);                                                                          \
            expect_only(reason);                                                                   \
        }                                                                                          \
    } while (0)
#define FINE(change)                                                                               \
    do {                                                                                           \
        for (size_t form_ = 0; form_ < 2; form_++) {                                               \
            start(form_);                                                                          \
            change;                                                                                \
            judge(form_);                                                                          \
            expect_accept();                                                                       \
        }                                                                                          \
    } while (0)

#endif
