/* SPDX-License-Identifier: Apache-2.0 */
/* When a vault may answer at all: own standing, heads, the lease against withheld heads, quotas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "node/vault/vault_testkit.h"

static struct world *w;

static int setup(void **state)
{
    (void)state;
    w = world_new(4, &group_ristretto255, 1);
    world_genesis(w);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_free(w);
    return 0;
}

static void test_own_standing(void **state)
{
    (void)state;
    static const struct {
        enum ipc_node_state state;
        enum wire_release_code code;
    } cases[] = {{IPC_NODE_STATE_FROZEN, WIRE_RELEASE_CODE_NODE_FROZEN},
                 {IPC_NODE_STATE_REVOKED, WIRE_RELEASE_CODE_NODE_FROZEN},
                 {IPC_NODE_STATE_EXPIRED, WIRE_RELEASE_CODE_NODE_EXPIRED},
                 {IPC_NODE_STATE_NONE, WIRE_RELEASE_CODE_NODE_EXPIRED},
                 {IPC_NODE_STATE_LIVE, WIRE_RELEASE_CODE_OK}};
    struct cell *c = w->cell[1];
    struct enclave e;
    struct ipc_vp_answer a;
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        world_head(w, 1);
        struct ipc_vc_head m = c->v->head;
        m.state = cases[i].state;
        MUST_TELL(c, IPC_PROC_CHAIN, vc_head, &m);
        enclave_new(&e, c, 600 + i);
        assert_int_equal(enclave_ask(&e, c, &a), cases[i].code);
    }
    struct ipc_vc_head m = c->v->head;
    m.valid_until = m.head.time;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_head, &m);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_NODE_EXPIRED);
    m.valid_until = m.head.time + 1;
    m.epoch = 2;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_head, &m);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_RECOVERING);
    m.epoch_grace = 1;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_head, &m);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
}

static void test_heads_go_forward(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct ipc_vc_head m = c->v->head, old = m;
    m.head.number--;
    m.state = IPC_NODE_STATE_NONE;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_head, &m);
    assert_int_equal(c->v->head.head.number, old.head.number);
    assert_int_equal(c->v->head.state, IPC_NODE_STATE_LIVE);
    m = old;
    m.head.hash[0] ^= 1;
    assert_int_equal(TELL(c, IPC_PROC_CHAIN, vc_head, &m), PC_E_REFUSED);
    m = old;
    m.head.number++;
    m.head.time--;
    assert_int_equal(TELL(c, IPC_PROC_CHAIN, vc_head, &m), PC_E_REFUSED);
}

/* A77: without fresh signatures of a majority the node falls silent. */
static void test_lease(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e;
    struct ipc_vp_answer a;
    enclave_new(&e, c, 700);
    w->now_ms += w->policy.head_age * 1000 - 1;
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
    w->now_ms += 1;
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_CHAIN_BEHIND);
    cell_lease(c); /* over the head of the last renewal: proves nothing new */
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_CHAIN_BEHIND);
    world_head(w, 1);
    cell_lease(c);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
    /* answers count too */
    c->v->lease.answers_left = 1;
    enclave_new(&e, c, 701);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
    enclave_new(&e, c, 702);
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_CHAIN_BEHIND);
}

static bool lease_with(struct cell *c, void (*spoil)(struct ipc_vp_lease_sig *), size_t voters)
{
    struct ipc_vp_lease_get get = {0};
    struct ipc_vp_lease_nonce nonce;
    c->v->lease.held = false;
    c->v->lease.round = false;
    c->v->lease.renewed_at = 0;
    MUST_TELL(c, IPC_PROC_PEER, vp_lease_get, &get);
    MUST_HEAR(c, IPC_MSG_VP_LEASE_NONCE, vp_lease_nonce, &nonce);
    for (uint16_t j = 2; j < 2 + voters; j++) {
        struct ipc_vp_head_sign ask = {.id = j, .has_nonce = true};
        struct ipc_vp_head_signed s;
        memcpy(ask.nonce, nonce.nonce, 32);
        MUST_TELL(w->cell[j], IPC_PROC_PEER, vp_head_sign, &ask);
        MUST_HEAR(w->cell[j], IPC_MSG_VP_HEAD_SIGNED, vp_head_signed, &s);
        struct ipc_vp_lease_sig sig = {.index = j, .head = {.number = s.head.number}};
        memcpy(sig.head.hash, s.head.hash, 32);
        memcpy(sig.signature, s.signature, 64);
        if (spoil != NULL)
            spoil(&sig);
        MUST_TELL(c, IPC_PROC_PEER, vp_lease_sig, &sig);
        MUST_TELL(c, IPC_PROC_PEER, vp_lease_sig, &sig); /* twice counts once */
    }
    return vault_lease_held(c->v);
}

