/* SPDX-License-Identifier: Apache-2.0 */
/* testkit_events.c - what contracts do in the test's chain: words, running hashes and logs. */
#include "chain/abi.h"
#include "node/chain/testkit.h"

void world_announce(struct world *w, uint32_t attempt)
{
    struct evm_word word = {{0}}, acc, one = evm_word_u64(1), a = evm_word_u64(attempt),
                    topics[3] = {abi_topic("Announced(uint64,uint32,uint256,uint256)"), one, a};
    uint8_t data[64] = {0};
    world_field(&word, PC_AT_ATTEMPT_EPOCH, 1);
    world_field(&word, PC_AT_ATTEMPT_ATTEMPT, attempt);
    world_field(&word, PC_AT_ATTEMPT_STATE, PC_ATTEMPT_ANNOUNCED);
    world_field(&word, PC_AT_ATTEMPT_START, w->head + 1);
    world_set(w, w->c->d.policy.epochs, slot_attempt(), &word);
    evm_keccak_pair(&acc, &one, &a);
    w->acc[PC_ACC_ENROL] = acc;
    world_set(w, w->c->d.policy.epochs, slot_acc(PC_ACC_ENROL), &acc);
    store_be64(data + 24, w->head + 21);
    store_be64(data + 56, w->head + 31);
    world_log(w, w->c->d.policy.epochs, topics, 3, PC_BYTES(data));
    world_mine(w, 1);
}

/* Fold a call into its running hash and give the log. */
static void call(struct world *w, enum board_phase phase, const struct ncall *n, const char *event,
                 const struct abi_out *o)
{
    const uint8_t *epochs = w->c->d.policy.epochs;
    struct evm_word h, topics[4] = {abi_topic(event), evm_word_u64(n->epoch),
                                    evm_word_u64(n->attempt), evm_word_u64(n->id)};
    struct bytes data;
    ncall_struct_hash(&h, n);
    evm_keccak_pair(&w->acc[phase], &w->acc[phase], &h);
    world_set(w, epochs, slot_acc(phase), &w->acc[phase]);
    assert_int_equal(abi_out_end(o, &data), PC_OK);
    world_log(w, epochs, topics, 4, data);
    world_mine(w, 1);
}

void world_open(struct world *w, uint32_t attempt, uint16_t n)
{
    static const uint8_t keys[2 + 37] = {0, 1};
    const uint8_t *epochs = w->c->d.policy.epochs;
    struct evm_word word = {{0}}, root = evm_word_u64(0x1007 + attempt), ids[16] = {{{0}}},
                    none[16] = {{{0}}}, one = evm_word_u64(1), a = evm_word_u64(attempt);
    struct evm_word topics[3] = {
        abi_topic("Opened(uint64,uint32,uint16,uint16,bool,uint8,uint32,bytes32,bytes,uint32[],"
                  "uint32[])"),
        one, a};
    uint8_t buf[1024];
    struct abi_out o = abi_out_of(buf, sizeof buf, 9);
    struct bytes data;
    for (uint16_t i = 0; i < n; i++)
        ids[i] = evm_word_u64(101u + i);
    abi_out_u64(&o, n);
    abi_out_u64(&o, n / 2u + 1);
    abi_out_bool(&o, false);
    abi_out_u64(&o, 0);
    abi_out_u64(&o, 1);
    abi_out_word(&o, &root);
    abi_out_bytes(&o, PC_BYTES(keys));
    abi_out_array(&o, bytes_of(ids[0].b, 32u * n), n);
    abi_out_array(&o, bytes_of(none[0].b, 32u * n), n);
    assert_int_equal(abi_out_end(&o, &data), PC_OK);
    world_field(&word, PC_AT_ATTEMPT_EPOCH, 1);
    world_field(&word, PC_AT_ATTEMPT_ATTEMPT, attempt);
    world_field(&word, PC_AT_ATTEMPT_STATE, PC_ATTEMPT_OPEN);
    world_field(&word, PC_AT_ATTEMPT_N, n);
    world_field(&word, PC_AT_ATTEMPT_START, w->head + 1);
    world_set(w, epochs, slot_attempt(), &word);
    world_set(w, epochs, slot_epoch(1, 0), &root);
    static const enum board_phase begin[] = {PC_ACC_COMMIT, PC_ACC_VOTE, PC_ACC_COMPLAIN,
                                             PC_ACC_READY_ODD};
    for (size_t i = 0; i < PC_ARRAY_LEN(begin); i++) {
        w->acc[begin[i]] = root;
        world_set(w, epochs, slot_acc(begin[i]), &root);
    }
    world_log(w, epochs, topics, 3, data);
    world_mine(w, 1);
}

