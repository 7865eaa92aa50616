/* SPDX-License-Identifier: Apache-2.0 */
/* Bug 34 of attestation.md on SEV-SNP: report and certificate table from configfs-tsm. */
#include "attest/tsm_test.h"

#include <stdlib.h>

#include "attest/sim/forge_snp.h"
#include "attest/sim/pki.h"
#include "attest/snp.h"
#include "attest/snp_table.h"
#include "base/rng_seeded.h"

static struct snp_forge f;
static struct snp_forged parts;
static struct evidence_policy policy;
static uint8_t out[PC_TSM_BLOB_MAX];
static size_t out_n;

static int setup(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 35);
    snp_forge_init(&f, &rng.rng, PC_SNP_GENOA, false, 5);
    snp_forge_build(&parts, &f);
    snp_forge_policy(&policy, &parts);
    policy.snp.crl_required = false; /* the list is collateral, not evidence */
    return 0;
}

static struct snp_table host_table(void)
{
    struct snp_table t = {.entry = {{NULL, 0}}};
    t.entry[PC_SNP_ENTRY_VCEK] = snp_forged_part(&parts, PC_FORGED_SNP_VEK);
    t.entry[PC_SNP_ENTRY_ASK] = snp_forged_part(&parts, PC_FORGED_SNP_ISSUER);
    t.entry[PC_SNP_ENTRY_ARK] = snp_forged_part(&parts, PC_FORGED_SNP_ROOT);
    return t;
}

static void give_table(const struct snp_table *t)
{
    assert_int_equal(snp_table_build(k.aux, sizeof(k.aux), &k.aux_n, t), PC_OK);
}

static int reset(void **state)
{
    struct snp_table t = host_table();
    (void)state;
    memcpy(report_data, f.report + PC_SR_REPORT_DATA, 64);
    kernel_reset("sev_guest\n", snp_forged_part(&parts, PC_FORGED_SNP_REPORT));
    give_table(&t);
    return 0;
}

static enum err_code ask(void)
{
    struct tsm_fault why;
    memset(out, 0, sizeof(out));
    enum err_code e = tsm_quote(out, &out_n, &why, &k.io, "test", report_data);
    assert_false(k.exists); /* removed in any case */
    if (e == PC_OK) {
        assert_memory_equal(out, k.quote, PC_SNP_REPORT_LEN);
        assert_memory_equal(k.inblob, report_data, 64);
    } else {
        assert_int_equal(out_n, 0);
        assert_true(bytes_all_zero_var(PC_BYTES(out)));
        assert_true(why.step[0] != '\0');
    }
    return e;
}

/* What comes out is accepted as it is. */
static void expect_evidence(void)
{
    struct verdict v;
    struct evidence_input in = {.evidence = bytes_of(out, out_n),
                                .policy = &policy,
                                .evidence_time = f.now,
                                .collateral_time = f.now,
                                .dates = PC_DATES_FULL};
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    assert_true(verdict_accepts(&v));
    assert_true(bytes_all_zero_var(bytes_of(out + out_n, sizeof(out) - out_n)));
}

static void test_report_with_table(void **state)
{
    (void)state;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(k.waits, 0);
    expect_evidence();
    (void)reset(state);
    k.chunk = 100;
    assert_int_equal(ask(), PC_OK);
    expect_evidence();
}

/* PEM entries, in a table with strangers and a list: ours holds the certificates in DER alone. */
static void test_pem_table(void **state)
{
    static char text[3][8192];
    size_t n;
    (void)state;
    assert_int_equal(ask(), PC_OK);
    static uint8_t plain[16384];
    size_t plain_n = out_n;
    memcpy(plain, out, out_n);
    struct snp_table t = host_table();
    for (size_t i = 0; i < 3; i++) {
        static const enum snp_entry which[] = {PC_SNP_ENTRY_VCEK, PC_SNP_ENTRY_ASK,
                                               PC_SNP_ENTRY_ARK};
        sim_pem(text[i], sizeof(text[i]), &n, &t.entry[which[i]], 1);
        t.entry[which[i]] = bytes_of(text[i], n);
    }
    t.entry[PC_SNP_ENTRY_CRL] = snp_forged_part(&parts, PC_FORGED_SNP_CRL);
    (void)reset(state);
    give_table(&t);
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(out_n, plain_n);
    assert_memory_equal(out, plain, plain_n);
    expect_evidence();
}

