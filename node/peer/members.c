/* SPDX-License-Identifier: Apache-2.0 */
/*
 * members.c - one connection to each other member, under the keys that the chain registered.
 *
 * Who has the smaller node id calls; the other waits. Strangers are turned away before the second
 * Diffie-Hellman. Static DHs are the vault's: at most DH_PER_SECOND are asked of it.
 */
#include "base/log.h"
#include "node/peer/peer.h"

#define DH_PER_SECOND  200u
#define DIAL_MS        1000u
#define DIALS          8u /* in DIAL_MS: each costs two DHs of the vault, which gives 32 per second */
#define DEVELOPMENT_ID 31337u

static const struct member *find_in(const struct committee *c, const struct x25519_pk *remote)
{
    for (uint16_t i = 1; c->known && i <= c->n; i++)
        if (c->m[i].node_id != 0 && memcmp(c->m[i].keys.x25519, remote->b, 32) == 0)
            return &c->m[i];
    return NULL;
}

const struct member *members_find(const struct peer *p, const struct x25519_pk *remote)
{
    const struct member *m = find_in(&p->active, remote);
    return m != NULL ? m : find_in(&p->attempt, remote);
}

uint16_t members_own_index(const struct peer *p)
{
    for (uint16_t i = 1; p->active.known && i <= p->active.n; i++)
        if (p->active.m[i].node_id != 0 &&
            memcmp(p->active.m[i].keys.ed25519, p->keys.ed25519, 32) == 0)
            return i;
    return 0;
}

static struct conn *conn_by_id(struct peer *p, transport_conn id)
{
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (p->conns[i].id == id && id != 0)
            return &p->conns[i];
    return NULL;
}

static struct conn *conn_by_key(struct peer *p, const uint8_t key[static 32])
{
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (p->conns[i].id != 0 && memcmp(p->conns[i].remote.b, key, 32) == 0)
            return &p->conns[i];
    return NULL;
}

static struct conn *conn_new(struct peer *p, transport_conn id, const struct x25519_pk *remote,
                             bool dialled)
{
    for (size_t i = 0; i < CONNS_MAX; i++) {
        if (p->conns[i].id != 0)
            continue;
        p->conns[i] = (struct conn){
            .id = id, .dialled = dialled, .remote = *remote, .since = loop_now(&p->d.loop)};
        return &p->conns[i];
    }
    return NULL;
}

/* ---- events of the transport ---- */

static void need_dh(void *ctx, transport_conn c, const struct x25519_pk *point)
{
    struct peer *p = ctx;
    uint64_t second = loop_now(&p->d.loop) / 1000;
    struct ipc_vp_dh m = {.id = c};
    if (second != p->dh_second) {
        p->dh_second = second;
        p->dh_count = 0;
    }
    memcpy(m.remote, point->b, sizeof m.remote);
    if (p->dh_count++ >= DH_PER_SECOND || DAEMON_SEND(&p->d, IPC_LINK_VP, vp_dh, &m) != PC_OK)
        transport_dh_fail(p->transport, c);
}

void members_dh(struct peer *p, const struct ipc_vp_dh_r *m)
{
    if (m->error != PC_OK) {
        transport_dh_fail(p->transport, m->id);
        return;
    }
    enum err_code e = transport_dh_result(p->transport, m->id, m->shared);
    if (e != PC_OK && e != PC_E_NOT_FOUND)
        log_warn("handshake_failed", LOG_STR("error", pc_err_name(e)));
}

static bool allow(void *ctx, transport_conn c, const struct x25519_pk *remote)
{
    struct peer *p = ctx;
    (void)c;
    bool member = members_find(p, remote) != NULL;
    p->peers_refused += !member;
    return member;
}

static void on_open(void *ctx, transport_conn c, const struct x25519_pk *remote, bool dialled)
{
    struct peer *p = ctx;
    struct conn *k = conn_by_id(p, c);
    struct conn *old = conn_by_key(p, remote->b);
    if (old != NULL && old != k) { /* the newer one counts: the other end was restarted */
        transport_close(p->transport, old->id);
        old->id = 0;
    }
    if (k == NULL)
        k = conn_new(p, c, remote, dialled);
    if (k == NULL) {
        transport_close(p->transport, c);
        return;
    }
    k->open = true;
    const struct member *m = members_find(p, remote);
    log_info("member_connected", LOG_U64("node", m != NULL ? m->node_id : 0),
             LOG_U64("dialled", dialled));
    uint8_t frame[PEER_HELLO_BYTES];
    struct peer_hello hello = {
        .version = PEER_VERSION, .schema = PEER_SCHEMA_HASH, .head = {.number = p->head.number}};
    struct bytes bytes;
    memcpy(hello.head.hash, p->head.hash, sizeof hello.head.hash);
    if (peer_encode_hello(&bytes, frame, sizeof frame, &hello) == PC_OK &&
        transport_send(p->transport, c, bytes) == PC_OK)
        blobs_greet(p, c);
}

