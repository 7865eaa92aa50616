/* SPDX-License-Identifier: Apache-2.0 */
/* The strict CBOR reader. An item that is taken is written again from what was read, with shortest
 * heads and lengths as they stood: the same bytes must come out, so nothing has two readings. */
#include <stdlib.h>

#include "attest/sim/cborw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cborw out;

static void copy_item(struct cbor *c);

static void copy_array(struct cbor *c)
{
    struct cbor_array a;
    cbor_array_open(c, &a);
    if (a.indefinite)
        cborw_open(&out, PC_CBOR_ARRAY);
    else
        cborw_head(&out, PC_CBOR_ARRAY, a.left);
    while (cbor_array_next(c, &a))
        copy_item(c);
    if (a.indefinite)
        cborw_break(&out);
}

static void copy_map(struct cbor *c)
{
    struct cbor_map m;
    struct cbor key;
    cbor_map_open(c, &m);
    if (m.indefinite)
        cborw_open(&out, PC_CBOR_MAP);
    else
        cborw_head(&out, PC_CBOR_MAP, m.left);
    while (cbor_map_next(c, &m, &key)) {
        copy_item(&key);
        copy_item(c);
    }
    if (m.indefinite)
        cborw_break(&out);
}

static void copy_item(struct cbor *c)
{
    switch (cbor_peek(c)) {
    case PC_CBOR_UINT:
        cborw_head(&out, PC_CBOR_UINT, cbor_take_uint(c));
        return;
    case PC_CBOR_BYTES:
        cborw_bytes(&out, cbor_take_bytes(c));
        return;
    case PC_CBOR_TEXT: {
        struct bytes b = cbor_take_text(c);
        cborw_head(&out, PC_CBOR_TEXT, b.n);
        cborw_raw(&out, b);
        return;
    }
    case PC_CBOR_ARRAY:
        copy_array(c);
        return;
    case PC_CBOR_MAP:
        copy_map(c);
        return;
    case PC_CBOR_NEGATIVE:
    case PC_CBOR_TAG:
    case PC_CBOR_OTHER:
    case PC_CBOR_NOTHING: {
        const uint8_t *at = c->p;
        cbor_skip(c);
        if (c->err == PC_OK)
            cborw_raw(&out, bytes_of(at, (size_t)(c->p - at)));
        return;
    }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cbor c = cbor_of(bytes_of(data, size)), skip = c;
    if (size > PC_CBORW_CAP / 2)
        return 0;
    cbor_skip(&skip);
    out.n = 0;
    copy_item(&c);
    if ((c.err == PC_OK) != (skip.err == PC_OK))
        abort();
    if (c.err != PC_OK)
        return 0;
    if (c.depth != 0 || skip.depth != 0 || c.p != skip.p || out.n != size - c.left ||
        (out.n > 0 && memcmp(out.p, data, out.n) != 0))
        abort();
    return 0;
}
