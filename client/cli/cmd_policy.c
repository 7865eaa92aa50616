/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave policy build: the measured policy of a deployment (SPEC 13). */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attest/sim/measure.h"
#include "base/hex.h"
#include "chain/abi.h"
#include "chain/header_json.h"
#include "client/cli/commands.h"
#include "client/cli/deployment.h"
#include "client/cli/net.h"
#include "crypto/hash.h"
#include "protocol/policy_wire.h"

#define DEVELOPMENT_CHAIN 31337u

static enum err_code take_hash(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    (void)who;
    if (a->at[0].class != PC_RPC_RESULT)
        return a->at[0].class == PC_RPC_NULL ? PC_E_RETRY : PC_E_IO;
    return rpc_fixed(&a->at[0].value, "hash", ctx, 32);
}

static enum err_code block_hash(struct cli_net *n, uint64_t number, uint8_t out[static 32])
{
    char buf[256];
    struct jsonrpc_request r;
    struct bytes body;
    net_now(n);
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(n->endpoints), false);
    jsonrpc_call(&r, "eth_getBlockByNumber");
    json_out_quantity(&r.o, NULL, number);
    json_out_bool(&r.o, NULL, false);
    jsonrpc_call_end(&r);
    PC_TRY(jsonrpc_finish(&r, &body));
    return endpoints_ask(n->endpoints, n->chain.now_ms, 0, &r, body, 2u << 20, take_hash, out);
}

static enum err_code take_code(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    bool *there = ctx;
    struct bytes code;
    (void)who;
    if (a->at[0].class != PC_RPC_RESULT) /* as a rule: the endpoint keeps no state that old */
        return PC_E_IO;
    PC_TRY(json_get_str(&a->at[0].value, NULL, &code));
    *there = code.n > 2;
    return PC_OK;
}

static enum err_code has_code(struct cli_net *n, const uint8_t address[static 20], uint64_t block,
                              bool *there)
{
    char buf[256], hex[2 + 2 * 20 + 1] = "0x";
    struct jsonrpc_request r;
    struct bytes body;
    hex_encode(hex + 2, bytes_of(address, 20));
    net_now(n);
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(n->endpoints), false);
    jsonrpc_call(&r, "eth_getCode");
    json_out_str(&r.o, NULL, hex);
    json_out_quantity(&r.o, NULL, block);
    jsonrpc_call_end(&r);
    PC_TRY(jsonrpc_finish(&r, &body));
    return endpoints_ask(n->endpoints, n->chain.now_ms, 0, &r, body, 2u << 20, take_code, there);
}

/* The block is measured, so it must be the one: code at an address whose logs nodes read in that
 * block, at none of them in the block before. Too late would leave out events, too early gives one
 * network two measurements. */
static int check_first_block(const struct policy_policy *p, struct cli_net *n)
{
    const uint8_t *const read[] = {p->tdx.verifier, p->snp.verifier,  p->attestations,
                                   p->measurements, p->node_registry, p->epochs,
                                   p->apps};
    bool now = false, before = false;
    enum err_code e = PC_OK;
    for (size_t i = 0; i < PC_ARRAY_LEN(read) && e == PC_OK; i++) {
        bool there = false;
        if (bytes_all_zero_var(bytes_of(read[i], 20)))
            continue;
        e = has_code(n, read[i], p->first_block, &there);
        now |= there;
        if (e == PC_OK)
            e = has_code(n, read[i], p->first_block - 1, &there);
        before |= there;
    }
    if (e != PC_OK)
        return cli_fail(PC_CLI_USAGE, "the chain cannot say whether the first block is right",
                        pc_err_text(e),
                        "give an --rpc that keeps the state of that block, or no --rpc");
    if (now && !before)
        return PC_CLI_YES;
    return cli_fail(PC_CLI_NO, "the contracts were not made in that first block",
                    before ? "they are older" : "they are younger",
                    "write deployment.json anew with contracts/deploy --readback");
}

