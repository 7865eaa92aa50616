/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/nitro_chain.h"

#include <stdlib.h>

/* A certificate of cabundle, verified, with its key. Path: SHA-256 over the path of the certificate
 * above and this DER, so equal paths mean equal certificates all the way up to the root. */
struct nitro_ca {
    uint8_t path[32];
    struct cert cert; /* borrows der */
    struct ec384_key *key;
    uint8_t der[PC_NITRO_CERT_MAX];
};

static void ca_free(struct nitro_ca *ca)
{
    if (ca == NULL)
        return;
    ec384_key_free(ca->key);
    free(ca);
}

void nitro_kept_clear(struct nitro_kept *k)
{
    for (size_t i = 0; i < PC_KEPT_NITRO; i++)
        ca_free(k->ca[i]);
    memset(k, 0, sizeof(*k));
}

/* What a certificate must be to stand above `below` others of cabundle. */
static bool may_issue(const struct cert *c, size_t below)
{
    return c->is_ca && (c->usage & PC_USAGE_CERT_SIGN) != 0 &&
           (!c->has_path_len || c->path_len >= below);
}

/* The reason why it does not, PC_R_COUNT if it does. */
static enum verdict_reason issued_by(const struct cert *c, const struct nitro_ca *parent)
{
    return bytes_equal_var(c->issuer, parent->cert.subject) &&
                   cert_verify_p384(c, parent->key) == PC_OK
               ? PC_R_COUNT
               : PC_R_CHAIN_INVALID;
}

/* A certificate of cabundle, parsed, with its key; verified below parent, which the root has not.
 */
static enum verdict_reason ca_new(struct nitro_ca **out, const uint8_t path[static 32],
                                  struct bytes der, const struct nitro_ca *parent)
{
    enum verdict_reason why = PC_R_CERT_MALFORMED;
    struct nitro_ca *ca = calloc(1, sizeof(*ca));
    *out = NULL;
    if (ca == NULL)
        return PC_R_RESOURCES;
    memcpy(ca->path, path, 32);
    memcpy(ca->der, der.p, der.n); /* nitro_doc_parse has bounded it */
    if (cert_parse_p384(&ca->cert, bytes_of(ca->der, der.n)) == PC_OK)
        why = parent == NULL ? PC_R_COUNT : issued_by(&ca->cert, parent);
    if (why == PC_R_COUNT) {
        enum err_code e = ec384_key_new(&ca->key, ca->cert.key);
        why = e == PC_OK ? PC_R_COUNT : e == PC_E_MEMORY ? PC_R_RESOURCES : PC_R_CHAIN_INVALID;
    }
    if (why == PC_R_COUNT)
        *out = ca;
    else
        ca_free(ca);
    return why;
}

static struct nitro_ca *find(const struct nitro_kept *kept, const uint8_t path[static 32])
{
    for (size_t i = 0; kept != NULL && i < PC_KEPT_NITRO; i++)
        if (kept->ca[i] != NULL && memcmp(kept->ca[i]->path, path, 32) == 0)
            return kept->ca[i];
    return NULL;
}

/* The certificates above the target while one document is verified. Those that were not kept yet
 * are ours to free or to hand over. */
struct walk {
    struct nitro_ca *ca[PC_NITRO_CHAIN_MAX];
    bool ours[PC_NITRO_CHAIN_MAX];
    size_t count;
};

/* Hand over what verified; without kept, free it. */
static void walk_end(struct walk *w, struct nitro_kept *kept)
{
    for (size_t i = 0; i < w->count; i++) {
        if (!w->ours[i])
            continue;
        if (kept == NULL) {
            ca_free(w->ca[i]);
            continue;
        }
        ca_free(kept->ca[kept->next]);
        kept->ca[kept->next] = w->ca[i];
        kept->next = (kept->next + 1) % PC_KEPT_NITRO;
    }
}

static void narrow(struct nitro_chain *out, const struct cert *c)
{
    if (c->not_before > out->not_before)
        out->not_before = c->not_before;
    if (c->not_after < out->not_after)
        out->not_after = c->not_after;
}

static enum verdict_reason walk_down(struct walk *w, struct nitro_chain *out,
                                     const struct nitro_kept *kept, const struct nitro_doc *doc,
                                     const uint8_t root_sha256[static 32])
{
    uint8_t path[32];
    const struct nitro_ca *parent = NULL;
    ec_sha256(path, doc->ca[0]);
    /* Before anything is computed under it or kept: a stranger's root costs one hash. */
    if (memcmp(path, root_sha256, 32) != 0)
        return PC_R_UNTRUSTED_ROOT;
    if (cert_parse_p384(&out->target, doc->certificate) != PC_OK)
        return PC_R_CERT_MALFORMED;
    for (size_t i = 0; i < doc->ca_count; i++) {
        if (i > 0)
            ec_sha256_2(path, PC_BYTES(path), doc->ca[i]);
        struct nitro_ca *ca = find(kept, path);
        w->ours[i] = ca == NULL;
        if (ca == NULL) {
            enum verdict_reason why = ca_new(&ca, path, doc->ca[i], parent);
            if (why != PC_R_COUNT)
                return why;
        }
        w->ca[w->count++] = ca;
        /* Depends on the length of this chain: afresh each time. */
        if (!may_issue(&ca->cert, doc->ca_count - 1 - i))
            return PC_R_CHAIN_INVALID;
        narrow(out, &ca->cert);
        parent = ca;
    }
    const struct cert *t = &out->target;
    narrow(out, t);
    if (t->is_ca || (t->usage & PC_USAGE_DIGITAL_SIGNATURE) == 0)
        return PC_R_CHAIN_INVALID;
    return issued_by(t, parent);
}

bool nitro_chain_open(struct nitro_chain *out, struct verdict *v, struct nitro_kept *kept,
                      const struct nitro_doc *doc, const uint8_t root_sha256[static 32])
{
    struct walk w = {.count = 0};
    memset(out, 0, sizeof(*out));
    out->not_after = UINT64_MAX;
    enum verdict_reason why = walk_down(&w, out, kept, doc, root_sha256);
    walk_end(&w, kept);
    if (why != PC_R_COUNT)
        verdict_add(v, why);
    return why == PC_R_COUNT;
}
