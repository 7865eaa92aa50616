/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attempt.c - one attempt at an epoch, as polyclaved drives it (docs/INTERNALS.md 6).
 *
 * Events of the chain say where the attempt stands; the vault says what it wants (vd_action); this
 * file brings sequence numbers and the members' evidence, and repeats what got lost. Everything
 * here can be rebuilt from what chain and vault say again after a restart.
 */
#include "base/log.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"
#include "node/polyclaved/polyclaved.h"

#define GENESIS_EPOCH 1
/* Votes that still lack blobs are signed this many blocks before the phase ends: finality lag and
 * the time to get into a block. */
#define VOTE_MARGIN 5

static bool is_own(const struct polyclaved *p, const struct ipc_dc_event *m)
{
    return m->node_id != 0 && m->node_id == p->node_id;
}

static bool is_current(const struct polyclaved *p, uint64_t epoch, uint32_t number)
{
    return p->attempt.number != 0 && p->attempt.epoch == epoch && p->attempt.number == number;
}

static void rearm(struct polyclaved *p)
{
    struct ipc_vd_rearm m = {p->attempt.epoch, p->attempt.number};
    if (p->attempt.number != 0)
        p->attempt.rearm = DAEMON_SEND(&p->d, IPC_LINK_VD, vd_rearm, &m) != PC_OK;
}

/* After a restart of this process the vault may be in the midst of it. */
static void begin(struct polyclaved *p, uint64_t epoch, uint32_t number)
{
    memset(&p->attempt, 0, sizeof p->attempt);
    p->attempt.epoch = epoch;
    p->attempt.number = number;
    calls_drop_attempt(p, false);
    blobs_drop(p);
    struct ipc_dp_drop drop = {epoch, number};
    (void)DAEMON_SEND(&p->d, IPC_LINK_DP, dp_drop, &drop);
    rearm(p);
}

/* Epochs after genesis need resharing: said once, and the old epoch goes on. */
static bool beyond_genesis(const struct ipc_dc_event *m)
{
    if (m->epoch <= GENESIS_EPOCH)
        return false;
    if (m->kind == IPC_EVENT_KIND_OPENED)
        log_warn("reshare_not_built", LOG_U64("epoch", m->epoch), LOG_U64("attempt", m->attempt));
    return true;
}

static void request_enrol(struct polyclaved *p)
{
    struct ipc_vd_enrol m = {p->node_id, p->attempt.epoch, p->attempt.number, calls_next_seq(p)};
    if (DAEMON_SEND(&p->d, IPC_LINK_VD, vd_enrol, &m) != PC_OK)
        log_warn("vault_busy", LOG_STR("request", "enrol"));
}

static void on_own_call(struct polyclaved *p, const struct ipc_dc_event *m)
{
    struct attempt *a = &p->attempt;
    bool now = is_current(p, m->epoch, m->attempt);
    calls_saw_seq(p, m->value);
    switch (m->kind) {
    case IPC_EVENT_KIND_ENROLLED:
        a->enrolled |= now;
        calls_landed(p, IPC_NCALL_KIND_ENROL, m->value);
        break;
    case IPC_EVENT_KIND_COMMIT:
        a->dealt |= now;
        calls_landed(p, IPC_NCALL_KIND_COMMIT, m->value);
        break;
    case IPC_EVENT_KIND_VOTE:
        calls_landed(p, IPC_NCALL_KIND_VOTE, m->value);
        break;
    case IPC_EVENT_KIND_READY:
        calls_landed(p, IPC_NCALL_KIND_READY, m->value);
        break;
    case IPC_EVENT_KIND_COMPLAINT:
        calls_landed(p, IPC_NCALL_KIND_COMPLAIN, m->value);
        break;
    default:
        break;
    }
}

static void on_opened(struct polyclaved *p, const struct ipc_dc_event *m)
{
    p->attempt.open = true;
    p->attempt.own_index = m->index;
    p->attempt.n = (uint16_t)m->value;
    log_info("attempt_open", LOG_U64("epoch", m->epoch), LOG_U64("attempt", m->attempt),
             LOG_U64("n", m->value), LOG_U64("own_index", m->index));
}

static void on_over(struct polyclaved *p, const struct ipc_dc_event *m)
{
    p->attempt.over = true;
    calls_drop_attempt(p, m->kind == IPC_EVENT_KIND_ACTIVE);
    log_info(m->kind == IPC_EVENT_KIND_ACTIVE ? "epoch_active" : "attempt_failed",
             LOG_U64("epoch", m->epoch), LOG_U64("attempt", m->attempt),
             LOG_HEX("transcript", PC_BYTES(m->hash)));
}

