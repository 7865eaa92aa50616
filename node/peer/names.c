/* SPDX-License-Identifier: Apache-2.0 */
/*
 * names.c - addresses of members whose endpoint names a host.
 *
 * rpc looks them up: it has the resolver and its files, this process keeps a sandbox without
 * either. An answer is a stranger's word, twice over: only addresses that a published endpoint may
 * have are taken (SPEC 8: off chain 31337 nothing private), a connection goes to the very address
 * that was judged, and the channel's key is the registered one whoever answers there. An answer
 * holds for NAMES_GOOD_MS, whatever its DNS record says; a failure for NAMES_BAD_MS, doubling.
 */
#include "base/log.h"
#include "node/peer/peer.h"

#define DEVELOPMENT_ID 31337u

static struct name *find(struct peer *p, const char *host)
{
    for (size_t i = 0; i < NAMES_MAX; i++)
        if (p->names[i].host[0] != '\0' && strcmp(p->names[i].host, host) == 0)
            return &p->names[i];
    return NULL;
}

/* A free place, else the one that was not used for longest; never one that is being asked for, of
 * which there are NAMES_ASKED_MAX at most. */
static struct name *find_new(struct peer *p, const char *host)
{
    struct name *n = NULL;
    for (size_t i = 0; i < NAMES_MAX && (n == NULL || n->host[0] != '\0'); i++) {
        struct name *o = &p->names[i];
        if (o->asked == 0 && (n == NULL || o->host[0] == '\0' || o->used_at < n->used_at))
            n = o;
    }
    PC_ASSERT(n != NULL);
    *n = (struct name){.n = 0};
    memcpy(n->host, host, strlen(host) + 1);
    return n;
}

static unsigned asked(const struct peer *p)
{
    unsigned n = 0;
    for (size_t i = 0; i < NAMES_MAX; i++)
        n += p->names[i].asked != 0;
    return n;
}

static void ask(struct peer *p, struct name *n)
{
    struct ipc_pr_resolve m = {.id = p->next_name + 1, .host = bytes_of(n->host, strlen(n->host))};
    if (asked(p) == NAMES_ASKED_MAX || DAEMON_SEND(&p->d, IPC_LINK_PR, pr_resolve, &m) != PC_OK)
        return; /* when it is called next time */
    n->asked = ++p->next_name;
    n->asked_at = loop_now(&p->d.loop);
}

/* `why` is logged when it is new: a name that stays bad would be said at each try. */
static void failed(struct peer *p, struct name *n, enum err_code e, const char *why)
{
    uint64_t wait = (uint64_t)NAMES_BAD_MS << (n->failures < 4 ? n->failures : 4);
    if (n->failures < 16)
        n->failures++;
    if (n->error != e)
        log_warn("name_not_resolved", LOG_STR("host", n->host), LOG_STR("error", pc_err_name(e)),
                 LOG_STR("why", why));
    n->error = e;
    n->n = 0;
    n->until = loop_now(&p->d.loop) + wait;
}

enum err_code names_address(struct peer *p, const struct endpoint *e, struct sockaddr_storage *out)
{
    uint64_t now = loop_now(&p->d.loop);
    struct name *n = find(p, e->host);
    if (n == NULL)
        n = find_new(p, e->host);
    n->used_at = now;
    if (n->asked == 0 && now >= n->until)
        ask(p, n);
    /* While an old answer is asked for again it still serves. */
    if (n->n == 0)
        return n->asked != 0 || n->error == PC_OK ? PC_E_RETRY : n->error;
    *out = n->address[n->next++ % n->n];
    if (out->ss_family == AF_INET)
        ((struct sockaddr_in *)out)->sin_port = htons(e->peer_port);
    else
        ((struct sockaddr_in6 *)out)->sin6_port = htons(e->peer_port);
    return PC_OK;
}

static void from_wire(struct sockaddr_storage *out, const struct ipc_address *a)
{
    memset(out, 0, sizeof *out);
    if (a->ipv6) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
        memcpy(&in6.sin6_addr, a->ip, 16);
        memcpy(out, &in6, sizeof in6);
    } else {
        struct sockaddr_in in = {.sin_family = AF_INET};
        memcpy(&in.sin_addr, a->ip, 4);
        memcpy(out, &in, sizeof in);
    }
    address_unmap(out);
}

void names_resolved(struct peer *p, const struct ipc_pr_resolved *m)
{
    bool development = p->d.policy.chain_id == DEVELOPMENT_ID;
    struct name *n = NULL;
    for (size_t i = 0; i < NAMES_MAX && n == NULL; i++)
        if (p->names[i].asked == m->id && m->id != 0)
            n = &p->names[i];
    if (n == NULL)
        return; /* too late */
    n->asked = 0;
    if (m->error != PC_OK) {
        failed(p, n, (enum err_code)m->error, "the resolver has no address");
        return;
    }
    n->n = n->next = 0;
    for (size_t i = 0; i < m->addresses_n; i++) {
        struct sockaddr_storage a;
        from_wire(&a, &m->addresses[i]);
        if (address_reachable(&a, development))
            n->address[n->n++] = a;
    }
    if (n->n == 0) {
        failed(p, n, PC_E_REFUSED, "no public address");
        return;
    }
    if (n->error != PC_OK || n->failures != 0)
        log_info("name_resolved", LOG_STR("host", n->host), LOG_U64("addresses", n->n));
    n->error = PC_OK;
    n->failures = 0;
    n->until = loop_now(&p->d.loop) + NAMES_GOOD_MS;
}

void names_drop(struct peer *p)
{
    for (size_t i = 0; i < NAMES_MAX; i++)
        p->names[i].asked = 0;
}

void names_tick(struct peer *p)
{
    uint64_t now = loop_now(&p->d.loop);
    for (size_t i = 0; i < NAMES_MAX; i++) {
        struct name *n = &p->names[i];
        if (n->asked == 0 || now - n->asked_at < NAMES_ASK_MS)
            continue;
        n->asked = 0;
        failed(p, n, PC_E_TIMEOUT, "rpc does not answer");
    }
}
