/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/codec.h"

bool wire_read_bool(struct reader *r)
{
    uint8_t v = read_u8(r);
    if (v > 1) {
        reader_fail(r, PC_E_NOT_CANONICAL);
        return false;
    }
    return v == 1;
}

uint32_t wire_read_count(struct reader *r, unsigned width, uint32_t max)
{
    uint32_t n = width == 2 ? read_u16(r) : read_u32(r);
    if (n > max) {
        reader_fail(r, PC_E_TOO_LARGE);
        return 0;
    }
    return n;
}

static bool is_ascii_var(struct bytes b)
{
    for (size_t i = 0; i < b.n; i++)
        if (b.p[i] < 0x20 || b.p[i] > 0x7e)
            return false;
    return true;
}

struct bytes wire_read_ascii(struct reader *r, size_t max)
{
    struct bytes b = read_bytes32(r, max);
    if (!is_ascii_var(b)) {
        reader_fail(r, PC_E_MALFORMED);
        return (struct bytes){NULL, 0};
    }
    return b;
}

void wire_read_zeros(struct reader *r, size_t n)
{
    if (!bytes_all_zero_var(read_bytes(r, n)))
        reader_fail(r, PC_E_NOT_CANONICAL);
}

void wire_check_range(struct reader *r, uint64_t v, uint64_t low, uint64_t high)
{
    if (v < low || v > high)
        reader_fail(r, PC_E_MALFORMED);
}

void wire_write_fail(struct writer *w, enum err_code e)
{
    if (w->err == PC_OK)
        w->err = e;
}

void wire_write_bool(struct writer *w, bool v)
{
    write_u8(w, v ? 1 : 0);
}

void wire_write_count(struct writer *w, unsigned width, uint32_t n, uint32_t max)
{
    if (n > max)
        wire_write_fail(w, PC_E_TOO_LARGE);
    else if (width == 2)
        write_u16(w, (uint16_t)n);
    else
        write_u32(w, n);
}

void wire_write_view(struct writer *w, struct bytes b, size_t max)
{
    if (b.n > max)
        wire_write_fail(w, PC_E_TOO_LARGE);
    else
        write_bytes32(w, b);
}

void wire_write_ascii(struct writer *w, struct bytes b, size_t max)
{
    if (b.n <= max && !is_ascii_var(b))
        wire_write_fail(w, PC_E_USAGE);
    else
        wire_write_view(w, b, max);
}

void wire_write_zeros(struct writer *w, size_t n)
{
    static const uint8_t zeros[64];
    for (; n > sizeof zeros; n -= sizeof zeros)
        write_bytes(w, zeros, sizeof zeros);
    write_bytes(w, zeros, n);
}

void wire_write_range(struct writer *w, uint64_t v, uint64_t low, uint64_t high)
{
    if (v < low || v > high)
        wire_write_fail(w, PC_E_USAGE);
}

struct wire_text wire_text_of(char *p, size_t cap)
{
    if (cap > 0)
        p[0] = '\0';
    return (struct wire_text){p, cap, 0};
}

static void put(struct wire_text *t, char c)
{
    if (t->n + 1 < t->cap) {
        t->p[t->n] = c;
        t->p[t->n + 1] = '\0';
    }
    t->n++;
}

void wire_text_str(struct wire_text *t, const char *s)
{
    for (; *s != '\0'; s++)
        put(t, *s);
}

void wire_text_u64(struct wire_text *t, uint64_t v)
{
    char digits[20];
    unsigned n = 0;
    do {
        digits[n++] = (char)('0' + v % 10);
        v /= 10;
    } while (v != 0);
    while (n > 0)
        put(t, digits[--n]);
}

static void put_hex(struct wire_text *t, uint8_t byte)
{
    put(t, "0123456789abcdef"[byte >> 4]);
    put(t, "0123456789abcdef"[byte & 15]);
}

void wire_text_hex(struct wire_text *t, struct bytes b)
{
    size_t shown = b.n > 64 ? 64 : b.n;
    wire_text_str(t, "0x");
    for (size_t i = 0; i < shown; i++)
        put_hex(t, b.p[i]);
    if (shown < b.n) {
        wire_text_str(t, "..(");
        wire_text_u64(t, b.n);
        put(t, ')');
    }
}

void wire_text_ascii(struct wire_text *t, struct bytes b)
{
    put(t, '"');
    for (size_t i = 0; i < b.n; i++) {
        if (b.p[i] < 0x20 || b.p[i] > 0x7e) {
            wire_text_str(t, "\\x");
            put_hex(t, b.p[i]);
            continue;
        }
        if (b.p[i] == '"' || b.p[i] == '\\')
            put(t, '\\');
        put(t, (char)b.p[i]);
    }
    put(t, '"');
}
