/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_kept.h - inside of struct evidence_kept: what each vendor's verifier keeps from call to
 * call. For the verifiers only.
 */
#ifndef PC_ATTEST_EVIDENCE_KEPT_H
#define PC_ATTEST_EVIDENCE_KEPT_H

#include "attest/nitro_chain.h"
#include "attest/tdx_set.h"

struct evidence_kept {
    struct tdx_kept tdx;
    struct nitro_kept nitro;
};

#endif
