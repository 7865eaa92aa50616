/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles: the frames are the fuzzer's, the end is made to fit, so that what is behind the hash is
 * reached. What is accepted as a bundle is walked whole, and each evidence in it replayed. */
#include <stdlib.h>

#include "client/lib/replay.h"

#define ROOM ((size_t)1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t count(struct bytes frames)
{
    struct reader r = reader_of(frames);
    uint32_t n = 0;
    while (r.left != 0 && r.err == PC_OK) {
        (void)read_bytes32(&r, ROOM);
        n++;
    }
    return n;
}

static void replay_all(struct bytes file, const struct bundle *b)
{
    static struct evidence_policy policy;
    static struct replay_result r;
    struct bundle_accepted a;
    policy_network(&policy, NULL);
    for (uint32_t i = 0; i < b->accepted; i++) {
        if (bundle_accepted_at(b, &a, i) != PC_OK)
            abort(); /* it was counted */
        replay_bundle(&r, file, a.hash, &policy, NULL);
        if (!r.judged || replay_has(&r, PC_REPLAY_DAMAGED) || replay_has(&r, PC_REPLAY_ABSENT))
            abort();
        if (r.reasons == 0)
            abort(); /* nobody has Intel's key */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[ROOM];
    struct bundle_end end;
    struct bundle b;
    struct bytes frame;
    if (size > ROOM - BUNDLE_END_BYTES - 4)
        return 0;
    if (size != 0)
        memcpy(file, data, size);
    sha256(end.sha256, bytes_of(file, size));
    end.frames = count(bytes_of(file, size));
    store_be32(file + size, BUNDLE_END_BYTES);
    if (bundle_encode_end(&frame, file + size + 4, BUNDLE_END_BYTES, &end) != PC_OK)
        abort();
    if (bundle_open(&b, bytes_of(file, size + 4 + BUNDLE_END_BYTES)) == PC_OK)
        replay_all(bytes_of(file, size + 4 + BUNDLE_END_BYTES), &b);
    if (bundle_open(&b, bytes_of(data, size)) == PC_OK) /* as it is */
        replay_all(bytes_of(data, size), &b);
    return 0;
}
