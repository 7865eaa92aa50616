/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hpke.h - RFC 9180 base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305; one
 * message per encapsulation. Constant time in keys and plaintext.
 *
 * A sealed box binds what its info says and nothing else: put network, request and sender there
 * (SPEC 8).
 */
#ifndef PC_CRYPTO_HPKE_H
#define PC_CRYPTO_HPKE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"
#include "crypto/x25519.h"

#define PC_HPKE_ENC_BYTES 32
#define PC_HPKE_OVERHEAD  48 /* enc 32, tag 16 */

/* out = enc ‖ ct, pt.n + PC_HPKE_OVERHEAD bytes; it overlaps nothing. PC_E_IDENTITY when the
 * recipient's key has small order; out is then zeroed. */
PC_MUST_USE enum err_code hpke_seal(uint8_t *out, const struct x25519_pk *to, struct bytes info,
                                    struct bytes aad, struct bytes pt, struct rng *r);
/* sealed.n - PC_HPKE_OVERHEAD bytes into pt. PC_E_TRUNCATED, PC_E_IDENTITY (enc of small order),
 * PC_E_AUTH; pt is then zeroed. */
PC_MUST_USE enum err_code hpke_open(uint8_t *pt, const struct x25519_sk *sk, struct bytes info,
                                    struct bytes aad, struct bytes sealed);

#endif
