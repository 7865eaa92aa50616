/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tx.c - a call from its simulation to its finality.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/hex.h"
#include "chain/contract_errors.h"
#include "chain/header_json.h"
#include "chain/tx.h"
#include "client/cli/net.h"
#include "client/lib/relay_link.h"
#include "crypto/evmtx.h"

#define POLL_MS 300u

struct simulation {
    bool reverts, broke;
    uint8_t revert[PC_JSONRPC_REVERT];
    size_t revert_len;
    char text[PC_JSONRPC_TEXT];
    struct evm_word result; /* first word of what it returns */
    uint64_t gas;
};

static void put_call(struct jsonrpc_request *r, const struct cli_net *n, const char *method,
                     const struct evm_address *to, const struct evm_word *value, struct bytes data)
{
    static const char hex[] = "0123456789abcdef";
    char quantity[67] = "0x";
    size_t q = 2;
    for (size_t i = 0; i < 64; i++) {
        unsigned d = i % 2 == 0 ? value->b[i / 2] >> 4 : value->b[i / 2] & 15;
        if (d != 0 || q > 2 || i == 63)
            quantity[q++] = hex[d];
    }
    quantity[q] = '\0';
    jsonrpc_call(r, method);
    json_out_object(&r->o, NULL);
    json_out_hex(&r->o, "from", bytes_of(n->chain.payer.b, 20));
    json_out_hex(&r->o, "to", bytes_of(to->b, 20));
    json_out_str(&r->o, "value", quantity);
    json_out_hex(&r->o, "data", data);
    json_out_end(&r->o);
    json_out_str(&r->o, NULL, "latest");
    jsonrpc_call_end(r);
}

static enum err_code take_simulation(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    struct simulation *s = ctx;
    uint8_t data[4096];
    size_t n;
    (void)who;
    memset(s, 0, sizeof *s);
    for (unsigned i = 0; i < 2; i++) {
        const struct jsonrpc_result *r = &a->at[i];
        if (r->class == PC_RPC_RESULT)
            continue;
        if (r->class != PC_RPC_REVERT && r->class != PC_RPC_FUNDS)
            return PC_E_IO;
        s->reverts = r->class == PC_RPC_REVERT;
        s->broke = !s->reverts;
        s->revert_len = r->revert_len;
        memcpy(s->revert, r->revert, sizeof s->revert);
        memcpy(s->text, r->text, sizeof s->text);
        return PC_OK;
    }
    if (rpc_data(&a->at[0].value, NULL, data, sizeof data, &n) == PC_OK && n >= 32)
        s->result = evm_word_of(data);
    return json_get_quantity(&a->at[1].value, NULL, &s->gas);
}

static enum err_code simulate(struct cli_net *n, struct simulation *out,
                              const struct evm_address *to, const struct evm_word *value,
                              struct bytes data)
{
    size_t cap = 4 * data.n + 4096;
    char *buf = malloc(cap);
    struct jsonrpc_request r;
    struct bytes body;
    memset(out, 0, sizeof *out);
    if (buf == NULL)
        return PC_E_MEMORY;
    net_now(n);
    jsonrpc_begin(&r, buf, cap, endpoints_next_id(n->endpoints), true);
    put_call(&r, n, "eth_call", to, value, data);
    put_call(&r, n, "eth_estimateGas", to, value, data);
    enum err_code e = jsonrpc_finish(&r, &body);
    if (e == PC_OK)
        e = endpoints_ask(n->endpoints, n->chain.now_ms, 0, &r, body, 256u << 10, take_simulation,
                          out);
    free(buf);
    return e;
}

/* Errors of the governance contracts that are not written here. */
static const char *const foreign_errors[] = {
    "GovernorUnexpectedProposalState(uint256,uint8,bytes32)",
    "GovernorInsufficientProposerVotes(address,uint256,uint256)",
    "GovernorAlreadyCastVote(address)",
    "GovernorNonexistentProposal(uint256)",
    "GovernorInvalidVoteType()",
    "GovernorNotQueuedProposal(uint256)",
    "GovernorAlreadyQueuedProposal(uint256)",
    "GovernorUnableToCancel(uint256,address)",
    "TimelockUnexpectedOperationState(bytes32,bytes32)",
    "TimelockInsufficientDelay(uint256,uint256)",
    "FailedCall()",
};

static void error_name(char out[static 64], struct bytes data)
{
    (void)snprintf(out, 64, "%s", contract_error_name(data));
    for (size_t i = 0; data.n >= 4 && i < PC_ARRAY_LEN(foreign_errors); i++) {
        struct abi_selector s = abi_selector(foreign_errors[i]);
        if (memcmp(s.b, data.p, 4) == 0)
            (void)snprintf(out, 64, "%.*s", (int)strcspn(foreign_errors[i], "("),
                           foreign_errors[i]);
    }
}

