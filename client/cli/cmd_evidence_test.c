/* SPDX-License-Identifier: Apache-2.0 */
/* polyclave evidence and polyclave-quote-sim as programs: exit codes, JSON, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/json.h"
#include "client/cli/cli.h"

static char dir[] = "/tmp/polyclave-evidence-XXXXXX";
static char out[65536];

/* Run by the shell in the test's folder; stdout into out. Exit code. */
static int run(const char *command)
{
    char line[4096];
    int ends[2], status;
    size_t n = 0;
    ssize_t got;
    (void)snprintf(line, sizeof(line), "cd %s && PATH=%s:$PATH && %s", dir, PC_BIN_DIR, command);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        (void)execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(close(ends[1]), 0);
    while ((got = read(ends[0], out + n, sizeof(out) - 1 - n)) > 0)
        n += (size_t)got;
    out[n] = '\0';
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

#define VERIFY                                                                                     \
    "polyclave evidence verify --vendor tdx --evidence q4 --collateral v/collateral --at "         \
    "2027-01-15T08:00:00Z "

#define SNP "polyclave evidence verify --vendor snp --collateral amd/collateral --at 1800000000 "

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(dir));
    assert_int_equal(run("polyclave-quote-sim init-vendor v --now 1800000000"), 0);
    assert_int_equal(run("printf program > prog; printf policy > policy.bin"), 0);
    assert_int_equal(run("polyclave-quote-sim init-platform p4 --vendor v --now 1800000000 "
                         "--file prog --policy policy.bin"),
                     0);
    assert_int_equal(run("polyclave-quote-sim init-platform p5 --vendor v --now 1800000000 "
                         "--quote-version 5"),
                     0);
    assert_int_equal(run("head -c 64 /dev/zero | polyclave-quote-sim --platform p4 > q4"), 0);
    assert_int_equal(run("head -c 64 /dev/zero | polyclave-quote-sim --platform p5 --file prog "
                         "--policy policy.bin > q5"),
                     0);
    assert_int_equal(run("polyclave-quote-sim init-vendor aws --tee nitro --now 1800000000"), 0);
    assert_int_equal(run("polyclave-quote-sim init-platform host --vendor aws --file prog "
                         "--policy policy.bin"),
                     0);
    assert_int_equal(run("head -c 64 /dev/zero | polyclave-quote-sim --platform host --now "
                         "1800000000 > doc"),
                     0);
    assert_int_equal(run("printf '{\"nitro.root_sha256\":\"%s\"}' $(sha256sum aws/root.der | "
                         "cut -c1-64) > nitro.json"),
                     0);
    assert_int_equal(run("printf '{\"root_sha256\":\"%s\"}' $(sha256sum v/root.der | cut -c1-64) > "
                         "policy.json"),
                     0);
    assert_int_equal(run("polyclave-quote-sim init-vendor amd --tee snp --now 1800000000"), 0);
    assert_int_equal(run("polyclave-quote-sim init-platform s1 --vendor amd --now 1800000000 "
                         "--file prog --policy policy.bin"),
                     0);
    assert_int_equal(run("polyclave-quote-sim init-platform s2 --vendor amd --now 1800000000 "
                         "--vlek --quote-version 3"),
                     0);
    assert_int_equal(run("head -c 64 /dev/zero | polyclave-quote-sim --platform s1 > e1"), 0);
    assert_int_equal(run("head -c 64 /dev/zero | polyclave-quote-sim --platform s2 > e2"), 0);
    assert_int_equal(
        run("printf '{\"snp.genoa_root_sha256\":\"%s\"}' $(sha256sum amd/ark.der | cut "
            "-c1-64) > snp.json"),
        0);
    return 0;
}

static int teardown(void **state)
{
    char line[64];
    (void)state;
    (void)snprintf(line, sizeof(line), "cd / && rm -rf %s", dir);
    return run(line);
}

