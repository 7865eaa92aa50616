/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/voprf.h"

#include "base/buf.h"
#include "base/ct.h"
#include "crypto/hash.h"
#include "crypto/labels.h"
#include "crypto/shamir.h"
#include "crypto/voprf_internal.h"

#define MODE_VOPRF 1
#define MAX_DST    96

enum err_code voprf_input(struct bytes *out, uint8_t buf[static PC_VOPRF_INPUT_MAX],
                          const struct voprf_subject *s)
{
    *out = (struct bytes){NULL, 0};
    if (s->scope.n > PC_VOPRF_MAX_SCOPE)
        return PC_E_TOO_LARGE;
    if (s->key_class != PC_CLASS_APPLICATION && s->key_class != PC_CLASS_EPOCH &&
        s->key_class != PC_CLASS_DESTROYABLE)
        return PC_E_UNSUPPORTED;
    struct writer w = writer_of(buf, PC_VOPRF_INPUT_MAX);
    write_bytes32(&w, PC_BYTES_STR(PC_LABEL_IN));
    write_bytes(&w, s->network_id, 32);
    write_bytes(&w, s->key_id, 32);
    write_u8(&w, (uint8_t)s->key_class);
    write_bytes(&w, s->app_id, 32);
    write_u32(&w, s->version);
    write_bytes32(&w, s->scope);
    return writer_end(&w, out);
}

/* PREFIX ‖ "OPRFV1-" ‖ I2OSP(1, 1) ‖ "-" ‖ suite */
static struct bytes domain_tag(const struct group *g, const char *prefix,
                               uint8_t buf[static MAX_DST])
{
    struct writer w = writer_of(buf, MAX_DST);
    struct bytes out;
    write_bytes(&w, prefix, strlen(prefix));
    write_bytes(&w, "OPRFV1-", 7);
    write_u8(&w, MODE_VOPRF);
    write_bytes(&w, "-", 1);
    write_bytes(&w, g->suite, strlen(g->suite));
    PC_ASSERT(writer_end(&w, &out) == PC_OK);
    return out;
}

enum err_code voprf_hash_to_group(const struct group *g, struct point *out, struct bytes input)
{
    uint8_t dst[MAX_DST], uniform[64];
    memset(out, 0, sizeof *out);
    if (input.n > UINT16_MAX)
        return PC_E_TOO_LARGE;
    PC_TRY(expand_xmd_sha512(uniform, sizeof uniform, input, bytes_of(NULL, 0),
                             domain_tag(g, "HashToGroup-", dst)));
    group_from_uniform(g, out, uniform);
    return group_is_identity(out) ? PC_E_IDENTITY : PC_OK;
}

static void hash_to_scalar(const struct group *g, struct scalar *out, struct bytes msg)
{
    uint8_t dst[MAX_DST], uniform[64];
    PC_ASSERT(expand_xmd_sha512(uniform, sizeof uniform, msg, bytes_of(NULL, 0),
                                domain_tag(g, "HashToScalar-", dst)) == PC_OK);
    group_scalar_reduce(g, out, uniform);
}

static void put16(struct writer *w, const void *p, size_t n)
{
    write_u16(w, (uint16_t)n);
    write_bytes(w, p, n);
}

static void seed_of(uint8_t seed[static 64], const struct group *g, const struct point *y)
{
    uint8_t dst[MAX_DST], buf[2 + 32 + 2 + MAX_DST];
    struct bytes tag = domain_tag(g, "Seed-", dst), msg;
    struct writer w = writer_of(buf, sizeof buf);
    put16(&w, y->b, sizeof y->b);
    put16(&w, tag.p, tag.n);
    PC_ASSERT(writer_end(&w, &msg) == PC_OK);
    sha512(seed, msg);
}

/* The i-th random weight of the composites. */
static void weight(struct scalar *out, const struct group *g, const uint8_t seed[static 64],
                   size_t i, const struct point *p, const struct point *d)
{
    uint8_t buf[2 + 64 + 2 + 2 * (2 + 32) + 9];
    struct writer w = writer_of(buf, sizeof buf);
    struct bytes msg;
    put16(&w, seed, 64);
    write_u16(&w, (uint16_t)i);
    put16(&w, p->b, sizeof p->b);
    put16(&w, d->b, sizeof d->b);
    write_bytes(&w, "Composite", 9);
    PC_ASSERT(writer_end(&w, &msg) == PC_OK);
    hash_to_scalar(g, out, msg);
}

/* M = sum of w_i*P_i and, for a verifier (z not NULL), Z = sum of w_i*D_i. */
static void composites(struct point *m_out, struct point *z, const struct group *g,
                       const struct point *y, const struct point *p, const struct point *d,
                       size_t m)
{
    uint8_t seed[64];
    memset(m_out, 0, sizeof *m_out);
    if (z != NULL)
        memset(z, 0, sizeof *z);
    seed_of(seed, g, y);
    for (size_t i = 0; i < m; i++) {
        struct scalar w;
        struct point term;
        weight(&w, g, seed, i, &p[i], &d[i]);
        group_mult(g, &term, &w, &p[i]);
        if (m == 1)
            *m_out = term;
        else
            group_add(g, m_out, m_out, &term);
        if (z == NULL)
            continue;
        group_mult(g, &term, &w, &d[i]);
        if (m == 1)
            *z = term;
        else
            group_add(g, z, z, &term);
    }
}

static void challenge(struct scalar *c, const struct group *g, const struct point *y,
                      const struct point *m, const struct point *z, const struct point *t2,
                      const struct point *t3)
{
    uint8_t buf[5 * (2 + 32) + 9];
    struct writer w = writer_of(buf, sizeof buf);
    struct bytes msg;
    put16(&w, y->b, sizeof y->b);
    put16(&w, m->b, sizeof m->b);
    put16(&w, z->b, sizeof z->b);
    put16(&w, t2->b, sizeof t2->b);
    put16(&w, t3->b, sizeof t3->b);
    write_bytes(&w, "Challenge", 9);
    PC_ASSERT(writer_end(&w, &msg) == PC_OK);
    hash_to_scalar(g, c, msg);
}

