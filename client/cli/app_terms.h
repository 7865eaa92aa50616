/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app_terms.h - an application's policy: from options, from the chain's events, into calldata.
 */
#ifndef PC_CLI_APP_TERMS_H
#define PC_CLI_APP_TERMS_H

#include "chain/app_policy.h"
#include "client/cli/net.h"

/* Change *p by the policy options that were given. A given --measurement list replaces the old one;
 * approvals that were there keep their time, new ones get 0. Lists are sorted. False after a
 * message. */
bool terms_from_options(struct app_policy *p, const struct cli_args *a);
/* What `register` begins with: TDX, any platform, all versions 1.., quotas as in docs/CLI.md. */
void terms_default(struct app_policy *p);

/* As a Solidity `Policy` tuple, the next value of w. */
void terms_write(struct abi_out *w, const struct app_policy *p);

/* The policy in force of an app or scope (scope hash zero: the app): its hash is asked, its bytes
 * are found in the events. PC_E_NOT_FOUND: there is none; *out is then empty. */
PC_MUST_USE enum err_code terms_in_force(struct cli_net *n, struct app_policy *out,
                                         const struct evm_word *app, const struct evm_word *scope);
/* The policy with that hash. */
PC_MUST_USE enum err_code terms_by_hash(struct cli_net *n, struct app_policy *out,
                                        const struct evm_word *app, const struct evm_word *hash);

/* Accept all products of the app's vendors, with any TCB: of TDX those with a TCB info in force, of
 * SNP those whose root is pinned, Nitro's one; at most 32, of TDX the newest. */
PC_MUST_USE enum err_code terms_products(struct cli_net *n, struct app_policy *p);

void terms_out(struct cli_out *o, const struct app_policy *p);

/* keccak256 of --scope; zero without. */
struct evm_word terms_scope(const struct cli_args *a);

#define PC_TERMS_OPTIONS                                                                           \
    {"measurement", "HEX", "an approved enclave", false, 32},                                      \
        {"max-age", "S", "oldest attestation; 0: the record's own end", false, 1},                 \
        {"vendors", "LIST", "accepted vendors, as tdx,snp", false, 1},                             \
        {"platforms", "FILE", "accepted platforms, one id per line; else any", false, 1},          \
        {"any-platform", NULL, "drop the list of platforms", false, 1},                            \
        {"accept-unplaced", NULL, "a machine without id passes the list", false, 1},               \
        {"quota", "N", "answers per enclave and hour, by each node", false, 1},                    \
        {"app-quota", "N", "answers of the app per hour, by each node", false, 1},                 \
        {"versions", "LO-HI", "key versions that are handed out", false, 1},                       \
        {"min-tcb", "PRODUCT[:TCB]", "accepted product (FMSPC, PCEID) and its least rawTcb",       \
         false, 32},                                                                               \
    {                                                                                              \
        "min-tcb-of", "QUOTE", "accept the product of this machine's quote, any TCB", false, 32    \
    }

#endif
