/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kept.c - what was read outlives a restart: a checkpoint in polyclaved's store.
 *
 *   at a start (or when reading is begun again)
 *     WANTED   the newest checkpoint is asked for, then the one before; no round meanwhile
 *     CLAIMED  it is here. First its last block must be on the chain that k endpoints show; then
 *              the logs behind it are read, and the round proves everything as if all logs had been
 *     READING  there was none, or none that held: from the contracts' first block
 *     PROVEN   a head has proved what is here
 *
 * A checkpoint is written only of what is PROVEN, every KEPT_EVERY blocks. The store is no more
 * trusted than an endpoint: one that is false is found by the same words, costs the time to read
 * again, and names nobody.
 */
#include <stdlib.h>

#include "base/log.h"
#include "node/chain/attempt.h"

/* What an endpoint has left out without anybody noticing must not stay for ever. */
#define SINCE_MAX_S (30u * 24 * 3600)

#define ASK_AGAIN_MS 5000u

/* ---- reading ---- */

static void drop_buffer(struct kept *k)
{
    free(k->buf);
    k->buf = NULL;
    k->n = 0;
    k->part = k->parts = 0;
    k->saving = false;
}

static void ask_part(struct chain *c)
{
    struct ipc_dc_kept_get m = {.older = c->kept.skip == 1, .part = c->kept.part};
    /* If it cannot be sent or the answer is lost: kept_tick asks again, or kept_link_up. */
    c->kept.asked_at = loop_now(&c->d.loop);
    (void)DAEMON_SEND(&c->d, IPC_LINK_DC, dc_kept_get, &m);
}

void kept_tick(struct chain *c)
{
    const struct kept *k = &c->kept;
    bool all_here = k->parts != 0 && k->part == k->parts;
    if (k->state == KEPT_WANTED && !all_here && loop_now(&c->d.loop) - k->asked_at > ASK_AGAIN_MS)
        ask_part(c);
}

static void want(struct chain *c)
{
    struct kept *k = &c->kept;
    drop_buffer(k);
    k->confirmed = false;
    k->untold = false; /* what was told since is told again */
    k->state = k->skip < KEPT_COPIES ? KEPT_WANTED : KEPT_READING;
    if (k->state == KEPT_WANTED) {
        ask_part(c);
        return;
    }
    k->doubt = false;
    k->saved_at = 0;
    log_info("reading_from_first_block", LOG_U64("block", c->d.policy.first_block));
}

void kept_start(struct chain *c)
{
    c->kept = (struct kept){.every = KEPT_EVERY};
    want(c);
}

void kept_again(struct chain *c)
{
    struct kept *k = &c->kept;
    k->skip = k->doubt ? KEPT_COPIES : k->state == KEPT_PROVEN ? 0 : k->skip + 1;
    want(c);
}

/* The stored one does not do: the one before, then none. */
static void refuse(struct chain *c, enum err_code e, const char *why)
{
    log_warn("checkpoint_refused", LOG_STR("which", c->kept.skip == 0 ? "newest" : "older"),
             LOG_U64("block", c->kept.claim.number), LOG_STR("error", pc_err_name(e)),
             LOG_STR("why", why));
    sync_restart(c);
}

/* Once all parts are here, and the own keys: who this node is among the members depends on them. */
static void load(struct chain *c)
{
    struct kept *k = &c->kept;
    if (k->state != KEPT_WANTED || k->parts == 0 || k->part < k->parts || !c->have_keys)
        return;
    enum err_code e = kept_form_read(c, bytes_of(k->buf, k->n), &k->claim);
    drop_buffer(k);
    if (e != PC_OK) {
        refuse(c, e, e == PC_E_REFUSED ? "of another network, policy or version" : "it is damaged");
        return;
    }
    k->state = KEPT_CLAIMED;
    k->saved_at = k->claim.number;
    cursor_init(&c->cursor, k->claim.number + 1);
    posted_repeat(c);
    log_info("checkpoint_read", LOG_U64("block", k->claim.number));
}

void kept_on_part(struct chain *c, const struct ipc_dc_kept *m)
{
    struct kept *k = &c->kept;
    if (k->state != KEPT_WANTED || m->older != (k->skip == 1) || m->part != k->part ||
        (k->parts != 0 && k->part == k->parts))
        return; /* an answer from before a link came anew */
    if (m->parts == 0) {
        k->skip++;
        want(c);
        return;
    }
    if (k->part == 0)
        k->parts = m->parts;
    uint8_t *more = m->parts == k->parts && m->part < k->parts && m->data.n != 0
                        ? realloc(k->buf, k->n + m->data.n)
                        : NULL;
    if (more == NULL) {
        k->claim.number = 0;
        refuse(c, PC_E_MALFORMED, "its parts do not fit together");
        return;
    }
    k->buf = more;
    memcpy(k->buf + k->n, m->data.p, m->data.n);
    k->n += m->data.n;
    if (++k->part < k->parts)
        ask_part(c);
    load(c);
}

void kept_on_keys(struct chain *c)
{
    load(c);
}

/* ---- is it of this chain? ---- */

bool kept_unconfirmed(const struct chain *c)
{
    return c->kept.state == KEPT_CLAIMED && !c->kept.confirmed;
}

static void judge(struct chain *c, const struct evm_word *hash)
{
    if (!evm_word_equal(hash, &c->kept.claim.hash)) {
        refuse(c, PC_E_MISMATCH, "its block is not on this chain");
        return;
    }
    c->kept.confirmed = true;
    c->sync.step = SYNC_LOGS;
    sync_step(c);
}

