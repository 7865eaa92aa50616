/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/rsa.h"

#include <openssl/bn.h>

#include "attest/ec.h"

#define EXPONENT 65537
#define HASH_LEN 48
#define DB_LEN   (PC_RSA_LEN - HASH_LEN - 1)

/* Numbers of one computation; memory exhaustion is a bug in a simulator. */
struct numbers {
    BN_CTX *ctx;
    BIGNUM *p, *q, *n, *d, *m, *s, *t;
};

static void numbers_open(struct numbers *b)
{
    b->ctx = BN_CTX_new();
    if (b->ctx == NULL)
        pc_bug("RSA could not be set up");
    BN_CTX_start(b->ctx);
    BIGNUM **const all[] = {&b->p, &b->q, &b->n, &b->d, &b->m, &b->s, &b->t};
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++)
        if ((*all[i] = BN_CTX_get(b->ctx)) == NULL)
            pc_bug("RSA could not be set up");
}

static void numbers_close(struct numbers *b)
{
    BN_CTX_end(b->ctx);
    BN_CTX_free(b->ctx);
}

static void must(int ok)
{
    if (ok != 1)
        pc_bug("RSA failed");
}

static void read_number(BIGNUM *out, const uint8_t *p, size_t n)
{
    must(BN_bin2bn(p, (int)n, out) != NULL);
}

/* A prime whose predecessor is prime to the exponent, with both high bits set. */
static void new_prime(uint8_t out[static PC_SIM_PRIME_LEN], struct numbers *b, struct rng *rng)
{
    int found = 0;
    while (found != 1) {
        rng_fill(rng, out, PC_SIM_PRIME_LEN);
        out[0] |= 0xc0;
        out[PC_SIM_PRIME_LEN - 1] |= 1;
        read_number(b->p, out, PC_SIM_PRIME_LEN);
        if (BN_mod_word(b->p, EXPONENT) == 1)
            continue;
        found = BN_check_prime(b->p, b->ctx, NULL);
        must(found >= 0);
    }
}

void sim_rsa_new(struct sim_rsa *out, struct rng *rng)
{
    struct numbers b;
    numbers_open(&b);
    new_prime(out->p, &b, rng);
    new_prime(out->q, &b, rng);
    numbers_close(&b);
    if (sim_rsa_of(out, out->p, out->q) != PC_OK)
        pc_bug("a new RSA key is not one");
}

enum err_code sim_rsa_of(struct sim_rsa *out, const uint8_t p[static PC_SIM_PRIME_LEN],
                         const uint8_t q[static PC_SIM_PRIME_LEN])
{
    struct numbers b;
    numbers_open(&b);
    memmove(out->p, p, PC_SIM_PRIME_LEN);
    memmove(out->q, q, PC_SIM_PRIME_LEN);
    read_number(b.p, p, PC_SIM_PRIME_LEN);
    read_number(b.q, q, PC_SIM_PRIME_LEN);
    must(BN_mul(b.n, b.p, b.q, b.ctx));
    bool ok = BN_num_bits(b.n) == 4096 && BN_is_odd(b.n) && BN_mod_word(b.p, EXPONENT) != 1 &&
              BN_mod_word(b.q, EXPONENT) != 1;
    if (ok)
        must(BN_bn2binpad(b.n, out->n, (int)PC_RSA_LEN) == (int)PC_RSA_LEN);
    else
        memset(out, 0, sizeof(*out));
    numbers_close(&b);
    return ok ? PC_OK : PC_E_MALFORMED;
}

/* m^d by the Chinese remainder theorem, d for one prime: e^-1 mod (prime - 1). */
static void root_mod(BIGNUM *out, struct numbers *b, const BIGNUM *prime)
{
    must(BN_copy(b->t, prime) != NULL);
    must(BN_sub_word(b->t, 1));
    must(BN_set_word(b->d, EXPONENT));
    must(BN_mod_inverse(b->d, b->d, b->t, b->ctx) != NULL);
    must(BN_mod(b->t, b->m, prime, b->ctx));
    must(BN_mod_exp(out, b->t, b->d, prime, b->ctx));
}

