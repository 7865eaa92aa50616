/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attempts at the first epoch with attest or chain taken over: the genuine vault is asked to deal
 * to committees that were made up. Whatever it deals must go to seats as genuine members enrolled
 * them, and the adversary's own encryption keys must open none of it.
 */
#include "dkg/dkg_check.h"
#include "dkg/dkg_sid.h"
#include "tests/takeover/takeover.h"

#define OPEN 200u /* the testkit's block of open() */

/* A node that nobody attested: its keys, its encryption key and its signatures are right among
 * themselves. */
static struct cell *evil;
static struct ipc_vc_member truth[WORLD_MAX + 1], former[WORLD_MAX + 1], made;
static bool have_former;

static enum ipc_process adversary(void)
{
    return stage.role == ROLE_CHAIN ? IPC_PROC_CHAIN : IPC_PROC_ATTEST;
}

/* ---- enrolment ---- */

/* False: what chain said before is in the way of it. */
static bool enrol(struct cell *c, uint32_t attempt, uint32_t id)
{
    struct ipc_vc_announced an = {1, attempt, 150};
    struct ipc_vd_enrol en = {id, 1, attempt, ++c->seq};
    struct ipc_vd_ncall call;
    cell_forget(c);
    MUST_TELL(c, IPC_PROC_CHAIN, vc_announced, &an);
    MUST_TELL(c, IPC_PROC_POLYCLAVED, vd_enrol, &en);
    if (!HEARD(c, IPC_MSG_VD_NCALL, vd_ncall, &call))
        return false;
    memcpy(c->member.ek, call.body, 32);
    memcpy(c->member.pop, call.body + 32, 64);
    memcpy(c->member.enrol_signature, call.signature, 65);
    c->member.enrol_seq = call.seq;
    return true;
}

/* It enrols under the id of the seat that it is after. */
static void enrol_evil(uint32_t attempt, uint32_t id)
{
    struct ipc_vc_head h = {.head = stage.w->head,
                            .node_id = id,
                            .state = IPC_NODE_STATE_LIVE,
                            .valid_until = stage.w->head.time + 100000};
    MUST_TELL(evil, IPC_PROC_CHAIN, vc_head, &h);
    if (!enrol(evil, attempt, id))
        broken("the false node does not enrol");
    evil->member.node_id = id;
    made = evil->member;
}

/* ---- committees that were made up ---- */

static void bend_member(uint16_t j)
{
    struct ipc_vc_member *m = &stage.w->cell[j]->member;
    const struct ipc_vc_member *o = &truth[1 + below(4)];
    switch (below(13)) {
    case 12: { /* one node, two seats */
        uint16_t index = m->index;
        *m = *o;
        m->index = index;
        break;
    }
    case 0: /* the whole seat */
        made.index = m->index;
        *m = made;
        break;
    case 1: /* its keys and its enrolment, with what chain proved of the other */
        m->keys = made.keys;
        memcpy(m->ek, made.ek, 32);
        memcpy(m->pop, made.pop, 64);
        memcpy(m->enrol_signature, made.enrol_signature, 65);
        m->enrol_seq = made.enrol_seq;
        break;
    case 2: /* its encryption key alone */
        memcpy(m->ek, made.ek, 32);
        memcpy(m->pop, made.pop, 64);
        break;
    case 3:
        if (have_former) { /* the enrolment of another attempt */
            memcpy(m->ek, former[j].ek, 32);
            memcpy(m->pop, former[j].pop, 64);
            memcpy(m->enrol_signature, former[j].enrol_signature, 65);
            m->enrol_seq = former[j].enrol_seq;
        }
        break;
    case 4:
        memcpy(m->ek, o->ek, 32);
        memcpy(m->pop, o->pop, 64);
        memcpy(m->enrol_signature, o->enrol_signature, 65);
        break;
    case 5:
        m->keys = o->keys;
        break;
    case 6:
        memcpy(m->claims, o->claims, 32);
        break;
    case 7:
        memcpy(m->owner, o->owner, 20);
        break;
    case 8:
        m->node_id = o->node_id;
        break;
    case 9:
        m->state = (enum ipc_node_state)below(5);
        break;
    case 10:
        memcpy(m->domains[0], o->domains[0], 32);
        break;
    default:
        noise(&m->pop[below(64)], 1);
        break;
    }
}

static void bend_open(void)
{
    struct ipc_vc_open *o = &stage.w->open;
    switch (below(5)) {
    case 0:
        o->t = (uint16_t)(1 + below(4));
        break;
    case 1:
        noise(o->root, 32);
        break;
    case 2:
        o->old_epoch = below(2);
        break;
    case 3:
        o->protocol = (uint32_t)below(3);
        break;
    default:
        noise(o->opened.hash, 32);
        break;
    }
}

/* Attest judges what chain hands it as that seat's evidence: some node's, an application's, or one
 * that does not verify. */
