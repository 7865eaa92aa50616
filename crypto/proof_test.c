/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng_seeded.h"
#include "base/unit_test.h"
#include "crypto/group_tiny.h"
#include "crypto/hash.h"
#include "crypto/labels.h"
#include "crypto/proof.h"
#include "crypto/transcript.h"

static const struct group *const groups[] = {&group_ristretto255, &group_tiny61};

struct setting {
    const struct group *g;
    struct rng_seeded rng;
    struct scalar secret;
    struct point statement;
};

static void setting_init(struct setting *s, const struct group *g, uint64_t seed)
{
    s->g = g;
    rng_seeded_init(&s->rng, seed);
    group_scalar_random(g, &s->secret, &s->rng.rng);
    group_base_mult(g, &s->statement, &s->secret);
}

/* A4: every field of the context is in the challenge; every bit of the proof counts. */
static void a4_pok_a(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setting s;
        setting_init(&s, groups[i], 4);
        const struct group *g = s.g;
        struct pok_a_context ctx = {.sid = {1}, .dealer = 3, .key_index = 5, .key_class = 1}, other;
        struct pok proof, bad;
        struct point foreign, identity = {{0}};
        pok_a_prove(&proof, g, &ctx, &s.secret, &s.statement, &s.rng.rng);
        assert_int_equal(pok_a_verify_var(g, &ctx, &s.statement, &proof), PC_OK);
        other = ctx;
        other.sid[31] = 1;
        assert_int_equal(pok_a_verify_var(g, &other, &s.statement, &proof), PC_E_PROOF);
        other = ctx;
        other.dealer = 4;
        assert_int_equal(pok_a_verify_var(g, &other, &s.statement, &proof), PC_E_PROOF);
        other = ctx;
        other.key_index = 6;
        assert_int_equal(pok_a_verify_var(g, &other, &s.statement, &proof), PC_E_PROOF);
        other = ctx;
        other.key_class = 2;
        assert_int_equal(pok_a_verify_var(g, &other, &s.statement, &proof), PC_E_PROOF);
        other = ctx;
        other.blob_hash[0] = 1;
        assert_int_equal(pok_a_verify_var(g, &other, &s.statement, &proof), PC_E_PROOF);
        group_add(g, &foreign, &s.statement, &g->generator);
        assert_int_equal(pok_a_verify_var(g, &ctx, &foreign, &proof), PC_E_PROOF);
        assert_int_equal(pok_a_verify_var(g, &ctx, &identity, &proof), PC_E_PROOF);
        memset(&foreign, 0xff, sizeof foreign);
        assert_int_equal(pok_a_verify_var(g, &ctx, &foreign, &proof), PC_E_PROOF);
        for (size_t bit = 0; bit < 8 * PC_POK_BYTES; bit++) {
            bad = proof;
            bad.b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            assert_int_equal(pok_a_verify_var(g, &ctx, &s.statement, &bad), PC_E_PROOF);
        }
    }
}

/* Rogue key without its logarithm: R and s chosen after the fact do not verify, nor does R = 0. */
static void a4_rogue_key(void **state)
{
    (void)state;
    struct setting s;
    setting_init(&s, &group_ristretto255, 44);
    const struct group *g = s.g;
    struct pok_a_context ctx = {.sid = {9}, .dealer = 2};
    struct point a, r;
    struct scalar z;
    struct pok forged = {{0}};
    group_sub(g, &a, &g->generator, &s.statement); /* X minus the honest sum: log unknown */
    assert_int_equal(pok_a_verify_var(g, &ctx, &a, &forged), PC_E_PROOF);
    group_scalar_random(g, &z, &s.rng.rng);
    group_base_mult(g, &r, &z);
    memcpy(forged.b, r.b, 32);
    memcpy(forged.b + 32, z.b, 32);
    assert_int_equal(pok_a_verify_var(g, &ctx, &a, &forged), PC_E_PROOF);
}

/* A13: the secret zero proves the identity correctly, and is refused all the same. */
static void a13_identity_statement(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setting s;
        setting_init(&s, groups[i], 13);
        const struct scalar zero = {{0}};
        const struct point identity = {{0}};
        struct pop_context pop = {.epoch = 1};
        struct complaint_context ctx = {.dealer = 1, .receiver = 2};
        struct pok proof;
        struct dleq dleq;
        struct point k;
        pop_prove(&proof, s.g, &pop, &zero, &identity, &s.rng.rng);
        assert_int_equal(pop_verify_var(s.g, &pop, &identity, &proof), PC_E_PROOF);
        complaint_prove(&k, &dleq, s.g, &ctx, &zero, &identity, &s.statement, &s.rng.rng);
        assert_int_equal(complaint_verify_var(s.g, &ctx, &identity, &s.statement, &k, &dleq),
                         PC_E_PROOF);
    }
}

