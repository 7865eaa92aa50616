/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs seen in public verifiers (attestation.md 5), the ones about the report and its binding to a
 * chip; under own throw-away roots. The vectors that the list names are in snp_vectors_test.c. */
#include <stdlib.h>

#include "attest/snp_bugs_test.h"
#include "crypto/raw_tcb.h"

static void test_genuine(void **state)
{
    (void)state;
    FINE((void)0);
    start(2);
    judge();
    assert_memory_equal(v.product, "Turin", 6);
    assert_int_equal(v.raw_tcb_len, PC_RAW_TCB_SNP);
    assert_int_equal(v.crl_checked, 1);
}

static void set_bit(size_t at, unsigned bit)
{
    f.report[at + bit / 8] |= (uint8_t)(1U << (bit % 8));
}

/* A byte of the built report, behind its signature. */
static void flip_built(size_t at, uint8_t with)
{
    snp_forge_build(&parts, &f);
    parts.p[PC_FORGED_SNP_REPORT][at] ^= with;
    verify_parts();
}

static void test_bug_16_lengths(void **state)
{
    (void)state;
    start(1);
    snp_forge_build(&parts, &f);
    for (size_t n = 0; n < PC_SNP_REPORT_LEN; n++) {
        parts.n[PC_FORGED_SNP_REPORT] = n;
        verify_parts();
        expect_only(PC_R_SNP_LENGTH);
        assert_int_equal(v.has_claims, 0);
    }
    /* One byte more is a table, and none that can be one. */
    for (size_t more = 1; more < 24; more++) {
        parts.n[PC_FORGED_SNP_REPORT] = PC_SNP_REPORT_LEN + more;
        memset(parts.p[PC_FORGED_SNP_REPORT] + PC_SNP_REPORT_LEN, 0, more);
        verify_parts();
        expect_only(PC_R_SNP_TABLE);
    }
    parts.n[PC_FORGED_SNP_REPORT] = PC_SNP_REPORT_LEN + 24; /* an empty table */
    memset(parts.p[PC_FORGED_SNP_REPORT] + PC_SNP_REPORT_LEN, 0, 24);
    verify_parts();
    expect_accept();
    parts.p[PC_FORGED_SNP_REPORT][PC_SNP_REPORT_LEN + 23] = 1;
    verify_parts();
    expect_only(PC_R_SNP_TABLE);
    static uint8_t large[PC_EVIDENCE_MAX + 1];
    memcpy(large, parts.p[PC_FORGED_SNP_REPORT], PC_SNP_REPORT_LEN);
    struct evidence_input in = snp_forge_input(&parts);
    in.policy = &policy;
    in.evidence = bytes_of(large, sizeof(large) - 1); /* zeros behind the empty table */
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    expect_accept();
    in.evidence = PC_BYTES(large);
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    expect_only(PC_R_QUOTE_TOO_LARGE);
}

static void test_bug_15_versions_and_algorithm(void **state)
{
    static const uint32_t versions[] = {0, 1, 6, 255, 0x10002, UINT32_MAX};
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(versions); i++)
        ONLY(store_le32(f.report + PC_SR_VERSION, versions[i]), PC_R_VERSION);
    ONLY(store_le32(f.report + PC_SR_SIGNATURE_ALGO, 0), PC_R_SNP_ALGORITHM);
    ONLY(store_le32(f.report + PC_SR_SIGNATURE_ALGO, 2), PC_R_SNP_ALGORITHM);
    ONLY(store_le32(f.report + PC_SR_SIGNATURE_ALGO, 0x101), PC_R_SNP_ALGORITHM);
    FINE_OF(1, 2, store_le32(f.report + PC_SR_VERSION, 4)); /* the layout of 3 */
}

/* VLEK as VCEK and the other way round. */
static void test_bug_18_signing_key(void **state)
{
    (void)state;
    for (uint32_t signer = 0; signer < 8; signer++) {
        if (signer != PC_SNP_SIGNED_VCEK)
            ONLY_OF(0, VCEKS, store_le32(f.report + PC_SR_KEY_INFO, signer << 2),
                    PC_R_SNP_SIGNING_KEY);
        if (signer != PC_SNP_SIGNED_VLEK)
            ONLY_OF(VCEKS, KINDS, store_le32(f.report + PC_SR_KEY_INFO, signer << 2),
                    PC_R_SNP_SIGNING_KEY);
    }
    ONLY_OF(VCEKS, KINDS, policy.snp.vlek_allowed = false, PC_R_SNP_VLEK);
    FINE_OF(VCEKS, KINDS,
            (policy.snp.csp_count = 1, memcpy(policy.snp.csp_ids[0], "CN=cc-sim-1.example", 20)));
    ONLY_OF(VCEKS, KINDS,
            (policy.snp.csp_count = 1, memcpy(policy.snp.csp_ids[0], "CN=cc-sim-1.exampl", 19)),
            PC_R_SNP_CSP);
    FINE_OF(0, VCEKS,
            (policy.snp.csp_count = 1, memcpy(policy.snp.csp_ids[0], "CN=cc-sim-1.exampl", 19)));
}

