/* SPDX-License-Identifier: Apache-2.0 */
/* An attempt: what is dealt to whom, what chain may say, and who may say anything at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
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

/* ---- who is dealt to ---- */

static void open_all(void)
{
    world_prepare_open(w);
    for (uint16_t i = 1; i <= w->n; i++)
        cell_open(w->cell[i]);
    world_judge(w);
}

static enum err_code deal(struct cell *c, uint16_t *index)
{
    struct ipc_vd_deal m = {1, 1, 7};
    struct ipc_vd_ncall call;
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_deal, &m);
    if (HEARD(c, IPC_MSG_VD_NCALL, vd_ncall, &call)) {
        assert_int_equal(call.kind, IPC_NCALL_KIND_COMMIT);
        *index = 0;
        return PC_OK;
    }
    return result_of(c, IPC_MSG_VD_DEAL, index);
}

/* What a taken-over chain may say about member 3, consistently with its own open(), and what a
 * taken-over attest may say about its evidence. */
static void spoil_member(int i, struct cell *c)
{
    struct ipc_vc_member *m = &c->member;
    struct ipc_va_verdict *v = &c->verdict;
    uint8_t *const bytes[] = {&m->owner[0],        &m->bound.hash[0],     &m->keys.ed25519[0],
                              &m->keys.x25519[0],  &m->claims[0],         &m->verifier[0],
                              &v->report_data[40], &v->measurement[0],    &v->product[0],
                              &m->pop[3],          &m->enrol_signature[9]};
    if (i == 0)
        m->state = IPC_NODE_STATE_FROZEN;
    else if (i == 1)
        m->bound.number++;
    else if (i == 2)
        m->collateral_epoch++;
    else if (i == 3)
        v->reasons[1] = 1;
    else if (i == 4)
        v->crl_checked = false;
    else if (i == 5)
        v->has_claims = false;
    else if (i == 6) { /* no place: never a node */
        memset(v->platform, 0, 32);
        verdict_claims(v);
        memcpy(m->claims, v->claims, 32);
    } else if (i == 7) { /* the account of another node enrolled this EK */
        memcpy(m->keys.account, w->cell[1]->member.keys.account, 20);
    } else if (i == 8) {
        m->enrol_seq++;
    } else if (i == 9) { /* chain puts an EK of its own */
        memcpy(m->ek, w->cell[1]->member.ek, 32);
    } else {
        *bytes[i - 10] ^= 1;
    }
}
#define SPOIL_MEMBER 21

/* A57, A73: neither chain nor attest alone can have a share dealt to somebody. */
static void test_nobody_else_is_dealt_to(void **state)
{
    (void)state;
    for (int i = 0; i < SPOIL_MEMBER; i++) {
        uint16_t index = 0;
        struct world *fresh = world_new(4, &group_ristretto255, 50 + (uint64_t)i);
        struct world *kept = w;
        w = fresh;
        world_enrol(w);
        spoil_member(i, w->cell[3]);
        open_all();
        enum err_code e = deal(w->cell[1], &index);
        /* A PoP that does not verify makes the seat one without an EK: it gets no ciphertext. */
        bool no_ek = i == 19 || i == 9;
        if (no_ek ? e != PC_OK : e != PC_E_RETRY || index != 3)
            fail_msg("case %d: %s, index %u", i, pc_err_name(e), index);
        w = kept;
        world_free(fresh);
    }
}

static void test_all_join(void **state)
{
    (void)state;
    uint16_t index;
    world_enrol(w);
    open_all();
    assert_int_equal(deal(w->cell[2], &index), PC_OK);
    assert_int_equal(deal(w->cell[2], &index), PC_OK); /* asked again: the same commit */
}

/* A verdict that comes after the admission changes nothing that is counted. */
static void test_admission_stays(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    uint16_t index;
    world_enrol(w);
    open_all();
    memset(w->cell[3]->verdict.platform, 0x72, 32); /* member 2's */
    world_judge(w);
    assert_int_equal(deal(c, &index), PC_OK);
}

static void test_one_platform_two_seats(void **state)
{
    (void)state;
    uint16_t index;
    struct cell *c = w->cell[3];
    world_enrol(w);
    memcpy(c->verdict.platform, w->cell[2]->verdict.platform, 32);
    verdict_claims(&c->verdict);
    memcpy(c->member.claims, c->verdict.claims, 32);
    open_all();
    assert_int_equal(deal(w->cell[1], &index), PC_E_REFUSED);
}

