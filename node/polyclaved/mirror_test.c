/* SPDX-License-Identifier: Apache-2.0 */
/* The mirror: what was accepted is given by its hash, through restarts and damage, within its
 * bounds, and never at the cost of the node itself. */
#include <stdio.h>
#include <stdlib.h>

#include "node/polyclaved/testkit.h"

#include "attest/sim/forge.h"
#include "base/rng_seeded.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "protocol/client_wire.h"

static struct pd t;
static struct forge f;
static struct forged parts;
static uint8_t posted[PC_FORGED_CAP];
static size_t posted_n;

static int forge(void **state)
{
    struct rng_seeded rng;
    (void)state;
    rng_seeded_init(&rng, 5);
    forge_init(&f, &rng.rng, 5);
    forge_build(&parts, &f);
    struct bytes evidence = forged_part(&parts, PC_FORGED_EVIDENCE);
    posted_n = evidence.n;
    memcpy(posted, evidence.p, evidence.n);
    return 0;
}

static void own_root(void)
{
    struct bytes root = forged_part(&parts, PC_FORGED_ROOT);
    t.p->n_roots = 0;
    roots_add(t.p, root);
    sha256(t.p->d.policy.tdx.root, root);
}

static int setup(void **state)
{
    (void)state;
    pd_begin(&t, 0x21);
    own_root();
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

static void restart(void)
{
    pd_restart(&t, 0x21);
    own_root();
    kit_forget(&t.kit);
}

/* Evidence number n: differs in a byte of its report data, of which only attest would complain. */
static void accept(uint16_t n, uint8_t kind, uint64_t attested_at)
{
    struct ipc_dc_accepted m = {.attested = {.vendor = WIRE_VENDOR_TDX,
                                             .kind = kind,
                                             .issuer = 1,
                                             .attested_at = attested_at,
                                             .valid_until = attested_at + 86400},
                                .evidence = bytes_of(posted, posted_n),
                                .leaf = forged_part(&parts, PC_FORGED_LEAF),
                                .ca = forged_part(&parts, PC_FORGED_CA)};
    posted[600] = (uint8_t)(n >> 8);
    posted[601] = (uint8_t)n;
    memset(m.attested.record, (int)kind, 32);
    m.attested.record[0] = (uint8_t)(n % 7);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_accepted, &m);
}

static struct bytes ask(enum ipc_mirror_what what, const uint8_t hash[32])
{
    struct ipc_dp_mirror_get m = {.id = 9, .what = what};
    struct ipc_dp_mirror a;
    memcpy(m.hash, hash, 32);
    KIT_SAY(&t.kit, IPC_LINK_DP, dp_mirror_get, &m);
    KIT_HEAR(&t.kit, IPC_LINK_DP, dp_mirror, DP_MIRROR, &a);
    assert_int_equal(a.id, 9);
    assert_int_equal(a.has_data, a.data.n != 0);
    return a.data;
}

static size_t list(struct client_evidence_item *out, size_t cap)
{
    static const uint8_t start[32];
    struct client_evidence_list l;
    struct client_evidence_item item;
    size_t n = 0;
    struct bytes page = ask(IPC_MIRROR_WHAT_LIST, start);
    assert_int_equal(client_decode_evidence_list(&l, page), PC_OK);
    assert_false(l.more);
    while (n < cap && client_evidence_item_list_next(&l.items, &item))
        out[n++] = item;
    return n;
}

/* ---- tests ---- */

static void served_by_hash(void **state)
{
    struct client_evidence_item items[8];
    struct wire_attested a;
    uint8_t hash[32], other[32] = {1};
    (void)state;
    accept(1, PC_SUBJECT_APP, 500);
    accept(2, PC_SUBJECT_NODE, 600);
    assert_int_equal(list(items, 8), 2);
    assert_true(memcmp(items[0].hash, items[1].hash, 32) < 0);
    for (size_t i = 0; i < 2; i++) {
        struct bytes evidence = ask(IPC_MIRROR_WHAT_EVIDENCE, items[i].hash);
        sha256(hash, evidence);
        assert_memory_equal(hash, items[i].hash, 32);
        struct bytes record = ask(IPC_MIRROR_WHAT_RECORD, items[i].hash);
        assert_int_equal(wire_decode_attested(&a, record), PC_OK);
        assert_memory_equal(a.record, items[i].record, 32);
        assert_int_equal(a.attested_at, items[i].attested_at);
        assert_memory_equal(ask(IPC_MIRROR_WHAT_OF_RECORD, a.record).p, hash, 32);
    }
    assert_int_equal(ask(IPC_MIRROR_WHAT_EVIDENCE, other).n, 0);
    assert_int_equal(ask(IPC_MIRROR_WHAT_RECORD, other).n, 0);
    assert_int_equal(ask(IPC_MIRROR_WHAT_OF_RECORD, other).n, 0);
    assert_int_equal(ask(IPC_MIRROR_WHAT_COLLATERAL, other).n, 0);
}

