/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/cbor.h"

#define BREAK 0xff
#define NULL_ 0xf6

struct cbor cbor_of(struct bytes b)
{
    return (struct cbor){.p = b.p, .left = b.n};
}

void cbor_fail(struct cbor *c, enum err_code e)
{
    if (c->err == PC_OK)
        c->err = e;
    c->left = 0;
}

enum cbor_kind cbor_peek(const struct cbor *c)
{
    return c->left == 0 ? PC_CBOR_NOTHING : (enum cbor_kind)(c->p[0] >> 5);
}

static void advance(struct cbor *c, size_t n)
{
    c->p += n;
    c->left -= n;
}

/* The head of the next item, which must be of this kind: its argument. False on any fault. */
static bool head(struct cbor *c, enum cbor_kind kind, uint64_t *value)
{
    static const uint64_t least[4] = {24, UINT64_C(1) << 8, UINT64_C(1) << 16, UINT64_C(1) << 32};
    *value = 0;
    if (c->left == 0) {
        cbor_fail(c, PC_E_TRUNCATED);
        return false;
    }
    if (cbor_peek(c) != kind) {
        cbor_fail(c, PC_E_MALFORMED);
        return false;
    }
    unsigned info = c->p[0] & 31;
    if (info < 24) {
        *value = info;
        advance(c, 1);
        return true;
    }
    if (info > 27) { /* reserved, or an indefinite length where none may be */
        cbor_fail(c, PC_E_MALFORMED);
        return false;
    }
    size_t n = (size_t)1 << (info - 24);
    uint64_t v = 0;
    if (c->left < 1 + n) {
        cbor_fail(c, PC_E_TRUNCATED);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        v = v << 8 | c->p[1 + i];
    if (v < least[info - 24]) {
        cbor_fail(c, PC_E_NOT_CANONICAL);
        return false;
    }
    *value = v;
    advance(c, 1 + n);
    return true;
}

uint64_t cbor_take_uint(struct cbor *c)
{
    uint64_t v;
    (void)head(c, PC_CBOR_UINT, &v);
    return v;
}

static struct bytes string(struct cbor *c, enum cbor_kind kind)
{
    uint64_t n;
    if (!head(c, kind, &n))
        return (struct bytes){NULL, 0};
    if (n > c->left) {
        cbor_fail(c, PC_E_TRUNCATED);
        return (struct bytes){NULL, 0};
    }
    struct bytes out = bytes_of(c->p, (size_t)n);
    advance(c, (size_t)n);
    return out;
}

struct bytes cbor_take_bytes(struct cbor *c)
{
    return string(c, PC_CBOR_BYTES);
}

struct bytes cbor_take_text(struct cbor *c)
{
    return string(c, PC_CBOR_TEXT);
}

bool cbor_take_null(struct cbor *c)
{
    if (c->left == 0 || c->p[0] != NULL_)
        return false;
    advance(c, 1);
    return true;
}

void cbor_take_tag(struct cbor *c, uint64_t tag)
{
    uint64_t found;
    if (head(c, PC_CBOR_TAG, &found) && found != tag)
        cbor_fail(c, PC_E_MALFORMED);
}

/* Opens a map or an array. */
static void group_open(struct cbor *c, enum cbor_kind kind, uint64_t *left, bool *indefinite)
{
    *left = 0;
    *indefinite = false;
    if (c->left > 0 && c->p[0] == ((unsigned)kind << 5 | 31)) {
        *indefinite = true;
        advance(c, 1);
    } else if (!head(c, kind, left))
        return;
    if (++c->depth > PC_CBOR_DEPTH)
        cbor_fail(c, PC_E_TOO_LARGE);
}

/* Is there another item? Closes the group if not. */
static bool group_next(struct cbor *c, uint64_t *left, bool indefinite)
{
    if (c->err != PC_OK)
        return false;
    bool more = indefinite ? c->left == 0 || c->p[0] != BREAK : *left > 0;
    if (more && c->left == 0) {
        cbor_fail(c, PC_E_TRUNCATED);
        return false;
    }
    if (more) {
        *left -= !indefinite;
        return true;
    }
    if (indefinite)
        advance(c, 1);
    c->depth--;
    return false;
}

void cbor_array_open(struct cbor *c, struct cbor_array *a)
{
    group_open(c, PC_CBOR_ARRAY, &a->left, &a->indefinite);
}

bool cbor_array_next(struct cbor *c, struct cbor_array *a)
{
    return group_next(c, &a->left, a->indefinite);
}

void cbor_map_open(struct cbor *c, struct cbor_map *m)
{
    m->count = 0;
    group_open(c, PC_CBOR_MAP, &m->left, &m->indefinite);
}

/* Past a key. */
static void take_key(struct cbor *c)
{
    uint64_t ignored;
    switch (cbor_peek(c)) {
    case PC_CBOR_UINT:
    case PC_CBOR_NEGATIVE:
        (void)head(c, cbor_peek(c), &ignored);
        return;
    case PC_CBOR_BYTES:
    case PC_CBOR_TEXT:
        (void)string(c, cbor_peek(c));
        return;
    case PC_CBOR_ARRAY:
    case PC_CBOR_MAP:
    case PC_CBOR_TAG:
    case PC_CBOR_OTHER:
        cbor_fail(c, PC_E_MALFORMED);
        return;
    case PC_CBOR_NOTHING:
        cbor_fail(c, PC_E_TRUNCATED);
        return;
    }
}

bool cbor_map_next(struct cbor *c, struct cbor_map *m, struct cbor *key)
{
    *key = cbor_of((struct bytes){NULL, 0});
    if (!group_next(c, &m->left, m->indefinite))
        return false;
    const uint8_t *at = c->p;
    take_key(c);
    if (c->err == PC_OK && m->count == PC_CBOR_PAIRS)
        cbor_fail(c, PC_E_TOO_LARGE);
    if (c->err != PC_OK)
        return false;
    struct bytes encoded = bytes_of(at, (size_t)(c->p - at));
    for (size_t i = 0; i < m->count; i++)
        if (bytes_equal_var(m->keys[i], encoded)) {
            cbor_fail(c, PC_E_EXISTS);
            return false;
        }
    m->keys[m->count++] = encoded;
    *key = cbor_of(encoded);
    return true;
}

static void skip_array(struct cbor *c)
{
    struct cbor_array a;
    cbor_array_open(c, &a);
    while (cbor_array_next(c, &a))
        cbor_skip(c); /* ends: each level below is one of PC_CBOR_DEPTH */
}

static void skip_map(struct cbor *c)
{
    struct cbor_map m;
    struct cbor key;
    cbor_map_open(c, &m);
    while (cbor_map_next(c, &m, &key))
        cbor_skip(c);
}

void cbor_skip(struct cbor *c)
{
    switch (cbor_peek(c)) {
    case PC_CBOR_ARRAY:
        skip_array(c);
        return;
    case PC_CBOR_MAP:
        skip_map(c);
        return;
    case PC_CBOR_OTHER:
        if (c->p[0] >= 0xf4 && c->p[0] <= NULL_) /* false, true, null */
            advance(c, 1);
        else
            cbor_fail(c, PC_E_MALFORMED);
        return;
    case PC_CBOR_UINT:
    case PC_CBOR_NEGATIVE:
    case PC_CBOR_BYTES:
    case PC_CBOR_TEXT:
    case PC_CBOR_TAG:
    case PC_CBOR_NOTHING:
        take_key(c);
        return;
    }
}

bool cbor_end(struct cbor *c)
{
    if (c->err == PC_OK && c->left > 0)
        cbor_fail(c, PC_E_TRAILING);
    return c->err == PC_OK;
}
