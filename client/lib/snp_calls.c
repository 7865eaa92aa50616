/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/snp_calls.h"

#include <stdlib.h>

#include "attest/der.h"
#include "attest/ec.h"
#include "attest/pem.h"
#include "attest/snp_report.h"
#include "client/lib/vendor_row.h"

enum { ROLE_VCEK = 1, ROLE_VLEK = 2 };

/* Leaf record: where things stand. */
enum { AT_PRODUCT = 96, AT_ROLE = 97, AT_HWID = 98, AT_TCB = 162, AT_SERIAL = 170, AT_UNTIL = 190 };

#define ADD_CERT      "addCert(bytes,bytes32,bytes)"
#define ADD_CRL       "addCrl(bytes,uint8,bytes)"
#define AUTHORITY_SIG "AuthorityPosted(bytes32,uint8,uint8,uint256,uint256)"
#define LEAF_SIG      "LeafPosted(bytes32,bytes32,bytes32,bytes)"
#define CERTS         3

/* A report and the certificates behind it: VCEK or VLEK, its issuer, the product's root. */
struct machine {
    struct snp_report report;
    struct snp_cert cert[CERTS];
    struct pem_chain pem[CERTS]; /* what was PEM */
    uint8_t record[PC_SNP_LEAF_RECORD];
};

/* ---- certificates */

static void put_serial(uint8_t out[static 20], const struct cert_serial *s)
{
    memset(out, 0, 20);
    memcpy(out + 20 - s->n, s->v, s->n);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

enum err_code snp_leaf_record(uint8_t out[static PC_SNP_LEAF_RECORD], const struct snp_cert *leaf,
                              const struct snp_cert *issuer, const struct snp_cert *root)
{
    bool vlek, same;
    enum snp_product product = snp_issuer_product(leaf->issuer, &vlek);
    memset(out, 0, PC_SNP_LEAF_RECORD);
    if (product == PC_SNP_PRODUCTS || product != snp_issuer_product(issuer->subject, &same) ||
        same != vlek || product != snp_root_product(root->subject) || leaf->is_rsa ||
        !leaf->vek_ok || leaf->vek.hwid.n > 64 || !issuer->is_rsa || !root->is_rsa)
        return PC_E_MALFORMED;
    memcpy(out, leaf->key, PC_SNP_POINT_LEN);
    out[AT_PRODUCT] = (uint8_t)product;
    out[AT_ROLE] = vlek ? ROLE_VLEK : ROLE_VCEK;
    if (leaf->vek.hwid.n != 0) /* a VLEK has none */
        memcpy(out + AT_HWID, leaf->vek.hwid.p, leaf->vek.hwid.n);
    snp_vek_tcb(out + AT_TCB, product, &leaf->vek);
    put_serial(out + AT_SERIAL, &issuer->serial);
    store_be32(out + AT_UNTIL,
               vendor_clamp(least(leaf->not_after, least(issuer->not_after, root->not_after))));
    return PC_OK;
}

enum err_code snp_authority_id(struct evm_word *out, const struct snp_cert *issuer)
{
    struct evm_word word[5] = {{{0}}};
    bool vlek;
    enum snp_product product = snp_issuer_product(issuer->subject, &vlek);
    memset(out, 0, sizeof *out);
    if (product == PC_SNP_PRODUCTS || !issuer->is_rsa)
        return PC_E_MALFORMED;
    word[0] = evm_word_u64(vlek ? ROLE_VLEK : ROLE_VCEK);
    word[1] = evm_word_u64(product);
    evm_keccak(&word[2], issuer->subject);
    evm_keccak(&word[3], PC_BYTES(issuer->key));
    put_serial(word[4].b + 12, &issuer->serial);
    evm_keccak(out, bytes_of(word, sizeof word));
    return PC_OK;
}

/* ---- the machine */

static enum err_code take_apart(struct machine *m, struct bytes evidence)
{
    struct verdict ignored = {.vendor = PC_VENDOR_SNP};
    struct snp_table table;
    if (!snp_report_parse(&m->report, &ignored, evidence))
        return PC_E_MALFORMED;
    PC_TRY(snp_table_parse(&table, m->report.table));
    const struct bytes entry[CERTS] = {snp_table_vek(&m->report, &table),
                                       table.entry[PC_SNP_ENTRY_ASK],
                                       table.entry[PC_SNP_ENTRY_ARK]};
    for (size_t i = 0; i < CERTS; i++) {
        struct bytes der;
        if (!pem_or_der(&der, &m->pem[i], entry[i]))
            return PC_E_MALFORMED;
        PC_TRY(snp_cert_parse(&m->cert[i], der));
    }
    return snp_leaf_record(m->record, &m->cert[0], &m->cert[1], &m->cert[2]);
}

/* NULL on error. The caller frees it. */
static enum err_code machine_of(struct machine **out, struct bytes evidence)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL)
        return PC_E_MEMORY;
    enum err_code e = take_apart(*out, evidence);
    if (e != PC_OK) {
        free(*out);
        *out = NULL;
    }
    return e;
}

