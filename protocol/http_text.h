/* SPDX-License-Identifier: Apache-2.0 */
/* http_text.h - the texts of http_server.c that need no server: pure functions on public data. */
#ifndef PC_PROTOCOL_HTTP_TEXT_H
#define PC_PROTOCOL_HTTP_TEXT_H

#include "base/bytes.h"

#define HTTP_ERROR_MAX 600

/* {"code":"..","message":"..","retry_after":N} and a newline; retry_after only if not 0. Quotes and
 * backslashes are escaped, bytes outside 0x20..0x7e become '?', code is cut at 64 and message at
 * 200 bytes. Returns the length; NUL-terminated. */
size_t http_error_json(char out[static HTTP_ERROR_MAX], const char *code, const char *message,
                       unsigned retry_after);

/* Plain decimal; numbers over SIZE_MAX give SIZE_MAX. False for anything else, signs, spaces and
 * the empty string included. */
bool http_parse_length(size_t *out, const char *text);

/* The same path, or below one that ends in "/". */
bool http_path_matches(const char *route, const char *path);

#endif
