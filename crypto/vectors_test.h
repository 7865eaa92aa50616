/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vectors_test.h - published vectors for tests: finds, reads and parses one file of PC_VECTORS.
 */
#ifndef PC_CRYPTO_VECTORS_TEST_H
#define PC_CRYPTO_VECTORS_TEST_H

#include "base/json.h"

#define VECTOR_MAX 20480

/* A byte string of a vector, decoded. */
struct vector_bytes {
    uint8_t p[VECTOR_MAX];
    size_t n;
};

/* The parsed file `name` under the vectors' crypto folder; the document is freed by vectors_close.
 * Prints SKIP and skips the test if there are no vectors at all; fails it if the folder is there
 * and the file is not. */
struct json_value vectors_open(const char *name);
void vectors_close(struct json_value *root);

/* Getters that fail the test. */
struct json_value vec_array(const struct json_value *v, const char *key, size_t *n);
struct json_value vec_object(const struct json_value *v, const char *key);
void vec_hex(const struct json_value *v, const char *key, struct vector_bytes *out);
void vec_hex_exact(const struct json_value *v, const char *key, uint8_t *out, size_t n);
struct bytes vec_str(const struct json_value *v, const char *key);
uint64_t vec_u64(const struct json_value *v, const char *key);
bool vec_str_is(const struct json_value *v, const char *key, const char *want);
static inline struct bytes vec_view(const struct vector_bytes *b)
{
    return bytes_of(b->p, b->n);
}

#endif
