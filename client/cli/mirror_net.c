/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/mirror_net.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "chain/events.h"
#include "client/lib/logs.h"
#include "crypto/hash.h"
#include "crypto/ids.h"

#define ASK_MS            10000u
#define EVIDENCE_CAP      (WIRE_EVIDENCE_MAX + 1024)
#define COLLATERAL_CAP    ((size_t)256 * 1024 + 1024)
#define LIST_MAX          ((size_t)1 << 17) /* evidences of all nodes together */
#define DEVELOPMENT_CHAIN 31337u

/* ---- who ---- */

static void add_node(struct mirror_net *m, struct bytes endpoint)
{
    if (m->nodes == PC_MIRROR_NODES || !client_base_url(m->base[m->nodes], endpoint))
        return;
    for (unsigned i = 0; i < m->nodes; i++)
        if (strcmp(m->base[i], m->base[m->nodes]) == 0)
            return;
    m->nodes++;
}

static enum err_code take_node(void *ctx, const struct log_record *l, bool *enough)
{
    static struct event ev; /* large */
    struct mirror_net *m = ctx;
    struct event_sources from = {.node_registry = *net_at(m->n, PC_NET_NODE_REGISTRY)};
    if (event_decode(&ev, &from, l) == PC_OK) {
        if (ev.kind == PC_EV_JOINED)
            add_node(m, ev.u.joined.endpoint);
        else if (ev.kind == PC_EV_ENDPOINT)
            add_node(m, ev.u.endpoint.text);
    }
    *enough = m->nodes == PC_MIRROR_NODES;
    return PC_OK;
}

int mirror_net_open(struct mirror_net *m, struct cli_net *n, const struct cli_args *a)
{
    struct http_options o = {.public_only = n->net.chain_id != DEVELOPMENT_CHAIN};
    *m = (struct mirror_net){.n = n};
    for (size_t i = 0; i < cli_count(a, "node"); i++) {
        const char *text = cli_arg_at(a, "node", i);
        unsigned before = m->nodes;
        add_node(m, bytes_of(text, strlen(text)));
        if (m->nodes == before && before == 0)
            return cli_fail(PC_CLI_USAGE, "is no endpoint", text,
                            "write host:peerPort:httpPort, as nodes publish it");
    }
    if (m->nodes == 0) {
        for (unsigned i = 0; i < n->net.n_nodes; i++)
            add_node(m, bytes_of(n->net.node[i], strlen(n->net.node[i])));
        net_now(n);
        enum err_code e =
            logs_back(&n->chain, net_at(n, PC_NET_NODE_REGISTRY), n->net.from_block, take_node, m);
        if (m->nodes == 0)
            return e != PC_OK
                       ? net_unreachable(n, "nodes", e)
                       : cli_fail(PC_CLI_NO, "no node is known", "mirror", "name one with --node");
    }
    if (http_client_new(&m->http, &o) != PC_OK)
        pc_bug("no memory for an HTTP client");
    return PC_CLI_YES;
}

void mirror_net_close(struct mirror_net *m)
{
    http_client_free(m->http);
    m->http = NULL;
}

/* ---- one answer ---- */

static enum err_code ask_one(struct mirror_net *m, struct bytes *out, unsigned node,
                             const char *path, size_t cap)
{
    char url[PC_HTTP_URL_MAX];
    struct http_request r = {
        .url = url, .method = PC_HTTP_GET, .max_answer = cap, .timeout_ms = ASK_MS};
    *out = bytes_of(NULL, 0);
    if (snprintf(url, sizeof url, "%s%s", m->base[node], path) >= (int)sizeof url)
        return PC_E_USAGE;
    /* 429 and 503 are about now: they are asked once more. */
    for (unsigned turn = 0; turn < 4; turn++) {
        if (turn != 0)
            net_sleep(300 * turn);
        http_run(m->http, &r, 1, NULL, NULL);
        if (r.err != PC_OK || (r.status != 429 && r.status != 503))
            break;
        http_request_free(&r);
    }
    if (r.err == PC_OK && r.status == 200 && r.answer_len != 0) {
        *out = bytes_of(r.answer, r.answer_len); /* the caller's now */
        return PC_OK;
    }
    enum err_code e = r.err != PC_OK ? r.err : r.status == 404 ? PC_E_NOT_FOUND : PC_E_RETRY;
    http_request_free(&r);
    return e;
}

enum err_code mirror_get(struct mirror_net *m, struct bytes *out, const char *path, size_t cap,
                         mirror_check check, void *ctx)
{
    bool answered = false;
    *out = bytes_of(NULL, 0);
    for (unsigned i = 0; i < m->nodes; i++) {
        unsigned at = (m->first + i) % m->nodes;
        enum err_code e = ask_one(m, out, at, path, cap);
        answered |= e == PC_OK || e == PC_E_NOT_FOUND;
        if (e != PC_OK)
            continue;
        if (check(ctx, *out) == PC_OK) {
            m->first = at;
            return PC_OK;
        }
        cli_free(out);
    }
    return answered ? PC_E_NOT_FOUND : PC_E_RETRY;
}

static void path_of(char out[static 128], const char *before, const uint8_t hash[static 32],
                    const char *after)
{
    char hex[65];
    hex_encode(hex, bytes_of(hash, 32));
    (void)snprintf(out, 128, "%s%s%s", before, hex, after);
}

