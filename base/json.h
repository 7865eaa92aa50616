/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json.h - strict JSON: the one home of jansson (library pc_json, apart from pc_base). Never linked
 * into the vault.
 *
 * Reading: json_parse checks size and depth with a scanner of its own before jansson sees the text;
 * duplicate members, NUL in strings, invalid UTF-8 and trailing text are refused (NUL in a string
 * only where json_parse_foreign is told otherwise). Getters are typed
 * and name the full path of what is wrong ("levels[3].tcb.pcesvn: want an integer up to 65535").
 *
 *     struct json_doc *doc;
 *     PC_TRY(json_parse(&doc, text, 65536, 16));
 *     struct json_value root = json_root(doc);
 *     e = json_get_u64(&root, "version", 10, &version);   ... json_error(doc) says what failed
 *     json_free(doc);
 *
 * A getter reads member `key` of an object, or the value itself when key is NULL (array elements).
 * On error the output is zeroed and PC_E_MALFORMED (PC_E_TOO_LARGE for a number over its maximum or
 * a text over its buffer) is returned. Views live as long as the document.
 *
 * Writing: struct json_out, a bounded writer that cannot produce ill-formed text.
 */
#ifndef PC_BASE_JSON_H
#define PC_BASE_JSON_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_JSON_MAX_DEPTH 64
#define PC_JSON_PATH      160

struct json_doc;

struct json_value {
    struct json_doc *doc;
    void *node;
    char path[PC_JSON_PATH]; /* "" at the root; cut on the left with "..." when longer */
};

enum json_kind {
    PC_JSON_NULL,
    PC_JSON_BOOL,
    PC_JSON_INTEGER,
    PC_JSON_REAL,
    PC_JSON_STRING,
    PC_JSON_ARRAY,
    PC_JSON_OBJECT,
};

/* Parse one object or array of at most max_bytes, nested at most max_depth (<= PC_JSON_MAX_DEPTH)
 * deep. On error *out still is a document that carries json_error alone (free it), or NULL when
 * memory is out (PC_E_MEMORY). PC_E_TOO_LARGE: over size or depth; PC_E_MALFORMED: everything else.
 */
PC_MUST_USE enum err_code json_parse(struct json_doc **out, struct bytes text, size_t max_bytes,
                                     unsigned max_depth);
/* The same for texts whose strings others compose from bytes, like the messages of JSON-RPC errors:
 * a string may hold NUL, a name may not. What json_get_str gives is then never a C string. */
PC_MUST_USE enum err_code json_parse_foreign(struct json_doc **out, struct bytes text,
                                             size_t max_bytes, unsigned max_depth);
void json_free(struct json_doc *doc); /* NULL is fine */
/* Sentence about the last failure, "" if none; for people and logs, not for decisions. */
const char *json_error(const struct json_doc *doc);

struct json_value json_root(struct json_doc *doc);
enum json_kind json_kind_of(const struct json_value *v);
/* Is there such a member (of any kind, null too)? False if v is no object. */
bool json_has(const struct json_value *v, const char *key);

PC_MUST_USE enum err_code json_get_object(const struct json_value *v, const char *key,
                                          struct json_value *out);
/* An array with its length. */
PC_MUST_USE enum err_code json_get_array(const struct json_value *v, const char *key,
                                         struct json_value *out, size_t *n);
/* Element i of an array, i < n: else a bug (aborts). */
struct json_value json_at(const struct json_value *array, size_t i);
/* Any member, of any kind. */
PC_MUST_USE enum err_code json_get_member(const struct json_value *v, const char *key,
                                          struct json_value *out);
/* Walk an object in insertion order: false at the end. *iter starts as NULL. */
bool json_next(const struct json_value *object, void **iter, struct bytes *key,
               struct json_value *value);
/* PC_E_MALFORMED, naming it, if the object has a member that is not in the list of n names. */
PC_MUST_USE enum err_code json_only(const struct json_value *v, const char *const *names, size_t n);

/* Text (UTF-8, no NUL inside; out->p is also NUL-terminated). */
PC_MUST_USE enum err_code json_get_str(const struct json_value *v, const char *key,
                                       struct bytes *out);
/* Integer 0..max; reals and negatives are refused. */
PC_MUST_USE enum err_code json_get_u64(const struct json_value *v, const char *key, uint64_t max,
                                       uint64_t *out);
/* Integer of either sign. */
PC_MUST_USE enum err_code json_get_i64(const struct json_value *v, const char *key, int64_t *out);
PC_MUST_USE enum err_code json_get_bool(const struct json_value *v, const char *key, bool *out);
/* Exactly n bytes in hexadecimal text, 0x in front or not. */
PC_MUST_USE enum err_code json_get_hex(const struct json_value *v, const char *key, uint8_t *out,
                                       size_t n);
/* At most cap bytes in hexadecimal text; *n of them. */
PC_MUST_USE enum err_code json_get_hex_var(const struct json_value *v, const char *key,
                                           uint8_t *out, size_t cap, size_t *n);
/* A quantity as JSON-RPC writes it: "0x", then 1 to 16 digits without leading zero. */
PC_MUST_USE enum err_code json_get_quantity(const struct json_value *v, const char *key,
                                            uint64_t *out);

/*
 * The exact bytes of the value of member `key` of the object that `text` is: from the first to the
 * last byte of the value, as it stands there. For signatures over a part of a document: verify the
 * span, then json_parse the span, never the whole. Only that object's own members are looked at;
 * the text is checked for form while it is scanned, to its end. A key that is spelled with escapes
 * does not match. Two matches are PC_E_MALFORMED, none is PC_E_NOT_FOUND.
 */
PC_MUST_USE enum err_code json_member_span(struct bytes *out, struct bytes text, const char *key,
                                           unsigned max_depth);

/* --- writing --- */

struct json_out {
    char *p;
    size_t cap;
    size_t n;
    unsigned depth;
    uint64_t is_object; /* bit per depth */
    bool comma;
    enum err_code err;
};

/* Writes into p, always NUL-terminated. Keys are NULL inside arrays and at the top. */
void json_out_init(struct json_out *o, char *p, size_t cap);
void json_out_object(struct json_out *o, const char *key);
void json_out_array(struct json_out *o, const char *key);
void json_out_end(struct json_out *o); /* the innermost open object or array */
void json_out_str(struct json_out *o, const char *key, const char *value);
void json_out_text(struct json_out *o, const char *key, struct bytes utf8);
void json_out_u64(struct json_out *o, const char *key, uint64_t v);
void json_out_i64(struct json_out *o, const char *key, int64_t v);
void json_out_fixed(struct json_out *o, const char *key, double v, unsigned decimals);
void json_out_bool(struct json_out *o, const char *key, bool v);
void json_out_null(struct json_out *o, const char *key);
/* "0x" and lower-case digits. */
void json_out_hex(struct json_out *o, const char *key, struct bytes b);
/* "0x" quantity without leading zeros, as JSON-RPC wants. */
void json_out_quantity(struct json_out *o, const char *key, uint64_t v);
/* PC_OK and *len the length without NUL, if all is closed and fitted; PC_E_TOO_LARGE if it did not
 * fit (the text is then empty). A missing or surplus end or key is a bug (aborts). */
PC_MUST_USE enum err_code json_out_finish(struct json_out *o, size_t *len);

#endif
