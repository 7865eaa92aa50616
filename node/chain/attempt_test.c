/* SPDX-License-Identifier: Apache-2.0 */
/* What vault, polyclaved, peer and attest hear of an attempt: in the order of the chain, only what
 * is checked, the same again after a restart, and nothing of an attempt that is gone. Events are
 * given as they come out of decoding; words are proved by the test's chain. */
#include "chain/signatures.h"
#include "crypto/ed25519.h"
#include "crypto/labels.h"
#include "crypto/transcript.h"
#include "node/chain/testkit.h"

#define N      3
#define OPENED 5 /* block of open(); phases are 10 blocks */

static struct world w;
static struct event ev;

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

static void take(enum event_kind kind, uint32_t attempt, uint64_t block)
{
    struct log_record log = {.block = block};
    if (block < WORLD_BLOCKS)
        log.block_hash = w.hash[block];
    ev.kind = kind;
    ev.epoch = 1;
    ev.attempt = attempt;
    attempt_take(w.c, &ev, &log);
}

static void announce(uint32_t attempt)
{
    memset(&ev, 0, sizeof ev);
    ev.u.announced.enrol_until = 4;
    take(PC_EV_ANNOUNCED, attempt, 2);
}

static void open_attempt(uint32_t attempt)
{
    memset(&ev, 0, sizeof ev);
    ev.u.opened.n = N;
    ev.u.opened.t = 2;
    for (uint32_t i = 0; i < N; i++)
        ev.u.opened.ids[i] = 100 + i;
    take(PC_EV_OPENED, attempt, OPENED);
}

static void call(enum event_kind kind, uint32_t attempt, uint16_t index, uint64_t block)
{
    memset(&ev, 0, sizeof ev);
    ev.index = index;
    ev.id = 99u + index;
    ev.u.ncall.call.dealer = 2;
    take(kind, attempt, block);
}

static void commits_complete(uint32_t attempt, uint64_t b1)
{
    memset(&ev, 0, sizeof ev);
    ev.u.commits_complete.b1 = b1;
    take(PC_EV_COMMITS_COMPLETE, attempt, b1);
}

static void nodes(void)
{
    for (uint32_t i = 0; i < N; i++) {
        struct node_entry *n = index_node_new(w.c->index, 100 + i);
        memset(&n->keys, (int)(0x30 + i), sizeof n->keys);
        n->keys_hash = evm_word_u64(i + 1);
        n->record = evm_word_u64(1000 + i);
        n->vendor = (uint8_t)(i % 3 + 1);
        n->n_domains = 1;
        n->domain[0] = evm_word_u64(0xd0 + i);
        memcpy(n->endpoint, "1.2.3.4:1:2", 11);
        if (i == 0) /* this node */
            memset(&n->keys, 0x21, sizeof n->keys);
    }
}

/* The words that go with the state of `current`, and a round that is through with them. */
static void tell(void)
{
    struct one_attempt *a = &w.c->attempts->current;
    struct evm_word word = {{0}};
    if (a->used && !a->over) {
        world_field(&word, PC_AT_ATTEMPT_EPOCH, a->epoch);
        world_field(&word, PC_AT_ATTEMPT_ATTEMPT, a->number);
        world_field(&word, PC_AT_ATTEMPT_STATE, a->open ? PC_ATTEMPT_OPEN : PC_ATTEMPT_ANNOUNCED);
        world_field(&word, PC_AT_ATTEMPT_START, OPENED);
        world_field(&word, PC_AT_ATTEMPT_B1, a->b1);
    }
    world_set(&w, w.c->d.policy.epochs, slot_attempt(), &word);
    world_mine(&w, 1);
    world_round(&w);
    world_round(&w);
}

/* Attempt 1 open, everything told. */
static void opened(void)
{
    world_mine(&w, OPENED);
    nodes();
    announce(1);
    open_attempt(1);
    tell();
    tell();
}

static unsigned count(uint16_t type)
{
    return (unsigned)kit_count(&w.kit, IPC_LINK_VC, type);
}

