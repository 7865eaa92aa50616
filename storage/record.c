/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/record.h"

#include "crypto/hash.h"
#include "crypto/labels.h"

static const char magic[16] = "polyclave-store\n";

const struct store_limits store_limits[STORE_KINDS] = {
    [STORE_TRANSCRIPT] = {1u << 20, 4096, 128u << 20, true, false, false},
    [STORE_CURSOR] = {1u << 18, 1280, 72u << 20, false, false, false},
    [STORE_RELEASE] = {4096, 1u << 18, 64u << 20, true, false, true},
    [STORE_EVIDENCE] = {1u << 16, 16384, 128u << 20, true, true, false},
    [STORE_COLLATERAL] = {1u << 20, 1024, 32u << 20, true, true, false},
};

/* ---- frames ---- */

static void sha_u64(struct sha256 *h, uint64_t v)
{
    uint8_t b[8];
    store_be64(b, v);
    sha256_update(h, b, sizeof b);
}

static void frame_checksum(uint8_t out[static CHECKSUM], const uint8_t network_id[static 32],
                           enum store_kind kind, uint64_t seq, struct bytes key, struct bytes value)
{
    struct sha256 h;
    uint8_t full[32];
    sha256_init(&h);
    sha256_update(&h, PC_LABEL_STORE_RECORD, sizeof PC_LABEL_STORE_RECORD - 1);
    sha256_update(&h, network_id, 32);
    sha_u64(&h, (uint64_t)kind);
    sha_u64(&h, seq);
    sha_u64(&h, key.n);
    sha256_update(&h, key.p, key.n);
    sha_u64(&h, value.n);
    sha256_update(&h, value.p, value.n);
    sha256_final(&h, full);
    memcpy(out, full, CHECKSUM);
}

void frame_make(uint8_t head[static FRAME_HEAD], const uint8_t network_id[static 32],
                enum store_kind kind, uint64_t seq, struct bytes key, struct bytes value)
{
    memset(head, 0, FRAME_HEAD);
    head[0] = (uint8_t)kind;
    store_be32(head + 4, (uint32_t)value.n);
    store_be64(head + 8, seq);
    frame_checksum(head + 16, network_id, kind, seq, key, value);
}

enum err_code frame_open(struct frame *f, enum store_kind kind, struct bytes stored)
{
    if (stored.n < FRAME_HEAD || stored.n - FRAME_HEAD > store_limits[kind].max_value)
        return PC_E_CORRUPT;
    memcpy(f->head, stored.p, FRAME_HEAD);
    f->len = load_be32(f->head + 4);
    f->seq = load_be64(f->head + 8);
    if (f->head[0] != (uint8_t)kind || f->head[1] != 0 || f->head[2] != 0 || f->head[3] != 0 ||
        f->len != stored.n - FRAME_HEAD)
        return PC_E_CORRUPT;
    return PC_OK;
}

enum err_code frame_check(const struct frame *f, const uint8_t network_id[static 32],
                          enum store_kind kind, struct bytes key, struct bytes value)
{
    uint8_t sum[CHECKSUM];
    frame_checksum(sum, network_id, kind, f->seq, key, value);
    if (memcmp(sum, f->head + 16, CHECKSUM) != 0)
        return PC_E_CORRUPT;
    if (store_limits[kind].log && (key.n != 8 || load_be64(key.p) != f->seq))
        return PC_E_CORRUPT;
    if (store_limits[kind].content) {
        uint8_t hash[32];
        sha256(hash, value);
        if (key.n != 32 || memcmp(hash, key.p, 32) != 0)
            return PC_E_CORRUPT;
    }
    return PC_OK;
}

/* ---- stamp and counters ---- */

static const struct bytes stamp_key = {(const uint8_t *)"stamp", 5};

