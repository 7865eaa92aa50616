/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/cbor_edit.h"

#define ITEMS 256
#define NONE  ITEMS

struct item {
    size_t start, content, end; /* content: behind the head */
    size_t parent;
    bool indefinite;
};

struct tree {
    struct bytes b;
    size_t count;
    struct item item[ITEMS];
};

static unsigned major(const struct tree *t, size_t i)
{
    return t->b.p[t->item[i].start] >> 5;
}

/* The items from `at` on, one of them or up to a break; where they end. 0: no CBOR, or too much of
 * it. Nested groups make it recursive; a payload is not deep. */
static size_t grow(struct tree *t, size_t at, uint64_t number, bool to_break, size_t parent)
{
    for (; to_break || number > 0; number--) {
        if (at >= t->b.n || t->count == ITEMS)
            return 0;
        if (to_break && t->b.p[at] == 0xff)
            return at + 1;
        const size_t self = t->count++;
        struct item *it = &t->item[self];
        const unsigned kind = t->b.p[at] >> 5, info = t->b.p[at] & 31;
        size_t more = info < 24 || info == 31 ? 0 : (size_t)1 << (info - 24);
        uint64_t v = info;
        if (info > 27 && info != 31)
            return 0;
        if (more >= t->b.n - at)
            return 0;
        for (size_t i = 0; i < more; i++)
            v = (i == 0 ? 0 : v << 8) | t->b.p[at + 1 + i];
        *it = (struct item){
            .start = at, .content = at + 1 + more, .parent = parent, .indefinite = info == 31};
        it->end = it->content;
        if (kind == PC_CBOR_BYTES || kind == PC_CBOR_TEXT) {
            if (it->indefinite || v > t->b.n - it->content)
                return 0;
            it->end += v;
        } else if (kind == PC_CBOR_ARRAY || kind == PC_CBOR_MAP) {
            bool open = it->indefinite;
            size_t end = grow(t, it->content, kind == PC_CBOR_MAP ? 2 * v : v, open, self);
            if (end == 0)
                return 0;
            t->item[self].end = end;
        }
        at = t->item[self].end;
    }
    return at;
}

enum edit {
    E_DELETE,
    E_DOUBLE,
    E_SWAP,
    E_LONG_HEAD,
    E_FORM,
    E_CHUNKED,
    E_TAGGED,
    E_KIND,
    E_FLIP,
    E_LENGTH,
    E_EMPTY,
    E_INSERT_PAIR,
    E_REPLACE,
    E_APPEND,
    E_CUT,
    E_COUNT
};

static const char *const names[E_COUNT] = {
    "delete", "double", "swap",  "long_head",   "form",    "chunked", "tagged", "kind",
    "flip",   "length", "empty", "insert_pair", "replace", "append",  "cut",
};

static struct bytes span(const struct tree *t, size_t from, size_t to)
{
    return bytes_of(t->b.p + from, to - from);
}

static struct bytes whole(const struct tree *t, size_t i)
{
    return span(t, t->item[i].start, t->item[i].end);
}

/* A head whose argument takes at least `least` bytes. */
static void put_head(struct cborw *w, unsigned kind, uint64_t v, unsigned least)
{
    uint8_t be[8];
    unsigned size = v < 24 ? 0 : v < 0x100 ? 1 : v < 0x10000 ? 2 : 4;
    if (size < least)
        size = least;
    store_be64(be, v);
    cborw_u8(w, (uint8_t)(kind << 5 | (size == 0   ? (unsigned)v
                                       : size == 1 ? 24
                                       : size == 2 ? 25
                                       : size == 4 ? 26
                                                   : 27)));
    cborw_raw(w, bytes_of(be + 8 - size, size));
}

/* The argument of a head of one to three bytes. */
static uint64_t argument(const struct tree *t, size_t i)
{
    const struct item *it = &t->item[i];
    uint64_t v = t->b.p[it->start] & 31;
    for (size_t at = it->start + 1; at < it->content; at++)
        v = (at == it->start + 1 ? 0 : v << 8) | t->b.p[at];
    return v;
}

/* Items directly inside. */
static size_t children(const struct tree *t, size_t i)
{
    size_t n = 0;
    for (size_t j = i + 1; j < t->count; j++)
        n += t->item[j].parent == i;
    return n;
}

