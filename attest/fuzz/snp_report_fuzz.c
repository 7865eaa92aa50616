/* SPDX-License-Identifier: Apache-2.0 */
/* A report and its table through the whole verifier, with a genuine simulated chain beside it and
 * with the table's alone: no crash, and nothing that was changed is accepted. The corpus holds
 * simulated evidence under other roots. */
#include <stdlib.h>

#include "attest/sim/forge_snp.h"
#include "attest/snp.h"
#include "base/rng_seeded.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct snp_forge f;
static struct snp_forged parts;
static struct evidence_policy policy;
static struct evidence_kept *kept;

/* New RSA keys take seconds: not in the time of an input. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct rng_seeded rng;
    (void)argc;
    (void)argv;
    rng_seeded_init(&rng, 1);
    snp_forge_init(&f, &rng.rng, PC_SNP_GENOA, false, 5);
    snp_forge_build(&parts, &f);
    snp_forge_policy(&policy, &parts);
    kept = evidence_kept_new();
    if (kept == NULL)
        abort();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct snp_view view;
    struct verdict v;
    struct evidence_input in = snp_forge_input(&parts);
    struct bytes genuine = in.evidence;
    in.policy = &policy;
    in.evidence = bytes_of(data, size);
    evidence_verify(&v, kept, PC_VENDOR_SNP, &in);
    bool same = size >= genuine.n && memcmp(data, genuine.p, genuine.n) == 0;
    if (verdict_accepts(&v) && !same)
        abort();
    bool read = snp_view_of(&view, &in);
    if (!read && v.has_claims == 1)
        abort();
    in.collateral.snp_vek = in.collateral.snp_issuer = in.collateral.snp_root =
        (struct bytes){NULL, 0};
    evidence_verify(&v, kept, PC_VENDOR_SNP, &in);
    if (verdict_accepts(&v) && !same)
        abort();
    (void)snp_view_of(&view, &in);
    return 0;
}
