/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs seen in public verifiers (attestation.md 5), the ones about AMD's certificates, lists and
 * the host's table; under own throw-away roots. */
#include <stdlib.h>

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "attest/kept.h"
#include "attest/sim/pki.h"
#include "attest/snp_bugs_test.h"

static void test_bug_07_root(void **state)
{
    (void)state;
    /* A root with equal names under another key, and everything under it. */
    for (size_t i = 0; i < KINDS; i++) {
        start(i);
        f.amd.ark.key = f.stranger;
        f.certs.ark.rsa = f.amd.ark.key.n;
        judge();
        expect_only(PC_R_UNTRUSTED_ROOT);
    }
    /* The pinned root, and a stranger's issuer with the right name. */
    for (size_t i = 0; i < KINDS; i++) {
        start(i);
        struct sim_amd_cert *issuer = kinds[i].vlek ? &f.certs.asvk : &f.certs.ask;
        issuer->signer = &f.stranger;
        judge();
        expect_only(PC_R_CHAIN_INVALID);
    }
    /* A pin of another product. */
    start(0);
    memset(policy.snp.root_sha256[PC_SNP_MILAN], 0, 32);
    judge();
    expect_only(PC_R_UNTRUSTED_ROOT);
    memset(policy.snp.root_sha256, 0, sizeof(policy.snp.root_sha256));
    judge();
    expect_reason(PC_R_VENDOR);
    /* One bit of the root, anywhere. */
    start(1);
    snp_forge_build(&parts, &f);
    for (size_t at = 1; at < parts.n[PC_FORGED_SNP_ROOT]; at += 97) {
        parts.p[PC_FORGED_SNP_ROOT][at] ^= 1;
        verify_parts();
        expect_only(PC_R_UNTRUSTED_ROOT);
        parts.p[PC_FORGED_SNP_ROOT][at] ^= 1;
    }
}

static void test_bug_12_37_dates(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        struct sim_amd_cert *certs[3];
        for (size_t c = 0; c < 3; c++) {
            start(i);
            certs[0] = &f.leaf;
            certs[1] = kinds[i].vlek ? &f.certs.asvk : &f.certs.ask;
            certs[2] = &f.certs.ark;
            struct evidence_policy pin = policy;
            const uint64_t from = certs[c]->not_before = f.now - 1000;
            const uint64_t to = certs[c]->not_after = f.now + 1000;
            snp_forge_build(&parts, &f);
            snp_forge_policy(&policy, &parts);
            const struct {
                uint64_t at;
                bool early, expired;
            } times[] = {{from - 1, true, false},
                         {from, false, false},
                         {to, false, false},
                         {to + 1, false, true}};
            for (size_t t = 0; t < PC_ARRAY_LEN(times); t++) {
                struct evidence_input in = snp_forge_input(&parts);
                in.policy = &policy;
                in.evidence_time = times[t].at; /* collateral is judged at another time */
                for (int dates = 0; dates < 2; dates++) {
                    in.dates = dates == 0 ? PC_DATES_FULL : PC_DATES_LOWER;
                    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
                    if (times[t].early)
                        expect_only(PC_R_CHAIN_EARLY);
                    else if (times[t].expired)
                        expect_only(PC_R_CHAIN_EXPIRED);
                    else
                        expect_accept();
                }
            }
            policy = pin;
        }
    }
    /* The list: both ends in one pass, the lower end alone in the other. */
    start(1);
    f.crl.this_update = f.now - 100;
    f.crl.next_update = f.now + 100;
    snp_forge_build(&parts, &f);
    struct evidence_input in = snp_forge_input(&parts);
    in.policy = &policy;
    static const int offsets[] = {-101, -100, 100, 101};
    for (size_t t = 0; t < 4; t++)
        for (int dates = 0; dates < 2; dates++) {
            in.collateral_time = f.now + (uint64_t)(int64_t)offsets[t];
            in.dates = dates == 0 ? PC_DATES_FULL : PC_DATES_LOWER;
            evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
            if (t == 0)
                expect_only(PC_R_ROOT_CRL_EARLY);
            else if (t == 3 && dates == 0)
                expect_only(PC_R_ROOT_CRL_EXPIRED);
            else
                expect_accept();
        }
}

