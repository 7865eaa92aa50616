/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/endpoint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct bytes text_of(const char *s)
{
    return bytes_of(s, strlen(s));
}

static void test_good(void **state)
{
    (void)state;
    static const struct {
        const char *text, *host;
        enum endpoint_kind kind;
        uint16_t peer, http;
    } good[] = {
        {"node1.example.org:7000:7001", "node1.example.org", ENDPOINT_NAME, 7000, 7001},
        {"a:1:65535", "a", ENDPOINT_NAME, 1, 65535},
        {"1.2.3.4:7000:80", "1.2.3.4", ENDPOINT_IPV4, 7000, 80},
        {"[2a00:1::9]:7000:80", "2a00:1::9", ENDPOINT_IPV6, 7000, 80},
        {"xn--bcher-kva.example:9:8", "xn--bcher-kva.example", ENDPOINT_NAME, 9, 8},
        {"3com.de:9:8", "3com.de", ENDPOINT_NAME, 9, 8},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(good); i++) {
        struct endpoint e;
        assert_int_equal(endpoint_parse(&e, text_of(good[i].text)), PC_OK);
        assert_string_equal(e.host, good[i].host);
        assert_int_equal(e.kind, good[i].kind);
        assert_int_equal(e.peer_port, good[i].peer);
        assert_int_equal(e.http_port, good[i].http);
    }
    struct endpoint e;
    assert_int_equal(endpoint_parse_listen(&e, text_of("127.0.0.1:9")), PC_OK);
    assert_int_equal(e.peer_port, 9);
    assert_int_equal(endpoint_parse_listen(&e, text_of("127.0.0.1:9:8")), PC_E_MALFORMED);
}

static void test_bad(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ":",
        "::",
        "a",
        "a:1",
        ":1:2",
        "a:1:",
        "a::2",
        "a:0:2",
        "a:1:0",
        "a:01:2",
        "a:65536:1",
        "a:99999:1",
        "a:123456:1",
        "a:-1:2",
        "a:+1:2",
        "a: 1:2",
        "a:1:2 ",
        "a:1:2:3",
        "1.2.3:1:2",
        "1.2.3.4.5:1:2",
        "256.1.1.1:1:2",
        "01.2.3.4:1:2",
        "0x7f000001:1:2",
        "0x7f.0.0.0x1:1:2",
        "2130706433:1:2",
        "127.1:1:2",
        "a..b:1:2",
        ".a:1:2",
        "a.:1:2",
        "-a:1:2",
        "a-:1:2",
        "a_b:1:2",
        "a/b:1:2",
        "u@h:1:2",
        "h%00:1:2",
        "[::1:1:2",
        "::1:1:2",
        "[]:1:2",
        "[1.2.3.4]:1:2",
        "[fe80::1%eth0]:1:2",
        "[::1]x:1:2",
        "[a]:1:2",
        "a\n:1:2",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1:2",
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        struct endpoint e;
        assert_int_equal(endpoint_parse(&e, text_of(bad[i])), PC_E_MALFORMED);
        assert_true(bytes_all_zero_var(bytes_of(&e, sizeof e)));
    }
    struct endpoint e;
    assert_int_equal(endpoint_parse(&e, bytes_of("a\0b:1:2", 7)), PC_E_MALFORMED);
    char text[130];
    for (size_t n = 120; n <= 129; n++) {
        memset(text, 'a', n);
        text[60] = '.';
        memcpy(text + n - 4, ":1:2", 4);
        assert_int_equal(endpoint_parse(&e, bytes_of(text, n)), n > 128           ? PC_E_TOO_LARGE
                                                                : n - 4 - 61 > 63 ? PC_E_MALFORMED
                                                                                  : PC_OK);
    }
}

static struct sockaddr_storage address(const char *host)
{
    char text[80];
    struct endpoint e;
    struct sockaddr_storage a;
    (void)snprintf(text, sizeof text, "%s:9:9", host);
    assert_int_equal(endpoint_parse(&e, text_of(text)), PC_OK);
    assert_int_equal(endpoint_address(&a, &e, 9), PC_OK);
    return a;
}

static bool reach(const char *host, bool development)
{
    struct sockaddr_storage a = address(host);
    return address_reachable(&a, development);
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const open[] = {
        "1.1.1.1",          "9.255.255.255",  "11.0.0.0",       "100.63.255.255",
        "100.128.0.0",      "126.0.0.1",      "128.0.0.1",      "169.253.1.1",
        "172.15.255.255",   "172.32.0.0",     "192.167.1.1",    "198.17.255.255",
        "223.255.255.255",  "[2a00:1450::1]", "[2001:4860::1]", "[2002:101:101::1]",
        "[::ffff:8.8.8.8]",
    };
    static const char *const local[] = {
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.255",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "240.0.0.1",
        "[::1]",
        "[::7f00:1]",
        "[fe80::1]",
        "[fc00::1]",
        "[fd00::1]",
        "[2001:db8::1]",
        "[2001::1]",
        "[3fff::1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::1]",
        "[2002:a00:1::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:10.0.0.1]",
    };
    static const char *const never[] = {
        "0.0.0.0", "0.1.2.3",   "224.0.0.1",        "239.1.1.1",          "255.255.255.255",
        "[::]",    "[ff02::1]", "[::ffff:0.0.0.0]", "[::ffff:224.0.0.1]",
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(open); i++)
        assert_true(reach(open[i], false) && reach(open[i], true));
    for (size_t i = 0; i < PC_ARRAY_LEN(local); i++)
        assert_true(!reach(local[i], false) && reach(local[i], true));
    for (size_t i = 0; i < PC_ARRAY_LEN(never); i++)
        assert_true(!reach(never[i], false) && !reach(never[i], true));
    struct sockaddr_storage other = {.ss_family = AF_UNIX};
    assert_false(address_reachable(&other, true));
    struct endpoint e;
    assert_int_equal(endpoint_parse(&e, text_of("name:1:2")), PC_OK);
    assert_int_equal(endpoint_address(&other, &e, 1), PC_E_USAGE);
}

static void test_places(void **state)
{
    (void)state;
    struct sockaddr_storage a = address("1.2.3.4"), b = address("1.2.3.5"),
                            mapped = address("[::ffff:1.2.3.4]"), net1 = address("[2a00:1:2:3::1]"),
                            net1b = address("[2a00:1:2:3:4::]"), net2 = address("[2a00:1:2:4::1]"),
                            none = {0};
    assert_true(address_same_place(&a, &a));
    assert_false(address_same_place(&a, &b));
    assert_false(address_same_place(&a, &mapped));
    address_unmap(&mapped);
    assert_true(address_same_place(&a, &mapped));
    assert_true(address_same_place(&net1, &net1b));
    assert_false(address_same_place(&net1, &net2));
    address_unmap(&net1);
    assert_int_equal(net1.ss_family, AF_INET6);
    address_unmap(&none);
    assert_int_equal(none.ss_family, AF_UNIX);
    assert_false(address_same_place(&none, &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
