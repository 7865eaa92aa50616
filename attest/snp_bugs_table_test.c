/* SPDX-License-Identifier: Apache-2.0 */
/* Bug 16 of attestation.md for the host's certificate table: lengths, overlap, 32-bit wrap, cuts at
 * each byte. What it holds are hints: nothing in it can make a report acceptable that was not. */
#include <stdlib.h>

#include "attest/snp_bugs_test.h"

#include "attest/snp_table.h"

static uint8_t table[8192];
static size_t table_n;
static struct snp_table got;

/* Three entries of 10, 20 and 30 bytes. */
static void build(void)
{
    static uint8_t bytes[60];
    struct snp_table t = {.entry = {[PC_SNP_ENTRY_VCEK] = bytes_of(bytes, 10),
                                    [PC_SNP_ENTRY_ASK] = bytes_of(bytes + 10, 20),
                                    [PC_SNP_ENTRY_ARK] = bytes_of(bytes + 30, 30)}};
    memset(bytes, 0xaa, sizeof(bytes));
    assert_int_equal(snp_table_build(table, sizeof(table), &table_n, &t), PC_OK);
    assert_int_equal(table_n, 4 * 24 + 60);
}

static enum err_code parse(size_t n)
{
    enum err_code e = snp_table_parse(&got, bytes_of(table, n));
    if (e != PC_OK)
        assert_true(bytes_all_zero_var(bytes_of(&got, sizeof(got))));
    return e;
}

static void set(size_t entry, uint32_t offset, uint32_t len)
{
    store_le32(table + entry * 24 + 16, offset);
    store_le32(table + entry * 24 + 20, len);
}

static void test_form(void **state)
{
    (void)state;
    build();
    assert_int_equal(parse(table_n), PC_OK);
    assert_int_equal(got.entry[PC_SNP_ENTRY_VCEK].n, 10);
    assert_int_equal(got.entry[PC_SNP_ENTRY_VLEK].n, 0);
    assert_int_equal(got.entry[PC_SNP_ENTRY_ASK].n, 20);
    assert_int_equal(got.entry[PC_SNP_ENTRY_ARK].n, 30);
    assert_int_equal(got.entry[PC_SNP_ENTRY_CRL].n, 0);
    for (size_t n = 1; n < table_n; n++)
        assert_int_equal(parse(n), PC_E_MALFORMED);
    assert_int_equal(parse(0), PC_OK); /* none */
    memset(table + table_n, 0, 100);
    assert_int_equal(parse(table_n + 100), PC_OK); /* zeros behind */
    table[table_n + 99] = 1;
    assert_int_equal(parse(table_n + 100), PC_E_MALFORMED);
    memset(table, 0, 24);
    assert_int_equal(parse(24), PC_OK); /* the end alone */
    struct snp_table empty = {.entry = {{NULL, 0}}};
    assert_int_equal(snp_table_build(table, sizeof(table), &table_n, &empty), PC_OK);
    assert_int_equal(table_n, 0);
}

static void test_bounds(void **state)
{
    static const uint32_t offsets[] = {0, 1, 23, 95, UINT32_MAX, UINT32_MAX - 9, 0x80000000};
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(offsets); i++) {
        build();
        set(0, offsets[i], 10); /* into the header, over the end, around 2^32 */
        assert_int_equal(parse(table_n), PC_E_MALFORMED);
    }
    static const uint32_t lengths[] = {0, UINT32_MAX, UINT32_MAX - 95, 0x80000000, 61};
    for (size_t i = 0; i < PC_ARRAY_LEN(lengths); i++) {
        build();
        set(0, 96, lengths[i]);
        assert_int_equal(parse(table_n), PC_E_MALFORMED);
    }
    build();
    set(1, 105, 21); /* one byte into the first */
    assert_int_equal(parse(table_n), PC_E_MALFORMED);
    build();
    set(2, 96, 10); /* the same bytes as the first */
    assert_int_equal(parse(table_n), PC_E_MALFORMED);
    build();
    set(2, 126, 29); /* a byte that belongs to nobody */
    assert_int_equal(parse(table_n), PC_E_MALFORMED);
    table[table_n - 1] = 0;
    assert_int_equal(parse(table_n), PC_OK);
    build(); /* entries in any order */
    set(0, 146, 10);
    set(1, 126, 20);
    set(2, 96, 30);
    assert_int_equal(parse(table_n), PC_OK);
    build();
    memcpy(table + 24, table, 16); /* one GUID twice */
    assert_int_equal(parse(table_n), PC_E_MALFORMED);
    build();
    table[0] ^= 1; /* a GUID that nobody knows */
    assert_int_equal(parse(table_n), PC_OK);
    assert_int_equal(got.entry[PC_SNP_ENTRY_VCEK].n, 0);
    build();
    memset(table + 48, 0, 16); /* the end has no offset */
    assert_int_equal(parse(table_n), PC_E_MALFORMED);
}

