/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"

void hex_encode(char *out, struct bytes b)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < b.n; i++) {
        out[2 * i] = digits[b.p[i] >> 4];
        out[2 * i + 1] = digits[b.p[i] & 15];
    }
    out[2 * b.n] = '\0';
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

enum err_code hex_decode(uint8_t *out, size_t n, const char *text, size_t text_len)
{
    if (text_len >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        text += 2;
        text_len -= 2;
    }
    bool ok = text_len == 2 * n;
    for (size_t i = 0; ok && i < n; i++) {
        int hi = digit(text[2 * i]), lo = digit(text[2 * i + 1]);
        ok = hi >= 0 && lo >= 0;
        if (ok)
            out[i] = (uint8_t)(hi << 4 | lo);
    }
    if (!ok && n != 0)
        memset(out, 0, n);
    return ok ? PC_OK : PC_E_MALFORMED;
}
