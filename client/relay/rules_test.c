/* SPDX-License-Identifier: Apache-2.0 */
#include "client/relay/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <stdio.h>

#include "chain/abi.h"
#include "chain/signatures.h"

#define NODE_CALL "(uint32,uint64,uint32,uint64,bytes32,bytes32,uint8,bytes32,bytes32)"

static const struct evm_address epochs = {{1}}, registry = {{2}}, attestations = {{3}};
static const struct evm_address tdx = {{4}}, snp = {{7}}, nitro = {{8}}, stranger = {{5}},
                                none = {{0}};
static const struct evm_address owner = {{6}};

static struct relay_rules rules_of_node(void)
{
    struct relay_rules r = {.epochs = epochs,
                            .node_registry = registry,
                            .attestations = attestations,
                            .node_id = 7,
                            .owner = owner};
    r.verifier[0] = tdx;
    r.verifier[1] = snp;
    r.verifier[2] = nitro;
    return r;
}

static struct relay_rules rules_of_app(void)
{
    struct relay_rules r = rules_of_node();
    r.node_id = 0;
    r.app_mode = true;
    r.app_id = evm_word_u64(99);
    return r;
}

/* A call of that signature whose first words are `words`, and 8 zero words. */
static struct bytes call(const char *signature, const uint64_t *words, size_t n)
{
    static uint8_t buf[4 + 32 * 12];
    memset(buf, 0, sizeof buf);
    struct abi_selector s = abi_selector(signature);
    memcpy(buf, s.b, 4);
    for (size_t i = 0; i < n; i++)
        store_be64(buf + 4 + 32 * i + 24, words[i]);
    return bytes_of(buf, 4 + 32 * (n + 8));
}

static enum err_code judge(const struct relay_rules *r, const struct evm_address *to,
                           struct bytes data, enum relay_kind *kind, const char **why)
{
    return relay_rules_judge(kind, why, r, to, data);
}

struct allowed {
    const struct evm_address *to;
    const char *signature;
    enum relay_kind kind;
    bool node_first;
};

static const struct allowed listed[] = {
    {&epochs, "announce()", PC_RELAY_PHASE, false},
    {&epochs, "open()", PC_RELAY_PHASE, false},
    {&epochs, "activate(bytes)", PC_RELAY_PHASE, false},
    {&epochs, "fail()", PC_RELAY_PHASE, false},
    {&epochs, "enrol(" NODE_CALL ",bytes32,bytes,uint32)", PC_RELAY_PHASE, true},
    {&epochs, "commit(" NODE_CALL ",bytes32,uint32)", PC_RELAY_PHASE, true},
    {&epochs, "vote(" NODE_CALL ",uint256,bytes32)", PC_RELAY_PHASE, true},
    {&epochs, "complain(" NODE_CALL ",uint16,bytes32,bytes)", PC_RELAY_PHASE, true},
    {&epochs, "ready(" NODE_CALL ",bytes32)", PC_RELAY_PHASE, true},
    {&registry, "setEndpoint(uint32,uint64,string,bytes32,bytes32,bytes)", PC_RELAY_OTHER, true},
    {&registry, "mature(uint32)", PC_RELAY_OTHER, true},
    {&registry,
     "reattest(uint32,(bytes32,bytes32,address),address,"
     "(uint8,bytes32,bytes32,bytes,bytes32,bytes))",
     PC_RELAY_RENEWAL, true},
    {&attestations, "recheck(bytes32,(bytes32,bytes32,bytes32,bytes32,uint8,uint256),bytes,bytes)",
     PC_RELAY_RENEWAL, false},
    {&tdx, "addCert(bytes,bytes32)", PC_RELAY_COLLATERAL, false},
    {&tdx, "addCrl(bytes,bytes32,uint256)", PC_RELAY_COLLATERAL, false},
    {&tdx, "addCollateral(uint8,bytes,uint256,uint256,bytes32)", PC_RELAY_COLLATERAL, false},
    {&tdx, "proveRevoked(bytes,bytes32,uint256[])", PC_RELAY_COLLATERAL, false},
    {&tdx, "settle(bytes32)", PC_RELAY_COLLATERAL, false},
    {&snp, "addCert(bytes,bytes32,bytes)", PC_RELAY_COLLATERAL, false},
    {&snp, "addCrl(bytes,uint8,bytes)", PC_RELAY_COLLATERAL, false},
    {&snp, "proveRevoked(bytes,uint8,bytes,uint256[])", PC_RELAY_COLLATERAL, false},
    {&nitro, "addCert(bytes,bytes,bytes)", PC_RELAY_COLLATERAL, false},
};

