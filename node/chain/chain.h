/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chain.h - the parts of polyclave-chain and what they share.
 *
 *   service.c   links and handlers
 *   asks.c      questions to rpc, answers by id
 *   blocks.c    the hash of an old block, as k endpoints say alike
 *   prove.c     storage words of several contracts, proved at one head
 *   sync.c      the round: agreed head -> headers -> logs -> calldata -> proofs -> tell
 *   index.c     what the logs said: nodes, records, certificates, policies
 *   take.c      one log at a time into index and board
 *   posted.c    calldata of postings: evidence, certificates, collateral
 *   vendor.c    what differs by vendor in all that
 *   accepted.c  what was in force when evidence was accepted; what polyclaved's mirror is told
 *   attempt.c   the attempt under way and the active epoch: facts for vault and polyclaved
 *   kept.c      what was read, kept over a restart as a checkpoint; kept_form.c: its bytes
 *   standing.c  this node's own standing, and what is in force
 *   lookup.c    record and policy for one release request
 *
 * There is no network here and no JSON: rpc brings bounded binary, and nothing of it counts before
 * a header's hash, a Merkle proof or a running hash says so. After a start reading goes on from a
 * checkpoint in polyclaved's store, which is believed as little, or begins at the contracts' first
 * block.
 */
#ifndef PC_NODE_CHAIN_H
#define PC_NODE_CHAIN_H

#include "chain/app_policy.h"
#include "chain/board.h"
#include "chain/cursor.h"
#include "chain/events.h"
#include "chain/gossip.h"
#include "chain/head.h"
#include "chain/mpt.h"
#include "chain/view.h"
#include "crypto/hash.h"
#include "crypto/ids.h"
#include "node/daemon/daemon.h"

struct chain;

/* ---- asks.c ---- */

#define ASKS_MAX       64
#define ASK_TIMEOUT_MS 20000u

/* data is empty unless e is PC_OK. */
typedef void (*ask_done)(void *ctx, enum err_code e, unsigned endpoint, struct bytes data);

struct ask {
    bool used;
    uint64_t id;
    uint64_t sent;
    ask_done done;
    void *ctx;
};

struct asks {
    struct ask a[ASKS_MAX];
    uint64_t next_id;
};

/* m->id is set here. PC_E_FULL, or the link's error: done is then not called. */
PC_MUST_USE enum err_code ask_send(struct chain *c, struct ipc_cr_ask *m, ask_done done, void *ctx);
enum err_code ask_answer(struct chain *c, const struct ipc_cr_answer *m);
void ask_blame(struct chain *c, unsigned endpoint, enum err_code why);
void asks_tick(struct chain *c);
/* rpc is gone: everything that is open ends with PC_E_RETRY. */
void asks_drop(struct chain *c);

/* ---- blocks.c ---- */

struct block_poll;
/* PC_OK, or PC_E_RETRY: too few say the same. */
typedef void (*block_poll_done)(struct block_poll *p, enum err_code e, const struct evm_word *hash);

struct block_poll {
    struct chain *c;
    block_poll_done done;
    bool asked; /* an answer is on its way */
    uint64_t number;
    uint8_t avoid; /* who has answered */
    unsigned n;
    struct {
        struct evm_word hash;
        uint8_t from; /* endpoints */
        unsigned votes;
    } claim[IPC_RPC_MAX];
};

/* Only while !p->asked. `done` is called once, perhaps before this returns. */
void block_poll_run(struct block_poll *p, struct chain *c, uint64_t number, block_poll_done done);

/* ---- prove.c ---- */

#define PROVE_SETS  8
#define PROVE_SLOTS 16

struct proof_set {
    struct evm_address account;
    unsigned n;
    struct evm_word slot[PROVE_SLOTS];
    struct evm_word word[PROVE_SLOTS]; /* the answer */
};

