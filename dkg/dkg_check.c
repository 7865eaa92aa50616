/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/dkg_check.h"

#include "crypto/labels.h"
#include "crypto/shamir.h"
#include "crypto/transcript.h"

enum err_code dkg_check_hash(uint8_t without_poks[static 32], const struct dkg_session *s,
                             party_index dealer, const struct dkg_commit *commit,
                             const struct dkg_blob *b)
{
    uint8_t whole[32];

    dkg_blob_hash(whole, without_poks, b, s->sid, dealer, s->p.n);
    if (commit->length == DKG_BLOB_BYTES(s->p.n) && memcmp(whole, commit->hash, 32) == 0)
        return PC_OK;
    memset(without_poks, 0, 32);
    return PC_E_MISMATCH;
}

/* A ciphertext is zero exactly where its receiver has no valid EK. */
static enum err_code check_ciphertexts(const struct dkg_session *s, const struct dkg_blob *b)
{
    for (uint32_t j = 1; j <= s->p.n; j++)
        if (bytes_all_zero_var(PC_BYTES(b->ct[j - 1])) == s->receiver[j].ek_valid)
            return PC_E_MALFORMED;
    return PC_OK;
}

static enum err_code check_proofs(const struct dkg_session *s, party_index dealer,
                                  const struct dkg_blob *b, const struct point *e,
                                  const uint8_t without_poks[static 32])
{
    struct pok_a_context ctx_a = {
        .dealer = dealer, .key_index = s->key.index, .key_class = s->key.key_class};
    struct pok_e_context ctx_e = {.dealer = dealer};
    struct point a0;

    memcpy(ctx_a.sid, s->sid, 32);
    memcpy(ctx_e.sid, s->sid, 32);
    memcpy(ctx_a.blob_hash, without_poks, 32);
    memcpy(ctx_e.blob_hash, without_poks, 32);
    memcpy(a0.b, b->a[0], 32); /* decoded when it was summed */
    PC_TRY(pok_a_verify_var(s->g, &ctx_a, &a0, &b->pok_a));
    return pok_e_verify_var(s->g, &ctx_e, e, &b->pok_e);
}

enum err_code dkg_check_public(struct point *e, struct point *sum, struct point *scratch,
                               const struct dkg_session *s, party_index dealer,
                               const struct dkg_blob *b, const uint8_t without_poks[static 32])
{
    size_t bytes = (s->p.n + 1u) * sizeof *sum;

    PC_TRY(check_ciphertexts(s, b));
    memcpy(scratch, sum, bytes);
    for (uint32_t j = 0; j <= s->p.n; j++)
        PC_TRY(group_accumulate_var(s->g, &scratch[j], b->a[j]));
    memcpy(e->b, b->e, sizeof e->b); /* its proof is refused unless it decodes */
    enum err_code err =
        group_is_identity(e) ? PC_E_IDENTITY : check_proofs(s, dealer, b, e, without_poks);
    if (err != PC_OK) {
        memset(e, 0, sizeof *e);
        return err;
    }
    memcpy(sum, scratch, bytes);
    return PC_OK;
}

enum err_code dkg_check_share(struct scalar *share, const struct dkg_session *s, party_index dealer,
                              party_index j, const struct point *k, const struct dkg_blob *b)
{
    uint8_t plain[32];
    struct point e, expected, committed;
    enum err_code err = PC_E_SHARE;

    memcpy(e.b, b->e, 32);
    dkg_share_crypt(plain, b->ct[j - 1], s, dealer, j, k, &e);
    if (group_scalar_decode_nonzero(s->g, share, plain) == PC_OK) {
        group_base_mult(s->g, &expected, share);
        memcpy(committed.b, b->a[j], 32);
        if (group_point_equal(&expected, &committed))
            err = PC_OK;
    }
    if (err != PC_OK)
        scalar_wipe(share);
    pc_wipe(plain, sizeof plain);
    return err;
}

/* The test word for a set of dealers. */
static void degree_weights(struct scalar *w, const struct dkg_session *s,
                           const struct dkg_bitmap *set, const struct dkg_commit *commits)
{
    struct transcript t;
    struct xof x;

    transcript_init512(&t, PC_LABEL_LOWDEG);
    transcript_fixed(&t, s->sid, 32);
    transcript_u16(&t, dkg_bitmap_count(set));
    for (uint32_t d = 1; d <= s->dealers; d++) {
        if (!dkg_bitmap_test(set, (party_index)d))
            continue;
        transcript_u16(&t, (uint16_t)d);
        transcript_fixed(&t, commits[d].hash, 32);
    }
    xof_init(&x, &t);
    PC_ASSERT(shamir_degree_weights(s->g, w, s->p.n, s->p.t, &x) == PC_OK);
}

enum err_code dkg_check_degree_sum(const struct dkg_session *s, const struct dkg_bitmap *set,
                                   const struct dkg_commit *commits, const struct point *sum,
                                   struct scalar *weights)
{
    degree_weights(weights, s, set, commits);
    return shamir_degree_check_var(s->g, weights, sum, s->p.n);
}

enum err_code dkg_check_degree_one(const struct dkg_session *s, party_index dealer,
                                   const struct dkg_commit *commits, const struct dkg_blob *b,
                                   struct point *scratch, struct scalar *weights)
{
    struct dkg_bitmap one = {{0}};

    dkg_bitmap_set(&one, dealer);
    degree_weights(weights, s, &one, commits);
    for (uint32_t j = 0; j <= s->p.n; j++)
        PC_TRY(group_point_decode(s->g, &scratch[j], b->a[j]));
    return shamir_degree_check_var(s->g, weights, scratch, s->p.n);
}
