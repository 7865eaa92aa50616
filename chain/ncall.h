/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ncall.h - calls that only a node may make: struct hash, body, calldata (SPEC 6, contracts.md 8).
 *
 * A node's account signs the EIP-712 hash of one of these structs; anybody sends it. The same hash
 * enters the running hash of the phase, so it is computed here from an event as well. Signing is
 * the vault's (crypto/evmkey.h); signatures are checked with evm_verify_typed_var.
 *
 * Body, as it travels between processes and to the relay: the struct's fields behind (id, epoch,
 * attempt) without seq; numbers and hashes as words of 32 bytes, a bytes field (always the last)
 * as it is.
 *
 *     enrol            EK, PoP of 64 bytes
 *     commit           blob hash, length
 *     vote             bitmap, transcript
 *     ready            transcript
 *     complain         dealer, K, proof
 *     set_endpoint     keccak256 of the endpoint
 *
 * Source: contracts/src/interfaces/IEpochs.sol, INodeRegistry.sol; type strings in
 * crypto/labels.def.
 */
#ifndef PC_CHAIN_NCALL_H
#define PC_CHAIN_NCALL_H

#include "base/buf.h"
#include "chain/evm.h"

/* The values of ncall_kind in protocol/schema. */
enum ncall_kind {
    PC_NCALL_ENROL = 1,
    PC_NCALL_COMMIT = 2,
    PC_NCALL_VOTE = 3,
    PC_NCALL_READY = 4,
    PC_NCALL_COMPLAIN = 5,
    PC_NCALL_SET_ENDPOINT = 6,
};

#define PC_NCALL_BYTES_MAX 128 /* a PoP or a proof */
#define PC_NCALL_BODY_MAX  256

struct ncall {
    enum ncall_kind kind;
    uint32_t id;
    uint64_t epoch;
    uint32_t attempt;
    uint64_t seq;
    struct evm_word a;  /* EK, blob hash, bitmap, K, endpoint hash; of ready: the transcript */
    struct evm_word b;  /* of vote: the transcript */
    uint32_t length;    /* of commit */
    uint16_t dealer;    /* of complain */
    struct bytes bytes; /* PoP, proof; borrowed */
};

/* EIP-712 hash of the struct (not yet of the domain). */
void ncall_struct_hash(struct evm_word *out, const struct ncall *c);

/* Body to and from a call whose other fields are set. PC_E_MALFORMED, PC_E_TRUNCATED,
 * PC_E_TRAILING, PC_E_TOO_LARGE. */
PC_MUST_USE enum err_code ncall_body_read(struct ncall *c, struct bytes body);
PC_MUST_USE enum err_code ncall_body_write(struct writer *w, const struct ncall *c);

/* What stands beside the signed struct in calldata. */
struct ncall_sender {
    uint8_t ed25519[32], x25519[32];
    struct evm_sig sig;
    uint32_t hint; /* of enrol: the candidate before this one in its vendor's list, 0 none */
    struct bytes endpoint; /* of set_endpoint: the text whose hash was signed */
};

/* Selector and arguments of the call to Epochs (set_endpoint: to NodeRegistry) into buf.
 * PC_E_MISMATCH: the endpoint's hash is not the signed one. */
PC_MUST_USE enum err_code ncall_calldata(struct bytes *out, void *buf, size_t cap,
                                         const struct ncall *c, const struct ncall_sender *s);

#endif
