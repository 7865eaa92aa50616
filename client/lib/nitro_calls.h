/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nitro_calls.h - AWS Nitro Enclaves in vendor_calls.h
 * (contracts/src/interfaces/INitroVerifier.sol).
 *
 * Hints of a document are the record of its certificate and the hints of its signature. A machine's
 * certificates are those of the document between root and target, and the target; each is posted
 * with the record of its issuer, so records are all that is needed, and all follow from the chain.
 */
#ifndef PC_CLIENT_LIB_NITRO_CALLS_H
#define PC_CLIENT_LIB_NITRO_CALLS_H

#include "attest/cert.h"
#include "attest/nitro_doc.h"

/* key 96, keccak256 of the subject 32, path 32, kind (0 CA, 1 target), CAs that may stand below
 * (255: any), last second of the chain u32, serial 20 */
#define PC_NITRO_RECORD 186

/* Certificates of a document from the root (not posted) to the target, and their records. */
#define PC_NITRO_LEVELS (PC_NITRO_CHAIN_MAX + 1)
struct nitro_records {
    size_t n;
    struct cert cert[PC_NITRO_LEVELS];
    uint8_t record[PC_NITRO_LEVELS][PC_NITRO_RECORD];
};

/* Nothing is verified. PC_E_MALFORMED: a certificate cannot be read or may not stand there. */
PC_MUST_USE enum err_code nitro_records_of(struct nitro_records *out, const struct nitro_doc *doc);

#endif
