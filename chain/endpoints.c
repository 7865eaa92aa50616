/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/endpoints.h"

#include <stdio.h>
#include <stdlib.h>

#include "chain/endpoints_int.h"
#include "chain/head.h"

#define FAIL_MS     1000u
#define FAIL_MAX_MS 60000u
#define LIE_MS      30000u
#define LIE_MAX_MS  3600000u

const char *endpoint_state_name(enum endpoint_state s)
{
    switch (s) {
    case PC_EP_OK:
        return "ok";
    case PC_EP_LAGGING:
        return "lagging";
    case PC_EP_FAILING:
        return "failing";
    case PC_EP_LYING:
        return "lying";
    }
    pc_bug("endpoint state");
}

static bool url_ok(const char *url)
{
    size_t n = strnlen(url, PC_HTTP_URL_MAX + 1);
    return n <= PC_HTTP_URL_MAX &&
           (strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0);
}

static bool config_ok(const struct endpoints_config *c)
{
    unsigned majority = c->m / 2 + 1;
    bool dev = c->chain_id == PC_DEV_CHAIN_ID;
    if (c->m == 0 || c->m > PC_ENDPOINTS_MAX || c->k > c->m || c->timeout_ms == 0)
        return false;
    if (!dev && !c->fetch_only && (c->m < 3 || (c->k != 0 && c->k < majority)))
        return false;
    for (unsigned i = 0; i < c->m; i++) {
        if (!url_ok(c->urls[i]))
            return false;
        for (unsigned j = 0; j < i; j++)
            if (strcmp(c->urls[i], c->urls[j]) == 0)
                return false;
    }
    return true;
}

enum err_code endpoints_new(struct endpoints **out, const struct endpoints_config *c)
{
    *out = NULL;
    if (!config_ok(c))
        return PC_E_USAGE;
    struct endpoints *e = calloc(1, sizeof *e);
    if (e == NULL)
        return PC_E_MEMORY;
    struct http_options o = {.public_only = false};
    enum err_code err = http_client_new(&e->http, &o);
    if (err != PC_OK) {
        free(e);
        return err;
    }
    e->m = c->m;
    e->k = c->k != 0 ? c->k : c->m / 2 + 1;
    e->chain_id = c->chain_id;
    e->fetch_only = c->fetch_only;
    e->timeout_ms = c->timeout_ms;
    e->next_id = 1;
    for (unsigned i = 0; i < e->m; i++)
        memcpy(e->at[i].url, c->urls[i], strlen(c->urls[i]) + 1);
    *out = e;
    return PC_OK;
}

void endpoints_free(struct endpoints *e)
{
    if (e == NULL)
        return;
    http_client_free(e->http);
    free(e);
}

unsigned endpoints_count(const struct endpoints *e)
{
    return e->m;
}

const struct endpoint_status *endpoints_status(const struct endpoints *e, unsigned i)
{
    PC_ASSERT(i < e->m);
    return &e->at[i].status;
}

uint64_t endpoints_next_id(struct endpoints *e)
{
    uint64_t id = e->next_id;
    e->next_id += PC_JSONRPC_BATCH_MAX;
    return id;
}

void endpoint_good(struct endpoint *ep)
{
    ep->status.state = PC_EP_OK;
    ep->status.err = PC_OK;
    ep->status.failures = 0;
    ep->status.text[0] = '\0';
    ep->penalty = 0;
    ep->not_before_ms = 0;
}

static void punish(struct endpoint *ep, uint64_t now_ms, uint64_t first, uint64_t most)
{
    uint64_t wait = ep->penalty < 16 ? first << ep->penalty : most;
    ep->not_before_ms = now_ms + (wait < most ? wait : most);
    ep->penalty++;
}

static void note(struct endpoint *ep, enum err_code e, const char *text)
{
    ep->status.err = e;
    ep->status.failures++;
    (void)snprintf(ep->status.text, sizeof ep->status.text, "%s", text);
}

void endpoint_failed(struct endpoint *ep, uint64_t now_ms, enum err_code e, const char *text)
{
    note(ep, e, text);
    ep->status.errors++;
    ep->status.state = PC_EP_FAILING;
    punish(ep, now_ms, FAIL_MS, FAIL_MAX_MS);
}

