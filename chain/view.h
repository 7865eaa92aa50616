/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view.h - what the contracts' storage words say, and where they lie.
 *
 * A reader asks view_slot.h for the storage keys, has them proved (mpt.h) and gives the words to
 * view_*. Where everything lies comes from the compiler (layout.h, generated from contracts/abi);
 * the drawings are in contracts/src/interfaces. Decoders refuse a word with a bit where the layout
 * has no field, and values that a field cannot have (PC_E_MALFORMED); *out is zero then. PC_WORDS_X
 * is the number of words of a struct X, in consecutive slots.
 */
#ifndef PC_CHAIN_VIEW_H
#define PC_CHAIN_VIEW_H

#include "chain/layout.h"
#include "chain/slot.h"

/* ---- Epochs ---- */

struct view_now {
    uint64_t epoch; /* 0: before the first */
    uint32_t attempt;
    uint16_t n, t;
    bool degraded, demanded;
    uint64_t activated_at;
    uint16_t full_n;
};

enum attempt_state { PC_ATTEMPT_NONE = 0, PC_ATTEMPT_ANNOUNCED = 1, PC_ATTEMPT_OPEN = 2 };

struct view_attempt {
    uint64_t epoch;
    uint32_t attempt, tag;
    enum attempt_state state;
    uint16_t n, t;
    bool complaint, degraded;
    uint64_t start; /* block of announce, of open once open */
    uint64_t b1;    /* 0: not all committed early */
};

struct view_opening {
    uint32_t protocol;
    uint8_t reasons;
    uint64_t announced_at;
};

struct view_epoch {
    struct evm_word member_root, transcript, y_hash;
    struct evm_word ready; /* bit index - 1 */
    uint32_t attempt;
    uint16_t n, t;
    bool degraded;
    uint64_t opened_at, activated_at;
    uint16_t new_seats;
};

struct view_seat {
    uint64_t seq;
    uint32_t tag;
    uint8_t flags;
    uint16_t index_even, index_odd; /* in even and odd epochs; 0: none */
    uint32_t enrol_tag;
    uint8_t vendor;
    struct evm_word keys_hash, vote, ready, ek_digest;
};

PC_MUST_USE enum err_code view_now(struct view_now *out, const struct evm_word *w);
PC_MUST_USE enum err_code view_attempt(struct view_attempt *out, const struct evm_word *w);
PC_MUST_USE enum err_code view_opening(struct view_opening *out, const struct evm_word *w);
PC_MUST_USE enum err_code view_epoch(struct view_epoch *out,
                                     const struct evm_word w[static PC_WORDS_EPOCH]);
PC_MUST_USE enum err_code view_seat(struct view_seat *out,
                                    const struct evm_word w[static PC_WORDS_SEAT]);
/* Node ids of 8 consecutive indices in one word of _committees[].ids or .reserved. */
void view_ids(uint32_t out[static 8], const struct evm_word *w);

/* ---- NodeRegistry ---- */

enum node_standing { PC_NODE_ABSENT = 0, PC_NODE_IN = 1, PC_NODE_LEFT = 2, PC_NODE_WITHDRAWN = 3 };

struct view_node {
    struct evm_address owner, payer, verifier;
    uint64_t left_at;
    uint8_t strikes;
    bool matured;
    struct evm_word bond; /* wei */
    uint64_t joined_at, eligible_at;
    uint8_t vendor;
    enum node_standing state;
    bool revoked; /* for ever */
    uint32_t domain[2];
    uint64_t seq;
    struct evm_word keys_hash, measurement, platform, product, endpoint, record;
    uint64_t unlock_at;
};

PC_MUST_USE enum err_code view_node(struct view_node *out,
                                    const struct evm_word w[static PC_WORDS_NODE]);

/* ---- Attestations, Measurements, TcbPolicy, VerifierRouter ---- */

enum record_standing { PC_RECORD_GOOD = 1, PC_RECORD_REFUSED = 2, PC_RECORD_LEAF_REVOKED = 3 };

struct view_record {
    struct evm_word claims;
    uint8_t vendor, kind, status;
    enum record_standing standing;
    uint16_t verifier_id;
    uint32_t collateral_epoch;
    uint64_t bound_block, attested_at, valid_until;
    uint64_t leaf_tag;
};

