/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim/nitro_store.h - folders of simulated Nitro vendors and hosts.
 *
 * A vendor folder holds nitro_vendor.conf, {root,regional,zonal}.key (hex scalar, mode 0600) and
 * root.der. A host's folder holds nitro_host.conf and the same keys with instance.key: what issues
 * its certificates in the real world is played there too, so that nothing else is read afterwards.
 * All of it is throw-away. What fails is said on stderr, with the file's name.
 */
#ifndef PC_ATTEST_SIM_NITRO_STORE_H
#define PC_ATTEST_SIM_NITRO_STORE_H

#include "attest/sim/nitro.h"

bool sim_nitro_is_vendor(const char *dir);
bool sim_nitro_is_host(const char *dir);

PC_MUST_USE bool sim_nitro_vendor_save(const char *dir, const struct sim_nitro *m);
PC_MUST_USE bool sim_nitro_vendor_load(struct sim_nitro *out, const char *dir);
PC_MUST_USE bool sim_nitro_host_save(const char *dir, const struct sim_nitro *m);
PC_MUST_USE bool sim_nitro_host_load(struct sim_nitro *out, const char *dir);

#endif
