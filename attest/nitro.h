/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nitro.h - AWS Nitro Enclaves: the verifier, and what a document says (attestation.md 3).
 */
#ifndef PC_ATTEST_NITRO_H
#define PC_ATTEST_NITRO_H

#include "attest/cert.h"
#include "attest/evidence.h"
#include "attest/nitro_doc.h"

/* The row of evidence.c; see evidence.h. A Nitro document carries its whole chain and AWS says that
 * its CRLs are not to be checked, so collateral, collateral_time and in_force don't matter; no
 * status is computed (docs/decisions/0132). */
void nitro_verify(struct verdict *out, struct evidence_kept *kept, const struct evidence_input *in);

/* The fields of claims and their digest (attestation.md C7; product and raw_tcb are empty). Nothing
 * is authenticated; has_claims and the leaf stay the caller's. False: a PCR of the measurement is
 * missing. */
bool nitro_claims_of(struct verdict *v, const struct nitro_doc *doc);

/* What the document says, for people: parsed, nothing authenticated. */
struct nitro_view {
    struct nitro_doc doc;
    bool has_chain; /* every certificate could be read: */
    struct cert ca[PC_NITRO_CHAIN_MAX];
    struct cert target;
    uint64_t valid_from; /* all of them at once */
    uint64_t valid_until;
};

/* False if the document cannot be taken apart. Views borrow it. */
bool nitro_view_of(struct nitro_view *out, struct bytes document);

#endif
