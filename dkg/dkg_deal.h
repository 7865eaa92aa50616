/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_deal.h - what both sides of a dealing share, and making one (crypto.md 1.2, phase 1).
 */
#ifndef PC_DKG_DEAL_H
#define PC_DKG_DEAL_H

#include "dkg/dkg_blob.h"

/* A receiver as dealers and judges see it. */
struct dkg_receiver {
    bool seated;   /* not an empty seat */
    bool ek_valid; /* encoding and PoP of ek are right: gets a ciphertext, may complain */
    uint32_t node_id;
    struct point ek; /* valid if ek_valid */
};

/* What every dealing of an attempt is bound to. */
struct dkg_session {
    const struct group *g;
    struct dkg_params p;
    uint16_t dealers; /* dealers are 1..dealers; in a genesis p.n */
    uint8_t sid[32];
    struct dkg_key_name key;                     /* the one key of this attempt */
    struct dkg_receiver receiver[DKG_MAX_N + 1]; /* [0] unused */
};

/* pad of (dealer, j) XORed onto share: HKDF-SHA512(K; info = enc(label share, sid, u16 dealer, u16
 * j, E, EK_j)), no salt. Encrypts and decrypts. Constant time; in and out may be the same. */
void dkg_share_crypt(uint8_t out[static 32], const uint8_t in[static 32],
                     const struct dkg_session *s, party_index dealer, party_index j,
                     const struct point *k, const struct point *e);

/*
 * A fresh dealing: polynomial, commitments to evaluations, encrypted shares, proofs. The polynomial
 * and the ephemeral key live in the arena and are erased before this returns: the dealer reads its
 * own share from its own blob like everybody else. *hash is h of dkg_blob.h.
 * PC_E_MEMORY if the arena is full; *b and hash are then zero.
 */
PC_MUST_USE enum err_code dkg_deal(struct dkg_blob *b, uint8_t hash[static 32],
                                   const struct dkg_session *s, party_index dealer,
                                   struct arena *arena, struct rng *r);

#endif
