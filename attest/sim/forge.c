/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/forge.h"

#include <stdio.h>

#include "base/hex.h"

#define DAY UINT64_C(86400)

/* Pointers of a plan that lead into the plan. */
static void tie(struct forge *f)
{
    f->certs.root.key = f->vendor.root.key.xy;
    f->certs.ca.key = f->vendor.ca.key.xy;
    f->certs.signer.key = f->vendor.signer.key.xy;
    f->certs.root.signer = f->certs.ca.signer = f->certs.signer.signer = &f->vendor.root.key;
    f->leaf.key = f->pck_key.xy;
    f->leaf.signer = &f->vendor.ca.key;
    f->leaf.pck = &f->pck;
    f->root_crl.signer = &f->vendor.root.key;
    f->root_crl.revoked = f->root_revoked;
    f->pck_crl.signer = &f->vendor.ca.key;
    f->pck_crl.revoked = f->pck_revoked;
    f->tcb_signer = f->qe_signer = &f->vendor.signer.key;
    f->quote.pck_key = &f->pck_key;
}

void forge_init(struct forge *f, struct rng *rng, uint16_t version)
{
    static const uint8_t fmspc[6] = {0x51, 0x4d, 0x6f};
    const uint64_t made = PC_FORGE_NOW - 5 * DAY;
    uint8_t registers[96], report_data[64], serial[20];
    memset(f, 0, sizeof(*f));
    f->now = PC_FORGE_NOW;
    sim_vendor_new(&f->vendor, rng, fmspc, made);
    sim_vendor_params(&f->certs, &f->vendor, made);
    sim_key_new(&f->pck_key, rng);
    sim_key_new(&f->stranger, rng);
    sim_pck_default(&f->pck, &f->vendor, rng);
    rng_fill(rng, serial, sizeof(serial));
    serial[0] |= 1;
    sim_leaf_params(&f->leaf, &f->vendor, &f->pck_key, serial, &f->pck, made);
    f->root_crl = (struct sim_crl){
        .issuer_cn = PC_SIM_CN_ROOT, .this_update = made, .next_update = made + 365 * DAY};
    f->pck_crl = (struct sim_crl){
        .issuer_cn = PC_SIM_CN_PLATFORM, .this_update = made, .next_update = made + 30 * DAY};
    sim_levels(&f->tcb, &f->vendor, 20, made);
    sim_identity(&f->qe, 20, made);
    rng_fill(rng, registers, sizeof(registers));
    rng_fill(rng, report_data, sizeof(report_data));
    sim_quote_default(&f->quote, version, &f->qe, &f->pck_key, "", 0, registers, registers + 48,
                      report_data, rng);
    tie(f);
}

void forge_copy(struct forge *out, const struct forge *f)
{
    *out = *f;
    tie(out);
}

struct cert_serial forge_serial(const uint8_t serial[static 20])
{
    struct cert_serial s = {.n = 20};
    memcpy(s.v, serial, 20);
    return s;
}

static void put(struct forged *out, enum forge_part which, struct bytes b)
{
    if (b.n > PC_FORGED_CAP)
        pc_bug("a forged part is too large");
    if (b.n > 0)
        memcpy(out->p[which], b.p, b.n);
    out->n[which] = b.n;
}

struct bytes forged_part(const struct forged *p, enum forge_part which)
{
    return bytes_of(p->p[which], p->n[which]);
}

static void put_cert(struct forged *out, enum forge_part which, const struct sim_cert *c)
{
    static struct derw w;
    w.n = 0;
    put(out, which, sim_cert_build(&w, c));
}

static void put_crl(struct forged *out, enum forge_part which, const struct sim_crl *c)
{
    static struct derw w;
    w.n = 0;
    put(out, which, sim_crl_build(&w, c));
}

/* Text in place of the first `old` in json; longer or shorter as it is. */
static void replace(char *json, size_t *n, const char *old, const char *with)
{
    char *at = strstr(json, old);
    size_t a = strlen(old), b = strlen(with);
    if (at == NULL || *n + b >= PC_SIM_JSON_CAP)
        return;
    memmove(at + b, at + a, *n - (size_t)(at - json) - a + 1);
    memcpy(at, with, b);
    *n = *n - a + b;
}

static void reshape(char *json, size_t *n, enum forge_text text)
{
    char first[64];
    size_t len = strcspn(json, ","); /* {"id":"TDX" */
    (void)snprintf(first, sizeof(first), "%.*s", (int)(len - 1), json + 1);
    switch (text) {
    case PC_TEXT_PLAIN:
    case PC_TEXT_COUNT:
        break;
    case PC_TEXT_SPACES:
        replace(json, n, "\"version\":", " \"version\" :\n\t");
        replace(json, n, "\"tcbLevels\":[", "\"tcbLevels\": [ ");
        break;
    case PC_TEXT_REORDERED:
        memmove(json + 1, json + len + 1, *n - len);
        *n -= len;
        *n = *n - 1 + (size_t)snprintf(json + *n - 1, PC_SIM_JSON_CAP - *n, ",%s}", first);
        break;
    case PC_TEXT_UNKNOWN:
        replace(json, n, "\"version\":", "\"later\":{\"a\":[1,true,null,\"x\"]},\"version\":");
        break;
    case PC_TEXT_DUPLICATE:
        *n = *n - 1 + (size_t)snprintf(json + *n - 1, PC_SIM_JSON_CAP - *n, ",%s}", first);
        break;
    case PC_TEXT_TWICE_INNER:
        replace(json, n, "\"tcbStatus\":", "\"tcbDate\":\"2025-01-01T00:00:00Z\",\"tcbStatus\":");
        break;
    case PC_TEXT_REAL:
        replace(json, n, "\"version\":3,", "\"version\":3.0,");
        replace(json, n, "\"version\":2,", "\"version\":2.0,");
        break;
    }
}

