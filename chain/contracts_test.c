/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contracts_test.c - what view.c reads out of proved words, against what the contracts themselves
 * answer. The compiled code of each contract is put on a real node, storage is filled with random
 * but possible values at the slots that view_slot.h names, proved at the finalized head, decoded,
 * and compared field by field with the contract's own getter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "base/json.h"
#include "base/rng_seeded.h"
#include "chain/abi.h"
#include "chain/anvil_testkit.h"
#include "chain/endpoints.h"
#include "chain/header.h"
#include "chain/mpt.h"
#include "chain/view.h"
#include "chain/view_slot.h"

#define OUT PC_SOURCE_DIR "/contracts/out/"

static const struct {
    const char *name;
    struct evm_address at;
} contracts[] = {{"Epochs", {{1, 1}}},          {"NodeRegistry", {{1, 2}}},
                 {"Attestations", {{1, 3}}},    {"Measurements", {{1, 4}}},
                 {"VerifierRouter", {{1, 5}}},  {"Apps", {{1, 6}}},
                 {"GuardianCouncil", {{1, 7}}}, {"TcbPolicy", {{1, 8}}}};
enum { EPOCHS, REGISTRY, ATTESTATIONS, MEASUREMENTS, ROUTER, APPS, COUNCIL, TCB };

static struct child node;
static struct endpoints *ep;
static struct rng_seeded rng;

/* "deployedBytecode": {"object": "0x..."} of an artifact, as hex without 0x; false if there is
 * none. */
static bool code_of(char *out, size_t cap, const char *name)
{
    char path[300];
    (void)snprintf(path, sizeof path, OUT "%s.sol/%s.json", name, name);
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return false;
    static char text[16 << 20];
    size_t n = fread(text, 1, sizeof text, f);
    fclose(f);
    struct bytes deployed, object;
    assert_int_equal(json_member_span(&deployed, bytes_of(text, n), "deployedBytecode", 64), PC_OK);
    assert_int_equal(json_member_span(&object, deployed, "object", 64), PC_OK);
    assert_true(object.n > 4 && object.n - 4 < cap);
    memcpy(out, object.p + 3, object.n - 4);
    out[object.n - 4] = '\0';
    return true;
}

static int start(void **state)
{
    (void)state;
    static char code[100000];
    static const char *urls[1];
    rng_seeded_init(&rng, 11);
    anvil_start(&node);
    for (size_t i = 0; i < PC_ARRAY_LEN(contracts); i++) {
        if (!code_of(code, sizeof code, contracts[i].name))
            return -1;
        anvil_set_code(&node, &contracts[i].at, code);
    }
    urls[0] = node.url;
    struct endpoints_config c = {.urls = urls, .m = 1, .chain_id = 31337, .timeout_ms = 20000};
    return endpoints_new(&ep, &c) == PC_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    endpoints_free(ep);
    child_stop(&node);
    return 0;
}

/* Random bytes wherever the layout has a member. */
static void fill(struct evm_word *w, const uint32_t *used, size_t words)
{
    for (size_t i = 0; i < words; i++) {
        rng_fill(&rng.rng, w[i].b, 32);
        for (unsigned b = 0; b < 32; b++)
            if ((used[i] >> b & 1) == 0)
                w[i].b[31 - b] = 0;
    }
}

static void put(struct evm_word *w, uint64_t v, unsigned slot, unsigned offset, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        w[slot].b[31 - offset - i] = (uint8_t)(i < 8 ? v >> (8 * i) : 0);
}

static uint64_t below(uint64_t n)
{
    return rng_seeded_below(&rng, n);
}

