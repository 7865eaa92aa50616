/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/mpt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "chain/records.h"
#include "chain/rlp.h"

#define NODES 65

struct vector {
    struct evm_word root, key;
    bool present;
    uint8_t value_buf[64];
    struct bytes value;
    uint8_t node_buf[PC_PROOF_LIST_MAX];
    struct bytes node[NODES];
    size_t n;
};

static void unhex(uint8_t *out, size_t n, const char *s)
{
    assert_int_equal(strlen(s), 2 * n);
    assert_int_equal(hex_decode(out, n, s, 2 * n), PC_OK);
}

static void parse_line(struct vector *v, char *line)
{
    char *save = NULL;
    unhex(v->root.b, 32, strtok_r(line, " \n", &save));
    unhex(v->key.b, 32, strtok_r(NULL, " \n", &save));
    char *value = strtok_r(NULL, " \n", &save);
    v->present = strcmp(value, "-") != 0;
    v->value = bytes_of(v->value_buf, v->present ? strlen(value) / 2 : 0);
    if (v->present)
        unhex(v->value_buf, v->value.n, value);
    char *nodes = strtok_r(NULL, " \n", &save);
    v->n = 0;
    size_t at = 0;
    if (strcmp(nodes, "-") == 0)
        return;
    for (char *s, *t = NULL; (s = strtok_r(nodes, ",", &t)) != NULL; nodes = NULL) {
        size_t len = strlen(s) / 2;
        unhex(v->node_buf + at, len, s);
        v->node[v->n++] = bytes_of(v->node_buf + at, len);
        at += len;
    }
}

static struct bytes pack(uint8_t *buf, size_t cap, const struct vector *v)
{
    struct node_list_writer l = node_list_begin(buf, cap);
    for (size_t i = 0; i < v->n; i++)
        node_list_add(&l, v->node[i]);
    struct bytes out;
    assert_int_equal(node_list_end(&l, &out), PC_OK);
    return out;
}

/* The right answer, every truncation, every flipped byte, a node too many, a node missing. */
static void check(struct vector *v)
{
    static uint8_t buf[PC_PROOF_LIST_MAX];
    struct bytes proof = pack(buf, sizeof buf, v);
    struct bytes value;
    bool present;
    assert_int_equal(mpt_get(&value, &present, &v->root, &v->key, proof), PC_OK);
    assert_int_equal(present, v->present);
    assert_true(bytes_equal_var(value, v->value));
    for (size_t n = 0; n < proof.n; n++)
        assert_int_not_equal(mpt_get(&value, &present, &v->root, &v->key, bytes_of(proof.p, n)),
                             PC_OK);
    for (size_t i = 0; i < proof.n; i++) {
        buf[i] ^= 1 << (i % 8);
        assert_int_not_equal(mpt_get(&value, &present, &v->root, &v->key, proof), PC_OK);
        assert_false(present);
        buf[i] ^= 1 << (i % 8);
    }
    if (v->n != 0) {
        v->node[v->n] = v->node[v->n - 1];
        v->n++;
        assert_int_equal(mpt_get(&value, &present, &v->root, &v->key, pack(buf, sizeof buf, v)),
                         PC_E_TRAILING);
        v->n -= 2;
        assert_int_equal(mpt_get(&value, &present, &v->root, &v->key, pack(buf, sizeof buf, v)),
                         PC_E_PROOF);
    }
}

static void tries_of_an_independent_builder(void **state)
{
    (void)state;
    FILE *f = fopen(PC_SOURCE_DIR "/chain/testdata/proofs.txt", "r");
    assert_non_null(f);
    static char line[65536];
    static struct vector v;
    unsigned present = 0, absent = 0, embedded = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        parse_line(&v, line);
        present += v.present;
        absent += !v.present;
        embedded += v.n == 1 && v.present && v.node[0].n < 90;
        check(&v);
    }
    fclose(f);
    assert_true(present >= 50 && absent >= 25 && embedded >= 1);
}

static void another_key_or_root_has_another_proof(void **state)
{
    (void)state;
    FILE *f = fopen(PC_SOURCE_DIR "/chain/testdata/proofs.txt", "r");
    assert_non_null(f);
    static char line[65536];
    static uint8_t buf[PC_PROOF_LIST_MAX];
    static struct vector v;
    struct bytes value;
    bool present;
    while (fgets(line, sizeof line, f) != NULL) {
        parse_line(&v, line);
        struct bytes proof = pack(buf, sizeof buf, &v);
        struct evm_word root = v.root;
        root.b[0] ^= 1;
        assert_int_equal(mpt_get(&value, &present, &root, &v.key, proof), PC_E_PROOF);
        if (v.n < 2)
            continue;
        /* the first nibble leads elsewhere: whatever happens, the old value is not found there */
        struct evm_word key = v.key;
        key.b[0] ^= 0x10;
        enum err_code e = mpt_get(&value, &present, &v.root, &key, proof);
        assert_true(e != PC_OK || !present);
    }
    fclose(f);
}