static void private_op(uint8_t out[static PC_RSA_LEN], const struct sim_rsa *k,
                       const uint8_t em[static PC_RSA_LEN])
{
    struct numbers b;
    numbers_open(&b);
    read_number(b.p, k->p, PC_SIM_PRIME_LEN);
    read_number(b.q, k->q, PC_SIM_PRIME_LEN);
    read_number(b.m, em, PC_RSA_LEN);
    root_mod(b.n, &b, b.p);
    root_mod(b.s, &b, b.q);
    /* s = s_q + q * ((s_p - s_q) / q mod p) */
    must(BN_mod_inverse(b.t, b.q, b.p, b.ctx) != NULL);
    must(BN_mod_sub(b.n, b.n, b.s, b.p, b.ctx));
    must(BN_mod_mul(b.n, b.n, b.t, b.p, b.ctx));
    must(BN_mul(b.n, b.n, b.q, b.ctx));
    must(BN_add(b.s, b.s, b.n));
    must(BN_bn2binpad(b.s, out, (int)PC_RSA_LEN) == (int)PC_RSA_LEN);
    numbers_close(&b);
}

static void mgf1_xor(uint8_t *out, size_t n, const uint8_t seed[static HASH_LEN])
{
    uint8_t in[HASH_LEN + 4], block[HASH_LEN];
    memcpy(in, seed, HASH_LEN);
    for (size_t i = 0; i < n; i++) {
        if (i % HASH_LEN == 0) {
            store_be32(in + HASH_LEN, (uint32_t)(i / HASH_LEN));
            ec_sha384(block, PC_BYTES(in));
        }
        out[i] ^= block[i % HASH_LEN];
    }
}

/* Signatures made before: signing is deterministic, and tests sign the same certificates again and
 * again. */
static struct {
    uint8_t key[16], em[48];
    uint8_t sig[PC_RSA_LEN];
} memo[256];
static size_t memo_next;

static void private_op_memo(uint8_t out[static PC_RSA_LEN], const struct sim_rsa *k,
                            const uint8_t em[static PC_RSA_LEN])
{
    uint8_t digest[48];
    ec_sha384(digest, bytes_of(em, PC_RSA_LEN));
    for (size_t i = 0; i < PC_ARRAY_LEN(memo); i++)
        if (memcmp(memo[i].key, k->p, sizeof(memo[i].key)) == 0 &&
            memcmp(memo[i].em, digest, sizeof(digest)) == 0) {
            memcpy(out, memo[i].sig, PC_RSA_LEN);
            return;
        }
    private_op(out, k, em);
    memcpy(memo[memo_next].key, k->p, sizeof(memo[0].key));
    memcpy(memo[memo_next].em, digest, sizeof(digest));
    memcpy(memo[memo_next].sig, out, PC_RSA_LEN);
    memo_next = (memo_next + 1) % PC_ARRAY_LEN(memo);
}

void sim_rsa_sign(uint8_t sig[static PC_RSA_LEN], const struct sim_rsa *k, struct bytes msg,
                  size_t salt_n)
{
    uint8_t em[PC_RSA_LEN] = {0}, m[8 + HASH_LEN + 64] = {0}, salt[HASH_LEN + 16] = {0};
    if (salt_n > sizeof(salt))
        pc_bug("the salt is too long");
    ec_sha384(m + 8, msg);
    ec_sha384_2(salt, PC_BYTES(k->p), bytes_of(m + 8, HASH_LEN));
    memcpy(m + 8 + HASH_LEN, salt, salt_n);
    ec_sha384(em + DB_LEN, bytes_of(m, 8 + HASH_LEN + salt_n));
    em[DB_LEN - salt_n - 1] = 0x01;
    memcpy(em + DB_LEN - salt_n, salt, salt_n);
    mgf1_xor(em, DB_LEN, em + DB_LEN);
    em[0] &= 0x7f;
    em[PC_RSA_LEN - 1] = 0xbc;
    private_op_memo(sig, k, em);
}
