/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contract_errors.h - what a revert says, in the contracts' words. For people and logs.
 */
#ifndef PC_CHAIN_CONTRACT_ERRORS_H
#define PC_CHAIN_CONTRACT_ERRORS_H

#include "base/bytes.h"

/* Name of the error whose selector the revert data begin with; "reverted" if they are shorter,
 * "unknown_error" if no contract of ours has it. */
const char *contract_error_name(struct bytes revert_data);

#endif
