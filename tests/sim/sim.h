/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sim.h - a deterministic world for dkg/: members, a chain with the contract's rules of SPEC 7, a
 * bad network, and adversaries. One seed is one schedule; nothing else decides anything.
 *
 *   scenario.c  what a seed means: sizes, faults, who is byzantine and how
 *   degraded.c  what a committee shrinks to when a vendor is gone (degraded.h)
 *   chain.c     blocks, mempool, reorgs, the contract
 *   member.c    an honest member: the real dkg/ code, and around it what a node does with its
 * actions byz.c       members that cheat oracle.c    what must be true, computed apart from dkg/
 *   world.c     one tick; main.c the command line
 *
 * Seats are 1..n <= 16, bit i of a mask is seat or node i. A tick is one block time.
 */
#ifndef PC_SIM_H
#define PC_SIM_H

#include "base/rng_seeded.h"
#include "crypto/group_tiny.h"
#include "dkg/dkg_attempt.h"

#define SIM_N        16
#define SIM_NODES    (2 * SIM_N) /* incumbents, then spares */
#define SIM_BLOCKS   1200
#define SIM_TXS      128 /* in a block */
#define SIM_MEMPOOL  2048
#define SIM_PACKETS  8192
#define SIM_BLOBS    256
#define SIM_ATTEMPTS 4
#define SIM_ARENA    (240u * 1024)

static inline uint32_t bit(unsigned i)
{
    return UINT32_C(1) << i;
}
static inline unsigned popcount(uint32_t m)
{
    return (unsigned)__builtin_popcount(m);
}

/* --- chain --- */

enum tx_kind { TX_ENROL, TX_COMMIT, TX_VOTE, TX_COMPLAINT, TX_READY };

struct tx {
    enum tx_kind kind;
    unsigned node;
    uint32_t attempt;
    uint32_t due;  /* first block that may take it */
    uint32_t seq;  /* grows per node */
    bool proof_ok; /* complaint: the proof is right (ground truth) */
    union {
        struct dkg_enrol enrol;
        struct dkg_commit commit;
        struct dkg_vote vote;
        struct dkg_complaint complaint;
        struct dkg_ready ready;
    } u;
};

enum stage { STAGE_WINDOW, STAGE_OPEN, STAGE_ACTIVE };

/* The contract's storage after a block. Block numbers are 0 while unset. */
struct contract {
    enum stage stage;
    uint32_t attempt;
    uint32_t announced, window_end, opened, failed, activated;
    uint32_t b1, b2, b2c, b3;
    uint32_t enrolled; /* nodes */
    struct dkg_enrol enrol[SIM_NODES];
    uint8_t seat_node[SIM_N + 1];
    uint32_t seats; /* not empty, in the open attempt */
    uint32_t spare; /* next spare node */
    uint32_t committed, voted, readied;
    struct dkg_commit commit[SIM_N + 1];
    struct dkg_vote vote[SIM_N + 1];
    uint8_t ready[SIM_N + 1][32];
    uint32_t complained[SIM_N + 1];
    uint32_t complaints;
    uint32_t seq[SIM_NODES];
    uint8_t active[32];
    bool by_votes; /* activated without any READY */
    uint32_t struck;
};

struct block {
    uint8_t hash[32];
    struct contract c; /* after it */
    unsigned txs;
    struct tx tx[SIM_TXS];
};

/* --- blobs that exist somewhere, with the truth about them --- */

struct truth {
    bool invalid;     /* C1-C3 */
    uint32_t victims; /* seats whose ciphertext is wrong */
    bool high;        /* degree t or more */
    bool cancels;     /* its excess is the negative of the partner's */
    unsigned partner; /* seat, for cancels */
};

struct sim_blob {
    struct dkg_blob b;
    uint8_t hash[32];
    unsigned dealer; /* seat */
    struct truth truth;
};

/* --- network --- */

enum packet_kind { PACKET_BLOB, PACKET_PULL };

struct packet {
    enum packet_kind kind;
    uint32_t due;
    unsigned from, to; /* nodes */
    uint32_t attempt;
    unsigned dealer;  /* seat */
    int blob;         /* index, for PACKET_BLOB */
    uint8_t hash[32]; /* for PACKET_PULL */
};

/* --- members --- */

