/* SPDX-License-Identifier: Apache-2.0 */
/* How polyclaved drives an attempt: each call is asked for once, kept until its event, and found
 * again after the death of vault's link, relay, attest, peer or of polyclaved itself. */
#include "node/polyclaved/testkit.h"

#include "crypto/hash.h"

static struct pd t;

static int setup(void **state)
{
    (void)state;
    pd_begin(&t, 0x21);
    pd_head(&t, 100);
    kit_forget(&t.kit);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pd_end(&t);
    return 0;
}

static void signed_call(enum ipc_ncall_kind kind, uint32_t attempt, uint64_t seq, uint16_t dealer)
{
    struct ipc_vd_ncall m = {
        .kind = kind, .node_id = PD_NODE, .epoch = PD_EPOCH, .attempt = attempt, .seq = seq};
    m.body[30] = (uint8_t)(dealer >> 8); /* a word */
    m.body[31] = (uint8_t)dealer;
    m.body_n = 32;
    KIT_SAY(&t.kit, IPC_LINK_VD, vd_ncall, &m);
}

static void action(enum ipc_action_kind kind, uint32_t attempt, uint16_t dealer)
{
    struct ipc_vd_action m = {
        .epoch = PD_EPOCH, .attempt = attempt, .kind = kind, .dealer = dealer};
    memset(m.hash, 0xab, sizeof m.hash);
    KIT_SAY(&t.kit, IPC_LINK_VD, vd_action, &m);
}

static void enrols_once(void **state)
{
    struct ipc_vd_enrol enrol;
    struct relay_relay_ncall call;
    (void)state;
    pd_event(&t, IPC_EVENT_KIND_ANNOUNCED, 1, 0, 0, 120);
    pd_head(&t, 101);
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_enrol, VD_ENROL, &enrol);
    assert_int_equal(enrol.node_id, PD_NODE);
    assert_int_equal(enrol.attempt, 1);
    signed_call(IPC_NCALL_KIND_ENROL, 1, enrol.seq, 0);
    assert_true(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
    assert_int_equal(call.seq, enrol.seq);
    /* On its way: it is not asked for again. */
    pd_head(&t, 102);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_ENROL);
    pd_done(&t, call.id, RELAY_OUTCOME_MINED);
    pd_head(&t, 103);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_ENROL);
    assert_false(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
    /* Final: it is done. */
    pd_event(&t, IPC_EVENT_KIND_ENROLLED, 1, PD_NODE, 0, enrol.seq);
    assert_false(calls_pending(t.p, IPC_NCALL_KIND_ENROL));
    pd_head(&t, 104);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_ENROL);
}

/* Mined, but its event never became final (a reorganisation): the same bytes go out again. */
static void mined_but_not_final(void **state)
{
    struct relay_relay_ncall call, again;
    (void)state;
    pd_event(&t, IPC_EVENT_KIND_ANNOUNCED, 1, 0, 0, 500);
    signed_call(IPC_NCALL_KIND_ENROL, 1, 9, 0);
    assert_true(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
    pd_done(&t, call.id, RELAY_OUTCOME_MINED);
    pd_head(&t, 112);
    assert_false(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &again));
    pd_head(&t, 113);
    assert_true(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &again));
    assert_int_equal(again.seq, call.seq);
    assert_int_not_equal(again.id, call.id);
}

