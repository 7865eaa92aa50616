/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hpke.h"

#include "base/buf.h"
#include "base/mem.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/hash_parts.h"
#include "crypto/hpke_internal.h"

#define KEM_X25519_SHA256 0x0020
#define KDF_SHA256        0x0001
#define AEAD_CHACHA20POLY 0x0003
#define MODE_BASE         0x00
#define MAX_EXPAND_INFO   192

/* "KEM" ‖ kem_id, and "HPKE" ‖ kem_id ‖ kdf_id ‖ aead_id */
static const uint8_t suite_kem[] = {'K', 'E', 'M', 0, KEM_X25519_SHA256};
static const uint8_t suite_hpke[] = {
    'H', 'P', 'K', 'E', 0, KEM_X25519_SHA256, 0, KDF_SHA256, 0, AEAD_CHACHA20POLY};

static struct bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static void labeled_extract(uint8_t prk[static 32], struct bytes suite, struct bytes salt,
                            const char *label, struct bytes ikm)
{
    struct bytes part[4] = {text("HPKE-v1"), suite, text(label), ikm};
    hmac_sha256_parts(prk, salt, part, 4);
}

static void labeled_expand(uint8_t *out, size_t n, struct bytes suite, const uint8_t prk[static 32],
                           const char *label, struct bytes info)
{
    uint8_t buf[MAX_EXPAND_INFO];
    struct writer w = writer_of(buf, sizeof buf);
    struct bytes labeled;
    write_u16(&w, (uint16_t)n);
    write_bytes(&w, "HPKE-v1", 7);
    write_bytes(&w, suite.p, suite.n);
    write_bytes(&w, label, strlen(label));
    write_bytes(&w, info.p, info.n);
    PC_ASSERT(writer_end(&w, &labeled) == PC_OK);
    PC_ASSERT(hkdf_sha256_expand(out, n, prk, labeled) == PC_OK);
}

void hpke_derive_key(struct x25519_sk *sk, struct bytes ikm)
{
    uint8_t prk[32];
    labeled_extract(prk, PC_BYTES(suite_kem), bytes_of(NULL, 0), "dkp_prk", ikm);
    labeled_expand(sk->b, sizeof sk->b, PC_BYTES(suite_kem), prk, "sk", bytes_of(NULL, 0));
    pc_wipe(prk, sizeof prk);
}

/* ExtractAndExpand(dh, enc ‖ pkRm) */
static void kem_secret(uint8_t shared[static 32], const uint8_t dh[static 32],
                       const uint8_t enc[static 32], const struct x25519_pk *to)
{
    uint8_t prk[32], context[64];
    memcpy(context, enc, 32);
    memcpy(context + 32, to->b, 32);
    labeled_extract(prk, PC_BYTES(suite_kem), bytes_of(NULL, 0), "eae_prk", bytes_of(dh, 32));
    labeled_expand(shared, 32, PC_BYTES(suite_kem), prk, "shared_secret", PC_BYTES(context));
    pc_wipe(prk, sizeof prk);
}

enum err_code hpke_encap(uint8_t shared[static 32], uint8_t enc[static 32],
                         const struct x25519_sk *ephemeral, const struct x25519_pk *to)
{
    uint8_t dh[32];
    struct x25519_pk pk;
    enum err_code e = x25519_dh(dh, ephemeral, to);
    if (e != PC_OK) {
        pc_wipe(shared, 32);
        pc_wipe(enc, 32);
        return e;
    }
    x25519_public(&pk, ephemeral);
    memcpy(enc, pk.b, 32);
    kem_secret(shared, dh, enc, to);
    pc_wipe(dh, sizeof dh);
    return PC_OK;
}

enum err_code hpke_decap(uint8_t shared[static 32], const uint8_t enc[static 32],
                         const struct x25519_sk *sk)
{
    uint8_t dh[32];
    struct x25519_pk peer, own;
    memcpy(peer.b, enc, 32);
    enum err_code e = x25519_dh(dh, sk, &peer);
    if (e != PC_OK) {
        pc_wipe(shared, 32);
        return e;
    }
    x25519_public(&own, sk);
    kem_secret(shared, dh, enc, &own);
    pc_wipe(dh, sizeof dh);
    return PC_OK;
}

void hpke_schedule(struct hpke_context *ctx, const uint8_t shared[static 32], struct bytes info)
{
    struct bytes suite = PC_BYTES(suite_hpke), none = {NULL, 0};
    uint8_t context[65] = {MODE_BASE}, secret[32];
    labeled_extract(context + 1, suite, none, "psk_id_hash", none);
    labeled_extract(context + 33, suite, none, "info_hash", info);
    labeled_extract(secret, suite, bytes_of(shared, 32), "secret", none);
    labeled_expand(ctx->key, sizeof ctx->key, suite, secret, "key", PC_BYTES(context));
    labeled_expand(ctx->base_nonce, sizeof ctx->base_nonce, suite, secret, "base_nonce",
                   PC_BYTES(context));
    labeled_expand(ctx->exporter, sizeof ctx->exporter, suite, secret, "exp", PC_BYTES(context));
    pc_wipe(secret, sizeof secret);
}

void hpke_nonce(uint8_t out[static 12], const struct hpke_context *ctx, uint64_t seq)
{
    uint8_t number[8];
    store_be64(number, seq);
    memcpy(out, ctx->base_nonce, 12);
    for (size_t i = 0; i < sizeof number; i++)
        out[4 + i] ^= number[i];
}

void hpke_export(uint8_t *out, size_t n, const struct hpke_context *ctx, struct bytes context)
{
    labeled_expand(out, n, PC_BYTES(suite_hpke), ctx->exporter, "sec", context);
}

enum err_code hpke_seal(uint8_t *out, const struct x25519_pk *to, struct bytes info,
                        struct bytes aad, struct bytes pt, struct rng *r)
{
    struct x25519_sk ephemeral;
    struct hpke_context ctx;
    uint8_t shared[32], nonce[12];
    rng_fill(r, ephemeral.b, sizeof ephemeral.b);
    enum err_code e = hpke_encap(shared, out, &ephemeral, to);
    pc_wipe(&ephemeral, sizeof ephemeral);
    if (e != PC_OK) {
        pc_wipe(out, pt.n + PC_HPKE_OVERHEAD);
        return e;
    }
    hpke_schedule(&ctx, shared, info);
    hpke_nonce(nonce, &ctx, 0);
    aead_seal(out + PC_HPKE_ENC_BYTES, ctx.key, nonce, aad, pt);
    pc_wipe(shared, sizeof shared);
    pc_wipe(&ctx, sizeof ctx);
    return PC_OK;
}

enum err_code hpke_open(uint8_t *pt, const struct x25519_sk *sk, struct bytes info,
                        struct bytes aad, struct bytes sealed)
{
    if (sealed.n < PC_HPKE_OVERHEAD)
        return PC_E_TRUNCATED;
    struct hpke_context ctx;
    uint8_t shared[32], nonce[12];
    enum err_code e = hpke_decap(shared, sealed.p, sk);
    if (e != PC_OK) {
        pc_wipe(pt, sealed.n - PC_HPKE_OVERHEAD);
        return e;
    }
    hpke_schedule(&ctx, shared, info);
    hpke_nonce(nonce, &ctx, 0);
    e = aead_open(pt, ctx.key, nonce, aad,
                  bytes_of(sealed.p + PC_HPKE_ENC_BYTES, sealed.n - PC_HPKE_ENC_BYTES));
    pc_wipe(shared, sizeof shared);
    pc_wipe(&ctx, sizeof ctx);
    return e;
}
