/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snp.h - AMD SEV-SNP: the verifier, and what a report says (attestation.md 2).
 *
 * Evidence is a report of 1184 bytes, followed by nothing or by the host's certificate table
 * (snp_table.h). Certificates come from struct collateral, else from that table.
 */
#ifndef PC_ATTEST_SNP_H
#define PC_ATTEST_SNP_H

#include "attest/evidence.h"
#include "attest/snp_report.h"

/* The row of evidence.c; see evidence.h. */
void snp_verify(struct verdict *out, struct evidence_kept *kept, const struct evidence_input *in);

/* What the report says, for people: parsed, nothing authenticated. */
struct snp_view {
    struct snp_report report;
    bool has_vek; /* the certificate of the key, where it could be read */
    struct snp_cert vek;
    enum snp_product product;     /* by the certificate's issuer, else by CPUID; may be unknown */
    uint8_t der[PC_CERT_DER_MAX]; /* what vek borrows */
};

/* False if the report cannot be taken apart. Views borrow the evidence and *out, which must not be
 * moved. */
bool snp_view_of(struct snp_view *out, const struct evidence_input *in);

#endif
