/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequences of requests around a genuine vault while peer, attest or chain is the adversary's; the
 * other two say what truth.c holds. A vault lives for LIFE sequences: in the first it has no head,
 * then no share, then no lease; then it serves.
 */
#include "tests/takeover/takeover.h"

#define NO_HEAD  3u
#define NO_SHARE 6u
#define NO_LEASE 14u
#define SENT     64u

/* Requests as they were sent, for whoever asks again. */
static struct {
    uint8_t digest[32];
    struct ipc_vp_request m;
} sent[SENT];
static size_t n_sent;

static void ask(const struct enclave *e)
{
    size_t i = n_sent++ % SENT;
    memcpy(sent[i].digest, e->digest, 32);
    sent[i].m = e->request;
    STAGE_TELL(IPC_PROC_PEER, vp_request, &e->request);
}

static void ask_again(const uint8_t digest[static 32])
{
    for (size_t i = 0; i < SENT && i < n_sent; i++)
        if (vault_same32(sent[i].digest, digest)) {
            STAGE_TELL(IPC_PROC_PEER, vp_request, &sent[i].m);
            return;
        }
}

/* ---- statements that the vault asks for ---- */

static void give_record(const uint8_t digest[static 32])
{
    const struct ipc_release_fields *r = oracle_request(digest), *o = NULL;
    struct ipc_vc_record rec;
    if (stage.role == ROLE_CHAIN) {
        bend_record(&rec, digest);
        STAGE_TELL(IPC_PROC_CHAIN, vc_record, &rec);
        return;
    }
    if (stage.role == ROLE_PEER && one_in(4)) /* a digest with another request's fields */
        (void)oracle_any(&o);
    if (o == NULL)
        o = r;
    if (o != NULL)
        truth_lookup(digest, o);
}

static void give_verdict(const uint8_t digest[static 32])
{
    const struct ipc_release_fields *r = oracle_request(digest);
    struct ipc_va_verdict v;
    if (r == NULL)
        return;
    if (stage.role == ROLE_ATTEST)
        bend_verdict(&v, digest);
    else if (stage.role == ROLE_PEER && one_in(4)) /* a digest with another one's evidence */
        v = truth_verdict(digest, people[below(WHO_COUNT)].request.request.evidence_hash);
    else
        v = truth_verdict(digest, r->evidence_hash);
    /* It judges in the context that chain gives it, whoever speaks for chain. */
    if (stage.role == ROLE_CHAIN)
        v.collateral_epoch = 5 + (one_in(8) ? below(3) : 0);
    STAGE_TELL(IPC_PROC_ATTEST, va_verdict, &v);
}

static void answer_needs(void)
{
    struct ipc_vp_need need;
    for (int k = 0; k < 8 && oracle_need(&need); k++) {
        if (need.record)
            give_record(need.digest);
        if (need.verdict)
            give_verdict(need.digest);
        if (!one_in(6))
            ask_again(need.digest);
    }
}

/* ---- the lease ---- */

static void bring_sig(uint16_t member)
{
    struct ipc_vp_lease_sig s = truth_lease_sig(member, stage.nonce);
    STAGE_TELL(IPC_PROC_PEER, vp_lease_sig, &s);
}

/* As an honest peer does it; from members 2..upto. */
static void renew_lease(uint16_t upto)
{
    struct ipc_vp_lease_get get = {0};
    STAGE_TELL(IPC_PROC_PEER, vp_lease_get, &get);
    for (uint16_t j = 2; stage.have_nonce && j <= upto; j++)
        bring_sig(j);
}

/* Genuine signatures under other names, over other heads and nonces; made-up ones. */
static void false_lease(bool partitioned)
{
    static struct ipc_vp_lease_sig old;
    struct ipc_vp_lease_get get = {0};
    STAGE_TELL(IPC_PROC_PEER, vp_lease_get, &get);
    if (!stage.have_nonce)
        return;
    uint8_t nonce[32];
    memcpy(nonce, stage.nonce, 32);
    uint16_t member = partitioned ? 2 : (uint16_t)(2 + below(3));
    if (one_in(4))
        noise(nonce, 32);
    struct ipc_vp_lease_sig s = truth_lease_sig(member, nonce);
    switch (below(6)) {
    case 0:
        s.index = (uint16_t)(1 + below(6));
        break;
    case 1:
        s.head.number += below(5) - 2;
        break;
    case 2:
        s.signature[below(64)] ^= 1;
        break;
    case 3:
        if (old.index != 0)
            s = old;
        break;
    case 4:
        noise(s.head.hash, 32);
        break;
    default:
        break;
    }
    old = s;
    for (uint64_t k = 1 + below(2); k > 0; k--)
        STAGE_TELL(IPC_PROC_PEER, vp_lease_sig, &s);
}

/* ---- moves of each adversary ---- */

static void peer_move(bool partitioned)
{
    const struct ipc_release_fields *r;
    const uint8_t *digest;
    struct enclave e;
    switch (below(6)) {
    case 0:
        false_lease(partitioned);
        break;
    case 1:
    case 2:
        bend_request(&e, true);
        ask(&e);
        break;
    case 3: /* whatever digest, with whatever fields and evidence */
        if ((digest = oracle_any(&r)) == NULL)
            break;
        give_record(digest);
        give_verdict(digest);
        ask_again(digest);
        break;
    case 4: { /* a genuine request, changed after it was signed */
        bend_request(&e, false);
        struct enclave was = e;
        bend_request(&e, false);
        memcpy(e.request.signature, was.request.signature, 64);
        ask(&e);
        break;
    }
    default:
        bend_bytes(IPC_PROC_PEER);
        break;
    }
}

