/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snp_calls.h - AMD SEV-SNP in vendor_calls.h (contracts/src/interfaces/ISnpVerifier.sol).
 *
 * Hints of a report are the leaf record, made of the certificate table behind it, and the hints of
 * its signature. A machine's certificates are the ASK or ASVK and the VCEK or VLEK; the product's
 * ARK is never posted, the contract pins it.
 */
#ifndef PC_CLIENT_LIB_SNP_CALLS_H
#define PC_CLIENT_LIB_SNP_CALLS_H

#include "attest/snp_cert.h"
#include "chain/evm.h"

/* Object of the product's revocation list in inForce(bytes32), and the issuer's number in
 * Objects.serialId: 16 + product. */
#define PC_SNP_OBJECT(product) (16u + (unsigned)(product))

/* key 96, product, role (1 VCEK, 2 VLEK), HWID 64, patch levels 8, serial of the issuer 20, last
 * second of the chain u32 */
#define PC_SNP_LEAF_RECORD 194

/* Leaf record of VCEK or VLEK, ASK or ASVK, and ARK, of which nothing is verified. PC_E_MALFORMED:
 * they are not three such certificates of one product. */
PC_MUST_USE enum err_code snp_leaf_record(uint8_t out[static PC_SNP_LEAF_RECORD],
                                          const struct snp_cert *leaf,
                                          const struct snp_cert *issuer,
                                          const struct snp_cert *root);

/* The contract's id of an ASK or ASVK. PC_E_MALFORMED: it is neither. */
PC_MUST_USE enum err_code snp_authority_id(struct evm_word *out, const struct snp_cert *issuer);

#endif
