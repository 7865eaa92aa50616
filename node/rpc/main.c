/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polyclave-rpc - the process that speaks HTTP and JSON with endpoints that may lie.
 *
 * It takes what chain asks (cr_ask) one after the other; an answer is bounded binary, or an error.
 * For peer it looks up names of members' hosts (resolve.h), beside that. Nothing it says is
 * believed without a proof, so a taken-over rpc can withhold and nothing more. What endpoints do is
 * judged in chain/endpoints.h; chain tells which answer failed its proof (cr_blame).
 */
#include <stdlib.h>

#include "base/log.h"
#include "chain/endpoints.h"
#include "node/daemon/daemon.h"
#include "node/rpc/page.h"
#include "node/rpc/resolve.h"

#define TIMEOUT_MS 3000u
#define STATUS_MS  2000u
#define NAMES_MS   50u         /* how often is looked whether a name is there */
#define LOGS_MAX   (16u << 20) /* more than a block's gas can pay for */
#define URL_TEXT   (IPC_URL_MAX + 1)

struct rpc {
    struct daemon d;
    struct endpoints *endpoints;
    char urls[IPC_RPC_MAX][URL_TEXT];
    unsigned count;
    enum endpoint_state shown[IPC_RPC_MAX];
    struct loop_timer status;
    struct resolver resolver;
    struct loop_timer names;
    uint8_t data[IPC_OBJECT_MAX];
    uint8_t logs[LOGS_MAX]; /* of one block, to cut a page from */
};

static struct rpc rpc; /* one per process; large */

static enum err_code on_config(void *ctx, const struct ipc_cfg_rpc *m)
{
    struct rpc *r = ctx;
    const char *urls[IPC_RPC_MAX];
    struct ipc_ascii256_list rest = m->rpc;
    struct bytes url;
    endpoints_free(r->endpoints);
    r->endpoints = NULL;
    for (r->count = 0; ipc_ascii256_list_next(&rest, &url); r->count++) {
        memcpy(r->urls[r->count], url.p, url.n);
        r->urls[r->count][url.n] = '\0';
        urls[r->count] = r->urls[r->count];
    }
    struct endpoints_config config = {.urls = urls,
                                      .m = r->count,
                                      .k = m->agree,
                                      .chain_id = m->chain_id,
                                      .timeout_ms = TIMEOUT_MS};
    enum err_code e = endpoints_new(&r->endpoints, &config);
    if (e != PC_OK)
        log_error("rpc_config_refused", LOG_STR("error", pc_err_name(e)),
                  LOG_U64("endpoints", r->count),
                  LOG_STR("hint", "distinct http(s) URLs, at least 3 off development chains"));
    else
        log_info("rpc_configured", LOG_U64("endpoints", r->count), LOG_U64("agree", m->agree));
    return PC_OK;
}

/* Slots or addresses of a request. */
static unsigned take_words(const struct ipc_cr_ask *m, struct evm_word out[static 32])
{
    struct ipc_b32_list rest = m->words;
    unsigned n = 0;
    while (n < 32 && ipc_b32_list_next(&rest, out[n].b))
        n++;
    return n;
}

/* A page of one block's logs: what fits of those behind the first `skip`. */
static enum err_code logs_page(struct rpc *r, const struct ipc_cr_ask *m,
                               const struct evm_address *addresses, unsigned n, struct writer *w,
                               unsigned *who)
{
    struct writer all = writer_of(r->logs, sizeof r->logs);
    uint64_t skip = load_be64(m->hash + 24);
    struct bytes packed;
    unsigned count;
    if (m->from != m->to)
        return PC_E_USAGE;
    PC_TRY(endpoints_logs(r->endpoints, loop_now(&r->d.loop), m->avoid, m->from, m->to, addresses,
                          n, &all, &count, who));
    PC_TRY(writer_end(&all, &packed));
    return page_cut(w, packed, skip);
}

static enum err_code fetch(struct rpc *r, const struct ipc_cr_ask *m, struct writer *w,
                           unsigned *who)
{
    uint64_t now = loop_now(&r->d.loop);
    struct evm_word words[32];
    struct evm_address addresses[8];
    struct head_claim claim;
    unsigned n = take_words(m, words), count;
    struct evm_word hash = evm_word_of(m->hash);
    struct evm_address address;

    memcpy(address.b, m->address, sizeof address.b);
    if (r->endpoints == NULL)
        return PC_E_RETRY;
    switch (m->what) {
    case IPC_RPC_WHAT_FINALIZED:
    case IPC_RPC_WHAT_LATEST_MINUS_2:
        PC_TRY(m->what == IPC_RPC_WHAT_FINALIZED ? endpoints_head(r->endpoints, now, &claim)
                                                 : endpoints_latest(r->endpoints, now, 2, &claim));
        write_u64(w, claim.number);
        write_bytes(w, claim.hash.b, sizeof claim.hash.b);
        write_u8(w, claim.agreed);
        return PC_OK;
    case IPC_RPC_WHAT_HEADERS:
        if (m->to == 0 || m->to > PC_HEADERS_PER_FETCH)
            return PC_E_USAGE;
        return endpoints_headers(r->endpoints, now, m->avoid, m->from, (unsigned)m->to, w, who);
    case IPC_RPC_WHAT_LOGS:
        for (unsigned i = 0; i < n && i < PC_ARRAY_LEN(addresses); i++)
            PC_TRY(evm_word_to_addr(&addresses[i], &words[i]));
        if (n == 0 || n > PC_ARRAY_LEN(addresses) || m->from > m->to)
            return PC_E_USAGE;
        if (m->hash[0] == 1)
            return logs_page(r, m, addresses, n, w, who);
        return endpoints_logs(r->endpoints, now, m->avoid, m->from, m->to, addresses, n, w, &count,
                              who);
    case IPC_RPC_WHAT_PROOF:
        return endpoints_proof(r->endpoints, now, m->avoid, m->from, &address, words, n, w, who);
    case IPC_RPC_WHAT_CALLDATA:
        return endpoints_calldata(r->endpoints, now, m->avoid, &hash, w, who);
    }
    return PC_E_USAGE;
}

