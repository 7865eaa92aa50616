/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave node join | status | reattest | leave | withdraw | mature | recheck */
#include <string.h>

#include "client/cli/commands.h"
#include "client/cli/node.h"

const char *node_domain(const struct cli_args *a, const char *kind)
{
    size_t len = strlen(kind);
    const char *v;
    if (strcmp(kind, "cloud") == 0 || strcmp(kind, "operator") == 0)
        return cli_arg(a, kind);
    for (size_t i = 0; (v = cli_arg_at(a, "domain", i)) != NULL; i++)
        if (strncmp(v, kind, len) == 0 && v[len] == '=')
            return v + len + 1;
    return NULL;
}

/* Bonds vote after probation: wait for its end, as far as --wait goes. */
static int wait_probation(struct cli_net *n, uint64_t id)
{
    struct evm_word arg = evm_word_u64(id), node[NODE_WORDS];
    enum err_code e =
        net_words(n, PC_NET_NODE_REGISTRY, "nodeOf(uint32)", &arg, 1, node, NODE_WORDS);
    if (e != PC_OK)
        return net_unreachable(n, "the node", e);
    return net_wait_until(n, word_u64(&node[NODE_ELIGIBLE_AT]), "the node is on probation");
}

/* A call of NodeRegistry that takes the node's number alone. */
static int simple(const struct cli_args *a, const char *sig, bool after_probation)
{
    struct cli_net n;
    struct cli_out o;
    struct call c;
    struct sent sent;
    uint64_t id = 0;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && (!cli_arg_u64(a, "id", UINT32_MAX, &id) || !net_can_send(&n)))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES && after_probation)
        code = wait_probation(&n, id);
    if (code == PC_CLI_YES) {
        call_begin(&c, sig, 1);
        abi_out_u64(&c.w, id);
        call_end(&c);
        code = net_send(&n, a->verb->name, net_at(&n, PC_NET_NODE_REGISTRY), NULL, c.data, true,
                        &sent);
        call_free(&c);
    }
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_u64(&o, "node_id", id);
        out_sent(&o, &sent);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}

static int leave(const struct cli_args *a)
{
    return simple(a, "leave(uint32)", false);
}

static int withdraw(const struct cli_args *a)
{
    return simple(a, "withdraw(uint32)", false);
}

static int mature(const struct cli_args *a)
{
    return simple(a, "mature(uint32)", true);
}

#define SOCKET_HELP "control socket of the node's daemon"

static const struct cli_option join_options[] = {
    {"node-socket", "SOCKET", SOCKET_HELP, true, 1},
    {"bond", "ETH", "what the node has at stake; default the least", false, 1},
    {"cloud", "NAME", "declared domain", false, 1},
    {"operator", "NAME", "declared domain", false, 1},
    {"domain", "KIND=NAME", "another declared domain", false, 0},
    {"payer", "ADDRESS", "the relay's account, which may renew the record", false, 1},
};
static const struct cli_option reattest_options[] = {
    {"node-socket", "SOCKET", SOCKET_HELP, true, 1},
    {"id", "N", "number of the node", true, 1},
};
static const struct cli_option status_options[] = {
    {"node-socket", "SOCKET", SOCKET_HELP, false, 1},
    {"id", "N", "number of the node: what the chain says", false, 1},
};
static const struct cli_option id_options[] = {
    {"id", "N", "number of the node", true, 1},
};

#define SIGN " --key owner.json --pass-file owner.pass"

static const struct cli_verb verbs[] = {
    {"node",
     "join",
     "posts the node's evidence, then registers it with a bond",
     {"polyclave node join --node-socket run/node7/control.sock --cloud c1 --operator alice" SIGN,
      "polyclave node join --node-socket control.sock --bond 32 --cloud c1 --operator alice "
      "--payer 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --json" SIGN},
     join_options,
     PC_ARRAY_LEN(join_options),
     PC_CLI_SIGNER,
     node_join},
    {"node",
     "status",
     "tells what a node is: by its daemon, or by the chain",
     {"polyclave node status --node-socket run/node1/control.sock",
      "polyclave node status --id 3 --json"},
     status_options,
     PC_ARRAY_LEN(status_options),
     PC_CLI_NETWORK,
     node_status},
    {"node",
     "reattest",
     "gives a node new keys, measurement or platform",
     {"polyclave node reattest --node-socket run/node6/control.sock --id 6" SIGN,
      "polyclave node reattest --node-socket control.sock --id 6 --json" SIGN},
     reattest_options,
     PC_ARRAY_LEN(reattest_options),
     PC_CLI_SIGNER,
     node_reattest},
    {"node",
     "leave",
     "ends a node; its bond stays locked for a while",
     {"polyclave node leave --id 7" SIGN, "polyclave node leave --id 7 --json" SIGN},
     id_options,
     PC_ARRAY_LEN(id_options),
     PC_CLI_SIGNER,
     leave},
    {"node",
     "withdraw",
     "pays the bond of a node that left to its owner",
     {"polyclave node withdraw --id 7" SIGN, "polyclave node withdraw --id 7 --json" SIGN},
     id_options,
     PC_ARRAY_LEN(id_options),
     PC_CLI_SIGNER,
     withdraw},
    {"node",
     "mature",
     "lets a node's bond vote after its probation",
     {"polyclave node mature --id 3" SIGN, "polyclave node mature --id 3 --relay relay.sock"},
     id_options,
     PC_ARRAY_LEN(id_options),
     PC_CLI_SIGNER,
     mature},
    {"node",
     "recheck",
     "judges a node's record anew under the collateral of now",
     {"polyclave node recheck --id 3" SIGN, "polyclave node recheck --id 3 --relay relay.sock"},
     id_options,
     PC_ARRAY_LEN(id_options),
     PC_CLI_SIGNER,
     node_recheck},
};

int cmd_node(int argc, char **argv)
{
    return cli_group("node", "joins and runs a node of the network", verbs, PC_ARRAY_LEN(verbs),
                     argc, argv);
}
