/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated Nitro host over time: lifetimes as AWS's, documents that verify at any time, and
 * certificates that hosts share and that stay the same between renewals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "attest/nitro.h"
#include "attest/sim/forge_nitro.h"
#include "base/rng_seeded.h"

#define HOUR UINT64_C(3600)
#define DAY  (24 * HOUR)

static struct forge_nitro genuine;

static int setup(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 300);
    forge_nitro_init(&genuine, &rng.rng, false);
    return 0;
}

static void test_lifetimes(void **state)
{
    static const uint64_t seconds[PC_SIM_LEVELS] = {30 * 365 * DAY, 20 * DAY, 5 * DAY + 17 * HOUR,
                                                    DAY, 3 * HOUR + 3};
    struct sim_nitro_cert certs[PC_SIM_LEVELS];
    (void)state;
    for (uint64_t t = PC_FORGE_NITRO_NOW; t < PC_FORGE_NITRO_NOW + 60 * DAY; t += 5 * HOUR + 7) {
        sim_nitro_certs(certs, &genuine.machine, t);
        for (unsigned i = 0; i < PC_SIM_LEVELS; i++) {
            assert_int_equal(certs[i].not_after - certs[i].not_before, seconds[i]);
            assert_true(certs[i].not_before <= t);
            if (i > PC_SIM_ROOT) /* never near its end */
                assert_true(certs[i].not_after - t >= seconds[i] / 2 - 3);
        }
        assert_int_equal(certs[PC_SIM_LEAF].not_before, t - 3);
    }
}

static bool same(struct bytes a, struct bytes b)
{
    return bytes_equal_var(a, b);
}

/* Two hosts of one vendor, a document every seven hours for 25 days. */
static void test_documents_over_time(void **state)
{
    static struct sim_nitro hosts[2];
    static uint8_t out[2][PC_SIM_NITRO_CAP], last[PC_SIM_NITRO_CAP];
    static struct nitro_view view[2], before;
    struct evidence_kept *kept = evidence_kept_new();
    struct evidence_policy p;
    struct verdict v;
    unsigned renewed[PC_NITRO_CHAIN_MAX] = {0}, count = 0;
    size_t n[2];
    (void)state;
    assert_non_null(kept);
    policy_network(&p, NULL);
    forge_nitro_pin(p.root_sha256[PC_VENDOR_NITRO], &genuine);
    for (size_t h = 0; h < 2; h++) {
        hosts[h] = genuine.machine;
        sim_nitro_host_new(&hosts[h], rng_system());
        sim_nitro_start(&hosts[h], rng_system());
    }
    for (uint64_t t = PC_FORGE_NITRO_NOW; t < PC_FORGE_NITRO_NOW + 25 * DAY; t += 7 * HOUR) {
        for (size_t h = 0; h < 2; h++) {
            sim_nitro_document(out[h], &n[h], &hosts[h], t * 1000 + 1, genuine.user_data);
            struct evidence_input in = {
                .evidence = bytes_of(out[h], n[h]), .policy = &p, .evidence_time = t + 5};
            evidence_verify(&v, kept, PC_VENDOR_NITRO, &in);
            assert_true(verdict_accepts(&v));
            assert_true(nitro_view_of(&view[h], in.evidence));
        }
        for (size_t i = 0; i < 4; i++)
            assert_int_equal(same(view[0].doc.ca[i], view[1].doc.ca[i]), i < 3);
        assert_false(same(view[0].doc.certificate, view[1].doc.certificate));
        for (size_t i = 0; count > 0 && i < 4; i++)
            renewed[i] += !same(view[0].doc.ca[i], before.doc.ca[i]);
        memcpy(last, out[0], n[0]);
        assert_true(nitro_view_of(&before, bytes_of(last, n[0])));
        count++;
    }
    /* At half their lives, and when the one above changes its name. */
    assert_int_equal(renewed[0], 0);
    assert_true(renewed[1] >= 2 && renewed[1] <= 3);
    assert_true(renewed[2] >= 8 && renewed[2] <= 9 + renewed[1]);
    assert_true(renewed[3] >= 48 && renewed[3] <= 51 + renewed[2]);
    evidence_kept_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lifetimes),
        cmocka_unit_test(test_documents_over_time),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
