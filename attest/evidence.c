/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/evidence.h"

#include <stdlib.h>

#include "attest/ec.h"
#include "attest/kept.h"
#include "attest/nitro.h"
#include "attest/snp.h"
#include "attest/tdx.h"

static const struct evidence_verifier verifiers[] = {
    {PC_VENDOR_TDX, "tdx", tdx_verify},
    {PC_VENDOR_SNP, "snp", snp_verify},
    {PC_VENDOR_NITRO, "nitro", nitro_verify},
};

const struct evidence_verifier *evidence_verifier_of(enum vendor vendor)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(verifiers); i++)
        if (verifiers[i].vendor == vendor)
            return &verifiers[i];
    return NULL;
}

const struct evidence_verifier *evidence_verifier_named(const char *name)
{
    for (size_t i = 0; i < PC_ARRAY_LEN(verifiers); i++)
        if (strcmp(verifiers[i].name, name) == 0)
            return &verifiers[i];
    return NULL;
}

struct evidence_kept *evidence_kept_new(void)
{
    return calloc(1, sizeof(struct evidence_kept));
}

void evidence_kept_free(struct evidence_kept *k)
{
    if (k == NULL)
        return;
    tdx_kept_clear(&k->tdx);
    snp_kept_clear(&k->snp);
    nitro_kept_clear(&k->nitro);
    free(k);
}

/* AMD has a root per product. */
static bool pinned(const struct evidence_policy *p, enum vendor vendor)
{
    return vendor == PC_VENDOR_SNP
               ? !bytes_all_zero_var(bytes_of(p->snp.root_sha256, sizeof(p->snp.root_sha256)))
               : !bytes_all_zero_var(PC_BYTES(p->root_sha256[vendor]));
}

void evidence_verify(struct verdict *out, struct evidence_kept *kept, enum vendor vendor,
                     const struct evidence_input *in)
{
    const struct evidence_verifier *v = evidence_verifier_of(vendor);
    memset(out, 0, sizeof(*out));
    ec_prepare();
    if (v == NULL) {
        verdict_add(out, PC_R_VENDOR);
        return;
    }
    out->vendor = (uint8_t)v->vendor;
    if (!pinned(in->policy, vendor))
        verdict_add(out, PC_R_VENDOR);
    v->verify(out, kept, in);
}
