/* SPDX-License-Identifier: Apache-2.0 */
/* QE identity: body, inner object, table for the chain. */
#include <stdlib.h>

#include "attest/tdx_chain.h"
#include "attest/tdx_collateral.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tdx_qe_identity q;
    static uint8_t table[PC_TDX_TABLE_MAX];
    uint8_t rs[64];
    size_t n;
    struct bytes span;
    if (tdx_object_open(&span, rs, bytes_of(data, size), "enclaveIdentity") != PC_OK)
        return 0;
    if (tdx_qe_identity_parse(&q, span) == PC_OK && q.level_count > PC_TDX_SVN_LEVELS_MAX)
        abort();
    if (tdx_qe_table(table, &n, span) == PC_OK && n == 0)
        abort();
    return 0;
}
