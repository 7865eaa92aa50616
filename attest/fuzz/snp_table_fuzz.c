/* SPDX-License-Identifier: Apache-2.0 */
/* The host's certificate table: entries inside, apart from each other, and built again the same. */
#include <stdlib.h>

#include "attest/snp_table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[1 << 16];
    struct snp_table t, again;
    size_t n;
    if (snp_table_parse(&t, bytes_of(data, size)) != PC_OK) {
        if (!bytes_all_zero_var(bytes_of(&t, sizeof(t))))
            abort();
        return 0;
    }
    for (size_t i = 0; i < PC_SNP_ENTRY_COUNT; i++) {
        struct bytes e = t.entry[i];
        if (e.n > 0 && (e.p < data + 48 || e.p + e.n > data + size))
            abort();
        for (size_t k = 0; k < i; k++)
            if (e.n > 0 && t.entry[k].n > 0 && e.p < t.entry[k].p + t.entry[k].n &&
                t.entry[k].p < e.p + e.n)
                abort();
    }
    if (snp_table_build(out, sizeof(out), &n, &t) != PC_OK)
        return 0;
    if (snp_table_parse(&again, bytes_of(out, n)) != PC_OK)
        abort();
    for (size_t i = 0; i < PC_SNP_ENTRY_COUNT; i++)
        if (!bytes_equal_var(t.entry[i], again.entry[i]))
            abort();
    return 0;
}
