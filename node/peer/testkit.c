/* SPDX-License-Identifier: Apache-2.0 */
#include "node/peer/testkit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"

static uint16_t free_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &n), 0);
    close(fd);
    return ntohs(at.sin_port);
}

static void start(struct pt *t)
{
    char http[32], peers[32];
    struct ipc_cfg_peer m = {.keys = t->keys};
    t->p = calloc(1, sizeof *t->p);
    assert_non_null(t->p);
    peer_spec(&t->spec, t->p);
    kit_begin(&t->kit, &t->p->d, &t->spec);
    peer_start(t->p);
    kit_connect_all(&t->kit);
    snprintf(http, sizeof http, "127.0.0.1:%u", t->http_port);
    snprintf(peers, sizeof peers, "127.0.0.1:%u", t->peer_port);
    m.http_listen = bytes_of(http, strlen(http));
    m.peer_listen = bytes_of(peers, strlen(peers));
    KIT_SAY(&t->kit, IPC_LINK_DP, cfg_peer, &m);
    assert_true(t->p->configured);
    pt_head(t, 1000, IPC_NODE_STATE_LIVE, IPC_HEALTH_OK);
}

void pt_begin(struct pt *t, uint32_t id)
{
    struct x25519_pk pk;
    memset(t, 0, sizeof *t);
    t->node_id = id;
    memset(t->sk.b, (int)(0x40 + id), sizeof t->sk.b);
    x25519_public(&pk, &t->sk);
    memset(&t->keys, (int)id, sizeof t->keys);
    memcpy(t->keys.x25519, pk.b, sizeof t->keys.x25519);
    t->http_port = free_port();
    t->peer_port = free_port();
    start(t);
}

static void stop(struct pt *t)
{
    peer_end(t->p);
    kit_end(&t->kit);
    free(t->p);
    t->p = NULL;
}

void pt_end(struct pt *t)
{
    if (t->p != NULL)
        stop(t);
}

void pt_restart(struct pt *t)
{
    stop(t);
    start(t);
}

void pt_head(struct pt *t, uint64_t number, enum ipc_node_state state, enum ipc_health health)
{
    struct ipc_pc_head m = {.view = {.head = {.number = number, .time = 12 * number},
                                     .health = health,
                                     .node_id = t->node_id,
                                     .state = state,
                                     .valid_until = 99999999,
                                     .epoch = 1}};
    memset(m.view.head.hash, (int)number, sizeof m.view.head.hash);
    KIT_SAY(&t->kit, IPC_LINK_PC, pc_head, &m);
}

void pt_members(struct pt *t, struct pt *const *members, uint16_t n, bool active)
{
    struct ipc_member_view views[8];
    char endpoints[8][64];
    struct ipc_pc_members m = {
        .members = {
            .epoch = 1, .attempt = 1, .n = n, .t = (uint16_t)(n / 2 + 1), .active = active}};
    for (uint16_t i = 0; i < n; i++) {
        snprintf(endpoints[i], sizeof endpoints[i], "127.0.0.1:%u:%u", members[i]->peer_port,
                 members[i]->http_port);
        views[i] =
            (struct ipc_member_view){.index = (uint16_t)(i + 1),
                                     .node_id = members[i]->node_id,
                                     .keys = members[i]->keys,
                                     .endpoint = bytes_of(endpoints[i], strlen(endpoints[i])),
                                     .state = IPC_NODE_STATE_LIVE};
    }
    m.members.members.v = views;
    m.members.members.n = n;
    KIT_SAY(&t->kit, IPC_LINK_PC, pc_members, &m);
}

