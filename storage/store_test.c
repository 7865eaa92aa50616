/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of store.h over the engine in memory: limits, rings, damage, every failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng_seeded.h"
#include "crypto/hash.h"
#include "storage/migrate.h"
#include "storage/record.h"
#include "storage/store_mem.h"

static const uint8_t net_a[32] = {0xaa, 1};
static char why[STORE_WHY_MAX];

static enum err_code accept_all(void *ctx, struct bytes key, struct bytes value)
{
    (void)ctx, (void)key, (void)value;
    return PC_OK;
}

static enum err_code refuse(void *ctx, struct bytes key, struct bytes value)
{
    (void)key, (void)value;
    return *(enum err_code *)ctx;
}

static struct store *fresh(struct store_engine **e, struct store_mem_faults *faults)
{
    struct store *s;
    *e = store_mem_new(faults);
    assert_int_equal(store_over(&s, *e, net_a, why), PC_OK);
    return s;
}

static void expect(struct store *s, enum store_kind kind, struct bytes key, const char *value)
{
    char out[64];
    size_t n;
    assert_int_equal(store_get(s, kind, key, out, sizeof out, &n, accept_all, NULL), PC_OK);
    assert_int_equal(n, strlen(value));
    assert_memory_equal(out, value, n);
}

static enum err_code got(struct store *s, enum store_kind kind, struct bytes key)
{
    char out[64];
    size_t n;
    return store_get(s, kind, key, out, sizeof out, &n, accept_all, NULL);
}

static void test_put_get_erase(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    uint64_t count, bytes;
    struct bytes k = PC_BYTES_STR("head");
    assert_int_equal(got(s, STORE_CURSOR, k), PC_E_NOT_FOUND);
    assert_int_equal(store_put(s, STORE_CURSOR, k, PC_BYTES_STR("17")), PC_OK);
    expect(s, STORE_CURSOR, k, "17");
    assert_int_equal(store_put(s, STORE_CURSOR, k, PC_BYTES_STR("1800")), PC_OK);
    expect(s, STORE_CURSOR, k, "1800");
    assert_int_equal(got(s, STORE_TRANSCRIPT, k), PC_E_NOT_FOUND);
    store_stat(s, STORE_CURSOR, &count, &bytes);
    assert_int_equal(count, 1);
    assert_int_equal(bytes, 4);
    assert_int_equal(store_put(s, STORE_CURSOR, k, bytes_of(NULL, 0)), PC_OK);
    expect(s, STORE_CURSOR, k, "");
    assert_int_equal(store_erase(s, STORE_CURSOR, k), PC_OK);
    assert_int_equal(store_erase(s, STORE_CURSOR, k), PC_OK);
    assert_int_equal(got(s, STORE_CURSOR, k), PC_E_NOT_FOUND);
    store_stat(s, STORE_CURSOR, &count, &bytes);
    assert_int_equal(count, 0);
    assert_int_equal(bytes, 0);
    assert_int_equal(store_verify(e, net_a, why), PC_OK);
    store_close(s);
}

static void test_check_is_asked(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    struct bytes k = PC_BYTES_STR("k");
    char out[8];
    size_t n = 5;
    enum err_code verdict = PC_E_STALE;
    assert_int_equal(store_put(s, STORE_CURSOR, k, PC_BYTES_STR("value")), PC_OK);
    memset(out, 1, sizeof out);
    assert_int_equal(store_get(s, STORE_CURSOR, k, out, sizeof out, &n, refuse, &verdict),
                     PC_E_STALE);
    assert_int_equal(n, 0);
    assert_memory_equal(out, "\0\0\0\0\0\0\0\0", 8);
    assert_int_equal(store_get(s, STORE_CURSOR, k, out, sizeof out, &n, NULL, NULL), PC_E_USAGE);
    assert_int_equal(store_get(s, STORE_CURSOR, k, out, 4, &n, accept_all, NULL), PC_E_TOO_LARGE);
    assert_int_equal(n, 5);
    assert_int_equal(store_get(s, STORE_CURSOR, k, out, 5, &n, accept_all, NULL), PC_OK);
    store_close(s);
}