static void on_block(struct block_poll *p, enum err_code e, const struct evm_word *hash)
{
    struct chain *c = p->c;
    if (c->sync.step != SYNC_KEPT || !kept_unconfirmed(c))
        return;
    if (e != PC_OK || p->number != c->kept.claim.number)
        sync_drop(c); /* again in the next round */
    else
        judge(c, hash);
}

void kept_confirm(struct chain *c)
{
    struct kept *k = &c->kept;
    const struct head *head = head_verifier_head(&c->verifier);
    const struct head *at = head_ring_find(&c->verifier.ring, k->claim.number);
    if (head->number < k->claim.number)
        refuse(c, PC_E_STALE, "the chain ends before its block");
    else if (head->time > k->claim.since && head->time - k->claim.since > SINCE_MAX_S)
        refuse(c, PC_E_STALE, "everything is read again once a month");
    else if (at != NULL)
        judge(c, &at->hash);
    else if (k->poll.asked)
        sync_drop(c); /* about another one: it ends first */
    else
        block_poll_run(&k->poll, c, k->claim.number, on_block);
}

bool kept_claimed(const struct chain *c)
{
    return c->kept.state == KEPT_CLAIMED;
}

void kept_refuted(struct chain *c)
{
    refuse(c, PC_E_MISMATCH, "what it says is not what the chain proves");
}

/* ---- writing ---- */

static void send_part(struct chain *c)
{
    struct kept *k = &c->kept;
    size_t at = (size_t)k->part * IPC_OBJECT_MAX, left = k->n - at;
    struct ipc_dc_kept_put m = {.part = k->part, .last = left <= IPC_OBJECT_MAX};
    m.data = bytes_of(k->buf + at, m.last ? left : IPC_OBJECT_MAX);
    if (DAEMON_SEND(&c->d, IPC_LINK_DC, dc_kept_put, &m) != PC_OK)
        drop_buffer(k);
}

static void save(struct chain *c)
{
    struct kept *k = &c->kept;
    k->saved_at = c->sync.told;
    k->objects_saved = k->objects_told;
    enum err_code e = kept_form_write(c, k->claim.since, &k->buf, &k->n);
    if (e != PC_OK) {
        log_warn("checkpoint_not_written", LOG_STR("error", pc_err_name(e)),
                 LOG_STR("effect", "a restart reads from an older block"));
        return;
    }
    /* A large one less often: what is written for each block stays the same. */
    k->every = KEPT_EVERY + k->n / KEPT_BYTES_PER_BLOCK;
    k->saving = true;
    send_part(c);
}

void kept_proved(struct chain *c)
{
    struct kept *k = &c->kept;
    uint64_t head = c->sync.told;
    if (k->state == KEPT_READING)
        k->claim.since = c->sync.told_head.time;
    else if (k->state == KEPT_CLAIMED)
        log_info("checkpoint_proved", LOG_U64("block", k->claim.number), LOG_U64("head", head));
    k->state = KEPT_PROVEN;
    k->skip = 0;
    bool whole = c->cursor.next == head + 1; /* not if the contracts are younger than the head */
    if (whole && !k->doubt && !k->untold && head >= k->saved_at + k->every &&
        daemon_end(&c->d, IPC_LINK_DC) != NULL) {
        drop_buffer(k); /* of one that was never acknowledged */
        save(c);
    }
}

void kept_on_put(struct chain *c, const struct ipc_dc_kept_put_r *m)
{
    struct kept *k = &c->kept;
    if (!k->saving || m->part != k->part)
        return;
    if (!m->kept) {
        log_warn("checkpoint_not_kept", LOG_U64("block", k->saved_at));
        drop_buffer(k);
        return;
    }
    if ((size_t)++k->part * IPC_OBJECT_MAX < k->n) {
        send_part(c);
        return;
    }
    log_info("checkpoint_kept", LOG_U64("block", k->saved_at), LOG_U64("bytes", k->n));
    k->objects_kept = k->objects_saved;
    drop_buffer(k);
}

/* ---- links, doubts ---- */

void kept_link_up(struct chain *c)
{
    struct ipc_dc_kept_drop drop = {0};
    if (c->kept.doubt)
        (void)DAEMON_SEND(&c->d, IPC_LINK_DC, dc_kept_drop, &drop);
    if (c->kept.state == KEPT_WANTED)
        want(c);
}

void kept_link_down(struct chain *c)
{
    struct kept *k = &c->kept;
    if (k->saving)
        drop_buffer(k);
    /* Collateral that was on its way may be lost, and is told once. The checkpoint that is stored
     * is from before it: a restart tells it again, if no younger one is written. */
    if (k->objects_told != k->objects_kept)
        kept_untold(c);
}

void kept_object(struct chain *c, bool sent)
{
    c->kept.objects_told++;
    if (!sent)
        kept_untold(c);
}

void kept_untold(struct chain *c)
{
    if (!c->kept.untold)
        log_info("checkpoints_end", LOG_STR("why", "polyclaved may lack a collateral object"));
    c->kept.untold = true;
}

void kept_doubt(struct chain *c, const char *why)
{
    struct ipc_dc_kept_drop drop = {0};
    if (c->kept.doubt)
        return;
    log_warn("events_doubtful", LOG_STR("why", why),
             LOG_STR("effect", "the next start reads from the first block"));
    c->kept.doubt = true;
    if (c->kept.saving)
        drop_buffer(&c->kept);
    (void)DAEMON_SEND(&c->d, IPC_LINK_DC, dc_kept_drop, &drop);
}

void kept_end(struct chain *c)
{
    drop_buffer(&c->kept);
}