static void tells_the_vault(void **state)
{
    struct ipc_vc_open o;
    struct ipc_vc_member m;
    (void)state;
    opened();
    assert_int_equal(count(IPC_MSG_VC_ANNOUNCED), 1);
    KIT_HEAR(&w.kit, IPC_LINK_VC, vc_open, VC_OPEN, &o);
    assert_int_equal(o.own_index, 1);
    assert_int_equal(o.n, N);
    assert_memory_equal(o.opened.hash, w.hash[OPENED].b, 32);
    assert_int_equal(o.b1, OPENED + 10);
    assert_int_equal(o.b3, OPENED + 40);
    for (uint16_t i = 1; i <= N; i++) {
        KIT_HEAR(&w.kit, IPC_LINK_VC, vc_member, VC_MEMBER, &m);
        assert_int_equal(m.index, i);
        assert_int_equal(m.node_id, 99u + i);
    }
}

/* In the order of the registry's kinds, over which the member root is: a vendor that is a kind is
 * the first. */
static void domains_of_members(void **state)
{
    struct ipc_vc_member m;
    (void)state;
    for (int quota = 0; quota < 2; quota++) {
        w.c->d.policy.vendor_quota = quota != 0;
        if (quota == 0)
            opened();
        else
            attempt_repeat_vault(w.c);
        tell();
        for (uint16_t i = 1; i <= N; i++) {
            KIT_HEAR(&w.kit, IPC_LINK_VC, vc_member, VC_MEMBER, &m);
            assert_int_equal(m.domains_n, 1 + quota);
            assert_int_equal(m.domains[quota][31], 0xcf + i);
            if (quota != 0)
                assert_int_equal(m.domains[0][31], (i - 1) % 3 + 1);
        }
    }
}

/* A record of the vendor for seat v, in force words of its verifier. */
static void record_of(uint8_t v)
{
    static const uint8_t issuer[] = {0, 2, 17, 1};
    const struct policy_policy *p = &w.c->d.policy;
    struct evm_word key = evm_word_u64(999u + v), words[2] = {{{0}}}, force = {{0}}, object;
    struct record_entry *r = index_record_new(w.c->index, &key);
    r->vendor = v;
    r->parsed = true;
    r->leaf_issuer = issuer[v];
    memset(r->product, 0x50, 8);
    words[0].b[0] = v;
    world_field(words, PC_AT_RECORD_VENDOR, v);
    world_field(words, PC_AT_RECORD_KIND, PC_SUBJECT_NODE);
    world_field(words, PC_AT_RECORD_STANDING, PC_RECORD_GOOD);
    world_field(words, PC_AT_RECORD_BOUND_BLOCK, 2);
    world_field(words, PC_AT_RECORD_ATTESTED_AT, 1000u + v);
    for (unsigned i = 0; i < 2; i++)
        world_set(&w, p->attestations, slot_record(&key, i), &words[i]);
    for (uint64_t i = 1; i <= 20; i++) {
        object = evm_word_u64(i);
        force.b[0] = (uint8_t)i;
        world_set(&w, p->tdx.verifier, slot_in_force(&object), &force);
        force.b[0] = (uint8_t)(0x80 + i);
        if (v == WIRE_VENDOR_SNP)
            world_set(&w, p->snp.verifier, slot_snp_in_force(&object), &force);
    }
}

/* Each member is judged by what its own vendor's verifier holds in force. */
static void members_of_every_vendor(void **state)
{
    /* TCB info (none for that product), QE identity, root's list, the leaf's */
    static const uint8_t want[4][4] = {{0}, {0, 1, 2, 4}, {0, 0, 0x91, 0}, {0}};
    bool heard[4] = {false};
    struct ipc_ca_context c;
    struct ipc_vc_member m;
    (void)state;
    memset(w.c->d.policy.snp.verifier, 0xa1, 20);
    memset(w.c->d.policy.nitro.verifier, 0xa2, 20);
    for (uint8_t v = WIRE_VENDOR_TDX; v <= WIRE_VENDOR_NITRO; v++)
        record_of(v);
    opened();
    while (KIT_HEARD(&w.kit, IPC_LINK_CA, ca_context, CA_CONTEXT, &c)) {
        heard[c.vendor] = true;
        assert_int_equal(c.attested_at, 1000u + c.vendor);
        for (int i = 0; i < 4; i++)
            assert_int_equal(c.in_force[i][0], want[c.vendor][i]);
    }
    for (uint16_t v = WIRE_VENDOR_TDX; v <= WIRE_VENDOR_NITRO; v++) {
        assert_true(heard[v]);
        KIT_HEAR(&w.kit, IPC_LINK_VC, vc_member, VC_MEMBER, &m);
        assert_int_equal(m.claims[0], v);
        assert_memory_equal(m.bound.hash, w.hash[2].b, 32);
    }
}

