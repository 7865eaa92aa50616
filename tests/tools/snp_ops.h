/* SPDX-License-Identifier: Apache-2.0 */
/* snp_ops.h - mutations of simulated SEV-SNP evidence for snp-mutate. */
#ifndef PC_TESTS_TOOLS_SNP_OPS_H
#define PC_TESTS_TOOLS_SNP_OPS_H

#include "attest/sim/forge_snp.h"
#include "tests/tools/mutate.h"

struct snp_mutant {
    struct snp_forge plan;
    struct snp_forged built;
    /* The verifier in C finds the certificates in the table behind the report, not beside it. */
    bool table;
};

/* One or two changes of what is said in m->plan, which is built and signed again into m->built; the
 * names of the changes into label. */
void snp_ops_structured(char label[static PC_MUTATE_LABEL], struct snp_mutant *m,
                        struct rng_seeded *rng);

/* One change of m->built; signatures are left as they are. */
void snp_ops_raw(char label[static PC_MUTATE_LABEL], struct snp_mutant *m, struct rng_seeded *rng);

#endif
