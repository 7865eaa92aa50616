/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/proof.h"

#include "base/ct.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"

_Static_assert(sizeof(struct pok) == 2 * 32 && sizeof(struct dleq) == 3 * 32, "proof sizes");

/* A nonce that neither a repeated nor a bad random source can make repeat for two statements. */
static void hedged_nonce(struct scalar *out, const struct group *g, const struct scalar *secret,
                         const struct transcript *statement, struct rng *r)
{
    struct transcript copy = *statement;
    uint8_t what[64], fresh[32];
    transcript_final512(&copy, what);
    for (int tries = 0;; tries++) {
        struct transcript t;
        rng_fill(r, fresh, sizeof fresh);
        transcript_init512(&t, PC_LABEL_PROOF_NONCE);
        transcript_scalar(&t, secret);
        transcript_fixed(&t, what, sizeof what);
        transcript_fixed(&t, fresh, sizeof fresh);
        transcript_final_scalar(&t, g, out);
        if (!scalar_is_zero(out))
            break;
        PC_ASSERT(tries < 100);
    }
    pc_wipe(fresh, sizeof fresh);
}

/* s = nonce + c*secret, stored as the proof's last 32 bytes. */
static void respond(uint8_t out[static 32], const struct group *g, const struct scalar *nonce,
                    const struct scalar *c, const struct scalar *secret)
{
    struct scalar s;
    group_scalar_mul(g, &s, c, secret);
    group_scalar_add(g, &s, &s, nonce);
    ct_public(&s, sizeof s); /* the proof is published */
    memcpy(out, s.b, sizeof s.b);
    scalar_wipe(&s);
}

/* A Schnorr proof: `head` is the transcript up to the statement, inclusive; after R comes `tail`, a
 * hash that may be absent. */
static void challenge(struct scalar *c, const struct group *g, const struct transcript *head,
                      const struct point *r, const uint8_t *tail)
{
    struct transcript t = *head;
    transcript_point(&t, r);
    if (tail != NULL)
        transcript_fixed(&t, tail, 32);
    transcript_final_scalar(&t, g, c);
}

static void schnorr_prove(struct pok *out, const struct group *g, const struct transcript *head,
                          const uint8_t *tail, const struct scalar *secret, struct rng *r)
{
    struct scalar nonce, c;
    struct point commitment;
    struct transcript whole = *head;
    if (tail != NULL)
        transcript_fixed(&whole, tail, 32);
    hedged_nonce(&nonce, g, secret, &whole, r);
    group_base_mult(g, &commitment, &nonce);
    ct_public(&commitment, sizeof commitment); /* the proof is published */
    challenge(&c, g, head, &commitment, tail);
    memcpy(out->b, commitment.b, 32);
    respond(out->b + 32, g, &nonce, &c, secret);
    scalar_wipe(&nonce);
}

static enum err_code schnorr_verify_var(const struct group *g, const struct transcript *head,
                                        const uint8_t *tail, const struct point *statement,
                                        const struct pok *proof)
{
    struct point r, left, right;
    struct scalar s, c;
    memcpy(r.b, proof->b, sizeof r.b);
    if (group_is_identity(statement) || !g->point_is_valid(statement) || group_is_identity(&r) ||
        group_scalar_decode(g, &s, proof->b + 32) != PC_OK)
        return PC_E_PROOF;
    challenge(&c, g, head, &r, tail);
    group_base_mult(g, &left, &s);
    group_mult(g, &right, &c, statement);
    group_sub(g, &left, &left, &right);
    /* s*G - c*X is encoded canonically, so R equal to it needs no decoding of its own. */
    return group_point_equal(&left, &r) ? PC_OK : PC_E_PROOF;
}

static struct transcript pok_a_head(const struct pok_a_context *ctx, const struct point *statement)
{
    struct transcript t;
    transcript_init512(&t, PC_LABEL_POK_A);
    transcript_fixed(&t, ctx->sid, 32);
    transcript_u16(&t, ctx->dealer);
    transcript_u32(&t, ctx->key_index);
    transcript_u8(&t, ctx->key_class);
    transcript_point(&t, statement);
    return t;
}

void pok_a_prove(struct pok *out, const struct group *g, const struct pok_a_context *ctx,
                 const struct scalar *secret, const struct point *statement, struct rng *r)
{
    struct transcript head = pok_a_head(ctx, statement);
    schnorr_prove(out, g, &head, ctx->blob_hash, secret, r);
}

enum err_code pok_a_verify_var(const struct group *g, const struct pok_a_context *ctx,
                               const struct point *statement, const struct pok *proof)
{
    struct transcript head = pok_a_head(ctx, statement);
    return schnorr_verify_var(g, &head, ctx->blob_hash, statement, proof);
}

static struct transcript pok_e_head(const struct pok_e_context *ctx, const struct point *statement)
{
    struct transcript t;
    transcript_init512(&t, PC_LABEL_POK_E);
    transcript_fixed(&t, ctx->sid, 32);
    transcript_u16(&t, ctx->dealer);
    transcript_point(&t, statement);
    return t;
}

