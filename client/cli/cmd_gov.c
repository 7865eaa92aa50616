/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave gov propose | vote | delegate | queue | execute | cancel | show | freeze | ratify |
 * seal
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/cli/commands.h"
#include "client/cli/gov.h"
#include "client/lib/logs.h"

/* ---- a proposal by its id */

struct proposal {
    struct evm_word topic, id;
    struct gov_actions actions;
    struct evm_address proposer;
    uint64_t start, end;
    bool found;
};

static enum err_code read_actions(struct proposal *p, struct abi_in *r)
{
    static const struct evm_word zero;
    size_t n, m, k;
    struct bytes to = abi_in_array(r, 1, PC_GOV_ACTIONS, &n);
    struct bytes values = abi_in_array(r, 1, PC_GOV_ACTIONS, &m);
    struct abi_in signatures = abi_in_tuples(r, PC_GOV_ACTIONS, &k);
    for (size_t i = 0; i < k; i++)
        (void)abi_in_bytes(&signatures, 1024);
    abi_in_join(r, &signatures);
    struct abi_in data = abi_in_tuples(r, PC_GOV_ACTIONS, &k);
    if (n != m || n != k)
        return PC_E_MALFORMED;
    for (size_t i = 0; i < n; i++) {
        struct evm_word w = evm_word_of(to.p + 32 * i);
        struct evm_address address;
        PC_TRY(evm_word_to_addr(&address, &w));
        if (!gov_actions_add(&p->actions, &address, &zero, abi_in_bytes(&data, 32768)))
            return PC_E_TOO_LARGE;
        p->actions.value[i] = evm_word_of(values.p + 32 * i);
    }
    abi_in_join(r, &data);
    return PC_OK;
}

static enum err_code read_proposal(struct proposal *p, struct bytes event)
{
    struct abi_in r = abi_in_of(event, 9);
    memset(&p->actions, 0, sizeof p->actions);
    (void)abi_in_word(&r);
    p->proposer = abi_in_addr(&r);
    PC_TRY(read_actions(p, &r));
    p->start = abi_in_u64(&r, 64);
    p->end = abi_in_u64(&r, 64);
    struct bytes text = abi_in_bytes(&r, PC_GOV_TEXT);
    PC_TRY(abi_in_end(&r));
    if (text.n != 0)
        memcpy(p->actions.text, text.p, text.n);
    p->actions.text_n = text.n;
    return PC_OK;
}

static enum err_code take_proposal(void *ctx, const struct log_record *l, bool *enough)
{
    struct proposal *p = ctx;
    if (l->n_topics != 1 || !evm_word_equal(&l->topics[0], &p->topic) || l->data.n < 32 ||
        memcmp(l->data.p, p->id.b, 32) != 0)
        return PC_OK;
    PC_TRY(read_proposal(p, l->data));
    p->found = *enough = true;
    return PC_OK;
}

static enum network_contract governor(const struct cli_args *a)
{
    return cli_has(a, "ratifier") ? PC_NET_RATIFIER : PC_NET_GOVERNOR;
}

static int find(struct cli_net *n, struct proposal *p)
{
    memset(p, 0, sizeof *p);
    if (!cli_arg_hex(n->args, "proposal", p->id.b, 32))
        return PC_CLI_USAGE;
    p->topic = abi_topic("ProposalCreated(uint256,address,address[],uint256[],string[],bytes[],"
                         "uint256,uint256,string)");
    net_now(n);
    enum err_code e =
        logs_back(&n->chain, net_at(n, governor(n->args)), n->net.from_block, take_proposal, p);
    if (e != PC_OK)
        return net_unreachable(n, "the proposal", e);
    return p->found ? PC_CLI_YES
                    : cli_fail(PC_CLI_NO, "there is no such proposal", cli_arg(n->args, "proposal"),
                               "a vote on a freeze needs --ratifier");
}

/* ---- show */

enum { STATE_QUEUED = 5 };
static const char *const states[] = {"pending",   "active", "canceled", "defeated",
                                     "succeeded", "queued", "expired",  "executed"};

