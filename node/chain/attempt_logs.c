/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt_logs.c - which logs of Epochs a checkpoint needs. The contract starts the running hash of
 * enrolments at announce, those of commits, votes and complaints at open, and one of READYs at open
 * for even and one for odd epochs. So all six are made again from the logs of four attempts: the
 * active one, the last announced one, and the last that was opened in an epoch of either kind.
 */
#include <stdlib.h>

#include "node/chain/attempt.h"

static bool wanted(const struct attempt_log *l, const struct kept_log *k, const struct event *e)
{
    if (k->epoch == e->epoch && k->attempt == e->attempt)
        return true;
    for (size_t i = 0; i < PC_ARRAY_LEN(l->logs.opened); i++)
        if (k->epoch == l->logs.opened[i].epoch && k->attempt == l->logs.opened[i].attempt)
            return true;
    return l->active.used && k->epoch == l->active.epoch && k->attempt == l->active.number;
}

static void prune(struct attempt_log *l, const struct event *e)
{
    size_t n = 0;
    for (size_t i = 0; i < l->logs.n; i++) {
        if (wanted(l, &l->logs.v[i], e))
            l->logs.v[n++] = l->logs.v[i];
        else
            free(l->logs.v[i].packed);
    }
    l->logs.n = n;
}

static void add(struct kept_logs *k, const struct event *e, const struct log_record *log)
{
    size_t cap = PC_LOG_PACKED_MAX - PC_LOG_DATA_MAX + log->data.n;
    struct kept_log *l;
    struct bytes whole;
    if (k->n == k->cap) {
        k->cap = k->cap == 0 ? 64 : 2 * k->cap;
        k->v = realloc(k->v, k->cap * sizeof *k->v);
        PC_ASSERT(k->v != NULL);
    }
    l = &k->v[k->n++];
    *l = (struct kept_log){.epoch = e->epoch, .attempt = e->attempt, .packed = malloc(cap)};
    PC_ASSERT(l->packed != NULL);
    struct writer w = writer_of(l->packed, cap);
    log_record_write(&w, log);
    if (writer_end(&w, &whole) != PC_OK)
        pc_bug("a log that was read does not fit");
    l->n = whole.n;
}

void attempt_keep_log(struct chain *c, const struct event *e, const struct log_record *log)
{
    struct attempt_log *l = c->attempts;
    if (e->kind == PC_EV_OPENED) {
        l->logs.opened[e->epoch % 2].epoch = e->epoch;
        l->logs.opened[e->epoch % 2].attempt = e->attempt;
    }
    if (e->kind == PC_EV_ANNOUNCED || e->kind == PC_EV_OPENED)
        prune(l, e);
    add(&l->logs, e, log);
}

void attempt_forget_logs(struct chain *c)
{
    struct kept_logs *k = &c->attempts->logs;
    for (size_t i = 0; i < k->n; i++)
        free(k->v[i].packed);
    free(k->v);
    *k = (struct kept_logs){.n = 0};
}
