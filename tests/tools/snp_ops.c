/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/snp_ops.h"

#include <stdio.h>

#include "tests/tools/der_edit.h"
#include "tests/tools/snp_plan.h"

static uint64_t below(struct rng_seeded *r, uint64_t n)
{
    return mutate_below(r, n);
}

static bool half(struct rng_seeded *r)
{
    return below(r, 2) == 0;
}

/* --- what is built, signed again --- */

static void seal(struct snp_forged *p, enum snp_forge_part which, struct bytes tbs,
                 const struct sim_rsa *key)
{
    uint8_t sig[PC_RSA_LEN], out[PC_DER_EDIT_MAX];
    size_t n;
    sim_rsa_sign(sig, key, tbs, 48);
    der_seal(out, &n, tbs, snp_forged_part(p, which), PC_BYTES(sig));
    memcpy(p->p[which], out, n);
    p->n[which] = n;
}

static const struct sim_rsa *signer_of(const struct snp_forge *f, enum snp_forge_part which)
{
    return which == PC_FORGED_SNP_VEK   ? f->leaf.signer
           : which == PC_FORGED_SNP_CRL ? f->crl.signer
           : f->chip.vlek               ? f->certs.asvk.signer
                                        : f->certs.ask.signer;
}

static void edit(struct snp_mutant *m, enum snp_forge_part which, struct rng_seeded *r)
{
    uint8_t tbs[PC_DER_EDIT_MAX];
    size_t n;
    (void)der_edit(tbs, &n, der_tbs(snp_forged_part(&m->built, which)), r);
    seal(&m->built, which, bytes_of(tbs, n), signer_of(&m->plan, which));
}
static void der_leaf(struct snp_mutant *m, struct rng_seeded *r)
{
    edit(m, PC_FORGED_SNP_VEK, r);
}
static void der_issuer(struct snp_mutant *m, struct rng_seeded *r)
{
    edit(m, PC_FORGED_SNP_ISSUER, r);
}
static void der_list(struct snp_mutant *m, struct rng_seeded *r)
{
    edit(m, PC_FORGED_SNP_CRL, r);
}
/* A name that goes on behind a NUL, in every certificate that has it. */
static void name_with_nul(struct snp_mutant *m, struct rng_seeded *r)
{
    static const enum snp_forge_part parts[] = {PC_FORGED_SNP_VEK, PC_FORGED_SNP_ISSUER,
                                                PC_FORGED_SNP_CRL};
    const char *names[] = {m->plan.leaf.subject_cn, m->plan.leaf.issuer_cn,
                           m->plan.certs.ark.subject_cn, "Nowhere"};
    const char *name = names[below(r, PC_ARRAY_LEN(names))];
    uint8_t with[64] = {0}, tbs[PC_DER_EDIT_MAX];
    size_t n = strlen(name), more = below(r, 3);
    memcpy(with, name, n);
    if (more == 2)
        with[n + 1] = 'x';
    for (size_t i = 0; n > 0 && i < PC_ARRAY_LEN(parts); i++) {
        size_t len;
        der_replace(tbs, &len, der_tbs(snp_forged_part(&m->built, parts[i])), bytes_of(name, n),
                    bytes_of(with, n + 1 + (more == 2)));
        seal(&m->built, parts[i], bytes_of(tbs, len), signer_of(&m->plan, parts[i]));
    }
}
static const uint8_t order[48] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf,
    0x58, 0x1a, 0x0d, 0xb2, 0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};

/* The other of the two signatures of one statement, n - s: as good as the first. */
static void sig_other_s(struct snp_mutant *m, struct rng_seeded *r)
{
    uint8_t *s = m->built.p[PC_FORGED_SNP_REPORT] + PC_SR_SIGNATURE + 72; /* little-endian */
    int borrow = 0;
    (void)r;
    for (size_t i = 0; i < 48; i++) {
        int v = (int)order[47 - i] - s[i] - borrow;
        borrow = v < 0;
        s[i] = (uint8_t)v;
    }
}
static void sig_out_of_range(struct snp_mutant *m, struct rng_seeded *r)
{
    uint8_t *half_of = m->built.p[PC_FORGED_SNP_REPORT] + PC_SR_SIGNATURE + (half(r) ? 0 : 72);
    memset(half_of, half(r) ? 0 : 0xff, 48);
    if (half(r))
        for (size_t i = 0; i < 48; i++)
            half_of[i] = order[47 - i];
}
static void sig_padding(struct snp_mutant *m, struct rng_seeded *r)
{
    static const struct {
        uint16_t at, n;
    } gaps[] = {{PC_SR_SIGNATURE + 48, 24}, {PC_SR_SIGNATURE + 120, 24}, {0x330, 368}};
    size_t i = below(r, PC_ARRAY_LEN(gaps));
    mutate_flip(r, m->built.p[PC_FORGED_SNP_REPORT] + gaps[i].at, gaps[i].n);
}
static void with_table(struct snp_mutant *m, struct rng_seeded *r)
{
    (void)r;
    m->table = true;
}

