/* SPDX-License-Identifier: Apache-2.0 */
/*
 * p384_calls - calls of P384 for signatures that OpenSSL makes with keys of its own:
 *
 *     p384_calls COUNT >FILE
 *
 * FILE is as contracts/test/evidence/P384.t.sol reads it: per call u8 accept, u32 length, calldata.
 * Every second statement has a changed hash, r, s or key and the hints of the good one. A tool of
 * tests; not installed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "client/hints/p384_hints.h"

static uint8_t hints[PC_P384_HINTS_MAX];

static bool sign(struct p384_statement *st)
{
    uint8_t message[200], der[128], point[97];
    size_t der_n = sizeof(der), point_n = 0;
    const uint8_t *p = der;
    EVP_PKEY *key = EVP_EC_gen("P-384");
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    ECDSA_SIG *sig = NULL;
    bool ok = key != NULL && md != NULL && RAND_bytes(message, sizeof(message)) == 1 &&
              EVP_DigestSignInit(md, NULL, EVP_sha384(), NULL, key) == 1 &&
              EVP_DigestSign(md, der, &der_n, message, sizeof(message)) == 1 &&
              (sig = d2i_ECDSA_SIG(NULL, &p, (long)der_n)) != NULL &&
              BN_bn2binpad(ECDSA_SIG_get0_r(sig), st->r, 48) == 48 &&
              BN_bn2binpad(ECDSA_SIG_get0_s(sig), st->s, 48) == 48 &&
              EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point),
                                              &point_n) == 1 &&
              point_n == sizeof(point);
    if (ok) {
        memcpy(st->x, point + 1, 48);
        memcpy(st->y, point + 49, 48);
        SHA384(message, sizeof(message), st->hash);
    }
    ECDSA_SIG_free(sig);
    EVP_MD_CTX_free(md);
    EVP_PKEY_free(key);
    return ok;
}

static bool write_call(bool accept, const struct p384_statement *st, size_t n)
{
    size_t total = sizeof(*st) + n;
    const uint8_t head[5] = {accept, (uint8_t)(total >> 24), (uint8_t)(total >> 16),
                             (uint8_t)(total >> 8), (uint8_t)total};
    return fwrite(head, sizeof(head), 1, stdout) == 1 && fwrite(st, sizeof(*st), 1, stdout) == 1 &&
           fwrite(hints, n, 1, stdout) == 1;
}

int main(int argc, char **argv)
{
    struct p384_maker *m;
    long count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
    if (count < 1 || p384_maker_new(&m) != PC_OK) {
        fprintf(stderr, "usage: p384_calls COUNT >FILE\n");
        return 2;
    }
    for (long i = 0; i < count; i++) {
        struct p384_statement st;
        size_t n;
        if (!sign(&st) || p384_hints_make(m, hints, &n, &st) != PC_OK) {
            fprintf(stderr, "p384_calls: no hints for a signature of OpenSSL's\n");
            return 1;
        }
        if (i % 2 == 1) /* a bit of any part; of a number its low half, so that it stays in range */
            ((uint8_t *)&st)[(i / 2 % 5) * 48 + 24 + i % 24] ^= (uint8_t)(1 << i % 8);
        if (!write_call(i % 2 == 0, &st, n)) {
            perror("p384_calls");
            return 1;
        }
    }
    p384_maker_free(m);
    return fflush(stdout) == 0 ? 0 : 1;
}
