/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_server.h - small requests and answers over HTTP/1.1 on a struct loop (libmicrohttpd without
 * threads; http_server.c is the one file that knows it).
 *
 * The server has a table of routes. It answers by itself what needs no thought: 404 and 405 outside
 * the table, 411 for a chunked or unmeasured body, 413 over the route's maximum (both before the
 * body is read), 400 for contradicting headers, 503 when too many bytes of bodies are in memory,
 * 504 when nobody answered in time. Everything else comes as a whole request, and is answered from
 * the loop whenever the answer is there.
 *
 * Strangers cost little: at most `connections` in all and per_address per IPv4 address or IPv6 /64
 * (unix sockets: no address, no such limit). At a limit the oldest one that has not yet
 * sent its request makes room, so that half-open connections and slow bodies shut nobody out. A
 * whole request must be in within request_ms of the connection or of the answer before it, however
 * the bytes trickle.
 *
 * Errors are JSON {"code": .., "message": .., "retry_after": ..}, retry_after (s) only where it is
 * known and then as a header too. Malformed HTTP itself is answered by libmicrohttpd in its own
 * words.
 */
#ifndef PC_PROTOCOL_HTTP_SERVER_H
#define PC_PROTOCOL_HTTP_SERVER_H

#include "protocol/loop.h"

#include <sys/socket.h>

struct http_server;
typedef uint64_t http_id; /* of a request; never used twice, 0 is none */

struct http_route {
    const char *method; /* "GET", "POST", "PUT", "DELETE" */
    const char *path;   /* "/v1/epoch"; also everything below it if it ends in "/" */
    size_t body_max;    /* 0: a body is refused */
};

struct http_limits {
    unsigned connections, per_address;
    unsigned request_ms; /* connection or previous answer to the whole request */
    unsigned answer_ms;  /* whole request to http_answer; then request_ms to take the answer */
    size_t bodies_max;   /* bytes of requests and of copied answers, all together */
};

#define HTTP_LIMITS_DEFAULT                                                                        \
    ((struct http_limits){.connections = 256,                                                      \
                          .per_address = 64,                                                       \
                          .request_ms = 10000,                                                     \
                          .answer_ms = 20000,                                                      \
                          .bodies_max = 4u << 20})

/* Views are valid until the request callback returns. */
struct http_request {
    http_id id;
    const struct http_route *route; /* of the table */
    const char *path;
    const char *content_type; /* "" if there is none */
    struct bytes body;
    const struct sockaddr_storage *from; /* AF_UNIX for a unix socket */
    void *query;                         /* http_query */
};

/* A whole request. Answer it now or later, once. */
typedef void (*http_request_fn)(void *ctx, const struct http_request *r);

/* The routes and what their strings point to stay the caller's and must outlive the server.
 * PC_E_MEMORY, PC_E_IO, PC_E_FULL, PC_E_USAGE. */
PC_MUST_USE enum err_code http_server_new(struct http_server **out, struct loop *loop,
                                          const struct http_route *routes, size_t n_routes,
                                          const struct http_limits *limits, http_request_fn fn,
                                          void *ctx);
/* Drops every connection. NULL is fine. Not from the request callback. */
void http_server_free(struct http_server *s);

/* Listen on an address (port 0 takes any, *port says which), or on a socket that listens already,
 * which then is the server's. PC_E_IO, PC_E_FULL (4 listeners). */
PC_MUST_USE enum err_code http_server_listen(struct http_server *s,
                                             const struct sockaddr_storage *at, uint16_t *port);
PC_MUST_USE enum err_code http_server_adopt(struct http_server *s, int fd);

/* Is `key` in the query string ("?json", "?a=b")? *value (not NULL: wanted) is its value or "".
 * Only within the request callback. */
bool http_query(const struct http_request *r, const char *key, const char **value);

/* The body is copied. PC_E_NOT_FOUND if the request is gone or was answered. */
PC_MUST_USE enum err_code http_answer(struct http_server *s, http_id id, unsigned status,
                                      const char *content_type, struct bytes body);

/* An answer that many get: copied once, however many readers are slow. NULL: no memory. Freeing it
 * while answers are under way is fine; NULL is, too. */
struct http_shared;
struct http_shared *http_shared_new(const char *content_type, struct bytes body);
void http_shared_free(struct http_shared *b);
PC_MUST_USE enum err_code http_answer_shared(struct http_server *s, http_id id, unsigned status,
                                             struct http_shared *b);

/* retry_after 0: says nothing. code and message are ASCII; other bytes come out as '?'. */
PC_MUST_USE enum err_code http_error(struct http_server *s, http_id id, unsigned status,
                                     const char *code, const char *message, unsigned retry_after);

struct http_counts {
    unsigned connections, pending; /* open now; requests without an answer */
    size_t bodies;                 /* bytes of bodies_max in use */
    uint64_t requests;             /* given to the callback */
    uint64_t refused;              /* answered by the server itself */
    uint64_t evicted;              /* made room */
    uint64_t timed_out;
};
void http_server_count(const struct http_server *s, struct http_counts *out);

#endif
