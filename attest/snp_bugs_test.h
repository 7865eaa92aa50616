/* SPDX-License-Identifier: Apache-2.0 */
/* snp_bugs_test.h - shared by snp_bugs_*_test.c: genuine forged evidence and one-line expectations.
 */
#ifndef PC_ATTEST_SNP_BUGS_TEST_H
#define PC_ATTEST_SNP_BUGS_TEST_H

#include "attest/bugs_testkit.h"
#include "attest/sim/forge_snp.h"
#include "base/rng_seeded.h"

/* Genuine evidence of each kind: all products, both keys, all versions. */
static const struct {
    enum snp_product product;
    bool vlek;
    uint32_t version;
} kinds[] = {
    {PC_SNP_MILAN, false, 2}, {PC_SNP_GENOA, false, 3}, {PC_SNP_TURIN, false, 5},
    {PC_SNP_GENOA, true, 5},  {PC_SNP_MILAN, true, 2},
};
#define KINDS     PC_ARRAY_LEN(kinds)
#define VCEKS     3 /* the first ones */
#define KIND_VLEK 3

static struct snp_forge genuine[KINDS];
static struct snp_forge f; /* the one under change */
static struct snp_forged parts;
static struct evidence_policy policies[KINDS];
static struct evidence_policy policy;

static int bugs_setup(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 200);
    for (size_t i = 0; i < KINDS; i++) {
        if (i == 0)
            snp_forge_init(&genuine[0], &rng.rng, kinds[0].product, kinds[0].vlek,
                           kinds[0].version);
        else
            snp_forge_like(&genuine[i], &genuine[0], &rng.rng, kinds[i].product, kinds[i].vlek,
                           kinds[i].version);
        snp_forge_build(&parts, &genuine[i]);
        snp_forge_policy(&policies[i], &parts);
    }
    return 0;
}

static void start(size_t i)
{
    snp_forge_copy(&f, &genuine[i]);
    policy = policies[i];
}

static void verify_parts(void)
{
    struct evidence_input in = snp_forge_input(&parts);
    in.policy = &policy;
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
}

static void judge(void)
{
    snp_forge_build(&parts, &f);
    verify_parts();
}

/* A change of the plan, built and judged, for kinds [from, to). */
#define ONLY_OF(from, to, change, reason)                                                          \
    do {                                                                                           \
        for (size_t kind_ = (from); kind_ < (to); kind_++) {                                       \
            start(kind_);                                                                          \
            change;                                                                                \
            judge();                                                                               \
            expect_only(reason);                                                                   \
        }                                                                                          \
    } while (0)
#define ONLY(change, reason) ONLY_OF(0, KINDS, change, reason)
#define FINE_OF(from, to, change)                                                                  \
    do {                                                                                           \
        for (size_t kind_ = (from); kind_ < (to); kind_++) {                                       \
            start(kind_);                                                                          \
            change;                                                                                \
            judge();                                                                               \
            expect_accept();                                                                       \
        }                                                                                          \
    } while (0)
#define FINE(change) FINE_OF(0, KINDS, change)

#endif
