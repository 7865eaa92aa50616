/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "crypto/group_tiny.h"

static const struct group *const all[] = {&group_ristretto255, &group_tiny61, &group_tiny13,
                                          &group_tiny5};

static void from_hex(uint8_t out[32], const char *text)
{
    assert_int_equal(hex_decode(out, 32, text, strlen(text)), PC_OK);
}

/* RFC 9496 A.1: small multiples of the generator, in order, by adding and by multiplying. */
static void ristretto_multiples(void **state)
{
    (void)state;
    static const char *const multiple[] = {
        "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
        "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
        "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
        "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
        "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    };
    const struct group *g = &group_ristretto255;
    struct point acc = {{0}}, want, got;
    for (size_t i = 0; i < PC_ARRAY_LEN(multiple); i++) {
        struct scalar s;
        uint8_t raw[32];
        from_hex(raw, multiple[i]);
        assert_int_equal(group_point_decode(g, &want, raw), PC_OK);
        group_add(g, &acc, &acc, &g->generator);
        assert_true(group_point_equal(&acc, &want));
        group_scalar_from_u64(g, &s, i + 1);
        group_base_mult(g, &got, &s);
        assert_true(group_point_equal(&got, &want));
        group_mult(g, &got, &s, &g->generator);
        assert_true(group_point_equal(&got, &want));
    }
}

/* A11 and RFC 9496 A.3: what must not decode. */
static void a11_bad_points(void **state)
{
    (void)state;
    static const char *const bad[] = {
        /* not canonical field elements */
        "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        /* negative field elements */
        "0100000000000000000000000000000000000000000000000000000000000000",
        "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
        "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
        "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
        "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
        "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
        "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
        /* no square root */
        "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
        "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
        "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad87",
        "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
        "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
        "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
        "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
        "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
        /* xy negative */
        "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
        "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
        "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
        "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
        "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
        "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
        "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
        "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
        /* s = -1, y = 0 */
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    struct point p;
    uint8_t raw[32];
    for (size_t i = 0; i < PC_ARRAY_LEN(bad); i++) {
        from_hex(raw, bad[i]);
        memset(&p, 0xcc, sizeof p);
        assert_int_equal(group_point_decode(&group_ristretto255, &p, raw), PC_E_NOT_CANONICAL);
        assert_true(group_is_identity(&p));
        struct point acc = group_ristretto255.generator;
        assert_int_equal(group_accumulate_var(&group_ristretto255, &acc, raw), PC_E_NOT_CANONICAL);
        assert_true(group_point_equal(&acc, &group_ristretto255.generator));
    }
    memset(raw, 0, sizeof raw);
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        struct point acc = all[i]->generator;
        assert_int_equal(group_point_decode(all[i], &p, raw), PC_E_IDENTITY);
        assert_int_equal(group_accumulate_var(all[i], &acc, raw), PC_E_IDENTITY);
        assert_true(group_point_equal(&acc, &all[i]->generator));
    }
}

/* The top bit of a good encoding, which libsodium 1.0.18 ignores: a second encoding of one element.
 */
static void top_bit_is_refused(void **state)
{
    (void)state;
    const struct group *g = &group_ristretto255;
    struct rng_seeded rng;
    struct point p, q;
    uint8_t raw[32];
    rng_seeded_init(&rng, 255);
    for (int i = 0; i < 50; i++) {
        struct scalar s;
        group_scalar_random(g, &s, &rng.rng);
        group_base_mult(g, &p, &s);
        memcpy(raw, p.b, 32);
        assert_int_equal(group_point_decode(g, &q, raw), PC_OK);
        q = p;
        assert_int_equal(group_accumulate_var(g, &q, raw), PC_OK);
        raw[31] |= 0x80;
        assert_int_equal(group_point_decode(g, &q, raw), PC_E_NOT_CANONICAL);
        assert_true(group_is_identity(&q));
        assert_int_equal(group_accumulate_var(g, &q, raw), PC_E_NOT_CANONICAL);
        assert_true(group_is_identity(&q));
    }
    memset(raw, 0, 32);
    raw[31] = 0x80; /* the identity with the top bit */
    assert_int_equal(group_point_decode(g, &q, raw), PC_E_NOT_CANONICAL);
    assert_int_equal(group_accumulate_var(g, &q, raw), PC_E_NOT_CANONICAL);
}

/* RFC 9496 A.2: the map from 64 uniform bytes. */
static void ristretto_map(void **state)
{
    (void)state;
    static const char in[] = "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
                             "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6";
    uint8_t wide[64], want[32];
    struct point p;
    assert_int_equal(hex_decode(wide, 64, in, strlen(in)), PC_OK);
    from_hex(want, "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46");
    group_from_uniform(&group_ristretto255, &p, wide);
    assert_memory_equal(p.b, want, 32);
}

static void add_small(uint8_t b[32], int delta)
{
    for (size_t i = 0; delta != 0 && i < 32; i++) {
        int v = b[i] + delta;
        b[i] = (uint8_t)(v & 0xff);
        delta = v < 0 ? -1 : v > 255 ? 1 : 0;
    }
}

/* A12: scalars at, below and above the order; every single bit beyond it. */
static void a12_scalars(void **state)
{
    (void)state;
    static const char order_hex[] =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    const struct group *g = &group_ristretto255;
    uint8_t order[32], b[32];
    struct scalar s, one, sum;
    from_hex(order, order_hex);
    assert_int_equal(group_scalar_decode(g, &s, order), PC_E_NOT_CANONICAL);
    assert_true(scalar_is_zero(&s));
    for (int d = -3; d <= 300; d++) {
        memcpy(b, order, 32);
        add_small(b, d);
        assert_int_equal(group_scalar_decode(g, &s, b), d < 0 ? PC_OK : PC_E_NOT_CANONICAL);
    }
    /* the largest plus one is zero */
    memcpy(b, order, 32);
    add_small(b, -1);
    assert_int_equal(group_scalar_decode(g, &s, b), PC_OK);
    group_scalar_from_u64(g, &one, 1);
    group_scalar_add(g, &sum, &s, &one);
    assert_true(scalar_is_zero(&sum));
    /* 1 with any bit from 2^253 on; 2^252 + 1 is below the order, 2^252 + 2^128 above */
    for (unsigned bit = 253; bit < 256; bit++) {
        memset(b, 0, 32);
        b[0] = 1;
        b[bit / 8] |= (uint8_t)(1u << (bit % 8));
        assert_int_equal(group_scalar_decode(g, &s, b), PC_E_NOT_CANONICAL);
    }
    memset(b, 0, 32);
    b[31] = 0x10;
    b[0] = 1;
    assert_int_equal(group_scalar_decode(g, &s, b), PC_OK);
    b[16] = 1;
    assert_int_equal(group_scalar_decode(g, &s, b), PC_E_NOT_CANONICAL);
    memset(b, 0, 32);
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        assert_int_equal(group_scalar_decode(all[i], &s, b), PC_OK);
        assert_int_equal(group_scalar_decode_nonzero(all[i], &s, b), PC_E_NOT_CANONICAL);
    }
    b[0] = 13;
    assert_int_equal(group_scalar_decode(&group_tiny13, &s, b), PC_E_NOT_CANONICAL);
    b[0] = 12;
    assert_int_equal(group_scalar_decode(&group_tiny13, &s, b), PC_OK);
    b[20] = 1;
    assert_int_equal(group_scalar_decode(&group_tiny13, &s, b), PC_E_NOT_CANONICAL);
}

