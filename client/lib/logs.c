/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/logs.h"

#include <stdlib.h>

#define WINDOW_MAX 8192u
#define ROOM       ((size_t)4 << 20)

static enum err_code take_number(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    (void)who;
    if (a->at[0].class != PC_RPC_RESULT)
        return PC_E_IO;
    return json_get_quantity(&a->at[0].value, NULL, ctx);
}

enum err_code logs_latest(struct relay_chain *c, uint64_t *number)
{
    char buf[256];
    struct jsonrpc_request r;
    struct bytes body;
    *number = 0;
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(c->endpoints), false);
    jsonrpc_call(&r, "eth_blockNumber");
    jsonrpc_call_end(&r);
    PC_TRY(jsonrpc_finish(&r, &body));
    return endpoints_ask(c->endpoints, c->now_ms, 0, &r, body, 4096, take_number, number);
}

struct walk {
    logs_take take;
    void *ctx;
    uint8_t *room;
    size_t *at; /* PC_LOGS_MAX offsets */
    bool enough;
};

/* The logs of one window, which come ascending, from the last to the first. */
static enum err_code turn_round(struct walk *k, size_t n, unsigned count)
{
    struct log_record l;
    struct reader r = reader_of(bytes_of(k->room, n));
    if (count > PC_LOGS_MAX)
        return PC_E_TOO_LARGE;
    for (unsigned i = 0; i < count; i++) {
        k->at[i] = n - r.left;
        log_record_read(&r, &l);
    }
    PC_TRY(reader_end(&r));
    for (unsigned i = count; i-- > 0 && !k->enough;) {
        r = reader_of(bytes_of(k->room + k->at[i], n - k->at[i]));
        log_record_read(&r, &l);
        PC_TRY(r.err);
        PC_TRY(k->take(k->ctx, &l, &k->enough));
    }
    return PC_OK;
}

static enum err_code walk_back(struct walk *k, struct relay_chain *c,
                               const struct evm_address *contract, uint64_t from)
{
    uint64_t to, window = WINDOW_MAX;
    unsigned count, who;
    PC_TRY(logs_latest(c, &to));
    while (!k->enough && to >= from) {
        uint64_t low = to - from >= window ? to - window + 1 : from;
        struct writer w = writer_of(k->room, ROOM);
        enum err_code e =
            endpoints_logs(c->endpoints, c->now_ms, 0, low, to, contract, 1, &w, &count, &who);
        if (e == PC_E_TOO_LARGE && window > 1) {
            window /= 2;
            continue;
        }
        PC_TRY(e);
        PC_TRY(turn_round(k, w.n, count));
        if (low == 0)
            break;
        to = low - 1;
    }
    return PC_OK;
}

enum err_code logs_back(struct relay_chain *c, const struct evm_address *contract, uint64_t from,
                        logs_take take, void *ctx)
{
    struct walk k = {.take = take, .ctx = ctx};
    k.room = malloc(ROOM);
    k.at = malloc(PC_LOGS_MAX * sizeof *k.at);
    enum err_code e =
        k.room != NULL && k.at != NULL ? walk_back(&k, c, contract, from) : PC_E_MEMORY;
    free(k.room);
    free(k.at);
    return e;
}
