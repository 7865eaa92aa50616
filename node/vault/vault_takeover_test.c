/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One of peer, attest and chain is the adversary's, the others are honest stand-ins; seeded
 * sequences of messages around a real vault (SPEC 8, A55). Whatever it says, in whatever order: no
 * partial for anybody whom the honest ones would refuse, and no dealing to a member that is not
 * genuine.
 *
 *     vault_takeover_test [SEQUENCES] [SEED]     2,000 of each kind by default
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "crypto/keccak.h"
#include "node/vault/vault_testkit.h"

static size_t sequences = 2000;
static uint64_t seed = 1;
static struct rng_seeded rng;

/* Who exists: the genuine enclave of the app; a genuine enclave that the app never approved and has
 * a record under an app of its own; and somebody without any evidence that verifies. */
enum who { GENUINE, STRANGER, FORGER, WHO_COUNT };
static struct enclave people[WHO_COUNT];

/* Requests that were sent, to tell whose an answer is. */
#define ASKED 64u
static struct {
    uint8_t digest[32];
    struct ipc_release_fields fields;
} asked[ASKED];
static size_t asked_n;
static size_t answers_right, answers_wrong;

static uint64_t below(uint64_t n)
{
    return rng_seeded_below(&rng, n);
}

static void noise(void *p, size_t n)
{
    rng_fill(&rng.rng, p, n);
}

/* ---- the truth ---- */

static bool same_keys(const struct wire_boot_keys *a, const struct wire_boot_keys *b)
{
    return vault_same32(a->sign, b->sign) && vault_same32(a->hpke, b->hpke);
}

/* Which of them holds these keys; FORGER for strange ones. */
static enum who holder(const struct wire_boot_keys *k)
{
    for (int i = 0; i < FORGER; i++)
        if (same_keys(k, &people[i].request.request.boot))
            return (enum who)i;
    return FORGER;
}

/* Would the genuine chain state a record for that request that its policy accepts? */
static bool chain_has(const struct ipc_release_fields *r, struct ipc_vc_record *out)
{
    enum who h = holder(&r->boot);
    const struct ipc_release_fields *own = &people[h].request.request;
    if (h == FORGER || !vault_same32(r->app_id, own->app_id) ||
        !vault_same32(r->measurement, own->measurement) ||
        !vault_same32(r->platform, own->platform))
        return false;
    *out = people[h].record;
    return true;
}

static struct ipc_va_verdict attest_says(const uint8_t evidence_hash[static 32])
{
    for (int i = 0; i < FORGER; i++)
        if (vault_same32(evidence_hash, people[i].request.request.evidence_hash))
            return people[i].verdict;
    struct ipc_va_verdict refusal = people[FORGER].verdict;
    memcpy(refusal.evidence_hash, evidence_hash, 32);
    refusal.reasons[0] = 1u << 13;
    return refusal;
}

/* ---- honest processes ---- */

static void remember(const uint8_t digest[static 32], const struct ipc_release_fields *r)
{
    memcpy(asked[asked_n % ASKED].digest, digest, 32);
    asked[asked_n++ % ASKED].fields = *r;
}

static const struct ipc_release_fields *request_of(const uint8_t digest[static 32])
{
    for (size_t i = 0; i < ASKED; i++)
        if (vault_same32(asked[i].digest, digest))
            return &asked[i].fields;
    return NULL;
}

static void send_request(struct cell *c, struct enclave *e)
{
    remember(e->digest, &e->request.request);
    MUST_TELL(c, IPC_PROC_PEER, vp_request, &e->request);
}

static void honest_chain(struct cell *c, const struct ipc_vp_need *need)
{
    const struct ipc_release_fields *r = request_of(need->digest);
    struct ipc_vc_record rec;
    struct ipc_vc_no_record no = {.code = WIRE_RELEASE_CODE_UNKNOWN_RECORD};
    if (r != NULL && chain_has(r, &rec)) {
        rec.head = c->w->head;
        memcpy(rec.digest, need->digest, 32);
        MUST_TELL(c, IPC_PROC_CHAIN, vc_record, &rec);
        return;
    }
    memcpy(no.digest, need->digest, 32);
    MUST_TELL(c, IPC_PROC_CHAIN, vc_no_record, &no);
}

