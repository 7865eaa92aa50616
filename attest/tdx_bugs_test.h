/* SPDX-License-Identifier: Apache-2.0 */
/* tdx_bugs_test.h - shared by tdx_bugs_*_test.c: genuine forged evidence and one-line expectations.
 */
#ifndef PC_ATTEST_TDX_BUGS_TEST_H
#define PC_ATTEST_TDX_BUGS_TEST_H

#include "attest/bugs_testkit.h"
#include "attest/sim/forge.h"
#include "base/rng_seeded.h"

/* Genuine evidence of each version, and the pin of its root. */
static struct forge genuine[2];
static struct forge f; /* the one under change */
static struct forged parts;
static uint8_t pins[2][32];

static int bugs_setup(void **state)
{
    struct rng_seeded rng;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        rng_seeded_init(&rng, 100 + i);
        forge_init(&genuine[i], &rng.rng, (uint16_t)(4 + i));
        forge_build(&parts, &genuine[i]);
        forge_pin(pins[i], &parts);
    }
    return 0;
}

static void start(size_t i)
{
    forge_copy(&f, &genuine[i]);
}

static void judge(size_t i)
{
    forge_build(&parts, &f);
    forge_verify(&v, &parts, pins[i]);
}

/* A change of the plan, built and judged: that reason and no other, for both versions. */
#define ONLY(change, reason)                                                                       \
    do {                                                                                           \
        for (size_t version_ = 0; version_ < 2; version_++) {                                      \
            start(version_);                                                                       \
            change;                                                                                \
            judge(version_);                                                                       \
            expect_only(reason);                                                                   \
        }                                                                                          \
    } while (0)
#define FINE(change)                                                                               \
    do {                                                                                           \
        for (size_t version_ = 0; version_ < 2; version_++) {                                      \
            start(version_);                                                                       \
            change;                                                                                \
            judge(version_);                                                                       \
            expect_accept();                                                                       \
        }                                                                                          \
    } while (0)

#endif
