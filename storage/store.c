/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "storage/migrate.h"
#include "storage/record.h"

/* The stamp against what this program is. PC_E_NOT_FOUND: a new store. */
static enum err_code judge_stamp(struct store_engine *e, const uint8_t network_id[static 32],
                                 struct store_stamp *st, char *why)
{
    struct bytes found, value;
    enum err_code err = store_stamp_read(e, st);
    if (err == PC_E_NOT_FOUND) {
        for (int t = 0; t < STORE_TABLES && err == PC_E_NOT_FOUND; t++)
            err = e->ops->seek(e, t, bytes_of(NULL, 0), false, &found, &value);
        if (err == PC_OK)
            err = PC_E_CORRUPT;
        if (err == PC_E_CORRUPT)
            snprintf(why, STORE_WHY_MAX, "it holds records but no stamp of this program");
        return err;
    }
    if (err == PC_E_CORRUPT)
        snprintf(why, STORE_WHY_MAX, "its stamp is damaged or another program's");
    if (err != PC_OK)
        return err;
    if (st->schema > STORE_SCHEMA) {
        snprintf(why, STORE_WHY_MAX, "it was written by a newer version: schema %u, this is %u",
                 (unsigned)st->schema, STORE_SCHEMA);
        return PC_E_UNSUPPORTED;
    }
    if (memcmp(st->network_id, network_id, 32) != 0) {
        snprintf(why, STORE_WHY_MAX,
                 "it belongs to another network: %02x%02x%02x%02x..., expected %02x%02x%02x%02x...",
                 st->network_id[0], st->network_id[1], st->network_id[2], st->network_id[3],
                 network_id[0], network_id[1], network_id[2], network_id[3]);
        return PC_E_MISMATCH;
    }
    return PC_OK;
}

/* store_verify counts again what the counters say. */
struct tally {
    const uint8_t *network_id;
    uint64_t count[STORE_KINDS];
    uint64_t bytes[STORE_KINDS];
    struct counter counters[STORE_KINDS];
};

static enum err_code verify_record(struct store_engine *e, struct tally *t, enum store_kind kind,
                                   struct bytes key, struct bytes stored)
{
    struct frame f;
    struct bytes place;
    PC_TRY(frame_open(&f, kind, stored));
    PC_TRY(frame_check(&f, t->network_id, kind, key,
                       bytes_of(stored.p + FRAME_HEAD, stored.n - FRAME_HEAD)));
    if (f.seq == 0 || f.seq >= t->counters[kind].next_seq)
        return PC_E_CORRUPT;
    struct order_key ok = order_key(kind, f.seq);
    enum err_code err = e->ops->get(e, STORE_TABLE_ORDER, PC_BYTES(ok.b), &place);
    if (err == PC_E_NOT_FOUND || (err == PC_OK && !bytes_equal_var(place, key)))
        return PC_E_CORRUPT;
    t->count[kind]++;
    t->bytes[kind] += f.len;
    return err;
}

static int bytes_compare(struct bytes a, struct bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return c != 0 ? c : (a.n > b.n) - (a.n < b.n);
}

static enum err_code verify_table(struct store_engine *e, struct tally *t, int table,
                                  uint64_t *seen)
{
    uint8_t at[STORE_KEY_MAX];
    size_t at_len = 0;
    struct bytes key, stored;
    for (*seen = 0;; ++*seen) {
        enum err_code err =
            e->ops->seek(e, table, bytes_of(at, at_len), at_len != 0, &key, &stored);
        if (err != PC_OK)
            return err == PC_E_NOT_FOUND ? PC_OK : err;
        /* Keys ascend in a sound tree; in a damaged one the walk might never end. */
        if (key.n == 0 || key.n > sizeof at || bytes_compare(key, bytes_of(at, at_len)) <= 0)
            return PC_E_CORRUPT;
        memcpy(at, key.p, key.n);
        at_len = key.n;
        if (table < STORE_KINDS)
            PC_TRY(verify_record(e, t, (enum store_kind)table, bytes_of(at, at_len), stored));
    }
}

