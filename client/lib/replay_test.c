/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay_test.c - an accepted evidence verified again from its bundle: what is shown, and each way
 * in which a bundle that was tampered with is refused. Evidence and collateral are the simulator's,
 * the chain's state is a trie of the test's own.
 */
#include <stdio.h>
#include <stdlib.h>

#include "attest/sim/forge.h"
#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "client/lib/replay.h"
#include "client/lib/replay_testkit.h"

#define BLOCK     500
#define FILE_MAX_ ((size_t)1 << 20)

static struct forge f;
static struct forged parts;
static struct forge_input input;
static struct verdict genuine;
static struct evidence_policy policy;

/* What the next bundle is made of; each test falsifies some of it. */
static struct bundle_begin begin;
static struct bundle_accepted entry;
static struct bundle_object objects[5];
static size_t n_objects;
static struct replay_kit kit;
static uint8_t file[FILE_MAX_];
static size_t file_n;
static struct replay_result r;

static void prove(const struct wire_attested *t, uint64_t number, uint64_t time)
{
    replay_kit_prove(&kit, &entry, &begin, t, number, time);
}

/* ---- the bundle ---- */

static void add_object(const uint8_t name[32], struct bytes data)
{
    struct bundle_object *o = &objects[n_objects++];
    memcpy(o->name, name, 32);
    o->data = data;
}

static void rekey(struct wire_attested *t)
{
    id_record(t->record, (enum subject_kind)t->kind, t->subject, t->context, t->measurement,
              t->platform, t->verifier);
}

static int setup(void **state)
{
    struct wire_attested *t = &entry.attested;
    const struct collateral *c = &input.in.collateral;
    (void)state;
    memset(&entry, 0, sizeof entry);
    n_objects = 0;
    begin = (struct bundle_begin){.version = BUNDLE_VERSION, .chain_id = 31337, .made_at = 1};
    memset(begin.network_id, 0x77, sizeof begin.network_id);
    memset(begin.attestations, 0x33, sizeof begin.attestations);
    *t = (struct wire_attested){.vendor = WIRE_VENDOR_TDX,
                                .kind = PC_SUBJECT_APP,
                                .issuer = genuine.leaf_issuer,
                                .bound_block = 490,
                                .attested_at = f.now,
                                .valid_until = f.now + 86400,
                                .block = BLOCK};
    memset(t->subject, 0x51, sizeof t->subject);
    memset(t->context, 0x52, sizeof t->context);
    memset(t->verifier, 0x53, sizeof t->verifier);
    memcpy(t->product, genuine.product, 32);
    memcpy(t->measurement, genuine.measurement, 32);
    memcpy(t->platform, genuine.platform, 32);
    memcpy(t->claims, genuine.claims, 32);
    memcpy(t->in_force, genuine.objects, sizeof t->in_force);
    sha256(t->signer, forged_part(&parts, PC_FORGED_SIGNER));
    rekey(t);
    entry.evidence = input.in.evidence;
    sha256(entry.hash, entry.evidence);
    entry.has_bound_hash = true;
    memset(entry.bound_hash, 0xb0, sizeof entry.bound_hash);
    add_object(t->in_force[PC_OBJ_TCB_INFO], c->tcb_info);
    add_object(t->in_force[PC_OBJ_QE_IDENTITY], c->qe_identity);
    add_object(t->in_force[PC_OBJ_ROOT_CRL], c->root_crl);
    add_object(t->in_force[PC_OBJ_PCK_CRL], c->pck_crl);
    add_object(t->signer, forged_part(&parts, PC_FORGED_SIGNER));
    prove(t, BLOCK, f.now);
    return 0;
}

static int forge(void **state)
{
    struct rng_seeded rng;
    struct report_binding b = {.kind = PC_SUBJECT_APP, .chain_id = 31337, .bound_block = 490};
    uint8_t pin[32];
    (void)state;
    rng_seeded_init(&rng, 7);
    forge_init(&f, &rng.rng, 5);
    memset(b.attestations, 0x33, sizeof b.attestations);
    memset(b.keys_hash, 0x51, sizeof b.keys_hash);
    memset(b.context, 0x52, sizeof b.context);
    memset(b.bound_hash, 0xb0, sizeof b.bound_hash);
    id_report_data(f.quote.body + PC_TD_REPORTDATA, &b);
    forge_build(&parts, &f);
    forge_assemble(&input, &parts);
    forge_pin(pin, &parts);
    forge_verify(&genuine, &parts, pin);
    assert_true(verdict_accepts(&genuine));
    policy_network(&policy, NULL);
    memcpy(policy.root_sha256[PC_VENDOR_TDX], pin, sizeof pin);
    return 0;
}

