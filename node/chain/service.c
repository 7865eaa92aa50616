/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.c - links and handlers of polyclave-chain, the process that checks what rpc says.
 *
 * No network, no files after its start: bounded binary from rpc goes in, fixed records for the
 * vault, and what the other processes need, come out. It can be made to know too little, never to
 * believe what is not proved under a head that its verifier accepted. Begin with chain.h, then
 * sync.c.
 */
#include <stdlib.h>

#include "base/log.h"
#include "node/chain/chain.h"

static void configure_rpc(struct chain *c)
{
    struct bytes urls[IPC_RPC_MAX];
    struct ipc_cfg_rpc m = {.chain_id = c->d.policy.chain_id, .agree = c->agree};
    if (c->n_urls == 0)
        return;
    for (size_t i = 0; i < c->n_urls; i++)
        urls[i] = bytes_of(c->urls[i], c->url_n[i]);
    m.rpc.v = urls;
    m.rpc.n = c->n_urls;
    c->have_config = DAEMON_SEND(&c->d, IPC_LINK_CR, cfg_rpc, &m) == PC_OK;
}

static enum err_code on_config(void *ctx, const struct ipc_cfg_chain *m)
{
    struct chain *c = ctx;
    struct ipc_ascii256_list rest = m->rpc;
    struct bytes url;
    for (c->n_urls = 0; c->n_urls < IPC_RPC_MAX && ipc_ascii256_list_next(&rest, &url);
         c->n_urls++) {
        memcpy(c->urls[c->n_urls], url.p, url.n);
        c->url_n[c->n_urls] = (uint16_t)url.n;
    }
    c->agree = m->agree;
    configure_rpc(c);
    return PC_OK;
}

static enum err_code on_keys(void *ctx, const struct ipc_dc_keys *m)
{
    struct chain *c = ctx;
    c->keys = m->keys;
    c->have_keys = true;
    kept_on_keys(c);
    return PC_OK;
}

/* latest - 2: its hash goes into report data and is checked on chain by EIP-2935. */
static void on_bound_answer(void *ctx, enum err_code e, unsigned endpoint, struct bytes data)
{
    struct chain *c = ctx;
    struct ipc_dc_bound m = {.bound = {.number = 0}};
    struct reader r = reader_of(data);
    (void)endpoint;
    if (e == PC_OK) {
        m.bound.number = read_u64(&r);
        read_copy(&r, m.bound.hash, sizeof m.bound.hash);
    }
    (void)DAEMON_SEND(&c->d, IPC_LINK_DC, dc_bound, &m);
}

static enum err_code on_bound_get(void *ctx, const struct ipc_dc_bound_get *m)
{
    struct chain *c = ctx;
    struct ipc_cr_ask ask = {.what = IPC_RPC_WHAT_LATEST_MINUS_2};
    (void)m;
    if (ask_send(c, &ask, on_bound_answer, c) != PC_OK)
        on_bound_answer(c, PC_E_RETRY, 0, bytes_of(NULL, 0));
    return PC_OK;
}

static enum err_code on_kept(void *ctx, const struct ipc_dc_kept *m)
{
    kept_on_part(ctx, m);
    return PC_OK;
}

static enum err_code on_kept_put(void *ctx, const struct ipc_dc_kept_put_r *m)
{
    kept_on_put(ctx, m);
    return PC_OK;
}

static enum err_code on_lookup(void *ctx, const struct ipc_pc_lookup *m)
{
    return lookup_start(ctx, m);
}

static enum err_code on_gossip(void *ctx, const struct ipc_pc_gossip *m)
{
    struct chain *c = ctx;
    struct signed_head s = {.index = m->index, .number = m->head.number};
    uint8_t identity[32];
    memcpy(s.hash.b, m->head.hash, sizeof s.hash.b);
    memcpy(s.state_root.b, m->head.state_root, sizeof s.state_root.b);
    memcpy(s.signature, m->signature, sizeof s.signature);
    if (!attempt_identity(c, m->index, identity) ||
        gossip_verify(&s, c->d.policy.network_id, identity) != PC_OK)
        return PC_OK;
    enum err_code e = gossip_add(&c->gossip, &s, &c->verifier.ring);
    if (e == PC_E_MALFORMED)
        log_warn("gossip_refused", LOG_U64("index", m->index));
    sync_gossiped(c);
    return PC_OK;
}

static enum err_code on_answer(void *ctx, const struct ipc_cr_answer *m)
{
    return ask_answer(ctx, m);
}

