/* SPDX-License-Identifier: Apache-2.0 */
/* Bugs seen in public verifiers (attestation.md 5), the ones about the quote itself; under own
 * throw-away roots. The vectors that the list names are in tdx_vectors_test.c. */
#include <stdlib.h>

#include "attest/tdx_bugs_test.h"

#include "attest/pem.h"

static void test_genuine(void **state)
{
    (void)state;
    FINE((void)0);
}

static void set_td_bit(unsigned bit)
{
    f.quote.body[PC_TD_ATTRIBUTES + bit / 8] |= (uint8_t)(1U << (bit % 8));
}

static void test_bug_01_debug_td(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 8; bit++)
        ONLY(set_td_bit(bit), PC_R_TD_DEBUG);
    ONLY(set_td_bit(29), PC_R_TD_MIGRATABLE);
    ONLY(set_td_bit(62), PC_R_TD_ATTR_FORBIDDEN);
    ONLY(set_td_bit(63), PC_R_TD_ATTR_FORBIDDEN); /* PERFMON, by the network's policy */
    for (unsigned bit = 8; bit < 64; bit++) {
        if ((UINT64_C(1) << bit &
             (PC_TD_SEPT_VE_DISABLE | PC_TD_MIGRATABLE | PC_TD_PKS | PC_TD_KL)))
            continue;
        ONLY(set_td_bit(bit), PC_R_TD_ATTR_FORBIDDEN);
    }
    ONLY(f.quote.body[PC_TD_ATTRIBUTES + 3] &= 0xef, PC_R_TD_ATTR_MISSING);
    ONLY(f.quote.body[PC_TD_XFAM] = 0x05, PC_R_XFAM);
    ONLY(f.quote.body[PC_TD_XFAM + 7] = 0x80, PC_R_XFAM);
    start(1);
    f.quote.body[PC_TD_MRSERVICETD + 47] = 1;
    judge(1);
    expect_only(PC_R_SERVICE_TD);
}

static void test_bug_05_qe_binding(void **state)
{
    (void)state;
    /* The attestation key swapped, the body signed with it, the QE report as it was. */
    for (size_t i = 0; i < 2; i++) {
        start(i);
        forge_build(&parts, &f);
        size_t head = f.quote.body_n + PC_TDX_HEADER_LEN + (i == 1 ? 6 : 0);
        uint8_t *e = parts.p[PC_FORGED_EVIDENCE];
        sim_sign(e + head, &f.stranger, bytes_of(e, head));
        memcpy(e + head + 64, f.stranger.xy, 64);
        forge_verify(&v, &parts, pins[i]);
        expect_only(PC_R_QE_BINDING);
        /* One byte of the authentication data. */
        forge_build(&parts, &f);
        e[parts.n[PC_FORGED_EVIDENCE] - 1] ^= 1;
        forge_verify(&v, &parts, pins[i]);
        expect_only(PC_R_QE_BINDING);
        /* The second half of the QE's report data. */
        start(i);
        f.quote.keep_qe_reportdata = true;
        ec_sha256_2(f.quote.qe_report + PC_QE_REPORTDATA, PC_BYTES(f.quote.attest_key.xy),
                    PC_BYTES(f.quote.auth));
        judge(i);
        expect_accept();
        f.quote.qe_report[PC_QE_REPORTDATA + 63] = 1;
        judge(i);
        expect_only(PC_R_QE_BINDING);
    }
}

static void test_bug_06_quote_signature(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        start(i);
        forge_build(&parts, &f);
        parts.p[PC_FORGED_EVIDENCE][48 + (i == 1 ? 6 : 0) + PC_TD_REPORTDATA] ^= 1;
        forge_verify(&v, &parts, pins[i]);
        expect_only(PC_R_QUOTE_SIGNATURE);
    }
    ONLY(f.quote.pck_key = &f.stranger, PC_R_QE_SIGNATURE);
}

/* r or s zero, not below the order; key off the curve. High s is fine (bug 33). */
static void test_bug_06_signature_range(void **state)
{
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0,    0,    0,    0,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                      0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    (void)state;
    for (size_t half = 0; half < 2; half++)
        for (int kind = 0; kind < 3; kind++) {
            start(0);
            forge_build(&parts, &f);
            uint8_t *sig = parts.p[PC_FORGED_EVIDENCE] + PC_TDX_HEADER_LEN + PC_TDX_BODY_10;
            if (kind == 0)
                memset(sig + 32 * half, 0, 32);
            else if (kind == 1)
                memcpy(sig + 32 * half, order, 32);
            else
                memset(sig + 32 * half, 0xff, 32);
            forge_verify(&v, &parts, pins[0]);
            expect_only(PC_R_QUOTE_SIGNATURE);
        }
    start(0);
    forge_build(&parts, &f);
    parts.p[PC_FORGED_EVIDENCE][PC_TDX_HEADER_LEN + PC_TDX_BODY_10 + 64] ^= 1; /* x of the key */
    forge_verify(&v, &parts, pins[0]);
    expect_reason(PC_R_ATTEST_KEY);
}

