/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_status.c - what a node is: by its own daemon, or by the chain. And recheck.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/cli/control.h"
#include "client/cli/node.h"
#include "client/cli/vendor.h"
#include "client/lib/logs.h"
#include "client/lib/vendor_calls.h"

/* Words of IAttestations.Record and of INodeRegistry.Candidate. */
enum { RECORD_VALID_UNTIL = 9, RECORD_WORDS = 11 };
enum { CANDIDATE_LIVE = 0, CANDIDATE_FROZEN, CANDIDATE_LEFT, CANDIDATE_GONE, CANDIDATE_WORDS = 10 };

static enum err_code candidate(struct cli_net *n, struct node_facts *f, uint32_t id)
{
    const struct evm_word args[] = {evm_word_u64(32), evm_word_u64(1), evm_word_u64(id)};
    struct evm_word w[2 + CANDIDATE_WORDS];
    PC_TRY(net_words(n, PC_NET_NODE_REGISTRY, "candidates(uint32[])", args, 3, w,
                     2 + CANDIDATE_WORDS));
    f->live = !evm_word_is_zero(&w[2 + CANDIDATE_LIVE]);
    f->frozen = !evm_word_is_zero(&w[2 + CANDIDATE_FROZEN]);
    f->left = !evm_word_is_zero(&w[2 + CANDIDATE_LEFT]);
    f->gone = !evm_word_is_zero(&w[2 + CANDIDATE_GONE]);
    return PC_OK;
}

static enum err_code seat(struct cli_net *n, struct node_facts *f, uint32_t id)
{
    struct evm_word arg = evm_word_u64(id), now[8], s[3], epoch[11];
    PC_TRY(net_words(n, PC_NET_EPOCHS, "now_()", NULL, 0, now, 8));
    uint64_t e = word_u64(&now[0]);
    if (e == 0)
        return PC_OK;
    PC_TRY(net_words(n, PC_NET_EPOCHS, "seqOf(uint32)", &arg, 1, s, 3));
    f->index = (uint16_t)word_u64(&s[e % 2 == 0 ? 1 : 2]);
    f->seated = f->index != 0 && f->index <= 256;
    if (!f->seated)
        return PC_OK;
    arg = evm_word_u64(e);
    PC_TRY(net_words(n, PC_NET_EPOCHS, "epochOf(uint64)", &arg, 1, epoch, 11));
    unsigned bit = f->index - 1u;
    f->recovering = (epoch[3].b[31 - bit / 8] >> bit % 8 & 1) == 0;
    return PC_OK;
}

enum err_code node_facts_get(struct cli_net *n, struct node_facts *out, uint32_t id, uint64_t now)
{
    struct evm_word arg = evm_word_u64(id), record[RECORD_WORDS];
    memset(out, 0, sizeof *out);
    PC_TRY(net_words(n, PC_NET_NODE_REGISTRY, "nodeOf(uint32)", &arg, 1, out->node, NODE_WORDS));
    if (evm_word_is_zero(&out->node[NODE_STATE]))
        return PC_E_NOT_FOUND;
    PC_TRY(net_words(n, PC_NET_ATTESTATIONS, "recordOf(bytes32)", &out->node[NODE_RECORD], 1,
                     record, RECORD_WORDS));
    out->valid_until = word_u64(&record[RECORD_VALID_UNTIL]);
    out->probation = word_u64(&out->node[NODE_ELIGIBLE_AT]) > now;
    PC_TRY(candidate(n, out, id));
    return seat(n, out, id);
}

const char *node_state_text(const struct node_facts *f, uint64_t now)
{
    uint64_t state = word_u64(&f->node[NODE_STATE]);
    if (state == 3)
        return "withdrawn";
    if (state == 2 || f->left)
        return "left";
    if (f->gone)
        return "revoked";
    if (f->frozen)
        return "frozen";
    if (f->valid_until < now)
        return "expired";
    if (!f->live)
        return "refused"; /* its record or measurement does not count now */
    if (f->seated && f->recovering)
        return "recovering";
    return f->probation ? "probation" : "live";
}

