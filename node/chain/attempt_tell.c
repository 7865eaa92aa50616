/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt_tell.c - what vault, polyclaved, peer and attest hear of the attempts, each once and in
 * order; and again from the start after one of them was started anew.
 */
#include "base/log.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"
#include "node/chain/attempt.h"

/* Events that were left out are found by what is proved without them. */
static bool same_state(const struct chain *c)
{
    const struct one_attempt *current = &c->attempts->current, *active = &c->attempts->active;
    const struct view_attempt *a = &c->standing.attempt;
    const struct view_now *now = &c->standing.now;
    bool under_way = current->used && !current->over;
    if (now->epoch != (active->used ? active->epoch : 0) ||
        (active->used && (now->attempt != active->number ||
                          memcmp(c->standing.active.member_root.b, active->opening.root, 32) != 0)))
        return false;
    if (a->state == PC_ATTEMPT_NONE)
        return !under_way;
    if (!under_way || a->epoch != current->epoch || a->attempt != current->number ||
        current->open != (a->state == PC_ATTEMPT_OPEN))
        return false;
    return !current->open || (a->start == current->opening.opened.number && a->b1 == current->b1 &&
                              memcmp(c->standing.open_root.b, current->opening.root, 32) == 0);
}

enum err_code attempt_check(struct chain *c)
{
    for (int p = 0; p < PC_ACC_COUNT; p++) {
        if (!c->board.known[p])
            continue;
        enum err_code e = board_check(&c->board, (enum board_phase)p, &c->standing.acc[p]);
        if (e != PC_OK) {
            log_warn("events_incomplete", LOG_U64("phase", (uint64_t)p));
            return e;
        }
    }
    if (same_state(c))
        return PC_OK;
    log_warn("events_incomplete", LOG_U64("epoch", c->standing.now.epoch),
             LOG_U64("attempt", c->standing.attempt.attempt),
             LOG_U64("state", (uint64_t)c->standing.attempt.state));
    return PC_E_MISMATCH;
}

static void job_digest(const struct chain *c, const struct one_attempt *a, uint16_t index,
                       uint8_t out[static 32])
{
    struct transcript t;
    transcript_init256(&t, PC_LABEL_NODE_JOIN);
    transcript_fixed(&t, c->d.policy.network_id, 32);
    transcript_u64(&t, a->epoch);
    transcript_u32(&t, a->number);
    transcript_u16(&t, index);
    transcript_final256(&t, out);
}

/* The seat that has the keys of this node's vault; after a restart with new keys there is none. */
static uint16_t own_index(const struct chain *c, const struct one_attempt *a)
{
    for (uint16_t i = 1; i <= a->opening.n; i++)
        if (a->seats[i].id != 0 && c->have_keys &&
            memcmp(a->seats[i].node.keys.ed25519, c->keys.ed25519, 32) == 0 &&
            memcmp(a->seats[i].node.keys.account.b, c->keys.account, 20) == 0)
            return i;
    return 0;
}

/* As domainsOf of INodeRegistry has them, which the member root is over: the vendor first, if
 * vendors are a kind; then what was declared. */
static uint16_t domains_of(uint8_t out[static WIRE_DOMAINS_MAX][32], const struct chain *c,
                           const struct node_entry *n)
{
    uint16_t count = 0;
    if (c->d.policy.vendor_quota) {
        struct evm_word vendor = evm_word_u64(n->vendor);
        memcpy(out[count++], vendor.b, 32);
    }
    for (size_t i = 0; i < n->n_domains && count < WIRE_DOMAINS_MAX; i++)
        memcpy(out[count++], n->domain[i].b, 32);
    return count;
}

/* ---- vault ---- */

