/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slots.h - where the words lie that a node reads: the layout's base slots with their keys filled
 * in. Base slots are the compiler's (chain/layout.h, made from contracts/abi/layout.json).
 */
#ifndef PC_NODE_CHAIN_SLOTS_H
#define PC_NODE_CHAIN_SLOTS_H

#include "chain/slot.h"

/* Epochs */
struct evm_word slot_now(void);
struct evm_word slot_attempt(void);
struct evm_word slot_opening(void);
struct evm_word slot_acc(unsigned phase);
struct evm_word slot_epoch(uint64_t epoch, unsigned word);
struct evm_word slot_seat(uint32_t id, unsigned word);
/* NodeRegistry */
struct evm_word slot_node(uint32_t id, unsigned word);
struct evm_word slot_node_revoked(uint32_t id);
/* Attestations, Measurements, TcbPolicy, VerifierRouter, GuardianCouncil */
struct evm_word slot_record(const struct evm_word *record, unsigned word);
struct evm_word slot_measurement(const struct evm_word *measurement);
struct evm_word slot_vendor(uint8_t vendor);
struct evm_word slot_product(const struct evm_word *product_id);
struct evm_word slot_revoked(const struct evm_word *object);
struct evm_word slot_verifier(const uint8_t address[static 20]);
struct evm_word slot_freeze(const struct evm_word *object);
/* TdxVerifier */
struct evm_word slot_in_force(const struct evm_word *object);
/* Apps */
struct evm_word slot_app(const struct evm_word *app, unsigned word);
struct evm_word slot_policy(const struct evm_word *app, const struct evm_word *scope_hash,
                            unsigned word);
struct evm_word slot_app_revoked(const struct evm_word *app, const struct evm_word *measurement);

#endif
