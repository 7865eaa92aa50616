/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/evmkey.h"

#include <secp256k1.h>
#include <secp256k1_preallocated.h>
#include <secp256k1_recovery.h>

#include "base/ct.h"
#include "base/mem.h"
#include "crypto/abihash.h"
#include "crypto/evmkey_int.h"
#include "crypto/keccak.h"
#include "crypto/labels.h"

/* libsecp256k1 keeps the blinding of its base point multiplication in a context. It lives on the
 * stack for one operation, freshly blinded, and is wiped: no secret outlives the call, no heap. */
struct signing_context {
    _Alignas(16) uint8_t memory[1024];
    secp256k1_context *ctx;
};

static void signing_open(struct signing_context *s, struct rng *r)
{
    uint8_t seed[32];
    PC_ASSERT(secp256k1_context_preallocated_size(SECP256K1_CONTEXT_SIGN) <= sizeof s->memory);
    s->ctx = secp256k1_context_preallocated_create(s->memory, SECP256K1_CONTEXT_SIGN);
    if (r != NULL) {
        rng_fill(r, seed, sizeof seed);
        PC_ASSERT(secp256k1_context_randomize(s->ctx, seed) == 1);
        pc_wipe(seed, sizeof seed);
    }
}

static void signing_close(struct signing_context *s)
{
    secp256k1_context_preallocated_destroy(s->ctx);
    pc_wipe(s, sizeof *s);
}

void evm_address_of_public(struct evm_address *out, const uint8_t pub[static 65])
{
    uint8_t hash[32];
    keccak256(hash, bytes_of(pub + 1, 64));
    memcpy(out->b, hash + 12, sizeof out->b);
}

static void address_of_key(struct evm_address *out, const secp256k1_context *ctx,
                           const secp256k1_pubkey *key)
{
    uint8_t pub[65];
    size_t n = sizeof pub;
    PC_ASSERT(secp256k1_ec_pubkey_serialize(ctx, pub, &n, key, SECP256K1_EC_UNCOMPRESSED) == 1);
    PC_ASSERT(n == sizeof pub);
    evm_address_of_public(out, pub);
}

static enum err_code derive_address(struct evm_address *out, const struct evm_sk *sk, struct rng *r)
{
    struct signing_context s;
    secp256k1_pubkey key;
    signing_open(&s, r);
    int ok = secp256k1_ec_pubkey_create(s.ctx, &key, sk->b);
    ct_public(&ok, sizeof ok);   /* whether the key is in range */
    ct_public(&key, sizeof key); /* the public key */
    if (ok == 1)
        address_of_key(out, s.ctx, &key);
    else
        memset(out, 0, sizeof *out);
    signing_close(&s);
    return ok == 1 ? PC_OK : PC_E_NOT_CANONICAL;
}

void evm_generate(struct evm_sk *sk, struct evm_address *addr, struct rng *r)
{
    for (int tries = 0; tries < 100; tries++) {
        rng_fill(r, sk->b, sizeof sk->b);
        if (derive_address(addr, sk, r) == PC_OK)
            return;
    }
    pc_bug("the random source gives no key");
}

enum err_code evm_address_of(struct evm_address *out, const struct evm_sk *sk)
{
    return derive_address(out, sk, NULL);
}

void evm_domain_separator(uint8_t out[static 32], const struct evm_domain *d)
{
    static const char type[] =
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    uint8_t hash[32];
    struct abi_args a = abi_args_init();
    keccak256(hash, PC_BYTES_STR(type));
    abi_b32(&a, hash);
    keccak256(hash, PC_BYTES_STR(PC_EIP712_NAME));
    abi_b32(&a, hash);
    keccak256(hash, PC_BYTES_STR(PC_EIP712_VERSION));
    abi_b32(&a, hash);
    abi_uint(&a, d->chain_id);
    abi_address(&a, d->contract.b);
    abi_keccak256(out, &a);
}

void evm_typed_digest(uint8_t out[static 32], const struct evm_domain *d,
                      const uint8_t struct_hash[static 32])
{
    static const uint8_t prefix[2] = {0x19, 0x01};
    uint8_t separator[32];
    struct keccak256 k;
    evm_domain_separator(separator, d);
    keccak256_init(&k);
    keccak256_update(&k, prefix, sizeof prefix);
    keccak256_update(&k, separator, sizeof separator);
    keccak256_update(&k, struct_hash, 32);
    keccak256_final(&k, out);
}

enum err_code evm_sign_digest(struct evm_sig *sig, const struct evm_sk *sk,
                              const uint8_t digest[static 32], struct rng *r)
{
    struct signing_context s;
    secp256k1_ecdsa_recoverable_signature signature;
    uint8_t extra[32];
    int recid = 0;
    rng_fill(r, extra, sizeof extra);
    signing_open(&s, r);
    int ok = secp256k1_ecdsa_sign_recoverable(s.ctx, &signature, digest, sk->b,
                                              secp256k1_nonce_function_rfc6979, extra);
    ct_public(&ok, sizeof ok);               /* whether the key is in range */
    ct_public(&signature, sizeof signature); /* the signature */
    memset(sig, 0, sizeof *sig);
    if (ok == 1) {
        PC_ASSERT(secp256k1_ecdsa_recoverable_signature_serialize_compact(s.ctx, sig->b, &recid,
                                                                          &signature) == 1);
        PC_ASSERT(recid >= 0 && recid <= 1); /* 2 and 3: r above the order, 2^-127 */
        sig->b[64] = (uint8_t)(27 + recid);
    }
    signing_close(&s);
    pc_wipe(extra, sizeof extra);
    return ok == 1 ? PC_OK : PC_E_NOT_CANONICAL;
}

enum err_code evm_sign_typed(struct evm_sig *sig, const struct evm_sk *sk,
                             const struct evm_domain *d, const uint8_t struct_hash[static 32],
                             struct rng *r)
{
    uint8_t digest[32];
    evm_typed_digest(digest, d, struct_hash);
    return evm_sign_digest(sig, sk, digest, r);
}

/* Half the order of secp256k1, rounded down: the highest s of EIP-2. */
static const uint8_t half_order[32] = {
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0x5d, 0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0};

enum err_code evm_recover_var(struct evm_address *out, const uint8_t digest[static 32],
                              const struct evm_sig *sig)
{
    secp256k1_ecdsa_recoverable_signature signature;
    secp256k1_pubkey key;
    uint8_t v = sig->b[64];
    memset(out, 0, sizeof *out);
    if (v != 27 && v != 28)
        return PC_E_SIGNATURE;
    if (memcmp(sig->b + 32, half_order, sizeof half_order) > 0)
        return PC_E_SIGNATURE;
    if (secp256k1_ecdsa_recoverable_signature_parse_compact(secp256k1_context_static, &signature,
                                                            sig->b, v - 27) != 1)
        return PC_E_SIGNATURE;
    if (secp256k1_ecdsa_recover(secp256k1_context_static, &key, &signature, digest) != 1)
        return PC_E_SIGNATURE;
    address_of_key(out, secp256k1_context_static, &key);
    return PC_OK;
}

enum err_code evm_verify_typed_var(const struct evm_address *who, const struct evm_domain *d,
                                   const uint8_t struct_hash[static 32], const struct evm_sig *sig)
{
    uint8_t digest[32];
    struct evm_address signer;
    evm_typed_digest(digest, d, struct_hash);
    PC_TRY(evm_recover_var(&signer, digest, sig));
    return memcmp(signer.b, who->b, sizeof signer.b) == 0 ? PC_OK : PC_E_SIGNATURE;
}
