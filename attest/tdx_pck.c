/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/tdx_pck.h"

#include "attest/der.h"

/* 1.2.840.113741.1.13.1: every item's OID is this and one number more, the TCB's parts two more. */
static const uint8_t sgx_arc[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01};

enum { ITEM_PPID = 1, ITEM_TCB = 2, ITEM_PCEID = 3, ITEM_FMSPC = 4, ITEM_TYPE = 5, ITEM_LAST = 7 };
enum { TCB_PCESVN = 17, TCB_CPUSVN = 18 };

/* Last number of an OID that is `arc` (n bytes) and one number below 128; 0 for any other. */
static unsigned item_of(struct bytes oid, const uint8_t *arc, size_t n)
{
    if (oid.n != n + 1 || memcmp(oid.p, arc, n) != 0 || oid.p[n] >= 0x80)
        return 0;
    return oid.p[n];
}

/* False if bit `item` was set before; sets it. */
static bool first_time(uint32_t *seen, unsigned item)
{
    uint32_t bit = UINT32_C(1) << item;
    bool first = (*seen & bit) == 0;
    *seen |= bit;
    return first;
}

static void take_octets(struct der *d, uint8_t *out, size_t n)
{
    struct bytes b = der_take(d, PC_DER_OCTET_STRING);
    if (b.n != n)
        der_fail(d);
    else
        memcpy(out, b.p, n);
}

static uint32_t take_svn(struct der *d, uint32_t max)
{
    uint32_t v = der_take_u32(d, PC_DER_INTEGER);
    if (v > max)
        der_fail(d);
    return v;
}

static void take_tcb(struct der *d, struct tdx_pck *out)
{
    static const uint8_t arc[] = {0x2a, 0x86, 0x48, 0x86, 0xf8, 0x4d, 0x01, 0x0d, 0x01, ITEM_TCB};
    const uint32_t all = (UINT32_C(1) << (TCB_CPUSVN + 1)) - 2; /* bits 1..18 */
    struct der seq = der_enter(d, PC_DER_SEQUENCE);
    uint32_t seen = 0;
    while (!seq.bad && seq.left > 0) {
        struct der item = der_enter(&seq, PC_DER_SEQUENCE);
        unsigned k = item_of(der_take(&item, PC_DER_OID), arc, sizeof(arc));
        if (k >= 1 && k <= TCB_CPUSVN && !first_time(&seen, k))
            der_fail(&item);
        if (k >= 1 && k <= 16)
            out->comps[k - 1] = (uint8_t)take_svn(&item, 0xff);
        else if (k == TCB_PCESVN)
            out->pcesvn = (uint16_t)take_svn(&item, 0xffff);
        else if (k == TCB_CPUSVN)
            take_octets(&item, out->cpusvn, sizeof(out->cpusvn));
        else
            (void)der_take_any(&item);
        if (!der_end(&item))
            der_fail(&seq);
    }
    if (!der_end(&seq) || seen != all)
        der_fail(d);
}

enum err_code tdx_pck_parse(struct tdx_pck *out, struct bytes extension)
{
    const uint32_t must = 1U << ITEM_TCB | 1U << ITEM_PCEID | 1U << ITEM_FMSPC;
    struct der outer = der_of(extension);
    struct der seq = der_enter(&outer, PC_DER_SEQUENCE);
    uint32_t seen = 0;
    memset(out, 0, sizeof(*out));
    while (!seq.bad && seq.left > 0) {
        struct der item = der_enter(&seq, PC_DER_SEQUENCE);
        unsigned k = item_of(der_take(&item, PC_DER_OID), sgx_arc, sizeof(sgx_arc));
        if (k >= 1 && k <= ITEM_LAST && !first_time(&seen, k))
            der_fail(&item);
        if (k == ITEM_PPID)
            take_octets(&item, out->ppid, sizeof(out->ppid));
        else if (k == ITEM_TCB)
            take_tcb(&item, out);
        else if (k == ITEM_PCEID)
            take_octets(&item, out->pceid, sizeof(out->pceid));
        else if (k == ITEM_FMSPC)
            take_octets(&item, out->fmspc, sizeof(out->fmspc));
        else if (k == ITEM_TYPE)
            out->sgx_type = der_take_u32(&item, PC_DER_ENUMERATED);
        else
            (void)der_take_any(&item);
        if (!der_end(&item))
            der_fail(&seq);
    }
    if (der_end(&seq) && der_end(&outer) && (seen & must) == must)
        return PC_OK;
    memset(out, 0, sizeof(*out));
    return PC_E_MALFORMED;
}
