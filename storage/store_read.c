/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "storage/record.h"

/* Copy first, judge the copy: the map under a view belongs to the host. */
static enum err_code copy_out(struct store *s, enum store_kind kind, struct bytes key,
                              struct bytes stored, uint8_t *out, size_t cap, size_t *n)
{
    struct frame f;
    PC_TRY(frame_open(&f, kind, stored));
    if (f.len > cap) {
        *n = f.len;
        return PC_E_TOO_LARGE;
    }
    if (f.len != 0)
        memcpy(out, stored.p + FRAME_HEAD, f.len);
    PC_TRY(frame_check(&f, s->network_id, kind, key, bytes_of(out, f.len)));
    *n = f.len;
    return PC_OK;
}

enum err_code store_get(struct store *s, enum store_kind kind, struct bytes key, void *out,
                        size_t cap, size_t *n, store_check check, void *ctx)
{
    struct store_engine *e = s->engine;
    struct bytes stored;
    *n = 0;
    if (cap != 0)
        memset(out, 0, cap);
    if ((unsigned)kind >= STORE_KINDS || key.n == 0 || key.n > STORE_KEY_MAX || check == NULL)
        return PC_E_USAGE;
    PC_TRY(e->ops->begin(e, false));
    enum err_code err = e->ops->get(e, (int)kind, key, &stored);
    if (err == PC_OK)
        err = copy_out(s, kind, key, stored, out, cap, n);
    e->ops->abort(e);
    if (err == PC_OK)
        err = check(ctx, key, bytes_of(out, *n));
    if (err != PC_OK && cap != 0)
        memset(out, 0, cap);
    if (err != PC_OK && err != PC_E_TOO_LARGE)
        *n = 0;
    return err;
}

struct cursor {
    uint8_t key[STORE_KEY_MAX];
    size_t key_len;
    bool after;
};

/* The next record: its key into the cursor, its value into scratch. PC_E_NOT_FOUND at the end;
 * PC_E_CORRUPT leaves the cursor on the damaged record. */
static enum err_code each_next(struct store *s, enum store_kind kind, struct cursor *c, size_t *n)
{
    struct store_engine *e = s->engine;
    struct bytes found, stored;
    PC_TRY(e->ops->begin(e, false));
    enum err_code err =
        e->ops->seek(e, (int)kind, bytes_of(c->key, c->key_len), c->after, &found, &stored);
    if (err == PC_OK) {
        if (found.n > STORE_KEY_MAX) {
            err = PC_E_IO; /* no key of ours: the walk cannot step over it */
        } else {
            memcpy(c->key, found.p, found.n);
            c->key_len = found.n;
            c->after = true;
            err = copy_out(s, kind, bytes_of(c->key, c->key_len), stored, s->scratch,
                           STORE_VALUE_MAX, n);
        }
    }
    e->ops->abort(e);
    return err;
}

enum err_code store_each(struct store *s, enum store_kind kind, struct bytes from,
                         store_check visit, void *ctx, size_t *damaged)
{
    struct cursor c = {.key_len = from.n};
    size_t bad = 0, n = 0;
    enum err_code err = PC_OK;
    if (damaged != NULL)
        *damaged = 0;
    if ((unsigned)kind >= STORE_KINDS || from.n > STORE_KEY_MAX || visit == NULL)
        return PC_E_USAGE;
    if (from.n != 0)
        memcpy(c.key, from.p, from.n);
    uint8_t *copy = calloc(1, STORE_VALUE_MAX); /* the visitor may write, which uses scratch */
    if (copy == NULL)
        return PC_E_MEMORY;
    while (err == PC_OK) {
        err = each_next(s, kind, &c, &n);
        if (err == PC_E_CORRUPT) {
            bad++;
            err = PC_OK;
        } else if (err == PC_OK) {
            memcpy(copy, s->scratch, n);
            err = visit(ctx, bytes_of(c.key, c.key_len), bytes_of(copy, n));
        }
    }
    free(copy);
    if (damaged != NULL)
        *damaged = bad;
    return err == PC_E_NOT_FOUND ? PC_OK : err;
}

void store_stat(struct store *s, enum store_kind kind, uint64_t *count, uint64_t *bytes)
{
    *count = s->counters[kind].count;
    *bytes = s->counters[kind].bytes;
}
