/* SPDX-License-Identifier: Apache-2.0 */
/* snp_plan.h - changes of a plan of simulated SEV-SNP evidence (snp_ops.c chooses among them). */
#ifndef PC_TESTS_TOOLS_SNP_PLAN_H
#define PC_TESTS_TOOLS_SNP_PLAN_H

#include "attest/sim/forge_snp.h"
#include "tests/tools/mutate.h"

struct snp_plan_op {
    const char *name;
    unsigned weight; /* higher for those that are often accepted */
    void (*change)(struct snp_forge *, struct rng_seeded *);
};
extern const struct snp_plan_op snp_plan_ops[];
extern const size_t snp_plan_ops_n;

#endif
