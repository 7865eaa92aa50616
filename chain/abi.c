/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/abi.h"

static const struct bytes nothing = {NULL, 0};
static const struct evm_word zero_word;

struct evm_word abi_topic(const char *signature)
{
    struct evm_word w;
    evm_keccak(&w, bytes_of(signature, strlen(signature)));
    return w;
}

struct abi_selector abi_selector(const char *signature)
{
    struct evm_word w = abi_topic(signature);
    struct abi_selector s;
    memcpy(s.b, w.b, sizeof s.b);
    return s;
}

void abi_in_fail(struct abi_in *r, enum err_code e)
{
    if (r->err == PC_OK)
        r->err = e;
}

struct abi_in abi_in_of(struct bytes all, size_t head_words)
{
    struct abi_in r = {all, 0, 0, 0, PC_OK};
    if (head_words > all.n / 32) {
        r.err = PC_E_TRUNCATED;
        return r;
    }
    r.head_end = r.tail_at = head_words * 32;
    return r;
}

struct evm_word abi_in_word(struct abi_in *r)
{
    if (r->err == PC_OK && r->head_at == r->head_end)
        r->err = PC_E_SEQUENCE; /* the caller reads more words than it announced */
    if (r->err != PC_OK)
        return zero_word;
    struct evm_word w = evm_word_of(r->all.p + r->head_at);
    r->head_at += 32;
    return w;
}

uint64_t abi_in_u64(struct abi_in *r, unsigned bits)
{
    struct evm_word w = abi_in_word(r);
    uint64_t v;
    enum err_code e = evm_word_to_u64(&v, &w, bits);
    if (e != PC_OK)
        abi_in_fail(r, e);
    return v;
}

struct evm_address abi_in_addr(struct abi_in *r)
{
    struct evm_word w = abi_in_word(r);
    struct evm_address a;
    enum err_code e = evm_word_to_addr(&a, &w);
    if (e != PC_OK)
        abi_in_fail(r, e);
    return a;
}

bool abi_in_bool(struct abi_in *r)
{
    return abi_in_u64(r, 1) == 1;
}

void abi_in_fixed(struct abi_in *r, void *out, unsigned n)
{
    PC_ASSERT(n <= 32);
    struct evm_word w = abi_in_word(r);
    if (!bytes_all_zero_var((struct bytes){w.b + n, 32 - n})) {
        abi_in_fail(r, PC_E_NOT_CANONICAL);
        w = zero_word;
    }
    memcpy(out, w.b, n);
}

/* A dynamic value: its offset must be where the tail has come to. */
static struct bytes tail_of(struct abi_in *r)
{
    uint64_t offset = abi_in_u64(r, 64);
    if (r->err == PC_OK && offset != r->tail_at)
        r->err = PC_E_NOT_CANONICAL;
    if (r->err != PC_OK)
        return nothing;
    return (struct bytes){r->all.p + r->tail_at, r->all.n - r->tail_at};
}

/* Length word of a tail; moves the tail past it. */
static size_t length_of(struct abi_in *r, size_t max)
{
    struct bytes tail = tail_of(r);
    if (r->err == PC_OK && tail.n < 32)
        r->err = PC_E_TRUNCATED;
    if (r->err != PC_OK)
        return 0;
    struct evm_word w = evm_word_of(tail.p);
    uint64_t n;
    enum err_code e = evm_word_to_u64(&n, &w, 64);
    if (e == PC_OK && n > max)
        e = PC_E_TOO_LARGE;
    if (e != PC_OK) {
        r->err = e;
        return 0;
    }
    r->tail_at += 32;
    return (size_t)n;
}

static struct bytes take_tail(struct abi_in *r, size_t n)
{
    if (r->err == PC_OK && n > r->all.n - r->tail_at)
        r->err = PC_E_TRUNCATED;
    if (r->err != PC_OK)
        return nothing;
    struct bytes b = {r->all.p + r->tail_at, n};
    r->tail_at += n;
    return b;
}

struct bytes abi_in_bytes(struct abi_in *r, size_t max)
{
    size_t n = length_of(r, max);
    struct bytes b = take_tail(r, n);
    struct bytes padding = take_tail(r, (32 - n % 32) % 32);
    if (!bytes_all_zero_var(padding))
        abi_in_fail(r, PC_E_NOT_CANONICAL);
    return r->err == PC_OK ? b : nothing;
}

struct bytes abi_in_array(struct abi_in *r, unsigned words, size_t max, size_t *count)
{
    PC_ASSERT(words != 0 && max <= SIZE_MAX / 32 / words);
    size_t n = length_of(r, max);
    struct bytes b = take_tail(r, n * words * 32);
    *count = r->err == PC_OK ? n : 0;
    return b;
}

struct abi_in abi_in_tuple(struct abi_in *r, size_t head_words)
{
    struct abi_in inner = abi_in_of(tail_of(r), head_words);
    if (r->err != PC_OK)
        inner.err = r->err;
    return inner;
}

