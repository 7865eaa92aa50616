/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tdx_policy.h"

#include "crypto/raw_tcb.h"

static void check_status(struct verdict *v, const struct evidence_input *in)
{
    const struct evidence_policy *p = in->policy;
    enum tcb_status s = (enum tcb_status)v->tcb_status;
    bool out_of_date = s == PC_TCB_OUT_OF_DATE || s == PC_TCB_OUT_OF_DATE_CONFIGURATION;
    if (s == PC_TCB_NONE) {
        /* Whatever kept the status from being computed has its own reason; should it have none,
         * silence must not accept. */
        if (v->reasons[0] == 0 && v->reasons[1] == 0)
            verdict_add(v, PC_R_TCB_STATUS);
        return;
    }
    if (s == PC_TCB_REVOKED || s == PC_TCB_NOT_SUPPORTED || (p->statuses >> s & 1) == 0 ||
        (out_of_date && in->collateral_time > p->out_of_date_until))
        verdict_add(v, PC_R_TCB_STATUS);
    if (s != PC_TCB_NOT_SUPPORTED && v->tcb_date < p->min_tcb_date)
        verdict_add(v, PC_R_TCB_DATE);
}

static void check_advisories(struct verdict *v, const struct evidence_policy *p)
{
    if (p->denied_count == 0)
        return;
    if (v->advisory_count > PC_ADVISORIES_MAX) /* not all are listed: none can be ruled out */
        verdict_add(v, PC_R_ADVISORY);
    for (size_t i = 0; i < v->advisory_count && i < PC_ADVISORIES_MAX; i++)
        for (size_t k = 0; k < p->denied_count; k++)
            if (strncmp(v->advisories[i], p->denied[k], PC_ADVISORY_LEN) == 0)
                verdict_add(v, PC_R_ADVISORY);
}

static void check_td(struct verdict *v, const struct evidence_policy *p, const struct tdx_quote *q)
{
    uint64_t attributes = load_le64(q->body.p + PC_TD_ATTRIBUTES);
    uint64_t xfam = load_le64(q->body.p + PC_TD_XFAM);
    const uint64_t never = PC_TD_DEBUG_GROUP | PC_TD_MIGRATABLE;
    if ((attributes & PC_TD_DEBUG_GROUP) != 0)
        verdict_add(v, PC_R_TD_DEBUG);
    if ((attributes & PC_TD_MIGRATABLE) != 0)
        verdict_add(v, PC_R_TD_MIGRATABLE);
    if ((attributes & ~never & ~p->td_allowed) != 0)
        verdict_add(v, PC_R_TD_ATTR_FORBIDDEN);
    if ((attributes & p->td_required) != p->td_required)
        verdict_add(v, PC_R_TD_ATTR_MISSING);
    if ((xfam & p->xfam_required) != p->xfam_required || (xfam & ~p->xfam_allowed) != 0)
        verdict_add(v, PC_R_XFAM);
    if (!p->service_td_allowed && q->body.n >= PC_TDX_BODY_15 &&
        !bytes_all_zero_var(bytes_of(q->body.p + PC_TD_MRSERVICETD, 48)))
        verdict_add(v, PC_R_SERVICE_TD);
}

static bool one_of(const uint8_t *value, const uint8_t *list, size_t count, size_t len)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(value, list + i * len, len) == 0)
            return true;
    return false;
}

static void check_measurement(struct verdict *v, const struct evidence_policy *p,
                              const struct tdx_quote *q)
{
    static const uint16_t at[PC_REG_COUNT] = {
        [PC_REG_MRTD] = PC_TD_MRTD,       [PC_REG_RTMR0] = PC_TD_RTMR0,
        [PC_REG_RTMR1] = PC_TD_RTMR1,     [PC_REG_RTMR2] = PC_TD_RTMR2,
        [PC_REG_RTMR3] = PC_TD_RTMR3,     [PC_REG_MRCONFIGID] = PC_TD_MRCONFIGID,
        [PC_REG_MROWNER] = PC_TD_MROWNER, [PC_REG_MROWNERCONFIG] = PC_TD_MROWNERCONFIG,
    };
    for (size_t i = 0; i < PC_REG_COUNT; i++)
        if (p->register_set[i] && memcmp(q->body.p + at[i], p->registers[i], 48) != 0)
            verdict_add(v, PC_R_MEASUREMENT);
    if (p->measurement_count > 0 &&
        !one_of(v->measurement, p->measurements[0], p->measurement_count, 32))
        verdict_add(v, PC_R_MEASUREMENT);
    if (p->mrseam_count > 0 &&
        !one_of(q->body.p + PC_TD_MRSEAM, p->mrseams[0], p->mrseam_count, 48))
        verdict_add(v, PC_R_MRSEAM);
}

void tdx_policy_check(struct verdict *v, const struct evidence_input *in,
                      const struct tdx_quote *quote)
{
    const struct evidence_policy *p = in->policy;
    check_advisories(v, p);
    check_td(v, p, quote);
    check_measurement(v, p, quote);
    if (p->min_tcb_set && !raw_tcb_at_least_var(PC_VENDOR_TDX, bytes_of(v->raw_tcb, v->raw_tcb_len),
                                                bytes_of(p->min_tcb, PC_RAW_TCB_TDX)))
        verdict_add(v, PC_R_MIN_TCB);
    if (p->platform_required && bytes_all_zero_var(PC_BYTES(v->platform)))
        verdict_add(v, PC_R_PLATFORM);
    if (p->report_data_set && memcmp(v->report_data, p->report_data, PC_REPORT_DATA_LEN) != 0)
        verdict_add(v, PC_R_REPORT_DATA);
    check_status(v, in);
}
