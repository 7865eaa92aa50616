/* SPDX-License-Identifier: Apache-2.0 */
/* nitro_bugs_test.h - shared by nitro_bugs_*_test.c: genuine forged documents, one of each form,
 * and one-line expectations. */
#ifndef PC_ATTEST_NITRO_BUGS_TEST_H
#define PC_ATTEST_NITRO_BUGS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attest/sim/forge_nitro.h"
#include "base/rng_seeded.h"

/* A document with a map of indefinite and of definite length, and the pins of their roots. */
static struct forge_nitro genuine[2];
static struct forge_nitro f; /* the one under change */
static struct forged_nitro built;
static uint8_t pins[2][32];
static struct verdict v;

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

static inline void expect_accept(void)
{
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (verdict_has(&v, (enum verdict_reason)r))
            fail_msg("unexpected reason %s", verdict_reason_name(r));
    assert_true(verdict_accepts(&v));
}

/* This reason and no other. */
static inline void expect_only(enum verdict_reason want)
{
    if (!verdict_has(&v, want))
        fail_msg("reason %s is missing", verdict_reason_name(want));
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (r != want && verdict_has(&v, (enum verdict_reason)r))
            fail_msg("wanted %s alone, got %s too", verdict_reason_name(want),
                     verdict_reason_name(r));
    assert_false(verdict_accepts(&v));
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
