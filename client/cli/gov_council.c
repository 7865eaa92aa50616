/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gov_council.c - what is not voted by the Governor: the council's freeze, its ratification, and
 * the deployer's seal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "chain/view.h"
#include "client/cli/gov.h"
#include "client/cli/vendor.h"
#include "crypto/ids.h"

#define DEVELOPMENT_CHAIN 31337u

static const struct {
    const char *name;
    uint8_t kind;
    size_t bytes; /* of the id in hexadecimal; 0: a number or name */
} kinds[] = {
    {"vendor", PC_OBJECT_VENDOR, 0},
    {"product", PC_OBJECT_PRODUCT, 0},
    {"platform", PC_OBJECT_PLATFORM, 32},
    {"serial", PC_OBJECT_SERIAL, 32},
    {"measurement", PC_OBJECT_MEASUREMENT, 32},
    {"node", PC_OBJECT_NODE, 0},
    {"verifier", PC_OBJECT_VERIFIER, 20},
};

static bool bad_id(const char *id, const char *want)
{
    return cli_fail(PC_CLI_USAGE, "--id", id, want) == PC_CLI_YES;
}

bool gov_object(const struct cli_args *a, uint8_t *kind, struct evm_word *id)
{
    const char *name = cli_arg(a, "kind"), *text = cli_arg(a, "id");
    uint64_t number = 0;
    size_t i = 0;
    memset(id, 0, sizeof *id);
    if (name == NULL || text == NULL)
        return cli_fail(PC_CLI_USAGE, "which object is not clear", a->verb->name,
                        "give --kind and --id") == PC_CLI_YES;
    while (i < PC_ARRAY_LEN(kinds) && strcmp(kinds[i].name, name) != 0)
        i++;
    if (i == PC_ARRAY_LEN(kinds))
        return cli_fail(PC_CLI_USAGE, "--kind", name,
                        "measurement, product, vendor, platform, serial, node or verifier") ==
               PC_CLI_YES;
    *kind = kinds[i].kind;
    if (*kind == PC_OBJECT_VENDOR) {
        enum vendor v = vendor_named(text, strlen(text));
        *id = evm_word_u64(v);
        return v != 0 || bad_id(text, PC_CLI_VENDOR_WANT);
    }
    if (*kind == PC_OBJECT_NODE) {
        if (!cli_arg_u64(a, "id", UINT32_MAX, &number))
            return false;
        *id = evm_word_u64(number);
        return true;
    }
    if (*kind == PC_OBJECT_PRODUCT) {
        struct vendor_product p;
        const char *rest;
        if (!vendor_product_of(&p, text, &rest) || rest[0] != '\0')
            return bad_id(text, PC_CLI_PRODUCT_WANT);
        *id = object_product_id((uint8_t)p.vendor, &p.product);
        return true;
    }
    /* An address stands right in its word, everything else left. */
    uint8_t *at = *kind == PC_OBJECT_VERIFIER ? id->b + 12 : id->b;
    if (hex_decode(at, kinds[i].bytes, text, strlen(text)) != PC_OK)
        return bad_id(text,
                      *kind == PC_OBJECT_VERIFIER ? "want an address" : "want 0x and 64 digits");
    return true;
}

/* ---- freeze */

/* Each member approves; the m-th approval freezes. */
static int approve(struct cli_net *n, const struct call *c, struct sent *sent)
{
    size_t keys = cli_count(n->args, "key");
    if (keys == 0)
        return net_signer(n, 0); /* says what is missing */
    for (size_t i = 0; i < keys; i++) {
        int code = net_signer(n, i);
        if (code == PC_CLI_YES)
            code = net_send(n, "freeze", net_at(n, PC_NET_GUARDIAN_COUNCIL), NULL, c->data,
                            i + 1 == keys, sent);
        if (code != PC_CLI_YES)
            return code;
    }
    return PC_CLI_YES;
}

int gov_freeze(const struct cli_args *a)
{
    struct cli_net n;
    struct cli_out o;
    struct call c;
    struct sent sent = {0};
    struct evm_word id, object;
    uint64_t seconds = 0, until = 0, now = 0;
    uint8_t kind = 0;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !gov_object(a, &kind, &id))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        enum err_code e =
            net_u64(&n, PC_NET_GUARDIAN_COUNCIL, "longestFreezeSeconds()", NULL, 0, &seconds);
        if (e != PC_OK)
            code = net_unreachable(&n, "longest freeze", e);
    }
    if (code == PC_CLI_YES && !cli_arg_u64(a, "for", seconds, &seconds))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES) {
        call_begin(&c, "freeze(uint8,bytes32,uint40)", 3);
        abi_out_u64(&c.w, kind);
        abi_out_word(&c.w, &id);
        abi_out_u64(&c.w, seconds);
        call_end(&c);
        code = approve(&n, &c, &sent);
        call_free(&c);
    }
    if (code == PC_CLI_YES) {
        object = object_name((enum object_kind)kind, &id);
        enum err_code e = net_time(&n, &now);
        if (e == PC_OK)
            e = net_u64(&n, PC_NET_GUARDIAN_COUNCIL, "frozenUntil(bytes32)", &object, 1, &until);
        if (e != PC_OK)
            code = net_unreachable(&n, "end of the freeze", e);
    }
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_hex(&o, "object", PC_BYTES(object.b));
        out_bool(&o, "frozen", until >= now);
        if (until >= now)
            out_time(&o, "frozen_until", until);
        else
            out_line(&o, "%s", "approved; other council members must approve the same");
        out_sent(&o, &sent);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}

