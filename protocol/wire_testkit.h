/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wire_testkit.h - what the generated codec tests share. Tests only; each test includes it once.
 *
 * A test has, for each struct, a function that fills one with values (fill), and calls check_codec:
 * encode, decode, encode again; truncation at every byte; one byte too many; and every 1-, 2- and
 * 4-byte position overwritten with extremes, which hits every length and count whatever the layout.
 */
#ifndef PC_PROTOCOL_WIRE_TESTKIT_H
#define PC_PROTOCOL_WIRE_TESTKIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/rng_seeded.h"
#include "protocol/codec.h"

/* MIN: nothing optional, nothing counted, lowest numbers. MAX: everything, as long as it may be.
 * RANDOM: a little of all. */
enum fill_mode { FILL_MIN, FILL_RANDOM, FILL_MAX };

struct fill {
    enum fill_mode mode;
    struct rng_seeded rng;
    size_t used; /* of the pool that views point into */
};

static uint8_t fill_pool[16u << 20];
static uint8_t fill_buf_a[WIRE_FRAME_MAX + 64], fill_buf_b[WIRE_FRAME_MAX + 64];

static inline struct fill fill_of(enum fill_mode mode, uint64_t seed)
{
    struct fill f = {.mode = mode};
    rng_seeded_init(&f.rng, seed);
    return f;
}

static inline void *fill_take(struct fill *f, size_t n)
{
    n = (n + 15) & ~(size_t)15;
    PC_ASSERT(n <= sizeof fill_pool - f->used);
    void *p = fill_pool + f->used;
    f->used += n;
    memset(p, 0, n);
    return p;
}

static inline uint64_t fill_int(struct fill *f, uint64_t low, uint64_t high)
{
    if (f->mode != FILL_RANDOM)
        return f->mode == FILL_MIN ? low : high;
    uint64_t span = high - low + 1;
    uint64_t r;
    rng_fill(&f->rng.rng, &r, sizeof r);
    return low + (span == 0 ? r : r % span);
}

/* A count up to max; small when random. */
static inline uint32_t fill_count(struct fill *f, uint32_t max, uint32_t small)
{
    return (uint32_t)fill_int(f, 0, f->mode == FILL_RANDOM && max > small ? small : max);
}

static inline void fill_bytes(struct fill *f, uint8_t *out, size_t n)
{
    rng_fill(&f->rng.rng, out, n);
}

static inline struct bytes fill_view(struct fill *f, uint32_t max, bool ascii)
{
    uint32_t n = fill_count(f, max, 40);
    uint8_t *p = fill_take(f, n);
    fill_bytes(f, p, n);
    for (uint32_t i = 0; ascii && i < n; i++)
        p[i] = (uint8_t)(0x20 + p[i] % 0x5f);
    return bytes_of(p, n);
}

/* One codec, typed away. */
struct codec {
    const char *name;
    size_t size;  /* of the struct */
    size_t least; /* bounds of the encoding */
    size_t most;
    void (*fill)(struct fill *f, void *m);
    enum err_code (*encode)(struct bytes *out, void *buf, size_t cap, const void *m);
    enum err_code (*decode)(void *m, struct bytes in);
    void (*text)(struct wire_text *t, const void *m);
};

static inline void *codec_room(const struct codec *c)
{
    void *m = malloc(c->size);
    PC_ASSERT(m != NULL);
    memset(m, 0xa5, c->size);
    return m;
}

/* Whatever the bytes are: refused and zeroed, or the encoding of what came out. */
static inline void check_total(const struct codec *c, struct bytes in, void *m)
{
    memset(m, 0xa5, c->size);
    if (c->decode(m, in) != PC_OK) {
        assert_true(bytes_all_zero_var(bytes_of(m, c->size)));
        return;
    }
    struct bytes again;
    assert_int_equal(c->encode(&again, fill_buf_b, sizeof fill_buf_b, m), PC_OK);
    assert_true(bytes_equal_var(again, in));
}

static inline void check_truncation(const struct codec *c, struct bytes in, void *m)
{
    size_t step = in.n > 8192 ? in.n / 1021 : 1;
    for (size_t n = 0; n < in.n; n += step) {
        /* An exact copy, so that a sanitizer sees a read past the end. */
        uint8_t *cut = malloc(n + 1);
        PC_ASSERT(cut != NULL);
        memcpy(cut + 1, in.p, n);
        assert_int_not_equal(c->decode(m, bytes_of(cut + 1, n)), PC_OK);
        assert_true(bytes_all_zero_var(bytes_of(m, c->size)));
        free(cut);
    }
    memcpy(fill_buf_b, in.p, in.n);
    fill_buf_b[in.n] = 0;
    assert_int_equal(c->decode(m, bytes_of(fill_buf_b, in.n + 1)), PC_E_TRAILING);
}

