/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/ec.h"

#include <stdatomic.h>
#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/sha.h>

struct ec_key {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *verify;
};

struct ec384_key {
    struct ec_key k;
};

void ec_prepare(void)
{
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        pc_bug("OpenSSL does not start");
}

static void warm_up_384(void)
{
    static const uint8_t base_point[96] = {
        0xaa, 0x87, 0xca, 0x22, 0xbe, 0x8b, 0x05, 0x37, 0x8e, 0xb1, 0xc7, 0x1e, 0xf3, 0x20,
        0xad, 0x74, 0x6e, 0x1d, 0x3b, 0x62, 0x8b, 0xa7, 0x9b, 0x98, 0x59, 0xf7, 0x41, 0xe0,
        0x82, 0x54, 0x2a, 0x38, 0x55, 0x02, 0xf2, 0x5d, 0xbf, 0x55, 0x29, 0x6c, 0x3a, 0x54,
        0x5e, 0x38, 0x72, 0x76, 0x0a, 0xb7, 0x36, 0x17, 0xde, 0x4a, 0x96, 0x26, 0x2c, 0x6f,
        0x5d, 0x9e, 0x98, 0xbf, 0x92, 0x92, 0xdc, 0x29, 0xf8, 0xf4, 0x1d, 0xbd, 0x28, 0x9a,
        0x14, 0x7c, 0xe9, 0xda, 0x31, 0x13, 0xb5, 0xf0, 0xb8, 0xc0, 0x0a, 0x60, 0xb1, 0xce,
        0x1d, 0x7e, 0x81, 0x9d, 0x7a, 0x43, 0x1d, 0x7c, 0x90, 0xea, 0x0e, 0x5f};
    struct ec384_key *key;
    uint8_t digest[48], rs[96] = {0};
    rs[47] = rs[95] = 1;
    ec_sha384_2(digest, PC_BYTES(base_point), PC_BYTES(base_point));
    if (ec384_key_new(&key, base_point) != PC_OK || ec384_verify(key, digest, rs) != PC_E_SIGNATURE)
        pc_bug("ECDSA over P-384 does not verify");
    ec384_key_free(key);
}

void ec_warm_up(void)
{
    static const uint8_t base_point[64] = {
        0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63,
        0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1,
        0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f,
        0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33, 0x57,
        0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
    uint8_t digest[32], rs[64] = {0};
    rs[31] = rs[63] = 1;
    ec_prepare();
    ec_sha256_2(digest, PC_BYTES(base_point), PC_BYTES(base_point));
    /* A signature that nobody made: it must be refused, which shows that the verifier works. */
    if (ec_verify_raw(base_point, digest, rs) != PC_E_SIGNATURE)
        pc_bug("ECDSA does not verify");
    warm_up_384();
}

/* ---- keys ---- */

struct curve {
    const char *name;
    size_t half; /* octets of a coordinate */
    /* Its parameters as a key without a point, made once and never changed afterwards: a copy costs
     * half of what OpenSSL takes to look a curve up and set it up. */
    _Atomic(EVP_PKEY *) parameters;
};

static struct curve p256 = {.name = "P-256", .half = 32}, p384 = {.name = "P-384", .half = 48};

static EVP_PKEY *new_parameters(const char *curve)
{
    EVP_PKEY *out = NULL;
    char group[8];
    memcpy(group, curve, sizeof("P-256"));
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &out, EVP_PKEY_KEY_PARAMETERS, params);
    EVP_PKEY_CTX_free(ctx);
    return out;
}

/* NULL: no memory, this time. Threads may call it together: one's copy stays. */
static EVP_PKEY *parameters_of(struct curve *c)
{
    EVP_PKEY *have = atomic_load(&c->parameters);
    if (have != NULL)
        return have;
    ec_prepare();
    EVP_PKEY *made = new_parameters(c->name);
    if (atomic_compare_exchange_strong(&c->parameters, &have, made))
        return made;
    EVP_PKEY_free(made);
    return have;
}

/* A checked key of a curve. */
static enum err_code key_open(struct ec_key *k, struct curve *c, const uint8_t *xy)
{
    uint8_t point[1 + 2 * 48] = {0x04};
    EVP_PKEY *parameters = parameters_of(c);
    memcpy(point + 1, xy, 2 * c->half);
    if (parameters == NULL || (k->pkey = EVP_PKEY_dup(parameters)) == NULL)
        return PC_E_MEMORY;
    /* Decoding the point refuses coordinates >= p and points off the curve. */
    if (EVP_PKEY_set1_encoded_public_key(k->pkey, point, 1 + 2 * c->half) != 1)
        return PC_E_MALFORMED;
    k->verify = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    return k->verify != NULL && EVP_PKEY_verify_init(k->verify) == 1 ? PC_OK : PC_E_MEMORY;
}

