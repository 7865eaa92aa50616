/* SPDX-License-Identifier: Apache-2.0 */
/*
 * head.h - HeadVerifier: which block a node takes for final (SPEC 11).
 *
 * A claim (number, hash) comes from outside; the verifier then asks for headers from the claimed
 * one downward until it stands on the head that it accepted last. Every header on that way is known
 * by its hash, so a source that hands over a wrong one is found out at once (PC_E_MISMATCH), and a
 * claim whose ancestors miss the accepted head contradicts finality: it is refused (PC_E_DISAGREE),
 * the accepted head stays, and nothing may be released until a claim that descends from it is
 * walked. So a head never goes back and never jumps.
 *
 * Kinds: `dev` believes the agreement of the endpoints and is for chain 31337 alone. Any other kind
 * has no verifier in this build: every call answers PC_E_UNSUPPORTED, and no key is released.
 *
 * With a checkpoint in the policy its header comes first, and the first claim must descend from it
 * and be at most `checkpoint_max_age` seconds younger by the chain's own times. Without one (zero
 * hash; `dev` only) the first claim stands alone. A host's clock decides nothing.
 */
#ifndef PC_CHAIN_HEAD_H
#define PC_CHAIN_HEAD_H

#include "chain/header.h"

enum head_kind { PC_HEAD_DEV = 1, PC_HEAD_QBFT = 2, PC_HEAD_ETHEREUM = 3 };
#define PC_DEV_CHAIN_ID 31337

struct head_policy {
    uint64_t chain_id;
    uint8_t kind; /* enum head_kind; an unknown value is unsupported */
    uint64_t checkpoint_number;
    struct evm_word checkpoint_hash; /* zero: none */
    uint64_t checkpoint_max_age;     /* seconds; used if there is a checkpoint */
};

struct head {
    uint64_t number;
    uint64_t time;
    struct evm_word hash;
    struct evm_word state_root;
};

/* Heads accepted lately, by number; for gossip and for blocks that logs name. */
#define PC_HEAD_RING 256
struct head_ring {
    struct head at[PC_HEAD_RING]; /* slot number % PC_HEAD_RING */
    bool used[PC_HEAD_RING];
};
/* The accepted head of that number, or NULL if it is not (or no longer) known. */
const struct head *head_ring_find(const struct head_ring *r, uint64_t number);

struct head_verifier {
    struct head_policy policy;
    enum err_code state; /* PC_OK, PC_E_UNSUPPORTED or PC_E_REFUSED: for good */
    bool contradicted;   /* the last claim that was judged contradicts finality */
    bool has_head;
    bool walking;
    bool progressed; /* since the last claim */
    struct head accepted;
    struct head target; /* of the walk; hash and number first, the rest from its header */
    uint64_t next_number;
    uint64_t next_child_time;
    struct evm_word next_hash;
    struct head_ring ring;
    struct head_ring walk_ring;
};

/* PC_E_UNSUPPORTED for a kind without verifier, PC_E_REFUSED for `dev` on another chain or another
 * kind without checkpoint; the verifier then answers every call with that code. */
PC_MUST_USE enum err_code head_verifier_init(struct head_verifier *v, const struct head_policy *p);

/* A new claim. PC_OK: it is the accepted head. PC_E_RETRY: ask head_verifier_wants for headers.
 * PC_E_STALE: it lies below the accepted head and does not contradict it (the source lags).
 * PC_E_DISAGREE: it contradicts a finalized block. A walk that got a header since the claim before
 * goes on; one that got none is replaced. */
PC_MUST_USE enum err_code head_verifier_claim(struct head_verifier *v, const struct head_claim *c);

/* The header that is wanted next, by number and hash; false if none is. */
PC_MUST_USE bool head_verifier_wants(const struct head_verifier *v, uint64_t *number,
                                     struct evm_word *hash);

/* PC_OK: the claim is accepted. PC_E_RETRY: more headers are wanted. PC_E_MISMATCH or another code
 * of class PEER: not the header that was wanted, the walk waits for it. PC_E_STALE: the claim is
 * older than the checkpoint allows. PC_E_DISAGREE as above. */
PC_MUST_USE enum err_code head_verifier_header(struct head_verifier *v, struct bytes rlp);

/* The accepted head, or NULL as long as there is none. */
const struct head *head_verifier_head(const struct head_verifier *v);

/* PC_OK if state may be read and keys released at the accepted head; else why not. */
PC_MUST_USE enum err_code head_verifier_may_release(const struct head_verifier *v);

#endif
