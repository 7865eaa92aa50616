/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/snp_table.h"

#define ENTRY_LEN ((size_t)24)

static const uint8_t guids[PC_SNP_ENTRY_COUNT][16] = {
    [PC_SNP_ENTRY_VCEK] = {0x63, 0xda, 0x75, 0x8d, 0xe6, 0x64, 0x45, 0x64, 0xad, 0xc5, 0xf4, 0xb9,
                           0x3b, 0xe8, 0xac, 0xcd},
    [PC_SNP_ENTRY_VLEK] = {0xa8, 0x07, 0x4b, 0xc2, 0xa2, 0x5a, 0x48, 0x3e, 0xaa, 0xe6, 0x39, 0xc0,
                           0x45, 0xa0, 0xb8, 0xa1},
    [PC_SNP_ENTRY_ASK] = {0x4a, 0xb7, 0xb3, 0x79, 0xbb, 0xac, 0x4f, 0xe4, 0xa0, 0x2f, 0x05, 0xae,
                          0xf3, 0x27, 0xc7, 0x82},
    [PC_SNP_ENTRY_ARK] = {0xc0, 0xb4, 0x06, 0xa4, 0xa8, 0x03, 0x49, 0x52, 0x97, 0x43, 0x3f, 0xb6,
                          0x01, 0x4c, 0xd0, 0xae},
    [PC_SNP_ENTRY_CRL] = {0x92, 0xf8, 0x1b, 0xc3, 0x58, 0x11, 0x4d, 0x3d, 0x97, 0xff, 0xd1, 0x9f,
                          0x88, 0xdc, 0x67, 0xea},
};

struct span {
    size_t from, to;
};

/* Entries up to the zero GUID; the header's length in *head. */
static enum err_code count_entries(size_t *n, size_t *head, struct bytes t)
{
    for (*n = 0;; (*n)++) {
        if (t.n - *n * ENTRY_LEN < ENTRY_LEN)
            return PC_E_MALFORMED;
        if (bytes_all_zero_var(bytes_of(t.p + *n * ENTRY_LEN, 16)))
            break;
        if (*n == PC_SNP_TABLE_MAX)
            return PC_E_TOO_LARGE;
    }
    *head = (*n + 1) * ENTRY_LEN;
    return bytes_all_zero_var(bytes_of(t.p + *n * ENTRY_LEN, ENTRY_LEN)) ? PC_OK : PC_E_MALFORMED;
}

/* No other byte than zero outside of header and entries: the lowest entry first, again and again.
 */
static bool gaps_zero(struct bytes t, size_t head, const struct span *spans, size_t n)
{
    size_t at = head;
    for (size_t round = 0; round < n; round++) {
        const struct span *next = NULL;
        for (size_t i = 0; i < n; i++)
            if (spans[i].from >= at && (next == NULL || spans[i].from < next->from))
                next = &spans[i];
        if (next == NULL || !bytes_all_zero_var(bytes_of(t.p + at, next->from - at)))
            return false;
        at = next->to;
    }
    return bytes_all_zero_var(bytes_of(t.p + at, t.n - at));
}

static enum err_code parse(struct snp_table *out, struct bytes t)
{
    struct span spans[PC_SNP_TABLE_MAX];
    size_t n, head;
    if (t.n == 0)
        return PC_OK;
    PC_TRY(count_entries(&n, &head, t));
    for (size_t i = 0; i < n; i++) {
        const uint8_t *e = t.p + i * ENTRY_LEN;
        const size_t offset = load_le32(e + 16), len = load_le32(e + 20);
        /* A length of zero would be an entry that is there and not there. */
        if (len == 0 || offset < head || offset > t.n || len > t.n - offset)
            return PC_E_MALFORMED;
        spans[i] = (struct span){offset, offset + len};
        for (size_t k = 0; k < i; k++)
            if (memcmp(t.p + k * ENTRY_LEN, e, 16) == 0 ||
                (spans[k].from < spans[i].to && spans[i].from < spans[k].to))
                return PC_E_MALFORMED;
        for (size_t k = 0; k < PC_SNP_ENTRY_COUNT; k++)
            if (memcmp(guids[k], e, 16) == 0)
                out->entry[k] = bytes_of(t.p + offset, len);
    }
    return gaps_zero(t, head, spans, n) ? PC_OK : PC_E_MALFORMED;
}

enum err_code snp_table_parse(struct snp_table *out, struct bytes table)
{
    memset(out, 0, sizeof(*out));
    enum err_code e = parse(out, table);
    if (e != PC_OK)
        memset(out, 0, sizeof(*out));
    return e;
}

enum err_code snp_table_build(uint8_t *out, size_t cap, size_t *n, const struct snp_table *t)
{
    size_t count = 0, at, k = 0;
    *n = 0;
    for (size_t i = 0; i < PC_SNP_ENTRY_COUNT; i++)
        count += t->entry[i].n > 0;
    if (count == 0)
        return PC_OK;
    at = (count + 1) * ENTRY_LEN;
    if (at > cap)
        return PC_E_TOO_LARGE;
    memset(out, 0, at);
    for (size_t i = 0; i < PC_SNP_ENTRY_COUNT; i++) {
        struct bytes b = t->entry[i];
        uint8_t *e = out + k * ENTRY_LEN;
        if (b.n == 0)
            continue;
        if (b.n > cap - at)
            return PC_E_TOO_LARGE;
        memcpy(e, guids[i], 16);
        store_le32(e + 16, (uint32_t)at);
        store_le32(e + 20, (uint32_t)b.n);
        memcpy(out + at, b.p, b.n);
        at += b.n;
        k++;
    }
    *n = at;
    return PC_OK;
}
