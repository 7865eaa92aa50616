/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/header_json.h"

#include "base/hex.h"
#include "chain/rlp.h"

static enum err_code prefixed(const struct json_value *v, const char *key, struct bytes *digits)
{
    struct bytes text;
    PC_TRY(json_get_str(v, key, &text));
    if (text.n < 2 || text.p[0] != '0' || text.p[1] != 'x')
        return PC_E_MALFORMED;
    *digits = bytes_of(text.p + 2, text.n - 2);
    return PC_OK;
}

enum err_code rpc_fixed(const struct json_value *v, const char *key, void *out, size_t n)
{
    struct bytes digits;
    memset(out, 0, n);
    PC_TRY(prefixed(v, key, &digits));
    return json_get_hex(v, key, out, n);
}

enum err_code rpc_data(const struct json_value *v, const char *key, uint8_t *out, size_t cap,
                       size_t *n)
{
    struct bytes digits;
    *n = 0;
    PC_TRY(prefixed(v, key, &digits));
    return json_get_hex_var(v, key, out, cap, n);
}

enum err_code rpc_uint256(const struct json_value *v, const char *key, struct evm_word *out)
{
    struct bytes digits;
    char padded[67] = "0x0000000000000000000000000000000000000000000000000000000000000000";
    memset(out, 0, sizeof *out);
    PC_TRY(prefixed(v, key, &digits));
    if (digits.n == 0 || (digits.n > 1 && digits.p[0] == '0'))
        return PC_E_MALFORMED;
    if (digits.n > 64)
        return PC_E_TOO_LARGE;
    memcpy(padded + 66 - digits.n, digits.p, digits.n);
    return hex_decode(out->b, 32, padded, 66);
}

/* The header's fields in the order of their RLP. */
enum field_kind { FIXED, QUANTITY, DATA };
static const struct {
    const char *name;
    enum field_kind kind;
    unsigned size;
} fields[] = {
    {"parentHash", FIXED, 32},
    {"sha3Uncles", FIXED, 32},
    {"miner", FIXED, 20},
    {"stateRoot", FIXED, 32},
    {"transactionsRoot", FIXED, 32},
    {"receiptsRoot", FIXED, 32},
    {"logsBloom", FIXED, 256},
    {"difficulty", QUANTITY, 0},
    {"number", QUANTITY, 0},
    {"gasLimit", QUANTITY, 0},
    {"gasUsed", QUANTITY, 0},
    {"timestamp", QUANTITY, 0},
    {"extraData", DATA, 2048},
    {"mixHash", FIXED, 32},
    {"nonce", FIXED, 8},
    {"baseFeePerGas", QUANTITY, 0},
    {"withdrawalsRoot", FIXED, 32},
    {"blobGasUsed", QUANTITY, 0},
    {"excessBlobGas", QUANTITY, 0},
    {"parentBeaconBlockRoot", FIXED, 32},
    {"requestsHash", FIXED, 32},
    {"blockAccessListHash", FIXED, 32},
};

static enum err_code put_field(struct rlp_writer *w, const struct json_value *block, size_t i)
{
    uint8_t data[2048];
    size_t n = fields[i].size;
    struct evm_word number;
    switch (fields[i].kind) {
    case FIXED:
        PC_TRY(rpc_fixed(block, fields[i].name, data, n));
        break;
    case DATA:
        PC_TRY(rpc_data(block, fields[i].name, data, sizeof data, &n));
        break;
    case QUANTITY:
        PC_TRY(rpc_uint256(block, fields[i].name, &number));
        rlp_put_uint256(w, &number);
        return PC_OK;
    }
    rlp_put_string(w, bytes_of(data, n));
    return PC_OK;
}

/* A field that a fork added later stands in the object or not; null is like not. */
static bool has_field(const struct json_value *block, const char *name)
{
    struct json_value v;
    return json_get_member(block, name, &v) == PC_OK && json_kind_of(&v) != PC_JSON_NULL;
}

enum err_code header_from_json(struct bytes *rlp, struct block_header *h,
                               uint8_t buf[static PC_HEADER_MAX], const struct json_value *block)
{
    *rlp = (struct bytes){NULL, 0};
    memset(h, 0, sizeof *h);
    struct rlp_writer w = rlp_writer_of(buf, PC_HEADER_MAX);
    struct evm_word said;
    PC_TRY(rpc_fixed(block, "hash", said.b, 32));
    for (size_t i = 0; i < PC_ARRAY_LEN(fields); i++) {
        if (i >= PC_HEADER_FIELDS_MIN && !has_field(block, fields[i].name))
            break;
        PC_TRY(put_field(&w, block, i));
    }
    rlp_list_end(&w, 0);
    struct bytes out;
    PC_TRY(rlp_writer_end(&w, &out));
    PC_TRY(header_decode(h, out));
    if (!evm_word_equal(&h->hash, &said)) {
        memset(h, 0, sizeof *h);
        return PC_E_MISMATCH;
    }
    *rlp = out;
    return PC_OK;
}

enum err_code log_from_json(struct log_record *l, uint8_t data_buf[static PC_LOG_DATA_MAX],
                            const struct json_value *v)
{
    memset(l, 0, sizeof *l);
    uint64_t index;
    bool removed;
    struct json_value topics;
    size_t n;
    PC_TRY(json_get_quantity(v, "blockNumber", &l->block));
    PC_TRY(json_get_quantity(v, "logIndex", &index));
    if (index > UINT32_MAX)
        return PC_E_TOO_LARGE;
    l->index = (uint32_t)index;
    if (json_has(v, "removed")) {
        PC_TRY(json_get_bool(v, "removed", &removed));
        if (removed)
            return PC_E_MALFORMED;
    }
    PC_TRY(rpc_fixed(v, "blockHash", l->block_hash.b, 32));
    PC_TRY(rpc_fixed(v, "transactionHash", l->tx_hash.b, 32));
    PC_TRY(rpc_fixed(v, "address", l->address.b, 20));
    PC_TRY(json_get_array(v, "topics", &topics, &n));
    if (n > 4)
        return PC_E_TOO_LARGE;
    l->n_topics = (uint8_t)n;
    for (size_t i = 0; i < n; i++) {
        struct json_value topic = json_at(&topics, i);
        PC_TRY(rpc_fixed(&topic, NULL, l->topics[i].b, 32));
    }
    PC_TRY(rpc_data(v, "data", data_buf, PC_LOG_DATA_MAX, &n));
    l->data = bytes_of(data_buf, n);
    return PC_OK;
}

enum err_code nodes_from_json(struct bytes *out, uint8_t *buf, size_t cap,
                              const struct json_value *list, const char *key)
{
    *out = (struct bytes){NULL, 0};
    struct json_value nodes;
    size_t n;
    PC_TRY(json_get_array(list, key, &nodes, &n));
    struct node_list_writer w = node_list_begin(buf, cap);
    for (size_t i = 0; i < n; i++) {
        uint8_t node[PC_PROOF_NODE_MAX];
        size_t len;
        struct json_value v = json_at(&nodes, i);
        PC_TRY(rpc_data(&v, NULL, node, sizeof node, &len));
        node_list_add(&w, bytes_of(node, len));
    }
    return node_list_end(&w, out);
}