/* No table, an empty one, a broken one, entries that are no certificates: the report alone. */
static void test_without_table(void **state)
{
    (void)state;
    k.no_aux = true;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(out_n, PC_SNP_REPORT_LEN);
    (void)reset(state);
    k.aux_n = 0;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(out_n, PC_SNP_REPORT_LEN);
    (void)reset(state);
    memset(k.aux, 0, 24);
    k.aux_n = 24;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(out_n, PC_SNP_REPORT_LEN);
    for (size_t cut = 1; cut < 4400; cut += 61) {
        (void)reset(state);
        assert_true(cut < k.aux_n);
        k.aux_n -= cut;
        assert_int_equal(ask(), PC_OK);
        assert_int_equal(out_n, PC_SNP_REPORT_LEN);
        assert_true(bytes_all_zero_var(bytes_of(out + out_n, sizeof(out) - out_n)));
    }
    (void)reset(state);
    struct snp_table t = {.entry = {{NULL, 0}}};
    static uint8_t large[PC_CERT_DER_MAX + 1] = {0x30};
    t.entry[PC_SNP_ENTRY_VCEK] = PC_BYTES_STR("-----BEGIN CERTIFICATE-----\n!");
    t.entry[PC_SNP_ENTRY_ASK] = PC_BYTES(large);
    give_table(&t);
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(out_n, PC_SNP_REPORT_LEN);
}

static void test_faults_of_auxblob(void **state)
{
    static const int passing[] = {EBUSY, EINTR, ETIMEDOUT, EIO, EAGAIN};
    for (size_t i = 0; i < PC_ARRAY_LEN(passing); i++) {
        (void)reset(state);
        k.fail_auxblob = passing[i];
        k.fault_times = 2;
        assert_int_equal(ask(), PC_OK);
        assert_int_equal(k.waits, 2);
        expect_evidence();
    }
    static const int fatal[] = {EINVAL, EPERM, EFBIG};
    for (size_t i = 0; i < PC_ARRAY_LEN(fatal); i++) {
        (void)reset(state);
        k.fail_auxblob = fatal[i];
        k.fault_times = 1;
        assert_int_equal(ask(), PC_E_IO);
    }
    (void)reset(state);
    k.aux_n = PC_TSM_BLOB_MAX - PC_SNP_REPORT_LEN;
    assert_int_equal(ask(), PC_OK); /* zeros behind the table */
    expect_evidence();
    (void)reset(state);
    k.aux_n = PC_TSM_BLOB_MAX - PC_SNP_REPORT_LEN + 1;
    assert_int_equal(ask(), PC_E_TOO_LARGE);
}

static void test_race_and_lost_write(void **state)
{
    (void)state;
    k.race = true;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(k.waits, 1);
    expect_evidence();
    (void)reset(state);
    k.lose_write = true;
    assert_int_equal(ask(), PC_OK);
    assert_int_equal(k.waits, 1);
}

static void test_report_compared(void **state)
{
    static const size_t cuts[] = {0, 1, PC_SNP_REPORT_LEN / 2, PC_SNP_REPORT_LEN - 1};
    (void)state;
    report_data[63] ^= 1;
    assert_int_equal(ask(), PC_E_MISMATCH);
    (void)reset(state);
    report_data[0] ^= 1;
    assert_int_equal(ask(), PC_E_MISMATCH);
    for (size_t i = 0; i < PC_ARRAY_LEN(cuts); i++) {
        (void)reset(state);
        k.quote_n = cuts[i];
        assert_int_equal(ask(), PC_E_MISMATCH);
    }
    (void)reset(state);
    k.quote[0] = 9; /* a version that nobody knows */
    assert_int_equal(ask(), PC_E_MISMATCH);
    (void)reset(state);
    k.padding = 100;
    assert_int_equal(ask(), PC_OK);
    expect_evidence();
    (void)reset(state);
    k.quote[k.quote_n++] = 1;
    assert_int_equal(ask(), PC_E_MISMATCH);
    (void)reset(state);
    k.provider = "tdx_guest\n"; /* a report is no quote */
    assert_int_equal(ask(), PC_E_MISMATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_report_with_table, reset),
        cmocka_unit_test_setup(test_pem_table, reset),
        cmocka_unit_test_setup(test_without_table, reset),
        cmocka_unit_test(test_faults_of_auxblob),
        cmocka_unit_test_setup(test_race_and_lost_write, reset),
        cmocka_unit_test_setup(test_report_compared, reset),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
