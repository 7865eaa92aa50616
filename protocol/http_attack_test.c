/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http_testkit.h"

/* What strangers may send, or not send, or not take. */

int main(void)
{
    const struct CMUnitTest tests[] = {};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