/* A57: the possession proof is for this network, epoch, attempt and node alone. */
static void a57_pop(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setting s;
        setting_init(&s, groups[i], 57);
        struct pop_context ctx = {.network_id = {7}, .epoch = 4, .attempt = 2, .node_id = 6}, other;
        struct pok proof;
        pop_prove(&proof, s.g, &ctx, &s.secret, &s.statement, &s.rng.rng);
        assert_int_equal(pop_verify_var(s.g, &ctx, &s.statement, &proof), PC_OK);
        other = ctx;
        other.network_id[0]++;
        assert_int_equal(pop_verify_var(s.g, &other, &s.statement, &proof), PC_E_PROOF);
        other = ctx;
        other.epoch++;
        assert_int_equal(pop_verify_var(s.g, &other, &s.statement, &proof), PC_E_PROOF);
        other = ctx;
        other.attempt++;
        assert_int_equal(pop_verify_var(s.g, &other, &s.statement, &proof), PC_E_PROOF);
        other = ctx;
        other.node_id++;
        assert_int_equal(pop_verify_var(s.g, &other, &s.statement, &proof), PC_E_PROOF);
        struct pop_context wide = ctx;
        wide.epoch += UINT64_C(1) << 32;
        assert_int_equal(pop_verify_var(s.g, &wide, &s.statement, &proof), PC_E_PROOF);
    }
}

/* A6: PoK_E binds sid and dealer, and no proof serves in another role. */
static void a6_pok_e_and_roles(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setting s;
        setting_init(&s, groups[i], 6);
        struct pok_e_context ctx = {.sid = {1}, .dealer = 1}, other = {.sid = {1}, .dealer = 2};
        struct pok_a_context as_a = {.sid = {1}, .dealer = 1};
        struct pok proof;
        pok_e_prove(&proof, s.g, &ctx, &s.secret, &s.statement, &s.rng.rng);
        assert_int_equal(pok_e_verify_var(s.g, &ctx, &s.statement, &proof), PC_OK);
        assert_int_equal(pok_e_verify_var(s.g, &other, &s.statement, &proof), PC_E_PROOF);
        other = ctx;
        other.sid[0] = 2;
        assert_int_equal(pok_e_verify_var(s.g, &other, &s.statement, &proof), PC_E_PROOF);
        other = ctx;
        other.blob_hash[5] = 1;
        assert_int_equal(pok_e_verify_var(s.g, &other, &s.statement, &proof), PC_E_PROOF);
        assert_int_equal(pok_a_verify_var(s.g, &as_a, &s.statement, &proof), PC_E_PROOF);
    }
}

/* A8: a complaint holds for its K, E, EK, pair, sid and blob alone; adversarial bases do not help.
 */