static void out_facts(struct cli_out *o, const struct node_facts *f, uint32_t id, uint64_t now)
{
    struct evm_address owner, payer;
    char eligible[64];
    time_text(eligible, word_u64(&f->node[NODE_ELIGIBLE_AT]), now);
    memcpy(owner.b, f->node[NODE_OWNER].b + 12, 20);
    memcpy(payer.b, f->node[NODE_PAYER].b + 12, 20);
    out_u64(o, "node_id", id);
    out_str(o, "state", node_state_text(f, now));
    out_hex(o, "owner", PC_BYTES(owner.b));
    out_hex(o, "payer", PC_BYTES(payer.b));
    out_wei(o, "bond", &f->node[NODE_BOND]);
    out_bool(o, "votes", !evm_word_is_zero(&f->node[NODE_MATURED]));
    out_u64(o, "strikes", word_u64(&f->node[NODE_STRIKES]));
    out_time(o, "joined", word_u64(&f->node[NODE_JOINED_AT]));
    out_bool(o, "probation", f->probation);
    out_time(o, "eligible_at", word_u64(&f->node[NODE_ELIGIBLE_AT]));
    if (o->json)
        out_str(o, "eligible_at_text", eligible);
    out_time(o, "valid_until", f->valid_until);
    out_time(o, "left_at", word_u64(&f->node[NODE_LEFT_AT]));
    out_time(o, "unlock_at", word_u64(&f->node[NODE_UNLOCK_AT]));
    out_u64(o, "index", f->seated ? f->index : 0);
    out_bool(o, "recovering", f->seated && f->recovering);
    out_hex(o, "keys_hash", PC_BYTES(f->node[NODE_KEYS_HASH].b));
    out_hex(o, "measurement", PC_BYTES(f->node[NODE_MEASUREMENT].b));
    out_hex(o, "platform", PC_BYTES(f->node[NODE_PLATFORM].b));
    out_hex(o, "record", PC_BYTES(f->node[NODE_RECORD].b));
}

static int status_by_chain(const struct cli_args *a)
{
    struct cli_net n;
    struct cli_out o;
    struct node_facts f;
    uint64_t id = 0, now = 0;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !cli_arg_u64(a, "id", UINT32_MAX, &id))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        enum err_code e = net_time(&n, &now);
        if (e == PC_OK)
            e = node_facts_get(&n, &f, (uint32_t)id, now);
        if (e == PC_E_NOT_FOUND)
            code = cli_fail(PC_CLI_NO, "there is no such node", cli_arg(a, "id"),
                            "polyclave epoch show lists those with a seat");
        else if (e != PC_OK)
            code = net_unreachable(&n, "node status", e);
    }
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_facts(&o, &f, (uint32_t)id, now);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}

/* The daemon's object, member by member. */
static void copy_object(struct cli_out *o, const struct json_value *v)
{
    struct json_value member;
    struct bytes key, text;
    void *iter = NULL;
    char name[64];
    uint64_t number;
    bool flag;
    while (json_next(v, &iter, &key, &member)) {
        (void)snprintf(name, sizeof name, "%.*s", (int)(key.n < 63 ? key.n : 63),
                       (const char *)key.p);
        if (json_get_str(&member, NULL, &text) == PC_OK)
            out_str(o, name, (const char *)text.p);
        else if (json_get_u64(&member, NULL, UINT64_MAX, &number) == PC_OK)
            out_u64(o, name, number);
        else if (json_get_bool(&member, NULL, &flag) == PC_OK)
            out_bool(o, name, flag);
        else if (json_kind_of(&member) == PC_JSON_OBJECT) {
            out_line(o, "%s", name);
            if (o->json)
                out_row_named(o, name);
            copy_object(o, &member);
            if (o->json)
                out_up(o);
        }
    }
}

int node_status(const struct cli_args *a)
{
    struct json_doc *doc;
    struct cli_out o;
    if (cli_has(a, "node-socket") == cli_has(a, "id"))
        return cli_fail(PC_CLI_USAGE, "which node is not clear", "node status",
                        "give either --node-socket S or --id N");
    if (cli_has(a, "id"))
        return status_by_chain(a);
    int code = control_ask(&doc, cli_arg(a, "node-socket"), "status");
    if (code != PC_CLI_YES)
        return code;
    struct json_value root = json_root(doc);
    out_begin(&o, a);
    copy_object(&o, &root);
    code = out_end(&o, PC_CLI_YES);
    json_free(doc);
    return code;
}

/* ---- recheck */

struct evidence_search {
    struct cli_net *n;
    enum vendor vendor;
    struct evm_word topic, record;
    struct evidence_claims claims;
    bool found;
};

