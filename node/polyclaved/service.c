/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service.c - links and handlers of polyclaved, the process that knows what time it is.
 *
 * It reads the operator's file, keeps the store, hears from chain what happened and from the vault
 * what it wants, and sees to it that calls reach the chain and blobs reach the vault. It holds no
 * secret and decides nothing that matters for safety. Begin with polyclaved.h, then attempt.c.
 */
#include "base/log.h"
#include "crypto/ids.h"
#include "node/polyclaved/polyclaved.h"

#define METRICS_MS 5000u

static const char id_key_text[] = "registered-id";

static enum err_code accept_id(void *ctx, struct bytes key, struct bytes value)
{
    (void)ctx;
    (void)key;
    return value.n == 4 + 32 ? PC_OK : PC_E_CORRUPT;
}

static void load_registered_id(struct polyclaved *p)
{
    uint8_t raw[4 + 32];
    size_t n;
    if (store_get(p->store, STORE_CURSOR, bytes_of(id_key_text, sizeof id_key_text - 1), raw,
                  sizeof raw, &n, accept_id, NULL) != PC_OK)
        return;
    p->registered_id = load_be32(raw);
    memcpy(p->registered_keys, raw + 4, sizeof p->registered_keys);
}

static void keep_registered_id(struct polyclaved *p)
{
    uint8_t raw[4 + 32];
    if (p->node_id == 0 || !p->have_keys ||
        (p->node_id == p->registered_id &&
         memcmp(p->registered_keys, p->keys_hash, sizeof p->registered_keys) == 0))
        return;
    p->registered_id = p->node_id;
    memcpy(p->registered_keys, p->keys_hash, sizeof p->registered_keys);
    store_be32(raw, p->node_id);
    memcpy(raw + 4, p->keys_hash, sizeof p->keys_hash);
    if (store_put(p->store, STORE_CURSOR, bytes_of(id_key_text, sizeof id_key_text - 1),
                  PC_BYTES(raw)) != PC_OK)
        log_error("store_failed", LOG_STR("what", "registered id"));
}

/* ---- from the vault ---- */

static void send_config_peer(struct polyclaved *p)
{
    struct ipc_cfg_peer m = {
        .peer_listen = bytes_of(p->config.peer_listen, strlen(p->config.peer_listen)),
        .http_listen = bytes_of(p->config.http_listen, strlen(p->config.http_listen)),
        .keys = p->keys};
    if (!p->have_keys)
        return; /* again when the vault has named them */
    (void)DAEMON_SEND(&p->d, IPC_LINK_DP, cfg_peer, &m);
}

static void send_keys(struct polyclaved *p)
{
    struct ipc_dc_keys m = {p->keys};
    if (p->have_keys)
        (void)DAEMON_SEND(&p->d, IPC_LINK_DC, dc_keys, &m);
}

static enum err_code on_keys(void *ctx, const struct ipc_vd_keys *m)
{
    struct polyclaved *p = ctx;
    p->keys = m->keys;
    p->have_keys = true;
    id_keys_node(p->keys_hash, m->keys.ed25519, m->keys.x25519, m->keys.account);
    send_keys(p);
    send_config_peer(p);
    log_info("node_keys", LOG_HEX("keys_hash", PC_BYTES(p->keys_hash)),
             LOG_HEX("account", PC_BYTES(m->keys.account)));
    return PC_OK;
}

static enum err_code on_quote_chunk(void *ctx, const struct ipc_vd_quote_chunk *m)
{
    evidence_on_chunk(ctx, m);
    return PC_OK;
}

static enum err_code on_ncall(void *ctx, const struct ipc_vd_ncall *m)
{
    calls_signed(ctx, m);
    return PC_OK;
}

static enum err_code on_result(void *ctx, const struct ipc_vd_result *m)
{
    (void)ctx;
    enum log_level level = m->error == PC_OK || m->error == PC_E_RETRY || m->error == PC_E_SEQUENCE
                               ? PC_LOG_DEBUG
                               : PC_LOG_WARN;
    log_event(level, "vault_answer", LOG_STR("request", ipc_type_name(m->request)),
              LOG_U64("epoch", m->epoch), LOG_U64("attempt", m->attempt),
              LOG_U64("index", m->index), LOG_STR("error", pc_err_name((enum err_code)m->error)));
    return PC_OK;
}

static enum err_code on_action(void *ctx, const struct ipc_vd_action *m)
{
    attempt_on_action(ctx, m);
    return PC_OK;
}