static enum err_code on_ask(void *ctx, const struct ipc_cr_ask *m)
{
    struct rpc *r = ctx;
    struct writer w = writer_of(r->data, sizeof r->data);
    struct ipc_cr_answer answer = {.id = m->id, .what = m->what};
    unsigned who = 0;
    enum err_code e = fetch(r, m, &w, &who);
    if (e == PC_OK)
        e = writer_end(&w, &answer.data);
    if (e != PC_OK)
        answer.data = bytes_of(NULL, 0);
    answer.error = (uint16_t)e;
    answer.endpoint = (uint8_t)who;
    return DAEMON_SEND(&r->d, IPC_LINK_CR, cr_answer, &answer);
}

static enum err_code on_blame(void *ctx, const struct ipc_cr_blame *m)
{
    struct rpc *r = ctx;
    if (r->endpoints == NULL || m->endpoint >= r->count)
        return PC_OK;
    log_warn("endpoint_blamed", LOG_STR("url", r->urls[m->endpoint]),
             LOG_STR("error", pc_err_name((enum err_code)m->error)));
    endpoints_blame(r->endpoints, m->endpoint, loop_now(&r->d.loop), (enum err_code)m->error);
    return PC_OK;
}

/* Every change of an endpoint's state is one log line that names it; chain gets the table. */
static void on_status(void *ctx)
{
    struct rpc *r = ctx;
    struct ipc_endpoint_state states[IPC_RPC_MAX];
    struct ipc_cr_endpoints m = {.endpoints = {.v = states}};
    for (unsigned i = 0; r->endpoints != NULL && i < r->count; i++) {
        const struct endpoint_status *s = endpoints_status(r->endpoints, i);
        states[i] = (struct ipc_endpoint_state){.endpoint = (uint8_t)i,
                                                .health = (enum ipc_endpoint_health)s->state,
                                                .finalized = s->head,
                                                .lies = (uint32_t)s->lies,
                                                .errors = (uint32_t)s->errors};
        m.endpoints.n = i + 1;
        if (s->state == r->shown[i])
            continue;
        r->shown[i] = s->state;
        log_warn("endpoint_state", LOG_STR("url", r->urls[i]),
                 LOG_STR("state", endpoint_state_name(s->state)),
                 LOG_STR("error", pc_err_name(s->err)), LOG_U64("head", s->head),
                 LOG_STR("text", s->text));
    }
    (void)DAEMON_SEND(&r->d, IPC_LINK_CR, cr_endpoints, &m);
    loop_timer_set(&r->d.loop, &r->status, STATUS_MS);
}

/* ---- names, for peer ---- */

static void on_names(void *ctx)
{
    struct rpc *r = ctx;
    struct ipc_pr_resolved m;
    while (resolver_next(&r->resolver, loop_now(&r->d.loop), &m))
        (void)DAEMON_SEND(&r->d, IPC_LINK_PR, pr_resolved, &m);
    if (resolver_busy(&r->resolver))
        loop_timer_set(&r->d.loop, &r->names, NAMES_MS);
}

static enum err_code on_resolve(void *ctx, const struct ipc_pr_resolve *m)
{
    struct rpc *r = ctx;
    struct ipc_pr_resolved answer;
    if (resolver_ask(&r->resolver, m, loop_now(&r->d.loop), &answer) != PC_OK)
        return DAEMON_SEND(&r->d, IPC_LINK_PR, pr_resolved, &answer);
    loop_timer_set(&r->d.loop, &r->names, NAMES_MS);
    return PC_OK;
}

static void on_link_down(void *ctx, enum ipc_link link)
{
    struct rpc *r = ctx;
    if (link == IPC_LINK_PR)
        resolver_forget(&r->resolver);
}

static const struct ipc_handlers handlers = {
    .cfg_rpc = on_config,
    .cr_ask = on_ask,
    .cr_blame = on_blame,
    .pr_resolve = on_resolve,
};

int main(int argc, char **argv)
{
    static const struct daemon_spec spec = {.self = IPC_PROC_RPC,
                                            .role = SANDBOX_RPC,
                                            .name = "polyclave-rpc",
                                            .handlers = &handlers,
                                            .ctx = &rpc,
                                            .link_down = on_link_down};
    rpc.resolver.io = &resolve_system;
    if (daemon_begin(&rpc.d, &spec, argc, argv) != PC_OK)
        return DAEMON_EXIT_USAGE;
    loop_timer_init(&rpc.names, on_names, &rpc);
    loop_timer_init(&rpc.status, on_status, &rpc);
    loop_timer_set(&rpc.d.loop, &rpc.status, STATUS_MS);
    /* Certificates and resolver: what TLS and names need, read only. */
    static const struct sandbox_path paths[] = {{"/etc/ssl", false},
                                                {"/usr/share/ca-certificates", false},
                                                {"/etc/resolv.conf", false},
                                                {"/etc/hosts", false},
                                                {"/etc/nsswitch.conf", false}};
    if (daemon_seal(&rpc.d, paths, PC_ARRAY_LEN(paths)) != PC_OK)
        return DAEMON_EXIT_FAULT;
    return daemon_run(&rpc.d);
}