static void expect_json(const char *verdict, const char *reason)
{
    struct json_doc *doc;
    struct json_value list;
    struct bytes s;
    size_t n;
    assert_int_equal(json_parse(&doc, bytes_of(out, strlen(out)), sizeof(out), 8), PC_OK);
    struct json_value root = json_root(doc);
    assert_int_equal(json_get_str(&root, "verdict", &s), PC_OK);
    assert_string_equal((const char *)s.p, verdict);
    assert_int_equal(json_get_array(&root, "reasons", &list, &n), PC_OK);
    assert_int_equal(n, reason == NULL ? 0 : 1);
    if (reason != NULL) {
        struct json_value r = json_at(&list, 0);
        assert_int_equal(json_get_str(&r, NULL, &s), PC_OK);
        assert_string_equal((const char *)s.p, reason);
    }
    static const char *const must[] = {"tcb_status",  "tcb_date", "advisories",
                                       "crl_checked", "claims",   "claims_digest"};
    for (size_t i = 0; i < PC_ARRAY_LEN(must); i++)
        assert_true(json_has(&root, must[i]));
    json_free(doc);
}

static void test_accept(void **state)
{
    (void)state;
    assert_int_equal(run(VERIFY "--policy policy.json --json"), PC_CLI_YES);
    expect_json("ACCEPT", NULL);
    assert_int_equal(run(VERIFY "--policy policy.json"), PC_CLI_YES);
    assert_non_null(strstr(out, "ACCEPT"));
    assert_int_equal(run("polyclave evidence verify --vendor tdx --evidence q5 --collateral "
                         "v/collateral --at 1800000000 --policy policy.json --json"),
                     PC_CLI_YES);
    expect_json("ACCEPT", NULL);
}

static void test_refuse(void **state)
{
    (void)state;
    assert_int_equal(run(VERIFY "--json"), PC_CLI_NO);
    expect_json("REJECT", "untrusted_root");
    assert_int_equal(run("mkdir -p nocrl && cp v/collateral/*.json v/collateral/*.pem "
                         "v/collateral/rootcrl.der nocrl/"),
                     0);
    assert_int_equal(run("polyclave evidence verify --vendor tdx --evidence q4 --collateral nocrl "
                         "--at 1800000000 --policy policy.json --json"),
                     PC_CLI_NO);
    expect_json("REJECT", "pck_crl_missing");
    assert_int_equal(run("polyclave-quote-sim collateral v --out revoked --revoke p4 --now "
                         "1800000000"),
                     0);
    assert_int_equal(run("polyclave evidence verify --vendor tdx --evidence q4 --collateral "
                         "revoked --at 1800000000 --policy policy.json --json"),
                     PC_CLI_NO);
    expect_json("REJECT", "pck_revoked");
    assert_int_equal(run("head -c 100 q4 > short; polyclave evidence verify --vendor tdx "
                         "--evidence short --collateral v/collateral --at 1 --json"),
                     PC_CLI_NO);
    expect_json("REJECT", "quote_truncated");
    assert_int_equal(run(": > empty; polyclave evidence verify --vendor tdx "
                         "--evidence empty --collateral v/collateral --at 1 --json"),
                     PC_CLI_NO);
}

#define NITRO "polyclave evidence verify --vendor nitro --evidence doc "

