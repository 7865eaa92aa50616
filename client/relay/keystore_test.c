/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/keystore.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/rng_seeded.h"

/* A test vector of the Web3 Secret Storage Definition (ethereum.org), and a file that foundry's
 * `cast wallet import` wrote: password "testpassword", key
 * 7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d. (The definition's own scrypt
 * vector has n 2^18 with r 1, which RFC 7914 forbids; no wallet writes that.) */
static const char pbkdf2[] =
    "{\"crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":{\"iv\":"
    "\"6087dab2f9fdbbfaddc31a909735c1e6\"},\"ciphertext\":"
    "\"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46\",\"kdf\":\"pbkdf2\","
    "\"kdfparams\":{\"c\":262144,\"dklen\":32,\"prf\":\"hmac-sha256\",\"salt\":"
    "\"ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd\"},\"mac\":"
    "\"517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2\"},\"id\":"
    "\"3198bc9c-6672-5ab3-d995-4942343ae5b6\",\"version\":3}";
static const char scrypt[] =
    "{\"crypto\":{\"cipher\":\"aes-128-ctr\",\"cipherparams\":{\"iv\":"
    "\"20488840aea46ef2ede14aa840d765fe\"},\"ciphertext\":"
    "\"b71cc9adc0bbbfc5da5f15fdfcff4e030c562b3baa64ddf16215318a6ac61dbf\",\"kdf\":\"scrypt\","
    "\"kdfparams\":{\"dklen\":32,\"n\":8192,\"p\":1,\"r\":8,\"salt\":"
    "\"b7e40f5f4dd39aa4f8a95076c7ed106243910381af7b7cd020e2d06c8a542d60\"},\"mac\":"
    "\"70f44997f76f4961edd4e6ca7cc4814e087710eb2b5ea3d34435158b37dc5792\"},\"id\":"
    "\"2a78403d-3ec7-4fc6-b61a-54f933e43a77\",\"version\":3}";

static const char key_hex[] = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

static enum err_code try_open(const char *text, const char *password, struct evm_sk *sk)
{
    struct evm_address a;
    return keystore_open(sk, &a, bytes_of(text, strlen(text)),
                         bytes_of(password, strlen(password)));
}

static void published_vectors(void **state)
{
    (void)state;
    struct evm_sk sk, want;
    assert_int_equal(hex_decode(want.b, 32, key_hex, 64), PC_OK);
    assert_int_equal(try_open(pbkdf2, "testpassword", &sk), PC_OK);
    assert_memory_equal(sk.b, want.b, 32);
    assert_int_equal(try_open(scrypt, "testpassword", &sk), PC_OK);
    assert_memory_equal(sk.b, want.b, 32);
    assert_int_equal(try_open(pbkdf2, "testpassworD", &sk), PC_E_AUTH);
    assert_true(bytes_all_zero_var(PC_BYTES(sk.b)));
}

/* The text with `from` replaced by `to` (once). */
static enum err_code altered(const char *text, const char *from, const char *to)
{
    static char buf[2048];
    struct evm_sk sk;
    const char *at = strstr(text, from);
    assert_non_null(at);
    (void)snprintf(buf, sizeof buf, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    enum err_code e = try_open(buf, "testpassword", &sk);
    assert_true(e == PC_OK || bytes_all_zero_var(PC_BYTES(sk.b)));
    return e;
}

static void every_alteration_is_refused(void **state)
{
    (void)state;
    assert_int_equal(altered(pbkdf2, "517ead", "517eae"), PC_E_AUTH);
    assert_int_equal(altered(pbkdf2, "5318b4", "5318b5"), PC_E_AUTH);
    assert_int_equal(altered(pbkdf2, "262144", "262143"), PC_E_AUTH);
    assert_int_equal(altered(pbkdf2, "262144", "0"), PC_E_MALFORMED);
    assert_int_equal(altered(pbkdf2, "262144", "4000000000"), PC_E_TOO_LARGE);
    assert_int_equal(altered(pbkdf2, "hmac-sha256", "hmac-sha512"), PC_E_UNSUPPORTED);
    assert_int_equal(altered(pbkdf2, "\"pbkdf2\"", "\"argon2id\""), PC_E_UNSUPPORTED);
    assert_int_equal(altered(pbkdf2, "aes-128-ctr", "aes-128-cbc"), PC_E_UNSUPPORTED);
    assert_int_equal(altered(pbkdf2, "\"dklen\":32", "\"dklen\":64"), PC_E_UNSUPPORTED);
    assert_int_equal(altered(pbkdf2, "\"version\":3", "\"version\":4"), PC_E_UNSUPPORTED);
    assert_int_equal(altered(pbkdf2, "ciphertext", "cyphertext"), PC_E_MALFORMED);
    assert_int_equal(altered(pbkdf2, "aa46\"", "aa\""), PC_E_MALFORMED);
    assert_int_equal(altered(scrypt, "\"n\":8192", "\"n\":8193"), PC_E_MALFORMED);
    assert_int_equal(altered(scrypt, "\"n\":8192", "\"n\":4194304"), PC_E_TOO_LARGE);
    assert_int_equal(altered(scrypt, "\"n\":8192", "\"n\":4096"), PC_E_AUTH);
    assert_int_equal(altered(scrypt, "\"r\":8", "\"r\":0"), PC_E_MALFORMED);
    assert_int_equal(altered(scrypt, "\"n\":8192,\"p\":1,\"r\":8", "\"n\":65536,\"p\":1,\"r\":1"),
                     PC_E_UNSUPPORTED);
    assert_int_equal(altered(scrypt, "\"p\":1", "\"p\":0"), PC_E_MALFORMED);
    /* an address that is not the key's */
    assert_int_equal(altered(pbkdf2, "\"version\":3",
                             "\"address\":\"008aeeda4d805471df9b2a5b0f38a0c3bcba786c\","
                             "\"version\":3"),
                     PC_E_MISMATCH);
}

static void truncation_at_every_byte(void **state)
{
    (void)state;
    struct evm_sk sk;
    struct evm_address a;
    for (size_t n = 0; n + 1 < sizeof pbkdf2 - 1; n++)
        assert_int_equal(keystore_open(&sk, &a, bytes_of(pbkdf2, n), PC_BYTES_STR("testpassword")),
                         PC_E_MALFORMED);
}

static void sealed_is_opened(void **state)
{
    (void)state;
    struct rng_seeded rng;
    struct evm_sk sk, got;
    struct evm_address a, b;
    char text[2048], again[2048];
    size_t n, m;
    rng_seeded_init(&rng, 5);
    evm_generate(&sk, &a, &rng.rng);
    assert_int_equal(
        keystore_seal(text, sizeof text, &n, &sk, PC_BYTES_STR("p\xc3\xa4ss"), 12, &rng.rng),
        PC_OK);
    assert_int_equal(keystore_open(&got, &b, bytes_of(text, n), PC_BYTES_STR("p\xc3\xa4ss")),
                     PC_OK);
    assert_memory_equal(got.b, sk.b, 32);
    assert_memory_equal(a.b, b.b, 20);
    assert_int_equal(
        keystore_seal(again, sizeof again, &m, &sk, PC_BYTES_STR("p\xc3\xa4ss"), 12, &rng.rng),
        PC_OK);
    assert_string_not_equal(text, again); /* salt and iv are fresh */
    assert_int_equal(keystore_seal(text, 100, &n, &sk, PC_BYTES_STR("x"), 12, &rng.rng),
                     PC_E_TOO_LARGE);
}

static void write_text(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void files(void **state)
{
    (void)state;
    char dir[] = "/tmp/keystore_test_XXXXXX", key[64], pass[64];
    struct evm_address a, b;
    struct evm_sk sk;
    struct stat st;
    assert_non_null(mkdtemp(dir));
    (void)snprintf(key, sizeof key, "%s/key", dir);
    (void)snprintf(pass, sizeof pass, "%s/pass", dir);
    assert_int_equal(keystore_create(&a, key, pass, rng_system()), PC_E_NOT_FOUND);
    write_text(pass, "\n", 0600);
    assert_int_equal(keystore_create(&a, key, pass, rng_system()), PC_E_MALFORMED);
    write_text(pass, "two\nlines\n", 0600);
    assert_int_equal(keystore_create(&a, key, pass, rng_system()), PC_E_MALFORMED);
    write_text(pass, "secret\n", 0644);
    assert_int_equal(keystore_create(&a, key, pass, rng_system()), PC_E_REFUSED);
    write_text(pass, "secret\n", 0600);
    assert_int_equal(keystore_create(&a, key, pass, rng_system()), PC_OK);
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(keystore_create(&b, key, pass, rng_system()), PC_E_EXISTS);
    assert_int_equal(keystore_load(&sk, &b, key, pass), PC_OK);
    assert_memory_equal(a.b, b.b, 20);
    assert_int_equal(chmod(key, 0640), 0);
    assert_int_equal(keystore_load(&sk, &b, key, pass), PC_E_REFUSED);
    unlink(key);
    unlink(pass);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(every_alteration_is_refused),
        cmocka_unit_test(truncation_at_every_byte),
        cmocka_unit_test(sealed_is_opened),
        cmocka_unit_test(files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
