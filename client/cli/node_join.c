/* SPDX-License-Identifier: Apache-2.0 */
/*
 * node_join.c - a node's evidence goes on chain under its owner's hand: join and reattest.
 */
#include <stdio.h>
#include <stdlib.h>

#include "attest/evidence.h"
#include "base/hex.h"
#include "client/cli/control.h"
#include "client/cli/node.h"
#include "client/cli/vendor.h"
#include "client/lib/vendor_calls.h"
#include "crypto/ids.h"

#define BUNDLES 4 /* how often fresh evidence is asked for */

/* What the node hands out: keys, owner, fresh evidence. */
struct bundle {
    struct report_binding binding;
    uint8_t ed25519[32], x25519[32];
    struct evm_address account, owner;
    char endpoint[ENDPOINT_TEXT_MAX + 1];
    uint8_t evidence[PC_EVIDENCE_MAX];
    size_t evidence_len;
    struct evidence_claims claims;
    struct evm_word context, record;
    const struct evm_address *verifier;
};

static enum err_code read_bundle(struct bundle *b, const struct json_value *root)
{
    struct bytes text;
    PC_TRY(json_get_hex(root, "ed25519", b->ed25519, 32));
    PC_TRY(json_get_hex(root, "x25519", b->x25519, 32));
    PC_TRY(json_get_hex(root, "account", b->account.b, 20));
    PC_TRY(json_get_hex(root, "owner", b->owner.b, 20));
    PC_TRY(json_get_str(root, "endpoint", &text));
    if (text.n > ENDPOINT_TEXT_MAX)
        return PC_E_TOO_LARGE;
    memcpy(b->endpoint, text.p, text.n);
    PC_TRY(json_get_u64(root, "bound_block", UINT64_C(1) << 53, &b->binding.bound_block));
    PC_TRY(json_get_hex(root, "bound_hash", b->binding.bound_hash, 32));
    return json_get_hex_var(root, "evidence", b->evidence, sizeof b->evidence, &b->evidence_len);
}

/* Does the evidence say what the bundle says? Then the record's key is known. */
static int check_bundle(struct bundle *b, const struct cli_net *n)
{
    uint8_t want[64];
    b->binding.kind = PC_SUBJECT_NODE;
    b->binding.chain_id = n->net.chain_id;
    memcpy(b->binding.attestations, net_at(n, PC_NET_ATTESTATIONS)->b, 20);
    id_keys_node(b->binding.keys_hash, b->ed25519, b->x25519, b->account.b);
    context_of_owner(b->binding.context, b->owner.b);
    b->context = evm_word_of(b->binding.context);
    id_report_data(want, &b->binding);
    struct bytes evidence = bytes_of(b->evidence, b->evidence_len);
    enum vendor vendor = vendor_of_evidence(evidence);
    if (vendor_claims(&b->claims, vendor, evidence) != PC_OK)
        return cli_fail(PC_CLI_NO, "the node's evidence is of no vendor", "join-bundle",
                        "check the node's quote helper");
    b->verifier = net_at(n, network_verifier(vendor));
    if (bytes_all_zero_var(PC_BYTES(b->verifier->b)))
        return cli_fail(
            PC_CLI_NO, "network.json names no verifier of vendor", vendor_name(vendor),
            "this network takes no such machine, or the file is older than its verifier");
    if (memcmp(want, b->claims.report_data, 64) != 0)
        return cli_fail(PC_CLI_NO, "the evidence binds other keys, owner, chain or contract",
                        "join-bundle", "is the node's policy.bin of this network.json?");
    if (!evm_addr_equal(&b->owner, &n->chain.payer))
        return cli_fail(PC_CLI_USAGE, "the signer is not the owner in the node's config", "--key",
                        "sign with the owner's key, or set `owner` in the node's config");
    id_record(b->record.b, PC_SUBJECT_NODE, b->binding.keys_hash, b->context.b,
              b->claims.measurement.b, b->claims.platform.b, b->verifier->b);
    return PC_CLI_YES;
}

