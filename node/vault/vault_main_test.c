/* SPDX-License-Identifier: Apache-2.0 */
/* The real process, with this test in place of init and of all its neighbours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "node/init/links.h"
#include "protocol/ipc_wire.h"
#include "protocol/policy_wire.h"

#define LINKS 5 /* the vault's are the first five */

static char policy_path[64];
static int ctl, ends[LINKS + 1];
static pid_t vault;

static void write_policy(enum policy_chain_kind kind)
{
    struct policy_policy p = {
        .version = 1, .chain_id = 31337, .kind = kind, .head_age = 60, .smallest_n = 3};
    uint8_t buf[POLICY_POLICY_BYTES];
    struct bytes b;
    snprintf(policy_path, sizeof policy_path, "/tmp/polyclave-policy-XXXXXX");
    int fd = mkstemp(policy_path);
    assert_true(fd >= 0);
    assert_int_equal(policy_encode_policy(&b, buf, sizeof buf, &p), PC_OK);
    assert_int_equal(write(fd, b.p, b.n), (ssize_t)b.n);
    close(fd);
}

static void start(const char *option, const char *value)
{
    int far[LINKS + 1], pair[2];
    for (int l = 0; l <= LINKS; l++) {
        assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
        far[l] = fcntl(pair[0], F_DUPFD_CLOEXEC, 64);
        close(pair[0]);
        *(l == 0 ? &ctl : &ends[l]) = pair[1];
    }
    vault = fork();
    assert_true(vault >= 0);
    if (vault == 0) {
        for (int l = 0; l <= LINKS; l++)
            dup2(far[l], LINK_FD_CTL + l);
        execl(PC_BIN_DIR "/polyclave-vault", "polyclave-vault", option, value, "--uid", "0",
              (char *)NULL);
        _exit(99);
    }
    for (int l = 0; l <= LINKS; l++)
        close(far[l]);
}

