/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/net.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "client/relay/keystore.h"

#define RPC_MS   15000u
#define TALK_MS  10000u
#define FIRST_MS 1000u

uint64_t net_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

void net_sleep(unsigned ms)
{
    struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&t, NULL);
}

void net_now(struct cli_net *n)
{
    n->chain.now_ms = net_ms();
}

static const char *network_path(const struct cli_args *a)
{
    const char *path = cli_arg(a, "network");
    if (path == NULL)
        path = getenv("POLYCLAVE_NETWORK");
    return path != NULL ? path : "network.json";
}

int net_open(struct cli_net *n, const struct cli_args *a)
{
    char why[160];
    const char *path = network_path(a), *urls[PC_ENDPOINTS_MAX];
    memset(n, 0, sizeof *n);
    n->args = a;
    n->wait_s = 120;
    n->talked_ms = net_ms();
    if (!cli_arg_u64(a, "wait", 31536000, &n->wait_s))
        return PC_CLI_USAGE;
    if (network_read(&n->net, why, path) != PC_OK)
        return cli_fail(PC_CLI_USAGE, path, why,
                        "name the deployment's file with --network or $POLYCLAVE_NETWORK");
    for (unsigned i = 0; i < n->net.n_rpc; i++)
        urls[i] = n->net.rpc[i];
    struct endpoints_config c = {.urls = urls,
                                 .m = n->net.n_rpc,
                                 .k = n->net.rpc_agree,
                                 .chain_id = n->net.chain_id,
                                 .timeout_ms = RPC_MS};
    enum err_code e = endpoints_new(&n->endpoints, &c);
    if (e != PC_OK)
        return cli_fail(PC_CLI_USAGE, path, "its rpc list cannot be used",
                        "distinct http or https URLs; off chain 31337 at least three");
    n->chain.endpoints = n->endpoints;
    net_now(n);
    /* Sorts endpoints that lag or lie behind the others (endpoints.h); what to do about a head that
     * cannot be agreed is for the command to say. */
    struct head_claim ignored;
    e = endpoints_head(n->endpoints, n->chain.now_ms, &ignored);
    return e == PC_OK || pc_err_class(e) == PC_ERR_CLASS_ENV
               ? PC_CLI_YES
               : cli_fail(PC_CLI_USAGE, path, "its endpoints cannot be used", pc_err_text(e));
}

void net_close(struct cli_net *n)
{
    net_progress_end(n);
    arena_close(n->arena); /* wipes the key */
    endpoints_free(n->endpoints);
    memset(n, 0, sizeof *n);
}

/* A key is in this process now: no core files, no tracer. */
static void harden(void)
{
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        pc_bug("the process could not be hardened");
}

static int key_room(struct cli_net *n, const char *key)
{
    harden();
    if (n->arena == NULL && arena_open(&n->arena, 4096) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "memory for the key cannot be locked", key,
                        "raise RLIMIT_MEMLOCK");
    if (n->sk == NULL)
        n->sk = arena_alloc(n->arena, sizeof *n->sk);
    if (n->sk == NULL)
        pc_bug("a fresh arena has no room");
    return PC_CLI_YES;
}

