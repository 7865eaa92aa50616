/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/snp_set.h"

#include <stdlib.h>

static void add(struct snp_set *s, enum verdict_reason r)
{
    s->reasons[(unsigned)r / 64] |= UINT64_C(1) << ((unsigned)r % 64);
}

/* ARK and ASK or ASVK: the root is compared with a pin by the caller, so its own signature says
 * nothing more. */
static bool open_issuer(struct snp_set *s, struct rsa_key **issuer_key)
{
    const struct snp_cert *root = &s->root, *ca = &s->issuer;
    const uint8_t both = PC_USAGE_CERT_SIGN | PC_USAGE_CRL_SIGN;
    enum snp_product of_root = snp_root_product(root->subject);
    s->product = snp_issuer_product(ca->subject, &s->vlek);
    return root->is_rsa && root->is_ca && (root->usage & both) == both &&
           (!root->has_path_len || root->path_len >= 1) && of_root != PC_SNP_PRODUCTS &&
           bytes_equal_var(root->issuer, root->subject) && ca->is_rsa && ca->is_ca &&
           (ca->usage & PC_USAGE_CERT_SIGN) != 0 && s->product == of_root &&
           bytes_equal_var(ca->issuer, root->subject) &&
           rsa_key_new(&s->root_key, root->key) == PC_OK &&
           rsa_key_new(issuer_key, ca->key) == PC_OK && snp_cert_verify(ca, s->root_key) == PC_OK;
}

static bool named_product(struct bytes name, const char *product)
{
    size_t n = strlen(product);
    return name.n >= n && memcmp(name.p, product, n) == 0 && (name.n == n || name.p[n] == '-');
}

/* AMD's extensions, for this product and kind of key. */
static bool extensions_fit(const struct snp_set *s)
{
    const struct snp_vek *vek = &s->leaf.vek;
    bool turin = s->product == PC_SNP_TURIN;
    bool fmc = (vek->spl_present >> PC_SPL_FMC & 1) != 0;
    bool spl_4 = (vek->spl_present >> PC_SPL_4 & 1) != 0;
    if (!s->leaf.vek_ok || fmc != turin || (spl_4 && turin) ||
        !named_product(vek->product, snp_product_name(s->product)))
        return false;
    if (s->vlek)
        return vek->hwid.n == 0 && vek->csp_id.n > 0;
    return vek->hwid.n == (turin ? 8 : 64) && vek->csp_id.n == 0;
}

/* False: nothing can be said about a report with this leaf. */
static bool open_leaf(struct snp_set *s, const struct rsa_key *issuer_key)
{
    const struct snp_cert *leaf = &s->leaf;
    bool named = bytes_equal_var(leaf->issuer, s->issuer.subject) &&
                 cert_common_name_is(leaf->subject, s->vlek ? "SEV-VLEK" : "SEV-VCEK");
    if (!named)
        add(s, PC_R_SNP_ISSUER);
    s->signed_leaf = snp_cert_verify(leaf, issuer_key) == PC_OK;
    if (!s->signed_leaf)
        add(s, PC_R_SNP_VEK_SIGNATURE);
    if (!named)
        return false;
    if (leaf->is_rsa || leaf->is_ca || ec384_key_new(&s->leaf_key, leaf->key) != PC_OK) {
        add(s, PC_R_CHAIN_INVALID);
        return false;
    }
    if (!extensions_fit(s)) {
        add(s, PC_R_SNP_VEK_EXTENSION);
        return false;
    }
    return true;
}

static void open_crl(struct snp_set *s)
{
    if (s->part[PC_SNP_PART_CRL].n == 0)
        return;
    if (snp_crl_parse(&s->crl, s->part[PC_SNP_PART_CRL]) != PC_OK) {
        add(s, PC_R_ROOT_CRL_MALFORMED);
        return;
    }
    s->crl_read = true;
    ec_sha256(s->crl_object, s->crl.tbs);
    if (!bytes_equal_var(s->crl.issuer, s->root.subject))
        add(s, PC_R_ROOT_CRL_ISSUER);
    else if (snp_crl_verify(&s->crl, s->root_key) != PC_OK)
        add(s, PC_R_ROOT_CRL_SIGNATURE);
    else
        s->crl_ok = true;
}

static void open_all(struct snp_set *s)
{
    struct rsa_key *issuer_key = NULL;
    if (snp_cert_parse(&s->root, s->part[PC_SNP_PART_ROOT]) != PC_OK ||
        snp_cert_parse(&s->issuer, s->part[PC_SNP_PART_ISSUER]) != PC_OK ||
        snp_cert_parse(&s->leaf, s->part[PC_SNP_PART_LEAF]) != PC_OK)
        add(s, PC_R_CERT_MALFORMED);
    else if (!open_issuer(s, &issuer_key))
        add(s, PC_R_CHAIN_INVALID);
    else if (open_leaf(s, issuer_key)) {
        s->usable = true;
        open_crl(s);
    }
    rsa_key_free(issuer_key);
}

static void set_free(struct snp_set *s)
{
    if (s == NULL)
        return;
    ec384_key_free(s->leaf_key);
    rsa_key_free(s->root_key);
    free(s->data);
    free(s);
}

static struct snp_set *set_new(const struct bytes part[static PC_SNP_PART_COUNT])
{
    size_t total = 1;
    for (size_t i = 0; i < PC_SNP_PART_COUNT; i++)
        total += part[i].n;
    struct snp_set *s = calloc(1, sizeof(*s));
    if (s == NULL || (s->data = malloc(total)) == NULL) {
        free(s);
        return NULL;
    }
    uint8_t *w = s->data;
    for (size_t i = 0; i < PC_SNP_PART_COUNT; i++) {
        if (part[i].n > 0)
            memcpy(w, part[i].p, part[i].n);
        s->part[i] = bytes_of(w, part[i].n);
        w += part[i].n;
    }
    open_all(s);
    return s;
}

static bool made_from(const struct snp_set *s, const struct bytes part[static PC_SNP_PART_COUNT])
{
    for (size_t i = 0; i < PC_SNP_PART_COUNT; i++)
        if (!bytes_equal_var(s->part[i], part[i]))
            return false;
    return true;
}

struct snp_set *snp_set_get(struct evidence_kept *kept,
                            const struct bytes part[static PC_SNP_PART_COUNT])
{
    struct snp_kept *k = kept == NULL ? NULL : &kept->snp;
    for (size_t i = 0; k != NULL && i < PC_KEPT_SNP; i++)
        if (k->set[i] != NULL && made_from(k->set[i], part))
            return k->set[i];
    struct snp_set *s = set_new(part);
    /* What a stranger can make without AMD's keys would only push chips out of the ring. */
    if (k != NULL && s != NULL && s->signed_leaf) {
        s->kept = true;
        set_free(k->set[k->next]);
        k->set[k->next] = s;
        k->next = (k->next + 1) % PC_KEPT_SNP;
    }
    return s;
}

void snp_set_done(struct snp_set *s)
{
    if (s != NULL && !s->kept)
        set_free(s);
}

void snp_kept_clear(struct snp_kept *k)
{
    for (size_t i = 0; i < PC_KEPT_SNP; i++)
        set_free(k->set[i]);
    memset(k, 0, sizeof(*k));
}
