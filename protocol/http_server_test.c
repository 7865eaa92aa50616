/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http_testkit.h"

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

static void test_configuration(void **state)
{
    (void)state;
    struct http_server *s;
    struct http_limits l = HTTP_LIMITS_DEFAULT;
    loop_init(&loop);
    l.connections = 0;
    assert_int_equal(http_server_new(&s, &loop, routes, 1, &l, on_request, NULL), PC_E_USAGE);
    l = HTTP_LIMITS_DEFAULT;
    l.bodies_max = 10;
    assert_int_equal(http_server_new(&s, &loop, routes, 1, &l, on_request, NULL), PC_E_USAGE);
    assert_null(s);
    http_server_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_and_post),   cmocka_unit_test(test_expect_continue),
        cmocka_unit_test(test_answer_later),   cmocka_unit_test(test_answer_from_anothers_callback),
        cmocka_unit_test(test_free_in_flight), cmocka_unit_test(test_nobody_answers),
        cmocka_unit_test(test_unix_socket),    cmocka_unit_test(test_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