static int out_state(struct cli_net *n, struct cli_out *o, const struct evm_word *id)
{
    enum network_contract g = governor(n->args);
    struct evm_word votes[3], quorum, snapshot;
    uint64_t state, at, now, eta = 0;
    enum err_code e = net_u64(n, g, "state(uint256)", id, 1, &state);
    if (e == PC_OK)
        e = net_words(n, g, "proposalVotes(uint256)", id, 1, votes, 3);
    if (e == PC_OK)
        e = net_u64(n, g, "proposalSnapshot(uint256)", id, 1, &at);
    if (e == PC_OK && g == PC_NET_GOVERNOR)
        e = net_u64(n, g, "proposalEta(uint256)", id, 1, &eta);
    if (e != PC_OK)
        return net_unreachable(n, "gov show", e);
    snapshot = evm_word_u64(at);
    e = net_time(n, &now);
    if (e != PC_OK)
        return net_unreachable(n, "gov show", e);
    /* Queued, and the notice has passed. */
    bool ready = state == STATE_QUEUED && eta <= now;
    out_str(o, "state", ready ? "ready" : state < PC_ARRAY_LEN(states) ? states[state] : "?");
    out_wei(o, "for", &votes[1]);
    out_wei(o, "against", &votes[0]);
    out_wei(o, "abstain", &votes[2]);
    /* Before the snapshot there is no quorum yet. */
    if (net_words(n, g, "quorum(uint256)", &snapshot, 1, &quorum, 1) == PC_OK)
        out_wei(o, "quorum", &quorum);
    out_time(o, "eta", eta);
    return PC_CLI_YES;
}

static int show(const struct cli_args *a)
{
    static struct proposal p;
    struct cli_net n;
    struct cli_out o = {0};
    int code = net_open(&n, a);
    if (code == PC_CLI_YES)
        code = find(&n, &p);
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_hex(&o, "proposal", PC_BYTES(p.id.b));
        out_hex(&o, "proposer", PC_BYTES(p.proposer.b));
        out_time(&o, "vote_from", p.start);
        out_time(&o, "vote_until", p.end);
        cli_utf8(p.actions.text); /* a stranger's; the actions are not sent from here */
        out_str(&o, "description", p.actions.text);
        code = out_state(&n, &o, &p.id);
        out_list(&o, "actions");
        for (size_t i = 0; i < p.actions.n; i++) {
            out_row(&o);
            out_hex(&o, "to", PC_BYTES(p.actions.to[i].b));
            out_hex(&o, "data", p.actions.data[i]);
            out_up(&o);
        }
        out_up(&o);
        if (code == PC_CLI_YES)
            code = out_end(&o, PC_CLI_YES);
        else
            free(o.buf);
    }
    net_close(&n);
    return code;
}

/* ---- what changes something */

static int done(struct cli_net *n, int code, const struct sent *sent, const char *key,
                const char *value)
{
    struct cli_out o;
    if (code == PC_CLI_YES) {
        out_begin(&o, n->args);
        if (key != NULL)
            out_str(&o, key, value);
        out_sent(&o, sent);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(n);
    return code;
}

static int vote(const struct cli_args *a)
{
    static const char *const supports[] = {"against", "for", "abstain"};
    struct cli_net n;
    struct call c;
    struct sent sent;
    struct evm_word id;
    const char *support = cli_arg(a, "support");
    uint64_t s = 0;
    while (s < 3 && strcmp(supports[s], support) != 0)
        s++;
    if (s == 3)
        return cli_fail(PC_CLI_USAGE, "--support", support, "for, against or abstain");
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !cli_arg_hex(a, "proposal", id.b, 32))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES)
        code = net_signer(&n, 0);
    if (code == PC_CLI_YES) {
        call_begin(&c, "castVote(uint256,uint8)", 2);
        abi_out_word(&c.w, &id);
        abi_out_u64(&c.w, s);
        call_end(&c);
        code = net_send(&n, "vote", net_at(&n, governor(a)), NULL, c.data, true, &sent);
        call_free(&c);
    }
    return done(&n, code, &sent, "voted", support);
}

