/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/channel.h"

#include "base/hex.h"
#include "base/mem.h"
#include "base/rng_seeded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * Published vectors: flynn/noise, file vectors.txt, as packaged by Debian 12 in
 * golang-github-flynn-noise-dev (/usr/share/gocode/src/github.com/flynn/noise/vectors.txt), entries
 * Noise_IK_25519_ChaChaPoly_SHA256. All share these keys; the prologue is "notsecret" or absent.
 */
static const char init_static[] =
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char resp_static[] =
    "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
static const char init_ephemeral[] =
    "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
static const char resp_ephemeral[] =
    "4142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f60";

struct vector {
    const char *prologue;
    const char *message[4]; /* two of the handshake, then one in each direction */
};

static const struct vector vectors[] = {
    {"",
     {"358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd1662544f8445e5dc2467b1e32653192d05"
      "dee85c4781bf0dd8d33ceebb5905a7a069f09e0d3f2cad1c842930a762eb75e52827f01d2c85189d527644b3221b"
      "4c3fc5cc",
      "64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466aabfe2e5b1650bbaa88e33679893"
      "fc77",
      "226ca869f2777611f37350a7ab446f650c0cfe2855b7f020ce658bcf100f2d",
      "90d84d69cd44829283b05d684879b53b8d714e51619b601438a1ae67caacd9"}},
    {"notsecret",
     {"358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd1662544f8445e5dc2467b1e32653192d05"
      "dee85c4781bf0dd8d33ceebb5905a7a069f0d6bc97dbce6f8f0ee33d49311a72d0f8c4ef8ef3bc70ccb18fd61ad6"
      "7dde7eda",
      "64b101b1d0be5a8704bd078f9895001fc03e8e9f9522f188dd128d9846d48466787857f66c036e974ef9d6335d2c"
      "cc5f",
      "226ca869f2777611f37350a7ab446f650c0cfe2855b7f020ce658bcf100f2d",
      "90d84d69cd44829283b05d684879b53b8d714e51619b601438a1ae67caacd9"}},
};
static const char *const payloads[2] = {"yellowsubmarine", "submarineyellow"};

/* Message 1 of the entry with prologue whose payload is "test_msg_0". */
static const char with_payload[] =
    "358072d6365880d1aeea329adf9121383851ed21a28e3b75e965d0d2cd1662544f8445e5dc2467b1e32653192d05de"
    "e85c4781bf0dd8d33ceebb5905a7a069f0d6bc97dbce6f8f0ee33d49311a72d0f80337527f958f92050deee33c1977"
    "7fa17306346367055751bb3f";

/* The next 32 bytes that anyone draws. */
struct fixed_rng {
    struct rng rng;
    uint8_t bytes[32];
};

static void fixed_fill(struct rng *self, void *out, size_t n)
{
    assert_int_equal(n, 32);
    memcpy(out, ((struct fixed_rng *)self)->bytes, n);
}

static struct fixed_rng fixed_of(const char *hex)
{
    struct fixed_rng r = {.rng = {fixed_fill}};
    assert_int_equal(hex_decode(r.bytes, 32, hex, 64), PC_OK);
    return r;
}

struct party {
    struct channel c;
    struct x25519_sk sk;
    struct x25519_pk pk;
};

static void party_of(struct party *p, const char *hex)
{
    memset(p, 0, sizeof *p);
    assert_int_equal(hex_decode(p->sk.b, 32, hex, 64), PC_OK);
    x25519_public(&p->pk, &p->sk);
}

/* What the vault does. */
static enum err_code give_dh(struct party *p)
{
    uint8_t shared[32];
    assert_int_equal(channel_next(&p->c), CHANNEL_WANTS_DH);
    enum err_code e = x25519_dh(shared, &p->sk, channel_dh_point(&p->c));
    if (e != PC_OK)
        memset(shared, 0, sizeof shared);
    return channel_dh_give(&p->c, shared);
}

static void check_hex(const uint8_t *p, size_t n, const char *hex)
{
    uint8_t want[256];
    assert_in_range(n, 1, sizeof want);
    assert_int_equal(strlen(hex), 2 * n);
    assert_int_equal(hex_decode(want, n, hex, 2 * n), PC_OK);
    assert_memory_equal(p, want, n);
}

