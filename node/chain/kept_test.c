/* SPDX-License-Identifier: Apache-2.0 */
/* What chain has read outlives its restart: it goes on where the checkpoint ends, tells the same
 * again, and is deceived by no store: one that is damaged, foreign, old, of another branch or
 * simply false costs time and nothing else. */
#include "node/chain/testkit.h"

#include <stdlib.h>

#include "base/buf.h"
#include "protocol/checkpoint_wire.h"

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

static unsigned blamed(void)
{
    return w.endpoint[0].blamed + w.endpoint[1].blamed + w.endpoint[2].blamed;
}

/* Rounds until a head is told to polyclaved; which one. */
static uint64_t rounds(void)
{
    struct ipc_head_view v;
    for (int i = 0; i < 8; i++) {
        world_round(&w);
        if (world_told(&w, IPC_LINK_DC, &v))
            return v.head.number;
    }
    return 0;
}

static void mine_to(uint64_t head)
{
    world_mine(&w, (unsigned)(head - w.head));
    assert_int_equal(rounds(), head);
}

/* Three nodes, the first of which is this one, in an open attempt with one commit. */
static void attempt_under_way(void)
{
    world_join(&w, 101, 0x21);
    world_join(&w, 102, 0x31);
    world_join(&w, 103, 0x32);
    world_announce(&w, 1);
    for (uint32_t id = 101; id <= 103; id++)
        world_enrol(&w, 1, id);
    world_open(&w, 1, 3);
    world_commit(&w, 1, 2);
}

/* Everything that the vault hears of the attempt, one after the other. */
static size_t vault_hears(uint8_t *out, size_t cap)
{
    size_t n = 0;
    for (struct kit_frame *f = w.kit.far[IPC_LINK_VC].first; f != NULL; f = f->next) {
        if (ipc_type_of(bytes_of(f->bytes, f->n)) == IPC_MSG_VC_HEAD)
            continue;
        assert_true(n + f->n <= cap);
        memcpy(out + n, f->bytes, f->n);
        n += f->n;
    }
    return n;
}

static void goes_on_at_the_cursor(void **state)
{
    (void)state;
    attempt_under_way();
    mine_to(70);
    assert_int_equal(w.first_read, 1);
    assert_int_equal(w.blocks_read, 70);
    assert_int_equal(w.keeps, 1);
    mine_to(80);
    assert_int_equal(w.keeps, 1);
    world_restart(&w);
    assert_int_equal(rounds(), 80);
    assert_int_equal(w.first_read, 71);
    assert_int_equal(w.blocks_read, 10);
    assert_int_equal(w.c->kept.state, KEPT_PROVEN);
    mine_to(133);
    assert_int_equal(w.keeps, 1);
    mine_to(134);
    assert_int_equal(w.keeps, 2);
    world_restart(&w);
    assert_int_equal(rounds(), 134); /* nothing was to be read */
    assert_int_equal(w.blocks_read, 0);
    assert_int_equal(blamed(), 0);
}

static void tells_the_same_again(void **state)
{
    static uint8_t before[16384], after[16384];
    struct ipc_pc_members m;
    struct ipc_member_view seat;
    (void)state;
    world_mine(&w, 56);
    attempt_under_way();
    (void)rounds();
    assert_int_equal(w.keeps, 1);
    world_commit(&w, 1, 3);
    for (int i = 0; i < 3; i++)
        (void)rounds();
    size_t n = vault_hears(before, sizeof before);
    assert_true(n > 1000);
    world_restart(&w);
    for (int i = 0; i < 3; i++)
        (void)rounds();
    assert_int_equal(w.first_read, w.head);
    assert_int_equal(vault_hears(after, sizeof after), n);
    assert_memory_equal(before, after, n);
    assert_int_equal(kit_count(&w.kit, IPC_LINK_VC, IPC_MSG_VC_COMMIT), 2);
    KIT_HEAR(&w.kit, IPC_LINK_PC, pc_members, PC_MEMBERS, &m);
    assert_int_equal(m.members.members.n, 3);
    assert_true(ipc_member_view_list_next(&m.members.members, &seat));
    assert_int_equal(seat.node_id, 101);
    assert_int_equal(w.c->standing_id, 101);
}

