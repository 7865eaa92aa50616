/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evidence_snp.h - SEV-SNP on the command line: which files of a folder are the chain of a report,
 * and what a report says as JSON.
 */
#ifndef PC_CLI_EVIDENCE_SNP_H
#define PC_CLI_EVIDENCE_SNP_H

#include "attest/snp.h"
#include "base/json.h"

/* Files of a folder: AMD's certificates (*.der *.pem *.crt *.cer) and lists (*.crl *.der). */
struct snp_files;

/*
 * Set in->collateral from the certificate file (NULL: that of the evidence's table is used) and the
 * folder. By content, not by name: the issuer is the certificate with the leaf's issuer as subject,
 * the root likewise, the list the root's newest that existed at in->collateral_time. What does not
 * fit is given all the same when nothing fits, so that the verifier says what is wrong. False, with
 * the fault on stderr, if nothing can be read. Views borrow *out until snp_files_free.
 */
bool snp_files_load(struct snp_files **out, struct evidence_input *in, const char *dir,
                    const char *cert);
void snp_files_free(struct snp_files *f);

/* Member "claims" of a report. */
void snp_claims_json(struct json_out *o, const struct snp_view *view);

#endif
