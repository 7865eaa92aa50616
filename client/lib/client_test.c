/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_test.c - keys from a committee in one process: that they are right, that liars are named,
 * and that no view of the world makes the client believe a wrong one (A29, A31, A32, A34, A59,
 * A64).
 */
#include <stdlib.h>

#include "base/unit_test.h"
#include "client/lib/committee_testkit.h"
#include "client/lib/root.h"
#include "crypto/shamir.h"

static struct committee com;
static struct polyclave pc;

static void start(uint16_t n, uint16_t t)
{
    committee_open(&com, n, t, 77);
    committee_client(&com, &pc);
}

static void stop(void)
{
    committee_client_done(&pc);
    committee_close(&com);
}

static int teardown(void **state)
{
    (void)state;
    if (pc.arena != NULL)
        stop();
    return 0;
}

static void derive(uint8_t key[static 32], const struct polyclave_root *root)
{
    assert_int_equal(polyclave_derive(root, POLYCLAVE_SYMMETRIC, "p", 1, 3, key, 32), POLYCLAVE_OK);
}

/* The key of (scope, version) is the one that the whole secret gives. */
static void assert_right(const char *scope, uint32_t version)
{
    uint8_t y[64], want[32], got[32];
    struct polyclave_root *root, *truth;
    assert_int_equal(polyclave_root_get(&pc, scope, version, &root), POLYCLAVE_OK);
    assert_string_equal(polyclave_error_code(&pc), "ok");
    committee_truth(&com, scope, version, y);
    assert_int_equal(root_new(&truth, y), PC_OK);
    derive(want, truth);
    derive(got, root);
    assert_memory_equal(want, got, 32);
    polyclave_root_free(root);
    polyclave_root_free(truth);
}

static int get(const char *scope)
{
    struct polyclave_root *root;
    int status = polyclave_root_get(&pc, scope, 1, &root);
    if (status != POLYCLAVE_OK)
        assert_null(root);
    polyclave_root_free(root);
    return status;
}

static const struct polyclave_member_report *report_of(uint16_t index)
{
    static struct polyclave_member_report r[DKG_MAX_N];
    size_t n = polyclave_members(&pc, r, DKG_MAX_N);
    for (size_t i = 0; i < n; i++)
        if (r[i].index == index)
            return &r[i];
    fail_msg("no report of %u", index);
    return NULL;
}

/* ---- the normal way */

static void honest(void **state)
{
    (void)state;
    struct polyclave_epoch e;
    start(6, 4);
    assert_right("db", 1);
    assert_right("", 1);
    assert_right("db", 2);
    polyclave_epoch_of(&pc, &e);
    assert_int_equal(e.number, 7);
    assert_int_equal(e.n, 6);
    assert_int_equal(e.t, 4);
    assert_int_equal(report_of(1)->node_id, 100);
}

/* Two clients with boot keys of their own get one key; other scopes and versions give others. */
static void one_key_for_all(void **state)
{
    (void)state;
    static struct polyclave other;
    struct polyclave_root *a, *b, *c, *d;
    uint8_t ka[32], kb[32], kc[32], kd[32];
    start(5, 3);
    committee_client(&com, &other);
    assert_memory_not_equal(pc.hpke_pk.b, other.hpke_pk.b, 32);
    assert_int_equal(polyclave_root_get(&pc, "db", 1, &a), POLYCLAVE_OK);
    assert_int_equal(polyclave_root_get(&other, "db", 1, &b), POLYCLAVE_OK);
    assert_int_equal(polyclave_root_get(&pc, "db2", 1, &c), POLYCLAVE_OK);
    assert_int_equal(polyclave_root_get(&pc, "db", 2, &d), POLYCLAVE_OK);
    derive(ka, a);
    derive(kb, b);
    derive(kc, c);
    derive(kd, d);
    assert_memory_equal(ka, kb, 32);
    assert_memory_not_equal(ka, kc, 32);
    assert_memory_not_equal(ka, kd, 32);
    committee_client_done(&other);
    /* A root outlives its handle. */
    polyclave_root_free(a);
    polyclave_root_free(c);
    polyclave_root_free(d);
    derive(kb, b);
    assert_memory_equal(ka, kb, 32);
    polyclave_root_free(b);
}

static void large_committee(void **state)
{
    (void)state;
    start(100, 51);
    for (uint16_t i = 10; i <= 58; i++)
        com.node[i].manner = NODE_SILENT;
    assert_right("db", 1);
}

/* With ask_all nobody is spared, so every liar is named whoever answers first. */
static void asks_all(void **state)
{
    (void)state;
    start(6, 3);
    com.node[6].manner = NODE_WRONG_SHARE;
    assert_right("db", 1);
    assert_int_equal(report_of(6)->state, POLYCLAVE_MEMBER_UNASKED);
    pc.ask_all = true;
    assert_right("db", 1);
    assert_int_equal(report_of(6)->state, POLYCLAVE_MEMBER_LIED);
    for (uint16_t i = 1; i <= 5; i++)
        assert_int_equal(report_of(i)->state, POLYCLAVE_MEMBER_GOOD);
}

