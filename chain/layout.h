/* SPDX-License-Identifier: Apache-2.0 */
/* Made by chain/layout.py from the compiler's output; do not edit. */
#ifndef PC_CHAIN_LAYOUT_H
#define PC_CHAIN_LAYOUT_H

#include <stdint.h>

/* clang-format off */
#define PC_SLOT_EPOCHS_NOW 2
#define PC_WORDS_NOW 1
#define PC_AT_NOW_EPOCH 0, 0, 8
#define PC_AT_NOW_ATTEMPT 0, 8, 4
#define PC_AT_NOW_N 0, 12, 2
#define PC_AT_NOW_T 0, 14, 2
#define PC_AT_NOW_DEGRADED 0, 16, 1
#define PC_AT_NOW_DEMANDED 0, 17, 1
#define PC_AT_NOW_ACTIVATED_AT 0, 18, 5
#define PC_AT_NOW_FULL_N 0, 23, 2
__attribute__((unused)) static const uint32_t
    used_now[] = {0x01ffffff};
#define PC_SLOT_EPOCHS_ATTEMPT 3
#define PC_WORDS_ATTEMPT 1
#define PC_AT_ATTEMPT_EPOCH 0, 0, 8
#define PC_AT_ATTEMPT_ATTEMPT 0, 8, 4
#define PC_AT_ATTEMPT_TAG 0, 12, 4
#define PC_AT_ATTEMPT_STATE 0, 16, 1
#define PC_AT_ATTEMPT_N 0, 17, 2
#define PC_AT_ATTEMPT_T 0, 19, 2
#define PC_AT_ATTEMPT_FLAGS 0, 21, 1
#define PC_AT_ATTEMPT_START 0, 22, 5
#define PC_AT_ATTEMPT_B1 0, 27, 5
__attribute__((unused)) static const uint32_t
    used_attempt[] = {0xffffffff};
#define PC_SLOT_EPOCHS_OPENING 4
#define PC_WORDS_OPENING 1
#define PC_AT_OPENING_PROTOCOL 0, 0, 4
#define PC_AT_OPENING_REASONS 0, 4, 1
#define PC_AT_OPENING_ANNOUNCED_AT 0, 5, 5
__attribute__((unused)) static const uint32_t
    used_opening[] = {0x000003ff};
#define PC_SLOT_EPOCHS_MISSING 6
#define PC_AT_EPOCHS_MISSING 0, 0, 32
#define PC_SLOT_EPOCHS_ACCS 7
#define PC_SLOT_EPOCHS_COMMITTEES 13
#define PC_WORDS_COMMITTEE 64
#define PC_SLOT_COMMITTEE_IDS 0
#define PC_SLOT_COMMITTEE_RESERVED 32
#define PC_SLOT_EPOCHS_EPOCHS 141
#define PC_WORDS_EPOCH 5
#define PC_AT_EPOCH_MEMBER_ROOT 0, 0, 32
#define PC_AT_EPOCH_TRANSCRIPT 1, 0, 32
#define PC_AT_EPOCH_Y_HASH 2, 0, 32
#define PC_AT_EPOCH_READY 3, 0, 32
#define PC_AT_EPOCH_ATTEMPT 4, 0, 4
#define PC_AT_EPOCH_N 4, 4, 2
#define PC_AT_EPOCH_T 4, 6, 2
#define PC_AT_EPOCH_DEGRADED 4, 8, 1
#define PC_AT_EPOCH_OPENED_AT 4, 9, 5
#define PC_AT_EPOCH_ACTIVATED_AT 4, 14, 5
#define PC_AT_EPOCH_NEW_SEATS 4, 19, 2
__attribute__((unused)) static const uint32_t
    used_epoch[] = {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x001fffff};
#define PC_SLOT_EPOCHS_PKS 142
#define PC_SLOT_EPOCHS_SEATS 143
#define PC_WORDS_SEAT 6
#define PC_AT_SEAT_SEQ 0, 0, 8
#define PC_AT_SEAT_TAG 0, 8, 4
#define PC_AT_SEAT_FLAGS 0, 12, 1
#define PC_AT_SEAT_INDEX_EVEN 0, 13, 2
#define PC_AT_SEAT_INDEX_ODD 0, 15, 2
#define PC_AT_SEAT_ENROL_TAG 0, 17, 4
#define PC_AT_SEAT_VENDOR 0, 21, 1
#define PC_AT_SEAT_BENCHED 0, 22, 4
#define PC_AT_SEAT_KEYS_HASH 1, 0, 32
#define PC_AT_SEAT_VOTE 2, 0, 32
#define PC_AT_SEAT_READY 3, 0, 32
#define PC_AT_SEAT_EK_DIGEST 4, 0, 32
#define PC_AT_SEAT_NEXT 5, 0, 4
#define PC_AT_SEAT_BOND 5, 4, 12
#define PC_AT_SEAT_LIST_TAG 5, 16, 4
__attribute__((unused)) static const uint32_t
    used_seat[] = {0x03ffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x000fffff};