static enum err_code on_endpoints(void *ctx, const struct ipc_cr_endpoints *m)
{
    struct chain *c = ctx;
    struct ipc_endpoint_state_list rest = m->endpoints;
    for (c->n_endpoints = 0; c->n_endpoints < IPC_RPC_MAX; c->n_endpoints++)
        if (!ipc_endpoint_state_list_next(&rest, &c->endpoints[c->n_endpoints]))
            break;
    return PC_OK;
}

static const struct ipc_handlers handlers = {
    .cfg_chain = on_config,
    .dc_keys = on_keys,
    .dc_bound_get = on_bound_get,
    .dc_kept = on_kept,
    .dc_kept_put_r = on_kept_put,
    .pc_lookup = on_lookup,
    .pc_gossip = on_gossip,
    .cr_answer = on_answer,
    .cr_endpoints = on_endpoints,
};

static void on_link_up(void *ctx, enum ipc_link link)
{
    struct chain *c = ctx;
    switch (link) {
    case IPC_LINK_VC:
        attempt_repeat_vault(c);
        c->sync.again = true;
        break;
    case IPC_LINK_DC:
        attempt_repeat_polyclaved(c);
        posted_repeat(c);
        kept_link_up(c);
        c->sync.again = true;
        break;
    case IPC_LINK_PC:
        attempt_repeat_peer(c);
        c->sync.again = true;
        break;
    case IPC_LINK_CA:
        attempt_repeat_attest(c);
        c->sync.again = true;
        break;
    case IPC_LINK_CR:
        configure_rpc(c);
        break;
    default:
        break;
    }
}

static void on_link_down(void *ctx, enum ipc_link link)
{
    struct chain *c = ctx;
    if (link == IPC_LINK_DC)
        kept_link_down(c);
    if (link != IPC_LINK_CR)
        return;
    asks_drop(c);
    sync_drop(c);
    attempt_drop(c);
    c->have_config = false; /* until the new rpc has been told */
}

enum err_code chain_start(struct chain *c)
{
    const struct policy_policy *p = &c->d.policy;
    struct head_policy head = {.chain_id = p->chain_id,
                               .kind = (uint8_t)p->kind,
                               .checkpoint_number = p->checkpoint.number,
                               .checkpoint_max_age = p->checkpoint_max_age};
    memcpy(head.checkpoint_hash.b, p->checkpoint.hash, sizeof head.checkpoint_hash.b);
    if (p->phase_blocks == 0) { /* every phase would end where it begins */
        log_error("policy_unusable", LOG_STR("field", "phase_blocks"),
                  LOG_STR("hint", "build policy.bin anew: polyclave policy build"));
        return PC_E_USAGE;
    }
    enum err_code e = head_verifier_init(&c->verifier, &head);
    if (e != PC_OK) /* it runs, serves status, and releases nothing */
        log_error("head_verifier_absent", LOG_U64("kind", p->kind),
                  LOG_STR("error", pc_err_name(e)), LOG_STR("effect", "no key is released"));
    memcpy(c->sources.epochs.b, p->epochs, 20);
    memcpy(c->sources.node_registry.b, p->node_registry, 20);
    memcpy(c->sources.attestations.b, p->attestations, 20);
    memcpy(c->sources.measurements.b, p->measurements, 20);
    memcpy(c->sources.apps.b, p->apps, 20);
    memcpy(c->sources.tcb_policy.b, p->tcb_policy, 20);
    memcpy(c->sources.router.b, p->verifier_router, 20);
    memcpy(c->sources.council.b, p->guardian_council, 20);
    c->index = calloc(1, sizeof *c->index);
    if (c->index == NULL)
        return PC_E_MEMORY;
    attempt_init(c);
    sync_start(c);
    return PC_OK;
}

void chain_end(struct chain *c)
{
    loop_timer_stop(&c->d.loop, &c->sync.timer);
    kept_end(c);
    attempt_clear(c);
    free(c->attempts);
    index_clear(c->index);
    free(c->index);
    c->attempts = NULL;
    c->index = NULL;
}

void chain_spec(struct daemon_spec *out, struct chain *c)
{
    *out = (struct daemon_spec){.self = IPC_PROC_CHAIN,
                                .role = SANDBOX_CHAIN,
                                .name = "polyclave-chain",
                                .handlers = &handlers,
                                .ctx = c,
                                .link_up = on_link_up,
                                .link_down = on_link_down};
}
