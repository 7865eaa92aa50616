/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor_programs_test.c - the command line with machines of AMD and AWS, against a deployment:
 * policy, collateral, and nodes that join, attest anew and are
 * rechecked, and what is foretold of them. A node's daemon is played
 * by a child that answers each request with one bundle.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/unit_test.h"
#include "client/cli/net.h"
#include "client/cli/vendors_testkit.h"
#include "client/lib/relay_link.h"
#include "client/lib/vendor_calls.h"
#include "client/relay/keystore.h"
#include "crypto/hash.h"
#include "crypto/raw_tcb.h"
#include "protocol/common_wire.h"
#include "protocol/policy_wire.h"

#define POLYCLAVE PC_BIN_DIR "/polyclave"

static char network[128], deployment[128], key[128], pass[128], owner_hex[128];
static struct evm_address owner;

static const char *path_of(char out[static 128], const char *name)
{
    (void)snprintf(out, 128, "%s/%s", kit.dir, name);
    return out;
}

/* An unsigned member of the object that the last program wrote. */
static uint64_t said(const char *name)
{
    const char *text = strchr(kit_log(), '{');
    struct json_doc *doc;
    uint64_t v;
    assert_non_null(text);
    const char *end = strrchr(text, '}');
    assert_non_null(end);
    assert_int_equal(json_parse(&doc, bytes_of(text, (size_t)(end - text) + 1), 1 << 20, 8), PC_OK);
    struct json_value root = json_root(doc);
    assert_int_equal(json_get_u64(&root, name, UINT64_MAX, &v), PC_OK);
    json_free(doc);
    return v;
}

static int start(void **state)
{
    int code = kit_start(state);
    /* The command line waits for finality, which needs blocks. */
    (void)anvil_call(&kit.node, "evm_setAutomine", "[false]");
    (void)anvil_call(&kit.node, "evm_setIntervalMining", "[1]");
    (void)path_of(deployment, "deployment.json");
    (void)path_of(network, "network.json");
    (void)kit_file(pass, "owner.pass", PC_BYTES_STR("owner\n"));
    (void)kit_file(owner_hex, "deployer.hex", PC_BYTES_STR(PC_KIT_PAYER_KEY "\n"));
    (void)path_of(key, "owner.json");
    assert_int_equal(keystore_create(&owner, key, pass, &kit.rng.rng), PC_OK);
    anvil_set_balance(&kit.node, &owner, UINT64_C(9000000000000000000));
    const char *const make[] = {POLYCLAVE, "network",    "make",  "--deployment", deployment,
                                "--rpc",   kit.node.url, "--out", network,        NULL};
    kit_run(make);
    return code;
}

/* ---- policy */

static int build_policy(const char *out, const char *snp_root, const char *nitro_root)
{
    const char *const argv[] = {POLYCLAVE,  "policy",     "build",  "--deployment",
                                deployment, "--snp-root", snp_root, "--nitro-root",
                                nitro_root, "--out",      out,      NULL};
    return kit_exit_of(argv);
}

static void policy(void **state)
{
    (void)state;
    char out[128], snp[128], nitro[128], asked[128];
    struct policy_policy p;
    struct bytes file, other;
    uint8_t zero[32] = {0};
    (void)path_of(out, "policy.bin");
    (void)path_of(asked, "policy2.bin");
    (void)path_of(snp, "snp");
    (void)path_of(nitro, "nitro");
    assert_int_equal(build_policy(out, snp, nitro), 0);
    assert_int_equal(build_policy(asked, nitro, nitro), PC_CLI_NO);
    assert_int_equal(build_policy(asked, snp, snp), PC_CLI_NO);
    const char *const by_chain[] = {POLYCLAVE, "policy",     "build", "--deployment", deployment,
                                    "--rpc",   kit.node.url, "--out", asked,          NULL};
    kit_run(by_chain);
    assert_int_equal(cli_read_file(&file, out, 8192), PC_OK);
    assert_int_equal(cli_read_file(&other, asked, 8192), PC_OK);
    assert_true(bytes_equal_var(file, other));
    assert_int_equal(policy_decode_policy(&p, file), PC_OK);
    assert_memory_equal(p.snp.verifier, kit.net.contract[PC_NET_SNP_VERIFIER].b, 20);
    assert_memory_equal(p.nitro.verifier, kit.net.contract[PC_NET_NITRO_VERIFIER].b, 20);
    assert_memory_equal(p.snp.root, kit.pinned.snp_root, sizeof p.snp.root);
    assert_memory_equal(p.nitro.root, kit.pinned.nitro_root, 32);
    assert_memory_not_equal(p.snp.root[PC_SNP_GENOA], zero, 32);
    assert_memory_equal(p.snp.root[PC_SNP_MILAN], zero, 32);
    cli_free(&file);
    cli_free(&other);
}