static void evidence_only_when_asked(void **state)
{
    (void)state;
    start(4, 3);
    com.node[2].manner = NODE_WANTS_EVIDENCE;
    com.node[3].manner = NODE_WANTS_EVIDENCE;
    assert_right("db", 1);
    assert_int_equal(com.node[1].asked_with_evidence, 0);
    assert_int_equal(com.node[2].asked_with_evidence, 1);
    assert_int_equal(com.node[2].asked, 2);
}

static void before_attesting(void **state)
{
    (void)state;
    start(4, 3);
    pc.valid_until = 0;
    assert_int_equal(get("db"), POLYCLAVE_USAGE);
    assert_string_equal(polyclave_error_code(&pc), "not_attested");
    char scope[258];
    memset(scope, 'a', sizeof scope);
    scope[256] = '\0';
    pc.valid_until = 1;
    assert_int_equal(get(scope), POLYCLAVE_USAGE);
    assert_string_equal(polyclave_error_code(&pc), "scope_too_long");
    scope[255] = '\0';
    assert_int_equal(get(scope), POLYCLAVE_OK);
}

/* Nothing secret is left behind after a call: combiner and y are wiped. */
static void secrets_are_wiped(void **state)
{
    (void)state;
    start(4, 3);
    assert_right("db", 1);
    assert_true(bytes_all_zero_var(PC_BYTES(pc.secrets->y)));
    assert_true(
        bytes_all_zero_var(bytes_of(pc.secrets->combiner.d, sizeof pc.secrets->combiner.d)));
}

/* ---- liars */

/* A29: wrong share, wrong epoch, other input, valid proof for another Y: each named, key right. */
static void test_A29_wrong_partials_named(void **state)
{
    (void)state;
    static const enum node_manner lies[] = {NODE_WRONG_SHARE, NODE_BAD_PROOF,  NODE_OTHER_INPUT,
                                            NODE_OTHER_EPOCH, NODE_SEAL_OTHER, NODE_SPLICE_NODE};
    for (size_t i = 0; i < PC_ARRAY_LEN(lies); i++) {
        start(4, 3);
        com.node[1].manner = lies[i];
        assert_right("db", 1);
        assert_int_equal(report_of(1)->state, POLYCLAVE_MEMBER_LIED);
        assert_true(report_of(1)->code[0] != '\0');
        assert_int_equal(com.node[1].asked, 1); /* a liar is not asked again */
        for (uint16_t j = 2; j <= 4; j++)
            assert_int_equal(report_of(j)->state, POLYCLAVE_MEMBER_GOOD);
        stop();
    }
}

/* A31: n - T colluding bad partials: the output is right and all are named. */
static void test_A31_all_liars_named(void **state)
{
    (void)state;
    start(9, 5);
    for (uint16_t i = 1; i <= 4; i++)
        com.node[i].manner = NODE_WRONG_SHARE;
    assert_right("db", 1);
    for (uint16_t i = 1; i <= 9; i++)
        assert_int_equal(report_of(i)->state,
                         i <= 4 ? POLYCLAVE_MEMBER_LIED : POLYCLAVE_MEMBER_GOOD);
}

/* One liar more than n - T: no key, and it says why. */
static void too_many_liars(void **state)
{
    (void)state;
    start(6, 4);
    for (uint16_t i = 1; i <= 3; i++)
        com.node[i].manner = NODE_WRONG_SHARE;
    assert_int_equal(get("db"), POLYCLAVE_RETRY);
    assert_string_equal(polyclave_error_code(&pc), "bad_proof");
    assert_non_null(strstr(polyclave_error(&pc), "3 lied"));
}

/* A34: an answer of another request or node, or one signed by somebody else, is not taken. Without
 * the node's signature nobody is called a liar: it may be somebody on the way. */
static void test_A34_spliced_answers(void **state)
{
    (void)state;
    start(4, 3);
    assert_right("db", 1); /* nodes have a first answer now */
    com.node[1].manner = NODE_SPLICE_OLD;
    assert_right("db", 1);
    assert_int_equal(report_of(1)->state, POLYCLAVE_MEMBER_UNREACHABLE);
    assert_string_equal(report_of(1)->code, "bad_signature");
    com.node[1].manner = NODE_BAD_SIGNATURE;
    assert_right("db", 1);
    assert_int_equal(report_of(1)->state, POLYCLAVE_MEMBER_UNREACHABLE);
    com.node[1].manner = NODE_GARBAGE;
    assert_right("db", 1);
    assert_int_equal(report_of(1)->state, POLYCLAVE_MEMBER_UNREACHABLE);
}

