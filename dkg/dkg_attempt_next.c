/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an attempt wants done. Each kind of action has one function that says whether it is due; it
 * is due as long as the board does not show its effect and it was not handed out (struct
 * dkg_issued).
 */
#include "dkg/dkg_attempt.h"
#include "dkg/dkg_complain.h"

static bool own_commit_stands(const struct dkg_attempt *a)
{
    return a->dealt && dkg_bitmap_test(&a->board.committed, a->self) &&
           memcmp(a->board.commit[a->self].hash, a->own_hash, 32) == 0;
}

static bool due_commit(struct dkg_attempt *a, struct dkg_action *out)
{
    if (a->board.phase != DKG_PHASE_COMMIT || !a->dealt || a->issued.commit ||
        dkg_bitmap_test(&a->board.committed, a->self))
        return false;
    memcpy(out->u.commit.hash, a->own_hash, 32);
    out->u.commit.length = DKG_BLOB_BYTES(a->s.p.n);
    return a->issued.commit = true;
}

const struct dkg_blob *dkg_attempt_blob(const struct dkg_attempt *a)
{
    if (a->board.phase == DKG_PHASE_COMMIT || a->board.phase == DKG_PHASE_FAILED ||
        !own_commit_stands(a))
        return NULL;
    return &a->own;
}

static bool due_release(struct dkg_attempt *a, struct dkg_action *out)
{
    (void)out;
    if (a->issued.release || dkg_attempt_blob(a) == NULL)
        return false;
    return a->issued.release = true;
}

static bool due_fetch(struct dkg_attempt *a, struct dkg_action *out)
{
    for (uint32_t d = 1; d <= a->s.dealers; d++) {
        party_index i = (party_index)d;
        if (!dkg_attempt_needs(a, i) || dkg_bitmap_test(&a->issued.fetch, i))
            continue;
        dkg_bitmap_set(&a->issued.fetch, i);
        out->u.fetch.dealer = i;
        memcpy(out->u.fetch.hash, a->board.commit[d].hash, 32);
        out->u.fetch.length = a->board.commit[d].length;
        return true;
    }
    return false;
}

/* Has every committed blob been seen, or can it not be right? */
static bool all_seen(const struct dkg_attempt *a)
{
    for (uint32_t d = 1; d <= a->s.dealers; d++)
        if (dkg_bitmap_test(&a->board.committed, (party_index)d) &&
            a->dealer[d].state == DKG_BLOB_UNKNOWN &&
            dkg_commit_length_ok(&a->board, (party_index)d))
            return false;
    return true;
}

/* What this member can vouch for now. */
static void current_vote(struct dkg_vote *v, const struct dkg_attempt *a)
{
    memset(v, 0, sizeof *v);
    for (uint32_t d = 1; d <= a->s.dealers; d++)
        if (dkg_bitmap_test(&a->board.committed, (party_index)d) &&
            a->dealer[d].state == DKG_BLOB_GOOD &&
            !dkg_equal_e(&a->board, a->dealer, &a->board.committed, (party_index)d))
            dkg_bitmap_set(&v->good, (party_index)d);
    if (a->have_result && a->share_ok)
        memcpy(v->transcript, a->result.transcript, 32);
}

static bool same_vote(const struct dkg_vote *a, const struct dkg_vote *b)
{
    return dkg_bitmap_equal(&a->good, &b->good) && memcmp(a->transcript, b->transcript, 32) == 0;
}

static bool due_vote(struct dkg_attempt *a, struct dkg_action *out)
{
    struct dkg_vote v;

    if (a->board.phase != DKG_PHASE_VOTE || !a->vote_stale || (!a->vote_due && !all_seen(a)))
        return false;
    a->vote_stale = false;
    current_vote(&v, a);
    if (a->issued.vote && same_vote(&v, &a->issued.last_vote))
        return false;
    if (dkg_bitmap_test(&a->board.voted, a->self) && same_vote(&v, &a->board.vote[a->self]))
        return false;
    a->issued.last_vote = v;
    out->u.vote = v;
    return a->issued.vote = true;
}

/* Complaints wait until votes are closed: only a dealer with q votes can harm, and a complaint
 * about another one is void. Where two dealers share an E both go out by C5, and nothing is opened.
 */
