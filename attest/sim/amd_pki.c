/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/amd_pki.h"

#include "attest/der.h"
#include "attest/sim/pki_parts.h"

static const uint8_t oid_pss[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a};
static const uint8_t oid_mgf1[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08};
static const uint8_t oid_sha2[] = {0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02};
static const uint8_t oid_rsa[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const uint8_t oid_amd[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01};

/* SEQUENCE { hash, NULL } */
static void put_hash(struct derw *w, bool sha256)
{
    uint8_t oid[sizeof(oid_sha2) + 1];
    memcpy(oid, oid_sha2, sizeof(oid_sha2));
    oid[sizeof(oid_sha2)] = sha256 ? 1 : 2;
    size_t m = derw_open(w, PC_DER_SEQUENCE);
    simp_oid(w, oid, sizeof(oid));
    derw_put(w, PC_DER_NULL, "", 0);
    derw_close(w, m);
}

static void put_algorithm(struct derw *w, enum sim_pss pss)
{
    size_t alg = derw_open(w, PC_DER_SEQUENCE);
    simp_oid(w, oid_pss, sizeof(oid_pss));
    size_t params = derw_open(w, PC_DER_SEQUENCE);
    size_t m = derw_open(w, PC_DER_CONTEXT_0);
    put_hash(w, pss == PC_SIM_PSS_SHA256);
    derw_close(w, m);
    m = derw_open(w, 0xa1);
    size_t mgf = derw_open(w, PC_DER_SEQUENCE);
    simp_oid(w, oid_mgf1, sizeof(oid_mgf1));
    put_hash(w, pss == PC_SIM_PSS_SHA256);
    derw_close(w, mgf);
    derw_close(w, m);
    m = derw_open(w, 0xa2);
    derw_u32(w, PC_DER_INTEGER, pss == PC_SIM_PSS_SALT_32 ? 32 : 48);
    derw_close(w, m);
    if (pss == PC_SIM_PSS_TRAILER) {
        m = derw_open(w, 0xa3);
        derw_u32(w, PC_DER_INTEGER, 1);
        derw_close(w, m);
    }
    derw_close(w, params);
    derw_close(w, alg);
}

static void put_name(struct derw *w, const char *cn)
{
    size_t m = derw_open(w, PC_DER_SEQUENCE);
    simp_attribute(w, 11, PC_DER_UTF8, "Engineering");
    simp_attribute(w, 6, PC_DER_PRINTABLE, "US");
    simp_attribute(w, 7, PC_DER_UTF8, "Nowhere");
    simp_attribute(w, 8, PC_DER_UTF8, "SIM");
    simp_attribute(w, 10, PC_DER_UTF8, "Simulated AMD");
    simp_attribute(w, 3, PC_DER_UTF8, cn);
    derw_close(w, m);
}

static void put_key(struct derw *w, const struct sim_amd_cert *c)
{
    if (c->rsa == NULL) {
        simp_ec_key(w, c->ec, 96);
        return;
    }
    size_t m = derw_open(w, PC_DER_SEQUENCE), alg = derw_open(w, PC_DER_SEQUENCE);
    struct derw inner;
    inner.n = 0;
    simp_oid(w, oid_rsa, sizeof(oid_rsa));
    derw_put(w, PC_DER_NULL, "", 0);
    derw_close(w, alg);
    size_t seq = derw_open(&inner, PC_DER_SEQUENCE);
    derw_uint(&inner, PC_DER_INTEGER, c->rsa, PC_RSA_LEN);
    derw_u32(&inner, PC_DER_INTEGER, c->exponent != 0 ? c->exponent : 65537);
    derw_close(&inner, seq);
    derw_bits(w, bytes_of(inner.p, inner.n));
    derw_close(w, m);
}

/* An extension under AMD's arc, left open for its value. */
static size_t open_amd(struct derw *w, const struct sim_amd_cert *c, size_t *seq, uint8_t item,
                       uint8_t part)
{
    uint8_t oid[sizeof(oid_amd) + 2];
    memcpy(oid, oid_amd, sizeof(oid_amd));
    oid[sizeof(oid_amd)] = item;
    oid[sizeof(oid_amd) + 1] = part;
    return simp_extension(w, seq, oid, sizeof(oid_amd) + (part == 0 ? 1 : 2), c->amd_critical);
}

static void put_number(struct derw *w, const struct sim_amd_cert *c, uint8_t item, uint8_t part,
                       uint32_t v)
{
    size_t seq, val = open_amd(w, c, &seq, item, part);
    derw_u32(w, PC_DER_INTEGER, v);
    derw_close(w, val);
    derw_close(w, seq);
}

static void put_text(struct derw *w, const struct sim_amd_cert *c, uint8_t item, struct bytes text)
{
    size_t seq, val = open_amd(w, c, &seq, item, 0);
    derw_put(w, PC_DER_IA5, text.p, text.n);
    derw_close(w, val);
    derw_close(w, seq);
}

static void put_raw(struct derw *w, const struct sim_amd_cert *c, uint8_t item, uint8_t part,
                    struct bytes value)
{
    size_t seq, val = open_amd(w, c, &seq, item, part);
    derw_raw(w, value);
    derw_close(w, val);
    derw_close(w, seq);
}

static void put_vek(struct derw *w, const struct sim_amd_cert *c)
{
    const struct snp_vek *v = &c->vek;
    put_number(w, c, 1, 0, v->struct_version);
    if (v->product.n > 0)
        put_text(w, c, 2, v->product);
    for (uint8_t i = 1; i < PC_SPL_COUNT; i++) {
        if ((v->spl_present >> i & 1) == 0)
            continue;
        for (int times = i == PC_SPL_UCODE && c->duplicate_ucode ? 2 : 1; times > 0; times--) {
            if (i == PC_SPL_UCODE && c->ucode.n > 0)
                put_raw(w, c, 3, i, c->ucode);
            else
                put_number(w, c, 3, i, v->spl[i]);
        }
    }
    if (c->hwid.n > 0)
        put_raw(w, c, 4, 0, c->hwid);
    else if (v->hwid.n > 0 && c->hwid_wrapped) {
        size_t seq, val = open_amd(w, c, &seq, 4, 0);
        derw_put(w, PC_DER_OCTET_STRING, v->hwid.p, v->hwid.n);
        derw_close(w, val);
        derw_close(w, seq);
    } else if (v->hwid.n > 0)
        put_raw(w, c, 4, 0, v->hwid);
    if (v->csp_id.n > 0)
        put_text(w, c, 5, v->csp_id);
    if (c->strange) {
        uint8_t oid[sizeof(oid_amd) + 1];
        memcpy(oid, oid_amd, sizeof(oid_amd));
        oid[sizeof(oid_amd)] = 9;
        size_t seq, val = simp_extension(w, &seq, oid, sizeof(oid), c->critical);
        derw_u32(w, PC_DER_INTEGER, 1);
        derw_close(w, val);
        derw_close(w, seq);
    }
}

static void put_extensions(struct derw *w, const struct sim_amd_cert *c)
{
    size_t outer = derw_open(w, PC_DER_CONTEXT_3), list = derw_open(w, PC_DER_SEQUENCE);
    if (c->is_leaf)
        put_vek(w, c);
    if (!c->is_leaf || c->is_ca) {
        simp_usage(w, c->usage, true);
        simp_constraints(w, c->is_ca, c->path_len);
    }
    derw_close(w, list);
    derw_close(w, outer);
}

/* SEQUENCE { tbs, algorithm, signature } around the tbs that stands at w's mark. */
static struct bytes seal(struct derw *w, size_t outer, size_t tbs_at, const struct sim_rsa *signer,
                         enum sim_pss pss)
{
    uint8_t sig[PC_RSA_LEN];
    sim_rsa_sign(sig, signer, bytes_of(w->p + tbs_at, w->n - tbs_at),
                 pss == PC_SIM_PSS_SALT_32 ? 32 : 48);
    put_algorithm(w, pss);
    derw_bits(w, PC_BYTES(sig));
    derw_close(w, outer);
    return bytes_of(w->p + outer - 2, w->n - (outer - 2));
}

struct bytes sim_amd_cert_build(struct derw *w, const struct sim_amd_cert *c)
{
    size_t outer = derw_open(w, PC_DER_SEQUENCE), tbs_at = w->n;
    size_t tbs = derw_open(w, PC_DER_SEQUENCE);
    size_t version = derw_open(w, PC_DER_CONTEXT_0);
    derw_u32(w, PC_DER_INTEGER, 2);
    derw_close(w, version);
    derw_uint(w, PC_DER_INTEGER, c->serial, sizeof(c->serial));
    put_algorithm(w, c->pss);
    put_name(w, c->issuer_cn);
    size_t validity = derw_open(w, PC_DER_SEQUENCE);
    derw_time(w, c->not_before);
    derw_time(w, c->not_after);
    derw_close(w, validity);
    put_name(w, c->subject_cn);
    put_key(w, c);
    put_extensions(w, c);
    derw_close(w, tbs);
    return seal(w, outer, tbs_at, c->signer, c->outer_pss);
}

struct bytes sim_amd_crl_build(struct derw *w, const struct sim_amd_crl *c)
{
    static const uint8_t oid_number[] = {0x55, 0x1d, 0x14};
    size_t outer = derw_open(w, PC_DER_SEQUENCE), tbs_at = w->n, seq;
    size_t tbs = derw_open(w, PC_DER_SEQUENCE);
    derw_u32(w, PC_DER_INTEGER, 1);
    put_algorithm(w, c->pss);
    put_name(w, c->issuer_cn);
    derw_time(w, c->this_update);
    derw_time(w, c->next_update);
    if (c->revoked_count > 0) {
        size_t list = derw_open(w, PC_DER_SEQUENCE);
        for (size_t i = 0; i < c->revoked_count; i++) {
            size_t entry = derw_open(w, PC_DER_SEQUENCE);
            derw_uint(w, PC_DER_INTEGER, c->revoked[i], 4);
            derw_time(w, c->this_update);
            derw_close(w, entry);
        }
        derw_close(w, list);
    }
    size_t ctx = derw_open(w, PC_DER_CONTEXT_0), exts = derw_open(w, PC_DER_SEQUENCE);
    size_t val = simp_extension(w, &seq, oid_number, sizeof(oid_number), false);
    derw_u32(w, PC_DER_INTEGER, c->number);
    derw_close(w, val);
    derw_close(w, seq);
    derw_close(w, exts);
    derw_close(w, ctx);
    derw_close(w, tbs);
    return seal(w, outer, tbs_at, c->signer, c->pss);
}