/* Whatever the relay answers short of success, the call is tried at the next head. */
static void refused_calls_are_tried_again(void **state)
{
    static const enum relay_outcome outcomes[] = {RELAY_OUTCOME_REVERTS, RELAY_OUTCOME_REFUSED,
                                                  RELAY_OUTCOME_BUDGET, RELAY_OUTCOME_RETRY};
    struct relay_relay_ncall call;
    (void)state;
    pd_event(&t, IPC_EVENT_KIND_ANNOUNCED, 1, 0, 0, 500);
    signed_call(IPC_NCALL_KIND_ENROL, 1, 9, 0);
    for (size_t i = 0; i < PC_ARRAY_LEN(outcomes); i++) {
        assert_true(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
        pd_done(&t, call.id, outcomes[i]);
        assert_false(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
        pd_head(&t, 101 + i);
    }
}

static void relay_dies(void **state)
{
    struct relay_relay_ncall call, again;
    (void)state;
    pd_event(&t, IPC_EVENT_KIND_ANNOUNCED, 1, 0, 0, 500);
    signed_call(IPC_NCALL_KIND_ENROL, 1, 9, 0);
    assert_true(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
    pd_relay_cut(&t, true);
    bool asked = false;
    for (uint64_t n = 101; n < 200 && !asked; n++) { /* redialled once a second */
        kit_run(&t.kit, 50);
        pd_head(&t, n);
        asked = PD_ASKED(&t, relay_ncall, RELAY_NCALL, &again);
    }
    assert_true(asked);
    assert_int_equal(again.seq, call.seq);
}

static bool asked_to_open(void)
{
    struct relay_relay_plain plain;
    bool found = false;
    while (PD_ASKED(&t, relay_plain, RELAY_PLAIN, &plain))
        found |= plain.call == RELAY_PLAIN_CALL_OPEN;
    return found;
}

/* A relay that takes requests and never answers blocks nothing for ever. */
static void relay_is_mute(void **state)
{
    struct relay_relay_ncall call;
    (void)state;
    t.view.epoch = 0;
    pd_event(&t, IPC_EVENT_KIND_ANNOUNCED, 1, 0, 0, 90);
    signed_call(IPC_NCALL_KIND_ENROL, 1, 9, 0);
    for (uint64_t n = 101; n < 104; n++)
        pd_head(&t, n);
    assert_true(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
    assert_true(asked_to_open());
    for (uint64_t n = 104; n < 150; n++)
        pd_head(&t, n);
    assert_false(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
    assert_false(asked_to_open());
    for (uint64_t n = 150; n < 170; n++)
        pd_head(&t, n);
    assert_true(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
    assert_true(asked_to_open());
}

static void answers_that_nobody_asked_for(void **state)
{
    (void)state;
    pd_event(&t, IPC_EVENT_KIND_ANNOUNCED, 1, 0, 0, 500);
    signed_call(IPC_NCALL_KIND_ENROL, 1, 9, 0);
    pd_done(&t, 0, RELAY_OUTCOME_MINED);
    pd_done(&t, UINT64_MAX, RELAY_OUTCOME_MINED);
    assert_true(calls_pending(t.p, IPC_NCALL_KIND_ENROL));
    assert_int_equal(t.p->calls.n[0].state, CALL_SENT);
}

static void deals_until_seen(void **state)
{
    struct ipc_vd_deal deal, next;
    struct ipc_vd_result r = {
        .request = IPC_MSG_VD_DEAL, .epoch = PD_EPOCH, .attempt = 1, .error = PC_E_RETRY};
    (void)state;
    pd_open(&t, 1, 3, 2, 100);
    pd_head(&t, 101);
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_deal, VD_DEAL, &deal);
    /* Not every receiver has joined: again at the next head, under a newer number. */
    KIT_SAY(&t.kit, IPC_LINK_VD, vd_result, &r);
    pd_head(&t, 102);
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_deal, VD_DEAL, &next);
    assert_true(next.seq > deal.seq);
    signed_call(IPC_NCALL_KIND_COMMIT, 1, next.seq, 0);
    pd_head(&t, 103);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_DEAL);
    pd_event(&t, IPC_EVENT_KIND_COMMIT, 1, PD_NODE, 2, next.seq);
    pd_head(&t, 104);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_DEAL);
}

static void deals_not_after_b1(void **state)
{
    (void)state;
    pd_open(&t, 1, 3, 2, 100);
    pd_head(&t, 110);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_DEAL);
}

static void others_do_not_deal(void **state)
{
    (void)state;
    pd_open(&t, 1, 3, 0, 100);
    pd_head(&t, 101);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_DEAL);
}