/* --- which one --- */

static const struct {
    const char *name;
    unsigned weight;
    void (*change)(struct snp_mutant *, struct rng_seeded *);
} built_ops[] = {
#define OP(name, weight)                                                                           \
    {                                                                                              \
#name, weight, name                                                                        \
    }
    OP(der_leaf, 12),   OP(der_issuer, 5),       OP(der_list, 5),    OP(name_with_nul, 2),
    OP(sig_other_s, 3), OP(sig_out_of_range, 1), OP(sig_padding, 1), OP(with_table, 3),
};

struct choice {
    const char *name;
    void (*plan)(struct snp_forge *, struct rng_seeded *);
    void (*built)(struct snp_mutant *, struct rng_seeded *);
};

static struct choice some_op(struct rng_seeded *rng)
{
    uint64_t all = 0;
    for (size_t i = 0; i < snp_plan_ops_n; i++)
        all += snp_plan_ops[i].weight;
    for (size_t i = 0; i < PC_ARRAY_LEN(built_ops); i++)
        all += built_ops[i].weight;
    uint64_t at = below(rng, all);
    size_t i = 0;
    for (; i < snp_plan_ops_n && at >= snp_plan_ops[i].weight; i++)
        at -= snp_plan_ops[i].weight;
    if (i < snp_plan_ops_n)
        return (struct choice){snp_plan_ops[i].name, snp_plan_ops[i].change, NULL};
    for (i = 0; at >= built_ops[i].weight; i++)
        at -= built_ops[i].weight;
    return (struct choice){built_ops[i].name, NULL, built_ops[i].change};
}

void snp_ops_structured(char label[static PC_MUTATE_LABEL], struct snp_mutant *m,
                        struct rng_seeded *rng)
{
    const struct choice chosen[2] = {some_op(rng), some_op(rng)};
    const size_t count = below(rng, 4) == 0 ? 2 : 1;
    for (size_t i = 0; i < count; i++)
        if (chosen[i].plan != NULL)
            chosen[i].plan(&m->plan, rng);
    snp_forge_build(&m->built, &m->plan);
    for (size_t i = 0; i < count; i++)
        if (chosen[i].built != NULL)
            chosen[i].built(m, rng);
    (void)snprintf(label, PC_MUTATE_LABEL, "%s%s%s", chosen[0].name, count == 2 ? "+" : "",
                   count == 2 ? chosen[1].name : "");
}

void snp_ops_raw(char label[static PC_MUTATE_LABEL], struct snp_mutant *m, struct rng_seeded *rng)
{
    /* the root is the verifier's own: it cannot differ */
    static const struct {
        const char *name;
        enum snp_forge_part part;
    } parts[] = {{"report", PC_FORGED_SNP_REPORT}, {"report", PC_FORGED_SNP_REPORT},
                 {"report", PC_FORGED_SNP_REPORT}, {"leaf", PC_FORGED_SNP_VEK},
                 {"issuer", PC_FORGED_SNP_ISSUER}, {"list", PC_FORGED_SNP_CRL}};
    const size_t i = below(rng, PC_ARRAY_LEN(parts));
    struct snp_forged *p = &m->built;
    uint8_t *b = p->p[parts[i].part];
    const char *what;
    if (parts[i].part != PC_FORGED_SNP_REPORT && below(rng, 3) == 0) {
        uint8_t out[PC_DER_EDIT_MAX];
        size_t n;
        what = der_edit(out, &n, snp_forged_part(p, parts[i].part), rng);
        if (n > sizeof(p->p[0]))
            pc_bug("an edited part is too large");
        memcpy(b, out, n);
        p->n[parts[i].part] = n;
    } else
        what = mutate_raw(b, &p->n[parts[i].part], false, rng);
    (void)snprintf(label, PC_MUTATE_LABEL, "raw:%s:%s", parts[i].name, what);
}
