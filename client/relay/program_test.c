/* SPDX-License-Identifier: Apache-2.0 */
/*
 * program_test.c - polyclave-relay itself: its key file, its socket, a kill -9 in between.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hex.h"
#include "chain/abi.h"
#include "chain/anvil_testkit.h"
#include "protocol/ipc.h"
#include "protocol/policy_wire.h"
#include "protocol/relay_wire.h"

#define RELAY PC_BIN_DIR "/polyclave-relay"

static struct child node;
static char dir[] = "/tmp/relay_program_XXXXXX";
static char key[64], pass[64], policy[64], sock[64], saved[64];
static struct evm_address payer;
static const struct evm_address epochs = {{0xe0, 1}};

static struct loop loop;
static struct ipc_end *end;
static struct relay_relay_done last;
static char last_text[256];
static unsigned answers, gone;

static void write_file(const char *path, const void *p, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), n);
    close(fd);
}

/* Run to its end; what it printed. */
static int run(char *out, size_t cap, const char *const argv[])
{
    int p[2], status;
    assert_int_equal(pipe(p), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(p[1], 1);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(p[1]);
    size_t n = 0;
    ssize_t got;
    while (n < cap - 1 && (got = read(p[0], out + n, cap - 1 - n)) > 0)
        n += (size_t)got;
    out[n] = '\0';
    close(p[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static pid_t start_relay(void)
{
    const char *argv[] = {RELAY,  "--keystore",  key,      "--password-file", pass, "--policy",
                          policy, "--rpc",       node.url, "--socket",        sock, "--state",
                          saved,  "--log-level", "error",  "--node-id",       "7",  NULL};
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

static enum err_code on_frame(void *ctx, struct ipc_end *e, struct bytes frame, int fd)
{
    (void)ctx;
    (void)e;
    (void)fd;
    assert_int_equal(relay_decode_relay_done(&last, frame), PC_OK);
    (void)snprintf(last_text, sizeof last_text, "%.*s", (int)last.text.n,
                   (const char *)last.text.p);
    answers++;
    return PC_OK;
}

static void on_gone(void *ctx, struct ipc_end *e, enum err_code why)
{
    (void)ctx;
    (void)why;
    ipc_end_free(e);
    end = NULL;
    gone++;
}

static const struct ipc_events events = {on_frame, on_gone};

/* Connect as soon as the relay listens; it tells by accepting. */
static void dial(pid_t pid)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct ipc_limits limits = IPC_LIMITS_FRAMES;
    int status;
    memcpy(at.sun_path, sock, strlen(sock) + 1);
    for (;;) {
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0) {
            assert_int_equal(ipc_end_new(&end, &loop, fd, &limits, &events, NULL), PC_OK);
            return;
        }
        close(fd);
        assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
        poll(NULL, 0, 10);
    }
}

static void wait_answer(void)
{
    unsigned before = answers, links = gone;
    while (answers == before && gone == links)
        assert_int_equal(loop_turn(&loop, 1000), PC_OK);
}

static void send_frame(struct bytes frame)
{
    assert_int_equal(ipc_end_send(end, frame), PC_OK);
}

static void send_plain(uint64_t id, enum relay_plain_call call, uint64_t arg)
{
    struct relay_relay_plain m = {.id = id, .call = call, .arg = arg};
    uint8_t buf[64];
    struct bytes frame;
    assert_int_equal(relay_encode_relay_plain(&frame, buf, sizeof buf, &m), PC_OK);
    send_frame(frame);
}

static void send_call(uint64_t id, const struct evm_address *to, const char *signature)
{
    struct abi_selector s = abi_selector(signature);
    struct relay_relay_call m = {.id = id, .data = bytes_of(s.b, 4)};
    uint8_t buf[128];
    struct bytes frame;
    memcpy(m.to, to->b, 20);
    assert_int_equal(relay_encode_relay_call(&frame, buf, sizeof buf, &m), PC_OK);
    send_frame(frame);
}

static int setup(void **state)
{
    (void)state;
    char out[256];
    assert_non_null(mkdtemp(dir));
    (void)snprintf(key, sizeof key, "%s/key", dir);
    (void)snprintf(pass, sizeof pass, "%s/pass", dir);
    (void)snprintf(policy, sizeof policy, "%s/policy.bin", dir);
    (void)snprintf(sock, sizeof sock, "%s/relay.sock", dir);
    (void)snprintf(saved, sizeof saved, "%s/state", dir);
    write_file(pass, "correct horse\n", 14);
    anvil_start(&node);
    anvil_set_code(&node, &epochs, "00");
    const char *keygen[] = {RELAY, "keygen", "--keystore", key, "--password-file", pass, NULL};
    assert_int_equal(run(out, sizeof out, keygen), 0);
    assert_int_equal(hex_decode(payer.b, 20, out, 42), PC_OK);
    anvil_set_balance(&node, &payer, 10000000000000000000u);
    struct policy_policy p = {
        .version = 1, .chain_id = 31337, .kind = POLICY_CHAIN_KIND_DEV, .smallest_n = 3};
    uint8_t buf[POLICY_POLICY_BYTES];
    struct bytes bytes;
    memcpy(p.epochs, epochs.b, 20);
    assert_int_equal(policy_encode_policy(&bytes, buf, sizeof buf, &p), PC_OK);
    write_file(policy, bytes.p, bytes.n);
    loop_init(&loop);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ipc_end_free(end);
    child_stop(&node);
    const char *files[] = {key, pass, policy, sock, saved};
    for (size_t i = 0; i < PC_ARRAY_LEN(files); i++)
        unlink(files[i]);
    return rmdir(dir);
}

static void key_files(void **state)
{
    (void)state;
    char out[256], want[43] = "0x";
    struct stat st;
    const char *again[] = {RELAY, "keygen", "--keystore", key, "--password-file", pass, NULL};
    const char *show[] = {RELAY, "address", "--keystore", key, "--password-file", pass, NULL};
    assert_int_equal(run(out, sizeof out, again), 3); /* never overwritten */
    assert_int_equal(run(out, sizeof out, show), 0);
    hex_encode(want + 2, PC_BYTES(payer.b));
    assert_memory_equal(out, want, 42);
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    const char *nothing[] = {RELAY, NULL};
    const char *unknown[] = {RELAY, "--keystore", key, "--force", "x", NULL};
    assert_int_equal(run(out, sizeof out, nothing), 2);
    assert_int_equal(run(out, sizeof out, unknown), 2);
}

static void calls_over_the_socket(void **state)
{
    (void)state;
    char out[256];
    struct stat st;
    pid_t pid = start_relay();
    dial(pid);
    assert_int_equal(stat(sock, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* refused by the list, each with its code */
    send_call(1, &payer, "transfer(address,uint256)");
    wait_answer();
    assert_true(last.id == 1 && last.outcome == RELAY_OUTCOME_REFUSED);
    assert_string_equal(last_text, "to_not_allowed");
    send_call(2, &epochs, "slash(uint64)");
    wait_answer();
    assert_true(last.id == 2 && last.outcome == RELAY_OUTCOME_REFUSED);
    assert_string_equal(last_text, "selector_not_allowed");
    send_plain(3, RELAY_PLAIN_CALL_ANNOUNCE, 1); /* an argument that the call has not */
    wait_answer();
    assert_true(last.id == 3 && last.outcome == RELAY_OUTCOME_REFUSED);
    /* mined */
    send_plain(4, RELAY_PLAIN_CALL_ANNOUNCE, 0);
    send_call(5, &epochs, "announce()"); /* the same call: joined */
    while (answers < 5) {
        anvil_mine(&node, 1);
        assert_int_equal(loop_turn(&loop, 100), PC_OK);
    }
    assert_int_equal(last.outcome, RELAY_OUTCOME_MINED);
    assert_true(last.gas_used > 21000 && last.block > 0);
    /* a second relay does not take the first one's place */
    const char *second[] = {RELAY,  "--keystore", key,      "--password-file", pass, "--policy",
                            policy, "--rpc",      node.url, "--socket",        sock, "--state",
                            saved,  NULL};
    assert_int_equal(run(out, sizeof out, second), 3);
    /* nonsense ends the link, and the next one is served */
    send_frame(PC_BYTES_STR("\x01\x02rubbish"));
    unsigned links = gone;
    while (gone == links)
        assert_int_equal(loop_turn(&loop, 1000), PC_OK);
    dial(pid);
    send_plain(6, RELAY_PLAIN_CALL_OPEN, 0);
    while (last.id != 6) {
        anvil_mine(&node, 1);
        assert_int_equal(loop_turn(&loop, 100), PC_OK);
    }
    assert_int_equal(last.outcome, RELAY_OUTCOME_MINED);
    /* kill -9 with a call under way: the next process goes on with it */
    const char *text = anvil_call(&node, "eth_blockNumber", "[]");
    (void)text;
    send_plain(7, RELAY_PLAIN_CALL_FAIL, 0);
    while (strcmp(anvil_call(&node, "txpool_status", "[]"),
                  "{\"pending\":\"0x1\",\"queued\":\"0x0\"}") != 0)
        assert_int_equal(loop_turn(&loop, 20), PC_OK);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    links = gone;
    while (gone == links && end != NULL)
        assert_int_equal(loop_turn(&loop, 1000), PC_OK);
    (void)anvil_call(&node, "anvil_dropAllTransactions", "[]");
    pid = start_relay(); /* its socket lay there: replaced, since nobody serves it */
    dial(pid);
    send_plain(8, RELAY_PLAIN_CALL_OPEN, 0); /* another call; its nonce lies behind the old one */
    while (last.id != 8) {
        anvil_mine(&node, 1);
        assert_int_equal(loop_turn(&loop, 100), PC_OK);
    }
    assert_int_equal(last.outcome, RELAY_OUTCOME_MINED);
    char params[100], hex[41];
    hex_encode(hex, PC_BYTES(payer.b));
    (void)snprintf(params, sizeof params, "[\"0x%s\",\"latest\"]", hex);
    assert_string_equal(anvil_call(&node, "eth_getTransactionCount", params), "\"0x4\"");
    kill(pid, SIGTERM);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(access(sock, F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(key_files),
        cmocka_unit_test(calls_over_the_socket),
    };
    if (!anvil_available())
        return 77;
    return cmocka_run_group_tests(tests, setup, teardown);
}
