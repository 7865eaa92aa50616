/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/anvil_testkit.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/json.h"
#include "chain/http.h"

#define ANVIL PC_SOURCE_DIR "/contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil"
#define PROXY PC_SOURCE_DIR "/testnet/tools/rpc-proxy"

bool anvil_available(void)
{
    if (access(ANVIL, X_OK) == 0)
        return true;
    (void)fprintf(stderr, "SKIP: no anvil (run `npm ci` in contracts/)\n");
    return false;
}

static void child_start(struct child *c, const char *const argv[])
{
    int in[2], out[2];
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    /* It tells of every request, and nobody reads on. */
    assert_true(fcntl(out[1], F_SETPIPE_SZ, 1 << 20) > 0);
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(in[0], 0);
        dup2(out[1], 1);
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    c->in = fdopen(in[1], "w");
    c->out = fdopen(out[0], "r");
    assert_non_null(c->in);
    assert_non_null(c->out);
}

/* The rest of the first line that holds `mark`. */
static void wait_line(struct child *c, const char *mark, char out[static 64])
{
    char line[512];
    while (fgets(line, sizeof line, c->out) != NULL) {
        const char *at = strstr(line, mark);
        if (at == NULL)
            continue;
        (void)snprintf(out, 64, "%.60s", at + strlen(mark));
        out[strcspn(out, "\r\n ")] = '\0';
        return;
    }
    fail_msg("a child ended before it was ready");
}

void anvil_start(struct child *c)
{
    char address[64];
    const char *argv[] = {ANVIL,        "--port",      "0",
                          "--hardfork", "osaka",       "--slots-in-an-epoch",
                          "1",          "--no-mining", "--enable-tx-gas-limit",
                          NULL};
    child_start(c, argv);
    wait_line(c, "Listening on ", address);
    (void)snprintf(c->url, sizeof c->url, "http://%.50s", address);
}

void proxy_start(struct child *c, const char *upstream, const char *fork)
{
    char address[64];
    const char *argv[] = {PROXY,        "--listen", "127.0.0.1:0",
                          "--upstream", upstream,   fork ? "--fork" : NULL,
                          fork,         NULL};
    child_start(c, argv);
    wait_line(c, "ready ", address);
    (void)snprintf(c->url, sizeof c->url, "http://%.50s", address);
}

void proxy_command(struct child *c, const char *command)
{
    char line[256];
    assert_true(fprintf(c->in, "%s\n", command) > 0);
    assert_int_equal(fflush(c->in), 0);
    assert_non_null(fgets(line, sizeof line, c->out));
    assert_int_equal(strncmp(line, "ok", 2), 0);
}

void child_stop(struct child *c)
{
    if (c->pid <= 0)
        return;
    kill(c->pid, SIGKILL);
    waitpid(c->pid, NULL, 0);
    fclose(c->in);
    fclose(c->out);
    c->pid = 0;
}

const char *anvil_call(const struct child *c, const char *method, const char *params)
{
    static char result[1 << 20];
    static char body[1 << 20];
    struct http_client *http;
    struct http_options o = {0};
    struct bytes span;
    int n =
        snprintf(body, sizeof body,
                 "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params);
    assert_true(n > 0 && (size_t)n < sizeof body);
    assert_int_equal(http_client_new(&http, &o), PC_OK);
    struct http_request r = {.url = c->url,
                             .method = PC_HTTP_POST,
                             .content_type = "application/json",
                             .body = bytes_of(body, (size_t)n),
                             .max_answer = sizeof result,
                             .timeout_ms = 60000};
    http_run(http, &r, 1, NULL, NULL);
    assert_int_equal(r.err, PC_OK);
    if (json_member_span(&span, bytes_of(r.answer, r.answer_len), "result", 32) != PC_OK)
        fail_msg("%s: %.*s", method, (int)r.answer_len, (const char *)r.answer);
    memcpy(result, span.p, span.n);
    result[span.n] = '\0';
    http_request_free(&r);
    http_client_free(http);
    return result;
}

size_t anvil_bytes(const struct child *c, uint8_t *out, size_t cap, const char *method,
                   const char *params)
{
    const char *text = anvil_call(c, method, params);
    size_t len = strlen(text);
    assert_true(len >= 4 && text[0] == '"' && len % 2 == 0 && (len - 4) / 2 <= cap);
    assert_int_equal(hex_decode(out, (len - 4) / 2, text + 1, len - 2), PC_OK);
    return (len - 4) / 2;
}

void anvil_mine(const struct child *c, unsigned blocks)
{
    char params[32];
    (void)snprintf(params, sizeof params, "[\"0x%x\"]", blocks);
    (void)anvil_call(c, "anvil_mine", params);
}

void anvil_set_code(const struct child *c, const struct evm_address *at, const char *code_hex)
{
    static char params[128 << 10];
    char address[41];
    hex_encode(address, PC_BYTES(at->b));
    int n = snprintf(params, sizeof params, "[\"0x%s\",\"0x%s\"]", address, code_hex);
    assert_true(n > 0 && (size_t)n < sizeof params);
    (void)anvil_call(c, "anvil_setCode", params);
}

void anvil_set_slot(const struct child *c, const struct evm_address *at,
                    const struct evm_word *slot, const struct evm_word *value)
{
    char params[256], address[41], s[65], v[65];
    hex_encode(address, PC_BYTES(at->b));
    hex_encode(s, PC_BYTES(slot->b));
    hex_encode(v, PC_BYTES(value->b));
    (void)snprintf(params, sizeof params, "[\"0x%s\",\"0x%s\",\"0x%s\"]", address, s, v);
    (void)anvil_call(c, "anvil_setStorageAt", params);
}

void anvil_set_balance(const struct child *c, const struct evm_address *at, uint64_t wei)
{
    char params[128], address[41];
    hex_encode(address, PC_BYTES(at->b));
    (void)snprintf(params, sizeof params, "[\"0x%s\",\"0x%llx\"]", address,
                   (unsigned long long)wei);
    (void)anvil_call(c, "anvil_setBalance", params);
}