void world_enrol(struct world *w, uint32_t attempt, uint32_t id)
{
    uint8_t buf[1024], pop[64] = {7}, signature[65] = {8};
    struct ncall n = {.kind = PC_NCALL_ENROL,
                      .id = id,
                      .epoch = 1,
                      .attempt = attempt,
                      .seq = 1,
                      .a = evm_word_u64(id),
                      .bytes = PC_BYTES(pop)};
    struct evm_word none = {{0}};
    struct abi_out o = abi_out_of(buf, sizeof buf, 6);
    abi_out_u64(&o, n.seq);
    abi_out_word(&o, &n.a);
    abi_out_bytes(&o, n.bytes);
    abi_out_word(&o, &none);
    abi_out_bytes(&o, PC_BYTES(signature));
    abi_out_word(&o, &none);
    call(w, PC_ACC_ENROL, &n,
         "Enrolled(uint64,uint32,uint32,uint64,bytes32,bytes,bytes32,bytes,bytes32)", &o);
}

void world_commit(struct world *w, uint32_t attempt, uint16_t index)
{
    uint8_t buf[1024];
    struct ncall n = {.kind = PC_NCALL_COMMIT,
                      .id = 100u + index,
                      .epoch = 1,
                      .attempt = attempt,
                      .seq = 2,
                      .a = evm_word_u64(index),
                      .length = 1000};
    struct evm_word none = {{0}};
    struct abi_out o = abi_out_of(buf, sizeof buf, 5);
    abi_out_u64(&o, index);
    abi_out_u64(&o, n.seq);
    abi_out_word(&o, &n.a);
    abi_out_u64(&o, n.length);
    abi_out_word(&o, &none);
    call(w, PC_ACC_COMMIT, &n,
         "Committed(uint64,uint32,uint32,uint16,uint64,bytes32,uint32,bytes32)", &o);
}

void world_join(struct world *w, uint32_t id, uint8_t fill)
{
    static const char joined[] = "Joined(uint32,address,bytes32,uint8,(bytes32,bytes32,address),"
                                 "bytes32,bytes32,address,bytes32[],uint96,string)";
    uint8_t buf[1024];
    struct evm_word key,
        none = {{0}}, record = evm_word_u64(1000 + id),
        topics[4] = {abi_topic(joined), evm_word_u64(id), evm_word_u64(0xabc), evm_word_u64(id)};
    struct evm_address account;
    struct abi_out o = abi_out_of(buf, sizeof buf, 10);
    struct bytes data;
    memset(key.b, fill, sizeof key.b);
    memset(account.b, fill, sizeof account.b);
    abi_out_u64(&o, 1);
    abi_out_word(&o, &key);
    abi_out_word(&o, &key);
    abi_out_addr(&o, &account);
    abi_out_word(&o, &record);
    abi_out_word(&o, &none);
    abi_out_addr(&o, &account);
    abi_out_array(&o, bytes_of(key.b, 32), 1);
    abi_out_word(&o, &none);
    abi_out_bytes(&o, PC_BYTES_STR("1.2.3.4:1:2"));
    assert_int_equal(abi_out_end(&o, &data), PC_OK);
    world_log(w, w->c->d.policy.node_registry, topics, 4, data);
    world_mine(w, 1);
}