static int get_bundle(struct bundle *b, const struct cli_net *n)
{
    struct json_doc *doc;
    memset(b, 0, sizeof *b);
    int code = control_ask(&doc, cli_arg(n->args, "node-socket"), "join-bundle");
    if (code != PC_CLI_YES)
        return code;
    struct json_value root = json_root(doc);
    if (read_bundle(b, &root) != PC_OK)
        code = cli_fail(PC_CLI_RETRY, "the node's bundle cannot be read", json_error(doc),
                        "are node and command line of one release?");
    json_free(doc);
    return code == PC_CLI_YES ? check_bundle(b, n) : code;
}

/* ---- evidence on chain */

static int calls_failed(struct cli_net *n, const struct bundle *b, const char *what,
                        enum err_code e)
{
    char fix[100];
    (void)snprintf(fix, sizeof fix, "polyclave collateral post --vendor %s --dir DIR",
                   vendor_name(b->claims.vendor));
    if (e == PC_E_NOT_FOUND)
        return cli_fail(PC_CLI_NO, "collateral for this machine is not on chain", what, fix);
    if (e == PC_E_SIGNATURE)
        return cli_fail(PC_CLI_NO, "the evidence's signature is not its certificate's", what,
                        "check the node's quote helper");
    if (pc_err_class(e) == PC_ERR_CLASS_PEER)
        return cli_fail(PC_CLI_NO, "the evidence cannot be taken apart", what, pc_err_text(e));
    return net_unreachable(n, what, e);
}

/* Certificates of the machine that the contract lacks; *out is of the last one, with all gas. */
static int post_certificates(struct cli_net *n, struct vendor_calls *t, const struct bundle *b,
                             struct sent *out)
{
    static uint8_t call[PC_VENDOR_CALL_MAX];
    uint64_t gas = 0;
    memset(out, 0, sizeof *out);
    for (unsigned i = 0; i <= PC_VENDOR_CERTS; i++) {
        struct bytes data;
        net_now(n);
        enum err_code e = vendor_calls_missing(t, &data, call, sizeof call,
                                               bytes_of(b->evidence, b->evidence_len));
        if (e != PC_OK)
            return calls_failed(n, b, "machine's certificates", e);
        if (data.n == 0)
            return PC_CLI_YES;
        int code = net_send(n, "certificate", &t->verifier, NULL, data, false, out);
        if (code != PC_CLI_YES)
            return code;
        out->gas = gas += out->gas;
    }
    return cli_fail(PC_CLI_RETRY, "certificates do not stay on chain", "attest", "try again");
}

/* *stale: the record has evidence of a later block; that of the bundle is of no use. */
static int attest(struct cli_net *n, const struct bundle *b, struct sent *leaf, struct sent *out,
                  bool *stale)
{
    static uint8_t call[PC_VENDOR_CALL_MAX];
    static const struct evm_word zero;
    struct vendor_calls t = {b->claims.vendor, &n->chain, *b->verifier, n->net.from_block};
    struct vendor_attest a = {.kind = PC_SUBJECT_NODE,
                              .subject = evm_word_of(b->binding.keys_hash),
                              .context = b->context,
                              .bound_block = b->binding.bound_block,
                              .evidence = bytes_of(b->evidence, b->evidence_len)};
    struct bytes data;
    struct evm_word ignored;
    char error[64];
    *stale = false;
    int code = post_certificates(n, &t, b, leaf);
    if (code != PC_CLI_YES)
        return code;
    net_now(n);
    enum err_code e = vendor_calls_attest(&t, &data, call, sizeof call, &a);
    if (e != PC_OK)
        return calls_failed(n, b, "attest", e);
    code = net_simulate(n, net_at(n, PC_NET_ATTESTATIONS), &zero, data, error, &ignored);
    *stale = code == PC_CLI_NO && strcmp(error, "BoundBlockNotNewer") == 0;
    if (*stale)
        return PC_CLI_YES;
    if (code == PC_CLI_RETRY || code == PC_CLI_USAGE)
        return code;
    if (code == PC_CLI_NO) /* told by the sending */
        return net_send(n, "attest", net_at(n, PC_NET_ATTESTATIONS), NULL, data, false, out);
    code = net_send_contested(n, "attest", net_at(n, PC_NET_ATTESTATIONS), data, false, out, stale);
    if (!*stale)
        return code;
    memset(out, 0, sizeof *out);
    return PC_CLI_YES;
}

