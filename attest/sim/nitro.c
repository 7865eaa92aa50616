/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/nitro.h"

#include <stdio.h>

#include "base/hex.h"
#include "crypto/ids.h"

#define HOUR UINT64_C(3600)
#define DAY  (24 * HOUR)
#define YEAR (365 * DAY)

#define REGION "us-sim-1"

static const uint64_t life[PC_SIM_LEVELS] = {
    [PC_SIM_ROOT] = 30 * YEAR, [PC_SIM_REGIONAL] = 20 * DAY, [PC_SIM_ZONAL] = 5 * DAY + 17 * HOUR,
    [PC_SIM_INSTANCE] = DAY,   [PC_SIM_LEAF] = 3 * HOUR + 3,
};

void sim_nitro_vendor_new(struct sim_nitro *out, struct rng *rng, uint64_t from)
{
    memset(out, 0, sizeof(*out));
    out->root_from = from;
    for (size_t i = PC_SIM_ROOT; i <= PC_SIM_ZONAL; i++)
        sim_key384_new(&out->key[i], rng);
}

void sim_nitro_host_new(struct sim_nitro *m, struct rng *rng)
{
    sim_key384_new(&m->key[PC_SIM_INSTANCE], rng);
    rng_fill(rng, m->instance, sizeof(m->instance));
}

void sim_nitro_start(struct sim_nitro *m, struct rng *rng)
{
    sim_key384_new(&m->key[PC_SIM_LEAF], rng);
    rng_fill(rng, m->enclave, sizeof(m->enclave));
}

static void host_of(char out[static 32], const struct sim_nitro *m)
{
    char hex[17];
    hex_encode(hex, PC_BYTES(m->instance));
    (void)snprintf(out, 32, "i-0%s", hex);
}

void sim_nitro_module_id(char out[static 64], const struct sim_nitro *m)
{
    char host[32], hex[17];
    host_of(host, m);
    hex_encode(hex, PC_BYTES(m->enclave));
    (void)snprintf(out, 64, "%s-enc%s", host, hex);
}

static void set_subject(struct sim_nitro_cert *c, const struct sim_nitro *m,
                        enum sim_nitro_level level)
{
    static const enum sim_nitro_shape shapes[PC_SIM_LEVELS] = {
        [PC_SIM_ROOT] = PC_SHAPE_REGIONAL, [PC_SIM_REGIONAL] = PC_SHAPE_REGIONAL,
        [PC_SIM_ZONAL] = PC_SHAPE_ZONAL,   [PC_SIM_INSTANCE] = PC_SHAPE_INSTANCE,
        [PC_SIM_LEAF] = PC_SHAPE_INSTANCE,
    };
    char *cn = c->subject.cn, serial[17], id[64];
    const size_t cap = sizeof(c->subject.cn);
    hex_encode(serial, bytes_of(c->serial, 8));
    c->subject.shape = shapes[level];
    switch (level) {
    case PC_SIM_ROOT:
        (void)snprintf(cn, cap, "aws.nitro-enclaves");
        break;
    case PC_SIM_REGIONAL:
        (void)snprintf(cn, cap, "%s." REGION ".aws.nitro-enclaves", serial);
        break;
    case PC_SIM_ZONAL:
        (void)snprintf(cn, cap, "%s.zonal." REGION ".aws.nitro-enclaves", serial);
        break;
    case PC_SIM_INSTANCE:
        host_of(id, m);
        (void)snprintf(cn, cap, "%s." REGION ".aws.nitro-enclaves", id);
        break;
    case PC_SIM_LEAF:
        sim_nitro_module_id(id, m);
        (void)snprintf(cn, cap, "%s." REGION ".aws", id);
        break;
    case PC_SIM_LEVELS:
        break;
    }
}

/* Root and leaf begin when they are made; the others at the last multiple of half their life. */
static uint64_t begins(const struct sim_nitro *m, enum sim_nitro_level level, uint64_t now)
{
    if (level == PC_SIM_ROOT)
        return m->root_from;
    if (level == PC_SIM_LEAF)
        return m->leaf_from != 0 ? m->leaf_from : now - 3;
    return now - now % (life[level] / 2);
}

