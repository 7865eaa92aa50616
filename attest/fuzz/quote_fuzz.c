/* SPDX-License-Identifier: Apache-2.0 */
/* A quote through the whole verifier, with genuine simulated collateral: no crash, and nothing that
 * was changed is accepted. The corpus holds simulated quotes under other roots. */
#include <stdlib.h>

#include "attest/sim/forge.h"
#include "attest/tdx.h"
#include "base/rng_seeded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct forge f;
    static struct forged parts;
    static struct forge_input input;
    static struct evidence_policy policy;
    static struct evidence_kept *kept;
    struct verdict v;
    struct tdx_view view;
    if (kept == NULL) {
        struct rng_seeded rng;
        rng_seeded_init(&rng, 1);
        forge_init(&f, &rng.rng, 4);
        forge_build(&parts, &f);
        forge_assemble(&input, &parts);
        policy_manifest(&policy);
        forge_pin(policy.root_sha256[PC_VENDOR_TDX], &parts);
        input.in.policy = &policy;
        kept = evidence_kept_new();
        if (kept == NULL)
            abort();
    }
    struct bytes genuine = input.in.evidence;
    struct evidence_input in = input.in;
    in.evidence = bytes_of(data, size);
    evidence_verify(&v, kept, PC_VENDOR_TDX, &in);
    bool same = size >= genuine.n && memcmp(data, genuine.p, PC_TDX_HEADER_LEN + 584) == 0;
    if (verdict_accepts(&v) && !same)
        abort();
    bool read = tdx_view_of(&view, in.evidence);
    if (!read && v.has_claims == 1)
        abort();
    uint8_t stripped[PC_TDX_STRIPPED_MAX];
    size_t n;
    if (tdx_strip(stripped, &n, in.evidence) == PC_OK && !read)
        abort();
    return 0;
}
