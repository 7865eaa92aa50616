/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cli_test.c - options, texts, policies in calldata, the control socket, quote helpers: what the
 * commands are made of and needs no chain.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/unit_test.h"
#include "client/cli/app_terms.h"
#include "client/cli/control.h"
#include "client/cli/gov.h"
#include "client/cli/quote_run.h"
#include "crypto/labels.h"

/* ---- options */

static struct cli_args seen;

static int keep(const struct cli_args *a)
{
    seen = *a;
    return 42;
}

static const struct cli_option options[] = {
    {"id", "N", "needed", true, 1},        {"each", "X", "any number", false, 0},
    {"flag", NULL, "a flag", false, 1},    {"bond", "ETH", "money", false, 1},
    {"hex", "HEX", "two bytes", false, 1}, PC_TERMS_OPTIONS,
};
static const struct cli_verb verbs[] = {
    {"g", "v", "does", {"one", "two"}, options, PC_ARRAY_LEN(options), PC_CLI_SIGNER, keep},
};

static int run(const char *const *words)
{
    char *argv[32] = {(char *)(uintptr_t) "g", (char *)(uintptr_t) "v"};
    int argc = 2;
    while (*words != NULL)
        argv[argc++] = (char *)(uintptr_t)*words++;
    memset(&seen, 0, sizeof seen);
    return cli_group("g", "group", verbs, 1, argc, argv);
}
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static void options_are_strict(void **state)
{
    (void)state;
    assert_int_equal(RUN("--id", "7"), 42);
    assert_string_equal(cli_arg(&seen, "id"), "7");
    assert_int_equal(RUN("--id=7", "--flag", "--each", "a", "--each=b", "--json"), 42);
    assert_true(seen.json && cli_has(&seen, "flag"));
    assert_int_equal(cli_count(&seen, "each"), 2);
    assert_string_equal(cli_arg_at(&seen, "each", 1), "b");
    assert_null(cli_arg_at(&seen, "each", 2));
    assert_int_equal(RUN("--flag"), PC_CLI_USAGE); /* id is missing */
    assert_int_equal(RUN("--id"), PC_CLI_USAGE);   /* no value */
    assert_int_equal(RUN("--id", "1", "--id", "2"), PC_CLI_USAGE);
    assert_int_equal(RUN("--id", "1", "--flag=x"), PC_CLI_USAGE);
    assert_int_equal(RUN("--id", "1", "--i", "2"), PC_CLI_USAGE); /* no abbreviations */
    assert_int_equal(RUN("--id", "1", "stray"), PC_CLI_USAGE);
    assert_int_equal(RUN("--id", "1", "--wait", "5", "--key", "k", "--key", "l"), 42);
}

static void typed_values(void **state)
{
    (void)state;
    uint64_t v = 5;
    uint8_t hex[2], wei[32];
    assert_int_equal(RUN("--id", "18446744073709551615"), 42);
    assert_false(cli_arg_u64(&seen, "id", UINT64_MAX, &v)); /* 19 digits at most */
    assert_int_equal(RUN("--id", "10", "--hex", "0xA1b2"), 42);
    assert_true(cli_arg_u64(&seen, "id", 10, &v));
    assert_int_equal(v, 10);
    assert_false(cli_arg_u64(&seen, "id", 9, &v));
    assert_true(cli_arg_u64(&seen, "bond", 9, &v)); /* not given: untouched */
    assert_int_equal(v, 10);
    assert_true(cli_arg_hex(&seen, "hex", hex, 2));
    assert_int_equal(hex[0], 0xa1);
    static const char *const bad[] = {"-1", "1x", "", " 1", "+1"};
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        assert_int_equal(RUN("--id", bad[i]), 42);
        assert_false(cli_arg_u64(&seen, "id", 100, &v));
    }
    static const struct {
        const char *text, *wei;
    } amounts[] = {{"1", "1000000000000000000"},
                   {"0.000000000000000001", "1"},
                   {"2.5", "2500000000000000000"},
                   {"0", "0"},
                   {"1.", "1000000000000000000"}};
    for (size_t i = 0; i < PC_ARRAY_LEN(amounts); i++) {
        struct evm_word w;
        char digits[80];
        assert_int_equal(RUN("--id", "1", "--bond", amounts[i].text), 42);
        assert_true(cli_arg_ether(&seen, "bond", wei));
        memcpy(w.b, wei, 32);
        word_decimal(digits, &w);
        assert_string_equal(digits, amounts[i].wei);
    }
    static const char *const none[] = {
        "",
        ".5",
        "1.0000000000000000001",
        "1e3",
        "-1",
        "1.2.3",
        "999999999999999999999999999999999999999999999999999999999999"};
    for (size_t i = 0; i < PC_ARRAY_LEN(none); i++) {
        assert_int_equal(RUN("--id", "1", "--bond", none[i]), 42);
        assert_false(cli_arg_ether(&seen, "bond", wei));
    }
}

