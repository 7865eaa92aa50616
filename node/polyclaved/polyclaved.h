/* SPDX-License-Identifier: Apache-2.0 */
/*
 * polyclaved.h - the parts of polyclaved and what they share.
 *
 *   service.c    links and handlers: who calls which part
 *   config.c     the operator's file
 *   calls.c      N calls and calls of anybody, through the relay, until the chain shows them
 *   relay.c      the relay's socket
 *   attempt.c    one attempt at an epoch: when to enrol, deal, vote, complain, say READY
 *   blobs.c      dealers' blobs: vault <-> peer
 *   evidence.c   own quote and its renewal; the members' evidence
 *   assemble.c   a vendor's evidence from its posted parts; roots.c: with which root
 *   objects.c    bytes by hash for attest and for strangers
 *   mirror.c     accepted evidence and collateral for whoever asks, bounded, in a store of its own
 *   forecast.c   when each node loses its standing, for /metrics
 *   kept.c       chain's checkpoints
 *   control.c    the operator's socket
 *
 * All of it is public data and timing: whatever goes wrong here costs liveness. What is signed,
 * dealt or released is the vault's decision.
 */
#ifndef PC_NODE_POLYCLAVED_H
#define PC_NODE_POLYCLAVED_H

#include "node/daemon/daemon.h"
#include "node/polyclaved/config.h"
#include "protocol/relay_wire.h"
#include "storage/store.h"

#define EVIDENCE_MAX WIRE_EVIDENCE_MAX
#define MISSING_MAX  64

/* ---- calls.c: what must get into the chain ---- */

#define CALLS_MAX 300 /* of one attempt: enrol, commit, vote, READY, a complaint per dealer */

enum call_state {
    CALL_FREE,
    CALL_WAITING, /* to be sent at the next head */
    CALL_SENT,    /* the relay has it */
    CALL_MINED,   /* waits for the final event; sent again if it does not come */
};

struct call {
    enum call_state state;
    uint64_t request; /* id towards the relay */
    uint64_t since;   /* head number when it was sent, or when the relay said that it is mined */
    struct ipc_vd_ncall n;
};

/* A call of anybody, tried once per turn until its reason is gone. */
enum plain { PLAIN_ANNOUNCE, PLAIN_OPEN, PLAIN_FAIL, PLAIN_ACTIVATE, PLAIN_COUNT };

struct calls {
    struct call n[CALLS_MAX];
    bool wanted[PLAIN_COUNT];
    uint64_t plain_request[PLAIN_COUNT]; /* 0: none under way */
    uint64_t plain_since[PLAIN_COUNT];   /* head number */
    uint8_t preimage[RELAY_PREIMAGE_LIMIT];
    size_t preimage_len;
    uint64_t last_seq;
    uint64_t next_request;
    char endpoint[WIRE_ENDPOINT_MAX + 1];
};

/* ---- attempt.c ---- */

struct member_job {
    uint32_t node_id;
    bool sent;
    bool done;
};

struct attempt {
    uint64_t epoch;
    uint32_t number; /* 0: none known */
    bool announced;
    bool open;
    bool over; /* active or failed */
    uint64_t enrol_until;
    uint64_t last_block[8]; /* by enum ipc_phase_end */
    uint16_t own_index;
    uint16_t n;
    bool enrolled, dealt; /* seen on chain */
    bool late_vote;       /* the vault was told to vote on what it knows */
    bool rearm;           /* something of the vault was lost: ask it anew at the next head */
    struct member_job members[WIRE_MEMBERS_MAX + 1];
};

/* ---- blobs.c ---- */

struct blob_in {
    bool active;
    uint64_t epoch;
    uint32_t attempt;
    uint16_t dealer;
    uint32_t length;
    uint32_t filled;
    uint8_t hash[32];
    uint8_t data[IPC_BLOB_MAX];
};

struct blobs {
    struct blob_in own;                /* arriving from the vault */
    bool wanted[WIRE_MEMBERS_MAX + 1]; /* asked of peer, not fed yet */
    uint8_t hash[WIRE_MEMBERS_MAX + 1][32];
};

/* ---- evidence.c ---- */

enum quote_use { QUOTE_NONE, QUOTE_BUNDLE, QUOTE_RENEW, QUOTE_REJOIN };

struct evidence {
    enum quote_use use; /* what the quote under way is for */
    bool bound_asked;
    struct wire_block bound;
    uint8_t bytes[EVIDENCE_MAX];
    size_t n;
    uint16_t next_seq;
    uint64_t started;     /* loop_now */
    uint64_t request;     /* attest or reattest at the relay */
    uint64_t valid_until; /* of the record, as last seen */
    uint64_t renew_at;    /* chain time */
    uint64_t retry_at;    /* loop_now, after a failure; or until a success must show on chain */
    unsigned failures;    /* to renew or rejoin, one after another */
    bool rejoin_attested; /* relay_attest done, relay_reattest to follow */
};