static void attest_move(void)
{
    const struct ipc_release_fields *r;
    const uint8_t *digest = oracle_any(&r);
    struct ipc_va_verdict v;
    if (digest == NULL || one_in(3)) {
        bend_bytes(IPC_PROC_ATTEST);
        return;
    }
    bend_verdict(&v, digest);
    if (one_in(8))
        world_node_digest(v.digest, stage.w, (uint16_t)(1 + below(4)));
    STAGE_TELL(IPC_PROC_ATTEST, va_verdict, &v);
}

static void chain_head(void)
{
    struct ipc_vc_head m = {.head = stage.w->head,
                            .node_id = 101,
                            .state = IPC_NODE_STATE_LIVE,
                            .valid_until = stage.w->head.time + 100000,
                            .epoch = 1};
    if (one_in(3))
        switch (below(7)) {
        case 0:
            m.head.number -= below(4);
            break;
        case 1:
            m.head.number += below(3);
            break;
        case 2:
            m.state = (enum ipc_node_state)below(5);
            break;
        case 3:
            m.epoch = below(3);
            break;
        case 4:
            m.epoch_grace = below(3);
            break;
        case 5:
            m.valid_until = m.head.time + below(2);
            break;
        default: /* nothing that comes later can be above it */
            if (one_in(400))
                m.head.number = UINT64_MAX - below(70);
            if (one_in(100))
                noise(m.head.hash, 32);
            break;
        }
    STAGE_TELL(IPC_PROC_CHAIN, vc_head, &m);
}

static void chain_move(void)
{
    const struct ipc_release_fields *r;
    const uint8_t *digest = oracle_any(&r);
    struct ipc_vc_record rec;
    switch (below(6)) {
    case 0:
        bend_bytes(IPC_PROC_CHAIN);
        break;
    case 1:
        bend_other_fact();
        break;
    case 2:
    case 3:
        chain_head();
        break;
    default:
        if (digest == NULL)
            break;
        bend_record(&rec, digest);
        STAGE_TELL(IPC_PROC_CHAIN, vc_record, &rec);
        break;
    }
}

static enum ipc_process adversary(void)
{
    return stage.role == ROLE_PEER     ? IPC_PROC_PEER
           : stage.role == ROLE_ATTEST ? IPC_PROC_ATTEST
                                       : IPC_PROC_CHAIN;
}

static void step(bool partitioned)
{
    struct enclave e;
    const struct ipc_release_fields *r;
    const uint8_t *digest;
    switch (below(10)) {
    case 8:
    case 9: /* a client as it should be */
        bend_plain(&e, one_in(3) ? STRANGER : GENUINE);
        ask(&e);
        break;
    case 0:
    case 1:
    case 2: /* one whose fields, or signature, may be odd */
        bend_request(&e, false);
        if (one_in(20))
            e.request.signature[below(64)] ^= 1;
        ask(&e);
        break;
    case 3:
        if ((digest = oracle_any(&r)) != NULL)
            ask_again(digest);
        break;
    case 4:
        if (one_in(12))
            stage_renew(adversary());
        break;
    default:
        if (stage.role == ROLE_PEER)
            peer_move(partitioned);
        else if (stage.role == ROLE_ATTEST)
            attest_move();
        else
            chain_move();
        break;
    }
    answer_needs();
    cell_forget(stage.c);
}

/* ---- a life ---- */

static void genuine_head(void)
{
    if (one_in(3))
        truth_head(1 + below(2) * 5, one_in(2) ? MOOD_CALM : (enum mood)below(MOOD_COUNT));
    else if (one_in(3))
        truth_head(1, MOOD_CALM);
}

static void before(uint64_t age, bool *partitioned)
{
    *partitioned = age < NO_LEASE;
    if (age == NO_SHARE) {
        if (stage.role == ROLE_CHAIN) { /* what it said may stand in the way of a key */
            stage_stop();
            stage_start();
        }
        stage_renew(adversary()); /* half a frame may be on the old link */
        stage_genesis();
        truth_begin();
        stage.mute_chain = stage.role == ROLE_CHAIN;
        if (stage.role == ROLE_CHAIN) { /* the vault is held at a head that the others have left */
            truth_head(100, MOOD_CALM);
            renew_lease(4);
        }
    }
    if (age < NO_HEAD || (age < NO_SHARE && stage.role == ROLE_CHAIN))
        return;
    if (age >= NO_LEASE || stage.role != ROLE_CHAIN)
        genuine_head();
    if (age == NO_HEAD)
        truth_head(1, MOOD_CALM);
    if (age >= NO_SHARE && stage.role != ROLE_PEER && age < NO_LEASE)
        renew_lease(2);
    if (age == NO_LEASE || (stage.role == ROLE_CHAIN && age > NO_LEASE && one_in(4)))
        renew_lease(4);
}

void release_run(size_t sequences, size_t first)
{
    bool partitioned = true;
    for (size_t i = first; i < first + sequences; i++) {
        uint64_t age = i % LIFE;
        stage.sequence = i;
        stage.step = 0;
        rng_seeded_init(&stage.rng, stage.seed * 1000003 + i);
        if (age == 0 || stage.w == NULL) {
            if (stage.w != NULL)
                stage_stop();
            stage_start();
            truth_begin();
        }
        before(age, &partitioned);
        for (uint64_t k = 3 + below(6); k > 0; k--) {
            stage.step++;
            stage.f.steps++;
            step(partitioned);
        }
        stage.f.sequences++;
    }
    if (stage.w != NULL)
        stage_stop();
}
