/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snp-mutate - cases for the differential test of the SEV-SNP verifiers (mutate.h). Bases: machines
 * of the three products, with VCEK and VLEK and reports of all versions, under one ARK for each
 * product.
 *
 * Parts: 0 ARK, 1 its list, 2 ASK or ASVK, 3 VCEK or VLEK (DER); 4 report as it goes on chain; 5, 6
 * modulus of the ARK and of the ASK or ASVK; 7 the contract's id of the latter, 8 leaf record: as
 * client/lib makes them, empty where it finds that the certificates or the report are none; 9 hints
 * of the report's signature, those of the base where the signature is false. The verifier under
 * test pins the bases' ARKs; a case that changes part 0 has a foreign one.
 */
#include "attest/ec.h"
#include "attest/policy.h"
#include "attest/snp_table.h"
#include "client/lib/snp_calls.h"
#include "client/lib/vendor_row.h"
#include "tests/tools/mutate.h"
#include "tests/tools/mutate_hints.h"
#include "tests/tools/snp_ops.h"

static const struct {
    enum snp_product product;
    bool vlek;
    uint32_t version;
} machines[] = {
    {PC_SNP_MILAN, false, 2}, {PC_SNP_MILAN, false, 5}, {PC_SNP_MILAN, true, 3},
    {PC_SNP_GENOA, false, 3}, {PC_SNP_GENOA, true, 5},  {PC_SNP_TURIN, false, 5},
    {PC_SNP_TURIN, true, 3},
};
#define BASES PC_ARRAY_LEN(machines)

enum part {
    PART_ROOT,
    PART_LIST,
    PART_ISSUER,
    PART_LEAF,
    PART_REPORT,
    PART_ROOT_MODULUS,
    PART_ISSUER_MODULUS,
    PART_AUTHORITY,
    PART_RECORD,
    PART_HINTS,
    PART_COUNT
};

/* What stands behind the views of a case. */
struct shown {
    struct evm_word authority;
    uint8_t modulus[2][PC_RSA_LEN];
    uint8_t record[PC_SNP_LEAF_RECORD];
    struct mutate_hints hints;
};

static struct snp_mutant machine[BASES];
static struct shown shown[BASES], shown_case;
static struct evidence_policy policy;

/* The report with its certificate table, as hosts hand it out. */
static struct bytes with_table(const struct snp_forged *p)
{
    static uint8_t out[PC_EVIDENCE_MAX];
    struct bytes report = snp_forged_part(p, PC_FORGED_SNP_REPORT);
    struct snp_table t = {0};
    size_t n = 0;
    bool vlek = report.n >= PC_SNP_REPORT_LEN &&
                PC_SNP_KEY_SIGNER(load_le32(report.p + PC_SR_KEY_INFO)) == PC_SNP_SIGNED_VLEK;
    t.entry[vlek ? PC_SNP_ENTRY_VLEK : PC_SNP_ENTRY_VCEK] = snp_forged_part(p, PC_FORGED_SNP_VEK);
    t.entry[PC_SNP_ENTRY_ASK] = snp_forged_part(p, PC_FORGED_SNP_ISSUER);
    t.entry[PC_SNP_ENTRY_ARK] = snp_forged_part(p, PC_FORGED_SNP_ROOT);
    if (report.n > 0)
        memcpy(out, report.p, report.n);
    if (snp_table_build(out + report.n, sizeof(out) - report.n, &n, &t) != PC_OK)
        pc_bug("a certificate table is too large");
    return bytes_of(out, report.n + n);
}

static void verify(struct verdict *v, const struct snp_mutant *m)
{
    struct evidence_input in = snp_forge_input(&m->built);
    in.policy = &policy;
    if (m->table) {
        in.evidence = with_table(&m->built);
        in.collateral.snp_vek = in.collateral.snp_issuer = in.collateral.snp_root =
            bytes_of(NULL, 0);
    }
    evidence_verify(v, NULL, PC_VENDOR_SNP, &in);
}

/* What the report's signature says, whatever else is wrong with the report. */
static struct p384_statement statement(const struct snp_mutant *m)
{
    static const uint8_t nothing[PC_SNP_REPORT_LEN];
    struct bytes report = snp_forged_part(&m->built, PC_FORGED_SNP_REPORT);
    static struct snp_cert leaf;
    uint8_t digest[48], rs[96];
    const uint8_t *p = report.n >= PC_SNP_REPORT_LEN ? report.p : nothing, *key = m->plan.leaf.ec;
    if (snp_cert_parse(&leaf, snp_forged_part(&m->built, PC_FORGED_SNP_VEK)) == PC_OK &&
        !leaf.is_rsa)
        key = leaf.key;
    ec_sha384(digest, bytes_of(p, PC_SNP_SIGNED_LEN));
    for (size_t i = 0; i < 48; i++) {
        rs[i] = p[PC_SR_SIGNATURE + 47 - i];
        rs[48 + i] = p[PC_SR_SIGNATURE + 72 + 47 - i];
    }
    return mutate_statement(key, digest, rs);
}

static bool leaf_record(uint8_t out[static PC_SNP_LEAF_RECORD], const struct snp_forged *p)
{
    static struct snp_cert c[3];
    return snp_cert_parse(&c[0], snp_forged_part(p, PC_FORGED_SNP_VEK)) == PC_OK &&
           snp_cert_parse(&c[1], snp_forged_part(p, PC_FORGED_SNP_ISSUER)) == PC_OK &&
           snp_cert_parse(&c[2], snp_forged_part(p, PC_FORGED_SNP_ROOT)) == PC_OK &&
           snp_leaf_record(out, &c[0], &c[1], &c[2]) == PC_OK;
}