static const char attest[] = "attest(uint8,bytes32,bytes32,address,uint64,bytes,bytes)";

static struct bytes attest_call(uint64_t kind, struct evm_word context)
{
    static uint8_t buf[4 + 32 * 7];
    memset(buf, 0, sizeof buf);
    struct abi_selector s = abi_selector(attest);
    memcpy(buf, s.b, 4);
    store_be64(buf + 4 + 24, kind);
    memcpy(buf + 4 + 64, context.b, 32);
    return PC_BYTES(buf);
}

static void what_is_listed_passes_with_its_kind(void **state)
{
    (void)state;
    struct relay_rules r = rules_of_node();
    static const uint64_t seven = 7;
    enum relay_kind kind;
    const char *why;
    for (size_t i = 0; i < PC_ARRAY_LEN(listed); i++) {
        struct bytes c = call(listed[i].signature, &seven, 1);
        assert_int_equal(judge(&r, listed[i].to, c, &kind, &why), PC_OK);
        assert_int_equal(kind, listed[i].kind);
        assert_null(why);
    }
    struct bytes c = attest_call(1, evm_word_addr(&owner));
    assert_int_equal(judge(&r, &attestations, c, &kind, &why), PC_OK);
    assert_int_equal(kind, PC_RELAY_RENEWAL);
}

/* Every listed selector at every other target, zero and strangers included. */
static void each_selector_counts_at_its_target_alone(void **state)
{
    (void)state;
    struct relay_rules r = rules_of_node();
    static const uint64_t seven = 7;
    const struct evm_address *all[] = {&epochs, &registry, &attestations, &tdx,
                                       &snp,    &nitro,    &stranger,     &none};
    enum relay_kind kind;
    const char *why;
    for (size_t i = 0; i < PC_ARRAY_LEN(listed); i++)
        for (size_t t = 0; t < PC_ARRAY_LEN(all); t++) {
            if (all[t] == listed[i].to)
                continue;
            struct bytes c = call(listed[i].signature, &seven, 1);
            assert_int_equal(judge(&r, all[t], c, &kind, &why), PC_E_REFUSED);
            assert_string_equal(why, t < 6 ? "selector_not_allowed" : "to_not_allowed");
        }
}

/* Calls that the payer's account could make, at the right contracts, and that are not its business.
 */
static void everything_else_is_refused(void **state)
{
    (void)state;
    struct relay_rules r = rules_of_node();
    static const uint64_t seven = 7;
    static const struct {
        const struct evm_address *to;
        const char *signature;
    } others[] = {
        {&epochs, "slash(uint64)"},
        {&epochs, "target(uint16)"},
        {&epochs, "demand()"},
        {&epochs, "cancelSlash(uint64)"},
        {&epochs, "keysSet(uint32,uint8,bytes32)"},
        {&epochs, "setProtocol(uint32)"},
        {&epochs, "nameSuccessor(address)"},
        {&registry, "join((bytes32,bytes32,address),bytes32[],string,address,"
                    "(uint8,bytes32,bytes32,bytes,bytes32,bytes),address)"},
        {&registry, "leave(uint32)"},
        {&registry, "withdraw(uint32)"},
        {&registry, "setPayer(uint32,address)"},
        {&registry, "expire(uint32)"},
        {&registry, "delegate(address)"},
        {&registry, "transfer(address,uint256)"},
        {&registry, "slash(uint32,uint16)"},
        {&attestations, "transfer(address,uint256)"},
        {&tdx, "verify(bytes,bytes)"},
        {&tdx, "addCert(bytes,bytes32,bytes)"},
        {&snp, "verify(bytes,bytes)"},
        {&snp, "appraise(bytes32,bytes,bytes)"},
        {&nitro, "verify(bytes,bytes)"},
        {&nitro, "examine(bytes,bytes)"},
        {&stranger, "transfer(address,uint256)"},
        {&stranger, "approve(address,uint256)"},
    };
    enum relay_kind kind;
    const char *why;
    for (size_t i = 0; i < PC_ARRAY_LEN(others); i++) {
        struct bytes c = call(others[i].signature, &seven, 1);
        assert_int_equal(judge(&r, others[i].to, c, &kind, &why), PC_E_REFUSED);
        assert_non_null(why);
    }
    /* a bare transfer, and calls too short for a selector */
    for (size_t n = 0; n < 4; n++) {
        assert_int_equal(judge(&r, &epochs, bytes_of("\x01\x02\x03", n), &kind, &why),
                         PC_E_REFUSED);
        assert_string_equal(why, "short_call");
    }
}