/* A measurement that is approved and not active yet: wait for its time, as far as --wait goes. */
static int wait_measurement(struct cli_net *n, const struct evm_word *measurement, bool *waited)
{
    uint64_t begun = net_ms();
    struct evm_word w[5];
    enum err_code e = net_words(n, PC_NET_MEASUREMENTS, "entryOf(bytes32)", measurement, 1, w, 5);
    if (e != PC_OK)
        return net_unreachable(n, "the node's measurement", e);
    /* Unknown or revoked: the contract says so itself. */
    if (evm_word_is_zero(&w[0]) || !evm_word_is_zero(&w[2]))
        return PC_CLI_YES;
    int code = net_wait_until(n, word_u64(&w[3]), "the node's measurement is not active yet");
    *waited = net_ms() - begun > 2000;
    return code;
}

/* Evidence of the node on chain, and the bundle that it is of. A node with a relay attests by
 * itself too: then its record is newer than the bundle, and a fresh one is asked for. */
static int bring_evidence(struct cli_net *n, struct bundle *b, struct sent *leaf,
                          struct sent *attested)
{
    bool again = true;
    int code = PC_CLI_YES;
    memset(leaf, 0, sizeof *leaf);
    for (unsigned i = 0; again && i < BUNDLES; i++) {
        struct sent posted;
        bool waited = false;
        code = get_bundle(b, n);
        if (code == PC_CLI_YES)
            code = wait_measurement(n, &b->claims.measurement, &waited);
        if (code == PC_CLI_YES && waited)
            code = get_bundle(b, n);
        if (code == PC_CLI_YES)
            code = attest(n, b, &posted, attested, &again);
        if (code != PC_CLI_YES)
            return code;
        if (posted.block != 0)
            *leaf = posted;
    }
    return again ? cli_fail(PC_CLI_RETRY, "the node attests itself faster than this", "attest",
                            "try again")
                 : code;
}

/* ---- join */

/* Values of the declared kinds, in the contract's order: --cloud, --operator or --domain KIND=NAME.
 */
static int domains(struct cli_net *n, uint8_t (*out)[32], size_t *count)
{
    uint8_t answer[32 * 8];
    size_t len, kinds;
    *count = 0;
    enum err_code e =
        net_view(n, PC_NET_NODE_REGISTRY, "domainKinds()", NULL, 0, answer, sizeof answer, &len);
    struct abi_in r = abi_in_of(bytes_of(answer, len), 1);
    struct bytes words = abi_in_array(&r, 1, 4, &kinds);
    if (e == PC_OK)
        e = abi_in_end(&r);
    if (e != PC_OK)
        return net_unreachable(n, "domain kinds", e);
    for (size_t i = 0; i < kinds; i++) {
        char kind[33] = "", want[80];
        memcpy(kind, words.p + 32 * i, 32);
        if (strcmp(kind, "vendor") == 0)
            continue;
        const char *value = node_domain(n->args, kind);
        (void)snprintf(want, sizeof want, "give --domain %.33s=NAME, 1 to 32 characters", kind);
        if (value == NULL || value[0] == '\0' || strlen(value) > 32)
            return cli_fail(PC_CLI_USAGE, "a declared domain is missing", kind, want);
        memset(out[*count], 0, 32);
        memcpy(out[(*count)++], value, strlen(value));
    }
    return PC_CLI_YES;
}