static void addresses(struct policy_policy *p, const struct cli_net *n)
{
    memcpy(p->epochs, net_at(n, PC_NET_EPOCHS)->b, 20);
    memcpy(p->node_registry, net_at(n, PC_NET_NODE_REGISTRY)->b, 20);
    memcpy(p->attestations, net_at(n, PC_NET_ATTESTATIONS)->b, 20);
    memcpy(p->measurements, net_at(n, PC_NET_MEASUREMENTS)->b, 20);
    memcpy(p->tcb_policy, net_at(n, PC_NET_TCB_POLICY)->b, 20);
    memcpy(p->apps, net_at(n, PC_NET_APPS)->b, 20);
    memcpy(p->verifier_router, net_at(n, PC_NET_VERIFIER_ROUTER)->b, 20);
    memcpy(p->guardian_council, net_at(n, PC_NET_GUARDIAN_COUNCIL)->b, 20);
    memcpy(p->tdx.verifier, net_at(n, PC_NET_TDX_VERIFIER)->b, 20);
    memcpy(p->snp.verifier, net_at(n, PC_NET_SNP_VERIFIER)->b, 20);
    memcpy(p->nitro.verifier, net_at(n, PC_NET_NITRO_VERIFIER)->b, 20);
}

/* The same from the deployment's read-back: no chain is asked. */
static void from_file(struct policy_policy *p, const struct deployment_policy *d)
{
    memcpy(p->tdx.root, d->tdx_root, 32);
    memcpy(p->snp.root, d->snp_root, sizeof p->snp.root);
    memcpy(p->nitro.root, d->nitro_root, 32);
    memcpy(p->checkpoint.hash, d->block_hash, 32);
    p->margin = d->margin;
    p->max_bound_age = d->max_bound_age;
    p->phase_blocks = d->phase_blocks;
    p->vendor_quota = d->vendor_quota;
}

/* Vendors are the first of the domain kinds, or none of them (INodeRegistry). */
static enum err_code vendor_quota(struct cli_net *n, bool *out)
{
    static const uint8_t vendor[32] = "vendor";
    uint8_t answer[32 * 8];
    size_t len, kinds;
    PC_TRY(
        net_view(n, PC_NET_NODE_REGISTRY, "domainKinds()", NULL, 0, answer, sizeof answer, &len));
    struct abi_in in = abi_in_of(bytes_of(answer, len), 1);
    struct bytes names = abi_in_array(&in, 1, 4, &kinds);
    PC_TRY(abi_in_end(&in));
    *out = kinds != 0 && memcmp(names.p, vendor, sizeof vendor) == 0;
    return PC_OK;
}

/* The root that a verifier pins; arg: NULL, or of AMD's the product. */
static enum err_code root_hash(struct cli_net *n, enum network_contract c,
                               const struct evm_word *arg, uint8_t out[static 32])
{
    struct evm_word root;
    if (bytes_all_zero_var(PC_BYTES(net_at(n, c)->b)))
        return PC_OK;
    PC_TRY(net_words(n, c, arg != NULL ? "rootHash(uint8)" : "rootHash()", arg, arg != NULL, &root,
                     1));
    memcpy(out, root.b, 32);
    return PC_OK;
}

static enum err_code roots(struct policy_policy *p, struct cli_net *n)
{
    PC_TRY(root_hash(n, PC_NET_TDX_VERIFIER, NULL, p->tdx.root));
    for (unsigned i = 0; i < PC_ARRAY_LEN(p->snp.root); i++) {
        struct evm_word product = evm_word_u64(i);
        PC_TRY(root_hash(n, PC_NET_SNP_VERIFIER, &product, p->snp.root[i]));
    }
    return root_hash(n, PC_NET_NITRO_VERIFIER, NULL, p->nitro.root);
}

/* What only the chain knows: the pinned roots, the margin, the age of bound blocks, a block hash.
 */
static enum err_code from_chain(struct policy_policy *p, struct cli_net *n)
{
    uint64_t margin, age, phase;
    PC_TRY(roots(p, n));
    PC_TRY(net_u64(n, PC_NET_EPOCHS, "margin()", NULL, 0, &margin));
    PC_TRY(net_u64(n, PC_NET_ATTESTATIONS, "maxBoundAgeBlocks()", NULL, 0, &age));
    PC_TRY(net_u64(n, PC_NET_EPOCHS, "phaseBlocks()", NULL, 0, &phase));
    PC_TRY(vendor_quota(n, &p->vendor_quota));
    PC_TRY(block_hash(n, p->checkpoint.number, p->checkpoint.hash));
    if (margin > UINT16_MAX || age > UINT32_MAX || phase > UINT32_MAX)
        return PC_E_TOO_LARGE;
    p->margin = (uint16_t)margin;
    p->max_bound_age = (uint32_t)age;
    p->phase_blocks = (uint32_t)phase;
    return PC_OK;
}