static enum err_code on_blob_head(void *ctx, const struct ipc_vd_blob_head *m)
{
    return blobs_on_head(ctx, m);
}

static enum err_code on_blob_rec(void *ctx, const struct ipc_vd_blob_rec *m)
{
    return blobs_on_rec(ctx, m);
}

static enum err_code on_blob_r(void *ctx, const struct ipc_vd_blob_r *m)
{
    blobs_result(ctx, m);
    return PC_OK;
}

static enum err_code on_transcript(void *ctx, const struct ipc_vd_transcript *m)
{
    struct polyclaved *p = ctx;
    p->shown.t = *m;
    p->shown.have = 0;
    calls_set_preimage(p, m);
    objects_keep_epoch(p, m);
    log_info("transcript", LOG_U64("epoch", m->epoch), LOG_U64("attempt", m->attempt),
             LOG_HEX("hash", PC_BYTES(m->hash)));
    return PC_OK;
}

static void show_epoch(struct polyclaved *p)
{
    struct ipc_dp_epoch_key m = {.epoch = p->shown.t.epoch};
    if (p->shown.t.n == 0 || p->shown.have != p->shown.t.n)
        return;
    id_key(m.key_id, p->d.policy.network_id, m.key.index, PC_CLASS_APPLICATION, m.key.of);
    memcpy(m.pk, p->shown.t.pk[0], sizeof m.pk);
    m.y.v = (const uint8_t(*)[32])p->shown.y;
    m.y.n = p->shown.t.n;
    (void)DAEMON_SEND(&p->d, IPC_LINK_DP, dp_epoch_key, &m);
}

static enum err_code on_transcript_y(void *ctx, const struct ipc_vd_transcript_y *m)
{
    struct polyclaved *p = ctx;
    if (m->key != 0 || m->epoch != p->shown.t.epoch || m->attempt != p->shown.t.attempt)
        return PC_OK;
    if (m->first != p->shown.have + 1 || p->shown.have + m->y_n > p->shown.t.n)
        return PC_E_SEQUENCE;
    memcpy(p->shown.y[p->shown.have], m->y, 32u * m->y_n);
    p->shown.have += m->y_n;
    show_epoch(p);
    return PC_OK;
}

static enum err_code on_decision(void *ctx, const struct ipc_vd_decision *m)
{
    objects_log_decision(ctx, m);
    return PC_OK;
}

/* ---- from chain ---- */

static void update_validity(struct polyclaved *p, uint64_t valid_until)
{
    struct evidence *e = &p->evidence;
    if (valid_until == e->valid_until)
        return;
    e->valid_until = valid_until;
    e->renew_at = valid_until > p->head.time ? p->head.time + (valid_until - p->head.time) / 3 * 2
                                             : p->head.time;
}

static enum err_code on_head(void *ctx, const struct ipc_dc_head *m)
{
    struct polyclaved *p = ctx;
    const struct ipc_head_view *v = &m->view;
    if (p->have_head && v->state != p->state)
        log_info("own_state", LOG_STR("state", ipc_node_state_name(v->state)),
                 LOG_U64("node", v->node_id), LOG_U64("head", v->head.number));
    if (v->health != p->health)
        log_warn("chain_health", LOG_STR("health", ipc_health_name(v->health)));
    p->have_head = true;
    p->head = v->head;
    p->health = v->health;
    p->node_id = v->node_id;
    p->state = v->state;
    p->recovering = v->recovering;
    p->epoch = v->epoch;
    p->epoch_grace = v->epoch_grace;
    keep_registered_id(p);
    update_validity(p, v->valid_until);
    attempt_on_head(p);
    calls_on_head(p);
    evidence_on_head(p);
    mirror_on_head(p);
    return PC_OK;
}

static enum err_code on_event(void *ctx, const struct ipc_dc_event *m)
{
    return attempt_on_event(ctx, m);
}

static enum err_code on_members(void *ctx, const struct ipc_dc_members *m)
{
    return attempt_on_members(ctx, m);
}

static enum err_code on_bound(void *ctx, const struct ipc_dc_bound *m)
{
    evidence_on_bound(ctx, m);
    return PC_OK;
}

static enum err_code on_bytes(void *ctx, const struct ipc_dc_bytes *m)
{
    objects_on_bytes(ctx, m);
    return PC_OK;
}

static enum err_code on_evidence(void *ctx, const struct ipc_dc_evidence *m)
{
    evidence_on_posted(ctx, m);
    return PC_OK;
}

