/* SPDX-License-Identifier: Apache-2.0 */
/*
 * threshold.h - how a shared key is used: a node's partial evaluation, and the client's robust
 * combination (crypto.md 3.1-3.3, SPEC 12).
 *
 * No function takes a group element as input: the element is hashed from the input here, so that
 * nobody can query a blinded or foreign one.
 */
#ifndef PC_DKG_THRESHOLD_H
#define PC_DKG_THRESHOLD_H

#include "crypto/voprf.h"
#include "dkg/dkg_msg.h"

/* D_i and RFC 9497's proof that log_P D_i = log_G Y_i. */
struct threshold_partial {
    uint8_t d[32]; /* not yet decoded */
    struct voprf_proof proof;
};

/* --- node --- */

/* Does the share match Y_index, and is everything in range? Before a key is installed and served.
 * PC_E_SHARE if not. Constant time in the share. */
PC_MUST_USE enum err_code threshold_key_check(const struct group *g, const struct dkg_key *key);

/* Partial evaluation of one input. PC_E_TOO_LARGE, PC_E_IDENTITY from hashing it; *out is then
 * zero. Constant time in the share. */
PC_MUST_USE enum err_code threshold_evaluate(struct threshold_partial *out, const struct group *g,
                                             const struct dkg_key *key, struct bytes input,
                                             struct rng *r);

/* --- client --- */

/* Does the public half deserve belief for this pinned PK? 1 <= t <= n <= 256, Y_0 = PK, no
 * identity, and Y_0..Y_n have degree below t (local randomness): then t proofs force the one right
 * output, whatever the chain view was. PC_E_USAGE, PC_E_MISMATCH, PC_E_NOT_CANONICAL (some Y is no
 * point), PC_E_IDENTITY, PC_E_DEGREE. Variable time, public data. */
PC_MUST_USE enum err_code threshold_epoch_check_var(const struct group *g,
                                                    const struct dkg_public *pub,
                                                    const struct point *pinned_pk, struct rng *r);

/* Combines partials for one input as they arrive. */
struct threshold_combiner {
    const struct group *g;
    const struct dkg_public *pub; /* borrowed, checked by threshold_epoch_check_var */
    struct bytes input;           /* borrowed */
    struct point p;
    uint16_t have;
    uint16_t index[DKG_MAX_N];
    struct point d[DKG_MAX_N];
    struct dkg_bitmap seen;  /* indices with a valid partial */
    struct dkg_bitmap liars; /* indices with a wrong one */
};

/* Errors as threshold_evaluate. */
PC_MUST_USE enum err_code threshold_combine_init(struct threshold_combiner *c,
                                                 const struct group *g,
                                                 const struct dkg_public *pub, struct bytes input);

/* One answer of member `index`. PC_OK: valid (an answer beyond the t-th is verified and not used).
 * PC_E_PROOF, PC_E_NOT_CANONICAL, PC_E_IDENTITY: wrong, the index is in liars now. PC_E_USAGE: no
 * such index. PC_E_EXISTS: a valid one is there already. */
PC_MUST_USE enum err_code threshold_combine_add(struct threshold_combiner *c, party_index index,
                                                const struct threshold_partial *partial);

/* True when t valid partials are there. */
bool threshold_combine_ready(const struct threshold_combiner *c);

/* y of the input. PC_E_RETRY before t valid partials; y is secret, and zero on error. */
PC_MUST_USE enum err_code threshold_combine_finish(uint8_t y[static PC_VOPRF_OUTPUT_BYTES],
                                                   const struct threshold_combiner *c);

/* The collected D_i are secret too: wipe when done. */
void threshold_combine_wipe(struct threshold_combiner *c);

#endif
