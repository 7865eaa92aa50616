/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vendors_testkit.h - for tests: a chain with a deployment by contracts/deploy under the roots of a
 * simulated Intel, AMD (Genoa) and AWS.
 */
#ifndef PC_CLI_VENDORS_TESTKIT_H
#define PC_CLI_VENDORS_TESTKIT_H

#include "attest/sim/amd_store.h"
#include "attest/sim/nitro.h"
#include "attest/sim/store.h"
#include "base/rng_seeded.h"
#include "chain/anvil_testkit.h"
#include "client/cli/deployment.h"
#include "client/relay/chain_ops.h"

/* anvil's first account and its key, which everybody knows: payer and deployer */
#define PC_KIT_PAYER     "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
#define PC_KIT_PAYER_KEY "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"

#define PC_KIT_CALL_MAX ((size_t)96 * 1024)

struct vendors_kit {
    struct child node; /* mines each transaction at once */
    struct endpoints *ep;
    struct relay_chain chain;
    struct network net;
    struct deployment_policy pinned;
    struct rng_seeded rng;
    char dir[32]; /* deployment.json, what kit_file writes; removed at the end */
    uint64_t now; /* an hour ago: since then everything is valid */
    struct sim_vendor intel;
    struct sim_amd amd;
    struct sim_nitro aws; /* a host with an enclave */
    uint8_t aws_root[PC_NITRO_CERT_MAX];
    size_t aws_root_n;
};
extern struct vendors_kit kit;

/* False, and a SKIP is told: no anvil, or no compiled contracts. */
bool kit_available(void);
/* Set-up and tear-down of a group. */
int kit_start(void **state);
int kit_stop(void **state);

/* A file of the kit's folder, for its owner alone; its path. */
const char *kit_file(char path[static 128], const char *name, struct bytes b);
/* Runs a program, its output in the file "log" of the folder; returns its exit code. */
int kit_exit_of(const char *const argv[]);
/* The same, which must end with 0; else the test fails and shows the log. */
void kit_run(const char *const argv[]);
/* What the last program wrote, NUL-terminated; static. */
const char *kit_log(void);

/* A transaction of the payer. False: it reverts. */
bool kit_send(const struct evm_address *to, struct bytes data, uint64_t *gas);

/* A transaction of one of the contracts, by anvil's impersonation; it must not revert. */
void kit_send_as(enum network_contract from, enum network_contract to, struct bytes data);

/* Bind a subject to a recent block; kind, keys_hash and context are set. */
void kit_bind(struct report_binding *b, uint8_t report_data[static 64]);

#endif