static void judge(uint16_t j, bool lies)
{
    struct ipc_va_verdict v = stage.w->cell[j]->verdict;
    if (lies && stage.role == ROLE_CHAIN) {
        if (one_in(3))
            v = stage.w->cell[1 + below(4)]->verdict;
        else if (one_in(3))
            v = people[below(WHO_COUNT)].verdict;
        if (one_in(3))
            v.reasons[0] = 1u << 13;
        v.collateral_epoch = 4 + below(3);
    } else if (lies) {
        bend_verdict(&v, v.digest);
        if (one_in(2))
            v = stage.w->cell[one_in(2) ? j : 1 + below(4)]->verdict;
    }
    /* What evil's evidence says would be right, were it signed by anybody that counts; or chain has
     * the seat's genuine evidence judged in its place. */
    if (memcmp(&stage.w->cell[j]->member.keys, &made.keys, sizeof made.keys) == 0 && one_in(2)) {
        v = evil->verdict;
        if (stage.role == ROLE_CHAIN)
            v.reasons[0] = 1u << 13;
    }
    world_node_digest(v.digest, stage.w, j);
    STAGE_TELL(IPC_PROC_ATTEST, va_verdict, &v);
}

/* ---- the oracle ---- */

static bool as_enrolled(uint16_t j)
{
    const struct ipc_vc_member *m = &stage.w->cell[j]->member, *t = &truth[j];
    return m->node_id == t->node_id && memcmp(&m->keys, &t->keys, sizeof t->keys) == 0 &&
           memcmp(m->ek, t->ek, 32) == 0;
}

/* Does evil's encryption key open that seat's ciphertext? */
static bool opened_by_evil(const struct dkg_blob *b, const uint8_t sid[static 32], uint16_t j)
{
    static struct dkg_session s;
    struct point k, e;
    struct scalar share;
    memset(&s, 0, sizeof s);
    s.g = &group_ristretto255;
    s.dealers = stage.w->open.n;
    memcpy(s.sid, sid, 32);
    s.key = (struct dkg_key_name){0};
    s.receiver[j].ek = evil->v->ek.pending->pub;
    if (dkg_params_of(&s.p, stage.w->open.n, stage.w->open.t) != PC_OK ||
        group_point_decode(s.g, &e, b->e) != PC_OK)
        broken("a blob of the vault that is none");
    group_mult(s.g, &k, &evil->v->ek.pending->secret, &e);
    return dkg_check_share(&share, &s, 1, j, &k, b) == PC_OK;
}

static void sid_of(uint8_t sid[static 32])
{
    const struct ipc_vc_open *o = &stage.w->open;
    struct dkg_open d = {.epoch = o->epoch,
                         .attempt = o->attempt,
                         .n = o->n,
                         .t = o->t,
                         .keys = 1,
                         .protocol = o->protocol};
    memcpy(d.network_id, o->network_id, 32);
    memcpy(d.open_hash, o->opened.hash, 32);
    memcpy(d.root, o->root, 32);
    if (dkg_sid(sid, &d) != PC_OK)
        broken("an opening without sid was dealt for");
}

static void judge_blob(const uint8_t *bytes, size_t n)
{
    static struct dkg_blob b;
    uint8_t sid[32];
    sid_of(sid);
    if (dkg_blob_decode(&b, bytes_of(bytes, n), sid, 1, stage.w->open.n) != PC_OK)
        broken("what was dealt is not for the committee that was opened");
    stage.f.blobs++;
    for (uint16_t j = 1; j <= stage.w->open.n; j++) {
        if (bytes_all_zero_var(PC_BYTES(b.ct[j - 1])))
            continue;
        if (opened_by_evil(&b, sid, j))
            broken("the adversary reads the sub-share of seat %u", j);
        if (!as_enrolled(j))
            broken("a sub-share for seat %u, which no genuine member enrolled", j);
    }
}

/* The ciphertexts leave when B1 is final. */
static void release(const struct ipc_vd_ncall *commit)
{
    struct cell *c = stage.c;
    struct ipc_vc_commit f = {
        .epoch = 1, .attempt = stage.w->open.attempt, .index = 1, .at = OPEN + 1};
    struct ipc_vc_phase p = {.epoch = 1,
                             .attempt = stage.w->open.attempt,
                             .what = IPC_PHASE_END_B1,
                             .at = stage.w->open.b1};
    struct ipc_vd_blob_head head;
    struct ipc_vd_blob_rec rec;
    static uint8_t blob[DKG_BLOB_MAX];
    size_t n = 0;
    memcpy(f.hash, commit->body, 32);
    f.length = load_be32(commit->body + 60);
    stage_renew(adversary());
    STAGE_TELL(IPC_PROC_CHAIN, vc_commit, &f);
    STAGE_TELL(IPC_PROC_CHAIN, vc_phase, &p);
    if (!HEARD(c, IPC_MSG_VD_BLOB_HEAD, vd_blob_head, &head))
        return;
    while (HEARD(c, IPC_MSG_VD_BLOB_REC, vd_blob_rec, &rec)) {
        if (rec.offset != n || n + rec.data_n > sizeof blob)
            broken("a blob out of order");
        memcpy(blob + n, rec.data, rec.data_n);
        n += rec.data_n;
    }
    judge_blob(blob, n);
}

