/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs every path that touches a secret with that secret marked undefined, for valgrind
 * (tests/ct/run). Memcheck then reports each branch or address that depends on it.
 *
 *   ct_paths            all paths; valgrind must report nothing
 *   ct_paths PATH       one of them
 *   ct_paths planted    a path with a branch on a share in it: valgrind must report that
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/ct.h"
#include "crypto/aead.h"
#include "crypto/ed25519.h"
#include "crypto/evmkey.h"
#include "crypto/hpke.h"
#include "crypto/kdf.h"
#include "crypto/labels.h"
#include "crypto/proof.h"
#include "crypto/shamir.h"
#include "crypto/voprf.h"
#include "crypto/x25519.h"
#include "dkg/dkg_complain.h"
#include "dkg/dkg_ek.h"
#include "dkg/threshold.h"

#ifndef PC_CT_CHECK
#error "compile with PC_CT_CHECK: without it this program tests nothing"
#endif

static const struct group *const G = &group_ristretto255;

/* Random bytes are secret from birth. The values are fixed: valgrind follows where they go, not
 * what they are. */
static void secret_fill(struct rng *self, void *out, size_t n)
{
    static uint64_t counter;
    uint8_t *p = out;
    (void)self;
    for (size_t i = 0; i < n; i++) {
        counter = counter * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        p[i] = (uint8_t)(counter >> 56);
    }
    ct_secret(out, n);
}

static struct rng secret_rng = {secret_fill};

static void must(enum err_code e)
{
    if (e != PC_OK) {
        (void)fprintf(stderr, "ct_paths: %s\n", pc_err_text(e));
        exit(2);
    }
}

/* A secret scalar and its public point. */
static void key_pair(struct scalar *s, struct point *p)
{
    group_scalar_random(G, s, &secret_rng);
    group_base_mult(G, p, s);
    ct_public(p, sizeof *p);
}

/* A public point of unknown logarithm. */
static struct point public_point(const char *name)
{
    struct point p;
    must(voprf_hash_to_group(G, &p, bytes_of(name, strlen(name))));
    return p;
}

/* A dealer: polynomial, evaluations, commitments. A receiver: interpolation, and C4. */
static void path_share(void)
{
    enum { N = 5, T = 3 };
    struct scalar f[T], value[N + 1], combined, index_sum;
    struct point a[N + 1], check;
    const uint16_t index[T] = {1, 3, 5};
    shamir_poly_random(G, f, T, &secret_rng);
    for (uint32_t j = 0; j <= N; j++) {
        must(shamir_eval(G, &value[j], f, T, j));
        group_base_mult(G, &a[j], &value[j]);
        ct_public(&a[j], sizeof a[j]); /* commitments are published */
    }
    struct scalar some[T] = {value[1], value[3], value[5]};
    must(shamir_combine(G, &combined, index, some, T, 0));
    if (!scalar_equal(&combined, &f[0]))
        exit(2);
    group_base_mult(G, &check, &value[2]);
    if (!group_point_equal(&check, &a[2]))
        exit(2);
    group_scalar_add(G, &index_sum, &value[1], &value[2]);
    group_scalar_sub(G, &index_sum, &index_sum, &value[2]);
    group_scalar_neg(G, &index_sum, &index_sum);
    group_scalar_invert(G, &index_sum, &index_sum);
}

/* ek and e: shared point, pad, decryption of a share and its strict decoding. */
static void path_ek(void)
{
    struct scalar ek, e, share, decoded;
    struct point ek_pub, e_pub, k;
    uint8_t prk[64], pad[32], ct[32], plain[32];
    key_pair(&ek, &ek_pub);
    key_pair(&e, &e_pub);
    group_scalar_random(G, &share, &secret_rng);
    group_mult(G, &k, &e, &ek_pub);
    hkdf_sha512_extract(prk, bytes_of(NULL, 0), PC_BYTES(k.b));
    must(hkdf_sha512_expand(pad, sizeof pad, prk, PC_BYTES_STR(PC_LABEL_SHARE)));
    for (size_t i = 0; i < 32; i++)
        ct[i] = share.b[i] ^ pad[i];
    ct_public(ct, sizeof ct); /* ciphertexts are published */
    group_mult(G, &k, &ek, &e_pub);
    hkdf_sha512_extract(prk, bytes_of(NULL, 0), PC_BYTES(k.b));
    must(hkdf_sha512_expand(pad, sizeof pad, prk, PC_BYTES_STR(PC_LABEL_SHARE)));
    for (size_t i = 0; i < 32; i++)
        plain[i] = ct[i] ^ pad[i];
    must(group_scalar_decode_nonzero(G, &decoded, plain));
    if (!scalar_equal(&decoded, &share))
        exit(2);
}