static void honest_attest(struct cell *c, const struct ipc_vp_need *need)
{
    const struct ipc_release_fields *r = request_of(need->digest);
    if (r == NULL)
        return;
    struct ipc_va_verdict v = attest_says(r->evidence_hash);
    memcpy(v.digest, need->digest, 32);
    MUST_TELL(c, IPC_PROC_ATTEST, va_verdict, &v);
}

static bool was_replay(struct cell *c, const uint8_t digest[static 32])
{
    struct ipc_vd_decision d;
    while (HEARD(c, IPC_MSG_VD_DECISION, vd_decision, &d))
        if (vault_same32(d.digest, digest))
            return d.replayed;
    return false;
}

/* What must hold of every answer, whoever is the adversary. chain_lies: chain may authorise genuine
 * enclaves that nobody approved, and nobody else. */
static void check_answers(struct cell *c, bool chain_lies)
{
    struct ipc_vp_answer a;
    struct ipc_vc_record rec;
    while (HEARD(c, IPC_MSG_VP_ANSWER, vp_answer, &a)) {
        const struct ipc_release_fields *r = request_of(a.digest);
        if (r ==
            NULL) { /* damage made an old request again: its answer was judged the first time */
            assert_true(was_replay(c, a.digest));
            continue;
        }
        enum who h = holder(&r->boot);
        bool right = h != FORGER && vault_same32(r->app_id, people[h].request.request.app_id) &&
                     (chain_lies || chain_has(r, &rec));
        answers_right += right;
        answers_wrong += !right;
    }
}

/* ---- making things up ---- */

/* A request of somebody, with a few fields bent, signed by keys that the adversary has. */
static void bend_request(struct enclave *e)
{
    *e = people[below(WHO_COUNT)];
    struct ipc_release_fields *r = &e->request.request;
    struct enclave *other = &people[below(WHO_COUNT)];
    struct ipc_release_fields *o = &other->request.request;
    noise(r->nonce, 1);
    for (uint64_t k = below(4); k > 0; k--)
        switch (below(12)) {
        case 0:
            memcpy(r->app_id, o->app_id, 32);
            break;
        case 1:
            memcpy(r->measurement, o->measurement, 32);
            break;
        case 2:
            memcpy(r->evidence_hash, o->evidence_hash, 32);
            break;
        case 3:
            r->boot = people[FORGER].request.request.boot;
            e->sign_sk = people[FORGER].sign_sk;
            break;
        case 4:
            memcpy(r->boot.hpke, o->boot.hpke, 32);
            break;
        case 5:
            memcpy(r->platform, o->platform, 32);
            break;
        case 6:
            noise(r->scope, r->scope_n);
            break;
        case 7:
            r->key_version = (uint32_t)below(4);
            break;
        case 8:
            r->epoch = below(3);
            break;
        case 9:
            r->node_index = (uint16_t)(1 + below(4));
            break;
        case 10:
            r->bound.number = o->bound.number + below(2);
            break;
        default:
            noise(&((uint8_t *)r->key_id)[below(32)], 1);
            break;
        }
    enclave_sign(e);
}

static void bend_verdict(struct ipc_va_verdict *v)
{
    *v = people[below(WHO_COUNT)].verdict;
    for (uint64_t k = below(4); k > 0; k--) {
        const struct enclave *o = &people[below(WHO_COUNT)];
        switch (below(6)) {
        case 0:
            memcpy(v->report_data, o->verdict.report_data, 64);
            break;
        case 1:
            memcpy(v->measurement, o->verdict.measurement, 32);
            break;
        case 2:
            v->reasons[below(2)] = below(2);
            break;
        case 3:
            memcpy(v->evidence_hash, o->request.request.evidence_hash, 32);
            break;
        case 4:
            memcpy(v->claims, o->verdict.claims, 32);
            break;
        default:
            v->collateral_epoch = 4 + below(3);
            break;
        }
    }
    if (below(2) == 0)
        verdict_claims(v);
    memcpy(v->digest, asked[below(ASKED)].digest, 32);
}

