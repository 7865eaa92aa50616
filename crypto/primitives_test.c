/* SPDX-License-Identifier: Apache-2.0 */
/* Ed25519, X25519, ChaCha20-Poly1305 and secp256k1 against Wycheproof, HPKE against RFC 9180. */
#include <stdio.h>

#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "crypto/aead.h"
#include "crypto/ed25519.h"
#include "crypto/evmkey.h"
#include "crypto/hash.h"
#include "crypto/hpke.h"
#include "crypto/hpke_internal.h"
#include "crypto/vectors_test.h"
#include "crypto/x25519.h"

/* Calls `each` for every test of a Wycheproof file, with its group. */
typedef void each_fn(const struct json_value *group, const struct json_value *test, bool valid);

static void wycheproof(const char *file, each_fn *each)
{
    struct json_value root = vectors_open(file);
    size_t groups, n, done = 0;
    struct json_value list = vec_array(&root, "testGroups", &groups);
    for (size_t i = 0; i < groups; i++) {
        struct json_value group = json_at(&list, i);
        struct json_value tests = vec_array(&group, "tests", &n);
        for (size_t j = 0; j < n; j++, done++) {
            struct json_value t = json_at(&tests, j);
            each(&group, &t, !vec_str_is(&t, "result", "invalid"));
        }
    }
    assert_int_equal(done, vec_u64(&root, "numberOfTests"));
    assert_true(done > 100);
    vectors_close(&root);
}

static void ed25519_case(const struct json_value *group, const struct json_value *t, bool valid)
{
    static struct vector_bytes msg, sig;
    struct ed25519_pk pk;
    struct ed25519_sig s;
    struct json_value key = vec_object(group, "publicKey");
    vec_hex_exact(&key, "pk", pk.b, 32);
    vec_hex(t, "msg", &msg);
    vec_hex(t, "sig", &sig);
    if (sig.n != 64) {
        assert_false(valid);
        return;
    }
    memcpy(s.b, sig.p, 64);
    assert_int_equal(ed25519_verify_var(&pk, vec_view(&msg), &s), valid ? PC_OK : PC_E_SIGNATURE);
}

static void wycheproof_ed25519(void **state)
{
    (void)state;
    wycheproof("wycheproof/ed25519_test.json", ed25519_case);
}

/* RFC 8032 7.1, TEST 2 and what libsodium must refuse on its own. */
static void ed25519_sign_and_strictness(void **state)
{
    (void)state;
    static const uint8_t seed[32] = {0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda,
                                     0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
                                     0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24,
                                     0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb};
    static const uint8_t want[64] = {
        0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f,
        0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76,
        0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99,
        0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae,
        0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00};
    struct ed25519_sk sk;
    struct ed25519_pk pk, small = {{1}};
    struct ed25519_sig sig, forged;
    ed25519_from_seed(&sk, &pk, seed);
    ed25519_sign(&sig, &sk, PC_BYTES_STR("\x72"));
    assert_memory_equal(sig.b, want, 64);
    assert_int_equal(ed25519_verify_var(&pk, PC_BYTES_STR("\x72"), &sig), PC_OK);
    assert_int_equal(ed25519_verify_var(&pk, PC_BYTES_STR("\x73"), &sig), PC_E_SIGNATURE);
    for (size_t bit = 0; bit < 512; bit++) {
        forged = sig;
        forged.b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(ed25519_verify_var(&pk, PC_BYTES_STR("\x72"), &forged), PC_E_SIGNATURE);
    }
    /* a key of small order would accept R = identity, s = 0 for any message */
    memset(&forged, 0, sizeof forged);
    forged.b[0] = 1;
    assert_int_equal(ed25519_verify_var(&small, PC_BYTES_STR("m"), &forged), PC_E_SIGNATURE);
    struct rng_seeded rng;
    rng_seeded_init(&rng, 1);
    ed25519_generate(&sk, &pk, &rng.rng);
    ed25519_sign(&sig, &sk, bytes_of(NULL, 0));
    assert_int_equal(ed25519_verify_var(&pk, bytes_of(NULL, 0), &sig), PC_OK);
}

