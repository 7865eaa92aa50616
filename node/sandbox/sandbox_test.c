/* SPDX-License-Identifier: Apache-2.0 */
/* Each role's sandbox from outside: a probe enters it and tries things; see sandbox_probe.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "node/sandbox/internal.h"
#include "node/sandbox/sandbox.h"

#define KILLED        (-SIGSYS)
#define FAILS(e)      (100 + (e))
#define ROLE_UID      54321u
#define EVERY_ROLE(r) for (int r = 0; r < SANDBOX_ROLE_COUNT; r++)

/* Start the probe; *out is its stdout, already past "ready" if it got there. */
static pid_t start(int role, unsigned uid, const char *attempt, const char *file, int *out)
{
    int ends[2];
    char r[16], u[16], line[7] = "";
    snprintf(r, sizeof r, "%d", role);
    snprintf(u, sizeof u, "%u", uid);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(SANDBOX_PROBE, "sandbox_probe", r, u, attempt, file, (char *)NULL);
        _exit(90);
    }
    close(ends[1]);
    ssize_t n = 0;
    for (size_t at = 0; at < 6 && (n = read(ends[0], line + at, 6 - at)) > 0;)
        at += (size_t)n;
    *out = ends[0];
    if (uid == 0 || n > 0)
        assert_string_equal(line, "ready\n");
    return pid;
}

static int finish(pid_t pid, int out)
{
    int status;
    char rest[256];
    while (read(out, rest, sizeof rest) > 0)
        ;
    close(out);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int attempt(int role, const char *what, const char *file)
{
    int out;
    pid_t pid = start(role, 0, what, file, &out);
    return finish(pid, out);
}

static void expect(int role, const char *what, const char *file, int want)
{
    int got = attempt(role, what, file);
    if (got != want)
        fail_msg("%s %s: got %d, want %d", sandbox_role_name((enum sandbox_role)role), what, got,
                 want);
}

/* The value of a line "Name:\tvalue" of a status file. */
static bool status_line(const char *file, const char *name, char value[static 80])
{
    char line[256];
    FILE *f = fopen(file, "r");
    bool found = false;
    assert_non_null(f);
    while (!found && fgets(line, sizeof line, f) != NULL) {
        size_t n = strlen(name);
        if (strncmp(line, name, n) == 0 && line[n] == ':') {
            snprintf(value, 80, "%s", line + n + 1 + strspn(line + n + 1, " \t"));
            value[strcspn(value, "\n")] = '\0';
            found = true;
        }
    }
    fclose(f);
    return found;
}

static void expect_status(const char *file, const char *name, const char *want)
{
    char value[80];
    assert_true(status_line(file, name, value));
    if (strcmp(value, want) != 0)
        fail_msg("%s: %s is %s, want %s", file, name, value, want);
}

/* Filter and no-new-privs hold on each thread, the one older than the sandbox included. */
static void test_every_thread_is_confined(void **state)
{
    (void)state;
    EVERY_ROLE(role)
    {
        int out, threads = 0;
        char dir[64], file[400];
        pid_t pid = start(role, 0, "wait", NULL, &out);
        snprintf(dir, sizeof dir, "/proc/%d/task", pid);
        DIR *d = opendir(dir);
        assert_non_null(d);
        for (struct dirent *e; (e = readdir(d)) != NULL;) {
            if (e->d_name[0] == '.')
                continue;
            snprintf(file, sizeof file, "%s/%s/status", dir, e->d_name);
            expect_status(file, "Seccomp", "2");
            expect_status(file, "NoNewPrivs", "1");
            threads++;
        }
        closedir(d);
        assert_true(threads >= 2);
        kill(pid, SIGKILL);
        assert_int_equal(finish(pid, out), -SIGKILL);
    }
}

static void test_descriptors_and_limits(void **state)
{
    (void)state;
    EVERY_ROLE(role)
    {
        int out, seen = 0;
        char dir[64], file[400];
        pid_t pid = start(role, 0, "wait", NULL, &out);
        snprintf(dir, sizeof dir, "/proc/%d/fd", pid);
        DIR *d = opendir(dir);
        if (d == NULL) { /* not dumpable: only root may look */
            assert_int_not_equal(geteuid(), 0);
        } else {
            for (struct dirent *e; (e = readdir(d)) != NULL;) {
                if (e->d_name[0] == '.')
                    continue;
                int fd = atoi(e->d_name);
                assert_true(fd <= 2 || fd == 5 || fd == 7);
                seen++;
            }
            closedir(d);
            assert_int_equal(seen, 5);
        }
        snprintf(file, sizeof file, "/proc/%d/limits", pid);
        FILE *f = fopen(file, "r");
        assert_non_null(f);
        bool core = false;
        char line[256];
        while (fgets(line, sizeof line, f) != NULL)
            core |= strncmp(line, "Max core file size        0                    0 ", 48) == 0;
        fclose(f);
        assert_true(core);
        kill(pid, SIGKILL);
        assert_int_equal(finish(pid, out), -SIGKILL);
    }
}

static void test_user_is_dropped(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        int out;
        pid_t pid = start(SANDBOX_VAULT, ROLE_UID, "nothing", NULL, &out);
        assert_int_equal(finish(pid, out), 97);
        return;
    }
    EVERY_ROLE(role)
    {
        int out;
        char file[64];
        pid_t pid = start(role, ROLE_UID, "wait", NULL, &out);
        snprintf(file, sizeof file, "/proc/%d/status", pid);
        expect_status(file, "Uid", "54321\t54321\t54321\t54321");
        expect_status(file, "Gid", "54321\t54321\t54321\t54321");
        expect_status(file, "Groups", "");
        expect_status(file, "CapEff", "0000000000000000");
        expect_status(file, "CapPrm", "0000000000000000");
        expect_status(file, "Seccomp", "2");
        kill(pid, SIGKILL);
        assert_int_equal(finish(pid, out), -SIGKILL);
    }
}

