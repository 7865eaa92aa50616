/* SPDX-License-Identifier: Apache-2.0 */
#include "node/rpc/resolve.h"

#include <netdb.h>
#include <signal.h>
#include <stdlib.h>

/* ---- the C library ---- */

struct lookup {
    struct gaicb cb;
    struct addrinfo hints;
};

static void *system_begin(void *ctx, const char *name)
{
    struct lookup *l = calloc(1, sizeof *l);
    struct gaicb *list[1];
    (void)ctx;
    if (l == NULL)
        return NULL;
    l->hints = (struct addrinfo){.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    l->cb = (struct gaicb){.ar_name = name, .ar_request = &l->hints};
    list[0] = &l->cb;
    if (getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0)
        return l;
    free(l);
    return NULL;
}

static enum err_code system_take(void *ctx, void *job, struct sockaddr_storage *out, size_t cap,
                                 size_t *n)
{
    struct lookup *l = job;
    int e = gai_error(&l->cb);
    (void)ctx;
    *n = 0;
    if (e == EAI_INPROGRESS)
        return PC_E_RETRY;
    for (const struct addrinfo *a = e == 0 ? l->cb.ar_result : NULL; a != NULL && *n < cap;
         a = a->ai_next) {
        if (a->ai_addrlen > sizeof out[0])
            continue;
        memset(&out[*n], 0, sizeof out[0]);
        memcpy(&out[(*n)++], a->ai_addr, a->ai_addrlen);
    }
    if (e == 0)
        freeaddrinfo(l->cb.ar_result);
    free(l);
    if (e != 0)
        return e == EAI_NONAME || e == EAI_NODATA ? PC_E_NOT_FOUND : PC_E_IO;
    return *n != 0 ? PC_OK : PC_E_NOT_FOUND;
}

const struct resolve_io resolve_system = {system_begin, system_take, NULL};

/* ---- answers ---- */

/* Strictly a name: a literal address needs no look-up, anything else could be read oddly. */
static bool is_name(struct bytes host)
{
    char text[ENDPOINT_TEXT_MAX + 2];
    struct endpoint e;
    if (host.n == 0 || host.n > ENDPOINT_TEXT_MAX - 2)
        return false;
    memcpy(text, host.p, host.n);
    memcpy(text + host.n, ":1", 2);
    return endpoint_parse_listen(&e, bytes_of(text, host.n + 2)) == PC_OK &&
           e.kind == ENDPOINT_NAME;
}

static bool to_wire(struct ipc_address *out, const struct sockaddr_storage *a)
{
    memset(out, 0, sizeof *out);
    out->ipv6 = a->ss_family == AF_INET6;
    if (a->ss_family == AF_INET)
        memcpy(out->ip, &((const struct sockaddr_in *)a)->sin_addr, 4);
    else if (out->ipv6)
        memcpy(out->ip, &((const struct sockaddr_in6 *)a)->sin6_addr, 16);
    return out->ipv6 || a->ss_family == AF_INET;
}

enum err_code resolver_ask(struct resolver *r, const struct ipc_pr_resolve *m, uint64_t now,
                           struct ipc_pr_resolved *out)
{
    struct resolve *free_one = NULL;
    enum err_code e = is_name(m->host) ? PC_OK : PC_E_MALFORMED;
    for (size_t i = 0; i < RESOLVES_MAX && free_one == NULL; i++)
        if (!r->at[i].used)
            free_one = &r->at[i];
    if (e == PC_OK && free_one == NULL)
        e = PC_E_FULL;
    if (e == PC_OK) {
        *free_one = (struct resolve){.id = m->id, .since = now};
        memcpy(free_one->name, m->host.p, m->host.n);
        free_one->name[m->host.n] = '.'; /* absolute */
        free_one->job = r->io->begin(r->io->ctx, free_one->name);
        free_one->used = free_one->job != NULL;
        e = free_one->used ? PC_OK : PC_E_IO;
    }
    *out = (struct ipc_pr_resolved){.id = m->id, .error = (uint16_t)e};
    return e;
}

bool resolver_next(struct resolver *r, uint64_t now, struct ipc_pr_resolved *out)
{
    for (size_t i = 0; i < RESOLVES_MAX; i++) {
        struct resolve *l = &r->at[i];
        struct sockaddr_storage found[IPC_ADDRESSES_MAX];
        size_t n = 0;
        if (!l->used)
            continue;
        bool silent = l->answered;
        enum err_code e = r->io->take(r->io->ctx, l->job, found, PC_ARRAY_LEN(found), &n);
        if (e == PC_E_RETRY && now - l->since < RESOLVE_MS)
            continue;
        if (e == PC_E_RETRY) {
            l->answered = true;
            e = PC_E_TIMEOUT;
        } else {
            l->used = false;
        }
        if (silent)
            continue;
        *out = (struct ipc_pr_resolved){.id = l->id};
        for (size_t k = 0; e == PC_OK && k < n; k++)
            if (to_wire(&out->addresses[out->addresses_n], &found[k]))
                out->addresses_n++;
        if (e == PC_OK && out->addresses_n == 0)
            e = PC_E_NOT_FOUND;
        out->error = (uint16_t)e;
        return true;
    }
    return false;
}

bool resolver_busy(const struct resolver *r)
{
    for (size_t i = 0; i < RESOLVES_MAX; i++)
        if (r->at[i].used)
            return true;
    return false;
}

void resolver_forget(struct resolver *r)
{
    for (size_t i = 0; i < RESOLVES_MAX; i++)
        r->at[i].answered = true;
}
