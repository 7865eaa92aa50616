/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/der_edit.h"

#include "attest/der.h"
#include "attest/sim/derw.h"

#define NODES 256
#define NONE  NODES

struct node {
    size_t start, content, end, parent;
};

struct tree {
    struct bytes der;
    size_t count;
    struct node node[NODES];
};

/* ---- the tree */

/* The header at `at`: where its content begins and the element ends. False: there is none. */
static bool header(struct node *out, struct bytes b, size_t at, size_t end)
{
    if (end - at < 2)
        return false;
    size_t n = b.p[at + 1], more = n < 0x80 ? 0 : n - 0x80;
    if (more > 2 || (n == 0x80) || end - at < 2 + more)
        return false;
    if (more > 0)
        n = more == 1 ? b.p[at + 2] : load_be16(b.p + at + 2);
    out->start = at;
    out->content = at + 2 + more;
    out->end = out->content + n;
    return n <= end - out->content;
}

/* Elements that fill [at, end). False, and none is added, if they do not. Nested strings make it
 * recursive; DER that fits PC_DER_EDIT_MAX is not deep. */
static bool grow(struct tree *t, size_t at, size_t end, size_t parent)
{
    const size_t before = t->count;
    while (at < end) {
        struct node n = {.parent = parent};
        if (t->count == NODES || !header(&n, t->der, at, end)) {
            t->count = before;
            return false;
        }
        const size_t self = t->count++;
        const uint8_t tag = t->der.p[at];
        t->node[self] = n;
        if ((tag & 0x20) != 0 || tag == PC_DER_OCTET_STRING)
            (void)grow(t, n.content, n.end, self);
        else if (tag == PC_DER_BIT_STRING && n.end > n.content + 1 && t->der.p[n.content] == 0)
            (void)grow(t, n.content + 1, n.end, self);
        at = n.end;
    }
    return true;
}

/* ---- writing */

static void put_header(struct derw *w, uint8_t tag, size_t n, size_t longer)
{
    uint8_t h[4] = {tag, (uint8_t)n, 0, 0};
    size_t more = (n < 0x80 ? 0u : n < 0x100 ? 1u : 2u) + longer;
    if (more > 2)
        more = 2;
    if (more > 0)
        h[1] = (uint8_t)(0x80 | more);
    if (more == 1)
        h[2] = (uint8_t)n;
    else if (more == 2)
        store_be16(h + 2, (uint16_t)n);
    derw_raw(w, bytes_of(h, 2 + more));
}

static void put(struct derw *w, struct bytes b)
{
    derw_raw(w, b);
}

static struct bytes span(const struct tree *t, size_t from, size_t to)
{
    return bytes_of(t->der.p + from, to - from);
}

static struct bytes whole(const struct tree *t, size_t i)
{
    return span(t, t->node[i].start, t->node[i].end);
}

/* The tree with [from, to), which lies in the content of `parent`, replaced. */
static void rebuild(struct derw *out, const struct tree *t, size_t parent, size_t from, size_t to,
                    struct bytes with)
{
    static struct derw next;
    out->n = 0;
    put(out, with);
    while (parent != NONE) {
        const struct node *p = &t->node[parent];
        next.n = 0;
        put_header(&next, t->der.p[p->start], from - p->content + out->n + (p->end - to), 0);
        put(&next, span(t, p->content, from));
        put(&next, bytes_of(out->p, out->n));
        put(&next, span(t, to, p->end));
        *out = next;
        from = p->start;
        to = p->end;
        parent = p->parent;
    }
}

/* ---- changes */

enum edit {
    E_DELETE,
    E_DOUBLE,
    E_SWAP,
    E_TAG,
    E_LONG_LENGTH,
    E_APPEND,
    E_PREPEND,
    E_FLIP,
    E_SHORTEN,
    E_EMPTY,
    E_RANDOM,
    E_INSERT,
    E_COPY,
    E_COUNT
};

