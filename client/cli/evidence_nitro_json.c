/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/evidence_nitro.h"

#include <stdio.h>

#include "client/cli/cli.h"
#include "client/cli/evidence_out.h"

static void out_optional(struct json_out *o, const char *key, const struct nitro_optional *v)
{
    if (v->present)
        evidence_out_hex(o, key, v->data);
    else
        json_out_null(o, key);
}

static void out_timestamp(struct json_out *o, uint64_t ms)
{
    char text[40];
    json_out_u64(o, "timestamp_ms", ms);
    cli_time_text(text, ms / 1000);
    (void)snprintf(text + 19, sizeof(text) - 19, ".%03u000+00:00", (unsigned)(ms % 1000));
    json_out_str(o, "timestamp", text);
}

static bool is_zero(const struct nitro_doc *d, unsigned i)
{
    return bytes_all_zero_var(bytes_of(d->pcr[i], PC_NITRO_PCR_LEN));
}

static void out_pcrs(struct json_out *o, const struct nitro_doc *d)
{
    json_out_array(o, "pcr_indices");
    for (unsigned i = 0; i < PC_NITRO_PCRS; i++)
        if (d->pcr[i] != NULL)
            json_out_u64(o, NULL, i);
    json_out_end(o);
    json_out_object(o, "pcrs");
    for (unsigned i = 0; i < PC_NITRO_PCRS; i++) {
        char key[4];
        (void)snprintf(key, sizeof(key), "%u", i);
        if (d->pcr[i] != NULL && !is_zero(d, i))
            evidence_out_hex(o, key, bytes_of(d->pcr[i], PC_NITRO_PCR_LEN));
    }
    json_out_end(o);
    json_out_array(o, "pcrs_zero");
    for (unsigned i = 0; i < PC_NITRO_PCRS; i++)
        if (d->pcr[i] != NULL && is_zero(d, i))
            json_out_u64(o, NULL, i);
    json_out_end(o);
}

static void out_chain(struct json_out *o, const struct nitro_view *view)
{
    char name[512];
    uint8_t root[32];
    cert_name_text(name, sizeof(name), view->target.subject);
    json_out_str(o, "leaf_subject", name);
    evidence_out_date(o, "leaf_not_before", view->target.not_before);
    evidence_out_date(o, "leaf_not_after", view->target.not_after);
    evidence_out_date(o, "chain_valid_from", view->valid_from);
    evidence_out_date(o, "chain_valid_until", view->valid_until);
    json_out_array(o, "cabundle_subjects");
    for (size_t i = 0; i < view->doc.ca_count; i++) {
        cert_name_text(name, sizeof(name), view->ca[i].subject);
        json_out_str(o, NULL, name);
    }
    json_out_end(o);
    ec_sha256(root, view->doc.ca[0]);
    evidence_out_hex(o, "cabundle_root_sha256", PC_BYTES(root));
}

void nitro_claims_json(struct json_out *o, const struct nitro_view *view)
{
    const struct nitro_doc *d = &view->doc;
    json_out_object(o, "claims");
    evidence_out_text(o, "module_id", d->module_id);
    json_out_str(o, "digest", "SHA384");
    out_timestamp(o, d->timestamp_ms);
    out_pcrs(o, d);
    out_optional(o, "public_key", &d->public_key);
    out_optional(o, "user_data", &d->user_data);
    out_optional(o, "nonce", &d->nonce);
    if (view->has_chain)
        out_chain(o, view);
    json_out_end(o);
}