enum err_code attempt_on_event(struct polyclaved *p, const struct ipc_dc_event *m)
{
    if (m->epoch != 0 && beyond_genesis(m))
        return PC_OK;
    if (m->epoch != 0 &&
        (m->kind == IPC_EVENT_KIND_ANNOUNCED || m->kind == IPC_EVENT_KIND_OPENED) &&
        !is_current(p, m->epoch, m->attempt))
        begin(p, m->epoch, m->attempt);
    if (is_own(p, m))
        on_own_call(p, m);
    if (m->epoch == 0 || !is_current(p, m->epoch, m->attempt))
        return PC_OK;
    switch (m->kind) {
    case IPC_EVENT_KIND_ANNOUNCED:
        p->attempt.announced = true;
        p->attempt.enrol_until = m->value;
        break;
    case IPC_EVENT_KIND_OPENED:
        on_opened(p, m);
        break;
    case IPC_EVENT_KIND_PHASE:
        if (m->index < PC_ARRAY_LEN(p->attempt.last_block))
            p->attempt.last_block[m->index] = m->value;
        break;
    case IPC_EVENT_KIND_ACTIVE:
    case IPC_EVENT_KIND_FAILED:
        on_over(p, m);
        break;
    case IPC_EVENT_KIND_REVERTED:
        /* What was final to somebody is not: start over with what chain says next. */
        begin(p, m->epoch, m->attempt);
        break;
    default:
        break;
    }
    return PC_OK;
}

static void job_digest(const struct polyclaved *p, uint16_t index, uint8_t out[static 32])
{
    struct transcript t;
    transcript_init256(&t, PC_LABEL_NODE_JOIN);
    transcript_fixed(&t, p->d.policy.network_id, 32);
    transcript_u64(&t, p->attempt.epoch);
    transcript_u32(&t, p->attempt.number);
    transcript_u16(&t, index);
    transcript_final256(&t, out);
}

static void send_job(struct polyclaved *p, uint16_t index)
{
    static uint8_t evidence[EVIDENCE_MAX];
    struct member_job *job = &p->attempt.members[index];
    size_t n;
    struct ipc_da_node_job m = {0};
    enum err_code e = evidence_of_node(p, job->node_id, &m.vendor, evidence, sizeof evidence, &n);
    if (e != PC_OK) {
        log_warn("member_evidence_missing", LOG_U64("index", index), LOG_U64("node", job->node_id),
                 LOG_STR("error", pc_err_name(e)));
        return;
    }
    job_digest(p, index, m.digest);
    m.evidence = bytes_of(evidence, n);
    job->sent = DAEMON_SEND(&p->d, IPC_LINK_DA, da_node_job, &m) == PC_OK;
}

enum err_code attempt_on_members(struct polyclaved *p, const struct ipc_dc_members *m)
{
    struct ipc_member_view v;
    struct ipc_member_view_list rest = m->members.members;
    if (m->members.active || !is_current(p, m->members.epoch, m->members.attempt))
        return PC_OK;
    while (ipc_member_view_list_next(&rest, &v))
        p->attempt.members[v.index].node_id = v.node_id;
    return PC_OK;
}

void attempt_on_job_done(struct polyclaved *p, const struct ipc_pa_done *m)
{
    for (uint16_t i = 1; i <= p->attempt.n; i++) {
        uint8_t digest[32];
        job_digest(p, i, digest);
        if (memcmp(digest, m->digest, sizeof digest) != 0)
            continue;
        p->attempt.members[i].done = m->code == WIRE_RELEASE_CODE_OK;
        p->attempt.members[i].sent = m->code != WIRE_RELEASE_CODE_RETRY;
        if (m->code != WIRE_RELEASE_CODE_OK)
            log_warn("member_evidence_refused", LOG_U64("index", i),
                     LOG_STR("code", wire_release_code_name(m->code)));
        return;
    }
}

void attempt_attest_up(struct polyclaved *p)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(p->attempt.members); i++)
        p->attempt.members[i].sent = p->attempt.members[i].done;
}

void attempt_vault_up(struct polyclaved *p)
{
    rearm(p);
}