/* The seats are those of the open, not of today. */
static void seats_as_they_were(void **state)
{
    static uint8_t before[16384], after[16384];
    (void)state;
    attempt_under_way();
    (void)rounds();
    world_join(&w, 103, 0x55); /* as if it had new keys: what counts for the attempt are the old */
    mine_to(70);
    size_t n = vault_hears(before, sizeof before);
    world_restart(&w);
    (void)rounds();
    (void)rounds();
    assert_int_equal(vault_hears(after, sizeof after), n);
    assert_memory_equal(before, after, n);
    assert_int_equal(w.c->attempts->current.seats[3].node.keys.ed25519[0], 0x32);
    assert_int_equal(index_node(w.c->index, 103)->keys.ed25519[0], 0x55);
}

/* Attempts that failed leave no logs; the running hashes come out right all the same. */
static void attempts_come_and_go(void **state)
{
    (void)state;
    attempt_under_way();
    for (uint32_t a = 2; a < 5; a++) {
        world_announce(&w, a);
        world_enrol(&w, a, 101);
    }
    mine_to(70);
    assert_int_equal(w.keeps, 1);
    world_restart(&w);
    assert_int_equal(rounds(), 70);
    assert_int_equal(w.blocks_read, 0);
    for (size_t i = 0; i < w.c->attempts->logs.n; i++)
        assert_true(w.c->attempts->logs.v[i].attempt == 1 || w.c->attempts->logs.v[i].attempt == 4);
    world_open(&w, 4, 1);
    (void)rounds();
    assert_int_equal(w.c->attempts->logs.n, 3);
}

/* Full tables: many parts, and every ring in its order, so that the oldest goes first as before. */
static void full_tables(void **state)
{
    struct index *x = w.c->index;
    static uint8_t evidence[6000], leaf[LEAF_RECORD] = {1}, policy[100];
    struct evm_word key;
    (void)state;
    for (uint64_t i = 0; i < RECORDS_MAX + 5; i++) {
        key = evm_word_u64(i + 1);
        struct record_entry *r = index_record_new(x, &key);
        r->attested_at = i;
        r->mirrored = true;
        r->vendor = PC_VENDOR_SNP;
        assert_int_equal(record_take_leaf(r, PC_BYTES(leaf)), PC_OK);
        if (i % 64 == 0)
            assert_int_equal(record_take_evidence(r, PC_BYTES(evidence)), PC_OK);
    }
    for (uint64_t i = 0; i < LEAVES_MAX + 5; i++) {
        struct leaf_entry *l = index_leaf_new(x);
        store_be64(l->record, i);
        l->n = 1500;
    }
    for (uint64_t i = 0; i < POLICIES_MAX; i++) {
        store_be64(policy, i);
        index_policy_add(x, PC_BYTES(policy));
    }
    mine_to(70);
    assert_int_equal(w.keeps, 1);
    assert_true(w.kept[0].n > 10 * IPC_OBJECT_MAX && w.kept[0].n < KEPT_MAX);
    assert_true(w.c->kept.every > KEPT_EVERY + 100);
    world_restart(&w);
    x = w.c->index;
    assert_int_equal(rounds(), 70);
    assert_int_equal(w.blocks_read, 0);
    key = evm_word_u64(4 + 1);
    assert_null(index_record(x, &key));
    key = evm_word_u64(5 + 1);
    assert_non_null(index_record(x, &key));
    key = evm_word_u64(RECORDS_MAX + 100 + 1);
    (void)index_record_new(x, &key);
    key = evm_word_u64(5 + 1);
    assert_null(index_record(x, &key)); /* it was the oldest */
    key = evm_word_u64(64 + 1);
    const struct record_entry *r = index_record(x, &key);
    assert_true(r != NULL && r->parsed && r->evidence_n == sizeof evidence && r->attested_at == 64);
    assert_int_equal(load_be64(x->leaves[x->next_leaf % LEAVES_MAX].record), 5);
    evm_keccak(&key, PC_BYTES(policy));
    assert_int_equal(index_policy(x, &key).n, sizeof policy);
}

/* ---- a store that cannot be used ---- */

/* Position of a frame of that type in a checkpoint, behind its length. */
static uint8_t *find(struct world_kept *k, uint16_t type)
{
    for (size_t at = 0; at + 6 <= k->n; at += 4 + load_be32(k->p + at))
        if (load_be16(k->p + at + 4) == type)
            return k->p + at + 4;
    fail();
    return NULL;
}

