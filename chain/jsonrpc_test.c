/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/jsonrpc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "chain/header_json.h"

static struct jsonrpc_answer a;

static enum err_code parse(const char *text, unsigned n, bool batch)
{
    enum err_code e = jsonrpc_parse(&a, bytes_of(text, strlen(text)), 100000, 7, n, batch);
    if (e != PC_OK)
        assert_null(a.doc);
    return e;
}

static void requests(void **state)
{
    (void)state;
    char buf[512];
    struct jsonrpc_request r;
    struct bytes body;
    jsonrpc_begin(&r, buf, sizeof buf, 7, false);
    jsonrpc_call(&r, "eth_chainId");
    jsonrpc_call_end(&r);
    assert_int_equal(jsonrpc_finish(&r, &body), PC_OK);
    static const char one[] =
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"eth_chainId\",\"params\":[]}";
    assert_true(bytes_equal_var(body, PC_BYTES_STR(one)));
    jsonrpc_begin(&r, buf, sizeof buf, 7, true);
    for (int i = 0; i < 2; i++) {
        jsonrpc_call(&r, "m");
        json_out_u64(&r.o, NULL, 5);
        jsonrpc_call_end(&r);
    }
    assert_int_equal(jsonrpc_finish(&r, &body), PC_OK);
    static const char two[] = "[{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"m\",\"params\":[5]},"
                              "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"m\",\"params\":[5]}]";
    assert_true(bytes_equal_var(body, PC_BYTES_STR(two)));
    jsonrpc_begin(&r, buf, 20, 7, false);
    jsonrpc_call(&r, "eth_chainId");
    jsonrpc_call_end(&r);
    assert_int_equal(jsonrpc_finish(&r, &body), PC_E_TOO_LARGE);
}

static void answers_are_matched_by_id(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"0x1\"}", 1, false), PC_OK);
    assert_int_equal(a.at[0].class, PC_RPC_RESULT);
    jsonrpc_free(&a);
    /* a batch in any order */
    assert_int_equal(parse("[{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":null},"
                           "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":\"0x2\"}]",
                           2, true),
                     PC_OK);
    assert_int_equal(a.at[0].class, PC_RPC_RESULT);
    assert_int_equal(a.at[1].class, PC_RPC_NULL);
    jsonrpc_free(&a);
    static const char *const bad[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"jsonrpc\":\"2.0\",\"id\":6,\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":\"7\",\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":-7,\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":7.0,\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"result\":1}",
        "{\"jsonrpc\":\"1.0\",\"id\":7,\"result\":1}",
        "{\"id\":7,\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":7}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"id\":7,\"result\":1}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1,\"error\":{\"code\":1,\"message\":\"x\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":null}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":\"x\"}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"message\":\"x\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":\"1\",\"message\":\"x\"}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":1}}",
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}]",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1} ",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}{}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[[[[[[[[[[[[[[1]]]]]]]]]]]]]]}",
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        enum err_code e = parse(bad[i], 1, false);
        if (e == PC_OK)
            jsonrpc_free(&a);
        /* white space behind the text is JSON's own */
        assert_int_equal(e == PC_OK, bad[i][0] != '\0' && bad[i][strlen(bad[i]) - 1] == ' ');
    }
    static const char *const bad_batch[] = {
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}",
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}]",
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1},{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1}]",
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1},{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":1}]",
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1},{\"jsonrpc\":\"2.0\",\"id\":8,\"result\":1},"
        "{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":1}]",
        "[{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":1},7]",
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(bad_batch); i++)
        assert_int_not_equal(parse(bad_batch[i], 2, true), PC_OK);
    assert_int_equal(jsonrpc_parse(&a, bytes_of("{\"jsonrpc\"", 10), 9, 7, 1, false),
                     PC_E_TOO_LARGE);
}