static void test_bug_07_root_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) { /* own root with equal names, everything under it genuine */
        struct rng_seeded rng;
        rng_seeded_init(&rng, 7);
        forge_init(&f, &rng.rng, (uint16_t)(4 + i));
        judge(i);
        expect_only(PC_R_UNTRUSTED_ROOT);
        assert_int_equal(v.has_claims, 0);
    }
    /* The pinned root appended to a foreign chain: its own signature decides. */
    start(0);
    sim_key_new(&f.vendor.root.key, rng_system());
    forge_build(&parts, &f);
    struct forged other = parts;
    forge_build(&parts, &genuine[0]);
    memcpy(other.p[PC_FORGED_ROOT], parts.p[PC_FORGED_ROOT], parts.n[PC_FORGED_ROOT]);
    other.n[PC_FORGED_ROOT] = parts.n[PC_FORGED_ROOT];
    forge_verify(&v, &other, pins[0]);
    expect_only(PC_R_CHAIN_INVALID);
}

static void test_bug_08_body_descriptor(void **state)
{
    static const struct {
        uint16_t type;
        size_t size;
    } wrong[] = {{2, 648}, {3, 584}, {1, 384}, {1, 648}, {4, 648}, {9, 648}, {0, 648}, {4, 584}};
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(wrong); i++) {
        start(1);
        f.quote.body_type = wrong[i].type;
        f.quote.body_n = wrong[i].size;
        judge(1);
        expect_only(PC_R_BODY_TYPE);
    }
    start(1); /* the two that are right beside TD report 1.5 */
    f.quote.body_type = 2;
    f.quote.body_n = PC_TDX_BODY_10;
    judge(1);
    expect_accept();
    start(1);
    f.quote.body_type = 4;
    f.quote.body_n = PC_TDX_BODY_15_EX;
    judge(1);
    expect_accept();
    /* Signed without the descriptor: refused. */
    start(1);
    forge_build(&parts, &f);
    uint8_t bare[PC_TDX_HEADER_LEN + PC_TDX_BODY_15], *e = parts.p[PC_FORGED_EVIDENCE];
    memcpy(bare, e, PC_TDX_HEADER_LEN);
    memcpy(bare + PC_TDX_HEADER_LEN, e + PC_TDX_HEADER_LEN + 6, PC_TDX_BODY_15);
    sim_sign(e + sizeof(bare) + 6, &f.quote.attest_key, PC_BYTES(bare));
    forge_verify(&v, &parts, pins[1]);
    expect_only(PC_R_QUOTE_SIGNATURE);
}

static void test_bug_15_header(void **state)
{
    (void)state;
    ONLY(f.quote.qe_vendor[15] ^= 1, PC_R_QE_VENDOR);
    ONLY(f.quote.qe_vendor[0] ^= 0x80, PC_R_QE_VENDOR);
    ONLY(f.quote.key_type = 3, PC_R_KEY_TYPE);
    ONLY(f.quote.key_type = 0, PC_R_KEY_TYPE);
    ONLY(f.quote.tee_type = 0, PC_R_TEE_TYPE);
    ONLY(f.quote.tee_type = 0x80000081, PC_R_TEE_TYPE);
    start(0);
    f.quote.version = 3;
    judge(0);
    expect_only(PC_R_VERSION);
}

/* --- lengths --- */

static struct forge_input input;
static uint8_t quote[PC_EVIDENCE_MAX + 16];

static void verify_bytes(size_t i, const uint8_t *p, size_t n)
{
    uint8_t roots[4][32] = {{0}};
    struct evidence_policy policy;
    memcpy(roots[PC_VENDOR_TDX], pins[i], 32);
    policy_network(&policy, (const uint8_t(*)[32])roots);
    input.in.policy = &policy;
    input.in.evidence = bytes_of(p, n);
    evidence_verify(&v, NULL, PC_VENDOR_TDX, &input.in);
}

