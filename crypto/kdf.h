/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kdf.h - from the VOPRF output to keys (crypto.md 3.4). Runs in the application's enclave: nodes
 * never learn type, path or index.
 *
 * PRK = HKDF-Extract(SHA-512, salt = "polyclave/kdf/v1", y); key = HKDF-Expand(PRK, enc(u8 type,
 * bytes path, u32 index), L). Keys of classes 1 and 2 extract from y_class0 ‖ y_class (SPEC 12).
 * Constant time in y; outputs are secret and the caller wipes them.
 */
#ifndef PC_CRYPTO_KDF_H
#define PC_CRYPTO_KDF_H

#include "base/bytes.h"
#include "base/err.h"

/* The type is part of the derivation: the same path gives unrelated keys. Frozen values. */
enum kdf_type {
    PC_KDF_SYMMETRIC = 1, /* 32 raw bytes */
    PC_KDF_X25519 = 2,    /* 32, clamped at use */
    PC_KDF_ED25519 = 3,   /* 32, RFC 8032 seed */
    PC_KDF_SECP256K1 = 4, /* 32 big-endian, 1 <= d < n, from 48 bytes */
    PC_KDF_P256 = 5,      /* the same for P-256 */
    PC_KDF_MLKEM = 6,     /* 64, seed d ‖ z */
    PC_KDF_MLDSA = 7,     /* 32, seed */
};

#define PC_KDF_MAX_KEY  64
#define PC_KDF_MAX_PATH 1024

struct kdf_prk {
    uint8_t b[64];
};

/* From one output. */
void kdf_extract(struct kdf_prk *prk, const uint8_t y[static 64]);
/* From class 0 and another class. */
void kdf_extract2(struct kdf_prk *prk, const uint8_t y_class0[static 64],
                  const uint8_t y_class[static 64]);
void kdf_wipe(struct kdf_prk *prk);

/* Bytes of a key of this type; 0 for an unknown one. */
size_t kdf_key_bytes(enum kdf_type type);
/* Exactly kdf_key_bytes(type) bytes into out (n must say so, else PC_E_USAGE); PC_E_UNSUPPORTED for
 * an unknown type, PC_E_TOO_LARGE for a path over PC_KDF_MAX_PATH. out is zeroed on error. */
PC_MUST_USE enum err_code kdf_expand(uint8_t *out, size_t n, const struct kdf_prk *prk,
                                     enum kdf_type type, struct bytes path, uint32_t index);

#endif
