/* SPDX-License-Identifier: Apache-2.0 */
/*
 * queue.h - transactions that are signed and not yet mined, and the file that remembers them.
 *
 * The file is written (aside, synced, renamed) before a transaction is sent, so after a crash at
 * any point each nonce belongs to one call that is known: it is sent again, never a second call
 * under the same nonce, and no nonce is left out. It also keeps the gas budgets. A file of another
 * chain or payer, or a damaged one, is refused and left as it is.
 */
#ifndef PC_CLIENT_RELAY_QUEUE_H
#define PC_CLIENT_RELAY_QUEUE_H

#include "chain/tx.h"
#include "client/relay/budget.h"

#define PC_QUEUE_MAX      16
#define PC_QUEUE_VERSIONS 8      /* hashes kept of one nonce's replacements */
#define PC_QUEUE_DATA_MAX 327680 /* calldata of one call */

struct relay_pending {
    uint64_t nonce;
    struct evm_address to;
    uint8_t *data; /* owned */
    size_t data_len;
    enum relay_kind kind;
    uint64_t gas, max_fee, tip;
    uint64_t first_sent, last_sent;          /* Unix seconds */
    struct evm_word hash[PC_QUEUE_VERSIONS]; /* newest last */
    size_t versions;
};

struct relay_queue {
    char path[1024];
    uint64_t chain_id;
    struct evm_address payer;
    struct relay_budget budget;
    struct relay_pending at[PC_QUEUE_MAX]; /* ascending nonces */
    size_t n;
};

/* Load, or begin anew if there is no file. PC_E_CORRUPT: damaged or foreign. PC_E_IO. The limits of
 * the budget are the caller's (they are not in the file). */
PC_MUST_USE enum err_code relay_queue_open(struct relay_queue *q, const char *path,
                                           uint64_t chain_id, const struct evm_address *payer);
void relay_queue_close(struct relay_queue *q);

/* Write the file. PC_E_IO: nothing may be sent then. */
PC_MUST_USE enum err_code relay_queue_save(const struct relay_queue *q);

/* The nonce of the next new transaction, given the account's: behind all pending ones. */
uint64_t relay_queue_next_nonce(const struct relay_queue *q, uint64_t account_nonce);

/* A new entry (data is copied) without hash; NULL: full, or no memory. */
struct relay_pending *relay_queue_add(struct relay_queue *q, const struct evm_address *to,
                                      struct bytes data);
/* The pending call of that target and data, or NULL. */
struct relay_pending *relay_queue_find(struct relay_queue *q, const struct evm_address *to,
                                       struct bytes data);
void relay_queue_remove(struct relay_queue *q, struct relay_pending *p);
void relay_pending_add_hash(struct relay_pending *p, const struct evm_word *hash);

/* Fees of a replacement: at least an eighth more than before (nodes ask for a tenth), at least what
 * is suggested now, at most the cap. False if the cap leaves no room. */
PC_MUST_USE bool relay_pending_bump(struct relay_pending *p, uint64_t max_fee, uint64_t tip,
                                    uint64_t cap);

#endif