static void x25519_case(const struct json_value *group, const struct json_value *t, bool valid)
{
    (void)group;
    struct x25519_pk pk;
    struct x25519_sk sk;
    uint8_t want[32], got[32];
    vec_hex_exact(t, "public", pk.b, 32);
    vec_hex_exact(t, "private", sk.b, 32);
    vec_hex_exact(t, "shared", want, 32);
    assert_true(valid);
    enum err_code e = x25519_dh(got, &sk, &pk);
    assert_memory_equal(got, want,
                        32); /* zeros for a point of small order, as libsodium refuses it */
    assert_int_equal(e, bytes_all_zero_var(PC_BYTES(want)) ? PC_E_IDENTITY : PC_OK);
}

static void wycheproof_x25519(void **state)
{
    (void)state;
    wycheproof("wycheproof/x25519_test.json", x25519_case);
}

static void aead_case(const struct json_value *group, const struct json_value *t, bool valid)
{
    static struct vector_bytes key, iv, aad, msg, ct, tag;
    static uint8_t whole[VECTOR_MAX + 16], out[VECTOR_MAX + 16];
    (void)group;
    vec_hex(t, "key", &key);
    vec_hex(t, "iv", &iv);
    vec_hex(t, "aad", &aad);
    vec_hex(t, "msg", &msg);
    vec_hex(t, "ct", &ct);
    vec_hex(t, "tag", &tag);
    if (key.n != 32 || iv.n != 12 || tag.n != 16) {
        assert_false(valid);
        return;
    }
    memcpy(whole, ct.p, ct.n);
    memcpy(whole + ct.n, tag.p, 16);
    memset(out, 0xcc, sizeof out);
    enum err_code e = aead_open(out, key.p, iv.p, vec_view(&aad), bytes_of(whole, ct.n + 16));
    assert_int_equal(e, valid ? PC_OK : PC_E_AUTH);
    if (valid) {
        assert_memory_equal(out, msg.p, msg.n);
        aead_seal(out, key.p, iv.p, vec_view(&aad), vec_view(&msg));
        assert_memory_equal(out, whole, ct.n + 16);
        /* in place */
        memcpy(out, msg.p, msg.n);
        aead_seal(out, key.p, iv.p, vec_view(&aad), bytes_of(out, msg.n));
        assert_memory_equal(out, whole, ct.n + 16);
    } else {
        assert_true(bytes_all_zero_var(bytes_of(out, ct.n)));
        assert_int_equal(out[ct.n], 0xcc);
    }
}

static void wycheproof_chacha20_poly1305(void **state)
{
    (void)state;
    wycheproof("wycheproof/chacha20_poly1305_test.json", aead_case);
    uint8_t key[32] = {0}, nonce[12] = {0}, ct[15] = {0}, out[16];
    assert_int_equal(aead_open(out, key, nonce, bytes_of(NULL, 0), PC_BYTES(ct)), PC_E_TRUNCATED);
}