static void test_wrong_use(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    static uint8_t big[(1u << 18) + 1];
    uint8_t hash[32];
    struct bytes k = PC_BYTES_STR("k");
    assert_int_equal(store_put(s, STORE_RELEASE, k, k), PC_E_USAGE);
    assert_int_equal(store_put(s, STORE_EVIDENCE, k, k), PC_E_USAGE);
    assert_int_equal(store_put(s, STORE_CURSOR, bytes_of(NULL, 0), k), PC_E_USAGE);
    assert_int_equal(store_put(s, STORE_KINDS, k, k), PC_E_USAGE);
    assert_int_equal(store_put(s, STORE_CURSOR, bytes_of(big, STORE_KEY_MAX), k), PC_OK);
    assert_int_equal(store_put(s, STORE_CURSOR, bytes_of(big, STORE_KEY_MAX + 1), k),
                     PC_E_TOO_LARGE);
    assert_int_equal(store_put(s, STORE_CURSOR, k, bytes_of(big, 1u << 18)), PC_OK);
    assert_int_equal(store_put(s, STORE_CURSOR, k, PC_BYTES(big)), PC_E_TOO_LARGE);
    assert_int_equal(store_append(s, bytes_of(big, 4096), NULL), PC_OK);
    assert_int_equal(store_append(s, bytes_of(big, 4097), NULL), PC_E_TOO_LARGE);
    assert_int_equal(store_put_content(s, STORE_CURSOR, k, hash), PC_E_USAGE);
    store_close(s);
}

static void test_write_is_atomic(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    static uint8_t big[(1u << 18) + 1];
    struct store_op ops[3] = {
        {.kind = STORE_CURSOR, .key = PC_BYTES_STR("a"), .value = PC_BYTES_STR("1")},
        {.kind = STORE_TRANSCRIPT, .key = PC_BYTES_STR("b"), .value = PC_BYTES_STR("2")},
        {.kind = STORE_CURSOR, .key = PC_BYTES_STR("c"), .value = PC_BYTES(big)},
    };
    assert_int_equal(store_write(s, ops, 3), PC_E_TOO_LARGE);
    assert_int_equal(got(s, STORE_CURSOR, ops[0].key), PC_E_NOT_FOUND);
    assert_int_equal(store_write(s, ops, 2), PC_OK);
    expect(s, STORE_TRANSCRIPT, ops[1].key, "2");
    ops[0].erase = true;
    assert_int_equal(store_write(s, ops, 2), PC_OK);
    assert_int_equal(got(s, STORE_CURSOR, ops[0].key), PC_E_NOT_FOUND);
    store_close(s);
}

static void test_content(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    uint8_t h1[32], h2[32], want[32];
    uint64_t count, bytes;
    struct bytes v = PC_BYTES_STR("evidence");
    sha256(want, v);
    assert_int_equal(store_put_content(s, STORE_EVIDENCE, v, h1), PC_OK);
    assert_memory_equal(h1, want, 32);
    assert_int_equal(store_put_content(s, STORE_EVIDENCE, v, h2), PC_OK);
    store_stat(s, STORE_EVIDENCE, &count, &bytes);
    assert_int_equal(count, 1);
    expect(s, STORE_EVIDENCE, PC_BYTES(h1), "evidence");
    assert_int_equal(got(s, STORE_COLLATERAL, PC_BYTES(h1)), PC_E_NOT_FOUND);
    store_close(s);
}

static enum err_code count_up(void *ctx, struct bytes key, struct bytes value)
{
    uint64_t *next = ctx;
    assert_int_equal(key.n, 8);
    assert_int_equal(load_be64(key.p), *next);
    assert_int_equal(load_be64(value.p), *next * 3);
    ++*next;
    return PC_OK;
}

static enum err_code stop_after_two(void *ctx, struct bytes key, struct bytes value)
{
    (void)key, (void)value;
    return ++*(int *)ctx == 2 ? PC_E_NOT_FOUND : PC_OK;
}

static void test_log(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    for (uint64_t i = 1; i <= 300; i++) {
        uint8_t v[8];
        uint64_t seq;
        store_be64(v, i * 3);
        assert_int_equal(store_append(s, PC_BYTES(v), &seq), PC_OK);
        assert_int_equal(seq, i);
    }
    uint64_t next = 1;
    size_t damaged = 9;
    assert_int_equal(store_each(s, STORE_RELEASE, bytes_of(NULL, 0), count_up, &next, &damaged),
                     PC_OK);
    assert_int_equal(next, 301);
    assert_int_equal(damaged, 0);
    uint8_t from[8];
    store_be64(from, 250);
    next = 250;
    assert_int_equal(store_each(s, STORE_RELEASE, PC_BYTES(from), count_up, &next, NULL), PC_OK);
    assert_int_equal(next, 301);
    int seen = 0;
    assert_int_equal(store_each(s, STORE_RELEASE, PC_BYTES(from), stop_after_two, &seen, NULL),
                     PC_OK);
    assert_int_equal(seen, 2);
    enum err_code verdict = PC_E_DISAGREE;
    assert_int_equal(store_each(s, STORE_RELEASE, PC_BYTES(from), refuse, &verdict, NULL),
                     PC_E_DISAGREE);
    store_close(s);
}

