/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gossip.h - what other members have signed as their accepted heads (SPEC 11).
 *
 * A member whose (hash, state root) differs from ours at a number that we accepted is in conflict
 * at that number. With q members in conflict at one number the node stops (503 chain_disagreement),
 * for good; with fewer it raises an alarm that names them, and goes on. Statements about numbers
 * not yet accepted wait, a few per member; those below the ring of accepted heads are too old to be
 * judged.
 *
 * Whether the signature is the member's is checked by gossip_verify; the rest is bookkeeping.
 */
#ifndef PC_CHAIN_GOSSIP_H
#define PC_CHAIN_GOSSIP_H

#include "chain/head.h"

#define PC_GOSSIP_MEMBERS 256
#define PC_GOSSIP_PENDING 4

struct signed_head {
    uint16_t index; /* member, from 1 */
    uint64_t number;
    struct evm_word hash;
    struct evm_word state_root;
    uint8_t signature[64]; /* Ed25519 of the member's identity */
};

struct gossip_bits {
    uint8_t b[PC_GOSSIP_MEMBERS / 8]; /* bit (index - 1) */
};

struct gossip {
    uint16_t n;
    uint16_t q;
    uint16_t own;
    bool disagreement; /* sticky */
    uint64_t disagreement_number;
    struct gossip_bits disagreement_members;
    struct gossip_bits alarm; /* members ever seen in conflict */
    struct {
        uint64_t number;
        struct gossip_bits conflict;
    } ring[PC_HEAD_RING];
    struct {
        struct signed_head at[PC_GOSSIP_PENDING];
        uint8_t used;
        uint8_t next;
    } pending[PC_GOSSIP_MEMBERS];
};

/* A committee of n (1..256) with blob quorum q = n/2 + 1 and our index (0: not a member). A past
 * disagreement stays. */
void gossip_committee(struct gossip *g, uint16_t n, uint16_t own);

/* One statement whose signature was checked. PC_OK: judged or kept; PC_E_STALE: too old;
 * PC_E_MALFORMED: no such member, or our own index. */
PC_MUST_USE enum err_code gossip_add(struct gossip *g, const struct signed_head *s,
                                     const struct head_ring *accepted);

/* Call after each accepted head: statements that waited are judged. */
void gossip_judge(struct gossip *g, const struct head_ring *accepted);

/* The signed bytes: enc("polyclave/head/v1", network_id, number, hash, state root), and the check
 * under the member's identity key: PC_OK or PC_E_SIGNATURE. */
PC_MUST_USE enum err_code gossip_verify(const struct signed_head *s,
                                        const uint8_t network_id[static 32],
                                        const uint8_t identity[static 32]);

bool gossip_bit(const struct gossip_bits *b, uint16_t index);
unsigned gossip_count(const struct gossip_bits *b);

#endif
