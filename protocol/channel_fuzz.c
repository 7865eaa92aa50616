/* SPDX-License-Identifier: Apache-2.0 */
/*
 * channel_fuzz: what a stranger or a man in the middle may say to either side of a channel. The
 * first byte picks the side and where genuine messages end and the input's begin.
 */
#include "protocol/channel.h"

#include "base/rng_seeded.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct x25519_sk sk_i, sk_r;
static struct x25519_pk pk_i, pk_r;

static enum err_code give_dh(struct channel *c, const struct x25519_sk *sk)
{
    uint8_t shared[32];
    if (x25519_dh(shared, sk, channel_dh_point(c)) != PC_OK)
        memset(shared, 0, sizeof shared);
    return channel_dh_give(c, shared);
}

/* Genuine message 1 or 2, or the input's first bytes in its place. */
static struct bytes message(const uint8_t *real, size_t n, bool genuine, struct bytes *in)
{
    if (genuine)
        return bytes_of(real, n);
    struct bytes taken = bytes_of(in->p, in->n < n ? in->n : n);
    in->p += taken.n;
    in->n -= taken.n;
    return taken;
}

/* u8 length, then that many bytes, each one message; what is accepted must have been sealed for us.
 */
static void transport(struct channel *c, struct bytes in)
{
    uint8_t out[256];
    while (in.n > 0) {
        size_t n = in.p[0] < in.n - 1 ? in.p[0] : in.n - 1;
        PC_ASSERT(channel_open(c, out, bytes_of(in.p + 1, n)) != PC_OK);
        in = bytes_of(in.p + 1 + n, in.n - 1 - n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rng_seeded rng;
    struct channel i, r;
    uint8_t m1[96], m2[96];
    size_t n;
    if (size == 0)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    rng_seeded_init(&rng, 1);
    x25519_generate(&sk_i, &pk_i, &rng.rng);
    x25519_generate(&sk_r, &pk_r, &rng.rng);
    channel_call(&i, PC_BYTES_STR("p"), &pk_i, &pk_r, &rng.rng);
    channel_answer(&r, PC_BYTES_STR("p"), &pk_r, &rng.rng);
    PC_ASSERT(give_dh(&i, &sk_i) == PC_OK && channel_hs_write(&i, m1, &n) == PC_OK);
    if (channel_hs_read(&r, message(m1, 96, (data[0] & 1) != 0, &in)) != PC_OK ||
        give_dh(&r, &sk_r) != PC_OK || give_dh(&r, &sk_r) != PC_OK) {
        PC_ASSERT(channel_next(&r) == CHANNEL_IS_DEAD);
        return 0;
    }
    PC_ASSERT(channel_hs_write(&r, m2, &n) == PC_OK);
    if (data[0] & 2) {
        transport(&r, in);
        return 0;
    }
    if (channel_hs_read(&i, message(m2, 48, (data[0] & 4) != 0, &in)) != PC_OK ||
        give_dh(&i, &sk_i) != PC_OK) {
        PC_ASSERT(channel_next(&i) == CHANNEL_IS_DEAD);
        return 0;
    }
    transport(&i, in);
    return 0;
}
