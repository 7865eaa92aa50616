/* SPDX-License-Identifier: Apache-2.0 */
/* The strict readers: DER, PEM, certificates, lists, the PCK extension, collateral; and that each
 * chain which they accept also passes OpenSSL's verifier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "attest/der.h"
#include "attest/pem.h"
#include "attest/sim/forge.h"
#include "attest/tdx_collateral.h"
#include "attest/tdx_pck.h"
#include "base/rng_seeded.h"

static struct forge f;
static struct forged parts;

static int setup(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 5);
    forge_init(&f, &rng.rng, 4);
    forge_build(&parts, &f);
    return 0;
}

#define B(...) PC_BYTES(((const uint8_t[]){__VA_ARGS__}))

static bool takes(struct bytes b, uint8_t tag)
{
    struct der d = der_of(b);
    (void)der_take(&d, tag);
    return der_end(&d);
}

static void test_der_lengths(void **state)
{
    (void)state;
    assert_true(takes(B(0x04, 0x00), 0x04));
    assert_true(takes(B(0x04, 0x01, 0xaa), 0x04));
    assert_false(takes(B(0x04, 0x01, 0xaa), 0x05));       /* another tag */
    assert_false(takes(B(0x04, 0x02, 0xaa), 0x04));       /* over the end */
    assert_false(takes(B(0x04, 0x00, 0x00), 0x04));       /* bytes left */
    assert_false(takes(B(0x04), 0x04));                   /* no length */
    assert_false(takes(B(0x04, 0x80), 0x04));             /* indefinite */
    assert_false(takes(B(0x04, 0x81, 0x01, 0xaa), 0x04)); /* not the shortest */
    assert_false(takes(B(0x04, 0x82, 0x00, 0x80), 0x04));
    assert_false(takes(B(0x04, 0x83, 0x01, 0x00, 0x00), 0x04)); /* too long for any of ours */
    assert_false(takes(B(0x04, 0xff), 0x04));
    assert_false(takes(B(0x1f, 0x81, 0x00, 0x00), 0x1f)); /* long tags */
    uint8_t long_form[3 + 0x80] = {0x04, 0x81, 0x80};
    assert_true(takes(PC_BYTES(long_form), 0x04));
    uint8_t longer[4 + 0x100] = {0x04, 0x82, 0x01, 0x00};
    assert_true(takes(PC_BYTES(longer), 0x04));
}

static void test_der_integers(void **state)
{
    (void)state;
    const struct {
        struct bytes in;
        bool ok;
        uint32_t value;
    } cases[] = {
        {B(0x02, 0x01, 0x00), true, 0},
        {B(0x02, 0x01, 0x7f), true, 0x7f},
        {B(0x02, 0x02, 0x00, 0xff), true, 0xff},
        {B(0x02, 0x05, 0x00, 0xff, 0xff, 0xff, 0xff), true, 0xffffffff},
        {B(0x02, 0x00), false, 0},
        {B(0x02, 0x01, 0x80), false, 0},             /* negative */
        {B(0x02, 0x02, 0x00, 0x7f), false, 0},       /* padded */
        {B(0x02, 0x05, 0x01, 0, 0, 0, 0), false, 0}, /* 2^32 */
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        struct der d = der_of(cases[i].in);
        assert_int_equal(der_take_u32(&d, PC_DER_INTEGER), cases[i].value);
        assert_int_equal(der_end(&d), cases[i].ok);
    }
    struct der d = der_of(B(0x01, 0x01, 0x01)); /* BOOLEAN that is not ff */
    (void)der_take_bool(&d);
    assert_false(der_end(&d));
}

static uint64_t time_of(uint8_t tag, const char *text, bool *ok)
{
    uint8_t b[40] = {tag, (uint8_t)strlen(text)};
    memcpy(b + 2, text, strlen(text));
    struct der d = der_of(bytes_of(b, 2 + strlen(text)));
    uint64_t t = der_take_time(&d);
    *ok = der_end(&d);
    return t;
}

