/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpke_internal.h - RFC 9180 in steps, for hpke.c and the RFC's vectors: given ephemeral keys,
 * several messages per context, exported secrets.
 */
#ifndef PC_CRYPTO_HPKE_INTERNAL_H
#define PC_CRYPTO_HPKE_INTERNAL_H

#include "crypto/hpke.h"

struct hpke_context {
    uint8_t key[32];
    uint8_t base_nonce[12];
    uint8_t exporter[32];
};

/* DeriveKeyPair(ikm) of DHKEM(X25519, HKDF-SHA256). */
void hpke_derive_key(struct x25519_sk *sk, struct bytes ikm);
/* Encap with a given ephemeral key, Decap; shared is 32 bytes. */
PC_MUST_USE enum err_code hpke_encap(uint8_t shared[static 32], uint8_t enc[static 32],
                                     const struct x25519_sk *ephemeral, const struct x25519_pk *to);
PC_MUST_USE enum err_code hpke_decap(uint8_t shared[static 32], const uint8_t enc[static 32],
                                     const struct x25519_sk *sk);
/* KeySchedule of base mode. */
void hpke_schedule(struct hpke_context *ctx, const uint8_t shared[static 32], struct bytes info);
/* The nonce of message number seq. */
void hpke_nonce(uint8_t out[static 12], const struct hpke_context *ctx, uint64_t seq);
/* Export(exporter_context, n), n <= 64, exporter_context of at most 64 bytes. */
void hpke_export(uint8_t *out, size_t n, const struct hpke_context *ctx, struct bytes context);

#endif