static void hpke_base_vector(const struct json_value *v, bool chacha)
{
    static struct vector_bytes info, ikm, aad, ct, pt;
    struct x25519_sk sk, eph, derived;
    struct x25519_pk pk, derived_pk;
    struct hpke_context ctx;
    uint8_t want[64], shared[32], enc[32], nonce[12];
    static uint8_t out[VECTOR_MAX];
    size_t n;
    vec_hex_exact(v, "skRm", sk.b, 32);
    vec_hex_exact(v, "pkRm", pk.b, 32);
    vec_hex_exact(v, "skEm", eph.b, 32);
    vec_hex(v, "ikmR", &ikm);
    hpke_derive_key(&derived, vec_view(&ikm));
    assert_memory_equal(derived.b, sk.b, 32);
    x25519_public(&derived_pk, &derived);
    assert_memory_equal(derived_pk.b, pk.b, 32);
    vec_hex(v, "ikmE", &ikm);
    hpke_derive_key(&derived, vec_view(&ikm));
    assert_memory_equal(derived.b, eph.b, 32);
    assert_int_equal(hpke_encap(shared, enc, &eph, &pk), PC_OK);
    vec_hex_exact(v, "enc", want, 32);
    assert_memory_equal(enc, want, 32);
    vec_hex_exact(v, "shared_secret", want, 32);
    assert_memory_equal(shared, want, 32);
    memset(shared, 0, sizeof shared);
    assert_int_equal(hpke_decap(shared, enc, &sk), PC_OK);
    assert_memory_equal(shared, want, 32);
    if (!chacha)
        return;
    vec_hex(v, "info", &info);
    hpke_schedule(&ctx, shared, vec_view(&info));
    vec_hex_exact(v, "key", want, 32);
    assert_memory_equal(ctx.key, want, 32);
    vec_hex_exact(v, "base_nonce", want, 12);
    assert_memory_equal(ctx.base_nonce, want, 12);
    vec_hex_exact(v, "exporter_secret", want, 32);
    assert_memory_equal(ctx.exporter, want, 32);
    struct json_value list = vec_array(v, "encryptions", &n);
    assert_true(n > 200);
    for (size_t i = 0; i < n; i++) {
        struct json_value e = json_at(&list, i);
        vec_hex(&e, "aad", &aad);
        vec_hex(&e, "ct", &ct);
        vec_hex(&e, "pt", &pt);
        vec_hex_exact(&e, "nonce", want, 12);
        hpke_nonce(nonce, &ctx, i);
        assert_memory_equal(nonce, want, 12);
        aead_seal(out, ctx.key, nonce, vec_view(&aad), vec_view(&pt));
        assert_memory_equal(out, ct.p, ct.n);
        assert_int_equal(aead_open(out, ctx.key, nonce, vec_view(&aad), vec_view(&ct)), PC_OK);
        assert_memory_equal(out, pt.p, pt.n);
        if (i != 0)
            continue;
        /* the single-shot interface opens the first message */
        static uint8_t sealed[VECTOR_MAX];
        memcpy(sealed, enc, 32);
        memcpy(sealed + 32, ct.p, ct.n);
        assert_int_equal(
            hpke_open(out, &sk, vec_view(&info), vec_view(&aad), bytes_of(sealed, 32 + ct.n)),
            PC_OK);
        assert_memory_equal(out, pt.p, pt.n);
    }
    list = vec_array(v, "exports", &n);
    for (size_t i = 0; i < n; i++) {
        struct json_value e = json_at(&list, i);
        vec_hex(&e, "exporter_context", &aad);
        assert_int_equal(vec_u64(&e, "L"), 32);
        vec_hex_exact(&e, "exported_value", want, 32);
        hpke_export(out, 32, &ctx, vec_view(&aad));
        assert_memory_equal(out, want, 32);
    }
}

static void rfc9180_hpke(void **state)
{
    (void)state;
    struct json_value root = vectors_open("rfc9180-hpke/x25519-hkdf-sha256.json");
    size_t n, base = 0, full = 0;
    struct json_value list = vec_array(&root, NULL, &n);
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        if (vec_u64(&v, "mode") != 0 || vec_u64(&v, "kem_id") != 0x20 || vec_u64(&v, "kdf_id") != 1)
            continue;
        bool chacha = vec_u64(&v, "aead_id") == 3;
        hpke_base_vector(&v, chacha);
        base++;
        full += chacha;
    }
    assert_int_equal(base, 3);
    assert_int_equal(full, 1);
    vectors_close(&root);
}

/* A34: a box opens under its own key, info and aad alone; every byte counts; no truncation passes.
 */