/* Nonces and secrets of the DKG's proofs. */
static void path_proofs(void)
{
    struct scalar x;
    struct point p, k, e = public_point("E");
    struct pok pok;
    struct dleq dleq;
    struct pok_a_context a = {.dealer = 1};
    struct pok_e_context pe = {.dealer = 1};
    struct pop_context pop = {.epoch = 1};
    struct complaint_context c = {.dealer = 1, .receiver = 2};
    key_pair(&x, &p);
    pok_a_prove(&pok, G, &a, &x, &p, &secret_rng);
    must(pok_a_verify_var(G, &a, &p, &pok));
    pok_e_prove(&pok, G, &pe, &x, &p, &secret_rng);
    must(pok_e_verify_var(G, &pe, &p, &pok));
    pop_prove(&pok, G, &pop, &x, &p, &secret_rng);
    must(pop_verify_var(G, &pop, &p, &pok));
    complaint_prove(&k, &dleq, G, &c, &x, &p, &e, &secret_rng);
    must(complaint_verify_var(G, &c, &p, &e, &k, &dleq));
}

/* A node's step: evaluation and proof, sealed to the application. */
static void path_evaluate(void)
{
    struct scalar share;
    struct point y, p = public_point("input"), d;
    struct voprf_proof proof;
    struct x25519_sk boot;
    struct x25519_pk boot_pub;
    uint8_t plain[96], sealed[96 + PC_HPKE_OVERHEAD], opened[96];
    key_pair(&share, &y);
    must(voprf_evaluate(G, &d, &share, &p));
    must(voprf_prove(G, &proof, &share, &y, &p, &d, 1, &secret_rng));
    memcpy(plain, d.b, 32);
    memcpy(plain + 32, proof.b, 64);
    x25519_generate(&boot, &boot_pub, &secret_rng);
    ct_public(&boot_pub, sizeof boot_pub);
    must(hpke_seal(sealed, &boot_pub, PC_BYTES_STR("info"), bytes_of(NULL, 0), PC_BYTES(plain),
                   &secret_rng));
    ct_public(sealed, sizeof sealed);
    must(hpke_open(opened, &boot, PC_BYTES_STR("info"), bytes_of(NULL, 0), PC_BYTES(sealed)));
    /* the client opened and checks it: partial and proof are its own data now */
    ct_public(&d, sizeof d);
    ct_public(&proof, sizeof proof);
    must(voprf_verify_var(G, &y, &p, &d, 1, &proof));
}

/* The node's other keys. */
static void path_keys(void)
{
    struct ed25519_sk id;
    struct ed25519_pk id_pub;
    struct ed25519_sig sig;
    struct x25519_sk channel, other;
    struct x25519_pk channel_pub, other_pub;
    struct evm_sk account;
    struct evm_address addr;
    struct evm_sig evm_sig;
    struct evm_domain domain = {.chain_id = 31337};
    uint8_t dh[32], hash[32] = {1}, ct[48], pt[32];
    static const uint8_t nonce[12];
    ed25519_generate(&id, &id_pub, &secret_rng);
    ed25519_sign(&sig, &id, PC_BYTES_STR("message"));
    ct_public(&id_pub, sizeof id_pub);
    ct_public(&sig, sizeof sig);
    must(ed25519_verify_var(&id_pub, PC_BYTES_STR("message"), &sig));
    x25519_generate(&channel, &channel_pub, &secret_rng);
    x25519_generate(&other, &other_pub, &secret_rng);
    ct_public(&other_pub, sizeof other_pub);
    must(x25519_dh(dh, &channel, &other_pub));
    memset(pt, 7, sizeof pt);
    ct_secret(pt, sizeof pt);
    aead_seal(ct, dh, nonce, bytes_of(NULL, 0), PC_BYTES(pt));
    ct_public(ct, sizeof ct);
    must(aead_open(pt, dh, nonce, bytes_of(NULL, 0), PC_BYTES(ct)));
    evm_generate(&account, &addr, &secret_rng);
    must(evm_sign_typed(&evm_sig, &account, &domain, hash, &secret_rng));
    must(evm_verify_typed_var(&addr, &domain, hash, &evm_sig));
}

/* The DKG's own code: enrolment, a dealing for four, the check of a share, a complaint, an
 * evaluation. */