/* Store words at `slot` and following, and prove them back at the finalized head. */
static void store_and_prove(unsigned contract, struct evm_word slot, struct evm_word *w, size_t n)
{
    static uint8_t buf[(PC_PROOF_SLOTS_MAX + 1) * (PC_PROOF_LIST_MAX + 2)], hbuf[PC_HEADER_MAX];
    const struct evm_address *at = &contracts[contract].at;
    struct evm_word slots[PC_PROOF_SLOTS_MAX];
    struct head_claim head;
    struct block_header h;
    struct evm_account account;
    unsigned who;
    for (size_t i = 0; i < n; i++) {
        slots[i] = slot_plus(&slot, i);
        anvil_set_slot(&node, at, &slots[i], &w[i]);
    }
    anvil_mine(&node, 3);
    assert_int_equal(endpoints_head(ep, 1, &head), PC_OK);
    struct writer out = writer_of(hbuf, sizeof hbuf);
    assert_int_equal(endpoints_headers(ep, 1, 0, head.number, 1, &out, &who), PC_OK);
    assert_int_equal(header_decode(&h, bytes_of(hbuf + 2, out.n - 2)), PC_OK);
    out = writer_of(buf, sizeof buf);
    assert_int_equal(endpoints_proof(ep, 1, 0, head.number, at, slots, (unsigned)n, &out, &who),
                     PC_OK);
    struct reader r = reader_of(bytes_of(buf, out.n));
    assert_int_equal(mpt_account(&account, &h.state_root, at, read_bytes(&r, read_u16(&r))), PC_OK);
    for (size_t i = 0; i < n; i++) {
        struct evm_word got;
        assert_int_equal(
            mpt_storage(&got, &account.storage_root, &slots[i], read_bytes(&r, read_u16(&r))),
            PC_OK);
        assert_memory_equal(got.b, w[i].b, 32);
    }
}

/* The words that a getter answers. */
static size_t ask(struct evm_word *out, size_t cap, unsigned contract, const char *signature,
                  const struct evm_word *args, size_t n_args)
{
    static uint8_t answer[4096];
    char params[600], to[41], data[400];
    struct abi_selector s = abi_selector(signature);
    hex_encode(to, PC_BYTES(contracts[contract].at.b));
    hex_encode(data, PC_BYTES(s.b));
    for (size_t i = 0; i < n_args; i++)
        hex_encode(data + 8 + 64 * i, PC_BYTES(args[i].b));
    (void)snprintf(params, sizeof params, "[{\"to\":\"0x%s\",\"data\":\"0x%s\"},\"latest\"]", to,
                   data);
    size_t n = anvil_bytes(&node, answer, sizeof answer, "eth_call", params) / 32;
    assert_true(n <= cap);
    for (size_t i = 0; i < n; i++)
        out[i] = evm_word_of(answer + 32 * i);
    return n;
}

/* Field after field of the answer. */
static struct evm_word answer[32];
static size_t next;

static void is_num(uint64_t v)
{
    struct evm_word w = evm_word_u64(v);
    assert_memory_equal(answer[next].b, w.b, 32);
    next++;
}
static void is_word(const struct evm_word *w)
{
    assert_memory_equal(answer[next].b, w->b, 32);
    next++;
}
static void is_addr(const struct evm_address *a)
{
    struct evm_word w = evm_word_addr(a);
    is_word(&w);
}

