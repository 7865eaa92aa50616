/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/cursor.h"

#include "base/buf.h"

#define VERSION 1

void cursor_init(struct log_cursor *c, uint64_t start)
{
    *c = (struct log_cursor){.start = start, .next = start, .span = PC_CURSOR_SPAN_MAX};
}

bool cursor_range(const struct log_cursor *c, uint64_t head, uint64_t *from, uint64_t *to)
{
    *from = *to = 0;
    if (c->next > head)
        return false;
    *from = c->next;
    *to = head - c->next < c->span ? head : c->next + c->span - 1;
    return true;
}

enum err_code cursor_advance(struct log_cursor *c, uint64_t to, const struct evm_word *hash)
{
    if (to < c->next || to - c->next >= c->span || to == UINT64_MAX)
        return PC_E_SEQUENCE;
    c->next = to + 1;
    c->last_hash = *hash;
    if (c->span < PC_CURSOR_SPAN_MAX)
        c->span *= 2;
    return PC_OK;
}

bool cursor_narrow(struct log_cursor *c)
{
    if (c->span == 1)
        return false;
    c->span /= 2;
    return true;
}

void cursor_save(uint8_t out[static PC_CURSOR_BYTES], const struct log_cursor *c)
{
    memset(out, 0, PC_CURSOR_BYTES);
    out[0] = VERSION;
    store_be64(out + 1, c->start);
    store_be64(out + 9, c->next);
    memcpy(out + 17, c->last_hash.b, 32);
    store_be32(out + 49, c->span);
}

static bool plausible(const struct log_cursor *c)
{
    bool power = c->span != 0 && (c->span & (c->span - 1)) == 0;
    bool fresh = c->next == c->start;
    return power && c->span <= PC_CURSOR_SPAN_MAX && c->next >= c->start &&
           fresh == evm_word_is_zero(&c->last_hash);
}

enum err_code cursor_load(struct log_cursor *c, struct bytes saved, uint64_t start)
{
    struct reader r = reader_of(saved);
    uint8_t version = read_u8(&r);
    c->start = read_u64(&r);
    c->next = read_u64(&r);
    read_copy(&r, c->last_hash.b, 32);
    c->span = read_u32(&r);
    struct bytes zeros = read_bytes(&r, 5);
    if (reader_end(&r) == PC_OK && version == VERSION && c->start == start &&
        bytes_all_zero_var(zeros) && plausible(c))
        return PC_OK;
    cursor_init(c, start);
    return PC_E_CORRUPT;
}

bool cursor_unconfirmed(const struct log_cursor *c, uint64_t *number)
{
    *number = c->next == c->start ? 0 : c->next - 1;
    return c->next != c->start;
}

enum err_code cursor_confirm(struct log_cursor *c, uint64_t head, const struct evm_word *hash)
{
    if (c->next == c->start)
        return PC_OK;
    if (c->next - 1 <= head && evm_word_equal(&c->last_hash, hash))
        return PC_OK;
    cursor_init(c, c->start);
    return PC_E_CORRUPT;
}
