/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_collateral.h - Intel's TCB info and QE identity, taken apart (attestation.md 1.3).
 *
 * The vendor signs the exact bytes of the inner object: tdx_object_open gives that span and the
 * signature, the caller verifies, and the parsers read the span, never the whole. Members that are
 * not known are skipped (Intel adds some); known ones are typed, bounded and may not repeat.
 */
#ifndef PC_ATTEST_TDX_COLLATERAL_H
#define PC_ATTEST_TDX_COLLATERAL_H

#include "attest/verdict.h"

#define PC_TDX_JSON_MAX       ((size_t)64 * 1024)
#define PC_TDX_LEVELS_MAX     48
#define PC_TDX_IDENTITIES_MAX 8
#define PC_TDX_SVN_LEVELS_MAX 16
#define PC_TDX_ADVISORIES_MAX 24 /* of one level */

/* What a level says when it matches. */
struct tdx_level_result {
    enum tcb_status status;
    uint64_t date;
    size_t advisory_count;
    char advisories[PC_TDX_ADVISORIES_MAX][PC_ADVISORY_LEN];
};

struct tdx_level {
    uint8_t sgx[16];
    uint8_t tdx[16];
    uint16_t pcesvn;
    struct tdx_level_result result;
};

/* Level of a module or of the QE: one number. */
struct tdx_svn_level {
    uint16_t isvsvn;
    struct tdx_level_result result;
};

struct tdx_module {
    uint8_t major; /* from "TDX_03"; 0 for the unnumbered tdxModule */
    uint8_t mrsigner[48];
    uint8_t attributes[8];
    uint8_t attributes_mask[8];
    size_t level_count;
    struct tdx_svn_level levels[PC_TDX_SVN_LEVELS_MAX];
};

struct tdx_tcb_info {
    bool id_ok;      /* "TDX"; else nothing behind the dates is read */
    bool version_ok; /* 3, tcbType 0; the same */
    uint64_t issue_date;
    uint64_t next_update;
    uint32_t number; /* tcbEvaluationDataNumber */
    uint8_t fmspc[6];
    uint8_t pceid[2];
    struct tdx_module module; /* for module major 0 */
    size_t identity_count;
    struct tdx_module identities[PC_TDX_IDENTITIES_MAX];
    size_t level_count;
    struct tdx_level levels[PC_TDX_LEVELS_MAX];
};

struct tdx_qe_identity {
    bool id_ok;      /* "TD_QE" */
    bool version_ok; /* 2 */
    uint64_t issue_date;
    uint64_t next_update;
    uint32_t number;
    uint8_t miscselect[4];
    uint8_t miscselect_mask[4];
    uint8_t attributes[16];
    uint8_t attributes_mask[16];
    uint8_t mrsigner[32];
    uint16_t isvprodid;
    size_t level_count;
    struct tdx_svn_level levels[PC_TDX_SVN_LEVELS_MAX];
};

/* The span of member `key` of the body, and the body's signature as r||s. PC_E_MALFORMED,
 * PC_E_TOO_LARGE. */
PC_MUST_USE enum err_code tdx_object_open(struct bytes *span, uint8_t rs[static 64],
                                          struct bytes body, const char *key);

/* Read the inner object. PC_E_MALFORMED, PC_E_TOO_LARGE, PC_E_MEMORY; *out is then zeroed. */
PC_MUST_USE enum err_code tdx_tcb_info_parse(struct tdx_tcb_info *out, struct bytes span);
PC_MUST_USE enum err_code tdx_qe_identity_parse(struct tdx_qe_identity *out, struct bytes span);

#endif