enum deal_plan {
    DEAL_HONEST,
    DEAL_NONE,
    DEAL_BOGUS_HASH,   /* a commit of nothing */
    DEAL_WRONG_SHARES, /* to victims */
    DEAL_HIGH,         /* degree >= t */
    DEAL_CANCEL,       /* two of them whose excess cancels */
    DEAL_SHARED_E,     /* two with one E */
    DEAL_INVALID,      /* some public check fails */
    DEAL_LENGTH,       /* right blob, wrong length in the commit */
    DEAL_PLANS
};
enum release_plan { RELEASE_ALL, RELEASE_NONE, RELEASE_SOME, RELEASE_LAST_BLOCK, RELEASE_PLANS };
enum vote_plan { VOTE_HONEST, VOTE_NONE, VOTE_ALL, VOTE_OURS, VOTE_BOGUS, VOTE_PLANS };
enum complain_plan { COMPLAIN_NONE, COMPLAIN_BAD_PROOF, COMPLAIN_GOOD_PROOF, COMPLAIN_PLANS };
enum ready_plan {
    READY_HONEST,
    READY_NONE,
    READY_BLIND, /* the right transcript, without a share */
    READY_BOGUS,
    READY_PLANS
};

struct byz {
    bool on;
    enum deal_plan deal;
    enum release_plan release;
    enum vote_plan vote;
    enum complain_plan complain;
    enum ready_plan ready;
    uint32_t victims; /* seats */
    uint32_t shown;   /* seats that get the blob */
    unsigned late;    /* LAST_BLOCK: blocks before B2 */
    bool garbage;     /* answers pulls with wrong bytes */
    bool bad_pop;     /* enrols with a proof that is wrong */
    bool cheats_too;  /* victims besides another plan */
    unsigned partner; /* node, for CANCEL and SHARED_E */
    int blob;         /* what it committed, -1 none */
    int blob_other;   /* what it commits instead after a reorg */
    uint32_t attempt; /* of what follows */
    bool released;
    unsigned complaints; /* sent */
    uint32_t acted;      /* tick */
};

struct member {
    unsigned id;
    bool up;
    bool cut; /* no network, no chain for now */
    uint32_t incarnation;
    struct rng_seeded rng;
    struct arena *arena;
    struct dkg_ek_slot slot;
    struct dkg_attempt *attempt;
    uint32_t attempt_no;
    unsigned seat;
    struct dkg_complaint_rec room[SIM_N * SIM_N];
    uint32_t cursor; /* finalized blocks consumed */
    uint32_t seq;
    uint32_t rearmed;
    uint32_t wanted;         /* seats whose blob a FETCH asked for */
    int store[SIM_N + 1][4]; /* blobs by dealer, newest attempt; -1 free */
    struct dkg_key *key;
    struct byz byz;
};

/* --- scenario --- */

enum scenario_class {
    CLASS_CALM,   /* nobody cheats, messages arrive */
    CLASS_SLACK,  /* at most b cheat, n-a-b absent, messages arrive: must succeed at once */
    CLASS_VENDOR, /* up to n-t cheat, messages arrive */
    CLASS_HARSH,  /* at most b cheat; loss, partitions, crashes, stalls */
    CLASS_STORM,  /* first attempt: more than n-a missing; then as CALM */
    CLASSES
};

struct scenario {
    uint64_t seed;
    bool real; /* ristretto255 */
    enum scenario_class class;
    unsigned n, t;
    unsigned old_n, old_t;        /* DEGRADED sizes: of the committee that shrank, else 0 */
    unsigned slack;               /* and what the predicate was asked with */
    uint8_t vendor[SIM_N + 1];    /* DEGRADED sizes: by seat, else 0 */
    bool vendor_cheats;           /* a whole vendor does, maybe more than n-t: never t */
    uint32_t byzantine;           /* nodes */
    uint32_t absent;              /* nodes that never enrol in the first attempt */
    uint32_t crash_at[SIM_NODES]; /* tick, 0 never */
    uint32_t revive_at[SIM_NODES];
    uint32_t cut_from[SIM_NODES], cut_to[SIM_NODES];
    unsigned lag; /* blocks to finality */
    uint32_t phase, ready_phase;
    unsigned loss;                 /* percent of packets and transactions */
    unsigned in_a_row;             /* losses in a row on one path, at most */
    unsigned delay;                /* ticks, at most */
    unsigned reorgs;               /* left */
    uint32_t stall_from, stall_to; /* ticks without finality */
    uint32_t split; /* nodes on one side of a cut between members (not to the chain) */
    uint32_t split_from, split_to;
};

/* --- what happened, summed over schedules --- */

