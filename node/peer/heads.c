/* SPDX-License-Identifier: Apache-2.0 */
/*
 * heads.c - signed heads among members, and the lease (SPEC 11).
 *
 * The vault signs its own accepted head, for everybody or over a member's nonce; the lease's nonce
 * and its count are the vault's too. peer only carries.
 */
#include "base/log.h"
#include "node/peer/peer.h"

#define LEASE_EVERY_MS 15000u

#define LEASE_ASK_MS 500u /* a member's nonce is signed twice a second at most */

/* One place per connection (0: everybody), the newest counts; the oldest goes if all are taken. */
static struct head_ask *ask_new(struct peer *p, transport_conn c)
{
    struct head_ask *a = &p->head_asks[0];
    for (size_t i = 0; i < HEAD_ASKS_MAX; i++) {
        struct head_ask *b = &p->head_asks[i];
        if (b->id != 0 && b->conn == c)
            return b;
        if (b->id < a->id)
            a = b;
    }
    return a;
}

void heads_drop(struct peer *p)
{
    memset(p->head_asks, 0, sizeof p->head_asks);
}

static void ask_vault(struct peer *p, transport_conn c, const uint8_t *nonce)
{
    struct head_ask *a = ask_new(p, c);
    struct ipc_vp_head_sign m = {.id = ++p->next_id, .has_nonce = nonce != NULL};
    if (nonce != NULL)
        memcpy(m.nonce, nonce, sizeof m.nonce);
    if (DAEMON_SEND(&p->d, IPC_LINK_VP, vp_head_sign, &m) != PC_OK)
        return;
    *a = (struct head_ask){.id = m.id, .conn = c};
    if (nonce != NULL)
        memcpy(a->nonce, nonce, sizeof a->nonce);
}

void heads_on_head(struct peer *p)
{
    if (members_own_index(p) == 0 || p->head.number == p->gossiped)
        return;
    p->gossiped = p->head.number;
    ask_vault(p, 0, NULL);
}

void heads_signed(struct peer *p, const struct ipc_vp_head_signed *m)
{
    struct head_ask *a = NULL;
    uint8_t frame[PEER_SIGNED_HEAD_BYTES > PEER_LEASE_BYTES ? PEER_SIGNED_HEAD_BYTES
                                                            : PEER_LEASE_BYTES];
    struct bytes bytes;
    for (size_t i = 0; i < HEAD_ASKS_MAX && a == NULL; i++)
        if (p->head_asks[i].id == m->id && m->id != 0)
            a = &p->head_asks[i];
    if (a == NULL)
        return;
    struct head_ask ask = *a;
    a->id = 0;
    if (m->error != PC_OK || m->index == 0)
        return;
    if (ask.conn == 0) {
        struct peer_signed_head s = {.index = m->index, .head = m->head};
        memcpy(s.signature, m->signature, sizeof s.signature);
        if (peer_encode_signed_head(&bytes, frame, sizeof frame, &s) == PC_OK)
            (void)members_broadcast(p, bytes);
        return;
    }
    struct peer_lease l = {.index = m->index, .head = {.number = m->head.number}};
    memcpy(l.nonce, ask.nonce, sizeof l.nonce);
    memcpy(l.head.hash, m->head.hash, sizeof l.head.hash);
    memcpy(l.signature, m->signature, sizeof l.signature);
    if (peer_encode_lease(&bytes, frame, sizeof frame, &l) == PC_OK &&
        transport_send(p->transport, ask.conn, bytes) != PC_OK)
        log_warn("lease_not_sent", LOG_U64("index", m->index));
}

enum err_code heads_on_signed(struct peer *p, const struct member *from,
                              const struct peer_signed_head *m)
{
    struct ipc_pc_gossip g = {.index = m->index, .head = m->head};
    if (m->index != from->index) /* each speaks for itself */
        return PC_E_MISMATCH;
    memcpy(g.signature, m->signature, sizeof g.signature);
    (void)DAEMON_SEND(&p->d, IPC_LINK_PC, pc_gossip, &g);
    return PC_OK;
}

enum err_code heads_on_ask(struct peer *p, struct conn *k, const struct peer_lease_ask *m)
{
    uint64_t now = loop_now(&p->d.loop);
    if (k->lease_asked_at != 0 && now - k->lease_asked_at < LEASE_ASK_MS)
        return PC_OK; /* it asks again by itself */
    k->lease_asked_at = now;
    ask_vault(p, k->id, m->nonce);
    return PC_OK;
}

enum err_code heads_on_lease(struct peer *p, const struct member *from, const struct peer_lease *m)
{
    struct ipc_vp_lease_sig s = {.index = m->index, .head = m->head};
    if (m->index != from->index)
        return PC_E_MISMATCH;
    if (memcmp(m->nonce, p->lease_nonce, sizeof m->nonce) != 0)
        return PC_OK; /* for a nonce of before */
    memcpy(s.signature, m->signature, sizeof s.signature);
    (void)DAEMON_SEND(&p->d, IPC_LINK_VP, vp_lease_sig, &s);
    return PC_OK;
}

void heads_nonce(struct peer *p, const struct ipc_vp_lease_nonce *m)
{
    uint8_t frame[PEER_LEASE_ASK_BYTES];
    struct peer_lease_ask ask;
    struct bytes bytes;
    memcpy(p->lease_nonce, m->nonce, sizeof p->lease_nonce);
    p->lease_expires_in = m->expires_in;
    memcpy(ask.nonce, m->nonce, sizeof ask.nonce);
    if (peer_encode_lease_ask(&bytes, frame, sizeof frame, &ask) == PC_OK)
        (void)members_broadcast(p, bytes);
}

void heads_tick(struct peer *p)
{
    uint64_t now = loop_now(&p->d.loop);
    struct ipc_vp_lease_get get = {0};
    /* Often while there is none, at leisure once it is held. */
    uint64_t every = p->lease_expires_in == 0 ? 1000 : LEASE_EVERY_MS;
    if (members_own_index(p) == 0 || now - p->lease_asked_at < every)
        return;
    p->lease_asked_at = now;
    (void)DAEMON_SEND(&p->d, IPC_LINK_VP, vp_lease_get, &get);
}
