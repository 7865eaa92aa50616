/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence that was taken apart for the chain is put together again as the same evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attest/sim/forge.h"
#include "attest/sim/forge_nitro.h"
#include "attest/sim/forge_snp.h"
#include "base/rng_seeded.h"
#include "crypto/hash.h"
#include "node/polyclaved/polyclaved.h"

static struct forge f;
static struct forged parts;
static uint8_t out[EVIDENCE_MAX];

static void forge(uint16_t version)
{
    struct rng_seeded rng;
    rng_seeded_init(&rng, version);
    forge_init(&f, &rng.rng, version);
    forge_build(&parts, &f);
}

static enum err_code again_of(size_t cap, size_t *n, struct bytes posted)
{
    struct posted_parts in = {posted, forged_part(&parts, PC_FORGED_LEAF),
                              forged_part(&parts, PC_FORGED_CA)};
    return assemble_tdx(out, cap, n, &in, forged_part(&parts, PC_FORGED_ROOT));
}

static void verify(struct verdict *v, struct bytes evidence)
{
    static struct forge_input input;
    static struct evidence_policy policy;
    forge_assemble(&input, &parts);
    policy_network(&policy, NULL);
    forge_pin(policy.root_sha256[PC_VENDOR_TDX], &parts);
    input.in.policy = &policy;
    input.in.evidence = evidence;
    evidence_verify(v, NULL, PC_VENDOR_TDX, &input.in);
}

static void same_claims(void **state)
{
    static struct verdict original, again;
    (void)state;
    for (uint16_t version = 4; version <= 5; version++) {
        uint8_t pin[32];
        size_t n;
        forge(version);
        forge_pin(pin, &parts);
        forge_verify(&original, &parts, pin);
        assert_int_equal(again_of(sizeof out, &n, forged_part(&parts, PC_FORGED_EVIDENCE)), PC_OK);
        verify(&again, bytes_of(out, n));
        assert_true(verdict_accepts(&again));
        assert_memory_equal(again.claims, original.claims, 32);
        assert_memory_equal(again.report_data, original.report_data, 64);
        assert_memory_equal(again.leaf_serial, original.leaf_serial, 20);
    }
}

/* A changed byte anywhere in the posted part, or another's certificate, is no evidence. */
static void altered(void **state)
{
    static uint8_t posted[PC_FORGED_CAP];
    static struct verdict v;
    size_t n;
    (void)state;
    forge(5);
    struct bytes whole = forged_part(&parts, PC_FORGED_EVIDENCE);
    memcpy(posted, whole.p, whole.n);
    for (size_t at = 0; at < whole.n; at += 37) {
        posted[at] ^= 1;
        if (again_of(sizeof out, &n, bytes_of(posted, whole.n)) == PC_OK) {
            verify(&v, bytes_of(out, n));
            assert_false(verdict_accepts(&v));
        }
        posted[at] ^= 1;
    }
    struct posted_parts in = {whole, forged_part(&parts, PC_FORGED_CA),
                              forged_part(&parts, PC_FORGED_CA)};
    assert_int_equal(assemble_tdx(out, sizeof out, &n, &in, forged_part(&parts, PC_FORGED_ROOT)),
                     PC_OK);
    verify(&v, bytes_of(out, n));
    assert_false(verdict_accepts(&v));
}

static void sizes(void **state)
{
    static uint8_t large[EVIDENCE_MAX];
    size_t n, full;
    (void)state;
    forge(5);
    struct bytes whole = forged_part(&parts, PC_FORGED_EVIDENCE), none = bytes_of(NULL, 0);
    assert_int_equal(again_of(sizeof out, &full, whole), PC_OK);
    assert_int_equal(again_of(full, &n, whole), PC_OK);
    assert_int_equal(n, full);
    assert_int_not_equal(again_of(full - 1, &n, whole), PC_OK);
    assert_int_equal(n, 0);
    /* Cut anywhere: never more than is there is read (the copy ends where its memory does). */
    for (size_t cut = 0; cut < whole.n; cut++) {
        uint8_t *copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, whole.p, cut);
        enum err_code e = again_of(sizeof out, &n, bytes_of(copy, cut));
        assert_true(e == PC_OK || n == 0);
        if (cut < 638 + 576)
            assert_int_equal(e, PC_E_MALFORMED);
        free(copy);
    }
    struct bytes cert = forged_part(&parts, PC_FORGED_CA);
    struct posted_parts in = {whole, none, cert};
    assert_int_equal(assemble_tdx(out, sizeof out, &n, &in, cert), PC_E_MALFORMED);
    in = (struct posted_parts){whole, cert, none};
    assert_int_equal(assemble_tdx(out, sizeof out, &n, &in, cert), PC_E_MALFORMED);
    /* As much as a link can bring. */
    struct bytes most = bytes_of(large, sizeof large);
    in = (struct posted_parts){whole, most, most};
    assert_int_not_equal(assemble_tdx(out, sizeof out, &n, &in, most), PC_OK);
    memcpy(large, whole.p, whole.n);
    assert_int_not_equal(again_of(sizeof out, &n, most), PC_OK);
}

