/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/mutate.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/hex.h"

#define CASES_PER_FILE 100
#define CASE_MAX       ((size_t)1024 * 1024)
#define DAY            UINT64_C(86400)

/* ---- mutations */

const char *mutate_raw(uint8_t *b, size_t *n, bool fixed, struct rng_seeded *rng)
{
    size_t at = mutate_below(rng, *n), from, count;
    switch (fixed ? 0 : mutate_below(rng, 7)) {
    case 0:
    case 1:
    case 2:
        b[at] ^= (uint8_t)(1U << mutate_below(rng, 8));
        return "flip";
    case 3:
        b[at] = (uint8_t)mutate_below(rng, 256);
        return "set";
    case 4:
        *n = at;
        return "cut";
    case 5:
        from = mutate_below(rng, *n);
        count = 1 + mutate_below(rng, *n - (from > at ? from : at));
        memmove(b + at, b + from, count);
        return "splice";
    default:
        memmove(b + at + 1, b + at, *n - at);
        b[at] = (uint8_t)mutate_below(rng, 256);
        (*n)++;
        return "insert";
    }
}

void mutate_dates(uint64_t *from, uint64_t *to, uint64_t now, struct rng_seeded *rng)
{
    switch (mutate_below(rng, 4)) {
    case 0:
        *to = now;
        return;
    case 1:
        *to = now - 1 - mutate_below(rng, DAY);
        return;
    case 2:
        *from = now;
        return;
    default:
        *from = now + 1 + mutate_below(rng, DAY);
        return;
    }
}

/* ---- files */

struct run {
    const struct mutate_vendor *vendor;
    const char *dir;
    struct mutate_case *base; /* vendor->bases */
    unsigned accepted, refused, with_status;
    unsigned reason[PC_R_COUNT];
};

static void give_up(const struct run *r, const char *what)
{
    (void)fprintf(stderr, "%s: %s in %s\n", r->vendor->program, what, r->dir);
    exit(2);
}

static FILE *create(const struct run *r, const char *name)
{
    char path[4096];
    FILE *f = NULL;
    if (snprintf(path, sizeof(path), "%s/%s", r->dir, name) < (int)sizeof(path))
        f = fopen(path, "wb");
    if (f == NULL)
        give_up(r, "cannot create a file");
    return f;
}

static void put(const struct run *r, FILE *f, const void *p, size_t n)
{
    if (n > 0 && fwrite(p, 1, n, f) != n)
        give_up(r, "writing failed");
}

static void done(const struct run *r, FILE *f)
{
    if (f != NULL && fclose(f) != 0)
        give_up(r, "writing failed");
}

static void put_bases(struct run *r)
{
    const struct mutate_vendor *v = r->vendor;
    FILE *f = create(r, "base.bin");
    uint8_t head[3] = {(uint8_t)v->bases, (uint8_t)v->parts, PC_R_COUNT}, len[4];
    put(r, f, head, sizeof(head));
    for (unsigned i = 0; i < PC_R_COUNT; i++) {
        const char *name = verdict_reason_name(i);
        len[0] = (uint8_t)strlen(name);
        put(r, f, len, 1);
        put(r, f, name, len[0]);
    }
    for (size_t b = 0; b < v->bases; b++) {
        v->base(&r->base[b], b);
        if (!verdict_accepts(&r->base[b].verdict))
            pc_bug("a base is refused");
        for (size_t i = 0; i < v->parts; i++) {
            store_be32(len, (uint32_t)r->base[b].part[i].n);
            put(r, f, len, 4);
            put(r, f, r->base[b].part[i].p, r->base[b].part[i].n);
        }
    }
    done(r, f);
}

static void put_case(const struct run *r, FILE *f, uint8_t b, const struct mutate_case *c)
{
    static uint8_t buf[CASE_MAX];
    const struct verdict *v = &c->verdict;
    struct writer w = writer_of(buf, sizeof(buf));
    struct bytes all;
    uint8_t changed = 0, len[4];
    write_u8(&w, b);
    write_u64(&w, c->now);
    write_u8(&w, verdict_accepts(v));
    write_u8(&w, v->tcb_status);
    write_u8(&w, v->has_claims);
    write_bytes(&w, v->claims, 32);
    write_u64(&w, v->reasons[0]);
    write_u64(&w, v->reasons[1]);
    write_u8(&w, (uint8_t)strlen(c->label));
    write_bytes(&w, c->label, strlen(c->label));
    size_t count_at = w.n;
    write_u8(&w, 0);
    for (size_t i = 0; i < r->vendor->parts; i++) {
        if (bytes_equal_var(c->part[i], r->base[b].part[i]))
            continue;
        write_u8(&w, (uint8_t)i);
        write_bytes32(&w, c->part[i]);
        changed++;
    }
    if (writer_end(&w, &all) != PC_OK)
        pc_bug("a case does not fit");
    buf[count_at] = changed;
    store_be32(len, (uint32_t)all.n);
    put(r, f, len, 4);
    put(r, f, all.p, all.n);
}

