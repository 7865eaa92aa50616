/* SPDX-License-Identifier: Apache-2.0 */
/* Least TCBs: calldata of setMinTcb and operations of the Timelock that carry it, and which
 * machines they refuse. */
#include "base/unit_test.h"
#include "client/cli/min_tcb.h"

static const struct evm_address policy = {.b = {1, 2, 3}}, other = {.b = {1, 2, 4}};
static uint8_t room[2][1024];

static struct vendor_product genoa(void)
{
    struct vendor_product p = {.vendor = PC_VENDOR_SNP};
    memcpy(p.product.b, "Genoa", 5);
    return p;
}

/* REPORTED_TCB's bootloader is at least v, PLATFORM_INFO has its lowest bit. */
static void least(uint8_t out[static PC_RAW_TCB_SNP], uint8_t v)
{
    memset(out, 0, PC_RAW_TCB_SNP);
    out[8] = v;
    out[32] = 1;
}

static struct bytes set_call(const struct vendor_product *of, struct bytes minimum)
{
    struct abi_selector s = abi_selector("setMinTcb(uint8,bytes32,bytes)");
    struct abi_out w = abi_out_of(room[0] + 4, sizeof room[0] - 4, 3);
    struct bytes out;
    memcpy(room[0], s.b, 4);
    abi_out_u64(&w, of->vendor);
    abi_out_word(&w, &of->product);
    abi_out_bytes(&w, minimum);
    assert_int_equal(abi_out_end(&w, &out), PC_OK);
    return bytes_of(room[0], 4 + out.n);
}

static struct bytes scheduled(const struct evm_address *target, struct bytes call)
{
    const struct evm_word zero = {.b = {0}};
    struct abi_out w = abi_out_of(room[1], sizeof room[1], 5);
    struct bytes out;
    abi_out_addr(&w, target);
    abi_out_word(&w, &zero);
    abi_out_bytes(&w, call);
    abi_out_word(&w, &zero);
    abi_out_u64(&w, 86400);
    assert_int_equal(abi_out_end(&w, &out), PC_OK);
    return out;
}

static void a_call_is_read_back(void **state)
{
    (void)state;
    uint8_t min[PC_RAW_TCB_SNP];
    const struct vendor_product of = genoa();
    struct min_tcb m;
    least(min, 9);
    assert_true(
        min_tcb_of_scheduled(&m, &policy, scheduled(&policy, set_call(&of, PC_BYTES(min)))));
    assert_int_equal(m.of.vendor, PC_VENDOR_SNP);
    assert_memory_equal(m.of.product.b, of.product.b, 32);
    assert_int_equal(m.n, PC_RAW_TCB_SNP);
    assert_memory_equal(m.least, min, sizeof min);
    assert_true(min_tcb_of_call(&m, set_call(&of, bytes_of(NULL, 0)))); /* takes one away */
    assert_int_equal(m.n, 0);
    assert_true(min_tcb_met(&m, bytes_of(NULL, 0)));
}

static void what_is_no_such_call(void **state)
{
    (void)state;
    uint8_t min[PC_RAW_TCB_SNP];
    const struct vendor_product of = genoa();
    struct min_tcb m;
    least(min, 9);
    struct bytes call = set_call(&of, PC_BYTES(min));
    assert_false(min_tcb_of_scheduled(&m, &policy, scheduled(&other, call)));
    for (size_t n = 0; n < call.n; n++) {
        assert_false(min_tcb_of_call(&m, bytes_of(call.p, n)));
        assert_int_equal(m.n, 0);
    }
    struct bytes data = scheduled(&policy, call);
    for (size_t n = 0; n < data.n; n++)
        assert_false(min_tcb_of_scheduled(&m, &policy, bytes_of(data.p, n)));
    room[0][0] ^= 1; /* another function */
    assert_false(min_tcb_of_call(&m, call));
    /* lengths that TcbPolicy refuses */
    assert_false(min_tcb_of_call(&m, set_call(&of, bytes_of(min, sizeof min - 1))));
    const struct vendor_product aws = {.vendor = PC_VENDOR_NITRO},
                                none = {.vendor = (enum vendor)9};
    assert_false(min_tcb_of_call(&m, set_call(&aws, bytes_of(min, 8))));
    assert_false(min_tcb_of_call(&m, set_call(&none, PC_BYTES(min))));
}

static void every_component_counts(void **state)
{
    (void)state;
    struct min_tcb m = {.of = genoa(), .n = PC_RAW_TCB_SNP};
    uint8_t raw[PC_RAW_TCB_SNP];
    memset(raw, 0xff, sizeof raw);
    memset(m.least, 0xff, PC_RAW_TCB_SNP);
    assert_true(min_tcb_met(&m, PC_BYTES(raw)));
    for (size_t i = 0; i < sizeof raw; i++) {
        raw[i] = 0xfe; /* of a mask: a bit that lacks */
        assert_false(min_tcb_met(&m, PC_BYTES(raw)));
        raw[i] = 0xff;
    }
    assert_false(min_tcb_met(&m, bytes_of(raw, sizeof raw - 1)));
}

static void the_first_that_refuses_counts(void **state)
{
    (void)state;
    static struct min_tcb_waiting w;
    const struct vendor_product of = genoa();
    struct vendor_product milan = {.vendor = PC_VENDOR_SNP};
    uint8_t raw[PC_RAW_TCB_SNP];
    least(raw, 9);
    memcpy(milan.product.b, "Milan", 5);
    w.n = 4;
    for (size_t i = 0; i < w.n; i++)
        w.op[i].min = (struct min_tcb){.of = of, .n = PC_RAW_TCB_SNP};
    w.op[0].at = 5000;
    least(w.op[0].min.least, 10);
    w.op[1].at = 100; /* met */
    least(w.op[1].min.least, 9);
    w.op[2].at = 200; /* another product's */
    w.op[2].min.of = milan;
    least(w.op[2].min.least, 20);
    w.op[3].at = 4000;
    least(w.op[3].min.least, 11);
    assert_int_equal(min_tcb_refused_at(&w, &of, PC_BYTES(raw), 1000), 4000);
    assert_int_equal(min_tcb_refused_at(&w, &of, PC_BYTES(raw), 4500), 4500); /* anybody can, now */
    assert_int_equal(min_tcb_refused_at(&w, &milan, PC_BYTES(raw), 1000), 1000);
    least(raw, 10);
    assert_int_equal(min_tcb_refused_at(&w, &of, PC_BYTES(raw), 1000), 4000);
    least(raw, 11);
    assert_true(min_tcb_refused_at(&w, &of, PC_BYTES(raw), 1000) == UINT64_MAX);
    raw[32] = 0; /* PLATFORM_INFO's bit */
    assert_int_equal(min_tcb_refused_at(&w, &of, PC_BYTES(raw), 0), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_is_read_back),
        cmocka_unit_test(what_is_no_such_call),
        cmocka_unit_test(every_component_counts),
        cmocka_unit_test(the_first_that_refuses_counts),
    };
    return cmocka_run_group_tests_name("least TCBs", tests, NULL, NULL);
}