static void test_nitro(void **state)
{
    static const char *const refused[][2] = {
        {"--at 1800000000", "untrusted_root"},
        {"--at 1800000601 --policy nitro.json", "timestamp_too_old"},
        {"--at 1800000000 --policy p.json", "measurement"},
    };
    static const char *const bad[] = {
        "{\"nitro.pcr32\":\"00\"}",
        "{\"nitro.pcr0\":\"00\"}",
        "{\"nitro.pcr0\":\"000000000000000000000000000000000000000000000000000000000000000000000000"
        "000000000000000000000000\"}",
        "{\"nitro.timestamp_slack\":-1}",
        "{\"nitro.timestamp_slack\":4294967296}",
        "{\"nitro.root_sha256\":\"00\"}",
        "{\"nitro.allow_any_user_data\":1}",
    };
    char line[512];
    (void)state;
    assert_int_equal(run(NITRO "--at 1800000000 --policy nitro.json --json"), PC_CLI_YES);
    expect_json("ACCEPT", NULL);
    assert_int_equal(run(NITRO "--at 2027-01-15T08:10:00Z --policy nitro.json --collateral "
                               "v/collateral"),
                     PC_CLI_YES);
    assert_non_null(strstr(out, "ACCEPT"));
    assert_int_equal(
        run("printf '%s' \"$(sed 's/}$//' nitro.json)\",'\"nitro.pcr1\":"
            "\"010000000000000000000000000000000000000000000000000000000000000000000000"
            "000000000000000000000000\"}' > p.json"),
        0);
    for (size_t i = 0; i < PC_ARRAY_LEN(refused); i++) {
        (void)snprintf(line, sizeof(line), NITRO "--json %s", refused[i][0]);
        assert_int_equal(run(line), PC_CLI_NO);
        expect_json("REJECT", refused[i][1]);
    }
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        (void)snprintf(
            line, sizeof(line),
            "printf '%%s' '%s' > bad.json; " NITRO "--at 1 --policy bad.json 2>/dev/null", bad[i]);
        if (run(line) != PC_CLI_USAGE)
            fail_msg("taken: %s", bad[i]);
    }
    assert_int_equal(run("head -c 100 doc > short; polyclave evidence verify --vendor nitro "
                         "--evidence short --at 1 --json"),
                     PC_CLI_NO);
    expect_json("REJECT", "quote_truncated");
    /* A machine that nobody measured, and one in debug mode because that was asked for. */
    assert_int_equal(run("polyclave-quote-sim init-platform bare --vendor aws"), 0);
    assert_int_equal(run("head -c 64 /dev/zero | polyclave-quote-sim --platform bare 2>/dev/null"),
                     PC_CLI_USAGE);
    assert_int_equal(
        run("z=$(head -c 48 /dev/zero | od -An -v -tx1 | tr -d ' \\n'); head -c 64 "
            "/dev/zero | polyclave-quote-sim --platform bare --pcr0 $z --pcr1 $z --now "
            "1800000000 > debug; polyclave evidence verify --vendor nitro --evidence "
            "debug --at 1800000000 --policy nitro.json --json"),
        PC_CLI_NO);
    expect_json("REJECT", "debug_mode_zero_pcrs");
}

