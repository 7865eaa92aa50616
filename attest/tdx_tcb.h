/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_tcb.h - the TCB status of a platform, TDX module and quoting enclave (attestation.md 1.5).
 */
#ifndef PC_ATTEST_TDX_TCB_H
#define PC_ATTEST_TDX_TCB_H

#include "attest/tdx_collateral.h"
#include "attest/tdx_pck.h"

/* What is judged. */
struct tdx_tcb_input {
    const struct tdx_tcb_info *info;
    const struct tdx_qe_identity *qe;
    const uint8_t *comps; /* 16, of the PCK certificate */
    uint16_t pcesvn;
    uint16_t qe_isvsvn;
    const uint8_t *tee_tcb_svn;  /* 16, at launch */
    const uint8_t *tee_tcb_svn2; /* 16, now; NULL for TD report 1.0 */
};

struct tdx_tcb_result {
    enum tcb_status status; /* PC_TCB_NOT_SUPPORTED: some component matches no level */
    uint64_t date;          /* oldest of the components; 0 if not supported */
    uint16_t advisory_count;
    char advisories[PC_ADVISORIES_MAX][PC_ADVISORY_LEN]; /* union, ascending */
};

/* The module that TEE_TCB_SVN names: tdxModule for major 0, else the identity of that number; NULL
 * if there is none. */
const struct tdx_module *tdx_module_of(const struct tdx_tcb_info *info,
                                       const uint8_t tee_tcb_svn[static 16]);

void tdx_tcb_status(struct tdx_tcb_result *out, const struct tdx_tcb_input *in);

/* Rule 4: what a platform status becomes beside another component's. Rule 5: what launch becomes
 * beside current. */
enum tcb_status tdx_tcb_converge(enum tcb_status platform, enum tcb_status component);
enum tcb_status tdx_tcb_relaunch(enum tcb_status launch, enum tcb_status current);

#endif
