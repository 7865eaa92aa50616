/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes: items are walked to a bounded depth; whatever is accepted is written back alike. */
#include <stdlib.h>

#include "chain/header.h"
#include "chain/rlp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_back(const struct rlp_item *item)
{
    static uint8_t buf[1 << 16];
    if (item->raw.n > sizeof buf)
        return;
    struct rlp_writer w = rlp_writer_of(buf, sizeof buf);
    if (item->is_list) {
        rlp_put_raw(&w, item->payload);
        rlp_list_end(&w, 0);
    } else {
        rlp_put_string(&w, item->payload);
    }
    struct bytes out;
    if (rlp_writer_end(&w, &out) != PC_OK || !bytes_equal_var(out, item->raw))
        abort();
}

static void walk(struct rlp_reader r, unsigned depth)
{
    while (rlp_more(&r)) {
        struct rlp_reader same = r;
        struct evm_word number;
        rlp_next_uint256(&same, &number);
        struct rlp_item item = rlp_next(&r);
        if (r.err != PC_OK)
            return;
        write_back(&item);
        if (item.is_list && depth != 0)
            walk(rlp_reader_of(item.payload), depth - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct block_header h;
    walk(rlp_reader_of(bytes_of(data, size)), 8);
    if (header_decode(&h, bytes_of(data, size)) != PC_OK && !evm_word_is_zero(&h.hash))
        abort();
    return 0;
}
