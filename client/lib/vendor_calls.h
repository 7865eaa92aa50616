/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendor_calls.h - calls about evidence and collateral, made from what a machine quotes and its
 * vendor publishes: one front for Intel TDX, AMD SEV-SNP and AWS Nitro Enclaves.
 *
 * A verifier contract keeps certificates and collateral as hashes; who attests brings the preimages
 * as hints, and what spares the contract long arithmetic (p384_hints.h). All of it is found here:
 * in the evidence, and in what the contracts' events and views tell. False hints only fail. Nothing
 * is verified here: the contract does that. Evidence is as the machine made it, certificates
 * included: a quote (TDX), a report with its certificate table (SNP), a document (Nitro).
 *
 * For the relay, the command line and the library; asking the endpoints blocks.
 */
#ifndef PC_CLIENT_LIB_VENDOR_CALLS_H
#define PC_CLIENT_LIB_VENDOR_CALLS_H

#include "chain/abi.h"
#include "client/relay/chain_ops.h"
#include "crypto/ids.h"

/* Calldata of the largest call: an object of 64 KiB and its frame; attest is smaller. */
#define PC_VENDOR_CALL_MAX ((size_t)96 * 1024)

struct vendor_calls {
    enum vendor vendor;
    struct relay_chain *chain;   /* borrowed; now_ms is set by the caller */
    struct evm_address verifier; /* the vendor's; zero: the network has none */
    uint64_t from_block;         /* where its events begin */
};

/* All functions that take a vendor: PC_E_UNSUPPORTED if there is none of that number. Those that
 * take calls, too when the network has no verifier of it. */

/* ---- claims */

#define PC_CLAIMS_TCB_MAX 56

/* What evidence says, authenticated by nobody: the preimage of `claims` (SPEC 4). */
struct evidence_claims {
    enum vendor vendor;
    struct evm_word product, measurement, platform, claims;
    uint8_t report_data[64];
    size_t raw_tcb_n; /* TDX 52, SNP 56, Nitro 0 */
    uint8_t raw_tcb[PC_CLAIMS_TCB_MAX];
    /* What vouches for the platform: the arguments of Objects.serialId behind the vendor. */
    uint8_t leaf_issuer;
    struct evm_word leaf_serial;
};

/* PC_E_MALFORMED: not evidence of that vendor with its certificates. *out is zero on error. */
PC_MUST_USE enum err_code vendor_claims(struct evidence_claims *out, enum vendor vendor,
                                        struct bytes evidence);
/* Whose evidence is it, by its form? 0: nobody's. */
enum vendor vendor_of_evidence(struct bytes evidence);
/* Claims of the arguments of `attest`: evidence without certificates, hints. */
PC_MUST_USE enum err_code vendor_claims_of_call(struct evidence_claims *out, enum vendor vendor,
                                                struct bytes evidence, struct bytes hints);
/* As a Solidity `Claims` tuple, the next value of w. */
void vendor_claims_write(struct abi_out *w, const struct evidence_claims *c);

/* ---- calls of Attestations */

struct vendor_attest {
    enum subject_kind kind;
    struct evm_word subject; /* keysHash */
    struct evm_word context; /* owner as a word, or app_id */
    uint64_t bound_block;
    struct bytes evidence;
};
/* Attestations.attest(...) into buf. PC_E_MALFORMED as vendor_claims. PC_E_SIGNATURE: the evidence
 * is not signed by its certificate's key (P-384 alone; the contract judges P-256). PC_E_NOT_FOUND:
 * no post of collateral that the hints need was found. PC_E_RETRY, PC_E_TOO_LARGE, PC_E_MEMORY. */
PC_MUST_USE enum err_code vendor_calls_attest(struct vendor_calls *t, struct bytes *out, void *buf,
                                              size_t cap, const struct vendor_attest *a);

/* Attestations.recheck(record, preimage, rawTcb, hints). Errors of vendor_calls_attest. */
PC_MUST_USE enum err_code vendor_calls_recheck(struct vendor_calls *t, struct bytes *out, void *buf,
                                               size_t cap, const struct evm_word *record,
                                               const struct evidence_claims *c);

/* ---- posts */

/* The post of the first certificate of the machine that the contract wants and has not, from the
 * vendor's root downwards; out->n is 0 when it has all. Send it and ask again: a machine has at
 * most PC_VENDOR_CERTS. Errors of vendor_calls_attest. */
#define PC_VENDOR_CERTS 8
PC_MUST_USE enum err_code vendor_calls_missing(struct vendor_calls *t, struct bytes *out, void *buf,
                                               size_t cap, struct bytes evidence);

/* Values of `post_kind` in protocol/schema/relay.wire, and what `data` is. */
enum vendor_post_kind {
    /* TDX: DER of a PCK CA, TCB signer or PCK certificate. SNP: DER of an ASK, ASVK, VCEK or VLEK
     * and behind it that of its issuer, whose key the contract wants to see. */
    PC_POST_CERTIFICATE = 1,
    PC_POST_CRL = 2,         /* TDX: DER. SNP: DER and behind it that of the product's ARK */
    PC_POST_TCB_INFO = 3,    /* TDX: tcbinfo.json, signature included */
    PC_POST_QE_IDENTITY = 4, /* TDX: qeidentity.json */
};

/* The post of an object into buf. *known: it is in force already (of a certificate: was posted), so
 * that nothing would change; the call is made all the same. PC_E_MALFORMED: not such an object.
 * PC_E_NOT_FOUND: its issuer was not posted. PC_E_UNSUPPORTED: the vendor has no such objects
 * (Nitro has none: all certificates stand in its documents). */
PC_MUST_USE enum err_code vendor_calls_post(struct vendor_calls *t, struct bytes *out, bool *known,
                                            void *buf, size_t cap, enum vendor_post_kind kind,
                                            struct bytes data);

#endif
