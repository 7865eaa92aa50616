/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.h - an accepted evidence, verified again from a bundle: no network, no clock, no chain.
 *
 * Three things are told apart, and a bundle may lack the second and third:
 *
 *   genuine     the evidence verifies under the caller's pinned vendor root, with its dates and
 *               those of the bundle's collateral at attestedAt; it hashes to the hash that was
 *               asked for, and says what the record's fields say. Needs nothing but the root.
 *   bound       its report data is that of the record's keys, context, chain, contract and bound
 *               block. Needs the block's hash, which the bundle asserts: a false one can't match.
 *   on chain    the record, and what was in force, stand in the state of the block whose header the
 *               bundle brings. That this block is of the chain is for the caller to know:
 * block_hash says which it is.
 *
 * What it can't show: which objects the chain held in force when there is no proof of it (the
 * evidence is then shown to verify by the vendor's objects of that time, not that others were not
 * newer), and whether the record's subject held the key that it names.
 */
#ifndef PC_CLIENT_LIB_REPLAY_H
#define PC_CLIENT_LIB_REPLAY_H

#include "attest/evidence.h"
#include "chain/evm.h"
#include "client/lib/bundle.h"

/* Why a replay refuses. Names are stable. X(constant, name, sentence) */
#define PC_REPLAY_LIST(X)                                                                          \
    X(PC_REPLAY_DAMAGED, "bundle_damaged", "the file is no bundle, or ends early")                 \
    X(PC_REPLAY_VERSION, "bundle_version", "the bundle is of another version")                     \
    X(PC_REPLAY_CHECKSUM, "bundle_checksum", "the bundle's bytes are not those that were written") \
    X(PC_REPLAY_ABSENT, "evidence_absent", "the bundle does not hold that evidence")               \
    X(PC_REPLAY_HASH, "evidence_hash", "the evidence is not the one with that hash")               \
    X(PC_REPLAY_OBJECT, "object_absent", "an object that was in force is not in the bundle")       \
    X(PC_REPLAY_REFUSED, "evidence_refused", "the evidence does not verify at that time")          \
    X(PC_REPLAY_CLAIMS, "claims_mismatch", "the evidence says other things than the record")       \
    X(PC_REPLAY_RECORD_KEY, "record_key", "the record's key is not that of its fields")            \
    X(PC_REPLAY_REPORT, "report_data_mismatch", "it binds other keys, context, chain or block")    \
    X(PC_REPLAY_HEADER, "proof_header", "the proof's header is malformed or of an earlier block")  \
    X(PC_REPLAY_BLOCK, "proof_block", "the proof's block is not the one that was named")           \
    X(PC_REPLAY_PROOF, "proof_invalid", "the proof does not lead from the header's state root")    \
    X(PC_REPLAY_RECORD, "record_mismatch", "the chain's record says other things")                 \
    X(PC_REPLAY_IN_FORCE, "in_force_mismatch", "the chain held other objects in force")

enum replay_reason {
#define PC_REPLAY_ENUM(id, name, text) id,
    PC_REPLAY_LIST(PC_REPLAY_ENUM)
#undef PC_REPLAY_ENUM
        PC_REPLAY_COUNT
};
const char *replay_reason_name(unsigned reason);
const char *replay_reason_text(unsigned reason);

struct replay_result {
    uint32_t reasons; /* bit set of enum replay_reason; empty: accepted */
    struct wire_attested attested;
    uint64_t chain_id;
    uint8_t network_id[32];
    bool judged; /* verdict below is of this evidence */
    struct verdict verdict;
    bool bound;           /* shown: report data */
    bool record_proved;   /* shown: the record, under block_hash */
    bool in_force_proved; /* shown: what was in force, under block_hash */
    uint64_t block;       /* of the proof; 0: none */
    uint64_t block_time;
    uint8_t block_hash[32];
};

static inline bool replay_has(const struct replay_result *r, enum replay_reason why)
{
    return (r->reasons >> why & 1) != 0;
}

/* Never fails: *out is always a whole result. block_hash: NULL, or the block that the caller knows
 * to be of the chain; a proof of another one is refused. */
void replay_bundle(struct replay_result *out, struct bytes file, const uint8_t hash[static 32],
                   const struct evidence_policy *policy, const uint8_t *block_hash);

/* Storage keys of what was in force for that record, in its vendor's verifier; at: as which of enum
 * collateral_object each counts. 0: nothing is in force for this vendor, hence nothing is proved.
 */
unsigned replay_force_slots(struct evm_word out[static PC_OBJ_COUNT],
                            unsigned at[static PC_OBJ_COUNT], const struct wire_attested *a);
/* The chain's part alone, for whoever puts a bundle together: are these proofs of that record? */
void replay_proof(struct replay_result *out, const struct bundle_begin *begin,
                  const struct bundle_accepted *a, const uint8_t *block_hash);

#endif
