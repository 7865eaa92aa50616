/* SPDX-License-Identifier: Apache-2.0 */
/*
 * calls.c - what must get into the chain, again and again until it is there.
 *
 * An N call is kept as the vault signed it until its final event is seen: sent, and sent again when
 * the relay could not, when the block was reorganised away, when the relay died. Calls of anybody
 * are tried in turns (head number + node id), so that the nodes of a network don't all pay for the
 * same call; the relay simulates, and what would revert is not sent.
 */
#include <time.h>

#include "base/log.h"
#include "crypto/ids.h"
#include "node/polyclaved/polyclaved.h"

#define FINAL_WITHIN  12 /* heads after which a mined call without its event is sent again */
#define ANSWER_WITHIN 60 /* heads after which a relay that says nothing is asked again */
#define TURNS         3  /* a node tries calls of anybody at every third head */

uint64_t calls_next_seq(struct polyclaved *p)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    uint64_t ms = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
    /* The clock only saves remembering the number over a restart; it may jump either way. */
    p->calls.last_seq = ms > p->calls.last_seq ? ms : p->calls.last_seq + 1;
    return p->calls.last_seq;
}

void calls_saw_seq(struct polyclaved *p, uint64_t seq)
{
    if (seq > p->calls.last_seq)
        p->calls.last_seq = seq;
}

/* A newer call of the same kind replaces the older one; complaints are one per dealer. */
static bool same_purpose(const struct ipc_vd_ncall *a, const struct ipc_vd_ncall *b)
{
    if (a->kind != b->kind || a->epoch != b->epoch || a->attempt != b->attempt)
        return false;
    return a->kind != IPC_NCALL_KIND_COMPLAIN ||
           (a->body_n >= 32 && b->body_n >= 32 && memcmp(a->body, b->body, 32) == 0);
}

static void send_call(struct polyclaved *p, struct call *c)
{
    struct relay_relay_ncall m = {
        .id = ++p->calls.next_request,
        .kind = (enum relay_ncall_kind)c->n.kind,
        .node_id = c->n.node_id,
        .epoch = c->n.epoch,
        .attempt = c->n.attempt,
        .seq = c->n.seq,
        .keys = p->keys,
        .body_n = c->n.body_n,
    };
    memcpy(m.body, c->n.body, c->n.body_n);
    memcpy(m.signature, c->n.signature, sizeof m.signature);
    if (c->n.kind == IPC_NCALL_KIND_SET_ENDPOINT)
        m.endpoint = bytes_of(p->config.endpoint, strlen(p->config.endpoint));
    if (RELAY_SEND(p, relay_ncall, &m) == PC_OK) {
        c->state = CALL_SENT;
        c->request = m.id;
        c->since = p->head.number;
    }
}

void calls_signed(struct polyclaved *p, const struct ipc_vd_ncall *n)
{
    struct call *slot = NULL;
    for (size_t i = 0; i < CALLS_MAX; i++) {
        struct call *c = &p->calls.n[i];
        if (c->state != CALL_FREE && same_purpose(&c->n, n)) {
            slot = c;
            break;
        }
        if (c->state == CALL_FREE && slot == NULL)
            slot = c;
    }
    if (slot == NULL) {
        log_error("calls_full", LOG_U64("kind", n->kind));
        return;
    }
    *slot = (struct call){.state = CALL_WAITING, .n = *n};
    send_call(p, slot);
}

void calls_landed(struct polyclaved *p, enum ipc_ncall_kind kind, uint64_t seq)
{
    for (size_t i = 0; i < CALLS_MAX; i++) {
        struct call *c = &p->calls.n[i];
        if (c->state != CALL_FREE && c->n.kind == kind && c->n.seq == seq)
            c->state = CALL_FREE;
    }
}

bool calls_pending(const struct polyclaved *p, enum ipc_ncall_kind kind)
{
    for (size_t i = 0; i < CALLS_MAX; i++)
        if (p->calls.n[i].state != CALL_FREE && p->calls.n[i].n.kind == kind)
            return true;
    return false;
}

void calls_want(struct polyclaved *p, enum plain what, bool wanted)
{
    p->calls.wanted[what] = wanted;
}

void calls_set_preimage(struct polyclaved *p, const struct ipc_vd_transcript *t)
{
    uint8_t pk[WIRE_KEYS_MAX * 32], y_hash[WIRE_KEYS_MAX * 32];
    struct dkg_transcript_fields f = {.pk = pk, .y_hash = y_hash, .n_keys = t->pk_n, .t = t->t};
    if (t->pk_n != t->y_hash_n)
        return;
    memcpy(f.sid, t->sid, sizeof f.sid);
    memcpy(f.qual, t->qual, sizeof f.qual);
    memcpy(f.blame_dealers, t->blame_dealers, sizeof f.blame_dealers);
    memcpy(f.blame_receivers, t->blame_receivers, sizeof f.blame_receivers);
    for (size_t i = 0; i < t->pk_n; i++) {
        memcpy(pk + 32 * i, t->pk[i], 32);
        memcpy(y_hash + 32 * i, t->y_hash[i], 32);
    }
    if (!id_dkg_preimage(p->calls.preimage, sizeof p->calls.preimage, &p->calls.preimage_len, &f))
        p->calls.preimage_len = 0;
}

