/* SPDX-License-Identifier: Apache-2.0 */
/* http_testkit.h - a server and raw clients in one loop, for the two tests of http_server.h; each
 * includes it once. */
#ifndef PC_PROTOCOL_HTTP_TESTKIT_H
#define PC_PROTOCOL_HTTP_TESTKIT_H

#include "protocol/http_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop loop;
static struct http_server *server;
static struct sockaddr_in at;

static const struct http_route routes[] = {
    {"POST", "/v1/keys/evaluate", 1000},
    {"PUT", "/v1/collateral", 200000},
    {"GET", "/v1/epoch", 0},
    {"GET", "/v1/epoch/", 0},
    {"POST", "/both", 10},
    {"GET", "/both", 0},
};

/* What the server gave us last, and how to answer. */
static struct {
    unsigned requests;
    http_id id;
    const struct http_route *route;
    char path[64], type[64];
    uint8_t body[1000];
    size_t body_n;
    int family;
    bool json, later;
} seen;

static void on_request(void *ctx, const struct http_request *r)
{
    (void)ctx;
    const char *value = NULL;
    seen.requests++;
    seen.id = r->id;
    seen.route = r->route;
    seen.family = r->from->ss_family;
    (void)snprintf(seen.path, sizeof seen.path, "%s", r->path);
    (void)snprintf(seen.type, sizeof seen.type, "%s", r->content_type);
    seen.body_n = r->body.n;
    memcpy(seen.body, r->body.p != NULL ? r->body.p : (const uint8_t *)"",
           r->body.n < sizeof seen.body ? r->body.n : sizeof seen.body);
    seen.json = http_query(r, "json", &value);
    if (seen.json)
        assert_string_equal(value, "");
    assert_false(http_query(r, "none", NULL));
    if (!seen.later)
        assert_int_equal(http_answer(server, r->id, 200, "text/plain", PC_BYTES_STR("fine")),
                         PC_OK);
}

static void start(const struct http_limits *limits)
{
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    memset(&seen, 0, sizeof seen);
    loop_init(&loop);
    assert_int_equal(http_server_new(&server, &loop, routes, PC_ARRAY_LEN(routes),
                                     limits != NULL ? limits : &l, on_request, NULL),
                     PC_OK);
    struct sockaddr_storage any = {0};
    at = (struct sockaddr_in){.sin_family = AF_INET};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    memcpy(&any, &at, sizeof at);
    uint16_t port;
    assert_int_equal(http_server_listen(server, &any, &port), PC_OK);
    at.sin_port = htons(port);
}

static void stop(void)
{
    http_server_free(server);
    server = NULL;
    for (size_t i = 0; i < LOOP_FDS_MAX; i++)
        assert_int_equal(loop.slots[i].fd, -1);
    assert_null(loop.timers);
}

static void turn(void)
{
    assert_int_equal(loop_turn(&loop, 20), PC_OK);
}

static int client(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_true(fd >= 0);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) != 0) {
        struct pollfd p = {fd, POLLOUT, 0};
        assert_int_equal(errno, EINPROGRESS);
        while (poll(&p, 1, 0) == 0)
            turn();
    }
    return fd;
}

static inline void say_n(int fd, const char *text, size_t n)
{
    while (n > 0) {
        ssize_t r = send(fd, text, n, MSG_NOSIGNAL);
        if (r > 0) {
            text += r;
            n -= (size_t)r;
        } else {
            assert_int_equal(errno, EAGAIN);
            turn();
        }
    }
}

static void say(int fd, const char *text)
{
    say_n(fd, text, strlen(text));
}

/* What comes back until it holds `until`, or the connection ends. */
static const char *hear(int fd, const char *until)
{
    static char text[8192];
    size_t n = 0;
    memset(text, 0, sizeof text);
    for (int i = 0; i < 20000; i++) {
        ssize_t r = recv(fd, text + n, sizeof text - 1 - n, 0);
        if (r == 0 || (r < 0 && errno != EAGAIN))
            return text;
        if (r > 0)
            n += (size_t)r;
        if (until != NULL && strstr(text, until) != NULL)
            return text;
        turn();
    }
    fail_msg("neither an answer nor an end");
    return text;
}

static inline void expect(int fd, const char *status, const char *code)
{
    char line[64], quoted[64];
    (void)snprintf(line, sizeof line, "HTTP/1.1 %s ", status);
    (void)snprintf(quoted, sizeof quoted, "\"code\":\"%s\"", code);
    const char *text = hear(fd, "}\n");
    assert_memory_equal(text, line, strlen(line));
    assert_non_null(strstr(text, quoted));
    assert_non_null(strstr(text, "application/json"));
}

static struct http_counts counts(void)
{
    struct http_counts c;
    http_server_count(server, &c);
    return c;
}

#endif
