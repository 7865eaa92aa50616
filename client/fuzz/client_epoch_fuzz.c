/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a node shows as its epoch: it is refused, or PK and shares are those of the pin's one
 * polynomial. The pin is that of the corpus' committee (seed below), so that honest bytes pass. */
#include <stdlib.h>

#include "client/lib/committee_testkit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct committee com;
    static struct polyclave pc;
    static struct client_epoch e;
    if (com.n == 0) {
        committee_open(&com, 3, 2, 77);
        committee_client(&com, &pc);
        if (client_epoch_read(&e, &pc.pin, bytes_of(com.info, com.info_len), pc.rng) != PC_OK)
            abort();
    }
    if (client_epoch_read(&e, &pc.pin, bytes_of(data, size), pc.rng) != PC_OK) {
        for (size_t i = 0; i < sizeof e; i += 4096) /* zeroed on error */
            if (((const uint8_t *)&e)[i] != 0)
                abort();
        return 0;
    }
    if (memcmp(e.pub.y[0].b, pc.pin.pk, 32) != 0 || e.seats < e.pub.t || e.pub.t > e.pub.n)
        abort();
    return 0;
}