static enum deal_refusal why(uint16_t request, uint16_t error)
{
    if (request == IPC_MSG_VC_OPEN)
        return DEAL_OPEN;
    if (request == IPC_MSG_VD_DEAL)
        return error == PC_E_RETRY ? DEAL_WAITING : DEAL_VENDORS;
    if (request != IPC_MSG_VA_VERDICT)
        return DEAL_OTHER;
    return error == PC_E_REFUSED     ? DEAL_NOT_LIVE
           : error == PC_E_MISMATCH  ? DEAL_MISMATCH
           : error == PC_E_STALE     ? DEAL_STALE
           : error == PC_E_SIGNATURE ? DEAL_SIGNATURE
                                     : DEAL_OTHER;
}

/* ---- one attempt ---- */

static bool enrol_all(uint32_t attempt)
{
    for (uint16_t j = 1; j <= 4; j++) {
        if (!enrol(stage.w->cell[j], attempt, 100u + j))
            return false;
        truth[j] = stage.w->cell[j]->member;
    }
    enrol_evil(attempt, 101u + (uint32_t)below(4));
    return true;
}

/* As chain tells it: honestly, or not. */
static void open_one(uint32_t attempt, bool lies)
{
    if (lies)
        for (uint64_t k = below(4); k > 0; k--)
            bend_member((uint16_t)(1 + below(4)));
    world_prepare_open(stage.w);
    stage.w->open.attempt = attempt;
    if (lies && one_in(6))
        bend_open();
    struct ipc_vc_open o = stage.w->open;
    o.own_index = 1;
    STAGE_TELL(IPC_PROC_CHAIN, vc_open, &o);
    for (uint16_t i = 1; i <= 4; i++) {
        struct ipc_vc_member m = stage.w->cell[i]->member;
        m.epoch = 1;
        m.attempt = attempt;
        STAGE_TELL(IPC_PROC_CHAIN, vc_member, &m);
        if (lies && one_in(40)) /* twice */
            STAGE_TELL(IPC_PROC_CHAIN, vc_member, &m);
    }
}

/* False: this vault is of no use any more, chain has told it of a later attempt. */
static bool attempt_one(uint32_t attempt)
{
    struct ipc_vd_deal deal = {1, attempt, ++stage.c->seq};
    struct ipc_vd_ncall call;
    struct ipc_vd_result r;
    bool chain_lies_now = stage.role == ROLE_CHAIN && !one_in(8);
    bool attest_lies = stage.role == ROLE_ATTEST && !one_in(8);
    bool opened = false;
    stage_renew(adversary()); /* half a frame may be on the old link */
    if (!enrol_all(attempt))
        return false;
    cell_forget(stage.c);
    open_one(attempt, chain_lies_now);
    for (uint16_t j = 1; j <= 4; j++) {
        bool lies = (chain_lies_now || attest_lies) && one_in(4);
        if (!lies || !one_in(8))
            judge(j, lies);
        if (one_in(6)) /* before the last is judged */
            STAGE_TELL(IPC_PROC_POLYCLAVED, vd_deal, &deal);
    }
    if (one_in(stage.role == ROLE_CHAIN ? 20 : 4))
        bend_bytes(adversary());
    STAGE_TELL(IPC_PROC_POLYCLAVED, vd_deal, &deal);
    if (HEARD(stage.c, IPC_MSG_VD_NCALL, vd_ncall, &call) && call.kind == IPC_NCALL_KIND_COMMIT) {
        stage.f.dealt++;
        release(&call);
    }
    while (HEARD(stage.c, IPC_MSG_VD_RESULT, vd_result, &r)) {
        opened |= r.request == IPC_MSG_VC_OPEN;
        if (r.error != PC_OK)
            stage.f.not_dealt[why(r.request, r.error)]++;
    }
    for (uint16_t j = 1; j <= 4; j++)
        former[j] = stage.w->cell[j]->member = truth[j];
    have_former = true;
    return opened;
}

static void begin(void)
{
    stage_start();
    truth_begin();
    evil = cell_new(stage.w, 9, stage.seed + 77);
    cell_rebuild_member(evil);
    cell_head(stage.c, 0);
    have_former = false;
}

static void end(void)
{
    if (stage.w == NULL)
        return;
    cell_free(evil);
    stage_stop();
}

void deal_run(size_t sequences, size_t first)
{
    for (size_t i = first; i < first + sequences; i++) {
        stage.sequence = i;
        stage.step = 0;
        rng_seeded_init(&stage.rng, stage.seed * 1000033 + i);
        if (i % LIFE == 0 || stage.w == NULL) {
            end();
            begin();
        }
        bool useful = attempt_one((uint32_t)(1 + i % LIFE));
        stage.f.sequences++;
        if (!useful) {
            end();
            stage.w = NULL;
        }
    }
    end();
}
