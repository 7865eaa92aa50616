/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_scan.h - internal to pc_json: a recursive-descent scanner over JSON text that builds
 * nothing.
 */
#ifndef PC_BASE_JSON_SCAN_H
#define PC_BASE_JSON_SCAN_H

#include "base/bytes.h"
#include "base/err.h"

struct json_scan {
    const uint8_t *text;
    size_t at;
    size_t len;
    unsigned depth;
    unsigned max_depth;
};

/* Scan one value with the space around it; at ends behind it. PC_E_TOO_LARGE over max_depth,
 * PC_E_MALFORMED for bad form. */
PC_MUST_USE enum err_code json_scan_value(struct json_scan *s);
void json_scan_space(struct json_scan *s);
/* One string; *out is what stands between the quotes, escapes untouched. */
PC_MUST_USE enum err_code json_scan_string(struct json_scan *s, struct bytes *out);

#endif
