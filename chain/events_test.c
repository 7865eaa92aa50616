/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/abi.h"
#include "chain/app_policy.h"
#include "chain/board.h"
#include "chain/events_int.h"
#include "chain/signatures.h"
#include "crypto/ids.h"
#include "crypto/labels.h"

static const struct event_sources sources = {.epochs = {{1}},
                                             .node_registry = {{2}},
                                             .attestations = {{3}},
                                             .measurements = {{4}},
                                             .apps = {{5}}};

/* A log under construction: indexed words by `index_*`, data by abi_out. */
struct made {
    struct log_record log;
    uint8_t buf[20000];
    struct abi_out data;
};

static struct made m;

static void begin(const struct evm_address *from, const char *signature, size_t words)
{
    memset(&m.log, 0, sizeof m.log);
    m.log.address = *from;
    m.log.topics[0] = abi_topic(signature);
    m.log.n_topics = 1;
    m.data = abi_out_of(m.buf, sizeof m.buf, words);
}

static void topic(uint64_t v)
{
    m.log.topics[m.log.n_topics++] = evm_word_u64(v);
}

static enum err_code decode(struct event *e)
{
    assert_int_equal(abi_out_end(&m.data, &m.log.data), PC_OK);
    return event_decode(e, &sources, &m.log);
}

/* Truncated, prolonged, with a topic more or less, of another address: never an event. */
static void hammer(void)
{
    struct event e;
    struct bytes data = m.log.data;
    for (size_t n = 0; n < data.n; n++) {
        m.log.data.n = n;
        assert_int_equal(pc_err_class(event_decode(&e, &sources, &m.log)), PC_ERR_CLASS_PEER);
    }
    memset(m.buf + data.n, 0, 32);
    m.log.data.n = data.n + 32;
    assert_int_equal(event_decode(&e, &sources, &m.log), PC_E_TRAILING);
    m.log.data = data;
    m.log.n_topics--;
    enum err_code want = m.log.n_topics == 0 ? PC_E_NOT_FOUND : PC_E_MALFORMED;
    assert_int_equal(event_decode(&e, &sources, &m.log), want);
    m.log.n_topics += 2;
    if (m.log.n_topics <= 4)
        assert_int_equal(event_decode(&e, &sources, &m.log), PC_E_MALFORMED);
    m.log.n_topics--;
    m.log.address.b[19] ^= 1;
    assert_int_equal(event_decode(&e, &sources, &m.log), PC_E_NOT_FOUND);
    m.log.address.b[19] ^= 1;
    /* every length field at its extremes */
    for (size_t at = 0; at + 32 <= data.n; at += 32) {
        uint8_t was[32];
        memcpy(was, m.buf + at, 32);
        static const uint8_t fill[] = {0x7f, 0x80, 0xff};
        for (size_t i = 0; i < sizeof fill; i++) {
            memset(m.buf + at, fill[i], 32);
            enum err_code e2 = event_decode(&e, &sources, &m.log);
            assert_true(e2 == PC_OK || pc_err_class(e2) == PC_ERR_CLASS_PEER);
        }
        memcpy(m.buf + at, was, 32);
    }
    assert_int_equal(event_decode(&e, &sources, &m.log), PC_OK);
}

static void the_table_is_the_compilers(void **state)
{
    (void)state;
    const char *contract, *signature;
    unsigned indexed;
    char line[400];
    for (size_t i = 0; event_table_line(i, &contract, &signature, &indexed); i++) {
        bool found = false;
        (void)snprintf(line, sizeof line, "%s %s %u", contract, signature, indexed);
        for (size_t j = 0; j < PC_ARRAY_LEN(contract_events); j++)
            found |= strcmp(contract_events[j], line) == 0;
        if (!found)
            fail_msg("no contract has the event %s", line);
    }
    (void)contract_functions;
}

