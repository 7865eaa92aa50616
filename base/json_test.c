/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "base/unit_test.h"

static struct bytes text(const char *s)
{
    return bytes_of(s, strlen(s));
}

static enum err_code parse(struct json_doc **doc, const char *s)
{
    return json_parse(doc, text(s), 4096, 8);
}

static void getters_and_paths(void **state)
{
    (void)state;
    struct json_doc *doc;
    struct json_value root, v, list;
    uint64_t n;
    size_t len;
    bool b;
    struct bytes s;
    uint8_t raw[8];
    assert_int_equal(
        parse(&doc, " {\"a\":{\"list\":[{\"x\":65536},{\"x\":-1},{\"x\":1.0},{\"x\":\"7\"}]},"
                    "\"yes\":true,\"no\":false,\"nil\":null,\"s\":\"t\\u00e9\\n\",\"h\":\"0xAb01\","
                    "\"q\":\"0x1f\",\"big\":9223372036854775807}\n"),
        PC_OK);
    root = json_root(doc);
    assert_int_equal(json_get_object(&root, "a", &v), PC_OK);
    assert_int_equal(json_get_array(&v, "list", &list, &len), PC_OK);
    assert_int_equal(len, 4);
    v = json_at(&list, 0);
    assert_int_equal(json_get_u64(&v, "x", 65536, &n), PC_OK);
    assert_int_equal(n, 65536);
    assert_int_equal(json_get_u64(&v, "x", 65535, &n), PC_E_TOO_LARGE);
    assert_int_equal(n, 0);
    assert_string_equal(json_error(doc), "a.list[0].x: want an integer up to 65535");
    v = json_at(&list, 1);
    assert_int_equal(json_get_u64(&v, "x", 9, &n), PC_E_MALFORMED);
    v = json_at(&list, 2);
    assert_int_equal(json_get_u64(&v, "x", 9, &n), PC_E_MALFORMED);
    assert_string_equal(json_error(doc), "a.list[2].x: want an integer");
    v = json_at(&list, 3);
    assert_int_equal(json_get_u64(&v, "x", 9, &n), PC_E_MALFORMED);
    assert_int_equal(json_get_u64(&v, "y", 9, &n), PC_E_MALFORMED);
    assert_string_equal(json_error(doc), "a.list[3].y: want a value; it is missing");
    assert_int_equal(json_get_bool(&root, "yes", &b), PC_OK);
    assert_true(b);
    assert_int_equal(json_get_bool(&root, "no", &b), PC_OK);
    assert_false(b);
    assert_int_equal(json_get_bool(&root, "nil", &b), PC_E_MALFORMED);
    assert_true(json_has(&root, "nil"));
    assert_false(json_has(&root, "nul"));
    assert_int_equal(json_get_str(&root, "s", &s), PC_OK);
    assert_true(bytes_equal_var(s, text("t\xc3\xa9\n")));
    assert_int_equal(json_get_hex(&root, "h", raw, 2), PC_OK);
    assert_memory_equal(raw, "\xab\x01", 2);
    memset(raw, 1, sizeof raw);
    assert_int_equal(json_get_hex(&root, "h", raw, 3), PC_E_MALFORMED);
    assert_memory_equal(raw, "\0\0\0", 3);
    assert_string_equal(json_error(doc), "h: want 3 bytes in hexadecimal");
    assert_int_equal(json_get_hex_var(&root, "h", raw, sizeof raw, &len), PC_OK);
    assert_int_equal(len, 2);
    assert_int_equal(json_get_hex_var(&root, "h", raw, 1, &len), PC_E_TOO_LARGE);
    assert_int_equal(json_get_hex_var(&root, "s", raw, 8, &len), PC_E_MALFORMED);
    assert_int_equal(json_get_quantity(&root, "q", &n), PC_OK);
    assert_int_equal(n, 31);
    assert_int_equal(json_get_u64(&root, "big", UINT64_MAX, &n), PC_OK);
    assert_int_equal(n, INT64_MAX);
    json_free(doc);
}

static void quantities(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        bool ok;
        uint64_t v;
    } q[] = {{"[\"0x0\"]", true, 0},
             {"[\"0xffffffffffffffff\"]", true, UINT64_MAX},
             {"[\"0x10000000000000000\"]", false, 0},
             {"[\"0x00\"]", false, 0},
             {"[\"0x01\"]", false, 0},
             {"[\"0x\"]", false, 0},
             {"[\"1f\"]", false, 0},
             {"[\"0X1f\"]", false, 0},
             {"[\"0xg\"]", false, 0},
             {"[\"0x0x1\"]", false, 0},
             {"[\"0xx1234567890123\"]", false, 0},
             {"[\"\"]", false, 0},
             {"[31]", false, 0}};
    for (size_t i = 0; i < PC_ARRAY_LEN(q); i++) {
        struct json_doc *doc;
        size_t n;
        uint64_t v;
        struct json_value root, list, one;
        assert_int_equal(parse(&doc, q[i].s), PC_OK);
        root = json_root(doc);
        assert_int_equal(json_get_array(&root, NULL, &list, &n), PC_OK);
        one = json_at(&list, 0);
        assert_int_equal(json_get_quantity(&one, NULL, &v), q[i].ok ? PC_OK : PC_E_MALFORMED);
        assert_int_equal(v, q[i].v);
        json_free(doc);
    }
}

