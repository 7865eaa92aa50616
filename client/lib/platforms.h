/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platforms.h - an application's list of platforms as a Merkle tree (SPEC 8): leaves ascend by
 * platform id, two neighbours make a node, an odd one rises.
 */
#ifndef PC_CLIENT_LIB_PLATFORMS_H
#define PC_CLIENT_LIB_PLATFORMS_H

#include "crypto/ids.h"

#include "base/err.h"

#define PC_PLATFORMS_MAX 65536u /* what 16 siblings reach */

/* Sort ascending, drop repetitions; how many are left. */
size_t platforms_sort(uint8_t (*platform)[32], size_t n);

/* Root of n (1..PC_PLATFORMS_MAX) sorted platforms; with at < n also the siblings of that leaf, at
 * most PC_PLATFORM_PROOF_MAX. PC_E_USAGE, PC_E_MEMORY. */
PC_MUST_USE enum err_code platforms_root(uint8_t root[static 32], uint8_t (*proof)[32],
                                         size_t *proof_n, const uint8_t (*platform)[32], size_t n,
                                         size_t at);

#endif
