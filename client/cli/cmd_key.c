/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polyclave key get | pin
 *
 * `get` is libpolyclave at work: meant for the inside of an enclave, whose image holds the pin.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/hex.h"
#include "client/cli/commands.h"
#include "client/cli/deployment.h"
#include "client/cli/net.h"
#include "client/cli/quote_run.h"
#include "client/cli/vendor.h"
#include "client/include/polyclave.h"
#include "client/lib/pin.h"

#define QUOTE_MS    60000u
#define HELPER_ARGS 32

/* ---- get */

static int quote(void *user, const uint8_t report_data[64], uint8_t *evidence, size_t cap,
                 size_t *len)
{
    return quote_run(user, report_data, evidence, cap, len) ? 0 : -1;
}

static const struct {
    const char *name;
    enum polyclave_key_type type;
    size_t len;
} types[] = {
    {"symmetric", POLYCLAVE_SYMMETRIC, 32}, {"x25519", POLYCLAVE_X25519, 32},
    {"ed25519", POLYCLAVE_ED25519, 32},     {"secp256k1", POLYCLAVE_SECP256K1, 32},
    {"p256", POLYCLAVE_P256, 32},           {"mlkem", POLYCLAVE_MLKEM, 64},
    {"mldsa", POLYCLAVE_MLDSA, 32},
};

struct wish {
    const char *scope, *path;
    uint64_t version, index, timeout_s, fd, took_ms;
    size_t type;
    struct quote_helper helper;
    const char *args[HELPER_ARGS + 1];
};

static bool parse_wish(struct wish *w, const struct cli_args *a)
{
    const char *type = cli_arg(a, "type"), *platform = cli_arg(a, "platform"), *extra;
    size_t n = 0;
    *w = (struct wish){
        .scope = cli_arg(a, "scope"), .path = cli_arg(a, "path"), .version = 1, .timeout_s = 30};
    if (w->scope == NULL)
        w->scope = "";
    if (w->path == NULL)
        w->path = "";
    if (type == NULL)
        type = "symmetric";
    while (w->type < PC_ARRAY_LEN(types) && strcmp(types[w->type].name, type) != 0)
        w->type++;
    if (w->type == PC_ARRAY_LEN(types))
        return cli_fail(PC_CLI_USAGE, "no such key type", type,
                        "symmetric, x25519, ed25519, secp256k1, p256, mlkem or mldsa") ==
               PC_CLI_YES;
    if (platform != NULL) {
        w->args[n++] = "--platform";
        w->args[n++] = platform;
    }
    for (size_t i = 0; (extra = cli_arg_at(a, "quote-arg", i)) != NULL && n < HELPER_ARGS; i++)
        w->args[n++] = extra;
    w->helper = (struct quote_helper){cli_arg(a, "quote-helper"), w->args, QUOTE_MS};
    if (cli_has(a, "out") + cli_has(a, "fd") + cli_has(a, "show") != 1)
        return cli_fail(PC_CLI_USAGE, "where the key goes is not clear", "key get",
                        "give one of --out FILE, --fd N, --show") == PC_CLI_YES;
    return cli_arg_u64(a, "version", UINT32_MAX, &w->version) &&
           cli_arg_u64(a, "index", UINT32_MAX, &w->index) &&
           cli_arg_u64(a, "timeout", 86400, &w->timeout_s) && cli_arg_u64(a, "fd", 1023, &w->fd);
}

/* The status of the library is an exit code but for UNTRUSTED, which is a clean no. */
static int exit_of(int status)
{
    return status == POLYCLAVE_UNTRUSTED ? PC_CLI_NO : status;
}

static int library_failed(int status, const struct polyclave *pc, const char *what)
{
    (void)fprintf(stderr, "polyclave: %s: %s: %s\n", what, polyclave_error_code(pc),
                  polyclave_error(pc));
    return exit_of(status);
}

static int write_fd(int fd, const uint8_t *p, size_t n, const char *name)
{
    while (n != 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0)
            return cli_fail(PC_CLI_USAGE, "cannot write the key", name, strerror(errno));
        p += w;
        n -= (size_t)w;
    }
    return PC_CLI_YES;
}

