/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/replay_testkit.h"

#include "base/unit_test.h"
#include "chain/rlp.h"
#include "chain/trie_testkit.h"
#include "chain/view.h"
#include "chain/view_slot.h"
#include "client/lib/replay.h"

struct word_at {
    struct evm_word slot, value;
};

static size_t pack(uint8_t *out, const struct trie_proof *p)
{
    struct writer w = writer_of(out, 8192);
    size_t n = 1;
    for (unsigned i = 0; i < p->n; i++)
        n += 2 + p->len[i];
    write_u16(&w, (uint16_t)n);
    write_u8(&w, (uint8_t)p->n);
    for (unsigned i = 0; i < p->n; i++) {
        write_u16(&w, (uint16_t)p->len[i]);
        write_bytes(&w, p->node[i], p->len[i]);
    }
    return w.n;
}

static void storage(struct evm_word *root, const struct word_at *words, size_t n,
                    const struct evm_word *slot, struct trie_proof *p)
{
    static struct trie_item v[8];
    uint8_t target[64];
    for (size_t i = 0; i < n; i++) {
        struct rlp_writer w = rlp_writer_of(v[i].value, sizeof v[i].value);
        struct bytes value;
        trie_nibbles(v[i].key, PC_BYTES(words[i].slot.b));
        rlp_put_uint256(&w, &words[i].value);
        assert_int_equal(rlp_writer_end(&w, &value), PC_OK);
        v[i].n = value.n;
    }
    p->target = NULL;
    if (slot != NULL) {
        trie_nibbles(target, PC_BYTES(slot->b));
        p->target = target;
    }
    trie_build(root, v, n, p);
}

static void account_item(struct trie_item *out, const uint8_t address[20],
                         const struct evm_word *root)
{
    struct rlp_writer o = rlp_writer_of(out->value, sizeof out->value);
    struct evm_word code = {{1}};
    struct bytes value;
    trie_nibbles(out->key, bytes_of(address, 20));
    size_t at = rlp_list_begin(&o);
    rlp_put_u64(&o, 1);
    rlp_put_u64(&o, 0);
    rlp_put_string(&o, PC_BYTES(root->b));
    rlp_put_string(&o, PC_BYTES(code.b));
    rlp_list_end(&o, at);
    assert_int_equal(rlp_writer_end(&o, &value), PC_OK);
    out->n = value.n;
}

static size_t make_header(struct replay_kit *k, uint64_t number, uint64_t time,
                          const struct evm_word *root)
{
    static const uint8_t zero[256];
    struct rlp_writer o = rlp_writer_of(k->header, sizeof k->header);
    struct bytes whole;
    size_t at = rlp_list_begin(&o);
    for (int i = 0; i < 2; i++)
        rlp_put_string(&o, bytes_of(zero, 32));
    rlp_put_string(&o, bytes_of(zero, 20));
    rlp_put_string(&o, PC_BYTES(root->b));
    for (int i = 0; i < 2; i++)
        rlp_put_string(&o, bytes_of(zero, 32));
    rlp_put_string(&o, bytes_of(zero, 256));
    rlp_put_u64(&o, 0);
    rlp_put_u64(&o, number);
    rlp_put_u64(&o, 30000000);
    rlp_put_u64(&o, 0);
    rlp_put_u64(&o, time);
    rlp_put_string(&o, bytes_of(NULL, 0));
    rlp_put_string(&o, bytes_of(zero, 32));
    rlp_put_string(&o, bytes_of(zero, 8));
    rlp_list_end(&o, at);
    assert_int_equal(rlp_writer_end(&o, &whole), PC_OK);
    return whole.n;
}

/* Bits of word 1 of a record, as drawn in IAttestations. */
static void put_bits(struct evm_word *w, unsigned bit, unsigned bytes, uint64_t v)
{
    for (unsigned i = 0; i < bytes; i++)
        w->b[31 - bit / 8 - i] = (uint8_t)(v >> 8 * i);
}

static size_t account_proof(uint8_t *out, struct evm_word *root, struct trie_item *accounts,
                            const uint8_t address[20])
{
    static struct trie_proof p;
    uint8_t target[64];
    trie_nibbles(target, bytes_of(address, 20));
    p.target = target;
    trie_build(root, accounts, 2, &p);
    return pack(out, &p);
}

void replay_kit_prove(struct replay_kit *k, struct bundle_accepted *out,
                      const struct bundle_begin *begin, const struct wire_attested *t,
                      uint64_t number, uint64_t time)
{
    static struct trie_proof p;
    struct word_at record[2], force[PC_OBJ_COUNT];
    struct evm_word slots[PC_OBJ_COUNT], key = evm_word_of(t->record), root, record_root,
                                         force_root;
    struct trie_item accounts[2];
    for (unsigned i = 0; i < 2; i++)
        record[i].slot = slot_record(&key, i);
    record[0].value = evm_word_of(t->claims);
    record[1].value = (struct evm_word){{0}};
    put_bits(&record[1].value, 0, 1, t->vendor);
    put_bits(&record[1].value, 8, 1, t->kind);
    put_bits(&record[1].value, 16, 1, 1);
    put_bits(&record[1].value, 24, 1, PC_RECORD_GOOD);
    put_bits(&record[1].value, 32, 2, 1);
    put_bits(&record[1].value, 80, 5, t->bound_block);
    put_bits(&record[1].value, 120, 5, t->attested_at);
    put_bits(&record[1].value, 160, 5, t->valid_until);
    unsigned at[PC_OBJ_COUNT], objects = replay_force_slots(slots, at, t);
    for (unsigned i = 0; i < objects; i++)
        force[i] = (struct word_at){slots[i], evm_word_of(t->in_force[at[i]])};
    storage(&record_root, record, 2, NULL, &p);
    storage(&force_root, force, objects, NULL, &p);
    account_item(&accounts[0], begin->attestations, &record_root);
    account_item(&accounts[1], t->verifier, &force_root);
    size_t n = account_proof(k->record, &root, accounts, begin->attestations);
    for (unsigned i = 0; i < 2; i++) {
        storage(&record_root, record, 2, &record[i].slot, &p);
        n += pack(k->record + n, &p);
    }
    out->proof.record = bytes_of(k->record, n);
    n = account_proof(k->in_force, &root, accounts, t->verifier);
    for (unsigned i = 0; i < objects; i++) {
        storage(&force_root, force, objects, &force[i].slot, &p);
        n += pack(k->in_force + n, &p);
    }
    out->proof.in_force = bytes_of(k->in_force, objects != 0 ? n : 0);
    out->proof.header = bytes_of(k->header, make_header(k, number, time, &root));
    out->has_proof = true;
}
