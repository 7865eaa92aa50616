/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/dkg_board.h"

enum err_code dkg_board_init(struct dkg_board *b, const struct dkg_params *p, uint16_t dealers,
                             const struct dkg_bitmap *may_deal, const struct dkg_bitmap *seats,
                             struct dkg_complaint_rec *room, size_t room_count)
{
    memset(b, 0, sizeof *b);
    if (dealers == 0 || dealers > DKG_MAX_N || room_count < (size_t)p->n * dealers)
        return PC_E_USAGE;
    b->p = *p;
    b->dealers = dealers;
    b->may_deal = *may_deal;
    b->seats = *seats;
    b->phase = DKG_PHASE_COMMIT;
    b->complaint = room;
    b->complaints_cap = room_count;
    return PC_OK;
}

static bool has_transcript(const uint8_t t[static 32])
{
    return !bytes_all_zero_var(bytes_of(t, 32));
}

static enum err_code apply_commit(struct dkg_board *b, const struct dkg_fact *f)
{
    if (!dkg_bitmap_test(&b->may_deal, f->from))
        return PC_E_MALFORMED;
    if (dkg_bitmap_test(&b->committed, f->from))
        return PC_E_SEQUENCE;
    dkg_bitmap_set(&b->committed, f->from);
    b->commit[f->from] = f->u.commit;
    return PC_OK;
}

static enum err_code apply_vote(struct dkg_board *b, const struct dkg_fact *f)
{
    const struct dkg_vote *v = &f->u.vote;

    if (!dkg_bitmap_test(&b->seats, f->from) || !dkg_bitmap_fits(&v->good, b->dealers))
        return PC_E_MALFORMED;
    if (has_transcript(v->transcript) && !dkg_bitmap_within(&b->committed, &v->good))
        return PC_E_SEQUENCE;
    dkg_bitmap_set(&b->voted, f->from);
    b->vote[f->from] = *v;
    return PC_OK;
}

static enum err_code apply_complaint(struct dkg_board *b, const struct dkg_fact *f)
{
    party_index dealer = f->u.complaint.dealer;

    if (!dkg_bitmap_test(&b->seats, f->from) || dealer == 0 || dealer > b->dealers)
        return PC_E_MALFORMED;
    if (dkg_bitmap_test(&b->complained[f->from], dealer))
        return PC_E_SEQUENCE;
    PC_ASSERT(b->complaints < b->complaints_cap);
    dkg_bitmap_set(&b->complained[f->from], dealer);
    b->complaint[b->complaints].receiver = f->from;
    b->complaint[b->complaints].c = f->u.complaint;
    b->complaints++;
    return PC_OK;
}

static enum err_code apply_ready(struct dkg_board *b, const struct dkg_fact *f)
{
    const uint8_t *t = f->u.ready.transcript;

    if (!dkg_bitmap_test(&b->seats, f->from) || !has_transcript(t))
        return PC_E_MALFORMED;
    if (b->phase == DKG_PHASE_ACTIVE && memcmp(t, b->active, 32) != 0)
        return PC_E_SEQUENCE;
    dkg_bitmap_set(&b->readied, f->from);
    b->ready[f->from] = f->u.ready;
    return PC_OK;
}

static enum err_code apply_phase_end(struct dkg_board *b, const struct dkg_fact *f)
{
    if (f->u.ended != b->phase || b->phase >= DKG_PHASE_READY)
        return PC_E_SEQUENCE;
    b->phase = (enum dkg_phase)(b->phase + 1);
    return PC_OK;
}

static enum err_code apply_active(struct dkg_board *b, const struct dkg_fact *f)
{
    if (!has_transcript(f->u.transcript))
        return PC_E_MALFORMED;
    memcpy(b->active, f->u.transcript, 32);
    b->active_early = b->phase < DKG_PHASE_READY;
    b->phase = DKG_PHASE_ACTIVE;
    return PC_OK;
}

static enum err_code apply_failed(struct dkg_board *b, const struct dkg_fact *f)
{
    (void)f;
    b->phase = DKG_PHASE_FAILED;
    return PC_OK;
}

typedef enum err_code (*fact_handler)(struct dkg_board *b, const struct dkg_fact *f);

/* What may come when. n equal votes activate before B2, or before B2c when nobody called earlier;
 * an attempt that is ACTIVE takes nothing but READYs. */
static const fact_handler handlers[DKG_PHASES][DKG_FACT_KINDS] = {
    [DKG_PHASE_COMMIT] = {[DKG_FACT_COMMIT] = apply_commit, [DKG_FACT_PHASE_END] = apply_phase_end},
    [DKG_PHASE_VOTE] = {[DKG_FACT_VOTE] = apply_vote,
                        [DKG_FACT_COMPLAINT] = apply_complaint,
                        [DKG_FACT_PHASE_END] = apply_phase_end,
                        [DKG_FACT_ACTIVE] = apply_active},
    [DKG_PHASE_COMPLAIN] = {[DKG_FACT_COMPLAINT] = apply_complaint,
                            [DKG_FACT_PHASE_END] = apply_phase_end,
                            [DKG_FACT_ACTIVE] = apply_active},
    [DKG_PHASE_READY] = {[DKG_FACT_READY] = apply_ready,
                         [DKG_FACT_ACTIVE] = apply_active,
                         [DKG_FACT_FAILED] = apply_failed},
    [DKG_PHASE_ACTIVE] = {[DKG_FACT_READY] = apply_ready},
};

enum err_code dkg_board_apply(struct dkg_board *b, const struct dkg_fact *f)
{
    if ((unsigned)f->kind >= DKG_FACT_KINDS || f->block < b->block)
        return PC_E_SEQUENCE;
    fact_handler h = handlers[b->phase][f->kind];
    if (h == NULL)
        return PC_E_SEQUENCE;
    PC_TRY(h(b, f));
    b->block = f->block;
    return PC_OK;
}

uint16_t dkg_board_votes(const struct dkg_board *b, party_index dealer)
{
    uint16_t votes = 0;

    for (uint32_t j = 1; j <= b->p.n; j++)
        if (dkg_bitmap_test(&b->voted, (party_index)j) && dkg_bitmap_test(&b->vote[j].good, dealer))
            votes++;
    return votes;
}

void dkg_board_available(struct dkg_bitmap *out, const struct dkg_board *b)
{
    memset(out, 0, sizeof *out);
    for (uint32_t d = 1; d <= b->dealers; d++)
        if (dkg_bitmap_test(&b->committed, (party_index)d) &&
            dkg_board_votes(b, (party_index)d) >= b->p.q)
            dkg_bitmap_set(out, (party_index)d);
}
