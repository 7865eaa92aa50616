/* SPDX-License-Identifier: Apache-2.0 */
/* The keys "nitro.*" of a policy file; docs/EVIDENCE.md has the table. */
#include "attest/policy_read.h"

enum { K_ROOT, K_SLACK, K_ANY_USER_DATA, K_PCR };

const char *const nitro_policy_keys[PC_NITRO_POLICY_KEYS] = {
    [K_ROOT] = "nitro.root_sha256",
    [K_SLACK] = "nitro.timestamp_slack",
    [K_ANY_USER_DATA] = "nitro.allow_any_user_data",
#define PCR(i) [K_PCR + i] = "nitro.pcr" #i
    PCR(0),
    PCR(1),
    PCR(2),
    PCR(3),
    PCR(4),
    PCR(5),
    PCR(6),
    PCR(7),
    PCR(8),
    PCR(9),
    PCR(10),
    PCR(11),
    PCR(12),
    PCR(13),
    PCR(14),
    PCR(15),
    PCR(16),
    PCR(17),
    PCR(18),
    PCR(19),
    PCR(20),
    PCR(21),
    PCR(22),
    PCR(23),
    PCR(24),
    PCR(25),
    PCR(26),
    PCR(27),
    PCR(28),
    PCR(29),
    PCR(30),
    PCR(31),
#undef PCR
};

/* A value for each PCR that is named. Zero is no value (a debug enclave has it, and one that was
 * never extended), but of PCR 8: an image without a signature. */
static enum err_code get_pcrs(struct nitro_rules *out, const struct policy_reading *r)
{
    for (unsigned i = 0; i < PC_ARRAY_LEN(out->pcr); i++) {
        const char *key = nitro_policy_keys[K_PCR + i];
        bool set = false;
        PC_TRY(policy_hex(r, key, &set, out->pcr[i], 48));
        if (!set)
            continue;
        out->pcr_set |= UINT32_C(1) << i;
        if (i != 8 && bytes_all_zero_var(PC_BYTES(out->pcr[i])))
            return policy_fault(r, key, "zero matches nothing");
    }
    return PC_OK;
}

enum err_code nitro_policy_parse(struct evidence_policy *out, const struct policy_reading *r)
{
    const char *const *key = nitro_policy_keys;
    PC_TRY(policy_hex(r, key[K_ROOT], NULL, out->root_sha256[PC_VENDOR_NITRO], 32));
    PC_TRY(policy_u32(r, key[K_SLACK], UINT32_MAX, &out->nitro.timestamp_slack));
    PC_TRY(policy_bool(r, key[K_ANY_USER_DATA], &out->nitro.any_user_data));
    return get_pcrs(&out->nitro, r);
}
