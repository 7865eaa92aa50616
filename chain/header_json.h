/* SPDX-License-Identifier: Apache-2.0 */
/*
 * header_json.h - the objects of a node's JSON answers as the binary records of records.h (pc_rpc).
 *
 * What an endpoint says is checked for form, and a header for its hash: the RLP that is made here
 * must hash to the `hash` that stands beside it, else the endpoint is at fault.
 */
#ifndef PC_CHAIN_HEADER_JSON_H
#define PC_CHAIN_HEADER_JSON_H

#include "base/json.h"
#include "chain/header.h"

/* Any text of exactly n bytes as "0x" and 2n digits; of at most cap bytes; the number in a quantity
 * of up to 256 bits. PC_E_MALFORMED or PC_E_TOO_LARGE. */
PC_MUST_USE enum err_code rpc_fixed(const struct json_value *v, const char *key, void *out,
                                    size_t n);
PC_MUST_USE enum err_code rpc_data(const struct json_value *v, const char *key, uint8_t *out,
                                   size_t cap, size_t *n);
PC_MUST_USE enum err_code rpc_uint256(const struct json_value *v, const char *key,
                                      struct evm_word *out);

/* A block object's header as RLP in buf (PC_HEADER_MAX). PC_E_MISMATCH: its hash is not the one the
 * object names. */
PC_MUST_USE enum err_code header_from_json(struct bytes *rlp, struct block_header *h,
                                           uint8_t buf[static PC_HEADER_MAX],
                                           const struct json_value *block);

/* A log object. data_buf (PC_LOG_DATA_MAX bytes) holds l->data. A log marked `removed` is
 * malformed: only finalized blocks are asked for. */
PC_MUST_USE enum err_code log_from_json(struct log_record *l,
                                        uint8_t data_buf[static PC_LOG_DATA_MAX],
                                        const struct json_value *v);

/* A list of proof nodes (array of hex texts) as a packed node list into buf. */
PC_MUST_USE enum err_code nodes_from_json(struct bytes *out, uint8_t *buf, size_t cap,
                                          const struct json_value *list, const char *key);

#endif
