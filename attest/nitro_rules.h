/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nitro_rules.h - the part of a policy that is about Nitro enclaves (attestation.md 3.3). A plain
 * value inside struct evidence_policy; a zeroed one is the strictest.
 *
 * Whatever it says: PCR 0, 1, 2 and 8 must be in the document, and PCR 0, 1 and 2 not zero (all
 * three zero is debug mode). PCR 8 zero is an image without a signature, which the measurement
 * tells.
 */
#ifndef PC_ATTEST_NITRO_RULES_H
#define PC_ATTEST_NITRO_RULES_H

#include "base/bytes.h"

#define PC_NITRO_TIMESTAMP_SLACK 600 /* seconds; SPEC 5 */

struct nitro_rules {
    bool any_timestamp; /* true: how old the document is does not count */
    /* else: most seconds between the document's timestamp and evidence_time, either way */
    uint32_t timestamp_slack;
    /* false: user_data is the 64 bytes of SPEC 3, and public_key and nonce are null */
    bool any_user_data;
    uint32_t pcr_set; /* bit i: PCR i must be there, not zero (PCR 8 may be), and pcr[i] */
    uint8_t pcr[32][48];
};

/* SHA-256 of the certificate "AWS Nitro Enclaves Root G1". */
extern const uint8_t nitro_aws_root_sha256[32];

/* As the vectors are measured: any timestamp, any user_data. And the network's. */
void nitro_rules_manifest(struct nitro_rules *out);
void nitro_rules_network(struct nitro_rules *out);

#endif
