/* SPDX-License-Identifier: Apache-2.0 */
/*
 * worker.h - what the attest process does with one job: bytes in, a fixed-size verdict out.
 *
 * A pure function. The process around it (node/attest) moves the bytes, sandboxes itself and is
 * started afresh; one job leaves nothing to the next, so nothing is kept here.
 */
#ifndef PC_ATTEST_WORKER_H
#define PC_ATTEST_WORKER_H

#include "attest/evidence.h"

/* Load what verifying needs, once, before the sandbox closes: afterwards no file is opened. */
void worker_prepare(void);

struct worker_job {
    enum vendor vendor;
    struct bytes evidence;
    struct collateral collateral;         /* the objects named by in_force, from any source */
    uint8_t in_force[PC_OBJ_COUNT][32];   /* chain state at the accepted head */
    uint64_t attested_at;                 /* block time of attest() */
    uint64_t head_time;                   /* of the accepted head */
    const struct evidence_policy *policy; /* policy_network with the roots of policy.bin */
};

/* Verify as a node does (SPEC 5): dates of evidence and chain at attested_at, collateral by the
 * hashes in force and by its lower dates at head_time; CRLs are required whatever the policy says.
 * Whole verdict always; the vault compares report data and claims itself. */
void worker_run(struct verdict *out, const struct worker_job *job);

#endif
