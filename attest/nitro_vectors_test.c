/* SPDX-License-Identifier: Apache-2.0 */
/* Every aws-nitro case of the vectors' MANIFEST: verdict, reasons, claims. The list is read from
 * the MANIFEST, so a case that is added there is tested here. */
#include <unistd.h>

#include "attest/manifest_testkit.h"
#include "attest/nitro.h"
#include "base/hex.h"
#include "base/rng_seeded.h"

static struct json_doc *manifest;
static unsigned evaluations_run, cases_run, accepted, flips_run;

/* The MANIFEST has one word for both ends of a certificate's dates. */
static bool has_reason(const struct verdict *v, const char *want)
{
    if (strcmp(want, "cert_not_valid_at_time") == 0)
        return verdict_has(v, PC_R_CHAIN_EXPIRED) || verdict_has(v, PC_R_CHAIN_EARLY);
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (verdict_has(v, (enum verdict_reason)r) && strcmp(want, verdict_reason_name(r)) == 0)
            return true;
    return false;
}

/* Bug 35: single bits of accepted evidence flipped, every 100th seeded (all of them with
 * PC_ALL_FLIPS set in the environment). Every byte of a document is either compared with the one
 * value that it may have (envelope), signed (payload, and in it the certificates), a signature, or
 * a length that makes a part of those longer or shorter: so no flip at all may be accepted. */