static void make_announced(void)
{
    begin(&sources.epochs, "Announced(uint64,uint32,uint256,uint256)", 2);
    topic(1);
    topic(2);
    abi_out_u64(&m.data, 100);
    abi_out_u64(&m.data, 110);
}

static void make_opened(uint16_t n, uint16_t t, uint16_t ids)
{
    static const char sig[] = "Opened(uint64,uint32,uint16,uint16,bool,uint8,uint32,bytes32,bytes,"
                              "uint32[],uint32[])";
    uint8_t list[32 * 300] = {0};
    struct evm_word root = evm_word_u64(0xabc);
    begin(&sources.epochs, sig, 9);
    topic(1);
    topic(2);
    abi_out_u64(&m.data, n);
    abi_out_u64(&m.data, t);
    abi_out_bool(&m.data, false);
    abi_out_u64(&m.data, 1);
    abi_out_u64(&m.data, 1);
    abi_out_word(&m.data, &root);
    abi_out_bytes(&m.data, bytes_of(list, 39));
    for (unsigned i = 0; i < ids; i++)
        list[32 * i + 31] = (uint8_t)(i + 1);
    abi_out_array(&m.data, bytes_of(list, 32u * ids), ids);
    memset(list, 0, sizeof list);
    abi_out_array(&m.data, bytes_of(list, 32u * ids), ids);
}

static void make_commit(uint16_t index)
{
    static const char sig[] =
        "Committed(uint64,uint32,uint32,uint16,uint64,bytes32,uint32,bytes32)";
    struct evm_word hash = evm_word_u64(0x77), acc = {{0xac}};
    begin(&sources.epochs, sig, 5);
    topic(1);
    topic(2);
    topic(40 + index);
    abi_out_u64(&m.data, index);
    abi_out_u64(&m.data, 1000 + index);
    abi_out_word(&m.data, &hash);
    abi_out_u64(&m.data, 4096);
    abi_out_word(&m.data, &acc);
}

static void make_enrolled(size_t pop, size_t sig)
{
    uint8_t bytes[200];
    struct evm_word ek = evm_word_u64(5), keys = evm_word_u64(6), acc = {{0}};
    memset(bytes, 0x5a, sizeof bytes);
    begin(&sources.epochs,
          "Enrolled(uint64,uint32,uint32,uint64,bytes32,bytes,bytes32,bytes,bytes32)", 6);
    topic(1);
    topic(2);
    topic(9);
    abi_out_u64(&m.data, 77);
    abi_out_word(&m.data, &ek);
    abi_out_bytes(&m.data, bytes_of(bytes, pop));
    abi_out_word(&m.data, &keys);
    abi_out_bytes(&m.data, bytes_of(bytes, sig));
    abi_out_word(&m.data, &acc);
}

static void epochs_events(void **state)
{
    (void)state;
    static struct event e;
    make_announced();
    assert_int_equal(decode(&e), PC_OK);
    assert_true(e.kind == PC_EV_ANNOUNCED && e.epoch == 1 && e.attempt == 2);
    assert_true(e.u.announced.enrol_until == 100 && e.u.announced.open_until == 110);
    hammer();
    make_opened(6, 4, 6);
    assert_int_equal(decode(&e), PC_OK);
    assert_true(e.u.opened.n == 6 && e.u.opened.ids[5] == 6 && e.u.opened.key_list.n == 39);
    hammer();
    make_opened(256, 129, 256);
    assert_int_equal(decode(&e), PC_OK);
    make_opened(6, 4, 5); /* fewer ids than seats */
    assert_int_equal(decode(&e), PC_E_MALFORMED);
    make_opened(6, 7, 6); /* T over n */
    assert_int_equal(decode(&e), PC_E_MALFORMED);
    make_opened(6, 0, 6);
    assert_int_equal(decode(&e), PC_E_MALFORMED);
    make_opened(257, 200, 257);
    assert_int_equal(decode(&e), PC_E_TOO_LARGE);
    make_commit(3);
    assert_int_equal(decode(&e), PC_OK);
    assert_true(e.index == 3 && e.id == 43 && e.u.ncall.call.length == 4096);
    assert_true(e.u.ncall.call.seq == 1003 && e.u.ncall.call.kind == PC_NCALL_COMMIT);
    hammer();
    make_commit(0);
    assert_int_equal(decode(&e), PC_E_MALFORMED);
    make_commit(257);
    assert_int_equal(decode(&e), PC_E_MALFORMED);
    make_enrolled(64, 65);
    assert_int_equal(decode(&e), PC_OK);
    assert_true(e.u.ncall.call.bytes.n == 64 && e.u.ncall.signature.b[64] == 0x5a);
    hammer();
    make_enrolled(64, 64);
    assert_int_equal(decode(&e), PC_E_MALFORMED);
    make_enrolled(PC_NCALL_BYTES_MAX + 1, 65);
    assert_int_equal(decode(&e), PC_E_TOO_LARGE);
}

