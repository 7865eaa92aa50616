/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

static const uint8_t zeros[8];

struct reader reader_of(struct bytes b)
{
    return (struct reader){b.p, b.n, PC_OK};
}

void reader_fail(struct reader *r, enum err_code e)
{
    if (r->err == PC_OK)
        r->err = e;
    r->left = 0;
}

static const uint8_t *take(struct reader *r, size_t n)
{
    if (r->err != PC_OK || n > r->left) {
        reader_fail(r, PC_E_TRUNCATED);
        return NULL;
    }
    const uint8_t *p = r->p;
    r->p += n;
    r->left -= n;
    return p;
}

static const uint8_t *take_small(struct reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    return p != NULL ? p : zeros;
}

uint8_t read_u8(struct reader *r)
{
    return take_small(r, 1)[0];
}
uint16_t read_u16(struct reader *r)
{
    return load_be16(take_small(r, 2));
}
uint32_t read_u32(struct reader *r)
{
    return load_be32(take_small(r, 4));
}
uint64_t read_u64(struct reader *r)
{
    return load_be64(take_small(r, 8));
}
uint16_t read_u16_le(struct reader *r)
{
    return load_le16(take_small(r, 2));
}
uint32_t read_u32_le(struct reader *r)
{
    return load_le32(take_small(r, 4));
}
uint64_t read_u64_le(struct reader *r)
{
    return load_le64(take_small(r, 8));
}

struct bytes read_bytes(struct reader *r, size_t n)
{
    const uint8_t *p = take(r, n);
    return p != NULL ? (struct bytes){p, n} : (struct bytes){NULL, 0};
}

void read_copy(struct reader *r, void *out, size_t n)
{
    const uint8_t *p = take(r, n);
    if (n == 0)
        return;
    if (p != NULL)
        memcpy(out, p, n);
    else
        memset(out, 0, n);
}

struct bytes read_bytes32(struct reader *r, size_t max)
{
    uint32_t n = read_u32(r);
    if (n > max) {
        reader_fail(r, PC_E_TOO_LARGE);
        return (struct bytes){NULL, 0};
    }
    return read_bytes(r, n);
}

enum err_code reader_end(const struct reader *r)
{
    if (r->err != PC_OK)
        return r->err;
    return r->left == 0 ? PC_OK : PC_E_TRAILING;
}

struct writer writer_of(void *p, size_t cap)
{
    return (struct writer){p, cap, 0, PC_OK};
}

void write_bytes(struct writer *w, const void *p, size_t n)
{
    if (w->err != PC_OK)
        return;
    if (n > w->cap - w->n) {
        w->err = PC_E_TOO_LARGE;
        return;
    }
    if (n != 0)
        memcpy(w->p + w->n, p, n);
    w->n += n;
}

void write_u8(struct writer *w, uint8_t v)
{
    write_bytes(w, &v, 1);
}
void write_u16(struct writer *w, uint16_t v)
{
    uint8_t b[2];
    store_be16(b, v);
    write_bytes(w, b, sizeof b);
}
void write_u32(struct writer *w, uint32_t v)
{
    uint8_t b[4];
    store_be32(b, v);
    write_bytes(w, b, sizeof b);
}
void write_u64(struct writer *w, uint64_t v)
{
    uint8_t b[8];
    store_be64(b, v);
    write_bytes(w, b, sizeof b);
}

void write_bytes32(struct writer *w, struct bytes b)
{
    if (w->err == PC_OK && b.n > UINT32_MAX)
        w->err = PC_E_TOO_LARGE;
    write_u32(w, (uint32_t)b.n);
    write_bytes(w, b.p, b.n);
}

enum err_code writer_end(const struct writer *w, struct bytes *out)
{
    *out = w->err == PC_OK ? (struct bytes){w->p, w->n} : (struct bytes){NULL, 0};
    return w->err;
}
