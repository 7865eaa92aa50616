/* SPDX-License-Identifier: Apache-2.0 */
/* The strict CBOR reader alone: heads at each boundary, kinds of faults, depth, pairs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "attest/cbor.h"

#define B(...) PC_BYTES(((const uint8_t[]){__VA_ARGS__}))

/* Fault of skipping one item that must be all of b. */
static enum err_code skip_all(struct bytes b)
{
    struct cbor c = cbor_of(b);
    cbor_skip(&c);
    (void)cbor_end(&c);
    return c.err;
}

static void test_integers(void **state)
{
    const struct {
        struct bytes in;
        uint64_t value;
        enum err_code err;
    } cases[] = {
        {B(0x00), 0, PC_OK},
        {B(0x17), 23, PC_OK},
        {B(0x18, 0x18), 24, PC_OK},
        {B(0x18, 0xff), 255, PC_OK},
        {B(0x19, 0x01, 0x00), 256, PC_OK},
        {B(0x19, 0xff, 0xff), 65535, PC_OK},
        {B(0x1a, 0x00, 0x01, 0x00, 0x00), 65536, PC_OK},
        {B(0x1a, 0xff, 0xff, 0xff, 0xff), UINT32_MAX, PC_OK},
        {B(0x1b, 0, 0, 0, 1, 0, 0, 0, 0), UINT64_C(1) << 32, PC_OK},
        {B(0x1b, 255, 255, 255, 255, 255, 255, 255, 255), UINT64_MAX, PC_OK},
        {B(0x18, 0x17), 0, PC_E_NOT_CANONICAL},
        {B(0x19, 0x00, 0xff), 0, PC_E_NOT_CANONICAL},
        {B(0x1a, 0x00, 0x00, 0xff, 0xff), 0, PC_E_NOT_CANONICAL},
        {B(0x1b, 0, 0, 0, 0, 255, 255, 255, 255), 0, PC_E_NOT_CANONICAL},
        {B(0x1c), 0, PC_E_MALFORMED},
        {B(0x1d), 0, PC_E_MALFORMED},
        {B(0x1e), 0, PC_E_MALFORMED},
        {B(0x1f), 0, PC_E_MALFORMED},
        {B(0x18), 0, PC_E_TRUNCATED},
        {B(0x19, 0x01), 0, PC_E_TRUNCATED},
        {B(0x1a, 0, 1, 0), 0, PC_E_TRUNCATED},
        {B(0x1b, 0, 0, 0, 1, 0, 0, 0), 0, PC_E_TRUNCATED},
        {B(0x20), 0, PC_E_MALFORMED}, /* negative */
        {B(0x40), 0, PC_E_MALFORMED},
        {{NULL, 0}, 0, PC_E_TRUNCATED},
    };
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        struct cbor c = cbor_of(cases[i].in);
        assert_int_equal(cbor_take_uint(&c), cases[i].value);
        assert_int_equal(cbor_end(&c), cases[i].err == PC_OK);
        assert_int_equal(c.err, cases[i].err);
    }
}

static void test_strings(void **state)
{
    (void)state;
    struct cbor c = cbor_of(B(0x43, 1, 2, 3, 0x62, 'a', 'b', 0x40));
    struct bytes b = cbor_take_bytes(&c);
    assert_true(b.n == 3 && b.p[2] == 3);
    b = cbor_take_text(&c);
    assert_true(b.n == 2 && b.p[1] == 'b');
    assert_int_equal(cbor_take_bytes(&c).n, 0);
    assert_true(cbor_end(&c));

    c = cbor_of(B(0x43, 1, 2)); /* over the end */
    assert_int_equal(cbor_take_bytes(&c).n, 0);
    assert_int_equal(c.err, PC_E_TRUNCATED);
    assert_int_equal(cbor_take_uint(&c), 0); /* sticky */
    assert_int_equal(c.err, PC_E_TRUNCATED);
    c = cbor_of(B(0x5b, 255, 255, 255, 255, 255, 255, 255, 255, 0));
    assert_int_equal(cbor_take_bytes(&c).n, 0);
    assert_int_equal(c.err, PC_E_TRUNCATED);
    c = cbor_of(B(0x43, 1, 2, 3)); /* text is not bytes */
    assert_int_equal(cbor_take_text(&c).n, 0);
    assert_int_equal(c.err, PC_E_MALFORMED);
    c = cbor_of(B(0x41, 1, 0)); /* something left */
    (void)cbor_take_bytes(&c);
    assert_false(cbor_end(&c));
    assert_int_equal(c.err, PC_E_TRAILING);
}

static void test_null_and_tags(void **state)
{
    (void)state;
    struct cbor c = cbor_of(B(0xf6, 0xd2, 0x00));
    assert_true(cbor_take_null(&c));
    assert_false(cbor_take_null(&c));
    cbor_take_tag(&c, 18);
    assert_int_equal(cbor_take_uint(&c), 0);
    assert_true(cbor_end(&c));
    assert_false(cbor_take_null(&c));
    c = cbor_of(B(0xd8, 0x12, 0x00)); /* 18 in two bytes */
    cbor_take_tag(&c, 18);
    assert_int_equal(c.err, PC_E_NOT_CANONICAL);
    c = cbor_of(B(0xd1, 0x00));
    cbor_take_tag(&c, 18);
    assert_int_equal(c.err, PC_E_MALFORMED);
}

