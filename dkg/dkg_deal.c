/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/dkg_deal.h"

#include "base/buf.h"
#include "crypto/hash.h"
#include "crypto/labels.h"
#include "crypto/shamir.h"

/* Everything secret of a dealing, in one arena block. */
struct dealing {
    struct scalar coeffs[DKG_MAX_N];
    struct scalar share;
    struct scalar e;
    struct point k;
};

void dkg_share_crypt(uint8_t out[static 32], const uint8_t in[static 32],
                     const struct dkg_session *s, party_index dealer, party_index j,
                     const struct point *k, const struct point *e)
{
    uint8_t info[4 + sizeof PC_LABEL_SHARE + 32 + 2 + 2 + 32 + 32];
    uint8_t prk[64], pad[32];
    struct writer w = writer_of(info, sizeof info);
    struct bytes view;

    write_bytes32(&w, bytes_of(PC_LABEL_SHARE, sizeof PC_LABEL_SHARE - 1));
    write_bytes(&w, s->sid, 32);
    write_u16(&w, dealer);
    write_u16(&w, j);
    write_bytes(&w, e->b, 32);
    write_bytes(&w, s->receiver[j].ek.b, 32);
    PC_ASSERT(writer_end(&w, &view) == PC_OK);
    hkdf_sha512_extract(prk, bytes_of(NULL, 0), bytes_of(k->b, 32));
    PC_ASSERT(hkdf_sha512_expand(pad, sizeof pad, prk, view) == PC_OK);
    for (size_t i = 0; i < 32; i++)
        out[i] = in[i] ^ pad[i];
    pc_wipe(prk, sizeof prk);
    pc_wipe(pad, sizeof pad);
}

/* A_j for j = 0..n and a ciphertext for every receiver with a valid EK; false if some value is zero
 * (then its commitment would be the identity, and the polynomial is drawn again). */
static bool deal_values(struct dkg_blob *b, struct dealing *d, const struct dkg_session *s,
                        party_index dealer, const struct point *e)
{
    struct point a;

    for (uint32_t j = 0; j <= s->p.n; j++) {
        PC_ASSERT(shamir_eval(s->g, &d->share, d->coeffs, s->p.t, j) == PC_OK);
        if (scalar_is_zero(&d->share))
            return false;
        group_base_mult(s->g, &a, &d->share);
        memcpy(b->a[j], a.b, 32);
        if (j == 0 || !s->receiver[j].ek_valid)
            continue;
        group_mult(s->g, &d->k, &d->e, &s->receiver[j].ek);
        dkg_share_crypt(b->ct[j - 1], d->share.b, s, dealer, (party_index)j, &d->k, e);
    }
    return true;
}

static void deal_prove(struct dkg_blob *b, const struct dealing *d, const struct dkg_session *s,
                       party_index dealer, const struct point *e, struct rng *r)
{
    struct pok_a_context ctx_a = {
        .dealer = dealer, .key_index = s->key.index, .key_class = s->key.key_class};
    struct pok_e_context ctx_e = {.dealer = dealer};
    struct point a0;
    uint8_t whole[32];

    dkg_blob_hash(whole, ctx_a.blob_hash, b, s->sid, dealer, s->p.n);
    memcpy(ctx_e.blob_hash, ctx_a.blob_hash, 32);
    memcpy(ctx_a.sid, s->sid, 32);
    memcpy(ctx_e.sid, s->sid, 32);
    memcpy(a0.b, b->a[0], 32);
    pok_a_prove(&b->pok_a, s->g, &ctx_a, &d->coeffs[0], &a0, r);
    pok_e_prove(&b->pok_e, s->g, &ctx_e, &d->e, e, r);
}

enum err_code dkg_deal(struct dkg_blob *b, uint8_t hash[static 32], const struct dkg_session *s,
                       party_index dealer, struct arena *arena, struct rng *r)
{
    struct dealing *d = arena_alloc(arena, sizeof *d);
    struct point e;

    memset(b, 0, sizeof *b);
    memset(hash, 0, 32);
    if (d == NULL)
        return PC_E_MEMORY;
    do {
        memset(b, 0, sizeof *b);
        shamir_poly_random(s->g, d->coeffs, s->p.t, r);
        group_scalar_random(s->g, &d->e, r);
        group_base_mult(s->g, &e, &d->e);
    } while (!deal_values(b, d, s, dealer, &e));
    memcpy(b->e, e.b, 32);
    deal_prove(b, d, s, dealer, &e, r);
    dkg_blob_hash(hash, NULL, b, s->sid, dealer, s->p.n);
    arena_free(arena, d);
    return PC_OK;
}