static void test_der_times(void **state)
{
    (void)state;
    static const char *const bad_utc[] = {"",
                                          "180521104510",
                                          "180521104510+0000",
                                          "1805211045Z",
                                          "180021104510Z",
                                          "181321104510Z",
                                          "180500104510Z",
                                          "180532104510Z",
                                          "190229104510Z",
                                          "180521244510Z",
                                          "180521106010Z",
                                          "180521104560Z",
                                          "18052110451 Z",
                                          "20180521104510Z"};
    static const char *const bad_generalized[] = {"20491231235959Z", "20500101000000.5Z",
                                                  "500101000000Z", "20500101000000"};
    bool ok;
    assert_int_equal(time_of(PC_DER_UTC_TIME, "180521104510Z", &ok), 1526899510);
    assert_true(ok);
    assert_int_equal(time_of(PC_DER_UTC_TIME, "491231235959Z", &ok), 2524607999);
    assert_true(ok);
    assert_int_equal(time_of(PC_DER_UTC_TIME, "700101000000Z", &ok), 0);
    assert_true(ok);
    (void)time_of(PC_DER_UTC_TIME, "500101000000Z", &ok); /* 1950 */
    assert_false(ok);
    assert_int_equal(time_of(PC_DER_UTC_TIME, "240229000000Z", &ok), 1709164800);
    assert_true(ok);
    assert_int_equal(time_of(PC_DER_GENERALIZED_TIME, "20500101000000Z", &ok), 2524608000);
    assert_true(ok);
    assert_int_equal(time_of(PC_DER_GENERALIZED_TIME, "99991231235959Z", &ok), 253402300799);
    assert_true(ok);
    (void)time_of(PC_DER_GENERALIZED_TIME, "21000229000000Z", &ok); /* no leap year */
    assert_false(ok);
    for (size_t i = 0; i < PC_ARRAY_LEN(bad_utc); i++) {
        (void)time_of(PC_DER_UTC_TIME, bad_utc[i], &ok);
        assert_false(ok);
    }
    for (size_t i = 0; i < PC_ARRAY_LEN(bad_generalized); i++) {
        (void)time_of(PC_DER_GENERALIZED_TIME, bad_generalized[i], &ok);
        assert_false(ok);
    }
}

#define BEGIN "-----BEGIN CERTIFICATE-----\n"
#define END   "-----END CERTIFICATE-----\n"

static enum err_code decode(const char *text, struct pem_chain *out)
{
    return pem_decode(out, bytes_of(text, strlen(text)));
}

static void test_pem(void **state)
{
    static struct pem_chain out;
    static const char *const bad[] = {"",
                                      "hello",
                                      BEGIN,
                                      BEGIN END,
                                      BEGIN "AAAA\n",
                                      BEGIN "AAA\n" END,
                                      BEGIN "AAAAA\n" END,
                                      BEGIN "AAAA=\n" END,
                                      BEGIN "AA=A\n" END,
                                      BEGIN "AB==\n" END, /* unused bits */
                                      BEGIN "AAB=\n" END,
                                      BEGIN "=AAA\n" END,
                                      BEGIN "A===\n" END,
                                      BEGIN "AA==\nAAAA\n" END,
                                      BEGIN "AA-A\n" END,
                                      BEGIN "AAAA\n-----END CERTIFICATE----\n",
                                      " " BEGIN "AAAA\n" END,
                                      BEGIN "AAAA\n" END "x",
                                      BEGIN "AAAA\n-----END CERTIFICATE-----" BEGIN "AAAA\n" END,
                                      "-----BEGIN CERTIFICATE-----AAAA\n" END,
                                      "-----BEGIN X509 CRL-----\nAAAA\n" END};
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        assert_int_not_equal(decode(bad[i], &out), PC_OK);
        assert_int_equal(out.count, 0);
    }
    assert_int_equal(decode(BEGIN "QUI=\n" END, &out), PC_OK);
    assert_int_equal(out.count, 1);
    assert_true(bytes_equal_var(out.cert[0], PC_BYTES_STR("AB")));
    assert_int_equal(decode(BEGIN "QQ==\r\n" END "\n" BEGIN "QUJD\n" END, &out), PC_OK);
    assert_int_equal(out.count, 2);
    assert_true(bytes_equal_var(out.cert[1], PC_BYTES_STR("ABC")));
    assert_int_equal(decode(BEGIN "QQ==\n-----END CERTIFICATE-----", &out), PC_OK);
    assert_int_equal(decode(BEGIN "QQ==\n" END BEGIN "QQ==\n" END BEGIN "QQ==\n" END BEGIN
                                  "QQ==\n" END BEGIN "QQ==\n" END,
                            &out),
                     PC_E_TOO_LARGE);
}

/* Cut at every byte, each byte changed: never a crash, never a certificate that differs and
 * verifies. */
