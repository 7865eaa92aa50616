/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vault.h - the core of polyclave-vault: (state, message) -> (state, messages).
 *
 * What it holds (SPEC 2): the node's identity, channel and account keys, the encryption key of an
 * attempt, shares. All of them lie in the arena and nowhere else, and none leaves it except as what
 * the protocol makes of it: typed signatures, DH results for the channel, partials sealed to an
 * attested key.
 *
 * What it believes. Nothing alone. A partial goes out only if peer's request, attest's verdict and
 * chain's record, all three for one request digest, agree on every field (SPEC 8); shares are dealt
 * only to receivers that passed the same join for their node evidence (SPEC 2). D, claims, the
 * request digest, member root, sid, T and caps are computed here. Messages from a process that the
 * schema does not let send them, or in a state that has no use for them, are refused.
 *
 * No clock and no I/O: time is an argument, output goes to `send`. No heap beside the arena; the
 * core's own state is one block of ordinary memory that the caller provides (public data only).
 *
 *     memory = zeroed, vault_bytes() of it, 16-aligned
 *     vault_init(&v, memory, &env)
 *     vault_frame(v, IPC_PROC_PEER, frame, now)      each message
 *     vault_link_new(v, IPC_PROC_PEER)               after the other end was replaced
 *     vault_wipe(v)                                  at the end
 */
#ifndef PC_NODE_VAULT_H
#define PC_NODE_VAULT_H

#include "crypto/group.h"
#include "dkg/dkg_msg.h"
#include "protocol/ipc_wire.h"
#include "protocol/policy_wire.h"

struct vault;

/* Secrets of one vault: its keys, two attempts (one being replaced by the next), two epochs' keys.
 */
#define VAULT_ARENA (1024u * 1024)

struct vault_env {
    struct arena *arena; /* VAULT_ARENA bytes or more, for this vault alone */
    struct rng *rng;
    const struct group *group; /* &group_ristretto255 in programs */
    struct policy_policy policy;
    struct dkg_complaint_rec *room; /* ordinary memory, n*n entries for the largest n */
    size_t room_count;
    /* A frame for a process, borrowed during the call. May not call the vault. */
    void (*send)(void *ctx, enum ipc_process to, struct bytes frame);
    /* End the link with a process that does not answer; its next one is told by vault_link_new. */
    void (*drop)(void *ctx, enum ipc_process other);
    void *ctx;
};

size_t vault_bytes(void);

/* Makes the keys. PC_E_MEMORY when the arena is full; *out is then NULL. PC_E_UNSUPPORTED: a chain
 * kind without a head verifier (SPEC 11): such a node must not run. */
PC_MUST_USE enum err_code vault_init(struct vault **out, void *memory, const struct vault_env *env);

/* Erase every secret. NULL is fine. The memory stays the caller's. */
void vault_wipe(struct vault *v);

/*
 * One message. now_ms: a monotonic clock. Answers have been sent when it returns. PC_OK: taken,
 * also when the answer is a refusal. Anything else: whoever sent it does not keep to the protocol
 * (or the frame is damaged), nothing changed, and the caller ends that link: PC_E_REFUSED not its
 * message, PC_E_SEQUENCE not now, or what decoding said.
 */
PC_MUST_USE enum err_code vault_frame(struct vault *v, enum ipc_process from, struct bytes frame,
                                      uint64_t now_ms);

/* The process at the other end is a new one: what belonged to the old conversation is dropped. */
void vault_link_new(struct vault *v, enum ipc_process other);

/* For metrics and tests. */
const struct wire_node_keys *vault_public_keys(const struct vault *v);
/* Does it hold a share for this epoch? */
bool vault_serves(const struct vault *v, uint64_t epoch);

#endif
