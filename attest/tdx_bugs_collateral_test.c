/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs seen in public verifiers (attestation.md 5), the ones about collateral, status and time;
 * under own throw-away roots. The vectors that the list names are in tdx_vectors_test.c. */
#include "attest/tdx_bugs_test.h"

#include "attest/tdx_tcb.h"
#include "attest/worker.h"

#define DAY UINT64_C(86400)

static void expect_status(enum tcb_status want)
{
    assert_string_equal(verdict_status_name(v.tcb_status), verdict_status_name(want));
}

/* The module's own status counts, also when the platform is up to date. */
static void test_bug_02_module_identities(void **state)
{
    (void)state;
    ONLY((f.quote.body[PC_TD_TCB_SVN] = 4, f.quote.body[PC_TD_TCB_SVN2] = 4), PC_R_TCB_STATUS);
    expect_status(PC_TCB_OUT_OF_DATE);
    assert_int_equal(v.advisory_count, 1);
    assert_string_equal(v.advisories[0], "INTEL-SA-91036");
    ONLY(f.quote.body[PC_TD_TCB_SVN] = 3, PC_R_TCB_STATUS);
    expect_status(PC_TCB_NOT_SUPPORTED);
    assert_int_equal(v.tcb_date, 0);
    ONLY(f.quote.body[PC_TD_TCB_SVN + 1] = 2, PC_R_MODULE_UNKNOWN);
    ONLY(f.tcb.identity_count = 0, PC_R_MODULE_UNKNOWN);
    ONLY(f.quote.body[PC_TD_MRSIGNERSEAM] = 1, PC_R_MODULE_SIGNER);
    ONLY(f.quote.body[PC_TD_SEAMATTRIBUTES + 7] = 1, PC_R_MODULE_ATTRIBUTES);
    ONLY(f.tcb.identities[1].attributes[0] = 1, PC_R_MODULE_ATTRIBUTES);
    FINE((f.quote.body[PC_TD_TCB_SVN + 1] = 3, f.quote.body[PC_TD_TCB_SVN2 + 1] = 3));
}

static void test_bug_03_qe_identity(void **state)
{
    (void)state;
    ONLY(f.qe.mrsigner[0] ^= 1, PC_R_QE_MRSIGNER);
    ONLY(f.quote.qe_report[PC_QE_MRSIGNER + 31] ^= 1, PC_R_QE_MRSIGNER);
    ONLY(f.quote.qe_report[PC_QE_ISVPRODID] = 1, PC_R_QE_PRODID); /* the SGX QE */
    ONLY(f.quote.qe_report[PC_QE_ISVPRODID + 1] = 1, PC_R_QE_PRODID);
    ONLY(f.quote.qe_report[PC_QE_MISCSELECT] = 1, PC_R_QE_MISCSELECT);
    ONLY(f.quote.qe_report[PC_QE_ATTRIBUTES] = 0x35, PC_R_QE_ATTRIBUTES);
    ONLY(f.qe.id_ok = false, PC_R_QEID_ID); /* "QE", signed */
    ONLY(f.qe.version_ok = false, PC_R_QEID_VERSION);
    ONLY(f.qe_signer = &f.stranger, PC_R_QEID_SIGNATURE);
    FINE(f.quote.qe_report[PC_QE_ATTRIBUTES] = 0x11); /* a bit outside the mask */
    ONLY((f.quote.qe_report[PC_QE_ATTRIBUTES] = 0x17, f.qe.attributes_mask[0] = 0xf9,
          f.qe.attributes[0] = 0x11),
         PC_R_QE_DEBUG);
    ONLY(f.quote.qe_report[PC_QE_ISVSVN] = 3, PC_R_TCB_STATUS);
    expect_status(PC_TCB_OUT_OF_DATE);
    ONLY(f.quote.qe_report[PC_QE_ISVSVN] = 1, PC_R_TCB_STATUS);
    expect_status(PC_TCB_NOT_SUPPORTED);
}

