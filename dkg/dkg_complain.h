/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_complain.h - transferable evidence that a dealer's ciphertext is wrong (crypto.md 1.4).
 *
 * A complaint publishes K = ek*E with a proof that hashes its bases. Publishing K opens one
 * ciphertext, the complainer's from this dealer; so an honest receiver complains only where the
 * share is wrong (the state machine of dkg.h decides), and the proofs of knowledge of E with the
 * rule of equal E's keep another dealer's ciphertext from being opened by it.
 */
#ifndef PC_DKG_COMPLAIN_H
#define PC_DKG_COMPLAIN_H

#include "dkg/dkg_check.h"

/* The complaint of receiver j, whose secret is ek. Constant time in ek. */
void dkg_complaint_make(struct dkg_complaint *out, const struct dkg_session *s, party_index dealer,
                        party_index j, const uint8_t blob_hash[static 32], const struct scalar *ek,
                        const struct point *e, struct rng *r);

enum dkg_verdict {
    DKG_VERDICT_UPHELD, /* the dealer is out and blamed */
    DKG_VERDICT_FALSE,  /* the receiver is blamed */
    DKG_VERDICT_VOID,   /* a receiver without a valid EK may not complain: nobody is blamed */
};

/* Judge a complaint of receiver j against a blob that passed C1-C3. A pure function of public data;
 * variable time. */
enum dkg_verdict dkg_complaint_judge(const struct dkg_session *s, party_index j,
                                     const struct dkg_complaint *c,
                                     const uint8_t blob_hash[static 32], const struct point *e,
                                     const struct dkg_blob *b);

#endif
