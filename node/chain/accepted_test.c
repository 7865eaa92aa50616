/* SPDX-License-Identifier: Apache-2.0 */
/* What was in force when evidence was accepted, and what polyclaved is told about it. */
#include <stdlib.h>

#include "chain/abi.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "node/chain/testkit.h"

static struct world w;
static struct evm_word product;

static int setup(void **state)
{
    (void)state;
    world_begin(&w);
    world_round(&w);
    kit_forget(&w.kit);
    memset(product.b, 0, sizeof product.b);
    memset(product.b, 0x50, 8);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static struct evm_word digest_of(uint8_t n)
{
    struct evm_word d;
    memset(d.b, n, sizeof d.b);
    return d;
}

/* CollateralInForce or CollateralPending; for the latter `other` is the time of effect. */
static void collateral(const char *event, const struct evm_word *object, uint64_t number,
                       uint8_t digest, uint64_t other, uint64_t until)
{
    uint8_t data[96];
    struct log_record log = {.n_topics = 3, .data = PC_BYTES(data)};
    struct evm_word d = digest_of(digest), o = evm_word_u64(other), u = evm_word_u64(until);
    log.topics[0] = abi_topic(event);
    log.topics[1] = *object;
    log.topics[2] = evm_word_u64(number);
    memcpy(data, d.b, 32);
    memcpy(data + 32, o.b, 32);
    memcpy(data + 64, u.b, 32);
    w.c->index->seq++;
    assert_true(accepted_verifier_log(w.c, PC_VENDOR_TDX, &log));
    kit_settle(&w.kit);
}

#define IN_FORCE "CollateralInForce(bytes32,uint256,bytes32,bytes32,uint256)"
#define PENDING  "CollateralPending(bytes32,uint256,bytes32,uint256,uint256)"

static void list(uint8_t issuer, uint8_t digest, uint64_t until)
{
    uint8_t data[128] = {0};
    struct log_record log = {.n_topics = 3, .data = PC_BYTES(data)};
    struct evm_word u = evm_word_u64(until);
    log.topics[0] = abi_topic("CrlInForce(uint8,bytes32,uint256,uint256,uint256,uint256)");
    log.topics[1] = evm_word_u64(issuer);
    log.topics[2] = digest_of(digest);
    memcpy(data + 32, u.b, 32);
    w.c->index->seq++;
    assert_true(accepted_verifier_log(w.c, PC_VENDOR_TDX, &log));
    kit_settle(&w.kit);
}

/* Product and issuer stand in it where a real one has them. */
static void leaf_record(uint8_t out[LEAF_RECORD])
{
    memset(out, 0, LEAF_RECORD);
    memset(out, 0x1e, 131);
    memcpy(out + 80, product.b, 8);
    out[106] = 1;
}

static struct record_entry *record(uint8_t key)
{
    struct evm_word k = digest_of(key);
    struct record_entry *r = index_record_new(w.c->index, &k);
    memcpy(r->product, product.b, 32);
    r->leaf_issuer = 1;
    r->kind = PC_SUBJECT_APP;
    r->vendor = WIRE_VENDOR_TDX;
    r->parsed = true;
    r->attested_at = 1000u + key;
    r->valid_until = 5000;
    r->block = 77;
    r->seq = ++w.c->index->seq;
    leaf_record(r->leaf);
    return r;
}

static void certificates(void)
{
    struct leaf_entry *l = index_leaf_new(w.c->index);
    struct evm_word ca = digest_of(0xca), signer = digest_of(0x51);
    leaf_record(l->record);
    l->authority = ca;
    l->n = 3;
    memcpy(l->der, "lea", 3);
    struct authority_entry *a = index_authority_new(w.c->index, &ca);
    a->n = 2;
    memcpy(a->der, "ca", 2);
    a = index_authority_new(w.c->index, &signer);
    a->n = 6;
    memcpy(a->der, "signer", 6);
    uint8_t tcb[32];
    memset(tcb, 0xa1, sizeof tcb);
    index_signer_add(w.c->index, tcb, &signer);
}

static bool told(struct ipc_dc_accepted *m)
{
    return KIT_HEARD(&w.kit, IPC_LINK_DC, dc_accepted, DC_ACCEPTED, m);
}

static void what_was_in_force_then(void **state)
{
    struct evm_word qe = evm_word_u64(1);
    struct ipc_dc_accepted m;
    uint8_t signer[32];
    (void)state;
    certificates();
    list(0, 0xc0, 900);
    list(1, 0xc1, 901);
    list(2, 0xc2, 902);
    collateral(IN_FORCE, &product, 17, 0xa1, 0, 903);
    collateral(IN_FORCE, &qe, 17, 0xb1, 0, 904);
    struct record_entry *first = record(1);
    collateral(IN_FORCE, &product, 18, 0xa2, 0, 905);
    list(1, 0xc9, 906);
    struct record_entry *second = record(2);
    second->leaf_issuer = 2;
    accepted_tell(w.c, first, PC_BYTES_STR("evidence"));
    kit_settle(&w.kit);
    assert_true(told(&m));
    assert_int_equal(m.attested.in_force[0][0], 0xa1); /* not what came after it */
    assert_int_equal(m.attested.in_force[1][0], 0xb1);
    assert_int_equal(m.attested.in_force[2][0], 0xc0);
    assert_int_equal(m.attested.in_force[3][0], 0xc1);
    sha256(signer, PC_BYTES_STR("signer"));
    assert_memory_equal(m.attested.signer, signer, 32);
    assert_int_equal(m.attested.kind, PC_SUBJECT_APP);
    assert_int_equal(m.attested.attested_at, 1001);
    assert_int_equal(m.attested.block, 77);
    assert_memory_equal(m.leaf.p, "lea", 3);
    assert_memory_equal(m.ca.p, "ca", 2);
    assert_int_equal(m.evidence.n, 8);
    assert_true(first->mirrored);
    accepted_tell(w.c, second, PC_BYTES_STR("evidence"));
    kit_settle(&w.kit);
    assert_true(told(&m));
    assert_int_equal(m.attested.in_force[0][0], 0xa2);
    assert_int_equal(m.attested.in_force[3][0], 0xc2);            /* its issuer's list */
    assert_true(bytes_all_zero_var(PC_BYTES(m.attested.signer))); /* unknown */
}

static void certificates_unknown(void **state)
{
    struct ipc_dc_accepted m;
    struct record_entry *r = record(1);
    (void)state;
    accepted_tell(w.c, r, PC_BYTES_STR("evidence"));
    kit_settle(&w.kit);
    assert_false(told(&m));
    assert_false(r->mirrored);
}

/* polyclaved was away: what it was not told is fetched again, the rest is not. */
static void told_again(void **state)
{
    struct ipc_dc_upcoming u;
    struct ipc_dc_accepted m;
    (void)state;
    certificates();
    collateral(IN_FORCE, &product, 17, 0xa1, 0, 903);
    kit_cut(&w.kit, IPC_LINK_DC);
    struct record_entry *lost = record(1);
    accepted_tell(w.c, lost, PC_BYTES_STR("evidence"));
    assert_false(lost->mirrored);
    struct record_entry *kept = record(2);
    kept->mirrored = true;
    kit_connect(&w.kit, IPC_LINK_DC);
    kit_settle(&w.kit);
    while (KIT_HEARD(&w.kit, IPC_LINK_DC, dc_upcoming, DC_UPCOMING, &u)) {
    }
    assert_memory_equal(u.object, product.b, 32);
    assert_int_equal(u.digest[0], 0xa1);
    assert_int_equal(w.c->posted_n, 1);
    assert_memory_equal(w.c->posted[w.c->posted_first].key.b, lost->record.b, 32);
    assert_false(told(&m));
}

static void heard(struct ipc_dc_upcoming *u)
{
    bool any = false;
    while (KIT_HEARD(&w.kit, IPC_LINK_DC, dc_upcoming, DC_UPCOMING, u))
        any = true;
    assert_true(any);
}

static void what_waits(void **state)
{
    struct ipc_dc_upcoming u;
    (void)state;
    collateral(IN_FORCE, &product, 17, 0xa1, 0, 903);
    collateral(PENDING, &product, 18, 0xa2, 5000, 9000);
    heard(&u);
    assert_int_equal(u.until, 903);
    assert_int_equal(u.waiting_n, 1);
    assert_int_equal(u.waiting[0].number, 18);
    assert_int_equal(u.waiting[0].effect_at, 5000);
    assert_int_equal(u.waiting[0].digest[0], 0xa2);
    collateral(PENDING, &product, 18, 0xa3, 5000, 9500); /* re-issued */
    collateral(PENDING, &product, 20, 0xa4, 6000, 9500);
    heard(&u);
    assert_int_equal(u.waiting_n, 2);
    assert_int_equal(u.waiting[0].digest[0], 0xa3);
    collateral(IN_FORCE, &product, 18, 0xa3, 0, 9500);
    heard(&u);
    assert_int_equal(u.digest[0], 0xa3);
    assert_int_equal(u.waiting_n, 1);
    assert_int_equal(u.waiting[0].number, 20);
    /* More than the table has: it stays whole. */
    for (uint64_t i = 0; i < 2 * WAITING_MAX; i++) {
        struct evm_word other = evm_word_u64(1000 + i);
        collateral(PENDING, &other, 3, 0x33, 1, 2);
        kit_forget(&w.kit);
    }
}

/* What is in force, what waits, and who was told outlive chain's restart. */
static void through_a_checkpoint(void **state)
{
    struct kept_claim claim;
    struct ipc_dc_accepted m;
    struct ipc_dc_upcoming u;
    uint8_t *whole;
    size_t n;
    (void)state;
    certificates();
    list(1, 0xc1, 901);
    collateral(IN_FORCE, &product, 17, 0xa1, 0, 903);
    struct record_entry *r = record(1);
    struct evm_word key = r->record;
    r->mirrored = true;
    collateral(IN_FORCE, &product, 18, 0xa2, 0, 905);
    collateral(PENDING, &product, 19, 0xa3, 5000, 9000);
    uint64_t seq = w.c->index->seq;
    assert_int_equal(kept_form_write(w.c, 1, &whole, &n), PC_OK);
    index_clear(w.c->index);
    assert_int_equal(kept_form_read(w.c, bytes_of(whole, n), &claim), PC_OK);
    free(whole);
    assert_true(w.c->index->seq >= seq);
    r = index_record(w.c->index, &key);
    assert_non_null(r);
    assert_true(r->mirrored && r->vendor == WIRE_VENDOR_TDX && r->kind == PC_SUBJECT_APP);
    assert_int_equal(r->valid_until, 5000);
    kit_forget(&w.kit);
    accepted_tell(w.c, r, PC_BYTES_STR("evidence"));
    kit_settle(&w.kit);
    assert_true(told(&m));
    assert_int_equal(m.attested.in_force[0][0], 0xa1);
    assert_int_equal(m.attested.in_force[3][0], 0xc1);
    assert_int_equal(m.attested.block, 77);
    kit_forget(&w.kit);
    accepted_repeat(w.c);
    kit_settle(&w.kit);
    bool seen = false;
    while (KIT_HEARD(&w.kit, IPC_LINK_DC, dc_upcoming, DC_UPCOMING, &u))
        if (memcmp(u.object, product.b, 32) == 0) {
            seen = u.digest[0] == 0xa2 && u.waiting_n == 1 && u.waiting[0].effect_at == 5000;
            assert_true(seen);
        }
    assert_true(seen);
    assert_int_equal(w.c->posted_n, 0);
}

static void logs_that_are_none(void **state)
{
    uint8_t data[160] = {0};
    struct log_record log = {.n_topics = 3, .data = PC_BYTES(data)};
    struct ipc_dc_upcoming u;
    (void)state;
    log.topics[0] = abi_topic(IN_FORCE); /* longer than it should be */
    assert_true(accepted_verifier_log(w.c, PC_VENDOR_TDX, &log));
    log.data = bytes_of(data, 96); /* number 0 */
    assert_true(accepted_verifier_log(w.c, PC_VENDOR_TDX, &log));
    log.topics[0] = abi_topic("CrlInForce(uint8,bytes32,uint256,uint256,uint256,uint256)");
    log.topics[1] = evm_word_u64(7); /* no such issuer */
    log.data = bytes_of(data, 128);
    assert_true(accepted_verifier_log(w.c, PC_VENDOR_TDX, &log));
    log.topics[0] = abi_topic("Other()");
    assert_false(accepted_verifier_log(w.c, PC_VENDOR_TDX, &log));
    log.n_topics = 0;
    assert_false(accepted_verifier_log(w.c, PC_VENDOR_TDX, &log));
    kit_settle(&w.kit);
    assert_false(KIT_HEARD(&w.kit, IPC_LINK_DC, dc_upcoming, DC_UPCOMING, &u));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(what_was_in_force_then), T(certificates_unknown), T(told_again), T(what_waits),
        T(logs_that_are_none),     T(through_a_checkpoint),
    };
    return cmocka_run_group_tests_name("chain accepted", tests, NULL, NULL);
}
