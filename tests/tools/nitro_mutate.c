/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nitro-mutate - cases for the differential test of the Nitro verifiers (mutate.h). Bases: three
 * documents of one enclave under one chain of real depth.
 *
 * Parts: 0 root (DER); 1 document; 2 record of the target as client/lib makes it, empty where it
 * finds that the document or its chain is none; 3 hints of the document's signature; 4 + 2i, 5 + 2i
 * the i-th certificate below the root (DER, empty behind the target) and the hints of its
 * signature. Hints of a false signature are those of the base. A document that C cannot take apart
 * comes with the certificates that it was made of. The verifier under test pins part 0.
 */
#include "attest/der.h"
#include "attest/ec.h"
#include "attest/policy.h"
#include "client/lib/nitro_calls.h"
#include "client/lib/vendor_row.h"
#include "tests/tools/mutate.h"
#include "tests/tools/mutate_hints.h"
#include "tests/tools/nitro_ops.h"

#define BASES 3
#define CERTS PC_NITRO_CHAIN_MAX /* below the root: seven CAs and the target */

enum part { PART_ROOT, PART_DOCUMENT, PART_RECORD, PART_HINTS, PART_CERTS };
#define PART_COUNT (PART_CERTS + 2 * CERTS)

/* What stands behind the views of a case. */
struct shown {
    struct vendor_parts library;
    struct mutate_hints hints, cert_hints[CERTS];
};

static struct nitro_mutant machine[BASES];
static struct shown shown[BASES], shown_case;
static struct mutate_case built[BASES];
static struct evidence_policy policy;
static size_t root_n;
static uint8_t root[PC_NITRO_CERT_MAX];

static void verify(struct verdict *v, struct bytes document, uint64_t now)
{
    struct evidence_input in = {.evidence = document,
                                .policy = &policy,
                                .evidence_time = now,
                                .collateral_time = now,
                                .dates = PC_DATES_FULL};
    evidence_verify(v, NULL, PC_VENDOR_NITRO, &in);
}

/* Signed bytes and signature, whatever the certificate says. */
static bool take_signed(struct bytes *tbs, uint8_t rs[static 96], struct bytes der)
{
    struct der d = der_of(der);
    struct der outer = der_enter(&d, PC_DER_SEQUENCE);
    bool ok;
    *tbs = der_take_whole(&outer, PC_DER_SEQUENCE);
    (void)der_take_whole(&outer, PC_DER_SEQUENCE);
    der_ecdsa_sig(rs, 48, &ok, der_take_bits(&outer));
    return ok && tbs->n > 0;
}

/* The key of a certificate; that of the plan if it cannot be read. */
static void key_of(uint8_t out[static 96], struct bytes der, const uint8_t *planned)
{
    struct cert c;
    memcpy(out, cert_parse_p384(&c, der) == PC_OK ? c.key : planned, 96);
}

struct chain {
    size_t n; /* below the root */
    struct bytes cert[PC_NITRO_CHAIN_CERTS];
    const uint8_t *key[PC_NITRO_CHAIN_CERTS]; /* planned: of cert[i - 1], or of the root */
};

/* The certificates that are posted: of the document if it can be taken apart, else of the plan. */
static void chain_of(struct chain *out, struct nitro_doc *doc, const struct nitro_mutant *m)
{
    struct verdict ignored = {0};
    bool read = nitro_doc_parse(doc, &ignored, bytes_of(m->document.p, m->document.n));
    out->n = read ? doc->ca_count : m->certs - 1;
    if (out->n > CERTS)
        out->n = CERTS;
    for (size_t i = 0; i < out->n; i++) {
        size_t above = i < m->certs ? i : m->certs - 1;
        out->key[i] = m->plan.cert[m->cert_of[above]].key;
        if (!read)
            out->cert[i] = bytes_of(m->cert[i + 1], m->cert_n[i + 1]);
        else
            out->cert[i] = i + 1 < doc->ca_count ? doc->ca[i + 1] : doc->certificate;
    }
}

static void cert_hints(struct mutate_hints *out, const struct chain *chain, size_t i,
                       const struct mutate_case *honest, const struct mutate_hints *honest_hints)
{
    const uint8_t *planned = chain->key[i];
    uint8_t rs[96], key[96], digest[48];
    struct bytes above = i == 0 ? bytes_of(root, root_n) : chain->cert[i - 1], tbs;
    struct bytes was =
        i == 0 || honest == NULL ? bytes_of(root, root_n) : honest->part[PART_CERTS + 2 * (i - 1)];
    bool same = honest != NULL && bytes_equal_var(above, was) &&
                bytes_equal_var(chain->cert[i], honest->part[PART_CERTS + 2 * i]);
    if (same || !take_signed(&tbs, rs, chain->cert[i])) {
        if (honest_hints == NULL)
            pc_bug("a base's certificate has no form");
        *out = *honest_hints;
        return;
    }
    key_of(key, above, planned);
    ec_sha384(digest, tbs);
    const struct p384_statement signature = mutate_statement(key, digest, rs);
    mutate_hints_make(out, &signature, honest_hints);
}

/* What the document's signature says. A document that C does not take apart has the payload that it
 * was made of and, at its end, a signature. */
