/* SPDX-License-Identifier: Apache-2.0 */
/* service.c - links, queue and jobs of polyclave-attest. */
#include "node/attest/attest.h"

#include "base/log.h"
#include "crypto/hash.h"

#define TICK_MS 500u

static void advance(struct attest *a);

static const struct ipc_ca_context *find_context(const struct attest *a, const uint8_t digest[32])
{
    for (size_t i = 0; i < ATTEST_CONTEXTS_MAX; i++)
        if (a->contexts[i].attested_at != 0 && memcmp(a->contexts[i].digest, digest, 32) == 0)
            return &a->contexts[i];
    return NULL;
}

static enum err_code on_context(void *ctx, const struct ipc_ca_context *m)
{
    struct attest *a = ctx;
    const struct ipc_ca_context *old = find_context(a, m->digest);
    size_t at = old != NULL ? (size_t)(old - a->contexts) : a->next_context++ % ATTEST_CONTEXTS_MAX;
    a->contexts[at] = *m;
    advance(a);
    return PC_OK;
}

static void tell_code(struct attest *a, enum ipc_process to, const uint8_t digest[32],
                      enum wire_release_code code)
{
    struct ipc_pa_done m = {.code = code};
    memcpy(m.digest, digest, sizeof m.digest);
    enum ipc_link link = to == IPC_PROC_PEER ? IPC_LINK_PA : IPC_LINK_DA;
    if (DAEMON_SEND(&a->d, link, pa_done, &m) != PC_OK)
        log_warn("answer_lost", LOG_HEX("digest", PC_BYTES(m.digest)));
}

/* From then on no job is taken: who keeps the queue filled cannot keep the process. */
static bool used_up(const struct attest *a)
{
    return a->done >= ATTEST_JOBS_MAX || a->faulty ||
           (a->done != 0 && loop_now(&a->d.loop) - a->started > ATTEST_LIFE_MS);
}

/* v: NULL if it could not be judged. */
static void tell_forecast(struct attest *a, const uint8_t digest[32], const struct verdict *v)
{
    struct ipc_da_forecast_r m = {.judged = v != NULL};
    memcpy(m.digest, digest, sizeof m.digest);
    if (v != NULL) {
        struct verdict rest = *v;
        rest.reasons[PC_R_TCB_STATUS / 64] &= ~(UINT64_C(1) << (PC_R_TCB_STATUS % 64));
        m.authentic = verdict_accepts(&rest);
        m.tcb_status = v->tcb_status;
    }
    if (DAEMON_SEND(&a->d, IPC_LINK_DA, da_forecast_r, &m) != PC_OK)
        log_warn("answer_lost", LOG_HEX("digest", PC_BYTES(m.digest)));
}

static void answer(struct attest *a, struct job *j, enum wire_release_code code)
{
    if (j->forecast)
        tell_forecast(a, j->digest, NULL);
    else
        tell_code(a, j->from, j->digest, code);
    j->used = false;
    if (j == a->current)
        a->current = NULL;
}

/* own: of a forecast; NULL: chain says the context. */
static enum err_code take_job(struct attest *a, enum ipc_process from, const uint8_t digest[32],
                              enum wire_vendor vendor, struct bytes evidence,
                              const struct ipc_ca_context *own)
{
    struct job *j = NULL;
    for (size_t i = 0; i < ATTEST_QUEUE_MAX; i++) {
        if (a->queue[i].used && a->queue[i].forecast == (own != NULL) &&
            memcmp(a->queue[i].digest, digest, 32) == 0)
            return PC_OK; /* the same job is under way */
        if (!a->queue[i].used && j == NULL)
            j = &a->queue[i];
    }
    if (j == NULL || used_up(a)) {
        if (own != NULL)
            tell_forecast(a, digest, NULL);
        else
            tell_code(a, from, digest, WIRE_RELEASE_CODE_RETRY);
        return PC_OK;
    }
    j->used = true;
    j->forecast = own != NULL;
    if (own != NULL)
        j->own = *own;
    j->from = from;
    memcpy(j->digest, digest, sizeof j->digest);
    j->vendor = (enum vendor)vendor;
    j->since = loop_now(&a->d.loop);
    j->n = evidence.n;
    if (evidence.n != 0)
        memcpy(j->evidence, evidence.p, evidence.n);
    advance(a);
    return PC_OK;
}

static enum err_code on_peer_job(void *ctx, const struct ipc_pa_job *m)
{
    return take_job(ctx, IPC_PROC_PEER, m->digest, m->vendor, m->evidence, NULL);
}

static enum err_code on_node_job(void *ctx, const struct ipc_da_node_job *m)
{
    return take_job(ctx, IPC_PROC_POLYCLAVED, m->digest, m->vendor, m->evidence, NULL);
}

