/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/store.h - folders of the simulator.
 *
 * A vendor folder holds vendor.conf, {root,ca,signer}.key (hex scalar, mode 0600), the same names
 * with .der, and collateral/ with the seven files of a collateral set. A platform folder holds
 * platform.conf, pck.key and pck_chain.pem. All of it is throw-away.
 *
 * Every function prints what failed, on which file, to stderr, and returns false.
 */
#ifndef PC_ATTEST_SIM_STORE_H
#define PC_ATTEST_SIM_STORE_H

#include "attest/sim/quote.h"
#include "attest/sim/vendor.h"

struct sim_platform {
    uint16_t quote_version;
    uint8_t mrtd[48];
    uint8_t mrconfigid[48];
    uint8_t tee_tcb_svn[16];
    struct sim_key pck_key;
    size_t pem_n;
    char pem[8192];
};

PC_MUST_USE bool sim_vendor_save(const char *dir, const struct sim_vendor *v);
PC_MUST_USE bool sim_vendor_load(struct sim_vendor *out, const char *dir);
PC_MUST_USE bool sim_collateral_save(const char *dir, const struct sim_collateral *c);
PC_MUST_USE bool sim_platform_save(const char *dir, const struct sim_platform *p,
                                   const struct sim_platform_cert *cert);
PC_MUST_USE bool sim_platform_load(struct sim_platform *out, const char *dir);

/* A quote of the platform over this report data. */
void sim_platform_quote(uint8_t *out, size_t *n, const struct sim_platform *p,
                        const uint8_t report_data[static 64], struct rng *rng);

/* Folder, made if it is not there. */
PC_MUST_USE bool sim_make_dir(const char *dir);

#endif
