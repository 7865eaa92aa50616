/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tdx_set.h"

#include <stdlib.h>

#include "attest/kept.h"

static void add(uint64_t reasons[2], enum verdict_reason r)
{
    reasons[(unsigned)r / 64] |= UINT64_C(1) << ((unsigned)r % 64);
}

bool tdx_may_issue(const struct cert *c)
{
    const uint8_t both = PC_USAGE_CERT_SIGN | PC_USAGE_CRL_SIGN;
    return c->is_ca && (c->usage & both) == both;
}

/* Root and CA: the root is compared with a pin by the caller. */
static void open_chain(struct tdx_set *s)
{
    if (cert_parse(&s->root, s->part[PC_PART_ROOT]) != PC_OK ||
        cert_parse(&s->ca, s->part[PC_PART_CA]) != PC_OK) {
        add(s->chain_reasons, PC_R_CERT_MALFORMED);
        return;
    }
    bool platform = cert_common_name_is(s->ca.subject, "Intel SGX PCK Platform CA");
    bool processor = cert_common_name_is(s->ca.subject, "Intel SGX PCK Processor CA");
    s->ca_issuer = platform ? 1 : 2;
    if (!tdx_may_issue(&s->root) || (s->root.has_path_len && s->root.path_len < 1) ||
        !tdx_may_issue(&s->ca) || (!platform && !processor) ||
        !bytes_equal_var(s->ca.issuer, s->root.subject) ||
        ec_key_new(&s->root_key, s->root.key) != PC_OK ||
        ec_key_new(&s->ca_key, s->ca.key) != PC_OK || cert_verify(&s->ca, s->root_key) != PC_OK)
        add(s->chain_reasons, PC_R_CHAIN_INVALID);
}

/* Signer, and maybe the root behind it, in PEM; or the signer alone in DER. */
static bool open_signer(struct tdx_signer *out, const struct tdx_set *s, struct bytes chain)
{
    struct bytes der = chain;
    if (chain.n == 0)
        return false;
    if (chain.p[0] != 0x30) {
        if (pem_decode(&out->pem, chain) != PC_OK || out->pem.count > 2)
            return false;
        if (out->pem.count == 2 && !bytes_equal_var(out->pem.cert[1], s->root.der))
            return false;
        der = out->pem.cert[0];
    }
    return cert_parse(&out->cert, der) == PC_OK && !out->cert.is_ca &&
           (out->cert.usage & PC_USAGE_DIGITAL_SIGNATURE) != 0 &&
           bytes_equal_var(out->cert.issuer, s->root.subject) &&
           cert_common_name_is(out->cert.subject, "Intel SGX TCB Signing") &&
           cert_verify(&out->cert, s->root_key) == PC_OK;
}

/* One signer for both objects is the rule: then it is opened and verified once. */
static void open_signers(struct tdx_set *s)
{
    struct bytes tcb = s->part[PC_PART_TCB_CHAIN], qe = s->part[PC_PART_QE_CHAIN];
    s->tcb_signer.ok = open_signer(&s->tcb_signer, s, tcb);
    if (qe.n == 0 || bytes_equal_var(tcb, qe)) {
        s->qe_signer.ok = s->tcb_signer.ok;
        s->qe_signer.cert = s->tcb_signer.cert;
        return;
    }
    s->qe_signer.ok = open_signer(&s->qe_signer, s, qe);
}

static bool signed_by(const struct tdx_signer *signer, const uint8_t digest[static 32],
                      const uint8_t rs[static 64])
{
    return ec_verify_raw(signer->cert.key, digest, rs) == PC_OK;
}

static void open_tcb_info(struct tdx_set *s)
{
    struct bytes span, body = s->part[PC_PART_TCB_INFO];
    uint8_t rs[64];
    if (body.n == 0) {
        add(s->reasons, PC_R_TCB_MISSING);
        return;
    }
    if (!s->tcb_signer.ok)
        add(s->reasons, PC_R_TCB_CHAIN);
    if (tdx_object_open(&span, rs, body, "tcbInfo") != PC_OK ||
        tdx_tcb_info_parse(&s->tcb, span) != PC_OK) {
        add(s->reasons, PC_R_TCB_MALFORMED);
        return;
    }
    s->tcb_read = true;
    ec_sha256(s->objects[PC_OBJ_TCB_INFO], span);
    bool ok = s->tcb_signer.ok;
    if (ok && !signed_by(&s->tcb_signer, s->objects[PC_OBJ_TCB_INFO], rs)) {
        add(s->reasons, PC_R_TCB_SIGNATURE);
        ok = false;
    }
    if (!s->tcb.id_ok)
        add(s->reasons, PC_R_TCB_ID);
    if (!s->tcb.version_ok)
        add(s->reasons, PC_R_TCB_VERSION);
    s->tcb_ok = ok && s->tcb.id_ok && s->tcb.version_ok;
}

static void open_qe_identity(struct tdx_set *s)
{
    struct bytes span, body = s->part[PC_PART_QE_IDENTITY];
    uint8_t rs[64];
    if (body.n == 0) {
        add(s->reasons, PC_R_QEID_MISSING);
        return;
    }
    if (!s->qe_signer.ok)
        add(s->reasons, PC_R_QEID_CHAIN);
    if (tdx_object_open(&span, rs, body, "enclaveIdentity") != PC_OK ||
        tdx_qe_identity_parse(&s->qe, span) != PC_OK) {
        add(s->reasons, PC_R_QEID_MALFORMED);
        return;
    }
    s->qe_read = true;
    ec_sha256(s->objects[PC_OBJ_QE_IDENTITY], span);
    bool ok = s->qe_signer.ok;
    if (ok && !signed_by(&s->qe_signer, s->objects[PC_OBJ_QE_IDENTITY], rs)) {
        add(s->reasons, PC_R_QEID_SIGNATURE);
        ok = false;
    }
    if (!s->qe.id_ok)
        add(s->reasons, PC_R_QEID_ID);
    if (!s->qe.version_ok)
        add(s->reasons, PC_R_QEID_VERSION);
    s->qe_ok = ok && s->qe.id_ok && s->qe.version_ok;
}

