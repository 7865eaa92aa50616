/* SPDX-License-Identifier: Apache-2.0 */
/* endpoints_fetch.c - headers, proofs, logs and calldata from one endpoint at a time. */
#include <stdlib.h>

#include "chain/endpoints_int.h"
#include "chain/header_json.h"

#define HEADERS_ANSWER_MAX  (16u << 20)
#define PROOF_ANSWER_MAX    (4u << 20)
#define LOGS_ANSWER_MAX     (16u << 20)
#define CALLDATA_ANSWER_MAX (2u << 20)
#define ADDRESSES_MAX       8

/* What a result's class means for a fetch. */
static enum err_code class_verdict(enum jsonrpc_class c)
{
    switch (c) {
    case PC_RPC_RESULT:
        return PC_OK;
    case PC_RPC_NULL:
        return PC_E_RETRY;
    case PC_RPC_RANGE:
        return PC_E_TOO_LARGE;
    case PC_RPC_REVERT:
    case PC_RPC_NONCE:
    case PC_RPC_FUNDS:
    case PC_RPC_UNSUPPORTED:
    case PC_RPC_ERROR:
        return PC_E_IO;
    }
    pc_bug("jsonrpc class");
}

static void write_item(struct writer *w, struct bytes b)
{
    if (b.n > UINT16_MAX) {
        w->err = PC_E_TOO_LARGE;
        return;
    }
    write_u16(w, (uint16_t)b.n);
    write_bytes(w, b.p, b.n);
}

/* An attempt that failed leaves the caller's buffer as it was. */
struct fetch {
    struct writer *w;
    struct writer start;
    unsigned who;
    uint64_t top, from, to;
    unsigned count, n;
    const struct evm_address *addresses;
    const struct evm_word *slots;
};

static enum err_code end_fetch(struct fetch *f, enum err_code e, unsigned who)
{
    if (e == PC_OK)
        e = f->w->err;
    if (e != PC_OK)
        *f->w = f->start;
    else
        f->who = who;
    return e;
}

static enum err_code headers_of(struct fetch *f, const struct jsonrpc_answer *a)
{
    for (unsigned i = 0; i < a->n; i++) {
        uint8_t buf[PC_HEADER_MAX];
        struct bytes rlp;
        struct block_header h;
        PC_TRY(class_verdict(a->at[i].class));
        PC_TRY(header_from_json(&rlp, &h, buf, &a->at[i].value));
        if (h.number != f->top - i)
            return PC_E_MISMATCH;
        write_item(f->w, rlp);
    }
    return PC_OK;
}

static enum err_code take_headers(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    struct fetch *f = ctx;
    return end_fetch(f, headers_of(f, a), who);
}

enum err_code endpoints_headers(struct endpoints *e, uint64_t now_ms, uint8_t avoid, uint64_t top,
                                unsigned count, struct writer *w, unsigned *who)
{
    PC_ASSERT(count >= 1 && count <= PC_HEADERS_PER_FETCH);
    char buf[PC_HEADERS_PER_FETCH * 128];
    struct jsonrpc_request r;
    struct bytes body;
    struct fetch f = {.w = w, .start = *w, .top = top};
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(e), true);
    for (unsigned i = 0; i < count && i <= top; i++) {
        jsonrpc_call(&r, "eth_getBlockByNumber");
        json_out_quantity(&r.o, NULL, top - i);
        json_out_bool(&r.o, NULL, false);
        jsonrpc_call_end(&r);
    }
    PC_TRY(jsonrpc_finish(&r, &body));
    enum err_code err =
        endpoints_ask(e, now_ms, avoid, &r, body, HEADERS_ANSWER_MAX, take_headers, &f);
    *who = f.who;
    return err;
}

static enum err_code proof_of(struct fetch *f, const struct jsonrpc_result *r)
{
    static uint8_t buf[PC_PROOF_LIST_MAX];
    struct bytes list;
    struct json_value slots;
    size_t n;
    PC_TRY(class_verdict(r->class));
    PC_TRY(nodes_from_json(&list, buf, sizeof buf, &r->value, "accountProof"));
    write_item(f->w, list);
    PC_TRY(json_get_array(&r->value, "storageProof", &slots, &n));
    if (n != f->n)
        return PC_E_MALFORMED;
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&slots, i);
        PC_TRY(nodes_from_json(&list, buf, sizeof buf, &v, "proof"));
        write_item(f->w, list);
    }
    return PC_OK;
}

static enum err_code take_proof(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    struct fetch *f = ctx;
    return end_fetch(f, proof_of(f, &a->at[0]), who);
}

