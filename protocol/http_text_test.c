/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_texts(void **state)
{
    (void)state;
    char json[HTTP_ERROR_MAX], text[1000];
    memset(text, '"', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    size_t n = http_error_json(json, text, text, 4294967295u); /* the longest there is */
    assert_int_equal(n, strlen(json));
    assert_true(n < sizeof json);
    assert_int_equal(http_error_json(json, "a", "b\xc3\xa4\\", 0),
                     strlen("{\"code\":\"a\",\"message\":\"b??\\\\\"}\n"));
    assert_string_equal(json, "{\"code\":\"a\",\"message\":\"b??\\\\\"}\n");
    static const char *const bad[] = {"", " 1", "1 ", "-1", "+1", "0x1", "1.0", "a"};
    size_t v = 5;
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++)
        assert_false(http_parse_length(&v, bad[i]));
    assert_int_equal(v, 5);
    assert_true(http_parse_length(&v, "000") && v == 0);
    assert_true(http_parse_length(&v, "18446744073709551615") && v == SIZE_MAX);
    assert_true(http_parse_length(&v, "18446744073709551616") && v == SIZE_MAX);
    assert_true(http_parse_length(&v, "99999999999999999999999999999") && v == SIZE_MAX);
    assert_true(http_parse_length(&v, "4096") && v == 4096);
}

static void test_paths(void **state)
{
    (void)state;
    assert_true(http_path_matches("/a", "/a"));
    assert_false(http_path_matches("/a", "/a/"));
    assert_false(http_path_matches("/a", "/ab"));
    assert_true(http_path_matches("/a/", "/a/"));
    assert_true(http_path_matches("/a/", "/a/b"));
    assert_false(http_path_matches("/a/", "/a"));
    assert_false(http_path_matches("/a", ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
