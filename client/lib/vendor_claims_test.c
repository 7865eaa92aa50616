/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor_claims_test.c - claims as read for calls are those that the verifier computes, whatever
 * the evidence; from whole evidence and from the parts that calldata carries.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/nitro_doc.h"
#include "attest/sim/forge_nitro.h"
#include "attest/sim/forge_snp.h"
#include "attest/tdx_chain.h"
#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "chain/view.h"
#include "client/lib/nitro_calls.h"
#include "client/lib/snp_calls.h"
#include "client/lib/vendor_calls.h"

static size_t load(uint8_t *out, size_t cap, const char *dir, const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(out, 1, cap, f);
    assert_int_equal(fclose(f), 0);
    return n;
}

/* The verifier's claims, if the quote can be taken apart under the vendor's root. */
static bool verified_claims(struct verdict *v, struct bytes quote)
{
    struct evidence_policy policy;
    policy_manifest(&policy);
    struct evidence_input in = {.evidence = quote,
                                .policy = &policy,
                                .evidence_time = 1767225600,
                                .collateral_time = 1767225600};
    evidence_verify(v, NULL, PC_VENDOR_TDX, &in);
    return v->has_claims == 1;
}

static void assert_same(const struct evidence_claims *c, const struct verdict *v)
{
    struct evm_word serial = {{0}};
    assert_int_equal(c->vendor, v->vendor);
    assert_memory_equal(c->claims.b, v->claims, 32);
    assert_memory_equal(c->measurement.b, v->measurement, 32);
    assert_memory_equal(c->platform.b, v->platform, 32);
    assert_memory_equal(c->product.b, v->product, 32);
    assert_int_equal(c->raw_tcb_n, v->raw_tcb_len);
    assert_memory_equal(c->raw_tcb, v->raw_tcb, v->raw_tcb_len);
    assert_memory_equal(c->report_data, v->report_data, 64);
    memcpy(serial.b + 32 - v->leaf_len, v->leaf_serial, v->leaf_len);
    assert_int_equal(c->leaf_issuer, v->leaf_issuer);
    assert_memory_equal(c->leaf_serial.b, serial.b, 32);
}

/* Cut anywhere the arguments of a call give the same claims or none, and nothing beyond is read. */
static void check_cuts(const struct evidence_claims *whole, struct bytes evidence,
                       struct bytes hints, size_t step)
{
    struct evidence_claims c;
    assert_int_equal(vendor_claims_of_call(&c, whole->vendor, evidence, hints), PC_OK);
    assert_memory_equal(&c, whole, sizeof c);
    for (size_t cut = 0; cut < evidence.n; cut += step) {
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, evidence.p, cut);
        if (vendor_claims_of_call(&c, whole->vendor, bytes_of(exact, cut), hints) != PC_OK)
            assert_true(bytes_all_zero_var(bytes_of(&c, sizeof c)));
        free(exact);
    }
    for (size_t cut = 0; cut < hints.n; cut++)
        assert_int_equal(vendor_claims_of_call(&c, whole->vendor, evidence, bytes_of(hints.p, cut)),
                         PC_E_MALFORMED);
}

static void check_quote(const struct evidence_claims *whole, struct bytes quote)
{
    static uint8_t stripped[PC_TDX_STRIPPED_MAX], der[PC_EVIDENCE_MAX];
    uint8_t leaf[PC_TDX_LEAF_RECORD];
    struct bytes certs[3];
    size_t n;
    assert_int_equal(tdx_strip(stripped, &n, quote), PC_OK);
    assert_int_equal(tdx_certs(certs, der, quote), PC_OK);
    assert_int_equal(tdx_leaf_record(leaf, certs), PC_OK);
    check_cuts(whole, bytes_of(stripped, n), PC_BYTES(leaf), 1);
}