/* Kinds of the facts that the vault has heard, as letters: Commit, Vote, comPlaint, Ready; 1, 2, 3
 * are ends of phases, A and F of the attempt. */
static const char *facts(void)
{
    static char text[64];
    size_t n = 0;
    for (struct kit_frame *f = w.kit.far[IPC_LINK_VC].first; f != NULL; f = f->next) {
        struct ipc_vc_phase p;
        struct bytes frame = bytes_of(f->bytes, f->n);
        assert_true(n < sizeof text - 1);
        switch (ipc_type_of(frame)) {
        case IPC_MSG_VC_COMMIT:
            text[n++] = 'C';
            break;
        case IPC_MSG_VC_VOTE:
            text[n++] = 'V';
            break;
        case IPC_MSG_VC_COMPLAINT:
            text[n++] = 'P';
            break;
        case IPC_MSG_VC_READY:
            text[n++] = 'R';
            break;
        case IPC_MSG_VC_PHASE:
            assert_int_equal(ipc_decode_vc_phase(&p, frame), PC_OK);
            text[n++] = "?123?AF"[p.what];
            break;
        default:
            break;
        }
    }
    text[n] = '\0';
    return text;
}

static void facts_in_order(void **state)
{
    (void)state;
    opened();
    world_mine(&w, 30);
    call(PC_EV_COMMITTED, 1, 1, 8);
    call(PC_EV_COMMITTED, 1, 2, 9);
    call(PC_EV_COMMITTED, 1, 3, 9);
    commits_complete(1, 9);
    call(PC_EV_VOTED, 1, 1, 12);
    call(PC_EV_COMPLAINED, 1, 1, 19); /* B2 is 19 */
    call(PC_EV_COMPLAINED, 1, 2, 20);
    call(PC_EV_READY, 1, 1, 33);
    tell();
    assert_string_equal(facts(), "CCC1VP2P3R");
}

/* The block that a log names is nobody's proof: a call that the running hashes know is told in its
 * phase, whatever block it is said to be of. */
static void blocks_that_are_not_true(void **state)
{
    struct ipc_vc_commit c;
    struct ipc_vc_vote v;
    (void)state;
    opened();
    world_mine(&w, 40);
    call(PC_EV_COMMITTED, 1, 1, 40); /* after B1 = 15 */
    call(PC_EV_COMMITTED, 1, 2, 41);
    call(PC_EV_VOTED, 1, 1, 6); /* before B1 */
    call(PC_EV_COMPLAINED, 1, 1, 3);
    call(PC_EV_READY, 1, 1, 7);
    tell();
    assert_string_equal(facts(), "CC1VP23R");
    KIT_HEAR(&w.kit, IPC_LINK_VC, vc_commit, VC_COMMIT, &c);
    assert_int_equal(c.at, OPENED + 10);
    KIT_HEAR(&w.kit, IPC_LINK_VC, vc_vote, VC_VOTE, &v);
    assert_int_equal(v.at, OPENED + 11);
}

/* Ends of phases are told when a head is past them, after the facts of that head's round. */
static void phases_by_heads(void **state)
{
    (void)state;
    opened();
    while (w.head < OPENED + 10)
        tell();
    assert_string_equal(facts(), "");
    call(PC_EV_COMMITTED, 1, 1, OPENED + 10);
    tell();
    assert_string_equal(facts(), "C1");
    world_mine(&w, 30);
    tell();
    assert_string_equal(facts(), "C123");
}

/* A seat is prepared in the midst of a round: the accepted head is new, its events are not read. No
 * phase ends by it before they are. */
static void nothing_unchecked_is_told(void **state)
{
    struct one_attempt *a = &w.c->attempts->current;
    (void)state;
    opened();
    assert_int_equal(count(IPC_MSG_VC_OPEN), 1);
    /* The head goes past B1, and the round stops before the logs are there. */
    world_mine(&w, 20);
    w.hold = IPC_RPC_WHAT_LOGS;
    world_round(&w);
    assert_int_equal(w.c->sync.step, SYNC_LOGS);
    assert_false(sync_settled(w.c));
    a->seats[2].prepared = false;
    assert_false(attempt_prepare(w.c, a));
    world_serve(&w);
    assert_true(a->seats[2].prepared);
    assert_string_equal(facts(), "");
}

static struct bytes last_of(uint16_t type)
{
    struct bytes last = bytes_of(NULL, 0), f;
    while ((f = kit_take(&w.kit, IPC_LINK_VC, type)).n != 0)
        last = f;
    return last;
}

