/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release.c - polyclave_root_get: ask the members, take T partials that prove themselves (SPEC 8).
 *
 * Rounds until T are there, until too few can still come, or until the time is over. In a round
 * every member that is due is asked at once, in parallel:
 *
 *   200              verified and added; a signed answer that does not verify names a liar for good
 *   428              the same request again, with the evidence
 *   409              the head is fetched anew
 *   503 retry        the epoch is fetched anew, if the round did not bring T
 *   503, 429, 404 unknown_record, no answer    again, after Retry-After or a pause that doubles
 *   503 recovering, node_frozen, node_expired, every other status    its answer for this call
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/lib/client.h"
#include "client/lib/root.h"
#include "crypto/hash.h"

#define VIEW_MS 2000u
/* How long a member may take: at first, and at most (doubling; with evidence at once). A silent one
 * holds up those of its batch that owe us a second answer. */
#define ASK_FIRST_MS 2500u
#define ASK_MS       10000u
/* With ask_all, for those who say "not now". */
#define ALL_MS     10000u
#define PAUSE_MIN  250u
#define PAUSE_MAX  4000u
#define ANSWER_MAX 8192u
#define BODY_ROOM  (CLIENT_RELEASE_BODY_BYTES)

enum ask_state { ASK_DUE, ASK_DONE };

struct ask {
    enum ask_state state;
    bool with_evidence;
    uint64_t at; /* not before */
    unsigned pause, patience;
    /* the request: the same one again and again, so that a node that answered it already says the
     * same from its cache, until head or epoch are others */
    bool made;
    uint8_t digest[32];
    struct client_release_body body;
};

struct get {
    struct polyclave *pc;
    struct client_asker asker;
    uint8_t input_buf[PC_VOPRF_INPUT_MAX];
    struct bytes input;
    uint64_t deadline, all_until; /* with ask_all: so long "not now" is asked again */
    bool want_head;
    uint64_t next_view;        /* when the epoch may be fetched anew */
    struct ask ask[DKG_MAX_N]; /* by seat */
    /* of a batch */
    uint16_t seat_of[PC_HTTP_PARALLEL_MAX];
    struct http_request req[PC_HTTP_PARALLEL_MAX];
    char url[PC_HTTP_PARALLEL_MAX][PC_CLIENT_URL + 32];
    uint8_t *room[PC_HTTP_PARALLEL_MAX];
};

static uint64_t now_of(const struct get *g)
{
    return g->pc->io.now_ms(g->pc->io.ctx);
}

/* ---- what a member said ---- */

static void settle(struct get *g, uint16_t seat, enum polyclave_member_state state,
                   const char *code)
{
    struct polyclave_member_report *r = &g->pc->report[seat];
    r->state = state;
    (void)snprintf(r->code, sizeof r->code, "%.31s", code);
    g->ask[seat].state = ASK_DONE;
}

static void again(struct get *g, uint16_t seat, enum polyclave_member_state state, const char *code,
                  unsigned after_s)
{
    struct ask *a = &g->ask[seat];
    a->pause = a->pause == 0 ? PAUSE_MIN : a->pause < PAUSE_MAX / 2 ? 2 * a->pause : PAUSE_MAX;
    uint64_t wait = after_s != 0 ? (uint64_t)after_s * 1000 : a->pause;
    settle(g, seat, state, code);
    a->at = now_of(g) + wait;
    /* What comes after the end does not come. */
    if (a->at < g->deadline)
        a->state = ASK_DUE;
}

static bool is(const char *code, const char *other)
{
    return strcmp(code, other) == 0;
}

static void take_refusal(struct get *g, uint16_t seat, const struct http_request *r)
{
    char code[PC_CLIENT_CODE];
    unsigned after = r->retry_after_s;
    struct ask *a = &g->ask[seat];
    client_error_read(code, &after, r->status, bytes_of(r->answer, r->answer_len));
    if (r->status == 428 && !a->with_evidence) {
        a->with_evidence = true;
        a->at = 0;
        return;
    }
    if (r->status == 409)
        g->want_head = true;
    bool wait = r->status == 409 || r->status == 429 ||
                (r->status == 404 && is(code, "unknown_record")) ||
                (r->status == 503 && !is(code, "recovering") && !is(code, "node_frozen") &&
                 !is(code, "node_expired"));
    if (wait)
        again(g, seat, POLYCLAVE_MEMBER_REFUSED, code, after);
    else
        settle(g, seat, POLYCLAVE_MEMBER_REFUSED, code);
}