static bool send_member(struct chain *c, const struct one_attempt *a, uint16_t index)
{
    const struct seat *s = &a->seats[index];
    struct ipc_vc_member m = {.epoch = a->epoch,
                              .attempt = a->number,
                              .index = index,
                              .node_id = s->id,
                              .enrol_seq = s->enrolled.seq,
                              .state = IPC_NODE_STATE_LIVE};
    if (s->id != 0) {
        memcpy(m.keys.ed25519, s->node.keys.ed25519, 32);
        memcpy(m.keys.x25519, s->node.keys.x25519, 32);
        memcpy(m.keys.account, s->node.keys.account.b, 20);
        memcpy(m.ek, s->enrolled.ek, sizeof m.ek);
        memcpy(m.pop, s->enrolled.pop, sizeof m.pop);
        memcpy(m.enrol_signature, s->enrolled.signature, sizeof m.enrol_signature);
        m.domains_n = domains_of(m.domains, c, &s->node);
        memcpy(m.owner, s->node.owner.b, sizeof m.owner);
        m.bound.number = s->record.bound_block;
        memcpy(m.bound.hash, s->bound_hash.b, sizeof m.bound.hash);
        memcpy(m.verifier, s->record.verifier.b, sizeof m.verifier);
        memcpy(m.claims, s->record.claims.b, sizeof m.claims);
        m.collateral_epoch = s->collateral_epoch;
        m.valid_until = s->valid_until;
    } else {
        m.state = IPC_NODE_STATE_NONE;
    }
    return DAEMON_SEND(&c->d, IPC_LINK_VC, vc_member, &m) == PC_OK;
}

static enum err_code send_fact(struct chain *c, const struct one_attempt *a, const struct fact *f)
{
    switch (f->kind) {
    case FACT_COMMIT: {
        struct ipc_vc_commit m = {.epoch = a->epoch,
                                  .attempt = a->number,
                                  .index = f->index,
                                  .length = f->length,
                                  .at = f->at};
        memcpy(m.hash, f->a, sizeof m.hash);
        return DAEMON_SEND(&c->d, IPC_LINK_VC, vc_commit, &m);
    }
    case FACT_VOTE: {
        struct ipc_vc_vote m = {
            .epoch = a->epoch, .attempt = a->number, .index = f->index, .at = f->at};
        memcpy(m.bitmap, f->a, sizeof m.bitmap);
        memcpy(m.transcript, f->b, sizeof m.transcript);
        return DAEMON_SEND(&c->d, IPC_LINK_VC, vc_vote, &m);
    }
    case FACT_COMPLAINT: {
        struct ipc_vc_complaint m = {.epoch = a->epoch,
                                     .attempt = a->number,
                                     .index = f->index,
                                     .dealer = f->dealer,
                                     .at = f->at};
        memcpy(m.k, f->a, sizeof m.k);
        memcpy(m.proof, f->proof, sizeof m.proof);
        return DAEMON_SEND(&c->d, IPC_LINK_VC, vc_complaint, &m);
    }
    case FACT_READY: {
        struct ipc_vc_ready m = {
            .epoch = a->epoch, .attempt = a->number, .index = f->index, .at = f->at};
        memcpy(m.transcript, f->a, sizeof m.transcript);
        return DAEMON_SEND(&c->d, IPC_LINK_VC, vc_ready, &m);
    }
    case FACT_PHASE: {
        struct ipc_vc_phase m = {
            .epoch = a->epoch, .attempt = a->number, .what = f->phase, .at = f->at};
        memcpy(m.transcript, f->a, sizeof m.transcript);
        return DAEMON_SEND(&c->d, IPC_LINK_VC, vc_phase, &m);
    }
    }
    return PC_OK;
}

static bool send_open(struct chain *c, struct one_attempt *a)
{
    struct ipc_vc_open o = a->opening;
    o.own_index = own_index(c, a);
    /* As open() set them, whatever came later: it must be the same each time that it is told. */
    o.b1 = o.opened.number + c->d.policy.phase_blocks;
    o.b2 = o.b1 + c->d.policy.phase_blocks;
    o.b2c = o.b2 + c->d.policy.phase_blocks;
    o.b3 = o.b2c + c->d.policy.phase_blocks;
    if (DAEMON_SEND(&c->d, IPC_LINK_VC, vc_open, &o) != PC_OK)
        return false;
    for (uint16_t i = 1; i <= o.n; i++)
        if (!send_member(c, a, i))
            return false;
    return true;
}