static void test_bug_04_other_platform(void **state)
{
    (void)state;
    ONLY(f.tcb.fmspc[5] ^= 1, PC_R_FMSPC);
    expect_status(PC_TCB_NONE); /* not judged by another platform's levels */
    ONLY(f.tcb.pceid[1] ^= 1, PC_R_PCEID);
    ONLY(f.pck.fmspc[0] ^= 1, PC_R_FMSPC);
    ONLY(f.tcb.id_ok = false, PC_R_TCB_ID);
    ONLY(f.tcb.version_ok = false, PC_R_TCB_VERSION);
}

/* Bytes as received are what is signed. */
static void test_bug_09_exact_bytes(void **state)
{
    (void)state;
    start(0);
    forge_build(&parts, &f);
    uint8_t *json = parts.p[PC_FORGED_TCB];
    size_t n = parts.n[PC_FORGED_TCB];
    memmove(json + 2, json + 1, n - 1); /* a space behind the brace */
    json[1] = ' ';
    parts.n[PC_FORGED_TCB] = n + 1;
    forge_verify(&v, &parts, pins[0]);
    expect_only(PC_R_TCB_SIGNATURE);
    /* Signed that way it is fine: order and space mean nothing to the reader. */
    FINE((f.tcb_text = PC_TEXT_SPACES, f.qe_text = PC_TEXT_SPACES));
    FINE((f.tcb_text = PC_TEXT_REORDERED, f.qe_text = PC_TEXT_REORDERED));
    FINE((f.tcb_text = PC_TEXT_UNKNOWN, f.qe_text = PC_TEXT_UNKNOWN));
    /* A member twice has two meanings; a real is no integer: refused though signed. */
    ONLY(f.tcb_text = PC_TEXT_DUPLICATE, PC_R_TCB_MALFORMED);
    ONLY(f.tcb_text = PC_TEXT_TWICE_INNER, PC_R_TCB_MALFORMED);
    ONLY(f.tcb_text = PC_TEXT_REAL, PC_R_TCB_MALFORMED);
    ONLY(f.qe_text = PC_TEXT_DUPLICATE, PC_R_QEID_MALFORMED);
    ONLY(f.qe_text = PC_TEXT_TWICE_INNER, PC_R_QEID_MALFORMED);
    ONLY(f.qe_text = PC_TEXT_REAL, PC_R_QEID_MALFORMED);
}

static void test_bug_10_no_match(void **state)
{
    (void)state;
    for (size_t i = 0; i < 8; i++) { /* below the lowest level in one component */
        if (f.tcb.levels[2].sgx[i] == 0 && i == 6)
            continue; /* that component's minimum is zero */
        ONLY((f.pck.comps[i] = f.tcb.levels[2].sgx[i] - 1), PC_R_TCB_STATUS);
        expect_status(PC_TCB_NOT_SUPPORTED);
        assert_int_equal(v.tcb_date, 0);
    }
    ONLY(f.pck.pcesvn = 4, PC_R_TCB_STATUS);
    expect_status(PC_TCB_NOT_SUPPORTED);
    ONLY((f.pck.comps[0] = 3, f.pck.pcesvn = 11), PC_R_TCB_STATUS);
    expect_status(PC_TCB_OUT_OF_DATE);
    ONLY(f.pck.comps[0] = 2, PC_R_TCB_STATUS);
    expect_status(PC_TCB_REVOKED);
    FINE(f.pck.comps[0] = 200); /* newer than all levels */
    FINE(f.pck.pcesvn = 300);   /* two bytes */
    /* Components 0 and 1 are the module's own number from module 1.5 on ... */
    FINE(f.tcb.levels[0].tdx[0] = 99);
    FINE(f.tcb.levels[0].tdx[1] = 99);
    /* ... and compared like the others before. */
    ONLY((f.quote.body[PC_TD_TCB_SVN + 1] = 0, f.quote.body[PC_TD_TCB_SVN2 + 1] = 0,
          f.quote.body[PC_TD_TCB_SVN] = f.quote.body[PC_TD_TCB_SVN2] = 4),
         PC_R_TCB_STATUS);
    expect_status(PC_TCB_OUT_OF_DATE);
    FINE((f.quote.body[PC_TD_TCB_SVN + 1] = 0, f.quote.body[PC_TD_TCB_SVN2 + 1] = 0,
          f.quote.body[PC_TD_TCB_SVN] = f.quote.body[PC_TD_TCB_SVN2] = 5));
    ONLY(f.quote.body[PC_TD_TCB_SVN + 2] = 3, PC_R_TCB_STATUS); /* late microcode */
    ONLY(f.tcb.level_count = 0, PC_R_TCB_STATUS);
    expect_status(PC_TCB_NOT_SUPPORTED);
}