/* One leaf holding `value` at `key`, as a trie and its proof. */
static struct bytes leaf_proof(uint8_t *buf, size_t cap, struct evm_word *root,
                               const struct evm_word *key, struct bytes value)
{
    uint8_t path[33] = {0x20}, node[512];
    memcpy(path + 1, key->b, 32);
    struct rlp_writer w = rlp_writer_of(node, sizeof node);
    rlp_put_string(&w, PC_BYTES(path));
    rlp_put_string(&w, value);
    rlp_list_end(&w, 0);
    struct bytes enc, out;
    assert_int_equal(rlp_writer_end(&w, &enc), PC_OK);
    evm_keccak(root, enc);
    struct node_list_writer l = node_list_begin(buf, cap);
    node_list_add(&l, enc);
    assert_int_equal(node_list_end(&l, &out), PC_OK);
    return out;
}

static void storage_words(void **state)
{
    (void)state;
    uint8_t buf[1024];
    struct evm_word slot = evm_word_u64(3), key, root, got;
    evm_keccak(&key, bytes_of(slot.b, 32));
    static const uint8_t v1[] = {0x82, 0x01, 0x02};
    struct bytes proof = leaf_proof(buf, sizeof buf, &root, &key, PC_BYTES(v1));
    assert_int_equal(mpt_storage(&got, &root, &slot, proof), PC_OK);
    struct evm_word want = evm_word_u64(0x102);
    assert_true(evm_word_equal(&got, &want));
    /* another slot under the same root is absent, and so zero */
    struct evm_word other = evm_word_u64(4);
    assert_int_equal(mpt_storage(&got, &root, &other, proof), PC_OK);
    assert_true(evm_word_is_zero(&got));
    /* a cleared slot as anvil keeps it; a leading zero, a list, 33 bytes */
    static const uint8_t zero[] = {0x80};
    proof = leaf_proof(buf, sizeof buf, &root, &key, PC_BYTES(zero));
    assert_int_equal(mpt_storage(&got, &root, &slot, proof), PC_OK);
    assert_true(evm_word_is_zero(&got));
    static const uint8_t lead[] = {0x82, 0x00, 0x02};
    proof = leaf_proof(buf, sizeof buf, &root, &key, PC_BYTES(lead));
    assert_int_equal(mpt_storage(&got, &root, &slot, proof), PC_E_NOT_CANONICAL);
    static const uint8_t list[] = {0xc0};
    proof = leaf_proof(buf, sizeof buf, &root, &key, PC_BYTES(list));
    assert_int_equal(mpt_storage(&got, &root, &slot, proof), PC_E_MALFORMED);
    uint8_t wide[34] = {0xa1, 1};
    proof = leaf_proof(buf, sizeof buf, &root, &key, PC_BYTES(wide));
    assert_int_equal(mpt_storage(&got, &root, &slot, proof), PC_E_TOO_LARGE);
    assert_true(evm_word_is_zero(&got));
}

static void accounts(void **state)
{
    (void)state;
    uint8_t buf[1024], body[256];
    struct evm_address who = {{9}};
    struct evm_word key, root, storage = evm_word_u64(11), code = evm_word_u64(12);
    evm_keccak(&key, bytes_of(who.b, 20));
    struct rlp_writer w = rlp_writer_of(body, sizeof body);
    rlp_put_u64(&w, 5);
    rlp_put_u64(&w, 1000);
    rlp_put_string(&w, bytes_of(storage.b, 32));
    rlp_put_string(&w, bytes_of(code.b, 32));
    rlp_list_end(&w, 0);
    struct bytes value;
    assert_int_equal(rlp_writer_end(&w, &value), PC_OK);
    struct bytes proof = leaf_proof(buf, sizeof buf, &root, &key, value);
    struct evm_account a;
    assert_int_equal(mpt_account(&a, &root, &who, proof), PC_OK);
    assert_true(a.exists && a.nonce == 5 && evm_word_equal(&a.storage_root, &storage));
    assert_true(evm_word_equal(&a.code_hash, &code));
    struct evm_address other = {{10}};
    assert_int_equal(mpt_account(&a, &root, &other, proof), PC_OK);
    assert_false(a.exists);
    assert_true(evm_word_equal(&a.storage_root, &PC_MPT_EMPTY_ROOT));
    /* a fifth field */
    w = rlp_writer_of(body, sizeof body);
    for (int i = 0; i < 2; i++)
        rlp_put_u64(&w, 5);
    for (int i = 0; i < 3; i++)
        rlp_put_string(&w, bytes_of(storage.b, 32));
    rlp_list_end(&w, 0);
    assert_int_equal(rlp_writer_end(&w, &value), PC_OK);
    proof = leaf_proof(buf, sizeof buf, &root, &key, value);
    assert_int_equal(mpt_account(&a, &root, &who, proof), PC_E_TRAILING);
    assert_false(a.exists);
}

static void empty_root_is_the_hash_of_nothing(void **state)
{
    (void)state;
    static const uint8_t empty[] = {0x80};
    struct evm_word w;
    evm_keccak(&w, PC_BYTES(empty));
    assert_true(evm_word_equal(&w, &PC_MPT_EMPTY_ROOT));
    evm_keccak(&w, bytes_of(NULL, 0));
    assert_true(evm_word_equal(&w, &PC_EVM_EMPTY_CODE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tries_of_an_independent_builder),
        cmocka_unit_test(another_key_or_root_has_another_proof),
        cmocka_unit_test(storage_words),
        cmocka_unit_test(accounts),
        cmocka_unit_test(empty_root_is_the_hash_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
