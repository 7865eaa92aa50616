/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/verdict.h"

static const struct {
    const char *name;
    const char *text;
} reasons[PC_R_COUNT] = {
#define PC_REASON_ROW(id, bit, name, text) [bit] = {name, text},
    PC_REASON_LIST(PC_REASON_ROW)
#undef PC_REASON_ROW
};

static const char *const statuses[] = {
#define PC_TCB_ROW(id, value, name) [value] = (name),
    PC_TCB_STATUS_LIST(PC_TCB_ROW)
#undef PC_TCB_ROW
};

const char *verdict_reason_name(unsigned bit)
{
    return bit < PC_R_COUNT ? reasons[bit].name : NULL;
}

const char *verdict_reason_text(unsigned bit)
{
    return bit < PC_R_COUNT ? reasons[bit].text : NULL;
}

const char *verdict_status_name(unsigned status)
{
    return status < PC_ARRAY_LEN(statuses) ? statuses[status] : statuses[PC_TCB_NONE];
}

enum tcb_status verdict_status_of(struct bytes name)
{
    for (unsigned s = PC_TCB_UP_TO_DATE; s <= PC_TCB_REVOKED; s++)
        if (bytes_equal_var(name, bytes_of(statuses[s], strlen(statuses[s]))))
            return (enum tcb_status)s;
    return PC_TCB_NONE;
}

void verdict_set_claims(struct verdict *v)
{
    verdict_set_claims_over(v, bytes_of(v->report_data, v->report_data_len));
}

void verdict_set_claims_over(struct verdict *v, struct bytes report_data)
{
    struct claims_fields f = {
        .vendor = (enum vendor)v->vendor,
        .report_data = report_data,
        .raw_tcb = bytes_of(v->raw_tcb, v->raw_tcb_len),
    };
    memcpy(f.product, v->product, sizeof(f.product));
    memcpy(f.measurement, v->measurement, sizeof(f.measurement));
    memcpy(f.platform, v->platform, sizeof(f.platform));
    id_claims(v->claims, &f);
}