/* Under a user of its own: polyclaved may start the process that checks its store, the others
 * nothing. */
static void test_processes_before_the_seal(void **state)
{
    (void)state;
    if (geteuid() != 0)
        skip();
    EVERY_ROLE(role)
    {
        int out;
        bool may = role == SANDBOX_POLYCLAVED || role == SANDBOX_PEER || role == SANDBOX_RPC;
        pid_t pid = start(role, ROLE_UID + 1, "fork-early", NULL, &out);
        assert_int_equal(finish(pid, out), may ? 0 : FAILS(EAGAIN));
    }
}

static void test_what_nobody_may(void **state)
{
    (void)state;
    static const char *const forbidden[] = {"exec",    "fork",  "packet",       "map-exec",
                                            "ptrace",  "peek",  "kill",         "setuid",
                                            "memfd",   "uring", "namespace",    "mount",
                                            "keyring", "x32",   "protect-exec", "raise-limit"};
    EVERY_ROLE(role)
    for (size_t i = 0; i < PC_ARRAY_LEN(forbidden); i++)
        expect(role, forbidden[i], NULL, KILLED);
#ifndef PC_SANITIZED
    EVERY_ROLE(role)
    expect(role, "dumpable", NULL, FAILS(EINVAL));
#endif
}

static void test_what_everybody_may(void **state)
{
    (void)state;
    EVERY_ROLE(role)
    {
        expect(role, "nothing", NULL, 0);
        expect(role, "print", NULL, 0);
        expect(role, "allocate", NULL, 0);
        expect(role, "abort", NULL, -SIGABRT);
    }
}

static void test_network(void **state)
{
    (void)state;
    EVERY_ROLE(role)
    {
        bool net = role == SANDBOX_PEER || role == SANDBOX_RPC;
        expect(role, "inet", NULL, net ? 0 : KILLED);
        expect(role, "netlink", NULL, net ? FAILS(EAFNOSUPPORT) : KILLED);
        expect(role, "unix", NULL,
               role == SANDBOX_POLYCLAVED ? 0
               : net                      ? FAILS(EAFNOSUPPORT)
                                          : KILLED);
        expect(role, "thread", NULL, net ? 0 : KILLED);
        expect(role, "nsm", NULL, role == SANDBOX_QUOTE ? FAILS(EBADF) : KILLED);
    }
}

static void test_files(void **state)
{
    (void)state;
    char dir[] = "/tmp/polyclave-sandbox-XXXXXX", file[64], outside[72];
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/f", dir);
    int fd = open(file, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
    snprintf(outside, sizeof outside, "-%s", file);
    EVERY_ROLE(role)
    {
        bool reads = role == SANDBOX_PEER || role == SANDBOX_RPC;
        bool writes = role == SANDBOX_POLYCLAVED || role == SANDBOX_QUOTE;
        expect(role, "read-file", file, reads || writes ? 0 : FAILS(EACCES));
        expect(role, "write-file", file, writes ? 0 : FAILS(EACCES));
        /* Landlock, where the kernel has it, keeps even those to the paths named. */
        int got = attempt(role, "read-file", outside);
        assert_true(got == FAILS(EACCES) || (got == 0 && (reads || writes)));
    }
    unlink(file);
    rmdir(dir);
}

/* A child whose parent dies dies too. */
static void test_dies_with_parent(void **state)
{
    (void)state;
    int ends[2];
    pid_t grandchild = 0;
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int out;
        pid_t probe = start(SANDBOX_VAULT, 0, "wait", NULL, &out);
        if (write(ends[1], &probe, sizeof probe) != (ssize_t)sizeof probe)
            _exit(1);
        _exit(0);
    }
    assert_int_equal(read(ends[0], &grandchild, sizeof grandchild), (ssize_t)sizeof grandchild);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(waitpid(grandchild, &status, 0), grandchild);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    close(ends[0]);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_thread_is_confined),
        cmocka_unit_test(test_descriptors_and_limits),
        cmocka_unit_test(test_user_is_dropped),
        cmocka_unit_test(test_processes_before_the_seal),
        cmocka_unit_test(test_what_nobody_may),
        cmocka_unit_test(test_what_everybody_may),
        cmocka_unit_test(test_network),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_dies_with_parent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