static void actions(void **state)
{
    struct ipc_vd_vote vote;
    struct ipc_vd_complain complain;
    struct ipc_vd_ready ready;
    struct ipc_dp_want want;
    (void)state;
    pd_open(&t, 1, 3, 2, 100);
    action(IPC_ACTION_KIND_FETCH, 1, 3);
    KIT_HEAR(&t.kit, IPC_LINK_DP, dp_want, DP_WANT, &want);
    assert_int_equal(want.dealer, 3);
    assert_int_equal(want.hash[0], 0xab);
    action(IPC_ACTION_KIND_VOTE, 1, 0);
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_vote, VD_VOTE, &vote);
    action(IPC_ACTION_KIND_COMPLAIN, 1, 3);
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_complain, VD_COMPLAIN, &complain);
    assert_int_equal(complain.dealer, 3);
    assert_true(complain.seq > vote.seq);
    action(IPC_ACTION_KIND_READY, 1, 0);
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_ready, VD_READY, &ready);
    assert_true(ready.seq > complain.seq);
    /* Of another attempt: nothing. */
    action(IPC_ACTION_KIND_VOTE, 2, 0);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_VOTE);
}

static void votes_late_once(void **state)
{
    (void)state;
    pd_open(&t, 1, 3, 2, 100);
    pd_head(&t, 114);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_VOTE);
    pd_head(&t, 115);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_VD, IPC_MSG_VD_VOTE), 1);
    pd_head(&t, 116);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_VD, IPC_MSG_VD_VOTE), 1);
}

/* The link is down when the vote is due: it is asked for when the link is back. */
static void votes_late_over_a_new_link(void **state)
{
    (void)state;
    pd_open(&t, 1, 3, 2, 100);
    kit_forget(&t.kit);
    kit_cut(&t.kit, IPC_LINK_VD);
    pd_head(&t, 116);
    kit_connect(&t.kit, IPC_LINK_VD);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_VD, IPC_MSG_VD_REARM), 1);
    pd_head(&t, 117);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_VD, IPC_MSG_VD_VOTE), 1);
}

/* One complaint per dealer; a second for the same dealer takes the place of the first. */
static void complaints_stand_side_by_side(void **state)
{
    struct relay_relay_ncall call;
    (void)state;
    pd_open(&t, 1, 5, 2, 100);
    for (uint16_t dealer = 3; dealer <= 5; dealer++)
        signed_call(IPC_NCALL_KIND_COMPLAIN, 1, dealer, dealer);
    for (uint16_t dealer = 3; dealer <= 5; dealer++) {
        assert_true(PD_ASKED(&t, relay_ncall, RELAY_NCALL, &call));
        assert_int_equal(call.seq, dealer);
    }
    pd_event(&t, IPC_EVENT_KIND_COMPLAINT, 1, PD_NODE, 2, 4);
    size_t pending = 0;
    for (size_t i = 0; i < CALLS_MAX; i++)
        pending += t.p->calls.n[i].state != CALL_FREE;
    assert_int_equal(pending, 2);
    signed_call(IPC_NCALL_KIND_COMPLAIN, 1, 77, 3);
    pending = 0;
    for (size_t i = 0; i < CALLS_MAX; i++)
        pending += t.p->calls.n[i].state != CALL_FREE;
    assert_int_equal(pending, 2);
}

