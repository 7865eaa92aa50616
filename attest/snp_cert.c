/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/snp_cert.h"

#include <stdio.h>

#include "attest/cert_read.h"

#define OID(name, ...) static const uint8_t name[] = {__VA_ARGS__}
OID(oid_rsa, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01);
OID(oid_ec_public_key, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
OID(oid_p384, 0x2b, 0x81, 0x04, 0x00, 0x22);
OID(oid_key_usage, 0x55, 0x1d, 0x0f);
OID(oid_basic_constraints, 0x55, 0x1d, 0x13);
/* 1.3.6.1.4.1.3704.1 */
OID(oid_amd, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x9c, 0x78, 0x01);

/* AlgorithmIdentifier of RSASSA-PSS with SHA-384, MGF1-SHA-384 and a salt of 48 bytes. The default
 * trailerField is written out in the first: not DER, but what AMD's certificates carry. */
static const uint8_t pss_with_trailer[] = {
    0x30, 0x46, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30, 0x39,
    0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
    0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
    0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02,
    0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x30, 0xa3, 0x03, 0x02, 0x01, 0x01};
static const uint8_t pss_plain[] = {
    0x30, 0x41, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a, 0x30,
    0x34, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
    0x02, 0x02, 0x05, 0x00, 0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86,
    0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65,
    0x03, 0x04, 0x02, 0x02, 0x05, 0x00, 0xa2, 0x03, 0x02, 0x01, 0x30};

static const char *const product_names[] = {"Milan", "Genoa", "Turin"};

const char *snp_product_name(enum snp_product p)
{
    return p < PC_SNP_PRODUCTS ? product_names[p] : "unknown";
}

static bool is(struct bytes b, const uint8_t *want, size_t n)
{
    return bytes_equal_var(b, bytes_of(want, n));
}
#define IS(b, want) is((b), (want), sizeof(want))

/* One of the two encodings; the outer one of an object is compared with the inner by the caller. */
static struct bytes take_algorithm(struct der *d)
{
    struct bytes whole = der_take_whole(d, PC_DER_SEQUENCE);
    if (!IS(whole, pss_with_trailer) && !IS(whole, pss_plain))
        der_fail(d);
    return whole;
}

/* SubjectPublicKeyInfo. */
static void take_key(struct der *d, struct snp_cert *out)
{
    struct der spki = der_enter(d, PC_DER_SEQUENCE);
    struct der alg = der_enter(&spki, PC_DER_SEQUENCE);
    struct bytes kind = der_take(&alg, PC_DER_OID);
    struct bytes bits;
    bool ok;
    out->is_rsa = IS(kind, oid_rsa);
    if (out->is_rsa) {
        ok = der_take(&alg, PC_DER_NULL).n == 0;
        bits = der_take_bits(&spki);
        struct der outer = der_of(bits);
        struct der rsa = der_enter(&outer, PC_DER_SEQUENCE);
        struct bytes modulus = der_take_uint(&rsa, PC_RSA_LEN);
        ok = ok && der_take_u32(&rsa, PC_DER_INTEGER) == 65537 && der_end(&rsa) &&
             der_end(&outer) && modulus.n == PC_RSA_LEN;
        if (ok)
            memcpy(out->key, modulus.p, PC_RSA_LEN);
    } else {
        struct bytes curve = der_take(&alg, PC_DER_OID);
        bits = der_take_bits(&spki);
        ok = IS(kind, oid_ec_public_key) && IS(curve, oid_p384) && bits.n == 1 + PC_SNP_POINT_LEN &&
             bits.p[0] == 0x04;
        if (ok)
            memcpy(out->key, bits.p + 1, PC_SNP_POINT_LEN);
    }
    if (!ok || !der_end(&alg) || !der_end(&spki))
        der_fail(d);
}

/* A value that is one element of this tag. */
static bool one_text(struct bytes *out, struct bytes value)
{
    struct der d = der_of(value);
    *out = der_take(&d, PC_DER_IA5);
    return der_end(&d) && out->n > 0;
}

static bool one_number(uint32_t *out, struct bytes value, uint32_t max)
{
    struct der d = der_of(value);
    *out = der_take_u32(&d, PC_DER_INTEGER);
    return der_end(&d) && *out <= max;
}

/* HWID: raw, or in an OCTET STRING. Decided by the length, never by the first byte: ids begin with
 * any. */
static bool take_hwid(struct bytes *out, struct bytes v)
{
    bool wrapped = (v.n == 66 && v.p[1] == 64) || (v.n == 10 && v.p[1] == 8);
    if (wrapped && v.p[0] == PC_DER_OCTET_STRING) {
        *out = bytes_of(v.p + 2, v.n - 2);
        return true;
    }
    *out = v;
    return v.n == 64 || v.n == 8;
}

/* One extension under AMD's arc; `tail` is its OID behind the arc. False if malformed. */
static bool amd_extension(struct snp_vek *out, struct bytes tail, struct bytes value)
{
    uint32_t v;
    if (tail.n == 1 && tail.p[0] == 1)
        return one_number(&out->struct_version, value, 1);
    if (tail.n == 1 && tail.p[0] == 2)
        return one_text(&out->product, value) && out->product.n <= PC_SNP_PRODUCT_NAME_MAX &&
               out->product.p[out->product.n - 1] != 0; /* lost on chain, where it is padded so */
    if (tail.n == 1 && tail.p[0] == 4)
        return take_hwid(&out->hwid, value);
    if (tail.n == 1 && tail.p[0] == 5)
        return one_text(&out->csp_id, value);
    if (tail.n == 2 && tail.p[0] == 3 && tail.p[1] >= PC_SPL_BL && tail.p[1] <= PC_SPL_FMC) {
        if (!one_number(&v, value, 0xff))
            return false;
        out->spl[tail.p[1]] = (uint8_t)v;
        out->spl_present |= (uint16_t)(1U << tail.p[1]);
        return true;
    }
    return true;
}

#define SPL(n) (1U << (n))
/* What every VCEK and VLEK must have. */
static bool vek_whole(const struct snp_vek *v)
{
    const unsigned must = SPL(PC_SPL_BL) | SPL(PC_SPL_TEE) | SPL(PC_SPL_SNP) | SPL(PC_SPL_UCODE);
    return v->product.n > 0 && (v->spl_present & must) == must;
}

#define OID_MAX 31

/* False: the certificate is malformed. AMD's own extensions are a matter of vek_ok. */
static bool take_extensions(struct snp_cert *out, struct der *tbs)
{
    struct der outer = der_enter(tbs, PC_DER_CONTEXT_3);
    struct der list = der_enter(&outer, PC_DER_SEQUENCE);
    struct bytes seen[PC_CERT_EXT_MAX];
    struct cert basic = {.is_ca = false};
    size_t n = 0;
    out->vek_ok = true;
    while (!list.bad && list.left > 0) {
        struct bytes oid, value;
        bool critical, ok = true;
        if (n == PC_CERT_EXT_MAX || !cert_take_extension(&list, &oid, &critical, &value))
            return false;
        if (oid.n == 0 || oid.n > OID_MAX)
            return false;
        for (size_t i = 0; i < n; i++)
            if (bytes_equal_var(seen[i], oid))
                return false;
        seen[n++] = oid;
        if (IS(oid, oid_basic_constraints))
            ok = cert_basic_constraints(&basic, value);
        else if (IS(oid, oid_key_usage))
            ok = cert_key_usage(&basic, value);
        else if (oid.n > sizeof(oid_amd) && memcmp(oid.p, oid_amd, sizeof(oid_amd)) == 0) {
            struct bytes tail = bytes_of(oid.p + sizeof(oid_amd), oid.n - sizeof(oid_amd));
            out->vek_ok = amd_extension(&out->vek, tail, value) && out->vek_ok;
            ok = !critical; /* AMD marks none: docs/decisions/0180 */
        } else
            ok = !critical;
        if (!ok)
            return false;
    }
    out->is_ca = basic.is_ca;
    out->has_path_len = basic.has_path_len;
    out->path_len = basic.path_len;
    out->usage = basic.usage;
    out->vek_ok = out->vek_ok && vek_whole(&out->vek);
    if (!out->vek_ok)
        memset(&out->vek, 0, sizeof(out->vek));
    return n > 0 && der_end(&list) && der_end(&outer);
}

static bool parse_tbs(struct snp_cert *out, struct bytes algorithm)
{
    struct der outer = der_of(out->tbs);
    struct der tbs = der_enter(&outer, PC_DER_SEQUENCE);
    struct der version = der_enter(&tbs, PC_DER_CONTEXT_0);
    if (der_take_u32(&version, PC_DER_INTEGER) != 2 || !der_end(&version))
        return false;
    cert_take_serial(&tbs, &out->serial);
    if (!bytes_equal_var(take_algorithm(&tbs), algorithm))
        return false;
    out->issuer = cert_take_name(&tbs);
    struct der validity = der_enter(&tbs, PC_DER_SEQUENCE);
    out->not_before = der_take_time(&validity);
    out->not_after = der_take_time(&validity);
    if (!der_end(&validity))
        return false;
    out->subject = cert_take_name(&tbs);
    take_key(&tbs, out);
    return take_extensions(out, &tbs) && der_end(&tbs);
}

/* SEQUENCE { tbs, algorithm, signature }: what certificates and CRLs have in common. */
static bool parse_signed(struct bytes *tbs, struct bytes *algorithm, uint8_t sig[static PC_RSA_LEN],
                         struct bytes der)
{
    struct der d = der_of(der);
    struct der outer = der_enter(&d, PC_DER_SEQUENCE);
    *tbs = der_take_whole(&outer, PC_DER_SEQUENCE);
    *algorithm = take_algorithm(&outer);
    struct bytes bits = der_take_bits(&outer);
    if (!der_end(&outer) || !der_end(&d) || bits.n != PC_RSA_LEN)
        return false;
    memcpy(sig, bits.p, PC_RSA_LEN);
    return true;
}

enum err_code snp_cert_parse(struct snp_cert *out, struct bytes der)
{
    struct bytes algorithm;
    memset(out, 0, sizeof(*out));
    if (der.n > PC_CERT_DER_MAX)
        return PC_E_TOO_LARGE;
    out->der = der;
    if (parse_signed(&out->tbs, &algorithm, out->sig, der) && parse_tbs(out, algorithm))
        return PC_OK;
    memset(out, 0, sizeof(*out));
    return PC_E_MALFORMED;
}

static enum err_code verify(struct bytes tbs, const uint8_t *sig, const struct rsa_key *key)
{
    uint8_t digest[48];
    ec_sha384(digest, tbs);
    return rsa_verify(key, digest, sig);
}

enum err_code snp_cert_verify(const struct snp_cert *c, const struct rsa_key *issuer)
{
    return verify(c->tbs, c->sig, issuer);
}

static enum snp_product named(struct bytes name, const char *prefix)
{
    char cn[32];
    for (unsigned p = 0; p < PC_SNP_PRODUCTS; p++) {
        (void)snprintf(cn, sizeof(cn), "%s%s", prefix, product_names[p]);
        if (cert_common_name_is(name, cn))
            return (enum snp_product)p;
    }
    return PC_SNP_PRODUCTS;
}

enum snp_product snp_issuer_product(struct bytes name, bool *vlek)
{
    enum snp_product p = named(name, "SEV-");
    *vlek = p == PC_SNP_PRODUCTS;
    return *vlek ? named(name, "SEV-VLEK-") : p;
}

enum snp_product snp_root_product(struct bytes name)
{
    return named(name, "ARK-");
}

static bool parse_crl_tbs(struct snp_crl *out, struct bytes algorithm)
{
    struct der outer = der_of(out->tbs);
    struct der tbs = der_enter(&outer, PC_DER_SEQUENCE);
    if (der_take_u32(&tbs, PC_DER_INTEGER) != 1)
        return false;
    if (!bytes_equal_var(take_algorithm(&tbs), algorithm))
        return false;
    out->issuer = cert_take_name(&tbs);
    out->this_update = der_take_time(&tbs);
    out->next_update = der_take_time(&tbs);
    return crl_take_entries(&tbs, &out->entries, &out->count);
}

enum err_code snp_crl_parse(struct snp_crl *out, struct bytes der)
{
    struct bytes algorithm;
    memset(out, 0, sizeof(*out));
    if (der.n > PC_CRL_DER_MAX)
        return PC_E_TOO_LARGE;
    if (parse_signed(&out->tbs, &algorithm, out->sig, der) && parse_crl_tbs(out, algorithm))
        return PC_OK;
    memset(out, 0, sizeof(*out));
    return PC_E_MALFORMED;
}

enum err_code snp_crl_verify(const struct snp_crl *c, const struct rsa_key *issuer)
{
    return verify(c->tbs, c->sig, issuer);
}

bool snp_crl_has(const struct snp_crl *c, const struct cert_serial *serial)
{
    return crl_entries_have(c->entries, serial);
}

void snp_vek_tcb(uint8_t out[static 8], enum snp_product product, const struct snp_vek *vek)
{
    static const uint8_t first[8] = {PC_SPL_BL, PC_SPL_TEE, PC_SPL_4,   PC_SPL_5,
                                     PC_SPL_6,  PC_SPL_7,   PC_SPL_SNP, PC_SPL_UCODE};
    static const uint8_t turin[8] = {PC_SPL_FMC, PC_SPL_BL, PC_SPL_TEE, PC_SPL_SNP,
                                     PC_SPL_5,   PC_SPL_6,  PC_SPL_7,   PC_SPL_UCODE};
    const uint8_t *order = product == PC_SNP_TURIN ? turin : first;
    for (size_t i = 0; i < 8; i++)
        out[i] = vek->spl[order[i]];
}
