/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nitro_policy.h - does the policy accept what a Nitro document proved?
 */
#ifndef PC_ATTEST_NITRO_POLICY_H
#define PC_ATTEST_NITRO_POLICY_H

#include "attest/evidence.h"
#include "attest/nitro_doc.h"

/* Adds a reason for each rule that refuses. The claims of *v are set before. */
void nitro_policy_check(struct verdict *v, const struct evidence_input *in,
                        const struct nitro_doc *doc);

#endif