/* READY outlives ACTIVE, and nothing outlives a failure: failed attempts would fill all places. */
static void what_outlives_an_attempt(void **state)
{
    (void)state;
    pd_open(&t, 1, 3, 2, 100);
    signed_call(IPC_NCALL_KIND_READY, 1, 50, 0);
    signed_call(IPC_NCALL_KIND_VOTE, 1, 51, 0);
    pd_event(&t, IPC_EVENT_KIND_FAILED, 1, 0, 0, 0);
    assert_false(calls_pending(t.p, IPC_NCALL_KIND_READY));
    pd_open(&t, 2, 3, 2, 200);
    signed_call(IPC_NCALL_KIND_READY, 2, 60, 0);
    signed_call(IPC_NCALL_KIND_VOTE, 2, 61, 0);
    pd_event(&t, IPC_EVENT_KIND_ACTIVE, 2, 0, 0, 0);
    assert_true(calls_pending(t.p, IPC_NCALL_KIND_READY));
    assert_false(calls_pending(t.p, IPC_NCALL_KIND_VOTE));
    pd_event(&t, IPC_EVENT_KIND_READY, 2, PD_NODE, 2, 60);
    assert_false(calls_pending(t.p, IPC_NCALL_KIND_READY));
}

/* polyclaved dies in the midst of an attempt: as soon as chain has named it again, the vault is
 * asked what it still wants. Before that an action cannot be understood. */
static void own_restart(void **state)
{
    struct ipc_vd_rearm rearm;
    (void)state;
    pd_open(&t, 3, 3, 2, 100);
    pd_restart(&t, 0x21);
    action(IPC_ACTION_KIND_FETCH, 3, 1);
    KIT_SILENT(&t.kit, IPC_LINK_DP, DP_WANT);
    pd_head(&t, 112);
    pd_event(&t, IPC_EVENT_KIND_ANNOUNCED, 3, 0, 0, 95);
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_rearm, VD_REARM, &rearm);
    assert_int_equal(rearm.epoch, PD_EPOCH);
    assert_int_equal(rearm.attempt, 3);
    action(IPC_ACTION_KIND_FETCH, 3, 1);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_DP, IPC_MSG_DP_WANT), 1);
    /* Its sequence numbers are above those that the chain has seen of it. */
    pd_event(&t, IPC_EVENT_KIND_ENROLLED, 3, PD_NODE, 0, UINT64_MAX / 2);
    action(IPC_ACTION_KIND_VOTE, 3, 0);
    struct ipc_vd_vote vote;
    KIT_HEAR(&t.kit, IPC_LINK_VD, vd_vote, VD_VOTE, &vote);
    assert_true(vote.seq > UINT64_MAX / 2);
}

static void job_of(uint16_t index, struct ipc_pa_done *m)
{
    struct ipc_da_node_job job;
    (void)index;
    KIT_HEAR(&t.kit, IPC_LINK_DA, da_node_job, DA_NODE_JOB, &job);
    assert_int_equal(job.vendor, WIRE_VENDOR_SNP);
    memcpy(m->digest, job.digest, sizeof m->digest);
}

/* Members' evidence goes to attest once; again after `retry`, and after attest was started anew if
 * it was not accepted. */
