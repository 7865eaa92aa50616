/* SPDX-License-Identifier: Apache-2.0 */
/*
 * probe_ask.c - requests to members, evidence always along: the same body again, a fresh nonce, an
 * old head. What a node answers while its own view is still behind the record is not its answer
 * yet.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "crypto/hash.h"
#include "tests/tools/probe.h"

#define ASK_MS     16000u
#define SETTLE_MS  30000u
#define PAUSE_MS   300u
#define ANSWER_MAX 8192u
#define ASKED_MAX  DKG_MAX_N

struct ask {
    const struct client_seat *seat;
    char url[PC_CLIENT_URL + 32];
    uint8_t *body; /* POLYCLAVE_MAX_EVIDENCE and a request */
    struct bytes bytes;
    bool settled;
    unsigned status;
    char code[PC_CLIENT_CODE]; /* "ok" with 200 */
    char sealed[65];           /* SHA-256 of what was sealed, hexadecimal; else empty */
};

struct asked {
    struct polyclave *pc;
    struct client_asker asker;
    size_t n;
    struct ask ask[ASKED_MAX];
};

#define BODY_ROOM ((size_t)POLYCLAVE_MAX_EVIDENCE + CLIENT_RELEASE_REQUEST_BYTES + 256)

static void set_asker(struct client_asker *a, struct polyclave *pc, const struct probe_options *o)
{
    *a = (struct client_asker){.pin = &pc->pin,
                               .sign = &pc->secrets->sign,
                               .hpke = &pc->secrets->hpke,
                               .sign_pk = pc->sign_pk,
                               .hpke_pk = pc->hpke_pk,
                               .bound = pc->evidence.bound,
                               .head = o->head,
                               .vendor = WIRE_VENDOR_TDX,
                               .claims = pc->evidence.claims,
                               .evidence = bytes_of(pc->evidence.p, pc->evidence.n),
                               .scope = bytes_of(o->scope, strlen(o->scope)),
                               .version = 1};
    memcpy(a->verifier, pc->net.contract[PC_NET_TDX_VERIFIER].b, 20);
    sha256(a->evidence_hash, a->evidence);
}

/* A request with a fresh nonce for the member of a. */
static bool build(struct asked *s, struct ask *a)
{
    struct client_release_body body;
    uint8_t digest[32];
    enum err_code e = client_request_make(&body, digest, &s->asker, s->pc->epoch.pub.epoch,
                                          a->seat->index, s->pc->rng);
    body.has_evidence = true;
    body.evidence = s->asker.evidence;
    if (e == PC_OK)
        e = client_encode_release_body(&a->bytes, a->body, BODY_ROOM, &body);
    return e == PC_OK || probe_fail("request", pc_err_text(e));
}

static bool choose(struct asked *s, const struct probe_options *o)
{
    for (uint16_t i = 0; i < s->pc->epoch.seats; i++) {
        const struct client_seat *seat = &s->pc->epoch.seat[i];
        struct ask *a = &s->ask[s->n];
        if (!seat->usable || (o->node != 0 && seat->index != o->node))
            continue;
        a->seat = seat;
        a->body = malloc(BODY_ROOM);
        if (a->body == NULL || !build(s, a))
            return false;
        (void)snprintf(a->url, sizeof a->url, "%s/v1/keys/evaluate", seat->base);
        s->n++;
    }
    return s->n != 0 || probe_fail("--node", "no such member");
}

/* ---- answers ---- */

static bool not_yet(const struct ask *a)
{
    static const char *const codes[] = {"retry", "chain_behind", "unknown_record"};
    for (size_t i = 0; i < PC_ARRAY_LEN(codes); i++)
        if (strcmp(a->code, codes[i]) == 0)
            return true;
    return a->status == 0;
}