struct prove {
    struct chain *c;
    bool active;
    struct head head;
    unsigned n_sets;
    struct proof_set set[PROVE_SETS];
    unsigned at;
    uint8_t avoid;
    /* PC_OK: every word is proved at `head`. PC_E_RETRY: they could not be had. */
    void (*done)(struct prove *p, enum err_code e);
    void *ctx;
};

/* Begin a batch at the accepted head. */
void prove_begin(struct prove *p, struct chain *c, void (*done)(struct prove *, enum err_code),
                 void *ctx);
/* Add an account; then add slots to it. More than fits is a bug. */
struct proof_set *prove_account(struct prove *p, const uint8_t address[static 20]);
/* Position of the word in set->word. */
unsigned prove_slot(struct proof_set *s, struct evm_word slot);
void prove_run(struct prove *p);

/* ---- index.c ---- */

#define NODES_MAX       4096
#define RECORDS_MAX     16384
#define LEAVES_MAX      4096
#define AUTHORITIES_MAX 64
#define POLICIES_MAX    8192
#define SIGNERS_MAX     4096
#define FORCES_MAX      2048
#define WAITING_MAX     256
#define LEAF_RECORD     194 /* the longest; shorter ones are padded with zeros */
#define CERT_MAX        2048

struct node_entry {
    uint32_t id; /* 0: free */
    struct event_keys keys;
    struct evm_word keys_hash, record, measurement, platform;
    struct evm_address owner, verifier;
    uint8_t vendor;
    uint8_t n_domains;
    struct evm_word domain[PC_EVENT_DOMAINS];
    char endpoint[PC_EVENT_ENDPOINT + 1];
    bool left, revoked;
};

/* One record of Attestations, as its event said; proved when it is used. */
struct record_entry {
    bool used;
    struct evm_word record, subject, context, measurement, platform, claims;
    struct evm_address verifier;
    struct evm_word tx; /* where the evidence is */
    uint8_t vendor;     /* as the event says; the proved word is compared with it */
    uint64_t bound_block;
    uint64_t attested_at;
    uint64_t valid_until;
    uint64_t block, seq; /* of the event; place among all logs */
    uint8_t kind;        /* enum subject_kind */
    bool mirrored;       /* polyclaved was told */
    bool parsed;         /* the fields below come from calldata */
    uint8_t product[32];
    uint8_t leaf_issuer;
    uint8_t leaf[LEAF_RECORD];
    size_t evidence_n;
    uint8_t *evidence; /* of nodes only; owned */
};

struct leaf_entry {
    bool used;
    uint8_t record[LEAF_RECORD];
    struct evm_word authority;
    size_t n;
    uint8_t der[CERT_MAX];
};

struct authority_entry {
    bool used;
    struct evm_word id;
    uint8_t role;
    size_t n;
    uint8_t der[CERT_MAX];
};

/* Which authority signed the object with that digest. */
struct signer_entry {
    bool used;
    uint8_t digest[32];
    struct evm_word authority;
};

/* An object of collateral that came into force, as the verifier's event said. */
struct force_entry {
    struct evm_word object, digest;
    uint64_t until;
    uint64_t seq; /* place among all logs; 0: free */
};

/* A set that waits for its time. */
struct waiting_entry {
    struct evm_word object, digest;
    uint32_t number; /* 0: free */
    uint64_t effect_at;
};

/* Bytes of an application's policy by their keccak256. */
struct policy_entry {
    bool used;
    uint64_t stamp; /* of the last use */
    struct evm_word hash;
    size_t n;
    uint8_t *bytes; /* owned */
};

struct index {
    struct node_entry nodes[NODES_MAX];
    struct record_entry records[RECORDS_MAX];
    struct leaf_entry leaves[LEAVES_MAX];
    struct authority_entry authorities[AUTHORITIES_MAX];
    struct signer_entry signers[SIGNERS_MAX];
    struct policy_entry policies[POLICIES_MAX];
    struct force_entry forces[FORCES_MAX];
    struct waiting_entry waiting[WAITING_MAX];
    size_t next_force, next_waiting;
    uint64_t seq; /* logs taken so far */
    size_t next_record, next_leaf, next_signer;
    uint64_t policy_stamp;
};

