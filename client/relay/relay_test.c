/* SPDX-License-Identifier: Apache-2.0 */
/*
 * relay_test.c - the paying account against a real node (anvil), which mines when the test says so.
 */
#include "client/relay/relay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/hex.h"
#include "chain/abi.h"
#include "chain/anvil_testkit.h"

#define STUCK 30

static const struct evm_address epochs = {{0xe0, 1}}, stranger = {{0x57, 2}};
static const char accepts[] = "00";                 /* STOP */
static const char reverts[] = "63%s5f526004601cfd"; /* revert with a selector */

static struct child node;
static struct relay relay;
static char state_path[64];
static struct relay_clock now;

/* Answers, in order. */
static struct {
    struct relay_result res;
    uint64_t id;
    const void *who;
} got[32];
static size_t n_got;

static void on_answer(void *ctx, const void *who, uint64_t id, const struct relay_result *res)
{
    (void)ctx;
    assert_true(n_got < PC_ARRAY_LEN(got));
    got[n_got].res = *res;
    got[n_got].id = id;
    got[n_got++].who = who;
}

static void open_relay(void)
{
    static const char *urls[1];
    urls[0] = node.url;
    struct endpoints_config ec = {
        .urls = urls, .m = 1, .chain_id = 31337, .timeout_ms = 10000, .fetch_only = true};
    memset(&relay, 0, sizeof relay);
    for (unsigned i = 0; i < 32; i++)
        relay.sk.b[i] = (uint8_t)(i + 1);
    assert_int_equal(evm_address_of(&relay.chain.payer, &relay.sk), PC_OK);
    assert_int_equal(endpoints_new(&relay.chain.endpoints, &ec), PC_OK);
    assert_int_equal(relay_queue_open(&relay.queue, state_path, 31337, &relay.chain.payer), PC_OK);
    relay.rules.epochs = epochs;
    relay.rng = rng_system();
    relay.chain_id = 31337;
    relay.fee_cap = 200000000000;
    relay.stuck_s = STUCK;
    relay.answer = on_answer;
    n_got = 0;
}

static void close_relay(void)
{
    relay_queue_close(&relay.queue);
    endpoints_free(relay.chain.endpoints);
}

static int fresh(void **state)
{
    (void)state;
    char dir[] = "/tmp/relay_test_XXXXXX";
    assert_non_null(mkdtemp(dir));
    (void)snprintf(state_path, sizeof state_path, "%s/state", dir);
    now = (struct relay_clock){1000000, 5000};
    anvil_start(&node);
    anvil_set_code(&node, &epochs, accepts);
    open_relay();
    anvil_set_balance(&node, &relay.chain.payer, 10000000000000000000u);
    anvil_mine(&node, 2);
    return 0;
}

static int done(void **state)
{
    (void)state;
    close_relay();
    child_stop(&node);
    unlink(state_path);
    *strrchr(state_path, '/') = '\0';
    rmdir(state_path);
    return 0;
}

static void submit(const char *signature, uint64_t id)
{
    struct abi_selector s = abi_selector(signature);
    relay_submit(&relay, &now, &relay, id, &epochs, bytes_of(s.b, 4));
}

static uint64_t account_nonce(void)
{
    struct relay_account a;
    relay.chain.now_ms = now.monotonic_ms;
    assert_int_equal(relay_chain_account(&relay.chain, &a), PC_OK);
    return a.nonce;
}

static void expect(size_t i, uint64_t id, enum relay_result_kind kind, const char *text)
{
    assert_true(i < n_got);
    assert_int_equal(got[i].id, id);
    assert_int_equal(got[i].res.kind, kind);
    assert_memory_equal(got[i].res.text, text, strlen(text));
}

static void revert_with(const char *error)
{
    char hex[9], code[64];
    struct abi_selector s = abi_selector(error);
    hex_encode(hex, PC_BYTES(s.b));
    (void)snprintf(code, sizeof code, reverts, hex);
    anvil_set_code(&node, &epochs, code);
}

static void a_listed_call_is_mined(void **state)
{
    (void)state;
    submit("announce()", 1);
    assert_int_equal(n_got, 0);
    assert_int_equal(relay.queue.n, 1);
    relay_tick(&relay, &now);
    assert_int_equal(n_got, 0); /* no block yet, no answer */
    anvil_mine(&node, 1);
    relay_tick(&relay, &now);
    expect(0, 1, PC_RELAY_MINED, "");
    assert_true(got[0].res.block == 3 && got[0].res.gas_used > 21000);
    assert_false(evm_word_is_zero(&got[0].res.tx_hash));
    assert_int_equal(relay.queue.n, 0);
    assert_int_equal(account_nonce(), 1);
    /* what the transaction did not use is back in the budget */
    assert_true(relay_budget_left(&relay.queue.budget, PC_RELAY_PHASE, now.unix_s) ==
                relay.queue.budget.limit[PC_RELAY_PHASE] - got[0].res.gas_used);
}