static void test_certificate_mutations(void **state)
{
    (void)state;
    struct bytes der = forged_part(&parts, PC_FORGED_LEAF);
    uint8_t copy[PC_CERT_DER_MAX];
    struct cert c;
    struct ec_key *ca;
    assert_int_equal(ec_key_new(&ca, f.vendor.ca.key.xy), PC_OK);
    assert_int_equal(cert_parse(&c, der), PC_OK);
    assert_int_equal(cert_verify(&c, ca), PC_OK);
    assert_int_equal(c.serial.n, 20);
    for (size_t n = 0; n < der.n; n++)
        assert_int_not_equal(cert_parse(&c, bytes_of(der.p, n)), PC_OK);
    for (size_t i = 0; i < der.n; i++) {
        memcpy(copy, der.p, der.n);
        copy[i] ^= 0x41;
        if (cert_parse(&c, bytes_of(copy, der.n)) == PC_OK)
            assert_int_equal(cert_verify(&c, ca), PC_E_SIGNATURE);
    }
    memcpy(copy, der.p, der.n);
    assert_int_not_equal(cert_parse(&c, bytes_of(copy, der.n + 1)), PC_OK);
    ec_key_free(ca);
}

static void test_crl_mutations(void **state)
{
    (void)state;
    struct crl c;
    struct cert_serial serial = forge_serial(f.leaf.serial), other = serial;
    uint8_t copy[2048];
    other.v[19] ^= 1;
    f.pck_revoked[0] = forge_serial(f.certs.ca.serial);
    f.pck_revoked[1] = serial;
    f.pck_crl.revoked_count = 2;
    forge_build(&parts, &f);
    struct bytes der = forged_part(&parts, PC_FORGED_PCK_CRL);
    assert_int_equal(crl_parse(&c, der), PC_OK);
    assert_int_equal(c.count, 2);
    assert_true(crl_has(&c, &serial));
    assert_false(crl_has(&c, &other));
    other = serial;
    other.n = 19;
    assert_false(crl_has(&c, &other)); /* a prefix is another number */
    for (size_t n = 0; n < der.n; n++)
        assert_int_not_equal(crl_parse(&c, bytes_of(der.p, n)), PC_OK);
    for (size_t i = 0; i < der.n; i++) {
        memcpy(copy, der.p, der.n);
        copy[i] ^= 0x41;
        enum err_code e = crl_parse(&c, bytes_of(copy, der.n)); /* whatever it says, it ends */
        assert_true(e == PC_OK || bytes_all_zero_var(bytes_of(&c, sizeof(c))));
    }
}

/* The SGX extension: an item twice, one missing, other sizes; two-byte INTEGERs. */
static void test_pck_extension(void **state)
{
    static struct derw w;
    struct tdx_pck out, p = f.pck;
    uint8_t copy[1024];
    (void)state;
    p.comps[3] = 0xdb; /* 02 02 00 db */
    p.pcesvn = 0xfffe;
    w.n = 0;
    struct bytes ext = sim_pck_extension(&w, &p);
    assert_int_equal(tdx_pck_parse(&out, ext), PC_OK);
    assert_memory_equal(out.comps, p.comps, 16);
    assert_int_equal(out.pcesvn, 0xfffe);
    assert_memory_equal(out.fmspc, p.fmspc, 6);
    assert_memory_equal(out.ppid, p.ppid, 16);
    assert_int_equal(out.sgx_type, 1);
    for (size_t n = 0; n < ext.n; n++)
        assert_int_equal(tdx_pck_parse(&out, bytes_of(ext.p, n)), PC_E_MALFORMED);
    /* Items found by OID: turn one's last number into a neighbour's (a duplicate) or into an
     * unknown. */
    static const uint8_t arc[] = {0x06, 0x0a, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};
    unsigned items = 0;
    for (size_t i = 0; i + sizeof(arc) < ext.n; i++) {
        if (memcmp(ext.p + i, arc, sizeof(arc)) != 0)
            continue;
        size_t last = i + sizeof(arc);
        unsigned item = ext.p[last];
        items++;
        memcpy(copy, ext.p, ext.n);
        copy[last] = 0x63; /* unknown: skipped, unless it was one that must be there */
        bool must = item == 2 || item == 3 || item == 4;
        assert_int_equal(tdx_pck_parse(&out, bytes_of(copy, ext.n)), must ? PC_E_MALFORMED : PC_OK);
        copy[last] = item == 3 ? 4 : 3; /* twice, or of another size */
        assert_int_equal(tdx_pck_parse(&out, bytes_of(copy, ext.n)), PC_E_MALFORMED);
    }
    assert_int_equal(items, 7);
}

