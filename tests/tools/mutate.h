/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutate.h - what the programs tdx-mutate, snp-mutate and nitro-mutate have in common: cases for
 * the differential test of the verifiers in C and Solidity.
 *
 *   VENDOR-mutate --out DIR [--cases N] [--seed S]
 *
 * Simulated evidence (some bases) is mutated N times (default 10,000): every second case is
 * structure-aware and signed again under the simulated roots, the others change raw bytes. Each
 * case has the C verifier's answer under the network's policy with the bases' roots pinned. A seed
 * gives the same files again.
 *
 * Evidence with its certificates, collateral and hints is a row of parts; what they are the
 * vendor's program says. Files in DIR; all integers are big-endian:
 *   base.bin        u8 number of bases, u8 number of parts, u8 number of reasons;
 *                   for each reason u8 length, name (attest/verdict.h, by bit);
 *                   for each base its parts: u32 length, bytes
 *   cases-NNN.bin   up to 100 cases:
 *     u32 length of the rest of the case
 *     u8  base
 *     u64 time at which everything is posted and verified
 *     u8  C accepts: 1, 0        u8 C's TCB status (0: none)
 *     u8  C has claims           32 bytes claims (zero without)
 *     u64 u64 C's reasons (bit sets of attest/verdict.h, low word first)
 *     u8  label length, label (ASCII)
 *     u8  number of changed parts, then each: u8 part, u32 length, bytes
 *   verdicts.jsonl  the same verdicts as text, a line per case
 */
#ifndef PC_TESTS_TOOLS_MUTATE_H
#define PC_TESTS_TOOLS_MUTATE_H

#include "attest/verdict.h"
#include "base/rng_seeded.h"

#define PC_MUTATE_LABEL 80
#define PC_MUTATE_PARTS 24

/* One case, or a base. Parts are views that last until the vendor's next call. */
struct mutate_case {
    uint64_t now;
    struct bytes part[PC_MUTATE_PARTS];
    struct verdict verdict;
    char label[PC_MUTATE_LABEL];
};

struct mutate_vendor {
    const char *program;
    size_t bases, parts;
    void (*init)(struct rng_seeded *rng);
    /* Unchanged; the views last. A base that C refuses is a bug. */
    void (*base)(struct mutate_case *out, size_t which);
    void (*mutate)(struct mutate_case *out, size_t base, bool structured, struct rng_seeded *rng);
};

/* The whole program: its exit code. */
int mutate_main(int argc, char **argv, const struct mutate_vendor *vendor);

/* ---- for the vendors' mutations */

static inline uint64_t mutate_below(struct rng_seeded *r, uint64_t n)
{
    return rng_seeded_below(r, n);
}

static inline void mutate_flip(struct rng_seeded *r, uint8_t *p, size_t n)
{
    p[rng_seeded_below(r, n)] ^= (uint8_t)(1U << rng_seeded_below(r, 8));
}

static inline void mutate_fill(struct rng_seeded *r, uint8_t *p, size_t n)
{
    rng_fill(&r->rng, p, n);
}

/* One change of raw bytes: mostly a flipped bit, else a set byte or, where the length may change, a
 * cut, an inserted byte, or a stretch that is copied elsewhere. b has room for one byte more; *n is
 * above 0. What it was. */
const char *mutate_raw(uint8_t *b, size_t *n, bool fixed, struct rng_seeded *rng);

/* The four ends of a period around `now`: its last good second, over, its first one, to come. */
void mutate_dates(uint64_t *from, uint64_t *to, uint64_t now, struct rng_seeded *rng);

#endif