static enum err_code verify_all(struct store_engine *e, struct tally *t)
{
    uint64_t total = 0, seen;
    for (int k = 0; k < STORE_KINDS; k++)
        PC_TRY(counter_read(e, (enum store_kind)k, &t->counters[k]));
    for (int k = 0; k < STORE_KINDS; k++) {
        PC_TRY(verify_table(e, t, k, &seen));
        if (t->count[k] != t->counters[k].count || t->bytes[k] != t->counters[k].bytes)
            return PC_E_CORRUPT;
        total += seen;
    }
    PC_TRY(verify_table(e, t, STORE_TABLE_ORDER, &seen));
    if (seen != total)
        return PC_E_CORRUPT;
    return verify_table(e, t, STORE_TABLE_META, &seen);
}

enum err_code store_verify(struct store_engine *e, const uint8_t network_id[static 32],
                           char why[static STORE_WHY_MAX])
{
    struct tally t = {.network_id = network_id};
    struct store_stamp st;
    why[0] = '\0';
    PC_TRY(e->ops->begin(e, false));
    enum err_code err = judge_stamp(e, network_id, &st, why);
    /* Records of an older schema are for the steps of migrate.c to judge. */
    if (err == PC_OK && st.schema == STORE_SCHEMA) {
        err = verify_all(e, &t);
        if (err == PC_E_CORRUPT)
            snprintf(why, STORE_WHY_MAX, "a record, its place or a counter is damaged");
    }
    e->ops->abort(e);
    return err == PC_E_NOT_FOUND ? PC_OK : err;
}

static enum err_code create(struct store *s)
{
    struct store_engine *e = s->engine;
    struct store_stamp st = {.schema = STORE_SCHEMA};
    memcpy(st.network_id, s->network_id, 32);
    PC_TRY(e->ops->begin(e, true));
    enum err_code err = store_stamp_write(e, &st);
    for (int k = 0; k < STORE_KINDS && err == PC_OK; k++) {
        struct counter zero = {.next_seq = 1};
        err = counter_write(e, (enum store_kind)k, &zero);
    }
    if (err == PC_OK)
        return e->ops->commit(e);
    e->ops->abort(e);
    return err;
}

static enum err_code load_counters(struct store *s)
{
    struct store_engine *e = s->engine;
    PC_TRY(e->ops->begin(e, false));
    enum err_code err = PC_OK;
    for (int k = 0; k < STORE_KINDS && err == PC_OK; k++)
        err = counter_read(e, (enum store_kind)k, &s->counters[k]);
    e->ops->abort(e);
    return err;
}

static enum err_code adopt(struct store *s, char *why)
{
    struct store_engine *e = s->engine;
    struct store_stamp st;
    PC_TRY(e->ops->begin(e, false));
    enum err_code err = judge_stamp(e, s->network_id, &st, why);
    e->ops->abort(e);
    if (err == PC_E_NOT_FOUND)
        err = create(s);
    else if (err == PC_OK)
        err = migrate_to_current(e, &st);
    if (err == PC_OK)
        err = load_counters(s);
    return err;
}

enum err_code store_over(struct store **out, struct store_engine *e,
                         const uint8_t network_id[static 32], char why[static STORE_WHY_MAX])
{
    *out = NULL;
    why[0] = '\0';
    struct store *s = calloc(1, sizeof *s);
    enum err_code err = PC_E_MEMORY;
    if (s != NULL) {
        s->engine = e;
        memcpy(s->network_id, network_id, 32);
        for (int k = 0; k < STORE_KINDS; k++) {
            s->most[k].count = store_limits[k].max_count;
            s->most[k].bytes = store_limits[k].max_bytes;
        }
        s->scratch = calloc(1, FRAME_HEAD + STORE_VALUE_MAX);
        err = s->scratch == NULL ? PC_E_MEMORY : adopt(s, why);
    }
    if (err == PC_OK) {
        *out = s;
        return PC_OK;
    }
    if (why[0] == '\0')
        snprintf(why, STORE_WHY_MAX, "%s", pc_err_text(err));
    if (s != NULL)
        free(s->scratch);
    free(s);
    e->ops->close(e);
    return err;
}

enum err_code store_open(struct store **out, const struct store_options *opt,
                         char why[static STORE_WHY_MAX])
{
    struct store_engine *e = NULL;
    *out = NULL;
    PC_TRY(store_lmdb_open(&e, opt, why));
    return store_over(out, e, opt->network_id, why);
}

void store_close(struct store *s)
{
    if (s == NULL)
        return;
    s->engine->ops->close(s->engine);
    free(s->scratch);
    free(s);
}
