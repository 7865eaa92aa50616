/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key 32, then a packed node list. So that the walk gets past hashes, 32 bytes of 0xaa in a node
 * become the hash of the next one, and the root is that of the first.
 */
#include <stdlib.h>

#include "chain/mpt.h"
#include "chain/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void patch(uint8_t *node, size_t n, const struct evm_word *hash)
{
    uint8_t mark[32];
    memset(mark, 0xaa, sizeof mark);
    uint8_t *at = n < 32 ? NULL : memmem(node, n, mark, sizeof mark);
    if (at != NULL)
        memcpy(at, hash->b, 32);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t proof[PC_PROOF_LIST_MAX];
    size_t at[256], len[256], n = 0, pos = 1;
    if (size < 33 || size - 32 > sizeof proof)
        return 0;
    struct evm_word key = evm_word_of(data), root = {{0}};
    size -= 32;
    memcpy(proof, data + 32, size);
    for (; n < proof[0] && pos + 2 <= size; n++) {
        len[n] = load_be16(proof + pos);
        at[n] = pos + 2;
        if (len[n] > size - at[n])
            break;
        pos = at[n] + len[n];
    }
    for (size_t i = n; i-- > 0;) {
        if (i + 1 < n)
            patch(proof + at[i], len[i], &root);
        evm_keccak(&root, bytes_of(proof + at[i], len[i]));
    }
    struct bytes value;
    bool present;
    enum err_code e = mpt_get(&value, &present, &root, &key, bytes_of(proof, size));
    if (e != PC_OK && (present || value.n != 0))
        abort();
    if (e == PC_OK && present != (value.n != 0))
        abort();
    struct evm_word word;
    struct evm_account account;
    struct evm_address who = {{0}};
    memcpy(who.b, key.b, 20);
    (void)!mpt_storage(&word, &root, &key, bytes_of(proof, size));
    if (mpt_account(&account, &root, &who, bytes_of(proof, size)) != PC_OK && account.exists)
        abort();
    return 0;
}
