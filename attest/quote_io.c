/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/quote_io.h"

#include <errno.h>
#include <unistd.h>

enum err_code quote_read_data(uint8_t out[static 64], int fd)
{
    uint8_t in[65];
    size_t n = 0;
    memset(out, 0, 64);
    while (n < 64) {
        ssize_t got = read(fd, in + n, sizeof(in) - n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return PC_E_IO;
        if (got == 0)
            return PC_E_TRUNCATED;
        n += (size_t)got;
    }
    if (n > 64)
        return PC_E_TRAILING;
    memcpy(out, in, 64);
    return PC_OK;
}

enum err_code quote_write(int fd, struct bytes quote)
{
    while (quote.n > 0) {
        ssize_t done = write(fd, quote.p, quote.n);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return PC_E_IO;
        quote = bytes_of(quote.p + done, quote.n - (size_t)done);
    }
    return PC_OK;
}
