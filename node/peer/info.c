/* SPDX-License-Identifier: Apache-2.0 */
/* info.c - what this node tells about itself and the epoch. Public data; nothing here is to be
 * believed without the client's own checks (SPEC 12). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/log.h"
#include "node/peer/peer.h"

#define TEXT_MAX (256u * 1024)

void committee_take(struct committee *c, const struct ipc_members *m)
{
    struct ipc_member_view_list rest = m->members;
    struct ipc_member_view v;
    memset(c, 0, sizeof *c);
    c->known = true;
    c->epoch = m->epoch;
    c->attempt = m->attempt;
    c->n = m->n;
    c->t = m->t;
    while (ipc_member_view_list_next(&rest, &v)) {
        struct member *to = &c->m[v.index];
        to->index = v.index;
        to->node_id = v.node_id;
        to->keys = v.keys;
        memcpy(to->endpoint, v.endpoint.p, v.endpoint.n);
        to->domains_n = v.domains_n;
        memcpy(to->domains, v.domains, sizeof to->domains);
        to->state = v.state;
        to->recovering = v.recovering;
    }
}

static void answer(struct peer *p, http_id id, unsigned status, const char *type, struct bytes body)
{
    enum err_code e = http_answer(p->http, id, status, type, body);
    if (e != PC_OK && e != PC_E_NOT_FOUND)
        log_warn("answer_failed", LOG_STR("error", pc_err_name(e)));
}

static void answer_json(struct peer *p, http_id id, unsigned status, struct json_out *o,
                        const char *text)
{
    size_t n;
    json_out_end(o);
    if (json_out_finish(o, &n) == PC_OK)
        answer(p, id, status, "application/json", bytes_of(text, n));
    else
        release_error(p, id, WIRE_RELEASE_CODE_RETRY, 1, 0);
}

static void epoch_json(struct peer *p, http_id id)
{
    static char text[TEXT_MAX];
    const struct committee *c = &p->active;
    struct json_out o;
    json_out_init(&o, text, sizeof text);
    json_out_object(&o, NULL);
    json_out_hex(&o, "network_id", PC_BYTES(p->d.policy.network_id));
    json_out_u64(&o, "epoch", c->epoch);
    json_out_u64(&o, "n", c->n);
    json_out_u64(&o, "t", c->t);
    json_out_array(&o, "keys");
    json_out_object(&o, NULL);
    json_out_hex(&o, "key_id", PC_BYTES(p->key_id));
    json_out_hex(&o, "pk", PC_BYTES(p->pk));
    json_out_array(&o, "y");
    for (uint16_t i = 0; i < p->y_n; i++)
        json_out_hex(&o, NULL, PC_BYTES(p->y[i]));
    json_out_end(&o);
    json_out_end(&o);
    json_out_end(&o);
    json_out_array(&o, "members");
    for (uint16_t i = 1; i <= c->n; i++) {
        const struct member *m = &c->m[i];
        json_out_object(&o, NULL);
        json_out_u64(&o, "index", i);
        json_out_u64(&o, "node_id", m->node_id);
        json_out_str(&o, "endpoint", m->endpoint);
        json_out_hex(&o, "ed25519", PC_BYTES(m->keys.ed25519));
        json_out_str(&o, "state", ipc_node_state_name(m->state));
        json_out_bool(&o, "recovering", m->recovering);
        json_out_end(&o);
    }
    json_out_end(&o);
    json_out_object(&o, "head");
    json_out_u64(&o, "number", p->head.number);
    json_out_hex(&o, "hash", PC_BYTES(p->head.hash));
    json_out_end(&o);
    answer_json(p, id, 200, &o, text);
}

static void epoch_binary(struct peer *p, http_id id)
{
    static uint8_t body[CLIENT_EPOCH_INFO_BYTES];
    static struct client_member members[WIRE_MEMBERS_MAX];
    const struct committee *c = &p->active;
    struct client_epoch_key key = {.key = p->key};
    struct client_epoch_info m = {
        .version = CLIENT_VERSION, .epoch = c->epoch, .n = c->n, .t = c->t};
    struct bytes bytes;
    memcpy(m.network_id, p->d.policy.network_id, sizeof m.network_id);
    memcpy(key.key_id, p->key_id, sizeof key.key_id);
    memcpy(key.pk, p->pk, sizeof key.pk);
    key.y.v = (const uint8_t(*)[32])p->y;
    key.y.n = p->y_n;
    m.keys.v = &key;
    m.keys.n = 1;
    for (uint16_t i = 1; i <= c->n; i++) {
        const struct member *from = &c->m[i];
        struct client_member *to = &members[i - 1];
        *to = (struct client_member){.index = i,
                                     .node_id = from->node_id,
                                     .keys = from->keys,
                                     .endpoint = bytes_of(from->endpoint, strlen(from->endpoint)),
                                     .domains_n = from->domains_n};
        memcpy(to->domains, from->domains, sizeof to->domains);
    }
    m.members.v = members;
    m.members.n = c->n;
    m.head.number = p->head.number;
    memcpy(m.head.hash, p->head.hash, sizeof m.head.hash);
    if (client_encode_epoch_info(&bytes, body, sizeof body, &m) == PC_OK)
        answer(p, id, 200, "application/octet-stream", bytes);
    else
        release_error(p, id, WIRE_RELEASE_CODE_RETRY, 1, 0);
}

void info_epoch(struct peer *p, const struct http_request *r)
{
    const char *of = r->path + sizeof "/v1/epoch" - 1;
    if (*of == '/') {
        char *end;
        unsigned long long epoch = strtoull(of + 1, &end, 10);
        if (of[1] < '0' || of[1] > '9' || *end != '\0') {
            release_error(p, r->id, WIRE_RELEASE_CODE_MALFORMED, 0, 0);
            return;
        }
        if (!p->active.known || epoch != p->active.epoch) {
            if (http_error(p->http, r->id, 404, "unknown_epoch",
                           "this node does not serve that epoch", 0) != PC_OK)
                log_warn("answer_failed", LOG_STR("route", "epoch"));
            return;
        }
    }
    if (!p->active.known || !p->have_key || p->key_epoch != p->active.epoch)
        release_error(p, r->id, WIRE_RELEASE_CODE_RECOVERING, 5, 0);
    else if (http_query(r, "json", NULL))
        epoch_json(p, r->id);
    else
        epoch_binary(p, r->id);
}

void info_node(struct peer *p, const struct http_request *r)
{
    static char text[16384];
    struct json_out o;
    json_out_init(&o, text, sizeof text);
    json_out_object(&o, NULL);
    json_out_hex(&o, "network_id", PC_BYTES(p->d.policy.network_id));
    json_out_u64(&o, "node_id", p->node_id);
    json_out_str(&o, "state", ipc_node_state_name(p->state));
    json_out_bool(&o, "recovering", p->recovering);
    json_out_u64(&o, "valid_until", p->valid_until);
    json_out_u64(&o, "epoch", p->epoch);
    json_out_u64(&o, "index", members_own_index(p));
    json_out_str(&o, "health", ipc_health_name(p->health));
    json_out_u64(&o, "lease_expires_in", p->lease_expires_in);
    json_out_object(&o, "head");
    json_out_u64(&o, "number", p->head.number);
    json_out_hex(&o, "hash", PC_BYTES(p->head.hash));
    json_out_u64(&o, "time", p->head.time);
    json_out_end(&o);
    json_out_array(&o, "endpoints");
    for (uint32_t i = 0; i < p->n_endpoints; i++) {
        json_out_object(&o, NULL);
        json_out_u64(&o, "endpoint", p->endpoints[i].endpoint);
        json_out_str(&o, "health", ipc_endpoint_health_name(p->endpoints[i].health));
        json_out_u64(&o, "finalized", p->endpoints[i].finalized);
        json_out_u64(&o, "lies", p->endpoints[i].lies);
        json_out_u64(&o, "errors", p->endpoints[i].errors);
        json_out_end(&o);
    }
    json_out_end(&o);
    answer_json(p, r->id, 200, &o, text);
}

void info_health(struct peer *p, const struct http_request *r)
{
    bool serves = p->have_head && p->health == IPC_HEALTH_OK && p->state == IPC_NODE_STATE_LIVE &&
                  members_own_index(p) != 0 && p->have_key && p->lease_expires_in != 0;
    static char text[512];
    struct json_out o;
    json_out_init(&o, text, sizeof text);
    json_out_object(&o, NULL);
    json_out_bool(&o, "serves", serves);
    json_out_str(&o, "state", ipc_node_state_name(p->state));
    json_out_str(&o, "health", ipc_health_name(p->health));
    json_out_bool(&o, "recovering", p->recovering);
    json_out_bool(&o, "lease", p->lease_expires_in != 0);
    answer_json(p, r->id, serves ? 200 : 503, &o, text);
}

struct text {
    char *p;
    size_t cap, n;
};

static void line(struct text *t, const char *name, const char *labels, uint64_t v)
{
    int n = snprintf(t->p + t->n, t->cap - t->n, "polyclave_%s%s %" PRIu64 "\n", name, labels, v);
    if (n > 0 && (size_t)n < t->cap - t->n)
        t->n += (size_t)n;
}

void info_metrics(struct peer *p, const struct http_request *r)
{
    static char buffer[131072];
    struct text t = {buffer, sizeof buffer, 0};
    struct http_counts h;
    struct transport_counts c;
    char labels[64];
    http_server_count(p->http, &h);
    transport_count(p->transport, &c);
    line(&t, "head_number", "", p->head.number);
    line(&t, "head_time_seconds", "", p->head.time);
    line(&t, "epoch", "", p->epoch);
    line(&t, "node_id", "", p->node_id);
    line(&t, "attestation_valid_until_seconds", "", p->valid_until);
    line(&t, "recovering", "", p->recovering);
    line(&t, "lease_seconds", "", p->lease_expires_in);
    for (int s = IPC_NODE_STATE_NONE; s <= IPC_NODE_STATE_REVOKED; s++) {
        snprintf(labels, sizeof labels, "{state=\"%s\"}",
                 ipc_node_state_name((enum ipc_node_state)s));
        line(&t, "node_state", labels, p->state == (enum ipc_node_state)s);
    }
    for (int s = IPC_HEALTH_OK; s <= IPC_HEALTH_DISAGREEMENT; s++) {
        snprintf(labels, sizeof labels, "{health=\"%s\"}", ipc_health_name((enum ipc_health)s));
        line(&t, "chain_health", labels, p->health == (enum ipc_health)s);
    }
    for (uint32_t i = 0; i < p->n_endpoints; i++) {
        snprintf(labels, sizeof labels, "{endpoint=\"%u\"}", p->endpoints[i].endpoint);
        line(&t, "rpc_health", labels, p->endpoints[i].health);
        line(&t, "rpc_finalized", labels, p->endpoints[i].finalized);
        line(&t, "rpc_lies_total", labels, p->endpoints[i].lies);
        line(&t, "rpc_errors_total", labels, p->endpoints[i].errors);
    }
    line(&t, "http_connections", "", h.connections);
    line(&t, "http_requests_total", "", h.requests);
    line(&t, "http_answered_total", "", p->http_ok);
    line(&t, "http_refused_total", "", h.refused + p->http_refused);
    line(&t, "http_evicted_total", "", h.evicted);
    line(&t, "peers_open", "", c.open);
    line(&t, "peers_waiting", "", c.waiting);
    line(&t, "peers_refused_total", "", c.refused);
    line(&t, "peers_failed_total", "", c.failed);
    for (size_t i = 0; i < p->n_metrics; i++)
        line(&t, p->metrics[i].name, "", p->metrics[i].value);
    answer(p, r->id, 200, "text/plain; version=0.0.4", bytes_of(buffer, t.n));
}
