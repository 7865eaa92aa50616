/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt.c - the attempt under way and the one that became the active epoch.
 *
 * Events of Epochs are kept as an attempt's opening, its members as they were enrolled and
 * registered then, and a list of facts in the order of the chain. Phases end by proved numbers (b1,
 * or open's block plus the measured phase length), never by a log's word. Nothing is told before
 * the running hashes match the proved ones (attempt_check).
 */
#include <stdlib.h>

#include "node/chain/attempt.h"

void attempt_init(struct chain *c)
{
    c->attempts = calloc(1, sizeof *c->attempts);
    PC_ASSERT(c->attempts != NULL);
}

void attempt_abandon(struct chain *c)
{
    c->attempts->preparing = NULL;
}

static void forget(struct one_attempt *a)
{
    free(a->facts);
    free(a->events);
    memset(a, 0, sizeof *a);
}

void attempt_clear(struct chain *c)
{
    attempt_abandon(c);
    forget(&c->attempts->current);
    forget(&c->attempts->active);
    attempt_forget_logs(c);
}

static void *grow(void *items, size_t n, size_t *cap, size_t size)
{
    if (n < *cap)
        return items;
    *cap = *cap == 0 ? 64 : 2 * *cap;
    void *more = realloc(items, *cap * size);
    PC_ASSERT(more != NULL);
    return more;
}

static void add_event(struct one_attempt *a, const struct ipc_dc_event *m)
{
    a->events = grow(a->events, a->n_events, &a->cap_events, sizeof *a->events);
    a->events[a->n_events++] = *m;
}

static void add_fact(struct one_attempt *a, const struct fact *f)
{
    a->facts = grow(a->facts, a->n_facts, &a->cap_facts, sizeof *a->facts);
    a->facts[a->n_facts++] = *f;
}

/* ---- phases ---- */

uint64_t attempt_phase_end(const struct chain *c, const struct one_attempt *a, enum ipc_phase_end p)
{
    uint64_t length = c->d.policy.phase_blocks;
    uint64_t b1 = a->b1 != 0 ? a->b1 : a->opening.opened.number + length;
    switch (p) {
    case IPC_PHASE_END_B1:
        return b1;
    case IPC_PHASE_END_B2:
        return b1 + length;
    case IPC_PHASE_END_B2C:
        return b1 + 2 * length;
    case IPC_PHASE_END_B3: /* from here on `fail` is worth a try; the contract knows the exact block
                            */
        return b1 + 3 * length;
    case IPC_PHASE_END_ACTIVE:
    case IPC_PHASE_END_FAILED:
        break;
    }
    return UINT64_MAX;
}

static void tell_phases(struct chain *c, struct one_attempt *a)
{
    for (int p = IPC_PHASE_END_B1; p <= IPC_PHASE_END_B3; p++) {
        struct ipc_dc_event m = {.kind = IPC_EVENT_KIND_PHASE,
                                 .epoch = a->epoch,
                                 .attempt = a->number,
                                 .index = (uint16_t)p,
                                 .value = attempt_phase_end(c, a, (enum ipc_phase_end)p)};
        add_event(a, &m);
    }
}

/* Phases whose last block lies before `block` end here, in order. */
void attempt_close_phases(const struct chain *c, struct one_attempt *a, uint64_t block)
{
    while (a->open && !a->over && a->next_phase <= IPC_PHASE_END_B2C) {
        uint64_t end = attempt_phase_end(c, a, a->next_phase);
        if (block <= end)
            return;
        struct fact f = {.kind = FACT_PHASE, .at = end, .phase = a->next_phase};
        add_fact(a, &f);
        a->next_phase++;
    }
}

/* Which blocks of a call the contract can have taken. Running hashes prove that a call was taken
 * and in which order, but not the block that its log names: one that would move a call into another
 * phase is set right. */
static uint64_t block_of_call(const struct chain *c, const struct one_attempt *a,
                              enum event_kind kind, uint64_t block)
{
    uint64_t b1 = attempt_phase_end(c, a, IPC_PHASE_END_B1), lo = 0, hi = UINT64_MAX;
    switch (kind) {
    case PC_EV_COMMITTED:
        lo = a->opening.opened.number + 1;
        hi = b1;
        break;
    case PC_EV_VOTED:
        lo = b1 + 1;
        hi = attempt_phase_end(c, a, IPC_PHASE_END_B2);
        break;
    case PC_EV_COMPLAINED:
        lo = b1 + 1;
        hi = attempt_phase_end(c, a, IPC_PHASE_END_B2C);
        break;
    case PC_EV_READY:
        lo = attempt_phase_end(c, a, IPC_PHASE_END_B2C) + 1;
        break;
    default:
        break;
    }
    return block < lo ? lo : block > hi ? hi : block;
}

/* ---- events of Epochs ---- */

static void on_enrolled(struct one_attempt *a, const struct event *e)
{
    struct enrolled *slot = NULL;
    for (size_t i = 0; i < a->n_enrols && slot == NULL; i++)
        if (a->enrols[i].id == e->id)
            slot = &a->enrols[i];
    if (slot == NULL && a->n_enrols < ENROLS_MAX)
        slot = &a->enrols[a->n_enrols++];
    if (slot == NULL || e->u.ncall.call.bytes.n != sizeof slot->pop)
        return;
    slot->id = e->id;
    slot->seq = e->u.ncall.call.seq;
    memcpy(slot->ek, e->u.ncall.call.a.b, sizeof slot->ek);
    memcpy(slot->pop, e->u.ncall.call.bytes.p, sizeof slot->pop);
    memcpy(slot->signature, e->u.ncall.signature.b, sizeof slot->signature);
}

static void take_seats(struct chain *c, struct one_attempt *a, const struct event *e)
{
    for (uint16_t i = 1; i <= e->u.opened.n; i++) {
        struct seat *s = &a->seats[i];
        uint32_t id = e->u.opened.ids[i - 1];
        const struct node_entry *n = index_node(c->index, id);
        memset(s, 0, sizeof *s);
        if (id == 0)
            continue;
        s->id = id;
        if (n != NULL) {
            const struct record_entry *r = index_record(c->index, &n->record);
            s->node = *n;
            if (r != NULL)
                s->record = *r;
            s->record.evidence = NULL;
        } else {
            kept_doubt(c, "a member's Joined was not given");
        }
        for (size_t k = 0; k < a->n_enrols; k++)
            if (a->enrols[k].id == id)
                s->enrolled = a->enrols[k];
    }
}

static void take_keys(struct ipc_vc_open *o, struct bytes list)
{
    struct reader r = reader_of(list);
    uint16_t n = read_u16(&r);
    for (o->keys_n = 0; o->keys_n < n && o->keys_n < WIRE_KEYS_MAX; o->keys_n++) {
        struct wire_key_entry *k = &o->keys[o->keys_n];
        k->index = read_u32(&r);
        k->class = (enum wire_key_class)read_u8(&r);
        read_copy(&r, k->of, sizeof k->of);
    }
}

static void on_opened(struct chain *c, struct one_attempt *a, const struct event *e,
                      const struct log_record *log)
{
    struct ipc_vc_open *o = &a->opening;
    memset(o, 0, sizeof *o);
    memcpy(o->network_id, c->d.policy.network_id, sizeof o->network_id);
    o->epoch = e->epoch;
    o->attempt = e->attempt;
    o->opened.number = log->block;
    memcpy(o->opened.hash, log->block_hash.b, sizeof o->opened.hash);
    o->n = e->u.opened.n;
    o->t = e->u.opened.t;
    memcpy(o->root, e->u.opened.member_root.b, sizeof o->root);
    o->protocol = e->u.opened.protocol;
    take_keys(o, e->u.opened.key_list);
    a->open = true;
    a->next_phase = IPC_PHASE_END_B1;
    take_seats(c, a, e);
}

static void on_ncall(struct one_attempt *a, const struct event *e, uint64_t block)
{
    const struct ncall *n = &e->u.ncall.call;
    struct fact f = {.at = block, .index = e->index};
    memcpy(f.a, n->a.b, sizeof f.a);
    memcpy(f.b, n->b.b, sizeof f.b);
    switch (e->kind) {
    case PC_EV_COMMITTED:
        f.kind = FACT_COMMIT;
        f.length = n->length;
        break;
    case PC_EV_VOTED:
        f.kind = FACT_VOTE;
        break;
    case PC_EV_READY:
        f.kind = FACT_READY;
        break;
    default:
        f.kind = FACT_COMPLAINT;
        f.dealer = n->dealer;
        if (n->bytes.n != 0 && n->bytes.n <= sizeof f.proof)
            memcpy(f.proof, n->bytes.p, n->bytes.n);
        break;
    }
    add_fact(a, &f);
}

static void on_over(struct chain *c, struct one_attempt *a, const struct event *e,
                    const struct log_record *log)
{
    struct attempt_log *l = c->attempts;
    struct fact f = {.kind = FACT_PHASE, .at = log->block};
    bool active = e->kind == PC_EV_ACTIVATED;
    f.phase = active ? IPC_PHASE_END_ACTIVE : IPC_PHASE_END_FAILED;
    memcpy(f.a, active ? e->u.activated.transcript.b : e->u.failed.hash.b, sizeof f.a);
    add_fact(a, &f);
    a->over = true;
    if (!active)
        return;
    l->active_y_hash = e->u.activated.y_hash[0];
    if (a == &l->active)
        return;
    attempt_abandon(c);
    forget(&l->active);
    l->active = *a;
    l->active.told_members = false; /* they are told anew, as the active epoch's */
    memset(a, 0, sizeof *a);
    gossip_committee(&c->gossip, l->active.opening.n, attempt_own_index(c, l->active.epoch));
}

static enum ipc_event_kind kind_of(enum event_kind k)
{
    switch (k) {
    case PC_EV_ANNOUNCED:
        return IPC_EVENT_KIND_ANNOUNCED;
    case PC_EV_ENROLLED:
        return IPC_EVENT_KIND_ENROLLED;
    case PC_EV_OPENED:
        return IPC_EVENT_KIND_OPENED;
    case PC_EV_COMMITTED:
        return IPC_EVENT_KIND_COMMIT;
    case PC_EV_VOTED:
        return IPC_EVENT_KIND_VOTE;
    case PC_EV_COMPLAINED:
        return IPC_EVENT_KIND_COMPLAINT;
    case PC_EV_READY:
        return IPC_EVENT_KIND_READY;
    case PC_EV_ACTIVATED:
        return IPC_EVENT_KIND_ACTIVE;
    default:
        return IPC_EVENT_KIND_FAILED;
    }
}

/* The event as polyclaved wants it (ipc.wire, dc_event). */
static struct ipc_dc_event dc_event_of(const struct event *e, const struct log_record *log)
{
    struct ipc_dc_event m = {.kind = kind_of(e->kind),
                             .block = log->block,
                             .log_index = log->index,
                             .node_id = e->id,
                             .epoch = e->epoch,
                             .attempt = e->attempt,
                             .index = e->index};
    memcpy(m.block_hash, log->block_hash.b, sizeof m.block_hash);
    switch (e->kind) {
    case PC_EV_ANNOUNCED:
        m.value = e->u.announced.enrol_until;
        break;
    case PC_EV_OPENED:
        m.value = e->u.opened.n; /* the own index is filled in when it is told */
        break;
    case PC_EV_ACTIVATED:
        memcpy(m.hash, e->u.activated.transcript.b, sizeof m.hash);
        break;
    case PC_EV_FAILED:
        break;
    default:
        m.value = e->u.ncall.call.seq;
        memcpy(m.hash, e->kind == PC_EV_VOTED ? e->u.ncall.call.b.b : e->u.ncall.call.a.b,
               sizeof m.hash);
        break;
    }
    return m;
}

void attempt_take(struct chain *c, const struct event *e, const struct log_record *log)
{
    struct attempt_log *l = c->attempts;
    if (e->kind == PC_EV_VOIDED || e->kind == PC_EV_RECOVERING)
        return; /* their effect is read from proved words */
    attempt_keep_log(c, e, log);
    if (e->kind == PC_EV_ANNOUNCED) {
        attempt_abandon(c);
        forget(&l->current);
        l->current.used = true;
        l->current.epoch = e->epoch;
        l->current.number = e->attempt;
        l->current.enrol_until = e->u.announced.enrol_until;
    }
    struct one_attempt *a = &l->current;
    if (l->active.used && l->active.epoch == e->epoch && e->attempt == l->active.number)
        a = &l->active; /* a late READY */
    if (!a->used || a->epoch != e->epoch || a->number != e->attempt)
        return;
    uint64_t block = block_of_call(c, a, e->kind, log->block);
    attempt_close_phases(c, a, block);
    switch (e->kind) {
    case PC_EV_ENROLLED:
        on_enrolled(a, e);
        break;
    case PC_EV_OPENED:
        on_opened(c, a, e, log);
        break;
    case PC_EV_COMMITS_COMPLETE:
        a->b1 = e->u.commits_complete.b1;
        tell_phases(c, a);
        return;
    case PC_EV_COMMITTED:
    case PC_EV_VOTED:
    case PC_EV_COMPLAINED:
    case PC_EV_READY:
        on_ncall(a, e, block);
        break;
    default:
        break;
    }
    struct ipc_dc_event m = dc_event_of(e, log);
    add_event(a, &m);
    if (e->kind == PC_EV_OPENED)
        tell_phases(c, a);
    if (e->kind == PC_EV_ACTIVATED || e->kind == PC_EV_FAILED)
        on_over(c, a, e, log);
}