/* ---- collateral */

static struct sim_snp_machine chip;

static struct bytes snp_evidence(const uint8_t report_data[static 64])
{
    static uint8_t evidence[PC_EVIDENCE_MAX];
    size_t n;
    sim_snp_evidence(evidence, &n, &chip, report_data, &kit.rng.rng);
    return bytes_of(evidence, n);
}

static struct bytes nitro_evidence(const uint8_t report_data[static 64])
{
    static uint8_t document[PC_SIM_NITRO_CAP];
    size_t n;
    sim_nitro_document(document, &n, &kit.aws, (uint64_t)time(NULL) * 1000, report_data);
    return bytes_of(document, n);
}

static void post(const char *vendor, const char *option, const char *value, uint64_t posted,
                 uint64_t known)
{
    const char *const argv[] = {POLYCLAVE,  "collateral",  "post", "--network", network,
                                "--vendor", vendor,        option, value,       "--key",
                                key,        "--pass-file", pass,   "--json",    NULL};
    kit_run(argv);
    if (said("posted") != posted || said("known") != known)
        fail_msg("want %llu posted, %llu known: %s", (unsigned long long)posted,
                 (unsigned long long)known, kit_log());
}

static void show(const char *vendor, const char *what)
{
    const char *const argv[] = {POLYCLAVE,  "collateral", "show",   "--network", network,
                                "--vendor", vendor,       "--json", NULL};
    kit_run(argv);
    assert_non_null(strstr(kit_log(), what));
}

static void collateral(void **state)
{
    (void)state;
    static struct derw room;
    static const uint8_t any[64] = {1};
    struct sim_amd_crl list;
    char path[128], evidence[128];
    sim_amd_crl_params(&list, &kit.amd, kit.now);
    struct bytes crl = sim_amd_crl_build(&room, &list);
    (void)kit_file(path, "ark.der", bytes_of(kit.amd.ark.der, kit.amd.ark.der_n));
    (void)kit_file(path, "ask.der", bytes_of(kit.amd.ask.der, kit.amd.ask.der_n));
    (void)kit_file(path, "asvk.der", bytes_of(kit.amd.asvk.der, kit.amd.asvk.der_n));
    (void)kit_file(path, "crl.der", crl);
    post("snp", "--dir", kit.dir, 3, 0);
    post("snp", "--dir", kit.dir, 0, 3); /* only what is new */
    show("snp", "Genoa CRL");
    chip.version = 5;
    memset(chip.measurement, 3, sizeof chip.measurement);
    sim_snp_machine_new(&chip, &kit.amd, &kit.rng.rng, false, kit.now);
    (void)kit_file(evidence, "report.bin", snp_evidence(any));
    post("snp", "--evidence", evidence, 1, 1);
    post("snp", "--evidence", evidence, 0, 1);
    (void)kit_file(evidence, "document.bin", nitro_evidence(any));
    post("nitro", "--evidence", evidence, 4, 1);
    post("nitro", "--evidence", evidence, 0, 1);
    show("nitro", "Nitro root");
    const char *const folder[] = {POLYCLAVE,  "collateral",  "post",  "--network", network,
                                  "--vendor", "nitro",       "--dir", kit.dir,     "--key",
                                  key,        "--pass-file", pass,    NULL};
    assert_int_equal(kit_exit_of(folder), PC_CLI_USAGE);
}

