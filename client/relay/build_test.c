/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/abi.h"
#include "chain/signatures.h"

static struct relay relay = {
    .rules = {.epochs = {{1}}, .node_registry = {{2}}, .verifier = {{{4}}}}};

static void the_views_it_asks_exist(void **state)
{
    (void)state;
    static const char *const views[] = {"NodeRegistry nodeOf(uint32)",
                                        "Epochs waiting(uint8,uint256)"};
    for (size_t i = 0; i < PC_ARRAY_LEN(views); i++) {
        bool found = false;
        for (size_t j = 0; j < PC_ARRAY_LEN(contract_functions); j++)
            found |= strcmp(contract_functions[j], views[i]) == 0;
        assert_true(found);
    }
    (void)contract_events;
}

static void a_candidates_place(void **state)
{
    (void)state;
    /* (id, bond): 5 has 90; 3 and 9 have 50; 4 has 10 */
    static const uint32_t id[] = {5, 3, 9, 4}, bond[] = {90, 50, 50, 10};
    uint8_t ids[128] = {0}, bonds[128] = {0};
    for (size_t i = 0; i < 4; i++) {
        store_be32(ids + 32 * i + 28, id[i]);
        store_be32(bonds + 32 * i + 28, bond[i]);
    }
    static const struct {
        uint32_t id, bond, hint;
    } cases[] = {
        {7, 100, 0}, {7, 90, 5}, {1, 90, 0}, {7, 50, 3}, {2, 50, 5}, {11, 50, 9},
        {7, 20, 9},  {7, 5, 4},  {3, 50, 5}, {9, 50, 3}, {5, 90, 0}, {4, 10, 9},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        struct evm_word w = evm_word_u64(cases[i].bond);
        uint32_t hint = relay_enrol_hint(PC_BYTES(ids), PC_BYTES(bonds), 4, &w, cases[i].id);
        assert_int_equal(hint, cases[i].hint);
    }
    struct evm_word w = evm_word_u64(1);
    assert_int_equal(relay_enrol_hint(bytes_of(NULL, 0), bytes_of(NULL, 0), 0, &w, 7), 0);
}

static void plain_calls(void **state)
{
    (void)state;
    static const struct {
        enum relay_plain_call call;
        uint64_t arg;
        const char *signature; /* NULL: refused */
        size_t n;
        uint8_t to;
    } cases[] = {
        {RELAY_PLAIN_CALL_ANNOUNCE, 0, "announce()", 4, 1},
        {RELAY_PLAIN_CALL_OPEN, 0, "open()", 4, 1},
        {RELAY_PLAIN_CALL_FAIL, 0, "fail()", 4, 1},
        {RELAY_PLAIN_CALL_MATURE, 7, "mature(uint32)", 36, 2},
        {RELAY_PLAIN_CALL_OPEN, 1, NULL, 0, 0},
    };
    uint8_t buf[64];
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        struct relay_relay_plain m = {.call = cases[i].call, .arg = cases[i].arg};
        struct relay_built out;
        enum err_code e = relay_build_plain(&out, buf, sizeof buf, &relay, &m);
        assert_int_equal(e, cases[i].signature ? PC_OK : PC_E_MALFORMED);
        if (e != PC_OK)
            continue;
        struct abi_selector s = abi_selector(cases[i].signature);
        assert_int_equal(out.data.n, cases[i].n);
        assert_memory_equal(out.data.p, s.b, 4);
        assert_int_equal(out.to.b[0], cases[i].to);
        assert_int_equal(relay_build_plain(&out, buf, cases[i].n - 1, &relay, &m), PC_E_TOO_LARGE);
    }
}

static void activation_and_calls_of_nodes(void **state)
{
    (void)state;
    static uint8_t buf[4096];
    struct relay_built out;
    struct relay_relay_activate a = {.preimage = PC_BYTES_STR("preimage")};
    assert_int_equal(relay_build_activate(&out, buf, sizeof buf, &relay, &a), PC_OK);
    assert_int_equal(out.data.n, 4 + 3 * 32);
    struct relay_relay_ncall m = {.kind = RELAY_NCALL_KIND_READY, .node_id = 7, .body_n = 32};
    assert_int_equal(relay_build_ncall(&out, buf, sizeof buf, &relay, &m), PC_OK);
    assert_int_equal(out.data.n, 4 + 10 * 32);
    assert_int_equal(out.to.b[0], 1);
    m.body_n = 31; /* no such body */
    assert_int_equal(relay_build_ncall(&out, buf, sizeof buf, &relay, &m), PC_E_TRUNCATED);
    assert_null(out.data.p);
    m.body_n = 32;
    m.endpoint = PC_BYTES_STR("host:1:2"); /* a text that the call has not */
    assert_int_equal(relay_build_ncall(&out, buf, sizeof buf, &relay, &m), PC_E_MALFORMED);
    m.kind = RELAY_NCALL_KIND_SET_ENDPOINT; /* not the one that was signed */
    assert_int_equal(relay_build_ncall(&out, buf, sizeof buf, &relay, &m), PC_E_MISMATCH);
    struct evm_word h;
    evm_keccak(&h, m.endpoint);
    memcpy(m.body, h.b, 32);
    assert_int_equal(relay_build_ncall(&out, buf, sizeof buf, &relay, &m), PC_OK);
    assert_int_equal(out.to.b[0], 2);
}

static void vendors_that_the_network_has_not(void **state)
{
    (void)state;
    static uint8_t buf[4096];
    struct relay_built out;
    struct relay_relay_attest a = {.vendor = WIRE_VENDOR_SNP};
    struct relay_relay_reattest r = {.vendor = WIRE_VENDOR_NITRO};
    struct relay_relay_post p = {.vendor = WIRE_VENDOR_SNP, .kind = RELAY_POST_KIND_CRL};
    assert_int_equal(relay_build_attest(&out, buf, sizeof buf, &relay, &a), PC_E_UNSUPPORTED);
    assert_int_equal(relay_build_reattest(&out, buf, sizeof buf, &relay, &r), PC_E_UNSUPPORTED);
    assert_int_equal(relay_build_post(&out, buf, sizeof buf, &relay, &p), PC_E_UNSUPPORTED);
    r.vendor = WIRE_VENDOR_TDX;
    r.evidence = PC_BYTES_STR("not a quote");
    assert_int_equal(relay_build_reattest(&out, buf, sizeof buf, &relay, &r), PC_E_MALFORMED);
    assert_null(out.data.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_views_it_asks_exist),
        cmocka_unit_test(a_candidates_place),
        cmocka_unit_test(plain_calls),
        cmocka_unit_test(activation_and_calls_of_nodes),
        cmocka_unit_test(vendors_that_the_network_has_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
