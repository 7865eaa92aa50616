/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/key.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "attest/ec.h"

/* Everything that a computation over a curve needs; memory exhaustion is a bug in a simulator. */
struct curve {
    size_t half; /* octets of a coordinate */
    EC_GROUP *group;
    BN_CTX *ctx;
    EC_POINT *point;
    BIGNUM *d, *k, *r, *s, *z;
};

static void curve_open(struct curve *c, size_t half)
{
    c->half = half;
    c->group = EC_GROUP_new_by_curve_name(half == 48 ? NID_secp384r1 : NID_X9_62_prime256v1);
    c->ctx = BN_CTX_new();
    c->d = BN_new();
    c->k = BN_new();
    c->r = BN_new();
    c->s = BN_new();
    c->z = BN_new();
    if (c->group == NULL || c->ctx == NULL || c->d == NULL || c->k == NULL || c->r == NULL ||
        c->s == NULL || c->z == NULL || (c->point = EC_POINT_new(c->group)) == NULL)
        pc_bug("a curve could not be set up");
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

/* Public point of a scalar; false if it is 0 or not below the order. */
static bool point_of(uint8_t *xy, const uint8_t *d, size_t half)
{
    struct curve c;
    uint8_t point[1 + 2 * 48];
    curve_open(&c, half);
    bool ok = BN_bin2bn(d, (int)half, c.d) != NULL && in_range(&c, c.d);
    if (ok) {
        if (EC_POINT_mul(c.group, c.point, c.d, NULL, NULL, c.ctx) != 1 ||
            EC_POINT_point2oct(c.group, c.point, POINT_CONVERSION_UNCOMPRESSED, point,
                               sizeof(point), c.ctx) != 1 + 2 * half)
            pc_bug("a multiplication failed");
        memcpy(xy, point + 1, 2 * half);
    }
    curve_close(&c);
    return ok;
}

enum err_code sim_key_of(struct sim_key *out, const uint8_t d[static 32])
{
    memset(out, 0, sizeof(*out));
    if (!point_of(out->xy, d, 32))
        return PC_E_MALFORMED;
    memcpy(out->d, d, 32);
    return PC_OK;
}

enum err_code sim_key384_of(struct sim_key384 *out, const uint8_t d[static 48])
{
    memset(out, 0, sizeof(*out));
    if (!point_of(out->xy, d, 48))
        return PC_E_MALFORMED;
    memcpy(out->d, d, 48);
    return PC_OK;
}

void sim_key_new(struct sim_key *out, struct rng *rng)
{
    uint8_t d[32];
    do {
        rng_fill(rng, d, sizeof(d));
    } while (sim_key_of(out, d) != PC_OK);
}

void sim_key384_new(struct sim_key384 *out, struct rng *rng)
{
    uint8_t d[48];
    do {
        rng_fill(rng, d, sizeof(d));
    } while (sim_key384_of(out, d) != PC_OK);
}

/* One try with the nonce in c->k; false if r or s is zero. */
static bool sign_with(struct curve *c, const uint8_t *d, const uint8_t *digest)
{
    const BIGNUM *n = EC_GROUP_get0_order(c->group);
    const int half = (int)c->half;
    if (EC_POINT_mul(c->group, c->point, c->k, NULL, NULL, c->ctx) != 1 ||
        EC_POINT_get_affine_coordinates(c->group, c->point, c->r, NULL, c->ctx) != 1 ||
        BN_nnmod(c->r, c->r, n, c->ctx) != 1 || BN_bin2bn(d, half, c->d) == NULL ||
        BN_bin2bn(digest, half, c->z) == NULL || BN_mod_mul(c->s, c->r, c->d, n, c->ctx) != 1 ||
        BN_mod_add(c->s, c->s, c->z, n, c->ctx) != 1 ||
        BN_mod_inverse(c->k, c->k, n, c->ctx) == NULL ||
        BN_mod_mul(c->s, c->s, c->k, n, c->ctx) != 1)
        pc_bug("ECDSA signing failed");
    return !BN_is_zero(c->r) && !BN_is_zero(c->s);
}

/* d, digest and the halves of rs are `half` octets long. */
static void sign(uint8_t *rs, const uint8_t *d, const uint8_t *digest, size_t half)
{
    struct curve c;
    uint8_t seed[2 * 48 + 1], nonce[48];
    curve_open(&c, half);
    memcpy(seed, d, half);
    memcpy(seed + half, digest, half);
    for (seed[2 * half] = 0;; seed[2 * half]++) {
        if (half == 48)
            ec_sha384(nonce, bytes_of(seed, 2 * half + 1));
        else
            ec_sha256(nonce, bytes_of(seed, 2 * half + 1));
        if (BN_bin2bn(nonce, (int)half, c.k) != NULL && in_range(&c, c.k) &&
            sign_with(&c, d, digest))
            break;
    }
    if (BN_bn2binpad(c.r, rs, (int)half) != (int)half ||
        BN_bn2binpad(c.s, rs + half, (int)half) != (int)half)
        pc_bug("ECDSA signature does not fit");
    curve_close(&c);
}

void sim_sign_digest(uint8_t rs[static 64], const struct sim_key *k,
                     const uint8_t digest[static 32])
{
    sign(rs, k->d, digest, 32);
}

void sim_sign384_digest(uint8_t rs[static 96], const struct sim_key384 *k,
                        const uint8_t digest[static 48])
{
    sign(rs, k->d, digest, 48);
}

void sim_sign(uint8_t rs[static 64], const struct sim_key *k, struct bytes msg)
{
    uint8_t digest[32];
    ec_sha256(digest, msg);
    sim_sign_digest(rs, k, digest);
}

void sim_sign384(uint8_t rs[static 96], const struct sim_key384 *k, struct bytes msg)
{
    uint8_t digest[48];
    ec_sha384(digest, msg);
    sim_sign384_digest(rs, k, digest);
}
