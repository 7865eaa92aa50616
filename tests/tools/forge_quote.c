/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/tools/forge_quote.h"

#include <time.h>

#include "attest/sim/store.h"

#define AN_HOUR 3600

bool forgery_of(enum forgery *out, const char *name)
{
    static const char *const names[] = {"none",  "other-root",    "flipped-bit",
                                        "debug", "other-subject", "no-reserved"};
    for (size_t i = 0; i < PC_ARRAY_LEN(names); i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (enum forgery)i;
            return true;
        }
    }
    return false;
}

/* The same machine in the hands of a vendor of our own. */
static void move_to_other_root(struct sim_platform *p, struct rng *rng)
{
    static struct sim_vendor vendor;
    static struct sim_platform_cert cert;
    /* The FMSPC that the simulator's vendors have by default: collateral is found for it. */
    static const uint8_t fmspc[6] = {0x51, 0x4d, 0x6f};
    const uint64_t now = (uint64_t)time(NULL) - AN_HOUR;
    struct tdx_pck pck;
    sim_vendor_new(&vendor, rng, fmspc, now);
    sim_pck_default(&pck, &vendor, rng);
    sim_platform_new(&cert, &vendor, rng, &pck, now);
    sim_platform_pem(p->pem, sizeof p->pem, &p->pem_n, &vendor, &cert);
    p->pck_key = cert.key;
}

static void build(uint8_t *out, size_t *n, enum forgery how, const struct sim_platform *p,
                  const uint8_t report_data[static 64], struct rng *rng)
{
    struct tdx_qe_identity qe;
    struct sim_quote q;
    sim_identity(&qe, 0, 0);
    sim_quote_default(&q, p->quote_version, &qe, &p->pck_key, p->pem, p->pem_n, p->mrtd,
                      p->mrconfigid, report_data, rng);
    memcpy(q.body + PC_TD_TCB_SVN, p->tee_tcb_svn, 16);
    if (q.body_n >= PC_TDX_BODY_15)
        memcpy(q.body + PC_TD_TCB_SVN2, p->tee_tcb_svn, 16);
    if (how == FORGERY_DEBUG)
        q.body[PC_TD_ATTRIBUTES] |= 1;
    sim_quote_build(out, n, &q);
    /* In a register that no measurement and no claim holds: nothing but the signature tells. */
    if (how == FORGERY_FLIPPED_BIT)
        out[PC_TDX_HEADER_LEN + (q.version == 5 ? 6 : 0) + PC_TD_MRSEAM] ^= 1;
}

bool forge_quote(uint8_t out[static PC_QUOTE_MAX], size_t *n, enum forgery how,
                 const char *platform, const uint8_t report_data[static 64], struct rng *rng)
{
    static struct sim_platform machine;
    *n = 0;
    if (!sim_platform_load(&machine, platform))
        return false;
    if (how == FORGERY_OTHER_ROOT)
        move_to_other_root(&machine, rng);
    build(out, n, how, &machine, report_data, rng);
    return true;
}
