/* SPDX-License-Identifier: Apache-2.0 */
/* Chain's checkpoints in the store: two whole ones at most, and a death at any part leaves the
 * newest one that was whole. */
#include "node/polyclaved/testkit.h"

static struct pd t;
static uint8_t data[IPC_OBJECT_MAX];

static int setup(void **state)
{
    (void)state;
    pd_begin(&t, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    pd_end(&t);
    return 0;
}

/* Part `part` of a checkpoint that is filled with `fill`; was it kept? */
static bool put(uint8_t fill, uint32_t part, bool last, size_t n)
{
    struct ipc_dc_kept_put m = {.part = part, .last = last, .data = bytes_of(data, n)};
    struct ipc_dc_kept_put_r r;
    memset(data, fill, sizeof data);
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_kept_put, &m);
    KIT_HEAR(&t.kit, IPC_LINK_DC, dc_kept_put_r, DC_KEPT_PUT_R, &r);
    assert_int_equal(r.part, part);
    return r.kept;
}

/* How many parts that one has; `part` of it must be filled with `fill`. */
static uint32_t get(bool older, uint32_t part, uint8_t fill)
{
    struct ipc_dc_kept_get m = {.older = older, .part = part};
    struct ipc_dc_kept r;
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_kept_get, &m);
    KIT_HEAR(&t.kit, IPC_LINK_DC, dc_kept, DC_KEPT, &r);
    assert_true(r.older == older && r.part == part);
    assert_true((r.parts != 0) == (r.data.n != 0));
    for (size_t i = 0; i < r.data.n; i++)
        assert_int_equal(r.data.p[i], fill);
    return r.parts;
}

static void the_two_newest(void **state)
{
    (void)state;
    assert_int_equal(get(false, 0, 0), 0);
    assert_int_equal(get(true, 0, 0), 0);
    assert_true(put('a', 0, true, 100));
    assert_int_equal(get(false, 0, 'a'), 1);
    assert_int_equal(get(true, 0, 0), 0);
    assert_true(put('b', 0, false, IPC_OBJECT_MAX));
    assert_true(put('b', 1, false, IPC_OBJECT_MAX));
    assert_true(put('b', 2, true, 5));
    assert_true(put('c', 0, true, 100));
    pd_restart(&t, 2);
    assert_int_equal(get(false, 0, 'c'), 1);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(get(true, i, 'b'), 3);
    assert_int_equal(get(true, 3, 0), 0);
    assert_int_equal(get(false, IPC_PARTS_LAST, 0), 0);
    assert_true(put('d', 0, true, 1)); /* over the large one */
    assert_int_equal(get(false, 0, 'd'), 1);
    assert_int_equal(get(false, 1, 0), 0);
    assert_int_equal(get(true, 0, 'c'), 1);
}

static void a_death_on_the_way(void **state)
{
    (void)state;
    assert_true(put('a', 0, true, 10));
    assert_true(put('b', 0, false, 10));
    assert_true(put('b', 1, true, 10));
    assert_true(put('c', 0, false, 10));
    assert_true(put('c', 1, false, 10));
    pd_restart(&t, 1);
    assert_int_equal(get(false, 1, 'b'), 2);
    assert_int_equal(get(true, 0, 0), 0); /* was being written over */
    assert_false(put('c', 2, true, 10));  /* not gone on with */
    assert_int_equal(get(false, 0, 'b'), 2);
}

/* A new conversation with chain, or a part out of turn: the same. */
static void parts_out_of_turn(void **state)
{
    (void)state;
    assert_true(put('a', 0, true, 10));
    assert_true(put('b', 0, false, 10));
    kit_cut(&t.kit, IPC_LINK_DC);
    kit_connect(&t.kit, IPC_LINK_DC);
    kit_settle(&t.kit);
    assert_false(put('b', 1, true, 10));
    assert_true(put('b', 0, false, 10));
    assert_false(put('b', 2, true, 10));
    assert_false(put('b', 1, true, 10));
    assert_int_equal(get(false, 0, 'a'), 1);
    assert_int_equal(get(true, 0, 0), 0);
}

static void the_largest(void **state)
{
    (void)state;
    for (int twice = 0; twice < 3; twice++)
        for (uint32_t i = 0; i < IPC_PARTS_MAX; i++)
            assert_true(put('x', i, i == IPC_PARTS_LAST, IPC_OBJECT_MAX));
    assert_int_equal(get(false, IPC_PARTS_LAST, 'x'), IPC_PARTS_MAX);
    assert_int_equal(get(true, IPC_PARTS_LAST, 'x'), IPC_PARTS_MAX);
}

static void dropped(void **state)
{
    struct ipc_dc_kept_drop m = {0};
    (void)state;
    assert_true(put('a', 0, true, 10));
    assert_true(put('b', 0, true, 10));
    KIT_SAY(&t.kit, IPC_LINK_DC, dc_kept_drop, &m);
    assert_int_equal(get(false, 0, 0), 0);
    assert_int_equal(get(true, 0, 0), 0);
    assert_true(put('c', 0, true, 10));
    assert_int_equal(get(false, 0, 'c'), 1);
    assert_int_equal(get(true, 0, 0), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(the_two_newest), T(a_death_on_the_way), T(parts_out_of_turn), T(the_largest), T(dropped),
    };
    return cmocka_run_group_tests_name("polyclaved kept", tests, NULL, NULL);
}
