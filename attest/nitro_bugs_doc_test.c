/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs seen in public verifiers (attestation.md 5), the ones about the bytes of Nitro documents:
 * CBOR and fields. Under own throw-away roots; every falsified document is signed again. The
 * envelope is in nitro_bugs_cose_test.c. */
#include "attest/nitro_bugs_test.h"

/* --- documents written item by item --- */

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

static void put_pcrs(bool indefinite, unsigned twice)
{
    cborw_text(&w, "pcrs");
    if (indefinite)
        cborw_open(&w, PC_CBOR_MAP);
    else
        cborw_head(&w, PC_CBOR_MAP, twice < 16 ? 17 : 16);
    for (unsigned i = 0; i < 16; i++)
        for (unsigned k = 0; k < (i == twice ? 2 : 1); k++) {
            cborw_head(&w, PC_CBOR_UINT, i);
            cborw_bytes(&w, PC_BYTES(d.pcr[i]));
        }
    if (indefinite)
        cborw_break(&w);
}

static void put_cabundle(bool indefinite)
{
    cborw_text(&w, "cabundle");
    if (indefinite)
        cborw_open(&w, PC_CBOR_ARRAY);
    else
        cborw_head(&w, PC_CBOR_ARRAY, d.ca_count);
    for (size_t i = 0; i < d.ca_count; i++)
        cborw_bytes(&w, d.ca[i]);
    if (indefinite)
        cborw_break(&w);
}

enum item {
    I_MODULE,
    I_DIGEST,
    I_TIMESTAMP,
    I_PCRS,
    I_CERTIFICATE,
    I_CABUNDLE,
    I_PUBLIC_KEY,
    I_USER_DATA,
    I_NONCE,
    I_COUNT
};

static void put_item(enum item i)
{
    switch (i) {
    case I_MODULE:
        cborw_text(&w, "module_id");
        cborw_text(&w, d.module_id);
        return;
    case I_DIGEST:
        cborw_text(&w, "digest");
        cborw_text(&w, "SHA384");
        return;
    case I_TIMESTAMP:
        cborw_text(&w, "timestamp");
        cborw_head(&w, PC_CBOR_UINT, d.timestamp_ms);
        return;
    case I_PCRS:
        put_pcrs(false, 99);
        return;
    case I_CERTIFICATE:
        cborw_text(&w, "certificate");
        cborw_bytes(&w, d.certificate);
        return;
    case I_CABUNDLE:
        put_cabundle(false);
        return;
    case I_PUBLIC_KEY:
        cborw_text(&w, "public_key");
        cborw_null(&w);
        return;
    case I_USER_DATA:
        cborw_text(&w, "user_data");
        cborw_bytes(&w, d.user_data.data);
        return;
    case I_NONCE:
        cborw_text(&w, "nonce");
        cborw_null(&w);
        return;
    case I_COUNT:
        return;
    }
}

/* All items but one, in whose place stands `with` (a name and a value, or nothing). */
static void replaced(size_t form, enum item which, struct bytes with)
{
    begin(form);
    cborw_open(&w, PC_CBOR_MAP);
    for (unsigned i = 0; i < I_COUNT; i++)
        if (i == which)
            cborw_raw(&w, with);
        else
            put_item((enum item)i);
    cborw_break(&w);
    finish(form);
}

#define B(...) PC_BYTES(((const uint8_t[]){__VA_ARGS__}))

static void test_bug_27_indefinite_maps(void **state)
{
    (void)state;
    for (unsigned form = 0; form < 8; form++) { /* payload, pcrs, cabundle: either way */
        begin(0);
        if ((form & 1) != 0)
            cborw_open(&w, PC_CBOR_MAP);
        else
            cborw_head(&w, PC_CBOR_MAP, I_COUNT);
        for (unsigned i = 0; i < I_COUNT; i++)
            if (i == I_PCRS)
                put_pcrs((form & 2) != 0, 99);
            else if (i == I_CABUNDLE)
                put_cabundle((form & 4) != 0);
            else
                put_item((enum item)i);
        if ((form & 1) != 0)
            cborw_break(&w);
        finish(0);
        expect_accept();
    }
    begin(0); /* the order of fields does not matter */
    cborw_open(&w, PC_CBOR_MAP);
    for (unsigned i = I_COUNT; i-- > 0;)
        put_item((enum item)i);
    cborw_break(&w);
    finish(0);
    expect_accept();
}

