/* SPDX-License-Identifier: Apache-2.0 */
/* A policy file: taken whole, or refused with a reason and nothing left of it. */
#include <stdlib.h>

#include "attest/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct evidence_policy p, again;
    char why[PC_POLICY_WHY_LEN], second[PC_POLICY_WHY_LEN];
    enum err_code e = policy_parse(&p, why, bytes_of(data, size));
    if (policy_parse(&again, second, bytes_of(data, size)) != e ||
        memcmp(&p, &again, sizeof(p)) != 0)
        abort();
    size_t said = strnlen(why, sizeof(why));
    if (said == sizeof(why) || (said == 0) != (e == PC_OK))
        abort();
    if (e != PC_OK) {
        if (!bytes_all_zero_var(bytes_of(&p, sizeof(p))))
            abort();
        return 0;
    }
    const struct snp_policy *s = &p.snp;
    if (p.measurement_count > PC_POLICY_LIST_MAX || p.mrseam_count > PC_POLICY_LIST_MAX ||
        p.denied_count > PC_POLICY_LIST_MAX || s->csp_count > PC_SNP_LIST_MAX ||
        s->platform_count > PC_SNP_LIST_MAX)
        abort();
    for (size_t i = 0; i < p.denied_count; i++)
        if (strnlen(p.denied[i], PC_ADVISORY_LEN) == PC_ADVISORY_LEN)
            abort();
    if (s->products == 0 || (s->products & ~((1U << PC_SNP_PRODUCTS) - 1)) != 0)
        abort();
    return 0;
}
