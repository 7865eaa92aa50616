/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/threshold.h"

#include "crypto/shamir.h"

static bool sizes_ok(const struct dkg_public *pub)
{
    return pub->t >= 1 && pub->t <= pub->n && pub->n <= DKG_MAX_N;
}

enum err_code threshold_key_check(const struct group *g, const struct dkg_key *key)
{
    struct scalar share;
    struct point y;

    if (!sizes_ok(&key->pub) || key->index == 0 || key->index > key->pub.n ||
        group_scalar_decode_nonzero(g, &share, key->share.b) != PC_OK)
        return PC_E_SHARE;
    group_base_mult(g, &y, &share);
    scalar_wipe(&share);
    return group_point_equal(&y, &key->pub.y[key->index]) ? PC_OK : PC_E_SHARE;
}

enum err_code threshold_evaluate(struct threshold_partial *out, const struct group *g,
                                 const struct dkg_key *key, struct bytes input, struct rng *r)
{
    struct point p, d = {{0}};
    enum err_code e = voprf_hash_to_group(g, &p, input);

    memset(out, 0, sizeof *out);
    if (e == PC_OK)
        e = voprf_evaluate(g, &d, &key->share, &p);
    if (e == PC_OK)
        e = voprf_prove(g, &out->proof, &key->share, &key->pub.y[key->index], &p, &d, 1, r);
    if (e == PC_OK)
        memcpy(out->d, d.b, sizeof out->d);
    else
        memset(out, 0, sizeof *out);
    pc_wipe(&d, sizeof d);
    return e;
}

enum err_code threshold_epoch_check_var(const struct group *g, const struct dkg_public *pub,
                                        const struct point *pinned_pk, struct rng *r)
{
    struct scalar weights[DKG_MAX_N + 1];
    struct xof x;

    if (!sizes_ok(pub) || pub->n > g->max_index)
        return PC_E_USAGE;
    if (!group_point_equal(&pub->y[0], pinned_pk))
        return PC_E_MISMATCH;
    for (uint32_t j = 0; j <= pub->n; j++) {
        if (group_is_identity(&pub->y[j]))
            return PC_E_IDENTITY;
        if (!g->point_is_valid(&pub->y[j]))
            return PC_E_NOT_CANONICAL;
    }
    shamir_degree_xof_local(&x, r);
    PC_TRY(shamir_degree_weights(g, weights, pub->n, pub->t, &x));
    return shamir_degree_check_var(g, weights, pub->y, pub->n);
}

enum err_code threshold_combine_init(struct threshold_combiner *c, const struct group *g,
                                     const struct dkg_public *pub, struct bytes input)
{
    memset(c, 0, sizeof *c);
    if (!sizes_ok(pub))
        return PC_E_USAGE;
    PC_TRY(voprf_hash_to_group(g, &c->p, input));
    c->g = g;
    c->pub = pub;
    c->input = input;
    return PC_OK;
}

enum err_code threshold_combine_add(struct threshold_combiner *c, party_index index,
                                    const struct threshold_partial *partial)
{
    struct point d;

    if (index == 0 || index > c->pub->n)
        return PC_E_USAGE;
    if (dkg_bitmap_test(&c->seen, index))
        return PC_E_EXISTS;
    enum err_code e = group_point_decode(c->g, &d, partial->d);
    if (e == PC_OK)
        e = voprf_verify_var(c->g, &c->pub->y[index], &c->p, &d, 1, &partial->proof);
    if (e != PC_OK) {
        dkg_bitmap_set(&c->liars, index);
    } else {
        dkg_bitmap_set(&c->seen, index);
        if (c->have < c->pub->t) {
            c->index[c->have] = index;
            c->d[c->have] = d;
            c->have++;
        }
    }
    pc_wipe(&d, sizeof d);
    return e;
}

bool threshold_combine_ready(const struct threshold_combiner *c)
{
    return c->have == c->pub->t;
}

enum err_code threshold_combine_finish(uint8_t y[static PC_VOPRF_OUTPUT_BYTES],
                                       const struct threshold_combiner *c)
{
    struct point n = {{0}};
    enum err_code e = PC_E_RETRY;

    memset(y, 0, PC_VOPRF_OUTPUT_BYTES);
    if (threshold_combine_ready(c))
        e = voprf_combine(c->g, &n, c->index, c->d, c->have);
    if (e == PC_OK)
        e = voprf_finalize(y, c->input, &n);
    if (e != PC_OK)
        memset(y, 0, PC_VOPRF_OUTPUT_BYTES);
    pc_wipe(&n, sizeof n);
    return e;
}

void threshold_combine_wipe(struct threshold_combiner *c)
{
    pc_wipe(c, sizeof *c);
}