/* ---- mirror.c ---- */

#define MIRROR_EVIDENCE_MAX 16384
#define MIRROR_OBJECTS_MAX  4096

struct mirror_entry {
    uint8_t hash[32]; /* of the evidence */
    uint8_t record[32];
    uint64_t attested_at;
    uint32_t n; /* bytes in the store */
    bool node;  /* of a node, not of an application */
};

struct mirror {
    struct store *store;          /* NULL: refused at the start; the node goes on without */
    struct mirror_entry *entries; /* MIRROR_EVIDENCE_MAX, ascending by hash */
    size_t n;
    uint64_t bytes, node_bytes; /* of evidence; of that, of nodes */
    struct { /* which object has which name; twice what the store holds, oldest overwritten */
        uint8_t name[32], hash[32];
    } object[2 * MIRROR_OBJECTS_MAX];
    size_t next_object;
    uint64_t evidence_max;           /* bytes */
    uint64_t served, missed, pruned; /* metrics */
};

/* ---- forecast.c ---- */

#define FORECAST_NODES   WIRE_MEMBERS_MAX
#define FORECAST_OBJECTS 64
#define FORECAST_WAITING 4 /* of one object */

/* What one node's evidence comes to under the sets that hold and that wait. Times are Unix seconds;
 * UINT64_MAX: never, as far as is known. */
struct forecast_node {
    uint32_t node_id; /* 0: free */
    uint8_t evidence[32];
    uint8_t question[32]; /* digest of what the answers below are for */
    unsigned next;        /* which judgement is due; all done when past the last */
    bool known;           /* the first was made: `current` counts */
    uint64_t valid_until; /* of the record that this evidence made */
    uint64_t current;     /* from then on it cannot renew, if nothing newer is posted; 0: now */
    uint64_t upcoming;    /* a waiting set that refuses it takes effect */
};

struct forecast {
    struct forecast_node node[FORECAST_NODES];
    struct ipc_dc_upcoming object[FORECAST_OBJECTS];
    size_t n_objects;
    struct { /* what the vendor's policy accepts; 0: nothing */
        bool told;
        uint16_t statuses;
        uint64_t out_of_date_until;
    } accepted[WIRE_VENDOR_NITRO + 1];
    uint8_t asked[32]; /* digest of the judgement under way; zero: none */
    uint64_t asked_at; /* loop_now */
    size_t turn;
};

/* ---- roots.c ---- */

struct vendor_root {
    uint8_t hash[32];
    size_t n;
    uint8_t der[CONFIG_MAX_ROOT];
};

struct control;
struct relay;

struct polyclaved {
    struct daemon d;
    struct config config;
    struct store *store;
    struct vendor_root roots[CONFIG_MAX_ROOTS];
    size_t n_roots;
    struct relay *relay;
    struct control *control;

    bool have_keys;
    struct wire_node_keys keys;
    uint8_t keys_hash[32];
    /* Last id under which this node was seen, and its keys then; they survive restarts. */
    uint32_t registered_id;
    uint8_t registered_keys[32];

    bool have_head;
    struct wire_head head;
    enum ipc_health health;
    uint32_t node_id;
    enum ipc_node_state state;
    bool recovering;
    uint64_t epoch, epoch_grace;

    struct calls calls;
    struct attempt attempt;
    struct blobs blobs;
    struct evidence evidence;
    struct mirror mirror;
    struct forecast forecast;
    struct { /* Y of one key, gathered from its pieces for GET /v1/epoch */
        struct ipc_vd_transcript t;
        uint8_t y[WIRE_MEMBERS_MAX][32];
        size_t have;
    } shown;

    struct loop_timer tick;
    uint64_t released, refused, replayed; /* decisions of the vault */
    uint64_t last_decision;
    uint8_t missing[MISSING_MAX][32]; /* objects.c */
    size_t next_missing;
    uint32_t kept_next; /* kept.c: the part of a checkpoint that comes next; 0: none is begun */
};