static void epochs(void **state)
{
    (void)state;
    struct evm_word w[PC_WORDS_EPOCH], arg;
    struct view_now now;
    fill(w, used_now, PC_WORDS_NOW);
    put(w, below(2), PC_AT_NOW_DEGRADED);
    put(w, below(2), PC_AT_NOW_DEMANDED);
    store_and_prove(EPOCHS, slot_now(), w, PC_WORDS_NOW);
    assert_int_equal(view_now(&now, w), PC_OK);
    assert_int_equal(ask(answer, 32, EPOCHS, "now_()", NULL, 0), 8);
    next = 0;
    is_num(now.epoch), is_num(now.attempt), is_num(now.n), is_num(now.t), is_num(now.degraded);
    is_num(now.demanded), is_num(now.activated_at), is_num(now.full_n);

    struct view_attempt a;
    fill(w, used_attempt, PC_WORDS_ATTEMPT);
    put(w, below(3), PC_AT_ATTEMPT_STATE);
    put(w, below(4), PC_AT_ATTEMPT_FLAGS);
    store_and_prove(EPOCHS, slot_attempt(), w, PC_WORDS_ATTEMPT);
    assert_int_equal(view_attempt(&a, w), PC_OK);
    assert_int_equal(ask(answer, 32, EPOCHS, "attempt()", NULL, 0), 9);
    next = 0;
    is_num(a.epoch), is_num(a.attempt), is_num(a.tag), is_num(a.state), is_num(a.n), is_num(a.t);
    is_num((uint64_t)a.complaint + 2u * a.degraded), is_num(a.start), is_num(a.b1);

    struct view_opening o;
    fill(w, used_opening, PC_WORDS_OPENING);
    store_and_prove(EPOCHS, slot_opening(), w, PC_WORDS_OPENING);
    assert_int_equal(view_opening(&o, w), PC_OK);
    assert_int_equal(ask(answer, 32, EPOCHS, "opening()", NULL, 0), 3);
    next = 0;
    is_num(o.protocol), is_num(o.reasons), is_num(o.announced_at);

    struct view_epoch e;
    fill(w, used_epoch, PC_WORDS_EPOCH);
    put(w, below(2), PC_AT_EPOCH_DEGRADED);
    store_and_prove(EPOCHS, slot_epoch(77, 0), w, PC_WORDS_EPOCH);
    assert_int_equal(view_epoch(&e, w), PC_OK);
    arg = evm_word_u64(77);
    assert_int_equal(ask(answer, 32, EPOCHS, "epochOf(uint64)", &arg, 1), 11);
    next = 0;
    is_word(&e.member_root), is_word(&e.transcript), is_word(&e.y_hash), is_word(&e.ready);
    is_num(e.attempt), is_num(e.n), is_num(e.t), is_num(e.degraded), is_num(e.opened_at);
    is_num(e.activated_at), is_num(e.new_seats);

    struct evm_word s[PC_WORDS_SEAT];
    struct view_seat seat;
    fill(s, used_seat, PC_WORDS_SEAT);
    store_and_prove(EPOCHS, slot_seat(12, 0), s, PC_WORDS_SEAT);
    assert_int_equal(view_seat(&seat, s), PC_OK);
    arg = evm_word_u64(12);
    assert_int_equal(ask(answer, 32, EPOCHS, "seqOf(uint32)", &arg, 1), 3);
    next = 0;
    is_num(seat.seq), is_num(seat.index_even), is_num(seat.index_odd);
    for (unsigned phase = 0; phase < 6; phase++) {
        rng_fill(&rng.rng, w[0].b, 32);
        store_and_prove(EPOCHS, slot_acc(phase), w, 1);
        arg = evm_word_u64(phase);
        assert_int_equal(ask(answer, 32, EPOCHS, "acc(uint8)", &arg, 1), 1);
        next = 0;
        is_word(&w[0]);
    }
    rng_fill(&rng.rng, w[0].b, 32);
    store_and_prove(EPOCHS, slot_pk(3), w, 1);
    arg = evm_word_u64(3);
    assert_int_equal(ask(answer, 32, EPOCHS, "pkOf(uint32)", &arg, 1), 1);
    next = 0;
    is_word(&w[0]);
    struct evm_word all, missing;
    rng_fill(&rng.rng, all.b, 32);
    rng_fill(&rng.rng, missing.b, 32);
    store_and_prove(EPOCHS, slot_dealers(), &all, 1);
    store_and_prove(EPOCHS, slot_missing(), &missing, 1);
    assert_int_equal(ask(answer, 32, EPOCHS, "dealers()", NULL, 0), 2);
    next = 0;
    is_word(&all), is_word(&missing);
}