static void two_checkpoints(void)
{
    attempt_under_way();
    mine_to(70);
    mine_to(140);
    mine_to(150);
    assert_int_equal(w.keeps, 2);
}

static void a_damaged_one(void **state)
{
    (void)state;
    two_checkpoints();
    w.kept[0].p[w.kept[0].n / 2] ^= 0xff;
    w.kept[0].n -= 3;
    world_restart(&w);
    assert_int_equal(rounds(), 150);
    assert_int_equal(w.first_read, 71); /* the one before */
    w.kept[1].n = 1;
    w.kept[0].n = 0;
    world_restart(&w);
    assert_int_equal(rounds(), 150);
    assert_int_equal(w.first_read, 1);
    assert_int_equal(kit_count(&w.kit, IPC_LINK_VC, IPC_MSG_VC_ANNOUNCED), 1);
    assert_int_equal(blamed(), 0);
}

/* A commit that was not, a READY of the store's own: the running hashes are made of its logs. */
static void a_false_one(void **state)
{
    struct ipc_vc_commit c;
    (void)state;
    two_checkpoints();
    for (int i = 0; i < 2; i++) {
        uint8_t *logs = find(&w.kept[i], CHECKPOINT_MSG_LOGS);
        size_t n = load_be32(logs - 4);
        logs[n - 64 - 1] ^= 1; /* the commit's length, before the running hash that is not used */
    }
    world_restart(&w);
    assert_int_equal(rounds(), 150);
    assert_int_equal(w.first_read, 1);
    KIT_HEAR(&w.kit, IPC_LINK_VC, vc_commit, VC_COMMIT, &c);
    assert_int_equal(c.length, 1000);
    assert_int_equal(kit_count(&w.kit, IPC_LINK_VC, IPC_MSG_VC_COMMIT), 0);
    assert_int_equal(blamed(), 0);
    assert_int_equal(w.c->kept.state, KEPT_PROVEN);
}

/* Its cursor moved on, over a call that the endpoints would have given. */
static void one_that_claims_a_later_block(void **state)
{
    (void)state;
    attempt_under_way();
    mine_to(70);
    world_commit(&w, 1, 3);
    world_mine(&w, 9);
    uint8_t *begin = find(&w.kept[0], CHECKPOINT_MSG_BEGIN) + 2 + CHECKPOINT_ORIGIN_BYTES;
    store_be64(begin, 80);
    memcpy(begin + 8, w.hash[80].b, 32);
    world_restart(&w);
    assert_int_equal(rounds(), 80);
    assert_int_equal(w.first_read, 1);
    assert_int_equal(kit_count(&w.kit, IPC_LINK_VC, IPC_MSG_VC_COMMIT), 2);
    assert_int_equal(blamed(), 0);
}

static void one_of_another_network(void **state)
{
    (void)state;
    two_checkpoints();
    for (int i = 0; i < 2; i++)
        find(&w.kept[i], CHECKPOINT_MSG_BEGIN)[2 + 4 + 8] ^= 1; /* network_id */
    world_restart(&w);
    assert_int_equal(rounds(), 150);
    assert_int_equal(w.first_read, 1);
}

/* The same contracts' addresses on a chain that was begun anew. */
static void one_of_another_chain(void **state)
{
    (void)state;
    two_checkpoints();
    world_reorg(&w, 2);
    world_restart(&w);
    assert_int_equal(rounds(), 150);
    assert_int_equal(w.first_read, 1);
}

static void a_deep_reorganisation(void **state)
{
    (void)state;
    two_checkpoints();
    world_reorg(&w, 130);
    world_restart(&w);
    assert_int_equal(rounds(), 150);
    assert_int_equal(w.first_read, 71);
    assert_int_equal(w.blocks_read, 80);
    world_reorg(&w, 60);
    world_restart(&w);
    assert_int_equal(rounds(), 150);
    assert_int_equal(w.first_read, 1);
    assert_int_equal(blamed(), 0);
}

/* The chain ends before the checkpoint. */
static void a_shorter_chain(void **state)
{
    (void)state;
    two_checkpoints();
    w.head = 139;
    world_restart(&w);
    assert_int_equal(rounds(), 139);
    assert_int_equal(w.first_read, 71);
}

