/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng_seeded.h"

#include <sodium.h>

static void seeded_fill(struct rng *self, void *out, size_t n)
{
    struct rng_seeded *r = (struct rng_seeded *)self;
    uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    store_le64(nonce, r->block++);
    crypto_stream_chacha20(out, n, nonce, r->key);
}

void rng_seeded_init(struct rng_seeded *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    r->rng.fill = seeded_fill;
    store_le64(r->key, seed);
}

uint64_t rng_seeded_below(struct rng_seeded *r, uint64_t n)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % n, v;
    do {
        uint8_t b[8];
        seeded_fill(&r->rng, b, sizeof b);
        v = load_le64(b);
    } while (v >= limit);
    return v % n;
}
