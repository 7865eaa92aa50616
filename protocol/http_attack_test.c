/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/flood_testkit.h"
#include "protocol/http_testkit.h"

/* What strangers may send, or not send, or not take. */

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
    l.request_ms = 2000;
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

/* 1,000 half-open connections and 100 slow bodies stay; 50 honest requests come in between. */
static void test_flood_with_defaults(void **state)
{
    (void)state;
    enum { HALF_OPEN = 1000, SLOW = 100, HONEST = 50 };
    static int fds[HALF_OPEN + SLOW];
    static const char part[900];
    if (!descriptors(2000)) {
        print_message("SKIP: no 2000 descriptors for the flood\n");
        skip();
    }
    start(NULL);
    unsigned honest = 0;
    for (int i = 0; i < 2; i++) { /* what one request takes is not the flood's */
        int fd = client();
        say(fd, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
        (void)hear(fd, "fine");
        (void)close(fd);
    }
    size_t before = resident(), most = 0;
    for (int i = 0; i < HALF_OPEN + SLOW; i++) {
        fds[i] = client();
        if (i % 11 == 0) {
            say(fds[i],
                "POST /v1/keys/evaluate HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
            say_n(fds[i], part, sizeof part);
        }
        assert_int_equal(loop_turn(&loop, 0), PC_OK);
        if (i % 22 == 21) {
            int fd = client();
            say(fd, "GET /both HTTP/1.1\r\nHost: x\r\n\r\n");
            honest += strstr(hear(fd, "fine"), "200") != NULL;
            (void)close(fd);
        }
        size_t now = resident();
        most = now > most ? now : most;
    }
    assert_int_equal(honest, HONEST);
    print_message("flood: resident +%zu KiB at most\n", (most - before) / 1024);
#if !defined(PC_SANITIZED)
    assert_in_range(most - before, 0, 8u << 20);
#endif
    for (int i = 0; i < HALF_OPEN + SLOW; i++)
        (void)close(fds[i]);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flood_with_defaults), /* first: it measures a young heap */
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_slow_requests),
        cmocka_unit_test(test_flood),
        cmocka_unit_test(test_full_of_waiting_requests),
        cmocka_unit_test(test_lingering),
        cmocka_unit_test(test_slow_readers),
        cmocka_unit_test(test_bodies_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
