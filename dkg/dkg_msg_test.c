/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unit_test.h"
#include "dkg/dkg_sid.h"
#include "dkg/testkit.h"

static void bitmaps_are_uint256_big_endian(void **state)
{
    (void)state;
    struct dkg_bitmap m = {{0}}, o = {{0}};

    dkg_bitmap_set(&m, 1);
    dkg_bitmap_set(&m, 9);
    dkg_bitmap_set(&m, 256);
    assert_int_equal(m.b[31], 1);
    assert_int_equal(m.b[30], 1);
    assert_int_equal(m.b[0], 0x80);
    assert_int_equal(dkg_bitmap_count(&m), 3);
    assert_true(dkg_bitmap_test(&m, 256));
    assert_false(dkg_bitmap_test(&m, 0));
    assert_false(dkg_bitmap_test(&m, 257));
    assert_false(dkg_bitmap_test(&m, 65535));
    assert_true(dkg_bitmap_fits(&m, 256));
    assert_false(dkg_bitmap_fits(&m, 255));
    dkg_bitmap_clear(&m, 256);
    assert_true(dkg_bitmap_fits(&m, 9));
    assert_false(dkg_bitmap_fits(&m, 8));
    dkg_bitmap_set(&o, 9);
    assert_true(dkg_bitmap_within(&o, &m));
    assert_false(dkg_bitmap_within(&m, &o));
    assert_false(dkg_bitmap_equal(&m, &o));
    dkg_bitmap_clear(&o, 9);
    assert_true(dkg_bitmap_empty(&o));
}

/* SPEC 6's table. */
static void params_follow_the_table(void **state)
{
    (void)state;
    static const uint16_t rows[][4] = {
        {3, 2, 0, 2}, {6, 4, 1, 5}, {9, 5, 2, 7}, {64, 33, 15, 48}, {256, 129, 63, 192},
    };
    struct dkg_params p;

    for (size_t i = 0; i < PC_ARRAY_LEN(rows); i++) {
        assert_int_equal(dkg_params_of(&p, rows[i][0], rows[i][1]), PC_OK);
        assert_int_equal(p.b, rows[i][2]);
        assert_int_equal(p.a, rows[i][3]);
        assert_int_equal(p.q, rows[i][0] / 2 + 1);
        assert_true(p.a <= p.n - p.b);
    }
}

static void test_A15_sizes_out_of_range(void **state)
{
    (void)state;
    static const uint32_t bad[][2] = {
        {6, 0},     {6, 1}, {6, 3},     {6, 7},         {2, 2},
        {1, 1},     {0, 0}, {257, 129}, {65539, 32770}, {UINT32_MAX, UINT32_MAX},
        {6, 65540},
    };
    struct dkg_params p;

    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        assert_int_equal(dkg_params_of(&p, bad[i][0], bad[i][1]), PC_E_USAGE);
        assert_int_equal(p.n, 0);
    }
    /* The largest blob is what the documents say, and no product overflows. */
    assert_int_equal(DKG_BLOB_MAX, 58 + 32 * (2 * 256 + 6));
    /* Every size that is allowed keeps a majority's properties. */
    for (uint32_t n = 3; n <= 256; n++)
        for (uint32_t t = n / 2 + 1; t <= n; t++) {
            assert_int_equal(dkg_params_of(&p, n, t), PC_OK);
            assert_true(2u * p.a > n && p.a <= n && p.q > n - t);
        }
}

static void sid_binds_every_field(void **state)
{
    (void)state;
    struct dkg_open o, changed;
    uint8_t sid[32], other[32];

    memset(&o, 0, sizeof o);
    o.n = 6;
    o.t = 4;
    o.keys = 1;
    o.old_keys = 1;
    assert_int_equal(dkg_sid(sid, &o), PC_OK);
#define DIFFERS(change)                                                                            \
    do {                                                                                           \
        changed = o;                                                                               \
        change;                                                                                    \
        assert_int_equal(dkg_sid(other, &changed), PC_OK);                                         \
        assert_memory_not_equal(sid, other, 32);                                                   \
    } while (0)
    DIFFERS(changed.network_id[31] = 1);
    DIFFERS(changed.epoch = 1);
    DIFFERS(changed.attempt = 1);
    DIFFERS(changed.open_hash[0] = 1);
    DIFFERS(changed.old_epoch = 1);
    DIFFERS(changed.old_n = 1);
    DIFFERS(changed.old_t = 1);
    DIFFERS(changed.old_root[5] = 1);
    DIFFERS(changed.old_keys = 0);
    DIFFERS(changed.old_y_hash[0][7] = 1);
    DIFFERS(changed.n = 7);
    DIFFERS(changed.t = 5);
    DIFFERS(changed.root[0] = 1);
    DIFFERS(changed.keys = 0);
    DIFFERS(changed.key[0].index = 1);
    DIFFERS(changed.key[0].key_class = 1);
    DIFFERS(changed.key[0].of[0] = 1);
    DIFFERS(changed.protocol = 2);
#undef DIFFERS
    o.keys = DKG_KEYS + 1;
    assert_int_equal(dkg_sid(sid, &o), PC_E_TOO_LARGE);
}

static void root_binds_every_seat(void **state)
{
    (void)state;
    struct dkg_member m[3], c[3];
    uint8_t root[32], other[32];

    memset(m, 0, sizeof m);
    m[0].node_id = 7;
    m[0].ek[0] = 1;
    m[0].domains = 2;
    m[2].node_id = 9;
    assert_int_equal(dkg_member_root(root, m, 3), PC_OK);
#define DIFFERS(change)                                                                            \
    do {                                                                                           \
        memcpy(c, m, sizeof c);                                                                    \
        change;                                                                                    \
        assert_int_equal(dkg_member_root(other, c, 3), PC_OK);                                     \
        assert_memory_not_equal(root, other, 32);                                                  \
    } while (0)
    DIFFERS(c[0].node_id = 8);
    DIFFERS(c[0].ek[0] = 2);
    DIFFERS(c[0].pop.b[63] = 1);
    DIFFERS(c[0].keys_hash[0] = 1);
    DIFFERS(c[0].domains = 1);
    DIFFERS(c[0].domain[1][0] = 1);
    DIFFERS(c[1] = m[2]; c[2] = m[1]);
#undef DIFFERS
    assert_int_equal(dkg_member_root(other, m, 2), PC_OK);
    assert_memory_not_equal(root, other, 32);
    m[1].ek[3] = 1; /* an empty seat with something in it */
    assert_int_equal(dkg_member_root(root, m, 3), PC_E_MALFORMED);
    m[1].ek[3] = 0;
    m[2].domains = DKG_MAX_DOMAINS + 1;
    assert_int_equal(dkg_member_root(root, m, 3), PC_E_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bitmaps_are_uint256_big_endian), cmocka_unit_test(params_follow_the_table),
        cmocka_unit_test(test_A15_sizes_out_of_range),    cmocka_unit_test(sid_binds_every_field),
        cmocka_unit_test(root_binds_every_seat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
