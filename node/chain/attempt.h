/* SPDX-License-Identifier: Apache-2.0 */
/* attempt.h - the inside of an attempt, for attempt.c (taking), attempt_tell.c (telling) and
 * kept_form.c (over a restart). */
#ifndef PC_NODE_CHAIN_ATTEMPT_H
#define PC_NODE_CHAIN_ATTEMPT_H

#include "node/chain/chain.h"

#define ENROLS_MAX    1024
#define GENESIS_EPOCH 1

struct enrolled {
    uint32_t id;
    uint64_t seq;
    uint8_t ek[32], pop[64], signature[65];
};

/* A fact for the vault; `call` holds what it needs of the event. */
struct fact {
    enum { FACT_COMMIT, FACT_VOTE, FACT_COMPLAINT, FACT_READY, FACT_PHASE } kind;
    uint64_t at;
    uint16_t index;
    uint8_t a[32], b[32];
    uint8_t proof[96];
    uint32_t length;
    uint16_t dealer;
    enum ipc_phase_end phase;
};

struct seat {
    uint32_t id;
    struct node_entry node; /* as registered when the attempt opened */
    struct enrolled enrolled;
    struct record_entry record; /* evidence pointer not owned */
    /* prepare.c: proved or fetched after the attempt opened */
    bool prepared;
    struct evm_word bound_hash;
    struct evm_word in_force[FORCE_COUNT];
    uint64_t attested_at, valid_until;
    uint32_t collateral_epoch;
};

struct one_attempt {
    bool used;
    uint64_t epoch;
    uint32_t number;
    uint64_t enrol_until;
    struct enrolled enrols[ENROLS_MAX];
    size_t n_enrols;
    bool open;
    bool open_agreed; /* the hash of open's block is what the endpoints agree on */
    struct ipc_vc_open opening;
    uint64_t b1; /* by CommitsComplete, 0 before */
    enum ipc_phase_end next_phase;
    bool over;
    struct seat seats[WIRE_MEMBERS_MAX + 1];
    struct fact *facts;
    size_t n_facts, cap_facts;
    struct ipc_dc_event *events; /* data is always empty */
    size_t n_events, cap_events;
    /* how much was told to whom */
    bool told_announced, told_open, told_members;
    uint64_t told_contexts; /* number of the head with which contexts were told last */
    size_t told_facts, told_events;
};

/* A log of Epochs as it was given. */
struct kept_log {
    uint64_t epoch;
    uint32_t attempt;
    size_t n;
    uint8_t *packed; /* owned */
};

/* The logs from which the running hashes, both attempts and their facts can be made again, in the
 * order of the chain. Those of other attempts go. */
struct kept_logs {
    struct kept_log *v;
    size_t n, cap;
    struct {
        uint64_t epoch;
        uint32_t attempt;
    } opened[2]; /* last one that was opened in an even, in an odd epoch */
};

struct attempt_log {
    struct one_attempt current, active;
    struct prove prove;            /* of one seat at a time */
    struct one_attempt *preparing; /* whose seat or block of open() is asked about; NULL: none */
    uint16_t seat;                 /* 0: the block of open() */
    struct block_poll poll;
    struct evm_word active_y_hash; /* of key 0 */
    struct kept_logs logs;
};

/* Last block of a phase as it stands, from proved and measured numbers. */
uint64_t attempt_phase_end(const struct chain *c, const struct one_attempt *a,
                           enum ipc_phase_end p);
/* Add the end of each phase whose last block lies before `block`. */
void attempt_close_phases(const struct chain *c, struct one_attempt *a, uint64_t block);

/* attempt_logs.c: before the event is taken. */
void attempt_keep_log(struct chain *c, const struct event *e, const struct log_record *log);
void attempt_forget_logs(struct chain *c);

/* Bring what the vault needs to know beyond events: the hash of open's block, and what its join
 * wants of each seat. True when all of it is here. */
bool attempt_prepare(struct chain *c, struct one_attempt *a);
/* The attempt goes, or becomes the active one: what was asked for it is of no use any more. */
void attempt_abandon(struct chain *c);

#endif