static void bend_record(struct ipc_vc_record *rec, struct cell *c)
{
    *rec = people[below(WHO_COUNT)].record;
    const struct ipc_release_fields *r = &asked[below(ASKED)].fields;
    memcpy(rec->digest, asked[below(ASKED)].digest, 32);
    rec->head = c->w->head;
    if (below(4) == 0)
        rec->head.number += below(3) - 1;
    if (below(2) == 0) { /* what that request needs, whoever made it */
        memcpy(rec->app_id, r->app_id, 32);
        memcpy(rec->measurement, r->measurement, 32);
        memcpy(rec->key_id, r->key_id, 32);
        keccak256(rec->scope_hash, bytes_of(r->scope, r->scope_n));
        rec->epoch = r->epoch;
    }
    memcpy(rec->claims, people[below(WHO_COUNT)].verdict.claims, 32);
    rec->subject_quota = rec->app_quota = UINT32_MAX;
}

/* Bytes that are no message, or are one and were damaged on the way. */
static void garbage(struct cell *c, enum ipc_process from)
{
    uint8_t buf[WIRE_RECORD_MAX];
    struct enclave e;
    struct bytes frame = bytes_of(buf, 2 + below(64));
    noise(buf, frame.n);
    if (below(2) == 0) {
        bend_request(&e);
        remember(e.digest, &e.request.request); /* damaged in its signature it may be a replay */
        assert_int_equal(ipc_encode_vp_request(&frame, buf, sizeof buf, &e.request), PC_OK);
        buf[below(frame.n)] ^= (uint8_t)(1u << below(8));
    }
    enum err_code any = vault_frame(c->v, from, frame, c->w->now_ms);
    (void)any; /* nearly always an error, by chance not */
}

/* ---- sequences ---- */

static void answer_needs(struct cell *c, enum ipc_process adversary)
{
    struct ipc_vp_need need;
    while (HEARD(c, IPC_MSG_VP_NEED, vp_need, &need)) {
        struct ipc_va_verdict v;
        struct ipc_vc_record rec;
        if (need.record && adversary != IPC_PROC_CHAIN)
            honest_chain(c, &need);
        if (need.verdict && adversary != IPC_PROC_ATTEST)
            honest_attest(c, &need);
        if (adversary == IPC_PROC_ATTEST && need.verdict) {
            bend_verdict(&v);
            if (below(3) != 0)
                memcpy(v.digest, need.digest, 32);
            (void)TELL(c, IPC_PROC_ATTEST, va_verdict, &v);
        }
        if (adversary == IPC_PROC_CHAIN && need.record) {
            bend_record(&rec, c);
            if (below(3) != 0)
                memcpy(rec.digest, need.digest, 32);
            (void)TELL(c, IPC_PROC_CHAIN, vc_record, &rec);
        }
    }
}

static void step(struct cell *c, enum ipc_process adversary)
{
    static struct enclave e; /* the last one, to ask again */
    struct ipc_va_verdict v;
    struct ipc_vc_record rec;
    switch (below(6)) {
    case 0:
    case 1: /* by an honest peer this is a client's doing */
        bend_request(&e);
        send_request(c, &e);
        break;
    case 2:
        if (e.request.request.version != 0)
            send_request(c, &e);
        break;
    case 3:
        if (adversary == IPC_PROC_ATTEST) {
            bend_verdict(&v);
            (void)TELL(c, IPC_PROC_ATTEST, va_verdict, &v);
        } else if (adversary == IPC_PROC_CHAIN) {
            bend_record(&rec, c);
            (void)TELL(c, IPC_PROC_CHAIN, vc_record, &rec);
        }
        break;
    case 4:
        if (below(8) == 0)
            vault_link_new(c->v, adversary);
        else
            garbage(c, adversary);
        break;
    default:
        send_request(c, &people[below(WHO_COUNT)]);
        break;
    }
    answer_needs(c, adversary);
    check_answers(c, adversary == IPC_PROC_CHAIN);
    cell_forget(c);
}