static void committees(void **state)
{
    (void)state;
    static struct evm_word all[600];
    struct evm_word w = {{0}}, now[PC_WORDS_NOW] = {0};
    put(now, 9, PC_AT_NOW_EPOCH);
    put(now, 20, PC_AT_NOW_N);
    store_and_prove(EPOCHS, slot_now(), now, 1);
    for (unsigned i = 0; i < 3; i++) { /* 20 members: words 0..2, the last one half full */
        rng_fill(&rng.rng, w.b, 32);
        store_and_prove(EPOCHS, slot_ids(9, i, false), &w, 1);
        rng_fill(&rng.rng, w.b, 32);
        store_and_prove(EPOCHS, slot_ids(9, i, true), &w, 1);
    }
    struct evm_word arg = evm_word_u64(9);
    size_t n = ask(all, 600, EPOCHS, "members(uint64)", &arg, 1);
    assert_int_equal(n, 2 + 2 * 21);
    for (unsigned reserved = 0; reserved < 2; reserved++)
        for (unsigned i = 0; i < 20; i++) {
            uint32_t ids[8];
            char params[200], at[41], slot[65];
            struct evm_word word, key = slot_ids(9, i / 8, reserved);
            hex_encode(at, PC_BYTES(contracts[EPOCHS].at.b));
            hex_encode(slot, PC_BYTES(key.b));
            (void)snprintf(params, sizeof params, "[\"0x%s\",\"0x%s\",\"latest\"]", at, slot);
            assert_int_equal(anvil_bytes(&node, word.b, 32, "eth_getStorageAt", params), 32);
            view_ids(ids, &word);
            struct evm_word want = evm_word_u64(ids[i % 8]);
            assert_memory_equal(all[3 + reserved * 21 + i].b, want.b, 32);
        }
}

static void nodes(void **state)
{
    (void)state;
    struct evm_word w[PC_WORDS_NODE], arg = evm_word_u64(5);
    struct view_node n;
    fill(w, used_node, PC_WORDS_NODE);
    put(w, below(2), PC_AT_NODE_MATURED);
    put(w, below(4), PC_AT_NODE_STATE);
    put(w, below(2), PC_AT_NODE_REVOKED);
    store_and_prove(REGISTRY, slot_node(5, 0), w, PC_WORDS_NODE);
    assert_int_equal(view_node(&n, w), PC_OK);
    assert_int_equal(ask(answer, 32, REGISTRY, "nodeOf(uint32)", &arg, 1), 22);
    next = 0;
    is_addr(&n.owner), is_num(n.left_at), is_num(n.strikes), is_num(n.matured), is_word(&n.bond);
    is_num(n.joined_at), is_num(n.eligible_at), is_num(n.vendor), is_num(n.state),
        is_num(n.revoked);
    is_num(n.domain[0]), is_num(n.domain[1]), is_addr(&n.payer), is_num(n.seq);
    is_word(&n.keys_hash), is_word(&n.measurement), is_word(&n.platform), is_addr(&n.verifier);
    is_num(n.unlock_at), is_word(&n.product), is_word(&n.endpoint), is_word(&n.record);
    struct evm_word args[2] = {evm_word_u64(PC_OBJECT_NODE), evm_word_u64(5)};
    assert_int_equal(ask(answer, 32, REGISTRY, "isRevoked(uint8,bytes32)", args, 2), 1);
    next = 0;
    is_num(n.revoked);
}

