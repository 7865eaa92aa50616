/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/ec.h"

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

void ec_prepare(void)
{
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        pc_bug("OpenSSL does not start");
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
}

enum err_code ec_key_new(struct ec_key **out, const uint8_t xy[static 64])
{
    enum err_code e = PC_E_MEMORY;
    uint8_t point[65] = {0x04};
    char group[] = "P-256";
    struct ec_key *k = calloc(1, sizeof(*k));
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    *out = NULL;
    if (k == NULL || ctx == NULL)
        goto out;
    memcpy(point + 1, xy, 64);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
        OSSL_PARAM_construct_end(),
    };
    if (EVP_PKEY_fromdata_init(ctx) != 1)
        goto out;
    /* Decoding the point refuses coordinates >= p and points off the curve. */
    if (EVP_PKEY_fromdata(ctx, &k->pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        e = PC_E_MALFORMED;
        goto out;
    }
    k->verify = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (k->verify == NULL || EVP_PKEY_verify_init(k->verify) != 1)
        goto out;
    *out = k;
    k = NULL;
    e = PC_OK;
out:
    EVP_PKEY_CTX_free(ctx);
    ec_key_free(k);
    return e;
}

void ec_key_free(struct ec_key *k)
{
    if (k == NULL)
        return;
    EVP_PKEY_CTX_free(k->verify);
    EVP_PKEY_free(k->pkey);
    free(k);
}

/* DER INTEGER of 32 big-endian bytes, shortest form, at w; its length. */
static size_t put_integer(uint8_t *w, const uint8_t v[static 32])
{
    size_t skip = 0;
    while (skip < 31 && v[skip] == 0)
        skip++;
    size_t sign = v[skip] >> 7;
    w[0] = 0x02;
    w[1] = (uint8_t)(32 - skip + sign);
    w[2] = 0;
    memcpy(w + 2 + sign, v + skip, 32 - skip);
    return 2 + sign + 32 - skip;
}

enum err_code ec_verify(const struct ec_key *k, const uint8_t digest[static 32],
                        const uint8_t rs[static 64])
{
    uint8_t sig[72];
    size_t n = 2;
    n += put_integer(sig + n, rs);
    n += put_integer(sig + n, rs + 32);
    sig[0] = 0x30;
    sig[1] = (uint8_t)(n - 2);
    return EVP_PKEY_verify(k->verify, sig, n, digest, 32) == 1 ? PC_OK : PC_E_SIGNATURE;
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

void ec_sha256_2(uint8_t out[static 32], struct bytes a, struct bytes b)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned len = 32;
    if (ctx == NULL || EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1 ||
        EVP_DigestUpdate(ctx, a.p, a.n) != 1 || EVP_DigestUpdate(ctx, b.p, b.n) != 1 ||
        EVP_DigestFinal_ex(ctx, out, &len) != 1)
        pc_bug("SHA-256 failed");
    EVP_MD_CTX_free(ctx);
}