static void test_bug_28_duplicate_keys(void **state)
{
    (void)state;
    for (unsigned twice = 0; twice < I_COUNT; twice++)
        for (unsigned at = 0; at < 2; at++) {
            begin(0);
            cborw_open(&w, PC_CBOR_MAP);
            for (unsigned i = 0; i < I_COUNT; i++) {
                if (i == twice && at == 0)
                    put_item((enum item)i);
                put_item((enum item)i);
            }
            if (at == 1)
                put_item((enum item)twice);
            cborw_break(&w);
            finish(0);
            expect_only(PC_R_DOC_PAYLOAD);
        }
    for (unsigned pcr = 0; pcr < 16; pcr++)
        for (unsigned form = 0; form < 2; form++) {
            begin(0);
            cborw_open(&w, PC_CBOR_MAP);
            for (unsigned i = 0; i < I_COUNT; i++)
                if (i == I_PCRS)
                    put_pcrs(form == 1, pcr);
                else
                    put_item((enum item)i);
            cborw_break(&w);
            finish(0);
            expect_only(PC_R_DOC_PAYLOAD);
        }
    /* unknown keys too, also inside what is skipped */
    replaced(0, I_COUNT, B(0));
    expect_accept();
    begin(0);
    cborw_head(&w, PC_CBOR_MAP, I_COUNT + 2);
    for (unsigned i = 0; i < I_COUNT; i++)
        put_item((enum item)i);
    cborw_raw(&w, B(0x61, 'x', 0x01, 0x61, 'x', 0x02));
    finish(0);
    expect_only(PC_R_DOC_PAYLOAD);
}

static void test_bug_28_trailing_bytes(void **state)
{
    static const uint8_t lasts[] = {0x00, 0x40, 0x60, 0xa0, 0xd2, 0xf6, 0xff};
    (void)state;
    for (size_t form = 0; form < 2; form++)
        for (size_t k = 0; k < sizeof(lasts); k++) {
            const uint8_t last = lasts[k];
            begin(form);
            sim_nitro_payload(&w, &d);
            cborw_u8(&w, last); /* behind the map, or behind its break */
            finish(form);
            expect_only(PC_R_DOC_PAYLOAD);
            start(form);
            forge_nitro_build(&built, &f);
            built.p[built.n++] = last; /* behind the array */
            judge_built(form);
            expect_only(PC_R_COSE_FORM);
        }
    /* One pair more or less than the head says. */
    for (int more = -1; more <= 1; more++) {
        begin(0);
        cborw_head(&w, PC_CBOR_MAP, (uint64_t)(I_COUNT + more));
        for (unsigned i = 0; i < I_COUNT; i++)
            put_item((enum item)i);
        finish(0);
        if (more == 0)
            expect_accept();
        else
            expect_only(more < 0 ? PC_R_DOC_PAYLOAD : PC_R_QUOTE_TRUNCATED);
    }
}

