/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx-mutate - cases for the differential test of the TDX verifiers (mutate.h). Bases: a v4 and a
 * v5 quote under one root.
 *
 * Parts: 0 root, 1 PCK CA, 2 leaf, 3 TCB signer (DER); 4 root CRL, 5 PCK CRL (DER); 6 TCB info
 * (inner object as signed), 7 its signature r||s; 8 QE identity, 9 its signature; 10 stripped
 * evidence (ITdxVerifier). The verifier under test pins the bases' part 0; a case that changes part
 * 0 has a foreign root, and its certificates cannot be posted.
 */
#include "tests/tools/mutate.h"
#include "tests/tools/tdx_ops.h"

#define BASES 2

static struct forge plan[BASES];
static struct forged built[BASES];
static uint8_t pin[32];

static void init(struct rng_seeded *rng)
{
    forge_init(&plan[0], &rng->rng, 4);
    /* One root for both bases: the second is the same vendor's v5 machine. */
    forge_copy(&plan[1], &plan[0]);
    ops_make_v5(&plan[1], rng);
    for (size_t b = 0; b < BASES; b++)
        forge_build(&built[b], &plan[b]);
    forge_pin(pin, &built[0]);
}

static void show(struct mutate_case *out, const struct forged *p)
{
    out->now = p->now;
    for (size_t i = 0; i < PC_FORGED_COUNT; i++)
        out->part[i] = forged_part(p, i);
    forge_verify(&out->verdict, p, pin);
}

static void base(struct mutate_case *out, size_t which)
{
    show(out, &built[which]);
}

static void mutate(struct mutate_case *out, size_t which, bool structured, struct rng_seeded *rng)
{
    static struct forge changed;
    static struct forged p;
    if (structured) {
        forge_copy(&changed, &plan[which]);
        ops_structured(out->label, &p, &changed, rng);
    } else {
        p = built[which];
        ops_raw(out->label, &p, rng);
    }
    show(out, &p);
}

int main(int argc, char **argv)
{
    static const struct mutate_vendor vendor = {.program = "tdx-mutate",
                                                .bases = BASES,
                                                .parts = PC_FORGED_COUNT,
                                                .init = init,
                                                .base = base,
                                                .mutate = mutate};
    return mutate_main(argc, argv, &vendor);
}