/* Both parties, up to and including message 1. */
static void begin(struct party *i, struct party *r, const char *prologue,
                  uint8_t m1[static CHANNEL_HS1_BYTES])
{
    struct fixed_rng ri = fixed_of(init_ephemeral), rr = fixed_of(resp_ephemeral);
    struct bytes pro = bytes_of(prologue, strlen(prologue));
    size_t n;
    party_of(i, init_static);
    party_of(r, resp_static);
    channel_call(&i->c, pro, &i->pk, &r->pk, &ri.rng);
    channel_answer(&r->c, pro, &r->pk, &rr.rng);
    assert_int_equal(channel_next(&r->c), CHANNEL_WANTS_RECV);
    assert_int_equal(channel_hs_expects(&r->c), CHANNEL_HS1_BYTES);
    assert_memory_equal(channel_dh_point(&i->c)->b, r->pk.b, 32);
    assert_int_equal(give_dh(i), PC_OK);
    assert_int_equal(channel_next(&i->c), CHANNEL_WANTS_SEND);
    assert_int_equal(channel_hs_write(&i->c, m1, &n), PC_OK);
    assert_int_equal(n, CHANNEL_HS1_BYTES);
}

static void finish(struct party *i, struct party *r, const uint8_t *m1,
                   uint8_t m2[static CHANNEL_HS1_BYTES])
{
    size_t n;
    assert_int_equal(channel_hs_read(&r->c, bytes_of(m1, CHANNEL_HS1_BYTES)), PC_OK);
    assert_null(channel_remote(&r->c));
    assert_int_equal(give_dh(r), PC_OK);
    assert_memory_equal(channel_remote(&r->c)->b, i->pk.b, 32);
    assert_int_equal(give_dh(r), PC_OK);
    assert_int_equal(channel_hs_write(&r->c, m2, &n), PC_OK);
    assert_int_equal(n, CHANNEL_HS2_BYTES);
    assert_int_equal(channel_next(&r->c), CHANNEL_IS_OPEN);
    assert_int_equal(channel_hs_expects(&i->c), CHANNEL_HS2_BYTES);
    assert_int_equal(channel_hs_read(&i->c, bytes_of(m2, n)), PC_OK);
    assert_int_equal(give_dh(i), PC_OK);
    assert_int_equal(channel_next(&i->c), CHANNEL_IS_OPEN);
}

static void open_pair(struct party *i, struct party *r)
{
    uint8_t m1[CHANNEL_HS1_BYTES], m2[CHANNEL_HS1_BYTES];
    begin(i, r, "p", m1);
    finish(i, r, m1, m2);
}

static void test_vectors(void **state)
{
    (void)state;
    for (size_t v = 0; v < PC_ARRAY_LEN(vectors); v++) {
        struct party i, r;
        uint8_t m1[CHANNEL_HS1_BYTES], m2[CHANNEL_HS1_BYTES], ct[64], pt[64];
        begin(&i, &r, vectors[v].prologue, m1);
        check_hex(m1, CHANNEL_HS1_BYTES, vectors[v].message[0]);
        finish(&i, &r, m1, m2);
        check_hex(m2, CHANNEL_HS2_BYTES, vectors[v].message[1]);
        for (int d = 0; d < 2; d++) {
            struct channel *from = d == 0 ? &i.c : &r.c, *to = d == 0 ? &r.c : &i.c;
            struct bytes text = bytes_of(payloads[d], 15);
            assert_int_equal(channel_seal(from, ct, text), PC_OK);
            check_hex(ct, 31, vectors[v].message[2 + d]);
            assert_int_equal(channel_open(to, pt, bytes_of(ct, 31)), PC_OK);
            assert_memory_equal(pt, payloads[d], 15);
        }
    }
}

/* Genuine Noise, but with a payload in message 1: not our protocol. */
static void test_payload_in_message_1(void **state)
{
    (void)state;
    struct party i, r;
    uint8_t m1[CHANNEL_HS1_BYTES], long1[106];
    begin(&i, &r, "notsecret", m1);
    assert_int_equal(hex_decode(long1, sizeof long1, with_payload, 212), PC_OK);
    assert_int_equal(channel_hs_read(&r.c, PC_BYTES(long1)), PC_E_MALFORMED);
    assert_int_equal(channel_next(&r.c), CHANNEL_IS_DEAD);
}

static void test_other_prologue(void **state)
{
    (void)state;
    struct party i, r;
    struct fixed_rng rr = fixed_of(resp_ephemeral);
    uint8_t m1[CHANNEL_HS1_BYTES];
    begin(&i, &r, "one network", m1);
    channel_answer(&r.c, PC_BYTES_STR("another network"), &r.pk, &rr.rng);
    assert_int_equal(channel_hs_read(&r.c, PC_BYTES(m1)), PC_OK);
    assert_int_equal(give_dh(&r), PC_E_AUTH);
    assert_int_equal(channel_next(&r.c), CHANNEL_IS_DEAD);
    assert_null(channel_remote(&r.c));
}

