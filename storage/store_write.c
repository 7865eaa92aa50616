/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"
#include "storage/record.h"

enum step_kind { STEP_PUT, STEP_ERASE, STEP_APPEND, STEP_CONTENT, STEP_EVICT };

struct step {
    enum step_kind what;
    enum store_kind kind;
    struct bytes key;
    struct bytes value;
};

struct change {
    struct store *s;
    struct counter counters[STORE_KINDS];
    bool dirty[STORE_KINDS];
    bool over_quota; /* PC_E_FULL came from a kind's limit: growing does not help */
};

static enum err_code drop(struct change *c, enum store_kind kind, struct bytes key)
{
    struct store_engine *e = c->s->engine;
    struct counter *n = &c->counters[kind];
    struct bytes stored;
    struct frame f;
    PC_TRY(e->ops->get(e, (int)kind, key, &stored));
    uint64_t len = stored.n > FRAME_HEAD ? stored.n - FRAME_HEAD : 0;
    enum err_code err = frame_open(&f, kind, stored);
    if (err == PC_OK)
        err = frame_check(&f, c->s->network_id, kind, key,
                          bytes_of(stored.p + FRAME_HEAD, stored.n - FRAME_HEAD));
    if (err == PC_OK) {
        struct order_key ok = order_key(kind, f.seq);
        err = e->ops->del(e, STORE_TABLE_ORDER, PC_BYTES(ok.b));
        if (err != PC_OK && err != PC_E_NOT_FOUND)
            return err;
    } else {
        PC_TRY(order_forget(e, kind, key));
    }
    PC_TRY(e->ops->del(e, (int)kind, key));
    n->count -= n->count > 0 ? 1 : 0;
    n->bytes -= n->bytes > len ? len : n->bytes;
    c->dirty[kind] = true;
    return PC_OK;
}

/* Let the oldest records of a ring go until it is inside its limits again. */
static enum err_code evict(struct change *c, enum store_kind kind)
{
    struct store_engine *e = c->s->engine;
    while (c->counters[kind].count > c->s->most[kind].count ||
           c->counters[kind].bytes > c->s->most[kind].bytes) {
        struct order_key first = order_key(kind, 0), at;
        struct bytes found, value;
        uint8_t key[STORE_KEY_MAX];
        if (!store_limits[kind].ring) {
            c->over_quota = true;
            return PC_E_FULL;
        }
        enum err_code err =
            e->ops->seek(e, STORE_TABLE_ORDER, PC_BYTES(first.b), false, &found, &value);
        if (err != PC_OK || found.n != sizeof at.b || found.p[0] != (uint8_t)kind ||
            value.n > sizeof key)
            return err == PC_OK || err == PC_E_NOT_FOUND ? PC_E_CORRUPT : err;
        memcpy(at.b, found.p, sizeof at.b);
        memcpy(key, value.p, value.n);
        err = drop(c, kind, bytes_of(key, value.n));
        if (err == PC_E_NOT_FOUND)
            err = e->ops->del(e, STORE_TABLE_ORDER, PC_BYTES(at.b));
        if (err != PC_OK)
            return err;
    }
    return PC_OK;
}

static enum err_code insert(struct change *c, enum store_kind kind, struct bytes key,
                            struct bytes value)
{
    struct store_engine *e = c->s->engine;
    struct counter *n = &c->counters[kind];
    uint64_t seq = n->next_seq++;
    struct order_key ok = order_key(kind, seq);
    uint8_t *framed = c->s->scratch;
    frame_make(framed, c->s->network_id, kind, seq, key, value);
    if (value.n != 0)
        memcpy(framed + FRAME_HEAD, value.p, value.n);
    PC_TRY(e->ops->put(e, (int)kind, key, bytes_of(framed, FRAME_HEAD + value.n)));
    PC_TRY(e->ops->put(e, STORE_TABLE_ORDER, PC_BYTES(ok.b), key));
    n->count++;
    n->bytes += value.n;
    c->dirty[kind] = true;
    return evict(c, kind);
}

static enum err_code apply(struct change *c, const struct step *st)
{
    struct store_engine *e = c->s->engine;
    struct bytes stored;
    uint8_t seq[8];
    enum err_code err;
    switch (st->what) {
    case STEP_ERASE:
        err = drop(c, st->kind, st->key);
        return err == PC_E_NOT_FOUND ? PC_OK : err;
    case STEP_EVICT:
        return evict(c, st->kind);
    case STEP_APPEND:
        store_be64(seq, c->counters[st->kind].next_seq);
        return insert(c, st->kind, PC_BYTES(seq), st->value);
    case STEP_CONTENT:
        err = e->ops->get(e, (int)st->kind, st->key, &stored);
        if (err == PC_OK && stored.n == FRAME_HEAD + st->value.n &&
            memcmp(stored.p + FRAME_HEAD, st->value.p, st->value.n) == 0)
            return PC_OK;
        if (err != PC_OK && err != PC_E_NOT_FOUND)
            return err;
        break;
    case STEP_PUT:
        break;
    }
    err = drop(c, st->kind, st->key);
    if (err != PC_OK && err != PC_E_NOT_FOUND)
        return err;
    return insert(c, st->kind, st->key, st->value);
}

