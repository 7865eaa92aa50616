/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lease.h - may this node still serve, or are heads being withheld from it? (SPEC 11) Pure; for the
 * vault, so it depends on base alone (library pc_lease).
 *
 * The vault makes a random nonce and hands it out; members sign their heads over it. With q of them
 * (itself counted) whose heads are at most 64 blocks above our own, and our own head newer than at
 * the last renewal, the lease is renewed. It then lasts `head_age` from the moment the nonce was
 * made - not from the last signature, which could come arbitrarily late - or 10,000 answers.
 *
 * The caller checks signatures; the nonce it checks them over is lease_nonce. Times are monotonic
 * milliseconds; with a second clock (Nitro's NSM) the caller gives the one that is further on.
 */
#ifndef PC_CHAIN_LEASE_H
#define PC_CHAIN_LEASE_H

#include "base/bytes.h"
#include "base/err.h"

#define PC_LEASE_MEMBERS 256
#define PC_LEASE_AHEAD   64
#define PC_LEASE_ANSWERS 10000

struct lease {
    uint64_t head_age_ms;
    uint16_t n, q, own;
    /* the round under way */
    bool round;
    uint8_t nonce[32];
    uint64_t nonce_at;
    uint8_t signed_by[PC_LEASE_MEMBERS / 8];
    uint16_t count;
    /* the lease */
    bool held;
    uint64_t from;         /* when its nonce was made */
    uint64_t renewed_head; /* own head at the last renewal */
    uint32_t answers;
};

/* No lease. head_age in seconds, of the policy. */
void lease_init(struct lease *l, uint64_t head_age_s);

/* The committee of the epoch that is served: n (1..256) members, q = n/2 + 1, our index (1..n).
 * Ends a round under way; a lease goes on to its end. */
void lease_committee(struct lease *l, uint16_t n, uint16_t own);

/* A new round with a fresh random nonce; signatures over an older one count no more. */
void lease_begin(struct lease *l, const uint8_t nonce[static 32], uint64_t now);

/* The nonce of the round, NULL if there is none. */
const uint8_t *lease_nonce(const struct lease *l);

/* Member `index` signed a head of that number over the nonce; `own_head` is ours. PC_OK: counted
 * (or counted before), perhaps renewed. PC_E_BEHIND: its head is more than 64 above ours: we are
 * behind. PC_E_SEQUENCE: no round. PC_E_MALFORMED: no such member, or ourselves. */
PC_MUST_USE enum err_code lease_signature(struct lease *l, uint16_t index, uint64_t number,
                                          uint64_t own_head, uint64_t now);

/* PC_OK: an answer may be given, and is counted. PC_E_BEHIND: no lease. */
PC_MUST_USE enum err_code lease_answer(struct lease *l, uint64_t now);

/* Without counting: seconds left (0: none), for status and for when to begin the next round. */
uint32_t lease_left(const struct lease *l, uint64_t now);

#endif
