/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs into an attempt, and the result that follows: the part of the machine that computes. */
#include "dkg/dkg_attempt.h"
#include "dkg/dkg_check.h"
#include "dkg/dkg_complain.h"

/* Which set is being worked for: all commits until B2c (the vote's transcript), QUAL afterwards. */
static bool works_for_qual(const struct dkg_board *b)
{
    return b->phase == DKG_PHASE_READY || (b->phase == DKG_PHASE_ACTIVE && !b->active_early);
}

static bool works(const struct dkg_board *b)
{
    return b->phase != DKG_PHASE_COMMIT && b->phase != DKG_PHASE_FAILED;
}

bool dkg_attempt_needs(const struct dkg_attempt *a, party_index dealer)
{
    return dkg_bitmap_test(&a->needs.check, dealer) || dkg_bitmap_test(&a->needs.judge, dealer) ||
           dkg_bitmap_test(&a->needs.degree, dealer) || dkg_bitmap_test(&a->remove, dealer);
}

/* C4, and C2-C3 for everybody. */
static void take_check(struct dkg_attempt *a, party_index dealer, const struct dkg_blob *b,
                       const uint8_t without_poks[static 32])
{
    struct dkg_dealer *d = &a->dealer[dealer];
    struct point k;

    if (dkg_check_public(&d->e, a->sum, a->scratch, &a->s, dealer, b, without_poks) != PC_OK) {
        d->state = DKG_BLOB_INVALID;
        return;
    }
    dkg_bitmap_set(&a->in_sum, dealer);
    d->state = DKG_BLOB_BAD_SHARE;
    if (a->secrets == NULL)
        return;
    group_mult(a->s.g, &k, &a->secrets->ek, &d->e);
    if (dkg_check_share(&a->secrets->share[dealer], &a->s, dealer, a->self, &k, b) == PC_OK)
        d->state = DKG_BLOB_GOOD;
    pc_wipe(&k, sizeof k);
}

static void take_judge(struct dkg_attempt *a, party_index dealer, const struct dkg_blob *b)
{
    struct dkg_dealer *d = &a->dealer[dealer];
    const struct dkg_board *board = &a->board;

    for (size_t i = 0; i < board->complaints; i++) {
        const struct dkg_complaint_rec *c = &board->complaint[i];
        if (c->c.dealer != dealer)
            continue;
        switch (
            dkg_complaint_judge(&a->s, c->receiver, &c->c, board->commit[dealer].hash, &d->e, b)) {
        case DKG_VERDICT_UPHELD:
            d->upheld = true;
            break;
        case DKG_VERDICT_FALSE:
            dkg_bitmap_set(&d->false_by, c->receiver);
            break;
        case DKG_VERDICT_VOID:
            break;
        }
    }
    d->judged = true;
}

static void take_degree(struct dkg_attempt *a, party_index dealer, const struct dkg_blob *b)
{
    enum err_code e =
        dkg_check_degree_one(&a->s, dealer, a->board.commit, b, a->scratch, a->weights);

    a->dealer[dealer].degree = e == PC_OK ? DKG_DEGREE_LOW : DKG_DEGREE_HIGH;
}

static void take_remove(struct dkg_attempt *a, party_index dealer, const struct dkg_blob *b)
{
    for (uint32_t j = 0; j <= a->s.p.n; j++) {
        /* The blob passed C2 when it was added, and its hash is the same. */
        PC_ASSERT(group_point_decode(a->s.g, &a->scratch[j], b->a[j]) == PC_OK);
        group_sub(a->s.g, &a->sum[j], &a->sum[j], &a->scratch[j]);
    }
    dkg_bitmap_clear(&a->in_sum, dealer);
}

static void evaluate(struct dkg_attempt *a);

void dkg_attempt_process(struct dkg_attempt *a, party_index dealer, const struct dkg_blob *b,
                         const uint8_t without_poks[static 32])
{
    while (dkg_attempt_needs(a, dealer)) {
        if (dkg_bitmap_test(&a->needs.check, dealer))
            take_check(a, dealer, b, without_poks);
        else if (dkg_bitmap_test(&a->needs.judge, dealer))
            take_judge(a, dealer, b);
        else if (dkg_bitmap_test(&a->needs.degree, dealer))
            take_degree(a, dealer, b);
        else
            take_remove(a, dealer, b);
        evaluate(a);
    }
    dkg_bitmap_clear(&a->issued.fetch, dealer);
    a->vote_stale = true;
}

/* The share that belongs to the result, if every dealer in it gave a right one. */
static void result_share(struct dkg_attempt *a)
{
    struct scalar *sum;
    struct point check;

    a->share_ok = false;
    if (a->secrets == NULL)
        return;
    sum = &a->secrets->sum;
    memset(sum, 0, sizeof *sum);
    for (uint32_t d = 1; d <= a->s.dealers; d++) {
        if (!dkg_bitmap_test(&a->result.qual.qual, (party_index)d))
            continue;
        if (a->dealer[d].state != DKG_BLOB_GOOD)
            return;
        group_scalar_add(a->s.g, sum, sum, &a->secrets->share[d]);
    }
    group_base_mult(a->s.g, &check, sum);
    a->share_ok = group_point_equal(&check, &a->result.pub.y[a->self]);
}

