/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault_join.h - the rules by which three statements become one, as pure functions (SPEC 8, 2).
 *
 * Public data, variable time. Whatever is not said to be accepted is refused.
 */
#ifndef PC_NODE_VAULT_JOIN_H
#define PC_NODE_VAULT_JOIN_H

#include "node/vault/vault_state.h"

/* Is this the record of that request, and does the app's policy in it accept the request now? First
 * failure in the order of the policy; OK only if every field was compared. */
enum wire_release_code join_record(const struct vault *v, const struct ipc_release_fields *r,
                                   const struct ipc_vc_record *rec);

/* Is this verdict about the enclave of that request, by evidence that binds its keys, and the one
 * whose claims stand in the record? RETRY: made under another collateral epoch, a new one is
 * needed. */
enum wire_release_code join_verdict(const struct vault *v, const struct ipc_release_fields *r,
                                    const struct ipc_vc_record *rec,
                                    const struct ipc_va_verdict *verdict);

/* May a share be dealt to this member? PC_OK, or the first thing that is wrong:
 * PC_E_REFUSED      not live, evidence refused, vendor or verifier not of the policy
 * PC_E_MISMATCH     report data or claims are not the member's
 * PC_E_STALE        verdict of another collateral epoch
 * PC_E_SIGNATURE    the account did not sign this enrolment */
PC_MUST_USE enum err_code join_member(const struct vault *v, const struct vault_member *member,
                                      uint64_t epoch, uint32_t attempt);

/* Sizes and declared domains of an open() against SPEC 6 and the policy. PC_E_REFUSED. */
PC_MUST_USE enum err_code join_committee(const struct vault *v, const struct vault_attempt *a);
/* Vendors and platforms of the admitted, from their verdicts. PC_E_REFUSED. */
PC_MUST_USE enum err_code join_vendors(const struct vault *v, const struct vault_attempt *a);

#endif
