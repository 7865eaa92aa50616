/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_nitro - what a Nitro verification costs, in P-384 verifications of OpenSSL in the same run.
 *
 * Prints one flat JSON object: nitro_full (document and chain from bytes) over five P-384
 * verifications (four certificates below the pinned root, and the document), nitro_warm (AWS's own
 * certificates remembered) over two, and the microseconds behind them. Medians of rounds, each with
 * its own floor beside it (bench.h).
 */
#include <stdio.h>

#include "attest/ec.h"
#include "attest/sim/forge_nitro.h"
#include "base/rng_seeded.h"
#include "bench/bench.h"

#define ROUNDS 41

static struct evidence_policy policy;
static struct evidence_input input = {.policy = &policy};
static struct evidence_kept *kept;
static struct ec384_key *key;
static uint8_t digest[48], rs[96];

static void run_p384(void)
{
    if (ec384_verify(key, digest, rs) != PC_OK)
        pc_bug("a genuine signature was refused");
}

static void verify(struct evidence_kept *k)
{
    struct verdict v;
    evidence_verify(&v, k, PC_VENDOR_NITRO, &input);
    if (!verdict_accepts(&v))
        pc_bug("genuine evidence was refused");
}

static void run_full(void)
{
    verify(NULL);
}

static void run_warm(void)
{
    verify(kept);
}

static void setup(void)
{
    static struct forge_nitro f;
    static struct forged_nitro document;
    struct rng_seeded rng;
    rng_seeded_init(&rng, 1);
    forge_nitro_init(&f, &rng.rng, false);
    forge_nitro_build(&document, &f);
    policy_network(&policy, NULL);
    forge_nitro_pin(policy.root_sha256[PC_VENDOR_NITRO], &f);
    input.evidence = bytes_of(document.p, document.n);
    input.evidence_time = PC_FORGE_NITRO_NOW;
    ec_sha384(digest, PC_BYTES_STR("bench"));
    sim_sign384_digest(rs, &f.stranger, digest);
    kept = evidence_kept_new();
    if (kept == NULL || ec384_key_new(&key, f.stranger.xy) != PC_OK)
        pc_bug("no memory");
}

int main(void)
{
    struct bench_op op[] = {
        {.run = run_p384, .runs = 30}, {.run = run_full, .runs = 6}, {.run = run_warm, .runs = 15}};
    static double full[ROUNDS], warm[ROUNDS];
    setup();
    for (size_t i = 0; i < ROUNDS; i++) {
        bench_round(op, PC_ARRAY_LEN(op));
        full[i] = op[1].us / (5 * op[0].us);
        warm[i] = op[2].us / (2 * op[0].us);
    }
    bench_print("nitro_full", bench_median(full, ROUNDS));
    bench_print("nitro_warm", bench_median(warm, ROUNDS));
    bench_print("p384_verify_us", op[0].best);
    bench_print("nitro_full_us", op[1].best);
    bench_print("nitro_warm_us", op[2].best);
    bench_print_end();
    evidence_kept_free(kept);
    ec384_key_free(key);
    return 0;
}