/* chain's own restart, or the vault's new link: open is the same to the byte, though B1 came early,
 * and the facts come again from the first. (The vault closes a link on which open() changes.) */
static void the_same_again(void **state)
{
    struct bytes first, again;
    (void)state;
    opened();
    first = last_of(IPC_MSG_VC_OPEN);
    assert_true(first.n != 0);
    call(PC_EV_COMMITTED, 1, 1, 8);
    commits_complete(1, 8);
    tell();
    assert_string_equal(facts(), "C1");
    kit_cut(&w.kit, IPC_LINK_VC);
    kit_connect(&w.kit, IPC_LINK_VC);
    tell();
    again = last_of(IPC_MSG_VC_OPEN);
    assert_int_equal(again.n, first.n);
    assert_memory_equal(again.p, first.p, first.n);
    assert_string_equal(facts(), "C1C1");
}

/* The block of open() enters sid. One endpoint that says another hash is outvoted and named; logs
 * that name another one are read again elsewhere. */
static void hash_of_the_opening_block(void **state)
{
    (void)state;
    w.endpoint[0].false_headers = true;
    opened();
    for (int i = 0; i < 3; i++)
        tell();
    assert_int_equal(count(IPC_MSG_VC_OPEN), 1);
    assert_true(w.endpoint[0].blamed > 0);
    assert_int_equal(w.endpoint[1].blamed + w.endpoint[2].blamed, 0);
}

static void false_opening_block(void **state)
{
    (void)state;
    world_mine(&w, OPENED);
    nodes();
    announce(1);
    struct evm_word good = w.hash[OPENED];
    w.hash[OPENED].b[5] ^= 1; /* what the log says */
    open_attempt(1);
    w.hash[OPENED] = good;
    tell();
    assert_int_equal(count(IPC_MSG_VC_OPEN), 0);
    assert_false(w.c->attempts->current.used); /* read again from the first block */
}

/* An attempt ends, and the next opens, while a seat of it is asked about: the answer is nobody's.
 */
static void gone_while_asked(void **state)
{
    struct attempt_log *l = w.c->attempts;
    (void)state;
    world_mine(&w, OPENED);
    nodes();
    announce(1);
    open_attempt(1);
    w.hold = IPC_RPC_WHAT_PROOF;
    l->current.open_agreed = true;
    w.c->sync.again = true;
    world_round(&w); /* its own proof waits */
    w.hold = 0;
    for (int step = 0; step < 2; step++) {
        unsigned hold = step == 0 ? IPC_RPC_WHAT_PROOF : IPC_RPC_WHAT_HEADERS;
        kit_cut(&w.kit, IPC_LINK_CR);
        kit_connect(&w.kit, IPC_LINK_CR);
        w.hold = hold;
        for (uint16_t i = 1; i <= N; i++)
            l->current.seats[i].prepared = false;
        l->current.open_agreed = step == 0;
        world_mine(&w, 1);
        if (head_verifier_head(&w.c->verifier) == NULL) {
            w.hold = 0;
            world_round(&w);
            w.hold = hold;
        }
        assert_false(attempt_prepare(w.c, &l->current));
        world_serve(&w);
        assert_non_null(l->preparing);
        announce(2u + (uint32_t)step);
        open_attempt(2u + (uint32_t)step);
        assert_null(l->preparing);
        l->current.open_agreed = step == 0;
        /* What was asked has not ended: nothing new is begun, and nothing breaks. */
        assert_false(attempt_prepare(w.c, &l->current));
        assert_null(l->preparing);
        kit_cut(&w.kit, IPC_LINK_CR); /* now it has */
        for (uint16_t i = 1; i <= N; i++)
            assert_false(l->current.seats[i].prepared);
        kit_connect(&w.kit, IPC_LINK_CR);
        w.hold = 0;
        assert_false(attempt_prepare(w.c, &l->current));
        assert_non_null(l->preparing);
        world_serve(&w);
    }
}

static void activate(uint32_t attempt)
{
    memset(&ev, 0, sizeof ev);
    take(PC_EV_ACTIVATED, attempt, w.head);
}

static uint32_t members_told(bool active)
{
    struct ipc_pc_members m;
    uint32_t n = 0;
    while (KIT_HEARD(&w.kit, IPC_LINK_PC, pc_members, PC_MEMBERS, &m))
        n += m.members.active == active;
    return n;
}

