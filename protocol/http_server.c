/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http_server.h"

#include "protocol/http_conns.h"
#include "protocol/http_text.h"
#include "protocol/listener.h"

#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HEADERS_MEMORY                                                                             \
    (16u * 1024) /* of one connection: request line and headers, answer headers */
#define JSON_MAX 512

/* A response, and how many hold it: its owner, and connections that have not handed it over yet. */
struct http_shared {
    struct MHD_Response *r;
    unsigned holders;
};

struct http_server {
    struct loop *loop;
    struct MHD_Daemon *daemon;
    int epoll;
    struct listener listener;
    struct loop_timer pump_timer;
    const struct http_route *routes;
    size_t n_routes;
    struct http_limits limits;
    http_request_fn fn;
    void *ctx;
    http_id last_id;
    struct http_conns conns;
    struct http_counts counts;
    bool pumping, stopping;
    bool resumed; /* a connection waits for MHD_run */
};

/* --- connections ----------------------------------------------------------------------------- */

static void drop_body(struct http_conn *c)
{
    c->s->counts.bodies -= c->body_size;
    free(c->body);
    c->body = NULL;
    c->body_n = c->body_size = 0;
}

static void drop_request(struct http_conn *c)
{
    drop_body(c);
    c->s->counts.bodies -= c->copied;
    c->copied = 0;
    http_shared_free(c->response);
    if (c->phase == HTTP_THINKING)
        c->s->counts.pending--;
    c->started = c->suspended = false;
    c->id = 0;
    c->route = NULL;
    c->response = NULL;
}

/* A new wait for a request starts. */
static void start_reading(struct http_conn *c)
{
    drop_request(c);
    c->phase = HTTP_READING;
    http_conns_unlink(&c->s->conns, c);
    http_conns_append(&c->s->conns, c);
    loop_timer_set(c->s->loop, &c->timer, c->s->limits.request_ms);
}

static void forget_conn(struct http_conn *c)
{
    drop_request(c);
    loop_timer_stop(c->s->loop, &c->timer);
    http_conns_unlink(&c->s->conns, c);
    c->s->counts.connections--;
    free(c);
}

/* libmicrohttpd closes no connection on request: it is made to see the end of the stream. One that
 * has seen the client's end already, and waits all the same, goes by its own timeout. */
static void cut(struct http_conn *c)
{
    if (c->cut)
        return;
    c->cut = true;
    loop_timer_stop(c->s->loop, &c->timer);
    (void)shutdown(c->fd, SHUT_RDWR);
    (void)MHD_set_connection_option(c->mhd, MHD_CONNECTION_OPTION_TIMEOUT, 1u);
}

static void on_conn_timer(void *ctx)
{
    struct http_conn *c = ctx;
    c->s->counts.timed_out++;
    if (c->phase != HTTP_THINKING)
        cut(c);
    else if (http_error(c->s, c->id, MHD_HTTP_GATEWAY_TIMEOUT, "retry", "no answer in time", 1) !=
             PC_OK)
        loop_timer_set(c->s->loop, &c->timer,
                       1000); /* no memory for it now, or on its way already */
}

/* --- libmicrohttpd's turn -------------------------------------------------------------------- */

static void pump(struct http_server *s)
{
    MHD_UNSIGNED_LONG_LONG ms;
    if (s->pumping)
        return;
    s->pumping = true;
    s->resumed = false;
    (void)MHD_run(s->daemon);
    s->pumping = false;
    if (s->resumed)
        loop_timer_set(s->loop, &s->pump_timer, 0);
    else if (MHD_get_timeout(s->daemon, &ms) == MHD_YES)
        loop_timer_set(s->loop, &s->pump_timer, ms);
    else
        loop_timer_stop(s->loop, &s->pump_timer);
}

static void on_pump_timer(void *ctx)
{
    pump(ctx);
}

static void on_epoll(void *ctx, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    pump(ctx);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = cls;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*socket_context != NULL)
            forget_conn(*socket_context);
        *socket_context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct http_conn *c = info != NULL ? http_conns_by_fd(&s->conns, info->connect_fd) : NULL;
    if (c != NULL)
        c->mhd = mhd;
    *socket_context = c;
}

static struct http_conn *conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info != NULL ? info->socket_context : NULL;
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **req,
                         enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)req;
    (void)why;
    struct http_conn *c = conn_of(mhd);
    if (c != NULL && !c->s->stopping && !c->cut)
        start_reading(c);
}

/* --- answers --------------------------------------------------------------------------------- */

