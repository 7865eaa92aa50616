/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dkg.h - one attempt at a key, seen by one member: the state machine of CRV-DKG (crypto.md 1, SPEC
 * 6-7).
 *
 * Sans-IO. In go the finalized facts of the chain (dkg_msg.h) and blobs as fixed-width records; out
 * come actions that the caller carries out. There is no clock: phases end when the chain says so.
 * Runs in the vault's single thread.
 *
 *     dkg_attempt_open        sid, params, EKs checked; takes the attempt's EK
 *     dkg_attempt_admit       once per receiver that passed the vault's own join (SPEC 2)
 *     dkg_attempt_deal        makes the dealing, if everybody was admitted
 *     dkg_attempt_fact        each finalized fact in chain order
 *     dkg_attempt_blob_*      a blob, whenever a FETCH action asked for it
 *     dkg_attempt_next        until it gives false: what to do now
 *     dkg_attempt_take_key    on an INSTALL action
 *     dkg_attempt_close       when a newer open() is final, the epoch ends, or on a CLOSE action
 *
 * What is remembered of blobs. A blob (2n+6 records) lies in the vault only while it is fed. Kept
 * are the sum of all A_j (n+1 points), and per dealer E, the own share and verdicts. When a later
 * step needs a blob again (judging a complaint, taking a dealer out of the sum, testing its degree
 * alone), FETCH asks for it once more by hash, and it is hashed again. The attempt's own blob is
 * kept, for release.
 *
 * Secrets. The polynomial and the ephemeral key die inside dkg_attempt_deal. EK and the received
 * shares die when the key has been taken after a final ACTIVE, when FAILED is final, and with
 * dkg_attempt_close; dkg_attempt_has_secrets tells. A member that lacks its share when ACTIVE is
 * final keeps EK until then, so that it can still complete and clear `recovering`.
 *
 * Every function is constant time in secrets and variable in public data.
 * Reshare (later): dealers become the old members, A_0 = Y(old) joins C3, sums are weighted; struct
 * dkg_session already counts dealers and receivers apart.
 */
#ifndef PC_DKG_DKG_H
#define PC_DKG_DKG_H

#include "dkg/dkg_blob.h"
#include "dkg/dkg_ek.h"
#include "dkg/dkg_msg.h"
#include "dkg/dkg_qual.h"

struct dkg_attempt;

struct dkg_env {
    const struct group *g; /* &group_ristretto255 in programs */
    struct arena *arena;   /* an attempt takes DKG_ATTEMPT_ARENA bytes of it */
    struct rng *rng;
    struct dkg_complaint_rec *room; /* ordinary memory, borrowed until close; n*n entries: one per
                                     * (member, dealer), 8.6 MB at n = 256, touched as they come */
    size_t room_count;
};

/* Enough arena for one attempt with its secrets, a dealing and the finished key, headers included.
 */
#define DKG_ATTEMPT_ARENA (288u * 1024)

/*
 * Begin. members[0] is seat 1, open->n of them; self is this node's seat. The EK comes from
 * dkg_ek_take and belongs to the attempt from here on (erased if this fails; *ek becomes NULL
 * either way). PC_E_USAGE: no EK; n, t, seats or room do not fit SPEC 6. PC_E_UNSUPPORTED: another
 * protocol version, or a key list or old fields that are not a genesis. PC_E_MALFORMED: a node id
 * has two seats, or an empty seat is not empty. PC_E_MISMATCH: the member root or the own seat is
 * not the given one. PC_E_MEMORY: the arena is full. *out is NULL on error. Costs a PoP
 * verification per member.
 */
PC_MUST_USE enum err_code dkg_attempt_open(struct dkg_attempt **out, const struct dkg_env *env,
                                           const struct dkg_open *open,
                                           const struct dkg_member *members, party_index self,
                                           struct dkg_ek **ek);

/* Erase everything and free. NULL inside is fine; *a becomes NULL. */
void dkg_attempt_close(struct dkg_attempt **a);

/* This receiver passed the join of SPEC 2 (evidence, record, signature over its EK). An index
 * without a seat is PC_E_USAGE. */
PC_MUST_USE enum err_code dkg_attempt_admit(struct dkg_attempt *a, party_index receiver);

/* First receiver with a valid EK that was not admitted, 0 if none. */
party_index dkg_attempt_not_admitted(const struct dkg_attempt *a);

/* Make this member's dealing; a COMMIT action follows. PC_E_REFUSED while a receiver is not
 * admitted; PC_E_SEQUENCE if it dealt before, or commits are closed; PC_E_MEMORY. */
