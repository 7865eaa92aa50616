/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_read.h - keys of a policy file, for policy_parse.c and each vendor's part of it.
 *
 * An absent key leaves *out as it is. A fault is PC_E_MALFORMED; what the JSON reader does not know
 * about is told in `why`.
 */
#ifndef PC_ATTEST_POLICY_READ_H
#define PC_ATTEST_POLICY_READ_H

#include "attest/policy.h"
#include "base/json.h"

struct policy_reading {
    const struct json_value *root;
    char *why; /* PC_POLICY_WHY_LEN */
};

/* "KEY: WHAT" into why; PC_E_MALFORMED. */
enum err_code policy_fault(const struct policy_reading *r, const char *key, const char *what);

enum err_code policy_bool(const struct policy_reading *r, const char *key, bool *out);
enum err_code policy_u32(const struct policy_reading *r, const char *key, uint64_t max,
                         uint32_t *out);
/* n bytes; *set (may be NULL) becomes true. */
enum err_code policy_hex(const struct policy_reading *r, const char *key, bool *set, uint8_t *out,
                         size_t n);
/* A list of 1 to 16: an empty one would either accept all or nothing, and nobody who wrote it meant
 * to say which. *n 0: absent. */
enum err_code policy_list(const struct policy_reading *r, const char *key, struct json_value *list,
                          size_t *n);
/* The same of byte strings, n each. */
enum err_code policy_hex_list(const struct policy_reading *r, const char *key, size_t *count,
                              uint8_t *out, size_t n);

#endif