static void test_unknown_keys(void **state)
{
    const struct {
        struct bytes pair;
        bool ok;
    } cases[] = {
        {B(0x61, 'x', 0x00), true},
        {B(0x61, 'x', 0x38, 0x22), true},
        {B(0x61, 'x', 0xf4), true},
        {B(0x61, 'x', 0xf5), true},
        {B(0x61, 'x', 0xf6), true},
        {B(0x61, 'x', 0x41, 0xff), true},
        {B(0x60, 0x00), true},                               /* the name of no bytes */
        {B(0x61, 'x', 0x81, 0x81, 0x81, 0x00), true},        /* depth 4 */
        {B(0x61, 'x', 0x81, 0x81, 0x81, 0x80), false},       /* 5 */
        {B(0x61, 'x', 0xa1, 0x01, 0xa1, 0x40, 0x80), true},  /* maps inside */
        {B(0x61, 'x', 0x9f, 0x01, 0xbf, 0xff, 0xff), true},  /* indefinite */
        {B(0x61, 'x', 0xa2, 0x01, 0x00, 0x01, 0x00), false}, /* equal keys inside */
        {B(0x61, 'x', 0xc0, 0x00), false},                   /* a tag */
        {B(0x61, 'x', 0xf7), false},                         /* undefined */
        {B(0x61, 'x', 0xe0), false},                         /* another simple value */
        {B(0x61, 'x', 0xf8, 0x20), false},                   /* one of two bytes */
        {B(0x61, 'x', 0xf9, 0x3c, 0x00), false},             /* floats */
        {B(0x61, 'x', 0xfa, 0, 0, 0, 0), false},             /* */
        {B(0x61, 'x', 0xfb, 0, 0, 0, 0, 0, 0, 0, 0), false}, /* */
        {B(0x61, 'x', 0x5f, 0x41, 0x01, 0xff), false},       /* chunks */
        {B(0x61, 'x', 0x7f, 0x61, 'y', 0xff), false},        /* */
        {B(0x61, 'x', 0xff), false},                         /* a break for a value */
        {B(0x7f, 0x61, 'x', 0xff, 0x00), false},             /* a chunked name */
        {B(0x01, 0x00), false},                              /* a number for a name */
        {B(0x41, 'x', 0x00), false},                         /* bytes for a name */
        {B(0xf6, 0x00), false},                              /* null for a name */
        {B(0x61, 'x', 0x18, 0x17), false},                   /* heads that are not the shortest */
        {B(0x61, 'x', 0x19, 0x00, 0xff), false},             /* */
        {B(0x61, 'x', 0x1a, 0x00, 0x00, 0xff, 0xff), false}, /* */
        {B(0x61, 'x', 0x1b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff), false}, /* */
        {B(0x61, 'x', 0x1c), false},                                     /* reserved */
        {B(0x78, 0x01, 'x', 0x00), false},                               /* */
    };
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        begin(0);
        cborw_open(&w, PC_CBOR_MAP);
        for (unsigned k = 0; k < I_COUNT; k++)
            put_item((enum item)k);
        cborw_raw(&w, cases[i].pair);
        cborw_break(&w);
        finish(0);
        if (cases[i].ok)
            expect_accept();
        else if (verdict_accepts(&v))
            fail_msg("case %zu was accepted", i);
    }
    /* 32 pairs, and one more */
    for (unsigned extra = 32 - I_COUNT; extra <= 33 - I_COUNT; extra++) {
        begin(0);
        cborw_open(&w, PC_CBOR_MAP);
        for (unsigned k = 0; k < I_COUNT; k++)
            put_item((enum item)k);
        for (unsigned k = 0; k < extra; k++)
            cborw_raw(&w, B(0x61, (uint8_t)('A' + k), 0x00));
        cborw_break(&w);
        finish(0);
        if (extra == 32 - I_COUNT)
            expect_accept();
        else
            expect_only(PC_R_DOC_PAYLOAD);
    }
}

