/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint answers: first byte, batch or not and how many; the rest is the text. */
#include <stdlib.h>

#include "chain/header_json.h"
#include "chain/jsonrpc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void all_readers(const struct json_value *v)
{
    static uint8_t buf[PC_PROOF_LIST_MAX], log_data[PC_LOG_DATA_MAX];
    struct block_header h;
    struct log_record l;
    struct evm_word w;
    struct bytes out;
    size_t n;
    uint64_t q;
    if (header_from_json(&out, &h, buf, v) == PC_OK) {
        struct block_header again;
        if (header_decode(&again, out) != PC_OK || !evm_word_equal(&again.hash, &h.hash))
            abort();
    }
    (void)!log_from_json(&l, log_data, v);
    (void)!nodes_from_json(&out, buf, sizeof buf, v, NULL);
    (void)!nodes_from_json(&out, buf, sizeof buf, v, "accountProof");
    (void)!rpc_data(v, NULL, buf, 64, &n);
    (void)!rpc_data(v, "input", buf, sizeof buf, &n);
    (void)!rpc_uint256(v, NULL, &w);
    (void)!json_get_quantity(v, NULL, &q);
    struct json_value list;
    if (json_get_array(v, NULL, &list, &n) == PC_OK)
        for (size_t i = 0; i < n && i < 8; i++) {
            struct json_value item = json_at(&list, i);
            (void)!log_from_json(&l, log_data, &item);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct jsonrpc_answer a;
    if (size < 1)
        return 0;
    bool batch = data[0] & 1;
    unsigned n = batch ? 1 + data[0] % 4 : 1;
    if (jsonrpc_parse(&a, bytes_of(data + 1, size - 1), 1 << 16, 1, n, batch) != PC_OK)
        return 0;
    for (unsigned i = 0; i < n; i++)
        if (a.at[i].class == PC_RPC_RESULT)
            all_readers(&a.at[i].value);
    jsonrpc_free(&a);
    return 0;
}
