/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sim/pki.h"

#include <stdio.h>

#include "attest/der.h"
#include "attest/sim/pki_parts.h"

static const uint8_t oid_ecdsa_sha256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
static const uint8_t oid_ec_public_key[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};
static const uint8_t oid_p384[] = {0x2b, 0x81, 0x04, 0x00, 0x22};
static const uint8_t oid_p256[] = {0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
static const uint8_t oid_sgx[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

void simp_oid(struct derw *w, const uint8_t *oid, size_t n)
{
    derw_put(w, PC_DER_OID, oid, n);
}

static void put_algorithm(struct derw *w)
{
    size_t m = derw_open(w, PC_DER_SEQUENCE);
    simp_oid(w, oid_ecdsa_sha256, sizeof(oid_ecdsa_sha256));
    derw_close(w, m);
}

void simp_attribute(struct derw *w, uint8_t id, uint8_t tag, const char *value)
{
    const uint8_t oid[] = {0x55, 0x04, id};
    size_t set = derw_open(w, PC_DER_SET);
    size_t seq = derw_open(w, PC_DER_SEQUENCE);
    simp_oid(w, oid, sizeof(oid));
    derw_put(w, tag, value, strlen(value));
    derw_close(w, seq);
    derw_close(w, set);
}

static void put_name(struct derw *w, const char *cn)
{
    size_t m = derw_open(w, PC_DER_SEQUENCE);
    simp_attribute(w, 3, PC_DER_UTF8, cn);
    simp_attribute(w, 10, PC_DER_UTF8, "Simulated Intel");
    simp_attribute(w, 7, PC_DER_UTF8, "Nowhere");
    simp_attribute(w, 8, PC_DER_UTF8, "SIM");
    simp_attribute(w, 6, PC_DER_PRINTABLE, "US");
    derw_close(w, m);
}

void simp_ec_key(struct derw *w, const uint8_t *xy, size_t n)
{
    uint8_t point[97] = {0x04};
    PC_ASSERT(n == 64 || n == 96);
    size_t m = derw_open(w, PC_DER_SEQUENCE);
    size_t alg = derw_open(w, PC_DER_SEQUENCE);
    simp_oid(w, oid_ec_public_key, sizeof(oid_ec_public_key));
    if (n == 64)
        simp_oid(w, oid_p256, sizeof(oid_p256));
    else
        simp_oid(w, oid_p384, sizeof(oid_p384));
    derw_close(w, alg);
    memcpy(point + 1, xy, n);
    derw_bits(w, bytes_of(point, 1 + n));
    derw_close(w, m);
}

size_t simp_extension(struct derw *w, size_t *seq, const uint8_t *oid, size_t n, bool critical)
{
    static const uint8_t yes = 0xff;
    *seq = derw_open(w, PC_DER_SEQUENCE);
    simp_oid(w, oid, n);
    if (critical)
        derw_put(w, PC_DER_BOOLEAN, &yes, 1);
    return derw_open(w, PC_DER_OCTET_STRING);
}

/* 20 bytes that name a key, as subjectKeyIdentifier does. */
static void key_id(uint8_t out[static 32], const uint8_t xy[static 64])
{
    ec_sha256(out, bytes_of(xy, 64));
}

static void put_key_ids(struct derw *w, const uint8_t issuer[static 64], const uint8_t *subject)
{
    static const uint8_t oid_aki[] = {0x55, 0x1d, 0x23}, oid_ski[] = {0x55, 0x1d, 0x0e};
    uint8_t id[32];
    size_t seq, val = simp_extension(w, &seq, oid_aki, sizeof(oid_aki), false);
    size_t aki = derw_open(w, PC_DER_SEQUENCE);
    key_id(id, issuer);
    derw_put(w, 0x80, id, 20);
    derw_close(w, aki);
    derw_close(w, val);
    derw_close(w, seq);
    if (subject == NULL)
        return;
    val = simp_extension(w, &seq, oid_ski, sizeof(oid_ski), false);
    key_id(id, subject);
    derw_put(w, PC_DER_OCTET_STRING, id, 20);
    derw_close(w, val);
    derw_close(w, seq);
}

void simp_usage(struct derw *w, uint8_t usage, bool critical)
{
    static const uint8_t oid_ku[] = {0x55, 0x1d, 0x0f};
    uint8_t bits[2] = {0, usage};
    size_t seq, val = simp_extension(w, &seq, oid_ku, sizeof(oid_ku), critical);
    while (bits[0] < 7 && (usage >> bits[0] & 1) == 0)
        bits[0]++;
    derw_put(w, PC_DER_BIT_STRING, bits, 2);
    derw_close(w, val);
    derw_close(w, seq);
}

void simp_constraints(struct derw *w, bool is_ca, int path_len)
{
    static const uint8_t oid_bc[] = {0x55, 0x1d, 0x13}, yes = 0xff;
    size_t seq, val = simp_extension(w, &seq, oid_bc, sizeof(oid_bc), true);
    size_t bc = derw_open(w, PC_DER_SEQUENCE);
    if (is_ca)
        derw_put(w, PC_DER_BOOLEAN, &yes, 1);
    if (is_ca && path_len >= 0)
        derw_u32(w, PC_DER_INTEGER, (uint32_t)path_len);
    derw_close(w, bc);
    derw_close(w, val);
    derw_close(w, seq);
}

/* SEQUENCE { OID sgx.item[.part], ... } left open for the value. */
static size_t open_item(struct derw *w, uint8_t item, uint8_t part)
{
    uint8_t oid[sizeof(oid_sgx) + 2];
    memcpy(oid, oid_sgx, sizeof(oid_sgx));
    oid[sizeof(oid_sgx)] = item;
    oid[sizeof(oid_sgx) + 1] = part;
    size_t m = derw_open(w, PC_DER_SEQUENCE);
    simp_oid(w, oid, sizeof(oid_sgx) + (part == 0 ? 1 : 2));
    return m;
}

static void put_octets_item(struct derw *w, uint8_t item, uint8_t part, const uint8_t *p, size_t n)
{
    size_t m = open_item(w, item, part);
    derw_put(w, PC_DER_OCTET_STRING, p, n);
    derw_close(w, m);
}

static void put_number_item(struct derw *w, uint8_t item, uint8_t part, uint8_t tag, uint32_t v)
{
    size_t m = open_item(w, item, part);
    derw_u32(w, tag, v);
    derw_close(w, m);
}

struct bytes sim_pck_extension(struct derw *w, const struct tdx_pck *p)
{
    static const uint8_t yes = 0xff, instance[16] = {0x51};
    size_t start = w->n, seq = derw_open(w, PC_DER_SEQUENCE);
    put_octets_item(w, 1, 0, p->ppid, 16);
    size_t tcb = open_item(w, 2, 0), list = derw_open(w, PC_DER_SEQUENCE);
    for (uint8_t i = 0; i < 16; i++)
        put_number_item(w, 2, (uint8_t)(i + 1), PC_DER_INTEGER, p->comps[i]);
    put_number_item(w, 2, 17, PC_DER_INTEGER, p->pcesvn);
    put_octets_item(w, 2, 18, p->cpusvn, 16);
    derw_close(w, list);
    derw_close(w, tcb);
    put_octets_item(w, 3, 0, p->pceid, 2);
    put_octets_item(w, 4, 0, p->fmspc, 6);
    put_number_item(w, 5, 0, PC_DER_ENUMERATED, p->sgx_type);
    put_octets_item(w, 6, 0, instance, 16);
    size_t conf = open_item(w, 7, 0), flags = derw_open(w, PC_DER_SEQUENCE);
    for (uint8_t i = 1; i <= 3; i++) {
        size_t m = open_item(w, 7, i);
        derw_put(w, PC_DER_BOOLEAN, &yes, 1);
        derw_close(w, m);
    }
    derw_close(w, flags);
    derw_close(w, conf);
    derw_close(w, seq);
    return bytes_of(w->p + start, w->n - start);
}

static void put_extensions(struct derw *w, const struct sim_cert *c)
{
    size_t outer = derw_open(w, PC_DER_CONTEXT_3), list = derw_open(w, PC_DER_SEQUENCE);
    put_key_ids(w, c->signer->xy, c->key);
    simp_usage(w, c->usage, true);
    simp_constraints(w, c->is_ca, c->path_len);
    if (c->pck != NULL || c->sgx_extension != NULL) {
        size_t seq, val = simp_extension(w, &seq, oid_sgx, sizeof(oid_sgx), false);
        if (c->sgx_extension != NULL)
            derw_raw(w, *c->sgx_extension);
        else
            (void)sim_pck_extension(w, c->pck);
        derw_close(w, val);
        derw_close(w, seq);
    }
    derw_close(w, list);
    derw_close(w, outer);
}

/* SEQUENCE { tbs, algorithm, signature } around the tbs that stands at w's mark. */
static struct bytes seal(struct derw *w, size_t outer, size_t tbs_at, const struct sim_key *signer)
{
    uint8_t rs[64];
    struct derw sig = {0};
    sim_sign(rs, signer, bytes_of(w->p + tbs_at, w->n - tbs_at));
    put_algorithm(w);
    derw_ecdsa_sig(&sig, rs);
    derw_bits(w, bytes_of(sig.p, sig.n));
    derw_close(w, outer);
    return bytes_of(w->p + outer - 2, w->n - (outer - 2));
}

struct bytes sim_cert_build(struct derw *w, const struct sim_cert *c)
{
    size_t outer = derw_open(w, PC_DER_SEQUENCE), tbs_at = w->n;
    size_t tbs = derw_open(w, PC_DER_SEQUENCE);
    size_t version = derw_open(w, PC_DER_CONTEXT_0);
    derw_u32(w, PC_DER_INTEGER, 2);
    derw_close(w, version);
    derw_uint(w, PC_DER_INTEGER, c->serial, sizeof(c->serial));
    put_algorithm(w);
    put_name(w, c->issuer_cn);
    size_t validity = derw_open(w, PC_DER_SEQUENCE);
    derw_time(w, c->not_before);
    derw_time(w, c->not_after);
    derw_close(w, validity);
    put_name(w, c->subject_cn);
    simp_ec_key(w, c->key, 64);
    put_extensions(w, c);
    derw_close(w, tbs);
    return seal(w, outer, tbs_at, c->signer);
}

static void put_entry(struct derw *w, const struct cert_serial *serial, uint64_t when)
{
    static const uint8_t oid_reason[] = {0x55, 0x1d, 0x15}, key_compromise = 1;
    size_t seq, entry = derw_open(w, PC_DER_SEQUENCE);
    derw_uint(w, PC_DER_INTEGER, serial->v, serial->n);
    derw_time(w, when);
    size_t exts = derw_open(w, PC_DER_SEQUENCE);
    size_t val = simp_extension(w, &seq, oid_reason, sizeof(oid_reason), false);
    derw_put(w, PC_DER_ENUMERATED, &key_compromise, 1);
    derw_close(w, val);
    derw_close(w, seq);
    derw_close(w, exts);
    derw_close(w, entry);
}

struct bytes sim_crl_build(struct derw *w, const struct sim_crl *c)
{
    static const uint8_t oid_number[] = {0x55, 0x1d, 0x14};
    size_t outer = derw_open(w, PC_DER_SEQUENCE), tbs_at = w->n;
    size_t tbs = derw_open(w, PC_DER_SEQUENCE);
    derw_u32(w, PC_DER_INTEGER, 1);
    put_algorithm(w);
    put_name(w, c->issuer_cn);
    derw_time(w, c->this_update);
    derw_time(w, c->next_update);
    if (c->revoked_count > 0) {
        size_t list = derw_open(w, PC_DER_SEQUENCE);
        for (size_t i = 0; i < c->revoked_count; i++)
            put_entry(w, &c->revoked[i], c->this_update);
        derw_close(w, list);
    }
    size_t ctx = derw_open(w, PC_DER_CONTEXT_0), exts = derw_open(w, PC_DER_SEQUENCE);
    size_t seq, val = simp_extension(w, &seq, oid_number, sizeof(oid_number), false);
    derw_u32(w, PC_DER_INTEGER, 1); /* as Intel: never incremented */
    derw_close(w, val);
    derw_close(w, seq);
    put_key_ids(w, c->signer->xy, NULL);
    derw_close(w, exts);
    derw_close(w, ctx);
    derw_close(w, tbs);
    return seal(w, outer, tbs_at, c->signer);
}

static void pem_line(char *out, size_t cap, size_t *n, const char *s)
{
    size_t len = strlen(s);
    if (cap - *n < len + 1)
        pc_bug("PEM buffer is too small");
    memcpy(out + *n, s, len + 1);
    *n += len;
}

void sim_pem(char *out, size_t cap, size_t *n, const struct bytes *certs, size_t count)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    *n = 0;
    for (size_t c = 0; c < count; c++) {
        pem_line(out, cap, n, "-----BEGIN CERTIFICATE-----\n");
        for (size_t i = 0; i < certs[c].n; i += 48) {
            char line[66];
            size_t k = 0;
            for (size_t j = i; j < i + 48 && j < certs[c].n; j += 3) {
                size_t have = certs[c].n - j < 3 ? certs[c].n - j : 3;
                uint32_t v = (uint32_t)certs[c].p[j] << 16;
                v |= have > 1 ? (uint32_t)certs[c].p[j + 1] << 8 : 0;
                v |= have > 2 ? certs[c].p[j + 2] : 0;
                line[k++] = alphabet[v >> 18];
                line[k++] = alphabet[v >> 12 & 63];
                line[k++] = '=';
                line[k++] = '=';
                if (have > 1)
                    line[k - 2] = alphabet[v >> 6 & 63];
                if (have > 2)
                    line[k - 1] = alphabet[v & 63];
            }
            line[k++] = '\n';
            line[k] = '\0';
            pem_line(out, cap, n, line);
        }
        pem_line(out, cap, n, "-----END CERTIFICATE-----\n");
    }
}
