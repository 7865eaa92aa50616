/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network.h - network.json: where a deployment is found. Hostile input: what it says can cost
 * liveness, never a key (the pin decides, polyclave.h).
 *
 *     {"chain_id": 31337, "rpc": ["http://127.0.0.1:8545"], "rpc_agree": 1, "from_block": 0,
 *      "contracts": {"Epochs": "0x..", "NodeRegistry": "0x..", ...},
 *      "nodes": ["127.0.0.1:9001:9101"], "pk": "0x.."}
 *
 * contracts: every name of network_contract_name; SnpVerifier and NitroVerifier may be missing.
 * rpc: 1..8 http or https URLs. rpc_agree: how many must show one head; optional, 0 = majority.
 * from_block: where the contracts' logs begin; optional. nodes: published endpoints of some
 * members (protocol/endpoint.h), 0..32, optional. pk: of key 0, optional, for people: nothing
 * trusts it. Other members are refused. network_id and key_id are computed.
 */
#ifndef PC_CLIENT_LIB_NETWORK_H
#define PC_CLIENT_LIB_NETWORK_H

#include "chain/evm.h"
#include "chain/records.h"
#include "crypto/ids.h"
#include "protocol/endpoint.h"

#define PC_NETWORK_FILE_MAX 65536
#define PC_NETWORK_URL_MAX  256
#define PC_NETWORK_NODES    32

enum network_contract {
    PC_NET_EPOCHS,
    PC_NET_NODE_REGISTRY,
    PC_NET_ATTESTATIONS,
    PC_NET_MEASUREMENTS,
    PC_NET_TCB_POLICY,
    PC_NET_APPS,
    PC_NET_VERIFIER_ROUTER,
    PC_NET_GUARDIAN_COUNCIL,
    PC_NET_TDX_VERIFIER,
    PC_NET_TIMELOCK,
    PC_NET_GOVERNOR,
    PC_NET_RATIFIER,
    PC_NET_SNP_VERIFIER, /* these two may be absent: the network takes no such evidence */
    PC_NET_NITRO_VERIFIER,
    PC_NET_CONTRACTS
};
/* Name of the contract as in the file and in deployment.json ("Epochs", "NetworkGovernor"). */
const char *network_contract_name(enum network_contract c);
bool network_contract_optional(enum network_contract c); /* its address is zero when absent */
/* The contract that verifies a vendor's evidence; PC_NET_CONTRACTS for no vendor. */
enum network_contract network_verifier(enum vendor vendor);

struct network {
    uint64_t chain_id;
    uint64_t from_block;
    unsigned n_rpc;
    unsigned rpc_agree;
    char rpc[PC_ENDPOINTS_MAX][PC_NETWORK_URL_MAX];
    struct evm_address contract[PC_NET_CONTRACTS];
    unsigned n_nodes;
    char node[PC_NETWORK_NODES][ENDPOINT_TEXT_MAX + 1];
    bool has_pk;
    uint8_t pk[32];
    uint8_t network_id[32]; /* computed from chain_id and Epochs */
    uint8_t key_id[32];     /* of key 0, class 0 */
};

/* PC_E_MALFORMED, PC_E_TOO_LARGE, PC_E_MEMORY; `why` (160 bytes) then names what is wrong, and *out
 * is zero. */
PC_MUST_USE enum err_code network_parse(struct network *out, char why[static 160],
                                        struct bytes text);
/* The same from a file; PC_E_NOT_FOUND, PC_E_IO too. */
PC_MUST_USE enum err_code network_read(struct network *out, char why[static 160], const char *path);
/* The ids of chain_id and Epochs. */
void network_ids(struct network *n);

#endif
