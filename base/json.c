/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "base/json_scan.h"

struct json_doc {
    json_t *root;
    char error[256];
};

__attribute__((format(printf, 2, 3))) static void say(struct json_doc *doc, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(doc->error, sizeof doc->error, format, args);
    va_end(args);
}

static enum err_code parse(struct json_doc **out, struct bytes text, size_t max_bytes,
                           unsigned max_depth, size_t flags)
{
    struct json_doc *doc = calloc(1, sizeof *doc);
    *out = doc;
    if (doc == NULL)
        return PC_E_MEMORY;
    if (max_depth > PC_JSON_MAX_DEPTH)
        max_depth = PC_JSON_MAX_DEPTH;
    if (text.n > max_bytes) {
        say(doc, "the text has %zu bytes, at most %zu are allowed", text.n, max_bytes);
        return PC_E_TOO_LARGE;
    }
    struct json_scan s = {text.p, 0, text.n, 0, max_depth};
    enum err_code e = json_scan_value(&s);
    if (e == PC_OK && s.at != s.len)
        e = PC_E_MALFORMED;
    if (e != PC_OK) {
        say(doc, "%s at byte %zu", e == PC_E_TOO_LARGE ? "nested too deep" : "not JSON", s.at);
        return e;
    }
    json_error_t error;
    doc->root = json_loadb((const char *)text.p, text.n, JSON_REJECT_DUPLICATES | flags, &error);
    if (doc->root == NULL) {
        say(doc, "line %d, column %d: %s", error.line, error.column, error.text);
        return PC_E_MALFORMED;
    }
    return PC_OK;
}

enum err_code json_parse(struct json_doc **out, struct bytes text, size_t max_bytes,
                         unsigned max_depth)
{
    return parse(out, text, max_bytes, max_depth, 0);
}

enum err_code json_parse_foreign(struct json_doc **out, struct bytes text, size_t max_bytes,
                                 unsigned max_depth)
{
    return parse(out, text, max_bytes, max_depth, JSON_ALLOW_NUL);
}

void json_free(struct json_doc *doc)
{
    if (doc == NULL)
        return;
    json_decref(doc->root);
    free(doc);
}

const char *json_error(const struct json_doc *doc)
{
    return doc == NULL ? "out of memory" : doc->error;
}

struct json_value json_root(struct json_doc *doc)
{
    return (struct json_value){.doc = doc, .node = doc->root};
}

enum json_kind json_kind_of(const struct json_value *v)
{
    switch (json_typeof((json_t *)v->node)) {
    case JSON_OBJECT:
        return PC_JSON_OBJECT;
    case JSON_ARRAY:
        return PC_JSON_ARRAY;
    case JSON_STRING:
        return PC_JSON_STRING;
    case JSON_INTEGER:
        return PC_JSON_INTEGER;
    case JSON_REAL:
        return PC_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return PC_JSON_BOOL;
    case JSON_NULL:
        return PC_JSON_NULL;
    }
    pc_bug("jansson has no further types");
}

bool json_has(const struct json_value *v, const char *key)
{
    return json_object_get(v->node, key) != NULL;
}

/* Path of a child: its end tells most, so what does not fit is cut in front. */
static void path_join(char out[PC_JSON_PATH], const char *parent, const char *step)
{
    char whole[2 * PC_JSON_PATH];
    int n = snprintf(whole, sizeof whole, "%s%s", parent, step);
    if (n < 0 || (size_t)n >= sizeof whole)
        n = (int)sizeof whole - 1;
    if ((size_t)n < PC_JSON_PATH) {
        memcpy(out, whole, (size_t)n + 1);
        return;
    }
    memcpy(out, "...", 3);
    memcpy(out + 3, whole + (size_t)n - (PC_JSON_PATH - 4), PC_JSON_PATH - 4);
    out[PC_JSON_PATH - 1] = '\0';
}