static void what_would_revert_is_not_sent(void **state)
{
    (void)state;
    revert_with("NothingDue()");
    submit("open()", 7);
    expect(0, 7, PC_RELAY_REVERTS, "NothingDue");
    revert_with("CommittedBefore(uint32)");
    submit("open()", 8);
    expect(1, 8, PC_RELAY_KNOWN, "CommittedBefore");
    anvil_mine(&node, 1);
    assert_int_equal(account_nonce(), 0);
    assert_int_equal(relay.queue.n, 0);
}

static void what_is_not_listed_costs_no_question(void **state)
{
    (void)state;
    struct abi_selector s = abi_selector("transfer(address,uint256)");
    child_stop(&node); /* not even the endpoint is asked */
    submit("slash(uint64)", 1);
    expect(0, 1, PC_RELAY_REFUSED, "selector_not_allowed");
    relay_submit(&relay, &now, &relay, 2, &stranger, bytes_of(s.b, 4));
    expect(1, 2, PC_RELAY_REFUSED, "to_not_allowed");
    relay_submit(&relay, &now, &relay, 3, &epochs, bytes_of(NULL, 0));
    expect(2, 3, PC_RELAY_REFUSED, "short_call");
    submit("announce()", 4);
    expect(3, 4, PC_RELAY_RETRY, "endpoints_unusable");
}

static void the_same_call_is_sent_once(void **state)
{
    (void)state;
    int second;
    struct abi_selector s = abi_selector("announce()");
    submit("announce()", 1);
    relay_submit(&relay, &now, &second, 2, &epochs, bytes_of(s.b, 4));
    submit("open()", 3);
    assert_int_equal(relay.queue.n, 2);
    relay_forget(&relay, &second);
    anvil_mine(&node, 1);
    relay_tick(&relay, &now);
    assert_int_equal(n_got, 2); /* the one that left is not answered */
    expect(0, 1, PC_RELAY_MINED, "");
    expect(1, 3, PC_RELAY_MINED, "");
    assert_int_equal(account_nonce(), 2);
}

/* Drop the node's pool, as a node under load does. */
static void drop_pool(void)
{
    (void)anvil_call(&node, "anvil_dropAllTransactions", "[]");
}

static void what_is_stuck_is_replaced_under_its_nonce(void **state)
{
    (void)state;
    submit("announce()", 1);
    uint64_t first_fee = relay.queue.at[0].max_fee;
    now.unix_s += STUCK - 1;
    relay_tick(&relay, &now);
    assert_int_equal(relay.queue.at[0].versions, 1);
    now.unix_s += 1;
    relay_tick(&relay, &now);
    assert_int_equal(relay.queue.at[0].versions, 2);
    assert_true(relay.queue.at[0].max_fee >= first_fee + first_fee / 8);
    drop_pool();
    now.unix_s += STUCK;
    relay_tick(&relay, &now); /* the pool forgot it: it is there again */
    struct evm_word newest = relay.queue.at[0].hash[relay.queue.at[0].versions - 1];
    anvil_mine(&node, 1);
    relay_tick(&relay, &now);
    expect(0, 1, PC_RELAY_MINED, "");
    assert_true(evm_word_equal(&got[0].res.tx_hash, &newest));
    assert_int_equal(account_nonce(), 1);
}

static void fees_end_at_the_cap(void **state)
{
    (void)state;
    submit("announce()", 1);
    uint64_t fee = relay.queue.at[0].max_fee;
    relay.fee_cap = fee + fee / 4;
    for (unsigned i = 0; i < 10; i++) {
        now.unix_s += STUCK;
        relay_tick(&relay, &now);
        assert_true(relay.queue.at[0].max_fee <= relay.fee_cap);
        assert_true(relay.queue.at[0].tip <= relay.queue.at[0].max_fee);
    }
    relay.fee_cap = 1000; /* below any base fee */
    submit("open()", 2);
    expect(0, 2, PC_RELAY_RETRY, "fee_over_cap");
}

