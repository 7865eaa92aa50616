/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs seen in public verifiers (attestation.md 5), the ones about the envelope of Nitro documents,
 * their signature, and what they bind. Under own throw-away roots. */
#include "attest/nitro_bugs_test.h"

#define B(...) PC_BYTES(((const uint8_t[]){__VA_ARGS__}))

static struct cborw w;
static struct sim_nitro_doc d;

/* Begin: the plan's fields and certificates. */
static void begin(size_t form)
{
    start(form);
    d = f.doc;
    forge_nitro_chain(&d, &f);
    w.n = 0;
}

static void finish(size_t form)
{
    forge_nitro_seal(&built, &f, bytes_of(w.p, w.n));
    judge_built(form);
}

/* --- 31: COSE --- */

/* A document with these headers; the signature is over `in_structure` as protected header, this
 * external data and this context. */
static void cose(struct bytes head, struct bytes protected, struct bytes unprotected,
                 struct bytes in_structure, const char *context, struct bytes external)
{
    static struct cborw payload, tbs, out;
    uint8_t rs[96];
    begin(0);
    payload.n = tbs.n = out.n = 0;
    sim_nitro_payload(&payload, &d);
    cborw_head(&tbs, PC_CBOR_ARRAY, 4);
    cborw_text(&tbs, context);
    cborw_bytes(&tbs, in_structure);
    cborw_bytes(&tbs, external);
    cborw_bytes(&tbs, bytes_of(payload.p, payload.n));
    sim_sign384(rs, f.doc.signer, bytes_of(tbs.p, tbs.n));
    cborw_raw(&out, head);
    cborw_bytes(&out, protected);
    cborw_raw(&out, unprotected);
    cborw_bytes(&out, bytes_of(payload.p, payload.n));
    cborw_bytes(&out, PC_BYTES(rs));
    memcpy(built.p, out.p, out.n);
    built.n = out.n;
    judge_built(0);
}

#define ES384 B(0xa1, 0x01, 0x38, 0x22)
#define NONE  ((struct bytes){NULL, 0})

static void test_bug_31_cose_headers(void **state)
{
    const struct {
        struct bytes protected, unprotected;
    } wrong[] = {
        {B(0xa1, 0x01, 0x26), B(0xa0)},                         /* ES256 */
        {B(0xa1, 0x01, 0x38, 0x23), B(0xa0)},                   /* ES512 */
        {B(0xa1, 0x01, 0x05), B(0xa0)},                         /* HMAC */
        {B(0xa0), B(0xa1, 0x01, 0x38, 0x22)},                   /* from the other header */
        {NONE, B(0xa1, 0x01, 0x38, 0x22)},                      /* */
        {NONE, B(0xa0)},                                        /* none at all */
        {B(0xa1, 0x01, 0x38, 0x22), B(0xa1, 0x01, 0x26)},       /* both */
        {B(0xa1, 0x01, 0x38, 0x22), B(0xa1, 0x04, 0x41, 0x01)}, /* a key id */
        {B(0xa1, 0x01, 0x38, 0x22), B(0xbf, 0xff)},             /* another empty map */
        {B(0xbf, 0x01, 0x38, 0x22, 0xff), B(0xa0)},             /* other bytes, equal meaning */
        {B(0xa1, 0x01, 0x39, 0x00, 0x22), B(0xa0)},             /* */
        {B(0xa2, 0x01, 0x38, 0x22, 0x02, 0x80), B(0xa0)},       /* more */
        {B(0xa1, 0x01, 0x38, 0x22, 0x00), B(0xa0)},             /* a byte behind it */
    };
    (void)state;
    cose(B(0x84), ES384, B(0xa0), ES384, "Signature1", NONE);
    expect_accept();
    for (size_t i = 0; i < PC_ARRAY_LEN(wrong); i++) {
        cose(B(0x84), wrong[i].protected, wrong[i].unprotected, wrong[i].protected, "Signature1",
             NONE);
        expect_only(PC_R_COSE_HEADER);
    }
    /* Signed over another header, context or external data. */
    cose(B(0x84), ES384, B(0xa0), B(0xbf, 0x01, 0x38, 0x22, 0xff), "Signature1", NONE);
    expect_only(PC_R_DOC_SIGNATURE);
    cose(B(0x84), ES384, B(0xa0), NONE, "Signature1", NONE);
    expect_only(PC_R_DOC_SIGNATURE);
    cose(B(0x84), ES384, B(0xa0), ES384, "Signature", NONE);
    expect_only(PC_R_DOC_SIGNATURE);
    cose(B(0x84), ES384, B(0xa0), ES384, "Signature1", B(0x00));
    expect_only(PC_R_DOC_SIGNATURE);
}

