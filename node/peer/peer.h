/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer.h - the parts of polyclave-peer and what they share.
 *
 *   service.c   links and handlers
 *   api.c       HTTP routes of clients and operators
 *   release.c   one key request from body to answer
 *   mirror.c    evidence and collateral by hash, out of polyclaved's mirror
 *   info.c      what /v1/epoch, /v1/info and /metrics show
 *   members.c   connections to the other members
 *   names.c     addresses of members whose endpoint names a host
 *   blobs.c     dealers' blobs by hash
 *   heads.c     signed heads and the lease
 *
 * This process eats the hostile network. It holds no secret but the channels' ephemeral keys and
 * can name no recipient: the vault joins what it, attest and chain say (SPEC 8).
 */
#ifndef PC_NODE_PEER_H
#define PC_NODE_PEER_H

#include "node/daemon/daemon.h"
#include "protocol/client_wire.h"
#include "protocol/endpoint.h"
#include "protocol/http_server.h"
#include "protocol/peer_wire.h"
#include "protocol/transport.h"

struct peer;

/* ---- release.c ---- */

#define RELEASES_MAX 128

enum release_stage { RELEASE_VAULT, RELEASE_LOOKUP, RELEASE_VERDICT };

struct release {
    bool used;
    http_id id;
    enum release_stage stage;
    unsigned rounds; /* how often the vault was asked */
    bool want_verdict;
    uint64_t since;
    uint8_t digest[32];
    struct ipc_release_fields fields;
    uint8_t signature[64];
    uint8_t *evidence; /* owned; NULL: the body had none */
    size_t evidence_n;
};

void release_begin(struct peer *p, const struct http_request *r);
void release_need(struct peer *p, const struct ipc_vp_need *m);
void release_answer(struct peer *p, const struct ipc_vp_answer *m);
void release_refuse(struct peer *p, const struct ipc_vp_refuse *m);
void release_looked_up(struct peer *p, const struct ipc_pc_lookup_r *m);
void release_judged(struct peer *p, const struct ipc_pa_done *m);
/* A process that requests wait for was restarted: they are answered 503 retry. */
void release_drop(struct peer *p);
void release_tick(struct peer *p);
/* HTTP status and JSON code of a refusal. */
void release_error(struct peer *p, http_id id, enum wire_release_code code, uint32_t retry_after,
                   uint64_t epoch);

/* ---- token buckets (release.c) ---- */

/* May this address have something done now? For requests that cost more than an answer. */
PC_MUST_USE bool release_admit(struct peer *p, const struct sockaddr_storage *from);

#define BUCKETS 1024
struct bucket {
    uint64_t key; /* of the address; 0: free */
    uint64_t tokens_milli;
    uint64_t at;
};

/* ---- info.c ---- */

struct member {
    uint16_t index;
    uint32_t node_id; /* 0: empty seat */
    struct wire_node_keys keys;
    char endpoint[WIRE_ENDPOINT_MAX + 1];
    uint16_t domains_n;
    uint8_t domains[WIRE_DOMAINS_MAX][32];
    enum ipc_node_state state;
    bool recovering;
};

struct committee {
    bool known;
    uint64_t epoch;
    uint32_t attempt;
    uint16_t n, t;
    struct member m[WIRE_MEMBERS_MAX + 1];
};

void committee_take(struct committee *c, const struct ipc_members *m);
void info_epoch(struct peer *p, const struct http_request *r);
void info_node(struct peer *p, const struct http_request *r);
void info_health(struct peer *p, const struct http_request *r);
void info_metrics(struct peer *p, const struct http_request *r);

/* ---- mirror.c ---- */

/* Answers of up to IPC_OBJECT_MAX that may wait on the link, beside blobs that matter more. */
#define MIRROR_ASKS_MAX 8

struct mirror_ask {
    http_id id; /* 0: free */
    enum ipc_mirror_what what;
    uint64_t since;
};

/* GET /v1/evidence.., GET /v1/collateral/HASH */
void mirror_request(struct peer *p, const struct http_request *r);
void mirror_answer(struct peer *p, const struct ipc_dp_mirror *m);
/* polyclaved was restarted: who waits for it is answered 503 retry. */
void mirror_drop(struct peer *p);
void mirror_tick(struct peer *p);

/* ---- api.c ---- */

PC_MUST_USE enum err_code api_open(struct peer *p, struct bytes listen);
void api_put_done(struct peer *p, const struct ipc_dp_put_r *m);

/* ---- members.c ---- */

#define CONNS_MAX 320

struct conn {
    transport_conn id; /* 0: free */
    bool open, dialled;
    struct x25519_pk remote;
    uint64_t since, lease_asked_at;
};

PC_MUST_USE enum err_code members_open(struct peer *p, struct bytes listen);
void members_changed(struct peer *p); /* dial who is missing */
void members_tick(struct peer *p);
void members_dh(struct peer *p, const struct ipc_vp_dh_r *m);
void members_dh_drop(struct peer *p);
/* The member with that channel key, in the active epoch or the attempt; NULL: a stranger. */
const struct member *members_find(const struct peer *p, const struct x25519_pk *remote);
/* To every open connection; how many took it. */
unsigned members_broadcast(struct peer *p, struct bytes frame);
uint16_t members_own_index(const struct peer *p);

/* ---- names.c ---- */

