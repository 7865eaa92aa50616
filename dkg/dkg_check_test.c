/* SPDX-License-Identifier: Apache-2.0 */
#include "base/unit_test.h"
#include "crypto/shamir.h"
#include "dkg/dkg_check.h"
#include "dkg/dkg_complain.h"
#include "dkg/testkit.h"

static const struct group *const G = &group_ristretto255;
#define N 5
#define T 3

static struct kit kit;
static struct dkg_session s;
static struct point sum[N + 1], scratch[N + 1], e;
static uint8_t without[32];

static int setup(void **state)
{
    (void)state;
    kit_open(&kit, G, N, T, 42);
    kit_join_all(&kit);
    kit_session(&kit, &s);
    memset(sum, 0, sizeof sum);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kit_close(&kit);
    return 0;
}

static struct dkg_blob right_blob(party_index dealer)
{
    struct kit_forge spec = {0};
    struct dkg_blob b;

    kit_forge(&kit, &b, dealer, &spec);
    return b;
}

static enum err_code check(party_index dealer, const struct dkg_blob *b)
{
    struct point before[N + 1];
    uint8_t whole[32];

    dkg_blob_hash(whole, without, b, s.sid, dealer, N);
    memcpy(before, sum, sizeof sum);
    enum err_code err = dkg_check_public(&e, sum, scratch, &s, dealer, b, without);
    if (err != PC_OK)
        assert_memory_equal(before, sum, sizeof sum);
    return err;
}

/* The same blob with new, right proofs, so that only the change itself can be found. */
static enum err_code check_proved(party_index dealer, struct dkg_blob *b, const struct scalar *a0,
                                  const struct scalar *e_secret)
{
    kit_prove(&kit, b, dealer, a0, e_secret);
    return check(dealer, b);
}

static void a_right_blob_passes_and_is_summed(void **state)
{
    (void)state;
    struct dkg_blob a = right_blob(1), b = right_blob(2);
    struct point p, q;

    assert_int_equal(check(1, &a), PC_OK);
    assert_int_equal(check(2, &b), PC_OK);
    for (unsigned j = 0; j <= N; j++) {
        assert_int_equal(group_point_decode(G, &p, a.a[j]), PC_OK);
        assert_int_equal(group_point_decode(G, &q, b.a[j]), PC_OK);
        group_add(G, &p, &p, &q);
        assert_true(group_point_equal(&p, &sum[j]));
    }
}

static void test_A01_vectors_longer_or_shorter(void **state)
{
    (void)state;
    struct dkg_blob b = right_blob(1), back;
    struct dkg_commit c = {.length = DKG_BLOB_BYTES(N)};
    static uint8_t bytes[DKG_BLOB_MAX];

    /* As bytes: sizes are fixed by n, in header and length. */
    for (uint16_t n = N - 1; n <= N + 1; n += 2) {
        dkg_blob_encode(bytes, &b, s.sid, 1, n);
        assert_int_not_equal(
            dkg_blob_decode(&back, bytes_of(bytes, DKG_BLOB_BYTES(n)), s.sid, 1, N), PC_OK);
        /* As a commit: the hash of such a blob is the hash of no blob for n. */
        dkg_blob_hash(c.hash, NULL, &b, s.sid, 1, n);
        assert_int_equal(dkg_check_hash(without, &s, 1, &c, &b), PC_E_MISMATCH);
    }
    dkg_blob_hash(c.hash, NULL, &b, s.sid, 1, N);
    assert_int_equal(dkg_check_hash(without, &s, 1, &c, &b), PC_OK);
    c.length += 32;
    assert_int_equal(dkg_check_hash(without, &s, 1, &c, &b), PC_E_MISMATCH);
}

static void test_A04_rogue_key(void **state)
{
    (void)state;
    struct dkg_blob victim = right_blob(1), b;
    struct scalar a0, es;
    struct kit_forge spec = {.e = &es};
    struct point x, other, w;

    /* A_0 = X - A_0(1) with an X of one's own choice: the constant term is unknown. */
    group_scalar_random(G, &es, &kit.rng.rng);
    group_scalar_random(G, &a0, &kit.rng.rng);
    group_base_mult(G, &x, &a0);
    assert_int_equal(group_point_decode(G, &other, victim.a[0]), PC_OK);
    group_sub(G, &w, &x, &other);
    kit_forge(&kit, &b, 2, &spec);
    memcpy(b.a[0], w.b, 32);
    assert_int_equal(check_proved(2, &b, &a0, &es), PC_E_PROOF);
    /* No proof at all, and the victim's proof. */
    memset(&b.pok_a, 0, sizeof b.pok_a);
    assert_int_equal(check(2, &b), PC_E_PROOF);
    b.pok_a = victim.pok_a;
    assert_int_equal(check(2, &b), PC_E_PROOF);
}