static void test_bug_13_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        start(i);
        snp_forge_build(&parts, &f);
        parts.n[PC_FORGED_SNP_CRL] = 0;
        verify_parts();
        expect_only(PC_R_ROOT_CRL_MISSING);
        policy.snp.crl_required = false; /* one that is there is judged all the same */
        verify_parts();
        expect_accept();
        assert_int_equal(v.crl_checked, 0);
    }
    ONLY(f.crl.issuer_cn = f.certs.ask.subject_cn, PC_R_ROOT_CRL_ISSUER);
    ONLY(f.crl.signer = &f.amd.ask.key, PC_R_ROOT_CRL_SIGNATURE);
    ONLY(f.crl.signer = &f.stranger, PC_R_ROOT_CRL_SIGNATURE);
    ONLY((policy.snp.crl_required = false, f.crl.signer = &f.stranger), PC_R_ROOT_CRL_SIGNATURE);
    ONLY(f.crl.pss = PC_SIM_PSS_SHA256, PC_R_ROOT_CRL_MALFORMED);
    ONLY(f.crl.pss = PC_SIM_PSS_SALT_32, PC_R_ROOT_CRL_MALFORMED);
    FINE(f.crl.pss = PC_SIM_PSS_TRAILER);
    for (size_t i = 0; i < KINDS; i++) {
        const struct sim_amd *amd = &genuine[i].amd;
        const uint8_t *mine = kinds[i].vlek ? amd->asvk.serial : amd->ask.serial;
        const uint8_t *other = kinds[i].vlek ? amd->ask.serial : amd->asvk.serial;
        start(i);
        f.crl.revoked_count = 2;
        memcpy(f.revoked[0], other, 4);
        memcpy(f.revoked[1], other, 4);
        judge();
        expect_accept(); /* the other kind of issuer */
        memcpy(f.revoked[1], mine, 4);
        judge();
        expect_only(PC_R_SNP_ASK_REVOKED);
        memcpy(f.revoked[1], amd->ark.serial, 4);
        judge();
        expect_only(PC_R_SNP_ASK_REVOKED);
        /* A serial of 0 is every leaf's: the ARK cannot mean one chip by it. */
        memset(f.revoked[1], 0, 4);
        judge();
        expect_accept();
    }
}

/* The list in force on chain, by the hash of what the ARK signed. */
static void test_bug_14_in_force(void **state)
{
    uint8_t force[PC_OBJ_COUNT][32] = {{0}};
    (void)state;
    start(1);
    judge();
    expect_accept();
    struct evidence_input in = snp_forge_input(&parts);
    in.policy = &policy;
    in.in_force = (const uint8_t(*)[32])force;
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    expect_only(PC_R_NOT_IN_FORCE); /* a zero hash accepts none */
    memcpy(force[PC_OBJ_ROOT_CRL], v.objects[PC_OBJ_ROOT_CRL], 32);
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    expect_accept();
    /* A newer list, and an older one: neither is the one in force. */
    for (int i = 0; i < 2; i++) {
        start(1);
        f.crl.number++;
        f.crl.this_update += i == 0 ? 60 : (uint64_t)-60;
        snp_forge_build(&parts, &f);
        in = snp_forge_input(&parts);
        in.policy = &policy;
        in.in_force = (const uint8_t(*)[32])force;
        evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
        expect_only(PC_R_NOT_IN_FORCE);
    }
    in.collateral.root_crl = (struct bytes){NULL, 0};
    memset(force, 0, sizeof(force));
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    expect_reason(PC_R_ROOT_CRL_MISSING);
    expect_reason(PC_R_NOT_IN_FORCE);
}