static struct MHD_Response *response_of(const char *content_type, struct bytes body)
{
    struct MHD_Response *r =
        MHD_create_response_from_buffer(body.n, (void *)(uintptr_t)body.p, MHD_RESPMEM_MUST_COPY);
    if (r != NULL &&
        (MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, content_type) != MHD_YES ||
         MHD_add_response_header(r, "X-Content-Type-Options", "nosniff") != MHD_YES ||
         MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store") != MHD_YES)) {
        MHD_destroy_response(r);
        return NULL;
    }
    return r;
}

struct http_shared *http_shared_new(const char *content_type, struct bytes body)
{
    struct http_shared *b = malloc(sizeof *b);
    if (b != NULL)
        *b = (struct http_shared){response_of(content_type, body), 1};
    if (b == NULL || b->r == NULL) {
        free(b);
        return NULL;
    }
    return b;
}

void http_shared_free(struct http_shared *b)
{
    if (b == NULL || --b->holders > 0)
        return;
    MHD_destroy_response(b->r);
    free(b);
}

static struct http_shared *error_of(const char *code, const char *message, unsigned retry_after)
{
    char json[HTTP_ERROR_MAX], seconds[16];
    size_t n = http_error_json(json, code, message, retry_after);
    struct http_shared *b = http_shared_new("application/json", bytes_of(json, n));
    (void)snprintf(seconds, sizeof seconds, "%u", retry_after);
    if (b != NULL && retry_after > 0 &&
        MHD_add_response_header(b->r, MHD_HTTP_HEADER_RETRY_AFTER, seconds) != MHD_YES) {
        http_shared_free(b);
        return NULL;
    }
    return b;
}

/* Hand the response over. MHD_NO closes the connection. */
static enum MHD_Result queue(struct http_conn *c)
{
    struct http_shared *b = c->response;
    c->response = NULL;
    if (b == NULL)
        return MHD_NO;
    if (c->phase == HTTP_THINKING)
        c->s->counts.pending--;
    c->phase = HTTP_ANSWERING;
    drop_body(c);
    loop_timer_set(c->s->loop, &c->timer, c->s->limits.request_ms);
    enum MHD_Result done = MHD_queue_response(c->mhd, c->status, b->r);
    http_shared_free(b);
    return done;
}

/* The server's own refusal, before or instead of the body: nothing after it is read. */
static enum MHD_Result refuse(struct http_conn *c, unsigned status, const char *code,
                              const char *message, unsigned retry_after)
{
    c->s->counts.refused++;
    c->status = status;
    c->response = error_of(code, message, retry_after);
    if (c->response != NULL &&
        MHD_add_response_header(c->response->r, MHD_HTTP_HEADER_CONNECTION, "close") != MHD_YES) {
        http_shared_free(c->response);
        c->response = NULL;
    }
    return queue(c);
}

/* On success the hold on b is the connection's. */
static enum err_code answer(struct http_server *s, http_id id, unsigned status,
                            struct http_shared *b, size_t copied)
{
    struct http_conn *c = http_conns_by_id(&s->conns, id);
    if (c == NULL || c->phase != HTTP_THINKING || c->response != NULL)
        return PC_E_NOT_FOUND;
    if (b == NULL)
        return PC_E_MEMORY;
    c->status = status;
    c->response = b;
    c->copied = copied;
    s->counts.bodies += copied;
    if (c->suspended) {
        c->suspended = false;
        MHD_resume_connection(c->mhd);
        s->resumed = true;
        loop_timer_set(s->loop, &s->pump_timer, 0); /* not at once: we may be in its callback */
    }
    return PC_OK;
}

static enum err_code answer_once(struct http_server *s, http_id id, unsigned status,
                                 struct http_shared *b, size_t copied)
{
    enum err_code e = answer(s, id, status, b, copied);
    if (e != PC_OK)
        http_shared_free(b);
    return e;
}

enum err_code http_answer(struct http_server *s, http_id id, unsigned status,
                          const char *content_type, struct bytes body)
{
    return answer_once(s, id, status, http_shared_new(content_type, body), body.n);
}

enum err_code http_error(struct http_server *s, http_id id, unsigned status, const char *code,
                         const char *message, unsigned retry_after)
{
    return answer_once(s, id, status, error_of(code, message, retry_after), 0);
}

enum err_code http_answer_shared(struct http_server *s, http_id id, unsigned status,
                                 struct http_shared *b)
{
    b->holders++;
    enum err_code e = answer(s, id, status, b, 0);
    if (e != PC_OK)
        http_shared_free(b);
    return e;
}

/* --- requests -------------------------------------------------------------------------------- */

struct length_scan {
    unsigned lengths, encodings;
    const char *length;
};

