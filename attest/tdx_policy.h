/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_policy.h - step 11 of the TDX verifier: does the policy accept what the evidence proved?
 */
#ifndef PC_ATTEST_TDX_POLICY_H
#define PC_ATTEST_TDX_POLICY_H

#include "attest/evidence.h"
#include "attest/tdx_quote.h"

/* Adds a reason for each rule that refuses. Status, dates and claims of *v are set before. */
void tdx_policy_check(struct verdict *v, const struct evidence_input *in,
                      const struct tdx_quote *quote);

#endif