PC_MUST_USE enum err_code dkg_attempt_deal(struct dkg_attempt *a);

/* A finalized fact. Errors as dkg_board_apply; the state is then unchanged. */
PC_MUST_USE enum err_code dkg_attempt_fact(struct dkg_attempt *a, const struct dkg_fact *f);

/*
 * A blob that FETCH asked for: begin, DKG_BLOB_RECORDS(n) records in order, end. begin drops a feed
 * that was not ended. PC_E_REFUSED from begin: nobody needs this dealer's blob now. PC_E_SEQUENCE:
 * records or end without begin, too many or too few records. end: PC_OK if the bytes were the
 * committed ones; the verdict is then in *state (and the attempt acts on it). PC_E_MISMATCH: other
 * bytes, whoever brought them is wrong; nothing changed, fetch elsewhere.
 */
PC_MUST_USE enum err_code dkg_attempt_blob_begin(struct dkg_attempt *a, party_index dealer);
PC_MUST_USE enum err_code dkg_attempt_blob_record(struct dkg_attempt *a,
                                                  const uint8_t record[static DKG_RECORD_BYTES]);
PC_MUST_USE enum err_code dkg_attempt_blob_end(struct dkg_attempt *a, enum dkg_blob_state *state);

enum dkg_action_kind {
    DKG_ACT_COMMIT,   /* sign and send u.commit */
    DKG_ACT_RELEASE,  /* B1 is final: dkg_attempt_blob may be handed out */
    DKG_ACT_FETCH,    /* get blob u.fetch by hash and feed it */
    DKG_ACT_VOTE,     /* sign and send u.vote; a later one replaces it */
    DKG_ACT_COMPLAIN, /* sign and send u.complaint */
    DKG_ACT_READY,    /* sign and send u.ready; dkg_attempt_result has the preimage for activate */
    DKG_ACT_INSTALL,  /* ACTIVE is final: call dkg_attempt_take_key */
    DKG_ACT_CLOSE,    /* FAILED is final, secrets are gone: call dkg_attempt_close */
};

struct dkg_action {
    enum dkg_action_kind kind;
    union {
        struct dkg_commit commit;
        struct {
            party_index dealer;
            uint8_t hash[32];
            uint32_t length;
        } fetch;
        struct dkg_vote vote;
        struct dkg_complaint complaint;
        struct dkg_ready ready;
    } u;
};

/* The next thing to do; false if there is none. Each is given once: after something was lost (a
 * transaction, a process, a connection) dkg_attempt_rearm gives what is still needed again. */
bool dkg_attempt_next(struct dkg_attempt *a, struct dkg_action *out);
void dkg_attempt_rearm(struct dkg_attempt *a);

/* A vote is given when every committed blob has been seen. When the votes' phase nears its end call
 * this: what is known then is voted, and again after each change. */
void dkg_attempt_vote_now(struct dkg_attempt *a);

/* The own blob, once B1 is final and the board has its commit; NULL before. Borrowed. */
const struct dkg_blob *dkg_attempt_blob(const struct dkg_attempt *a);

struct dkg_result {
    struct dkg_qual qual;
    uint8_t transcript[32];
    uint8_t preimage[DKG_PREIMAGE_BYTES]; /* for activate: SHA-256 of it is the transcript */
    struct dkg_public pub;
};

/* The transcript that this member stands for now, NULL if it has none. Borrowed. */
const struct dkg_result *dkg_attempt_result(const struct dkg_attempt *a);

/* After INSTALL: the key, in the arena (the caller arena_frees it), and EK and sub-shares are
 * erased. PC_E_SEQUENCE: ACTIVE is not final, or the key was taken; PC_E_MISMATCH: the active
 * transcript is not this member's; PC_E_SHARE: no valid share; PC_E_MEMORY. *out is NULL on error.
 */
PC_MUST_USE enum err_code dkg_attempt_take_key(struct dkg_attempt *a, struct dkg_key **out);

/* State, for metrics and tests. */
bool dkg_attempt_has_secrets(const struct dkg_attempt *a);
enum dkg_phase dkg_attempt_phase(const struct dkg_attempt *a);
enum dkg_blob_state dkg_attempt_blob_state(const struct dkg_attempt *a, party_index dealer);
const uint8_t *dkg_attempt_sid(const struct dkg_attempt *a); /* 32 bytes, borrowed */
const struct dkg_board *dkg_attempt_board(const struct dkg_attempt *a);

#endif
