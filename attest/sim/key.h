/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/key.h - throw-away P-256 keys of the simulated vendor.
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

/* r||s over a digest, and over SHA-256 of a message. */
void sim_sign_digest(uint8_t rs[static 64], const struct sim_key *k,
                     const uint8_t digest[static 32]);
void sim_sign(uint8_t rs[static 64], const struct sim_key *k, struct bytes msg);

#endif