struct view_measurement {
    uint16_t index; /* 0: absent */
    uint8_t vendor;
    bool revoked;
    uint64_t active_from, sunset_at;
};

enum vendor_standing { PC_VENDOR_OFF = 0, PC_VENDOR_ACCEPTED = 1, PC_VENDOR_REVOKED = 2 };
struct view_vendor {
    uint32_t epoch, authority_epoch;
    uint16_t statuses;
    uint64_t out_of_date_until;
    uint32_t min_evaluation;
    enum vendor_standing standing;
};

enum product_standing { PC_PRODUCT_AS_VENDOR = 0, PC_PRODUCT_OFF = 1, PC_PRODUCT_REVOKED = 2 };
struct view_product {
    uint32_t epoch;
    enum product_standing standing;
    uint8_t min_tcb_len;
    uint16_t statuses;
    uint64_t out_of_date_until;
};

struct view_verifier {
    uint16_t id;
    uint8_t vendor;
    uint8_t state; /* 0 unknown, 1 proposed, 2 active, 3 retired, 4 revoked */
    uint64_t proposed_at, activated_at;
};
#define PC_VERIFIER_ACTIVE 2

/* A record that is absent (both words zero): PC_E_NOT_FOUND. */
PC_MUST_USE enum err_code view_record(struct view_record *out,
                                      const struct evm_word w[static PC_WORDS_RECORD]);
PC_MUST_USE enum err_code view_measurement(struct view_measurement *out, const struct evm_word *w);
PC_MUST_USE enum err_code view_vendor(struct view_vendor *out, const struct evm_word *w);
PC_MUST_USE enum err_code view_product(struct view_product *out, const struct evm_word *w);
PC_MUST_USE enum err_code view_verifier(struct view_verifier *out, const struct evm_word *w);
/* _revoked[object] of TcbPolicy: is it revoked now (1; 2 is lifted)? */
PC_MUST_USE enum err_code view_revoked(bool *out, const struct evm_word *w);

/* ---- Apps ---- */

struct view_app {
    struct evm_address owner; /* zero: no such app */
    uint64_t notice, registered_at;
    bool revoke_waits;
    uint64_t frozen_until, freeze_begun;
};

enum change_kind {
    PC_CHANGE_NONE = 0,
    PC_CHANGE_POLICY = 1,
    PC_CHANGE_END = 2,
    PC_CHANGE_MOVE = 3
};

struct view_policy {
    struct evm_word current, next;
    uint64_t at;
    enum change_kind kind;
    struct evm_address target;
};

PC_MUST_USE enum err_code view_app(struct view_app *out,
                                   const struct evm_word w[static PC_WORDS_APP]);
PC_MUST_USE enum err_code view_policy(struct view_policy *out,
                                      const struct evm_word w[static PC_WORDS_POLICY]);
/* Hash of the policy in force at `time`; PC_E_NOT_FOUND: none. PC_E_REFUSED: the app is gone. */
PC_MUST_USE enum err_code view_policy_in_force(struct evm_word *out, const struct view_policy *p,
                                               uint64_t time);

/* Guardian council: end of the last freeze of an object, Unix seconds; 0: never frozen. */
struct view_freeze {
    uint64_t until, begun;
    uint64_t ratified; /* when a vote made it permanent; 0: it did not */
};
PC_MUST_USE enum err_code view_freeze(struct view_freeze *out,
                                      const struct evm_word w[static PC_WORDS_FREEZE]);

/* ---- names of objects (contracts/src/base/Objects.sol) ---- */

enum object_kind {
    PC_OBJECT_VENDOR = 1,
    PC_OBJECT_PRODUCT = 2,
    PC_OBJECT_PLATFORM = 3,
    PC_OBJECT_SERIAL = 4,
    PC_OBJECT_MEASUREMENT = 5,
    PC_OBJECT_NODE = 6,
    PC_OBJECT_VERIFIER = 7,
};

struct evm_word object_name(enum object_kind kind, const struct evm_word *id);
struct evm_word object_product_id(uint8_t vendor, const struct evm_word *product);
/* serial: the DER INTEGER as a number. */
struct evm_word object_serial_id(uint8_t vendor, uint8_t issuer, const struct evm_word *serial);

#endif
