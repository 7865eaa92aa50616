/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs seen in public verifiers (attestation.md 5), the ones about certificates, time and policy of
 * Nitro documents; under own throw-away roots. The vectors that the list names are in
 * nitro_vectors_test.c. */
#include "attest/nitro_bugs_test.h"

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "attest/worker.h"

static void test_genuine(void **state)
{
    (void)state;
    FINE((void)0);
    FINE(f.doc.tagged = true);
    assert_int_equal(v.vendor, PC_VENDOR_NITRO);
    assert_int_equal(v.report_data_len, 64);
    assert_memory_equal(v.report_data, f.user_data, 64);
    assert_int_equal(v.raw_tcb_len, 0);
    assert_true(bytes_all_zero_var(PC_BYTES(v.product)));
    uint8_t want[32];
    sim_nitro_measurement(want, f.machine.program, f.machine.policy);
    assert_memory_equal(v.measurement, want, 32);
}

/* --- 29: PCRs --- */

static void zero(unsigned i)
{
    memset(f.doc.pcr[i], 0, 48);
}

static void test_bug_29_debug_and_absent_pcrs(void **state)
{
    (void)state;
    ONLY((zero(0), zero(1), zero(2)), PC_R_NITRO_DEBUG);
    ONLY(zero(0), PC_R_PCR_ZERO);
    ONLY(zero(1), PC_R_PCR_ZERO);
    ONLY(zero(2), PC_R_PCR_ZERO);
    ONLY((zero(0), zero(2)), PC_R_PCR_ZERO);
    FINE(f.doc.pcr[0][47] ^= 1);
    static const unsigned measured[] = {0, 1, 2, 8};
    for (size_t i = 0; i < PC_ARRAY_LEN(measured); i++) {
        ONLY(f.doc.pcr_set &= ~(1U << measured[i]), PC_R_PCR_MISSING);
        assert_int_equal(v.has_claims, 0);
    }
    FINE(f.doc.pcr_set &= ~(1U << 5));
    FINE(f.doc.pcr_set |= 0xffff0000); /* 32 of them */
}

static void judge_by(size_t i, const struct evidence_policy *policy)
{
    struct evidence_input in = {.evidence = bytes_of(built.p, built.n),
                                .policy = policy,
                                .evidence_time = PC_FORGE_NITRO_NOW};
    (void)i;
    evidence_verify(&v, NULL, PC_VENDOR_NITRO, &in);
}

static void network_policy(struct evidence_policy *out, size_t i)
{
    uint8_t roots[4][32] = {{0}};
    memcpy(roots[PC_VENDOR_NITRO], pins[i], 32);
    policy_network(out, (const uint8_t(*)[32])roots);
}

static void test_bug_29_fixed_pcrs(void **state)
{
    struct evidence_policy p;
    (void)state;
    for (unsigned pcr = 0; pcr < 32; pcr++) {
        start(0);
        f.doc.pcr_set = UINT32_MAX;
        for (unsigned i = 3; i < 32; i++)
            memset(f.doc.pcr[i], (int)i + 1, 48);
        forge_nitro_build(&built, &f);
        network_policy(&p, 0);
        p.nitro.pcr_set = 1U << pcr;
        memcpy(p.nitro.pcr[pcr], f.doc.pcr[pcr], 48);
        judge_by(0, &p);
        expect_accept();
        p.nitro.pcr[pcr][47] ^= 1; /* the last byte counts: no prefix is compared */
        judge_by(0, &p);
        expect_only(PC_R_MEASUREMENT);
        if (pcr <= 2)
            continue;
        memset(p.nitro.pcr[pcr], 0, 48); /* zero is no value to match, but of PCR 8 */
        zero(pcr);
        forge_nitro_build(&built, &f);
        judge_by(0, &p);
        if (pcr == 8)
            expect_accept();
        else
            expect_only(PC_R_PCR_ZERO);
        if (pcr == 8)
            continue;
        f.doc.pcr_set &= ~(1U << pcr); /* absent matches nothing */
        forge_nitro_build(&built, &f);
        judge_by(0, &p);
        assert_true(verdict_has(&v, PC_R_MEASUREMENT) && verdict_has(&v, PC_R_PCR_ZERO));
    }
}