/* What a revert says: the error's name, then its arguments as far as they were kept. */
static void revert_text(char out[static 256], const struct simulation *s)
{
    struct bytes data = bytes_of(s->revert, s->revert_len);
    char hex[2 * PC_JSONRPC_REVERT + 1] = "", name[64];
    error_name(name, data);
    if (data.n > 4)
        hex_encode(hex, bytes_of(data.p + 4, data.n - 4));
    bool known = strcmp(name, "unknown_error") != 0 && strcmp(name, "reverted") != 0;
    (void)snprintf(out, 256, "%s%s%s%s", name, hex[0] != '\0' ? "(0x" : "", hex,
                   hex[0] != '\0' ? ")" : "");
    if (!known)
        (void)snprintf(out, 256, "%s: %.200s", name, s->text);
}

int net_simulate(struct cli_net *n, const struct evm_address *to, const struct evm_word *value,
                 struct bytes data, char error[static 64], struct evm_word *result)
{
    struct simulation s;
    memset(result, 0, sizeof *result);
    error[0] = '\0';
    enum err_code e = simulate(n, &s, to, value, data);
    if (e != PC_OK)
        return net_unreachable(n, "a simulation", e);
    *result = s.result;
    if (!s.reverts && !s.broke)
        return PC_CLI_YES;
    if (s.broke)
        (void)snprintf(error, 64, "funds");
    else
        error_name(error, bytes_of(s.revert, s.revert_len));
    return PC_CLI_NO;
}

/* ---- waiting */

/* *overtaken, if the caller asks for it, instead of a message: the chain changed between the
 * simulation and the block. */
static int wait_mined(struct cli_net *n, const char *what, struct sent *out, bool *overtaken)
{
    uint64_t start = net_ms(), end = start + n->wait_s * 1000;
    struct relay_receipt r;
    size_t which;
    char text[160];
    for (;;) {
        net_now(n);
        enum err_code e = relay_chain_receipt(&n->chain, &r, &which, &out->hash, 1);
        if (e == PC_OK && r.mined) {
            out->block = r.block;
            out->gas = r.gas_used;
            net_progress_end(n);
            if (r.success)
                return PC_CLI_YES;
            if (overtaken != NULL) {
                *overtaken = true;
                return PC_CLI_RETRY;
            }
            return cli_fail(PC_CLI_NO, "the transaction was mined and failed", what,
                            "the chain changed between simulation and block: try again");
        }
        if (net_ms() >= end) {
            char hex[65];
            net_progress_end(n);
            hex_encode(hex, PC_BYTES(out->hash.b));
            (void)snprintf(text, sizeof text, "0x%s may still be mined; look before you repeat it",
                           hex);
            return cli_fail(PC_CLI_RETRY, "not mined in time", what, text);
        }
        net_progress(n, "%s: waiting for a block, %llu s, at most %llu s", what,
                     (unsigned long long)((net_ms() - start) / 1000),
                     (unsigned long long)n->wait_s);
        net_sleep(POLL_MS);
    }
}

int net_final(struct cli_net *n, uint64_t block)
{
    uint64_t start = net_ms(), end = start + n->wait_s * 1000;
    struct head_claim head = {0};
    for (;;) {
        net_now(n);
        enum err_code e = endpoints_head(n->endpoints, n->chain.now_ms, &head);
        if (e == PC_OK && head.number >= block) {
            net_progress_end(n);
            return PC_CLI_YES;
        }
        if (net_ms() >= end) {
            net_progress_end(n);
            char text[96];
            (void)snprintf(text, sizeof text, "it is mined in block %llu; finalized is %llu",
                           (unsigned long long)block, (unsigned long long)head.number);
            return cli_fail(PC_CLI_RETRY, "not final in time", text,
                            e == PC_OK ? "wait longer with --wait" : pc_err_text(e));
        }
        net_progress(n, "block %llu is final when the head is there: %llu now, %llu s",
                     (unsigned long long)block, (unsigned long long)head.number,
                     (unsigned long long)((net_ms() - start) / 1000));
        net_sleep(POLL_MS);
    }
}

/* ---- sending */

static int by_relay(struct cli_net *n, const char *what, const struct evm_address *to,
                    struct bytes data, struct sent *out)
{
    const char *path = cli_arg(n->args, "relay");
    struct relay_relay_call m = {.data = data};
    struct relay_reply r;
    struct relay_link *l;
    memcpy(m.to, to->b, 20);
    enum err_code e = relay_link_open(&l, path);
    if (e == PC_OK)
        e = relay_link_call(l, &r, &m, (unsigned)(n->wait_s * 1000));
    relay_link_close(l);
    if (e != PC_OK)
        return cli_fail(PC_CLI_RETRY, "the relay gave no answer", path, pc_err_text(e));
    memcpy(out->hash.b, r.tx_hash, 32);
    out->block = r.block;
    out->gas = r.gas_used;
    out->nothing_to_do = r.outcome == RELAY_OUTCOME_KNOWN;
    if (r.outcome == RELAY_OUTCOME_MINED || r.outcome == RELAY_OUTCOME_KNOWN)
        return PC_CLI_YES;
    bool no = r.outcome == RELAY_OUTCOME_REVERTS || r.outcome == RELAY_OUTCOME_REFUSED;
    return cli_fail(no ? PC_CLI_NO : PC_CLI_RETRY, "the relay did not send it", what, r.text);
}

