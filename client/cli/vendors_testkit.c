/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/vendors_testkit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/unit_test.h"

#define BUILT  PC_SOURCE_DIR "/contracts/out/SnpVerifier.sol/SnpVerifier.json"
#define DEPLOY PC_SOURCE_DIR "/contracts/deploy"
#define PARAMS PC_SOURCE_DIR "/contracts/script/params/31337.json"

struct vendors_kit kit;

bool kit_available(void)
{
    if (!anvil_available())
        return false;
    if (access(BUILT, R_OK) == 0)
        return true;
    (void)fprintf(stderr, "SKIP: no compiled contracts (run contracts/build)\n");
    return false;
}

const char *kit_file(char path[static 128], const char *name, struct bytes b)
{
    (void)snprintf(path, 128, "%s/%s", kit.dir, name);
    (void)umask(077);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(b.p, 1, b.n, f), b.n);
    assert_int_equal(fclose(f), 0);
    return path;
}

const char *kit_log(void)
{
    static char text[1 << 20];
    char path[128];
    (void)snprintf(path, sizeof path, "%s/log", kit.dir);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    assert_int_equal(fclose(f), 0);
    text[n] = '\0';
    return text;
}

int kit_exit_of(const char *const argv[])
{
    char log[128];
    int status;
    (void)snprintf(log, sizeof log, "%s/log", kit.dir);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        if (fd >= 0 && dup2(fd, 1) == 1 && dup2(fd, 2) == 2)
            (void)execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

void kit_run(const char *const argv[])
{
    int code = kit_exit_of(argv);
    if (code != 0)
        fail_msg("%s ends with %d: %s", argv[0], code, kit_log());
}

static void deploy(void)
{
    char key[128], tdx[128], snp[128], nitro[128], out[128];
    (void)snprintf(out, sizeof out, "%s/deployment.json", kit.dir);
    const char *const argv[] = {
        DEPLOY,
        "--rpc",
        kit.node.url,
        "--params",
        PARAMS,
        "--key-file",
        kit_file(key, "key", PC_BYTES_STR(PC_KIT_PAYER_KEY)),
        "--tdx-root",
        kit_file(tdx, "tdx", bytes_of(kit.intel.root.der, kit.intel.root.der_n)),
        "--snp-root",
        kit_file(snp, "snp", bytes_of(kit.amd.ark.der, kit.amd.ark.der_n)),
        "--nitro-root",
        kit_file(nitro, "nitro", bytes_of(kit.aws_root, kit.aws_root_n)),
        "--out",
        out,
        NULL};
    kit_run(argv);
    assert_int_equal(deployment_read(&kit.net, &kit.pinned, out), PC_CLI_YES);
    kit.net.from_block = 0;
}

int kit_start(void **state)
{
    (void)state;
    static const uint8_t fmspc[6] = {0x90, 0xc0, 0x6f};
    static const char *urls[1];
    rng_seeded_init(&kit.rng, 160);
    kit.now = (uint64_t)time(NULL) - 3600;
    memcpy(kit.dir, "/tmp/vendors-kit.XXXXXX", sizeof "/tmp/vendors-kit.XXXXXX");
    assert_non_null(mkdtemp(kit.dir));
    sim_vendor_new(&kit.intel, &kit.rng.rng, fmspc, kit.now);
    sim_amd_new(&kit.amd, &kit.rng.rng, PC_SNP_GENOA, kit.now);
    sim_nitro_vendor_new(&kit.aws, &kit.rng.rng, kit.now - 86400);
    sim_nitro_host_new(&kit.aws, &kit.rng.rng);
    memset(kit.aws.program, 6, sizeof kit.aws.program);
    memset(kit.aws.policy, 7, sizeof kit.aws.policy);
    sim_nitro_start(&kit.aws, &kit.rng.rng);
    sim_nitro_root(kit.aws_root, &kit.aws_root_n, &kit.aws);
    anvil_start(&kit.node);
    (void)anvil_call(&kit.node, "evm_setAutomine", "[true]");
    deploy();
    urls[0] = kit.node.url;
    struct endpoints_config c = {.urls = urls, .m = 1, .chain_id = 31337, .timeout_ms = 20000};
    assert_int_equal(endpoints_new(&kit.ep, &c), PC_OK);
    kit.chain = (struct relay_chain){.endpoints = kit.ep, .now_ms = 1};
    return 0;
}

int kit_stop(void **state)
{
    (void)state;
    const char *const argv[] = {"/bin/rm", "-rf", "--", kit.dir, NULL};
    endpoints_free(kit.ep);
    child_stop(&kit.node);
    kit_run(argv);
    return 0;
}

/* What a transaction came to, once it is mined. */
static bool send_from(const struct evm_address *from, const struct evm_address *to,
                      struct bytes data, uint64_t *gas)
{
    static char params[2 * PC_KIT_CALL_MAX + 512], hex[2 * PC_KIT_CALL_MAX + 1];
    char who[41], at[41], hash[80];
    uint64_t status;
    struct json_doc *doc;
    hex_encode(who, PC_BYTES(from->b));
    hex_encode(at, PC_BYTES(to->b));
    hex_encode(hex, data);
    (void)snprintf(params, sizeof params,
                   "[{\"from\":\"0x%s\",\"to\":\"0x%s\",\"data\":\"0x%s\","
                   "\"gas\":\"0xffffff\"}]",
                   who, at, hex);
    (void)snprintf(hash, sizeof hash, "[%.70s]",
                   anvil_call(&kit.node, "eth_sendTransaction", params));
    const char *text;
    do /* the node answers before it has mined */
        text = anvil_call(&kit.node, "eth_getTransactionReceipt", hash);
    while (strcmp(text, "null") == 0);
    assert_int_equal(json_parse(&doc, bytes_of(text, strlen(text)), 1 << 20, 8), PC_OK);
    struct json_value root = json_root(doc);
    assert_int_equal(json_get_quantity(&root, "status", &status), PC_OK);
    assert_int_equal(json_get_quantity(&root, "gasUsed", gas), PC_OK);
    json_free(doc);
    return status == 1;
}

bool kit_send(const struct evm_address *to, struct bytes data, uint64_t *gas)
{
    struct evm_address payer;
    assert_int_equal(hex_decode(payer.b, sizeof payer.b, &PC_KIT_PAYER[2], 40), PC_OK);
    return send_from(&payer, to, data, gas);
}

void kit_send_as(enum network_contract from, enum network_contract to, struct bytes data)
{
    const struct evm_address *who = &kit.net.contract[from];
    char hex[41], params[64];
    uint64_t gas;
    hex_encode(hex, PC_BYTES(who->b));
    (void)snprintf(params, sizeof params, "[\"0x%s\"]", hex);
    (void)anvil_call(&kit.node, "anvil_impersonateAccount", params);
    anvil_set_balance(&kit.node, who, UINT64_C(1000000000000000000));
    assert_true(send_from(who, &kit.net.contract[to], data, &gas));
}

void kit_bind(struct report_binding *b, uint8_t report_data[static 64])
{
    struct head_claim head;
    anvil_mine(&kit.node, 3);
    assert_int_equal(endpoints_latest(kit.ep, kit.chain.now_ms, 2, &head), PC_OK);
    b->chain_id = 31337;
    b->bound_block = head.number;
    memcpy(b->attestations, kit.net.contract[PC_NET_ATTESTATIONS].b, 20);
    memcpy(b->bound_hash, head.hash.b, 32);
    id_report_data(report_data, b);
}
