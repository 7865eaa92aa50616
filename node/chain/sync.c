/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sync.c - the round that brings a new head.
 *
 *   IDLE -> HEAD      which finalized block do k endpoints agree on?
 *        -> HEADERS   from it down to the head that was accepted last (chain/head.h)
 *        -> KEPT      after a start: is the checkpoint that was read of this chain? (kept.c)
 *        -> LOGS      of our contracts, up to it
 *        -> CALLDATA  of what was posted
 *        -> PROOFS    this node's standing and the running hashes, at the new head
 *        -> IDLE      everybody is told
 *
 * Whatever goes wrong in a round ends it, and the next one tries again: unknown is never a value.
 */
#include "base/log.h"
#include "node/chain/take.h"

#define ROUND_MS  500u
#define BEHIND_MS 30000u /* without an agreed head: chain_behind */

static void next_step(struct chain *c, enum sync_step step)
{
    c->sync.step = step;
    sync_step(c);
}

void sync_drop(struct chain *c)
{
    c->sync.step = SYNC_IDLE;
}

static void tell_head(struct chain *c);

/* A change is told at once, with the head that was told last. */
static void set_health(struct chain *c, enum ipc_health health)
{
    if (c->sync.health == health)
        return;
    log_warn("chain_health", LOG_STR("health", ipc_health_name(health)));
    c->sync.health = health;
    if (c->sync.told != 0)
        tell_head(c);
}

/* Nobody could answer. If some were left out, they are asked again from now on. */
static void unanswered(struct chain *c)
{
    c->sync.avoid = 0;
    sync_drop(c);
}

/* A head was accepted: a contradicting claim before it no longer counts, what members sign does. */
static void settle_health(struct chain *c)
{
    bool ok = head_verifier_may_release(&c->verifier) == PC_OK && !c->gossip.disagreement;
    set_health(c, ok ? IPC_HEALTH_OK : IPC_HEALTH_DISAGREEMENT);
}

/* ---- HEAD ---- */

static void on_head_answer(void *ctx, enum err_code e, unsigned endpoint, struct bytes data)
{
    struct chain *c = ctx;
    struct head_claim claim;
    struct reader r = reader_of(data);
    (void)endpoint;
    if (c->sync.step != SYNC_HEAD)
        return;
    if (e != PC_OK) {
        if (e == PC_E_DISAGREE)
            log_warn("endpoints_disagree", LOG_U64("head", c->sync.told));
        sync_drop(c);
        return;
    }
    claim.number = read_u64(&r);
    read_copy(&r, claim.hash.b, sizeof claim.hash.b);
    claim.agreed = read_u8(&r);
    e = reader_end(&r) != PC_OK ? PC_E_RETRY : head_verifier_claim(&c->verifier, &claim);
    if (e == PC_E_DISAGREE) {
        log_error("finality_broken", LOG_U64("number", claim.number),
                  LOG_HEX("claimed", PC_BYTES(claim.hash.b)));
        set_health(c, IPC_HEALTH_DISAGREEMENT);
    }
    uint64_t wanted;
    struct evm_word hash;
    if (e == PC_OK)
        next_step(c, SYNC_LOGS);
    else if (e == PC_E_RETRY && head_verifier_wants(&c->verifier, &wanted, &hash))
        next_step(c, SYNC_HEADERS);
    else
        sync_drop(c);
}

/* ---- HEADERS ---- */

static void on_headers(void *ctx, enum err_code e, unsigned endpoint, struct bytes data)
{
    struct chain *c = ctx;
    struct reader r = reader_of(data);
    if (c->sync.step != SYNC_HEADERS)
        return;
    if (e != PC_OK) {
        unanswered(c);
        return;
    }
    e = data.n == 0 ? PC_E_MALFORMED : PC_E_RETRY;
    while (e == PC_E_RETRY && r.left != 0) {
        struct bytes rlp = read_bytes(&r, read_u16(&r));
        e = r.err == PC_OK ? head_verifier_header(&c->verifier, rlp) : r.err;
    }
    bool nobody_else = false; /* rpc asked one again that was to be avoided */
    if (pc_err_class(e) == PC_ERR_CLASS_PEER) {
        ask_blame(c, endpoint, e);
        nobody_else = c->sync.avoid >> (endpoint & 7) & 1;
        c->sync.avoid |= (uint8_t)(1u << (endpoint & 7));
    }
    if (e == PC_E_DISAGREE)
        set_health(c, IPC_HEALTH_DISAGREEMENT);
    if (nobody_else) {
        unanswered(c);
        return;
    }
    if (e == PC_OK)
        next_step(c, SYNC_LOGS);
    else if (e == PC_E_RETRY || pc_err_class(e) == PC_ERR_CLASS_PEER)
        next_step(c, SYNC_HEADERS);
    else
        sync_drop(c);
}

