/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http_text.h"

#include <stdio.h>

static size_t put(char *out, const char *text)
{
    size_t n = strlen(text);
    memcpy(out, text, n);
    return n;
}

static size_t put_escaped(char *out, const char *text, size_t most)
{
    size_t n = 0;
    for (size_t i = 0; i < most && text[i] != '\0'; i++) {
        char c = text[i];
        if (c == '"' || c == '\\')
            out[n++] = '\\';
        out[n++] = c >= 0x20 && c <= 0x7e ? c : '?';
    }
    return n;
}

size_t http_error_json(char out[static HTTP_ERROR_MAX], const char *code, const char *message,
                       unsigned retry_after)
{
    size_t n = put(out, "{\"code\":\"");
    n += put_escaped(out + n, code, 64);
    n += put(out + n, "\",\"message\":\"");
    n += put_escaped(out + n, message, 200);
    n += put(out + n, "\"");
    if (retry_after > 0)
        n += (size_t)snprintf(out + n, 32, ",\"retry_after\":%u", retry_after);
    n += put(out + n, "}\n");
    out[n] = '\0';
    return n;
}

bool http_parse_length(size_t *out, const char *text)
{
    size_t n = 0;
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        n = n > (SIZE_MAX - 9) / 10 ? SIZE_MAX : n * 10 + (size_t)(*text - '0');
    }
    *out = n;
    return true;
}

bool http_path_matches(const char *route, const char *path)
{
    size_t n = strlen(route);
    if (n > 0 && route[n - 1] == '/')
        return strncmp(path, route, n) == 0;
    return strcmp(path, route) == 0;
}