static void tell_vault(struct chain *c, struct one_attempt *a)
{
    if (!a->used || a->epoch > GENESIS_EPOCH)
        return;
    if (!a->told_announced) {
        struct ipc_vc_announced m = {a->epoch, a->number, a->enrol_until};
        a->told_announced = DAEMON_SEND(&c->d, IPC_LINK_VC, vc_announced, &m) == PC_OK;
    }
    if (!a->open || !a->told_announced || !attempt_prepare(c, a))
        return;
    if (!a->told_open)
        a->told_open = send_open(c, a);
    while (a->told_open && a->told_facts < a->n_facts) {
        enum err_code e = send_fact(c, a, &a->facts[a->told_facts]);
        if (e == PC_E_FULL || e == PC_E_CLOSED)
            return;     /* again at the next head */
        if (e != PC_OK) /* one that has no form must not hold up those behind it */
            log_error("fact_not_told", LOG_U64("fact", a->told_facts),
                      LOG_STR("error", pc_err_name(e)));
        a->told_facts++;
    }
}

/* ---- polyclaved and peer ---- */

static uint32_t member_views(const struct chain *c, const struct one_attempt *a,
                             struct ipc_member_view views[static WIRE_MEMBERS_MAX])
{
    for (uint16_t i = 1; i <= a->opening.n; i++) {
        struct ipc_member_view *v = &views[i - 1];
        const struct node_entry *now = index_node(c->index, a->seats[i].id);
        const struct node_entry *n = &a->seats[i].node;
        *v = (struct ipc_member_view){.index = i, .node_id = a->seats[i].id};
        if (a->seats[i].id == 0)
            continue;
        /* Endpoint and channel key are those of today, so that a node that came back is found. */
        if (now != NULL)
            n = now;
        memcpy(v->keys.ed25519, n->keys.ed25519, 32);
        memcpy(v->keys.x25519, n->keys.x25519, 32);
        memcpy(v->keys.account, n->keys.account.b, 20);
        v->endpoint = bytes_of(n->endpoint, strlen(n->endpoint));
        v->domains_n = domains_of(v->domains, c, n);
        v->state = n->revoked ? IPC_NODE_STATE_REVOKED : IPC_NODE_STATE_LIVE;
        v->recovering = !evm_word_equal(&n->keys_hash, &a->seats[i].node.keys_hash);
    }
    return a->opening.n;
}

static void send_members(struct chain *c, const struct one_attempt *a, bool active,
                         bool to_polyclaved)
{
    static struct ipc_member_view views[WIRE_MEMBERS_MAX];
    struct ipc_members m = {.epoch = a->epoch,
                            .attempt = a->number,
                            .n = a->opening.n,
                            .t = a->opening.t,
                            .active = active};
    memcpy(m.root, a->opening.root, sizeof m.root);
    m.members.v = views;
    m.members.n = member_views(c, a, views);
    struct ipc_pc_members to_peer = {m};
    (void)DAEMON_SEND(&c->d, IPC_LINK_PC, pc_members, &to_peer);
    struct ipc_dc_members to_d = {m};
    if (to_polyclaved)
        (void)DAEMON_SEND(&c->d, IPC_LINK_DC, dc_members, &to_d);
}

static void tell_polyclaved(struct chain *c, struct one_attempt *a, bool active)
{
    if (!a->used)
        return;
    while (a->told_events < a->n_events) {
        struct ipc_dc_event m = a->events[a->told_events];
        if (m.kind == IPC_EVENT_KIND_OPENED)
            m.index = own_index(c, a);
        if (DAEMON_SEND(&c->d, IPC_LINK_DC, dc_event, &m) != PC_OK)
            return;
        a->told_events++;
    }
    if (a->open && !a->told_members) {
        send_members(c, a, active, true);
        a->told_members = true;
    }
}