/* 32 MiB of collateral: the 33rd megabyte pushes the first out, and an old one read often is no
 * younger for it. */
static void test_ring_by_bytes(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    uint8_t *mb = calloc(1, 1u << 20);
    uint8_t hash[34][32];
    uint64_t count, bytes;
    assert_non_null(mb);
    for (int i = 0; i < 34; i++) {
        mb[0] = (uint8_t)i;
        assert_int_equal(store_put_content(s, STORE_COLLATERAL, bytes_of(mb, 1u << 20), hash[i]),
                         PC_OK);
    }
    store_stat(s, STORE_COLLATERAL, &count, &bytes);
    assert_int_equal(count, 32);
    assert_int_equal(bytes, 32u << 20);
    assert_int_equal(got(s, STORE_COLLATERAL, PC_BYTES(hash[0])), PC_E_NOT_FOUND);
    assert_int_equal(got(s, STORE_COLLATERAL, PC_BYTES(hash[1])), PC_E_NOT_FOUND);
    assert_int_equal(got(s, STORE_COLLATERAL, PC_BYTES(hash[2])), PC_E_TOO_LARGE);
    assert_int_equal(store_verify(e, net_a, why), PC_OK);
    free(mb);
    store_close(s);
}

/* Cursors are not dropped: the 1,281st is refused, the others stay and can be replaced. */
static void test_cursors_stay(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    uint8_t k[2];
    for (uint16_t i = 0; i < 1280; i++) {
        store_be16(k, i);
        assert_int_equal(store_put(s, STORE_CURSOR, PC_BYTES(k), PC_BYTES_STR("x")), PC_OK);
    }
    store_be16(k, 1280);
    assert_int_equal(store_put(s, STORE_CURSOR, PC_BYTES(k), PC_BYTES_STR("x")), PC_E_FULL);
    assert_int_equal(got(s, STORE_CURSOR, PC_BYTES(k)), PC_E_NOT_FOUND);
    store_be16(k, 3);
    assert_int_equal(store_put(s, STORE_CURSOR, PC_BYTES(k), PC_BYTES_STR("y")), PC_OK);
    expect(s, STORE_CURSOR, PC_BYTES(k), "y");
    store_close(s);
}

/* Any changed byte of any stored value is found, by get and by the walk over all. */
static void test_every_byte_matters(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    uint8_t hash[32];
    assert_int_equal(store_put(s, STORE_CURSOR, PC_BYTES_STR("k"), PC_BYTES_STR("cursor")), PC_OK);
    assert_int_equal(store_put_content(s, STORE_EVIDENCE, PC_BYTES_STR("ev"), hash), PC_OK);
    assert_int_equal(store_append(s, PC_BYTES_STR("decision"), NULL), PC_OK);
    static const uint8_t one[8] = {0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t order[9] = {STORE_CURSOR, 0, 0, 0, 0, 0, 0, 0, 1};
    static const uint8_t count[6] = {'c', 'o', 'u', 'n', 't', STORE_EVIDENCE};
    const struct {
        int table;
        struct bytes key;
    } all[] = {
        {STORE_CURSOR, PC_BYTES_STR("k")},   {STORE_EVIDENCE, PC_BYTES(hash)},
        {STORE_RELEASE, PC_BYTES(one)},      {STORE_TABLE_ORDER, PC_BYTES(order)},
        {STORE_TABLE_META, PC_BYTES(count)}, {STORE_TABLE_META, PC_BYTES_STR("stamp")},
    };
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        size_t n = 0;
        uint8_t *v = store_mem_value(e, all[i].table, all[i].key, &n);
        assert_non_null(v);
        assert_true(n > 0);
        for (size_t at = 0; at < n * 8; at++) {
            v[at / 8] = (uint8_t)(v[at / 8] ^ 1u << at % 8);
            assert_int_not_equal(store_verify(e, net_a, why), PC_OK);
            assert_true(strlen(why) > 10);
            if (all[i].table < STORE_KINDS)
                assert_int_equal(got(s, (enum store_kind)all[i].table, all[i].key), PC_E_CORRUPT);
            v[at / 8] = (uint8_t)(v[at / 8] ^ 1u << at % 8);
        }
        assert_int_equal(store_verify(e, net_a, why), PC_OK);
    }
    store_close(s);
}

