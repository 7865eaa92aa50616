/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolve.h - names of members' endpoints to addresses, by the C library's resolver, without ever
 * waiting for it.
 *
 * At most RESOLVES_MAX look-ups are under way. One that has not ended after RESOLVE_MS is answered
 * PC_E_TIMEOUT; its place is free again when the library is done with it, so a slow resolver costs
 * look-ups, not memory or threads. A name is absolute: no search list is tried, so that a name is
 * the same for every node. What is found is a stranger's word: the caller judges each address.
 */
#ifndef PC_NODE_RPC_RESOLVE_H
#define PC_NODE_RPC_RESOLVE_H

#include "protocol/endpoint.h"
#include "protocol/ipc_wire.h"

#define RESOLVES_MAX 8u
#define RESOLVE_MS   10000u

/* How a look-up is done; a test has another. */
struct resolve_io {
    /* Begin to look up `name` (NUL-terminated, valid until `take` gave an end). NULL: it cannot. */
    void *(*begin)(void *ctx, const char *name);
    /* PC_E_RETRY: not yet. Else it has ended and `job` is freed: PC_OK and up to cap addresses, or
     * PC_E_NOT_FOUND (no such name, or no address), PC_E_IO (no answer could be had). */
    enum err_code (*take)(void *ctx, void *job, struct sockaddr_storage *out, size_t cap,
                          size_t *n);
    void *ctx;
};

/* getaddrinfo_a(3). */
extern const struct resolve_io resolve_system;

struct resolve {
    bool used, answered;
    uint64_t id, since;
    void *job;
    char name[ENDPOINT_TEXT_MAX + 2];
};

struct resolver {
    const struct resolve_io *io;
    struct resolve at[RESOLVES_MAX];
};

/* PC_OK: resolver_next will give the answer. Else *out is the answer: PC_E_MALFORMED (no DNS name),
 * PC_E_FULL (ask later), PC_E_IO. */
PC_MUST_USE enum err_code resolver_ask(struct resolver *r, const struct ipc_pr_resolve *m,
                                       uint64_t now, struct ipc_pr_resolved *out);
/* The next answer that is there; false: none now. */
PC_MUST_USE bool resolver_next(struct resolver *r, uint64_t now, struct ipc_pr_resolved *out);
/* Is anything under way? */
bool resolver_busy(const struct resolver *r);
/* Who asked is gone: nobody gets the answers. */
void resolver_forget(struct resolver *r);

#endif