/* ---- attest ---- */

static void tell_attest(struct chain *c, struct one_attempt *a)
{
    const struct head *head = head_verifier_head(&c->verifier);
    /* At each head until the dealing is over: attest keeps few, and others may push them out. */
    if (!a->used || !a->told_open || a->over || a->next_phase != IPC_PHASE_END_B1 ||
        a->told_contexts == head->number)
        return;
    for (uint16_t i = 1; i <= a->opening.n; i++) {
        const struct seat *s = &a->seats[i];
        uint8_t digest[32];
        if (s->id == 0 || !s->record.parsed)
            continue;
        job_digest(c, a, i, digest);
        context_send(c, digest, &s->record, s->in_force, s->attested_at, s->collateral_epoch);
    }
    a->told_contexts = head->number;
}

/* ---- from outside ---- */

void attempt_tell(struct chain *c)
{
    struct attempt_log *l = c->attempts;
    struct one_attempt *both[] = {&l->active, &l->current};
    const struct head *head = head_verifier_head(&c->verifier);
    for (size_t i = 0; i < PC_ARRAY_LEN(both); i++) {
        attempt_close_phases(c, both[i], head->number);
        tell_vault(c, both[i]);
        tell_polyclaved(c, both[i], both[i] == &l->active);
        tell_attest(c, both[i]);
    }
}

static void again(struct one_attempt *a, bool vault, bool polyclaved, bool attest)
{
    if (vault) {
        a->told_announced = a->told_open = false;
        a->told_facts = 0;
    }
    if (polyclaved) {
        a->told_members = false;
        a->told_events = 0;
    }
    if (attest)
        a->told_contexts = 0;
}

void attempt_repeat_vault(struct chain *c)
{
    again(&c->attempts->active, true, false, false);
    again(&c->attempts->current, true, false, false);
}

void attempt_repeat_polyclaved(struct chain *c)
{
    again(&c->attempts->active, false, true, false);
    again(&c->attempts->current, false, true, false);
}

void attempt_repeat_attest(struct chain *c)
{
    again(&c->attempts->active, false, false, true);
    again(&c->attempts->current, false, false, true);
}

void attempt_repeat_peer(struct chain *c)
{
    const struct attempt_log *l = c->attempts;
    if (l->active.used && l->active.open)
        send_members(c, &l->active, true, false);
    if (l->current.used && l->current.open)
        send_members(c, &l->current, false, false);
}

static void member_changed(struct one_attempt *a, uint32_t id)
{
    for (uint16_t i = 1; a->open && i <= a->opening.n; i++)
        if (a->seats[i].id == id)
            a->told_members = false;
}

void attempt_member_changed(struct chain *c, uint32_t id)
{
    member_changed(&c->attempts->active, id);
    member_changed(&c->attempts->current, id);
}

bool attempt_identity(const struct chain *c, uint16_t index, uint8_t out[static 32])
{
    const struct one_attempt *a = &c->attempts->active;
    if (!a->used || index == 0 || index > a->opening.n || a->seats[index].id == 0)
        return false;
    const struct node_entry *n = index_node(c->index, a->seats[index].id);
    if (n == NULL)
        return false;
    memcpy(out, n->keys.ed25519, 32);
    return true;
}

uint64_t attempt_active_epoch(const struct chain *c)
{
    return c->attempts->active.used ? c->attempts->active.epoch : 0;
}

uint64_t attempt_current_epoch(const struct chain *c)
{
    return c->attempts->current.used ? c->attempts->current.epoch : 0;
}

uint16_t attempt_own_index(const struct chain *c, uint64_t epoch)
{
    const struct one_attempt *a = &c->attempts->active;
    return a->used && a->epoch == epoch ? own_index(c, a) : 0;
}