static size_t whole_quote(size_t i)
{
    start(i);
    forge_build(&parts, &f);
    forge_assemble(&input, &parts);
    memcpy(quote, input.in.evidence.p, input.in.evidence.n);
    return input.in.evidence.n;
}

static void test_bug_16_lengths(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        size_t n = whole_quote(i), sig = PC_TDX_HEADER_LEN + (i == 1 ? 6 + 648 : 584);
        /* Offsets of every length field: signature data, outer, authentication data, inner. */
        const size_t at32[] = {sig, sig + 4 + 130, sig + 4 + 134 + 450 + 32 + 2};
        const size_t auth = sig + 4 + 134 + 448;
        verify_bytes(i, quote, n);
        expect_accept();
        for (size_t k = 0; k < PC_ARRAY_LEN(at32); k++) {
            uint32_t right = load_le32(quote + at32[k]);
            const uint32_t wrong[] = {0,          1,          right - 1,  right + 1,
                                      0x7fffffff, 0x80000000, 0xffffffff, right + 0x10000};
            for (size_t w = 0; w < PC_ARRAY_LEN(wrong); w++) {
                store_le32(quote + at32[k], wrong[w]);
                verify_bytes(i, quote, n);
                assert_false(verdict_accepts(&v));
                assert_int_equal(v.has_claims, 0);
            }
            store_le32(quote + at32[k], right);
        }
        const uint16_t wrong16[] = {0, 31, 33, 0x7fff, 0xffff};
        for (size_t w = 0; w < PC_ARRAY_LEN(wrong16); w++) {
            store_le16(quote + auth, wrong16[w]);
            verify_bytes(i, quote, n);
            assert_false(verdict_accepts(&v));
        }
        store_le16(quote + auth, 32);
        verify_bytes(i, quote, n);
        expect_accept();
        /* Truncated at every byte. */
        for (size_t cut = 0; cut < n; cut++) {
            verify_bytes(i, quote, cut);
            assert_false(verdict_accepts(&v));
            assert_int_equal(v.has_claims, 0);
        }
        /* Zeros behind the end, up to the bound; a one anywhere in them. */
        memset(quote + n, 0, sizeof(quote) - n);
        verify_bytes(i, quote, n + 70);
        expect_accept();
        verify_bytes(i, quote, PC_EVIDENCE_MAX);
        expect_accept();
        verify_bytes(i, quote, PC_EVIDENCE_MAX + 1);
        expect_only(PC_R_QUOTE_TOO_LARGE);
        quote[n + 69] = 1;
        verify_bytes(i, quote, n + 70);
        expect_only(PC_R_TRAILING);
    }
}

