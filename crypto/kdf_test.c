/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "crypto/evmkey.h"
#include "crypto/kdf.h"
#include "crypto/vectors_test.h"

/* Every type, two paths, one and two outputs, against the Python oracle. */
static void oracle(void **state)
{
    (void)state;
    static uint8_t text[65536];
    struct json_doc *doc;
    FILE *f = fopen(PC_SOURCE_DIR "/crypto/vectors/ids.json", "rb");
    assert_non_null(f);
    size_t len = fread(text, 1, sizeof text, f), n;
    (void)fclose(f);
    assert_int_equal(json_parse(&doc, bytes_of(text, len), sizeof text, 8), PC_OK);
    struct json_value root = json_root(doc);
    struct json_value kdf = vec_object(&root, "kdf");
    uint8_t y0[64], y1[64];
    vec_hex_exact(&kdf, "y0", y0, 64);
    vec_hex_exact(&kdf, "y1", y1, 64);
    struct json_value keys = vec_array(&kdf, "keys", &n);
    assert_int_equal(n, 2 * 7 * 2);
    for (size_t i = 0; i < n; i++) {
        static struct vector_bytes path, want;
        struct json_value k = json_at(&keys, i);
        struct kdf_prk prk;
        uint8_t out[PC_KDF_MAX_KEY];
        bool two;
        assert_int_equal(json_get_bool(&k, "two", &two), PC_OK);
        vec_hex(&k, "path", &path);
        vec_hex(&k, "key", &want);
        enum kdf_type type = (enum kdf_type)vec_u64(&k, "type");
        if (two)
            kdf_extract2(&prk, y0, y1);
        else
            kdf_extract(&prk, y0);
        assert_int_equal(kdf_key_bytes(type), want.n);
        assert_int_equal(
            kdf_expand(out, want.n, &prk, type, vec_view(&path), (uint32_t)vec_u64(&k, "index")),
            PC_OK);
        assert_memory_equal(out, want.p, want.n);
    }
    json_free(doc);
}

/* A37: one path, all types: no two keys share their bytes. */
static void a37_types_are_separate(void **state)
{
    (void)state;
    struct kdf_prk prk;
    uint8_t y[64] = {1}, key[8][PC_KDF_MAX_KEY] = {{0}};
    kdf_extract(&prk, y);
    for (unsigned t = 1; t <= 7; t++) {
        assert_int_equal(kdf_expand(key[t], kdf_key_bytes((enum kdf_type)t), &prk, (enum kdf_type)t,
                                    PC_BYTES_STR("p"), 0),
                         PC_OK);
        for (unsigned u = 1; u < t; u++)
            assert_memory_not_equal(key[t], key[u], 32);
    }
}

static void misuse(void **state)
{
    (void)state;
    struct kdf_prk prk;
    static uint8_t path[PC_KDF_MAX_PATH + 1];
    uint8_t y[64] = {2}, out[64];
    kdf_extract(&prk, y);
    struct bytes p = PC_BYTES_STR("p");
    assert_int_equal(kdf_key_bytes((enum kdf_type)0), 0);
    assert_int_equal(kdf_expand(out, 32, &prk, (enum kdf_type)0, p, 0), PC_E_UNSUPPORTED);
    assert_int_equal(kdf_expand(out, 32, &prk, (enum kdf_type)8, p, 0), PC_E_UNSUPPORTED);
    assert_int_equal(kdf_expand(out, 31, &prk, PC_KDF_SYMMETRIC, p, 0), PC_E_USAGE);
    assert_int_equal(kdf_expand(out, 32, &prk, PC_KDF_MLKEM, p, 0), PC_E_USAGE);
    assert_int_equal(
        kdf_expand(out, 32, &prk, PC_KDF_SYMMETRIC, bytes_of(path, PC_KDF_MAX_PATH + 1), 0),
        PC_E_TOO_LARGE);
    assert_true(bytes_all_zero_var(bytes_of(out, 32)));
    assert_int_equal(
        kdf_expand(out, 32, &prk, PC_KDF_SYMMETRIC, bytes_of(path, PC_KDF_MAX_PATH), 0), PC_OK);
}

/* Derived secp256k1 keys are keys. */
static void secp_keys_are_valid(void **state)
{
    (void)state;
    struct kdf_prk prk;
    uint8_t y[64] = {3};
    kdf_extract(&prk, y);
    for (uint32_t i = 0; i < 200; i++) {
        struct evm_sk sk;
        struct evm_address a;
        assert_int_equal(kdf_expand(sk.b, 32, &prk, PC_KDF_SECP256K1, PC_BYTES_STR("w"), i), PC_OK);
        assert_int_equal(evm_address_of(&a, &sk), PC_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(oracle),
        cmocka_unit_test(a37_types_are_separate),
        cmocka_unit_test(misuse),
        cmocka_unit_test(secp_keys_are_valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
