/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mirror.c - accepted evidence and collateral, content-addressed, for whoever asks by hash.
 *
 * A store of its own, data_dir/mirror: what strangers make this node keep can push out nothing that
 * the node itself needs, and the folder may be deleted at any time. A record's key is the SHA-256
 * of the evidence, its value struct attested (common.wire) and the evidence; both are compared with
 * the key whenever they are read. Collateral lies under its own hash and is found by the name of
 * what the vendor signed too (object_name.c).
 *
 * Bounds: bytes, numbers and age of the configuration. The oldest goes first, of applications while
 * nodes hold no more than half of the room: attestations of applications are anybody's, at the
 * price of their gas, and shall not push out the nodes' history.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "node/polyclaved/polyclaved.h"
#include "protocol/client_wire.h"

#define FOLDER       "mirror"
#define VALUE_MAX    (WIRE_ATTESTED_BYTES + EVIDENCE_MAX)
#define PAGE_MAX     1024
#define DROPS_MAX    32 /* of one write; more go with the next ones */
#define OVERHEAD_MIB 64 /* pages and places of the store beside the values */

static uint8_t value[VALUE_MAX > IPC_OBJECT_MAX ? VALUE_MAX : IPC_OBJECT_MAX];

/* ---- the index in memory ---- */

/* Place of the first entry whose hash is not below `hash`. */
static size_t place_of(const struct mirror *m, const uint8_t hash[static 32])
{
    size_t low = 0, high = m->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (memcmp(m->entries[mid].hash, hash, 32) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct mirror_entry *find(struct mirror *m, const uint8_t hash[static 32])
{
    size_t at = place_of(m, hash);
    return at < m->n && memcmp(m->entries[at].hash, hash, 32) == 0 ? &m->entries[at] : NULL;
}

static void index_add(struct mirror *m, const struct mirror_entry *e)
{
    size_t at = place_of(m, e->hash);
    PC_ASSERT(m->n < MIRROR_EVIDENCE_MAX);
    memmove(&m->entries[at + 1], &m->entries[at], (m->n - at) * sizeof *e);
    m->entries[at] = *e;
    m->n++;
    m->bytes += e->n;
    m->node_bytes += e->node ? e->n : 0;
}

static void index_drop(struct mirror *m, const struct mirror_entry *e)
{
    size_t at = (size_t)(e - m->entries);
    m->bytes -= e->n;
    m->node_bytes -= e->node ? e->n : 0;
    m->n--;
    memmove(&m->entries[at], &m->entries[at + 1], (m->n - at) * sizeof *e);
}

/* Who goes next: the oldest of those whose turn it is; NULL if there is none. */
static struct mirror_entry *victim(const struct mirror *m)
{
    bool nodes = m->node_bytes > m->evidence_max / 2 || m->node_bytes == m->bytes;
    struct mirror_entry *oldest = NULL;
    for (size_t i = 0; i < m->n; i++)
        if (m->entries[i].node == nodes &&
            (oldest == NULL || m->entries[i].attested_at < oldest->attested_at))
            oldest = &m->entries[i];
    return oldest;
}

/* ---- reading: every value is judged against its key ---- */

static enum err_code check_evidence(void *ctx, struct bytes key, struct bytes stored)
{
    uint8_t hash[32];
    (void)ctx;
    if (key.n != 32 || stored.n <= WIRE_ATTESTED_BYTES || stored.n > VALUE_MAX)
        return PC_E_CORRUPT;
    sha256(hash, bytes_of(stored.p + WIRE_ATTESTED_BYTES, stored.n - WIRE_ATTESTED_BYTES));
    return memcmp(hash, key.p, 32) == 0 ? PC_OK : PC_E_CORRUPT;
}

/* Content kinds are compared with their key by the store. */
static enum err_code check_object(void *ctx, struct bytes key, struct bytes stored)
{
    (void)ctx;
    (void)key;
    return stored.n != 0 ? PC_OK : PC_E_CORRUPT;
}

static enum err_code load(void *ctx, struct bytes key, struct bytes stored)
{
    struct mirror *m = ctx;
    struct wire_attested a;
    struct mirror_entry e = {.n = (uint32_t)stored.n};
    if (check_evidence(NULL, key, stored) != PC_OK ||
        wire_decode_attested(&a, bytes_of(stored.p, WIRE_ATTESTED_BYTES)) != PC_OK)
        return PC_OK; /* not ours: it goes when its turn comes */
    if (m->n == MIRROR_EVIDENCE_MAX)
        return PC_E_NOT_FOUND;
    memcpy(e.hash, key.p, sizeof e.hash);
    memcpy(e.record, a.record, sizeof e.record);
    e.attested_at = a.attested_at;
    e.node = a.kind == PC_SUBJECT_NODE;
    index_add(m, &e);
    return PC_OK;
}

static void name_object(struct mirror *m, struct bytes data, const uint8_t hash[static 32])
{
    uint8_t name[32];
    if (object_name(name, data) != PC_OK)
        return; /* found by its hash alone */
    size_t at = m->next_object++ % PC_ARRAY_LEN(m->object);
    memcpy(m->object[at].name, name, sizeof name);
    memcpy(m->object[at].hash, hash, 32);
}

static enum err_code load_object(void *ctx, struct bytes key, struct bytes stored)
{
    if (key.n == 32)
        name_object(ctx, stored, key.p);
    return PC_OK;
}

static enum err_code read_value(struct polyclaved *p, size_t *n, const uint8_t hash[static 32])
{
    struct mirror *m = &p->mirror;
    struct mirror_entry *e = m->store != NULL ? find(m, hash) : NULL;
    *n = 0;
    if (e == NULL)
        return PC_E_NOT_FOUND;
    enum err_code err = store_get(m->store, STORE_TRANSCRIPT, bytes_of(hash, 32), value, VALUE_MAX,
                                  n, check_evidence, NULL);
    if (err == PC_OK)
        return PC_OK;
    log_warn("mirror_damaged", LOG_HEX("evidence", bytes_of(hash, 32)),
             LOG_STR("error", pc_err_name(err)));
    index_drop(m, e); /* chain tells it again after its next start */
    if (err == PC_E_CORRUPT && store_erase(m->store, STORE_TRANSCRIPT, bytes_of(hash, 32)) != PC_OK)
        log_error("store_failed", LOG_STR("what", "a damaged evidence stays"));
    return PC_E_NOT_FOUND;
}

enum err_code mirror_read(struct polyclaved *p, struct wire_attested *a, void *out, size_t cap,
                          size_t *n, const uint8_t hash[static 32])
{
    size_t whole;
    *n = 0;
    PC_TRY(read_value(p, &whole, hash));
    if (wire_decode_attested(a, bytes_of(value, WIRE_ATTESTED_BYTES)) != PC_OK)
        return PC_E_NOT_FOUND;
    if (out == NULL)
        return PC_OK;
    if (whole - WIRE_ATTESTED_BYTES > cap)
        return PC_E_TOO_LARGE;
    *n = whole - WIRE_ATTESTED_BYTES;
    memcpy(out, value + WIRE_ATTESTED_BYTES, *n);
    return PC_OK;
}

/* ---- writing ---- */

/* What must go so that `more` bytes have room, and what is too old; in one transaction with the
 * write. */
static enum err_code write_value(struct mirror *m, const struct mirror_entry *e, size_t n)
{
    struct store_op ops[DROPS_MAX + 1];
    static struct mirror_entry gone[DROPS_MAX];
    size_t drops = 0;
    while (drops < DROPS_MAX && m->n != 0 &&
           (m->n == MIRROR_EVIDENCE_MAX || m->bytes + n > m->evidence_max)) {
        struct mirror_entry *v = victim(m);
        if (e != NULL && v->node == e->node && v->attested_at > e->attested_at)
            break; /* it is older than all that would have to go for it */
        gone[drops] = *v;
        ops[drops] = (struct store_op){
            .kind = STORE_TRANSCRIPT, .erase = true, .key = PC_BYTES(gone[drops].hash)};
        drops++;
        index_drop(m, v);
    }
    bool room = m->n < MIRROR_EVIDENCE_MAX && m->bytes + n <= m->evidence_max;
    size_t steps = drops;
    if (room)
        ops[steps++] = (struct store_op){
            .kind = STORE_TRANSCRIPT, .key = PC_BYTES(e->hash), .value = bytes_of(value, n)};
    enum err_code err = steps != 0 ? store_write(m->store, ops, steps) : PC_OK;
    if (err != PC_OK) {
        for (size_t i = 0; i < drops; i++)
            index_add(m, &gone[i]);
        return err;
    }
    m->pruned += drops;
    if (room)
        index_add(m, e);
    return room ? PC_OK : PC_E_FULL;
}

void mirror_accept(struct polyclaved *p, const struct ipc_dc_accepted *in)
{
    struct mirror *m = &p->mirror;
    struct mirror_entry e = {.attested_at = in->attested.attested_at,
                             .node = in->attested.kind == PC_SUBJECT_NODE};
    struct bytes head;
    size_t n;
    if (m->store == NULL)
        return;
    enum err_code err = wire_encode_attested(&head, value, WIRE_ATTESTED_BYTES, &in->attested);
    if (err == PC_OK)
        err = assemble(p, value + WIRE_ATTESTED_BYTES, EVIDENCE_MAX, &n, in->attested.vendor,
                       in->attested.issuer, &(struct posted_parts){in->evidence, in->leaf, in->ca});
    if (err == PC_OK && n != 0) {
        sha256(e.hash, bytes_of(value + WIRE_ATTESTED_BYTES, n));
        memcpy(e.record, in->attested.record, sizeof e.record);
        e.n = (uint32_t)(WIRE_ATTESTED_BYTES + n);
        if (find(m, e.hash) != NULL)
            return;
        err = write_value(m, &e, e.n);
    }
    if (err == PC_OK)
        log_event(PC_LOG_DEBUG, "mirrored", LOG_HEX("evidence", PC_BYTES(e.hash)),
                  LOG_HEX("record", PC_BYTES(e.record)));
    else
        log_warn("not_mirrored", LOG_HEX("record", PC_BYTES(in->attested.record)),
                 LOG_STR("error", pc_err_name(err)));
}

void mirror_object(struct polyclaved *p, struct bytes data)
{
    struct mirror *m = &p->mirror;
    uint8_t hash[32];
    if (m->store == NULL || data.n == 0)
        return;
    sha256(hash, data);
    for (size_t i = 0; i < PC_ARRAY_LEN(m->object); i++)
        if (memcmp(m->object[i].hash, hash, sizeof hash) == 0)
            return;
    enum err_code err = store_put_content(m->store, STORE_COLLATERAL, data, hash);
    if (err == PC_OK)
        name_object(m, data, hash);
    else
        log_warn("not_mirrored", LOG_STR("what", "collateral"), LOG_STR("error", pc_err_name(err)));
}

void mirror_on_head(struct polyclaved *p)
{
    struct mirror *m = &p->mirror;
    uint64_t age = (uint64_t)p->config.mirror_days * 86400;
    if (m->store == NULL || age == 0 || p->head.time < age)
        return;
    for (size_t i = 0; i < m->n;) {
        struct mirror_entry e = m->entries[i];
        if (e.attested_at >= p->head.time - age) {
            i++;
            continue;
        }
        if (store_erase(m->store, STORE_TRANSCRIPT, PC_BYTES(e.hash)) != PC_OK) {
            log_error("store_failed", LOG_STR("what", "evidence that is too old stays"));
            return;
        }
        index_drop(m, &m->entries[i]);
        m->pruned++;
    }
}

/* ---- asked ---- */

static void list(const struct mirror *m, const uint8_t after[static 32], size_t *n)
{
    static struct client_evidence_item items[PAGE_MAX];
    struct client_evidence_list page = {.version = CLIENT_VERSION};
    struct bytes encoded;
    size_t at = place_of(m, after), count = 0;
    if (at < m->n && memcmp(m->entries[at].hash, after, 32) == 0)
        at++;
    for (; at < m->n && count < PAGE_MAX; at++) {
        const struct mirror_entry *e = &m->entries[at];
        struct client_evidence_item *to = &items[count++];
        memcpy(to->hash, e->hash, sizeof to->hash);
        memcpy(to->record, e->record, sizeof to->record);
        to->attested_at = e->attested_at;
    }
    page.more = at < m->n;
    page.items.v = items;
    page.items.n = (uint32_t)count;
    *n = client_encode_evidence_list(&encoded, value, sizeof value, &page) == PC_OK ? encoded.n : 0;
}

static void newest_of(const struct mirror *m, const uint8_t record[static 32], size_t *n)
{
    const struct mirror_entry *newest = NULL;
    for (size_t i = 0; i < m->n; i++)
        if (memcmp(m->entries[i].record, record, 32) == 0 &&
            (newest == NULL || m->entries[i].attested_at > newest->attested_at))
            newest = &m->entries[i];
    if (newest == NULL)
        return;
    memcpy(value, newest->hash, 32);
    *n = 32;
}

static void object_of(struct mirror *m, const uint8_t hash[static 32], size_t *n)
{
    if (store_get(m->store, STORE_COLLATERAL, bytes_of(hash, 32), value, IPC_OBJECT_MAX, n,
                  check_object, NULL) == PC_OK)
        return;
    *n = 0;
    if (bytes_all_zero_var(bytes_of(hash, 32)))
        return; /* the name of a free place */
    for (size_t i = 0; i < PC_ARRAY_LEN(m->object) && *n == 0; i++)
        if (memcmp(m->object[i].name, hash, 32) == 0 &&
            store_get(m->store, STORE_COLLATERAL, PC_BYTES(m->object[i].hash), value,
                      IPC_OBJECT_MAX, n, check_object, NULL) != PC_OK)
            *n = 0;
}

/* What is asked for, as a view into `value`; empty: not held. */
static struct bytes answer_to(struct polyclaved *p, const struct ipc_dp_mirror_get *in)
{
    size_t n = 0;
    switch (in->what) {
    case IPC_MIRROR_WHAT_EVIDENCE:
        if (read_value(p, &n, in->hash) != PC_OK)
            return bytes_of(NULL, 0);
        return bytes_of(value + WIRE_ATTESTED_BYTES, n - WIRE_ATTESTED_BYTES);
    case IPC_MIRROR_WHAT_RECORD:
        return read_value(p, &n, in->hash) == PC_OK ? bytes_of(value, WIRE_ATTESTED_BYTES)
                                                    : bytes_of(NULL, 0);
    case IPC_MIRROR_WHAT_OF_RECORD:
        newest_of(&p->mirror, in->hash, &n);
        break;
    case IPC_MIRROR_WHAT_LIST:
        list(&p->mirror, in->hash, &n);
        break;
    case IPC_MIRROR_WHAT_COLLATERAL:
        object_of(&p->mirror, in->hash, &n);
        if (n == 0) /* the mirror is younger than the node's own store, or was emptied */
            return objects_named(p, in->hash);
        break;
    }
    return bytes_of(value, n);
}

void mirror_on_get(struct polyclaved *p, const struct ipc_dp_mirror_get *in)
{
    struct ipc_dp_mirror m = {.id = in->id};
    if (p->mirror.store != NULL)
        m.data = answer_to(p, in);
    m.has_data = m.data.n != 0;
    p->mirror.served += m.has_data;
    p->mirror.missed += !m.has_data;
    if (DAEMON_SEND(&p->d, IPC_LINK_DP, dp_mirror, &m) != PC_OK)
        log_warn("peer_busy", LOG_STR("request", "mirror"));
}

/* ---- begin and end ---- */

/* The configuration's limits, which may be lower than at the last start. */
static enum err_code limit_all(struct polyclaved *p)
{
    struct mirror *m = &p->mirror;
    const struct config *c = &p->config;
    m->evidence_max = (uint64_t)c->mirror_evidence_mib << 20;
    PC_TRY(store_limit(m->store, STORE_TRANSCRIPT, MIRROR_EVIDENCE_MAX, m->evidence_max));
    PC_TRY(store_limit(m->store, STORE_COLLATERAL, MIRROR_OBJECTS_MAX,
                       (uint64_t)c->mirror_collateral_mib << 20));
    PC_TRY(store_each(m->store, STORE_TRANSCRIPT, bytes_of(NULL, 0), load, m, NULL));
    return store_each(m->store, STORE_COLLATERAL, bytes_of(NULL, 0), load_object, m, NULL);
}

enum err_code mirror_open(struct polyclaved *p)
{
    struct mirror *m = &p->mirror;
    char dir[CONFIG_MAX_TEXT + sizeof FOLDER + 1], why[STORE_WHY_MAX] = "";
    struct store_options options = {.dir = dir};
    options.max_size =
        (2 * ((uint64_t)p->config.mirror_evidence_mib + p->config.mirror_collateral_mib) +
         OVERHEAD_MIB)
        << 20;
    memcpy(options.network_id, p->d.policy.network_id, sizeof options.network_id);
    m->entries = calloc(MIRROR_EVIDENCE_MAX + 1, sizeof *m->entries);
    if (m->entries == NULL)
        return PC_E_MEMORY;
    (void)snprintf(dir, sizeof dir, "%s/%s", p->config.data_dir, FOLDER);
    enum err_code err = mkdir(dir, 0700) == 0 || errno == EEXIST ? PC_OK : PC_E_IO;
    if (err != PC_OK)
        (void)snprintf(why, sizeof why, "the folder cannot be made: %s", strerror(errno));
    else
        err = store_open(&m->store, &options, why);
    if (err == PC_OK)
        err = limit_all(p);
    if (err == PC_OK)
        return PC_OK;
    /* It is a service to others: the node's own work does not wait for it. */
    log_error("mirror_refused", LOG_STR("dir", dir),
              LOG_STR("why", why[0] != '\0' ? why : pc_err_text(err)));
    store_close(m->store);
    m->store = NULL;
    m->n = 0;
    m->bytes = m->node_bytes = 0;
    return PC_OK;
}

void mirror_close(struct polyclaved *p)
{
    store_close(p->mirror.store);
    free(p->mirror.entries);
    p->mirror.store = NULL;
    p->mirror.entries = NULL;
}