static void everything_again_once_a_month(void **state)
{
    (void)state;
    two_checkpoints();
    w.later = 30 * 24 * 3600 - 12 * 151;
    world_mine(&w, 1);
    world_restart(&w);
    assert_int_equal(rounds(), 151);
    assert_int_equal(w.first_read, 141);
    w.later += 12 * 100;
    world_mine(&w, 1);
    world_restart(&w);
    assert_int_equal(rounds(), 152);
    assert_int_equal(w.first_read, 1);
    assert_int_equal(w.keeps, 3);
    world_restart(&w); /* it is young now */
    assert_int_equal(rounds(), 152);
    assert_int_equal(w.blocks_read, 0);
}

/* A block's hash is what two of three say; one that says otherwise is named and changes nothing. */
static void one_endpoint_denies_it(void **state)
{
    (void)state;
    two_checkpoints();
    mine_to(560); /* the newest head that is walked to knows none of the old ones */
    world_mine(&w, 1);
    w.endpoint[0].false_headers = true;
    world_restart(&w);
    assert_int_equal(rounds(), 561);
    assert_int_equal(w.first_read, 561);
    assert_true(w.endpoint[0].blamed > 0);
    assert_int_equal(w.endpoint[1].blamed + w.endpoint[2].blamed, 0);
}

/* Every cut and many changed bytes: an error, or tables that can be cleared. */
static void any_bytes(void **state)
{
    struct kept_claim claim;
    uint8_t *copy;
    size_t n;
    unsigned taken = 0;
    (void)state;
    attempt_under_way();
    mine_to(70);
    n = w.kept[0].n;
    copy = malloc(n);
    assert_non_null(copy);
    for (size_t i = 0; i < 400; i++) {
        size_t cut = i < 200 ? i * n / 200 : n;
        memcpy(copy, w.kept[0].p, n);
        if (cut == n)
            copy[i * 7919 % n] ^= (uint8_t)(1 + i % 255);
        index_clear(w.c->index);
        attempt_clear(w.c);
        board_init(&w.c->board);
        w.c->posted_first = w.c->posted_n = 0;
        enum err_code e = kept_form_read(w.c, bytes_of(copy, cut), &claim);
        assert_true(cut == n || e != PC_OK);
        taken += e == PC_OK;
    }
    assert_true(taken < 200);
    free(copy);
}

/* ---- what goes wrong on the way ---- */

static void the_store_is_full(void **state)
{
    (void)state;
    w.store_down = true;
    mine_to(70);
    mine_to(133);
    assert_int_equal(w.keeps, 0);
    w.store_down = false;
    mine_to(134); /* tried again when the next one is due */
    assert_int_equal(w.keeps, 1);
}

/* Nothing is asked of the chain before the store has answered, whoever is started anew meanwhile.
 */
static void the_store_comes_late(void **state)
{
    (void)state;
    mine_to(70);
    world_restart(&w);
    w.c->kept.state = KEPT_WANTED;
    loop_timer_set(&w.c->d.loop, &w.c->sync.timer, 0);
    kit_settle(&w.kit);
    KIT_SILENT(&w.kit, IPC_LINK_CR, CR_ASK);
    kit_cut(&w.kit, IPC_LINK_DC);
    kit_connect(&w.kit, IPC_LINK_DC);
    assert_int_equal(rounds(), 70);
    assert_int_equal(w.blocks_read, 0);
}

/* A question or an answer that is lost is asked again. */
static void the_store_is_busy(void **state)
{
    struct ipc_dc_kept_get get;
    (void)state;
    mine_to(70);
    w.c->kept.state = KEPT_PROVEN;
    sync_restart(w.c);
    kit_settle(&w.kit);
    KIT_HEAR(&w.kit, IPC_LINK_DC, dc_kept_get, DC_KEPT_GET, &get); /* and is lost */
    kept_tick(w.c);
    kit_settle(&w.kit);
    KIT_SILENT(&w.kit, IPC_LINK_DC, DC_KEPT_GET);
    w.c->d.loop.now = w.c->kept.asked_at + 5001;
    kept_tick(w.c);
    assert_int_equal(rounds(), 70);
    assert_int_equal(w.blocks_read, 70); /* of the time before */
    mine_to(140);
    assert_int_equal(w.keeps, 2);
}