/* A damaged record can be replaced or erased, and the store is whole again. */
static void test_damage_is_repaired_by_writing(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    struct bytes k = PC_BYTES_STR("k");
    uint8_t hash[32];
    size_t n, damaged;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(store_put(s, STORE_CURSOR, k, PC_BYTES_STR("abc")), PC_OK);
        store_mem_value(e, STORE_CURSOR, k, &n)[15] ^= 0x40; /* its place in the order */
        assert_int_equal(got(s, STORE_CURSOR, k), PC_E_CORRUPT);
        int seen = 0;
        assert_int_equal(
            store_each(s, STORE_CURSOR, bytes_of(NULL, 0), stop_after_two, &seen, &damaged), PC_OK);
        assert_int_equal(seen, 0);
        assert_int_equal(damaged, 1);
        if (round == 0)
            assert_int_equal(store_put(s, STORE_CURSOR, k, PC_BYTES_STR("new")), PC_OK);
        else
            assert_int_equal(store_erase(s, STORE_CURSOR, k), PC_OK);
        assert_int_equal(store_verify(e, net_a, why), PC_OK);
    }
    assert_int_equal(store_put_content(s, STORE_EVIDENCE, PC_BYTES_STR("ev"), hash), PC_OK);
    store_mem_value(e, STORE_EVIDENCE, PC_BYTES(hash), &n)[33] ^= 1;
    assert_int_equal(store_put_content(s, STORE_EVIDENCE, PC_BYTES_STR("ev"), hash), PC_OK);
    expect(s, STORE_EVIDENCE, PC_BYTES(hash), "ev");
    assert_int_equal(store_verify(e, net_a, why), PC_OK);
    store_close(s);
}

static void put_stamp(struct store_engine *e, uint32_t schema, uint8_t net0)
{
    struct store_stamp st = {.schema = schema, .network_id = {net0, 1}};
    assert_int_equal(e->ops->begin(e, true), PC_OK);
    assert_int_equal(store_stamp_write(e, &st), PC_OK);
    assert_int_equal(e->ops->commit(e), PC_OK);
}

static void test_refused_stores(void **state)
{
    (void)state;
    struct store_engine *e = store_mem_new(NULL);
    struct store *s = NULL;
    put_stamp(e, STORE_SCHEMA, 0xbb);
    assert_int_equal(store_over(&s, e, net_a, why), PC_E_MISMATCH);
    assert_non_null(strstr(why, "bb010000"));
    assert_null(s);
    e = store_mem_new(NULL);
    put_stamp(e, STORE_SCHEMA + 1, 0xaa);
    assert_int_equal(store_over(&s, e, net_a, why), PC_E_UNSUPPORTED);
    assert_non_null(strstr(why, "newer"));
    e = store_mem_new(NULL);
    put_stamp(e, 0, 0xaa); /* older than the oldest */
    assert_int_equal(store_over(&s, e, net_a, why), PC_E_UNSUPPORTED);
    e = store_mem_new(NULL); /* records, no stamp */
    assert_int_equal(e->ops->begin(e, true), PC_OK);
    assert_int_equal(e->ops->put(e, STORE_CURSOR, PC_BYTES_STR("k"), PC_BYTES_STR("v")), PC_OK);
    assert_int_equal(e->ops->commit(e), PC_OK);
    assert_int_equal(store_over(&s, e, net_a, why), PC_E_CORRUPT);
    assert_non_null(strstr(why, "no stamp"));
    e = store_mem_new(NULL); /* a stamp, no counters */
    put_stamp(e, STORE_SCHEMA, 0xaa);
    assert_int_equal(store_over(&s, e, net_a, why), PC_E_CORRUPT);
}

static enum err_code lift_ok(struct store_engine *e)
{
    return e->ops->put(e, STORE_CURSOR, PC_BYTES_STR("lifted"), PC_BYTES_STR("1"));
}