/* Each part cut at each byte, each part with a byte behind it. */
static void test_bug_16_truncation(void **state)
{
    static const enum snp_forge_part which[] = {PC_FORGED_SNP_VEK, PC_FORGED_SNP_ISSUER,
                                                PC_FORGED_SNP_CRL};
    (void)state;
    start(1);
    snp_forge_build(&parts, &f);
    for (size_t i = 0; i < PC_ARRAY_LEN(which); i++) {
        size_t whole = parts.n[which[i]];
        for (size_t n = 0; n <= whole + 1; n++) {
            if (n == whole)
                continue;
            parts.n[which[i]] = n;
            parts.p[which[i]][whole] = 0;
            verify_parts();
            assert_false(verdict_accepts(&v));
            if (n > 0)
                expect_only(which[i] == PC_FORGED_SNP_CRL ? PC_R_ROOT_CRL_MALFORMED
                                                          : PC_R_CERT_MALFORMED);
        }
        parts.n[which[i]] = whole;
    }
    parts.n[PC_FORGED_SNP_VEK] = 0;
    verify_parts();
    expect_only(PC_R_SNP_VEK_MISSING);
}

/* PEM: one clean block, or nothing. */
static void test_bug_17_pem(void **state)
{
    static char text[3][8192];
    size_t n;
    (void)state;
    start(1);
    snp_forge_build(&parts, &f);
    struct evidence_input in = snp_forge_input(&parts);
    in.policy = &policy;
    struct bytes *const part[] = {&in.collateral.snp_vek, &in.collateral.snp_issuer,
                                  &in.collateral.snp_root};
    for (size_t i = 0; i < 3; i++) {
        sim_pem(text[i], sizeof(text[i]), &n, part[i], 1);
        *part[i] = bytes_of(text[i], n);
    }
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    expect_accept();
    for (size_t i = 0; i < 3; i++) {
        const struct bytes good = *part[i];
        const struct bytes twice[2] = {snp_forged_part(&parts, PC_FORGED_SNP_VEK),
                                       snp_forged_part(&parts, PC_FORGED_SNP_VEK)};
        static char two[8192];
        sim_pem(two, sizeof(two), &n, twice, 2);
        *part[i] = bytes_of(two, n);
        evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
        expect_only(PC_R_CERT_DATA_PEM);
        *part[i] = PC_BYTES_STR("-----BEGIN CERTIFICATE-----\nnot base64\n");
        evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
        expect_only(PC_R_CERT_DATA_PEM);
        *part[i] = PC_BYTES_STR("\0");
        evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
        expect_only(PC_R_CERT_DATA_PEM);
        *part[i] = good;
    }
}