static void texts(void **state)
{
    (void)state;
    char out[96];
    struct evm_word w = {{0}};
    struct evm_address a = {{0x5a, 0xae, 0xb6, 0x05, 0x3f, 0x3e, 0x94, 0xc9, 0xb9, 0xa0,
                             0x9f, 0x33, 0x66, 0x94, 0x35, 0xe7, 0xef, 0x1b, 0xea, 0xed}};
    address_text(out, &a); /* EIP-55's own example */
    assert_string_equal(out, "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed");
    wei_text(out, &w, true);
    assert_string_equal(out, "0");
    w.b[31] = 1;
    wei_text(out, &w, true);
    assert_string_equal(out, "0.000000000000000001");
    wei_text(out, &w, false);
    assert_string_equal(out, "0");
    memset(w.b, 0xff, 32);
    wei_text(out, &w, true);
    assert_string_equal(
        out, "115792089237316195423570985008687907853269984665640564039457.584007913129639935");
    char t[64];
    time_text(t, 1796115600, 1796115600 - 90000);
    assert_string_equal(t, "2026-12-01 09:00:00 UTC, in 1 d 1 h");
    time_text(t, 100, 160);
    assert_string_equal(t, "1970-01-01 00:01:40 UTC, 60 s ago");
    time_text(t, 0, 160);
    assert_string_equal(t, "never");
    time_text(t, UINT64_MAX >> 2, 0); /* no crash */
}

static void nothing_steers_a_terminal(void **state)
{
    (void)state;
    char out[64];
    cli_printable(out, sizeof out,
                  "a\x1b[2Jb\r\n\t\x7f\xc2\x9b"
                  "c\xc2\xa7");
    assert_string_equal(out, "a?[2Jb????\xc2?c\xc2\xa7");
    cli_printable(out, 4, "abcdef");
    assert_string_equal(out, "abc");
    char utf8[] = "\xc3\xa4\xf0\x9f\x98\x80|\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xff\xe2\x82";
    cli_utf8(utf8);
    assert_string_equal(utf8, "\xc3\xa4\xf0\x9f\x98\x80|??????????"
                              "??");
}

/* ---- policies */

#define M1 "0x1111111111111111111111111111111111111111111111111111111111111111"
#define M2 "0x2222222222222222222222222222222222222222222222222222222222222222"

/* What calldata carries is what a node reads back out of the event. */
static void assert_round_trip(const struct app_policy *p)
{
    static uint8_t buf[16384];
    struct abi_out w = abi_out_of(buf, sizeof buf, 2);
    struct evm_word tag = evm_word_of(pc_tag_policy), hash;
    struct app_policy back;
    struct bytes all;
    abi_out_word(&w, &tag);
    terms_write(&w, p);
    assert_int_equal(abi_out_end(&w, &all), PC_OK);
    evm_keccak(&hash, all);
    assert_int_equal(app_policy_decode(&back, all, &hash), PC_OK);
    assert_int_equal(back.vendor_mask, p->vendor_mask);
    assert_int_equal(back.max_age, p->max_age);
    assert_int_equal(back.version_lo, p->version_lo);
    assert_int_equal(back.version_hi, p->version_hi);
    assert_int_equal(back.subject_quota, p->subject_quota);
    assert_int_equal(back.n_approvals, p->n_approvals);
    assert_int_equal(back.n_min_tcbs, p->n_min_tcbs);
    for (unsigned i = 0; i < p->n_approvals; i++)
        assert_memory_equal(&back.approval[i], &p->approval[i], sizeof p->approval[i]);
    for (unsigned i = 0; i < p->n_min_tcbs; i++)
        assert_memory_equal(back.min_tcb[i].raw_tcb, p->min_tcb[i].raw_tcb, 52);
}