/* ---- nodes */

struct bundle {
    uint8_t ed25519[32], x25519[32], account[20];
    struct report_binding binding;
    struct bytes evidence;
};

static size_t bundle_json(char *out, size_t cap, const struct bundle *b)
{
    struct json_out o;
    size_t n;
    json_out_init(&o, out, cap);
    json_out_object(&o, NULL);
    json_out_hex(&o, "ed25519", PC_BYTES(b->ed25519));
    json_out_hex(&o, "x25519", PC_BYTES(b->x25519));
    json_out_hex(&o, "account", PC_BYTES(b->account));
    json_out_hex(&o, "owner", PC_BYTES(owner.b));
    json_out_str(&o, "endpoint", "127.0.0.1:9001:9101");
    json_out_u64(&o, "bound_block", b->binding.bound_block);
    json_out_hex(&o, "bound_hash", PC_BYTES(b->binding.bound_hash));
    json_out_hex(&o, "evidence", b->evidence);
    json_out_end(&o);
    assert_int_equal(json_out_finish(&o, &n), PC_OK);
    return n;
}

static struct bundle attested; /* by the last daemon's node */

/* A daemon that has this answer for everybody, until it is killed. */
static pid_t daemon_with(const char *socket_path, const char *text, size_t n)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(s >= 0 && strlen(socket_path) < sizeof at.sun_path);
    memcpy(at.sun_path, socket_path, strlen(socket_path));
    (void)unlink(socket_path);
    assert_int_equal(bind(s, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(s, 4), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char line[128];
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int c; (c = accept(s, NULL, NULL)) >= 0; (void)close(c))
            if (recv(c, line, sizeof line, 0) > 0)
                (void)send(c, text, n, MSG_NOSIGNAL);
        _exit(1);
    }
    (void)close(s);
    return pid;
}

/* A node's evidence, fresh, by a machine of that vendor; its daemon. */
static pid_t node_of(enum vendor vendor, uint8_t number, const char *socket_path)
{
    static char text[4 * PC_EVIDENCE_MAX];
    struct bundle b = {.binding = {.kind = PC_SUBJECT_NODE}};
    uint8_t report_data[64];
    memset(b.ed25519, number, 32);
    memset(b.x25519, number + 1, 32);
    memset(b.account, number + 2, 20);
    id_keys_node(b.binding.keys_hash, b.ed25519, b.x25519, b.account);
    context_of_owner(b.binding.context, owner.b);
    kit_bind(&b.binding, report_data);
    b.evidence = vendor == PC_VENDOR_SNP ? snp_evidence(report_data) : nitro_evidence(report_data);
    attested = b;
    return daemon_with(socket_path, text, bundle_json(text, sizeof text, &b));
}