static enum err_code on_forecast(void *ctx, const struct ipc_da_forecast *m)
{
    struct ipc_ca_context own = {.vendor = m->vendor, .attested_at = m->at, .head_time = m->at};
    memcpy(own.digest, m->digest, sizeof own.digest);
    memcpy(own.in_force, m->in_force, sizeof own.in_force);
    memcpy(own.signer, m->signer, sizeof own.signer);
    return take_job(ctx, IPC_PROC_POLYCLAVED, m->digest, m->vendor, m->evidence, &own);
}

static void want_objects(struct attest *a)
{
    for (size_t i = 0; i < ATTEST_OBJECTS; i++) {
        struct object *o = &a->objects[i];
        memcpy(o->name, i < PC_OBJ_COUNT ? a->context.in_force[i] : a->context.signer, 32);
        o->n = 0; /* one too large stays empty, as one that is not held */
        o->have = bytes_all_zero_var(PC_BYTES(o->name)); /* nothing in force: nothing to fetch */
        struct ipc_da_get get;
        memcpy(get.hash, o->name, sizeof get.hash);
        o->asked = !o->have && DAEMON_SEND(&a->d, IPC_LINK_DA, da_get, &get) == PC_OK;
    }
}

static enum err_code on_data(void *ctx, const struct ipc_da_data *m)
{
    struct attest *a = ctx;
    for (size_t i = 0; a->current != NULL && i < ATTEST_OBJECTS; i++) {
        struct object *o = &a->objects[i];
        if (!o->asked || o->have || memcmp(o->name, m->hash, 32) != 0)
            continue;
        o->have = true;
        o->n = m->has_data && m->data.n <= sizeof o->data ? m->data.n : 0;
        if (o->n != 0)
            memcpy(o->data, m->data.p, o->n);
    }
    advance(a);
    return PC_OK;
}

static struct bytes object_of(const struct attest *a, size_t i)
{
    return bytes_of(a->objects[i].data, a->objects[i].n);
}

static void state_verdict(struct attest *a, const struct verdict *v)
{
    struct ipc_va_verdict m = {.vendor = (enum wire_vendor)a->current->vendor,
                               .has_claims = v->has_claims == 1,
                               .report_data_n = v->report_data_len,
                               .raw_tcb_n = v->raw_tcb_len,
                               .tcb_status = v->tcb_status,
                               .crl_checked = v->crl_checked == 1,
                               .leaf_issuer = v->leaf_issuer,
                               .leaf_serial_n = v->leaf_len,
                               .tcb_date = v->tcb_date,
                               .collateral_epoch = a->context.collateral_epoch};
    memcpy(m.digest, a->current->digest, sizeof m.digest);
    memcpy(m.product, v->product, sizeof m.product);
    memcpy(m.measurement, v->measurement, sizeof m.measurement);
    memcpy(m.report_data, v->report_data, sizeof m.report_data);
    memcpy(m.platform, v->platform, sizeof m.platform);
    memcpy(m.raw_tcb, v->raw_tcb, sizeof m.raw_tcb);
    memcpy(m.claims, v->claims, sizeof m.claims);
    memcpy(m.leaf_serial, v->leaf_serial, sizeof m.leaf_serial);
    memcpy(m.objects, v->objects, sizeof m.objects);
    memcpy(m.reasons, v->reasons, sizeof m.reasons);
    sha256(m.evidence_hash, bytes_of(a->current->evidence, a->current->n));
    if (DAEMON_SEND(&a->d, IPC_LINK_VA, va_verdict, &m) != PC_OK)
        a->faulty = true;
}

static void log_refusal(const char *event, const struct verdict *v, const uint8_t digest[32])
{
    for (unsigned bit = 0; bit < PC_R_COUNT; bit++)
        if (verdict_has(v, (enum verdict_reason)bit))
            log_warn(event, LOG_HEX("digest", bytes_of(digest, 32)),
                     LOG_STR("reason", verdict_reason_name(bit)),
                     LOG_STR("status", verdict_status_name(v->tcb_status)));
}

