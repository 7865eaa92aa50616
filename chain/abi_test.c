/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/abi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/slot.h"

/* (uint16, bytes, address, bytes32[], (bool, bytes), bytes[]) */
#define HEAD 6

static struct bytes sample(uint8_t *buf, size_t cap)
{
    struct abi_out w = abi_out_of(buf, cap, HEAD);
    struct evm_address who = {{1, 2, 3}};
    uint8_t words[64] = {7};
    abi_out_u64(&w, 513);
    abi_out_bytes(&w, PC_BYTES_STR("thirty-three bytes of text, yes!!"));
    abi_out_addr(&w, &who);
    abi_out_array(&w, PC_BYTES(words), 2);
    struct abi_out t = abi_out_tuple(&w, 2);
    abi_out_bool(&t, true);
    abi_out_bytes(&t, PC_BYTES_STR("inner"));
    abi_out_join(&w, &t);
    struct abi_out list = abi_out_tuples(&w, 2);
    abi_out_bytes(&list, PC_BYTES_STR(""));
    abi_out_bytes(&list, PC_BYTES_STR("second"));
    abi_out_join(&w, &list);
    struct bytes out;
    assert_int_equal(abi_out_end(&w, &out), PC_OK);
    return out;
}

static enum err_code read_sample(struct bytes in)
{
    struct abi_in r = abi_in_of(in, HEAD);
    size_t n, m;
    bool good = abi_in_u64(&r, 16) == 513;
    good &= abi_in_bytes(&r, 64).n == 33;
    good &= abi_in_addr(&r).b[1] == 2;
    good &= abi_in_array(&r, 1, 4, &n).n == 64 && n == 2;
    struct abi_in t = abi_in_tuple(&r, 2);
    good &= abi_in_bool(&t);
    good &= bytes_equal_var(abi_in_bytes(&t, 5), PC_BYTES_STR("inner"));
    abi_in_join(&r, &t);
    struct abi_in list = abi_in_tuples(&r, 2, &m);
    good &= m == 2;
    for (size_t i = 0; i < m; i++)
        good &= abi_in_bytes(&list, 6).n == 6 * i;
    abi_in_join(&r, &list);
    enum err_code e = abi_in_end(&r);
    return e == PC_OK && !good ? PC_E_MISMATCH : e;
}

static void a_written_tuple_is_read_back(void **state)
{
    (void)state;
    uint8_t buf[1024];
    struct bytes enc = sample(buf, sizeof buf);
    assert_int_equal(enc.n % 32, 0);
    assert_int_equal(read_sample(enc), PC_OK);
    for (size_t n = 0; n < enc.n; n++)
        assert_int_not_equal(read_sample(bytes_of(enc.p, n)), PC_OK);
    uint8_t longer[1056] = {0};
    memcpy(longer, enc.p, enc.n);
    assert_int_equal(read_sample(bytes_of(longer, enc.n + 32)), PC_E_TRAILING);
    for (size_t cap = 0; cap < enc.n; cap++) {
        struct abi_out w = abi_out_of(buf, cap, 1);
        abi_out_bytes(&w, bytes_of(longer, enc.n - 64));
        struct bytes out;
        assert_int_equal(abi_out_end(&w, &out), PC_E_TOO_LARGE);
    }
}

/* One encoding per value: any flipped bit changes a value or is refused. */
static void no_bit_is_idle(void **state)
{
    (void)state;
    uint8_t buf[1024];
    struct bytes enc = sample(buf, sizeof buf);
    unsigned value_bits = 0;
    for (size_t i = 0; i < enc.n * 8; i++) {
        buf[i / 8] ^= 1 << (i % 8);
        enum err_code e = read_sample(enc);
        /* contents of bytes and words that read_sample does not look at */
        value_bits += e == PC_OK;
        buf[i / 8] ^= 1 << (i % 8);
    }
    /* 33 bytes of text, 64 bytes of words, 19 bytes of address, 6 bytes of "second" */
    assert_int_equal(value_bits, 8 * (33 + 64 + 19 + 6));
}