static void bad_texts(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[1,]",
        "{\"a\":1,}",
        "{\"a\" 1}",
        "{a:1}",
        "[01]",
        "[1.]",
        "[.5]",
        "[+1]",
        "[1e]",
        "[-]",
        "[NaN]",
        "[tru]",
        "['a']",
        "[\"a]",
        "[\"\\x41\"]",
        "[\"\\u12g4\"]",
        "[\"\x01\"]",
        "[1] 2",
        "[1]]",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "[\"\\u0000\"]",
        "{\"\\u0000\":1}",
        "[\"\\ud800\"]",
        "[\"\xff\"]",
        "[\"\xc0\x80\"]",
        "[9223372036854775808]",
        "[1e999]",
        "3",
        "\"a\"",
        "null",
        "// c\n[1]",
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        struct json_doc *doc;
        if (parse(&doc, bad[i]) != PC_E_MALFORMED)
            fail_msg("accepted: %s", bad[i]);
        assert_true(strlen(json_error(doc)) > 0);
        json_free(doc);
    }
}

/* Only where it is asked for, and in values alone. */
static void nul_in_foreign_texts(void **state)
{
    (void)state;
    struct json_doc *doc;
    struct bytes text;
    assert_int_equal(json_parse_foreign(&doc, PC_BYTES_STR("{\"a\":\"x\\u0000y\"}"), 100, 4),
                     PC_OK);
    struct json_value root = json_root(doc);
    assert_int_equal(json_get_str(&root, "a", &text), PC_OK);
    assert_int_equal(text.n, 3);
    assert_memory_equal(text.p, "x\0y", 3);
    json_free(doc);
    assert_int_equal(json_parse_foreign(&doc, PC_BYTES_STR("{\"\\u0000\":1}"), 100, 4),
                     PC_E_MALFORMED);
    json_free(doc);
    assert_int_equal(json_parse_foreign(&doc, PC_BYTES_STR("[1,2,3]"), 6, 4), PC_E_TOO_LARGE);
    json_free(doc);
}

static void bounds(void **state)
{
    (void)state;
    struct json_doc *doc;
    const char *deep8 = "[[[[[[[[1]]]]]]]]", *deep9 = "[[[[[[[[[1]]]]]]]]]";
    assert_int_equal(parse(&doc, deep8), PC_OK);
    json_free(doc);
    assert_int_equal(parse(&doc, deep9), PC_E_TOO_LARGE);
    json_free(doc);
    assert_int_equal(json_parse(&doc, text("[1,2]"), 5, 1), PC_OK);
    json_free(doc);
    assert_int_equal(json_parse(&doc, text("[1,2]"), 4, 1), PC_E_TOO_LARGE);
    json_free(doc);
    static char many[200000];
    memset(many, '[', sizeof many);
    assert_int_equal(json_parse(&doc, bytes_of(many, sizeof many), sizeof many, 1000),
                     PC_E_TOO_LARGE);
    json_free(doc);
    assert_int_equal(json_parse(&doc, bytes_of("[1]\0", 4), 100, 8), PC_E_MALFORMED);
    json_free(doc);
    json_free(NULL);
    assert_string_equal(json_error(NULL), "out of memory");
}

static void long_paths_are_cut(void **state)
{
    (void)state;
    struct json_doc *doc;
    static char t[2048], key[401];
    memset(key, 'k', 400);
    memcpy(t, "{\"", 2);
    memcpy(t + 2, key, 400);
    memcpy(t + 402, "\":{\"end\":1}}", 13);
    assert_int_equal(parse(&doc, t), PC_OK);
    struct json_value root = json_root(doc), v;
    uint64_t n;
    assert_int_equal(json_get_object(&root, key, &v), PC_OK);
    assert_int_equal(json_get_u64(&v, "missing", 1, &n), PC_E_MALFORMED);
    assert_memory_equal(json_error(doc), "...", 3);
    assert_non_null(strstr(json_error(doc), ".missing: want"));
    json_free(doc);
}

