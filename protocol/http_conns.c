/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http_conns.h"

#include "protocol/endpoint.h"

void http_conns_append(struct http_conns *l, struct http_conn *c)
{
    c->prev = l->newest;
    c->next = NULL;
    *(l->newest != NULL ? &l->newest->next : &l->oldest) = c;
    l->newest = c;
}

void http_conns_unlink(struct http_conns *l, struct http_conn *c)
{
    *(c->prev != NULL ? &c->prev->next : &l->oldest) = c->next;
    *(c->next != NULL ? &c->next->prev : &l->newest) = c->prev;
    c->prev = c->next = NULL;
}

struct http_conn *http_conns_by_id(const struct http_conns *l, http_id id)
{
    struct http_conn *c = l->oldest;
    while (c != NULL && (id == 0 || c->id != id))
        c = c->next;
    return c;
}

struct http_conn *http_conns_by_fd(const struct http_conns *l, int fd)
{
    struct http_conn *c = l->oldest;
    while (c != NULL && (c->mhd != NULL || c->fd != fd))
        c = c->next;
    return c;
}

/* Which of the two goes first; a is the older one, or NULL. */
static struct http_conn *worse(struct http_conn *a, struct http_conn *b)
{
    if (b->phase == HTTP_THINKING)
        return a;
    return a == NULL || (a->phase == HTTP_ANSWERING && b->phase == HTTP_READING) ? b : a;
}

bool http_conns_room(const struct http_conns *l, const struct http_limits *limits,
                     const struct sockaddr_storage *from, struct http_conn **victim)
{
    unsigned here = 0, all = 0, lingering = 0;
    struct http_conn *of_here = NULL, *of_all = NULL;
    for (struct http_conn *c = l->oldest; c != NULL; c = c->next) {
        bool is_here = address_same_place(&c->from, from);
        if (c->cut) {
            lingering += is_here;
            continue;
        }
        all++;
        of_all = worse(of_all, c);
        if (is_here) {
            here++;
            of_here = worse(of_here, c);
        }
    }
    if (lingering >= limits->per_address) {
        *victim = NULL;
        return false;
    }
    bool full_here = here >= limits->per_address;
    *victim = full_here ? of_here : of_all;
    return !full_here && all < limits->connections;
}