static void hpke_binds(void **state)
{
    (void)state;
    struct rng_seeded rng;
    struct x25519_sk sk, other;
    struct x25519_pk pk, other_pk, small = {{0}};
    uint8_t pt[40], box[40 + PC_HPKE_OVERHEAD], again[sizeof box], out[sizeof box];
    struct bytes info = PC_BYTES_STR("info"), aad = PC_BYTES_STR("aad"), none = {NULL, 0};
    rng_seeded_init(&rng, 34);
    rng_fill(&rng.rng, pt, sizeof pt);
    x25519_generate(&sk, &pk, &rng.rng);
    x25519_generate(&other, &other_pk, &rng.rng);
    assert_int_equal(hpke_seal(box, &pk, info, aad, PC_BYTES(pt), &rng.rng), PC_OK);
    assert_int_equal(hpke_seal(again, &pk, info, aad, PC_BYTES(pt), &rng.rng), PC_OK);
    assert_memory_not_equal(box, again, sizeof box);
    assert_int_equal(hpke_open(out, &sk, info, aad, PC_BYTES(box)), PC_OK);
    assert_memory_equal(out, pt, sizeof pt);
    assert_int_equal(hpke_open(out, &other, info, aad, PC_BYTES(box)), PC_E_AUTH);
    assert_int_equal(hpke_open(out, &sk, aad, aad, PC_BYTES(box)), PC_E_AUTH);
    assert_int_equal(hpke_open(out, &sk, info, none, PC_BYTES(box)), PC_E_AUTH);
    for (size_t i = 0; i < sizeof box; i++) {
        uint8_t bad[sizeof box];
        memcpy(bad, box, sizeof bad);
        bad[i] ^= 0x20;
        memset(out, 0xcc, sizeof out);
        assert_int_not_equal(hpke_open(out, &sk, info, aad, PC_BYTES(bad)), PC_OK);
        assert_true(bytes_all_zero_var(bytes_of(out, sizeof pt)));
        assert_int_not_equal(hpke_open(out, &sk, info, aad, bytes_of(box, i)), PC_OK);
    }
    assert_int_equal(hpke_seal(box, &small, info, aad, PC_BYTES(pt), &rng.rng), PC_E_IDENTITY);
    assert_true(bytes_all_zero_var(PC_BYTES(box)));
    memset(box, 0, 32);
    assert_int_equal(hpke_open(out, &sk, info, aad, PC_BYTES(box)), PC_E_IDENTITY);
    assert_int_equal(hpke_open(out, &sk, info, aad, bytes_of(box, PC_HPKE_OVERHEAD - 1)),
                     PC_E_TRUNCATED);
    /* an empty message has its overhead only */
    assert_int_equal(hpke_seal(box, &pk, none, none, none, &rng.rng), PC_OK);
    assert_int_equal(hpke_open(out, &sk, none, none, bytes_of(box, PC_HPKE_OVERHEAD)), PC_OK);
}

/* One DER INTEGER of a signature into 32 bytes; false for anything but the shortest positive form.
 */
static bool der_integer(struct bytes *in, uint8_t out[32])
{
    if (in->n < 2 || in->p[0] != 0x02)
        return false;
    size_t len = in->p[1];
    const uint8_t *p = in->p + 2;
    if (len == 0 || len > 33 || in->n < 2 + len || (p[0] & 0x80) != 0 ||
        (len > 1 && p[0] == 0 && (p[1] & 0x80) == 0))
        return false;
    *in = bytes_of(p + len, in->n - 2 - len);
    if (p[0] == 0) {
        p++;
        len--;
    }
    if (len > 32)
        return false;
    memset(out, 0, 32);
    memcpy(out + 32 - len, p, len);
    return true;
}

static size_t needs_high_recid;

static void ecdsa_case(const struct json_value *group, const struct json_value *t, bool valid)
{
    static struct vector_bytes msg, sig;
    struct json_value key = vec_object(group, "publicKey");
    uint8_t pub[65], digest[32];
    struct evm_address signer, got;
    struct evm_sig s;
    vec_hex_exact(&key, "uncompressed", pub, 65);
    vec_hex(t, "msg", &msg);
    vec_hex(t, "sig", &sig);
    struct bytes der = vec_view(&sig);
    bool parsed = der.n >= 2 && der.p[0] == 0x30 && der.p[1] == der.n - 2;
    der = parsed ? bytes_of(der.p + 2, der.n - 2) : der;
    parsed = parsed && der_integer(&der, s.b) && der_integer(&der, s.b + 32) && der.n == 0;
    if (!parsed) {
        assert_false(valid);
        return;
    }
    evm_address_of_public(&signer, pub);
    sha256(digest, vec_view(&msg));
    bool found = false;
    for (uint8_t v = 27; v <= 28; v++) {
        s.b[64] = v;
        if (evm_recover_var(&got, digest, &s) == PC_OK)
            found |= memcmp(got.b, signer.b, 20) == 0;
    }
    /* v = 29, 30 would mean that R's x is above the order; EVM signatures do not know them */
    for (uint8_t v = 29; v <= 30; v++) {
        s.b[64] = v;
        assert_int_equal(evm_recover_var(&got, digest, &s), PC_E_SIGNATURE);
    }
    if (valid && !found)
        needs_high_recid++;
    else
        assert_int_equal(found, valid);
}

static void wycheproof_secp256k1(void **state)
{
    (void)state;
    needs_high_recid = 0;
    wycheproof("wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json", ecdsa_case);
    assert_in_range(needs_high_recid, 1, 2); /* the file has such a signature */
}

