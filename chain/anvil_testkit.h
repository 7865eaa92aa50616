/* SPDX-License-Identifier: Apache-2.0 */
/*
 * anvil_testkit.h - a real EVM node and the misbehaving relay of testnet/tools, for tests.
 *
 * Blocks come only when a test mines them, so nothing here waits for a clock. Children die with the
 * test.
 */
#ifndef PC_CHAIN_ANVIL_TESTKIT_H
#define PC_CHAIN_ANVIL_TESTKIT_H

#include <stdio.h>
#include <sys/types.h>

#include "chain/evm.h"

struct child {
    pid_t pid;
    FILE *out; /* its standard output */
    FILE *in;  /* its standard input */
    char url[64];
};

/* Is foundry's native anvil there (contracts/node_modules)? If not, prints why tests are skipped.
 */
bool anvil_available(void);

/* An empty chain 31337, finalized = latest - 2, mining on request. */
void anvil_start(struct child *c);
/* testnet/tools/rpc-proxy in front of `upstream`; fork may be NULL. */
void proxy_start(struct child *c, const char *upstream, const char *fork);
/* One control command; fails the test unless it is answered with "ok". */
void proxy_command(struct child *c, const char *command);
void child_stop(struct child *c);

/* The result of a JSON-RPC call as text ("0x1", an object, ...) in a static buffer; a call that
 * fails fails the test. `params` is JSON, e.g. "[\"0x0\",false]". */
const char *anvil_call(const struct child *c, const char *method, const char *params);
/* The same without quotes and as bytes; returns their number. */
size_t anvil_bytes(const struct child *c, uint8_t *out, size_t cap, const char *method,
                   const char *params);
void anvil_mine(const struct child *c, unsigned blocks);
/* Put code (hex without 0x) at an address. */
void anvil_set_code(const struct child *c, const struct evm_address *at, const char *code_hex);
void anvil_set_slot(const struct child *c, const struct evm_address *at,
                    const struct evm_word *slot, const struct evm_word *value);
void anvil_set_balance(const struct child *c, const struct evm_address *at, uint64_t wei);

#endif
