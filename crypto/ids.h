/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ids.h - the ids and digests that C and Solidity compute alike (SPEC 1-4, 7, 8; attestation.md
 * C7).
 *
 * All are 32 bytes, keccak256 over abi.encode unless a line says otherwise. Addresses are 20 bytes.
 * chain_id and epochs are uint256 on chain and u64 here. Public data, variable time, no failure.
 */
#ifndef PC_CRYPTO_IDS_H
#define PC_CRYPTO_IDS_H

#include "base/bytes.h"

/* Key classes, frozen for ever (SPEC 1). */
enum key_class { PC_CLASS_APPLICATION = 0, PC_CLASS_EPOCH = 1, PC_CLASS_DESTROYABLE = 2 };

/* Vendors as in claims (attestation.md C7). */
enum vendor { PC_VENDOR_TDX = 1, PC_VENDOR_SNP = 2, PC_VENDOR_NITRO = 3 };

/* Whose evidence a record is about; `kind` in the record key. */
enum subject_kind { PC_SUBJECT_NODE = 1, PC_SUBJECT_APP = 2 };

/* (tag network, chainid, Epochs) */
void id_network(uint8_t out[static 32], uint64_t chain_id, const uint8_t epochs[static 20]);
/* (tag key, network_id, uint32 index, uint8 class, bytes32 of) */
void id_key(uint8_t out[static 32], const uint8_t network_id[static 32], uint32_t index,
            enum key_class class, const uint8_t of[static 32]);
/* `of` of an epoch key: uint256 epoch; of a destroyable key: (app_id, keccak256(scope)). For class
 * 0 it is 32 zero bytes. */
void id_key_of_epoch(uint8_t out[static 32], uint64_t epoch);
void id_key_of_app(uint8_t out[static 32], const uint8_t app_id[static 32], struct bytes scope);
/* (tag app, chainid, Apps, creator, bytes32 salt) */
void id_app(uint8_t out[static 32], uint64_t chain_id, const uint8_t apps[static 20],
            const uint8_t creator[static 20], const uint8_t salt[static 32]);

/* keysHash = subject: node (tag keys/node, ed25519, x25519, address account),
 * app (tag keys/app, bootSign, bootHpke). */
void id_keys_node(uint8_t out[static 32], const uint8_t ed25519[static 32],
                  const uint8_t x25519[static 32], const uint8_t account[static 20]);
void id_keys_app(uint8_t out[static 32], const uint8_t boot_sign[static 32],
                 const uint8_t boot_hpke[static 32]);

/* What evidence binds (SPEC 3). */
struct report_binding {
    enum subject_kind kind;
    uint64_t chain_id;
    uint8_t attestations[20];
    uint8_t keys_hash[32];
    uint8_t context[32]; /* owner as bytes32 (context_of_owner), or app_id */
    uint64_t bound_block;
    uint8_t bound_hash[32];
};
/* An address as context: 12 zero bytes, then the address. */
void context_of_owner(uint8_t out[static 32], const uint8_t owner[static 20]);
/* D = (tag report/node or report/app, chainid, Attestations, keysHash, context, boundBlock, hash)
 */
void id_report_d(uint8_t out[static 32], const struct report_binding *b);
/* The whole 64 bytes: D, then the reserved half keccak256("polyclave/report/v1"). */
void id_report_data(uint8_t out[static 64], const struct report_binding *b);
/* Does this user data end in the reserved half? Whoever quotes for strangers refuses it (SPEC 3).
 */
bool report_data_is_reserved_var(const uint8_t report_data[static 64]);

/* (uint8 vendor, bytes fields): fields concatenated as they stand in the evidence (C7). */
void id_measurement(uint8_t out[static 32], enum vendor vendor, struct bytes fields);
/* (uint8 vendor, bytes x) with x of C7. Callers pass platforms that exist: an absent, zero or
 * masked id is 32 zero bytes and is never hashed. */