static void a8_complaint(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setting s;
        setting_init(&s, groups[i], 8);
        const struct group *g = s.g;
        struct complaint_context ctx = {.sid = {3}, .dealer = 5, .receiver = 2}, other;
        struct scalar e_secret;
        struct point e, k, want, foreign, identity = {{0}};
        struct dleq proof, bad;
        group_scalar_random(g, &e_secret, &s.rng.rng);
        group_base_mult(g, &e, &e_secret);
        complaint_prove(&k, &proof, g, &ctx, &s.secret, &s.statement, &e, &s.rng.rng);
        group_mult(g, &want, &e_secret, &s.statement);
        assert_true(group_point_equal(&k, &want));
        assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &e, &k, &proof), PC_OK);
        group_add(g, &foreign, &k, &g->generator);
        assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &e, &foreign, &proof),
                         PC_E_PROOF);
        group_add(g, &foreign, &e, &g->generator);
        assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &foreign, &k, &proof),
                         PC_E_PROOF);
        group_add(g, &foreign, &s.statement, &g->generator);
        assert_int_equal(complaint_verify_var(g, &ctx, &foreign, &e, &k, &proof), PC_E_PROOF);
        assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &e, &identity, &proof),
                         PC_E_PROOF);
        assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &identity, &identity, &proof),
                         PC_E_PROOF);
        other = ctx;
        other.sid[0]++;
        assert_int_equal(complaint_verify_var(g, &other, &s.statement, &e, &k, &proof), PC_E_PROOF);
        other = ctx;
        other.dealer++;
        assert_int_equal(complaint_verify_var(g, &other, &s.statement, &e, &k, &proof), PC_E_PROOF);
        other = ctx;
        other.receiver++;
        assert_int_equal(complaint_verify_var(g, &other, &s.statement, &e, &k, &proof), PC_E_PROOF);
        other = ctx;
        other.blob_hash[9]++;
        assert_int_equal(complaint_verify_var(g, &other, &s.statement, &e, &k, &proof), PC_E_PROOF);
        for (size_t bit = 0; bit < 8 * PC_DLEQ_BYTES; bit++) {
            bad = proof;
            bad.b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &e, &k, &bad), PC_E_PROOF);
        }
        /* K, E, EK that never were points are refused, they do not abort (K comes from calldata) */
        memset(&foreign, 0xff, sizeof foreign);
        assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &e, &foreign, &proof),
                         PC_E_PROOF);
        assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &foreign, &k, &proof),
                         PC_E_PROOF);
        assert_int_equal(complaint_verify_var(g, &ctx, &foreign, &e, &k, &proof), PC_E_PROOF);
        /* the two equations are checked apart: R2 of another proof */
        struct dleq second;
        complaint_prove(&k, &second, g, &ctx, &s.secret, &s.statement, &e, &s.rng.rng);
        bad = proof;
        memcpy(bad.b + 32, second.b + 32, 32);
        assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &e, &k, &bad), PC_E_PROOF);
    }
}

/* The challenge of a complaint, from its definition. */
static void complaint_challenge(struct scalar *c, const struct group *g,
                                const struct complaint_context *ctx, const struct point *e,
                                const struct point *ek_pub, const struct point *k,
                                const struct point *r1, const struct point *r2)
{
    struct transcript t;
    transcript_init512(&t, PC_LABEL_COMPLAINT);
    transcript_fixed(&t, ctx->sid, 32);
    transcript_u16(&t, ctx->dealer);
    transcript_u16(&t, ctx->receiver);
    const struct point *list[] = {&g->generator, e, ek_pub, k, r1, r2};
    for (size_t i = 0; i < PC_ARRAY_LEN(list); i++)
        transcript_point(&t, list[i]);
    transcript_fixed(&t, ctx->blob_hash, 32);
    transcript_final_scalar(&t, g, c);
}

/* A8: a liar who makes one of the two equations hold, with the right challenge: honest ek for the
 * first and a wrong K, or one secret for K and E that is not ek. Both are refused; with both honest
 * it verifies. */
static void a8_each_equation_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setting s;
        setting_init(&s, groups[i], 88);
        const struct group *g = s.g;
        struct complaint_context ctx = {.sid = {1}, .dealer = 1, .receiver = 2};
        struct scalar nonce, lie, c, response;
        struct point e, k;
        group_scalar_random(g, &nonce, &s.rng.rng);
        group_scalar_random(g, &lie, &s.rng.rng);
        group_base_mult(g, &e, &lie);
        for (int who = 0; who < 3; who++) {
            group_scalar_random(g, &lie, &s.rng.rng);
            /* 0: all honest · 1: K of another secret · 2: K, R2 and s of another secret */
            const struct scalar *for_k = who == 0 ? &s.secret : &lie;
            const struct scalar *for_s = who == 2 ? &lie : &s.secret;
            struct point r1, r2;
            struct dleq proof;
            group_mult(g, &k, for_k, &e);
            group_base_mult(g, &r1, &nonce);
            group_mult(g, &r2, &nonce, &e);
            complaint_challenge(&c, g, &ctx, &e, &s.statement, &k, &r1, &r2);
            group_scalar_mul(g, &response, &c, for_s);
            group_scalar_add(g, &response, &response, &nonce);
            memcpy(proof.b, r1.b, 32);
            memcpy(proof.b + 32, r2.b, 32);
            memcpy(proof.b + 64, response.b, 32);
            assert_int_equal(complaint_verify_var(g, &ctx, &s.statement, &e, &k, &proof),
                             who == 0 ? PC_OK : PC_E_PROOF);
        }
    }
}

/* The bytes of the challenge, laid out by hand, and the equation by plain arithmetic in the group
 * of order 2^61 - 1, where a point shows its logarithm. */
