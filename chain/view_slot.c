/* SPDX-License-Identifier: Apache-2.0 */
#include "chain/view_slot.h"

#include "chain/layout.h"

/* Word `word` of the struct that `mapping[key]` is. */
static struct evm_word entry(uint64_t base, const struct evm_word *key, unsigned word)
{
    struct evm_word slot = evm_word_u64(base), at = slot_mapping(&slot, key);
    return slot_plus(&at, word);
}

static struct evm_word entry_u64(uint64_t base, uint64_t key, unsigned word)
{
    struct evm_word k = evm_word_u64(key);
    return entry(base, &k, word);
}

/* Word of mapping[outer][inner]. */
static struct evm_word entry2(uint64_t base, const struct evm_word *outer,
                              const struct evm_word *inner, unsigned word)
{
    struct evm_word slot = evm_word_u64(base), map = slot_mapping(&slot, outer),
                    at = slot_mapping(&map, inner);
    return slot_plus(&at, word);
}

struct evm_word slot_now(void)
{
    return evm_word_u64(PC_SLOT_EPOCHS_NOW);
}

struct evm_word slot_attempt(void)
{
    return evm_word_u64(PC_SLOT_EPOCHS_ATTEMPT);
}

struct evm_word slot_opening(void)
{
    return evm_word_u64(PC_SLOT_EPOCHS_OPENING);
}

struct evm_word slot_acc(unsigned phase)
{
    return evm_word_u64(PC_SLOT_EPOCHS_ACCS + phase);
}

struct evm_word slot_epoch(uint64_t epoch, unsigned word)
{
    return entry_u64(PC_SLOT_EPOCHS_EPOCHS, epoch, word);
}

struct evm_word slot_seat(uint32_t id, unsigned word)
{
    return entry_u64(PC_SLOT_EPOCHS_SEATS, id, word);
}

struct evm_word slot_node(uint32_t id, unsigned word)
{
    return entry_u64(PC_SLOT_NODE_REGISTRY_NODES, id, word);
}

struct evm_word slot_record(const struct evm_word *record, unsigned word)
{
    return entry(PC_SLOT_ATTESTATIONS_RECORDS, record, word);
}

struct evm_word slot_measurement(const struct evm_word *measurement)
{
    return entry(PC_SLOT_MEASUREMENTS_ENTRIES, measurement, 0);
}

struct evm_word slot_vendor(uint8_t vendor)
{
    return entry_u64(PC_SLOT_TCB_POLICY_VENDORS, vendor, 0);
}

struct evm_word slot_product(const struct evm_word *product_id)
{
    return entry(PC_SLOT_TCB_POLICY_PRODUCTS, product_id, 0);
}

struct evm_word slot_revoked(const struct evm_word *object)
{
    return entry(PC_SLOT_TCB_POLICY_REVOKED, object, 0);
}

struct evm_word slot_verifier(const uint8_t address[static 20])
{
    struct evm_word key = {{0}};
    memcpy(key.b + 12, address, 20);
    return entry(PC_SLOT_VERIFIER_ROUTER_VERIFIERS, &key, 0);
}

struct evm_word slot_freeze(const struct evm_word *object)
{
    return entry(PC_SLOT_GUARDIAN_COUNCIL_FREEZES, object, 0);
}

struct evm_word slot_in_force(const struct evm_word *object)
{
    return entry(PC_SLOT_TDX_VERIFIER_IN_FORCE, object, 0);
}

struct evm_word slot_snp_in_force(const struct evm_word *object)
{
    return entry(PC_SLOT_SNP_VERIFIER_IN_FORCE, object, 0);
}

struct evm_word slot_app(const struct evm_word *app, unsigned word)
{
    return entry(PC_SLOT_APPS_APPS, app, word);
}

struct evm_word slot_policy(const struct evm_word *app, const struct evm_word *scope_hash,
                            unsigned word)
{
    return entry2(PC_SLOT_APPS_POLICIES, app, scope_hash, word);
}

struct evm_word slot_app_revoked(const struct evm_word *app, const struct evm_word *measurement)
{
    return entry2(PC_SLOT_APPS_REVOKED, app, measurement, 0);
}

struct evm_word slot_dealers(void)
{
    return evm_word_u64(PC_SLOT_EPOCHS_DEALERS);
}

struct evm_word slot_missing(void)
{
    return evm_word_u64(PC_SLOT_EPOCHS_MISSING);
}

struct evm_word slot_pk(uint32_t key)
{
    return entry_u64(PC_SLOT_EPOCHS_PKS, key, 0);
}

struct evm_word slot_ids(uint64_t epoch, unsigned i, bool reserved)
{
    PC_ASSERT(i < PC_WORDS_COMMITTEE / 2);
    uint64_t committee = PC_SLOT_EPOCHS_COMMITTEES + epoch % 2 * PC_WORDS_COMMITTEE;
    unsigned list = reserved ? PC_SLOT_COMMITTEE_RESERVED : PC_SLOT_COMMITTEE_IDS;
    return evm_word_u64(committee + list + i);
}

struct evm_word slot_domain(uint32_t number)
{
    return entry_u64(PC_SLOT_NODE_REGISTRY_DOMAINS, number, 0);
}
