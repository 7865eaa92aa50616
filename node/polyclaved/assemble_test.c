/* SPDX-License-Identifier: Apache-2.0 */
/* A quote that was taken apart for the chain is put together again as the same evidence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attest/sim/forge.h"
#include "base/rng_seeded.h"
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

static enum err_code assemble(size_t cap, size_t *n, struct bytes posted)
{
    return assemble_tdx(out, cap, n, posted, forged_part(&parts, PC_FORGED_LEAF),
                        forged_part(&parts, PC_FORGED_CA), forged_part(&parts, PC_FORGED_ROOT));
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
        assert_int_equal(assemble(sizeof out, &n, forged_part(&parts, PC_FORGED_EVIDENCE)), PC_OK);
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
        if (assemble(sizeof out, &n, bytes_of(posted, whole.n)) == PC_OK) {
            verify(&v, bytes_of(out, n));
            assert_false(verdict_accepts(&v));
        }
        posted[at] ^= 1;
    }
    assert_int_equal(assemble_tdx(out, sizeof out, &n, whole, forged_part(&parts, PC_FORGED_CA),
                                  forged_part(&parts, PC_FORGED_CA),
                                  forged_part(&parts, PC_FORGED_ROOT)),
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
    assert_int_equal(assemble(sizeof out, &full, whole), PC_OK);
    assert_int_equal(assemble(full, &n, whole), PC_OK);
    assert_int_equal(n, full);
    assert_int_not_equal(assemble(full - 1, &n, whole), PC_OK);
    assert_int_equal(n, 0);
    /* Cut anywhere: never more than is there is read (the copy ends where its memory does). */
    for (size_t cut = 0; cut < whole.n; cut++) {
        uint8_t *copy = malloc(cut + 1);
        assert_non_null(copy);
        memcpy(copy, whole.p, cut);
        enum err_code e = assemble(sizeof out, &n, bytes_of(copy, cut));
        assert_true(e == PC_OK || n == 0);
        if (cut < 638 + 576)
            assert_int_equal(e, PC_E_MALFORMED);
        free(copy);
    }
    struct bytes cert = forged_part(&parts, PC_FORGED_CA);
    assert_int_equal(assemble_tdx(out, sizeof out, &n, whole, none, cert, cert), PC_E_MALFORMED);
    assert_int_equal(assemble_tdx(out, sizeof out, &n, whole, cert, none, cert), PC_E_MALFORMED);
    /* As much as a link can bring. */
    struct bytes most = bytes_of(large, sizeof large);
    assert_int_not_equal(assemble_tdx(out, sizeof out, &n, whole, most, most, most), PC_OK);
    memcpy(large, whole.p, whole.n);
    assert_int_not_equal(assemble(sizeof out, &n, most), PC_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_claims), cmocka_unit_test(altered),
                                       cmocka_unit_test(sizes)};
    return cmocka_run_group_tests_name("assemble", tests, NULL, NULL);
}