static void again_and_renewed(void **state)
{
    struct client_evidence_item items[8];
    uint8_t record[32];
    (void)state;
    accept(1, PC_SUBJECT_APP, 500);
    accept(1, PC_SUBJECT_APP, 500); /* chain reads everything again after its start */
    assert_int_equal(list(items, 8), 1);
    memcpy(record, items[0].record, 32);
    uint8_t first[32];
    memcpy(first, items[0].hash, 32);
    accept(8, PC_SUBJECT_APP, 900); /* the same record: 8 % 7 */
    assert_int_equal(list(items, 8), 2);
    struct bytes newest = ask(IPC_MIRROR_WHAT_OF_RECORD, record);
    assert_int_equal(newest.n, 32);
    assert_memory_not_equal(newest.p, first, 32);
}

static void through_restarts(void **state)
{
    struct client_evidence_item before[8], after[8];
    static const uint8_t object[] = {0x30, 7, 0x30, 3, 2, 1, 1, 5, 0}; /* like a CRL */
    struct ipc_dc_bytes m = {.data = PC_BYTES(object)};
    uint8_t name[32], hash[32];
    (void)state;
    accept(1, PC_SUBJECT_APP, 500);
    accept(2, PC_SUBJECT_NODE, 600);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_bytes, &m);
    sha256(name, bytes_of(object + 2, 5));
    sha256(hash, PC_BYTES(object));
    assert_int_equal(list(before, 8), 2);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(ask(IPC_MIRROR_WHAT_COLLATERAL, name).n, sizeof object);
        assert_int_equal(ask(IPC_MIRROR_WHAT_COLLATERAL, hash).n, sizeof object);
        assert_int_equal(list(after, 8), 2);
        assert_memory_equal(before, after, 2 * sizeof before[0]);
        restart();
    }
}

/* The disk is the host's: what does not hash to its key is not given, and makes room for the true
 * one. */
static void damage(void **state)
{
    struct client_evidence_item items[8];
    static uint8_t copy[WIRE_ATTESTED_BYTES + EVIDENCE_MAX];
    (void)state;
    accept(1, PC_SUBJECT_APP, 500);
    assert_int_equal(list(items, 8), 1);
    struct bytes record = ask(IPC_MIRROR_WHAT_RECORD, items[0].hash);
    memcpy(copy, record.p, record.n);
    struct bytes evidence = ask(IPC_MIRROR_WHAT_EVIDENCE, items[0].hash);
    memcpy(copy + WIRE_ATTESTED_BYTES, evidence.p, evidence.n);
    copy[WIRE_ATTESTED_BYTES + 100] ^= 1;
    assert_int_equal(store_put(t.p->mirror.store, STORE_TRANSCRIPT, PC_BYTES(items[0].hash),
                               bytes_of(copy, WIRE_ATTESTED_BYTES + evidence.n)),
                     PC_OK);
    assert_int_equal(ask(IPC_MIRROR_WHAT_EVIDENCE, items[0].hash).n, 0);
    assert_int_equal(list(items + 1, 7), 0);
    accept(1, PC_SUBJECT_APP, 500);
    assert_int_equal(ask(IPC_MIRROR_WHAT_EVIDENCE, items[0].hash).n, evidence.n);
    /* A record of another form is passed over at the start. */
    assert_int_equal(
        store_put(t.p->mirror.store, STORE_TRANSCRIPT, PC_BYTES_STR("odd"), PC_BYTES_STR("odd")),
        PC_OK);
    restart();
    assert_int_equal(list(items, 8), 1);
}