static enum err_code try_steps(struct change *c, const struct step *steps, size_t n)
{
    struct store_engine *e = c->s->engine;
    memcpy(c->counters, c->s->counters, sizeof c->counters);
    memset(c->dirty, 0, sizeof c->dirty);
    PC_TRY(e->ops->begin(e, true));
    enum err_code err = PC_OK;
    for (size_t i = 0; i < n && err == PC_OK; i++)
        err = apply(c, &steps[i]);
    for (int k = 0; k < STORE_KINDS && err == PC_OK; k++)
        if (c->dirty[k])
            err = counter_write(e, (enum store_kind)k, &c->counters[k]);
    if (err != PC_OK) {
        e->ops->abort(e);
        return err;
    }
    PC_TRY(e->ops->commit(e));
    memcpy(c->s->counters, c->counters, sizeof c->counters);
    return PC_OK;
}

static enum err_code run_steps(struct store *s, const struct step *steps, size_t n)
{
    struct change c = {.s = s};
    for (;;) {
        enum err_code err = try_steps(&c, steps, n);
        if (err != PC_E_FULL || c.over_quota)
            return err;
        PC_TRY(s->engine->ops->grow(s->engine));
    }
}

static enum err_code step_valid(const struct step *st)
{
    if ((unsigned)st->kind >= STORE_KINDS)
        return PC_E_USAGE;
    const struct store_limits *lim = &store_limits[st->kind];
    if (st->what == STEP_PUT && (lim->content || lim->log))
        return PC_E_USAGE;
    if (st->what != STEP_APPEND && st->key.n == 0)
        return PC_E_USAGE;
    if (st->key.n > STORE_KEY_MAX || st->value.n > lim->max_value)
        return PC_E_TOO_LARGE;
    return PC_OK;
}

/* store_write runs its steps in one transaction; each needs its translation first. */
#define OPS_MAX 64u

enum err_code store_write(struct store *s, const struct store_op *ops, size_t n)
{
    struct step steps[OPS_MAX];
    if (n > OPS_MAX)
        return PC_E_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        steps[i] = (struct step){ops[i].erase ? STEP_ERASE : STEP_PUT, ops[i].kind, ops[i].key,
                                 ops[i].erase ? bytes_of(NULL, 0) : ops[i].value};
        PC_TRY(step_valid(&steps[i]));
    }
    return run_steps(s, steps, n);
}

enum err_code store_put(struct store *s, enum store_kind kind, struct bytes key, struct bytes value)
{
    struct store_op op = {.kind = kind, .key = key, .value = value};
    return store_write(s, &op, 1);
}

enum err_code store_erase(struct store *s, enum store_kind kind, struct bytes key)
{
    struct store_op op = {.kind = kind, .erase = true, .key = key};
    return store_write(s, &op, 1);
}

enum err_code store_append(struct store *s, struct bytes value, uint64_t *seq)
{
    struct step st = {.what = STEP_APPEND, .kind = STORE_RELEASE, .value = value};
    uint64_t mine = s->counters[STORE_RELEASE].next_seq;
    if (seq != NULL)
        *seq = 0;
    PC_TRY(step_valid(&st));
    PC_TRY(run_steps(s, &st, 1));
    if (seq != NULL)
        *seq = mine;
    return PC_OK;
}

enum err_code store_put_content(struct store *s, enum store_kind kind, struct bytes value,
                                uint8_t hash[static 32])
{
    struct step st = {STEP_CONTENT, kind, bytes_of(hash, 32), value};
    memset(hash, 0, 32);
    PC_TRY(step_valid(&st));
    if (!store_limits[kind].content)
        return PC_E_USAGE;
    sha256(hash, value);
    enum err_code err = run_steps(s, &st, 1);
    if (err != PC_OK)
        memset(hash, 0, 32);
    return err;
}

enum err_code store_limit(struct store *s, enum store_kind kind, uint64_t count, uint64_t bytes)
{
    struct step st = {.what = STEP_EVICT, .kind = kind};
    if ((unsigned)kind >= STORE_KINDS || !store_limits[kind].ring || count == 0 || bytes == 0)
        return PC_E_USAGE;
    s->most[kind].count = count;
    s->most[kind].bytes = bytes;
    return run_steps(s, &st, 1);
}
