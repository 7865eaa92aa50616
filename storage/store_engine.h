/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store_engine.h - the seam between store.c and an ordered key-value engine with transactions.
 *
 * One transaction at a time, by one thread. Views that get and seek give are valid until the next
 * call that writes, or the end of the transaction. After a failure inside a write transaction the
 * only step left is abort. Return codes: PC_OK; PC_E_NOT_FOUND (get, seek, del); PC_E_FULL (the map
 * is full: abort, grow, repeat); PC_E_IO (after a failed commit: close); PC_E_CORRUPT.
 */
#ifndef PC_STORAGE_STORE_ENGINE_H
#define PC_STORAGE_STORE_ENGINE_H

#include "storage/store.h"

/* Tables: one per kind, then these two. */
enum { STORE_TABLE_ORDER = STORE_KINDS, STORE_TABLE_META, STORE_TABLES };

struct store_engine;

struct store_engine_ops {
    enum err_code (*begin)(struct store_engine *e, bool write);
    enum err_code (*get)(struct store_engine *e, int table, struct bytes key, struct bytes *value);
    /* The first record with key >= `key` (or > `key` if after). */
    enum err_code (*seek)(struct store_engine *e, int table, struct bytes key, bool after,
                          struct bytes *found, struct bytes *value);
    enum err_code (*put)(struct store_engine *e, int table, struct bytes key, struct bytes value);
    enum err_code (*del)(struct store_engine *e, int table, struct bytes key);
    /* Durable when it returns PC_OK. Ends the transaction in any case. */
    enum err_code (*commit)(struct store_engine *e);
    void (*abort)(struct store_engine *e);
    /* Make room after PC_E_FULL, outside a transaction; PC_E_FULL when the quota is reached. */
    enum err_code (*grow)(struct store_engine *e);
    void (*close)(struct store_engine *e);
};

struct store_engine {
    const struct store_engine_ops *ops;
};

/* A store over an engine. Takes the engine: it is closed by store_close, and at once on failure.
 * Checks or writes the stamp and lifts an older schema, as store_open does. */
PC_MUST_USE enum err_code store_over(struct store **out, struct store_engine *e,
                                     const uint8_t network_id[static 32],
                                     char why[static STORE_WHY_MAX]);

/* Every record's frame, checksum and place in the order, and every counter, against each other:
 * PC_OK or PC_E_CORRUPT and a sentence. Reads only; an engine without any record is fine. */
PC_MUST_USE enum err_code store_verify(struct store_engine *e, const uint8_t network_id[static 32],
                                       char why[static STORE_WHY_MAX]);

/* What stands in the META table under "stamp". PC_E_NOT_FOUND: the engine is empty. */
struct store_stamp {
    uint32_t schema;
    uint8_t network_id[32];
};
PC_MUST_USE enum err_code store_stamp_read(struct store_engine *e, struct store_stamp *out);
/* Inside a write transaction. */
PC_MUST_USE enum err_code store_stamp_write(struct store_engine *e, const struct store_stamp *st);

/* A B-tree file in a folder. `create`: an absent or empty file becomes a store. */
PC_MUST_USE enum err_code store_lmdb_open(struct store_engine **out,
                                          const struct store_options *opt,
                                          char why[static STORE_WHY_MAX]);

#endif