static void test_json_bounds(void **state)
{
    static char json[PC_SIM_JSON_CAP];
    static struct tdx_tcb_info t, got;
    static const char *const wrong[][2] = {
        {"\"svn\":4", "\"svn\":256"},
        {"\"svn\":4", "\"svn\":-1"},
        {"\"svn\":4", "\"svn\":\"4\""},
        {"\"svn\":4", "\"svx\":4"},
        {"{\"svn\":0},{\"svn\":0}", "{\"svn\":0}"}, /* 15 components */
        {"\"pcesvn\":13", "\"pcesvn\":65536"},
        {"UpToDate", "uptodate"},
        {"UpToDate", "NotSupported"},
        {"UpToDate", "none"},
        {"TDX_03", "TDX_3"},
        {"TDX_03", "TDY_03"},
        {"TDX_03", "TDX_01"}, /* twice */
        {"514D6F000000", "514D6F00000"},
        {"514D6F000000", "0x4D6F000000"},
        {"2025-08-13T00:00:00Z", "2025-08-32T00:00:00Z"},
        {"2025-08-13T00:00:00Z", "2025-08-13 00:00:00Z"},
        {"2025-08-13T00:00:00Z", "2025-08-13T00:00:00z"},
        {"\"tcbType\":0", "\"tcbType\":null"},
        {"\"version\":3", "\"version\":3e0"},
        {"INTEL-SA-91036", "INTEL-SA-91036-with-a-tail"},
        {"INTEL-SA-91036", ""},
    };
    (void)state;
    sim_levels(&t, &f.vendor, 20, PC_FORGE_NOW);
    for (size_t i = 0; i <= PC_ARRAY_LEN(wrong); i++) {
        size_t n;
        sim_tcb_info_json(json, &n, &t);
        if (i == PC_ARRAY_LEN(wrong)) {
            assert_int_equal(tdx_tcb_info_parse(&got, bytes_of(json, n)), PC_OK);
            assert_memory_equal(&got, &t, sizeof(t));
            break;
        }
        char *at = strstr(json, wrong[i][0]);
        assert_non_null(at);
        size_t a = strlen(wrong[i][0]), b = strlen(wrong[i][1]);
        memmove(at + b, at + a, n - (size_t)(at - json) - a + 1);
        memcpy(at, wrong[i][1], b);
        if (tdx_tcb_info_parse(&got, bytes_of(json, n - a + b)) == PC_OK)
            fail_msg("%s was read", wrong[i][1]);
        assert_true(bytes_all_zero_var(bytes_of(&got, sizeof(got))));
    }
}

/* --- OpenSSL agrees about the chains --- */

static X509 *x509_of(struct bytes der)
{
    const uint8_t *p = der.p;
    X509 *x = d2i_X509(NULL, &p, (long)der.n);
    assert_non_null(x);
    return x;
}

static void check_with_openssl(const struct bytes der[3], const struct bytes crls[2], uint64_t now)
{
    X509 *leaf = x509_of(der[0]), *ca = x509_of(der[1]), *root = x509_of(der[2]);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *chain = sk_X509_new_null();
    unsigned long flags = X509_V_FLAG_X509_STRICT;
    assert_true(sk_X509_push(chain, ca) > 0);
    assert_int_equal(X509_STORE_add_cert(store, root), 1);
    for (size_t i = 0; i < 2 && crls != NULL; i++) {
        const uint8_t *p = crls[i].p;
        X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)crls[i].n);
        assert_non_null(crl);
        assert_int_equal(X509_STORE_add_crl(store, crl), 1);
        X509_CRL_free(crl);
        flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
    }
    assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, chain), 1);
    X509_STORE_CTX_set_flags(ctx, flags);
    X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
    if (X509_verify_cert(ctx) != 1)
        fail_msg("OpenSSL: %s", X509_verify_cert_error_string(X509_STORE_CTX_get_error(ctx)));
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    sk_X509_free(chain);
    X509_free(leaf);
    X509_free(ca);
    X509_free(root);
}

static void test_openssl_agrees(void **state)
{
    (void)state;
    (void)setup(NULL);
    const struct bytes der[3] = {forged_part(&parts, PC_FORGED_LEAF),
                                 forged_part(&parts, PC_FORGED_CA),
                                 forged_part(&parts, PC_FORGED_ROOT)};
    const struct bytes crls[2] = {forged_part(&parts, PC_FORGED_ROOT_CRL),
                                  forged_part(&parts, PC_FORGED_PCK_CRL)};
    check_with_openssl(der, crls, PC_FORGE_NOW);
    const struct bytes signer[3] = {forged_part(&parts, PC_FORGED_SIGNER), der[1], der[2]};
    check_with_openssl(signer, NULL, PC_FORGE_NOW);
}

