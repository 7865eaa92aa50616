/* SPDX-License-Identifier: Apache-2.0 */
/* Peers among each other over the real transport (heads, leases, blobs), and what one tells about
 * the epoch and itself. */
#include <unistd.h>

#include "crypto/hash.h"
#include "node/peer/testkit.h"

static struct pt one, two, three;
static struct pt *const all[] = {&one, &two, &three};

static int setup(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        pt_begin(all[i], i + 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        pt_end(all[i]);
    return 0;
}

static unsigned open_conns(const struct pt *t)
{
    unsigned n = 0;
    for (size_t i = 0; i < CONNS_MAX; i++)
        n += t->p->conns[i].id != 0 && t->p->conns[i].open;
    return n;
}

/* The transport has threads of its own: what must come is waited for; what must not come is given
 * the time of a few turns. */
static void pump(void)
{
    for (int i = 0; i < 5; i++) {
        pt_vaults(all, 3);
        for (size_t k = 0; k < 3; k++)
            kit_run(&all[k]->kit, 2);
    }
}

#define UNTIL(condition)                                                                           \
    do {                                                                                           \
        for (int until_i = 0; until_i < 500 && !(condition); until_i++)                            \
            pump();                                                                                \
        assert_true(condition);                                                                    \
    } while (0)

static void until_open(const struct pt *t, unsigned n)
{
    UNTIL(open_conns(t) == n);
}

#define WAITS(t, link, TYPE) (kit_count(&(t).kit, link, IPC_MSG_##TYPE) != 0)

/* One and two are the committee; three is a stranger. */
static void committee(void)
{
    for (size_t i = 0; i < 2; i++)
        pt_members(all[i], all, 2, true);
    until_open(&one, 1);
    until_open(&two, 1);
}

static void who_calls_whom(void **state)
{
    (void)state;
    committee();
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (one.p->conns[i].id != 0)
            assert_true(one.p->conns[i].dialled); /* the smaller node id */
    for (size_t i = 0; i < CONNS_MAX; i++)
        if (two.p->conns[i].id != 0)
            assert_false(two.p->conns[i].dialled);
}

static unsigned calls(const struct pt *t)
{
    unsigned n = 0;
    for (size_t i = 0; i < CONNS_MAX; i++)
        n += t->p->conns[i].id != 0;
    return n;
}

/* A large committee is not called all at once: the vault answers 32 DHs a second, and handshakes
 * that share them out evenly would all fail. Each turn calls others, until all were called. */
static void calls_in_turns(void **state)
{
    (void)state;
    struct committee *c = &one.p->active;
    *c = (struct committee){.known = true, .epoch = 1, .n = 40, .t = 21};
    for (uint16_t i = 1; i <= c->n; i++) {
        c->m[i] = (struct member){.index = i, .node_id = 100u + i, .endpoint = "127.0.0.1:1:1"};
        memset(c->m[i].keys.x25519, i, 32);
    }
    members_changed(one.p);
    unsigned a_turn = calls(&one);
    assert_in_range(a_turn, 1, 16);
    members_changed(one.p); /* again in the same turn */
    assert_int_equal(calls(&one), a_turn);
    for (unsigned want = a_turn; want < c->n;) {
        one.p->dialled_at = 0;
        members_tick(one.p);
        want = want + a_turn < c->n ? want + a_turn : c->n;
        assert_int_equal(calls(&one), want);
    }
}

/* A stranger with a channel key of its own gets no connection. */
static void stranger(void **state)
{
    (void)state;
    committee();
    three.p->node_id = 0;
    three.p->node_id = 1; /* so that it calls two */
    pt_members(&three, all, 2, true);
    pump();
    assert_int_equal(open_conns(&three), 0);
    assert_int_equal(open_conns(&two), 1);
    assert_true(two.p->peers_refused > 0);
}

/* A member is started anew: the other end takes the new connection. */
static void restart(void **state)
{
    (void)state;
    committee();
    pt_restart(&one);
    until_open(&two, 0);
    pt_members(&one, all, 2, true);
    until_open(&one, 1);
    until_open(&two, 1);
}

/* A member that is no member any more is not heard. */
static void put_out(void **state)
{
    (void)state;
    committee();
    struct pt *const others[] = {&two, &three};
    pt_members(&two, others, 2, true);
    pt_members(&two, others, 2, false);
    struct ipc_vp_lease_nonce nonce = {.expires_in = 0};
    KIT_SAY(&one.kit, IPC_LINK_VP, vp_lease_nonce, &nonce);
    until_open(&two, 0);
    KIT_SILENT(&two.kit, IPC_LINK_VP, VP_HEAD_SIGN);
}

/* ---- heads and leases ---- */

static void sign_head(struct pt *t, uint16_t index, uint64_t number)
{
    struct ipc_vp_head_sign ask;
    KIT_HEAR(&t->kit, IPC_LINK_VP, vp_head_sign, VP_HEAD_SIGN, &ask);
    struct ipc_vp_head_signed m = {.id = ask.id, .index = index, .head = {.number = number}};
    memset(m.signature, 0x51, sizeof m.signature);
    KIT_SAY(&t->kit, IPC_LINK_VP, vp_head_signed, &m);
}

static void gossip(void **state)
{
    struct ipc_pc_gossip g;
    (void)state;
    committee();
    pt_head(&one, 1001, IPC_NODE_STATE_LIVE, IPC_HEALTH_OK);
    sign_head(&one, 1, 1001);
    pt_head(&one, 1001, IPC_NODE_STATE_LIVE, IPC_HEALTH_OK); /* the same again: nothing */
    KIT_SILENT(&one.kit, IPC_LINK_VP, VP_HEAD_SIGN);
    UNTIL(WAITS(two, IPC_LINK_PC, PC_GOSSIP));
    KIT_HEAR(&two.kit, IPC_LINK_PC, pc_gossip, PC_GOSSIP, &g);
    assert_int_equal(g.index, 1);
    assert_int_equal(g.head.number, 1001);
    assert_int_equal(g.signature[0], 0x51);
}

/* A48: who speaks for another is cut off, and nothing of it is passed on. */
static void gossip_for_another(void **state)
{
    (void)state;
    committee();
    pt_head(&one, 1001, IPC_NODE_STATE_LIVE, IPC_HEALTH_OK);
    sign_head(&one, 2, 1001);
    until_open(&two, 0);
    KIT_SILENT(&two.kit, IPC_LINK_PC, PC_GOSSIP);
}

static void lease(void **state)
{
    struct ipc_vp_lease_nonce nonce = {.expires_in = 9};
    struct ipc_vp_head_sign ask;
    struct ipc_vp_lease_sig sig;
    (void)state;
    committee();
    memset(nonce.nonce, 0x9a, sizeof nonce.nonce);
    KIT_SAY(&one.kit, IPC_LINK_VP, vp_lease_nonce, &nonce);
    UNTIL(WAITS(two, IPC_LINK_VP, VP_HEAD_SIGN));
    KIT_HEAR(&two.kit, IPC_LINK_VP, vp_head_sign, VP_HEAD_SIGN, &ask);
    assert_true(ask.has_nonce);
    assert_memory_equal(ask.nonce, nonce.nonce, 32);
    struct ipc_vp_head_signed m = {.id = ask.id, .index = 2, .head = {.number = 1000}};
    KIT_SAY(&two.kit, IPC_LINK_VP, vp_head_signed, &m);
    UNTIL(WAITS(one, IPC_LINK_VP, VP_LEASE_SIG));
    KIT_HEAR(&one.kit, IPC_LINK_VP, vp_lease_sig, VP_LEASE_SIG, &sig);
    assert_int_equal(sig.index, 2);
    /* The same answer after the nonce has changed is of no use. */
    memset(nonce.nonce, 0x9b, sizeof nonce.nonce);
    two.p->conns[0].lease_asked_at = 0;
    KIT_SAY(&one.kit, IPC_LINK_VP, vp_lease_nonce, &nonce);
    UNTIL(WAITS(two, IPC_LINK_VP, VP_HEAD_SIGN));
    KIT_HEAR(&two.kit, IPC_LINK_VP, vp_head_sign, VP_HEAD_SIGN, &ask);
    memset(one.p->lease_nonce, 0x9c, sizeof one.p->lease_nonce);
    m.id = ask.id;
    KIT_SAY(&two.kit, IPC_LINK_VP, vp_head_signed, &m);
    pump();
    KIT_SILENT(&one.kit, IPC_LINK_VP, VP_LEASE_SIG);
}

/* A member that asks without pause costs the vault two signatures a second. */
static void lease_flood(void **state)
{
    struct ipc_vp_lease_nonce nonce = {.expires_in = 9};
    (void)state;
    committee();
    for (uint8_t i = 0; i < 50; i++) {
        memset(nonce.nonce, i, sizeof nonce.nonce);
        KIT_SAY(&one.kit, IPC_LINK_VP, vp_lease_nonce, &nonce);
    }
    UNTIL(WAITS(two, IPC_LINK_VP, VP_HEAD_SIGN));
    pump();
    size_t asked = kit_count(&two.kit, IPC_LINK_VP, IPC_MSG_VP_HEAD_SIGN);
    assert_in_range(asked, 1, 3);
    /* Unanswered ones of a vault's link that died are forgotten. */
    kit_cut(&two.kit, IPC_LINK_VP);
    kit_connect(&two.kit, IPC_LINK_VP);
    for (size_t i = 0; i < HEAD_ASKS_MAX; i++)
        assert_int_equal(two.p->head_asks[i].id, 0);
}

/* ---- blobs ---- */

static const char blob_text[] = "blob of dealer one";

static void serve(struct pt *t, bool push)
{
    struct ipc_dp_serve m = {
        .epoch = 1, .attempt = 1, .dealer = 1, .push = push, .data = PC_BYTES_STR(blob_text)};
    KIT_SAY(&t->kit, IPC_LINK_DP, dp_serve, &m);
}

static void want(struct pt *t, const char *text)
{
    struct ipc_dp_want m = {.epoch = 1, .attempt = 1, .dealer = 1};
    sha256(m.hash, bytes_of(text, strlen(text)));
    KIT_SAY(&t->kit, IPC_LINK_DP, dp_want, &m);
    pump();
}

static void hear_blob(struct pt *t)
{
    struct ipc_dp_got got;
    UNTIL(WAITS(*t, IPC_LINK_DP, DP_GOT));
    KIT_HEAR(&t->kit, IPC_LINK_DP, dp_got, DP_GOT, &got);
    assert_int_equal(got.dealer, 1);
    assert_int_equal(got.data.n, sizeof blob_text - 1);
    assert_memory_equal(got.data.p, blob_text, got.data.n);
}

static void blob_is_fetched(void **state)
{
    (void)state;
    committee();
    serve(&one, false);
    pump();
    KIT_SILENT(&two.kit, IPC_LINK_DP, DP_GOT);
    want(&two, "another blob");
    KIT_SILENT(&two.kit, IPC_LINK_DP, DP_GOT);
    want(&two, blob_text);
    hear_blob(&two);
    KIT_SILENT(&two.kit, IPC_LINK_DP, DP_GOT);
    assert_int_equal(open_conns(&two), 1);
}

/* Wanted before anybody has it: the push brings it. A blob that nobody wants is not kept. */
static void blob_is_pushed(void **state)
{
    (void)state;
    committee();
    serve(&one, true);
    pump();
    KIT_SILENT(&two.kit, IPC_LINK_DP, DP_GOT);
    struct ipc_dp_drop drop = {2, 1};
    KIT_SAY(&one.kit, IPC_LINK_DP, dp_drop, &drop);
    want(&two, blob_text);
    KIT_SILENT(&two.kit, IPC_LINK_DP, DP_GOT); /* gone at one, never kept at two */
    serve(&one, true);
    pump();
    hear_blob(&two);
}

/* polyclaved's link is down when the blob comes: it is fetched again. */
static void blob_with_nobody_to_take_it(void **state)
{
    (void)state;
    committee();
    want(&two, blob_text);
    kit_cut(&two.kit, IPC_LINK_DP);
    serve(&one, true);
    pump();
    kit_connect(&two.kit, IPC_LINK_DP);
    assert_true(two.p->wanted[1].used);
    two.p->wanted[1].asked_at = 0;
    blobs_tick(two.p);
    pump();
    hear_blob(&two);
}

/* Without a connection asking costs nothing but a look at the table. */
static void wanting_alone(void **state)
{
    (void)state;
    for (uint16_t dealer = 1; dealer <= WIRE_MEMBERS_MAX; dealer++) {
        struct ipc_dp_want m = {.epoch = 1, .attempt = 1, .dealer = dealer};
        assert_int_equal(IPC_SEND(one.kit.far[IPC_LINK_DP].end, dp_want, &m), PC_OK);
    }
    kit_settle(&one.kit);
    unsigned turn = one.p->wanted[1].turn;
    blobs_tick(one.p);
    assert_int_equal(one.p->wanted[1].turn, turn); /* asked not long ago */
}

/* ---- what it tells ---- */

static void say_key(struct pt *t, uint64_t epoch)
{
    static uint8_t y[2][32] = {{0x61}, {0x62}};
    struct ipc_dp_epoch_key m = {.epoch = epoch};
    memset(m.pk, 0x70, sizeof m.pk);
    m.y.v = (const uint8_t(*)[32])y;
    m.y.n = 2;
    KIT_SAY(&t->kit, IPC_LINK_DP, dp_epoch_key, &m);
}

static void epoch_info(void **state)
{
    const char *body;
    (void)state;
    assert_int_equal(pt_get(&one, "/v1/epoch", &body), 503);
    assert_non_null(strstr(body, "recovering"));
    pt_members(&one, all, 2, true);
    assert_int_equal(pt_get(&one, "/v1/epoch", &body), 503); /* members, no key yet */
    say_key(&one, 9);
    assert_int_equal(pt_get(&one, "/v1/epoch", &body), 503); /* a key of another epoch */
    say_key(&one, 1);
    assert_int_equal(pt_get(&one, "/v1/epoch?json", &body), 200);
    assert_non_null(strstr(body, "\"n\":2"));
    assert_non_null(strstr(body, "7070707070"));
    assert_int_equal(pt_get(&one, "/v1/epoch/1?json", &body), 200);
    assert_int_equal(pt_get(&one, "/v1/epoch/1", &body), 200);
    struct client_epoch_info info;
    struct client_member_list members;
    struct client_member m;
    assert_int_equal(client_decode_epoch_info(&info, bytes_of(body, pt_body_length())), PC_OK);
    assert_int_equal(info.epoch, 1);
    assert_int_equal(info.n, 2);
    assert_int_equal(info.network_id[0], 0x77);
    members = info.members;
    for (uint16_t i = 1; i <= 2; i++) {
        assert_true(client_member_list_next(&members, &m));
        assert_int_equal(m.index, i);
        assert_memory_equal(&m.keys, &all[i - 1]->keys, sizeof m.keys);
    }
    static const char *const bad[] = {"/v1/epoch/", "/v1/epoch/x", "/v1/epoch/-1", "/v1/epoch/1x",
                                      "/v1/epoch/+1"};
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++)
        assert_int_equal(pt_get(&one, bad[i], &body), 400);
    assert_int_equal(pt_get(&one, "/v1/epoch/2", &body), 404);
    assert_int_equal(pt_get(&one, "/v1/epoch/99999999999999999999999", &body), 404);
}