/* ---- SNP ---- */

static struct snp_forge snp;
static struct snp_forged snp_parts;

static struct posted_parts snp_posted(void)
{
    return (struct posted_parts){snp_forged_part(&snp_parts, PC_FORGED_SNP_REPORT),
                                 snp_forged_part(&snp_parts, PC_FORGED_SNP_VEK),
                                 snp_forged_part(&snp_parts, PC_FORGED_SNP_ISSUER)};
}

/* By the table behind the report alone. */
static void snp_verdict(struct verdict *v, struct bytes evidence)
{
    static struct evidence_policy policy;
    struct evidence_input in = snp_forge_input(&snp_parts);
    snp_forge_policy(&policy, &snp_parts);
    in.policy = &policy;
    in.evidence = evidence;
    in.collateral.snp_vek = in.collateral.snp_issuer = in.collateral.snp_root = bytes_of(NULL, 0);
    evidence_verify(v, NULL, PC_VENDOR_SNP, &in);
}

static void snp_same_claims(void **state)
{
    static struct verdict v, direct;
    static struct evidence_policy policy;
    static struct snp_forge of_vlek;
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 7);
    snp_forge_init(&snp, &rng.rng, PC_SNP_GENOA, false, 3);
    for (int vlek = 0; vlek < 2; vlek++) {
        snp_forge_like(&of_vlek, &snp, &rng.rng, PC_SNP_GENOA, vlek == 1, 3);
        snp_forge_build(&snp_parts, &of_vlek);
        struct posted_parts in = snp_posted();
        struct bytes root = snp_forged_part(&snp_parts, PC_FORGED_SNP_ROOT);
        struct evidence_input given = snp_forge_input(&snp_parts);
        size_t n, full;
        snp_forge_policy(&policy, &snp_parts);
        given.policy = &policy;
        evidence_verify(&direct, NULL, PC_VENDOR_SNP, &given);
        assert_true(verdict_accepts(&direct));
        assert_int_equal(assemble_snp(out, sizeof out, &full, &in, root), PC_OK);
        snp_verdict(&v, bytes_of(out, full));
        assert_true(verdict_accepts(&v));
        assert_memory_equal(v.claims, direct.claims, 32);
        assert_memory_equal(v.leaf_serial, direct.leaf_serial, 20);
        assert_int_equal(v.leaf_issuer, 16 + PC_SNP_GENOA);
        /* Certificates in each other's place, or one byte of the report: refused. */
        struct posted_parts turned = {in.posted, in.ca, in.leaf};
        assert_int_equal(assemble_snp(out, sizeof out, &n, &turned, root), PC_OK);
        snp_verdict(&v, bytes_of(out, n));
        assert_false(verdict_accepts(&v));
        static uint8_t report[PC_SNP_REPORT_LEN];
        memcpy(report, in.posted.p, sizeof report);
        for (size_t at = 0; at < sizeof report; at += 41) {
            report[at] ^= 1;
            struct posted_parts bent = {PC_BYTES(report), in.leaf, in.ca};
            assert_int_equal(assemble_snp(out, sizeof out, &n, &bent, root), PC_OK);
            snp_verdict(&v, bytes_of(out, n));
            assert_false(verdict_accepts(&v));
            report[at] ^= 1;
        }
    }
}

/* Reads the parts of the test above. */
static void snp_sizes(void **state)
{
    static uint8_t large[EVIDENCE_MAX];
    struct posted_parts in = snp_posted();
    struct bytes root = snp_forged_part(&snp_parts, PC_FORGED_SNP_ROOT), none = bytes_of(NULL, 0);
    size_t n, full;
    (void)state;
    assert_int_equal(assemble_snp(out, sizeof out, &full, &in, root), PC_OK);
    assert_int_equal(assemble_snp(out, full, &n, &in, root), PC_OK);
    assert_int_equal(n, full);
    for (size_t cap = 0; cap < full; cap++) {
        assert_int_equal(assemble_snp(out, cap, &n, &in, root), PC_E_TOO_LARGE);
        assert_int_equal(n, 0);
    }
    struct posted_parts bent[] = {
        {bytes_of(in.posted.p, in.posted.n - 1), in.leaf, in.ca},
        {bytes_of(large, PC_SNP_REPORT_LEN + 1), in.leaf, in.ca},
        {in.posted, none, in.ca},
        {in.posted, in.leaf, none},
        {none, in.leaf, in.ca},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(bent); i++)
        assert_int_equal(assemble_snp(out, sizeof out, &n, &bent[i], root), PC_E_MALFORMED);
    assert_int_equal(assemble_snp(out, sizeof out, &n, &in, none), PC_E_MALFORMED);
    in.ca = PC_BYTES(large);
    assert_int_equal(assemble_snp(out, sizeof out, &n, &in, root), PC_E_TOO_LARGE);
}

