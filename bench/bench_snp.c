/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_snp - what an SEV-SNP verification costs, against the OpenSSL operations that it cannot do
 * without, in the same run.
 *
 * Prints one flat JSON object: snp_full (report and chain from bytes) to one P-384 and two
 * RSA-4096-PSS verifications; snp_warm (the chip's chain remembered) to one P-384; snp_full_crl
 * (with the ARK's list) to one P-384 and three RSA. Floors use keys that are ready, as a verifier
 * with remembered chips has them: what setting a key up costs is in what is measured, not in what
 * it is measured by. Medians of rounds, each with its own floor beside it (bench.h).
 */
#include <stdlib.h>

#include "attest/sim/forge_snp.h"
#include "base/rng_seeded.h"
#include "bench/bench.h"

#define ROUNDS 134
#define DEPTHS 67 /* of round_below */

static struct evidence_input full, with_crl;
static struct evidence_kept *kept;
static struct ec384_key *ec;
static struct rsa_key *rsa;
static uint8_t digest[48], rs[96], sig[PC_RSA_LEN];

static void run_p384(void)
{
    if (ec384_verify(ec, digest, rs) != PC_OK)
        pc_bug("a genuine signature was refused");
}

static void run_rsa(void)
{
    if (rsa_verify(rsa, digest, sig) != PC_OK)
        pc_bug("a genuine signature was refused");
}

static void verify(struct evidence_kept *k, const struct evidence_input *in)
{
    struct verdict v;
    evidence_verify(&v, k, PC_VENDOR_SNP, in);
    if (!verdict_accepts(&v))
        pc_bug("genuine evidence was refused");
}

static void run_full(void)
{
    verify(NULL, &full);
}

static void run_crl(void)
{
    verify(NULL, &with_crl);
}

static void run_warm(void)
{
    verify(kept, &with_crl);
}

/* A round, so many frames down: where the stack lies in its page against what OpenSSL has on the
 * heap makes P-384 up to five per cent slower, by a chance that is drawn once per process
 * otherwise. */
static void round_below(struct bench_op *op, size_t n, unsigned depth)
{
    volatile uint8_t frame[64];
    frame[0] = 1;
    if (depth == 0)
        bench_round(op, n);
    else
        round_below(op, n, depth - 1);
    frame[1] = frame[0]; /* no tail call */
}

static void measure(void)
{
    enum { RSA, WARM, FULL, CRL, P384 };
    struct bench_op op[] = {
        [RSA] = {.run = run_rsa, .runs = 16},  [WARM] = {.run = run_warm, .runs = 6},
        [FULL] = {.run = run_full, .runs = 6}, [CRL] = {.run = run_crl, .runs = 3},
        [P384] = {.run = run_p384, .runs = 6},
    };
    static double full_of[ROUNDS], warm_of[ROUNDS], crl_of[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        round_below(op, PC_ARRAY_LEN(op), i % DEPTHS);
        full_of[i] = op[FULL].us / (op[P384].us + 2 * op[RSA].us);
        warm_of[i] = op[WARM].us / op[P384].us;
        crl_of[i] = op[CRL].us / (op[P384].us + 3 * op[RSA].us);
    }
    bench_print("snp_full", bench_median(full_of, ROUNDS));
    bench_print("snp_warm", bench_median(warm_of, ROUNDS));
    bench_print("snp_full_crl", bench_median(crl_of, ROUNDS));
    bench_print("p384_verify_us", op[P384].best);
    bench_print("rsa4096_pss_verify_us", op[RSA].best);
    bench_print("snp_full_us", op[FULL].best);
    bench_print("snp_warm_us", op[WARM].best);
    bench_print_end();
}

int main(void)
{
    static struct snp_forge f;
    static struct snp_forged parts;
    static struct evidence_policy policy;
    struct rng_seeded rng;
    rng_seeded_init(&rng, 1);
    snp_forge_init(&f, &rng.rng, PC_SNP_GENOA, false, 5);
    snp_forge_build(&parts, &f);
    snp_forge_policy(&policy, &parts);
    policy.snp.crl_required = false; /* one that is there is judged all the same */
    with_crl = full = snp_forge_input(&parts);
    full.collateral.root_crl = (struct bytes){NULL, 0};
    with_crl.policy = full.policy = &policy;
    ec_prepare();
    ec_sha384(digest, PC_BYTES_STR("bench"));
    sim_sign384_digest(rs, &f.stranger_ec, digest);
    sim_rsa_sign(sig, &f.stranger, PC_BYTES_STR("bench"), 48);
    kept = evidence_kept_new();
    if (kept == NULL || ec384_key_new(&ec, f.stranger_ec.xy) != PC_OK ||
        rsa_key_new(&rsa, f.stranger.n) != PC_OK)
        pc_bug("no memory");
    measure();
    evidence_kept_free(kept);
    ec384_key_free(ec);
    rsa_key_free(rsa);
    return 0;
}