static void only_known_members(void **state)
{
    (void)state;
    struct json_doc *doc;
    static const char *const names[] = {"a", "b"};
    assert_int_equal(parse(&doc, "{\"b\":1,\"a\":2}"), PC_OK);
    struct json_value root = json_root(doc), value;
    assert_int_equal(json_only(&root, names, 2), PC_OK);
    assert_int_equal(json_only(&root, names, 1), PC_E_MALFORMED);
    assert_string_equal(json_error(doc), "b: want no such member");
    void *iter = NULL;
    struct bytes key;
    assert_true(json_next(&root, &iter, &key, &value));
    assert_true(bytes_equal_var(key, text("b")));
    assert_true(json_next(&root, &iter, &key, &value));
    assert_true(bytes_equal_var(key, text("a")));
    assert_false(json_next(&root, &iter, &key, &value));
    json_free(doc);
}

static void spans(void **state)
{
    (void)state;
    struct bytes s;
    const char *t = " { \"x\" : {\"tcb\": 1 , \"y\":[\"}\\\"\"]} , \"tcb\" :\n{ \"a\" : 1 }\t, "
                    "\"z\":\"tcb\" } ";
    assert_int_equal(json_member_span(&s, text(t), "tcb", 8), PC_OK);
    assert_true(bytes_equal_var(s, text("{ \"a\" : 1 }")));
    assert_int_equal(json_member_span(&s, text(t), "z", 8), PC_OK);
    assert_true(bytes_equal_var(s, text("\"tcb\"")));
    assert_int_equal(json_member_span(&s, text(t), "x", 8), PC_OK);
    assert_true(bytes_equal_var(s, text("{\"tcb\": 1 , \"y\":[\"}\\\"\"]}")));
    assert_int_equal(json_member_span(&s, text(t), "x", 2), PC_E_TOO_LARGE);
    assert_int_equal(json_member_span(&s, text(t), "a", 8), PC_E_NOT_FOUND);
    assert_null(s.p);
    assert_int_equal(json_member_span(&s, text("{\"a\":1,\"a\":2}"), "a", 8), PC_E_MALFORMED);
    assert_int_equal(json_member_span(&s, text("{\"\\u0061\":1}"), "a", 8), PC_E_NOT_FOUND);
    assert_int_equal(json_member_span(&s, text("{\"a\":1} x"), "a", 8), PC_E_TRAILING);
    assert_int_equal(json_member_span(&s, text("{\"a\":1,}"), "a", 8), PC_E_MALFORMED);
    assert_int_equal(json_member_span(&s, text("{}"), "a", 8), PC_E_NOT_FOUND);
    assert_int_equal(json_member_span(&s, text("[1]"), "a", 8), PC_E_MALFORMED);
    assert_int_equal(json_member_span(&s, text("{\"a\":-0.5e+3}"), "a", 8), PC_OK);
    assert_true(bytes_equal_var(s, text("-0.5e+3")));
    /* truncation at every byte is refused */
    for (size_t n = 0; n < strlen(t) - 2; n++)
        assert_int_not_equal(json_member_span(&s, bytes_of(t, n), "tcb", 8), PC_OK);
}

static void writing(void **state)
{
    (void)state;
    char buf[512];
    struct json_out o;
    size_t n;
    json_out_init(&o, buf, sizeof buf);
    json_out_object(&o, NULL);
    json_out_str(&o, "s", "a\"\\\n\x7f");
    json_out_array(&o, "list");
    json_out_u64(&o, NULL, UINT64_MAX);
    json_out_i64(&o, NULL, -5);
    json_out_object(&o, NULL);
    json_out_end(&o);
    json_out_array(&o, NULL);
    json_out_end(&o);
    json_out_end(&o);
    json_out_bool(&o, "t", true);
    json_out_null(&o, "nil");
    json_out_hex(&o, "h", text("\x01\xff"));
    json_out_quantity(&o, "q", 255);
    json_out_fixed(&o, "f", 1.0625, 3);
    json_out_end(&o);
    assert_int_equal(json_out_finish(&o, &n), PC_OK);
    assert_string_equal(
        buf, "{\"s\":\"a\\\"\\\\\\u000a\\u007f\",\"list\":[18446744073709551615,-5,{},[]]"
             ",\"t\":true,\"nil\":null,\"h\":\"0x01ff\",\"q\":\"0xff\",\"f\":1.062}");
    assert_int_equal(n, strlen(buf));
    /* what it writes parses, at every size of buffer it fits or says so */
    for (size_t cap = 1; cap < 40; cap++) {
        json_out_init(&o, buf, cap);
        json_out_object(&o, NULL);
        json_out_str(&o, "key", "some value");
        json_out_end(&o);
        enum err_code e = json_out_finish(&o, &n);
        assert_int_equal(e, cap > 20 ? PC_OK : PC_E_TOO_LARGE);
        assert_int_equal(strlen(buf), cap > 20 ? 20 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(getters_and_paths),
        cmocka_unit_test(quantities),
        cmocka_unit_test(bad_texts),
        cmocka_unit_test(nul_in_foreign_texts),
        cmocka_unit_test(bounds),
        cmocka_unit_test(long_paths_are_cut),
        cmocka_unit_test(only_known_members),
        cmocka_unit_test(spans),
        cmocka_unit_test(writing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