enum err_code voprf_evaluate(const struct group *g, struct point *d, const struct scalar *share,
                             const struct point *p)
{
    if (scalar_is_zero(share) || group_is_identity(p)) {
        memset(d, 0, sizeof *d);
        return PC_E_USAGE;
    }
    group_mult(g, d, share, p);
    return PC_OK;
}

enum err_code voprf_prove_with_nonce(const struct group *g, struct voprf_proof *out,
                                     const struct scalar *share, const struct point *y,
                                     const struct point *p, const struct point *d, size_t m,
                                     const struct scalar *r)
{
    memset(out, 0, sizeof *out);
    if (m < 1 || m > UINT16_MAX || scalar_is_zero(share))
        return PC_E_USAGE;
    struct point composite, z, t2, t3;
    struct scalar c, s;
    composites(&composite, NULL, g, y, p, d, m);
    /* It depends on D by its weight, but is always a point, and whether it is one is all that the
     * next multiplication branches on. */
    ct_public(&composite, sizeof composite);
    group_mult(g, &z, share, &composite);
    group_base_mult(g, &t2, r);
    group_mult(g, &t3, r, &composite);
    challenge(&c, g, y, &composite, &z, &t2, &t3);
    group_scalar_mul(g, &s, &c, share);
    group_scalar_sub(g, &s, r, &s);
    memcpy(out->b, c.b, 32);
    memcpy(out->b + 32, s.b, 32);
    scalar_wipe(&s);
    pc_wipe(&z, sizeof z);
    return PC_OK;
}

static void hedged_nonce(struct scalar *out, const struct group *g, const struct scalar *share,
                         const struct point *y, const struct point *p, const struct point *d,
                         size_t m, struct rng *rng)
{
    uint8_t fresh[32];
    for (int tries = 0;; tries++) {
        struct transcript t;
        rng_fill(rng, fresh, sizeof fresh);
        transcript_init512(&t, PC_LABEL_DLEQ_NONCE);
        transcript_scalar(&t, share);
        transcript_point(&t, y);
        transcript_u16(&t, (uint16_t)m);
        for (size_t i = 0; i < m; i++) {
            transcript_point(&t, &p[i]);
            transcript_point(&t, &d[i]);
        }
        transcript_fixed(&t, fresh, sizeof fresh);
        transcript_final_scalar(&t, g, out);
        if (!scalar_is_zero(out))
            break;
        PC_ASSERT(tries < 100);
    }
    pc_wipe(fresh, sizeof fresh);
}

enum err_code voprf_prove(const struct group *g, struct voprf_proof *out,
                          const struct scalar *share, const struct point *y, const struct point *p,
                          const struct point *d, size_t m, struct rng *r)
{
    memset(out, 0, sizeof *out);
    if (m < 1 || m > UINT16_MAX)
        return PC_E_USAGE;
    struct scalar nonce;
    hedged_nonce(&nonce, g, share, y, p, d, m, r);
    enum err_code e = voprf_prove_with_nonce(g, out, share, y, p, d, m, &nonce);
    scalar_wipe(&nonce);
    return e;
}

enum err_code voprf_verify_var(const struct group *g, const struct point *y, const struct point *p,
                               const struct point *d, size_t m, const struct voprf_proof *proof)
{
    if (m < 1 || m > UINT16_MAX)
        return PC_E_USAGE;
    struct scalar c, s, expected;
    struct point composite, z, t2, t3, term;
    if (group_is_identity(y) || group_scalar_decode(g, &c, proof->b) != PC_OK ||
        group_scalar_decode(g, &s, proof->b + 32) != PC_OK)
        return PC_E_PROOF;
    for (size_t i = 0; i < m; i++)
        if (group_is_identity(&p[i]) || group_is_identity(&d[i]) || !g->point_is_valid(&d[i]))
            return PC_E_PROOF;
    composites(&composite, &z, g, y, p, d, m);
    group_base_mult(g, &t2, &s);
    group_mult(g, &term, &c, y);
    group_add(g, &t2, &t2, &term);
    group_mult(g, &t3, &s, &composite);
    group_mult(g, &term, &c, &z);
    group_add(g, &t3, &t3, &term);
    challenge(&expected, g, y, &composite, &z, &t2, &t3);
    return scalar_equal(&c, &expected) ? PC_OK : PC_E_PROOF;
}

enum err_code voprf_combine(const struct group *g, struct point *n, const uint16_t *index,
                            const struct point *d, size_t k)
{
    return shamir_combine_points_var(g, n, index, d, k, 0);
}

enum err_code voprf_finalize(uint8_t y[static PC_VOPRF_OUTPUT_BYTES], struct bytes input,
                             const struct point *n)
{
    memset(y, 0, PC_VOPRF_OUTPUT_BYTES);
    if (input.n > UINT16_MAX)
        return PC_E_TOO_LARGE;
    if (group_is_identity(n))
        return PC_E_IDENTITY;
    uint8_t len[2];
    struct sha512 h;
    sha512_init(&h);
    store_be16(len, (uint16_t)input.n);
    sha512_update(&h, len, sizeof len);
    sha512_update(&h, input.p, input.n);
    store_be16(len, sizeof n->b);
    sha512_update(&h, len, sizeof len);
    sha512_update(&h, n->b, sizeof n->b);
    sha512_update(&h, "Finalize", 8);
    sha512_final(&h, y);
    return PC_OK;
}
