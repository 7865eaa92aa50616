/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave-init with stand-ins for its children (init_probe.c): start, kill each, stop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "node/init/links.h"
#include "node/sandbox/sandbox.h"

static const char *const names[SANDBOX_ROLE_COUNT] = {"polyclaved", "vault", "peer", "attest",
                                                      "chain",      "rpc",   "quote"};

static char bin[64];
static pid_t init_pid;
static int heard;           /* stdout of init and its children */
static char text[1u << 16]; /* what was heard since `mark` */
static size_t text_len;
static pid_t pids[SANDBOX_ROLE_COUNT];

static void program_path(char out[static 128], int role)
{
    static const char *const files[SANDBOX_ROLE_COUNT] = {
        "polyclaved",      "polyclave-vault", "polyclave-peer", "polyclave-attest",
        "polyclave-chain", "polyclave-rpc",   "quote-helper"};
    snprintf(out, 128, "%s/%s", bin, files[role]);
}

/* Read more; false when nothing came for 20 s (that only ends a test that fails anyway). */
static bool listen_more(void)
{
    struct pollfd p = {heard, POLLIN, 0};
    if (poll(&p, 1, 20000) != 1)
        return false;
    ssize_t n = read(heard, text + text_len, sizeof text - 1 - text_len);
    if (n <= 0)
        return false;
    text_len += (size_t)n;
    text[text_len] = '\0';
    for (char *s = text; (s = strstr(s, " start ")) != NULL; s += 7) {
        char *line = s;
        while (line > text && line[-1] != '\n')
            line--;
        for (int r = 0; r < SANDBOX_ROLE_COUNT; r++)
            if (strncmp(line, names[r], strlen(names[r])) == 0)
                pids[r] = atoi(s + 7);
    }
    return true;
}

static size_t times(const char *what)
{
    size_t n = 0;
    for (const char *s = text; (s = strstr(s, what)) != NULL; s += strlen(what))
        n++;
    return n;
}

static void expect(const char *what, size_t count)
{
    while (times(what) < count)
        if (!listen_more())
            fail_msg("'%s' was not said %zu times; heard:\n%s", what, count, text);
}

static void expect_met(int who, int other, enum ipc_link link)
{
    char line[64];
    snprintf(line, sizeof line, "%s met %s %d\n", names[who], names[other], (int)link);
    expect(line, 1);
}

static void mark(void)
{
    assert_int_equal(times("wrong"), 0);
    text_len = 0;
    text[0] = '\0';
}

/* Every link works, in both directions: all of them, or those of one role. */
static void expect_links(int role)
{
    for (size_t l = 0; l < LINK_COUNT; l++) {
        const int end[2] = {(int)link_table[l].a - 1, (int)link_table[l].b - 1};
        if (role >= 0 && end[0] != role && end[1] != role)
            continue;
        expect_met(end[0], end[1], link_table[l].link);
        expect_met(end[1], end[0], link_table[l].link);
    }
}

static int setup(void **state)
{
    (void)state;
    char file[128];
    int ends[2];
    snprintf(bin, sizeof bin, "/tmp/polyclave-init-XXXXXX");
    if (mkdtemp(bin) == NULL || pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++) {
        program_path(file, r);
        if (symlink(INIT_PROBE, file) != 0)
            return -1;
    }
    program_path(file, SANDBOX_QUOTE);
    mark();
    heard = ends[0];
    init_pid = fork();
    if (init_pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], 40); /* must not reach the children */
        execl(INIT_PROGRAM, "polyclave-init", "--policy", "POLICY", "--config", "CONFIG", "--bin",
              bin, "--quote-helper", file, "--platform", "PLATFORM", (char *)NULL);
        _exit(1);
    }
    close(ends[1]);
    return init_pid > 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    char file[128];
    int status;
    if (init_pid > 0) {
        kill(init_pid, SIGKILL);
        waitpid(init_pid, &status, 0);
    }
    close(heard);
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++) {
        program_path(file, r);
        unlink(file);
    }
    return rmdir(bin);
}

static void expect_all_started(size_t count)
{
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++) {
        char line[32];
        snprintf(line, sizeof line, "%s start ", names[r]);
        expect(line, count);
    }
}