static struct json_value child(const struct json_value *v, json_t *node, const char *key)
{
    char step[PC_JSON_PATH];
    (void)snprintf(step, sizeof step, "%s%s", v->path[0] == '\0' ? "" : ".", key);
    struct json_value out = {.doc = v->doc, .node = node};
    path_join(out.path, v->path, step);
    return out;
}

static enum err_code wrong(const struct json_value *v, enum err_code e, const char *want)
{
    say(v->doc, "%s: want %s", v->path[0] == '\0' ? "(root)" : v->path, want);
    return e;
}

enum err_code json_get_member(const struct json_value *v, const char *key, struct json_value *out)
{
    if (key == NULL) {
        *out = *v;
        return PC_OK;
    }
    struct json_value in = *v;
    *out = (struct json_value){.doc = v->doc};
    if (!json_is_object((json_t *)in.node))
        return wrong(&in, PC_E_MALFORMED, "an object");
    json_t *node = json_object_get(in.node, key);
    struct json_value found = child(&in, node, key);
    if (node == NULL)
        return wrong(&found, PC_E_MALFORMED, "a value; it is missing");
    *out = found;
    return PC_OK;
}

static enum err_code want(const struct json_value *v, const char *key, enum json_kind kind,
                          const char *text, struct json_value *out)
{
    PC_TRY(json_get_member(v, key, out));
    if (json_kind_of(out) == kind)
        return PC_OK;
    struct json_value found = *out;
    *out = (struct json_value){.doc = v->doc};
    return wrong(&found, PC_E_MALFORMED, text);
}

enum err_code json_get_object(const struct json_value *v, const char *key, struct json_value *out)
{
    return want(v, key, PC_JSON_OBJECT, "an object", out);
}

enum err_code json_get_array(const struct json_value *v, const char *key, struct json_value *out,
                             size_t *n)
{
    *n = 0;
    PC_TRY(want(v, key, PC_JSON_ARRAY, "an array", out));
    *n = json_array_size(out->node);
    return PC_OK;
}

struct json_value json_at(const struct json_value *array, size_t i)
{
    json_t *node = json_array_get(array->node, i);
    PC_ASSERT(node != NULL);
    char step[32];
    (void)snprintf(step, sizeof step, "[%zu]", i);
    struct json_value out = {.doc = array->doc, .node = node};
    path_join(out.path, array->path, step);
    return out;
}

bool json_next(const struct json_value *object, void **iter, struct bytes *key,
               struct json_value *value)
{
    json_t *node = object->node;
    *iter = *iter == NULL ? json_object_iter(node) : json_object_iter_next(node, *iter);
    if (*iter == NULL) {
        *key = (struct bytes){NULL, 0};
        *value = (struct json_value){.doc = object->doc};
        return false;
    }
    const char *name = json_object_iter_key(*iter);
    *key = bytes_of(name, strlen(name));
    *value = child(object, json_object_iter_value(*iter), name);
    return true;
}

enum err_code json_only(const struct json_value *v, const char *const *names, size_t n)
{
    struct json_value object, value;
    PC_TRY(json_get_object(v, NULL, &object));
    void *iter = NULL;
    struct bytes key;
    while (json_next(&object, &iter, &key, &value)) {
        bool known = false;
        for (size_t i = 0; i < n; i++)
            known |= bytes_equal_var(key, bytes_of(names[i], strlen(names[i])));
        if (!known)
            return wrong(&value, PC_E_MALFORMED, "no such member");
    }
    return PC_OK;
}

enum err_code json_get_str(const struct json_value *v, const char *key, struct bytes *out)
{
    struct json_value s;
    *out = (struct bytes){NULL, 0};
    PC_TRY(want(v, key, PC_JSON_STRING, "a text", &s));
    *out = bytes_of(json_string_value(s.node), json_string_length(s.node));
    return PC_OK;
}