int net_signer_hex(struct cli_net *n, const char *path)
{
    struct stat st;
    char *text = NULL;
    int code = key_room(n, path), fd = -1;
    if (code != PC_CLI_YES)
        return code;
    text = arena_alloc(n->arena, 80);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t len = text != NULL && fd >= 0 && fstat(fd, &st) == 0 ? read(fd, text, 80) : -1;
    bool ok = len > 0 && len < 80 && (st.st_mode & 077) == 0;
    while (ok && len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    ok = ok && hex_decode(n->sk->b, sizeof n->sk->b, text, (size_t)len) == PC_OK &&
         evm_address_of(&n->chain.payer, n->sk) == PC_OK;
    if (fd >= 0)
        close(fd);
    arena_free(n->arena, text); /* wipes */
    return ok ? PC_CLI_YES
              : cli_fail(PC_CLI_USAGE, "cannot take the key", path,
                         "want 64 hexadecimal digits in a file of mode 0600");
}

int net_signer(struct cli_net *n, size_t i)
{
    const char *key = cli_arg_at(n->args, "key", i), *pass = cli_arg_at(n->args, "pass-file", i);
    if (key == NULL || pass == NULL)
        return cli_fail(PC_CLI_USAGE, "no signer", n->args->verb->name,
                        "give --key FILE and --pass-file FILE, one of each per signer");
    int code = key_room(n, key);
    if (code != PC_CLI_YES)
        return code;
    enum err_code e = keystore_load(n->sk, &n->chain.payer, key, pass);
    if (e == PC_OK)
        return PC_CLI_YES;
    return cli_fail(PC_CLI_USAGE, "cannot open the keystore", key,
                    e == PC_E_REFUSED ? "it and the pass file must be readable by their owner "
                                        "alone: chmod 600"
                    : e == PC_E_AUTH  ? "wrong pass phrase"
                                      : pc_err_text(e));
}

bool net_can_send(struct cli_net *n)
{
    if (cli_has(n->args, "relay") && !cli_has(n->args, "key"))
        return true;
    return net_signer(n, 0) == PC_CLI_YES;
}

void net_progress(struct cli_net *n, const char *format, ...)
{
    va_list args;
    bool terminal = isatty(STDERR_FILENO) == 1;
    uint64_t now = net_ms();
    if (now - n->talked_ms < (terminal ? FIRST_MS : TALK_MS))
        return;
    n->talked_ms = now;
    va_start(args, format);
    if (terminal)
        (void)fputs("\r\033[K", stderr);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    if (!terminal)
        (void)fputc('\n', stderr);
    n->line_open = terminal;
    (void)fflush(stderr);
}

void net_progress_end(struct cli_net *n)
{
    if (n->line_open)
        (void)fputs("\r\033[K", stderr);
    n->line_open = false;
    n->talked_ms = net_ms();
}

const struct evm_address *net_at(const struct cli_net *n, enum network_contract c)
{
    return &n->net.contract[c];
}

int net_unreachable(struct cli_net *n, const char *what, enum err_code e)
{
    net_progress_end(n);
    for (unsigned i = 0; i < endpoints_count(n->endpoints); i++) {
        const struct endpoint_status *s = endpoints_status(n->endpoints, i);
        if (s->state != PC_EP_OK || s->err != PC_OK)
            (void)fprintf(stderr, "  %s: %s %s %s\n", n->net.rpc[i], endpoint_state_name(s->state),
                          pc_err_name(s->err), s->text);
    }
    if (e == PC_E_REFUSED)
        return cli_fail(PC_CLI_NO, "the chain refuses the question", what,
                        "is network.json of this chain?");
    return cli_fail(PC_CLI_RETRY, "cannot ask the chain", what, pc_err_text(e));
}

/* ---- views */

enum err_code net_view(struct cli_net *n, enum network_contract c, const char *sig,
                       const struct evm_word *args, size_t n_args, uint8_t *out, size_t cap,
                       size_t *len)
{
    uint8_t call[4 + 32 * 8];
    struct abi_selector s = abi_selector(sig);
    PC_ASSERT(n_args <= 8);
    memcpy(call, s.b, 4);
    for (size_t i = 0; i < n_args; i++)
        memcpy(call + 4 + 32 * i, args[i].b, 32);
    net_now(n);
    return relay_chain_call(&n->chain, out, cap, len, net_at(n, c),
                            bytes_of(call, 4 + 32 * n_args));
}

enum err_code net_words(struct cli_net *n, enum network_contract c, const char *sig,
                        const struct evm_word *args, size_t n_args, struct evm_word *out,
                        size_t words)
{
    uint8_t answer[32 * 32];
    size_t len;
    PC_ASSERT(words <= 32);
    memset(out, 0, words * sizeof *out);
    PC_TRY(net_view(n, c, sig, args, n_args, answer, sizeof answer, &len));
    if (len != 32 * words)
        return PC_E_MALFORMED;
    for (size_t i = 0; i < words; i++)
        out[i] = evm_word_of(answer + 32 * i);
    return PC_OK;
}

enum err_code net_u64(struct cli_net *n, enum network_contract c, const char *sig,
                      const struct evm_word *args, size_t n_args, uint64_t *out)
{
    struct evm_word w;
    *out = 0;
    PC_TRY(net_words(n, c, sig, args, n_args, &w, 1));
    return evm_word_to_u64(out, &w, 64);
}

uint64_t word_u64(const struct evm_word *w)
{
    uint64_t v;
    return evm_word_to_u64(&v, w, 64) == PC_OK ? v : UINT64_MAX;
}

static enum err_code take_time(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    (void)who;
    if (a->at[0].class != PC_RPC_RESULT)
        return PC_E_IO;
    return json_get_quantity(&a->at[0].value, "timestamp", ctx);
}

enum err_code net_time(struct cli_net *n, uint64_t *unix_s)
{
    char buf[256];
    struct jsonrpc_request r;
    struct bytes body;
    *unix_s = 0;
    net_now(n);
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(n->endpoints), false);
    jsonrpc_call(&r, "eth_getBlockByNumber");
    json_out_str(&r.o, NULL, "latest");
    json_out_bool(&r.o, NULL, false);
    jsonrpc_call_end(&r);
    PC_TRY(jsonrpc_finish(&r, &body));
    return endpoints_ask(n->endpoints, n->chain.now_ms, 0, &r, body, 2u << 20, take_time, unix_s);
}

int net_wait_until(struct cli_net *n, uint64_t unix_s, const char *what)
{
    uint64_t now, end = net_ms() + n->wait_s * 1000;
    char at[64];
    for (;;) {
        enum err_code e = net_time(n, &now);
        if (e != PC_OK)
            return net_unreachable(n, what, e);
        if (now >= unix_s) {
            net_progress_end(n);
            return PC_CLI_YES;
        }
        time_text(at, unix_s, now);
        if (unix_s - now > n->wait_s || net_ms() >= end) {
            net_progress_end(n);
            return cli_fail(PC_CLI_RETRY, what, at, "come back then, or give a longer --wait");
        }
        net_progress(n, "%s: %s", what, at);
        net_sleep(500);
    }
}

/* ---- calldata */

void call_begin(struct call *c, const char *sig, size_t words)
{
    struct abi_selector s = abi_selector(sig);
    *c = (struct call){.buf = malloc(PC_CLI_CALL_MAX)};
    if (c->buf == NULL)
        pc_bug("no memory for a call");
    memcpy(c->buf, s.b, 4);
    c->w = abi_out_of(c->buf + 4, PC_CLI_CALL_MAX - 4, words);
}

void call_end(struct call *c)
{
    struct bytes args;
    if (abi_out_end(&c->w, &args) != PC_OK)
        pc_bug("a call does not fit its buffer");
    c->data = bytes_of(c->buf, 4 + args.n);
}

void call_free(struct call *c)
{
    free(c->buf);
    memset(c, 0, sizeof *c);
}