static void end_daemon(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void measurement_text(char out[static 80], const char *vendor, struct bytes evidence)
{
    struct evidence_claims c;
    char hex[65];
    assert_int_equal(vendor_claims(&c, vendor_of_evidence(evidence), evidence), PC_OK);
    hex_encode(hex, PC_BYTES(c.measurement.b));
    (void)snprintf(out, 80, "%s:0x%s", vendor, hex);
}

static void seal(void)
{
    static const uint8_t any[64];
    char snp[80], nitro[80];
    measurement_text(snp, "snp", snp_evidence(any));
    measurement_text(nitro, "nitro", nitro_evidence(any));
    const char *const argv[] = {
        POLYCLAVE, "gov",           "seal", "--network",      network,   "--measurement",
        snp,       "--measurement", nitro,  "--key-hex-file", owner_hex, NULL};
    kit_run(argv);
}

static void join(enum vendor vendor, uint8_t number, uint64_t id)
{
    char socket_path[128], text[24];
    (void)path_of(socket_path, "control");
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)id);
    pid_t pid = node_of(vendor, number, socket_path);
    const char *const joins[] = {POLYCLAVE,
                                 "node",
                                 "join",
                                 "--network",
                                 network,
                                 "--node-socket",
                                 socket_path,
                                 "--cloud",
                                 "c1",
                                 "--operator",
                                 number == 10 ? "alice" : "bob",
                                 "--payer",
                                 "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                                 "--key",
                                 key,
                                 "--pass-file",
                                 pass,
                                 "--json",
                                 NULL};
    kit_run(joins);
    assert_int_equal(said("node_id"), id);
    end_daemon(pid);
    /* new keys of the same machine */
    pid = node_of(vendor, number + 4, socket_path);
    const char *const again[] = {POLYCLAVE, "node",          "reattest",  "--network",
                                 network,   "--node-socket", socket_path, "--id",
                                 text,      "--key",         key,         "--pass-file",
                                 pass,      "--json",        NULL};
    kit_run(again);
    end_daemon(pid);
    const char *const recheck[] = {POLYCLAVE, "node",   "recheck", "--network", network,
                                   "--id",    text,     "--key",   key,         "--pass-file",
                                   pass,      "--json", NULL};
    kit_run(recheck);
    const char *const status[] = {POLYCLAVE, "node", "status", "--network", network,
                                  "--id",    text,   "--json", NULL};
    kit_run(status);
    assert_non_null(strstr(kit_log(), "\"state\":\"probation\""));
}

/* ---- the forecast of a node that is attested */

/* Answers of a mirror that has one evidence. */
struct mirror {
    uint8_t hash[32], record[WIRE_ATTESTED_BYTES];
    struct bytes evidence;
};

static void mirror_of(struct mirror *m, enum vendor vendor)
{
    const struct bundle *b = &attested;
    struct wire_attested a = {.vendor = (enum wire_vendor)vendor, .kind = PC_SUBJECT_NODE};
    struct evidence_claims c;
    struct bytes out;
    assert_int_equal(vendor_claims(&c, vendor, b->evidence), PC_OK);
    memcpy(a.subject, b->binding.keys_hash, 32);
    memcpy(a.context, b->binding.context, 32);
    memcpy(a.verifier, kit.net.contract[network_verifier(vendor)].b, 20);
    memcpy(a.product, c.product.b, 32);
    memcpy(a.measurement, c.measurement.b, 32);
    memcpy(a.platform, c.platform.b, 32);
    memcpy(a.claims, c.claims.b, 32);
    id_record(a.record, PC_SUBJECT_NODE, a.subject, a.context, a.measurement, a.platform,
              a.verifier);
    m->evidence = b->evidence;
    sha256(m->hash, b->evidence);
    assert_int_equal(wire_encode_attested(&out, m->record, sizeof m->record, &a), PC_OK);
}

/* Serves it until it is killed. */
static pid_t mirror_start(const struct mirror *m, unsigned *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;
    int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(s, 4), 0);
    assert_int_equal(getsockname(s, (struct sockaddr *)&at, &len), 0);
    *port = ntohs(at.sin_port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char ask[1024], head[128];
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (int c; (c = accept(s, NULL, NULL)) >= 0; (void)close(c)) {
            ssize_t n = recv(c, ask, sizeof ask - 1, 0);
            ask[n > 0 ? n : 0] = '\0';
            struct bytes answer = strncmp(ask, "GET /v1/evidence?", 17) == 0 ? PC_BYTES(m->hash)
                                  : strstr(ask, "?record ") != NULL          ? PC_BYTES(m->record)
                                                                             : m->evidence;
            (void)snprintf(head, sizeof head,
                           "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                           answer.n);
            (void)send(c, head, strlen(head), MSG_NOSIGNAL);
            (void)send(c, answer.p, answer.n, MSG_NOSIGNAL);
        }
        _exit(1);
    }
    (void)close(s);
    return pid;
}

