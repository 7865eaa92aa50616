/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gov_propose.c - proposals: the named actions and their calldata.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "chain/view.h"
#include "client/cli/gov.h"
#include "client/cli/vendor.h"
#include "crypto/ids.h"

#define DEVELOPMENT_CHAIN 31337u

const struct cli_option gov_propose_options[] = {
    {"action", "NAME", "one of the list in docs/CLI.md", false, 1},
    {"to", "ADDRESS", "another action: the contract that is called", false, 1},
    {"data", "HEX", "and its calldata", false, 1},
    {"description", "TEXT", "what and why; part of the proposal's id", true, 1},
    {"measurement", "HEX", "of measurement-*", false, 1},
    {"vendor", "NAME", "of measurement-add, tcb-vendor, tcb-veto, verifier-propose; default tdx",
     false, 1},
    {"source", "HEX", "SHA-256 of the source archive, of measurement-add", false, 1},
    {"build", "HEX", "SHA-256 of the build's outputs, of measurement-add", false, 1},
    {"active-in", "S", "measurement-add: seconds from now; default vote, notice and some air",
     false, 1},
    {"in", "S", "measurement-sunset, tcb-veto: seconds from now", false, 1},
    {"id", "ID", "object of revoke (with --kind)", false, 1},
    {"kind", "KIND", "measurement, product, vendor, platform, node or verifier", false, 1},
    {"number", "N", "size, evaluation number, seconds, protocol or threshold", false, 1},
    {"statuses", "MASK", "tcb-vendor: bit (1 << status) = accepted", false, 1},
    {"product", "PRODUCT", "tcb-min: 16 digits for TDX, snp:Genoa", false, 1},
    {"min-tcb", "HEX", "tcb-min: 52 bytes, SNP 56; empty = none", false, 1},
    {"address", "ADDRESS", "verifier-*: the contract; council-set: a member", false, 32},
};
const size_t gov_propose_options_n = PC_ARRAY_LEN(gov_propose_options);

/* ---- lists of actions */

bool gov_actions_add(struct gov_actions *a, const struct evm_address *to,
                     const struct evm_word *value, struct bytes data)
{
    if (a->n == PC_GOV_ACTIONS || data.n > sizeof a->room - a->used)
        return false;
    if (data.n != 0)
        memcpy(a->room + a->used, data.p, data.n);
    a->to[a->n] = *to;
    a->value[a->n] = *value;
    a->data[a->n++] = bytes_of(a->room + a->used, data.n);
    a->used += data.n;
    return true;
}

void gov_actions_write(struct abi_out *w, const struct gov_actions *a)
{
    struct evm_word word[PC_GOV_ACTIONS];
    for (size_t i = 0; i < a->n; i++)
        word[i] = evm_word_addr(&a->to[i]);
    abi_out_array(w, bytes_of(word, 32 * a->n), a->n);
    abi_out_array(w, bytes_of(a->value, 32 * a->n), a->n);
    struct abi_out list = abi_out_tuples(w, a->n);
    for (size_t i = 0; i < a->n; i++)
        abi_out_bytes(&list, a->data[i]);
    abi_out_join(w, &list);
}

struct evm_word gov_description_hash(const struct gov_actions *a)
{
    struct evm_word h;
    evm_keccak(&h, bytes_of(a->text, a->text_n));
    return h;
}

/* ---- named actions: each fills `c` and names its contract */

typedef bool (*maker)(struct call *c, enum network_contract *at, struct cli_net *n);

static bool missing(const char *option)
{
    return cli_fail(PC_CLI_USAGE, "an option is missing", option, "this action needs it") ==
           PC_CLI_YES;
}

static bool need_hex(struct cli_net *n, const char *name, uint8_t *out, size_t len)
{
    return cli_has(n->args, name) ? cli_arg_hex(n->args, name, out, len) : missing(name);
}

static bool need_number(struct cli_net *n, const char *name, uint64_t max, uint64_t *out)
{
    return cli_has(n->args, name) ? cli_arg_u64(n->args, name, max, out) : missing(name);
}

/* now + --name; `least` seconds when it is not given. */
static bool moment(struct cli_net *n, const char *name, uint64_t least, uint64_t *out)
{
    uint64_t now, after = least;
    if (!cli_arg_u64(n->args, name, 315360000, &after))
        return false;
    enum err_code e = net_time(n, &now);
    *out = now + after;
    return e == PC_OK || net_unreachable(n, "the chain's time", e) == PC_CLI_YES;
}