#define TCB_SNP                                                                                    \
    "0102030405060708010203040506070801020304050607080102030405060708"                             \
    "010203040506070801020304050607080102030405060709"

static void policies(void **state)
{
    (void)state;
    static struct app_policy p;
    terms_default(&p);
    assert_round_trip(&p);
    assert_int_equal(RUN("--id", "1", "--measurement", M2, "--measurement", M1, "--vendors",
                         "tdx,snp", "--versions", "2-9", "--quota", "5", "--max-age", "60",
                         "--min-tcb", "00806f0500000000", "--min-tcb", "tdx:90c06f0000000000"),
                     42);
    assert_true(terms_from_options(&p, &seen));
    assert_int_equal(p.vendor_mask, 6);
    assert_int_equal(p.approval[0].measurement.b[0], 0x11); /* sorted */
    assert_round_trip(&p);
    /* Queueing keeps what is not named, and the times of what stays. */
    p.approval[1].active_from = 77;
    assert_int_equal(RUN("--id", "1", "--measurement", M2), 42);
    assert_true(terms_from_options(&p, &seen));
    assert_int_equal(p.n_approvals, 1);
    assert_int_equal(p.approval[0].active_from, 77);
    assert_int_equal(p.version_hi, 9);
    assert_int_equal(p.n_min_tcbs, 2);
    /* Products of other vendors: with layouts of their own. */
    assert_int_equal(RUN("--id", "1", "--min-tcb", "nitro", "--min-tcb", "snp:Milan", "--min-tcb",
                         "snp:Genoa:" TCB_SNP, "--min-tcb", "00806f0500000000"),
                     42);
    assert_true(terms_from_options(&p, &seen));
    assert_int_equal(p.n_min_tcbs, 4);
    assert_int_equal(p.min_tcb[0].len, 52);
    assert_int_equal(p.min_tcb[1].vendor, PC_VENDOR_SNP);
    assert_memory_equal(p.min_tcb[1].product.b, "Genoa\0\0", 7);
    assert_int_equal(p.min_tcb[1].len, 56);
    assert_int_equal(p.min_tcb[1].raw_tcb[55], 0x09);
    assert_int_equal(p.min_tcb[3].vendor, PC_VENDOR_NITRO);
    assert_int_equal(p.min_tcb[3].len, 0);
    assert_round_trip(&p);
    static const char *const bad[][2] = {
        {"--min-tcb", "snp:Rome"},
        {"--min-tcb", "snp"},
        {"--min-tcb", "sgx:00806f0500000000"},
        {"--min-tcb", "tdx:Genoa"},
        {"--min-tcb", "nitro:00"},
        {"--min-tcb", "snp:Genoa:00"},
        {"--vendors", "tdx;snp"},
        {"--vendors", "tdxx"},
        {"--versions", "3-2"},
        {"--versions", "1"},
        {"--versions", "1-2-3"},
        {"--quota", "4294967296"},
        {"--min-tcb", "00"},
        {"--measurement", "0x11"},
        {"--min-tcb", "00806f0500000000:00"},
        {"--platforms", "/nonexistent"},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        assert_int_equal(RUN("--id", "1", bad[i][0], bad[i][1]), 42);
        assert_false(terms_from_options(&p, &seen));
    }
    assert_int_equal(RUN("--id", "1", "--measurement", M1, "--measurement", M1), 42);
    assert_false(terms_from_options(&p, &seen));
}

static void list_of_platforms(void **state)
{
    (void)state;
    char path[] = "/tmp/polyclave-platforms-XXXXXX";
    static struct app_policy p;
    int fd = mkstemp(path);
    static const char list[] = "# racks\n" M2 "\n" M1 "\n\n" M1 "\n";
    assert_int_equal(write(fd, list, sizeof list - 1), sizeof list - 1);
    close(fd);
    terms_default(&p);
    assert_int_equal(RUN("--id", "1", "--platforms", path), 42);
    assert_true(terms_from_options(&p, &seen));
    assert_false(evm_word_is_zero(&p.platform_root));
    assert_int_equal(RUN("--id", "1", "--any-platform"), 42);
    assert_true(terms_from_options(&p, &seen));
    assert_true(evm_word_is_zero(&p.platform_root));
    assert_int_equal(unlink(path), 0);
}

/* ---- proposals: what is written is read as the same */

