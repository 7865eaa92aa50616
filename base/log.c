/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

static const char *log_proc = "polyclave";
static enum log_level log_min = PC_LOG_INFO;

void log_init(const char *proc, enum log_level min)
{
    log_proc = proc;
    log_min = min;
}

/* A line is built whole and written once, so lines of several processes don't mix. */
struct line {
    char text[2048];
    size_t n;
};

static void put(struct line *l, char c)
{
    if (l->n < sizeof l->text - 1)
        l->text[l->n++] = c;
}

static void put_str(struct line *l, const char *s)
{
    while (*s != '\0')
        put(l, *s++);
}

static void put_u64(struct line *l, uint64_t v)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%llu", (unsigned long long)v);
    put_str(l, digits);
}

static bool plain(const char *s)
{
    if (*s == '\0')
        return false;
    for (; *s != '\0'; s++)
        if (*s <= ' ' || *s > '~' || *s == '"' || *s == '=' || *s == '\\')
            return false;
    return true;
}

static void put_value(struct line *l, const char *s)
{
    static const char hex[] = "0123456789abcdef";
    if (plain(s)) {
        put_str(l, s);
        return;
    }
    put(l, '"');
    for (; *s != '\0'; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') {
            put(l, '\\');
            put(l, (char)c);
        } else if (c < ' ' || c > '~') {
            put_str(l, "\\x");
            put(l, hex[c >> 4]);
            put(l, hex[c & 15]);
        } else {
            put(l, (char)c);
        }
    }
    put(l, '"');
}

static void put_time(struct line *l)
{
    struct timespec ts;
    struct tm tm;
    char text[40];
    clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, sizeof text - n, ".%03dZ", (int)(ts.tv_nsec / 1000000));
    put_str(l, text);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t n)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    static const char hex[] = "0123456789abcdef";
    struct line l = {.n = 0};
    if (level < log_min)
        return;
    put_str(&l, "ts=");
    put_time(&l);
    put_str(&l, " level=");
    put_str(&l, names[level]);
    put_str(&l, " proc=");
    put_str(&l, log_proc);
    put_str(&l, " event=");
    put_value(&l, event);
    for (size_t i = 0; i < n; i++) {
        put(&l, ' ');
        put_str(&l, fields[i].key);
        put(&l, '=');
        switch (fields[i].kind) {
        case PC_LOG_STR:
            put_value(&l, fields[i].str != NULL ? fields[i].str : "");
            break;
        case PC_LOG_U64:
            put_u64(&l, fields[i].u64);
            break;
        case PC_LOG_HEX:
            for (size_t k = 0; k < fields[i].hex.n && k < 64; k++) {
                put(&l, hex[fields[i].hex.p[k] >> 4]);
                put(&l, hex[fields[i].hex.p[k] & 15]);
            }
            break;
        }
    }
    l.text[l.n++] = '\n';
    ssize_t written = write(STDERR_FILENO, l.text, l.n);
    (void)written; /* a log that cannot be written must not stop the process */
}
