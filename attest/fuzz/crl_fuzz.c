/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and revocation lists: one input, both readers. */
#include <stdlib.h>

#include "attest/cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cert_serial serial = {.n = 1, .v = {1}};
    struct crl crl;
    struct cert cert;
    if (crl_parse(&crl, bytes_of(data, size)) == PC_OK) {
        (void)crl_has(&crl, &serial);
        if (crl.tbs.n >= size)
            abort();
    }
    if (cert_parse(&cert, bytes_of(data, size)) == PC_OK) {
        (void)cert_common_name_is(cert.subject, "Intel SGX PCK Certificate");
        if (cert.tbs.n >= size || cert.sgx.n >= size)
            abort();
    }
    return 0;
}
