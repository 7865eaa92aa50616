/* SPDX-License-Identifier: Apache-2.0 */
#include "client/lib/platforms.h"

#include <stdlib.h>

static int order(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

size_t platforms_sort(uint8_t (*platform)[32], size_t n)
{
    size_t kept = 0;
    if (n != 0)
        qsort(platform, n, 32, order);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || memcmp(platform[kept - 1], platform[i], 32) != 0)
            memmove(platform[kept++], platform[i], 32);
    return kept;
}

enum err_code platforms_root(uint8_t root[static 32], uint8_t (*proof)[32], size_t *proof_n,
                             const uint8_t (*platform)[32], size_t n, size_t at)
{
    memset(root, 0, 32);
    *proof_n = 0;
    if (n == 0 || n > PC_PLATFORMS_MAX)
        return PC_E_USAGE;
    uint8_t(*row)[32] = malloc(n * sizeof *row);
    if (row == NULL)
        return PC_E_MEMORY;
    for (size_t i = 0; i < n; i++)
        id_platform_leaf(row[i], platform[i]);
    bool wanted = at < n;
    for (size_t m = n; m > 1; m = (m + 1) / 2) {
        size_t sibling = at ^ 1;
        if (wanted && sibling < m)
            memcpy(proof[(*proof_n)++], row[sibling], 32);
        for (size_t i = 0; i < m / 2; i++)
            id_platform_node(row[i], row[2 * i], row[2 * i + 1]);
        if (m % 2 != 0)
            memmove(row[m / 2], row[m - 1], 32);
        at /= 2;
    }
    memcpy(root, row[0], 32);
    free(row);
    return PC_OK;
}
