/* SPDX-License-Identifier: Apache-2.0 */
/*
 * takeover.h - one process of a node is the adversary's; the vault is the genuine program.
 *
 *   main.c     arguments, figures, which role
 *   proc.c     a genuine process as init starts it
 *   stage.c    a vault with its committee, steps that wait until it has done with each
 *   truth.c    who exists, and what the genuine chain and attest would say about them: the oracle's
 *   oracle.c   judges each frame that the vault sends
 *   bend.c     made-up statements, requests and bytes
 *   release.c  sequences of requests with peer, attest or chain taken over
 *   deal.c     attempts at an epoch with attest or chain taken over
 *   ledger.c   the chain that hostile endpoints tell of; rpc.c sequences with rpc taken over
 *
 * A sequence's moves come from its seed alone. The vault's keys are its own, so that a replay makes
 * the same moves against other keys: no verdict of the oracle depends on them.
 */
#ifndef PC_TAKEOVER_H
#define PC_TAKEOVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "node/vault/vault_testkit.h"
#include "tests/takeover/proc.h"

/* Sequences of one vault; what is replayed begins at the first of them. */
#define LIFE 250u

enum role { ROLE_PEER, ROLE_ATTEST, ROLE_CHAIN, ROLE_RPC, ROLE_COUNT };

/* What happened, for the figures. */
struct figures {
    size_t sequences, steps, frames;
    size_t answers, replays, needs;
    size_t refused[WIRE_RELEASE_CODE_VERSION_NOT_ACCEPTED + 1];
    size_t dropped;                    /* links that the vault ended */
    size_t starts;                     /* of the vault */
    size_t heads, records, no_records; /* rpc: what the genuine chain told the vault */
    size_t misled;                     /* rpc: records of a product that calldata lied about */
    size_t blamed;                     /* rpc: answers that it refuted */
    size_t false_heads;                /* rpc: heads of the fork that it took over */
    size_t dealt, blobs;
    size_t not_dealt[8]; /* by enum deal_refusal */
};

/* ---- stage.c ---- */

struct stage {
    enum role role;
    struct proc vault;
    struct world *w;
    struct cell *c; /* the vault: member 1 of w */
    struct rng_seeded rng;
    bool mute_chain; /* what the genuine chain says does not reach the vault */
    bool asked_peer; /* something was sent over vp since the vault was last waited for */
    size_t flood;    /* frames since then */
    uint64_t cookie, cookie_heard;
    size_t keys_asked, keys_heard;
    struct wire_node_keys keys;
    bool have_nonce;
    uint8_t nonce[32];
    struct figures f;
    uint64_t seed, sequence, step;
};

extern struct stage stage;

/* A new vault without a head; its committee's other members are new, too. */
void stage_start(void);
void stage_stop(void);
/* The path of its policy, while it runs. */
const char *stage_policy(void);
void stage_genesis(void);
/* To the vault as that process; waits until it is done with it. False: it ended the link, which is
 * then renewed. */
bool stage_tell(enum ipc_process from, struct bytes frame);
/* Without waiting; then stage_settle. */
void stage_push(enum ipc_process from, struct bytes frame);
void stage_packet(enum ipc_process from, struct bytes packet);
void stage_settle(void);
void stage_renew(enum ipc_process other);

