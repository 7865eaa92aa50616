/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void reads_every_block_once(void **state)
{
    (void)state;
    struct log_cursor c;
    cursor_init(&c, 100);
    uint64_t from, to, expect = 100;
    assert_false(cursor_range(&c, 99, &from, &to));
    unsigned steps = 0;
    while (cursor_range(&c, 5000, &from, &to)) {
        assert_int_equal(from, expect);
        assert_true(to >= from && to <= 5000);
        if (steps++ == 1)
            assert_true(cursor_narrow(&c) && cursor_narrow(&c));
        if (!cursor_range(&c, 5000, &from, &to))
            break;
        assert_int_equal(cursor_advance(&c, to), PC_OK);
        expect = to + 1;
    }
    assert_int_equal(expect, 5001);
    assert_int_equal(cursor_advance(&c, 5000), PC_E_SEQUENCE);
    assert_int_equal(cursor_advance(&c, 5001 + PC_CURSOR_SPAN_MAX), PC_E_SEQUENCE);
    assert_int_equal(cursor_advance(&c, UINT64_MAX), PC_E_SEQUENCE);
    assert_true(cursor_range(&c, 5001, &from, &to));
    assert_true(from == 5001 && to == 5001);
}

static void narrows_to_one_block(void **state)
{
    (void)state;
    struct log_cursor c;
    cursor_init(&c, 0);
    unsigned n = 0;
    while (cursor_narrow(&c))
        n++;
    assert_int_equal(n, 10);
    uint64_t from, to;
    assert_true(cursor_range(&c, UINT64_MAX, &from, &to));
    assert_true(from == 0 && to == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_block_once),
        cmocka_unit_test(narrows_to_one_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