static void records_measurements_verifiers(void **state)
{
    (void)state;
    struct evm_word w[PC_WORDS_RECORD], key = evm_word_u64(0x1234);
    struct view_record r;
    fill(w, used_record, PC_WORDS_RECORD);
    put(w, 1 + below(3), PC_AT_RECORD_STANDING);
    store_and_prove(ATTESTATIONS, slot_record(&key, 0), w, PC_WORDS_RECORD);
    assert_int_equal(view_record(&r, w), PC_OK);
    assert_int_equal(ask(answer, 32, ATTESTATIONS, "recordOf(bytes32)", &key, 1), 11);
    next = 0;
    is_word(&r.claims), is_num(r.vendor), is_num(r.kind), is_num(r.status), is_num(r.standing);
    is_num(r.verifier_id), is_num(r.collateral_epoch), is_num(r.bound_block);
    is_num(r.attested_at), is_num(r.valid_until), is_num(r.leaf_tag);

    struct view_measurement m;
    fill(w, used_measurement, PC_WORDS_MEASUREMENT);
    put(w, below(2), PC_AT_MEASUREMENT_REVOKED);
    store_and_prove(MEASUREMENTS, slot_measurement(&key), w, PC_WORDS_MEASUREMENT);
    assert_int_equal(view_measurement(&m, w), PC_OK);
    assert_int_equal(ask(answer, 32, MEASUREMENTS, "entryOf(bytes32)", &key, 1), 5);
    next = 0;
    is_num(m.index), is_num(m.vendor), is_num(m.revoked), is_num(m.active_from);
    is_num(m.sunset_at);

    struct view_verifier v;
    struct evm_address who = {{0xee, 4}};
    struct evm_word arg = evm_word_addr(&who);
    fill(w, used_verifier, PC_WORDS_VERIFIER);
    put(w, below(5), PC_AT_VERIFIER_STATE);
    store_and_prove(ROUTER, slot_verifier(who.b), w, PC_WORDS_VERIFIER);
    assert_int_equal(view_verifier(&v, w), PC_OK);
    assert_int_equal(ask(answer, 32, ROUTER, "verifierWord(address)", &arg, 1), 5);
    next = 0;
    is_num(v.id), is_num(v.vendor), is_num(v.state), is_num(v.proposed_at), is_num(v.activated_at);

    struct view_freeze f;
    fill(w, used_freeze, PC_WORDS_FREEZE);
    store_and_prove(COUNCIL, slot_freeze(&key), w, PC_WORDS_FREEZE);
    assert_int_equal(view_freeze(&f, w), PC_OK);
    assert_int_equal(ask(answer, 32, COUNCIL, "frozenUntil(bytes32)", &key, 1), 1);
    next = 0;
    is_num(f.until);
}

static void tcb_policy(void **state)
{
    (void)state;
    struct evm_word w[1], args[2];
    struct view_vendor v;
    fill(w, used_vendor, PC_WORDS_VENDOR);
    put(w, below(3), PC_AT_VENDOR_STANDING);
    store_and_prove(TCB, slot_vendor(1), w, PC_WORDS_VENDOR);
    assert_int_equal(view_vendor(&v, w), PC_OK);
    args[0] = evm_word_u64(1);
    assert_int_equal(ask(answer, 32, TCB, "vendorPolicy(uint8)", args, 1), 12);
    next = 0;
    is_num(v.epoch), is_num(v.authority_epoch), is_num(v.statuses), is_num(v.out_of_date_until);
    is_num(v.min_evaluation), is_num(v.standing);

    struct view_product p;
    rng_fill(&rng.rng, args[1].b, 32);
    struct evm_word id = object_product_id(1, &args[1]);
    fill(w, used_product, PC_WORDS_PRODUCT);
    put(w, below(3), PC_AT_PRODUCT_STANDING);
    store_and_prove(TCB, slot_product(&id), w, PC_WORDS_PRODUCT);
    assert_int_equal(view_product(&p, w), PC_OK);
    assert_int_equal(ask(answer, 32, TCB, "productPolicy(uint8,bytes32)", args, 2), 5);
    next = 0;
    is_num(p.epoch), is_num(p.standing), is_num(p.min_tcb_len), is_num(p.statuses);
    is_num(p.out_of_date_until);

    for (unsigned mark = 0; mark < 3; mark++) {
        bool revoked;
        args[0] = evm_word_u64(PC_OBJECT_PLATFORM);
        rng_fill(&rng.rng, args[1].b, 32);
        struct evm_word object = object_name(PC_OBJECT_PLATFORM, &args[1]);
        fill(w, used_mark, PC_WORDS_MARK);
        put(w, mark, PC_AT_MARK_STATE);
        store_and_prove(TCB, slot_revoked(&object), w, PC_WORDS_MARK);
        assert_int_equal(view_revoked(&revoked, w), PC_OK);
        assert_int_equal(ask(answer, 32, TCB, "isRevoked(uint8,bytes32)", args, 2), 1);
        next = 0;
        is_num(revoked);
    }
}