/* The whole matrix of rules 4 and 5. */
static void test_bug_11_relaunch_matrix(void **state)
{
    (void)state;
    const enum tcb_status ood = PC_TCB_OUT_OF_DATE, oodc = PC_TCB_OUT_OF_DATE_CONFIGURATION;
    for (unsigned launch = PC_TCB_UP_TO_DATE; launch <= PC_TCB_NOT_SUPPORTED; launch++)
        for (unsigned current = PC_TCB_UP_TO_DATE; current <= PC_TCB_NOT_SUPPORTED; current++) {
            enum tcb_status got = tdx_tcb_relaunch(launch, current);
            bool good = current == PC_TCB_UP_TO_DATE || current == PC_TCB_SW_HARDENING;
            bool conf =
                current == PC_TCB_CONFIGURATION || current == PC_TCB_CONFIGURATION_SW_HARDENING;
            if ((launch == ood || launch == oodc) && (good || conf))
                assert_int_equal(got, launch == ood && good ? PC_TCB_RELAUNCH
                                                            : PC_TCB_RELAUNCH_CONFIGURATION);
            else
                assert_int_equal(got, launch);
            enum tcb_status both = tdx_tcb_converge(launch, current);
            if (launch == PC_TCB_REVOKED || current == PC_TCB_REVOKED)
                assert_int_equal(both, PC_TCB_REVOKED);
            else if (current != ood)
                assert_int_equal(both, launch);
            else
                assert_int_equal(both, launch <= PC_TCB_SW_HARDENING                 ? ood
                                       : launch <= PC_TCB_CONFIGURATION_SW_HARDENING ? oodc
                                                                                     : launch);
        }
    /* Through the verifier: launched out of date, updated since; the other way round. */
    start(1);
    f.quote.body[PC_TD_TCB_SVN] = 4;
    judge(1);
    expect_only(PC_R_TCB_STATUS);
    expect_status(PC_TCB_RELAUNCH);
    start(1);
    f.quote.body[PC_TD_TCB_SVN2] = 4;
    judge(1);
    expect_accept();
    /* TD report 1.0 has no second number: what stands behind its body is not looked at. */
    start(0);
    f.quote.body[PC_TD_TCB_SVN] = 4;
    judge(0);
    expect_status(PC_TCB_OUT_OF_DATE);
    /* Nothing that is known about the current module makes launch better. */
    start(1);
    f.quote.body[PC_TD_TCB_SVN] = 4;
    f.quote.body[PC_TD_TCB_SVN2 + 1] = 9;
    judge(1);
    expect_status(PC_TCB_OUT_OF_DATE);
}

/* Each object's dates alone, at both ends: the last good second is good. */
#define DATES(from, to, early, expired)                                                            \
    do {                                                                                           \
        FINE(to = f.now);                                                                          \
        ONLY(to = f.now - 1, expired);                                                             \
        FINE(from = f.now);                                                                        \
        ONLY(from = f.now + 1, early);                                                             \
    } while (0)

