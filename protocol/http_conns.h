/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_conns.h - the connections of http_server.c: one list, oldest wait first, and who has to go
 * when there are too many. Internal to pc_http; knows nothing of libmicrohttpd.
 */
#ifndef PC_PROTOCOL_HTTP_CONNS_H
#define PC_PROTOCOL_HTTP_CONNS_H

#include "protocol/http_server.h"

struct MHD_Connection;

enum http_phase {
    HTTP_READING,  /* waits for a request or for the rest of one */
    HTTP_THINKING, /* the request is with its owner; libmicrohttpd is suspended */
    HTTP_ANSWERING
};

struct http_conn {
    struct http_server *s;
    struct http_conn *prev, *next;
    int fd;
    struct MHD_Connection *mhd;
    struct sockaddr_storage from;
    struct loop_timer timer;
    enum http_phase phase;
    bool cut; /* shut down: libmicrohttpd will close it */

    /* the present request */
    bool started; /* headers seen */
    http_id id;
    const struct http_route *route;
    uint8_t *body;
    size_t body_n, body_size;
    size_t copied; /* bytes of the answer */
    bool suspended;
    struct http_shared *response;
    unsigned status;
};

struct http_conns {
    struct http_conn *oldest, *newest;
};

void http_conns_append(struct http_conns *l, struct http_conn *c);
void http_conns_unlink(struct http_conns *l, struct http_conn *c);
/* NULL if there is none; the second one only among those that libmicrohttpd has not shown yet. */
struct http_conn *http_conns_by_id(const struct http_conns *l, http_id id);
struct http_conn *http_conns_by_fd(const struct http_conns *l, int fd);

/* Is there room for one more from this place? If not, *victim is whom to cut for it, or NULL: the
 * oldest that owes its request, else the oldest that does not take its answer; from the same place
 * if that is full, else of all. */
bool http_conns_room(const struct http_conns *l, const struct http_limits *limits,
                     const struct sockaddr_storage *from, struct http_conn **victim);

#endif