static void test_policy_lists(void **state)
{
    struct evidence_policy p;
    (void)state;
    start(1);
    forge_nitro_build(&built, &f);
    network_policy(&p, 1);
    p.measurement_count = 2;
    judge_by(1, &p);
    expect_only(PC_R_MEASUREMENT);
    memcpy(p.measurements[1], v.measurement, 32);
    judge_by(1, &p);
    expect_accept();
    network_policy(&p, 1);
    p.root_sha256[PC_VENDOR_NITRO][0] ^= 1;
    judge_by(1, &p);
    expect_only(PC_R_UNTRUSTED_ROOT);
    memset(&p, 0, sizeof(p)); /* a zeroed policy accepts nothing */
    judge_by(1, &p);
    assert_true(verdict_has(&v, PC_R_VENDOR));
    assert_false(verdict_accepts(&v));
}

/* --- 30: the chain --- */

static void test_bug_30_root_from_the_document(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) { /* own root with equal names, everything under it genuine */
        struct rng_seeded rng;
        rng_seeded_init(&rng, 7);
        forge_nitro_init(&f, &rng.rng, i == 1);
        judge(i);
        expect_only(PC_R_UNTRUSTED_ROOT);
        assert_int_equal(v.has_claims, 0);
    }
    /* The pinned root in front of a foreign chain: its signature decides. */
    ONLY(f.cert[PC_SIM_REGIONAL].signer = &f.stranger, PC_R_CHAIN_INVALID);
    /* Without the root; the pinned root not first. */
    ONLY((memmove(f.bundle, f.bundle + 1, sizeof(f.bundle) - sizeof(f.bundle[0])), f.bundle_n--),
         PC_R_UNTRUSTED_ROOT);
    ONLY((f.bundle[0] = PC_SIM_REGIONAL, f.bundle[1] = PC_SIM_ROOT), PC_R_UNTRUSTED_ROOT);
    /* Twice is a chain: the root did sign itself. */
    FINE((memmove(f.bundle + 1, f.bundle, 4 * sizeof(f.bundle[0])), f.bundle_n++));
}

static void test_bug_30_roles(void **state)
{
    (void)state;
    for (unsigned i = PC_SIM_REGIONAL; i <= PC_SIM_INSTANCE; i++) {
        ONLY((f.cert[i].is_ca = false, f.cert[i].path_len = -1), PC_R_CHAIN_INVALID);
        ONLY(f.cert[i].usage &= (uint8_t)~PC_USAGE_CERT_SIGN, PC_R_CHAIN_INVALID);
        if (i < PC_SIM_INSTANCE)
            ONLY(f.cert[i].path_len--, PC_R_CHAIN_INVALID);
        FINE(f.cert[i].path_len = -1); /* no limit */
        FINE(f.cert[i].path_len += 1);
        ONLY(f.cert[i].signer = &f.stranger, PC_R_CHAIN_INVALID);
        ONLY(f.cert[i].key = f.stranger.xy, PC_R_CHAIN_INVALID);
        ONLY(f.cert[i].subject.cn[0] ^= 1, PC_R_CHAIN_INVALID); /* the next one's issuer */
        ONLY(f.cert[i].issuer.cn[0] ^= 1, PC_R_CHAIN_INVALID);
        /* The same attributes in another order are another name. */
        ONLY(f.cert[i].issuer.shape =
                 f.cert[i].issuer.shape == PC_SHAPE_ZONAL ? PC_SHAPE_INSTANCE : PC_SHAPE_ZONAL,
             PC_R_CHAIN_INVALID);
    }
    ONLY(f.cert[PC_SIM_LEAF].signer = &f.stranger, PC_R_CHAIN_INVALID);
    ONLY(f.cert[PC_SIM_LEAF].issuer.cn[3] ^= 1, PC_R_CHAIN_INVALID);
    ONLY(f.cert[PC_SIM_LEAF].is_ca = true, PC_R_CHAIN_INVALID);
    ONLY(f.cert[PC_SIM_LEAF].usage = 0x40, PC_R_CHAIN_INVALID);
    FINE(f.cert[PC_SIM_LEAF].usage_critical = true);
    /* A level left out, in wrong order, the instance as target. */
    ONLY((f.bundle[2] = PC_SIM_INSTANCE, f.bundle_n = 3), PC_R_CHAIN_INVALID);
    ONLY((f.bundle[1] = PC_SIM_ZONAL, f.bundle[2] = PC_SIM_REGIONAL), PC_R_CHAIN_INVALID);
    ONLY((f.target = PC_SIM_INSTANCE, f.bundle_n = 3), PC_R_CHAIN_INVALID);
}

