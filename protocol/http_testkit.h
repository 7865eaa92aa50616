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

static void test_get_and_post(void **state)
{
    (void)state;
    start(NULL);
    int fd = client();
    say(fd, "GET /v1/epoch?json HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_non_null(strstr(hear(fd, "fine"), "HTTP/1.1 200"));
    assert_true(seen.json);
    assert_int_equal(seen.family, AF_INET);
    /* the same connection again, in pieces */
    say(fd, "POST /v1/keys/evaluate HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-");
    turn();
    say(fd, "stream\r\nContent-Length: 6\r\n\r\nabc");
    turn();
    assert_int_equal(seen.requests, 1);
    say(fd, "def");
    assert_non_null(strstr(hear(fd, "fine"), "nosniff"));
    assert_int_equal(seen.requests, 2);
    assert_int_equal(seen.body_n, 6);
    assert_memory_equal(seen.body, "abcdef", 6);
    assert_string_equal(seen.type, "application/octet-stream");
    assert_string_equal(seen.route->path, "/v1/keys/evaluate");
    say(fd, "GET /v1/epoch/17 HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)hear(fd, "fine");
    assert_string_equal(seen.path, "/v1/epoch/17");
    assert_string_equal(seen.route->path, "/v1/epoch/");
    assert_int_equal(counts().connections, 1);
    assert_int_equal(counts().bodies, 0);
    assert_int_equal(http_answer(server, seen.id, 200, "text/plain", PC_BYTES_STR("again")),
                     PC_E_NOT_FOUND);
    (void)close(fd);
    while (counts().connections > 0)
        turn();
    stop();
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *request, *status, *code;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "404", "not_found"},
        {"GET /v1/epoch2 HTTP/1.1\r\nHost: x\r\n\r\n", "404", "not_found"},
        {"DELETE /both HTTP/1.1\r\nHost: x\r\n\r\n", "405", "method_not_allowed"},
        {"POST /both HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "411",
         "length_required"},
        {"POST /both HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: "
         "3\r\n\r\n",
         "411", "length_required"},
        {"POST /both HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\nContent-Length: "
         "3\r\n\r\n",
         "411", "length_required"},
        {"POST /both HTTP/1.1\r\nHost: x\r\n\r\n", "411", "length_required"},
        {"POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n", "413", "too_large"},
        {"POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 4294967296\r\n\r\n", "413",
         "too_large"},
        {"POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", "400",
         "malformed"},
        {"GET /both HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx", "413", "too_large"},
    };
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    l.request_ms = 500;
    start(&l);
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        int fd = client();
        say(fd, cases[i].request);
        expect(fd, cases[i].status, cases[i].code);
        (void)hear(fd, NULL); /* and it ends */
        (void)close(fd);
    }
    assert_int_equal(seen.requests, 0);
    assert_int_equal(counts().refused, PC_ARRAY_LEN(cases));
    /* Not HTTP, or numbers that are none: libmicrohttpd's words, and no request. */
    static const char *const broken[] = {
        "\r\n\r\n\r\n",
        "nonsense\r\n\r\n",
        "GET /both HTTP/9.9\r\nHost: x\r\n\r\n",
        "POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 1x\r\n\r\n",
        "POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(broken); i++) {
        int fd = client();
        say(fd, broken[i]);
        (void)shutdown(fd, SHUT_WR);
        const char *text = hear(fd, NULL);
        assert_null(strstr(text, " 200 "));
        (void)close(fd);
    }
    /* Blank lines and a half-closed connection: libmicrohttpd would keep it for ever. */
    while (counts().connections > 0)
        turn();
    /* Endless headers. */
    int fd = client();
    say(fd, "GET /both HTTP/1.1\r\nHost: x\r\n");
    for (int i = 0; i < 2000; i++) {
        char line[] = "X-Header-of-some-length: and a value of some length as well\r\n";
        if (send(fd, line, sizeof line - 1, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
            break;
        turn();
        if (counts().connections == 0)
            break;
    }
    (void)close(fd);
    while (counts().connections > 0)
        turn();
    assert_int_equal(seen.requests, 0);
    stop();
}

static void test_expect_continue(void **state)
{
    (void)state;
    start(NULL);
    int fd = client();
    say(fd, "POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    assert_non_null(strstr(hear(fd, "\r\n\r\n"), "100 Continue"));
    say(fd, "abc");
    assert_non_null(strstr(hear(fd, "fine"), "200"));
    (void)close(fd);
    stop();
}

static void test_answer_later(void **state)
{
    (void)state;
    start(NULL);
    seen.later = true;
    int fd[3];
    http_id id[3];
    for (unsigned i = 0; i < 3; i++) {
        fd[i] = client();
        say(fd[i], "POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nz");
        while (seen.requests < i + 1)
            turn();
        id[i] = seen.id;
    }
    assert_int_equal(counts().pending, 3);
    assert_int_equal(counts().bodies, 3);
    assert_int_equal(http_answer(server, id[2], 200, "text/plain", PC_BYTES_STR("second")), PC_OK);
    assert_int_equal(http_answer(server, id[2], 200, "text/plain", PC_BYTES_STR("twice")),
                     PC_E_NOT_FOUND);
    assert_non_null(strstr(hear(fd[2], "second"), "200"));
    assert_int_equal(http_error(server, id[0], 503, "chain_behind", "say \"when\"\n", 7), PC_OK);
    const char *text = hear(fd[0], "}\n");
    assert_non_null(strstr(text, "HTTP/1.1 503"));
    assert_non_null(strstr(text, "Retry-After: 7"));
    assert_non_null(strstr(text, "{\"code\":\"chain_behind\",\"message\":\"say \\\"when\\\"?\","
                                 "\"retry_after\":7}\n"));
    /* The client of the last one is gone; answering it harms nobody. */
    (void)close(fd[1]);
    turn();
    assert_int_equal(http_answer(server, id[1], 200, "text/plain", PC_BYTES_STR("late")), PC_OK);
    while (counts().connections > 2)
        turn();
    assert_int_equal(counts().pending, 0);
    assert_int_equal(counts().bodies, 0);
    assert_int_equal(http_answer(server, 0, 200, "text/plain", PC_BYTES_STR("x")), PC_E_NOT_FOUND);
    (void)(close(fd[0]) | close(fd[2]));
    stop();
}

/* An answer that is given while the server has its turn: from the callback of another request. */
static http_id first_id;

static void on_second(void *ctx, const struct http_request *r)
{
    (void)ctx;
    if (first_id == 0) {
        first_id = r->id;
        return;
    }
    assert_int_equal(http_answer(server, first_id, 200, "text/plain", PC_BYTES_STR("first")),
                     PC_OK);
    assert_int_equal(http_answer(server, r->id, 200, "text/plain", PC_BYTES_STR("second")), PC_OK);
}

static void test_answer_from_anothers_callback(void **state)
{
    (void)state;
    start(NULL);
    http_server_free(server);
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    struct sockaddr_storage any = {0};
    uint16_t port;
    assert_int_equal(
        http_server_new(&server, &loop, routes, PC_ARRAY_LEN(routes), &l, on_second, NULL), PC_OK);
    at.sin_port = 0;
    memcpy(&any, &at, sizeof at);
    assert_int_equal(http_server_listen(server, &any, &port), PC_OK);
    at.sin_port = htons(port);
    int a = client(), b = client();
    say(a, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    while (counts().pending < 1)
        turn();
    say(b, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_non_null(strstr(hear(b, "second"), "200"));
    assert_non_null(strstr(hear(a, "first"), "200"));
    (void)(close(a) | close(b));
    stop();
}

/* Freed with requests unanswered, unfinished and unread. */
static void test_free_in_flight(void **state)
{
    (void)state;
    start(NULL);
    seen.later = true;
    int a = client(), b = client(), c = client();
    say(a, "POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nz");
    say(b, "POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nz");
    say(c, "POST /bo");
    while (seen.requests < 1 || counts().bodies < 10)
        turn();
    stop();
    (void)(close(a) | close(b) | close(c));
}

static void test_nobody_answers(void **state)
{
    (void)state;
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    l.answer_ms = 30;
    start(&l);
    seen.later = true;
    int fd = client();
    say(fd, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(fd, "504", "retry");
    assert_int_equal(http_answer(server, seen.id, 200, "text/plain", PC_BYTES_STR("late")),
                     PC_E_NOT_FOUND);
    assert_int_equal(counts().timed_out, 1);
    (void)close(fd);
    stop();
}

/* However the bytes trickle, a request must be in within request_ms. */
static void test_slow_requests(void **state)
{
    (void)state;
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    l.request_ms = 60;
    start(&l);
    int silent = client(), head = client(), body = client();
    say(head, "GET /both HT");
    say(body, "POST /v1/keys/evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; counts().timed_out < 3; i++) {
        assert_true(i < 5000);
        if (i < 400) {
            (void)!send(head, "X", 1, MSG_NOSIGNAL);
            (void)!send(body, "X", 1, MSG_NOSIGNAL);
        }
        assert_int_equal(loop_turn(&loop, 2), PC_OK);
    }
    while (counts().connections > 0)
        turn();
    assert_int_equal(counts().bodies, 0);
    assert_int_equal(seen.requests, 0);
    (void)(close(silent) | close(head) | close(body));
    /* A kept connection has its time anew after each answer. */
    int fd = client();
    say(fd, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)hear(fd, "fine");
    while (counts().connections > 0)
        turn();
    assert_string_equal(hear(fd, NULL), "");
    (void)close(fd);
    stop();
}

static void test_flood(void **state)
{
    (void)state;
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    l.connections = 20;
    l.per_address = 10;
    start(&l);
    enum { FLOOD = 120 };
    static int fds[FLOOD];
    for (int i = 0; i < FLOOD; i++) {
        fds[i] = client();
        if (i % 3 == 0)
            say(fds[i], "POST /both HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\na");
        assert_int_equal(loop_turn(&loop, 0), PC_OK);
    }
    while (counts().evicted < FLOOD - 10)
        turn();
    while (counts().connections > 10)
        turn();
    for (int i = 0; i < 50; i++) {
        int fd = client();
        say(fd, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_non_null(strstr(hear(fd, "fine"), "200"));
        (void)close(fd);
    }
    assert_int_equal(seen.requests, 50);
    for (int i = 0; i < FLOOD; i++)
        (void)close(fds[i]);
    stop();
}

/* Requests that wait for an answer are not pushed out: the newcomer is turned away. */
static void test_full_of_waiting_requests(void **state)
{
    (void)state;
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    l.connections = 2;
    start(&l);
    seen.later = true;
    int a = client(), b = client();
    say(a, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    say(b, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    while (seen.requests < 2)
        turn();
    int c = client();
    assert_string_equal(hear(c, NULL), "");
    assert_int_equal(counts().refused, 1);
    assert_int_equal(counts().evicted, 0);
    assert_int_equal(http_answer(server, seen.id, 200, "text/plain", PC_BYTES_STR("ok")), PC_OK);
    (void)(close(a) | close(b) | close(c));
    stop();
}

/* Connections that libmicrohttpd does not let go at once fill their own place only. */
static void test_lingering(void **state)
{
    (void)state;
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    l.per_address = 4;
    start(&l);
    for (int i = 0; i < 60; i++) {
        int fd = client();
        say(fd, "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n");
        (void)shutdown(fd, SHUT_WR);
        assert_int_equal(loop_turn(&loop, 0), PC_OK);
        assert_in_range(counts().connections, 0, 8);
        (void)close(fd);
    }
    while (counts().connections > 4)
        turn(); /* by libmicrohttpd's timeout */
    int fd = client();
    say(fd, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_non_null(strstr(hear(fd, "fine"), "200"));
    (void)close(fd);
    stop();
}

/* One that does not take its answer goes when others want to be heard; the answer is held once. */
static void test_slow_readers(void **state)
{
    (void)state;
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    l.per_address = 3;
    start(&l);
    seen.later = true;
    static uint8_t big[16u << 20]; /* more than the kernel takes for a reader that sleeps */
    struct http_shared *shared = http_shared_new("text/plain", PC_BYTES(big));
    assert_non_null(shared);
    int fds[3];
    for (unsigned i = 0; i < 3; i++) {
        fds[i] = client();
        say(fds[i], "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
        while (seen.requests < i + 1)
            turn();
        assert_int_equal(http_answer_shared(server, seen.id, 200, shared), PC_OK);
        assert_int_equal(http_answer_shared(server, seen.id, 200, shared), PC_E_NOT_FOUND);
    }
    http_shared_free(shared);
    http_shared_free(NULL);
    while (counts().pending > 0)
        turn();
    assert_int_equal(counts().bodies, 0);
    seen.later = false;
    int fd = client();
    say(fd, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_non_null(strstr(hear(fd, "fine"), "200"));
    assert_int_equal(counts().evicted, 1);
    for (int i = 0; i < 3; i++)
        (void)close(fds[i]);
    (void)close(fd);
    stop();
}

static void test_bodies_bound(void **state)
{
    (void)state;
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    l.bodies_max = 200000;
    start(&l);
    int a = client(), b = client();
    say(a, "PUT /v1/collateral HTTP/1.1\r\nHost: x\r\nContent-Length: 199000\r\n\r\n");
    while (counts().bodies < 199000)
        turn();
    say(b, "PUT /v1/collateral HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    expect(b, "503", "retry");
    static char big[199000];
    memset(big, 'b', sizeof big);
    say_n(a, big, sizeof big);
    assert_non_null(strstr(hear(a, "fine"), "200"));
    /* Even without a body: copied answers count too. */
    seen.later = true;
    say(a, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    while (seen.requests < 2)
        turn();
    int c = client();
    static const uint8_t answer[16u << 20]; /* more than the kernel takes */
    assert_int_equal(http_answer(server, seen.id, 200, "text/plain", PC_BYTES(answer)), PC_OK);
    assert_int_equal(counts().bodies, sizeof answer);
    say(c, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
    expect(c, "503", "retry");
    (void)close(c);
    while (counts().bodies > 0) {
        (void)!recv(a, big, sizeof big, 0);
        turn();
    }
    (void)(close(a) | close(b));
    stop();
}

static void test_unix_socket(void **state)
{
    (void)state;
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    l.per_address = 1;
    start(&l);
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    char dir[] = "/tmp/pc-http-XXXXXX";
    assert_non_null(mkdtemp(dir));
    (void)snprintf(un.sun_path, sizeof un.sun_path, "%s/s", dir);
    int fd =
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); /* blocking, as one that is handed over */
    assert_int_equal(bind(fd, (struct sockaddr *)&un, sizeof un), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(http_server_adopt(server, fd), PC_OK);
    int c[3];
    for (int i = 0; i < 3; i++) { /* no address, so no limit per address */
        c[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        assert_int_equal(connect(c[i], (struct sockaddr *)&un, sizeof un), 0);
        turn();
    }
    assert_int_equal(counts().evicted, 0);
    for (int i = 0; i < 3; i++) {
        say(c[i], "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
        (void)hear(c[i], "fine");
        assert_int_equal(seen.family, AF_UNIX);
        (void)close(c[i]);
    }
    stop();
    (void)unlink(un.sun_path);
    (void)rmdir(dir);
}

#endif
