/* SPDX-License-Identifier: Apache-2.0 */
/* files_test.c - pin file, network.json, list of platforms. */
#include <stdio.h>
#include <stdlib.h>

#include "base/unit_test.h"
#include "client/lib/network.h"
#include "client/lib/pin.h"
#include "client/lib/platforms.h"

/* ---- pin */

#define HEX32 "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
/* ristretto255's generator (RFC 9496) */
#define POINT "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"

static const char good_pin[] = "# network of the image\n"
                               "network_id = 0x" HEX32 "\n"
                               "\n"
                               "key_id=0x" HEX32 "\r\n"
                               "  pk = 0x" POINT "\n"
                               "app_id = 0x" HEX32; /* no line end at the end */

static enum err_code parse_pin(const char *text, unsigned *line)
{
    struct polyclave_pin p;
    enum err_code e = pin_parse(&p, line, bytes_of(text, strlen(text)));
    if (e != PC_OK)
        assert_true(bytes_all_zero_var(bytes_of(&p, sizeof p)));
    return e;
}

static void pin_good(void **state)
{
    (void)state;
    struct polyclave_pin p, again;
    char text[PC_PIN_TEXT_MAX];
    unsigned line;
    assert_int_equal(pin_parse(&p, &line, PC_BYTES_STR(good_pin)), PC_OK);
    assert_int_equal(p.network_id[1], 0x11);
    assert_int_equal(p.pk[0], 0xe2);
    assert_int_equal(pin_text(text, sizeof text, &p), PC_OK);
    assert_int_equal(pin_parse(&again, &line, bytes_of(text, strlen(text))), PC_OK);
    assert_memory_equal(&p, &again, sizeof p);
    assert_int_equal(pin_text(text, 100, &p), PC_E_TOO_LARGE);
}

static void pin_bad(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err_code want;
        unsigned line;
    } cases[] = {
        {"", PC_E_TRUNCATED, 0},
        {"network_id = 0x" HEX32 "\nkey_id = 0x" HEX32 "\npk = 0x" POINT "\n", PC_E_TRUNCATED, 0},
        {"network_id = 0x" HEX32 "\nnetwork_id = 0x" HEX32 "\n", PC_E_MALFORMED, 2},
        {"network_id = " HEX32 "\n", PC_E_MALFORMED, 1},
        {"network_id = 0x" HEX32 "00\n", PC_E_MALFORMED, 1},
        {"network_id = 0x0g" HEX32 "\n", PC_E_MALFORMED, 1},
        {"# fine\nunpinned = 1\n", PC_E_MALFORMED, 2},
        {"network_id\n", PC_E_MALFORMED, 1},
        {"network_id = 0x" HEX32 "\nkey_id = 0x" HEX32 "\napp_id = 0x" HEX32 "\npk = 0x" HEX32 "\n",
         PC_E_NOT_CANONICAL, 0},
        {"network_id = 0x" HEX32 "\nkey_id = 0x" HEX32 "\napp_id = 0x" HEX32
         "\npk = 0x0000000000000000000000000000000000000000000000000000000000000000\n",
         PC_E_IDENTITY, 0},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        unsigned line;
        assert_int_equal(parse_pin(cases[i].text, &line), cases[i].want);
        assert_int_equal(line, cases[i].line);
    }
}

static void pin_cut_anywhere(void **state)
{
    (void)state;
    struct polyclave_pin p;
    unsigned line;
    for (size_t n = 0; n < sizeof good_pin - 1; n++)
        assert_int_not_equal(pin_parse(&p, &line, bytes_of(good_pin, n)), PC_OK);
}

/* ---- network.json */

static char text[8192];

static struct bytes network_text(const char *rpc, const char *extra, const char *last_contract)
{
    size_t n = (size_t)snprintf(text, sizeof text,
                                "{\"chain_id\":31337,\"rpc\":%s%s,\"contracts\":{", rpc, extra);
    for (unsigned i = 0; i <= PC_NET_RATIFIER; i++) { /* all that must be there */
        bool last = i == PC_NET_RATIFIER;
        n += (size_t)snprintf(text + n, sizeof text - n, "\"%s\":\"0x%040x\"%s",
                              last ? last_contract : network_contract_name(i), i + 1,
                              last ? "}}" : ",");
    }
    return bytes_of(text, n);
}

static enum err_code parse_network(struct bytes t, char why[static 160])
{
    static struct network n;
    enum err_code e = network_parse(&n, why, t);
    if (e != PC_OK)
        assert_true(bytes_all_zero_var(bytes_of(&n, sizeof n)) && why[0] != '\0');
    return e;
}

static void network_good(void **state)
{
    (void)state;
    struct network n;
    char why[160];
    assert_int_equal(
        network_parse(&n, why,
                      network_text("[\"http://a\",\"https://b\"]",
                                   ",\"rpc_agree\":2,\"from_block\":7,\"nodes\":[\"h:1:2\"]",
                                   "Ratifier")),
        PC_OK);
    assert_int_equal(n.n_rpc, 2);
    assert_int_equal(n.rpc_agree, 2);
    assert_int_equal(n.from_block, 7);
    assert_string_equal(n.node[0], "h:1:2");
    assert_int_equal(n.contract[PC_NET_RATIFIER].b[19], PC_NET_RATIFIER + 1);
    assert_true(bytes_all_zero_var(PC_BYTES(n.contract[PC_NET_SNP_VERIFIER].b)));
    assert_false(bytes_all_zero_var(PC_BYTES(n.network_id)));
    assert_false(bytes_all_zero_var(PC_BYTES(n.key_id)));
}