enum err_code endpoints_proof(struct endpoints *e, uint64_t now_ms, uint8_t avoid, uint64_t block,
                              const struct evm_address *address, const struct evm_word *slots,
                              unsigned n, struct writer *w, unsigned *who)
{
    PC_ASSERT(n <= PC_PROOF_SLOTS_MAX);
    char buf[512 + PC_PROOF_SLOTS_MAX * 72];
    struct jsonrpc_request r;
    struct bytes body;
    struct fetch f = {.w = w, .start = *w, .n = n};
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(e), false);
    jsonrpc_call(&r, "eth_getProof");
    json_out_hex(&r.o, NULL, bytes_of(address->b, 20));
    json_out_array(&r.o, NULL);
    for (unsigned i = 0; i < n; i++)
        json_out_hex(&r.o, NULL, bytes_of(slots[i].b, 32));
    json_out_end(&r.o);
    json_out_quantity(&r.o, NULL, block);
    jsonrpc_call_end(&r);
    PC_TRY(jsonrpc_finish(&r, &body));
    enum err_code err = endpoints_ask(e, now_ms, avoid, &r, body, PROOF_ANSWER_MAX, take_proof, &f);
    *who = f.who;
    return err;
}

static bool asked_for(const struct fetch *f, const struct log_record *l)
{
    for (unsigned i = 0; i < f->n; i++)
        if (evm_addr_equal(&f->addresses[i], &l->address))
            return l->block >= f->from && l->block <= f->to;
    return false;
}

static enum err_code logs_of(struct fetch *f, const struct jsonrpc_result *r)
{
    static uint8_t data[PC_LOG_DATA_MAX];
    struct json_value list;
    size_t n;
    uint64_t block = 0, index = 0;
    PC_TRY(class_verdict(r->class));
    PC_TRY(json_get_array(&r->value, NULL, &list, &n));
    if (n > PC_LOGS_MAX)
        return PC_E_TOO_LARGE;
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        struct log_record l;
        PC_TRY(log_from_json(&l, data, &v));
        bool later = i == 0 || l.block > block || (l.block == block && l.index > index);
        if (!later || !asked_for(f, &l))
            return PC_E_MALFORMED;
        block = l.block;
        index = l.index;
        log_record_write(f->w, &l);
    }
    f->count = (unsigned)n;
    return PC_OK;
}

static enum err_code take_logs(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    struct fetch *f = ctx;
    return end_fetch(f, logs_of(f, &a->at[0]), who);
}

enum err_code endpoints_logs(struct endpoints *e, uint64_t now_ms, uint8_t avoid, uint64_t from,
                             uint64_t to, const struct evm_address *addresses, unsigned n,
                             struct writer *w, unsigned *count, unsigned *who)
{
    PC_ASSERT(n >= 1 && n <= ADDRESSES_MAX && from <= to);
    char buf[1024];
    struct jsonrpc_request r;
    struct bytes body;
    struct fetch f = {.w = w, .start = *w, .from = from, .to = to, .n = n, .addresses = addresses};
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(e), false);
    jsonrpc_call(&r, "eth_getLogs");
    json_out_object(&r.o, NULL);
    json_out_quantity(&r.o, "fromBlock", from);
    json_out_quantity(&r.o, "toBlock", to);
    json_out_array(&r.o, "address");
    for (unsigned i = 0; i < n; i++)
        json_out_hex(&r.o, NULL, bytes_of(addresses[i].b, 20));
    json_out_end(&r.o);
    json_out_end(&r.o);
    jsonrpc_call_end(&r);
    PC_TRY(jsonrpc_finish(&r, &body));
    enum err_code err = endpoints_ask(e, now_ms, avoid, &r, body, LOGS_ANSWER_MAX, take_logs, &f);
    *count = err == PC_OK ? f.count : 0;
    *who = f.who;
    return err;
}

static enum err_code calldata_of(struct fetch *f, const struct jsonrpc_result *r)
{
    PC_TRY(class_verdict(r->class));
    uint8_t *buf = malloc(PC_CALLDATA_MAX);
    if (buf == NULL)
        return PC_E_MEMORY;
    size_t n;
    enum err_code e = rpc_data(&r->value, "input", buf, PC_CALLDATA_MAX, &n);
    if (e == PC_OK)
        write_bytes(f->w, buf, n);
    free(buf);
    return e;
}

static enum err_code take_calldata(void *ctx, const struct jsonrpc_answer *a, unsigned who)
{
    struct fetch *f = ctx;
    return end_fetch(f, calldata_of(f, &a->at[0]), who);
}

enum err_code endpoints_calldata(struct endpoints *e, uint64_t now_ms, uint8_t avoid,
                                 const struct evm_word *tx_hash, struct writer *w, unsigned *who)
{
    char buf[256];
    struct jsonrpc_request r;
    struct bytes body;
    struct fetch f = {.w = w, .start = *w};
    jsonrpc_begin(&r, buf, sizeof buf, endpoints_next_id(e), false);
    jsonrpc_call(&r, "eth_getTransactionByHash");
    json_out_hex(&r.o, NULL, bytes_of(tx_hash->b, 32));
    jsonrpc_call_end(&r);
    PC_TRY(jsonrpc_finish(&r, &body));
    enum err_code err =
        endpoints_ask(e, now_ms, avoid, &r, body, CALLDATA_ANSWER_MAX, take_calldata, &f);
    *who = f.who;
    return err;
}