static void another_node_is_not_served(void **state)
{
    (void)state;
    struct relay_rules r = rules_of_node();
    static const uint64_t eight = 8;
    enum relay_kind kind;
    const char *why;
    for (size_t i = 0; i < PC_ARRAY_LEN(listed); i++) {
        if (!listed[i].node_first)
            continue;
        struct bytes c = call(listed[i].signature, &eight, 1);
        assert_int_equal(judge(&r, listed[i].to, c, &kind, &why), PC_E_REFUSED);
        assert_string_equal(why, "not_our_node");
        c = call(listed[i].signature, &eight, 1);
        assert_int_equal(judge(&r, listed[i].to, bytes_of(c.p, 35), &kind, &why), PC_E_REFUSED);
        assert_string_equal(why, "short_call");
    }
    /* without a configured node, reattest is nobody's */
    r.node_id = 0;
    struct bytes c = call(listed[11].signature, &eight, 1);
    assert_int_equal(judge(&r, &registry, c, &kind, &why), PC_E_REFUSED);
    assert_string_equal(why, "not_our_node");
    c = call(listed[5].signature, &eight, 1);
    assert_int_equal(judge(&r, &epochs, c, &kind, &why), PC_OK);
}

static void evidence_of_others_is_not_paid_for(void **state)
{
    (void)state;
    struct relay_rules r = rules_of_node();
    enum relay_kind kind;
    const char *why;
    struct bytes c = attest_call(2, evm_word_addr(&owner));
    assert_int_equal(judge(&r, &attestations, c, &kind, &why), PC_E_REFUSED);
    assert_string_equal(why, "not_a_node_record");
    c = attest_call(1, evm_word_addr(&stranger));
    assert_int_equal(judge(&r, &attestations, c, &kind, &why), PC_E_REFUSED);
    assert_string_equal(why, "not_our_context");
    c = attest_call(1, evm_word_addr(&owner));
    assert_int_equal(judge(&r, &attestations, bytes_of(c.p, 99), &kind, &why), PC_E_REFUSED);
    assert_string_equal(why, "short_call");
}

static void app_mode_knows_attest_and_certificates(void **state)
{
    (void)state;
    struct relay_rules r = rules_of_app();
    static const uint64_t seven = 7;
    enum relay_kind kind;
    const char *why;
    for (size_t i = 0; i < PC_ARRAY_LEN(listed); i++) {
        struct bytes c = call(listed[i].signature, &seven, 1);
        bool cert = strncmp(listed[i].signature, "addCert(", 8) == 0;
        assert_int_equal(judge(&r, listed[i].to, c, &kind, &why), cert ? PC_OK : PC_E_REFUSED);
    }
    assert_int_equal(judge(&r, &attestations, attest_call(2, r.app_id), &kind, &why), PC_OK);
    assert_int_equal(judge(&r, &attestations, attest_call(1, r.app_id), &kind, &why), PC_E_REFUSED);
    assert_string_equal(why, "not_our_app");
    assert_int_equal(judge(&r, &attestations, attest_call(2, evm_word_u64(98)), &kind, &why),
                     PC_E_REFUSED);
    assert_string_equal(why, "not_our_app");
}

static void a_zero_address_is_no_target(void **state)
{
    (void)state;
    struct relay_rules r = {0};
    static const uint64_t seven = 7;
    enum relay_kind kind;
    const char *why;
    for (size_t i = 0; i < PC_ARRAY_LEN(listed); i++) {
        struct bytes c = call(listed[i].signature, &seven, 1);
        assert_int_equal(judge(&r, &none, c, &kind, &why), PC_E_REFUSED);
        assert_string_equal(why, "to_not_allowed");
    }
}

/* Every line names a function that the contract has, letter for letter. */
static void the_list_names_real_functions(void **state)
{
    (void)state;
    const char *contract, *signature;
    char line[300];
    size_t n = 0;
    for (; relay_rules_line(n, &contract, &signature); n++) {
        bool found = false;
        (void)snprintf(line, sizeof line, "%s %s", contract, signature);
        for (size_t i = 0; i < PC_ARRAY_LEN(contract_functions); i++)
            found |= strcmp(contract_functions[i], line) == 0;
        if (!found)
            fail_msg("no contract has %s", line);
    }
    assert_int_equal(n, PC_ARRAY_LEN(listed) + 1);
    (void)contract_events;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_listed_passes_with_its_kind),
        cmocka_unit_test(each_selector_counts_at_its_target_alone),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(another_node_is_not_served),
        cmocka_unit_test(evidence_of_others_is_not_paid_for),
        cmocka_unit_test(app_mode_knows_attest_and_certificates),
        cmocka_unit_test(a_zero_address_is_no_target),
        cmocka_unit_test(the_list_names_real_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
