/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_qual.h - QUAL as one function of the board and the blobs, in the order of SPEC 7, and the
 * transcript that follows from it.
 *
 *   commits · q votes at B2 · C1-C3 · equal E's out, unblamed · complaints judged, blame · C6 once
 * on the sum, else singly, blame
 *
 * A complaint is judged only if its dealer is still in when that step begins; every other one is
 * void (docs/decisions/0021). Blobs are large and lie outside the vault, so what a blob says is
 * first distilled into a struct dkg_dealer; the function tells which distillates it lacks, and
 * gives the same answer whatever the order in which they came. Public data, variable time.
 */
#ifndef PC_DKG_QUAL_H
#define PC_DKG_QUAL_H

#include "dkg/dkg_board.h"
#include "dkg/dkg_deal.h"

enum dkg_blob_state {
    DKG_BLOB_UNKNOWN,   /* no bytes with the committed hash seen */
    DKG_BLOB_INVALID,   /* C1-C3 failed: out for everybody */
    DKG_BLOB_BAD_SHARE, /* C1-C3 hold, this receiver's C4 does not */
    DKG_BLOB_GOOD,
};

enum dkg_degree { DKG_DEGREE_UNKNOWN, DKG_DEGREE_LOW, DKG_DEGREE_HIGH };

/* What is kept of a dealer's blob. */
struct dkg_dealer {
    enum dkg_blob_state state;
    struct point e;             /* unless UNKNOWN or INVALID */
    bool judged;                /* every complaint about it, once complaints are closed */
    bool upheld;                /* one of them is right */
    struct dkg_bitmap false_by; /* receivers whose complaint is wrong */
    enum dkg_degree degree;     /* C6 alone */
};

/* Outcome of C6 on the sum over one set. */
struct dkg_sum_test {
    enum dkg_degree degree;
    struct dkg_bitmap set;
};

/* Is the blob's length on the board the right one? If not the dealer fails C1 whatever the bytes
 * are. */
bool dkg_commit_length_ok(const struct dkg_board *b, party_index dealer);

/* C5 within a set: does another dealer of the set, whose blob passed C3, have the same E? */
bool dkg_equal_e(const struct dkg_board *b, const struct dkg_dealer *dealers, /* by index */
                 const struct dkg_bitmap *set, party_index dealer);

struct dkg_qual {
    struct dkg_bitmap qual;
    struct dkg_bitmap blame_dealers;
    struct dkg_bitmap blame_receivers;
};

/* What is missing; empty bitmaps and sum_set otherwise. */
struct dkg_qual_needs {
    struct dkg_bitmap check;  /* blobs of unknown state */
    struct dkg_bitmap judge;  /* blobs with complaints to judge */
    struct dkg_bitmap degree; /* blobs to be tested alone */
    bool sum;                 /* the sum over sum_set is to be tested */
    struct dkg_bitmap sum_set;
};

/* Call once B2c is final (or for a fast activation, see dkg_qual_all). PC_OK: *out is final.
 * PC_E_RETRY: *needs says what is missing, *out is zero. PC_E_REFUSED: fewer than t dealers are
 * left, this attempt can only fail. */
PC_MUST_USE enum err_code dkg_qual_eval(struct dkg_qual *out, struct dkg_qual_needs *needs,
                                        const struct dkg_session *s, const struct dkg_board *b,
                                        const struct dkg_dealer *dealers,
                                        const struct dkg_sum_test *sum);

/* The same for the set D of all commits, for a vote with a transcript: every blob right for this
 * receiver, no equal E's, C6 holds. PC_E_REFUSED: not so (then the vote carries no transcript). */
PC_MUST_USE enum err_code dkg_qual_all(struct dkg_qual *out, struct dkg_qual_needs *needs,
                                       const struct dkg_session *s, const struct dkg_board *b,
                                       const struct dkg_dealer *dealers,
                                       const struct dkg_sum_test *sum);

/* abi.encode of the transcript for one key: 7 words, then two arrays of one. */
#define DKG_PREIMAGE_BYTES (32 * (7 + 2 + 2))

/* yHash, transcript and its preimage for sums y[0..n] over qual. PC_E_IDENTITY if some y_j is the
 * identity (no such key is ever used). pub gets epoch, n, t, y, y_hash. */
PC_MUST_USE enum err_code dkg_transcript(uint8_t transcript[static 32],
                                         uint8_t preimage[static DKG_PREIMAGE_BYTES],
                                         struct dkg_public *pub, const struct dkg_session *s,
                                         uint64_t epoch, const struct dkg_qual *q,
                                         const struct point *y);

#endif