static void test_A04_proof_of_another_role(void **state)
{
    (void)state;
    struct scalar a0, es;
    struct scalar coeffs[T];
    struct kit_forge spec = {.coeffs = coeffs, .count = T, .e = &es};
    struct pok_a_context ctx = {.dealer = 1};
    struct dkg_blob b, changed;
    struct point p;

    shamir_poly_random(G, coeffs, T, &kit.rng.rng);
    group_scalar_random(G, &es, &kit.rng.rng);
    kit_forge(&kit, &b, 1, &spec);
    assert_int_equal(check(1, &b), PC_OK);
    memcpy(ctx.sid, s.sid, 32);
    memcpy(ctx.blob_hash, without, 32);
    a0 = coeffs[0];
    group_base_mult(G, &p, &a0);
#define REFUSED(change)                                                                            \
    do {                                                                                           \
        struct pok_a_context other = ctx;                                                          \
        other.change;                                                                              \
        changed = b;                                                                               \
        pok_a_prove(&changed.pok_a, G, &other, &a0, &p, &kit.rng.rng);                             \
        assert_int_equal(check(1, &changed), PC_E_PROOF);                                          \
    } while (0)
    REFUSED(sid[0] ^= 1);
    REFUSED(dealer = 2);
    REFUSED(key_index = 1);
    REFUSED(key_class = 1);
    REFUSED(blob_hash[0] ^= 1);
#undef REFUSED
}

static void test_A05_copied_commit_and_blob(void **state)
{
    (void)state;
    struct dkg_blob b = right_blob(1);
    struct dkg_commit c = {.length = DKG_BLOB_BYTES(N)};

    /* The hash of dealer 1's blob, committed by 2: no bytes of dealer 2 have it. */
    dkg_blob_hash(c.hash, NULL, &b, s.sid, 1, N);
    assert_int_equal(dkg_check_hash(without, &s, 2, &c, &b), PC_E_MISMATCH);
    /* Its records under 2's own header: the proofs speak of dealer 1. */
    dkg_blob_hash(c.hash, NULL, &b, s.sid, 2, N);
    assert_int_equal(dkg_check_hash(without, &s, 2, &c, &b), PC_OK);
    assert_int_equal(check(2, &b), PC_E_PROOF);
}

static void test_A06_copied_E(void **state)
{
    (void)state;
    struct dkg_blob victim = right_blob(1), b;
    struct scalar coeffs[T], guess;
    struct kit_forge spec = {.coeffs = coeffs, .count = T};

    shamir_poly_random(G, coeffs, T, &kit.rng.rng);
    group_scalar_random(G, &guess, &kit.rng.rng);
    kit_forge(&kit, &b, 2, &spec);
    memcpy(b.e, victim.e, 32);
    for (unsigned j = 0; j < N; j++)
        rng_fill(&kit.rng.rng, b.ct[j], 32);
    assert_int_equal(check_proved(2, &b, &coeffs[0], &guess), PC_E_PROOF);
    b.pok_e = victim.pok_e;
    assert_int_equal(check(2, &b), PC_E_PROOF);
}

