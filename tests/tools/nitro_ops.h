/* SPDX-License-Identifier: Apache-2.0 */
/* nitro_ops.h - mutations of simulated Nitro documents for nitro-mutate. */
#ifndef PC_TESTS_TOOLS_NITRO_OPS_H
#define PC_TESTS_TOOLS_NITRO_OPS_H

#include "attest/sim/forge_nitro.h"
#include "tests/tools/der_edit.h"
#include "tests/tools/mutate.h"

#define PC_NITRO_CHAIN_CERTS (PC_NITRO_CHAIN_MAX + 2) /* of a plan: cabundle and target */

struct nitro_mutant {
    uint64_t now;
    struct forge_nitro plan;
    /* What is built of it, each to be changed before the next is: certificates, the last one being
     * the target, with the plan's entry that signs each; the payload; the document. */
    size_t certs;
    size_t cert_n[PC_NITRO_CHAIN_CERTS];
    uint8_t cert[PC_NITRO_CHAIN_CERTS][PC_DER_EDIT_MAX];
    unsigned cert_of[PC_NITRO_CHAIN_CERTS];
    struct cborw payload;
    struct forged_nitro document;
};

/* The plan, built. */
void nitro_ops_build(struct nitro_mutant *m);

/* One or two changes of what is said in m->plan or in what is built of it, signed again; the names
 * of the changes into label. */
void nitro_ops_structured(char label[static PC_MUTATE_LABEL], struct nitro_mutant *m,
                          struct rng_seeded *rng);

/* One change of m->document; signatures are left as they are. */
void nitro_ops_raw(char label[static PC_MUTATE_LABEL], struct nitro_mutant *m,
                   struct rng_seeded *rng);

#endif