/* Called under the key of somebody else. */
static void test_other_responder(void **state)
{
    (void)state;
    struct party i, r, other;
    uint8_t m1[CHANNEL_HS1_BYTES];
    begin(&i, &r, "p", m1);
    party_of(&other, init_ephemeral);
    struct fixed_rng rr = fixed_of(resp_ephemeral);
    channel_answer(&other.c, PC_BYTES_STR("p"), &other.pk, &rr.rng);
    assert_int_equal(channel_hs_read(&other.c, PC_BYTES(m1)), PC_OK);
    assert_int_equal(give_dh(&other), PC_E_AUTH);
}

/* Every byte of both handshake messages, altered; every length but the right one. */
static void test_tampered_handshake(void **state)
{
    (void)state;
    struct party i, r;
    uint8_t m1[CHANNEL_HS1_BYTES], m2[CHANNEL_HS1_BYTES];
    size_t n;
    for (size_t at = 0; at < CHANNEL_HS1_BYTES; at++) {
        begin(&i, &r, "p", m1);
        m1[at] ^= 1;
        assert_int_equal(channel_hs_read(&r.c, PC_BYTES(m1)), PC_OK);
        enum err_code e = give_dh(&r);
        if (e == PC_OK) {
            assert_true(at >= 80); /* the last tag is checked after the second DH */
            e = give_dh(&r);
        }
        assert_int_equal(e, PC_E_AUTH);
        assert_int_equal(channel_next(&r.c), CHANNEL_IS_DEAD);
        assert_int_equal(channel_hs_write(&r.c, m2, &n), PC_E_SEQUENCE);
        assert_int_equal(n, 0);
    }
    for (size_t at = 0; at < CHANNEL_HS2_BYTES; at++) {
        begin(&i, &r, "p", m1);
        struct party was = i;
        finish(&i, &r, m1, m2);
        i = was;
        m2[at] ^= 1;
        assert_int_equal(channel_hs_read(&i.c, bytes_of(m2, CHANNEL_HS2_BYTES)), PC_OK);
        assert_int_equal(give_dh(&i), PC_E_AUTH);
        assert_int_equal(channel_next(&i.c), CHANNEL_IS_DEAD);
    }
    for (size_t len = 0; len < 200; len++) {
        static const uint8_t zeros[200];
        begin(&i, &r, "p", m1);
        if (len != CHANNEL_HS1_BYTES)
            assert_int_equal(channel_hs_read(&r.c, bytes_of(zeros, len)), PC_E_MALFORMED);
        if (len != CHANNEL_HS2_BYTES)
            assert_int_equal(channel_hs_read(&i.c, bytes_of(zeros, len)), PC_E_MALFORMED);
    }
}

/* Points of small order give the all-zero DH: refused wherever they come in. */
static void test_zero_points(void **state)
{
    (void)state;
    struct party i, r;
    uint8_t m1[CHANNEL_HS1_BYTES], m2[CHANNEL_HS1_BYTES];
    begin(&i, &r, "p", m1);
    memset(m1, 0, 32);
    assert_int_equal(channel_hs_read(&r.c, PC_BYTES(m1)), PC_OK);
    assert_int_equal(give_dh(&r), PC_E_IDENTITY);
    begin(&i, &r, "p", m1);
    memset(m2, 0, 32);
    assert_int_equal(channel_hs_read(&i.c, bytes_of(m2, CHANNEL_HS2_BYTES)), PC_E_IDENTITY);
    assert_int_equal(channel_next(&i.c), CHANNEL_IS_DEAD);
    /* A responder whose key is such a point. */
    struct fixed_rng ri = fixed_of(init_ephemeral);
    struct x25519_pk zero = {{0}};
    size_t n;
    channel_call(&i.c, PC_BYTES_STR("p"), &i.pk, &zero, &ri.rng);
    uint8_t shared[32] = {1};
    assert_int_equal(channel_dh_give(&i.c, shared), PC_OK); /* a vault that does not look */
    assert_int_equal(channel_hs_write(&i.c, m1, &n), PC_E_IDENTITY);
}

