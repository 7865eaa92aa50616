/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx.h - Intel TDX: the verifier, and what a quote says (attestation.md 1).
 */
#ifndef PC_ATTEST_TDX_H
#define PC_ATTEST_TDX_H

#include "attest/cert.h"
#include "attest/evidence.h"
#include "attest/tdx_pck.h"
#include "attest/tdx_quote.h"

/* The row of evidence.c; see evidence.h. */
void tdx_verify(struct verdict *out, struct evidence_kept *kept, const struct evidence_input *in);

/* What the quote says, for people: parsed, nothing authenticated. `leaf` and `pck` are set if the
 * chain could be read that far. */
struct tdx_view {
    struct tdx_quote quote;
    bool has_pck;
    struct tdx_pck pck;
    struct cert_serial serial;
    uint64_t not_before;
    uint64_t not_after;
};

/* False if the quote cannot be taken apart. Views borrow the quote. */
bool tdx_view_of(struct tdx_view *out, struct bytes quote);

#endif