static void every_vector(void **state)
{
    (void)state;
    static uint8_t quote[PC_EVIDENCE_MAX + 1];
    unsigned checked = 0;
    DIR *d = opendir(PC_VECTORS "/tdx");
    if (d == NULL) {
        if (access(PC_VECTORS "/..", F_OK) == 0)
            fail_msg("no folder of TDX vectors in %s", PC_VECTORS);
        (void)fprintf(stderr, "SKIP: no vectors at %s\n", PC_VECTORS);
        skip();
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        struct evidence_claims c;
        struct verdict v;
        size_t len = strlen(e->d_name);
        if (len < 4 || strcmp(e->d_name + len - 4, ".bin") != 0)
            continue;
        struct bytes q = bytes_of(quote, load(quote, sizeof quote, PC_VECTORS "/tdx", e->d_name));
        if (!verified_claims(&v, q))
            continue;
        assert_int_equal(vendor_claims(&c, PC_VENDOR_TDX, q), PC_OK);
        assert_int_equal(vendor_of_evidence(q), PC_VENDOR_TDX);
        assert_same(&c, &v);
        check_quote(&c, q);
        checked++;
    }
    assert_int_equal(closedir(d), 0);
    assert_true(checked >= 8);
}

/* A forged machine's report with its certificate table. */
static struct bytes snp_evidence(uint8_t *out, size_t cap, const struct snp_forged *f, bool vlek)
{
    struct snp_table t = {0};
    size_t n;
    struct bytes report = snp_forged_part(f, PC_FORGED_SNP_REPORT);
    t.entry[vlek ? PC_SNP_ENTRY_VLEK : PC_SNP_ENTRY_VCEK] = snp_forged_part(f, PC_FORGED_SNP_VEK);
    t.entry[PC_SNP_ENTRY_ASK] = snp_forged_part(f, PC_FORGED_SNP_ISSUER);
    t.entry[PC_SNP_ENTRY_ARK] = snp_forged_part(f, PC_FORGED_SNP_ROOT);
    memcpy(out, report.p, report.n);
    assert_int_equal(snp_table_build(out + report.n, cap - report.n, &n, &t), PC_OK);
    return bytes_of(out, report.n + n);
}

static void check_snp(const struct snp_forge *plan, bool vlek)
{
    static uint8_t evidence[PC_EVIDENCE_MAX];
    static struct snp_forged f;
    static struct snp_cert cert[3];
    static const enum snp_forge_part part[3] = {PC_FORGED_SNP_VEK, PC_FORGED_SNP_ISSUER,
                                                PC_FORGED_SNP_ROOT};
    uint8_t record[PC_SNP_LEAF_RECORD];
    struct evidence_policy policy;
    struct evidence_claims c;
    struct verdict v;
    snp_forge_build(&f, plan);
    snp_forge_policy(&policy, &f);
    policy.snp.vlek_allowed = true;
    struct evidence_input in = snp_forge_input(&f);
    in.policy = &policy;
    evidence_verify(&v, NULL, PC_VENDOR_SNP, &in);
    assert_true(verdict_accepts(&v));
    struct bytes whole = snp_evidence(evidence, sizeof evidence, &f, vlek);
    assert_int_equal(vendor_claims(&c, PC_VENDOR_SNP, whole), PC_OK);
    assert_same(&c, &v);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(snp_cert_parse(&cert[i], snp_forged_part(&f, part[i])), PC_OK);
    assert_int_equal(snp_leaf_record(record, &cert[0], &cert[1], &cert[2]), PC_OK);
    assert_int_equal(snp_leaf_record(record, &cert[1], &cert[0], &cert[2]), PC_E_MALFORMED);
    assert_int_equal(snp_leaf_record(record, &cert[0], &cert[2], &cert[1]), PC_E_MALFORMED);
    assert_int_equal(snp_leaf_record(record, &cert[0], &cert[1], &cert[2]), PC_OK);
    check_cuts(&c, bytes_of(evidence, PC_SNP_REPORT_LEN), PC_BYTES(record), 37);
    /* without its certificates it is nothing that can be posted */
    assert_int_equal(vendor_claims(&c, PC_VENDOR_SNP, bytes_of(evidence, PC_SNP_REPORT_LEN)),
                     PC_E_MALFORMED);
    assert_int_equal(vendor_claims(&c, PC_VENDOR_NITRO, whole), PC_E_MALFORMED);
    assert_int_equal(vendor_claims(&c, PC_VENDOR_TDX, whole), PC_E_MALFORMED);
    assert_int_equal(vendor_of_evidence(whole), PC_VENDOR_SNP);
}