/* Someone who knows the responder, but not the static key that he claims. */
static void test_wrong_static_key(void **state)
{
    (void)state;
    struct party i, r, liar;
    uint8_t m1[CHANNEL_HS1_BYTES];
    size_t n;
    begin(&i, &r, "p", m1);
    party_of(&liar, init_ephemeral);
    struct fixed_rng ri = fixed_of(init_ephemeral);
    channel_call(&liar.c, PC_BYTES_STR("p"), &i.pk, &r.pk, &ri.rng);
    assert_int_equal(give_dh(&liar), PC_OK); /* with his own key instead of i's */
    assert_int_equal(channel_hs_write(&liar.c, m1, &n), PC_OK);
    assert_int_equal(channel_hs_read(&r.c, PC_BYTES(m1)), PC_OK);
    assert_int_equal(give_dh(&r), PC_OK);
    assert_memory_equal(channel_remote(&r.c)->b, i.pk.b, 32); /* claimed, not proved */
    assert_int_equal(give_dh(&r), PC_E_AUTH);
}

/* Message 1 recorded and sent again: the responder answers under a fresh ephemeral, and whoever
 * lacks i's keys cannot go on. */
static void test_replayed_message_1(void **state)
{
    (void)state;
    struct party i, r;
    uint8_t m1[CHANNEL_HS1_BYTES], m2[CHANNEL_HS1_BYTES], again[CHANNEL_HS1_BYTES], ct[17], pt[1];
    size_t n;
    begin(&i, &r, "p", m1);
    finish(&i, &r, m1, m2);
    assert_int_equal(channel_seal(&i.c, ct, PC_BYTES_STR("x")), PC_OK);
    struct rng_seeded rng;
    rng_seeded_init(&rng, 1);
    channel_answer(&r.c, PC_BYTES_STR("p"), &r.pk, &rng.rng);
    assert_int_equal(channel_hs_read(&r.c, PC_BYTES(m1)), PC_OK);
    assert_int_equal(give_dh(&r), PC_OK);
    assert_int_equal(give_dh(&r), PC_OK);
    assert_int_equal(channel_hs_write(&r.c, again, &n), PC_OK);
    assert_memory_not_equal(again, m2, CHANNEL_HS2_BYTES);
    assert_int_equal(channel_open(&r.c, pt, PC_BYTES(ct)), PC_E_AUTH);
}

static void test_out_of_order_calls(void **state)
{
    (void)state;
    struct party i, r;
    uint8_t m1[CHANNEL_HS1_BYTES], ct[32] = {0}, shared[32] = {1};
    size_t n;
    struct channel zero = {0};
    assert_int_equal(channel_next(&zero), CHANNEL_IS_DEAD);
    assert_int_equal(channel_seal(&zero, ct, PC_BYTES_STR("x")), PC_E_SEQUENCE);
    assert_int_equal(channel_open(&zero, ct, PC_BYTES(ct)), PC_E_SEQUENCE);
    assert_int_equal(channel_hs_expects(&zero), 0);
    begin(&i, &r, "p", m1);
    assert_int_equal(channel_seal(&i.c, ct, PC_BYTES_STR("x")), PC_E_SEQUENCE); /* before the end */
    assert_int_equal(channel_hs_write(&i.c, m1, &n), PC_E_SEQUENCE);
    begin(&i, &r, "p", m1);
    assert_int_equal(channel_dh_give(&r.c, shared), PC_E_SEQUENCE);
    open_pair(&i, &r);
    assert_int_equal(channel_hs_read(&i.c, PC_BYTES(m1)), PC_E_SEQUENCE);
    assert_int_equal(channel_next(&i.c), CHANNEL_IS_DEAD);
}

static void test_replay_reorder_truncate(void **state)
{
    (void)state;
    struct party i, r;
    uint8_t ct[3][40], pt[40];
    for (int how = 0; how < 5; how++) {
        open_pair(&i, &r);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(channel_seal(&i.c, ct[k], bytes_of("abcdefgh", 8)), PC_OK);
        assert_int_equal(channel_open(&r.c, pt, bytes_of(ct[0], 24)), PC_OK);
        enum err_code e = PC_OK;
        switch (how) {
        case 0: /* replay */
            e = channel_open(&r.c, pt, bytes_of(ct[0], 24));
            break;
        case 1: /* one lost */
            e = channel_open(&r.c, pt, bytes_of(ct[2], 24));
            break;
        case 2: /* reflected to its sender */
            e = channel_open(&i.c, pt, bytes_of(ct[1], 24));
            break;
        case 3:
            e = channel_open(&r.c, pt, bytes_of(ct[1], 23));
            break;
        case 4:
            ct[1][3] ^= 0x80;
            e = channel_open(&r.c, pt, bytes_of(ct[1], 24));
            break;
        }
        assert_int_equal(e, PC_E_AUTH);
        struct channel *hit = how == 2 ? &i.c : &r.c;
        assert_int_equal(channel_next(hit), CHANNEL_IS_DEAD);
        assert_true(bytes_all_zero_var(bytes_of(hit, sizeof *hit)));
        assert_int_equal(channel_open(hit, pt, bytes_of(ct[1], 24)), PC_E_SEQUENCE);
    }
    for (size_t n = 0; n < CHANNEL_TAG_BYTES; n++) {
        open_pair(&i, &r);
        assert_int_equal(channel_open(&r.c, pt, bytes_of(ct[0], n)), PC_E_TRUNCATED);
    }
}