static void run_job(struct attest *a)
{
    static struct verdict v;
    struct job *j = a->current;
    struct worker_job w = {.vendor = j->vendor,
                           .evidence = bytes_of(j->evidence, j->n),
                           .attested_at = a->context.attested_at,
                           .head_time = a->context.head_time,
                           .policy = &a->policy};
    w.collateral = (struct collateral){.tcb_info = object_of(a, PC_OBJ_TCB_INFO),
                                       .tcb_chain = object_of(a, PC_OBJ_COUNT),
                                       .qe_identity = object_of(a, PC_OBJ_QE_IDENTITY),
                                       .root_crl = object_of(a, PC_OBJ_ROOT_CRL),
                                       .pck_crl = object_of(a, PC_OBJ_PCK_CRL)};
    memcpy(w.in_force, a->context.in_force, sizeof w.in_force);
    worker_run(&v, &w);
    a->done++;
    if (j->forecast) {
        log_refusal("forecast_refused", &v, j->digest);
        tell_forecast(a, j->digest, &v);
        j->used = false;
        a->current = NULL;
        return;
    }
    bool accepted = verdict_accepts(&v);
    if (!accepted)
        log_refusal("evidence_refused", &v, j->digest);
    state_verdict(a, &v);
    answer(a, j, accepted ? WIRE_RELEASE_CODE_OK : WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
}

static bool all_here(const struct attest *a)
{
    for (size_t i = 0; i < ATTEST_OBJECTS; i++)
        if (!a->objects[i].have)
            return false;
    return true;
}

/* In force, and not held here: what cannot be judged is not refused. */
static bool lacks_object(const struct attest *a)
{
    for (size_t i = 0; i < ATTEST_OBJECTS; i++) {
        const struct object *o = &a->objects[i];
        bool none = bytes_all_zero_var(PC_BYTES(o->name));
        if (i == PC_OBJ_COUNT) /* who signed it is not known yet */
            none = bytes_all_zero_var(PC_BYTES(a->objects[PC_OBJ_TCB_INFO].name));
        if (o->n != 0 || none)
            continue;
        log_warn("collateral_missing", LOG_HEX("name", PC_BYTES(o->name)));
        return true;
    }
    return false;
}

/* Take the next job that has its context; run the current one when its collateral is here. */
static void advance(struct attest *a)
{
    for (;;) {
        if (a->current != NULL && all_here(a)) {
            if (lacks_object(a))
                answer(a, a->current, WIRE_RELEASE_CODE_RETRY);
            else
                run_job(a);
        }
        if (a->current != NULL)
            return;
        for (size_t i = 0; i < ATTEST_QUEUE_MAX && a->current == NULL; i++) {
            const struct job *j = &a->queue[i];
            const struct ipc_ca_context *c = !j->used      ? NULL
                                             : j->forecast ? &j->own
                                                           : find_context(a, j->digest);
            if (c == NULL)
                continue;
            if (c->vendor != (enum wire_vendor)a->queue[i].vendor) {
                answer(a, &a->queue[i], WIRE_RELEASE_CODE_EVIDENCE_REJECTED);
                continue;
            }
            a->current = &a->queue[i];
            a->context = *c;
            want_objects(a);
        }
        if (a->current == NULL || !all_here(a))
            return;
    }
}

static void on_tick(void *ctx)
{
    struct attest *a = ctx;
    uint64_t now = loop_now(&a->d.loop);
    bool idle = true;
    for (size_t i = 0; i < ATTEST_QUEUE_MAX; i++) {
        if (a->queue[i].used && now - a->queue[i].since > ATTEST_WAIT_MS) {
            log_warn("job_timed_out", LOG_HEX("digest", PC_BYTES(a->queue[i].digest)));
            answer(a, &a->queue[i], WIRE_RELEASE_CODE_RETRY);
        }
        idle = idle && !a->queue[i].used;
    }
    advance(a);
    if (idle && used_up(a)) {
        log_info("used_up", LOG_U64("jobs", a->done));
        daemon_stop(&a->d, DAEMON_EXIT_USED_UP);
        return;
    }
    loop_timer_set(&a->d.loop, &a->tick, TICK_MS);
}

/* What belonged to the old conversation is dropped; its jobs would be answered to nobody. */
static void on_link_down(void *ctx, enum ipc_link link)
{
    struct attest *a = ctx;
    for (size_t i = 0; i < ATTEST_QUEUE_MAX; i++) {
        struct job *j = &a->queue[i];
        if (!j->used || (link == IPC_LINK_PA) != (j->from == IPC_PROC_PEER))
            continue;
        if (link != IPC_LINK_PA && link != IPC_LINK_DA)
            continue;
        j->used = false;
        if (j == a->current)
            a->current = NULL;
    }
    if (link == IPC_LINK_CA)
        memset(a->contexts, 0, sizeof a->contexts);
}

static const struct ipc_handlers handlers = {
    .ca_context = on_context,
    .pa_job = on_peer_job,
    .da_node_job = on_node_job,
    .da_data = on_data,
    .da_forecast = on_forecast,
};

void attest_spec(struct daemon_spec *out, struct attest *a)
{
    *out = (struct daemon_spec){.self = IPC_PROC_ATTEST,
                                .role = SANDBOX_ATTEST,
                                .name = "polyclave-attest",
                                .handlers = &handlers,
                                .ctx = a,
                                .link_down = on_link_down};
}

void attest_start(struct attest *a)
{
    uint8_t roots[4][32] = {{0}};
    memcpy(roots[PC_VENDOR_TDX], a->d.policy.tdx.root, 32);
    memcpy(roots[PC_VENDOR_NITRO], a->d.policy.nitro.root, 32);
    policy_network(&a->policy, (const uint8_t(*)[32])roots);
    policy_snp_roots(&a->policy, (const uint8_t(*)[32])a->d.policy.snp.root);
    a->started = loop_now(&a->d.loop);
    loop_timer_init(&a->tick, on_tick, a);
    loop_timer_set(&a->d.loop, &a->tick, TICK_MS);
}
