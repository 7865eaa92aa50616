/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_attempt.h - the inside of an attempt, for the files dkg_attempt*.c and for tests of erasure.
 * Callers use dkg.h.
 */
#ifndef PC_DKG_ATTEMPT_H
#define PC_DKG_ATTEMPT_H

#include "dkg/dkg.h"

/* Everything secret, one arena block, erased as a whole. */
struct dkg_secrets {
    struct scalar ek;
    struct scalar share[DKG_MAX_N + 1]; /* by dealer; zero unless its blob is GOOD */
    struct scalar sum;                  /* over the result's QUAL */
};

/* What was handed out by dkg_attempt_next and not re-armed. */
struct dkg_issued {
    bool commit, release, vote, install, close;
    struct dkg_vote last_vote;
    struct dkg_bitmap fetch;
    struct dkg_bitmap complaint;
    uint8_t ready[32];
};

struct dkg_attempt {
    struct dkg_env env;
    struct dkg_session s;
    uint64_t epoch;
    party_index self;
    struct dkg_secrets *secrets;
    struct dkg_bitmap admitted;

    struct dkg_board board;
    struct dkg_dealer dealer[DKG_MAX_N + 1];

    struct point sum[DKG_MAX_N + 1]; /* of A_j over in_sum */
    struct dkg_bitmap in_sum;
    struct dkg_sum_test sum_test;
    struct point scratch[DKG_MAX_N + 1];
    struct scalar weights[DKG_MAX_N + 1]; /* public */

    struct dkg_qual_needs needs;
    struct dkg_bitmap remove; /* in the sum, and not in the set that is wanted */

    bool have_result;
    bool share_ok; /* secrets->sum is this member's share of the result */
    struct dkg_result result;

    bool dealt;
    struct dkg_blob own;
    uint8_t own_hash[32];

    bool vote_due;   /* the caller wants a vote now */
    bool vote_stale; /* something changed since the vote was computed */
    bool key_taken;
    struct dkg_issued issued;

    party_index feeding; /* 0: none */
    size_t fed;
    struct dkg_blob feed;
};

/* Take the blob of a dealer, bytes checked, as far as it is needed. dkg_attempt_blob.c */
void dkg_attempt_process(struct dkg_attempt *a, party_index dealer, const struct dkg_blob *b,
                         const uint8_t without_poks[static 32]);
/* Is the dealer's blob needed now? */
bool dkg_attempt_needs(const struct dkg_attempt *a, party_index dealer);
/* Recompute needs and result after anything changed; feeds the own blob by itself. */
void dkg_attempt_advance(struct dkg_attempt *a);

#endif
