/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoints_test.c - against a real node (anvil) and two relays that misbehave on command.
 */
#include "chain/endpoints.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "chain/anvil_testkit.h"
#include "chain/head.h"
#include "chain/mpt.h"
#include "chain/slot.h"

/* Emits LOG1(topic = first word of calldata, data = calldata). */
static const char logger_code[] = "365f5f375f35365fa100";
static const struct evm_address contract = {{0xc0, 1}}, sender = {{0x5e, 2}};

static struct child node, other_node, relay[2];
static struct endpoints *ep;
static uint64_t now = 1000000;

static struct endpoints *make(unsigned k)
{
    const char *urls[] = {node.url, relay[0].url, relay[1].url};
    struct endpoints_config c = {
        .urls = urls, .m = 3, .k = k, .chain_id = PC_DEV_CHAIN_ID, .timeout_ms = 10000};
    struct endpoints *e;
    assert_int_equal(endpoints_new(&e, &c), PC_OK);
    return e;
}

static int start_all(void **state)
{
    (void)state;
    anvil_start(&node);
    anvil_start(&other_node);
    anvil_mine(&other_node, 5); /* another history from block 1 on: other times */
    anvil_set_code(&other_node, &contract, "00");
    anvil_mine(&other_node, 400);
    proxy_start(&relay[0], node.url, other_node.url);
    proxy_start(&relay[1], node.url, other_node.url);
    anvil_set_code(&node, &contract, logger_code);
    anvil_set_balance(&node, &sender, UINT64_MAX);
    anvil_mine(&node, 40);
    return 0;
}

static int stop_all(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        child_stop(&relay[i]);
    child_stop(&node);
    child_stop(&other_node);
    return 0;
}

static int fresh(void **state)
{
    (void)state;
    proxy_command(&relay[0], "honest");
    proxy_command(&relay[1], "honest");
    ep = make(0);
    return 0;
}

static int done(void **state)
{
    (void)state;
    endpoints_free(ep);
    return 0;
}

static enum endpoint_state state_of(unsigned i)
{
    return endpoints_status(ep, i)->state;
}

static void three_honest_endpoints_agree(void **state)
{
    (void)state;
    struct head_claim c;
    assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
    assert_int_equal(c.number, 38);
    assert_int_equal(c.agreed, 7);
    assert_int_equal(endpoints_latest(ep, now, 2, &c), PC_OK);
    assert_int_equal(c.number, 38);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(state_of(i), PC_EP_OK);
}

static void headers_lead_to_the_head(void **state)
{
    (void)state;
    static struct head_verifier v;
    static uint8_t buf[PC_HEADERS_PER_FETCH * 1024];
    struct head_policy p = {.chain_id = PC_DEV_CHAIN_ID, .kind = PC_HEAD_DEV};
    struct head_claim c;
    uint64_t number;
    struct evm_word hash;
    unsigned who;
    assert_int_equal(head_verifier_init(&v, &p), PC_OK);
    assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
    assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    for (unsigned round = 0; round < 2; round++) {
        while (head_verifier_wants(&v, &number, &hash)) {
            struct writer w = writer_of(buf, sizeof buf);
            assert_int_equal(endpoints_headers(ep, now, 0, number, 8, &w, &who), PC_OK);
            struct reader r = reader_of(bytes_of(buf, w.n));
            while (r.left != 0 && head_verifier_wants(&v, &number, &hash)) {
                enum err_code e = head_verifier_header(&v, read_bytes(&r, read_u16(&r)));
                assert_true(e == PC_OK || e == PC_E_RETRY);
            }
        }
        assert_true(evm_word_equal(&head_verifier_head(&v)->hash, &c.hash));
        anvil_mine(&node, 20);
        assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
        if (round == 0)
            assert_int_equal(head_verifier_claim(&v, &c), PC_E_RETRY);
    }
    /* headers below block 0 are not asked for */
    struct writer w = writer_of(buf, sizeof buf);
    assert_int_equal(endpoints_headers(ep, now, 0, 2, 8, &w, &who), PC_OK);
    struct reader r = reader_of(bytes_of(buf, w.n));
    unsigned n = 0;
    for (; r.left != 0; n++)
        (void)read_bytes(&r, read_u16(&r));
    assert_int_equal(n, 3);
    assert_int_equal(r.err, PC_OK);
    /* too little room: nothing is written */
    w = writer_of(buf, 700);
    assert_int_equal(endpoints_headers(ep, now, 0, 2, 8, &w, &who), PC_E_TOO_LARGE);
    assert_int_equal(w.n, 0);
    assert_int_equal(w.err, PC_OK);
}

