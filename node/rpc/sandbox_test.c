/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's resolver inside the sandbox of polyclave-rpc: no system call that it makes is
 * refused, and every look-up ends. In a process of its own, so that it finds nothing warmed up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "node/rpc/resolve.h"
#include "node/sandbox/sandbox.h"

static int sealed(void)
{
    static const struct sandbox_path paths[] = {
        {"/etc/resolv.conf", false}, {"/etc/hosts", false}, {"/etc/nsswitch.conf", false}};
    static const char *const hosts[] = {"polyclave.invalid", "localhost", "a.polyclave.invalid"};
    static struct resolver r = {.io = &resolve_system};
    struct timespec t = {0, 10 * 1000000};
    unsigned answers = 0;
    if (sandbox_begin(SANDBOX_RPC, NULL, 0, 0) != PC_OK ||
        sandbox_seal(SANDBOX_RPC, paths, PC_ARRAY_LEN(paths)) != PC_OK)
        return 10;
    for (uint64_t i = 0; i < PC_ARRAY_LEN(hosts); i++) {
        struct ipc_pr_resolve q = {.id = i, .host = bytes_of(hosts[i], strlen(hosts[i]))};
        struct ipc_pr_resolved m;
        if (resolver_ask(&r, &q, 0, &m) != PC_OK)
            return 11;
    }
    for (int i = 0; i < 6000 && resolver_busy(&r); i++) {
        struct ipc_pr_resolved m;
        while (resolver_next(&r, 0, &m))
            answers++;
        nanosleep(&t, NULL);
    }
    return answers == PC_ARRAY_LEN(hosts) && !resolver_busy(&r) ? 0 : 12;
}

static void resolver_in_the_sandbox(void **state)
{
    int status;
    pid_t pid = fork();
    (void)state;
    if (pid == 0)
        _exit(sealed());
    assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
    assert_true(WIFEXITED(status)); /* a refused call would have killed it */
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(resolver_in_the_sandbox)};
    return cmocka_run_group_tests_name("rpc sandbox", tests, NULL, NULL);
}
