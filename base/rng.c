/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rng.h"

#include <errno.h>
#include <sys/random.h>

#include "base/err.h"

static void system_fill(struct rng *self, void *out, size_t n)
{
    (void)self;
    uint8_t *p = out;
    while (n != 0) {
        ssize_t got = getrandom(p, n < 256 ? n : 256, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            pc_bug("getrandom failed: no randomness, no keys");
        p += got;
        n -= (size_t)got;
    }
}

struct rng *rng_system(void)
{
    static struct rng system_rng = {system_fill};
    return &system_rng;
}