static void test_limits(void **state)
{
    (void)state;
    struct party i, r;
    static uint8_t pt[CHANNEL_PLAIN_MAX + 1], ct[CHANNEL_PLAIN_MAX + CHANNEL_TAG_BYTES + 1];
    open_pair(&i, &r);
    assert_int_equal(channel_seal(&i.c, ct, PC_BYTES(pt)), PC_E_TOO_LARGE);
    assert_int_equal(channel_seal(&i.c, ct, bytes_of(pt, CHANNEL_PLAIN_MAX)), PC_OK);
    assert_int_equal(channel_open(&r.c, ct, bytes_of(ct, 65535)), PC_OK); /* in place */
    assert_true(bytes_all_zero_var(bytes_of(ct, CHANNEL_PLAIN_MAX)));
    assert_int_equal(channel_open(&r.c, ct, PC_BYTES(ct)), PC_E_TOO_LARGE);
    open_pair(&i, &r);
    i.c.tx.n = r.c.rx.n = CHANNEL_MESSAGES_MAX - 1;
    assert_int_equal(channel_seal(&i.c, ct, PC_BYTES_STR("last")), PC_OK);
    assert_int_equal(channel_open(&r.c, pt, bytes_of(ct, 20)), PC_OK);
    assert_int_equal(channel_seal(&i.c, ct, PC_BYTES_STR("more")), PC_E_FULL);
    assert_int_equal(channel_next(&i.c), CHANNEL_IS_OPEN); /* it may still receive */
    assert_int_equal(channel_open(&r.c, pt, bytes_of(ct, 20)), PC_E_FULL);
}

static void test_rekey(void **state)
{
    (void)state;
    struct party i, r;
    uint8_t ct[17], pt[1], before[32];
    open_pair(&i, &r);
    memcpy(before, i.c.tx.k, 32);
    for (uint64_t n = 0; n < CHANNEL_REKEY_EVERY + 2; n++) {
        assert_int_equal(memcmp(before, i.c.tx.k, 32) == 0, n < CHANNEL_REKEY_EVERY);
        assert_int_equal(channel_seal(&i.c, ct, PC_BYTES_STR("x")), PC_OK);
        assert_int_equal(channel_open(&r.c, pt, PC_BYTES(ct)), PC_OK);
    }
    assert_memory_equal(i.c.tx.k, r.c.rx.k, 32);
    assert_memory_not_equal(i.c.rx.k, i.c.tx.k, 32); /* the quiet direction keeps its key */
    assert_memory_equal(i.c.rx.k, r.c.tx.k, 32);
}

/* Nothing of the handshake stays behind an open channel. */
static void test_ephemerals_are_wiped(void **state)
{
    (void)state;
    struct party i, r;
    open_pair(&i, &r);
    for (int k = 0; k < 2; k++) {
        struct channel *c = k == 0 ? &i.c : &r.c;
        assert_true(bytes_all_zero_var(PC_BYTES(c->e.b)));
        assert_true(bytes_all_zero_var(PC_BYTES(c->ck)));
        assert_true(bytes_all_zero_var(PC_BYTES(c->k)));
        assert_true(bytes_all_zero_var(PC_BYTES(c->pending)));
    }
    channel_wipe(&i.c);
    assert_true(bytes_all_zero_var(bytes_of(&i.c, sizeof i.c)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_payload_in_message_1),
        cmocka_unit_test(test_other_prologue),
        cmocka_unit_test(test_other_responder),
        cmocka_unit_test(test_tampered_handshake),
        cmocka_unit_test(test_zero_points),
        cmocka_unit_test(test_wrong_static_key),
        cmocka_unit_test(test_replayed_message_1),
        cmocka_unit_test(test_out_of_order_calls),
        cmocka_unit_test(test_replay_reorder_truncate),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_rekey),
        cmocka_unit_test(test_ephemerals_are_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
