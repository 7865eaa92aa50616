/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_calls_test.c - claims as read for calls are those that the verifier computes, whatever the
 * quote; from a whole quote and from the parts that calldata carries.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/evidence.h"
#include "base/unit_test.h"
#include "chain/view.h"
#include "client/lib/tdx_calls.h"

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

static void assert_same(const struct tdx_claims *c, const struct verdict *v)
{
    struct evm_word serial = {{0}}, leaf;
    assert_memory_equal(c->claims.b, v->claims, 32);
    assert_memory_equal(c->measurement.b, v->measurement, 32);
    assert_memory_equal(c->platform.b, v->platform, 32);
    assert_memory_equal(c->product.b, v->product, 32);
    assert_memory_equal(c->raw_tcb, v->raw_tcb, 52);
    assert_memory_equal(c->report_data, v->report_data, 64);
    memcpy(serial.b + 32 - v->leaf_len, v->leaf_serial, v->leaf_len);
    leaf = object_serial_id(PC_VENDOR_TDX, v->leaf_issuer, &serial);
    assert_memory_equal(c->leaf.b, leaf.b, 32);
}

static void check_parts(const struct tdx_claims *whole, struct bytes quote)
{
    static uint8_t stripped[PC_TDX_STRIPPED_MAX], der[PC_EVIDENCE_MAX];
    uint8_t leaf[PC_TDX_LEAF_RECORD];
    struct tdx_claims c;
    struct bytes certs[3];
    size_t n;
    assert_int_equal(tdx_strip(stripped, &n, quote), PC_OK);
    assert_int_equal(tdx_certs(certs, der, quote), PC_OK);
    assert_int_equal(tdx_leaf_record(leaf, certs), PC_OK);
    assert_int_equal(tdx_claims_of_parts(&c, bytes_of(stripped, n), leaf), PC_OK);
    assert_memory_equal(&c, whole, sizeof c);
    /* Cut anywhere before the QE report's end it is refused, and never read beyond. */
    for (size_t cut = 0; cut < 1100 && cut < n; cut++) {
        uint8_t *exact = malloc(cut + 1);
        memcpy(exact, stripped, cut);
        enum err_code e = tdx_claims_of_parts(&c, bytes_of(exact, cut), leaf);
        free(exact);
        if (e != PC_OK)
            assert_true(bytes_all_zero_var(bytes_of(&c, sizeof c)));
    }
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
        struct tdx_claims c;
        struct verdict v;
        size_t len = strlen(e->d_name);
        if (len < 4 || strcmp(e->d_name + len - 4, ".bin") != 0)
            continue;
        struct bytes q = bytes_of(quote, load(quote, sizeof quote, PC_VECTORS "/tdx", e->d_name));
        if (!verified_claims(&v, q))
            continue;
        assert_int_equal(tdx_claims_of_quote(&c, q), PC_OK);
        assert_same(&c, &v);
        check_parts(&c, q);
        checked++;
    }
    assert_int_equal(closedir(d), 0);
    assert_true(checked >= 8);
}

static void no_quote(void **state)
{
    (void)state;
    uint8_t junk[700] = {5, 0};
    struct tdx_claims c;
    assert_int_not_equal(tdx_claims_of_quote(&c, PC_BYTES(junk)), PC_OK);
    assert_int_not_equal(tdx_claims_of_quote(&c, bytes_of(junk, 0)), PC_OK);
    uint8_t leaf[PC_TDX_LEAF_RECORD] = {0};
    memset(junk + PC_TDX_HEADER_LEN + 2, 0xff, 4); /* a body of 4 GiB */
    assert_int_equal(tdx_claims_of_parts(&c, PC_BYTES(junk), leaf), PC_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_vector), cmocka_unit_test(no_quote)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
