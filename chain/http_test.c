/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_test.c - a server in a thread that answers what a test wants, byte for byte.
 */
#include "chain/http.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static struct {
    int fd;
    int stop[2]; /* closed write end: the thread leaves whatever it waits for */
    unsigned port;
    pthread_t thread;
    const char *answer; /* NULL: never answer */
    size_t answer_len;
    char request[8192];
    unsigned served;
} server;

static struct http_client *client;

static bool readable(int fd)
{
    struct pollfd p[2] = {{fd, POLLIN, 0}, {server.stop[0], POLLIN, 0}};
    return poll(p, 2, -1) > 0 && p[1].revents == 0;
}

/* One request per connection: headers and a body of Content-Length. */
static void serve_one(int conn)
{
    size_t n = 0, want = 0;
    while (n < sizeof server.request - 1 && readable(conn)) {
        ssize_t got = recv(conn, server.request + n, sizeof server.request - 1 - n, 0);
        if (got <= 0)
            return;
        n += (size_t)got;
        server.request[n] = '\0';
        char *end = strstr(server.request, "\r\n\r\n"),
             *len = strstr(server.request, "Content-Length: ");
        if (end == NULL)
            continue;
        want = (size_t)(end + 4 - server.request) + (len ? strtoul(len + 16, NULL, 10) : 0);
        if (n >= want)
            break;
    }
    server.served++;
    if (server.answer == NULL) {
        (void)readable(-1); /* until the test ends */
        return;
    }
    for (size_t at = 0; at < server.answer_len;) {
        ssize_t put = send(conn, server.answer + at, server.answer_len - at, MSG_NOSIGNAL);
        if (put <= 0)
            return;
        at += (size_t)put;
    }
}

static void *serve(void *arg)
{
    (void)arg;
    while (readable(server.fd)) {
        int conn = accept(server.fd, NULL, NULL);
        if (conn < 0)
            continue;
        serve_one(conn);
        close(conn);
    }
    return NULL;
}

static int start(void **state)
{
    (void)state;
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t n = sizeof at;
    memset(&server, 0, sizeof server);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.fd = socket(AF_INET, SOCK_STREAM, 0);
    if (server.fd < 0 || pipe(server.stop) != 0 ||
        bind(server.fd, (struct sockaddr *)&at, sizeof at) != 0 || listen(server.fd, 8) != 0 ||
        getsockname(server.fd, (struct sockaddr *)&at, &n) != 0)
        return -1;
    server.port = ntohs(at.sin_port);
    struct http_options o = {.public_only = false};
    return http_client_new(&client, &o) == PC_OK &&
                   pthread_create(&server.thread, NULL, serve, NULL) == 0
               ? 0
               : -1;
}

static int stop(void **state)
{
    (void)state;
    close(server.stop[1]);
    pthread_join(server.thread, NULL);
    close(server.stop[0]);
    close(server.fd);
    http_client_free(client);
    return 0;
}

static struct http_request get(const char *answer)
{
    static char url[64];
    server.answer = answer;
    server.answer_len = answer ? strlen(answer) : 0;
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u/x", server.port);
    return (struct http_request){
        .url = url, .method = PC_HTTP_GET, .max_answer = 100, .timeout_ms = 20000};
}

static void a_whole_answer_of_any_status(void **state)
{
    (void)state;
    struct http_request r =
        get("HTTP/1.1 503 Busy\r\nContent-Length: 5\r\nRetry-After: 7\r\n\r\nhello");
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_OK);
    assert_int_equal(r.status, 503);
    assert_int_equal(r.retry_after_s, 7);
    assert_int_equal(r.answer_len, 5);
    assert_memory_equal(r.answer, "hello", 5);
    http_request_free(&r);
    assert_null(r.answer);
}

static void what_is_sent(void **state)
{
    (void)state;
    struct http_request r = get("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    r.method = PC_HTTP_POST;
    r.content_type = "application/json";
    r.body = PC_BYTES_STR("{\"a\":1}");
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_OK);
    assert_memory_equal(server.request, "POST /x HTTP/1.1\r\n", 18);
    assert_non_null(strstr(server.request, "Content-Type: application/json\r\n"));
    assert_non_null(strstr(server.request, "\r\n\r\n{\"a\":1}"));
    assert_null(strstr(server.request, "Expect"));
    http_request_free(&r);
    r.method = PC_HTTP_PUT;
    http_run(client, &r, 1, NULL, NULL);
    assert_memory_equal(server.request, "PUT /x HTTP/1.1\r\n", 17);
    http_request_free(&r);
}

static void redirects_are_not_followed(void **state)
{
    (void)state;
    char answer[200];
    struct http_request r = get("");
    (void)snprintf(answer, sizeof answer,
                   "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%u/y\r\n"
                   "Content-Length: 0\r\n\r\n",
                   server.port);
    r = get(answer);
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_OK);
    assert_int_equal(r.status, 302);
    assert_int_equal(server.served, 1);
    http_request_free(&r);
}

