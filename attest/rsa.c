/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/rsa.h"

#include <stdlib.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#define SALT_LEN 48

struct rsa_key {
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *verify;
};

static OSSL_PARAM *params_of(const uint8_t modulus[static PC_RSA_LEN])
{
    OSSL_PARAM *params = NULL;
    BIGNUM *n = BN_bin2bn(modulus, (int)PC_RSA_LEN, NULL);
    OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
    if (n != NULL && bld != NULL && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
        OSSL_PARAM_BLD_push_ulong(bld, OSSL_PKEY_PARAM_RSA_E, RSA_F4) == 1)
        params = OSSL_PARAM_BLD_to_param(bld);
    OSSL_PARAM_BLD_free(bld);
    BN_free(n);
    return params;
}

/* The salt's length is fixed, and so are both hashes: nothing is taken from the signature. */
static bool want_pss(EVP_PKEY_CTX *ctx)
{
    return EVP_PKEY_verify_init(ctx) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha384()) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, EVP_sha384()) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, SALT_LEN) == 1;
}

enum err_code rsa_key_new(struct rsa_key **out, const uint8_t modulus[static PC_RSA_LEN])
{
    enum err_code e = PC_E_MEMORY;
    *out = NULL;
    if ((modulus[0] & 0x80) == 0 || (modulus[PC_RSA_LEN - 1] & 1) == 0)
        return PC_E_MALFORMED;
    struct rsa_key *k = calloc(1, sizeof(*k));
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    OSSL_PARAM *params = params_of(modulus);
    if (k == NULL || ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1)
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
    OSSL_PARAM_free(params);
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
