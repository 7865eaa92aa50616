/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/cborw.h"

void cborw_raw(struct cborw *w, struct bytes b)
{
    if (b.n > PC_CBORW_CAP - w->n)
        pc_bug("CBOR writer is full");
    if (b.n > 0)
        memcpy(w->p + w->n, b.p, b.n);
    w->n += b.n;
}

void cborw_u8(struct cborw *w, uint8_t byte)
{
    cborw_raw(w, bytes_of(&byte, 1));
}

void cborw_head(struct cborw *w, enum cbor_kind kind, uint64_t value)
{
    uint8_t be[8];
    unsigned info = value < 24            ? (unsigned)value
                    : value < 0x100       ? 24
                    : value < 0x10000     ? 25
                    : value <= UINT32_MAX ? 26
                                          : 27;
    cborw_u8(w, (uint8_t)((unsigned)kind << 5 | info));
    if (info < 24)
        return;
    size_t n = (size_t)1 << (info - 24);
    store_be64(be, value);
    cborw_raw(w, bytes_of(be + 8 - n, n));
}

void cborw_open(struct cborw *w, enum cbor_kind kind)
{
    cborw_u8(w, (uint8_t)((unsigned)kind << 5 | 31));
}

void cborw_break(struct cborw *w)
{
    cborw_u8(w, 0xff);
}

void cborw_bytes(struct cborw *w, struct bytes b)
{
    cborw_head(w, PC_CBOR_BYTES, b.n);
    cborw_raw(w, b);
}

void cborw_text(struct cborw *w, const char *s)
{
    cborw_head(w, PC_CBOR_TEXT, strlen(s));
    cborw_raw(w, bytes_of(s, strlen(s)));
}

void cborw_null(struct cborw *w)
{
    cborw_u8(w, 0xf6);
}