static void errors_are_sorted(void **state)
{
    (void)state;
    static const struct {
        const char *error;
        enum jsonrpc_class want;
        size_t revert;
    } cases[] = {
        {"{\"code\":3,\"message\":\"execution reverted\",\"data\":\"0x08c379a0\"}", PC_RPC_REVERT,
         4},
        {"{\"code\":-32000,\"message\":\"execution reverted\",\"data\":\"0x\"}", PC_RPC_REVERT, 0},
        /* an unknown error's data as text, as anvil has it */
        {"{\"code\":3,\"message\":\"reverted: \\u0000\\u0001\",\"data\":\"0xdeadbeef0001\"}",
         PC_RPC_REVERT, 6},
        {"{\"code\":-32603,\"message\":\"x\",\"data\":{\"data\":\"0xabcd\"}}", PC_RPC_ERROR, 2},
        {"{\"code\":-32000,\"message\":\"nonce too low\"}", PC_RPC_NONCE, 0},
        {"{\"code\":-32000,\"message\":\"already known\"}", PC_RPC_NONCE, 0},
        {"{\"code\":-32000,\"message\":\"replacement transaction underpriced\"}", PC_RPC_NONCE, 0},
        {"{\"code\":-32003,\"message\":\"Insufficient funds for gas * price + value\"}",
         PC_RPC_FUNDS, 0},
        {"{\"code\":-32005,\"message\":\"query returned more than 10000 results\"}", PC_RPC_RANGE,
         0},
        {"{\"code\":-32602,\"message\":\"block range is too wide\"}", PC_RPC_RANGE, 0},
        {"{\"code\":-32601,\"message\":\"the method does not exist\"}", PC_RPC_UNSUPPORTED, 0},
        {"{\"code\":-32000,\"message\":\"something\"}", PC_RPC_ERROR, 0},
        {"{\"code\":9223372036854775807,\"message\":\"\"}", PC_RPC_ERROR, 0},
        {"{\"code\":1,\"message\":\"a\\u0007b\\u00e9\",\"data\":\"0xzz\"}", PC_RPC_ERROR, 0},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":%s}",
                       cases[i].error);
        assert_int_equal(parse(text, 1, false), PC_OK);
        assert_int_equal(a.at[0].class, cases[i].want);
        assert_int_equal(a.at[0].revert_len, cases[i].revert);
        for (const char *c = a.at[0].text; *c; c++)
            assert_true(*c >= 0x20 && *c < 0x7f);
        jsonrpc_free(&a);
    }
    /* long texts and long revert data are cut */
    char text[1200];
    char *w =
        text + sprintf(text, "{\"jsonrpc\":\"2.0\",\"id\":7,\"error\":{\"code\":3,\"message\":\"");
    memset(w, 'x', 300);
    w += 300;
    w += sprintf(w, "\",\"data\":\"0x");
    memset(w, 'a', 600);
    w += 600;
    (void)sprintf(w, "\"}}");
    assert_int_equal(parse(text, 1, false), PC_OK);
    assert_int_equal(strlen(a.at[0].text), PC_JSONRPC_TEXT - 1);
    assert_int_equal(a.at[0].revert_len, PC_JSONRPC_REVERT);
    jsonrpc_free(&a);
}

static enum err_code with_result(const char *result)
{
    static char text[70000];
    (void)snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":%s}", result);
    enum err_code e = parse(text, 1, false);
    assert_int_equal(e, PC_OK);
    return e;
}

static void quantities_and_data_are_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {"\"\"",    "\"0x\"",  "\"1\"",    "\"0x01\"",
                                      "\"0xg\"", "\"0X1\"", "\" 0x1\"", "\"0x1 \"",
                                      "1",       "null",    "\"0x00\"", "\"-0x1\""};
    struct evm_word w;
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        if (strcmp(bad[i], "null") == 0)
            continue;
        with_result(bad[i]);
        assert_int_not_equal(rpc_uint256(&a.at[0].value, NULL, &w), PC_OK);
        assert_true(evm_word_is_zero(&w));
        jsonrpc_free(&a);
    }
    with_result("\"0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"");
    assert_int_equal(rpc_uint256(&a.at[0].value, NULL, &w), PC_OK);
    assert_int_equal(w.b[0], 0xff);
    jsonrpc_free(&a);
    with_result("\"0x10000000000000000000000000000000000000000000000000000000000000000\"");
    assert_int_equal(rpc_uint256(&a.at[0].value, NULL, &w), PC_E_TOO_LARGE);
    jsonrpc_free(&a);
    uint8_t out[4];
    size_t n;
    static const char *const bad_data[] = {"\"aabb\"", "\"0xaab\"", "\"0xaabbccddee\"", "7",
                                           "\"0x  \""};
    for (size_t i = 0; i < PC_ARRAY_LEN(bad_data); i++) {
        with_result(bad_data[i]);
        assert_int_not_equal(rpc_data(&a.at[0].value, NULL, out, sizeof out, &n), PC_OK);
        assert_int_equal(n, 0);
        assert_int_not_equal(rpc_fixed(&a.at[0].value, NULL, out, 2), PC_OK);
        jsonrpc_free(&a);
    }
    with_result("\"0x\"");
    assert_int_equal(rpc_data(&a.at[0].value, NULL, out, sizeof out, &n), PC_OK);
    assert_int_equal(n, 0);
    jsonrpc_free(&a);
}