static void test_skip(void **state)
{
    (void)state;
    assert_int_equal(skip_all(B(0x81, 0x81, 0x81, 0x81, 0x00)), PC_OK);
    assert_int_equal(skip_all(B(0x81, 0x81, 0x81, 0x81, 0x80)), PC_E_TOO_LARGE);
    assert_int_equal(skip_all(B(0xa1, 0, 0xa1, 0, 0xa1, 0, 0xa1, 0, 0)), PC_OK);
    assert_int_equal(skip_all(B(0xa1, 0, 0xa1, 0, 0xa1, 0, 0xa1, 0, 0xa0)), PC_E_TOO_LARGE);
    assert_int_equal(skip_all(B(0x84, 0x80, 0x80, 0xa0, 0xbf, 0xff)),
                     PC_OK); /* depth falls again */
    assert_int_equal(skip_all(B(0x9f, 0x9f, 0xff, 0xff)), PC_OK);
    assert_int_equal(skip_all(B(0x9f, 0x9f, 0xff)), PC_E_TRUNCATED);
    assert_int_equal(skip_all(B(0x82, 0x00)), PC_E_TRUNCATED);
    assert_int_equal(skip_all(B(0x82, 0x00, 0xff)), PC_E_MALFORMED); /* a break where none may be */
    assert_int_equal(skip_all(B(0xbf, 0x00, 0xff)), PC_E_MALFORMED); /* a key without value */
    assert_int_equal(skip_all(B(0xbf, 0x00)), PC_E_TRUNCATED);
    assert_int_equal(skip_all(B(0xff)), PC_E_MALFORMED);
    assert_int_equal(skip_all(B(0xa2, 0x00, 0x00, 0x00, 0x00)), PC_E_EXISTS);
    assert_int_equal(skip_all(B(0xa2, 0x00, 0x00, 0x20, 0x00)), PC_OK);     /* 0 and -1 */
    assert_int_equal(skip_all(B(0xa2, 0x41, 'a', 0, 0x61, 'a', 0)), PC_OK); /* bytes, text */
    assert_int_equal(skip_all(B(0xa1, 0x80, 0x00)), PC_E_MALFORMED);        /* odd keys */
    assert_int_equal(skip_all(B(0xa1, 0xf6, 0x00)), PC_E_MALFORMED);
    assert_int_equal(skip_all(B(0xa1, 0xc0, 0x00)), PC_E_MALFORMED);
    assert_int_equal(skip_all(B(0xc0, 0x00)), PC_E_MALFORMED); /* a tag */
    assert_int_equal(skip_all(B(0x5f, 0x41, 0x00, 0xff)), PC_E_MALFORMED);
    assert_int_equal(skip_all(B(0x9b, 255, 255, 255, 255, 255, 255, 255, 255)), PC_E_TRUNCATED);
    for (unsigned b = 0xe0; b < 0x100; b++) {
        const uint8_t item[9] = {(uint8_t)b};
        bool ok = b == 0xf4 || b == 0xf5 || b == 0xf6;
        assert_int_equal(skip_all(bytes_of(item, 1)), ok ? PC_OK : PC_E_MALFORMED);
    }
}

static void test_pairs(void **state)
{
    uint8_t map[2 + 2 * 2 * (PC_CBOR_PAIRS + 1)];
    (void)state;
    for (unsigned n = PC_CBOR_PAIRS - 1; n <= PC_CBOR_PAIRS + 1; n++) {
        size_t at = 0;
        map[at++] = 0xbf;
        for (unsigned i = 0; i < n; i++) {
            if (i >= 24)
                map[at++] = 0x18;
            map[at++] = (uint8_t)i;
            map[at++] = 0xf6;
        }
        map[at++] = 0xff;
        assert_int_equal(skip_all(bytes_of(map, at)), n <= PC_CBOR_PAIRS ? PC_OK : PC_E_TOO_LARGE);
    }
}

static void test_map_walk(void **state)
{
    (void)state;
    struct cbor c = cbor_of(B(0xa2, 0x61, 'a', 0x01, 0x18, 0x20, 0x81, 0x02));
    struct cbor_map m;
    struct cbor_array a;
    struct cbor key;
    cbor_map_open(&c, &m);
    assert_true(cbor_map_next(&c, &m, &key));
    assert_int_equal(cbor_take_text(&key).p[0], 'a');
    assert_true(cbor_end(&key));
    assert_int_equal(cbor_take_uint(&c), 1);
    assert_true(cbor_map_next(&c, &m, &key));
    assert_int_equal(cbor_take_uint(&key), 32);
    cbor_array_open(&c, &a);
    assert_true(cbor_array_next(&c, &a));
    assert_int_equal(cbor_take_uint(&c), 2);
    assert_false(cbor_array_next(&c, &a));
    assert_false(cbor_map_next(&c, &m, &key));
    assert_int_equal(c.depth, 0);
    assert_true(cbor_end(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),      cmocka_unit_test(test_strings),
        cmocka_unit_test(test_null_and_tags), cmocka_unit_test(test_skip),
        cmocka_unit_test(test_pairs),         cmocka_unit_test(test_map_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