static void test_usage(void **state)
{
    static const char *const bad[] = {
        "polyclave 2>/dev/null",
        "polyclave nonsense 2>/dev/null",
        "polyclave evidence 2>/dev/null",
        "polyclave evidence verify 2>/dev/null",
        VERIFY "--policy nosuch.json 2>/dev/null",
        VERIFY "--what 2>/dev/null",
        VERIFY "more 2>/dev/null",
        "polyclave evidence verify --vendor sgx --evidence q4 --collateral v/collateral --at 1 "
        "2>/dev/null",
        "polyclave evidence verify --vendor tdx --evidence q4 --at 1 2>/dev/null",
        "polyclave evidence verify --vendor nitro --evidence doc 2>/dev/null",
        "polyclave evidence verify --vendor nitro --evidence nosuch --at 1 2>/dev/null",
        "polyclave evidence verify --vendor nitro --evidence doc --at 1 --collateral nosuch "
        "2>/dev/null",
        "polyclave evidence verify --vendor snp --evidence e1 --collateral nosuch --at 1 "
        "2>/dev/null",
        "mkdir -p nothing; polyclave evidence verify --vendor snp --evidence e1 --collateral "
        "nothing "
        "--at 1 2>/dev/null",
        SNP "--evidence e1 --cert nosuch 2>/dev/null",
        VERIFY "--cert q4 2>/dev/null",
        "polyclave evidence measure --sim --vendor nosuch --file prog 2>/dev/null",
        "polyclave-quote-sim init-vendor x --tee sgx 2>/dev/null",
        "polyclave-quote-sim init-vendor x --tee snp --product Rome 2>/dev/null",
        "polyclave-quote-sim init-platform x --vendor amd --quote-version 4 2>/dev/null",
        "polyclave-quote-sim init-platform x --vendor amd --mrtd 00 2>/dev/null",
        "polyclave-quote-sim init-platform x --vendor v --vlek 2>/dev/null",
        "polyclave-quote-sim init-platform x --vendor v --quote-version 3 2>/dev/null",
        "polyclave evidence verify --vendor tdx --evidence nosuch --collateral v/collateral --at 1 "
        "2>/dev/null",
        "polyclave evidence verify --vendor tdx --evidence q4 --collateral nosuch --at 1 "
        "2>/dev/null",
        "polyclave evidence verify --vendor tdx --evidence q4 --collateral p4 --at 1 2>/dev/null",
        "polyclave evidence verify --vendor tdx --evidence q4 --collateral v/collateral --at "
        "2027-02-30T00:00:00Z 2>/dev/null",
        "polyclave evidence verify --vendor tdx --evidence q4 --collateral v/collateral --at now "
        "2>/dev/null",
        "polyclave evidence measure 2>/dev/null",
        "polyclave evidence measure --sim 2>/dev/null",
        "polyclave evidence measure --sim --file nosuch 2>/dev/null",
        "polyclave-quote-sim 2>/dev/null",
        "head -c 63 /dev/zero | polyclave-quote-sim --platform p4 2>/dev/null",
        "head -c 65 /dev/zero | polyclave-quote-sim --platform p4 2>/dev/null",
        "head -c 64 /dev/zero | polyclave-quote-sim --platform nosuch 2>/dev/null",
        "polyclave-quote-sim init-platform x 2>/dev/null",
        "polyclave-quote-sim init-vendor x --tee sgx 2>/dev/null",
        "polyclave-quote-sim init-platform x --vendor aws --mrtd 00 2>/dev/null",
        "polyclave-quote-sim init-platform x --vendor v --pcr0 00 2>/dev/null",
        "polyclave-quote-sim collateral aws --out x 2>/dev/null",
    };
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++)
        if (run(bad[i]) != PC_CLI_USAGE)
            fail_msg("exit code of: %s", bad[i]);
}

static void test_policy_files(void **state)
{
    static const char *const bad[] = {
        "",
        "[]",
        "{\"nosuch\":1}",
        "{\"tcb_statuses\":[]}",
        "{\"tcb_statuses\":[\"Revoked\"]}",
        "{\"tcb_statuses\":[\"NotSupported\"]}",
        "{\"tcb_statuses\":\"UpToDate\"}",
        "{\"measurements\":[]}",
        "{\"mrtd\":\"00\"}",
        "{\"min_tcb_number\":-1}",
        "{\"allow_pks\":1}",
        "{\"allow_pks\":true,\"allow_pks\":true}",
        "{\"min_tcb_date\":\"yesterday\"}",
        "{\"min_tcb_date\":\"2026-02-30T00:00:00Z\"}",
        "{\"denied_advisories\":[\"\"]}",
        "{\"root_sha256\":\"zz\"}",
        "{} x",
    };
    char line[512];
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        (void)snprintf(line, sizeof(line),
                       "printf '%%s' '%s' > bad.json; " VERIFY "--policy bad.json 2>/dev/null",
                       bad[i]);
        if (run(line) != PC_CLI_USAGE)
            fail_msg("taken: %s", bad[i]);
    }
    static const char *const refused[][2] = {
        {"\"min_tcb_number\":21", "tcb_info_evaluation_number"},
        {"\"min_qe_number\":21", "qe_identity_evaluation_number"},
        {"\"min_tcb_date\":\"2026-01-01T00:00:00Z\"", "tcb_date"},
        {"\"rtmr0\":"
         "\"010000000000000000000000000000000000000000000000000000000000000000000000000000"
         "000000000000000000\"",
         "measurement"},
        {"\"report_data\":\"0100000000000000000000000000000000000000000000000000000000000000000000"
         "0000000000000000000000000000000000000000000000000000000000\"",
         "report_data"},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(refused); i++) {
        (void)snprintf(line, sizeof(line),
                       "printf '%%s' \"$(sed 's/}$//' policy.json),\"'%s}' > p.json; " VERIFY
                       "--policy p.json --json",
                       refused[i][0]);
        assert_int_equal(run(line), PC_CLI_NO);
        expect_json("REJECT", refused[i][1]);
    }
}