static void leaf_signs_leaf(void)
{
    f.cert[PC_FORGE_EXTRA].signer = &f.machine.key[PC_SIM_LEAF];
    f.cert[PC_FORGE_EXTRA].issuer = f.cert[PC_SIM_LEAF].subject;
    f.bundle[f.bundle_n++] = PC_SIM_LEAF;
    f.target = PC_FORGE_EXTRA;
    f.doc.signer = &f.stranger;
}

static void test_bug_30_leaf_signs_leaf(void **state)
{
    (void)state;
    /* An enclave cannot get its own key signed by AWS; the one that it can use signs a stranger. */
    ONLY(leaf_signs_leaf(), PC_R_CHAIN_INVALID);
    /* Were the leaf a CA, the instance's path length would still forbid it. */
    ONLY((leaf_signs_leaf(), f.cert[PC_SIM_LEAF].is_ca = true, f.cert[PC_SIM_LEAF].path_len = -1,
          f.cert[PC_SIM_LEAF].usage |= PC_USAGE_CERT_SIGN),
         PC_R_CHAIN_INVALID);
    /* Without any path length such a chain is formed; a chain of other depth is. */
    FINE((leaf_signs_leaf(), f.cert[PC_SIM_LEAF].is_ca = true, f.cert[PC_SIM_LEAF].path_len = -1,
          f.cert[PC_SIM_LEAF].usage |= PC_USAGE_CERT_SIGN, f.cert[PC_SIM_REGIONAL].path_len = -1,
          f.cert[PC_SIM_ZONAL].path_len = -1, f.cert[PC_SIM_INSTANCE].path_len = -1));
}

/* The key in the leaf is not on the curve, though the instance signed it; likewise in between. */
static void test_bug_40_key_off_the_curve(void **state)
{
    static uint8_t off[96];
    (void)state;
    memcpy(off, genuine[0].machine.key[PC_SIM_LEAF].xy, 96);
    off[95] ^= 1;
    ONLY(f.cert[PC_SIM_LEAF].key = off, PC_R_DOC_SIGNATURE);
    ONLY(f.cert[PC_SIM_ZONAL].key = off, PC_R_CHAIN_INVALID);
    memset(off, 0, sizeof(off)); /* the point at infinity has no such form */
    ONLY(f.cert[PC_SIM_LEAF].key = off, PC_R_DOC_SIGNATURE);
    memset(off, 0xff, sizeof(off));
    ONLY(f.cert[PC_SIM_LEAF].key = off, PC_R_DOC_SIGNATURE);
}