static void an_activation_and_its_preimage(void **state)
{
    (void)state;
    static struct event e;
    uint8_t pk[64] = {1}, y[64] = {2}, preimage[1024], sum[32];
    size_t n;
    struct dkg_transcript_fields f = {.pk = pk, .y_hash = y, .n_keys = 2, .t = 4};
    f.sid[0] = 9;
    f.qual[31] = 0x3f;
    assert_true(id_dkg_preimage(preimage, sizeof preimage, &n, &f));
    id_dkg_transcript(sum, &f);
    for (unsigned variant = 0; variant < 3; variant++) {
        struct evm_word transcript = evm_word_of(sum);
        begin(&sources.epochs, "Activated(uint64,uint32,bytes32,uint256,bytes)", 3);
        topic(1);
        topic(2);
        transcript.b[0] ^= variant == 1; /* not the hash of the preimage */
        abi_out_word(&m.data, &transcript);
        abi_out_u64(&m.data, 0x3f);
        abi_out_bytes(&m.data, bytes_of(preimage, variant == 2 ? n - 32 : n));
        enum err_code want = variant == 0 ? PC_OK : PC_E_MISMATCH;
        assert_int_equal(decode(&e), want);
        if (variant != 0)
            continue;
        assert_true(e.u.activated.n_keys == 2 && e.u.activated.t == 4);
        assert_true(e.u.activated.sid.b[0] == 9 && e.u.activated.qual.b[31] == 0x3f);
        assert_memory_equal(e.u.activated.pk[0].b, pk, 32);
        assert_memory_equal(e.u.activated.y_hash[0].b, y, 32);
        hammer();
    }
}

static void registry_events(void **state)
{
    (void)state;
    static struct event e;
    struct evm_word w = evm_word_u64(3);
    struct evm_address a = {{7}};
    begin(&sources.node_registry,
          "Joined(uint32,address,bytes32,uint8,(bytes32,bytes32,address),bytes32,bytes32,address,"
          "bytes32[],uint96,string)",
          10);
    topic(12);
    topic(0xabc);
    topic(0xdef);
    abi_out_u64(&m.data, 1);
    abi_out_word(&m.data, &w);
    abi_out_word(&m.data, &w);
    abi_out_addr(&m.data, &a);
    abi_out_word(&m.data, &w);
    abi_out_word(&m.data, &w);
    abi_out_addr(&m.data, &a);
    abi_out_array(&m.data, bytes_of(w.b, 32), 1);
    abi_out_u64(&m.data, 1000);
    abi_out_bytes(&m.data, PC_BYTES_STR("host:1:2"));
    assert_int_equal(decode(&e), PC_OK);
    assert_true(e.id == 12 && e.u.joined.n_domains == 1 && e.u.joined.endpoint.n == 8);
    assert_true(e.u.joined.owner.b[19] == 0xbc && e.u.joined.keys.account.b[0] == 7);
    hammer();
    begin(&sources.measurements, "MeasurementAdded(bytes32,uint16,uint8,uint40,bytes32,bytes32)",
          4);
    topic(99);
    topic(1);
    for (unsigned i = 0; i < 4; i++)
        abi_out_u64(&m.data, 1 + i);
    assert_int_equal(decode(&e), PC_OK);
    assert_true(e.u.measurement.index == 1 && e.u.measurement.from == 2);
    hammer();
    begin(&sources.node_registry, "NodeRevoked(uint32)", 0);
    topic(4);
    assert_int_equal(decode(&e), PC_OK);
    assert_int_equal(e.id, 4);
    /* a topic that no node reads, and a log without one */
    begin(&sources.node_registry, "Transfer(address,address,uint256)", 0);
    assert_int_equal(decode(&e), PC_E_NOT_FOUND);
    m.log.n_topics = 0;
    assert_int_equal(decode(&e), PC_E_NOT_FOUND);
}

