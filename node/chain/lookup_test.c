/* SPDX-License-Identifier: Apache-2.0 */
/* Record and policy for one request: each code that a lookup can end with, what it costs, and what
 * is stated to vault and attest. */
#include "chain/abi.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "crypto/labels.h"
#include "node/chain/testkit.h"

static struct world w;
static struct ipc_release_fields request;
static struct record_entry *entry;
static struct evm_word measurement, app, none;

static struct bytes policy_bytes(bool approved)
{
    static uint8_t buf[2048];
    struct evm_word tag = evm_word_of(pc_tag_policy), root = {{0}};
    uint8_t approval[96] = {0}, raw[18] = {9};
    memcpy(approval, measurement.b, 32);
    approval[0] ^= !approved;
    approval[63] = 50; /* active from */
    struct abi_out top = abi_out_of(buf, sizeof buf, 2);
    abi_out_word(&top, &tag);
    struct abi_out p = abi_out_tuple(&top, 10);
    static const uint64_t numbers[] = {2, 1, 3600, 1, 4, 100, 1000};
    for (size_t i = 0; i < PC_ARRAY_LEN(numbers); i++)
        abi_out_u64(&p, numbers[i]);
    abi_out_word(&p, &root);
    abi_out_array(&p, PC_BYTES(approval), 1);
    struct abi_out list = abi_out_tuples(&p, 1), item = abi_out_tuple(&list, 3);
    struct evm_word product = evm_word_of(entry->product);
    abi_out_u64(&item, 1);
    abi_out_word(&item, &product);
    abi_out_bytes(&item, PC_BYTES(raw));
    abi_out_join(&list, &item);
    abi_out_join(&p, &list);
    abi_out_join(&top, &p);
    struct bytes out;
    assert_int_equal(abi_out_end(&top, &out), PC_OK);
    return out;
}

static void set_policy(bool approved)
{
    struct evm_word hash;
    struct bytes policy = policy_bytes(approved);
    evm_keccak(&hash, policy);
    index_policy_add(w.c->index, policy);
    world_set(&w, w.c->d.policy.apps, slot_policy(&app, &none, 0), &hash);
}

/* First 7 bytes of the name of its certificate. */
static uint64_t tag_of(const struct record_entry *r)
{
    return load_be64(vendor_serial_id(r).b) >> 8;
}

static void set_words(void)
{
    const struct policy_policy *p = &w.c->d.policy;
    struct evm_word record[2] = {{{0}}}, vendor = {{0}}, verifier = {{0}}, owner[2] = {{{0}}},
                    force = {{0}}, object;
    record[0].b[0] = 0xc1; /* claims */
    world_field(record, PC_AT_RECORD_VENDOR, WIRE_VENDOR_TDX);
    world_field(record, PC_AT_RECORD_KIND, PC_SUBJECT_APP);
    world_field(record, PC_AT_RECORD_STATUS, 1);
    world_field(record, PC_AT_RECORD_LEAF_TAG, tag_of(entry));
    world_field(record, PC_AT_RECORD_STANDING, PC_RECORD_GOOD);
    world_field(record, PC_AT_RECORD_COLLATERAL_EPOCH, 6);
    world_field(record, PC_AT_RECORD_ATTESTED_AT, 1000);
    world_field(record, PC_AT_RECORD_VALID_UNTIL, 99999999);
    world_set(&w, p->attestations, slot_record(&entry->record, 0), &record[0]);
    world_set(&w, p->attestations, slot_record(&entry->record, 1), &record[1]);
    world_field(&vendor, PC_AT_VENDOR_STANDING, PC_VENDOR_ACCEPTED);
    world_set(&w, p->tcb_policy, slot_vendor(WIRE_VENDOR_TDX), &vendor);
    world_field(&verifier, PC_AT_VERIFIER_ID, 1);
    world_field(&verifier, PC_AT_VERIFIER_VENDOR, WIRE_VENDOR_TDX);
    world_field(&verifier, PC_AT_VERIFIER_STATE, PC_VERIFIER_ACTIVE);
    world_field(&verifier, PC_AT_VERIFIER_ACTIVATED_AT, 77);
    world_set(&w, p->verifier_router, slot_verifier(entry->verifier.b), &verifier);
    owner[0].b[31] = 1; /* any address but zero */
    world_field(owner, PC_AT_APP_NOTICE, 555);
    world_set(&w, p->apps, slot_app(&app, 0), &owner[0]);
    object = evm_word_of(entry->product);
    force.b[0] = 0xf0;
    world_set(&w, p->tdx.verifier, slot_in_force(&object), &force);
    for (uint64_t i = 1; i <= 4; i++) {
        object = evm_word_u64(i);
        force.b[0] = (uint8_t)(0xf0 + i);
        world_set(&w, p->tdx.verifier, slot_in_force(&object), &force);
    }
}