/* An ASVK vouches for no VCEK, an ASK for no VLEK, a product's issuer for no other's. */
static void test_bug_18_25_issuers(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        bool vlek = kinds[i].vlek;
        start(i); /* signed by the wrong kind, named for the right one */
        f.leaf.signer = vlek ? &f.amd.ask.key : &f.amd.asvk.key;
        judge();
        expect_only(PC_R_SNP_VEK_SIGNATURE);
        start(i); /* really issued by the wrong kind */
        f.leaf.signer = vlek ? &f.amd.ask.key : &f.amd.asvk.key;
        f.leaf.issuer_cn = vlek ? f.certs.ask.subject_cn : f.certs.asvk.subject_cn;
        f.certs.ask = f.certs.asvk = vlek ? f.certs.ask : f.certs.asvk;
        judge();
        expect_only(PC_R_SNP_ISSUER);
        start(i); /* the right issuer, the other kind's name */
        f.leaf.subject_cn = vlek ? "SEV-VCEK" : "SEV-VLEK";
        judge();
        expect_only(PC_R_SNP_ISSUER);
        start(i);
        f.leaf.issuer_cn = "SEV-Nowhere";
        judge();
        expect_only(PC_R_SNP_ISSUER);
        start(i); /* tampered with after signing */
        snp_forge_build(&parts, &f);
        parts.p[PC_FORGED_SNP_VEK][parts.n[PC_FORGED_SNP_VEK] - 1] ^= 1;
        verify_parts();
        expect_only(PC_R_SNP_VEK_SIGNATURE);
        /* The CPU of another product. */
        if (kinds[i].version >= 3)
            for (unsigned family = 0x18; family <= 0x1b; family++)
                for (unsigned model = 0; model < 0x100; model++) {
                    enum snp_product cpu = family == 0x19 && model < 0x10 ? PC_SNP_MILAN
                                           : family == 0x19 && (model >> 4 == 1 || model >> 4 == 10)
                                               ? PC_SNP_GENOA
                                           : family == 0x1a && model <= 0x11 ? PC_SNP_TURIN
                                                                             : PC_SNP_PRODUCTS;
                    start(i);
                    f.report[PC_SR_CPUID] = (uint8_t)family;
                    f.report[PC_SR_CPUID + 1] = (uint8_t)model;
                    if (cpu == kinds[i].product && model % 16 != 0)
                        continue;
                    if (cpu != kinds[i].product && model % 15 != 1)
                        continue;
                    judge();
                    if (cpu == kinds[i].product)
                        expect_accept();
                    else
                        expect_only(PC_R_SNP_PRODUCT);
                }
    }
}

static void test_bug_19_hwid(void **state)
{
    static const uint8_t starts[][2] = {{0x02, 0x01}, {0x04, 0x40}, {0x04, 0x08},
                                        {0x04, 0x3e}, {0x00, 0x00}, {0xff, 0xff}};
    uint8_t raw[80];
    (void)state;
    for (size_t i = 0; i < VCEKS; i++) {
        size_t n = kinds[i].product == PC_SNP_TURIN ? 8 : 64;
        for (size_t s = 0; s < PC_ARRAY_LEN(starts); s++)
            for (int wrapped = 0; wrapped < 2; wrapped++) {
                start(i);
                memcpy(f.chip.chip_id, starts[s], 2);
                memcpy(f.report + PC_SR_CHIP_ID, starts[s], 2);
                f.leaf.hwid_wrapped = wrapped == 1;
                judge();
                expect_accept();
            }
        /* Other lengths, and wrappings that are not 04 40 or 04 08. */
        for (size_t len = 1; len < sizeof(raw); len++) {
            start(i);
            memset(raw, 0x5a, sizeof(raw));
            memcpy(raw, f.chip.chip_id, 8);
            if (len == n)
                continue;
            f.leaf.hwid = bytes_of(raw, len);
            judge();
            expect_only(PC_R_SNP_VEK_EXTENSION);
        }
        start(i);
        raw[0] = 0x04;
        raw[1] = (uint8_t)(n - 2);
        memcpy(raw + 2, f.chip.chip_id, n);
        f.leaf.hwid = bytes_of(raw, n);
        judge();
        expect_only(PC_R_SNP_CHIP_ID); /* raw bytes that look like a wrapping are raw bytes */
        ONLY_OF(i, i + 1, f.leaf.vek.hwid.n = 0, PC_R_SNP_VEK_EXTENSION); /* none */
    }
    for (size_t i = VCEKS; i < KINDS; i++) { /* a VLEK has none */
        start(i);
        f.leaf.hwid = bytes_of(raw, 64);
        judge();
        expect_only(PC_R_SNP_VEK_EXTENSION);
    }
}