static void test_bug_12_dates(void **state)
{
    (void)state;
    DATES(f.tcb.issue_date, f.tcb.next_update, PC_R_TCB_EARLY, PC_R_TCB_EXPIRED);
    DATES(f.qe.issue_date, f.qe.next_update, PC_R_QEID_EARLY, PC_R_QEID_EXPIRED);
    DATES(f.root_crl.this_update, f.root_crl.next_update, PC_R_ROOT_CRL_EARLY,
          PC_R_ROOT_CRL_EXPIRED);
    DATES(f.pck_crl.this_update, f.pck_crl.next_update, PC_R_PCK_CRL_EARLY, PC_R_PCK_CRL_EXPIRED);
    DATES(f.leaf.not_before, f.leaf.not_after, PC_R_CHAIN_EARLY, PC_R_CHAIN_EXPIRED);
    DATES(f.certs.ca.not_before, f.certs.ca.not_after, PC_R_CHAIN_EARLY, PC_R_CHAIN_EXPIRED);
    DATES(f.certs.signer.not_before, f.certs.signer.not_after, PC_R_SIGNER_EARLY,
          PC_R_SIGNER_EXPIRED);
}

static void test_bug_13_crl(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) { /* absent: refused by the network's policy */
        start(i);
        forge_build(&parts, &f);
        parts.n[PC_FORGED_ROOT_CRL] = 0;
        forge_verify(&v, &parts, pins[i]);
        expect_only(PC_R_ROOT_CRL_MISSING);
        assert_int_equal(v.crl_checked, 0);
        forge_build(&parts, &f);
        parts.n[PC_FORGED_PCK_CRL] = 0;
        forge_verify(&v, &parts, pins[i]);
        expect_only(PC_R_PCK_CRL_MISSING);
    }
    ONLY(f.pck_crl.issuer_cn = PC_SIM_CN_PROCESSOR, PC_R_PCK_CRL_ISSUER);
    ONLY(f.root_crl.issuer_cn = PC_SIM_CN_PLATFORM, PC_R_ROOT_CRL_ISSUER);
    ONLY(f.pck_crl.signer = &f.stranger, PC_R_PCK_CRL_SIGNATURE);
    ONLY(f.root_crl.signer = &f.vendor.ca.key, PC_R_ROOT_CRL_SIGNATURE);
    ONLY((f.pck_revoked[0] = forge_serial(f.leaf.serial), f.pck_crl.revoked_count = 1),
         PC_R_PCK_REVOKED);
    ONLY((f.root_revoked[1] = forge_serial(f.certs.ca.serial),
          f.root_revoked[0] = forge_serial(f.leaf.serial), f.root_crl.revoked_count = 2),
         PC_R_PCK_CA_REVOKED);
    ONLY((f.root_revoked[0] = forge_serial(f.certs.signer.serial), f.root_crl.revoked_count = 1),
         PC_R_SIGNER_REVOKED);
    /* In the other list a serial means nothing; a list that is not authentic revokes nobody. */
    FINE((f.pck_revoked[0] = forge_serial(f.certs.ca.serial), f.pck_crl.revoked_count = 1));
    ONLY((f.pck_revoked[0] = forge_serial(f.leaf.serial), f.pck_crl.revoked_count = 1,
          f.pck_crl.signer = &f.stranger),
         PC_R_PCK_CRL_SIGNATURE);
    for (size_t cut = 0; cut < 200; cut += 13) {
        start(0);
        forge_build(&parts, &f);
        parts.n[PC_FORGED_PCK_CRL] -= 1 + cut;
        forge_verify(&v, &parts, pins[0]);
        expect_only(PC_R_PCK_CRL_MALFORMED);
    }
}

