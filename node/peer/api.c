/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api.c - the HTTP routes (SPEC 8, 11): binary requests and answers, JSON errors and information.
 *
 *   POST /v1/keys/evaluate    a release request; see release.c
 *   GET  /v1/epoch[/E]        members, PK and Y of the active epoch; ?json
 *   GET  /v1/info             this node
 *   GET  /v1/evidence[/HASH]  accepted evidence; see mirror.c
 *   GET  /v1/collateral/HASH  a collateral object
 *   PUT  /v1/collateral       a collateral object, from anybody; kept by hash
 *   GET  /healthz             200 if this node serves, else 503
 *   GET  /metrics             Prometheus text
 */
#include "base/log.h"
#include "node/peer/peer.h"

enum {
    ROUTE_EVALUATE,
    ROUTE_EPOCH,
    ROUTE_EPOCH_OF,
    ROUTE_INFO,
    ROUTE_PUT,
    ROUTE_EVIDENCE,
    ROUTE_EVIDENCE_OF,
    ROUTE_COLLATERAL_OF,
    ROUTE_HEALTH,
    ROUTE_METRICS
};

static const struct http_route routes[] = {
    [ROUTE_EVALUATE] = {"POST", "/v1/keys/evaluate", CLIENT_RELEASE_BODY_BYTES},
    [ROUTE_EPOCH] = {"GET", "/v1/epoch", 0},
    [ROUTE_EPOCH_OF] = {"GET", "/v1/epoch/", 0},
    [ROUTE_INFO] = {"GET", "/v1/info", 0},
    [ROUTE_PUT] = {"PUT", "/v1/collateral", IPC_OBJECT_MAX},
    [ROUTE_EVIDENCE] = {"GET", "/v1/evidence", 0},
    [ROUTE_EVIDENCE_OF] = {"GET", "/v1/evidence/", 0},
    [ROUTE_COLLATERAL_OF] = {"GET", "/v1/collateral/", 0},
    [ROUTE_HEALTH] = {"GET", "/healthz", 0},
    [ROUTE_METRICS] = {"GET", "/metrics", 0},
};

static void put_collateral(struct peer *p, const struct http_request *r)
{
    struct ipc_dp_put m = {.id = r->id, .data = r->body};
    if (!release_admit(p, r->from))
        release_error(p, r->id, WIRE_RELEASE_CODE_QUOTA, 1, 0);
    else if (r->body.n == 0)
        release_error(p, r->id, WIRE_RELEASE_CODE_MALFORMED, 0, 0);
    else if (DAEMON_SEND(&p->d, IPC_LINK_DP, dp_put, &m) != PC_OK)
        release_error(p, r->id, WIRE_RELEASE_CODE_RETRY, 1, 0);
}

void api_put_done(struct peer *p, const struct ipc_dp_put_r *m)
{
    static const char kept[] = "{\"kept\": true}\n";
    enum err_code e =
        m->kept
            ? http_answer(p->http, m->id, 200, "application/json", bytes_of(kept, sizeof kept - 1))
            : http_error(p->http, m->id, 400, "malformed",
                         "not a TCB info, QE identity, certificate or CRL that this node lacks", 0);
    if (e != PC_OK && e != PC_E_NOT_FOUND)
        log_warn("answer_failed", LOG_STR("error", pc_err_name(e)));
}

static void on_request(void *ctx, const struct http_request *r)
{
    struct peer *p = ctx;
    switch (r->route - routes) {
    case ROUTE_EVALUATE:
        release_begin(p, r);
        break;
    case ROUTE_EPOCH:
    case ROUTE_EPOCH_OF:
        info_epoch(p, r);
        break;
    case ROUTE_INFO:
        info_node(p, r);
        break;
    case ROUTE_PUT:
        put_collateral(p, r);
        break;
    case ROUTE_EVIDENCE:
    case ROUTE_EVIDENCE_OF:
    case ROUTE_COLLATERAL_OF:
        mirror_request(p, r);
        break;
    case ROUTE_HEALTH:
        info_health(p, r);
        break;
    case ROUTE_METRICS:
        info_metrics(p, r);
        break;
    default:
        break;
    }
}

enum err_code api_open(struct peer *p, struct bytes listen)
{
    struct http_limits limits = HTTP_LIMITS_DEFAULT;
    struct endpoint at;
    struct sockaddr_storage address;
    uint16_t port;
    PC_TRY(endpoint_parse_listen(&at, listen));
    PC_TRY(endpoint_address(&address, &at, at.http_port != 0 ? at.http_port : at.peer_port));
    PC_TRY(http_server_new(&p->http, &p->d.loop, routes, PC_ARRAY_LEN(routes), &limits, on_request,
                           p));
    PC_TRY(http_server_listen(p->http, &address, &port));
    log_info("http_listening", LOG_U64("port", port));
    return PC_OK;
}
