/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/trie_testkit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/rlp.h"

void trie_nibbles(uint8_t out[static 64], struct bytes preimage)
{
    struct evm_word h;
    evm_keccak(&h, preimage);
    for (size_t i = 0; i < 32; i++) {
        out[2 * i] = h.b[i] >> 4;
        out[2 * i + 1] = h.b[i] & 15;
    }
}

static int by_key(const void *a, const void *b)
{
    return memcmp(((const struct trie_item *)a)->key, ((const struct trie_item *)b)->key, 64);
}

static void put_path(struct rlp_writer *w, const uint8_t *key, size_t n, bool leaf)
{
    uint8_t path[33];
    size_t at = 0;
    uint8_t flag = leaf ? 2 : 0;
    path[at++] = n % 2 == 1 ? (uint8_t)((flag + 1) << 4 | key[0]) : (uint8_t)(flag << 4);
    for (size_t i = n % 2; i < n; i += 2)
        path[at++] = (uint8_t)(key[i] << 4 | key[i + 1]);
    rlp_put_string(w, bytes_of(path, at));
}

static void put_ref(struct rlp_writer *w, struct bytes node)
{
    struct evm_word h;
    if (node.n < 32) {
        rlp_put_raw(w, node);
        return;
    }
    evm_keccak(&h, node);
    rlp_put_string(w, PC_BYTES(h.b));
}

/* The node of n sorted items that agree in their first `depth` nibbles. */
static size_t build(uint8_t out[static 640], const struct trie_item *v, size_t n, size_t depth,
                    struct trie_proof *p)
{
    struct rlp_writer w = rlp_writer_of(out, 640);
    uint8_t child[640];
    size_t begin = rlp_list_begin(&w), common = depth;
    struct bytes whole;
    while (common < 64 && v[0].key[common] == v[n - 1].key[common])
        common++;
    if (n == 1) {
        put_path(&w, v[0].key + depth, 64 - depth, true);
        rlp_put_string(&w, bytes_of(v[0].value, v[0].n));
    } else if (common > depth) {
        put_path(&w, v[0].key + depth, common - depth, false);
        put_ref(&w, bytes_of(child, build(child, v, n, common, p)));
    } else {
        size_t at = 0;
        for (uint8_t nibble = 0; nibble < 16; nibble++) {
            size_t from = at;
            while (at < n && v[at].key[depth] == nibble)
                at++;
            if (at == from)
                rlp_put_string(&w, bytes_of(NULL, 0));
            else
                put_ref(&w, bytes_of(child, build(child, v + from, at - from, depth + 1, p)));
        }
        rlp_put_string(&w, bytes_of(NULL, 0));
    }
    rlp_list_end(&w, begin);
    assert_int_equal(rlp_writer_end(&w, &whole), PC_OK);
    if (p->target != NULL && memcmp(p->target, v[0].key, depth) == 0 &&
        (whole.n >= 32 || depth == 0)) {
        memmove(p->node[1], p->node[0], sizeof p->node[0] * p->n);
        memmove(&p->len[1], &p->len[0], sizeof p->len[0] * p->n);
        memcpy(p->node[0], whole.p, whole.n);
        p->len[0] = whole.n;
        p->n++;
    }
    return whole.n;
}

void trie_build(struct evm_word *root, struct trie_item *v, size_t n, struct trie_proof *p)
{
    uint8_t node[640];
    static const uint8_t empty[] = {0x80};
    p->n = 0;
    if (n == 0) {
        evm_keccak(root, PC_BYTES(empty));
        return;
    }
    qsort(v, n, sizeof *v, by_key);
    evm_keccak(root, bytes_of(node, build(node, v, n, 0, p)));
}
