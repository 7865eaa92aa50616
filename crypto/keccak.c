/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/keccak.h"

#define RATE 136u

static const uint64_t round_constant[24] = {
    0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
    0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
    0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
    0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
    0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
    0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
};
/* Rotation and target lane of each step of the walk that rho and pi make together. */
static const uint8_t rho[24] = {1,  3,  6,  10, 15, 21, 28, 36, 45, 55, 2,  14,
                                27, 41, 56, 8,  25, 43, 62, 18, 39, 61, 20, 44};
static const uint8_t pi[24] = {10, 7,  11, 17, 18, 3, 5,  16, 8,  21, 24, 4,
                               15, 23, 19, 13, 12, 2, 20, 14, 22, 9,  6,  1};

static uint64_t rotl(uint64_t x, unsigned n)
{
    return x << n | x >> (64 - n);
}

static void permute(uint64_t a[25])
{
    for (size_t round = 0; round < 24; round++) {
        uint64_t c[5];
#pragma GCC unroll 5
        for (size_t x = 0; x < 5; x++)
            c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
#pragma GCC unroll 5
        for (size_t x = 0; x < 5; x++) {
            uint64_t d = c[(x + 4) % 5] ^ rotl(c[(x + 1) % 5], 1);
#pragma GCC unroll 5
            for (size_t y = 0; y < 25; y += 5)
                a[y + x] ^= d;
        }
        uint64_t moving = a[1];
#pragma GCC unroll 24
        for (size_t i = 0; i < 24; i++) {
            uint64_t next = a[pi[i]];
            a[pi[i]] = rotl(moving, rho[i]);
            moving = next;
        }
#pragma GCC unroll 5
        for (size_t y = 0; y < 25; y += 5) {
#pragma GCC unroll 5
            for (size_t x = 0; x < 5; x++)
                c[x] = a[y + x];
#pragma GCC unroll 5
            for (size_t x = 0; x < 5; x++)
                a[y + x] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]);
        }
        a[0] ^= round_constant[round];
    }
}

static void absorb_byte(struct keccak256 *k, size_t at, uint8_t v)
{
    k->lane[at / 8] ^= (uint64_t)v << (8 * (at % 8));
}

void keccak256_init(struct keccak256 *k)
{
    *k = (struct keccak256){0};
}

void keccak256_update(struct keccak256 *k, const void *p, size_t n)
{
    const uint8_t *in = p;
    while (n != 0) {
        if (k->fill % 8 == 0 && n >= 8) {
            k->lane[k->fill / 8] ^= load_le64(in);
            in += 8;
            n -= 8;
            k->fill += 8;
        } else {
            absorb_byte(k, k->fill++, *in++);
            n--;
        }
        if (k->fill == RATE) {
            permute(k->lane);
            k->fill = 0;
        }
    }
}

void keccak256_final(struct keccak256 *k, uint8_t out[static 32])
{
    absorb_byte(k, k->fill, 0x01);
    absorb_byte(k, RATE - 1, 0x80);
    permute(k->lane);
    for (size_t i = 0; i < 4; i++)
        store_le64(out + 8 * i, k->lane[i]);
    *k = (struct keccak256){0};
}

void keccak256(uint8_t out[static 32], struct bytes in)
{
    struct keccak256 k;
    keccak256_init(&k);
    keccak256_update(&k, in.p, in.n);
    keccak256_final(&k, out);
}