static enum err_code lift_bad(struct store_engine *e)
{
    (void)lift_ok(e);
    return PC_E_CORRUPT;
}

static void test_migrate(void **state)
{
    (void)state;
    struct store_engine *e = store_mem_new(NULL);
    const struct migrate_step good[] = {{5, lift_ok}, {6, lift_ok}};
    const struct migrate_step bad[] = {{5, lift_bad}};
    struct store_stamp st = {.schema = 5, .network_id = {0xaa, 1}}, read;
    struct bytes v;
    put_stamp(e, 5, 0xaa);
    assert_int_equal(migrate_run(e, &st, 6, bad, 1), PC_E_CORRUPT);
    assert_int_equal(st.schema, 5);
    assert_int_equal(e->ops->begin(e, false), PC_OK);
    assert_int_equal(e->ops->get(e, STORE_CURSOR, PC_BYTES_STR("lifted"), &v), PC_E_NOT_FOUND);
    e->ops->abort(e);
    assert_int_equal(migrate_run(e, &st, 8, good, 2), PC_E_UNSUPPORTED); /* 7 is missing */
    assert_int_equal(st.schema, 7);
    assert_int_equal(migrate_run(e, &st, 6, good, 2), PC_E_UNSUPPORTED);
    assert_int_equal(e->ops->begin(e, false), PC_OK);
    assert_int_equal(store_stamp_read(e, &read), PC_OK);
    assert_int_equal(read.schema, 7);
    e->ops->abort(e);
    e->ops->close(e);
}

/* Fail each engine call of a fixed series of operations in turn: the store says so, keeps the old
 * state or has the new, verifies, and goes on working. */
static void sweep(enum err_code with)
{
    size_t calls = 0;
    for (size_t at = 0; at == 0 || at <= calls; at++) {
        struct store_mem_faults f = {0};
        struct store_engine *e;
        struct store *s = fresh(&e, &f);
        struct bytes k = PC_BYTES_STR("k");
        uint8_t hash[32];
        assert_int_equal(store_put(s, STORE_CURSOR, k, PC_BYTES_STR("old")), PC_OK);
        f = (struct store_mem_faults){.fail_at = at, .with = with};
        enum err_code put = store_put(s, STORE_CURSOR, k, PC_BYTES_STR("new"));
        enum err_code app = store_append(s, PC_BYTES_STR("d"), NULL);
        enum err_code con = store_put_content(s, STORE_EVIDENCE, PC_BYTES_STR("e"), hash);
        enum err_code del = store_erase(s, STORE_CURSOR, PC_BYTES_STR("k2"));
        if (at == 0)
            calls = f.calls;
        int failed = (put != PC_OK) + (app != PC_OK) + (con != PC_OK) + (del != PC_OK);
        if (with == PC_E_FULL) {
            assert_int_equal(failed, 0); /* grown and repeated */
            assert_int_equal(f.grown, at != 0);
        } else {
            assert_int_equal(failed, at != 0);
        }
        f.fail_at = 0;
        expect(s, STORE_CURSOR, k, put == PC_OK ? "new" : "old");
        assert_int_equal(store_verify(e, net_a, why), PC_OK);
        assert_int_equal(store_put(s, STORE_CURSOR, k, PC_BYTES_STR("more")), PC_OK);
        assert_int_equal(store_verify(e, net_a, why), PC_OK);
        store_close(s);
    }
    assert_true(calls > 15);
}

static void test_nth_failure(void **state)
{
    (void)state;
    sweep(PC_E_IO);
    sweep(PC_E_MEMORY);
}

static void test_map_grows(void **state)
{
    (void)state;
    sweep(PC_E_FULL);
}

/* A failure during creation leaves nothing that a second attempt would refuse. */
static void test_nth_failure_of_open(void **state)
{
    (void)state;
    for (size_t at = 1;; at++) {
        struct store_mem_faults f = {.fail_at = at, .with = PC_E_IO};
        struct store *s;
        enum err_code err = store_over(&s, store_mem_new(&f), net_a, why);
        if (err == PC_OK) {
            store_close(s);
            assert_true(at > 8);
            return;
        }
        assert_null(s);
        assert_int_equal(err, PC_E_IO);
        assert_true(strlen(why) > 0);
    }
}

