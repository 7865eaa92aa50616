/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/unit_test.h"
#include "crypto/abihash.h"
#include "crypto/hash.h"
#include "crypto/keccak.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"
#include "crypto/vectors_test.h"

static void assert_hex(const uint8_t *got, size_t n, const char *want)
{
    for (size_t i = 0; i < n; i++) {
        unsigned byte;
        assert_int_equal(sscanf(want + 2 * i, "%2x", &byte), 1);
        assert_int_equal(got[i], byte);
    }
}

/* FIPS 180-4 examples. */
static void sha2_known_answers(void **state)
{
    (void)state;
    uint8_t out[64];
    sha256(out, PC_BYTES_STR("abc"));
    assert_hex(out, 32, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    sha256(out, bytes_of(NULL, 0));
    assert_hex(out, 32, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha512(out, PC_BYTES_STR("abc"));
    assert_hex(out, 64,
               "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
               "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

/* Keccak-256: the empty string, "abc", and a million bytes fed in uneven pieces against one piece;
 * the block boundary at every length around it. */
static void keccak_known_answers(void **state)
{
    (void)state;
    static uint8_t big[5000];
    uint8_t a[32], b[32];
    keccak256(a, bytes_of(NULL, 0));
    assert_hex(a, 32, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    keccak256(a, PC_BYTES_STR("abc"));
    assert_hex(a, 32, "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    keccak256(a, PC_BYTES_STR("The quick brown fox jumps over the lazy dog"));
    assert_hex(a, 32, "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15");
    keccak256(a, PC_BYTES_STR("Transfer(address,address,uint256)"));
    assert_hex(a, 32, "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef");
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (uint8_t)(i * 7 + (i >> 8));
    for (size_t n = 0; n < 300; n++) {
        struct keccak256 k;
        keccak256(a, bytes_of(big, n));
        keccak256_init(&k);
        for (size_t at = 0, step = 1; at < n; at += step, step = step % 13 + 1)
            keccak256_update(&k, big + at, n - at < step ? n - at : step);
        keccak256_final(&k, b);
        assert_memory_equal(a, b, 32);
    }
}

static void streaming_equals_one_shot(void **state)
{
    (void)state;
    uint8_t in[400], a[64], b[64];
    for (size_t i = 0; i < sizeof in; i++)
        in[i] = (uint8_t)i;
    for (size_t cut = 0; cut <= sizeof in; cut += 37) {
        struct sha256 s;
        struct sha512 t;
        sha256(a, PC_BYTES(in));
        sha256_init(&s);
        sha256_update(&s, in, cut);
        struct sha256 fork = s;
        sha256_update(&s, in + cut, sizeof in - cut);
        sha256_final(&s, b);
        assert_memory_equal(a, b, 32);
        sha256_update(&fork, in + cut, sizeof in - cut);
        sha256_final(&fork, b);
        assert_memory_equal(a, b, 32);
        sha512(a, PC_BYTES(in));
        sha512_init(&t);
        sha512_update(&t, in, cut);
        sha512_update(&t, in + cut, sizeof in - cut);
        sha512_final(&t, b);
        assert_memory_equal(a, b, 64);
    }
}

static void wycheproof_hkdf(void **state)
{
    (void)state;
    static const char *const file[2] = {"wycheproof/hkdf_sha256_test.json",
                                        "wycheproof/hkdf_sha512_test.json"};
    static struct vector_bytes ikm, salt, info, okm;
    static uint8_t out[VECTOR_MAX];
    for (size_t f = 0; f < 2; f++) {
        struct json_value root = vectors_open(file[f]);
        size_t groups, n, done = 0;
        struct json_value list = vec_array(&root, "testGroups", &groups);
        for (size_t i = 0; i < groups; i++) {
            struct json_value group = json_at(&list, i);
            struct json_value tests = vec_array(&group, "tests", &n);
            for (size_t j = 0; j < n; j++) {
                struct json_value t = json_at(&tests, j);
                size_t size = vec_u64(&t, "size");
                vec_hex(&t, "ikm", &ikm);
                vec_hex(&t, "salt", &salt);
                vec_hex(&t, "info", &info);
                vec_hex(&t, "okm", &okm);
                uint8_t prk[64];
                enum err_code e;
                if (f == 0) {
                    hkdf_sha256_extract(prk, vec_view(&salt), vec_view(&ikm));
                    e = hkdf_sha256_expand(out, size, prk, vec_view(&info));
                } else {
                    hkdf_sha512_extract(prk, vec_view(&salt), vec_view(&ikm));
                    e = hkdf_sha512_expand(out, size, prk, vec_view(&info));
                }
                if (vec_str_is(&t, "result", "valid")) {
                    assert_int_equal(e, PC_OK);
                    assert_int_equal(okm.n, size);
                    assert_memory_equal(out, okm.p, size);
                } else {
                    assert_int_equal(e, PC_E_TOO_LARGE);
                }
                done++;
            }
        }
        assert_int_equal(done, vec_u64(&root, "numberOfTests"));
        vectors_close(&root);
    }
}

static void wycheproof_hmac(void **state)
{
    (void)state;
    static const char *const file[2] = {"wycheproof/hmac_sha256_test.json",
                                        "wycheproof/hmac_sha512_test.json"};
    static struct vector_bytes key, msg, tag;
    for (size_t f = 0; f < 2; f++) {
        struct json_value root = vectors_open(file[f]);
        size_t groups, n, done = 0;
        struct json_value list = vec_array(&root, "testGroups", &groups);
        for (size_t i = 0; i < groups; i++) {
            struct json_value group = json_at(&list, i);
            struct json_value tests = vec_array(&group, "tests", &n);
            for (size_t j = 0; j < n; j++, done++) {
                struct json_value t = json_at(&tests, j);
                uint8_t out[64];
                vec_hex(&t, "key", &key);
                vec_hex(&t, "msg", &msg);
                vec_hex(&t, "tag", &tag);
                if (f == 0)
                    hmac_sha256(out, vec_view(&key), vec_view(&msg));
                else
                    hmac_sha512(out, vec_view(&key), vec_view(&msg));
                assert_int_equal(memcmp(out, tag.p, tag.n) == 0, vec_str_is(&t, "result", "valid"));
            }
        }
        assert_int_equal(done, vec_u64(&root, "numberOfTests"));
        vectors_close(&root);
    }
}

static void rfc9380_expand_xmd(void **state)
{
    (void)state;
    static uint8_t out[VECTOR_MAX];
    static struct vector_bytes want;
    struct json_value root = vectors_open("rfc9380-h2c/expand_message_xmd_SHA512_38.json");
    struct bytes dst = vec_str(&root, "DST"), none = {NULL, 0};
    size_t n;
    struct json_value tests = vec_array(&root, "tests", &n);
    assert_int_equal(n, 10);
    for (size_t i = 0; i < n; i++) {
        struct json_value t = json_at(&tests, i);
        uint64_t len;
        assert_int_equal(json_get_quantity(&t, "len_in_bytes", &len), PC_OK);
        vec_hex(&t, "uniform_bytes", &want);
        assert_int_equal(want.n, len);
        struct bytes msg = vec_str(&t, "msg");
        assert_int_equal(expand_xmd_sha512(out, len, msg, none, dst), PC_OK);
        assert_memory_equal(out, want.p, len);
        size_t cut = msg.n / 3;
        assert_int_equal(expand_xmd_sha512(out, len, bytes_of(msg.p, cut),
                                           bytes_of(msg.p + cut, msg.n - cut), dst),
                         PC_OK);
        assert_memory_equal(out, want.p, len);
    }
    vectors_close(&root);
    static uint8_t long_dst[256];
    assert_int_equal(expand_xmd_sha512(out, 32, none, none, bytes_of(long_dst, 255)), PC_OK);
    assert_int_equal(expand_xmd_sha512(out, 32, none, none, bytes_of(long_dst, 256)),
                     PC_E_TOO_LARGE);
    assert_int_equal(expand_xmd_sha512(out, 32, none, none, none), PC_E_USAGE);
    assert_int_equal(expand_xmd_sha512(out, 16320, none, none, bytes_of(long_dst, 1)), PC_OK);
    assert_int_equal(expand_xmd_sha512(out, 16321, none, none, bytes_of(long_dst, 1)),
                     PC_E_TOO_LARGE);
}

/* enc(...): what is hashed is exactly label, widths and lengths of SPEC 1. */
static void transcript_encoding(void **state)
{
    (void)state;
    static const uint8_t want[] = {
        0,   0,   0,   18,  'p', 'o',  'l',  'y',  'c',  'l',  'a',  'v',  'e', '/', 's', 'h', 'a',
        'r', 'e', '/', 'v', '1', 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 1,   2,   3,   4,   5,
        6,   7,   8,   'f', 'i', 'x',  0,    0,    0,    2,    'a',  'b',  0,   0,   0,   0};
    uint8_t a[64], b[64];
    struct transcript t, w;
    transcript_init256(&t, PC_LABEL_SHARE);
    transcript_u8(&t, 0x11);
    transcript_u16(&t, 0x2233);
    transcript_u32(&t, 0x44556677);
    transcript_u64(&t, 0x0102030405060708);
    transcript_fixed(&t, "fix", 3);
    transcript_bytes(&t, PC_BYTES_STR("ab"));
    transcript_bytes(&t, bytes_of(NULL, 0));
    transcript_final256(&t, a);
    sha256(b, PC_BYTES(want));
    assert_memory_equal(a, b, 32);
    /* "ab" ‖ "c" is not "a" ‖ "bc" */
    transcript_init512(&t, PC_LABEL_SHARE);
    w = t;
    transcript_bytes(&t, PC_BYTES_STR("ab"));
    transcript_bytes(&t, PC_BYTES_STR("c"));
    transcript_bytes(&w, PC_BYTES_STR("a"));
    transcript_bytes(&w, PC_BYTES_STR("bc"));
    transcript_final512(&t, a);
    transcript_final512(&w, b);
    assert_memory_not_equal(a, b, 64);
}

static void xof_stream(void **state)
{
    (void)state;
    struct transcript t;
    struct xof x, y;
    uint8_t seed[64], block[64], want[64], head[4];
    static const char label[] = PC_LABEL_XOF;
    transcript_init512(&t, PC_LABEL_LOWDEG);
    transcript_u8(&t, 9);
    struct transcript copy = t;
    transcript_final512(&copy, seed);
    xof_init(&x, &t);
    y = x;
    for (uint64_t i = 0; i < 3; i++) {
        struct sha512 h;
        uint8_t number[8];
        store_be32(head, sizeof label - 1);
        store_be64(number, i);
        sha512_init(&h);
        sha512_update(&h, head, 4);
        sha512_update(&h, label, sizeof label - 1);
        sha512_update(&h, seed, 64);
        sha512_update(&h, number, 8);
        sha512_final(&h, want);
        xof_block(&x, block);
        assert_memory_equal(block, want, 64);
    }
    xof_block(&y, block);
    assert_memory_not_equal(block, want, 64);
}

/* abi.encode laid out by hand: two words of head, length, padding. */
static void abi_layout(void **state)
{
    (void)state;
    static const uint8_t addr[20] = {[0] = 0xaa, [19] = 0xbb};
    uint8_t out[32 * 12];
    struct abi_args a = abi_args_init();
    abi_address(&a, addr);
    abi_bytes(&a, PC_BYTES_STR("abc"));
    abi_left(&a, PC_BYTES_STR("xy"));
    abi_b32_array(&a, out, 0);
    abi_uint(&a, 0x0102);
    assert_int_equal(abi_length(&a), 32 * 8);
    memset(out, 0xee, sizeof out);
    abi_write(out, &a);
    uint8_t want[32 * 8] = {0};
    want[12] = 0xaa;
    want[31] = 0xbb;
    want[63] = 5 * 32;
    want[64] = 'x';
    want[65] = 'y';
    want[127] = 7 * 32;
    want[158] = 1;
    want[159] = 2;
    want[191] = 3;
    memcpy(want + 192, "abc", 3);
    assert_memory_equal(out, want, sizeof want);
    assert_int_equal(out[sizeof want], 0xee);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha2_known_answers),
        cmocka_unit_test(keccak_known_answers),
        cmocka_unit_test(streaming_equals_one_shot),
        cmocka_unit_test(wycheproof_hkdf),
        cmocka_unit_test(wycheproof_hmac),
        cmocka_unit_test(rfc9380_expand_xmd),
        cmocka_unit_test(transcript_encoding),
        cmocka_unit_test(xof_stream),
        cmocka_unit_test(abi_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