static void take_answer(struct get *g, uint16_t seat, const struct http_request *r)
{
    bool lied;
    enum err_code e = client_answer_take(
        &g->pc->secrets->combiner, &g->asker, &g->pc->epoch.seat[seat], g->pc->epoch.pub.epoch,
        g->ask[seat].digest, bytes_of(r->answer, r->answer_len), &lied);
    if (e == PC_OK || e == PC_E_EXISTS)
        settle(g, seat, POLYCLAVE_MEMBER_GOOD, "");
    else if (lied)
        settle(g, seat, POLYCLAVE_MEMBER_LIED, pc_err_name(e));
    else /* somebody on the way, or nonsense: the node has signed nothing */
        again(g, seat, POLYCLAVE_MEMBER_UNREACHABLE, pc_err_name(e), 0);
}

static bool take(void *ctx, struct http_request *r)
{
    struct get *g = ctx;
    uint16_t seat = g->seat_of[r - g->req];
    if (r->err == PC_E_TIMEOUT)
        g->ask[seat].patience *= 2;
    if (r->err != PC_OK)
        again(g, seat, POLYCLAVE_MEMBER_UNREACHABLE, pc_err_name(r->err), 0);
    else if (r->status == 200)
        take_answer(g, seat, r);
    else
        take_refusal(g, seat, r);
    return !g->pc->ask_all && threshold_combine_ready(&g->pc->secrets->combiner);
}

/* ---- asking ---- */

static enum err_code build(struct get *g, size_t slot, uint16_t seat, uint64_t left)
{
    struct polyclave *pc = g->pc;
    const struct client_seat *s = &pc->epoch.seat[seat];
    struct ask *a = &g->ask[seat];
    struct bytes body;
    if (!a->made)
        PC_TRY(client_request_make(&a->body, a->digest, &g->asker, pc->epoch.pub.epoch, s->index,
                                   pc->rng));
    a->made = true;
    if (a->patience < ASK_FIRST_MS)
        a->patience = ASK_FIRST_MS;
    unsigned most = a->with_evidence || a->patience > ASK_MS ? ASK_MS : a->patience;
    a->body.has_evidence = a->with_evidence;
    a->body.evidence = a->with_evidence ? g->asker.evidence : bytes_of(NULL, 0);
    PC_TRY(client_encode_release_body(&body, g->room[slot], BODY_ROOM, &a->body));
    (void)snprintf(g->url[slot], sizeof g->url[slot], "%s/v1/keys/evaluate", s->base);
    g->req[slot] = (struct http_request){.url = g->url[slot],
                                         .method = PC_HTTP_POST,
                                         .content_type = "application/octet-stream",
                                         .body = body,
                                         .max_answer = ANSWER_MAX,
                                         .timeout_ms = left < most ? (unsigned)left : most};
    g->seat_of[slot] = seat;
    return PC_OK;
}

/* Ask up to PC_HTTP_PARALLEL_MAX members that are due; how many. */
static enum err_code ask_batch(struct get *g, uint16_t *next, size_t *asked)
{
    uint64_t now = now_of(g), left = g->deadline > now ? g->deadline - now : 1;
    size_t n = 0;
    for (; *next < g->pc->epoch.seats && n < PC_HTTP_PARALLEL_MAX; (*next)++) {
        if (g->ask[*next].state != ASK_DUE || g->ask[*next].at > now)
            continue;
        PC_TRY(build(g, n, *next, left));
        n++;
    }
    *asked = n;
    if (n == 0)
        return PC_OK;
    g->pc->io.http(g->pc->io.ctx, g->req, n, take, g);
    for (size_t i = 0; i < n; i++) /* one that was stopped was asked and is not blamed */
        http_request_free(&g->req[i]);
    return PC_OK;
}

/* ---- rounds ---- */

static enum err_code fresh_head(struct get *g)
{
    struct client_block head;
    PC_TRY(g->pc->io.head(g->pc->io.ctx, &head));
    g->asker.head = head;
    g->want_head = false;
    for (uint16_t i = 0; i < g->pc->epoch.seats; i++)
        g->ask[i].made = g->ask[i].with_evidence = false; /* another head is another request */
    return PC_OK;
}