#define STAGE_TELL(from, name, m)                                                                  \
    __extension__({                                                                                \
        uint8_t stage_buf[WIRE_RECORD_MAX];                                                        \
        struct bytes stage_f;                                                                      \
        if (ipc_encode_##name(&stage_f, stage_buf, sizeof stage_buf, (m)) != PC_OK)                \
            broken("a message of the driver does not encode: %s", #name);                          \
        stage_tell((from), stage_f);                                                               \
    })

/* The sequence's own chance. */
uint64_t below(uint64_t n);
static inline bool one_in(uint64_t n)
{
    return below(n) == 0;
}
void noise(void *p, size_t n);

/* ---- truth.c ---- */

/* GENUINE: the enclave that its app approved. STRANGER: another app's. UNAPPROVED: a genuine
 * enclave with GENUINE's app in its evidence, whose measurement that app never approved. BELOW: an
 * approved one on a platform with security versions below what that app asks for. FORGER: no
 * evidence that verifies; its keys are the adversary's. */
enum who { GENUINE, STRANGER, UNAPPROVED, BELOW, FORGER, WHO_COUNT };
extern struct enclave people[WHO_COUNT];

/* What is wrong at a head, for everybody. */
enum mood {
    MOOD_CALM,
    MOOD_APP_FROZEN,
    MOOD_APP_GONE,
    MOOD_REVOKED,
    MOOD_SUNSET,
    MOOD_VENDOR_MASK,
    MOOD_VERIFIER_YOUNG,
    MOOD_PRODUCT,
    MOOD_PLATFORM,
    MOOD_LIST,
    MOOD_TCB,
    MOOD_OLD_RECORD,
    MOOD_QUOTA,
    MOOD_NODE_FROZEN,
    MOOD_NODE_EXPIRED,
    MOOD_COLLATERAL, /* nothing is wrong: another collateral epoch */
    MOOD_COUNT
};

void truth_begin(void);
/* Blocks pass; from the new head on that mood holds. The genuine chain says so, unless it is mute.
 */
void truth_head(uint64_t blocks, enum mood mood);
/* The genuine chain looks up what a request says, under a digest that peer names. */
void truth_lookup(const uint8_t digest[static 32], const struct ipc_release_fields *r);
/* The genuine attest judges an evidence, named by its hash, under a digest that peer names. */
struct ipc_va_verdict truth_verdict(const uint8_t digest[static 32],
                                    const uint8_t evidence_hash[static 32]);
/* Whose keys these are; FORGER for any that nobody has. */
enum who truth_holder(const struct wire_boot_keys *k);
bool truth_closed_scope(const struct ipc_release_fields *r);
/* Would the genuine chain, or did it within the heads that a record may be old, accept this? */
bool truth_chain_accepts(const struct ipc_release_fields *r);
/* Which evidence must it be? */
enum evidence { EVIDENCE_RECORDED, EVIDENCE_GENUINE, EVIDENCE_ANY };
/* Is it what the genuine attest would judge as binding these keys, app, measurement, platform? */
bool truth_attest_accepts(const struct ipc_release_fields *r, enum evidence which);
bool truth_node_live(void);
/* A genuine member's signature over its head and that nonce; the oracle remembers it. */
struct ipc_vp_lease_sig truth_lease_sig(uint16_t member, const uint8_t nonce[static 32]);

/* ---- oracle.c ---- */

void oracle_begin(void);
/* The vault has its share now: what it must never say is known. */
void oracle_share(void);
/* A request that is on its way to the vault. */
void oracle_asked(const uint8_t digest[static 32], const struct ipc_release_fields *r);
const struct ipc_release_fields *oracle_request(const uint8_t digest[static 32]);
/* One of them by chance; NULL while there is none. */
const uint8_t *oracle_any(const struct ipc_release_fields **r);
void oracle_head_told(uint64_t number);
void oracle_lease_sig(const struct ipc_vp_lease_sig *m);
/* Something that the vault sent. */
void oracle_heard(enum ipc_link link, struct bytes frame);
/* What it lacks, oldest first; false if nothing is waiting. */
bool oracle_need(struct ipc_vp_need *out);
/* rpc: heads of a fork were taken over, so that its policy may be believed. */
void oracle_chain_lies(bool lies);

/* ---- bend.c ---- */

/* A request, perhaps with fields of others, signed by keys that are at hand. by_peer: the adversary
 * has FORGER's alone. */
void bend_request(struct enclave *e, bool by_peer);
/* As that one's client makes it. */
void bend_plain(struct enclave *e, enum who who);
void bend_verdict(struct ipc_va_verdict *v, const uint8_t digest[static 32]);
void bend_record(struct ipc_vc_record *rec, const uint8_t digest[static 32]);
void bend_other_fact(void); /* chain: anything about attempts */
/* A frame that was sent to the vault, to be told again in another way. */
void bend_note(struct bytes frame);
/* rpc: an answer, or what it carries, is not as it should be. data has room for 4096 bytes, and for
 * 64 more than it carries. */
void bend_answer(struct ipc_cr_answer *a, uint8_t *data, size_t *n);
/* No message, or one that was damaged, of another link, too long, in pieces. */
void bend_bytes(enum ipc_process from);

/* ---- release.c, deal.c, rpc.c ---- */

void release_run(size_t sequences, size_t first);
void deal_run(size_t sequences, size_t first);
void rpc_run(size_t sequences, size_t first);

/* rpc: would the ledger bear that request's enclave out at a head that a record may be of? */
bool rpc_accepts(const struct ipc_release_fields *r);

/* Why the vault did not deal. */
enum deal_refusal {
    DEAL_OPEN,      /* the opening itself: sizes, domains, own seat */
    DEAL_NOT_LIVE,  /* PC_E_REFUSED of a member */
    DEAL_MISMATCH,  /* report data or claims */
    DEAL_STALE,     /* collateral epoch */
    DEAL_SIGNATURE, /* of the enrolment */
    DEAL_WAITING,   /* somebody was not judged */
    DEAL_VENDORS,   /* platforms or vendors of all together */
    DEAL_OTHER,
};

#endif