/* Members of these vendors, by index. */
static void of_vendors(const uint8_t *vendors)
{
    for (uint16_t i = 1; i <= w->n; i++) {
        struct cell *c = w->cell[i];
        struct policy_policy *p = &c->v->env.policy;
        memset(p->snp.verifier, 0xb1, 20);
        memset(p->snp.root[0], 0xb2, 32);
        memset(p->nitro.verifier, 0xb3, 20);
        memset(p->nitro.root, 0xb4, 32);
    }
    for (uint16_t i = 1; i <= w->n; i++) {
        struct cell *c = w->cell[i];
        const struct policy_policy *p = &c->v->env.policy;
        struct ipc_va_verdict *v = &c->verdict;
        v->vendor = (enum wire_vendor)vendors[i - 1];
        v->crl_checked = vendors[i - 1] != WIRE_VENDOR_NITRO;
        v->raw_tcb_n = vendors[i - 1] == WIRE_VENDOR_TDX   ? 52
                       : vendors[i - 1] == WIRE_VENDOR_SNP ? 56
                                                           : 0;
        memcpy(c->member.verifier,
               vendors[i - 1] == WIRE_VENDOR_TDX   ? p->tdx.verifier
               : vendors[i - 1] == WIRE_VENDOR_SNP ? p->snp.verifier
                                                   : p->nitro.verifier,
               20);
        verdict_claims(v);
        memcpy(c->member.claims, v->claims, 32);
    }
}

/* Where vendors are among the domain kinds a vendor over its cap gets no deal, on a development
 * network, too; off chain 31337 whatever policy.bin says (SPEC 6). */
static void test_vendor_quota(void **state)
{
    enum { TDX = WIRE_VENDOR_TDX, SNP = WIRE_VENDOR_SNP, NITRO = WIRE_VENDOR_NITRO };
    /* Of four members a domain may have one (T 3, margin 0); of three likewise (T 2). */
    static const struct {
        uint16_t n;
        uint64_t chain_id;
        bool quota;
        uint8_t vendors[4];
        enum err_code want;
    } cases[] = {
        {3, 31337, true, {TDX, SNP, NITRO}, PC_OK},
        {3, 31337, true, {TDX, SNP, SNP}, PC_E_REFUSED},
        {3, 31337, true, {NITRO, TDX, NITRO}, PC_E_REFUSED},
        {3, 31337, true, {TDX, TDX, TDX}, PC_E_REFUSED},
        {3, 31337, false, {TDX, TDX, TDX}, PC_OK},
        {3, 31337, false, {SNP, SNP, TDX}, PC_OK},
        {4, 31337, true, {TDX, SNP, NITRO, TDX}, PC_E_REFUSED},
        {3, 1, true, {TDX, SNP, NITRO}, PC_OK},
        {3, 1, false, {TDX, SNP, NITRO}, PC_OK},
        {3, 1, false, {TDX, TDX, NITRO}, PC_E_REFUSED},
        {3, 1, true, {SNP, SNP, SNP}, PC_E_REFUSED},
    };
    struct world *kept = w;
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(cases); i++) {
        uint16_t index;
        w = world_new(cases[i].n, &group_ristretto255, 80 + i);
        world_enrol(w);
        of_vendors(cases[i].vendors);
        open_all();
        struct policy_policy *p = &w->cell[1]->v->env.policy;
        /* All joined; what join_vendors says of the committee follows. */
        p->chain_id = cases[i].chain_id;
        p->vendor_quota = cases[i].quota;
        enum err_code e = deal(w->cell[1], &index);
        if (e != cases[i].want)
            fail_msg("case %zu: %s, index %u", i, pc_err_name(e), index);
        world_free(w);
    }
    w = kept;
}

static enum err_code open_result(struct cell *c)
{
    uint16_t index;
    cell_forget(c);
    cell_open(c);
    return result_of(c, IPC_MSG_VC_OPEN, &index);
}

static void test_false_committees(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    world_enrol(w);
    world_prepare_open(w);
    w->open.t = 2; /* below the majority */
    assert_int_equal(open_result(c), PC_E_REFUSED);
    w->open.attempt = 2; /* the enrolment of attempt 1 is spent: the next is another world */
    world_free(w);
    w = world_new(4, &group_ristretto255, 9);
    world_enrol(w);
    memcpy(w->cell[3]->member.domains[1], w->cell[2]->member.domains[1], 32);
    world_prepare_open(w);
    assert_int_equal(open_result(w->cell[1]), PC_E_REFUSED); /* cap of 4 is 1 */
    w->cell[2]->v->env.policy.smallest_n = 5;
    assert_int_equal(open_result(w->cell[2]), PC_E_REFUSED);
    w->open.root[0] ^= 1;
    memcpy(w->cell[3]->member.domains[1], "other", 5);
    assert_int_equal(open_result(w->cell[3]), PC_E_MISMATCH);
    world_prepare_open(w);
    w->cell[4]->v->keys_hash[0] ^= 1; /* the seat has the keys of before a restart */
    assert_int_equal(open_result(w->cell[4]), PC_E_MISMATCH);
}