/* Everybody of this epoch anew. */
static enum err_code begin_epoch(struct get *g)
{
    struct polyclave *pc = g->pc;
    memset(pc->report, 0, sizeof pc->report);
    memset(g->ask, 0, sizeof g->ask);
    for (uint16_t i = 0; i < pc->epoch.seats; i++) {
        pc->report[i].index = pc->epoch.seat[i].index;
        pc->report[i].node_id = pc->epoch.seat[i].node_id;
        if (!pc->epoch.seat[i].usable)
            settle(g, i, POLYCLAVE_MEMBER_UNREACHABLE, "bad_endpoint");
    }
    threshold_combine_wipe(&pc->secrets->combiner);
    return threshold_combine_init(&pc->secrets->combiner, &group_ristretto255, &pc->epoch.pub,
                                  g->input);
}

static bool same_public(const struct dkg_public *a, const struct dkg_public *b)
{
    return a->epoch == b->epoch && a->n == b->n && a->t == b->t &&
           memcmp(a->y, b->y, (a->n + 1u) * sizeof a->y[0]) == 0;
}

/* The same shares seen with other endpoints or identities: what was proved stays. Without memory
 * the old view does. */
static void merge(struct get *g, const struct client_epoch *old)
{
    static const struct ask none;
    struct polyclave *pc = g->pc;
    struct polyclave_member_report report[DKG_MAX_N];
    struct ask *ask = malloc(sizeof g->ask);
    if (ask == NULL) {
        pc->epoch = *old;
        return;
    }
    memcpy(ask, g->ask, sizeof g->ask);
    memcpy(report, pc->report, sizeof report);
    for (uint16_t i = 0; i < pc->epoch.seats; i++) {
        const struct client_seat *s = &pc->epoch.seat[i], *o = NULL;
        uint16_t j = 0;
        while (j < old->seats && old->seat[j].index != s->index)
            j++;
        o = j < old->seats ? &old->seat[j] : NULL;
        bool settled = o != NULL && (report[j].state == POLYCLAVE_MEMBER_GOOD ||
                                     report[j].state == POLYCLAVE_MEMBER_LIED);
        bool same = o != NULL && memcmp(o->identity.b, s->identity.b, 32) == 0 &&
                    strcmp(o->base, s->base) == 0;
        g->ask[i] = settled || same ? ask[j] : none;
        pc->report[i] = settled || same ? report[j]
                                        : (struct polyclave_member_report){.index = s->index,
                                                                           .node_id = s->node_id};
        if (!settled && !s->usable)
            settle(g, i, POLYCLAVE_MEMBER_UNREACHABLE, "bad_endpoint");
    }
    free(ask);
}

/* Another view of the committee, if there is one; the old one stays when nothing can be had. */
static enum err_code refresh_epoch(struct get *g)
{
    struct polyclave *pc = g->pc;
    struct client_epoch *old = malloc(sizeof *old);
    enum err_code e = PC_OK;
    if (old == NULL)
        return PC_E_MEMORY;
    *old = pc->epoch;
    if (client_epoch_fetch(pc) == POLYCLAVE_OK) {
        if (same_public(&old->pub, &pc->epoch.pub))
            merge(g, old);
        else
            e = begin_epoch(g);
    }
    g->next_view = now_of(g) + VIEW_MS;
    free(old);
    return e;
}

/* A round did not suffice, and somebody cannot be reached where the view says, or says that the
 * view is old. One member alone cannot make us begin again: with T others the round suffices. */
static bool wants_view(const struct get *g)
{
    bool doubt = false;
    for (uint16_t i = 0; i < g->pc->epoch.seats; i++) {
        const struct polyclave_member_report *r = &g->pc->report[i];
        doubt |= r->state == POLYCLAVE_MEMBER_UNREACHABLE || is(r->code, "retry");
    }
    return doubt && now_of(g) >= g->next_view && now_of(g) < g->deadline;
}

static unsigned may_still_come(const struct get *g)
{
    unsigned n = 0;
    for (uint16_t i = 0; i < g->pc->epoch.seats; i++)
        n += g->ask[i].state == ASK_DUE;
    return n;
}

/* Has somebody asked for the evidence who has not had it yet? That comes before all else. */
static bool owes_evidence(const struct get *g)
{
    bool owes = false;
    for (uint16_t i = 0; i < g->pc->epoch.seats; i++)
        owes |= g->ask[i].state == ASK_DUE && g->ask[i].with_evidence && g->ask[i].at == 0;
    return owes && now_of(g) < g->deadline;
}

