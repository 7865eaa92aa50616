/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/raw_tcb.h"

/* TDX: PCESVN and QE ISVSVN behind the components of one byte. SNP: masks behind them. */
#define TDX_SVNS 48u
#define SNP_SVNS 32u

size_t raw_tcb_len(enum vendor vendor)
{
    switch (vendor) {
    case PC_VENDOR_TDX:
        return PC_RAW_TCB_TDX;
    case PC_VENDOR_SNP:
        return PC_RAW_TCB_SNP;
    case PC_VENDOR_NITRO:
        return PC_RAW_TCB_NITRO;
    }
    return SIZE_MAX;
}

static bool bytes_at_least(const uint8_t *value, const uint8_t *least, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (value[i] < least[i])
            return false;
    return true;
}

static bool tdx_at_least(const uint8_t *value, const uint8_t *least)
{
    for (size_t i = TDX_SVNS; i < PC_RAW_TCB_TDX; i += 2)
        if (load_be16(value + i) < load_be16(least + i))
            return false;
    return bytes_at_least(value, least, TDX_SVNS);
}

static bool snp_at_least(const uint8_t *value, const uint8_t *least)
{
    for (size_t i = SNP_SVNS; i < PC_RAW_TCB_SNP; i++)
        if ((value[i] & least[i]) != least[i])
            return false;
    return bytes_at_least(value, least, SNP_SVNS);
}

bool raw_tcb_at_least_var(enum vendor vendor, struct bytes value, struct bytes least)
{
    size_t n = raw_tcb_len(vendor);
    if (value.n != n || least.n != n)
        return false;
    switch (vendor) {
    case PC_VENDOR_TDX:
        return tdx_at_least(value.p, least.p);
    case PC_VENDOR_SNP:
        return snp_at_least(value.p, least.p);
    case PC_VENDOR_NITRO:
        return true;
    }
    return false;
}
