/* SPDX-License-Identifier: Apache-2.0 */
/* The round that brings a new head, against a chain with honest and lying endpoints: what is told
 * is proved, whoever lies is named, and nothing that fails or dies stays stuck. */
#include "node/chain/testkit.h"

#include "crypto/hash.h"

static struct world w;

static int setup(void **state)
{
    (void)state;
    world_begin(&w);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static void expect_head(uint64_t number)
{
    struct ipc_head_view v;
    struct ipc_vc_head h;
    assert_true(world_told(&w, IPC_LINK_DC, &v));
    assert_int_equal(v.head.number, number);
    assert_memory_equal(v.head.hash, w.hash[number].b, 32);
    assert_true(world_told(&w, IPC_LINK_PC, &v));
    assert_int_equal(v.head.number, number);
    assert_int_equal(v.health, IPC_HEALTH_OK);
    uint64_t vault = 0;
    while (KIT_HEARD(&w.kit, IPC_LINK_VC, vc_head, VC_HEAD, &h))
        vault = h.head.number;
    assert_int_equal(vault, number);
}

static void expect_nothing(void)
{
    KIT_SILENT(&w.kit, IPC_LINK_DC, DC_HEAD);
    KIT_SILENT(&w.kit, IPC_LINK_PC, PC_HEAD);
    KIT_SILENT(&w.kit, IPC_LINK_VC, VC_HEAD);
}

static unsigned blamed(void)
{
    return w.endpoint[0].blamed + w.endpoint[1].blamed + w.endpoint[2].blamed;
}

static void heads(void **state)
{
    (void)state;
    world_mine(&w, 10);
    world_round(&w);
    expect_head(11);
    world_round(&w); /* the same again: nothing new to tell */
    expect_nothing();
    world_mine(&w, 50); /* more than one fetch of headers */
    world_round(&w);
    expect_head(61);
    assert_int_equal(blamed(), 0);
}

/* Without the vault's keys nobody can say who this node is: nothing is told. */
static void no_round_without_keys(void **state)
{
    (void)state;
    w.c->have_keys = false;
    world_round(&w);
    assert_int_equal(w.asked[IPC_RPC_WHAT_FINALIZED], 0);
    struct ipc_dc_keys keys;
    memset(&keys, 0x21, sizeof keys);
    KIT_SAY(&w.kit, IPC_LINK_DC, dc_keys, &keys);
    world_round(&w);
    expect_head(1);
}

static void false_headers(void **state)
{
    (void)state;
    world_round(&w);
    expect_head(1);
    world_mine(&w, 3);
    w.endpoint[0].false_headers = true;
    world_round(&w);
    expect_head(4);
    assert_true(w.endpoint[0].blamed > 0);
    assert_int_equal(w.endpoint[1].blamed + w.endpoint[2].blamed, 0);
    /* All of them: unknown. Once one has come to its senses, the next round goes through. */
    world_mine(&w, 3);
    for (int i = 0; i < WORLD_ENDPOINTS; i++)
        w.endpoint[i].false_headers = true;
    world_round(&w);
    expect_nothing();
    w.endpoint[1].false_headers = false;
    world_round(&w);
    world_round(&w);
    expect_head(7);
}

static void false_proofs(void **state)
{
    (void)state;
    w.endpoint[0].false_proofs = true;
    world_round(&w);
    expect_head(1);
    assert_true(w.endpoint[0].blamed > 0);
    world_mine(&w, 1);
    for (int i = 0; i < WORLD_ENDPOINTS; i++)
        w.endpoint[i].false_proofs = true;
    world_round(&w);
    expect_nothing();
    assert_false(w.c->standing_proof.active);
    for (int i = 0; i < WORLD_ENDPOINTS; i++)
        w.endpoint[i].false_proofs = false;
    world_round(&w);
    expect_head(2);
}

static void announced(void **state)
{
    struct ipc_vc_announced v;
    struct ipc_dc_event e;
    (void)state;
    world_announce(&w, 1);
    world_round(&w);
    expect_head(2);
    KIT_HEAR(&w.kit, IPC_LINK_VC, vc_announced, VC_ANNOUNCED, &v);
    assert_int_equal(v.attempt, 1);
    KIT_HEAR(&w.kit, IPC_LINK_DC, dc_event, DC_EVENT, &e);
    assert_int_equal(e.kind, IPC_EVENT_KIND_ANNOUNCED);
    assert_int_equal(e.value, v.window_end);
}

/* An endpoint that leaves out the one event is found by the proved words, and named. */
static void left_out(void **state)
{
    (void)state;
    world_announce(&w, 1);
    w.endpoint[0].leaves_out = true;
    world_round(&w);
    expect_nothing();
    KIT_SILENT(&w.kit, IPC_LINK_DC, DC_EVENT);
    assert_int_equal(w.endpoint[0].blamed, 1);
    assert_false(w.c->standing.known);
    world_round(&w);
    expect_head(2);
    assert_int_equal(kit_count(&w.kit, IPC_LINK_VC, IPC_MSG_VC_ANNOUNCED), 1);
    assert_int_equal(w.endpoint[1].blamed + w.endpoint[2].blamed, 0);
}

/* Logs came from several: nobody is named by mistake, and reading from one at a time finds it. */
static void left_out_by_one_of_several(void **state)
{
    (void)state;
    w.rotate = true;
    world_mine(&w, 3);
    world_announce(&w, 1);
    w.endpoint[0].leaves_out = w.endpoint[1].leaves_out = true;
    for (int i = 0; i < 8 && kit_count(&w.kit, IPC_LINK_VC, IPC_MSG_VC_ANNOUNCED) == 0; i++) {
        w.c->cursor.span = 1;
        world_round(&w);
    }
    assert_int_equal(kit_count(&w.kit, IPC_LINK_VC, IPC_MSG_VC_ANNOUNCED), 1);
    assert_int_equal(w.endpoint[2].blamed, 0);
    expect_head(5);
}

/* An event that was not: the same in the other direction. */
static void made_up(void **state)
{
    (void)state;
    world_announce(&w, 1);
    struct evm_word none = {{0}};
    world_set(&w, w.c->d.policy.epochs, slot_attempt(), &none);
    world_set(&w, w.c->d.policy.epochs, slot_acc(PC_ACC_ENROL), &none);
    world_mine(&w, 1);
    w.endpoint[1].leaves_out = w.endpoint[2].leaves_out = true; /* only endpoint 0 has it */
    world_round(&w);
    expect_nothing();
    KIT_SILENT(&w.kit, IPC_LINK_VC, VC_ANNOUNCED);
    assert_int_equal(w.endpoint[0].blamed, 1);
    world_round(&w);
    expect_head(3);
    KIT_SILENT(&w.kit, IPC_LINK_VC, VC_ANNOUNCED);
}

/* Logs outside the range that was asked for. */
static void logs_of_another_range(void **state)
{
    (void)state;
    world_announce(&w, 1);
    w.log[0].log.block = 99;
    world_round(&w);
    expect_nothing();
    assert_int_equal(w.endpoint[0].blamed, 1);
}

/* A52, A77: without heads nothing moves; after half a minute everybody is told. */
static void nobody_answers(void **state)
{
    struct ipc_head_view v;
    (void)state;
    world_round(&w);
    expect_head(1);
    for (int i = 0; i < WORLD_ENDPOINTS; i++)
        w.endpoint[i].down = true;
    world_mine(&w, 1);
    for (int i = 0; i < 5; i++)
        world_round(&w);
    expect_nothing();
    /* After half a minute: behind, with the head of before and the standing that was proved. */
    w.c->sync.fresh_at = 0;
    w.c->standing.node_id = 9;
    w.c->standing.valid_until = 77;
    w.c->d.loop.now = 40000;
    loop_timer_set(&w.c->d.loop, &w.c->sync.timer, 0);
    kit_settle(&w.kit);
    if (world_told(&w, IPC_LINK_PC, &v)) { /* the machine may have been started just now */
        assert_int_equal(v.health, IPC_HEALTH_BEHIND);
        assert_int_equal(v.head.number, 1);
        assert_int_equal(v.node_id, 9);
        assert_int_equal(v.valid_until, 77);
    }
    for (int i = 0; i < WORLD_ENDPOINTS; i++)
        w.endpoint[i].down = false;
    world_round(&w);
    world_round(&w);
    expect_head(2);
}

/* Behind, and then the same head again: it is told that it is not behind any more. */
static void behind_and_back(void **state)
{
    struct ipc_head_view v;
    (void)state;
    world_round(&w);
    expect_head(1);
    w.c->sync.health = IPC_HEALTH_BEHIND;
    world_round(&w);
    assert_true(world_told(&w, IPC_LINK_PC, &v));
    assert_int_equal(v.health, IPC_HEALTH_OK);
}

/* The same with a neighbour that has just been started anew. */
static void behind_while_a_neighbour_restarts(void **state)
{
    struct ipc_head_view v;
    (void)state;
    world_round(&w);
    expect_head(1);
    for (int i = 0; i < WORLD_ENDPOINTS; i++)
        w.endpoint[i].down = true;
    kit_cut(&w.kit, IPC_LINK_CA);
    kit_connect(&w.kit, IPC_LINK_CA);
    w.hold = IPC_RPC_WHAT_FINALIZED;
    w.c->sync.fresh_at = 0;
    world_round(&w);
    if (loop_now(&w.c->d.loop) < 31000)
        skip(); /* the machine was started just now */
    assert_true(world_told(&w, IPC_LINK_PC, &v));
    assert_int_equal(v.health, IPC_HEALTH_BEHIND);
}

/* A contradiction to a final block stops release at once, and peer is told. */
static void broken_finality(void **state)
{
    struct ipc_head_view v;
    struct evm_word good;
    (void)state;
    world_mine(&w, 4);
    world_round(&w);
    expect_head(5);
    good = w.hash[5];
    w.hash[5].b[0] ^= 1;
    world_round(&w);
    assert_true(world_told(&w, IPC_LINK_PC, &v));
    assert_int_equal(v.health, IPC_HEALTH_DISAGREEMENT);
    KIT_SILENT(&w.kit, IPC_LINK_VC, VC_HEAD);
    struct ipc_pc_lookup ask = {.digest = {7}};
    struct ipc_pc_lookup_r r;
    ask.request.node_index = 1;
    ask.request.vendor = WIRE_VENDOR_TDX;
    KIT_SAY(&w.kit, IPC_LINK_PC, pc_lookup, &ask);
    KIT_HEAR(&w.kit, IPC_LINK_PC, pc_lookup_r, PC_LOOKUP_R, &r);
    assert_int_equal(r.code, WIRE_RELEASE_CODE_CHAIN_DISAGREEMENT);
    w.hash[5] = good;
}

/* rpc dies while it is asked for anything: the next rpc, and the round is done. */
static void rpc_dies_in_each_step(void **state)
{
    static const unsigned steps[] = {IPC_RPC_WHAT_FINALIZED, IPC_RPC_WHAT_HEADERS,
                                     IPC_RPC_WHAT_LOGS, IPC_RPC_WHAT_PROOF, IPC_RPC_WHAT_CALLDATA};
    (void)state;
    world_round(&w);
    expect_head(1);
    for (size_t i = 0; i < PC_ARRAY_LEN(steps); i++) {
        struct evm_word topic = {{1}};
        world_log(&w, w.c->d.policy.tdx.verifier, &topic, 1, bytes_of(NULL, 0));
        world_mine(&w, 1);
        unsigned before = w.asked[steps[i]];
        w.hold = steps[i];
        world_round(&w);
        assert_true(w.asked[steps[i]] > before);
        expect_nothing();
        kit_cut(&w.kit, IPC_LINK_CR);
        assert_int_equal(w.c->sync.step, SYNC_IDLE);
        for (size_t k = 0; k < ASKS_MAX; k++)
            assert_false(w.c->asks.a[k].used);
        world_round(&w); /* without rpc: nothing, and nothing breaks */
        w.hold = 0;
        kit_connect(&w.kit, IPC_LINK_CR);
        assert_int_equal(kit_count(&w.kit, IPC_LINK_CR, IPC_MSG_CFG_RPC), i + 2);
        world_round(&w);
        world_round(&w);
        expect_head(w.head);
    }
}

/* rpc lives and says nothing: the question ends by its time. */
static void rpc_is_mute(void **state)
{
    (void)state;
    w.hold = IPC_RPC_WHAT_PROOF;
    world_round(&w);
    assert_true(w.c->standing_proof.active);
    for (size_t k = 0; k < ASKS_MAX; k++)
        w.c->asks.a[k].sent = 0;
    w.c->d.loop.now = ASK_TIMEOUT_MS + 100;
    asks_tick(w.c);
    assert_false(w.c->standing_proof.active);
    assert_int_equal(w.c->sync.step, SYNC_IDLE);
    w.hold = 0;
    world_round(&w);
    expect_head(1);
}

/* Answers that nobody waits for, late or invented. */
static void unasked_answers(void **state)
{
    struct ipc_cr_answer r = {.id = 0, .what = IPC_RPC_WHAT_LOGS};
    (void)state;
    for (uint64_t id = 0; id < 100; id++) {
        r.id = id;
        KIT_SAY(&w.kit, IPC_LINK_CR, cr_answer, &r);
    }
    assert_true(kit_up(&w.kit, IPC_LINK_CR));
    world_round(&w);
    expect_head(1);
}

/* A block that somebody has filled: more events than one answer holds are read page by page. */
static void crowded_block(void **state)
{
    struct evm_word topic = {{1}};
    (void)state;
    world_mine(&w, 3);
    for (int i = 0; i < 10; i++)
        world_log(&w, w.c->d.policy.tdx.verifier, &topic, 1, bytes_of(NULL, 0));
    world_announce(&w, 1);
    world_log(&w, w.c->d.policy.tdx.verifier, &topic, 1, bytes_of(NULL, 0));
    world_mine(&w, 2);
    w.page = 3;
    world_round(&w);
    expect_head(7);
    assert_int_equal(kit_count(&w.kit, IPC_LINK_VC, IPC_MSG_VC_ANNOUNCED), 1);
    assert_int_equal(w.asked[IPC_RPC_WHAT_CALLDATA], 22); /* 11, each of two endpoints */
    assert_int_equal(blamed(), 0);
    assert_false(w.c->sync.paged);
}

/* What strangers post and nobody can give holds up no head, and is given up one day. */
static void calldata_that_nobody_has(void **state)
{
    struct evm_word topic = {{1}};
    (void)state;
    for (int i = 0; i < 3; i++)
        world_log(&w, w.c->d.policy.tdx.verifier, &topic, 1, bytes_of(NULL, 0));
    for (int i = 0; i < WORLD_ENDPOINTS; i++)
        w.endpoint[i].no_calldata = true;
    for (int i = 0; i < 70; i++) {
        world_mine(&w, 1);
        world_round(&w);
        expect_head(w.head);
    }
    assert_int_equal(w.c->posted_n, 0);
    assert_in_range(w.asked[IPC_RPC_WHAT_CALLDATA], 50, 70);
}

/* Calldata count when two of three say the same; the third is named. Two that differ, and nobody
 * else: not now. */
static void false_calldata(void **state)
{
    struct evm_word topic = {{1}};
    (void)state;
    w.endpoint[0].false_calldata = true;
    world_log(&w, w.c->d.policy.tdx.verifier, &topic, 1, bytes_of(NULL, 0));
    world_mine(&w, 1);
    world_round(&w);
    expect_head(2);
    assert_int_equal(w.c->posted_n, 0);
    assert_int_equal(w.endpoint[0].blamed, 1);
    assert_int_equal(w.endpoint[1].blamed + w.endpoint[2].blamed, 0);
    w.endpoint[2].no_calldata = true;
    world_log(&w, w.c->d.policy.tdx.verifier, &topic, 1, bytes_of(NULL, 0));
    world_mine(&w, 1);
    world_round(&w);
    expect_head(3);
    assert_int_equal(w.c->posted_n, 1);
    w.endpoint[2].no_calldata = false;
    world_mine(&w, 1);
    world_round(&w);
    expect_head(4);
    assert_int_equal(w.c->posted_n, 0);
}

/* Policies of strangers push out those that nobody uses. */
static void flood_of_policies(void **state)
{
    static const uint8_t used[] = "a policy that is used";
    struct evm_word hash;
    (void)state;
    evm_keccak(&hash, PC_BYTES(used));
    index_policy_add(w.c->index, PC_BYTES(used));
    for (uint32_t i = 0; i < POLICIES_MAX + 50; i++) {
        uint8_t other[8] = {0};
        store_be32(other, i + 1);
        index_policy_add(w.c->index, PC_BYTES(other));
        if (i % 1000 == 0)
            assert_int_equal(index_policy(w.c->index, &hash).n, sizeof used);
    }
    assert_int_equal(index_policy(w.c->index, &hash).n, sizeof used);
}

/* More postings than places: the newest evidence stays, and what the verifier needs. */
static void flood_of_postings(void **state)
{
    struct posted p = {.kind = POSTED_VERIFIER};
    (void)state;
    p.key.b[0] = 0xee;
    posted_want(w.c, &p);
    p.kind = POSTED_ATTEST;
    for (uint32_t i = 0; i < POSTED_MAX + 100; i++) {
        store_be32(p.key.b, i + 1);
        posted_want(w.c, &p);
        posted_want(w.c, &p); /* attested anew: one place */
    }
    assert_int_equal(w.c->posted_n, POSTED_MAX);
    bool verifier = false, newest = false, oldest = false;
    for (size_t i = 0; i < POSTED_MAX; i++) {
        verifier |= w.c->posted[i].kind == POSTED_VERIFIER;
        newest |= load_be32(w.c->posted[i].key.b) == POSTED_MAX + 100;
        oldest |= load_be32(w.c->posted[i].key.b) == 1;
    }
    assert_true(verifier && newest && !oldest);
}

/* Neighbours that are started anew hear everything again, without a new block. */
static void neighbours_restart(void **state)
{
    static const enum ipc_link links[] = {IPC_LINK_VC, IPC_LINK_DC, IPC_LINK_PC};
    (void)state;
    world_announce(&w, 1);
    world_round(&w);
    for (size_t i = 0; i < PC_ARRAY_LEN(links); i++) {
        kit_cut(&w.kit, links[i]);
        kit_connect(&w.kit, links[i]);
        kit_forget(&w.kit);
        world_round(&w);
        expect_head(2);
        assert_int_equal(kit_count(&w.kit, IPC_LINK_VC, IPC_MSG_VC_ANNOUNCED), i == 0);
        assert_int_equal(kit_count(&w.kit, IPC_LINK_DC, IPC_MSG_DC_EVENT), i == 1);
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(heads),
        T(no_round_without_keys),
        T(false_headers),
        T(false_proofs),
        T(announced),
        T(left_out),
        T(left_out_by_one_of_several),
        T(made_up),
        T(logs_of_another_range),
        T(nobody_answers),
        T(behind_and_back),
        T(behind_while_a_neighbour_restarts),
        T(broken_finality),
        T(rpc_dies_in_each_step),
        T(rpc_is_mute),
        T(unasked_answers),
        T(calldata_that_nobody_has),
        T(crowded_block),
        T(false_calldata),
        T(flood_of_policies),
        T(flood_of_postings),
        T(neighbours_restart),
    };
    return cmocka_run_group_tests_name("chain round", tests, NULL, NULL);
}
