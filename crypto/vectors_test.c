/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/unit_test.h"
#include "crypto/vectors_test.h"

#define FILE_MAX (8u << 20)

struct json_value vectors_open(const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/crypto/%s", PC_VECTORS, name);
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        if (access(PC_SOURCE_DIR "/../shared", F_OK) == 0 || access(PC_VECTORS, F_OK) == 0)
            fail_msg("%s is missing, but there is a folder of vectors", path);
        print_message("SKIP: no vectors, %s is not there\n", path);
        skip();
    }
    uint8_t *text = malloc(FILE_MAX);
    assert_non_null(text);
    size_t n = fread(text, 1, FILE_MAX, f);
    (void)fclose(f);
    struct json_doc *doc;
    enum err_code e = json_parse(&doc, bytes_of(text, n), FILE_MAX - 1, 16);
    free(text);
    if (e != PC_OK)
        fail_msg("%s: %s", path, json_error(doc));
    return json_root(doc);
}

void vectors_close(struct json_value *root)
{
    json_free(root->doc);
}

static void must(const struct json_value *v, enum err_code e)
{
    if (e != PC_OK)
        fail_msg("%s", json_error(v->doc));
}

struct json_value vec_array(const struct json_value *v, const char *key, size_t *n)
{
    struct json_value out;
    must(v, json_get_array(v, key, &out, n));
    return out;
}

struct json_value vec_object(const struct json_value *v, const char *key)
{
    struct json_value out;
    must(v, json_get_object(v, key, &out));
    return out;
}

void vec_hex(const struct json_value *v, const char *key, struct vector_bytes *out)
{
    must(v, json_get_hex_var(v, key, out->p, sizeof out->p, &out->n));
}

void vec_hex_exact(const struct json_value *v, const char *key, uint8_t *out, size_t n)
{
    must(v, json_get_hex(v, key, out, n));
}

struct bytes vec_str(const struct json_value *v, const char *key)
{
    struct bytes out;
    must(v, json_get_str(v, key, &out));
    return out;
}

uint64_t vec_u64(const struct json_value *v, const char *key)
{
    uint64_t out;
    must(v, json_get_u64(v, key, UINT64_MAX, &out));
    return out;
}

bool vec_str_is(const struct json_value *v, const char *key, const char *want)
{
    return bytes_equal_var(vec_str(v, key), bytes_of(want, strlen(want)));
}
