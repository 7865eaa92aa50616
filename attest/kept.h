/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept.h - what struct evidence_kept holds, for the verifiers: by vendor, a ring of sets.
 */
#ifndef PC_ATTEST_KEPT_H
#define PC_ATTEST_KEPT_H

#include "attest/evidence.h"

struct tdx_set;
struct snp_set;

#define PC_KEPT_TDX 4  /* collateral sets, without leaf */
#define PC_KEPT_SNP 64 /* chips */

struct tdx_kept {
    struct tdx_set *set[PC_KEPT_TDX];
    size_t next; /* slot to overwrite */
};

struct snp_kept {
    struct snp_set *set[PC_KEPT_SNP];
    size_t next;
};

struct evidence_kept {
    struct tdx_kept tdx;
    struct snp_kept snp;
};

/* Frees the sets; the rings are left empty. */
void tdx_kept_clear(struct tdx_kept *k);
void snp_kept_clear(struct snp_kept *k);

#endif
