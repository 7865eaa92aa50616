/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/ncall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"

struct row {
    unsigned kind;
    struct evm_word hash;
    uint8_t body[256], calldata[1024];
    size_t body_len, calldata_len;
};

static struct row rows[6];

static size_t unhex(uint8_t *out, size_t cap, const char *text)
{
    size_t n = strlen(text) / 2;
    assert_true(n <= cap);
    assert_int_equal(hex_decode(out, n, text, strlen(text)), PC_OK);
    return n;
}

static int load(void **state)
{
    (void)state;
    FILE *f = fopen(PC_SOURCE_DIR "/chain/testdata/calls.txt", "r");
    static char hash[80], body[600], calldata[2100];
    if (f == NULL)
        return -1;
    for (size_t i = 0; i < 6; i++) {
        struct row *r = &rows[i];
        if (fscanf(f, "%u %79s %599s %2099s", &r->kind, hash, body, calldata) != 4)
            return -1;
        unhex(r->hash.b, 32, hash);
        r->body_len = unhex(r->body, sizeof r->body, body);
        r->calldata_len = unhex(r->calldata, sizeof r->calldata, calldata);
    }
    return fclose(f);
}

static struct ncall call_of(const struct row *r)
{
    struct ncall c = {
        .kind = (enum ncall_kind)r->kind, .id = 7, .epoch = 5, .attempt = 2, .seq = 1700000000123};
    assert_int_equal(ncall_body_read(&c, bytes_of(r->body, r->body_len)), PC_OK);
    return c;
}

static struct ncall_sender sender_of(const struct row *r)
{
    struct ncall_sender s = {.hint = 3};
    memset(s.ed25519, 0xed, 32);
    memset(s.x25519, 0x25, 32);
    memset(s.sig.b, 0x11, 32);
    memset(s.sig.b + 32, 0x22, 32);
    s.sig.b[64] = 28;
    if (r->kind == PC_NCALL_SET_ENDPOINT)
        s.endpoint = PC_BYTES_STR("node7.example:7001:8001");
    return s;
}

static void as_another_encoder_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        struct ncall c = call_of(&rows[i]);
        struct ncall_sender s = sender_of(&rows[i]);
        struct evm_word hash;
        ncall_struct_hash(&hash, &c);
        assert_memory_equal(hash.b, rows[i].hash.b, 32);
        uint8_t buf[1024];
        struct bytes out;
        assert_int_equal(ncall_calldata(&out, buf, sizeof buf, &c, &s), PC_OK);
        assert_int_equal(out.n, rows[i].calldata_len);
        assert_memory_equal(out.p, rows[i].calldata, out.n);
        for (size_t cap = 0; cap < out.n; cap++)
            assert_int_equal(ncall_calldata(&out, buf, cap, &c, &s), PC_E_TOO_LARGE);
        struct writer w = writer_of(buf, sizeof buf);
        assert_int_equal(ncall_body_write(&w, &c), PC_OK);
        assert_int_equal(w.n, rows[i].body_len);
        assert_memory_equal(buf, rows[i].body, w.n);
    }
}

static void every_field_is_in_the_hash(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        uint8_t body[256];
        memcpy(body, rows[i].body, rows[i].body_len);
        for (size_t j = 0; j < rows[i].body_len; j++) {
            struct ncall c = call_of(&rows[i]);
            struct evm_word hash;
            body[j] ^= 1;
            if (ncall_body_read(&c, bytes_of(body, rows[i].body_len)) == PC_OK) {
                ncall_struct_hash(&hash, &c);
                assert_memory_not_equal(hash.b, rows[i].hash.b, 32);
            }
            body[j] ^= 1;
        }
        struct evm_word hash;
        struct ncall c = call_of(&rows[i]);
        c.seq++;
        ncall_struct_hash(&hash, &c);
        assert_memory_not_equal(hash.b, rows[i].hash.b, 32);
        c = call_of(&rows[i]);
        c.id++;
        ncall_struct_hash(&hash, &c);
        assert_memory_not_equal(hash.b, rows[i].hash.b, 32);
    }
}

static void bodies_are_strict(void **state)
{
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        uint8_t body[300] = {0};
        memcpy(body, rows[i].body, rows[i].body_len);
        struct ncall c = {.kind = (enum ncall_kind)rows[i].kind};
        bool open_end = rows[i].kind == PC_NCALL_COMPLAIN; /* its proof has no fixed length here */
        for (size_t n = 0; n < rows[i].body_len; n++)
            if (!open_end || n < 64)
                assert_int_not_equal(ncall_body_read(&c, bytes_of(body, n)), PC_OK);
        enum err_code e = ncall_body_read(&c, bytes_of(body, rows[i].body_len + 1));
        assert_int_equal(e, open_end ? PC_OK : PC_E_TRAILING);
    }
    uint8_t big[64 + PC_NCALL_BYTES_MAX + 1] = {0};
    struct ncall c = {.kind = PC_NCALL_COMPLAIN};
    assert_int_equal(ncall_body_read(&c, PC_BYTES(big)), PC_E_TOO_LARGE);
    big[29] = 1; /* a dealer over u16 */
    assert_int_equal(ncall_body_read(&c, bytes_of(big, 100)), PC_E_TOO_LARGE);
}

static void an_endpoint_is_the_signed_one(void **state)
{
    (void)state;
    struct ncall c = call_of(&rows[5]);
    struct ncall_sender s = sender_of(&rows[5]);
    uint8_t buf[1024];
    struct bytes out;
    s.endpoint = PC_BYTES_STR("node7.example:7001:8002");
    assert_int_equal(ncall_calldata(&out, buf, sizeof buf, &c, &s), PC_E_MISMATCH);
    assert_null(out.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_another_encoder_has_them),
        cmocka_unit_test(every_field_is_in_the_hash),
        cmocka_unit_test(bodies_are_strict),
        cmocka_unit_test(an_endpoint_is_the_signed_one),
    };
    return cmocka_run_group_tests(tests, load, NULL);
}