static void path_dkg(void)
{
    enum { N = 4, T = 3, SELF = 2 };
    static struct dkg_session s;
    static struct dkg_blob blob;
    static struct dkg_key key;
    static const uint8_t network[32] = {1};
    struct arena *arena;
    struct dkg_ek_slot slot;
    struct dkg_ek *ek;
    struct dkg_enrol enrol;
    struct dkg_complaint complaint;
    struct threshold_partial partial;
    struct point e, k;
    uint8_t hash[32], without[32];
    must(arena_open(&arena, 256 * 1024));
    dkg_ek_slot_init(&slot, arena);
    must(dkg_ek_enrol(&enrol, &slot, G, &secret_rng, network, 1, 1, 7));
    ct_public(&enrol, sizeof enrol);
    ct_public(&slot.pending->pub, sizeof slot.pending->pub);
    must(dkg_ek_take(&ek, &slot, 1, 1, enrol.ek));
    s.g = G;
    must(dkg_params_of(&s.p, N, T));
    s.dealers = N;
    for (size_t j = 1; j <= N; j++) {
        struct scalar other;
        s.receiver[j] = (struct dkg_receiver){.seated = true, .ek_valid = true, .node_id = 7};
        if (j == SELF)
            s.receiver[j].ek = ek->pub;
        else
            key_pair(&other, &s.receiver[j].ek);
    }
    must(dkg_deal(&blob, hash, &s, 1, arena, &secret_rng));
    ct_public(&blob, sizeof blob); /* it is sent to everybody */
    ct_public(hash, sizeof hash);
    struct dkg_commit commit = {.length = DKG_BLOB_BYTES(N)};
    memcpy(commit.hash, hash, sizeof hash);
    static struct point sum[N + 1], scratch[N + 1];
    must(dkg_check_hash(without, &s, 1, &commit, &blob));
    must(dkg_check_public(&e, sum, scratch, &s, 1, &blob, without));
    group_mult(G, &k, &ek->secret, &e);
    must(dkg_check_share(&key.share, &s, 1, SELF, &k, &blob));
    dkg_complaint_make(&complaint, &s, 1, SELF, hash, &ek->secret, &e, &secret_rng);
    key.index = SELF;
    key.pub.n = N;
    key.pub.t = T;
    memcpy(key.pub.y, sum, sizeof sum);
    must(threshold_key_check(G, &key));
    must(threshold_evaluate(&partial, G, &key, PC_BYTES_STR("input"), &secret_rng));
    arena_free(arena, ek);
    dkg_ek_slot_wipe(&slot);
    arena_close(arena);
}

/* Application side: output to keys. */
static void path_kdf(void)
{
    struct kdf_prk prk;
    uint8_t y[64], out[PC_KDF_MAX_KEY];
    rng_fill(&secret_rng, y, sizeof y);
    kdf_extract(&prk, y);
    for (unsigned type = 1; type <= 7; type++)
        must(kdf_expand(out, kdf_key_bytes((enum kdf_type)type), &prk, (enum kdf_type)type,
                        PC_BYTES_STR("path"), type));
    kdf_extract2(&prk, y, y);
    kdf_wipe(&prk);
}

/* What the detector must find: an early exit that depends on a share. */
__attribute__((noinline)) static unsigned leading_zeros_planted(const struct scalar *share)
{
    unsigned n = 0;
    for (size_t i = 32; i-- > 0; n++)
        if (share->b[i] != 0)
            break;
    return n;
}

static void path_planted(void)
{
    struct scalar share;
    group_scalar_random(G, &share, &secret_rng);
    volatile unsigned sink = leading_zeros_planted(&share);
    (void)sink;
}

static const struct {
    const char *name;
    void (*run)(void);
} paths[] = {
    {"share", path_share}, {"ek", path_ek},   {"proofs", path_proofs}, {"evaluate", path_evaluate},
    {"keys", path_keys},   {"kdf", path_kdf}, {"dkg", path_dkg},
};

int main(int argc, char **argv)
{
    if (RUNNING_ON_VALGRIND == 0) {
        (void)fprintf(stderr, "ct_paths: run it under valgrind (tests/ct/run)\n");
        return 2;
    }
    if (argc == 2 && strcmp(argv[1], "planted") == 0) {
        path_planted();
        return 0;
    }
    size_t ran = 0;
    for (size_t i = 0; i < PC_ARRAY_LEN(paths); i++)
        if (argc < 2 || strcmp(argv[1], paths[i].name) == 0) {
            paths[i].run();
            ran++;
        }
    (void)fprintf(stderr, "ct_paths: %zu paths\n", ran);
    return ran == 0 ? 2 : 0;
}