/* Is the certificate in that file one of those that the verifier pins? */
static int check_root(const char *path, const char *verifier, const uint8_t (*root)[32], size_t n)
{
    struct bytes der;
    uint8_t h[32];
    if (path == NULL)
        return PC_CLI_YES;
    if (cli_read_file(&der, path, 8192) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot read", path, "want the root certificate in DER");
    sha256(h, der);
    cli_free(&der);
    for (size_t i = 0; i < n; i++)
        if (memcmp(h, root[i], 32) == 0)
            return PC_CLI_YES;
    char what[80];
    (void)snprintf(what, sizeof what, "the deployed %s pins another root", verifier);
    return cli_fail(PC_CLI_NO, what, path, "deploy with this root, or name the right one");
}

static int check_roots(const struct policy_policy *p, const struct cli_args *a)
{
    int code = check_root(cli_arg(a, "tdx-root"), "TdxVerifier", &p->tdx.root, 1);
    for (size_t i = 0; code == PC_CLI_YES && i < cli_count(a, "snp-root"); i++)
        code = check_root(cli_arg_at(a, "snp-root", i), "SnpVerifier", p->snp.root,
                          PC_ARRAY_LEN(p->snp.root));
    if (code == PC_CLI_YES)
        code = check_root(cli_arg(a, "nitro-root"), "NitroVerifier", &p->nitro.root, 1);
    return code;
}

static int fill(struct policy_policy *p, struct cli_net *n, const struct deployment_policy *d,
                const struct cli_args *a)
{
    bool dev = n->net.chain_id == DEVELOPMENT_CHAIN;
    uint64_t smallest = dev ? 3 : 9, head_age = 3600, age = dev ? 315360000 : 1209600;
    const char *build = cli_arg(a, "build"), *kind = cli_arg(a, "chain-kind");
    memset(p, 0, sizeof *p);
    p->checkpoint.number = n->net.from_block;
    p->first_block = d->first_block;
    if (!cli_arg_u64(a, "smallest-n", 256, &smallest) ||
        !cli_arg_u64(a, "head-age", 31536000, &head_age) ||
        !cli_arg_u64(a, "checkpoint-max-age", 3153600000, &age) ||
        !cli_arg_u64(a, "checkpoint", UINT64_MAX >> 1, &p->checkpoint.number) ||
        !cli_arg_u64(a, "first-block", UINT64_MAX >> 1, &p->first_block))
        return PC_CLI_USAGE;
    if (p->first_block == 0 || p->first_block > n->net.from_block)
        return cli_fail(PC_CLI_USAGE, "no block in which the contracts were made", "--first-block",
                        "an old deployment.json lacks it: write it anew with contracts/deploy "
                        "--readback, or give --first-block");
    if (kind == NULL)
        kind = dev ? "dev" : "ethereum";
    p->kind = strcmp(kind, "dev") == 0        ? POLICY_CHAIN_KIND_DEV
              : strcmp(kind, "qbft") == 0     ? POLICY_CHAIN_KIND_QBFT
              : strcmp(kind, "ethereum") == 0 ? POLICY_CHAIN_KIND_ETHEREUM
                                              : 0;
    if (p->kind == 0 || (p->kind == POLICY_CHAIN_KIND_DEV && !dev))
        return cli_fail(PC_CLI_USAGE, "no such chain kind", kind,
                        "dev (chain 31337 alone), qbft or ethereum");
    if (build != NULL && strlen(build) > sizeof p->build)
        return cli_fail(PC_CLI_USAGE, "too long", "--build", "64 bytes at most");
    p->version = POLICY_VERSION;
    p->chain_id = n->net.chain_id;
    memcpy(p->network_id, n->net.network_id, 32);
    addresses(p, n);
    p->checkpoint_max_age = age;
    p->head_age = head_age;
    p->smallest_n = (uint16_t)smallest;
    if (build != NULL)
        memcpy(p->build, build, strlen(build));
    enum err_code e = PC_OK;
    int code = PC_CLI_YES;
    if (n->endpoints == NULL)
        from_file(p, d);
    else
        e = from_chain(p, n);
    if (e == PC_OK && n->endpoints != NULL)
        code = check_first_block(p, n);
    if (code != PC_CLI_YES)
        return code;
    return e == PC_OK ? check_roots(p, a) : net_unreachable(n, "policy build", e);
}

static int write_out(const struct policy_policy *p, const struct cli_args *a)
{
    uint8_t buf[POLICY_POLICY_BYTES], h[48];
    struct bytes bytes;
    struct cli_out o;
    const char *path = cli_arg(a, "out");
    if (policy_encode_policy(&bytes, buf, sizeof buf, p) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "a value is out of its range", path, "smallest-n is 1..256");
    int code = file_replace(path, bytes, 0644);
    if (code != PC_CLI_YES)
        return code;
    if (sim_hash_file(h, path) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot read", path, "it was just written");
    out_begin(&o, a);
    out_str(&o, "file", path);
    out_hex(&o, "sha384", PC_BYTES(h));
    out_hex(&o, "network_id", PC_BYTES(p->network_id));
    out_u64(&o, "checkpoint", p->checkpoint.number);
    out_u64(&o, "first_block", p->first_block);
    return out_end(&o, PC_CLI_YES);
}

static int build(const struct cli_args *a)
{
    struct cli_net n = {.args = a};
    struct policy_policy p;
    struct deployment_policy d;
    const char *urls[PC_ENDPOINTS_MAX];
    int code = deployment_network(&n.net, &d, a);
    if (code != PC_CLI_YES)
        return code;
    if (n.net.n_rpc == 0 && (!d.there || cli_has(a, "checkpoint")))
        return cli_fail(PC_CLI_USAGE, "the chain must be asked", "policy build",
                        "give --rpc URL; an old deployment.json, or another checkpoint, needs it");
    for (unsigned i = 0; i < n.net.n_rpc; i++)
        urls[i] = n.net.rpc[i];
    struct endpoints_config c = {.urls = urls,
                                 .m = n.net.n_rpc,
                                 .chain_id = n.net.chain_id,
                                 .timeout_ms = 15000,
                                 .fetch_only = true};
    if (n.net.n_rpc != 0 && endpoints_new(&n.endpoints, &c) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "cannot be used", "--rpc", "distinct http or https URLs");
    n.chain.endpoints = n.endpoints;
    n.talked_ms = net_ms();
    code = fill(&p, &n, &d, a);
    if (code == PC_CLI_YES)
        code = write_out(&p, a);
    net_close(&n);
    return code;
}

static const struct cli_option build_options[] = {
    {"deployment", "FILE", "deployment.json of contracts/deploy", true, 1},
    {"rpc", "URL", "ask the chain for pinned root and checkpoint, not the file", false, 0},
    {"build", "TEXT", "build line, 64 bytes: lets two images differ", false, 1},
    {"tdx-root", "FILE", "root certificate (DER) that the verifier must pin", false, 1},
    {"snp-root", "FILE", "ARK (DER) that SnpVerifier must pin; once per product", false, 3},
    {"nitro-root", "FILE", "root certificate (DER) that NitroVerifier must pin", false, 1},
    {"chain-kind", "KIND", "dev, qbft or ethereum", false, 1},
    {"checkpoint", "N", "block of the checkpoint; default the deployment's", false, 1},
    {"checkpoint-max-age", "S", "default 14 d; on chain 31337 ten years", false, 1},
    {"first-block", "N", "block in which the contracts were made; default the deployment's", false,
     1},
    {"head-age", "S", "how long a lease lasts (3600)", false, 1},
    {"smallest-n", "N", "smallest committee (9; on chain 31337 3)", false, 1},
    {"out", "FILE", "policy.bin to write", true, 1},
};

static const struct cli_verb verbs[] = {
    {"policy",
     "build",
     "makes policy.bin, which is measured with the node's image",
     {"polyclave policy build --deployment deployment.json --rpc http://127.0.0.1:8545 --out "
      "policy.bin",
      "polyclave policy build --deployment deployment.json --rpc http://127.0.0.1:8545 --build "
      "'release 2' --out policy2.bin --json"},
     build_options,
     PC_ARRAY_LEN(build_options),
     0,
     build},
};

int cmd_policy(int argc, char **argv)
{
    return cli_group("policy", "what a node's image trusts", verbs, PC_ARRAY_LEN(verbs), argc,
                     argv);
}