static void test_bug_20_extensions(void **state)
{
    static const uint8_t values[][5] = {
        {4, 0x02, 0x02, 0x01, 0xdb}, /* 475 */
        {3, 0x02, 0x01, 0xdb},       /* negative */
        {4, 0x02, 0x02, 0x00, 0x53}, /* padded */
        {3, 0x04, 0x01, 0x53},       /* another type */
        {4, 0x02, 0x01, 0x53, 0x00}, /* bytes behind */
        {2, 0x02, 0x00},             /* empty */
        {1, 0x53},                   /* raw */
    };
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(values); i++)
        ONLY(f.leaf.ucode = bytes_of(values[i] + 1, values[i][0]), PC_R_SNP_VEK_EXTENSION);
    for (unsigned must = 0; must < 4; must++) {
        static const uint8_t spl[] = {PC_SPL_BL, PC_SPL_TEE, PC_SPL_SNP, PC_SPL_UCODE};
        ONLY(f.leaf.vek.spl_present &= (uint16_t) ~(1U << spl[must]), PC_R_SNP_VEK_EXTENSION);
    }
    ONLY(f.leaf.duplicate_ucode = true, PC_R_CERT_MALFORMED);
    FINE(f.leaf.strange = true);
    ONLY(f.leaf.strange = f.leaf.critical = true, PC_R_CERT_MALFORMED);
    ONLY(f.leaf.vek.struct_version = 2, PC_R_SNP_VEK_EXTENSION);
    ONLY(f.leaf.vek.product = PC_BYTES_STR("Rome"), PC_R_SNP_VEK_EXTENSION);
    ONLY(f.leaf.vek.product = PC_BYTES_STR("Milan0"), PC_R_SNP_VEK_EXTENSION);
    ONLY_OF(1, 4, f.leaf.vek.product = PC_BYTES_STR("Milan-B0"), PC_R_SNP_VEK_EXTENSION);
    /* Where the verifier on chain read something else (docs/decisions/0180). */
    ONLY_OF(0, 1, f.leaf.vek.product = PC_BYTES_STR("Milan\0"), PC_R_SNP_VEK_EXTENSION);
    ONLY_OF(0, 1, f.leaf.vek.product = PC_BYTES_STR("Milan-B0\0"), PC_R_SNP_VEK_EXTENSION);
    FINE_OF(0, 1, f.leaf.vek.product = PC_BYTES_STR("Milan-01234567890123456789012345"));
    ONLY_OF(0, 1, f.leaf.vek.product = PC_BYTES_STR("Milan-012345678901234567890123456"),
            PC_R_SNP_VEK_EXTENSION);
    ONLY(f.leaf.amd_critical = true, PC_R_CERT_MALFORMED);
}

/* Patch levels of one layout in a certificate of the other. */
static void test_bug_21_layouts(void **state)
{
    (void)state;
    ONLY_OF(0, 2, f.leaf.vek.spl_present |= 1U << PC_SPL_FMC, PC_R_SNP_VEK_EXTENSION);
    ONLY_OF(2, 3, f.leaf.vek.spl_present &= (uint16_t) ~(1U << PC_SPL_FMC), PC_R_SNP_VEK_EXTENSION);
    ONLY_OF(2, 3, f.leaf.vek.spl_present |= 1U << PC_SPL_4, PC_R_SNP_VEK_EXTENSION);
    ONLY_OF(0, VCEKS, f.leaf.vek.csp_id = PC_BYTES_STR("CN=x"), PC_R_SNP_VEK_EXTENSION);
    ONLY_OF(VCEKS, KINDS, f.leaf.vek.csp_id.n = 0, PC_R_SNP_VEK_EXTENSION);
}