/* A crash after each step: the file alone carries on. */
static void a_crash_loses_and_doubles_nothing(void **state)
{
    (void)state;
    submit("announce()", 1);
    submit("open()", 2);
    close_relay(); /* as after kill -9: nothing more is written */
    drop_pool();
    open_relay();
    assert_int_equal(relay.queue.n, 2);
    relay_resume(&relay, &now);
    submit("fail()", 3); /* a new call takes the nonce behind both */
    assert_int_equal(relay.queue.at[2].nonce, 2);
    anvil_mine(&node, 1);
    relay_tick(&relay, &now);
    expect(0, 3, PC_RELAY_MINED, "");
    assert_int_equal(relay.queue.n, 0);
    assert_int_equal(account_nonce(), 3);
    /* mined while the relay was down */
    submit("announce()", 4);
    close_relay();
    anvil_mine(&node, 1);
    open_relay();
    relay_resume(&relay, &now);
    assert_int_equal(relay.queue.n, 0);
    assert_int_equal(account_nonce(), 4);
}

static void a_state_that_cannot_be_written_sends_nothing(void **state)
{
    (void)state;
    (void)snprintf(relay.queue.path, sizeof relay.queue.path, "/nonexistent/state");
    submit("announce()", 1);
    anvil_mine(&node, 1);
    assert_int_equal(account_nonce(), 0);
    assert_int_equal(n_got, 1);
    expect(0, 1, PC_RELAY_RETRY, "not_sent");
    assert_int_equal(relay.queue.n, 0);
}

static void a_nonce_used_elsewhere_is_told(void **state)
{
    (void)state;
    char who[41], params[512];
    submit("announce()", 1);
    drop_pool();
    hex_encode(who, PC_BYTES(relay.chain.payer.b));
    (void)snprintf(params, sizeof params, "[\"0x%s\"]", who);
    (void)anvil_call(&node, "anvil_impersonateAccount", params);
    (void)snprintf(params, sizeof params, "[{\"from\":\"0x%s\",\"to\":\"0x%s\",\"value\":\"0x1\"}]",
                   who, who);
    (void)anvil_call(&node, "eth_sendTransaction", params);
    anvil_mine(&node, 1);
    relay_tick(&relay, &now);
    assert_int_equal(n_got, 0); /* perhaps the receipt is only late */
    now.unix_s += STUCK;
    relay_tick(&relay, &now);
    expect(0, 1, PC_RELAY_RETRY, "nonce_used_elsewhere");
    assert_int_equal(relay.queue.n, 0);
}

static void a_revert_in_the_block_is_told(void **state)
{
    (void)state;
    submit("announce()", 1);
    revert_with("NothingDue()");
    anvil_mine(&node, 1);
    relay_tick(&relay, &now);
    expect(0, 1, PC_RELAY_REVERTS, "reverted_when_mined");
    assert_true(got[0].res.gas_used > 0);
}

static void budgets_and_the_purse_end_spending(void **state)
{
    (void)state;
    relay.queue.budget.limit[PC_RELAY_PHASE] = 30000; /* less than one call's limit */
    submit("announce()", 1);
    expect(0, 1, PC_RELAY_BUDGET, "gas_budget_used_up phase");
    relay.queue.budget.limit[PC_RELAY_PHASE] = 1000000;
    anvil_set_balance(&node, &relay.chain.payer, 1000);
    submit("announce()", 2);
    assert_int_equal(n_got, 2);
    assert_true(got[1].res.kind == PC_RELAY_BUDGET || got[1].res.kind == PC_RELAY_RETRY);
    assert_int_equal(relay.queue.n, 0);
}

static void the_queue_is_bounded(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PC_QUEUE_MAX + 1; i++) {
        uint8_t data[36] = {0};
        struct abi_selector s = abi_selector("activate(bytes)");
        memcpy(data, s.b, 4);
        data[35] = (uint8_t)i;
        relay_submit(&relay, &now, &relay, i, &epochs, PC_BYTES(data));
    }
    assert_int_equal(relay.queue.n, PC_QUEUE_MAX);
    expect(0, PC_QUEUE_MAX, PC_RELAY_RETRY, "queue_full");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)
    const struct CMUnitTest tests[] = {
        TEST(a_listed_call_is_mined),
        TEST(what_would_revert_is_not_sent),
        TEST(what_is_not_listed_costs_no_question),
        TEST(the_same_call_is_sent_once),
        TEST(what_is_stuck_is_replaced_under_its_nonce),
        TEST(fees_end_at_the_cap),
        TEST(a_crash_loses_and_doubles_nothing),
        TEST(a_state_that_cannot_be_written_sends_nothing),
        TEST(a_nonce_used_elsewhere_is_told),
        TEST(a_revert_in_the_block_is_told),
        TEST(budgets_and_the_purse_end_spending),
        TEST(the_queue_is_bounded),
    };
    if (!anvil_available())
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
