/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/transcript.h"

#include "crypto/labels.h"

void transcript_fixed(struct transcript *t, const void *p, size_t n)
{
    if (t->wide)
        sha512_update(&t->u.h512, p, n);
    else
        sha256_update(&t->u.h256, p, n);
}

void transcript_init256(struct transcript *t, const char *label)
{
    t->wide = false;
    sha256_init(&t->u.h256);
    transcript_bytes(t, bytes_of(label, strlen(label)));
}

void transcript_init512(struct transcript *t, const char *label)
{
    t->wide = true;
    sha512_init(&t->u.h512);
    transcript_bytes(t, bytes_of(label, strlen(label)));
}

void transcript_wipe(struct transcript *t)
{
    pc_wipe(t, sizeof *t);
}

void transcript_u8(struct transcript *t, uint8_t v)
{
    transcript_fixed(t, &v, 1);
}

void transcript_u16(struct transcript *t, uint16_t v)
{
    uint8_t b[2];
    store_be16(b, v);
    transcript_fixed(t, b, sizeof b);
}

void transcript_u32(struct transcript *t, uint32_t v)
{
    uint8_t b[4];
    store_be32(b, v);
    transcript_fixed(t, b, sizeof b);
}

void transcript_u64(struct transcript *t, uint64_t v)
{
    uint8_t b[8];
    store_be64(b, v);
    transcript_fixed(t, b, sizeof b);
}

void transcript_bytes(struct transcript *t, struct bytes b)
{
    PC_ASSERT(b.n <= UINT32_MAX);
    transcript_u32(t, (uint32_t)b.n);
    transcript_fixed(t, b.p, b.n);
}

void transcript_point(struct transcript *t, const struct point *p)
{
    transcript_fixed(t, p->b, sizeof p->b);
}

void transcript_scalar(struct transcript *t, const struct scalar *s)
{
    transcript_fixed(t, s->b, sizeof s->b);
}

void transcript_final256(struct transcript *t, uint8_t out[static 32])
{
    PC_ASSERT(!t->wide);
    sha256_final(&t->u.h256, out);
    transcript_wipe(t);
}

void transcript_final512(struct transcript *t, uint8_t out[static 64])
{
    PC_ASSERT(t->wide);
    sha512_final(&t->u.h512, out);
    transcript_wipe(t);
}

void transcript_final_scalar(struct transcript *t, const struct group *g, struct scalar *out)
{
    uint8_t digest[64];
    transcript_final512(t, digest);
    group_scalar_reduce(g, out, digest);
    pc_wipe(digest, sizeof digest);
}

void xof_init(struct xof *x, struct transcript *t)
{
    uint8_t seed[64];
    transcript_final512(t, seed);
    transcript_init512(&x->base, PC_LABEL_XOF);
    transcript_fixed(&x->base, seed, sizeof seed);
    x->block = 0;
    pc_wipe(seed, sizeof seed);
}

void xof_block(struct xof *x, uint8_t out[static 64])
{
    struct transcript t = x->base;
    transcript_u64(&t, x->block++);
    transcript_final512(&t, out);
}

void xof_scalar(struct xof *x, const struct group *g, struct scalar *out)
{
    uint8_t wide[64];
    xof_block(x, wide);
    group_scalar_reduce(g, out, wide);
    pc_wipe(wide, sizeof wide);
}
