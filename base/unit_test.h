/* SPDX-License-Identifier: Apache-2.0 */
/*
 * unit_test.h - cmocka, with the headers that it wants before it, in the order that it wants.
 */
#ifndef PC_BASE_UNIT_TEST_H
#define PC_BASE_UNIT_TEST_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
