/* SPDX-License-Identifier: Apache-2.0 */
/* collateral.h - parts of `polyclave collateral`. Functions return exit codes and say what failed.
 */
#ifndef PC_CLI_COLLATERAL_H
#define PC_CLI_COLLATERAL_H

#include "client/cli/net.h"
#include "client/cli/vendor.h"
#include "client/lib/vendor_calls.h"

#define PC_COLLATERAL_FILE_MAX ((size_t)256 * 1024)

struct post {
    struct cli_net *n;
    struct cli_out *o;
    struct vendor_calls t;
    uint8_t call[PC_VENDOR_CALL_MAX];
    unsigned posted, known;
};

/* A file of a folder; empty if there is none or dir is NULL. */
int collateral_load(struct bytes *out, const char *dir, const char *name);
/* Post one object, unless it is known, and a row about it. */
int collateral_post(struct post *p, const char *name, enum vendor_post_kind kind,
                    struct bytes data);
/* A row about an object. state: "posted", "known". */
void collateral_item(struct post *p, const char *name, const struct sent *s, const char *state);
/* The vendor_calls error of an object. */
int collateral_failed(struct post *p, const char *name, enum err_code e);
/* The certificates of a machine that are missing. */
int collateral_post_machine(struct post *p, struct bytes evidence);
/* A folder of AMD's: crl.der, ask.der, asvk.der and the ark.der that signed them, DER or PEM. */
int collateral_post_snp(struct post *p, const char *dir);

/* Objects of Intel's that were ever in force: a TCB info per product, the QE identity. */
struct collateral_objects {
    struct evm_word id[64];
    size_t n;
};
PC_MUST_USE enum err_code collateral_tdx_objects(struct cli_net *n, struct collateral_objects *out);
void collateral_object_name(char out[static 32], const struct evm_word *id);

/* A row about a revocation list: crl(issuer) and inForce(object) of a verifier; how many entries it
 * has only Intel's says. */
PC_MUST_USE enum err_code collateral_show_crl(struct cli_net *n, struct cli_out *o,
                                              const char *name, enum network_contract verifier,
                                              unsigned issuer, unsigned object);
PC_MUST_USE enum err_code collateral_show_snp(struct cli_net *n, struct cli_out *o);
PC_MUST_USE enum err_code collateral_show_nitro(struct cli_net *n, struct cli_out *o);

#endif