void index_clear(struct index *x);
struct node_entry *index_node(struct index *x, uint32_t id); /* NULL if unknown */
struct node_entry *index_node_new(struct index *x, uint32_t id);
struct node_entry *index_node_by_keys(struct index *x, const struct evm_word *keys_hash);
struct record_entry *index_record(struct index *x, const struct evm_word *record);
/* The entry of that record: as it is if there is one (its calldata hold until newer ones are read),
 * else a new one. */
struct record_entry *index_record_new(struct index *x, const struct evm_word *record);
struct leaf_entry *index_leaf(struct index *x, const uint8_t record[static LEAF_RECORD]);
struct leaf_entry *index_leaf_new(struct index *x);
struct authority_entry *index_authority(struct index *x, const struct evm_word *id);
struct authority_entry *index_authority_new(struct index *x, const struct evm_word *id);
/* The certificates that were posted apart from that record's evidence, in DER: views, empty for a
 * vendor that has none apart. False: one is not known. */
bool index_certificates(struct index *x, struct bytes *leaf, struct bytes *ca,
                        const struct record_entry *r);
void index_policy_add(struct index *x, struct bytes policy);
struct bytes index_policy(struct index *x, const struct evm_word *hash); /* empty: unknown */
void index_signer_add(struct index *x, const uint8_t digest[static 32],
                      const struct evm_word *authority);
const struct signer_entry *index_signer(const struct index *x, const uint8_t digest[static 32]);

/* From calldata or a checkpoint: hint record of the leaf, at least as long as the vendor's
 * (PC_E_MALFORMED: it is none); a node's evidence, copied (PC_E_MEMORY). */
PC_MUST_USE enum err_code record_take_leaf(struct record_entry *r, struct bytes hints);
PC_MUST_USE enum err_code record_take_evidence(struct record_entry *r, struct bytes evidence);

/* ---- vendor.c ---- */

/* Digests of the objects in force by which one evidence is judged, by enum collateral_object of
 * attest/verdict.h; zero: none. */
enum { FORCE_TCB_INFO, FORCE_QE_IDENTITY, FORCE_ROOT_CRL, FORCE_LEAF_CRL, FORCE_COUNT };

/* An object of a vendor's verifier, and as which of FORCE_* it counts. */
struct vendor_object {
    unsigned at;
    struct evm_word object;
};

/* The vendor's verifier; NULL: policy.bin names none. And whose that address is; 0: nobody's. */
const uint8_t *vendor_verifier(const struct policy_policy *p, uint8_t vendor);
uint8_t vendor_of_verifier(const struct policy_policy *p, const uint8_t address[static 20]);
/* Bytes of a leaf record; 0: no such vendor. */
size_t vendor_record_len(uint8_t vendor);
/* Are certificates posted apart from the evidence? */
bool vendor_has_leaf(uint8_t vendor);
/* Product and issuer out of r->leaf. PC_E_MALFORMED: no record of r->vendor. */
PC_MUST_USE enum err_code vendor_read_record(struct record_entry *r);
/* Objects.serialId of the certificate that vouches for the machine, out of r->leaf. */
struct evm_word vendor_serial_id(const struct record_entry *r);
/* What an evidence with that record is judged by; their number. */
unsigned vendor_objects(struct vendor_object out[static FORCE_COUNT], const struct record_entry *r);
/* A list's object. PC_E_NOT_FOUND: the vendor has no such list. */
PC_MUST_USE enum err_code vendor_list_object(struct evm_word *out, uint8_t vendor, uint8_t number);
uint8_t vendor_of_object(const struct evm_word *object);
/* Add the words of these objects to a batch, as its last set; none if nothing can be in force. */
void vendor_prove_force(struct prove *p, const struct record_entry *r);
/* And read them: `set` is their place in the batch. */
void vendor_take_force(struct evm_word out[static FORCE_COUNT], const struct prove *p, unsigned set,
                       const struct record_entry *r);

