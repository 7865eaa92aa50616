/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/worker.h"

void worker_run(struct verdict *out, const struct worker_job *job)
{
    struct evidence_policy policy = *job->policy;
    struct evidence_input in = {
        .evidence = job->evidence,
        .collateral = job->collateral,
        .policy = &policy,
        .evidence_time = job->attested_at,
        .collateral_time = job->head_time,
        .dates = PC_DATES_LOWER,
        .in_force = job->in_force,
    };
    policy.crl_required = true;
    evidence_verify(out, NULL, job->vendor, &in);
}
