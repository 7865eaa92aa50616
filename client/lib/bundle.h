/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle.h - the file of `polyclave mirror export`: frames of protocol/schema/bundle.wire, written
 * once and read years later (replay.h).
 *
 * The hash at its end finds damage and a file that was cut; it authenticates nobody. What is
 * believed of a bundle follows from the vendor's signatures and from proofs alone.
 */
#ifndef PC_CLIENT_LIB_BUNDLE_H
#define PC_CLIENT_LIB_BUNDLE_H

#include <stdio.h>

#include "crypto/hash.h"
#include "protocol/bundle_wire.h"

/* ---- reading ---- */

struct bundle {
    struct bytes frames; /* between begin and end; borrowed */
    struct bundle_begin begin;
    uint32_t objects, accepted;
};

/* Walks the whole file. PC_E_TRUNCATED: it ends early, or its last frame is not `end`.
 * PC_E_MALFORMED: a frame is none. PC_E_SEQUENCE: begin or end stand elsewhere. PC_E_UNSUPPORTED:
 * another version. PC_E_MISMATCH: the hash or the count at the end is not that of what stands
 * before it. *out is then zero. */
PC_MUST_USE enum err_code bundle_open(struct bundle *out, struct bytes file);

/* The first of that name; PC_E_NOT_FOUND. The name is the bundle's word for it. */
PC_MUST_USE enum err_code bundle_object(const struct bundle *b, struct bytes *data,
                                        const uint8_t name[static 32]);
PC_MUST_USE enum err_code bundle_accepted_of(const struct bundle *b, struct bundle_accepted *out,
                                             const uint8_t hash[static 32]);
/* The i-th, in the file's order. */
PC_MUST_USE enum err_code bundle_accepted_at(const struct bundle *b, struct bundle_accepted *out,
                                             uint32_t i);

/* ---- writing ---- */

struct bundle_writer {
    FILE *f; /* the caller's */
    struct sha256 hash;
    uint32_t frames;
    enum err_code err; /* the first failure; all further steps do nothing */
};

void bundle_begin(struct bundle_writer *w, FILE *f, const struct bundle_begin *begin);
void bundle_add_object(struct bundle_writer *w, const struct bundle_object *o);
void bundle_add_accepted(struct bundle_writer *w, const struct bundle_accepted *a);
/* The last frame, flushed. PC_E_IO, PC_E_MEMORY, PC_E_TOO_LARGE. */
PC_MUST_USE enum err_code bundle_end(struct bundle_writer *w);

#endif