#define NAMES_MAX       512u /* members of the active epoch and of an attempt */
#define NAMES_ASKED_MAX 4u   /* at a time, of rpc */
#define NAMES_ASK_MS    15000u
#define NAMES_GOOD_MS   300000u
#define NAMES_BAD_MS    15000u /* doubles with each failure, to 16 times as long */

struct name {
    char host[ENDPOINT_TEXT_MAX]; /* empty: free */
    uint64_t asked, asked_at;     /* id of the question that is open; 0: none */
    uint64_t until;               /* when it is asked for again */
    uint64_t used_at;
    enum err_code error; /* of the last answer */
    unsigned failures;   /* in a row */
    unsigned n, next;
    struct sockaddr_storage address[IPC_ADDRESSES_MAX];
};

/* An address of the endpoint's host, which is a name, with its peer port; the next one at each
 * call. Never waits: PC_E_RETRY means that it is being asked for, anything else why the last answer
 * is of no use: PC_E_NOT_FOUND, PC_E_IO, PC_E_TIMEOUT, PC_E_FULL, PC_E_REFUSED (no address that a
 * stranger may publish). */
PC_MUST_USE enum err_code names_address(struct peer *p, const struct endpoint *e,
                                        struct sockaddr_storage *out);
void names_resolved(struct peer *p, const struct ipc_pr_resolved *m);
void names_drop(struct peer *p); /* rpc was started anew */
void names_tick(struct peer *p);

/* ---- blobs.c ---- */

struct held_blob {
    bool used;
    uint64_t epoch;
    uint32_t attempt;
    uint16_t dealer;
    uint8_t hash[32];
    uint8_t *data; /* owned */
    size_t n;
};

struct wanted_blob {
    bool used;
    uint64_t epoch;
    uint32_t attempt;
    uint16_t dealer;
    uint8_t hash[32];
    uint64_t asked_at;
    unsigned turn; /* which connection is asked next */
};

void blobs_serve(struct peer *p, const struct ipc_dp_serve *m);
void blobs_want(struct peer *p, const struct ipc_dp_want *m);
void blobs_forget(struct peer *p, const struct ipc_dp_drop *m);
void blobs_greet(struct peer *p, transport_conn c); /* push what is pushed to a new connection */
enum err_code blobs_on_blob(struct peer *p, transport_conn c, const struct peer_blob *m);
enum err_code blobs_on_get(struct peer *p, transport_conn c, const struct peer_blob_get *m);
void blobs_tick(struct peer *p);

/* ---- heads.c ---- */

void heads_on_head(struct peer *p);
void heads_tick(struct peer *p);
void heads_signed(struct peer *p, const struct ipc_vp_head_signed *m);
void heads_nonce(struct peer *p, const struct ipc_vp_lease_nonce *m);
/* The vault's link is gone, and with it what it was asked to sign. */
void heads_drop(struct peer *p);
enum err_code heads_on_signed(struct peer *p, const struct member *from,
                              const struct peer_signed_head *m);
enum err_code heads_on_ask(struct peer *p, struct conn *k, const struct peer_lease_ask *m);
enum err_code heads_on_lease(struct peer *p, const struct member *from, const struct peer_lease *m);

#define HEAD_ASKS_MAX 64
struct head_ask {
    uint64_t id;         /* towards the vault; 0: free */
    transport_conn conn; /* who wants the lease; 0: for everybody */
    uint8_t nonce[32];
};

#define METRICS_MAX 1024
struct metric {
    char name[65];
    uint64_t value;
};

struct peer {
    struct daemon d;
    bool configured;
    struct wire_node_keys keys;
    struct http_server *http;
    struct transport *transport;
    struct loop_timer tick;

    bool have_head;
    struct wire_head head;
    enum ipc_health health;
    uint32_t node_id;
    enum ipc_node_state state;
    bool recovering;
    uint64_t valid_until, epoch, epoch_grace;
    struct ipc_endpoint_state endpoints[IPC_RPC_MAX];
    uint32_t n_endpoints;

    struct committee active, attempt;
    bool have_key;
    uint64_t key_epoch;
    struct wire_key_entry key;
    uint8_t key_id[32], pk[32];
    uint8_t y[WIRE_MEMBERS_MAX][32];
    uint16_t y_n;

    struct release releases[RELEASES_MAX];
    struct mirror_ask mirror_asks[MIRROR_ASKS_MAX];
    struct bucket buckets[BUCKETS];
    struct bucket total;
    struct conn conns[CONNS_MAX];
    uint64_t dh_second, dh_count, dialled_at;
    uint32_t dials_left, dial_next; /* calls that may still be begun; where to go on */
    bool attempt_first;
    struct name names[NAMES_MAX];
    uint64_t next_name;
    struct held_blob held[WIRE_MEMBERS_MAX + 1];
    bool pushed[WIRE_MEMBERS_MAX + 1];
    struct wanted_blob wanted[WIRE_MEMBERS_MAX + 1];
    uint64_t next_id;
    struct head_ask head_asks[HEAD_ASKS_MAX];
    uint64_t gossiped; /* number of the head that was signed last */
    uint64_t lease_asked_at;
    uint32_t lease_expires_in;
    uint8_t lease_nonce[32];

    struct metric metrics[METRICS_MAX];
    size_t n_metrics;
    uint64_t http_ok, http_refused, peers_refused;
};

/* ---- service.c ---- */

void peer_spec(struct daemon_spec *out, struct peer *p);
void peer_start(struct peer *p); /* after daemon_begin */
/* Closes servers, connections and requests. */
void peer_end(struct peer *p);

#endif