static void subtract(struct dkg_bitmap *out, const struct dkg_bitmap *a, const struct dkg_bitmap *b)
{
    for (size_t k = 0; k < sizeof out->b; k++)
        out->b[k] = a->b[k] & (uint8_t)~b->b[k];
}

static void make_result(struct dkg_attempt *a, const struct dkg_qual *q)
{
    a->result.qual = *q;
    if (dkg_transcript(a->result.transcript, a->result.preimage, &a->result.pub, &a->s, a->epoch, q,
                       a->sum) != PC_OK)
        return;
    a->have_result = true;
    result_share(a);
}

/* One round: what follows from what is known, and what is lacking. */
static void evaluate(struct dkg_attempt *a)
{
    struct dkg_qual q;
    bool qual = works_for_qual(&a->board);

    memset(&a->remove, 0, sizeof a->remove);
    memset(&a->needs, 0, sizeof a->needs);
    if (!works(&a->board) || a->have_result)
        return;
    for (;;) {
        enum err_code e =
            qual ? dkg_qual_eval(&q, &a->needs, &a->s, &a->board, a->dealer, &a->sum_test)
                 : dkg_qual_all(&q, &a->needs, &a->s, &a->board, a->dealer, &a->sum_test);
        if (e == PC_E_REFUSED || (e == PC_E_RETRY && !a->needs.sum))
            return;
        const struct dkg_bitmap *set = e == PC_OK ? &q.qual : &a->needs.sum_set;
        subtract(&a->remove, &a->in_sum, set);
        if (!dkg_bitmap_empty(&a->remove))
            return;
        /* Sets only shrink, and a dealer is taken out of the sum only when it left the set. */
        PC_ASSERT(dkg_bitmap_equal(&a->in_sum, set));
        if (e == PC_OK) {
            make_result(a, &q);
            return;
        }
        a->sum_test.set = a->needs.sum_set;
        a->sum_test.degree = dkg_check_degree_sum(&a->s, &a->needs.sum_set, a->board.commit, a->sum,
                                                  a->weights) == PC_OK
                                 ? DKG_DEGREE_LOW
                                 : DKG_DEGREE_HIGH;
    }
}

/* Until B2c the blobs are fetched for themselves too: a dealer with q votes must be checked in time
 * to complain, even if another commit will never be seen. */
static void add_checks(struct dkg_attempt *a)
{
    struct dkg_bitmap wanted = a->board.committed;

    if (a->board.phase == DKG_PHASE_COMPLAIN)
        dkg_board_available(&wanted, &a->board);
    else if (a->board.phase != DKG_PHASE_VOTE)
        return;
    memset(&a->needs.check, 0, sizeof a->needs.check);
    for (uint32_t d = 1; d <= a->s.dealers; d++)
        if (dkg_bitmap_test(&wanted, (party_index)d) && a->dealer[d].state == DKG_BLOB_UNKNOWN &&
            dkg_commit_length_ok(&a->board, (party_index)d))
            dkg_bitmap_set(&a->needs.check, (party_index)d);
}

/* The own blob as the board committed it: it never comes from outside. */
static bool own_blob_counts(const struct dkg_attempt *a)
{
    return a->dealt && dkg_bitmap_test(&a->board.committed, a->self) &&
           memcmp(a->board.commit[a->self].hash, a->own_hash, 32) == 0;
}

void dkg_attempt_advance(struct dkg_attempt *a)
{
    uint8_t without_poks[32];

    evaluate(a);
    add_checks(a);
    if (!own_blob_counts(a) || !dkg_attempt_needs(a, a->self))
        return;
    if (dkg_check_hash(without_poks, &a->s, a->self, &a->board.commit[a->self], &a->own) != PC_OK)
        return; /* the length on the board is wrong: C1, nobody takes it */
    dkg_attempt_process(a, a->self, &a->own, without_poks);
    add_checks(a);
}

enum err_code dkg_attempt_blob_begin(struct dkg_attempt *a, party_index dealer)
{
    a->feeding = 0;
    if (dealer == 0 || dealer > a->s.dealers || !dkg_attempt_needs(a, dealer))
        return PC_E_REFUSED;
    a->feeding = dealer;
    a->fed = 0;
    return PC_OK;
}

enum err_code dkg_attempt_blob_record(struct dkg_attempt *a,
                                      const uint8_t record[static DKG_RECORD_BYTES])
{
    if (a->feeding == 0 || a->fed >= DKG_BLOB_RECORDS(a->s.p.n))
        return PC_E_SEQUENCE;
    memcpy(dkg_blob_record(&a->feed, a->s.p.n, a->fed), record, DKG_RECORD_BYTES);
    a->fed++;
    return PC_OK;
}

enum err_code dkg_attempt_blob_end(struct dkg_attempt *a, enum dkg_blob_state *state)
{
    party_index dealer = a->feeding;
    uint8_t without_poks[32];

    *state = DKG_BLOB_UNKNOWN;
    a->feeding = 0;
    if (dealer == 0 || a->fed != DKG_BLOB_RECORDS(a->s.p.n))
        return PC_E_SEQUENCE;
    PC_TRY(dkg_check_hash(without_poks, &a->s, dealer, &a->board.commit[dealer], &a->feed));
    if (dkg_attempt_needs(a, dealer)) {
        dkg_attempt_process(a, dealer, &a->feed, without_poks);
        dkg_attempt_advance(a);
    }
    *state = a->dealer[dealer].state;
    return PC_OK;
}
