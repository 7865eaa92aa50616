/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blocks.c - the hash of an old block by its number. Old blocks have no proof here: their hash is
 * what k endpoints say alike. A single one that lies could else make this node deal for another
 * sid, refuse an honest receiver, or go on from a checkpoint of another chain.
 */
#include "node/chain/chain.h"

static void finish(struct block_poll *p, enum err_code e, const struct evm_word *hash)
{
    p->asked = false;
    p->done(p, e, hash);
}

/* One more says so. True once enough do; then whoever said otherwise is named. */
static bool count_claim(struct block_poll *p, unsigned endpoint, const struct evm_word *hash)
{
    unsigned at = 0;
    while (at < p->n && !evm_word_equal(&p->claim[at].hash, hash))
        at++;
    if (at == PC_ARRAY_LEN(p->claim))
        return false;
    if (at == p->n) {
        p->n++;
        p->claim[at].hash = *hash;
        p->claim[at].from = 0;
        p->claim[at].votes = 0;
    }
    p->claim[at].from |= (uint8_t)(1u << endpoint);
    if (++p->claim[at].votes < p->c->agree)
        return false;
    for (unsigned i = 0; i < p->n; i++)
        for (unsigned who = 0; i != at && who < IPC_RPC_MAX; who++)
            if (p->claim[i].from >> who & 1)
                ask_blame(p->c, who, PC_E_MISMATCH);
    return true;
}

static void ask(struct block_poll *p);

static void on_header(void *ctx, enum err_code e, unsigned endpoint, struct bytes data)
{
    static const struct evm_word none;
    struct block_poll *p = ctx;
    struct block_header h;
    struct reader r = reader_of(data);
    /* Nobody is left to ask, or rpc asked the same one again. */
    if (e != PC_OK || endpoint >= IPC_RPC_MAX || (p->avoid >> endpoint & 1)) {
        finish(p, PC_E_RETRY, &none);
        return;
    }
    struct bytes rlp = read_bytes(&r, read_u16(&r));
    p->avoid |= (uint8_t)(1u << endpoint);
    e = reader_end(&r);
    if (e == PC_OK)
        e = header_decode(&h, rlp);
    if (e == PC_OK && h.number != p->number)
        e = PC_E_MISMATCH;
    if (e != PC_OK)
        ask_blame(p->c, endpoint, e);
    else if (count_claim(p, endpoint, &h.hash)) {
        finish(p, PC_OK, &h.hash);
        return;
    }
    ask(p);
}

static void ask(struct block_poll *p)
{
    static const struct evm_word none;
    struct ipc_cr_ask m = {
        .what = IPC_RPC_WHAT_HEADERS, .from = p->number, .to = 1, .avoid = p->avoid};
    p->asked = true;
    if (ask_send(p->c, &m, on_header, p) != PC_OK)
        finish(p, PC_E_RETRY, &none);
}

void block_poll_run(struct block_poll *p, struct chain *c, uint64_t number, block_poll_done done)
{
    PC_ASSERT(!p->asked);
    *p = (struct block_poll){.c = c, .number = number, .done = done};
    ask(p);
}
