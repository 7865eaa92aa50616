/* SPDX-License-Identifier: Apache-2.0 */
/*
 * group_tiny.h - groups in which everything is fast and nothing is secret: TEST ONLY.
 *
 * The point s*G is encoded as the number s with a marker, so discrete logarithms are trivial; that
 * is what exhaustive tests and simulators want. They live in pc_testkit_group, which no program
 * links.
 */
#ifndef PC_CRYPTO_GROUP_TINY_H
#define PC_CRYPTO_GROUP_TINY_H

#include "crypto/group.h"

extern const struct group group_tiny61; /* order 2^61 - 1: chance collisions do not happen */
extern const struct group group_tiny13; /* order 13: every value can be tried; n <= 12 */
extern const struct group group_tiny5;  /* order 5; n <= 4 */

/* log of a point of a tiny group to the generator. */
uint64_t group_tiny_log(const struct point *p);

#endif