enum event {
    EVENT_FAST,
    EVENT_SLOW,
    EVENT_FAILED_THEN_OK,
    EVENT_UPHELD,
    EVENT_FALSE,
    EVENT_C5,
    EVENT_C6,
    EVENT_COMMIT_REORG,
    EVENT_DEGRADED,      /* a key at DEGRADED sizes */
    EVENT_DEGRADED_HIGH, /* a key with a t above the majority that is usual */
    EVENT_VENDOR,        /* a whole vendor of such a committee cheated, more than n-t */
    EVENT_NEVER,         /* no key within the attempts: allowed outside CALM, SLACK and STORM */
    EVENTS
};

/* First transcripts seen in an attempt, and who ever held a share of which. */
struct attempt_record {
    bool have_all, have_qual;
    uint8_t all[32], qual[32];
    bool activated;
    uint8_t active[32];
    uint32_t held_all, held_qual; /* seats */
    struct scalar share_all[SIM_N + 1], share_qual[SIM_N + 1];
    struct dkg_public pub_all, pub_qual;
};

struct world {
    struct scenario s;
    const struct group *g;
    struct rng_seeded rng;
    bool verbose;
    uint32_t tick;
    uint32_t head;       /* newest block */
    uint32_t final;      /* newest finalized block */
    struct block *block; /* SIM_BLOCKS */
    struct tx *mempool;
    unsigned mempool_n;
    struct packet *packet;
    unsigned packets;
    struct sim_blob *blob;
    int blobs;
    struct member *member; /* SIM_NODES */
    unsigned nodes;
    uint8_t lost_tx[SIM_NODES], lost_packet[SIM_NODES][SIM_NODES]; /* in a row */
    struct scalar shared_e, shared_excess;                         /* byzantine partners' */
    uint8_t bogus[32]; /* the transcript that liars agree on */
    struct attempt_record record[SIM_ATTEMPTS + 2];
    uint8_t (*seen)[32]; /* values that may never come twice */
    unsigned seen_n;
    uint64_t event[EVENTS];
    bool commit_reorged;
    char failure[200];
};

/* --- scenario.c --- */
void scenario_of(struct scenario *s, uint64_t seed, bool real);
/* Plans of the byzantine members, who act together. */
void scenario_coalition(struct world *w);
const char *scenario_name(enum scenario_class c);

/* --- chain.c --- */
void chain_init(struct world *w);
void chain_step(struct world *w);
void chain_send(struct world *w, struct member *m, const struct tx *tx);
static inline const struct contract *chain_final(const struct world *w)
{
    return &w->block[w->final].c;
}
static inline const struct contract *chain_head(const struct world *w)
{
    return &w->block[w->head].c;
}
/* Members of an attempt as open() froze them, and what sid binds. */
void chain_open_of(const struct world *w, uint32_t block, struct dkg_open *open,
                   struct dkg_member members[static SIM_N]);

/* --- member.c --- */
void member_start(struct world *w, struct member *m);
void member_stop(struct member *m);
void member_step(struct world *w, struct member *m);
void member_receive(struct world *w, struct member *m, const struct packet *p);
/* Carry out what the attempt wants. Byzantine members pick by plan. */
void member_do(struct world *w, struct member *m, const struct dkg_action *act);

/* --- byz.c --- */
void byz_step(struct world *w, struct member *m);
bool byz_takes_over(const struct member *m, enum dkg_action_kind kind);
int byz_answer(struct world *w, struct member *m, int blob);
void byz_reorged_commit(struct world *w, struct tx *tx);

/* --- world.c --- */
unsigned roll(struct world *w, unsigned n);
bool chance(struct world *w, unsigned percent);
void net_send(struct world *w, const struct packet *p);
int blob_add(struct world *w, const struct dkg_blob *b, const uint8_t hash[static 32],
             unsigned dealer, const struct truth *t);
int blob_find(const struct world *w, const uint8_t hash[static 32]);
void say(const struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Record a broken invariant; the first one stays. */
void broken(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Run one schedule. False with w->failure set when something that must hold did not. */
bool world_run(struct world *w, uint64_t seed, bool real, bool verbose);
bool world_new(struct world *w);
void world_free(struct world *w);

/* --- oracle.c --- */
/* What the scenario says of a DEGRADED committee is what SPEC 6 promises. */
void oracle_sizes(struct world *w);
void oracle_unique(struct world *w, const uint8_t value[static 32], const char *what);
void oracle_complaint(struct world *w, const struct member *m, unsigned dealer);
void oracle_release(struct world *w, const struct member *m);
void oracle_ready(struct world *w, const struct member *m);
void oracle_member(struct world *w, const struct member *m);
void oracle_activated(struct world *w);
void oracle_end(struct world *w);

#endif