static enum err_code sign(struct cli_net *n, const struct tx1559 *t, struct bytes *raw,
                          struct evm_word *hash, uint8_t *buf, size_t cap)
{
    struct bytes unsigned_tx;
    struct evm_sig sig;
    struct tx_signature s;
    PC_TRY(tx_unsigned(&unsigned_tx, buf, cap, t));
    PC_TRY(evm_sign_transaction(&sig, n->sk, unsigned_tx, rng_system()));
    memcpy(s.r.b, sig.b, 32);
    memcpy(s.s.b, sig.b + 32, 32);
    s.y_parity = (uint8_t)(sig.b[64] - 27);
    return tx_encode(raw, hash, buf, cap, t, &s);
}

static int sign_and_send(struct cli_net *n, const char *what, const struct evm_address *to,
                         const struct evm_word *value, struct bytes data, uint64_t gas,
                         struct sent *out)
{
    struct relay_account account;
    struct bytes raw;
    char text[PC_JSONRPC_TEXT] = "";
    size_t cap = data.n + PC_TX_OVERHEAD;
    net_now(n);
    enum err_code e = relay_chain_account(&n->chain, &account);
    if (e != PC_OK)
        return net_unreachable(n, what, e);
    struct tx1559 t = {.chain_id = n->net.chain_id,
                       .nonce = account.nonce,
                       .max_priority_fee = account.tip,
                       .max_fee = 2 * account.base_fee + account.tip,
                       .gas = gas + gas / 4 + 10000,
                       .to = *to,
                       .value = *value,
                       .data = data};
    if (t.gas > PC_TX_GAS_MAX)
        t.gas = PC_TX_GAS_MAX;
    uint8_t *buf = malloc(cap);
    e = buf != NULL ? sign(n, &t, &raw, &out->hash, buf, cap) : PC_E_MEMORY;
    if (e == PC_OK) {
        net_now(n);
        e = relay_chain_send(&n->chain, raw, text);
    }
    free(buf);
    if (e == PC_OK)
        return PC_CLI_YES;
    if (e == PC_E_EXISTS)
        return cli_fail(PC_CLI_RETRY, "another transaction of this account is under way", what,
                        "wait for it and try again");
    if (e == PC_E_REFUSED)
        return cli_fail(PC_CLI_NO, "the chain will not take it", what, text);
    return net_unreachable(n, what, e);
}

static int send_call(struct cli_net *n, const char *what, const struct evm_address *to,
                     const struct evm_word *value, struct bytes data, bool final, struct sent *out,
                     bool *overtaken)
{
    static const struct evm_word zero;
    struct simulation s;
    char text[256];
    int code;
    memset(out, 0, sizeof *out);
    if (value == NULL)
        value = &zero;
    if (cli_has(n->args, "relay") && !cli_has(n->args, "key")) {
        if (!evm_word_is_zero(value))
            return cli_fail(PC_CLI_USAGE, "the relay pays no value", what, "sign with --key");
        code = by_relay(n, what, to, data, out);
    } else {
        enum err_code e = simulate(n, &s, to, value, data);
        if (e != PC_OK)
            return net_unreachable(n, what, e);
        if (s.reverts && overtaken != NULL) {
            *overtaken = true;
            return PC_CLI_RETRY;
        }
        if (s.reverts || s.broke) {
            revert_text(text, &s);
            return cli_fail(PC_CLI_NO, s.broke ? "the signer cannot pay" : "the chain refuses it",
                            what, s.broke ? s.text : text);
        }
        code = sign_and_send(n, what, to, value, data, s.gas, out);
        if (code == PC_CLI_YES)
            code = wait_mined(n, what, out, overtaken);
    }
    if (code == PC_CLI_YES && final && out->block != 0)
        code = net_final(n, out->block);
    return code;
}

int net_send(struct cli_net *n, const char *what, const struct evm_address *to,
             const struct evm_word *value, struct bytes data, bool final, struct sent *out)
{
    return send_call(n, what, to, value, data, final, out, NULL);
}

int net_send_contested(struct cli_net *n, const char *what, const struct evm_address *to,
                       struct bytes data, bool final, struct sent *out, bool *overtaken)
{
    *overtaken = false;
    return send_call(n, what, to, NULL, data, final, out, overtaken);
}

void out_sent(struct cli_out *o, const struct sent *s)
{
    if (s->nothing_to_do && evm_word_is_zero(&s->hash)) {
        out_str(o, "transaction", "none: nothing to do");
        return;
    }
    out_hex(o, "transaction", PC_BYTES(s->hash.b));
    out_u64(o, "block", s->block);
    out_u64(o, "gas", s->gas);
}
