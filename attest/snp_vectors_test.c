/* SPDX-License-Identifier: Apache-2.0 */
/* Every amd-sev-snp case of the vectors' MANIFEST: verdict, reasons, claims. The list is read from
 * the MANIFEST, so a case that is added there is tested here. */
#include <unistd.h>

#include "attest/manifest_testkit.h"
#include "attest/snp.h"
#include "base/rng_seeded.h"

static struct json_doc *manifest;
static unsigned evaluations_run, cases_run, accepted, flips_run, crls_run;

static struct evidence_input load_input(const struct json_value *files)
{
    return (struct evidence_input){
        .evidence = load(text(files, "report")),
        .collateral =
            {
                .snp_vek = optional_file(files, json_has(files, "vlek") ? "vlek" : "vcek"),
                .snp_issuer = optional_file(files, "issuer"),
                .snp_root = optional_file(files, "root"),
            },
        .dates = PC_DATES_FULL,
    };
}

static void unload_input(const struct evidence_input *in)
{
    unload(in->evidence);
    unload(in->collateral.snp_vek);
    unload(in->collateral.snp_issuer);
    unload(in->collateral.snp_root);
}

/* Names of all reasons, "a b c ". */
static void reasons_text(char out[static 2048], const struct verdict *v)
{
    size_t n = 0;
    out[0] = '\0';
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (verdict_has(v, (enum verdict_reason)r))
            n += (size_t)snprintf(out + n, 2048 - n, "%s%s ", verdict_reason_name(r),
                                  r == PC_R_SNP_VMPL && v->vmpl == 1 ? ":1" : "");
}

/* These reasons, and no other. */
static void expect_reasons(const struct verdict *v, const struct json_value *of)
{
    struct json_value list;
    char have[2048], word[128];
    size_t n;
    reasons_text(have, v);
    assert_int_equal(json_get_array(of, "reasons", &list, &n), PC_OK);
    for (size_t i = 0; i < n; i++) {
        struct json_value r = json_at(&list, i);
        const char *want = text(&r, NULL);
        (void)snprintf(word, sizeof(word), "%s ",
                       strcmp(want, "cert_not_valid_at_time") == 0 ? "chain_expired" : want);
        if (strstr(have, word) == NULL)
            fail_msg("missing reason %s in: %s", want, have);
    }
    if (reason_count(v) != n)
        fail_msg("wanted %zu reasons, got: %s", n, have);
}

/* Bug 35: single bits of accepted evidence and of its certificates flipped, every 100th seeded (all
 * of them with PC_ALL_FLIPS set in the environment). Each is refused: a report is signed, signature
 * or zeros by rule to its last byte, certificates likewise, and the root is pinned whole. */
