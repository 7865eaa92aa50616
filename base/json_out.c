/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"

static void put(struct json_out *o, const char *p, size_t n)
{
    if (o->err != PC_OK)
        return;
    if (n >= o->cap - o->n) {
        o->err = PC_E_TOO_LARGE;
        return;
    }
    if (n != 0)
        memcpy(o->p + o->n, p, n);
    o->n += n;
    o->p[o->n] = '\0';
}

static void put_str(struct json_out *o, const char *s)
{
    put(o, s, strlen(s));
}

static void put_quoted(struct json_out *o, struct bytes b)
{
    put_str(o, "\"");
    for (size_t i = 0; i < b.n; i++) {
        char escape[8];
        if (b.p[i] == '"' || b.p[i] == '\\') {
            (void)snprintf(escape, sizeof escape, "\\%c", b.p[i]);
            put_str(o, escape);
        } else if (b.p[i] < 0x20 || b.p[i] == 0x7f) {
            (void)snprintf(escape, sizeof escape, "\\u%04x", b.p[i]);
            put_str(o, escape);
        } else {
            put(o, (const char *)b.p + i, 1);
        }
    }
    put_str(o, "\"");
}

/* What stands in front of a value: comma, and key exactly where there must be one. */
static void lead(struct json_out *o, const char *key)
{
    bool in_object = o->depth != 0 && (o->is_object >> (o->depth - 1) & 1) != 0;
    PC_ASSERT(in_object == (key != NULL));
    PC_ASSERT(o->depth != 0 || !o->comma);
    if (o->comma)
        put_str(o, ",");
    o->comma = true;
    if (key != NULL) {
        put_quoted(o, bytes_of(key, strlen(key)));
        put_str(o, ":");
    }
}

static void open_level(struct json_out *o, const char *key, bool object)
{
    lead(o, key);
    PC_ASSERT(o->depth < PC_JSON_MAX_DEPTH);
    o->is_object &= ~(UINT64_C(1) << o->depth);
    o->is_object |= (uint64_t)object << o->depth;
    o->depth++;
    o->comma = false;
    put_str(o, object ? "{" : "[");
}

void json_out_init(struct json_out *o, char *p, size_t cap)
{
    PC_ASSERT(cap != 0);
    *o = (struct json_out){.p = p, .cap = cap};
    p[0] = '\0';
}

void json_out_object(struct json_out *o, const char *key)
{
    open_level(o, key, true);
}

void json_out_array(struct json_out *o, const char *key)
{
    open_level(o, key, false);
}

void json_out_end(struct json_out *o)
{
    PC_ASSERT(o->depth != 0);
    o->depth--;
    put_str(o, (o->is_object >> o->depth & 1) != 0 ? "}" : "]");
    o->comma = true;
}

void json_out_text(struct json_out *o, const char *key, struct bytes utf8)
{
    lead(o, key);
    put_quoted(o, utf8);
}

void json_out_str(struct json_out *o, const char *key, const char *value)
{
    json_out_text(o, key, bytes_of(value, strlen(value)));
}

void json_out_u64(struct json_out *o, const char *key, uint64_t v)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)v);
    lead(o, key);
    put_str(o, text);
}

void json_out_i64(struct json_out *o, const char *key, int64_t v)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%lld", (long long)v);
    lead(o, key);
    put_str(o, text);
}

void json_out_fixed(struct json_out *o, const char *key, double v, unsigned decimals)
{
    char text[64];
    bool finite = v < 1e18 && v > -1e18; /* false for NaN too */
    PC_ASSERT(finite && decimals <= 17);
    (void)snprintf(text, sizeof text, "%.*f", (int)decimals, v);
    lead(o, key);
    put_str(o, text);
}

void json_out_bool(struct json_out *o, const char *key, bool v)
{
    lead(o, key);
    put_str(o, v ? "true" : "false");
}

void json_out_null(struct json_out *o, const char *key)
{
    lead(o, key);
    put_str(o, "null");
}

void json_out_hex(struct json_out *o, const char *key, struct bytes b)
{
    static const char digits[] = "0123456789abcdef";
    lead(o, key);
    put_str(o, "\"0x");
    for (size_t i = 0; i < b.n; i++)
        put(o, (char[]){digits[b.p[i] >> 4], digits[b.p[i] & 15]}, 2);
    put_str(o, "\"");
}

void json_out_quantity(struct json_out *o, const char *key, uint64_t v)
{
    char text[32];
    (void)snprintf(text, sizeof text, "\"0x%llx\"", (unsigned long long)v);
    lead(o, key);
    put_str(o, text);
}

enum err_code json_out_finish(struct json_out *o, size_t *len)
{
    PC_ASSERT(o->depth == 0 && o->comma);
    *len = 0;
    if (o->err != PC_OK) {
        o->p[0] = '\0';
        return o->err;
    }
    *len = o->n;
    return PC_OK;
}