#define PC_SLOT_EPOCHS_SUCCESSOR 149
#define PC_WORDS_POINTER 1
#define PC_AT_POINTER_NEXT 0, 0, 20
#define PC_AT_POINTER_FROM 0, 20, 5
__attribute__((unused)) static const uint32_t
    used_pointer[] = {0x01ffffff};
#define PC_SLOT_NODE_REGISTRY_NODES 6
#define PC_WORDS_NODE 10
#define PC_AT_NODE_OWNER 0, 0, 20
#define PC_AT_NODE_LEFT_AT 0, 20, 5
#define PC_AT_NODE_STRIKES 0, 25, 1
#define PC_AT_NODE_MATURED 0, 26, 1
#define PC_AT_NODE_BOND 1, 0, 12
#define PC_AT_NODE_JOINED_AT 1, 12, 5
#define PC_AT_NODE_ELIGIBLE_AT 1, 17, 5
#define PC_AT_NODE_VENDOR 1, 22, 1
#define PC_AT_NODE_STATE 1, 23, 1
#define PC_AT_NODE_DOMAIN0 1, 24, 4
#define PC_AT_NODE_DOMAIN1 1, 28, 4
#define PC_AT_NODE_PAYER 2, 0, 20
#define PC_AT_NODE_SEQ 2, 20, 8
#define PC_AT_NODE_KEYS_HASH 3, 0, 32
#define PC_AT_NODE_MEASUREMENT 4, 0, 32
#define PC_AT_NODE_PLATFORM 5, 0, 32
#define PC_AT_NODE_VERIFIER 6, 0, 20
#define PC_AT_NODE_UNLOCK_AT 6, 20, 5
#define PC_AT_NODE_PRODUCT 7, 0, 32
#define PC_AT_NODE_ENDPOINT 8, 0, 32
#define PC_AT_NODE_RECORD 9, 0, 32
__attribute__((unused)) static const uint32_t
    used_node[] = {0x07ffffff, 0xffffffff, 0x0fffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x01ffffff, 0xffffffff, 0xffffffff, 0xffffffff};
#define PC_SLOT_NODE_REGISTRY_PLATFORMS 7
#define PC_WORDS_PLATFORM 1
#define PC_AT_PLATFORM_ID 0, 0, 4
#define PC_AT_PLATFORM_RELEASED 0, 4, 1
#define PC_AT_PLATFORM_LAST_EPOCH 0, 5, 8
__attribute__((unused)) static const uint32_t
    used_platform[] = {0x00001fff};
#define PC_SLOT_NODE_REGISTRY_DOMAINS 8
#define PC_SLOT_NODE_REGISTRY_REVOKED 10
#define PC_SLOT_ATTESTATIONS_RECORDS 0
#define PC_WORDS_RECORD 2
#define PC_AT_RECORD_CLAIMS 0, 0, 32
#define PC_AT_RECORD_VENDOR 1, 0, 1
#define PC_AT_RECORD_KIND 1, 1, 1
#define PC_AT_RECORD_STATUS 1, 2, 1
#define PC_AT_RECORD_STANDING 1, 3, 1
#define PC_AT_RECORD_VERIFIER_ID 1, 4, 2
#define PC_AT_RECORD_COLLATERAL_EPOCH 1, 6, 4
#define PC_AT_RECORD_BOUND_BLOCK 1, 10, 5
#define PC_AT_RECORD_ATTESTED_AT 1, 15, 5
#define PC_AT_RECORD_VALID_UNTIL 1, 20, 5
#define PC_AT_RECORD_LEAF_TAG 1, 25, 7
__attribute__((unused)) static const uint32_t
    used_record[] = {0xffffffff, 0xffffffff};
#define PC_SLOT_MEASUREMENTS_ENTRIES 1
#define PC_WORDS_MEASUREMENT 1
#define PC_AT_MEASUREMENT_INDEX 0, 0, 2
#define PC_AT_MEASUREMENT_VENDOR 0, 2, 1
#define PC_AT_MEASUREMENT_REVOKED 0, 3, 1
#define PC_AT_MEASUREMENT_ACTIVE_FROM 0, 4, 5
#define PC_AT_MEASUREMENT_SUNSET_AT 0, 9, 5
__attribute__((unused)) static const uint32_t
    used_measurement[] = {0x00003fff};
