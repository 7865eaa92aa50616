/* SPDX-License-Identifier: Apache-2.0 */
/* view_slot.c - where the contracts keep what view.c reads. */
#include "chain/view.h"

static struct evm_word at(uint64_t slot)
{
    return evm_word_u64(slot);
}

static struct evm_word in_map(uint64_t slot, const struct evm_word *key)
{
    struct evm_word base = at(slot);
    return slot_mapping(&base, key);
}

static struct evm_word in_map_u64(uint64_t slot, uint64_t key)
{
    struct evm_word k = evm_word_u64(key);
    return in_map(slot, &k);
}

struct evm_word view_slot_now(void)
{
    return at(PC_SLOT_EPOCHS_NOW);
}
struct evm_word view_slot_attempt(void)
{
    return at(PC_SLOT_EPOCHS_ATTEMPT);
}
struct evm_word view_slot_opening(void)
{
    return at(PC_SLOT_EPOCHS_OPENING);
}
struct evm_word view_slot_missing(void)
{
    return at(PC_SLOT_EPOCHS_MISSING);
}
struct evm_word view_slot_acc(unsigned phase)
{
    return at(PC_SLOT_EPOCHS_ACCS + phase);
}

struct evm_word view_slot_ids(uint64_t epoch, unsigned i, bool reserved)
{
    PC_ASSERT(i < PC_WORDS_COMMITTEE / 2);
    uint64_t committee = PC_SLOT_EPOCHS_COMMITTEES + epoch % 2 * PC_WORDS_COMMITTEE;
    return at(committee + (reserved ? PC_SLOT_COMMITTEE_RESERVED : PC_SLOT_COMMITTEE_IDS) + i);
}

struct evm_word view_slot_epoch(uint64_t epoch)
{
    return in_map_u64(PC_SLOT_EPOCHS_EPOCHS, epoch);
}
struct evm_word view_slot_pk(uint32_t key)
{
    return in_map_u64(PC_SLOT_EPOCHS_PKS, key);
}
struct evm_word view_slot_seat(uint32_t node)
{
    return in_map_u64(PC_SLOT_EPOCHS_SEATS, node);
}
struct evm_word view_slot_node(uint32_t node)
{
    return in_map_u64(PC_SLOT_NODE_REGISTRY_NODES, node);
}
struct evm_word view_slot_domain(uint32_t number)
{
    return in_map_u64(PC_SLOT_NODE_REGISTRY_DOMAINS, number);
}
struct evm_word view_slot_node_revoked(uint32_t node)
{
    return in_map_u64(PC_SLOT_NODE_REGISTRY_REVOKED, node);
}
struct evm_word view_slot_record(const struct evm_word *record)
{
    return in_map(PC_SLOT_ATTESTATIONS_RECORDS, record);
}
struct evm_word view_slot_measurement(const struct evm_word *measurement)
{
    return in_map(PC_SLOT_MEASUREMENTS_ENTRIES, measurement);
}
struct evm_word view_slot_vendor(uint8_t vendor)
{
    return in_map_u64(PC_SLOT_TCB_POLICY_VENDORS, vendor);
}
struct evm_word view_slot_product(const struct evm_word *product_id)
{
    return in_map(PC_SLOT_TCB_POLICY_PRODUCTS, product_id);
}
struct evm_word view_slot_min_tcb(const struct evm_word *product_id)
{
    return in_map(PC_SLOT_TCB_POLICY_MIN_TCB, product_id);
}
struct evm_word view_slot_revoked(const struct evm_word *object)
{
    return in_map(PC_SLOT_TCB_POLICY_REVOKED, object);
}

struct evm_word view_slot_verifier(const struct evm_address *verifier)
{
    struct evm_word base = at(PC_SLOT_VERIFIER_ROUTER_VERIFIERS);
    return slot_mapping_addr(&base, verifier);
}

struct evm_word view_slot_app(const struct evm_word *app)
{
    return in_map(PC_SLOT_APPS_APPS, app);
}

struct evm_word view_slot_policy(const struct evm_word *app, const struct evm_word *scope_hash)
{
    struct evm_word inner = in_map(PC_SLOT_APPS_POLICIES, app);
    return slot_mapping(&inner, scope_hash);
}

struct evm_word view_slot_app_revoked(const struct evm_word *app,
                                      const struct evm_word *measurement)
{
    struct evm_word inner = in_map(PC_SLOT_APPS_REVOKED, app);
    return slot_mapping(&inner, measurement);
}

struct evm_word view_slot_freeze(const struct evm_word *object)
{
    return in_map(PC_SLOT_GUARDIAN_COUNCIL_FREEZES, object);
}
struct evm_word view_slot_in_force(const struct evm_word *object)
{
    return in_map(PC_SLOT_TDX_VERIFIER_IN_FORCE, object);
}
