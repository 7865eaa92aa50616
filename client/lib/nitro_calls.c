/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/nitro_calls.h"

#include <stdlib.h>

#include "attest/nitro.h"
#include "client/lib/vendor_row.h"
#include "crypto/hash.h"

enum { KIND_CA = 0, KIND_TARGET = 1 };

/* Record: where things stand. */
enum {
    AT_SUBJECT = 96,
    AT_PATH = 128,
    AT_KIND = 160,
    AT_BELOW = 161,
    AT_UNTIL = 162,
    AT_SERIAL = 166
};

#define ANY_BELOW  255u
#define ADD_CERT   "addCert(bytes,bytes,bytes)"
#define POSTED_SIG "CertificatePosted(bytes32,bytes32,uint8,bytes)"

/* A document taken apart. */
struct machine {
    struct nitro_doc doc;
    struct nitro_records chain;
};

/* ---- records */

static void put_root(uint8_t r[static PC_NITRO_RECORD], const struct cert *c)
{
    sha256(r + AT_PATH, c->der);
    r[AT_BELOW] = ANY_BELOW;
    store_be32(r + AT_UNTIL, vendor_clamp(c->not_after));
}

/* SHA-256 of the issuer's path and the certificate. */
static void put_path(uint8_t r[static PC_NITRO_RECORD], const struct cert *c,
                     const uint8_t above[static PC_NITRO_RECORD])
{
    ec_sha256_2(r + AT_PATH, bytes_of(above + AT_PATH, 32), c->der);
}

static uint8_t below_of(const struct cert *c, uint8_t above)
{
    uint32_t left = above == ANY_BELOW ? ANY_BELOW : above - 1u;
    return (uint8_t)(c->has_path_len && c->path_len < left ? c->path_len : left);
}

static enum err_code put_record(uint8_t r[static PC_NITRO_RECORD], const struct cert *c,
                                const uint8_t above[static PC_NITRO_RECORD])
{
    struct evm_word subject;
    uint32_t until = vendor_clamp(c->not_after), most = load_be32(above + AT_UNTIL);
    bool ca = c->is_ca && (c->usage & PC_USAGE_CERT_SIGN) != 0;
    if (above[AT_KIND] != KIND_CA || (ca && above[AT_BELOW] == 0) || (!ca && c->is_ca))
        return PC_E_MALFORMED;
    memcpy(r, c->key, 96);
    evm_keccak(&subject, c->subject);
    memcpy(r + AT_SUBJECT, subject.b, 32);
    put_path(r, c, above);
    r[AT_KIND] = ca ? KIND_CA : KIND_TARGET;
    r[AT_BELOW] = ca ? below_of(c, above[AT_BELOW]) : 0;
    store_be32(r + AT_UNTIL, until < most ? until : most);
    memcpy(r + AT_SERIAL + 20 - c->serial.n, c->serial.v, c->serial.n);
    return PC_OK;
}

enum err_code nitro_records_of(struct nitro_records *out, const struct nitro_doc *doc)
{
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i <= doc->ca_count; i++) {
        struct cert *c = &out->cert[i];
        PC_TRY(cert_parse_p384(c, i < doc->ca_count ? doc->ca[i] : doc->certificate));
        if (i == 0)
            put_root(out->record[0], c);
        else
            PC_TRY(put_record(out->record[i], c, out->record[i - 1]));
    }
    out->n = doc->ca_count + 1;
    return out->n >= 2 && out->record[out->n - 1][AT_KIND] == KIND_TARGET ? PC_OK : PC_E_MALFORMED;
}

/* ---- the document */

/* NULL on error. The caller frees it. */
static enum err_code machine_of(struct machine **out, struct bytes document)
{
    struct verdict ignored = {.vendor = PC_VENDOR_NITRO};
    *out = malloc(sizeof **out);
    if (*out == NULL)
        return PC_E_MEMORY;
    enum err_code e = nitro_doc_parse(&(*out)->doc, &ignored, document)
                          ? nitro_records_of(&(*out)->chain, &(*out)->doc)
                          : PC_E_MALFORMED;
    if (e != PC_OK) {
        free(*out);
        *out = NULL;
    }
    return e;
}

static const uint8_t *target_of(const struct machine *m)
{
    return m->chain.record[m->chain.n - 1];
}

/* ---- claims and hints */

