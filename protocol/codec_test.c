/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/codec.h"

#include "protocol/client_wire.h"
#include "protocol/ipc_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void test_text(void **state)
{
    (void)state;
    char out[400];
    struct wire_text t = wire_text_of(out, sizeof out);
    wire_text_ascii(&t, PC_BYTES_STR("a\"b\\c\n\xff"));
    assert_string_equal(out, "\"a\\\"b\\\\c\\x0a\\xff\"");
    t = wire_text_of(out, sizeof out);
    wire_text_u64(&t, UINT64_MAX);
    wire_text_u64(&t, 0);
    assert_string_equal(out, "184467440737095516150");
    uint8_t bytes[65];
    memset(bytes, 0xab, sizeof bytes);
    t = wire_text_of(out, sizeof out);
    wire_text_hex(&t, bytes_of(bytes, 64));
    assert_int_equal(t.n, 2 + 128);
    t = wire_text_of(out, sizeof out);
    wire_text_hex(&t, PC_BYTES(bytes));
    assert_string_equal(out + 130, "..(65)");
    for (size_t cap = 0; cap < 8; cap++) {
        memset(out, 'x', sizeof out);
        t = wire_text_of(out, cap);
        wire_text_str(&t, "hello");
        assert_int_equal(t.n, 5);
        assert_int_equal(out[cap], 'x'); /* never past the room */
        if (cap > 0)
            assert_int_equal(strlen(out), cap - 1 < 5 ? cap - 1 : 5);
    }
}

/* A struct that no decoder made, with counts that are too large: printing reads no further than the
 * arrays, and encoding refuses. */
static void test_wild_counts(void **state)
{
    (void)state;
    static char out[4096];
    static uint8_t buf[4096];
    struct ipc_release_fields *m = calloc(1, sizeof *m); /* the heap's guard is behind it */
    assert_non_null(m);
    m->node_index = 1;
    m->vendor = WIRE_VENDOR_TDX;
    m->scope_n = UINT16_MAX;
    m->platform_proof_n = UINT16_MAX;
    struct wire_text t = wire_text_of(out, sizeof out);
    ipc_text_release_fields(&t, m);
    assert_non_null(strstr(out, "..(255)"));
    struct bytes enc;
    assert_int_equal(ipc_encode_release_fields(&enc, buf, sizeof buf, m), PC_E_TOO_LARGE);
    m->scope_n = 255;
    m->platform_proof_n = 16;
    assert_int_equal(ipc_encode_release_fields(&enc, buf, sizeof buf, m), PC_OK);
    assert_int_equal(enc.n, IPC_RELEASE_FIELDS_BYTES);
    free(m);
}

/* Lists as views and as arrays say the same. */
static void test_lists(void **state)
{
    (void)state;
    static uint8_t buf[CLIENT_EPOCH_KEY_BYTES];
    uint8_t y[3][32] = {{1}, {2}, {3}}, one[32];
    struct client_epoch_key key = {.y = {.n = 3, .v = (const uint8_t(*)[32])y}}, back;
    struct bytes enc;
    assert_int_equal(client_encode_epoch_key(&enc, buf, sizeof buf, &key), PC_OK);
    assert_int_equal(client_decode_epoch_key(&back, enc), PC_OK);
    assert_int_equal(back.y.n, 3);
    assert_null(back.y.v);
    const struct client_b32_list *both[2] = {&key.y, &back.y};
    for (size_t k = 0; k < 2; k++) {
        struct client_b32_list rest = *both[k];
        for (uint8_t i = 0; i < 3; i++) {
            assert_true(client_b32_list_at(both[k], i, one));
            assert_int_equal(one[0], i + 1);
            assert_true(client_b32_list_next(&rest, one));
            assert_int_equal(one[0], i + 1);
        }
        assert_false(client_b32_list_at(both[k], 3, one));
        assert_false(client_b32_list_at(both[k], UINT32_MAX, one));
        assert_false(client_b32_list_next(&rest, one));
    }
    /* A view that is shorter than its count says, as no decoder makes it. */
    struct client_b32_list bad = {.n = 9, .raw = back.y.raw};
    assert_false(client_b32_list_at(&bad, 3, one));
    back.y = bad;
    assert_int_equal(client_encode_epoch_key(&enc, buf, sizeof buf, &back), PC_E_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_wild_counts),
        cmocka_unit_test(test_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