/* ---- claims and hints */

static enum err_code claims_of(struct evidence_claims *out, const uint8_t *report,
                               const uint8_t record[static PC_SNP_LEAF_RECORD])
{
    struct verdict v = {.vendor = PC_VENDOR_SNP, .leaf_len = 20};
    if (record[AT_PRODUCT] >= PC_SNP_PRODUCTS)
        return PC_E_MALFORMED;
    snp_report_claims(&v, report, (enum snp_product)record[AT_PRODUCT],
                      record[AT_ROLE] == ROLE_VLEK);
    memcpy(v.leaf_serial, record + AT_SERIAL, 20);
    v.leaf_issuer = (uint8_t)PC_SNP_OBJECT(record[AT_PRODUCT]);
    return vendor_claims_of(out, &v);
}

static enum err_code snp_claims(struct evidence_claims *out, struct bytes evidence)
{
    struct machine *m;
    PC_TRY(machine_of(&m, evidence));
    enum err_code e = claims_of(out, m->report.p, m->record);
    free(m);
    return e;
}

static enum err_code snp_claims_of_call(struct evidence_claims *out, struct bytes evidence,
                                        struct bytes hints)
{
    if (evidence.n != PC_SNP_REPORT_LEN || hints.n < PC_SNP_LEAF_RECORD)
        return PC_E_MALFORMED;
    return claims_of(out, evidence.p, hints.p);
}

static enum err_code snp_parts(struct vendor_calls *t, struct vendor_parts *out,
                               struct bytes evidence)
{
    (void)t;
    struct machine *m;
    uint8_t digest[48];
    PC_TRY(machine_of(&m, evidence));
    memcpy(out->evidence, m->report.p, PC_SNP_REPORT_LEN);
    out->evidence_n = PC_SNP_REPORT_LEN;
    memcpy(out->hints, m->record, PC_SNP_LEAF_RECORD);
    ec_sha384(digest, bytes_of(m->report.p, PC_SNP_SIGNED_LEN));
    enum err_code e = vendor_p384_hints(out->hints + PC_SNP_LEAF_RECORD, &out->hints_n, m->record,
                                        digest, m->report.rs);
    out->hints_n += PC_SNP_LEAF_RECORD;
    free(m);
    return e;
}

/* ---- posts */

static enum err_code post_authority(struct vendor_calls *t, struct bytes *out, bool *known,
                                    void *buf, size_t cap, const struct snp_cert *c,
                                    const struct snp_cert *root)
{
    struct evm_word id;
    enum snp_product product = snp_root_product(root->subject);
    PC_TRY(snp_authority_id(&id, c));
    if (product == PC_SNP_PRODUCTS || !root->is_rsa)
        return PC_E_MALFORMED;
    PC_TRY(vendor_posted(t, known, AUTHORITY_SIG, 1, &id));
    struct abi_out w = vendor_call_begin(buf, cap, ADD_CERT, 3);
    abi_out_bytes(&w, c->der);
    abi_out_u64(&w, product);
    abi_out_bytes(&w, PC_BYTES(root->key));
    return vendor_call_end(out, buf, &w);
}