static enum err_code claims_of(struct evidence_claims *out, const struct nitro_doc *doc,
                               const uint8_t record[static PC_NITRO_RECORD])
{
    struct verdict v = {.vendor = PC_VENDOR_NITRO, .leaf_len = 20, .leaf_issuer = KIND_TARGET};
    memcpy(v.leaf_serial, record + AT_SERIAL, 20);
    return nitro_claims_of(&v, doc) ? vendor_claims_of(out, &v) : PC_E_MALFORMED;
}

static enum err_code nitro_claims(struct evidence_claims *out, struct bytes document)
{
    struct machine *m;
    PC_TRY(machine_of(&m, document));
    enum err_code e = claims_of(out, &m->doc, target_of(m));
    free(m);
    return e;
}

static enum err_code nitro_claims_of_call(struct evidence_claims *out, struct bytes document,
                                          struct bytes hints)
{
    struct verdict ignored = {.vendor = PC_VENDOR_NITRO};
    struct nitro_doc doc;
    if (hints.n < PC_NITRO_RECORD || !nitro_doc_parse(&doc, &ignored, document))
        return PC_E_MALFORMED;
    return claims_of(out, &doc, hints.p);
}

static enum err_code nitro_parts(struct vendor_calls *t, struct vendor_parts *out,
                                 struct bytes document)
{
    (void)t;
    struct machine *m;
    uint8_t digest[48];
    if (document.n > sizeof out->evidence)
        return PC_E_MALFORMED;
    PC_TRY(machine_of(&m, document));
    memcpy(out->evidence, document.p, document.n);
    out->evidence_n = document.n;
    memcpy(out->hints, target_of(m), PC_NITRO_RECORD);
    ec_sha384_2(digest, bytes_of(m->doc.signed_prefix, m->doc.signed_prefix_n), m->doc.payload);
    enum err_code e = vendor_p384_hints(out->hints + PC_NITRO_RECORD, &out->hints_n, out->hints,
                                        digest, m->doc.signature);
    out->hints_n += PC_NITRO_RECORD;
    free(m);
    return e;
}

/* ---- posts */

static size_t nitro_levels(struct bytes document)
{
    struct machine *m;
    if (machine_of(&m, document) != PC_OK)
        return 0;
    size_t n = m->chain.n - 1;
    free(m);
    return n;
}

/* The i-th certificate of the chain below its issuer; the root has no record. */
static enum err_code post_link(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                               size_t cap, const struct nitro_records *chain, size_t i)
{
    const struct cert *c = &chain->cert[i];
    struct evm_word tag;
    uint8_t hints[PC_P384_HINTS_MAX], digest[48];
    size_t n = 0;
    evm_keccak(&tag, PC_BYTES(chain->record[i]));
    PC_TRY(vendor_known(t, known, "certificateKnown(bytes32)", POSTED_SIG, 1, &tag));
    if (*known) {
        *out = bytes_of(NULL, 0);
        return PC_OK;
    }
    ec_sha384(digest, c->tbs);
    PC_TRY(vendor_p384_hints(hints, &n, chain->cert[i - 1].key, digest, c->sig));
    struct abi_out w = vendor_call_begin(buf, cap, ADD_CERT, 3);
    abi_out_bytes(&w, c->der);
    abi_out_bytes(&w, i == 1 ? bytes_of(NULL, 0) : PC_BYTES(chain->record[i - 1]));
    abi_out_bytes(&w, bytes_of(hints, n));
    return vendor_call_end(out, buf, &w);
}

static enum err_code nitro_level(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                                 size_t cap, struct bytes document, size_t level)
{
    struct machine *m;
    PC_TRY(machine_of(&m, document));
    enum err_code e = level + 2 <= m->chain.n
                          ? post_link(t, out, known, buf, cap, &m->chain, m->chain.n - 1 - level)
                          : PC_E_MALFORMED;
    free(m);
    return e;
}

/* The chain is in the document: there is nothing to post beside it. */
static enum err_code nitro_post(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                                size_t cap, enum vendor_post_kind kind, struct bytes data)
{
    (void)t, (void)out, (void)known, (void)buf, (void)cap, (void)kind, (void)data;
    return PC_E_UNSUPPORTED;
}

const struct vendor_row nitro_row = {.vendor = PC_VENDOR_NITRO,
                                     .claims = nitro_claims,
                                     .claims_of_call = nitro_claims_of_call,
                                     .parts = nitro_parts,
                                     .levels = nitro_levels,
                                     .level = nitro_level,
                                     .post = nitro_post};