enum err_code json_get_u64(const struct json_value *v, const char *key, uint64_t max, uint64_t *out)
{
    struct json_value number;
    *out = 0;
    PC_TRY(want(v, key, PC_JSON_INTEGER, "an integer", &number));
    json_int_t value = json_integer_value(number.node);
    if (value < 0)
        return wrong(&number, PC_E_MALFORMED, "an integer of at least 0");
    if ((uint64_t)value > max) {
        char text[64];
        (void)snprintf(text, sizeof text, "an integer up to %llu", (unsigned long long)max);
        return wrong(&number, PC_E_TOO_LARGE, text);
    }
    *out = (uint64_t)value;
    return PC_OK;
}

enum err_code json_get_i64(const struct json_value *v, const char *key, int64_t *out)
{
    struct json_value number;
    *out = 0;
    PC_TRY(want(v, key, PC_JSON_INTEGER, "an integer", &number));
    *out = json_integer_value(number.node);
    return PC_OK;
}

enum err_code json_get_bool(const struct json_value *v, const char *key, bool *out)
{
    struct json_value b;
    *out = false;
    PC_TRY(want(v, key, PC_JSON_BOOL, "true or false", &b));
    *out = json_is_true((json_t *)b.node);
    return PC_OK;
}

enum err_code json_get_hex(const struct json_value *v, const char *key, uint8_t *out, size_t n)
{
    struct bytes text;
    if (n != 0)
        memset(out, 0, n);
    PC_TRY(json_get_str(v, key, &text));
    if (hex_decode(out, n, (const char *)text.p, text.n) == PC_OK)
        return PC_OK;
    char what[64];
    (void)snprintf(what, sizeof what, "%zu bytes in hexadecimal", n);
    struct json_value at;
    PC_TRY(json_get_member(v, key, &at));
    return wrong(&at, PC_E_MALFORMED, what);
}

enum err_code json_get_hex_var(const struct json_value *v, const char *key, uint8_t *out,
                               size_t cap, size_t *n)
{
    struct bytes text;
    struct json_value at;
    *n = 0;
    if (cap != 0)
        memset(out, 0, cap);
    PC_TRY(json_get_str(v, key, &text));
    PC_TRY(json_get_member(v, key, &at));
    size_t digits = text.n;
    if (digits >= 2 && text.p[0] == '0' && (text.p[1] == 'x' || text.p[1] == 'X'))
        digits -= 2;
    if (digits / 2 > cap) {
        char what[64];
        (void)snprintf(what, sizeof what, "at most %zu bytes in hexadecimal", cap);
        return wrong(&at, PC_E_TOO_LARGE, what);
    }
    if (digits % 2 != 0 || hex_decode(out, digits / 2, (const char *)text.p, text.n) != PC_OK)
        return wrong(&at, PC_E_MALFORMED, "bytes in hexadecimal");
    *n = digits / 2;
    return PC_OK;
}

enum err_code json_get_quantity(const struct json_value *v, const char *key, uint64_t *out)
{
    struct bytes text;
    struct json_value at;
    *out = 0;
    PC_TRY(json_get_str(v, key, &text));
    PC_TRY(json_get_member(v, key, &at));
    bool ok = text.n >= 3 && text.n <= 18 && text.p[0] == '0' && text.p[1] == 'x' &&
              (text.p[2] != '0' || text.n == 3);
    uint8_t padded[16], value[8];
    memset(padded, '0', sizeof padded);
    if (ok) {
        memcpy(padded + (18 - text.n), text.p + 2, text.n - 2);
        /* padded begins with digits of ours or "0" alone, so hex_decode sees no second prefix */
        ok = hex_decode(value, sizeof value, (const char *)padded, sizeof padded) == PC_OK;
    }
    if (!ok)
        return wrong(&at, PC_E_MALFORMED, "a quantity: 0x and 1 to 16 digits, no leading zero");
    *out = load_be64(value);
    return PC_OK;
}