static void put_json(struct forged *out, enum forge_part which, char *json, size_t n,
                     enum forge_text text, const struct sim_key *signer)
{
    uint8_t rs[64];
    reshape(json, &n, text);
    put(out, which, bytes_of(json, n));
    sim_sign(rs, signer, bytes_of(json, n));
    put(out, which + 1, PC_BYTES(rs));
}

void forge_build(struct forged *out, const struct forge *f)
{
    static char json[PC_SIM_JSON_CAP];
    static uint8_t quote[PC_SIM_QUOTE_CAP];
    size_t n;
    out->now = f->now;
    put_cert(out, PC_FORGED_ROOT, &f->certs.root);
    put_cert(out, PC_FORGED_CA, &f->certs.ca);
    put_cert(out, PC_FORGED_LEAF, &f->leaf);
    put_cert(out, PC_FORGED_SIGNER, &f->certs.signer);
    put_crl(out, PC_FORGED_ROOT_CRL, &f->root_crl);
    put_crl(out, PC_FORGED_PCK_CRL, &f->pck_crl);
    sim_tcb_info_json(json, &n, &f->tcb);
    put_json(out, PC_FORGED_TCB, json, n, f->tcb_text, f->tcb_signer);
    sim_qe_identity_json(json, &n, &f->qe);
    put_json(out, PC_FORGED_QE, json, n, f->qe_text, f->qe_signer);
    /* The stripped form is built from the same parts; a quote that cannot be parsed is stripped
     * too. */
    sim_quote_build(quote, &n, &f->quote);
    size_t head = PC_TDX_HEADER_LEN + (f->quote.version == 5 ? 6 : 0) + f->quote.body_n;
    const uint8_t *sig = quote + head + 4, *qe = sig + 128 + 6;
    struct forged *o = out;
    uint8_t *w = o->p[PC_FORGED_EVIDENCE];
    memcpy(w, quote, head);
    memcpy(w + head, sig, 128);
    memcpy(w + head + 128, qe, PC_TDX_QE_REPORT_LEN + 64);
    memcpy(w + head + 128 + PC_TDX_QE_REPORT_LEN + 64, f->quote.auth, sizeof(f->quote.auth));
    o->n[PC_FORGED_EVIDENCE] = head + 128 + PC_TDX_QE_REPORT_LEN + 64 + sizeof(f->quote.auth);
}

static struct bytes body(char *out, size_t cap, const char *key, struct bytes object,
                         struct bytes sig)
{
    char hex[2 * 64 + 1] = "";
    hex_encode(hex, bytes_of(sig.p, sig.n > 64 ? 64 : sig.n));
    int n = snprintf(out, cap, "{\"%s\":", key);
    if (n < 0 || (size_t)n + object.n + 200 > cap)
        pc_bug("a forged object is too large");
    if (object.n > 0)
        memcpy(out + n, object.p, object.n);
    size_t at = (size_t)n + object.n;
    at += (size_t)snprintf(out + at, cap - at, ",\"signature\":\"%s\"}", hex);
    return bytes_of(out, at);
}

void forge_assemble(struct forge_input *out, const struct forged *p)
{
    const struct bytes certs[3] = {forged_part(p, PC_FORGED_LEAF), forged_part(p, PC_FORGED_CA),
                                   forged_part(p, PC_FORGED_ROOT)};
    size_t n = 0;
    /* What cannot be joined cannot be a quote: an empty one is refused as truncated. */
    if (tdx_join(out->quote, &n, forged_part(p, PC_FORGED_EVIDENCE), certs) != PC_OK)
        n = 0;
    out->in = (struct evidence_input){
        .evidence = bytes_of(out->quote, n),
        .collateral =
            {
                .tcb_info = body(out->tcb, sizeof(out->tcb), "tcbInfo",
                                 forged_part(p, PC_FORGED_TCB), forged_part(p, PC_FORGED_TCB_SIG)),
                .tcb_chain = forged_part(p, PC_FORGED_SIGNER),
                .qe_identity = body(out->qe, sizeof(out->qe), "enclaveIdentity",
                                    forged_part(p, PC_FORGED_QE), forged_part(p, PC_FORGED_QE_SIG)),
                .root_crl = forged_part(p, PC_FORGED_ROOT_CRL),
                .pck_crl = forged_part(p, PC_FORGED_PCK_CRL),
            },
        .evidence_time = p->now,
        .collateral_time = p->now,
        .dates = PC_DATES_FULL,
    };
}

void forge_pin(uint8_t pin[static 32], const struct forged *p)
{
    ec_sha256(pin, forged_part(p, PC_FORGED_ROOT));
}

void forge_verify(struct verdict *v, const struct forged *p, const uint8_t pin[static 32])
{
    static struct forge_input input;
    uint8_t roots[4][32] = {{0}};
    struct evidence_policy policy;
    memcpy(roots[PC_VENDOR_TDX], pin, 32);
    policy_network(&policy, (const uint8_t(*)[32])roots);
    forge_assemble(&input, p);
    input.in.policy = &policy;
    evidence_verify(v, NULL, PC_VENDOR_TDX, &input.in);
}