/* Fetch a proof of `n` slots and verify all of it against the header's state root. */
static enum err_code prove(uint8_t avoid, struct evm_account *account, const struct evm_word *slots,
                           unsigned n, struct evm_word *values, unsigned *who)
{
    static uint8_t buf[(PC_PROOF_SLOTS_MAX + 1) * (PC_PROOF_LIST_MAX + 2)];
    static uint8_t hbuf[PC_HEADER_MAX];
    struct head_claim c;
    struct block_header h;
    PC_TRY(endpoints_head(ep, now, &c));
    struct writer w = writer_of(hbuf, sizeof hbuf);
    unsigned header_from;
    PC_TRY(endpoints_headers(ep, now, 0, c.number, 1, &w, &header_from));
    PC_TRY(header_decode(&h, bytes_of(hbuf + 2, w.n - 2)));
    assert_true(evm_word_equal(&h.hash, &c.hash));
    w = writer_of(buf, sizeof buf);
    PC_TRY(endpoints_proof(ep, now, avoid, c.number, &contract, slots, n, &w, who));
    struct reader r = reader_of(bytes_of(buf, w.n));
    PC_TRY(mpt_account(account, &h.state_root, &contract, read_bytes(&r, read_u16(&r))));
    for (unsigned i = 0; i < n; i++)
        PC_TRY(mpt_storage(&values[i], &account->storage_root, &slots[i],
                           read_bytes(&r, read_u16(&r))));
    return reader_end(&r);
}

static void proved_words_are_the_nodes_words(void **state)
{
    (void)state;
    struct evm_word slots[PC_PROOF_SLOTS_MAX], values[PC_PROOF_SLOTS_MAX];
    struct evm_account account;
    unsigned who;
    struct evm_word base = evm_word_u64(5), value;
    for (unsigned i = 0; i < PC_PROOF_SLOTS_MAX; i++) {
        slots[i] = slot_mapping_u64(&base, i);
        memset(value.b, (int)(i + 1), 32);
        memset(value.b, 0, i); /* shorter and shorter numbers */
        if (i % 4 != 3)        /* every fourth is absent */
            anvil_set_slot(&node, &contract, &slots[i], &value);
    }
    anvil_mine(&node, 3);
    assert_int_equal(prove(0, &account, slots, PC_PROOF_SLOTS_MAX, values, &who), PC_OK);
    assert_true(account.exists);
    for (unsigned i = 0; i < PC_PROOF_SLOTS_MAX; i++) {
        char params[256], address[41], slot[65];
        uint8_t want[32];
        hex_encode(address, PC_BYTES(contract.b));
        hex_encode(slot, PC_BYTES(slots[i].b));
        (void)snprintf(params, sizeof params, "[\"0x%s\",\"0x%s\",\"finalized\"]", address, slot);
        assert_int_equal(anvil_bytes(&node, want, 32, "eth_getStorageAt", params), 32);
        assert_memory_equal(values[i].b, want, 32);
        assert_int_equal(evm_word_is_zero(&values[i]), i % 4 == 3);
    }
}

