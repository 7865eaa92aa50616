/* SPDX-License-Identifier: Apache-2.0 */
/* dkg_attempt_fuzz: everything around an attempt is hostile. */
#include "dkg/hostile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    hostile_attempt(bytes_of(data, size));
    return 0;
}
