/* SPDX-License-Identifier: Apache-2.0 */
/* tdx_ops.h - mutations of simulated evidence for tdx-mutate. */
#ifndef PC_TESTS_TOOLS_TDX_OPS_H
#define PC_TESTS_TOOLS_TDX_OPS_H

#include "attest/sim/forge.h"
#include "tests/tools/mutate.h"

/* The same vendor's v5 machine (TD report 1.5). */
void ops_make_v5(struct forge *f, struct rng_seeded *rng);

/* One or two changes of what is said in f, which is built and signed again into p; their names into
 * label. */
void ops_structured(char label[static PC_MUTATE_LABEL], struct forged *p, struct forge *f,
                    struct rng_seeded *rng);

/* One change of built bytes; signatures are left as they are. */
void ops_raw(char label[static PC_MUTATE_LABEL], struct forged *p, struct rng_seeded *rng);

#endif