/* Patch levels: each byte counts, values from 0x80 on, Turin's layout is its own. */
static void test_bug_20_21_reported_tcb(void **state)
{
    static const uint16_t others[] = {PC_SR_CURRENT_TCB, PC_SR_COMMITTED_TCB, PC_SR_LAUNCH_TCB};
    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        for (unsigned part = 0; part < PC_TCB_PARTS; part++) {
            int at = snp_tcb_at(kinds[i].product, (enum snp_tcb_part)part);
            if (at < 0)
                continue;
            start(i); /* the certificate is for a higher level than is reported */
            f.leaf.vek.spl[kinds[i].product == PC_SNP_TURIN
                               ? (const uint8_t[]){9, 1, 2, 3, 5, 6, 7, 8}[at]
                               : (const uint8_t[]){1, 2, 4, 5, 6, 7, 3, 8}[at]]++;
            judge();
            expect_only(PC_R_SNP_REPORTED_TCB);
            start(i); /* every level to ff, in certificate and report */
            f.chip.tcb[at] = 0xff;
            struct sim_amd_cert again;
            sim_chip_cert(&again, &f.amd, &f.chip, f.leaf.not_before);
            f.leaf.vek = again.vek;
            f.report[PC_SR_REPORTED_TCB + at] = 0xff;
            for (size_t k = 0; k < PC_ARRAY_LEN(others); k++)
                f.report[others[k] + at] = 0xff;
            judge();
            expect_accept();
        }
    /* PLATFORM_INFO bits that no text knows are no reason (go-sev-guest #165). */
    for (unsigned bit = 0; bit < 64; bit++)
        FINE_OF(2, 3, set_bit(PC_SR_PLATFORM_INFO, bit));
}

/* Reserved bytes of the TCBs, by product. */
static void test_bug_21_reserved_tcb_bytes(void **state)
{
    static const uint16_t at[] = {PC_SR_CURRENT_TCB, PC_SR_COMMITTED_TCB, PC_SR_LAUNCH_TCB};
    (void)state;
    for (size_t i = 0; i < KINDS; i++)
        for (unsigned b = 0; b < 8; b++) {
            bool turin = kinds[i].product == PC_SNP_TURIN;
            bool known = turin ? b <= 3 || b == 7 : b <= 1 || b >= 6;
            if (known)
                continue;
            for (size_t k = 0; k < PC_ARRAY_LEN(at); k++) {
                start(i);
                f.report[at[k] + b] = 1;
                /* a committed level over the current one is another reason beside */
                f.report[PC_SR_CURRENT_TCB + b] = 1;
                judge();
                expect_only(PC_R_SNP_RESERVED);
            }
        }
}

static void test_bug_22_reserved_fields(void **state)
{
    static const uint16_t always[] = {0x04c, 0x04f, 0x18b, 0x19f, 0x1eb, 0x1ef, 0x208, 0x29f};
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(always); i++)
        ONLY(f.report[always[i]] = 1, PC_R_SNP_RESERVED);
    for (uint16_t at = 0x1f8; at < 0x208; at++)
        ONLY_OF(0, 2, f.report[at] = 1, PC_R_SNP_RESERVED); /* versions 2 and 3 */
    for (uint16_t at = PC_SR_CPUID; at < PC_SR_CPUID + 3; at++)
        ONLY_OF(0, 1, f.report[at] = 1, PC_R_SNP_RESERVED); /* version 2 */
    for (unsigned bit = 5; bit < 32; bit++)
        ONLY(set_bit(PC_SR_KEY_INFO, bit), PC_R_SNP_RESERVED);
    for (unsigned bit = 26; bit < 64; bit++)
        ONLY(set_bit(PC_SR_POLICY, bit), PC_R_SNP_RESERVED);
}