/* How long until a proposal made now can have been executed, with some air. */
static bool longest_way(struct cli_net *n, uint64_t *out)
{
    uint64_t delay, period, more, notice;
    enum err_code e = net_u64(n, PC_NET_GOVERNOR, "votingDelay()", NULL, 0, &delay);
    if (e == PC_OK)
        e = net_u64(n, PC_NET_GOVERNOR, "votingPeriod()", NULL, 0, &period);
    if (e == PC_OK)
        e = net_u64(n, PC_NET_GOVERNOR, "lateQuorumVoteExtension()", NULL, 0, &more);
    if (e == PC_OK)
        e = net_u64(n, PC_NET_TIMELOCK, "getMinDelay()", NULL, 0, &notice);
    if (e != PC_OK)
        return net_unreachable(n, "governance periods", e) == PC_CLI_YES;
    *out = delay + period + more + notice + (n->net.chain_id == DEVELOPMENT_CHAIN ? 30 : 86400);
    return true;
}

static bool measurement_add(struct call *c, enum network_contract *at, struct cli_net *n)
{
    uint8_t m[32], source[32], build[32];
    uint64_t way = 0, from = 0;
    enum vendor vendor = vendor_arg(n->args);
    if (vendor == 0 || !need_hex(n, "measurement", m, 32) || !gov_digests(n, m, source, build) ||
        !longest_way(n, &way) || !moment(n, "active-in", way, &from))
        return false;
    *at = PC_NET_MEASUREMENTS;
    call_begin(c, "add((bytes32,uint8,bytes32,bytes32),uint40)", 5);
    abi_out_fixed(&c->w, m, 32);
    abi_out_u64(&c->w, vendor);
    abi_out_fixed(&c->w, source, 32);
    abi_out_fixed(&c->w, build, 32);
    abi_out_u64(&c->w, from);
    return true;
}

static bool measurement_sunset(struct call *c, enum network_contract *at, struct cli_net *n)
{
    uint8_t m[32];
    uint64_t end;
    if (!need_hex(n, "measurement", m, 32) || !cli_has(n->args, "in"))
        return cli_has(n->args, "in") ? false : missing("in");
    if (!moment(n, "in", 0, &end))
        return false;
    *at = PC_NET_MEASUREMENTS;
    call_begin(c, "sunset(bytes32,uint40)", 2);
    abi_out_fixed(&c->w, m, 32);
    abi_out_u64(&c->w, end);
    return true;
}

static bool revoke(struct call *c, enum network_contract *at, struct cli_net *n)
{
    uint8_t kind;
    struct evm_word id;
    if (!gov_object(n->args, &kind, &id))
        return false;
    *at = kind == PC_OBJECT_MEASUREMENT ? PC_NET_MEASUREMENTS
          : kind == PC_OBJECT_NODE      ? PC_NET_NODE_REGISTRY
          : kind == PC_OBJECT_VERIFIER  ? PC_NET_VERIFIER_ROUTER
                                        : PC_NET_TCB_POLICY;
    call_begin(c, "revoke(uint8,bytes32)", 2);
    abi_out_u64(&c->w, kind);
    abi_out_word(&c->w, &id);
    return true;
}

static bool tcb_vendor(struct call *c, enum network_contract *at, struct cli_net *n)
{
    uint64_t statuses, least = 0, until = 0;
    enum vendor vendor = vendor_arg(n->args);
    if (vendor == 0 || !need_number(n, "statuses", UINT16_MAX, &statuses) ||
        !cli_arg_u64(n->args, "number", UINT32_MAX, &least) ||
        (cli_has(n->args, "in") && !moment(n, "in", 0, &until)))
        return false;
    *at = PC_NET_TCB_POLICY;
    call_begin(c, "setVendor(uint8,uint16,uint40,uint32)", 4);
    abi_out_u64(&c->w, vendor);
    abi_out_u64(&c->w, statuses);
    abi_out_u64(&c->w, until);
    abi_out_u64(&c->w, least);
    return true;
}

