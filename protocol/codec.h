/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec.h - the hand-written part below the generated codecs (wiregen.py, schema/README.md).
 *
 * Everything is canonical: one value has one encoding, and a decoder that accepts bytes accepts
 * exactly those that the encoder gives for the value. Readers fail stickily like base/buf.h and
 * give zeros after a failure. Nothing here allocates.
 */
#ifndef PC_PROTOCOL_CODEC_H
#define PC_PROTOCOL_CODEC_H

#include "base/buf.h"

/* A frame (u16 message number, then the fields) is never larger; transports refuse more unread. */
#define WIRE_FRAME_MAX (1u << 20)
/* A fixed-width record, number included, is never larger. */
#define WIRE_RECORD_MAX 4096u

/* 0 or 1; PC_E_NOT_CANONICAL for anything else. */
bool wire_read_bool(struct reader *r);
/* Element count of `width` (2 or 4) bytes; PC_E_TOO_LARGE over max. */
uint32_t wire_read_count(struct reader *r, unsigned width, uint32_t max);
/* u32 length and that many bytes, each 0x20..0x7e; else PC_E_MALFORMED. */
struct bytes wire_read_ascii(struct reader *r, size_t max);
/* n bytes of padding; PC_E_NOT_CANONICAL if one is not zero. */
void wire_read_zeros(struct reader *r, size_t n);
/* PC_E_MALFORMED unless low <= v <= high. */
void wire_check_range(struct reader *r, uint64_t v, uint64_t low, uint64_t high);

/* Writers refuse what the readers would refuse: PC_E_TOO_LARGE for lengths and counts, PC_E_USAGE
 * for values. */
void wire_write_fail(struct writer *w, enum err_code e);
void wire_write_bool(struct writer *w, bool v);
void wire_write_count(struct writer *w, unsigned width, uint32_t n, uint32_t max);
void wire_write_view(struct writer *w, struct bytes b, size_t max);
void wire_write_ascii(struct writer *w, struct bytes b, size_t max);
void wire_write_zeros(struct writer *w, size_t n);
void wire_write_range(struct writer *w, uint64_t v, uint64_t low, uint64_t high);

/* Text of a message for logs and tests, always NUL-terminated, cut when it does not fit. n counts
 * what would have been written. Values of secret fields never get here. */
struct wire_text {
    char *p;
    size_t cap;
    size_t n;
};

struct wire_text wire_text_of(char *p, size_t cap);
void wire_text_str(struct wire_text *t, const char *s);
void wire_text_u64(struct wire_text *t, uint64_t v);
/* 0x..., at most 64 bytes of it, then the length. */
void wire_text_hex(struct wire_text *t, struct bytes b);
/* "...", quote and backslash escaped, other bytes outside 0x20..0x7e as \xNN. */
void wire_text_ascii(struct wire_text *t, struct bytes b);

/* How many elements of an array or list are printed. */
#define WIRE_TEXT_ELEMENTS 8u

#endif
