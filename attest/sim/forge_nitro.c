/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/forge_nitro.h"

void forge_nitro_init(struct forge_nitro *f, struct rng *rng, bool definite)
{
    const uint64_t ms = (PC_FORGE_NITRO_NOW - 30) * 1000 + 346;
    memset(f, 0, sizeof(*f));
    sim_nitro_vendor_new(&f->machine, rng, PC_FORGE_NITRO_NOW - 86400);
    sim_nitro_host_new(&f->machine, rng);
    sim_nitro_start(&f->machine, rng);
    sim_key384_new(&f->stranger, rng);
    rng_fill(rng, f->machine.program, 48);
    rng_fill(rng, f->machine.policy, 48);
    rng_fill(rng, f->user_data, 64);
    sim_nitro_certs(f->cert, &f->machine, ms / 1000);
    f->cert[PC_FORGE_EXTRA] = f->cert[PC_SIM_LEAF];
    f->cert[PC_FORGE_EXTRA].key = f->stranger.xy;
    for (f->bundle_n = 0; f->bundle_n < PC_SIM_LEAF; f->bundle_n++)
        f->bundle[f->bundle_n] = (unsigned)f->bundle_n;
    f->target = PC_SIM_LEAF;
    sim_nitro_doc_default(&f->doc, &f->machine, ms, PC_BYTES(f->user_data));
    f->doc.definite = definite;
}

/* A pointer into *from as one into *to. */
static const void *moved(const void *p, const struct forge_nitro *from,
                         const struct forge_nitro *to)
{
    const uint8_t *at = p, *base = (const uint8_t *)from;
    bool inside = at >= base && at < base + sizeof(*from);
    return inside ? (const uint8_t *)to + (at - base) : p;
}

void forge_nitro_copy(struct forge_nitro *out, const struct forge_nitro *f)
{
    *out = *f;
    for (size_t i = 0; i < PC_ARRAY_LEN(out->cert); i++) {
        out->cert[i].key = moved(f->cert[i].key, f, out);
        out->cert[i].signer = moved(f->cert[i].signer, f, out);
    }
    out->doc.signer = moved(f->doc.signer, f, out);
    out->doc.user_data.data.p = moved(f->doc.user_data.data.p, f, out);
}

void forge_nitro_chain(struct sim_nitro_doc *d, const struct forge_nitro *f)
{
    static struct derw der;
    der.n = 0;
    for (d->ca_count = 0; d->ca_count < f->bundle_n; d->ca_count++)
        d->ca[d->ca_count] = sim_nitro_cert_build(&der, &f->cert[f->bundle[d->ca_count]]);
    d->certificate = sim_nitro_cert_build(&der, &f->cert[f->target]);
}

void forge_nitro_seal(struct forged_nitro *out, const struct forge_nitro *f, struct bytes payload)
{
    static struct cborw w;
    w.n = 0;
    sim_nitro_seal(&w, payload, f->doc.signer, f->doc.tagged);
    memcpy(out->p, w.p, w.n);
    out->n = w.n;
}

void forge_nitro_build(struct forged_nitro *out, const struct forge_nitro *f)
{
    static struct cborw payload;
    struct sim_nitro_doc d = f->doc;
    payload.n = 0;
    forge_nitro_chain(&d, f);
    sim_nitro_payload(&payload, &d);
    forge_nitro_seal(out, f, bytes_of(payload.p, payload.n));
}

void forge_nitro_pin(uint8_t pin[static 32], const struct forge_nitro *f)
{
    uint8_t der[PC_NITRO_CERT_MAX];
    size_t n;
    sim_nitro_root(der, &n, &f->machine);
    ec_sha256(pin, bytes_of(der, n));
}

void forge_nitro_verify(struct verdict *v, struct bytes document, const uint8_t pin[static 32])
{
    uint8_t roots[4][32] = {{0}};
    struct evidence_policy policy;
    memcpy(roots[PC_VENDOR_NITRO], pin, 32);
    policy_network(&policy, (const uint8_t(*)[32])roots);
    struct evidence_input in = {.evidence = document,
                                .policy = &policy,
                                .evidence_time = PC_FORGE_NITRO_NOW,
                                .collateral_time = PC_FORGE_NITRO_NOW};
    evidence_verify(v, NULL, PC_VENDOR_NITRO, &in);
}