static void write_file(void)
{
    struct bundle_writer w;
    FILE *out = tmpfile();
    assert_non_null(out);
    bundle_begin(&w, out, &begin);
    for (size_t i = 0; i < n_objects; i++)
        bundle_add_object(&w, &objects[i]);
    bundle_add_accepted(&w, &entry);
    assert_int_equal(bundle_end(&w), PC_OK);
    rewind(out);
    file_n = fread(file, 1, sizeof file, out);
    assert_true(file_n < sizeof file);
    assert_int_equal(fclose(out), 0);
}

static void replay(const uint8_t *block_hash)
{
    replay_bundle(&r, bytes_of(file, file_n), entry.hash, &policy, block_hash);
}

static void write_and_replay(void)
{
    write_file();
    replay(NULL);
}

#define ONLY(why)  assert_int_equal(r.reasons, UINT32_C(1) << (why))
#define AMONG(why) assert_true(replay_has(&r, why))

/* ---- tests ---- */

static void all_is_shown(void **state)
{
    struct evm_word hash;
    (void)state;
    write_and_replay();
    assert_int_equal(r.reasons, 0);
    assert_true(r.judged && r.bound && r.record_proved && r.in_force_proved);
    assert_int_equal(r.block, BLOCK);
    assert_int_equal(r.verdict.tcb_status, PC_TCB_UP_TO_DATE);
    assert_memory_equal(r.verdict.claims, genuine.claims, 32);
    evm_keccak(&hash, entry.proof.header);
    assert_memory_equal(r.block_hash, hash.b, 32);
    replay(hash.b);
    assert_int_equal(r.reasons, 0);
    hash.b[0] ^= 1;
    replay(hash.b);
    ONLY(PC_REPLAY_BLOCK);
}

/* What is not there is not shown, and is no reason to refuse. */
static void less_is_shown(void **state)
{
    static const uint8_t some[32] = {1};
    (void)state;
    entry.proof.in_force = bytes_of(NULL, 0);
    write_and_replay();
    assert_int_equal(r.reasons, 0);
    assert_true(r.record_proved && !r.in_force_proved);
    entry.has_proof = false;
    entry.has_bound_hash = false;
    write_and_replay();
    assert_int_equal(r.reasons, 0);
    assert_true(!r.bound && !r.record_proved && r.block == 0);
    replay(some); /* a block was named, and there is no proof */
    ONLY(PC_REPLAY_BLOCK);
}

static void later_block(void **state)
{
    (void)state;
    prove(&entry.attested, BLOCK + 9, f.now + 100);
    write_and_replay();
    assert_int_equal(r.reasons, 0);
    prove(&entry.attested, BLOCK, f.now + 1); /* its own block has its time */
    write_and_replay();
    ONLY(PC_REPLAY_HEADER);
    prove(&entry.attested, BLOCK - 1, f.now);
    write_and_replay();
    ONLY(PC_REPLAY_HEADER);
    prove(&entry.attested, BLOCK + 1, f.now - 1);
    write_and_replay();
    ONLY(PC_REPLAY_HEADER);
    entry.proof.header = bytes_of(kit.header, 20);
    write_and_replay();
    ONLY(PC_REPLAY_HEADER);
}

static void other_root(void **state)
{
    struct evidence_policy other = policy;
    (void)state;
    write_file();
    other.root_sha256[PC_VENDOR_TDX][5] ^= 1;
    replay_bundle(&r, bytes_of(file, file_n), entry.hash, &other, NULL);
    ONLY(PC_REPLAY_REFUSED);
    assert_true(verdict_has(&r.verdict, PC_R_UNTRUSTED_ROOT));
    policy_network(&other, NULL); /* Intel's */
    replay_bundle(&r, bytes_of(file, file_n), entry.hash, &other, NULL);
    ONLY(PC_REPLAY_REFUSED);
    assert_true(verdict_has(&r.verdict, PC_R_UNTRUSTED_ROOT));
    memset(&other, 0, sizeof other); /* a zeroed policy accepts nothing */
    replay_bundle(&r, bytes_of(file, file_n), entry.hash, &other, NULL);
    ONLY(PC_REPLAY_REFUSED);
}

/* Who moves attestedAt to where the evidence holds no longer, or not yet, is told so; and the
 * chain's record contradicts. */