static void write_keys(struct abi_out *w, const struct bundle *b)
{
    abi_out_fixed(w, b->ed25519, 32);
    abi_out_fixed(w, b->x25519, 32);
    abi_out_addr(w, &b->account);
}

static int send_join(struct cli_net *n, const struct bundle *b, const struct evm_word *bond,
                     struct sent *out)
{
    struct evm_address payer = {{0}};
    uint8_t value[4][32];
    struct call c;
    size_t count;
    if (!cli_arg_hex(n->args, "payer", payer.b, 20))
        return PC_CLI_USAGE;
    int code = domains(n, value, &count);
    if (code != PC_CLI_YES)
        return code;
    call_begin(&c,
               "join((bytes32,bytes32,address),bytes32[],string,address,"
               "(uint8,bytes32,bytes32,bytes,bytes32,bytes),address)",
               8);
    write_keys(&c.w, b);
    abi_out_array(&c.w, bytes_of(value, 32 * count), count);
    abi_out_bytes(&c.w, bytes_of(b->endpoint, strlen(b->endpoint)));
    abi_out_addr(&c.w, b->verifier);
    vendor_claims_write(&c.w, &b->claims);
    abi_out_addr(&c.w, &payer);
    call_end(&c);
    code = net_send(n, "join", net_at(n, PC_NET_NODE_REGISTRY), bond, c.data, true, out);
    call_free(&c);
    return code;
}

static void out_calls(struct cli_out *o, const struct sent *leaf, const struct sent *attested,
                      const char *last_name, const struct sent *last)
{
    const struct sent *const sent[] = {leaf, attested, last};
    const char *const name[] = {"certificate", "attest", last_name};
    out_row_named(o, "gas");
    for (size_t i = 0; i < 3; i++)
        if (sent[i]->block != 0)
            out_u64(o, name[i], sent[i]->gas);
    out_up(o);
    out_list(o, "transactions");
    for (size_t i = 0; i < 3; i++) {
        if (sent[i]->block == 0)
            continue;
        out_row(o);
        out_str(o, "what", name[i]);
        out_sent(o, sent[i]);
        out_up(o);
    }
    out_up(o);
    for (size_t i = 0; i < 3; i++)
        if (sent[i]->block != 0)
            out_line(o, "%-16s gas %llu in block %llu", name[i], (unsigned long long)sent[i]->gas,
                     (unsigned long long)sent[i]->block);
}

static void out_claims(struct cli_out *o, const struct bundle *b)
{
    out_hex(o, "keys_hash", PC_BYTES(b->binding.keys_hash));
    out_hex(o, "measurement", PC_BYTES(b->claims.measurement.b));
    out_hex(o, "platform", PC_BYTES(b->claims.platform.b));
    out_hex(o, "record", PC_BYTES(b->record.b));
}

int node_join(const struct cli_args *a)
{
    static struct bundle b;
    struct cli_net n;
    struct cli_out o;
    struct evm_word bond = {{0}}, place[2];
    struct sent leaf, attested, joined;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !cli_arg_ether(a, "bond", bond.b))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES)
        code = net_signer(&n, 0);
    if (code == PC_CLI_YES && !cli_has(a, "bond")) {
        enum err_code e = net_words(&n, PC_NET_NODE_REGISTRY, "minBond()", NULL, 0, &bond, 1);
        code = e == PC_OK ? PC_CLI_YES : net_unreachable(&n, "smallest bond", e);
    }
    if (code == PC_CLI_YES)
        code = bring_evidence(&n, &b, &leaf, &attested);
    if (code == PC_CLI_YES)
        code = send_join(&n, &b, &bond, &joined);
    if (code == PC_CLI_YES) {
        enum err_code e = net_words(&n, PC_NET_NODE_REGISTRY, "platformOf(bytes32)",
                                    &b.claims.platform, 1, place, 2);
        if (e != PC_OK)
            code = net_unreachable(&n, "number of the node", e);
    }
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_u64(&o, "node_id", word_u64(&place[0]));
        out_hex(&o, "owner", PC_BYTES(b.owner.b));
        out_wei(&o, "bond", &bond);
        out_str(&o, "endpoint", b.endpoint);
        out_claims(&o, &b);
        out_calls(&o, &leaf, &attested, "join", &joined);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}