static void test_chain_bounds(void **state)
{
    struct sim_nitro_doc d;
    static struct cborw w;
    (void)state;
    start(0); /* nine certificates */
    while (f.bundle_n < PC_NITRO_CHAIN_MAX + 1)
        f.bundle[f.bundle_n++] = PC_SIM_INSTANCE;
    judge(0);
    expect_only(PC_R_DOC_FIELD);
    f.bundle_n = 0;
    judge(0);
    expect_only(PC_R_DOC_FIELD);
    /* A certificate that is none, empty, or too long. */
    static uint8_t junk[PC_NITRO_CERT_MAX + 1] = {0x30, 0x82};
    static const size_t sizes[] = {0, 1, 4, PC_NITRO_CERT_MAX, PC_NITRO_CERT_MAX + 1};
    for (size_t i = 0; i < PC_ARRAY_LEN(sizes); i++)
        for (unsigned where = 1; where <= 4; where++) {
            start(0);
            d = f.doc;
            forge_nitro_chain(&d, &f);
            *(where < 4 ? &d.ca[where] : &d.certificate) = bytes_of(junk, sizes[i]);
            w.n = 0;
            sim_nitro_payload(&w, &d);
            forge_nitro_seal(&built, &f, bytes_of(w.p, w.n));
            judge_built(0);
            expect_only(sizes[i] >= 1 && sizes[i] <= PC_NITRO_CERT_MAX ? PC_R_CERT_MALFORMED
                                                                       : PC_R_DOC_FIELD);
        }
}

/* Every certificate of a chain with each byte changed, chain signed as it was: refused. */
static void test_certificates_changed(void **state)
{
    (void)state;
    start(0);
    forge_nitro_build(&built, &f);
    for (unsigned level = 0; level < PC_SIM_LEVELS; level++) {
        struct sim_nitro_doc d = f.doc;
        static struct cborw w;
        static uint8_t der[PC_NITRO_CERT_MAX];
        forge_nitro_chain(&d, &f);
        struct bytes *which = level == PC_SIM_LEAF ? &d.certificate : &d.ca[level];
        size_t n = which->n;
        memcpy(der, which->p, n);
        for (size_t i = 0; i < n; i += 7) { /* a sample: all bits are flipped in the vectors */
            der[i] ^= (uint8_t)(1U << (i % 8));
            *which = bytes_of(der, n);
            w.n = 0;
            sim_nitro_payload(&w, &d);
            forge_nitro_seal(&built, &f, bytes_of(w.p, w.n));
            judge_built(0);
            assert_false(verdict_accepts(&v));
            assert_int_equal(v.has_claims, 0);
            der[i] ^= (uint8_t)(1U << (i % 8));
        }
    }
}