static void other_time(void **state)
{
    (void)state;
    entry.attested.attested_at += UINT64_C(40) * 86400;
    entry.has_proof = false;
    write_and_replay();
    ONLY(PC_REPLAY_REFUSED);
    assert_true(verdict_has(&r.verdict, PC_R_TCB_EXPIRED));
    entry.attested.attested_at -= UINT64_C(400) * 86400;
    write_and_replay();
    ONLY(PC_REPLAY_REFUSED);
    assert_true(verdict_has(&r.verdict, PC_R_CHAIN_EARLY));
    /* A little later: the evidence holds, the chain says otherwise. */
    (void)setup(NULL);
    entry.attested.attested_at += 1;
    write_and_replay();
    AMONG(PC_REPLAY_HEADER);
    (void)setup(NULL);
    prove(&entry.attested, BLOCK + 1, f.now + 50);
    entry.attested.attested_at += 1;
    write_and_replay();
    ONLY(PC_REPLAY_RECORD);
}

static void fields_of_the_record(void **state)
{
    struct wire_attested *t = &entry.attested;
    (void)state;
    for (int how = 0; how < 9; how++) {
        (void)setup(NULL);
        switch (how) {
        case 0:
            t->subject[0] ^= 1;
            break;
        case 1:
            t->context[31] ^= 1;
            break;
        case 2:
            t->verifier[0] ^= 1;
            break;
        case 3:
            t->measurement[0] ^= 1;
            break;
        case 4:
            t->platform[0] ^= 1;
            break;
        case 5:
            t->kind = PC_SUBJECT_NODE;
            break;
        default:
            t->record[how] ^= 1;
            break;
        }
        write_and_replay();
        AMONG(PC_REPLAY_RECORD_KEY);
        assert_false(r.record_proved && r.bound && r.reasons == 0);
    }
    /* The same with the key made again: the binding in the report data is what refuses. */
    for (int how = 0; how < 4; how++) {
        (void)setup(NULL);
        entry.has_proof = false;
        if (how == 0)
            t->subject[0] ^= 1;
        else if (how == 1)
            t->context[0] ^= 1;
        else if (how == 2)
            t->bound_block++;
        else
            begin.chain_id++;
        rekey(t);
        write_and_replay();
        ONLY(PC_REPLAY_REPORT);
    }
    (void)setup(NULL);
    entry.bound_hash[3] ^= 1;
    write_and_replay();
    ONLY(PC_REPLAY_REPORT);
    (void)setup(NULL);
    t->claims[0] ^= 1;
    entry.has_proof = false;
    write_and_replay();
    ONLY(PC_REPLAY_CLAIMS);
    (void)setup(NULL);
    t->product[0] ^= 1;
    entry.has_proof = false;
    write_and_replay();
    ONLY(PC_REPLAY_CLAIMS);
}

static void evidence_itself(void **state)
{
    static uint8_t copy[PC_EVIDENCE_MAX];
    (void)state;
    memcpy(copy, entry.evidence.p, entry.evidence.n);
    entry.evidence = bytes_of(copy, entry.evidence.n);
    copy[200] ^= 1; /* inside the signed body */
    write_and_replay();
    AMONG(PC_REPLAY_HASH);
    AMONG(PC_REPLAY_REFUSED);
    assert_true(verdict_has(&r.verdict, PC_R_QUOTE_SIGNATURE));
    sha256(entry.hash, entry.evidence); /* asked for by its new hash */
    write_and_replay();
    assert_false(replay_has(&r, PC_REPLAY_HASH));
    AMONG(PC_REPLAY_REFUSED);
    AMONG(PC_REPLAY_CLAIMS);
    replay_bundle(&r, bytes_of(file, file_n), genuine.claims, &policy, NULL);
    ONLY(PC_REPLAY_ABSENT);
}

static void collateral(void **state)
{
    static uint8_t copy[65536];
    (void)state;
    for (size_t i = 0; i < 5; i++) { /* each missing */
        (void)setup(NULL);
        objects[i].name[0] ^= 1;
        write_and_replay();
        AMONG(PC_REPLAY_OBJECT);
        AMONG(PC_REPLAY_REFUSED);
        /* each of another content under the right name */
        (void)setup(NULL);
        memcpy(copy, objects[i].data.p, objects[i].data.n);
        copy[objects[i].data.n / 2] ^= 1;
        objects[i].data = bytes_of(copy, objects[i].data.n);
        write_and_replay();
        AMONG(PC_REPLAY_REFUSED);
    }
    /* The record says another object than the one that is there. */
    (void)setup(NULL);
    entry.attested.in_force[PC_OBJ_PCK_CRL][0] ^= 1;
    memcpy(objects[3].name, entry.attested.in_force[PC_OBJ_PCK_CRL], 32);
    write_and_replay();
    AMONG(PC_REPLAY_REFUSED);
    AMONG(PC_REPLAY_IN_FORCE);
    assert_true(verdict_has(&r.verdict, PC_R_NOT_IN_FORCE));
}