static void test_bug_13_chain(void **state)
{
    (void)state;
    ONLY(f.leaf.subject_cn = "Intel SGX PCK Certificat", PC_R_CHAIN_INVALID);
    ONLY(f.leaf.is_ca = true, PC_R_CHAIN_INVALID);
    ONLY(f.leaf.usage = PC_USAGE_CERT_SIGN, PC_R_CHAIN_INVALID);
    ONLY(f.leaf.signer = &f.stranger, PC_R_CHAIN_INVALID);
    ONLY(f.leaf.issuer_cn = PC_SIM_CN_ROOT, PC_R_CHAIN_INVALID);
    ONLY(f.leaf.pck = NULL, PC_R_PCK_EXTENSION);
    ONLY(f.certs.ca.is_ca = false, PC_R_CHAIN_INVALID);
    ONLY(f.certs.ca.usage = PC_USAGE_DIGITAL_SIGNATURE, PC_R_CHAIN_INVALID);
    ONLY(f.certs.ca.subject_cn = f.leaf.issuer_cn = "Intel SGX PCK CA", PC_R_CHAIN_INVALID);
    ONLY(f.certs.ca.signer = &f.stranger, PC_R_CHAIN_INVALID);
    FINE(f.certs.ca.subject_cn = f.leaf.issuer_cn = f.pck_crl.issuer_cn = PC_SIM_CN_PROCESSOR);
    assert_int_equal(v.leaf_issuer, 2);
    /* A signer that is no TCB signer: the PCK certificate's key, an authority, another name. */
    start(0);
    f.certs.signer.subject_cn = PC_SIM_CN_PCK;
    judge(0);
    expect_reason(PC_R_TCB_CHAIN);
    expect_reason(PC_R_QEID_CHAIN);
    expect_status(PC_TCB_NONE);
    start(0);
    f.certs.signer.is_ca = true;
    judge(0);
    expect_reason(PC_R_TCB_CHAIN);
    start(0);
    f.certs.signer.signer = &f.vendor.ca.key; /* under the PCK CA instead of the root */
    judge(0);
    expect_reason(PC_R_TCB_CHAIN);
}

/* A verifier without memory takes what the chain holds in force, and nothing else. */
static void run_worker(size_t i, uint64_t attested_at, uint64_t head, const struct forged *p,
                       const uint8_t in_force[PC_OBJ_COUNT][32])
{
    static struct forge_input input;
    uint8_t roots[4][32] = {{0}};
    struct evidence_policy policy;
    memcpy(roots[PC_VENDOR_TDX], pins[i], 32);
    policy_network(&policy, (const uint8_t(*)[32])roots);
    policy.crl_required = false; /* the worker requires them all the same */
    forge_assemble(&input, p);
    struct worker_job job = {
        .vendor = PC_VENDOR_TDX,
        .evidence = input.in.evidence,
        .collateral = input.in.collateral,
        .attested_at = attested_at,
        .head_time = head,
        .policy = &policy,
    };
    memcpy(job.in_force, in_force, sizeof(job.in_force));
    worker_run(&v, &job);
}

static void objects_of(uint8_t out[PC_OBJ_COUNT][32], size_t i)
{
    start(i);
    judge(i);
    expect_accept();
    memcpy(out, v.objects, sizeof(v.objects));
}