#define PC_SLOT_MEASUREMENTS_BUILDS 2
#define PC_SLOT_TCB_POLICY_VENDORS 1
#define PC_WORDS_VENDOR 1
#define PC_AT_VENDOR_EPOCH 0, 0, 4
#define PC_AT_VENDOR_AUTHORITY_EPOCH 0, 4, 4
#define PC_AT_VENDOR_STATUSES 0, 8, 2
#define PC_AT_VENDOR_OUT_OF_DATE_UNTIL 0, 10, 5
#define PC_AT_VENDOR_MIN_EVALUATION 0, 15, 4
#define PC_AT_VENDOR_STANDING 0, 19, 1
__attribute__((unused)) static const uint32_t
    used_vendor[] = {0x000fffff};
#define PC_SLOT_TCB_POLICY_PRODUCTS 2
#define PC_WORDS_PRODUCT 1
#define PC_AT_PRODUCT_EPOCH 0, 0, 4
#define PC_AT_PRODUCT_STANDING 0, 4, 1
#define PC_AT_PRODUCT_MIN_TCB_LENGTH 0, 5, 1
#define PC_AT_PRODUCT_STATUSES 0, 6, 2
#define PC_AT_PRODUCT_OUT_OF_DATE_UNTIL 0, 8, 5
__attribute__((unused)) static const uint32_t
    used_product[] = {0x00001fff};
#define PC_SLOT_TCB_POLICY_MIN_TCB 3
#define PC_SLOT_TCB_POLICY_REVOKED 4
#define PC_WORDS_MARK 1
#define PC_AT_MARK_STATE 0, 0, 1
#define PC_AT_MARK_LISTED_AT 0, 1, 5
__attribute__((unused)) static const uint32_t
    used_mark[] = {0x0000003f};
#define PC_SLOT_TCB_POLICY_VETOES 5
#define PC_SLOT_VERIFIER_ROUTER_VERIFIERS 0
#define PC_WORDS_VERIFIER 1
#define PC_AT_VERIFIER_ID 0, 0, 2
#define PC_AT_VERIFIER_VENDOR 0, 2, 1
#define PC_AT_VERIFIER_STATE 0, 3, 1
#define PC_AT_VERIFIER_PROPOSED_AT 0, 4, 5
#define PC_AT_VERIFIER_ACTIVATED_AT 0, 9, 5
__attribute__((unused)) static const uint32_t
    used_verifier[] = {0x00003fff};
#define PC_SLOT_VERIFIER_ROUTER_IDS 1
#define PC_SLOT_APPS_APPS 0
#define PC_WORDS_APP 2
#define PC_AT_APP_OWNER 0, 0, 20
#define PC_AT_APP_NOTICE 0, 20, 5
#define PC_AT_APP_REGISTERED_AT 0, 25, 5
#define PC_AT_APP_REVOKE_WAITS 0, 30, 1
#define PC_AT_APP_FROZEN_UNTIL 1, 0, 5
#define PC_AT_APP_FREEZE_BEGUN 1, 5, 5
__attribute__((unused)) static const uint32_t
    used_app[] = {0x7fffffff, 0x000003ff};
#define PC_SLOT_APPS_POLICIES 1
#define PC_WORDS_POLICY 3
#define PC_AT_POLICY_CURRENT 0, 0, 32
#define PC_AT_POLICY_NEXT 1, 0, 32
#define PC_AT_POLICY_AT 2, 0, 5
#define PC_AT_POLICY_KIND 2, 5, 1
#define PC_AT_POLICY_TARGET 2, 6, 20
__attribute__((unused)) static const uint32_t
    used_policy[] = {0xffffffff, 0xffffffff, 0x03ffffff};
#define PC_SLOT_APPS_REVOKED 2
#define PC_SLOT_GUARDIAN_COUNCIL_FREEZES 0
#define PC_WORDS_FREEZE 1
#define PC_AT_FREEZE_UNTIL 0, 0, 5
#define PC_AT_FREEZE_BEGUN 0, 5, 5
#define PC_AT_FREEZE_RATIFIED 0, 10, 5
__attribute__((unused)) static const uint32_t
    used_freeze[] = {0x00007fff};
#define PC_SLOT_GUARDIAN_COUNCIL_ANY_FREEZE_UNTIL 2
#define PC_AT_GUARDIAN_COUNCIL_ANY_FREEZE_UNTIL 0, 0, 5
#define PC_SLOT_TDX_VERIFIER_IN_FORCE 0
/* clang-format on */

#endif
