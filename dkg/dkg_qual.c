/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/dkg_qual.h"

bool dkg_commit_length_ok(const struct dkg_board *b, party_index dealer)
{
    return b->commit[dealer].length == DKG_BLOB_BYTES(b->p.n);
}

static bool passed_c3(const struct dkg_dealer *d)
{
    return d->state == DKG_BLOB_GOOD || d->state == DKG_BLOB_BAD_SHARE;
}

bool dkg_equal_e(const struct dkg_board *b, const struct dkg_dealer *dealers,
                 const struct dkg_bitmap *set, party_index dealer)
{
    for (uint32_t o = 1; o <= b->dealers; o++)
        if (o != dealer && dkg_bitmap_test(set, (party_index)o) && passed_c3(&dealers[o]) &&
            group_point_equal(&dealers[o].e, &dealers[dealer].e))
            return true;
    return false;
}

/* C1-C3: leaves those that pass. False if some blob is unknown. */
static bool step_public_checks(struct dkg_bitmap *set, struct dkg_qual_needs *needs,
                               const struct dkg_board *b, const struct dkg_dealer *dealers)
{
    for (uint32_t d = 1; d <= b->dealers; d++) {
        party_index i = (party_index)d;
        if (!dkg_bitmap_test(set, i))
            continue;
        if (!dkg_commit_length_ok(b, i) || dealers[d].state == DKG_BLOB_INVALID)
            dkg_bitmap_clear(set, i);
        else if (dealers[d].state == DKG_BLOB_UNKNOWN)
            dkg_bitmap_set(&needs->check, i);
    }
    return dkg_bitmap_empty(&needs->check);
}

/* C5: all dealers that share an E go, none is blamed. */
static void step_equal_e(struct dkg_bitmap *set, const struct dkg_board *b,
                         const struct dkg_dealer *dealers)
{
    struct dkg_bitmap before = *set;

    for (uint32_t d = 1; d <= b->dealers; d++)
        if (dkg_bitmap_test(&before, (party_index)d) &&
            dkg_equal_e(b, dealers, &before, (party_index)d))
            dkg_bitmap_clear(set, (party_index)d);
}

/* Complaints about dealers that are still in. False if some are not judged yet. */
static bool step_complaints(struct dkg_bitmap *set, struct dkg_qual *out,
                            struct dkg_qual_needs *needs, const struct dkg_board *b,
                            const struct dkg_dealer *dealers)
{
    struct dkg_bitmap accused = {{0}};

    for (size_t k = 0; k < b->complaints; k++)
        if (dkg_bitmap_test(set, b->complaint[k].c.dealer))
            dkg_bitmap_set(&accused, b->complaint[k].c.dealer);
    for (uint32_t d = 1; d <= b->dealers; d++) {
        party_index i = (party_index)d;
        if (!dkg_bitmap_test(&accused, i))
            continue;
        if (!dealers[d].judged) {
            dkg_bitmap_set(&needs->judge, i);
            continue;
        }
        for (size_t k = 0; k < sizeof out->blame_receivers.b; k++)
            out->blame_receivers.b[k] |= dealers[d].false_by.b[k];
        if (dealers[d].upheld) {
            dkg_bitmap_set(&out->blame_dealers, i);
            dkg_bitmap_clear(set, i);
        }
    }
    return dkg_bitmap_empty(&needs->judge);
}

static enum dkg_degree sum_degree(const struct dkg_sum_test *sum, const struct dkg_bitmap *set)
{
    return dkg_bitmap_equal(&sum->set, set) ? sum->degree : DKG_DEGREE_UNKNOWN;
}

/* C6. False if a test is missing. */
static bool step_degree(struct dkg_bitmap *set, struct dkg_qual *out, struct dkg_qual_needs *needs,
                        const struct dkg_board *b, const struct dkg_dealer *dealers,
                        const struct dkg_sum_test *sum)
{
    switch (sum_degree(sum, set)) {
    case DKG_DEGREE_LOW:
        return true;
    case DKG_DEGREE_UNKNOWN:
        needs->sum = true;
        needs->sum_set = *set;
        return false;
    case DKG_DEGREE_HIGH:
        break;
    }
    for (uint32_t d = 1; d <= b->dealers; d++)
        if (dkg_bitmap_test(set, (party_index)d) && dealers[d].degree == DKG_DEGREE_UNKNOWN)
            dkg_bitmap_set(&needs->degree, (party_index)d);
    if (!dkg_bitmap_empty(&needs->degree))
        return false;
    for (uint32_t d = 1; d <= b->dealers; d++)
        if (dkg_bitmap_test(set, (party_index)d) && dealers[d].degree == DKG_DEGREE_HIGH) {
            dkg_bitmap_set(&out->blame_dealers, (party_index)d);
            dkg_bitmap_clear(set, (party_index)d);
        }
    return true;
}

