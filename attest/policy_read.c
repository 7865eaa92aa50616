/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy_read.h"

#include <stdio.h>

enum err_code policy_fault(const struct policy_reading *r, const char *key, const char *what)
{
    (void)snprintf(r->why, PC_POLICY_WHY_LEN, "%s: %s", key, what);
    return PC_E_MALFORMED;
}

enum err_code policy_bool(const struct policy_reading *r, const char *key, bool *out)
{
    return json_has(r->root, key) ? json_get_bool(r->root, key, out) : PC_OK;
}

enum err_code policy_u32(const struct policy_reading *r, const char *key, uint64_t max,
                         uint32_t *out)
{
    uint64_t v;
    if (!json_has(r->root, key))
        return PC_OK;
    PC_TRY(json_get_u64(r->root, key, max, &v));
    *out = (uint32_t)v;
    return PC_OK;
}

enum err_code policy_hex(const struct policy_reading *r, const char *key, bool *set, uint8_t *out,
                         size_t n)
{
    if (!json_has(r->root, key))
        return PC_OK;
    if (set != NULL)
        *set = true;
    return json_get_hex(r->root, key, out, n);
}

enum err_code policy_list(const struct policy_reading *r, const char *key, struct json_value *list,
                          size_t *n)
{
    *n = 0;
    if (!json_has(r->root, key))
        return PC_OK;
    PC_TRY(json_get_array(r->root, key, list, n));
    return *n >= 1 && *n <= PC_POLICY_LIST_MAX ? PC_OK
                                               : policy_fault(r, key, "want a list of 1 to 16");
}

enum err_code policy_hex_list(const struct policy_reading *r, const char *key, size_t *count,
                              uint8_t *out, size_t n)
{
    struct json_value list;
    size_t len;
    PC_TRY(policy_list(r, key, &list, &len));
    for (size_t i = 0; i < len; i++) {
        struct json_value v = json_at(&list, i);
        PC_TRY(json_get_hex(&v, NULL, out + i * n, n));
    }
    if (len != 0)
        *count = len;
    return PC_OK;
}
