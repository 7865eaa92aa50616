/* SPDX-License-Identifier: Apache-2.0 */
/* A53: when the kernel gives no randomness the process aborts; there is no fallback. */
#include "base/rng.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unit_test.h"

/* From now on getrandom(2) fails with `error` in this process. */
static void break_getrandom(int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof code / sizeof code[0], code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
        _exit(3);
}

/* Signal that ended a child which broke getrandom and asked for n bytes; 0 if it got an answer. */
static int child_dies_of(int error, size_t n)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        static uint8_t out[1024];
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(3);
        if (error != 0)
            break_getrandom(error);
        rng_fill(rng_system(), out, n);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        return WTERMSIG(status);
    assert_int_equal(WEXITSTATUS(status), 0);
    return 0;
}

static void a53_failure_aborts(void **state)
{
    (void)state;
    assert_int_equal(child_dies_of(0, 32), 0);
    assert_int_equal(child_dies_of(EIO, 32), SIGABRT);
    assert_int_equal(child_dies_of(ENOSYS, 1), SIGABRT);
    assert_int_equal(child_dies_of(EAGAIN, 1000), SIGABRT);
    assert_int_equal(child_dies_of(EIO, 0), 0); /* nothing was asked for */
}

static void fills_everything(void **state)
{
    (void)state;
    uint8_t a[1000] = {0}, b[1000] = {0};
    rng_fill(rng_system(), a, sizeof a);
    rng_fill(rng_system(), b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    for (size_t i = 0; i + 32 <= sizeof a; i += 32)
        assert_false(bytes_all_zero_var(bytes_of(a + i, 32)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a53_failure_aborts),
        cmocka_unit_test(fills_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