static bool tcb_min(struct call *c, enum network_contract *at, struct cli_net *n)
{
    uint8_t raw[PC_RAW_TCB_SNP];
    const char *text = cli_arg(n->args, "product"), *rest;
    struct vendor_product p;
    bool none = cli_has(n->args, "min-tcb") && cli_arg(n->args, "min-tcb")[0] == '\0';
    if (text == NULL)
        return missing("product");
    if (!vendor_product_of(&p, text, &rest) || rest[0] != '\0' || raw_tcb_len(p.vendor) == 0)
        return cli_fail(PC_CLI_USAGE, "--product", text, PC_CLI_PRODUCT_WANT) == PC_CLI_YES;
    size_t len = none ? 0 : raw_tcb_len(p.vendor);
    if (!none && !need_hex(n, "min-tcb", raw, len))
        return false;
    *at = PC_NET_TCB_POLICY;
    call_begin(c, "setMinTcb(uint8,bytes32,bytes)", 3);
    abi_out_u64(&c->w, p.vendor);
    abi_out_word(&c->w, &p.product);
    abi_out_bytes(&c->w, bytes_of(raw, len));
    return true;
}

static bool tcb_veto(struct call *c, enum network_contract *at, struct cli_net *n)
{
    uint64_t number, until;
    enum vendor vendor = vendor_arg(n->args);
    if (vendor == 0 || !need_number(n, "number", UINT32_MAX, &number))
        return false;
    if (!cli_has(n->args, "in"))
        return missing("in");
    if (!moment(n, "in", 0, &until))
        return false;
    *at = PC_NET_TCB_POLICY;
    call_begin(c, "veto(uint8,uint32,uint40)", 3);
    abi_out_u64(&c->w, vendor);
    abi_out_u64(&c->w, number);
    abi_out_u64(&c->w, until);
    return true;
}

static bool one_number(struct call *c, enum network_contract *at, struct cli_net *n,
                       enum network_contract contract, const char *sig, uint64_t max)
{
    uint64_t v;
    if (!need_number(n, "number", max, &v))
        return false;
    *at = contract;
    call_begin(c, sig, 1);
    abi_out_u64(&c->w, v);
    return true;
}

static bool tcb_grace(struct call *c, enum network_contract *at, struct cli_net *n)
{
    return one_number(c, at, n, PC_NET_TCB_POLICY, "setGrace(uint40)", 315360000);
}

static bool target(struct call *c, enum network_contract *at, struct cli_net *n)
{
    return one_number(c, at, n, PC_NET_EPOCHS, "target(uint16)", 256);
}

static bool protocol(struct call *c, enum network_contract *at, struct cli_net *n)
{
    return one_number(c, at, n, PC_NET_EPOCHS, "setProtocol(uint32)", UINT32_MAX);
}

static bool demand(struct call *c, enum network_contract *at, struct cli_net *n)
{
    (void)n;
    *at = PC_NET_EPOCHS;
    call_begin(c, "demand()", 0);
    return true;
}

static bool verifier_call(struct call *c, enum network_contract *at, struct cli_net *n, bool new)
{
    struct evm_address v;
    enum vendor vendor = vendor_arg(n->args);
    if (vendor == 0 || !need_hex(n, "address", v.b, 20))
        return false;
    *at = PC_NET_VERIFIER_ROUTER;
    call_begin(c, new ? "propose(uint8,address)" : "retire(address)", new ? 2 : 1);
    if (new)
        abi_out_u64(&c->w, vendor);
    abi_out_addr(&c->w, &v);
    return true;
}

static bool verifier_propose(struct call *c, enum network_contract *at, struct cli_net *n)
{
    return verifier_call(c, at, n, true);
}

static bool verifier_retire(struct call *c, enum network_contract *at, struct cli_net *n)
{
    return verifier_call(c, at, n, false);
}

static int by_address(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct evm_word));
}

static bool council_set(struct call *c, enum network_contract *at, struct cli_net *n)
{
    struct evm_word member[32] = {0};
    size_t count = cli_count(n->args, "address");
    uint64_t threshold;
    if (count == 0)
        return missing("address");
    for (size_t i = 0; i < count; i++)
        if (!cli_hex_at(n->args, "address", i, member[i].b + 12, 20))
            return false;
    if (!need_number(n, "number", count, &threshold))
        return false;
    qsort(member, count, sizeof member[0], by_address); /* the contract wants them ascending */
    *at = PC_NET_GUARDIAN_COUNCIL;
    call_begin(c, "setMembers(address[],uint256)", 2);
    abi_out_array(&c->w, bytes_of(member, 32 * count), count);
    abi_out_u64(&c->w, threshold);
    return true;
}