static void make_people(struct cell *c)
{
    for (int i = 0; i < WHO_COUNT; i++) {
        struct enclave *e = &people[i];
        enclave_new(e, c, 7000 + (uint64_t)i);
        e->record.subject_quota = e->record.app_quota = UINT32_MAX;
        if (i == STRANGER) { /* its own measurement, under an app of its own */
            memset(e->request.request.app_id, 0xb0, 32);
            memset(e->request.request.measurement, 0xb1, 32);
            memset(e->verdict.measurement, 0xb1, 32);
            memcpy(e->record.app_id, e->request.request.app_id, 32);
            memcpy(e->record.measurement, e->request.request.measurement, 32);
        }
        enclave_attest(e, c);
        enclave_sign(e);
    }
}

static void run_release(enum ipc_process adversary)
{
    struct world *w = world_new(4, &group_ristretto255, seed);
    struct cell *c = w->cell[1];
    world_genesis(w);
    make_people(c);
    memset(asked, 0, sizeof asked);
    asked_n = answers_right = answers_wrong = 0;
    for (size_t i = 0; i < sequences; i++) {
        rng_seeded_init(&rng, seed * 1000003 + i);
        for (uint64_t k = 3 + below(6); k > 0; k--)
            step(c, adversary);
        if (answers_wrong != 0)
            fail_msg("a partial for somebody else: seed %llu, sequence %zu",
                     (unsigned long long)seed, i);
        c->v->lease.answers_left = VAULT_LEASE_ANSWERS;
    }
    print_message("%zu sequences, %zu answers, all to whom they belong\n", sequences,
                  answers_right);
    assert_true(answers_right > sequences / 100); /* the genuine one is served all the same */
    world_free(w);
}

static void test_peer_taken_over(void **state)
{
    (void)state;
    run_release(IPC_PROC_PEER);
}

static void test_attest_taken_over(void **state)
{
    (void)state;
    run_release(IPC_PROC_ATTEST);
}

static void test_chain_taken_over(void **state)
{
    (void)state;
    run_release(IPC_PROC_CHAIN);
}

/* ---- dealing ---- */

/* Chain opens committees of its own making: with its own keys, EKs and sizes, parts of genuine
 * members mixed in. Verdicts on genuine evidence are honest ones. */
static bool false_open(struct world *w, struct cell *c)
{
    struct ipc_vc_member kept[WORLD_MAX + 1];
    bool bent = false;
    for (uint16_t i = 1; i <= w->n; i++)
        kept[i] = w->cell[i]->member;
    for (uint64_t k = below(4); k > 0; k--) {
        struct ipc_vc_member *m = &w->cell[1 + below(4)]->member;
        const struct ipc_vc_member *o = &kept[1 + below(4)];
        struct ipc_vc_member before = *m;
        switch (below(8)) {
        case 0:
            noise(m->ek, 32);
            break;
        case 1:
            memcpy(m->ek, o->ek, 32);
            memcpy(m->pop, o->pop, 64);
            break;
        case 2:
            m->keys = o->keys;
            break;
        case 3:
            noise(m->keys.account, 20);
            break;
        case 4:
            m->node_id = o->node_id;
            break;
        case 5:
            memcpy(m->claims, o->claims, 32);
            break;
        case 6:
            memcpy(m->enrol_signature, o->enrol_signature, 65);
            break;
        default:
            memcpy(m->owner, o->owner, 20);
            break;
        }
        bent |= memcmp(&before, m, sizeof before) != 0;
    }
    world_prepare_open(w);
    if (below(6) == 0) {
        w->open.t = (uint16_t)(1 + below(4));
        bent |= w->open.t != 3;
    }
    cell_open(c);
    world_judge(w);
    for (uint16_t i = 1; i <= w->n; i++)
        w->cell[i]->member = kept[i];
    return bent;
}