/* A field that is missing, of another type, or out of its bounds. */
static void test_fields(void **state)
{
    const struct {
        enum item which;
        struct bytes with;
        enum verdict_reason reason;
    } cases[] = {
        {I_MODULE, B(0x69, 'm', 'o', 'd', 'u', 'l', 'e', '_', 'i', 'd', 0x60), PC_R_DOC_FIELD},
        {I_MODULE, B(0x69, 'm', 'o', 'd', 'u', 'l', 'e', '_', 'i', 'd', 0x41, 'i'), PC_R_DOC_FIELD},
        {I_MODULE, B(0x69, 'm', 'o', 'd', 'u', 'l', 'e', '_', 'i', 'd', 0xf6), PC_R_DOC_FIELD},
        {I_DIGEST, B(0x66, 'd', 'i', 'g', 'e', 's', 't', 0x66, 'S', 'H', 'A', '2', '5', '6'),
         PC_R_DOC_DIGEST},
        {I_DIGEST, B(0x66, 'd', 'i', 'g', 'e', 's', 't', 0x66, 's', 'h', 'a', '3', '8', '4'),
         PC_R_DOC_DIGEST},
        {I_DIGEST, B(0x66, 'd', 'i', 'g', 'e', 's', 't', 0x65, 'S', 'H', 'A', '3', '8'),
         PC_R_DOC_DIGEST},
        {I_DIGEST, B(0x66, 'd', 'i', 'g', 'e', 's', 't', 0x46, 'S', 'H', 'A', '3', '8', '4'),
         PC_R_DOC_FIELD},
        {I_TIMESTAMP, B(0x69, 't', 'i', 'm', 'e', 's', 't', 'a', 'm', 'p', 0x00), PC_R_DOC_FIELD},
        {I_TIMESTAMP, B(0x69, 't', 'i', 'm', 'e', 's', 't', 'a', 'm', 'p', 0x20), PC_R_DOC_FIELD},
        {I_TIMESTAMP, B(0x69, 't', 'i', 'm', 'e', 's', 't', 'a', 'm', 'p', 0xf6), PC_R_DOC_FIELD},
        {I_PCRS, B(0x64, 'p', 'c', 'r', 's', 0xa0), PC_R_DOC_FIELD},
        {I_PCRS, B(0x64, 'p', 'c', 'r', 's', 0xbf, 0xff), PC_R_DOC_FIELD},
        {I_PCRS, B(0x64, 'p', 'c', 'r', 's', 0x80), PC_R_DOC_FIELD},
        {I_PCRS, B(0x64, 'p', 'c', 'r', 's', 0xa1, 0x00, 0x40), PC_R_DOC_FIELD},
        {I_CERTIFICATE, B(0x6b, 'c', 'e', 'r', 't', 'i', 'f', 'i', 'c', 'a', 't', 'e', 0x40),
         PC_R_DOC_FIELD},
        {I_CERTIFICATE, B(0x6b, 'c', 'e', 'r', 't', 'i', 'f', 'i', 'c', 'a', 't', 'e', 0xf6),
         PC_R_DOC_FIELD},
        {I_CABUNDLE, B(0x68, 'c', 'a', 'b', 'u', 'n', 'd', 'l', 'e', 0x80), PC_R_DOC_FIELD},
        {I_CABUNDLE, B(0x68, 'c', 'a', 'b', 'u', 'n', 'd', 'l', 'e', 0xa0), PC_R_DOC_FIELD},
        {I_CABUNDLE, B(0x68, 'c', 'a', 'b', 'u', 'n', 'd', 'l', 'e', 0x81, 0x80), PC_R_DOC_FIELD},
        {I_PUBLIC_KEY, B(0x6a, 'p', 'u', 'b', 'l', 'i', 'c', '_', 'k', 'e', 'y', 0x40),
         PC_R_DOC_FIELD},
        {I_PUBLIC_KEY, B(0x6a, 'p', 'u', 'b', 'l', 'i', 'c', '_', 'k', 'e', 'y', 0xf4),
         PC_R_DOC_FIELD},
        {I_USER_DATA, B(0x69, 'u', 's', 'e', 'r', '_', 'd', 'a', 't', 'a', 0x61, 'x'),
         PC_R_DOC_FIELD},
        {I_NONCE, B(0x65, 'n', 'o', 'n', 'c', 'e', 0x00), PC_R_DOC_FIELD},
    };
    (void)state;
    for (unsigned i = 0; i < I_COUNT; i++) {
        replaced(0, (enum item)i, (struct bytes){NULL, 0});
        expect_only(PC_R_DOC_FIELD);
    }
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        replaced(0, cases[i].which, cases[i].with);
        expect_only(cases[i].reason);
    }
    /* PCR values of another length, indices over 31. */
    static uint8_t long_pcr[6 + 2 + 2 + 49] = {0x64, 'p', 'c', 'r', 's', 0xa1, 0x00, 0x58, 49};
    replaced(0, I_PCRS, bytes_of(long_pcr, 9 + 49));
    expect_only(PC_R_DOC_FIELD);
    long_pcr[8] = 47;
    replaced(0, I_PCRS, bytes_of(long_pcr, 9 + 47));
    expect_only(PC_R_DOC_FIELD);
    static uint8_t high[6 + 2 + 2 + 48] = {0x64, 'p', 'c', 'r', 's', 0xa1, 0x18, 0x20, 0x58, 48};
    replaced(0, I_PCRS, PC_BYTES(high));
    expect_only(PC_R_DOC_FIELD);
    high[7] = 0x1f; /* 31 is an index, but the four that are measured are missing */
    replaced(0, I_PCRS, PC_BYTES(high));
    expect_only(PC_R_PCR_MISSING);
    static uint8_t negative[6 + 1 + 2 + 48] = {0x64, 'p', 'c', 'r', 's', 0xa1, 0x20, 0x58, 48};
    replaced(0, I_PCRS, PC_BYTES(negative));
    expect_only(PC_R_DOC_FIELD);
}