static int deliver(const struct cli_args *a, const struct wish *w, const uint8_t *key, size_t len)
{
    const char *out = cli_arg(a, "out");
    if (out != NULL)
        return file_replace(out, bytes_of(key, len), 0600);
    if (cli_has(a, "fd"))
        return write_fd((int)w->fd, key, len, cli_arg(a, "fd"));
    return PC_CLI_YES; /* --show: with the result */
}

static void out_report(struct cli_out *o, const struct polyclave *pc)
{
    static const char *const states[] = {"unasked", "good", "unreachable", "refused", "lied"};
    static struct polyclave_member_report r[256];
    struct polyclave_epoch e;
    size_t n = polyclave_members(pc, r, PC_ARRAY_LEN(r));
    polyclave_epoch_of(pc, &e);
    out_u64(o, "epoch", e.number);
    out_u64(o, "n", e.n);
    out_u64(o, "t", e.t);
    out_time(o, "valid_until", polyclave_valid_until(pc));
    out_line(o, "\n%5s %6s %-12s %s", "index", "node", "state", "code");
    out_list(o, "members");
    for (size_t i = 0; i < n && i < PC_ARRAY_LEN(r); i++) {
        out_row(o);
        out_u64(o, "index", r[i].index);
        out_u64(o, "node_id", r[i].node_id);
        out_str(o, "state", states[r[i].state]);
        out_str(o, "code", r[i].code);
        out_up(o);
        out_line(o, "%5u %6u %-12s %s", r[i].index, r[i].node_id, states[r[i].state], r[i].code);
    }
    out_up(o);
}

static int derive(const struct cli_args *a, const struct wish *w, const struct polyclave_root *root,
                  struct cli_out *o)
{
    uint8_t key[64] = {0};
    char hex[129];
    size_t len = types[w->type].len;
    int code = PC_CLI_USAGE;
    if (polyclave_derive(root, types[w->type].type, w->path, strlen(w->path), (uint32_t)w->index,
                         key, len) != POLYCLAVE_OK)
        (void)cli_fail(PC_CLI_USAGE, "cannot derive", w->path, "a path has at most 1024 bytes");
    else
        code = deliver(a, w, key, len);
    if (code == PC_CLI_YES && cli_has(a, "show")) {
        hex_encode(hex, bytes_of(key, len));
        out_str(o, "key", hex);
    }
    pc_wipe(key, sizeof key);
    pc_wipe(hex, sizeof hex);
    return code;
}

/* What a program around this command needs of a failure, as an object too. */
static int finish(struct cli_out *o, const struct cli_args *a, const struct polyclave *pc,
                  const struct polyclave_root *root, const struct wish *w, int status)
{
    out_begin(o, a);
    out_str(o, "code", status == POLYCLAVE_OK ? "ok" : polyclave_error_code(pc));
    out_u64(o, "milliseconds", w->took_ms);
    if (status != POLYCLAVE_OK)
        out_str(o, "error", polyclave_error(pc));
    int code = status == POLYCLAVE_OK ? derive(a, w, root, o) : exit_of(status);
    out_report(o, pc);
    return out_end(o, code);
}

static void harden(void)
{
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
        pc_bug("the process could not be hardened");
}

