/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record.h - what a record looks like on any engine (internal to storage/):
 *
 *   table of its kind   key -> kind u8, zero u8[3], length u32, seq u64, checksum 16, value
 *   ORDER               kind u8, seq u64 -> key            which record is the oldest
 *   META                "stamp"          -> magic 16, schema u32, network_id 32, checksum 16
 *                       "count", kind u8 -> next seq u64, records u64, bytes u64, checksum 16
 *
 * All of it changes in one transaction, so the parts agree at every commit.
 */
#ifndef PC_STORAGE_RECORD_H
#define PC_STORAGE_RECORD_H

#include "storage/store_engine.h"

#define FRAME_HEAD   32u
#define CHECKSUM     16u
#define COUNTER_SIZE (3 * 8 + CHECKSUM)
#define STAMP_SIZE   (16 + 4 + 32 + CHECKSUM)

/* What a kind may hold. A ring drops its oldest record instead of refusing a new one. */
struct store_limits {
    uint32_t max_value;
    uint64_t max_count;
    uint64_t max_bytes;
    bool ring;
    bool content; /* key = SHA-256(value) */
    bool log;     /* key = seq */
};
extern const struct store_limits store_limits[STORE_KINDS];

struct counter {
    uint64_t next_seq;
    uint64_t count;
    uint64_t bytes;
};

struct store {
    struct store_engine *engine;
    uint8_t network_id[32];
    struct counter counters[STORE_KINDS];
    struct { /* of this store: store_limits, unless store_limit said otherwise */
        uint64_t count, bytes;
    } most[STORE_KINDS];
    uint8_t *scratch; /* STORE_VALUE_MAX, for store_each */
};

struct frame {
    uint64_t seq;
    uint32_t len;
    uint8_t head[FRAME_HEAD];
};

void frame_make(uint8_t head[static FRAME_HEAD], const uint8_t network_id[static 32],
                enum store_kind kind, uint64_t seq, struct bytes key, struct bytes value);
/* Header of a stored record, if its length fits; the checksum is frame_check's. */
PC_MUST_USE enum err_code frame_open(struct frame *f, enum store_kind kind, struct bytes stored);
/* Checksum, and key against seq (log) or value (content). PC_E_CORRUPT if any is wrong. */
PC_MUST_USE enum err_code frame_check(const struct frame *f, const uint8_t network_id[static 32],
                                      enum store_kind kind, struct bytes key, struct bytes value);

PC_MUST_USE enum err_code counter_read(struct store_engine *e, enum store_kind kind,
                                       struct counter *out);
PC_MUST_USE enum err_code counter_write(struct store_engine *e, enum store_kind kind,
                                        const struct counter *c);

struct order_key {
    uint8_t b[9];
};
struct order_key order_key(enum store_kind kind, uint64_t seq);
/* Remove the places of `key`, for a damaged record that no longer says which place is its own. */
PC_MUST_USE enum err_code order_forget(struct store_engine *e, enum store_kind kind,
                                       struct bytes key);

#endif