/* record: NULL, or the leaf's: then *known says whether it was posted. */
static enum err_code post_leaf(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                               size_t cap, const struct snp_cert *c, const struct snp_cert *issuer,
                               const uint8_t *record)
{
    struct evm_word authority, tag;
    PC_TRY(snp_authority_id(&authority, issuer));
    if (record != NULL) {
        evm_keccak(&tag, bytes_of(record, PC_SNP_LEAF_RECORD));
        PC_TRY(vendor_known(t, known, "leafKnown(bytes32)", LEAF_SIG, 1, &tag));
    }
    struct abi_out w = vendor_call_begin(buf, cap, ADD_CERT, 3);
    abi_out_bytes(&w, c->der);
    abi_out_word(&w, &authority);
    abi_out_bytes(&w, PC_BYTES(issuer->key));
    return vendor_call_end(out, buf, &w);
}

static enum err_code post_list(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                               size_t cap, const struct snp_crl *l, struct bytes der,
                               const struct snp_cert *root)
{
    enum snp_product product = snp_root_product(root->subject);
    if (product == PC_SNP_PRODUCTS || !root->is_rsa || snp_root_product(l->issuer) != product)
        return PC_E_MALFORMED;
    struct evm_word object = evm_word_u64(PC_SNP_OBJECT(product));
    PC_TRY(vendor_in_force(t, known, &object, l->tbs));
    struct abi_out w = vendor_call_begin(buf, cap, ADD_CRL, 3);
    abi_out_bytes(&w, der);
    abi_out_u64(&w, product);
    abi_out_bytes(&w, PC_BYTES(root->key));
    return vendor_call_end(out, buf, &w);
}

/* An object and its issuer's certificate, DER behind DER. */
struct pair {
    struct bytes first;
    struct snp_cert issuer, cert;
    struct snp_crl crl;
};

static enum err_code split(struct pair *p, struct bytes data)
{
    struct der all = der_of(data);
    p->first = der_take_whole(&all, PC_DER_SEQUENCE);
    struct bytes issuer = der_take_whole(&all, PC_DER_SEQUENCE);
    return der_end(&all) ? snp_cert_parse(&p->issuer, issuer) : PC_E_MALFORMED;
}

static enum err_code post_pair(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                               size_t cap, enum vendor_post_kind kind, struct pair *p,
                               struct bytes data)
{
    PC_TRY(split(p, data));
    if (kind == PC_POST_CRL) {
        PC_TRY(snp_crl_parse(&p->crl, p->first));
        return post_list(t, out, known, buf, cap, &p->crl, p->first, &p->issuer);
    }
    PC_TRY(snp_cert_parse(&p->cert, p->first));
    if (p->cert.is_rsa)
        return post_authority(t, out, known, buf, cap, &p->cert, &p->issuer);
    return post_leaf(t, out, known, buf, cap, &p->cert, &p->issuer, NULL);
}

static enum err_code snp_post(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                              size_t cap, enum vendor_post_kind kind, struct bytes data)
{
    if (kind != PC_POST_CERTIFICATE && kind != PC_POST_CRL)
        return PC_E_UNSUPPORTED;
    struct pair *p = calloc(1, sizeof *p);
    if (p == NULL)
        return PC_E_MEMORY;
    enum err_code e = post_pair(t, out, known, buf, cap, kind, p, data);
    free(p);
    return e;
}

/* ---- the certificates of a machine */

static size_t snp_levels(struct bytes evidence)
{
    struct machine *m;
    if (machine_of(&m, evidence) != PC_OK)
        return 0;
    free(m);
    return 2;
}

static enum err_code snp_level(struct vendor_calls *t, struct bytes *out, bool *known, void *buf,
                               size_t cap, struct bytes evidence, size_t level)
{
    struct machine *m;
    PC_TRY(machine_of(&m, evidence));
    enum err_code e = level == 0
                          ? post_leaf(t, out, known, buf, cap, &m->cert[0], &m->cert[1], m->record)
                          : post_authority(t, out, known, buf, cap, &m->cert[1], &m->cert[2]);
    free(m);
    return e;
}

const struct vendor_row snp_row = {.vendor = PC_VENDOR_SNP,
                                   .claims = snp_claims,
                                   .claims_of_call = snp_claims_of_call,
                                   .parts = snp_parts,
                                   .levels = snp_levels,
                                   .level = snp_level,
                                   .post = snp_post};