/* The claims are in the calldata that made the record. */
static enum err_code claims_of_call(struct evidence_claims *out, enum vendor vendor,
                                    struct bytes call)
{
    struct abi_selector s =
        abi_selector("attest(uint8,bytes32,bytes32,address,uint64,bytes,bytes)");
    if (call.n < 4 || memcmp(call.p, s.b, 4) != 0)
        return PC_E_NOT_FOUND;
    struct abi_in r = abi_in_of(bytes_of(call.p + 4, call.n - 4), 7);
    for (unsigned i = 0; i < 5; i++)
        (void)abi_in_word(&r);
    struct bytes evidence = abi_in_bytes(&r, PC_VENDOR_CALL_MAX);
    struct bytes hints = abi_in_bytes(&r, PC_VENDOR_CALL_MAX);
    PC_TRY(abi_in_end(&r));
    return vendor_claims_of_call(out, vendor, evidence, hints);
}

static enum err_code take_attested(void *ctx, const struct log_record *l, bool *enough)
{
    static uint8_t call[PC_CALLDATA_MAX];
    struct evidence_search *s = ctx;
    struct writer w = writer_of(call, sizeof call);
    unsigned who;
    if (l->n_topics != 4 || !evm_word_equal(&l->topics[0], &s->topic) ||
        !evm_word_equal(&l->topics[1], &s->record))
        return PC_OK;
    PC_TRY(endpoints_calldata(s->n->endpoints, s->n->chain.now_ms, 0, &l->tx_hash, &w, &who));
    s->found = *enough = claims_of_call(&s->claims, s->vendor, bytes_of(call, w.n)) == PC_OK;
    return PC_OK;
}

static int send_recheck(struct cli_net *n, enum vendor vendor, const struct evm_word *record,
                        struct sent *sent)
{
    static uint8_t call[PC_VENDOR_CALL_MAX];
    struct evidence_search s = {.n = n, .vendor = vendor, .record = *record};
    struct vendor_calls t = {vendor, &n->chain, *net_at(n, network_verifier(vendor)),
                             n->net.from_block};
    struct bytes data;
    char fix[100];
    s.topic =
        abi_topic("Attested(bytes32,bytes32,bytes32,address,bytes32,bytes32,bytes32,uint256)");
    net_now(n);
    enum err_code e =
        logs_back(&n->chain, net_at(n, PC_NET_ATTESTATIONS), n->net.from_block, take_attested, &s);
    if (e == PC_OK && !s.found)
        return cli_fail(PC_CLI_NO, "the call that made the record was not found", "recheck",
                        "it was made by another contract; attest the node anew");
    if (e == PC_OK)
        e = vendor_calls_recheck(&t, &data, call, sizeof call, record, &s.claims);
    (void)snprintf(fix, sizeof fix, "polyclave collateral post --vendor %s --dir DIR",
                   vendor_name(vendor));
    if (e == PC_E_NOT_FOUND)
        return cli_fail(PC_CLI_NO, "collateral for this machine is not on chain", "recheck", fix);
    if (e != PC_OK)
        return net_unreachable(n, "recheck", e);
    return net_send(n, "recheck", net_at(n, PC_NET_ATTESTATIONS), NULL, data, true, sent);
}

/* The node's vendor, of which network.json names a verifier. */
static int vendor_of_node(struct cli_net *n, const struct evm_word *word, enum vendor *out)
{
    *out = (enum vendor)word_u64(word);
    enum network_contract c = network_verifier(*out);
    return c != PC_NET_CONTRACTS && !bytes_all_zero_var(PC_BYTES(net_at(n, c)->b))
               ? PC_CLI_YES
               : cli_fail(PC_CLI_NO, "network.json names no verifier of the node's vendor",
                          "recheck", "the file is older than the verifier");
}

int node_recheck(const struct cli_args *a)
{
    struct cli_net n;
    struct cli_out o;
    struct evm_word arg, node[NODE_WORDS];
    struct sent sent;
    enum vendor vendor;
    uint64_t id = 0;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && (!cli_arg_u64(a, "id", UINT32_MAX, &id) || !net_can_send(&n)))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        arg = evm_word_u64(id);
        enum err_code e =
            net_words(&n, PC_NET_NODE_REGISTRY, "nodeOf(uint32)", &arg, 1, node, NODE_WORDS);
        if (e != PC_OK)
            code = net_unreachable(&n, "recheck", e);
        else if (evm_word_is_zero(&node[NODE_STATE]))
            code = cli_fail(PC_CLI_NO, "there is no such node", cli_arg(a, "id"), "check the id");
    }
    if (code == PC_CLI_YES)
        code = vendor_of_node(&n, &node[NODE_VENDOR], &vendor);
    if (code == PC_CLI_YES)
        code = send_recheck(&n, vendor, &node[NODE_RECORD], &sent);
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_u64(&o, "node_id", id);
        out_sent(&o, &sent);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}