static void put_line(FILE *f, unsigned number, const struct mutate_case *c)
{
    const struct verdict *v = &c->verdict;
    char hex[65];
    bool first = true;
    hex_encode(hex, PC_BYTES(v->claims));
    (void)fprintf(f, "{\"case\":%u,\"label\":\"%s\",\"verdict\":\"%s\",\"tcb_status\":\"%s\",",
                  number, c->label, verdict_accepts(v) ? "ACCEPT" : "REJECT",
                  verdict_status_name(v->tcb_status));
    (void)fprintf(f, "\"claims\":\"%s\",\"reasons\":[", v->has_claims == 1 ? hex : "");
    for (unsigned i = 0; i < PC_R_COUNT; i++)
        if (verdict_has(v, (enum verdict_reason)i)) {
            (void)fprintf(f, "%s\"%s\"", first ? "" : ",", verdict_reason_name(i));
            first = false;
        }
    (void)fprintf(f, "]}\n");
}

static void count(struct run *r, const struct verdict *v)
{
    if (verdict_accepts(v))
        r->accepted++;
    else
        r->refused++;
    if (v->tcb_status != PC_TCB_NONE)
        r->with_status++;
    for (unsigned i = 0; i < PC_R_COUNT; i++)
        r->reason[i] += verdict_has(v, (enum verdict_reason)i);
}

static void report(const struct run *r)
{
    (void)fprintf(stderr, "%s: %u accepted, %u refused, %u with a TCB status\n", r->vendor->program,
                  r->accepted, r->refused, r->with_status);
    for (unsigned i = 0; i < PC_R_COUNT; i++)
        if (r->reason[i] > 0)
            (void)fprintf(stderr, "  %6u %s\n", r->reason[i], verdict_reason_name(i));
}

static void run(struct run *r, unsigned cases, uint64_t seed)
{
    static struct mutate_case c;
    struct rng_seeded rng;
    char name[32];
    FILE *f = NULL;
    rng_seeded_init(&rng, seed);
    r->vendor->init(&rng);
    put_bases(r);
    FILE *lines = create(r, "verdicts.jsonl");
    for (unsigned i = 0; i < cases; i++) {
        size_t b = mutate_below(&rng, r->vendor->bases);
        if (i % CASES_PER_FILE == 0) {
            done(r, f);
            (void)snprintf(name, sizeof(name), "cases-%03u.bin", i / CASES_PER_FILE);
            f = create(r, name);
        }
        memset(&c, 0, sizeof(c));
        r->vendor->mutate(&c, b, i % 2 == 0, &rng);
        put_case(r, f, (uint8_t)b, &c);
        put_line(lines, i, &c);
        count(r, &c.verdict);
    }
    done(r, f);
    done(r, lines);
    report(r);
}

int mutate_main(int argc, char **argv, const struct mutate_vendor *vendor)
{
    static const struct option longs[] = {
        {"out", required_argument, NULL, 'o'},
        {"cases", required_argument, NULL, 'n'},
        {"seed", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    struct run r = {.vendor = vendor};
    unsigned cases = 10000;
    uint64_t seed = 1;
    int c;
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (c == 'o')
            r.dir = optarg;
        else if (c == 'n')
            cases = (unsigned)strtoul(optarg, NULL, 10);
        else if (c == 's')
            seed = strtoull(optarg, NULL, 10);
        else
            return 2;
    }
    if (r.dir == NULL || cases == 0 || cases > 100000) {
        (void)fprintf(stderr, "usage: %s --out DIR [--cases 1..100000] [--seed S]\n",
                      vendor->program);
        return 2;
    }
    if (vendor->parts > PC_MUTATE_PARTS || vendor->bases > UINT8_MAX)
        pc_bug("too many parts or bases");
    r.base = calloc(vendor->bases, sizeof(*r.base));
    if (r.base == NULL)
        give_up(&r, "out of memory");
    (void)mkdir(r.dir, 0755); /* an existing folder is fine; create() tells of any other trouble */
    run(&r, cases, seed);
    free(r.base);
    return 0;
}
