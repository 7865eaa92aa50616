/* SPDX-License-Identifier: Apache-2.0 */
/* manifest_testkit.h - files and words of the vectors' MANIFEST, for *_vectors_test.c. */
#ifndef PC_ATTEST_MANIFEST_TESTKIT_H
#define PC_ATTEST_MANIFEST_TESTKIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attest/der.h"
#include "attest/verdict.h"
#include "base/json.h"

/* A file below the vectors' folder; an empty view with NULL if it is not there. */
static inline struct bytes load(const char *path)
{
    char full[512];
    (void)snprintf(full, sizeof(full), "%s/%s", PC_VECTORS, path);
    FILE *f = fopen(full, "rb");
    if (f == NULL)
        return (struct bytes){NULL, 0};
    size_t cap = 1 << 20;
    uint8_t *p = malloc(cap);
    assert_non_null(p);
    size_t n = fread(p, 1, cap, f);
    assert_true(n < cap);
    assert_int_equal(fclose(f), 0);
    return bytes_of(p, n);
}

static inline void unload(struct bytes b)
{
    free((void *)(uintptr_t)b.p);
}

static inline const char *text(const struct json_value *v, const char *key)
{
    struct bytes s;
    assert_int_equal(json_get_str(v, key, &s), PC_OK);
    return (const char *)s.p;
}

/* "2025-12-25T16:05:19.346000Z", "2025-06-25T00:00:00+00:00": the second that it lies in. */
static inline uint64_t time_of(const char *s)
{
    unsigned y, mo, d, h, mi, se;
    uint64_t t;
    assert_int_equal(sscanf(s, "%u-%u-%uT%u:%u:%u", &y, &mo, &d, &h, &mi, &se), 6);
    assert_true(time_of_civil(&t, y, mo, d, h, mi, se));
    return t;
}

static inline struct bytes optional_file(const struct json_value *files, const char *key)
{
    return json_has(files, key) ? load(text(files, key)) : (struct bytes){NULL, 0};
}

static inline unsigned reason_count(const struct verdict *v)
{
    return (unsigned)__builtin_popcountll(v->reasons[0]) +
           (unsigned)__builtin_popcountll(v->reasons[1]);
}

#endif