static void test_chain_says_it_again(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct ipc_vc_open o;
    uint16_t index;
    world_enrol(w);
    world_prepare_open(w);
    o = w->open;
    o.own_index = 1;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_open, &o);
    vault_link_new(c->v, IPC_PROC_CHAIN); /* died between open and members */
    open_all();
    assert_int_equal(deal(c, &index), PC_OK);
    vault_link_new(c->v, IPC_PROC_CHAIN);
    for (uint16_t i = 1; i <= w->n; i++)
        cell_open(w->cell[i]); /* nothing happens */
    world_deal(w);
    world_commit(w);
    for (uint16_t j = 1; j <= w->n; j++) { /* the same facts again */
        struct ipc_vc_commit m = {.epoch = 1, .attempt = 1, .index = j, .at = 200u + j};
        memcpy(m.hash, w->cell[j]->commit.body, 32);
        m.length = load_be32(w->cell[j]->commit.body + 60);
        MUST_TELL(c, IPC_PROC_CHAIN, vc_commit, &m);
    }
    struct ipc_vd_result r;
    while (HEARD(c, IPC_MSG_VD_RESULT, vd_result, &r))
        assert_int_not_equal(r.request, IPC_MSG_VC_COMMIT);
    world_vote(w);
    world_activate(w);
    assert_true(vault_serves(c->v, 1));
    /* a final open() does not change, and later epochs are not built */
    o.root[0] ^= 1;
    cell_forget(c);
    MUST_TELL(c, IPC_PROC_CHAIN, vc_open, &o);
    o.epoch = 2;
    o.old_epoch = 1;
    o.old_n = o.n;
    o.old_t = o.t;
    MUST_TELL(c, IPC_PROC_CHAIN, vc_open, &o);
    assert_int_equal(result_of(c, IPC_MSG_VC_OPEN, &index), PC_E_UNSUPPORTED);
    assert_true(vault_serves(c->v, 1));
    o.network_id[0] ^= 1;
    assert_int_equal(TELL(c, IPC_PROC_CHAIN, vc_open, &o), PC_E_REFUSED);
}

/* ---- blobs ---- */

static void test_blobs(void **state)
{
    (void)state;
    struct cell *c = w->cell[1], *d = w->cell[2];
    struct ipc_vd_blob_r r;
    world_enrol(w);
    open_all();
    world_deal(w);
    world_commit(w);
    static const size_t spots[] = {0, 5, 57, 58, 100, 200};
    for (size_t i = 0; i < PC_ARRAY_LEN(spots) + 1; i++) {
        size_t at = i < PC_ARRAY_LEN(spots) ? spots[i] : d->blob_n - 1;
        d->blob[at] ^= 1;
        world_feed(w, c, 2);
        MUST_HEAR(c, IPC_MSG_VD_BLOB_R, vd_blob_r, &r);
        assert_int_equal(r.error, PC_E_MISMATCH);
        d->blob[at] ^= 1;
    }
    d->blob_n--;
    world_feed(w, c, 2);
    MUST_HEAR(c, IPC_MSG_VD_BLOB_R, vd_blob_r, &r);
    assert_int_equal(r.error, PC_E_MISMATCH);
    d->blob_n++;
    struct ipc_vd_blob_head head = {
        .epoch = 1, .attempt = 1, .dealer = 2, .length = (uint32_t)d->blob_n};
    struct ipc_vd_blob_rec rec = {.dealer = 2, .offset = 32, .data_n = 32};
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_blob_head, &head);
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_blob_rec, &rec); /* not where it is */
    MUST_HEAR(c, IPC_MSG_VD_BLOB_R, vd_blob_r, &r);
    assert_int_equal(r.error, PC_E_SEQUENCE);
    world_feed(w, c, 2);
    MUST_HEAR(c, IPC_MSG_VD_BLOB_R, vd_blob_r, &r);
    assert_int_equal(r.error, PC_OK);
    world_feed(w, c, 2); /* nobody needs it a second time */
    MUST_HEAR(c, IPC_MSG_VD_BLOB_R, vd_blob_r, &r);
    assert_int_equal(r.error, PC_E_REFUSED);
}