static void test_snp(void **state)
{
    (void)state;
    assert_int_equal(run(SNP "--evidence e1 --policy snp.json --json"), PC_CLI_YES);
    expect_json("ACCEPT", NULL);
    assert_non_null(strstr(out, "\"crl_checked\":true"));
    assert_int_equal(run("head -c 1184 e1 > r1; " SNP
                         "--evidence r1 --cert s1/vek.der --policy snp.json --json"),
                     PC_CLI_YES);
    assert_int_equal(run("(echo -----BEGIN CERTIFICATE-----; base64 -w 64 s1/vek.der; echo "
                         "-----END CERTIFICATE-----) "
                         "> vek.pem; " SNP "--evidence r1 --cert vek.pem --policy snp.json --json"),
                     PC_CLI_YES);
    assert_int_equal(run(SNP "--evidence r1 --policy snp.json --json"), PC_CLI_NO);
    expect_json("REJECT", "vek_missing");
    assert_int_equal(run(SNP "--evidence e1 --json"), PC_CLI_NO);
    expect_json("REJECT", "untrusted_root");
    assert_int_equal(run(SNP "--evidence e2 --policy snp.json --json"), PC_CLI_NO);
    expect_json("REJECT", "vlek_not_allowed");
    assert_int_equal(run("printf '%s' \"$(sed 's/}$//' snp.json),\"'\"snp.allow_vlek\":true}' > "
                         "vlek.json; " SNP "--evidence e2 --policy vlek.json --json"),
                     PC_CLI_YES);
    assert_int_equal(run("polyclave-quote-sim collateral amd --out gone --revoke ask --now "
                         "1800000000; polyclave evidence verify --vendor snp --collateral gone "
                         "--at 1800000000 --evidence e1 --policy snp.json --json"),
                     PC_CLI_NO);
    expect_json("REJECT", "ask_revoked");
    assert_int_equal(run("head -c 100 e1 > short; " SNP "--evidence short --json"), PC_CLI_NO);
    expect_json("REJECT", "length");
    /* A list that did not exist yet is not looked at; one that is needed is then missing. */
    assert_int_equal(run("mkdir -p late && cp amd/collateral/a*.der late/ && polyclave-quote-sim "
                         "collateral amd --out later --now 1800100000 && cp later/crl.der late/"),
                     0);
    assert_int_equal(run("polyclave evidence verify --vendor snp --collateral late --at 1800000000 "
                         "--evidence e1 --policy snp.json --json"),
                     PC_CLI_YES);
    assert_int_equal(run("printf '%s' \"$(sed 's/}$//' snp.json),\"'\"snp.crl_required\":true}' > "
                         "need.json; polyclave evidence verify --vendor snp --collateral late --at "
                         "1800000000 --evidence e1 --policy need.json --json"),
                     PC_CLI_NO);
    expect_json("REJECT", "root_crl_missing");
}