static void a_refuted_proof_names_its_giver(void **state)
{
    (void)state;
    struct evm_word slot = evm_word_u64(77), value, seven = evm_word_u64(7);
    struct evm_account account;
    anvil_set_slot(&node, &contract, &slot, &seven);
    anvil_mine(&node, 3);
    proxy_command(&relay[0], "lie-proof");
    unsigned lies = 0, who;
    for (unsigned i = 0; i < 6; i++) {
        enum err_code e = prove(0, &account, &slot, 1, &value, &who);
        if (e == PC_OK) {
            assert_true(evm_word_equal(&value, &seven));
            assert_int_not_equal(who, 1);
            continue;
        }
        assert_int_equal(who, 1);
        assert_int_equal(pc_err_class(e), PC_ERR_CLASS_PEER);
        endpoints_blame(ep, who, now, e);
        lies++;
    }
    assert_int_equal(lies, 1); /* blamed once, it is not asked again */
    assert_int_equal(state_of(1), PC_EP_LYING);
}

static void send_log(uint64_t tag, struct evm_word *tx_hash)
{
    char params[512], from[41], to[41];
    hex_encode(from, PC_BYTES(sender.b));
    hex_encode(to, PC_BYTES(contract.b));
    (void)snprintf(params, sizeof params,
                   "[{\"from\":\"0x%s\",\"to\":\"0x%s\",\"gas\":\"0x30000\",\"data\":\"0x%064llx"
                   "abcdef\"}]",
                   from, to, (unsigned long long)tag);
    assert_int_equal(anvil_bytes(&node, tx_hash->b, 32, "eth_sendTransaction", params), 32);
}

static void logs_and_calldata(void **state)
{
    (void)state;
    static uint8_t buf[100000];
    char who_hex[41], params[64];
    struct evm_word tx[3];
    struct evm_address nobody = {{9}}, two[2] = {contract, nobody};
    unsigned count, who;
    hex_encode(who_hex, PC_BYTES(sender.b));
    (void)snprintf(params, sizeof params, "[\"0x%s\"]", who_hex);
    (void)anvil_call(&node, "anvil_impersonateAccount", params);
    const char *text = anvil_call(&node, "eth_blockNumber", "[]");
    uint64_t from = strtoull(text + 3, NULL, 16) + 1;
    for (unsigned i = 0; i < 3; i++) {
        send_log(100 + i, &tx[i]);
        if (i != 1) /* the last two share a block */
            anvil_mine(&node, 1);
    }
    anvil_mine(&node, 2);
    struct writer w = writer_of(buf, sizeof buf);
    assert_int_equal(endpoints_logs(ep, now, 0, from, from + 3, two, 2, &w, &count, &who), PC_OK);
    assert_int_equal(count, 3);
    struct reader r = reader_of(bytes_of(buf, w.n));
    for (unsigned i = 0; i < 3; i++) {
        struct log_record l;
        log_record_read(&r, &l);
        assert_int_equal(l.block, from + (i > 0));
        assert_int_equal(l.index, i == 2);
        assert_int_equal(l.n_topics, 1);
        assert_int_equal(l.topics[0].b[31], 100 + i);
        assert_int_equal(l.data.n, 35);
        assert_memory_equal(l.data.p + 32, "\xab\xcd\xef", 3);
        assert_memory_equal(l.tx_hash.b, tx[i].b, 32);
    }
    assert_int_equal(reader_end(&r), PC_OK);
    w = writer_of(buf, sizeof buf);
    assert_int_equal(endpoints_logs(ep, now, 0, from, from + 3, &nobody, 1, &w, &count, &who),
                     PC_OK);
    assert_int_equal(count, 0);
    assert_int_equal(endpoints_calldata(ep, now, 0, &tx[2], &w, &who), PC_OK);
    assert_int_equal(w.n, 35);
    assert_int_equal(buf[31], 102);
    struct evm_word unknown = evm_word_u64(1);
    w = writer_of(buf, sizeof buf);
    assert_int_equal(endpoints_calldata(ep, now, 0, &unknown, &w, &who), PC_E_RETRY);
    for (unsigned i = 0; i < 3; i++) /* not having it is no fault */
        assert_int_equal(state_of(i), PC_EP_OK);
    /* logs that are left out look like none: the running hash will tell */
    proxy_command(&relay[0], "drop-logs");
    assert_int_equal(endpoints_logs(ep, now, 5, from, from + 3, two, 2, &w, &count, &who), PC_OK);
    assert_true(count == 0 && who == 1);
}