static const char *const names[E_COUNT] = {
    "delete", "double",  "swap",  "tag",    "long_length", "append", "prepend",
    "flip",   "shorten", "empty", "random", "insert",      "copy",
};

static uint8_t other_tag(uint8_t tag, struct rng_seeded *rng)
{
    static const uint8_t tags[] = {PC_DER_BOOLEAN, PC_DER_INTEGER,   PC_DER_BIT_STRING,
                                   PC_DER_NULL,    PC_DER_OID,       PC_DER_OCTET_STRING,
                                   PC_DER_UTF8,    PC_DER_PRINTABLE, PC_DER_IA5,
                                   PC_DER_SET,     PC_DER_SEQUENCE,  PC_DER_GENERALIZED_TIME,
                                   PC_DER_UTC_TIME};
    return rng_seeded_below(rng, 2) == 0 ? tags[rng_seeded_below(rng, sizeof(tags))]
                                         : (uint8_t)(tag ^ (1U << rng_seeded_below(rng, 8)));
}

/* What stands in the place of node i. */
static void change(struct derw *w, const struct tree *t, size_t i, enum edit e,
                   struct rng_seeded *rng)
{
    static const uint8_t small[][3] = {{5, 0, 0}, {1, 1, 0xff}, {1, 1, 0}, {2, 1, 0}, {4, 0, 0}};
    static const uint8_t size[] = {2, 3, 3, 3, 2};
    const struct node *n = &t->node[i];
    const uint8_t tag = t->der.p[n->start], zero = 0;
    struct bytes content = span(t, n->content, n->end);
    size_t pick;
    uint8_t noise[40];
    w->n = 0;
    switch (e) {
    case E_DELETE:
    case E_SWAP: /* of two nodes: elsewhere */
    case E_COUNT:
        return;
    case E_DOUBLE:
        put(w, whole(t, i));
        put(w, whole(t, i));
        return;
    case E_TAG:
        put_header(w, other_tag(tag, rng), content.n, 0);
        put(w, content);
        return;
    case E_LONG_LENGTH:
        put_header(w, tag, content.n, 1);
        put(w, content);
        return;
    case E_APPEND:
        put_header(w, tag, content.n + 1, 0);
        put(w, content);
        noise[0] = (uint8_t)(rng_seeded_below(rng, 2) == 0 ? 0 : rng_seeded_below(rng, 256));
        put(w, bytes_of(noise, 1));
        return;
    case E_PREPEND:
        put_header(w, tag, content.n + 1, 0);
        put(w, bytes_of(&zero, 1));
        put(w, content);
        return;
    case E_FLIP:
        put(w, whole(t, i));
        if (content.n > 0)
            w->p[w->n - 1 - rng_seeded_below(rng, content.n)] ^=
                (uint8_t)(1U << rng_seeded_below(rng, 8));
        return;
    case E_SHORTEN:
        put_header(w, tag, content.n > 0 ? content.n - 1 : 0, 0);
        put(w, bytes_of(content.p, content.n > 0 ? content.n - 1 : 0));
        return;
    case E_EMPTY:
        put_header(w, tag, 0, 0);
        return;
    case E_RANDOM:
        rng_fill(&rng->rng, noise, sizeof(noise));
        pick = 1 + rng_seeded_below(rng, sizeof(noise));
        put_header(w, tag, pick, 0);
        put(w, bytes_of(noise, pick));
        return;
    case E_INSERT:
        pick = rng_seeded_below(rng, PC_ARRAY_LEN(small));
        put(w, bytes_of(small[pick], size[pick]));
        put(w, whole(t, i));
        return;
    case E_COPY:
        put(w, whole(t, 1 + rng_seeded_below(rng, t->count - 1)));
        return;
    }
}

/* The node behind i under the same parent; NONE. */
static size_t neighbour(const struct tree *t, size_t i)
{
    for (size_t j = i + 1; j < t->count; j++)
        if (t->node[j].parent == t->node[i].parent)
            return j;
    return NONE;
}

