/* SPDX-License-Identifier: Apache-2.0 */
/* Own keys: evidence, typed signatures, channel, enrolment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "crypto/abihash.h"
#include "crypto/ids.h"
#include "crypto/labels.h"
#include "node/vault/vault_testkit.h"

static struct world *w;

static int setup(void **state)
{
    (void)state;
    w = world_new(4, &group_ristretto255, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_free(w);
    return 0;
}

static enum err_code result_of(struct cell *c, enum ipc_type request, uint16_t *index)
{
    struct ipc_vd_result r;
    while (HEARD(c, IPC_MSG_VD_RESULT, vd_result, &r)) {
        if (r.request != (uint16_t)request)
            continue;
        *index = r.index;
        return (enum err_code)r.error;
    }
    fail_msg("there was no answer to %s", ipc_type_name((uint16_t)request));
    return PC_OK;
}

/* ---- own keys and evidence ---- */

static void test_keys(void **state)
{
    (void)state;
    struct ipc_vd_keys_get get = {0};
    struct ipc_vd_keys a, b;
    MUST_TELL(w->cell[1], IPC_PROC_POLYCLAVED, vd_keys_get, &get);
    MUST_HEAR(w->cell[1], IPC_MSG_VD_KEYS, vd_keys, &a);
    MUST_TELL(w->cell[2], IPC_PROC_POLYCLAVED, vd_keys_get, &get);
    MUST_HEAR(w->cell[2], IPC_MSG_VD_KEYS, vd_keys, &b);
    assert_memory_not_equal(a.keys.ed25519, b.keys.ed25519, 32);
    assert_memory_not_equal(a.keys.x25519, b.keys.x25519, 32);
    assert_memory_not_equal(a.keys.account, b.keys.account, 20);
    struct vault *v;
    void *memory = calloc(1, vault_bytes());
    struct vault_env env = w->cell[1]->v->env;
    env.policy.kind = POLICY_CHAIN_KIND_ETHEREUM; /* no verifier is built: no keys either */
    assert_int_equal(vault_init(&v, memory, &env), PC_E_UNSUPPORTED);
    env.policy.kind = POLICY_CHAIN_KIND_DEV;
    env.policy.chain_id = 1;
    assert_int_equal(vault_init(&v, memory, &env), PC_E_UNSUPPORTED);
    free(memory);
}

static struct ipc_vd_quote_get quote_get(void)
{
    struct ipc_vd_quote_get get = {.bound = {.number = 99}};
    memset(get.owner, 0x31, 20);
    memset(get.bound.hash, 0x32, 32);
    return get;
}

/* A74: report data is D of the own keys and the reserved half, whoever asks for what. */
static void test_quote(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct ipc_vd_quote_get get = quote_get();
    struct ipc_vq_quote ask;
    struct ipc_vd_quote_chunk got;
    uint8_t want[64];
    struct report_binding b = {
        .kind = PC_SUBJECT_NODE, .chain_id = 31337, .bound_block = get.bound.number};
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_quote_get, &get);
    MUST_HEAR(c, IPC_MSG_VQ_QUOTE, vq_quote, &ask);
    const struct wire_node_keys *k = vault_public_keys(c->v);
    memcpy(b.attestations, w->policy.attestations, 20);
    id_keys_node(b.keys_hash, k->ed25519, k->x25519, k->account);
    context_of_owner(b.context, get.owner);
    memcpy(b.bound_hash, get.bound.hash, 32);
    id_report_data(want, &b);
    assert_memory_equal(ask.report_data, want, 64);
    assert_true(report_data_is_reserved_var(ask.report_data));
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_quote_get, &get); /* one at a time */
    MUST_HEAR(c, IPC_MSG_VD_QUOTE_CHUNK, vd_quote_chunk, &got);
    assert_int_equal(got.chunk.error, PC_E_EXISTS);
    for (uint16_t i = 0; i < 3; i++) {
        struct ipc_vq_chunk m = {.chunk = {.seq = i, .last = i == 2, .data_n = 1024}};
        memset(m.chunk.data, i + 1, 1024);
        MUST_TELL(c, IPC_PROC_QUOTE, vq_chunk, &m);
        MUST_HEAR(c, IPC_MSG_VD_QUOTE_CHUNK, vd_quote_chunk, &got);
        assert_memory_equal(&got.chunk, &m.chunk, sizeof m.chunk);
    }
    struct ipc_vq_chunk late = {.chunk = {.seq = 3}};
    assert_int_equal(TELL(c, IPC_PROC_QUOTE, vq_chunk, &late), PC_E_SEQUENCE);
}