static void test_bug_23_guest_policy(void **state)
{
    (void)state;
    ONLY(set_bit(PC_SR_POLICY, 19), PC_R_SNP_DEBUG);
    ONLY(set_bit(PC_SR_POLICY, 18), PC_R_SNP_MIGRATE);
    FINE(set_bit(PC_SR_POLICY, 0)); /* ABI minor: not DEBUG */
    ONLY(f.report[PC_SR_POLICY + 2] &= (uint8_t)~2U, PC_R_SNP_POLICY);
    for (uint32_t vmpl = 1; vmpl < 4; vmpl++) {
        ONLY(store_le32(f.report + PC_SR_VMPL, vmpl), PC_R_SNP_VMPL);
        ONLY((store_le32(f.report + PC_SR_VMPL, vmpl), policy.snp.max_vmpl = vmpl - 1),
             PC_R_SNP_VMPL);
        FINE((store_le32(f.report + PC_SR_VMPL, vmpl), policy.snp.max_vmpl = vmpl));
    }
    ONLY((store_le32(f.report + PC_SR_VMPL, 0x100), policy.snp.max_vmpl = 3), PC_R_SNP_VMPL);
    for (unsigned bit = 20; bit < 26; bit++) {
        FINE(set_bit(PC_SR_POLICY, bit));
        ONLY((set_bit(PC_SR_POLICY, bit), policy.snp.policy_forbidden = UINT64_C(1) << bit),
             PC_R_SNP_POLICY);
        ONLY(policy.snp.policy_required = UINT64_C(1) << bit, PC_R_SNP_POLICY);
    }
}

/* All 64 bytes of REPORT_DATA. */
static void test_bug_39_report_data(void **state)
{
    (void)state;
    FINE((policy.report_data_set = true,
          memcpy(policy.report_data, f.report + PC_SR_REPORT_DATA, 64)));
    for (size_t i = 0; i < 64; i++)
        ONLY_OF(1, 2,
                (policy.report_data_set = true,
                 memcpy(policy.report_data, f.report + PC_SR_REPORT_DATA, 64),
                 policy.report_data[i] ^= 1),
                PC_R_REPORT_DATA);
}

static void test_bug_24_signature_form(void **state)
{
    static const uint8_t n[48] = {
        0x73, 0x29, 0xc5, 0xcc, 0x6a, 0x19, 0xec, 0xec, 0x7a, 0xa7, 0xb0, 0x48, 0xb2,
        0x0d, 0x1a, 0x58, 0xdf, 0x2d, 0x37, 0xf4, 0x81, 0x4d, 0x63, 0xc7, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}; /* order of P-384, little-endian */
    (void)state;
    start(1);
    for (size_t at = PC_SR_SIGNATURE; at < PC_SNP_REPORT_LEN; at++) {
        size_t in = (at - PC_SR_SIGNATURE) % 72;
        bool number = at < PC_SR_SIGNATURE + 144 && in < 48;
        flip_built(at, 0x01);
        expect_only(number ? PC_R_SNP_SIGNATURE : PC_R_SNP_RESERVED);
    }
    for (size_t which = 0; which < 2; which++) {
        uint8_t *part = parts.p[PC_FORGED_SNP_REPORT] + PC_SR_SIGNATURE + 72 * which;
        snp_forge_build(&parts, &f);
        memset(part, 0, 48); /* zero */
        verify_parts();
        expect_only(PC_R_SNP_SIGNATURE);
        memcpy(part, n, 48); /* the order */
        verify_parts();
        expect_only(PC_R_SNP_SIGNATURE);
        memset(part, 0xff, 48);
        verify_parts();
        expect_only(PC_R_SNP_SIGNATURE);
        snp_forge_build(&parts, &f); /* big-endian */
        for (size_t i = 0; i < 24; i++) {
            uint8_t t = part[i];
            part[i] = part[47 - i];
            part[47 - i] = t;
        }
        verify_parts();
        expect_only(PC_R_SNP_SIGNATURE);
    }
    /* s and n - s are the same signature: high and low S are both genuine. */
    snp_forge_build(&parts, &f);
    uint8_t *s = parts.p[PC_FORGED_SNP_REPORT] + PC_SR_SIGNATURE + 72;
    unsigned borrow = 0;
    for (size_t i = 0; i < 48; i++) {
        unsigned d = 0x100U + n[i] - s[i] - borrow;
        s[i] = (uint8_t)d;
        borrow = d < 0x100;
    }
    verify_parts();
    expect_accept();
    /* Signed by somebody else; one signed bit changed. */
    ONLY(f.report_key = &f.stranger_ec, PC_R_SNP_SIGNATURE);
    start(1);
    flip_built(PC_SR_MEASUREMENT, 0x80);
    expect_only(PC_R_SNP_SIGNATURE);
}