const char *der_edit(uint8_t out[static PC_DER_EDIT_MAX], size_t *n, struct bytes der,
                     struct rng_seeded *rng)
{
    static struct tree t;
    static struct derw part, all;
    const char *what = "none";
    t.der = der;
    t.count = 0;
    all.n = 0;
    if (grow(&t, 0, der.n, NONE) && t.count > 1) {
        enum edit e = (enum edit)rng_seeded_below(rng, E_COUNT);
        size_t i = 1 + rng_seeded_below(rng, t.count - 1), j = neighbour(&t, i);
        size_t end = t.node[i].end;
        if (e == E_SWAP && j == NONE)
            e = E_DELETE;
        change(&part, &t, i, e, rng);
        if (e == E_SWAP) {
            put(&part, whole(&t, j));
            put(&part, whole(&t, i));
            end = t.node[j].end;
        }
        rebuild(&all, &t, t.node[i].parent, t.node[i].start, end, bytes_of(part.p, part.n));
        what = names[e];
    }
    struct bytes result = bytes_of(all.p, all.n);
    if (result.n == 0 || result.n > PC_DER_EDIT_MAX) {
        result = der;
        what = "none";
    }
    if (result.n > PC_DER_EDIT_MAX)
        pc_bug("DER to edit is too long");
    memcpy(out, result.p, result.n);
    *n = result.n;
    return what;
}

/* The first element with that content; NONE. */
static size_t find(struct tree *t, struct bytes der, struct bytes content)
{
    t->der = der;
    t->count = 0;
    if (!grow(t, 0, der.n, NONE))
        return NONE;
    for (size_t i = 0; i < t->count; i++)
        if (bytes_equal_var(span(t, t->node[i].content, t->node[i].end), content))
            return i;
    return NONE;
}

void der_replace(uint8_t out[static PC_DER_EDIT_MAX], size_t *n, struct bytes der, struct bytes old,
                 struct bytes with)
{
    static struct tree t;
    static struct derw part, all;
    all.n = part.n = 0;
    put(&all, der);
    for (size_t i; (i = find(&t, bytes_of(all.p, all.n), old)) != NONE;) {
        static struct derw from;
        from = all; /* t looks into it */
        t.der.p = from.p;
        part.n = 0;
        put_header(&part, t.der.p[t.node[i].start], with.n, 0);
        put(&part, with);
        rebuild(&all, &t, t.node[i].parent, t.node[i].start, t.node[i].end,
                bytes_of(part.p, part.n));
    }
    if (all.n > PC_DER_EDIT_MAX)
        pc_bug("edited DER is too long");
    memcpy(out, all.p, all.n);
    *n = all.n;
}

/* ---- signed objects */

struct bytes der_tbs(struct bytes der)
{
    struct der d = der_of(der);
    struct der outer = der_enter(&d, PC_DER_SEQUENCE);
    return der_take_whole(&outer, PC_DER_SEQUENCE);
}

void der_seal(uint8_t out[static PC_DER_EDIT_MAX], size_t *n, struct bytes tbs,
              struct bytes genuine, struct bytes signature)
{
    static struct derw w;
    struct der d = der_of(genuine);
    struct der outer = der_enter(&d, PC_DER_SEQUENCE);
    (void)der_take_whole(&outer, PC_DER_SEQUENCE);
    struct bytes algorithm = der_take_whole(&outer, PC_DER_SEQUENCE);
    w.n = 0;
    size_t m = derw_open(&w, PC_DER_SEQUENCE);
    derw_raw(&w, tbs);
    derw_raw(&w, algorithm);
    derw_bits(&w, signature);
    derw_close(&w, m);
    if (w.n > PC_DER_EDIT_MAX)
        pc_bug("a sealed certificate is too long");
    memcpy(out, w.p, w.n);
    *n = w.n;
}