static void every_product(void **state)
{
    (void)state;
    static struct snp_forge first, plan;
    static const uint32_t version[PC_SNP_PRODUCTS] = {2, 3, 5};
    struct rng_seeded rng;
    rng_seeded_init(&rng, 4);
    snp_forge_init(&first, &rng.rng, PC_SNP_MILAN, false, 2);
    for (unsigned p = 0; p < PC_SNP_PRODUCTS; p++)
        for (unsigned vlek = 0; vlek < 2; vlek++) {
            snp_forge_like(&plan, &first, &rng.rng, (enum snp_product)p, vlek != 0, version[p]);
            check_snp(&plan, vlek != 0);
        }
}

static void documents(void **state)
{
    (void)state;
    static struct forge_nitro plan;
    static struct forged_nitro f;
    static struct nitro_doc doc;
    static struct nitro_records records;
    struct verdict v, ignored = {0};
    struct evidence_claims c;
    struct rng_seeded rng;
    uint8_t pin[32];
    rng_seeded_init(&rng, 5);
    for (unsigned definite = 0; definite < 2; definite++) {
        forge_nitro_init(&plan, &rng.rng, definite != 0);
        forge_nitro_build(&f, &plan);
        forge_nitro_pin(pin, &plan);
        struct bytes document = bytes_of(f.p, f.n);
        forge_nitro_verify(&v, document, pin);
        assert_true(verdict_accepts(&v));
        assert_int_equal(vendor_claims(&c, PC_VENDOR_NITRO, document), PC_OK);
        assert_int_equal(vendor_of_evidence(document), PC_VENDOR_NITRO);
        assert_same(&c, &v);
        assert_true(nitro_doc_parse(&doc, &ignored, document));
        assert_int_equal(nitro_records_of(&records, &doc), PC_OK);
        assert_int_equal(records.n, PC_SIM_LEVELS);
        check_cuts(&c, document, PC_BYTES(records.record[records.n - 1]), 101);
        /* a CA where the target should be */
        doc.certificate = doc.ca[1];
        assert_int_equal(nitro_records_of(&records, &doc), PC_E_MALFORMED);
    }
}

static void junk_is_no_evidence(void **state)
{
    (void)state;
    uint8_t junk[1200] = {5, 0}, hints[PC_SNP_LEAF_RECORD] = {0};
    struct evidence_claims c;
    for (unsigned vendor = PC_VENDOR_TDX; vendor <= PC_VENDOR_NITRO; vendor++) {
        assert_int_not_equal(vendor_claims(&c, (enum vendor)vendor, PC_BYTES(junk)), PC_OK);
        assert_int_not_equal(vendor_claims(&c, (enum vendor)vendor, bytes_of(junk, 0)), PC_OK);
    }
    memset(junk + PC_TDX_HEADER_LEN + 2, 0xff, 4); /* a body of 4 GiB */
    assert_int_equal(vendor_claims_of_call(&c, PC_VENDOR_TDX, PC_BYTES(junk), PC_BYTES(hints)),
                     PC_E_MALFORMED);
    hints[96] = PC_SNP_PRODUCTS; /* a product that there is not */
    assert_int_equal(vendor_claims_of_call(&c, PC_VENDOR_SNP, bytes_of(junk, PC_SNP_REPORT_LEN),
                                           PC_BYTES(hints)),
                     PC_E_MALFORMED);
    assert_int_equal(vendor_of_evidence(PC_BYTES(junk)), 0);
    assert_int_equal(vendor_claims(&c, (enum vendor)4, PC_BYTES(junk)), PC_E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_vector),
                                       cmocka_unit_test(every_product), cmocka_unit_test(documents),
                                       cmocka_unit_test(junk_is_no_evidence)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
