/* SPDX-License-Identifier: Apache-2.0 */
#include "dkg/dkg_msg.h"

static bool in_range(party_index i)
{
    return i >= 1 && i <= DKG_MAX_N;
}

static uint8_t *byte_of(struct dkg_bitmap *m, party_index i)
{
    PC_ASSERT(in_range(i));
    return &m->b[31 - (i - 1) / 8];
}

static uint8_t mask_of(party_index i)
{
    return (uint8_t)(1u << ((i - 1) % 8));
}

bool dkg_bitmap_test(const struct dkg_bitmap *m, party_index i)
{
    return in_range(i) && (m->b[31 - (i - 1) / 8] & mask_of(i)) != 0;
}

void dkg_bitmap_set(struct dkg_bitmap *m, party_index i)
{
    *byte_of(m, i) |= mask_of(i);
}

void dkg_bitmap_clear(struct dkg_bitmap *m, party_index i)
{
    *byte_of(m, i) &= (uint8_t)~mask_of(i);
}

uint16_t dkg_bitmap_count(const struct dkg_bitmap *m)
{
    unsigned count = 0;

    for (size_t k = 0; k < sizeof m->b; k++)
        count += (unsigned)__builtin_popcount(m->b[k]);
    return (uint16_t)count;
}

bool dkg_bitmap_empty(const struct dkg_bitmap *m)
{
    return bytes_all_zero_var(PC_BYTES(m->b));
}

bool dkg_bitmap_equal(const struct dkg_bitmap *a, const struct dkg_bitmap *b)
{
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}

bool dkg_bitmap_within(const struct dkg_bitmap *a, const struct dkg_bitmap *b)
{
    for (size_t k = 0; k < sizeof a->b; k++)
        if ((a->b[k] & ~b->b[k]) != 0)
            return false;
    return true;
}

bool dkg_bitmap_fits(const struct dkg_bitmap *m, uint16_t n)
{
    for (uint32_t i = n + 1u; i <= DKG_MAX_N; i++)
        if (dkg_bitmap_test(m, (party_index)i))
            return false;
    return true;
}

enum err_code dkg_params_of(struct dkg_params *p, uint32_t n, uint32_t t)
{
    memset(p, 0, sizeof *p);
    if (n < 3 || n > DKG_MAX_N || t < n / 2 + 1 || t > n)
        return PC_E_USAGE;
    p->n = (uint16_t)n;
    p->t = (uint16_t)t;
    p->b = (uint16_t)((n - t) / 2);
    p->a = (uint16_t)(p->t + p->b);
    p->q = (uint16_t)(n / 2 + 1);
    return PC_OK;
}
