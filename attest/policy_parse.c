/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files of the command line; docs/EVIDENCE.md has the table of keys. */
#include <stdio.h>

#include "attest/der.h"
#include "attest/policy_read.h"
#include "crypto/raw_tcb.h"

/* Keys that are read one by one; registers have their own table. */
static const char *const keys[] = {
    "root_sha256",
    "tcb_statuses",
    "out_of_date_until",
    "min_tcb_date",
    "min_tcb_number",
    "min_qe_number",
    "platform_required",
    "sept_ve_disable",
    "allow_perfmon",
    "allow_pks",
    "allow_kl",
    "allow_service_td",
    "min_tcb",
    "report_data",
    "measurements",
    "mrseams",
    "denied_advisories",
    "mrtd",
    "rtmr0",
    "rtmr1",
    "rtmr2",
    "rtmr3",
    "mrconfigid",
    "mrowner",
    "mrownerconfig",
};

static const char *const register_keys[PC_REG_COUNT] = {
    [PC_REG_MRTD] = "mrtd",       [PC_REG_RTMR0] = "rtmr0",
    [PC_REG_RTMR1] = "rtmr1",     [PC_REG_RTMR2] = "rtmr2",
    [PC_REG_RTMR3] = "rtmr3",     [PC_REG_MRCONFIGID] = "mrconfigid",
    [PC_REG_MROWNER] = "mrowner", [PC_REG_MROWNERCONFIG] = "mrownerconfig",
};

static enum err_code opt_time(const struct policy_reading *r, const char *key, uint64_t *out)
{
    struct bytes s;
    unsigned f[6];
    char z = 0, end = 0;
    if (!json_has(r->root, key))
        return PC_OK;
    PC_TRY(json_get_str(r->root, key, &s));
    if (s.n != 20 ||
        sscanf((const char *)s.p, "%4u-%2u-%2uT%2u:%2u:%2u%c%c", &f[0], &f[1], &f[2], &f[3], &f[4],
               &f[5], &z, &end) != 7 ||
        z != 'Z' || !time_of_civil(out, f[0], f[1], f[2], f[3], f[4], f[5]))
        return policy_fault(r, key, "want a time like 2026-02-01T00:00:00Z");
    return PC_OK;
}

/* Sets or clears a bit by a boolean key. */
static enum err_code opt_bit(const struct policy_reading *r, const char *key, uint64_t *mask,
                             uint64_t bit)
{
    bool on = (*mask & bit) != 0;
    PC_TRY(policy_bool(r, key, &on));
    *mask = on ? *mask | bit : *mask & ~bit;
    return PC_OK;
}

static enum err_code get_statuses(const struct policy_reading *r, uint32_t *out)
{
    struct json_value list;
    struct bytes s;
    size_t n;
    if (!json_has(r->root, "tcb_statuses"))
        return PC_OK;
    PC_TRY(json_get_array(r->root, "tcb_statuses", &list, &n));
    if (n == 0)
        return policy_fault(r, "tcb_statuses", "the list is empty");
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        unsigned found = PC_TCB_NONE;
        PC_TRY(json_get_str(&v, NULL, &s));
        for (unsigned k = PC_TCB_UP_TO_DATE; k <= PC_TCB_RELAUNCH_CONFIGURATION; k++)
            if (strcmp((const char *)s.p, verdict_status_name(k)) == 0)
                found = k;
        if (found == PC_TCB_NONE || found == PC_TCB_REVOKED || found == PC_TCB_NOT_SUPPORTED)
            return policy_fault(r, "tcb_statuses",
                                "a status that is unknown or can never be accepted");
        *out |= UINT32_C(1) << found;
    }
    return PC_OK;
}

static enum err_code get_denied(const struct policy_reading *r, struct evidence_policy *out)
{
    struct json_value list;
    struct bytes s;
    size_t n;
    PC_TRY(policy_list(r, "denied_advisories", &list, &n));
    for (size_t i = 0; i < n; i++) {
        struct json_value v = json_at(&list, i);
        PC_TRY(json_get_str(&v, NULL, &s));
        if (s.n == 0 || s.n >= PC_ADVISORY_LEN)
            return policy_fault(r, "denied_advisories", "want ids like INTEL-SA-01192");
        memcpy(out->denied[i], s.p, s.n);
    }
    out->denied_count = n;
    return PC_OK;
}

