/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/jsonrpc.h"

#include <ctype.h>

#include "base/hex.h"

void jsonrpc_begin(struct jsonrpc_request *r, char *buf, size_t cap, uint64_t first_id, bool batch)
{
    *r = (struct jsonrpc_request){.first_id = first_id, .batch = batch};
    json_out_init(&r->o, buf, cap);
    if (batch)
        json_out_array(&r->o, NULL);
}

void jsonrpc_call(struct jsonrpc_request *r, const char *method)
{
    PC_ASSERT(r->n < PC_JSONRPC_BATCH_MAX && (r->batch || r->n == 0));
    json_out_object(&r->o, NULL);
    json_out_str(&r->o, "jsonrpc", "2.0");
    json_out_u64(&r->o, "id", r->first_id + r->n);
    json_out_str(&r->o, "method", method);
    json_out_array(&r->o, "params");
    r->n++;
}

void jsonrpc_call_end(struct jsonrpc_request *r)
{
    json_out_end(&r->o);
    json_out_end(&r->o);
}

enum err_code jsonrpc_finish(struct jsonrpc_request *r, struct bytes *body)
{
    size_t n;
    if (r->batch)
        json_out_end(&r->o);
    enum err_code e = json_out_finish(&r->o, &n);
    *body = e == PC_OK ? bytes_of(r->o.p, n) : (struct bytes){NULL, 0};
    return e;
}

static bool says(const char *text, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcasestr(text, words[i]) != NULL)
            return true;
    return false;
}

/* Clients agree on few codes, so texts decide too; a wrong guess costs a retry, never safety. */
static enum jsonrpc_class class_of(int64_t code, const char *text, bool has_data)
{
    static const char *const nonce[] = {"nonce too low", "already known", "underpriced",
                                        "already imported", "nonce is too low"};
    static const char *const funds[] = {"insufficient funds"};
    static const char *const range[] = {"block range",   "too many",       "more than",
                                        "response size", "limit exceeded", "range is too large",
                                        "query returned"};
    if (code == 3 || (has_data && strcasestr(text, "revert") != NULL))
        return PC_RPC_REVERT;
    if (says(text, nonce, PC_ARRAY_LEN(nonce)))
        return PC_RPC_NONCE;
    if (says(text, funds, PC_ARRAY_LEN(funds)))
        return PC_RPC_FUNDS;
    if (strcasestr(text, "revert") != NULL)
        return PC_RPC_REVERT;
    if (code == -32601)
        return PC_RPC_UNSUPPORTED;
    if (says(text, range, PC_ARRAY_LEN(range)))
        return PC_RPC_RANGE;
    return PC_RPC_ERROR;
}

static void keep_text(char out[static PC_JSONRPC_TEXT], struct bytes text)
{
    size_t n = text.n < PC_JSONRPC_TEXT - 1 ? text.n : PC_JSONRPC_TEXT - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = isprint(text.p[i]) && text.p[i] < 0x80 ? (char)text.p[i] : '?';
    out[n] = '\0';
}

/* Revert data: "0x..." under `data`, or in an object there under `data`; what does not fit is cut.
 */
static void keep_revert(struct jsonrpc_result *r, const struct json_value *error)
{
    struct json_value at = *error, inner;
    struct bytes text = {NULL, 0};
    if (json_get_object(&at, "data", &inner) == PC_OK)
        at = inner;
    if (json_get_str(&at, "data", &text) != PC_OK || text.n < 2 || memcmp(text.p, "0x", 2) != 0)
        return;
    size_t n = (text.n - 2) / 2;
    if (n > PC_JSONRPC_REVERT)
        n = PC_JSONRPC_REVERT;
    if (hex_decode(r->revert, n, (const char *)text.p, 2 + 2 * n) == PC_OK)
        r->revert_len = n;
}

static enum err_code parse_error(struct jsonrpc_result *r, const struct json_value *error)
{
    struct bytes text;
    PC_TRY(json_get_i64(error, "code", &r->code));
    PC_TRY(json_get_str(error, "message", &text));
    keep_text(r->text, text);
    keep_revert(r, error);
    r->class = class_of(r->code, r->text, r->revert_len != 0);
    return PC_OK;
}

static enum err_code parse_one(struct jsonrpc_answer *a, const struct json_value *v,
                               uint64_t first_id, bool seen[])
{
    struct bytes version;
    uint64_t id;
    PC_TRY(json_get_str(v, "jsonrpc", &version));
    if (!bytes_equal_var(version, PC_BYTES_STR("2.0")))
        return PC_E_MALFORMED;
    PC_TRY(json_get_u64(v, "id", INT64_MAX, &id));
    if (id < first_id || id - first_id >= a->n || seen[id - first_id])
        return PC_E_MALFORMED;
    seen[id - first_id] = true;
    struct jsonrpc_result *r = &a->at[id - first_id];
    struct json_value error;
    if (json_has(v, "error")) {
        if (json_has(v, "result"))
            return PC_E_MALFORMED;
        PC_TRY(json_get_object(v, "error", &error));
        return parse_error(r, &error);
    }
    PC_TRY(json_get_member(v, "result", &r->value));
    r->class = json_kind_of(&r->value) == PC_JSON_NULL ? PC_RPC_NULL : PC_RPC_RESULT;
    return PC_OK;
}

static enum err_code parse(struct jsonrpc_answer *a, struct bytes text, size_t max_bytes,
                           uint64_t first_id, bool batch)
{
    bool seen[PC_JSONRPC_BATCH_MAX] = {false};
    /* Some servers put revert data into the message as they are, NUL included. */
    PC_TRY(json_parse_foreign(&a->doc, text, max_bytes, PC_JSONRPC_DEPTH));
    struct json_value root = json_root(a->doc);
    if (!batch)
        return parse_one(a, &root, first_id, seen);
    struct json_value list;
    size_t n;
    PC_TRY(json_get_array(&root, NULL, &list, &n));
    if (n != a->n)
        return PC_E_MALFORMED;
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        PC_TRY(parse_one(a, &v, first_id, seen));
    }
    return PC_OK;
}

enum err_code jsonrpc_parse(struct jsonrpc_answer *a, struct bytes text, size_t max_bytes,
                            uint64_t first_id, unsigned n, bool batch)
{
    PC_ASSERT(n >= 1 && n <= PC_JSONRPC_BATCH_MAX && (batch || n == 1));
    memset(a, 0, sizeof *a);
    a->n = n;
    enum err_code e = parse(a, text, max_bytes, first_id, batch);
    if (e != PC_OK)
        jsonrpc_free(a);
    return e;
}

void jsonrpc_free(struct jsonrpc_answer *a)
{
    json_free(a->doc);
    memset(a, 0, sizeof *a);
}
