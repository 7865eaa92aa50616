/* SPDX-License-Identifier: Apache-2.0 */
/* forge_quote_test.c - each forgery is refused by the C verifier, for what was forged and nothing
 * else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "attest/policy.h"
#include "attest/sim/store.h"
#include "attest/verdict.h"
#include "tests/tools/forge_quote.h"

static const uint64_t NOW = UINT64_C(1800000000);
static const uint8_t fmspc[6] = {0x51, 0x4d, 0x6f};
static struct sim_vendor vendor;
static struct sim_collateral collateral;
static char machine[] = "/tmp/polyclave-forge-XXXXXX";

static int setup(void **state)
{
    static struct sim_platform p;
    static struct sim_platform_cert cert;
    static const uint8_t svn[16] = {7, 1, 4};
    static struct tdx_tcb_info levels;
    struct tdx_qe_identity identity;
    struct tdx_pck pck;
    (void)state;
    sim_vendor_new(&vendor, rng_system(), fmspc, NOW - 3600);
    sim_levels(&levels, &vendor, 20, NOW - 3600);
    sim_identity(&identity, 20, NOW - 3600);
    sim_collateral_build(&collateral, &vendor, &levels, &identity, NOW - 3600);
    sim_pck_default(&pck, &vendor, rng_system());
    sim_platform_new(&cert, &vendor, rng_system(), &pck, NOW - 3600);
    sim_platform_pem(p.pem, sizeof p.pem, &p.pem_n, &vendor, &cert);
    p.pck_key = cert.key;
    p.quote_version = 5;
    memcpy(p.tee_tcb_svn, svn, sizeof svn);
    return mkdtemp(machine) == NULL || !sim_platform_save(machine, &p, &cert);
}

static int teardown(void **state)
{
    static const char *const files[] = {"platform.conf", "pck.key", "pck.der", "pck_chain.pem"};
    char path[128];
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(files); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", machine, files[i]);
        (void)unlink(path);
    }
    return rmdir(machine);
}

static void judge(struct verdict *v, enum forgery how)
{
    static uint8_t quote[PC_QUOTE_MAX];
    const uint8_t report_data[64] = {1};
    uint8_t roots[4][32] = {{0}};
    struct evidence_policy policy;
    struct evidence_input in = {.policy = &policy,
                                .collateral = sim_collateral_view(&collateral),
                                .evidence_time = NOW,
                                .collateral_time = NOW,
                                .dates = PC_DATES_FULL};
    size_t n;
    sim_root_pin(roots[PC_VENDOR_TDX], &vendor);
    policy_network(&policy, (const uint8_t(*)[32])roots);
    assert_true(forge_quote(quote, &n, how, machine, report_data, rng_system()));
    in.evidence = bytes_of(quote, n);
    evidence_verify(v, NULL, PC_VENDOR_TDX, &in);
}

static unsigned reasons(const struct verdict *v)
{
    unsigned n = 0;
    for (unsigned bit = 0; bit < PC_R_COUNT; bit++)
        n += verdict_has(v, (enum verdict_reason)bit);
    return n;
}

static void genuine_is_accepted(void **state)
{
    struct verdict v;
    (void)state;
    judge(&v, FORGERY_NONE);
    assert_int_equal(reasons(&v), 0);
    assert_true(verdict_accepts(&v));
}

static void forged_is_refused_for_that(void **state)
{
    static const struct {
        enum forgery how;
        enum verdict_reason why;
    } cases[] = {{FORGERY_OTHER_ROOT, PC_R_UNTRUSTED_ROOT},
                 {FORGERY_FLIPPED_BIT, PC_R_QUOTE_SIGNATURE},
                 {FORGERY_DEBUG, PC_R_TD_DEBUG}};
    struct verdict v;
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        judge(&v, cases[i].how);
        assert_false(verdict_accepts(&v));
        assert_true(verdict_has(&v, cases[i].why));
        assert_int_equal(reasons(&v), 1);
    }
}

static void names(void **state)
{
    enum forgery how;
    (void)state;
    assert_true(forgery_of(&how, "none") && how == FORGERY_NONE);
    assert_true(forgery_of(&how, "no-reserved") && how == FORGERY_NO_RESERVED);
    assert_false(forgery_of(&how, "No-Reserved"));
    assert_false(forgery_of(&how, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(genuine_is_accepted),
        cmocka_unit_test(forged_is_refused_for_that),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