static void ask_headers(struct chain *c)
{
    const struct head *head = head_verifier_head(&c->verifier);
    struct evm_word hash;
    struct ipc_cr_ask ask = {.what = IPC_RPC_WHAT_HEADERS, .avoid = c->sync.avoid};
    if (!head_verifier_wants(&c->verifier, &ask.from, &hash)) {
        sync_drop(c);
        return;
    }
    uint64_t gap = head != NULL && ask.from > head->number ? ask.from - head->number : 1;
    ask.to = gap < PC_HEADERS_PER_FETCH ? gap : PC_HEADERS_PER_FETCH;
    if (ask_send(c, &ask, on_headers, c) != PC_OK)
        sync_drop(c);
}

/* ---- LOGS ---- */

static void on_logs(void *ctx, enum err_code e, unsigned endpoint, struct bytes data)
{
    struct chain *c = ctx;
    uint64_t from, to;
    if (c->sync.step != SYNC_LOGS)
        return;
    if (e == PC_E_TOO_LARGE && !c->sync.paged) {
        /* Anybody can fill a block with events of Apps; it is read all the same, page by page. */
        c->sync.paged = !cursor_narrow(&c->cursor);
        c->sync.skip = 0;
        next_step(c, SYNC_LOGS);
        return;
    }
    const struct head *head = head_verifier_head(&c->verifier);
    if (e != PC_OK || !cursor_range(&c->cursor, head->number, &from, &to)) {
        unanswered(c);
        return;
    }
    c->sync.logs_from |= (uint8_t)(1u << (endpoint & 7));
    uint64_t count;
    e = take_logs(c, data, from, to, &count);
    if (e != PC_OK && kept_claimed(c)) { /* they, or what they go on from */
        kept_refuted(c);
        return;
    }
    if (e != PC_OK) {
        ask_blame(c, endpoint, e);
        sync_restart(c);
        c->sync.avoid = (uint8_t)(1u << (endpoint & 7));
        return;
    }
    if (c->sync.paged && count != 0) {
        c->sync.skip += count;
        next_step(c, SYNC_LOGS);
        return;
    }
    c->sync.paged = false;
    if (cursor_advance(&c->cursor, to) != PC_OK)
        pc_bug("the cursor moved while it was read");
    next_step(c, SYNC_LOGS);
}

static void ask_logs(struct chain *c)
{
    const struct head *head = head_verifier_head(&c->verifier);
    struct ipc_cr_ask ask = {.what = IPC_RPC_WHAT_LOGS, .avoid = c->sync.avoid};
    const struct policy_policy *p = &c->d.policy;
    const uint8_t *contracts[5 + PC_VENDOR_NITRO] = {p->epochs, p->node_registry, p->attestations,
                                                     p->measurements, p->apps};
    size_t n = 5;
    uint8_t words[PC_ARRAY_LEN(contracts)][32] = {{0}};
    if (kept_unconfirmed(c)) {
        next_step(c, SYNC_KEPT);
        return;
    }
    if (head->number == c->sync.told && !c->sync.again) {
        settle_health(c);
        c->sync.fresh_at = loop_now(&c->d.loop);
        sync_drop(c); /* nothing new */
        return;
    }
    if (!cursor_range(&c->cursor, head->number, &ask.from, &ask.to)) {
        posted_round(c);
        next_step(c, SYNC_CALLDATA);
        return;
    }
    /* Of a vendor whose evidence carries its certificates nothing is posted apart. */
    for (uint8_t v = PC_VENDOR_TDX; v <= PC_VENDOR_NITRO; v++)
        if (vendor_has_leaf(v) && vendor_verifier(p, v) != NULL)
            contracts[n++] = vendor_verifier(p, v);
    for (size_t i = 0; i < n; i++)
        memcpy(words[i] + 12, contracts[i], 20);
    ask.words.v = (const uint8_t(*)[32])words;
    ask.words.n = (uint32_t)n;
    if (c->sync.paged) {
        ask.hash[0] = 1;
        store_be64(ask.hash + 24, c->sync.skip);
    }
    if (ask_send(c, &ask, on_logs, c) != PC_OK)
        sync_drop(c);
}

/* ---- told ---- */

static void tell_head(struct chain *c)
{
    const struct head *head = &c->sync.told_head;
    const struct standing *s = &c->standing;
    struct ipc_vc_head v = {.node_id = s->node_id,
                            .state = s->state,
                            .recovering = s->recovering,
                            .valid_until = s->valid_until,
                            .epoch = s->now.epoch};
    v.head.number = head->number;
    v.head.time = head->time;
    memcpy(v.head.hash, head->hash.b, sizeof v.head.hash);
    memcpy(v.head.state_root, head->state_root.b, sizeof v.head.state_root);
    struct ipc_dc_head d = {{.head = v.head,
                             .health = c->sync.health,
                             .node_id = v.node_id,
                             .state = v.state,
                             .recovering = v.recovering,
                             .valid_until = v.valid_until,
                             .epoch = v.epoch,
                             .endpoints = {.v = c->endpoints, .n = c->n_endpoints}}};
    struct ipc_pc_head p = {d.view};
    if (head_verifier_may_release(&c->verifier) == PC_OK &&
        c->sync.health != IPC_HEALTH_DISAGREEMENT)
        (void)DAEMON_SEND(&c->d, IPC_LINK_VC, vc_head, &v);
    (void)DAEMON_SEND(&c->d, IPC_LINK_DC, dc_head, &d);
    accepted_statuses(c);
    (void)DAEMON_SEND(&c->d, IPC_LINK_PC, pc_head, &p);
}