static void challenge_bytes(void **state)
{
    (void)state;
    const struct group *g = &group_tiny61;
    const uint64_t q = UINT64_C(0x1fffffffffffffff);
    struct setting s;
    setting_init(&s, g, 61);
    struct pok_a_context ctx = {.dealer = 0x0102, .key_index = 0x03040506, .key_class = 7};
    for (size_t i = 0; i < 32; i++) {
        ctx.sid[i] = (uint8_t)(0x40 + i);
        ctx.blob_hash[i] = (uint8_t)(0x80 + i);
    }
    struct pok proof;
    pok_a_prove(&proof, g, &ctx, &s.secret, &s.statement, &s.rng.rng);
    static const char label[] = "polyclave/pok-a/v1";
    uint8_t in[4 + 18 + 32 + 2 + 4 + 1 + 32 + 32 + 32], digest[64];
    size_t at = 0;
    store_be32(in, 18);
    memcpy(in + 4, label, 18);
    at = 22;
    memcpy(in + at, ctx.sid, 32);
    memcpy(in + at + 32, "\x01\x02\x03\x04\x05\x06\x07", 7);
    memcpy(in + at + 39, s.statement.b, 32);
    memcpy(in + at + 71, proof.b, 32);
    memcpy(in + at + 103, ctx.blob_hash, 32);
    assert_int_equal(at + 135, sizeof in);
    sha512(digest, PC_BYTES(in));
    struct scalar c;
    group_scalar_reduce(g, &c, digest);
    uint64_t left = load_le64(proof.b + 32);
    uint64_t right = (uint64_t)(((unsigned __int128)load_le64(c.b) * load_le64(s.secret.b) +
                                 load_le64(proof.b)) %
                                q);
    assert_int_equal(left, right);
}

/* A19: a random source that repeats gives different nonces for different statements. */
static void stuck(struct rng *self, void *out, size_t n)
{
    (void)self;
    memset(out, 0x11, n);
}

static void nonces_are_hedged(void **state)
{
    (void)state;
    struct rng r = {stuck};
    struct setting s;
    setting_init(&s, &group_ristretto255, 19);
    struct pok_e_context a = {.dealer = 1}, b = {.dealer = 2}, c = {.dealer = 1, .blob_hash = {1}};
    struct pok pa, pb, pc, again;
    pok_e_prove(&pa, s.g, &a, &s.secret, &s.statement, &r);
    pok_e_prove(&pb, s.g, &b, &s.secret, &s.statement, &r);
    pok_e_prove(&pc, s.g, &c, &s.secret, &s.statement, &r);
    pok_e_prove(&again, s.g, &a, &s.secret, &s.statement, &r);
    assert_memory_not_equal(pa.b, pb.b, 32);
    assert_memory_not_equal(pa.b, pc.b, 32);
    assert_memory_equal(pa.b, again.b, 64);
}

/* Exhaustive over the group of order 13: every secret proves, and only for its own statement unless
 * the challenge is zero (one time in 13, where soundness of a tiny group ends). */
static void exhaustive_tiny(void **state)
{
    (void)state;
    const struct group *g = &group_tiny13;
    struct rng_seeded rng;
    struct pok_e_context ctx = {.dealer = 1};
    size_t accepted = 0;
    rng_seeded_init(&rng, 130);
    for (uint64_t x = 1; x < 13; x++)
        for (int round = 0; round < 13; round++) {
            struct scalar secret;
            struct point own;
            struct pok proof;
            group_scalar_from_u64(g, &secret, x);
            group_base_mult(g, &own, &secret);
            pok_e_prove(&proof, g, &ctx, &secret, &own, &rng.rng);
            assert_int_equal(pok_e_verify_var(g, &ctx, &own, &proof), PC_OK);
            for (uint64_t y = 1; y < 13; y++) {
                struct scalar other;
                struct point foreign;
                group_scalar_from_u64(g, &other, y);
                group_base_mult(g, &foreign, &other);
                accepted += pok_e_verify_var(g, &ctx, &foreign, &proof) == PC_OK;
            }
        }
    /* 12*13 own statements, and about one in 13 of 12*13*11 foreign ones */
    assert_in_range(accepted, 156 + 80, 156 + 190);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a4_pok_a),
        cmocka_unit_test(a4_rogue_key),
        cmocka_unit_test(a13_identity_statement),
        cmocka_unit_test(a57_pop),
        cmocka_unit_test(a6_pok_e_and_roles),
        cmocka_unit_test(a8_complaint),
        cmocka_unit_test(a8_each_equation_counts),
        cmocka_unit_test(challenge_bytes),
        cmocka_unit_test(nonces_are_hedged),
        cmocka_unit_test(exhaustive_tiny),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
