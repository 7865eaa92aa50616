/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine in memory for tests: sorted arrays, a copy for the transaction. It can be told to fail
 * the n-th operation, and a test can reach its bytes to damage them.
 */
#include "storage/store_mem.h"

#include <stdlib.h>

struct pair {
    uint8_t *key;
    size_t key_len;
    uint8_t *value;
    size_t value_len;
};

struct table {
    struct pair *pairs;
    size_t n;
};

struct store_mem {
    struct store_engine engine;
    struct table live[STORE_TABLES];
    struct table work[STORE_TABLES]; /* of the write transaction */
    bool writing, reading;
    struct store_mem_faults *faults;
};

static struct store_mem *mem_of(struct store_engine *e)
{
    return (struct store_mem *)e;
}

static void pair_free(struct pair *p)
{
    free(p->key);
    free(p->value);
}

static void table_clear(struct table *t)
{
    for (size_t i = 0; i < t->n; i++)
        pair_free(&t->pairs[i]);
    free(t->pairs);
    *t = (struct table){0};
}

static uint8_t *copy_of(struct bytes b)
{
    uint8_t *p = calloc(1, b.n + 1);
    PC_ASSERT(p != NULL);
    if (b.n != 0)
        memcpy(p, b.p, b.n);
    return p;
}

static void table_copy(struct table *to, const struct table *from)
{
    to->n = from->n;
    to->pairs = calloc(from->n + 1, sizeof *to->pairs);
    PC_ASSERT(to->pairs != NULL);
    for (size_t i = 0; i < from->n; i++) {
        const struct pair *p = &from->pairs[i];
        to->pairs[i] = (struct pair){copy_of(bytes_of(p->key, p->key_len)), p->key_len,
                                     copy_of(bytes_of(p->value, p->value_len)), p->value_len};
    }
}

static int compare(const struct pair *p, struct bytes key)
{
    size_t n = p->key_len < key.n ? p->key_len : key.n;
    int c = n == 0 ? 0 : memcmp(p->key, key.p, n);
    return c != 0 ? c : (p->key_len > key.n) - (p->key_len < key.n);
}

static size_t lower_bound(const struct table *t, struct bytes key)
{
    size_t i = 0;
    while (i < t->n && compare(&t->pairs[i], key) < 0)
        i++;
    return i;
}

static enum err_code fault(struct store_mem *m)
{
    if (m->faults == NULL)
        return PC_OK;
    m->faults->calls++;
    return m->faults->calls == m->faults->fail_at ? m->faults->with : PC_OK;
}

static struct table *current(struct store_mem *m, int table)
{
    PC_ASSERT(m->writing || m->reading);
    PC_ASSERT(table >= 0 && table < STORE_TABLES);
    return m->writing ? &m->work[table] : &m->live[table];
}

static enum err_code mem_begin(struct store_engine *e, bool write)
{
    struct store_mem *m = mem_of(e);
    PC_ASSERT(!m->writing && !m->reading);
    PC_TRY(fault(m));
    m->writing = write;
    m->reading = !write;
    for (int t = 0; write && t < STORE_TABLES; t++)
        table_copy(&m->work[t], &m->live[t]);
    return PC_OK;
}

static enum err_code mem_get(struct store_engine *e, int table, struct bytes key,
                             struct bytes *value)
{
    struct table *t = current(mem_of(e), table);
    PC_TRY(fault(mem_of(e)));
    size_t i = lower_bound(t, key);
    if (i == t->n || compare(&t->pairs[i], key) != 0)
        return PC_E_NOT_FOUND;
    *value = bytes_of(t->pairs[i].value, t->pairs[i].value_len);
    return PC_OK;
}

