/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testkit.h - a committee in one process, for tests and measurements: TEST ONLY (pc_testkit_dkg,
 * which no program links).
 *
 * A struct kit has n members with real EKs and an open(); attempts are made for the members that a
 * test wants to watch. Facts go to all attempts at once, as a chain would give them. Forged blobs
 * are made with kit_forge: right in everything but what the spec says. Failures of the kit itself
 * abort.
 */
#ifndef PC_DKG_TESTKIT_H
#define PC_DKG_TESTKIT_H

#include "base/rng_seeded.h"
#include "dkg/dkg_attempt.h"

struct kit {
    const struct group *g;
    struct rng_seeded rng;
    struct arena *arena;
    uint16_t n, t;
    struct dkg_open open;
    struct dkg_member member[DKG_MAX_N];
    struct dkg_ek ek[DKG_MAX_N + 1]; /* by index */
    struct dkg_attempt *attempt[DKG_MAX_N + 1];
    struct dkg_complaint_rec *room[DKG_MAX_N + 1];
    uint64_t block;
    struct dkg_commit commit[DKG_MAX_N + 1]; /* as kit_commit sent them */
    struct dkg_blob *blob[DKG_MAX_N + 1];    /* what was committed */
};

/* Committee of n with threshold t (0: the default), attempt 1 of epoch 1; no attempt is opened yet,
 * so members and open may be changed (then call kit_seal). */
void kit_open(struct kit *k, const struct group *g, uint16_t n, uint16_t t, uint64_t seed);
/* Member root into open, after a change of member. */
void kit_seal(struct kit *k);
/* An attempt of member i, everybody admitted. */
void kit_join(struct kit *k, party_index i);
void kit_join_all(struct kit *k);
void kit_close(struct kit *k);

/* The session that attempts have; of member 1's attempt if there is one, else computed. */
void kit_session(struct kit *k, struct dkg_session *s);

/* What is wrong with a forged blob. Zero means right. */
struct kit_forge {
    const struct scalar *coeffs; /* its own polynomial: count coefficients */
    size_t count;
    const struct scalar *e;       /* its own ephemeral key */
    struct dkg_bitmap garbage;    /* receivers whose ciphertext is random */
    struct dkg_bitmap off_by_one; /* receivers whose share is one too high */
};
void kit_forge(struct kit *k, struct dkg_blob *b, party_index dealer, const struct kit_forge *spec);
/* Proofs over the blob as it is now, for constant term a0 and ephemeral key e. */
void kit_prove(struct kit *k, struct dkg_blob *b, party_index dealer, const struct scalar *a0,
               const struct scalar *e);

/* Facts, to every attempt; blocks count up by themselves. Each asserts that all boards take it. */
void kit_fact(struct kit *k, const struct dkg_fact *f);
/* Commit a blob (copied) for a dealer. */
void kit_commit(struct kit *k, party_index dealer, const struct dkg_blob *b);
/* The honest dealing of a member that joined. */
void kit_deal(struct kit *k, party_index dealer);
void kit_phase_end(struct kit *k, enum dkg_phase ended);
void kit_vote(struct kit *k, party_index from, const struct dkg_vote *v);
void kit_complain(struct kit *k, party_index from, const struct dkg_complaint *c);
void kit_ready(struct kit *k, party_index from, const uint8_t transcript[static 32]);
void kit_active(struct kit *k, const uint8_t transcript[static 32]);
void kit_failed(struct kit *k);

/* Feed a blob to one member; its answer. */
enum err_code kit_feed(struct kit *k, party_index to, party_index dealer, struct dkg_blob *b,
                       enum dkg_blob_state *state);
/* Carry out FETCH actions from what was committed, put everything else on the chain (votes,
 * complaints, READYs), until nobody wants anything. INSTALL and CLOSE are left to the test. Dealers
 * in `hidden` are not found. */
void kit_run(struct kit *k, const struct dkg_bitmap *hidden);

/* Take the next action of member i that is of a kind; false if it wants no such thing (others are
 * dropped: call dkg_attempt_rearm for them). */
bool kit_next_of(struct kit *k, party_index i, enum dkg_action_kind kind, struct dkg_action *out);

#endif
