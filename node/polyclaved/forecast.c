/* SPDX-License-Identifier: Apache-2.0 */
/*
 * forecast.c - when does each node lose its standing? Advice for operators, in /metrics; nothing is
 * decided by it.
 *
 * Three dates for each node whose evidence is in the mirror:
 *   record    its record runs out, if it does not renew
 *   current   it can no longer renew: an object in force runs out, or its status under what is in
 *             force is not accepted (then: now)
 *   upcoming  a set that waits takes effect under which its status is not accepted
 *
 * The statuses come from attest, one question at a time: this process takes no evidence apart. A
 * veto is not looked at: a vetoed set counts from its time of effect on.
 *
 * AMD and AWS state no status: it is UpToDate. Of SNP the list of the product's root runs out, and
 * attest says whether it revokes; which least TCB TcbPolicy asks for is not looked at. Nothing of
 * AWS's is in force and a document is good for minutes, so attest is not asked about it again: what
 * is said of a Nitro node is when its record runs out, and whether its vendor is accepted at all.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "crypto/hash.h"
#include "node/polyclaved/polyclaved.h"

#define ANSWER_MS 20000u
#define NEVER     UINT64_MAX
/* Numbers of the verifier's objects beside a product's TCB info (ITdxVerifier). */
enum { OBJECT_QE = 1, OBJECT_LISTS = 2 };
/* Roles, by enum collateral_object of attest/verdict.h. */
enum { ROLE_TCB, ROLE_QE, ROLE_ROOT_CRL, ROLE_PCK_CRL, ROLES };
/* Question 0: what is in force; then each waiting TCB info, then each waiting QE identity. */
#define QUESTIONS (1 + 2 * FORECAST_WAITING)
/* enum tcb_status: UpToDate; OutOfDate and OutOfDateConfigurationNeeded */
#define UP_TO_DATE  (1u << 1)
#define OUT_OF_DATE ((1u << 5) | (1u << 6))

static const struct ipc_dc_upcoming *object_of(const struct forecast *f,
                                               const uint8_t id[static 32])
{
    for (size_t i = 0; i < f->n_objects; i++)
        if (memcmp(f->object[i].object, id, 32) == 0)
            return &f->object[i];
    return NULL;
}

void forecast_on_upcoming(struct polyclaved *p, const struct ipc_dc_upcoming *m)
{
    struct forecast *f = &p->forecast;
    for (size_t i = 0; i < f->n_objects; i++)
        if (memcmp(f->object[i].object, m->object, 32) == 0) {
            f->object[i] = *m;
            return;
        }
    if (f->n_objects < FORECAST_OBJECTS)
        f->object[f->n_objects++] = *m;
    else
        log_warn("forecast_full", LOG_HEX("object", PC_BYTES(m->object)));
}

void forecast_on_statuses(struct polyclaved *p, const struct ipc_dc_statuses *m)
{
    p->forecast.accepted[m->vendor].told = true;
    p->forecast.accepted[m->vendor].statuses = m->statuses;
    p->forecast.accepted[m->vendor].out_of_date_until = m->out_of_date_until;
}

void forecast_on_node(struct polyclaved *p, uint32_t node_id, const uint8_t evidence[static 32])
{
    struct forecast_node *to = NULL;
    for (size_t i = 0; i < FORECAST_NODES; i++) {
        struct forecast_node *n = &p->forecast.node[i];
        if (n->node_id == node_id) {
            to = n;
            break;
        }
        if (n->node_id == 0 && to == NULL)
            to = n;
    }
    if (to == NULL || (to->node_id == node_id && memcmp(to->evidence, evidence, 32) == 0))
        return;
    *to = (struct forecast_node){.node_id = node_id, .current = NEVER, .upcoming = NEVER};
    memcpy(to->evidence, evidence, 32);
}