static int wait_end(void)
{
    int status;
    assert_int_equal(waitpid(vault, &status, 0), vault);
    for (int l = 1; l <= LINKS; l++)
        close(ends[l]);
    if (ctl >= 0)
        close(ctl);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int setup(void **state)
{
    (void)state;
    write_policy(POLICY_CHAIN_KIND_DEV);
    start("--policy", policy_path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return unlink(policy_path);
}

static void say(int fd, const void *frame, size_t n)
{
    uint8_t packet[64] = {3};
    memcpy(packet + 1, frame, n);
    assert_int_equal(send(fd, packet, n + 1, MSG_NOSIGNAL), (ssize_t)n + 1);
}

/* One packet; 0 at the end of the link. 20 s without one only end a test that fails anyway. */
static size_t hear(int fd, uint8_t *packet, size_t cap)
{
    struct pollfd p = {fd, POLLIN, 0};
    assert_int_equal(poll(&p, 1, 20000), 1);
    ssize_t n = recv(fd, packet, cap, 0);
    return n > 0 ? (size_t)n : 0;
}

static void ask_keys(struct ipc_vd_keys *keys)
{
    static const uint8_t get[2] = {IPC_MSG_VD_KEYS_GET >> 8, IPC_MSG_VD_KEYS_GET & 0xff};
    uint8_t packet[256];
    say(ends[IPC_LINK_VD], get, sizeof get);
    size_t n = hear(ends[IPC_LINK_VD], packet, sizeof packet);
    assert_true(n > 3);
    assert_int_equal(ipc_decode_vd_keys(keys, bytes_of(packet + 1, n - 1)), PC_OK);
}

static void test_end_with_init(void **state)
{
    (void)state;
    struct ipc_vd_keys keys;
    ask_keys(&keys);
    close(ctl);
    ctl = -1;
    assert_int_equal(wait_end(), 0);
}

static void test_sigterm(void **state)
{
    (void)state;
    struct ipc_vd_keys keys;
    ask_keys(&keys);
    kill(vault, SIGTERM);
    assert_int_equal(wait_end(), 0);
}

/* Each of its threads is confined, nothing else is open, and its memory is not for others. */
static void test_confined(void **state)
{
    (void)state;
    struct ipc_vd_keys keys;
    char name[400], line[256];
    int seen = 0, tasks = 0;
    ask_keys(&keys);
    snprintf(name, sizeof name, "/proc/%d/task", vault);
    DIR *d = opendir(name);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        tasks++;
        snprintf(name, sizeof name, "/proc/%d/task/%s/status", vault, e->d_name);
        FILE *f = fopen(name, "r");
        assert_non_null(f);
        while (fgets(line, sizeof line, f) != NULL)
            seen += strcmp(line, "Seccomp:\t2\n") == 0 || strcmp(line, "NoNewPrivs:\t1\n") == 0;
        fclose(f);
    }
    closedir(d);
    assert_int_equal(tasks, 1);
    assert_int_equal(seen, 2);
    kill(vault, SIGTERM);
    assert_int_equal(wait_end(), 0);
}

/* Nonsense ends the link it came over, and no other. */
static void test_protocol_error(void **state)
{
    (void)state;
    static const uint8_t nonsense[3] = {0x02, 0x99, 7};
    static const uint8_t not_yours[2] = {IPC_MSG_VD_KEYS_GET >> 8, IPC_MSG_VD_KEYS_GET & 0xff};
    struct ipc_vd_keys keys, again;
    uint8_t packet[64];
    ask_keys(&keys);
    say(ends[IPC_LINK_VP], not_yours, sizeof not_yours);
    assert_int_equal(hear(ends[IPC_LINK_VP], packet, sizeof packet), 0);
    say(ends[IPC_LINK_VA], nonsense, sizeof nonsense);
    assert_int_equal(hear(ends[IPC_LINK_VA], packet, sizeof packet), 0);
    ask_keys(&again);
    assert_memory_equal(&keys, &again, sizeof keys);
    kill(vault, SIGTERM);
    assert_int_equal(wait_end(), 0);
}

/* A new end for a link comes over ctl and works. */
static void test_new_end(void **state)
{
    (void)state;
    struct ipc_vd_keys keys;
    int pair[2];
    uint8_t packet[] = {3, IPC_MSG_CTL_LINK >> 8, IPC_MSG_CTL_LINK & 0xff, IPC_LINK_VD};
    struct iovec iov = {packet, sizeof packet};
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct msghdr m = {NULL, 0, &iov, 1, control.space, sizeof control.space, 0};
    ask_keys(&keys);
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    control.head = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.head), &pair[0], sizeof(int));
    assert_int_equal(sendmsg(ctl, &m, 0), (ssize_t)sizeof packet);
    close(pair[0]);
    assert_int_equal(hear(ends[IPC_LINK_VD], packet, sizeof packet), 0);
    close(ends[IPC_LINK_VD]);
    ends[IPC_LINK_VD] = pair[1];
    ask_keys(&keys);
    close(ctl);
    ctl = -1;
    assert_int_equal(wait_end(), 0);
}

static void test_bad_starts(void **state)
{
    (void)state;
    start("--policy", "/nonexistent/policy.bin");
    assert_int_equal(wait_end(), 3);
    start("--unknown", "x");
    assert_int_equal(wait_end(), 2);
    write_policy(POLICY_CHAIN_KIND_QBFT); /* no verifier for its heads is built */
    start("--policy", policy_path);
    assert_int_equal(wait_end(), 3);
    assert_int_equal(truncate(policy_path, 20), 0);
    start("--policy", policy_path);
    assert_int_equal(wait_end(), 3);
    unlink(policy_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_end_with_init, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sigterm, setup, teardown),
        cmocka_unit_test_setup_teardown(test_confined, setup, teardown),
        cmocka_unit_test_setup_teardown(test_protocol_error, setup, teardown),
        cmocka_unit_test_setup_teardown(test_new_end, setup, teardown),
        cmocka_unit_test(test_bad_starts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