static void wait_for_next(struct get *g)
{
    uint64_t now = now_of(g), next = g->deadline;
    for (uint16_t i = 0; i < g->pc->epoch.seats; i++)
        if (g->ask[i].state == ASK_DUE && g->ask[i].at < next)
            next = g->ask[i].at;
    if (next > now)
        g->pc->io.pause(g->pc->io.ctx, (unsigned)(next - now));
}

/* With ask_all: has somebody said "not now" who may yet say what it means? */
static bool owes_word(const struct get *g)
{
    bool owes = false;
    for (uint16_t i = 0; g->pc->ask_all && i < g->pc->epoch.seats; i++)
        owes |= g->ask[i].state == ASK_DUE && g->ask[i].at < g->all_until &&
                g->pc->report[i].state == POLYCLAVE_MEMBER_REFUSED;
    return owes && now_of(g) < g->all_until;
}

/* PC_OK: T are there. PC_E_REFUSED: too few can come. PC_E_TIMEOUT. */
static enum err_code run_rounds(struct get *g)
{
    struct threshold_combiner *c = &g->pc->secrets->combiner;
    for (;;) {
        uint16_t next = 0;
        size_t asked = 1;
        if (g->want_head)
            PC_TRY(fresh_head(g));
        while (asked != 0 && (g->pc->ask_all || !threshold_combine_ready(c)))
            PC_TRY(ask_batch(g, &next, &asked));
        if (owes_evidence(g) && (g->pc->ask_all || !threshold_combine_ready(c)))
            continue;
        if (owes_word(g)) {
            wait_for_next(g);
            continue;
        }
        if (threshold_combine_ready(c))
            return PC_OK;
        if (wants_view(g))
            PC_TRY(refresh_epoch(g));
        if (c->have + may_still_come(g) < g->pc->epoch.pub.t)
            return PC_E_REFUSED;
        if (now_of(g) >= g->deadline)
            return PC_E_TIMEOUT;
        wait_for_next(g);
    }
}

/* ---- the result ---- */

struct tally {
    unsigned good, refused, lied, unreachable, policy;
    char code[PC_CLIENT_CODE]; /* most frequent of those who refused */
};

/* Refusals that no waiting heals. */
static bool is_policy(const char *code)
{
    static const char *const passing[] = {
        "retry",           "chain_behind",    "chain_disagreement",
        "recovering",      "node_frozen",     "node_expired",
        "quota",           "stale_request",   "unknown_record",
        "evidence_needed", "malformed_answer"};
    for (size_t i = 0; i < PC_ARRAY_LEN(passing); i++)
        if (is(code, passing[i]))
            return false;
    return strncmp(code, "http_", 5) != 0;
}

static void count(struct tally *t, const struct polyclave *pc)
{
    unsigned best = 0;
    memset(t, 0, sizeof *t);
    for (uint16_t i = 0; i < pc->epoch.seats; i++) {
        const struct polyclave_member_report *r = &pc->report[i];
        t->good += r->state == POLYCLAVE_MEMBER_GOOD;
        t->lied += r->state == POLYCLAVE_MEMBER_LIED;
        t->unreachable += r->state == POLYCLAVE_MEMBER_UNREACHABLE;
        if (r->state != POLYCLAVE_MEMBER_REFUSED)
            continue;
        unsigned same = 0;
        for (uint16_t j = 0; j < pc->epoch.seats; j++)
            same +=
                pc->report[j].state == POLYCLAVE_MEMBER_REFUSED && is(pc->report[j].code, r->code);
        t->refused++;
        t->policy += is_policy(r->code);
        if (same > best) {
            best = same;
            memset(t->code, 0, sizeof t->code);
            memcpy(t->code, r->code, sizeof r->code);
        }
    }
}

static int failed(struct get *g, enum err_code e)
{
    struct polyclave *pc = g->pc;
    struct tally t;
    if (e != PC_E_REFUSED && e != PC_E_TIMEOUT)
        return client_fail(&pc->failure, POLYCLAVE_RETRY, pc_err_name(e),
                           "no request could be made: %s; check `rpc` in network.json",
                           pc_err_text(e));
    count(&t, pc);
    bool clean_no = t.policy + pc->epoch.pub.t > pc->epoch.seats;
    const char *code = t.refused != 0 ? t.code : t.unreachable != 0 ? "unreachable" : "bad_proof";
    return client_fail(&pc->failure, clean_no ? POLYCLAVE_REFUSED : POLYCLAVE_RETRY, code,
                       "%u of the %u members needed gave a partial (%u refused, mostly %s; %u did "
                       "not answer, %u lied); %s",
                       t.good, pc->epoch.pub.t, t.refused, t.refused != 0 ? t.code : "-",
                       t.unreachable, t.lied,
                       clean_no ? "see the code in the manual" : "try again");
}

