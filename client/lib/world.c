/* SPDX-License-Identifier: Apache-2.0 */
/*
 * world.c - the real world of a handle: RPC endpoints, HTTP, the clock.
 */
#include <stdlib.h>
#include <time.h>

#include "chain/endpoints.h"
#include "chain/events.h"
#include "client/lib/client.h"
#include "client/lib/logs.h"

#define RPC_MS            10000u
#define DEVELOPMENT_CHAIN 31337u

struct client_world {
    struct endpoints *endpoints;
    struct http_client *http;
    struct relay_chain chain;
};

static uint64_t world_now(void *ctx)
{
    struct timespec t;
    (void)ctx;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void world_pause(void *ctx, unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    (void)ctx;
    nanosleep(&t, NULL);
}

static void world_http(void *ctx, struct http_request *reqs, size_t n, http_enough enough,
                       void *enough_ctx)
{
    struct client_world *w = ctx;
    http_run(w->http, reqs, n, enough, enough_ctx);
}

static enum err_code block_of(struct client_block *out, enum err_code e,
                              const struct head_claim *claim)
{
    memset(out, 0, sizeof *out);
    if (e != PC_OK)
        return e;
    out->number = claim->number;
    memcpy(out->hash, claim->hash.b, 32);
    return PC_OK;
}

static enum err_code world_head(void *ctx, struct client_block *out)
{
    struct client_world *w = ctx;
    struct head_claim claim;
    return block_of(out, endpoints_head(w->endpoints, world_now(NULL), &claim), &claim);
}

static enum err_code world_bound(void *ctx, struct client_block *out)
{
    struct client_world *w = ctx;
    struct head_claim claim;
    return block_of(out, endpoints_latest(w->endpoints, world_now(NULL), 2, &claim), &claim);
}

enum err_code client_world_open(struct polyclave *pc)
{
    const char *urls[PC_ENDPOINTS_MAX];
    struct client_world *w = calloc(1, sizeof *w);
    struct endpoints_config c = {.urls = urls,
                                 .m = pc->net.n_rpc,
                                 .k = pc->net.rpc_agree,
                                 .chain_id = pc->net.chain_id,
                                 .timeout_ms = RPC_MS};
    struct http_options o = {.public_only = pc->net.chain_id != DEVELOPMENT_CHAIN};
    if (w == NULL)
        return PC_E_MEMORY;
    pc->world = w;
    for (unsigned i = 0; i < pc->net.n_rpc; i++)
        urls[i] = pc->net.rpc[i];
    PC_TRY(endpoints_new(&w->endpoints, &c));
    PC_TRY(http_client_new(&w->http, &o));
    w->chain.endpoints = w->endpoints;
    pc->io = (struct client_io){.ctx = w,
                                .http = world_http,
                                .head = world_head,
                                .bound = world_bound,
                                .now_ms = world_now,
                                .pause = world_pause};
    return PC_OK;
}

void client_world_close(struct polyclave *pc)
{
    if (pc->world == NULL)
        return;
    endpoints_free(pc->world->endpoints);
    http_client_free(pc->world->http);
    free(pc->world);
    pc->world = NULL;
}

struct relay_chain *client_world_chain(struct polyclave *pc)
{
    if (pc->world == NULL)
        return NULL;
    pc->world->chain.now_ms = world_now(NULL);
    return &pc->world->chain;
}

struct node_search {
    struct event_sources from;
    char (*out)[ENDPOINT_TEXT_MAX + 1];
    unsigned n, cap;
};

static enum err_code take_node(void *ctx, const struct log_record *l, bool *enough)
{
    struct node_search *s = ctx;
    struct event *ev = malloc(sizeof *ev);
    struct bytes text = {NULL, 0};
    if (ev == NULL)
        return PC_E_MEMORY;
    if (event_decode(ev, &s->from, l) == PC_OK) {
        if (ev->kind == PC_EV_JOINED)
            text = ev->u.joined.endpoint;
        else if (ev->kind == PC_EV_ENDPOINT)
            text = ev->u.endpoint.text;
    }
    if (text.n != 0 && text.n <= ENDPOINT_TEXT_MAX && s->n < s->cap) {
        memcpy(s->out[s->n], text.p, text.n);
        s->out[s->n++][text.n] = '\0';
    }
    *enough = s->n == s->cap;
    free(ev);
    return PC_OK;
}

unsigned client_world_nodes(struct polyclave *pc, char (*out)[ENDPOINT_TEXT_MAX + 1], unsigned cap)
{
    struct relay_chain *chain = client_world_chain(pc);
    struct node_search s = {.out = out, .cap = cap};
    if (chain == NULL)
        return 0;
    s.from.node_registry = pc->net.contract[PC_NET_NODE_REGISTRY];
    enum err_code e = logs_back(chain, &s.from.node_registry, pc->net.from_block, take_node, &s);
    (void)e; /* what was found until then is of use all the same */
    return s.n;
}
