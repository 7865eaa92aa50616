/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - logfmt on stderr: ts=... level=... proc=... event=... key=value ...
 *
 * An event name is a code that docs/OPERATIONS.md explains. There is no formatter for secret types
 * and no dump of memory; binary values go through log_hex, meant for public hashes and addresses.
 * Values are quoted and escaped, so a hostile string cannot forge a line.
 */
#ifndef PC_BASE_LOG_H
#define PC_BASE_LOG_H

#include "base/bytes.h"

enum log_level { PC_LOG_DEBUG, PC_LOG_INFO, PC_LOG_WARN, PC_LOG_ERROR };

/* Name of this process in every line; level below which lines are dropped. */
void log_init(const char *proc, enum log_level min);

/* One key=value pair. Build them with LOG_STR, LOG_U64, LOG_HEX. */
struct log_field {
    const char *key;
    enum { PC_LOG_STR, PC_LOG_U64, PC_LOG_HEX } kind;
    const char *str;
    uint64_t u64;
    struct bytes hex;
};
#define LOG_STR(k, v) ((struct log_field){.key = (k), .kind = PC_LOG_STR, .str = (v)})
#define LOG_U64(k, v) ((struct log_field){.key = (k), .kind = PC_LOG_U64, .u64 = (v)})
#define LOG_HEX(k, b) ((struct log_field){.key = (k), .kind = PC_LOG_HEX, .hex = (b)})

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n);

#define log_event(level, event, ...)                                                               \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__},                           \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
#define log_info(event, ...)  log_event(PC_LOG_INFO, event, __VA_ARGS__)
#define log_warn(event, ...)  log_event(PC_LOG_WARN, event, __VA_ARGS__)
#define log_error(event, ...) log_event(PC_LOG_ERROR, event, __VA_ARGS__)

#endif