/* ---- refusals and delays */

static void refuse_all(unsigned status, const char *code, unsigned after)
{
    for (uint16_t i = 1; i <= com.n; i++) {
        com.node[i].manner = NODE_REFUSES;
        com.node[i].status = status;
        com.node[i].code = code;
        com.node[i].retry_after = after;
    }
}

static void clean_no(void **state)
{
    (void)state;
    start(6, 4);
    refuse_all(403, "measurement_not_active", 0);
    uint64_t begun = com.now_ms;
    assert_int_equal(get("db"), POLYCLAVE_REFUSED);
    assert_string_equal(polyclave_error_code(&pc), "measurement_not_active");
    for (uint16_t i = 1; i <= 6; i++) {
        assert_int_equal(report_of(i)->state, POLYCLAVE_MEMBER_REFUSED);
        assert_string_equal(report_of(i)->code, "measurement_not_active");
        assert_int_equal(com.node[i].asked, 1);
    }
    assert_int_equal(com.now_ms, begun); /* nothing to wait for */
}

/* n - T refusing is not a no of the network. */
static void a_few_refuse(void **state)
{
    (void)state;
    start(6, 4);
    for (uint16_t i = 1; i <= 2; i++) {
        com.node[i].manner = NODE_REFUSES;
        com.node[i].status = 503;
        com.node[i].code = "node_frozen";
    }
    assert_right("db", 1);
    assert_string_equal(report_of(1)->code, "node_frozen");
    com.node[3] = com.node[1];
    com.node[3].key.index = 3;
    assert_int_equal(get("db"), POLYCLAVE_RETRY);
    assert_string_equal(polyclave_error_code(&pc), "node_frozen");
}

/* Codes that come from outside are never more than codes. */
static void hostile_code(void **state)
{
    (void)state;
    start(4, 3);
    refuse_all(403, "\\u001b[2J HA", 0);
    assert_int_equal(get("db"), POLYCLAVE_RETRY);
    assert_string_equal(report_of(1)->code, "malformed_answer");
}

static void waits_for_retry_after(void **state)
{
    (void)state;
    start(4, 3);
    refuse_all(503, "chain_behind", 3);
    for (uint16_t i = 1; i <= 4; i++)
        com.node[i].until_ms = com.now_ms + 2500;
    assert_right("db", 1);
    assert_true(com.now_ms >= 5000 + 3000);
    assert_int_equal(com.node[1].asked, 2);
}

static void head_is_refreshed_on_409(void **state)
{
    (void)state;
    start(4, 3);
    refuse_all(409, "stale_request", 0);
    for (uint16_t i = 1; i <= 4; i++)
        com.node[i].until_ms = com.now_ms + 100;
    assert_right("db", 1);
    assert_int_equal(com.heads_asked, 2);
}

static void two_domains_silent(void **state)
{
    (void)state;
    start(6, 4);
    for (uint16_t i = 1; i <= 3; i++)
        com.node[i].manner = NODE_SILENT;
    uint64_t begun = com.now_ms;
    assert_int_equal(get("db"), POLYCLAVE_RETRY);
    assert_string_equal(polyclave_error_code(&pc), "unreachable");
    assert_int_equal(report_of(2)->state, POLYCLAVE_MEMBER_UNREACHABLE);
    assert_true(com.now_ms - begun <= 30000 + 6000); /* the limit, and one fetch under way */
    com.node[3].manner = NODE_HONEST;
    assert_right("db", 1);
}

/* One member that cries "another epoch" costs nothing. */
static void one_cries_epoch(void **state)
{
    (void)state;
    start(4, 3);
    com.node[1].manner = NODE_REFUSES;
    com.node[1].status = 503;
    com.node[1].code = "retry";
    assert_right("db", 1);
    unsigned seeds = com.seeds_asked;
    assert_right("db", 1);
    assert_int_equal(com.seeds_asked, seeds);
}

/* ---- epochs */

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
        T(honest),
        T(one_key_for_all),
        T(large_committee),
        T(asks_all),
        T(evidence_only_when_asked),
        T(before_attesting),
        T(secrets_are_wiped),
        T(test_A29_wrong_partials_named),
        T(test_A31_all_liars_named),
        T(too_many_liars),
        T(test_A34_spliced_answers),
        T(clean_no),
        T(a_few_refuse),
        T(hostile_code),
        T(waits_for_retry_after),
        T(head_is_refreshed_on_409),
        T(two_domains_silent),
        T(one_cries_epoch),
        T(epoch_change),
        T(test_A59_false_chain_view),
        T(test_A59_forger_misses_one_share),
        T(one_honest_seed),
        T(higher_number_with_true_shares),
        T(no_seed_at_all),
        T(epoch_bytes),
        T(test_A64_app_of_the_pin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