/* A watch of the next 30 days ends with `code`, and these words are in the row of node 1. */
static void watch_says(unsigned port, int code, const char *const *words)
{
    char node[40], text[2048];
    (void)snprintf(node, sizeof node, "127.0.0.1:1:%u", port);
    const char *const argv[] = {POLYCLAVE, "collateral", "watch", "--network", network, "--within",
                                "30",      "--node",     node,    "--json",    NULL};
    assert_int_equal(kit_exit_of(argv), code);
    const char *row = strstr(kit_log(), "\"node_id\":1,");
    if (row == NULL)
        fail_msg("no such row: %s", kit_log());
    (void)snprintf(text, sizeof text, "%.*s", (int)strcspn(row, "}"), row);
    for (size_t i = 0; words[i] != NULL; i++)
        if (strstr(text, words[i]) == NULL)
            fail_msg("%s is not in %s", words[i], text);
}

static void set_least(struct call *c, const uint8_t least[static PC_RAW_TCB_SNP])
{
    struct evm_word genoa = {.b = "Genoa"};
    call_begin(c, "setMinTcb(uint8,bytes32,bytes)", 3);
    abi_out_u64(&c->w, PC_VENDOR_SNP);
    abi_out_word(&c->w, &genoa);
    abi_out_bytes(&c->w, bytes_of(least, PC_RAW_TCB_SNP));
    call_end(c);
}

/* In the Timelock for a week. */
static void schedule_least(const uint8_t least[static PC_RAW_TCB_SNP])
{
    const struct evm_word zero = {.b = {0}};
    struct call set, c;
    set_least(&set, least);
    call_begin(&c, "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", 6);
    abi_out_addr(&c.w, &kit.net.contract[PC_NET_TCB_POLICY]);
    abi_out_word(&c.w, &zero);
    abi_out_bytes(&c.w, set.data);
    abi_out_word(&c.w, &zero);
    abi_out_word(&c.w, &zero);
    abi_out_u64(&c.w, 7 * 86400);
    call_end(&c);
    kit_send_as(PC_NET_GOVERNOR, PC_NET_TIMELOCK, c.data);
    call_free(&c);
    call_free(&set);
}

/* A least TCB above the machine's: foretold while it waits, and said once it holds. */
static void watch_least_tcb(void)
{
    static struct mirror m;
    struct evidence_claims claims;
    struct call c;
    unsigned port;
    assert_int_equal(vendor_claims(&claims, PC_VENDOR_SNP, attested.evidence), PC_OK);
    mirror_of(&m, PC_VENDOR_SNP);
    pid_t pid = mirror_start(&m, &port);
    watch_says(port, PC_CLI_YES,
               (const char *const[]){"\"good\":true", "\"judged\":true", "\"status\":\"UpToDate\"",
                                     "\"upcoming_at\":0,", "\"below_min_tcb\":false",
                                     "\"upcoming_min_tcb\":false", "\"note\":\"\"", NULL});
    claims.raw_tcb[8]++; /* REPORTED_TCB */
    schedule_least(claims.raw_tcb);
    watch_says(port, PC_CLI_NO,
               (const char *const[]){"\"judged\":true", "\"below_min_tcb\":false",
                                     "\"upcoming_min_tcb\":true", "waits in the Timelock", NULL});
    set_least(&c, claims.raw_tcb);
    kit_send_as(PC_NET_TIMELOCK, PC_NET_TCB_POLICY, c.data);
    call_free(&c);
    watch_says(port, PC_CLI_NO,
               (const char *const[]){"\"judged\":true", "\"current_until\":0,",
                                     "\"current\":\"lost\"", "\"below_min_tcb\":true",
                                     "TcbPolicy demands", NULL});
    claims.raw_tcb[8]--; /* as much as it has */
    set_least(&c, claims.raw_tcb);
    kit_send_as(PC_NET_TIMELOCK, PC_NET_TCB_POLICY, c.data);
    call_free(&c);
    watch_says(port, PC_CLI_NO, (const char *const[]){"\"below_min_tcb\":false", NULL});
    /* evidence that is not the record's: another of the same machine, under the record's name */
    static const uint8_t any[64];
    m.evidence = snp_evidence(any);
    end_daemon(pid);
    sha256(m.hash, m.evidence);
    pid = mirror_start(&m, &port);
    watch_says(port, PC_CLI_NO,
               (const char *const[]){"\"judged\":false", "that its record is of", NULL});
    end_daemon(pid);
}