static void answers_are_capped(void **state)
{
    (void)state;
    char answer[400] = "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n";
    memset(answer + strlen(answer), 'x', 101);
    struct http_request r = get(answer);
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_E_TOO_LARGE);
    assert_null(r.answer);
    assert_int_equal(r.answer_len, 0);
    r.max_answer = 101;
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_OK);
    assert_int_equal(r.answer_len, 101);
    http_request_free(&r);
    /* a length that is not kept, and one in chunks */
    r = get("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort");
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_E_IO);
    assert_null(r.answer);
    r = get("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n");
    r.max_answer = 10;
    http_run(client, &r, 1, NULL, NULL);
    assert_true(r.err == PC_E_TOO_LARGE || r.err == PC_E_IO);
    r = get("SSH-2.0-OpenSSH\r\n");
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_E_IO);
}

static void deadlines_hold(void **state)
{
    (void)state;
    struct http_request r = get(NULL);
    r.timeout_ms = 50;
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_E_TIMEOUT);
    assert_null(r.answer);
}

static bool one_is_enough(void *ctx, struct http_request *done)
{
    (void)done;
    return ++*(unsigned *)ctx == 1;
}

static void enough_stops_the_others(void **state)
{
    (void)state;
    unsigned seen = 0;
    struct http_request r[2] = {get(NULL), get(NULL)};
    r[1].url = "http://127.0.0.1:1/refused"; /* fails at once; the other would take its 20 s */
    http_run(client, r, 2, one_is_enough, &seen);
    assert_int_equal(seen, 1);
    assert_int_equal(r[1].err, PC_E_IO);
    assert_int_equal(r[0].err, PC_E_RETRY);
}

static void urls_and_schemes(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        enum err_code want;
    } cases[] = {
        {"file:///etc/passwd", PC_E_REFUSED},
        {"gopher://127.0.0.1/x", PC_E_REFUSED},
        {"ftp://127.0.0.1/x", PC_E_REFUSED},
        {"http://", PC_E_USAGE},
        {NULL, PC_E_USAGE},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        struct http_request r = get("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        r.url = cases[i].url;
        http_run(client, &r, 1, NULL, NULL);
        assert_int_equal(r.err, cases[i].want);
    }
    static char long_url[PC_HTTP_URL_MAX + 20] = "http://127.0.0.1/";
    memset(long_url + 17, 'a', PC_HTTP_URL_MAX);
    struct http_request r = get("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    r.url = long_url;
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_E_USAGE);
    r = get("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    r.timeout_ms = 0;
    http_run(client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_E_USAGE);
}

static void local_addresses_are_refused_where_asked(void **state)
{
    (void)state;
    struct http_client *public_client;
    struct http_options o = {.public_only = true};
    assert_int_equal(http_client_new(&public_client, &o), PC_OK);
    struct http_request r = get("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    http_run(public_client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_E_REFUSED);
    assert_int_equal(server.served, 0);
    r.url = "http://localhost:1/"; /* a name that leads there */
    http_run(public_client, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_E_REFUSED);
    http_client_free(public_client);
    static const char *const local[] = {"127.0.0.1",
                                        "127.9.9.9",
                                        "10.1.2.3",
                                        "172.16.0.1",
                                        "172.31.255.255",
                                        "192.168.1.1",
                                        "169.254.169.254",
                                        "0.0.0.0",
                                        "224.0.0.1",
                                        "255.255.255.255",
                                        "100.64.0.1",
                                        "::1",
                                        "::",
                                        "fe80::1",
                                        "fc00::1",
                                        "fd12::1",
                                        "ff02::1",
                                        "::ffff:10.0.0.1",
                                        "64:ff9b::7f00:1",
                                        "2002:7f00:1::",
                                        "2001:db8::1",
                                        "2001::1",
                                        "::127.0.0.1",
                                        "localhost",
                                        ""};
    static const char *const open[] = {"1.1.1.1",          "172.15.255.255", "172.32.0.1",
                                       "100.63.255.255",   "100.128.0.1",    "223.255.255.255",
                                       "2606:4700::1",     "2a00:1450::1",   "::ffff:8.8.8.8",
                                       "64:ff9b::808:808", "2001:4860::1"};
    for (size_t i = 0; i < PC_ARRAY_LEN(local); i++)
        assert_true(http_address_is_local(local[i]));
    for (size_t i = 0; i < PC_ARRAY_LEN(open); i++)
        assert_false(http_address_is_local(open[i]));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_whole_answer_of_any_status),
        TEST(what_is_sent),
        TEST(redirects_are_not_followed),
        TEST(answers_are_capped),
        TEST(deadlines_hold),
        TEST(enough_stops_the_others),
        TEST(urls_and_schemes),
        TEST(local_addresses_are_refused_where_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