void calls_drop_attempt(struct polyclaved *p, bool active)
{
    for (size_t i = 0; i < CALLS_MAX; i++) {
        enum ipc_ncall_kind kind = p->calls.n[i].n.kind;
        /* READY stays open for the active transcript; an endpoint belongs to no attempt. */
        if ((kind != IPC_NCALL_KIND_READY || !active) && kind != IPC_NCALL_KIND_SET_ENDPOINT)
            p->calls.n[i].state = CALL_FREE;
    }
    memset(p->calls.wanted, 0, sizeof p->calls.wanted);
    p->calls.preimage_len = 0;
}

static void try_plain(struct polyclaved *p, enum plain what)
{
    static const enum relay_plain_call names[] = {RELAY_PLAIN_CALL_ANNOUNCE, RELAY_PLAIN_CALL_OPEN,
                                                  RELAY_PLAIN_CALL_FAIL};
    uint64_t id = ++p->calls.next_request;
    enum err_code e;
    if (what == PLAIN_ACTIVATE) {
        struct relay_relay_activate m = {
            .id = id, .preimage = bytes_of(p->calls.preimage, p->calls.preimage_len)};
        if (p->calls.preimage_len == 0)
            return;
        e = RELAY_SEND(p, relay_activate, &m);
    } else {
        struct relay_relay_plain m = {.id = id, .call = names[what]};
        e = RELAY_SEND(p, relay_plain, &m);
    }
    if (e == PC_OK) {
        p->calls.plain_request[what] = id;
        p->calls.plain_since[what] = p->head.number;
    }
}

void calls_on_head(struct polyclaved *p)
{
    for (size_t i = 0; i < CALLS_MAX; i++) {
        struct call *c = &p->calls.n[i];
        if (c->state == CALL_MINED && p->head.number > c->since + FINAL_WITHIN)
            c->state = CALL_WAITING;
        if (c->state == CALL_SENT && p->head.number > c->since + ANSWER_WITHIN)
            c->state = CALL_WAITING;
        if (c->state == CALL_WAITING)
            send_call(p, c);
    }
    if ((p->head.number + p->node_id) % TURNS != 0)
        return;
    for (int what = 0; what < PLAIN_COUNT; what++) {
        if (p->head.number > p->calls.plain_since[what] + ANSWER_WITHIN)
            p->calls.plain_request[what] = 0;
        if (p->calls.wanted[what] && p->calls.plain_request[what] == 0)
            try_plain(p, (enum plain)what);
    }
}

static void log_done(const char *what, const struct relay_relay_done *m)
{
    char text[RELAY_TEXT_MAX + 1];
    memcpy(text, m->text.p, m->text.n);
    text[m->text.n] = '\0';
    enum log_level level = m->outcome == RELAY_OUTCOME_MINED ? PC_LOG_INFO : PC_LOG_DEBUG;
    if (m->outcome == RELAY_OUTCOME_REFUSED || m->outcome == RELAY_OUTCOME_BUDGET)
        level = PC_LOG_WARN;
    log_event(level, "call_done", LOG_STR("call", what),
              LOG_STR("outcome", relay_outcome_name(m->outcome)), LOG_U64("gas", m->gas_used),
              LOG_U64("block", m->block), LOG_STR("text", text));
}

bool calls_on_done(struct polyclaved *p, const struct relay_relay_done *m)
{
    static const char *const plain_names[] = {"announce", "open", "fail", "activate"};
    for (int what = 0; what < PLAIN_COUNT; what++) {
        if (m->id == 0 || p->calls.plain_request[what] != m->id)
            continue;
        p->calls.plain_request[what] = 0;
        log_done(plain_names[what], m);
        return true;
    }
    for (size_t i = 0; i < CALLS_MAX; i++) {
        struct call *c = &p->calls.n[i];
        if (c->state != CALL_SENT || c->request != m->id)
            continue;
        bool landed = m->outcome == RELAY_OUTCOME_MINED || m->outcome == RELAY_OUTCOME_KNOWN;
        c->state = landed ? CALL_MINED : CALL_WAITING;
        c->since = p->head.number;
        log_done(ipc_ncall_kind_name(c->n.kind), m);
        return true;
    }
    return false;
}

void calls_relay_gone(struct polyclaved *p)
{
    memset(p->calls.plain_request, 0, sizeof p->calls.plain_request);
    for (size_t i = 0; i < CALLS_MAX; i++)
        if (p->calls.n[i].state == CALL_SENT)
            p->calls.n[i].state = CALL_WAITING;
}