static void test_bug_14_rollback(void **state)
{
    (void)state;
    uint8_t in_force[PC_OBJ_COUNT][32], wrong[PC_OBJ_COUNT][32];
    struct forged current;
    for (size_t i = 0; i < 2; i++) {
        objects_of(in_force, i);
        current = parts;
        run_worker(i, f.now, f.now, &current, in_force);
        expect_accept();
        for (size_t o = 0; o < PC_OBJ_COUNT; o++) { /* another one, or none, in force */
            memcpy(wrong, in_force, sizeof(wrong));
            wrong[o][0] ^= 1;
            run_worker(i, f.now, f.now, &current, wrong);
            expect_only(PC_R_NOT_IN_FORCE);
            memset(wrong[o], 0, 32);
            run_worker(i, f.now, f.now, &current, wrong);
            expect_only(PC_R_NOT_IN_FORCE);
        }
        /* Newer lists were posted: the older ones, still valid, are not in force any more. */
        start(i);
        f.pck_crl.this_update += DAY;
        forge_build(&parts, &f);
        run_worker(i, f.now, f.now, &parts, in_force);
        expect_only(PC_R_NOT_IN_FORCE);
        /* None in force and none given: refused, too. */
        parts.n[PC_FORGED_PCK_CRL] = 0;
        memset(in_force[PC_OBJ_PCK_CRL], 0, 32);
        run_worker(i, f.now, f.now, &parts, in_force);
        expect_reason(PC_R_PCK_CRL_MISSING);
        expect_reason(PC_R_NOT_IN_FORCE);
    }
    /* Offline: the configured minimum. */
    start(0);
    forge_build(&parts, &f);
    static struct forge_input input;
    uint8_t roots[4][32] = {{0}};
    struct evidence_policy policy;
    memcpy(roots[PC_VENDOR_TDX], pins[0], 32);
    policy_network(&policy, (const uint8_t(*)[32])roots);
    forge_assemble(&input, &parts);
    input.in.policy = &policy;
    policy.min_tcb_number = 21;
    evidence_verify(&v, NULL, PC_VENDOR_TDX, &input.in);
    expect_only(PC_R_TCB_NUMBER);
    policy.min_tcb_number = policy.min_qe_number = 20;
    evidence_verify(&v, NULL, PC_VENDOR_TDX, &input.in);
    expect_accept();
    policy.min_qe_number = 21;
    evidence_verify(&v, NULL, PC_VENDOR_TDX, &input.in);
    expect_only(PC_R_QEID_NUMBER);
}

/* Two passes (SPEC 5): the evidence's dates at attestedAt, the objects' lower dates at the head. */
static void test_bug_37_no_clock(void **state)
{
    (void)state;
    uint8_t in_force[PC_OBJ_COUNT][32];
    for (size_t i = 0; i < 2; i++) {
        objects_of(in_force, i);
        struct forged p = parts;
        uint64_t made = f.leaf.not_before;
        run_worker(i, f.now, f.now + 400 * DAY, &p, in_force); /* long after every nextUpdate */
        expect_accept();
        run_worker(i, made, f.now, &p, in_force); /* both ends of the chain's window */
        expect_accept();
        run_worker(i, made - 1, f.now, &p, in_force);
        expect_only(PC_R_CHAIN_EARLY);
        run_worker(i, f.leaf.not_after, f.now, &p, in_force);
        expect_accept();
        run_worker(i, f.leaf.not_after + 1, f.now, &p, in_force);
        expect_only(PC_R_CHAIN_EXPIRED);
        run_worker(i, f.now, f.tcb.issue_date - 1, &p, in_force); /* objects from the future */
        expect_reason(PC_R_TCB_EARLY);
        expect_reason(PC_R_QEID_EARLY);
        expect_reason(PC_R_ROOT_CRL_EARLY);
        expect_reason(PC_R_PCK_CRL_EARLY);
        run_worker(i, 0, 0, &p, in_force);
        assert_false(verdict_accepts(&v));
        run_worker(i, UINT64_MAX, UINT64_MAX, &p, in_force);
        expect_only(PC_R_CHAIN_EXPIRED);
    }
}

static void test_bug_38_no_ppid(void **state)
{
    (void)state;
    FINE(memset(f.pck.ppid, 0, 16));
    assert_true(bytes_all_zero_var(PC_BYTES(v.platform)));
    FINE(f.pck.ppid[15] ^= 1);
    assert_false(bytes_all_zero_var(PC_BYTES(v.platform)));
}