static void test_snp_policy_files(void **state)
{
    static const char *const bad[] = {
        "\"snp.max_vmpl\":4",
        "\"snp.max_vmpl\":-1",
        "\"snp.allow_vlek\":1",
        "\"snp.products\":[]",
        "\"snp.products\":[\"Rome\"]",
        "\"snp.csp_ids\":[\"\"]",
        "\"snp.platforms\":[]",
        "\"snp.platforms\":[\"00\"]",
        "\"snp.min_tcb_milan\":{}",
        "\"snp.min_tcb_milan\":{\"fmc\":1}",
        "\"snp.min_tcb_turin\":{\"fmc\":256}",
        "\"snp.min_tcb_genoa\":{\"what\":1}",
        "\"snp.min_firmware\":\"1.55\"",
        "\"snp.min_firmware\":\"1.55.40.1\"",
        "\"snp.min_firmware\":\"1.256.0\"",
        "\"snp.min_abi\":\"\"",
        "\"snp.min_abi\":\"1.\"",
        "\"snp.policy_required\":4294967296",
        "\"snp.host_data\":\"00\"",
        "\"snp.nothing\":1",
    };
    static const char *const refused[][2] = {
        {"\"snp.products\":[\"Milan\",\"Turin\"]", "product_denied"},
        {"\"snp.min_tcb_genoa\":{\"ucode\":85}", "min_tcb"},
        {"\"snp.min_firmware\":\"1.55.41\"", "firmware_version"},
        {"\"snp.min_abi\":\"0.1\"", "firmware_version"},
        {"\"snp.min_guest_svn\":1", "guest_identity"},
        {"\"snp.policy_forbidden\":65536", "policy_bits"},
        {"\"snp.platform_info_required\":2", "platform_info"},
        {"\"snp.mit_vector_required\":4", "mit_vector"},
        {"\"snp.family_id\":\"01000000000000000000000000000000\"", "guest_identity"},
        {"\"snp.host_data\":"
         "\"0000000000000000000000000000000000000000000000000000000000000000\"",
         "measurement"},
        {"\"snp.platforms\":"
         "[\"0000000000000000000000000000000000000000000000000000000000000000\"]",
         "platform_unplaced"},
    };
    char line[512];
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        (void)snprintf(line, sizeof(line),
                       "printf '%%s' '{%s}' > bad.json; " SNP
                       "--evidence e1 --policy bad.json 2>/dev/null",
                       bad[i]);
        if (run(line) != PC_CLI_USAGE)
            fail_msg("taken: %s", bad[i]);
    }
    for (size_t i = 0; i < PC_ARRAY_LEN(refused); i++) {
        (void)snprintf(line, sizeof(line),
                       "printf '%%s' \"$(sed 's/}$//' snp.json),\"'%s}' > p.json; " SNP
                       "--evidence e1 --policy p.json --json",
                       refused[i][0]);
        assert_int_equal(run(line), PC_CLI_NO);
        expect_json("REJECT", refused[i][1]);
    }
}

/* The digest that is printed beforehand is the one of the evidence. */
static void test_measure(void **state)
{
    char digest[65], snp_digest[65] = "";
    (void)state;
    assert_int_equal(run("polyclave evidence measure --sim --file prog --policy policy.bin | "
                         "sed -n 's/^measurement //p'"),
                     0);
    assert_int_equal(strlen(out), 65);
    memcpy(digest, out, 64);
    digest[64] = '\0';
    assert_int_equal(run(VERIFY "--policy policy.json"), PC_CLI_YES);
    assert_non_null(strstr(out, digest));
    assert_int_equal(run("polyclave evidence verify --vendor tdx --evidence q5 --collateral "
                         "v/collateral --at 1800000000 --policy policy.json"),
                     PC_CLI_YES);
    assert_non_null(strstr(out, digest));
    assert_int_equal(run("polyclave evidence measure --sim --vendor snp --file prog --policy "
                         "policy.bin | sed -n 's/^measurement //p'"),
                     0);
    memcpy(snp_digest, out, 64);
    assert_memory_not_equal(snp_digest, digest, 64);
    assert_int_equal(run(SNP "--evidence e1 --policy snp.json"), PC_CLI_YES);
    assert_non_null(strstr(out, snp_digest));
    assert_int_equal(run("polyclave evidence measure --sim --file prog --json"), 0);
    assert_null(strstr(out, digest)); /* the policy counts */

    assert_int_equal(run("polyclave evidence measure --sim --vendor nitro --file prog --policy "
                         "policy.bin | sed -n 's/^measurement //p'"),
                     0);
    assert_int_equal(strlen(out), 65);
    memcpy(digest, out, 64);
    assert_int_equal(run(NITRO "--at 1800000000 --policy nitro.json"), PC_CLI_YES);
    assert_non_null(strstr(out, digest));
}

