/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/nitro_policy.h"

const uint8_t nitro_aws_root_sha256[32] = {
    0x64, 0x1a, 0x03, 0x21, 0xa3, 0xe2, 0x44, 0xef, 0xe4, 0x56, 0x46, 0x31, 0x95, 0xd6, 0x06, 0x31,
    0x7e, 0xd7, 0xcd, 0xcc, 0x3c, 0x17, 0x56, 0xe0, 0x98, 0x93, 0xf3, 0xc6, 0x8f, 0x79, 0xbb, 0x5b};

void nitro_rules_manifest(struct nitro_rules *out)
{
    nitro_rules_network(out);
    out->any_timestamp = true;
    out->any_user_data = true;
}

void nitro_rules_network(struct nitro_rules *out)
{
    memset(out, 0, sizeof(*out));
    out->timestamp_slack = PC_NITRO_TIMESTAMP_SLACK;
}

static bool pcr_zero(const struct nitro_doc *doc, unsigned i)
{
    return doc->pcr[i] == NULL || bytes_all_zero_var(bytes_of(doc->pcr[i], PC_NITRO_PCR_LEN));
}

static void check_pcrs(struct verdict *v, const struct evidence_policy *p,
                       const struct nitro_doc *doc)
{
    bool zero[3] = {pcr_zero(doc, 0), pcr_zero(doc, 1), pcr_zero(doc, 2)};
    if (zero[0] && zero[1] && zero[2])
        verdict_add(v, PC_R_NITRO_DEBUG);
    else if (zero[0] || zero[1] || zero[2])
        verdict_add(v, PC_R_PCR_ZERO);
    for (unsigned i = 0; i < PC_NITRO_PCRS; i++) {
        if ((p->nitro.pcr_set >> i & 1) == 0)
            continue;
        if (i != 8 && pcr_zero(doc, i))
            verdict_add(v, PC_R_PCR_ZERO);
        if (doc->pcr[i] == NULL || memcmp(doc->pcr[i], p->nitro.pcr[i], PC_NITRO_PCR_LEN) != 0)
            verdict_add(v, PC_R_MEASUREMENT);
    }
}

static void check_measurement(struct verdict *v, const struct evidence_policy *p)
{
    bool found = p->measurement_count == 0;
    for (size_t i = 0; i < p->measurement_count; i++)
        found = found || memcmp(v->measurement, p->measurements[i], 32) == 0;
    if (!found)
        verdict_add(v, PC_R_MEASUREMENT);
}

/* Milliseconds in the document, seconds from the caller. */
static void check_timestamp(struct verdict *v, const struct evidence_input *in, uint64_t stamp)
{
    const struct nitro_rules *rules = &in->policy->nitro;
    const uint64_t slack = (uint64_t)rules->timestamp_slack * 1000;
    if (rules->any_timestamp)
        return;
    uint64_t now = in->evidence_time <= UINT64_MAX / 1000 ? in->evidence_time * 1000 : UINT64_MAX;
    if (now > stamp && now - stamp > slack)
        verdict_add(v, PC_R_TIMESTAMP_OLD);
    if (stamp > now && stamp - now > slack)
        verdict_add(v, PC_R_TIMESTAMP_EARLY);
}

static void check_user_data(struct verdict *v, const struct evidence_policy *p,
                            const struct nitro_doc *doc)
{
    const struct nitro_optional *u = &doc->user_data;
    if (p->nitro.any_user_data && !p->report_data_set)
        return;
    if (!u->present || u->data.n != PC_REPORT_DATA_LEN ||
        (p->report_data_set && memcmp(u->data.p, p->report_data, PC_REPORT_DATA_LEN) != 0))
        verdict_add(v, PC_R_REPORT_DATA);
    if (doc->public_key.present || doc->nonce.present)
        verdict_add(v, PC_R_EXTRA_FIELD);
}

void nitro_policy_check(struct verdict *v, const struct evidence_input *in,
                        const struct nitro_doc *doc)
{
    const struct evidence_policy *p = in->policy;
    check_pcrs(v, p, doc);
    check_measurement(v, p);
    check_timestamp(v, in, doc->timestamp_ms);
    check_user_data(v, p, doc);
    if (p->platform_required && bytes_all_zero_var(PC_BYTES(v->platform)))
        verdict_add(v, PC_R_PLATFORM);
}
