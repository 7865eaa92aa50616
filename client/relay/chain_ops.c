/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/chain_ops.h"

#include <stdlib.h>

#include "chain/header_json.h"

#define SMALL_ANSWER (256u << 10)
#define BLOCK_ANSWER (2u << 20)
#define DEFAULT_TIP  1000000000u

static enum err_code ask_but(struct relay_chain *c, uint8_t avoid, struct jsonrpc_request *r,
                             size_t max, endpoints_take take, void *ctx)
{
    struct bytes body;
    PC_TRY(jsonrpc_finish(r, &body));
    return endpoints_ask(c->endpoints, c->now_ms, avoid, r, body, max, take, ctx);
}

static enum err_code ask(struct relay_chain *c, struct jsonrpc_request *r, size_t max,
                         endpoints_take take, void *ctx)
{
    return ask_but(c, 0, r, max, take, ctx);
}

static enum err_code take_id(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    (void)who;
    uint64_t id;
    if (a->at[0].class != PC_RPC_RESULT)
        return PC_E_IO;
    PC_TRY(json_get_quantity(&a->at[0].value, NULL, &id));
    return id == *(const uint64_t *)ctx ? PC_OK : PC_E_USAGE;
}

enum err_code relay_chain_check_id(struct relay_chain *c, uint64_t chain_id)
{
    char buf[256];
    struct jsonrpc_request r;
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(c->endpoints), false);
    jsonrpc_call(&r, "eth_chainId");
    jsonrpc_call_end(&r);
    enum err_code e = ask(c, &r, SMALL_ANSWER, take_id, &chain_id);
    return e == PC_E_USAGE ? PC_E_MISMATCH : e;
}

static enum err_code take_account(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    (void)who;
    struct relay_account *out = ctx;
    for (unsigned i = 0; i < 3; i++)
        if (a->at[i].class != PC_RPC_RESULT)
            return PC_E_IO;
    PC_TRY(json_get_quantity(&a->at[0].value, NULL, &out->nonce));
    PC_TRY(rpc_uint256(&a->at[1].value, NULL, &out->balance));
    PC_TRY(json_get_quantity(&a->at[2].value, "baseFeePerGas", &out->base_fee));
    out->tip = DEFAULT_TIP; /* an endpoint without opinion */
    if (a->at[3].class == PC_RPC_RESULT)
        PC_TRY(json_get_quantity(&a->at[3].value, NULL, &out->tip));
    return PC_OK;
}

enum err_code relay_chain_account(struct relay_chain *c, struct relay_account *out)
{
    char buf[1024];
    struct jsonrpc_request r;
    memset(out, 0, sizeof *out);
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(c->endpoints), true);
    jsonrpc_call(&r, "eth_getTransactionCount");
    json_out_hex(&r.o, NULL, bytes_of(c->payer.b, 20));
    json_out_str(&r.o, NULL, "latest");
    jsonrpc_call_end(&r);
    jsonrpc_call(&r, "eth_getBalance");
    json_out_hex(&r.o, NULL, bytes_of(c->payer.b, 20));
    json_out_str(&r.o, NULL, "latest");
    jsonrpc_call_end(&r);
    jsonrpc_call(&r, "eth_getBlockByNumber");
    json_out_str(&r.o, NULL, "latest");
    json_out_bool(&r.o, NULL, false);
    jsonrpc_call_end(&r);
    jsonrpc_call(&r, "eth_maxPriorityFeePerGas");
    jsonrpc_call_end(&r);
    return ask(c, &r, BLOCK_ANSWER, take_account, out);
}

/* A call object as the second half of a request; needs 2 * data.n + 512 bytes. */
static void put_call(struct jsonrpc_request *r, const struct relay_chain *c, const char *method,
                     const struct evm_address *to, struct bytes data)
{
    jsonrpc_call(r, method);
    json_out_object(&r->o, NULL);
    json_out_hex(&r->o, "from", bytes_of(c->payer.b, 20));
    json_out_hex(&r->o, "to", bytes_of(to->b, 20));
    json_out_hex(&r->o, "data", data);
    json_out_end(&r->o);
    json_out_str(&r->o, NULL, "latest");
    jsonrpc_call_end(r);
}

static void keep_revert(struct relay_simulation *out, const struct jsonrpc_result *r)
{
    out->reverts = true;
    out->revert_len = r->revert_len;
    memcpy(out->revert, r->revert, sizeof out->revert);
    memcpy(out->text, r->text, sizeof out->text);
}

static enum err_code take_simulation(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    struct relay_simulation *out = ctx;
    memset(out, 0, sizeof *out);
    out->endpoint = who;
    for (unsigned i = 0; i < 2; i++) {
        if (a->at[i].class == PC_RPC_REVERT) {
            keep_revert(out, &a->at[i]);
            return PC_OK;
        }
        if (a->at[i].class == PC_RPC_FUNDS) {
            memcpy(out->text, a->at[i].text, sizeof out->text);
            return PC_E_REFUSED;
        }
        if (a->at[i].class != PC_RPC_RESULT)
            return PC_E_IO;
    }
    return json_get_quantity(&a->at[1].value, NULL, &out->gas);
}