static int delegate(const struct cli_args *a)
{
    struct cli_net n;
    struct call c;
    struct sent sent;
    struct evm_address to;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !cli_arg_hex(a, "to", to.b, 20))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES)
        code = net_signer(&n, 0);
    if (code == PC_CLI_YES) {
        call_begin(&c, "delegate(address)", 1);
        abi_out_addr(&c.w, &to);
        call_end(&c);
        code =
            net_send(&n, "delegate", net_at(&n, PC_NET_NODE_REGISTRY), NULL, c.data, true, &sent);
        call_free(&c);
    }
    return done(&n, code, &sent, "delegate", cli_arg(a, "to"));
}

/* queue, execute and cancel name a proposal by all of its parts. With --council the guardians
 * cancel, one approval per key. */
static int by_parts(const struct cli_args *a, const char *verb)
{
    static struct proposal p;
    struct cli_net n;
    struct call c;
    struct sent sent = {0};
    char sig[64];
    bool council = cli_has(a, "council");
    enum network_contract at = council ? PC_NET_GUARDIAN_COUNCIL : governor(a);
    int code = net_open(&n, a);
    if (code == PC_CLI_YES)
        code = net_signer(&n, 0);
    if (code == PC_CLI_YES)
        code = find(&n, &p);
    if (code == PC_CLI_YES) {
        struct evm_word hash = gov_description_hash(&p.actions);
        (void)snprintf(sig, sizeof sig, "%s(address[],uint256[],bytes[],bytes32)", verb);
        call_begin(&c, sig, 4);
        gov_actions_write(&c.w, &p.actions);
        abi_out_word(&c.w, &hash);
        call_end(&c);
        size_t keys = council ? cli_count(a, "key") : 1;
        for (size_t i = 0; code == PC_CLI_YES && i < keys; i++) {
            code = net_signer(&n, i);
            if (code == PC_CLI_YES)
                code = net_send(&n, verb, net_at(&n, at), NULL, c.data, i + 1 == keys, &sent);
        }
        call_free(&c);
    }
    return done(&n, code, &sent, "proposal", cli_arg(a, "proposal"));
}

static int queue(const struct cli_args *a)
{
    return by_parts(a, "queue");
}

static int execute(const struct cli_args *a)
{
    return by_parts(a, "execute");
}

static int cancel(const struct cli_args *a)
{
    return by_parts(a, "cancel");
}

#define PROPOSAL_OPTIONS                                                                           \
    {"proposal", "ID", "as printed by propose", true, 1},                                          \
    {                                                                                              \
        "ratifier", NULL, "a vote on a freeze", false, 1                                           \
    }

static const struct cli_option vote_options[] = {
    PROPOSAL_OPTIONS,
    {"support", "WHAT", "for, against or abstain", true, 1},
};
static const struct cli_option delegate_options[] = {
    {"to", "ADDRESS", "who votes with the signer's bonds", true, 1},
};
static const struct cli_option proposal_options[] = {PROPOSAL_OPTIONS};
static const struct cli_option cancel_options[] = {
    PROPOSAL_OPTIONS,
    {"council", NULL, "by guardians: one --key for each", false, 1},
};
#define OBJECT_OPTIONS                                                                             \
    {"kind", "KIND", "measurement, product, vendor, platform, serial, node or verifier", true, 1}, \
    {                                                                                              \
        "id", "ID", "of the object: hexadecimal, or a node's number, or tdx", true, 1              \
    }
static const struct cli_option freeze_options[] = {
    OBJECT_OPTIONS,
    {"for", "S", "default as long as may be", false, 1},
};
static const struct cli_option ratify_options[] = {OBJECT_OPTIONS};
static const struct cli_option seal_options[] = {
    {"measurement", "HEX", "a genesis measurement; snp:HEX, nitro:HEX of other vendors", true, 0},
    {"source", "HEX", "SHA-256 of the source archive; not on chain 31337", false, 1},
    {"build", "HEX", "SHA-256 of the reproducible build's outputs; likewise", false, 1},
    {"key-hex-file", "FILE", "the deployer's key as contracts/deploy takes it", false, 1},
};

