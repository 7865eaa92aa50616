/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "attest/ec.h"

/* Everything that a computation over P-256 needs; memory exhaustion is a bug in a simulator. */
struct curve {
    EC_GROUP *group;
    BN_CTX *ctx;
    EC_POINT *point;
    BIGNUM *d, *k, *r, *s, *z;
};

static void curve_open(struct curve *c)
{
    c->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    c->ctx = BN_CTX_new();
    c->d = BN_new();
    c->k = BN_new();
    c->r = BN_new();
    c->s = BN_new();
    c->z = BN_new();
    if (c->group == NULL || c->ctx == NULL || c->d == NULL || c->k == NULL || c->r == NULL ||
        c->s == NULL || c->z == NULL || (c->point = EC_POINT_new(c->group)) == NULL)
        pc_bug("P-256 could not be set up");
}

static void curve_close(struct curve *c)
{
    EC_POINT_free(c->point);
    BN_free(c->d);
    BN_free(c->k);
    BN_free(c->r);
    BN_free(c->s);
    BN_free(c->z);
    BN_CTX_free(c->ctx);
    EC_GROUP_free(c->group);
}

static bool in_range(const struct curve *c, const BIGNUM *v)
{
    return !BN_is_zero(v) && BN_cmp(v, EC_GROUP_get0_order(c->group)) < 0;
}

enum err_code sim_key_of(struct sim_key *out, const uint8_t d[static 32])
{
    struct curve c;
    uint8_t point[65];
    enum err_code e = PC_E_MALFORMED;
    memset(out, 0, sizeof(*out));
    curve_open(&c);
    if (BN_bin2bn(d, 32, c.d) != NULL && in_range(&c, c.d)) {
        if (EC_POINT_mul(c.group, c.point, c.d, NULL, NULL, c.ctx) != 1 ||
            EC_POINT_point2oct(c.group, c.point, POINT_CONVERSION_UNCOMPRESSED, point,
                               sizeof(point), c.ctx) != sizeof(point))
            pc_bug("P-256 multiplication failed");
        memcpy(out->d, d, 32);
        memcpy(out->xy, point + 1, 64);
        e = PC_OK;
    }
    curve_close(&c);
    return e;
}

void sim_key_new(struct sim_key *out, struct rng *rng)
{
    uint8_t d[32];
    do {
        rng_fill(rng, d, sizeof(d));
    } while (sim_key_of(out, d) != PC_OK);
}

/* One try with the nonce in c->k; false if r or s is zero. */
static bool sign_with(struct curve *c, const struct sim_key *k, const uint8_t digest[static 32])
{
    const BIGNUM *n = EC_GROUP_get0_order(c->group);
    if (EC_POINT_mul(c->group, c->point, c->k, NULL, NULL, c->ctx) != 1 ||
        EC_POINT_get_affine_coordinates(c->group, c->point, c->r, NULL, c->ctx) != 1 ||
        BN_nnmod(c->r, c->r, n, c->ctx) != 1 || BN_bin2bn(k->d, 32, c->d) == NULL ||
        BN_bin2bn(digest, 32, c->z) == NULL || BN_mod_mul(c->s, c->r, c->d, n, c->ctx) != 1 ||
        BN_mod_add(c->s, c->s, c->z, n, c->ctx) != 1 ||
        BN_mod_inverse(c->k, c->k, n, c->ctx) == NULL ||
        BN_mod_mul(c->s, c->s, c->k, n, c->ctx) != 1)
        pc_bug("ECDSA signing failed");
    return !BN_is_zero(c->r) && !BN_is_zero(c->s);
}

void sim_sign_digest(uint8_t rs[static 64], const struct sim_key *k,
                     const uint8_t digest[static 32])
{
    struct curve c;
    uint8_t seed[65], nonce[32];
    curve_open(&c);
    memcpy(seed, k->d, 32);
    memcpy(seed + 32, digest, 32);
    for (seed[64] = 0;; seed[64]++) {
        ec_sha256(nonce, PC_BYTES(seed));
        if (BN_bin2bn(nonce, 32, c.k) != NULL && in_range(&c, c.k) && sign_with(&c, k, digest))
            break;
    }
    if (BN_bn2binpad(c.r, rs, 32) != 32 || BN_bn2binpad(c.s, rs + 32, 32) != 32)
        pc_bug("ECDSA signature does not fit");
    curve_close(&c);
}

void sim_sign(uint8_t rs[static 64], const struct sim_key *k, struct bytes msg)
{
    uint8_t digest[32];
    ec_sha256(digest, msg);
    sim_sign_digest(rs, k, digest);
}
