/* SPDX-License-Identifier: Apache-2.0 */
/*
 * testkit.h - polyclave-chain's parts in a test, with a small chain of the test's own: blocks whose
 * hashes hold, a state trie whose proofs hold, and endpoints that lie on command. For tests only.
 *
 *     world_begin(&w);
 *     world_set(&w, w.c->d.policy.epochs, slot_now(), &word);
 *     world_mine(&w, 1);
 *     world_round(&w);               // rpc answers whatever chain asks
 */
#ifndef PC_CHAIN_TESTKIT_H
#define PC_CHAIN_TESTKIT_H

#include "chain/view.h"
#include "chain/view_slot.h"
#include "node/chain/attempt.h"
#include "node/testkit/kit.h"

#define WORLD_BLOCKS    600
#define WORLD_ACCOUNTS  12
#define WORLD_WORDS     96
#define WORLD_LOGS      64
#define WORLD_ENDPOINTS 3

struct world_account {
    uint8_t address[20];
    unsigned n;
    struct evm_word slot[WORLD_WORDS], value[WORLD_WORDS];
};

struct world_log {
    uint64_t block;
    struct log_record log;
    uint8_t data[2048];
    size_t calldata_n; /* of its transaction; 0: some bytes */
    uint8_t calldata[4096];
};

/* What an endpoint does instead of its duty. */
struct world_endpoint {
    bool down;          /* does not answer */
    bool false_proofs;  /* one byte of them is wrong */
    bool false_headers; /* of another chain */
    bool false_calldata;
    bool leaves_out; /* has no log */
    bool no_calldata;
    unsigned blamed;
};

/* polyclaved's store: checkpoints, the newest first. */
struct world_kept {
    uint8_t *p; /* owned */
    size_t n;
};

struct world {
    struct kit kit;
    struct daemon_spec spec;
    struct chain *c;
    uint64_t head;  /* number of the newest block, all of them final */
    uint64_t since; /* time of block 0, s; 0: a million */
    struct evm_word hash[WORLD_BLOCKS];
    size_t rlp_n[WORLD_BLOCKS];
    uint8_t rlp[WORLD_BLOCKS][640];
    unsigned n_accounts, n_logs;
    struct world_account account[WORLD_ACCOUNTS];
    struct world_log log[WORLD_LOGS];
    struct world_endpoint endpoint[WORLD_ENDPOINTS];
    bool rotate; /* endpoints take turns at logs */
    unsigned turn;
    unsigned asked[IPC_RPC_WHAT_CALLDATA + 1];
    unsigned page;  /* as many logs fit in one answer; 0: all */
    uint64_t later; /* seconds that new blocks are behind their time */
    uint64_t fork;  /* which branch of the chain new blocks are on */
    unsigned hold;  /* this kind of question is not answered; 0: none */
    struct world_kept kept[2], writing;
    bool store_down; /* the store takes and gives nothing */
    unsigned keeps, kept_drops;
    struct evm_word acc[PC_ACC_COUNT];
    uint64_t blocks_read; /* of logs that were asked for since the last start */
    uint64_t first_read;  /* the lowest of them */
};

/* Block 1 is there, configuration and keys are told, nothing was asked yet. */
void world_begin(struct world *w);
void world_end(struct world *w);
/* polyclave-chain dies and starts again; blocks, endpoints and store stay. */
void world_restart(struct world *w);
void world_set(struct world *w, const uint8_t account[static 20], struct evm_word slot,
               const struct evm_word *value);
/* Sets `size` bytes of words[word] (PC_AT_* of chain/layout.h). */
void world_field(struct evm_word *words, unsigned word, unsigned offset, unsigned size, uint64_t v);
/* Blocks with the state as it is now. */
void world_mine(struct world *w, unsigned blocks);
/* The blocks from `from` on are others, with the state as it is now. */
void world_reorg(struct world *w, uint64_t from);
void world_log(struct world *w, const uint8_t address[static 20], const struct evm_word *topics,
               uint8_t n_topics, struct bytes data);
/* Calldata of the transaction that made the last log: signature's selector and arguments. */
void world_calldata(struct world *w, const char *signature, struct bytes arguments);
/* What that endpoint answers; an error is the answer, too. Needs no chain process (w->c). */
enum err_code world_answer(const struct world *w, const struct ipc_cr_ask *m, unsigned who,
                           struct writer *o);
/* Answer what is asked, as rpc and as polyclaved's store, until nothing is. Proofs are of the state
 * as it is now. */
void world_serve(struct world *w);
/* The timer fires, then world_serve. */
void world_round(struct world *w);
/* announce() of (1, attempt) in the next block: word and event. */
void world_announce(struct world *w, uint32_t attempt);
/* open() of (1, attempt) with n seats of nodes 101, 102, ... in the next block: words and event. */
void world_open(struct world *w, uint32_t attempt, uint16_t n);
void world_enrol(struct world *w, uint32_t attempt, uint32_t id);
/* commit() of the seat `index` in the next block. */
void world_commit(struct world *w, uint32_t attempt, uint16_t index);
/* Joined of a node in the next block; keys are filled with `fill`. */
void world_join(struct world *w, uint32_t id, uint8_t fill);
/* The last head that was told to polyclaved or peer; false if none. */
bool world_told(struct world *w, enum ipc_link link, struct ipc_head_view *out);

#endif
