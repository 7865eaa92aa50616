/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/records.h"

void log_record_write(struct writer *w, const struct log_record *l)
{
    if (l->n_topics > 4 || l->data.n > PC_LOG_DATA_MAX) {
        w->err = PC_E_TOO_LARGE;
        return;
    }
    write_u64(w, l->block);
    write_u32(w, l->index);
    write_bytes(w, l->block_hash.b, 32);
    write_bytes(w, l->tx_hash.b, 32);
    write_bytes(w, l->address.b, 20);
    write_u8(w, l->n_topics);
    for (unsigned i = 0; i < l->n_topics; i++)
        write_bytes(w, l->topics[i].b, 32);
    write_u16(w, (uint16_t)l->data.n);
    write_bytes(w, l->data.p, l->data.n);
}

void log_record_read(struct reader *r, struct log_record *l)
{
    memset(l, 0, sizeof *l);
    l->block = read_u64(r);
    l->index = read_u32(r);
    read_copy(r, l->block_hash.b, 32);
    read_copy(r, l->tx_hash.b, 32);
    read_copy(r, l->address.b, 20);
    l->n_topics = read_u8(r);
    if (l->n_topics > 4)
        reader_fail(r, PC_E_MALFORMED);
    for (unsigned i = 0; i < 4 && i < l->n_topics; i++)
        read_copy(r, l->topics[i].b, 32);
    size_t n = read_u16(r);
    if (n > PC_LOG_DATA_MAX)
        reader_fail(r, PC_E_TOO_LARGE);
    l->data = read_bytes(r, n);
    if (r->err != PC_OK)
        memset(l, 0, sizeof *l);
}

struct node_list_writer node_list_begin(void *p, size_t cap)
{
    struct node_list_writer l = {writer_of(p, cap), 0};
    write_u8(&l.w, 0);
    return l;
}

void node_list_add(struct node_list_writer *l, struct bytes node)
{
    if (l->count == PC_PROOF_NODES_MAX || node.n > PC_PROOF_NODE_MAX) {
        l->w.err = PC_E_TOO_LARGE;
        return;
    }
    write_u16(&l->w, (uint16_t)node.n);
    write_bytes(&l->w, node.p, node.n);
    l->count++;
}

enum err_code node_list_end(struct node_list_writer *l, struct bytes *out)
{
    if (l->w.err == PC_OK)
        l->w.p[0] = (uint8_t)l->count;
    return writer_end(&l->w, out);
}