static void solidity_reference(void **state)
{
    (void)state;
    /* f(uint256,uint32[],bytes10,bytes) of the ABI specification */
    assert_memory_equal(abi_selector("f(uint256,uint32[],bytes10,bytes)").b, "\x8b\xe6\x52\x46", 4);
    uint8_t buf[512];
    struct abi_out w = abi_out_of(buf, sizeof buf, 4);
    uint8_t items[64] = {0};
    items[30] = 4, items[31] = 0x56, items[62] = 7, items[63] = 0x89;
    abi_out_u64(&w, 0x123);
    abi_out_array(&w, PC_BYTES(items), 2);
    abi_out_fixed(&w, "1234567890", 10);
    abi_out_bytes(&w, PC_BYTES_STR("Hello, world!"));
    struct bytes out;
    assert_int_equal(abi_out_end(&w, &out), PC_OK);
    assert_int_equal(out.n, 9 * 32);
    static const uint8_t low[9] = {0x23, 0x80, 0, 0xe0, 2, 0x56, 0x89, 13, 0};
    for (size_t i = 0; i < 9; i++)
        assert_int_equal(out.p[32 * i + 31], low[i]);
    uint8_t ten[10];
    struct abi_in r = abi_in_of(out, 4);
    size_t n;
    abi_in_u64(&r, 64);
    abi_in_array(&r, 1, 2, &n);
    abi_in_fixed(&r, ten, 10);
    assert_memory_equal(ten, "1234567890", 10);
    assert_int_equal(abi_in_bytes(&r, 13).n, 13);
    assert_int_equal(abi_in_end(&r), PC_OK);
}

static void length_extremes(void **state)
{
    (void)state;
    uint8_t buf[96] = {0};
    static const uint8_t fill[] = {0x00, 0x7f, 0x80, 0xff};
    buf[31] = 32;
    for (size_t i = 0; i < sizeof fill; i++) {
        memset(buf + 32, fill[i], 32);
        struct abi_in r = abi_in_of(PC_BYTES(buf), 1);
        abi_in_bytes(&r, SIZE_MAX);
        assert_int_equal(abi_in_end(&r) == PC_OK, false);
        size_t n;
        r = abi_in_of(PC_BYTES(buf), 1);
        abi_in_array(&r, 3, 1000, &n);
        assert_true(n == 0 || r.err != PC_OK);
        r = abi_in_of(PC_BYTES(buf), 1);
        struct abi_in inner = abi_in_tuples(&r, 1000, &n);
        assert_true(n == 0);
        abi_in_join(&r, &inner);
    }
    /* an offset that is not the canonical one */
    memset(buf, 0, sizeof buf);
    buf[31] = 64;
    struct abi_in r = abi_in_of(PC_BYTES(buf), 1);
    abi_in_bytes(&r, 10);
    assert_int_equal(r.err, PC_E_NOT_CANONICAL);
    /* types */
    memset(buf, 0xff, 32);
    r = abi_in_of(PC_BYTES(buf), 1);
    abi_in_addr(&r);
    assert_int_equal(r.err, PC_E_NOT_CANONICAL);
    memset(buf, 0, 32);
    buf[30] = 1;
    r = abi_in_of(PC_BYTES(buf), 1);
    abi_in_u64(&r, 8);
    assert_int_equal(r.err, PC_E_TOO_LARGE);
    /* more words than the head has */
    r = abi_in_of(bytes_of(buf, 32), 1);
    abi_in_word(&r);
    abi_in_word(&r);
    assert_int_equal(r.err, PC_E_SEQUENCE);
    /* fewer */
    r = abi_in_of(bytes_of(buf, 32), 1);
    assert_int_equal(abi_in_end(&r), PC_E_SEQUENCE);
}

static void slots(void **state)
{
    (void)state;
    /* keccak256(uint256(0)) and keccak256(uint256(1) . uint256(0)), as solc documents them */
    struct evm_word zero = {{0}};
    struct evm_word item = slot_array(&zero, 0, 1);
    assert_memory_equal(item.b, "\x29\x0d\xec\xd9\x54\x8b\x62\xa8", 8);
    struct evm_word next = slot_array(&zero, 2, 3);
    evm_word_add(&item, 6);
    assert_true(evm_word_equal(&next, &item));
    struct evm_word m = slot_mapping_u64(&zero, 1), pair, one = evm_word_u64(1);
    evm_keccak_pair(&pair, &one, &zero);
    assert_true(evm_word_equal(&m, &pair));
    struct evm_word w;
    for (unsigned i = 0; i < 32; i++)
        w.b[i] = (uint8_t)i;
    assert_int_equal(slot_field_u64(&w, 0, 2), 30 << 8 | 31);
    assert_int_equal(slot_field_u64(&w, 2, 1), 29);
    assert_true(slot_field_u64(&w, 24, 8) == 0x0001020304050607);
    assert_int_equal(slot_field_addr(&w, 12).b[0], 0);
    assert_int_equal(slot_field_addr(&w, 0).b[19], 31);
    /* carry through all words */
    memset(w.b, 0xff, 32);
    evm_word_add(&w, 1);
    assert_true(evm_word_is_zero(&w));
    m = slot_plus(&zero, UINT64_MAX);
    m = slot_plus(&m, 1);
    assert_int_equal(m.b[23], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_written_tuple_is_read_back),
        cmocka_unit_test(no_bit_is_idle),
        cmocka_unit_test(solidity_reference),
        cmocka_unit_test(length_extremes),
        cmocka_unit_test(slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
