/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polyclave-relay - the operator's paying account, on the host and outside the TEE (SPEC 14).
 *
 * Nodes connect to its socket (server.c) and ask for calls (protocol/schema/relay.wire). What may
 * be called stands in rules.c; relay.c takes a call from the question to the receipt. It holds one
 * secret, the account's key, and that account can pay for listed calls and do nothing else.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/mem.h"
#include "client/relay/keystore.h"
#include "client/relay/options.h"
#include "client/relay/server.h"
#include "protocol/policy_wire.h"

#define EXIT_USAGE 2
#define EXIT_FAULT 3
#define TICK_MS    1000u
#define TIMEOUT_MS 5000u

static struct relay relay;
static struct loop loop;
static struct loop_timer tick;
static volatile sig_atomic_t ended;

static int fail(enum err_code e, const char *what, const char *hint)
{
    (void)fprintf(stderr, "polyclave-relay: %s: %s (%s). %s\n", what, pc_err_text(e),
                  pc_err_name(e), hint);
    return e == PC_E_USAGE ? EXIT_USAGE : EXIT_FAULT;
}

static void on_signal(int sig)
{
    (void)sig;
    ended = 1;
}

static void on_tick(void *ctx)
{
    (void)ctx;
    struct relay_clock now = relay_clock_now(&loop);
    relay_tick(&relay, &now);
    loop_timer_set(&loop, &tick, TICK_MS);
}

static enum err_code read_policy(struct policy_policy *out, const char *path)
{
    uint8_t buf[POLICY_POLICY_BYTES + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? PC_E_NOT_FOUND : PC_E_IO;
    ssize_t n = read(fd, buf, sizeof buf);
    close(fd);
    return n < 0 ? PC_E_IO : policy_decode_policy(out, bytes_of(buf, (size_t)n));
}

static void make_rules(struct relay_rules *r, const struct policy_policy *p,
                       const struct relay_options *o)
{
    memset(r, 0, sizeof *r);
    memcpy(r->epochs.b, p->epochs, 20);
    memcpy(r->node_registry.b, p->node_registry, 20);
    memcpy(r->attestations.b, p->attestations, 20);
    memcpy(r->verifier[0].b, p->tdx.verifier, 20);
    memcpy(r->verifier[1].b, p->snp.verifier, 20);
    memcpy(r->verifier[2].b, p->nitro.verifier, 20);
    r->app_mode = o->app_mode;
    r->app_id = o->app_id;
    r->node_id = o->node_id;
    r->owner = o->owner;
}

/* The key stays in this process's memory: no core files, no tracer. */
static void harden(void)
{
    struct rlimit none = {0, 0};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        pc_bug("the process could not be hardened");
}

static int show_address(enum err_code e, const struct evm_address *a, const struct relay_options *o)
{
    char text[41];
    if (e == PC_E_EXISTS)
        return fail(e, o->keystore, "An existing key is never overwritten.");
    if (e == PC_E_REFUSED)
        return fail(e, o->keystore,
                    "Keystore and password file must be readable by their owner "
                    "alone: chmod 600.");
    if (e != PC_OK)
        return fail(e, o->keystore, "Check the keystore and the password file (one line).");
    hex_encode(text, PC_BYTES(a->b));
    (void)printf("0x%s\n", text);
    return 0;
}

static int configure(const struct relay_options *o, const struct policy_policy *policy)
{
    struct endpoints_config ec = {.urls = o->rpc,
                                  .m = o->n_rpc,
                                  .chain_id = policy->chain_id,
                                  .timeout_ms = TIMEOUT_MS,
                                  .fetch_only = true};
    make_rules(&relay.rules, policy, o);
    relay.chain_id = policy->chain_id;
    relay.fee_cap = o->fee_cap;
    relay.stuck_s = o->stuck_s;
    relay.from_block = o->from_block;
    relay.rng = rng_system();
    enum err_code e = endpoints_new(&relay.chain.endpoints, &ec);
    if (e != PC_OK)
        return fail(e, "--rpc", "Give distinct http:// or https:// URLs.");
    e = relay_queue_open(&relay.queue, o->state, relay.chain_id, &relay.chain.payer);
    if (e != PC_OK)
        return fail(e, o->state,
                    "A state file of another chain or payer, or a damaged one, is "
                    "left as it is: name another file.");
    for (unsigned k = 0; k < PC_RELAY_KINDS; k++)
        if (o->budget[k] != 0)
            relay.queue.budget.limit[k] = o->budget[k];
    if (o->reserve_gas != UINT64_MAX)
        relay.queue.budget.reserve_gas = o->reserve_gas;
    return 0;
}

static int serve(const struct relay_options *o)
{
    struct relay_server *server;
    struct sigaction sa = {.sa_handler = on_signal};
    char payer[41];
    loop_init(&loop);
    sigaction(SIGTERM, &sa, NULL);
    sigaction(SIGINT, &sa, NULL);
    signal(SIGPIPE, SIG_IGN);
    relay.chain.now_ms = loop_now(&loop);
    enum err_code e = relay_chain_check_id(&relay.chain, relay.chain_id);
    if (e == PC_E_MISMATCH)
        return fail(e, "--rpc", "An endpoint serves another chain than policy.bin names.");
    e = relay_server_open(&server, &loop, &relay, o->socket);
    if (e != PC_OK)
        return fail(e, o->socket, "Is another relay running there?");
    hex_encode(payer, PC_BYTES(relay.chain.payer.b));
    log_info("relay_ready", LOG_STR("payer", payer), LOG_STR("socket", o->socket),
             LOG_STR("mode", o->app_mode ? "app" : "node"), LOG_U64("node_id", o->node_id));
    struct relay_clock now = relay_clock_now(&loop);
    relay_resume(&relay, &now);
    loop_timer_init(&tick, on_tick, NULL);
    loop_timer_set(&loop, &tick, TICK_MS);
    while (!ended && e == PC_OK)
        e = loop_turn(&loop, 1000);
    relay_server_close(server);
    return e == PC_OK ? 0 : fail(e, "event loop", "");
}

int main(int argc, char **argv)
{
    struct relay_options o;
    struct policy_policy policy;
    char problem[160];
    harden();
    if (relay_options_parse(&o, problem, argc, argv) != PC_OK) {
        (void)fprintf(stderr, "polyclave-relay: %s\n", problem);
        return EXIT_USAGE;
    }
    if (o.help) {
        relay_options_help(stdout);
        return 0;
    }
    log_init("polyclave-relay", o.level);
    if (o.keygen) {
        enum err_code e =
            keystore_create(&relay.chain.payer, o.keystore, o.password_file, rng_system());
        return show_address(e, &relay.chain.payer, &o);
    }
    enum err_code e = keystore_load(&relay.sk, &relay.chain.payer, o.keystore, o.password_file);
    if (e != PC_OK || o.address) {
        pc_wipe(&relay.sk, sizeof relay.sk);
        return show_address(e, &relay.chain.payer, &o);
    }
    int rc = EXIT_FAULT;
    e = read_policy(&policy, o.policy);
    if (e != PC_OK)
        rc = fail(e, o.policy, "It is made by `polyclave policy build`.");
    else
        rc = configure(&o, &policy);
    if (rc == 0)
        rc = serve(&o);
    relay_queue_close(&relay.queue);
    endpoints_free(relay.chain.endpoints);
    pc_wipe(&relay.sk, sizeof relay.sk);
    return rc;
}