/* Another chip of the same product and level. */
static void test_bug_25_wrong_chip(void **state)
{
    (void)state;
    ONLY_OF(0, VCEKS, f.report[PC_SR_CHIP_ID] ^= 0x10, PC_R_SNP_CHIP_ID);
    ONLY_OF(0, 2, f.report[PC_SR_CHIP_ID + 63] ^= 1, PC_R_SNP_CHIP_ID);
    for (size_t i = 8; i < 64; i++)
        ONLY_OF(2, 3, f.report[PC_SR_CHIP_ID + i] = 1, PC_R_SNP_CHIP_ID); /* Turin: zeros */
    FINE_OF(VCEKS, KINDS, f.report[PC_SR_CHIP_ID] = 7);                   /* a VLEK is of no chip */
    /* Minimum TCB: on REPORTED, COMMITTED and LAUNCH, not on CURRENT. */
    for (size_t i = 0; i < KINDS; i++) {
        static const uint16_t judged[] = {PC_SR_LAUNCH_TCB};
        int at = snp_tcb_at(kinds[i].product, PC_TCB_UCODE);
        start(i);
        policy.snp.min_tcb[kinds[i].product][PC_TCB_UCODE] = f.chip.tcb[at];
        judge();
        expect_accept();
        policy.snp.min_tcb[kinds[i].product][PC_TCB_UCODE]++;
        judge();
        expect_only(PC_R_MIN_TCB);
        f.report[PC_SR_CURRENT_TCB + at]++; /* the current level alone heals nothing */
        judge();
        expect_only(PC_R_MIN_TCB);
        start(i);
        policy.snp.min_tcb[kinds[i].product][PC_TCB_SNP] =
            f.chip.tcb[snp_tcb_at(kinds[i].product, PC_TCB_SNP)];
        f.report[judged[0] + snp_tcb_at(kinds[i].product, PC_TCB_SNP)]--;
        judge();
        expect_only(PC_R_MIN_TCB);
    }
    ONLY(f.report[PC_SR_CURRENT_TCB + 7]--, PC_R_SNP_TCB_ORDER);
    ONLY(f.report[PC_SR_COMMITTED_TCB + 7]--, PC_R_SNP_TCB_ORDER);
    FINE(f.report[PC_SR_CURRENT_TCB + 7]++);
    FINE((f.report[PC_SR_CURRENT_TCB + 7]++, f.report[PC_SR_COMMITTED_TCB + 7]++));
    ONLY(f.report[PC_SR_COMMITTED_TCB + 7]++, PC_R_SNP_TCB_ORDER);
}

static void test_bug_26_masked(void **state)
{
    (void)state;
    ONLY_OF(0, VCEKS, set_bit(PC_SR_KEY_INFO, 1), PC_R_SNP_MASKED);
    ONLY_OF(0, VCEKS, memset(f.report + PC_SR_CHIP_ID, 0, 64), PC_R_SNP_CHIP_ID);
    /* Certificate and report agree on zero. */
    ONLY_OF(0, VCEKS, (memset(f.report + PC_SR_CHIP_ID, 0, 64), memset(f.chip.chip_id, 0, 64)),
            PC_R_SNP_CHIP_ID);
}

/* The platform is the chip's id, of a VCEK that is not masked. */
static void test_bug_38_platform(void **state)
{
    uint8_t want[32];
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        start(i);
        judge();
        expect_accept();
        if (kinds[i].vlek)
            assert_true(bytes_all_zero_var(PC_BYTES(v.platform)));
        else {
            id_platform(want, PC_VENDOR_SNP, bytes_of(f.report + PC_SR_CHIP_ID, 64));
            assert_memory_equal(v.platform, want, 32);
        }
        policy.platform_required = true;
        judge();
        if (kinds[i].vlek)
            expect_only(PC_R_PLATFORM);
        else
            expect_accept();
    }
    /* A VLEK report that names a chip, masked or not: nobody vouches for it. */
    start(KIND_VLEK);
    f.report[PC_SR_CHIP_ID] = 1;
    judge();
    expect_accept();
    assert_true(bytes_all_zero_var(PC_BYTES(v.platform)));
    set_bit(PC_SR_KEY_INFO, 1);
    judge();
    expect_accept();
    assert_true(bytes_all_zero_var(PC_BYTES(v.platform)));
    start(0);
    set_bit(PC_SR_KEY_INFO, 1);
    judge();
    assert_true(bytes_all_zero_var(PC_BYTES(v.platform)));
}

