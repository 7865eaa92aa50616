/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/cursor.h"

void cursor_init(struct log_cursor *c, uint64_t start)
{
    *c = (struct log_cursor){.next = start, .span = PC_CURSOR_SPAN_MAX};
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

enum err_code cursor_advance(struct log_cursor *c, uint64_t to)
{
    if (to < c->next || to - c->next >= c->span || to == UINT64_MAX)
        return PC_E_SEQUENCE;
    c->next = to + 1;
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