static enum err_code on_accepted(void *ctx, const struct ipc_dc_accepted *m)
{
    mirror_accept(ctx, m);
    return PC_OK;
}

static enum err_code on_upcoming(void *ctx, const struct ipc_dc_upcoming *m)
{
    forecast_on_upcoming(ctx, m);
    return PC_OK;
}

static enum err_code on_statuses(void *ctx, const struct ipc_dc_statuses *m)
{
    forecast_on_statuses(ctx, m);
    return PC_OK;
}

static enum err_code on_kept_put(void *ctx, const struct ipc_dc_kept_put *m)
{
    kept_on_put(ctx, m);
    return PC_OK;
}

static enum err_code on_kept_get(void *ctx, const struct ipc_dc_kept_get *m)
{
    kept_on_get(ctx, m);
    return PC_OK;
}

static enum err_code on_kept_drop(void *ctx, const struct ipc_dc_kept_drop *m)
{
    (void)m;
    kept_on_drop(ctx);
    return PC_OK;
}

/* ---- from attest and peer ---- */

static enum err_code on_get(void *ctx, const struct ipc_da_get *m)
{
    objects_on_get(ctx, m);
    return PC_OK;
}

static enum err_code on_job_done(void *ctx, const struct ipc_pa_done *m)
{
    attempt_on_job_done(ctx, m);
    return PC_OK;
}

static enum err_code on_forecast(void *ctx, const struct ipc_da_forecast_r *m)
{
    forecast_on_answer(ctx, m);
    return PC_OK;
}

static enum err_code on_mirror_get(void *ctx, const struct ipc_dp_mirror_get *m)
{
    mirror_on_get(ctx, m);
    return PC_OK;
}

static enum err_code on_got(void *ctx, const struct ipc_dp_got *m)
{
    blobs_got(ctx, m);
    return PC_OK;
}

static enum err_code on_put(void *ctx, const struct ipc_dp_put *m)
{
    objects_on_put(ctx, m);
    return PC_OK;
}

static enum err_code on_counters(void *ctx, const struct ipc_dp_counters *m)
{
    (void)ctx;
    (void)m; /* peer shows its own counters itself */
    return PC_OK;
}

static const struct ipc_handlers handlers = {
    .vd_keys = on_keys,
    .vd_quote_chunk = on_quote_chunk,
    .vd_ncall = on_ncall,
    .vd_result = on_result,
    .vd_action = on_action,
    .vd_blob_head = on_blob_head,
    .vd_blob_rec = on_blob_rec,
    .vd_blob_r = on_blob_r,
    .vd_transcript = on_transcript,
    .vd_transcript_y = on_transcript_y,
    .vd_decision = on_decision,
    .dc_head = on_head,
    .dc_event = on_event,
    .dc_members = on_members,
    .dc_bound = on_bound,
    .dc_bytes = on_bytes,
    .dc_evidence = on_evidence,
    .dc_accepted = on_accepted,
    .dc_upcoming = on_upcoming,
    .dc_statuses = on_statuses,
    .dc_kept_put = on_kept_put,
    .dc_kept_get = on_kept_get,
    .dc_kept_drop = on_kept_drop,
    .da_get = on_get,
    .pa_done = on_job_done,
    .da_forecast_r = on_forecast,
    .dp_mirror_get = on_mirror_get,
    .dp_got = on_got,
    .dp_put = on_put,
    .dp_counters = on_counters,
};

/* ---- links ---- */

static void send_config_chain(struct polyclaved *p)
{
    struct bytes urls[CONFIG_MAX_RPC];
    struct ipc_cfg_chain m = {.agree = (uint8_t)p->config.rpc_agree};
    for (size_t i = 0; i < p->config.rpc_count; i++)
        urls[i] = bytes_of(p->config.rpc[i], strlen(p->config.rpc[i]));
    m.rpc.v = urls;
    m.rpc.n = (uint32_t)p->config.rpc_count;
    memcpy(m.owner, p->config.owner, sizeof m.owner);
    (void)DAEMON_SEND(&p->d, IPC_LINK_DC, cfg_chain, &m);
}

