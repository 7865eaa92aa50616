/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/nitro_pki.h"

#include "attest/der.h"
#include "attest/sim/pki_parts.h"

static const uint8_t oid_ecdsa_sha384[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03};
static const uint8_t oid_aki[] = {0x55, 0x1d, 0x23}, oid_ski[] = {0x55, 0x1d, 0x0e};
static const uint8_t oid_crl_points[] = {0x55, 0x1d, 0x1f};

enum { ID_CN = 3, ID_C = 6, ID_L = 7, ID_ST = 8, ID_O = 10, ID_OU = 11 };

static void put_algorithm(struct derw *w)
{
    size_t m = derw_open(w, PC_DER_SEQUENCE);
    simp_oid(w, oid_ecdsa_sha384, sizeof(oid_ecdsa_sha384));
    derw_close(w, m);
}

static void put_name(struct derw *w, const struct sim_nitro_name *name)
{
    static const char org[] = "Simulated Amazon", unit[] = "AWS";
    size_t m = derw_open(w, PC_DER_SEQUENCE);
    switch (name->shape) {
    case PC_SHAPE_REGIONAL:
        simp_attribute(w, ID_C, PC_DER_PRINTABLE, "US");
        simp_attribute(w, ID_O, PC_DER_UTF8, org);
        simp_attribute(w, ID_OU, PC_DER_UTF8, unit);
        simp_attribute(w, ID_CN, PC_DER_UTF8, name->cn);
        break;
    case PC_SHAPE_ZONAL:
        simp_attribute(w, ID_CN, PC_DER_UTF8, name->cn);
        simp_attribute(w, ID_OU, PC_DER_UTF8, unit);
        simp_attribute(w, ID_O, PC_DER_UTF8, org);
        simp_attribute(w, ID_C, PC_DER_PRINTABLE, "US");
        simp_attribute(w, ID_ST, PC_DER_UTF8, "SIM");
        simp_attribute(w, ID_L, PC_DER_UTF8, "Nowhere");
        break;
    case PC_SHAPE_INSTANCE:
        simp_attribute(w, ID_C, PC_DER_PRINTABLE, "US");
        simp_attribute(w, ID_ST, PC_DER_UTF8, "Simulation");
        simp_attribute(w, ID_L, PC_DER_UTF8, "Nowhere");
        simp_attribute(w, ID_O, PC_DER_UTF8, org);
        simp_attribute(w, ID_OU, PC_DER_UTF8, unit);
        simp_attribute(w, ID_CN, PC_DER_UTF8, name->cn);
        break;
    }
    derw_close(w, m);
}

/* 20 bytes that name a key. */
static void key_id(uint8_t out[static 32], const uint8_t xy[static 96])
{
    ec_sha256(out, bytes_of(xy, 96));
}

static void put_key_ids(struct derw *w, const struct sim_nitro_cert *c)
{
    uint8_t id[32];
    size_t seq, val;
    if (memcmp(c->key, c->signer->xy, 96) != 0) {
        val = simp_extension(w, &seq, oid_aki, sizeof(oid_aki), false);
        size_t aki = derw_open(w, PC_DER_SEQUENCE);
        key_id(id, c->signer->xy);
        derw_put(w, 0x80, id, 20);
        derw_close(w, aki);
        derw_close(w, val);
        derw_close(w, seq);
    }
    val = simp_extension(w, &seq, oid_ski, sizeof(oid_ski), false);
    key_id(id, c->key);
    derw_put(w, PC_DER_OCTET_STRING, id, 20);
    derw_close(w, val);
    derw_close(w, seq);
}

/* SEQUENCE OF DistributionPoint { [0] { [0] { [6] url } } } */
static void put_crl_point(struct derw *w, const char *url)
{
    size_t seq, val = simp_extension(w, &seq, oid_crl_points, sizeof(oid_crl_points), false);
    size_t list = derw_open(w, PC_DER_SEQUENCE), point = derw_open(w, PC_DER_SEQUENCE);
    size_t name = derw_open(w, 0xa0), full = derw_open(w, 0xa0);
    derw_put(w, 0x86, url, strlen(url));
    derw_close(w, full);
    derw_close(w, name);
    derw_close(w, point);
    derw_close(w, list);
    derw_close(w, val);
    derw_close(w, seq);
}

static void put_extensions(struct derw *w, const struct sim_nitro_cert *c)
{
    size_t outer = derw_open(w, PC_DER_CONTEXT_3), list = derw_open(w, PC_DER_SEQUENCE);
    simp_constraints(w, c->is_ca, c->path_len);
    if (c->key_ids)
        put_key_ids(w, c);
    simp_usage(w, c->usage, c->usage_critical);
    if (c->crl_url != NULL)
        put_crl_point(w, c->crl_url);
    derw_close(w, list);
    derw_close(w, outer);
}

static void put_signature(struct derw *w, const uint8_t rs[static 96])
{
    static struct derw sig;
    sig.n = 0;
    size_t m = derw_open(&sig, PC_DER_SEQUENCE);
    derw_uint(&sig, PC_DER_INTEGER, rs, 48);
    derw_uint(&sig, PC_DER_INTEGER, rs + 48, 48);
    derw_close(&sig, m);
    derw_bits(w, bytes_of(sig.p, sig.n));
}

struct bytes sim_nitro_cert_build(struct derw *w, const struct sim_nitro_cert *c)
{
    uint8_t rs[96];
    size_t start = w->n;
    size_t outer = derw_open(w, PC_DER_SEQUENCE), tbs_at = w->n;
    size_t tbs = derw_open(w, PC_DER_SEQUENCE);
    size_t version = derw_open(w, PC_DER_CONTEXT_0);
    derw_u32(w, PC_DER_INTEGER, 2);
    derw_close(w, version);
    derw_uint(w, PC_DER_INTEGER, c->serial, c->serial_n);
    put_algorithm(w);
    put_name(w, &c->issuer);
    size_t validity = derw_open(w, PC_DER_SEQUENCE);
    derw_time(w, c->not_before);
    derw_time(w, c->not_after);
    derw_close(w, validity);
    put_name(w, &c->subject);
    simp_ec_key(w, c->key, 96);
    put_extensions(w, c);
    derw_close(w, tbs);
    sim_sign384(rs, c->signer, bytes_of(w->p + tbs_at, w->n - tbs_at));
    put_algorithm(w);
    put_signature(w, rs);
    derw_close(w, outer);
    return bytes_of(w->p + start, w->n - start);
}
