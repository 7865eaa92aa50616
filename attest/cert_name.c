/* SPDX-License-Identifier: Apache-2.0 */
/* Names of certificates as text, for people. */
#include "attest/cert.h"
#include "attest/der.h"
#include "base/hex.h"

#define ATTRIBUTES_MAX 16

struct attribute {
    struct bytes oid;
    struct bytes value;
};

static size_t attributes(struct attribute out[static ATTRIBUTES_MAX], struct bytes whole)
{
    struct der outer = der_of(whole);
    struct der name = der_enter(&outer, PC_DER_SEQUENCE);
    size_t n = 0;
    while (!name.bad && name.left > 0 && n < ATTRIBUTES_MAX) {
        struct der set = der_enter(&name, PC_DER_SET);
        while (!set.bad && set.left > 0 && n < ATTRIBUTES_MAX) {
            struct der attr = der_enter(&set, PC_DER_SEQUENCE);
            out[n].oid = der_take(&attr, PC_DER_OID);
            out[n++].value = der_take(&attr, der_peek(&attr));
        }
    }
    return n;
}

struct text {
    char *p;
    size_t cap, n;
};

static void put(struct text *t, const char *p, size_t n)
{
    for (size_t i = 0; i < n && t->n + 1 < t->cap; i++)
        t->p[t->n++] = p[i] >= 0x20 && p[i] < 0x7f ? p[i] : '?';
}

static void put_type(struct text *t, struct bytes oid)
{
    static const char *const known[12] = {
        [3] = "CN", [6] = "C", [7] = "L", [8] = "ST", [10] = "O", [11] = "OU"};
    char hex[2 * 31 + 1];
    const char *type = NULL;
    if (oid.n == 3 && oid.p[0] == 0x55 && oid.p[1] == 0x04 && oid.p[2] < PC_ARRAY_LEN(known))
        type = known[oid.p[2]];
    if (type == NULL) {
        hex_encode(hex, bytes_of(oid.p, oid.n < 31 ? oid.n : 31));
        type = hex;
    }
    put(t, type, strlen(type));
}

void cert_name_text(char *out, size_t cap, struct bytes name)
{
    struct attribute list[ATTRIBUTES_MAX];
    struct text t = {out, cap, 0};
    for (size_t n = attributes(list, name), i = n; i-- > 0;) {
        if (i + 1 < n)
            put(&t, ",", 1);
        put_type(&t, list[i].oid);
        put(&t, "=", 1);
        put(&t, (const char *)list[i].value.p, list[i].value.n);
    }
    if (cap > 0)
        out[t.n] = '\0';
}
