/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_json.h - a verdict and evidence as one JSON object (docs/EVIDENCE.md has the fields).
 */
#ifndef PC_CLI_EVIDENCE_JSON_H
#define PC_CLI_EVIDENCE_JSON_H

#include "attest/nitro.h"
#include "attest/snp.h"
#include "attest/tdx.h"
#include "attest/verdict.h"

#define PC_EVIDENCE_JSON_CAP ((size_t)32 * 1024)

/* What the evidence says, by vendor; all NULL when it cannot be taken apart. */
struct evidence_view {
    const struct tdx_view *tdx;
    const struct snp_view *snp;
    const struct nitro_view *nitro;
};

/* Text with NUL into out. */
void evidence_json(char out[static PC_EVIDENCE_JSON_CAP], const struct verdict *v,
                   const struct evidence_view *view);

/* "tcb_status:OutOfDate", "vmpl:1" for these reasons, else its name. */
const char *evidence_reason_text(char out[static 96], const struct verdict *v, unsigned reason);

#endif