/* The leaf's serial is enclave and time, as AWS's; the others' are hashes. */
static void set_serial(struct sim_nitro_cert *c, const struct sim_nitro *m,
                       enum sim_nitro_level level)
{
    uint8_t seed[96 + 8], hash[32];
    c->serial_n = level == PC_SIM_INSTANCE ? 20 : 16;
    memcpy(seed, m->key[level].xy, 96);
    store_be64(seed + 96, c->not_before);
    ec_sha256(hash, PC_BYTES(seed));
    memcpy(c->serial, hash, c->serial_n);
    if (level == PC_SIM_LEAF) {
        memcpy(c->serial, m->enclave, 8);
        store_be64(c->serial + 8, c->not_before + 3);
    }
    c->serial[0] |= 1; /* never shorter */
}

void sim_nitro_certs(struct sim_nitro_cert out[static PC_SIM_LEVELS], const struct sim_nitro *m,
                     uint64_t now)
{
    const uint8_t ca = PC_USAGE_DIGITAL_SIGNATURE | PC_USAGE_CERT_SIGN | PC_USAGE_CRL_SIGN;
    for (unsigned i = 0; i < PC_SIM_LEVELS; i++) {
        enum sim_nitro_level level = (enum sim_nitro_level)i;
        const unsigned above = i == 0 ? 0 : i - 1;
        struct sim_nitro_cert *c = &out[i];
        memset(c, 0, sizeof(*c));
        c->not_before = begins(m, level, now);
        c->not_after = c->not_before + life[i];
        set_serial(c, m, level);
        set_subject(c, m, level);
        c->issuer = out[above].subject;
        c->key = m->key[i].xy;
        c->signer = &m->key[above];
        c->is_ca = level != PC_SIM_LEAF;
        c->path_len = level == PC_SIM_ROOT ? -1 : (int)(PC_SIM_INSTANCE - i);
        c->usage = ca;
        c->usage_critical = c->key_ids = c->is_ca;
        if (level == PC_SIM_REGIONAL || level == PC_SIM_ZONAL)
            c->crl_url = "http://crl.invalid/crl/00000000-0000-0000-0000-000000000000.crl";
    }
    out[PC_SIM_INSTANCE].usage = PC_USAGE_CERT_SIGN;
    out[PC_SIM_LEAF].usage = PC_USAGE_DIGITAL_SIGNATURE | 0x40; /* and nonRepudiation */
}

void sim_nitro_root(uint8_t der[static PC_NITRO_CERT_MAX], size_t *n, const struct sim_nitro *m)
{
    static struct derw w;
    struct sim_nitro_cert certs[PC_SIM_LEVELS];
    sim_nitro_certs(certs, m, m->root_from + 3);
    w.n = 0;
    struct bytes root = sim_nitro_cert_build(&w, &certs[PC_SIM_ROOT]);
    if (root.n > PC_NITRO_CERT_MAX)
        pc_bug("a simulated certificate is too large");
    memcpy(der, root.p, root.n);
    *n = root.n;
}

void sim_nitro_doc_default(struct sim_nitro_doc *out, const struct sim_nitro *m, uint64_t ms,
                           struct bytes user_data)
{
    uint8_t seed[48 + 32] = {0};
    memset(out, 0, sizeof(*out));
    sim_nitro_module_id(out->module_id, m);
    out->digest = "SHA384";
    out->timestamp_ms = ms;
    out->pcr_set = 0xffff;
    memcpy(out->pcr[0], m->program, 48);
    memcpy(out->pcr[1], m->policy, 48);
    memcpy(out->pcr[2], m->program, 48);
    host_of((char *)seed + 48, m);
    ec_sha384(out->pcr[4], bytes_of(seed, 48 + strlen((char *)seed + 48)));
    out->user_data = (struct nitro_optional){true, user_data};
    out->signer = &m->key[PC_SIM_LEAF];
}

static void put_optional(struct cborw *w, const char *name, const struct nitro_optional *o)
{
    cborw_text(w, name);
    if (o->present)
        cborw_bytes(w, o->data);
    else
        cborw_null(w);
}

