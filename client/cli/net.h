/* SPDX-License-Identifier: Apache-2.0 */
/*
 * net.h - a command at work on a network: its file, its endpoints, its signer, its transactions.
 *
 * Views are what one endpoint says. What a command decides by them costs the caller a transaction
 * that reverts, never more: the contracts check everything again.
 */
#ifndef PC_CLI_NET_H
#define PC_CLI_NET_H

#include "base/mem.h"
#include "chain/abi.h"
#include "chain/endpoints.h"
#include "client/cli/out.h"
#include "client/lib/network.h"
#include "client/relay/chain_ops.h"
#include "crypto/evmkey.h"

struct cli_net {
    const struct cli_args *args;
    struct network net;
    struct endpoints *endpoints;
    struct relay_chain chain; /* payer: the signer, or zero */
    struct arena *arena;      /* the signer's key lies in it */
    struct evm_sk *sk;        /* NULL: none */
    uint64_t wait_s;
    uint64_t talked_ms; /* progress */
    bool line_open;
};

/* Read --network and open its endpoints. An exit code; PC_CLI_YES: go on, and close it. */
int net_open(struct cli_net *n, const struct cli_args *a);
void net_close(struct cli_net *n);
void net_now(struct cli_net *n); /* before asking the chain */
uint64_t net_ms(void);
void net_sleep(unsigned ms);

/* The signer of the i-th --key and --pass-file. */
int net_signer(struct cli_net *n, size_t i);
/* The signer whose key stands as 64 hexadecimal digits in a file that its owner alone may read: the
 * deployer's, as contracts/deploy takes it. */
int net_signer_hex(struct cli_net *n, const char *path);
/* --relay alone, or --key: true if the command can send. Says what is missing. */
bool net_can_send(struct cli_net *n);

/* On a terminal a line that moves; elsewhere a line every ten seconds. */
void net_progress(struct cli_net *n, const char *format, ...) __attribute__((format(printf, 2, 3)));
void net_progress_end(struct cli_net *n);

/* ---- views at the latest block ---- */

const struct evm_address *net_at(const struct cli_net *n, enum network_contract c);
/* PC_E_REFUSED: it reverts. */
PC_MUST_USE enum err_code net_view(struct cli_net *n, enum network_contract c, const char *sig,
                                   const struct evm_word *args, size_t n_args, uint8_t *out,
                                   size_t cap, size_t *len);
/* Exactly `words` words. */
PC_MUST_USE enum err_code net_words(struct cli_net *n, enum network_contract c, const char *sig,
                                    const struct evm_word *args, size_t n_args,
                                    struct evm_word *out, size_t words);
/* One number of at most 64 bits. */
PC_MUST_USE enum err_code net_u64(struct cli_net *n, enum network_contract c, const char *sig,
                                  const struct evm_word *args, size_t n_args, uint64_t *out);
uint64_t word_u64(const struct evm_word *w); /* UINT64_MAX when it is more */
/* The latest block's time. */
PC_MUST_USE enum err_code net_time(struct cli_net *n, uint64_t *unix_s);
/* Wait for a time of the chain's clock, as far as --wait goes; says until when and why.
 * PC_CLI_RETRY when --wait is too short for it. */
int net_wait_until(struct cli_net *n, uint64_t unix_s, const char *what);
/* "cannot ask the chain" with what stands behind it. */
int net_unreachable(struct cli_net *n, const char *what, enum err_code e);

/* ---- calldata ---- */

#define PC_CLI_CALL_MAX ((size_t)160 * 1024)

struct call {
    uint8_t *buf; /* PC_CLI_CALL_MAX; freed by call_free */
    struct abi_out w;
    struct bytes data;
};
/* Selector, then w for the arguments, whose head has `words` words. */
void call_begin(struct call *c, const char *sig, size_t words);
void call_end(struct call *c); /* data is set; what does not fit is a bug */
void call_free(struct call *c);

/* ---- transactions ---- */

struct sent {
    struct evm_word hash;
    uint64_t block, gas;
    bool nothing_to_do; /* the relay says that it would change nothing */
};

/* Simulate, sign (or hand to the relay), send, wait until it is mined; with `final` until it is
 * final. An exit code; messages are given here. what: "join", for messages. */
int net_send(struct cli_net *n, const char *what, const struct evm_address *to,
             const struct evm_word *value, struct bytes data, bool final, struct sent *out);
/* As net_send, for a call that was simulated with success just now and that somebody else may make
 * too. *overtaken: it reverts by now, or did so in its block; nothing was said, PC_CLI_RETRY. */
int net_send_contested(struct cli_net *n, const char *what, const struct evm_address *to,
                       struct bytes data, bool final, struct sent *out, bool *overtaken);
int net_final(struct cli_net *n, uint64_t block);
/* What a call would return; PC_CLI_NO when it reverts, with the error's name in `error` (64). */
int net_simulate(struct cli_net *n, const struct evm_address *to, const struct evm_word *value,
                 struct bytes data, char error[static 64], struct evm_word *result);
/* tx, block and gas of a sent call as fields. */
void out_sent(struct cli_out *o, const struct sent *s);

#endif
