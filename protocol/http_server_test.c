/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http_testkit.h"

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
        cmocka_unit_test(test_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