static inline void check_extremes(const struct codec *c, struct bytes in, void *m)
{
    static const uint32_t values[] = {0,          1,          0x7f,       0x80,
                                      0xff,       0x7fff,     0x8000,     0xffff,
                                      0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
    for (unsigned width = 1; width <= 4; width *= 2)
        for (size_t at = 0; at + width <= in.n; at++) {
            uint32_t was = width == 1   ? fill_buf_a[at]
                           : width == 2 ? load_be16(fill_buf_a + at)
                                        : load_be32(fill_buf_a + at);
            for (size_t i = 0; i < PC_ARRAY_LEN(values) + 2; i++) {
                uint32_t v = i < PC_ARRAY_LEN(values)    ? values[i]
                             : i == PC_ARRAY_LEN(values) ? was + 1
                                                         : was - 1;
                for (unsigned b = 0; b < width; b++)
                    fill_buf_a[at + b] = (uint8_t)(v >> 8 * (width - 1 - b));
                check_total(c, in, m);
            }
            for (unsigned b = 0; b < width; b++)
                fill_buf_a[at + b] = (uint8_t)(was >> 8 * (width - 1 - b));
        }
}

static inline void check_sample(const struct codec *c, enum fill_mode mode, uint64_t seed)
{
    struct fill f = fill_of(mode, seed);
    void *m = codec_room(c), *back = codec_room(c);
    memset(m, 0, c->size);
    c->fill(&f, m);
    struct bytes first, second;
    assert_int_equal(c->encode(&first, fill_buf_a, sizeof fill_buf_a, m), PC_OK);
    assert_in_range(first.n, c->least, c->most);
    if (mode == FILL_MIN)
        assert_int_equal(first.n, c->least);
    if (mode == FILL_MAX)
        assert_int_equal(first.n, c->most);
    assert_int_equal(c->decode(back, first), PC_OK);
    assert_int_equal(c->encode(&second, fill_buf_b, sizeof fill_buf_b, back), PC_OK);
    assert_true(bytes_equal_var(first, second));
    /* Exactly the room that it needs, and one byte less. */
    assert_int_equal(c->encode(&second, fill_buf_b, first.n, m), PC_OK);
    if (first.n > 0)
        assert_int_equal(c->encode(&second, fill_buf_b, first.n - 1, m), PC_E_TOO_LARGE);
    char text[4096];
    struct wire_text t = wire_text_of(text, sizeof text);
    c->text(&t, back);
    assert_true(strlen(text) < sizeof text && t.n >= strlen(text));
    check_truncation(c, first, back);
    if (mode != FILL_MAX)
        check_extremes(c, first, back);
    free(m);
    free(back);
}

static inline void check_codec(const struct codec *c)
{
    check_sample(c, FILL_MIN, 1);
    check_sample(c, FILL_MAX, 2);
    for (uint64_t seed = 3; seed < 6; seed++)
        check_sample(c, FILL_RANDOM, seed);
}

/* The smallest encoding with `width` bytes at `at` overwritten gives `want`. */
static inline void check_patch(const struct codec *c, size_t at, unsigned width, uint64_t v,
                               enum err_code want)
{
    struct fill f = fill_of(FILL_MIN, 1);
    void *m = codec_room(c);
    memset(m, 0, c->size);
    c->fill(&f, m);
    struct bytes out;
    assert_int_equal(c->encode(&out, fill_buf_a, sizeof fill_buf_a, m), PC_OK);
    for (unsigned b = 0; b < width; b++)
        fill_buf_a[at + b] = (uint8_t)(v >> 8 * (width - 1 - b));
    assert_int_equal(c->decode(m, out), want);
    free(m);
}

/* Bytes that were made without this codec are one value's, and its encoding. */
static inline void check_known(const struct codec *c, struct bytes known)
{
    void *m = codec_room(c);
    struct bytes again;
    assert_int_equal(c->decode(m, known), PC_OK);
    assert_int_equal(c->encode(&again, fill_buf_b, sizeof fill_buf_b, m), PC_OK);
    assert_true(bytes_equal_var(again, known));
    free(m);
}

/* A secret value's hexadecimal is nowhere in the text. */
static inline void check_hidden(const struct codec *c, size_t offset, size_t n)
{
    struct fill f = fill_of(FILL_RANDOM, 7);
    uint8_t *m = codec_room(c);
    memset(m, 0, c->size);
    c->fill(&f, m);
    char text[8192], hex[129];
    size_t look = n > 16 ? 16 : n;
    hex_encode(hex, bytes_of(m + offset, look));
    struct wire_text t = wire_text_of(text, sizeof text);
    c->text(&t, m);
    assert_non_null(strstr(text, "<secret>"));
    assert_null(strstr(text, hex));
    free(m);
}

#endif
