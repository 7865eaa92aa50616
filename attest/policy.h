/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy.h - which authentic evidence is accepted. A plain value; deny by default.
 *
 * Three ways to have one: policy_manifest (what a stranger's evidence is measured with when nothing
 * else is said), policy_network (what nodes use, stricter: images.md 5), policy_parse (a JSON file
 * of the command line; keys that are absent keep the network's values; docs/EVIDENCE.md has the
 * table). A zeroed policy accepts nothing.
 */
#ifndef PC_ATTEST_POLICY_H
#define PC_ATTEST_POLICY_H

#include "attest/nitro_rules.h"
#include "attest/snp_policy.h"
#include "attest/verdict.h"

#define PC_POLICY_LIST_MAX 16

/* TDATTRIBUTES, bit numbers of the little-endian u64 */
#define PC_TD_DEBUG_GROUP     UINT64_C(0xff) /* 0 DEBUG and the rest of "TD under debug" */
#define PC_TD_SEPT_VE_DISABLE (UINT64_C(1) << 28)
#define PC_TD_MIGRATABLE      (UINT64_C(1) << 29)
#define PC_TD_PKS             (UINT64_C(1) << 30)
#define PC_TD_KL              (UINT64_C(1) << 31)
#define PC_TD_PERFMON         (UINT64_C(1) << 63)

/* Registers that a policy file may fix one by one. */
enum tdx_register {
    PC_REG_MRTD,
    PC_REG_RTMR0,
    PC_REG_RTMR1,
    PC_REG_RTMR2,
    PC_REG_RTMR3,
    PC_REG_MRCONFIGID,
    PC_REG_MROWNER,
    PC_REG_MROWNERCONFIG,
    PC_REG_COUNT
};

struct evidence_policy {
    /* SHA-256 of each vendor's root certificate (whole DER), by enum vendor; zero: that
     * vendor is not accepted. AMD's are in snp. */
    uint8_t root_sha256[4][32];

    uint32_t statuses; /* bit (1 << enum tcb_status); Revoked and NotSupported never count */
    uint64_t out_of_date_until; /* OutOfDate* count, where set above, only up to this time */
    uint64_t min_tcb_date;      /* 0: any */
    uint32_t min_tcb_number;    /* lowest evaluation numbers */
    uint32_t min_qe_number;
    bool crl_required;
    bool platform_required; /* refuse platform 0 */

    uint64_t td_required; /* TDATTRIBUTES bits that must be set; */
    uint64_t
        td_allowed; /* that may be set. Debug group and MIGRATABLE are refused whatever it says */
    bool service_td_allowed; /* MRSERVICETD may be set: somebody else may migrate or bind the TD */
    uint64_t xfam_required;
    uint64_t xfam_allowed;

    bool min_tcb_set; /* each component of raw_tcb is at least this */
    uint8_t min_tcb[PC_RAW_TCB_MAX];

    bool report_data_set; /* the 64 bytes that the evidence must carry */
    uint8_t report_data[PC_REPORT_DATA_LEN];

    bool register_set[PC_REG_COUNT];
    uint8_t registers[PC_REG_COUNT][48];

    size_t measurement_count; /* 0: any; else one of */
    uint8_t measurements[PC_POLICY_LIST_MAX][32];
    size_t mrseam_count; /* 0: any; else one of */
    uint8_t mrseams[PC_POLICY_LIST_MAX][48];
    size_t denied_count;
    char denied[PC_POLICY_LIST_MAX][PC_ADVISORY_LEN];

    struct snp_policy snp;
    struct nitro_rules nitro;
};

/* The vendors' own policy of the published vectors: UpToDate, no debug, CRLs checked when there. */
void policy_manifest(struct evidence_policy *out);

/* The network's: both CRLs required, SEPT_VE_DISABLE set, PERFMON clear, no service TD. Evaluation
 * numbers are the chain's business there (the objects in force), the platform id the caller's.
 * Roots are those of policy.bin: four hashes by vendor, zero = not accepted; NULL: the built-in
 * ones. AMD has a root per product: one hash accepts that ARK alone, policy_snp_roots all three. */
void policy_network(struct evidence_policy *out, const uint8_t roots[4][32]);
/* The ARKs of Milan, Genoa and Turin; zero: that product is not accepted. */
void policy_snp_roots(struct evidence_policy *p, const uint8_t roots[PC_SNP_PRODUCTS][32]);

/* SHA-256 of Intel's SGX root certificate. */
extern const uint8_t policy_intel_root_sha256[32];

#define PC_POLICY_WHY_LEN    160
#define PC_POLICY_MAX        ((size_t)16 * 1024) /* bytes of a policy file */
#define PC_POLICY_MIN_NUMBER 17 /* a policy file's lowest evaluation numbers, if it names none */
/* Read a policy file. PC_E_MALFORMED and a sentence in `why` that names key and fault; *out is
 * then zeroed. Duplicate and unknown keys, empty lists and out-of-range values are faults. */
PC_MUST_USE enum err_code policy_parse(struct evidence_policy *out, char why[PC_POLICY_WHY_LEN],
                                       struct bytes json);

struct policy_reading; /* policy_read.h */
/* The keys "snp.*" of the same file, and their values into *out, which holds the defaults. */
#define PC_SNP_POLICY_KEYS 25
extern const char *const snp_policy_keys[PC_SNP_POLICY_KEYS];
PC_MUST_USE enum err_code snp_policy_parse(struct snp_policy *out, const struct policy_reading *r);
/* The keys "nitro.*" of the same file, and their values into *out, which holds the defaults. */
#define PC_NITRO_POLICY_KEYS (3 + 32)
extern const char *const nitro_policy_keys[PC_NITRO_POLICY_KEYS];
PC_MUST_USE enum err_code nitro_policy_parse(struct evidence_policy *out,
                                             const struct policy_reading *r);

#endif
