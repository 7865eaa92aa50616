/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_policy.h - an application's policy out of the bytes that events carry (SPEC 9).
 *
 * The contract keeps keccak256 of these bytes; whoever has that word proved knows the policy. The
 * bytes are abi.encode(tag, Policy) of contracts/src/interfaces/IApps.sol, decoded strictly: lists
 * ascend without repetition and have at most 32 items, else PC_E_MALFORMED or PC_E_TOO_LARGE.
 */
#ifndef PC_CHAIN_APP_POLICY_H
#define PC_CHAIN_APP_POLICY_H

#include "chain/evm.h"

#define PC_APP_LIST_MAX 32
#define PC_APP_TCB_MAX  64

struct app_approval {
    struct evm_word measurement;
    uint64_t active_from;
    uint64_t sunset; /* first second in which it does not count; 0: none */
};

struct app_min_tcb {
    uint8_t vendor;
    struct evm_word product;
    uint8_t len;
    uint8_t raw_tcb[PC_APP_TCB_MAX];
};

struct app_policy {
    uint16_t vendor_mask; /* bit v: vendor v */
    bool accept_unplaced;
    uint32_t max_age; /* 0: the record's own end alone */
    uint32_t version_lo, version_hi;
    uint32_t subject_quota, app_quota;
    struct evm_word platform_root; /* zero: any platform */
    unsigned n_approvals;
    struct app_approval approval[PC_APP_LIST_MAX];
    unsigned n_min_tcbs;
    struct app_min_tcb min_tcb[PC_APP_LIST_MAX];
};

/* `hash` is the proved word: PC_E_MISMATCH if the bytes do not have it. On error *out is zero. */
PC_MUST_USE enum err_code app_policy_decode(struct app_policy *out, struct bytes bytes,
                                            const struct evm_word *hash);

/* NULL: not there. */
const struct app_approval *app_policy_approval(const struct app_policy *p,
                                               const struct evm_word *measurement);
const struct app_min_tcb *app_policy_min_tcb(const struct app_policy *p, uint8_t vendor,
                                             const struct evm_word *product);

#endif
