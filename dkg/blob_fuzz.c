/* SPDX-License-Identifier: Apache-2.0 */
/* dkg_blob_fuzz: a blob as a stranger sends it. First byte: the size of the committee that is asked
 * for. */
#include "dkg/dkg_blob.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t sid[32];
    static uint8_t again[DKG_BLOB_MAX];
    static struct dkg_blob b;

    if (size == 0)
        return 0;
    uint16_t n = data[0];
    struct bytes in = bytes_of(data + 1, size - 1);
    if (dkg_blob_decode(&b, in, sid, 1, n) == PC_OK) {
        PC_ASSERT(in.n == DKG_BLOB_BYTES(n));
        dkg_blob_encode(again, &b, sid, 1, n);
        PC_ASSERT(bytes_equal_var(in, bytes_of(again, in.n)));
    } else {
        PC_ASSERT(bytes_all_zero_var(bytes_of(&b, sizeof b)));
    }
    return 0;
}
