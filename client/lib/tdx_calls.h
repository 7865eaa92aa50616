/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tdx_calls.h - calls of Attestations and TdxVerifier about Intel TDX, made from what a vendor
 * serves and a machine quotes (contracts/src/interfaces/ITdxVerifier.sol).
 *
 * The contract keeps certificates and collateral as hashes; `attest` brings the preimages as hints.
 * They are found here: the leaf record in the quote, the two tables in the calldata of the posts
 * that the contract's events name, each compared with the tag that the contract holds. False hints
 * only fail. Nothing is verified here: the contract does that.
 *
 * For the relay, the command line and the library; asking the endpoints blocks.
 */
#ifndef PC_CLIENT_LIB_TDX_CALLS_H
#define PC_CLIENT_LIB_TDX_CALLS_H

#include "attest/tdx_chain.h"
#include "chain/abi.h"
#include "client/relay/chain_ops.h"

/* Calldata of the largest call: an object of 64 KiB and its frame; attest is smaller. */
#define PC_TDX_CALL_MAX ((size_t)96 * 1024)

struct tdx_calls {
    struct relay_chain *chain;   /* borrowed; now_ms is set by the caller */
    struct evm_address verifier; /* TdxVerifier */
    uint64_t from_block;         /* where its events begin */
};

/* Hints for `verify`. PC_E_MALFORMED: not a quote with three certificates. PC_E_NOT_FOUND: no post
 * of the object in force was found (post collateral first). PC_E_RETRY. */
PC_MUST_USE enum err_code tdx_calls_hints(struct tdx_calls *t, uint8_t out[static PC_TDX_HINTS_MAX],
                                          size_t *n, struct bytes quote);

struct tdx_attest {
    enum subject_kind kind;
    struct evm_word subject; /* keysHash */
    struct evm_word context; /* owner as a word, or app_id */
    uint64_t bound_block;
    struct bytes quote; /* as the machine made it, certificates included */
};
/* Attestations.attest(...) into buf. Errors of tdx_calls_hints; PC_E_TOO_LARGE. */
PC_MUST_USE enum err_code tdx_calls_attest(struct tdx_calls *t, struct bytes *out, void *buf,
                                           size_t cap, const struct tdx_attest *a);

/* What evidence says, authenticated by nobody: the preimage of `claims` (SPEC 4). */
struct tdx_claims {
    struct evm_word product, measurement, platform, claims;
    uint8_t report_data[64];
    uint8_t raw_tcb[52];
    struct evm_word leaf; /* Objects.serialId of the PCK certificate */
};
/* Of a quote; of calldata: a stripped quote and its leaf record. PC_E_MALFORMED. */
PC_MUST_USE enum err_code tdx_claims_of_quote(struct tdx_claims *out, struct bytes quote);
PC_MUST_USE enum err_code tdx_claims_of_parts(struct tdx_claims *out, struct bytes stripped,
                                              const uint8_t leaf[static PC_TDX_LEAF_RECORD]);
/* As a Solidity `Claims` tuple, the next value of w. */
void tdx_claims_write(struct abi_out *w, const struct tdx_claims *c);

/* Attestations.recheck(record, claims, leaf, hints). Errors of tdx_calls_hints. */
PC_MUST_USE enum err_code tdx_calls_recheck(struct tdx_calls *t, struct bytes *out, void *buf,
                                            size_t cap, const struct evm_word *record,
                                            const struct tdx_claims *c);

/* Values of `post_kind` in protocol/schema/relay.wire. */
enum tdx_post_kind {
    PC_TDX_POST_CERTIFICATE = 1, /* DER: PCK CA, TCB signer, or PCK leaf */
    PC_TDX_POST_CRL = 2,         /* DER */
    PC_TDX_POST_TCB_INFO = 3,    /* tcbinfo.json, signature included */
    PC_TDX_POST_QE_IDENTITY = 4, /* qeidentity.json */
};

/* The post of an object into buf. *known: it is in force already (of a leaf: was posted), so that
 * nothing would change; the call is made all the same. PC_E_MALFORMED: not such an object.
 * PC_E_NOT_FOUND: its issuer was not posted (root CRL, then CA or signer, come first). */
PC_MUST_USE enum err_code tdx_calls_post(struct tdx_calls *t, struct bytes *out, bool *known,
                                         void *buf, size_t cap, enum tdx_post_kind kind,
                                         struct bytes data);

/* Objects of ITdxVerifier: product of a TCB info, or a small number. */
enum { PC_TDX_OBJECT_QE = 1, PC_TDX_OBJECT_ROOT_CRL = 2 };

#endif