static int get(const struct cli_args *a)
{
    struct polyclave_pin pin;
    struct polyclave *pc = NULL;
    struct polyclave_root *root = NULL;
    struct wish w;
    struct cli_out o;
    const char *network = cli_arg(a, "network");
    enum vendor vendor = vendor_arg(a);
    if (vendor == 0)
        return PC_CLI_USAGE;
    if (!parse_wish(&w, a))
        return PC_CLI_USAGE;
    if (network == NULL)
        network = getenv("POLYCLAVE_NETWORK");
    struct polyclave_config config = {.vendor = (enum polyclave_vendor)vendor,
                                      .network_file = network != NULL ? network : "network.json",
                                      .relay_socket = cli_arg(a, "relay"),
                                      .quote = quote,
                                      .quote_user = &w.helper,
                                      .timeout_ms = (unsigned)(w.timeout_s * 1000),
                                      .ask_all = cli_has(a, "ask-all")};
    harden();
    int status = polyclave_pin_read(&pin, cli_arg(a, "pin"));
    if (status == POLYCLAVE_OK)
        status = polyclave_open(&pc, &config, &pin);
    if (status != POLYCLAVE_OK)
        return library_failed(status, NULL, "key get");
    (void)fprintf(stderr, "polyclave: attesting; the record must be final\n");
    status = polyclave_attest(pc);
    uint64_t begun = net_ms();
    if (status == POLYCLAVE_OK)
        status = polyclave_root_get(pc, w.scope, (uint32_t)w.version, &root);
    w.took_ms = net_ms() - begun;
    if (status != POLYCLAVE_OK)
        (void)library_failed(status, pc, "key get");
    int code = finish(&o, a, pc, root, &w, status);
    polyclave_root_free(root);
    polyclave_close(pc);
    return code;
}

/* ---- pin */

struct one {
    uint8_t pk[32];
};

static enum err_code take_pk(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    (void)who;
    struct one *o = ctx;
    if (a->at[0].class != PC_RPC_RESULT)
        return PC_E_IO;
    return json_get_hex(&a->at[0].value, NULL, o->pk, 32);
}

/* PK by one endpoint alone. */
static enum err_code ask_pk(struct cli_net *n, unsigned i, uint8_t pk[static 32])
{
    char buf[512];
    uint8_t call[36] = {0};
    struct one o;
    struct jsonrpc_request r;
    struct bytes body;
    struct abi_selector s = abi_selector("pkOf(uint32)");
    memcpy(call, s.b, 4);
    net_now(n);
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(n->endpoints), false);
    jsonrpc_call(&r, "eth_call");
    json_out_object(&r.o, NULL);
    json_out_hex(&r.o, "to", bytes_of(net_at(n, PC_NET_EPOCHS)->b, 20));
    json_out_hex(&r.o, "data", PC_BYTES(call));
    json_out_end(&r.o);
    json_out_str(&r.o, NULL, "latest");
    jsonrpc_call_end(&r);
    PC_TRY(jsonrpc_finish(&r, &body));
    PC_TRY(endpoints_ask(n->endpoints, n->chain.now_ms, (uint8_t) ~(1u << i), &r, body, 4096,
                         take_pk, &o));
    memcpy(pk, o.pk, 32);
    return PC_OK;
}

/* The pin is what an application trusts for ever: the endpoints are asked one by one and must
 * agree. */
static int agreed_pk(struct cli_net *n, uint8_t pk[static 32], unsigned *agreed)
{
    unsigned m = n->net.n_rpc, k = n->net.rpc_agree != 0 ? n->net.rpc_agree : m / 2 + 1;
    uint8_t other[32];
    *agreed = 0;
    for (unsigned i = 0; i < m; i++) {
        enum err_code e = ask_pk(n, i, *agreed == 0 ? pk : other);
        if (e != PC_OK)
            (void)fprintf(stderr, "polyclave: %s: %s\n", n->net.rpc[i], pc_err_text(e));
        else if (*agreed != 0 && memcmp(pk, other, 32) != 0)
            return cli_fail(PC_CLI_NO, "the endpoints show different keys", n->net.rpc[i],
                            "find out which one lies before you pin anything");
        else
            ++*agreed;
    }
    if (*agreed < k)
        return cli_fail(PC_CLI_RETRY, "too few endpoints answered", "key pin", "try again");
    return PC_CLI_YES;
}

