/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/rsa.h"

#include <stdlib.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#define SALT_LEN 48

struct rsa_key {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *verify;
};

/* The salt's length is fixed, and so are both hashes: nothing is taken from the signature. All in
 * one call, which costs a third of the setters. */
static bool want_pss(EVP_PKEY_CTX *ctx)
{
    char pss[] = OSSL_PKEY_RSA_PAD_MODE_PSS, sha384[] = "SHA384";
    int salt = SALT_LEN;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, pss, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, sha384, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, sha384, 0),
        OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, &salt),
        OSSL_PARAM_construct_end(),
    };
    return EVP_PKEY_verify_init_ex(ctx, params) == 1;
}

enum err_code rsa_key_new(struct rsa_key **out, const uint8_t modulus[static PC_RSA_LEN])
{
    enum err_code e = PC_E_MEMORY;
    *out = NULL;
    if ((modulus[0] & 0x80) == 0 || (modulus[PC_RSA_LEN - 1] & 1) == 0)
        return PC_E_MALFORMED;
    uint8_t native[PC_RSA_LEN];
    unsigned exponent = RSA_F4;
    const uint16_t one = 1;
    bool little = *(const uint8_t *)&one == 1;
    for (size_t i = 0; i < PC_RSA_LEN; i++)
        native[i] = little ? modulus[PC_RSA_LEN - 1 - i] : modulus[i];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, native, sizeof(native)),
        OSSL_PARAM_construct_uint(OSSL_PKEY_PARAM_RSA_E, &exponent),
        OSSL_PARAM_construct_end(),
    };
    struct rsa_key *k = calloc(1, sizeof(*k));
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    if (k == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
        goto out;
    if (EVP_PKEY_fromdata(ctx, &k->pkey, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        e = PC_E_MALFORMED;
        goto out;
    }
    k->verify = EVP_PKEY_CTX_new_from_pkey(NULL, k->pkey, NULL);
    if (k->verify == NULL || !want_pss(k->verify))
        goto out;
    *out = k;
    k = NULL;
    e = PC_OK;
out:
    EVP_PKEY_CTX_free(ctx);
    rsa_key_free(k);
    return e;
}

void rsa_key_free(struct rsa_key *k)
{
    if (k == NULL)
        return;
    EVP_PKEY_CTX_free(k->verify);
    EVP_PKEY_free(k->pkey);
    free(k);
}

enum err_code rsa_verify(const struct rsa_key *k, const uint8_t digest[static 48],
                         const uint8_t sig[static PC_RSA_LEN])
{
    return EVP_PKEY_verify(k->verify, sig, PC_RSA_LEN, digest, 48) == 1 ? PC_OK : PC_E_SIGNATURE;
}

void rsa_warm_up(void)
{
    uint8_t digest[48] = {0}, modulus[PC_RSA_LEN], sig[PC_RSA_LEN] = {0};
    struct rsa_key *k;
    memset(modulus, 0xff, sizeof(modulus));
    sig[PC_RSA_LEN - 1] = 1;
    /* A signature that nobody made: it must be refused, which shows that the verifier works. */
    if (rsa_key_new(&k, modulus) != PC_OK || rsa_verify(k, digest, sig) != PC_E_SIGNATURE)
        pc_bug("RSA-PSS does not verify");
    rsa_key_free(k);
}
