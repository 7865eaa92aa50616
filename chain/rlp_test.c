/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/rlp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"

static struct bytes from_hex(uint8_t *buf, const char *hex)
{
    size_t n = strlen(hex) / 2;
    assert_int_equal(hex_decode(buf, n, hex, strlen(hex)), PC_OK);
    return bytes_of(buf, n);
}

static enum err_code whole(struct rlp_item *item, const char *hex)
{
    static uint8_t buf[512];
    struct rlp_reader r = rlp_reader_of(from_hex(buf, hex));
    *item = rlp_next(&r);
    return rlp_end(&r);
}

static void canonical_items(void **state)
{
    (void)state;
    struct rlp_item i;
    assert_int_equal(whole(&i, "00"), PC_OK);
    assert_int_equal(i.payload.n, 1);
    assert_int_equal(whole(&i, "7f"), PC_OK);
    assert_int_equal(whole(&i, "80"), PC_OK);
    assert_int_equal(i.payload.n, 0);
    assert_false(i.is_list);
    assert_int_equal(whole(&i, "8180"), PC_OK);
    assert_int_equal(whole(&i, "83646f67"), PC_OK);
    assert_memory_equal(i.payload.p, "dog", 3);
    assert_int_equal(whole(&i, "c0"), PC_OK);
    assert_true(i.is_list);
    assert_int_equal(whole(&i, "c88363617483646f67"), PC_OK);
    assert_int_equal(i.payload.n, 8);
}

static void each_other_form_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *hex;
        enum err_code want;
    } bad[] = {
        {"", PC_E_TRUNCATED},
        {"8100", PC_E_NOT_CANONICAL}, /* single byte behind a prefix */
        {"817f", PC_E_NOT_CANONICAL},
        {"b80161", PC_E_NOT_CANONICAL}, /* long form of a short string */
        {"f801c0", PC_E_NOT_CANONICAL},
        {"b90038", PC_E_NOT_CANONICAL}, /* length with leading zero */
        {"83646f", PC_E_TRUNCATED},
        {"c3c0", PC_E_TRUNCATED},
        {"b8", PC_E_TRUNCATED},
        {"bf", PC_E_TRUNCATED},
        {"bf010000000000000000", PC_E_TOO_LARGE},
        {"bfffffffffffffffffff", PC_E_TOO_LARGE}, /* length of 2^64 - 1 */
        {"bbffffffff61", PC_E_TRUNCATED},
        {"ffffffffffffffffffff", PC_E_TOO_LARGE},
        {"8080", PC_E_TRAILING},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        struct rlp_item item;
        assert_int_equal(whole(&item, bad[i].hex), bad[i].want);
    }
}

static void integers_have_one_form(void **state)
{
    (void)state;
    uint8_t buf[64];
    struct rlp_reader r = rlp_reader_of(from_hex(buf, "8088ffffffffffffffff0f820400"));
    assert_int_equal(rlp_next_u64(&r), 0);
    assert_true(rlp_next_u64(&r) == UINT64_MAX);
    assert_int_equal(rlp_next_u64(&r), 15);
    assert_int_equal(rlp_next_u64(&r), 1024);
    assert_int_equal(rlp_end(&r), PC_OK);
    r = rlp_reader_of(from_hex(buf, "00"));
    rlp_next_u64(&r);
    assert_int_equal(r.err, PC_E_NOT_CANONICAL);
    r = rlp_reader_of(from_hex(buf, "820004"));
    rlp_next_u64(&r);
    assert_int_equal(r.err, PC_E_NOT_CANONICAL);
    r = rlp_reader_of(from_hex(buf, "89010000000000000000"));
    rlp_next_u64(&r);
    assert_int_equal(r.err, PC_E_TOO_LARGE);
    r = rlp_reader_of(from_hex(buf, "c0"));
    rlp_next_u64(&r);
    assert_int_equal(r.err, PC_E_MALFORMED);
    /* sticky: later items give nothing */
    struct evm_word w;
    rlp_next_uint256(&r, &w);
    assert_true(evm_word_is_zero(&w));
    assert_int_equal(r.err, PC_E_MALFORMED);
}

static void written_is_read_back(void **state)
{
    (void)state;
    uint8_t buf[70000], blob[66000];
    memset(blob, 0xee, sizeof blob);
    static const size_t size[] = {0, 1, 2, 55, 56, 255, 256, 65535, 65536};
    for (size_t i = 0; i < PC_ARRAY_LEN(size); i++) {
        struct rlp_writer w = rlp_writer_of(buf, sizeof buf);
        size_t outer = rlp_list_begin(&w);
        rlp_put_string(&w, bytes_of(blob, size[i]));
        size_t inner = rlp_list_begin(&w);
        rlp_put_u64(&w, 77);
        rlp_list_end(&w, inner);
        rlp_list_end(&w, outer);
        struct bytes out;
        assert_int_equal(rlp_writer_end(&w, &out), PC_OK);
        struct rlp_reader r = rlp_list_of(out);
        assert_int_equal(rlp_next_string(&r, sizeof blob).n, size[i]);
        struct rlp_reader in = rlp_next_list(&r);
        assert_int_equal(rlp_next_u64(&in), 77);
        assert_int_equal(rlp_end(&in), PC_OK);
        assert_int_equal(rlp_end(&r), PC_OK);
        /* one byte of room less: refused */
        w = rlp_writer_of(buf, out.n - 1);
        rlp_put_string(&w, bytes_of(blob, size[i]));
        inner = rlp_list_begin(&w);
        rlp_put_u64(&w, 77);
        rlp_list_end(&w, inner);
        rlp_list_end(&w, 0);
        assert_int_equal(rlp_writer_end(&w, &out), PC_E_TOO_LARGE);
        assert_null(out.p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_items),
        cmocka_unit_test(each_other_form_is_refused),
        cmocka_unit_test(integers_have_one_form),
        cmocka_unit_test(written_is_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