enum err_code store_stamp_read(struct store_engine *e, struct store_stamp *out)
{
    struct bytes v;
    uint8_t sum[32];
    memset(out, 0, sizeof *out);
    PC_TRY(e->ops->get(e, STORE_TABLE_META, stamp_key, &v));
    if (v.n != STAMP_SIZE || memcmp(v.p, magic, sizeof magic) != 0)
        return PC_E_CORRUPT;
    sha256(sum, bytes_of(v.p, STAMP_SIZE - CHECKSUM));
    if (memcmp(sum, v.p + STAMP_SIZE - CHECKSUM, CHECKSUM) != 0)
        return PC_E_CORRUPT;
    out->schema = load_be32(v.p + 16);
    memcpy(out->network_id, v.p + 20, 32);
    return PC_OK;
}

enum err_code store_stamp_write(struct store_engine *e, const struct store_stamp *st)
{
    uint8_t v[STAMP_SIZE], sum[32];
    memcpy(v, magic, sizeof magic);
    store_be32(v + 16, st->schema);
    memcpy(v + 20, st->network_id, 32);
    sha256(sum, bytes_of(v, STAMP_SIZE - CHECKSUM));
    memcpy(v + STAMP_SIZE - CHECKSUM, sum, CHECKSUM);
    return e->ops->put(e, STORE_TABLE_META, stamp_key, PC_BYTES(v));
}

struct counter_key {
    uint8_t b[6];
};

static struct counter_key counter_key(enum store_kind kind)
{
    struct counter_key k = {{'c', 'o', 'u', 'n', 't', (uint8_t)kind}};
    return k;
}

enum err_code counter_read(struct store_engine *e, enum store_kind kind, struct counter *out)
{
    struct counter_key k = counter_key(kind);
    struct bytes v;
    uint8_t sum[32];
    enum err_code err = e->ops->get(e, STORE_TABLE_META, PC_BYTES(k.b), &v);
    if (err != PC_OK)
        return err == PC_E_NOT_FOUND ? PC_E_CORRUPT : err;
    if (v.n != COUNTER_SIZE)
        return PC_E_CORRUPT;
    sha256(sum, bytes_of(v.p, COUNTER_SIZE - CHECKSUM));
    if (memcmp(sum, v.p + COUNTER_SIZE - CHECKSUM, CHECKSUM) != 0)
        return PC_E_CORRUPT;
    *out = (struct counter){load_be64(v.p), load_be64(v.p + 8), load_be64(v.p + 16)};
    return PC_OK;
}

enum err_code counter_write(struct store_engine *e, enum store_kind kind, const struct counter *c)
{
    struct counter_key k = counter_key(kind);
    uint8_t v[COUNTER_SIZE], sum[32];
    store_be64(v, c->next_seq);
    store_be64(v + 8, c->count);
    store_be64(v + 16, c->bytes);
    sha256(sum, bytes_of(v, COUNTER_SIZE - CHECKSUM));
    memcpy(v + COUNTER_SIZE - CHECKSUM, sum, CHECKSUM);
    return e->ops->put(e, STORE_TABLE_META, PC_BYTES(k.b), PC_BYTES(v));
}

/* ---- order ---- */

struct order_key order_key(enum store_kind kind, uint64_t seq)
{
    struct order_key k = {{(uint8_t)kind}};
    store_be64(k.b + 1, seq);
    return k;
}

enum err_code order_forget(struct store_engine *e, enum store_kind kind, struct bytes key)
{
    struct order_key at = order_key(kind, 0);
    struct bytes found, value;
    bool after = false;
    for (;;) {
        enum err_code err =
            e->ops->seek(e, STORE_TABLE_ORDER, PC_BYTES(at.b), after, &found, &value);
        if (err != PC_OK || found.n != sizeof at.b || found.p[0] != (uint8_t)kind)
            return err == PC_E_NOT_FOUND ? PC_OK : err;
        memcpy(at.b, found.p, sizeof at.b);
        after = true;
        if (bytes_equal_var(value, key))
            PC_TRY(e->ops->del(e, STORE_TABLE_ORDER, PC_BYTES(at.b)));
    }
}