static void on_closed(void *ctx, transport_conn c, enum err_code why)
{
    struct peer *p = ctx;
    struct conn *k = conn_by_id(p, c);
    if (k == NULL)
        return;
    const struct member *m = members_find(p, &k->remote);
    if (k->open)
        log_warn("member_lost", LOG_U64("node", m != NULL ? m->node_id : 0),
                 LOG_STR("error", pc_err_name(why)));
    k->id = 0;
}

/* ---- frames ---- */

struct from {
    struct peer *p;
    transport_conn c;
    struct conn *k;
    const struct member *m;
};

static enum err_code on_hello(void *ctx, const struct peer_hello *m)
{
    struct from *f = ctx;
    static const uint8_t schema[32] = PEER_SCHEMA_HASH;
    if (m->version != PEER_VERSION) {
        log_warn("member_other_version", LOG_U64("node", f->m->node_id),
                 LOG_U64("version", m->version));
        return PC_E_UNSUPPORTED;
    }
    if (memcmp(m->schema, schema, sizeof schema) != 0)
        log_info("member_other_schema", LOG_U64("node", f->m->node_id));
    return PC_OK;
}

static enum err_code on_blob(void *ctx, const struct peer_blob *m)
{
    struct from *f = ctx;
    return blobs_on_blob(f->p, f->c, m);
}

static enum err_code on_blob_get(void *ctx, const struct peer_blob_get *m)
{
    struct from *f = ctx;
    return blobs_on_get(f->p, f->c, m);
}

static enum err_code on_blob_none(void *ctx, const struct peer_blob_none *m)
{
    (void)ctx;
    (void)m; /* blobs_tick asks the next one */
    return PC_OK;
}

static enum err_code on_signed_head(void *ctx, const struct peer_signed_head *m)
{
    struct from *f = ctx;
    return heads_on_signed(f->p, f->m, m);
}

static enum err_code on_lease_ask(void *ctx, const struct peer_lease_ask *m)
{
    struct from *f = ctx;
    return heads_on_ask(f->p, f->k, m);
}

static enum err_code on_lease(void *ctx, const struct peer_lease *m)
{
    struct from *f = ctx;
    return heads_on_lease(f->p, f->m, m);
}

static enum err_code on_ping(void *ctx, const struct peer_ping *m)
{
    struct from *f = ctx;
    uint8_t frame[PEER_PONG_BYTES];
    struct peer_pong pong = {m->id};
    struct bytes bytes;
    PC_TRY(peer_encode_pong(&bytes, frame, sizeof frame, &pong));
    return transport_send(f->p->transport, f->c, bytes);
}

static enum err_code on_pong(void *ctx, const struct peer_pong *m)
{
    (void)ctx;
    (void)m;
    return PC_OK;
}

static const struct peer_handlers handlers = {
    .hello = on_hello,
    .blob = on_blob,
    .blob_get = on_blob_get,
    .blob_none = on_blob_none,
    .signed_head = on_signed_head,
    .lease_ask = on_lease_ask,
    .lease = on_lease,
    .ping = on_ping,
    .pong = on_pong,
};

static enum err_code on_frame(void *ctx, transport_conn c, struct bytes frame)
{
    struct peer *p = ctx;
    struct conn *k = conn_by_id(p, c);
    struct from f = {p, c, k, k != NULL ? members_find(p, &k->remote) : NULL};
    if (f.m == NULL) /* no member any more */
        return PC_E_REFUSED;
    enum err_code e = peer_dispatch(&handlers, &f, frame);
    if (e != PC_OK)
        log_warn("member_frame_refused", LOG_U64("node", f.m->node_id),
                 LOG_STR("message", peer_type_name(peer_type_of(frame))),
                 LOG_STR("error", pc_err_name(e)));
    return e;
}

