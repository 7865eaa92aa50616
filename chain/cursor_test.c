/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct evm_word hash_a = {{1}}, hash_b = {{2}};

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
        assert_int_equal(cursor_advance(&c, to, &hash_a), PC_OK);
        expect = to + 1;
    }
    assert_int_equal(expect, 5001);
    assert_int_equal(cursor_advance(&c, 5000, &hash_a), PC_E_SEQUENCE);
    assert_int_equal(cursor_advance(&c, 5001 + PC_CURSOR_SPAN_MAX, &hash_a), PC_E_SEQUENCE);
    assert_int_equal(cursor_advance(&c, UINT64_MAX, &hash_a), PC_E_SEQUENCE);
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

static void restart_and_another_chain(void **state)
{
    (void)state;
    struct log_cursor c, d;
    uint64_t number;
    uint8_t saved[PC_CURSOR_BYTES];
    cursor_init(&c, 7);
    cursor_save(saved, &c);
    assert_int_equal(cursor_load(&d, PC_BYTES(saved), 7), PC_OK);
    assert_false(cursor_unconfirmed(&d, &number));
    assert_int_equal(cursor_advance(&c, 50, &hash_a), PC_OK);
    cursor_save(saved, &c);
    assert_int_equal(cursor_load(&d, PC_BYTES(saved), 7), PC_OK);
    assert_true(cursor_unconfirmed(&d, &number));
    assert_int_equal(number, 50);
    assert_int_equal(cursor_confirm(&d, 60, &hash_a), PC_OK);
    assert_int_equal(d.next, 51);
    /* the block has another hash, or lies above the head: all over again */
    assert_int_equal(cursor_confirm(&d, 60, &hash_b), PC_E_CORRUPT);
    assert_int_equal(d.next, 7);
    assert_int_equal(cursor_load(&d, PC_BYTES(saved), 7), PC_OK);
    assert_int_equal(cursor_confirm(&d, 49, &hash_a), PC_E_CORRUPT);
    assert_int_equal(d.next, 7);
}

static void damaged_forms_start_over(void **state)
{
    (void)state;
    struct log_cursor c, d;
    uint8_t saved[PC_CURSOR_BYTES + 1] = {0};
    cursor_init(&c, 7);
    assert_int_equal(cursor_advance(&c, 50, &hash_a), PC_OK);
    cursor_save(saved, &c);
    assert_int_equal(cursor_load(&d, bytes_of(saved, PC_CURSOR_BYTES), 8), PC_E_CORRUPT);
    assert_int_equal(d.start, 8);
    assert_int_equal(cursor_load(&d, PC_BYTES(saved), 7), PC_E_CORRUPT);
    for (size_t n = 0; n < PC_CURSOR_BYTES; n++)
        assert_int_equal(cursor_load(&d, bytes_of(saved, n), 7), PC_E_CORRUPT);
    /* version, start, next below start, span not a power of two, padding */
    static const struct {
        size_t at;
        uint8_t v;
    } bad[] = {{0, 2}, {8, 9}, {16, 3}, {52, 3}, {50, 1}, {57, 1}};
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        uint8_t was = saved[bad[i].at];
        saved[bad[i].at] = bad[i].v;
        assert_int_equal(cursor_load(&d, bytes_of(saved, PC_CURSOR_BYTES), 7), PC_E_CORRUPT);
        assert_true(d.next == 7 && d.start == 7);
        saved[bad[i].at] = was;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_block_once),
        cmocka_unit_test(narrows_to_one_block),
        cmocka_unit_test(restart_and_another_chain),
        cmocka_unit_test(damaged_forms_start_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
