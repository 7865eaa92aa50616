/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.c - links and handlers of polyclave-peer, the process that eats the hostile network:
 * clients' HTTP and other nodes.
 *
 * It starts without addresses and keys; polyclaved names them (cfg_peer) once the vault has made
 * the node's keys. Begin with peer.h, then release.c.
 */
#include <stdlib.h>

#include "base/log.h"
#include "node/peer/peer.h"

#define TICK_MS 500u

static enum err_code on_config(void *ctx, const struct ipc_cfg_peer *m)
{
    struct peer *p = ctx;
    if (p->configured) {
        if (memcmp(&p->keys, &m->keys, sizeof p->keys) != 0)
            daemon_stop(&p->d, DAEMON_EXIT_FAULT); /* another vault: begin anew with its keys */
        return PC_OK;
    }
    p->keys = m->keys;
    enum err_code e = api_open(p, m->http_listen);
    if (e == PC_OK)
        e = members_open(p, m->peer_listen);
    if (e != PC_OK) {
        log_error("listen_failed", LOG_STR("error", pc_err_name(e)),
                  LOG_STR("hint", "peer_listen and http_listen must be free literal addresses"));
        daemon_stop(&p->d, DAEMON_EXIT_FAULT);
        return PC_OK;
    }
    p->configured = true;
    return PC_OK;
}

static enum err_code on_need(void *ctx, const struct ipc_vp_need *m)
{
    release_need(ctx, m);
    return PC_OK;
}

static enum err_code on_answer(void *ctx, const struct ipc_vp_answer *m)
{
    release_answer(ctx, m);
    return PC_OK;
}

static enum err_code on_refuse(void *ctx, const struct ipc_vp_refuse *m)
{
    release_refuse(ctx, m);
    return PC_OK;
}

static enum err_code on_dh(void *ctx, const struct ipc_vp_dh_r *m)
{
    members_dh(ctx, m);
    return PC_OK;
}

static enum err_code on_head_signed(void *ctx, const struct ipc_vp_head_signed *m)
{
    heads_signed(ctx, m);
    return PC_OK;
}

static enum err_code on_nonce(void *ctx, const struct ipc_vp_lease_nonce *m)
{
    heads_nonce(ctx, m);
    return PC_OK;
}

static enum err_code on_serve(void *ctx, const struct ipc_dp_serve *m)
{
    blobs_serve(ctx, m);
    return PC_OK;
}

static enum err_code on_want(void *ctx, const struct ipc_dp_want *m)
{
    blobs_want(ctx, m);
    return PC_OK;
}

static enum err_code on_drop(void *ctx, const struct ipc_dp_drop *m)
{
    blobs_forget(ctx, m);
    return PC_OK;
}

static enum err_code on_epoch_key(void *ctx, const struct ipc_dp_epoch_key *m)
{
    struct peer *p = ctx;
    struct ipc_b32_list rest = m->y;
    p->have_key = true;
    p->key_epoch = m->epoch;
    p->key = m->key;
    memcpy(p->key_id, m->key_id, sizeof p->key_id);
    memcpy(p->pk, m->pk, sizeof p->pk);
    for (p->y_n = 0; p->y_n < WIRE_MEMBERS_MAX && ipc_b32_list_next(&rest, p->y[p->y_n]);)
        p->y_n++;
    return PC_OK;
}

static enum err_code on_put_done(void *ctx, const struct ipc_dp_put_r *m)
{
    api_put_done(ctx, m);
    return PC_OK;
}

static enum err_code on_mirror(void *ctx, const struct ipc_dp_mirror *m)
{
    mirror_answer(ctx, m);
    return PC_OK;
}

static enum err_code on_metrics(void *ctx, const struct ipc_dp_metrics *m)
{
    struct peer *p = ctx;
    struct ipc_counter_list rest = m->counters;
    struct ipc_counter c;
    for (p->n_metrics = 0; p->n_metrics < METRICS_MAX && ipc_counter_list_next(&rest, &c);
         p->n_metrics++) {
        struct metric *to = &p->metrics[p->n_metrics];
        memset(to, 0, sizeof *to);
        memcpy(to->name, c.name.p, c.name.n);
        to->value = c.value;
    }
    return PC_OK;
}