static void a_whole_forged_block_is_outvoted_and_named(void **state)
{
    (void)state;
    struct head_claim c, honest;
    assert_int_equal(endpoints_head(ep, now, &honest), PC_OK);
    proxy_command(&relay[0], "lie");
    assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
    assert_true(evm_word_equal(&c.hash, &honest.hash));
    assert_int_equal(c.agreed, 5);
    assert_int_equal(state_of(1), PC_EP_LYING);
    assert_int_equal(endpoints_status(ep, 1)->err, PC_E_DISAGREE);
    /* two that lie alike win the vote: the head verifier and gossip are for that; k = 3 is not won
     */
    proxy_command(&relay[1], "lie");
    endpoints_free(ep);
    ep = make(3);
    assert_int_equal(endpoints_head(ep, now, &c), PC_E_DISAGREE);
    assert_int_equal(c.number, 0);
}

static void a_header_without_its_hash_is_a_lie(void **state)
{
    (void)state;
    struct head_claim c;
    proxy_command(&relay[1], "lie-hash");
    assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
    assert_int_equal(c.agreed, 3);
    assert_int_equal(state_of(2), PC_EP_LYING);
    assert_int_equal(endpoints_status(ep, 2)->err, PC_E_MISMATCH);
    /* left alone for half a minute, then asked again */
    proxy_command(&relay[1], "honest");
    assert_int_equal(endpoints_head(ep, now + 29999, &c), PC_OK);
    assert_int_equal(state_of(2), PC_EP_LYING);
    assert_int_equal(endpoints_head(ep, now + 30000, &c), PC_OK);
    assert_int_equal(state_of(2), PC_EP_OK);
    assert_int_equal(endpoints_status(ep, 2)->lies, 1);
}

static void lag_is_seen_and_does_not_hold_up(void **state)
{
    (void)state;
    struct head_claim c, before;
    assert_int_equal(endpoints_head(ep, now, &before), PC_OK);
    proxy_command(&relay[0], "lag 5");
    assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
    assert_int_equal(c.number, before.number);
    assert_int_equal(c.agreed, 5);
    assert_int_equal(state_of(1), PC_EP_OK); /* a little late is well */
    proxy_command(&relay[0], "lag 17");
    assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
    assert_int_equal(state_of(1), PC_EP_LAGGING);
    /* two behind: the highest number that two have reached is what the second one shows */
    proxy_command(&relay[1], "lag 3");
    assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
    assert_int_equal(c.number, before.number - 3);
    assert_int_equal(c.agreed, 5);
}

static void death_is_survived_and_named(void **state)
{
    (void)state;
    struct head_claim c;
    proxy_command(&relay[0], "die");
    assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
    assert_int_equal(c.agreed, 5);
    assert_int_equal(state_of(1), PC_EP_FAILING);
    /* two of three dead: nothing is known, and nothing is answered */
    proxy_command(&relay[1], "die");
    assert_int_equal(endpoints_head(ep, now, &c), PC_E_RETRY);
    assert_int_equal(c.number, 0);
    assert_int_equal(state_of(2), PC_EP_FAILING);
    /* asked again after their pause, they count again */
    proxy_command(&relay[0], "honest");
    proxy_command(&relay[1], "honest");
    assert_int_equal(endpoints_head(ep, now + 1, &c), PC_E_RETRY);
    assert_int_equal(endpoints_head(ep, now + 120000, &c), PC_OK);
    assert_int_equal(c.agreed, 7);
}

static void another_chain_or_history_is_not_believed(void **state)
{
    (void)state;
    struct head_claim c, honest;
    assert_int_equal(endpoints_head(ep, now, &honest), PC_OK);
    proxy_command(&relay[0], "reorg");
    assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
    assert_true(evm_word_equal(&c.hash, &honest.hash));
    assert_int_equal(state_of(1), PC_EP_LYING);
    /* the id of the chain is asked each time */
    const char *urls[] = {node.url, relay[1].url, relay[0].url};
    struct endpoints_config wrong = {.urls = urls, .m = 3, .chain_id = 5, .timeout_ms = 10000};
    endpoints_free(ep);
    assert_int_equal(endpoints_new(&ep, &wrong), PC_OK);
    assert_int_equal(endpoints_head(ep, now, &c), PC_E_RETRY);
    assert_int_equal(state_of(0), PC_EP_LYING);
    assert_int_equal(state_of(1), PC_EP_LYING);
}