/* ---- posted.c ---- */

#define POSTED_MAX 4096

enum posted_kind { POSTED_ATTEST, POSTED_VERIFIER };

struct posted {
    enum posted_kind kind;
    struct evm_word tx;
    struct evm_word key; /* attest: the record; verifier: id that the event gives */
    unsigned tries;
    uint8_t role; /* verifier, authority: its role; 0 otherwise */
    bool leaf;    /* verifier: a leaf certificate, record below */
    uint8_t record[LEAF_RECORD];
};

/* Calldata of the first that waits, as the endpoints give it: it counts when k say the same, as for
 * heads. One that lies could else spoil a record, or a signer's name, until the next restart. */
struct posted_poll {
    uint8_t avoid; /* who has answered */
    unsigned n;
    struct {
        uint8_t hash[32];
        uint8_t from; /* endpoints */
        unsigned votes;
    } claim[IPC_RPC_MAX];
};

/* A log of the vendor's verifier, or an Attested event: its calldata is wanted. */
void posted_want(struct chain *c, const struct posted *p);
void posted_verifier_log(struct chain *c, uint8_t vendor, const struct log_record *log);
/* Before the first posted_step of a round: each that waits is asked for once at most. No round
 * waits for calldata that nobody gives: strangers choose what they post. */
void posted_round(struct chain *c);
/* Fetches the next and gives true; false if the round is done with them. */
bool posted_step(struct chain *c);
/* A node joined, or has new keys: its evidence may be here already. */
void posted_node_keys(struct chain *c, const struct node_entry *n);
/* Tell polyclaved everything again. */
void posted_repeat(struct chain *c);

/* ---- accepted.c ---- */

/* A log of the vendor's verifier about what is in force or waits. True if it was one. */
bool accepted_verifier_log(struct chain *c, uint8_t vendor, const struct log_record *log);
/* The evidence behind a record, as posted, is known: polyclaved is told. */
void accepted_tell(struct chain *c, struct record_entry *r, struct bytes evidence);
/* A new polyclaved: what is in force and waits again; evidence that it was not told, from calldata.
 */
void accepted_repeat(struct chain *c);
/* Statuses that each vendor's policy accepts, with each head. */
void accepted_statuses(struct chain *c);

/* ---- attempt.c ---- */

struct attempt_log; /* facts of one attempt, in order */

void attempt_init(struct chain *c);
void attempt_clear(struct chain *c);
/* An event of Epochs. */
void attempt_take(struct chain *c, const struct event *e, const struct log_record *log);
/* A node has other keys, another endpoint, or left: who has it as a member is told anew. */
void attempt_member_changed(struct chain *c, uint32_t id);
/* After a whole round, everything proved: give vault, polyclaved and attest what is new. */
void attempt_tell(struct chain *c);
void attempt_repeat_vault(struct chain *c);
void attempt_repeat_polyclaved(struct chain *c);
void attempt_repeat_peer(struct chain *c);
void attempt_repeat_attest(struct chain *c);
/* Do the events that were read match the proved words: the running hashes, the attempt under way,
 * the epoch? PC_E_MISMATCH if not. */
PC_MUST_USE enum err_code attempt_check(struct chain *c);
/* Index of this node in that epoch's committee, 0: none. */
uint16_t attempt_own_index(const struct chain *c, uint64_t epoch);
/* Where the words of both attempts lie; 0 for one that is not there. */
uint64_t attempt_active_epoch(const struct chain *c);
uint64_t attempt_current_epoch(const struct chain *c);
/* Identity key of a member of the active epoch; false if there is none. */
bool attempt_identity(const struct chain *c, uint16_t index, uint8_t out[static 32]);
/* A dropped round: what was being prepared is asked for again. */
void attempt_drop(struct chain *c);

