/* SPDX-License-Identifier: Apache-2.0 */
/*
 * endpoints.h - several JSON-RPC endpoints, none of them believed (pc_rpc).
 *
 * Heads need agreement: the highest finalized number that k endpoints have reached and at which k
 * show the same hash (k: majority by default; SPEC 11). Everything else is fetched from one
 * endpoint at a time and is proved or refuted by the caller, who charges a refuted answer with
 * endpoints_blame. Lies, lag and errors all mean "unknown: retry" and carry the endpoint's number.
 *
 * Health of an endpoint, shown in metrics and logs:
 *
 *   ok       a good answer to the last head query: asked first
 *   lagging  its head is more than PC_EP_LAG behind: asked after the others
 *   failing  timeout, HTTP or RPC error, bad form: left alone for 1 s, doubling to 60 s
 *   lying    another hash at the agreed number, another chain id, a header that does not have its
 *            hash, blame: left alone for 30 s, doubling to 1 h
 *
 * Not thread-safe. Time is the caller's monotonic milliseconds.
 */
#ifndef PC_CHAIN_ENDPOINTS_H
#define PC_CHAIN_ENDPOINTS_H

#include "chain/http.h"
#include "chain/jsonrpc.h"
#include "chain/records.h"

#define PC_EP_LAG 16

enum endpoint_state { PC_EP_OK, PC_EP_LAGGING, PC_EP_FAILING, PC_EP_LYING };
const char *endpoint_state_name(enum endpoint_state s); /* "ok", "lagging", ... */

struct endpoint_status {
    enum endpoint_state state;
    enum err_code err; /* of the last failure; PC_OK when ok */
    uint64_t head;     /* finalized number it showed last; 0: none */
    uint32_t failures; /* since the last good answer */
    uint64_t lies;     /* since the start */
    uint64_t errors;   /* since the start */
    char text[PC_JSONRPC_TEXT];
};

struct endpoints;

struct endpoints_config {
    const char *const *urls;
    unsigned m; /* 1..PC_ENDPOINTS_MAX; at least 3 off chain 31337 */
    unsigned k; /* 0: majority. Off chain 31337 at least the majority */
    uint64_t chain_id;
    unsigned timeout_ms; /* per request */
    bool fetch_only;     /* no heads are asked for: any number of endpoints will do */
};

/* PC_E_USAGE: a number out of range, the same URL twice, a URL that is none. */
PC_MUST_USE enum err_code endpoints_new(struct endpoints **out, const struct endpoints_config *c);
void endpoints_free(struct endpoints *e); /* NULL is fine */

unsigned endpoints_count(const struct endpoints *e);
const struct endpoint_status *endpoints_status(const struct endpoints *e, unsigned i);

/* The caller found an answer of endpoint i to be false (it lies) or useless. */
void endpoints_blame(struct endpoints *e, unsigned i, uint64_t now_ms, enum err_code why);

/* The agreed finalized head. PC_E_RETRY: fewer than k answered. PC_E_DISAGREE: k answered, but no k
 * alike. In both cases the states say who stood apart. */
PC_MUST_USE enum err_code endpoints_head(struct endpoints *e, uint64_t now_ms,
                                         struct head_claim *out);

/* The agreed block that lies `back` blocks below the latest; for bound blocks (latest - 2). */
PC_MUST_USE enum err_code endpoints_latest(struct endpoints *e, uint64_t now_ms, unsigned back,
                                           struct head_claim *out);

/*
 * Fetches. *who is the endpoint that answered; `avoid` is a mask of endpoints not to ask.
 * PC_E_RETRY: nobody can answer now (an endpoint that does not have it yet is not at fault).
 * PC_E_TOO_LARGE: nobody answered and somebody found it too much: ask for less. On error w is as it
 * was.
 */

/* Headers top, top-1, ... (count of them, at most PC_HEADERS_PER_FETCH; fewer at block 0), each as
 * u16 length and RLP, into w. */
PC_MUST_USE enum err_code endpoints_headers(struct endpoints *e, uint64_t now_ms, uint8_t avoid,
                                            uint64_t top, unsigned count, struct writer *w,
                                            unsigned *who);

/* eth_getProof of an account and n (0..PC_PROOF_SLOTS_MAX) slots at a block: the account's node
 * list, then one per slot, each as u16 length and node list, into w. */
PC_MUST_USE enum err_code endpoints_proof(struct endpoints *e, uint64_t now_ms, uint8_t avoid,
                                          uint64_t block, const struct evm_address *address,
                                          const struct evm_word *slots, unsigned n,
                                          struct writer *w, unsigned *who);

/* Logs of n (1..8) addresses in blocks from..to, ascending, packed one after another into w. */
PC_MUST_USE enum err_code endpoints_logs(struct endpoints *e, uint64_t now_ms, uint8_t avoid,
                                         uint64_t from, uint64_t to,
                                         const struct evm_address *addresses, unsigned n,
                                         struct writer *w, unsigned *count, unsigned *who);

/* Input of a mined transaction into w; its bytes are known by a hash inside them, or not at all. */
PC_MUST_USE enum err_code endpoints_calldata(struct endpoints *e, uint64_t now_ms, uint8_t avoid,
                                             const struct evm_word *tx_hash, struct writer *w,
                                             unsigned *who);

/*
 * One request of the caller's own (relay, command line): n calls built with jsonrpc_*. `take`
 * judges the answer of one endpoint. PC_OK and class POLICY end the search; PC_E_RETRY (not there
 * yet) and PC_E_TOO_LARGE go on with the next endpoint; anything else does so and counts as a
 * failure, or as a lie if it is PC_E_MISMATCH.
 */
typedef enum err_code (*endpoints_take)(void *ctx, const struct jsonrpc_answer *a, unsigned who);
PC_MUST_USE enum err_code endpoints_ask(struct endpoints *e, uint64_t now_ms, uint8_t avoid,
                                        const struct jsonrpc_request *r, struct bytes body,
                                        size_t max_answer, endpoints_take take, void *ctx);
/* A first id for jsonrpc_begin that was not used before. */
uint64_t endpoints_next_id(struct endpoints *e);

#endif
