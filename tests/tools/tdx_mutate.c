/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx-mutate - cases for the differential test of the TDX verifiers in C and Solidity.
 *
 *   tdx-mutate --out DIR [--cases N] [--seed S]
 *
 * Simulated evidence (a v4 and a v5 base) is mutated N times (default 10,000): every second case is
 * structure-aware and signed again under the simulated roots, the others change raw bytes. Each
 * case has the C verifier's answer under the network's policy with the bases' root pinned. A seed
 * gives the same files again.
 *
 * Files in DIR; all integers are big-endian:
 *   base.bin        u8 number of bases, then for each the 11 parts: u32 length, bytes
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
 *
 * Parts: 0 root, 1 PCK CA, 2 leaf, 3 TCB signer (DER); 4 root CRL, 5 PCK CRL (DER); 6 TCB info
 * (inner object as signed), 7 its signature r||s; 8 QE identity, 9 its signature; 10 stripped
 * evidence (ITdxVerifier). The verifier under test pins the base's part 0; a case that changes part
 * 0 has a foreign root, and its certificates cannot be posted.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/tools/tdx_ops.h"

#include "base/buf.h"
#include "base/hex.h"

#define CASES_PER_FILE 100
#define BASES          2

struct tally {
    unsigned accepted, refused, with_status;
    unsigned reason[PC_R_COUNT];
};

static FILE *create(const char *dir, const char *name)
{
    char path[4096];
    FILE *f = NULL;
    if (snprintf(path, sizeof(path), "%s/%s", dir, name) < (int)sizeof(path))
        f = fopen(path, "wb");
    if (f == NULL) {
        (void)fprintf(stderr, "tdx-mutate: cannot write %s/%s\n", dir, name);
        exit(2);
    }
    return f;
}

static void put(FILE *f, const void *p, size_t n)
{
    if (n > 0 && fwrite(p, 1, n, f) != n) {
        (void)fprintf(stderr, "tdx-mutate: writing failed\n");
        exit(2);
    }
}

static void put_base(FILE *f, const struct forged *base)
{
    for (size_t i = 0; i < PC_FORGED_COUNT; i++) {
        uint8_t len[4];
        store_be32(len, (uint32_t)base->n[i]);
        put(f, len, 4);
        put(f, base->p[i], base->n[i]);
    }
}

static void put_case(FILE *f, uint8_t base_number, const struct forged *base,
                     const struct forged *p, const struct verdict *v, const char *label)
{
    static uint8_t buf[PC_FORGED_COUNT * PC_FORGED_CAP];
    struct writer w = writer_of(buf, sizeof(buf));
    struct bytes done;
    uint8_t changed = 0, len[4];
    write_u8(&w, base_number);
    write_u64(&w, p->now);
    write_u8(&w, verdict_accepts(v));
    write_u8(&w, v->tcb_status);
    write_u8(&w, v->has_claims);
    write_bytes(&w, v->claims, 32);
    write_u64(&w, v->reasons[0]);
    write_u64(&w, v->reasons[1]);
    write_u8(&w, (uint8_t)strlen(label));
    write_bytes(&w, label, strlen(label));
    size_t count_at = w.n;
    write_u8(&w, 0);
    for (size_t i = 0; i < PC_FORGED_COUNT; i++) {
        if (bytes_equal_var(forged_part(p, i), forged_part(base, i)))
            continue;
        write_u8(&w, (uint8_t)i);
        write_bytes32(&w, forged_part(p, i));
        changed++;
    }
    if (writer_end(&w, &done) != PC_OK)
        pc_bug("a case does not fit");
    buf[count_at] = changed;
    store_be32(len, (uint32_t)done.n);
    put(f, len, 4);
    put(f, done.p, done.n);
}

