/* SPDX-License-Identifier: Apache-2.0 */
/* AMD's certificates and lists: one input, both readers. */
#include <stdlib.h>

#include "attest/snp_cert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool inside(struct bytes part, const uint8_t *data, size_t size)
{
    return part.n == 0 ||
           (part.p >= data && part.n <= size && part.p - data <= (long)(size - part.n));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cert_serial serial = {.n = 3, .v = {2, 0, 1}};
    struct snp_cert c;
    struct snp_crl crl;
    bool vlek;
    if (snp_cert_parse(&c, bytes_of(data, size)) == PC_OK) {
        (void)snp_issuer_product(c.issuer, &vlek);
        (void)snp_root_product(c.subject);
        if (!inside(c.tbs, data, size) || !inside(c.vek.product, data, size) ||
            !inside(c.vek.hwid, data, size) || !inside(c.vek.csp_id, data, size))
            abort();
        if (c.vek_ok && (c.vek.product.n == 0 || c.vek.struct_version > 1))
            abort();
        if (c.vek.hwid.n != 0 && c.vek.hwid.n != 8 && c.vek.hwid.n != 64)
            abort();
    } else if (!bytes_all_zero_var(bytes_of(&c, sizeof(c))))
        abort();
    if (snp_crl_parse(&crl, bytes_of(data, size)) == PC_OK) {
        (void)snp_crl_has(&crl, &serial);
        if (!inside(crl.tbs, data, size) || !inside(crl.entries, data, size))
            abort();
    } else if (!bytes_all_zero_var(bytes_of(&crl, sizeof(crl))))
        abort();
    return 0;
}