void pok_e_prove(struct pok *out, const struct group *g, const struct pok_e_context *ctx,
                 const struct scalar *secret, const struct point *statement, struct rng *r)
{
    struct transcript head = pok_e_head(ctx, statement);
    schnorr_prove(out, g, &head, ctx->blob_hash, secret, r);
}

enum err_code pok_e_verify_var(const struct group *g, const struct pok_e_context *ctx,
                               const struct point *statement, const struct pok *proof)
{
    struct transcript head = pok_e_head(ctx, statement);
    return schnorr_verify_var(g, &head, ctx->blob_hash, statement, proof);
}

static struct transcript pop_head(const struct pop_context *ctx, const struct point *statement)
{
    struct transcript t;
    transcript_init512(&t, PC_LABEL_POP);
    transcript_fixed(&t, ctx->network_id, 32);
    transcript_u64(&t, ctx->epoch);
    transcript_u32(&t, ctx->attempt);
    transcript_u32(&t, ctx->node_id);
    transcript_point(&t, statement);
    return t;
}

void pop_prove(struct pok *out, const struct group *g, const struct pop_context *ctx,
               const struct scalar *secret, const struct point *statement, struct rng *r)
{
    struct transcript head = pop_head(ctx, statement);
    schnorr_prove(out, g, &head, NULL, secret, r);
}

enum err_code pop_verify_var(const struct group *g, const struct pop_context *ctx,
                             const struct point *statement, const struct pok *proof)
{
    struct transcript head = pop_head(ctx, statement);
    return schnorr_verify_var(g, &head, NULL, statement, proof);
}

/* The complaint's transcript up to K, inclusive: bases and both statements are in it. */
static struct transcript complaint_head(const struct group *g, const struct complaint_context *ctx,
                                        const struct point *ek_pub, const struct point *e,
                                        const struct point *k)
{
    struct transcript t;
    transcript_init512(&t, PC_LABEL_COMPLAINT);
    transcript_fixed(&t, ctx->sid, 32);
    transcript_u16(&t, ctx->dealer);
    transcript_u16(&t, ctx->receiver);
    transcript_point(&t, &g->generator);
    transcript_point(&t, e);
    transcript_point(&t, ek_pub);
    transcript_point(&t, k);
    return t;
}

static void complaint_challenge(struct scalar *c, const struct group *g,
                                const struct transcript *head, const struct point *r1,
                                const struct point *r2, const uint8_t blob_hash[static 32])
{
    struct transcript t = *head;
    transcript_point(&t, r1);
    transcript_point(&t, r2);
    transcript_fixed(&t, blob_hash, 32);
    transcript_final_scalar(&t, g, c);
}

void complaint_prove(struct point *k_out, struct dleq *out, const struct group *g,
                     const struct complaint_context *ctx, const struct scalar *ek,
                     const struct point *ek_pub, const struct point *e, struct rng *r)
{
    struct scalar nonce, c;
    struct point r1, r2;
    group_mult(g, k_out, ek, e);
    ct_public(k_out, sizeof *k_out); /* a complaint reveals K */
    struct transcript head = complaint_head(g, ctx, ek_pub, e, k_out);
    struct transcript whole = head;
    transcript_fixed(&whole, ctx->blob_hash, 32);
    hedged_nonce(&nonce, g, ek, &whole, r);
    group_base_mult(g, &r1, &nonce);
    group_mult(g, &r2, &nonce, e);
    ct_public(&r1, sizeof r1); /* the proof is published */
    ct_public(&r2, sizeof r2);
    complaint_challenge(&c, g, &head, &r1, &r2, ctx->blob_hash);
    memcpy(out->b, r1.b, 32);
    memcpy(out->b + 32, r2.b, 32);
    respond(out->b + 64, g, &nonce, &c, ek);
    scalar_wipe(&nonce);
}

/* Is s*base = r + c*statement? */
static bool equation_holds_var(const struct group *g, const struct scalar *s,
                               const struct scalar *c, const struct point *base,
                               const struct point *statement, const struct point *r)
{
    struct point left, right;
    group_mult(g, &left, s, base);
    group_mult(g, &right, c, statement);
    group_add(g, &right, &right, r);
    return group_point_equal(&left, &right);
}

enum err_code complaint_verify_var(const struct group *g, const struct complaint_context *ctx,
                                   const struct point *ek_pub, const struct point *e,
                                   const struct point *k, const struct dleq *proof)
{
    struct point r1, r2;
    struct scalar s, c;
    if (group_is_identity(ek_pub) || group_is_identity(e) || group_is_identity(k) ||
        !g->point_is_valid(ek_pub) || !g->point_is_valid(e) || !g->point_is_valid(k) ||
        group_point_decode(g, &r1, proof->b) != PC_OK ||
        group_point_decode(g, &r2, proof->b + 32) != PC_OK ||
        group_scalar_decode(g, &s, proof->b + 64) != PC_OK)
        return PC_E_PROOF;
    struct transcript head = complaint_head(g, ctx, ek_pub, e, k);
    complaint_challenge(&c, g, &head, &r1, &r2, ctx->blob_hash);
    if (!equation_holds_var(g, &s, &c, &g->generator, ek_pub, &r1) ||
        !equation_holds_var(g, &s, &c, e, k, &r2))
        return PC_E_PROOF;
    return PC_OK;
}