static void member_evidence(void **state)
{
    static const uint8_t evidence[] = "evidence of member one";
    uint8_t key[18] = "node-evidence/", named[33];
    struct ipc_pa_done done = {.code = WIRE_RELEASE_CODE_RETRY};
    (void)state;
    store_be32(key + 14, 100);
    assert_int_equal(store_put_content(t.p->store, STORE_EVIDENCE, PC_BYTES(evidence), named),
                     PC_OK);
    named[32] = WIRE_VENDOR_SNP; /* the job is of the member's vendor, not of the own */
    assert_int_equal(store_put(t.p->store, STORE_CURSOR, PC_BYTES(key), PC_BYTES(named)), PC_OK);
    store_be32(key + 14, 101); /* of no vendor, and as an older version kept them */
    named[32] = 4;
    assert_int_equal(store_put(t.p->store, STORE_CURSOR, PC_BYTES(key), PC_BYTES(named)), PC_OK);
    store_be32(key + 14, 102);
    assert_int_equal(store_put(t.p->store, STORE_CURSOR, PC_BYTES(key), bytes_of(named, 32)),
                     PC_OK);
    pd_open(&t, 1, 3, 2, 100);
    pd_head(&t, 101);
    assert_int_equal(kit_count(&t.kit, IPC_LINK_DA, IPC_MSG_DA_NODE_JOB), 1); /* others: no bytes */
    job_of(1, &done);
    pd_head(&t, 102);
    KIT_SILENT(&t.kit, IPC_LINK_DA, DA_NODE_JOB);
    KIT_SAY(&t.kit, IPC_LINK_DA, pa_done, &done);
    pd_head(&t, 103);
    job_of(1, &done);
    done.code = WIRE_RELEASE_CODE_EVIDENCE_REJECTED;
    KIT_SAY(&t.kit, IPC_LINK_DA, pa_done, &done);
    pd_head(&t, 104);
    KIT_SILENT(&t.kit, IPC_LINK_DA, DA_NODE_JOB);
    kit_cut(&t.kit, IPC_LINK_DA);
    kit_connect(&t.kit, IPC_LINK_DA);
    pd_head(&t, 105);
    job_of(1, &done);
    done.code = WIRE_RELEASE_CODE_OK;
    KIT_SAY(&t.kit, IPC_LINK_DA, pa_done, &done);
    kit_cut(&t.kit, IPC_LINK_DA);
    kit_connect(&t.kit, IPC_LINK_DA);
    pd_head(&t, 106);
    KIT_SILENT(&t.kit, IPC_LINK_DA, DA_NODE_JOB);
}

/* Calls of anybody, each in its time and only by a node that is live. */
static void calls_of_anybody(void **state)
{
    struct relay_relay_plain plain;
    (void)state;
    t.view.state = IPC_NODE_STATE_EXPIRED;
    for (uint64_t n = 101; n < 107; n++)
        pd_head(&t, n);
    assert_false(PD_ASKED(&t, relay_plain, RELAY_PLAIN, &plain));
    t.view.state = IPC_NODE_STATE_LIVE;
    for (uint64_t n = 107; n < 110; n++)
        pd_head(&t, n);
    assert_true(PD_ASKED(&t, relay_plain, RELAY_PLAIN, &plain));
    assert_int_equal(plain.call, RELAY_PLAIN_CALL_ANNOUNCE);
    pd_done(&t, plain.id, RELAY_OUTCOME_MINED);
    pd_open(&t, 1, 3, 2, 110);
    for (uint64_t n = 111; n <= 150; n++)
        pd_head(&t, n);
    assert_false(PD_ASKED(&t, relay_plain, RELAY_PLAIN, &plain));
    for (uint64_t n = 151; n < 154; n++)
        pd_head(&t, n);
    assert_true(PD_ASKED(&t, relay_plain, RELAY_PLAIN, &plain));
    assert_int_equal(plain.call, RELAY_PLAIN_CALL_FAIL);
}

static void epochs_beyond_genesis(void **state)
{
    struct ipc_dc_event m = {
        .kind = IPC_EVENT_KIND_ANNOUNCED, .epoch = 2, .attempt = 1, .value = 500};
    (void)state;
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_event, &m);
    pd_head(&t, 101);
    KIT_SILENT(&t.kit, IPC_LINK_VD, VD_ENROL);
    assert_int_equal(t.p->attempt.number, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(enrols_once),      T(mined_but_not_final),
        T(relay_dies),       T(refused_calls_are_tried_again),
        T(relay_is_mute),    T(answers_that_nobody_asked_for),
        T(deals_until_seen), T(deals_not_after_b1),
        T(actions),          T(others_do_not_deal),
        T(votes_late_once),  T(votes_late_over_a_new_link),
        T(own_restart),      T(complaints_stand_side_by_side),
        T(member_evidence),  T(what_outlives_an_attempt),
        T(calls_of_anybody), T(epochs_beyond_genesis),
    };
    return cmocka_run_group_tests_name("polyclaved attempt", tests, NULL, NULL);
}
