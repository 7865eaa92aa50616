/* SPDX-License-Identifier: Apache-2.0 */
/* Least TCBs as the contracts hold them: TcbPolicy's own, and operations of the Timelock from their
 * schedule to their end. */
#include "base/unit_test.h"
#include "client/cli/min_tcb.h"
#include "client/cli/vendors_testkit.h"

static struct cli_net net;
static struct vendor_product genoa = {.vendor = PC_VENDOR_SNP};
static uint8_t minimum[PC_RAW_TCB_SNP];

static void set_call(struct call *c, struct bytes least)
{
    call_begin(c, "setMinTcb(uint8,bytes32,bytes)", 3);
    abi_out_u64(&c->w, genoa.vendor);
    abi_out_word(&c->w, &genoa.product);
    abi_out_bytes(&c->w, least);
    call_end(c);
}

/* (target, value, data, predecessor, salt[, delay]) as calldata of the Timelock. */
static void operation(struct call *c, const char *sig, size_t words, uint8_t salt, uint64_t delay)
{
    struct call set;
    struct evm_word zero = {.b = {0}}, salt_word = evm_word_u64(salt);
    set_call(&set, PC_BYTES(minimum));
    call_begin(c, sig, words);
    abi_out_addr(&c->w, net_at(&net, PC_NET_TCB_POLICY));
    abi_out_word(&c->w, &zero);
    abi_out_bytes(&c->w, set.data);
    abi_out_word(&c->w, &zero);
    abi_out_word(&c->w, &salt_word);
    if (words == 6)
        abi_out_u64(&c->w, delay);
    call_end(c);
    call_free(&set);
}

static void schedule(uint8_t salt, uint64_t delay)
{
    struct call c;
    operation(&c, "schedule(address,uint256,bytes,bytes32,bytes32,uint256)", 6, salt, delay);
    kit_send_as(PC_NET_GOVERNOR, PC_NET_TIMELOCK, c.data);
    call_free(&c);
}

static void later(uint64_t seconds)
{
    char params[40];
    (void)snprintf(params, sizeof params, "[%llu]", (unsigned long long)seconds);
    (void)anvil_call(&kit.node, "evm_increaseTime", params);
    anvil_mine(&kit.node, 1);
}

static void in_force(void **state)
{
    (void)state;
    struct min_tcb m;
    struct call c;
    assert_int_equal(min_tcb_now(&m, &net, &genoa), PC_OK);
    assert_int_equal(m.n, 0);
    assert_true(min_tcb_met(&m, PC_BYTES(minimum)));
    set_call(&c, PC_BYTES(minimum));
    kit_send_as(PC_NET_TIMELOCK, PC_NET_TCB_POLICY, c.data);
    call_free(&c);
    assert_int_equal(min_tcb_now(&m, &net, &genoa), PC_OK);
    assert_int_equal(m.n, sizeof minimum);
    assert_memory_equal(m.least, minimum, sizeof minimum);
    set_call(&c, bytes_of(NULL, 0));
    kit_send_as(PC_NET_TIMELOCK, PC_NET_TCB_POLICY, c.data);
    call_free(&c);
    assert_int_equal(min_tcb_now(&m, &net, &genoa), PC_OK);
    assert_int_equal(m.n, 0);
}

static void waiting(void **state)
{
    (void)state;
    static struct min_tcb_waiting w;
    uint8_t below[PC_RAW_TCB_SNP];
    uint64_t notice, lapse, now;
    struct call c;
    memcpy(below, minimum, sizeof below);
    below[8]--;
    assert_int_equal(net_u64(&net, PC_NET_TIMELOCK, "getMinDelay()", NULL, 0, &notice), PC_OK);
    assert_int_equal(net_u64(&net, PC_NET_TIMELOCK, "lapseSeconds()", NULL, 0, &lapse), PC_OK);
    assert_int_equal(min_tcb_waiting(&w, &net), PC_OK);
    assert_int_equal(w.n, 0);
    schedule(1, notice + 3600);
    schedule(2, notice);
    assert_int_equal(net_time(&net, &now), PC_OK);
    assert_int_equal(min_tcb_waiting(&w, &net), PC_OK);
    assert_int_equal(w.n, 2);
    assert_int_equal(w.op[0].at, now + notice); /* the newest first */
    assert_true(w.op[1].at > w.op[0].at);
    assert_int_equal(min_tcb_refused_at(&w, &genoa, PC_BYTES(below), now), w.op[0].at);
    assert_true(min_tcb_refused_at(&w, &genoa, PC_BYTES(minimum), now) == UINT64_MAX);
    /* ripe: still one that waits */
    later(notice + 1);
    assert_int_equal(min_tcb_waiting(&w, &net), PC_OK);
    assert_int_equal(w.n, 2);
    /* executed: in force, and no more here */
    operation(&c, "execute(address,uint256,bytes,bytes32,bytes32)", 5, 2, 0);
    kit_send_as(PC_NET_GOVERNOR, PC_NET_TIMELOCK, c.data);
    call_free(&c);
    struct min_tcb m;
    assert_int_equal(min_tcb_now(&m, &net, &genoa), PC_OK);
    assert_int_equal(m.n, sizeof minimum);
    assert_int_equal(min_tcb_waiting(&w, &net), PC_OK);
    assert_int_equal(w.n, 1);
    /* cancelled */
    schedule(3, notice);
    assert_int_equal(min_tcb_waiting(&w, &net), PC_OK);
    assert_int_equal(w.n, 2);
    call_begin(&c, "cancel(bytes32)", 1);
    abi_out_word(&c.w, &w.op[0].id);
    call_end(&c);
    kit_send_as(PC_NET_GOVERNOR, PC_NET_TIMELOCK, c.data);
    call_free(&c);
    assert_int_equal(min_tcb_waiting(&w, &net), PC_OK);
    assert_int_equal(w.n, 1);
    /* lapsed */
    later(3600 + lapse + 1);
    assert_int_equal(min_tcb_waiting(&w, &net), PC_OK);
    assert_int_equal(w.n, 0);
}

static int setup(void **state)
{
    int e = kit_start(state);
    net = (struct cli_net){.net = kit.net, .endpoints = kit.ep, .chain = kit.chain};
    memcpy(genoa.product.b, "Genoa", 5);
    minimum[8] = 9;
    return e;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(in_force), cmocka_unit_test(waiting)};
    return kit_available() ? cmocka_run_group_tests(tests, setup, kit_stop) : 77;
}