static void put_small(struct cborw *w, struct rng_seeded *rng)
{
    static const uint8_t small[][9] = {{0xf6},
                                       {0xf4},
                                       {0xf7},
                                       {0xe0},
                                       {0x00},
                                       {0x20},
                                       {0x40},
                                       {0x60},
                                       {0x80},
                                       {0xa0},
                                       {0xbf, 0xff},
                                       {0x9f, 0xff},
                                       {0xff},
                                       {0xf9, 0x3c, 0},
                                       {0x18, 0x18},
                                       {0x18, 0x17},
                                       {0x1c},
                                       {0x38, 0xff},
                                       {0xf8, 0x20},
                                       {0x81, 0x81, 0x81, 0x80},
                                       {0x81, 0x81, 0x80},
                                       {0xc0, 0x00}};
    static const uint8_t size[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2,
                                   2, 1, 3, 2, 2, 1, 2, 2, 4, 3, 2};
    _Static_assert(PC_ARRAY_LEN(small) == PC_ARRAY_LEN(size), "a size for each");
    size_t i = rng_seeded_below(rng, PC_ARRAY_LEN(small));
    cborw_raw(w, bytes_of(small[i], size[i]));
}

static void put_pair(struct cborw *w, struct rng_seeded *rng)
{
    static const char *const keys[] = {"later", "nonce", "pcrs\0", "digest", "", "certificate2"};
    if (rng_seeded_below(rng, 8) == 0)
        put_small(w, rng);
    else
        cborw_text(w, keys[rng_seeded_below(rng, PC_ARRAY_LEN(keys))]);
    put_small(w, rng);
}

/* A map or array with the other kind of length. */
static void put_form(struct cborw *w, const struct tree *t, size_t i)
{
    const struct item *it = &t->item[i];
    const unsigned kind = major(t, i);
    if (it->indefinite) {
        put_head(w, kind, children(t, i) / (kind == PC_CBOR_MAP ? 2 : 1), 0);
        cborw_raw(w, span(t, it->content, it->end - 1));
    } else {
        cborw_u8(w, (uint8_t)(kind << 5 | 31));
        cborw_raw(w, span(t, it->content, it->end));
        cborw_break(w);
    }
}

/* What stands in the place of item i. */
static void change(struct cborw *w, const struct tree *t, size_t i, enum edit e,
                   struct rng_seeded *rng)
{
    static const unsigned longer[] = {1, 2, 4, 8};
    const struct item *it = &t->item[i];
    const unsigned kind = major(t, i);
    const bool group = kind == PC_CBOR_ARRAY || kind == PC_CBOR_MAP;
    const uint64_t v = it->indefinite ? 0 : argument(t, i);
    struct bytes content = span(t, it->content, it->end);
    switch (e) {
    case E_DELETE: /* of whole pairs and items: elsewhere */
    case E_DOUBLE:
    case E_SWAP:
    case E_APPEND:
    case E_CUT:
    case E_COUNT:
        return;
    case E_LONG_HEAD:
        put_head(w, kind, v, longer[rng_seeded_below(rng, PC_ARRAY_LEN(longer))]);
        cborw_raw(w, content);
        return;
    case E_FORM:
        if (group)
            put_form(w, t, i);
        else
            put_small(w, rng);
        return;
    case E_CHUNKED:
        cborw_u8(w, (uint8_t)(kind << 5 | 31));
        cborw_raw(w, whole(t, i));
        cborw_break(w);
        return;
    case E_TAGGED:
        put_head(w, PC_CBOR_TAG, rng_seeded_below(rng, 300), 0);
        cborw_raw(w, whole(t, i));
        return;
    case E_KIND:
        put_head(w, (unsigned)rng_seeded_below(rng, 8), v, 0);
        cborw_raw(w, content);
        return;
    case E_FLIP:
        cborw_raw(w, whole(t, i));
        w->p[w->n - 1 - rng_seeded_below(rng, it->end - it->start)] ^=
            (uint8_t)(1U << rng_seeded_below(rng, 8));
        return;
    case E_LENGTH:
        put_head(w, kind, rng_seeded_below(rng, 2) == 0 ? v + 1 : v == 0 ? 1 : v - 1, 0);
        cborw_raw(w, content);
        return;
    case E_EMPTY:
        put_head(w, kind, 0, 0);
        return;
    case E_INSERT_PAIR:
        put_pair(w, rng);
        cborw_raw(w, whole(t, i));
        return;
    case E_REPLACE:
        put_small(w, rng);
        return;
    }
}