static void logs_and_nodes_are_bounded(void **state)
{
    (void)state;
    static const char log[] =
        "{\"address\":\"0x1111111111111111111111111111111111111111\",\"topics\":[%s],\"data\":\"0x%"
        "s\","
        "\"blockNumber\":\"0x5\",\"logIndex\":\"%s\",\"blockHash\":"
        "\"0x2222222222222222222222222222222222222222222222222222222222222222\","
        "\"transactionHash\":"
        "\"0x3333333333333333333333333333333333333333333333333333333333333333\",\"removed\":%s}";
    static const char topic[] =
        "\"0x4444444444444444444444444444444444444444444444444444444444444444\"";
    char text[4096], topics[1024] = "";
    static uint8_t data[PC_LOG_DATA_MAX];
    struct log_record l;
    for (unsigned n = 0; n <= 5; n++) {
        (void)snprintf(text, sizeof text, log, topics, "abcd", "0x1", "false");
        with_result(text);
        enum err_code e = log_from_json(&l, data, &a.at[0].value);
        assert_int_equal(e, n <= 4 ? PC_OK : PC_E_TOO_LARGE);
        if (e == PC_OK)
            assert_true(l.n_topics == n && l.data.n == 2 && l.block == 5 && l.index == 1);
        jsonrpc_free(&a);
        if (n != 0)
            strcat(topics, ",");
        strcat(topics, topic);
    }
    static const char *const bad[][3] = {{"abc", "0x1", "false"},
                                         {"abcd", "1", "false"},
                                         {"abcd", "0x100000000", "false"},
                                         {"abcd", "0x1", "true"},
                                         {"abcd", "0x1", "null"}};
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        (void)snprintf(text, sizeof text, log, "", bad[i][0], bad[i][1], bad[i][2]);
        with_result(text);
        assert_int_not_equal(log_from_json(&l, data, &a.at[0].value), PC_OK);
        jsonrpc_free(&a);
    }
    /* node lists: 65 at most, and no larger than the buffer */
    char list[1024] = "[";
    for (unsigned i = 0; i < 66; i++)
        strcat(list, i == 65 ? "\"0xc0\"]" : "\"0xc0\",");
    static uint8_t buf[256];
    struct bytes out;
    with_result(list);
    assert_int_equal(nodes_from_json(&out, buf, sizeof buf, &a.at[0].value, NULL), PC_E_TOO_LARGE);
    jsonrpc_free(&a);
    with_result("[\"0xc0\",\"0x8181\"]");
    assert_int_equal(nodes_from_json(&out, buf, 4, &a.at[0].value, NULL), PC_E_TOO_LARGE);
    assert_int_equal(nodes_from_json(&out, buf, sizeof buf, &a.at[0].value, NULL), PC_OK);
    assert_memory_equal(out.p, "\x02\x00\x01\xc0\x00\x02\x81\x81", 8);
    jsonrpc_free(&a);
}

/* A real header (anvil, Osaka rules), and what may not be done to it. */
static void headers_hash_to_their_hash(void **state)
{
    (void)state;
    static char text[8192];
    FILE *f = fopen(PC_SOURCE_DIR "/chain/testdata/block.json", "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    uint8_t buf[PC_HEADER_MAX];
    struct bytes rlp;
    struct block_header h;
    with_result(text);
    assert_int_equal(header_from_json(&rlp, &h, buf, &a.at[0].value), PC_OK);
    assert_true(h.number == 3 && rlp.n > 500);
    jsonrpc_free(&a);
    static const char *const fields[] = {"\"stateRoot\":\"0x",     "\"parentHash\":\"0x",
                                         "\"timestamp\":\"0x",     "\"requestsHash\":\"0x",
                                         "\"baseFeePerGas\":\"0x", "\"gasUsed\":\"0x"};
    for (size_t i = 0; i < PC_ARRAY_LEN(fields); i++) {
        char *at = strstr(text, fields[i]);
        assert_non_null(at);
        at += strlen(fields[i]);
        char was = *at;
        *at = was == '1' ? '2' : '1';
        with_result(text);
        enum err_code e = header_from_json(&rlp, &h, buf, &a.at[0].value);
        assert_true(e == PC_E_MISMATCH || e == PC_E_MALFORMED);
        assert_true(rlp.p == NULL && h.number == 0);
        jsonrpc_free(&a);
        *at = was;
    }
    char *at = strstr(text, "\"requestsHash\""); /* a field missing: another hash */
    assert_non_null(at);
    at[1] = 'x';
    with_result(text);
    assert_int_equal(header_from_json(&rlp, &h, buf, &a.at[0].value), PC_E_MISMATCH);
    jsonrpc_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests),
        cmocka_unit_test(answers_are_matched_by_id),
        cmocka_unit_test(errors_are_sorted),
        cmocka_unit_test(quantities_and_data_are_strict),
        cmocka_unit_test(logs_and_nodes_are_bounded),
        cmocka_unit_test(headers_hash_to_their_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
