/* SPDX-License-Identifier: Apache-2.0 */
#include "node/polyclaved/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define BASE                                                                                       \
    "# a node\n"                                                                                   \
    "rpc = http://127.0.0.1:8545\n"                                                                \
    "peer_listen = 127.0.0.1:7001\n"                                                               \
    "http_listen=127.0.0.1:8001\n"                                                                 \
    "endpoint = 127.0.0.1:7001:8001\n"                                                             \
    "relay_socket = /run/relay.sock\n"                                                             \
    "data_dir = /var/lib/polyclave\n"                                                              \
    "control_socket = /run/polyclave.sock\n"                                                       \
    "vendor_root = /etc/polyclave/root.der\n"                                                      \
    "owner = 0x00112233445566778899aabbccddeeff00112233\n"

static enum err_code parse(struct config *c, struct config_problem *why, const char *text)
{
    return config_parse(c, why, bytes_of(text, strlen(text)));
}

static void test_accepts_a_whole_file(void **state)
{
    (void)state;
    struct config c;
    struct config_problem why;
    assert_int_equal(parse(&c, &why, BASE "rpc = https://two\r\n  rpc = http://three  \n\n"),
                     PC_OK);
    assert_int_equal(c.rpc_count, 3);
    assert_int_equal(c.rpc_agree, 2); /* a majority when nothing is said */
    assert_string_equal(c.rpc[1], "https://two");
    assert_string_equal(c.rpc[2], "http://three");
    assert_string_equal(c.http_listen, "127.0.0.1:8001");
    assert_int_equal(c.owner[1], 0x11);
    assert_int_equal(c.log_level, PC_LOG_INFO);
    assert_int_equal(c.mirror_evidence_mib, CONFIG_MIRROR_EVIDENCE_MIB);
    assert_int_equal(c.mirror_collateral_mib, CONFIG_MIRROR_COLLATERAL_MIB);
    assert_int_equal(c.mirror_days, 0);
    assert_int_equal(parse(&c, &why,
                           BASE "mirror_evidence_mib = 384\nmirror_days = 365\n"
                                "mirror_collateral_mib = 1\n"),
                     PC_OK);
    assert_int_equal(c.mirror_evidence_mib, 384);
    assert_int_equal(c.mirror_collateral_mib, 1);
    assert_int_equal(c.mirror_days, 365);
    assert_int_equal(c.vendor, WIRE_VENDOR_TDX);
    assert_int_equal(c.n_vendor_roots, 1);
    assert_int_equal(parse(&c, &why, BASE "vendor = snp\nvendor_root = /etc/ark.der\n"), PC_OK);
    assert_int_equal(c.vendor, WIRE_VENDOR_SNP);
    assert_int_equal(c.n_vendor_roots, 2);
    assert_string_equal(c.vendor_root[0], "/etc/polyclave/root.der");
    assert_string_equal(c.vendor_root[1], "/etc/ark.der");
    assert_int_equal(parse(&c, &why, BASE "vendor = nitro\n"), PC_OK);
    assert_int_equal(c.vendor, WIRE_VENDOR_NITRO);
}

static void test_names_line_and_key(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *says;
    } cases[] = {
        {BASE "colour = red\n", 11, "unknown key 'colour'"},
        {BASE "owner = 0x00112233445566778899aabbccddeeff00112233\n", 11, "'owner' is given twice"},
        {BASE "log_level = loud\n", 11, "'log_level' has a value that it cannot take"},
        {BASE "rpc_agree = 2\n", 0, "'rpc_agree' is more than the 1 endpoints given"},
        {BASE "rpc_agree = 0\n", 11, "'rpc_agree' has a value that it cannot take"},
        {BASE "rpc_agree = -1\n", 11, "'rpc_agree' has a value that it cannot take"},
        {BASE "mirror_evidence_mib = 385\n", 11,
         "'mirror_evidence_mib' has a value that it cannot take"},
        {BASE "mirror_collateral_mib = 0\n", 11,
         "'mirror_collateral_mib' has a value that it cannot take"},
        {BASE "mirror_days = 1x\n", 11, "'mirror_days' has a value that it cannot take"},
        {BASE "rpc = ftp://x\n", 11, "'rpc' has a value that it cannot take"},
        {BASE "vendor = sgx\n", 11, "'vendor' has a value that it cannot take"},
        {BASE "vendor = tdx\nvendor = snp\n", 12, "'vendor' is given twice"},
        {BASE "log_level =\n", 11, "'log_level' must have 1 to 8 characters"},
        {BASE "just words\n", 11, "expected 'key = value'"},
        {BASE "log_level = in\001fo\n", 11, "a control character stands in the line"},
        {"rpc = http://x\n", 0, "'peer_listen' is missing"},
        {"", 0, "'rpc' is missing"},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        struct config c;
        struct config_problem why;
        assert_int_equal(parse(&c, &why, cases[i].text), PC_E_USAGE);
        assert_string_equal(why.text, cases[i].says);
        assert_int_equal(why.line, cases[i].line);
        assert_int_equal(c.rpc_count, 0);
    }
}

static void test_bounds(void **state)
{
    (void)state;
    struct config c;
    struct config_problem why;
    char text[4096];
    char endpoint[140];
    for (size_t n = 127; n <= 130; n++) {
        memset(endpoint, 'x', n);
        endpoint[n] = '\0';
        snprintf(
            text, sizeof text,
            "rpc = http://x\npeer_listen = a\nhttp_listen = b\nendpoint = %s\nrelay_socket = r\n"
            "data_dir = d\ncontrol_socket = c\nvendor_root = v\n"
            "owner = 0x00112233445566778899aabbccddeeff00112233\n",
            endpoint);
        assert_int_equal(parse(&c, &why, text), n <= 128 ? PC_OK : PC_E_USAGE);
    }
    size_t used = strlen(BASE);
    memcpy(text, BASE, used + 1);
    for (size_t i = 1; i <= CONFIG_MAX_RPC; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "rpc = http://%zu\n", i);
        assert_int_equal(parse(&c, &why, text), i < CONFIG_MAX_RPC ? PC_OK : PC_E_USAGE);
    }
    used = strlen(BASE);
    for (size_t i = 1; i <= CONFIG_MAX_ROOTS; i++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "vendor_root = %zu\n", i);
        assert_int_equal(parse(&c, &why, text), i < CONFIG_MAX_ROOTS ? PC_OK : PC_E_USAGE);
    }
}

static void test_unreadable_file(void **state)
{
    (void)state;
    struct config c;
    struct config_problem why;
    assert_int_equal(config_read(&c, &why, "/nonexistent/polyclave.conf"), PC_E_IO);
    assert_true(strlen(why.text) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts_a_whole_file),
        cmocka_unit_test(test_names_line_and_key),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_unreadable_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
