/* SPDX-License-Identifier: Apache-2.0 */
/*
 * store.h - what a node keeps on disk: public data, in a store that nobody has to trust.
 *
 * Kinds. Each record has a kind, a key and a value; limits per kind stand in store.c:
 *
 *   TRANSCRIPT  key chosen by the caller (epoch, attempt, dealer ...); oldest goes when full
 *   CURSOR      how far something was read; key chosen by the caller; never dropped, PC_E_FULL when
 *               full
 *   RELEASE     the log of decisions: store_append gives each the next number; oldest goes
 *   EVIDENCE    key = SHA-256 of the value (store_put_content); oldest goes
 *   COLLATERAL  key = SHA-256 of the value (store_put_content); oldest goes
 *
 * Trust. The disk belongs to the host. Each record carries its kind, its length and a checksum over
 * network_id, kind, key and value, so damage and misplacement are found; that is no authentication.
 * Hence every read takes a store_check: the caller's comparison with the chain (or with the hash it
 * asked for). A record reaches the caller only after it, and only as a copy: the mapped file may
 * change under a reader.
 *
 * Durability. store_write is atomic and durable when it returns PC_OK: a kill or a power cut at any
 * instant leaves the state before or after it. PC_E_IO means that it is unknown which; close the
 * store and open it again.
 *
 * Refusals. store_open never changes a store that it refuses, and says why in a sentence:
 *   PC_E_CORRUPT      not a store, another program's store, damaged pages or stamp
 *   PC_E_MISMATCH     a store of another network
 *   PC_E_UNSUPPORTED  written by a newer schema
 *   PC_E_EXISTS       open in another process
 *   PC_E_IO           the folder cannot be used
 * It checks the whole store first, in a child process, because a damaged B-tree can crash its
 * reader: call it before the sandbox closes and while the process has one thread.
 *
 * One struct store belongs to one thread. Every function here is variable-time: nothing is secret.
 */
#ifndef PC_STORAGE_STORE_H
#define PC_STORAGE_STORE_H

#include "base/bytes.h"
#include "base/err.h"

enum store_kind {
    STORE_TRANSCRIPT,
    STORE_CURSOR,
    STORE_RELEASE,
    STORE_EVIDENCE,
    STORE_COLLATERAL,
    STORE_KINDS /* how many there are */
};

#define STORE_SCHEMA    1u
#define STORE_KEY_MAX   128u
#define STORE_VALUE_MAX (1u << 20)
#define STORE_WHY_MAX   256u

struct store;

struct store_options {
    const char *dir; /* an existing folder of its own, borrowed during store_open */
    uint8_t network_id[32];
    uint64_t max_size; /* bytes on disk at most; 0: 512 MiB */
};

/* Open, or create in an empty folder. On failure *out is NULL and `why` a sentence for the
 * operator; on success `why` is empty. */
PC_MUST_USE enum err_code store_open(struct store **out, const struct store_options *opt,
                                     char why[static STORE_WHY_MAX]);
/* NULL is fine. */
void store_close(struct store *s);

/* The caller's judgement of a record read back: PC_OK takes it, anything else is what the reading
 * function then returns. key and value are valid during the call only. */
typedef enum err_code (*store_check)(void *ctx, struct bytes key, struct bytes value);

/* One step of store_write. */
struct store_op {
    enum store_kind kind;
    bool erase; /* remove `key`; one that is absent is no error */
    struct bytes key;
    struct bytes value;
};

/* All of the steps or none, durably. TRANSCRIPT and CURSOR only (the other kinds choose their own
 * keys), but `erase` is good for every kind. PC_E_TOO_LARGE: a key or value over its kind's limit.
 * PC_E_FULL: the CURSOR kind or the disk quota is used up. PC_E_USAGE: empty key, or a kind that is
 * not for it. */
PC_MUST_USE enum err_code store_write(struct store *s, const struct store_op *ops, size_t n);

/* store_write of one value. */
PC_MUST_USE enum err_code store_put(struct store *s, enum store_kind kind, struct bytes key,
                                    struct bytes value);
PC_MUST_USE enum err_code store_erase(struct store *s, enum store_kind kind, struct bytes key);

/* Append to RELEASE; *seq (may be NULL) is the entry's number, from 1, never used twice. */
PC_MUST_USE enum err_code store_append(struct store *s, struct bytes value, uint64_t *seq);

/* Put evidence or collateral under its SHA-256, which goes to `hash`. One that is there already is
 * left alone: PC_OK. */
PC_MUST_USE enum err_code store_put_content(struct store *s, enum store_kind kind,
                                            struct bytes value, uint8_t hash[static 32]);

/* Copy a value to out (cap bytes; *n its length) if `check` takes it. PC_E_NOT_FOUND: absent.
 * PC_E_TOO_LARGE: cap is too small, *n says what is needed. PC_E_CORRUPT: the record is damaged or,
 * for the content kinds, does not hash to its key; the caller erases it and fetches it anew.
 * Otherwise check's verdict. On any failure out is zeroed and, PC_E_TOO_LARGE apart, *n is 0. */
PC_MUST_USE enum err_code store_get(struct store *s, enum store_kind kind, struct bytes key,
                                    void *out, size_t cap, size_t *n, store_check check, void *ctx);

/* Visit records with key >= from in ascending order. `visit` judges as a store_check and consumes:
 * PC_OK goes on, PC_E_NOT_FOUND ends the walk well, anything else ends it and is returned. Damaged
 * records are left out and counted in *damaged (may be NULL). The visitor may write; a record is
 * seen at most once if its key is not written again behind the walk. */
PC_MUST_USE enum err_code store_each(struct store *s, enum store_kind kind, struct bytes from,
                                     store_check visit, void *ctx, size_t *damaged);

/* Another limit for a kind of which the oldest goes: at most `count` records and `bytes` of values
 * together (both not 0; a single value keeps its kind's limit). Holds until the store is closed;
 * the oldest records go at once until it is met. PC_E_USAGE: a zero, or a kind that drops none. */
PC_MUST_USE enum err_code store_limit(struct store *s, enum store_kind kind, uint64_t count,
                                      uint64_t bytes);

/* Records and bytes of values of a kind. */
void store_stat(struct store *s, enum store_kind kind, uint64_t *count, uint64_t *bytes);

#endif