static void test_policy_rules(void **state)
{
    (void)state;
    static struct forge_input input;
    uint8_t roots[4][32] = {{0}};
    struct evidence_policy base, p;
    start(1);
    memset(f.pck.ppid, 0, 16);
    forge_build(&parts, &f);
    forge_assemble(&input, &parts);
    memcpy(roots[PC_VENDOR_TDX], pins[1], 32);
    policy_network(&base, (const uint8_t(*)[32])roots);
    input.in.policy = &p;
#define RULE(change, reason)                                                                       \
    do {                                                                                           \
        p = base;                                                                                  \
        change;                                                                                    \
        evidence_verify(&v, NULL, PC_VENDOR_TDX, &input.in);                                       \
        expect_only(reason);                                                                       \
    } while (0)
    RULE(p.platform_required = true, PC_R_PLATFORM);
    RULE(p.report_data_set = true, PC_R_REPORT_DATA);
    RULE((p.report_data_set = true, memcpy(p.report_data, f.quote.body + PC_TD_REPORTDATA, 64),
          p.report_data[63] ^= 1),
         PC_R_REPORT_DATA); /* the reserved half counts */
    RULE(p.measurement_count = 1, PC_R_MEASUREMENT);
    RULE((p.register_set[PC_REG_RTMR3] = true, p.registers[PC_REG_RTMR3][0] = 1), PC_R_MEASUREMENT);
    RULE(p.mrseam_count = 1, PC_R_MRSEAM);
    RULE(p.min_tcb_date = v.tcb_date + 1, PC_R_TCB_DATE);
    RULE((p.min_tcb_set = true, memcpy(p.min_tcb, v.raw_tcb, 52), p.min_tcb[51]++), PC_R_MIN_TCB);
    RULE((p.min_tcb_set = true, memcpy(p.min_tcb, v.raw_tcb, 52), p.min_tcb[32]++), PC_R_MIN_TCB);
    RULE(p.statuses = 0, PC_R_TCB_STATUS);
    p = base;
    p.root_sha256[PC_VENDOR_TDX][0] ^= 1;
    evidence_verify(&v, NULL, PC_VENDOR_TDX, &input.in);
    expect_only(PC_R_UNTRUSTED_ROOT);
    memset(&p, 0, sizeof(p)); /* a zeroed policy accepts nothing */
    evidence_verify(&v, NULL, PC_VENDOR_TDX, &input.in);
    expect_reason(PC_R_VENDOR);
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &input.in);
    expect_reason(PC_R_VENDOR);
    evidence_verify(&v, NULL, (enum vendor)77, &input.in);
    expect_only(PC_R_VENDOR);
    /* OutOfDate only with an end. */
    f.quote.body[PC_TD_TCB_SVN] = f.quote.body[PC_TD_TCB_SVN2] = 4;
    forge_build(&parts, &f);
    forge_assemble(&input, &parts);
    input.in.policy = &p;
    RULE(p.statuses |= 1U << PC_TCB_OUT_OF_DATE, PC_R_TCB_STATUS);
    RULE((p.statuses |= 1U << PC_TCB_OUT_OF_DATE, p.out_of_date_until = f.now - 1),
         PC_R_TCB_STATUS);
    p.out_of_date_until = f.now;
    evidence_verify(&v, NULL, PC_VENDOR_TDX, &input.in);
    expect_accept();
    RULE((p.statuses |= 1U << PC_TCB_OUT_OF_DATE, p.out_of_date_until = f.now, p.denied_count = 1,
          memcpy(p.denied[0], "INTEL-SA-91036", 14)),
         PC_R_ADVISORY);
#undef RULE
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bug_02_module_identities),
        cmocka_unit_test(test_bug_03_qe_identity),
        cmocka_unit_test(test_bug_04_other_platform),
        cmocka_unit_test(test_bug_09_exact_bytes),
        cmocka_unit_test(test_bug_10_no_match),
        cmocka_unit_test(test_bug_11_relaunch_matrix),
        cmocka_unit_test(test_bug_12_dates),
        cmocka_unit_test(test_bug_13_crl),
        cmocka_unit_test(test_bug_13_chain),
        cmocka_unit_test(test_bug_14_rollback),
        cmocka_unit_test(test_bug_37_no_clock),
        cmocka_unit_test(test_bug_38_no_ppid),
        cmocka_unit_test(test_policy_rules),
    };
    return cmocka_run_group_tests(tests, bugs_setup, NULL);
}