static enum MHD_Result scan_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                   const char *value)
{
    struct length_scan *scan = cls;
    (void)kind;
    if (strcasecmp(key, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0) {
        scan->lengths++;
        scan->length = value != NULL ? value : "";
    } else if (strcasecmp(key, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0) {
        scan->encodings++;
    }
    return MHD_YES;
}

/* Headers are in: is it a request that may be? */
static enum MHD_Result on_headers(struct http_conn *c, const char *path, const char *method)
{
    struct http_server *s = c->s;
    struct length_scan scan = {0};
    bool path_known = false;
    c->started = true;
    c->id = ++s->last_id;
    for (size_t i = 0; i < s->n_routes && c->route == NULL; i++)
        if (http_path_matches(s->routes[i].path, path)) {
            path_known = true;
            if (strcmp(s->routes[i].method, method) == 0)
                c->route = &s->routes[i];
        }
    if (!path_known)
        return refuse(c, MHD_HTTP_NOT_FOUND, "not_found", "there is no such path", 0);
    if (c->route == NULL)
        return refuse(c, MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed",
                      "the path does not take this method", 0);
    (void)MHD_get_connection_values(c->mhd, MHD_HEADER_KIND, scan_header, &scan);
    if (scan.encodings > 0)
        return refuse(c, MHD_HTTP_LENGTH_REQUIRED, "length_required",
                      "send the body whole, with Content-Length", 0);
    size_t n = 0;
    if (scan.lengths > 1 || (scan.lengths == 1 && !http_parse_length(&n, scan.length)))
        return refuse(c, MHD_HTTP_BAD_REQUEST, "malformed", "Content-Length is not one number", 0);
    if (scan.lengths == 0 && c->route->body_max > 0)
        return refuse(c, MHD_HTTP_LENGTH_REQUIRED, "length_required", "Content-Length is missing",
                      0);
    if (n > c->route->body_max)
        return refuse(c, MHD_HTTP_CONTENT_TOO_LARGE, "too_large",
                      "the body is over this path's maximum", 0);
    if (s->counts.bodies >= s->limits.bodies_max || n > s->limits.bodies_max - s->counts.bodies)
        return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE, "retry", "too many requests at a time", 1);
    if (n > 0) {
        c->body = malloc(n);
        if (c->body == NULL)
            return refuse(c, MHD_HTTP_SERVICE_UNAVAILABLE, "retry", "out of memory", 1);
        c->body_size = n;
        s->counts.bodies += n;
    }
    return MHD_YES;
}

static enum MHD_Result on_body(struct http_conn *c, const char *data, size_t *n)
{
    if (*n > c->body_size - c->body_n)
        return MHD_NO; /* cannot be: libmicrohttpd stops at Content-Length */
    memcpy(c->body + c->body_n, data, *n);
    c->body_n += *n;
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result on_whole(struct http_conn *c, const char *path)
{
    struct http_server *s = c->s;
    if (c->body_n != c->body_size)
        return MHD_NO;
    const char *type =
        MHD_lookup_connection_value(c->mhd, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    struct http_request r = {.id = c->id,
                             .route = c->route,
                             .path = path,
                             .content_type = type != NULL ? type : "",
                             .body = bytes_of(c->body, c->body_n),
                             .from = &c->from,
                             .query = c->mhd};
    c->phase = HTTP_THINKING;
    s->counts.pending++;
    s->counts.requests++;
    loop_timer_set(s->loop, &c->timer, s->limits.answer_ms);
    s->fn(s->ctx, &r);
    if (c->response != NULL)
        return queue(c);
    MHD_suspend_connection(c->mhd);
    c->suspended = true;
    return MHD_YES;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *mhd, const char *path,
                                 const char *method, const char *version, const char *data,
                                 size_t *n, void **req)
{
    (void)cls;
    (void)version;
    (void)req;
    struct http_conn *c = conn_of(mhd);
    if (c == NULL)
        return MHD_NO;
    if (!c->started)
        return on_headers(c, path, method);
    if (*n > 0)
        return on_body(c, data, n);
    if (c->phase == HTTP_THINKING)
        return queue(c); /* resumed */
    return on_whole(c, path);
}

struct query_scan {
    const char *key, *value;
    bool found;
};

static enum MHD_Result scan_query(void *cls, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
    struct query_scan *scan = cls;
    (void)kind;
    if (scan->found || strcmp(key, scan->key) != 0)
        return MHD_YES;
    scan->found = true;
    scan->value = value != NULL ? value : "";
    return MHD_NO;
}

bool http_query(const struct http_request *r, const char *key, const char **value)
{
    struct query_scan scan = {.key = key, .value = ""};
    (void)MHD_get_connection_values(r->query, MHD_GET_ARGUMENT_KIND, scan_query, &scan);
    if (value != NULL)
        *value = scan.value;
    return scan.found;
}

/* --- strangers ------------------------------------------------------------------------------- */

static bool make_room(struct http_server *s, const struct sockaddr_storage *from)
{
    struct http_conn *victim;
    if (http_conns_room(&s->conns, &s->limits, from, &victim))
        return true;
    if (victim == NULL)
        return false;
    s->counts.evicted++;
    cut(victim);
    return true;
}

static socklen_t length_of(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET    ? sizeof(struct sockaddr_in)
           : a->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                      : sizeof a->ss_family;
}

static void on_accepted(void *ctx, int fd, struct sockaddr_storage *from)
{
    struct http_server *s = ctx;
    struct http_conn *c = make_room(s, from) ? calloc(1, sizeof *c) : NULL;
    if (c == NULL) {
        s->counts.refused++;
        (void)close(fd);
        return;
    }
    c->s = s;
    c->fd = fd;
    c->from = *from;
    c->phase = HTTP_READING;
    loop_timer_init(&c->timer, on_conn_timer, c);
    loop_timer_set(s->loop, &c->timer, s->limits.request_ms);
    http_conns_append(&s->conns, c);
    s->counts.connections++;
    /* The descriptor is libmicrohttpd's from here on, whatever it says. */
    bool added =
        MHD_add_connection(s->daemon, fd, (struct sockaddr *)from, length_of(from)) == MHD_YES;
    for (struct http_conn *o = s->conns.oldest; o != NULL; o = o->next)
        if (o == c && (!added || c->mhd == NULL)) {
            forget_conn(c);
            return;
        }
}

static void on_batch(void *ctx)
{
    pump(ctx);
}

enum err_code http_server_adopt(struct http_server *s, int fd)
{
    return listener_adopt(&s->listener, fd);
}

enum err_code http_server_listen(struct http_server *s, const struct sockaddr_storage *at,
                                 uint16_t *port)
{
    return listener_open(&s->listener, at, port);
}

/* --- the whole ------------------------------------------------------------------------------- */

enum err_code http_server_new(struct http_server **out, struct loop *loop,
                              const struct http_route *routes, size_t n_routes,
                              const struct http_limits *limits, http_request_fn fn, void *ctx)
{
    *out = NULL;
    if (limits->connections == 0 || limits->per_address == 0 || limits->request_ms == 0 ||
        limits->answer_ms == 0)
        return PC_E_USAGE;
    for (size_t i = 0; i < n_routes; i++)
        if (routes[i].path[0] != '/' || routes[i].body_max > limits->bodies_max)
            return PC_E_USAGE;
    struct http_server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return PC_E_MEMORY;
    s->loop = loop;
    s->routes = routes;
    s->n_routes = n_routes;
    s->limits = *limits;
    s->fn = fn;
    s->ctx = ctx;
    loop_timer_init(&s->pump_timer, on_pump_timer, s);
    listener_init(&s->listener, loop, on_accepted, on_batch, s);
    /* Twice the connections: those that were cut count until libmicrohttpd has seen it. */
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_SUSPEND_RESUME, 0, NULL, NULL, on_access,
        s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MEMORY, MHD_OPTION_CONNECTION_LIMIT,
        2 * limits->connections + LISTENER_BATCH, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        s, MHD_OPTION_END);
    const union MHD_DaemonInfo *info =
        s->daemon != NULL ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    enum err_code e = info != NULL && info->epoll_fd >= 0 ? PC_OK : PC_E_IO;
    if (e == PC_OK)
        e = loop_fd_add(loop, info->epoll_fd, LOOP_READ, on_epoll, s);
    if (e != PC_OK) {
        if (s->daemon != NULL)
            MHD_stop_daemon(s->daemon);
        free(s);
        return e;
    }
    s->epoll = info->epoll_fd;
    *out = s;
    return PC_OK;
}

void http_server_free(struct http_server *s)
{
    if (s == NULL)
        return;
    s->stopping = true;
    listener_close(&s->listener);
    loop_timer_stop(s->loop, &s->pump_timer);
    /* libmicrohttpd does not stop over suspended connections. */
    for (struct http_conn *c = s->conns.oldest; c != NULL; c = c->next)
        if (c->suspended) {
            c->suspended = false;
            MHD_resume_connection(c->mhd);
        }
    loop_fd_remove(s->loop, s->epoll);
    MHD_stop_daemon(s->daemon);
    while (s->conns.oldest != NULL)
        forget_conn(s->conns.oldest);
    free(s);
}

void http_server_count(const struct http_server *s, struct http_counts *out)
{
    *out = s->counts;
}