static int setup(void **state)
{
    struct evm_word key;
    uint8_t subject[32];
    (void)state;
    world_begin(&w);
    memset(&none, 0, sizeof none);
    memset(&request, 0, sizeof request);
    request.version = 1;
    request.node_index = 1;
    request.vendor = WIRE_VENDOR_TDX;
    memset(request.boot.sign, 1, 32);
    memset(request.app_id, 0xa0, 32);
    memset(request.measurement, 0xee, 32);
    memset(request.platform, 0x99, 32);
    memcpy(request.verifier, w.c->d.policy.tdx.verifier, 20);
    memcpy(request.scope, "scope", 5);
    request.scope_n = 5;
    measurement = evm_word_of(request.measurement);
    app = evm_word_of(request.app_id);
    id_keys_app(subject, request.boot.sign, request.boot.hpke);
    id_record(key.b, PC_SUBJECT_APP, subject, request.app_id, request.measurement, request.platform,
              request.verifier);
    entry = index_record_new(w.c->index, &key);
    entry->parsed = true;
    memcpy(entry->verifier.b, request.verifier, 20);
    memcpy(entry->platform.b, request.platform, 32);
    memset(entry->product, 0x50, 8);
    entry->leaf_issuer = 1;
    entry->vendor = WIRE_VENDOR_TDX;
    set_words();
    set_policy(true);
    world_mine(&w, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static void ask(uint8_t digest)
{
    struct ipc_pc_lookup m = {.request = request};
    memset(m.digest, digest, sizeof m.digest);
    KIT_SAY(&w.kit, IPC_LINK_PC, pc_lookup, &m);
    world_serve(&w);
}

static enum wire_release_code look_up(uint8_t digest)
{
    struct ipc_pc_lookup_r r;
    ask(digest);
    KIT_HEAR(&w.kit, IPC_LINK_PC, pc_lookup_r, PC_LOOKUP_R, &r);
    assert_int_equal(r.digest[0], digest);
    KIT_SILENT(&w.kit, IPC_LINK_PC, PC_LOOKUP_R);
    return r.code;
}

/* The vault hears why, and nothing is stated to it or to attest. */
static void expect_refused(uint8_t digest, enum wire_release_code code)
{
    struct ipc_vc_no_record no;
    assert_int_equal(look_up(digest), code);
    KIT_HEAR(&w.kit, IPC_LINK_VC, vc_no_record, VC_NO_RECORD, &no);
    assert_int_equal(no.digest[0], digest);
    assert_int_equal(no.code, code);
    KIT_SILENT(&w.kit, IPC_LINK_VC, VC_RECORD);
    KIT_SILENT(&w.kit, IPC_LINK_CA, CA_CONTEXT);
}

static void hear_record(struct ipc_vc_record *v)
{
    assert_int_equal(look_up(1), WIRE_RELEASE_CODE_OK);
    KIT_HEAR(&w.kit, IPC_LINK_VC, vc_record, VC_RECORD, v);
    KIT_SILENT(&w.kit, IPC_LINK_VC, VC_NO_RECORD);
}

/* The same record is of another vendor, whose verifier has the address `fill`. */
static void of_vendor(uint8_t vendor, uint8_t issuer, uint8_t *verifier, uint8_t fill)
{
    struct evm_word record[2] = {{{0}}}, word = {{0}};
    const struct policy_policy *p = &w.c->d.policy;
    memset(verifier, fill, 20);
    entry->vendor = vendor;
    entry->leaf_issuer = issuer;
    memset(entry->product, 0, sizeof entry->product);
    record[0].b[0] = 0xc1;
    world_field(record, PC_AT_RECORD_VENDOR, vendor);
    world_field(record, PC_AT_RECORD_KIND, PC_SUBJECT_APP);
    world_field(record, PC_AT_RECORD_STATUS, 1);
    world_field(record, PC_AT_RECORD_LEAF_TAG, tag_of(entry));
    world_field(record, PC_AT_RECORD_STANDING, PC_RECORD_GOOD);
    world_field(record, PC_AT_RECORD_ATTESTED_AT, 1000);
    world_field(record, PC_AT_RECORD_VALID_UNTIL, 99999999);
    world_set(&w, p->attestations, slot_record(&entry->record, 1), &record[1]);
    world_field(&word, PC_AT_VENDOR_STANDING, PC_VENDOR_ACCEPTED);
    world_set(&w, p->tcb_policy, slot_vendor(vendor), &word);
}

static void hear_context(struct ipc_ca_context *c, enum wire_vendor vendor)
{
    struct ipc_vc_record v;
    hear_record(&v);
    assert_true(v.vendor_ok);
    assert_int_equal(v.vendor, vendor);
    assert_memory_equal(v.product, entry->product, 32);
    KIT_HEAR(&w.kit, IPC_LINK_CA, ca_context, CA_CONTEXT, c);
    assert_int_equal(c->vendor, vendor);
    assert_int_equal(c->attested_at, 1000);
}

/* Of SNP the list of the product's root is in force, and nothing else; proved in its own verifier.
 */
static void snp_record(void **state)
{
    static const uint8_t none_of_it[32];
    struct policy_policy *p = &w.c->d.policy;
    struct ipc_ca_context c;
    struct evm_word force = {{0}};
    (void)state;
    of_vendor(WIRE_VENDOR_SNP, 18, p->snp.verifier, 0xa1);
    memcpy(entry->product, "Turin", 5);
    for (uint64_t i = 0; i < 3; i++) {
        struct evm_word object = evm_word_u64(16 + i);
        force.b[0] = (uint8_t)(0xd0 + i);
        world_set(&w, p->snp.verifier, slot_snp_in_force(&object), &force);
        force.b[0] = 0xee; /* of TDX's verifier: not looked at */
        world_set(&w, p->tdx.verifier, slot_in_force(&object), &force);
    }
    world_mine(&w, 1);
    world_round(&w);
    hear_context(&c, WIRE_VENDOR_SNP);
    assert_memory_equal(c.in_force[FORCE_TCB_INFO], none_of_it, 32);
    assert_memory_equal(c.in_force[FORCE_QE_IDENTITY], none_of_it, 32);
    assert_int_equal(c.in_force[FORCE_ROOT_CRL][0], 0xd2);
    assert_memory_equal(c.in_force[FORCE_LEAF_CRL], none_of_it, 32);
    assert_memory_equal(c.signer, none_of_it, 32);
}

/* A network without SNP: nothing of it is in force, so attest accepts none. */
static void snp_without_a_verifier(void **state)
{
    static const uint8_t none_of_it[4][32];
    struct ipc_ca_context c;
    (void)state;
    of_vendor(WIRE_VENDOR_SNP, 16, w.c->d.policy.snp.verifier, 0);
    memcpy(entry->product, "Milan", 5);
    world_mine(&w, 1);
    world_round(&w);
    hear_context(&c, WIRE_VENDOR_SNP);
    assert_memory_equal(c.in_force, none_of_it, sizeof none_of_it);
}

static void nitro_record(void **state)
{
    static const uint8_t none_of_it[4][32];
    struct ipc_ca_context c;
    (void)state;
    of_vendor(WIRE_VENDOR_NITRO, 1, w.c->d.policy.nitro.verifier, 0xa2);
    world_mine(&w, 1);
    world_round(&w);
    hear_context(&c, WIRE_VENDOR_NITRO);
    assert_memory_equal(c.in_force, none_of_it, sizeof none_of_it);
}

static void whole_record(void **state)
{
    struct ipc_vc_record v;
    struct ipc_ca_context c;
    struct evm_word scope;
    (void)state;
    world_round(&w);
    hear_record(&v);
    assert_int_equal(v.digest[0], 1);
    assert_int_equal(v.head.number, 2);
    assert_memory_equal(v.head.hash, w.hash[2].b, 32);
    assert_int_equal(v.claims[0], 0xc1);
    assert_memory_equal(v.product, entry->product, 32);
    assert_true(v.vendor_ok && v.product_ok && v.platform_ok && v.serial_ok);
    assert_false(v.tombstone || v.revoked);
    assert_int_equal(v.collateral_epoch, 6);
    assert_int_equal(v.attested_at, 1000);
    assert_int_equal(v.verifier_active_from, 77);
    assert_int_equal(v.notice, 555);
    assert_int_equal(v.vendor_mask, 2);
    assert_int_equal(v.measurement_active_from, 50);
    assert_true(v.min_tcb_set);
    assert_int_equal(v.min_tcb_n, 18);
    assert_int_equal(v.subject_quota, 100);
    evm_keccak(&scope, PC_BYTES_STR("scope"));
    assert_memory_equal(v.scope_hash, scope.b, 32);
    KIT_HEAR(&w.kit, IPC_LINK_CA, ca_context, CA_CONTEXT, &c);
    assert_int_equal(c.digest[0], 1);
    assert_int_equal(c.attested_at, 1000);
    assert_int_equal(c.collateral_epoch, 6);
    assert_int_equal(c.in_force[0][0], 0xf0);
    assert_int_equal(c.in_force[1][0], 0xf1);
    assert_int_equal(c.in_force[2][0], 0xf2);
    assert_int_equal(c.in_force[3][0], 0xf3);
}

/* What is proved decides, not what the events said (A75: what was frozen meanwhile is refused at
 * the next head). */
static void proved_words_decide(void **state)
{
    struct ipc_vc_record v;
    struct evm_word word = {{0}}, id, object;
    const struct policy_policy *p = &w.c->d.policy;
    (void)state;
    /* The platform is frozen until after this head, the app too, its measurement revoked. */
    object = object_name(PC_OBJECT_PLATFORM, &entry->platform);
    world_field(&word, 0, 0, 5, 2000000);
    world_set(&w, p->guardian_council, slot_freeze(&object), &word);
    word = evm_word_u64(2000000);
    world_set(&w, p->apps, slot_app(&app, 1), &word);
    word = evm_word_u64(999);
    world_set(&w, p->apps, slot_app_revoked(&app, &measurement), &word);
    /* A verifier revoked in TcbPolicy counts as its vendor refused. */
    id = evm_word_addr(&entry->verifier);
    object = object_name(PC_OBJECT_VERIFIER, &id);
    word = evm_word_u64(1);
    world_set(&w, p->tcb_policy, slot_revoked(&object), &word);
    set_policy(false);
    world_mine(&w, 1);
    world_round(&w);
    hear_record(&v);
    assert_false(v.platform_ok);
    assert_false(v.vendor_ok);
    assert_true(v.product_ok);
    assert_int_equal(v.frozen_until, 2000000);
    assert_true(v.revoked);
    assert_true(v.measurement_active_from == UINT64_MAX);
}

/* The event named another vendor than the proved word: an endpoint lied, nothing is accepted. */
static void vendor_of_the_event_is_not_the_records(void **state)
{
    (void)state;
    entry->vendor = WIRE_VENDOR_SNP;
    world_mine(&w, 1);
    world_round(&w);
    expect_refused(2, WIRE_RELEASE_CODE_RETRY);
}

/* A certificate that was revoked by vote stops its records at once, for each vendor; AMD's list and
 * Nitro's votes name what stands in the leaf record. */
static void revoked_serials(void **state)
{
    static const size_t place[] = {0, 107, 170, 166};
    static const uint8_t issuer[] = {0, 1, 17, 1};
    struct policy_policy *p = &w.c->d.policy;
    uint8_t *const verifier[] = {NULL, p->tdx.verifier, p->snp.verifier, p->nitro.verifier};
    struct evm_word one = evm_word_u64(1), serial = {{0}}, id, object;
    struct ipc_vc_record v;
    (void)state;
    memset(serial.b + 12, 0x5e, 20);
    for (uint8_t of = WIRE_VENDOR_TDX; of <= WIRE_VENDOR_NITRO; of++) {
        memset(entry->leaf, 0, sizeof entry->leaf);
        memset(entry->leaf + place[of], 0x5e, 20);
        uint8_t fill = of == WIRE_VENDOR_TDX ? verifier[of][0] : (uint8_t)(0xa0 + of);
        of_vendor(of, issuer[of], verifier[of], fill);
        id = object_serial_id(of, issuer[of], &serial);
        object = object_name(PC_OBJECT_SERIAL, &id);
        for (int revoked = 0; revoked < 2; revoked++) {
            world_set(&w, p->tcb_policy, slot_revoked(&object), revoked ? &one : &none);
            world_mine(&w, 1);
            world_round(&w);
            hear_record(&v);
            assert_true(v.vendor_ok && v.product_ok && v.platform_ok);
            assert_int_equal(v.serial_ok, !revoked);
        }
    }
}

/* The calldata here are of another certificate than the proved record's: not now. */
static void calldata_of_another_certificate(void **state)
{
    (void)state;
    entry->leaf[110] ^= 1;
    world_mine(&w, 1);
    world_round(&w);
    expect_refused(2, WIRE_RELEASE_CODE_RETRY);
    entry->leaf[110] ^= 1;
    entry->leaf_issuer ^= 3;
    expect_refused(3, WIRE_RELEASE_CODE_RETRY);
    entry->leaf_issuer ^= 3;
    assert_int_equal(look_up(1), WIRE_RELEASE_CODE_OK);
}

static void ended_app(void **state)
{
    struct ipc_vc_record v;
    struct evm_word word = {{0}};
    (void)state;
    world_field(&word, 0, 0, 5, 1000); /* at */
    world_field(&word, 0, 5, 1, PC_CHANGE_END);
    world_set(&w, w.c->d.policy.apps, slot_policy(&app, &none, 2), &word);
    world_mine(&w, 1);
    world_round(&w);
    hear_record(&v);
    assert_true(v.tombstone);
}

static void before_the_first_round(void **state)
{
    (void)state;
    expect_refused(2, WIRE_RELEASE_CODE_CHAIN_BEHIND);
}

/* While everything is read again, a record that is not here yet is not unknown. */
static void while_reading_again(void **state)
{
    (void)state;
    world_round(&w);
    sync_restart(w.c);
    expect_refused(2, WIRE_RELEASE_CODE_CHAIN_BEHIND);
}

static void known_by_event_only(void **state)
{
    (void)state;
    world_set(&w, w.c->d.policy.attestations, slot_record(&entry->record, 0), &none);
    world_set(&w, w.c->d.policy.attestations, slot_record(&entry->record, 1), &none);
    world_mine(&w, 1);
    world_round(&w);
    expect_refused(2, WIRE_RELEASE_CODE_UNKNOWN_RECORD);
}

static void unknown_app(void **state)
{
    (void)state;
    world_set(&w, w.c->d.policy.apps, slot_app(&app, 0), &none);
    world_set(&w, w.c->d.policy.apps, slot_policy(&app, &none, 0), &none);
    world_mine(&w, 1);
    world_round(&w);
    expect_refused(2, WIRE_RELEASE_CODE_UNKNOWN_APP);
}

/* The policy's event was held back: its hash alone is no policy. */
static void policy_not_seen(void **state)
{
    struct evm_word hash = {{7}};
    (void)state;
    world_set(&w, w.c->d.policy.apps, slot_policy(&app, &none, 0), &hash);
    world_mine(&w, 1);
    world_round(&w);
    expect_refused(2, WIRE_RELEASE_CODE_RETRY);
}

static void endpoints_fail(void **state)
{
    (void)state;
    world_round(&w);
    for (int i = 0; i < WORLD_ENDPOINTS; i++)
        w.endpoint[i].down = true;
    expect_refused(2, WIRE_RELEASE_CODE_RETRY);
    for (int i = 0; i < WORLD_ENDPOINTS; i++)
        w.endpoint[i] = (struct world_endpoint){.false_proofs = true};
    expect_refused(3, WIRE_RELEASE_CODE_RETRY);
    assert_true(w.endpoint[0].blamed > 0 && w.endpoint[1].blamed > 0 && w.endpoint[2].blamed > 0);
    w.endpoint[2].false_proofs = false;
    assert_int_equal(look_up(1), WIRE_RELEASE_CODE_OK);
}

static size_t in_use(void)
{
    size_t n = 0;
    for (size_t i = 0; i < LOOKUPS_MAX; i++)
        n += w.c->lookups[i].used || w.c->lookups[i].prove.active;
    return n;
}

/* rpc dies with lookups under way: each is answered, none stays, and the next one is asked. */
static void rpc_dies(void **state)
{
    (void)state;
    world_round(&w);
    w.hold = IPC_RPC_WHAT_PROOF;
    for (uint8_t i = 1; i <= LOOKUPS_MAX; i++)
        ask(i);
    assert_int_equal(in_use(), LOOKUPS_MAX);
    expect_refused(99, WIRE_RELEASE_CODE_RETRY); /* no place left */
    kit_cut(&w.kit, IPC_LINK_CR);
    assert_int_equal(kit_count(&w.kit, IPC_LINK_PC, IPC_MSG_PC_LOOKUP_R), LOOKUPS_MAX);
    assert_int_equal(in_use(), 0);
    kit_forget(&w.kit);
    expect_refused(98, WIRE_RELEASE_CODE_RETRY); /* while it is away */
    w.hold = 0;
    kit_connect(&w.kit, IPC_LINK_CR);
    assert_int_equal(look_up(1), WIRE_RELEASE_CODE_OK);
}

/* The state of this node that goes with a record is the one proved last, in the midst of a round,
 * too. */
static void standing_in_mid_round(void **state)
{
    struct ipc_vc_record v;
    (void)state;
    world_round(&w);
    w.c->standing.state = IPC_NODE_STATE_LIVE;
    w.c->standing.now.epoch = 1;
    world_mine(&w, 1);
    w.hold = IPC_RPC_WHAT_PROOF;
    world_round(&w);
    assert_int_equal(w.c->sync.step, SYNC_PROOFS);
    w.hold = 0;
    hear_record(&v);
    assert_int_equal(v.own_state, IPC_NODE_STATE_LIVE);
    assert_int_equal(v.epoch, 1);
    assert_int_equal(v.head.number, 2); /* the head that the vault has been told */
}

/* Attested anew: until the new calldata are here the old ones serve. */
static void renewed_record(void **state)
{
    (void)state;
    struct evm_word key = entry->record;
    assert_ptr_equal(index_record_new(w.c->index, &key), entry);
    assert_true(entry->parsed);
}

/* A80: ten thousand requests of subjects without a record cost no question to anybody. */
static void flood_of_strangers(void **state)
{
    struct ipc_pc_lookup m = {.request = request};
    (void)state;
    world_round(&w);
    unsigned before = w.asked[IPC_RPC_WHAT_PROOF];
    kit_forget(&w.kit);
    for (uint32_t i = 0; i < 10000; i++) {
        store_be32(m.digest, i);
        store_be32(m.request.boot.hpke, i + 1);
        assert_int_equal(IPC_SEND(w.kit.far[IPC_LINK_PC].end, pc_lookup, &m), PC_OK);
        if (i % 100 == 99)
            kit_settle(&w.kit);
    }
    world_serve(&w);
    assert_int_equal(kit_count(&w.kit, IPC_LINK_PC, IPC_MSG_PC_LOOKUP_R), 10000);
    assert_int_equal(w.asked[IPC_RPC_WHAT_PROOF], before);
    KIT_SILENT(&w.kit, IPC_LINK_CA, CA_CONTEXT);
    assert_int_equal(in_use(), 0);
    kit_forget(&w.kit);
    assert_int_equal(look_up(1), WIRE_RELEASE_CODE_OK);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(whole_record),
        T(proved_words_decide),
        T(ended_app),
        T(vendor_of_the_event_is_not_the_records),
        T(before_the_first_round),
        T(while_reading_again),
        T(known_by_event_only),
        T(unknown_app),
        T(policy_not_seen),
        T(endpoints_fail),
        T(rpc_dies),
        T(standing_in_mid_round),
        T(renewed_record),
        T(flood_of_strangers),
        T(snp_record),
        T(snp_without_a_verifier),
        T(nitro_record),
        T(revoked_serials),
        T(calldata_of_another_certificate),
    };
    return cmocka_run_group_tests_name("chain lookup", tests, NULL, NULL);
}
