/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of both curves: what is no point is refused, and leaves nothing behind in what all keys of a
 * curve are made from; threads may make their first keys together. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "attest/ec.h"
#include "attest/sim/key.h"
#include "base/rng_seeded.h"

#define THREADS 8

static struct sim_key key;
static struct sim_key384 key384;
static uint8_t digest[32], digest384[48], rs[64], rs384[96];

static bool genuine(void)
{
    struct ec384_key *k;
    bool good = ec_verify_raw(key.xy, digest, rs) == PC_OK;
    if (ec384_key_new(&k, key384.xy) != PC_OK)
        return false;
    good = ec384_verify(k, digest384, rs384) == PC_OK && good;
    ec384_key_free(k);
    return good;
}

static void *in_thread(void *arg)
{
    for (int i = 0; i < 20; i++)
        if (!genuine())
            return NULL;
    return arg;
}

/* First in the group: the curves are not set up yet. */
static void test_first_keys_of_threads_together(void **state)
{
    pthread_t t[THREADS];
    char arg[THREADS];
    void *said;
    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&t[i], NULL, in_thread, &arg[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(t[i], &said), 0);
        assert_true(said == &arg[i]);
    }
}

static void refused(const uint8_t *xy, const uint8_t *xy384)
{
    struct ec_key *k = (void *)&key;
    struct ec384_key *k384 = (void *)&key;
    assert_int_equal(ec_key_new(&k, xy), PC_E_MALFORMED);
    assert_true(k == NULL);
    assert_int_equal(ec384_key_new(&k384, xy384), PC_E_MALFORMED);
    assert_true(k384 == NULL);
    assert_true(genuine());
}

static void test_what_is_no_point(void **state)
{
    uint8_t xy[64], xy384[96];
    (void)state;
    for (size_t bit = 0; bit < 8 * sizeof(xy384); bit += 5) {
        memcpy(xy, key.xy, sizeof(xy));
        memcpy(xy384, key384.xy, sizeof(xy384));
        xy[bit / 8 % sizeof(xy)] ^= (uint8_t)(1U << bit % 8);
        xy384[bit / 8] ^= (uint8_t)(1U << bit % 8);
        refused(xy, xy384);
    }
    memset(xy, 0, sizeof(xy)); /* nor is infinity a key */
    memset(xy384, 0, sizeof(xy384));
    refused(xy, xy384);
    memset(xy, 0xff, sizeof(xy)); /* coordinates above p */
    memset(xy384, 0xff, sizeof(xy384));
    refused(xy, xy384);
}

/* A key of the other curve, by its bytes. */
static void test_curves_apart(void **state)
{
    uint8_t xy384[96] = {0};
    (void)state;
    memcpy(xy384, key.xy, sizeof(key.xy));
    refused(key384.xy, xy384);
}

static int setup(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 1);
    sim_key_new(&key, &rng.rng);
    sim_key384_new(&key384, &rng.rng);
    ec_sha256(digest, PC_BYTES_STR("message"));
    ec_sha384(digest384, PC_BYTES_STR("message"));
    sim_sign_digest(rs, &key, digest);
    sim_sign384_digest(rs384, &key384, digest384);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_keys_of_threads_together),
        cmocka_unit_test(test_what_is_no_point),
        cmocka_unit_test(test_curves_apart),
    };
    return cmocka_run_group_tests_name("keys of both curves", tests, setup, NULL);
}
