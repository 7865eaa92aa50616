/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/der.h"

struct der der_of(struct bytes b)
{
    return (struct der){b.p, b.n, false};
}

void der_fail(struct der *d)
{
    d->bad = true;
    d->left = 0;
}

uint8_t der_peek(const struct der *d)
{
    return d->left > 0 ? d->p[0] : 0;
}

/* Header of the next element: its length and the contents' length. False on any fault. */
static bool header(const struct der *d, size_t *head, size_t *len)
{
    if (d->left < 2 || (d->p[0] & 0x1f) == 0x1f)
        return false;
    size_t n = d->p[1];
    size_t h = 2;
    if (n >= 0x80) {
        size_t octets = n & 0x7f;
        if (octets == 0 || octets > 2 || d->left < 2 + octets)
            return false;
        n = 0;
        for (size_t i = 0; i < octets; i++)
            n = n << 8 | d->p[2 + i];
        h += octets;
        if (d->p[2] == 0 || n < 0x80) /* not the shortest form */
            return false;
    }
    if (n > d->left - h)
        return false;
    *head = h;
    *len = n;
    return true;
}

static struct bytes take(struct der *d, int tag, bool whole)
{
    size_t head, len;
    if (d->bad || !header(d, &head, &len) || (tag >= 0 && d->p[0] != tag)) {
        der_fail(d);
        return (struct bytes){NULL, 0};
    }
    struct bytes out = whole ? bytes_of(d->p, head + len) : bytes_of(d->p + head, len);
    d->p += head + len;
    d->left -= head + len;
    return out;
}

struct bytes der_take(struct der *d, uint8_t tag)
{
    return take(d, tag, false);
}

struct bytes der_take_whole(struct der *d, uint8_t tag)
{
    return take(d, tag, true);
}

struct bytes der_take_any(struct der *d)
{
    return take(d, -1, true);
}

struct der der_enter(struct der *d, uint8_t tag)
{
    struct bytes b = der_take(d, tag);
    return (struct der){b.p, b.n, d->bad};
}

bool der_end(const struct der *d)
{
    return !d->bad && d->left == 0;
}

static struct bytes take_unsigned(struct der *d, uint8_t tag, size_t max)
{
    struct bytes b = der_take(d, tag);
    if (b.n == 0 || (b.p[0] & 0x80) != 0 || (b.n > 1 && b.p[0] == 0 && (b.p[1] & 0x80) == 0)) {
        der_fail(d);
        return (struct bytes){NULL, 0};
    }
    if (b.n > 1 && b.p[0] == 0)
        b = bytes_of(b.p + 1, b.n - 1);
    if (b.n > max) {
        der_fail(d);
        return (struct bytes){NULL, 0};
    }
    return b;
}

struct bytes der_take_uint(struct der *d, size_t max)
{
    return take_unsigned(d, PC_DER_INTEGER, max);
}

uint32_t der_take_u32(struct der *d, uint8_t tag)
{
    struct bytes b = take_unsigned(d, tag, 4);
    uint32_t v = 0;
    for (size_t i = 0; i < b.n; i++)
        v = v << 8 | b.p[i];
    return v;
}

bool der_take_bool(struct der *d)
{
    struct bytes b = der_take(d, PC_DER_BOOLEAN);
    if (b.n != 1 || (b.p[0] != 0 && b.p[0] != 0xff)) {
        der_fail(d);
        return false;
    }
    return b.p[0] != 0;
}

struct bytes der_take_bits(struct der *d)
{
    struct bytes b = der_take(d, PC_DER_BIT_STRING);
    if (b.n < 1 || b.p[0] != 0) {
        der_fail(d);
        return (struct bytes){NULL, 0};
    }
    return bytes_of(b.p + 1, b.n - 1);
}

bool time_of_civil(uint64_t *out, unsigned year, unsigned month, unsigned day, unsigned hour,
                   unsigned min, unsigned sec)
{
    static const uint8_t month_days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    *out = 0;
    if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || hour > 23 || min > 59 ||
        sec > 59)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > month_days[month - 1] + (unsigned)(month == 2 && leap))
        return false;
    uint64_t y = year - 1;
    uint64_t days = y * 365 + y / 4 - y / 100 + y / 400 - 719162; /* days from 1970 to 1 January */
    for (unsigned m = 1; m < month; m++)
        days += month_days[m - 1] + (unsigned)(m == 2 && leap);
    days += day - 1;
    *out = ((days * 24 + hour) * 60 + min) * 60 + sec;
    return true;
}

static bool digits(unsigned *out, const uint8_t *p, size_t n)
{
    unsigned v = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9')
            return false;
        v = v * 10 + (unsigned)(p[i] - '0');
    }
    *out = v;
    return true;
}

uint64_t der_take_time(struct der *d)
{
    bool utc = der_peek(d) == PC_DER_UTC_TIME;
    size_t year_len = utc ? 2 : 4;
    struct bytes b = der_take(d, utc ? PC_DER_UTC_TIME : PC_DER_GENERALIZED_TIME);
    unsigned year, f[5];
    uint64_t t = 0;
    bool ok = b.n == year_len + 11 && b.p[b.n - 1] == 'Z' && digits(&year, b.p, year_len);
    for (size_t i = 0; ok && i < 5; i++)
        ok = digits(&f[i], b.p + year_len + 2 * i, 2);
    if (ok && utc)
        year += year < 50 ? 2000 : 1900;
    else if (ok && year < 2050)
        ok = false;
    if (!ok || !time_of_civil(&t, year, f[0], f[1], f[2], f[3], f[4])) {
        der_fail(d);
        return 0;
    }
    return t;
}

void der_ecdsa_sig(uint8_t *rs, size_t half, bool *ok, struct bytes sig)
{
    struct der d = der_of(sig);
    struct der seq = der_enter(&d, PC_DER_SEQUENCE);
    struct bytes r = der_take_uint(&seq, half);
    struct bytes s = der_take_uint(&seq, half);
    memset(rs, 0, 2 * half);
    *ok = der_end(&seq) && der_end(&d);
    if (!*ok)
        return;
    memcpy(rs + half - r.n, r.p, r.n);
    memcpy(rs + 2 * half - s.n, s.p, s.n);
}