static void test_policy_rules(void **state)
{
    (void)state;
    for (unsigned fix = 0; fix < PC_SNP_FIX_COUNT; fix++) {
        const struct snp_field *at = &snp_fixed_fields[fix];
        bool id = fix == PC_SNP_FIX_FAMILY || fix == PC_SNP_FIX_IMAGE;
        FINE((policy.snp.fixed_set[fix] = true,
              memcpy(policy.snp.fixed[fix], f.report + at->at, at->n)));
        ONLY((policy.snp.fixed_set[fix] = true,
              memcpy(policy.snp.fixed[fix], f.report + at->at, at->n),
              policy.snp.fixed[fix][at->n - 1] ^= 1),
             id ? PC_R_SNP_GUEST : PC_R_MEASUREMENT);
    }
    ONLY(policy.snp.min_guest_svn = 1, PC_R_SNP_GUEST);
    FINE((policy.snp.min_guest_svn = 1, store_le32(f.report + PC_SR_GUEST_SVN, 1)));
    FINE(memcpy(policy.snp.min_firmware, ((const uint8_t[]){1, 55, 40}), 3));
    ONLY(memcpy(policy.snp.min_firmware, ((const uint8_t[]){1, 55, 41}), 3), PC_R_SNP_FIRMWARE);
    ONLY(memcpy(policy.snp.min_firmware, ((const uint8_t[]){1, 56, 0}), 3), PC_R_SNP_FIRMWARE);
    ONLY(memcpy(policy.snp.min_firmware, ((const uint8_t[]){2, 0, 0}), 3), PC_R_SNP_FIRMWARE);
    ONLY((memcpy(policy.snp.min_firmware, ((const uint8_t[]){1, 55, 40}), 3),
          f.report[PC_SR_COMMITTED_VERSION]--),
         PC_R_SNP_FIRMWARE);
    ONLY(policy.snp.min_abi[1] = 1, PC_R_SNP_FIRMWARE);
    FINE((policy.snp.min_abi[1] = 1, f.report[PC_SR_POLICY] = 1));
    FINE((policy.snp.min_abi[1] = 9, f.report[PC_SR_POLICY + 1] = 1)); /* 1.0 is over 0.9 */
    FINE(policy.snp.platform_required = 0x25);
    ONLY(policy.snp.platform_required = 0x27, PC_R_SNP_PLATFORM_INFO);
    FINE_OF(2, 4, policy.snp.mit_required = 0x0b);
    ONLY_OF(2, 4, policy.snp.mit_required = 0x0f, PC_R_SNP_MITIGATIONS);
    ONLY_OF(2, 4, (policy.snp.mit_required = 0x0b, f.report[PC_SR_LAUNCH_MIT] = 0x0a),
            PC_R_SNP_MITIGATIONS);
    ONLY_OF(2, 4, (policy.snp.mit_required = 0x0b, f.report[PC_SR_CURRENT_MIT] = 0x03),
            PC_R_SNP_MITIGATIONS);
    ONLY_OF(0, 2, policy.snp.mit_required = 1, PC_R_SNP_MITIGATIONS);
    ONLY((policy.snp.products &= ~(1U << f.amd.product)), PC_R_SNP_PRODUCT_DENIED);
    ONLY(policy.measurement_count = 1, PC_R_MEASUREMENT);
    ONLY(policy.snp.platform_count = 1; policy.snp.platforms[0][0] = 1, PC_R_PLATFORM);
    for (size_t i = 0; i < KINDS; i++) {
        start(i);
        judge();
        policy.measurement_count = policy.snp.platform_count = 2;
        memcpy(policy.measurements[1], v.measurement, 32);
        memcpy(policy.snp.platforms[1], v.platform, 32);
        policy.snp.platforms[0][0] = 1;
        judge();
        expect_accept();
    }
    start(0);
    memset(&policy, 0, sizeof(policy)); /* a zeroed policy accepts nothing */
    judge();
    expect_reason(PC_R_VENDOR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_genuine),
        cmocka_unit_test(test_bug_15_versions_and_algorithm),
        cmocka_unit_test(test_bug_16_lengths),
        cmocka_unit_test(test_bug_18_signing_key),
        cmocka_unit_test(test_bug_20_21_reported_tcb),
        cmocka_unit_test(test_bug_21_reserved_tcb_bytes),
        cmocka_unit_test(test_bug_22_reserved_fields),
        cmocka_unit_test(test_bug_23_guest_policy),
        cmocka_unit_test(test_bug_24_signature_form),
        cmocka_unit_test(test_bug_25_wrong_chip),
        cmocka_unit_test(test_bug_26_masked),
        cmocka_unit_test(test_bug_38_platform),
        cmocka_unit_test(test_bug_39_report_data),
        cmocka_unit_test(test_policy_rules),
    };
    return cmocka_run_group_tests(tests, bugs_setup, NULL);
}