static void run_flips(const struct evidence_input *in)
{
    bool all = getenv("PC_ALL_FLIPS") != NULL;
    struct evidence_input flipped = *in;
    struct bytes *const parts[] = {&flipped.evidence, &flipped.collateral.snp_vek,
                                   &flipped.collateral.snp_issuer, &flipped.collateral.snp_root};
    struct evidence_kept *kept = evidence_kept_new();
    struct rng_seeded rng;
    assert_non_null(kept);
    rng_seeded_init(&rng, in->collateral.snp_vek.n + in->evidence.n);
    for (size_t i = 0; i < PC_ARRAY_LEN(parts); i++) {
        const struct bytes whole = *parts[i];
        uint8_t *copy = malloc(whole.n + 1);
        assert_non_null(copy);
        if (whole.n > 0)
            memcpy(copy, whole.p, whole.n);
        *parts[i] = bytes_of(copy, whole.n);
        for (size_t bit = 0; bit < whole.n * 8; bit++) {
            struct verdict got;
            if (!all && rng_seeded_below(&rng, 100) != 0)
                continue;
            copy[bit / 8] ^= (uint8_t)(1U << (bit % 8));
            evidence_verify(&got, kept, PC_VENDOR_SNP, &flipped);
            if (verdict_accepts(&got))
                fail_msg("accepted with bit %zu of part %zu flipped", bit, i);
            flips_run++;
            copy[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        }
        *parts[i] = whole;
        free(copy);
    }
    evidence_kept_free(kept);
}

static struct verdict verify_with(const struct evidence_input *in, struct evidence_kept *kept,
                                  const struct evidence_policy *policy)
{
    struct evidence_input with = *in;
    struct verdict v;
    with.policy = policy;
    evidence_verify(&v, kept, PC_VENDOR_SNP, &with);
    return v;
}

static void run_evaluation(struct evidence_input *in, const struct json_value *eval)
{
    struct evidence_policy policy, wider, narrower;
    char have[2048];
    in->evidence_time = in->collateral_time = time_of(text(eval, "time"));
    policy_manifest(&policy);
    in->policy = &policy;
    struct verdict v = verify_with(in, NULL, &policy);
    reasons_text(have, &v);
    print_message("    %s: %s %s\n", text(eval, "time"), verdict_accepts(&v) ? "ACCEPT" : "REJECT",
                  have);
    assert_int_equal(verdict_accepts(&v),
                     strcmp(text(eval, "verdict_default_policy"), "ACCEPT") == 0);
    assert_int_equal(v.has_claims, 1);
    if (json_has(eval, "reasons"))
        expect_reasons(&v, eval);
    if (json_has(eval, "verdict_with_max_vmpl_1_and_vlek_allowed")) {
        wider = narrower = policy;
        wider.snp.max_vmpl = 1;
        struct verdict w = verify_with(in, NULL, &wider);
        bool want = strcmp(text(eval, "verdict_with_max_vmpl_1_and_vlek_allowed"), "ACCEPT") == 0;
        assert_int_equal(verdict_accepts(&w), want);
        assert_true(bytes_all_zero_var(PC_BYTES(w.platform)));
        if (want) {
            in->policy = &wider;
            run_flips(in);
        }
        narrower.snp.max_vmpl = 1;
        narrower.snp.vlek_allowed = false;
        w = verify_with(in, NULL, &narrower);
        assert_true(verdict_has(&w, PC_R_SNP_VLEK));
    }
    /* Kept chains change speed, never a verdict. */
    struct evidence_kept *kept = evidence_kept_new();
    assert_non_null(kept);
    for (int i = 0; i < 3; i++) {
        struct verdict again = verify_with(in, kept, &policy);
        assert_memory_equal(&again, &v, sizeof(v));
    }
    evidence_kept_free(kept);
    if (verdict_accepts(&v)) {
        accepted++;
        in->policy = &policy;
        run_flips(in);
    }
    evaluations_run++;
}

static uint64_t quantity(const struct json_value *v, const char *key)
{
    const char *s = text(v, key);
    assert_true(s[0] == '0' && s[1] == 'x');
    return strtoull(s + 2, NULL, 16);
}

static uint64_t number(const struct json_value *v, const char *key)
{
    uint64_t n;
    assert_int_equal(json_get_u64(v, key, UINT32_MAX, &n), PC_OK);
    return n;
}

static void expect_bytes(const struct json_value *claims, const char *key, const uint8_t *have,
                         size_t n)
{
    uint8_t want[128];
    assert_int_equal(json_get_hex(claims, key, want, n), PC_OK);
    assert_memory_equal(have, want, n);
}

static void check_tcb(const struct json_value *claims, const char *key, const uint8_t *tcb,
                      enum snp_product product)
{
    static const char *const names[PC_TCB_PARTS] = {"fmc", "bl", "tee", "snp", "ucode"};
    struct json_value t;
    assert_int_equal(json_get_object(claims, key, &t), PC_OK);
    assert_int_equal(load_le64(tcb), quantity(&t, "raw"));
    for (unsigned p = 0; p < PC_TCB_PARTS; p++) {
        int at = snp_tcb_at(product, (enum snp_tcb_part)p);
        assert_int_equal(json_has(&t, names[p]), at >= 0);
        if (at >= 0)
            assert_int_equal(tcb[at], number(&t, names[p]));
    }
}

static void check_version(const struct json_value *claims, const char *key, const uint8_t *at)
{
    char have[64];
    (void)snprintf(have, sizeof(have), "%u.%u build %u", at[2], at[1], at[0]);
    assert_string_equal(text(claims, key), have);
}

static void check_vek(const struct snp_view *view, const struct json_value *c)
{
    static const char *const spls[PC_SPL_COUNT] = {NULL,   "bl",   "tee",  "snp",   "spl4",
                                                   "spl5", "spl6", "spl7", "ucode", "fmc"};
    const struct snp_vek *vek = &view->vek.vek;
    struct json_value v, spl;
    assert_int_equal(json_get_object(c, "vek", &v), PC_OK);
    assert_true(view->has_vek);
    assert_true(cert_common_name_is(view->vek.subject, text(&v, "subject_cn")));
    assert_true(cert_common_name_is(view->vek.issuer, text(&v, "issuer_cn")));
    assert_int_equal(vek->struct_version, number(&v, "struct_version"));
    assert_true(bytes_equal_var(
        vek->product, bytes_of(text(&v, "product_name"), strlen(text(&v, "product_name")))));
    assert_int_equal(view->vek.not_before, time_of(text(&v, "not_before")));
    assert_int_equal(view->vek.not_after, time_of(text(&v, "not_after")));
    assert_int_equal(view->vek.serial.n, 1);
    assert_int_equal(view->vek.serial.v[0], 0);
    assert_int_equal(json_get_object(&v, "spl", &spl), PC_OK);
    for (unsigned i = 1; i < PC_SPL_COUNT; i++) {
        assert_int_equal(vek->spl_present >> i & 1, json_has(&spl, spls[i]));
        if (json_has(&spl, spls[i]))
            assert_int_equal(vek->spl[i], number(&spl, spls[i]));
    }
    if (vek->csp_id.n > 0)
        assert_true(
            bytes_equal_var(vek->csp_id, bytes_of(text(&v, "csp_id"), strlen(text(&v, "csp_id")))));
    /* The MANIFEST prints one wrapped HWID with its header. */
    if (vek->hwid.n > 0) {
        const char *hex = text(&v, "hwid");
        bool wrapped = strlen(hex) == 2 * (vek->hwid.n + 2);
        uint8_t want[66];
        assert_int_equal(json_get_hex(&v, "hwid", want, vek->hwid.n + (wrapped ? 2 : 0)), PC_OK);
        assert_memory_equal(vek->hwid.p, want + (wrapped ? 2 : 0), vek->hwid.n);
    }
}

static void check_claims(const struct evidence_input *in, const struct json_value *c)
{
    static struct snp_view view;
    struct json_value claims;
    assert_int_equal(json_get_object(c, "claims", &claims), PC_OK);
    assert_true(snp_view_of(&view, in));
    const uint8_t *r = view.report.p;
    for (size_t i = 0; i < PC_SNP_FIELDS; i++)
        expect_bytes(&claims, snp_byte_fields[i].name, r + snp_byte_fields[i].at,
                     snp_byte_fields[i].n);
    expect_bytes(&claims, "cpuid_fms", r + PC_SR_CPUID, 3);
    assert_int_equal(view.report.version, number(&claims, "version"));
    assert_int_equal(load_le32(r + PC_SR_GUEST_SVN), number(&claims, "guest_svn"));
    assert_int_equal(load_le32(r + PC_SR_VMPL), number(&claims, "vmpl"));
    assert_int_equal(load_le64(r + PC_SR_POLICY), quantity(&claims, "policy"));
    assert_int_equal(load_le64(r + PC_SR_PLATFORM_INFO), quantity(&claims, "platform_info"));
    assert_int_equal(load_le32(r + PC_SR_KEY_INFO), quantity(&claims, "key_info"));
    assert_int_equal(load_le64(r + PC_SR_LAUNCH_MIT), quantity(&claims, "launch_mit_vector"));
    assert_int_equal(load_le64(r + PC_SR_CURRENT_MIT), quantity(&claims, "current_mit_vector"));
    check_tcb(&claims, "current_tcb", r + PC_SR_CURRENT_TCB, view.product);
    check_tcb(&claims, "reported_tcb", r + PC_SR_REPORTED_TCB, view.product);
    check_tcb(&claims, "committed_tcb", r + PC_SR_COMMITTED_TCB, view.product);
    check_tcb(&claims, "launch_tcb", r + PC_SR_LAUNCH_TCB, view.product);
    check_version(&claims, "current_version", r + PC_SR_CURRENT_VERSION);
    check_version(&claims, "committed_version", r + PC_SR_COMMITTED_VERSION);
    if (json_has(c, "vek"))
        check_vek(&view, c);
}

/* The host's table behind the report gives what files gave. */
static void run_table(const struct evidence_input *in, struct bytes auxblob)
{
    struct evidence_policy policy;
    struct evidence_input joined = *in;
    uint8_t *both = malloc(in->evidence.n + auxblob.n);
    assert_non_null(both);
    memcpy(both, in->evidence.p, in->evidence.n);
    memcpy(both + in->evidence.n, auxblob.p, auxblob.n);
    memset(&joined.collateral, 0, sizeof(joined.collateral));
    joined.evidence = bytes_of(both, in->evidence.n + auxblob.n);
    policy_manifest(&policy);
    struct verdict files = verify_with(in, NULL, &policy);
    struct verdict table = verify_with(&joined, NULL, &policy);
    assert_true(verdict_accepts(&files));
    assert_memory_equal(&table, &files, sizeof(files));
    joined.policy = &policy;
    run_flips(&joined);
    free(both);
}

/* A list of the ARK, alone and with a report of its product. */
static void run_crl(const struct json_value *c, const struct json_value *files)
{
    static const struct cert_serial good = {.n = 3, .v = {2, 0, 2}};
    struct bytes der = load(text(files, "crl")), root = load("snp/certs/ark-genoa.der");
    struct json_value claims, revoked;
    struct snp_cert ark;
    struct rsa_key *key;
    struct snp_crl crl;
    size_t n;
    assert_int_equal(json_get_object(c, "claims", &claims), PC_OK);
    assert_int_equal(snp_crl_parse(&crl, der), PC_OK);
    assert_int_equal(snp_cert_parse(&ark, root), PC_OK);
    assert_int_equal(rsa_key_new(&key, ark.key), PC_OK);
    assert_int_equal(snp_crl_verify(&crl, key), PC_OK);
    assert_true(cert_common_name_is(crl.issuer, text(&claims, "issuer")));
    assert_int_equal(crl.this_update, time_of(text(&claims, "this_update")));
    assert_int_equal(crl.next_update, time_of(text(&claims, "next_update")));
    assert_int_equal(json_get_array(&claims, "revoked", &revoked, &n), PC_OK);
    assert_int_equal(crl.count, n);
    for (size_t i = 0; i < n; i++) {
        struct json_value e = json_at(&revoked, i);
        uint64_t serial = quantity(&e, "serial");
        struct cert_serial s = {
            .n = 3, .v = {(uint8_t)(serial >> 16), (uint8_t)(serial >> 8), (uint8_t)serial}};
        assert_true(snp_crl_has(&crl, &s));
    }
    assert_false(snp_crl_has(&crl, &good));
    assert_true(n == 1);

    struct evidence_policy policy;
    struct evidence_input in = {
        .evidence = load("snp/v3-genoa-microsoft.report.bin"),
        .collateral = {.snp_vek = load("snp/v3-genoa-microsoft.vcek.der"),
                       .snp_issuer = load("snp/certs/ask-genoa.der"),
                       .snp_root = root,
                       .root_crl = der},
        .evidence_time = crl.this_update,
        .collateral_time = crl.this_update,
        .dates = PC_DATES_FULL,
    };
    policy_network(&policy, NULL);
    struct verdict v = verify_with(&in, NULL, &policy);
    assert_true(verdict_accepts(&v) && v.crl_checked == 1);
    in.collateral.root_crl = (struct bytes){NULL, 0};
    v = verify_with(&in, NULL, &policy);
    assert_true(verdict_has(&v, PC_R_ROOT_CRL_MISSING) && reason_count(&v) == 1);
    in.collateral.root_crl = der;
    in.collateral_time = crl.next_update + 1;
    v = verify_with(&in, NULL, &policy);
    assert_true(verdict_has(&v, PC_R_ROOT_CRL_EXPIRED) && reason_count(&v) == 1);
    rsa_key_free(key);
    unload_input(&in);
    unload(der);
    crls_run++;
}

static void run_case(const struct json_value *c)
{
    struct json_value files, evals, expect;
    size_t n;
    print_message("  %s\n", text(c, "id"));
    assert_int_equal(json_get_object(c, "files", &files), PC_OK);
    cases_run++;
    if (json_has(&files, "crl")) {
        run_crl(c, &files);
        return;
    }
    struct evidence_input in = load_input(&files);
    assert_non_null(in.evidence.p);
    if (json_has(c, "claims"))
        check_claims(&in, c);
    if (json_has(c, "evaluations")) {
        assert_int_equal(json_get_array(c, "evaluations", &evals, &n), PC_OK);
        for (size_t i = 0; i < n; i++) {
            struct json_value e = json_at(&evals, i);
            run_evaluation(&in, &e);
        }
    }
    if (json_has(&files, "auxblob")) {
        struct bytes aux = load(text(&files, "auxblob"));
        run_table(&in, aux);
        unload(aux);
    }
    if (json_has(c, "expect")) {
        struct evidence_policy policy;
        assert_int_equal(json_get_object(c, "expect", &expect), PC_OK);
        policy_manifest(&policy);
        in.evidence_time = in.collateral_time = time_of("2026-03-01T00:00:00Z");
        struct verdict v = verify_with(&in, NULL, &policy);
        assert_string_equal(text(&expect, "verdict_default_policy"), "REJECT");
        expect_reasons(&v, &expect);
    }
    unload_input(&in);
}

static void test_manifest(void **state)
{
    (void)state;
    struct json_value root = json_root(manifest), cases;
    size_t n;
    assert_int_equal(json_get_array(&root, "cases", &cases, &n), PC_OK);
    for (size_t i = 0; i < n; i++) {
        struct json_value c = json_at(&cases, i);
        if (strcmp(text(&c, "vendor"), "amd-sev-snp") == 0)
            run_case(&c);
    }
    print_message("  %u cases, %u evaluations, %u accepted, %u flipped bits\n", cases_run,
                  evaluations_run, accepted, flips_run);
    assert_true(cases_run >= 16 && evaluations_run >= 15 && accepted >= 7 && crls_run >= 1);
}

/* The worked vector of attestation.md C7: first 8 bytes of measurement, platform, claims. */
static void test_worked_claims(void **state)
{
    (void)state;
    struct evidence_policy policy;
    struct evidence_input in = {
        .evidence = load("snp/v5-turin-microsoft.report.bin"),
        .collateral = {.snp_vek = load("snp/v5-turin-microsoft.vcek.der"),
                       .snp_issuer = load("snp/certs/ask-turin.der"),
                       .snp_root = load("snp/certs/ark-turin.der")},
    };
    static const uint8_t measurement[8] = {0x05, 0x3f, 0x9f, 0x4f, 0x37, 0x06, 0xdd, 0x39};
    static const uint8_t platform[8] = {0xbf, 0xe6, 0x6d, 0x82, 0x9f, 0xf5, 0x8c, 0x31};
    static const uint8_t claims[8] = {0x74, 0x7d, 0x2c, 0x6b, 0x3a, 0x44, 0x8d, 0x06};
    policy_manifest(&policy);
    struct verdict v = verify_with(&in, NULL, &policy);
    assert_int_equal(v.has_claims, 1);
    assert_memory_equal(v.measurement, measurement, 8);
    assert_memory_equal(v.platform, platform, 8);
    assert_memory_equal(v.claims, claims, 8);
    unload_input(&in);
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
    enum err_code e = json_parse(&manifest, text_of_manifest, 1 << 20, 32);
    if (e != PC_OK) {
        (void)fprintf(stderr, "MANIFEST.json: %s\n", json_error(manifest));
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_manifest),
        cmocka_unit_test(test_worked_claims),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    json_free(manifest);
    unload(text_of_manifest);
    return failed;
}