/* peer hears of the members of an attempt, of the active epoch, and of a member that changed. */
static void members(void **state)
{
    struct one_attempt *active = &w.c->attempts->active;
    struct evm_word now = {{0}};
    (void)state;
    opened();
    assert_int_equal(members_told(false), 1);
    activate(1);
    world_field(&now, PC_AT_NOW_EPOCH, 1);
    world_field(&now, PC_AT_NOW_ATTEMPT, 1);
    world_set(&w, w.c->d.policy.epochs, slot_now(), &now);
    tell();
    assert_true(active->used);
    assert_int_equal(members_told(true), 1);
    tell();
    assert_int_equal(members_told(true), 0);
    attempt_member_changed(w.c, 101);
    tell();
    assert_int_equal(members_told(true), 1);
    attempt_member_changed(w.c, 555); /* not one of them */
    tell();
    assert_int_equal(members_told(true), 0);
    assert_int_equal(w.c->gossip.own, 1);
    assert_int_equal(w.c->gossip.n, N);
}

/* ---- gossip ---- */

static void say_gossip(uint16_t index, uint32_t seed, uint64_t number, bool ours)
{
    struct ipc_pc_gossip g = {.index = index};
    struct ed25519_sk sk;
    struct ed25519_pk pk;
    struct ed25519_sig sig;
    uint8_t raw[32], message[256];
    struct writer o = writer_of(message, sizeof message);
    const struct head *head = head_ring_find(&w.c->verifier.ring, number);
    struct bytes signed_bytes;
    memset(raw, (int)seed, sizeof raw);
    ed25519_from_seed(&sk, &pk, raw);
    assert_non_null(head);
    g.head.number = number;
    memcpy(g.head.hash, head->hash.b, 32);
    memcpy(g.head.state_root, head->state_root.b, 32);
    g.head.state_root[0] ^= !ours;
    write_u32(&o, (uint32_t)strlen(PC_LABEL_HEAD));
    write_bytes(&o, PC_LABEL_HEAD, strlen(PC_LABEL_HEAD));
    write_bytes(&o, w.c->d.policy.network_id, 32);
    write_u64(&o, number);
    write_bytes(&o, g.head.hash, 32);
    write_bytes(&o, g.head.state_root, 32);
    assert_int_equal(writer_end(&o, &signed_bytes), PC_OK);
    ed25519_sign(&sig, &sk, signed_bytes);
    memcpy(g.signature, &sig, 64);
    KIT_SAY(&w.kit, IPC_LINK_PC, pc_gossip, &g);
}

/* q members that sign another root stop the node at once; fewer do not, and neither do false
 * signatures or this node's own name. */
static void disagreement(void **state)
{
    struct ipc_head_view v;
    (void)state;
    members(state);
    for (uint32_t i = 0; i < N; i++) {
        struct ed25519_sk sk;
        struct ed25519_pk pk;
        uint8_t raw[32];
        memset(raw, (int)i + 1, sizeof raw);
        ed25519_from_seed(&sk, &pk, raw);
        memcpy(index_node(w.c->index, 100 + i)->keys.ed25519, &pk, 32);
    }
    uint64_t number = head_verifier_head(&w.c->verifier)->number;
    kit_forget(&w.kit);
    say_gossip(2, 2, number, true);
    say_gossip(3, 2, number, false); /* signed by another */
    say_gossip(1, 1, number, false); /* in this node's own name */
    say_gossip(9, 2, number, false); /* no such member */
    say_gossip(2, 2, number, false);
    assert_int_equal(w.c->sync.health, IPC_HEALTH_OK);
    assert_false(w.c->gossip.disagreement);
    say_gossip(3, 3, number, false);
    assert_int_equal(w.c->sync.health, IPC_HEALTH_DISAGREEMENT);
    assert_true(world_told(&w, IPC_LINK_PC, &v));
    assert_int_equal(v.health, IPC_HEALTH_DISAGREEMENT);
    KIT_SILENT(&w.kit, IPC_LINK_VC, VC_HEAD);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(tells_the_vault),
        T(domains_of_members),
        T(members_of_every_vendor),
        T(facts_in_order),
        T(blocks_that_are_not_true),
        T(phases_by_heads),
        T(nothing_unchecked_is_told),
        T(the_same_again),
        T(hash_of_the_opening_block),
        T(false_opening_block),
        T(gone_while_asked),
        T(members),
        T(disagreement),
    };
    return cmocka_run_group_tests_name("chain attempt", tests, NULL, NULL);
}