/* calls.c */
uint64_t calls_next_seq(struct polyclaved *p);
void calls_saw_seq(struct polyclaved *p, uint64_t seq);
void calls_signed(struct polyclaved *p, const struct ipc_vd_ncall *n);
/* The final event of an own call: it is done. index: dealer of a complaint, else 0. */
void calls_landed(struct polyclaved *p, enum ipc_ncall_kind kind, uint64_t seq);
/* Is a call of that kind on its way? */
bool calls_pending(const struct polyclaved *p, enum ipc_ncall_kind kind);
void calls_want(struct polyclaved *p, enum plain what, bool wanted);
void calls_set_preimage(struct polyclaved *p, const struct ipc_vd_transcript *t);
/* The attempt is over: nothing of it is worth sending, but a READY for the active epoch. */
void calls_drop_attempt(struct polyclaved *p, bool active);
void calls_on_head(struct polyclaved *p);
/* An answer of the relay; true if it was for a call of calls.c. */
bool calls_on_done(struct polyclaved *p, const struct relay_relay_done *m);
void calls_relay_gone(struct polyclaved *p);

/* relay.c: connects when needed; PC_E_CLOSED while the relay cannot be reached. */
PC_MUST_USE enum err_code relay_open(struct polyclaved *p);
void relay_close(struct polyclaved *p);
struct ipc_end *relay_end(struct polyclaved *p);
#define RELAY_SEND(p, name, m)                                                                     \
    __extension__({                                                                                \
        struct ipc_end *pc_relay_end = relay_end(p);                                               \
        struct bytes pc_relay_frame;                                                               \
        enum err_code pc_relay_e = PC_E_CLOSED;                                                    \
        if (pc_relay_end != NULL) {                                                                \
            pc_relay_e = relay_encode_##name(&pc_relay_frame, ipc_end_reserve(pc_relay_end),       \
                                             ipc_end_room(pc_relay_end), (m));                     \
            if (pc_relay_e == PC_OK)                                                               \
                pc_relay_e = ipc_end_commit(pc_relay_end, pc_relay_frame.n);                       \
        }                                                                                          \
        pc_relay_e;                                                                                \
    })

/* attempt.c */
enum err_code attempt_on_event(struct polyclaved *p, const struct ipc_dc_event *m);
enum err_code attempt_on_members(struct polyclaved *p, const struct ipc_dc_members *m);
void attempt_on_head(struct polyclaved *p);
void attempt_on_action(struct polyclaved *p, const struct ipc_vd_action *m);
void attempt_on_job_done(struct polyclaved *p, const struct ipc_pa_done *m);
/* attest was started anew: it knows no job. */
void attempt_attest_up(struct polyclaved *p);
/* the vault's link is new: ask it what it still wants. */
void attempt_vault_up(struct polyclaved *p);

/* blobs.c */
enum err_code blobs_on_head(struct polyclaved *p, const struct ipc_vd_blob_head *m);
enum err_code blobs_on_rec(struct polyclaved *p, const struct ipc_vd_blob_rec *m);
void blobs_fetch(struct polyclaved *p, const struct ipc_vd_action *m);
void blobs_got(struct polyclaved *p, const struct ipc_dp_got *m);
void blobs_result(struct polyclaved *p, const struct ipc_vd_blob_r *m);
void blobs_drop(struct polyclaved *p);
void blobs_peer_up(struct polyclaved *p);

/* evidence.c */
PC_MUST_USE enum err_code evidence_quote(struct polyclaved *p, enum quote_use use);
void evidence_on_bound(struct polyclaved *p, const struct ipc_dc_bound *m);
void evidence_on_chunk(struct polyclaved *p, const struct ipc_vd_quote_chunk *m);
void evidence_on_head(struct polyclaved *p);
bool evidence_on_done(struct polyclaved *p, const struct relay_relay_done *m);
void evidence_fail(struct polyclaved *p, const char *why);
/* The evidence that a node's record was made with, out of the chain's calldata. */
void evidence_on_posted(struct polyclaved *p, const struct ipc_dc_evidence *m);
/* The member's evidence into out, and whose it is; PC_E_NOT_FOUND if its bytes are not here. */
PC_MUST_USE enum err_code evidence_of_node(struct polyclaved *p, uint32_t node_id,
                                           enum wire_vendor *vendor, void *out, size_t cap,
                                           size_t *n);

/* roots.c. Read: all files of the configuration; what lacks or serves nothing is logged. */
PC_MUST_USE enum err_code roots_read(struct polyclaved *p, struct config_problem *why);
void roots_add(struct polyclaved *p, struct bytes der);
/* The root that policy.bin pins for a leaf of that issuer (struct attested); empty: not here. */
struct bytes roots_find(const struct polyclaved *p, enum wire_vendor vendor, uint8_t issuer);

/* assemble.c: evidence in its vendor's format from its posted parts, certificates in DER: a TDX
 * quote from the quote without certificates; an SNP report with its certificate table; a Nitro
 * document, which is posted whole. PC_E_MALFORMED if the parts cannot be one; PC_E_TOO_LARGE over
 * cap. The result is evidence, believed by nobody before attest has verified it. */