static void test_many_entries(void **state)
{
    (void)state;
    for (size_t n = PC_SNP_TABLE_MAX - 1; n <= PC_SNP_TABLE_MAX + 1; n++) {
        memset(table, 0, sizeof(table));
        for (size_t i = 0; i < n; i++) {
            table[i * 24] = (uint8_t)(i + 1);
            set(i, (uint32_t)((n + 1) * 24 + i), 1);
        }
        assert_int_equal(parse((n + 1) * 24 + n), n <= PC_SNP_TABLE_MAX ? PC_OK : PC_E_TOO_LARGE);
    }
    memset(table, 0xff, sizeof(table)); /* no end */
    assert_int_equal(parse(sizeof(table)), PC_E_TOO_LARGE);
}

/* Evidence with its table, from the parts. */
static uint8_t evidence[16384];

static struct evidence_input joined(const struct snp_table *t)
{
    struct evidence_input in = snp_forge_input(&parts);
    size_t n;
    memcpy(evidence, in.evidence.p, PC_SNP_REPORT_LEN);
    assert_int_equal(
        snp_table_build(evidence + PC_SNP_REPORT_LEN, sizeof(evidence) - PC_SNP_REPORT_LEN, &n, t),
        PC_OK);
    in.evidence = bytes_of(evidence, PC_SNP_REPORT_LEN + n);
    in.policy = &policy;
    memset(&in.collateral, 0, sizeof(in.collateral));
    return in;
}

static struct snp_table own_table(bool vlek)
{
    struct snp_table t = {.entry = {{NULL, 0}}};
    t.entry[vlek ? PC_SNP_ENTRY_VLEK : PC_SNP_ENTRY_VCEK] =
        snp_forged_part(&parts, PC_FORGED_SNP_VEK);
    t.entry[PC_SNP_ENTRY_ASK] = snp_forged_part(&parts, PC_FORGED_SNP_ISSUER);
    t.entry[PC_SNP_ENTRY_ARK] = snp_forged_part(&parts, PC_FORGED_SNP_ROOT);
    t.entry[PC_SNP_ENTRY_CRL] = snp_forged_part(&parts, PC_FORGED_SNP_CRL);
    return t;
}

static void test_hints(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        bool vlek = kinds[i].vlek;
        start(i);
        judge();
        struct verdict by_files = v;
        struct snp_table t = own_table(vlek);
        struct evidence_input in = joined(&t);
        evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
        expect_only(PC_R_ROOT_CRL_MISSING); /* a host's list proves nothing */
        in.collateral.root_crl = snp_forged_part(&parts, PC_FORGED_SNP_CRL);
        evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
        expect_accept();
        assert_memory_equal(&v, &by_files, sizeof(v));
        policy.snp.crl_required = false;
        /* What the caller has is taken before what the host says. */
        in.collateral.snp_root = PC_BYTES_STR("0 no certificate");
        evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
        expect_only(PC_R_UNTRUSTED_ROOT);
        /* The other kind's entry is not looked at. */
        t.entry[vlek ? PC_SNP_ENTRY_VCEK : PC_SNP_ENTRY_VLEK] = PC_BYTES_STR("anything");
        in = joined(&t);
        evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
        expect_accept();
        t.entry[vlek ? PC_SNP_ENTRY_VLEK : PC_SNP_ENTRY_VCEK].n = 0;
        in = joined(&t);
        evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
        expect_only(PC_R_SNP_VEK_MISSING);
        for (size_t gone = PC_SNP_ENTRY_ASK; gone <= PC_SNP_ENTRY_ARK; gone++) {
            t = own_table(vlek);
            t.entry[gone].n = 0;
            in = joined(&t);
            evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
            expect_only(PC_R_CHAIN_LENGTH);
        }
    }
}

/* Evidence cut at each byte; a seeded hundred of its single bits flipped. */
static void test_cut_and_flipped(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 16);
    start(1);
    judge();
    struct snp_table t = own_table(false);
    t.entry[PC_SNP_ENTRY_CRL].n = 0; /* it is not looked at: each of its bits could be flipped */
    struct evidence_input in = joined(&t);
    in.collateral.root_crl = snp_forged_part(&parts, PC_FORGED_SNP_CRL);
    const size_t whole = in.evidence.n;
    struct evidence_kept *kept = evidence_kept_new();
    assert_non_null(kept);
    for (size_t n = 0; n < whole; n++) {
        in.evidence.n = n;
        evidence_verify(&v, kept, PC_VENDOR_SNP, &in);
        assert_false(verdict_accepts(&v));
        assert_int_equal(verdict_has(&v, PC_R_SNP_LENGTH), n < PC_SNP_REPORT_LEN);
    }
    in.evidence.n = whole;
    for (size_t i = 0; i < 400; i++) {
        size_t bit = rng_seeded_below(&rng, (uint32_t)(whole * 8));
        evidence[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        evidence_verify(&v, kept, PC_VENDOR_SNP, &in);
        assert_false(verdict_accepts(&v));
        evidence[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    evidence_verify(&v, kept, PC_VENDOR_SNP, &in);
    expect_accept();
    evidence_kept_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_many_entries),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_cut_and_flipped),
    };
    return cmocka_run_group_tests(tests, bugs_setup, NULL);
}