static void evm_sign_and_recover(void **state)
{
    (void)state;
    /* the first account of the development chains' well-known mnemonic */
    static const struct evm_sk known = {{0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3,
                                         0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
                                         0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc,
                                         0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80}};
    static const uint8_t account[20] = {0xf3, 0x9f, 0xd6, 0xe5, 0x1a, 0xad, 0x88, 0xf6, 0xf4, 0xce,
                                        0x6a, 0xb8, 0x82, 0x72, 0x79, 0xcf, 0xff, 0xb9, 0x22, 0x66};
    struct rng_seeded rng;
    struct evm_sk sk, zero = {{0}}, order = {{0}};
    struct evm_address addr, got;
    struct evm_domain d = {.chain_id = 31337, .contract = {{1, 2, 3}}};
    struct evm_sig sig, bad;
    uint8_t hash[32] = {7}, digest[32];
    assert_int_equal(evm_address_of(&addr, &known), PC_OK);
    assert_memory_equal(addr.b, account, 20);
    assert_int_equal(evm_address_of(&addr, &zero), PC_E_NOT_CANONICAL);
    memset(order.b, 0xff, 32);
    assert_int_equal(evm_address_of(&addr, &order), PC_E_NOT_CANONICAL);
    assert_int_equal(evm_sign_typed(&sig, &zero, &d, hash, rng_system()), PC_E_NOT_CANONICAL);
    assert_true(bytes_all_zero_var(PC_BYTES(sig.b)));

    rng_seeded_init(&rng, 712);
    for (int i = 0; i < 50; i++) {
        evm_generate(&sk, &addr, &rng.rng);
        hash[1] = (uint8_t)i;
        assert_int_equal(evm_sign_typed(&sig, &sk, &d, hash, &rng.rng), PC_OK);
        assert_int_equal(evm_verify_typed_var(&addr, &d, hash, &sig), PC_OK);
        evm_typed_digest(digest, &d, hash);
        assert_int_equal(evm_recover_var(&got, digest, &sig), PC_OK);
        assert_memory_equal(got.b, addr.b, 20);
        assert_true(sig.b[32] < 0x80);
    }
    /* another chain, contract or struct is another signature */
    struct evm_domain e = d;
    e.chain_id++;
    assert_int_equal(evm_verify_typed_var(&addr, &e, hash, &sig), PC_E_SIGNATURE);
    e = d;
    e.contract.b[19] ^= 1;
    assert_int_equal(evm_verify_typed_var(&addr, &e, hash, &sig), PC_E_SIGNATURE);
    hash[31] ^= 1;
    assert_int_equal(evm_verify_typed_var(&addr, &d, hash, &sig), PC_E_SIGNATURE);
    hash[31] ^= 1;
    /* v outside 27, 28; r = 0; s = 0; s high (n - s with the other v verifies in plain ECDSA) */
    for (unsigned v = 0; v < 256; v++) {
        bad = sig;
        bad.b[64] = (uint8_t)v;
        enum err_code want = bad.b[64] == sig.b[64] ? PC_OK : PC_E_SIGNATURE;
        assert_int_equal(evm_verify_typed_var(&addr, &d, hash, &bad), want);
    }
    bad = sig;
    memset(bad.b, 0, 32);
    assert_int_equal(evm_recover_var(&got, digest, &bad), PC_E_SIGNATURE);
    bad = sig;
    memset(bad.b + 32, 0, 32);
    assert_int_equal(evm_recover_var(&got, digest, &bad), PC_E_SIGNATURE);
    static const uint8_t n[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                  0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48,
                                  0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41};
    bad = sig;
    unsigned borrow = 0;
    for (size_t i = 32; i-- > 0;) {
        unsigned diff = 256u + n[i] - sig.b[32 + i] - borrow;
        bad.b[32 + i] = (uint8_t)diff;
        borrow = diff < 256;
    }
    bad.b[64] = (uint8_t)(55 - sig.b[64]);
    assert_int_equal(evm_verify_typed_var(&addr, &d, hash, &bad), PC_E_SIGNATURE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wycheproof_ed25519),   cmocka_unit_test(ed25519_sign_and_strictness),
        cmocka_unit_test(wycheproof_x25519),    cmocka_unit_test(wycheproof_chacha20_poly1305),
        cmocka_unit_test(rfc9180_hpke),         cmocka_unit_test(hpke_binds),
        cmocka_unit_test(wycheproof_secp256k1), cmocka_unit_test(evm_sign_and_recover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