static const struct {
    const char *name;
    maker make;
} actions[] = {
    {"measurement-add", measurement_add},
    {"measurement-sunset", measurement_sunset},
    {"revoke", revoke},
    {"tcb-vendor", tcb_vendor},
    {"tcb-min", tcb_min},
    {"tcb-veto", tcb_veto},
    {"tcb-grace", tcb_grace},
    {"target", target},
    {"protocol", protocol},
    {"demand", demand},
    {"verifier-propose", verifier_propose},
    {"verifier-retire", verifier_retire},
    {"council-set", council_set},
};

static int named(struct gov_actions *a, struct cli_net *n, const char *name)
{
    static const struct evm_word zero;
    enum network_contract at;
    struct call c;
    size_t i = 0;
    while (i < PC_ARRAY_LEN(actions) && strcmp(actions[i].name, name) != 0)
        i++;
    if (i == PC_ARRAY_LEN(actions)) {
        for (size_t k = 0; k < PC_ARRAY_LEN(actions); k++)
            (void)fprintf(stderr, "  %s\n", actions[k].name);
        return cli_fail(PC_CLI_USAGE, "no such action", name, "these there are (above)");
    }
    if (!actions[i].make(&c, &at, n))
        return PC_CLI_USAGE;
    call_end(&c);
    bool ok = gov_actions_add(a, net_at(n, at), &zero, c.data);
    call_free(&c);
    return ok ? PC_CLI_YES : cli_fail(PC_CLI_USAGE, "too large", name, "split it");
}

static int bare(struct gov_actions *a, struct cli_net *n)
{
    static const struct evm_word zero;
    static uint8_t data[32768];
    struct evm_address to;
    const char *hex = cli_arg(n->args, "data");
    if (hex == NULL)
        return missing("data") ? PC_CLI_YES : PC_CLI_USAGE;
    size_t digits = strlen(hex), skip = strncmp(hex, "0x", 2) == 0 ? 2 : 0,
           len = (digits - skip) / 2;
    if (len > sizeof data || hex_decode(data, len, hex, digits) != PC_OK)
        return cli_fail(PC_CLI_USAGE, "--data", "is no calldata in hexadecimal",
                        "at most 32 KiB, two digits a byte");
    if (!cli_arg_hex(n->args, "to", to.b, 20))
        return PC_CLI_USAGE;
    return gov_actions_add(a, &to, &zero, bytes_of(data, len))
               ? PC_CLI_YES
               : cli_fail(PC_CLI_USAGE, "too large", "--data", "split it");
}

int gov_actions_from_options(struct gov_actions *a, struct cli_net *n)
{
    const char *text = cli_arg(n->args, "description"), *action = cli_arg(n->args, "action");
    memset(a, 0, sizeof *a);
    if (strlen(text) > PC_GOV_TEXT)
        return cli_fail(PC_CLI_USAGE, "too long", "--description", "4,096 bytes at most");
    a->text_n = strlen(text);
    memcpy(a->text, text, a->text_n);
    if ((action != NULL) == cli_has(n->args, "to"))
        return cli_fail(PC_CLI_USAGE, "what is proposed is not clear", "gov propose",
                        "give either --action NAME, or --to and --data");
    return action != NULL ? named(a, n, action) : bare(a, n);
}

int gov_propose(const struct cli_args *args)
{
    static struct gov_actions a;
    static const struct evm_word zero;
    struct cli_net n;
    struct cli_out o;
    struct call c;
    struct sent sent;
    struct evm_word id;
    char error[64];
    int code = net_open(&n, args);
    if (code == PC_CLI_YES)
        code = net_signer(&n, 0);
    if (code == PC_CLI_YES)
        code = gov_actions_from_options(&a, &n);
    if (code == PC_CLI_YES) {
        call_begin(&c, "propose(address[],uint256[],bytes[],string)", 4);
        gov_actions_write(&c.w, &a);
        abi_out_bytes(&c.w, bytes_of(a.text, a.text_n));
        call_end(&c);
        /* The simulation returns the id; a revert is told by the sending below. */
        code = net_simulate(&n, net_at(&n, PC_NET_GOVERNOR), &zero, c.data, error, &id);
        if (code != PC_CLI_RETRY)
            code = net_send(&n, "propose", net_at(&n, PC_NET_GOVERNOR), NULL, c.data, true, &sent);
        call_free(&c);
    }
    if (code == PC_CLI_YES) {
        out_begin(&o, args);
        out_hex(&o, "proposal", PC_BYTES(id.b));
        out_hex(&o, "to", PC_BYTES(a.to[0].b));
        out_sent(&o, &sent);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}