static void health_and_metrics(void **state)
{
    const char *body;
    struct ipc_vp_lease_nonce nonce = {.expires_in = 0};
    struct ipc_counter counter = {PC_BYTES_STR("released_total"), 41};
    struct ipc_dp_metrics metrics = {.counters = {.v = &counter, .n = 1}};
    (void)state;
    assert_int_equal(pt_get(&one, "/healthz", &body), 503);
    pt_members(&one, all, 2, true);
    say_key(&one, 1);
    assert_int_equal(pt_get(&one, "/healthz", &body), 503); /* no lease: it would release nothing */
    nonce.expires_in = 100;
    KIT_SAY(&one.kit, IPC_LINK_VP, vp_lease_nonce, &nonce);
    assert_int_equal(pt_get(&one, "/healthz", &body), 200);
    pt_head(&one, 1001, IPC_NODE_STATE_FROZEN, IPC_HEALTH_OK);
    assert_int_equal(pt_get(&one, "/healthz", &body), 503);
    KIT_SAY(&one.kit, IPC_LINK_DP, dp_metrics, &metrics);
    assert_int_equal(pt_get(&one, "/metrics", &body), 200);
    assert_non_null(strstr(body, "polyclave_head_number 1001\n"));
    assert_non_null(strstr(body, "polyclave_node_state{state=\"frozen\"} 1\n"));
    assert_non_null(strstr(body, "polyclave_node_state{state=\"live\"} 0\n"));
    assert_non_null(strstr(body, "polyclave_lease_seconds 100\n"));
    assert_non_null(strstr(body, "polyclave_released_total 41\n"));
    assert_int_equal(pt_get(&one, "/v1/info", &body), 200);
    assert_non_null(strstr(body, "\"index\":1"));
    assert_int_equal(pt_get(&one, "/v1/other", &body), 404);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(who_calls_whom),
        T(calls_in_turns),
        T(stranger),
        T(restart),
        T(put_out),
        T(gossip),
        T(gossip_for_another),
        T(lease),
        T(lease_flood),
        T(blob_is_fetched),
        T(blob_is_pushed),
        T(blob_with_nobody_to_take_it),
        T(wanting_alone),
        T(epoch_info),
        T(health_and_metrics),
    };
    return cmocka_run_group_tests_name("peer network", tests, NULL, NULL);
}
