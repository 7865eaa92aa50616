/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testkit.h - peer's parts in a test: real HTTP and peer sockets on the loopback, kit.h for vault,
 * polyclaved, chain and attest. For tests only.
 */
#ifndef PC_PEER_TESTKIT_H
#define PC_PEER_TESTKIT_H

#include "node/peer/peer.h"
#include "node/testkit/kit.h"

struct pt {
    struct kit kit;
    struct daemon_spec spec;
    struct peer *p;
    struct x25519_sk sk;
    struct wire_node_keys keys;
    uint16_t http_port, peer_port;
    uint32_t node_id;
};

/* A configured peer of node `id` (keys derived from it), with a live head at block 1000. */
void pt_begin(struct pt *t, uint32_t id);
void pt_end(struct pt *t);
/* The process dies and starts again with the same keys and ports; it is configured again. */
void pt_restart(struct pt *t);
void pt_head(struct pt *t, uint64_t number, enum ipc_node_state state, enum ipc_health health);
/* The committee of epoch 1, from the given peers (indices from 1). */
void pt_members(struct pt *t, struct pt *const *members, uint16_t n, bool active);
/* As the vaults: answer every DH that the peers ask for. */
void pt_vaults(struct pt *const *peers, size_t n);

/* One HTTP exchange over a new connection: status, and the answer's body in *body (until the next
 * call). */
int pt_connect(const struct pt *t);
void pt_say(struct pt *t, int fd, const char *head, struct bytes body);
/* 0: no answer yet. */
unsigned pt_answer(struct pt *t, int fd, const char **body);
unsigned pt_get(struct pt *t, const char *path, const char **body);
/* Length of the last answer's body. */
size_t pt_body_length(void);

/* A release request of its own digest (by nonce), signed by nobody; with evidence if n != 0. */
struct pt_request {
    uint8_t body[CLIENT_RELEASE_BODY_BYTES];
    size_t n;
    uint8_t digest[32];
    int fd;
};
void pt_request(struct pt_request *r, uint8_t nonce, struct bytes evidence, uint64_t head);
/* Sent, and the connection open in r->fd. */
void pt_post(struct pt *t, struct pt_request *r);

#endif
