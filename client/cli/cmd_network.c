/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave network show | make */
#include <stdio.h>
#include <stdlib.h>

#include "client/cli/commands.h"
#include "client/cli/deployment.h"
#include "client/cli/net.h"

/* A verifier that the network has not. */
static bool absent(const struct network *n, enum network_contract c)
{
    return network_contract_optional(c) && bytes_all_zero_var(PC_BYTES(n->contract[c].b));
}

/* ---- make */

static void write_json(struct json_out *o, const struct network *n, const struct cli_args *a,
                       uint64_t agree)
{
    json_out_object(o, NULL);
    json_out_u64(o, "chain_id", n->chain_id);
    json_out_array(o, "rpc");
    for (unsigned i = 0; i < n->n_rpc; i++)
        json_out_str(o, NULL, n->rpc[i]);
    json_out_end(o);
    json_out_u64(o, "rpc_agree", agree);
    json_out_u64(o, "from_block", n->from_block);
    json_out_object(o, "contracts");
    for (unsigned i = 0; i < PC_NET_CONTRACTS; i++)
        if (!absent(n, i))
            json_out_hex(o, network_contract_name(i), bytes_of(n->contract[i].b, 20));
    json_out_end(o);
    json_out_array(o, "nodes");
    for (size_t i = 0; i < cli_count(a, "node"); i++)
        json_out_str(o, NULL, cli_arg_at(a, "node", i));
    json_out_end(o);
    if (n->has_pk)
        json_out_hex(o, "pk", PC_BYTES(n->pk));
    json_out_end(o);
}

static int make(const struct cli_args *a)
{
    static char text[PC_NETWORK_FILE_MAX];
    struct network n, again;
    struct json_out o;
    struct cli_out out;
    char why[160];
    size_t len;
    uint64_t agree = 0;
    int code = deployment_network(&n, NULL, a);
    if (code != PC_CLI_YES)
        return code;
    /* The read-back is younger than the contracts: their first events lie before it. */
    n.from_block = 0;
    if (!cli_arg_u64(a, "rpc-agree", PC_ENDPOINTS_MAX, &agree) ||
        !cli_arg_u64(a, "from-block", UINT64_C(1) << 53, &n.from_block) ||
        !cli_arg_hex(a, "pk", n.pk, 32))
        return PC_CLI_USAGE;
    n.has_pk = cli_has(a, "pk");
    json_out_init(&o, text, sizeof text);
    write_json(&o, &n, a, agree);
    if (json_out_finish(&o, &len) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "too much for one file", "network.json", "name fewer nodes");
    if (network_parse(&again, why, bytes_of(text, len)) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "nobody could read such a file", why,
                        "check --rpc, --rpc-agree and --node (host:peerPort:httpPort)");
    code = file_replace(cli_arg(a, "out"), bytes_of(text, len), 0644);
    if (code != PC_CLI_YES)
        return code;
    out_begin(&out, a);
    out_str(&out, "file", cli_arg(a, "out"));
    out_u64(&out, "chain_id", n.chain_id);
    out_hex(&out, "network_id", PC_BYTES(n.network_id));
    out_hex(&out, "key_id", PC_BYTES(n.key_id));
    return out_end(&out, PC_CLI_YES);
}

/* ---- show */

static void show_endpoints(struct cli_net *n, struct cli_out *o)
{
    struct head_claim head;
    net_now(n);
    enum err_code e = endpoints_head(n->endpoints, n->chain.now_ms, &head);
    if (e == PC_OK) {
        out_u64(o, "finalized", head.number);
        out_hex(o, "finalized_hash", PC_BYTES(head.hash.b));
    } else
        out_str(o, "finalized", pc_err_name(e));
    out_line(o, "\n%-10s %-10s %s", "endpoint", "head", "URL");
    out_list(o, "endpoints");
    for (unsigned i = 0; i < endpoints_count(n->endpoints); i++) {
        const struct endpoint_status *s = endpoints_status(n->endpoints, i);
        out_row(o);
        out_str(o, "url", n->net.rpc[i]);
        out_str(o, "state", endpoint_state_name(s->state));
        out_u64(o, "head", s->head);
        out_up(o);
        out_line(o, "%-10s %-10llu %s", endpoint_state_name(s->state), (unsigned long long)s->head,
                 n->net.rpc[i]);
    }
    out_up(o);
}

static void show_contracts(struct cli_net *n, struct cli_out *o)
{
    char text[43];
    out_line(o, "\ncontracts");
    out_row_named(o, "contracts");
    for (unsigned i = 0; i < PC_NET_CONTRACTS; i++) {
        if (absent(&n->net, i))
            continue;
        out_hex(o, network_contract_name(i), bytes_of(net_at(n, i)->b, 20));
        address_text(text, net_at(n, i));
        out_line(o, "  %-16s %s", network_contract_name(i), text);
    }
    out_up(o);
}

