/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Nitro verifier. What cannot be taken apart and a chain that is not AWS's end it; behind them
 * every step adds what it finds and the next one runs all the same.
 */
#include "attest/nitro.h"

#include "attest/kept.h"
#include "attest/nitro_chain.h"
#include "attest/nitro_policy.h"

static const uint8_t measured[4] = {0, 1, 2, 8}; /* SPEC 4 */

static bool has_measured(const struct nitro_doc *doc)
{
    for (size_t i = 0; i < sizeof(measured); i++)
        if (doc->pcr[measured[i]] == NULL)
            return false;
    return true;
}

bool nitro_claims_of(struct verdict *v, const struct nitro_doc *doc)
{
    uint8_t fields[sizeof(measured) * PC_NITRO_PCR_LEN];
    if (!has_measured(doc))
        return false;
    for (size_t i = 0; i < sizeof(measured); i++)
        memcpy(fields + i * PC_NITRO_PCR_LEN, doc->pcr[measured[i]], PC_NITRO_PCR_LEN);
    id_measurement(v->measurement, PC_VENDOR_NITRO, PC_BYTES(fields));

    struct bytes data = doc->user_data.data;
    if (data.n > 0 && data.n <= PC_REPORT_DATA_LEN) {
        memcpy(v->report_data, data.p, data.n);
        v->report_data_len = (uint8_t)data.n;
    }
    struct bytes host = nitro_host_of(doc->module_id);
    if (host.n > 0)
        id_platform(v->platform, PC_VENDOR_NITRO, host);
    verdict_set_claims_over(v, data);
    return true;
}

static void set_claims(struct verdict *v, const struct nitro_doc *doc,
                       const struct nitro_chain *chain)
{
    v->has_claims = nitro_claims_of(v, doc);
    v->leaf_len = chain->target.serial.n;
    memcpy(v->leaf_serial, chain->target.serial.v, PC_SERIAL_MAX);
    v->leaf_issuer = 1;
}

static void check_dates(struct verdict *v, const struct nitro_chain *chain, uint64_t now)
{
    if (now < chain->not_before)
        verdict_add(v, PC_R_CHAIN_EARLY);
    if (now > chain->not_after)
        verdict_add(v, PC_R_CHAIN_EXPIRED);
}

static void check_signature(struct verdict *v, const struct nitro_doc *doc, const struct cert *by)
{
    struct ec384_key *key;
    uint8_t digest[48];
    enum err_code e = ec384_key_new(&key, by->key);
    if (e != PC_OK) {
        verdict_add(v, e == PC_E_MEMORY ? PC_R_RESOURCES : PC_R_DOC_SIGNATURE);
        return;
    }
    ec_sha384_2(digest, bytes_of(doc->signed_prefix, doc->signed_prefix_n), doc->payload);
    if (ec384_verify(key, digest, doc->signature) != PC_OK)
        verdict_add(v, PC_R_DOC_SIGNATURE);
    ec384_key_free(key);
}

void nitro_verify(struct verdict *out, struct evidence_kept *kept, const struct evidence_input *in)
{
    struct nitro_doc doc;
    struct nitro_chain chain;
    if (!nitro_doc_parse(&doc, out, in->evidence))
        return;
    if (!has_measured(&doc)) {
        verdict_add(out, PC_R_PCR_MISSING);
        return;
    }
    if (!nitro_chain_open(&chain, out, kept != NULL ? &kept->nitro : NULL, &doc,
                          in->policy->root_sha256[PC_VENDOR_NITRO]))
        return;
    set_claims(out, &doc, &chain);
    check_dates(out, &chain, in->evidence_time);
    check_signature(out, &doc, &chain.target);
    nitro_policy_check(out, in, &doc);
}

bool nitro_view_of(struct nitro_view *out, struct bytes document)
{
    struct verdict ignored = {0};
    memset(out, 0, sizeof(*out));
    if (!nitro_doc_parse(&out->doc, &ignored, document))
        return false;
    const struct nitro_doc *d = &out->doc;
    out->has_chain = cert_parse_p384(&out->target, d->certificate) == PC_OK;
    for (size_t i = 0; i < d->ca_count; i++)
        out->has_chain = cert_parse_p384(&out->ca[i], d->ca[i]) == PC_OK && out->has_chain;
    out->valid_from = out->target.not_before;
    out->valid_until = out->target.not_after;
    for (size_t i = 0; i < d->ca_count; i++) {
        if (out->ca[i].not_before > out->valid_from)
            out->valid_from = out->ca[i].not_before;
        if (out->ca[i].not_after < out->valid_until)
            out->valid_until = out->ca[i].not_after;
    }
    return true;
}
