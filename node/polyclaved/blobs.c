/* SPDX-License-Identifier: Apache-2.0 */
/*
 * blobs.c - dealers' blobs between vault and peer.
 *
 * The own blob comes out of the vault in pieces once B1 is final and is then served and pushed. A
 * blob that the vault wants is asked of peer by hash, cut into the vault's records and served to
 * others from then on, so a dealer need not stay up. The hash is checked here to spare the vault,
 * and in the vault because it counts there.
 */
#include "base/log.h"
#include "crypto/hash.h"
#include "node/polyclaved/polyclaved.h"

static void serve(struct polyclaved *p, uint16_t dealer, struct bytes data, bool push)
{
    struct ipc_dp_serve m = {.epoch = p->attempt.epoch,
                             .attempt = p->attempt.number,
                             .dealer = dealer,
                             .push = push,
                             .data = data};
    if (DAEMON_SEND(&p->d, IPC_LINK_DP, dp_serve, &m) != PC_OK)
        log_warn("peer_busy", LOG_STR("request", "serve"), LOG_U64("dealer", dealer));
}

enum err_code blobs_on_head(struct polyclaved *p, const struct ipc_vd_blob_head *m)
{
    struct blob_in *b = &p->blobs.own;
    b->active = false;
    if (m->epoch != p->attempt.epoch || m->attempt != p->attempt.number)
        return PC_OK; /* chain has not named that attempt yet: it comes again when it has */
    *b = (struct blob_in){.active = true,
                          .epoch = m->epoch,
                          .attempt = m->attempt,
                          .dealer = m->dealer,
                          .length = m->length};
    memcpy(b->hash, m->hash, sizeof b->hash);
    return PC_OK;
}

enum err_code blobs_on_rec(struct polyclaved *p, const struct ipc_vd_blob_rec *m)
{
    struct blob_in *b = &p->blobs.own;
    uint8_t hash[32];
    if (!b->active)
        return PC_OK; /* pieces of one whose head was passed over */
    if (m->dealer != b->dealer || m->offset != b->filled || m->data_n > b->length - b->filled)
        return PC_E_SEQUENCE;
    memcpy(b->data + b->filled, m->data, m->data_n);
    b->filled += m->data_n;
    if (b->filled < b->length)
        return PC_OK;
    b->active = false;
    sha256(hash, bytes_of(b->data, b->length));
    if (memcmp(hash, b->hash, sizeof hash) != 0)
        return PC_E_MISMATCH;
    serve(p, b->dealer, bytes_of(b->data, b->length), true);
    log_info("blob_released", LOG_U64("dealer", b->dealer), LOG_U64("bytes", b->length));
    return PC_OK;
}

static void want(struct polyclaved *p, uint16_t dealer)
{
    struct ipc_dp_want m = {
        .epoch = p->attempt.epoch, .attempt = p->attempt.number, .dealer = dealer};
    memcpy(m.hash, p->blobs.hash[dealer], sizeof m.hash);
    (void)DAEMON_SEND(&p->d, IPC_LINK_DP, dp_want, &m);
}

void blobs_fetch(struct polyclaved *p, const struct ipc_vd_action *m)
{
    if (m->dealer == 0 || m->dealer > WIRE_MEMBERS_MAX)
        return;
    p->blobs.wanted[m->dealer] = true;
    memcpy(p->blobs.hash[m->dealer], m->hash, sizeof m->hash);
    want(p, m->dealer);
}

/* A blob to the vault: its head, then its pieces. */
static enum err_code feed(struct polyclaved *p, const struct ipc_dp_got *g,
                          const uint8_t hash[static 32])
{
    struct ipc_vd_blob_head head = {.epoch = g->epoch,
                                    .attempt = g->attempt,
                                    .dealer = g->dealer,
                                    .length = (uint32_t)g->data.n};
    memcpy(head.hash, hash, sizeof head.hash);
    PC_TRY(DAEMON_SEND(&p->d, IPC_LINK_VD, vd_blob_head, &head));
    for (size_t at = 0; at < g->data.n;) {
        size_t left = g->data.n - at;
        struct ipc_vd_blob_rec rec = {
            .dealer = g->dealer,
            .offset = (uint32_t)at,
            .data_n = (uint16_t)(left < sizeof rec.data ? left : sizeof rec.data)};
        memcpy(rec.data, g->data.p + at, rec.data_n);
        PC_TRY(DAEMON_SEND(&p->d, IPC_LINK_VD, vd_blob_rec, &rec));
        at += rec.data_n;
    }
    return PC_OK;
}

void blobs_got(struct polyclaved *p, const struct ipc_dp_got *m)
{
    uint8_t hash[32];
    if (m->epoch != p->attempt.epoch || m->attempt != p->attempt.number ||
        !p->blobs.wanted[m->dealer] || m->data.n == 0)
        return;
    sha256(hash, m->data);
    if (memcmp(hash, p->blobs.hash[m->dealer], sizeof hash) != 0) {
        log_warn("blob_mismatch", LOG_U64("dealer", m->dealer), LOG_U64("from", m->from));
        want(p, m->dealer);
        return;
    }
    /* A link that is full is drained by the next turns of the loop; the vault is asked anew then,
     * and names what it still lacks. */
    if (feed(p, m, hash) != PC_OK) {
        log_warn("vault_busy", LOG_STR("request", "blob"), LOG_U64("dealer", m->dealer));
        p->attempt.rearm = true;
        return;
    }
    p->blobs.wanted[m->dealer] = false;
    serve(p, m->dealer, m->data, false);
}

void blobs_result(struct polyclaved *p, const struct ipc_vd_blob_r *m)
{
    if (m->error != PC_OK) {
        log_warn("blob_refused", LOG_U64("dealer", m->dealer),
                 LOG_STR("error", pc_err_name((enum err_code)m->error)));
        p->attempt.rearm = true;
        return;
    }
    if (m->check != 0) {
        char check[3] = {'C', (char)('0' + m->check), '\0'};
        log_warn("blob_bad", LOG_U64("dealer", m->dealer), LOG_STR("check", check));
    }
}

void blobs_drop(struct polyclaved *p)
{
    memset(p->blobs.wanted, 0, sizeof p->blobs.wanted);
    p->blobs.own.active = false;
}

void blobs_peer_up(struct polyclaved *p)
{
    for (uint16_t i = 1; i <= WIRE_MEMBERS_MAX; i++)
        if (p->blobs.wanted[i])
            want(p, i);
}