void sim_nitro_payload(struct cborw *w, const struct sim_nitro_doc *d)
{
    if (d->definite)
        cborw_head(w, PC_CBOR_MAP, 9);
    else
        cborw_open(w, PC_CBOR_MAP);
    cborw_text(w, "module_id");
    cborw_text(w, d->module_id);
    cborw_text(w, "digest");
    cborw_text(w, d->digest);
    cborw_text(w, "timestamp");
    cborw_head(w, PC_CBOR_UINT, d->timestamp_ms);
    cborw_text(w, "pcrs");
    cborw_head(w, PC_CBOR_MAP, (unsigned)__builtin_popcount(d->pcr_set));
    for (unsigned i = 0; i < PC_NITRO_PCRS; i++)
        if ((d->pcr_set >> i & 1) != 0) {
            cborw_head(w, PC_CBOR_UINT, i);
            cborw_bytes(w, PC_BYTES(d->pcr[i]));
        }
    cborw_text(w, "certificate");
    cborw_bytes(w, d->certificate);
    cborw_text(w, "cabundle");
    cborw_head(w, PC_CBOR_ARRAY, d->ca_count);
    for (size_t i = 0; i < d->ca_count; i++)
        cborw_bytes(w, d->ca[i]);
    put_optional(w, "public_key", &d->public_key);
    put_optional(w, "user_data", &d->user_data);
    put_optional(w, "nonce", &d->nonce);
    if (!d->definite)
        cborw_break(w);
}

void sim_nitro_seal(struct cborw *w, struct bytes payload, const struct sim_key384 *signer,
                    bool tagged)
{
    static const uint8_t es384[4] = {0xa1, 0x01, 0x38, 0x22};
    static struct cborw tbs;
    uint8_t rs[96];
    tbs.n = 0;
    cborw_head(&tbs, PC_CBOR_ARRAY, 4);
    cborw_text(&tbs, "Signature1");
    cborw_bytes(&tbs, PC_BYTES(es384));
    cborw_bytes(&tbs, (struct bytes){NULL, 0});
    cborw_bytes(&tbs, payload);
    sim_sign384(rs, signer, bytes_of(tbs.p, tbs.n));
    if (tagged)
        cborw_head(w, PC_CBOR_TAG, 18);
    cborw_head(w, PC_CBOR_ARRAY, 4);
    cborw_bytes(w, PC_BYTES(es384));
    cborw_head(w, PC_CBOR_MAP, 0);
    cborw_bytes(w, payload);
    cborw_bytes(w, PC_BYTES(rs));
}

void sim_nitro_document(uint8_t out[static PC_SIM_NITRO_CAP], size_t *n, const struct sim_nitro *m,
                        uint64_t ms, const uint8_t report_data[static 64])
{
    static struct derw der;
    static struct cborw payload, w;
    struct sim_nitro_cert certs[PC_SIM_LEVELS];
    struct sim_nitro_doc d;
    sim_nitro_certs(certs, m, ms / 1000);
    sim_nitro_doc_default(&d, m, ms, bytes_of(report_data, 64));
    der.n = payload.n = w.n = 0;
    for (size_t i = 0; i < PC_SIM_LEAF; i++)
        d.ca[d.ca_count++] = sim_nitro_cert_build(&der, &certs[i]);
    d.certificate = sim_nitro_cert_build(&der, &certs[PC_SIM_LEAF]);
    sim_nitro_payload(&payload, &d);
    sim_nitro_seal(&w, bytes_of(payload.p, payload.n), d.signer, false);
    memcpy(out, w.p, w.n);
    *n = w.n;
}

void sim_nitro_measurement(uint8_t out[static 32], const uint8_t program[static 48],
                           const uint8_t policy[static 48])
{
    uint8_t fields[4 * 48] = {0};
    memcpy(fields, program, 48);
    memcpy(fields + 48, policy, 48);
    memcpy(fields + 96, program, 48);
    id_measurement(out, PC_VENDOR_NITRO, PC_BYTES(fields));
}