/* Random operations against a plain model. */
static void test_model(void **state)
{
    (void)state;
    struct rng_seeded rng;
    rng_seeded_init(&rng, 7);
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    int model[16];
    memset(model, -1, sizeof model);
    for (int i = 0; i < 4000; i++) {
        uint8_t k = (uint8_t)rng_seeded_below(&rng, 16), v = (uint8_t)rng_seeded_below(&rng, 256);
        struct bytes key = bytes_of(&k, 1);
        if (rng_seeded_below(&rng, 3) == 0) {
            assert_int_equal(store_erase(s, STORE_TRANSCRIPT, key), PC_OK);
            model[k] = -1;
        } else {
            assert_int_equal(store_put(s, STORE_TRANSCRIPT, key, bytes_of(&v, 1)), PC_OK);
            model[k] = v;
        }
        uint8_t q = (uint8_t)rng_seeded_below(&rng, 16), out;
        size_t n;
        enum err_code err =
            store_get(s, STORE_TRANSCRIPT, bytes_of(&q, 1), &out, 1, &n, accept_all, NULL);
        assert_int_equal(err, model[q] < 0 ? PC_E_NOT_FOUND : PC_OK);
        if (err == PC_OK)
            assert_int_equal(out, model[q]);
    }
    assert_int_equal(store_verify(e, net_a, why), PC_OK);
    store_close(s);
}

/* A limit of one's own: lower ones drop the oldest at once, higher ones let more in. */
static void test_limit(void **state)
{
    (void)state;
    struct store_engine *e;
    struct store *s = fresh(&e, NULL);
    uint64_t count, bytes;
    uint8_t key[4];
    for (uint32_t i = 0; i < 10; i++) {
        store_be32(key, i);
        assert_int_equal(store_put(s, STORE_TRANSCRIPT, PC_BYTES(key), PC_BYTES_STR("0123456789")),
                         PC_OK);
    }
    assert_int_equal(store_limit(s, STORE_TRANSCRIPT, 4, 1000), PC_OK);
    store_stat(s, STORE_TRANSCRIPT, &count, &bytes);
    assert_int_equal(count, 4);
    assert_int_equal(got(s, STORE_TRANSCRIPT, PC_BYTES(key)), PC_OK); /* the youngest stays */
    store_be32(key, 5);
    assert_int_equal(got(s, STORE_TRANSCRIPT, PC_BYTES(key)), PC_E_NOT_FOUND);
    assert_int_equal(store_limit(s, STORE_TRANSCRIPT, 100, 25), PC_OK); /* by bytes */
    store_stat(s, STORE_TRANSCRIPT, &count, &bytes);
    assert_int_equal(count, 2);
    assert_int_equal(bytes, 20);
    assert_int_equal(store_limit(s, STORE_TRANSCRIPT, 5000, 1 << 20), PC_OK);
    for (uint32_t i = 0; i < 4500; i++) { /* the default is 4096 */
        store_be32(key, i);
        assert_int_equal(store_put(s, STORE_TRANSCRIPT, PC_BYTES(key), PC_BYTES_STR("x")), PC_OK);
    }
    store_stat(s, STORE_TRANSCRIPT, &count, &bytes);
    assert_int_equal(count, 4500);
    assert_int_equal(store_limit(s, STORE_TRANSCRIPT, 0, 1), PC_E_USAGE);
    assert_int_equal(store_limit(s, STORE_TRANSCRIPT, 1, 0), PC_E_USAGE);
    assert_int_equal(store_limit(s, STORE_CURSOR, 1, 1), PC_E_USAGE);
    assert_int_equal(store_limit(s, STORE_KINDS, 1, 1), PC_E_USAGE);
    assert_int_equal(store_verify(e, net_a, why), PC_OK);
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_put_get_erase),
        cmocka_unit_test(test_check_is_asked),
        cmocka_unit_test(test_wrong_use),
        cmocka_unit_test(test_write_is_atomic),
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_log),
        cmocka_unit_test(test_ring_by_bytes),
        cmocka_unit_test(test_cursors_stay),
        cmocka_unit_test(test_every_byte_matters),
        cmocka_unit_test(test_damage_is_repaired_by_writing),
        cmocka_unit_test(test_refused_stores),
        cmocka_unit_test(test_migrate),
        cmocka_unit_test(test_nth_failure),
        cmocka_unit_test(test_map_grows),
        cmocka_unit_test(test_nth_failure_of_open),
        cmocka_unit_test(test_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