static enum err_code check_hash(void *ctx, struct bytes answer)
{
    uint8_t hash[32];
    sha256(hash, answer);
    return memcmp(hash, ctx, sizeof hash) == 0 ? PC_OK : PC_E_MISMATCH;
}

static enum err_code check_any(void *ctx, struct bytes answer)
{
    (void)ctx;
    (void)answer;
    return PC_OK;
}

enum err_code mirror_evidence(struct mirror_net *m, struct bytes *out,
                              const uint8_t hash[static 32])
{
    char path[128];
    uint8_t want[32];
    memcpy(want, hash, sizeof want);
    path_of(path, "/v1/evidence/", hash, "");
    return mirror_get(m, out, path, EVIDENCE_CAP, check_hash, want);
}

enum err_code mirror_collateral(struct mirror_net *m, struct bytes *out,
                                const uint8_t name[static 32])
{
    char path[128];
    path_of(path, "/v1/collateral/", name, "");
    return mirror_get(m, out, path, COLLATERAL_CAP, check_any, NULL);
}

struct attested_check {
    struct wire_attested *out;
    mirror_check check;
    void *ctx;
};

static enum err_code check_attested(void *ctx, struct bytes answer)
{
    struct attested_check *c = ctx;
    uint8_t key[32];
    PC_TRY(wire_decode_attested(c->out, answer));
    id_record(key, (enum subject_kind)c->out->kind, c->out->subject, c->out->context,
              c->out->measurement, c->out->platform, c->out->verifier);
    if (memcmp(key, c->out->record, sizeof key) != 0)
        return PC_E_MISMATCH;
    return c->check != NULL ? c->check(c->ctx, answer) : PC_OK;
}

enum err_code mirror_attested(struct mirror_net *m, struct wire_attested *out,
                              const uint8_t hash[static 32], mirror_check check, void *ctx)
{
    struct attested_check c = {out, check, ctx};
    struct bytes answer;
    char path[128];
    path_of(path, "/v1/evidence/", hash, "?record");
    enum err_code e = mirror_get(m, &answer, path, WIRE_ATTESTED_BYTES, check_attested, &c);
    cli_free(&answer);
    if (e != PC_OK)
        memset(out, 0, sizeof *out);
    return e;
}

static enum err_code check_32(void *ctx, struct bytes answer)
{
    if (answer.n != 32)
        return PC_E_MALFORMED;
    memcpy(ctx, answer.p, 32);
    return PC_OK;
}

enum err_code mirror_newest(struct mirror_net *m, uint8_t hash[static 32],
                            const uint8_t record[static 32])
{
    struct bytes answer;
    char path[128];
    path_of(path, "/v1/evidence?record=", record, "");
    enum err_code e = mirror_get(m, &answer, path, 32, check_32, hash);
    cli_free(&answer);
    return e;
}

/* ---- lists ---- */

struct list {
    struct client_evidence_item *v;
    size_t n, cap;
};

static enum err_code take_page(struct list *l, struct bytes page, uint8_t last[static 32],
                               bool *more)
{
    struct client_evidence_list in;
    struct client_evidence_item item;
    PC_TRY(client_decode_evidence_list(&in, page));
    if (l->n + in.items.n > l->cap) {
        size_t cap = 2 * (l->n + in.items.n);
        if (cap > 2 * LIST_MAX)
            return PC_E_TOO_LARGE;
        struct client_evidence_item *v = realloc(l->v, cap * sizeof *v);
        if (v == NULL)
            return PC_E_MEMORY;
        l->v = v;
        l->cap = cap;
    }
    *more = in.more && in.items.n != 0;
    while (client_evidence_item_list_next(&in.items, &item)) {
        if (memcmp(item.hash, last, 32) <= 0) /* pages go up, else they might never end */
            return PC_E_SEQUENCE;
        memcpy(last, item.hash, 32);
        l->v[l->n++] = item;
    }
    return PC_OK;
}

static enum err_code list_of_node(struct mirror_net *m, struct list *l, unsigned node)
{
    uint8_t last[32] = {0};
    bool more = true;
    char path[128];
    while (more) {
        struct bytes page;
        path_of(path, "/v1/evidence?after=", last, "");
        PC_TRY(ask_one(m, &page, node, path, CLIENT_EVIDENCE_LIST_BYTES));
        enum err_code e = take_page(l, page, last, &more);
        cli_free(&page);
        PC_TRY(e);
    }
    return PC_OK;
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(((const struct client_evidence_item *)a)->hash,
                  ((const struct client_evidence_item *)b)->hash, 32);
}

enum err_code mirror_list(struct mirror_net *m, struct client_evidence_item **out, size_t *n)
{
    struct list l = {NULL, 0, 0};
    unsigned answered = 0;
    *out = NULL;
    *n = 0;
    for (unsigned i = 0; i < m->nodes; i++) {
        net_progress(m->n, "list of %s", m->base[i]);
        enum err_code e = list_of_node(m, &l, i);
        answered += e == PC_OK;
        if (e != PC_OK)
            (void)fprintf(stderr, "  %s: %s\n", m->base[i], pc_err_name(e));
    }
    if (l.n != 0)
        qsort(l.v, l.n, sizeof *l.v, by_hash);
    for (size_t i = 0; i < l.n; i++)
        if (i == 0 || by_hash(&l.v[i], &l.v[i - 1]) != 0)
            l.v[(*n)++] = l.v[i];
    *out = l.v;
    return answered != 0 ? PC_OK : PC_E_RETRY;
}
