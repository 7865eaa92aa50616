/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/group.h"

#include "base/ct.h"

enum err_code group_scalar_decode(const struct group *g, struct scalar *out,
                                  const uint8_t in[static 32])
{
    memcpy(out->b, in, sizeof out->b);
    bool ok = g->scalar_is_canonical(out);
    ct_public(&ok, sizeof ok); /* whether an encoding was accepted is no secret */
    if (ok)
        return PC_OK;
    scalar_wipe(out);
    return PC_E_NOT_CANONICAL;
}

enum err_code group_scalar_decode_nonzero(const struct group *g, struct scalar *out,
                                          const uint8_t in[static 32])
{
    PC_TRY(group_scalar_decode(g, out, in));
    return scalar_is_zero(out) ? PC_E_NOT_CANONICAL : PC_OK;
}

bool scalar_is_zero(const struct scalar *s)
{
    static const struct scalar zero;
    bool is = pc_memeq(s->b, zero.b, sizeof s->b);
    ct_public(&is, sizeof is); /* zero is excluded by every caller: one value in 2^252 */
    return is;
}

bool scalar_equal(const struct scalar *a, const struct scalar *b)
{
    bool equal = pc_memeq(a->b, b->b, sizeof a->b);
    ct_public(&equal, sizeof equal); /* the verdict */
    return equal;
}

void group_scalar_neg(const struct group *g, struct scalar *out, const struct scalar *a)
{
    static const struct scalar zero;
    g->scalar_sub(out, &zero, a);
}

void group_scalar_from_u64(const struct group *g, struct scalar *out, uint64_t v)
{
    uint8_t wide[64] = {0};
    store_le64(wide, v);
    g->scalar_reduce(out, wide);
    pc_wipe(wide, sizeof wide);
}

void group_scalar_random(const struct group *g, struct scalar *out, struct rng *r)
{
    uint8_t wide[64];
    for (int tries = 0; tries < 100; tries++) {
        rng_fill(r, wide, sizeof wide);
        g->scalar_reduce(out, wide);
        pc_wipe(wide, sizeof wide);
        if (!scalar_is_zero(out))
            return;
    }
    pc_bug("the random source gives zeros only");
}

enum err_code group_point_decode(const struct group *g, struct point *out,
                                 const uint8_t in[static 32])
{
    memcpy(out->b, in, sizeof out->b);
    if (group_is_identity(out))
        return PC_E_IDENTITY;
    if (g->point_is_valid(out))
        return PC_OK;
    pc_wipe(out, sizeof *out);
    return PC_E_NOT_CANONICAL;
}

enum err_code group_accumulate_var(const struct group *g, struct point *acc,
                                   const uint8_t in[static 32])
{
    if (bytes_all_zero_var(bytes_of(in, 32)))
        return PC_E_IDENTITY;
    if (group_is_identity(acc))
        return group_point_decode(g, acc, in); /* half the price of an addition */
    return g->accumulate(acc, in) ? PC_OK : PC_E_NOT_CANONICAL;
}

bool group_is_identity(const struct point *p)
{
    static const struct point identity;
    bool is = pc_memeq(p->b, identity.b, sizeof p->b);
    ct_public(&is, sizeof is); /* the verdict */
    return is;
}

bool group_point_equal(const struct point *a, const struct point *b)
{
    bool equal = pc_memeq(a->b, b->b, sizeof a->b);
    ct_public(&equal, sizeof equal); /* the verdict */
    return equal;
}