static void take(struct ask *a, const struct http_request *r)
{
    struct client_release_answer m;
    uint8_t hash[32];
    unsigned after = 0;
    struct bytes body = bytes_of(r->answer, r->answer_len);
    a->status = r->err == PC_OK ? r->status : 0;
    a->sealed[0] = '\0';
    if (a->status == 0) {
        (void)snprintf(a->code, sizeof a->code, "%s", pc_err_name(r->err));
    } else if (a->status != 200) {
        client_error_read(a->code, &after, a->status, body);
    } else if (client_decode_release_answer(&m, body) == PC_OK) {
        (void)snprintf(a->code, sizeof a->code, "ok");
        sha256(hash, m.sealed);
        hex_encode(a->sealed, PC_BYTES(hash));
    } else {
        (void)snprintf(a->code, sizeof a->code, "malformed_answer");
    }
}

/* One batch of those who have not settled; how many there were. */
static size_t batch(struct asked *s)
{
    struct http_request req[PC_HTTP_PARALLEL_MAX];
    struct ask *of[PC_HTTP_PARALLEL_MAX];
    size_t n = 0;
    for (size_t i = 0; i < s->n && n < PC_HTTP_PARALLEL_MAX; i++) {
        if (s->ask[i].settled)
            continue;
        of[n] = &s->ask[i];
        req[n++] = (struct http_request){.url = s->ask[i].url,
                                         .method = PC_HTTP_POST,
                                         .content_type = "application/octet-stream",
                                         .body = s->ask[i].bytes,
                                         .max_answer = ANSWER_MAX,
                                         .timeout_ms = ASK_MS};
    }
    if (n != 0)
        s->pc->io.http(s->pc->io.ctx, req, n, NULL, NULL);
    for (size_t i = 0; i < n; i++) {
        take(of[i], &req[i]);
        of[i]->settled = !not_yet(of[i]);
        http_request_free(&req[i]);
    }
    return n;
}

static void settle(struct asked *s)
{
    uint64_t until = s->pc->io.now_ms(s->pc->io.ctx) + SETTLE_MS;
    for (size_t i = 0; i < s->n; i++)
        s->ask[i].settled = false;
    while (batch(s) != 0 && s->pc->io.now_ms(s->pc->io.ctx) < until)
        s->pc->io.pause(s->pc->io.ctx, PAUSE_MS);
}

static bool run(struct asked *s, const struct probe_options *o)
{
    (void)printf("{\"head\":%llu,\"answers\":[", (unsigned long long)s->asker.head.number);
    for (unsigned round = 0; round < o->repeat; round++) {
        for (size_t i = 0; o->fresh && round != 0 && i < s->n; i++)
            if (!build(s, &s->ask[i]))
                return false;
        settle(s);
        for (size_t i = 0; i < s->n; i++)
            (void)printf("%s{\"round\":%u,\"index\":%u,\"node_id\":%u,\"status\":%u,"
                         "\"code\":\"%s\",\"sealed\":\"%s\"}",
                         round + i == 0 ? "" : ",", round, s->ask[i].seat->index,
                         s->ask[i].seat->node_id, s->ask[i].status, s->ask[i].code,
                         s->ask[i].sealed);
    }
    (void)printf("]}\n");
    return true;
}

int probe_ask(struct polyclave *pc, const struct probe_options *o)
{
    struct asked *s = calloc(1, sizeof *s);
    bool ok = s != NULL && pc->evidence.n != 0;
    if (!ok)
        (void)probe_fail(o->state, "no evidence there: attest first");
    if (ok)
        ok = client_epoch_fetch(pc) == POLYCLAVE_OK || probe_fail("epoch", polyclave_error(pc));
    if (ok) {
        s->pc = pc;
        set_asker(&s->asker, pc, o);
        ok = o->has_head || pc->io.head(pc->io.ctx, &s->asker.head) == PC_OK ||
             probe_fail("rpc", "no agreed head");
    }
    ok = ok && choose(s, o) && run(s, o);
    for (size_t i = 0; s != NULL && i < ASKED_MAX; i++)
        free(s->ask[i].body);
    free(s);
    return ok ? 0 : PROBE_EXIT_FAULT;
}