static enum err_code mem_seek(struct store_engine *e, int table, struct bytes key, bool after,
                              struct bytes *found, struct bytes *value)
{
    struct table *t = current(mem_of(e), table);
    PC_TRY(fault(mem_of(e)));
    size_t i = lower_bound(t, key);
    if (after && i < t->n && compare(&t->pairs[i], key) == 0)
        i++;
    if (i == t->n)
        return PC_E_NOT_FOUND;
    *found = bytes_of(t->pairs[i].key, t->pairs[i].key_len);
    *value = bytes_of(t->pairs[i].value, t->pairs[i].value_len);
    return PC_OK;
}

static enum err_code mem_put(struct store_engine *e, int table, struct bytes key,
                             struct bytes value)
{
    struct store_mem *m = mem_of(e);
    PC_ASSERT(m->writing);
    PC_TRY(fault(m));
    struct table *t = current(m, table);
    size_t i = lower_bound(t, key);
    struct pair fresh = {copy_of(key), key.n, copy_of(value), value.n};
    if (i < t->n && compare(&t->pairs[i], key) == 0) {
        pair_free(&t->pairs[i]);
        t->pairs[i] = fresh;
        return PC_OK;
    }
    struct pair *more = realloc(t->pairs, (t->n + 1) * sizeof *more);
    PC_ASSERT(more != NULL);
    memmove(&more[i + 1], &more[i], (t->n - i) * sizeof *more);
    more[i] = fresh;
    t->pairs = more;
    t->n++;
    return PC_OK;
}

static enum err_code mem_del(struct store_engine *e, int table, struct bytes key)
{
    struct store_mem *m = mem_of(e);
    PC_ASSERT(m->writing);
    PC_TRY(fault(m));
    struct table *t = current(m, table);
    size_t i = lower_bound(t, key);
    if (i == t->n || compare(&t->pairs[i], key) != 0)
        return PC_E_NOT_FOUND;
    pair_free(&t->pairs[i]);
    memmove(&t->pairs[i], &t->pairs[i + 1], (t->n - i - 1) * sizeof *t->pairs);
    t->n--;
    return PC_OK;
}

static void mem_abort(struct store_engine *e)
{
    struct store_mem *m = mem_of(e);
    for (int t = 0; m->writing && t < STORE_TABLES; t++)
        table_clear(&m->work[t]);
    m->writing = m->reading = false;
}

static enum err_code mem_commit(struct store_engine *e)
{
    struct store_mem *m = mem_of(e);
    PC_ASSERT(m->writing);
    enum err_code err = fault(m);
    if (err != PC_OK) {
        mem_abort(e);
        return err;
    }
    for (int t = 0; t < STORE_TABLES; t++) {
        table_clear(&m->live[t]);
        m->live[t] = m->work[t];
        m->work[t] = (struct table){0};
    }
    m->writing = false;
    return PC_OK;
}

static enum err_code mem_grow(struct store_engine *e)
{
    struct store_mem *m = mem_of(e);
    if (m->faults != NULL)
        m->faults->grown++;
    return PC_OK;
}

static void mem_close(struct store_engine *e)
{
    struct store_mem *m = mem_of(e);
    mem_abort(e);
    for (int t = 0; t < STORE_TABLES; t++)
        table_clear(&m->live[t]);
    free(m);
}

static const struct store_engine_ops mem_ops = {mem_begin,  mem_get,   mem_seek, mem_put,  mem_del,
                                                mem_commit, mem_abort, mem_grow, mem_close};

struct store_engine *store_mem_new(struct store_mem_faults *faults)
{
    struct store_mem *m = calloc(1, sizeof *m);
    PC_ASSERT(m != NULL);
    m->engine.ops = &mem_ops;
    m->faults = faults;
    return &m->engine;
}

uint8_t *store_mem_value(struct store_engine *e, int table, struct bytes key, size_t *n)
{
    struct table *t = &mem_of(e)->live[table];
    size_t i = lower_bound(t, key);
    if (i == t->n || compare(&t->pairs[i], key) != 0)
        return NULL;
    *n = t->pairs[i].value_len;
    return t->pairs[i].value;
}