/* ---- Nitro ---- */

static void nitro_as_it_is(void **state)
{
    static struct forge_nitro plan;
    static struct forged_nitro document;
    struct rng_seeded rng;
    struct verdict v;
    uint8_t pin[32];
    size_t n;
    (void)state;
    rng_seeded_init(&rng, 9);
    forge_nitro_init(&plan, &rng.rng, true);
    forge_nitro_build(&document, &plan);
    forge_nitro_pin(pin, &plan);
    struct posted_parts in = {.posted = bytes_of(document.p, document.n)};
    assert_int_equal(assemble_nitro(out, sizeof out, &n, &in), PC_OK);
    forge_nitro_verify(&v, bytes_of(out, n), pin);
    assert_true(verdict_accepts(&v));
    assert_int_equal(assemble_nitro(out, document.n, &n, &in), PC_OK);
    assert_int_equal(assemble_nitro(out, document.n - 1, &n, &in), PC_E_TOO_LARGE);
    assert_int_equal(n, 0);
    in.leaf = PC_BYTES_STR("x"); /* it has no certificate apart */
    assert_int_equal(assemble_nitro(out, sizeof out, &n, &in), PC_E_MALFORMED);
    in = (struct posted_parts){.posted = bytes_of(NULL, 0)};
    assert_int_equal(assemble_nitro(out, sizeof out, &n, &in), PC_E_MALFORMED);
}

/* ---- roots ---- */

/* A root is taken for what policy.bin says of its hash, wherever it stands. */
static void roots_by_hash(void **state)
{
    static struct polyclaved p;
    static const char *const der[] = {"stranger", "turin", "intel", "milan"};
    struct policy_policy *policy = &p.d.policy;
    struct posted_parts none = {.posted = PC_BYTES_STR("x")};
    size_t n;
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(der); i++)
        roots_add(&p, bytes_of(der[i], strlen(der[i])));
    assert_int_equal(roots_find(&p, WIRE_VENDOR_TDX, 1).n, 0); /* nothing is pinned */
    sha256(policy->tdx.root, PC_BYTES_STR("intel"));
    sha256(policy->snp.root[0], PC_BYTES_STR("milan"));
    sha256(policy->snp.root[1], PC_BYTES_STR("genoa"));
    sha256(policy->snp.root[2], PC_BYTES_STR("turin"));
    sha256(policy->nitro.root, PC_BYTES_STR("aws"));
    assert_memory_equal(roots_find(&p, WIRE_VENDOR_TDX, 1).p, "intel", 5);
    assert_memory_equal(roots_find(&p, WIRE_VENDOR_TDX, 2).p, "intel", 5);
    assert_memory_equal(roots_find(&p, WIRE_VENDOR_SNP, 16).p, "milan", 5);
    assert_memory_equal(roots_find(&p, WIRE_VENDOR_SNP, 18).p, "turin", 5);
    assert_int_equal(roots_find(&p, WIRE_VENDOR_SNP, 17).n, 0); /* its file is not there */
    for (unsigned i = 0; i < 256; i++)
        if (i < 16 || i > 18)
            assert_int_equal(roots_find(&p, WIRE_VENDOR_SNP, (uint8_t)i).n, 0);
    assert_int_equal(roots_find(&p, WIRE_VENDOR_NITRO, 1).n, 0);
    assert_int_equal(assemble(&p, out, sizeof out, &n, WIRE_VENDOR_SNP, 17, &none), PC_E_NOT_FOUND);
    assert_int_equal(assemble(&p, out, sizeof out, &n, WIRE_VENDOR_SNP, 16, &none), PC_E_MALFORMED);
    assert_int_equal(assemble(&p, out, sizeof out, &n, WIRE_VENDOR_TDX, 1, &none), PC_E_MALFORMED);
    assert_int_equal(assemble(&p, out, sizeof out, &n, WIRE_VENDOR_NITRO, 1, &none), PC_OK);
    assert_int_equal(n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_claims),  cmocka_unit_test(altered),
        cmocka_unit_test(sizes),        cmocka_unit_test(snp_same_claims),
        cmocka_unit_test(snp_sizes),    cmocka_unit_test(nitro_as_it_is),
        cmocka_unit_test(roots_by_hash)};
    return cmocka_run_group_tests_name("assemble", tests, NULL, NULL);
}
