/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept.h - what struct evidence_kept holds, for the verifiers: by vendor, a ring of what is kept.
 */
#ifndef PC_ATTEST_KEPT_H
#define PC_ATTEST_KEPT_H

#include "attest/evidence.h"

struct tdx_set;
struct snp_set;
struct nitro_ca;

#define PC_KEPT_TDX   4  /* collateral sets, without leaf */
#define PC_KEPT_SNP   64 /* chips */
#define PC_KEPT_NITRO 16 /* certificates above the documents' own */

struct tdx_kept {
    struct tdx_set *set[PC_KEPT_TDX];
    size_t next; /* slot to overwrite */
};

struct snp_kept {
    struct snp_set *set[PC_KEPT_SNP];
    size_t next;
};

struct nitro_kept {
    struct nitro_ca *ca[PC_KEPT_NITRO];
    size_t next;
};

struct evidence_kept {
    struct tdx_kept tdx;
    struct snp_kept snp;
    struct nitro_kept nitro;
};

/* Frees what is kept; the rings are left empty. */
void tdx_kept_clear(struct tdx_kept *k);
void snp_kept_clear(struct snp_kept *k);
void nitro_kept_clear(struct nitro_kept *k);

#endif