static int pin(const struct cli_args *a)
{
    struct cli_net n;
    struct cli_out o;
    struct polyclave_pin p;
    struct polyclave_pin again;
    char text[PC_PIN_TEXT_MAX];
    unsigned line, agreed;
    const char *out = cli_arg(a, "out");
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !cli_arg_hex(a, "app", p.app_id, 32))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES)
        code = agreed_pk(&n, p.pk, &agreed);
    if (code == PC_CLI_YES && bytes_all_zero_var(PC_BYTES(p.pk)))
        code = cli_fail(PC_CLI_NO, "the network has no key yet", "key pin",
                        "wait for the first epoch: polyclave epoch show");
    if (code == PC_CLI_YES) {
        memcpy(p.network_id, n.net.network_id, 32);
        memcpy(p.key_id, n.net.key_id, 32);
        if (pin_text(text, sizeof text, &p) != PC_OK ||
            pin_parse(&again, &line, bytes_of(text, strlen(text))) != PC_OK)
            code = cli_fail(PC_CLI_NO, "what the chain calls PK is no point", "key pin",
                            "is network.json of this chain?");
    }
    if (code == PC_CLI_YES && out != NULL)
        code = file_replace(out, bytes_of(text, strlen(text)), 0644);
    if (code == PC_CLI_YES && !a->json && out == NULL) {
        (void)fputs(text, stdout);
        (void)fprintf(stderr, "polyclave: %u of %u endpoints agree\n", agreed, n.net.n_rpc);
    } else if (code == PC_CLI_YES) {
        out_begin(&o, a);
        if (out != NULL)
            out_str(&o, "file", out);
        out_hex(&o, "network_id", PC_BYTES(p.network_id));
        out_hex(&o, "key_id", PC_BYTES(p.key_id));
        out_hex(&o, "pk", PC_BYTES(p.pk));
        out_hex(&o, "app_id", PC_BYTES(p.app_id));
        out_u64(&o, "endpoints_agree", agreed);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}

static const struct cli_option get_options[] = {
    {"pin", "FILE", "the pin of the measured image", true, 1},
    {"vendor", "NAME", "tdx, snp, nitro", true, 1},
    {"quote-helper", "PROGRAM", "polyclave-quote-tsm, polyclave-quote-nsm or polyclave-quote-sim",
     true, 1},
    {"platform", "DIR", "handed to the helper: folder of a simulated machine", false, 1},
    {"quote-arg", "ARG", "handed to the helper as it is", false, HELPER_ARGS - 2},
    {"relay", "SOCKET", "polyclave-relay in --app mode", true, 1},
    {"scope", "S", "default the empty scope", false, 1},
    {"version", "N", "key version (1)", false, 1},
    {"type", "TYPE", "symmetric, x25519, ed25519, secp256k1, p256, mlkem, mldsa", false, 1},
    {"path", "P", "derivation path (empty)", false, 1},
    {"index", "I", "derivation index (0)", false, 1},
    {"timeout", "S", "for all members together (30)", false, 1},
    {"ask-all", NULL, "ask every member, though T suffice: shows what each says", false, 1},
    {"out", "FILE", "write the key there, mode 0600", false, 1},
    {"fd", "N", "write the key to that descriptor", false, 1},
    {"show", NULL, "print the key", false, 1},
};
static const struct cli_option pin_options[] = {
    {"app", "ID", "app_id", true, 1},
    {"out", "FILE", "default stdout", false, 1},
};

static const struct cli_verb verbs[] = {
    {"key",
     "get",
     "attests this enclave and fetches a key of its application",
     {"polyclave key get --pin /etc/polyclave/pin --vendor tdx --quote-helper polyclave-quote-tsm "
      "--relay relay.sock --out disk.key",
      "polyclave key get --pin run/pin --vendor tdx --quote-helper polyclave-quote-sim --platform "
      "run/machine1 --relay run/app-relay.sock --scope db --path disk --show --json"},
     get_options,
     PC_ARRAY_LEN(get_options),
     PC_CLI_NETWORK,
     get},
    {"key",
     "pin",
     "prints the lines that an image pins: network, key and application",
     {"polyclave key pin --app 0x5f0c...e1 --out pin",
      "polyclave key pin --app 0x5f0c...e1 --json"},
     pin_options,
     PC_ARRAY_LEN(pin_options),
     PC_CLI_NETWORK,
     pin},
};

int cmd_key(int argc, char **argv)
{
    return cli_group("key", "keys inside an enclave, and what its image pins", verbs,
                     PC_ARRAY_LEN(verbs), argc, argv);
}