void id_platform(uint8_t out[static 32], enum vendor vendor, struct bytes x);

/* What evidence says, independent of time and collateral (SPEC 4). Views are borrowed. */
struct claims_fields {
    enum vendor vendor;
    uint8_t product[32]; /* left-aligned, zero-padded */
    uint8_t measurement[32];
    struct bytes report_data;
    uint8_t platform[32];
    struct bytes raw_tcb;
};
/* (tag claims, uint8 vendor, bytes32 product, bytes32 measurement, bytes report_data,
 *  bytes32 platform, bytes rawTcb) */
void id_claims(uint8_t out[static 32], const struct claims_fields *c);

/* Key of an on-chain record (SPEC 4):
 * (tag record, uint8 kind, keysHash, context, measurement, platform, address verifier) */
void id_record(uint8_t out[static 32], enum subject_kind kind, const uint8_t keys_hash[static 32],
               const uint8_t context[static 32], const uint8_t measurement[static 32],
               const uint8_t platform[static 32], const uint8_t verifier[static 20]);

/* ekDigest = (tag ek, bytes32 EK, bytes PoP) with PoP its 64 bytes (proof.h). */
void id_ek_digest(uint8_t out[static 32], const uint8_t ek[static 32],
                  const uint8_t pop[static 64]);
/* leaf = (tag leaf, uint16 index, uint32 nodeId, keysHash, ekDigest, bytes32[] domains) */
void id_leaf(uint8_t out[static 32], uint16_t index, uint32_t node_id,
             const uint8_t keys_hash[static 32], const uint8_t ek_digest[static 32],
             const uint8_t (*domains)[32], size_t n_domains);
/* One step of a running hash: (acc, leaf). The member root is r_0 = 0, r_i = (r_{i-1}, leaf_i). */
void id_chain_step(uint8_t acc[static 32], const uint8_t leaf[static 32]);

/* Platform allow-list of an app (SPEC 8): leaf (tag platform-leaf, platform), node
 * (tag platform-node, lo, hi) with lo <= hi as big-endian numbers. */
void id_platform_leaf(uint8_t out[static 32], const uint8_t platform[static 32]);
void id_platform_node(uint8_t out[static 32], const uint8_t a[static 32],
                      const uint8_t b[static 32]);
/* Walk of a proof of n siblings from platform's leaf (an odd node rises without a sibling). True
 * when it ends in root; false for more than PC_PLATFORM_PROOF_MAX. */
#define PC_PLATFORM_PROOF_MAX 16
bool id_platform_proof_ok_var(const uint8_t root[static 32], const uint8_t platform[static 32],
                              const uint8_t (*siblings)[32], size_t n);

/* DKG transcript (SPEC 7), SHA-256 over abi.encode(bytes32 sid, uint256 qual, uint256 blameDealers,
 * uint256 blameReceivers, bytes32[] pk, bytes32[] yHash, uint16 T). Bitmaps are 32 bytes
 * big-endian: bit i-1 is index i. pk and y_hash are n_keys x 32 bytes. */
struct dkg_transcript_fields {
    uint8_t sid[32];
    uint8_t qual[32];
    uint8_t blame_dealers[32];
    uint8_t blame_receivers[32];
    const uint8_t *pk;
    const uint8_t *y_hash;
    size_t n_keys;
    uint16_t t;
};
void id_dkg_transcript(uint8_t out[static 32], const struct dkg_transcript_fields *f);
/* The preimage that `activate` wants: abi.encode of the same; *len bytes into out (cap). False if
 * it does not fit. */
bool id_dkg_preimage(uint8_t *out, size_t cap, size_t *len, const struct dkg_transcript_fields *f);
/* yHash = SHA-256(enc(label yhash, PK, Y_1..Y_n)); points are 32 bytes each, y is n x 32. */
void id_y_hash(uint8_t out[static 32], const uint8_t pk[static 32], const uint8_t *y, size_t n);

#endif
