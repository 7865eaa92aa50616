/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/pem.h"

#include "attest/der.h"

static const char begin_line[] = "-----BEGIN CERTIFICATE-----";
static const char end_line[] = "-----END CERTIFICATE-----";

/* 0..63, or 64 for a character outside the alphabet. */
static unsigned sextet(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

static bool starts(struct bytes t, const char *s, size_t n)
{
    return t.n >= n && memcmp(t.p, s, n) == 0;
}

static struct bytes skip(struct bytes t, size_t n)
{
    return bytes_of(t.p + n, t.n - n);
}

/* One line end: LF or CR LF. */
static bool take_eol(struct bytes *t)
{
    size_t n = t->n > 0 && t->p[0] == '\n'                      ? 1
               : t->n > 1 && t->p[0] == '\r' && t->p[1] == '\n' ? 2
                                                                : 0;
    *t = skip(*t, n);
    return n > 0;
}

/* Base64 lines up to the '-' of the end line; *n is the space, then the length written. */
static enum err_code body(uint8_t *out, size_t *n, struct bytes *t)
{
    size_t cap = *n, len = 0;
    uint32_t acc = 0;
    unsigned have = 0, pad = 0;
    while (t->n > 0 && t->p[0] != '-') {
        if (take_eol(t))
            continue;
        unsigned v = sextet(t->p[0]);
        if (t->p[0] == '=' && have >= 2 && have + pad < 4)
            pad++;
        else if (v < 64 && pad == 0) {
            acc = acc << 6 | v;
            have++;
        } else
            return PC_E_MALFORMED;
        *t = skip(*t, 1);
        if (have == 4) {
            if (cap - len < 3)
                return PC_E_TOO_LARGE;
            out[len++] = (uint8_t)(acc >> 16);
            out[len++] = (uint8_t)(acc >> 8);
            out[len++] = (uint8_t)acc;
            acc = have = 0;
        }
    }
    if (have == 0 && pad == 0) {
        *n = len;
        return PC_OK;
    }
    if (have + pad != 4 || (acc & (have == 2 ? 0xfU : 0x3U)) != 0) /* unused bits are zero */
        return PC_E_MALFORMED;
    if (cap - len < have - 1)
        return PC_E_TOO_LARGE;
    if (have == 3)
        out[len++] = (uint8_t)(acc >> 10);
    out[len++] = (uint8_t)(have == 3 ? acc >> 2 : acc >> 4);
    *n = len;
    return PC_OK;
}

static enum err_code decode(struct pem_chain *out, struct bytes t)
{
    size_t used = 0;
    while (starts(t, begin_line, sizeof(begin_line) - 1)) {
        t = skip(t, sizeof(begin_line) - 1);
        if (!take_eol(&t))
            return PC_E_MALFORMED;
        if (out->count == PC_PEM_CERTS_MAX)
            return PC_E_TOO_LARGE;
        size_t n = PC_PEM_DER_MAX - used;
        PC_TRY(body(out->der + used, &n, &t));
        if (n == 0 || !starts(t, end_line, sizeof(end_line) - 1))
            return PC_E_MALFORMED;
        t = skip(t, sizeof(end_line) - 1);
        out->cert[out->count++] = bytes_of(out->der + used, n);
        used += n;
        if (!take_eol(&t))
            break; /* only the last block may end without one */
        while (take_eol(&t))
            ;
    }
    return out->count > 0 && bytes_all_zero_var(t) ? PC_OK : PC_E_MALFORMED;
}

enum err_code pem_decode(struct pem_chain *out, struct bytes text)
{
    out->count = 0;
    enum err_code e = decode(out, text);
    if (e != PC_OK)
        out->count = 0;
    return e;
}

bool pem_or_der(struct bytes *out, struct pem_chain *pem, struct bytes either)
{
    *out = either;
    if (either.n == 0 || either.p[0] == PC_DER_SEQUENCE)
        return true;
    if (pem_decode(pem, either) != PC_OK || pem->count != 1)
        return false;
    *out = pem->cert[0];
    return true;
}
