/* SPDX-License-Identifier: Apache-2.0 */
/* TCB info: body, inner object, table for the chain; what is read is within its bounds. */
#include <stdlib.h>

#include "attest/tdx_chain.h"
#include "attest/tdx_collateral.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tdx_tcb_info t;
    static uint8_t table[PC_TDX_TABLE_MAX];
    uint8_t rs[64];
    size_t n;
    struct bytes span;
    if (tdx_object_open(&span, rs, bytes_of(data, size), "tcbInfo") != PC_OK)
        return 0;
    if (tdx_tcb_info_parse(&t, span) != PC_OK)
        return 0;
    if (t.level_count > PC_TDX_LEVELS_MAX || t.identity_count > PC_TDX_IDENTITIES_MAX)
        abort();
    for (size_t i = 0; i < t.level_count; i++)
        if (t.levels[i].result.status == PC_TCB_NONE)
            abort();
    if (tdx_tcb_table(table, &n, span) == PC_OK && n == 0)
        abort();
    return 0;
}
