/* SPDX-License-Identifier: Apache-2.0 */
/* asks.c - questions to rpc. Each ends once: with an answer, or PC_E_RETRY when rpc is gone or
 * silent. */
#include "base/log.h"
#include "node/chain/chain.h"

enum err_code ask_send(struct chain *c, struct ipc_cr_ask *m, ask_done done, void *ctx)
{
    for (size_t i = 0; i < ASKS_MAX; i++) {
        struct ask *a = &c->asks.a[i];
        if (a->used)
            continue;
        m->id = ++c->asks.next_id;
        PC_TRY(DAEMON_SEND(&c->d, IPC_LINK_CR, cr_ask, m));
        *a = (struct ask){true, m->id, loop_now(&c->d.loop), done, ctx};
        return PC_OK;
    }
    return PC_E_FULL;
}

enum err_code ask_answer(struct chain *c, const struct ipc_cr_answer *m)
{
    for (size_t i = 0; i < ASKS_MAX; i++) {
        struct ask a = c->asks.a[i];
        if (!a.used || a.id != m->id)
            continue;
        c->asks.a[i].used = false;
        a.done(a.ctx, (enum err_code)m->error, m->endpoint, m->data);
        return PC_OK;
    }
    return PC_OK; /* too late */
}

void ask_blame(struct chain *c, unsigned endpoint, enum err_code why)
{
    struct ipc_cr_blame m = {(uint8_t)endpoint, (uint16_t)why};
    log_warn("answer_refuted", LOG_U64("endpoint", endpoint), LOG_STR("error", pc_err_name(why)));
    (void)DAEMON_SEND(&c->d, IPC_LINK_CR, cr_blame, &m);
}

static void end_older(struct chain *c, uint64_t than)
{
    for (size_t i = 0; i < ASKS_MAX; i++) {
        struct ask a = c->asks.a[i];
        if (!a.used || a.sent > than)
            continue;
        c->asks.a[i].used = false;
        a.done(a.ctx, PC_E_RETRY, 0, bytes_of(NULL, 0));
    }
}

void asks_tick(struct chain *c)
{
    uint64_t now = loop_now(&c->d.loop);
    if (now > ASK_TIMEOUT_MS)
        end_older(c, now - ASK_TIMEOUT_MS);
}

void asks_drop(struct chain *c)
{
    end_older(c, UINT64_MAX);
}