/* ---- standing.c ---- */

/* On what this node stands. */
struct own_kind {
    uint8_t vendor;
    struct evm_word product;
};

/* What the words proved at the accepted head say. */
struct standing {
    bool known;
    struct view_now now;
    struct view_attempt attempt;
    struct view_opening opening;
    struct evm_word acc[PC_ACC_COUNT];
    struct view_epoch active;  /* of now.epoch */
    struct evm_word open_root; /* member root of the attempt under way, if open */
    uint32_t node_id;
    enum ipc_node_state state;
    bool recovering;
    uint64_t valid_until;
    struct own_kind own; /* as the registry has it */
    struct { /* what each vendor's policy accepts, known while this node is registered; 0: none */
        uint16_t statuses;
        uint64_t out_of_date_until;
    } accepts[PC_VENDOR_NITRO + 1];
};

void standing_prove(struct chain *c); /* calls sync_proved when done */

/* ---- lookup.c ---- */

#define LOOKUPS_MAX 32

struct lookup {
    bool used;
    struct ipc_pc_lookup ask;
    struct prove prove;
    struct app_policy policy;
    struct record_entry record;
};

enum err_code lookup_start(struct chain *c, const struct ipc_pc_lookup *m);

/* Context of one piece of evidence for attest: the objects in force for its product. */
void context_send(struct chain *c, const uint8_t digest[static 32], const struct record_entry *r,
                  const struct evm_word in_force[static FORCE_COUNT], uint64_t attested_at,
                  uint32_t collateral_epoch);

/* ---- kept.c ---- */

#define KEPT_MAX             ((size_t)IPC_PARTS_MAX * IPC_OBJECT_MAX)
#define KEPT_COPIES          2u     /* how many the store holds */
#define KEPT_EVERY           64u    /* blocks between two of them, and one more ... */
#define KEPT_BYTES_PER_BLOCK 65536u /* ... for each that many bytes */

enum kept_state { KEPT_WANTED, KEPT_CLAIMED, KEPT_READING, KEPT_PROVEN };

/* What a checkpoint says of itself. */
struct kept_claim {
    uint64_t number; /* every log up to this block is in it */
    struct evm_word hash;
    uint64_t since; /* time of the head with which reading from the first block ended */
};

struct kept {
    enum kept_state state;
    unsigned skip;  /* how many of the stored ones did not hold: 0..KEPT_COPIES */
    bool confirmed; /* its block is on the accepted chain */
    bool doubt;     /* events are missing: nothing is kept until all was read again */
    bool untold;    /* polyclaved may lack an object: nothing younger is kept */
    struct kept_claim claim;
    uint64_t saved_at, every, asked_at;
    /* one checkpoint on its way, in either direction */
    bool saving;
    uint8_t *buf; /* owned */
    size_t n;
    uint32_t part, parts;
    uint64_t objects_told, objects_saved, objects_kept;
    struct block_poll poll;
};

void kept_start(struct chain *c);
void kept_end(struct chain *c);
/* Everything was cleared. The newest checkpoint is wanted if what was here had been proved (an
 * endpoint has lied since), else the next older one, else none. */
void kept_again(struct chain *c);
void kept_tick(struct chain *c);
void kept_link_up(struct chain *c);
void kept_link_down(struct chain *c);
void kept_on_keys(struct chain *c); /* the own keys are there */
void kept_on_part(struct chain *c, const struct ipc_dc_kept *m);
void kept_on_put(struct chain *c, const struct ipc_dc_kept_put_r *m);
/* Step SYNC_KEPT: is the checkpoint's block on the accepted chain? Goes on with SYNC_LOGS. */
bool kept_unconfirmed(const struct chain *c);
void kept_confirm(struct chain *c);
/* What is here came out of the store, and nothing has proved it yet. */
bool kept_claimed(const struct chain *c);
void kept_refuted(struct chain *c);
/* A head has proved what is here and was told: perhaps a checkpoint is due. */
void kept_proved(struct chain *c);
/* A collateral object was told to polyclaved, which alone keeps it. */
void kept_object(struct chain *c, bool sent);
void kept_untold(struct chain *c);
/* Something proves that events were held back which no running hash covers: what was read is good
 * for this run, but must not be kept. */
