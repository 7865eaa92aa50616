/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/rlp.h"

static const struct bytes nothing = {NULL, 0};

struct rlp_reader rlp_reader_of(struct bytes b)
{
    return (struct rlp_reader){b, PC_OK};
}

void rlp_fail(struct rlp_reader *r, enum err_code e)
{
    if (r->err == PC_OK)
        r->err = e;
    r->rest = nothing;
}

/* Length of a long form: 1..8 bytes big-endian behind the prefix, without leading zero, at
 * least 56. */
static enum err_code long_length(size_t *len, struct bytes in, size_t width)
{
    if (width >= in.n)
        return PC_E_TRUNCATED;
    if (in.p[1] == 0)
        return PC_E_NOT_CANONICAL;
    if (width > 4)
        return PC_E_TOO_LARGE;
    size_t v = 0;
    for (size_t i = 1; i <= width; i++)
        v = v << 8 | in.p[i];
    if (v < 56)
        return PC_E_NOT_CANONICAL;
    *len = v;
    return PC_OK;
}

static enum err_code parse(struct rlp_item *out, struct bytes in)
{
    if (in.n == 0)
        return PC_E_TRUNCATED;
    uint8_t prefix = in.p[0];
    if (prefix < 0x80) {
        *out = (struct rlp_item){false, {in.p, 1}, {in.p, 1}};
        return PC_OK;
    }
    bool is_list = prefix >= 0xc0;
    size_t form = prefix - (is_list ? 0xc0u : 0x80u);
    size_t skip = 1, len = form;
    if (form > 55) {
        PC_TRY(long_length(&len, in, form - 55));
        skip += form - 55;
    }
    if (len > in.n - skip)
        return PC_E_TRUNCATED;
    if (!is_list && len == 1 && in.p[skip] < 0x80)
        return PC_E_NOT_CANONICAL;
    *out = (struct rlp_item){is_list, {in.p + skip, len}, {in.p, skip + len}};
    return PC_OK;
}

struct rlp_item rlp_next(struct rlp_reader *r)
{
    struct rlp_item item = {false, {NULL, 0}, {NULL, 0}};
    enum err_code e = r->err == PC_OK ? parse(&item, r->rest) : r->err;
    if (e != PC_OK) {
        rlp_fail(r, e);
        return (struct rlp_item){false, {NULL, 0}, {NULL, 0}};
    }
    r->rest.p += item.raw.n;
    r->rest.n -= item.raw.n;
    return item;
}

struct rlp_reader rlp_next_list(struct rlp_reader *r)
{
    struct rlp_item item = rlp_next(r);
    if (r->err == PC_OK && !item.is_list)
        rlp_fail(r, PC_E_MALFORMED);
    return (struct rlp_reader){r->err == PC_OK ? item.payload : nothing, r->err};
}

struct bytes rlp_next_string(struct rlp_reader *r, size_t max)
{
    struct rlp_item item = rlp_next(r);
    if (r->err == PC_OK && item.is_list)
        rlp_fail(r, PC_E_MALFORMED);
    if (r->err == PC_OK && item.payload.n > max)
        rlp_fail(r, PC_E_TOO_LARGE);
    return r->err == PC_OK ? item.payload : nothing;
}

void rlp_next_fixed(struct rlp_reader *r, void *out, size_t n)
{
    struct bytes s = rlp_next_string(r, n);
    if (r->err == PC_OK && s.n != n)
        rlp_fail(r, PC_E_MALFORMED);
    if (r->err == PC_OK)
        memcpy(out, s.p, n);
    else
        memset(out, 0, n);
}

static struct bytes next_integer(struct rlp_reader *r, size_t max)
{
    struct bytes s = rlp_next_string(r, max);
    if (s.n != 0 && s.p[0] == 0) {
        rlp_fail(r, PC_E_NOT_CANONICAL);
        return nothing;
    }
    return s;
}

