/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_views_test.c - views of the world that no client may believe, and those that it must get
 * along with (A32, A59, A64).
 */
#include <stdlib.h>

#include "client/lib/client_testkit.h"
#include "crypto/shamir.h"

static void epoch_change(void **state)
{
    (void)state;
    start(4, 3);
    assert_right("db", 1);
    /* The same key moves on; nodes refuse the old epoch's requests. */
    uint8_t y[64], again[64];
    committee_truth(&com, "db", 1, y);
    refuse_all(503, "retry", 1);
    for (uint16_t i = 1; i <= 4; i++)
        com.node[i].until_ms = com.now_ms + 10;
    com.epoch = 8;
    com.pub.epoch = 8;
    committee_publish(&com, com.info, &com.info_len, &com.pub, 8, 4, 3);
    assert_right("db", 1);
    committee_truth(&com, "db", 1, again);
    assert_memory_equal(y, again, 64);
    assert_int_equal(pc.epoch.pub.epoch, 8);
}

static void seeds_lie(const uint8_t *p, size_t n, unsigned from, unsigned to)
{
    for (unsigned i = from; i < to; i++) {
        free(com.lie[i].p);
        com.lie[i].p = malloc(n);
        memcpy(com.lie[i].p, p, n);
        com.lie[i].n = n;
    }
}

static uint8_t forged[CLIENT_EPOCH_INFO_BYTES];
static size_t forged_len;

/* All seeds show it, and nothing is believed or asked. */
static void assert_untrusted(void)
{
    seeds_lie(forged, forged_len, 0, 4);
    pc.has_epoch = false;
    assert_int_equal(get("db"), POLYCLAVE_UNTRUSTED);
    for (uint16_t i = 1; i <= 4; i++)
        assert_int_equal(com.node[i].asked, 0);
}

/* A59: a false view of the chain for a client with a pin: forged PK, Y, n, T (0, 1, n+1), shares
 * whose sum the forger knows (K_app := X - Y). No key is accepted. */
static void test_A59_false_chain_view(void **state)
{
    (void)state;
    struct dkg_public f;
    struct scalar coeffs[4], s;
    start(4, 3);
    /* Another PK with shares of the forger's own. */
    shamir_poly_random(&group_ristretto255, coeffs, 3, &com.rng.rng);
    f = com.pub;
    for (uint32_t j = 0; j <= 4; j++) {
        assert_int_equal(shamir_eval(&group_ristretto255, &s, coeffs, 3, j), PC_OK);
        group_base_mult(&group_ristretto255, &f.y[j], &s);
    }
    committee_publish(&com, forged, &forged_len, &f, 9, 4, 3);
    assert_untrusted();
    assert_string_equal(polyclave_error_code(&pc), "pin_mismatch");
    /* The pinned PK over these shares. */
    f.y[0] = com.pub.y[0];
    committee_publish(&com, forged, &forged_len, &f, 9, 4, 3);
    assert_untrusted();
    assert_string_equal(polyclave_error_code(&pc), "epoch_not_proved");
    /* T = 1 with every Y_i equal to what the forger knows, T = 1 over the true shares, T = n + 1.
     */
    for (uint32_t j = 1; j <= 4; j++)
        f.y[j] = f.y[1];
    committee_publish(&com, forged, &forged_len, &f, 9, 4, 1);
    assert_untrusted();
    committee_publish(&com, forged, &forged_len, &com.pub, 9, 4, 1);
    assert_untrusted();
    committee_publish(&com, forged, &forged_len, &com.pub, 9, 4, 2);
    assert_untrusted();
    /* Fewer members than T; T over n does not even encode as an epoch. */
    committee_publish(&com, forged, &forged_len, &com.pub, 9, 4, 3);
    forged[1 + 32 + 8 + 3] = 5;
    assert_untrusted();
    /* One share shifted: Y_4 := X - sum of the others, so that the forger knows the total. */
    f = com.pub;
    group_sub(&group_ristretto255, &f.y[4], &f.y[4], &f.y[1]);
    committee_publish(&com, forged, &forged_len, &f, 9, 4, 3);
    assert_untrusted();
}

/* T = n weakens the test to one equation: the forger may choose all shares but one that it cannot
 * know. It then lacks that one's proof, and there is no key. */