/* Encodings that are no element: all ones; p; p+1; negative; not on the curve. */
static const uint8_t not_points[][32] = {
    {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {1}, /* negative: of order 4 on the curve below */
    {2}, /* not a square */
};

static void test_A11_encodings_in_every_point_field(void **state)
{
    (void)state;
    struct scalar a0, es;
    struct scalar coeffs[T];
    struct kit_forge spec = {.coeffs = coeffs, .count = T, .e = &es};
    struct dkg_blob b, changed;

    shamir_poly_random(G, coeffs, T, &kit.rng.rng);
    group_scalar_random(G, &es, &kit.rng.rng);
    a0 = coeffs[0];
    kit_forge(&kit, &b, 1, &spec);
    for (unsigned j = 0; j <= N + 1; j++) {
        for (size_t i = 0; i < PC_ARRAY_LEN(not_points); i++) {
            changed = b;
            memcpy(j <= N ? changed.a[j] : changed.e, not_points[i], 32);
            assert_int_equal(check_proved(1, &changed, &a0, &es),
                             j <= N ? PC_E_NOT_CANONICAL : PC_E_PROOF);
        }
        changed = b;
        memset(j <= N ? changed.a[j] : changed.e, 0, 32);
        assert_int_equal(check_proved(1, &changed, &a0, &es), PC_E_IDENTITY);
    }
    for (size_t i = 0; i < PC_ARRAY_LEN(not_points); i++) {
        changed = b;
        memcpy(changed.pok_a.b, not_points[i], 32);
        assert_int_equal(check(1, &changed), PC_E_PROOF);
        changed = b;
        memcpy(changed.pok_e.b, not_points[i], 32);
        assert_int_equal(check(1, &changed), PC_E_PROOF);
    }
    /* Complaint: K in such an encoding is a false complaint, whatever the share is. */
    struct dkg_complaint c;
    struct point ep;
    assert_int_equal(check(1, &b), PC_OK);
    ep = e;
    dkg_complaint_make(&c, &s, 1, 2, without, &kit.ek[2].secret, &ep, &kit.rng.rng);
    memset(b.ct[1], 7, 32);
    assert_int_equal(dkg_complaint_judge(&s, 2, &c, without, &ep, &b), DKG_VERDICT_UPHELD);
    for (size_t i = 0; i < PC_ARRAY_LEN(not_points); i++) {
        memcpy(c.k, not_points[i], 32);
        assert_int_equal(dkg_complaint_judge(&s, 2, &c, without, &ep, &b), DKG_VERDICT_FALSE);
    }
    memset(c.k, 0, 32);
    assert_int_equal(dkg_complaint_judge(&s, 2, &c, without, &ep, &b), DKG_VERDICT_FALSE);
}

/* order of the group, little-endian */
static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

static void add_order(uint8_t v[static 32])
{
    unsigned carry = 0;

    for (unsigned i = 0; i < 32; i++) {
        carry += (unsigned)v[i] + order[i];
        v[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

/* Encrypt any 32 bytes as dealer 1's share for j. */
static void encrypt(struct dkg_blob *b, party_index j, const uint8_t plain[static 32],
                    const struct scalar *es)
{
    struct point k, ep;

    group_mult(G, &k, es, &s.receiver[j].ek);
    group_base_mult(G, &ep, es);
    dkg_share_crypt(b->ct[j - 1], plain, &s, 1, j, &k, &ep);
}

static void test_A12_scalars_out_of_range(void **state)
{
    (void)state;
    struct scalar coeffs[T], es, share, got;
    struct kit_forge spec = {.coeffs = coeffs, .count = T, .e = &es};
    struct dkg_blob b, changed;
    struct point k;
    uint8_t plain[32];

    shamir_poly_random(G, coeffs, T, &kit.rng.rng);
    group_scalar_random(G, &es, &kit.rng.rng);
    kit_forge(&kit, &b, 1, &spec);
    changed = b;
    add_order(changed.pok_a.b + 32);
    assert_int_equal(check(1, &changed), PC_E_PROOF);
    changed = b;
    add_order(changed.pok_e.b + 32);
    assert_int_equal(check(1, &changed), PC_E_PROOF);

    assert_int_equal(shamir_eval(G, &share, coeffs, T, 2), PC_OK);
    group_mult(G, &k, &es, &s.receiver[2].ek);
    assert_int_equal(dkg_check_share(&got, &s, 1, 2, &k, &b), PC_OK);
    assert_true(scalar_equal(&got, &share));
    memcpy(plain, share.b, 32);
    add_order(plain); /* the same residue, not canonical */
    encrypt(&b, 2, plain, &es);
    assert_int_equal(dkg_check_share(&got, &s, 1, 2, &k, &b), PC_E_SHARE);
    assert_true(scalar_is_zero(&got));
    encrypt(&b, 2, order, &es); /* zero in disguise */
    assert_int_equal(dkg_check_share(&got, &s, 1, 2, &k, &b), PC_E_SHARE);
    memset(plain, 0, 32);
    encrypt(&b, 2, plain, &es);
    assert_int_equal(dkg_check_share(&got, &s, 1, 2, &k, &b), PC_E_SHARE);
}

static void test_A13_a_share_that_is_zero(void **state)
{
    (void)state;
    struct scalar coeffs[T], es, at;
    struct kit_forge spec = {.coeffs = coeffs, .count = T, .e = &es};
    struct dkg_blob b;

    /* f(X) - f(4): zero at 4. */
    shamir_poly_random(G, coeffs, T, &kit.rng.rng);
    group_scalar_random(G, &es, &kit.rng.rng);
    assert_int_equal(shamir_eval(G, &at, coeffs, T, 4), PC_OK);
    group_scalar_sub(G, &coeffs[0], &coeffs[0], &at);
    kit_forge(&kit, &b, 1, &spec);
    assert_int_equal(check(1, &b), PC_E_IDENTITY);
}

static void ciphertexts_are_zero_exactly_where_nobody_reads(void **state)
{
    (void)state;
    struct dkg_blob b = right_blob(1);

    memset(b.ct[2], 0, 32);
    assert_int_equal(check(1, &b), PC_E_MALFORMED);
    b = right_blob(1);
    s.receiver[3].ek_valid = false;
    assert_int_equal(check(1, &b), PC_E_MALFORMED);
    s.receiver[3].ek_valid = true;
}

static void test_A08_false_complaints(void **state)
{
    (void)state;
    struct dkg_blob b = right_blob(1), other = right_blob(2);
    struct dkg_complaint c, changed;
    struct point e1, e2;
    uint8_t h1[32], h2[32];

    dkg_blob_hash(h1, NULL, &b, s.sid, 1, N);
    dkg_blob_hash(h2, NULL, &other, s.sid, 2, N);
    assert_int_equal(check(2, &other), PC_OK);
    e2 = e;
    assert_int_equal(check(1, &b), PC_OK);
    e1 = e;
    /* Good proof, and the share is right. */
    dkg_complaint_make(&c, &s, 1, 3, h1, &kit.ek[3].secret, &e1, &kit.rng.rng);
    assert_int_equal(dkg_complaint_judge(&s, 3, &c, h1, &e1, &b), DKG_VERDICT_FALSE);
    /* From here on the share is wrong, and the complaint right as it stands. */
    memset(b.ct[2], 7, 32);
    assert_int_equal(dkg_complaint_judge(&s, 3, &c, h1, &e1, &b), DKG_VERDICT_UPHELD);
    /* Each bit of the proof counts. */
    for (size_t i = 0; i < sizeof c.proof.b; i++) {
        changed = c;
        changed.proof.b[i] ^= 1;
        assert_int_equal(dkg_complaint_judge(&s, 3, &changed, h1, &e1, &b), DKG_VERDICT_FALSE);
    }
    /* Another receiver's, about another blob, of another key. */
    assert_int_equal(dkg_complaint_judge(&s, 4, &c, h1, &e1, &b), DKG_VERDICT_FALSE);
    assert_int_equal(dkg_complaint_judge(&s, 3, &c, h2, &e1, &b), DKG_VERDICT_FALSE);
    dkg_complaint_make(&changed, &s, 1, 3, h1, &kit.ek[4].secret, &e1, &kit.rng.rng);
    assert_int_equal(dkg_complaint_judge(&s, 3, &changed, h1, &e1, &b), DKG_VERDICT_FALSE);
    /* K for another E, and an adversarial base: a proof over E' is none over E. */
    dkg_complaint_make(&changed, &s, 1, 3, h1, &kit.ek[3].secret, &e2, &kit.rng.rng);
    assert_int_equal(dkg_complaint_judge(&s, 3, &changed, h1, &e1, &b), DKG_VERDICT_FALSE);
}

static void complaints_without_a_key_are_void(void **state)
{
    (void)state;
    struct dkg_blob b = right_blob(1);
    struct dkg_complaint c = {.dealer = 1};

    s.receiver[3].ek_valid = false;
    assert_int_equal(dkg_complaint_judge(&s, 3, &c, without, &e, &b), DKG_VERDICT_VOID);
    s.receiver[3].ek_valid = true;
}

static void test_A02_degree(void **state)
{
    (void)state;
    struct scalar coeffs[N + 1], weights[N + 1], es;
    struct kit_forge spec = {.coeffs = coeffs, .e = &es};
    struct dkg_commit commits[N + 1] = {{{0}, 0}};
    struct dkg_bitmap set = {{0}};
    struct dkg_blob b;

    dkg_bitmap_set(&set, 1);
    for (size_t count = 1; count <= N + 1; count++) { /* degree 0 .. n */
        memset(sum, 0, sizeof sum);
        shamir_poly_random(G, coeffs, count, &kit.rng.rng);
        group_scalar_random(G, &es, &kit.rng.rng);
        spec.count = count;
        kit_forge(&kit, &b, 1, &spec);
        dkg_blob_hash(commits[1].hash, NULL, &b, s.sid, 1, N);
        assert_int_equal(check(1, &b), PC_OK); /* each share is right: only C6 sees it */
        enum err_code want = count <= T ? PC_OK : PC_E_DEGREE;
        assert_int_equal(dkg_check_degree_one(&s, 1, commits, &b, scratch, weights), want);
        assert_int_equal(dkg_check_degree_sum(&s, &set, commits, sum, weights), want);
    }
}

static void degree_is_tested_when_n_equals_t(void **state)
{
    (void)state;
    struct scalar coeffs[N + 1], weights[N + 1], es;
    struct kit_forge spec = {.coeffs = coeffs, .count = N + 1, .e = &es};
    struct dkg_commit commits[N + 1] = {{{0}, 0}};
    struct dkg_blob b;

    kit_close(&kit);
    kit_open(&kit, G, N, N, 7);
    kit_join_all(&kit);
    kit_session(&kit, &s);
    shamir_poly_random(G, coeffs, N + 1, &kit.rng.rng);
    group_scalar_random(G, &es, &kit.rng.rng);
    kit_forge(&kit, &b, 1, &spec);
    assert_int_equal(dkg_check_degree_one(&s, 1, commits, &b, scratch, weights), PC_E_DEGREE);
    spec.count = N;
    kit_forge(&kit, &b, 1, &spec);
    assert_int_equal(dkg_check_degree_one(&s, 1, commits, &b, scratch, weights), PC_OK);
}

/* The word of the dual code depends on set, hashes and session, so nobody can prepare for it. */
static void the_test_word_binds_the_set(void **state)
{
    (void)state;
    struct dkg_commit commits[N + 1] = {{{0}, 0}};
    struct dkg_bitmap one = {{0}}, two = {{0}};
    struct scalar w1[N + 1], w2[N + 1];

    dkg_bitmap_set(&one, 1);
    dkg_bitmap_set(&two, 1);
    dkg_bitmap_set(&two, 2);
    assert_int_equal(dkg_check_degree_sum(&s, &one, commits, sum, w1), PC_OK);
    assert_int_equal(dkg_check_degree_sum(&s, &two, commits, sum, w2), PC_OK);
    assert_memory_not_equal(w1, w2, sizeof w1);
    commits[1].hash[0] = 1;
    assert_int_equal(dkg_check_degree_sum(&s, &one, commits, sum, w2), PC_OK);
    assert_memory_not_equal(w1, w2, sizeof w1);
    commits[1].hash[0] = 0;
    s.sid[0] ^= 1;
    assert_int_equal(dkg_check_degree_sum(&s, &one, commits, sum, w2), PC_OK);
    assert_memory_not_equal(w1, w2, sizeof w1);
    s.sid[0] ^= 1;
}

/* The pad binds session, dealer, receiver and E: no ciphertext means anything elsewhere. */
static void pads_are_bound(void **state)
{
    (void)state;
    struct dkg_session other = s;
    struct point k = kit.ek[1].pub, e1 = kit.ek[2].pub, e2 = kit.ek[3].pub;
    const uint8_t zero[32] = {0};
    uint8_t pad[32], changed[32];

    dkg_share_crypt(pad, zero, &s, 1, 2, &k, &e1);
    dkg_share_crypt(changed, zero, &s, 2, 2, &k, &e1);
    assert_memory_not_equal(pad, changed, 32);
    dkg_share_crypt(changed, zero, &s, 1, 3, &k, &e1);
    assert_memory_not_equal(pad, changed, 32);
    dkg_share_crypt(changed, zero, &s, 1, 2, &e2, &e1);
    assert_memory_not_equal(pad, changed, 32);
    dkg_share_crypt(changed, zero, &s, 1, 2, &k, &e2);
    assert_memory_not_equal(pad, changed, 32);
    other.sid[31] ^= 1;
    dkg_share_crypt(changed, zero, &other, 1, 2, &k, &e1);
    assert_memory_not_equal(pad, changed, 32);
    other = s;
    other.receiver[2].ek = e2;
    dkg_share_crypt(changed, zero, &other, 1, 2, &k, &e1);
    assert_memory_not_equal(pad, changed, 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_right_blob_passes_and_is_summed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A01_vectors_longer_or_shorter, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A02_degree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A04_rogue_key, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A04_proof_of_another_role, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A05_copied_commit_and_blob, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A06_copied_E, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A08_false_complaints, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A11_encodings_in_every_point_field, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A12_scalars_out_of_range, setup, teardown),
        cmocka_unit_test_setup_teardown(test_A13_a_share_that_is_zero, setup, teardown),
        cmocka_unit_test_setup_teardown(ciphertexts_are_zero_exactly_where_nobody_reads, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(complaints_without_a_key_are_void, setup, teardown),
        cmocka_unit_test_setup_teardown(degree_is_tested_when_n_equals_t, setup, teardown),
        cmocka_unit_test_setup_teardown(the_test_word_binds_the_set, setup, teardown),
        cmocka_unit_test_setup_teardown(pads_are_bound, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
