/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p384_hints_test.c - hints are those of the twin in Python, whose hints the contract's own tests
 * take; signatures that OpenSSL makes have hints, and changed ones have none.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>

#include "base/hex.h"
#include "base/unit_test.h"
#include "client/hints/p384_hints.h"

#define HEADER 147

static uint8_t hints[PC_P384_HINTS_MAX];

static void test_hints_are_the_twins(void **state)
{
    (void)state;
    char line[1024], want[65], found[65];
    struct p384_maker *m;
    unsigned cases = 0;
    FILE *f = fopen(PC_TESTDATA "/hints.txt", "r");
    assert_non_null(f);
    assert_int_equal(p384_maker_new(&m), PC_OK);
    while (fgets(line, sizeof(line), f) != NULL) {
        struct p384_statement st;
        uint8_t digest[32];
        size_t n;
        char text[2 * sizeof(st) + 1];
        assert_int_equal(sscanf(line, "%480s %64s", text, want), 2);
        for (size_t i = 0; i < sizeof(st); i++) {
            unsigned byte;
            assert_int_equal(sscanf(text + 2 * i, "%2x", &byte), 1);
            ((uint8_t *)&st)[i] = (uint8_t)byte;
        }
        assert_int_equal(p384_hints_make(m, hints, &n, &st), PC_OK);
        SHA256(hints, n, digest);
        for (size_t i = 0; i < 32; i++)
            (void)snprintf(found + 2 * i, 3, "%02x", digest[i]);
        assert_string_equal(found, want);
        cases++;
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(cases, 10);
    p384_maker_free(m);
}

/* A signature by a new key; OpenSSL's random numbers decide, the result is checked whatever they
 * are. */
static void sign(struct p384_statement *st)
{
    EVP_PKEY *key = EVP_EC_gen("P-384");
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    uint8_t message[33] = "message", der[128], point[97];
    size_t der_n = sizeof(der), point_n;
    const uint8_t *p = der;
    assert_non_null(key);
    assert_int_equal(EVP_DigestSignInit(md, NULL, EVP_sha384(), NULL, key), 1);
    assert_int_equal(EVP_DigestSign(md, der, &der_n, message, sizeof(message)), 1);
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der_n);
    assert_non_null(sig);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), st->r, 48), 48);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), st->s, 48), 48);
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof(point), &point_n),
                     1);
    assert_int_equal(point_n, 97);
    memcpy(st->x, point + 1, 48);
    memcpy(st->y, point + 49, 48);
    SHA384(message, sizeof(message), st->hash);
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
}

static void test_openssls_signatures(void **state)
{
    (void)state;
    struct p384_maker *m;
    assert_int_equal(p384_maker_new(&m), PC_OK);
    for (int i = 0; i < 50; i++) {
        struct p384_statement st;
        size_t n;
        sign(&st);
        assert_int_equal(p384_hints_make(m, hints, &n, &st), PC_OK);
        assert_true(hints[0] <= 1 && hints[1] <= 200 && hints[2] >= 2);
        assert_int_equal((n - HEADER - 3 * (size_t)hints[2]) % 48, 0);
        assert_in_range(n, 13000, 17000);
        /* every part of the statement is looked at */
        for (size_t at = 0; at < sizeof(st); at += 48) {
            struct p384_statement bad = st;
            ((uint8_t *)&bad)[at + 40] ^= 1;
            assert_int_equal(p384_hints_make(m, hints, &n, &bad), PC_E_SIGNATURE);
            assert_int_equal(n, 0);
        }
    }
    p384_maker_free(m);
}

static void test_ranges(void **state)
{
    (void)state;
    struct p384_maker *m;
    struct p384_statement st;
    size_t n;
    assert_int_equal(p384_maker_new(&m), PC_OK);
    sign(&st);
    uint8_t *const parts[] = {st.r, st.s, st.x, st.y};
    for (size_t i = 0; i < 4; i++)
        for (int fill = 0; fill <= 0xff; fill += 0xff) {
            uint8_t kept[48];
            memcpy(kept, parts[i], 48);
            memset(parts[i], fill, 48);
            assert_int_equal(p384_hints_make(m, hints, &n, &st), PC_E_SIGNATURE);
            memcpy(parts[i], kept, 48);
        }
    assert_int_equal(p384_hints_make(m, hints, &n, &st), PC_OK);
    p384_maker_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hints_are_the_twins),
        cmocka_unit_test(test_openssls_signatures),
        cmocka_unit_test(test_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