/* Periods in seconds (or blocks, as the name says), each a getter without argument. */
static const struct {
    const char *name;
    enum network_contract contract;
    const char *getter;
} periods[] = {
    {"window_blocks", PC_NET_EPOCHS, "windowBlocks()"},
    {"phase_blocks", PC_NET_EPOCHS, "phaseBlocks()"},
    {"ready_blocks", PC_NET_EPOCHS, "readyBlocks()"},
    {"epoch_seconds", PC_NET_EPOCHS, "epochSeconds()"},
    {"max_bound_age_blocks", PC_NET_ATTESTATIONS, "maxBoundAgeBlocks()"},
    {"max_age_seconds", PC_NET_ATTESTATIONS, "maxAgeSeconds()"},
    {"probation_seconds", PC_NET_NODE_REGISTRY, "probationSeconds()"},
    {"bond_lock_seconds", PC_NET_NODE_REGISTRY, "bondLockSeconds()"},
    {"app_notice_seconds", PC_NET_APPS, "minNoticeSeconds()"},
    {"vote_delay_seconds", PC_NET_GOVERNOR, "votingDelay()"},
    {"vote_period_seconds", PC_NET_GOVERNOR, "votingPeriod()"},
    {"notice_seconds", PC_NET_TIMELOCK, "getMinDelay()"},
    {"longest_freeze_seconds", PC_NET_GUARDIAN_COUNCIL, "longestFreezeSeconds()"},
    {"grace_seconds", PC_NET_TCB_POLICY, "graceSeconds()"},
};

static enum err_code show_periods(struct cli_net *n, struct cli_out *o)
{
    uint64_t v;
    out_line(o, "\nperiods");
    out_row_named(o, "periods");
    for (size_t i = 0; i < PC_ARRAY_LEN(periods); i++) {
        PC_TRY(net_u64(n, periods[i].contract, periods[i].getter, NULL, 0, &v));
        out_u64(o, periods[i].name, v);
        out_line(o, "  %-24s %llu", periods[i].name, (unsigned long long)v);
    }
    out_up(o);
    return PC_OK;
}

static int show(const struct cli_args *a)
{
    struct cli_net n;
    struct cli_out o;
    struct evm_word pk, key = evm_word_u64(0), bond;
    uint64_t epoch_words[1] = {0};
    int code = net_open(&n, a);
    if (code != PC_CLI_YES)
        goto out;
    enum err_code e = net_words(&n, PC_NET_EPOCHS, "pkOf(uint32)", &key, 1, &pk, 1);
    if (e == PC_OK)
        e = net_words(&n, PC_NET_NODE_REGISTRY, "minBond()", NULL, 0, &bond, 1);
    if (e == PC_OK)
        e = net_u64(&n, PC_NET_NODE_REGISTRY, "nodeCount()", NULL, 0, epoch_words);
    if (e != PC_OK) {
        code = net_unreachable(&n, "network show", e);
        goto out;
    }
    out_begin(&o, a);
    out_u64(&o, "chain_id", n.net.chain_id);
    out_hex(&o, "network_id", PC_BYTES(n.net.network_id));
    out_hex(&o, "key_id", PC_BYTES(n.net.key_id));
    if (evm_word_is_zero(&pk))
        out_str(&o, "pk", "none: before the first epoch");
    else
        out_hex(&o, "pk", PC_BYTES(pk.b));
    out_u64(&o, "nodes_ever", epoch_words[0]);
    out_wei(&o, "min_bond", &bond);
    show_endpoints(&n, &o);
    show_contracts(&n, &o);
    e = show_periods(&n, &o);
    if (e != PC_OK) {
        free(o.buf);
        code = net_unreachable(&n, "network show", e);
        goto out;
    }
    code = out_end(&o, PC_CLI_YES);
out:
    net_close(&n);
    return code;
}

static const struct cli_option make_options[] = {
    {"deployment", "FILE", "deployment.json of contracts/deploy", true, 1},
    {"rpc", "URL", "JSON-RPC endpoint", true, 0},
    {"rpc-agree", "K", "how many must show one head; default a majority", false, 1},
    {"node", "ENDPOINT", "host:peerPort:httpPort of a node, for applications", false, 0},
    {"from-block", "N", "where the contracts' events begin (0)", false, 1},
    {"pk", "HEX", "public key of key 0, for people", false, 1},
    {"out", "FILE", "network.json to write", true, 1},
};

static const struct cli_verb verbs[] = {
    {"network",
     "make",
     "writes network.json from a deployment",
     {"polyclave network make --deployment deployment.json --rpc http://127.0.0.1:8545 --out "
      "network.json",
      "polyclave network make --deployment deployment.json --rpc http://127.0.0.1:8545 --node "
      "127.0.0.1:9101:9201 --out network.json"},
     make_options,
     PC_ARRAY_LEN(make_options),
     0,
     make},
    {"network",
     "show",
     "shows contracts, periods and what each endpoint says",
     {"polyclave network show", "polyclave network show --network run/network.json --json"},
     NULL,
     0,
     PC_CLI_NETWORK,
     show},
};

int cmd_network(int argc, char **argv)
{
    return cli_group("network", "where a deployment is found, and how it is set", verbs,
                     PC_ARRAY_LEN(verbs), argc, argv);
}