/* What the strict reader accepts OpenSSL's verifier accepts too, roles and dates included. */
static void test_chains_by_openssl(void **state)
{
    (void)state;
    for (size_t form = 0; form < 2; form++) {
        start(form);
        struct sim_nitro_doc d = f.doc;
        forge_nitro_chain(&d, &f);
        X509_STORE *store = X509_STORE_new();
        STACK_OF(X509) *between = sk_X509_new_null();
        X509 *certs[PC_SIM_LEVELS];
        for (size_t i = 0; i < PC_SIM_LEVELS; i++) {
            struct bytes b = i < PC_SIM_LEAF ? d.ca[i] : d.certificate;
            const unsigned char *p = b.p;
            certs[i] = d2i_X509(NULL, &p, (long)b.n);
            assert_non_null(certs[i]);
            if (i > 0 && i < PC_SIM_LEAF)
                assert_true(sk_X509_push(between, certs[i]) > 0);
        }
        assert_int_equal(X509_STORE_add_cert(store, certs[0]), 1);
        X509_STORE_CTX *ctx = X509_STORE_CTX_new();
        assert_int_equal(X509_STORE_CTX_init(ctx, store, certs[PC_SIM_LEAF], between), 1);
        X509_STORE_CTX_set_time(ctx, 0, (time_t)PC_FORGE_NITRO_NOW);
        if (X509_verify_cert(ctx) != 1)
            fail_msg("OpenSSL: %s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
        X509_STORE_CTX_free(ctx);
        X509_STORE_free(store);
        sk_X509_free(between);
        for (size_t i = 0; i < PC_SIM_LEVELS; i++)
            X509_free(certs[i]);
    }
}

/* --- time --- */

static void judge_at(size_t i, uint64_t now, bool any_timestamp)
{
    struct evidence_policy p;
    network_policy(&p, i);
    p.nitro.any_timestamp = any_timestamp;
    struct evidence_input in = {
        .evidence = bytes_of(built.p, built.n), .policy = &p, .evidence_time = now};
    evidence_verify(&v, NULL, PC_VENDOR_NITRO, &in);
}

/* Both ends of each certificate's dates, and nobody's clock: the time is a parameter. */
static void test_bug_37_chain_dates(void **state)
{
    const uint64_t t = PC_FORGE_NITRO_NOW;
    (void)state;
    for (unsigned i = PC_SIM_REGIONAL; i <= PC_SIM_LEAF; i++) {
        start(0);
        f.cert[i].not_before = t;
        judge(0);
        expect_accept();
        judge_at(0, t - 1, true);
        expect_only(PC_R_CHAIN_EARLY);
        start(0);
        f.cert[i].not_after = t;
        judge(0);
        expect_accept();
        judge_at(0, t + 1, true);
        expect_only(PC_R_CHAIN_EXPIRED);
    }
    start(0);
    forge_nitro_build(&built, &f);
    judge_at(0, f.cert[PC_SIM_LEAF].not_after, true);
    expect_accept();
    judge_at(0, f.cert[PC_SIM_LEAF].not_after + 1, true); /* three hours are over */
    expect_only(PC_R_CHAIN_EXPIRED);
    judge_at(0, f.cert[PC_SIM_LEAF].not_before - 1, true);
    expect_only(PC_R_CHAIN_EARLY);
    judge_at(0, 0, true);
    expect_only(PC_R_CHAIN_EARLY);
    judge_at(0, UINT64_MAX, true);
    expect_only(PC_R_CHAIN_EXPIRED);
    judge_at(0, UINT64_MAX, false);
    assert_true(verdict_has(&v, PC_R_TIMESTAMP_OLD) && verdict_has(&v, PC_R_CHAIN_EXPIRED));
    judge_at(0, UINT64_MAX / 1000 + 1, false);
    assert_true(verdict_has(&v, PC_R_TIMESTAMP_OLD) && verdict_has(&v, PC_R_CHAIN_EXPIRED));
}

/* Ten minutes either way, in milliseconds. */
static void test_bug_37_timestamp(void **state)
{
    const uint64_t ms = PC_FORGE_NITRO_NOW * 1000, slack = 600 * 1000;
    (void)state;
    for (unsigned i = PC_SIM_REGIONAL; i <= PC_SIM_LEAF; i++)
        for (size_t form = 0; form < 2; form++)
            genuine[form].cert[i].not_before = PC_FORGE_NITRO_NOW - 3600;
    FINE(f.doc.timestamp_ms = ms);
    FINE(f.doc.timestamp_ms = ms - slack);
    ONLY(f.doc.timestamp_ms = ms - slack - 1, PC_R_TIMESTAMP_OLD);
    FINE(f.doc.timestamp_ms = ms + slack);
    ONLY(f.doc.timestamp_ms = ms + slack + 1, PC_R_TIMESTAMP_EARLY);
    ONLY(f.doc.timestamp_ms = PC_FORGE_NITRO_NOW, PC_R_TIMESTAMP_OLD); /* seconds for ms */
    ONLY(f.doc.timestamp_ms = 1, PC_R_TIMESTAMP_OLD);
    ONLY(f.doc.timestamp_ms = UINT64_MAX, PC_R_TIMESTAMP_EARLY);
    ONLY(f.doc.timestamp_ms = 0, PC_R_DOC_FIELD);
}

/* --- what nodes do --- */

/* Two passes: attestedAt is the time that counts, the head's does not; no object is asked for. */
static void test_worker(void **state)
{
    struct evidence_policy p;
    struct worker_job job = {.vendor = PC_VENDOR_NITRO,
                             .policy = &p,
                             .attested_at = PC_FORGE_NITRO_NOW,
                             .head_time = PC_FORGE_NITRO_NOW + 20 * 3600};
    (void)state;
    start(0);
    forge_nitro_build(&built, &f);
    job.evidence = bytes_of(built.p, built.n);
    network_policy(&p, 0);
    worker_run(&v, &job);
    expect_accept();
    job.attested_at = job.head_time;
    worker_run(&v, &job);
    assert_true(verdict_has(&v, PC_R_CHAIN_EXPIRED) && verdict_has(&v, PC_R_TIMESTAMP_OLD));
}

/* Kept certificates change speed, never a verdict: more hosts than are kept, a path of the same
 * certificates under another root, and what did not verify. */
static void test_kept(void **state)
{
    static struct forge_nitro hosts[PC_NITRO_CHAIN_MAX * 3];
    struct evidence_kept *kept = evidence_kept_new();
    struct evidence_policy p;
    struct rng_seeded rng;
    struct verdict alone;
    (void)state;
    assert_non_null(kept);
    network_policy(&p, 0);
    rng_seeded_init(&rng, 11);
    for (size_t i = 0; i < PC_ARRAY_LEN(hosts); i++) {
        forge_nitro_copy(&hosts[i], &genuine[0]);
        sim_nitro_host_new(&hosts[i].machine, &rng.rng);
        sim_nitro_certs(hosts[i].cert, &hosts[i].machine, PC_FORGE_NITRO_NOW - 30);
    }
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < PC_ARRAY_LEN(hosts); i++) {
            forge_nitro_copy(&f, &hosts[i]);
            if (round == 1) /* every third chain is broken, at a changing place */
                f.cert[1 + i % 4].signer = i % 3 == 0 ? &f.stranger : f.cert[1 + i % 4].signer;
            forge_nitro_build(&built, &f);
            struct evidence_input in = {.evidence = bytes_of(built.p, built.n),
                                        .policy = &p,
                                        .evidence_time = PC_FORGE_NITRO_NOW};
            evidence_verify(&alone, NULL, PC_VENDOR_NITRO, &in);
            assert_int_equal(verdict_accepts(&alone), !(round == 1 && i % 3 == 0));
            for (int again = 0; again < 2; again++) {
                evidence_verify(&v, kept, PC_VENDOR_NITRO, &in);
                assert_memory_equal(&v, &alone, sizeof(v));
            }
        }
    /* Path length depends on the chain, not on the certificate: checked afresh. */
    start(0);
    forge_nitro_build(&built, &f);
    struct evidence_input in = {
        .evidence = bytes_of(built.p, built.n), .policy = &p, .evidence_time = PC_FORGE_NITRO_NOW};
    evidence_verify(&v, kept, PC_VENDOR_NITRO, &in);
    expect_accept();
    f.cert[PC_FORGE_EXTRA].is_ca = true; /* one more CA below the instance */
    f.cert[PC_FORGE_EXTRA].usage = PC_USAGE_CERT_SIGN;
    f.bundle[f.bundle_n++] = PC_FORGE_EXTRA;
    f.cert[PC_SIM_LEAF].signer = &f.stranger;
    f.cert[PC_SIM_LEAF].issuer = f.cert[PC_FORGE_EXTRA].subject;
    forge_nitro_build(&built, &f);
    in.evidence = bytes_of(built.p, built.n);
    evidence_verify(&v, kept, PC_VENDOR_NITRO, &in);
    expect_only(PC_R_CHAIN_INVALID);
    evidence_kept_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_genuine),
        cmocka_unit_test(test_bug_29_debug_and_absent_pcrs),
        cmocka_unit_test(test_bug_29_fixed_pcrs),
        cmocka_unit_test(test_policy_lists),
        cmocka_unit_test(test_bug_30_root_from_the_document),
        cmocka_unit_test(test_bug_30_roles),
        cmocka_unit_test(test_bug_30_leaf_signs_leaf),
        cmocka_unit_test(test_bug_40_key_off_the_curve),
        cmocka_unit_test(test_chain_bounds),
        cmocka_unit_test(test_certificates_changed),
        cmocka_unit_test(test_chains_by_openssl),
        cmocka_unit_test(test_bug_37_chain_dates),
        cmocka_unit_test(test_bug_37_timestamp),
        cmocka_unit_test(test_worker),
        cmocka_unit_test(test_kept),
    };
    return cmocka_run_group_tests(tests, bugs_setup, NULL);
}
