/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unit_test.h"
#include "crypto/hash.h"
#include "dkg/testkit.h"

static uint8_t bytes[DKG_BLOB_MAX + 1];
static const uint8_t sid[32] = {0xab, 1, 2, 3};

static void fill(struct dkg_blob *b, uint16_t n)
{
    memset(b, 0, sizeof *b);
    for (size_t k = 0; k < DKG_BLOB_RECORDS(n); k++)
        memset(dkg_blob_record(b, n, k), (int)(k % 251 + 1), 32);
}

static void round_trip_and_hash(void **state)
{
    (void)state;
    static const uint16_t sizes[] = {3, 4, 255, 256};
    struct dkg_blob b, back;
    uint8_t h[32], without[32], direct[32];

    for (size_t i = 0; i < PC_ARRAY_LEN(sizes); i++) {
        uint16_t n = sizes[i];
        fill(&b, n);
        dkg_blob_encode(bytes, &b, sid, 2, n);
        assert_int_equal(dkg_blob_decode(&back, bytes_of(bytes, DKG_BLOB_BYTES(n)), sid, 2, n),
                         PC_OK);
        assert_memory_equal(&b, &back, sizeof b);
        dkg_blob_hash(h, without, &b, sid, 2, n);
        sha256(direct, bytes_of(bytes, DKG_BLOB_BYTES(n)));
        assert_memory_equal(h, direct, 32);
        sha256(direct, bytes_of(bytes, DKG_BLOB_BYTES(n) - 128));
        assert_memory_equal(without, direct, 32);
    }
}

static void header_bytes_are_fixed(void **state)
{
    (void)state;
    uint8_t h[DKG_BLOB_HEADER];

    dkg_blob_header(h, sid, 0x0102, 256);
    assert_memory_equal(h, "\0\0\0\x11polyclave/blob/v1", 21);
    assert_memory_equal(h + 21, sid, 32);
    assert_memory_equal(h + 53, "\x01\x02\x01\x00\x01", 5);
}

static void every_truncation_and_any_tail_is_refused(void **state)
{
    (void)state;
    const uint16_t n = 5;
    struct dkg_blob b, back;

    fill(&b, n);
    dkg_blob_encode(bytes, &b, sid, 2, n);
    for (size_t len = 0; len < DKG_BLOB_BYTES(n); len++) {
        assert_int_equal(dkg_blob_decode(&back, bytes_of(bytes, len), sid, 2, n), PC_E_TRUNCATED);
        assert_true(bytes_all_zero_var(bytes_of(&back, sizeof back)));
    }
    assert_int_equal(dkg_blob_decode(&back, bytes_of(bytes, DKG_BLOB_BYTES(n) + 1), sid, 2, n),
                     PC_E_TRAILING);
}

/* The header admits nothing but what the reader expects: no length field is believed. */
static void every_header_byte_counts(void **state)
{
    (void)state;
    const uint16_t n = 4;
    struct dkg_blob b, back;

    fill(&b, n);
    dkg_blob_encode(bytes, &b, sid, 2, n);
    for (size_t i = 0; i < DKG_BLOB_HEADER; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[i] ^= (uint8_t)(1u << bit);
            assert_int_equal(dkg_blob_decode(&back, bytes_of(bytes, DKG_BLOB_BYTES(n)), sid, 2, n),
                             PC_E_MISMATCH);
            bytes[i] ^= (uint8_t)(1u << bit);
        }
    assert_int_equal(dkg_blob_decode(&back, bytes_of(bytes, DKG_BLOB_BYTES(n)), sid, 3, n),
                     PC_E_MISMATCH);
    assert_int_equal(dkg_blob_decode(&back, bytes_of(bytes, DKG_BLOB_BYTES(n)), sid, 2, 257),
                     PC_E_TOO_LARGE);
    assert_int_equal(dkg_blob_decode(&back, bytes_of(bytes, 0), sid, 2, 0), PC_E_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip_and_hash),
        cmocka_unit_test(header_bytes_are_fixed),
        cmocka_unit_test(every_truncation_and_any_tail_is_refused),
        cmocka_unit_test(every_header_byte_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