static void bounded(void **state)
{
    static struct client_evidence_item items[64];
    struct mirror *m = &t.p->mirror;
    uint64_t count, bytes;
    (void)state;
    accept(0, PC_SUBJECT_NODE, 100); /* the oldest of all */
    m->evidence_max = 6 * (m->bytes + 10);
    for (uint16_t i = 1; i < 40; i++)
        accept(i, PC_SUBJECT_APP, 1000u + i);
    assert_true(m->bytes <= m->evidence_max);
    size_t n = list(items, 64);
    assert_int_equal(n, 6);
    assert_int_equal(m->pruned, 34);
    bool node = false, newest = false;
    for (size_t i = 0; i < n; i++) {
        node |= items[i].attested_at == 100;
        newest |= items[i].attested_at == 1039;
        assert_true(items[i].attested_at == 100 || items[i].attested_at > 1034);
    }
    assert_true(node && newest); /* applications' gave way to each other */
    store_stat(m->store, STORE_TRANSCRIPT, &count, &bytes);
    assert_int_equal(count, 6);
    assert_int_equal(bytes, m->bytes);
    /* Older than all that is there, with no room: not taken. */
    accept(77, PC_SUBJECT_APP, 50);
    assert_int_equal(list(items, 64), 6);
    /* Nodes get their half, and then give way to each other. */
    for (uint16_t i = 100; i < 120; i++)
        accept(i, PC_SUBJECT_NODE, 2000u + i);
    n = list(items, 64);
    size_t nodes = 0;
    for (size_t i = 0; i < n; i++)
        nodes += items[i].attested_at > 2000 || items[i].attested_at == 100;
    assert_int_equal(n, 6);
    assert_true(nodes >= 3 && nodes < 6);
}

/* A lower limit at the next start: the oldest go at once. */
static void lower_limit(void **state)
{
    static struct client_evidence_item items[256];
    (void)state;
    for (uint16_t i = 0; i < 250; i++)
        accept(i, PC_SUBJECT_APP, 1000u + i);
    assert_int_equal(list(items, 256), 250);
    assert_true(t.p->mirror.bytes > 1u << 20);
    pd_config.mirror_evidence_mib = 1;
    restart();
    pd_config.mirror_evidence_mib = CONFIG_MIRROR_EVIDENCE_MIB;
    size_t n = list(items, 256);
    assert_true(n > 100 && n < 250);
    assert_true(t.p->mirror.bytes <= 1u << 20);
}

static void by_age(void **state)
{
    struct client_evidence_item items[8];
    (void)state;
    accept(1, PC_SUBJECT_APP, 86400);
    accept(2, PC_SUBJECT_NODE, 86400 * 3);
    t.p->config.mirror_days = 2;
    t.view.head.time = 86400 * 3;
    pd_head(&t, 101);
    assert_int_equal(list(items, 8), 2); /* two days old to the second */
    t.view.head.time++;
    pd_head(&t, 102);
    assert_int_equal(list(items, 8), 1);
    assert_int_equal(items[0].attested_at, 86400 * 3);
    restart();
    assert_int_equal(list(items, 8), 1);
}

/* Parts that are no evidence, and a vendor whose format is not known here. */
static void not_taken(void **state)
{
    struct client_evidence_item items[8];
    struct ipc_dc_accepted m = {.attested = {.vendor = WIRE_VENDOR_TDX, .kind = 1},
                                .evidence = PC_BYTES_STR("nonsense"),
                                .leaf = PC_BYTES_STR("x"),
                                .ca = PC_BYTES_STR("y")};
    (void)state;
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_accepted, &m);
    m.attested.vendor = WIRE_VENDOR_NITRO;
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_accepted, &m);
    assert_int_equal(list(items, 8), 0);
}

/* A mirror that cannot be opened is no reason for the node not to work. */
static void refused(void **state)
{
    static const uint8_t any[32];
    char path[128];
    (void)state;
    accept(1, PC_SUBJECT_APP, 500);
    (void)snprintf(path, sizeof path, "%s/store/mirror/data.mdb", t.dir);
    FILE *file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fwrite("garbage garbage garbage", 1, 23, file), 23);
    assert_int_equal(fclose(file), 0);
    /* The open store has its pages in memory; the next process sees what is there. */
    pd_restart(&t, 0x21);
    assert_null(t.p->mirror.store);
    assert_non_null(t.p->store);
    accept(2, PC_SUBJECT_APP, 500);
    assert_int_equal(ask(IPC_MIRROR_WHAT_LIST, any).n, 0);
    assert_int_equal(ask(IPC_MIRROR_WHAT_COLLATERAL, any).n, 0);
    pd_head(&t, 103);
    assert_non_null(strstr(pd_control(&t, "status\n"), "\"state\":\"live\""));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(served_by_hash), T(again_and_renewed), T(through_restarts),
        T(damage),         T(bounded),           T(lower_limit),
        T(by_age),         T(not_taken),         T(refused),
    };
    return cmocka_run_group_tests_name("polyclaved mirror", tests, forge, NULL);
}
