/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proof.h - proofs of knowledge and of equality of discrete logarithms for the DKG (crypto.md 1.2,
 * 1.4; SPEC 7). RFC 9497's proof is in voprf.h and serves nothing but evaluation.
 *
 * Challenges are SHA-512 transcripts, reduced; every one has its own label, so no proof is valid in
 * another role. Proofs carry commitments (R and s): R‖s, each 32 bytes.
 * Nonces are hedged: H(enc(label proof-nonce, secret, the whole statement, 32 random bytes)).
 *
 * Verifiers refuse a statement, R or s that is not canonical, and a statement or R that is the
 * identity, with PC_E_PROOF like any false proof: hostile bytes never abort them. Provers take
 * decoded points (group.h) and are constant time in the secret; verifiers (_var) handle public
 * data.
 */
#ifndef PC_CRYPTO_PROOF_H
#define PC_CRYPTO_PROOF_H

#include "crypto/group.h"

#define PC_POK_BYTES  64
#define PC_DLEQ_BYTES 96

struct pok {
    uint8_t b[PC_POK_BYTES]; /* R 32, s 32 */
};
struct dleq {
    uint8_t b[PC_DLEQ_BYTES]; /* R1 32, R2 32, s 32 */
};

/* PoK_A: the dealer knows log of A_{d,0}, per key of the blob.
 * c = H(enc(label pok-a, sid, u16 dealer, u32 key_index, u8 class, A, R, blob_hash)), where
 * (key_index, class) stand in the key list and blob_hash is the hash of the blob without its PoKs.
 */
struct pok_a_context {
    uint8_t sid[32];
    uint16_t dealer;
    uint32_t key_index;
    uint8_t key_class;
    uint8_t blob_hash[32];
};
void pok_a_prove(struct pok *out, const struct group *g, const struct pok_a_context *ctx,
                 const struct scalar *secret, const struct point *statement, struct rng *r);
PC_MUST_USE enum err_code pok_a_verify_var(const struct group *g, const struct pok_a_context *ctx,
                                           const struct point *statement, const struct pok *proof);

/* PoK_E: the dealer knows log of E_d. c = H(enc(label pok-e, sid, u16 dealer, E, R, blob_hash)). */
struct pok_e_context {
    uint8_t sid[32];
    uint16_t dealer;
    uint8_t blob_hash[32];
};
void pok_e_prove(struct pok *out, const struct group *g, const struct pok_e_context *ctx,
                 const struct scalar *secret, const struct point *statement, struct rng *r);
PC_MUST_USE enum err_code pok_e_verify_var(const struct group *g, const struct pok_e_context *ctx,
                                           const struct point *statement, const struct pok *proof);

/* PoP: a member knows ek. c = H(enc(label pop, network_id, u64 epoch, u32 attempt, u32 node_id, EK,
 * R)). */
struct pop_context {
    uint8_t network_id[32];
    uint64_t epoch;
    uint32_t attempt;
    uint32_t node_id;
};
void pop_prove(struct pok *out, const struct group *g, const struct pop_context *ctx,
               const struct scalar *secret, const struct point *statement, struct rng *r);
PC_MUST_USE enum err_code pop_verify_var(const struct group *g, const struct pop_context *ctx,
                                         const struct point *statement, const struct pok *proof);

/* Complaint: log_G EK = log_E K, so K = ek*E is the key of this receiver's ciphertext.
 * c = H(enc(label complaint, sid, u16 dealer, u16 receiver, G, E, EK, K, R1, R2, blob_hash)): it
 * hashes its bases. blob_hash is h_d, the committed one. */
struct complaint_context {
    uint8_t sid[32];
    uint16_t dealer;
    uint16_t receiver;
    uint8_t blob_hash[32];
};
/* *k_out = ek*E and its proof. */
void complaint_prove(struct point *k_out, struct dleq *out, const struct group *g,
                     const struct complaint_context *ctx, const struct scalar *ek,
                     const struct point *ek_pub, const struct point *e, struct rng *r);
PC_MUST_USE enum err_code complaint_verify_var(const struct group *g,
                                               const struct complaint_context *ctx,
                                               const struct point *ek_pub, const struct point *e,
                                               const struct point *k, const struct dleq *proof);

#endif
