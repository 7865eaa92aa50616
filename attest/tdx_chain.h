/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_chain.h - evidence and collateral in the shape in which the contract takes them.
 *
 * The chain has certificates and collateral from posts of their own, so `verify` takes a quote
 * without its certificates (stripped) and hints: the preimages of what the contract keeps as
 * hashes. The layouts are those of contracts/src/interfaces/ITdxVerifier.sol. A node that finds a
 * stripped quote in calldata joins it with the certificates again and has evidence for the C
 * verifier: the parts left out are not signed, so claims and verdict are those of the original.
 */
#ifndef PC_ATTEST_TDX_CHAIN_H
#define PC_ATTEST_TDX_CHAIN_H

#include "attest/evidence.h"
#include "attest/tdx_quote.h"

#define PC_TDX_LEAF_RECORD 131
#define PC_TDX_TABLE_MAX   ((size_t)8192)
#define PC_TDX_HINTS_MAX   (PC_TDX_LEAF_RECORD + 2 + 2 * PC_TDX_TABLE_MAX)

/* Signed part, signature, key, QE report, its signature, authentication data. *n bytes into out.
 * PC_E_MALFORMED if the quote cannot be taken apart. */
PC_MUST_USE enum err_code tdx_strip(uint8_t out[static PC_TDX_STRIPPED_MAX], size_t *n,
                                    struct bytes quote);

/* A whole quote of a stripped one and three DER certificates (leaf, CA, root). *n bytes into out.
 * PC_E_MALFORMED, PC_E_TOO_LARGE. */
PC_MUST_USE enum err_code tdx_join(uint8_t out[static PC_EVIDENCE_MAX], size_t *n,
                                   struct bytes stripped, const struct bytes certs[static 3]);

/* The certificates of a quote in DER: leaf, CA, root, one behind the other in out, views in certs.
 * PC_E_MALFORMED if they are not three. */
PC_MUST_USE enum err_code tdx_certs(struct bytes certs[static 3],
                                    uint8_t out[static PC_EVIDENCE_MAX], struct bytes quote);

/* Leaf record of three DER certificates, of which nothing is verified. PC_E_MALFORMED. */
PC_MUST_USE enum err_code tdx_leaf_record(uint8_t out[static PC_TDX_LEAF_RECORD],
                                          const struct bytes certs[static 3]);

/* Tables of the inner objects, as signed. PC_E_MALFORMED, PC_E_TOO_LARGE, PC_E_MEMORY. */
PC_MUST_USE enum err_code tdx_tcb_table(uint8_t out[static PC_TDX_TABLE_MAX], size_t *n,
                                        struct bytes tcb_info);
PC_MUST_USE enum err_code tdx_qe_table(uint8_t out[static PC_TDX_TABLE_MAX], size_t *n,
                                       struct bytes qe_identity);

/* Hints for `verify`: leaf record, length of the TCB table u16, both tables. From a quote and the
 * bodies tcbinfo.json and qeidentity.json. */
PC_MUST_USE enum err_code tdx_hints(uint8_t out[static PC_TDX_HINTS_MAX], size_t *n,
                                    struct bytes quote, const struct collateral *c);

#endif