/* Certification data of other types, and texts that are not one clean chain. */
static void test_bug_17_certificates(void **state)
{
    (void)state;
    static uint8_t other[PC_EVIDENCE_MAX];
    size_t n = whole_quote(0), sig = PC_TDX_HEADER_LEN + 584, pem_at = sig + 4 + 134 + 450 + 32 + 6;
    size_t pem_n = n - pem_at;
    const size_t outer_at = sig + 4 + 130, inner_at = pem_at - 4;
    for (uint16_t type = 0; type < 10; type++) {
        store_le16(quote + inner_at - 2, type);
        verify_bytes(0, quote, n);
        if (type == 5)
            expect_accept();
        else
            expect_only(PC_R_CERT_DATA_TYPE);
    }
    store_le16(quote + inner_at - 2, 5);
    store_le16(quote + outer_at - 2, 5);
    verify_bytes(0, quote, n);
    expect_only(PC_R_CERT_DATA_TYPE);
    store_le16(quote + outer_at - 2, 6);

    /* Texts of another length: lengths are set to fit. */
    char *pem = malloc(pem_n + 4096);
    assert_non_null(pem);
    static struct pem_chain chain;
    assert_int_equal(pem_decode(&chain, bytes_of(quote + pem_at, pem_n)), PC_OK);
    const struct bytes leaf = chain.cert[0], ca = chain.cert[1], root = chain.cert[2];
    const struct bytes lists[][4] = {
        {leaf, ca, root, root},
        {ca, leaf, root, leaf},
        {leaf, root, ca, leaf},
        {leaf, ca, leaf, leaf},
    };
    static const size_t counts[] = {4, 3, 3, 2};
    static const enum verdict_reason want[] = {PC_R_CHAIN_LENGTH, PC_R_CHAIN_INVALID,
                                               PC_R_UNTRUSTED_ROOT, PC_R_CHAIN_LENGTH};
    for (size_t t = 0; t < 12; t++) {
        size_t len = pem_n;
        enum verdict_reason reason = PC_R_CERT_DATA_PEM;
        memcpy(pem, quote + pem_at, pem_n);
        char *second = strstr(pem + 30, "-----BEGIN");
        switch (t) {
        case 0:
        case 1:
        case 2:
        case 3:
            sim_pem(pem, pem_n + 4096, &len, lists[t], counts[t]);
            reason = want[t];
            break;
        case 4: /* DER instead */
            memcpy(pem, leaf.p, leaf.n);
            len = leaf.n;
            break;
        case 5: /* text between blocks */
            second[-1] = 'x';
            break;
        case 6: /* NUL inside */
            pem[100] = '\0';
            break;
        case 7: /* a character outside the alphabet */
            pem[100] = '*';
            break;
        case 8: /* not an end line */
            pem[len - 3] = 'x';
            break;
        case 9: /* empty */
            len = 0;
            break;
        case 10: /* a header before */
            memmove(pem + 6, pem, len);
            memcpy(pem, "hello\n", 6);
            len += 6;
            break;
        default: /* line end and NUL behind the last: as seen in real quotes */
            pem[len++] = '\n';
            pem[len++] = '\0';
            reason = PC_R_COUNT;
            break;
        }
        memcpy(other, quote, pem_at);
        memcpy(other + pem_at, pem, len);
        store_le32(other + inner_at, (uint32_t)len);
        store_le32(other + outer_at, (uint32_t)(pem_at - outer_at - 4 + len));
        store_le32(other + sig, (uint32_t)(pem_at - sig - 4 + len));
        verify_bytes(0, other, pem_at + len);
        if (reason == PC_R_COUNT)
            expect_accept();
        else
            expect_only(reason);
    }
    free(pem);
}

static void test_bug_33_not_over_strict(void **state)
{
    (void)state;
    unsigned high = 0;
    for (unsigned i = 0; i < 40; i++) { /* half of all signatures have a high s: all are taken */
        start(i % 2);
        store_le32(f.quote.body + PC_TD_REPORTDATA, i);
        judge(i % 2);
        expect_accept();
        high += parts.p[PC_FORGED_TCB_SIG][32] >= 0x80 ||
                parts.p[PC_FORGED_EVIDENCE][f.quote.body_n + 48 + 6 * (i % 2) + 32] >= 0x80;
    }
    assert_true(high > 0);
    FINE((f.tcb.number = 20, f.qe.number = 19)); /* numbers may differ */
    FINE(f.qe.attributes_mask[15] = 0xff);       /* a wider mask over zeros */
}

/* Every bit of a genuine quote flipped: refused, or provably outside what is signed and checked. */
static void test_bug_35_every_bit(void **state)
{
    (void)state;
    size_t n = whole_quote(0), sig = PC_TDX_HEADER_LEN + 584, accepted = 0;
    size_t pem_at = sig + 4 + 134 + 450 + 32 + 6;
    struct verdict first;
    verify_bytes(0, quote, n);
    first = v;
    for (size_t bit = 0; bit < pem_at * 8; bit += 3) { /* each byte twice or more */
        quote[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        verify_bytes(0, quote, n);
        accepted += verdict_accepts(&v);
        quote[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    assert_int_equal(accepted, 0);
    /* In the PEM text only flips that decode to the same certificates may pass (none, or a line
     * end). */
    for (size_t at = pem_at; at < n; at += 7) {
        quote[at] ^= 1;
        verify_bytes(0, quote, n);
        if (verdict_accepts(&v))
            assert_memory_equal(&v, &first, sizeof(v));
        quote[at] ^= 1;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_genuine),
        cmocka_unit_test(test_bug_01_debug_td),
        cmocka_unit_test(test_bug_05_qe_binding),
        cmocka_unit_test(test_bug_06_quote_signature),
        cmocka_unit_test(test_bug_06_signature_range),
        cmocka_unit_test(test_bug_07_root_by_name),
        cmocka_unit_test(test_bug_08_body_descriptor),
        cmocka_unit_test(test_bug_15_header),
        cmocka_unit_test(test_bug_16_lengths),
        cmocka_unit_test(test_bug_17_certificates),
        cmocka_unit_test(test_bug_33_not_over_strict),
        cmocka_unit_test(test_bug_35_every_bit),
    };
    return cmocka_run_group_tests(tests, bugs_setup, NULL);
}