void kept_doubt(struct chain *c, const char *why);

/* kept_form.c. Of everything at sync.told_head; *out is the caller's to free. PC_E_TOO_LARGE. */
PC_MUST_USE enum err_code kept_form_write(const struct chain *c, uint64_t since, uint8_t **out,
                                          size_t *n);
/* Into empty tables; after an error they hold rubbish: clear them. PC_E_REFUSED: it is another
 * network's, policy's or version's. */
PC_MUST_USE enum err_code kept_form_read(struct chain *c, struct bytes whole,
                                         struct kept_claim *claim);

/* ---- sync.c ---- */

enum sync_step {
    SYNC_IDLE,
    SYNC_HEAD,
    SYNC_HEADERS,
    SYNC_KEPT,
    SYNC_LOGS,
    SYNC_CALLDATA,
    SYNC_PROOFS
};

struct sync {
    enum sync_step step;
    uint8_t avoid;         /* endpoints that gave this round a false answer */
    bool paged;            /* the next block has more logs than one answer holds */
    uint64_t skip;         /* how many of them were taken */
    uint8_t logs_from;     /* endpoints that gave logs since reading began */
    unsigned next_alone;   /* whose turn it is to give all of them alone */
    uint64_t told;         /* number of the head that was told last; 0: none */
    bool again;            /* a neighbour is new: the same head is told again */
    struct head told_head; /* and the whole of it */
    bool misread;          /* a log was refuted after its round: read again */
    uint64_t fresh_at;     /* loop_now of the last agreed head */
    enum ipc_health health;
    struct loop_timer timer;
};

void sync_start(struct chain *c);
void sync_step(struct chain *c);
/* standing.c is done with the round's proofs. */
void sync_proved(struct chain *c, enum err_code e);
void sync_drop(struct chain *c);
/* Everything is forgotten and read again: from a checkpoint (kept_again) or the first block. */
void sync_restart(struct chain *c);
/* Is everything that was taken checked and told, up to the accepted head? Between a head's
 * acceptance and the end of its round it is not. */
bool sync_settled(const struct chain *c);
/* Gossip was added: a disagreement stops the node at once. */
void sync_gossiped(struct chain *c);

struct chain {
    struct daemon d;
    struct head_verifier verifier;
    struct log_cursor cursor;
    struct gossip gossip;
    struct board board;
    struct event_sources sources;
    struct asks asks;
    struct sync sync;
    struct kept kept;
    struct index *index;
    struct attempt_log *attempts;
    struct standing standing;
    struct prove standing_proof;
    uint32_t standing_id; /* own node id of that proof, and what it is about */
    struct own_kind standing_own;
    struct evm_word standing_serial; /* serialId of the own certificate; zero: not known */
    struct lookup lookups[LOOKUPS_MAX];
    struct posted posted[POSTED_MAX];
    size_t posted_first, posted_n, posted_left;
    struct posted_poll posted_poll;
    struct ipc_endpoint_state endpoints[IPC_RPC_MAX];
    uint32_t n_endpoints;
    char urls[IPC_RPC_MAX][IPC_URL_MAX];
    uint16_t url_n[IPC_RPC_MAX];
    uint8_t n_urls, agree;
    bool have_keys;
    struct wire_node_keys keys; /* of the own vault */
    bool have_config;
};

/* ---- service.c ---- */

void chain_spec(struct daemon_spec *out, struct chain *c);
/* After daemon_begin: memory, head verifier, timers. Before the sandbox closes. */
PC_MUST_USE enum err_code chain_start(struct chain *c);
/* Frees what chain_start took. */
void chain_end(struct chain *c);

#endif