static void run_flips(struct bytes document, const struct evidence_input *in)
{
    bool all = getenv("PC_ALL_FLIPS") != NULL;
    struct evidence_input flipped = *in;
    struct evidence_kept *kept = evidence_kept_new();
    struct rng_seeded rng;
    uint8_t *copy = malloc(document.n);
    assert_non_null(copy);
    assert_non_null(kept);
    memcpy(copy, document.p, document.n);
    flipped.evidence = bytes_of(copy, document.n);
    rng_seeded_init(&rng, document.n);
    for (size_t bit = 0; bit < document.n * 8; bit++) {
        struct verdict got;
        if (!all && rng_seeded_below(&rng, 100) != 0)
            continue;
        copy[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        evidence_verify(&got, kept, PC_VENDOR_NITRO, &flipped);
        if (verdict_accepts(&got) || reason_count(&got) == 0)
            fail_msg("bit %zu flipped and accepted", bit);
        flips_run++;
        copy[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    free(copy);
    evidence_kept_free(kept);
}

static void run_evaluation(struct bytes document, const struct json_value *eval)
{
    struct evidence_policy policy;
    struct verdict v, again;
    struct json_value reasons;
    size_t n = 0;
    policy_manifest(&policy);
    struct evidence_input in = {.evidence = document,
                                .policy = &policy,
                                .evidence_time = time_of(text(eval, "time")),
                                .dates = PC_DATES_FULL};
    evidence_verify(&v, NULL, PC_VENDOR_NITRO, &in);
    print_message("    %s: %s", text(eval, "time"), verdict_accepts(&v) ? "ACCEPT" : "REJECT");
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (verdict_has(&v, (enum verdict_reason)r))
            print_message(" %s", verdict_reason_name(r));
    print_message("\n");
    assert_int_equal(verdict_accepts(&v),
                     strcmp(text(eval, "verdict_default_policy"), "ACCEPT") == 0);
    assert_int_equal(v.has_claims, 1);
    assert_int_equal(v.tcb_status, PC_TCB_NONE);
    if (json_has(eval, "reasons"))
        assert_int_equal(json_get_array(eval, "reasons", &reasons, &n), PC_OK);
    assert_int_equal(reason_count(&v), n); /* these, and no other */
    for (size_t i = 0; i < n; i++) {
        struct json_value r = json_at(&reasons, i);
        if (!has_reason(&v, text(&r, NULL)))
            fail_msg("missing reason %s", text(&r, NULL));
    }
    /* Kept certificates change speed, never a verdict. */
    struct evidence_kept *kept = evidence_kept_new();
    assert_non_null(kept);
    for (int i = 0; i < 2; i++) {
        evidence_verify(&again, kept, PC_VENDOR_NITRO, &in);
        assert_memory_equal(&again, &v, sizeof(v));
    }
    evidence_kept_free(kept);
    if (verdict_accepts(&v)) {
        run_flips(document, &in);
        accepted++;
    }
    evaluations_run++;
}

static void check_optional(const struct json_value *claims, const char *key,
                           const struct nitro_optional *have)
{
    struct json_value member;
    uint8_t want[2048];
    size_t n;
    assert_int_equal(json_get_member(claims, key, &member), PC_OK);
    assert_int_equal(have->present, json_kind_of(&member) != PC_JSON_NULL);
    if (!have->present)
        return;
    assert_int_equal(json_get_hex_var(claims, key, want, sizeof(want), &n), PC_OK);
    assert_int_equal(have->data.n, n);
    assert_memory_equal(have->data.p, want, n);
}

static void check_pcrs(const struct json_value *claims, const struct nitro_doc *d)
{
    struct json_value list, pcrs;
    unsigned present = 0, want = 0, zero = 0;
    uint64_t index;
    size_t n;
    for (unsigned i = 0; i < PC_NITRO_PCRS; i++)
        present += d->pcr[i] != NULL;
    assert_int_equal(json_get_array(claims, "pcr_indices", &list, &n), PC_OK);
    assert_int_equal(present, n);
    for (size_t i = 0; i < n; i++) {
        struct json_value e = json_at(&list, i);
        assert_int_equal(json_get_u64(&e, NULL, 31, &index), PC_OK);
        assert_non_null(d->pcr[index]);
    }
    assert_int_equal(json_get_array(claims, "pcrs_zero", &list, &n), PC_OK);
    for (size_t i = 0; i < n; i++, zero++) {
        struct json_value e = json_at(&list, i);
        assert_int_equal(json_get_u64(&e, NULL, 31, &index), PC_OK);
        assert_true(bytes_all_zero_var(bytes_of(d->pcr[index], 48)));
    }
    assert_int_equal(json_get_object(claims, "pcrs", &pcrs), PC_OK);
    for (unsigned i = 0; i < PC_NITRO_PCRS; i++) {
        char key[4];
        uint8_t value[48];
        (void)snprintf(key, sizeof(key), "%u", i);
        if (!json_has(&pcrs, key))
            continue;
        assert_int_equal(json_get_hex(&pcrs, key, value, 48), PC_OK);
        assert_memory_equal(d->pcr[i], value, 48);
        want++;
    }
    assert_int_equal(want + zero, present);
}

/* The MANIFEST cuts the subjects of cabundle. */
static void check_name(struct bytes name, const char *want, bool cut)
{
    char have[512];
    cert_name_text(have, sizeof(have), name);
    if (cut)
        have[strlen(want)] = '\0';
    assert_string_equal(have, want);
}

static void check_claims(struct bytes document, const struct json_value *c)
{
    struct nitro_view view;
    struct json_value list;
    uint8_t root[32], want[32];
    uint64_t stamp;
    size_t n;
    assert_true(nitro_view_of(&view, document));
    assert_true(view.has_chain);
    const struct nitro_doc *d = &view.doc;
    const char *id = text(c, "module_id");
    assert_true(bytes_equal_var(d->module_id, bytes_of(id, strlen(id))));
    assert_string_equal(text(c, "digest"), "SHA384");
    assert_int_equal(json_get_u64(c, "timestamp_ms", UINT64_MAX >> 1, &stamp), PC_OK);
    assert_int_equal(d->timestamp_ms, stamp);
    assert_int_equal(d->timestamp_ms / 1000, time_of(text(c, "timestamp")));
    check_pcrs(c, d);
    check_optional(c, "public_key", &d->public_key);
    check_optional(c, "user_data", &d->user_data);
    check_optional(c, "nonce", &d->nonce);
    check_name(view.target.subject, text(c, "leaf_subject"), false);
    assert_int_equal(view.target.not_before, time_of(text(c, "leaf_not_before")));
    assert_int_equal(view.target.not_after, time_of(text(c, "leaf_not_after")));
    assert_int_equal(view.valid_from, time_of(text(c, "chain_valid_from")));
    assert_int_equal(view.valid_until, time_of(text(c, "chain_valid_until")));
    assert_int_equal(json_get_array(c, "cabundle_subjects", &list, &n), PC_OK);
    assert_int_equal(d->ca_count, n);
    for (size_t i = 0; i < n; i++) {
        struct json_value e = json_at(&list, i);
        check_name(view.ca[i].subject, text(&e, NULL), true);
    }
    ec_sha256(root, d->ca[0]);
    assert_int_equal(json_get_hex(c, "cabundle_root_sha256", want, 32), PC_OK);
    assert_memory_equal(root, want, 32);
}

static void run_case(const struct json_value *c)
{
    struct json_value files, claims, evals;
    size_t n;
    print_message("  %s\n", text(c, "id"));
    assert_int_equal(json_get_object(c, "files", &files), PC_OK);
    struct bytes document = load(text(&files, "document"));
    assert_non_null(document.p);
    assert_int_equal(json_get_object(c, "claims", &claims), PC_OK);
    check_claims(document, &claims);
    assert_int_equal(json_get_array(c, "evaluations", &evals, &n), PC_OK);
    for (size_t i = 0; i < n; i++) {
        struct json_value e = json_at(&evals, i);
        run_evaluation(document, &e);
    }
    unload(document);
    cases_run++;
}

static void test_manifest(void **state)
{
    (void)state;
    struct json_value root = json_root(manifest), cases;
    size_t n;
    assert_int_equal(json_get_array(&root, "cases", &cases, &n), PC_OK);
    for (size_t i = 0; i < n; i++) {
        struct json_value c = json_at(&cases, i);
        if (strcmp(text(&c, "vendor"), "aws-nitro") == 0)
            run_case(&c);
    }
    print_message("  %u cases, %u evaluations, %u flipped bits\n", cases_run, evaluations_run,
                  flips_run);
    assert_true(cases_run >= 11 && evaluations_run >= 22 && accepted >= 6);
}

/* The pinned root is the vectors' trust anchor. */
static void test_root(void **state)
{
    uint8_t hash[32];
    (void)state;
    struct bytes root = load("nitro/roots/aws-nitro-root-g1.der");
    ec_sha256(hash, root);
    assert_memory_equal(hash, nitro_aws_root_sha256, 32);
    unload(root);
}

/* The worked vector of attestation.md C7: first 8 bytes of measurement, platform, claims. */
static void test_worked_claims(void **state)
{
    (void)state;
    struct evidence_policy policy;
    struct verdict v;
    struct bytes document = load("nitro/ok-evervault-2022.bin");
    static const uint8_t measurement[8] = {0x8b, 0xec, 0xb3, 0x97, 0x3e, 0x34, 0x0a, 0x1d};
    static const uint8_t platform[8] = {0xf7, 0x47, 0x6c, 0xc9, 0x77, 0x20, 0xc9, 0xd9};
    static const uint8_t claims[8] = {0x05, 0xff, 0xd0, 0x5e, 0x6c, 0x72, 0x48, 0xc9};
    policy_manifest(&policy);
    struct evidence_input in = {.evidence = document, .policy = &policy};
    evidence_verify(&v, NULL, PC_VENDOR_NITRO, &in);
    assert_int_equal(v.has_claims, 1);
    assert_int_equal(v.report_data_len, 0);
    assert_int_equal(v.raw_tcb_len, 0);
    assert_memory_equal(v.measurement, measurement, 8);
    assert_memory_equal(v.platform, platform, 8);
    assert_memory_equal(v.claims, claims, 8);
    unload(document);
}

/* Truncations at every byte, and bytes behind the end, of one document of each form. */
static void test_bug_16_truncation(void **state)
{
    static const char *const files[] = {"nitro/ok-dstack-2025.bin", "nitro/ok-evervault-2022.bin"};
    struct evidence_policy policy;
    struct verdict v;
    (void)state;
    policy_manifest(&policy);
    for (size_t f = 0; f < PC_ARRAY_LEN(files); f++) {
        struct bytes document = load(files[f]);
        uint8_t *copy = malloc(document.n + 1);
        assert_non_null(copy);
        for (size_t n = 0; n < document.n; n++) {
            uint8_t *exact = malloc(n + 1); /* so that a sanitizer sees a read behind it */
            assert_non_null(exact);
            memcpy(exact + 1, document.p, n);
            struct evidence_input in = {.evidence = bytes_of(exact + 1, n), .policy = &policy};
            evidence_verify(&v, NULL, PC_VENDOR_NITRO, &in);
            assert_true(verdict_has(&v, PC_R_QUOTE_TRUNCATED));
            assert_int_equal(reason_count(&v), 1);
            free(exact);
        }
        memcpy(copy, document.p, document.n);
        for (unsigned last = 0; last < 256; last++) {
            copy[document.n] = (uint8_t)last;
            struct evidence_input in = {.evidence = bytes_of(copy, document.n + 1),
                                        .policy = &policy};
            evidence_verify(&v, NULL, PC_VENDOR_NITRO, &in);
            assert_true(verdict_has(&v, PC_R_COSE_FORM));
        }
        free(copy);
        unload(document);
    }
}

int main(void)
{
    struct bytes text_of_manifest = load("MANIFEST.json");
    if (text_of_manifest.p == NULL) {
        if (access(PC_SOURCE_DIR "/../shared", F_OK) == 0) {
            (void)fprintf(stderr, "FAIL: %s is not there\n", PC_VECTORS "/MANIFEST.json");
            return 1;
        }
        (void)fprintf(stderr, "SKIP: no vectors in %s\n", PC_VECTORS);
        return 77;
    }
    if (json_parse(&manifest, text_of_manifest, 1 << 20, 16) != PC_OK) {
        (void)fprintf(stderr, "MANIFEST.json: %s\n", json_error(manifest));
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_root),
        cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_worked_claims),
        cmocka_unit_test(test_bug_16_truncation),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_free(manifest);
    unload(text_of_manifest);
    return failed;
}