static struct p384_statement statement(const struct nitro_doc *doc, const struct chain *chain,
                                       const struct nitro_mutant *m)
{
    static struct cborw tbs;
    uint8_t key[96], digest[48], rs[96] = {0};
    struct bytes target = chain->n == 0 ? bytes_of(NULL, 0) : chain->cert[chain->n - 1];
    key_of(key, target, m->plan.cert[m->plan.target].key);
    if (doc->signature != NULL) {
        ec_sha384_2(digest, bytes_of(doc->signed_prefix, doc->signed_prefix_n), doc->payload);
        memcpy(rs, doc->signature, 96);
        return mutate_statement(key, digest, rs);
    }
    tbs.n = 0;
    cborw_head(&tbs, PC_CBOR_ARRAY, 4);
    cborw_text(&tbs, "Signature1");
    cborw_bytes(&tbs, bytes_of("\xa1\x01\x38\x22", 4));
    cborw_bytes(&tbs, bytes_of(NULL, 0));
    cborw_bytes(&tbs, bytes_of(m->payload.p, m->payload.n));
    ec_sha384(digest, bytes_of(tbs.p, tbs.n));
    if (m->document.n >= 96)
        memcpy(rs, m->document.p + m->document.n - 96, 96);
    return mutate_statement(key, digest, rs);
}

static void show(struct mutate_case *out, struct shown *s, const struct nitro_mutant *m,
                 const struct mutate_case *honest, const struct shown *honest_shown)
{
    struct nitro_doc doc;
    struct chain chain;
    struct bytes document = bytes_of(m->document.p, m->document.n);
    verify(&out->verdict, document, m->now);
    out->now = m->now;
    out->part[PART_ROOT] = bytes_of(root, root_n);
    out->part[PART_DOCUMENT] = document;
    chain_of(&chain, &doc, m);
    for (size_t i = 0; i < chain.n; i++) {
        bool known = honest_shown != NULL && honest_shown->cert_hints[i].n > 0;
        const struct mutate_hints *h = honest_shown == NULL ? NULL
                                       : known              ? &honest_shown->cert_hints[i]
                                                            : &honest_shown->cert_hints[0];
        cert_hints(&s->cert_hints[i], &chain, i, honest, h);
        out->part[PART_CERTS + 2 * i] = chain.cert[i];
        out->part[PART_CERTS + 2 * i + 1] = bytes_of(s->cert_hints[i].p, s->cert_hints[i].n);
    }
    const struct p384_statement signature = statement(&doc, &chain, m);
    /* What the relay would send. */
    if (mutate_is_true(&signature) && nitro_row.parts(NULL, &s->library, document) == PC_OK) {
        out->part[PART_RECORD] = bytes_of(s->library.hints, PC_NITRO_RECORD);
        s->hints.n = s->library.hints_n - PC_NITRO_RECORD;
        memcpy(s->hints.p, s->library.hints + PC_NITRO_RECORD, s->hints.n);
    } else
        mutate_hints_make(&s->hints, &signature,
                          honest_shown == NULL ? NULL : &honest_shown->hints);
    out->part[PART_HINTS] = bytes_of(s->hints.p, s->hints.n);
}

static void copy(struct nitro_mutant *out, const struct nitro_mutant *m)
{
    *out = *m;
    forge_nitro_copy(&out->plan, &m->plan);
}

static void init(struct rng_seeded *rng)
{
    uint8_t roots[4][32] = {{0}};
    machine[0].now = PC_FORGE_NITRO_NOW;
    forge_nitro_init(&machine[0].plan, &rng->rng, false);
    for (size_t b = 1; b < BASES; b++)
        copy(&machine[b], &machine[0]);
    machine[1].plan.doc.definite = true; /* before 2025 */
    machine[1].plan.doc.pcr_set |= 1U << 16;
    mutate_fill(rng, machine[1].plan.doc.pcr[8], 48);
    machine[2].plan.doc.tagged = true;
    for (size_t b = 0; b < BASES; b++)
        nitro_ops_build(&machine[b]);
    sim_nitro_root(root, &root_n, &machine[0].plan.machine);
    forge_nitro_pin(roots[PC_VENDOR_NITRO], &machine[0].plan);
    policy_network(&policy, (const uint8_t(*)[32])roots);
}

static void base(struct mutate_case *out, size_t which)
{
    show(out, &shown[which], &machine[which], NULL, NULL);
    built[which] = *out;
}

static void mutate(struct mutate_case *out, size_t which, bool structured, struct rng_seeded *rng)
{
    static struct nitro_mutant m;
    copy(&m, &machine[which]);
    if (structured)
        nitro_ops_structured(out->label, &m, rng);
    else
        nitro_ops_raw(out->label, &m, rng);
    show(out, &shown_case, &m, &built[which], &shown[which]);
}

int main(int argc, char **argv)
{
    static const struct mutate_vendor vendor = {.program = "nitro-mutate",
                                                .bases = BASES,
                                                .parts = PART_COUNT,
                                                .init = init,
                                                .base = base,
                                                .mutate = mutate};
    return mutate_main(argc, argv, &vendor);
}