int gov_ratify(const struct cli_args *a)
{
    static const struct evm_word zero;
    struct cli_net n;
    struct cli_out o;
    struct call c;
    struct sent sent;
    struct evm_word id, proposal;
    char error[64];
    uint8_t kind;
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && !gov_object(a, &kind, &id))
        code = PC_CLI_USAGE;
    if (code == PC_CLI_YES)
        code = net_signer(&n, 0);
    if (code == PC_CLI_YES) {
        call_begin(&c, "ratify(uint8,bytes32)", 2);
        abi_out_u64(&c.w, kind);
        abi_out_word(&c.w, &id);
        call_end(&c);
        code = net_simulate(&n, net_at(&n, PC_NET_RATIFIER), &zero, c.data, error, &proposal);
        if (code != PC_CLI_RETRY)
            code = net_send(&n, "ratify", net_at(&n, PC_NET_RATIFIER), NULL, c.data, true, &sent);
        call_free(&c);
    }
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_hex(&o, "proposal", PC_BYTES(proposal.b));
        out_line(&o, "vote with: polyclave gov vote --ratifier --proposal ID --support for");
        out_sent(&o, &sent);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}

/* ---- seal */

bool gov_digests(struct cli_net *n, const uint8_t measurement[static 32], uint8_t source[static 32],
                 uint8_t build[static 32])
{
    const struct cli_args *a = n->args;
    memcpy(source, measurement, 32);
    memcpy(build, measurement, 32);
    if (n->net.chain_id != DEVELOPMENT_CHAIN && (!cli_has(a, "source") || !cli_has(a, "build")))
        return cli_fail(PC_CLI_USAGE, "the digests are missing", a->verb->name,
                        "give --source and --build: auditors rebuild by them") == PC_CLI_YES;
    return cli_arg_hex(a, "source", source, 32) && cli_arg_hex(a, "build", build, 32);
}

/* HEX is of TDX, VENDOR:HEX of another. */
static bool genesis_measurement(struct evm_word out[static 2], const char *text)
{
    size_t n = strcspn(text, ":");
    enum vendor v = text[n] == '\0' ? PC_VENDOR_TDX : vendor_named(text, n);
    const char *hex = text[n] == '\0' ? text : text + n + 1;
    out[1] = evm_word_u64(v);
    return (v != 0 && hex_decode(out[0].b, 32, hex, strlen(hex)) == PC_OK) ||
           cli_fail(PC_CLI_USAGE, "--measurement", text,
                    "want 0x and 64 digits; of SNP and Nitro with snp: or nitro: in front") ==
               PC_CLI_YES;
}

int gov_seal(const struct cli_args *a)
{
    struct cli_net n;
    struct cli_out o;
    struct call c;
    struct sent sent;
    struct evm_word entry[64][4] = {0};
    size_t count = cli_count(a, "measurement");
    int code = net_open(&n, a);
    if (code == PC_CLI_YES && count > PC_ARRAY_LEN(entry))
        code = cli_fail(PC_CLI_USAGE, "too many", "--measurement", "64 at most");
    for (size_t i = 0; code == PC_CLI_YES && i < count; i++) {
        if (!genesis_measurement(entry[i], cli_arg_at(a, "measurement", i)) ||
            !gov_digests(&n, entry[i][0].b, entry[i][2].b, entry[i][3].b))
            code = PC_CLI_USAGE;
    }
    if (code == PC_CLI_YES)
        code = cli_has(a, "key-hex-file") ? net_signer_hex(&n, cli_arg(a, "key-hex-file"))
                                          : net_signer(&n, 0);
    if (code == PC_CLI_YES) {
        call_begin(&c, "seal((bytes32,uint8,bytes32,bytes32)[])", 1);
        abi_out_array(&c.w, bytes_of(entry, 128 * count), count);
        call_end(&c);
        code = net_send(&n, "seal", net_at(&n, PC_NET_MEASUREMENTS), NULL, c.data, true, &sent);
        call_free(&c);
    }
    if (code == PC_CLI_YES) {
        out_begin(&o, a);
        out_u64(&o, "sealed", count);
        out_sent(&o, &sent);
        code = out_end(&o, PC_CLI_YES);
    }
    net_close(&n);
    return code;
}
