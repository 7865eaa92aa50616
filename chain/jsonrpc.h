/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jsonrpc.h - JSON-RPC 2.0 requests and answers, alone or as a bounded batch.
 *
 * An answer counts only if it has exactly the ids that were asked, each once, each with either a
 * result or an error. Errors are sorted by what a caller can do about them; their text is for logs.
 */
#ifndef PC_CHAIN_JSONRPC_H
#define PC_CHAIN_JSONRPC_H

#include "base/json.h"

#define PC_JSONRPC_BATCH_MAX 40
#define PC_JSONRPC_DEPTH     12
#define PC_JSONRPC_TEXT      120 /* of an error message that is kept */
#define PC_JSONRPC_REVERT    64  /* bytes of revert data that are kept */

struct jsonrpc_request {
    struct json_out o;
    uint64_t first_id;
    unsigned n;
    bool batch;
};

/* A request in buf. With `batch` an array, even of one. */
void jsonrpc_begin(struct jsonrpc_request *r, char *buf, size_t cap, uint64_t first_id, bool batch);
/* One call; write its parameters into r->o (key NULL), then end it. */
void jsonrpc_call(struct jsonrpc_request *r, const char *method);
void jsonrpc_call_end(struct jsonrpc_request *r);
/* PC_OK and the text. */
PC_MUST_USE enum err_code jsonrpc_finish(struct jsonrpc_request *r, struct bytes *body);

enum jsonrpc_class {
    PC_RPC_RESULT,      /* a result that is not null */
    PC_RPC_NULL,        /* result null: not there (yet) */
    PC_RPC_REVERT,      /* the call reverts */
    PC_RPC_RANGE,       /* too many blocks or results asked for: ask for less */
    PC_RPC_NONCE,       /* nonce too low, transaction known, replacement underpriced */
    PC_RPC_FUNDS,       /* the sender cannot pay */
    PC_RPC_UNSUPPORTED, /* no such method */
    PC_RPC_ERROR,       /* anything else */
};

struct jsonrpc_result {
    enum jsonrpc_class class;
    struct json_value value; /* of a result */
    int64_t code;
    char text[PC_JSONRPC_TEXT]; /* of an error; printable ASCII */
    uint8_t revert[PC_JSONRPC_REVERT];
    size_t revert_len;
};

struct jsonrpc_answer {
    struct json_doc *doc;
    unsigned n;
    struct jsonrpc_result at[PC_JSONRPC_BATCH_MAX]; /* in the order of the calls */
};

/* The answer to n calls from first_id. PC_E_MALFORMED or PC_E_TOO_LARGE: no such answer. Free it in
 * either case. */
PC_MUST_USE enum err_code jsonrpc_parse(struct jsonrpc_answer *a, struct bytes text,
                                        size_t max_bytes, uint64_t first_id, unsigned n,
                                        bool batch);
void jsonrpc_free(struct jsonrpc_answer *a);

#endif
