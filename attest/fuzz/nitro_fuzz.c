/* SPDX-License-Identifier: Apache-2.0 */
/* A document through the whole verifier, under the root of a genuine simulated one: no crash,
 * nothing that was changed is accepted, and what the verifier takes apart the other readers do too.
 * The corpus holds simulated documents under other roots. */
#include <stdlib.h>

#include "attest/nitro.h"
#include "attest/nsm.h"
#include "attest/sim/forge_nitro.h"
#include "base/rng_seeded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct forge_nitro f;
    static struct forged_nitro genuine;
    static struct evidence_policy policy;
    static struct evidence_kept *kept;
    static struct nitro_view view;
    struct nitro_doc doc;
    struct verdict v, ignored = {0};
    char name[64];
    if (kept == NULL) {
        struct rng_seeded rng;
        rng_seeded_init(&rng, 1);
        forge_nitro_init(&f, &rng.rng, false);
        forge_nitro_build(&genuine, &f);
        policy_manifest(&policy);
        forge_nitro_pin(policy.root_sha256[PC_VENDOR_NITRO], &f);
        kept = evidence_kept_new();
        if (kept == NULL)
            abort();
    }
    struct evidence_input in = {
        .evidence = bytes_of(data, size), .policy = &policy, .evidence_time = PC_FORGE_NITRO_NOW};
    evidence_verify(&v, kept, PC_VENDOR_NITRO, &in);
    if (!verdict_accepts(&v) && v.reasons[0] == 0 && v.reasons[1] == 0)
        abort();
    struct bytes untagged = in.evidence; /* one tag in front is the same document */
    if (size > 0 && data[0] == 0xd2)
        untagged = bytes_of(data + 1, size - 1);
    if (verdict_accepts(&v) && !bytes_equal_var(untagged, bytes_of(genuine.p, genuine.n)))
        abort();
    bool read = nitro_doc_parse(&doc, &ignored, in.evidence);
    if (read != (ignored.reasons[0] == 0 && ignored.reasons[1] == 0) ||
        (!read && v.has_claims == 1))
        abort();
    if (nitro_view_of(&view, in.evidence) != read)
        abort();
    if (read && view.has_chain)
        cert_name_text(name, sizeof(name), view.target.subject);
    /* The same bytes as an answer of the module. */
    struct bytes document;
    struct nsm_fault why;
    if (nsm_answer(&document, &why, in.evidence) == PC_OK && document.n >= size)
        abort();
    return 0;
}