static void proofs(void **state)
{
    (void)state;
    for (size_t at = 0; at < entry.proof.record.n; at += 7) {
        (void)setup(NULL);
        kit.record[at] ^= 1;
        write_and_replay();
        ONLY(PC_REPLAY_PROOF);
    }
    for (size_t at = 0; at < entry.proof.in_force.n; at += 13) {
        (void)setup(NULL);
        kit.in_force[at] ^= 1;
        write_and_replay();
        ONLY(PC_REPLAY_PROOF);
    }
    (void)setup(NULL);
    entry.proof.record.n--;
    write_and_replay();
    ONLY(PC_REPLAY_PROOF);
    /* A true proof of other contents. */
    struct wire_attested other = entry.attested;
    other.valid_until++;
    prove(&other, BLOCK, f.now);
    write_and_replay();
    ONLY(PC_REPLAY_RECORD);
    (void)setup(NULL);
    other = entry.attested;
    other.in_force[PC_OBJ_QE_IDENTITY][9] ^= 1;
    prove(&other, BLOCK, f.now);
    write_and_replay();
    ONLY(PC_REPLAY_IN_FORCE);
    (void)setup(NULL);
    write_and_replay();
    uint8_t was[32];
    memcpy(was, r.block_hash, sizeof was);
    kit.header[40] ^= 1; /* another block of the same state: who knows the right one is told */
    write_file();
    replay(was);
    ONLY(PC_REPLAY_BLOCK);
    assert_memory_not_equal(r.block_hash, was, sizeof was);
}

/* Any change of the file's bytes is found, and no cut or addition passes. */
static void damaged(void **state)
{
    (void)state;
    write_file();
    for (size_t at = 0; at < file_n; at += at < 400 ? 1 : 101) {
        file[at] ^= 0x10;
        replay(NULL);
        assert_true(replay_has(&r, PC_REPLAY_DAMAGED) || replay_has(&r, PC_REPLAY_CHECKSUM) ||
                    replay_has(&r, PC_REPLAY_VERSION));
        assert_false(r.judged);
        file[at] ^= 0x10;
    }
    size_t whole = file_n;
    for (file_n = 0; file_n < whole; file_n += file_n < 400 || file_n + 60 > whole ? 1 : 97) {
        replay(NULL);
        ONLY(PC_REPLAY_DAMAGED);
    }
    file_n = whole + 1;
    file[whole] = 0;
    replay(NULL);
    ONLY(PC_REPLAY_DAMAGED);
    file_n = whole;
    replay(NULL);
    assert_int_equal(r.reasons, 0);
    begin.version = BUNDLE_VERSION + 1;
    write_and_replay();
    ONLY(PC_REPLAY_VERSION);
}

static void reading_by_place(void **state)
{
    struct bundle b;
    struct bundle_accepted a;
    struct bytes data;
    (void)state;
    write_file();
    assert_int_equal(bundle_open(&b, bytes_of(file, file_n)), PC_OK);
    assert_int_equal(b.objects, 5);
    assert_int_equal(b.accepted, 1);
    assert_int_equal(bundle_accepted_at(&b, &a, 0), PC_OK);
    assert_memory_equal(a.hash, entry.hash, 32);
    assert_int_equal(bundle_accepted_at(&b, &a, 1), PC_E_NOT_FOUND);
    assert_int_equal(bundle_object(&b, &data, objects[4].name), PC_OK);
    assert_int_equal(data.n, objects[4].data.n);
    assert_int_equal(bundle_object(&b, &data, entry.hash), PC_E_NOT_FOUND);
}

static void names(void **state)
{
    (void)state;
    for (unsigned i = 0; i < PC_REPLAY_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(replay_reason_name(i), replay_reason_name(j));
    assert_null(replay_reason_name(PC_REPLAY_COUNT));
    assert_null(replay_reason_text(PC_REPLAY_COUNT));
}

int main(void)
{
#define T(t) cmocka_unit_test_setup(t, setup)
    const struct CMUnitTest tests[] = {
        T(all_is_shown),    T(less_is_shown),    T(later_block),
        T(other_root),      T(other_time),       T(fields_of_the_record),
        T(evidence_itself), T(collateral),       T(proofs),
        T(damaged),         T(reading_by_place), cmocka_unit_test(names),
    };
    return cmocka_run_group_tests_name("replay", tests, forge, NULL);
}
