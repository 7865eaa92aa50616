/* SPDX-License-Identifier: Apache-2.0 */
/*
 * object_name.c - by which name attest will ask for a collateral object that somebody brought.
 */
#include "base/json.h"
#include "crypto/hash.h"
#include "node/polyclaved/polyclaved.h"

#define DER_SEQUENCE 0x30
#define DER_CONTEXT0 0xa0
#define JSON_DEPTH   16

/* The element at the start of `in`: its whole span and its contents. Definite lengths of up to
 * three bytes, minimal. */
static enum err_code der_element(struct bytes in, uint8_t tag, struct bytes *span,
                                 struct bytes *body)
{
    size_t head = 2, n;
    if (in.n < 2 || in.p[0] != tag)
        return PC_E_MALFORMED;
    n = in.p[1];
    if (n >= 0x80) {
        size_t width = n & 0x7f;
        if (width == 0 || width > 3 || in.n < 2 + width)
            return PC_E_MALFORMED;
        n = 0;
        for (size_t i = 0; i < width; i++)
            n = n << 8 | in.p[2 + i];
        head += width;
    }
    if (n > in.n - head)
        return PC_E_MALFORMED;
    *span = bytes_of(in.p, head + n);
    *body = bytes_of(in.p + head, n);
    return PC_OK;
}

static enum err_code der_name(uint8_t out[static 32], struct bytes data)
{
    struct bytes all, inner, tbs, body;
    PC_TRY(der_element(data, DER_SEQUENCE, &all, &inner));
    if (all.n != data.n)
        return PC_E_TRAILING;
    PC_TRY(der_element(inner, DER_SEQUENCE, &tbs, &body));
    /* TBSCertificate begins with [0] version, TBSCertList with an INTEGER. */
    bool certificate = body.n != 0 && body.p[0] == DER_CONTEXT0;
    sha256(out, certificate ? data : tbs);
    return PC_OK;
}

enum err_code object_name(uint8_t out[static 32], struct bytes data)
{
    static const char *const members[] = {"tcbInfo", "enclaveIdentity"};
    struct bytes span;
    memset(out, 0, 32);
    if (data.n != 0 && data.p[0] == DER_SEQUENCE)
        return der_name(out, data);
    for (size_t i = 0; i < PC_ARRAY_LEN(members); i++) {
        if (json_member_span(&span, data, members[i], JSON_DEPTH) != PC_OK)
            continue;
        sha256(out, span);
        return PC_OK;
    }
    return PC_E_MALFORMED;
}