static void nodes(void **state)
{
    (void)state;
    seal();
    join(PC_VENDOR_SNP, 10, 1);
    watch_least_tcb();
    join(PC_VENDOR_NITRO, 20, 2);
}

/* ---- an application's host */

#define RELAY    PC_BIN_DIR "/polyclave-relay"
#define RELAY_MS 60000u

static pid_t start_relay(const char *socket_path, const char *app_id)
{
    char policy_bin[128], state[128];
    (void)path_of(policy_bin, "policy.bin");
    (void)path_of(state, "relay.state");
    const char *const argv[] = {RELAY,        "--keystore", key,         "--password-file",
                                pass,         "--policy",   policy_bin,  "--rpc",
                                kit.node.url, "--socket",   socket_path, "--state",
                                state,        "--app",      app_id,      NULL};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    return pid;
}

/* The relay posts what is missing of the machine by itself. */
static void relay_attests(struct relay_link *l, enum vendor vendor, const uint8_t app_id[static 32])
{
    struct report_binding b = {.kind = PC_SUBJECT_APP};
    struct relay_relay_attest m = {.vendor = (enum wire_vendor)vendor};
    struct relay_reply r;
    uint8_t report_data[64];
    memset(b.keys_hash, 0x33, 32);
    memcpy(b.context, app_id, 32);
    kit_bind(&b, report_data);
    m.evidence = vendor == PC_VENDOR_SNP ? snp_evidence(report_data) : nitro_evidence(report_data);
    memcpy(m.subject, b.keys_hash, 32);
    memcpy(m.context, app_id, 32);
    m.bound.number = b.bound_block;
    memcpy(m.bound.hash, b.bound_hash, 32);
    assert_int_equal(relay_link_attest(l, &r, &m, RELAY_MS), PC_OK);
    assert_int_equal(r.outcome, RELAY_OUTCOME_MINED);
    m.context[0] ^= 1; /* another app's */
    assert_int_equal(relay_link_attest(l, &r, &m, RELAY_MS), PC_OK);
    assert_int_equal(r.outcome, RELAY_OUTCOME_REFUSED);
}

static void relay(void **state)
{
    (void)state;
    char socket_path[128], text[67];
    uint8_t app_id[32];
    struct relay_link *l;
    memset(app_id, 0x44, sizeof app_id);
    memcpy(text, "0x", 2);
    hex_encode(text + 2, PC_BYTES(app_id));
    pid_t pid = start_relay(path_of(socket_path, "relay.sock"), text);
    while (relay_link_open(&l, socket_path) != PC_OK)
        assert_int_equal(waitpid(pid, NULL, WNOHANG), 0);
    relay_attests(l, PC_VENDOR_SNP, app_id);
    sim_snp_machine_new(&chip, &kit.amd, &kit.rng.rng, false, kit.now); /* one that nobody knows */
    relay_attests(l, PC_VENDOR_SNP, app_id);
    sim_nitro_host_new(&kit.aws, &kit.rng.rng);
    sim_nitro_start(&kit.aws, &kit.rng.rng);
    relay_attests(l, PC_VENDOR_NITRO, app_id);
    relay_link_close(l);
    end_daemon(pid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(policy), cmocka_unit_test(collateral),
                                       cmocka_unit_test(nodes), cmocka_unit_test(relay)};
    return kit_available() ? cmocka_run_group_tests(tests, start, kit_stop) : 77;
}