#define ADDRESS "0x00000000000000000000000000000000000000ff"

/* Verifiers that a network may lack. */
static void network_of_more_vendors(void **state)
{
    (void)state;
    struct network n;
    char why[160];
    struct bytes t =
        network_text("[\"http://a\"]", "", "Ratifier\":\"" ADDRESS "\",\"NitroVerifier");
    assert_int_equal(network_parse(&n, why, t), PC_OK);
    assert_int_equal(n.contract[network_verifier(PC_VENDOR_NITRO)].b[19], PC_NET_RATIFIER + 1);
    assert_true(bytes_all_zero_var(PC_BYTES(n.contract[network_verifier(PC_VENDOR_SNP)].b)));
    assert_int_equal(network_verifier((enum vendor)4), PC_NET_CONTRACTS);
    assert_int_not_equal(
        parse_network(
            network_text("[\"http://a\"]", "", "Ratifier\":\"" ADDRESS "\",\"SgxVerifier"), why),
        PC_OK);
    assert_int_not_equal(parse_network(network_text("[\"http://a\"]", "", "SnpVerifier"), why),
                         PC_OK); /* Ratifier is missing */
}

static void network_bad(void **state)
{
    (void)state;
    char why[160];
    assert_int_not_equal(parse_network(network_text("[]", "", "Ratifier"), why), PC_OK);
    assert_int_not_equal(parse_network(network_text("[\"\"]", "", "Ratifier"), why), PC_OK);
    assert_int_not_equal(parse_network(network_text("\"http://a\"", "", "Ratifier"), why), PC_OK);
    assert_int_not_equal(
        parse_network(network_text("[\"http://a\"]", ",\"rpc_agree\":2", "Ratifier"), why), PC_OK);
    assert_int_not_equal(
        parse_network(network_text("[\"http://a\"]", ",\"unpinned\":true", "Ratifier"), why),
        PC_OK);
    assert_non_null(strstr(why, "unpinned"));
    assert_int_not_equal(
        parse_network(network_text("[\"http://a\"]", ",\"nodes\":[\"h:1\"]", "Ratifier"), why),
        PC_OK);
    assert_int_not_equal(parse_network(network_text("[\"http://a\"]", "", "Other"), why), PC_OK);
    assert_int_not_equal(parse_network(network_text("[\"http://a\"]", "", "Timelock"), why), PC_OK);
    char nine[400] = "[";
    for (int i = 0; i < 9; i++)
        (void)snprintf(nine + strlen(nine), 40, "%s\"http://h%d\"", i != 0 ? "," : "", i);
    (void)strcat(nine, "]");
    assert_int_not_equal(parse_network(network_text(nine, "", "Ratifier"), why), PC_OK);
    struct bytes all = network_text("[\"http://a\"]", "", "Ratifier");
    for (size_t n = 0; n < all.n; n++)
        assert_int_not_equal(parse_network(bytes_of(all.p, n), why), PC_OK);
}

/* ---- platforms */

static void proofs_lead_to_the_root(void **state)
{
    (void)state;
    uint8_t list[33][32], root[32], again[32], proof[PC_PLATFORM_PROOF_MAX][32];
    size_t n, ignored;
    for (size_t count = 1; count <= 33; count++) {
        for (size_t i = 0; i < count; i++) {
            memset(list[i], 0, 32);
            list[i][0] = (uint8_t)(97 * (count - i)); /* not in order */
            list[i][31] = (uint8_t)i;
        }
        assert_int_equal(platforms_sort(list, count), count);
        assert_int_equal(
            platforms_root(root, proof, &ignored, (const uint8_t(*)[32])list, count, count), PC_OK);
        assert_int_equal(ignored, 0);
        for (size_t at = 0; at < count; at++) {
            assert_int_equal(
                platforms_root(again, proof, &n, (const uint8_t(*)[32])list, count, at), PC_OK);
            assert_memory_equal(root, again, 32);
            assert_true(id_platform_proof_ok_var(root, list[at], (const uint8_t(*)[32])proof, n));
            list[at][5] ^= 1;
            assert_false(id_platform_proof_ok_var(root, list[at], (const uint8_t(*)[32])proof, n));
            list[at][5] ^= 1;
        }
    }
    assert_int_equal(platforms_root(root, proof, &n, (const uint8_t(*)[32])list, 0, 0), PC_E_USAGE);
    memcpy(list[1], list[0], 32);
    assert_int_equal(platforms_sort(list, 2), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pin_good),
        cmocka_unit_test(pin_bad),
        cmocka_unit_test(pin_cut_anywhere),
        cmocka_unit_test(network_good),
        cmocka_unit_test(network_of_more_vendors),
        cmocka_unit_test(network_bad),
        cmocka_unit_test(proofs_lead_to_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