static struct bytes modulus(uint8_t out[static PC_RSA_LEN], struct bytes der,
                            const struct sim_rsa *planned)
{
    static struct snp_cert c;
    bool read = snp_cert_parse(&c, der) == PC_OK && c.is_rsa;
    memcpy(out, read ? c.key : planned->n, PC_RSA_LEN);
    return bytes_of(out, PC_RSA_LEN);
}

/* Would the relay send it? It finds the certificates in the table, and strips it. The library sets
 * up its maker of hints anew for each call, which takes longer than all else: its own are made
 * every 16th time, and must be those that are here. */
static bool library_takes(struct shown *s, const struct snp_forged *p)
{
    static struct vendor_parts parts;
    static unsigned turn;
    struct bytes evidence = with_table(p);
    struct evidence_claims c;
    if (vendor_claims(&c, PC_VENDOR_SNP, evidence) != PC_OK || !leaf_record(s->record, p))
        return false;
    if (turn++ % 16 == 0 &&
        (snp_row.parts(NULL, &parts, evidence) != PC_OK || parts.evidence_n != PC_SNP_REPORT_LEN ||
         parts.hints_n != PC_SNP_LEAF_RECORD + s->hints.n ||
         memcmp(parts.hints, s->record, PC_SNP_LEAF_RECORD) != 0 ||
         memcmp(parts.hints + PC_SNP_LEAF_RECORD, s->hints.p, s->hints.n) != 0))
        pc_bug("the library makes other hints of its own");
    return true;
}

static void show(struct mutate_case *out, struct shown *s, const struct snp_mutant *m,
                 const struct mutate_hints *honest)
{
    static struct snp_cert issuer;
    const struct snp_forged *p = &m->built;
    const struct snp_forge *f = &m->plan;
    verify(&out->verdict, m);
    out->now = p->now;
    out->part[PART_ROOT] = snp_forged_part(p, PC_FORGED_SNP_ROOT);
    out->part[PART_LIST] = snp_forged_part(p, PC_FORGED_SNP_CRL);
    out->part[PART_ISSUER] = snp_forged_part(p, PC_FORGED_SNP_ISSUER);
    out->part[PART_LEAF] = snp_forged_part(p, PC_FORGED_SNP_VEK);
    out->part[PART_REPORT] = snp_forged_part(p, PC_FORGED_SNP_REPORT);
    out->part[PART_ROOT_MODULUS] = modulus(s->modulus[0], out->part[PART_ROOT], &f->amd.ark.key);
    out->part[PART_ISSUER_MODULUS] = modulus(s->modulus[1], out->part[PART_ISSUER],
                                             f->chip.vlek ? &f->amd.asvk.key : &f->amd.ask.key);
    if (snp_cert_parse(&issuer, out->part[PART_ISSUER]) == PC_OK &&
        snp_authority_id(&s->authority, &issuer) == PC_OK)
        out->part[PART_AUTHORITY] = PC_BYTES(s->authority.b);
    const struct p384_statement signature = statement(m);
    mutate_hints_make(&s->hints, &signature, honest);
    if (mutate_is_true(&signature) && library_takes(s, p)) {
        out->part[PART_REPORT].n = PC_SNP_REPORT_LEN;
        out->part[PART_RECORD] = PC_BYTES(s->record);
    }
    out->part[PART_HINTS] = bytes_of(s->hints.p, s->hints.n);
}

static void init(struct rng_seeded *rng)
{
    uint8_t roots[PC_SNP_PRODUCTS][32];
    for (size_t i = 0; i < BASES; i++) {
        struct snp_mutant *m = &machine[i];
        if (i == 0)
            snp_forge_init(&m->plan, &rng->rng, machines[i].product, machines[i].vlek,
                           machines[i].version);
        else
            snp_forge_like(&m->plan, &machine[0].plan, &rng->rng, machines[i].product,
                           machines[i].vlek, machines[i].version);
        snp_forge_build(&m->built, &m->plan);
        ec_sha256(roots[machines[i].product], snp_forged_part(&m->built, PC_FORGED_SNP_ROOT));
    }
    policy_network(&policy, NULL);
    policy_snp_roots(&policy, (const uint8_t(*)[32])roots);
}

static void base(struct mutate_case *out, size_t which)
{
    show(out, &shown[which], &machine[which], NULL);
}

static void mutate(struct mutate_case *out, size_t which, bool structured, struct rng_seeded *rng)
{
    static struct snp_mutant m;
    m.table = false;
    snp_forge_copy(&m.plan, &machine[which].plan);
    if (structured)
        snp_ops_structured(out->label, &m, rng);
    else {
        m.built = machine[which].built;
        snp_ops_raw(out->label, &m, rng);
    }
    show(out, &shown_case, &m, &shown[which].hints);
}

int main(int argc, char **argv)
{
    static const struct mutate_vendor vendor = {.program = "snp-mutate",
                                                .bases = BASES,
                                                .parts = PART_COUNT,
                                                .init = init,
                                                .base = base,
                                                .mutate = mutate};
    return mutate_main(argc, argv, &vendor);
}
