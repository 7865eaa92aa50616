/* SPDX-License-Identifier: Apache-2.0 */
/* Each component counts, by its own rule; another length or vendor never passes. */
#include "base/unit_test.h"
#include "crypto/raw_tcb.h"

static bool at_least(enum vendor v, const uint8_t *value, const uint8_t *least)
{
    size_t n = raw_tcb_len(v);
    return raw_tcb_at_least_var(v, bytes_of(value, n), bytes_of(least, n));
}

/* first..first+count: one byte each. A smaller one fails, a larger one elsewhere does not help. */
static void components(enum vendor v, size_t first, size_t count)
{
    uint8_t value[PC_RAW_TCB_SNP], least[PC_RAW_TCB_SNP];
    for (size_t i = first; i < first + count; i++) {
        memset(value, 0x80, sizeof value);
        memset(least, 0x80, sizeof least);
        assert_true(at_least(v, value, least));
        value[i] = 0x7f;
        value[i == first ? first + 1 : first] = 0x81;
        assert_false(at_least(v, value, least));
        value[i] = 0x81;
        assert_true(at_least(v, value, least));
    }
}

static void test_tdx(void **state)
{
    (void)state;
    uint8_t value[52] = {0}, least[52] = {0};
    components(PC_VENDOR_TDX, 0, 48);
    /* Two numbers of two bytes: 0x0100 is more than 0x00ff. */
    for (size_t i = 48; i < 52; i += 2) {
        memset(value, 0, sizeof value);
        memset(least, 0, sizeof least);
        value[i] = 1;
        least[i + 1] = 0xff;
        assert_true(at_least(PC_VENDOR_TDX, value, least));
        assert_false(at_least(PC_VENDOR_TDX, least, value));
    }
}

static void test_snp(void **state)
{
    (void)state;
    uint8_t value[56], least[56];
    components(PC_VENDOR_SNP, 0, 32);
    /* Masks: a bit more is fine, a higher number without the bit is not. */
    for (size_t i = 32; i < 56; i++) {
        memset(value, 0, sizeof value);
        memset(least, 0, sizeof least);
        least[i] = 0x21;
        value[i] = 0x21;
        assert_true(at_least(PC_VENDOR_SNP, value, least));
        value[i] = 0x25;
        assert_true(at_least(PC_VENDOR_SNP, value, least));
        value[i] = 0xfe;
        assert_false(at_least(PC_VENDOR_SNP, value, least));
    }
}

static void test_lengths(void **state)
{
    (void)state;
    static const uint8_t zero[64];
    const enum vendor vendors[] = {PC_VENDOR_TDX, PC_VENDOR_SNP, PC_VENDOR_NITRO};
    for (size_t k = 0; k < PC_ARRAY_LEN(vendors); k++)
        for (size_t a = 0; a <= 64; a++)
            for (size_t b = 0; b <= 64; b++)
                assert_int_equal(
                    raw_tcb_at_least_var(vendors[k], bytes_of(zero, a), bytes_of(zero, b)),
                    a == raw_tcb_len(vendors[k]) && b == a);
    assert_true(raw_tcb_len((enum vendor)0) == SIZE_MAX);
    assert_false(raw_tcb_at_least_var((enum vendor)4, bytes_of(zero, 0), bytes_of(zero, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tdx), cmocka_unit_test(test_snp),
                                       cmocka_unit_test(test_lengths)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