static enum err_code simulate_at(struct relay_chain *c, uint8_t avoid, char *buf, size_t cap,
                                 struct relay_simulation *out, const struct evm_address *to,
                                 struct bytes data)
{
    struct jsonrpc_request r;
    jsonrpc_begin(&r, buf, cap, endpoints_next_id(c->endpoints), true);
    put_call(&r, c, "eth_call", to, data);
    put_call(&r, c, "eth_estimateGas", to, data);
    return ask_but(c, avoid, &r, SMALL_ANSWER, take_simulation, out);
}

enum err_code relay_chain_simulate(struct relay_chain *c, struct relay_simulation *out,
                                   const struct evm_address *to, struct bytes data)
{
    size_t cap = 4 * data.n + 2048;
    char *buf = malloc(cap);
    memset(out, 0, sizeof *out);
    if (buf == NULL)
        return PC_E_MEMORY;
    enum err_code e = simulate_at(c, 0, buf, cap, out, to, data);
    /* An endpoint that lags simulates in the past, where a good call reverts: a revert counts when
     * nobody else sees the call succeed. */
    uint8_t avoid = 0;
    while (e == PC_OK && out->reverts) {
        struct relay_simulation other;
        avoid |= (uint8_t)(1u << (out->endpoint & 7));
        if (simulate_at(c, avoid, buf, cap, &other, to, data) != PC_OK)
            break;
        if (!other.reverts)
            *out = other;
        else
            out->endpoint = other.endpoint;
    }
    free(buf);
    return e;
}

struct view_call {
    uint8_t *out;
    size_t cap, n;
};

static enum err_code take_view(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    (void)who;
    struct view_call *v = ctx;
    if (a->at[0].class == PC_RPC_REVERT)
        return PC_E_REFUSED;
    if (a->at[0].class != PC_RPC_RESULT)
        return PC_E_IO;
    return rpc_data(&a->at[0].value, NULL, v->out, v->cap, &v->n);
}

enum err_code relay_chain_call(struct relay_chain *c, uint8_t *out, size_t cap, size_t *n,
                               const struct evm_address *to, struct bytes data)
{
    char buf[4096];
    struct jsonrpc_request r;
    struct view_call v = {out, cap, 0};
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(c->endpoints), false);
    put_call(&r, c, "eth_call", to, data);
    enum err_code e = ask(c, &r, 2 * cap + 4096, take_view, &v);
    *n = e == PC_OK ? v.n : 0;
    return e;
}

static enum err_code take_send(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    (void)who;
    const struct jsonrpc_result *r = &a->at[0];
    if (r->class == PC_RPC_RESULT)
        return PC_OK;
    memcpy(ctx, r->text, PC_JSONRPC_TEXT);
    if (r->class == PC_RPC_NONCE)
        return PC_E_EXISTS;
    /* Limits and missing methods are this endpoint's matter: another one may take it. */
    return r->class == PC_RPC_FUNDS || r->class == PC_RPC_REVERT ? PC_E_REFUSED : PC_E_IO;
}

enum err_code relay_chain_send(struct relay_chain *c, struct bytes raw, char *text)
{
    size_t cap = 2 * raw.n + 512;
    char *buf = malloc(cap);
    struct jsonrpc_request r;
    memset(text, 0, PC_JSONRPC_TEXT);
    if (buf == NULL)
        return PC_E_MEMORY;
    jsonrpc_begin(&r, buf, cap, endpoints_next_id(c->endpoints), false);
    jsonrpc_call(&r, "eth_sendRawTransaction");
    json_out_hex(&r.o, NULL, raw);
    jsonrpc_call_end(&r);
    enum err_code e = ask(c, &r, SMALL_ANSWER, take_send, text);
    free(buf);
    return e;
}

struct receipts {
    struct relay_receipt *out;
    size_t which;
};

static enum err_code take_receipt(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    (void)who;
    struct receipts *r = ctx;
    memset(r->out, 0, sizeof *r->out);
    for (unsigned i = 0; i < a->n; i++) {
        if (a->at[i].class == PC_RPC_NULL)
            continue;
        if (a->at[i].class != PC_RPC_RESULT)
            return PC_E_IO;
        uint64_t status;
        PC_TRY(json_get_quantity(&a->at[i].value, "status", &status));
        PC_TRY(json_get_quantity(&a->at[i].value, "blockNumber", &r->out->block));
        PC_TRY(json_get_quantity(&a->at[i].value, "gasUsed", &r->out->gas_used));
        r->out->success = status == 1;
        r->out->mined = true;
        r->which = i;
        return PC_OK;
    }
    return PC_OK;
}

enum err_code relay_chain_receipt(struct relay_chain *c, struct relay_receipt *out, size_t *which,
                                  const struct evm_word *hashes, size_t n)
{
    char buf[2048];
    struct jsonrpc_request r;
    struct receipts ctx = {out, 0};
    PC_ASSERT(n >= 1 && n <= 8);
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(c->endpoints), true);
    for (size_t i = 0; i < n; i++) {
        jsonrpc_call(&r, "eth_getTransactionReceipt");
        json_out_hex(&r.o, NULL, bytes_of(hashes[i].b, 32));
        jsonrpc_call_end(&r);
    }
    enum err_code e = ask(c, &r, SMALL_ANSWER, take_receipt, &ctx);
    *which = ctx.which;
    return e;
}
