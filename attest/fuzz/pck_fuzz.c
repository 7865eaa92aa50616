/* SPDX-License-Identifier: Apache-2.0 */
/* The SGX extension of a PCK certificate. */
#include <stdlib.h>

#include "attest/tdx_pck.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tdx_pck pck;
    if (tdx_pck_parse(&pck, bytes_of(data, size)) != PC_OK &&
        !bytes_all_zero_var(bytes_of(&pck, sizeof(pck))))
        abort();
    return 0;
}
