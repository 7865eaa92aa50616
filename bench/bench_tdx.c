/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_tdx - what a TDX verification costs, in P-256 verifications of OpenSSL in the same run.
 *
 * Prints one flat JSON object: tdx_full_p256 (quote, chain and all collateral from bytes) and
 * tdx_quote_p256 (quote and chain with kept collateral), and the microseconds behind them. Each
 * figure is the median of batches, so that a neighbour's load does not decide.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "attest/ec.h"
#include "attest/sim/forge.h"
#include "base/rng_seeded.h"

#define BATCHES 21
#define RUNS    40

static double now_us(void)
{
    struct timespec t;
    if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) != 0)
        pc_bug("no clock");
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct forge_input input;
static struct evidence_kept *kept;
static struct ec_key *key;
static uint8_t digest[32], rs[64];

static void run_p256(void)
{
    if (ec_verify(key, digest, rs) != PC_OK)
        pc_bug("a genuine signature was refused");
}

static void verify(struct evidence_kept *k)
{
    struct verdict v;
    evidence_verify(&v, k, PC_VENDOR_TDX, &input.in);
    if (!verdict_accepts(&v))
        pc_bug("genuine evidence was refused");
}

static void run_full(void)
{
    verify(NULL);
}

static void run_quote(void)
{
    verify(kept);
}

/* Medians of the three, batch by batch side by side. */
static void measure(double out[3])
{
    static void (*const what[3])(void) = {run_p256, run_full, run_quote};
    static double t[3][BATCHES];
    for (size_t b = 0; b < BATCHES; b++)
        for (size_t i = 0; i < 3; i++) {
            double start = now_us();
            for (int r = 0; r < RUNS; r++)
                what[i]();
            t[i][b] = (now_us() - start) / RUNS;
        }
    for (size_t i = 0; i < 3; i++) {
        qsort(t[i], BATCHES, sizeof(t[i][0]), by_value);
        out[i] = t[i][BATCHES / 2];
    }
}

int main(void)
{
    static struct forge f;
    static struct forged parts;
    static struct evidence_policy policy;
    struct rng_seeded rng;
    double us[3];
    rng_seeded_init(&rng, 1);
    forge_init(&f, &rng.rng, 5);
    forge_build(&parts, &f);
    forge_assemble(&input, &parts);
    policy_network(&policy, NULL);
    forge_pin(policy.root_sha256[PC_VENDOR_TDX], &parts);
    input.in.policy = &policy;
    ec_sha256(digest, PC_BYTES_STR("bench"));
    sim_sign_digest(rs, &f.stranger, digest);
    kept = evidence_kept_new();
    if (kept == NULL || ec_key_new(&key, f.stranger.xy) != PC_OK)
        pc_bug("no memory");
    measure(us);
    (void)printf("{\"tdx_full_p256\":%.2f,\"tdx_quote_p256\":%.2f,\"p256_verify_us\":%.1f,"
                 "\"tdx_full_us\":%.1f,\"tdx_quote_us\":%.1f}\n",
                 us[1] / us[0], us[2] / us[0], us[0], us[1], us[2]);
    evidence_kept_free(kept);
    ec_key_free(key);
    return 0;
}