struct posted_parts {
    struct bytes posted, leaf, ca;
};
PC_MUST_USE enum err_code assemble_tdx(uint8_t *out, size_t cap, size_t *n,
                                       const struct posted_parts *in, struct bytes root);
PC_MUST_USE enum err_code assemble_snp(uint8_t *out, size_t cap, size_t *n,
                                       const struct posted_parts *in, struct bytes root);
PC_MUST_USE enum err_code assemble_nitro(uint8_t *out, size_t cap, size_t *n,
                                         const struct posted_parts *in);
/* With the root of roots.c. PC_E_NOT_FOUND: it is not here. */
PC_MUST_USE enum err_code assemble(struct polyclaved *p, uint8_t *out, size_t cap, size_t *n,
                                   enum wire_vendor vendor, uint8_t issuer,
                                   const struct posted_parts *in);

/* object_name.c: the name of a collateral object from its bytes: SHA-256 of the inner JSON object
 * of a TCB info or QE identity, of the tbsCertList of a CRL (told from a certificate by its
 * version), of a whole certificate. PC_E_MALFORMED for anything else. Forged bytes get a name that
 * nothing genuine has, and attest checks signatures. */
PC_MUST_USE enum err_code object_name(uint8_t out[static 32], struct bytes data);

/* objects.c */
void objects_on_bytes(struct polyclaved *p, const struct ipc_dc_bytes *m);
/* The object of that name, as attest asks for it: a view until the next call; empty if the store
 * does not hold it. */
struct bytes objects_named(struct polyclaved *p, const uint8_t name[static 32]);
void objects_on_get(struct polyclaved *p, const struct ipc_da_get *m);
void objects_on_put(struct polyclaved *p, const struct ipc_dp_put *m);
void objects_log_decision(struct polyclaved *p, const struct ipc_vd_decision *m);
void objects_keep_epoch(struct polyclaved *p, const struct ipc_vd_transcript *t);

/* mirror.c. Open: what is wrong is logged, and the node goes on without a mirror; PC_E_MEMORY
 * alone fails. */
PC_MUST_USE enum err_code mirror_open(struct polyclaved *p);
void mirror_close(struct polyclaved *p);
void mirror_accept(struct polyclaved *p, const struct ipc_dc_accepted *m);
/* A collateral object; one that is held already is left alone. */
void mirror_object(struct polyclaved *p, struct bytes data);
void mirror_on_get(struct polyclaved *p, const struct ipc_dp_mirror_get *m);
/* By the head's time: what is too old goes. */
void mirror_on_head(struct polyclaved *p);
/* What was accepted with that evidence, and the evidence (cap bytes, *n; out NULL: not wanted).
 * PC_E_NOT_FOUND. */
PC_MUST_USE enum err_code mirror_read(struct polyclaved *p, struct wire_attested *a, void *out,
                                      size_t cap, size_t *n, const uint8_t hash[static 32]);

/* forecast.c */
void forecast_on_upcoming(struct polyclaved *p, const struct ipc_dc_upcoming *m);
void forecast_on_statuses(struct polyclaved *p, const struct ipc_dc_statuses *m);
/* That node's evidence, by its hash, is the newest that was posted. */
void forecast_on_node(struct polyclaved *p, uint32_t node_id, const uint8_t evidence[static 32]);
void forecast_on_answer(struct polyclaved *p, const struct ipc_da_forecast_r *m);
void forecast_tick(struct polyclaved *p); /* asks the next question */
void forecast_attest_up(struct polyclaved *p);
/* Append "standing_seconds{node=..,set=..}" counters; names borrow from `names` (cap of 64 bytes
 * each). Returns the new count. */
size_t forecast_metrics(const struct polyclaved *p, struct ipc_counter *out, size_t n, size_t cap,
                        char (*names)[65]);
/* kept.c */
void kept_on_put(struct polyclaved *p, const struct ipc_dc_kept_put *m);
void kept_on_get(struct polyclaved *p, const struct ipc_dc_kept_get *m);
void kept_on_drop(struct polyclaved *p);

/* control.c */
PC_MUST_USE enum err_code control_open(struct polyclaved *p);
void control_close(struct polyclaved *p);
/* The quote for a join bundle is there, or failed (why, NULL if it succeeded). */
void control_bundle(struct polyclaved *p, const char *why);

/* service.c. In this order, after daemon_begin: read the operator's file (what is wrong with it is
 * logged); open store and sockets, before the sandbox closes; in the end, close them. */
void polyclaved_spec(struct daemon_spec *out, struct polyclaved *p);
PC_MUST_USE enum err_code polyclaved_configure(struct polyclaved *p, const char *path);
PC_MUST_USE enum err_code polyclaved_start(struct polyclaved *p);
void polyclaved_end(struct polyclaved *p);

#endif