static enum err_code make_input(struct get *g)
{
    struct voprf_subject s = {
        .key_class = PC_CLASS_APPLICATION, .version = g->asker.version, .scope = g->asker.scope};
    memcpy(s.network_id, g->pc->pin.network_id, 32);
    memcpy(s.key_id, g->pc->pin.key_id, 32);
    memcpy(s.app_id, g->pc->pin.app_id, 32);
    return voprf_input(&g->input, g->input_buf, &s);
}

static void set_asker(struct get *g, const char *scope, uint32_t version)
{
    struct polyclave *pc = g->pc;
    struct client_asker *a = &g->asker;
    a->pin = &pc->pin;
    a->sign = &pc->secrets->sign;
    a->hpke = &pc->secrets->hpke;
    a->sign_pk = pc->sign_pk;
    a->hpke_pk = pc->hpke_pk;
    a->bound = pc->evidence.bound;
    a->vendor = (enum wire_vendor)pc->vendor;
    a->claims = pc->evidence.claims;
    memcpy(a->verifier, client_verifier(pc)->b, 20);
    a->evidence = bytes_of(pc->evidence.p, pc->evidence.n);
    sha256(a->evidence_hash, a->evidence);
    a->platform_proof = (const uint8_t(*)[32])pc->platform_proof;
    a->platform_proof_n = pc->platform_proof_n;
    a->scope = bytes_of(scope, strlen(scope));
    a->version = version;
    g->deadline = now_of(g) + pc->timeout_ms;
    g->all_until = pc->timeout_ms < ALL_MS ? g->deadline : now_of(g) + ALL_MS;
}

static int run(struct get *g, struct polyclave_root **out)
{
    struct polyclave *pc = g->pc;
    struct client_secrets *s = pc->secrets;
    if (!pc->has_epoch) {
        int status = client_epoch_fetch(pc);
        if (status != POLYCLAVE_OK)
            return status;
    }
    g->want_head = true;
    enum err_code e = make_input(g);
    if (e == PC_OK)
        e = begin_epoch(g);
    if (e == PC_OK)
        e = run_rounds(g);
    if (e != PC_OK)
        return failed(g, e);
    e = threshold_combine_finish(s->y, &s->combiner);
    if (e == PC_OK)
        e = root_new(out, s->y);
    if (e != PC_OK)
        return client_fail(&pc->failure, POLYCLAVE_RETRY, pc_err_name(e),
                           "the partials are there and could not be combined: %s", pc_err_text(e));
    client_fine(&pc->failure); /* a refresh of the epoch may have failed on the way */
    return POLYCLAVE_OK;
}

int polyclave_root_get(struct polyclave *pc, const char *scope, uint32_t version,
                       struct polyclave_root **out)
{
    struct get *g = NULL;
    int status;
    *out = NULL;
    client_fine(&pc->failure);
    if (scope == NULL || strlen(scope) > POLYCLAVE_MAX_SCOPE)
        return client_fail(&pc->failure, POLYCLAVE_USAGE, "scope_too_long",
                           "a scope has at most %d bytes", POLYCLAVE_MAX_SCOPE);
    if (pc->valid_until == 0)
        return client_fail(&pc->failure, POLYCLAVE_USAGE, "not_attested",
                           "this enclave has no record yet: call polyclave_attest first");
    g = calloc(1, sizeof *g);
    bool room = g != NULL;
    for (size_t i = 0; room && i < PC_HTTP_PARALLEL_MAX; i++)
        room = (g->room[i] = malloc(BODY_ROOM)) != NULL;
    if (room) {
        g->pc = pc;
        set_asker(g, scope, version);
        status = run(g, out);
    } else
        status = client_fail(&pc->failure, POLYCLAVE_RETRY, "memory", "memory is short");
    threshold_combine_wipe(&pc->secrets->combiner);
    pc_wipe(pc->secrets->y, sizeof pc->secrets->y);
    for (size_t i = 0; g != NULL && i < PC_HTTP_PARALLEL_MAX; i++)
        free(g->room[i]);
    free(g);
    return status;
}