#define SIGN " --key owner.json --pass-file owner.pass"
#define ID   " --proposal 0x9c41...07"

#define VERB(name, sentence, one, two, options, count, flags, run)                                 \
    {                                                                                              \
        "gov", name, sentence, {one, two}, options, count, flags, run                              \
    }

int cmd_gov(int argc, char **argv)
{
    const struct cli_verb verbs[] = {
        VERB(
            "propose", "proposes a change; bonds vote on it",
            "polyclave gov propose --action measurement-add --measurement 0x3a..9c --source 0x11.. "
            "--build 0x22.. --description 'release 2'" SIGN,
            "polyclave gov propose --action target --number 9 --description 'grow to 9'" SIGN,
            gov_propose_options, gov_propose_options_n, PC_CLI_SIGNER, gov_propose),
        VERB("vote", "votes with the signer's bonds", "polyclave gov vote" ID " --support for" SIGN,
             "polyclave gov vote --ratifier" ID " --support against" SIGN, vote_options,
             PC_ARRAY_LEN(vote_options), PC_CLI_SIGNER, vote),
        VERB("delegate", "lets another account vote",
             "polyclave gov delegate --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8" SIGN,
             "polyclave gov delegate --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --json" SIGN,
             delegate_options, PC_ARRAY_LEN(delegate_options), PC_CLI_SIGNER, delegate),
        VERB("queue", "puts a won proposal under notice", "polyclave gov queue" ID SIGN,
             "polyclave gov queue" ID " --json" SIGN, proposal_options,
             PC_ARRAY_LEN(proposal_options), PC_CLI_SIGNER, queue),
        VERB("execute", "carries a proposal out after its notice", "polyclave gov execute" ID SIGN,
             "polyclave gov execute --ratifier" ID SIGN, proposal_options,
             PC_ARRAY_LEN(proposal_options), PC_CLI_SIGNER, execute),
        VERB("cancel", "cancels a proposal: its proposer early, the council at any stage",
             "polyclave gov cancel" ID SIGN,
             "polyclave gov cancel --council" ID " --key g1.json --pass-file g1.pass --key g2.json "
             "--pass-file g2.pass",
             cancel_options, PC_ARRAY_LEN(cancel_options), PC_CLI_SIGNER, cancel),
        VERB("show", "shows a proposal, its votes and its state", "polyclave gov show" ID,
             "polyclave gov show --ratifier" ID " --json", proposal_options,
             PC_ARRAY_LEN(proposal_options), PC_CLI_NETWORK, show),
        VERB("freeze", "freezes an object for some days: the guardian council",
             "polyclave gov freeze --kind measurement --id 0x3a..9c --for 3600 --key g1.json "
             "--pass-file g1.pass",
             "polyclave gov freeze --kind node --id 5 --key g1.json --pass-file g1.pass --key "
             "g2.json --pass-file g2.pass",
             freeze_options, PC_ARRAY_LEN(freeze_options), PC_CLI_SIGNER, gov_freeze),
        VERB("ratify", "puts it to the vote whether a freeze is for ever",
             "polyclave gov ratify --kind measurement --id 0x3a..9c" SIGN,
             "polyclave gov ratify --kind node --id 5 --json" SIGN, ratify_options,
             PC_ARRAY_LEN(ratify_options), PC_CLI_SIGNER, gov_ratify),
        VERB("seal", "names the genesis measurements: the deployer, once",
             "polyclave gov seal --measurement 0x3a..9c --source 0x11.. --build 0x22.. --key "
             "deployer.json --pass-file deployer.pass",
             "polyclave gov seal --measurement 0x3a..9c --measurement 0x71..04 --source 0x11.. "
             "--build 0x22.. --key deployer.json --pass-file deployer.pass --json",
             seal_options, PC_ARRAY_LEN(seal_options), PC_CLI_SIGNER, gov_seal),
    };
    return cli_group("gov", "propose, vote, freeze", verbs, PC_ARRAY_LEN(verbs), argc, argv);
}
