/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/key.h - throw-away keys of the simulated vendors, P-256 and P-384.
 *
 * Signing is deterministic (nonce = hash of key and digest), so that a seed gives the same evidence
 * again. It is not constant time: these keys protect nothing. Nothing of attest/sim is linked into
 * a node's process other than the simulated quote helper.
 */
#ifndef PC_ATTEST_SIM_KEY_H
#define PC_ATTEST_SIM_KEY_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/rng.h"

struct sim_key {
    uint8_t d[32];  /* private scalar, big-endian */
    uint8_t xy[64]; /* public point */
};

void sim_key_new(struct sim_key *out, struct rng *rng);
/* From a stored scalar; PC_E_MALFORMED if it is 0 or not below the order. */
PC_MUST_USE enum err_code sim_key_of(struct sim_key *out, const uint8_t d[static 32]);

/* P-384 */
struct sim_key384 {
    uint8_t d[48];
    uint8_t xy[96];
};

void sim_key384_new(struct sim_key384 *out, struct rng *rng);
PC_MUST_USE enum err_code sim_key384_of(struct sim_key384 *out, const uint8_t d[static 48]);

/* r||s over a digest, and over SHA-256 of a message. */
void sim_sign_digest(uint8_t rs[static 64], const struct sim_key *k,
                     const uint8_t digest[static 32]);
void sim_sign(uint8_t rs[static 64], const struct sim_key *k, struct bytes msg);
void sim_sign384_digest(uint8_t rs[static 96], const struct sim_key384 *k,
                        const uint8_t digest[static 48]);
void sim_sign384(uint8_t rs[static 96], const struct sim_key384 *k, struct bytes msg); /* SHA-384 */

#endif