/* The laws that everything else relies on, in each group; identity and zero included. */
static void laws(void **state)
{
    (void)state;
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        const struct group *g = all[i];
        struct rng_seeded rng;
        rng_seeded_init(&rng, i);
        struct point identity = {{0}};
        struct scalar zero = {{0}};
        for (int round = 0; round < 40; round++) {
            struct scalar a, b, c, d;
            struct point pa, pb, p, q, list[6];
            group_scalar_random(g, &a, &rng.rng);
            group_scalar_random(g, &b, &rng.rng);
            group_base_mult(g, &pa, &a);
            group_base_mult(g, &pb, &b);
            assert_int_equal(group_point_decode(g, &p, pa.b), PC_OK);
            group_scalar_add(g, &c, &a, &b);
            group_base_mult(g, &p, &c);
            group_add(g, &q, &pa, &pb);
            assert_true(group_point_equal(&p, &q));
            group_sub(g, &q, &q, &pb);
            assert_true(group_point_equal(&q, &pa));
            group_sub(g, &q, &q, &pa);
            assert_true(group_is_identity(&q));
            group_scalar_mul(g, &c, &a, &b);
            group_base_mult(g, &p, &c);
            group_mult(g, &q, &a, &pb);
            assert_true(group_point_equal(&p, &q));
            group_scalar_invert(g, &d, &b);
            group_scalar_mul(g, &c, &c, &d);
            assert_true(scalar_equal(&c, &a));
            group_scalar_sub(g, &d, &a, &b);
            group_scalar_add(g, &d, &d, &b);
            assert_true(scalar_equal(&d, &a));
            group_scalar_neg(g, &d, &a);
            group_scalar_add(g, &d, &d, &a);
            assert_true(scalar_is_zero(&d));
            /* zero and identity */
            group_mult(g, &q, &zero, &pa);
            assert_true(group_is_identity(&q));
            group_mult(g, &q, &a, &identity);
            assert_true(group_is_identity(&q));
            group_base_mult(g, &q, &zero);
            assert_true(group_is_identity(&q));
            group_add(g, &q, &identity, &pa);
            assert_true(group_point_equal(&q, &pa));
            q = pa;
            assert_int_equal(group_accumulate_var(g, &q, pb.b), PC_OK);
            group_add(g, &p, &pa, &pb);
            assert_true(group_point_equal(&p, &q));
            /* sums: strided, aliased, empty */
            for (size_t k = 0; k < 6; k++)
                list[k] = k % 2 == 0 ? pa : pb;
            group_sum_var(g, &q, list, 2, 3);
            group_add(g, &p, &pa, &pa);
            group_add(g, &p, &p, &pa);
            assert_true(group_point_equal(&p, &q));
            group_sum_var(g, &q, list, 1, 0);
            assert_true(group_is_identity(&q));
            struct scalar two[2] = {a, b};
            group_lincomb_var(g, &q, two, list, 2);
            group_mult(g, &p, &a, &pa);
            group_mult(g, &pb, &b, &pb);
            group_add(g, &p, &p, &pb);
            assert_true(group_point_equal(&p, &q));
            two[0] = zero;
            list[1] = identity;
            group_lincomb_var(g, &q, two, list, 2);
            assert_true(group_is_identity(&q));
        }
    }
}