static void test_bug_31_tags_and_arrays(void **state)
{
    const struct {
        struct bytes head;
        bool ok;
    } cases[] = {
        {B(0xd2, 0x84), true},
        {B(0xd1, 0x84), false},
        {B(0xd2, 0xd2, 0x84), false},
        {B(0xd8, 0x12, 0x84), false},
        {B(0xd8, 0x62, 0x84), false},
        {B(0xd9, 0, 18, 0x84), false},
        {B(0xd2), false},
        {B(0x83), false},
        {B(0x85), false},
        {B(0x9f), false},
        {B(0x98, 0x04), false},
        {B(0x99, 0, 4), false},
        {B(0xa2), false},
        {B(0x81, 0x84), false},
        {B(0xc0, 0x84), false},
        {B(0xd9, 0xd9, 0xf7, 0x84), false},
    };
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        cose(cases[i].head, ES384, B(0xa0), ES384, "Signature1", NONE);
        if (cases[i].ok)
            expect_accept();
        else if (verdict_accepts(&v) ||
                 !(verdict_has(&v, PC_R_COSE_FORM) || verdict_has(&v, PC_R_QUOTE_TRUNCATED)))
            fail_msg("case %zu", i);
    }
    /* Payload or signature of another type or length. */
    static const uint8_t zeros[97];
    const struct bytes tails[] = {B(0xf6, 0x40), B(0x40, 0x40), B(0x60, 0x40),
                                  B(0xa0, 0x40), B(0x40, 0xf6), B(0x40, 0x60)};
    for (size_t i = 0; i < PC_ARRAY_LEN(tails); i++) {
        w.n = 0;
        cborw_raw(&w, B(0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0));
        cborw_raw(&w, tails[i]);
        forge_nitro_verify(&v, bytes_of(w.p, w.n), pins[0]);
        expect_only(PC_R_COSE_FORM);
    }
    for (size_t n = 95; n <= 97; n++) {
        w.n = 0;
        cborw_raw(&w, B(0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0, 0x40));
        cborw_bytes(&w, bytes_of(zeros, n));
        forge_nitro_verify(&v, bytes_of(w.p, w.n), pins[0]);
        expect_only(n == 96 ? PC_R_QUOTE_TRUNCATED : PC_R_COSE_FORM);
    }
}

/* --- 32, 38, 39: what is bound --- */

static void test_bug_32_null_and_empty(void **state)
{
    static const uint8_t key[32] = {1};
    (void)state;
    ONLY(f.doc.user_data.present = false, PC_R_REPORT_DATA);
    ONLY(f.doc.user_data.data.n = 0, PC_R_REPORT_DATA);
    ONLY(f.doc.user_data.data.n = 32, PC_R_REPORT_DATA);
    ONLY(f.doc.user_data.data.n = 63, PC_R_REPORT_DATA);
    static uint8_t longer[65];
    memcpy(longer, genuine[0].user_data, 64);
    ONLY(f.doc.user_data.data = PC_BYTES(longer), PC_R_REPORT_DATA);
    ONLY(f.doc.nonce.present = true, PC_R_EXTRA_FIELD); /* empty is not null */
    ONLY((f.doc.nonce = (struct nitro_optional){true, PC_BYTES(key)}), PC_R_EXTRA_FIELD);
    ONLY((f.doc.public_key = (struct nitro_optional){true, PC_BYTES(key)}), PC_R_EXTRA_FIELD);
    /* null and empty give the same claims, and neither is report data */
    uint8_t claims[32];
    start(0);
    f.doc.user_data.present = false;
    judge(0);
    memcpy(claims, v.claims, 32);
    f.doc.user_data = (struct nitro_optional){true, {NULL, 0}};
    judge(0);
    assert_memory_equal(v.claims, claims, 32);
    assert_int_equal(v.report_data_len, 0);
}

static void test_bug_39_report_data(void **state)
{
    struct evidence_policy p;
    uint8_t roots[4][32] = {{0}};
    (void)state;
    memcpy(roots[PC_VENDOR_NITRO], pins[0], 32);
    for (int any = 0; any < 2; any++)
        for (size_t byte = 0; byte <= 64; byte++) {
            start(0);
            forge_nitro_build(&built, &f);
            policy_network(&p, (const uint8_t(*)[32])roots);
            p.nitro.any_user_data = any == 1; /* what is asked for is compared all the same */
            p.report_data_set = true;
            memcpy(p.report_data, f.user_data, 64);
            if (byte < 64)
                p.report_data[byte] ^= 1; /* the second half counts too */
            struct evidence_input in = {.evidence = bytes_of(built.p, built.n),
                                        .policy = &p,
                                        .evidence_time = PC_FORGE_NITRO_NOW};
            evidence_verify(&v, NULL, PC_VENDOR_NITRO, &in);
            if (byte == 64)
                expect_accept();
            else
                expect_only(PC_R_REPORT_DATA);
        }
}