struct abi_in abi_in_tuples(struct abi_in *r, size_t max, size_t *count)
{
    size_t n = length_of(r, max);
    struct bytes rest =
        r->err == PC_OK ? (struct bytes){r->all.p + r->tail_at, r->all.n - r->tail_at} : nothing;
    struct abi_in inner = abi_in_of(rest, n);
    if (r->err != PC_OK)
        inner.err = r->err;
    *count = inner.err == PC_OK ? n : 0;
    return inner;
}

void abi_in_join(struct abi_in *r, const struct abi_in *inner)
{
    if (inner->err != PC_OK)
        abi_in_fail(r, inner->err);
    else if (inner->head_at != inner->head_end)
        abi_in_fail(r, PC_E_SEQUENCE);
    if (r->err == PC_OK)
        r->tail_at += inner->tail_at;
}

enum err_code abi_in_end(const struct abi_in *r)
{
    if (r->err != PC_OK)
        return r->err;
    if (r->head_at != r->head_end)
        return PC_E_SEQUENCE;
    return r->tail_at == r->all.n ? PC_OK : PC_E_TRAILING;
}

struct abi_out abi_out_of(void *p, size_t cap, size_t head_words)
{
    struct abi_out w = {p, cap, 0, 0, 0, PC_OK};
    if (head_words > cap / 32) {
        w.err = PC_E_TOO_LARGE;
        return w;
    }
    w.head_end = w.n = head_words * 32;
    return w;
}

void abi_out_word(struct abi_out *w, const struct evm_word *v)
{
    if (w->err == PC_OK && w->head_at == w->head_end)
        w->err = PC_E_MALFORMED;
    if (w->err != PC_OK)
        return;
    memcpy(w->p + w->head_at, v->b, 32);
    w->head_at += 32;
}

void abi_out_u64(struct abi_out *w, uint64_t v)
{
    struct evm_word word = evm_word_u64(v);
    abi_out_word(w, &word);
}

void abi_out_addr(struct abi_out *w, const struct evm_address *a)
{
    struct evm_word word = evm_word_addr(a);
    abi_out_word(w, &word);
}

void abi_out_bool(struct abi_out *w, bool v)
{
    abi_out_u64(w, v);
}

void abi_out_fixed(struct abi_out *w, const void *v, unsigned n)
{
    PC_ASSERT(n <= 32);
    struct evm_word word = {{0}};
    memcpy(word.b, v, n);
    abi_out_word(w, &word);
}

/* n bytes at the end of the tail, zero-padded to words. */
static void put_tail(struct abi_out *w, const void *p, size_t n)
{
    size_t padding = (32 - n % 32) % 32;
    if (w->err == PC_OK && (n > w->cap - w->n || padding > w->cap - w->n - n))
        w->err = PC_E_TOO_LARGE;
    if (w->err != PC_OK)
        return;
    if (n != 0)
        memcpy(w->p + w->n, p, n);
    memset(w->p + w->n + n, 0, padding);
    w->n += n + padding;
}

static void put_length(struct abi_out *w, size_t n)
{
    abi_out_u64(w, w->n);
    struct evm_word word = evm_word_u64(n);
    put_tail(w, word.b, 32);
}

void abi_out_bytes(struct abi_out *w, struct bytes v)
{
    put_length(w, v.n);
    put_tail(w, v.p, v.n);
}

void abi_out_array(struct abi_out *w, struct bytes items, size_t count)
{
    PC_ASSERT(items.n % 32 == 0 && (count == 0 ? items.n == 0 : items.n / 32 % count == 0));
    put_length(w, count);
    put_tail(w, items.p, items.n);
}

static struct abi_out inner_of(const struct abi_out *w, size_t head_words)
{
    if (w->err != PC_OK)
        return (struct abi_out){.err = w->err};
    return abi_out_of(w->p + w->n, w->cap - w->n, head_words);
}

struct abi_out abi_out_tuple(struct abi_out *w, size_t head_words)
{
    abi_out_u64(w, w->n);
    return inner_of(w, head_words);
}

struct abi_out abi_out_tuples(struct abi_out *w, size_t count)
{
    put_length(w, count);
    return inner_of(w, count);
}

void abi_out_join(struct abi_out *w, const struct abi_out *inner)
{
    if (w->err == PC_OK && inner->err == PC_OK && inner->head_at != inner->head_end)
        w->err = PC_E_MALFORMED;
    if (w->err == PC_OK)
        w->err = inner->err;
    if (w->err == PC_OK)
        w->n += inner->n;
}

enum err_code abi_out_end(const struct abi_out *w, struct bytes *out)
{
    enum err_code e = w->err;
    if (e == PC_OK && w->head_at != w->head_end)
        e = PC_E_MALFORMED;
    *out = e == PC_OK ? (struct bytes){w->p, w->n} : nothing;
    return e;
}