static void test_bug_30_authorities(void **state)
{
    (void)state;
    /* CA flag, key usage, path length, kinds of keys. */
    for (size_t i = 0; i < KINDS; i++) {
        for (int what = 0; what < 8; what++) {
            start(i);
            struct sim_amd_cert *issuer = kinds[i].vlek ? &f.certs.asvk : &f.certs.ask;
            switch (what) {
            case 0:
                issuer->is_ca = false;
                issuer->path_len = -1;
                break;
            case 1:
                issuer->usage = PC_USAGE_DIGITAL_SIGNATURE;
                break;
            case 2:
                issuer->rsa = NULL;
                issuer->ec = f.stranger_ec.xy;
                break;
            case 3:
                issuer->issuer_cn = "ARK-Nowhere";
                break;
            case 4:
                issuer->subject_cn = "SEV-Nowhere";
                f.leaf.issuer_cn = "SEV-Nowhere";
                break;
            case 5:
                f.certs.ark.path_len = 0;
                break;
            case 6:
                f.certs.ark.usage = PC_USAGE_CERT_SIGN;
                break;
            default:
                f.certs.ark.is_ca = false;
                f.certs.ark.path_len = -1;
                break;
            }
            snp_forge_build(&parts, &f);
            snp_forge_policy(&policy, &parts); /* whatever the root says, it is the pinned one */
            verify_parts();
            expect_only(PC_R_CHAIN_INVALID);
        }
        start(i); /* an issuer of another product under this ARK */
        struct sim_amd_cert *ca = kinds[i].vlek ? &f.certs.asvk : &f.certs.ask;
        ca->subject_cn = sim_amd_issuer_cn((f.amd.product + 1) % PC_SNP_PRODUCTS, kinds[i].vlek);
        f.leaf.issuer_cn = ca->subject_cn;
        judge();
        expect_only(PC_R_CHAIN_INVALID);
        start(i); /* another exponent */
        ca->exponent = 3;
        judge();
        expect_only(PC_R_CERT_MALFORMED);
        start(i); /* a leaf that is an authority, a leaf with an RSA key */
        f.leaf.is_ca = true;
        f.leaf.usage = PC_USAGE_CERT_SIGN;
        judge();
        expect_only(PC_R_CHAIN_INVALID);
        start(i);
        f.leaf.ec = NULL;
        f.leaf.rsa = f.stranger.n;
        judge();
        expect_only(PC_R_CHAIN_INVALID);
        start(i); /* a point that is not on the curve */
        f.chip.key.xy[95] ^= 1;
        judge();
        expect_only(PC_R_CHAIN_INVALID);
        start(i); /* issued by itself: the leaf as its own issuer's name */
        f.leaf.issuer_cn = f.leaf.subject_cn;
        judge();
        expect_only(PC_R_SNP_ISSUER);
    }
}

/* RSA-PSS with these parameters and no others, the same inside and outside. */
static void test_bug_31_algorithms(void **state)
{
    static const enum sim_pss wrong[] = {PC_SIM_PSS_SHA256, PC_SIM_PSS_SALT_32};
    (void)state;
    FINE(f.leaf.pss = f.leaf.outer_pss = PC_SIM_PSS_TRAILER);
    FINE(f.certs.ask.pss = f.certs.ask.outer_pss = f.certs.asvk.pss = f.certs.asvk.outer_pss =
             PC_SIM_PSS_PLAIN);
    ONLY(f.leaf.pss = PC_SIM_PSS_TRAILER, PC_R_CERT_MALFORMED);
    ONLY(f.leaf.outer_pss = PC_SIM_PSS_TRAILER, PC_R_CERT_MALFORMED);
    for (size_t i = 0; i < PC_ARRAY_LEN(wrong); i++) {
        ONLY(f.leaf.pss = f.leaf.outer_pss = wrong[i], PC_R_CERT_MALFORMED);
        ONLY(f.leaf.outer_pss = wrong[i], PC_R_CERT_MALFORMED);
    }
    /* Signed with a shorter salt than the parameters say. */
    for (size_t i = 0; i < KINDS; i++) {
        uint8_t sig[PC_RSA_LEN];
        struct snp_cert leaf;
        start(i);
        snp_forge_build(&parts, &f);
        struct bytes der = snp_forged_part(&parts, PC_FORGED_SNP_VEK);
        assert_int_equal(snp_cert_parse(&leaf, der), PC_OK);
        sim_rsa_sign(sig, f.leaf.signer, leaf.tbs, 32);
        memcpy(parts.p[PC_FORGED_SNP_VEK] + der.n - PC_RSA_LEN, sig, PC_RSA_LEN);
        verify_parts();
        expect_only(PC_R_SNP_VEK_SIGNATURE);
        sim_rsa_sign(sig, f.leaf.signer, leaf.tbs, 48);
        memcpy(parts.p[PC_FORGED_SNP_VEK] + der.n - PC_RSA_LEN, sig, PC_RSA_LEN);
        verify_parts();
        expect_accept();
    }
}

