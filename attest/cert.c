/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/cert.h"

#include "attest/cert_read.h"

#define OID(name, ...) static const uint8_t name[] = {__VA_ARGS__}
OID(oid_ecdsa_sha256, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02);
OID(oid_ecdsa_sha384, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03);
OID(oid_ec_public_key, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
OID(oid_p256, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07);
OID(oid_p384, 0x2b, 0x81, 0x04, 0x00, 0x22);
OID(oid_common_name, 0x55, 0x04, 0x03);
OID(oid_key_usage, 0x55, 0x1d, 0x0f);
OID(oid_basic_constraints, 0x55, 0x1d, 0x13);
OID(oid_crl_number, 0x55, 0x1d, 0x14);
OID(oid_authority_key, 0x55, 0x1d, 0x23);
OID(oid_sgx, 0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01);

static bool is_oid(struct bytes b, const uint8_t *oid, size_t n)
{
    return b.n == n && memcmp(b.p, oid, n) == 0;
}
#define IS_OID(b, oid) is_oid((b), (oid), sizeof(oid))

/* Octets of a coordinate, and of half a signature. */
static size_t half_of(enum cert_curve curve)
{
    return curve == PC_CERT_P384 ? 48 : 32;
}

/* AlgorithmIdentifier of ecdsa-with-SHA256 or -SHA384: no parameters. */
static void take_algorithm(struct der *d, enum cert_curve curve)
{
    struct der alg = der_enter(d, PC_DER_SEQUENCE);
    struct bytes oid = der_take(&alg, PC_DER_OID);
    bool ok = curve == PC_CERT_P384 ? IS_OID(oid, oid_ecdsa_sha384) : IS_OID(oid, oid_ecdsa_sha256);
    if (!der_end(&alg) || !ok)
        der_fail(d);
}

void cert_take_serial(struct der *d, struct cert_serial *out)
{
    struct bytes b = der_take_uint(d, PC_SERIAL_MAX);
    out->n = (uint8_t)b.n;
    if (b.n > 0)
        memcpy(out->v, b.p, b.n);
}

/* SEQUENCE OF SET OF SEQUENCE { OID, text }: form only. */
struct bytes cert_take_name(struct der *d)
{
    struct bytes whole = der_take_whole(d, PC_DER_SEQUENCE);
    struct der outer = der_of(whole);
    struct der name = der_enter(&outer, PC_DER_SEQUENCE);
    while (!name.bad && name.left > 0) {
        struct der set = der_enter(&name, PC_DER_SET);
        while (!set.bad && set.left > 0) {
            struct der attr = der_enter(&set, PC_DER_SEQUENCE);
            (void)der_take(&attr, PC_DER_OID);
            (void)der_take_any(&attr);
            if (!der_end(&attr))
                der_fail(&set);
        }
        if (!der_end(&set))
            der_fail(&name);
    }
    if (!der_end(&name))
        der_fail(d);
    return whole;
}

bool cert_common_name_is(struct bytes whole, const char *cn)
{
    struct der outer = der_of(whole);
    struct der name = der_enter(&outer, PC_DER_SEQUENCE);
    unsigned found = 0, equal = 0;
    while (!name.bad && name.left > 0) {
        struct der set = der_enter(&name, PC_DER_SET);
        while (!set.bad && set.left > 0) {
            struct der attr = der_enter(&set, PC_DER_SEQUENCE);
            struct bytes oid = der_take(&attr, PC_DER_OID);
            uint8_t tag = der_peek(&attr);
            struct bytes value = der_take(&attr, tag);
            if (!IS_OID(oid, oid_common_name))
                continue;
            found++;
            if ((tag == PC_DER_UTF8 || tag == PC_DER_PRINTABLE) &&
                bytes_equal_var(value, bytes_of(cn, strlen(cn))))
                equal++;
        }
        if (set.bad)
            der_fail(&name);
    }
    return der_end(&name) && found == 1 && equal == 1;
}

static void take_key(struct der *d, uint8_t *xy, enum cert_curve curve)
{
    const size_t n = 2 * half_of(curve);
    struct der spki = der_enter(d, PC_DER_SEQUENCE);
    struct der alg = der_enter(&spki, PC_DER_SEQUENCE);
    struct bytes kind = der_take(&alg, PC_DER_OID);
    struct bytes name = der_take(&alg, PC_DER_OID);
    struct bytes point = der_take_bits(&spki);
    bool ok = curve == PC_CERT_P384 ? IS_OID(name, oid_p384) : IS_OID(name, oid_p256);
    if (!der_end(&alg) || !der_end(&spki) || !IS_OID(kind, oid_ec_public_key) || !ok ||
        point.n != 1 + n || point.p[0] != 0x04)
        der_fail(d);
    else
        memcpy(xy, point.p + 1, n);
}

/* SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL } */
bool cert_basic_constraints(struct cert *out, struct bytes value)
{
    struct der d = der_of(value);
    struct der seq = der_enter(&d, PC_DER_SEQUENCE);
    if (der_peek(&seq) == PC_DER_BOOLEAN) {
        out->is_ca = der_take_bool(&seq);
        if (!out->is_ca) /* a default value is not encoded in DER */
            der_fail(&seq);
    }
    if (der_peek(&seq) == PC_DER_INTEGER) {
        out->has_path_len = true;
        out->path_len = der_take_u32(&seq, PC_DER_INTEGER);
        if (!out->is_ca)
            der_fail(&seq);
    }
    return der_end(&seq) && der_end(&d);
}

/* BIT STRING of one or two octets (decipherOnly is the ninth bit). */
bool cert_key_usage(struct cert *out, struct bytes value)
{
    struct der d = der_of(value);
    struct bytes b = der_take(&d, PC_DER_BIT_STRING);
    if (!der_end(&d) || b.n < 2 || b.n > 3 || b.p[0] > 7)
        return false;
    out->usage = b.p[1];
    return true;
}

bool cert_take_extension(struct der *list, struct bytes *oid, bool *critical, struct bytes *value)
{
    struct der ext = der_enter(list, PC_DER_SEQUENCE);
    *oid = der_take(&ext, PC_DER_OID);
    *critical = false;
    if (der_peek(&ext) == PC_DER_BOOLEAN) {
        *critical = der_take_bool(&ext);
        if (!*critical) /* a default value is not encoded in DER */
            der_fail(&ext);
    }
    *value = der_take(&ext, PC_DER_OCTET_STRING);
    if (!der_end(&ext))
        der_fail(list);
    return !list->bad;
}

#define CERT_OID_MAX 31

static bool cert_extensions(struct cert *out, struct der *tbs)
{
    struct der outer = der_enter(tbs, PC_DER_CONTEXT_3);
    struct der list = der_enter(&outer, PC_DER_SEQUENCE);
    struct bytes seen[PC_CERT_EXT_MAX];
    size_t n = 0;
    while (!list.bad && list.left > 0) {
        struct bytes oid, value;
        bool critical, ok = true;
        if (n == PC_CERT_EXT_MAX || !cert_take_extension(&list, &oid, &critical, &value))
            return false;
        if (oid.n == 0 || oid.n > CERT_OID_MAX)
            return false;
        for (size_t i = 0; i < n; i++)
            if (bytes_equal_var(seen[i], oid))
                return false;
        seen[n++] = oid;
        if (IS_OID(oid, oid_basic_constraints))
            ok = cert_basic_constraints(out, value);
        else if (IS_OID(oid, oid_key_usage))
            ok = cert_key_usage(out, value);
        else if (IS_OID(oid, oid_sgx))
            out->sgx = value;
        else
            ok = !critical;
        if (!ok)
            return false;
    }
    return n > 0 && der_end(&list) && der_end(&outer);
}

static enum err_code parse_tbs(struct cert *out)
{
    struct der outer = der_of(out->tbs);
    struct der tbs = der_enter(&outer, PC_DER_SEQUENCE);
    struct der version = der_enter(&tbs, PC_DER_CONTEXT_0);
    if (der_take_u32(&version, PC_DER_INTEGER) != 2 || !der_end(&version))
        return PC_E_MALFORMED;
    cert_take_serial(&tbs, &out->serial);
    take_algorithm(&tbs, out->curve);
    out->issuer = cert_take_name(&tbs);
    struct der validity = der_enter(&tbs, PC_DER_SEQUENCE);
    out->not_before = der_take_time(&validity);
    out->not_after = der_take_time(&validity);
    if (!der_end(&validity))
        return PC_E_MALFORMED;
    out->subject = cert_take_name(&tbs);
    take_key(&tbs, out->key, out->curve);
    if (!cert_extensions(out, &tbs) || !der_end(&tbs))
        return PC_E_MALFORMED;
    return PC_OK;
}

/* SEQUENCE { tbs, algorithm, signature }: what certificates and CRLs have in common. */
static enum err_code parse_signed(struct bytes *tbs, uint8_t *sig, struct bytes der,
                                  enum cert_curve curve)
{
    struct der d = der_of(der);
    struct der outer = der_enter(&d, PC_DER_SEQUENCE);
    bool sig_ok;
    *tbs = der_take_whole(&outer, PC_DER_SEQUENCE);
    take_algorithm(&outer, curve);
    der_ecdsa_sig(sig, half_of(curve), &sig_ok, der_take_bits(&outer));
    return der_end(&outer) && der_end(&d) && sig_ok ? PC_OK : PC_E_MALFORMED;
}

static enum err_code parse(struct cert *out, struct bytes der, enum cert_curve curve)
{
    memset(out, 0, sizeof(*out));
    if (der.n > PC_CERT_DER_MAX)
        return PC_E_TOO_LARGE;
    out->curve = curve;
    out->der = der;
    enum err_code e = parse_signed(&out->tbs, out->sig, der, curve);
    if (e == PC_OK)
        e = parse_tbs(out);
    if (e != PC_OK)
        memset(out, 0, sizeof(*out));
    return e;
}

enum err_code cert_parse(struct cert *out, struct bytes der)
{
    return parse(out, der, PC_CERT_P256);
}

enum err_code cert_parse_p384(struct cert *out, struct bytes der)
{
    return parse(out, der, PC_CERT_P384);
}

static enum err_code verify(struct bytes tbs, const uint8_t sig[static 64],
                            const struct ec_key *key)
{
    uint8_t digest[32];
    ec_sha256(digest, tbs);
    return ec_verify(key, digest, sig);
}

enum err_code cert_verify(const struct cert *c, const struct ec_key *issuer)
{
    if (c->curve != PC_CERT_P256)
        return PC_E_SIGNATURE;
    return verify(c->tbs, c->sig, issuer);
}

enum err_code cert_verify_p384(const struct cert *c, const struct ec384_key *issuer)
{
    uint8_t digest[48];
    if (c->curve != PC_CERT_P384)
        return PC_E_SIGNATURE;
    ec_sha384(digest, c->tbs);
    return ec384_verify(issuer, digest, c->sig);
}

/* One entry: serial, date, optional extensions of which none may be critical. */
static bool take_entry(struct der *list, struct cert_serial *serial)
{
    struct der e = der_enter(list, PC_DER_SEQUENCE);
    memset(serial, 0, sizeof(*serial));
    cert_take_serial(&e, serial);
    (void)der_take_time(&e);
    if (e.left > 0) {
        struct der exts = der_enter(&e, PC_DER_SEQUENCE);
        while (!exts.bad && exts.left > 0) {
            struct bytes oid, value;
            bool critical;
            if (!cert_take_extension(&exts, &oid, &critical, &value) || critical)
                der_fail(&exts);
        }
        if (!der_end(&exts))
            der_fail(&e);
    }
    if (!der_end(&e))
        der_fail(list);
    return !list->bad;
}

/* CRL extensions: number and authority key may stand there; a critical one of another kind changes
 * what the list means (an indirect or partial CRL) and is refused. */
static bool crl_extensions(struct der *tbs)
{
    struct der outer = der_enter(tbs, PC_DER_CONTEXT_0);
    struct der list = der_enter(&outer, PC_DER_SEQUENCE);
    while (!list.bad && list.left > 0) {
        struct bytes oid, value;
        bool critical;
        if (!cert_take_extension(&list, &oid, &critical, &value))
            return false;
        if (critical && !IS_OID(oid, oid_crl_number) && !IS_OID(oid, oid_authority_key))
            return false;
    }
    return der_end(&list) && der_end(&outer);
}

bool crl_take_entries(struct der *tbs, struct bytes *entries, size_t *count)
{
    *count = 0;
    if (der_peek(tbs) == PC_DER_SEQUENCE) {
        *entries = der_take(tbs, PC_DER_SEQUENCE);
        struct der list = der_of(*entries);
        struct cert_serial serial;
        while (!list.bad && list.left > 0)
            if (take_entry(&list, &serial))
                (*count)++;
        if (!der_end(&list) || *count == 0)
            return false;
    }
    if (tbs->left > 0 && !crl_extensions(tbs))
        return false;
    return der_end(tbs);
}

static enum err_code parse_crl_tbs(struct crl *out)
{
    struct der outer = der_of(out->tbs);
    struct der tbs = der_enter(&outer, PC_DER_SEQUENCE);
    if (der_take_u32(&tbs, PC_DER_INTEGER) != 1)
        return PC_E_MALFORMED;
    take_algorithm(&tbs, PC_CERT_P256);
    out->issuer = cert_take_name(&tbs);
    out->this_update = der_take_time(&tbs);
    out->next_update = der_take_time(&tbs);
    if (!crl_take_entries(&tbs, &out->entries, &out->count))
        return PC_E_MALFORMED;
    return der_end(&tbs) ? PC_OK : PC_E_MALFORMED;
}

enum err_code crl_parse(struct crl *out, struct bytes der)
{
    memset(out, 0, sizeof(*out));
    if (der.n > PC_CRL_DER_MAX)
        return PC_E_TOO_LARGE;
    out->der = der;
    enum err_code e = parse_signed(&out->tbs, out->sig, der, PC_CERT_P256);
    if (e == PC_OK)
        e = parse_crl_tbs(out);
    if (e != PC_OK)
        memset(out, 0, sizeof(*out));
    return e;
}

enum err_code crl_verify(const struct crl *c, const struct ec_key *issuer)
{
    return verify(c->tbs, c->sig, issuer);
}

bool crl_entries_have(struct bytes entries, const struct cert_serial *serial)
{
    struct der list = der_of(entries);
    struct cert_serial s;
    while (!list.bad && list.left > 0)
        if (take_entry(&list, &s) && s.n == serial->n && memcmp(s.v, serial->v, s.n) == 0)
            return true;
    return false;
}

bool crl_has(const struct crl *c, const struct cert_serial *serial)
{
    return crl_entries_have(c->entries, serial);
}