/* Somebody left out or made up events. If one endpoint gave them all, it was that one. Else who it
 * was is not known: the next reading is from one endpoint alone, each in its turn. */
static void read_elsewhere(struct chain *c)
{
    uint8_t from = c->sync.logs_from, avoid = from;
    unsigned n = c->n_urls != 0 ? c->n_urls : 1;
    if (from != 0 && (from & (from - 1)) == 0) {
        unsigned endpoint = 0;
        while (from >> endpoint != 1)
            endpoint++;
        ask_blame(c, endpoint, PC_E_MISMATCH);
    } else {
        avoid = (uint8_t) ~(1u << c->sync.next_alone++ % n);
    }
    sync_restart(c);
    c->sync.avoid = avoid;
}

void sync_proved(struct chain *c, enum err_code e)
{
    const struct head *head = head_verifier_head(&c->verifier);
    if (c->sync.step != SYNC_PROOFS)
        return;
    if (e != PC_OK) {
        sync_drop(c);
        return;
    }
    if (attempt_check(c) != PC_OK) {
        if (kept_claimed(c))
            kept_refuted(c);
        else
            read_elsewhere(c);
        return;
    }
    c->sync.told = head->number;
    c->sync.told_head = *head;
    c->sync.again = false;
    c->sync.fresh_at = loop_now(&c->d.loop);
    c->sync.avoid = 0;
    gossip_judge(&c->gossip, &c->verifier.ring);
    settle_health(c);
    sync_drop(c);
    tell_head(c);
    attempt_tell(c);
    kept_proved(c);
}

bool sync_settled(const struct chain *c)
{
    const struct head *head = head_verifier_head(&c->verifier);
    return head != NULL && c->sync.told == head->number;
}

void sync_gossiped(struct chain *c)
{
    if (c->gossip.disagreement)
        set_health(c, IPC_HEALTH_DISAGREEMENT);
}

void sync_step(struct chain *c)
{
    struct ipc_cr_ask ask = {.what = IPC_RPC_WHAT_FINALIZED};
    switch (c->sync.step) {
    case SYNC_IDLE:
        break;
    case SYNC_HEAD:
        if (ask_send(c, &ask, on_head_answer, c) != PC_OK)
            sync_drop(c);
        break;
    case SYNC_HEADERS:
        ask_headers(c);
        break;
    case SYNC_KEPT:
        kept_confirm(c);
        break;
    case SYNC_LOGS:
        ask_logs(c);
        break;
    case SYNC_CALLDATA:
        if (!posted_step(c))
            next_step(c, SYNC_PROOFS);
        break;
    case SYNC_PROOFS:
        standing_prove(c);
        break;
    }
}

void sync_restart(struct chain *c)
{
    log_warn("reading_again", LOG_U64("head", c->sync.told));
    cursor_init(&c->cursor, c->d.policy.first_block);
    board_init(&c->board);
    index_clear(c->index);
    attempt_clear(c);
    c->posted_first = c->posted_n = 0;
    c->sync.told = 0;
    c->sync.logs_from = 0;
    c->sync.paged = false;
    c->sync.misread = false;
    c->standing.known = false; /* until all is read, a record that is not here is not unknown */
    sync_drop(c);
    kept_again(c);
}

static void on_timer(void *ctx)
{
    struct chain *c = ctx;
    uint64_t now = loop_now(&c->d.loop);
    asks_tick(c);
    kept_tick(c);
    if (c->sync.health == IPC_HEALTH_OK && now - c->sync.fresh_at > BEHIND_MS)
        set_health(c, IPC_HEALTH_BEHIND);
    if (c->sync.step == SYNC_IDLE && c->sync.misread)
        read_elsewhere(c);
    /* Without the vault's keys nobody can say whether this node is registered. */
    if (c->sync.step == SYNC_IDLE && c->have_config && c->have_keys && c->kept.state != KEPT_WANTED)
        next_step(c, SYNC_HEAD);
    loop_timer_set(&c->d.loop, &c->sync.timer, ROUND_MS);
}

void sync_start(struct chain *c)
{
    cursor_init(&c->cursor, c->d.policy.first_block);
    board_init(&c->board);
    kept_start(c);
    c->sync.fresh_at = loop_now(&c->d.loop);
    c->sync.health = IPC_HEALTH_BEHIND;
    loop_timer_init(&c->sync.timer, on_timer, c);
    loop_timer_set(&c->d.loop, &c->sync.timer, 1);
}