/* Whatever is accepted here, OpenSSL's verifier accepts too (default rules: genuine leaves have
 * serial 0 and no key ids, so X509_STRICT and CRL_CHECK_ALL would refuse them). */
static void test_bug_33_openssl_agrees(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        X509 *certs[3];
        start(i);
        judge();
        expect_accept();
        for (unsigned c = 0; c < 3; c++) {
            const uint8_t *p = parts.p[PC_FORGED_SNP_VEK + c];
            certs[c] = d2i_X509(NULL, &p, (long)parts.n[PC_FORGED_SNP_VEK + c]);
            assert_non_null(certs[c]);
        }
        X509_STORE *store = X509_STORE_new();
        STACK_OF(X509) *between = sk_X509_new_null();
        X509_STORE_CTX *ctx = X509_STORE_CTX_new();
        assert_true(store != NULL && between != NULL && ctx != NULL);
        assert_int_equal(X509_STORE_add_cert(store, certs[2]), 1);
        assert_true(sk_X509_push(between, certs[1]) > 0);
        assert_int_equal(X509_STORE_CTX_init(ctx, store, certs[0], between), 1);
        X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)f.now);
        if (X509_verify_cert(ctx) != 1)
            fail_msg("OpenSSL: %s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
        X509_STORE_CTX_free(ctx);
        sk_X509_free(between);
        X509_STORE_free(store);
        for (size_t c = 0; c < 3; c++)
            X509_free(certs[c]);
    }
}

/* A stranger's leaves push no remembered chip out, and no other chip's answer is given. */
static void test_kept_chips(void **state)
{
    (void)state;
    struct evidence_kept *kept = evidence_kept_new();
    assert_non_null(kept);
    for (size_t i = 0; i < KINDS; i++) {
        start(i);
        judge();
        struct verdict first = v;
        struct evidence_input in = snp_forge_input(&parts);
        in.policy = &policy;
        for (int again = 0; again < 2; again++) {
            evidence_verify(&v, kept, PC_VENDOR_SNP, &in);
            assert_memory_equal(&v, &first, sizeof(v));
        }
        parts.p[PC_FORGED_SNP_VEK][parts.n[PC_FORGED_SNP_VEK] - 1] ^= 1;
        evidence_verify(&v, kept, PC_VENDOR_SNP, &in);
        expect_only(PC_R_SNP_VEK_SIGNATURE);
        assert_int_equal(kept->snp.next, i + 1);
    }
    evidence_kept_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bug_07_root),           cmocka_unit_test(test_bug_12_37_dates),
        cmocka_unit_test(test_bug_13_lists),          cmocka_unit_test(test_bug_14_in_force),
        cmocka_unit_test(test_bug_16_truncation),     cmocka_unit_test(test_bug_17_pem),
        cmocka_unit_test(test_bug_18_25_issuers),     cmocka_unit_test(test_bug_19_hwid),
        cmocka_unit_test(test_bug_20_extensions),     cmocka_unit_test(test_bug_21_layouts),
        cmocka_unit_test(test_bug_30_authorities),    cmocka_unit_test(test_bug_31_algorithms),
        cmocka_unit_test(test_bug_33_openssl_agrees), cmocka_unit_test(test_kept_chips),
    };
    return cmocka_run_group_tests(tests, bugs_setup, NULL);
}