/* ---- the end of an attempt ---- */

static void test_failure_erases(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    size_t before = arena_used(c->arena);
    struct ipc_vc_phase failed = {
        .epoch = 1, .attempt = 1, .what = IPC_PHASE_END_FAILED, .at = 260};
    struct ipc_vd_action a;
    bool closed = false;
    world_enrol(w);
    open_all();
    world_deal(w);
    world_commit(w);
    assert_true(arena_used(c->arena) > before);
    for (int what = IPC_PHASE_END_B2; what <= IPC_PHASE_END_B3; what++) {
        struct ipc_vc_phase m = {1, 1, (enum ipc_phase_end)what, 210u + 10u * (unsigned)what, {0}};
        MUST_TELL(c, IPC_PROC_CHAIN, vc_phase, &m);
    }
    cell_forget(c);
    MUST_TELL(c, IPC_PROC_CHAIN, vc_phase, &failed);
    while (HEARD(c, IPC_MSG_VD_ACTION, vd_action, &a))
        closed |= a.kind == IPC_ACTION_KIND_CLOSE;
    assert_true(closed);
    assert_int_equal(arena_used(c->arena), before);
    assert_false(vault_serves(c->v, 1));
}

static void test_rearm(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct ipc_vd_rearm again = {1, 1};
    struct ipc_vd_action a;
    size_t fetches = 0;
    world_enrol(w);
    open_all();
    world_deal(w);
    world_commit(w);
    for (int round = 0; round < 2; round++) {
        size_t now = 0;
        while (HEARD(c, IPC_MSG_VD_ACTION, vd_action, &a))
            now += a.kind == IPC_ACTION_KIND_FETCH;
        assert_true(now == 3 && (round == 0 || fetches == now));
        fetches = now;
        cell_forget(c);
        MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_rearm, &again);
    }
    assert_non_null(cell_find(c, IPC_MSG_VD_BLOB_HEAD)); /* the own blob comes again too */
}

/* ---- who may say what ---- */

/* Of all message numbers and all processes: what the table names is decoded, the rest is refused
 * before. Truncation is always an error, and nothing comes out. */
static void test_table(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    size_t allowed = 0;
    for (int from = IPC_PROC_INIT; from <= IPC_PROC_QUOTE; from++)
        for (unsigned type = 0; type <= 0xffff; type++) {
            uint8_t frame[2] = {(uint8_t)(type >> 8), (uint8_t)type};
            cell_forget(c);
            enum err_code e = vault_frame(c->v, (enum ipc_process)from, PC_BYTES(frame), w->now_ms);
            if (e == PC_E_REFUSED)
                continue;
            allowed++;
            assert_true(ipc_may_send((uint16_t)type, (enum ipc_process)from, IPC_PROC_VAULT));
            bool empty = type == IPC_MSG_VD_KEYS_GET || type == IPC_MSG_VP_LEASE_GET;
            assert_true((e == PC_OK) == empty);
            assert_true(empty || c->out_n == 0);
        }
    assert_int_equal(allowed, 29);
}

static void test_truncation(void **state)
{
    (void)state;
    struct cell *c = w->cell[1];
    struct enclave e;
    uint8_t buf[WIRE_RECORD_MAX + 1] = {0};
    struct bytes frame;
    enclave_new(&e, c, 1);
    assert_int_equal(ipc_encode_vp_request(&frame, buf, sizeof buf, &e.request), PC_OK);
    cell_forget(c);
    for (size_t n = 0; n < frame.n; n++)
        assert_int_not_equal(vault_frame(c->v, IPC_PROC_PEER, bytes_of(buf, n), w->now_ms), PC_OK);
    assert_int_not_equal(vault_frame(c->v, IPC_PROC_PEER, bytes_of(buf, frame.n + 1), w->now_ms),
                         PC_OK);
    assert_int_equal(c->out_n, 0);
    assert_int_equal(vault_frame(c->v, IPC_PROC_PEER, frame, w->now_ms), PC_OK);
    assert_int_equal(c->out_n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nobody_else_is_dealt_to, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_join, setup, teardown),
        cmocka_unit_test_setup_teardown(test_admission_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_platform_two_seats, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vendor_quota, setup, teardown),
        cmocka_unit_test_setup_teardown(test_false_committees, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chain_says_it_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blobs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failure_erases, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rearm, setup, teardown),
        cmocka_unit_test_setup_teardown(test_table, setup, teardown),
        cmocka_unit_test_setup_teardown(test_truncation, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