/* Reduction of 64 bytes: order * anything is zero, and u64 values survive. */
static void reduction(void **state)
{
    (void)state;
    uint8_t wide[64] = {0};
    struct scalar s, t;
    from_hex(wide, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    group_scalar_reduce(&group_ristretto255, &s, wide);
    assert_true(scalar_is_zero(&s));
    memset(wide, 0xff, sizeof wide);
    group_scalar_reduce(&group_ristretto255, &s, wide);
    /* 2^512 - 1 mod order */
    from_hex(t.b, "000f9c44e31106a447938568a71b0ed065bef517d273ecce3d9a307c1b419903");
    assert_true(scalar_equal(&s, &t));
    struct scalar one;
    for (size_t i = 0; i < PC_ARRAY_LEN(all); i++) {
        group_scalar_from_u64(all[i], &s, UINT64_MAX);
        group_scalar_from_u64(all[i], &t, UINT64_MAX - 1);
        group_scalar_from_u64(all[i], &one, 1);
        group_scalar_add(all[i], &t, &t, &one);
        assert_true(scalar_equal(&s, &t));
    }
}

/* Runs f in a child that may not dump core; true if it died by abort. */
static bool aborts(void (*f)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(1);
        f();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static struct point not_a_point = {{2}};

static void mult_invalid(void)
{
    struct point out;
    struct scalar s = {{5}};
    group_mult(&group_ristretto255, &out, &s, &not_a_point);
}

static void add_invalid(void)
{
    struct point out;
    group_add(&group_ristretto255, &out, &not_a_point, &not_a_point);
}

static void sum_invalid(void)
{
    struct point out;
    group_sum_var(&group_ristretto255, &out, &not_a_point, 1, 1);
}

static void invert_zero(void)
{
    struct scalar zero = {{0}}, out;
    group_scalar_invert(&group_ristretto255, &out, &zero);
}

static void zeros_only(struct rng *self, void *out, size_t n)
{
    (void)self;
    memset(out, 0, n);
}

static void random_from_zeros(void)
{
    struct rng r = {zeros_only};
    struct scalar out;
    group_scalar_random(&group_ristretto255, &out, &r);
}

static void harmless(void)
{
}

static void misuse_aborts(void **state)
{
    (void)state;
    assert_false(aborts(harmless));
    assert_true(aborts(mult_invalid));
    assert_true(aborts(add_invalid));
    assert_true(aborts(sum_invalid));
    assert_true(aborts(invert_zero));
    assert_true(aborts(random_from_zeros));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ristretto_multiples), cmocka_unit_test(a11_bad_points),
        cmocka_unit_test(top_bit_is_refused),  cmocka_unit_test(ristretto_map),
        cmocka_unit_test(a12_scalars),         cmocka_unit_test(laws),
        cmocka_unit_test(reduction),           cmocka_unit_test(misuse_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