static void stop_init(int signal)
{
    int status;
    kill(init_pid, signal);
    assert_int_equal(waitpid(init_pid, &status, 0), init_pid);
    init_pid = 0;
    if (signal == SIGTERM || signal == SIGINT)
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    while (listen_more()) /* to the end of file: nobody is left */
        ;
    assert_int_equal(times("wrong"), 0);
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++)
        assert_int_equal(kill(pids[r], 0), -1);
}

static void test_start_and_stop(void **state)
{
    (void)state;
    expect_all_started(1);
    expect_links(-1);
    kill(pids[SANDBOX_RPC], SIGUSR1); /* this one will have to be killed */
    expect("rpc stubborn\n", 1);
    mark();
    stop_init(SIGTERM);
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++) {
        char line[32];
        snprintf(line, sizeof line, "%s end\n", names[r]);
        assert_int_equal(times(line), 1);
    }
    assert_int_equal(times("wrong"), 0);
}

/* Each child but the vault dies in turn: it comes back, joined anew with all its neighbours, which
 * stay what they were. */
static void test_each_child_comes_back(void **state)
{
    (void)state;
    expect_all_started(1);
    expect_links(-1);
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++) {
        pid_t before[SANDBOX_ROLE_COUNT];
        if (r == SANDBOX_VAULT)
            continue;
        memcpy(before, pids, sizeof pids);
        mark();
        assert_int_equal(kill(pids[r], SIGKILL), 0);
        expect_links(r);
        for (int o = 0; o < SANDBOX_ROLE_COUNT; o++)
            assert_true((pids[o] != before[o]) == (o == r));
    }
    stop_init(SIGINT);
}

/* Two at once, neighbours of each other and of the vault. */
static void test_neighbours_die_together(void **state)
{
    (void)state;
    expect_all_started(1);
    expect_links(-1);
    mark();
    kill(pids[SANDBOX_PEER], SIGKILL);
    kill(pids[SANDBOX_CHAIN], SIGKILL);
    expect_links(SANDBOX_PEER);
    expect_links(SANDBOX_CHAIN);
    stop_init(SIGTERM);
}

static void test_worker_is_renewed(void **state)
{
    (void)state;
    expect_all_started(1);
    for (int i = 0; i < 5; i++) {
        mark();
        kill(pids[SANDBOX_ATTEST], SIGUSR1);
        expect_links(SANDBOX_ATTEST);
    }
    stop_init(SIGTERM);
}

/* The vault's death ends every other process; all start anew. */
static void test_vault_takes_all_along(void **state)
{
    (void)state;
    pid_t before[SANDBOX_ROLE_COUNT];
    expect_all_started(1);
    expect_links(-1);
    memcpy(before, pids, sizeof pids);
    mark();
    kill(pids[SANDBOX_VAULT], SIGKILL);
    expect_all_started(1);
    expect_links(-1);
    for (int r = 0; r < SANDBOX_ROLE_COUNT; r++) {
        assert_int_not_equal(pids[r], before[r]);
        assert_int_equal(kill(before[r], 0), -1);
    }
    stop_init(SIGTERM);
}

/* Init is killed: nobody survives it. */
static void test_init_takes_all_along(void **state)
{
    (void)state;
    expect_all_started(1);
    expect_links(-1);
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    int status, left = SANDBOX_ROLE_COUNT;
    kill(init_pid, SIGKILL);
    assert_int_equal(waitpid(init_pid, &status, 0), init_pid);
    init_pid = 0;
    for (; left > 0; left--)
        assert_true(waitpid(-1, &status, 0) > 0);
}

static int run_init(const char *a, const char *b)
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl(INIT_PROGRAM, "polyclave-init", "--policy", "P", "--config", "C", "--quote-helper",
              "/nonexistent", a, b, (char *)NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_wrong_arguments(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {{"--unknown", "x"},   {"--policy", NULL},
                                           {"--uid-base", "0"},  {"--uid-base", "12x"},
                                           {"--uid-base", "-5"}, {"--uid-base", "4294967295"},
                                           {"policy", "x"},      {"--uid-base", ""}};
    for (size_t i = 0; i < PC_ARRAY_LEN(wrong); i++)
        assert_int_equal(run_init(wrong[i][0], wrong[i][1]), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_start_and_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_child_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_neighbours_die_together, setup, teardown),
        cmocka_unit_test_setup_teardown(test_worker_is_renewed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vault_takes_all_along, setup, teardown),
        cmocka_unit_test_setup_teardown(test_init_takes_all_along, setup, teardown),
        cmocka_unit_test(test_wrong_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
