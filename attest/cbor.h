/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cbor.h - a strict, bounded reader of CBOR (RFC 8949): just enough for what Nitro enclaves speak.
 *
 * A cursor fails stickily, like der.h: after the first fault everything it gives is empty, cbor_end
 * tells, and `err` names the kind of fault. Refused everywhere: heads that are not the shortest,
 * chunked strings, tags (but the one that cbor_take_tag asks for), floats and simple values other
 * than false, true and null, map keys that are not integers or strings, equal keys of one map,
 * nesting over PC_CBOR_DEPTH, maps over PC_CBOR_PAIRS pairs. Definite and indefinite lengths of
 * maps and arrays are taken alike. Text is not checked to be UTF-8: nothing here interprets it.
 * Nothing is allocated and no length is believed before its bytes are there, so time and memory are
 * bounded by the input. Borrows its memory; public data, variable time. The same grammar is meant
 * for contracts/src/evidence (docs/decisions/0130).
 */
#ifndef PC_ATTEST_CBOR_H
#define PC_ATTEST_CBOR_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_CBOR_DEPTH 4  /* maps and arrays that are open at once */
#define PC_CBOR_PAIRS 32 /* of one map */

enum cbor_kind {
    PC_CBOR_UINT = 0,
    PC_CBOR_NEGATIVE = 1,
    PC_CBOR_BYTES = 2,
    PC_CBOR_TEXT = 3,
    PC_CBOR_ARRAY = 4,
    PC_CBOR_MAP = 5,
    PC_CBOR_TAG = 6,
    PC_CBOR_OTHER = 7, /* false, true, null, break, floats */
    PC_CBOR_NOTHING = 8
};

struct cbor {
    const uint8_t *p;
    size_t left;
    unsigned depth; /* open maps and arrays */
    enum err_code
        err; /* PC_OK, or the first fault: PC_E_TRUNCATED the input ends early,
              * PC_E_NOT_CANONICAL a head that is not the shortest, PC_E_TOO_LARGE depth or
              * pairs, PC_E_EXISTS equal keys, PC_E_TRAILING, PC_E_MALFORMED the rest */
};

struct cbor cbor_of(struct bytes b);
void cbor_fail(struct cbor *c, enum err_code e);

/* Kind of the next item; PC_CBOR_NOTHING at the end of input or after a fault. */
enum cbor_kind cbor_peek(const struct cbor *c);

uint64_t cbor_take_uint(struct cbor *c);
struct bytes cbor_take_bytes(struct cbor *c);
struct bytes cbor_take_text(struct cbor *c);
/* True, and past it, if the next item is null; else nothing happens. */
bool cbor_take_null(struct cbor *c);
/* This tag, whose content is then the next item. */
void cbor_take_tag(struct cbor *c, uint64_t tag);
/* Any one item, whole. */
void cbor_skip(struct cbor *c);

/* An array: open it, then take an item as often as cbor_array_next says true. */
struct cbor_array {
    uint64_t left;
    bool indefinite;
};
void cbor_array_open(struct cbor *c, struct cbor_array *a);
bool cbor_array_next(struct cbor *c, struct cbor_array *a);

/* A map likewise: each time cbor_map_next says true, *key is a cursor over the pair's key alone and
 * the pair's value is the next item of c. */
struct cbor_map {
    uint64_t left;
    bool indefinite;
    size_t count;
    struct bytes keys[PC_CBOR_PAIRS]; /* as encoded: the shortest form, so equal means equal */
};
void cbor_map_open(struct cbor *c, struct cbor_map *m);
bool cbor_map_next(struct cbor *c, struct cbor_map *m, struct cbor *key);

/* True when nothing failed and nothing is left; left bytes become PC_E_TRAILING. */
bool cbor_end(struct cbor *c);

#endif