static void on_link_up(void *ctx, enum ipc_link link)
{
    struct polyclaved *p = ctx;
    struct ipc_vd_keys_get get = {0};
    switch (link) {
    case IPC_LINK_VD:
        (void)DAEMON_SEND(&p->d, IPC_LINK_VD, vd_keys_get, &get);
        attempt_vault_up(p);
        break;
    case IPC_LINK_DP:
        send_config_peer(p);
        blobs_peer_up(p);
        attempt_vault_up(p); /* the own blob again, if it is due */
        show_epoch(p);
        break;
    case IPC_LINK_DC:
        send_config_chain(p);
        send_keys(p);
        p->kept_next = 0; /* what was begun is not gone on with */
        break;
    case IPC_LINK_DA:
        attempt_attest_up(p);
        forecast_attest_up(p);
        break;
    default:
        break;
    }
}

static void on_link_down(void *ctx, enum ipc_link link)
{
    struct polyclaved *p = ctx;
    /* What the relay was asked goes on without either. */
    if ((link == IPC_LINK_VD || link == IPC_LINK_DC) && p->evidence.request == 0)
        evidence_fail(p, "a part of the node was restarted");
}

#define COUNTERS_MAX 1024

static void on_tick(void *ctx)
{
    static struct ipc_counter counters[COUNTERS_MAX];
    static char names[COUNTERS_MAX][65];
    struct polyclaved *p = ctx;
    const struct mirror *m = &p->mirror;
    const struct ipc_counter own[] = {
        {PC_BYTES_STR("released_total"), p->released},
        {PC_BYTES_STR("replayed_total"), p->replayed},
        {PC_BYTES_STR("refused_total"), p->refused},
        {PC_BYTES_STR("attestation_valid_until"), p->evidence.valid_until},
        {PC_BYTES_STR("attempt_epoch"), p->attempt.epoch},
        {PC_BYTES_STR("attempt_number"), p->attempt.number},
        {PC_BYTES_STR("mirror_up"), m->store != NULL},
        {PC_BYTES_STR("mirror_evidence"), m->n},
        {PC_BYTES_STR("mirror_evidence_bytes"), m->bytes},
        {PC_BYTES_STR("mirror_pruned_total"), m->pruned},
        {PC_BYTES_STR("mirror_served_total"), m->served},
        {PC_BYTES_STR("mirror_missed_total"), m->missed},
    };
    memcpy(counters, own, sizeof own);
    size_t n = forecast_metrics(p, counters, PC_ARRAY_LEN(own), COUNTERS_MAX, names);
    struct ipc_dp_metrics out = {.counters = {.v = counters, .n = (uint32_t)n}};
    (void)DAEMON_SEND(&p->d, IPC_LINK_DP, dp_metrics, &out);
    forecast_tick(p);
    loop_timer_set(&p->d.loop, &p->tick, METRICS_MS);
}

static enum err_code open_store(struct polyclaved *p)
{
    char why[STORE_WHY_MAX];
    struct store_options options = {.dir = p->config.data_dir};
    memcpy(options.network_id, p->d.policy.network_id, sizeof options.network_id);
    enum err_code e = store_open(&p->store, &options, why);
    if (e != PC_OK)
        log_error("store_refused", LOG_STR("dir", p->config.data_dir), LOG_STR("why", why));
    return e;
}

enum err_code polyclaved_configure(struct polyclaved *p, const char *path)
{
    struct config_problem why;
    if (path == NULL) {
        log_error("usage", LOG_STR("missing", "--config FILE"));
        return PC_E_USAGE;
    }
    enum err_code e = config_read(&p->config, &why, path);
    if (e == PC_OK)
        e = roots_read(p, &why);
    if (e != PC_OK)
        log_error("config_refused", LOG_STR("file", path), LOG_U64("line", why.line),
                  LOG_STR("why", why.text));
    return e;
}

enum err_code polyclaved_start(struct polyclaved *p)
{
    PC_TRY(open_store(p));
    PC_TRY(mirror_open(p));
    load_registered_id(p);
    PC_TRY(relay_open(p));
    PC_TRY(control_open(p));
    loop_timer_init(&p->tick, on_tick, p);
    loop_timer_set(&p->d.loop, &p->tick, METRICS_MS);
    return PC_OK;
}

void polyclaved_spec(struct daemon_spec *out, struct polyclaved *p)
{
    *out = (struct daemon_spec){.self = IPC_PROC_POLYCLAVED,
                                .role = SANDBOX_POLYCLAVED,
                                .name = "polyclaved",
                                .handlers = &handlers,
                                .ctx = p,
                                .link_up = on_link_up,
                                .link_down = on_link_down};
}

void polyclaved_end(struct polyclaved *p)
{
    loop_timer_stop(&p->d.loop, &p->tick);
    control_close(p);
    relay_close(p);
    mirror_close(p);
    store_close(p->store);
    p->store = NULL;
}