static void running_hashes(void **state)
{
    (void)state;
    static struct event e;
    struct board b;
    board_init(&b);
    make_commit(1);
    assert_int_equal(decode(&e), PC_OK);
    assert_int_equal(board_event(&b, &e), PC_E_SEQUENCE); /* no open() was seen */
    struct evm_word w;
    assert_int_equal(board_check(&b, PC_ACC_COMMIT, &(struct evm_word){{0}}), PC_E_SEQUENCE);
    make_announced();
    assert_int_equal(decode(&e), PC_OK);
    assert_int_equal(board_event(&b, &e), PC_OK);
    struct evm_word one = evm_word_u64(1), two = evm_word_u64(2), enrol;
    evm_keccak_pair(&enrol, &one, &two);
    assert_int_equal(board_check(&b, PC_ACC_ENROL, &enrol), PC_OK);
    make_opened(6, 4, 6);
    assert_int_equal(decode(&e), PC_OK);
    assert_int_equal(board_event(&b, &e), PC_OK);
    w = evm_word_u64(0xabc);
    assert_int_equal(board_check(&b, PC_ACC_COMMIT, &w), PC_OK);
    for (uint16_t i = 1; i <= 3; i++) {
        struct evm_word h;
        make_commit(i);
        assert_int_equal(decode(&e), PC_OK);
        ncall_struct_hash(&h, &e.u.ncall.call);
        evm_keccak_pair(&w, &w, &h);
        assert_int_equal(board_event(&b, &e), PC_OK);
    }
    assert_int_equal(board_check(&b, PC_ACC_COMMIT, &w), PC_OK);
    /* one left out, or two exchanged */
    struct board c;
    for (unsigned variant = 0; variant < 2; variant++) {
        static const uint16_t orders[2][3] = {{1, 3, 0}, {2, 1, 3}};
        c = b;
        make_opened(6, 4, 6);
        assert_int_equal(decode(&e), PC_OK);
        assert_int_equal(board_event(&c, &e), PC_OK);
        for (unsigned i = 0; i < 3 && orders[variant][i] != 0; i++) {
            make_commit(orders[variant][i]);
            assert_int_equal(decode(&e), PC_OK);
            assert_int_equal(board_event(&c, &e), PC_OK);
        }
        assert_int_equal(board_check(&c, PC_ACC_COMMIT, &w), PC_E_MISMATCH);
    }
    /* votes were not touched */
    w = evm_word_u64(0xabc);
    assert_int_equal(board_check(&b, PC_ACC_VOTE, &w), PC_OK);
    assert_int_equal(board_check(&b, PC_ACC_READY_EVEN, &w), PC_E_SEQUENCE); /* epoch 1 is odd */
    assert_int_equal(board_check(&b, PC_ACC_READY_ODD, &w), PC_OK);
}

