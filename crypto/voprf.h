/* SPDX-License-Identifier: Apache-2.0 */
/*
 * voprf.h - the unblinded, threshold evaluation of RFC 9497 mode 1 (VOPRF, ristretto255-SHA512) of
 * crypto.md 3. No function takes a blinded element: a node hashes the input itself.
 *
 * Flow: P = voprf_hash_to_group(input) · node i: D_i = voprf_evaluate(s_i, P), voprf_prove ·
 * client: voprf_verify each, N = voprf_combine over T of them, y = voprf_finalize(input, N). Any
 * RFC 9497 library can check a proof.
 */
#ifndef PC_CRYPTO_VOPRF_H
#define PC_CRYPTO_VOPRF_H

#include "crypto/group.h"
#include "crypto/ids.h"

#define PC_VOPRF_OUTPUT_BYTES 64
#define PC_VOPRF_MAX_SCOPE    255
/* label field 4+15, network_id, key_id, app_id, class 1, version 4, scope 4+255 */
#define PC_VOPRF_INPUT_MAX 379

/* c and s of RFC 9497: each 32 bytes little-endian. */
struct voprf_proof {
    uint8_t b[64];
};

/* What a key is derived for: fields that the network enforces (crypto.md 3.1). */
struct voprf_subject {
    uint8_t network_id[32];
    uint8_t key_id[32];
    enum key_class key_class;
    uint8_t app_id[32];
    uint32_t version;
    struct bytes scope; /* at most 255 bytes, borrowed */
};
/* enc("polyclave/in/v1", network_id, key_id, u8 class, app_id, u32 version, bytes scope) into buf;
 * *out views it. PC_E_TOO_LARGE for a longer scope, PC_E_UNSUPPORTED for another class. */
PC_MUST_USE enum err_code voprf_input(struct bytes *out, uint8_t buf[static PC_VOPRF_INPUT_MAX],
                                      const struct voprf_subject *s);

/* HashToGroup with DST "HashToGroup-OPRFV1-" 01 "-ristretto255-SHA512". PC_E_TOO_LARGE over 65535
 * bytes, PC_E_IDENTITY if the input hashes to it. */
PC_MUST_USE enum err_code voprf_hash_to_group(const struct group *g, struct point *out,
                                              struct bytes input);

/* D = share*P. PC_E_USAGE if the share is zero or P the identity. Constant time. */
PC_MUST_USE enum err_code voprf_evaluate(const struct group *g, struct point *d,
                                         const struct scalar *share, const struct point *p);

/* GenerateProof(share, G, Y, P[], D[]), 1 <= m <= 65535 (v1 uses m = 1); PC_E_USAGE else. The nonce
 * is hedged: H(enc(label dleq-nonce, share, Y, P[], D[], 32 random bytes)). Constant time in share.
 */
PC_MUST_USE enum err_code voprf_prove(const struct group *g, struct voprf_proof *out,
                                      const struct scalar *share, const struct point *y,
                                      const struct point *p, const struct point *d, size_t m,
                                      struct rng *r);
/* VerifyProof; PC_E_PROOF for a false or non-canonical one, and for a D that is no point or the
 * identity: hostile D and proof never abort it. P and Y were decoded or computed here. */
PC_MUST_USE enum err_code voprf_verify_var(const struct group *g, const struct point *y,
                                           const struct point *p, const struct point *d, size_t m,
                                           const struct voprf_proof *proof);

/* N = sum of lambda_i*D_i over the k given indices (shamir.h says which sets are refused).
 * Variable time in the points D_i, which only the client and the node's own answer hold; they are
 * secret to others but their timing leaks nothing of libsodium's constant-time arithmetic. */
PC_MUST_USE enum err_code voprf_combine(const struct group *g, struct point *n,
                                        const uint16_t *index, const struct point *d, size_t k);

/* y = SHA-512(I2OSP(|input|,2) input I2OSP(32,2) N "Finalize"). PC_E_TOO_LARGE over 65535 bytes,
 * PC_E_IDENTITY if N is the identity. */
PC_MUST_USE enum err_code voprf_finalize(uint8_t y[static PC_VOPRF_OUTPUT_BYTES],
                                         struct bytes input, const struct point *n);

#endif