/* The vault names its keys last: who this node is among the members is not decided before. */
static void the_keys_come_late(void **state)
{
    struct ipc_dc_keys keys;
    (void)state;
    attempt_under_way();
    mine_to(70);
    world_restart(&w);
    w.c->kept.state = KEPT_PROVEN;
    w.c->have_keys = false;
    sync_restart(w.c);
    world_serve(&w);
    assert_int_equal(w.c->kept.state, KEPT_WANTED);
    assert_int_equal(w.c->attempts->logs.n, 0);
    memset(&keys, 0x21, sizeof keys);
    KIT_SAY(&w.kit, IPC_LINK_DC, dc_keys, &keys);
    assert_int_equal(w.c->kept.state, KEPT_CLAIMED);
    assert_int_equal(rounds(), 70);
    assert_int_equal(w.blocks_read, 0);
}

/* The chain has not come to the contracts yet. */
static void before_the_first_block(void **state)
{
    (void)state;
    w.c->d.policy.first_block = 100;
    sync_restart(w.c);
    world_serve(&w);
    mine_to(80);
    assert_int_equal(w.keeps, 0);
    assert_int_equal(w.blocks_read, 0);
    mine_to(100);
    assert_int_equal(w.keeps, 1);
    assert_int_equal(w.first_read, 100);
}

/* polyclaved dies with a collateral object on its way: what is stored is from before that, and
 * stays the newest. */
static void an_object_may_be_lost(void **state)
{
    (void)state;
    mine_to(70);
    kept_object(w.c, true);
    kit_cut(&w.kit, IPC_LINK_DC);
    kit_connect(&w.kit, IPC_LINK_DC);
    mine_to(140);
    assert_int_equal(w.keeps, 1);
    world_restart(&w);
    assert_int_equal(rounds(), 140);
    assert_int_equal(w.first_read, 71);
    assert_int_equal(w.keeps, 2);
    mine_to(210);
    assert_int_equal(w.keeps, 3);
    kept_object(w.c, true);
    mine_to(280); /* the object is told before the checkpoint that covers it */
    kit_cut(&w.kit, IPC_LINK_DC);
    kit_connect(&w.kit, IPC_LINK_DC);
    mine_to(350);
    assert_int_equal(w.keeps, 5);
}

static void a_doubt(void **state)
{
    (void)state;
    mine_to(70);
    kept_doubt(w.c, "test");
    mine_to(140);
    assert_int_equal(w.kept_drops, 1);
    assert_int_equal(w.keeps, 1);
    world_restart(&w);
    assert_int_equal(rounds(), 140);
    assert_int_equal(w.first_read, 1);
    assert_int_equal(w.keeps, 2);
}

/* A seat's node was never seen to join: what was read is not kept. */
static void a_member_that_never_joined(void **state)
{
    (void)state;
    world_announce(&w, 1);
    world_enrol(&w, 1, 101);
    world_open(&w, 1, 1);
    mine_to(70);
    assert_int_equal(w.keeps, 0);
    assert_int_equal(w.kept_drops, 1);
}

/* An endpoint leaves out a call behind the checkpoint: reading begins again there, not at the first
 * block. */
static void a_lie_behind_it(void **state)
{
    (void)state;
    attempt_under_way();
    mine_to(70);
    w.blocks_read = 0;
    w.first_read = UINT64_MAX;
    world_commit(&w, 1, 3);
    w.endpoint[0].leaves_out = true;
    assert_int_equal(rounds(), 71);
    assert_int_equal(w.first_read, 71);
    assert_int_equal(w.endpoint[0].blamed, 1);
    assert_int_equal(w.endpoint[1].blamed + w.endpoint[2].blamed, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(goes_on_at_the_cursor),
        T(tells_the_same_again),
        T(seats_as_they_were),
        T(attempts_come_and_go),
        T(full_tables),
        T(a_damaged_one),
        T(a_false_one),
        T(one_that_claims_a_later_block),
        T(one_of_another_network),
        T(one_of_another_chain),
        T(a_deep_reorganisation),
        T(a_shorter_chain),
        T(everything_again_once_a_month),
        T(one_endpoint_denies_it),
        T(any_bytes),
        T(the_store_is_full),
        T(the_store_comes_late),
        T(the_store_is_busy),
        T(the_keys_come_late),
        T(before_the_first_block),
        T(an_object_may_be_lost),
        T(a_doubt),
        T(a_member_that_never_joined),
        T(a_lie_behind_it),
    };
    return cmocka_run_group_tests_name("chain kept", tests, NULL, NULL);
}