/* Parse, compare issuer, verify; true if authentic. */
static bool open_crl(struct crl *out, bool *read, uint8_t digest[static 32], uint64_t reasons[2],
                     enum verdict_reason malformed, struct bytes der, const struct cert *issuer,
                     const struct ec_key *key)
{
    if (crl_parse(out, der) != PC_OK) {
        add(reasons, malformed);
        return false;
    }
    *read = true;
    ec_sha256(digest, out->tbs);
    if (!bytes_equal_var(out->issuer, issuer->subject)) {
        add(reasons, malformed + 1); /* .._wrong_issuer */
        return false;
    }
    if (ec_verify(key, digest, out->sig) != PC_OK) {
        add(reasons, malformed + 2); /* .._signature */
        return false;
    }
    return true;
}
_Static_assert(PC_R_ROOT_CRL_ISSUER == PC_R_ROOT_CRL_MALFORMED + 1 &&
                   PC_R_ROOT_CRL_SIGNATURE == PC_R_ROOT_CRL_MALFORMED + 2 &&
                   PC_R_PCK_CRL_ISSUER == PC_R_PCK_CRL_MALFORMED + 1 &&
                   PC_R_PCK_CRL_SIGNATURE == PC_R_PCK_CRL_MALFORMED + 2,
               "open_crl counts on this order");

static void open_crls(struct tdx_set *s)
{
    if (s->part[PC_PART_ROOT_CRL].n > 0)
        s->root_crl_ok =
            open_crl(&s->root_crl, &s->root_crl_read, s->objects[PC_OBJ_ROOT_CRL], s->reasons,
                     PC_R_ROOT_CRL_MALFORMED, s->part[PC_PART_ROOT_CRL], &s->root, s->root_key);
    if (s->part[PC_PART_PCK_CRL].n > 0)
        s->pck_crl_ok =
            open_crl(&s->pck_crl, &s->pck_crl_read, s->objects[PC_OBJ_PCK_CRL], s->reasons,
                     PC_R_PCK_CRL_MALFORMED, s->part[PC_PART_PCK_CRL], &s->ca, s->ca_key);
}

static void set_free(struct tdx_set *s)
{
    if (s == NULL)
        return;
    ec_key_free(s->root_key);
    ec_key_free(s->ca_key);
    free(s->data);
    free(s);
}

static struct tdx_set *set_new(const struct bytes part[static PC_PART_COUNT])
{
    size_t total = 1;
    for (size_t i = 0; i < PC_PART_COUNT; i++)
        total += part[i].n;
    struct tdx_set *s = calloc(1, sizeof(*s));
    if (s == NULL || (s->data = malloc(total)) == NULL) {
        free(s);
        return NULL;
    }
    uint8_t *w = s->data;
    for (size_t i = 0; i < PC_PART_COUNT; i++) {
        if (part[i].n > 0)
            memcpy(w, part[i].p, part[i].n);
        s->part[i] = bytes_of(w, part[i].n);
        w += part[i].n;
    }
    open_chain(s);
    if ((s->chain_reasons[0] | s->chain_reasons[1]) == 0) {
        open_signers(s);
        open_tcb_info(s);
        open_qe_identity(s);
        open_crls(s);
    }
    return s;
}

static bool made_from(const struct tdx_set *s, const struct bytes part[static PC_PART_COUNT])
{
    for (size_t i = 0; i < PC_PART_COUNT; i++)
        if (!bytes_equal_var(s->part[i], part[i]))
            return false;
    return true;
}

struct tdx_set *tdx_set_get(struct evidence_kept *kept, struct bytes root, struct bytes ca,
                            const struct collateral *c)
{
    const struct bytes part[PC_PART_COUNT] = {
        [PC_PART_ROOT] = root,
        [PC_PART_CA] = ca,
        [PC_PART_TCB_INFO] = c->tcb_info,
        [PC_PART_TCB_CHAIN] = c->tcb_chain,
        [PC_PART_QE_IDENTITY] = c->qe_identity,
        [PC_PART_QE_CHAIN] = c->qe_chain,
        [PC_PART_ROOT_CRL] = c->root_crl,
        [PC_PART_PCK_CRL] = c->pck_crl,
    };
    struct tdx_kept *k = kept != NULL ? &kept->tdx : NULL;
    for (size_t i = 0; k != NULL && i < PC_KEPT_TDX; i++)
        if (k->set[i] != NULL && made_from(k->set[i], part))
            return k->set[i];
    struct tdx_set *s = set_new(part);
    if (k != NULL && s != NULL) {
        set_free(k->set[k->next]);
        k->set[k->next] = s;
        k->next = (k->next + 1) % PC_KEPT_TDX;
    }
    return s;
}

void tdx_set_done(struct evidence_kept *kept, struct tdx_set *s)
{
    if (kept == NULL)
        set_free(s);
}

void tdx_kept_clear(struct tdx_kept *k)
{
    for (size_t i = 0; i < PC_KEPT_TDX; i++)
        set_free(k->set[i]);
    memset(k, 0, sizeof(*k));
}