static void test_chain_gets_no_share(void **state)
{
    (void)state;
    size_t dealt = 0, refused = 0;
    for (size_t i = 0; i < sequences / 10; i++) {
        struct world *w = world_new(4, &group_ristretto255, seed + i);
        struct cell *c = w->cell[1];
        struct ipc_vd_deal deal = {1, 1, 3};
        struct ipc_vd_ncall call;
        rng_seeded_init(&rng, seed * 1000033 + i);
        world_enrol(w);
        bool bent = false_open(w, c);
        (void)TELL(c, IPC_PROC_POLYCLAVED, vd_deal, &deal);
        bool did = HEARD(c, IPC_MSG_VD_NCALL, vd_ncall, &call);
        /* An EK whose PoP does not hold gets no ciphertext; that alone may be dealt past. */
        for (uint16_t j = 1; did && bent && j <= w->n; j++) {
            const struct vault_member *m = &c->v->attempt.member[j];
            const struct ipc_vc_member *truth = &w->cell[j]->member;
            bool same = memcmp(&m->m.keys, &truth->keys, sizeof truth->keys) == 0 &&
                        memcmp(m->m.ek, truth->ek, 32) == 0 && m->admitted;
            bool nothing = dkg_attempt_not_admitted(c->v->attempt.dkg) == 0 && !m->admitted;
            if (!same && !nothing)
                fail_msg("dealt to a false member: seed %llu, sequence %zu",
                         (unsigned long long)seed, i);
        }
        dealt += did;
        refused += !did;
        world_free(w);
    }
    print_message("%zu dealings, %zu refused\n", dealt, refused);
    assert_true(dealt > 0 && refused > 0);
}

/* ---- nothing that is sent may end the vault ---- */

static void mutate(struct told *t)
{
    switch (below(5)) {
    case 0:
        t->bytes[below(t->n)] ^= (uint8_t)(1u << below(8));
        break;
    case 1:
        t->bytes[2 + below(t->n - 1)] = (uint8_t)(below(2) == 0 ? 0 : 0xff);
        break;
    case 2: /* a number somewhere, small */
        if (t->n > 10)
            store_be16(t->bytes + 2 + below(t->n - 4), (uint16_t)below(300));
        break;
    case 3:
        t->n = 2 + below(t->n - 1);
        break;
    default:
        noise(t->bytes + 2, t->n - 2);
        break;
    }
}

/* Everything that vault 1 heard from its start to its first answer, told again to a vault of the
 * same seed with parts left out, doubled, swapped and damaged. It aborts on what cannot be: so this
 * test is that nothing that can be sent is such a thing. */
static void test_damaged_histories(void **state)
{
    (void)state;
    struct told *log = calloc(WORLD_LOG, sizeof *log), *bent = calloc(1, sizeof *bent);
    struct world *w = world_new(4, &group_ristretto255, seed);
    struct ipc_vp_answer a;
    struct enclave e;
    assert_non_null(log);
    assert_non_null(bent);
    w->log = log;
    world_head(w, 1);
    world_genesis(w);
    enclave_new(&e, w->cell[1], 1);
    assert_int_equal(enclave_ask(&e, w->cell[1], &a), WIRE_RELEASE_CODE_OK);
    size_t n = w->log_n, taken = 0, refused = 0;
    world_free(w);
    for (size_t i = 0; i < sequences / 4; i++) {
        struct world *again = world_new(4, &group_ristretto255, seed);
        struct cell *c = again->cell[1];
        rng_seeded_init(&rng, seed * 1000037 + i);
        uint64_t rate = 4 + below(200);
        again->now_ms += 10000000;
        for (size_t k = 0; k < n; k++) {
            bool odd = below(rate) == 0;
            uint64_t how = odd ? below(4) : 4;
            if (how == 0)
                continue;
            *bent = log[how == 1 ? below(n) : k];
            if (how == 2)
                mutate(bent);
            for (int twice = how == 3 ? 2 : 1; twice > 0; twice--) {
                enum err_code err = cell_frame(c, bent->from, bytes_of(bent->bytes, bent->n));
                taken += err == PC_OK;
                refused += err != PC_OK;
                if (err != PC_OK)
                    vault_link_new(c->v, bent->from);
            }
            cell_forget(c);
        }
        world_free(again); /* and everything secret is given back */
    }
    print_message("%zu messages taken, %zu refused\n", taken, refused);
    assert_true(taken > 0 && refused > 0);
    free(bent);
    free(log);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_peer_taken_over),   cmocka_unit_test(test_attest_taken_over),
        cmocka_unit_test(test_chain_taken_over),  cmocka_unit_test(test_chain_gets_no_share),
        cmocka_unit_test(test_damaged_histories),
    };
    if (argc > 1)
        sequences = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    print_message("seed %llu\n", (unsigned long long)seed);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
