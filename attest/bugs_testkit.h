/* SPDX-License-Identifier: Apache-2.0 */
/* bugs_testkit.h - the verdict under test and one-line expectations of it, for *_bugs_test.h. */
#ifndef PC_ATTEST_BUGS_TESTKIT_H
#define PC_ATTEST_BUGS_TESTKIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "attest/verdict.h"

static struct verdict v;

static inline void expect_accept(void)
{
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (verdict_has(&v, (enum verdict_reason)r))
            fail_msg("unexpected reason %s", verdict_reason_name(r));
    assert_true(verdict_accepts(&v));
}

static inline void expect_reason(enum verdict_reason want)
{
    if (!verdict_has(&v, want))
        fail_msg("reason %s is missing", verdict_reason_name(want));
    assert_false(verdict_accepts(&v));
}

/* This reason and no other. */
static inline void expect_only(enum verdict_reason want)
{
    expect_reason(want);
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (r != want && verdict_has(&v, (enum verdict_reason)r))
            fail_msg("wanted %s alone, got %s too", verdict_reason_name(want),
                     verdict_reason_name(r));
}

#endif