static void test_help(void **state)
{
    (void)state;
    assert_int_equal(run("polyclave --help"), 0);
    assert_non_null(strstr(out, "evidence"));
    assert_int_equal(run("polyclave evidence --help"), 0);
    assert_non_null(strstr(out, "Examples:"));
    assert_int_equal(run("polyclave evidence verify --help"), 0);
    assert_int_equal(run("polyclave-quote-sim --help"), 0);
    assert_int_equal(run("polyclave-quote-tsm --help"), 0);
    assert_int_equal(run("polyclave-quote-nsm --help"), 0);
    assert_int_equal(run("head -c 63 /dev/zero | polyclave-quote-nsm 2>/dev/null"), 2);
    if (access("/dev/nsm", F_OK) != 0) /* not in an enclave: says so */
        assert_int_equal(run("head -c 64 /dev/zero | polyclave-quote-nsm 2>/dev/null"), 1);
}

#define SOME "5f3a6c0de1b2a4978c11d0f2e3b4a5968778695a4b3c2d1e0f9e8d7c6b5a4930"

/* What is no bundle is a clean no with its reason; what cannot be read is usage. (What a bundle
 * shows is in client/lib/replay_test.c.) */
static void test_replay(void **state)
{
    (void)state;
    assert_int_equal(run("printf garbage > b; polyclave evidence replay " SOME
                         " --bundle b --root v/root.der --json"),
                     PC_CLI_NO);
    assert_non_null(strstr(out, "\"verdict\":\"REJECT\""));
    assert_non_null(strstr(out, "\"bundle_damaged\""));
    assert_int_equal(run("polyclave evidence replay --hash " SOME " --bundle=b"), PC_CLI_NO);
    assert_non_null(strstr(out, "bundle_damaged: "));
    static const char *const bad[] = {
        "polyclave evidence replay",
        "polyclave evidence replay " SOME,
        "polyclave evidence replay " SOME " --bundle none",
        "polyclave evidence replay 5f3a --bundle b",
        "polyclave evidence replay " SOME " --bundle b --root none",
        "polyclave evidence replay " SOME " --bundle b --policy b",
        "polyclave evidence replay " SOME " --bundle b --block-hash 12",
        "polyclave evidence replay " SOME " " SOME " --bundle b",
        "polyclave mirror export",
        "polyclave mirror export --out x --since yesterday",
        "polyclave mirror export --out x --network none",
        "polyclave collateral watch --within x",
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++)
        assert_int_equal(run(bad[i]), PC_CLI_USAGE);
    assert_int_equal(run("polyclave evidence replay --help"), PC_CLI_YES);
    assert_non_null(strstr(out, "--block-hash"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replay),  cmocka_unit_test(test_accept),
        cmocka_unit_test(test_refuse),  cmocka_unit_test(test_nitro),
        cmocka_unit_test(test_usage),   cmocka_unit_test(test_policy_files),
        cmocka_unit_test(test_measure), cmocka_unit_test(test_help),
        cmocka_unit_test(test_snp),     cmocka_unit_test(test_snp_policy_files),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
