/* SPDX-License-Identifier: Apache-2.0 */
/*
 * buf.h - bounded cursors: one to read, one to write.
 *
 * Both fail stickily: after the first step that does not fit, every further step does nothing,
 * readers give zeros and empty views, and one check at the end (reader_end, writer_end) tells.
 * Neither allocates; both borrow their memory. Integers are big-endian; _le says otherwise.
 */
#ifndef PC_BASE_BUF_H
#define PC_BASE_BUF_H

#include "base/bytes.h"
#include "base/err.h"

struct reader {
    const uint8_t *p;
    size_t left;
    enum err_code err; /* first failure, PC_OK before */
};

struct reader reader_of(struct bytes b);
uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
uint16_t read_u16_le(struct reader *r);
uint32_t read_u32_le(struct reader *r);
uint64_t read_u64_le(struct reader *r);
/* A view of the next n bytes (empty on failure). */
struct bytes read_bytes(struct reader *r, size_t n);
/* Copy of the next n bytes; out is zeroed on failure. */
void read_copy(struct reader *r, void *out, size_t n);
/* u32 length, at most max, then that many bytes. */
struct bytes read_bytes32(struct reader *r, size_t max);
/* Record a failure found by the caller; the first one stays. */
void reader_fail(struct reader *r, enum err_code e);
/* PC_OK if nothing failed and nothing is left; PC_E_TRAILING if bytes are left. */
PC_MUST_USE enum err_code reader_end(const struct reader *r);

struct writer {
    uint8_t *p;
    size_t cap;
    size_t n; /* written so far */
    enum err_code err;
};

struct writer writer_of(void *p, size_t cap);
void write_u8(struct writer *w, uint8_t v);
void write_u16(struct writer *w, uint16_t v);
void write_u32(struct writer *w, uint32_t v);
void write_u64(struct writer *w, uint64_t v);
void write_bytes(struct writer *w, const void *p, size_t n);
/* u32 length, then the bytes. */
void write_bytes32(struct writer *w, struct bytes b);
/* PC_OK and *out the written bytes, or the first failure (PC_E_TOO_LARGE) and *out empty. */
PC_MUST_USE enum err_code writer_end(const struct writer *w, struct bytes *out);

#endif
