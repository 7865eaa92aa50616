/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg_msg.h - the things a key generation speaks of, as fixed structs.
 *
 * Their bytes on a wire are protocol's business (protocol/schema names these structs), with one
 * exception: a dealer's blob, whose SHA-256 is committed on chain, has its only form in dkg_blob.h.
 *
 * Indices of dealers and receivers are 1..n. In a genesis both lists are the same members; a
 * reshare has the old members as dealers and the new ones as receivers, which is why the two roles
 * have two counts everywhere below.
 */
#ifndef PC_DKG_MSG_H
#define PC_DKG_MSG_H

#include "crypto/ids.h"
#include "crypto/proof.h"

#define DKG_MAX_N 256
/* Keys in one blob. A genesis makes one, of class 0 (SPEC 7); epoch and destroyable keys raise it.
 */
#define DKG_KEYS 1

typedef uint16_t party_index;

/* --- bitmaps: uint256 big-endian as on chain, bit i-1 is index i --- */

struct dkg_bitmap {
    uint8_t b[32];
};

/* Indices outside 1..256 are never set, and setting one is a bug (aborts). */
bool dkg_bitmap_test(const struct dkg_bitmap *m, party_index i);
void dkg_bitmap_set(struct dkg_bitmap *m, party_index i);
void dkg_bitmap_clear(struct dkg_bitmap *m, party_index i);
uint16_t dkg_bitmap_count(const struct dkg_bitmap *m);
bool dkg_bitmap_empty(const struct dkg_bitmap *m);
bool dkg_bitmap_equal(const struct dkg_bitmap *a, const struct dkg_bitmap *b);
/* Is every bit of a also in b? */
bool dkg_bitmap_within(const struct dkg_bitmap *a, const struct dkg_bitmap *b);
/* Is no bit above index n set? */
bool dkg_bitmap_fits(const struct dkg_bitmap *m, uint16_t n);

/* --- committee --- */

/* Sizes of SPEC 6, all derived from n and t. */
struct dkg_params {
    uint16_t n; /* receivers */
    uint16_t t; /* shares that reconstruct: degree t-1 */
    uint16_t b; /* byzantine slack, (n-t)/2 rounded down */
    uint16_t a; /* equal transcripts that activate, t+b */
    uint16_t q; /* votes that make a blob available, n/2+1 */
};

/* PC_E_USAGE unless 3 <= n <= DKG_MAX_N and n/2+1 <= t <= n: below that majority two transcripts
 * could reach a, and a blob of q votes could have no honest holder. *p is zeroed on error. */
PC_MUST_USE enum err_code dkg_params_of(struct dkg_params *p, uint32_t n, uint32_t t);

/* Domains of a seat that the leaf lists: one per kind of the network's list. */
#define DKG_MAX_DOMAINS 4

/* One seat as open() froze it. node_id 0 is an empty seat: then all other fields are zero. */
struct dkg_member {
    uint32_t node_id;
    uint8_t keys_hash[32];
    uint8_t ek[32]; /* as enrolled: not yet decoded */
    struct pok pop;
    uint16_t domains;
    uint8_t domain[DKG_MAX_DOMAINS][32];
};

struct dkg_key_name {
    uint32_t index;
    uint8_t key_class;
    uint8_t of[32];
};

/* What open() fixed; everything that sid binds (SPEC 7). The old fields are zero in a genesis. */
struct dkg_open {
    uint8_t network_id[32];
    uint64_t epoch;
    uint32_t attempt;
    uint8_t open_hash[32]; /* hash of the block of this attempt's open() */
    uint64_t old_epoch;
    uint16_t old_n;
    uint16_t old_t;
    uint8_t old_root[32];
    uint16_t old_keys; /* entries of old_y_hash */
    uint8_t old_y_hash[DKG_KEYS][32];
    uint16_t n;
    uint16_t t;
    uint8_t root[32];
    uint16_t keys; /* entries of key */
    struct dkg_key_name key[DKG_KEYS];
    uint32_t protocol;
};

/* The one version of these rules that this code speaks. */
#define DKG_PROTOCOL 1

/* --- what members put on the chain --- */

struct dkg_enrol {
    uint32_t node_id;
    uint64_t epoch;
    uint32_t attempt;
    uint8_t ek[32];
    struct pok pop;
};

struct dkg_commit {
    uint8_t hash[32]; /* SHA-256 of the blob */
    uint32_t length;
};

struct dkg_vote {
    struct dkg_bitmap good; /* dealers whose blob this receiver found right */
    uint8_t transcript[32]; /* zero: none; else good has the bit of every commit */
};

struct dkg_ready {
    uint8_t transcript[32];
};

struct dkg_complaint {
    party_index dealer;
    uint8_t k[32]; /* ek*E, not yet decoded */
    struct dleq proof;
};

/* --- finalized facts of one attempt, in chain order --- */

enum dkg_fact_kind {
    DKG_FACT_COMMIT,
    DKG_FACT_VOTE,
    DKG_FACT_COMPLAINT,
    DKG_FACT_READY,
    DKG_FACT_PHASE_END, /* B1, B2, B2c in turn is final */
    DKG_FACT_ACTIVE,
    DKG_FACT_FAILED,
};
#define DKG_FACT_KINDS 7

/* Phases as a node lives them: each begins when the block that ends the former is final. */
enum dkg_phase {
    DKG_PHASE_COMMIT,   /* until B1 */
    DKG_PHASE_VOTE,     /* B1..B2 */
    DKG_PHASE_COMPLAIN, /* B2..B2c: votes are closed, complaints are not */
    DKG_PHASE_READY,    /* from B2c */
    DKG_PHASE_ACTIVE,   /* a transcript was activated; READY stays open */
    DKG_PHASE_FAILED,
};
#define DKG_PHASES 6

struct dkg_fact {
    enum dkg_fact_kind kind;
    uint64_t block;
    party_index from; /* commit: dealer; vote, complaint, ready: receiver; else 0 */
    union {
        struct dkg_commit commit;
        struct dkg_vote vote;
        struct dkg_complaint complaint;
        struct dkg_ready ready;
        enum dkg_phase ended;   /* PHASE_END: COMMIT for B1, VOTE for B2, COMPLAIN for B2c */
        uint8_t transcript[32]; /* ACTIVE */
    } u;
};

/* A complaint as the board keeps it. */
struct dkg_complaint_rec {
    party_index receiver;
    struct dkg_complaint c;
};

/* --- results --- */

/* The public half of a key: what the transcript binds. y[0] is PK, y[j] is Y_j. */
struct dkg_public {
    uint64_t epoch;
    uint16_t n;
    uint16_t t;
    struct point y[DKG_MAX_N + 1];
    uint8_t y_hash[32];
};

/* A member's key: lives in the arena; threshold.h uses it. */
struct dkg_key {
    party_index index;
    struct scalar share; /* secret; share*G = pub.y[index] was checked */
    struct dkg_public pub;
};

#endif
