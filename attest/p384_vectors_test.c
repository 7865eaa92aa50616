/* SPDX-License-Identifier: Apache-2.0 */
/* ECDSA over P-384 with SHA-384 as the verifiers use it (DER signature to r||s, key as x||y): every
 * case of Wycheproof. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "attest/der.h"
#include "attest/ec.h"
#include "base/hex.h"
#include "base/json.h"

#define FILE_NAME "crypto/wycheproof/ecdsa_secp384r1_sha384_test.json"

static struct bytes text;

static bool verifies(const struct ec384_key *key, const struct json_value *test)
{
    static uint8_t msg[8192], sig[8192];
    uint8_t digest[48], rs[96];
    size_t msg_n, sig_n;
    bool ok;
    assert_int_equal(json_get_hex_var(test, "msg", msg, sizeof(msg), &msg_n), PC_OK);
    assert_int_equal(json_get_hex_var(test, "sig", sig, sizeof(sig), &sig_n), PC_OK);
    ec_sha384(digest, bytes_of(msg, msg_n));
    der_ecdsa_sig(rs, 48, &ok, bytes_of(sig, sig_n));
    return ok && ec384_verify(key, digest, rs) == PC_OK;
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
        struct ec384_key *key;
        uint8_t point[97];
        assert_int_equal(json_get_object(&group, "publicKey", &public), PC_OK);
        assert_int_equal(json_get_hex(&public, "uncompressed", point, 97), PC_OK);
        assert_int_equal(ec384_key_new(&key, point + 1), PC_OK);
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
        ec384_key_free(key);
    }
    print_message("  %u valid, %u invalid\n", valid, invalid);
    assert_true(valid >= 194 && invalid >= 310);
    json_free(doc);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_wycheproof)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
