/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/derw.h"

#include <stdio.h>
#include <time.h>

#include "attest/der.h"

static void put(struct derw *w, const void *p, size_t n)
{
    if (n > PC_DERW_CAP - w->n)
        pc_bug("DER writer is full");
    if (n > 0)
        memcpy(w->p + w->n, p, n);
    w->n += n;
}

void derw_raw(struct derw *w, struct bytes b)
{
    put(w, b.p, b.n);
}

size_t derw_open(struct derw *w, uint8_t tag)
{
    const uint8_t head[2] = {tag, 0};
    put(w, head, 2);
    return w->n;
}

void derw_close(struct derw *w, size_t mark)
{
    size_t len = w->n - mark;
    size_t more = len < 0x80 ? 0 : len < 0x100 ? 1 : len < 0x10000 ? 2 : 3;
    const uint8_t room[3] = {0};
    put(w, room, more);
    memmove(w->p + mark + more, w->p + mark, len);
    w->p[mark - 1] = more == 0 ? (uint8_t)len : (uint8_t)(0x80 | more);
    for (size_t i = 0; i < more; i++)
        w->p[mark + i] = (uint8_t)(len >> (8 * (more - 1 - i)));
}

void derw_put(struct derw *w, uint8_t tag, const void *p, size_t n)
{
    size_t mark = derw_open(w, tag);
    put(w, p, n);
    derw_close(w, mark);
}

void derw_uint(struct derw *w, uint8_t tag, const uint8_t *p, size_t n)
{
    static const uint8_t zero = 0;
    size_t mark = derw_open(w, tag);
    while (n > 1 && p[0] == 0) {
        p++;
        n--;
    }
    if ((p[0] & 0x80) != 0)
        put(w, &zero, 1);
    put(w, p, n);
    derw_close(w, mark);
}

void derw_u32(struct derw *w, uint8_t tag, uint32_t v)
{
    uint8_t b[4];
    store_be32(b, v);
    derw_uint(w, tag, b, 4);
}

void derw_bits(struct derw *w, struct bytes b)
{
    static const uint8_t unused = 0;
    size_t mark = derw_open(w, PC_DER_BIT_STRING);
    put(w, &unused, 1);
    put(w, b.p, b.n);
    derw_close(w, mark);
}

static struct tm civil(uint64_t t)
{
    struct tm tm;
    time_t tt = (time_t)t;
    if (gmtime_r(&tt, &tm) == NULL)
        pc_bug("a time out of range");
    return tm;
}

void derw_time(struct derw *w, uint64_t t)
{
    char s[32];
    struct tm tm = civil(t);
    bool utc = tm.tm_year < 150; /* before 2050 */
    size_t n = strftime(s, sizeof(s), utc ? "%y%m%d%H%M%SZ" : "%Y%m%d%H%M%SZ", &tm);
    derw_put(w, utc ? PC_DER_UTC_TIME : PC_DER_GENERALIZED_TIME, s, n);
}

void derw_ecdsa_sig(struct derw *w, const uint8_t rs[static 64])
{
    size_t mark = derw_open(w, PC_DER_SEQUENCE);
    derw_uint(w, PC_DER_INTEGER, rs, 32);
    derw_uint(w, PC_DER_INTEGER, rs + 32, 32);
    derw_close(w, mark);
}

void sim_time_text(char out[static 21], uint64_t t)
{
    struct tm tm = civil(t);
    if (strftime(out, 21, "%Y-%m-%dT%H:%M:%SZ", &tm) != 20)
        pc_bug("a time out of range");
}
