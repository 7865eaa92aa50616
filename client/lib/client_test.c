/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client_test.c - keys from a committee in one process: that they are right, that liars are named,
 * what refusals and delays lead to (A29, A31, A34).
 */
#include "client/lib/client_testkit.h"

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
    com.node[5].manner = NODE_WANTS_EVIDENCE;
    assert_right("db", 1);
    assert_int_equal(report_of(6)->state, POLYCLAVE_MEMBER_UNASKED);
    pc.ask_all = true;
    assert_right("db", 1);
    assert_int_equal(report_of(6)->state, POLYCLAVE_MEMBER_LIED);
    for (uint16_t i = 1; i <= 5; i++)
        assert_int_equal(report_of(i)->state, POLYCLAVE_MEMBER_GOOD);
}

/* With ask_all a member that says "not now" is asked until it has said what it means, also when the
 * others' answers decide already; one that never does costs a bounded time. */
static void asks_all_to_the_end(void **state)
{
    (void)state;
    start(6, 4);
    pc.ask_all = true;
    com.node[5].manner = NODE_REFUSES;
    com.node[5].status = 503;
    com.node[5].code = "retry";
    com.node[5].until_ms = com.now_ms + 2500;
    assert_right("db", 1);
    assert_int_equal(report_of(5)->state, POLYCLAVE_MEMBER_GOOD);
    com.node[5].until_ms = 0;
    uint64_t begun = com.now_ms;
    assert_right("db", 1);
    assert_string_equal(report_of(5)->code, "retry");
    assert_true(com.now_ms - begun <= 10000);
    for (uint16_t i = 1; i <= 4; i++) {
        com.node[i].manner = NODE_REFUSES;
        com.node[i].status = 403;
        com.node[i].code = "measurement_not_active";
    }
    com.node[5].until_ms = com.now_ms + 2500;
    assert_int_equal(get("db"), POLYCLAVE_REFUSED);
    assert_int_equal(report_of(5)->state, POLYCLAVE_MEMBER_GOOD);
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

/* A silent member does not hold up those who only want the evidence, for long. */
static void silence_and_evidence(void **state)
{
    (void)state;
    start(6, 4);
    for (uint16_t i = 1; i <= 6; i++)
        com.node[i].manner = i <= 2 ? NODE_SILENT : NODE_WANTS_EVIDENCE;
    uint64_t begun = com.now_ms;
    assert_right("db", 1);
    assert_true(com.now_ms - begun <= 3000);
    /* With four silent there is no key, and the two others are seen to be good. */
    com.node[3].manner = com.node[4].manner = NODE_SILENT;
    pc.timeout_ms = 15000;
    assert_int_equal(get("db"), POLYCLAVE_RETRY);
    for (uint16_t i = 1; i <= 6; i++)
        assert_int_equal(report_of(i)->state,
                         i <= 4 ? POLYCLAVE_MEMBER_UNREACHABLE : POLYCLAVE_MEMBER_GOOD);
}

/* Asked again a member sees the same request, so that its cache can answer and no quota is used. */
static void same_request_again(void **state)
{
    (void)state;
    start(4, 3);
    for (uint16_t i = 1; i <= 4; i++) {
        com.node[i].manner = NODE_SILENT;
        com.node[i].until_ms = com.now_ms + 2000;
    }
    pc.has_epoch = true;
    assert_int_equal(
        client_epoch_read(&pc.epoch, &pc.pin, bytes_of(com.info, com.info_len), pc.rng), PC_OK);
    assert_right("db", 1);
    for (uint16_t i = 1; i <= 3; i++) {
        assert_int_equal(com.node[i].asked, 2);
        assert_memory_equal(com.node[i].seen[0], com.node[i].seen[1], 32);
    }
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

int main(void)
{
#define T(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        T(honest),
        T(one_key_for_all),
        T(large_committee),
        T(asks_all),
        T(asks_all_to_the_end),
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
        T(silence_and_evidence),
        T(same_request_again),
        T(two_domains_silent),
        T(one_cries_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
