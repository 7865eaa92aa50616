/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_slot.h - where the words lie that view.h reads: the layout's base slots with their keys
 * filled in. Base slots are the compiler's (chain/layout.h, made from contracts/abi/layout.json).
 */
#ifndef PC_CHAIN_VIEW_SLOT_H
#define PC_CHAIN_VIEW_SLOT_H

#include "chain/slot.h"

/* Epochs */
struct evm_word slot_now(void);
struct evm_word slot_attempt(void);
struct evm_word slot_opening(void);
struct evm_word slot_acc(unsigned phase);
struct evm_word slot_epoch(uint64_t epoch, unsigned word);
struct evm_word slot_seat(uint32_t id, unsigned word);
struct evm_word slot_dealers(void); /* bitmap of all dealers */
struct evm_word slot_missing(void); /* bitmap of those who have not committed */
struct evm_word slot_pk(uint32_t key);
/* Word i (0..31) of a committee's ids, 8 to a word, or of whom its empty seats are reserved for. */
struct evm_word slot_ids(uint64_t epoch, unsigned i, bool reserved);
/* NodeRegistry */
struct evm_word slot_node(uint32_t id, unsigned word);
struct evm_word slot_domain(uint32_t number);
/* Attestations, Measurements, TcbPolicy, VerifierRouter, GuardianCouncil */
struct evm_word slot_record(const struct evm_word *record, unsigned word);
struct evm_word slot_measurement(const struct evm_word *measurement);
struct evm_word slot_vendor(uint8_t vendor);
struct evm_word slot_product(const struct evm_word *product_id);
struct evm_word slot_revoked(const struct evm_word *object);
struct evm_word slot_verifier(const uint8_t address[static 20]);
struct evm_word slot_freeze(const struct evm_word *object);
/* TdxVerifier, SnpVerifier */
struct evm_word slot_in_force(const struct evm_word *object);
struct evm_word slot_snp_in_force(const struct evm_word *object);
/* Apps */
struct evm_word slot_app(const struct evm_word *app, unsigned word);
struct evm_word slot_policy(const struct evm_word *app, const struct evm_word *scope_hash,
                            unsigned word);
struct evm_word slot_app_revoked(const struct evm_word *app, const struct evm_word *measurement);

#endif