void attempt_on_action(struct polyclaved *p, const struct ipc_vd_action *m)
{
    if (!is_current(p, m->epoch, m->attempt))
        return;
    enum err_code e = PC_OK;
    switch (m->kind) {
    case IPC_ACTION_KIND_COMMIT:  /* vd_deal brought the sequence number; ncall follows by itself */
    case IPC_ACTION_KIND_RELEASE: /* the blob follows as vd_blob_head and vd_blob_rec */
        break;
    case IPC_ACTION_KIND_FETCH:
        blobs_fetch(p, m);
        break;
    case IPC_ACTION_KIND_VOTE: {
        struct ipc_vd_vote vote = {m->epoch, m->attempt, calls_next_seq(p)};
        e = DAEMON_SEND(&p->d, IPC_LINK_VD, vd_vote, &vote);
        break;
    }
    case IPC_ACTION_KIND_COMPLAIN: {
        struct ipc_vd_complain complain = {m->epoch, m->attempt, m->dealer, calls_next_seq(p)};
        log_warn("complaint", LOG_U64("dealer", m->dealer));
        e = DAEMON_SEND(&p->d, IPC_LINK_VD, vd_complain, &complain);
        break;
    }
    case IPC_ACTION_KIND_READY: {
        struct ipc_vd_ready ready = {m->epoch, m->attempt, calls_next_seq(p)};
        e = DAEMON_SEND(&p->d, IPC_LINK_VD, vd_ready, &ready);
        break;
    }
    case IPC_ACTION_KIND_INSTALL:
        log_info("share_installed", LOG_U64("epoch", m->epoch), LOG_U64("attempt", m->attempt));
        break;
    case IPC_ACTION_KIND_CLOSE:
        log_info("attempt_erased", LOG_U64("epoch", m->epoch), LOG_U64("attempt", m->attempt));
        break;
    }
    if (e != PC_OK) {
        log_warn("vault_busy", LOG_STR("request", ipc_action_kind_name(m->kind)));
        p->attempt.rearm = true;
    }
}

static void drive_open(struct polyclaved *p)
{
    struct attempt *a = &p->attempt;
    for (uint16_t i = 1; i <= a->n; i++)
        if (a->members[i].node_id != 0 && !a->members[i].sent)
            send_job(p, i);
    if (a->own_index == 0)
        return;
    uint64_t b1 = a->last_block[IPC_PHASE_END_B1], b2 = a->last_block[IPC_PHASE_END_B2];
    if (!a->dealt && p->head.number < b1 && !calls_pending(p, IPC_NCALL_KIND_COMMIT)) {
        struct ipc_vd_deal deal = {a->epoch, a->number, calls_next_seq(p)};
        (void)DAEMON_SEND(&p->d, IPC_LINK_VD, vd_deal, &deal);
    }
    if (!a->late_vote && b2 != 0 && p->head.number + VOTE_MARGIN >= b2 && p->head.number <= b2 &&
        !calls_pending(p, IPC_NCALL_KIND_VOTE)) {
        struct ipc_vd_vote vote = {a->epoch, a->number, calls_next_seq(p)};
        a->late_vote = DAEMON_SEND(&p->d, IPC_LINK_VD, vd_vote, &vote) == PC_OK;
    }
}

void attempt_on_head(struct polyclaved *p)
{
    struct attempt *a = &p->attempt;
    bool live = p->node_id != 0 && p->state == IPC_NODE_STATE_LIVE;
    bool idle = a->number == 0 || a->over;
    uint64_t b3 = a->last_block[IPC_PHASE_END_B3];

    /* An announcement that lapsed leaves neither an open attempt nor an event: announce again. */
    bool lapsed =
        a->announced && !a->open && !a->over && p->head.number > a->enrol_until + 2 * VOTE_MARGIN;
    calls_want(p, PLAIN_ANNOUNCE, live && p->epoch == 0 && (idle || lapsed));
    calls_want(p, PLAIN_OPEN, live && a->announced && !a->open && p->head.number >= a->enrol_until);
    calls_want(p, PLAIN_FAIL, live && a->open && !a->over && b3 != 0 && p->head.number > b3);
    calls_want(p, PLAIN_ACTIVATE, live && a->open && !a->over && p->calls.preimage_len != 0);

    if (live && a->announced && !a->open && !a->enrolled && p->head.number <= a->enrol_until &&
        !calls_pending(p, IPC_NCALL_KIND_ENROL))
        request_enrol(p);
    if (a->rearm)
        rearm(p);
    if (a->open && !a->over)
        drive_open(p);
}