static struct bytes load(const char *path)
{
    char full[512];
    (void)snprintf(full, sizeof(full), "%s/%s", PC_VECTORS, path);
    FILE *file = fopen(full, "rb");
    if (file == NULL)
        return (struct bytes){NULL, 0};
    uint8_t *p = malloc(65536);
    assert_non_null(p);
    size_t n = fread(p, 1, 65536, file);
    assert_int_equal(fclose(file), 0);
    return bytes_of(p, n);
}

/* Genuine chains and lists of the vectors pass both, too. */
static void test_openssl_agrees_on_real_chains(void **state)
{
    static const struct {
        const char *quote, *collateral;
        uint64_t at;
    } cases[] = {
        {"v4-phala-uptodate", "b0c06f000000-2025-06", 1750809600},
        {"v5-td15-google", "90c06f000000-2026-02", 1770080400},
        {"v5-td15-alibaba", "90c06f000000-2025-06", 1750377600},
        {"v4-gcp-padded-8000", "00806f050000-2024-07", 1720137600},
        {"v4-debug-td", "50806f000000-2023-07", 1688169600},
    };
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        char path[3][128];
        uint8_t der[PC_EVIDENCE_MAX];
        struct bytes certs[3], file[3];
        (void)snprintf(path[0], 128, "tdx/%s.bin", cases[i].quote);
        (void)snprintf(path[1], 128, "tdx/collateral/%s/rootcrl.der", cases[i].collateral);
        (void)snprintf(path[2], 128, "tdx/collateral/%s/pckcrl.der", cases[i].collateral);
        for (size_t k = 0; k < 3; k++) {
            file[k] = load(path[k]);
            if (file[k].p == NULL && access(PC_SOURCE_DIR "/../shared", F_OK) != 0)
                skip();
            assert_non_null(file[k].p);
        }
        assert_int_equal(tdx_certs(certs, der, file[0]), PC_OK);
        check_with_openssl(certs, file + 1, cases[i].at);
        /* Stripped for the chain and joined again it says the same. */
        uint8_t stripped[PC_TDX_STRIPPED_MAX], joined[PC_EVIDENCE_MAX], again[PC_TDX_STRIPPED_MAX];
        size_t n, m, k;
        assert_int_equal(tdx_strip(stripped, &n, file[0]), PC_OK);
        assert_int_equal(tdx_join(joined, &m, bytes_of(stripped, n), certs), PC_OK);
        assert_int_equal(tdx_strip(again, &k, bytes_of(joined, m)), PC_OK);
        assert_int_equal(k, n);
        assert_memory_equal(again, stripped, n);
        for (size_t x = 0; x < 3; x++)
            free((void *)(uintptr_t)file[x].p);
    }
}

/* The real chain and the two real lists of one day (attestation.md 1.3). */
static void test_real_lists(void **state)
{
    (void)state;
    struct bytes a = load("tdx/crl-platform-129-2026-07-16T0817.der");
    struct bytes b = load("tdx/crl-platform-57-2026-07-16T1143.der");
    struct bytes ca_der = load("tdx/roots/intel-pck-platform-ca.der");
    if (a.p == NULL || b.p == NULL || ca_der.p == NULL) {
        if (access(PC_SOURCE_DIR "/../shared", F_OK) == 0)
            fail_msg("vectors are missing in %s", PC_VECTORS);
        print_message("SKIP: no vectors in %s\n", PC_VECTORS);
        skip();
    }
    struct crl first, second;
    struct cert ca;
    struct ec_key *key;
    assert_int_equal(cert_parse(&ca, ca_der), PC_OK);
    assert_int_equal(ec_key_new(&key, ca.key), PC_OK);
    assert_int_equal(crl_parse(&first, a), PC_OK);
    assert_int_equal(crl_parse(&second, b), PC_OK);
    assert_int_equal(crl_verify(&first, key), PC_OK);
    assert_int_equal(crl_verify(&second, key), PC_OK);
    assert_int_equal(first.count, 129);
    assert_int_equal(second.count, 57);
    assert_true(first.this_update < second.this_update);
    ec_key_free(key);
    free((void *)(uintptr_t)a.p);
    free((void *)(uintptr_t)b.p);
    free((void *)(uintptr_t)ca_der.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_der_lengths),
        cmocka_unit_test(test_der_integers),
        cmocka_unit_test(test_der_times),
        cmocka_unit_test(test_pem),
        cmocka_unit_test(test_certificate_mutations),
        cmocka_unit_test(test_crl_mutations),
        cmocka_unit_test(test_pck_extension),
        cmocka_unit_test(test_json_bounds),
        cmocka_unit_test(test_openssl_agrees),
        cmocka_unit_test(test_openssl_agrees_on_real_chains),
        cmocka_unit_test(test_real_lists),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