/* Has the node the keys, measurement and platform of this evidence already? */
static int registered(struct cli_net *n, uint64_t id, const struct bundle *b, bool *is)
{
    struct evm_word arg = evm_word_u64(id), node[NODE_WORDS];
    enum err_code e =
        net_words(n, PC_NET_NODE_REGISTRY, "nodeOf(uint32)", &arg, 1, node, NODE_WORDS);
    if (e != PC_OK)
        return net_unreachable(n, "the node", e);
    *is = memcmp(node[NODE_KEYS_HASH].b, b->binding.keys_hash, 32) == 0 &&
          evm_word_equal(&node[NODE_MEASUREMENT], &b->claims.measurement) &&
          evm_word_equal(&node[NODE_PLATFORM], &b->claims.platform);
    return PC_CLI_YES;
}

static int send_reattest(struct cli_net *n, uint64_t id, const struct bundle *b, struct sent *sent,
                         bool *stale)
{
    static const struct evm_word zero;
    struct evm_word ignored;
    struct call c;
    char error[64];
    call_begin(&c,
               "reattest(uint32,(bytes32,bytes32,address),address,"
               "(uint8,bytes32,bytes32,bytes,bytes32,bytes))",
               6);
    abi_out_u64(&c.w, id);
    write_keys(&c.w, b);
    abi_out_addr(&c.w, b->verifier);
    vendor_claims_write(&c.w, &b->claims);
    call_end(&c);
    int code = net_simulate(n, net_at(n, PC_NET_NODE_REGISTRY), &zero, c.data, error, &ignored);
    /* The node attested by itself since: the record has other claims now. */
    *stale = code == PC_CLI_NO && strcmp(error, "ClaimsMismatch") == 0;
    if (code == PC_CLI_NO && !*stale) /* told by the sending */
        code = net_send(n, "reattest", net_at(n, PC_NET_NODE_REGISTRY), NULL, c.data, true, sent);
    else if (code == PC_CLI_YES)
        code = net_send_contested(n, "reattest", net_at(n, PC_NET_NODE_REGISTRY), c.data, true,
                                  sent, stale);
    if (*stale) {
        memset(sent, 0, sizeof *sent);
        code = PC_CLI_YES;
    }
    call_free(&c);
    return code;
}

/* A node with a relay may do all this by itself while we do: then there is nothing left to do. */
static int reattest(struct cli_net *n, uint64_t id, struct bundle *b, struct sent sent[static 3])
{
    bool is = false, stale = true;
    for (unsigned i = 0; stale && i < BUNDLES; i++) {
        memset(&sent[2], 0, sizeof sent[2]);
        int code = bring_evidence(n, b, &sent[0], &sent[1]);
        if (code == PC_CLI_YES)
            code = registered(n, id, b, &is);
        if (code != PC_CLI_YES || is)
            return code;
        code = send_reattest(n, id, b, &sent[2], &stale);
        if (code != PC_CLI_YES)
            return code;
    }
    return stale ? cli_fail(PC_CLI_RETRY, "the node attests itself faster than this", "reattest",
                            "try again")
                 : PC_CLI_YES;
}

int node_reattest(const struct cli_args *a)
{
    static struct bundle b;
    struct cli_net n;
    struct cli_out o;
    struct sent sent[3];
    uint64_t id = 0;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !cli_arg_u64(a, "id", UINT32_MAX, &id))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES)
        code = net_signer(&n, 0);
    if (code == PC_CLI_YES)
        code = reattest(&n, id, &b, sent);
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_u64(&o, "node_id", id);
        out_claims(&o, &b);
        out_calls(&o, &sent[0], &sent[1], "reattest", &sent[2]);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}
