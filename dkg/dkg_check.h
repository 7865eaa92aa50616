/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_check.h - a receiver's checks of one blob, and a judge's (crypto.md 1.2-1.4).
 *
 *   C1 hash, length        dkg_check_hash: says only that these bytes are not the committed ones
 *   C2 points, zero cts    dkg_check_public
 *   C3 proofs              dkg_check_public
 *   C4 own share           dkg_check_share
 *   C5 equal E's           dkg_qual.h: it needs all blobs
 *   C6 degree              dkg_check_degree_sum, dkg_check_degree_one
 *
 * All are deterministic: honest nodes with the same blob agree. They take the blob as records
 * (dkg_blob.h) that the caller has collected; run C1 first, so that a stranger's garbage costs one
 * hash and no group operation.
 */
#ifndef PC_DKG_CHECK_H
#define PC_DKG_CHECK_H

#include "dkg/dkg_deal.h"

/* PC_OK if the blob's hash is the committed one and the committed length is the right one for n,
 * else PC_E_MISMATCH: whoever brought these bytes is wrong, which says nothing about the dealer.
 * Gives the hash without PoKs, which C3 needs. */
PC_MUST_USE enum err_code dkg_check_hash(uint8_t without_poks[static 32],
                                         const struct dkg_session *s, party_index dealer,
                                         const struct dkg_commit *commit, const struct dkg_blob *b);

/* C2 and C3. On success sum[0..n] += A_0..A_n and *e = E; the additions decode the points, so that
 * every point is decoded once. On PC_E_NOT_CANONICAL, PC_E_IDENTITY, PC_E_MALFORMED (a ciphertext
 * is zero, or is not) or PC_E_PROOF the blob is invalid for everybody and sum is untouched. scratch
 * has n+1 points. Variable time, public data. */
PC_MUST_USE enum err_code dkg_check_public(struct point *e, struct point *sum,
                                           struct point *scratch, const struct dkg_session *s,
                                           party_index dealer, const struct dkg_blob *b,
                                           const uint8_t without_poks[static 32]);

/* C4: decrypt receiver j's ciphertext under K and compare with A_j, both after C2. PC_E_SHARE if
 * the share is not canonical, zero, or not the committed one; *share is then zero. Constant time in
 * K and the share but for the verdict. */
PC_MUST_USE enum err_code dkg_check_share(struct scalar *share, const struct dkg_session *s,
                                          party_index dealer, party_index j, const struct point *k,
                                          const struct dkg_blob *b);

/* C6 on the sum over a set: PC_E_DEGREE if sum[0..n] has degree t or more. The test word is drawn
 * from XOF(enc(label lowdeg, sid, u16 count, ascending (u16 dealer, h))). weights has n+1 scalars.
 */
PC_MUST_USE enum err_code dkg_check_degree_sum(const struct dkg_session *s,
                                               const struct dkg_bitmap *set,
                                               const struct dkg_commit *commits, /* by index */
                                               const struct point *sum, struct scalar *weights);

/* C6 on one dealer alone: the same with the set {dealer}. The blob has passed C2. */
PC_MUST_USE enum err_code dkg_check_degree_one(const struct dkg_session *s, party_index dealer,
                                               const struct dkg_commit *commits,
                                               const struct dkg_blob *b, struct point *scratch,
                                               struct scalar *weights);

#endif
