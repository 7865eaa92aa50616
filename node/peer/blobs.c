/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blobs.c - dealers' blobs among members, by hash. Whoever holds one serves it; one that is wanted
 * is asked of one connection after the other until somebody has it.
 */
#include <stdlib.h>

#include "base/log.h"
#include "crypto/hash.h"
#include "node/peer/peer.h"

#define ASK_AGAIN_MS 1500u

static void send_blob(struct peer *p, transport_conn c, uint64_t id, const struct held_blob *b)
{
    static uint8_t frame[PEER_BLOB_BYTES];
    struct peer_blob m = {.id = id,
                          .epoch = b->epoch,
                          .attempt = b->attempt,
                          .dealer = b->dealer,
                          .data = bytes_of(b->data, b->n)};
    struct bytes bytes;
    if (peer_encode_blob(&bytes, frame, sizeof frame, &m) != PC_OK)
        return;
    if (c == 0)
        (void)members_broadcast(p, bytes);
    else if (transport_send(p->transport, c, bytes) != PC_OK)
        log_warn("blob_not_sent", LOG_U64("dealer", b->dealer));
}

void blobs_serve(struct peer *p, const struct ipc_dp_serve *m)
{
    struct held_blob *b = &p->held[m->dealer];
    uint8_t *copy = malloc(m->data.n);
    if (copy == NULL)
        return;
    free(b->data);
    *b = (struct held_blob){.used = true,
                            .epoch = m->epoch,
                            .attempt = m->attempt,
                            .dealer = m->dealer,
                            .data = copy,
                            .n = m->data.n};
    memcpy(copy, m->data.p, m->data.n);
    sha256(b->hash, m->data);
    p->pushed[m->dealer] = m->push;
    if (m->push)
        send_blob(p, 0, 0, b);
}

void blobs_greet(struct peer *p, transport_conn c)
{
    for (size_t i = 1; i <= WIRE_MEMBERS_MAX; i++)
        if (p->held[i].used && p->pushed[i])
            send_blob(p, c, 0, &p->held[i]);
}

void blobs_want(struct peer *p, const struct ipc_dp_want *m)
{
    struct wanted_blob *w = &p->wanted[m->dealer];
    *w = (struct wanted_blob){
        .used = true, .epoch = m->epoch, .attempt = m->attempt, .dealer = m->dealer};
    memcpy(w->hash, m->hash, sizeof w->hash);
    blobs_tick(p);
}

void blobs_forget(struct peer *p, const struct ipc_dp_drop *m)
{
    for (size_t i = 1; i <= WIRE_MEMBERS_MAX; i++) {
        struct held_blob *b = &p->held[i];
        if (b->used && (b->epoch != m->epoch || b->attempt != m->attempt)) {
            free(b->data);
            *b = (struct held_blob){0};
        }
        if (p->wanted[i].epoch != m->epoch || p->wanted[i].attempt != m->attempt)
            p->wanted[i].used = false;
    }
}

enum err_code blobs_on_blob(struct peer *p, transport_conn c, const struct peer_blob *m)
{
    struct wanted_blob *w = &p->wanted[m->dealer];
    uint8_t hash[32];
    (void)c;
    /* Pushed before it was wanted: asked for when the vault wants it, so nothing is kept unasked.
     */
    if (!w->used || w->epoch != m->epoch || w->attempt != m->attempt)
        return PC_OK;
    sha256(hash, m->data);
    if (memcmp(hash, w->hash, sizeof hash) != 0)
        return m->id != 0 ? PC_E_MISMATCH : PC_OK;
    struct ipc_dp_got got = {
        .epoch = m->epoch, .attempt = m->attempt, .dealer = m->dealer, .data = m->data};
    w->used = DAEMON_SEND(&p->d, IPC_LINK_DP, dp_got, &got) != PC_OK;
    return PC_OK;
}

enum err_code blobs_on_get(struct peer *p, transport_conn c, const struct peer_blob_get *m)
{
    uint8_t frame[PEER_BLOB_NONE_BYTES];
    struct peer_blob_none none = {m->id};
    struct bytes bytes;
    for (size_t i = 1; i <= WIRE_MEMBERS_MAX; i++) {
        const struct held_blob *b = &p->held[i];
        if (!b->used || b->epoch != m->epoch || b->attempt != m->attempt ||
            memcmp(b->hash, m->hash, sizeof b->hash) != 0)
            continue;
        send_blob(p, c, m->id, b);
        return PC_OK;
    }
    PC_TRY(peer_encode_blob_none(&bytes, frame, sizeof frame, &none));
    return transport_send(p->transport, c, bytes);
}

static const struct conn *conn_of_dealer(const struct peer *p, const struct committee *c,
                                         uint16_t dealer)
{
    for (size_t i = 0; c->known && dealer <= c->n && i < CONNS_MAX; i++)
        if (p->conns[i].id != 0 && memcmp(p->conns[i].remote.b, c->m[dealer].keys.x25519, 32) == 0)
            return &p->conns[i];
    return NULL;
}

/* Ask the next open connection for it; the dealer's own first. */
static void ask(struct peer *p, struct wanted_blob *w, uint64_t now)
{
    uint8_t frame[PEER_BLOB_GET_BYTES];
    struct peer_blob_get m = {.id = ++p->next_id, .epoch = w->epoch, .attempt = w->attempt};
    struct bytes bytes;
    memcpy(m.hash, w->hash, sizeof m.hash);
    if (peer_encode_blob_get(&bytes, frame, sizeof frame, &m) != PC_OK)
        return;
    const struct committee *c =
        p->attempt.known && p->attempt.epoch == w->epoch ? &p->attempt : &p->active;
    w->asked_at = now;
    for (unsigned tried = 0; tried <= CONNS_MAX; tried++) {
        unsigned turn = w->turn++ % (CONNS_MAX + 1);
        const struct conn *k = turn == 0 ? conn_of_dealer(p, c, w->dealer) : &p->conns[turn - 1];
        if (k != NULL && k->id != 0 && k->open &&
            transport_send(p->transport, k->id, bytes) == PC_OK)
            return;
    }
}

void blobs_tick(struct peer *p)
{
    uint64_t now = loop_now(&p->d.loop);
    if (p->transport == NULL)
        return;
    for (size_t i = 1; i <= WIRE_MEMBERS_MAX; i++)
        if (p->wanted[i].used &&
            (p->wanted[i].asked_at == 0 || now - p->wanted[i].asked_at > ASK_AGAIN_MS))
            ask(p, &p->wanted[i], now);
}
