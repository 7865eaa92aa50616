/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/dkg_complain.h"

static struct complaint_context context_of(const struct dkg_session *s, party_index dealer,
                                           party_index j, const uint8_t blob_hash[static 32])
{
    struct complaint_context ctx = {.dealer = dealer, .receiver = j};

    memcpy(ctx.sid, s->sid, 32);
    memcpy(ctx.blob_hash, blob_hash, 32);
    return ctx;
}

void dkg_complaint_make(struct dkg_complaint *out, const struct dkg_session *s, party_index dealer,
                        party_index j, const uint8_t blob_hash[static 32], const struct scalar *ek,
                        const struct point *e, struct rng *r)
{
    struct complaint_context ctx = context_of(s, dealer, j, blob_hash);
    struct point k;

    complaint_prove(&k, &out->proof, s->g, &ctx, ek, &s->receiver[j].ek, e, r);
    out->dealer = dealer;
    memcpy(out->k, k.b, 32);
}

enum dkg_verdict dkg_complaint_judge(const struct dkg_session *s, party_index j,
                                     const struct dkg_complaint *c,
                                     const uint8_t blob_hash[static 32], const struct point *e,
                                     const struct dkg_blob *b)
{
    struct complaint_context ctx = context_of(s, c->dealer, j, blob_hash);
    struct scalar share;
    struct point k;

    if (!s->receiver[j].ek_valid)
        return DKG_VERDICT_VOID;
    if (group_point_decode(s->g, &k, c->k) != PC_OK ||
        complaint_verify_var(s->g, &ctx, &s->receiver[j].ek, e, &k, &c->proof) != PC_OK)
        return DKG_VERDICT_FALSE;
    enum err_code err = dkg_check_share(&share, s, c->dealer, j, &k, b);
    scalar_wipe(&share);
    return err == PC_OK ? DKG_VERDICT_FALSE : DKG_VERDICT_UPHELD;
}