enum err_code dkg_qual_eval(struct dkg_qual *out, struct dkg_qual_needs *needs,
                            const struct dkg_session *s, const struct dkg_board *b,
                            const struct dkg_dealer *dealers, const struct dkg_sum_test *sum)
{
    struct dkg_bitmap set;

    memset(out, 0, sizeof *out);
    memset(needs, 0, sizeof *needs);
    dkg_board_available(&set, b);
    if (!step_public_checks(&set, needs, b, dealers))
        return PC_E_RETRY;
    step_equal_e(&set, b, dealers);
    if (!step_complaints(&set, out, needs, b, dealers) ||
        (!dkg_bitmap_empty(&set) && !step_degree(&set, out, needs, b, dealers, sum))) {
        memset(out, 0, sizeof *out);
        return PC_E_RETRY;
    }
    out->qual = set;
    if (dkg_bitmap_count(&set) >= s->p.t)
        return PC_OK;
    memset(out, 0, sizeof *out);
    return PC_E_REFUSED;
}

enum err_code dkg_qual_all(struct dkg_qual *out, struct dkg_qual_needs *needs,
                           const struct dkg_session *s, const struct dkg_board *b,
                           const struct dkg_dealer *dealers, const struct dkg_sum_test *sum)
{
    const struct dkg_bitmap *all = &b->committed;
    bool refused = false;

    memset(out, 0, sizeof *out);
    memset(needs, 0, sizeof *needs);
    if (dkg_bitmap_count(all) < s->p.t)
        return PC_E_REFUSED;
    for (uint32_t d = 1; d <= b->dealers; d++) {
        if (!dkg_bitmap_test(all, (party_index)d))
            continue;
        if (dealers[d].state == DKG_BLOB_UNKNOWN && dkg_commit_length_ok(b, (party_index)d))
            dkg_bitmap_set(&needs->check, (party_index)d);
        else if (dealers[d].state != DKG_BLOB_GOOD)
            refused = true;
    }
    if (refused || !dkg_bitmap_empty(&needs->check))
        return dkg_bitmap_empty(&needs->check) ? PC_E_REFUSED : PC_E_RETRY;
    for (uint32_t d = 1; d <= b->dealers; d++)
        if (dkg_bitmap_test(all, (party_index)d) && dkg_equal_e(b, dealers, all, (party_index)d))
            return PC_E_REFUSED;
    switch (sum_degree(sum, all)) {
    case DKG_DEGREE_UNKNOWN:
        needs->sum = true;
        needs->sum_set = *all;
        return PC_E_RETRY;
    case DKG_DEGREE_HIGH:
        return PC_E_REFUSED;
    case DKG_DEGREE_LOW:
        break;
    }
    out->qual = *all;
    return PC_OK;
}

enum err_code dkg_transcript(uint8_t transcript[static 32],
                             uint8_t preimage[static DKG_PREIMAGE_BYTES], struct dkg_public *pub,
                             const struct dkg_session *s, uint64_t epoch, const struct dkg_qual *q,
                             const struct point *y)
{
    struct dkg_transcript_fields f = {.n_keys = DKG_KEYS, .t = s->p.t};
    size_t length = 0;

    memset(transcript, 0, 32);
    memset(preimage, 0, DKG_PREIMAGE_BYTES);
    memset(pub, 0, sizeof *pub);
    for (uint32_t j = 0; j <= s->p.n; j++)
        if (group_is_identity(&y[j]))
            return PC_E_IDENTITY;
    pub->epoch = epoch;
    pub->n = s->p.n;
    pub->t = s->p.t;
    memcpy(pub->y, y, (s->p.n + 1u) * sizeof *y);
    id_y_hash(pub->y_hash, y[0].b, y[1].b, s->p.n);
    memcpy(f.sid, s->sid, 32);
    memcpy(f.qual, q->qual.b, 32);
    memcpy(f.blame_dealers, q->blame_dealers.b, 32);
    memcpy(f.blame_receivers, q->blame_receivers.b, 32);
    f.pk = y[0].b;
    f.y_hash = pub->y_hash;
    id_dkg_transcript(transcript, &f);
    PC_ASSERT(id_dkg_preimage(preimage, DKG_PREIMAGE_BYTES, &length, &f) &&
              length == DKG_PREIMAGE_BYTES);
    return PC_OK;
}