/* The objects by which a node with that record is judged; NULL where nothing is known. */
static void objects_of(const struct forecast *f, const struct wire_attested *a,
                       const struct ipc_dc_upcoming *out[static ROLES])
{
    uint8_t id[32] = {0};
    for (size_t r = 0; r < ROLES; r++)
        out[r] = NULL;
    if (a->vendor == WIRE_VENDOR_SNP) { /* the list of the ARK: 16 + product, as the issuer */
        id[31] = a->issuer;
        out[ROLE_ROOT_CRL] = object_of(f, id);
    }
    if (a->vendor != WIRE_VENDOR_TDX)
        return;
    out[ROLE_TCB] = object_of(f, a->product);
    id[31] = OBJECT_QE;
    out[ROLE_QE] = object_of(f, id);
    id[31] = OBJECT_LISTS;
    out[ROLE_ROOT_CRL] = object_of(f, id);
    id[31] = (uint8_t)(OBJECT_LISTS + a->issuer);
    out[ROLE_PCK_CRL] = object_of(f, id);
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Which waiting set question q is about; NULL: there is none. */
static const struct ipc_upcoming *waiting_of(const struct ipc_dc_upcoming *const o[static ROLES],
                                             unsigned q, int *role)
{
    *role = q <= FORECAST_WAITING ? ROLE_TCB : ROLE_QE;
    unsigned i = (q - 1) % FORECAST_WAITING;
    return o[*role] != NULL && i < o[*role]->waiting_n ? &o[*role]->waiting[i] : NULL;
}

/* Everything that the answers depend on but the time. */
static void question_digest(uint8_t out[static 32], const struct polyclaved *p,
                            const struct forecast_node *n, enum wire_vendor vendor,
                            const struct ipc_dc_upcoming *const o[static ROLES])
{
    const struct forecast *f = &p->forecast;
    struct sha256 h;
    sha256_init(&h);
    sha256_update(&h, n->evidence, sizeof n->evidence);
    sha256_update(&h, &f->accepted[vendor].statuses, sizeof f->accepted[vendor].statuses);
    sha256_update(&h, &f->accepted[vendor].out_of_date_until,
                  sizeof f->accepted[vendor].out_of_date_until);
    for (size_t r = 0; r < ROLES; r++) {
        if (o[r] == NULL)
            continue;
        sha256_update(&h, o[r]->digest, sizeof o[r]->digest);
        sha256_update(&h, &o[r]->until, sizeof o[r]->until);
        for (size_t i = 0; i < o[r]->waiting_n; i++)
            sha256_update(&h, o[r]->waiting[i].digest, sizeof o[r]->waiting[i].digest);
    }
    sha256_final(&h, out);
}

/* The next question about this node, if there is one. */
static bool ask(struct polyclaved *p, struct forecast_node *n)
{
    static uint8_t evidence[EVIDENCE_MAX];
    const struct ipc_dc_upcoming *o[ROLES];
    struct wire_attested a;
    struct ipc_da_forecast m = {.at = p->head.time};
    uint8_t question[32];
    size_t size;
    if (n->node_id == 0 ||
        mirror_read(p, &a, evidence, sizeof evidence, &size, n->evidence) != PC_OK)
        return false;
    n->valid_until = a.valid_until;
    if (!p->forecast.accepted[a.vendor].told)
        return false;
    uint16_t statuses = p->forecast.accepted[a.vendor].statuses;
    if (statuses == 0 || a.vendor == WIRE_VENDOR_NITRO) { /* attest has nothing to add */
        n->current = statuses & UP_TO_DATE ? NEVER : 0;
        n->upcoming = NEVER;
        n->next = 0;
        n->known = true;
        return false;
    }
    objects_of(&p->forecast, &a, o);
    question_digest(question, p, n, a.vendor, o);
    if (memcmp(question, n->question, sizeof question) != 0) {
        memcpy(n->question, question, sizeof question);
        n->next = 0;
        n->upcoming = NEVER;
    }
    const struct ipc_upcoming *w = NULL;
    int role = ROLE_TCB;
    while (n->next != 0 && n->next < QUESTIONS && (w = waiting_of(o, n->next, &role)) == NULL)
        n->next++;
    if (n->next == QUESTIONS)
        return false;
    for (size_t r = 0; r < ROLES; r++)
        if (o[r] != NULL)
            memcpy(m.in_force[r], o[r]->digest, sizeof m.in_force[r]);
    if (w != NULL) {
        memcpy(m.in_force[role], w->digest, sizeof w->digest);
        m.at = w->effect_at > m.at ? w->effect_at : m.at;
    }
    m.vendor = a.vendor;
    memcpy(m.signer, a.signer, sizeof m.signer);
    m.evidence = bytes_of(evidence, size);
    question[0] ^= (uint8_t)n->next;
    memcpy(m.digest, question, sizeof m.digest);
    if (DAEMON_SEND(&p->d, IPC_LINK_DA, da_forecast, &m) != PC_OK)
        return false;
    memcpy(p->forecast.asked, m.digest, sizeof m.digest);
    p->forecast.asked_at = loop_now(&p->d.loop);
    return true;
}

void forecast_tick(struct polyclaved *p)
{
    struct forecast *f = &p->forecast;
    if (!p->have_head)
        return;
    if (!bytes_all_zero_var(PC_BYTES(f->asked)) && loop_now(&p->d.loop) - f->asked_at < ANSWER_MS)
        return;
    memset(f->asked, 0, sizeof f->asked);
    for (size_t i = 0; i < FORECAST_NODES; i++) {
        size_t at = (f->turn + i) % FORECAST_NODES;
        if (!ask(p, &f->node[at]))
            continue;
        f->turn = at;
        return;
    }
}

void forecast_attest_up(struct polyclaved *p)
{
    memset(p->forecast.asked, 0, sizeof p->forecast.asked);
}

/* Until when does the policy accept that status? 0: not at all. */
static uint64_t accepted_until(const struct forecast *f, enum wire_vendor vendor,
                               const struct ipc_da_forecast_r *m)
{
    uint32_t bit = m->tcb_status < 16 ? 1u << m->tcb_status : 0;
    if (vendor == WIRE_VENDOR_SNP) /* its verdicts have none */
        bit = UP_TO_DATE;
    if (!m->authentic || (f->accepted[vendor].statuses & bit) == 0)
        return 0;
    return (bit & OUT_OF_DATE) != 0 ? f->accepted[vendor].out_of_date_until : NEVER;
}

void forecast_on_answer(struct polyclaved *p, const struct ipc_da_forecast_r *m)
{
    struct forecast *f = &p->forecast;
    struct forecast_node *n = &f->node[f->turn];
    const struct ipc_dc_upcoming *o[ROLES];
    struct wire_attested a;
    size_t none;
    if (memcmp(f->asked, m->digest, sizeof f->asked) != 0)
        return;
    memset(f->asked, 0, sizeof f->asked);
    if (!m->judged || mirror_read(p, &a, NULL, 0, &none, n->evidence) != PC_OK) {
        f->turn = (f->turn + 1) % FORECAST_NODES; /* the others first */
        return;
    }
    objects_of(f, &a, o);
    uint64_t until = accepted_until(f, a.vendor, m);
    if (n->next == 0) {
        n->current = until;
        for (size_t r = 0; r < ROLES; r++)
            n->current = sooner(n->current, o[r] != NULL && o[r]->until != 0 ? o[r]->until : NEVER);
        n->known = true;
    } else {
        int role;
        const struct ipc_upcoming *w = waiting_of(o, n->next, &role);
        if (w != NULL && until <= w->effect_at)
            n->upcoming = sooner(n->upcoming, w->effect_at);
        else if (w != NULL)
            n->upcoming = sooner(n->upcoming, until);
    }
    n->next++;
    forecast_tick(p);
}

static size_t line(struct ipc_counter *out, size_t n, size_t cap, char (*names)[65],
                   const struct forecast_node *node, const char *set, uint64_t at, uint64_t now)
{
    if (n == cap || at == NEVER)
        return n;
    int length = snprintf(names[n], sizeof names[n],
                          "standing_seconds{node=\"%" PRIu32 "\",set=\"%s\"}", node->node_id, set);
    out[n] = (struct ipc_counter){bytes_of(names[n], (size_t)length), at > now ? at - now : 0};
    return n + 1;
}

size_t forecast_metrics(const struct polyclaved *p, struct ipc_counter *out, size_t n, size_t cap,
                        char (*names)[65])
{
    uint64_t now = p->head.time;
    for (size_t i = 0; i < FORECAST_NODES; i++) {
        const struct forecast_node *node = &p->forecast.node[i];
        if (node->node_id == 0 || !node->known)
            continue;
        n = line(out, n, cap, names, node, "record", node->valid_until, now);
        n = line(out, n, cap, names, node, "current", node->current, now);
        n = line(out, n, cap, names, node, "upcoming", node->upcoming, now);
    }
    return n;
}
