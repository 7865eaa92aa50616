/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - the operator's file: URLs, listen addresses, paths, log level.
 *
 * It is hostile by assumption (SPEC §13): a false value costs liveness, never safety. What decides
 * whom the node trusts stands in the measured policy.bin instead.
 *
 * Format: UTF-8 lines `key = value`; # starts a comment line; blanks around key and value are
 * dropped; a key that may not repeat and does, an unknown key, a missing required key or a value
 * over its length is an error that names file, line and key. Keys:
 *
 *   rpc             URL of a JSON-RPC endpoint; 1 to 8 times
 *   rpc_agree       how many endpoints must agree; default: a majority
 *   peer_listen     address:port for other nodes           (required)
 *   http_listen     address:port for clients               (required)
 *   endpoint        host:peerPort:httpPort, as published   (required, at most 128 bytes)
 *   relay_socket    unix socket of polyclave-relay         (required)
 *   data_dir        folder of the store                    (required)
 *   control_socket  unix socket for the operator's tools   (required)
 *   owner           address of the node's owner, 0x and 40 digits (required)
 *   vendor          tdx | snp | nitro: what this node stands on; default tdx
 *   vendor_root     file: root certificate of a vendor, DER; 1 to 8 times, one for each root of
 *                   policy.bin, which has their hashes (AMD has one per product; Nitro needs none)
 *   log_level       debug | info | warn | error; default info
 *   mirror_evidence_mib    MiB of evidence that is kept for others, 1..384; default 128 (16,384
 *                          pieces at most, about 90 MiB of quotes). The oldest goes first
 *   mirror_collateral_mib  MiB of collateral that is kept for others, 1..128; default 64
 *   mirror_days            evidence accepted longer ago goes, 1..36500; default: none by age
 */
#ifndef PC_NODE_POLYCLAVED_CONFIG_H
#define PC_NODE_POLYCLAVED_CONFIG_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"
#include "protocol/common_wire.h"

#define CONFIG_MAX_RPC   8
#define CONFIG_MAX_TEXT  256
#define CONFIG_MAX_FILE  16384
#define CONFIG_MAX_ROOT  4096
#define CONFIG_MAX_ROOTS 8

struct config {
    char rpc[CONFIG_MAX_RPC][CONFIG_MAX_TEXT];
    size_t rpc_count;
    uint32_t rpc_agree;
    char peer_listen[CONFIG_MAX_TEXT];
    char http_listen[CONFIG_MAX_TEXT];
    char endpoint[CONFIG_MAX_TEXT];
    char relay_socket[CONFIG_MAX_TEXT];
    char data_dir[CONFIG_MAX_TEXT];
    char control_socket[CONFIG_MAX_TEXT];
    char vendor_root[CONFIG_MAX_ROOTS][CONFIG_MAX_TEXT];
    size_t n_vendor_roots;
    enum wire_vendor vendor;
    uint8_t owner[20];
    enum log_level log_level;
    uint32_t mirror_evidence_mib, mirror_collateral_mib;
    uint32_t mirror_days; /* 0: no limit of age */
};

#define CONFIG_MIRROR_EVIDENCE_MIB   128u
#define CONFIG_MIRROR_COLLATERAL_MIB 64u

/* Why a configuration was refused, for a person. */
struct config_problem {
    unsigned line; /* 0: the file as a whole */
    char text[160];
};

/* Parse the text of a file. PC_E_USAGE with *why filled on the first problem; *out is then zeroed.
 */
PC_MUST_USE enum err_code config_parse(struct config *out, struct config_problem *why,
                                       struct bytes text);

/* Read and parse; PC_E_IO if the file cannot be read or is over CONFIG_MAX_FILE. */
PC_MUST_USE enum err_code config_read(struct config *out, struct config_problem *why,
                                      const char *path);

/* Read the root certificate; PC_E_IO if it cannot be read, is empty or over CONFIG_MAX_ROOT. */
PC_MUST_USE enum err_code config_read_root(uint8_t out[static CONFIG_MAX_ROOT], size_t *n,
                                           struct config_problem *why, const char *path);

#endif