static void apps(void **state)
{
    (void)state;
    struct evm_word w[PC_WORDS_POLICY], args[2] = {evm_word_u64(0xa99), evm_word_u64(0x5c0)};
    struct view_app a;
    fill(w, used_app, PC_WORDS_APP);
    put(w, below(2), PC_AT_APP_REVOKE_WAITS);
    store_and_prove(APPS, slot_app(&args[0], 0), w, PC_WORDS_APP);
    assert_int_equal(view_app(&a, w), PC_OK);
    assert_int_equal(ask(answer, 32, APPS, "appOf(bytes32)", args, 1), 6);
    next = 0;
    is_addr(&a.owner), is_num(a.notice), is_num(a.registered_at), is_num(a.revoke_waits);
    is_num(a.frozen_until), is_num(a.freeze_begun);

    /* which policy is in force, before and after its time, by the contract's own clock */
    const char *text = anvil_call(&node, "eth_getBlockByNumber", "[\"latest\",false]");
    uint64_t now = strtoull(strstr(text, "\"timestamp\":\"0x") + 15, NULL, 16) + 10;
    static const int64_t shifts[] = {-100, 1000};
    for (unsigned kind = 0; kind <= 3; kind++)
        for (size_t i = 0; i < PC_ARRAY_LEN(shifts); i++) {
            struct view_policy p;
            struct evm_word hash;
            fill(w, used_policy, PC_WORDS_POLICY);
            put(w, kind, PC_AT_POLICY_KIND);
            put(w, kind == 0 ? 0 : now + (uint64_t)shifts[i], PC_AT_POLICY_AT);
            bool whole = kind >= 2; /* ends and moves stand under scope hash 0 */
            struct evm_word scope = whole ? (struct evm_word){{0}} : args[1];
            store_and_prove(APPS, slot_policy(&args[0], &scope, 0), w, PC_WORDS_POLICY);
            assert_int_equal(view_policy(&p, w), PC_OK);
            struct evm_word two[2] = {args[0], scope};
            assert_int_equal(ask(answer, 32, APPS, "slotOf(bytes32,bytes32)", two, 2), 5);
            next = 0;
            is_word(&p.current), is_word(&p.next), is_num(p.at), is_num(p.kind);
            is_addr(&p.target);
            enum err_code e = view_policy_in_force(&hash, &p, now);
            assert_int_equal(e, whole && shifts[i] < 0 ? PC_E_REFUSED : PC_OK);
            assert_int_equal(ask(answer, 32, APPS, "policyHash(bytes32,bytes32)", two, 2), 1);
            next = 0;
            is_word(&hash);
            memset(w, 0, sizeof w); /* the next round begins without an end */
            store_and_prove(APPS, slot_policy(&args[0], &scope, 0), w, PC_WORDS_POLICY);
        }
    w[0] = evm_word_u64(1700000000);
    store_and_prove(APPS, slot_app_revoked(&args[0], &args[1]), w, 1);
    assert_int_equal(ask(answer, 32, APPS, "revokedAt(bytes32,bytes32)", args, 2), 1);
    next = 0;
    is_num(1700000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epochs),     cmocka_unit_test(committees),
        cmocka_unit_test(nodes),      cmocka_unit_test(records_measurements_verifiers),
        cmocka_unit_test(tcb_policy), cmocka_unit_test(apps),
    };
    static char code[100000];
    if (!anvil_available())
        return 77;
    for (size_t i = 0; i < PC_ARRAY_LEN(contracts); i++)
        if (!code_of(code, sizeof code, contracts[i].name)) {
            (void)fprintf(stderr, "SKIP: contracts are not compiled (run contracts/build)\n");
            return 77;
        }
    return cmocka_run_group_tests(tests, start, stop);
}