static bool due_complaint(struct dkg_attempt *a, struct dkg_action *out)
{
    struct dkg_bitmap available;

    if (a->board.phase != DKG_PHASE_COMPLAIN || a->secrets == NULL)
        return false;
    dkg_board_available(&available, &a->board);
    for (uint32_t d = 1; d <= a->s.dealers; d++) {
        party_index i = (party_index)d;
        if (!dkg_bitmap_test(&available, i) || a->dealer[d].state != DKG_BLOB_BAD_SHARE ||
            dkg_bitmap_test(&a->issued.complaint, i) ||
            dkg_bitmap_test(&a->board.complained[a->self], i) ||
            dkg_equal_e(&a->board, a->dealer, &available, i))
            continue;
        dkg_bitmap_set(&a->issued.complaint, i);
        dkg_complaint_make(&out->u.complaint, &a->s, i, a->self, a->board.commit[d].hash,
                           &a->secrets->ek, &a->dealer[d].e, a->env.rng);
        return true;
    }
    return false;
}

/* The transcript that the contract counts for this member. */
static const uint8_t *standing_transcript(const struct dkg_attempt *a)
{
    if (dkg_bitmap_test(&a->board.readied, a->self))
        return a->board.ready[a->self].transcript;
    if (a->board.complaints == 0 && dkg_bitmap_test(&a->board.voted, a->self))
        return a->board.vote[a->self].transcript;
    return NULL;
}

static bool due_ready(struct dkg_attempt *a, struct dkg_action *out)
{
    const uint8_t *mine = a->result.transcript, *standing = standing_transcript(a);
    enum dkg_phase phase = a->board.phase;

    if ((phase != DKG_PHASE_READY && phase != DKG_PHASE_ACTIVE) || !a->have_result || !a->share_ok)
        return false;
    if (phase == DKG_PHASE_ACTIVE && memcmp(mine, a->board.active, 32) != 0)
        return false;
    if ((standing != NULL && memcmp(standing, mine, 32) == 0) ||
        memcmp(a->issued.ready, mine, 32) == 0)
        return false;
    memcpy(a->issued.ready, mine, 32);
    memcpy(out->u.ready.transcript, mine, 32);
    return true;
}

static bool due_install(struct dkg_attempt *a, struct dkg_action *out)
{
    (void)out;
    if (a->board.phase != DKG_PHASE_ACTIVE || a->issued.install || a->key_taken ||
        !a->have_result || !a->share_ok || memcmp(a->result.transcript, a->board.active, 32) != 0)
        return false;
    return a->issued.install = true;
}

static bool due_close(struct dkg_attempt *a, struct dkg_action *out)
{
    (void)out;
    if (a->board.phase != DKG_PHASE_FAILED || a->issued.close)
        return false;
    return a->issued.close = true;
}

static const struct {
    enum dkg_action_kind kind;
    bool (*due)(struct dkg_attempt *a, struct dkg_action *out);
} wants[] = {
    {DKG_ACT_COMMIT, due_commit},      {DKG_ACT_RELEASE, due_release}, {DKG_ACT_FETCH, due_fetch},
    {DKG_ACT_COMPLAIN, due_complaint}, {DKG_ACT_VOTE, due_vote},       {DKG_ACT_READY, due_ready},
    {DKG_ACT_INSTALL, due_install},    {DKG_ACT_CLOSE, due_close},
};

bool dkg_attempt_next(struct dkg_attempt *a, struct dkg_action *out)
{
    memset(out, 0, sizeof *out);
    for (size_t k = 0; k < PC_ARRAY_LEN(wants); k++)
        if (wants[k].due(a, out)) {
            out->kind = wants[k].kind;
            return true;
        }
    return false;
}

void dkg_attempt_rearm(struct dkg_attempt *a)
{
    memset(&a->issued, 0, sizeof a->issued);
    a->vote_stale = true;
}

void dkg_attempt_vote_now(struct dkg_attempt *a)
{
    a->vote_due = true;
    a->vote_stale = true;
}

const struct dkg_result *dkg_attempt_result(const struct dkg_attempt *a)
{
    return a->have_result ? &a->result : NULL;
}