static void test_quote_goes_wrong(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct ipc_vd_quote_get get = quote_get();
    struct ipc_vd_quote_chunk got;
    struct ipc_vq_chunk m = {.chunk = {.seq = 1, .data_n = 10}};
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_quote_get, &get);
    assert_int_equal(TELL(c, IPC_PROC_QUOTE, vq_chunk, &m), PC_E_SEQUENCE);
    vault_link_new(c->v, IPC_PROC_QUOTE);
    MUST_HEAR(c, IPC_MSG_VD_QUOTE_CHUNK, vd_quote_chunk, &got);
    assert_int_equal(got.chunk.error, PC_E_CLOSED);
    assert_true(got.chunk.last);
    /* more than evidence may be */
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_quote_get, &get);
    m.chunk.data_n = 1024;
    for (m.chunk.seq = 0; m.chunk.seq < 32; m.chunk.seq++)
        MUST_TELL(c, IPC_PROC_QUOTE, vq_chunk, &m);
    assert_int_equal(TELL(c, IPC_PROC_QUOTE, vq_chunk, &m), PC_E_SEQUENCE);
    vault_link_new(c->v, IPC_PROC_QUOTE);
    cell_forget(c);
    /* polyclaved is another one now: the old answer is not for it */
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_quote_get, &get);
    vault_link_new(c->v, IPC_PROC_POLYCLAVED);
    m = (struct ipc_vq_chunk){.chunk = {.last = true}};
    MUST_TELL(c, IPC_PROC_QUOTE, vq_chunk, &m);
    assert_false(HEARD(c, IPC_MSG_VD_QUOTE_CHUNK, vd_quote_chunk, &got));
    /* the helper's error ends it */
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_quote_get, &get);
    m = (struct ipc_vq_chunk){.chunk = {.error = PC_E_IO}};
    MUST_TELL(c, IPC_PROC_QUOTE, vq_chunk, &m);
    MUST_HEAR(c, IPC_MSG_VD_QUOTE_CHUNK, vd_quote_chunk, &got);
    assert_int_equal(got.chunk.error, PC_E_IO);
    assert_false(c->v->quote.pending);
    /* a helper that hangs loses its link, and the next one is asked */
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_quote_get, &get);
    w->now_ms += VAULT_QUOTE_MS;
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_quote_get, &get);
    MUST_HEAR(c, IPC_MSG_VD_QUOTE_CHUNK, vd_quote_chunk, &got);
    assert_int_equal(got.chunk.error, PC_E_TIMEOUT);
    assert_int_equal(c->dropped[IPC_PROC_QUOTE], 1);
    vault_link_new(c->v, IPC_PROC_QUOTE);
    cell_forget(c);
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_quote_get, &get);
    assert_non_null(cell_find(c, IPC_MSG_VQ_QUOTE));
}

static void test_endpoint_is_signed(void **state)
{
    (void)state;
    struct cell *c = w->cell[3];
    struct ipc_vd_sign_endpoint m = {.node_id = 103, .seq = 9};
    struct ipc_vd_ncall call;
    struct evm_domain d = {.chain_id = 31337};
    struct evm_address who;
    struct evm_sig sig;
    struct abi_args a = abi_args_init();
    uint8_t hash[32];
    memset(m.endpoint_hash, 0x77, 32);
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_sign_endpoint, &m);
    MUST_HEAR(c, IPC_MSG_VD_NCALL, vd_ncall, &call);
    abi_b32(&a, pc_typehash_set_endpoint);
    abi_uint(&a, 103);
    abi_b32(&a, m.endpoint_hash);
    abi_uint(&a, 9);
    abi_keccak256(hash, &a);
    memcpy(d.contract.b, w->policy.node_registry, 20);
    memcpy(who.b, vault_public_keys(c->v)->account, 20);
    memcpy(sig.b, call.signature, 65);
    assert_int_equal(evm_verify_typed_var(&who, &d, hash, &sig), PC_OK);
    memcpy(d.contract.b, w->policy.epochs, 20);
    assert_int_equal(evm_verify_typed_var(&who, &d, hash, &sig), PC_E_SIGNATURE);
}