uint64_t rlp_next_u64(struct rlp_reader *r)
{
    struct bytes s = next_integer(r, 8);
    uint64_t v = 0;
    for (size_t i = 0; i < s.n; i++)
        v = v << 8 | s.p[i];
    return v;
}

void rlp_next_uint256(struct rlp_reader *r, struct evm_word *out)
{
    struct bytes s = next_integer(r, 32);
    memset(out, 0, sizeof *out);
    if (s.n != 0)
        memcpy(out->b + 32 - s.n, s.p, s.n);
}

bool rlp_more(const struct rlp_reader *r)
{
    return r->err == PC_OK && r->rest.n != 0;
}

enum err_code rlp_end(const struct rlp_reader *r)
{
    if (r->err != PC_OK)
        return r->err;
    return r->rest.n == 0 ? PC_OK : PC_E_TRAILING;
}

struct rlp_reader rlp_list_of(struct bytes b)
{
    struct rlp_reader outer = rlp_reader_of(b);
    struct rlp_reader inner = rlp_next_list(&outer);
    enum err_code e = rlp_end(&outer);
    if (e != PC_OK)
        rlp_fail(&inner, e);
    return inner;
}

struct rlp_writer rlp_writer_of(void *p, size_t cap)
{
    return (struct rlp_writer){p, cap, 0, PC_OK};
}

void rlp_put_raw(struct rlp_writer *w, struct bytes s)
{
    if (w->err != PC_OK || s.n > w->cap - w->n) {
        w->err = PC_E_TOO_LARGE;
        return;
    }
    if (s.n != 0)
        memcpy(w->p + w->n, s.p, s.n);
    w->n += s.n;
}

/* Prefix of a string (base 0x80) or list (base 0xc0) of len bytes; 1..9 bytes. */
static size_t prefix_of(uint8_t out[static 9], uint8_t base, size_t len)
{
    if (len <= 55) {
        out[0] = (uint8_t)(base + len);
        return 1;
    }
    size_t width = 0;
    for (size_t v = len; v != 0; v >>= 8)
        width++;
    out[0] = (uint8_t)(base + 55 + width);
    for (size_t i = 0; i < width; i++)
        out[1 + i] = (uint8_t)(len >> (8 * (width - 1 - i)));
    return 1 + width;
}

void rlp_put_string(struct rlp_writer *w, struct bytes s)
{
    if (s.n != 1 || s.p[0] >= 0x80) {
        uint8_t prefix[9];
        rlp_put_raw(w, (struct bytes){prefix, prefix_of(prefix, 0x80, s.n)});
    }
    rlp_put_raw(w, s);
}

static void put_integer(struct rlp_writer *w, const uint8_t *p, size_t n)
{
    while (n != 0 && *p == 0) {
        p++;
        n--;
    }
    rlp_put_string(w, (struct bytes){p, n});
}

void rlp_put_u64(struct rlp_writer *w, uint64_t v)
{
    uint8_t b[8];
    store_be64(b, v);
    put_integer(w, b, sizeof b);
}

void rlp_put_uint256(struct rlp_writer *w, const struct evm_word *v)
{
    put_integer(w, v->b, sizeof v->b);
}

size_t rlp_list_begin(const struct rlp_writer *w)
{
    return w->n;
}

void rlp_list_end(struct rlp_writer *w, size_t begin)
{
    if (w->err != PC_OK)
        return;
    uint8_t prefix[9];
    size_t len = w->n - begin;
    size_t skip = prefix_of(prefix, 0xc0, len);
    if (skip > w->cap - w->n) {
        w->err = PC_E_TOO_LARGE;
        return;
    }
    memmove(w->p + begin + skip, w->p + begin, len);
    memcpy(w->p + begin, prefix, skip);
    w->n += skip;
}

enum err_code rlp_writer_end(const struct rlp_writer *w, struct bytes *out)
{
    *out = w->err == PC_OK ? (struct bytes){w->p, w->n} : nothing;
    return w->err;
}
