/* SPDX-License-Identifier: Apache-2.0 */
/* RSASSA-PSS 4096 with SHA-384 and a salt of 48 bytes as AMD's certificates carry it: every case of
 * Wycheproof. A signature of another length than the modulus is refused before, by the readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "attest/ec.h"
#include "attest/rsa.h"
#include "base/json.h"

#define FILE_NAME "crypto/wycheproof/rsa_pss_4096_sha384_mgf1_48_test.json"

static struct bytes text;

static bool verifies(const struct rsa_key *key, const struct json_value *test)
{
    static uint8_t msg[8192], sig[8192];
    uint8_t digest[48];
    size_t msg_n, sig_n;
    assert_int_equal(json_get_hex_var(test, "msg", msg, sizeof(msg), &msg_n), PC_OK);
    assert_int_equal(json_get_hex_var(test, "sig", sig, sizeof(sig), &sig_n), PC_OK);
    ec_sha384(digest, bytes_of(msg, msg_n));
    return sig_n == PC_RSA_LEN && rsa_verify(key, digest, sig) == PC_OK;
}

static void test_wycheproof(void **state)
{
    struct json_doc *doc;
    struct json_value groups, tests, public;
    unsigned valid = 0, invalid = 0;
    size_t n_groups, n;
    (void)state;
    assert_int_equal(json_parse(&doc, text, 4 << 20, 8), PC_OK);
    struct json_value root = json_root(doc);
    assert_int_equal(json_get_array(&root, "testGroups", &groups, &n_groups), PC_OK);
    for (size_t g = 0; g < n_groups; g++) {
        struct json_value group = json_at(&groups, g);
        struct rsa_key *key;
        uint8_t modulus[1 + PC_RSA_LEN], exponent[3];
        assert_int_equal(json_get_object(&group, "publicKey", &public), PC_OK);
        assert_int_equal(json_get_hex(&public, "modulus", modulus, sizeof(modulus)), PC_OK);
        assert_int_equal(json_get_hex(&public, "publicExponent", exponent, 3), PC_OK);
        assert_memory_equal(exponent, ((const uint8_t[]){1, 0, 1}), 3);
        assert_int_equal(rsa_key_new(&key, modulus + 1), PC_OK);
        assert_int_equal(json_get_array(&group, "tests", &tests, &n), PC_OK);
        for (size_t i = 0; i < n; i++) {
            struct json_value test = json_at(&tests, i);
            struct bytes result;
            uint64_t id;
            assert_int_equal(json_get_str(&test, "result", &result), PC_OK);
            assert_int_equal(json_get_u64(&test, "tcId", UINT32_MAX, &id), PC_OK);
            bool want = bytes_equal_var(result, PC_BYTES_STR("valid"));
            assert_true(want || bytes_equal_var(result, PC_BYTES_STR("invalid")));
            if (verifies(key, &test) != want)
                fail_msg("case %u", (unsigned)id);
            *(want ? &valid : &invalid) += 1;
        }
        rsa_key_free(key);
    }
    print_message("  %u valid, %u invalid\n", valid, invalid);
    assert_true(valid >= 95 && invalid >= 46);
    json_free(doc);
}

static void test_moduli(void **state)
{
    uint8_t modulus[PC_RSA_LEN];
    struct rsa_key *key;
    (void)state;
    memset(modulus, 0xff, sizeof(modulus));
    assert_int_equal(rsa_key_new(&key, modulus), PC_OK);
    rsa_key_free(key);
    modulus[PC_RSA_LEN - 1] = 0xfe; /* even */
    assert_int_equal(rsa_key_new(&key, modulus), PC_E_MALFORMED);
    assert_null(key);
    modulus[PC_RSA_LEN - 1] = 0xff;
    modulus[0] = 0x7f; /* 4095 bits */
    assert_int_equal(rsa_key_new(&key, modulus), PC_E_MALFORMED);
    assert_null(key);
}

int main(void)
{
    static uint8_t room[4 << 20];
    FILE *f = fopen(PC_VECTORS "/" FILE_NAME, "rb");
    if (f == NULL) {
        bool wrong = access(PC_SOURCE_DIR "/../shared", F_OK) == 0;
        (void)fprintf(stderr, "%s: no %s\n", wrong ? "FAIL" : "SKIP", PC_VECTORS "/" FILE_NAME);
        return wrong ? 1 : 77;
    }
    text = bytes_of(room, fread(room, 1, sizeof(room), f));
    (void)fclose(f);
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wycheproof),
                                       cmocka_unit_test(test_moduli)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