static void test_dh(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct x25519_sk sk;
    struct x25519_pk pk, theirs;
    struct ipc_vp_dh ask = {.id = 5};
    struct ipc_vp_dh_r got;
    uint8_t want[32];
    x25519_generate(&sk, &pk, &c->rng.rng);
    memcpy(ask.remote, pk.b, 32);
    memcpy(theirs.b, vault_public_keys(c->v)->x25519, 32);
    assert_int_equal(x25519_dh(want, &sk, &theirs), PC_OK);
    MUST_TELL(c, IPC_PROC_PEER, vp_dh, &ask);
    MUST_HEAR(c, IPC_MSG_VP_DH_R, vp_dh_r, &got);
    assert_int_equal(got.error, PC_OK);
    assert_memory_equal(got.shared, want, 32);
    memset(ask.remote, 0, 32);
    MUST_TELL(c, IPC_PROC_PEER, vp_dh, &ask);
    MUST_HEAR(c, IPC_MSG_VP_DH_R, vp_dh_r, &got);
    assert_int_equal(got.error, PC_E_IDENTITY);
    size_t answered = 0;
    memcpy(ask.remote, pk.b, 32);
    for (int i = 0; i < 200; i++) {
        MUST_TELL(c, IPC_PROC_PEER, vp_dh, &ask);
        MUST_HEAR(c, IPC_MSG_VP_DH_R, vp_dh_r, &got);
        answered += got.error == PC_OK;
        cell_forget(c);
    }
    assert_int_equal(answered, VAULT_DH_BURST - 2);
    w->now_ms += 1000;
    MUST_TELL(c, IPC_PROC_PEER, vp_dh, &ask);
    MUST_HEAR(c, IPC_MSG_VP_DH_R, vp_dh_r, &got);
    assert_int_equal(got.error, PC_OK);
}

/* ---- enrolment ---- */

static void test_enrolment(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct ipc_vd_enrol en = {101, 1, 1, 1};
    struct ipc_vc_announced an = {1, 1, 150};
    struct ipc_vd_ncall first, again, next;
    uint16_t index;
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_enrol, &en);
    assert_int_equal(result_of(c, IPC_MSG_VD_ENROL, &index), PC_E_SEQUENCE);
    MUST_TELL(c, IPC_PROC_CHAIN, vc_announced, &an);
    en.node_id = 102;
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_enrol, &en);
    assert_int_equal(result_of(c, IPC_MSG_VD_ENROL, &index), PC_E_REFUSED);
    en.node_id = 101;
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_enrol, &en);
    MUST_HEAR(c, IPC_MSG_VD_NCALL, vd_ncall, &first);
    en.seq = 2;
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_enrol, &en);
    MUST_HEAR(c, IPC_MSG_VD_NCALL, vd_ncall, &again);
    assert_memory_equal(first.body, again.body, 32); /* one EK per attempt ... */
    an.attempt = en.attempt = 2;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_announced, &an);
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_enrol, &en);
    MUST_HEAR(c, IPC_MSG_VD_NCALL, vd_ncall, &next);
    assert_memory_not_equal(first.body, next.body, 32); /* ... and no EK for two (A71) */
    an.attempt = en.attempt = 1;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_announced, &an); /* an older one changes nothing */
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_enrol, &en);
    assert_int_equal(result_of(c, IPC_MSG_VD_ENROL, &index), PC_E_SEQUENCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quote, setup, teardown),
        cmocka_unit_test_setup_teardown(test_quote_goes_wrong, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endpoint_is_signed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dh, setup, teardown),
        cmocka_unit_test_setup_teardown(test_enrolment, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
