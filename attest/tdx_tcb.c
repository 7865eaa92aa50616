/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tdx_tcb.h"

const struct tdx_module *tdx_module_of(const struct tdx_tcb_info *info,
                                       const uint8_t tee_tcb_svn[static 16])
{
    if (tee_tcb_svn[1] == 0)
        return &info->module;
    for (size_t i = 0; i < info->identity_count; i++)
        if (info->identities[i].major == tee_tcb_svn[1])
            return &info->identities[i];
    return NULL;
}

static bool all_at_least(const uint8_t *have, const uint8_t *want, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (have[i] < want[i])
            return false;
    return true;
}

/* First level in list order; from module 1.5 on the first two components are the module's own
 * number, which the identities judge. */
static const struct tdx_level_result *platform_level(const struct tdx_tcb_input *in,
                                                     const uint8_t *svn)
{
    size_t from = svn[1] > 0 ? 2 : 0;
    for (size_t i = 0; i < in->info->level_count; i++) {
        const struct tdx_level *l = &in->info->levels[i];
        if (all_at_least(in->comps, l->sgx, 0, 16) && in->pcesvn >= l->pcesvn &&
            all_at_least(svn, l->tdx, from, 16))
            return &l->result;
    }
    return NULL;
}

static const struct tdx_level_result *svn_level(const struct tdx_svn_level *levels, size_t n,
                                                uint16_t svn)
{
    for (size_t i = 0; i < n; i++)
        if (svn >= levels[i].isvsvn)
            return &levels[i].result;
    return NULL;
}

enum tcb_status tdx_tcb_converge(enum tcb_status platform, enum tcb_status component)
{
    if (platform == PC_TCB_REVOKED || component == PC_TCB_REVOKED)
        return PC_TCB_REVOKED;
    if (component != PC_TCB_OUT_OF_DATE)
        return platform;
    switch (platform) {
    case PC_TCB_UP_TO_DATE:
    case PC_TCB_SW_HARDENING:
        return PC_TCB_OUT_OF_DATE;
    case PC_TCB_CONFIGURATION:
    case PC_TCB_CONFIGURATION_SW_HARDENING:
        return PC_TCB_OUT_OF_DATE_CONFIGURATION;
    case PC_TCB_NONE:
    case PC_TCB_OUT_OF_DATE:
    case PC_TCB_OUT_OF_DATE_CONFIGURATION:
    case PC_TCB_REVOKED:
    case PC_TCB_NOT_SUPPORTED:
    case PC_TCB_RELAUNCH:
    case PC_TCB_RELAUNCH_CONFIGURATION:
        return platform;
    }
    return platform;
}

enum tcb_status tdx_tcb_relaunch(enum tcb_status launch, enum tcb_status current)
{
    bool current_good = current == PC_TCB_UP_TO_DATE || current == PC_TCB_SW_HARDENING;
    bool current_conf =
        current == PC_TCB_CONFIGURATION || current == PC_TCB_CONFIGURATION_SW_HARDENING;
    if ((launch != PC_TCB_OUT_OF_DATE && launch != PC_TCB_OUT_OF_DATE_CONFIGURATION) ||
        (!current_good && !current_conf))
        return launch;
    return launch == PC_TCB_OUT_OF_DATE_CONFIGURATION || current_conf
               ? PC_TCB_RELAUNCH_CONFIGURATION
               : PC_TCB_RELAUNCH;
}

/* Insert in order; once. Beyond the list's end only the count grows. */
static void add_advisory(struct tdx_tcb_result *out, const char *name)
{
    size_t n = out->advisory_count < PC_ADVISORIES_MAX ? out->advisory_count : PC_ADVISORIES_MAX;
    size_t at = 0;
    while (at < n && strcmp(out->advisories[at], name) < 0)
        at++;
    if (at < n && strcmp(out->advisories[at], name) == 0)
        return;
    out->advisory_count++;
    if (n == PC_ADVISORIES_MAX) {
        if (at == n)
            return;
        n--; /* the highest falls off: the list keeps the lowest, whatever the order of arrival */
    }
    memmove(out->advisories[at + 1], out->advisories[at], (n - at) * PC_ADVISORY_LEN);
    memcpy(out->advisories[at], name, PC_ADVISORY_LEN);
}

static void merge(struct tdx_tcb_result *out, const struct tdx_level_result *r)
{
    if (r->date < out->date)
        out->date = r->date;
    for (size_t i = 0; i < r->advisory_count; i++)
        add_advisory(out, r->advisories[i]);
}

/* Rules 1 to 4 for one TEE_TCB_SVN. */
static void evaluate(struct tdx_tcb_result *out, const struct tdx_tcb_input *in, const uint8_t *svn)
{
    const struct tdx_level_result *platform = platform_level(in, svn);
    const struct tdx_level_result *qe =
        svn_level(in->qe->levels, in->qe->level_count, in->qe_isvsvn);
    const struct tdx_level_result *module = NULL;
    memset(out, 0, sizeof(*out));
    out->status = PC_TCB_NOT_SUPPORTED;
    if (svn[1] > 0) {
        const struct tdx_module *m = tdx_module_of(in->info, svn);
        if (m != NULL)
            module = svn_level(m->levels, m->level_count, svn[0]);
        if (module == NULL)
            return;
    }
    if (platform == NULL || qe == NULL)
        return;
    out->date = platform->date;
    merge(out, platform);
    merge(out, qe);
    out->status = tdx_tcb_converge(platform->status, qe->status);
    if (module != NULL) {
        merge(out, module);
        out->status = tdx_tcb_converge(out->status, module->status);
    }
}

void tdx_tcb_status(struct tdx_tcb_result *out, const struct tdx_tcb_input *in)
{
    evaluate(out, in, in->tee_tcb_svn);
    if (in->tee_tcb_svn2 != NULL) {
        struct tdx_tcb_result current;
        evaluate(&current, in, in->tee_tcb_svn2);
        out->status = tdx_tcb_relaunch(out->status, current.status);
    }
}