static void spoil_signature(struct ipc_vp_lease_sig *s)
{
    s->signature[1] ^= 1;
}
static void spoil_index(struct ipc_vp_lease_sig *s)
{
    s->index = 1;
}
static void spoil_far_index(struct ipc_vp_lease_sig *s)
{
    s->index = 9;
}
static void spoil_hash(struct ipc_vp_lease_sig *s)
{
    s->head.hash[1] ^= 1;
}

static void test_lease_signatures(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    assert_true(lease_with(c, NULL, 2)); /* q = 3 of 4, itself counted */
    assert_false(lease_with(c, NULL, 1));
    assert_false(lease_with(c, spoil_signature, 3));
    assert_false(lease_with(c, spoil_index, 3));
    assert_false(lease_with(c, spoil_far_index, 3));
    assert_false(lease_with(c, spoil_hash, 3));
    assert_true(lease_with(c, NULL, 3));
}

/* Own progress and old signatures of others are not enough, and the own one counts once. */
static void test_lease_needs_news(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct ipc_vp_lease_get get = {0};
    struct ipc_vp_lease_nonce nonce;
    assert_true(lease_with(c, NULL, 3));
    uint64_t renewed = c->v->lease.renewed_at;
    w->head.number++; /* only this one's chain goes on */
    w->head.hash[0] ^= 1;
    cell_head(c, 1);
    c->v->lease.held = false;
    cell_lease(c);
    assert_false(vault_lease_held(c->v));
    assert_int_equal(c->v->lease.renewed_at, renewed);
    world_head(w, 1);
    MUST_TELL(c, IPC_PROC_PEER, vp_lease_get, &get);
    MUST_HEAR(c, IPC_MSG_VP_LEASE_NONCE, vp_lease_nonce, &nonce);
    static const uint16_t signers[] = {1, 2};
    for (size_t i = 0; i < 2; i++) {
        struct ipc_vp_head_sign ask = {.id = 1, .has_nonce = true};
        struct ipc_vp_head_signed s;
        memcpy(ask.nonce, nonce.nonce, 32);
        MUST_TELL(w->cell[signers[i]], IPC_PROC_PEER, vp_head_sign, &ask);
        MUST_HEAR(w->cell[signers[i]], IPC_MSG_VP_HEAD_SIGNED, vp_head_signed, &s);
        struct ipc_vp_lease_sig sig = {.index = signers[i], .head = {.number = s.head.number}};
        memcpy(sig.head.hash, s.head.hash, 32);
        memcpy(sig.signature, s.signature, 64);
        MUST_TELL(c, IPC_PROC_PEER, vp_lease_sig, &sig);
    }
    assert_false(vault_lease_held(c->v));
}

/* Members far above the own head show that it is being withheld. */
static void test_lease_far_behind(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct wire_head own = w->head;
    world_head(w, VAULT_WINDOW + 1);
    c->v->head.head = own;
    assert_false(lease_with(c, NULL, 3));
    c->v->head.head.number++;
    assert_true(lease_with(c, NULL, 3));
}

static void test_quota(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e;
    struct ipc_vp_answer a;
    enclave_new(&e, c, 800);
    e.record.subject_quota = 3;
    e.record.app_quota = 5;
    for (uint8_t i = 0; i < 4; i++) {
        e.request.request.nonce[0] = i;
        enclave_sign(&e);
        assert_int_equal(enclave_ask(&e, c, &a),
                         i < 3 ? WIRE_RELEASE_CODE_OK : WIRE_RELEASE_CODE_QUOTA);
    }
    for (uint64_t i = 0; i < 3; i++) { /* other enclaves of the app: five in all */
        enclave_new(&e, c, 810 + i);
        e.record.app_quota = 5;
        assert_int_equal(enclave_ask(&e, c, &a),
                         i < 2 ? WIRE_RELEASE_CODE_OK : WIRE_RELEASE_CODE_QUOTA);
    }
    world_head(w, 3600); /* the next hour */
    cell_lease(c);
    enclave_new(&e, c, 820);
    e.record.app_quota = 5;
    e.record.valid_until = w->head.time + 1;
    assert_int_equal(enclave_ask(&e, c, &a), WIRE_RELEASE_CODE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_own_standing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_heads_go_forward, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lease, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lease_signatures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lease_needs_news, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lease_far_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quota, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
