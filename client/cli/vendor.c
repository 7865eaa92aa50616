/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/vendor.h"

#include "base/hex.h"

#define TDX_PRODUCT 8 /* FMSPC 6, PCEID 2 */

static const struct {
    enum vendor vendor;
    const char *name;
} vendors[] = {{PC_VENDOR_TDX, "tdx"}, {PC_VENDOR_SNP, "snp"}, {PC_VENDOR_NITRO, "nitro"}};

static const char *const snp_products[] = {"Milan", "Genoa", "Turin"};

const char *vendor_name(enum vendor v)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(vendors); i++)
        if (vendors[i].vendor == v)
            return vendors[i].name;
    return NULL;
}

enum vendor vendor_named(const char *name, size_t n)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(vendors); i++)
        if (strlen(vendors[i].name) == n && memcmp(vendors[i].name, name, n) == 0)
            return vendors[i].vendor;
    return (enum vendor)0;
}

enum vendor vendor_arg(const struct cli_args *a)
{
    const char *name = cli_arg(a, "vendor");
    enum vendor v = name == NULL ? PC_VENDOR_TDX : vendor_named(name, strlen(name));
    if (v == 0)
        (void)cli_fail(PC_CLI_USAGE, "--vendor", name, PC_CLI_VENDOR_WANT);
    return v;
}

static bool snp_product(struct evm_word *out, const char *text, size_t n)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(snp_products); i++)
        if (strlen(snp_products[i]) == n && memcmp(snp_products[i], text, n) == 0) {
            memcpy(out->b, text, n);
            return true;
        }
    return false;
}

bool vendor_product_of(struct vendor_product *out, const char *text, const char **rest)
{
    size_t n = strcspn(text, ":");
    memset(out, 0, sizeof *out);
    out->vendor = vendor_named(text, n);
    if (out->vendor == 0)
        out->vendor = PC_VENDOR_TDX;
    else if (out->vendor != PC_VENDOR_NITRO)
        text += n + (text[n] == ':');
    n = strcspn(text, ":");
    *rest = text + n;
    switch (out->vendor) {
    case PC_VENDOR_TDX:
        return n == 2 * TDX_PRODUCT && hex_decode(out->product.b, TDX_PRODUCT, text, n) == PC_OK;
    case PC_VENDOR_SNP:
        return snp_product(&out->product, text, n);
    case PC_VENDOR_NITRO:
        return true;
    }
    return false;
}