static void actions(void **state)
{
    (void)state;
    static struct gov_actions a;
    static uint8_t buf[65536], data[300];
    const struct evm_address to = {{1, 2, 3}};
    const struct evm_word value = evm_word_u64(9);
    size_t n, k;
    memset(data, 7, sizeof data);
    assert_true(gov_actions_add(&a, &to, &value, bytes_of(data, 300)));
    assert_true(gov_actions_add(&a, &to, &value, bytes_of(data, 0)));
    struct abi_out w = abi_out_of(buf, sizeof buf, 3);
    struct bytes all;
    gov_actions_write(&w, &a);
    assert_int_equal(abi_out_end(&w, &all), PC_OK);
    struct abi_in r = abi_in_of(all, 3);
    struct bytes targets = abi_in_array(&r, 1, 16, &n);
    assert_int_equal(n, 2);
    assert_int_equal(targets.p[12], 1);
    (void)abi_in_array(&r, 1, 16, &k);
    struct abi_in list = abi_in_tuples(&r, 16, &k);
    assert_int_equal(abi_in_bytes(&list, 1000).n, 300);
    assert_int_equal(abi_in_bytes(&list, 1000).n, 0);
    abi_in_join(&r, &list);
    assert_int_equal(abi_in_end(&r), PC_OK);
    while (gov_actions_add(&a, &to, &value, bytes_of(data, 1)))
        ;
    assert_int_equal(a.n, PC_GOV_ACTIONS);
}

/* ---- the control socket */

/* A node's daemon that answers one line. */
static pid_t daemon_at(const char *path, const char *answer)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    (void)unlink(path);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    pid_t pid = fork();
    if (pid == 0) {
        char line[128];
        int c = accept(fd, NULL, NULL);
        if (read(c, line, sizeof line) > 0)
            (void)!write(c, answer, strlen(answer));
        close(c);
        _exit(0);
    }
    close(fd);
    return pid;
}

static void control_socket(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        int want;
    } cases[] = {
        {"{\"state\":\"live\"}\n", PC_CLI_YES},
        {"{\"code\":\"ok\",\"message\":\"fine\"}\n", PC_CLI_YES},
        {"{\"code\":\"retry\",\"message\":\"later\"}\n", PC_CLI_RETRY},
        {"{\"code\":\"refused\",\"message\":\"no\"}\n", PC_CLI_NO},
        {"{\"state\":", PC_CLI_RETRY},
        {"", PC_CLI_RETRY},
    };
    char path[64];
    (void)snprintf(path, sizeof path, "/tmp/polyclave-control-%d", (int)getpid());
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        struct json_doc *doc;
        pid_t pid = daemon_at(path, cases[i].answer);
        assert_int_equal(control_ask(&doc, path, "status"), cases[i].want);
        assert_true((doc != NULL) == (cases[i].want == PC_CLI_YES));
        json_free(doc);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
    struct json_doc *doc;
    (void)unlink(path);
    assert_int_equal(control_ask(&doc, path, "status"), PC_CLI_RETRY);
    assert_null(doc);
}

/* ---- quote helpers */

static bool helper(const char *script, size_t cap, unsigned ms, size_t *len)
{
    static uint8_t out[4096];
    const uint8_t report[64] = {'r'};
    const char *const args[] = {"-c", script, NULL};
    const struct quote_helper h = {"/bin/sh", args, ms};
    return quote_run(&h, report, out, cap, len);
}

static void quote_helpers(void **state)
{
    (void)state;
    size_t n;
    assert_true(helper("cat", 4096, 10000, &n));
    assert_int_equal(n, 64);
    assert_true(helper("cat", 64, 10000, &n));
    assert_false(helper("cat", 63, 10000, &n)); /* one byte too much */
    assert_int_equal(n, 0);
    assert_false(helper("cat; exit 3", 4096, 10000, &n));
    assert_int_equal(n, 0);
    assert_false(helper("exec /nonexistent", 4096, 10000, &n));
    assert_false(helper("while :; do :; done", 4096, 50, &n)); /* it is killed */
    assert_false(helper("exec 0<&-; exit 1", 4096, 10000, &n));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_strict),
        cmocka_unit_test(typed_values),
        cmocka_unit_test(texts),
        cmocka_unit_test(nothing_steers_a_terminal),
        cmocka_unit_test(policies),
        cmocka_unit_test(list_of_platforms),
        cmocka_unit_test(actions),
        cmocka_unit_test(control_socket),
        cmocka_unit_test(quote_helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
