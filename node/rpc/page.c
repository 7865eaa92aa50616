/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/page.h"

enum err_code page_cut(struct writer *w, struct bytes packed, uint64_t skip)
{
    struct reader rest = reader_of(packed);
    bool any = false;
    for (uint64_t at = 0; rest.left != 0; at++) {
        struct log_record l;
        size_t before = rest.left;
        log_record_read(&rest, &l);
        PC_TRY(rest.err);
        if (at < skip)
            continue;
        if (before - rest.left > w->cap - w->n)
            return any ? PC_OK : PC_E_TOO_LARGE;
        log_record_write(w, &l);
        any = true;
    }
    return w->err;
}
