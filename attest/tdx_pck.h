/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_pck.h - the SGX extension of a PCK certificate, 1.2.840.113741.1.13.1 (attestation.md 1.2).
 *
 * Items are found by OID, never by position; duplicates are refused, and so is an extension without
 * TCB (all of its 18 parts), PCEID or FMSPC. Unknown items are skipped.
 */
#ifndef PC_ATTEST_TDX_PCK_H
#define PC_ATTEST_TDX_PCK_H

#include "base/bytes.h"
#include "base/err.h"

struct tdx_pck {
    uint8_t ppid[16]; /* zero if absent */
    uint8_t comps[16];
    uint16_t pcesvn;
    uint8_t cpusvn[16];
    uint8_t pceid[2];
    uint8_t fmspc[6];
    uint32_t sgx_type; /* 0 if absent */
};

/* PC_E_MALFORMED; *out is then zeroed. */
PC_MUST_USE enum err_code tdx_pck_parse(struct tdx_pck *out, struct bytes extension);

#endif