void pt_vaults(struct pt *const *peers, size_t n)
{
    for (int turn = 0; turn < 10; turn++)
        for (size_t i = 0; i < n; i++) {
            struct ipc_vp_dh ask;
            kit_settle(&peers[i]->kit);
            while (KIT_HEARD(&peers[i]->kit, IPC_LINK_VP, vp_dh, VP_DH, &ask)) {
                struct ipc_vp_dh_r r = {.id = ask.id};
                struct x25519_pk pk;
                memcpy(pk.b, ask.remote, sizeof pk.b);
                r.error = (uint16_t)x25519_dh(r.shared, &peers[i]->sk, &pk);
                KIT_SAY(&peers[i]->kit, IPC_LINK_VP, vp_dh_r, &r);
            }
        }
}

/* ---- HTTP ---- */

int pt_connect(const struct pt *t)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(t->http_port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

void pt_say(struct pt *t, int fd, const char *head, struct bytes body)
{
    char text[256];
    int n = snprintf(text, sizeof text, "%s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n",
                     head, body.n);
    assert_int_equal(send(fd, text, (size_t)n, MSG_NOSIGNAL), n);
    for (size_t at = 0; at < body.n;) {
        ssize_t sent = send(fd, body.p + at, body.n - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0)
            assert_int_equal(errno, EAGAIN);
        else
            at += (size_t)sent;
        kit_settle(&t->kit);
    }
    kit_settle(&t->kit);
}

static size_t length_of(const char *text)
{
    const char *at = strstr(text, "Content-Length: ");
    return at != NULL ? strtoul(at + 16, NULL, 10) : 0;
}

static size_t body_length;

size_t pt_body_length(void)
{
    return body_length;
}

unsigned pt_answer(struct pt *t, int fd, const char **body)
{
    static char text[65536];
    size_t n = 0;
    for (int turn = 0; turn < 20; turn++) {
        kit_settle(&t->kit);
        ssize_t got = recv(fd, text + n, sizeof text - 1 - n, MSG_DONTWAIT);
        n += got > 0 ? (size_t)got : 0;
        text[n] = '\0';
        char *end = strstr(text, "\r\n\r\n");
        if (end == NULL || n < (size_t)(end + 4 - text) + length_of(text))
            continue;
        body_length = length_of(text);
        if (body != NULL)
            *body = end + 4;
        return (unsigned)strtoul(text + 9, NULL, 10);
    }
    return 0;
}

unsigned pt_get(struct pt *t, const char *path, const char **body)
{
    char head[128];
    snprintf(head, sizeof head, "GET %s", path);
    int fd = pt_connect(t);
    pt_say(t, fd, head, bytes_of(NULL, 0));
    unsigned status = pt_answer(t, fd, body);
    close(fd);
    kit_settle(&t->kit);
    return status;
}

void pt_request(struct pt_request *r, uint8_t nonce, struct bytes evidence, uint64_t head)
{
    struct client_release_body b = {.has_evidence = evidence.n != 0, .evidence = evidence};
    struct client_release_request *q = &b.request;
    uint8_t encoded[CLIENT_RELEASE_REQUEST_BYTES];
    struct bytes bytes;
    struct transcript t;
    memset(r, 0, sizeof *r);
    r->fd = -1;
    q->version = CLIENT_VERSION;
    q->node_index = 1;
    q->epoch = 1;
    q->vendor = WIRE_VENDOR_TDX;
    q->head.number = head;
    q->scope = PC_BYTES_STR("scope");
    memset(q->app_id, 0xa0, sizeof q->app_id);
    memset(q->nonce, nonce, sizeof q->nonce);
    sha256(q->evidence_hash, evidence);
    assert_int_equal(client_encode_release_request(&bytes, encoded, sizeof encoded, q), PC_OK);
    transcript_init256(&t, PC_LABEL_REQUEST);
    transcript_fixed(&t, bytes.p, bytes.n);
    transcript_final256(&t, r->digest);
    assert_int_equal(client_encode_release_body(&bytes, r->body, sizeof r->body, &b), PC_OK);
    r->n = bytes.n;
}

void pt_post(struct pt *t, struct pt_request *r)
{
    r->fd = pt_connect(t);
    pt_say(t, r->fd, "POST /v1/keys/evaluate", bytes_of(r->body, r->n));
}