static void test_A59_forger_misses_one_share(void **state)
{
    (void)state;
    struct dkg_public f;
    struct scalar lambda[4], sk[5], inverse;
    const uint16_t index[] = {1, 2, 3, 4};
    const struct group *g = &group_ristretto255;
    struct point rest, part;
    start(4, 3);
    f = com.pub;
    f.t = 4;
    assert_int_equal(shamir_lagrange(g, lambda, index, 4, 0), PC_OK);
    rest = f.y[0];
    for (uint32_t j = 1; j <= 3; j++) {
        group_scalar_random(g, &sk[j], &com.rng.rng);
        group_base_mult(g, &f.y[j], &sk[j]);
        group_mult(g, &part, &lambda[j - 1], &f.y[j]);
        group_sub(g, &rest, &rest, &part);
    }
    group_scalar_invert(g, &inverse, &lambda[3]);
    group_mult(g, &f.y[4], &inverse, &rest);
    committee_publish(&com, forged, &forged_len, &f, 7, 4, 4);
    seeds_lie(forged, forged_len, 0, 4);
    /* The three forged members prove their shares; the fourth does what it can. */
    for (uint32_t j = 1; j <= 3; j++) {
        com.node[j].key.share = sk[j];
        com.node[j].key.pub = f;
    }
    com.node[4].manner = NODE_WRONG_SHARE;
    assert_int_equal(get("db"), POLYCLAVE_RETRY);
    assert_int_equal(report_of(1)->state, POLYCLAVE_MEMBER_GOOD);
    assert_int_equal(report_of(4)->state, POLYCLAVE_MEMBER_LIED);
}

/* One honest seed among forgers suffices. */
static void one_honest_seed(void **state)
{
    (void)state;
    struct dkg_public f;
    start(6, 4);
    f = com.pub;
    f.y[2] = f.y[1];
    committee_publish(&com, forged, &forged_len, &f, 99, 6, 4);
    seeds_lie(forged, forged_len, 0, 5);
    assert_right("db", 1);
}

/* An epoch number is not proved by the shares: a seed that shows the true shares under a higher
 * number delays, until another seed is heard. */
static void higher_number_with_true_shares(void **state)
{
    (void)state;
    start(4, 3);
    committee_publish(&com, forged, &forged_len, &com.pub, 8, 4, 3);
    seeds_lie(forged, forged_len, 0, 1);
    for (uint16_t i = 1; i <= 4; i++) { /* asked for epoch 8 they say so; the kit's nodes abort */
        com.node[i].manner = NODE_REFUSES;
        com.node[i].status = 503;
        com.node[i].code = "retry";
        com.node[i].until_ms = com.now_ms + 1;
    }
    pc.fetches = 1; /* chosen by chance from here on */
    int status = POLYCLAVE_RETRY;
    for (unsigned i = 0; i < 20 && pc.epoch.pub.epoch != 7; i++) {
        pc.has_epoch = false;
        status = client_epoch_fetch(&pc);
    }
    assert_int_equal(status, POLYCLAVE_OK);
    assert_int_equal(pc.epoch.pub.epoch, 7);
    com.now_ms += 10;
    assert_right("db", 1);
}

static void no_seed_at_all(void **state)
{
    (void)state;
    start(4, 3);
    for (uint16_t i = 1; i <= 4; i++)
        com.node[i].manner = NODE_SILENT;
    assert_int_equal(get("db"), POLYCLAVE_RETRY);
    assert_string_equal(polyclave_error_code(&pc), "no_node_reachable");
}

/* Truncation at every byte, and every byte changed: never a crash, never another key. */
static void epoch_bytes(void **state)
{
    (void)state;
    static struct client_epoch e;
    uint8_t *b;
    start(3, 2);
    for (size_t n = 0; n < com.info_len; n++)
        assert_int_not_equal(client_epoch_read(&e, &pc.pin, bytes_of(com.info, n), pc.rng), PC_OK);
    b = malloc(com.info_len);
    for (size_t i = 0; i < com.info_len; i++) {
        memcpy(b, com.info, com.info_len);
        b[i] ^= 0x41;
        if (client_epoch_read(&e, &pc.pin, bytes_of(b, com.info_len), pc.rng) == PC_OK)
            for (uint32_t j = 0; j <= 3; j++)
                assert_memory_equal(e.pub.y[j].b, com.pub.y[j].b, 32);
    }
    free(b);
}

/* A64: a host that names another app: everything that is asked for carries the pinned app, and the
 * input of the derivation is made from the pin alone. A32: no two (scope, version) share an input.
 */
static void test_A64_app_of_the_pin(void **state)
{
    (void)state;
    struct client_release_body body;
    struct client_asker a = {.pin = &pc.pin, .vendor = WIRE_VENDOR_TDX, .version = 1};
    uint8_t digest[32];
    start(3, 2);
    a.sign = &pc.secrets->sign;
    assert_int_equal(client_request_make(&body, digest, &a, 7, 1, pc.rng), PC_OK);
    assert_memory_equal(body.request.app_id, com.app_id, 32);
    assert_memory_equal(body.request.network_id, com.network_id, 32);
    assert_memory_equal(body.request.key_id, com.key_id, 32);
    /* A committee that answers for another app is a committee of liars. */
    for (uint16_t i = 1; i <= 3; i++)
        com.node[i].manner = NODE_OTHER_INPUT;
    assert_int_equal(get("db"), POLYCLAVE_RETRY);
    assert_int_equal(report_of(1)->state, POLYCLAVE_MEMBER_LIED);
}

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(epoch_change),    T(test_A59_false_chain_view),      T(test_A59_forger_misses_one_share),
        T(one_honest_seed), T(higher_number_with_true_shares), T(no_seed_at_all),
        T(epoch_bytes),     T(test_A64_app_of_the_pin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