static enum err_code read_policy(struct evidence_policy *out, const struct policy_reading *r)
{
    const char *all[PC_ARRAY_LEN(keys) + PC_SNP_POLICY_KEYS + PC_NITRO_POLICY_KEYS];
    memcpy(all, keys, sizeof(keys));
    memcpy(all + PC_ARRAY_LEN(keys), snp_policy_keys, sizeof(snp_policy_keys));
    memcpy(all + PC_ARRAY_LEN(keys) + PC_SNP_POLICY_KEYS, nitro_policy_keys,
           sizeof(nitro_policy_keys));
    PC_TRY(json_only(r->root, all, PC_ARRAY_LEN(all)));
    PC_TRY(policy_hex(r, "root_sha256", NULL, out->root_sha256[PC_VENDOR_TDX], 32));
    PC_TRY(get_statuses(r, &out->statuses));
    PC_TRY(opt_time(r, "out_of_date_until", &out->out_of_date_until));
    PC_TRY(opt_time(r, "min_tcb_date", &out->min_tcb_date));
    PC_TRY(policy_u32(r, "min_tcb_number", UINT32_MAX, &out->min_tcb_number));
    PC_TRY(policy_u32(r, "min_qe_number", UINT32_MAX, &out->min_qe_number));
    PC_TRY(policy_bool(r, "platform_required", &out->platform_required));
    PC_TRY(opt_bit(r, "sept_ve_disable", &out->td_required, PC_TD_SEPT_VE_DISABLE));
    PC_TRY(opt_bit(r, "allow_perfmon", &out->td_allowed, PC_TD_PERFMON));
    PC_TRY(opt_bit(r, "allow_pks", &out->td_allowed, PC_TD_PKS));
    PC_TRY(opt_bit(r, "allow_kl", &out->td_allowed, PC_TD_KL));
    PC_TRY(policy_bool(r, "allow_service_td", &out->service_td_allowed));
    PC_TRY(policy_hex(r, "min_tcb", &out->min_tcb_set, out->min_tcb, PC_RAW_TCB_TDX));
    PC_TRY(policy_hex(r, "report_data", &out->report_data_set, out->report_data, 64));
    for (size_t i = 0; i < PC_REG_COUNT; i++)
        PC_TRY(policy_hex(r, register_keys[i], &out->register_set[i], out->registers[i], 48));
    PC_TRY(policy_hex_list(r, "measurements", &out->measurement_count, out->measurements[0], 32));
    PC_TRY(policy_hex_list(r, "mrseams", &out->mrseam_count, out->mrseams[0], 48));
    PC_TRY(snp_policy_parse(&out->snp, r));
    PC_TRY(nitro_policy_parse(out, r));
    return get_denied(r, out);
}

enum err_code policy_parse(struct evidence_policy *out, char why[PC_POLICY_WHY_LEN],
                           struct bytes json)
{
    struct json_doc *doc;
    why[0] = '\0';
    policy_network(out, NULL);
    out->min_tcb_number = out->min_qe_number = PC_POLICY_MIN_NUMBER;
    /* Whoever takes a key that is not of one chip says so. AMD's list is not part of what its key
     * service serves beside a certificate, so a file asks for it. */
    out->snp.vlek_allowed = out->snp.crl_required = false;
    enum err_code e = json_parse(&doc, json, PC_POLICY_MAX, 4);
    if (e == PC_OK) {
        struct json_value root = json_root(doc);
        struct policy_reading r = {&root, why};
        e = read_policy(out, &r);
    }
    if (e != PC_OK) {
        if (why[0] == '\0')
            (void)snprintf(why, PC_POLICY_WHY_LEN, "%s", doc != NULL ? json_error(doc) : "memory");
        memset(out, 0, sizeof(*out));
        e = e == PC_E_MEMORY ? e : PC_E_MALFORMED;
    }
    json_free(doc);
    return e;
}