/* user_data, nonce and public_key at the ends of their lengths; by a policy that takes any. */
static void test_field_lengths(void **state)
{
    static const uint8_t data[PC_NITRO_KEY_MAX + 1];
    const struct {
        unsigned which; /* 0 public_key, 1 user_data, 2 nonce */
        size_t n;
        bool ok;
    } cases[] = {{0, 1, true},   {0, 1024, true}, {0, 1025, false}, {0, 0, false},
                 {1, 0, true},   {1, 512, true},  {1, 513, false},  {2, 0, true},
                 {2, 512, true}, {2, 513, false}};
    struct evidence_policy p;
    (void)state;
    policy_manifest(&p);
    memcpy(p.root_sha256[PC_VENDOR_NITRO], pins[0], 32);
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        start(0);
        struct nitro_optional *const which[] = {&f.doc.public_key, &f.doc.user_data, &f.doc.nonce};
        *which[cases[i].which] = (struct nitro_optional){true, bytes_of(data, cases[i].n)};
        forge_nitro_build(&built, &f);
        struct evidence_input in = {.evidence = bytes_of(built.p, built.n),
                                    .policy = &p,
                                    .evidence_time = PC_FORGE_NITRO_NOW};
        evidence_verify(&v, NULL, PC_VENDOR_NITRO, &in);
        if (cases[i].ok)
            expect_accept();
        else
            expect_only(PC_R_DOC_FIELD);
        if (cases[i].ok && cases[i].which == 1) /* over 64 bytes: none in the verdict */
            assert_int_equal(v.report_data_len, 0);
    }
}

/* Integers all ones, where a length is multiplied or added: the classic allocation of libcbor. */
static void test_nested_arrays(void **state)
{
    (void)state;
    w.n = 0;
    while (w.n + 5 <= PC_NITRO_DOC_MAX)
        cborw_raw(&w, B(0x9a, 0x00, 0x10, 0x00, 0x00));
    forge_nitro_verify(&v, bytes_of(w.p, w.n), pins[0]);
    expect_only(PC_R_COSE_FORM);
    begin(0);
    for (size_t i = 0; i < 2000; i++)
        cborw_raw(&w, B(0x9a, 0x00, 0x10, 0x00, 0x00));
    finish(0);
    expect_only(PC_R_DOC_PAYLOAD);
    replaced(
        0, I_NONCE,
        B(0x65, 'n', 'o', 'n', 'c', 'e', 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff));
    assert_false(verdict_accepts(&v));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bug_27_indefinite_maps),
        cmocka_unit_test(test_bug_28_duplicate_keys),
        cmocka_unit_test(test_bug_28_trailing_bytes),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_field_lengths),
        cmocka_unit_test(test_nested_arrays),
    };
    return cmocka_run_group_tests(tests, bugs_setup, NULL);
}
