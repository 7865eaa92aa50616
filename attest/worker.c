/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/worker.h"

#include "attest/ec.h"
#include "attest/rsa.h"
#include "base/json.h"

void worker_prepare(void)
{
    struct json_doc *doc;
    ec_warm_up();
    rsa_warm_up();
    /* The first document seeds a hash table from a file. */
    if (json_parse(&doc, PC_BYTES_STR("{}"), 16, 1) != PC_OK)
        pc_bug("JSON is not read");
    json_free(doc);
}

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
    policy.crl_required = policy.snp.crl_required = true;
    evidence_verify(out, NULL, job->vendor, &in);
}