static void test_bug_38_module_id(void **state)
{
    static const struct {
        const char *id, *host; /* NULL: platform 0 */
    } cases[] = {
        {"i-0827e799ec9232d44-enc019b5640fdf630d6", "i-0827e799ec9232d44"},
        {"i-0827e799ec9232d44-enc", "i-0827e799ec9232d44"},
        {"i-enclave-enc01", NULL}, /* "-enc" twice: the cut is not clear */
        {"i-0827e799ec9232d44", NULL},
        {"i-0827-enc01-enc02", NULL},
        {"-enc01", NULL},
        {"-enc", NULL},
        {"-en", NULL},
        {"i-0827-EnC01", NULL},
        {"i-0827-en-enc1", "i-0827-en"},
        {"x", NULL},
    };
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        uint8_t want[32] = {0};
        const char *host = cases[i].host;
        start(0);
        (void)snprintf(f.doc.module_id, sizeof(f.doc.module_id), "%s", cases[i].id);
        judge(0);
        expect_accept();
        if (host != NULL)
            id_platform(want, PC_VENDOR_NITRO, bytes_of(host, strlen(host)));
        assert_memory_equal(v.platform, want, 32);
    }
    struct evidence_policy p;
    policy_network(&p, NULL);
    memcpy(p.root_sha256[PC_VENDOR_NITRO], pins[0], 32);
    p.platform_required = true;
    struct evidence_input in = {
        .evidence = bytes_of(built.p, built.n), .policy = &p, .evidence_time = PC_FORGE_NITRO_NOW};
    evidence_verify(&v, NULL, PC_VENDOR_NITRO, &in);
    expect_only(PC_R_PLATFORM);
}

/* --- signatures --- */

static const uint8_t order[48] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};

static void test_bug_33_high_and_low_s(void **state)
{
    (void)state;
    for (size_t form = 0; form < 2; form++) {
        start(form);
        forge_nitro_build(&built, &f);
        judge_built(form);
        expect_accept();
        uint8_t *s = built.p + built.n - 48;
        unsigned borrow = 0;
        for (size_t i = 48; i-- > 0;) { /* n - s is as good */
            unsigned x = 0x100U + order[i] - s[i] - borrow;
            s[i] = (uint8_t)x;
            borrow = x < 0x100;
        }
        judge_built(form);
        expect_accept();
    }
}

static void test_bug_40_signature_range(void **state)
{
    (void)state;
    for (size_t half = 0; half < 2; half++)
        for (int kind = 0; kind < 3; kind++) {
            start(0);
            forge_nitro_build(&built, &f);
            uint8_t *part = built.p + built.n - 96 + 48 * half;
            if (kind == 0)
                memset(part, 0, 48);
            else if (kind == 1)
                memcpy(part, order, 48);
            else
                memset(part, 0xff, 48);
            judge_built(0);
            expect_only(PC_R_DOC_SIGNATURE);
        }
    ONLY(f.doc.signer = &f.stranger, PC_R_DOC_SIGNATURE);
    ONLY(f.doc.signer = &f.machine.key[PC_SIM_INSTANCE], PC_R_DOC_SIGNATURE);
}

/* --- lengths --- */

static void test_bug_16_lengths(void **state)
{
    (void)state;
    for (size_t form = 0; form < 2; form++) {
        start(form);
        forge_nitro_build(&built, &f);
        for (size_t n = 0; n < built.n; n++) {
            uint8_t *exact = malloc(n + 1); /* so that a sanitizer sees a read behind it */
            assert_non_null(exact);
            memcpy(exact + 1, built.p, n);
            forge_nitro_verify(&v, bytes_of(exact + 1, n), pins[form]);
            expect_only(PC_R_QUOTE_TRUNCATED);
            free(exact);
        }
        /* Bytes of the document in turn as every head with an extreme length. */
        static const uint8_t extremes[] = {0x1f, 0x3f, 0x5b, 0x5f, 0x7b, 0x7f, 0x9b, 0x9f, 0xbb,
                                           0xbf, 0xdb, 0xdf, 0xf8, 0xfb, 0xff, 0x58, 0x59, 0x5a};
        for (size_t i = 0; i < built.n; i += 37)
            for (size_t k = 0; k < sizeof(extremes); k++) {
                uint8_t was = built.p[i];
                if (was == extremes[k])
                    continue;
                built.p[i] = extremes[k];
                judge_built(form);
                assert_false(verdict_accepts(&v));
                built.p[i] = was;
            }
    }
    static uint8_t large[PC_NITRO_DOC_MAX + 1];
    forge_nitro_verify(&v, PC_BYTES(large), pins[0]);
    expect_only(PC_R_QUOTE_TOO_LARGE);
    forge_nitro_verify(&v, bytes_of(large, PC_NITRO_DOC_MAX), pins[0]);
    expect_only(PC_R_COSE_FORM);
    /* Payload truncated at every byte, and signed so. */
    begin(0);
    sim_nitro_payload(&w, &d);
    for (size_t n = 0, whole = w.n; n < whole; n += n < 64 || n > whole - 64 ? 1 : 41) {
        w.n = n;
        finish(0);
        expect_only(PC_R_QUOTE_TRUNCATED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bug_31_cose_headers),
        cmocka_unit_test(test_bug_31_tags_and_arrays),
        cmocka_unit_test(test_bug_32_null_and_empty),
        cmocka_unit_test(test_bug_39_report_data),
        cmocka_unit_test(test_bug_38_module_id),
        cmocka_unit_test(test_bug_33_high_and_low_s),
        cmocka_unit_test(test_bug_40_signature_range),
        cmocka_unit_test(test_bug_16_lengths),
    };
    return cmocka_run_group_tests(tests, bugs_setup, NULL);
}