void endpoint_lied(struct endpoint *ep, uint64_t now_ms, enum err_code e, const char *text)
{
    note(ep, e, text);
    ep->status.lies++;
    if (ep->status.state != PC_EP_LYING)
        ep->penalty = 0;
    ep->status.state = PC_EP_LYING;
    punish(ep, now_ms, LIE_MS, LIE_MAX_MS);
}

void endpoints_blame(struct endpoints *e, unsigned i, uint64_t now_ms, enum err_code why)
{
    if (i >= e->m)
        return;
    if (pc_err_class(why) == PC_ERR_CLASS_PEER)
        endpoint_lied(&e->at[i], now_ms, why, "its answer was refuted");
    else
        endpoint_failed(&e->at[i], now_ms, why, "its answer was useless");
}

struct http_request endpoint_post(const struct endpoints *e, unsigned i, struct bytes body,
                                  size_t max_answer)
{
    return (struct http_request){.url = e->at[i].url,
                                 .method = PC_HTTP_POST,
                                 .content_type = "application/json",
                                 .body = body,
                                 .max_answer = max_answer,
                                 .timeout_ms = e->timeout_ms};
}

enum err_code endpoint_http_verdict(const struct http_request *r)
{
    if (r->err != PC_OK)
        return r->err;
    /* Some servers send JSON-RPC errors with 4xx or 5xx: then the body does not matter. */
    return r->status == 200 ? PC_OK : PC_E_IO;
}

/* Order of asking: ok ones from `turn` on, lagging ones, then those whose time has come. */
static unsigned order(struct endpoints *e, uint64_t now_ms, uint8_t avoid,
                      unsigned out[static PC_ENDPOINTS_MAX])
{
    static const enum endpoint_state wanted[] = {PC_EP_OK, PC_EP_LAGGING, PC_EP_FAILING,
                                                 PC_EP_LYING};
    unsigned n = 0;
    for (size_t s = 0; s < PC_ARRAY_LEN(wanted); s++)
        for (unsigned j = 0; j < e->m; j++) {
            unsigned i = (e->turn + j) % e->m;
            if ((avoid >> i & 1) == 0 && e->at[i].status.state == wanted[s] &&
                e->at[i].not_before_ms <= now_ms)
                out[n++] = i;
        }
    e->turn = (e->turn + 1) % e->m;
    return n;
}

static enum err_code ask(struct endpoints *e, unsigned i, const struct jsonrpc_request *r,
                         struct bytes body, size_t max_answer, endpoints_take take, void *ctx,
                         char text[static PC_JSONRPC_TEXT])
{
    struct http_request req = endpoint_post(e, i, body, max_answer);
    http_run(e->http, &req, 1, NULL, NULL);
    enum err_code err = endpoint_http_verdict(&req);
    if (err == PC_OK) {
        struct jsonrpc_answer *a = malloc(sizeof *a);
        err = a == NULL ? PC_E_MEMORY
                        : jsonrpc_parse(a, bytes_of(req.answer, req.answer_len), max_answer,
                                        r->first_id, r->n, r->batch);
        if (err == PC_OK) {
            for (unsigned j = 0; j < a->n && text[0] == '\0'; j++)
                (void)snprintf(text, PC_JSONRPC_TEXT, "%s", a->at[j].text);
            err = take(ctx, a, i);
        }
        if (a != NULL)
            jsonrpc_free(a);
        free(a);
    }
    http_request_free(&req);
    return err;
}

enum err_code endpoints_ask(struct endpoints *e, uint64_t now_ms, uint8_t avoid,
                            const struct jsonrpc_request *r, struct bytes body, size_t max_answer,
                            endpoints_take take, void *ctx)
{
    unsigned list[PC_ENDPOINTS_MAX];
    unsigned n = order(e, now_ms, avoid, list);
    enum err_code last = PC_E_RETRY;
    for (unsigned j = 0; j < n; j++) {
        char text[PC_JSONRPC_TEXT] = "";
        enum err_code err = ask(e, list[j], r, body, max_answer, take, ctx, text);
        if (err == PC_OK || pc_err_class(err) == PC_ERR_CLASS_POLICY)
            return err;
        if (err == PC_E_TOO_LARGE)
            last = err; /* another endpoint may allow more */
        else if (err == PC_E_MISMATCH)
            endpoint_lied(&e->at[list[j]], now_ms, err, "a header does not have its hash");
        else if (err != PC_E_RETRY)
            endpoint_failed(&e->at[list[j]], now_ms, err, text[0] ? text : pc_err_text(err));
    }
    return last;
}
