/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evmkey.h - an EVM account: secp256k1 key, address, EIP-712 signatures.
 *
 * There is no function that signs a bare digest (SPEC 2): evm_sign_typed takes the hash of a typed
 * struct and the domain and computes the digest itself; build struct hashes with abihash.h and the
 * type hashes of crypto/labels.h. Signing is constant time in the key; recovery handles public
 * data.
 */
#ifndef PC_CRYPTO_EVMKEY_H
#define PC_CRYPTO_EVMKEY_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"

struct evm_address {
    uint8_t b[20];
};
struct evm_sk {
    uint8_t b[32];
};
/* r 32, s 32 (low), v 1 (27 or 28) */
struct evm_sig {
    uint8_t b[65];
};
/* EIP-712 domain {"Polyclave", "1", chain_id, contract} */
struct evm_domain {
    uint64_t chain_id;
    struct evm_address contract;
};

void evm_generate(struct evm_sk *sk, struct evm_address *addr, struct rng *r);
/* PC_E_NOT_CANONICAL unless 0 < sk < order. */
PC_MUST_USE enum err_code evm_address_of(struct evm_address *out, const struct evm_sk *sk);
/* keccak256(X ‖ Y)[12..32) of an uncompressed public key (04 ‖ X ‖ Y). */
void evm_address_of_public(struct evm_address *out, const uint8_t pub[static 65]);

void evm_domain_separator(uint8_t out[static 32], const struct evm_domain *d);
/* keccak256(1901 ‖ separator ‖ struct_hash) */
void evm_typed_digest(uint8_t out[static 32], const struct evm_domain *d,
                      const uint8_t struct_hash[static 32]);

/* Low-s, RFC 6979 nonce hedged with 32 bytes of r. PC_E_NOT_CANONICAL for a key out of range. */
PC_MUST_USE enum err_code evm_sign_typed(struct evm_sig *sig, const struct evm_sk *sk,
                                         const struct evm_domain *d,
                                         const uint8_t struct_hash[static 32], struct rng *r);

/* Signer of a digest. PC_E_SIGNATURE when r, s, v are out of range, s is high (EIP-2), or nobody
 * signed it. */
PC_MUST_USE enum err_code evm_recover_var(struct evm_address *out, const uint8_t digest[static 32],
                                          const struct evm_sig *sig);
/* PC_OK iff `who` signed; PC_E_SIGNATURE else. */
PC_MUST_USE enum err_code evm_verify_typed_var(const struct evm_address *who,
                                               const struct evm_domain *d,
                                               const uint8_t struct_hash[static 32],
                                               const struct evm_sig *sig);

#endif