static const struct transport_events events = {need_dh, allow, on_open, on_frame, on_closed};

/* ---- calling ---- */

/* Where a member is to be called. What names.c gives it has judged, and said why not. */
static bool address_of(struct peer *p, const struct member *m, struct sockaddr_storage *to)
{
    struct endpoint e;
    enum err_code bad = endpoint_parse(&e, bytes_of(m->endpoint, strlen(m->endpoint)));
    if (bad == PC_OK && e.kind == ENDPOINT_NAME)
        return names_address(p, &e, to) == PC_OK;
    if (bad == PC_OK)
        bad = endpoint_address(to, &e, e.peer_port);
    if (bad == PC_OK && !address_reachable(to, p->d.policy.chain_id == DEVELOPMENT_ID))
        bad = PC_E_REFUSED;
    if (bad != PC_OK)
        log_warn("member_unreachable", LOG_U64("node", m->node_id),
                 LOG_STR("endpoint", m->endpoint), LOG_STR("error", pc_err_name(bad)),
                 LOG_STR("want", "host:peerPort:httpPort, the host a name or a public address"));
    return bad == PC_OK;
}

/* True if a call was begun. */
static bool dial(struct peer *p, const struct member *m)
{
    struct sockaddr_storage to;
    struct x25519_pk remote;
    transport_conn c;
    memcpy(remote.b, m->keys.x25519, sizeof remote.b);
    if (conn_by_key(p, m->keys.x25519) != NULL || !address_of(p, m, &to))
        return false;
    if (transport_dial(&c, p->transport, &to, &remote) != PC_OK)
        return false;
    if (conn_new(p, c, &remote, true) == NULL)
        transport_close(p->transport, c);
    return true;
}

/* A few at a time: handshakes that are begun all at once use up the vault's DHs before any of them
 * gets its second one. The next turn goes on where this one ended, and every node begins elsewhere.
 */
static void dial_missing(struct peer *p, const struct committee *c)
{
    for (uint16_t k = 0; c->known && k < c->n && p->dials_left > 0; k++) {
        const struct member *m = &c->m[1 + (p->node_id + p->dial_next++) % c->n];
        if (m->node_id > p->node_id && memcmp(m->keys.x25519, p->keys.x25519, 32) != 0 &&
            dial(p, m))
            p->dials_left--;
    }
}

void members_changed(struct peer *p)
{
    if (p->transport == NULL || p->node_id == 0)
        return;
    /* In turns, so that dead members of the one do not keep the others from being called. */
    dial_missing(p, p->attempt_first ? &p->attempt : &p->active);
    dial_missing(p, p->attempt_first ? &p->active : &p->attempt);
}

void members_tick(struct peer *p)
{
    uint64_t now = loop_now(&p->d.loop);
    if (now - p->dialled_at < DIAL_MS)
        return;
    p->dialled_at = now;
    p->dials_left = DIALS;
    p->attempt_first = !p->attempt_first;
    members_changed(p);
}

void members_dh_drop(struct peer *p)
{
    /* The vault's link is gone and with it what it was asked: handshakes run into their deadline.
     */
    p->dh_count = 0;
    heads_drop(p);
}

unsigned members_broadcast(struct peer *p, struct bytes frame)
{
    unsigned taken = 0;
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (p->conns[i].id != 0 && p->conns[i].open &&
            transport_send(p->transport, p->conns[i].id, frame) == PC_OK)
            taken++;
    return taken;
}

enum err_code members_open(struct peer *p, struct bytes listen)
{
    struct transport_config config = {TRANSPORT_DEFAULTS, .rng = rng_system()};
    struct endpoint at;
    struct sockaddr_storage address;
    uint16_t port;
    memcpy(config.network_id, p->d.policy.network_id, sizeof config.network_id);
    memcpy(config.own.b, p->keys.x25519, sizeof config.own.b);
    p->dials_left = DIALS;
    p->dialled_at = loop_now(&p->d.loop);
    PC_TRY(endpoint_parse_listen(&at, listen));
    PC_TRY(endpoint_address(&address, &at, at.peer_port));
    PC_TRY(transport_new(&p->transport, &p->d.loop, &config, &events, p));
    PC_TRY(transport_listen(p->transport, &address, &port));
    log_info("peers_listening", LOG_U64("port", port));
    return PC_OK;
}
