/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept.c - chain's checkpoints in the store: the two newest, each in parts, and one record that
 * says which places are whole. A new one is written over the older of the two, which does not count
 * from its first part on until its last part is in: a kill at any write leaves the newer one.
 * Parts of an older one that are not written over stay, as room that was taken: there are at most
 * IPC_PARTS_MAX for each. Opaque here; chain judges what it reads back.
 */
#include "base/log.h"
#include "node/polyclaved/polyclaved.h"

#define PLACES    2u
#define INDEX_LEN (1 + 4 * PLACES)

struct places {
    uint8_t newest;
    uint32_t parts[PLACES]; /* 0: empty, or not whole */
};

struct part_key {
    uint8_t b[24];
    size_t n;
};

static const char index_key[] = "chain-kept";

static struct bytes key_of(struct part_key *k, unsigned place, uint32_t part)
{
    struct writer w = writer_of(k->b, sizeof k->b);
    struct bytes out;
    write_bytes(&w, "chain-kept/", 11);
    write_u8(&w, (uint8_t)('0' + place));
    write_u32(&w, part);
    if (writer_end(&w, &out) != PC_OK)
        pc_bug("a key does not fit");
    return out;
}

static enum err_code accept_any(void *ctx, struct bytes key, struct bytes value)
{
    (void)ctx;
    (void)key;
    (void)value;
    return PC_OK;
}

/* Unreadable is empty. */
static struct places places_read(struct polyclaved *p)
{
    uint8_t raw[INDEX_LEN];
    size_t n;
    struct places x = {.newest = 0};
    if (store_get(p->store, STORE_CURSOR, PC_BYTES_STR(index_key), raw, sizeof raw, &n, accept_any,
                  NULL) != PC_OK ||
        n != sizeof raw || raw[0] >= PLACES)
        return x;
    x.newest = raw[0];
    for (size_t i = 0; i < PLACES; i++) {
        x.parts[i] = load_be32(raw + 1 + 4 * i);
        if (x.parts[i] > IPC_PARTS_MAX)
            x.parts[i] = 0;
    }
    return x;
}

static struct store_op places_op(uint8_t raw[static INDEX_LEN], const struct places *x)
{
    raw[0] = x->newest;
    for (size_t i = 0; i < PLACES; i++)
        store_be32(raw + 1 + 4 * i, x->parts[i]);
    return (struct store_op){
        .kind = STORE_CURSOR, .key = PC_BYTES_STR(index_key), .value = bytes_of(raw, INDEX_LEN)};
}

static enum err_code put(struct polyclaved *p, const struct ipc_dc_kept_put *m)
{
    struct places x = places_read(p);
    unsigned place = x.newest ^ 1u;
    struct part_key key;
    uint8_t raw[INDEX_LEN];
    struct store_op ops[2] = {
        {.kind = STORE_CURSOR, .key = key_of(&key, place, m->part), .value = m->data}};
    if (m->part != 0 && m->part != p->kept_next)
        return PC_E_SEQUENCE;
    x.parts[place] = 0;
    if (m->last) {
        x.parts[place] = m->part + 1;
        x.newest = (uint8_t)place;
    }
    ops[1] = places_op(raw, &x);
    PC_TRY(store_write(p->store, ops, m->part == 0 || m->last ? 2 : 1));
    p->kept_next = m->last ? 0 : m->part + 1;
    return PC_OK;
}

void kept_on_put(struct polyclaved *p, const struct ipc_dc_kept_put *m)
{
    enum err_code e = put(p, m);
    struct ipc_dc_kept_put_r r = {.part = m->part, .kept = e == PC_OK};
    if (e != PC_OK) {
        p->kept_next = 0;
        log_error("store_failed", LOG_STR("what", "chain's checkpoint"),
                  LOG_STR("error", pc_err_name(e)));
    }
    (void)DAEMON_SEND(&p->d, IPC_LINK_DC, dc_kept_put_r, &r);
}

void kept_on_get(struct polyclaved *p, const struct ipc_dc_kept_get *m)
{
    static uint8_t data[IPC_OBJECT_MAX];
    struct places x = places_read(p);
    unsigned place = m->older ? x.newest ^ 1u : x.newest;
    struct ipc_dc_kept r = {.older = m->older, .part = m->part};
    struct part_key key;
    size_t n = 0;
    if (m->part < x.parts[place]) {
        enum err_code e = store_get(p->store, STORE_CURSOR, key_of(&key, place, m->part), data,
                                    sizeof data, &n, accept_any, NULL);
        if (e == PC_OK)
            r.parts = x.parts[place];
        else
            log_warn("checkpoint_damaged", LOG_U64("part", m->part),
                     LOG_STR("error", pc_err_name(e)));
    }
    r.data = bytes_of(data, n);
    (void)DAEMON_SEND(&p->d, IPC_LINK_DC, dc_kept, &r);
}

void kept_on_drop(struct polyclaved *p)
{
    struct places none = {.newest = 0};
    uint8_t raw[INDEX_LEN];
    struct store_op op = places_op(raw, &none);
    enum err_code e = store_write(p->store, &op, 1);
    p->kept_next = 0;
    if (e != PC_OK)
        log_error("store_failed", LOG_STR("what", "chain's checkpoint"),
                  LOG_STR("error", pc_err_name(e)));
}