/* By how much a definite group around the change has to count differently, mostly. */
static int count_shift(enum edit e, unsigned kind, struct rng_seeded *rng)
{
    int items = e == E_DELETE ? -1 : e == E_DOUBLE ? 1 : e == E_INSERT_PAIR ? 2 : 0;
    if (rng_seeded_below(rng, 4) == 0)
        return 0;
    return kind == PC_CBOR_MAP ? items / 2 : items;
}

static size_t neighbour(const struct tree *t, size_t i)
{
    for (size_t j = i + 1; i != NONE && j < t->count; j++)
        if (t->item[j].parent == t->item[i].parent)
            return j;
    return NONE;
}

/* Is it the key of a pair? */
static bool is_key(const struct tree *t, size_t i)
{
    size_t before = 0;
    if (t->item[i].parent == NONE || major(t, t->item[i].parent) != PC_CBOR_MAP)
        return false;
    for (size_t j = 0; j < i; j++)
        before += t->item[j].parent == t->item[i].parent;
    return before % 2 == 0 && neighbour(t, i) != NONE;
}

/* Leave out, double, or swap what is [item i, end) with what follows under the same parent. Where
 * the rest begins. */
static size_t move(struct cborw *w, const struct tree *t, size_t i, size_t last, enum edit e)
{
    const size_t next = neighbour(t, last);
    const size_t next_last = last == i || next == NONE ? next : neighbour(t, next);
    struct bytes unit = span(t, t->item[i].start, t->item[last].end);
    if (e == E_DELETE)
        return t->item[last].end;
    if (e == E_DOUBLE || next_last == NONE) {
        cborw_raw(w, unit);
        cborw_raw(w, unit);
        return t->item[last].end;
    }
    cborw_raw(w, span(t, t->item[next].start, t->item[next_last].end));
    cborw_raw(w, unit);
    return t->item[next_last].end;
}

const char *cbor_edit(struct cborw *io, struct rng_seeded *rng)
{
    static struct tree t;
    static struct cborw out;
    t = (struct tree){.b = bytes_of(io->p, io->n)};
    out.n = 0;
    if (grow(&t, 0, 1, false, NONE) == 0)
        return "none";
    const enum edit e = (enum edit)rng_seeded_below(rng, E_COUNT);
    const size_t i = rng_seeded_below(rng, t.count), parent = t.item[i].parent;
    /* a pair moves as a whole, mostly */
    const bool pair = is_key(&t, i) && rng_seeded_below(rng, 4) != 0;
    const bool moves = e == E_DELETE || e == E_DOUBLE || e == E_SWAP;
    const bool counted = parent != NONE && !t.item[parent].indefinite;
    int shift =
        counted ? count_shift(e, pair && moves ? PC_CBOR_ARRAY : major(&t, parent), rng) : 0;
    size_t at = 0, end = t.item[i].end;
    if (shift != 0) {
        const struct item *p = &t.item[parent];
        cborw_raw(&out, span(&t, 0, p->start));
        put_head(&out, major(&t, parent), argument(&t, parent) + (uint64_t)(int64_t)shift, 0);
        at = p->content;
    }
    cborw_raw(&out, span(&t, at, t.item[i].start));
    if (moves)
        end = move(&out, &t, i, pair ? neighbour(&t, i) : i, e);
    else if (e == E_APPEND || e == E_CUT)
        cborw_raw(&out, whole(&t, i));
    else
        change(&out, &t, i, e, rng);
    cborw_raw(&out, span(&t, end, io->n));
    if (e == E_APPEND)
        cborw_u8(&out, (uint8_t)rng_seeded_below(rng, 256));
    if (e == E_CUT)
        out.n -= 1 + rng_seeded_below(rng, out.n);
    *io = out;
    return names[e];
}