/* An application's policy with two approvals and two minimum TCBs. */
static struct bytes policy_bytes(uint8_t *buf, size_t cap, bool swapped, size_t tcb_len)
{
    struct evm_word tag = evm_word_of(pc_tag_policy), root = evm_word_u64(8);
    uint8_t approvals[192] = {0}, raw[100] = {9};
    approvals[31] = swapped ? 3 : 2;
    approvals[96 + 31] = swapped ? 2 : 3;
    approvals[63] = 50; /* active from */
    struct abi_out top = abi_out_of(buf, cap, 2);
    abi_out_word(&top, &tag);
    struct abi_out p = abi_out_tuple(&top, 10);
    static const uint64_t numbers[] = {2, 1, 3600, 1, 4, 100, 1000};
    for (size_t i = 0; i < PC_ARRAY_LEN(numbers); i++)
        abi_out_u64(&p, numbers[i]);
    abi_out_word(&p, &root);
    abi_out_array(&p, PC_BYTES(approvals), 2);
    struct abi_out list = abi_out_tuples(&p, 2);
    for (unsigned i = 0; i < 2; i++) {
        struct abi_out item = abi_out_tuple(&list, 3);
        struct evm_word product = evm_word_u64(10 + i);
        abi_out_u64(&item, 1);
        abi_out_word(&item, &product);
        abi_out_bytes(&item, bytes_of(raw, tcb_len));
        abi_out_join(&list, &item);
    }
    abi_out_join(&p, &list);
    abi_out_join(&top, &p);
    struct bytes out;
    assert_int_equal(abi_out_end(&top, &out), PC_OK);
    return out;
}

static void application_policies(void **state)
{
    (void)state;
    static uint8_t buf[4096];
    static struct app_policy p;
    struct evm_word hash, key;
    struct bytes b = policy_bytes(buf, sizeof buf, false, 18);
    evm_keccak(&hash, b);
    assert_int_equal(app_policy_decode(&p, b, &hash), PC_OK);
    assert_true(p.vendor_mask == 2 && p.accept_unplaced && p.max_age == 3600);
    assert_true(p.version_lo == 1 && p.version_hi == 4 && p.app_quota == 1000);
    assert_true(p.n_approvals == 2 && p.n_min_tcbs == 2);
    key = evm_word_u64(2);
    assert_int_equal(app_policy_approval(&p, &key)->active_from, 50);
    key = evm_word_u64(4);
    assert_null(app_policy_approval(&p, &key));
    key = evm_word_u64(11);
    assert_int_equal(app_policy_min_tcb(&p, 1, &key)->len, 18);
    assert_null(app_policy_min_tcb(&p, 2, &key));
    hash.b[0] ^= 1;
    assert_int_equal(app_policy_decode(&p, b, &hash), PC_E_MISMATCH);
    assert_int_equal(p.n_approvals, 0);
    /* whatever a contract could have hashed: read or refused */
    for (size_t n = 0; n < b.n; n++) {
        evm_keccak(&hash, bytes_of(buf, n));
        assert_int_not_equal(app_policy_decode(&p, bytes_of(buf, n), &hash), PC_OK);
    }
    unsigned read = 0;
    for (size_t i = 0; i < b.n * 8; i++) {
        buf[i / 8] ^= 1 << (i % 8);
        evm_keccak(&hash, b);
        read += app_policy_decode(&p, b, &hash) == PC_OK;
        buf[i / 8] ^= 1 << (i % 8);
    }
    assert_true(read > 0 && read < b.n * 4);
    b = policy_bytes(buf, sizeof buf, true, 18); /* not ascending */
    evm_keccak(&hash, b);
    assert_int_equal(app_policy_decode(&p, b, &hash), PC_E_MALFORMED);
    b = policy_bytes(buf, sizeof buf, false, PC_APP_TCB_MAX + 1);
    evm_keccak(&hash, b);
    assert_int_equal(app_policy_decode(&p, b, &hash), PC_E_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_the_compilers),
        cmocka_unit_test(epochs_events),
        cmocka_unit_test(an_activation_and_its_preimage),
        cmocka_unit_test(registry_events),
        cmocka_unit_test(running_hashes),
        cmocka_unit_test(application_policies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