static enum err_code on_head(void *ctx, const struct ipc_pc_head *m)
{
    struct peer *p = ctx;
    const struct ipc_head_view *v = &m->view;
    struct ipc_endpoint_state_list rest = v->endpoints;
    p->have_head = true;
    p->head = v->head;
    p->health = v->health;
    p->node_id = v->node_id;
    p->state = v->state;
    p->recovering = v->recovering;
    p->valid_until = v->valid_until;
    p->epoch = v->epoch;
    p->epoch_grace = v->epoch_grace;
    for (p->n_endpoints = 0; p->n_endpoints < IPC_RPC_MAX; p->n_endpoints++)
        if (!ipc_endpoint_state_list_next(&rest, &p->endpoints[p->n_endpoints]))
            break;
    if (p->configured)
        heads_on_head(p);
    return PC_OK;
}

static enum err_code on_members(void *ctx, const struct ipc_pc_members *m)
{
    struct peer *p = ctx;
    committee_take(m->members.active ? &p->active : &p->attempt, &m->members);
    members_changed(p);
    return PC_OK;
}

static enum err_code on_looked_up(void *ctx, const struct ipc_pc_lookup_r *m)
{
    release_looked_up(ctx, m);
    return PC_OK;
}

static enum err_code on_judged(void *ctx, const struct ipc_pa_done *m)
{
    release_judged(ctx, m);
    return PC_OK;
}

static enum err_code on_resolved(void *ctx, const struct ipc_pr_resolved *m)
{
    names_resolved(ctx, m);
    return PC_OK;
}

static const struct ipc_handlers handlers = {
    .cfg_peer = on_config,
    .vp_need = on_need,
    .vp_answer = on_answer,
    .vp_refuse = on_refuse,
    .vp_dh_r = on_dh,
    .vp_head_signed = on_head_signed,
    .vp_lease_nonce = on_nonce,
    .dp_serve = on_serve,
    .dp_want = on_want,
    .dp_drop = on_drop,
    .dp_epoch_key = on_epoch_key,
    .dp_put_r = on_put_done,
    .dp_mirror = on_mirror,
    .dp_metrics = on_metrics,
    .pc_head = on_head,
    .pc_members = on_members,
    .pc_lookup_r = on_looked_up,
    .pa_done = on_judged,
    .pr_resolved = on_resolved,
};

static void on_link_down(void *ctx, enum ipc_link link)
{
    struct peer *p = ctx;
    if (link == IPC_LINK_VP)
        members_dh_drop(p);
    if (link == IPC_LINK_PR)
        names_drop(p);
    if (link == IPC_LINK_VP || link == IPC_LINK_PC || link == IPC_LINK_PA)
        release_drop(p);
    if (link == IPC_LINK_DP)
        mirror_drop(p);
}

static void on_tick(void *ctx)
{
    struct peer *p = ctx;
    if (p->configured) {
        release_tick(p);
        mirror_tick(p);
        names_tick(p);
        members_tick(p);
        blobs_tick(p);
        heads_tick(p);
    }
    loop_timer_set(&p->d.loop, &p->tick, TICK_MS);
}

void peer_spec(struct daemon_spec *out, struct peer *p)
{
    *out = (struct daemon_spec){.self = IPC_PROC_PEER,
                                .role = SANDBOX_PEER,
                                .name = "polyclave-peer",
                                .handlers = &handlers,
                                .ctx = p,
                                .link_down = on_link_down};
}

void peer_start(struct peer *p)
{
    loop_timer_init(&p->tick, on_tick, p);
    loop_timer_set(&p->d.loop, &p->tick, TICK_MS);
}

void peer_end(struct peer *p)
{
    loop_timer_stop(&p->d.loop, &p->tick);
    release_drop(p);
    mirror_drop(p);
    http_server_free(p->http);
    transport_free(p->transport);
    for (size_t i = 0; i < PC_ARRAY_LEN(p->held); i++)
        free(p->held[i].data);
    p->http = NULL;
    p->transport = NULL;
}