static void put_line(FILE *f, unsigned number, const struct verdict *v, const char *label)
{
    char hex[65];
    bool first = true;
    hex_encode(hex, PC_BYTES(v->claims));
    (void)fprintf(f, "{\"case\":%u,\"label\":\"%s\",\"verdict\":\"%s\",\"tcb_status\":\"%s\",",
                  number, label, verdict_accepts(v) ? "ACCEPT" : "REJECT",
                  verdict_status_name(v->tcb_status));
    (void)fprintf(f, "\"claims\":\"%s\",\"reasons\":[", v->has_claims == 1 ? hex : "");
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (verdict_has(v, (enum verdict_reason)r)) {
            (void)fprintf(f, "%s\"%s\"", first ? "" : ",", verdict_reason_name(r));
            first = false;
        }
    (void)fprintf(f, "]}\n");
}

static void count(struct tally *t, const struct verdict *v)
{
    if (verdict_accepts(v))
        t->accepted++;
    else
        t->refused++;
    if (v->tcb_status != PC_TCB_NONE)
        t->with_status++;
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        t->reason[r] += verdict_has(v, (enum verdict_reason)r);
}

static void report(const struct tally *t)
{
    (void)fprintf(stderr, "tdx-mutate: %u accepted, %u refused, %u with a TCB status\n",
                  t->accepted, t->refused, t->with_status);
    for (unsigned r = 0; r < PC_R_COUNT; r++)
        if (t->reason[r] > 0)
            (void)fprintf(stderr, "  %6u %s\n", t->reason[r], verdict_reason_name(r));
}

static void run(const char *dir, unsigned cases, uint64_t seed)
{
    static struct forge plan[BASES], changed;
    static struct forged base[BASES], p;
    struct tally tally = {0};
    struct rng_seeded rng;
    uint8_t pin[32];
    char name[32], label[PC_OPS_LABEL];
    FILE *f = NULL;
    rng_seeded_init(&rng, seed);
    forge_init(&plan[0], &rng.rng, 4);
    /* One root for both bases: the second is the same vendor's v5 machine. */
    forge_copy(&plan[1], &plan[0]);
    ops_make_v5(&plan[1], &rng);
    FILE *base_file = create(dir, "base.bin");
    put(base_file, &(uint8_t){BASES}, 1);
    for (size_t b = 0; b < BASES; b++) {
        forge_build(&base[b], &plan[b]);
        put_base(base_file, &base[b]);
    }
    forge_pin(pin, &base[0]);
    FILE *lines = create(dir, "verdicts.jsonl");
    for (unsigned i = 0; i < cases; i++) {
        struct verdict v;
        uint8_t b = (uint8_t)rng_seeded_below(&rng, BASES);
        if (i % CASES_PER_FILE == 0) {
            if (f != NULL && fclose(f) != 0)
                exit(2);
            (void)snprintf(name, sizeof(name), "cases-%03u.bin", i / CASES_PER_FILE);
            f = create(dir, name);
        }
        if (i % 2 == 0) {
            forge_copy(&changed, &plan[b]);
            ops_structured(label, &changed, &rng);
            forge_build(&p, &changed);
        } else {
            p = base[b];
            ops_raw(label, &p, &rng);
        }
        forge_verify(&v, &p, pin);
        put_case(f, b, &base[b], &p, &v, label);
        put_line(lines, i, &v, label);
        count(&tally, &v);
    }
    if ((f != NULL && fclose(f) != 0) || fclose(base_file) != 0 || fclose(lines) != 0) {
        (void)fprintf(stderr, "tdx-mutate: writing failed\n");
        exit(2);
    }
    report(&tally);
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"out", required_argument, NULL, 'o'},
        {"cases", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    const char *dir = NULL;
    unsigned cases = 10000;
    uint64_t seed = 1;
    int c;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 'o')
            dir = optarg;
        else if (c == 'n')
            cases = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 's')
            seed = strtoull(optarg, NULL, 10);
        else
            return 2;
    }
    if (dir == NULL || cases == 0 || cases > 100000) {
        (void)fprintf(stderr, "usage: tdx-mutate --out DIR [--cases 1..100000] [--seed S]\n");
        return 2;
    }
    (void)mkdir(dir, 0755); /* an existing folder is fine; create() tells of any other trouble */
    run(dir, cases, seed);
    return 0;
}