static void key_close(struct ec_key *k)
{
    EVP_PKEY_CTX_free(k->verify);
    EVP_PKEY_free(k->pkey);
}

enum err_code ec_key_new(struct ec_key **out, const uint8_t xy[static 64])
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return PC_E_MEMORY;
    enum err_code e = key_open(*out, &p256, xy);
    if (e != PC_OK) {
        ec_key_free(*out);
        *out = NULL;
    }
    return e;
}

void ec_key_free(struct ec_key *k)
{
    if (k == NULL)
        return;
    key_close(k);
    free(k);
}

enum err_code ec384_key_new(struct ec384_key **out, const uint8_t xy[static 96])
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL)
        return PC_E_MEMORY;
    enum err_code e = key_open(&(*out)->k, &p384, xy);
    if (e != PC_OK) {
        ec384_key_free(*out);
        *out = NULL;
    }
    return e;
}

void ec384_key_free(struct ec384_key *k)
{
    if (k == NULL)
        return;
    key_close(&k->k);
    free(k);
}

/* DER INTEGER of `half` big-endian bytes, shortest form, at w; its length. */
static size_t put_integer(uint8_t *w, const uint8_t *v, size_t half)
{
    size_t skip = 0;
    while (skip < half - 1 && v[skip] == 0)
        skip++;
    size_t sign = v[skip] >> 7;
    w[0] = 0x02;
    w[1] = (uint8_t)(half - skip + sign);
    w[2] = 0;
    memcpy(w + 2 + sign, v + skip, half - skip);
    return 2 + sign + half - skip;
}

/* digest and both halves of rs are `half` octets long. */
static enum err_code verify(const struct ec_key *k, const uint8_t *digest, const uint8_t *rs,
                            size_t half)
{
    uint8_t sig[2 + 2 * (3 + 48)]; /* short lengths: at most 104 octets in all */
    size_t n = 2;
    n += put_integer(sig + n, rs, half);
    n += put_integer(sig + n, rs + half, half);
    sig[0] = 0x30;
    sig[1] = (uint8_t)(n - 2);
    return EVP_PKEY_verify(k->verify, sig, n, digest, half) == 1 ? PC_OK : PC_E_SIGNATURE;
}

enum err_code ec_verify(const struct ec_key *k, const uint8_t digest[static 32],
                        const uint8_t rs[static 64])
{
    return verify(k, digest, rs, 32);
}

enum err_code ec384_verify(const struct ec384_key *k, const uint8_t digest[static 48],
                           const uint8_t rs[static 96])
{
    return verify(&k->k, digest, rs, 48);
}

enum err_code ec_verify_raw(const uint8_t xy[static 64], const uint8_t digest[static 32],
                            const uint8_t rs[static 64])
{
    struct ec_key *k;
    PC_TRY(ec_key_new(&k, xy));
    enum err_code e = ec_verify(k, digest, rs);
    ec_key_free(k);
    return e;
}

void ec_sha256(uint8_t out[static 32], struct bytes in)
{
    SHA256(in.n == 0 ? (const uint8_t *)"" : in.p, in.n, out);
}

static void hash_2(uint8_t *out, const EVP_MD *md, struct bytes a, struct bytes b)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (ctx == NULL || EVP_DigestInit_ex(ctx, md, NULL) != 1 ||
        EVP_DigestUpdate(ctx, a.p, a.n) != 1 || EVP_DigestUpdate(ctx, b.p, b.n) != 1 ||
        EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        pc_bug("a hash failed");
    EVP_MD_CTX_free(ctx);
}

void ec_sha256_2(uint8_t out[static 32], struct bytes a, struct bytes b)
{
    hash_2(out, EVP_sha256(), a, b);
}

void ec_sha384(uint8_t out[static 48], struct bytes in)
{
    SHA384(in.n == 0 ? (const uint8_t *)"" : in.p, in.n, out);
}

void ec_sha384_2(uint8_t out[static 48], struct bytes a, struct bytes b)
{
    hash_2(out, EVP_sha384(), a, b);
}