static void a_rewritten_finalized_block_stops_the_verifier(void **state)
{
    (void)state;
    static struct head_verifier v;
    static uint8_t buf[PC_HEADERS_PER_FETCH * 1024];
    struct head_policy p = {.chain_id = PC_DEV_CHAIN_ID, .kind = PC_HEAD_DEV};
    struct head_claim c;
    unsigned who;
    assert_int_equal(head_verifier_init(&v, &p), PC_OK);
    enum err_code e = PC_E_RETRY;
    for (unsigned round = 0; round < 2 && e != PC_E_DISAGREE; round++) {
        uint64_t number;
        struct evm_word hash;
        assert_int_equal(endpoints_head(ep, now, &c), PC_OK);
        e = head_verifier_claim(&v, &c);
        while (e == PC_E_RETRY && head_verifier_wants(&v, &number, &hash)) {
            struct writer w = writer_of(buf, sizeof buf);
            assert_int_equal(endpoints_headers(ep, now, 0, number, 1, &w, &who), PC_OK);
            e = head_verifier_header(&v, bytes_of(buf + 2, w.n - 2));
        }
        if (round == 0) {
            assert_int_equal(e, PC_OK);
            (void)anvil_call(&node, "anvil_reorg", "[6,[]]");
            anvil_mine(&node, 4);
        }
    }
    assert_int_equal(e, PC_E_DISAGREE);
    assert_int_equal(head_verifier_may_release(&v), PC_E_DISAGREE);
}

static void configurations(void **state)
{
    (void)state;
    struct endpoints *e;
    const char *urls[] = {"http://127.0.0.1:1", "http://127.0.0.1:2", "http://127.0.0.1:3"};
    const char *twice[] = {"http://127.0.0.1:1", "http://127.0.0.1:1"};
    const char *file[] = {"file:///etc/passwd"};
    struct endpoints_config c = {.urls = urls, .m = 3, .chain_id = 1, .timeout_ms = 10};
    assert_int_equal(endpoints_new(&e, &c), PC_OK);
    endpoints_free(e);
    c.m = 2; /* off development chains three at least, and the majority */
    assert_int_equal(endpoints_new(&e, &c), PC_E_USAGE);
    c.m = 3, c.k = 1;
    assert_int_equal(endpoints_new(&e, &c), PC_E_USAGE);
    c.k = 4;
    assert_int_equal(endpoints_new(&e, &c), PC_E_USAGE);
    c = (struct endpoints_config){.urls = twice, .m = 2, .chain_id = 31337, .timeout_ms = 10};
    assert_int_equal(endpoints_new(&e, &c), PC_E_USAGE);
    c = (struct endpoints_config){.urls = file, .m = 1, .chain_id = 31337, .timeout_ms = 10};
    assert_int_equal(endpoints_new(&e, &c), PC_E_USAGE);
    assert_null(e);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)
    const struct CMUnitTest tests[] = {
        TEST(three_honest_endpoints_agree),
        TEST(headers_lead_to_the_head),
        TEST(proved_words_are_the_nodes_words),
        TEST(a_refuted_proof_names_its_giver),
        TEST(logs_and_calldata),
        TEST(a_whole_forged_block_is_outvoted_and_named),
        TEST(a_header_without_its_hash_is_a_lie),
        TEST(lag_is_seen_and_does_not_hold_up),
        TEST(death_is_survived_and_named),
        TEST(another_chain_or_history_is_not_believed),
        TEST(a_rewritten_finalized_block_stops_the_verifier),
        cmocka_unit_test(configurations),
    };
    if (!anvil_available())
        return 77;
    return cmocka_run_group_tests(tests, start_all, stop_all);
}
